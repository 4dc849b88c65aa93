"""What every fact of an estate has in common: AWS's own field names, nothing lost, and where it was seen.

The annotations on a model's fields are also the declaration that the door works from: a leaf typed
``Identifier`` or ``Choice`` is kept as it is (unless a secret detector hits it), every other string leaf,
and every field that a model does not know, passes the door word by word.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal


class Leaf(Enum):
    """How the door treats a string leaf."""

    IDENTIFIER = "identifier"
    """A name or address that AWS or its owner gave: kept unless a detector hits it."""
    CHOICE = "choice"
    """One of a list that AWS keeps (unknown values too): kept when it has the shape of one."""
    ENVIRONMENT = "environment"
    """A value whose variable's name stands beside it (``name``/``value`` or ``key``/``value``)."""
    TAG = "tag"
    """The value of a tag whose key stands beside it."""
    TEXT = "text"
    """Anything else: passes token by token, and what is not known to be harmless is replaced."""
    POINTER = "pointer"
    """A JSON pointer: every step passes as the key of an object does."""


Identifier = Annotated[str, Leaf.IDENTIFIER]
Choice = Annotated[str, Leaf.CHOICE]
EnvironmentValue = Annotated[str, Leaf.ENVIRONMENT]
TagValue = Annotated[str, Leaf.TAG]
Text = Annotated[str, Leaf.TEXT]
Pointer = Annotated[str, Leaf.POINTER]
IdentifierTree = Annotated[Mapping[str, Any], Leaf.IDENTIFIER]
"""An object of AWS's own that holds names, numbers and choices only, at any depth."""


class Part(BaseModel):
    """A piece of an AWS document in AWS's own terms; fields it does not know are kept beside those it knows."""

    model_config = ConfigDict(
        frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True, protected_namespaces=()
    )

    @property
    def unknown_fields(self) -> dict[str, Any]:
        """Fields that AWS sent and this model does not name, as they came through the door."""
        return dict(self.model_extra or {})


class PascalPart(Part):
    """A piece of a document of an AWS service that writes ``FieldNames`` in Pascal case."""

    model_config = ConfigDict(alias_generator=to_pascal)


class Origin(BaseModel):
    """Where a fact was seen.

    ``account`` and ``region`` are empty where the input does not say (a task definition file), and ``region``
    is empty for global services. ``source`` is the file's path as it was given; ``lines`` maps JSON pointers
    within the fact's document to 1-based lines of that file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Identifier = ""
    region: Identifier = ""
    source: Identifier | None = None
    logical_id: Identifier | None = None
    """The name of the resource in its template; none where the source is no template."""
    lines: dict[Pointer, int] = Field(default_factory=dict)
    unresolved: dict[Pointer, Identifier] = Field(default_factory=dict)
    """Fields that hold a template's placeholder, by JSON pointer: what stands there (safe). Where a placeholder
    stands in place of a number, a boolean, a list or an object, the field itself is absent from the model."""

    def line(self, pointer: str) -> int | None:
        """The line of the field at ``pointer``, or of the nearest thing around it that has one."""
        while True:
            found = self.lines.get(pointer)
            if found is not None or not pointer:
                return found
            pointer = pointer.rpartition("/")[0]


class Evidence(BaseModel):
    """One place where something was seen: a resource or a file, a field in it, and the safe value there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """The resource's ARN (or id), or the path of the file."""
    line: int | None = None
    """1-based line of the file; none for what an API answered."""
    pointer: str = ""
    """JSON pointer (RFC 6901) within the resource's own document."""
    value: str | None = None


def pointer(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901) from its steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


class Fact(Part):
    """A resource as AWS or a file described it, with where that was."""

    origin: Origin = Field(default_factory=Origin, alias="@origin")

    identity_field: ClassVar[str] = "arn"

    @property
    def identity(self) -> str:
        """The resource's ARN, or the id that AWS knows it by."""
        return str(getattr(self, self.identity_field) or "")

    def is_unresolved(self, *steps: str | int) -> bool:
        """Whether a placeholder stands in the field reached by ``steps``, so that its absence says nothing."""
        return pointer(*steps) in self.origin.unresolved

    def evidence(self, *steps: str | int, value: str | None = None) -> Evidence:
        """The field reached by ``steps`` (AWS's field names and list indexes) as evidence.

        ``value`` defaults to what stands there when that is a single value.
        """
        at = pointer(*steps)
        if value is None:
            value = _leaf(self, steps)
        return Evidence(source=self.origin.source or self.identity, line=self.origin.line(at), pointer=at, value=value)


class PascalFact(Fact):
    """A resource of an AWS service that writes ``FieldNames`` in Pascal case."""

    model_config = ConfigDict(alias_generator=to_pascal)


class Tag(Part):
    """A tag as ECS writes it."""

    key: Identifier = ""
    value: TagValue = ""


class PascalTag(PascalPart):
    """A tag as most other services write it."""

    key: Identifier = ""
    value: TagValue = ""


def tags_of(tags: tuple[Tag, ...] | tuple[PascalTag, ...]) -> dict[str, str]:
    """Tags as a mapping of key to (safe) value; of equal keys the last wins, as in AWS."""
    return {tag.key: tag.value for tag in tags}


def _leaf(model: BaseModel, steps: tuple[str | int, ...]) -> str | None:
    at: Any = model
    for step in steps:
        at = _step(at, step)
        if at is None:
            return None
    if isinstance(at, bool):
        return "true" if at else "false"
    return str(at) if isinstance(at, str | int | float) else None


def _step(at: Any, step: str | int) -> Any:
    if isinstance(at, BaseModel):
        for name, field in _fields(type(at)):
            if step in (field, name):
                return getattr(at, name)
        return (at.model_extra or {}).get(str(step))
    if isinstance(at, dict):
        return at.get(step)
    if isinstance(at, list | tuple) and isinstance(step, int) and 0 <= step < len(at):
        return at[step]
    return None


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        yield name, field.alias or name
