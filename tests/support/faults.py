"""What can go wrong on the way to AWS and back, put between the client and the simulated AWS at run time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.support.wire import Answer, AwsError, Call, answer, decode, encode, encode_error

Proceed = Callable[[], Answer]
Effect = Callable[[Call, Proceed], Answer]
Condition = Callable[[Call], bool]


@dataclass
class Fault:
    """An effect on the calls of a service and operation (both may be globs)."""

    service: str
    operation: str
    effect: Effect
    when: Condition | None = None
    times: int | None = None
    """How many calls it hits; all of them where none."""
    after: int = 0
    """How many calls it lets pass first."""
    hits: int = 0
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hit(self, call: Call) -> bool:
        """Whether it strikes this call; each call is to be asked once."""
        named = fnmatchcase(call.service, self.service) and fnmatchcase(call.operation, self.operation)
        if not named or (self.when is not None and not self.when(call)):
            return False
        with self._lock:
            self._seen += 1
            if self._seen <= self.after or (self.times is not None and self.hits >= self.times):
                return False
            self.hits += 1
            return True


def error(code: str, message: str, status: int) -> Effect:
    """Answers with an error."""
    return lambda call, _proceed: encode_error(call, AwsError(code, message, status))


def denied(call: Call, _proceed: Proceed) -> Answer:
    """Answers as IAM does where no policy allows the action: code and status depend on the protocol."""
    who = f"arn:aws:iam::{call.account}:user/moto"
    role = call.parameters.get("RoleName") if call.service == "iam" else None
    what = f"role {role}" if role else "resource: *"
    why = f"because no identity-based policy allows the {call.action} action"
    said = f"User: {who} is not authorized to perform: {call.action} on {what} {why}"
    if call.protocol == "ec2":
        said = f"You are not authorized to perform this operation. {said}"
        return encode_error(call, AwsError("UnauthorizedOperation", said, 403))
    if call.protocol == "json":
        return encode_error(call, AwsError("AccessDeniedException", said, 400))
    if call.protocol == "rest-json":
        return encode_error(call, AwsError("AccessDeniedException", said, 403))
    return encode_error(call, AwsError("AccessDenied", said, 403))


def throttled(call: Call, _proceed: Proceed) -> Answer:
    """Answers that the rate is exceeded, by each protocol's code."""
    if call.protocol == "ec2":
        return encode_error(call, AwsError("RequestLimitExceeded", "Request limit exceeded.", 503))
    if call.protocol == "rest-json":
        return encode_error(call, AwsError("ThrottlingException", "Rate exceeded", 429))
    code = "ThrottlingException" if call.protocol == "json" else "Throttling"
    return encode_error(call, AwsError(code, "Rate exceeded", 400))


def expired(call: Call, _proceed: Proceed) -> Answer:
    """Answers that the session is over."""
    if call.protocol == "ec2":
        return encode_error(call, AwsError("RequestExpired", "Request has expired.", 400))
    said = "The security token included in the request is expired"
    if call.protocol in ("json", "rest-json"):
        return encode_error(call, AwsError("ExpiredTokenException", said, 400 if call.protocol == "json" else 403))
    return encode_error(call, AwsError("ExpiredToken", said, 403))


def disconnected(_call: Call, _proceed: Proceed) -> Answer:
    """Closes the connection without an answer."""
    return Answer(200, (), b"", disconnects=True)


def truncated(*, honest_length: bool) -> Effect:
    """Sends the first half of the body with status 200.

    With an honest length, ``Content-Length`` names the half, as a proxy that cuts answers would; else it names the
    whole and the connection closes early.
    """

    def effect(_call: Call, proceed: Proceed) -> Answer:
        whole = proceed()
        half = len(whole.body) // 2
        if honest_length:
            return answer(whole.status, whole.body[:half], dict(whole.headers))
        return Answer(whole.status, whole.headers, whole.body, cut_at=half)

    return effect


def broken(_call: Call, proceed: Proceed) -> Answer:
    """Sends a body that does not parse, with status 200."""
    whole = proceed()
    return answer(200, b'{"oops": ' + whole.body, dict(whole.headers))


def empty(_call: Call, proceed: Proceed) -> Answer:
    """Sends no body, with status 200."""
    return answer(200, b"", dict(proceed().headers))


def delayed(seconds: float) -> Effect:
    """Answers later."""

    def effect(_call: Call, proceed: Proceed) -> Answer:
        time.sleep(seconds)
        return proceed()

    return effect


def changed(change: Callable[[Any], Any]) -> Effect:
    """Hands the answer's document to ``change``, which alters it or returns another."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        given = proceed()
        if given.status >= 300:
            return given
        document = decode(call, given)
        replaced = change(document)
        return encode(call, document if replaced is None else replaced)

    return effect
