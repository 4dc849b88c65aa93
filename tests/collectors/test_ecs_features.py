"""Protected tasks, gateways, settings and deployments: asked for what is there, in few calls."""

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from tests.support import faults
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.seeding import Seeder, container

_ALL = frozenset({"ecs.protection", "ecs.gateways", "ecs.account_settings", "ecs.deployments"})


def _arn(name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/{name}"


@pytest.fixture
def seeded(aws: SimulatedAws, unpaced: None) -> SimulatedAws:
    """``encoder`` with 120 tasks, and ``web`` with two."""
    seeder = Seeder(aws)
    cluster = seeder.cluster("shop")
    revision = seeder.task_definition("web", container("web"))
    seeder.service(cluster, "encoder", revision, desiredCount=120)
    seeder.service(cluster, "web", revision)
    aws.forget_calls()
    return aws


def _scanned() -> Estate:
    return scan(ScanRequest(), facts=_ALL)


def test_only_protected_tasks_are_kept_a_hundred_a_call(seeded: SimulatedAws) -> None:
    client = seeded.client("ecs")
    chosen = client.list_tasks(cluster="shop", serviceName="encoder")["taskArns"][7:9]
    client.update_task_protection(cluster="shop", tasks=chosen, protectionEnabled=True)
    seeded.forget_calls()
    estate = _scanned()
    assert [each.task_arn for each in estate.task_protections] == sorted(chosen)
    assert all(each.protection_enabled and each.expiration_date for each in estate.task_protections)
    assert seeded.counts()["ecs:GetTaskProtection"] == 2


def test_tasks_outside_services_are_not_asked_about(seeded: SimulatedAws) -> None:
    client = seeded.client("ecs")
    client.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE")
    seeded.forget_calls()
    _scanned()
    asked = [arn for each in seeded.calls if each.operation == "GetTaskProtection" for arn in each.parameters["tasks"]]
    assert len(asked) == 122


def test_protection_that_is_refused_is_a_gap_on_the_cluster(seeded: SimulatedAws) -> None:
    seeded.deny("ecs", "GetTaskProtection")
    estate = _scanned()
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop"
    assert {(gap.resource, gap.facts) for gap in estate.gaps} == {(cluster, ("ecs.protection",))}


def test_routes_of_gateways_to_services_that_are_read(seeded: SimulatedAws) -> None:
    seeded.ecs().lead("front", "web", "http")
    seeded.ecs().lead("front", "encoder", "http")
    estate = scan(ScanRequest(services=("web",)), facts=_ALL)
    assert [each.name for each in estate.gateways] == ["front"]
    assert [each.service_arn for each in estate.gateway_routes] == [_arn("web")]


def test_account_without_gateways_costs_one_call(seeded: SimulatedAws) -> None:
    estate = _scanned()
    assert (estate.gateways, estate.gaps) == ((), ())
    assert seeded.counts()["ecs:ListGateways"] == 1
    assert seeded.counts()["ecs:ListGatewayRoutes"] == 0


def test_region_without_such_a_call_has_no_gateways(seeded: SimulatedAws) -> None:
    seeded.fault("ecs", "ListGateways", faults.error("UnknownOperationException", "There is no such call.", 400))
    estate = _scanned()
    assert estate.gaps == ()
    assert ("ecs.gateways", ACCOUNT, REGION) in {(each.fact, each.account, each.region) for each in estate.seen}


def test_routes_that_are_refused_take_the_fact(seeded: SimulatedAws) -> None:
    seeded.ecs().lead("front", "web", "http")
    seeded.deny("ecs", "ListGatewayRoutes")
    estate = _scanned()
    assert [(gap.facts, gap.resource, gap.reason) for gap in estate.gaps] == [(("ecs.gateways",), None, Reason.DENIED)]


@pytest.mark.parametrize("value", ["enabled", "disabled"])
def test_effective_setting_is_read_by_its_name(seeded: SimulatedAws, value: str) -> None:
    seeded.ecs().trunking = value
    estate = _scanned()
    assert [(each.name, each.value) for each in estate.account_settings] == [("awsvpcTrunking", value)]
    assert seeded.counts()["ecs:ListAccountSettings"] == 1


def test_deployments_are_listed_only_where_events_tell_of_many(seeded: SimulatedAws) -> None:
    seeded.ecs().deploy_often("web", times=30, days=29)
    seeded.ecs().deploy_often("encoder", times=9, days=29)
    estate = _scanned()
    assert set(estate.deployments_by_service) == {_arn("web")}
    assert len(estate.deployments_by_service[_arn("web")]) == 31
    assert seeded.counts()["ecs:ListServiceDeployments"] == 1
