"""Each call denied in turn: a gap that names the permission, and everything else read as ever."""

import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.collectors.interface import Operation
from assess.collectors.scanning import COLLECTORS
from assess.estate.estate import Estate
from assess.estate.facts import Origin
from assess.estate.gaps import Gap, Reason
from assess.estate.grants import Boundary
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.shop import DENIED_ROLE, deny

_KINDS: dict[str, tuple[str, ...]] = {
    "ecs.clusters": ("clusters",),
    "ecs.services": ("services", "service_deployments"),
    "ecs.tasks": ("tasks",),
    "ecs.protection": ("task_protections",),
    "ecs.account_settings": ("account_settings",),
    "ecs.gateways": ("gateways", "gateway_routes"),
    "ecs.capacity_providers": ("capacity_providers",),
    "ecs.container_instances": ("container_instances",),
    "ecs.task_definitions": ("task_definitions",),
    "ec2.instances": ("instances",),
    "vpc": (
        "vpcs",
        "subnets",
        "route_tables",
        "nat_gateways",
        "vpc_endpoints",
        "security_groups",
        "network_acls",
    ),
    "elb": ("load_balancers", "listeners", "listener_rules", "target_groups"),
    "cloudmap": ("namespaces", "discovery_services", "discovery_instances"),
    "autoscaling": ("scalable_targets", "scaling_policies", "scheduled_scalings"),
    "events": ("event_rules", "event_buses"),
    "scheduler": ("schedules",),
    "stepfunctions": ("state_machines",),
    "pipes": ("pipes",),
    "iam": ("roles",),
    "secretsmanager": ("stored_secrets",),
    "ssm": ("stored_parameters",),
    "kms": ("encryption_keys",),
    "ecr": ("repositories",),
    "cloudwatch.alarms": ("alarms",),
    "cloudwatch.metrics": ("service_metrics",),
    "autoscaling.groups": ("auto_scaling_groups",),
    "quotas": ("quotas",),
    "vpc.interfaces": ("network_interfaces",),
    "route53": ("dns_records",),
    "s3.policies": ("resource_policies",),
    "sqs.policies": ("resource_policies",),
    "sns.policies": ("resource_policies",),
    "kms.policies": ("resource_policies",),
    "secretsmanager.policies": ("resource_policies",),
    "acm": ("served_certificates",),
    "waf": ("web_acls",),
    "shield": ("shield_protections",),
    "edge": ("distributions", "accelerators"),
    "apigateway": ("vpc_links", "api_integrations"),
    "codedeploy": ("deployment_applications",),
    "codepipeline": ("pipelines",),
    "logs": ("log_groups",),
    "efs": ("file_systems",),
    "cloudwatch.dashboards": ("dashboards",),
    "rds": ("database_instances", "database_clusters", "database_proxies"),
    "elasticache": ("replication_groups", "cache_clusters", "serverless_caches"),
    "memorydb": ("memory_clusters",),
    "redshift": ("warehouses",),
    "opensearch": ("search_domains",),
    "dynamodb": ("tables",),
    "s3": ("buckets",),
    "sqs": ("queues",),
    "sns": ("topics", "subscriptions"),
    "kinesis": ("streams",),
    "firehose": ("delivery_streams",),
    "kafka": ("kafka_clusters",),
    "mq": ("brokers",),
    "lambda": ("functions", "event_source_mappings"),
    "lattice": ("lattice_services", "lattice_target_groups"),
}

_AT_ONCE = ("iam", "GetAccountAuthorizationDetails")
_ONE_BY_ONE = ("GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies")
_MANAGED = ("GetPolicy", "GetPolicyVersion")
_ONLY_OF_THE_SHOP = (
    "cloudmap",
    "ecs.capacity_providers",
    "ecs.container_instances",
    "ec2.instances",
    "kms",
    "kms.policies",
    "sns.policies",
    "autoscaling.groups",
    "ecs:ListGatewayRoutes",
    "service-quotas:GetAWSDefaultServiceQuota",
    "events:ListTargetsByRule",
    "scheduler:GetSchedule",
    "stepfunctions:DescribeStateMachine",
    "pipes:DescribePipe",
)
"""Calls that the small estate has no need of, by collector or API."""
_OF_THEIR_OWN_SCENE = (
    *("ec2:DescribeRegions", "ecs:ListServiceDeployments", "elb:DescribeLoadBalancers"),
    *("globalaccelerator:ListListeners", "globalaccelerator:ListEndpointGroups", "apigateway:GetRestApis"),
    *("apigateway:GetResources", "apigatewayv2:GetApis", "apigatewayv2:GetIntegrations"),
    *("codedeploy:BatchGetApplications", "codedeploy:ListDeploymentGroups", "codedeploy:BatchGetDeploymentGroups"),
    "codepipeline:GetPipeline",
    *("efs:DescribeFileSystems", "efs:DescribeAccessPoints", "efs:DescribeMountTargets"),
    "efs:DescribeFileSystemPolicy",
    *("rds:DescribeDBProxyTargets", "opensearch:DescribeDomains", "kafka:GetBootstrapBrokers", "mq:DescribeBroker"),
    *("vpc-lattice:ListTargetGroups", "vpc-lattice:ListServices"),
)


def _downstream(collector: str) -> set[str]:
    found = {collector}
    while True:
        more = {each.name for each in COLLECTORS if found.intersection(each.after)} - found
        if not more:
            return found
        found |= more


def _rounds() -> list[list[Operation]]:
    """Every call that the small estate needs, once; together go those that do not hide each other."""
    apart = {*_ONLY_OF_THE_SHOP, *_OF_THEIR_OWN_SCENE}
    alone: list[list[Operation]] = []
    beside: list[list[Operation]] = []
    behind: list[list[Operation]] = []
    for collector in COLLECTORS:
        usual = [
            operation
            for operation in collector.operations
            if collector.name not in apart and operation.api not in apart
            if collector.name != "iam" or operation.name == _AT_ONCE[1]
        ]
        if collector.name in ("ecs.clusters", "ecs.services", "ecs.tasks", "ecs.task_definitions"):
            alone += [[operation] for operation in usual]
        else:
            hidden = "elb" in collector.after or collector.name.endswith(".policies")
            (behind if hidden else beside).append(usual)
    rounds = (*zip_longest(*beside), *zip_longest(*behind))
    return alone + [[each for each in together if each] for together in rounds]


def _of_shop() -> list[Operation]:
    return [
        operation
        for collector in COLLECTORS
        for operation in collector.operations
        if collector.name in _ONLY_OF_THE_SHOP or operation.api in _ONLY_OF_THE_SHOP
        # these hide the calls behind them
        if not operation.name.startswith("List")
        or operation.name in ("ListGatewayRoutes", "ListInstances", "ListTargetsByRule")
        if operation.api not in ("ecs:DescribeCapacityProviders", "ecs:DescribeContainerInstances", "kms:DescribeKey")
    ]


def _gaps(estate: Estate, api: str) -> list[Gap]:
    return [gap for gap in estate.gaps if gap.api == api]


def _told(estate: Estate, kind: str) -> list[str]:
    """The facts of a kind without the numbers of redacted texts, which count over the whole estate."""
    return [re.sub(r":g[0-9]+\)", ")", each.model_dump_json()) for each in getattr(estate, kind)]


def _assert_others_unaffected(estate: Estate, whole: Estate, denied: list[Operation]) -> None:
    touched: set[str] = set()
    for collector in COLLECTORS:
        if set(denied) & set(collector.operations):
            touched |= _downstream(collector.name)
    for name, kinds in _KINDS.items():
        for kind in kinds if name not in touched else ():
            assert _told(estate, kind) == _told(whole, kind), kind


def _assert_gap(gap: Gap, operation: Operation) -> None:
    assert gap.reason is Reason.DENIED
    assert gap.action == operation.action
    assert gap.account == ACCOUNT
    assert gap.enumeration is operation.enumerates
    assert operation.action in gap.message


def _missing(estate: Estate, facts: Iterable[str], related: Iterable[str] = ()) -> set[str]:
    origin = Origin(account=ACCOUNT, region=REGION)
    return {fact for fact in facts if estate.missing(fact, origin, related) is not None}


@pytest.fixture(scope="module")
def _estates() -> dict[str, Estate]:
    return {}


@pytest.fixture
def whole(shop_aws: SimulatedAws, _estates: dict[str, Estate]) -> Estate:
    """The demo estate with nothing denied."""
    if "shop" not in _estates:
        _estates["shop"] = scan(ScanRequest())
    return _estates["shop"]


def test_estate_without_denials_has_no_gaps(whole: Estate) -> None:
    assert whole.gaps == ()
    assert _missing(whole, {fact for each in COLLECTORS for fact in each.facts}) == set()


def test_every_call_about_capacity_triggers_and_discovery_can_be_denied(shop_aws: SimulatedAws, whole: Estate) -> None:
    denied = _of_shop()
    assert denied
    for operation in denied:
        shop_aws.deny(operation.service, operation.name)
    estate = scan(ScanRequest())
    assert {gap.api for gap in estate.gaps} == {operation.api for operation in denied}
    for operation in denied:
        for gap in _gaps(estate, operation.api):
            _assert_gap(gap, operation)
            assert _missing(estate, gap.facts, [gap.resource or ""]) == set(gap.facts)
    for kind in ("clusters", "services", "tasks", "vpcs", "subnets", "load_balancers", "scaling_policies"):
        assert _told(estate, kind) == _told(whole, kind), kind


def test_roles_read_by_themselves_equal_those_read_at_once(shop_aws: SimulatedAws, whole: Estate) -> None:
    shop_aws.deny(*_AT_ONCE)
    estate = scan(ScanRequest(), facts=frozenset({"iam.roles"}))

    def told(of: Estate) -> list[Any]:
        return [
            (
                role.arn,
                role.assume_role_policy_document,
                sorted((each.policy_name, each.policy_arn, str(each.document)) for each in role.policies),
                role.instance_profiles,
                role.permissions_boundary,
            )
            for role in of.roles
        ]

    assert told(estate) == told(whole)
    assert [gap.recovered for gap in estate.gaps] == [True]


def test_boundary_whose_text_may_not_be_read_takes_no_fact_away(shop_aws: SimulatedAws, whole: Estate) -> None:
    def is_boundary(call: Any) -> bool:
        return str(call.parameters["PolicyArn"]).endswith("-boundary")

    shop_aws.deny(*_AT_ONCE)
    shop_aws.deny("iam", "GetPolicy", when=is_boundary)
    estate = scan(ScanRequest(), facts=frozenset({"iam.roles"}))
    limited = {each.arn for each in whole.roles if each.permissions_boundary is not None}
    standing = [gap for gap in estate.gaps if not gap.recovered]
    assert {(gap.resource, gap.action, gap.facts) for gap in standing} == {
        (arn, "iam:GetPolicy", ()) for arn in limited
    }
    for arn in limited:
        role = estate.role_by_arn[arn]
        assert role.permissions_boundary is not None
        assert role.permissions_boundary.document is None
        assert estate.permissions_of(role).boundary is Boundary.UNKNOWN
    assert _missing(estate, ["iam.roles"], limited) == set()


def test_policies_of_one_role_denied_are_a_gap_on_that_role(shop_aws: SimulatedAws, whole: Estate) -> None:
    deny(shop_aws)
    estate = scan(ScanRequest(), facts=frozenset({"iam.roles"}))
    standing = [gap for gap in estate.gaps if not gap.recovered]
    denied = f"arn:aws:iam::{ACCOUNT}:role/{DENIED_ROLE}"
    assert {gap.resource for gap in standing} == {denied}
    assert _missing(estate, ["iam.roles"], [denied]) == {"iam.roles"}
    assert _missing(estate, ["iam.roles"], ["arn:aws:iam::123456789012:role/another"]) == set()


def test_services_of_one_cluster_that_may_not_be_listed_leave_the_other_cluster_whole(
    shop_aws: SimulatedAws, whole: Estate
) -> None:
    first, *others = (each.cluster_arn for each in whole.clusters)
    shop_aws.deny("ecs", "ListServices", when=lambda call: call.parameters["cluster"] == first)
    estate = scan(ScanRequest(), facts=frozenset())
    assert [(gap.resource, gap.enumeration) for gap in estate.gaps] == [(first, True)]
    assert {each.cluster_arn for each in estate.services} == set(others)


def test_clusters_that_may_not_be_listed_leave_the_region_blind(shop_aws: SimulatedAws, whole: Estate) -> None:
    shop_aws.deny("ecs", "ListClusters")
    estate = scan(ScanRequest(), facts=frozenset())
    assert [(gap.region, gap.resource) for gap in estate.blind] == [(REGION, None)]
    assert estate.services == ()
    assert estate.schedules and estate.event_rules and estate.state_machines


def test_buses_that_may_not_be_listed_leave_the_default_bus(shop_aws: SimulatedAws, whole: Estate) -> None:
    shop_aws.deny("events", "ListEventBuses")
    estate = scan(ScanRequest(), facts=frozenset())
    assert estate.event_rules == whole.event_rules
    assert [gap.enumeration for gap in estate.gaps] == [True]


# --- each call in turn, on a small estate -----------------------------------------------------------------------


@pytest.fixture
def small(clean_aws: SimulatedAws, _estates: dict[str, Estate]) -> Estate:
    """The small estate with nothing denied."""
    if "clean" not in _estates:
        _estates["clean"] = scan(ScanRequest())
    return _estates["clean"]


@pytest.mark.parametrize("denied", _rounds(), ids=lambda denied: "+".join(each.api for each in denied))
def test_denied_call_is_a_gap_that_names_the_permission(
    clean_aws: SimulatedAws, small: Estate, denied: list[Operation]
) -> None:
    for operation in denied:
        clean_aws.deny(operation.service, operation.name)
    estate = scan(ScanRequest())
    assert {gap.api for gap in estate.gaps} == {operation.api for operation in denied}
    for operation in denied:
        for gap in _gaps(estate, operation.api):
            _assert_gap(gap, operation)
            assert gap.recovered is (operation.name == _AT_ONCE[1])
            assert gap.recovered or _missing(estate, gap.facts, [gap.resource or ""]) == set(gap.facts)
    assert bool(estate.blind) is any(operation.enumerates for operation in denied)
    _assert_others_unaffected(estate, small, denied)


@pytest.mark.parametrize("name", [*_ONE_BY_ONE, *_MANAGED])
def test_denied_call_about_one_role_is_a_gap_on_each_role(clean_aws: SimulatedAws, small: Estate, name: str) -> None:
    clean_aws.deny(*_AT_ONCE)
    clean_aws.deny("iam", name)
    estate = scan(ScanRequest(), facts=frozenset({"iam.roles"}))
    assert {gap.api for gap in estate.gaps} == {":".join(_AT_ONCE), f"iam:{name}"}
    assert [gap.recovered for gap in _gaps(estate, ":".join(_AT_ONCE))] == [True]
    arns = {role.arn for role in small.roles}
    assert {role.arn for role in estate.roles} == arns
    for gap in _gaps(estate, f"iam:{name}"):
        assert (gap.action, gap.reason, gap.recovered) == (f"iam:{name}", Reason.DENIED, False)
        assert gap.resource in arns


def test_all_calls_about_roles_denied_are_one_gap_each(clean_aws: SimulatedAws, small: Estate) -> None:
    clean_aws.deny("iam")
    estate = scan(ScanRequest(), facts=frozenset({"iam.roles"}))
    assert estate.roles == ()
    assert {(gap.api, gap.resource, gap.recovered) for gap in estate.gaps} == {
        ("iam:GetAccountAuthorizationDetails", None, False),
        ("iam:GetRole", None, False),
        ("iam:ListAttachedRolePolicies", None, False),
        ("iam:ListRolePolicies", None, False),
    }


def test_services_that_may_not_be_described_are_known_by_their_arns(clean_aws: SimulatedAws, small: Estate) -> None:
    clean_aws.deny("ecs", "DescribeServices")
    estate = scan(ScanRequest(), facts=frozenset())
    assert [each.service_arn for each in estate.services] == [each.service_arn for each in small.services]
    assert [each.service_name for each in estate.services] == [each.service_name for each in small.services]
    assert {gap.resource for gap in estate.gaps} == {each.service_arn for each in estate.services}
    for service in estate.services:
        found = estate.missing("ecs.services", service.origin, [service.service_arn])
        assert found is not None
        assert found.actions == ("ecs:DescribeServices",)


def test_task_definition_that_may_not_be_described_is_a_gap_on_it(clean_aws: SimulatedAws, small: Estate) -> None:
    chosen = small.services[0].task_definition
    clean_aws.deny("ecs", "DescribeTaskDefinition", when=lambda call: call.parameters["taskDefinition"] == chosen)
    estate = scan(ScanRequest(), facts=frozenset())
    assert {gap.resource for gap in estate.gaps} == {chosen}
    assert len(estate.task_definitions) == len(small.task_definitions) - 1
    workload = next(each for each in estate.workloads if each.service == estate.services[0])
    assert workload.task_definition is None
    assert estate.missing("ecs.task_definitions", workload.origin, workload.related) is not None


def test_everything_denied_is_an_estate_of_gaps(clean_aws: SimulatedAws, small: Estate) -> None:
    clean_aws.deny("*", when=lambda call: call.service != "sts")
    estate = scan(ScanRequest())
    assert estate.blind
    assert all(gap.reason is Reason.DENIED for gap in estate.gaps)
    assert estate.workloads == ()


def test_regions_that_may_not_be_listed_are_all_tried(
    clean_aws: SimulatedAws, small: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_aws.deny("ec2", "DescribeRegions")
    monkeypatch.setattr("assess.collectors.aws.Session.regions_beside", lambda _self, _region: (REGION, "us-west-2"))
    estate = scan(ScanRequest(regions=("all",)), facts=frozenset())
    assert estate.scope.regions == (REGION, "us-west-2")
    assert [(gap.action, gap.recovered) for gap in estate.gaps] == [("ec2:DescribeRegions", True)]
    assert len(estate.services) == len(small.services)


def test_rollouts_that_may_not_be_listed_are_a_gap_on_their_service(clean_aws: SimulatedAws, small: Estate) -> None:
    def in_progress(answer: Any) -> None:
        answer["services"][0]["deployments"][0]["rolloutState"] = "IN_PROGRESS"

    clean_aws.override("ecs", "DescribeServices", in_progress)
    clean_aws.deny("ecs", "ListServiceDeployments")
    estate = scan(ScanRequest(), facts=frozenset())
    unsettled = {
        each.service_arn for each in estate.services if each.primary and each.primary.rollout_state == "IN_PROGRESS"
    }
    assert unsettled
    assert {gap.resource for gap in estate.gaps} == unsettled
    assert {gap.facts for gap in estate.gaps} == {("ecs.deployments",)}


def test_classic_load_balancers_that_may_not_be_described_are_a_gap(clean_aws: SimulatedAws, small: Estate) -> None:
    def classic(answer: Any) -> None:
        answer["services"][0]["loadBalancers"] = [{"loadBalancerName": "old", "containerName": "web"}]

    clean_aws.override("ecs", "DescribeServices", classic)
    clean_aws.deny("elb", "DescribeLoadBalancers")
    estate = scan(ScanRequest(), facts=frozenset({"elb.load_balancers"}))
    assert [(gap.api, gap.facts) for gap in estate.gaps] == [("elb:DescribeLoadBalancers", ("elb.load_balancers",))]
