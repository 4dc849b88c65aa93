"""What a report is: a named format that turns an assessment into text or bytes."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from assess.assessment import Assessment


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to render; formats ignore what does not concern them."""

    width: int = 80
    """Columns of the terminal."""
    color: bool = False
    """Whether terminal escapes may be used (NO_COLOR and pipes say no)."""
    verbosity: int = 0
    """0 the report; 1 and more: evidence of every finding."""


@runtime_checkable
class Report(Protocol):
    """A format; found through the entry-point group ``assess.reports``."""

    @property
    def name(self) -> str:
        """What ``--format`` takes."""

    @property
    def endings(self) -> tuple[str, ...]:
        """File name endings that ``-o`` knows it by, such as ``.md``; none for what is not written to files."""

    def render(self, assessment: Assessment, options: RenderOptions) -> str:
        """The whole report. Names, tags and values are hostile: they are escaped here, at the format's edge."""
