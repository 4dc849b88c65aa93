"""Fixtures of the collectors' tests: a simulated AWS that a scan finds through its environment."""

import gc
from collections.abc import Callable
from typing import Any

import botocore.loaders
import pytest

from assess.collectors.pacing import Pacer
from tests.support import clean, shop
from tests.support.aws import SimulatedAws

_SHARED = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, aws_server: SimulatedAws) -> None:
    """The settings of an AWS user whose endpoint is the simulated AWS, and no pause between attempts."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws_server.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    # reading botocore's description of EC2 takes half a second; it is the same for every scan
    monkeypatch.setattr("botocore.loaders.create_loader", lambda *_paths: _SHARED)


@pytest.fixture(scope="session")
def _held() -> dict[str, Any]:
    """What the simulated AWS was last seeded with."""
    return {}


@pytest.fixture
def shop_aws(aws_server: SimulatedAws, _held: dict[str, Any]) -> SimulatedAws:
    """The demo estate, nothing of it denied. Seeded for many tests, so none may change it."""
    return _holding(aws_server, shop.seed, _held)


@pytest.fixture
def clean_aws(aws_server: SimulatedAws, _held: dict[str, Any]) -> SimulatedAws:
    """A small estate of three services. Seeded for many tests, so none may change it."""
    return _holding(aws_server, clean.seed, _held)


@pytest.fixture
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets calls through as fast as they come."""
    monkeypatch.setattr("assess.collectors.aws.Pacer", lambda: Pacer(share=1000))


def _holding(aws: SimulatedAws, seed: Callable[[SimulatedAws], None], held: dict[str, Any]) -> SimulatedAws:
    def clusters() -> list[str]:
        return list(aws.client("ecs").list_clusters()["clusterArns"])

    aws.clear_faults()
    # another test may have emptied it meanwhile
    if held.get("seed") is not seed or held["clusters"] != clusters():
        aws.reset()
        seed(aws)
        aws.clear_faults()
        held.update(seed=seed, clusters=clusters())
        # what moto holds by now stays: walking through it again and again is 40 % of these tests' time
        gc.collect()
        gc.freeze()
    aws.forget_calls()
    return aws
