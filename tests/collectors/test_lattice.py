"""VPC Lattice: asked about where a service uses it, and the way from a name to the tasks."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.graph.building import graph_of
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.seeding import Network, Seeder, awsvpc, container, environment

FACTS = frozenset({"lattice"})
GROUP = f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:targetgroup/tg-0123456789abcdef0"


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """A cluster of an account with one service of VPC Lattice, and one that leads elsewhere."""
    found = Seeder(aws)
    found.cluster("shop")
    return found


def service(seeder: Seeder, name: str, *groups: str, **variables: str) -> None:
    cluster = str(seeder.ecs.list_clusters()["clusterArns"][0])
    revision = seeder.task_definition(name, container(name, environment=environment(**variables)))
    lattice = [
        {"targetGroupArn": each, "roleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "portName": "http"} for each in groups
    ]
    network = awsvpc(Network("", ("subnet-1",), ()))
    seeder.service(cluster, name, revision, networkConfiguration=network, vpcLatticeConfigurations=lattice)


def fronts(aws: SimulatedAws, seeder: Seeder) -> dict[str, Any]:
    lattice = seeder.client("vpc-lattice")
    made = {name: lattice.create_service(name=name, authType="NONE") for name in ("orders", "other")}
    aws.lacking.lattice = {GROUP: (made["orders"]["arn"],), f"{GROUP[:-1]}1": (made["other"]["arn"],)}
    return dict(made["orders"])


def scanned(aws: SimulatedAws) -> Estate:
    aws.forget_calls()
    found = scan(ScanRequest(), facts=FACTS)
    assert not aws.calls_beyond_reading()
    return found


def asked(aws: SimulatedAws) -> set[str]:
    return {api for api in aws.counts() if api.startswith("vpc-lattice:")}


def test_nothing_is_asked_where_no_service_uses_it(aws: SimulatedAws, seeder: Seeder) -> None:
    fronts(aws, seeder)
    service(seeder, "orders")
    assert scanned(aws).lattice_services == ()
    assert asked(aws) == set()


def test_name_of_a_service_leads_to_the_tasks(aws: SimulatedAws, seeder: Seeder) -> None:
    front = fronts(aws, seeder)
    host = front["dnsEntry"]["domainName"]
    service(seeder, "orders", GROUP)
    service(seeder, "web", ORDERS_URL=f"https://{host}/orders")
    found = scanned(aws)
    assert [(each.name, each.hosts) for each in found.lattice_services] == [("orders", (host,))]
    assert [each.identity for each in found.lattice_target_groups] == [GROUP]
    assert {str(each.unknown_fields) for each in (*found.lattice_services, *found.lattice_target_groups)} == {"{}"}
    assert found.gaps == ()
    (edge,) = (
        each for each in graph_of(found).edges if each.source.endswith("/web") and each.target.endswith("/orders")
    )
    assert any("VPC Lattice service orders -> target group tg-0123456789abcdef0" in each.how for each in edge.proofs)
    assert edge.confidence >= 0.85


@pytest.mark.parametrize("operation", ["ListTargetGroups", "ListServices"])
def test_refusal_takes_only_its_fact(aws: SimulatedAws, seeder: Seeder, operation: str) -> None:
    fronts(aws, seeder)
    service(seeder, "orders", GROUP)
    aws.deny("vpc-lattice", operation)
    assert [(gap.action, gap.facts) for gap in scanned(aws).gaps] == [(f"vpc-lattice:{operation}", ("lattice",))]
