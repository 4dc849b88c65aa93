"""What a graph as a whole tells, on graphs small enough to see it."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.estate.facts import Evidence
from assess.graph import Access, DependencyGraph, EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via
from assess.graph.analysis import HUB_CALLERS, analyse, bridges_of, circles_of

Step = tuple[str, str] | tuple[str, str, EdgeKind] | tuple[str, str, EdgeKind, float]


def graph_of(
    *steps: Step, workloads: Iterable[str] = (), accesses: dict[tuple[str, str], Access] | None = None
) -> DependencyGraph:
    """A graph of edges; names that begin with ``db`` are databases, ``server/x`` is a database of ``server``."""
    graph = GraphBuilder()
    for name in {*workloads, *(end for step in steps for end in step[:2])}:
        what = NodeKind.DATABASE if name.startswith(("db", "server")) else NodeKind.WORKLOAD
        account = "222222222222" if name.startswith("far") else "111111111111"
        server = name.partition("/")[0] if "/" in name else None
        graph.node(Node(name, what, name, account=account, part_of=server))
        if server is not None:
            graph.node(Node(server, what, server, account=account))
    for step in steps:
        kind = step[2] if len(step) > 2 else EdgeKind.SYNC
        sure = step[3] if len(step) > 3 else 0.85
        proof = Proof(Via.ENV, sure, Evidence(source=step[0], pointer=f"/{step[1]}"), "named")
        access = (accesses or {}).get((step[0], step[1]))
        graph.edge(step[0], step[1], kind, proof, access=[access] if access is not None else [])
    return graph.build()


def test_workloads_that_call_each_other_in_a_circle_are_one_group() -> None:
    found = analyse(graph_of(("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")))
    assert found.cycles == (("a", "b", "c"),)
    (bridges,) = found.cycle_edges
    assert len(bridges) == 1


def test_circles_of_some_edges_only() -> None:
    edges = graph_of(("a", "b"), ("b", "a", EdgeKind.SYNC, 0.55), ("c", "d"), ("d", "c"), ("d", "d2")).edges
    assert circles_of(edges) == (("a", "b"), ("c", "d"))
    sure = [each for each in edges if each.confidence >= 0.6]
    assert circles_of(sure) == (("c", "d"),)
    assert [(each.source, each.target) for each in bridges_of(("c", "d"), sure)] == [("d", "c")]
    assert circles_of(()) == ()


@pytest.mark.parametrize(
    "kind", [EdgeKind.ASYNC, EdgeKind.CONFIG, EdgeKind.OBSERVE, EdgeKind.CONTROL], ids=lambda each: each.value
)
def test_what_orders_nothing_makes_no_circle(kind: EdgeKind) -> None:
    assert analyse(graph_of(("a", "b"), ("b", "a", kind))).cycles == ()


def test_a_possible_edge_makes_no_circle() -> None:
    assert analyse(graph_of(("a", "b"), ("b", "a", EdgeKind.SYNC, 0.35))).cycles == ()


def test_workloads_of_one_database_share_it() -> None:
    accesses = {("a", "db"): Access.WRITE, ("b", "db"): Access.READ}
    (store,) = analyse(graph_of(("a", "db", EdgeKind.DATA), ("b", "db", EdgeKind.DATA), accesses=accesses)).shared
    assert (store.node, store.users, store.writers, store.same_server) == ("db", ("a", "b"), ("a",), False)


def test_databases_on_one_server_share_the_server_only() -> None:
    (store,) = analyse(graph_of(("a", "server/x", EdgeKind.DATA), ("b", "server/y", EdgeKind.DATA))).shared
    assert (store.node, store.users, store.same_server) == ("server", ("a", "b"), True)


def test_a_database_of_one_workload_is_not_shared() -> None:
    assert analyse(graph_of(("a", "db", EdgeKind.DATA), ("b", "a"))).shared == ()


def test_a_workload_that_many_call_is_a_hub() -> None:
    callers = [f"w{number}" for number in range(HUB_CALLERS)]
    (hub,) = analyse(graph_of(*((each, "core") for each in callers))).hubs
    assert (hub.node, hub.callers) == ("core", tuple(callers))


def test_a_workload_that_a_few_call_is_no_hub() -> None:
    assert analyse(graph_of(*((f"w{number}", "core") for number in range(HUB_CALLERS - 1)))).hubs == ()


def test_a_fault_reaches_callers_of_callers_and_peers_of_its_data() -> None:
    found = analyse(graph_of(("a", "b"), ("b", "c"), ("c", "db", EdgeKind.DATA), ("d", "db", EdgeKind.DATA)))
    reach = {each.node: each for each in found.reach}
    assert reach["c"].callers == ("a", "b")
    assert reach["c"].peers == ("d",)
    assert reach["c"].weight == round(0.85 + 0.85 * 0.85 + 0.5, 2)
    assert found.reach[0].node == "c"


def test_the_surest_way_counts() -> None:
    found = analyse(graph_of(("a", "c", EdgeKind.SYNC, 0.5), ("a", "b"), ("b", "c")))
    (reach,) = (each for each in found.reach if each.node == "c")
    assert reach.weight == round(0.85 + 0.85 * 0.85, 2)


def test_logs_and_secrets_tie_nobody() -> None:
    graph = graph_of(("a", "b"), ("c", "db-logs", EdgeKind.OBSERVE), workloads=("d",))
    assert analyse(graph).orphans == ("c", "d")


def test_an_edge_to_another_account_crosses() -> None:
    (edge,) = analyse(graph_of(("a", "far"), ("a", "b"))).crossing
    assert (edge.source, edge.target) == ("a", "far")


names = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(names, names), max_size=30))
def test_without_its_bridges_no_group_is_a_circle(steps: list[tuple[str, str]]) -> None:
    found = analyse(graph_of(*steps, workloads="abcdefgh"))
    bridges = {(each.source, each.target) for edges in found.cycle_edges for each in edges}
    left = [step for step in steps if step not in bridges]
    assert analyse(graph_of(*left, workloads="abcdefgh")).cycles == ()


@given(st.lists(st.tuples(names, names), max_size=30))
def test_the_order_of_edges_changes_nothing(steps: list[tuple[str, str]]) -> None:
    assert analyse(graph_of(*steps)) == analyse(graph_of(*reversed(steps)))
