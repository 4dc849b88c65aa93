"""Each call denied in turn on an estate that passes the strictest gate: what is not seen is not passed."""

from collections.abc import Iterator

import pytest

from assess.collectors import Operation
from assess.gate import INCOMPLETE, PASSED, decide
from tests.acceptance.account import Account, Scene, nothing, seeded
from tests.acceptance.denials import AT_ONCE, NAMED, hides_a_need, other_triggers, roles_one_by_one, scene_of
from tests.support import clean
from tests.support.aws import ACCOUNT, REGION, SimulatedAws

pytestmark = pytest.mark.xdist_group("denials-clean")

_NOT_ASKED = frozenset(
    {
        "autoscaling:DescribeAutoScalingGroups",
        "apigateway:GetResources",
        "apigateway:GetRestApis",
        "apigatewayv2:GetApis",
        "apigatewayv2:GetIntegrations",
        "codedeploy:BatchGetApplications",
        "codedeploy:BatchGetDeploymentGroups",
        "codedeploy:ListDeploymentGroups",
        "codepipeline:GetPipeline",
        "ec2:DescribeInstances",
        "ec2:DescribeRegions",  # has a test of its own
        "ecs:DescribeCapacityProviders",
        "ecs:DescribeContainerInstances",
        "ecs:ListContainerInstances",
        "ecs:ListGatewayRoutes",
        "efs:DescribeAccessPoints",
        "efs:DescribeFileSystemPolicy",
        "efs:DescribeFileSystems",
        "efs:DescribeMountTargets",
        "elb:DescribeLoadBalancers",
        "globalaccelerator:ListEndpointGroups",
        "globalaccelerator:ListListeners",
        "iam:GetInstanceProfile",
        "kafka:GetBootstrapBrokers",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "mq:DescribeBroker",
        "opensearch:DescribeDomains",
        "rds:DescribeDBProxyTargets",
        "vpc-lattice:ListServices",
        "vpc-lattice:ListTargetGroups",
        "service-quotas:GetAWSDefaultServiceQuota",
        "servicediscovery:ListInstances",
        "servicediscovery:ListServices",
        "sns:GetTopicAttributes",
    }
)
"""Calls that an estate on Fargate without Cloud Map, Classic Load Balancers, own keys, pipelines, anything at the
edge, proxies of databases, search domains, brokers and VPC Lattice has no need of."""


@pytest.fixture(scope="module")
def account(aws_server: SimulatedAws) -> Iterator[Account]:
    with seeded(aws_server, clean.seed, fail_on="low") as account:
        yield account


def expected(operation: Operation) -> int:
    return INCOMPLETE if hides_a_need(operation) else PASSED


@pytest.mark.parametrize("scene", [nothing, roles_one_by_one, other_triggers])
def test_nothing_denied_passes(account: Account, scene: Scene) -> None:
    whole = account.whole(scene)
    assert (whole.code, whole.gate.lines) == (PASSED, ())
    assert whole.assessment.summary.score == 100


def test_every_call_is_denied_in_one_of_these_tests(account: Account) -> None:
    asked = {api for scene in (nothing, roles_one_by_one, other_triggers) for api in account.whole(scene).asked}
    assert set(NAMED) - asked == _NOT_ASKED


def test_some_denials_may_pass_and_some_may_not() -> None:
    tried = [operation for api, operation in NAMED.items() if api not in _NOT_ASKED]
    assert {api.api for api in tried if expected(api) == PASSED} == {
        AT_ONCE,
        "dynamodb:DescribeContinuousBackups",
        "ec2:DescribeNetworkAcls",
        "ecs:ListAccountSettings",
        "s3:GetBucketVersioning",
    }


@pytest.mark.parametrize("api", sorted(NAMED.keys() - _NOT_ASKED))
def test_a_denied_call_leaves_the_gate_open_where_a_rule_needs_it(account: Account, api: str) -> None:
    operation, scene = NAMED[api], scene_of(NAMED[api])
    whole = account.whole(scene)
    denied = account.scanned(scene, [operation])
    assert denied.code == expected(operation), denied.gate.lines
    score, low, high = denied.numbers
    assert score is None or score <= 100
    assert (low or 0) <= (whole.numbers[1] or 0)
    assert high == 100
    gaps = [gap for gap in denied.assessment.gaps if gap.api == api]
    assert gaps
    assert {gap.action for gap in gaps} == {operation.action}
    assert {gap.recovered for gap in gaps} == {api == AT_ONCE}
    assert all(operation.action in gap.message for gap in gaps), "the reason is AWS's own"
    if denied.code == INCOMPLETE:
        said = " ".join(denied.gate.lines)
        assert operation.action in said or operation.api in said


def test_regions_that_may_not_be_listed_are_tried_instead(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assess.collectors.aws.Session.regions_beside", lambda _self, _region: (REGION,))
    denied = account.scanned(nothing, [NAMED["ec2:DescribeRegions"]], regions=("all",))
    assert denied.code == PASSED
    assert [(gap.action, gap.recovered) for gap in denied.assessment.gaps] == [("ec2:DescribeRegions", True)]


def test_everything_denied_is_incomplete_whatever_the_gate(account: Account) -> None:
    denied = account.scanned(nothing, list(NAMED.values()))
    line = (
        f"incomplete: nothing could be listed in account {ACCOUNT}, region {REGION} "
        "(ecs:ListClusters: AccessDeniedException); assess permissions prints the policy that a scan needs"
    )
    assert denied.gate == decide(denied.assessment, fail_on=None)
    assert (denied.code, denied.gate.lines) == (INCOMPLETE, (line,))
    assert denied.numbers == (None, 0, 100)
