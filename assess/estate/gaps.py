"""What an estate does not hold, and why: nothing that was not seen is ever taken for an answer."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from assess.estate.facts import Identifier, Text


class Reason(StrEnum):
    """Why an outcome is unknown; where several apply, the first in this order counts."""

    DENIED = "denied"
    ERROR = "error"
    NOT_COLLECTED = "not_collected"
    NO_DATA = "no_data"
    UNRESOLVED = "unresolved"
    WITHDRAWN = "withdrawn"
    NOT_IN_SOURCE = "not_in_source"
    UNANSWERED = "unanswered"

    @property
    def rank(self) -> int:
        """Place in the order; the lowest counts where several apply."""
        return _RANKS[self]

    @property
    def is_operators_move(self) -> bool:
        """Whether granting, retrying or widening the scan would answer: these count as failed in a score."""
        return self in (Reason.DENIED, Reason.ERROR, Reason.NOT_COLLECTED)


_RANKS = {each: rank for rank, each in enumerate(Reason)}


class Gap(BaseModel):
    """Something that was asked for and could not be read.

    ``facts`` are the facts that it takes away: of the one ``resource`` (ARN or id) where there is one, else of the
    whole account and region. ``enumeration`` says that workloads may be hidden: the scope is blind then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: Identifier
    """``service:Operation`` as AWS names it, or ``file`` for an input file."""
    action: Identifier | None
    """The IAM action that the call needs; none for a file."""
    account: Identifier
    region: Identifier
    resource: Identifier | None = None
    enumeration: bool = False
    reason: Reason
    facts: tuple[Identifier, ...] = ()
    error: Identifier
    """AWS's error code, or a short name such as ``Truncated``."""
    message: Text
    """One line for a person, without anything secret."""
    recovered: bool = False
    """Whether a fallback read the same facts: listed, but nothing is missing."""


class Seen(BaseModel):
    """A fact that was read in an account and region (``region`` is empty for global services)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: Identifier
    account: Identifier
    region: Identifier


class Missing(BaseModel):
    """Why a fact is missing for a subject, and what would answer it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str
    reason: Reason
    actions: tuple[str, ...] = ()
    """IAM actions that would read it."""
    question: str | None = None
    """The survey's question, where only people know."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What would answer it: the IAM actions, else the fact itself."""
        return self.actions or (self.fact,)
