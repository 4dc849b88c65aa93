"""Dependencies: whom the workloads reach and by which names, what they share, and what lies outside."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from assess.estate.ecs import Container, ContainerText
from assess.estate.estate import Estate
from assess.estate.facts import Evidence, pointer
from assess.estate.network import is_private
from assess.estate.workloads import Workload
from assess.graph import Access, DependencyGraph, Edge, EdgeKind, Hint, HintKind, NodeKind, Via
from assess.graph.analysis import bridges_of, circles_of
from assess.graph.aws_hosts import is_of_aws
from assess.graph.model import INFERRED
from assess.graph.sources import FACTS
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    INFO,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    Severity,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.edges import (
    callers_of,
    calls_to,
    evidence_of,
    is_grant,
    names_of,
    sureness,
    takes_from,
    used_by,
    workloads_in,
)
from assess_rules.grant_words import listed
from assess_rules.known_images import applications, data, image_of

_ADDRESS = re.compile(
    r"(?<![\w.-])"  # neither `v10.0.0.1`, nor `1.10.0.0.1`, nor `image-10.0.0.1`
    r"((?:[0-9]{1,3}\.){3}[0-9]{1,3})(/[0-9]{1,2}(?![0-9]))?"
    r"(?!\.?\w)(?!-[A-Za-z])"  # neither `10.0.0.1a`, nor `10.0.0.1.jar`, nor `10.0.0.1-alpine`
)

_BRIDGE = "172.17.0.1"
"""Docker's bridge: how a container reaches its instance."""

_VERSION = re.compile(r"version|release|(?:^|[_.-])(?:ver|tag|build|rev)(?:$|[_.-])", re.IGNORECASE)

_ALLOW_LIST = re.compile(
    r"no_?proxy|allow|white_?list|trusted|cidr|block_?list|deny|black_?list|internal_?proxies", re.IGNORECASE
)


class _Found(NamedTuple):
    """An address in a text of a container."""

    address: str
    is_range: bool
    what: str
    element: str
    evidence: Evidence


@rule(
    "DEP-IP-LITERAL",
    Checklist.DEPENDENCIES,
    severity=HIGH,
    softest=LOW,
    effort=HOURS,
    confidence=0.8,
    needs=("ecs.task_definitions",),
    also_uses=("cloudmap", "ecs.container_instances", "vpc.interfaces", "elb.load_balancers", "graph"),
    raised_by=("cloudmap", "ecs.container_instances"),
    looks_at=(
        "containerDefinitions[].environment",
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
        "containerDefinitions[].healthCheck",
        "containerDefinitions[].extraHosts",
    ),
    reference="https://kubernetes.io/docs/concepts/services-networking/service/",
)
def private_address(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A private IP address is written into a container's configuration.

    An address belongs to a machine or a task; when that moves, or the caller moves to another network, the address
    leads nowhere and nothing says so. 172.17.0.1 means the instance itself, which a Pod neither knows nor may reach.
    An address that is not seen to belong to a task or an instance may stay where it is and counts for less; a range
    in an allow-list only has to learn the addresses of the Pods. Link-local addresses of AWS are other findings.

    Fix: give the target a name (a Service, a private DNS record, the endpoint of the managed service) and write that
    name into the configuration while the workload still runs on ECS.
    """
    definition = container.definition
    texts = list(container.texts())
    if not texts and not definition.extra_hosts:
        yield not_applicable("the container has no variable, command or hosts entry")
        return
    addresses = list(_addresses(container, texts))
    moving = _moving_addresses(container, estate) if addresses else {}
    worst: dict[str, tuple[Severity, str, _Found]] = {}
    for found in addresses:
        severity, why = _judge(found, moving)
        known = worst.get(found.element)
        if known is None or severity.rank < known[0].rank:
            worst[found.element] = severity, why, found
    for severity, why, found in worst.values():
        yield fail(
            f"{found.what} of container {container.name} holds the private address {found.address}{why}",
            found.evidence,
            element=found.element,
            severity=severity,
            confidence=0.8,
            settled=severity is LOW,
        )


def _judge(found: _Found, moving: dict[str, str]) -> tuple[Severity, str]:
    if found.address == _BRIDGE:
        return HIGH, ", which is the instance itself"
    owner = moving.get(found.address)
    if owner is not None:
        return HIGH, f", which belongs to {owner}"
    if found.is_range or _ALLOW_LIST.search(found.element):
        return LOW, " in an allow-list"
    return MEDIUM, ""


def _addresses(container: Container, texts: list[ContainerText]) -> Iterator[_Found]:
    for text in texts:
        if "." not in text.value or _VERSION.search(text.element):
            continue
        for word in text.value.split():
            if _VERSION.search(word.partition("=")[0]):
                continue
            for match in _ADDRESS.finditer(word):
                address, mask = match[1], match[2] or ""
                if is_private(address + mask):
                    place = container.task.evidence(*text.at)
                    yield _Found(address + mask, bool(mask) and mask != "/32", text.what, text.element, place)
    for index, entry in enumerate(container.definition.extra_hosts):
        if is_private(entry.ip_address):
            place = container.task.evidence(*container.at("extraHosts", index, "ipAddress"))
            yield _Found(entry.ip_address, False, f"the hosts entry {entry.hostname}", entry.hostname, place)


def _moving_addresses(container: Container, estate: Estate) -> dict[str, str]:
    """Addresses of what goes away with ECS, as far as it was seen in the container's account: who holds each."""
    accounts = {each.origin.account for each in estate.users(container)}
    found = {
        each.attributes["AWS_INSTANCE_IPV4"]: "a task that Cloud Map knows"
        for each in estate.discovery_instances
        if each.origin.account in accounts and "AWS_INSTANCE_IPV4" in each.attributes
    }
    for instance in estate.instances:
        if instance.origin.account in accounts and instance.private_ip_address:
            found.setdefault(instance.private_ip_address, "an instance of an ECS cluster")
    for interface in estate.network_interfaces:
        if interface.origin.account in accounts and _OF_A_TASK.match(interface.description or ""):
            for each in interface.private_ip_addresses:
                found.setdefault(each.private_ip_address, "a running task")
    return found


_OF_A_TASK = re.compile(r"arn:[a-z-]+:ecs:[^:]*:[0-9]*:attachment/")
"""What ECS describes the network interface of a task with."""


# --- who cannot be named ----------------------------------------------------------------------------------------


@rule(
    "DEP-UNRESOLVED-HOST",
    Checklist.DEPENDENCIES,
    severity=MEDIUM,
    effort=HOURS,
    confidence=0.5,
    needs=("ecs.task_definitions", "graph"),
    also_uses=("survey.A8",),
    looks_at=(
        "containerDefinitions[].environment",
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
        "containerDefinitions[].healthCheck",
        "containerDefinitions[].extraHosts",
    ),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/interconnecting-services.html",
)
def host_of_nobody(workload: Workload, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """The configuration names a host that is nobody the scan knows.

    Whoever stands behind the name may move, stay or be switched off, and nobody would think of this caller. Until it
    is known, the order of the move is a guess, and so is whether Pods can resolve and reach the name at all. A host
    whose first part is the name of another workload counts too: that is likely, and not known.

    Passes: names of load balancers, of Cloud Map, of Route 53 and of AWS's services. Public hosts and written
    addresses are findings of their own.

    Fix: ask the owner who answers to the name; where nobody knows, let VPC flow logs or X-Ray show who is called, and
    scan the account that it belongs to.
    """
    hints = graph.hints_of.get(workload.id, ())
    edges = graph.outgoing.get(workload.id, ())
    if not hints and not any(Via.ENV in each.via for each in edges):
        yield not_applicable("its configuration names no host", reads=("ecs.task_definitions",))
        return
    unresolved = [each for each in hints if each.kind is HintKind.UNRESOLVED and not _is_address(each.text)]
    if not unresolved:
        return
    unread = [each for fact in _RESOLVERS if (each := estate.missing(fact, workload.origin, None)) is not None]
    unread = [each for each in unread if each.reason.is_operators_move]
    if unread:  # the name may stand there
        first = min(unread, key=lambda each: each.reason.rank)
        yield unknown(first.reason, *first.needs)
        return
    places = _places(workload)
    found: dict[tuple[str, str], list[Hint]] = {}
    for hint in unresolved:
        at = hint.evidence.pointer
        place = places.get(at, (f"workload {workload.name}", at.rpartition("/")[2]))
        found.setdefault(place, []).append(hint)
    for (what, element), those in found.items():
        hosts = list(dict.fromkeys(each.text for each in those))
        yield fail(
            f"{what} names {listed(hosts[:3], len(hosts) - 3)}, which is nobody that the scan knows",
            *dict.fromkeys(each.evidence for each in those),
            element=element,
            confidence=0.5,
        )


_RESOLVERS = (
    *("ecs.services", "cloudmap", "elb.load_balancers", "elb.listeners", "elb.target_groups", "route53"),
    *("datastores", "messaging"),
)
"""Facts that tell whose a host name is; a file that lacks them is read as far as it goes."""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _places(workload: Workload) -> dict[str, tuple[str, str]]:
    """Places of a task definition by JSON pointer: for a sentence, and by their container's and their own name."""
    task = workload.task_definition
    found: dict[str, tuple[str, str]] = {}
    for container in task.containers() if task is not None else ():
        for text in container.texts():
            found[pointer(*text.at)] = f"{text.what} of container {container.name}", f"{container.name} {text.element}"
        for index, entry in enumerate(container.definition.extra_hosts):
            what = f"the hosts entry {entry.hostname} of container {container.name}"
            at = pointer(*container.at("extraHosts", index, "ipAddress"))
            found[at] = what, f"{container.name} {entry.hostname}"
    return found


@rule(
    "DEP-NO-EVIDENCE",
    Checklist.DEPENDENCIES,
    kind=Kind.INVENTORY,
    effort=HOURS,
    confidence=0.3,
    needs=("graph",),
    also_uses=("survey.A8",),
    across=("graph",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/interconnecting-services.html",
)
def nothing_seen_of_it(workload: Workload, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """Nothing that was read shows on whom the workload depends, or who on it.

    That is not the same as being independent: addresses in a configuration file, in a secret or in code are not seen
    by any scan. Moved first as a harmless one, it may turn out to be what others wait for.

    Passes: daemons, and web servers of a public image, which serve files.

    Fix: ask the owner whom it calls and who calls it before it is given a place in the order of the move.
    """
    if workload.kind == "daemon":
        yield not_applicable("a daemon serves its instance", reads=("ecs.services",))
        return
    holder = workload.service or workload.task_definition
    tied = (*graph.outgoing.get(workload.id, ()), *graph.incoming.get(workload.id, ()))
    if any(each.kind.ties for each in tied):
        yield not_applicable("it is tied to others", reads=())
        return
    if _serves_files(workload):
        yield not_applicable("it serves files and nothing else", reads=("ecs.task_definitions",))
        return
    unread = [each for fact in FACTS if (each := estate.missing(fact, workload.origin, None)) is not None]
    if unread:  # the edge may stand there
        first = min(unread, key=lambda each: each.reason.rank)
        yield unknown(first.reason, *first.needs)
        return
    if holder is not None:
        yield fail(
            f"nothing that was read ties workload {workload.name} to any other",
            holder.evidence("serviceName" if workload.service is not None else "family"),
            confidence=0.3,
        )


class _Gateways(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    images: frozenset[str]
    names: frozenset[str]
    web_servers: frozenset[str]


@cache
def _gateways() -> _Gateways:
    return _Gateways.model_validate(data("gateways"))


def _serves_files(workload: Workload) -> bool:
    """Whether it is a web server of a public image and nothing beside."""
    task = workload.task_definition
    containers = applications(task) if task is not None else ()
    images = [image_of(each) for each in containers]
    return bool(images) and all(not each.is_ecr and each.basename in _gateways().web_servers for each in images)


def _hands_on(workload: Workload) -> bool:
    """Whether it is a load balancer, gateway or proxy, by its image or by its name."""
    if workload.base_name in _gateways().names:
        return True
    task = workload.task_definition
    containers = applications(task) if task is not None else ()
    if task is not None and not containers:
        containers = tuple(task.containers())  # a proxy alone is what its task is for
    return bool(containers) and all(not _gateways().images.isdisjoint(image_of(each).tails()) for each in containers)


# --- what many share --------------------------------------------------------------------------------------------

CYCLE_SURENESS = 0.6
"""Calls that are less sure than this close no circle."""


@rule(
    "DEP-CYCLE",
    Checklist.DEPENDENCIES,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("graph",),
    across=("graph",),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/strangler-fig.html",
)
def circle_of_calls(estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """Workloads call each other in a circle.

    There is no order in which they could move one after the other: whichever goes first calls, or is called, across
    the border between ECS and EKS. They move together, or a name that both sides reach carries the calls meanwhile.
    Queues and topics close no circle, nor does what only security groups suggest.

    Fix: put an internal load balancer or VPC Lattice in front of the workload that is called by fewest of them, let
    its callers use that name, and move the rest in one wave.
    """
    if len(estate.workloads) < 2:
        yield not_applicable("there is only one workload", reads=("ecs.services",))
        return
    calls = [each for each in graph.edges if each.kind is EdgeKind.SYNC and each.confidence >= CYCLE_SURENESS]
    for circle in circles_of(calls):
        members = workloads_in(circle, graph)
        if len(members) < 2:
            continue
        inside = [each for each in calls if each.source in circle and each.target in circle]
        bridges = bridges_of(circle, inside)
        yield fail(
            f"{names_of(members, graph)} call each other in a circle, which {_call(bridges[0], graph)} closes",
            *evidence_of(*dict.fromkeys((*bridges, *inside))),
            element=graph.nodes[members[0]].name,
            confidence=min(0.8, sureness(*inside)),
            workloads=members,
        )


def _call(edge: Edge, graph: DependencyGraph) -> str:
    return f"the call from {graph.nodes[edge.source].name} to {graph.nodes[edge.target].name}"


_STORES = frozenset({NodeKind.DATABASE, NodeKind.CACHE, NodeKind.TABLE, NodeKind.SEARCH})
"""Datastores whose data workloads share; file systems are judged by what is mounted."""


@rule(
    "DEP-SHARED-DATASTORE",
    Checklist.DEPENDENCIES,
    severity=MEDIUM,
    softest=INFO,
    effort=DAYS,
    confidence=0.8,
    needs=("graph",),
    also_uses=("datastores", "iam.roles"),
    softened_by=("datastores", "iam.roles"),
    across=("graph",),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/modernization-data-persistence/enabling-patterns.html",
)
def shared_datastore(_estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """Several workloads write to one datastore.

    A change of its schema has to fit all of them, on both platforms, for as long as the move takes. While each runs
    twice, connections are opened twice, and a database that was just large enough refuses new ones. Where nothing
    tells whether a workload writes, it is taken to.

    Passes: those who only read, by a reader endpoint or by their permissions; databases of their own on one server;
    file systems, which are a finding of their own.

    Fix: leave the datastore where it is, pool connections (RDS Proxy), freeze its schema during the move, and lower
    the pools of the copies that are going out of use.
    """
    stores = graph.of_kind(*_STORES)
    if not stores:
        yield not_applicable("no database, cache, table or search index is in use")
        return
    for store in stores:
        writes = [each for each in graph.incoming.get(store.id, ()) if each.confidence >= INFERRED and _writes(each)]
        writers = workloads_in((each.source for each in writes), graph)
        if len(writers) < 2:
            continue
        own = [each for each in writes if each.source in writers]
        sure = all(Access.WRITE in each.access and not is_grant(each) for each in own)
        how = "write" if sure else "may all write"
        yield fail(
            f"{names_of(writers, graph)} {how} to {store.kind} {store.name}",
            *evidence_of(*own),
            element=store.name,
            confidence=min(0.8, sureness(*own)),
            settled=sure,
            workloads=writers,
        )


def _writes(edge: Edge) -> bool:
    return Access.WRITE in edge.access or not edge.access


@rule(
    "DEP-HUB",
    Checklist.DEPENDENCIES,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("graph",),
    across=("graph",),
    thresholds=(Threshold("callers", 5, 2, 1000, "workloads that call it, from which on it is a hub", whole=True),),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/strangler-fig.html",
)
def many_call_it(workload: Workload, graph: DependencyGraph, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """Many workloads call this one.

    When it moves, all of them feel every mistake at once, and while they move themselves one after the other, some
    call it from ECS and some from EKS. A name that only ECS resolves leaves one half of them without it.

    Passes: load balancers, gateways and proxies, by image or name: handing on the calls of many is what they are for.

    Fix: give it a name that both platforms reach (an internal load balancer behind a record of Route 53) while it
    still runs on ECS, shift its traffic by weights, and move it late.
    """
    calls, callers = calls_to(workload, graph), callers_of(workload, graph)
    if not callers:
        yield not_applicable("no other workload calls it")
        return
    if len(callers) < thresholds["callers"] or _hands_on(workload):
        return
    yield fail(
        f"{len(callers)} workloads call {workload.name}: {names_of(callers, graph)}",
        *evidence_of(*calls),
        confidence=min(0.8, sureness(*calls)),
    )


# --- what lies outside ------------------------------------------------------------------------------------------


class _Telemetry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    domains: frozenset[str]


@cache
def _telemetry() -> _Telemetry:
    return _Telemetry.model_validate(data("telemetry_hosts"))


def _is_telemetry(host: str) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in _telemetry().domains for start in range(len(labels)))


def _outside(workload: Workload, graph: DependencyGraph) -> list[Edge]:
    """Edges to public hosts that are nobody's of AWS."""
    edges = used_by(workload, graph)
    ends = [(each, graph.nodes[each.target]) for each in edges]
    return [
        each
        for each, end in ends
        if end.kind is NodeKind.EXTERNAL and end.aws_service is None and not is_of_aws(end.name)
    ]


@rule(
    "DEP-EXTERNAL-API",
    Checklist.DEPENDENCIES,
    kind=Kind.INVENTORY,
    effort=DAYS,
    confidence=0.8,
    needs=("graph",),
    also_uses=("ecs.task_definitions", "survey.A8"),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/application-portfolio-assessment-guide/introduction.html",
)
def public_host(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    """The workload calls a host of somebody else on the internet.

    From EKS it may go out by other addresses than from ECS, over another NAT gateway or proxy. A partner that lets in
    known addresses only then answers nothing, and rate limits that count by address change. Hosts that take logs,
    metrics and errors are left out.

    Fix: keep the route tables with the NAT gateways and their Elastic IP addresses for the Pods, or tell the partner
    the new addresses before the first Pod starts.
    """
    for edge in _outside(workload, graph):
        host = graph.nodes[edge.target].name
        if edge.kind.ties and not _is_telemetry(host):
            yield fail(
                f"workload {workload.name} calls {host}",
                *evidence_of(edge),
                element=host,
                confidence=min(0.8, edge.confidence),
            )


@rule(
    "DEP-EGRESS-IP-PINNED",
    Checklist.DEPENDENCIES,
    severity=HIGH,
    effort=DAYS,
    confidence=0.8,
    needs=("survey.A8", "graph"),
    also_uses=("vpc.routes", "ecs.services"),
    reference="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html",
)
def partner_lets_in_known_addresses(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    """A partner may let in our present addresses only.

    Nothing in an account says whom a partner's firewall lets in: only the owner of the workload knows, or the
    contract. Where the addresses of the Pods are others, every call to that partner fails from the first minute, and
    changing an allow-list of somebody else takes days.

    Fix: ask for each public host that the workload calls; send the Pods' traffic over the same NAT gateways, or have
    the new addresses registered beside the old ones before the move.
    """
    if not _outside(workload, graph):
        yield not_applicable("it calls nobody on the internet", reads=("ecs.task_definitions",))
        return
    yield unknown(Reason.UNANSWERED, "survey.A8")


# --- other networks ---------------------------------------------------------------------------------------------


@rule(
    "DEP-CROSS-VPC",
    Checklist.DEPENDENCIES,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("graph", "vpc.vpcs", "vpc.interfaces", "vpc.routes"),
    also_uses=("datastores", "vpc.subnets"),
    softened_by=("vpc.vpcs", "vpc.routes"),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/custom-networking.html",
)
def reaches_another_vpc(workload: Workload, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """The workload uses something that stands in another VPC.

    Packets find the way by routes that somebody wrote for the addresses of today. Pods that get addresses from a
    block of their own (100.64.0.0/10) come from where the other side has no route to: the question arrives and the
    answer is lost. Peering, transit gateway and security groups all have to know the Pods' addresses. With a route
    from there to every block of this VPC it is a low finding.

    Fix: keep source NAT to the node's address for what leaves the VPC (the default of the VPC CNI), or add routes and
    security group rules for the Pods' block on the other side before the first Pod starts.
    """
    own = graph.nodes[workload.id].network
    edges = [each for each in used_by(workload, graph) if each.kind.ties and graph.nodes[each.target].network]
    if not edges:
        yield not_applicable("nothing that it uses stands in a VPC")
        return
    if not own:
        facts = ("ecs.services", "vpc.subnets", "ecs.container_instances")
        unread = [each for fact in facts if (each := estate.missing(fact, workload.origin, workload.related))]
        first = min(unread, key=lambda each: each.reason.rank, default=None)
        yield unknown(first.reason, *first.needs) if first is not None else unknown(Reason.NO_DATA, "vpc.subnets")
        return
    for edge in edges:
        end = graph.nodes[edge.target]
        if end.network != own:
            has_route = _knows_the_way(end.network, own, estate)
            there = f"{end.network}, from where routes lead back" if has_route else end.network
            yield fail(
                f"workload {workload.name} in {own} uses {end.kind.replace('_', ' ')} {end.name} in {there}",
                *evidence_of(edge),
                element=end.name,
                severity=LOW if has_route else MEDIUM,
                settled=has_route,
            )


def _knows_the_way(there: str, here: str, estate: Estate) -> bool:
    """Whether a route table of a VPC leads to every block of another, by peering or a transit gateway."""
    vpc = estate.vpc_by_id.get(here)
    if vpc is None:
        return False
    named = {vpc.cidr_block, *(each.cidr_block for each in vpc.cidr_block_association_set)}
    blocks = [block for each in named if (block := _block(each)) is not None]
    led_to = [
        block
        for table in estate.route_tables
        if table.vpc_id == there
        for route in table.routes
        if (route.vpc_peering_connection_id or route.transit_gateway_id) and route.state != "blackhole"
        if (block := _block(route.destination_cidr_block)) is not None
    ]
    return bool(blocks) and all(any(each.subnet_of(known) for known in led_to) for each in blocks)


def _block(text: str | None) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(text or "", strict=False)
    except ValueError:
        return None


@rule(
    "DEP-NONECS-CONSUMER",
    Checklist.DEPENDENCIES,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("cloudmap", "lambda", "vpc.security_groups", "graph"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html",
)
def called_by_a_function(workload: Workload, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """A function calls the workload by the name that Cloud Map keeps for its tasks.

    The name answers with the addresses of ECS tasks. When the service is scaled down, the name answers nothing, and
    the function fails though the workload runs well on EKS. Functions are easily forgotten, as they are in nobody's
    picture of the services.

    Fix: put an internal load balancer in front of the workload and let the function call its name, or keep the name
    alive for the Pods with ExternalDNS (provider aws-sd).
    """
    if workload.service is not None and not workload.service.service_registries:
        yield not_applicable("Cloud Map keeps no name for it", reads=("ecs.services",))
        return
    names = _names_of_cloud_map(workload, estate)
    for edge in graph.incoming.get(workload.id, ()):
        caller = graph.nodes[edge.source]
        found = [each for each in edge.proofs if any(name in (each.evidence.value or "").lower() for name in names)]
        if caller.kind is NodeKind.COMPUTE and found:
            name = next(name for name in names if name in (found[0].evidence.value or "").lower())
            yield fail(
                f"function {caller.name} calls workload {workload.name} by its Cloud Map name {name}",
                *dict.fromkeys(each.evidence for each in found),
                element=caller.name,
                confidence=0.8,
            )


def _names_of_cloud_map(workload: Workload, estate: Estate) -> list[str]:
    spaces = {each.id: each.name for each in estate.namespaces}
    registries = workload.service.service_registries if workload.service is not None else ()
    known = [estate.discovery_service_by_arn.get(each.registry_arn) for each in registries]
    return sorted(
        f"{each.name}.{spaces[each.namespace_id]}".lower()
        for each in known
        if each is not None and each.namespace_id in spaces
    )


@rule(
    "DEP-QUEUE-CONSUMER",
    Checklist.DEPENDENCIES,
    kind=Kind.INVENTORY,
    effort=HOURS,
    confidence=0.8,
    needs=("graph",),
    reference="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
)
def consumer(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    """The workload takes messages from a queue, topic or stream.

    Consumers move without a load balancer: both sides take from the same queue, and their share follows the number of
    their copies. For ordered queues, topics and streams that is not so simple, since two groups of consumers read
    everything twice, and order holds within one group only.

    Fix: keep the queue, the consumer group and its id; start Pods as members of it, then scale the ECS service down,
    and let KEDA scale the Deployment by the length of the queue.
    """
    for edge in takes_from(workload, graph):
        end = graph.nodes[edge.target]
        yield fail(
            f"workload {workload.name} {'may take' if is_grant(edge) else 'takes'} messages from {end.kind} {end.name}",
            *evidence_of(edge),
            element=end.name,
            confidence=min(0.8, edge.confidence),
        )
