"""The scoring model: its table of numbers by hand, and every property that it promises."""

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.checklist import Checklist
from assess.estate.gaps import Reason
from assess.judging import Judgement
from assess.rule import CRITICAL, DAYS, HIGH, HOURS, INFO, LOW, MEDIUM, WEEKS, Kind, Severity, SubjectKind, Unknown
from assess.scoring import CAP, PENALTIES, Scorecard, Values, score
from tests.support.judgements import OPERATORS, OTHERS, RULES, Estate, a_fail, a_rule, estates, judged, lost

MODEST = settings(max_examples=80, deadline=None)

C, H, M, L, I = (a_rule(f"LIF-{each.value.upper()}", each) for each in (CRITICAL, HIGH, MEDIUM, LOW, INFO))  # noqa: E741


def numbers(values: Values) -> tuple[int | None, int | None, int | None]:
    return values.score, values.low, values.high


def of(*judgements: Judgement, workloads: Collection[str] = ("a",), **more: object) -> Scorecard:
    return score(judgements, workloads, **more)  # type: ignore[arg-type]  # keywords as the tests name them


# --- numbers by hand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "judgements", "expected"),
    [
        ("a pass loses nothing", [judged(H)], (100, 100, 100)),
        ("not applicable loses nothing", [judged(H), judged(M, applicable=False)], (100, 100, 100)),
        ("info costs nothing", [judged(I, "a", INFO)], (100, 100, 100)),
        ("low", [judged(L, "a", LOW)], (99, 99, 99)),
        ("medium", [judged(M, "a", MEDIUM)], (96, 96, 96)),
        ("high", [judged(H, "a", HIGH)], (88, 88, 88)),
        ("critical is capped", [judged(C, "a", CRITICAL)], (59, 59, 59)),
        ("critical and high below the cap", [judged(C, "a", CRITICAL), judged(H, "a", HIGH)], (48, 48, 48)),
        ("once per rule", [judged(M, "a", MEDIUM, MEDIUM), judged(M, "a", MEDIUM, id="other")], (96, 96, 96)),
        ("the rule's worst finding", [judged(H, "a", LOW), judged(H, "a", HIGH, id="other")], (88, 88, 88)),
        ("denied counts in score", [judged(M), judged(H, unknown=Reason.DENIED)], (88, 88, 100)),
        ("an error counts in score", [judged(M), judged(H, unknown=Reason.ERROR)], (88, 88, 100)),
        ("not collected counts in score", [judged(M), judged(H, unknown=Reason.NOT_COLLECTED)], (88, 88, 100)),
        ("unanswered is left out", [judged(M), judged(H, unknown=Reason.UNANSWERED)], (100, 88, 100)),
        ("not in source is left out", [judged(M), judged(H, unknown=Reason.NOT_IN_SOURCE)], (100, 88, 100)),
        ("no data is left out", [judged(M), judged(H, unknown=Reason.NO_DATA)], (100, 88, 100)),
        ("denied critical caps score and low", [judged(M), judged(C, unknown=Reason.DENIED)], (59, 59, 100)),
        ("unanswered critical caps low only", [judged(M), judged(C, unknown=Reason.UNANSWERED)], (100, 59, 100)),
        (
            "an unknown milder than its rule",
            [judged(M), judged(C, unknown=Unknown(Reason.DENIED, (), LOW))],
            (99, 99, 100),
        ),
        ("high could be softer", [judged(H, "a", a_fail(HIGH, softest=LOW))], (88, 88, 99)),
        (
            "critical could be softer: high value is not capped",
            [judged(C, "a", a_fail(CRITICAL, MEDIUM))],
            (59, 59, 96),
        ),
        (
            "medium could be worse, denied",
            [judged(replace(H, severity=MEDIUM), "a", MEDIUM, unknown=Reason.DENIED)],
            (88, 88, 96),
        ),
        (
            "medium could be worse, not in source",
            [judged(replace(H, severity=MEDIUM), "a", MEDIUM, unknown=Reason.NOT_IN_SOURCE)],
            (96, 88, 96),
        ),
        (
            "a conversion costs nothing",
            [judged(M), judged(a_rule("MAN-C", kind=Kind.CONVERSION), "a", INFO)],
            (100,) * 3,
        ),
        ("only unknowns: no score", [judged(H, unknown=Reason.UNANSWERED)], (None, 88, 100)),
        ("only unknowns, denied: no score", [judged(H, unknown=Reason.DENIED)], (None, 88, 100)),
        ("nothing applies: no score", [judged(H, applicable=False)], (None, 100, 100)),
        ("only what weighs nothing is known", [judged(I), judged(H, unknown=Reason.UNANSWERED)], (None, 88, 100)),
    ],
)
def test_one_workload(situation: str, judgements: list[Judgement], expected: tuple[int | None, ...]) -> None:
    card = of(*judgements)
    assert numbers(card.estate.numbers.raw) == expected, situation
    assert numbers(card.workloads["a"].numbers.raw) == expected, situation
    assert numbers(card.estate.numbers.accepted) == expected, situation


def test_penalties_are_those_of_the_model() -> None:
    assert [PENALTIES[each] for each in Severity] == [40, 12, 4, 1, 0]
    assert CAP == 59


def test_a_workload_never_falls_below_zero_and_the_mean_takes_the_floored_value() -> None:
    bad = [judged(a_rule(f"LIF-{number}", CRITICAL), "a", CRITICAL) for number in range(4)]
    card = of(*bad, judged(M, "b"), workloads=("a", "b"))
    assert numbers(card.workloads["a"].numbers.raw) == (0, 0, 0)
    assert card.estate.uncapped == 50.0
    assert numbers(card.estate.numbers.raw) == (50, 50, 50)


def test_a_shared_subject_is_charged_to_each_workload_it_touches() -> None:
    card = of(judged(H, ("a", "b"), HIGH), judged(M, "c"), workloads=("a", "b", "c"))
    assert card.estate.uncapped == pytest.approx(92.0)
    assert [card.workloads[each].numbers.raw.score for each in "abc"] == [88, 88, 100]


def test_scores_and_lows_round_down_and_highs_up() -> None:
    card = of(judged(L, "a", LOW), judged(M, ("b", "c")), workloads=("a", "b", "c"))
    assert card.estate.uncapped == pytest.approx(299 / 3)
    assert numbers(card.estate.numbers.raw) == (99, 99, 100)


def test_means_use_uncapped_values() -> None:
    card = of(judged(C, "a", CRITICAL), judged(M, "b"), workloads=("a", "b"))
    assert card.workloads["a"].numbers.raw.score == 59
    assert card.estate.uncapped == 80.0
    assert card.estate.numbers.raw.score == 59


def test_no_workloads_have_no_score() -> None:
    card = of(workloads=())
    assert numbers(card.estate.numbers.raw) == (None, None, None)
    assert card.estate.verdict == "undetermined"
    assert card.estate.numbers.coverage is None
    assert card.ledger == ()


def test_without_any_rule_there_is_no_score() -> None:
    card = of()
    assert card.estate.numbers.raw.score is None
    assert card.estate.verdict == "undetermined"


# --- coverage ---------------------------------------------------------------------------------------------------


def test_coverage_weighs_outcomes_by_their_rules_highest_penalty() -> None:
    card = of(judged(H), judged(M, unknown=Reason.DENIED))
    assert card.estate.numbers.coverage == 0.75
    assert card.estate.numbers.coverage_of_source == 0.75


@pytest.mark.parametrize("reason", list(Reason))
def test_coverage_of_source_leaves_out_what_this_kind_of_source_cannot_show(reason: Reason) -> None:
    card = of(judged(H), judged(M, unknown=reason))
    left_out = reason in (Reason.NOT_IN_SOURCE, Reason.UNANSWERED)
    assert card.estate.numbers.coverage == 0.75
    assert card.estate.numbers.coverage_of_source == (1.0 if left_out else 0.75)


def test_coverage_rounds_down() -> None:
    card = of(judged(M), judged(a_rule("LIF-X", MEDIUM)), judged(a_rule("LIF-Y", MEDIUM), unknown=Reason.DENIED))
    assert card.estate.numbers.coverage == 0.6666


def test_an_outcome_counts_once_for_each_workload_it_touches() -> None:
    card = of(judged(H, ("a", "b", "c")), judged(H, "a", unknown=Reason.DENIED, id="other"), workloads=("a", "b", "c"))
    assert card.estate.numbers.coverage == 0.75
    assert card.workloads["a"].numbers.coverage == 0.5
    assert card.workloads["b"].numbers.coverage == 1.0


def test_a_failure_that_could_be_worse_is_one_known_and_one_unknown_outcome() -> None:
    card = of(judged(replace(H, severity=MEDIUM), "a", MEDIUM, unknown=Reason.DENIED))
    assert card.estate.numbers.coverage == 0.5


def test_not_applicable_and_weightless_outcomes_do_not_count() -> None:
    card = of(judged(H), judged(C, applicable=False), judged(I, unknown=Reason.DENIED))
    assert card.estate.numbers.coverage == 1.0


def test_waivers_do_not_change_coverage() -> None:
    judgements = [judged(H, "a", HIGH), judged(M, unknown=Reason.DENIED)]
    assert of(*judgements, waived={(0, 0)}).estate.numbers.coverage == of(*judgements).estate.numbers.coverage


# --- verdicts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "judgements", "expected"),
    [
        ("all passed", [judged(C), judged(H)], "ready"),
        ("low", [judged(L, "a", LOW)], "ready"),
        ("medium", [judged(M, "a", MEDIUM)], "ready_with_work"),
        ("high", [judged(H, "a", HIGH), judged(M, "a", MEDIUM)], "not_ready"),
        ("critical", [judged(C, "a", CRITICAL), judged(H, unknown=Reason.DENIED)], "blocked"),
        ("high is denied", [judged(M, "a", MEDIUM), judged(H, unknown=Reason.DENIED)], "undetermined"),
        ("high stands, another is denied", [judged(H, "a", HIGH), judged(C, unknown=Reason.ERROR)], "undetermined"),
        ("critical was not collected", [judged(M), judged(C, unknown=Reason.NOT_COLLECTED)], "undetermined"),
        ("medium is denied", [judged(H), judged(M, unknown=Reason.DENIED)], "ready"),
        ("unanswered", [judged(M), judged(C, unknown=Reason.UNANSWERED)], "ready"),
        ("not in source", [judged(M), judged(C, unknown=Reason.NOT_IN_SOURCE)], "ready"),
        ("withdrawn", [judged(M), judged(C, unknown=Reason.WITHDRAWN)], "ready"),
        ("medium that could be high, denied", [judged(H, "a", MEDIUM, unknown=Reason.DENIED)], "undetermined"),
        ("nothing was seen", [judged(M, unknown=Reason.NOT_IN_SOURCE)], "undetermined"),
    ],
)
def test_verdict_of_a_workload(situation: str, judgements: list[Judgement], expected: str) -> None:
    card = of(*judgements)
    assert card.workloads["a"].verdict == expected, situation
    assert card.estate.verdict == expected, situation
    assert card.items[Checklist.LIFECYCLE].verdict == expected, situation


def state(workload: str, verdict: str) -> list[Judgement]:
    """Judgements that give a workload a verdict."""
    match verdict:
        case "blocked":
            return [judged(C, workload, CRITICAL)]
        case "undetermined":
            return [judged(M, workload), judged(H, workload, unknown=Reason.DENIED)]
        case "not_ready":
            return [judged(H, workload, HIGH)]
        case "ready_with_work":
            return [judged(M, workload, MEDIUM)]
        case _:
            return [judged(M, workload)]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["ready", "ready", "blocked"], "ready"),
        (["ready", "blocked", "blocked"], "ready"),
        (["blocked", "blocked"], "blocked"),
        (["ready", "ready_with_work"], "ready_with_work"),
        (["ready_with_work", "not_ready"], "not_ready"),
        (["undetermined", "not_ready"], "undetermined"),
        (["ready", "ready", "not_ready"], "ready"),
        (["ready", "not_ready", "ready_with_work", "undetermined"], "undetermined"),
    ],
)
def test_verdict_of_the_estate_is_the_commonest_of_those_not_blocked(verdicts: list[str], expected: str) -> None:
    workloads = [f"w{number}" for number in range(len(verdicts))]
    made = [each for id, verdict in zip(workloads, verdicts, strict=True) for each in state(id, verdict)]
    card = of(*made, workloads=workloads)
    assert card.estate.verdict == expected
    assert {each: count for each, count in card.estate.verdicts.items() if count} == {
        each: verdicts.count(each) for each in set(verdicts)
    }


@pytest.mark.parametrize("kind", [SubjectKind.ESTATE, SubjectKind.TEAM])
def test_an_estate_wide_critical_blocks_the_estate(kind: SubjectKind) -> None:
    card = of(judged(a_rule("SKL-X", CRITICAL, subject=kind), "a", CRITICAL), judged(M, "b"), workloads=("a", "b"))
    assert card.estate.verdict == "blocked"


def test_an_item_is_blocked_by_one_workload_of_many() -> None:
    others = [f"w{number}" for number in range(20)]
    card = of(judged(C, "a", CRITICAL), *(judged(C, each) for each in others), workloads=("a", *others))
    assert card.estate.verdict == "ready"
    assert card.items[Checklist.LIFECYCLE].verdict == "blocked"
    assert card.items[Checklist.LIFECYCLE].numbers.raw.score == 59


# --- checklist items --------------------------------------------------------------------------------------------


def test_an_item_is_scored_over_its_own_rules() -> None:
    card = of(judged(a_rule("STO-X", HIGH), "a", HIGH), judged(M, "a", MEDIUM), judged(M, "b"), workloads=("a", "b"))
    assert numbers(card.items[Checklist.STATELESSNESS].numbers.raw) == (94, 94, 94)
    assert numbers(card.items[Checklist.LIFECYCLE].numbers.raw) == (98, 98, 98)


def test_what_an_item_loses_on_one_workload_is_floored_before_the_mean() -> None:
    bad = [judged(a_rule(f"LIF-{number}", CRITICAL), "a", CRITICAL) for number in range(4)]
    card = of(*bad, judged(M, "b"), workloads=("a", "b"))
    assert numbers(card.items[Checklist.LIFECYCLE].numbers.raw) == (50, 50, 50)


def test_coverage_of_an_item_counts_an_outcome_for_each_workload() -> None:
    card = of(judged(H, ("a", "b", "c")), judged(H, "a", unknown=Reason.DENIED, id="other"), workloads=("a", "b", "c"))
    assert card.items[Checklist.LIFECYCLE].numbers.coverage == 0.75


CONVERSION, INVENTORY = a_rule("LIF-CONV", kind=Kind.CONVERSION), a_rule("LIF-INV", kind=Kind.INVENTORY)


@pytest.mark.parametrize(
    ("situation", "judgements", "note", "expected", "verdict"),
    [
        ("no rule applies", [judged(H, applicable=False)], "n/a", (None, None, None), None),
        ("nothing was judged", [], "n/a", (None, None, None), None),
        ("one change", [judged(CONVERSION, "a", INFO)], "conversion work only: 1 change", (None,) * 3, None),
        (
            "changes beside a rule that does not apply",
            [judged(CONVERSION, "a", INFO, INFO), judged(H, applicable=False)],
            "conversion work only: 2 changes",
            (None,) * 3,
            None,
        ),
        (
            "changes and facts",
            [judged(CONVERSION, "a", INFO), judged(INVENTORY, "a", INFO)],
            "conversion work only: 1 change",
            (None,) * 3,
            None,
        ),
        ("facts only", [judged(INVENTORY, "a", INFO, INFO)], "for information only: 2 facts", (None,) * 3, None),
        (
            "changes that could not be seen",
            [judged(CONVERSION, unknown=Reason.DENIED)],
            "not seen",
            (None,) * 3,
            "undetermined",
        ),
        ("questions", [judged(H, unknown=Reason.UNANSWERED)], "not asked yet", (None, 88, 100), "undetermined"),
        ("not seen", [judged(H, unknown=Reason.NOT_IN_SOURCE)], "not seen", (None, 88, 100), "undetermined"),
        ("denied", [judged(H, unknown=Reason.DENIED)], "not seen", (None, 88, 100), "undetermined"),
        (
            "neither asked nor seen",
            [judged(H, unknown=Reason.UNANSWERED), judged(M, unknown=Reason.DENIED)],
            "not seen",
            (None, 84, 100),
            "undetermined",
        ),
        ("seen", [judged(H), judged(CONVERSION, "a", INFO)], None, (100, 100, 100), "ready"),
    ],
)
def test_note_of_an_item(
    situation: str,
    judgements: list[Judgement],
    note: str | None,
    expected: tuple[int | None, ...],
    verdict: str | None,
) -> None:
    item = of(*judgements).items[Checklist.LIFECYCLE]
    assert (item.note, numbers(item.numbers.raw), item.verdict) == (note, expected, verdict), situation


# --- blind scopes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "judgements", "expected", "verdict"),
    [
        ("nothing bad was seen", [judged(M)], (None, 0, 100), "undetermined"),
        ("a critical was seen", [judged(C, "a", CRITICAL)], (None, 0, 59), "blocked"),
        ("a critical that may be softer was seen", [judged(C, "a", a_fail(CRITICAL, LOW))], (None, 0, 100), "blocked"),
        ("a critical may be there", [judged(C, unknown=Reason.DENIED)], (None, 0, 100), "undetermined"),
    ],
)
def test_a_blind_estate(
    situation: str, judgements: list[Judgement], expected: tuple[int | None, ...], verdict: str
) -> None:
    card = of(*judgements, blind=True)
    item = card.items[Checklist.LIFECYCLE]
    assert numbers(card.estate.numbers.raw) == expected, situation
    assert (card.estate.verdict, card.estate.uncapped, card.estate.numbers.coverage) == (verdict, None, None), situation
    assert (numbers(item.numbers.raw), item.verdict, item.note) == (expected, verdict, "not seen"), situation
    assert card.workloads["a"].numbers.raw.low is not None


def test_a_blind_estate_without_workloads() -> None:
    card = of(workloads=(), blind=True)
    assert numbers(card.estate.numbers.raw) == (None, 0, 100)
    assert card.estate.verdict == "undetermined"


def test_a_waived_critical_does_not_cap_a_blind_estates_accepted_values() -> None:
    card = of(judged(C, "a", CRITICAL), blind=True, waived={(0, 0)})
    assert numbers(card.estate.numbers.raw) == (None, 0, 59)
    assert numbers(card.estate.numbers.accepted) == (None, 0, 100)
    assert (card.estate.verdict, card.estate.accepted_verdict) == ("blocked", "undetermined")


def test_groups_are_scored_as_parts_and_blind_ones_have_no_score() -> None:
    card = of(
        judged(H, "a", HIGH),
        judged(C, "b", CRITICAL),
        judged(M, ("a", "b", "c")),
        workloads=("a", "b", "c"),
        groups={"first": ["a", "c"], "second": ["b"], "third": []},
        blind_groups={"third"},
    )
    assert numbers(card.groups["first"].raw) == (94, 94, 94)
    assert numbers(card.groups["second"].raw) == (59, 59, 59)
    assert numbers(card.groups["third"].raw) == (None, 0, 100)
    assert card.groups["third"].coverage is None


# --- waivers ----------------------------------------------------------------------------------------------------


def test_accepted_values_take_waived_findings_out_and_raw_ones_do_not() -> None:
    card = of(judged(C, "a", CRITICAL), judged(M, "a", MEDIUM), waived={(0, 0)})
    assert numbers(card.estate.numbers.raw) == (56, 56, 56)
    assert numbers(card.estate.numbers.accepted) == (96, 96, 96)
    assert (card.workloads["a"].verdict, card.workloads["a"].accepted_verdict) == ("blocked", "ready_with_work")


def test_one_waived_finding_of_two_leaves_the_other_charged() -> None:
    card = of(judged(H, "a", a_fail(HIGH, element="x"), a_fail(MEDIUM, element="y")), waived={(0, 0)})
    assert (card.estate.numbers.raw.score, card.estate.numbers.accepted.score) == (88, 96)


def test_a_waiver_does_not_take_out_what_is_unknown_beside_the_finding() -> None:
    card = of(judged(C, "a", MEDIUM, unknown=Reason.DENIED), waived={(0, 0)})
    assert card.estate.numbers.accepted.score == 59
    assert card.workloads["a"].accepted_verdict == "undetermined"


# --- ledger -----------------------------------------------------------------------------------------------------


def test_ledger_by_hand() -> None:
    card = of(
        judged(a_rule("LIF-H", HIGH, effort=DAYS), ("a", "b"), replace(a_fail(HIGH), effort=DAYS)),
        judged(M, "a", MEDIUM),
        judged(L, "b", unknown=Reason.DENIED),
        workloads=("a", "b"),
    )
    rows = [
        (
            each.rule,
            each.severity,
            each.unknown,
            each.penalty,
            each.workloads,
            each.points_lost,
            each.gain_if_fixed,
            each.effort,
        )
        for each in card.ledger
    ]
    assert rows == [
        ("LIF-H", HIGH, False, 12, 2, 12.0, 12.0, DAYS),
        ("LIF-MEDIUM", MEDIUM, False, 4, 1, 2.0, 2.0, HOURS),
        ("LIF-LOW", LOW, True, 1, 1, 0.5, 0.5, None),
    ]
    assert card.estate.uncapped == 100 - 14.5


def test_floor_row_gives_back_what_fell_below_zero() -> None:
    rules = [a_rule(f"LIF-{number}", CRITICAL) for number in range(3)]
    card = of(*(judged(each, "a", CRITICAL) for each in rules), judged(M, "b"), workloads=("a", "b"))
    floor = card.ledger[-1]
    assert (floor.rule, floor.points_lost, floor.workloads, floor.severity) == ("floor", -10.0, 1, None)
    assert sum(each.points_lost for each in card.ledger) == 50.0
    assert [each.gain_if_fixed for each in card.ledger] == [10.0, 10.0, 10.0, 0.0]


def test_a_gain_leaves_what_the_same_rule_found_besides() -> None:
    card = of(judged(H, "a", HIGH), judged(H, "a", MEDIUM, id="other"))
    assert [(each.severity, each.points_lost, each.gain_if_fixed) for each in card.ledger] == [(HIGH, 12.0, 8.0)]


def test_ledger_is_ordered_by_gain_per_effort() -> None:
    costly = a_rule("LIF-C", CRITICAL, effort=WEEKS)
    card = of(judged(costly, "a", replace(a_fail(CRITICAL), effort=WEEKS)), judged(M, "a", MEDIUM))
    assert [each.rule for each in card.ledger] == ["LIF-MEDIUM", "LIF-C"]


def test_a_row_costs_what_its_costliest_finding_costs() -> None:
    card = of(judged(M, "a", a_fail(MEDIUM), replace(a_fail(MEDIUM, element="x"), effort=WEEKS)))
    assert card.ledger[0].effort is WEEKS


# --- properties -------------------------------------------------------------------------------------------------


def all_values(card: Scorecard) -> dict[str, Values]:
    """Every printed value of raw outcomes, by what it is of."""
    return (
        {"estate": card.estate.numbers.raw}
        | {f"workload {id}": each.numbers.raw for id, each in card.workloads.items()}
        | {f"item {item}": each.numbers.raw for item, each in card.items.items()}
    )


def all_accepted(card: Scorecard) -> dict[str, Values]:
    return (
        {"estate": card.estate.numbers.accepted}
        | {f"workload {id}": each.numbers.accepted for id, each in card.workloads.items()}
        | {f"item {item}": each.numbers.accepted for item, each in card.items.items()}
    )


def at_most(after: int | None, before: int | None) -> bool:
    """Whether a value did not rise; none counts as lower than any."""
    return after is None or (before is not None and after <= before)


def assert_loss_is_honest(before: Scorecard, after: Scorecard, *, score_too: bool) -> None:
    old, new = all_values(before), all_values(after)
    for name, values in new.items():
        was = old[name]
        if score_too:
            assert at_most(values.score, was.score), name
        if was.low is None or was.high is None:  # an item that did not apply had no interval
            continue
        assert at_most(values.low, was.low), name
        assert at_most(was.high, values.high), name


@st.composite
def losses(draw: st.DrawFn, reasons: Sequence[Reason]) -> tuple[Estate, tuple[Judgement, ...]]:
    """An estate, and its judgements after facts were lost: in place, or several subjects lost as one."""
    found, workloads = draw(estates())
    after: list[Judgement] = []
    merged: dict[str, list[Judgement]] = {}
    for each in found:
        match draw(st.sampled_from(("kept", "lost", "merged"))):
            case "kept":
                after.append(each)
            case "lost":
                after.append(draw(lost(each, draw(st.sampled_from(reasons)))))
            case _:
                merged.setdefault(each.rule.id, []).append(each)
    for members in merged.values():
        touched = sorted({id for each in members for id in each.subject.workloads})
        reason = draw(st.sampled_from(reasons))
        after.append(judged(members[0].rule, touched, unknown=reason, id="lost"))
    return (found, workloads), tuple(after)


@MODEST
@given(losses(OPERATORS))
def test_losing_facts_by_the_operators_reasons_raises_no_score(case: tuple[Estate, tuple[Judgement, ...]]) -> None:
    (before, workloads), after = case
    assert_loss_is_honest(score(before, workloads), score(after, workloads), score_too=True)


@MODEST
@given(losses(OTHERS))
def test_losing_facts_by_other_reasons_widens_the_interval(case: tuple[Estate, tuple[Judgement, ...]]) -> None:
    (before, workloads), after = case
    # An unknown that was there keeps its reason where that comes first, so nothing is left out that was charged.
    assert_loss_is_honest(score(before, workloads), score(after, workloads), score_too=False)


@MODEST
@given(estates(), st.data())
def test_losing_an_enumeration_raises_no_score(estate: Estate, data: st.DataObject) -> None:
    before, workloads = estate
    left = data.draw(st.lists(st.sampled_from(workloads), unique=True))
    after = [
        replace(each, subject=replace(each.subject, workloads=touched))
        for each in before
        if (touched := tuple(id for id in each.subject.workloads if id in left))
    ]
    old, new = score(before, workloads), score(after, left, blind=True)
    assert new.estate.numbers.raw.score is None
    for name in ("estate", *(f"item {item}" for item in Checklist)):
        was, now = all_values(old)[name], all_values(new)[name]
        assert now.score is None
        assert now.low == 0
        assert at_most(was.high, now.high)


@MODEST
@given(estates(), st.data())
def test_adding_a_waiver_lowers_no_number(estate: Estate, data: st.DataObject) -> None:
    found, workloads = estate
    places = [(at, index) for at, each in enumerate(found) for index in range(len(each.fails))]
    some = data.draw(st.sets(st.sampled_from(places))) if places else set()
    more = some | (data.draw(st.sets(st.sampled_from(places))) if places else set())
    before, after = score(found, workloads, waived=some), score(found, workloads, waived=more)
    assert all_values(before) == all_values(after) == all_values(score(found, workloads))
    assert before.estate.numbers.coverage == after.estate.numbers.coverage
    assert before.ledger == after.ledger
    for name, values in all_accepted(after).items():
        was = all_accepted(before)[name]
        for now, then in zip(numbers(values), numbers(was), strict=True):
            assert at_most(then, now), name
    for name, values in all_accepted(after).items():
        for accepted, raw in zip(numbers(values), numbers(all_values(after)[name]), strict=True):
            assert at_most(raw, accepted), name


@MODEST
@given(estates(), st.integers(1, 6), st.sampled_from(list(Checklist)))
def test_adding_rules_that_pass_hides_no_failure(estate: Estate, count: int, item: Checklist) -> None:
    found, workloads = estate
    passing = [judged(a_rule(f"{item.prefix}-NEW-{number}", HIGH), workloads) for number in range(count)]
    before, after = score(found, workloads), score([*found, *passing], workloads)
    assert after.ledger == before.ledger
    for id, was in before.workloads.items():
        now = after.workloads[id]
        assert (now.numbers.raw.low, now.numbers.raw.high) == (was.numbers.raw.low, was.numbers.raw.high)
        if was.numbers.raw.score is not None:
            assert (now.verdict, now.numbers.raw.score) == (was.verdict, was.numbers.raw.score)
    for each in found:
        for fail in each.fails if each.rule.kind is Kind.READINESS else ():
            for id in each.subject.workloads:
                shown = after.workloads[id].numbers.raw.score
                allowed = 100 - PENALTIES[fail.severity or each.rule.severity]
                if fail.severity is CRITICAL:
                    allowed = min(CAP, allowed)
                    assert after.workloads[id].verdict == "blocked"
                    assert (after.estate.numbers.raw.score or 0) <= CAP
                assert (shown or 0) <= allowed


def without(found: Iterable[Judgement], rule: str, severity: Severity, *, unknown: bool) -> list[Judgement]:
    """Judgements with a ledger row's outcomes gone."""
    left = []
    for each in found:
        judgement = each
        if each.rule.id == rule and unknown:
            of_row = each.unknown is not None and each.unknown.reason in OPERATORS and each.unknown.worst is severity
            judgement = replace(each, unknown=None) if of_row else each
        elif each.rule.id == rule:
            judgement = replace(each, fails=tuple(fail for fail in each.fails if fail.severity is not severity))
        left.append(judgement)
    return left


@MODEST
@given(estates())
def test_the_ledger_adds_up_and_its_gains_are_exact(estate: Estate) -> None:
    found, workloads = estate
    anchor = judged(a_rule("CAP-SEEN", LOW), workloads)  # so that there is a score with every row gone
    card = score([*found, anchor], workloads)
    assert card.estate.uncapped is not None
    assert 100 - sum(each.points_lost for each in card.ledger) == pytest.approx(card.estate.uncapped)
    for row in card.ledger:
        assert row.points_lost == pytest.approx(row.penalty * row.workloads / len(workloads)) or row.rule == "floor"
        if row.severity is not None:
            fixed = score([*without(found, row.rule, row.severity, unknown=row.unknown), anchor], workloads)
            assert fixed.estate.uncapped == pytest.approx(card.estate.uncapped + row.gain_if_fixed)
    assert len({(each.rule, each.severity, each.unknown) for each in card.ledger}) == len(card.ledger)


@MODEST
@given(estates(min_workloads=0), st.booleans())
def test_values_lie_in_range_and_in_order_and_round_to_the_safe_side(estate: Estate, blind: bool) -> None:
    found, workloads = estate
    card = score(found, workloads, blind=blind)
    for name, values in (all_values(card) | all_accepted(card)).items():
        given = [each for each in (values.low, values.score, values.high) if each is not None]
        assert given == sorted(given), name
        assert all(0 <= each <= 100 for each in given), name
    shown, exact = card.estate.numbers.raw.score, card.estate.uncapped
    if shown is not None and exact is not None:
        assert shown <= exact
        assert shown > exact - 1 or shown == CAP
    for coverage in (card.estate.numbers.coverage, card.estate.numbers.coverage_of_source):
        assert coverage is None or 0 <= coverage <= 1


@MODEST
@given(estates(), st.randoms(use_true_random=False))
def test_order_of_input_changes_nothing(estate: Estate, shuffle: random.Random) -> None:
    found, workloads = estate
    other, ids = list(found), list(workloads)
    shuffle.shuffle(other)
    shuffle.shuffle(ids)
    assert score(found, workloads) == score(other, ids)


def test_made_up_rules_cover_every_kind_and_severity() -> None:
    assert {each.kind for each in RULES} == set(Kind)
    assert {each.severity for each in RULES} == set(Severity)
    assert {each.worst for each in RULES} >= {CRITICAL, HIGH, MEDIUM, INFO}
