"""The dependency map as lines of text: every edge with its certainty, and on request the evidence it stands on."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from assess.assessment import Assessment, EdgeView, NodeView
from assess.graph import NodeKind
from assess.reporting import RenderOptions
from assess_reports.visible import shorten, visible

_NAME = 44


@dataclass(frozen=True, slots=True)
class EdgesReport:
    """What ``assess graph`` prints."""

    name: str = "edges"
    endings: tuple[str, ...] = (".edges.txt",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:
        """Edges by their source; with ``verbosity`` their evidence."""
        return "\n".join(_lines(assessment, options)) + "\n"


edges = EdgesReport()


def _lines(assessment: Assessment, options: RenderOptions) -> Iterator[str]:
    map = assessment.dependencies
    nodes = {each.id: each for each in map.nodes}
    source = ""
    for edge in map.edges:
        if edge.source != source:
            if source:
                yield ""
            source = edge.source
            yield _title(nodes[source])
        yield from _edge(edge, nodes[edge.target], options)
    silent = [
        each for each in map.nodes if each.id not in {id for edge in map.edges for id in (edge.source, edge.target)}
    ]
    if silent:
        if map.edges:
            yield ""
        names = ", ".join(shorten(each.name, _NAME) for each in silent)
        yield from textwrap.wrap(f"No edge leads to or from {names}.", options.width)
    for hint in map.hints:
        place = _place(hint.evidence.source, hint.evidence.line, hint.evidence.pointer)
        node = shorten(nodes[hint.node].name, _NAME)
        text = f"Noted at {node}: {hint.kind.value.replace('_', ' ')} {visible(hint.text)}"
        yield from textwrap.wrap(text, options.width, subsequent_indent="  ", break_long_words=False)
        if options.verbosity:
            yield from _wrapped(place, options.width, 4)
    if map.blind:
        text = f"Edges may be missing: not seen everywhere were {', '.join(map.blind)}."
        yield ""
        yield from textwrap.wrap(text, options.width)


def _title(node: NodeView) -> str:
    kind = "" if node.kind is NodeKind.WORKLOAD else f" ({node.kind.value.replace('_', ' ')})"
    group = f"{visible(node.group)}/" if node.group else ""
    return f"{group}{visible(node.name)}{kind}"


def _edge(edge: EdgeView, target: NodeView, options: RenderOptions) -> Iterator[str]:
    words = [edge.kind.value, *(each.value for each in edge.access)]
    port = f":{edge.port}" if edge.port is not None else ""
    text = f"-> {_title(target)}{port}  {' '.join(words)}, {edge.certainty.value} ({edge.confidence:.2f})"
    yield from textwrap.wrap(
        text, options.width, initial_indent="  ", subsequent_indent="     ", break_long_words=False
    )
    for proof in edge.evidence if options.verbosity else ():
        yield from _wrapped(f"{proof.via.value} {proof.confidence:.2f}: {visible(proof.how)}", options.width, 5)
        value = f" = {shorten(proof.value, options.width)}" if proof.value is not None else ""
        yield from _wrapped(_place(proof.source, proof.line, proof.pointer) + value, options.width, 7)


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(text, width, initial_indent=margin, subsequent_indent=margin + "  ", break_on_hyphens=False)


def _place(source: str, line: int | None, pointer: str) -> str:
    at = f":{line}" if line is not None else ""
    return f"{visible(source)}{at} {visible(pointer)}".rstrip()
