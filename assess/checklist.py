"""The readiness checklist: twenty items in the order in which every report shows them."""

from enum import StrEnum
from typing import NamedTuple


class Section(StrEnum):
    """The part of the report a checklist item stands in."""

    APPLICATIONS = "applications"
    DEPENDENCIES = "dependencies"
    AWS_SERVICES = "aws_services"
    TEAM = "team"
    RISK = "risk"
    MOVE = "move"


class _Item(NamedTuple):
    section: Section
    prefix: str
    label: str


class Checklist(StrEnum):
    """A checklist item; a rule belongs to exactly one, named by the first part of the rule's id."""

    STATELESSNESS = "statelessness"
    LIFECYCLE = "lifecycle"
    HEALTH = "health"
    POD_FIT = "pod_fit"
    RUNTIME = "runtime"
    ECS_COUPLING = "ecs_coupling"
    DEPENDENCIES = "dependencies"
    AWS_SERVICES = "aws_services"
    SKILLS = "skills"
    OWNERSHIP = "ownership"
    ROLLBACK = "rollback"
    NETWORKING = "networking"
    CAPACITY = "capacity"
    IDENTITY = "identity"
    MANIFESTS = "manifests"
    SERVICE_CONFIGURATION = "service_configuration"
    SECRETS = "secrets"
    INGRESS = "ingress"
    DELIVERY = "delivery"
    OBSERVABILITY = "observability"

    @property
    def section(self) -> Section:
        """The section that the item belongs to."""
        return _ITEMS[self].section

    @property
    def prefix(self) -> str:
        """The first part of the ids of the item's rules, such as ``STO``."""
        return _ITEMS[self].prefix

    @property
    def label(self) -> str:
        """The item as a reader sees it."""
        return _ITEMS[self].label


_ITEMS: dict[Checklist, _Item] = {
    Checklist.STATELESSNESS: _Item(Section.APPLICATIONS, "STO", "State and storage"),
    Checklist.LIFECYCLE: _Item(Section.APPLICATIONS, "LIF", "Start-up and shutdown"),
    Checklist.HEALTH: _Item(Section.APPLICATIONS, "HLT", "Health checks"),
    Checklist.POD_FIT: _Item(Section.APPLICATIONS, "POD", "Fits in a Pod"),
    Checklist.RUNTIME: _Item(Section.APPLICATIONS, "RUN", "Images and runtime"),
    Checklist.ECS_COUPLING: _Item(Section.APPLICATIONS, "ECS", "Coupling to ECS"),
    Checklist.DEPENDENCIES: _Item(Section.DEPENDENCIES, "DEP", "Dependencies"),
    Checklist.AWS_SERVICES: _Item(Section.AWS_SERVICES, "AWS", "AWS services in use"),
    Checklist.SKILLS: _Item(Section.TEAM, "SKL", "Kubernetes skills"),
    Checklist.OWNERSHIP: _Item(Section.TEAM, "OWN", "Ownership"),
    Checklist.ROLLBACK: _Item(Section.RISK, "RSK", "Risk and rollback"),
    Checklist.NETWORKING: _Item(Section.MOVE, "VPC", "Network for EKS"),
    Checklist.CAPACITY: _Item(Section.MOVE, "CAP", "Capacity and requests"),
    Checklist.IDENTITY: _Item(Section.MOVE, "IAM", "Identity and permissions"),
    Checklist.MANIFESTS: _Item(Section.MOVE, "MAN", "Manifests"),
    Checklist.SERVICE_CONFIGURATION: _Item(Section.MOVE, "SVC", "Service configuration"),
    Checklist.SECRETS: _Item(Section.MOVE, "SEC", "Secrets"),
    Checklist.INGRESS: _Item(Section.MOVE, "ING", "Load balancers and ingress"),
    Checklist.DELIVERY: _Item(Section.MOVE, "CIC", "CI/CD"),
    Checklist.OBSERVABILITY: _Item(Section.MOVE, "OBS", "Observability"),
}
