"""File systems of Amazon EFS that tasks mount, in its own terms."""

from typing import ClassVar

from assess.estate.documents import PolicyDocument
from assess.estate.facts import Choice, Identifier, PascalFact, PascalPart
from assess.estate.identity import Statement, statements_of


class MountTarget(PascalPart):
    """Where a file system can be reached: one for each zone."""

    mount_target_id: Identifier = ""
    subnet_id: Identifier | None = None
    vpc_id: Identifier | None = None
    availability_zone_name: Identifier | None = None
    life_cycle_state: Choice | None = None


class AccessPoint(PascalPart):
    """An entry into a file system; ``path`` is the folder that looks like its root from there."""

    access_point_id: Identifier = ""
    path: Identifier = "/"


class FileSystem(PascalFact):
    """A file system; mount targets, access points and the policy come from calls of their own.

    ``has_policy`` is absent where that call was not answered.
    """

    identity_field: ClassVar[str] = "file_system_id"

    file_system_id: Identifier = ""
    file_system_arn: Identifier | None = None
    name: Identifier | None = None
    encrypted: bool | None = None
    life_cycle_state: Choice | None = None
    mount_targets: tuple[MountTarget, ...] = ()
    access_points: tuple[AccessPoint, ...] = ()
    has_policy: bool | None = None
    policy: PolicyDocument | None = None

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones that it can be reached in."""
        return tuple(sorted({each.availability_zone_name or "" for each in self.mount_targets} - {""}))

    def path_of(self, access_point: str) -> str | None:
        """The folder of an access point, where it was read."""
        return next((each.path for each in self.access_points if each.access_point_id == access_point), None)

    @property
    def admits_by_role(self) -> bool | None:
        """Whether its policy names a role or the like by which it admits or turns away; none where it was not read."""
        if self.has_policy is None or (self.has_policy and self.policy is None):
            return None
        return any(_names_a_role(each) for each in statements_of(self.policy))


def _names_a_role(statement: Statement) -> bool:
    named = (*statement.principals.values(), *statement.not_principals.values())
    by_name = any(f":{kind}/" in each for names in named for each in names for kind in _IDENTITIES)
    keys = {key.lower().partition("/")[0] for _, key, _ in statement.conditions()}
    return by_name or not keys.isdisjoint({"aws:principalarn", "aws:principaltag", "aws:userid"})


_IDENTITIES = ("role", "assumed-role", "user")
