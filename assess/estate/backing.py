"""What every resource that backs a workload has in common: a name, addresses to reach it, groups that guard it."""

from typing import ClassVar, NamedTuple

from assess.estate.facts import PascalFact


class Address(NamedTuple):
    """A host name that leads to a resource; port 0 where AWS does not say it."""

    host: str
    port: int
    at: tuple[str | int, ...]
    """Steps to it in the resource's document."""
    reads_only: bool = False


class BackingService(PascalFact):
    """A resource that AWS runs and workloads use; it stays where it is when they move."""

    aws_service: ClassVar[str]
    """As its ARN names the service."""

    title_field: ClassVar[str] = ""
    """The field that holds the name its owner gave it."""
    backup_field: ClassVar[str] = ""
    """The field that says for how many days AWS keeps what it can restore; empty where no field does."""

    @property
    def title(self) -> str:
        """The name its owner gave it."""
        return str(getattr(self, self.title_field)) if self.title_field else ""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where it is reached; none for what is reached through its service's API."""
        return ()

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset()

    @property
    def network(self) -> str | None:
        """Id of the VPC that it stands in; none where it stands in none, or AWS does not say."""
        return None

    @property
    def is_restorable(self) -> bool | None:
        """Whether AWS can bring back an earlier state of its data; none where that was not read, or it holds none."""
        days = getattr(self, self.backup_field) if self.backup_field else None
        return None if days is None else bool(days > 0)
