"""The topology of five systems, written down by hand, and their deployed form for tests to read.

``NAME.toml`` holds what a careful reader of the system's documents says of it, in these members:

- ``nodes``: ``id`` (ours), ``kind`` (as in the report), ``names`` (what the estate calls it: any of these is it).
- ``edges``: ``source`` and ``target`` (ids, or lists of ids: every pair), ``kind`` (``kind_also``: as good), ``via``
  (families of evidence that show it), ``access`` and ``port`` where they can be seen, ``visible`` (whether what is
  deployed shows it; otherwise only the programs do), ``reason``.
- ``may``: pairs that are neither missed nor false. A side is an id, a list or ``*``; the far side may be ``target``,
  or ``service`` (an AWS service's name) or ``host``; ``kind`` and ``source_kind`` narrow it.
- ``never``: pairs that a careless tool draws and must not; the same sides. ``via`` narrows it to one family.

:func:`system` gives all of it with the template, or the documents of the account.
"""

import importlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assess.estate.builder import EstateBuilder
from assess.estate.estate import Estate, Scope
from assess.estate.facts import Origin
from assess.readers import read
from tests.graph.systems.documents import Documents

NAMES = ("insight", "login", "mandates", "mesh", "retail")
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Node:
    """A node as a reader of the documents names it."""

    id: str
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge that the system truly has."""

    source: str
    target: str
    kinds: tuple[str, ...]
    """The kind, then others that are as good."""
    via: tuple[str, ...]
    access: tuple[str, ...]
    port: int | None
    visible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Edges that may be drawn, or never must be: a side is an id or ``*``."""

    source: str
    target: str | None
    """None where ``service`` or ``host`` names the far side."""
    service: str | None
    host: str | None
    kind: str | None
    source_kind: str | None
    via: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class System:
    """A system: what is true of it, and what is deployed."""

    name: str
    title: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    may: tuple[Pair, ...]
    never: tuple[Pair, ...]
    template: Path | None
    """The CloudFormation template, of a system that comes as one."""
    documents: Documents
    """Documents of the account by the estate's list, of the others."""
    account: str
    region: str

    @property
    def visible(self) -> tuple[Edge, ...]:
        """Edges that the deployed definitions show."""
        return tuple(each for each in self.edges if each.visible)


def system(name: str) -> System:
    """A system by its name, one of :data:`NAMES`."""
    truth = tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))
    account, region, documents, template = "", "", Documents(), None
    if truth["source"] == "template":
        template = _HERE / name / "template.yaml"
    else:
        module = importlib.import_module(f"tests.graph.systems.{name}")
        account, region, documents = module.ACCOUNT, module.REGION, module.documents()
    return System(
        name=name,
        title=truth["title"],
        nodes={each["id"]: Node(each["id"], each["kind"], tuple(each.get("names", ()))) for each in truth["nodes"]},
        edges=tuple(_edges(truth["edges"])),
        may=tuple(_pairs(truth["may"])),
        never=tuple(_pairs(truth["never"])),
        template=template,
        documents=documents,
        account=account,
        region=region,
    )


def deployed(of: System, *facts: str) -> Estate:
    """The estate of a system: its template as it is read, or its account's documents.

    ``facts`` are the names of what a scan of the account has read.
    """
    if of.template is not None:
        return read([str(of.template)])
    builder = EstateBuilder()
    for kind, documents in of.documents.items():
        for document in documents:
            builder.add(kind, document, Origin(account=of.account, region="" if kind == "roles" else of.region))
    for fact in facts:
        builder.saw(fact, of.account, of.region)
    scope = Scope(accounts=(of.account,), regions=(of.region,))
    return builder.build(collected_at=datetime(2026, 11, 23, 12, tzinfo=UTC), scope=scope)


def _edges(written: list[dict[str, Any]]) -> Iterator[Edge]:
    for each in written:
        for source in _several(each["source"]):
            for target in _several(each["target"]):
                yield Edge(
                    source=source,
                    target=target,
                    kinds=(each["kind"], *each.get("kind_also", ())),
                    via=tuple(each["via"]),
                    access=tuple(each.get("access", ())),
                    port=each.get("port"),
                    visible=each["visible"],
                    reason=each["reason"],
                )


def _pairs(written: list[dict[str, Any]]) -> Iterator[Pair]:
    for each in written:
        rest = {key: each.get(key) for key in ("service", "host", "kind", "source_kind", "via")}
        for source in _several(each["source"]):
            for target in _several(each.get("target")):
                yield Pair(source=source, target=target, reason=each["reason"], **rest)


def _several(one_or_many: Any) -> list[Any]:
    return one_or_many if isinstance(one_or_many, list) else [one_or_many]
