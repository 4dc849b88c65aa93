"""Runs rules over an estate and weighs what they say against what was seen: not seen is never passed.

A failure stands on what was seen. A pass needs every fact in the rule's ``needs``, a not-applicable those that its
clause reads; without them the outcome is unknown, with the reason that comes first in the order of ``Reason``. A
missing fact that could make a standing failure worse leaves an unknown beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from assess.config import Policy
from assess.errors import raised_at
from assess.estate.ecs import Container
from assess.estate.estate import Estate
from assess.estate.facts import Fact, Origin
from assess.estate.gaps import Missing, Reason
from assess.estate.workloads import Workload
from assess.graph.building import graph_of
from assess.graph.model import DependencyGraph
from assess.graph.sources import FACTS, GRAPH
from assess.rule import (
    SILENT,
    WEAK,
    Fail,
    Kind,
    NotApplicable,
    Outcome,
    Rule,
    Severity,
    Unknown,
)
from assess.subjects import Places, Subject, SubjectRef, subjects_of


@dataclass(slots=True)
class Judgement:
    """One rule on one subject: passed where it applies, nothing failed and nothing is unknown."""

    rule: Rule
    subject: SubjectRef
    scope: tuple[str, ...]
    """Parts of the fingerprint that say where: see :class:`assess.subjects.Subject`."""
    fails: tuple[Fail, ...] = ()
    """With severity, softest, confidence and effort filled in."""
    unknown: Unknown | None = None
    """Beside failures: that they could be worse."""
    missing: tuple[Missing, ...] = ()
    """What would decide the unknown."""
    applicable: bool = True
    broken: str | None = None
    """Why the rule itself could not run: its exception's type and place, never a value."""

    @property
    def is_known(self) -> bool:
        """Whether nothing about it is open."""
        return self.unknown is None


def judge(
    estate: Estate,
    rules: Iterable[Rule],
    policy: Policy,
    graph: DependencyGraph | None = None,
) -> tuple[Judgement, ...]:
    """Every rule on every subject of its kind, in order of rule id and subject id.

    The graph of the estate is drawn where it is not given.
    """
    return tuple(_Bench(estate, policy, graph or graph_of(estate)).judge(rules))


_SILENCE = tuple(SILENT.values())


class _Bench:
    def __init__(self, estate: Estate, policy: Policy, graph: DependencyGraph) -> None:
        self.estate = estate
        self.policy = policy
        self.graph = graph
        self.subjects = subjects_of(estate)
        self.missing = _Missing(estate, policy)

    def judge(self, rules: Iterable[Rule]) -> Iterator[Judgement]:
        for rule in sorted(rules, key=lambda each: each.id):
            patterns = tuple(_steps(each) for each in rule.looks_at)
            arguments = rule.arguments(self.estate, self.graph, self.policy)
            silent: dict[Places, Judgement] = {}
            for subject in self.subjects.get(rule.subject, ()):
                yield self._one(rule, subject, patterns, arguments, silent)

    def _one(
        self,
        rule: Rule,
        subject: Subject,
        patterns: tuple[tuple[str, ...], ...],
        arguments: Mapping[str, Any],
        silent: dict[Places, Judgement],
    ) -> Judgement:
        judgement = Judgement(rule, subject.ref, subject.scope)
        if subject.lost:
            _leave_open(judgement, rule, subject.lost)
            return judgement
        try:
            outcomes = rule.answer(subject.value, arguments)
            alike = self._alike(rule, subject) if len(outcomes) == 1 and outcomes[0] in _SILENCE else None
            known = silent.get(alike) if alike is not None else None
            if known is not None:
                judgement.unknown, judgement.missing = known.unknown, known.missing
                judgement.applicable = known.applicable
                return judgement
            fails = [_weigh(rule, subject.ref, each) for each in outcomes if isinstance(each, Fail)]
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a rule of any pack may raise anything; the scan goes on
            judgement.broken = _place(error, rule)
            judgement.unknown = Unknown(Reason.ERROR, (), rule.worst)
            return judgement
        if fails:
            self._standing(judgement, rule, subject, fails, outcomes)
            return judgement
        missing = list(self.missing.of(rule.needs, rule.across, subject))
        told = [_told(subject, each) for each in outcomes if isinstance(each, Unknown)]
        if told:
            worst = min((each.worst or rule.worst for each in told), key=lambda each: each.rank)
            own = [Missing(fact=need, reason=each.reason) for each in told for need in each.needs]
            if not any(each.needs for each in told):
                own = [Missing(fact="", reason=each.reason) for each in told]
            _leave_open(judgement, rule, (*own, *missing), worst)
            return judgement
        inapplicable = [each for each in outcomes if isinstance(each, NotApplicable)]
        if inapplicable:
            missing = [each for each in missing if any(_reads(rule, said, each.fact) for said in inapplicable)]
        if not missing and subject.origins[0].source is not None:
            missing = _unresolved(subject, patterns)
        if missing:
            _leave_open(judgement, rule, tuple(missing))
        judgement.applicable = not inapplicable or judgement.unknown is not None
        if alike is not None:
            silent[alike] = judgement
        return judgement

    def _alike(self, rule: Rule, subject: Subject) -> Places | None:
        """Where a subject was seen, if that is all that the meaning of a rule's silence hangs on; none if it is not."""
        if subject.origins[0].source is not None or self.missing.is_of_one(rule.needs, subject):
            return None
        return self.missing.places_of(subject)

    def _standing(
        self, judgement: Judgement, rule: Rule, subject: Subject, fails: list[Fail], outcomes: list[Outcome]
    ) -> None:
        soft = bool(rule.softened_by and self.missing.of(rule.softened_by, (), subject))
        judgement.fails = tuple(
            replace(each, softest=rule.softest) if soft and not each.settled and each.softest is None else each
            for each in fails
        )
        worst = min((each.severity or rule.severity for each in fails), key=lambda each: each.rank)
        if rule.kind is not Kind.READINESS or worst is rule.worst:
            return
        open_ends = [each for each in outcomes if isinstance(each, Unknown)]
        if open_ends:
            own = tuple(Missing(fact=need, reason=each.reason) for each in open_ends for need in each.needs)
            _leave_open(judgement, rule, own or tuple(Missing(fact="", reason=each.reason) for each in open_ends))
        elif not all(each.settled for each in fails):
            missing = self.missing.of((*rule.needs, *rule.raised_by), rule.across, subject)
            if missing:
                _leave_open(judgement, rule, missing)


def _told(subject: Subject, said: Unknown) -> Unknown:
    """What a rule leaves open; of a file nothing could have been collected."""
    from_file = subject.origins and subject.origins[0].source is not None
    return replace(said, reason=Reason.NOT_IN_SOURCE) if from_file and said.reason is Reason.NOT_COLLECTED else said


def _leave_open(judgement: Judgement, rule: Rule, missing: tuple[Missing, ...], worst: Severity | None = None) -> None:
    reason = min((each.reason for each in missing), key=lambda each: each.rank)
    judgement.missing = tuple(each for each in missing if each.reason is reason)
    needs = {need for each in judgement.missing for need in each.needs if need}
    judgement.unknown = Unknown(reason, tuple(sorted(needs)), worst or rule.worst)


def _weigh(rule: Rule, subject: SubjectRef, fail: Fail) -> Fail:
    """A failure with the rule's defaults filled in; weak evidence is medium at most."""
    severity = fail.severity or rule.severity
    if severity.rank < rule.worst.rank:
        raise ValueError(f"{rule.id} reports {severity}, worse than its worst")
    if fail.workloads is not None and not set(fail.workloads).issubset(subject.workloads):
        raise ValueError(f"{rule.id} names workloads that its subject does not touch")
    confidence = min(fail.confidence, rule.confidence)
    if confidence < WEAK:
        severity = severity.at_most(Severity.MEDIUM)
    return replace(fail, severity=severity, confidence=confidence, effort=fail.effort or rule.effort)


def _reads(rule: Rule, said: NotApplicable, fact: str) -> bool:
    """Whether a not-applicable rests on a fact: those it names, else every need that is no answer."""
    if said.reads is not None:
        return fact in _drawn_from(said.reads)
    return fact in _drawn_from(rule.needs) and not fact.startswith(("survey", "policy."))


class _Missing:
    """Which facts are missing for a subject; remembered per place, since most gaps concern whole places."""

    def __init__(self, estate: Estate, policy: Policy) -> None:
        self.estate = estate
        self.policy = policy
        self.on_one = frozenset(
            fact for gap in estate.gaps if gap.resource is not None and not gap.recovered for fact in gap.facts
        ) | {each.fact for source in estate.scope.sources for each in source.open}
        self.known: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[Places, tuple[Missing, ...]]] = {}
        self.places: dict[int, Places] = {}

    def of(self, facts: tuple[str, ...], across: tuple[str, ...], subject: Subject) -> tuple[Missing, ...]:
        """Why each missing one of ``facts`` is missing, in their order."""
        if self.is_of_one(facts, subject):
            return tuple(self._each(facts, across, subject))
        known = self.known.get((facts, across))
        if known is None:
            known = self.known[facts, across] = {}
        places = self.places_of(subject)
        found = known.get(places)
        if found is None:
            found = known[places] = tuple(self._each(facts, across, subject))
        return found

    def is_of_one(self, facts: tuple[str, ...], subject: Subject) -> bool:
        """Whether a fact may be missing for this subject and not for others of its place."""
        return bool(subject.unseen) or not self.on_one.isdisjoint(_drawn_from(facts))

    def places_of(self, subject: Subject) -> Places:
        """Where a subject was seen; worked out once, for every rule asks."""
        places = self.places.get(id(subject))
        if places is None:
            places = self.places[id(subject)] = subject.places
        return places

    def _each(self, facts: tuple[str, ...], across: tuple[str, ...], subject: Subject) -> Iterator[Missing]:
        compared = _drawn_from(across)
        for fact in _drawn_from(facts):
            related = None if fact in compared else subject.related
            found = [each for each in (self._one(fact, origin, related) for origin in subject.origins) if each]
            found += [each for each in subject.unseen if each.fact == fact]
            if found:
                yield min(found, key=lambda each: each.reason.rank)

    def _one(self, fact: str, origin: Origin, related: frozenset[str] | None) -> Missing | None:
        if fact.startswith("policy."):
            chosen = self.policy.target.compute is not None
            return None if chosen else Missing(fact=fact, reason=Reason.UNANSWERED)
        return self.estate.missing(fact, origin, related)


@cache
def _drawn_from(facts: tuple[str, ...]) -> tuple[str, ...]:
    """The facts themselves, each once: in place of the graph, those that it is drawn from."""
    return tuple(dict.fromkeys(each for fact in facts for each in (FACTS if fact == GRAPH else (fact,))))


# --- placeholders -----------------------------------------------------------------------------------------------


def _steps(pattern: str) -> tuple[str, ...]:
    """``containerDefinitions[].memory`` as steps, with an empty step for any index."""
    return tuple(step for part in pattern.split(".") for step in _indexed(part))


def _indexed(part: str) -> Iterator[str]:
    name = part.removesuffix("[]")
    if name:
        yield name
    if part.endswith("[]"):
        yield ""


def _unresolved(subject: Subject, patterns: tuple[tuple[str, ...], ...]) -> list[Missing]:
    """Placeholders where the rule looks: in the field itself, within it, or around it."""
    if not patterns:
        return []
    for origin in _documents(subject):
        for at in origin.unresolved:
            steps = tuple(at.split("/")[1:])
            other = subject.container is not None and len(steps) > 1 and steps[1] != str(subject.container)
            if other and steps[0] == "containerDefinitions":
                continue
            for pattern in patterns:
                if all(want in ("", step) for want, step in zip(pattern, steps, strict=False)):
                    return [Missing(fact=at, reason=Reason.UNRESOLVED)]
    return []


def _documents(subject: Subject) -> tuple[Origin, ...]:
    """Where a subject's own documents were seen: a workload has its service's and its task definition's."""
    value = subject.value
    match value:
        case Container():
            return (value.task.origin,)
        case Workload():
            documents = (value.service, value.task_definition)
            return tuple(each.origin for each in documents if each is not None) or subject.origins
        case Fact():
            return (value.origin,)
    return subject.origins


def _place(error: BaseException, rule: Rule) -> str:
    """An exception's type, and the last line of the rule's own file that it came through; never its text."""
    code = getattr(rule.check, "__code__", None)
    if not rule.source or code is None:
        return raised_at(error)
    line = code.co_firstlineno
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == code.co_filename:
            line = at.tb_lineno
        at = at.tb_next
    return f"{type(error).__name__} at {rule.source}:{line}"
