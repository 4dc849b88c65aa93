"""What the graph as a whole tells: circles of dependence, shared data, hubs, how far a fault goes."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx

from assess.graph.model import INFERRED, Access, DependencyGraph, Edge, EdgeKind, NodeKind

HUB_CALLERS = 5
"""A workload that at least so many others depend on is a hub, where it is also among the tenth most depended on."""

_HUB_SHARE = 0.1
_WIDEST = 20
"""Workloads whose reach is told in full; of 5,000 nobody reads more, and each costs a walk over the graph."""

_PEER = 0.5
"""What sharing a datastore counts for, beside a call, in how far a fault reaches."""


@dataclass(frozen=True, slots=True)
class SharedStore:
    """A datastore that several workloads use."""

    node: str
    users: tuple[str, ...]
    writers: tuple[str, ...]
    """Users that write; empty where nothing says who does."""
    same_server: bool
    """Whether its users share only the server: each has a database of its own on it."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A workload that many depend on."""

    node: str
    callers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who feels it when a workload fails: callers, their callers, and those who share its data."""

    node: str
    callers: tuple[str, ...]
    """Everybody who calls it, directly or through others."""
    peers: tuple[str, ...]
    """Those who share a datastore with it and do not call it."""
    weight: float
    """Callers, each by how sure the way to it is, and peers at half of that."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a graph as a whole tells; ids of nodes, sorted, everywhere."""

    cycles: tuple[tuple[str, ...], ...]
    """Workloads that depend on each other in a circle: they move together, or a bridge carries calls meanwhile."""
    cycle_edges: tuple[tuple[Edge, ...], ...]
    """For each of ``cycles`` a few edges without which it would be none: where a bridge would go."""
    shared: tuple[SharedStore, ...]
    hubs: tuple[Hub, ...]
    reach: tuple[Reach, ...]
    """Of the workloads that most others feel, the widest first."""
    orphans: tuple[str, ...]
    """Workloads that no edge but logs and configuration leads to or from."""
    crossing: tuple[Edge, ...]
    """Edges between accounts or regions."""


def analyse(graph: DependencyGraph, *, surest: float = INFERRED) -> Analysis:
    """The analysis of the edges that are at least so sure; configuration and logs order nothing."""
    edges = [each for each in graph.edges if each.kind.orders and each.confidence >= surest]
    cycles = circles_of(edges)
    shared = _shared(graph, edges)
    workloads = {node.id for node in graph.of_kind(NodeKind.WORKLOAD)}
    return Analysis(
        cycles=cycles,
        cycle_edges=tuple(bridges_of(members, edges) for members in cycles),
        shared=shared,
        hubs=_hubs(edges, workloads),
        reach=_reach(edges, shared, workloads),
        orphans=_orphans(graph, workloads),
        crossing=_crossing(graph, edges),
    )


def circles_of(edges: Iterable[Edge]) -> tuple[tuple[str, ...], ...]:
    """Ids of the nodes of each strongly connected group of two or more, sorted."""
    calls: networkx.DiGraph[str] = networkx.DiGraph()
    calls.add_edges_from(sorted({(each.source, each.target) for each in edges}))
    groups = networkx.strongly_connected_components(calls)
    return tuple(sorted(tuple(sorted(members)) for members in groups if len(members) > 1))


def bridges_of(members: Iterable[str], edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Edges that a walk in name order meets against its direction: few, though not always the fewest.

    Finding the fewest is NP-hard; the order by how much more a workload is called than it calls is the heuristic of
    Eades, Lin and Smyth (1993), which leaves at most half of the edges minus a sixth of the nodes.
    """
    inside = set(members)
    among = [each for each in edges if each.source in inside and each.target in inside]
    out: dict[str, set[str]] = {id: set() for id in inside}
    into: dict[str, set[str]] = {id: set() for id in inside}
    for each in among:
        out[each.source].add(each.target)
        into[each.target].add(each.source)
    first: list[str] = []
    last: list[str] = []
    left = set(inside)
    while left:
        sinks = sorted(id for id in left if not out[id] & left)
        sources = sorted(id for id in left if not into[id] & left)
        if sinks:
            last.append(sinks[0])
            left.discard(sinks[0])
        elif sources:
            first.append(sources[0])
            left.discard(sources[0])
        else:
            chosen = max(sorted(left), key=lambda id: len(out[id] & left) - len(into[id] & left))
            first.append(chosen)
            left.discard(chosen)
    place = {id: at for at, id in enumerate((*first, *reversed(last)))}
    return tuple(each for each in among if place[each.source] > place[each.target])


def _shared(graph: DependencyGraph, edges: Iterable[Edge]) -> tuple[SharedStore, ...]:
    users: dict[str, set[str]] = {}
    writers: dict[str, set[str]] = {}
    for each in edges:
        target = graph.nodes[each.target]
        if not target.kind.is_datastore or graph.nodes[each.source].kind is not NodeKind.WORKLOAD:
            continue
        users.setdefault(each.target, set()).add(each.source)
        if Access.WRITE in each.access:
            writers.setdefault(each.target, set()).add(each.source)
    found = [
        SharedStore(id, tuple(sorted(those)), tuple(sorted(writers.get(id, ()))), same_server=False)
        for id, those in users.items()
        if len(those) > 1
    ]
    on_server: dict[str, dict[str, set[str]]] = {}
    for id, those in users.items():
        server = graph.nodes[id].part_of
        if server is not None:
            on_server.setdefault(server, {})[id] = those
    for server, databases in on_server.items():
        everybody = set().union(*databases.values(), users.get(server, set()))
        if len(databases) > 1 and len(everybody) > 1:
            found.append(SharedStore(server, tuple(sorted(everybody)), (), same_server=True))
    return tuple(sorted(found, key=lambda each: (each.node, each.same_server)))


def _hubs(edges: Iterable[Edge], workloads: set[str]) -> tuple[Hub, ...]:
    callers: dict[str, set[str]] = {}
    for each in edges:
        if each.source in workloads and each.target in workloads:
            callers.setdefault(each.target, set()).add(each.source)
    if not callers:
        return ()
    counts = sorted((len(each) for each in callers.values()), reverse=True)
    least = max(HUB_CALLERS, counts[min(len(counts) - 1, int(len(workloads) * _HUB_SHARE))])
    found = [Hub(id, tuple(sorted(those))) for id, those in callers.items() if len(those) >= least]
    return tuple(sorted(found, key=lambda each: (-len(each.callers), each.node)))


def _reach(edges: Iterable[Edge], shared: Iterable[SharedStore], workloads: set[str]) -> tuple[Reach, ...]:
    """Of the :data:`_WIDEST`, by the surest way from each caller, over calls only."""
    callers: dict[str, dict[str, float]] = {}
    for each in edges:
        if each.kind is EdgeKind.SYNC and each.source in workloads and each.target in workloads:
            found = callers.setdefault(each.target, {})
            found[each.source] = max(found.get(each.source, 0.0), each.confidence)
    peers: dict[str, set[str]] = {}
    for store in shared:
        for user in store.users if not store.same_server else ():
            peers.setdefault(user, set()).update(store.users)
    felt = _felt(callers)
    counts = {id: felt.get(id, 0) + len(peers.get(id, ())) for id in felt.keys() | peers.keys()}
    reached: list[Reach] = []
    for id in heapq.nsmallest(_WIDEST, counts, key=lambda each: (-counts[each], each)):
        ways = _surest(id, callers)
        beside = peers.get(id, set()) - ways.keys() - {id}
        if ways or beside:
            weight = round(sum(ways.values()) + _PEER * len(beside), 2)
            reached.append(Reach(id, tuple(sorted(ways)), tuple(sorted(beside)), weight))
    return tuple(sorted(reached, key=lambda each: (-each.weight, each.node)))


def _felt(callers: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    """How many call each, directly or through others: sets as bits of a number, circles taken as one."""
    calls: networkx.DiGraph[str] = networkx.DiGraph()
    calls.add_edges_from((target, source) for target, sources in sorted(callers.items()) for source in sorted(sources))
    circles = networkx.condensation(calls)
    bit = {id: 1 << at for at, id in enumerate(sorted(calls))}
    reached: dict[int, int] = {}
    counts: dict[str, int] = {}
    for circle in reversed(list(networkx.topological_sort(circles))):
        members = circles.nodes[circle]["members"]
        bits = 0
        for id in members:
            bits |= bit[id]
        for after in circles.successors(circle):
            bits |= reached[after]
        reached[circle] = bits
        for id in members:
            counts[id] = bits.bit_count() - 1
    return counts


def _surest(start: str, callers: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """For each direct or indirect caller, the product of confidences along the surest way to ``start``."""
    best: dict[str, float] = {}
    pending = [(-1.0, start)]
    while pending:
        negative, id = heapq.heappop(pending)
        if id in best:
            continue
        best[id] = -negative
        for caller, sure in callers.get(id, {}).items():
            if caller not in best:
                heapq.heappush(pending, (negative * sure, caller))
    del best[start]
    return best


def _orphans(graph: DependencyGraph, workloads: set[str]) -> tuple[str, ...]:
    tied = {id for each in graph.edges if each.kind.ties for id in (each.source, each.target)}
    return tuple(sorted(workloads - tied))


def _crossing(graph: DependencyGraph, edges: Iterable[Edge]) -> tuple[Edge, ...]:
    def place(id: str) -> tuple[str, str]:
        node = graph.nodes[id]
        return node.account, node.region

    return tuple(
        each
        for each in edges
        if any(
            here and there and here != there for here, there in zip(place(each.source), place(each.target), strict=True)
        )
    )
