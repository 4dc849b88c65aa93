"""What the dependency map of a large company takes; bounds are seconds of one core."""

import gc
import time

from assess.graph.analysis import analyse
from assess.graph.building import graph_of
from tests.bench.budgets import Figure, hold
from tests.support.generate import estate

_WORKLOADS = 5_000
_VARIABLES = 8
"""Of each workload: they and its load balancer, logs and grants make the edges that are counted here."""


def test_a_graph_of_five_thousand_workloads() -> None:
    given = estate(_WORKLOADS, _VARIABLES)
    assert len(given.workloads) == _WORKLOADS
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)  # as the command line has it
    try:
        begun = time.process_time()
        graph = graph_of(given)
        drawn = time.process_time()
        found = analyse(graph)
        ended = time.process_time()
    finally:
        gc.set_threshold(*thresholds)
    assert len(graph.edges) >= 20_000
    assert found.reach
    hold(
        Figure(f"graph of 5,000 workloads and {len(graph.edges):,} edges, and its analysis", ended - begun, 5),
        Figure("of that, the analysis", ended - drawn, 1.5),
    )
