"""Writes evaluated properties as documents in AWS API terms: field names, kinds of leaves, lines, what is unresolved.

CloudFormation writes every field in Pascal case; the models know how the service's API writes it, and whether a leaf
names a resource (then a reference becomes its identity) or is a text (then it stays a placeholder).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Annotated, Any, Protocol, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from assess.estate.documents import Shape
from assess.estate.facts import Leaf, PascalFact, PascalPart, pointer
from assess.readers.cloudformation.values import Hidden, Piece, Reference, Text, Unknown, Value

_Steps = tuple[str | int, ...]


class Naming(Protocol):
    """What is known of the resources and secrets that a text refers to."""

    @property
    def partition(self) -> str:
        """The partition in identities."""

    def identity(self, to: Reference) -> str | None:
        """What stands for a reference where a field names a resource; none where only AWS knows it."""

    def told(self, to: Reference) -> str | None:
        """What a reference comes to, where the template tells it."""

    def hide(self, secret: Hidden) -> str:
        """What stands for a secret."""


@dataclass(slots=True)
class Written:
    """A document as it goes to the estate's builder."""

    document: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    unresolved: dict[str, str] = field(default_factory=dict)


def write(members: Mapping[str, Value], line: int, model: type[BaseModel], naming: Naming) -> Written:
    """The document of a resource whose properties are evaluated, in the words of its model."""
    writer = _Writer(naming)
    writer.written.lines[""] = line
    writer.written.document = writer.members(members, model, ())
    return writer.written


@dataclass(slots=True)
class _Writer:
    naming: Naming
    written: Written = field(default_factory=Written)

    def members(self, members: Mapping[str, Value], model: type[BaseModel], steps: _Steps) -> dict[str, Any]:
        fields = fields_of(model)
        is_camel = not issubclass(model, PascalPart | PascalFact)
        found: dict[str, Any] = {}
        for name, value in members.items():
            alias, annotation = fields.get(name.lower(), (_camel(name) if is_camel else name, Any))
            if not value.is_absent and alias not in found:
                found[alias] = self.value(value, annotation, (*steps, alias), is_camel=is_camel)
        return found

    def value(self, value: Value, annotation: Any, steps: _Steps, *, is_camel: bool) -> Any:
        self.written.lines[pointer(*steps)] = value.line
        kind, shape = _read(annotation)
        is_model = isinstance(shape, type) and issubclass(shape, BaseModel)
        if isinstance(value.value, dict):
            item = get_args(shape)[0] if get_origin(shape) is tuple else shape
            _, inner = _read(item)
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                return self.members(value.value, inner, steps)
            return self.mapping(value.value, annotation, kind, shape, steps, is_camel=is_camel)
        if isinstance(value.value, list):
            return self.list(value.value, annotation, shape, steps, is_camel=is_camel)
        if isinstance(value.value, Text):
            return self.text(value.value.pieces, steps, names=kind in (Leaf.IDENTIFIER, Leaf.CHOICE))
        if shape is str and isinstance(value.value, bool):
            return "true" if value.value else "false"
        if (shape is str or is_model) and isinstance(value.value, int | float):
            return str(value.value)
        return value.value

    def mapping(
        self,
        members: Mapping[str, Value],
        annotation: Any,
        kind: Leaf | None,
        shape: Any,
        steps: _Steps,
        *,
        is_camel: bool,
    ) -> dict[str, Any]:
        """An object without a model: names within it are AWS's own in a tree of identifiers, else people's."""
        inner: Any = annotation if kind is Leaf.IDENTIFIER or get_origin(shape) is not Mapping else get_args(shape)[1]
        own = is_camel and (kind is Leaf.IDENTIFIER or shape is Any)
        found: dict[str, Any] = {}
        for name, value in members.items():
            key = _camel(name) if own else name
            if not value.is_absent:
                found[key] = self.value(value, inner, (*steps, key), is_camel=is_camel)
        return found

    def list(self, items: Sequence[Value], annotation: Any, shape: Any, steps: _Steps, *, is_camel: bool) -> list[Any]:
        item = get_args(shape)[0] if get_origin(shape) is tuple else annotation
        _, inner = _read(item)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            # a placeholder among objects is left out in the end: behind them, so that no index changes
            items = sorted(items, key=lambda each: not isinstance(each.value, dict))
        items = [each for each in items if not each.is_absent]
        return [self.value(each, item, (*steps, index), is_camel=is_camel) for index, each in enumerate(items)]

    def text(self, pieces: Sequence[Piece], steps: _Steps, *, names: bool) -> str:
        written, is_open = written_as(pieces, self.naming, names=names)
        if is_open:
            self.written.unresolved[pointer(*steps)] = written
        return written


def written_as(pieces: Sequence[Piece], naming: Naming, *, names: bool) -> tuple[str, bool]:
    """A text with what stands for its unknown pieces, and whether anything in it is not known.

    ``names`` says that the text names a resource: then identities stand for references.
    """
    found: list[str] = []
    is_open = False
    for each in pieces:
        match each:
            case str():
                found.append(each)
            case Hidden():
                found.append(naming.hide(each))
            case Reference():
                known = naming.told(each) or (naming.identity(each) if names else None)
                is_open |= known is None
                found.append(str(each) if known is None else known)
            case Unknown(text) if names and (of_arn := _in_arn("".join(found), text, naming)) is not None:
                found.append(of_arn)
            case _:
                is_open = True
                found.append(str(each))
    return "".join(found), is_open


def _in_arn(before: str, unknown: str, naming: Naming) -> str | None:
    """What stands in an identity for the template's own partition, region and account, where an ARN names them."""
    if before == "arn:" and unknown == "${AWS::Partition}":
        return naming.partition
    colons = {"${AWS::Region}": 3, "${AWS::AccountId}": 4}.get(unknown)
    return "" if before.startswith("arn:") and before.endswith(":") and before.count(":") == colons else None


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def fields_of(model: type[BaseModel]) -> Mapping[str, tuple[str, Any]]:
    """A model's fields by their name in lower case: the API's own name, and the type with its notes."""
    hints = get_type_hints(model, include_extras=True)
    return {
        (each.alias or name).lower(): (each.alias or name, hints[name]) for name, each in model.model_fields.items()
    }


@cache
def _read(annotation: Any) -> tuple[Leaf | None, Any]:
    """The kind of leaf that a type is annotated as, and the type without notes and ``| None``."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        kind, shape = _read(inner)
        for note in notes:
            if isinstance(note, Shape):
                return None, note.model
            if isinstance(note, Leaf):
                kind = note
        return kind, shape
    if get_origin(annotation) in (Union, UnionType):
        return _read(next(each for each in get_args(annotation) if each is not type(None)))
    return None, annotation
