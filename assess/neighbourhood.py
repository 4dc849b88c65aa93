"""Parts of a dependency map: what lies around a node, what leads from one node to another."""

import difflib
from collections.abc import Sequence

from assess.assessment import DependenciesView, EdgeView, NodeView
from assess.errors import UserError


def node_called(map: DependenciesView, name: str) -> NodeView:
    """The node that a person means: by id, ARN, name, or ``cluster/name``, whatever the case.

    Raises:
        UserError: there is none, or several; says which are near.
    """
    exact = [each for each in map.nodes if name in (each.id, each.arn)]
    wanted = name.casefold()
    found = exact or [each for each in map.nodes if wanted in _names(each)]
    if len(found) == 1:
        return found[0]
    if found:
        workloads = [each for each in found if each.workload is not None]
        if len(workloads) == 1:
            return workloads[0]
        several = ", ".join(sorted(each.id for each in found)[:_NAMED])
        raise UserError(f"{name!r} is the name of {len(found)} nodes; say one of their ids: {several!r}")
    near = difflib.get_close_matches(wanted, {each for node in map.nodes for each in _names(node)}, n=3)
    said = f"; did you mean {' or '.join(repr(each) for each in near)}?" if near else ""
    raise UserError(f"the map has no node {name!r}{said}")


_NAMED = 5


def _names(node: NodeView) -> tuple[str, ...]:
    return tuple(each.casefold() for each in (node.name, f"{node.group}/{node.name}", node.id, node.arn or ""))


def around(map: DependenciesView, name: str, depth: int) -> DependenciesView:
    """The part of a map that lies at most ``depth`` edges from a node, in either direction.

    Raises:
        UserError: no node is called so.
    """
    start = node_called(map, name).id
    beside: dict[str, set[str]] = {}
    for each in map.edges:
        beside.setdefault(each.source, set()).add(each.target)
        beside.setdefault(each.target, set()).add(each.source)
    reached = {start}
    rim = {start}
    for _ in range(depth):
        rim = {next for id in rim for next in beside.get(id, ())} - reached
        reached |= rim
    return _part(map, reached, [each for each in map.edges if each.source in reached and each.target in reached])


def between(map: DependenciesView, source: str, target: str) -> DependenciesView:
    """The edges from one node to another: direct ones, else those of a shortest way; none where nothing leads there.

    Raises:
        UserError: no node is called so.
    """
    start, end = node_called(map, source).id, node_called(map, target).id
    outgoing: dict[str, list[EdgeView]] = {}
    for each in map.edges:
        outgoing.setdefault(each.source, []).append(each)
    came: dict[str, str] = {start: start}
    rim = [start]
    while rim and end not in came:
        following: list[str] = []
        for id in rim:
            for each in outgoing.get(id, ()):
                if each.target not in came:
                    came[each.target] = id
                    following.append(each.target)
        rim = following
    if end not in came or start == end:
        return _part(map, {start, end}, ())
    way = [end]
    while way[-1] != start:
        way.append(came[way[-1]])
    steps = set(zip(way[1:], way, strict=False))
    return _part(map, set(way), [each for each in map.edges if (each.source, each.target) in steps])


def _part(map: DependenciesView, ids: set[str], edges: Sequence[EdgeView]) -> DependenciesView:
    return DependenciesView(
        nodes=tuple(each for each in map.nodes if each.id in ids),
        edges=tuple(edges),
        hints=tuple(each for each in map.hints if each.node in ids),
        blind=map.blind,
    )
