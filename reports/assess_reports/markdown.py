"""The Markdown reports: the whole assessment as a document, and a summary for a pull request's comment."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assess.assessment import AccountView, Assessment, AwsServiceView, Finding, ItemView, LedgerRow, WorkloadView
from assess.estate.facts import Evidence
from assess.estate.gaps import Reason
from assess.reporting import RenderOptions
from assess.rule import Severity
from assess_reports import wording
from assess_reports.digest import (
    GapGroup,
    MainReason,
    UnknownGroup,
    by_rule,
    by_verdict,
    fix_title,
    fixes,
    gap_groups,
    gap_words,
    main_reasons,
    missing_actions,
    questions,
    rules_by_reason,
    title,
    unknown_groups,
    weight_of,
    worst_first,
)
from assess_reports.drawing import mermaid_of
from assess_reports.map_words import MapWords, service_fate, services_by_use
from assess_reports.markdown_text import T, bullet, code, link, row, text, within
from assess_reports.movement import markdown_section
from assess_reports.picture import picture_of

LIMIT = 1_000_000
"""Most bytes of the document: it stays below 1 MiB."""

_ACTIONS = 5
_NAMED = 5
_EVIDENCE = 10
_RULE = 60
"""Most characters of a rule's id."""
_TITLE = 200
"""Most characters of a title."""
_ITEM = 80
"""Most characters of what the checklist says of an item."""
_KIB = 1024


@dataclass(frozen=True, slots=True)
class _Rows:
    """Lines of a list or a table, as many as their budget allows."""

    shown: list[Markup]
    left: int

    @classmethod
    def of(cls, items: Sequence[T], show: Callable[[T], Markup], kib: int) -> "_Rows":
        return cls(*within(items, show, kib * _KIB))


@dataclass(frozen=True, slots=True)
class MarkdownReport:
    """A document that a person can follow from the verdict to the evidence and to the arithmetic of the score."""

    name: str = "markdown"
    endings: tuple[str, ...] = (".md",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The document, at most ``LIMIT`` bytes: what does not fit is counted, and the worst is kept."""
        values = _summary(assessment) | _details(assessment)
        frame = _rendered("report.md.jinja", values | {"sections": _Rows([], 0)})
        room = LIMIT - len(frame.encode()) - _KIB
        sections = _Rows(*within(worst_first(assessment.workloads), _Sections(assessment).of, room))
        return _rendered("report.md.jinja", values | {"sections": sections})


@dataclass(frozen=True, slots=True)
class MarkdownSummary:
    """What fits into the comment of a pull request: GitHub refuses more than 65,536 characters."""

    name: str = "markdown-summary"
    endings: tuple[str, ...] = ()

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """Under 65,000 characters: the budgets of its parts add up to less."""
        reasons = main_reasons(assessment)
        standing = [each for each in worst_first(assessment.workloads) if each.verdict != "ready"]
        values = _summary(assessment) | {
            "checklist": _Rows.of(assessment.checklist, _item, 20),
            "workloads": _Rows.of(
                standing[:_SUMMARY_WORKLOADS], lambda each: _workload_row(each, reasons.get(each.id)), 20
            ),
            "standing": len(standing),
        }
        return _rendered("summary.md.jinja", values)


_SUMMARY_WORKLOADS = 20

markdown = MarkdownReport()
markdown_summary = MarkdownSummary()


# --- templates --------------------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    """Templates in which every value is escaped for Markdown unless it already is (markupsafe's ``Markup``)."""
    environment = Environment(
        loader=PackageLoader("assess_reports", "templates"),
        autoescape=True,
        finalize=lambda value: text(str(value)) if not isinstance(value, Markup) else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = code
    environment.filters["count"] = wording.plural
    return environment


def _rendered(template: str, values: dict[str, Any]) -> str:
    """The rendered template without trailing white space and with single empty lines."""
    lines = _environment().get_template(template).render(values).splitlines()
    kept: list[str] = []
    for line in map(str.rstrip, lines):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"


# --- summary ----------------------------------------------------------------------------------------------------


def _summary(assessment: Assessment) -> dict[str, Any]:
    """What the first section says; it stands alone."""
    blocked = by_verdict(assessment.workloads).get("blocked", [])
    return {
        "headline": wording.headline(assessment),
        "score": wording.score_line(assessment) + ".",
        "accepted": wording.sentence(wording.accepted_line(assessment)),
        "finding_counts": wording.sentence(wording.finding_counts(assessment.summary.findings)),
        "origin": wording.origin(assessment),
        "blocked": _names(blocked),
        "actions": list(_actions(assessment)),
        "more_actions": max(0, len(fixes(assessment)) - _ACTIONS),
        "unseen": list(_unseen(assessment)),
    }


def _names(workloads: Sequence[WorkloadView]) -> Markup:
    names = [code(each.name, 80) for each in workloads[:_NAMED]]
    more = len(workloads) - _NAMED
    return Markup(wording.listed([*names, f"{more:,} more"] if more > 0 else names))  # noqa: S704 (escaped above)


def _actions(assessment: Assessment) -> Iterator[Markup]:
    rows = fixes(assessment)
    for number, each in enumerate(rows[:_ACTIONS], 1):
        effort = f", {wording.EFFORTS[each.effort]}" if each.effort else ""
        severity = each.severity.value if each.severity else ""
        yield Markup("{}. {} {} ({}, {})").format(  # each part is escaped by text and code
            number,
            text(f"Fixing this adds {wording.gain(each.gain_if_fixed)}:"),
            text(fix_title(assessment, each, rows), _TITLE),
            text(f"{wording.plural(each.workloads, 'workload')}{effort}, {severity}"),
            code(each.rule, _RULE),
        )


def _unseen(assessment: Assessment) -> Iterator[Markup]:
    scope = assessment.scope
    for each in scope.blind[:_NAMED]:
        yield bullet("Blind, so that workloads may be missing:", code(each))
    if len(scope.blind) > _NAMED:
        yield bullet(f"{len(scope.blind) - _NAMED:,} more places could not be listed")
    for group in [each for each in gap_groups(assessment.gaps) if not each.enumeration][:_NAMED]:
        yield bullet(code(group.action or group.api, 80) + Markup(":"), text(gap_words(group), _TITLE))
    actions = missing_actions(assessment)
    if actions:
        shown = [code(each, 80) for each in actions[:_NAMED]]
        more = [f"{len(actions) - _NAMED:,} more"] if len(actions) > _NAMED else []
        yield bullet("IAM actions that would show it:", Markup(wording.listed([*shown, *more])))  # noqa: S704 (escaped)
    for reason, count in rules_by_reason(assessment.unknowns).items():
        if reason is not Reason.UNANSWERED:
            yield bullet(f"{wording.plural(count, 'rule')} undecided: {wording.REASONS[reason]}")
    asked = len(questions(assessment))
    if asked:
        yield bullet(f"{wording.plural(asked, 'question')} that only people can answer")
    if scope.skipped:
        yield bullet(f"{wording.plural(len(scope.skipped), 'file')} left out")


# --- details ----------------------------------------------------------------------------------------------------


def _details(assessment: Assessment) -> dict[str, Any]:
    """The further sections; their budgets leave a quarter of the document to the workloads' own."""
    reasons = main_reasons(assessment)
    shared = [each for each in assessment.findings if len(each.subject.workloads) != 1]
    waived = sorted((each for each in assessment.findings if each.waived), key=weight_of)
    unknowns, skipped = unknown_groups(assessment.unknowns), assessment.scope.skipped
    return {
        "movement": markdown_section(assessment.movement),
        "accounts": _Rows.of(assessment.accounts, _account, 20),
        "checklist": _Rows.of(assessment.checklist, _item, 40),
        "plan": _Rows.of(list(_plan(assessment)), text, 50),
        "workloads": _Rows.of(
            worst_first(assessment.workloads), lambda each: _workload_row(each, reasons.get(each.id)), 120
        ),
        "shared": _Rows.of(list(_groups(assessment, shared, shared=True)), text, 100),
        "map": _map(assessment),
        "services": _Rows.of(services_by_use(assessment), lambda each: _service(each, assessment), 40),
        "unknowns": _Rows.of(unknowns, lambda each: _unknown(assessment, each), 50),
        "questions": _Rows.of(questions(assessment), bullet, 40),
        "gaps": _Rows.of(gap_groups(assessment.gaps), _gap, 40),
        "recovered": sum(1 for each in assessment.gaps if each.recovered),
        "skipped": _Rows.of(skipped, lambda each: bullet(code(each)), 10),
        "waived": _Rows.of(waived, _waived, 40),
        "notes": _Rows.of(assessment.waiver_notes, lambda each: bullet(wording.waiver_note(each)), 10),
        "policy": _Rows.of(wording.policy_notes(assessment), bullet, 40),
        "rules": _Rows.of(list(_rule_texts(assessment)), text, 100),
        **_arithmetic(assessment),
    }


def _map(assessment: Assessment) -> dict[str, Any] | None:
    words = MapWords(assessment)
    if not words.is_there:
        return None
    picture = picture_of(assessment.dependencies)
    chart = mermaid_of(picture)
    while len(chart) > _CHART and picture.lines:  # Mermaid refuses longer texts
        picture = picture_of(assessment.dependencies, most_edges=len(picture.lines) // 2)
        chart = mermaid_of(picture)
    return {
        "sentences": _Rows.of(list(words.sentences()), bullet, 40),
        "chart": Markup(chart.rstrip()),  # noqa: S704 (its labels hold nothing that ends a fence)
        "by_cluster": picture.by_cluster,
        "left": picture.left,
    }


_CHART = 45_000
"""Most characters of the chart: Mermaid's ``maxTextSize`` is 50,000."""


def _service(service: AwsServiceView, assessment: Assessment) -> Markup:
    names = {each.id: each.name for each in assessment.workloads}
    return row(
        text(service.name, 80),
        service_fate(service),
        _names_in(list(dict.fromkeys(names.get(each, each) for each in service.workloads))),
        _names_in(service.resources),
        wording.listed(list(service.how)),
        text("; ".join(service.changes), 300),
    )


def _names_in(names: Sequence[str]) -> Markup:
    shown = [code(each, 60) for each in names[:_NAMED]]
    more = len(names) - len(shown)
    return Markup(", ").join([*shown, text(f"{more:,} more")] if more > 0 else shown)


def _account(account: AccountView) -> Markup:
    numbers = wording.interval(account.score, account.score_low, account.score_high)
    coverage = "" if account.coverage is None else wording.percent(account.coverage)
    return row(code(account.account), code(account.region), account.status, str(account.workloads), numbers, coverage)


def _item(item: ItemView) -> Markup:
    verdict = wording.VERDICTS[item.verdict] if item.verdict else ""
    note = item.note if item.note and item.score is not None else ""
    coverage = "" if item.coverage is None else wording.percent(item.coverage)
    return row(
        wording.SECTIONS[item.section],
        text(item.title, _ITEM),
        text(wording.item_score(item), _ITEM),
        coverage,
        verdict,
        text(note, _ITEM),
    )


def _plan(assessment: Assessment) -> Iterator[Markup]:
    rows = fixes(assessment)
    for number, each in enumerate(rows, 1):
        yield row(
            str(number),
            wording.gain(each.gain_if_fixed),
            text(fix_title(assessment, each, rows), _TITLE),
            f"{each.workloads:,}",
            wording.EFFORTS[each.effort] if each.effort else "",
            each.severity.value if each.severity else "",
            code(each.rule, _RULE),
        )


def _workload_row(workload: WorkloadView, reason: MainReason | None) -> Markup:
    numbers = wording.interval(workload.score, workload.score_low, workload.score_high)
    why = text(f"{reason.label}: {reason.text}", 300) if reason and workload.verdict != "ready" else ""
    coverage = "" if workload.coverage is None else wording.percent(workload.coverage)
    return row(
        wording.verdict_words(workload.verdict, (workload,)),
        code(workload.name),
        _place(workload),
        numbers,
        coverage,
        why,
    )


def _place(workload: WorkloadView) -> Markup | str:
    where = workload.cluster or workload.source
    return code(where) if where else ""


class _Sections:
    """The section of each workload, with the findings on it alone in full."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment = assessment
        self._map = MapWords(assessment)
        self._own: dict[str, list[Finding]] = {}
        self._shared: dict[str, list[Finding]] = {}
        for finding in sorted(assessment.findings, key=weight_of):
            touched = finding.subject.workloads
            for id in touched:
                (self._own if len(touched) == 1 else self._shared).setdefault(id, []).append(finding)

    def of(self, workload: WorkloadView) -> Markup:
        """The section, as the template makes it."""
        numbers = workload.score, workload.score_low, workload.score_high, workload.coverage
        values = {
            "workload": workload,
            "place": _place(workload),
            "verdict": wording.verdict_words(workload.verdict, (workload,)),
            "numbers": wording.with_coverage(*numbers),
            "accepted": wording.accepted_words(workload),
            "fields": _fields(workload),
            "calls": _edges(self._map, workload, to=True),
            "called_by": _edges(self._map, workload, to=False),
            "groups": list(_groups(self._assessment, self._own.get(workload.id, ()))),
            "shared": [_shared_by(self._assessment, each) for each in self._shared.get(workload.id, ())],
        }
        return Markup(_rendered("workload.md.jinja", values))  # noqa: S704 (the template escapes)


_EDGES = 12
"""Edges of a workload that its section lists."""


def _edges(map: MapWords, workload: WorkloadView, *, to: bool) -> list[Markup]:
    found = map.calls(workload.id) if to else map.called_by(workload.id)
    shown = [bullet(text(map.edge(each, to=to), 400), depth=1) for each in found[:_EDGES]]
    more = len(found) - len(shown)
    return [*shown, bullet(f"{more:,} more", depth=1)] if more > 0 else shown


_FIELDS = {
    "direct": "copied",
    "transform": "translated",
    "redesign": "to be decided on",
    "no_equivalent": "without an equivalent",
}
"""What becomes of fields that are carried over, in words behind their number."""


def _fields(workload: WorkloadView) -> Markup | None:
    """What becomes of the fields that the workload uses: a number for each verdict, names where people are needed."""
    parts = []
    for verdict, words in _FIELDS.items():
        paths = [each.path for each in workload.fields if each.verdict == verdict and not each.idle]
        if paths:
            part = text(f"{len(paths)} {words}")
            hard = verdict in ("redesign", "no_equivalent")
            parts.append(Markup("{} ({})").format(part, _listed(paths)) if hard else part)
    return Markup("; ").join(parts) if parts else None


def _listed(paths: Sequence[str]) -> Markup:
    names = [code(each, 100) for each in paths[:_NAMED]]
    more = len(paths) - _NAMED
    return Markup(wording.listed([*names, f"{more:,} more"] if more > 0 else names))  # noqa: S704 (escaped above)


def _shared_by(assessment: Assessment, finding: Finding) -> Markup:
    kind = finding.subject.kind.value.replace("_", " ")
    words = text(f"{wording.weight(finding)}: {title(assessment, finding.rule)}, on {kind}", 300)
    return bullet(words, code(finding.subject.name), Markup("(") + code(finding.rule, _RULE) + Markup(")"))


def _groups(assessment: Assessment, findings: Iterable[Finding], *, shared: bool = False) -> Iterator[Markup]:
    """The findings of each rule with their evidence, and the rule's fix once."""
    for rule, group in groupby(by_rule(findings), key=lambda finding: finding.rule):
        members = list(group)
        heading = text(f"{wording.weight(members[0])}: {title(assessment, rule)}", _TITLE)
        lines = [Markup("**{}** ({})").format(heading, code(rule, _RULE)), Markup()]
        for finding in members:
            lines += _finding(finding, members[0].severity, shared=shared)
        for effort, fix in dict.fromkeys((finding.effort, finding.remediation) for finding in members):
            lines.append(bullet(f"Fix, {wording.EFFORTS[effort]}:", wording.flowing(fix)))
        yield Markup("\n").join([*lines, Markup()])


def _finding(finding: Finding, worst: Severity, *, shared: bool) -> Iterator[Markup]:
    notes = [] if finding.severity is worst else [finding.severity.value]
    if finding.confidence < 1:
        notes.append(f"{wording.percent(finding.confidence)} sure")
    if finding.waived:
        notes.append(f"accepted until {finding.waived.expires}")
    about = f"({', '.join(notes)})" if notes else ""
    yield bullet(code(finding.subject.name) + Markup(":"), finding.message, about)
    if shared:
        count = wording.plural(len(finding.subject.workloads), "workload")
        yield bullet(f"touches {count}", depth=1)
    for evidence in finding.evidence[:_EVIDENCE]:
        yield bullet("seen at", _evidence(evidence), depth=1)
    if len(finding.evidence) > _EVIDENCE:
        yield bullet(f"and at {len(finding.evidence) - _EVIDENCE:,} more places", depth=1)


def _evidence(evidence: Evidence) -> Markup:
    line = "" if evidence.line is None else f":{evidence.line}"
    parts = [code(f"{evidence.source}{line}", 300)]
    if evidence.pointer:
        parts.append(code(evidence.pointer, 300))
    place = Markup(" ").join(parts)
    # a value as it stands there, or what is said of a field that is absent: `not true`
    return place if evidence.value is None else Markup(": ").join((place, code(evidence.value, 300)))


def _unknown(assessment: Assessment, group: UnknownGroup) -> Markup:
    needs = Markup(", ").join(code(each, 80) for each in group.needs[:_NAMED])
    more = text(f"and {len(group.needs) - _NAMED:,} more") if len(group.needs) > _NAMED else ""
    return row(
        code(group.rule, _RULE),
        text(title(assessment, group.rule), _TITLE),
        group.worst.value,
        wording.REASONS[group.reason],
        needs if not more else Markup(" ").join((needs, more)),
        f"{group.workloads:,}",
    )


def _gap(group: GapGroup) -> Markup:
    return row(
        code(group.action or group.api, 80),
        text(group.error, 80),
        text(group.message, 300),
        text(wording.some(group.places, 3), 300),
        f"{len(group.resources):,}" if group.resources else "",
        "yes" if group.enumeration else "no",
        f"{len(group.rules):,}",
    )


def _waived(finding: Finding) -> Markup:
    waiver = finding.waived
    if waiver is None:
        return Markup()
    return row(
        finding.severity.value,
        code(finding.rule, _RULE),
        code(finding.subject.name),
        text(finding.message, 300),
        text(waiver.reason, 300),
        text(waiver.owner, 80),
        str(waiver.expires),
    )


def _rule_texts(assessment: Assessment) -> Iterator[Markup]:
    for rule in dict.fromkeys(finding.rule for finding in by_rule(assessment.findings)):
        known = assessment.rules.get(rule)
        if known is not None:
            yield Markup("\n").join(
                [
                    Markup("### {}").format(text(rule, _RULE)),
                    Markup(),
                    text(f"{known.title}.", _TITLE),
                    text(wording.flowing(known.why), 3 * _KIB),
                    Markup(),
                    Markup("Fix: {}").format(text(wording.flowing(known.fix), 3 * _KIB)),
                    Markup(),
                    Markup("More: {}").format(link(known.reference)),
                    Markup(),
                ]
            )


def _arithmetic(assessment: Assessment) -> dict[str, Any]:
    """The ledger, and what a reader needs to redo its sum by hand."""
    rows = _Rows.of(assessment.ledger, _charge, 100)
    shown = len(rows.shown)
    return {
        "ledger": rows,
        "ledger_rest": f"{sum(each.points_lost for each in assessment.ledger[shown:]):.3f}",
        "ledger_sum": f"{sum(each.points_lost for each in assessment.ledger):.3f}",
        "uncapped": assessment.summary.score_uncapped,
        "count": len(assessment.workloads),
        "cap": wording.cap_words(assessment),
        "model": assessment.scoring_model_version,
        "detectors": assessment.detectors_version,
        "as_of": str(assessment.as_of),
    }


def _charge(each: LedgerRow) -> Markup:
    if each.severity is None:
        below = "given back: no workload falls below 0"
        return row(text(below), "", "", f"{each.workloads:,}", f"{each.points_lost:.3f}", "", "")
    return row(
        code(each.rule, _RULE),
        each.severity.value + (", not seen" if each.unknown else ""),
        str(each.penalty),
        f"{each.workloads:,}",
        f"{each.points_lost:.3f}",
        wording.gain(each.gain_if_fixed),
        wording.EFFORTS[each.effort] if each.effort else "",
    )
