"""Lays a drawn graph beside the truth of a system: which edges it has, which it lacks, which are false."""

from collections.abc import Iterator
from dataclasses import dataclass

from assess.graph import DependencyGraph, Edge, Node, NodeKind
from tests.graph.systems import Edge as TrueEdge
from tests.graph.systems import Pair, System

_ANY = "*"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a graph differs from the truth."""

    system: System
    graph: DependencyGraph
    found: tuple[TrueEdge, ...]
    missed: tuple[TrueEdge, ...]
    """Edges that the deployed definitions show and the graph lacks."""
    false: tuple[Edge, ...]
    """Edges of the graph that are not true, and not among those that may be."""
    never: tuple[tuple[Edge, Pair], ...]
    """Those that only a careless tool draws."""

    @property
    def recall(self) -> float:
        """Share of the visible edges that were found."""
        return len(self.found) / (len(self.found) + len(self.missed))

    @property
    def false_share(self) -> float:
        """Share of the drawn edges that are false."""
        return len(self.false) / len(self.graph.edges)

    def report(self) -> str:
        """What differs, a line each."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        counts = (
            f"{len(self.found)} found, {len(self.missed)} missed, {len(self.false)} of {len(self.graph.edges)} false"
        )
        yield f"{self.system.name}: {counts}; recall {self.recall:.3f}, false {self.false_share:.3f}"
        for each in self.missed:
            way = f"{each.source} -> {each.target} ({'/'.join(each.kinds)})"
            yield f"  missed {way}: {', '.join(each.via)}; {each.reason}"
        for edge in self.false:
            yield f"  false  {self._line(edge)}"
        for edge, pair in self.never:
            yield f"  NEVER  {self._line(edge)}: {pair.reason}"

    def _line(self, edge: Edge) -> str:
        source, target = self.graph.nodes[edge.source], self.graph.nodes[edge.target]
        why = "; ".join(f"{each.via.value}: {each.how}" for each in edge.proofs)
        return f"{source.name} -> {target.kind.value} {target.name} ({edge.kind.value}, {edge.confidence}) {why}"


class _Matcher:
    """Tells which true nodes a drawn node can be."""

    def __init__(self, system: System, graph: DependencyGraph) -> None:
        self.system = system
        self.graph = graph
        self._ids: dict[str, frozenset[str]] = {}

    def ids(self, drawn: str) -> frozenset[str]:
        """Ids of the true nodes that a drawn node is, by name and kind; of entries, by what they lead to."""
        if drawn not in self._ids:
            node = self.graph.nodes[drawn]
            self._ids[drawn] = frozenset(self._entries(node) if node.kind is NodeKind.ENTRY else self._named(node))
        return self._ids[drawn]

    def _named(self, node: Node) -> Iterator[str]:
        names = {node.name, node.aws_service, node.id, node.name.rpartition("/")[2]}
        if node.part_of is not None:
            names |= {node.part_of, self.graph.nodes[node.part_of].name}
        for each in self.system.nodes.values():
            if each.kind == node.kind.value and not names.isdisjoint(each.names or (each.id,)):
                yield each.id

    def _entries(self, node: Node) -> Iterator[str]:
        leads = {id for edge in self.graph.outgoing.get(node.id, ()) for id in self._targets(edge.target)}
        for each in self.system.nodes.values():
            if each.kind != "entry":
                continue
            led_to = {edge.target for edge in self.system.edges if edge.source == each.id}
            if leads & led_to or not {node.name, node.id}.isdisjoint(each.names):
                yield each.id

    def _targets(self, drawn: str) -> frozenset[str]:
        node = self.graph.nodes[drawn]
        return frozenset(self._named(node)) if node.kind is not NodeKind.ENTRY else frozenset()

    def is_true(self, edge: Edge, true: TrueEdge) -> bool:
        """Whether a drawn edge is a true one."""
        return (
            edge.kind.value in true.kinds
            and true.source in self.ids(edge.source)
            and true.target in self.ids(edge.target)
        )

    def is_of(self, edge: Edge, pair: Pair) -> bool:
        """Whether a drawn edge is among a pair's."""
        source, target = self.graph.nodes[edge.source], self.graph.nodes[edge.target]
        if pair.source != _ANY and pair.source not in self.ids(edge.source):
            return False
        if pair.source_kind is not None and source.kind.value != pair.source_kind:
            return False
        if pair.kind is not None and edge.kind.value != pair.kind and target.kind.value != pair.kind:
            return False
        if pair.via is not None and [each.value for each in edge.via] != [pair.via]:
            return False
        if pair.service is not None:
            return target.aws_service == pair.service
        if pair.host is not None:
            return pair.host in target.name
        return pair.target in (None, _ANY) or pair.target in self.ids(edge.target)


def compare(system: System, graph: DependencyGraph) -> Comparison:
    """A drawn graph beside the truth."""
    match = _Matcher(system, graph)
    found = [true for true in system.visible if any(match.is_true(each, true) for each in graph.edges)]
    false = [
        edge
        for edge in graph.edges
        if not any(match.is_true(edge, true) for true in system.edges)
        and not any(match.is_of(edge, pair) for pair in system.may)
        and not _is_name_of_entry(edge, graph)
    ]
    never = [(edge, pair) for edge in graph.edges for pair in system.never if match.is_of(edge, pair)]
    return Comparison(
        system=system,
        graph=graph,
        found=tuple(found),
        missed=tuple(each for each in system.visible if each not in found),
        false=tuple(false),
        never=tuple(never),
    )


def _is_name_of_entry(edge: Edge, graph: DependencyGraph) -> bool:
    """Whether an edge only says that a name leads to an entry, which the truth takes for one."""
    return graph.nodes[edge.source].kind is NodeKind.ENTRY and graph.nodes[edge.target].kind is NodeKind.ENTRY
