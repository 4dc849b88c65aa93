"""Outcomes to scores; nothing else.

Readings of the scoring model where its text leaves a choice, each the one that claims least:

- A value is capped by a critical finding only if it charges that finding as critical: the high value charges a finding
  that a missing fact could soften at its softest, and is not capped by it. (Otherwise losing that fact would lower it.)
- An outcome counts once for each workload that it touches, in coverage as in charges. A failure that could be worse is
  two outcomes: one known, one unknown.
- Where nothing that carries weight is known there is no score, at every level: an empty denominator is neither 0 nor
  100. Such a workload or item is ``undetermined``.
- In a blind estate no mean over workloads is known: items have no score and the estate's own bounds, and there is no
  coverage and no ``score_uncapped``. The ledger is that of the workloads that were seen.
- A checklist item takes the verdict table over all outcomes of its rules, so that one blocked workload shows. It has no
  verdict where nothing applies or only conversion work does.
- The verdicts from best to worst, for ties: ready, ready_with_work, not_ready, undetermined, blocked.
- A ledger row's gain is the exact change of the unrounded score when its findings are gone: what else the same rule
  found there is charged then, and what lay below the floor counts first.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final

from assess.assessment import LedgerRow, Verdict
from assess.checklist import Checklist
from assess.estate.gaps import Reason
from assess.judging import Judgement
from assess.rule import Effort, Kind, Rule, Severity, SubjectKind

SCORING_MODEL_VERSION: Final = 1
"""Raised when the same outcomes make other numbers."""

PENALTIES: Final[Mapping[Severity, int]] = {
    Severity.CRITICAL: 40,
    Severity.HIGH: 12,
    Severity.MEDIUM: 4,
    Severity.LOW: 1,
    Severity.INFO: 0,
}
"""Points that a workload loses for a rule's worst finding on it; a worse severity never costs less."""

CAP: Final = 59
"""The most that is shown while a critical finding stands."""

FULL: Final = 100

EFFORT_POINTS: Final[Mapping[Effort, float]] = {Effort.HOURS: 0.5, Effort.DAYS: 3.0, Effort.WEEKS: 10.0}
"""Half engineer-days per effort class, for the ledger's order only: an assumption, not a measurement."""


@dataclass(frozen=True, slots=True)
class Values:
    """A score with its interval, 0 to 100, rounded and capped; none where there is nothing to score."""

    score: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Scored:
    """The numbers of a workload, an item, an account or the estate; shares lie between 0 and 1."""

    raw: Values
    accepted: Values
    """With waived findings taken out."""
    coverage: float | None
    coverage_of_source: float | None


_NOTHING: Final = Scored(Values(None, None, None), Values(None, None, None), None, None)

NOT_APPLICABLE: Final = "n/a"
NOT_ASKED: Final = "not asked yet"
NOT_SEEN: Final = "not seen"


@dataclass(frozen=True, slots=True)
class ScoredWorkload:
    """A workload's numbers and verdicts."""

    numbers: Scored
    verdict: Verdict
    accepted_verdict: Verdict


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """A checklist item's numbers; ``note`` says why there are none."""

    numbers: Scored
    verdict: Verdict | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ScoredEstate:
    """The estate's numbers, verdicts and workloads by verdict."""

    numbers: Scored
    verdict: Verdict
    accepted_verdict: Verdict
    uncapped: float | None
    """The raw score before rounding and cap."""
    verdicts: Mapping[Verdict, int]
    accepted_verdicts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Every number of an assessment; groups are those that were asked for, such as accounts."""

    estate: ScoredEstate
    workloads: Mapping[str, ScoredWorkload]
    items: Mapping[Checklist, ScoredItem]
    groups: Mapping[str, Scored]
    ledger: tuple[LedgerRow, ...]


FailPlace = tuple[int, int]
"""A finding: the index of its judgement, and its index among that judgement's failures."""


def score(
    judgements: Sequence[Judgement],
    workloads: Collection[str],
    *,
    waived: Collection[FailPlace] = frozenset(),
    blind: bool = False,
    groups: Mapping[str, Collection[str]] | None = None,
    blind_groups: Collection[str] = frozenset(),
) -> Scorecard:
    """The numbers of an estate's outcomes.

    Args:
        judgements: every rule on every subject; each names the workloads it touches.
        workloads: ids of all workloads.
        waived: findings that a team accepts.
        blind: whether a scope could not be enumerated, so that workloads may be hidden.
        groups: workload ids by a name of the caller's, to be scored as parts of the estate.
        blind_groups: those among ``groups`` that may hold hidden workloads.
    """
    tally = _Tally(workloads)
    for index, judgement in enumerate(judgements):
        tally.add(judgement, [(index, at) in waived for at in range(len(judgement.fails))] if waived else ())
    parts = [tally.part(at) for at in range(len(tally.ids))]
    whole = _Part.of(parts)
    return Scorecard(
        estate=_estate(whole, parts, tally, blind),
        workloads={id: _workload(part) for id, part in zip(tally.ids, parts, strict=True)},
        items={item: _item(tally.items.get(item, _Item()), len(parts), blind) for item in Checklist},
        groups={
            name: _scored(_Part.of(parts[tally.at[id]] for id in sorted(members)), name in blind_groups)
            for name, members in (groups or {}).items()
        },
        ledger=_ledger(tally, parts),
    )


# --- what a rule says of a workload -----------------------------------------------------------------------------
#
# The outcomes of one rule on one workload are a set of (what, severity), kept as bits of an int: four severities that
# cost something, critical lowest, for each of six kinds of outcome. Thousands of workloads times hundreds of rules are
# one pass over small ints this way.

_COSTLY: Final = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
_WIDTH: Final = len(_COSTLY)
_GROUP: Final = (1 << _WIDTH) - 1
_FAILED, _SOFTEST, _STANDING, _STANDING_SOFTEST, _UNREAD, _OPEN = (at * _WIDTH for at in range(6))
"""Failed; the same at its softest; both again without what is waived; unknown by the operator's reasons; by others."""

_READINGS: Final = (
    (_FAILED, _UNREAD),
    (_FAILED, _UNREAD, _OPEN),
    (_SOFTEST,),
    (_STANDING, _UNREAD),
    (_STANDING, _UNREAD, _OPEN),
    (_STANDING_SOFTEST,),
)
"""What counts in each value: score, low, high, and the three accepted ones."""

_WORST: Final = tuple(next((at for at in range(_WIDTH) if bits >> at & 1), None) for bits in range(_GROUP + 1))
"""The worst severity (as its bit) among four bits."""


_BIT: Final[Mapping[Severity, int]] = {severity: 1 << at for at, severity in enumerate(_COSTLY)} | {Severity.INFO: 0}


def _mark(kind: int, severity: Severity) -> int:
    return _BIT[severity] << kind


def _among(marks: int, kinds: Iterable[int]) -> int:
    bits = 0
    for kind in kinds:
        bits |= marks >> kind & _GROUP
    return bits


def _charge(bits: int) -> int:
    worst = _WORST[bits]
    return 0 if worst is None else PENALTIES[_COSTLY[worst]]


def _charges(marks: int) -> tuple[int, ...]:
    """Points lost in each of the six values."""
    return tuple(_charge(_among(marks, kinds)) for kinds in _READINGS)


def _has(marks: int, kind: int, *severities: Severity) -> bool:
    return any(marks & _mark(kind, each) for each in severities)


# --- adding up --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """Outcomes that apply, by weight."""

    known: int = 0
    total: int = 0
    of_source: int = 0
    """Of ``total``, what this kind of source could have shown."""
    any_known: bool = False

    def add(self, other: "_Seen", times: int = 1) -> None:
        self.known += other.known * times
        self.total += other.total * times
        self.of_source += other.of_source * times
        self.any_known |= other.any_known

    @property
    def enough(self) -> bool:
        """Whether anything is known that a score can stand on."""
        return self.any_known and (self.known > 0 or self.total == 0)


@dataclass(slots=True)
class _Part:
    """Some workloads: how many, the points they lose in each of the six values, and what was seen of them."""

    count: int
    lost: list[int]
    marks: int
    seen: _Seen

    @staticmethod
    def of(parts: Iterable["_Part"]) -> "_Part":
        whole = _Part(0, [0] * len(_READINGS), 0, _Seen())
        for part in parts:
            whole.count += part.count
            whole.lost = [a + b for a, b in zip(whole.lost, part.lost, strict=True)]
            whole.marks |= part.marks
            whole.seen.add(part.seen)
        return whole


@dataclass(slots=True)
class _Item:
    """A checklist item while outcomes are added up."""

    lost: list[int] = field(default_factory=lambda: [0] * len(_READINGS))
    marks: int = 0
    seen: _Seen = field(default_factory=_Seen)
    applies: bool = False
    """Whether any of its readiness rules applies anywhere."""
    reasons: set[Reason] = field(default_factory=set)
    changes: int = 0
    facts: int = 0


_Row = tuple[str, int, bool]
"""Rule, severity's bit, whether unknown."""


class _Tally:
    def __init__(self, workloads: Collection[str]) -> None:
        self.ids = sorted(workloads)
        self.at = {id: at for at, id in enumerate(self.ids)}
        self.rules: dict[str, Rule] = {}
        self.marks: list[dict[str, int]] = [{} for _ in self.ids]
        self.seen = [_Seen() for _ in self.ids]
        self.items: dict[Checklist, _Item] = {}
        self.efforts: dict[tuple[str, Severity], Effort] = {}
        self.estate_wide = 0
        self._charges: dict[int, tuple[int, ...]] = {}

    def add(self, judgement: Judgement, waived: Sequence[bool]) -> None:
        rule = judgement.rule
        item = self.items.setdefault(rule.checklist, _Item())
        if judgement.unknown is not None:
            item.reasons.add(judgement.unknown.reason)
        if rule.kind is not Kind.READINESS:
            item.changes += len(judgement.fails) if rule.kind is Kind.CONVERSION else 0
            item.facts += len(judgement.fails) if rule.kind is Kind.INVENTORY else 0
            return
        if not judgement.applicable:
            return
        self.rules.setdefault(rule.id, rule)
        shared, own = self._marks_of(judgement, waived)
        seen = _seen_of(judgement)
        item.applies = True
        item.marks |= reduce(or_, own.values(), shared)
        item.seen.add(seen, len(judgement.subject.workloads))
        if judgement.subject.kind in (SubjectKind.ESTATE, SubjectKind.TEAM):
            self.estate_wide |= shared
        for id in judgement.subject.workloads:
            at = self.at[id]
            self.seen[at].add(seen)
            marks = shared | own.get(id, 0)
            if marks:
                charged = self.marks[at]
                charged[rule.id] = charged.get(rule.id, 0) | marks

    def _marks_of(self, judgement: Judgement, waived: Sequence[bool]) -> tuple[int, dict[str, int]]:
        """The marks on every workload that the subject touches, and those that failures leave on some of them only."""
        shared = 0
        own: dict[str, int] = {}
        rule, unknown = judgement.rule, judgement.unknown
        for at, fail in enumerate(judgement.fails):
            severity = fail.severity or rule.severity
            softest = severity if fail.softest in (None, severity) else severity.at_most(fail.softest)
            marks = _mark(_FAILED, severity) | _mark(_SOFTEST, softest)
            if not (waived and waived[at]):
                marks |= _mark(_STANDING, severity) | _mark(_STANDING_SOFTEST, softest)
            if fail.workloads is None:
                shared |= marks
            else:
                own |= {id: own.get(id, 0) | marks for id in fail.workloads}
            row, effort = (rule.id, severity), fail.effort or rule.effort
            if EFFORT_POINTS[effort] >= EFFORT_POINTS[self.efforts.setdefault(row, effort)]:
                self.efforts[row] = effort
        if unknown is not None:
            shared |= _mark(_UNREAD if unknown.reason.is_operators_move else _OPEN, unknown.worst or rule.worst)
        return shared, own

    def part(self, at: int) -> _Part:
        """One workload, its losses floored; what each item loses on it is added to the item."""
        lost = [0] * len(_READINGS)
        of_items: dict[Checklist, list[int]] = {}
        union = 0
        for rule, marks in self.marks[at].items():
            union |= marks
            charges = self._charges.get(marks)
            if charges is None:
                charges = self._charges[marks] = _charges(marks)
            of_item = of_items.setdefault(self.rules[rule].checklist, [0] * len(_READINGS))
            for reading, charge in enumerate(charges):
                lost[reading] += charge
                of_item[reading] += charge
        for item, losses in of_items.items():
            total = self.items[item].lost
            for reading, loss in enumerate(losses):
                total[reading] += min(FULL, loss)
        return _Part(1, [min(FULL, each) for each in lost], union, self.seen[at])


def _seen_of(judgement: Judgement) -> _Seen:
    weight = PENALTIES[judgement.rule.worst]
    seen = _Seen()
    if judgement.fails or judgement.unknown is None:
        seen = _Seen(weight, weight, weight, any_known=True)
    if judgement.unknown is not None:
        seen.total += weight
        if judgement.unknown.reason not in (Reason.NOT_IN_SOURCE, Reason.UNANSWERED):
            seen.of_source += weight
    return seen


# --- values -----------------------------------------------------------------------------------------------------


def _scored(part: _Part, blind: bool) -> Scored:
    return Scored(
        raw=_values(part, 0, blind),
        accepted=_values(part, 3, blind),
        coverage=None if blind else _share(part.seen.known, part.seen.total),
        coverage_of_source=None if blind else _share(part.seen.known, part.seen.of_source),
    )


def _values(part: _Part, first: int, blind: bool) -> Values:
    """Raw values (``first`` 0) or accepted ones (3) as they are printed."""
    score_cap, low_cap, high_cap = (
        CAP if _among(part.marks, kinds) & 1 else FULL for kinds in _READINGS[first : first + 3]
    )
    if blind:
        return Values(None, 0, high_cap)
    if not part.count:
        return Values(None, None, None)
    score_lost, low_lost, high_lost = part.lost[first : first + 3]
    whole = FULL * part.count
    return Values(
        score=min(score_cap, (whole - score_lost) // part.count) if part.seen.enough else None,
        low=min(low_cap, (whole - low_lost) // part.count),
        high=min(high_cap, -((high_lost - whole) // part.count)),
    )


def _share(known: int, total: int) -> float | None:
    """A share with four digits, rounded down: never more than was seen."""
    return known * 10_000 // total / 10_000 if total else None


# --- verdicts ---------------------------------------------------------------------------------------------------


def _verdict(marks: int, standing: int, seen: _Seen) -> Verdict:
    """The table of verdicts; ``standing`` says which failures count (all, or those that are not waived)."""
    if _has(marks, standing, Severity.CRITICAL):
        return "blocked"
    if _has(marks, _UNREAD, Severity.CRITICAL, Severity.HIGH) or not seen.enough:
        return "undetermined"
    if _has(marks, standing, Severity.HIGH):
        return "not_ready"
    if _has(marks, standing, Severity.MEDIUM):
        return "ready_with_work"
    return "ready"


_TIES: Final[tuple[Verdict, ...]] = ("undetermined", "not_ready", "ready_with_work", "ready")
"""From worst to best, without ``blocked``."""


def _estate_verdict(
    verdicts: Mapping[Verdict, int], marks: int, estate_wide: int, standing: int, blind: bool
) -> Verdict:
    if blind:
        return "blocked" if _has(marks, standing, Severity.CRITICAL) else "undetermined"
    rest = [each for each in _TIES if verdicts.get(each, 0)]
    if not rest and not verdicts.get("blocked", 0):
        return "undetermined"
    if not rest or _has(estate_wide, standing, Severity.CRITICAL):
        return "blocked"
    return max(rest, key=lambda each: verdicts[each])


def _workload(part: _Part) -> ScoredWorkload:
    return ScoredWorkload(
        numbers=_scored(part, blind=False),
        verdict=_verdict(part.marks, _FAILED, part.seen),
        accepted_verdict=_verdict(part.marks, _STANDING, part.seen),
    )


def _estate(whole: _Part, parts: list[_Part], tally: _Tally, blind: bool) -> ScoredEstate:
    numbers = _scored(whole, blind)
    raw = Counter(_verdict(part.marks, _FAILED, part.seen) for part in parts)
    accepted = Counter(_verdict(part.marks, _STANDING, part.seen) for part in parts)
    return ScoredEstate(
        numbers=numbers,
        verdict=_estate_verdict(raw, whole.marks, tally.estate_wide, _FAILED, blind),
        accepted_verdict=_estate_verdict(accepted, whole.marks, tally.estate_wide, _STANDING, blind),
        uncapped=None if numbers.raw.score is None else FULL - whole.lost[0] / whole.count,
        verdicts=raw,
        accepted_verdicts=accepted,
    )


def _item(item: _Item, workloads: int, blind: bool) -> ScoredItem:
    seen = item.seen
    verdict: Verdict | None = _verdict(item.marks, _FAILED, seen)
    if blind:
        verdict = verdict if verdict == "blocked" else "undetermined"
        return ScoredItem(_scored(_Part(workloads, item.lost, item.marks, seen), blind), verdict, NOT_SEEN)
    unseen = NOT_ASKED if item.reasons == {Reason.UNANSWERED} else NOT_SEEN
    if not item.applies:
        note = _without_penalty(item) or (unseen if item.reasons else NOT_APPLICABLE)
        return ScoredItem(_NOTHING, "undetermined" if note == unseen else None, note)
    numbers = _scored(_Part(workloads, item.lost, item.marks, seen), blind)
    return ScoredItem(numbers, verdict, None if seen.enough else unseen)


def _without_penalty(item: _Item) -> str | None:
    if item.changes:
        return f"conversion work only: {item.changes} {'change' if item.changes == 1 else 'changes'}"
    if item.facts:
        return f"for information only: {item.facts} {'fact' if item.facts == 1 else 'facts'}"
    return None


# --- ledger -----------------------------------------------------------------------------------------------------


def _ledger(tally: _Tally, parts: list[_Part]) -> tuple[LedgerRow, ...]:
    """Where the points went, by gain per effort, and the floor row last."""
    if not parts:
        return ()
    count = len(parts)
    touched: Counter[_Row] = Counter()
    gained: Counter[_Row] = Counter()
    below = floored = 0
    for charged in tally.marks:
        lost = 0
        rows: list[tuple[_Row, int]] = []
        for rule, marks in charged.items():
            worst = _WORST[_among(marks, _READINGS[0])]
            if worst is None:
                continue
            unknown = not marks >> _FAILED + worst & 1
            without = marks & ~(1 << (_UNREAD if unknown else _FAILED) + worst)
            charge = PENALTIES[_COSTLY[worst]]
            lost += charge
            rows.append(((rule, worst, unknown), charge - _charge(_among(without, _READINGS[0]))))
        for row, less in rows:
            touched[row] += 1
            gained[row] += min(FULL, lost) - min(FULL, lost - less)
        below += max(0, lost - FULL)
        floored += lost > FULL
    found = [_row(tally, row, touched[row], gained[row], count) for row in touched]
    found.sort(key=_by_gain)
    if floored:
        found.append(
            LedgerRow(
                rule="floor",
                checklist="",
                severity=None,
                penalty=0,
                workloads=floored,
                points_lost=-below / count,
                gain_if_fixed=0.0,
                effort=None,
            )
        )
    return tuple(found)


def _row(tally: _Tally, row: _Row, touched: int, gained: int, count: int) -> LedgerRow:
    rule, worst, unknown = row
    penalty = PENALTIES[_COSTLY[worst]]
    return LedgerRow(
        rule=rule,
        checklist=tally.rules[rule].checklist,
        severity=_COSTLY[worst],
        unknown=unknown,
        penalty=penalty,
        workloads=touched,
        points_lost=penalty * touched / count,
        gain_if_fixed=gained / count,
        effort=None if unknown else tally.efforts[rule, _COSTLY[worst]],
    )


def _by_gain(row: LedgerRow) -> tuple[float, float, str, int, bool]:
    """By gain per effort; letting the scan read what it could not is hours."""
    points = EFFORT_POINTS[row.effort or Effort.HOURS]
    rank = row.severity.rank if row.severity is not None else _WIDTH
    return (-row.gain_if_fixed / points, -row.points_lost, row.rule, rank, row.unknown)
