"""The gate: which findings count, what is incomplete, and the exit codes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from assess.assessment import Assessment
from assess.assessor import assessment_of
from assess.config import FailOn, Policy
from assess.estate.gaps import Reason
from assess.gate import GateResult, decide, review
from assess.judging import Judgement
from assess.rule import CRITICAL, HIGH, INFO, LOW, MEDIUM, Kind, SubjectKind
from tests.support.judgements import OPERATORS, OTHERS, a_fail, a_rule, judged
from tests.support.small import LIVE, blind_gap, estate, id_of, policy, waiver

TODAY = date(2026, 11, 23)
C, H, M, L = (a_rule(f"LIF-{each.value.upper()}", each) for each in (CRITICAL, HIGH, MEDIUM, LOW))


def assessment(
    *judgements: Judgement, names: Sequence[str] = ("orders", "web"), policy: Policy | None = None, **changes: Any
) -> Assessment:
    return assessment_of(
        estate(*names, **changes),
        judgements,
        policy=policy or Policy(),
        rules=[each.rule for each in judgements],
        as_of=TODAY,
    )


def gated(of: Assessment, fail_on: FailOn | None = None, **more: Any) -> GateResult:
    return decide(of, fail_on=fail_on, **more)


ORDERS = id_of("orders")
BOTH = (id_of("orders"), id_of("web"))


@pytest.mark.parametrize(
    ("situation", "judgements", "fail_on", "expected"),
    [
        ("nothing is asked for", [judged(C, ORDERS, CRITICAL)], None, 0),
        ("never", [judged(C, ORDERS, CRITICAL)], "never", 0),
        ("a critical stands", [judged(C, ORDERS, CRITICAL)], "critical", 1),
        ("a high stands, critical asked for", [judged(H, ORDERS, HIGH)], "critical", 0),
        ("a high stands, high asked for", [judged(H, ORDERS, HIGH)], "high", 1),
        ("a critical stands, low asked for", [judged(C, ORDERS, CRITICAL)], "low", 1),
        ("a low stands, medium asked for", [judged(L, ORDERS, LOW)], "medium", 0),
        ("a low stands, low asked for", [judged(L, ORDERS, LOW)], "low", 1),
        ("a change to make", [judged(a_rule("MAN-X", kind=Kind.CONVERSION), ORDERS, INFO)], "low", 0),
        ("all passed", [judged(C, ORDERS), judged(H, ORDERS)], "low", 0),
        ("denied, as bad as asked for", [judged(H, ORDERS, unknown=Reason.DENIED)], "high", 3),
        ("denied, worse than asked for", [judged(C, ORDERS, unknown=Reason.DENIED)], "low", 3),
        ("denied, milder than asked for", [judged(M, ORDERS, unknown=Reason.DENIED)], "high", 0),
        ("denied without a threshold", [judged(C, ORDERS, unknown=Reason.DENIED)], None, 0),
        ("denied and never", [judged(C, ORDERS, unknown=Reason.DENIED)], "never", 0),
        (
            "a change that was denied",
            [judged(a_rule("MAN-X", kind=Kind.CONVERSION), ORDERS, unknown=Reason.DENIED)],
            "low",
            0,
        ),
        ("failed and denied", [judged(C, ORDERS, CRITICAL), judged(H, ORDERS, unknown=Reason.DENIED)], "high", 1),
        ("a medium that could be high", [judged(H, ORDERS, MEDIUM, unknown=Reason.ERROR)], "high", 3),
    ],
)
def test_exit_code(situation: str, judgements: list[Judgement], fail_on: FailOn | None, expected: int) -> None:
    assert gated(assessment(*judgements), fail_on).exit_code == expected, situation


@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_the_operator_can_change_is_incomplete(reason: Reason) -> None:
    result = gated(assessment(judged(C, ORDERS, unknown=reason)), "critical")
    assert (reason in OPERATORS) != (reason in OTHERS)
    assert result.exit_code == (3 if reason in OPERATORS else 0)


CLUSTERS_SEEN = [{"fact": "ecs.clusters", **LIVE}]


@pytest.mark.parametrize(
    ("situation", "changes", "fail_on", "min_coverage", "expected"),
    [
        ("a scope is blind, nothing asked for", {"gaps": [blind_gap()], "seen": CLUSTERS_SEEN}, None, None, 0),
        ("a scope is blind, gate", {"gaps": [blind_gap()], "seen": CLUSTERS_SEEN}, "critical", None, 3),
        ("a scope is blind, never", {"gaps": [blind_gap()], "seen": CLUSTERS_SEEN}, "never", None, 0),
        ("a scope is blind, coverage", {"gaps": [blind_gap()], "seen": CLUSTERS_SEEN}, None, 0.0, 3),
        ("a region is wholly blind", {"gaps": [blind_gap(region="us-east-1")]}, None, None, 3),
        ("a fallback read it", {"gaps": [blind_gap(region="us-east-1", recovered=True)]}, "low", 100.0, 0),
    ],
)
def test_blind_scopes(
    situation: str, changes: dict[str, Any], fail_on: FailOn | None, min_coverage: float | None, expected: int
) -> None:
    of = assessment(judged(L, BOTH), **changes)
    assert gated(of, fail_on, min_coverage=min_coverage).exit_code == expected, situation


def test_a_critical_in_a_blind_scope_fails_the_gate() -> None:
    assert gated(assessment(judged(C, ORDERS, CRITICAL), gaps=[blind_gap()]), "critical").exit_code == 1


@pytest.mark.parametrize(
    ("situation", "judgements", "min_coverage", "expected"),
    [
        ("all seen", [judged(H, BOTH)], 100, 0),
        ("half seen", [judged(H, BOTH), judged(H, BOTH, unknown=Reason.DENIED)], 50, 0),
        ("less than asked for", [judged(H, BOTH), judged(H, BOTH, unknown=Reason.DENIED)], 50.1, 3),
        ("questions do not count", [judged(H, BOTH), judged(C, BOTH, unknown=Reason.UNANSWERED)], 100, 0),
        ("other sources do not count", [judged(H, BOTH), judged(C, BOTH, unknown=Reason.NOT_IN_SOURCE)], 100, 0),
        ("no data counts", [judged(H, BOTH), judged(H, BOTH, unknown=Reason.NO_DATA)], 60, 3),
        ("nothing to assess", [], 1, 3),
    ],
)
def test_min_coverage(situation: str, judgements: list[Judgement], min_coverage: float, expected: int) -> None:
    assert gated(assessment(*judgements), min_coverage=min_coverage).exit_code == expected, situation


@pytest.mark.parametrize("percent", range(1, 101))
def test_min_coverage_of_exactly_what_was_seen_passes(percent: int) -> None:
    made = assessment(judged(H, BOTH))
    summary = made.summary.model_copy(update={"coverage_of_source": percent / 100})
    of = made.model_copy(update={"summary": summary})
    assert gated(of, min_coverage=percent).exit_code == 0
    assert gated(of, min_coverage=min(100, percent + 0.01)).exit_code == (0 if percent == 100 else 3)


@pytest.mark.parametrize(
    ("situation", "judgements", "changes", "expected"),
    [
        ("a rule is hidden", [judged(C, ORDERS, unknown=Reason.DENIED)], {}, 0),
        ("a scope is blind", [judged(C, ORDERS)], {"gaps": [blind_gap()]}, 0),
        ("a region is wholly blind", [judged(C, ORDERS)], {"gaps": [blind_gap(region="us-east-1")]}, 0),
        ("a finding stands", [judged(C, ORDERS, CRITICAL)], {"gaps": [blind_gap()]}, 1),
    ],
)
def test_allow_incomplete(situation: str, judgements: list[Judgement], changes: dict[str, Any], expected: int) -> None:
    of = assessment(*judgements, **changes)
    assert gated(of, "low", allow_incomplete=True).exit_code == expected, situation


def test_allow_incomplete_still_holds_min_coverage() -> None:
    of = assessment(judged(H, BOTH), judged(H, BOTH, unknown=Reason.DENIED))
    assert gated(of, min_coverage=60, allow_incomplete=True).exit_code == 3


# --- waivers ----------------------------------------------------------------------------------------------------


ROLE = a_rule("IAM-X", HIGH, subject=SubjectKind.ROLE)


@pytest.mark.parametrize(
    ("situation", "judgement", "given", "waived"),
    [
        ("its rule and workload", judged(H, ORDERS, HIGH), waiver("LIF-HIGH", workload="prod/orders"), True),
        ("globs", judged(H, ORDERS, HIGH), waiver("LIF-*", workload="prod/ord*"), True),
        ("another rule", judged(H, ORDERS, HIGH), waiver("LIF-HIGHER", workload="*"), False),
        ("another workload", judged(H, ORDERS, HIGH), waiver(workload="prod/web"), False),
        ("another cluster", judged(H, ORDERS, HIGH), waiver(workload="test/orders"), False),
        ("a name without its cluster", judged(H, ORDERS, HIGH), waiver(workload="orders"), False),
        ("letters count as they are written", judged(H, ORDERS, HIGH), waiver("lif-*", workload="*"), False),
        ("one of two workloads", judged(ROLE, BOTH, HIGH, id="r"), waiver("*", workload="prod/orders"), False),
        ("both of two workloads", judged(ROLE, BOTH, HIGH, id="r"), waiver("*", workload="prod/*"), True),
        ("a resource of no workload", judged(ROLE, (), HIGH, id="r"), waiver("*", workload="*"), False),
        ("its subject", judged(ROLE, BOTH, HIGH, id="arn:role/x"), waiver("IAM-X", subject="role:*/x"), True),
        ("another subject", judged(ROLE, BOTH, HIGH, id="arn:role/x"), waiver("*", subject="role:*/y"), False),
        ("another kind", judged(ROLE, BOTH, HIGH, id="arn:role/x"), waiver("*", subject="subnet:*"), False),
        ("the day it expires", judged(H, ORDERS, HIGH), waiver(workload="*", expires="2026-11-23"), True),
        ("the day after", judged(H, ORDERS, HIGH), waiver(workload="*", expires="2026-11-22"), False),
        ("the longest", judged(H, ORDERS, HIGH), waiver(workload="*", expires=str(TODAY + timedelta(180))), True),
        ("too long", judged(H, ORDERS, HIGH), waiver(workload="*", expires=str(TODAY + timedelta(181))), False),
    ],
)
def test_what_a_waiver_takes_out(situation: str, judgement: Judgement, given: dict[str, Any], waived: bool) -> None:
    made = assessment(judgement, policy=policy(given))
    assert [each.waived is not None for each in made.findings] == [waived], situation
    assert gated(made, "high").exit_code == (0 if waived else 1), situation


def test_a_file_has_no_cluster_in_its_name() -> None:
    task = {"@origin": {"source": "web.json"}, "family": "web", "containerDefinitions": []}
    made = assessment(
        judged(H, "file:web.json#web", HIGH), names=(), task_definitions=[task], policy=policy(waiver(workload="web"))
    )
    assert made.findings[0].waived is not None


def test_of_two_waivers_the_first_is_shown_and_neither_is_unused() -> None:
    given = policy(waiver(workload="*", reason="first"), waiver("LIF-HIGH", workload="*", reason="second"))
    made = assessment(judged(H, ORDERS, HIGH), policy=given)
    assert made.findings[0].waived is not None
    assert made.findings[0].waived.reason == "first"
    assert made.waiver_notes == ()


def test_only_the_failure_that_is_not_waived_counts() -> None:
    made = assessment(
        judged(H, ORDERS, HIGH), judged(C, ORDERS, CRITICAL), policy=policy(waiver("LIF-C*", workload="*"))
    )
    assert gated(made, "critical").exit_code == 0
    assert gated(made, "high").exit_code == 1


def test_a_saved_waiver_counts_until_it_expires() -> None:
    made = assessment(judged(H, ORDERS, HIGH), policy=policy(waiver(workload="*")))
    assert gated(made, "high", as_of=date(2026, 12, 31)).exit_code == 0
    assert gated(made, "high", as_of=date(2027, 1, 1)).exit_code == 1
    assert gated(made, "high", policy=Policy()).exit_code == 0


def test_a_waiver_given_at_the_gate_counts_on_a_saved_assessment() -> None:
    made = assessment(judged(H, ORDERS, HIGH))
    assert gated(made, "high").exit_code == 1
    assert gated(made, "high", policy=policy(waiver(workload="prod/orders"))).exit_code == 0
    result = gated(made, "high", policy=policy(waiver(workload="prod/orders")), as_of=date(2027, 1, 1))
    assert result.exit_code == 1
    assert result.lines[0] == "waiver of LIF-* on prod/orders (shop, until 2026-12-31) has expired and does not count"


def test_many_waivers_and_findings_are_matched_by_name() -> None:
    made = assessment(judged(H, ORDERS, a_fail(HIGH, element="x"), a_fail(HIGH, element="y")))
    names = {each.id: f"{each.cluster}/{each.name}" for each in made.workloads}
    found = review(made.findings, names, policy(waiver(workload="prod/orders")), TODAY)
    assert set(found.waived) == {each.fingerprint for each in made.findings}
    assert len(found.waived) == 2


# --- what is said -----------------------------------------------------------------------------------------------


def test_the_lines_name_what_counts_and_what_is_missing() -> None:
    made = assessment(
        judged(C, ORDERS, CRITICAL, id="orders"),
        judged(H, BOTH, unknown=Reason.DENIED),
        policy=policy(waiver("X-*", subject="role:*"), waiver(workload="*", expires="2030-01-01")),
    )
    result = gated(made, "high", min_coverage=99)
    assert result.exit_code == 1
    assert result.lines == (
        "waiver of X-* on role:* (shop, until 2026-12-31) matches nothing",
        "waiver of LIF-* on * (shop, until 2030-01-01) runs longer than max_waiver_days from 2026-11-23"
        " and does not count",
        "gate failed: 1 finding is high or worse",
        f"  critical: LIF-CRITICAL on orders ({made.findings[0].fingerprint})",
        "incomplete: 1 rule that can be high or worse could not be decided: LIF-HIGH",
        "incomplete: 62.5 % of what the source could show was seen; at least 99 % is asked for",
    )


def test_a_long_list_is_cut_and_counted() -> None:
    made = assessment(*(judged(a_rule(f"LIF-{number:02}", HIGH), ORDERS, HIGH) for number in range(14)))
    result = gated(made, "low")
    assert result.lines[0] == "gate failed: 14 findings are low or worse"
    assert len(result.lines) == 12
    assert result.lines[-1] == "  and 4 more"


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "two\nlines", "\u202eback", "\x9b1m", "a\x00b\r", "\u200bhidden"])
def test_names_cannot_steer_the_terminal(hostile: str) -> None:
    made = assessment(judged(H, ORDERS, HIGH, id=hostile), policy=policy(waiver("Z-*", subject=hostile, owner=hostile)))
    lines = gated(made, "low").lines
    assert len(lines) == 3
    assert all(each.isprintable() for each in lines)
    assert "\\" in lines[-1]


def test_nothing_wrong_says_nothing() -> None:
    assert gated(assessment(judged(H, BOTH)), "low", min_coverage=100) == GateResult(0, ())


def test_a_wholly_blind_place_is_named() -> None:
    result = gated(assessment(judged(H, BOTH), gaps=[blind_gap(region="us-east-1")]))
    assert result.lines == (
        "incomplete: nothing could be listed in account 111122223333, region us-east-1 (ecs:ListServices: "
        "AccessDenied); assess permissions prints the policy that a scan needs",
    )
