"""The dependency map: drawn once as SVG for every reader, and told as data to the script that searches in it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from assess.assessment import Assessment, EdgeView, NodeView
from assess.graph import Certainty, EdgeKind, NodeKind
from assess_reports import wording
from assess_reports.html.anchors import Anchors
from assess_reports.html.layout import HEIGHT, WIDTH, Layout, layout
from assess_reports.html.lines import Lines
from assess_reports.html.tree import LONGEST, NAME
from assess_reports.map_words import MapWords
from assess_reports.visible import shorten

MOST = 150
"""Nodes that are drawn one by one; of larger estates, clusters stand for their workloads."""
_LINES = 400
"""Lines of a picture; the surest are drawn."""
_LABEL = 20
"""Characters that fit into a node."""
_PROOFS = 5

_NOT_DRAWN = frozenset({EdgeKind.OBSERVE, EdgeKind.CONFIG})
_SURENESS = {Certainty.DECLARED: 0, Certainty.INFERRED: 1, Certainty.POSSIBLE: 2}


@dataclass(slots=True)
class _Box:
    """A node of a picture: a node of the map, or what stands for several."""

    label: str
    below: str
    look: str
    anchor: str = ""
    place: int = -1
    """Place in the list of nodes; none where it stands for several."""
    stand: int = -1


@dataclass(slots=True)
class _Picture:
    boxes: dict[str, _Box] = field(default_factory=dict)
    lines: dict[tuple[str, str], list[EdgeView]] = field(default_factory=lambda: defaultdict(list))


class EstateMap:
    """The map of an assessment in the forms that the page needs."""

    def __init__(self, assessment: Assessment, anchors: Anchors) -> None:
        self._map = assessment.dependencies
        self._anchors = anchors
        self._words = MapWords(assessment)
        self._verdicts = {each.id: each.verdict for each in assessment.workloads}
        self._places = {each.id: place for place, each in enumerate(self._map.nodes)}
        self._drawn = [each for each in self._map.edges if each.kind not in _NOT_DRAWN]
        touched = {end for each in self._drawn for end in (each.source, each.target)}
        self._shown = [each for each in self._map.nodes if each.id in touched or each.kind is NodeKind.WORKLOAD]
        self._stands = {each.id: _stand(each) for each in self._shown}
        self._stand_places = {stand: place for place, stand in enumerate(sorted(set(self._stands.values())))}

    def values(self) -> dict[str, Any] | None:
        """What the template shows; none where there is no map."""
        if not self._words.is_there:
            return None
        groups = {each.group for each in self._shown if each.kind is NodeKind.WORKLOAD}
        whole = len(self._shown) <= MOST
        return {
            "sentences": Lines.of(list(self._words.sentences())),
            "whole": self._svg(self._whole(), "whole") if whole else None,
            "clusters": self._svg(self._clusters(), "clusters") if len(groups) > 1 or not whole else None,
        }

    def data(self) -> dict[str, Any]:
        """Nodes (name, what it is, place of its section, stand-in) and edges with their reasons, for the script."""
        return {
            "nodes": [
                [
                    shorten(each.name, NAME),
                    self._what(each),
                    self._anchors.workloads.get(each.workload or "", ""),
                    self._stand_places.get(self._stands.get(each.id, ""), -1),
                ]
                for each in self._map.nodes
            ],
            "edges": [
                [
                    self._places[each.source],
                    self._places[each.target],
                    " ".join((each.kind.value, *(access.value for access in each.access))),
                    each.certainty.value,
                    each.port or 0,
                    [
                        [
                            proof.via.value.replace("_", " "),
                            wording.percent(proof.confidence),
                            shorten(proof.how, 400),
                            shorten(_where(proof.source, proof.line, proof.pointer), 400),
                            None if proof.value is None else shorten(proof.value, 300),
                        ]
                        for proof in each.evidence[:_PROOFS]
                    ],
                ]
                for each in self._map.edges
            ],
        }

    # --- pictures -----------------------------------------------------------------------------------------------

    def _whole(self) -> _Picture:
        picture = _Picture()
        for each in self._shown:
            look = self._verdicts.get(each.workload or "", "resource")
            anchor = self._anchors.workloads.get(each.workload or "", "")
            picture.boxes[each.id] = _Box(each.name, self._what(each), look, anchor, self._places[each.id])
        for edge in self._drawn:
            picture.lines[edge.source, edge.target].append(edge)
        return picture

    def _clusters(self) -> _Picture:
        picture = _Picture()
        members: Mapping[str, list[NodeView]] = defaultdict(list)
        for each in self._shown:
            members[self._stands[each.id]].append(each)
        for edge in self._drawn:
            ends = self._stands[edge.source], self._stands[edge.target]
            if ends[0] != ends[1]:
                picture.lines[ends].append(edge)
        used = {end for ends in picture.lines for end in ends}
        for stand, those in members.items():
            first = those[0]
            is_workload = first.kind is NodeKind.WORKLOAD
            if not is_workload and stand not in used:
                continue  # what one cluster alone uses says little among clusters
            what = "workload" if is_workload else self._what(first)
            label = (
                (first.group or "no cluster") if is_workload else first.name if len(those) == 1 else self._what(first)
            )
            below = wording.plural(len(those), what) if is_workload or len(those) > 1 else what
            look = "cluster" if is_workload else "resource"
            picture.boxes[stand] = _Box(label, below, look, stand=self._stand_places[stand])
        return picture

    def _what(self, node: NodeView) -> str:
        if node.kind is NodeKind.WORKLOAD:
            return f"in {shorten(node.group, NAME)}" if node.group else "workload"
        return "log group" if node.aws_service == "logs" else node.kind.value.replace("_", " ")

    def _svg(self, picture: _Picture, name: str) -> Markup:
        lines = sorted(picture.lines.items(), key=lambda each: (-max(edge.confidence for edge in each[1]), each[0]))
        kept = lines[:_LINES]
        placed = layout(picture.boxes, [ends for ends, _ in kept])
        drawn = [self._line(name, placed, picture, (a, b), edges) for (a, b), edges in kept]
        boxes = [_box(each, *placed.places[id]) for id, each in sorted(picture.boxes.items())]
        words = f"{wording.plural(len(boxes), 'node')} and {wording.plural(len(kept), 'line')}"
        return Markup(
            '<svg class="map" id="map-{}" role="group" aria-label="Dependency map: {}" viewBox="-8 -8 {} {}" '
            'width="{}" height="{}"><defs><marker id="arrow-{}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>{}{}</svg>'
        ).format(
            name,
            words,
            placed.width + 16,
            placed.height + 16,
            placed.width + 16,
            placed.height + 16,
            name,
            Markup().join(drawn),
            Markup().join(boxes),
        )

    def _line(
        self,
        name: str,
        placed: Layout,
        picture: _Picture,
        ends: tuple[str, str],
        edges: list[EdgeView],
    ) -> Markup:
        surest = min(edges, key=lambda each: (_SURENESS[each.certainty], -each.confidence))
        kinds = ", ".join(sorted({each.kind.value for each in edges}))
        source, target = (picture.boxes[each] for each in ends)
        words = f"{shorten(source.label, NAME)} to {shorten(target.label, NAME)}: {kinds}, {surest.certainty.value}"
        if len(edges) == 1 and surest.evidence:
            words += f"; {surest.evidence[0].how}"
        return Markup(
            '<path class="line {}" data-from="{}" data-to="{}" d="{}" marker-end="url(#arrow-{})">'
            "<title>{}</title></path>"
        ).format(
            " ".join(sorted({each.certainty.value for each in edges})),
            source.place,
            target.place,
            _curve(*(placed.places[each] for each in ends)),
            name,
            shorten(words, LONGEST),
        )


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    middle = HEIGHT // 2
    y, to_y = start[1] + middle, end[1] + middle
    if start[0] < end[0]:
        x, to_x = start[0] + WIDTH, end[0]
        bend = max(40, (to_x - x) // 2)
        return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    if start[0] == end[0]:
        x = start[0] + WIDTH
        return f"M{x} {y}C{x + 60} {y} {x + 60} {to_y} {x} {to_y}"
    x, to_x = start[0], end[0] + WIDTH
    bend = max(40, (x - to_x) // 2)
    return f"M{x} {y}C{x - bend} {y} {to_x + bend} {to_y} {to_x} {to_y}"


def _box(box: _Box, x: int, y: int) -> Markup:
    inner = Markup(
        '<rect class="box" width="{}" height="{}" rx="6"/><rect class="edge" width="6" height="{}" rx="2"/>'
        '<text x="16" y="19">{}</text><text class="below" x="16" y="35">{}</text><title>{}</title>'
    ).format(
        WIDTH,
        HEIGHT,
        HEIGHT,
        shorten(box.label, _LABEL),
        shorten(box.below, 30),
        f"{shorten(box.label, NAME)}, {shorten(box.below, NAME)}",
    )
    # an address that the page has makes it a link without any script, too
    wrapped = Markup('<a href="#{}">{}</a>').format(box.anchor, inner) if box.anchor else inner
    return Markup('<g class="node {}" data-node="{}" data-stand="{}" transform="translate({} {})">{}</g>').format(
        box.look, box.place, box.stand, x, y, wrapped
    )


def _stand(node: NodeView) -> str:
    """What stands for a node where clusters stand for workloads: resources by their kind and service."""
    if node.kind is NodeKind.WORKLOAD:
        return f"cluster {node.account}/{node.region}/{node.group}"
    return f"kind {node.kind.value} {node.aws_service or ''}"


def _where(source: str, line: int | None, pointer: str) -> str:
    at = "" if line is None else f":{line}"
    return f"{source}{at} {pointer}".strip()
