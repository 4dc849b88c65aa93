"""What estates of the size of large companies take; bounds are seconds of one core, so that a busy machine can tell."""

import gc
import time
from pathlib import Path

from assess.assessor import assessment_of
from assess.config import Policy
from assess.estate.snapshot import save
from assess.graph.building import graph_of
from assess.judging import judge
from assess.packs import load_rules
from tests.bench.budgets import Figure, hold, measured
from tests.support.generate import estate

_VARIABLES = 30


def test_a_thousand_workloads_from_a_saved_estate_to_json(tmp_path: Path) -> None:
    save(estate(1_000), tmp_path / "estate.json.gz")
    arguments = ["report", "estate.json.gz", "--format", "json"]
    runs = [measured(arguments, tmp_path) for _ in range(3)]
    hold(
        Figure("1,000 workloads, saved estate to JSON, one core", min(each.processor for each in runs), 5),
        Figure("1,000 workloads, saved estate to JSON, memory", max(each.peak for each in runs), 500, "MiB"),
    )


def _seconds(workloads: int) -> tuple[float, float]:
    """What all rules take on so many workloads, and what the whole assessment does."""
    rules, policy = load_rules(), Policy()
    given = estate(workloads, _VARIABLES)
    graph = graph_of(given)  # whose time is measured by itself
    gc.collect()
    begun = time.process_time()
    judgements = judge(given, rules, policy, graph)
    judged = time.process_time()
    assessment_of(given, judgements, graph=graph, policy=policy, rules=rules, as_of=given.collected_at.date())
    return judged - begun, time.process_time() - begun


def test_all_rules_on_five_thousand_workloads() -> None:
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)  # as the command line has it
    try:
        (small, _), (large, whole) = _seconds(500), _seconds(5_000)
    finally:
        gc.set_threshold(*thresholds)
    hold(
        Figure("all rules on 500 workloads of 30 variables, one core", small, 1),
        Figure("all rules on 5,000 workloads of 30 variables, one core", large, 10),
        Figure("the same with scores and the assessment", whole, 15),
        Figure("ten times the workloads take so many times as long", large / small, 15, "x"),
    )


def test_memory_of_five_thousand_workloads(tmp_path: Path) -> None:
    save(estate(5_000, _VARIABLES), tmp_path / "estate.json.gz")
    run = measured(["report", "estate.json.gz", "--format", "json", "-q"], tmp_path)
    hold(
        Figure("5,000 workloads of 30 variables, saved estate to JSON", run.processor, 60),
        Figure("5,000 workloads of 30 variables, memory", run.peak, 1_430, "MiB"),
    )
