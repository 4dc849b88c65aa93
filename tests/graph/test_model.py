"""What holds of every graph, whatever it was drawn from."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.estate.facts import Evidence
from assess.graph import Access, Certainty, Edge, EdgeKind, GraphBuilder, Hint, HintKind, Node, NodeKind, Proof, Via
from assess.graph.model import MOST_CONFIDENT, combined

NAMES = ("orders", "carts", "prices", "stock")

proofs = st.builds(
    Proof,
    via=st.sampled_from(Via),
    confidence=st.floats(0.0, 1.0),
    evidence=st.builds(Evidence, source=st.sampled_from(NAMES), pointer=st.sampled_from(("/a", "/b"))),
    how=st.sampled_from(("one way", "another")),
)
steps = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(EdgeKind), proofs), max_size=25
)


def proof(via: Via = Via.ENV, confidence: float = 0.85, pointer: str = "/a") -> Proof:
    return Proof(via, confidence, Evidence(source="orders", pointer=pointer), "one way")


def node(name: str, kind: NodeKind = NodeKind.WORKLOAD) -> Node:
    return Node(id=name, kind=kind, name=name)


def drawn(edges: list[tuple[str, str, EdgeKind, Proof]]) -> GraphBuilder:
    graph = GraphBuilder()
    for name in NAMES:
        graph.node(node(name))
    for source, target, kind, why in edges:
        graph.edge(source, target, kind, why)
    return graph


@given(steps)
def test_every_edge_has_a_proof_and_leads_elsewhere(edges: list[tuple[str, str, EdgeKind, Proof]]) -> None:
    graph = drawn(edges).build()
    assert all(each.proofs and each.source != each.target for each in graph.edges)
    assert {(each.source, each.target, each.kind) for each in graph.edges} == {
        (source, target, kind) for source, target, kind, _ in edges if source != target
    }


@given(steps, st.randoms(use_true_random=False))
def test_the_order_of_what_is_found_changes_nothing(
    edges: list[tuple[str, str, EdgeKind, Proof]], shuffled: random.Random
) -> None:
    other = list(edges)
    shuffled.shuffle(other)
    assert drawn(edges).build() == drawn(other).build()


@given(st.lists(proofs, min_size=1, max_size=12))
def test_confidence_stays_below_certainty(given_proofs: list[Proof]) -> None:
    assert 0.0 <= combined(given_proofs) <= MOST_CONFIDENT


@given(st.lists(proofs, min_size=1, max_size=8), st.floats(0.0, 1.0))
def test_a_family_that_repeats_itself_is_no_surer(given_proofs: list[Proof], lower: float) -> None:
    again = [Proof(each.via, each.confidence * lower, each.evidence, "again") for each in given_proofs]
    assert combined([*given_proofs, *again]) == combined(given_proofs)


@pytest.mark.parametrize(
    ("given_proofs", "confidence", "certainty"),
    [
        ([proof()], 0.85, Certainty.DECLARED),
        ([proof(), proof(pointer="/b")], 0.85, Certainty.DECLARED),
        ([proof(Via.IAM, 0.6)], 0.6, Certainty.INFERRED),
        ([proof(Via.IAM, 0.6), proof(Via.SECURITY_GROUP, 0.35)], 0.74, Certainty.INFERRED),
        ([proof(Via.SECURITY_GROUP, 0.35)], 0.35, Certainty.POSSIBLE),
        ([proof(Via.ENV, 0.85), proof(Via.TARGET_GROUP, 0.95), proof(Via.IAM, 0.9)], 0.99, Certainty.DECLARED),
    ],
)
def test_confidence_is_what_no_family_leaves_in_doubt(
    given_proofs: list[Proof], confidence: float, certainty: Certainty
) -> None:
    assert combined(given_proofs) == confidence
    assert Certainty.of(confidence) is certainty


def test_an_edge_without_a_proof_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a proof"):
        Edge("orders", "carts", EdgeKind.SYNC, ())


def test_a_step_makes_an_edge_no_surer_and_is_no_proof_by_itself() -> None:
    step = Proof(Via.DNS, 0.95, Evidence(source="record", pointer="/a"), "a record", is_step=True)
    assert combined([proof(), step]) == 0.85
    with pytest.raises(ValueError, match="needs a proof"):
        Edge("orders", "carts", EdgeKind.SYNC, (step,))


def test_an_edge_to_a_node_that_nobody_made_known_is_refused() -> None:
    graph = drawn([])
    with pytest.raises(KeyError):
        graph.edge("orders", "elsewhere", EdgeKind.SYNC, proof())


def test_what_leads_from_a_node_to_itself_is_no_edge() -> None:
    assert drawn([("orders", "orders", EdgeKind.SYNC, proof())]).build().edges == ()


def test_access_and_port_of_all_proofs_come_together() -> None:
    graph = drawn([])
    graph.edge("orders", "carts", EdgeKind.DATA, proof(), access=(Access.READ,), port=5432)
    graph.edge("orders", "carts", EdgeKind.DATA, proof(Via.IAM, 0.6), access=(Access.WRITE,))
    (edge,) = graph.build().edges
    assert edge.access == {Access.READ, Access.WRITE}
    assert edge.port == 5432
    assert edge.via == (Via.ENV, Via.IAM)


def test_a_node_without_edges_stays_only_if_it_is_a_workload_or_holds_a_database_in_use() -> None:
    graph = drawn([])
    server = node("server", NodeKind.DATABASE)
    database = Node(id="server/orders", kind=NodeKind.DATABASE, name="server/orders", part_of="server")
    for each in (server, database, node("unused", NodeKind.QUEUE)):
        graph.node(each)
    graph.edge("orders", "server/orders", EdgeKind.DATA, proof())
    assert sorted(graph.build().nodes) == sorted((*NAMES, "server", "server/orders"))


def test_what_leads_to_a_server_speaks_for_the_database_that_is_used_on_it() -> None:
    graph = drawn([])
    for each in ("server", "server/orders"):
        graph.node(Node(each, NodeKind.DATABASE, each, part_of="server" if "/" in each else None))
    graph.edge("orders", "server", EdgeKind.DATA, proof(Via.SECURITY_GROUP, 0.35))
    graph.edge("orders", "server/orders", EdgeKind.DATA, proof())
    graph.edge("carts", "server", EdgeKind.DATA, proof(Via.SECURITY_GROUP, 0.35))
    found = {(each.source, each.target): each for each in graph.build().edges}
    assert sorted(found) == [("carts", "server"), ("orders", "server/orders")]
    assert found["orders", "server/orders"].via == (Via.ENV, Via.SECURITY_GROUP)


def test_of_two_nodes_with_one_id_the_one_that_says_more_stands() -> None:
    graph = drawn([])
    plain, full = node("q", NodeKind.QUEUE), Node("q", NodeKind.QUEUE, "q", "sqs", "arn:aws:sqs:::q")
    for pair in ((plain, full), (full, plain)):
        for each in pair:
            graph.node(each)
        graph.edge("orders", "q", EdgeKind.ASYNC, proof())
        assert graph.build().nodes["q"] == full


def test_edges_and_hints_are_found_by_their_nodes() -> None:
    graph = drawn([("orders", "carts", EdgeKind.SYNC, proof()), ("orders", "carts", EdgeKind.CONTROL, proof())])
    hint = Hint(HintKind.MAY_CALL, "orders", "3 names", Evidence(source="orders"))
    graph.hint(hint)
    built = graph.build()
    assert len(built.between("orders", "carts")) == 2
    assert built.between("carts", "orders") == ()
    assert [each.target for each in built.outgoing["orders"]] == ["carts", "carts"]
    assert [each.source for each in built.incoming["carts"]] == ["orders", "orders"]
    assert built.hints_of["orders"] == (hint,)
