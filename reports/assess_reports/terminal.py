"""The terminal report: the verdict first, then on two screens what stands in the way, what to do, what was not seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from assess.assessment import Assessment, Finding, ItemView, Score, Verdict, WorkloadView
from assess.estate.facts import Evidence
from assess.estate.gaps import Reason
from assess.reporting import RenderOptions
from assess.rule import Severity
from assess_reports.digest import (
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
)
from assess_reports.movement import add_section
from assess_reports.page import Page, Part, fit, pad
from assess_reports.wording import (
    EFFORTS,
    REASONS,
    SECTIONS,
    SHORT_VERDICTS,
    accepted_line,
    accepted_words,
    cap_words,
    finding_counts,
    flowing,
    gain,
    headline,
    interval,
    item_score,
    origin,
    percent,
    plural,
    policy_notes,
    score_line,
    seen,
    sentence,
    some,
    verdict_words,
    waiver_note,
    weight,
)

_VERDICT_STYLES: dict[Verdict, str] = {
    "blocked": "bold red",
    "undetermined": "magenta",
    "not_ready": "yellow",
    "ready_with_work": "cyan",
    "ready": "green",
}
_SEVERITY_STYLES: dict[Severity, str] = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "yellow",
    Severity.MEDIUM: "cyan",
    Severity.LOW: "",
    Severity.INFO: "dim",
}

_SHOWN: dict[Verdict, int] = {"blocked": 6, "undetermined": 3, "not_ready": 2, "ready_with_work": 1}
"""Workloads of each verdict that are shown one by one."""
_READY = 6
"""Ready workloads that are named."""

_FIXES = 4
_GAPS = 4
_NAMED = 3
_POLICY = 6


@dataclass(frozen=True, slots=True)
class TerminalReport:
    """Plain words and numbers; colour repeats what they say and adds nothing."""

    name: str = "terminal"
    endings: tuple[str, ...] = ()

    def render(self, assessment: Assessment, options: RenderOptions) -> str:
        """The report with no line over ``options.width`` cells (40 at least)."""
        page = Page(options.width, color=options.color)
        _top(page, assessment)
        if assessment.movement is not None:
            add_section(page, assessment.movement)
        _checklist(page, assessment.checklist)
        _workloads(page, assessment)
        _fixes(page, assessment)
        _not_seen(page, assessment)
        _waivers(page, assessment)
        _policy(page, assessment)
        if options.verbosity:
            _findings(page, assessment)
        _next(page, assessment)
        return str(page)


terminal = TerminalReport()


def _top(page: Page, assessment: Assessment) -> None:
    summary = assessment.summary
    page.write((headline(assessment), f"bold {_VERDICT_STYLES[summary.verdict]}"))
    page.write(("Score ", "bold"), score_line(assessment) + ".")
    accepted = accepted_line(assessment)
    if accepted:
        page.write(sentence(accepted))
    blocked = by_verdict(assessment.workloads).get("blocked", [])
    if blocked and summary.verdict != "blocked":
        names = some((fit(each.name, 40) for each in blocked), _NAMED)
        page.write(("Blocked: ", "bold"), f"{names}.")
    if assessment.scope.blind:
        page.write(("Not seen at all: ", "bold"), f"{_blind(assessment.scope.blind)}.")
    page.write(sentence(finding_counts(summary.findings)))
    page.write((sentence(origin(assessment)), "dim"))


def _blind(scopes: Sequence[str]) -> str:
    return some((fit(each, 120) for each in scopes), _NAMED)


# --- checklist --------------------------------------------------------------------------------------------------

_TITLE, _SCORE, _SEEN, _VERDICT = 26, 13, 5, 9
_NARROW = 72
"""Columns below which there is no room for bars."""


def _checklist(page: Page, items: Iterable[ItemView]) -> None:
    gap = 2 if page.width >= _NARROW else 1
    bar_width = min(40, page.width - _TITLE - _SCORE - _SEEN - _VERDICT - 4 * gap - 2)
    bars = page.width >= _NARROW
    between = " " * gap
    page.heading("Checklist", "█ sure  ▒ depends on what was not seen  ┃ score" if bars else "")
    page.line(
        (between.join(["  " + pad("", _TITLE), pad("score (range)", _SCORE), pad("seen", _SEEN, right=True)]), "dim")
    )
    for section, members in groupby(items, key=lambda item: item.section):
        page.line((SECTIONS[section], "bold"))
        for item in members:
            start = "  " + pad(item.title, _TITLE) + between
            if item.score is None:
                page.write((item_score(item), "dim"), lead=start)
                continue
            cells: list[Part] = [
                start + pad(interval(item.score, item.score_low, item.score_high), _SCORE) + between,
                pad("" if item.coverage is None else percent(item.coverage), _SEEN, right=True) + between,
            ]
            if bars:
                cells.append(bar(item.score_low, item.score, item.score_high, bar_width) + between)
            if item.verdict is not None:
                cells.append((SHORT_VERDICTS[item.verdict], _VERDICT_STYLES[item.verdict]))
            page.line(*cells)
            if item.note:
                page.write((item.note, "dim"), indent=2 + _TITLE + gap)


def bar(low: Score, score: Score, high: Score, width: int) -> str:
    """A range on 0 to 100 in ``width`` cells: solid up to low, shaded up to high, a stroke at the score."""
    low_cells, high_cells = width * (low or 0) // 100, ceil(width * (high or 0) / 100)
    cells = ["█"] * low_cells + ["▒"] * (high_cells - low_cells) + ["·"] * (width - high_cells)
    if score is not None:
        cells[min(width - 1, width * score // 100)] = "┃"
    return "".join(cells)


# --- workloads and fixes ----------------------------------------------------------------------------------------


def _workloads(page: Page, assessment: Assessment) -> None:
    if not assessment.workloads:
        return
    page.heading("Workloads")
    reasons = main_reasons(assessment)
    for verdict, members in by_verdict(assessment.workloads).items():
        heading = (f"{verdict_words(verdict, members).capitalize()} ({len(members):,})", _VERDICT_STYLES[verdict])
        if verdict == "ready":
            page.write(": ", some(map(_named_score, members), _READY), lead=heading, most=3)
            continue
        page.line(heading)
        for each in members[: _SHOWN[verdict]]:
            _workload(page, each)
            reason = reasons.get(each.id)
            if reason is not None:
                style = _SEVERITY_STYLES[reason.severity]
                page.write((reason.label, style), f": {reason.text}", indent=6, most=2)
        left = len(members) - _SHOWN[verdict]
        if left > 0:
            page.line((f"  and {left:,} more", "dim"))


def _named_score(workload: WorkloadView) -> str:
    name = f"{fit(workload.name, 40)} {_place(workload)}".rstrip()
    return f"{name} at {interval(workload.score, workload.score_low, workload.score_high)}"


def _workload(page: Page, workload: WorkloadView) -> None:
    numbers = pad(interval(workload.score, workload.score_low, workload.score_high), _SCORE + 2)
    about = seen(workload.coverage)
    if (workload.accepted_verdict, workload.accepted_score) != (workload.verdict, workload.score):
        about += f"; {accepted_words(workload)}"
    place = _place(workload)
    room = page.width - 2 - len(numbers) - 2
    name_room = max(16, room - len(place) - len(about) - 4) if page.width >= _NARROW else room
    name = fit(workload.name, min(name_room, 60))
    where = ", ".join(part for part in (place, about) if part)
    page.write((name, "bold"), f"  {where}", lead=f"  {numbers}", most=2)


def _place(workload: WorkloadView) -> str:
    return f"in {fit(workload.cluster, 24)}" if workload.cluster else fit(workload.source or "", 30)


def _fixes(page: Page, assessment: Assessment) -> None:
    rows = fixes(assessment)
    if not rows:
        return
    capped = "; points before the cap" if cap_words(assessment) else ""
    page.heading("Top fixes", f"most gain for the effort first{capped}")
    for number, row in enumerate(rows[:_FIXES], 1):
        page.write(
            (f"Fixing this adds {gain(row.gain_if_fixed)}: ", "bold"),
            fix_title(assessment, row, rows),
            lead=f"  {number}. ",
            most=2,
        )
        effort = f", {EFFORTS[row.effort]}" if row.effort else ""
        severity = row.severity or Severity.INFO
        page.write(
            f"in {plural(row.workloads, 'workload')}{effort}, ",
            (severity.value, _SEVERITY_STYLES[severity]),
            f"  {row.rule}",
            indent=5,
        )
    if len(rows) > _FIXES:
        page.line((f"  and {plural(len(rows) - _FIXES, 'more fix', 'more fixes')}", "dim"))


# --- what was not seen, and what is accepted --------------------------------------------------------------------


def _not_seen(page: Page, assessment: Assessment) -> None:
    groups = [each for each in gap_groups(assessment.gaps) if not each.enumeration]  # those are the blind scopes
    open_questions = questions(assessment)
    if not (groups or assessment.unknowns or assessment.scope.blind or assessment.scope.skipped):
        page.heading("What could not be seen", "nothing: every fact that the rules need was read")
        return
    page.heading("What could not be seen")
    for scope in assessment.scope.blind[:_NAMED]:
        page.write(f"{scope}: workloads may be missing from this report", lead=("  Blind: ", "bold"), most=3)
    if len(assessment.scope.blind) > _NAMED:
        page.line(f"  and {len(assessment.scope.blind) - _NAMED:,} more that could not be listed")
    for group in groups[:_GAPS]:
        page.write(f"{group.action or group.api}: {gap_words(group)}", lead="  - ", most=3)
    if len(groups) > _GAPS:
        page.line(f"  - {plural(len(groups) - _GAPS, 'more kind')} of failed calls")
    actions = missing_actions(assessment)
    if actions:
        page.write(f"IAM actions that would show it: {some(actions, 6)}.", indent=2)
        page.write(("assess permissions --for-gaps report.json", "bold"), "  (saved with -o report.json)", indent=4)
    told = {rule for group in groups for rule in group.rules}
    untold = [each for each in assessment.unknowns if not (each.reason.is_operators_move and each.rule in told)]
    for reason, count in rules_by_reason(untold).items():
        if reason is not Reason.UNANSWERED:
            page.write(f"{plural(count, 'rule')} undecided: {REASONS[reason]}", lead="  - ")
    if open_questions:
        page.write(f"{plural(len(open_questions), 'question')} that only people can answer, such as:", lead="  - ")
        page.write(open_questions[0], indent=4, most=2)
    if assessment.scope.skipped:
        names = some((fit(each, 60) for each in assessment.scope.skipped), _NAMED)
        page.write(f"{plural(len(assessment.scope.skipped), 'file')} left out: {names}", lead="  - ", most=3)


def _waivers(page: Page, assessment: Assessment) -> None:
    if not assessment.waiver_notes:
        return
    page.heading("Waivers to look at")
    for note in assessment.waiver_notes[:_NAMED]:
        page.write(waiver_note(note), lead="  - ", most=2)
    if len(assessment.waiver_notes) > _NAMED:
        page.line((f"  and {len(assessment.waiver_notes) - _NAMED:,} more", "dim"))


def _policy(page: Page, assessment: Assessment) -> None:
    notes = policy_notes(assessment)
    if notes:
        page.heading("Changed by the policy")
    for note in notes[:_POLICY]:
        page.write(note, lead="  - ", most=3)
    if len(notes) > _POLICY:
        page.line((f"  and {len(notes) - _POLICY:,} more", "dim"))


# --- details ----------------------------------------------------------------------------------------------------


def _findings(page: Page, assessment: Assessment) -> None:
    page.heading("Every finding")
    for rule, group in groupby(by_rule(assessment.findings), key=lambda finding: finding.rule):
        members = list(group)
        worst = members[0].severity
        page.blank()
        page.write(
            (weight(members[0]), _SEVERITY_STYLES[worst]),
            f"  {rule}  ",
            (title(assessment, rule), "bold"),
            f" ({len(members):,})",
        )
        for finding in members:
            _finding(page, finding, worst)
        for fix in dict.fromkeys(finding.remediation for finding in members):
            page.write(flowing(fix).replace("``", "`"), lead="  Fix: ")


def _finding(page: Page, finding: Finding, worst: Severity) -> None:
    notes = [] if finding.severity is worst else [finding.severity.value]
    if finding.confidence < 1:
        notes.append(f"{percent(finding.confidence)} sure")
    if finding.waived:
        waiver = finding.waived
        notes.append(f"accepted by {waiver.owner} until {waiver.expires}: {waiver.reason}")
    about = f" ({', '.join(notes)})" if notes else ""
    page.write(f"{finding.subject.name}: ", finding.message, about, lead="  - ")
    for evidence in finding.evidence:
        page.write((evidence_words(evidence), "dim"), indent=4)


def evidence_words(evidence: Evidence) -> str:
    """Where something was seen, and the safe value there: ``orders.json:12 /containerDefinitions/0/cpu = 256``."""
    line = "" if evidence.line is None else f":{evidence.line}"
    pointer = f" {evidence.pointer}" if evidence.pointer else ""
    return f"{evidence.source}{line}{pointer}" + ("" if evidence.value is None else f" = {evidence.value}")


def _next(page: Page, assessment: Assessment) -> None:
    page.heading("Next")
    rows = fixes(assessment)
    commands = [("assess rules", "what was looked for")]
    if rows:
        commands = [(f"assess explain {fit(rows[0].rule, 40)}", "what it means and how to fix it")]
    commands.append(("add -o report.md", "the whole report as a document"))
    commands.append(("add -v", "every finding with its evidence"))
    column = max(len(command) for command, _ in commands) + 2
    for command, purpose in commands:
        page.line("  ", (pad(command, column), "bold"), purpose)
