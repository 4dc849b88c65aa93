"""Reads Amazon EC2: the instances behind ECS capacity, and the VPCs that workloads run in."""

import json
from collections.abc import Iterator
from typing import Any

from assess.collectors.interface import Collector, Document, Operation, Reader, batches, members, pages
from assess.estate.ecs import ContainerInstance, NetworkConfiguration, Service, Task
from assess.estate.network import Instance
from assess.estate.triggers import EcsParameters, EventRule, Pipe, Schedule


def _operation(name: str, key: str, size: int) -> Operation:
    return Operation(
        "ec2",
        name,
        f"ec2:{name}",
        answers=(key,),
        paging=pages(size, limit="MaxResults", token="NextToken"),
    )


DESCRIBE_INSTANCES = _operation("DescribeInstances", "Reservations", 1000)
DESCRIBE_SUBNETS = _operation("DescribeSubnets", "Subnets", 1000)
DESCRIBE_VPCS = _operation("DescribeVpcs", "Vpcs", 1000)
DESCRIBE_ROUTE_TABLES = _operation("DescribeRouteTables", "RouteTables", 100)
DESCRIBE_NAT_GATEWAYS = _operation("DescribeNatGateways", "NatGateways", 1000)
DESCRIBE_VPC_ENDPOINTS = _operation("DescribeVpcEndpoints", "VpcEndpoints", 1000)
DESCRIBE_SECURITY_GROUPS = _operation("DescribeSecurityGroups", "SecurityGroups", 1000)
DESCRIBE_NETWORK_ACLS = _operation("DescribeNetworkAcls", "NetworkAcls", 1000)
DESCRIBE_NETWORK_INTERFACES = _operation("DescribeNetworkInterfaces", "NetworkInterfaces", 1000)
DESCRIBE_VPC_ATTRIBUTE = Operation("ec2", "DescribeVpcAttribute", "ec2:DescribeVpcAttribute", answers=("VpcId",))
DESCRIBE_REGIONS = Operation("ec2", "DescribeRegions", "ec2:DescribeRegions", answers=("Regions",))
"""Not a collector's: it finds the regions where a scan is to look everywhere."""

_FILTER_VALUES = 200
"""The most values of one filter (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html)."""


def _filter(name: str, values: list[str]) -> list[Document]:
    return [{"Name": name, "Values": values}]


# --- instances --------------------------------------------------------------------------------------------------


def _read_instances(reader: Reader) -> None:
    ids = {each.ec2_instance_id for each in reader.facts(ContainerInstance)}

    def read(batch: list[str]) -> None:
        # a filter, since one id that is gone makes a call that names ids fail
        for reservation in reader.items(
            DESCRIBE_INSTANCES,
            "Reservations",
            lost=("ecs.container_instances",),
            Filters=_filter("instance-id", batch),
        ):
            for document in members(reservation, "Instances"):
                reader.add("instances", document)

    # instances outside EC2 (ECS Anywhere) are `mi-...`
    reader.each(read, batches(sorted(each for each in ids if each.startswith("i-")), _FILTER_VALUES))


INSTANCES = Collector(
    name="ec2.instances",
    title="instances",
    facts=("ecs.container_instances",),
    operations=(DESCRIBE_INSTANCES,),
    collect=_read_instances,
    after=("ecs.container_instances",),
)


# --- VPCs -------------------------------------------------------------------------------------------------------

_ALL = ("vpc.vpcs", "vpc.subnets", "vpc.routes", "vpc.endpoints", "vpc.security_groups", "vpc.nacls")


def _read_vpcs(reader: Reader) -> None:
    subnets_in_use = set(_subnets_in_use(reader))
    in_use = {each.vpc_id for each in reader.facts(Instance) if each.vpc_id}
    if not subnets_in_use and not in_use:
        return

    subnets = reader.items(DESCRIBE_SUBNETS, "Subnets", lost=_ALL)
    in_use |= {str(each["VpcId"]) for each in subnets if each.get("SubnetId") in subnets_in_use and each.get("VpcId")}
    for subnet in subnets:
        if subnet.get("VpcId") in in_use:
            reader.add("subnets", subnet)

    by_vpc = [_filter("vpc-id", batch) for batch in batches(sorted(in_use), _FILTER_VALUES)]

    def read(of: tuple[Operation, str, str, str, list[Document]]) -> None:
        operation, key, kind, fact, chosen = of
        # the one operation of EC2 that writes its filters in the singular
        filters: dict[str, Any] = {"Filter" if operation is DESCRIBE_NAT_GATEWAYS else "Filters": chosen}
        for document in reader.items(operation, key, lost=(fact,), **filters):
            more: Document = {}
            if kind == "vpcs":
                more = _dns(reader, str(document.get("VpcId")))
            elif kind == "vpc_endpoints":
                more = _policy(document)
            reader.add(kind, document | more)

    reader.each(read, [(*of, chosen) for of in _LISTS if reader.wants(of[3]) for chosen in by_vpc])


_LISTS = (
    (DESCRIBE_VPCS, "Vpcs", "vpcs", "vpc.vpcs"),
    (DESCRIBE_ROUTE_TABLES, "RouteTables", "route_tables", "vpc.routes"),
    (DESCRIBE_NAT_GATEWAYS, "NatGateways", "nat_gateways", "vpc.routes"),
    (DESCRIBE_VPC_ENDPOINTS, "VpcEndpoints", "vpc_endpoints", "vpc.endpoints"),
    (DESCRIBE_SECURITY_GROUPS, "SecurityGroups", "security_groups", "vpc.security_groups"),
    (DESCRIBE_NETWORK_ACLS, "NetworkAcls", "network_acls", "vpc.nacls"),
)


def _dns(reader: Reader, vpc: str) -> Document:
    found: Document = {}
    for attribute, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        answer = reader.get(DESCRIBE_VPC_ATTRIBUTE, lost=("vpc.vpcs",), resource=vpc, VpcId=vpc, Attribute=attribute)
        value = ((answer or {}).get(key) or {}).get("Value")
        if value is not None:
            found[key] = value
    return found


def _policy(endpoint: Document) -> Document:
    """The endpoint's policy, which EC2 writes as JSON in a string."""
    try:
        return {"PolicyDocument": json.loads(endpoint["PolicyDocument"])}
    except (KeyError, TypeError, ValueError):
        return {}


def _subnets_in_use(reader: Reader) -> Iterator[str]:
    for service in reader.facts(Service):
        yield from _subnets_named(service.network_configuration)
        for deployment in service.deployments:
            yield from _subnets_named(deployment.network_configuration)
        for task_set in service.task_sets:
            yield from _subnets_named(task_set.network_configuration)
    for task in reader.facts(Task):
        for attachment in task.unknown_fields.get("attachments") or ():
            details = attachment.get("details") or ()
            yield from (str(each.get("value")) for each in details if each.get("name") == "subnetId")
    for rule in reader.facts(EventRule):
        for target in rule.targets:
            yield from _subnets_of(target.ecs_parameters)
    for schedule in reader.facts(Schedule):
        yield from _subnets_of(schedule.target.ecs_parameters if schedule.target else None)
    for pipe in reader.facts(Pipe):
        yield from _subnets_of(pipe.ecs_parameters)


def _subnets_named(network: NetworkConfiguration | None) -> tuple[str, ...]:
    awsvpc = network.awsvpc_configuration if network is not None else None
    return awsvpc.subnets if awsvpc is not None else ()


def _subnets_of(parameters: EcsParameters | None) -> Iterator[str]:
    network: Any = (parameters.network_configuration if parameters else None) or {}
    # EventBridge and Scheduler both write `awsvpcConfiguration` with `Subnets` inside
    for configuration in network.values():
        yield from configuration.get("Subnets", ()) if hasattr(configuration, "get") else ()


VPC = Collector(
    name="vpc",
    title="VPCs",
    facts=_ALL,
    operations=(
        DESCRIBE_SUBNETS,
        DESCRIBE_VPCS,
        DESCRIBE_VPC_ATTRIBUTE,
        DESCRIBE_ROUTE_TABLES,
        DESCRIBE_NAT_GATEWAYS,
        DESCRIBE_VPC_ENDPOINTS,
        DESCRIBE_SECURITY_GROUPS,
        DESCRIBE_NETWORK_ACLS,
    ),
    collect=_read_vpcs,
    after=("ecs.services", "ecs.tasks", "events", "scheduler", "pipes", "ec2.instances"),
)


# --- interfaces -------------------------------------------------------------------------------------------------

_KEPT = ("NetworkInterfaceId", "SubnetId", "VpcId", "InterfaceType", "Description", "Ipv4Prefixes")


def _read_interfaces(reader: Reader) -> None:
    subnets = {*_subnets_in_use(reader), *(each.subnet_id for each in reader.facts(Instance) if each.subnet_id)}

    def read(batch: list[str]) -> None:
        for interface in reader.items(
            DESCRIBE_NETWORK_INTERFACES,
            "NetworkInterfaces",
            lost=("vpc.interfaces",),
            Filters=_filter("subnet-id", batch),
        ):
            addresses = [
                {"PrivateIpAddress": each.get("PrivateIpAddress")} for each in members(interface, "PrivateIpAddresses")
            ]
            kept = {key: interface[key] for key in _KEPT if key in interface}
            reader.add("network_interfaces", kept | {"PrivateIpAddresses": addresses})

    reader.each(read, batches(sorted(subnets), _FILTER_VALUES))


INTERFACES = Collector(
    name="vpc.interfaces",
    title="network interfaces",
    facts=("vpc.interfaces",),
    operations=(DESCRIBE_NETWORK_INTERFACES,),
    collect=_read_interfaces,
    after=("ecs.services", "ecs.tasks", "events", "scheduler", "pipes", "ec2.instances"),
)

COLLECTORS = (INSTANCES, VPC, INTERFACES)
