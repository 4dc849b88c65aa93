"""Compares two assessments: what is new, fixed and unchanged, and why the score moved.

Findings are matched by fingerprint and workloads by id, never by their place in a list.

The movement of the score is split by going from the old assessment to the new one in three steps, and scoring after
each. What a workload loses by a rule follows from findings and unknowns as the scoring model says: the penalty of the
worst of them, where unknowns of the operator's reasons count; a workload loses 100 at most; the score is 100 less the
mean.

1. *Rules*: rules that are in one of the two only, that have another severity, kind or threshold, or that broke, charge
   what they charge in the new one, and severities cost what they cost there. A workload that the new one does not hold
   keeps what the others charge.
2. *Permissions*: where a rule was unknown on a workload for one of the operator's reasons, in either of the two, it
   charges what it charges in the new one. Workloads that only one of the two was asked for come and go.
3. *Estate*: everything else becomes as it is in the new one.

Each part is the difference that its step makes, so the parts add up to the whole by construction, in exact
fractions; what cannot be redone from findings and unknowns (a saved assessment of another scoring model) counts for the
rules. The order matters where a workload has lost all its points, or where two causes meet in one rule on one workload:
the earlier step takes it. What the printed scores hide by cap and rounding is a part of its own.

A rule whose code changed and whose severity, kind and thresholds did not is taken for the same rule: an assessment does
not hold its code. A note says so where two versions of this program were at work.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from assess.assessment import (
    RULE,
    Assessment,
    Cause,
    Finding,
    FindingChange,
    GapChange,
    GapView,
    MovementView,
    PointsView,
    RuleChange,
    SideView,
    WorkloadChange,
    WorkloadView,
)
from assess.rule import Kind, Severity
from assess.scoring import FULL, PENALTIES

_THOUSAND: Final = 1000


def compare(old: Assessment, new: Assessment) -> MovementView:
    """What moved from ``old`` to ``new``; the same two make the same answer, whatever the order of their members."""
    return _Comparison(old, new).movement()


@dataclass(frozen=True, slots=True)
class _Cell:
    """What one rule says of one workload: the worst that failed, and the worst that was not seen."""

    failed: Severity | None = None
    unread: Severity | None = None

    def penalty(self, penalties: Mapping[Severity, int]) -> int:
        return max((penalties[each] for each in (self.failed, self.unread) if each is not None), default=0)


_Charges = dict[str, dict[str, _Cell]]
"""Cells by workload id and rule id; rules of every kind."""


def _charges(assessment: Assessment) -> _Charges:
    found: _Charges = {each.id: {} for each in assessment.workloads}
    for finding in assessment.findings:
        for id in finding.subject.workloads:
            cells = found.setdefault(id, {})
            cell = cells.get(finding.rule, _Cell())
            cells[finding.rule] = _Cell(_worse(cell.failed, finding.severity), cell.unread)
    for unknown in assessment.unknowns:
        if unknown.reason.is_operators_move:
            for id in unknown.subject.workloads:
                cells = found.setdefault(id, {})
                cell = cells.get(unknown.rule, _Cell())
                cells[unknown.rule] = _Cell(cell.failed, _worse(cell.unread, unknown.worst))
    return found


def _worse(one: Severity | None, other: Severity) -> Severity:
    return other if one is None or other.rank < one.rank else one


class _Comparison:
    def __init__(self, old: Assessment, new: Assessment) -> None:
        self.old = old
        self.new = new
        self.rules = _rule_changes(old, new)
        self.changed = {each.rule for each in self.rules}
        self.old_cells = _charges(old)
        self.new_cells = _charges(new)
        self.old_workloads = {each.id: each for each in old.workloads}
        self.new_workloads = {each.id: each for each in new.workloads}

    def movement(self) -> MovementView:
        before = {each.fingerprint: each for each in self.old.findings}
        after = {each.fingerprint: each for each in self.new.findings}
        gone = [self.change(each, self.why_gone(each)) for key, each in sorted(before.items()) if key not in after]
        both = [(before[key], after[key]) for key in sorted(before.keys() & after.keys())]
        points, why = self.points()
        return MovementView(
            before=_side(self.old),
            after=_side(self.new),
            points=points,
            no_points=why,
            notes=tuple(_notes(self.old, self.new)),
            new=_ordered(self.change(each, self.why_new(each)) for key, each in after.items() if key not in before),
            fixed=_ordered(each for each in gone if each.cause == "estate"),
            dropped=_ordered(each for each in gone if each.cause != "estate"),
            unchanged=tuple(each.fingerprint for _, each in both),
            severities=_ordered(
                self.change(now, self.why_other(was, now), was) for was, now in both if was.severity is not now.severity
            ),
            waivers=_ordered(self.change(now, "rules", was) for was, now in both if was.waived != now.waived),
            workloads=tuple(self.workload_changes()),
            rules=self.rules,
            gaps=_gap_changes(self.old, self.new),
        )

    # --- findings -----------------------------------------------------------------------------------------------

    def change(self, finding: Finding, cause: Cause, was: Finding | None = None) -> FindingChange:
        text = self.new.rules.get(finding.rule) or self.old.rules.get(finding.rule)
        return FindingChange(
            fingerprint=finding.fingerprint,
            rule=finding.rule,
            title=text.title if text is not None else finding.rule,
            checklist=finding.checklist,
            kind=finding.kind,
            severity=finding.severity,
            message=finding.message,
            subject=finding.subject,
            cause=cause,
            waived=finding.waived,
            old_severity=was.severity if was is not None else None,
            old_waived=was.waived if was is not None else None,
        )

    def why_new(self, finding: Finding) -> Cause:
        return self.why(finding, self.new, self.old, self.old_cells)

    def why_gone(self, finding: Finding) -> Cause:
        return self.why(finding, self.old, self.new, self.new_cells)

    def why_other(self, was: Finding, now: Finding) -> Cause:
        if now.rule in self.changed:
            return "rules"
        touched = {*was.subject.workloads, *now.subject.workloads}
        return "permissions" if any(self.unread(id, now.rule) for id in touched) else "estate"

    def why(self, finding: Finding, own: Assessment, other: Assessment, cells: _Charges) -> Cause:
        """Why the other assessment does not hold a finding; ``cells`` are the other's."""
        if finding.rule in self.changed:
            return "rules"
        workloads = self.old_workloads if own is self.old else self.new_workloads
        for id in finding.subject.workloads:
            cell = cells.get(id, {}).get(finding.rule)
            if cell is not None and cell.unread is not None:
                return "permissions"
            if id not in cells and id in workloads and _is_outside(workloads[id], own, other):
                return "permissions"
        return "estate"

    def unread(self, id: str, rule: str) -> bool:
        cells = (each.get(id, {}).get(rule) for each in (self.old_cells, self.new_cells))
        return any(each is not None and each.unread is not None for each in cells)

    # --- the score ----------------------------------------------------------------------------------------------

    def points(self) -> tuple[PointsView | None, str | None]:
        """The movement of the printed score in its parts; where it cannot be told, why."""
        was, now = _exact(self.old), _exact(self.new)
        old_score, new_score = self.old.summary.score, self.new.summary.score
        if was is None or old_score is None:
            return None, "the earlier assessment has no score"
        if now is None or new_score is None:
            return None, "the later assessment has no score"
        steps = self.steps()
        rules, permissions, estate = (after - before for before, after in pairwise(steps))
        rules += now - was - (steps[-1] - steps[0])
        whole = new_score - old_score
        parts = _thousandths([estate, permissions, rules, whole - (now - was)])
        names = ("estate", "permissions", "rules", "cap")
        return PointsView(score=whole, **dict(zip(names, parts, strict=True))), None

    def steps(self) -> list[Fraction]:
        """Scores before the first step and after each."""
        prices = _penalties(self.new)
        first = redone(self.old)
        by_rules = {id: self.with_rules(id) for id in self.old_workloads}
        second = _score(_readiness(by_rules, self.old, self.new), prices, first)
        seen = {
            id: self.with_permissions(id, cells)
            for id, cells in by_rules.items()
            if id in self.new_workloads or not _is_outside(self.old_workloads[id], self.old, self.new)
        }
        seen |= {
            id: self.new_cells[id]
            for id, each in self.new_workloads.items()
            if id not in self.old_workloads and _is_outside(each, self.new, self.old)
        }
        third = _score(_readiness(seen, self.old, self.new), prices, second)
        return [first, second, third, redone(self.new)]

    def with_rules(self, id: str) -> dict[str, _Cell]:
        kept = {rule: cell for rule, cell in self.old_cells[id].items() if rule not in self.changed}
        if id in self.new_workloads:
            return kept | {rule: cell for rule, cell in self.new_cells[id].items() if rule in self.changed}
        return kept | {
            rule: cell for rule, cell in self.old_cells[id].items() if rule in self.changed and rule in self.new.rules
        }

    def with_permissions(self, id: str, cells: dict[str, _Cell]) -> dict[str, _Cell]:
        if id not in self.new_workloads:
            return cells
        now = self.new_cells[id]
        rules = cells.keys() | now.keys()
        open_rules = {rule for rule in rules if rule not in self.changed and self.unread(id, rule)}
        kept = {rule: cell for rule, cell in cells.items() if rule not in open_rules}
        return kept | {rule: now[rule] for rule in open_rules if rule in now}

    # --- workloads ----------------------------------------------------------------------------------------------

    def workload_changes(self) -> Iterable[WorkloadChange]:
        for id in sorted(self.old_workloads.keys() | self.new_workloads.keys()):
            was, now = self.old_workloads.get(id), self.new_workloads.get(id)
            told = now or was
            if told is None or (was and now and (was.verdict, was.score) == (now.verdict, now.score)):
                continue
            yield WorkloadChange(
                id=id,
                name=told.name,
                cluster=told.cluster,
                old_verdict=was.verdict if was else None,
                verdict=now.verdict if now else None,
                old_score=was.score if was else None,
                score=now.score if now else None,
            )


def _exact(assessment: Assessment) -> Fraction | None:
    """The unrounded score as the fraction that it is: a whole number of points over the number of workloads."""
    value, count = assessment.summary.score_uncapped, len(assessment.workloads)
    return None if value is None or not count else Fraction(value).limit_denominator(count)


def _penalties(assessment: Assessment) -> dict[Severity, int]:
    """What severities cost in an assessment, as far as its ledger tells; else what they cost today."""
    told = {row.severity: row.penalty for row in assessment.ledger if row.severity is not None}
    return {**PENALTIES, **told}


def redone(assessment: Assessment) -> Fraction:
    """The unrounded score as findings and unknowns make it; 100 where there are no workloads."""
    return _score(_readiness(_charges(assessment), assessment), _penalties(assessment), Fraction(FULL))


def _readiness(charges: _Charges, *assessments: Assessment) -> _Charges:
    """Without the rules that carry no penalty."""
    free = {id for each in assessments for id, text in each.rules.items() if text.kind is not Kind.READINESS}
    return {id: {rule: cell for rule, cell in cells.items() if rule not in free} for id, cells in charges.items()}


def _score(charges: _Charges, penalties: Mapping[Severity, int], otherwise: Fraction) -> Fraction:
    """The unrounded score that charges make; ``otherwise`` where there are no workloads."""
    if not charges:
        return otherwise
    lost = sum(min(FULL, sum(each.penalty(penalties) for each in cells.values())) for cells in charges.values())
    return FULL - Fraction(lost, len(charges))


def _thousandths(parts: list[Fraction]) -> list[float]:
    """Parts whose sum is whole, rounded to thousandths so that they still have that sum (largest remainder)."""
    scaled = [each * _THOUSAND for each in parts]
    whole = [each.__floor__() for each in scaled]
    left = int(sum(scaled)) - sum(whole)
    by_remainder = sorted(range(len(parts)), key=lambda at: (whole[at] - scaled[at], at))
    for at in by_remainder[:left]:
        whole[at] += 1
    return [each / _THOUSAND for each in whole]


# --- what differs around the findings ---------------------------------------------------------------------------


def _is_outside(workload: WorkloadView, own: Assessment, other: Assessment) -> bool:
    """Whether another assessment could not hold a workload: it was not asked for it, or may have lost sight of it."""
    scope = other.scope
    if scope.blind or (scope.filters and scope.filters != own.scope.filters):
        return True
    account = bool(scope.accounts and workload.account) and workload.account not in scope.accounts
    region = bool(scope.regions and workload.region) and workload.region not in scope.regions
    return account or region


_RuleChanged = Literal["added", "removed", "severity", "threshold", "broken", "detectors"]


def _rule_changes(old: Assessment, new: Assessment) -> tuple[RuleChange, ...]:
    found: dict[str, _RuleChanged] = {}
    if old.detectors_version != new.detectors_version:
        found |= {id: "detectors" for id, text in new.rules.items() if text.checklist == "secrets"}
    found |= dict.fromkeys(_broken(old) ^ _broken(new), "broken")
    found |= dict.fromkeys(_differing(_thresholds(old), _thresholds(new)), "threshold")
    found |= dict.fromkeys(_differing(_weights(old), _weights(new)), "severity")
    found |= dict.fromkeys(old.rules.keys() - new.rules.keys(), "removed")
    found |= dict.fromkeys(new.rules.keys() - old.rules.keys(), "added")
    return tuple(RuleChange(rule=id, change=found[id]) for id in sorted(found))


def _broken(assessment: Assessment) -> set[str]:
    return {each.resource or "" for each in assessment.gaps if each.api == RULE}


def _weights(assessment: Assessment) -> dict[str, object]:
    moved = {each.rule: each for each in assessment.policy.severities}
    return {id: (text.severity, text.kind, text.checklist, moved.get(id)) for id, text in assessment.rules.items()}


def _thresholds(assessment: Assessment) -> dict[str, object]:
    found: dict[str, list[tuple[str, float]]] = {}
    for each in sorted(assessment.policy.thresholds, key=lambda each: (each.rule, each.name)):
        found.setdefault(each.rule, []).append((each.name, each.value))
    return {**found}


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    return {id for id in one.keys() | other.keys() if one.get(id) != other.get(id)}


_GapKey = tuple[str, str, str, str, str, str]


def _gap_changes(old: Assessment, new: Assessment) -> tuple[GapChange, ...]:
    before, after = _gaps(old), _gaps(new)
    appeared = [_gap_change(after[key], "appeared") for key in sorted(after.keys() - before.keys())]
    return (*appeared, *(_gap_change(before[key], "went") for key in sorted(before.keys() - after.keys())))


def _gaps(assessment: Assessment) -> dict[_GapKey, GapView]:
    return {
        (each.api, each.action or "", each.account, each.region, each.resource or "", each.error): each
        for each in assessment.gaps
        if not each.recovered
    }


def _gap_change(gap: GapView, change: Literal["appeared", "went"]) -> GapChange:
    return GapChange(
        api=gap.api,
        action=gap.action,
        account=gap.account,
        region=gap.region,
        resource=gap.resource,
        error=gap.error,
        change=change,
    )


def _side(assessment: Assessment) -> SideView:
    summary = assessment.summary
    return SideView(
        tool=assessment.tool,
        generated_at=assessment.generated_at,
        as_of=assessment.as_of,
        scoring_model_version=assessment.scoring_model_version,
        detectors_version=assessment.detectors_version,
        verdict=summary.verdict,
        accepted_verdict=summary.accepted_verdict,
        score=summary.score,
        score_low=summary.score_low,
        score_high=summary.score_high,
        score_uncapped=summary.score_uncapped,
        accepted_score=summary.accepted_score,
        coverage=summary.coverage,
        workloads=summary.workloads,
        findings=summary.findings,
    )


def _ordered(changes: Iterable[FindingChange]) -> tuple[FindingChange, ...]:
    """What costs points first, the gravest first."""
    return tuple(
        sorted(
            changes,
            key=lambda each: (each.kind is not Kind.READINESS, each.severity.rank, each.rule, each.fingerprint),
        )
    )


def _notes(old: Assessment, new: Assessment) -> Iterable[str]:
    """What limits a comparison."""
    if old.pseudonyms or new.pseudonyms:
        which = "both use" if old.pseudonyms and new.pseudonyms else "one uses"
        yield f"{which} pseudonyms, which differ from file to file: findings and workloads do not match"
    if {_is_live(old), _is_live(new)} == {True, False}:
        yield "one is of a live account and the other of files: their findings have other fingerprints and do not match"
    if old.generated_at > new.generated_at:
        yield "the facts of the earlier assessment are later than those of the other: are the two files swapped?"
    if old.tool.version != new.tool.version:
        yield (
            f"made by versions {old.tool.version} and {new.tool.version}: a rule whose code changed and whose severity"
            " did not is taken for the same, and what it moved counts as the estate's"
        )
    if old.scoring_model_version != new.scoring_model_version:
        yield "the scoring model changed: what that moved counts as the rules'"
    if old.detectors_version != new.detectors_version:
        yield "what finds credentials changed: what the rules about secrets moved counts as the rules'"
    asked = [(each.scope.accounts, each.scope.regions, dict(each.scope.filters)) for each in (old, new)]
    if asked[0] != asked[1] and _is_live(old) and _is_live(new):
        yield "the two were asked for other accounts, regions, clusters or services"
    for each, which in ((old, "earlier"), (new, "later")):
        if each.scope.blind:
            yield f"the {which} one could not list everything: workloads may be missing from it"


def _is_live(assessment: Assessment) -> bool | None:
    """Whether its workloads are of an account and not of files; none where there are both, or none at all."""
    kinds = {each.source is None for each in assessment.workloads}
    return kinds.pop() if len(kinds) == 1 else None
