"""Reads files into an estate: saved estates, templates and task definitions, named one by one or as folders of them."""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath

from assess.errors import UserError
from assess.estate.builder import EstateBuilder
from assess.estate.door import DoorError
from assess.estate.estate import Estate, Scope, Source
from assess.estate.facts import Origin
from assess.estate.gaps import Gap, Reason
from assess.readers import files
from assess.readers.cloudformation.conversion import convert, stacks_of
from assess.readers.cloudformation.evaluation import PSEUDO_PARAMETERS
from assess.readers.cloudformation.linking import Links
from assess.readers.cloudformation.template import (
    Hidden,
    Template,
    may_be_template,
    may_hide_workloads,
    parse_template,
)
from assess.readers.errors import InputError
from assess.readers.json_text import JsonError, Node, parse
from assess.readers.paths import as_text, printable
from assess.readers.saved import kind_of, read_estate, read_saved
from assess.readers.task_definition import other_kind, task_definitions

__all__ = ["InputError", "read", "read_saved"]


def read(paths: Sequence[str], parameters: Mapping[str, str] | None = None) -> Estate:
    """The estate that files and folders hold; ``parameters`` are values of templates' parameters by name.

    A saved estate keeps its time; what is read from task definitions alone was collected at SOURCE_DATE_EPOCH where
    that is set, else now (UTC, whole seconds). Within a folder, files of other kinds are listed as skipped, and
    broken ones are gaps that may hide a workload.

    Raises:
        InputError: a named file cannot be used, or a folder holds nothing usable.
        UserError: no template that was read has a parameter of a name that is given.
    """
    reader = _Reader(parameters=parameters or {})
    for path in paths:
        found = files.status(path)
        if stat.S_ISDIR(found.st_mode):
            reader.folder(path)
        else:
            reader.file(path, found)
    return reader.estate()


_LOOKED_FOR = (
    "saved estates (.json, .json.gz), CloudFormation templates (.yaml, .json) and task definitions (.json, or a"
    " template of one)"
)
_ENDINGS = frozenset(
    {"json", "jsonc", "json5", "jsonnet", "tpl", "tmpl", "tftpl", "template", "j2", "jinja", "jinja2", "erb", "gotmpl"}
    | {"hbs", "mustache", "dist", "example", "sample", "in"}
)
_YAML = frozenset({"yaml", "yml"})
_OTHER_ENDINGS = frozenset({"tf", "tfplan", "tfstate"})


@dataclass(slots=True)
class _Reader:
    parameters: Mapping[str, str]
    builder: EstateBuilder = field(default_factory=EstateBuilder)
    estates: list[Estate] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    broken: list[InputError] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    read: set[tuple[int, int]] = field(default_factory=set)
    """Device and inode of every file read: what is named twice is read once."""

    def file(self, path: str, found: os.stat_result) -> None:
        """A file that the person named: it must be usable."""
        if not self.is_new(found):
            return
        kind = kind_of(path)
        if kind == "assessment":
            raise InputError(
                path, "this is a saved assessment, not an estate; `assess report` and `assess gate` take it"
            )
        if kind == "estate" or path.endswith(".gz"):
            self.estates.append(read_estate(path))
        else:
            data = files.content(path, found.st_size)
            text = files.text(path, data)
            if may_be_template(data) and self.template(path, text):
                return
            if _ending(path) in _YAML:
                raise InputError(path, f"this is not a CloudFormation template; read are {_LOOKED_FOR}")
            document = _parsed(path, text)
            if not self.document(path, document):
                other = other_kind(document) or "not a task definition"
                raise InputError(path, f"this is {other}; read are {_LOOKED_FOR}")

    def folder(self, folder: str) -> None:
        """Whatever is usable in a folder; at least one file must be."""
        usable, looked_at, broken = 0, 0, len(self.broken)
        unreadable: list[tuple[str, str]] = []
        for path in files.walk(folder, unreadable):
            if _ending(path) in _ENDINGS | _YAML | _OTHER_ENDINGS or path.endswith(".json.gz"):
                looked_at += 1
                usable += self.member(path)
        self.broken.extend(InputError(path, why) for path, why in unreadable)
        if not usable:
            found = "no such file" if not looked_at else f"{looked_at} of other kinds"
            first = f"; broken: {self.broken[broken]}" if len(self.broken) > broken else ""
            raise InputError(
                folder, f"there is nothing usable in this folder: looked for {_LOOKED_FOR}, found {found}{first}"
            )

    def member(self, path: str) -> bool:
        """A file of a folder: whether it is usable. Not ours is skipped, ours and broken is kept as such."""
        try:
            found = files.status(path)
        except InputError:  # a link that leads nowhere, a socket: not a file
            self.skipped.append(as_text(path))
            return False
        if not self.is_new(found):
            return True
        try:
            usable = self.is_ours(path, found)
        except InputError as error:
            self.broken.append(error)
            return False
        if not usable:
            self.skipped.append(as_text(path))
        return usable

    def is_ours(self, path: str, found: os.stat_result) -> bool:
        if not found.st_size or _ending(path) in _OTHER_ENDINGS:
            return False
        kind = kind_of(path)
        if kind == "estate":
            self.estates.append(read_estate(path))
            return True
        if kind == "assessment" or path.endswith(".gz"):
            return False
        if found.st_size > files.MAX_BYTES:
            return False
        data = files.content(path, found.st_size)
        probe = data.replace(b"\0", b"") if data.startswith(files.UTF_16) else data
        if may_be_template(probe):
            try:
                if self.template(path, files.text(path, data)):
                    return True
            except InputError:
                if may_hide_workloads(probe):
                    raise
                return False
        if _ending(path) in _YAML or not _HINT.search(probe):
            return False
        try:
            document = _parsed(path, files.text(path, data))
        except InputError:
            if _looks_like_a_task_definition(path, probe):
                raise
            return False
        return self.document(path, document)

    def is_new(self, found: os.stat_result) -> bool:
        identity = (found.st_dev, found.st_ino)
        if identity in self.read:
            return False
        self.read.add(identity)
        return True

    def document(self, path: str, document: Node) -> bool:
        """Takes the task definitions of a file; whether there are any."""
        found = task_definitions(document, _stem(path))
        name = as_text(path)
        for each in found:
            origin = Origin(source=name, lines=dict(each.lines), unresolved=dict(each.unresolved))
            try:
                self.builder.add("task_definitions", each.document, origin)
            except DoorError as error:
                raise InputError(path, str(error)) from None
        if found:
            facts = set.intersection(*(set(each.facts) for each in found))
            self.sources.append(Source(path=name, kind=found[0].kind, facts=tuple(sorted(facts))))
        return bool(found)

    def template(self, path: str, text: str) -> bool:
        """Takes the template that a file holds, to be worked out when all are there; whether there is one."""
        found = parse_template(path, text)
        if found is not None:
            self.templates.append(found)
        return found is not None

    def convert(self) -> None:
        """Adds the facts of the templates."""
        qualifiers = _qualifiers([each.path for each in self.templates])

        def hide(text: str, is_known: bool) -> str:
            return self.builder.secret(text, is_known=is_known)

        links = Links(self.templates, self.parameters)
        stacks = stacks_of(dict(zip(qualifiers, self.templates, strict=True)), links, hide)
        for template in self.templates:
            name = as_text(template.path)
            try:
                found = convert(stacks[template.path], name, self.builder.add)
            except DoorError as error:
                raise InputError(template.path, str(error)) from None
            aliases = {each: f"{as_text(to.home)}#{to.logical_id}" for each, to in found.aliases.items()}
            self.sources.append(Source(path=name, kind="template", facts=found.facts, open=found.open, aliases=aliases))
            for hidden in template.hidden:
                self.builder.gap(_hidden_gap(name, hidden, links.is_read(template.path, hidden.logical_id)))

    def check_parameters(self) -> None:
        """Whether each parameter that is given is one of some template's.

        Raises:
            UserError: one is not.
        """
        known = {name for each in self.templates for name in each.parameters}
        if self.templates:
            known |= PSEUDO_PARAMETERS
        for name in self.parameters:
            if name not in known:
                raise UserError(f"--parameter {printable(name)}: no template that was read has this parameter")

    def estate(self) -> Estate:
        """All that was read; a single saved estate stays as it is."""
        self.check_parameters()
        self.convert()
        if len(self.estates) == 1 and not (self.sources or self.broken or self.skipped):
            return self.estates[0]
        for each in self.estates:
            self.builder.include(each)
        for error in self.broken:
            self.builder.gap(_gap(error))
        own = Scope(sources=tuple(self.sources), skipped=tuple(self.skipped))
        scope = _joined([own, *(each.scope for each in self.estates)])
        return self.builder.build(collected_at=self.collected_at(), scope=scope)

    def collected_at(self) -> datetime:
        """The time of the latest saved estate; of files that tell none, now."""
        return max((each.collected_at for each in self.estates), default=None) or now()


def _joined(scopes: Sequence[Scope]) -> Scope:
    filters: dict[str, set[str]] = {}
    for scope in scopes:
        for name, values in scope.filters.items():
            filters.setdefault(name, set()).update(values)
    sources = {source.path: source for scope in scopes for source in scope.sources}
    return Scope(
        accounts=tuple(sorted({each for scope in scopes for each in scope.accounts})),
        regions=tuple(sorted({each for scope in scopes for each in scope.regions})),
        sources=tuple(sources[path] for path in sorted(sources)),
        filters={name: tuple(sorted(values)) for name, values in sorted(filters.items())},
        skipped=tuple(sorted({each for scope in scopes for each in scope.skipped})),
    )


def now() -> datetime:
    """The time that files are read at: SOURCE_DATE_EPOCH (seconds since 1970) where set, else now; whole seconds.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if re.fullmatch(r"[0-9]{1,11}", epoch):
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC).replace(microsecond=0)


_HINT = re.compile(rb"containerDefinitions|[\"']?image[\"']?\s*:", re.IGNORECASE)
_ONLY_TASK_DEFINITIONS = re.compile(
    rb"\"(?:containerDefinitions|portMappings|essential|memoryReservation|mountPoints)\"\s*:", re.IGNORECASE
)
_TEMPLATE = re.compile(rb"AWSTemplateFormatVersion|\"Type\"\s*:\s*\"AWS::")
_OPENS = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")


def _looks_like_a_task_definition(path: str, data: bytes) -> bool:
    """Whether a file that cannot be read hides a workload: by its fields, and its name's ending or its beginning."""
    is_json = path.lower().endswith(".json") or _OPENS.match(data) is not None
    other = _ending(path) == "jsonnet" or _TEMPLATE.search(data) is not None
    return is_json and not other and _ONLY_TASK_DEFINITIONS.search(data) is not None


def _parsed(path: str, text: str) -> Node:
    try:
        return parse(text)
    except JsonError as error:
        raise InputError(path, error.message, error.line) from None


def _gap(error: InputError) -> Gap:
    return Gap(
        api="file",
        action=None,
        account="",
        region="",
        resource=as_text(error.path),
        enumeration=True,
        reason=Reason.ERROR,
        error="Unreadable",
        message=error.problem if error.line is None else f"line {error.line}: {error.problem}",
    )


def _hidden_gap(name: str, hidden: Hidden, is_read: bool) -> Gap:
    """What a template makes and does not hold; nothing is missing where that stands in a file that was read too."""
    return Gap(
        api="file",
        action=None,
        account="",
        region="",
        resource=f"{name}#{hidden.logical_id}",
        enumeration=True,
        reason=Reason.NOT_IN_SOURCE,
        error="Elsewhere",
        message=f"line {hidden.line}: {hidden.message}",
        recovered=is_read,
    )


def _qualifiers(paths: Sequence[str]) -> list[str]:
    """What names each template in the identities of its resources: its name without endings, or its path."""
    stems = [_UNSAFE.sub("-", _stem(path)).strip("-") for path in paths]
    whole = [_UNSAFE.sub("-", as_text(path).removeprefix("./")).strip("-") for path in paths]
    found: list[str] = []
    for stem, path in zip(stems, whole, strict=True):
        name = stem if stem and stems.count(stem) == 1 else path
        found.append(name if name not in found else f"{name}-{len(found)}")
    return found


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
"""What has a meaning in ARNs and ids, or none in them."""


def _ending(path: str) -> str:
    return PurePath(path).suffix.removeprefix(".").lower()


def _stem(path: str) -> str:
    """The file's name without its endings: the family of a task definition that names none."""
    name = PurePath(as_text(path)).name
    stem, _, ending = name.rpartition(".")
    while stem and ending.lower() in _ENDINGS | _YAML:
        name = stem
        stem, _, ending = name.rpartition(".")
    return name
