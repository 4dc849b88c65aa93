"""Makes the documents of a template's resources: first as the table of types says, then service by service."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from assess.readers.cloudformation.placeholders import reference
from assess.readers.cloudformation.stack import Declared, Stack, reference_to
from assess.readers.cloudformation.values import Value


@dataclass(slots=True)
class Draft:
    """A document of an estate's list that is being made of a resource."""

    kind: str
    resource: Declared
    members: dict[str, Value]
    unresolved: dict[str, str] = field(default_factory=dict)
    """What is unresolved beside what stands in the members, by JSON pointer."""

    def put(self, path: str, value: Value | None) -> None:
        """Sets the field that a path (``Endpoint/Port``, ``CacheNodes/0``) leads to; an absent value sets nothing.

        ``-`` for an index appends.
        """
        if value is None or value.is_absent:
            return
        first, *rest = path.split("/")
        self.members[first] = _set(self.members.get(first), rest, value)


@dataclass(slots=True)
class Loss:
    """Something that a resource refers to and that the template does not hold: a fact is not known of it."""

    resource: str
    fact: str


class Drafts:
    """All documents of a template while they are being made."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.drafts: list[Draft] = [_draft(each, each.row.kind) for each in stack.resources.values() if each.row.kind]
        self.losses: list[Loss] = []
        self.open: set[str] = set()
        """Facts that the template does not hold, whatever else it declares."""

    def of(self, *kinds: str) -> Iterator[Draft]:
        """Documents of these lists of the estate."""
        return (each for each in self.drafts if each.kind in kinds)

    def made_of(self, resource: Declared | None) -> Draft | None:
        """The document of a resource."""
        if resource is None:
            return None
        return next((each for each in self.drafts if each.resource is resource), None)

    def meant(self, value: Value | None, *types: str) -> Draft | None:
        """The document of the resource that a value refers to."""
        return self.made_of(self.stack.meant(value, *types))

    def add(self, kind: str, resource: Declared, members: dict[str, Value]) -> None:
        """One more document that a resource makes."""
        self.drafts.append(Draft(kind, resource, members))

    def drop(self, draft: Draft) -> None:
        """Leaves out a document."""
        self.drafts.remove(draft)


def _draft(resource: Declared, kind: str) -> Draft:
    row, properties, line = resource.row, resource.properties, resource.line
    kept = properties if row.keeps is None else {name: properties[name] for name in row.keeps if name in properties}
    moved = {*row.renames, *row.wraps, row.name}
    draft = Draft(kind, resource, {name: value for name, value in kept.items() if name not in moved})
    for name, path in row.renames.items():
        draft.put(path, properties.get(name))
    for name, (path, inner) in row.wraps.items():
        draft.put(path, _wrapped(properties.get(name), inner))
    for path, attribute in row.known.items():
        draft.put(path, reference_to(resource, attribute))
    for path, which in row.gives.items():
        draft.put(path, Value(resource.part(which), _line(resource, which)))
        if which == "name" and not resource.is_named:
            is_open = "${" in resource.name
            draft.unresolved[f"/{path}"] = resource.name if is_open else reference(resource.logical_id)
    for path, fixed in row.fixed.items():
        draft.put(path, Value(fixed, line))
    for path, default in row.defaults.items():
        if path.lower() not in {name.lower() for name in draft.members}:
            draft.put(path, Value(default, line))
    return draft


def _line(resource: Declared, which: str) -> int:
    named = resource.properties.get(resource.row.name or "") if which == "name" else None
    return named.line if named is not None else resource.line


def _wrapped(listed: Value | None, name: str) -> Value | None:
    """A list of texts as a list of objects that hold each under a name; what is no list stays as it is."""
    if listed is None or not isinstance(listed.value, list):
        return listed
    return Value([Value({name: each}, each.line) for each in listed.items], listed.line)


def _set(at: Value | None, steps: list[str], value: Value) -> Value:
    if not steps:
        return value
    step, *rest = steps
    if step == "-" or step.isdecimal():
        items = list(at.items) if at is not None else []
        index = len(items) if step == "-" else min(int(step), len(items))
        items[index : index + 1] = [_set(items[index] if index < len(items) else None, rest, value)]
        return Value(items, at.line if at is not None else value.line)
    members = dict(at.members) if at is not None else {}
    members[step] = _set(members.get(step), rest, value)
    return Value(members, at.line if at is not None else value.line)
