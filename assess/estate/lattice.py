"""VPC Lattice: services by name, and the target groups through which they reach ECS services."""

from typing import ClassVar

from assess.estate.dns import host_name
from assess.estate.facts import Choice, Fact, Identifier, Part


class LatticeName(Part):
    """The name that VPC Lattice gives to a service."""

    domain_name: Identifier = ""


class LatticeService(Fact):
    """A service of VPC Lattice that leads to ECS services (``vpc-lattice:ListServices``)."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    name: Identifier = ""
    status: Choice | None = None
    dns_entry: LatticeName | None = None
    custom_domain_name: Identifier | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that lead to it, as host names are compared."""
        own = self.dns_entry.domain_name if self.dns_entry is not None else ""
        return tuple(host_name(each) for each in (own, self.custom_domain_name or "") if each)


class LatticeTargetGroup(Fact):
    """A target group that ECS registers tasks in (``vpc-lattice:ListTargetGroups``)."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    name: Identifier = ""
    type: Choice | None = None
    vpc_identifier: Identifier | None = None
    service_arns: tuple[Identifier, ...] = ()
    """Services of VPC Lattice that forward requests to it."""
