"""The written topologies are whole, and what is deployed holds what they name."""

import re

import pytest

from assess.estate.estate import FACT_KINDS
from assess.estate.facts import Fact
from assess.graph.model import EdgeKind, NodeKind, Via
from tests.graph.systems import NAMES, Node, Pair, System, deployed, system

_MADE_OF_DOCUMENTS = ("login", "mandates", "mesh")


@pytest.mark.parametrize("name", NAMES)
def test_every_edge_joins_two_nodes_that_are_written_down(name: str) -> None:
    of = system(name)
    for edge in of.edges:
        assert {edge.source, edge.target} <= of.nodes.keys(), edge
        assert edge.source != edge.target, edge
        assert set(edge.kinds) <= set(EdgeKind), edge
        assert edge.via, edge
        assert set(edge.via) <= set(Via), edge
        assert edge.reason, edge
    assert len({(edge.source, edge.target) for edge in of.edges}) == len(of.edges), "an edge is written twice"


@pytest.mark.parametrize("name", NAMES)
def test_every_node_is_of_a_kind_of_the_report_and_has_an_edge(name: str) -> None:
    of = system(name)
    joined = {end for edge in of.edges for end in (edge.source, edge.target)}
    assert {node.kind for node in of.nodes.values()} <= set(NodeKind)
    assert joined == of.nodes.keys()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_never_drawn_is_no_edge_of_the_truth(name: str) -> None:
    of = system(name)
    for pair in of.never:
        assert pair.source in of.nodes or pair.source == "*", pair
        hit = [edge for edge in of.edges if edge.visible and _is(pair, edge.source, edge.target)]
        assert not [edge for edge in hit if pair.via in (None, *edge.via) and pair.kind in (None, *edge.kinds)], pair


@pytest.mark.parametrize("name", ["insight", "retail"])
def test_a_template_declares_what_the_truth_names(name: str) -> None:
    of = system(name)
    assert of.template is not None
    text = of.template.read_text(encoding="utf-8")
    for node in _shown(of):
        if node.kind != NodeKind.AWS_SERVICE:
            assert any(re.search(rf"\b{re.escape(each)}\b", text) for each in (*node.names, node.id)), node


@pytest.mark.parametrize("name", _MADE_OF_DOCUMENTS)
def test_an_account_holds_what_the_truth_names(name: str) -> None:
    of = system(name)
    text = deployed(of).model_dump_json(by_alias=True, exclude_unset=True)
    for node in _shown(of):
        if node.kind not in (NodeKind.ENTRY, NodeKind.AWS_SERVICE):  # known by load balancers, by grants and logs
            assert any(each in text for each in (*node.names, node.id)), node


@pytest.mark.parametrize("name", NAMES)
def test_every_workload_of_the_truth_is_one_of_the_estate(name: str) -> None:
    of = system(name)
    written = {(node.names or (node.id,))[0] for node in of.nodes.values() if node.kind == NodeKind.WORKLOAD}
    assert written == {each.name for each in deployed(of).workloads}


@pytest.mark.parametrize("name", _MADE_OF_DOCUMENTS)
def test_every_document_has_the_shape_of_its_model(name: str) -> None:
    of = system(name)
    estate = deployed(of)
    for kind, documents in of.documents.items():
        facts: tuple[Fact, ...] = getattr(estate, kind)
        assert len(facts) == len(documents), kind
        for fact in facts:
            assert fact.identity, fact
            assert not fact.origin.unresolved, fact
            assert not fact.model_extra, (FACT_KINDS[kind].__name__, fact.model_extra)


def _shown(of: System) -> list[Node]:
    """Nodes with an edge that what is deployed shows."""
    ends = {end for edge in of.visible for end in (edge.source, edge.target)}
    return [of.nodes[each] for each in sorted(ends)]


def _is(pair: Pair, source: str, target: str) -> bool:
    return pair.source in (source, "*") and pair.target == target
