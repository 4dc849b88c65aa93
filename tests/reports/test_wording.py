from datetime import UTC, datetime, timedelta, timezone

import pytest

from assess.assessment import Distribution, FindingCounts
from assess.estate.gaps import Reason
from assess_reports import wording
from tests.reports import examples


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            Distribution(ready=12, ready_with_work=19, not_ready=12, blocked=5),
            "31 of 48 can move now or with work, 12 not yet, 5 are blocked",
        ),
        (Distribution(ready=1, blocked=1), "1 of 2 can move now, 1 is blocked"),
        (
            Distribution(ready_with_work=1, undetermined=2, not_ready=1),
            "1 of 4 can move with work, 1 not yet, 2 cannot be told yet",
        ),
        (Distribution(blocked=3), "none of 3 can move yet, 3 are blocked"),
        (Distribution(ready=1), "the only workload can move now"),
        (Distribution(not_ready=1), "the only workload cannot move yet"),
        (Distribution(blocked=1), "the only workload is blocked"),
        (Distribution(undetermined=1), "the only workload cannot be told yet"),
        (Distribution(ready=1000, ready_with_work=4000), "all 5,000 can move now or with work"),
        (Distribution(), "no workloads were seen"),
    ],
)
def test_distribution(counts: Distribution, words: str) -> None:
    assert wording.distribution(counts) == words


@pytest.mark.parametrize(
    ("score", "low", "high", "coverage", "words"),
    [
        (72, 61, 84, 0.83, "72 (61-84), 83 % seen"),
        (100, 100, 100, 1.0, "100 (100-100), 100 % seen"),
        (90, 80, 95, 0.9999, "90 (80-95), 99 % seen"),
        (None, 0, 100, None, "none (0-100)"),
        (None, None, None, None, "none"),
    ],
)
def test_a_score_never_stands_without_its_interval(
    score: int | None, low: int | None, high: int | None, coverage: float | None, words: str
) -> None:
    assert wording.with_coverage(score, low, high, coverage) == words


def test_the_headline_of_a_shop() -> None:
    assert wording.headline(examples.shop()) == (
        "Not ready yet: 4 of 12 can move now or with work, 4 not yet, 3 are blocked, 1 cannot be told yet."
    )


def test_the_headline_of_task_definitions_says_that_they_show_only_part() -> None:
    files = examples.assessment(["orders"], (), kind="task_definition", coverage=0.41)
    assert wording.headline(files) == (
        "Ready, as far as a task definition shows: the only workload could move now, by the 41 % that was seen."
    )
    assert wording.verdict_words("ready", files.workloads) == "ready, as far as a task definition shows"
    seen = examples.assessment(["orders"], (), kind="task_definition", coverage=1.0)
    assert wording.headline(seen) == "Ready: the only workload can move now."


def test_a_cap_is_named_with_what_the_score_would_be_without() -> None:
    assert wording.score_line(examples.shop()) == (
        "59 (51-59), 83 % seen; capped at 59 while 3 critical findings stand; 85 without"
    )


def test_a_cap_that_does_not_bite_is_not_named() -> None:
    findings = [examples.finding(rule, ["a"], "bad") for rule in ("SEC-ENV-PLAINTEXT", "ECS-APP-MESH")]
    bad = examples.assessment(["a"], findings)
    assert bad.summary.score == 20
    assert wording.cap_words(bad) == ""


def test_a_cap_by_what_could_not_be_seen_names_the_rule() -> None:
    shop = examples.shop()
    denied = next(each for each in shop.unknowns if each.reason is Reason.DENIED)
    asked = next(each for each in shop.unknowns if each.reason is Reason.UNANSWERED)
    summary = shop.summary.model_copy(update={"capped_by": (denied.rule, asked.rule)})
    capped = shop.model_copy(update={"summary": summary})
    assert wording.cap_words(capped) == (
        "capped at 59 while IAM-WILDCARD, which may be critical, cannot be seen; 85 without"
    )


def test_raw_and_accepted_stand_side_by_side_when_findings_are_waived() -> None:
    assert wording.accepted_line(examples.shop()) == (
        "leaving out 1 accepted finding: not ready yet, 59 (51-59), 83 % seen; "
        "5 of 12 can move now or with work, 4 not yet, 2 are blocked, 1 cannot be told yet"
    )
    assert wording.accepted_line(examples.clean()) == ""


def test_no_score_says_why() -> None:
    assert wording.score_line(examples.blind()) == (
        "none: workloads may be missing, so it may be anything from 0 to 100"
    )


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            FindingCounts(critical=5, high=11, medium=40, low=12, info=3),
            "5 critical, 11 high, 40 medium and 12 low findings; 3 for information",
        ),
        (FindingCounts(low=1), "1 low finding"),
        (FindingCounts(info=2), "no findings that cost points; 2 for information"),
    ],
)
def test_finding_counts(counts: FindingCounts, words: str) -> None:
    assert wording.finding_counts(counts) == words


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_some_names(names: list[str], words: str) -> None:
    assert wording.some(names, 3) == words


def test_gains_too_small_to_show_are_not_zero() -> None:
    assert [wording.gain(each) for each in (4.24, 0.05, 0.001)] == ["+4.2", "+0.1", "less than +0.1"]


def test_moments_name_their_zone() -> None:
    when = datetime(2026, 11, 23, 18, 5, tzinfo=UTC)
    assert wording.moment(when) == "2026-11-23 18:05 UTC"
    assert wording.moment(when.astimezone(timezone(timedelta(hours=-3)))) == "2026-11-23 15:05 UTC-03:00"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("expired", "expired on 2026-10-01, so its findings count again"),
        ("unused", "matches no finding"),
        ("too_long", "runs until 2026-10-01, longer than the policy allows"),
    ],
)
def test_waivers_to_look_at(problem: str, words: str) -> None:
    note = examples.shop().waiver_notes[0].model_copy(update={"problem": problem})
    assert wording.waiver_note(note) == f"the waiver of HLT-* on shop/old* (owner: web team) {words}"
