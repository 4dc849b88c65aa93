"""Draws the dependency graph of an estate from every source of evidence."""

from assess.estate.estate import Estate
from assess.graph.evidence import (
    balancing,
    discovery,
    edge,
    functions,
    grants,
    logs,
    secrets,
    security_groups,
    text,
    triggers,
    volumes,
)
from assess.graph.inventory import Inventory
from assess.graph.model import DependencyGraph, GraphBuilder

_SOURCES = (balancing, edge, discovery, text, secrets, volumes, logs, triggers, grants, security_groups, functions)


def graph_of(estate: Estate) -> DependencyGraph:
    """The graph of an estate: the same for the same facts, in whatever order they came."""
    inventory, graph = Inventory(estate), GraphBuilder()
    for node in inventory.workload_nodes.values():
        graph.node(node)
    for source in _SOURCES:
        source.draw(estate, inventory, graph)
    return graph.build()
