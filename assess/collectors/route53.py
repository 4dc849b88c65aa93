"""Reads Amazon Route 53: the records that lead to what is in use, and those of names that containers are told."""

import re
from collections.abc import Iterable, Iterator

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, members, unsized_pages
from assess.estate.balancing import ListenerRule, LoadBalancer
from assess.estate.dns import CHAIN, host_name
from assess.estate.ecs import TaskDefinition
from assess.estate.edge import Accelerator, Distribution

# 100 zones and 300 records a page: as many as AWS gives at most
LIST_HOSTED_ZONES = Operation(
    "route53",
    "ListHostedZones",
    "route53:ListHostedZones",
    "route53",
    answers=("HostedZones",),
    paging=unsized_pages("Marker", "NextMarker"),
)
LIST_RECORDS = Operation(
    "route53",
    "ListResourceRecordSets",
    "route53:ListResourceRecordSets",
    "route53",
    answers=("ResourceRecordSets",),
    paging=unsized_pages(
        "StartRecordName",
        "NextRecordName",
        also=(("StartRecordType", "NextRecordType"), ("StartRecordIdentifier", "NextRecordIdentifier")),
    ),
)

_FACTS = ("route53",)
_TYPES = frozenset({"A", "AAAA", "CNAME"})
_KEPT = ("Name", "Type", "SetIdentifier", "Weight", "Region", "Failover", "TTL", "AliasTarget", "ResourceRecords")

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+", re.IGNORECASE)


def _read(reader: Reader) -> None:
    entries = {host_name(each.dns_name) for each in reader.facts(LoadBalancer) if each.dns_name}
    entries |= {host_name(each.domain_name) for each in reader.facts(Distribution)}
    entries |= {host_name(each.dns_name) for each in reader.facts(Accelerator) if each.dns_name}
    told = {host_name(each) for each in _told(reader)}
    if not entries and not told:
        return
    zones = [each for each in reader.items(LIST_HOSTED_ZONES, "HostedZones", lost=_FACTS) if not _is_of_cloud_map(each)]
    records = [each for found in reader.each(lambda zone: _records(reader, zone), zones) for each in found]
    for record in _concerning(records, entries, told):
        reader.add("dns_records", record)


def _is_of_cloud_map(zone: Document) -> bool:
    """Whether Cloud Map keeps the zone: its own collector reads the names in it."""
    service = (zone.get("LinkedService") or {}).get("ServicePrincipal")
    return service == "servicediscovery.amazonaws.com"


def _records(reader: Reader, zone: Document) -> list[Document]:
    """The zone's records of addresses and names, each with its zone; texts and the like are left behind."""
    id = str(zone["Id"]).rpartition("/")[2]
    private = bool((zone.get("Config") or {}).get("PrivateZone"))
    of_zone = {"HostedZoneId": id, "ZoneName": zone.get("Name"), "IsPrivate": private}
    found: list[Document] = []
    try:
        for page in reader.pages(LIST_RECORDS, HostedZoneId=id):
            for record in members(page, "ResourceRecordSets"):
                if record.get("Type") in _TYPES:
                    found.append({key: record[key] for key in _KEPT if key in record} | of_zone)
    except Unreadable as error:
        reader.lose(error, _FACTS, resource=id)
    return found


def _told(reader: Reader) -> Iterator[str]:
    """Host names in what containers are told, names and origins at the edge, and hosts of load balancers' rules."""
    for task in reader.facts(TaskDefinition):
        for container in task.container_definitions:
            texts = [*container.entry_point, *container.command, *(each.value for each in container.environment)]
            for text in texts:
                yield from _HOST.findall(text)
    for distribution in reader.facts(Distribution):
        yield from distribution.aliases
        yield from (each.domain_name for each in distribution.origins)
    for rule in reader.facts(ListenerRule):
        for condition in rule.conditions:
            if condition.field == "host-header":
                yield from condition.values


def _concerning(records: Iterable[Document], entries: set[str], told: set[str]) -> list[Document]:
    """Records that lead to an entry, over other records too, and those of the names told, as far as they lead."""
    listed = [(host_name(each["Name"]), _targets(each), each) for each in records]
    up, down, wild = set(entries), set(told), set[str]()
    for _ in range(CHAIN):
        known = len(up) + len(down)
        wild |= {f"*.{parent}" for name in down for parent in _parents(name)}
        up |= {name for name, targets, _ in listed if up & targets}
        down |= {each for name, targets, _ in listed if name in down or name in wild for each in targets}
        if len(up) + len(down) == known:
            break
    return [each for name, targets, each in listed if up & targets or name in down or name in wild]


def _targets(record: Document) -> set[str]:
    alias = record.get("AliasTarget")
    if alias:
        return {host_name(str(alias.get("DNSName") or ""))}
    return {host_name(str(each.get("Value") or "")) for each in members(record, "ResourceRecords")}


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


ROUTE_53 = Collector(
    name="route53",
    title="DNS records",
    facts=_FACTS,
    operations=(LIST_HOSTED_ZONES, LIST_RECORDS),
    collect=_read,
    after=("elb", "edge", "ecs.task_definitions"),
    regional=False,
)

COLLECTORS = (ROUTE_53,)
