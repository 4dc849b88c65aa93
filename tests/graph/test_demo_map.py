"""The map of the demo: a system made in a simulated AWS, scanned over HTTP, with every family of evidence in it.

``tests/cli`` proves that the built-in estate is what such a scan reads.
"""

from importlib.resources import as_file, files

import pytest

from assess.estate.snapshot import load
from assess.graph import DependencyGraph, EdgeKind, NodeKind, Via
from assess.graph.building import graph_of

FAMILIES = frozenset(Via) - {Via.APP_MESH, Via.LATTICE}
"""All but those whose services are gone (App Mesh) or not in the demo (VPC Lattice)."""

EDGES = (
    ("www.shop.example.com", "shop-edge", EdgeKind.SYNC, Via.DNS),
    ("shop-edge", "storefront", EdgeKind.SYNC, Via.TARGET_GROUP),
    ("checkout", "api", EdgeKind.SYNC, Via.SERVICE_CONNECT),
    ("checkout", "cart", EdgeKind.SYNC, Via.CLOUD_MAP),
    ("api", "shop/orders-database", EdgeKind.CONFIG, Via.SECRET),
    ("order-worker", "orders", EdgeKind.ASYNC, Via.IAM),
    ("order-worker", "orders", EdgeKind.ASYNC, Via.ENV),
    ("stock-sync", "stock-sync", EdgeKind.CONTROL, Via.TRIGGER),
    ("payments", "/ecs/payments", EdgeKind.OBSERVE, Via.LOG),
)


@pytest.fixture(scope="module")
def graph() -> DependencyGraph:
    """The graph of the demo's estate."""
    with as_file(files("assess") / "data" / "demo-estate.json.gz") as path:
        return graph_of(load(path))


def test_every_family_of_evidence_appears(graph: DependencyGraph) -> None:
    assert {via for edge in graph.edges for via in edge.via} == FAMILIES


@pytest.mark.parametrize(("source", "target", "kind", "via"), EDGES)
def test_edge(graph: DependencyGraph, source: str, target: str, kind: EdgeKind, via: Via) -> None:
    found = [
        each
        for each in graph.edges
        if (graph.nodes[each.source].name, graph.nodes[each.target].name, each.kind) == (source, target, kind)
    ]
    assert found
    assert via in {each for edge in found for each in edge.via}


def test_resources_of_each_kind_are_the_ones_that_were_made(graph: DependencyGraph) -> None:
    kinds = {each.kind for each in graph.nodes.values()}
    wanted = {NodeKind.DATABASE, NodeKind.CACHE, NodeKind.QUEUE, NodeKind.TOPIC, NodeKind.STREAM, NodeKind.TABLE}
    assert wanted | {NodeKind.BUCKET, NodeKind.FILE_SYSTEM, NodeKind.SECRET, NodeKind.COMPUTE, NodeKind.ENTRY} <= kinds
    assert all(each.arn for each in graph.of_kind(NodeKind.DATABASE, NodeKind.CACHE, NodeKind.QUEUE, NodeKind.TOPIC))


def test_all_evidence_points_at_a_resource_and_a_field(graph: DependencyGraph) -> None:
    for edge in graph.edges:
        for proof in edge.proofs:
            assert proof.evidence.source
            assert proof.evidence.pointer
            assert proof.how
