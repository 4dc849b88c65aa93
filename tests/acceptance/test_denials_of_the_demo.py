"""Calls denied on the demo estate, where critical findings stand: no denial lets it pass or look better."""

from collections.abc import Iterator

import pytest

from assess.collectors import Operation
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


_BY_ITSELF = frozenset(
    {AT_ONCE, "ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition"}
)
"""Calls that critical findings hang on, or that others stand in for. Of each service all other calls are denied at
once: on the clean estate each is denied by itself, and every scan of the demo takes seconds."""


def _groups() -> dict[str, tuple[Operation, ...]]:
    """Calls that are denied together, by the name of the call or of the service."""
    found: dict[str, tuple[Operation, ...]] = {}
    for api, operation in sorted(NAMED.items()):
        if api not in _NOT_ASKED:
            group = api if api in _BY_ITSELF else operation.service
            found[group] = (*found.get(group, ()), operation)
    return found


GROUPS = _groups()


@pytest.mark.parametrize("group", GROUPS)
def test_a_denied_call_never_lets_the_demo_pass(account: Account, group: str) -> None:
    operations = GROUPS[group]
    scene = roles_one_by_one if operations[0].service == "iam" and group != AT_ONCE else nothing
    whole = account.whole(scene)
    denied = account.scanned(scene, list(operations))
    assert whole.code == FAILED
    assert denied.code in (FAILED, INCOMPLETE)
    standing = {finding.fingerprint for finding in denied.assessment.findings if finding.severity == "critical"}
    assert standing <= {finding.fingerprint for finding in whole.assessment.findings if finding.severity == "critical"}
    assert (denied.code == FAILED) is bool(standing)

    (score, low, high), (whole_score, whole_low, whole_high) = denied.numbers, whole.numbers
    assert score is None or score <= (whole_score or 0)
    assert (low or 0) <= (whole_low or 0)
    assert (high or 0) >= (whole_high or 0)
    actions = {each.api: each.action for each in operations}
    gaps = [gap for gap in denied.assessment.gaps if gap.api in actions]
    assert gaps
    assert {gap.recovered for gap in gaps} == {group == AT_ONCE}
    for gap in gaps:
        assert gap.action == actions[gap.api]
        assert actions[gap.api] in gap.message, "the reason is AWS's own"


def test_everything_denied_is_incomplete(account: Account) -> None:
    denied = account.scanned(nothing, list(NAMED.values()))
    assert denied.code == INCOMPLETE
    assert len(denied.gate.lines) == 1
    assert denied.numbers == (None, 0, 100)
