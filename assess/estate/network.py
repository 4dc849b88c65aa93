"""Amazon VPC and the EC2 instances behind ECS capacity, in EC2's own terms."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import ClassVar

from pydantic import Field

from assess.estate.documents import PolicyDocument
from assess.estate.facts import Choice, Identifier, IdentifierTree, PascalFact, PascalPart, PascalTag, Text, tags_of


class CidrAssociation(PascalPart):
    """A further CIDR block of a VPC."""

    cidr_block: Identifier | None = None
    ipv6_cidr_block: Identifier | None = None


class Vpc(PascalFact):
    """A VPC; the two DNS attributes come from DescribeVpcAttribute and are absent where that was not read."""

    identity_field: ClassVar[str] = "vpc_id"

    vpc_id: Identifier = ""
    cidr_block: Identifier | None = None
    cidr_block_association_set: tuple[CidrAssociation, ...] = ()
    ipv6_cidr_block_association_set: tuple[CidrAssociation, ...] = ()
    instance_tenancy: Choice | None = None
    is_default: bool | None = None
    owner_id: Identifier | None = None
    enable_dns_support: bool | None = None
    enable_dns_hostnames: bool | None = None
    tags: tuple[PascalTag, ...] = ()

    @property
    def name(self) -> str:
        """The Name tag, or the id."""
        return tags_of(self.tags).get("Name") or self.vpc_id


class Subnet(PascalFact):
    """A subnet and how many IPv4 addresses are free in it (the five that AWS reserves already taken off)."""

    identity_field: ClassVar[str] = "subnet_id"

    subnet_id: Identifier = ""
    subnet_arn: Identifier | None = None
    vpc_id: Identifier = ""
    cidr_block: Identifier | None = None
    availability_zone: Identifier | None = None
    availability_zone_id: Identifier | None = None
    available_ip_address_count: int | None = None
    map_public_ip_on_launch: bool | None = None
    outpost_arn: Identifier | None = None
    tags: tuple[PascalTag, ...] = ()

    @property
    def name(self) -> str:
        """The Name tag, or the id."""
        return tags_of(self.tags).get("Name") or self.subnet_id

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags by key."""
        return tags_of(self.tags)


class Route(PascalPart):
    """A route; exactly one of the targets is set."""

    destination_cidr_block: Identifier | None = None
    destination_ipv6_cidr_block: Identifier | None = None
    destination_prefix_list_id: Identifier | None = None
    gateway_id: Identifier | None = None
    nat_gateway_id: Identifier | None = None
    transit_gateway_id: Identifier | None = None
    vpc_peering_connection_id: Identifier | None = None
    network_interface_id: Identifier | None = None
    instance_id: Identifier | None = None
    egress_only_internet_gateway_id: Identifier | None = None
    state: Choice | None = None

    @property
    def is_to_internet_gateway(self) -> bool:
        """Whether the route leads straight to the internet, so that only public addresses can use it."""
        return (self.gateway_id or "").startswith("igw-")


class RouteTableAssociation(PascalPart):
    """What a route table applies to; the main one applies to subnets without their own."""

    main: bool | None = None
    subnet_id: Identifier | None = None
    gateway_id: Identifier | None = None


class RouteTable(PascalFact):
    """A route table of a VPC."""

    identity_field: ClassVar[str] = "route_table_id"

    route_table_id: Identifier = ""
    vpc_id: Identifier = ""
    associations: tuple[RouteTableAssociation, ...] = ()
    routes: tuple[Route, ...] = ()

    @property
    def is_main(self) -> bool:
        """Whether subnets without a table of their own use this one."""
        return any(each.main for each in self.associations)

    @property
    def default_route(self) -> Route | None:
        """The route for every IPv4 address that no other route takes; one that leads nowhere does not count."""
        return next(
            (each for each in self.routes if each.destination_cidr_block == "0.0.0.0/0" and each.state != "blackhole"),
            None,
        )


class NatGateway(PascalFact):
    """A NAT gateway."""

    identity_field: ClassVar[str] = "nat_gateway_id"

    nat_gateway_id: Identifier = ""
    vpc_id: Identifier = ""
    subnet_id: Identifier | None = None
    state: Choice | None = None
    connectivity_type: Choice | None = None
    nat_gateway_addresses: tuple[IdentifierTree, ...] = ()


class GroupIdentifier(PascalPart):
    """A reference to a security group."""

    group_id: Identifier = ""
    group_name: Identifier | None = None


class VpcEndpoint(PascalFact):
    """A VPC endpoint; ``policy_document`` is the parsed policy."""

    identity_field: ClassVar[str] = "vpc_endpoint_id"

    vpc_endpoint_id: Identifier = ""
    vpc_endpoint_type: Choice | None = None
    vpc_id: Identifier = ""
    service_name: Identifier = ""
    state: Choice | None = None
    policy_document: PolicyDocument | None = None
    route_table_ids: tuple[Identifier, ...] = ()
    subnet_ids: tuple[Identifier, ...] = ()
    groups: tuple[GroupIdentifier, ...] = ()
    private_dns_enabled: bool | None = None


class GroupPair(PascalPart):
    """A security group that a rule admits."""

    group_id: Identifier = ""
    user_id: Identifier | None = None
    vpc_id: Identifier | None = None


class IpRange(PascalPart):
    """An address range that a rule admits."""

    cidr_ip: Identifier | None = None


class IpPermission(PascalPart):
    """A rule of a security group; ports are absent where all are meant (protocol -1)."""

    ip_protocol: Choice | None = None
    from_port: int | None = None
    to_port: int | None = None
    user_id_group_pairs: tuple[GroupPair, ...] = ()
    ip_ranges: tuple[IpRange, ...] = ()
    prefix_list_ids: tuple[IdentifierTree, ...] = ()


class SecurityGroup(PascalFact):
    """A security group with its rules."""

    identity_field: ClassVar[str] = "group_id"

    group_id: Identifier = ""
    group_name: Identifier = ""
    vpc_id: Identifier | None = None
    owner_id: Identifier | None = None
    ip_permissions: tuple[IpPermission, ...] = ()
    ip_permissions_egress: tuple[IpPermission, ...] = ()
    tags: tuple[PascalTag, ...] = ()

    @property
    def name(self) -> str:
        """The group's name, or its id."""
        return self.group_name or self.group_id


class NetworkAcl(PascalFact):
    """A network ACL."""

    identity_field: ClassVar[str] = "network_acl_id"

    network_acl_id: Identifier = ""
    vpc_id: Identifier = ""
    is_default: bool | None = None
    associations: tuple[IdentifierTree, ...] = ()
    entries: tuple[IdentifierTree, ...] = ()


class PrivateAddress(PascalPart):
    """An address of a network interface."""

    private_ip_address: Identifier = ""


class Prefix(PascalPart):
    """A block of 16 addresses that a network interface holds."""

    ipv4_prefix: Identifier = ""


class NetworkInterface(PascalFact):
    """A network interface in a subnet that workloads use: what holds its addresses."""

    identity_field: ClassVar[str] = "network_interface_id"

    network_interface_id: Identifier = ""
    subnet_id: Identifier = ""
    vpc_id: Identifier | None = None
    interface_type: Choice | None = None
    description: Text | None = None
    private_ip_addresses: tuple[PrivateAddress, ...] = ()
    ipv4_prefixes: tuple[Prefix, ...] = ()

    @property
    def held(self) -> Iterator[str]:
        """Every address and block that it holds."""
        yield from (each.private_ip_address for each in self.private_ip_addresses)
        yield from (each.ipv4_prefix for each in self.ipv4_prefixes)


class InstanceProfileReference(PascalPart):
    """The instance profile of an instance."""

    arn: Identifier = ""


class Instance(PascalFact):
    """An EC2 instance that is (or was) a container instance."""

    identity_field: ClassVar[str] = "instance_id"

    instance_id: Identifier = ""
    instance_type: Choice | None = None
    architecture: Choice | None = None
    instance_lifecycle: Choice | None = None
    subnet_id: Identifier | None = None
    vpc_id: Identifier | None = None
    private_ip_address: Identifier | None = None
    iam_instance_profile: InstanceProfileReference | None = None
    state: IdentifierTree = Field(default_factory=dict)


_BLOCK = 16
"""Addresses of a prefix that the VPC CNI takes (a /28)."""


def free_blocks(cidr: str, held: Iterable[str]) -> int:
    """How many blocks of 16 addresses of a subnet nothing holds: ``held`` are addresses and blocks within it.

    AWS itself holds the first four addresses of a subnet and the last one
    (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).

    Raises:
        ValueError: something is no address.
    """
    network = ipaddress.IPv4Network(cidr)
    if network.num_addresses < _BLOCK:
        return 0
    start, blocks = int(network.network_address), network.num_addresses // _BLOCK
    taken = {0, blocks - 1}
    for each in held:
        taken.add((int(ipaddress.IPv4Network(each, strict=False).network_address) - start) // _BLOCK)
    return blocks - len(taken & set(range(blocks)))


def is_private(address: str) -> bool:
    """Whether an address or CIDR is of RFC 1918 or of the shared range 100.64.0.0/10 (RFC 6598)."""
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError:
        return False
    return network.version == 4 and any(network.subnet_of(each) for each in _PRIVATE)


_PRIVATE = tuple(
    ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
