"""Reads a template's YAML into the same nodes as JSON, its short-form intrinsics in the long form.

PyYAML's events are taken, not its documents: they carry the line of everything, and nothing is built that could be
large before it was counted. What YAML 1.1 makes of plain words is kept where CloudFormation relies on it (``true``,
``yes``, numbers, ``null``); dates, numbers with other forms, and every key stay the text that was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from assess.readers.json_text import JsonError, Node

MAX_DEPTH = 100
"""Levels of nesting that are read; a template has about fifteen."""

MAX_NODES = 500_000
"""Values that a document may have with its aliases written out; a template has 1 MB and 500 resources at most
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html)."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(JsonError):
    """The text is not YAML that can be read; ``line`` is 1-based. The message quotes nothing of the text."""


def parse(text: str) -> Node:
    """Reads the one document of a text.

    Raises:
        YamlError: it is not YAML, holds a key twice or more than one document, is nested too deeply, or its aliases
            make it too large.
    """
    try:
        return _Reader(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = text.count("\n") + 1
        raise YamlError(min(mark.line + 1, last) if mark else last, "it is not YAML that can be read") from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        raise YamlError(line, "it holds what YAML does not allow") from None


@dataclass(slots=True)
class _Open:
    """A mapping or a sequence that has begun and not ended."""

    line: int
    tag: str | None
    anchor: str | None
    members: dict[str, Node] | None = None
    """Of a mapping; none for a sequence."""
    items: list[Node] = field(default_factory=list)
    key: tuple[str, int] | None = None
    merged: list[Node] = field(default_factory=list)
    size: int = 1
    """Values in it, aliases written out."""


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def document(self) -> Node:
        for event in self.events:
            self.take(event, event.start_mark.line + 1)
        if self.root is None:
            raise YamlError(1, "it is empty")
        return self.root

    def take(self, event: Any, line: int) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise YamlError(line, "there is more than one YAML document")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(self.open) >= MAX_DEPTH:
                    raise YamlError(line, f"it is nested deeper than {MAX_DEPTH} levels")
                members: dict[str, Node] | None = {} if isinstance(event, yaml.MappingStartEvent) else None
                self.open.append(_Open(self.begin(line), event.tag, event.anchor, members))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                ended = self.open.pop()
                value = ended.items if ended.members is None else _merged(ended)
                self.add(_tagged(ended.tag, Node(value, ended.line), ended.line), ended.size, ended.anchor, line)
            case yaml.ScalarEvent():
                if self.awaits_key():
                    self.key(str(event.value), line)
                else:
                    line = self.begin(line)
                    node = Node(_scalar(str(event.value), event.tag, plain=event.implicit[0]), line)
                    self.add(_tagged(event.tag, node, line), 1, event.anchor, line)
            case yaml.AliasEvent():
                found = self.anchors.get(str(event.anchor))
                if found is None or self.awaits_key():
                    raise YamlError(line, "the alias cannot be read")
                self.add(*found, None, line)

    def begin(self, line: int) -> int:
        """The line of a value: of a mapping's member that of its key."""
        if self.awaits_key():
            raise YamlError(line, "the key is not text")
        top = self.open[-1] if self.open else None
        return top.key[1] if top is not None and top.key is not None else line

    def awaits_key(self) -> bool:
        top = self.open[-1] if self.open else None
        return top is not None and top.members is not None and top.key is None

    def key(self, name: str, line: int) -> None:
        top = self.open[-1]
        if top.members is not None and name in top.members:
            raise YamlError(line, f"the key is here twice: it is on line {top.members[name].line} too")
        top.key = (name, line)

    def add(self, node: Node, size: int, anchor: str | None, line: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if not self.open:
            self.root = node
            return
        top = self.open[-1]
        top.size += size
        if top.size > MAX_NODES:
            raise YamlError(line, f"it holds more than {MAX_NODES} values, its aliases written out")
        if top.members is None:
            top.items.append(node)
        elif top.key is not None:
            name, top.key = top.key[0], None
            if name == "<<" and (node.members or node.items):
                top.merged += [node] if node.members else node.items
            else:
                top.members[name] = node


def _merged(ended: _Open) -> dict[str, Node]:
    """The members of a mapping, and those that ``<<`` brings in and that it does not name itself."""
    members = dict(ended.members or {})
    for each in ended.merged:
        for name, node in each.members.items():
            members.setdefault(name, node)
    return members


def _tagged(tag: str | None, node: Node, line: int) -> Node:
    """A value with a short-form intrinsic as the object that the long form is."""
    if tag is None or not tag.startswith("!") or tag == "!":
        return node
    name = tag[1:]
    return Node({name if name in ("Ref", "Condition") else f"Fn::{name}": node}, line)


_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset(form for word in ("true", "yes", "on") for form in (word, word.title(), word.upper()))
_FALSE = frozenset(form for word in ("false", "no", "off") for form in (word, word.title(), word.upper()))
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")


def _scalar(text: str, tag: str | None, *, plain: bool) -> str | int | float | bool | None:
    if not plain or tag is not None:
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _WHOLE.fullmatch(text):
        return int(text)
    # a number that would not be written in the same way again (a version 1.10) stays a text
    return float(text) if _DECIMAL.fullmatch(text) and str(float(text)) == text else text
