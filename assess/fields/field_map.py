"""The field map: for every field that ECS describes, its place on Kubernetes and how the two differ.

``field_map.csv`` has a row for each leaf of the shapes that DescribeTaskDefinition, DescribeServices,
DescribeClusters and DescribeCapacityProviders answer with. A row with ``same_as`` stands for all leaves at or below
that other path of its shape, under its own path: a deployment repeats settings of its service.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Branch", "EcsField", "FieldMap", "FieldVerdict", "Shape", "field_map"]

Shape = Literal["TaskDefinition", "Service", "Cluster", "CapacityProvider"]
"""The ECS document that a field is of; tags of a task definition, which stand beside it, count as its own."""


class FieldVerdict(StrEnum):
    """What the move does with a field."""

    DIRECT = "direct"
    """Copied: it means the same."""
    TRANSFORM = "transform"
    """Translated by known rules."""
    REDESIGN = "redesign"
    """Somebody has to decide."""
    NO_EQUIVALENT = "no_equivalent"
    """No field does the same."""
    DROP = "drop"
    """Not needed on Kubernetes."""
    METADATA = "metadata"
    """State, or where something comes from: nothing to carry over."""


_Words = Annotated[str, Field(min_length=4)]


class EcsField(BaseModel):
    """A field of an ECS document, and what becomes of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: Shape
    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+(\[\]|\{\})?(\.[A-Za-z0-9]+(\[\]|\{\})?)*$")]
    """``containerDefinitions[].stopTimeout``: ``[]`` behind a list, ``{}`` behind a mapping of people's own keys."""
    same_as: str = ""
    """The path in the same shape that this one repeats."""
    verdict: FieldVerdict
    target: _Words
    """The field or object of Kubernetes that takes its place."""
    difference: _Words
    """How the behaviour differs, for a person to read."""
    ecs_default: str = ""
    """What ECS does without the field; empty where AWS does not say."""
    idle: frozenset[str] = frozenset()
    """Values that ask for nothing (``false``): with them there is nothing to carry over."""
    values: frozenset[str] = frozenset()
    """The values that AWS lists; empty where it lists none."""
    rule: Annotated[str, Field(pattern=r"^([A-Z]{3}(-[A-Z0-9]+)+)?$")] = ""
    """Id of the rule that judges the field, if any."""

    # the map holds each field once: it is itself and nothing else, which makes it a fast key
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def lists(self, value: str) -> bool:
        """Whether AWS lists a value; case does not matter."""
        return value in self.values or value.lower() in {each.lower() for each in self.values}

    @model_validator(mode="after")
    def _check_target(self) -> "EcsField":
        moves = self.verdict in (FieldVerdict.DIRECT, FieldVerdict.TRANSFORM)
        if moves and self.target == "none":
            raise ValueError(f"{self.shape} {self.path}: a field that is carried over needs a target")
        return self


class Branch:
    """A field that holds others, or a leaf: the map as a tree."""

    __slots__ = ("below", "field", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        """As in :class:`EcsField`; empty at the root."""
        self.field: EcsField | None = None
        """Of a leaf."""
        self.below: dict[str, Branch] = {}
        """By name and by name in lower case."""

    def child(self, name: str) -> "Branch | None":
        """What is known of a field by its name, in whichever case: files are read in any."""
        return self.below.get(name) or self.below.get(name.lower())

    def leaf_at(self, pointer: str) -> EcsField | None:
        """The field at a JSON pointer, or around it; none where the map ends or goes on."""
        at = self
        for step in pointer.split("/")[1:]:
            if at.field is not None:
                break
            if not step.isdecimal():
                found = at.child(step)
                if found is None:
                    return None
                at = found
        return at.field

    def path_of(self, name: str) -> str:
        """The path of a field in here."""
        return f"{self.path}.{name}" if self.path else name

    def add(self, field: EcsField) -> None:
        """Grows the tree by a leaf."""
        at = self
        for step in field.path.split("."):
            name = step.rstrip("[]{}")
            found = at.below.get(name)
            if found is None:
                found = at.below[name] = Branch(at.path_of(step))
                at.below.setdefault(name.lower(), found)
            at = found
        at.field = field


class FieldMap:
    """Every known field, as rows and as one tree for each shape."""

    def __init__(self, fields: Iterable[EcsField]) -> None:
        self.fields: Mapping[tuple[Shape, str], EcsField] = {(each.shape, each.path): each for each in fields}
        """By shape and path."""
        self._roots: dict[Shape, Branch] = {shape: Branch("") for shape in get_args(Shape)}
        for each in self.fields.values():
            self._roots[each.shape].add(each)

    def root(self, shape: Shape) -> Branch:
        """The tree of a shape."""
        return self._roots[shape]


@cache
def field_map() -> FieldMap:
    """The field map, read and checked once, when it is first asked for.

    Raises:
        ValueError: the data file is broken (pydantic.ValidationError is one).
    """
    text = resources.files(__name__.rpartition(".")[0]).joinpath("field_map.csv").read_text("utf-8")
    return FieldMap(_fields(csv.DictReader(text.splitlines())))


def _fields(rows: Iterable[Mapping[str, str]]) -> Iterator[EcsField]:
    own: dict[tuple[str, str], EcsField] = {}
    copies: list[tuple[str, str, str]] = []
    for row in rows:
        if row["same_as"]:
            copies.append((row["shape"], row["path"], row["same_as"]))
            continue
        field = EcsField.model_validate({**row, "idle": row["idle"].split(), "values": row["values"].split()})
        if (field.shape, field.path) in own:
            raise ValueError(f"{field.shape} {field.path} stands twice in the field map")
        own[field.shape, field.path] = field
    yield from own.values()
    for shape, path, original in copies:
        repeated = [each for each in own.values() if each.shape == shape and _is_at(each.path, original)]
        if not repeated:
            raise ValueError(f"{shape} {path} repeats {original}, which the field map does not know")
        for each in repeated:
            yield each.model_copy(update={"path": path + each.path.removeprefix(original), "same_as": each.path})


def _is_at(path: str, other: str) -> bool:
    """Whether a path is another or lies below it."""
    return path == other or path.startswith(f"{other}.")
