"""A seeded account that is scanned, assessed and gated in this process, as often as wanted and as fast as it goes.

The scan is the real one over HTTP, the answers are those of the simulated AWS; what repeats from scan to scan is
remembered: botocore's description of the services, and every answer to a request that came before.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import botocore.loaders
import pytest

from assess.assessment import Assessment
from assess.assessor import assess
from assess.collectors import Operation, ScanRequest, scan
from assess.collectors.pacing import Pacer
from assess.config import FailOn, Policy
from assess.estate.estate import Estate
from assess.gate import GateResult, decide
from assess.packs import load_rules
from tests.support.aws import SimulatedAws
from tests.support.faults import Proceed
from tests.support.wire import Answer, Call

Scene = Callable[[SimulatedAws], None]
"""Puts up what a situation needs beside the denial that is tried."""

_LOADER = botocore.loaders.create_loader()


class Outcome(NamedTuple):
    """What a scan ends with."""

    estate: Estate
    assessment: Assessment
    gate: GateResult
    asked: frozenset[str]
    """The calls that arrived, as ``service:Operation``."""

    @property
    def code(self) -> int:
        """The exit code."""
        return self.gate.exit_code

    @property
    def numbers(self) -> tuple[int | None, int | None, int | None]:
        """Score, low and high of the estate."""
        summary = self.assessment.summary
        return summary.score, summary.score_low, summary.score_high


def nothing(_aws: SimulatedAws) -> None:
    """The estate as it is."""


class Account:
    """One seeded estate, gated at one severity."""

    def __init__(self, aws: SimulatedAws, seed: Scene, fail_on: FailOn) -> None:
        self.aws = aws
        self.fail_on: FailOn = fail_on
        self._rules = load_rules()
        self._answers: dict[tuple[Any, ...], Answer] = {}
        self._lock = threading.Lock()
        self._whole: dict[Scene, Outcome] = {}
        aws.reset()
        seed(aws)
        # what moto holds by now stays: walking through it again and again takes longer than the scans
        gc.collect()
        gc.freeze()

    def whole(self, scene: Scene) -> Outcome:
        """The outcome of a scene without a denial, of which there is one."""
        if scene not in self._whole:
            self._whole[scene] = self.scanned(scene, [])
        return self._whole[scene]

    def scanned(self, scene: Scene, denied: list[Operation], regions: tuple[str, ...] = ()) -> Outcome:
        """The outcome of a scene while some calls are denied."""
        aws = self.aws
        aws.clear_faults()
        aws.forget_calls()
        for operation in denied:
            aws.deny(operation.service, operation.name)
        scene(aws)
        aws.fault("*", "*", self._remembered)
        estate = scan(ScanRequest(regions=regions))
        policy = Policy()
        assessment = assess(estate, policy=policy, rules=self._rules, as_of=estate.collected_at.date())
        return Outcome(estate, assessment, decide(assessment, fail_on=self.fail_on), frozenset(aws.counts()))

    def _remembered(self, call: Call, proceed: Proceed) -> Answer:
        environ = call.environ
        path, query = environ.get("PATH_INFO"), environ.get("QUERY_STRING")
        key = (call.service, call.operation, call.region, call.account, call.body, path, query)
        with self._lock:
            found = self._answers.get(key)
        if found is None:
            found = proceed()
            with self._lock:
                self._answers[key] = found
        return found


@contextmanager
def seeded(aws: SimulatedAws, seed: Scene, fail_on: FailOn) -> Iterator[Account]:
    """An account whose endpoint this process's scans find, without pauses between calls and attempts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.delenv(name, raising=False)
        for name, value in aws.variables().items():
            patch.setenv(name, value)
        patch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
        patch.setattr("botocore.loaders.create_loader", lambda *_paths: _LOADER)
        patch.setattr("assess.collectors.aws.Pacer", lambda: Pacer(share=1000))
        yield Account(aws, seed, fail_on)
        aws.reset()
