"""The door: no secret passes into the estate. Every string leaf of every document is read here, and the default is
to replace it.
"""

import hmac
import secrets
import threading
import time
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any

from pydantic import BaseModel

from assess.estate.documents import Shape
from assess.estate.facts import Leaf
from assess.estate.names import is_kept_tag, is_secret_name
from assess.estate.redaction import MARKER, Redaction, RedactionClass, length_band
from assess.estate.tokens import DEEPEST_NESTING, TokenReader, is_pair, name_beside

DETECTORS_VERSION = 3
"""Raised when the door or the detectors judge anything differently."""


class DoorError(Exception):
    """A document could not pass; says which model and what kind of error, never a value."""


class Door:
    """Lets documents in, with what may be a secret replaced by a marker.

    Equal texts get markers of one group. The groups are found by HMAC-SHA256 under a key of this door that is never
    written; their numbers are those of the order in which texts came, and so differ from run to run until
    :class:`~assess.estate.builder.EstateBuilder` numbers them anew. Threads may share a door.

    ``now`` (seconds since 1970) is the moment by which JWTs are judged expired; default: the clock's.
    """

    def __init__(self, *, now: float | None = None) -> None:
        self._key = secrets.token_bytes(32)
        self._groups: dict[bytes, int] = {}
        self._foreign: dict[tuple[int, int], int] = {}
        self._count = 0
        self._lock = threading.Lock()
        self._tokens = TokenReader(self._marker, time.time() if now is None else now)

    def admit(self, model: type[BaseModel], document: Any, *, batch: int | None = None) -> Any:
        """A copy of ``document`` in which every string leaf has passed, by the annotations of ``model``.

        Markers that stand in it already stay, with their group's number; with ``batch`` (the saved estate they are
        of) the number is made one of this door's. Raises DoorError.
        """
        return self._guarded(model.__name__, lambda: _model(model).admit(_Pass(self, batch), document, ""))

    def text(self, text: str, *, batch: int | None = None) -> str:
        """A text of which nothing is known, passed token by token. Raises DoorError."""
        passed = self._guarded("text", lambda: self._tokens.text(_Pass(self, batch).clean(text)))
        return str(passed)

    def secret(self, text: str, *, is_known: bool = True) -> str:
        """What stands for a text that its owner calls a secret; where it is not known, ``text`` only tells it apart."""
        return self._marker(RedactionClass.NAMED, "declared", text, None if is_known else 0)

    def _guarded(self, what: str, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - its message and its frames may hold what must not pass
            kind = type(error).__name__
        raise DoorError(f"{what}: {kind} at the door")

    def _marker(self, of: RedactionClass, detector: str, text: str, length: int | None = None) -> str:
        digest = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        with self._lock:
            group = self._groups.get(digest)
            if group is None:
                group = self._groups[digest] = self._next()
        return str(Redaction(of, detector, length_band(len(text) if length is None else length), group))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _local(self, batch: int, group: int) -> int:
        with self._lock:
            found = self._foreign.get((batch, group))
            if found is None:
                found = self._foreign[batch, group] = self._next()
        return found


class _Pass:
    """One document on its way in."""

    __slots__ = ("batch", "depth", "door", "paired", "tokens")

    def __init__(self, door: Door, batch: int | None) -> None:
        self.door = door
        self.batch = batch
        self.tokens = door._tokens
        self.paired = False
        self.depth = 0

    def clean(self, text: str) -> str:
        """The text without lone surrogates (no encoding can write them), its markers numbered by this door."""
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode("utf-8")
        if self.batch is not None and "(redacted:" in text:
            batch, local = self.batch, self.door._local

            def numbered(match: "typing.Any") -> str:
                of, detector, length, group = match.groups()
                return f"(redacted:{of}:{detector}:{length}:g{local(batch, int(group))})"

            text = MARKER.sub(numbered, text)
        return text

    def again(self, node: "_Node", passed: Any, name: str) -> Any:
        """What passed already, under what is left of its name: that may say something else than the whole did."""
        batch, self.batch = self.batch, None  # its markers have this door's numbers by now
        try:
            return node.admit(self, passed, name)
        finally:
            self.batch = batch

    def cleaned(self, value: Any, depth: int = 0) -> Any:
        """A JSON-like value with every text in it cleaned, cut where it is nested too deep."""
        if depth > DEEPEST_NESTING:
            return self.door._marker(RedactionClass.TEXT, "nesting", "")
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, Mapping):
            return {self.clean(str(key)): self.cleaned(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.cleaned(each, depth + 1) for each in value]
        if isinstance(value, bytes | bytearray):
            return value.decode("utf-8", "replace")
        return _utc(value)


class _Node:
    """How the values of one annotation pass."""

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        raise NotImplementedError


class _Anything(_Node):
    """A value of which the model says nothing."""

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if isinstance(value, str):
            return passing.tokens.value(name, passing.clean(value), paired=passing.paired)
        if value is None or isinstance(value, bool):
            return value
        return passing.tokens.anything(passing.cleaned(value), name)


class _Scalar(_Node):
    """A number, a boolean or a moment; a text in its place is of a template."""

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if value is None or isinstance(value, int | float):
            return value
        if isinstance(value, datetime | date):
            return _utc(value)
        return _ANYTHING.admit(passing, value, name)


class _LeafNode(_Node):
    def __init__(self, kind: Leaf) -> None:
        self.kind = kind

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if isinstance(value, str):
            return self.text(passing, passing.clean(value), name)
        if value is None:
            return None
        if isinstance(value, bool):
            return self.text(passing, "true" if value else "false", name)
        if isinstance(value, int | float | Decimal):
            return self.text(passing, f"{value:g}" if isinstance(value, float) else str(value), name)
        if isinstance(value, list | tuple):
            return self.several(passing, value, name)
        return _ANYTHING.admit(passing, value, name)

    def several(self, passing: _Pass, values: Sequence[Any], name: str) -> list[Any]:
        if self.kind is Leaf.TEXT and not name and all(isinstance(each, str) for each in values):
            return passing.tokens.arguments([passing.clean(each) for each in values])
        return [self.admit(passing, each, name) for each in values]

    def text(self, passing: _Pass, text: str, name: str) -> str:
        tokens = passing.tokens
        match self.kind:
            case Leaf.IDENTIFIER:
                return tokens.identifier(text)
            case Leaf.CHOICE:
                return tokens.choice(text)
            case Leaf.POINTER:
                return "/".join(_escaped(tokens.key(_unescaped(step))) if step else "" for step in text.split("/"))
            case Leaf.TAG if is_kept_tag(name) and not is_secret_name(name):
                return tokens.identifier(text)
        return tokens.value(name, text, paired=passing.paired)


class _List(_Node):
    def __init__(self, member: _Node) -> None:
        self.member = member

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if not isinstance(value, list | tuple):
            return self.member.admit(passing, value, name)
        if isinstance(self.member, _LeafNode):
            return self.member.several(passing, value, name)
        before = passing.paired
        passing.paired = before or is_pair(_values(value))
        passed = [self.member.admit(passing, each, name) for each in value]
        passing.paired = before
        return passed


class _Map(_Node):
    def __init__(self, keys: _Node | None, values: _Node) -> None:
        self.keys = keys
        self.values = values

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if not isinstance(value, Mapping):
            return self.values.admit(passing, value, name)
        if passing.depth >= DEEPEST_NESTING:
            return passing.door._marker(RedactionClass.TEXT, "nesting", "")
        before, passing.paired = passing.paired, passing.paired or is_pair(value.values())
        passing.depth += 1
        passed: dict[str, Any] = {}
        for raw, each in value.items():
            name, kept = str(raw), self.key(passing, str(raw))
            passed[kept] = self.under(name).admit(passing, each, name)
            if kept != name:
                passed[kept] = passing.again(self.under(kept), passed[kept], kept)
        passing.depth -= 1
        passing.paired = before
        return passed

    def under(self, key: str) -> _Node:
        """A credential's name wins over what the annotation says of all values."""
        is_name = isinstance(self.values, _LeafNode) and self.values.kind in (Leaf.IDENTIFIER, Leaf.CHOICE)
        return _ANYTHING if is_name and is_secret_name(key) else self.values

    def key(self, passing: _Pass, key: str) -> str:
        if self.keys is not None:
            return str(self.keys.admit(passing, key, ""))
        return passing.tokens.key(passing.clean(key))


class _Tree(_Node):
    """Names at any depth, save what stands under a credential's name."""

    def __init__(self, leaf: _LeafNode) -> None:
        self.leaf = leaf

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if isinstance(value, str) and is_secret_name(name):
            return _ANYTHING.admit(passing, value, name)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping | list | tuple) and passing.depth >= DEEPEST_NESTING:
            return passing.door._marker(RedactionClass.TEXT, "nesting", "")
        passing.depth += 1
        try:
            if isinstance(value, Mapping):
                passed: dict[str, Any] = {}
                for key, each in value.items():
                    kept = passing.tokens.key(passing.clean(str(key)))
                    passed[kept] = self.admit(passing, each, str(key))
                    if kept != str(key):
                        passed[kept] = passing.again(self, passed[kept], kept)
                return passed
            if isinstance(value, list | tuple):
                return [self.admit(passing, each, name) for each in value]
        finally:
            passing.depth -= 1
        if isinstance(value, datetime | date):
            return str(value)
        return self.leaf.admit(passing, value, name)


class _Model(_Node):
    """An object of a model's fields; fields it does not know pass token by token."""

    def __init__(self) -> None:
        self.fields: dict[str, _Node] = {}
        self.is_named = False

    def admit(self, passing: _Pass, value: Any, name: str) -> Any:
        if isinstance(value, BaseModel):
            value = value.model_dump(by_alias=True, exclude_unset=True)
        if not isinstance(value, dict | Mapping):
            if isinstance(value, list | tuple):
                return [self.admit(passing, each, name) for each in value]
            return _ANYTHING.admit(passing, value, name)
        if passing.depth >= DEEPEST_NESTING:
            return passing.door._marker(RedactionClass.TEXT, "nesting", "")
        passing.depth += 1
        beside = self.beside(value) if self.is_named else ""
        left = passing.tokens.identifier(passing.clean(beside)) if beside else ""
        passed: dict[str, Any] = {}
        for raw, each in value.items():
            key = str(raw)
            node = self.fields.get(key) or self.fields.get(key.lower())
            if node is not None:
                passed[key] = node.admit(passing, each, beside)
                if left != beside:
                    passed[key] = passing.again(node, passed[key], left)
            else:
                kept = passing.tokens.key(passing.clean(key))
                passed[kept] = _ANYTHING.admit(passing, each, key)
                if kept != key:
                    passed[kept] = passing.again(_ANYTHING, passed[kept], kept)
        passing.depth -= 1
        return passed

    @staticmethod
    def beside(value: Mapping[Any, Any]) -> str:
        found = value.get("name")  # how ECS writes a variable; the long way is for tags and for other cases
        return found if isinstance(found, str) else name_beside(value) or ""


_ANYTHING = _Anything()
_SCALAR = _Scalar()


@cache
def _model(model: type[BaseModel]) -> _Model:
    return _compiled(model, {})


def _compiled(model: type[BaseModel], known: dict[type[BaseModel], _Model]) -> _Model:
    if model in known:
        return known[model]
    node = known[model] = _Model()
    hints = typing.get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        each = _node(hints[name], known)
        alias = field.alias or name
        node.fields[alias] = node.fields[name] = each
        node.fields.setdefault(alias.lower(), each)  # files write names in other cases too
        node.is_named |= isinstance(each, _LeafNode) and each.kind in (Leaf.ENVIRONMENT, Leaf.TAG)
    return node


def _node(annotation: Any, known: dict[type[BaseModel], _Model]) -> _Node:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _annotated(arguments[0], arguments[1:], known)
    if origin in (typing.Union, UnionType):
        inner = [each for each in arguments if each is not type(None)]
        return _node(inner[0], known) if len(inner) == 1 else _ANYTHING
    if isinstance(origin, type) and issubclass(origin, Mapping):
        values = _node(arguments[1], known)
        keys = _node(arguments[0], known) if typing.get_origin(arguments[0]) is typing.Annotated else None
        return _ANYTHING if isinstance(values, _Anything) and keys is None else _Map(keys, values)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _List(_node(arguments[0], known))
    if origin is typing.Literal:
        return _LeafNode(Leaf.CHOICE)
    if not isinstance(annotation, type):
        return _ANYTHING
    if issubclass(annotation, BaseModel):
        return _compiled(annotation, known)
    if issubclass(annotation, str):
        return _LeafNode(Leaf.TEXT)
    return _SCALAR if issubclass(annotation, int | float | date) else _ANYTHING


def _annotated(inner: Any, notes: tuple[Any, ...], known: dict[type[BaseModel], _Model]) -> _Node:
    for note in notes:
        if isinstance(note, Shape):
            return _compiled(note.model, known)
        if isinstance(note, Leaf):
            return _LeafNode(note) if inner is str else _Tree(_LeafNode(note))
    return _node(inner, known)


def _values(members: Sequence[Any]) -> list[Any]:
    """The values of a list of names and values, whatever the case of ``value``."""
    return [each.get("value", each.get("Value")) for each in members if isinstance(each, Mapping) and name_beside(each)]


def _utc(value: Any) -> Any:
    """Moments in UTC, so that the zone of the machine that looked does not show."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
