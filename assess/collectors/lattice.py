"""Reads VPC Lattice: the target groups that ECS services register in, and the services that lead to those."""

from assess.collectors.interface import Collector, Operation, Reader, pages
from assess.collectors.trimming import trimmed
from assess.estate.ecs import Service
from assess.estate.lattice import LatticeService, LatticeTargetGroup


def _listing(name: str) -> Operation:
    return Operation("vpc-lattice", name, f"vpc-lattice:{name}", answers=("items",), paging=pages(100))


LIST_TARGET_GROUPS = _listing("ListTargetGroups")
LIST_SERVICES = _listing("ListServices")

_FACTS = ("lattice",)


def _read(reader: Reader) -> None:
    used = {
        str(each.get("targetGroupArn"))
        for service in reader.facts(Service)
        for deployment in service.deployments
        for each in deployment.vpc_lattice_configurations
    }
    if not used:
        return
    leading = set()
    for listed in reader.items(LIST_TARGET_GROUPS, "items", lost=_FACTS):
        if listed.get("arn") in used:
            leading |= set(listed.get("serviceArns") or ())
            reader.add("lattice_target_groups", trimmed(LatticeTargetGroup, listed))
    for listed in reader.items(LIST_SERVICES, "items", lost=_FACTS) if leading else ():
        if listed.get("arn") in leading:
            reader.add("lattice_services", trimmed(LatticeService, listed))


LATTICE = Collector(
    name="lattice",
    title="services of VPC Lattice",
    facts=_FACTS,
    operations=(LIST_TARGET_GROUPS, LIST_SERVICES),
    collect=_read,
    after=("ecs.services",),
)

COLLECTORS = (LATTICE,)
