"""Places the nodes of a graph in columns, callers left of what they call; the same for the same graph."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx

WIDTH, HEIGHT = 190, 44
"""Of a node, in pixels."""
_ACROSS, _DOWN = 76, 12
"""Between columns and between rows, in pixels."""
_TALLEST = 16
"""Nodes in a column; more go into a further one beside it."""
_SWEEPS = 6

Edges = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The upper left corner of each node, and the size of the whole, in pixels."""

    places: Mapping[str, tuple[int, int]]
    width: int
    height: int


def layout(nodes: Iterable[str], edges: Edges) -> Layout:
    """A layered drawing: by the longest way from a node that nobody calls, crossings lessened by barycentres.

    After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981).
    """
    connected = {end for edge in edges for end in edge}
    layers = _ordered(_layers(edges), edges)
    silent = sorted(set(nodes) - connected)
    columns = [part for layer in layers for part in _parts(layer)]
    columns += _parts(silent)
    tallest = max(map(len, columns), default=0)
    places = {}
    for number, column in enumerate(columns):
        top = (tallest - len(column)) * (HEIGHT + _DOWN) // 2
        for row, node in enumerate(column):
            places[node] = number * (WIDTH + _ACROSS), top + row * (HEIGHT + _DOWN)
    return Layout(
        places,
        max(0, len(columns) * (WIDTH + _ACROSS) - _ACROSS),
        max(0, tallest * (HEIGHT + _DOWN) - _DOWN),
    )


def _parts(layer: Sequence[str]) -> list[list[str]]:
    """A column in parts of about the same height."""
    count = -(-len(layer) // _TALLEST)
    size = -(-len(layer) // count) if count else 1
    return [list(layer[start : start + size]) for start in range(0, len(layer), size)]


def _layers(edges: Edges) -> list[list[str]]:
    graph = networkx.DiGraph(sorted(edges))
    whole = networkx.condensation(graph)  # what calls each other in a circle stands in one column
    depth: dict[int, int] = {}
    for part in networkx.topological_sort(whole):
        depth[part] = max((depth[before] + 1 for before in whole.predecessors(part)), default=0)
    for part in reversed(list(networkx.topological_sort(whole))):  # a caller stands beside the first that it calls
        after = [depth[each] for each in whole.successors(part)]
        if after and not whole.in_degree(part):
            depth[part] = min(after) - 1
    found: dict[int, list[str]] = defaultdict(list)
    for part, at in depth.items():
        found[at] += whole.nodes[part]["members"]
    return [sorted(found[at]) for at in sorted(found)]


def _ordered(layers: list[list[str]], edges: Edges) -> list[list[str]]:
    """Nodes of each layer by the mean place of their neighbours, there and back again."""
    beside: dict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        beside[source].add(target)
        beside[target].add(source)
    place = {node: row / len(layer) for layer in layers for row, node in enumerate(layer)}
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            means = {node: _mean(place, beside[node].difference(layer), place[node]) for node in layer}
            layer[:] = [node for _, node in sorted((mean, node) for node, mean in means.items())]
            place |= {node: row / len(layer) for row, node in enumerate(layer)}
    return layers


def _mean(place: Mapping[str, float], others: Iterable[str], otherwise: float) -> float:
    places = sorted(place[each] for each in others)  # a sum of floats is the same in one order only
    return sum(places) / len(places) if places else otherwise
