"""Made-up rules and outcomes, for tests of what is made of them: scores, findings, the gate."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from assess.checklist import Checklist
from assess.estate.facts import Evidence
from assess.estate.gaps import Missing, Reason
from assess.judging import Judgement
from assess.rule import (
    CRITICAL,
    HIGH,
    HOURS,
    INFO,
    LOW,
    MEDIUM,
    Effort,
    Fail,
    Kind,
    Outcome,
    Rule,
    Severity,
    SubjectKind,
    Unknown,
)
from assess.subjects import SubjectRef

OPERATORS = (Reason.DENIED, Reason.ERROR, Reason.NOT_COLLECTED)
OTHERS = tuple(each for each in Reason if each not in OPERATORS)


def _never(_: object) -> Iterable[Outcome]:
    raise AssertionError("a made-up rule is not run")


def a_rule(
    id: str = "LIF-A",
    severity: Severity = MEDIUM,
    *,
    worst: Severity | None = None,
    softest: Severity | None = None,
    kind: Kind = Kind.READINESS,
    subject: SubjectKind = SubjectKind.WORKLOAD,
    effort: Effort = HOURS,
) -> Rule:
    """A rule of the checklist item that its id names."""
    checklist = next(each for each in Checklist if each.prefix == id.partition("-")[0])
    if kind is not Kind.READINESS:
        severity, worst, softest = INFO, INFO, INFO
    return Rule(
        id=id,
        checklist=checklist,
        kind=kind,
        subject=subject,
        severity=severity,
        worst=worst or severity,
        softest=softest or severity,
        confidence=1.0,
        effort=effort,
        needs=(),
        also_uses=(),
        raised_by=(),
        softened_by=(),
        across=(),
        looks_at=(),
        reference="https://example.com/",
        title=f"Title of {id}",
        why="It matters",
        fix="Mend it",
        check=_never,
    )


def judged(
    rule: Rule,
    workloads: str | Sequence[str] = ("a",),
    *fails: Fail | Severity,
    unknown: Unknown | Reason | None = None,
    applicable: bool = True,
    id: str = "",
) -> Judgement:
    """A judgement of a subject that touches ``workloads``; with nothing else it has passed."""
    touched = tuple(sorted([workloads] if isinstance(workloads, str) else workloads))
    name = id or ",".join(touched)
    if isinstance(unknown, Reason):
        unknown = Unknown(unknown, (), rule.worst)
    return Judgement(
        rule=rule,
        subject=SubjectRef(rule.subject, name, name, touched),
        scope=("aws", "111122223333", "eu-west-1", *touched),
        fails=tuple(each if isinstance(each, Fail) else a_fail(each) for each in fails),
        unknown=unknown,
        missing=(Missing(fact="", reason=unknown.reason),) if unknown is not None else (),
        applicable=applicable,
    )


def a_fail(severity: Severity, softest: Severity | None = None, element: str = "", message: str = "It is so") -> Fail:
    """A failure as the engine hands it over."""
    return Fail(
        message, (Evidence(source="arn:x"),), element, severity, softest or severity, confidence=1.0, effort=HOURS
    )


RULES = (
    a_rule("STO-C", CRITICAL),
    a_rule("STO-HC", HIGH, worst=CRITICAL, softest=LOW),
    a_rule("LIF-M", MEDIUM, effort=Effort.DAYS),
    a_rule("LIF-LH", LOW, worst=HIGH, softest=INFO),
    a_rule("IAM-H", HIGH, subject=SubjectKind.ROLE, effort=Effort.WEEKS),
    a_rule("IAM-MC", MEDIUM, worst=CRITICAL, softest=LOW, subject=SubjectKind.ROLE),
    a_rule("SKL-C", HIGH, worst=CRITICAL, subject=SubjectKind.TEAM),
    a_rule("OBS-I", INFO),
    a_rule("MAN-CONV", kind=Kind.CONVERSION),
    a_rule("STO-INV", kind=Kind.INVENTORY),
)
"""Rules of every severity and kind, some of one checklist item."""

WORKLOADS = ("a", "b", "c", "d", "e")

Estate = tuple[tuple[Judgement, ...], tuple[str, ...]]
"""Judgements and the ids of all workloads."""


def _between(worst: Severity, softest: Severity) -> st.SearchStrategy[Severity]:
    return st.sampled_from([each for each in Severity if worst.rank <= each.rank <= softest.rank])


@st.composite
def fails(draw: st.DrawFn, rule: Rule) -> Fail:
    """A failure of a rule, with a softest severity."""
    severity = draw(_between(rule.worst, rule.softest))
    softest = draw(_between(severity, rule.softest))
    fail = a_fail(severity, softest, draw(st.sampled_from(("", "x", "y"))))
    return replace(fail, effort=draw(st.sampled_from(list(Effort))))


@st.composite
def judgements(draw: st.DrawFn, rule: Rule, id: str, workloads: Sequence[str]) -> Judgement:
    """One rule's judgement of one subject: any outcome the engine can make."""
    touched = draw(st.lists(st.sampled_from(workloads), min_size=1, unique=True))
    outcome = draw(st.sampled_from(("pass", "fail", "fail", "worse", "unknown", "inapplicable")))
    failed = draw(st.lists(fails(rule), min_size=1, max_size=2)) if outcome in ("fail", "worse") else []
    open_worst = min((each.severity or rule.severity for each in failed), key=lambda each: each.rank, default=None)
    unknown = None
    if outcome == "unknown" or (outcome == "worse" and open_worst is not rule.worst):
        worst = rule.worst if outcome == "worse" else draw(_between(rule.worst, rule.severity))
        unknown = Unknown(draw(st.sampled_from(list(Reason))), (), worst)
    return judged(rule, touched, *failed, unknown=unknown, applicable=outcome != "inapplicable", id=id)


@st.composite
def estates(draw: st.DrawFn, rules: Sequence[Rule] = RULES, min_workloads: int = 1) -> Estate:
    """Judgements of some rules on some subjects of some workloads."""
    count = draw(st.integers(min_workloads, len(WORKLOADS)))
    workloads = WORKLOADS[:count]
    found: list[Judgement] = []
    for rule in rules if workloads else ():
        subjects = draw(st.integers(0, 3))
        found += [draw(judgements(rule, f"{rule.id}/{number}", workloads)) for number in range(subjects)]
    return tuple(found), workloads


@st.composite
def lost(draw: st.DrawFn, judgement: Judgement, reason: Reason) -> Judgement:
    """What becomes of a judgement when a fact that it stands on is lost for a reason."""
    rule = judgement.rule
    if not judgement.fails:
        told = judgement.unknown.worst if judgement.unknown is not None else None
        return _open(judgement, reason, told or rule.worst, keep=())
    how = draw(st.sampled_from(("wholly", "could be worse", "could be softer")))
    if how == "wholly":
        return _open(judgement, reason, rule.worst, keep=())
    if how == "could be softer":
        return replace(judgement, fails=tuple(draw(_softer(rule, each)) for each in judgement.fails))
    milder = tuple(replace(each, severity=draw(_between(_severity(each), rule.softest))) for each in judgement.fails)
    milder = tuple(replace(each, softest=_severity(each).at_most(each.softest or INFO)) for each in milder)
    return _open(judgement, reason, rule.worst, keep=milder)


@st.composite
def _softer(draw: st.DrawFn, rule: Rule, fail: Fail) -> Fail:
    severity = draw(_between(rule.worst, _severity(fail)))
    return replace(fail, severity=severity, softest=draw(_between(fail.softest or _severity(fail), rule.softest)))


def _severity(fail: Fail) -> Severity:
    if fail.severity is None:
        raise AssertionError("the engine fills severities in")
    return fail.severity


def _open(judgement: Judgement, reason: Reason, worst: Severity, keep: tuple[Fail, ...]) -> Judgement:
    first = reason
    if judgement.unknown is not None:
        first = min(reason, judgement.unknown.reason, key=lambda each: each.rank)
    missing = (Missing(fact="", reason=first),)
    return replace(judgement, fails=keep, unknown=Unknown(first, (), worst), missing=missing, applicable=True)
