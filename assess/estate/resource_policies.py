"""Policies that resources have themselves, as far as they name roles that tasks use."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import ClassVar

from assess.estate.documents import PolicyDocument
from assess.estate.facts import Identifier, PascalFact
from assess.estate.identity import Statement, statements_of

PRINCIPAL_KEY = "aws:principalarn"
"""The condition key, in lower case, that names who asks."""


class ResourcePolicy(PascalFact):
    """The policy of a bucket, queue, topic, key or secret.

    ``policy`` holds the statements that name a role that tasks use, and of those who is named, the actions and the keys
    of conditions: no resources, no other values.
    """

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    policy: PolicyDocument | None = None

    @property
    def title(self) -> str:
        """What it is the policy of: ``s3 orders``, ``sqs letters``."""
        parts = self.arn.split(":", 5)
        return f"{parts[2]} {parts[5].removeprefix('secret:')}" if len(parts) > 5 else self.arn

    def naming(self, roles: frozenset[str]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Those of ``roles`` (ARNs) that a statement names, each with the steps to the statement."""
        for statement in statements_of(self.policy):
            for role in sorted(roles_named(statement, roles)):
                yield role, ("Policy", "Statement", statement.index)


def roles_named(statement: Statement, roles: frozenset[str]) -> frozenset[str]:
    """Those of ``roles`` (ARNs) that a statement of a resource's policy names, by more than a wildcard."""
    named = frozenset(_named(statement))
    found = named & roles
    loose = [each for each in named - found if _names_several(each)]
    if loose:
        found |= {role for role in roles for each in loose if _takes_in(each, role)}
    return found


def _names_several(principal: str) -> bool:
    """Whether a principal stands for sessions of a role, or for roles whose name has a certain shape."""
    if ":assumed-role/" in principal:
        return True
    return ":role/" in principal and bool(principal.rpartition("/")[2].strip("*?"))


def _takes_in(principal: str, role: str) -> bool:
    return f":assumed-role/{role.rpartition('/')[2]}/" in principal or fnmatchcase(role, principal)


def _named(statement: Statement) -> Iterator[str]:
    for names in (*statement.principals.values(), *statement.not_principals.values()):
        yield from names
    for _, key, values in statement.conditions():
        if key.lower() == PRINCIPAL_KEY:
            yield from values
