"""Entries: the names, certificates, filters and edge services in front of load balancers."""

from collections.abc import Iterator, Mapping

from assess.estate.balancing import Listener, ListenerRule, LoadBalancer
from assess.estate.dns import DnsRecord, matches_host, names_of
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.rule import (
    HOURS,
    MEDIUM,
    Checklist,
    Outcome,
    Threshold,
    fail,
    not_applicable,
    rule,
)


@rule(
    "RSK-DNS-TTL",
    Checklist.ROLLBACK,
    severity=MEDIUM,
    effort=HOURS,
    needs=("route53", "ecs.services", "elb.target_groups", "elb.load_balancers", "elb.listeners"),
    across=("route53",),
    thresholds=(Threshold("seconds", 300, 1, 86400, "longest time to live of a record, in seconds", whole=True),),
    reference="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html",
)
def long_lived_record(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """A record on the way to the service is kept by resolvers for long.

    Where the name moves from one load balancer to another, clients that have the old answer go on calling it until its
    time to live has run out. For that long a roll-back reaches only part of the callers, and during the move both
    sides must serve. The time promised for a roll-back cannot be shorter than the longest answer that is cached.

    Passes: alias records, whose time Route 53 sets itself (60 seconds for a load balancer). Records outside the
    account, and those that name the addresses of a load balancer, are not looked at. Of a load balancer that several
    services share, only the names that its rules send to this service count.

    Fix: set the time to live to 60 seconds at least as long before the move as the old one lasted, or make the record
    an alias; raise it again when nobody wants to go back any more.
    """
    service = workload.service
    if service is None:
        yield not_applicable("no service runs it", reads=("ecs.services",))
        return
    if not service.all_load_balancers:
        yield not_applicable("no load balancer leads to it", reads=("ecs.services",))
        return
    limit = int(thresholds["seconds"])
    ways = list(_ways(workload, estate))
    if not ways:
        yield not_applicable("no record in Route 53 leads to its load balancers")
    slow = {each.identity: each for way in ways for each in way if (each.ttl or 0) > limit}
    for _, record in sorted(slow.items()):
        yield fail(
            f"record {record.host} is kept for {record.ttl} s on the way to service {workload.name}, "
            f"longer than {limit} s",
            record.evidence("TTL"),
            element=f"{record.host} {record.type}",
        )


def _ways(workload: Workload, estate: Estate) -> Iterator[tuple[DnsRecord, ...]]:
    """The records on each way from a name to the workload, the name's own first."""
    service = workload.service
    for attached in service.all_load_balancers if service is not None else ():
        group = attached.target_group_arn or ""
        target = estate.target_group_by_arn.get(group)
        names = target.load_balancer_arns if target is not None else (attached.load_balancer_name or "",)
        for balancer in (estate.load_balancer_by_arn.get(name) for name in names):
            if balancer is None or not balancer.dns_name:
                continue
            hosts = _hosts(balancer, group, estate)
            for way in names_of(balancer.dns_name, estate.dns_records_to):
                if hosts is None or any(matches_host(way[0].host, host) for host in hosts):
                    yield way


def _hosts(balancer: LoadBalancer, group: str, estate: Estate) -> frozenset[str] | None:
    """Host names that rules send to a target group; none where it gets requests of any."""
    found: set[str] = set()
    for listener in estate.listeners_by_load_balancer.get(balancer.identity, ()):
        rules = estate.rules_by_listener.get(listener.identity, ())
        for condition_hosts in _hosts_of(listener, rules, group):
            if not condition_hosts:
                return None
            found |= condition_hosts
    return frozenset(found) or None


def _hosts_of(listener: Listener, rules: tuple[ListenerRule, ...], group: str) -> Iterator[frozenset[str]]:
    """For each forward to the group, the hosts that it is for: an empty set for all."""
    if any(group in action.target_groups for action in listener.default_actions):
        yield frozenset()
    for each in rules:
        if not each.is_default and any(group in action.target_groups for action in each.actions):
            yield frozenset(
                value.lower()
                for condition in each.conditions
                if condition.field == "host-header"
                for value in condition.values
            )
