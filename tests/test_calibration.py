"""The penalties on three built estates, judged by the built-in rules."""

from collections.abc import Callable
from datetime import date
from functools import cache

import pytest

from assess.assessment import Assessment
from assess.assessor import assess
from assess.config import Policy
from assess.estate.estate import Estate
from assess.packs import load_rules
from tests.support.calibration import FACTS, bad, clean, typical


@cache
def assessed(build: Callable[[], Estate]) -> Assessment:
    return assess(build(), policy=Policy(), rules=load_rules(), as_of=date(2026, 11, 23))


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


@pytest.mark.parametrize("build", [clean, typical, bad])
def test_the_scores_rest_on_everything_that_a_scan_can_see(build: Callable[[], Estate]) -> None:
    made = assessed(build)
    assert made.summary.coverage_of_source == 1.0
    assert made.gaps == ()


def test_the_built_estates_hold_every_fact_that_rules_need() -> None:
    needed = {need for rule in load_rules() for need in rule.needs if not need.startswith(("survey", "policy."))}
    assert needed <= {*FACTS, "iam.roles"}
