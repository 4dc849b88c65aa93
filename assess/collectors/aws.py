"""Talks to AWS: credentials, the read-only guard, pace, retries, and answers that are whole or not taken at all."""

import difflib
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidConfigError,
    LoginError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from assess import __version__
from assess.collectors.interface import Document, NotThere, Operation, Stopped, Unreadable
from assess.collectors.pacing import Bucket, Pacer
from assess.errors import UserError
from assess.estate.gaps import Reason

CREDENTIAL_CALLS = frozenset(
    {
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithSAML"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sts", "GetCallerIdentity"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("signin", "CreateOAuth2Token"),  # what `aws login` leaves behind is refreshed by it
    }
)
"""Calls by which credentials are had: (service, operation)."""

THREADS = 16
"""Calls in flight at a time: at 40 ms a call, more than the pace lets through."""

_ATTEMPTS = 5
_ATTEMPTS_AT_FIRST = 2
"""Attempts of the first call, which shows whether anybody is there: nobody should wait long for a no."""
_BROKEN_ANSWERS = 3
_CONNECT_TIMEOUT = 10
_READ_TIMEOUT = 60

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "KmsAccessDeniedException",
        "NotAuthorized",
        "UnauthorizedAccess",
        "UnauthorizedOperation",
    }
)
"""Error codes that say that a permission is lacking."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""Error codes that end a scan: nothing more can be read with these credentials."""
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_NOBODY_THERE = (HTTPClientError, ConnectionError)
_REFUSED_CREDENTIALS = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
)


class ScanError(UserError):
    """A scan that cannot begin: one line that says why and what to do, and the exit code it deserves."""


class NotReadOnly(Exception):  # noqa: N818 - says what the call is
    """A call that no collector declares; it was not sent."""


class BrokenAnswer(Exception):  # noqa: N818 - says what the answer is
    """An answer with status 200 that is cut, garbled, or without what it must hold."""


# --- sessions ---------------------------------------------------------------------------------------------------


class Session:
    """A profile's settings and credentials, every client of it behind the guard."""

    def __init__(self, profile: str | None, operations: Iterable[Operation]) -> None:
        self._allowed = {(each.service, each.name): each for each in operations}
        self._session = botocore.session.Session(profile=profile)
        self._lock = threading.Lock()
        self.profile = profile
        try:
            self._session.get_scoped_config()  # the file is read here, so that what is wrong with it is told here
            self._default_region = self._session.get_config_variable("region")
        except ProfileNotFound as error:
            raise ScanError(_unknown_profile(error), 2) from None
        except (ConfigParseError, ConfigNotFound) as error:
            raise ScanError(f"the AWS configuration cannot be read: {plain(error)}", 2) from None
        self._session.register("before-call", self._guard)

    @property
    def default_region(self) -> str | None:
        """The region of the environment, or of the profile."""
        return str(self._default_region) if self._default_region else None

    def known_regions(self) -> frozenset[str]:
        """Every region of every partition in which botocore knows ECS."""
        partitions = self._session.get_available_partitions()
        return frozenset(
            region for each in partitions for region in self._session.get_available_regions("ecs", partition_name=each)
        )

    def regions_beside(self, region: str) -> tuple[str, ...]:
        """Every region of a region's partition in which botocore knows ECS, sorted."""
        return tuple(sorted(self._session.get_available_regions("ecs", partition_name=self.partition_of(region))))

    def partition_of(self, region: str) -> str:
        """The partition that a region is of, as ARNs name it."""
        return str(self._session.get_partition_for_region(region))

    def offers(self, service: str, region: str) -> bool:
        """Whether AWS may have a service in a region: botocore's list has the region, or has none of the service."""
        listed = self._session.get_available_regions(service, partition_name=self.partition_of(region))
        return not listed or region in listed

    def credentials(self) -> Credentials:
        """The profile's credentials, fetched now: a question for an MFA code comes here, before any thread runs.

        Raises:
            ScanError: there are none.
        """
        try:
            found = self._session.get_credentials()
            if found is None:
                raise NoCredentialsError
            frozen = found.get_frozen_credentials()
            if not frozen.access_key or not frozen.secret_key:
                raise NoCredentialsError
            return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
        except (PartialCredentialsError, InvalidConfigError) as error:
            raise ScanError(f"the AWS configuration is wrong: {plain(error)}", 2) from None
        except ClientError as error:
            raise ScanError(f"AWS gave no credentials for {self._who}: {_said(error)}", 3) from None
        except _NOBODY_THERE as error:
            raise ScanError(_unreachable(error), 3) from None
        except CredentialRetrievalError as error:
            # what the process printed may hold a secret
            provider = getattr(error, "kwargs", {}).get("provider", "provider")
            raise ScanError(f"no credentials: the {provider} of {self._who} failed; run it by hand", 3) from None
        except (NoCredentialsError, SSOError, LoginError, TokenRetrievalError, EOFError) as error:
            raise ScanError(f"no credentials{_detail(error)}: {self._way_in(error)}", 3) from None
        except BotoCoreError as error:
            raise ScanError(f"no credentials: {plain(error)}", 3) from None
        except ValueError as error:
            raise ScanError(f"the AWS configuration is wrong: {plain(error)}", 2) from None

    @property
    def _who(self) -> str:
        name = self.profile or self._session.get_config_variable("profile")
        return f"profile {name}" if name else "the default profile"

    def _way_in(self, error: Exception) -> str:
        name = self.profile or self._session.get_config_variable("profile")
        command = "aws login" if isinstance(error, LoginError) else "aws sso login"
        if name:
            return f"run `{command} --profile {name}`"
        return f"run `{command} --profile NAME`, or set AWS_PROFILE or name one with --profile"

    def client(self, service: str, region: str, credentials: Credentials, *, attempts: int = _ATTEMPTS) -> Any:
        """A client of a service; making one is not safe in several threads, so they wait here.

        Raises:
            ScanError: AWS_ENDPOINT_URL, a proxy or a certificate setting is none.
        """
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            max_pool_connections=THREADS,
            user_agent_extra=f"assess/{__version__}",
        )
        with self._lock:
            try:
                return self._session.create_client(
                    service,
                    region_name=region,
                    aws_access_key_id=credentials.access_key,
                    aws_secret_access_key=credentials.secret_key,
                    aws_session_token=credentials.token,
                    config=config,
                )
            except (ValueError, BotoCoreError) as error:
                raise ScanError(f"no client for {service} in {region}: {plain(error)}", 2) from None

    def operation(self, service: str, name: str) -> Operation | None:
        """The declared operation of a name."""
        return self._allowed.get((service, name))

    def _guard(self, **event: Any) -> None:
        """Refuses what is in neither table, before anything is sent (also clients that botocore makes for itself)."""
        model = event["model"]
        call = (model.service_model.service_name, model.name)
        if call not in self._allowed and call not in CREDENTIAL_CALLS:
            raise NotReadOnly(f"{call[0]}:{call[1]} is not among the calls that a scan may make")


def assume_role(
    session: Session, credentials: Credentials, region: str, role_arn: str, external_id: str | None
) -> Credentials:
    """Credentials of a role, for an hour.

    Raises:
        ScanError: the role cannot be taken.
    """
    parameters = {"RoleArn": role_arn, "RoleSessionName": "assess"}
    if external_id is not None:
        parameters["ExternalId"] = external_id
    client = session.client("sts", region, credentials)
    try:
        given = client.assume_role(**parameters)["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    except ParamValidationError:
        raise ScanError(f"--role-arn {plain(role_arn)}: not the ARN of a role", 2) from None
    except ClientError as error:
        code = 2 if _code(error) == "ValidationError" else 3
        raise ScanError(
            f"cannot take the role {plain(role_arn)}: {_said(error)}; "
            "the role must trust the caller, and the caller be allowed sts:AssumeRole on it",
            code,
        ) from None
    except _NOBODY_THERE as error:
        raise ScanError(_unreachable(error), 3) from None
    except (BotoCoreError, ResponseParserError, KeyError) as error:
        raise ScanError(f"cannot take the role {plain(role_arn)}: {type(error).__name__}", 3) from None


def caller_account(session: Session, credentials: Credentials, region: str) -> str:
    """The account id of the credentials: the first call of a scan, which shows that AWS is there and knows us.

    Raises:
        ScanError: it is not, or does not.
    """
    client = session.client("sts", region, credentials, attempts=_ATTEMPTS_AT_FIRST)
    try:
        return str(client.get_caller_identity()["Account"])
    except ClientError as error:
        code = _code(error)
        if code in EXPIRED or code in _REFUSED_CREDENTIALS:
            raise ScanError(f"AWS refuses the credentials ({code}): get new ones and run the scan again", 3) from None
        raise ScanError(f"AWS does not say whose credentials these are: {_said(error)}", 3) from None
    except _NOBODY_THERE as error:
        raise ScanError(_unreachable(error), 3) from None
    except (BotoCoreError, ResponseParserError, KeyError) as error:
        where = client.meta.endpoint_url
        raise ScanError(f"{where} does not answer as AWS does ({type(error).__name__})", 3) from None


def near(name: str, known: Iterable[str]) -> str:
    """``; did you mean A, B or C?``, or nothing."""
    *others, last = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.6) or [""]
    return f"; did you mean {' or '.join(filter(None, (', '.join(others), last)))}?" if last else ""


def plain(text: object) -> str:
    """One line without control characters and without the credentials of a URL, 300 characters at most."""
    words = re.sub(r"//[^/@\s]+@", "//", " ".join(str(text).split()))
    return "".join(each for each in words if each.isprintable())[:300]


def _unknown_profile(error: ProfileNotFound) -> str:
    name = plain(error.kwargs.get("profile", ""))
    known = sorted(botocore.session.Session().available_profiles)
    listed = near(name, known) or (f"; there are {', '.join(known[:8])}" if known else "; there are no profiles")
    return f"unknown AWS profile {name}{listed}"


def _unreachable(error: Exception) -> str:
    url = getattr(error, "kwargs", {}).get("endpoint_url")
    at = plain(url) if url else plain(error)
    return f"cannot reach {at}: check the network, the proxy settings and AWS_ENDPOINT_URL"


def _detail(error: Exception) -> str:
    return "" if isinstance(error, NoCredentialsError) else f" ({plain(error)})"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _said(error: ClientError) -> str:
    return plain(f"{_code(error)}: {_message(error)}")


def _message(error: ClientError) -> str:
    said = str(error.response.get("Error", {}).get("Message") or "no message")
    if said.lstrip()[:1] == "<":  # of a proxy, or of a server that does not know the call
        return "the answer is an HTML page, not an error of this service"
    # what follows is a blob that changes from call to call, and only sts:DecodeAuthorizationMessage reads it
    return plain(said.partition("Encoded authorization failure message")[0]) or "no message"


# --- calls ------------------------------------------------------------------------------------------------------


class Account:
    """Sends the calls of one account: paced, retried, and each answer whole."""

    def __init__(
        self, session: Session, credentials: Credentials, stop: threading.Event, pacer: Pacer | None = None
    ) -> None:
        self._session = session
        self._credentials = credentials
        self._stop = stop
        self._pacer = pacer or Pacer()
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._ended: Unreadable | None = None

    def call(self, operation: Operation, region: str, parameters: Mapping[str, Any]) -> Document:
        """The answer, with every key that the operation declares.

        Raises:
            Unreadable: AWS did not answer, after all attempts; or the credentials ended earlier.
            Stopped: the scan was interrupted.
        """
        try:
            client = self._client(operation, region)
        except ScanError as error:
            raise Unreadable(operation, Reason.ERROR, "NoClient", error.message) from None
        send: Callable[..., Document] = getattr(client, xform_name(operation.name))
        broken: Exception | None = None
        for attempt in range(_BROKEN_ANSWERS):
            self._proceed(operation)
            if attempt and self._stop.wait(0.1 * 2**attempt):
                raise Stopped
            try:
                answer = send(**parameters)
                missing = [key for key in operation.answers if answer.get(key) is None]
                if not missing:
                    return answer
                broken = BrokenAnswer(f"the answer lacks {', '.join(missing)}")
            except (BrokenAnswer, ResponseParserError) as error:
                broken = error
            except ClientError as error:
                raise self._refused(operation, error) from None
            except EndpointConnectionError as error:
                if not self._session.offers(operation.service, region):
                    raise NotThere(operation, Reason.ERROR, type(error).__name__, plain(error)) from None
                raise Unreadable(operation, Reason.ERROR, type(error).__name__, plain(error)) from None
            except BotoCoreError as error:
                raise Unreadable(operation, Reason.ERROR, type(error).__name__, plain(error)) from None
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                # what botocore's parsers raise on values that are not of the type they expect
                broken = error
        detail = plain(broken) if isinstance(broken, BrokenAnswer) else "the answer does not parse"
        raise Unreadable(operation, Reason.ERROR, "BrokenAnswer", f"{detail} ({_BROKEN_ANSWERS} attempts)")

    def _proceed(self, operation: Operation) -> None:
        if self._stop.is_set():
            raise Stopped
        if self._ended is not None:
            raise Unreadable(operation, self._ended.reason, self._ended.code, self._ended.message)

    def _refused(self, operation: Operation, error: ClientError) -> Unreadable:
        code = _code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        reason = Reason.DENIED if code in DENIED else Reason.WITHDRAWN if status == 410 else Reason.ERROR
        found = Unreadable(operation, reason, code, _message(error))
        if code in EXPIRED:
            found.message = f"the credentials expired during the scan: {found.message}"
            self._ended = found
        return found

    def _client(self, operation: Operation, region: str) -> Any:
        key = (operation.service, region)
        with self._lock:
            found = self._clients.get(key)
            if found is None:
                found = self._clients[key] = self._new_client(operation.service, region)
        return found

    def _new_client(self, service: str, region: str) -> Any:
        client = self._session.client(service, region, self._credentials)

        def pace(event_name: str, **_rest: Any) -> None:
            self._bucket(service, region, event_name).take(self._stop)

        def slow_down(event_name: str, parsed_response: Any, **_rest: Any) -> None:
            code = ((parsed_response or {}).get("Error") or {}).get("Code")
            if code in _THROTTLED:
                self._bucket(service, region, event_name).slow_down()

        client.meta.events.register("before-send", pace)
        client.meta.events.register("response-received", slow_down)
        client.meta.events.register("before-parse", refuse_broken_body)
        return client

    def _bucket(self, service: str, region: str, event_name: str) -> Bucket:
        name = event_name.rpartition(".")[2]
        operation = self._session.operation(service, name)
        if operation is None:
            raise NotReadOnly(f"{service}:{name} is not among the calls that a scan may make")
        return self._pacer.bucket(region, operation)


def refuse_broken_body(operation_model: Any, response_dict: Mapping[str, Any], **_rest: Any) -> None:
    """Raises BrokenAnswer for an empty body, or a cut or garbled one of JSON, with a good status.

    botocore takes such a body for an empty answer: part of an estate would vanish without a word.
    """
    if response_dict["status_code"] >= 300:
        return
    body = response_dict["body"]
    if not body:
        raise BrokenAnswer("the answer is empty")
    if "json" not in operation_model.service_model.resolved_protocol:
        return
    said = response_dict["headers"].get("content-length")
    encoded = response_dict["headers"].get("content-encoding")
    if said is not None and not encoded and str(said).isdigit() and int(said) != len(body):
        raise BrokenAnswer(f"the answer is cut off: {len(body)} of {said} bytes")
    try:
        parsed = json.loads(body)
    except ValueError:
        raise BrokenAnswer("the answer does not parse") from None
    if not isinstance(parsed, dict):
        raise BrokenAnswer("the answer is no object")
