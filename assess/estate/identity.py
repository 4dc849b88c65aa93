"""IAM roles with what they may do and who may take them, in IAM's own terms."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from assess.estate.documents import PolicyDocument
from assess.estate.facts import Identifier, PascalFact, PascalPart, PascalTag, tags_of


class Policy(PascalPart):
    """A policy of a role: inline (``policy_arn`` empty) or attached; ``document`` is the parsed policy."""

    policy_name: Identifier = ""
    policy_arn: Identifier = ""
    document: PolicyDocument | None = None
    """Absent where the policy's text could not be read."""


class PermissionsBoundary(PascalPart):
    """The boundary of a role's permissions."""

    permissions_boundary_type: Identifier | None = None
    permissions_boundary_arn: Identifier = ""
    document: PolicyDocument | None = None
    """Absent where the policy's text could not be read."""


class Statement:
    """One statement of a policy, its one-or-many fields always as tuples, with its place in the document."""

    __slots__ = ("index", "policy", "raw")

    def __init__(self, raw: Mapping[str, Any], policy: Policy | None, index: int) -> None:
        self.raw = raw
        self.policy = policy
        self.index = index

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.raw.get("Effect") == "Allow"

    @property
    def denies(self) -> bool:
        """Whether the effect is Deny."""
        return self.raw.get("Effect") == "Deny"

    @property
    def actions(self) -> tuple[str, ...]:
        """Actions, as written."""
        return _many(self.raw.get("Action"))

    @property
    def not_actions(self) -> tuple[str, ...]:
        """All actions but these."""
        return _many(self.raw.get("NotAction"))

    @property
    def resources(self) -> tuple[str, ...]:
        """Resources, as written."""
        return _many(self.raw.get("Resource"))

    @property
    def not_resources(self) -> tuple[str, ...]:
        """All resources but these."""
        return _many(self.raw.get("NotResource"))

    @property
    def principals(self) -> dict[str, tuple[str, ...]]:
        """Principals by kind (``Service``, ``AWS``, ``Federated``); ``*`` stands for everybody."""
        return _by_kind(self.raw.get("Principal"))

    @property
    def not_principals(self) -> dict[str, tuple[str, ...]]:
        """All principals but these, as :attr:`principals`."""
        return _by_kind(self.raw.get("NotPrincipal"))

    def conditions(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Each condition: operator, key as written, values."""
        found = self.raw.get("Condition")
        for operator, keys in found.items() if isinstance(found, Mapping) else ():
            for key, values in keys.items() if isinstance(keys, Mapping) else ():
                yield str(operator), str(key), _many(values)


class Role(PascalFact):
    """An IAM role that a workload, an instance or a trigger uses.

    ``policies`` holds inline and attached policies; ``instance_profiles`` the ARNs of the profiles that hold it.
    """

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    role_name: Identifier = ""
    path: Identifier | None = None
    assume_role_policy_document: PolicyDocument | None = None
    policies: tuple[Policy, ...] = ()
    instance_profiles: tuple[Identifier, ...] = ()
    permissions_boundary: PermissionsBoundary | None = None
    max_session_duration: int | None = None
    tags: tuple[PascalTag, ...] = ()

    @property
    def name(self) -> str:
        """The role's name."""
        return self.role_name

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags by key."""
        return tags_of(self.tags)

    def statements(self) -> Iterator[Statement]:
        """Every statement of every policy whose text was read."""
        for policy in self.policies:
            yield from statements_of(policy.document, policy)

    def placed_statements(self) -> Iterator[tuple[tuple[str | int, ...], Statement]]:
        """Every statement of :meth:`statements` with the steps to it from the role's root, for evidence."""
        for index, policy in enumerate(self.policies):
            listed = isinstance((policy.document or {}).get("Statement"), list | tuple)
            at: tuple[str | int, ...] = ("Policies", index, "Document", "Statement")
            for statement in statements_of(policy.document, policy):
                yield ((*at, statement.index) if listed else at), statement

    def trust(self) -> Iterator[Statement]:
        """Every statement of the trust policy."""
        yield from statements_of(self.assume_role_policy_document)


def statements_of(document: Mapping[str, Any] | None, policy: Policy | None = None) -> Iterator[Statement]:
    """The statements of a policy document, which may hold one or a list."""
    found = (document or {}).get("Statement")
    listed = found if isinstance(found, list | tuple) else [found] if found else []
    for index, raw in enumerate(listed):
        if isinstance(raw, Mapping):
            yield Statement(raw, policy, index)


def _by_kind(principals: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(principals, Mapping):
        return {str(kind): _many(names) for kind, names in principals.items()}
    return {"*": _many(principals)} if principals else {}


def _many(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in value)
    return (str(value),)
