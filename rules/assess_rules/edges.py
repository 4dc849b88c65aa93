"""How rules speak of edges of the dependency graph: those that count, their evidence, and the names at their ends."""

from collections.abc import Iterable

from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.graph import Access, DependencyGraph, Edge, EdgeKind, NodeKind, Via
from assess.graph.model import INFERRED
from assess_rules.grant_words import listed

_SHOWN = 4


def used_by(workload: Workload, graph: DependencyGraph, *, surest: float = INFERRED) -> tuple[Edge, ...]:
    """Edges from a workload that are at least so sure."""
    return tuple(each for each in graph.outgoing.get(workload.id, ()) if each.confidence >= surest)


def workloads_in(ids: Iterable[str], graph: DependencyGraph) -> tuple[str, ...]:
    """Those of the ids that are workloads', sorted."""
    return tuple(sorted(id for id in set(ids) if id in graph.nodes and graph.nodes[id].kind is NodeKind.WORKLOAD))


def calls_to(workload: Workload, graph: DependencyGraph) -> tuple[Edge, ...]:
    """Calls of other workloads that are not just possible."""
    return tuple(
        each
        for each in graph.incoming.get(workload.id, ())
        if each.kind is EdgeKind.SYNC
        and each.confidence >= INFERRED
        and graph.nodes[each.source].kind is NodeKind.WORKLOAD
    )


def callers_of(workload: Workload, graph: DependencyGraph) -> tuple[str, ...]:
    """Ids of the workloads that call one, sorted."""
    return workloads_in((each.source for each in calls_to(workload, graph)), graph)


def evidence_of(*edges: Edge) -> tuple[Evidence, ...]:
    """The surest evidence of each edge; of a single edge all that it stands on."""
    if len(edges) == 1:
        return tuple(dict.fromkeys(each.evidence for each in edges[0].proofs))
    return tuple(dict.fromkeys(each.proofs[0].evidence for each in edges))


def is_grant(edge: Edge) -> bool:
    """Whether nothing but a permission speaks for an edge, which may be one that nobody uses."""
    return edge.via == (Via.IAM,)


def sureness(*edges: Edge) -> float:
    """How sure all of these edges are together: as sure as the least sure of them."""
    return min(each.confidence for each in edges)


def names_of(ids: Iterable[str], graph: DependencyGraph) -> str:
    """Names of nodes for a sentence, the first few of many: ``orders, stock and 3 more``."""
    names = [graph.nodes[id].name for id in ids]
    return listed(names[:_SHOWN], len(names) - _SHOWN)


_TAKEN_FROM = frozenset({NodeKind.QUEUE, NodeKind.TOPIC, NodeKind.STREAM, NodeKind.BUS})


def takes_from(workload: Workload, graph: DependencyGraph) -> list[Edge]:
    """Edges to queues, topics and streams that a workload takes messages from."""
    edges = [each for each in used_by(workload, graph) if Access.CONSUME in each.access]
    return [each for each in edges if graph.nodes[each.target].kind in _TAKEN_FROM]
