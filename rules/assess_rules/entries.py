"""Entries: the names, certificates, filters and edge services in front of load balancers."""

from collections.abc import Iterator, Mapping

from assess.estate.balancing import Listener, ListenerRule, LoadBalancer
from assess.estate.dns import DnsRecord, host_name, matches_host, names_of
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Outcome,
    Reason,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
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


@rule(
    "ING-CERT-IMPORTED",
    Checklist.INGRESS,
    severity=LOW,
    effort=HOURS,
    needs=("acm", "elb.listeners"),
    thresholds=(Threshold("days", 60, 1, 400, "fewest days that an imported certificate has left", whole=True),),
    reference="https://docs.aws.amazon.com/acm/latest/userguide/import-certificate.html",
)
def certificate_renewed_by_hand(
    balancer: LoadBalancer, estate: Estate, thresholds: Mapping[str, float]
) -> Iterator[Outcome]:
    """A certificate of the load balancer ends soon or is trusted by few.

    AWS Certificate Manager does not renew what was imported: somebody must, and the new load balancer serves the same
    certificate by its ARN. One that ends in the weeks of the move fails on both sides at once, and everybody looks for
    the fault in Kubernetes. A certificate of a private authority is trusted only by clients that were told to, so a
    name or listener that the move adds needs one of the same authority.

    Passes: certificates that Amazon issued for everybody, which renew themselves. Those that were uploaded to IAM are
    not read.

    Fix: renew the certificate before the move, or have Amazon issue one; name the same ARN in the annotation
    certificate-arn of the Ingress or in the Gateway's listener configuration.
    """
    served = [
        each
        for each in estate.listeners_by_load_balancer.get(balancer.identity, ())
        if each.protocol in ("HTTPS", "TLS")
    ]
    if not served:
        yield not_applicable("none of its listeners serves a certificate", reads=("elb.listeners",))
        return
    limit = int(thresholds["days"])
    certificates = {
        each.identity: each
        for listener in served
        for each in estate.certificates_by_listener.get(listener.identity, ())
    }
    for _, certificate in sorted(certificates.items()):
        name = certificate.domain_name or certificate.identity
        of = f"certificate {name} of load balancer {balancer.name}"
        if certificate.type == "PRIVATE":
            yield fail(f"{of} comes from a private authority", certificate.evidence("Type"), element=name)
        ends = certificate.not_after
        if certificate.type == "IMPORTED" and ends is not None and (ends - estate.collected_at).days < limit:
            message = f"imported {of} ends on {ends:%Y-%m-%d}"
            yield fail(message, certificate.evidence("NotAfter", value=ends.isoformat()), element=name)
    if any(":server-certificate/" in each.certificate_arn for listener in served for each in listener.certificates):
        yield unknown(Reason.NOT_COLLECTED, "iam:ListServerCertificates")


@rule(
    "ING-WAF-SHIELD",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("waf", "elb.attributes", "elb.listeners"),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
)
def guarded_load_balancer(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """The load balancer is guarded or logged in ways that a new one is not.

    A web ACL, a protection of Shield Advanced, access logs and mutual TLS belong to this one load balancer. One that a
    controller makes has none of them until annotations say so: requests that are blocked today get through, and the
    log that security reads falls silent, without any error.

    Fix: name web ACL, Shield, mutual authentication and the access log's attributes in the annotations of the Ingress
    (or the LoadBalancerConfiguration of the Gateway API), and test a request that must be blocked; or keep the load
    balancer and bind the Pods to a target group by a TargetGroupBinding.
    """
    if balancer.type not in ("application", "network"):
        yield not_applicable("it is neither an Application nor a Network Load Balancer", reads=())
        return
    found = list(_guards(balancer, estate))
    if found:
        whats = [what for what, _ in found]
        listed = f"{', '.join(whats[:-1])} and {whats[-1]}" if len(whats) > 1 else whats[0]
        yield fail(
            f"load balancer {balancer.name} has {listed}, which a new one lacks", *(evidence for _, evidence in found)
        )


def _guards(balancer: LoadBalancer, estate: Estate) -> Iterator[tuple[str, Evidence]]:
    for acl in estate.web_acls:
        if balancer.identity in acl.resource_arns:
            yield f"web ACL {acl.name}", acl.evidence("ResourceArns", value=balancer.identity)
    for protection in estate.shield_protections:
        if protection.resource_arn == balancer.identity:
            yield "a protection of Shield", protection.evidence("ResourceArn")
    logs = "access_logs.s3.enabled"
    if (balancer.attributes or {}).get(logs) == "true":
        yield "an access log", balancer.evidence("Attributes", logs, value="true")
    for listener in estate.listeners_by_load_balancer.get(balancer.identity, ()):
        mode = (listener.mutual_authentication or {}).get("Mode")
        if mode not in (None, "off"):
            yield f"mutual TLS on port {listener.port}", listener.evidence("MutualAuthentication", "Mode")


@rule(
    "ING-FRONTED",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=DAYS,
    needs=("edge", "route53", "elb.load_balancers"),
    across=("edge", "route53"),
    reference="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html",
)
def fronted_load_balancer(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """CloudFront, an accelerator or API Gateway sends requests to the load balancer.

    What stands in front knows this load balancer by its name or ARN. A new one for the Pods gets no request until each
    of them is told, and the old one cannot go before. It is also the best place to move traffic from: callers notice
    nothing, and going back is one change. Headers that the front adds and the load balancer checks must be checked by
    the new entry too.

    Fires: it is an origin of a distribution, also by a name of Route 53, an endpoint of an accelerator, or what a VPC
    link leads to. APIs that call it by its public name without a VPC link are not looked at.

    Fix: keep the load balancer and bind the Pods by a TargetGroupBinding; or make the new one a second origin or
    endpoint, move the traffic by weights or a continuous deployment, and carry the check of secret headers over.
    """
    found = list(_fronts(balancer, estate))
    for element, message, evidence in found:
        yield fail(message, evidence, element=element)
    if not found and not balancer.is_internet_facing:
        yield not_applicable("it is internal, and nothing at the edge leads to it")


def _fronts(balancer: LoadBalancer, estate: Estate) -> Iterator[tuple[str, str, Evidence]]:
    """Name, sentence and evidence of each front."""
    names = {host_name(balancer.dns_name or "")}
    names |= {way[0].host for way in names_of(balancer.dns_name or "", estate.dns_records_to)}
    of = f"load balancer {balancer.name}"
    for distribution in estate.distributions:
        for index, origin in enumerate(distribution.origins):
            if host_name(origin.domain_name) in names:
                message = f"CloudFront distribution {distribution.domain_name} has {of} as an origin"
                yield distribution.domain_name, message, distribution.evidence("Origins", index, "DomainName")
                break
    for accelerator in estate.accelerators:
        for index, endpoint in enumerate(accelerator.endpoints):
            if endpoint.endpoint_id == balancer.identity:
                message = f"accelerator {accelerator.name} has {of} as an endpoint"
                yield accelerator.name, message, accelerator.evidence("Endpoints", index, "EndpointId")
                break
    for link in estate.vpc_links:
        if balancer.identity in link.target_arns:
            message = f"VPC link {link.name} of API Gateway leads to {of}"
            yield link.name, message, link.evidence("targetArns", value=balancer.identity)
    targets = {balancer.identity}
    targets |= {each.identity for each in estate.listeners_by_load_balancer.get(balancer.identity, ())}
    reaching = {each.api_id: each for each in estate.api_integrations if each.target in targets}
    for id, api in sorted(reaching.items()):
        name = api.api_name or id
        yield name, f"API {name} reaches {of} by a VPC link", api.evidence("target")
