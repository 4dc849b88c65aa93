"""Records of Route 53: which are kept of all that there are."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.support.aws import SimulatedAws
from tests.support.seeding import Seeder, awsvpc, container, environment, served

FACTS = frozenset({"route53"})


def balanced(aws: SimulatedAws, **variables: str) -> tuple[Seeder, str]:
    """A service behind a load balancer, with variables; its listener."""
    seeder = Seeder(aws)
    network = seeder.network("net", "10.9", private=2, public=2)
    group = seeder.security_group(network, "edge", (443, "0.0.0.0/0"))
    targets = seeder.target_group(network, "web")
    listener = seeder.load_balancer("web", network.public, group, targets, internal=False)
    revision = seeder.task_definition("web", container("web", environment=environment(**variables)))
    cluster = seeder.cluster("web")
    seeder.service(
        cluster, "web", revision, networkConfiguration=awsvpc(network, group), loadBalancers=served(targets, "web")
    )
    aws.forget_calls()
    return seeder, listener


def put(seeder: Seeder, zone: str, *records: dict[str, Any]) -> None:
    changes = [{"Action": "CREATE", "ResourceRecordSet": each} for each in records]
    seeder.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def cname(name: str, to: str, **fields: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": to}], **fields}


def names(estate: Estate) -> set[str]:
    return {each.host for each in estate.dns_records}


def test_records_that_lead_to_a_load_balancer_in_use_are_kept(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    zone = seeder.zone("example.com")
    seeder.record(zone, "lb.example.com", listener)
    put(
        seeder,
        zone,
        cname("www.example.com", "lb.example.com", SetIdentifier="new", Weight=10),
        cname("old.example.com", "www.example.com"),
        cname("docs.example.com", "docs.example.net"),
        {"Name": "example.com", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"token=hush"'}]},
    )
    found = scan(ScanRequest(), facts=FACTS)
    assert found.gaps == ()
    assert names(found) == {"lb.example.com", "www.example.com", "old.example.com"}
    by_name = {each.host: each for each in found.dns_records}
    assert (by_name["www.example.com"].ttl, by_name["www.example.com"].weight) == (60, 10)
    assert by_name["lb.example.com"].ttl is None
    assert by_name["lb.example.com"].zone_name == "example.com."
    assert by_name["lb.example.com"].is_private is False
    assert "hush" not in found.model_dump_json()


def test_records_of_names_that_containers_are_told_are_kept_as_far_as_they_lead(
    aws: SimulatedAws, unpaced: None
) -> None:
    seeder, _ = balanced(aws, DATABASE_URL="postgres://db.internal.example:5432/shop", API="https://a.b.example/v1")
    zone, wild = seeder.zone("internal.example"), seeder.zone("b.example")
    put(
        seeder,
        zone,
        cname("db.internal.example", "main.internal.example"),
        {"Name": "main.internal.example", "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": "10.0.0.7"}]},
        {"Name": "rest.internal.example", "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": "10.0.0.8"}]},
    )
    put(seeder, wild, cname("*.b.example", "elsewhere.example"))
    found = scan(ScanRequest(), facts=FACTS)
    assert names(found) == {"db.internal.example", "main.internal.example", "*.b.example"}


def test_long_zones_are_read_to_their_end(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    zone = seeder.zone("example.com")
    put(seeder, zone, *(cname(f"a{number:03}.example.com", "other.example") for number in range(650)))
    seeder.record(zone, "zz.example.com", listener)
    found = scan(ScanRequest(), facts=FACTS)
    assert names(found) == {"zz.example.com"}
    assert aws.counts()["route53:ListResourceRecordSets"] == 3


def test_zones_of_cloud_map_are_not_asked(aws: SimulatedAws, unpaced: None) -> None:
    seeder, _ = balanced(aws)
    seeder.zone("shop.internal")

    def linked(answer: Any) -> None:
        for zone in answer["HostedZones"]:
            zone["LinkedService"] = {"ServicePrincipal": "servicediscovery.amazonaws.com"}

    aws.override("route53", "ListHostedZones", linked)
    scan(ScanRequest(), facts=FACTS)
    assert aws.counts()["route53:ListResourceRecordSets"] == 0


def test_nothing_is_asked_where_nothing_has_a_name(aws: SimulatedAws, unpaced: None) -> None:
    scan(ScanRequest(), facts=FACTS)
    assert not any(api.startswith("route53:") for api in aws.counts())


@pytest.mark.parametrize("operation", ["ListHostedZones", "ListResourceRecordSets"])
def test_what_is_refused_takes_only_the_records(aws: SimulatedAws, unpaced: None, operation: str) -> None:
    seeder, listener = balanced(aws)
    seeder.record(seeder.zone("example.com"), "www.example.com", listener)
    aws.deny("route53", operation)
    found = scan(ScanRequest(), facts=FACTS)
    assert found.dns_records == ()
    gaps = [(each.action, each.facts, each.region) for each in found.gaps]
    assert gaps == [(f"route53:{operation}", ("route53",), "")]
    assert len(found.workloads) == 1
