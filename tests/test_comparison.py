"""What moved between two assessments, and that its parts add up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.assessment import Assessment, MovementView, PointsView, ScopeView, SeverityView, ThresholdView
from assess.assessor import assessment_of
from assess.comparison import compare, redone
from assess.config import Policy
from assess.estate.gaps import Reason
from assess.judging import Judgement
from assess.rule import CRITICAL, HIGH, LOW, MEDIUM, Rule
from tests.support.judgements import OPERATORS, RULES, a_fail, a_rule, judged, judgements
from tests.support.small import blind_gap, estate, id_of, policy, waiver

H, M, C = a_rule("IAM-H", HIGH), a_rule("LIF-M", MEDIUM), a_rule("STO-C", CRITICAL)
PASSES = a_rule("HLT-P", MEDIUM)
"""Passes on every workload, so that there is a score."""


def made(
    *judgements: Judgement,
    names: Sequence[str] = ("orders", "web"),
    rules: Sequence[Rule] = (H, M, C),
    with_policy: Policy | None = None,
    gaps: Sequence[dict[str, Any]] = (),
) -> Assessment:
    return assessment_of(
        estate(*names, gaps=list(gaps)),
        [*judgements, *(on(PASSES, name) for name in names)],
        policy=with_policy or Policy(),
        rules=[*rules, PASSES],
        as_of=date(2026, 11, 23),
    )


def on(rule: Rule, name: str, *fails: Any, **more: Any) -> Judgement:
    """A judgement of one service."""
    found = judged(rule, id_of(name), *fails, **more)
    return replace(found, scope=("aws", "111122223333", "eu-west-1", "prod", name))


def points(movement: MovementView) -> PointsView:
    assert movement.points is not None
    return movement.points


def split(movement: MovementView) -> tuple[float, float, float, float]:
    told = points(movement)
    return told.estate, told.permissions, told.rules, told.cap


def adds_up(movement: MovementView) -> None:
    told = points(movement)
    thousandths = [round(each * 1000) for each in split(movement)]
    assert sum(thousandths) == told.score * 1000
    assert [each / 1000 for each in thousandths] == list(split(movement))


def test_nothing_moves_between_equal_assessments() -> None:
    one = made(on(H, "orders", HIGH), on(M, "web", MEDIUM))
    movement = compare(one, one)
    assert (movement.new, movement.fixed, movement.dropped, movement.notes) == ((), (), (), ())
    assert len(movement.unchanged) == 2
    assert split(movement) == (0, 0, 0, 0)
    assert (movement.workloads, movement.rules, movement.gaps) == ((), (), ())


def test_a_fixed_finding_is_the_estates_movement() -> None:
    movement = compare(made(on(H, "orders", HIGH), on(M, "web", MEDIUM)), made(on(M, "web", MEDIUM)))
    assert [(each.rule, each.cause) for each in movement.fixed] == [("IAM-H", "estate")]
    assert split(movement) == (6.0, 0, 0, 0)
    assert [(each.name, each.old_verdict, each.verdict) for each in movement.workloads] == [
        ("orders", "not_ready", "ready")
    ]


def test_a_new_finding_is_the_estates_movement() -> None:
    movement = compare(made(on(H, "orders")), made(on(H, "orders", HIGH)))
    assert [(each.rule, each.cause) for each in movement.new] == [("IAM-H", "estate")]
    assert split(movement) == (-6.0, 0, 0, 0)


def test_findings_match_by_fingerprint_wherever_they_stand() -> None:
    x, y = a_fail(HIGH, element="x"), a_fail(HIGH, element="y")
    movement = compare(made(on(H, "orders", x, y)), made(on(H, "orders", y, a_fail(LOW, element="z"))))
    assert [each.fingerprint for each in movement.fixed] != [each.fingerprint for each in movement.new]
    assert (len(movement.fixed), len(movement.new), len(movement.unchanged)) == (1, 1, 1)


@pytest.mark.parametrize("reason", OPERATORS)
def test_a_finding_that_cannot_be_seen_any_more_is_not_fixed(reason: Reason) -> None:
    movement = compare(made(on(M, "web", MEDIUM)), made(on(M, "web", unknown=reason)))
    assert movement.fixed == ()
    assert [(each.rule, each.cause) for each in movement.dropped] == [("LIF-M", "permissions")]
    assert split(movement) == (0, 0, 0, 0)


def test_what_comes_to_light_is_the_permissions_movement() -> None:
    movement = compare(made(on(H, "orders", unknown=Reason.DENIED)), made(on(H, "orders")))
    assert split(movement) == (0, 6.0, 0, 0)
    found = compare(made(on(C, "orders", unknown=Reason.DENIED)), made(on(C, "orders", CRITICAL)))
    assert [each.cause for each in found.new] == ["permissions"]
    assert points(found).permissions == 0


def test_a_rule_that_is_new_moves_by_itself() -> None:
    movement = compare(made(rules=[H]), made(on(M, "web", MEDIUM), on(H, "orders", HIGH), rules=[H, M]))
    assert [(each.rule, each.change) for each in movement.rules] == [("LIF-M", "added")]
    assert {each.rule: each.cause for each in movement.new} == {"LIF-M": "rules", "IAM-H": "estate"}
    assert split(movement) == (-6.0, 0, -2.0, 0)


def test_a_rule_that_is_gone_fixes_nothing() -> None:
    movement = compare(made(on(M, "web", MEDIUM)), made(rules=[H, C]))
    assert movement.fixed == ()
    assert [(each.rule, each.cause) for each in movement.dropped] == [("LIF-M", "rules")]
    assert split(movement) == (0, 0, 2.0, 0)


def test_another_severity_by_policy_is_the_rules_movement() -> None:
    old, new = made(on(M, "web", MEDIUM)), made(on(M, "web", HIGH))
    changed = SeverityView(rule="LIF-M", declared=MEDIUM, severity=HIGH)
    moved = new.model_copy(update={"policy": new.policy.model_copy(update={"severities": (changed,)})})
    movement = compare(old, moved)
    assert [(each.old_severity, each.severity, each.cause) for each in movement.severities] == [(MEDIUM, HIGH, "rules")]
    assert (movement.new, movement.fixed) == ((), ())
    assert split(movement) == (0, 0, -4.0, 0)
    assert split(compare(old, new)) == (-4.0, 0, 0, 0)


def test_another_threshold_is_the_rules_movement() -> None:
    new = made(on(M, "web", MEDIUM))
    changed = ThresholdView(rule="LIF-M", name="most", meaning="m", default=1, value=2)
    moved = new.model_copy(update={"policy": new.policy.model_copy(update={"thresholds": (changed,)})})
    assert split(compare(made(), moved)) == (0, 0, -2.0, 0)


def test_a_waiver_moves_no_points_and_is_told() -> None:
    accepted = made(on(M, "web", MEDIUM), with_policy=policy(waiver("LIF-M", workload="*")))
    movement = compare(made(on(M, "web", MEDIUM)), accepted)
    assert [(each.rule, each.old_waived, each.waived is not None) for each in movement.waivers] == [
        ("LIF-M", None, True)
    ]
    assert split(movement) == (0, 0, 0, 0)
    assert len(movement.unchanged) == 1


def test_the_cap_is_a_part_of_its_own() -> None:
    movement = compare(made(on(C, "orders", CRITICAL), on(H, "web", HIGH)), made(on(C, "orders", CRITICAL)))
    assert (movement.before.score, movement.after.score) == (59, 59)
    assert split(movement) == (6.0, 0, 0, -6.0)


def test_a_workload_that_goes_takes_its_losses_along() -> None:
    movement = compare(made(on(H, "orders", HIGH)), made(names=["web"]))
    assert split(movement) == (6.0, 0, 0, 0)
    assert [(each.name, each.old_verdict, each.verdict) for each in movement.workloads] == [
        ("orders", "not_ready", None)
    ]
    assert [each.cause for each in movement.fixed] == ["estate"]


def test_a_workload_that_was_not_asked_for_is_not_fixed() -> None:
    new = made(names=["web"])
    narrow = new.model_copy(update={"scope": ScopeView(regions=("us-east-1",))})
    movement = compare(made(on(H, "orders", HIGH)), narrow)
    assert (movement.fixed, [each.cause for each in movement.dropped]) == ((), ["permissions"])
    assert split(movement) == (0, 6.0, 0, 0)
    assert "the two were asked for other accounts, regions, clusters or services" in movement.notes


def test_a_blind_estate_has_no_movement_of_points() -> None:
    blind = made(names=["web"], gaps=[blind_gap()])
    movement = compare(made(on(H, "orders", HIGH)), blind)
    assert movement.points is None
    assert movement.no_points == "the later assessment has no score"
    assert movement.fixed == ()
    assert [each.change for each in movement.gaps] == ["appeared"]
    assert "the later one could not list everything: workloads may be missing from it" in movement.notes
    assert compare(blind, blind).no_points == "the earlier assessment has no score"


def test_a_live_baseline_and_files_do_not_match() -> None:
    live = made(on(H, "orders", HIGH))
    files = live.model_copy(
        update={"workloads": tuple(each.model_copy(update={"source": "t.json"}) for each in live.workloads)}
    )
    for movement in (compare(live, files), compare(files, live)):
        assert any("findings have other fingerprints and do not match" in each for each in movement.notes)


def test_other_versions_are_told() -> None:
    one = made()
    tool = one.tool.model_copy(update={"version": "99"})
    other = one.model_copy(update={"tool": tool, "scoring_model_version": 99, "detectors_version": 99})
    assert len(compare(one, other).notes) == 3


def test_another_scoring_model_counts_as_the_rules() -> None:
    one = made(on(H, "orders", HIGH))
    summary = one.summary.model_copy(update={"score": 80, "score_uncapped": 80.5})
    other = one.model_copy(update={"scoring_model_version": 2, "summary": summary})
    assert split(compare(one, other)) == (0, 0, -13.5, -0.5)
    adds_up(compare(one, other))


NAMES = ("a", "b", "c")


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    """An assessment of some services by some rules, some of them of another severity."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    rules = draw(st.lists(st.sampled_from(RULES), unique_by=lambda each: each.id))
    found: list[Judgement] = []
    for rule in rules:
        for number in range(draw(st.integers(0, 2))):
            ids = [id_of(each) for each in names]
            found.append(draw(judgements(rule, f"{rule.id}/{number}", ids)))
    result = made(*found, names=names, rules=rules)
    moved = [
        SeverityView(rule=each.id, declared=each.severity, severity=each.severity)
        for each in draw(
            st.lists(st.sampled_from(rules), max_size=2, unique_by=lambda each: each.id) if rules else st.just([])
        )
    ]
    return result.model_copy(update={"policy": result.policy.model_copy(update={"severities": tuple(moved)})})


@settings(max_examples=80, deadline=None)
@given(assessments(), assessments())
def test_the_parts_add_up_to_the_movement(old: Assessment, new: Assessment) -> None:
    movement = compare(old, new)
    told = points(movement)
    assert old.summary.score is not None
    assert new.summary.score is not None
    assert told.score == new.summary.score - old.summary.score
    adds_up(movement)
    assert old.summary.score_uncapped is not None
    assert new.summary.score_uncapped is not None
    moved = new.summary.score_uncapped - old.summary.score_uncapped
    assert told.estate + told.permissions + told.rules == pytest.approx(moved, abs=0.004)


@settings(max_examples=60, deadline=None)
@given(assessments(), assessments())
def test_every_finding_is_told_once(old: Assessment, new: Assessment) -> None:
    movement = compare(old, new)
    before, after = ({each.fingerprint for each in side.findings} for side in (old, new))
    gone = [each.fingerprint for each in (*movement.fixed, *movement.dropped)]
    assert sorted(gone) == sorted(before - after)
    assert sorted(each.fingerprint for each in movement.new) == sorted(after - before)
    assert sorted(movement.unchanged) == sorted(before & after)


@settings(max_examples=60, deadline=None)
@given(assessments())
def test_findings_and_unknowns_redo_the_score(one: Assessment) -> None:
    assert one.summary.score_uncapped is not None
    assert float(redone(one)) == pytest.approx(one.summary.score_uncapped, abs=1e-9)


def test_the_same_two_make_the_same_bytes() -> None:
    old, new = made(on(H, "orders", HIGH), on(M, "web", MEDIUM)), made(on(C, "web", CRITICAL), on(M, "orders", MEDIUM))
    turned = new.model_copy(update={"findings": new.findings[::-1], "workloads": new.workloads[::-1]})
    assert compare(old, turned).model_dump_json() == compare(old, new).model_dump_json()
