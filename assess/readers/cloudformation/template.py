"""Tells templates from other files, and takes one apart into its sections."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from assess.readers.cloudformation import yaml_text
from assess.readers.cloudformation.yaml_text import MAX_DEPTH
from assess.readers.errors import InputError
from assess.readers.json_text import JsonError, Node, parse

MAX_CHARACTERS = 2 * 1024 * 1024
"""Longest text that is read as a template: CloudFormation takes 1 MB
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html), and packaging shrinks."""

_HINT = re.compile(rb"AWSTemplateFormatVersion|Type[\"']?\s*:\s*[\"']?(?:AWS|Custom|Alexa)::")
_ECS = re.compile(rb"AWS::(?:ECS::(?:Service|TaskDefinition|TaskSet)|Serverless::|CloudFormation::Stack)")
_TYPE = re.compile(r"(?:AWS|Alexa|Custom|[A-Za-z0-9]+)::[A-Za-z0-9_@:-]+\Z")
_OPENS = re.compile(r"\s*\{")
_LOOP = "Fn::ForEach::"

_KNOWN_TRANSFORMS = ("AWS::Serverless-", "AWS::LanguageExtensions", "AWS::SecretsManager-", "AWS::CodeDeployBlueGreen")


def may_be_template(data: bytes) -> bool:
    """Whether the bytes of a file have a mark of a template."""
    return _HINT.search(data) is not None


def may_hide_workloads(data: bytes) -> bool:
    """Whether a template that cannot be read names resources that are workloads, or that may hold some."""
    return _ECS.search(data) is not None


@dataclass(frozen=True, slots=True)
class Hidden:
    """Resources that the template makes and that do not stand in it."""

    logical_id: str
    line: int
    message: str
    template: str | None = None
    """Where the template of a nested stack is, as it is written."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template's sections, not evaluated; ``resources`` are those with a type."""

    path: str
    parameters: Mapping[str, Node]
    mappings: Mapping[str, Node]
    conditions: Mapping[str, Node]
    resources: Mapping[str, Node]
    outputs: Mapping[str, Node]
    hidden: tuple[Hidden, ...] = field(default=())


def parse_template(path: str, text: str) -> Template | None:
    """The template that a file holds, in JSON or YAML; none where it holds something else.

    Raises:
        InputError: it is neither JSON nor YAML that can be read, or too large.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(path, f"the file is too large: it has more than {MAX_CHARACTERS} bytes")
    try:
        root = parse(text) if _OPENS.match(text) else yaml_text.parse(text)
    except JsonError as error:
        raise InputError(path, error.message, error.line) from None
    resources = root.members.get("Resources")
    if resources is None or not resources.members:
        return None
    typed = {name: node for name, node in resources.members.items() if _type(node)}
    if not any(_TYPE.match(_type(node)) for node in typed.values()) and not _made_elsewhere(resources):
        return None
    _bounded(path, root)
    sections = {name: node.members for name, node in root.members.items()}
    return Template(
        path=path,
        parameters={name: node for name, node in sections.get("Parameters", {}).items() if node.members},
        mappings=sections.get("Mappings", {}),
        conditions=sections.get("Conditions", {}),
        outputs=sections.get("Outputs", {}),
        resources=_with_globals(typed, sections.get("Globals", {})),
        hidden=(*_nested(typed), *_made_elsewhere(resources), *_macros(root)),
    )


def _type(node: Node) -> str:
    found = node.members.get("Type")
    return found.value if found is not None and isinstance(found.value, str) else ""


def _bounded(path: str, root: Node) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:
            raise InputError(path, f"it is nested deeper than {MAX_DEPTH} levels", level[0].line)
        # what an alias repeats is looked at once
        level = list({id(each): each for node in level for each in (*node.members.values(), *node.items)}.values())


def _nested(resources: Mapping[str, Node]) -> Iterator[Hidden]:
    for name, node in resources.items():
        kind = _type(node)
        given = node.members.get("Properties")
        members = given.members if given is not None else {}
        if kind in ("AWS::CloudFormation::Stack", "AWS::Serverless::Application"):
            metadata = node.members.get("Metadata")
            assets = metadata.members if metadata is not None else {}
            # where CDK wrote it, else where CloudFormation finds it
            place = assets.get("aws:asset:path") or members.get("TemplateURL") or members.get("Location")
            written = place.value if place is not None and isinstance(place.value, str) else None
            yield Hidden(name, node.line, "its resources are not read: the template is in another place", written)
        elif kind.endswith("::MODULE"):
            yield Hidden(name, node.line, "the resources of its type are not read: the template is in another place")


def _made_elsewhere(resources: Node) -> tuple[Hidden, ...]:
    return tuple(
        Hidden(name.removeprefix(_LOOP), node.line, "the resources of the loop are not read")
        if name.startswith(_LOOP)
        else Hidden(name, node.line, "its resources are not read: the template is in another place")
        for name, node in resources.members.items()
        if name.startswith((_LOOP, "Fn::Transform"))
    )


def _macros(root: Node) -> Iterator[Hidden]:
    given = root.members.get("Transform")
    for each in (given, *given.items) if given is not None else ():
        named = each.members.get("Name", each).value
        if isinstance(named, str) and not named.startswith(_KNOWN_TRANSFORMS):
            yield Hidden("Transform", each.line, "the template may have other resources: its code is not run")


def _with_globals(resources: Mapping[str, Node], sections: Mapping[str, Node]) -> Mapping[str, Node]:
    """Resources of the Serverless Application Model with what the template says of all of a type.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    if not sections:
        return resources
    found = {}
    for name, node in resources.items():
        shared = sections.get(_type(node).removeprefix("AWS::Serverless::"))
        if shared is not None and _type(node).startswith("AWS::Serverless::"):
            own = node.members.get("Properties")
            merged = _merged(shared, own) if own is not None else shared
            found[name] = replace(node, value={**node.members, "Properties": merged})
        else:
            found[name] = node
    return found


def _merged(shared: Node, own: Node) -> Node:
    if shared.members and own.members:
        names = {**shared.members, **own.members}
        value = {
            name: _merged(shared.members[name], own.members[name])
            if name in shared.members and name in own.members
            else node
            for name, node in names.items()
        }
        return replace(own, value=value)
    if isinstance(shared.value, list) and isinstance(own.value, list):
        return replace(own, value=[*shared.value, *own.value])
    return own
