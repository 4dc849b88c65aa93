"""A whole scan of an account: what is read, with which calls, and that equal accounts make equal bytes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.collectors.scanning import COLLECTORS
from assess.estate.estate import FACT_KINDS, Estate
from tests.support.aws import ACCOUNT, REGION, SimulatedAws

_DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


class _Log:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.expected: dict[str, int] = {}
        self.finished: dict[str, int] = {}

    def expect(self, what: str, count: int) -> None:
        self.expected[what] = self.expected.get(what, 0) + count

    def done(self, what: str, count: int = 1) -> None:
        self.finished[what] = self.finished.get(what, 0) + count


@pytest.fixture(scope="module")
def _scanned() -> dict[str, Any]:
    return {}


@pytest.fixture
def scanned(shop_aws: SimulatedAws, _scanned: dict[str, Any]) -> dict[str, Any]:
    """One scan of the demo estate: the estate, its calls, its progress."""
    if not _scanned:
        progress = _Log()
        estate = scan(ScanRequest(), progress, collected_at=_DAY)
        _scanned |= {
            "estate": estate,
            "calls": shop_aws.calls,
            "counts": shop_aws.counts(),
            "beyond": shop_aws.calls_beyond_reading(),
            "progress": progress,
        }
    return _scanned


@pytest.fixture
def estate(scanned: dict[str, Any]) -> Estate:
    """The demo estate as it was scanned."""
    found = scanned["estate"]
    assert isinstance(found, Estate)
    return found


# --- facts ------------------------------------------------------------------------------------------------------


_NOT_IN_THE_SHOP = {
    *("vpc_links", "lattice_services", "lattice_target_groups", "database_proxies", "serverless_caches"),
    *("cache_clusters", "memory_clusters", "search_domains", "warehouses", "delivery_streams", "kafka_clusters"),
    "brokers",
}


def test_every_kind_of_fact_is_read(estate: Estate) -> None:
    assert {kind for kind in FACT_KINDS if not getattr(estate, kind)} == _NOT_IN_THE_SHOP
    assert estate.gaps == ()
    assert {(each.fact, each.account, each.region) for each in estate.seen} == {
        (fact, ACCOUNT, REGION if each.regional else "") for each in COLLECTORS for fact in each.facts
    }


def test_scope_and_time_are_those_of_the_request(estate: Estate) -> None:
    assert (estate.scope.accounts, estate.scope.regions, estate.collected_at) == ((ACCOUNT,), (REGION,), _DAY)


def test_every_workload_has_its_task_definition(estate: Estate) -> None:
    assert {each.kind for each in estate.workloads} >= {"service", "daemon", "scheduled_task", "standalone_task"}
    assert [each.id for each in estate.workloads if each.task_definition is None] == []


def test_every_role_that_a_task_names_is_read_with_its_policies(estate: Estate) -> None:
    named = {arn for task in estate.task_definitions for arn in (task.task_role_arn, task.execution_role_arn) if arn}
    assert named <= set(estate.role_by_arn)
    for role in estate.roles:
        assert list(role.trust())
        assert all(policy.document is not None for policy in role.policies)


def test_roles_of_triggers_and_of_instances_are_read(estate: Estate) -> None:
    triggers = {each.target.role_arn for each in estate.schedules if each.target}
    triggers |= {target.role_arn for rule in estate.event_rules for target in rule.targets}
    triggers |= {machine.role_arn for machine in estate.state_machines} | {pipe.role_arn for pipe in estate.pipes}
    assert triggers - {None} <= set(estate.role_by_arn)
    profiles = {each.iam_instance_profile.arn for each in estate.instances if each.iam_instance_profile}
    assert profiles
    assert profiles <= {profile for role in estate.roles for profile in role.instance_profiles}


def test_permissions_boundaries_are_read_with_their_text(estate: Estate) -> None:
    limited = [each.permissions_boundary for each in estate.roles if each.permissions_boundary is not None]
    assert limited
    assert all(each.document for each in limited)


def test_roles_that_nothing_uses_stay_out(shop_aws: SimulatedAws, estate: Estate) -> None:
    every = {each["Arn"] for each in shop_aws.client("iam").list_roles(MaxItems=1000)["Roles"]}
    assert {role.arn for role in estate.roles} <= every


def test_target_groups_and_balancers_in_use_have_their_attributes(estate: Estate) -> None:
    used = {
        each.target_group_arn
        for service in estate.services
        for each in service.all_load_balancers
        if each.target_group_arn
    }
    assert used
    for arn in used:
        group = estate.target_group_by_arn[arn]
        assert group.attributes
        for balancer in group.load_balancer_arns:
            assert estate.load_balancer_by_arn[balancer].attributes
            assert estate.listeners_by_load_balancer[balancer]
    assert estate.listener_rules


def test_vpcs_in_use_are_read_with_their_dns_attributes(estate: Estate) -> None:
    used = {subnet for service in estate.services if service.awsvpc for subnet in service.awsvpc.subnets}
    assert used
    vpcs = {estate.subnet_by_id[subnet].vpc_id for subnet in used}
    assert vpcs == {each.vpc_id for each in estate.vpcs}
    assert all(each.enable_dns_support is not None and each.enable_dns_hostnames is not None for each in estate.vpcs)


def test_container_instances_know_their_cluster_and_instance(estate: Estate) -> None:
    for each in estate.container_instances:
        assert each.cluster_arn in estate.cluster_by_arn
        assert each.ec2_instance_id in estate.instance_by_id


def test_discovery_services_know_their_namespace_and_their_instances(estate: Estate) -> None:
    namespaces = {each.id for each in estate.namespaces}
    assert {each.namespace_id for each in estate.discovery_services} <= namespaces
    assert {each.service_id for each in estate.discovery_instances} <= {each.id for each in estate.discovery_services}


def test_each_service_is_told_to_scale_as_aws_says(estate: Estate) -> None:
    services = {f"service/{each.cluster_arn.rpartition('/')[2]}/{each.service_name}" for each in estate.services}
    assert {each.resource_id for each in estate.scalable_targets} <= services


# --- calls ------------------------------------------------------------------------------------------------------


def test_only_reading_calls_are_sent(scanned: dict[str, Any]) -> None:
    assert scanned["beyond"] == ()


def test_each_revision_is_described_once(scanned: dict[str, Any], estate: Estate) -> None:
    assert scanned["counts"]["ecs:DescribeTaskDefinition"] == len(estate.task_definitions)


def test_services_are_described_in_batches(scanned: dict[str, Any]) -> None:
    sizes = [
        len(each.parameters["services"])
        for each in scanned["calls"]
        if (each.service, each.operation) == ("ecs", "DescribeServices")
    ]
    assert max(sizes) > 1
    assert all(size <= 10 for size in sizes)


def test_roles_are_read_at_once(scanned: dict[str, Any]) -> None:
    assert {api for api in scanned["counts"] if api.startswith("iam:")} == {"iam:GetAccountAuthorizationDetails"}


def test_scan_of_the_demo_estate_takes_few_calls(scanned: dict[str, Any], estate: Estate) -> None:
    # what does not grow with the workloads, and two calls or so for each of them
    assert sum(scanned["counts"].values()) <= 170 + 3 * len(estate.workloads)


def test_progress_ends_where_it_was_expected_to(scanned: dict[str, Any]) -> None:
    progress = scanned["progress"]
    assert progress.expected == progress.finished
    assert f"{REGION}: services" in progress.expected
    assert "roles" in progress.expected


# --- equal accounts, equal bytes --------------------------------------------------------------------------------


def test_threads_do_not_change_the_bytes(
    shop_aws: SimulatedAws, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assess.collectors.scanning.THREADS", 1)
    alone = scan(ScanRequest(), collected_at=_DAY)
    assert alone.model_dump_json() == estate.model_dump_json()


# --- scope ------------------------------------------------------------------------------------------------------


def test_cluster_filter_leaves_other_clusters_out(shop_aws: SimulatedAws, estate: Estate) -> None:
    chosen = estate.clusters[0]
    found = scan(ScanRequest(clusters=(chosen.cluster_name,)))
    assert [each.cluster_arn for each in found.clusters] == [chosen.cluster_arn]
    assert {each.cluster for each in found.workloads} == {chosen.cluster_name}
    assert found.scope.filters == {"cluster": (chosen.cluster_name,)}
    assert found.gaps == ()


def test_service_filter_lets_services_and_families_through_by_name(shop_aws: SimulatedAws, estate: Estate) -> None:
    service = estate.services[0].service_name
    scheduled = next(each for each in estate.workloads if each.kind == "scheduled_task")
    shop_aws.forget_calls()
    found = scan(ScanRequest(services=(service, f"{scheduled.name[:-1]}?")))
    assert {each.name for each in found.workloads} == {service, scheduled.name}
    assert {each.service_name for each in found.services} == {service}
    described = [each for each in shop_aws.calls if each.operation == "DescribeServices"]
    assert sum(len(each.parameters["services"]) for each in described) == len(found.services)


def test_gaps_do_not_depend_on_threads(clean_aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_aws.deny("ecs", "Describe*")
    clean_aws.deny("iam")
    first = scan(ScanRequest(), collected_at=_DAY)
    monkeypatch.setattr("assess.collectors.scanning.THREADS", 1)
    second = scan(ScanRequest(), collected_at=_DAY)
    assert first.gaps
    assert first.model_dump_json() == second.model_dump_json()


def test_filter_that_matches_nothing_is_an_empty_estate_without_gaps(clean_aws: SimulatedAws) -> None:
    found = scan(ScanRequest(clusters=("no-such-*",)))
    assert (found.workloads, found.gaps) == ((), ())
    assert clean_aws.counts()["ecs:DescribeServices"] == 0


def test_facts_that_nothing_needs_are_not_read(clean_aws: SimulatedAws) -> None:
    found = scan(ScanRequest(), facts=frozenset({"ecs.services", "elb.target_groups"}))
    called = {api.partition(":")[0] for api in clean_aws.counts()}
    assert not called & {"iam", "ec2", "servicediscovery", "application-autoscaling"}
    assert found.target_groups and all(each.attributes is None for each in found.target_groups)
    origin = found.services[0].origin
    assert found.missing("elb.target_groups", origin) is None
    for fact in ("elb.attributes", "iam.roles", "vpc.vpcs"):
        missing = found.missing(fact, origin)
        assert missing is not None and missing.reason == "not_collected"


def test_regions_are_read_side_by_side_and_roles_once(clean_aws: SimulatedAws) -> None:
    found = scan(ScanRequest(regions=(REGION, "eu-west-1", REGION)))
    assert found.scope.regions == (REGION, "eu-west-1")
    assert {each.region for each in found.seen} == {REGION, "eu-west-1", ""}
    assert clean_aws.counts()["iam:GetAccountAuthorizationDetails"] == 1
    assert {each.region for each in clean_aws.calls if each.operation == "ListClusters"} == {REGION, "eu-west-1"}


def test_all_regions_are_those_enabled_for_the_account(clean_aws: SimulatedAws) -> None:
    def two(answer: Any) -> None:
        answer["Regions"] = [each for each in answer["Regions"] if each["RegionName"] in (REGION, "eu-west-1")]

    clean_aws.override("ec2", "DescribeRegions", two)
    assert scan(ScanRequest(regions=("all",))).scope.regions == ("eu-west-1", REGION)


# --- long lists -------------------------------------------------------------------------------------------------


@pytest.fixture
def many(aws: SimulatedAws) -> SimulatedAws:
    """101 clusters, one of them with 101 services."""
    client = aws.client("ecs")
    for number in range(101):
        client.create_cluster(clusterName=f"cluster-{number:03}")
    client.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 64}])
    for number in range(101):
        client.create_service(
            cluster="cluster-007", serviceName=f"web-{number:03}", taskDefinition="web", desiredCount=0
        )
    aws.forget_calls()
    return aws


def test_long_lists_are_read_to_their_end(many: SimulatedAws, unpaced: None) -> None:
    found = scan(ScanRequest(), facts=frozenset())
    assert (len(found.clusters), len(found.services), found.gaps) == (101, 101, ())
    counts = many.counts()
    assert counts["ecs:ListClusters"] == 2
    assert counts["ecs:DescribeClusters"] == 2
    assert counts["ecs:ListServices"] == 101 + 1
    assert counts["ecs:DescribeServices"] == 11
    assert counts["ecs:DescribeTaskDefinition"] == 1
