"""Each call denied in turn on the demo estate, where critical findings stand: no denial lets it pass or look better."""

from collections.abc import Iterator

import pytest

from assess.gate import FAILED, INCOMPLETE
from tests.acceptance.account import Account, nothing, seeded
from tests.acceptance.denials import AT_ONCE, NAMED, roles_one_by_one
from tests.support import shop
from tests.support.aws import SimulatedAws

pytestmark = pytest.mark.xdist_group("denials-demo")

_NOT_ASKED = frozenset(
    {
        "apigateway:GetResources",
        "ec2:DescribeRegions",
        "elb:DescribeLoadBalancers",
        "kafka:GetBootstrapBrokers",
        "mq:DescribeBroker",
        "opensearch:DescribeDomains",
        "rds:DescribeDBProxyTargets",
        "vpc-lattice:ListServices",
        "vpc-lattice:ListTargetGroups",
    }
)
"""Calls that the demo estate has no need of: one region, no Classic Load Balancer, no REST API, no brokers, no search
domains, no proxy in front of the database."""


@pytest.fixture(scope="module")
def account(aws_server: SimulatedAws) -> Iterator[Account]:
    with seeded(aws_server, shop.seed, fail_on="critical") as account:
        yield account


def test_every_call_is_denied_in_one_of_these_tests(account: Account) -> None:
    asked = account.whole(nothing).asked | account.whole(roles_one_by_one).asked
    assert set(NAMED) - asked == _NOT_ASKED


@pytest.mark.parametrize("api", sorted(NAMED.keys() - _NOT_ASKED))
def test_a_denied_call_never_lets_the_demo_pass(account: Account, api: str) -> None:
    operation = NAMED[api]
    scene = roles_one_by_one if operation.service == "iam" and api != AT_ONCE else nothing
    whole = account.whole(scene)
    denied = account.scanned(scene, [operation])
    assert whole.code == FAILED
    assert denied.code in (FAILED, INCOMPLETE)
    standing = {finding.fingerprint for finding in denied.assessment.findings if finding.severity == "critical"}
    assert standing <= {finding.fingerprint for finding in whole.assessment.findings if finding.severity == "critical"}
    assert (denied.code == FAILED) is bool(standing)

    (score, low, high), (whole_score, whole_low, whole_high) = denied.numbers, whole.numbers
    assert score is None or score <= (whole_score or 0)
    assert (low or 0) <= (whole_low or 0)
    assert (high or 0) >= (whole_high or 0)
    gaps = [gap for gap in denied.assessment.gaps if gap.api == api]
    assert gaps
    assert {gap.action for gap in gaps} == {operation.action}
    assert {gap.recovered for gap in gaps} == {api == AT_ONCE}
    assert all(operation.action in gap.message for gap in gaps), "the reason is AWS's own"


def test_everything_denied_is_incomplete(account: Account) -> None:
    denied = account.scanned(nothing, list(NAMED.values()))
    assert denied.code == INCOMPLETE
    assert len(denied.gate.lines) == 1
    assert denied.numbers == (None, 0, 100)
