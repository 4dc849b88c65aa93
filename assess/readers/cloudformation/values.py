"""What an expression of a template comes to: plain values, and texts with parts that are not known yet or at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from assess.readers.cloudformation.placeholders import reference


@dataclass(frozen=True, slots=True)
class Reference:
    """A ``Ref`` (no attribute) or a ``Fn::GetAtt`` of a resource of the template.

    ``home`` is the path of another template that declares the resource, and then ``local`` is what leads there in
    this one: the parameter that it is passed by, or the output.
    """

    logical_id: str
    attribute: str = ""
    home: str = ""
    local: str = ""

    def __str__(self) -> str:
        return reference(self.local) if self.home else reference(self.logical_id, self.attribute)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a template cannot tell, as the placeholder that stands for it."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Hidden:
    """The value of a parameter that is a secret (``NoEcho``); none where it has none."""

    name: str
    text: str | None

    def __str__(self) -> str:
        return reference(self.name)


Piece: TypeAlias = str | Reference | Unknown | Hidden


@dataclass(frozen=True, slots=True)
class Text:
    """A text of which at least one piece is no plain text."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class NoValue:
    """``AWS::NoValue``: the property or item is not there."""


Scalar: TypeAlias = str | int | float | bool | Text | NoValue | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value with the line (1-based) that it stands on, of an object's member the line of its name."""

    value: "Scalar | dict[str, Value] | list[Value]"
    line: int

    @property
    def members(self) -> "Mapping[str, Value]":
        """The members of an object; nothing for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Value]":
        """The items of a list; nothing for any other value."""
        return self.value if isinstance(self.value, list) else []

    @property
    def pieces(self) -> tuple[Piece, ...] | None:
        """The pieces of a text, a number or a boolean; none for anything else."""
        match self.value:
            case Text(pieces):
                return pieces
            case bool():
                return ("true" if self.value else "false",)
            case str() | int() | float():
                return (str(self.value),)
        return None

    @property
    def literal(self) -> str | None:
        """The text, where all of it is known and none of it secret."""
        pieces = self.pieces
        if pieces is None or not all(isinstance(each, str) for each in pieces):
            return None
        return "".join(str(each) for each in pieces)

    @property
    def known(self) -> str | None:
        """The text where all of it is known, secrets too: for conditions, which show no value."""
        found: list[str] = []
        for each in self.pieces if self.pieces is not None else (None,):
            text = each.text if isinstance(each, Hidden) else each
            if not isinstance(text, str):
                return None
            found.append(text)
        return "".join(found)

    @property
    def reference(self) -> Reference | None:
        """The one resource that the whole value refers to."""
        match self.value:
            case Text((Reference() as found,)):
                return found
        return None

    @property
    def is_absent(self) -> bool:
        """Whether it is ``AWS::NoValue`` or null."""
        return self.value is None or isinstance(self.value, NoValue)

    @property
    def is_unknown(self) -> bool:
        """Whether a placeholder stands for all of it, which may be a list or an object as well."""
        match self.value:
            case Text((Unknown(),)):
                return True
        return False


NO_VALUE: Final = NoValue()

LONGEST_TEXT = 64 * 1024
"""Characters of a text that is put together; a longer one becomes unknown."""


def text(pieces: Iterable[Piece], line: int) -> Value:
    """A text of pieces, plain where all of them are."""
    joined: list[Piece] = []
    for each in pieces:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += each
        elif each != "":
            joined.append(each)
    if not joined:
        return Value("", line)
    if len(joined) == 1 and isinstance(joined[0], str):
        return Value(joined[0], line)
    return Value(Text(tuple(joined)), line)


def unknown(placeholder: str, line: int) -> Value:
    """A value of which nothing is known."""
    return Value(Text((Unknown(placeholder),)), line)


def seen_from_outside(value: Value, home: str, local: str, line: int) -> Value | None:
    """A value of the template ``home`` as another one sees it; none where anything in it is not known."""
    if isinstance(value.value, dict):
        return None
    if isinstance(value.value, list):
        items = [seen_from_outside(each, home, local, line) for each in value.value]
        known = [each for each in items if each is not None]
        return Value(known, line) if len(known) == len(items) else None
    if value.pieces is None or any(isinstance(each, Unknown) for each in value.pieces):
        return None
    return text(
        (
            Reference(each.logical_id, each.attribute, each.home or home, local)
            if isinstance(each, Reference)
            else each
            for each in value.pieces
        ),
        line,
    )


def equal(first: Value, second: Value) -> bool | None:
    """Whether two values are the same; none where that cannot be known. Scalars are compared as their text."""
    if isinstance(first.value, dict) and isinstance(second.value, dict):
        if first.value.keys() != second.value.keys():
            return False
        return _all(equal(each, second.value[name]) for name, each in first.value.items())
    if isinstance(first.value, list) and isinstance(second.value, list):
        if len(first.value) != len(second.value):
            return False
        return _all(equal(one, other) for one, other in zip(first.value, second.value, strict=True))
    one, other = first.known, second.known
    if one is not None and other is not None:
        return one == other
    if first.pieces is not None and first.pieces == second.pieces:
        return True
    if first.is_absent or second.is_absent:
        return first.is_absent and second.is_absent
    if _may_be_anything(first) or _may_be_anything(second):
        return None
    return False


def _may_be_anything(value: Value) -> bool:
    return isinstance(value.value, Text)


def _all(outcomes: Iterable[bool | None]) -> bool | None:
    found = list(outcomes)
    if False in found:
        return False
    return None if None in found else True
