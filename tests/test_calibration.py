"""The penalties on three built estates, judged by the built-in rules; and what is lost when facts are lost."""

from collections.abc import Callable
from datetime import date
from functools import cache

import pytest

from assess.assessment import Assessment, ItemView, Summary, WorkloadView
from assess.assessor import assess
from assess.config import Policy
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from assess.graph.sources import FACTS as GRAPH_FACTS
from assess.graph.sources import GRAPH
from assess.packs import load_rules
from tests.support.calibration import FACTS, HOLDS, bad, clean, typical, without

ESTATES = (clean, typical, bad)


@cache
def assessed(build: Callable[[], Estate]) -> Assessment:
    return judged(build())


def judged(estate: Estate) -> Assessment:
    return assess(estate, policy=Policy(), rules=load_rules(), as_of=date(2026, 11, 23))


@pytest.mark.parametrize(("build", "lowest", "highest"), [(clean, 90, 100), (typical, 50, 75), (bad, 0, 35)])
def test_an_estate_scores_in_its_band_with_and_without_the_cap(
    build: Callable[[], Estate], lowest: int, highest: int
) -> None:
    summary = assessed(build).summary
    assert summary.score is not None and summary.score_uncapped is not None
    assert lowest <= summary.score <= highest
    assert lowest <= summary.score_uncapped <= highest


@pytest.mark.parametrize(
    ("build", "verdict", "blocked"), [(clean, "ready_with_work", 0), (typical, "not_ready", 1), (bad, "blocked", 6)]
)
def test_verdicts(build: Callable[[], Estate], verdict: str, blocked: int) -> None:
    summary = assessed(build).summary
    assert (summary.verdict, summary.workloads.blocked) == (verdict, blocked)


@pytest.mark.parametrize("build", ESTATES)
def test_the_scores_rest_on_everything_that_a_scan_can_see(build: Callable[[], Estate]) -> None:
    made = assessed(build)
    assert made.summary.coverage_of_source == 1.0
    assert made.gaps == ()


def test_the_built_estates_hold_every_fact_that_rules_need() -> None:
    needed = {need for rule in load_rules() for need in rule.needs if not need.startswith(("survey", "policy."))}
    drawn_from = set(GRAPH_FACTS) if GRAPH in needed else set()
    assert needed - {GRAPH, "iac"} | drawn_from <= {*FACTS, "iam.roles"}


# --- with the built-in rules, losing facts raises no score ------------------------------------------------------


def at_most(after: int | None, before: int | None) -> bool:
    return after is None or (before is not None and after <= before)


def parts(made: Assessment) -> dict[str, Summary | WorkloadView | ItemView]:
    of: dict[str, Summary | WorkloadView | ItemView] = {"the estate": made.summary}
    return of | {each.id: each for each in made.workloads} | {each.id: each for each in made.checklist}


def assert_nothing_rose(before: Assessment, after: Assessment) -> None:
    was = parts(before)
    assert [each.id for each in before.workloads] == [each.id for each in after.workloads]
    for name, now in parts(after).items():
        assert at_most(now.score, was[name].score), name
        if was[name].score_low is not None:  # an item that did not apply had no interval
            assert at_most(now.score_low, was[name].score_low), name
            assert at_most(was[name].score_high, now.score_high), name


@pytest.mark.parametrize("fact", [*FACTS, "iam.roles"])
@pytest.mark.parametrize("build", ESTATES)
def test_losing_a_fact_raises_no_score(build: Callable[[], Estate], fact: str) -> None:
    after = judged(without(build(), fact))
    assert_nothing_rose(assessed(build), after)
    open_now = {each.rule for each in after.unknowns if each.reason is Reason.DENIED}
    assert open_now == set(after.gaps[0].rules)


@pytest.mark.parametrize("fact", sorted(HOLDS))
@pytest.mark.parametrize("build", ESTATES)
def test_losing_a_fact_of_one_resource_raises_no_score(build: Callable[[], Estate], fact: str) -> None:
    estate = build()
    held = [each.identity for kind in HOLDS[fact] for each in getattr(estate, kind)]
    for resource in held[:1] + held[-1:]:
        assert_nothing_rose(assessed(build), judged(without(estate, fact, resource=resource)))


@pytest.mark.parametrize("build", ESTATES)
def test_losing_one_fact_after_another_raises_no_score(build: Callable[[], Estate]) -> None:
    estate, before = build(), assessed(build)
    for fact in (*FACTS[::-1], "iam.roles"):
        estate = without(estate, fact, reason=Reason.ERROR)
        after = judged(estate)
        assert_nothing_rose(before, after)
        before = after
    assert before.summary.coverage_of_source == 0.0
    assert before.summary.verdict == "undetermined"
