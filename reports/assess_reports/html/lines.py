"""As many lines of a table or a list as somebody reads, and how many more there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST = 300
"""The JSON report has what is beyond."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines, and the number of those left out."""

    shown: Sequence[Any]
    left: int

    @classmethod
    def of(cls, lines: Sequence[Any], most: int = MOST) -> "Lines":
        """The first lines."""
        return cls(lines[:most], max(0, len(lines) - most))
