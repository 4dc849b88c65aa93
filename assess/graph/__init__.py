"""Who talks to whom, and how we know: the dependency graph of an estate."""

from assess.graph.model import (
    Access,
    Certainty,
    DependencyGraph,
    Edge,
    EdgeKind,
    GraphBuilder,
    Hint,
    HintKind,
    Node,
    NodeKind,
    Proof,
    Via,
    combined,
)

__all__ = [
    "Access",
    "Certainty",
    "DependencyGraph",
    "Edge",
    "EdgeKind",
    "GraphBuilder",
    "Hint",
    "HintKind",
    "Node",
    "NodeKind",
    "Proof",
    "Via",
    "combined",
]
