"""What of the dependency map is drawn: calls, data and messages; of large estates, clusters in place of workloads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assess.assessment import DependenciesView, EdgeView, NodeView
from assess.graph import Certainty, EdgeKind, NodeKind

MOST_NODES = 80
"""More are not legible on a page: clusters are drawn in place of their workloads then."""

MOST_EDGES = 300
"""Mermaid refuses more than 500 (its ``maxEdges``), and browsers lay out few hundreds in reasonable time."""

_NOT_DRAWN = frozenset({EdgeKind.OBSERVE, EdgeKind.CONFIG})


@dataclass(frozen=True, slots=True)
class Dot:
    """A node of the picture."""

    key: str
    """``n1``, ``n2``, ...: in the order of the ids."""
    kind: NodeKind
    label: str
    group: str
    """What it is drawn within; empty for what stands by itself."""
    workloads: int
    """How many workloads it stands for: 0 for what is none, more than 1 for a cluster."""


@dataclass(frozen=True, slots=True)
class Line:
    """An edge of the picture."""

    source: str
    target: str
    label: str
    is_sure: bool
    """Whether it is declared or inferred; a possible one is drawn dashed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, and how much is not."""

    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    by_cluster: bool
    """Whether clusters stand for their workloads."""
    left: int
    """Edges that were left out since there are too many; the least sure ones."""

    def groups(self) -> Iterator[tuple[str, tuple[Dot, ...]]]:
        """The dots by group, those without one last."""
        named = sorted({each.group for each in self.dots if each.group})
        for group in (*named, ""):
            members = tuple(each for each in self.dots if each.group == group)
            if members:
                yield group, members


def picture_of(
    map: DependenciesView, *, whole: bool = False, most_nodes: int = MOST_NODES, most_edges: int = MOST_EDGES
) -> Picture:
    """The picture of a map; ``whole`` draws logs, secrets and parameters too, and nothing together."""
    nodes = {each.id: each for each in map.nodes}
    edges = [each for each in map.edges if whole or each.kind not in _NOT_DRAWN]
    seen = {id for each in edges for id in (each.source, each.target)}
    seen |= {id for id, node in nodes.items() if node.kind is NodeKind.WORKLOAD}
    together = not whole and len(seen) > most_nodes
    stands_for = {id: _stand_in(nodes[id]) if together else id for id in sorted(seen)}
    lines = _lines(edges, stands_for)
    if together:  # what one cluster alone uses says little among clusters
        used = {id for each in lines for id in each[:2]}
        stands_for = {id: stand for id, stand in stands_for.items() if stand in used}
    kept = lines if whole else lines[:most_edges]
    members: dict[str, list[NodeView]] = {}
    for id, stand in stands_for.items():
        members.setdefault(stand, []).append(nodes[id])
    keys = {stand: f"n{number}" for number, stand in enumerate(sorted(members), 1)}
    return Picture(
        dots=tuple(_dot(keys[stand], members[stand], together) for stand in sorted(members)),
        lines=tuple(Line(keys[source], keys[target], label, sure) for source, target, label, sure, _ in sorted(kept)),
        by_cluster=together,
        left=len(lines) - len(kept),
    )


def _stand_in(node: NodeView) -> str:
    """What stands for a node where clusters stand for workloads: resources by their kind and service."""
    if node.kind is NodeKind.WORKLOAD:
        return f"cluster {node.account}/{node.region}/{node.group}"
    return f"kind {node.kind.value} {node.aws_service or ''}"


def _dot(key: str, members: list[NodeView], together: bool) -> Dot:
    first = members[0]
    is_workload = first.kind is NodeKind.WORKLOAD
    if not together:
        return Dot(key, first.kind, first.name, first.group if is_workload else "", int(is_workload))
    count = len(members)
    if is_workload:
        many = "1 workload" if count == 1 else f"{count} workloads"
        return Dot(key, first.kind, f"{first.group or 'no cluster'}: {many}", "", count)
    what = first.kind.value.replace("_", " ")
    return Dot(key, first.kind, first.name if count == 1 else f"{count} x {what}", "", 0)


def _lines(edges: Iterable[EdgeView], stands_for: dict[str, str]) -> list[tuple[str, str, str, bool, float]]:
    """Lines between stand-ins, the surest first: one for all edges between two."""
    between: dict[tuple[str, str], list[EdgeView]] = {}
    for each in edges:
        ends = stands_for[each.source], stands_for[each.target]
        if ends[0] != ends[1]:
            between.setdefault(ends, []).append(each)
    found = [
        (source, target, _label(those), _is_sure(those), max(each.confidence for each in those))
        for (source, target), those in between.items()
    ]
    return sorted(found, key=lambda line: (-line[4], line[0], line[1]))


def _label(edges: list[EdgeView]) -> str:
    if len(edges) > 1:
        kinds = sorted({each.kind.value for each in edges})
        return ", ".join(kinds) if len(edges) == len(kinds) else f"{len(edges)} x {', '.join(kinds)}"
    edge = edges[0]
    words = " and ".join(each.value for each in edge.access)
    return words or (str(edge.port) if edge.port is not None else edge.kind.value)


def _is_sure(edges: list[EdgeView]) -> bool:
    return any(each.certainty is not Certainty.POSSIBLE for each in edges)
