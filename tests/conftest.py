"""Fixtures that all tests share."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.aws import SimulatedAws


@pytest.fixture(scope="session")
def aws_server() -> Iterator[SimulatedAws]:
    """The simulated AWS of this process; take ``aws`` to have it empty."""
    with SimulatedAws() as aws:
        yield aws


@pytest.fixture
def aws(aws_server: SimulatedAws) -> SimulatedAws:
    """An empty simulated AWS without faults."""
    aws_server.reset()
    return aws_server


settings.register_profile("same-every-run", derandomize=True, print_blob=True)
settings.load_profile("same-every-run")
