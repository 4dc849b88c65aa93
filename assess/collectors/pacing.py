"""How fast AWS may be asked: half of what AWS allows, for the account's own deployments draw on the same buckets."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assess.collectors.interface import Operation, Stopped


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket as AWS documents it: calls at once, and calls per second after that."""

    burst: float
    per_second: float


SHARED: Mapping[str, Rate] = {
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
    "ecs cluster read": Rate(50, 20),
    "ecs service read": Rate(100, 20),
    "ecs task definition read": Rate(50, 20),
    "ecs cluster resource read": Rate(100, 20),
    "ecs capacity provider read": Rate(50, 20),
    "ecs service deployment read": Rate(50, 20),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html (all calls together)
    "elb": Rate(40, 10),
    # https://docs.aws.amazon.com/general/latest/gr/cw_region.html: 396,000 datapoints a second, of which a call takes
    # 100,800 at most
    "cloudwatch metric data": Rate(4, 4),
    # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html (all calls together)
    "route53": Rate(50, 10),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (all calls together; GetResources alone)
    "api gateway": Rate(40, 10),
    "api gateway resources": Rate(5, 2.5),
    # AWS publishes none: an estimate
    "application auto scaling": Rate(20, 10),
}
"""Rates of buckets that several operations share, per account and region."""

OWN: Mapping[str, Rate] = {
    # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html (for calls with a filter or pages)
    "ec2": Rate(100, 20),
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html (shared with GetSecretValue)
    "secretsmanager": Rate(10_000, 10_000),
    # https://docs.aws.amazon.com/waf/latest/developerguide/limits.html (of the calls that list, the slowest)
    "wafv2": Rate(1, 1),
}
"""Rates of services that give each operation a bucket of its own."""

UNPUBLISHED = Rate(40, 20)
"""An estimate, below the lowest rate published for calls of the kind: for services that publish none."""


def rate_of(operation: Operation) -> Rate:
    """The rate at which AWS answers an operation."""
    return SHARED[operation.group] if operation.group else OWN.get(operation.service, UNPUBLISHED)


SHARE = 0.5
"""The part of AWS's rates that a scan takes."""

_ONE_SIGN = 1.0
_SLOW_FOR = 10.0
"""Seconds without a refusal after which the full pace is tried again."""


class Bucket:
    """Lets calls through at a rate, and more slowly each time AWS says that it was too much."""

    def __init__(self, rate: Rate, share: float = SHARE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = max(1.0, rate.burst * share)
        self._full = self._per_second = rate.per_second * share
        self._slowed_at: float | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._burst
        self._at = clock()

    def take(self, stop: threading.Event) -> None:
        """Waits for a token.

        Raises:
            Stopped: the scan was interrupted meanwhile.
        """
        if stop.wait(self.reserve()):
            raise Stopped

    def reserve(self) -> float:
        """Takes a token, and says how many seconds to wait before it may be used."""
        with self._lock:
            now = self._clock()
            if self._slowed_at is not None and now - self._slowed_at >= _SLOW_FOR:
                self._per_second, self._slowed_at = self._full, None
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            self._tokens -= 1
            return max(0.0, -self._tokens / self._per_second)

    def slow_down(self) -> None:
        """Halves the rate for a while, to a quarter at most, for AWS refused a call as one too many."""
        with self._lock:
            now = self._clock()
            # calls in flight are refused together: that is one sign, not many
            if self._slowed_at is None or now - self._slowed_at >= _ONE_SIGN:
                self._per_second = max(self._full / 4, self._per_second / 2)
                self._slowed_at = now


class Pacer:
    """The buckets of an account, by region and group."""

    def __init__(self, share: float = SHARE) -> None:
        self._share = share
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def bucket(self, region: str, operation: Operation) -> Bucket:
        """The bucket that an operation draws from in a region."""
        key = (region, operation.group or operation.api)
        with self._lock:
            found = self._buckets.get(key)
            if found is None:
                found = self._buckets[key] = Bucket(rate_of(operation), self._share)
            return found
