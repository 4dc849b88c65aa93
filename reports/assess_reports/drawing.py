"""The dependency map as text that other programs draw: Mermaid, and DOT for Graphviz."""

from collections.abc import Iterator
from dataclasses import dataclass

from assess.assessment import Assessment
from assess.graph import NodeKind
from assess.reporting import RenderOptions
from assess_reports.picture import Dot, Picture, picture_of
from assess_reports.visible import shorten

_LABEL = 60
"""Most characters of a label."""

_MERMAID_SHAPES = {
    NodeKind.DATABASE: ("[(", ")]"),
    NodeKind.CACHE: ("[(", ")]"),
    NodeKind.TABLE: ("[(", ")]"),
    NodeKind.BUCKET: ("[(", ")]"),
    NodeKind.SEARCH: ("[(", ")]"),
    NodeKind.FILE_SYSTEM: ("[(", ")]"),
    NodeKind.QUEUE: ("[[", "]]"),
    NodeKind.TOPIC: ("[[", "]]"),
    NodeKind.STREAM: ("[[", "]]"),
    NodeKind.BUS: ("[[", "]]"),
    NodeKind.ENTRY: ("([", "])"),
    NodeKind.EXTERNAL: ("{{", "}}"),
    NodeKind.ON_PREMISES: ("{{", "}}"),
    NodeKind.UNKNOWN_HOST: ("{{", "}}"),
    NodeKind.TRIGGER: ("([", "])"),
}
_DOT_SHAPES = {
    "[(": "cylinder",
    "[[": "component",
    "([": "oval",
    "{{": "hexagon",
    "[": "box",
}


@dataclass(frozen=True, slots=True)
class MermaidReport:
    """The map as a Mermaid flow chart, for what renders Markdown."""

    name: str = "mermaid"
    endings: tuple[str, ...] = (".mmd", ".mermaid")

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The flow chart; large estates by cluster."""
        return mermaid_of(picture_of(assessment.dependencies))


@dataclass(frozen=True, slots=True)
class DotReport:
    """The map in Graphviz's language, every workload and every edge of it."""

    name: str = "dot"
    endings: tuple[str, ...] = (".dot", ".gv")

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The graph, all of it: Graphviz lays out thousands of nodes."""
        return dot_of(picture_of(assessment.dependencies, whole=True))


mermaid = MermaidReport()
dot = DotReport()


def mermaid_of(picture: Picture) -> str:
    """A picture as a Mermaid flow chart."""
    return "\n".join(_mermaid(picture)) + "\n"


def _mermaid(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    for number, (group, dots) in enumerate(picture.groups(), 1):
        indent = "  "
        if group:
            yield f"  subgraph g{number}[{_mermaid_text(group)}]"
            indent = "    "
        for each in dots:
            left, right = _MERMAID_SHAPES.get(each.kind, ("[", "]"))
            yield f"{indent}{each.key}{left}{_mermaid_text(_words(each))}{right}"
        if group:
            yield "  end"
    for line in picture.lines:
        arrow = "-->" if line.is_sure else "-.->"
        yield f"  {line.source} {arrow}|{_mermaid_text(line.label)}| {line.target}"
    if picture.left:
        yield f"  %% {picture.left} further edges are not drawn"


_MERMAID_SAFE = frozenset(" -_./:,+@=")


def _mermaid_text(text: str) -> str:
    """A label between quotes: whatever is no letter, number or harmless sign is written as its code.

    Mermaid reads ``#35;`` as the character with that number, and nothing else in a quoted text as its own.
    """
    safe = "".join(
        each if each.isalnum() or each in _MERMAID_SAFE else f"#{ord(each)};" for each in shorten(text, _LABEL)
    )
    return f'"{safe}"'


def dot_of(picture: Picture) -> str:
    """A picture in Graphviz's language."""
    return "\n".join(_dot(picture)) + "\n"


def _dot(picture: Picture) -> Iterator[str]:
    yield "digraph dependencies {"
    yield "  rankdir=LR;"
    yield '  node [fontname="sans-serif"]; edge [fontname="sans-serif"];'
    for number, (group, dots) in enumerate(picture.groups(), 1):
        indent = "  "
        if group:
            yield f"  subgraph cluster_{number} {{"
            yield f"    label={_dot_text(group)};"
            indent = "    "
        for each in dots:
            shape = _DOT_SHAPES[_MERMAID_SHAPES.get(each.kind, ("[", "]"))[0]]
            yield f"{indent}{each.key} [shape={shape}, label={_dot_text(_words(each))}];"
        if group:
            yield "  }"
    for line in picture.lines:
        style = "" if line.is_sure else ", style=dashed"
        yield f"  {line.source} -> {line.target} [label={_dot_text(line.label)}{style}];"
    yield "}"


def _dot_text(text: str) -> str:
    """A quoted text: only its quotes and backslashes mean anything to Graphviz, which reads ``&`` as HTML does."""
    safe = shorten(text, _LABEL).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{safe}"'


def _words(dot: Dot) -> str:
    """A dot's label: what is no workload says what it is."""
    if dot.kind is NodeKind.WORKLOAD:
        return dot.label
    return f"{dot.kind.value.replace('_', ' ')}: {dot.label}"
