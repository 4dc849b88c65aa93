"""AWS's wire protocols: what a request asks for, and how answers and errors are written."""

import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.parsers import create_parser
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

Document = dict[str, Any]
"""A request or an answer as boto3 shows it; in the json protocol as it is sent, where times are numbers."""

Environment = dict[str, Any]
"""A WSGI environment."""


@dataclass(frozen=True)
class Call:
    """One request: who asks which operation of which service (boto3's names), where, with what."""

    service: str
    operation: str
    region: str
    account: str
    protocol: str
    parameters: Mapping[str, Any]
    size: int
    """Bytes of the request's body."""
    environ: Environment = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def action(self) -> str:
        """The IAM action as an error message names it."""
        if self.service in ("apigateway", "apigatewayv2"):
            return f"apigateway:{self.environ['REQUEST_METHOD']}"
        name = _IAM_NAMES.get((self.service, self.operation), self.operation)
        return f"{_IAM_PREFIXES.get(self.service, self.service)}:{name}"

    @property
    def model(self) -> OperationModel:
        """The operation in botocore's service model."""
        found: OperationModel = get_service_model(self.service).operation_model(self.operation)
        return found


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut_at: int | None = None
    """Bytes of the body after which the connection closes, though ``Content-Length`` names them all."""
    disconnects: bool = False
    """Whether the connection closes without any answer."""


class AwsError(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


_SIGNING_NAMES = {
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "elasticfilesystem": "efs",
    "tagging": "resourcegroupstaggingapi",
    "es": "opensearch",
}
"""Services that sign by another name than boto3's."""

_IAM_NAMES = {("s3", "ListBuckets"): "ListAllMyBuckets"}
"""Actions that are not called as their operation is."""
_IAM_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "stepfunctions": "states",
    "service-quotas": "servicequotas",
    "efs": "elasticfilesystem",
    "resourcegroupstaggingapi": "tag",
    "opensearch": "es",
}
"""Services whose IAM actions start with another name than boto3's."""

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


def read(environ: Environment, body: bytes, account_of: Callable[[str], str]) -> Call:
    """The call that a request is; ``account_of`` tells the account of an access key.

    Raises:
        AwsError: the request is none of AWS's that boto3 knows.
    """
    access_key, region, signing_name = _scope(environ)
    form = _form(environ, body)
    service = _service(signing_name, form, str(environ.get("PATH_INFO")))
    environ["wsgi.input"] = io.BytesIO(body)
    request = Request(environ)
    labels: Mapping[str, Any] = {}
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        operation = target.rpartition(".")[2]
    elif "Action" in form:
        operation = form["Action"]
    else:
        try:
            model, labels = get_service_router(service).match(request)
        except HTTPException as error:
            path = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO')}"
            raise AwsError("UnknownOperationException", f"{service}: {path}", 404) from error
        operation = str(model.name)
    service_model = get_service_model(service)
    protocol = determine_request_protocol(service_model, environ.get("CONTENT_TYPE"))
    if protocol == "json":
        parameters = json.loads(body or b"{}")
    else:
        parser = PROTOCOL_PARSERS[protocol](service_model.operation_model(operation))
        parameters = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": dict(labels),
            }
        )
    environ["wsgi.input"] = io.BytesIO(body)
    return Call(
        service=service,
        operation=operation,
        region=region,
        account=account_of(access_key),
        protocol=protocol,
        parameters=parameters,
        size=len(body),
        environ=environ,
        body=body,
    )


def _scope(environ: Environment) -> tuple[str, str, str]:
    """Access key, region and signing name; requests without signature are of sts."""
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (found[1], found[2], found[3]) if found else ("", "us-east-1", "sts")


def _form(environ: Environment, body: bytes) -> dict[str, str]:
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return {key: values[0] for key, values in parse_qs(body.decode()).items()}
    return {}


def _service(signing_name: str, form: Mapping[str, str], path: str) -> str:
    if signing_name == "apigateway" and path.startswith("/v2/"):
        return "apigatewayv2"
    if signing_name == "elasticloadbalancing" and form.get("Version", "").startswith("2012"):
        return "elb"
    return _SIGNING_NAMES.get(signing_name, signing_name)


def encode(call: Call, document: Document) -> Answer:
    """An answer's document in the protocol of the call."""
    if call.protocol == "json":
        return answer(200, json.dumps(document).encode(), {"content-type": "application/x-amz-json-1.1"})
    serializer = get_serializer_class(call.service, call.protocol)
    written = serializer(call.model, context=SerializationContext(request_id=_request_id())).serialize(document)
    body = written["body"]
    return answer(written["status_code"], body.encode() if isinstance(body, str) else body, written["headers"])


def decode(call: Call, given: Answer) -> Document:
    """The document of an answer."""
    if call.protocol == "json":
        return dict(json.loads(given.body or b"{}"))
    shape = call.model.output_shape
    if shape is None:
        return {}
    parsed = create_parser(call.protocol).parse(
        {"status_code": given.status, "headers": dict(given.headers), "body": given.body}, shape
    )
    parsed.pop("ResponseMetadata", None)
    return dict(parsed)


def answer(status: int, body: bytes, headers: Mapping[str, Any] | None = None) -> Answer:
    """An HTTP answer with a request id and the length of its body."""
    given = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
    given |= {"content-length": str(len(body)), "x-amzn-requestid": _request_id()}
    return Answer(status, tuple(given.items()), body)


def encode_error(call: Call, error: AwsError) -> Answer:
    """An error in the shape of the call's protocol."""
    code, message = escape(error.code), escape(error.message)
    if call.protocol in ("json", "rest-json"):
        body = json.dumps({"__type": error.code, "message": error.message})
        headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": error.code}
        return answer(error.status, body.encode(), headers)
    kind = "Sender" if error.status < 500 else "Receiver"
    if call.protocol == "ec2":
        body = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{_request_id()}</RequestID></Response>"
        )
    elif call.service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    else:
        body = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{_request_id()}</RequestId></ErrorResponse>"
        )
    return answer(error.status, f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), {"content-type": "text/xml"})


def _request_id() -> str:
    return str(uuid.uuid4())


def run(application: Any, environ: Environment) -> Answer:
    """What a WSGI application answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        started.append((status, headers))

    chunks: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    return answer(int(status.split()[0]), body, dict(headers))


def with_parameters(call: Call, operation: str, parameters: Mapping[str, Any]) -> Environment:
    """The WSGI environment of another call of the same caller, service and region (json protocol only)."""
    body = json.dumps(parameters).encode()
    target = str(call.environ["HTTP_X_AMZ_TARGET"]).rpartition(".")[0]
    environ = {key: value for key, value in call.environ.items() if not key.startswith("werkzeug.")}
    environ["HTTP_X_AMZ_TARGET"] = f"{target}.{operation}"
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    return environ
