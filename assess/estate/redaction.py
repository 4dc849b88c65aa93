"""The marker that stands where the door replaced something: what it says, how it is written and read."""

import itertools
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class RedactionClass(StrEnum):
    """What the door took the replaced text for."""

    TOKEN = "token"  # noqa: S105
    """A detector knows its format: a key, a private key block, a JWT."""
    USERINFO = "userinfo"
    """The password of a URL or of a connection string."""
    NAMED = "named"
    """The name beside it says credential, and the value is a literal that could be one."""
    WEAK = "weak"
    """The name says credential, and the value is a common default (``postgres``, ``admin``)."""
    PLACEHOLDER = "placeholder"
    """The name says credential, and the value says that somebody is to fill it in (``changeme``, ``${X}``)."""
    HARMLESS = "harmless"
    """The name says credential, but the value is of a kind that is none (a number, a boolean, an ARN, a path)."""
    TEXT = "text"
    """Nothing points at a secret; it is only not known to be harmless."""


class Redaction(NamedTuple):
    """A marker: ``length`` is a band of characters (``17-32``), ``group`` is equal for equal texts of an estate."""

    of: RedactionClass
    detector: str
    length: str
    group: int

    def __str__(self) -> str:
        return f"(redacted:{self.of.value}:{self.detector}:{self.length}:g{self.group})"


MARKER = re.compile(
    r"\(redacted:(token|userinfo|named|weak|placeholder|harmless|text):([a-z0-9-]{1,40})"
    r":([0-9]{1,4}(?:-[0-9]{1,4}|\+)?):g([0-9]{1,9})\)"
)

_BANDS = (0, 8, 16, 32, 64, 128, 256, 1024)


def length_band(length: int) -> str:
    """The band that a length in characters falls into: ``1-8``, ``9-16``, ... ``1025+``."""
    if length <= 0:
        return "0"
    for low, high in itertools.pairwise(_BANDS):
        if length <= high:
            return f"{low + 1}-{high}"
    return f"{_BANDS[-1] + 1}+"


def redactions_in(text: str) -> Iterator[Redaction]:
    """The markers in a text that passed the door, in order."""
    for match in MARKER.finditer(text):
        of, detector, length, group = match.groups()
        yield Redaction(RedactionClass(of), detector, length, int(group))
