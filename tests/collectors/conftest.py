"""Fixtures of the collectors' tests: a simulated AWS that a scan finds through its environment."""

from collections.abc import Iterator

import botocore.loaders
import pytest

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


@pytest.fixture(scope="module")
def _shop(aws_server: SimulatedAws) -> Iterator[SimulatedAws]:
    aws_server.reset()
    shop.seed(aws_server)
    yield aws_server
    aws_server.reset()


@pytest.fixture
def shop_aws(_shop: SimulatedAws) -> SimulatedAws:
    """The demo estate, nothing of it denied; seeded once a module, so a test must not change it."""
    _shop.clear_faults()
    _shop.forget_calls()
    return _shop


@pytest.fixture(scope="module")
def _clean(aws_server: SimulatedAws) -> Iterator[SimulatedAws]:
    aws_server.reset()
    clean.seed(aws_server)
    yield aws_server
    aws_server.reset()


@pytest.fixture
def clean_aws(_clean: SimulatedAws) -> SimulatedAws:
    """A small estate of three services; seeded once a module, so a test must not change it."""
    _clean.clear_faults()
    _clean.forget_calls()
    return _clean
