"""Which fields a document uses, and what stands in it that the field map does not know."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from assess.estate.ecs import CapacityProvider, Cluster, Service, TaskDefinition
from assess.estate.facts import Fact
from assess.estate.redaction import MARKER
from assess.estate.workloads import Workload
from assess.fields.field_map import Branch, EcsField, FieldMap, Shape, field_map

__all__ = ["FieldUse", "Stranger", "WorkloadFields", "strangers"]


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A field that a workload uses."""

    field: EcsField
    is_idle: bool
    """Whether it asks for nothing wherever it stands, so that there is nothing to carry over."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something that the field map does not know: a key, or a value that AWS is not known to list."""

    path: str
    """As in :class:`assess.fields.field_map.EcsField`."""
    steps: tuple[str | int, ...]
    """To the place in the document, from its root."""
    value: str | None = None
    """The value that is not listed; none where the key itself is not known."""


class WorkloadFields:
    """The fields of an estate's workloads; each task definition is walked once, however many run it."""

    def __init__(self, fields: FieldMap | None = None) -> None:
        self._walker = _Walker(fields or field_map())
        self._of_task: dict[int, tuple[TaskDefinition, dict[EcsField, bool]]] = {}
        self._known: dict[frozenset[tuple[EcsField, bool]], tuple[FieldUse, ...]] = {}

    def of(self, workload: Workload) -> tuple[FieldUse, ...]:
        """What its task definition and its service (with the PRIMARY deployment or task set) use.

        Each field once, sorted by path and shape. A field is used where it holds anything: not null, not empty. What
        a deployment only repeats of its service is left out, and a template's placeholder is a use like any other.
        Equal lists are the same object.
        """
        used: dict[EcsField, bool] = {}
        if workload.task_definition is not None:
            used |= self._task(workload.task_definition)
        if workload.service is not None:
            used |= self._service(workload.service)
        key = frozenset(used.items())
        found = self._known.get(key)
        if found is None:
            uses = (FieldUse(field, is_idle) for field, is_idle in used.items())
            found = tuple(sorted(uses, key=lambda each: (each.field.path, each.field.shape)))
            self._known[key] = found
        return found

    def _task(self, task: TaskDefinition) -> dict[EcsField, bool]:
        found = self._of_task.get(id(task))
        if found is None:
            used = self._walker.walk("TaskDefinition", task).used
            root = self._walker.fields.root("TaskDefinition")
            placeholders = (root.leaf_at(pointer) for pointer, text in task.origin.unresolved.items() if text)
            used |= {field: False for field in placeholders if field is not None}
            essential = root.leaf_at("/containerDefinitions/0/essential")
            if essential in used and len(task.container_definitions) == 1:
                used[essential] = True  # there is no other container whose end could matter
            found = self._of_task[id(task)] = (task, used)  # with the task, so that its id is not given again
        return found[1]

    def _service(self, service: Service) -> dict[EcsField, bool]:
        running = {
            "deployments": tuple(each for each in service.deployments if each.status == "PRIMARY"),
            "task_sets": tuple(each for each in service.task_sets if each.status == "PRIMARY"),
        }
        used = self._walker.walk("Service", service.model_copy(update=running)).used
        paths = {each.path for each in used}
        return {field: is_idle for field, is_idle in used.items() if field.same_as not in paths}


def strangers(
    fact: TaskDefinition | Service | Cluster | CapacityProvider, fields: FieldMap | None = None
) -> list[Stranger]:
    """What stands in a document that the field map does not know, in the document's order.

    Case does not matter. In a file, comments, template statements and placeholders are none.
    """
    found = _Walker(fields or field_map()).walk(_SHAPES[type(fact)], fact).strangers
    return found if fact.origin.source is None else [each for each in found if not _is_of_the_file(fact, each)]


_SHAPES: Mapping[type[Fact], Shape] = {
    TaskDefinition: "TaskDefinition",
    Service: "Service",
    Cluster: "Cluster",
    CapacityProvider: "CapacityProvider",
}

_NAME = re.compile(r"(?!comments?$|notes?$)[A-Za-z][A-Za-z0-9_-]*", re.IGNORECASE)
"""A key of a file that is meant for ECS: neither ``_comment``, ``//`` and ``$schema`` nor ``{{ name }}``."""


def _is_of_the_file(fact: Fact, stranger: Stranger) -> bool:
    key = str(stranger.steps[-1])
    is_note = stranger.value is None and MARKER.fullmatch(key) is None and _NAME.fullmatch(key) is None
    return is_note or fact.is_unresolved(*stranger.steps)


@dataclass(slots=True)
class _Seen:
    used: dict[EcsField, bool]
    strangers: list[Stranger]


class _Walker:
    """Walks documents along the map; remembers for each model at each place which attributes lead where."""

    def __init__(self, fields: FieldMap) -> None:
        self.fields = fields
        self._plans: dict[tuple[type[BaseModel], Branch], tuple[tuple[str, str, Branch | None], ...]] = {}

    def walk(self, shape: Shape, fact: Fact) -> _Seen:
        seen = _Seen({}, [])
        self._object(self.fields.root(shape), fact, (), seen)
        return seen

    def _plan(self, model: type[BaseModel], branch: Branch) -> tuple[tuple[str, str, Branch | None], ...]:
        """The model's attributes: its name, ECS's name, and what the map knows of it."""
        found = self._plans.get((model, branch))
        if found is None:
            named = ((name, field.alias or name) for name, field in model.model_fields.items() if name != "origin")
            found = tuple((name, alias, branch.child(alias)) for name, alias in named)
            self._plans[model, branch] = found
        return found

    def _object(self, branch: Branch, value: BaseModel, steps: tuple[str | int, ...], seen: _Seen) -> None:
        members = value.__dict__
        for name, alias, child in self._plan(type(value), branch):
            held = members[name]
            if held is not None and held not in ("", ()):
                self._member(branch, alias, child, held, steps, seen)
        if value.model_extra:
            self._mapping(branch, value.model_extra, steps, seen)

    def _mapping(self, branch: Branch, value: Mapping[str, Any], steps: tuple[str | int, ...], seen: _Seen) -> None:
        for name, held in value.items():
            self._member(branch, name, branch.child(name), held, steps, seen)

    def _member(
        self, branch: Branch, name: str, child: Branch | None, value: Any, steps: tuple[str | int, ...], seen: _Seen
    ) -> None:
        if child is None:
            seen.strangers.append(Stranger(branch.path_of(name), (*steps, name)))
        elif child.field is not None:
            self._leaf(child.field, value, (*steps, name) if child.field.values else (), seen)
        else:
            self._inner(child, value, (*steps, name), seen)

    def _inner(self, branch: Branch, value: Any, steps: tuple[str | int, ...], seen: _Seen) -> None:
        if isinstance(value, BaseModel):
            self._object(branch, value, steps, seen)
        elif isinstance(value, Mapping):
            self._mapping(branch, value, steps, seen)
        elif isinstance(value, list | tuple):
            for index, each in enumerate(value):
                self._inner(branch, each, (*steps, index), seen)

    def _leaf(self, field: EcsField, value: Any, steps: tuple[str | int, ...], seen: _Seen) -> None:
        """Notes a use; ``steps`` may be left out where AWS lists no values."""
        if isinstance(value, list | tuple):
            for index, each in enumerate(value):
                self._leaf(field, each, (*steps, index) if steps else (), seen)
        elif value is not None and value not in ("", {}):
            is_idle = bool(field.idle) and _word(value) in field.idle
            seen.used[field] = is_idle and seen.used.get(field, True)
            if field.values and isinstance(value, str) and not field.lists(value):
                seen.strangers.append(Stranger(field.path, steps, value))


def _word(value: Any) -> str:
    """A value as the map writes it: AWS sends whole numbers as 100.0 where its type is a double."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
