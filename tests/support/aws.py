"""A simulated AWS on loopback: moto behind a layer that gives back what moto drops, pages and refuses as AWS does,
logs every call, and goes wrong on demand.

::

    with SimulatedAws() as aws:
        aws.client("ecs").create_cluster(clusterName="shop")
        aws.forget_calls()
        aws.deny("iam", "GetRolePolicy")
        subprocess.run(["assess", "scan"], env=aws.environment())
        assert not aws.calls_beyond_reading()
"""

import io
import os
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.session import Session as BotocoreSession
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.iam.models import get_account_id_from
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.support import faults, limits, wire
from tests.support.cloudwatch import SimulatedMetrics
from tests.support.ecs import SimulatedEcs
from tests.support.elb import corrected_rules
from tests.support.faults import Condition, Effect, Fault
from tests.support.iam import hold_managed_policy
from tests.support.lacking import Lacking
from tests.support.quotas import SimulatedQuotas
from tests.support.wire import Answer, AwsError, Call, Document

ACCOUNT = "123456789012"
"""The account of every caller that has not taken a role of another one."""

REGION = "us-east-1"
"""The region of a client that names none."""


@dataclass(frozen=True)
class LoggedCall:
    """One request that arrived, whatever came of it."""

    service: str
    operation: str
    region: str
    account: str
    size: int
    """Bytes of the request's body."""
    parameters: Mapping[str, Any]


class SimulatedAws:
    """The server; one a process, since moto keeps its resources in the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._answering = 0
        """Calls that have come and are not answered: an interrupted scan leaves some behind."""
        self.metrics = SimulatedMetrics()
        self.quotas = SimulatedQuotas(self.metrics)
        self.lacking = Lacking()
        self._calls: list[LoggedCall] = []
        self._faults: list[Fault] = []
        self._ecs: dict[tuple[str, str], SimulatedEcs] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        # no variable names a profile or a file: the process's own environment is out of reach
        nowhere = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
        self._session: Any = boto3.Session(
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            aws_session_token="testing",
            botocore_session=BotocoreSession(nowhere),
        )
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, name="simulated-aws", daemon=True)

    def __enter__(self) -> Self:
        self.reset()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- for clients --------------------------------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        """The URL that AWS_ENDPOINT_URL is to name."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def variables(self, region: str = REGION) -> dict[str, str]:
        """The AWS variables of a client's environment; profiles and instance metadata are out of reach."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",  # the one that Python looks at first
        }

    def environment(self, region: str = REGION) -> dict[str, str]:
        """This process's environment, its own AWS settings replaced by :meth:`variables`."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return own | self.variables(region)

    def client(self, service: str, region: str = REGION) -> Any:
        """The boto3 client of a service and region, always the same one; it tries once and reads no setting."""
        with self._lock:
            found = self._clients.get((service, region))
            if found is None:
                # Cloud Map's DiscoverInstances goes to another host name, which loopback has not
                config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, proxies={})
                found = self._session.client(service, region_name=region, endpoint_url=self.endpoint, config=config)
                self._clients[service, region] = found
            return found

    def ecs(self, region: str = REGION, account: str = ACCOUNT) -> SimulatedEcs:
        """ECS of an account and region, to make tasks fail."""
        with self._lock:
            found = self._ecs.get((account, region))
            if found is None:
                found = self._ecs[account, region] = SimulatedEcs(account, region)
            return found

    def reset(self) -> None:
        """Forgets every resource, fault, override and call; ids start over, so that equal seeds make equal ids.

        Calls that are still being answered are waited for: they would draw from the new ids.
        """
        with self._idle:
            self._idle.wait_for(lambda: not self._answering, timeout=30)
        with self._lock:
            self._calls.clear()
            self._faults.clear()
            self._ecs.clear()
            self.metrics.clear()
            self.quotas.clear()
            self.lacking.clear()
            BackendDict.reset()
            reset_model_data()
            mock_random.seed(1)

    # --- the log ------------------------------------------------------------------------------------------------

    @property
    def calls(self) -> tuple[LoggedCall, ...]:
        """Every call since the start, :meth:`reset` or :meth:`forget_calls`, in order of arrival."""
        with self._lock:
            return tuple(self._calls)

    def counts(self) -> Counter[str]:
        """How many calls arrived, by ``service:Operation`` (boto3's service name)."""
        return Counter(f"{each.service}:{each.operation}" for each in self.calls)

    def forget_calls(self) -> None:
        """Empties the log, as after seeding."""
        with self._lock:
            self._calls.clear()

    def calls_beyond_reading(self) -> tuple[LoggedCall, ...]:
        """Calls that a read-only scan must not send: what writes, and what reads a secret or a credential."""
        return tuple(each for each in self.calls if not _reads(each))

    # --- faults -------------------------------------------------------------------------------------------------

    def fault(
        self,
        service: str,
        operation: str,
        effect: Effect,
        *,
        when: Condition | None = None,
        times: int | None = None,
        after: int = 0,
    ) -> Fault:
        """Has ``effect`` strike calls from now on; service and operation may be globs.

        Faults strike in the order in which they were put up; the first that does not proceed answers.
        """
        fault = Fault(service, operation, effect, when=when, times=times, after=after)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Takes all faults and overrides away."""
        with self._lock:
            self._faults.clear()

    def deny(self, service: str, operation: str = "*", *, when: Condition | None = None) -> Fault:
        """No policy allows the action (for the calls that ``when`` picks)."""
        return self.fault(service, operation, faults.denied, when=when)

    def throttle(self, service: str, operation: str = "*", *, times: int | None = None) -> Fault:
        """The rate is exceeded, so many times."""
        return self.fault(service, operation, faults.throttled, times=times)

    def fail(self, service: str, operation: str = "*", *, status: int = 500, times: int | None = None) -> Fault:
        """AWS is broken (500) or too busy (503)."""
        code = "ServiceUnavailable" if status == 503 else "InternalFailure"
        said = "The request processing has failed because of an unknown error, exception or failure."
        return self.fault(service, operation, faults.error(code, said, status), times=times)

    def disconnect(self, service: str, operation: str = "*", *, times: int | None = None) -> Fault:
        """The connection closes without an answer."""
        return self.fault(service, operation, faults.disconnected, times=times)

    def truncate(
        self, service: str, operation: str = "*", *, honest_length: bool = False, times: int | None = None
    ) -> Fault:
        """Half of the body arrives with status 200; ``Content-Length`` names the half if it is honest."""
        return self.fault(service, operation, faults.truncated(honest_length=honest_length), times=times)

    def garble(self, service: str, operation: str = "*", *, times: int | None = None) -> Fault:
        """The body does not parse, with status 200."""
        return self.fault(service, operation, faults.broken, times=times)

    def blank(self, service: str, operation: str = "*", *, times: int | None = None) -> Fault:
        """The body is empty, with status 200."""
        return self.fault(service, operation, faults.empty, times=times)

    def delay(self, service: str, operation: str = "*", *, seconds: float, times: int | None = None) -> Fault:
        """The answer comes later."""
        return self.fault(service, operation, faults.delayed(seconds), times=times)

    def expire_token(self, *, after: int = 0) -> Fault:
        """The session ends after so many calls of any service."""
        return self.fault("*", "*", faults.expired, after=after)

    def withdraw(self, service: str) -> Fault:
        """The service is gone: nobody answers any more, the nearest that loopback has to a name without address."""
        return self.fault(service, "*", faults.disconnected)

    def override(
        self, service: str, operation: str, change: Callable[[Any], Any], *, when: Condition | None = None
    ) -> Fault:
        """Has ``change`` alter (or replace, by what it returns) the document of every good answer."""
        return self.fault(service, operation, faults.changed(change), when=when)

    # --- answering ----------------------------------------------------------------------------------------------

    def _application(self, environ: wire.Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self._idle:
            self._answering += 1
        try:
            answer = self._answer(environ, body)
        finally:
            with self._idle:
                self._answering -= 1
                self._idle.notify_all()
        if answer.disconnects:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("as a fault wants it")  # werkzeug takes it for a client that left
        start_response(f"{answer.status} {'OK' if answer.status < 300 else 'Error'}", list(answer.headers))
        # the server closes the connection after every answer, so a cut body is not waited for
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body[: answer.cut_at]]

    def _answer(self, environ: wire.Environment, body: bytes) -> Answer:
        try:
            call = wire.read(environ, body, get_account_id_from)
        except AwsError as error:
            return wire.answer(error.status, str(error).encode())
        with self._lock:
            logged = LoggedCall(
                call.service, call.operation, call.region, call.account, call.size, dict(call.parameters)
            )
            self._calls.append(logged)
            striking = [fault for fault in self._faults if fault.hit(call)]
        return _struck(call, striking, lambda: self._truth(call))

    def _truth(self, call: Call) -> Answer:
        """What AWS would answer."""
        try:
            limits.check_batch(call)
            document = self._document(call)
            if document is None:
                return self._of_moto(call.environ, call.body)
            if (call.service, call.operation) in limits.PAGES:
                document = limits.cut(call, document)
            return wire.encode(call, document)
        except _MotoError as error:
            return error.answer
        except AwsError as error:
            return wire.encode_error(call, error)

    def _document(self, call: Call) -> Document | None:
        """The whole answer where it needs more than moto, else none."""

        def ask(operation: str, parameters: Document) -> Document:
            given = wire.run(self._moto, wire.with_parameters(call, operation, parameters))
            return _good(call, given)

        if call.service == "iam":
            hold_managed_policy(call)
        if call.service == "ecs":
            handler = self.ecs(call.region, call.account).handler(call.operation)
            if handler is not None:
                return handler(call, ask)
        if (call.service, call.operation) == ("cloudwatch", "GetMetricData"):
            return self.metrics.get_metric_data(call)
        if call.service == "service-quotas":
            return self.quotas.answer(call)
        lacking = self.lacking.handler(call)
        if lacking is not None:
            return lacking(call, ask)
        if (call.service, call.operation) == ("elbv2", "DescribeRules"):
            return corrected_rules(_good(call, self._of_moto(call.environ, call.body)))
        if (call.service, call.operation) not in limits.PAGES:
            return None
        if call.protocol == "json":
            return limits.everything(call, lambda parameters: ask(call.operation, parameters))
        return _good(call, self._of_moto(call.environ, call.body))

    def _of_moto(self, environ: wire.Environment, body: bytes) -> Answer:
        environ["wsgi.input"] = io.BytesIO(body)
        return wire.run(self._moto, environ)


class _MotoError(Exception):
    """An error that moto answered, to be passed on as it is."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _good(call: Call, given: Answer) -> Document:
    if given.status >= 300:
        raise _MotoError(given)
    return wire.decode(call, given)


def _struck(call: Call, striking: list[Fault], proceed: Callable[[], Answer]) -> Answer:
    if not striking:
        return proceed()
    first, *rest = striking
    return first.effect(call, lambda: _struck(call, rest, proceed))


class _Quiet(MotoRequestHandler):
    def log_request(self, *_message: Any) -> None:
        """Keeps the tests' output free of a line a request."""


_READING = re.compile(r"(BatchGet|Describe|Get|List|Lookup|Search|Select|Discover|Query|Simulate)[A-Z]")

_CREDENTIALS = {
    "secretsmanager": re.compile(r"(Batch)?GetSecretValue"),
    "ssm": re.compile(r"GetParameter.*"),
    "ecr": re.compile(r"GetAuthorizationToken"),
    "ec2": re.compile(r"GetPasswordData|GetConsole.*|GetLaunchTemplateData"),
    "codeartifact": re.compile(r"GetAuthorizationToken"),
    "rds": re.compile(r"GenerateDbAuthToken"),
    "sts": re.compile(r"(?!GetCallerIdentity$|AssumeRole$).*"),
}


def _reads(call: LoggedCall) -> bool:
    if call.service in _CREDENTIALS and _CREDENTIALS[call.service].fullmatch(call.operation):
        return False
    return call.service == "sts" or bool(_READING.match(call.operation))
