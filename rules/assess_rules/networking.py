"""Network for EKS: whether the VPC can hold nodes and Pods, and what in it is bound to ECS tasks."""

import ipaddress
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.identity import Statement, statements_of
from assess.estate.network import IpPermission, SecurityGroup, Subnet, Vpc, free_blocks
from assess.estate.workloads import Workload
from assess.graph import DependencyGraph, NodeKind
from assess.rule import (
    CRITICAL,
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Policy,
    Reason,
    Severity,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.edges import used_by

_REQUIREMENTS = "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"
_NO_CONTROL_PLANE = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Zones in which EKS puts no control plane (the page of the network requirements)."""

_ZONE_ID = re.compile(r"[a-z]+[0-9]-az[0-9]+")
"""Ids of Availability Zones; those of Local and Wavelength Zones hold one more part."""


# --- addresses --------------------------------------------------------------------------------------------------


@rule(
    "VPC-IP-CAPACITY",
    Checklist.NETWORKING,
    severity=HIGH,
    worst=CRITICAL,
    softest=MEDIUM,
    effort=DAYS,
    needs=("vpc.vpcs", "vpc.subnets", "ecs.services", "autoscaling", "vpc.routes"),
    also_uses=("policy.target", "vpc.interfaces"),
    across=("ecs.services",),
    thresholds=(
        # the default maxSurge of a Deployment
        Threshold("surge", 0.25, 0, 1, "share of Pods that a rolling update adds"),
        # an m5.large in secondary IP mode: 3 interfaces x (10 addresses - 1) + 2
        Threshold("pods_per_node", 29, 1, 737, "Pods that fit on a node", whole=True),
        # storage and log agents; aws-node and kube-proxy use the node's address
        Threshold("daemon_pods_per_node", 2, 0, 50, "Pods with an address of their own that run on every node"),
        # DNS, controllers and operators of the cluster
        Threshold("system_pods", 10, 0, 1000, "Pods of the cluster itself, over all zones"),
        # WARM_ENI_TARGET=1 keeps the addresses of one interface in stock: 10 on an m5.large
        Threshold("warm_addresses_per_node", 10, 0, 50, "addresses that each node keeps in stock"),
        Threshold("load_balancer_addresses", 8, 0, 1000, "free addresses that load balancers need in each zone"),
    ),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/cni-increase-ip-addresses-procedure.html",
)
def too_few_addresses(vpc: Vpc, estate: Estate, policy: Policy, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """The VPC has too few free addresses for Pods beside the tasks.

    By default every Pod takes an address of the VPC, also those whose tasks share their instance's address on ECS
    today, and while both platforms run the tasks keep theirs. Each node holds a stock of spare addresses on top. When
    a subnet is empty, Pods stay in ContainerCreating and nodes do not join. The need is reckoned for the subnets in
    which workloads run and those with a way out through something else than an internet gateway; the assumptions
    (surge, Pods for each node, spare addresses) are thresholds that the policy may change.

    Fix: switch on prefix delegation where the subnets have free blocks of 16, add subnets or a secondary range such as
    100.64.0.0/10 with custom networking, or choose an IPv6 cluster.
    """
    if policy.target.ipv6:
        yield not_applicable("an IPv6 cluster is chosen", reads=())
        return
    workloads = _workloads_in(vpc, estate)
    subnets = _candidates(vpc, workloads, estate)
    if not subnets or estate.missing("vpc.routes", vpc.origin, (vpc.vpc_id,)) is not None:
        return
    if any(each.available_ip_address_count is None for each in subnets):
        yield unknown(Reason.NO_DATA, "vpc.subnets")
        return
    demand = _demand(workloads, estate, thresholds, zones=len({_zone(each) for each in subnets}))
    free: dict[str, int] = {}
    for subnet in subnets:
        free[_zone(subnet)] = free.get(_zone(subnet), 0) + (subnet.available_ip_address_count or 0)
    tightest = min(sorted(free), key=lambda zone: free[zone])
    severity = _scarcity(free, demand)
    if severity is None:
        return
    word = "address" if free[tightest] == 1 else "addresses"
    yield fail(
        f"VPC {vpc.name} has {free[tightest]} free {word} in zone {tightest}, where the parallel run needs about"
        f" {demand.per_zone} at its peak",
        *(
            each.evidence("AvailableIpAddressCount")
            for each in sorted(subnets, key=lambda each: (_zone(each) != tightest, each.subnet_id))
        ),
        severity=severity,
    )


class _Demand(NamedTuple):
    """Addresses that are needed in each zone at the peak, and the Pods of the largest workload."""

    per_zone: int
    largest: int


def _demand(workloads: list[Workload], estate: Estate, assumed: Mapping[str, float], *, zones: int) -> _Demand:
    peaks = [_peak(each, estate) for each in workloads]
    daemons = sum(each.kind == "daemon" for each in workloads)
    pods = math.ceil(sum(peaks) / zones * (1 + assumed["surge"]))
    nodes = max(1, math.ceil(pods / assumed["pods_per_node"]))
    on_nodes = nodes * (daemons + assumed["daemon_pods_per_node"])
    system = assumed["system_pods"] / zones
    warm = nodes * assumed["warm_addresses_per_node"]
    balancers = assumed["load_balancer_addresses"]
    return _Demand(math.ceil(pods + on_nodes + system + nodes + warm + balancers), max(peaks, default=0))


def _scarcity(free: dict[str, int], demand: _Demand) -> Severity | None:
    if all(each < demand.largest for each in free.values()):
        return CRITICAL
    least = min(free.values())
    if least < demand.per_zone:
        return HIGH
    return MEDIUM if least < 2 * demand.per_zone else None


def _peak(workload: Workload, estate: Estate) -> int:
    """Tasks at the peak; a daemon's are counted by node."""
    if workload.kind == "daemon":
        return 0
    if workload.service is not None:
        origin = workload.origin
        key = (origin.account, origin.region, f"service/{workload.cluster}/{workload.name}")
        target = estate.scalable_target_by_resource.get(key)
        highest = target.max_capacity if target is not None else None
        return max(workload.service.desired_count or 0, highest or 0)
    return max(1, len(workload.tasks))


def _workloads_in(vpc: Vpc, estate: Estate) -> list[Workload]:
    ids = {each.subnet_id for each in estate.subnets_by_vpc.get(vpc.vpc_id, ())}
    return [each for each in estate.workloads if not ids.isdisjoint(estate.subnet_ids(each))]


def _candidates(vpc: Vpc, workloads: list[Workload], estate: Estate) -> list[Subnet]:
    """Subnets for nodes and Pods: those that hold workloads, and those whose way out is no internet gateway."""
    used = frozenset[str]().union(*(estate.subnet_ids(each) for each in workloads))
    found = []
    for subnet in estate.subnets_by_vpc.get(vpc.vpc_id, ()):
        table = estate.route_table(subnet)
        route = table.default_route if table is not None else None
        if subnet.subnet_id in used or (route is not None and not route.is_to_internet_gateway):
            found.append(subnet)
    return found


def _zone(subnet: Subnet) -> str:
    return subnet.availability_zone_id or subnet.availability_zone or ""


# --- what a cluster requires ------------------------------------------------------------------------------------


@rule(
    "VPC-PREFIX-FRAGMENT",
    Checklist.NETWORKING,
    severity=MEDIUM,
    effort=DAYS,
    needs=("vpc.subnets", "vpc.interfaces"),
    also_uses=("policy.target", "ecs.services", "autoscaling"),
    thresholds=(
        Threshold("pods_per_node", 29, 1, 737, "Pods that fit on a node", whole=True),
        # WARM_PREFIX_TARGET of the VPC CNI
        Threshold("warm_prefixes", 1, 0, 16, "free blocks that each node keeps in stock", whole=True),
    ),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/cni-increase-ip-addresses-procedure.html",
)
def scattered_addresses(
    subnet: Subnet, estate: Estate, policy: Policy, thresholds: Mapping[str, float]
) -> Iterator[Outcome]:
    """The free addresses of a subnet are scattered, so that nodes find no blocks.

    With prefix delegation the VPC CNI takes blocks of 16 addresses that lie together (/28). Tasks, load balancers and
    endpoints take single addresses anywhere, so a subnet with hundreds of free addresses may have hardly a free
    block. Nodes then get no addresses for Pods, though the count of free addresses looks fine.

    Fires: nodes of one's own are the target, and the subnet has fewer free blocks than the nodes need for the Pods of
    the workloads that use it, with a spare one for each node.

    Passes: EKS Auto Mode, which falls back to single addresses; EKS Fargate, nodes outside AWS and IPv6 clusters, which
    take no such blocks. A new subnet for the nodes is no finding either.

    Fix: reserve a range of the subnet for prefixes (a subnet CIDR reservation of type prefix) before it fills up
    further, or give the nodes new subnets, for example in a secondary range 100.64.0.0/10.
    """
    if policy.target.ipv6 or policy.target.compute in ("auto_mode", "fargate", "hybrid_nodes"):
        yield not_applicable("the chosen target does not depend on blocks of addresses", reads=())
        return
    if subnet.cidr_block is None:
        return
    users = estate.subnet_users.get(subnet.subnet_id, ())
    pods = math.ceil(sum(_peak(workload, estate) / subnets for workload, subnets in users))
    nodes = max(1, math.ceil(pods / thresholds["pods_per_node"]))
    # each node takes whole blocks of its own
    blocks = nodes * (math.ceil(pods / nodes / 16) + int(thresholds["warm_prefixes"]))
    interfaces = estate.interfaces_by_subnet.get(subnet.subnet_id, ())
    try:
        free = free_blocks(subnet.cidr_block, (held for each in interfaces for held in each.held))
    except ValueError:
        yield unknown(Reason.NO_DATA)
        return
    if free >= max(blocks, nodes):
        return
    if policy.target.compute is None:
        yield unknown(Reason.UNANSWERED, "policy.target")
        return
    yield fail(
        f"subnet {subnet.name} has {free} free {'block' if free == 1 else 'blocks'} of 16 addresses, where nodes need "
        f"about {max(blocks, nodes)}",
        subnet.evidence("CidrBlock"),
        *(each.evidence("NetworkInterfaceId") for each in interfaces[:3]),
    )


@rule(
    "VPC-AZ-COUNT",
    Checklist.NETWORKING,
    severity=HIGH,
    effort=DAYS,
    needs=("vpc.subnets", "vpc.routes"),
    thresholds=(Threshold("free_addresses", 16, 6, 256, "free addresses that a subnet needs to count", whole=True),),
    reference=_REQUIREMENTS,
)
def too_few_zones(vpc: Vpc, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """The VPC lacks private subnets with room in two zones.

    EKS puts network interfaces of the control plane into subnets of at least two Availability Zones, and refuses to
    make a cluster otherwise. Each of these subnets needs six free addresses, and sixteen so that upgrades do not get
    stuck. Zones in which EKS has no control plane, Local Zones and Outposts do not count.

    Fix: make a private subnet of /28 or larger for the control plane in each of two zones, and subnets for nodes in
    the same zones.
    """
    limit = int(thresholds["free_addresses"])
    subnets = [each for each in estate.subnets_by_vpc.get(vpc.vpc_id, ()) if _takes_control_plane(each)]
    missing = estate.missing("vpc.routes", vpc.origin, (vpc.vpc_id,)) is not None
    if missing and len({_zone(each) for each in subnets}) > 1:
        return  # which of them are private was not seen
    private = [each for each in subnets if missing or not _is_public(each, estate)]
    zones = {_zone(each) for each in private}
    if len(zones) > 1 and any(each.available_ip_address_count is None for each in private):
        yield unknown(Reason.NO_DATA, "vpc.subnets")
        return
    roomy = [each for each in private if (each.available_ip_address_count or 0) >= limit]
    if len({_zone(each) for each in roomy}) > 1:
        return
    places = [each.evidence("AvailableIpAddressCount") for each in private] or [vpc.evidence("VpcId")]
    if len(zones) < 2:
        yield fail(f"VPC {vpc.name} has private subnets in {_zones(len(zones))}, and EKS needs two", *places)
    else:
        yield fail(
            f"fewer than two zones of VPC {vpc.name} have a private subnet with {limit} free addresses for the EKS"
            " control plane",
            *places,
        )


def _zones(count: int) -> str:
    return {0: "no zone", 1: "one zone"}[count]


def _takes_control_plane(subnet: Subnet) -> bool:
    if subnet.outpost_arn:
        return False
    id = subnet.availability_zone_id
    return id is None or (id not in _NO_CONTROL_PLANE and _ZONE_ID.fullmatch(id) is not None)


def _is_public(subnet: Subnet, estate: Estate) -> bool:
    table = estate.route_table(subnet)
    route = table.default_route if table is not None else None
    return route is not None and route.is_to_internet_gateway


@rule(
    "VPC-DNS-ATTR",
    Checklist.NETWORKING,
    severity=CRITICAL,
    effort=HOURS,
    needs=("vpc.vpcs",),
    reference=_REQUIREMENTS,
)
def dns_is_off(vpc: Vpc) -> Iterator[Outcome]:
    """DNS support or DNS host names of the VPC are off.

    Nodes find the cluster's endpoint by name and register under their own; without both attributes they never join,
    and no Pod starts. It is a hard requirement of EKS and a matter of a minute: both can be switched on while
    everything runs.

    Fix: switch on enableDnsSupport and enableDnsHostnames (``aws ec2 modify-vpc-attribute``), after a look at private
    hosted zones that the VPC then resolves.
    """
    found = (
        ("EnableDnsSupport", "DNS support", vpc.enable_dns_support),
        ("EnableDnsHostnames", "DNS host names", vpc.enable_dns_hostnames),
    )
    off = [(field, what) for field, what, is_on in found if is_on is False]
    if off:
        what = " and ".join(what for _, what in off)
        yield fail(f"VPC {vpc.name} has {what} switched off", *(vpc.evidence(field) for field, _ in off))
    elif any(is_on is None for _, _, is_on in found):
        yield unknown(Reason.NOT_COLLECTED, "ec2:DescribeVpcAttribute")


_ENDPOINTS = (
    *("ec2", "ecr.api", "ecr.dkr", "s3", "sts", "logs", "eks", "eks-auth", "elasticloadbalancing", "autoscaling"),
)
"""Services that nodes and controllers call (https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html)."""


@rule(
    "VPC-EGRESS",
    Checklist.NETWORKING,
    severity=HIGH,
    effort=DAYS,
    needs=("vpc.subnets", "vpc.routes", "vpc.endpoints"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html",
)
def no_way_out(subnet: Subnet, estate: Estate) -> Iterator[Outcome]:
    """Nodes in the subnet could not reach the AWS services they need.

    A node pulls images, registers with the cluster and fetches credentials before the first Pod starts. In a subnet
    without a default route it can do so through VPC endpoints only, and EKS needs more of them than ECS does. With
    one missing the node does not join, or Pods hang when they pull an image or ask for credentials.

    Fix: add a NAT gateway (or a route to the transit gateway), or make the missing endpoints and let their security
    groups admit the nodes on port 443.
    """
    table = estate.route_table(subnet)
    if table is None:
        return
    route = table.default_route
    if route is not None and route.is_to_internet_gateway:
        yield not_applicable("it is a public subnet, which holds no nodes", reads=("vpc.routes",))
        return
    if route is not None or estate.missing("vpc.endpoints", subnet.origin, (subnet.vpc_id,)) is not None:
        return
    present = {
        name
        for endpoint in estate.vpc_endpoints
        if endpoint.vpc_id == subnet.vpc_id and (endpoint.state or "available").lower() == "available"
        if endpoint.vpc_endpoint_type != "Gateway" or table.route_table_id in endpoint.route_table_ids
        for name in _ENDPOINTS
        if endpoint.service_name.endswith(f".{name}")
    }
    lacking = [name for name in _ENDPOINTS if name not in present]
    if lacking:
        yield fail(
            f"subnet {subnet.name} has no default route and no endpoint for {', '.join(lacking)}",
            table.evidence("Routes"),
            subnet.evidence("SubnetId"),
        )


@rule(
    "VPC-ENDPOINT-POLICY",
    Checklist.NETWORKING,
    severity=MEDIUM,
    effort=HOURS,
    needs=("vpc.endpoints", "iam.roles"),
    reference="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
)
def endpoint_names_roles(vpc: Vpc, estate: Estate) -> Iterator[Outcome]:
    """The policy of a VPC endpoint admits certain roles only.

    Calls through the endpoint are refused unless the caller is one of the roles that its policy names. Pods with
    roles of their own, the nodes and the controllers of the cluster are not among them, and the error says no more
    than access denied.

    Fix: add the roles of Pods, nodes and controllers to the endpoint's policy before they are used, or keep the same
    role for the workload.
    """
    endpoints = [each for each in estate.vpc_endpoints if each.vpc_id == vpc.vpc_id]
    if not endpoints:
        yield not_applicable("the VPC has no endpoint", reads=("vpc.endpoints",))
        return
    for endpoint in endpoints:
        if any(_names_roles(each) for each in statements_of(endpoint.policy_document)):
            yield fail(
                f"the policy of endpoint {endpoint.vpc_endpoint_id} ({endpoint.service_name}) names roles",
                endpoint.evidence("PolicyDocument", value="names roles"),
                element=endpoint.service_name,
            )


def _names_roles(statement: Statement) -> bool:
    principals = statement.principals.get("AWS", ())
    return any(":role/" in each for each in principals) or any(
        key.lower() == "aws:principalarn" for _, key, _ in statement.conditions()
    )


@rule(
    "VPC-SUBNET-TAGS",
    Checklist.NETWORKING,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("vpc.subnets",),
    reference=_REQUIREMENTS,
)
def untagged_subnet(subnet: Subnet) -> Iterator[Outcome]:
    """The subnet lacks the tag by which load balancers find it.

    The AWS Load Balancer Controller looks for subnets by tag when it makes a load balancer; without tags the Ingress
    or Service gets none and an event says so. Naming subnets in an annotation or in the IngressClassParams of Auto
    Mode does without the tag.

    Fix: tag private subnets with kubernetes.io/role/internal-elb=1 and public ones with kubernetes.io/role/elb=1 in
    the code that makes the VPC.
    """
    if not {"kubernetes.io/role/internal-elb", "kubernetes.io/role/elb"} & set(subnet.tag_map):
        yield fail(
            f"subnet {subnet.name} has no tag that tells Kubernetes which load balancers it takes",
            subnet.evidence("Tags", value="no kubernetes.io/role tag"),
        )


# --- what is bound to tasks -------------------------------------------------------------------------------------


@rule(
    "VPC-SG-REFERENCE",
    Checklist.NETWORKING,
    severity=HIGH,
    effort=DAYS,
    needs=("vpc.security_groups", "ecs.services", "ecs.task_definitions"),
    also_uses=("vpc.interfaces", "policy.target"),
    across=("vpc.security_groups",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html",
)
def named_by_other_groups(group: SecurityGroup, estate: Estate) -> Iterator[Outcome]:
    """Other security groups admit the tasks by their security group.

    A rule that names the tasks' group matches their network interfaces. Pods use the interfaces and groups of their
    node, so databases, caches, file systems and other services turn them away although nothing in their rules has
    changed: connections time out. A rule that opens the same port to the subnets' addresses goes on working.

    Fix: attach the same group to the Pods by a SecurityGroupPolicy (Nitro nodes of your own, not Auto Mode, not
    Windows), or add the nodes' group to each of these rules before the first workload moves.
    """
    users = estate.security_group_users.get(group.group_id, ())
    modes = {each.task_definition.network_mode for each in users if each.task_definition is not None}
    if modes and "awsvpc" not in modes:
        yield not_applicable("no workload that names it has an address of its own", reads=("ecs.task_definitions",))
        return
    subnets = [
        estate.subnet_by_id.get(id)
        for id in sorted(frozenset[str]().union(*(estate.subnet_ids(each) for each in users)))
    ]
    ranges = [each.cidr_block if each is not None else None for each in subnets]
    doors: dict[str, str] = {}
    places: list[Evidence] = []
    for other, field, index, pair in estate.security_group_references.get(group.group_id, ()):
        permissions = other.ip_permissions if field == "IpPermissions" else other.ip_permissions_egress
        permission = permissions[index]
        if ranges and all(each is not None and _admits(permissions, permission, each) for each in ranges):
            continue
        doors.setdefault(f"{other.name} ({_ports(permission)})", other.group_id)
        places.append(other.evidence(field, index, "UserIdGroupPairs", pair, "GroupId"))
    if places:
        named = sorted(doors)
        shown = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
        yield fail(f"rules of other security groups name {group.name}, the group of tasks: {shown}", *places)


def _admits(permissions: Iterable[IpPermission], like: IpPermission, cidr: str) -> bool:
    """Whether another rule opens at least the same ports to all addresses of ``cidr``."""
    return any(
        _contains(each.cidr_ip or "", cidr)
        for permission in permissions
        if _covers_ports(permission, like)
        for each in permission.ip_ranges
    )


def _contains(outer: str, inner: str) -> bool:
    try:
        return ipaddress.IPv4Network(inner, strict=False).subnet_of(ipaddress.IPv4Network(outer, strict=False))
    except ValueError:
        return False


def _covers_ports(permission: IpPermission, like: IpPermission) -> bool:
    if permission.ip_protocol == "-1":
        return True
    if permission.ip_protocol != like.ip_protocol or None in (permission.from_port, permission.to_port):
        return False
    if like.from_port is None or like.to_port is None:
        return False
    return (permission.from_port or 0) <= like.from_port and like.to_port <= (permission.to_port or 0)


def _ports(permission: IpPermission) -> str:
    if permission.ip_protocol in ("-1", None) or permission.from_port is None:
        return "all traffic" if permission.ip_protocol in ("-1", None) else str(permission.ip_protocol)
    ports = (
        str(permission.from_port)
        if permission.from_port == permission.to_port
        else f"{permission.from_port}-{permission.to_port}"
    )
    return f"{permission.ip_protocol} {ports}"


@rule(
    "VPC-PUBLIC-TASKS",
    Checklist.NETWORKING,
    severity=MEDIUM,
    worst=HIGH,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.services", "ecs.task_definitions", "vpc.subnets", "vpc.routes"),
    also_uses=("vpc.interfaces", "vpc.security_groups"),
    raised_by=("vpc.security_groups",),
    softened_by=("vpc.subnets", "vpc.routes"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/fargate.html",
)
def public_addresses(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The tasks get public addresses.

    A Pod never has a public address. What the tasks call sees the address of a NAT gateway instead, and who calls
    them at their own address finds nobody. Where the VPC has no subnet with a NAT gateway yet, Pods that are put
    beside the tasks cannot reach the internet at all. In a private subnet the setting has no effect.

    Fix: make private subnets with a NAT gateway, run the tasks there without public addresses first, give partners
    the gateway's address for their allow-lists, and let callers in through a load balancer.
    """
    task = workload.task_definition
    if task is not None and task.network_mode != "awsvpc" and not task.is_unresolved("networkMode"):
        yield not_applicable("its tasks share their instance's network", reads=("ecs.task_definitions",))
        return
    if not any(each.assign_public_ip == "ENABLED" for each in workload.awsvpc):
        return
    found = [estate.subnet_by_id.get(id) for id in estate.subnet_ids(workload)]
    subnets = [each for each in found if each is not None and estate.route_table(each) is not None]
    severity = MEDIUM
    if subnets and len(subnets) == len(found) and not any(_is_public(each, estate) for each in subnets):
        severity = LOW
    elif _is_called_directly(workload, estate) or (subnets and not _has_nat(subnets[0].vpc_id, estate)):
        severity = HIGH
    effect = ", in private subnets where that has no effect" if severity is LOW else ""
    yield fail(
        f"tasks of workload {workload.name} get public addresses{effect}",
        _place_of_network(workload),
        severity=severity,
        settled=severity is LOW,
    )


def _has_nat(vpc_id: str, estate: Estate) -> bool:
    """Whether a subnet of the VPC has a way out that does not need public addresses."""
    for subnet in estate.subnets_by_vpc.get(vpc_id, ()):
        table = estate.route_table(subnet)
        route = table.default_route if table is not None else None
        if route is not None and not route.is_to_internet_gateway:
            return True
    return False


def _is_called_directly(workload: Workload, estate: Estate) -> bool:
    """Whether the whole internet is let in to ports of tasks that no load balancer or discovery leads to."""
    task = workload.task_definition
    listens = task is not None and any(each.port_mappings for each in task.container_definitions)
    if workload.takes_requests or not listens:
        return False
    groups = (estate.security_group_by_id.get(id) for id in workload.security_groups)
    return any(
        each.cidr_ip == "0.0.0.0/0"
        for group in groups
        if group is not None
        for permission in group.ip_permissions
        for each in permission.ip_ranges
    )


def _place_of_network(workload: Workload) -> Evidence:
    """Where the tasks' network is written: as :attr:`Workload.awsvpc` finds it."""
    steps = ("networkConfiguration", "awsvpcConfiguration", "assignPublicIp")
    service = workload.service
    if service is None:
        trigger = workload.triggers[0]
        return trigger.source.evidence(*trigger.at[:-1], "NetworkConfiguration", value="ENABLED")
    for field, holders, running in (
        ("deployments", service.deployments, service.primary),
        ("taskSets", service.task_sets, service.primary_task_set),
    ):
        if running is not None and running.network_configuration is not None:
            index = next(index for index, each in enumerate(holders) if each is running)
            return service.evidence(field, index, *steps)
    return service.evidence(*steps)


@rule(
    "VPC-IPV6",
    Checklist.NETWORKING,
    kind=Kind.INVENTORY,
    effort=DAYS,
    needs=("vpc.vpcs", "ecs.services"),
    also_uses=("elb.load_balancers", "ecs.account_settings"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/cni-ipv6.html",
)
def dual_stack(vpc: Vpc, estate: Estate) -> Iterator[Outcome]:
    """The VPC or a load balancer in it uses IPv6.

    The address family of an EKS cluster is chosen when the cluster is made and never changes, and its Pods have one
    family only, while ECS tasks in a dual-stack subnet have both. Clients, allow-lists and security groups that count
    on one of them need a look before the cluster exists.

    Fix: choose the family first; for IPv6 check that every dependency and every add-on works with it.
    """
    blocks = [each.ipv6_cidr_block for each in vpc.ipv6_cidr_block_association_set if each.ipv6_cidr_block]
    if blocks:
        at = ("Ipv6CidrBlockAssociationSet", 0, "Ipv6CidrBlock")
        yield fail(f"VPC {vpc.name} has IPv6 addresses", vpc.evidence(*at, value=blocks[0]), element="vpc")
    for balancer in estate.load_balancers:
        if balancer.vpc_id == vpc.vpc_id and (balancer.ip_address_type or "").startswith("dualstack"):
            message = f"load balancer {balancer.name} in VPC {vpc.name} is reached by IPv6"
            yield fail(message, balancer.evidence("IpAddressType"), element=balancer.name)


@rule(
    "VPC-CUSTOM-CIDR-ROUTING",
    Checklist.NETWORKING,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("vpc.routes", "graph"),
    also_uses=("policy.target", "survey"),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/custom-networking.html",
)
def pods_that_peers_do_not_know(vpc: Vpc, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """Peers of the VPC may not know a block of addresses of the Pods' own.

    Where addresses are short, Pods get a block of their own (100.64.0.0/10), which other VPCs, data centres and
    partners have no route to. What such Pods send arrives with an address that nobody can answer, unless the node
    puts its own in place of it. Whether a block of their own is planned, and how it is routed, only the team can say.

    Fix: leave source NAT at the node on (AWS_VPC_K8S_CNI_EXTERNALSNAT=false, the default), or announce the Pods'
    block over the transit gateway and the connection to the data centre, and add it to allow-lists.
    """
    users = {
        each.id: each for subnet in estate.subnets_by_vpc.get(vpc.vpc_id, ()) for each in _users_of(subnet, estate)
    }
    for workload in users.values():
        for edge in used_by(workload, graph):
            end = graph.nodes[edge.target]
            if edge.kind.ties and (end.kind is NodeKind.ON_PREMISES or end.network not in ("", vpc.vpc_id)):
                yield unknown(Reason.UNANSWERED, "survey")
                return
    yield not_applicable("nothing that its workloads use stands in another network")


def _users_of(subnet: Subnet, estate: Estate) -> Iterator[Workload]:
    return (workload for workload, _ in estate.subnet_users.get(subnet.subnet_id, ()))
