"""Finds task definitions in a JSON file: plain, wrapped, recorded, in Pascal case, or only their containers."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from assess.estate.ecs import ContainerDefinition, TaskDefinition
from assess.estate.facts import Part, pointer
from assess.readers.json_text import Node


@dataclass(frozen=True, slots=True)
class Found:
    """A task definition as it is handed to the estate's builder."""

    kind: Literal["task_definition", "container_definitions"]
    document: Mapping[str, Any]
    """In ECS's own field names; always with a family."""
    lines: Mapping[str, int]
    """1-based line of each field and item, by JSON pointer within the document."""
    unresolved: Mapping[str, str]
    """Placeholders that stand without quotes, and what this kind of file leaves out, by JSON pointer."""
    facts: tuple[str, ...]


def task_definitions(document: Node, stem: str) -> list[Found]:
    """The task definitions of a file, in its order; ``stem`` names those that have no family. May be empty."""
    if other_kind(document):
        return []
    containers = _containers(document)
    if containers is not None:
        return [_of_containers(containers, stem)]
    return [_of_task(task, tags, stem) for task, tags in _tasks(document, None, _WRAPPINGS)]


def other_kind(document: Node) -> str | None:
    """What a file is that holds task definitions in a form which is not read here; none for anything else."""
    members = document.members
    resources = members.get("Resources")
    if resources is not None and any(
        str(each.members["Type"].value).startswith("AWS::")
        for each in resources.members.values()
        if "Type" in each.members
    ):
        return "a CloudFormation template"
    if "terraform_version" in members:
        return "a Terraform plan or state"
    return None


_WRAPPINGS = 3
"""Objects and arrays around a task definition that are looked into."""


def _tasks(node: Node, tags: Node | None, levels: int) -> Iterator[tuple[Node, Node | None]]:
    """Task definitions with the tags that stand beside them in a describe response."""
    containers = _member_named(node, "containerDefinitions")
    if containers is not None and isinstance(containers.value, list | str):
        yield node, tags
    elif levels:
        beside = _member_named(node, "tags")
        for name, member in node.members.items():
            yield from _tasks(member, beside if name.lower() == "taskdefinition" else None, levels - 1)
        for item in node.items:
            yield from _tasks(item, None, levels - 1)


def _member_named(node: Node, name: str) -> Node | None:
    """A member by its name, in whichever case it is written."""
    members = node.members
    return members.get(name) or next((each for key, each in members.items() if key.lower() == name.lower()), None)


_CONTAINER_FIELDS = frozenset((field.alias or name).lower() for name, field in ContainerDefinition.model_fields.items())
_ONLY_ECS = frozenset(
    {"essential", "portmappings", "memoryreservation", "logconfiguration", "mountpoints", "volumesfrom", "entrypoint"}
    | {"dependson", "firelensconfiguration", "linuxparameters", "environmentfiles", "readonlyrootfilesystem"}
    | {"dockerlabels", "ulimits", "starttimeout", "stoptimeout"}
)
"""Fields of a container, in lower case, that few other documents have."""


def _containers(node: Node) -> list[Node] | None:
    """The container definitions of a file that holds nothing else: an array of them, or one."""
    if node.members:
        return [node] if _is_container(node) else None
    objects = [each for each in node.items if not each.unquoted]
    if objects and all(_is_container(each) for each in objects):
        return node.items
    return None


def _is_container(node: Node) -> bool:
    names = {name.lower() for name in node.members}
    if not {"name", "image"} <= names:
        return False
    known = names & _CONTAINER_FIELDS - {"name", "image"}
    return bool(names & _ONLY_ECS) or (bool(known) and names <= _CONTAINER_FIELDS)


_ORIGIN = "@origin"
"""Where the estate notes a fact's place: a file does not say that about itself."""


def _of_task(task: Node, tags: Node | None, stem: str) -> Found:
    members = {name: member for name, member in task.members.items() if name != _ORIGIN}
    beside = {} if tags is None else {"tags": tags}
    task = _fitted(replace(task, value=beside | members), TaskDefinition)
    family = task.members.get("family")
    if family is None or not family.value:
        task = replace(task, value=task.members | {"family": Node(stem, task.line)})
    return _found("task_definition", task, {})


def _of_containers(containers: list[Node], stem: str) -> Found:
    line = containers[0].line
    task = Node({"family": Node(stem, line), "containerDefinitions": Node(containers, line)}, line)
    return _found("container_definitions", _fitted(task, TaskDefinition), {pointer(each): "" for each in _TASK_LEVEL})


_TASK_LEVEL = (
    "cpu",
    "enableFaultInjection",
    "ephemeralStorage",
    "executionRoleArn",
    "inferenceAccelerators",
    "ipcMode",
    "memory",
    "networkMode",
    "pidMode",
    "placementConstraints",
    "proxyConfiguration",
    "requiresCompatibilities",
    "runtimePlatform",
    "taskRoleArn",
    "volumes",
)
"""What a task definition may say and an array of container definitions cannot: open, as a placeholder's value is."""


def _found(kind: Literal["task_definition", "container_definitions"], task: Node, left_out: dict[str, str]) -> Found:
    places = [(pointer(*steps), node) for steps, node in task.walk()]
    return Found(
        kind=kind,
        document=_clean(task.plain()),
        lines={at: node.line for at, node in places},
        unresolved=left_out | {at: str(_clean(node.value)) for at, node in places if node.unquoted},
        facts=("ecs.task_definitions", *(("tags",) if "tags" in task.members else ())),
    )


def _clean(value: Any) -> Any:
    """A document that any JSON writer takes: no lone surrogates, no infinite numbers."""
    if isinstance(value, dict):
        return {_clean(name): _clean(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


# --- field names and texts as the model has them ----------------------------------------------------------------


def _fitted(node: Node, annotation: Any) -> Node:
    """The node with fields named as ECS names them, and numbers and booleans as text where ECS has text.

    Terraform and CloudFormation take field names in any case. Names within a mapping (labels, options) are people's
    own and stay as they are, as do fields that the model does not know.
    """
    shape = _shape(annotation)
    if isinstance(node.value, dict):
        if isinstance(shape, type) and issubclass(shape, Part):
            return replace(node, value=_named_as_in(shape, node.value))
        if get_origin(shape) is Mapping:
            values = get_args(shape)[1]
            return replace(node, value={name: _fitted(each, values) for name, each in node.value.items()})
    if isinstance(node.value, list) and get_origin(shape) is tuple:
        item = get_args(shape)[0]
        if isinstance(item, type) and issubclass(item, Part):
            # a placeholder among objects is left out in the end: behind them, so that no index changes
            return replace(node, value=[_fitted(each, item) for each in sorted(node.value, key=_is_no_object)])
        return replace(node, value=[_fitted(each, item) for each in node.value])
    if shape is str and isinstance(node.value, bool):
        return replace(node, value="true" if node.value else "false")
    if shape is str and isinstance(node.value, int | float):
        return replace(node, value=str(node.value))
    return node


def _is_no_object(node: Node) -> bool:
    return not isinstance(node.value, dict)


def _named_as_in(model: type[Part], members: Mapping[str, Node]) -> dict[str, Node]:
    fields = _fields(model)
    found: dict[str, Node] = {}
    for name, node in members.items():
        own_name, annotation = fields.get(name.lower(), (name, Any))
        if own_name == name or own_name not in members:
            found[own_name] = _fitted(node, annotation)
        else:  # the exact name is there as well, and counts
            found[name] = node
    return found


@cache
def _fields(model: type[Part]) -> Mapping[str, tuple[str, Any]]:
    """The model's fields by their name in lower case: ECS's own name, and the type."""
    named = ((field.alias or name, field.annotation) for name, field in model.model_fields.items())
    return {alias.lower(): (alias, annotation) for alias, annotation in named}


def _shape(annotation: Any) -> Any:
    """A type without ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return _shape(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _shape(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation
