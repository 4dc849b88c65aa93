"""Builds the assessment of an estate: judges, names findings, waives, scores, and lays it all out in a fixed order."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assess import __version__
from assess.assessment import (
    RULE,
    RULE_PACK,
    AccountView,
    Assessment,
    Distribution,
    FieldView,
    Finding,
    FindingCounts,
    GapView,
    ItemView,
    ListenerKindView,
    PolicyView,
    RuleText,
    ScopeView,
    SeverityView,
    SubjectView,
    Summary,
    ThresholdView,
    Tool,
    UnknownView,
    WaiverView,
    WorkloadView,
)
from assess.checklist import Checklist
from assess.config import Policy
from assess.dependencies import aws_services_of, dependencies_of
from assess.estate.estate import Estate
from assess.estate.facts import Origin
from assess.estate.gaps import Gap
from assess.estate.workloads import Workload
from assess.fields.listener_map import ListenerKind
from assess.fields.listener_usage import WorkloadListeners
from assess.fields.usage import FieldUse, WorkloadFields
from assess.gate import review, waiver_name
from assess.graph.building import graph_of
from assess.graph.model import DependencyGraph
from assess.judging import Judgement, judge
from assess.packs import PackProblem
from assess.rule import Fail, Rule, Severity, SubjectKind
from assess.scoring import SCORING_MODEL_VERSION, FailPlace, Scorecard, score
from assess.subjects import SubjectRef
from assess.survey import question


def assess(
    estate: Estate,
    *,
    policy: Policy,
    rules: Iterable[Rule],
    as_of: date,
    disabled: Iterable[Rule] = (),
    problems: Iterable[PackProblem] = (),
) -> Assessment:
    """The assessment of an estate by these rules, with waivers judged on the day ``as_of``.

    ``disabled`` rules do not run and ``problems`` of rule packs hide others: both are listed. The same arguments
    make the same assessment, whatever the order of the rules.
    """
    ordered = sorted(rules, key=lambda each: each.id)
    graph = graph_of(estate)
    return assessment_of(
        estate,
        judge(estate, ordered, policy, graph),
        graph=graph,
        policy=policy,
        rules=ordered,
        as_of=as_of,
        disabled=disabled,
        problems=problems,
    )


def assessment_of(
    estate: Estate,
    judgements: Iterable[Judgement],
    *,
    graph: DependencyGraph | None = None,
    policy: Policy,
    rules: Iterable[Rule],
    as_of: date,
    disabled: Iterable[Rule] = (),
    problems: Iterable[PackProblem] = (),
) -> Assessment:
    """The assessment that judgements of an estate make; its graph is drawn where it is not given."""
    graph = graph or graph_of(estate)
    off = sorted(disabled, key=lambda each: each.id)
    judged = sorted(judgements, key=lambda each: (each.rule.id, each.subject.id))
    ordered = sorted(rules, key=lambda each: each.id)
    views = _Subjects()
    named = _findings(judged, views)
    names = {each.id: waiver_name(each.cluster, each.name) for each in estate.workloads}
    reviewed = review([each.finding for each in named], names, policy, as_of)
    findings = tuple(_with(each.finding, reviewed.waived) for each in named)
    places = _places(estate)
    card = score(
        judged,
        names,
        waived=frozenset(each.place for each in named if each.finding.fingerprint in reviewed.waived),
        blind=bool(estate.blind),
        groups={f"{account}/{region}": members for (account, region), members in places.items()},
        blind_groups={f"{account}/{region}" for account, region in places if _blind_gaps(estate, account, region)},
    )
    unknowns = tuple(_unknowns(judged, views))
    fields, listeners = _Fields(), WorkloadListeners(estate)
    return Assessment(
        scoring_model_version=SCORING_MODEL_VERSION,
        detectors_version=estate.detectors_version,
        tool=Tool(version=__version__),
        generated_at=estate.collected_at,
        as_of=as_of,
        scope=_scope(estate),
        accounts=tuple(_account(estate, card, place, members) for place, members in places.items()),
        summary=_summary(card, findings, unknowns),
        checklist=tuple(_item(item, card, ordered, off) for item in Checklist),
        workloads=tuple(_workload(each, card, fields.of(each), listeners.of(each)) for each in estate.workloads),
        findings=findings,
        unknowns=unknowns,
        gaps=(*_gaps(estate, judged), *_broken(judged), *_broken_packs(problems)),
        ledger=card.ledger,
        dependencies=dependencies_of(estate, graph),
        aws_services=aws_services_of(estate, graph),
        rules={each.id: _text(each) for each in ordered},
        waiver_notes=reviewed.notes,
        policy=_policy(policy, ordered, off),
    )


# --- findings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Named:
    """A finding, and where it came from."""

    finding: Finding
    place: FailPlace


class _Subjects:
    """One view per subject, however many rules speak of it."""

    def __init__(self) -> None:
        self._views: dict[tuple[SubjectKind, str], SubjectView] = {}

    def view(self, ref: SubjectRef) -> SubjectView:
        found = self._views.get((ref.kind, ref.id))
        if found is None:
            found = SubjectView(kind=ref.kind, id=ref.id, name=ref.name, workloads=ref.workloads)
            self._views[ref.kind, ref.id] = found
        return found


def _findings(judgements: Sequence[Judgement], views: _Subjects) -> list[_Named]:
    """Every failure with its fingerprint, worst first, then by rule and subject."""
    found = [
        ((at, index), judgement, fail)
        for at, judgement in enumerate(judgements)
        for index, fail in enumerate(judgement.fails)
    ]
    fingerprints = _fingerprints(found)
    named = [
        _Named(_finding(judgement, fail, fingerprints[place], _touched(views.view(judgement.subject), fail)), place)
        for place, judgement, fail in found
    ]
    return sorted(named, key=lambda each: _finding_order(each.finding))


def _touched(subject: SubjectView, fail: Fail) -> SubjectView:
    """The subject with the workloads that the finding is about, where those are not all of it."""
    return subject if fail.workloads is None else subject.model_copy(update={"workloads": fail.workloads})


def _finding_order(finding: Finding) -> tuple[int, str, str, str]:
    return (finding.severity.rank, finding.rule, finding.subject.id, finding.fingerprint)


def _finding(judgement: Judgement, fail: Fail, fingerprint: str, subject: SubjectView) -> Finding:
    rule = judgement.rule
    return Finding(
        fingerprint=fingerprint,
        rule=rule.id,
        checklist=rule.checklist,
        kind=rule.kind,
        severity=fail.severity or rule.severity,
        confidence=fail.confidence,
        message=fail.message,
        subject=subject,
        evidence=fail.evidence,
        remediation=fail.remediation or rule.fix,
        effort=fail.effort or rule.effort,
        reference=rule.reference,
    )


def _with(finding: Finding, waived: Mapping[str, WaiverView]) -> Finding:
    view = waived.get(finding.fingerprint)
    return finding if view is None else finding.model_copy(update={"waived": view})


_Found = tuple[FailPlace, Judgement, Fail]


def _fingerprints(found: Iterable[_Found]) -> dict[FailPlace, str]:
    """Fingerprints by place; equal ones are numbered in name order, and nothing that changes by itself goes in."""
    equal: dict[tuple[str, ...], list[_Found]] = {}
    for each in found:
        _, judgement, fail = each
        parts = (judgement.rule.id, *judgement.scope, _own_name(judgement.subject), fail.element)
        equal.setdefault(parts, []).append(each)
    fingerprints: dict[FailPlace, str] = {}
    for parts, members in equal.items():
        for number, (place, _, _) in enumerate(sorted(members, key=_name_order)):
            fingerprints[place] = _digest((*parts, str(number)) if number else parts)
    return fingerprints


def _own_name(subject: SubjectRef) -> str:
    """The container's or resource's name; what its scope already names, or is the whole, has none of its own."""
    match subject.kind:
        case SubjectKind.CONTAINER:
            return subject.name.rpartition("/")[2]  # behind the family
        case (
            SubjectKind.WORKLOAD
            | SubjectKind.TASK_DEFINITION
            | SubjectKind.ACCOUNT
            | SubjectKind.ESTATE
            | SubjectKind.TEAM
        ):
            return ""
        case _:
            return subject.name


def _name_order(found: _Found) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
    _, judgement, fail = found
    where = tuple((each.source, each.pointer) for each in fail.evidence)
    return (judgement.subject.name, judgement.subject.id, where, fail.message)


def _digest(parts: tuple[str, ...]) -> str:
    """The first 16 hex digits of a sha256 over the parts as a JSON array: no two lists of parts run together."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


# --- what could not be decided or read --------------------------------------------------------------------------


def _unknowns(judgements: Iterable[Judgement], views: _Subjects) -> list[UnknownView]:
    """What is open, worst first, then by rule and subject."""
    views_of = [
        UnknownView(
            rule=judgement.rule.id,
            checklist=judgement.rule.checklist,
            subject=views.view(judgement.subject),
            worst=judgement.unknown.worst or judgement.rule.worst,
            reason=judgement.unknown.reason,
            needs=judgement.unknown.needs,
            question=_question(judgement),
        )
        for judgement in judgements
        if judgement.unknown is not None
    ]
    return sorted(views_of, key=_unknown_order)


def _question(judgement: Judgement) -> str | None:
    """The first question whose answer would decide it, where only people know."""
    texts = (each.question or question(each.fact) for each in judgement.missing)
    return next((text for text in texts if text), None)


def _unknown_order(view: UnknownView) -> tuple[int, str, str, int, tuple[str, ...]]:
    return (view.worst.rank, view.rule, view.subject.id, view.reason.rank, view.needs)


def _gaps(estate: Estate, judgements: Iterable[Judgement]) -> Iterator[GapView]:
    """Gaps in their own order, each with the rules that it left unknown in its place."""
    place_of = {each.id: (each.origin.account, each.origin.region) for each in estate.workloads}
    left_open: dict[str, dict[str, set[_Place]]] = {}
    for judgement in judgements:
        if judgement.unknown is not None and judgement.unknown.reason.is_operators_move:
            for action in judgement.unknown.needs:
                places = left_open.setdefault(action, {}).setdefault(judgement.rule.id, set())
                places.update(place_of[id] for id in judgement.subject.workloads)
    ordered = sorted(
        estate.gaps, key=lambda each: (each.account, each.region, each.api, each.resource or "", each.error)
    )
    for gap in ordered:
        found = {
            rule
            for rule, places in left_open.get(gap.action or "", {}).items()
            if not gap.recovered and any(_concerns(gap, *place) for place in places)
        }
        yield GapView(
            api=gap.api,
            action=gap.action,
            account=gap.account,
            region=gap.region,
            resource=gap.resource,
            enumeration=gap.enumeration,
            error=gap.error,
            message=gap.message,
            recovered=gap.recovered,
            rules=tuple(sorted(found)),
        )


def _broken(judgements: Iterable[Judgement]) -> Iterator[GapView]:
    """Rules that could not run, once for each place in their code where they broke."""
    broken = sorted({(each.rule.id, each.broken) for each in judgements if each.broken is not None})
    for rule, place in broken:
        yield GapView(
            api=RULE,
            action=None,
            account="",
            region="",
            resource=rule,
            enumeration=False,
            error="RuleFailed",
            message=f"the rule could not run: {place}",
            recovered=False,
            rules=(rule,),
        )


def _broken_packs(problems: Iterable[PackProblem]) -> Iterator[GapView]:
    """What is wrong with rule packs: rules that nobody knows of did not run."""
    for problem in sorted(problems, key=lambda each: (each.pack, each.file, each.line or 0, each.message)):
        yield GapView(
            api=RULE_PACK,
            action=None,
            account="",
            region="",
            resource=problem.pack,
            enumeration=False,
            error=problem.error,
            message=str(problem),
            recovered=False,
        )


# --- places -----------------------------------------------------------------------------------------------------


_Place = tuple[str, str]
"""Account and region."""


def _places(estate: Estate) -> dict[_Place, list[str]]:
    """Workload ids by account and region, in order: what was asked for, and where workloads or gaps are."""
    asked = itertools.product(estate.scope.accounts, estate.scope.regions)
    hidden = ((gap.account, gap.region) for gap in estate.blind)
    found: dict[_Place, list[str]] = {place: [] for place in (*asked, *hidden) if all(place)}
    for workload in estate.workloads:
        if workload.origin.account:
            found.setdefault((workload.origin.account, workload.origin.region), []).append(workload.id)
    return dict(sorted(found.items()))


def _concerns(gap: Gap, account: str, region: str) -> bool:
    """Whether a gap lies in a place; one without account or region lies in all that AWS was asked for."""
    return gap.api != "file" and gap.account in ("", account) and gap.region in ("", region)


def _blind_gaps(estate: Estate, account: str, region: str) -> bool:
    return any(_concerns(gap, account, region) for gap in estate.blind)


def _account(estate: Estate, card: Scorecard, place: _Place, members: Sequence[str]) -> AccountView:
    account, region = place
    gaps = [gap for gap in estate.gaps if not gap.recovered and _concerns(gap, account, region)]
    blind = any(gap.enumeration for gap in gaps)
    listed = estate.missing("ecs.clusters", Origin(account=account, region=region)) is None
    numbers = card.groups[f"{account}/{region}"]
    return AccountView(
        account=account,
        region=region,
        status="blind" if blind else "partial" if gaps else "complete",
        wholly_blind=blind and not members and not listed,
        workloads=len(members),
        score=numbers.raw.score,
        score_low=numbers.raw.low,
        score_high=numbers.raw.high,
        coverage=numbers.coverage,
    )


def _scope(estate: Estate) -> ScopeView:
    return ScopeView(
        accounts=estate.scope.accounts,
        regions=estate.scope.regions,
        sources=tuple(each.path for each in estate.scope.sources),
        filters=estate.scope.filters,
        blind=tuple(sorted({_blind_line(gap) for gap in estate.blind})),
        skipped=estate.scope.skipped,
    )


def _blind_line(gap: Gap) -> str:
    where = " ".join(each for each in (gap.account, gap.region) if each)
    what = f"{gap.api} of {gap.resource}" if gap.resource else gap.api
    return f"{what}{f' in {where}' if where else ''}: {gap.error}"


# --- views ------------------------------------------------------------------------------------------------------


def _summary(card: Scorecard, findings: Sequence[Finding], unknowns: Sequence[UnknownView]) -> Summary:
    estate = card.estate
    raw, accepted = estate.numbers.raw, estate.numbers.accepted
    counts = {severity.value: 0 for severity in Severity}
    for finding in findings:
        counts[finding.severity.value] += 1
    return Summary(
        verdict=estate.verdict,
        accepted_verdict=estate.accepted_verdict,
        score=raw.score,
        score_low=raw.low,
        score_high=raw.high,
        score_uncapped=estate.uncapped,
        capped_by=_capped_by(findings, unknowns) if raw.low is not None else (),
        accepted_score=accepted.score,
        accepted_low=accepted.low,
        accepted_high=accepted.high,
        coverage=estate.numbers.coverage,
        coverage_of_source=estate.numbers.coverage_of_source,
        workloads=Distribution.model_validate(estate.verdicts),
        accepted_workloads=Distribution.model_validate(estate.accepted_verdicts),
        findings=FindingCounts(**counts),
    )


def _capped_by(findings: Iterable[Finding], unknowns: Iterable[UnknownView]) -> tuple[str, ...]:
    """Critical findings, then the rules that could be critical: first those that the score counts as failed."""
    failed = [each.fingerprint for each in findings if each.severity is Severity.CRITICAL]
    could_be = [each for each in unknowns if each.worst is Severity.CRITICAL]
    counted = sorted({each.rule for each in could_be if each.reason.is_operators_move})
    others = sorted({each.rule for each in could_be}.difference(counted))
    return (*failed, *counted, *others)


def _item(item: Checklist, card: Scorecard, rules: Iterable[Rule], disabled: Iterable[Rule]) -> ItemView:
    own = tuple(each.id for each in rules if each.checklist is item)
    scored = card.items[item]
    raw = scored.numbers.raw
    return ItemView(
        id=item.value,
        section=item.section,
        title=item.label,
        verdict=scored.verdict,
        score=raw.score,
        score_low=raw.low,
        score_high=raw.high,
        coverage=scored.numbers.coverage,
        note=scored.note if own else "disabled" if any(each.checklist is item for each in disabled) else "no rules",
        rules=own,
    )


class _Fields:
    """The fields of each workload as views; workloads that use the same share them."""

    def __init__(self) -> None:
        self._used = WorkloadFields()
        self._views: dict[int, tuple[FieldView, ...]] = {}
        """By identity of the list of uses: equal lists are the same object, which ``_used`` keeps."""

    def of(self, workload: Workload) -> tuple[FieldView, ...]:
        used = self._used.of(workload)
        found = self._views.get(id(used))
        if found is None:
            found = self._views[id(used)] = tuple(_field(each) for each in used)
        return found


def _field(use: FieldUse) -> FieldView:
    field = use.field
    return FieldView(path=field.path, shape=field.shape, verdict=field.verdict, target=field.target, idle=use.is_idle)


def _workload(
    workload: Workload, card: Scorecard, fields: tuple[FieldView, ...], listener_rules: tuple[ListenerKind, ...]
) -> WorkloadView:
    scored = card.workloads[workload.id]
    raw, accepted = scored.numbers.raw, scored.numbers.accepted
    task = workload.task_definition
    return WorkloadView(
        id=workload.id,
        name=workload.name,
        kind=workload.kind,
        cluster=workload.cluster,
        account=workload.origin.account,
        region=workload.origin.region,
        # a template's resources have identities, and no ARN yet
        arn=workload.arn if workload.origin.logical_id is None else "",
        source=workload.origin.source,
        task_definition=task.name if task is not None else workload.task_definition_arn.rpartition("/")[2],
        launch_type="+".join(sorted(workload.launch_types)),
        verdict=scored.verdict,
        accepted_verdict=scored.accepted_verdict,
        score=raw.score,
        score_low=raw.low,
        score_high=raw.high,
        accepted_score=accepted.score,
        accepted_low=accepted.low,
        accepted_high=accepted.high,
        coverage=scored.numbers.coverage,
        coverage_of_source=scored.numbers.coverage_of_source,
        owner=workload.owner,
        fields=fields,
        listener_rules=tuple(
            ListenerKindView(
                part=each.part, kind=each.kind, setting=each.setting, verdict=each.verdict, target=each.target
            )
            for each in listener_rules
        ),
    )


def _text(rule: Rule) -> RuleText:
    return RuleText(
        title=rule.title,
        checklist=rule.checklist,
        kind=rule.kind,
        severity=rule.severity,
        why=rule.why,
        fix=rule.fix,
        before=rule.before,
        after=rule.after,
        reference=rule.reference,
        origin=rule.origin,
    )


def _policy(policy: Policy, rules: Iterable[Rule], disabled: Iterable[Rule]) -> PolicyView:
    severities = []
    thresholds = []
    for rule in rules:
        if rule.declared is not None:
            severities.append(SeverityView(rule=rule.id, declared=rule.declared, severity=rule.severity))
        values = rule.numbers(policy)
        thresholds += [
            ThresholdView(
                rule=rule.id, name=each.name, meaning=each.meaning, default=each.default, value=values[each.name]
            )
            for each in rule.thresholds
            if values[each.name] != each.default
        ]
    return PolicyView(
        severities=tuple(severities), disabled=tuple(each.id for each in disabled), thresholds=tuple(thresholds)
    )
