"""Placeholders for what a template cannot tell: how they are written, and how they are found in a text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 120
"""Characters that a placeholder has between its braces; what is longer is cut."""

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.:@-]+")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]{1,255})(?:\.([A-Za-z0-9_.:-]{1,200}))?\}")


class Placeholder(NamedTuple):
    """A reference within a text: to a resource of the template, or to a parameter that has no value."""

    logical_id: str
    attribute: str
    """As ``Fn::GetAtt`` names it, or empty for a ``Ref``."""


def placeholders(text: str) -> Iterator[Placeholder]:
    """The references ``${LogicalId}`` and ``${LogicalId.Attribute}`` of a text, in order."""
    for match in _REFERENCE.finditer(text):
        yield Placeholder(match[1], match[2] or "")


def reference(logical_id: str, attribute: str = "") -> str:
    """How a ``Ref`` or a ``Fn::GetAtt`` is written: ``${Database.Endpoint.Address}``."""
    return f"${{{logical_id}.{attribute}}}" if attribute else f"${{{logical_id}}}"


def placeholder(what: str, *parts: object) -> str:
    """How anything else is written that cannot be known: ``${ImportValue:prod-VpcId}``."""
    inner = ":".join((what, *(str(part).replace("${", "").replace("}", "") for part in parts if part != "")))
    return f"${{{_FORBIDDEN.sub('-', inner)[:LONGEST]}}}"
