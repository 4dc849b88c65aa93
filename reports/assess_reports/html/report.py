"""Puts the HTML report together: the page that stands without JavaScript, and the data that its script adds to it."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assess.assessment import Assessment, LedgerRow, WorkloadView
from assess.checklist import Checklist, Section
from assess.estate.gaps import Reason
from assess.reporting import RenderOptions
from assess_reports import wording
from assess_reports.digest import (
    MainReason,
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
from assess_reports.html import anchors, charts
from assess_reports.html.anchors import Anchors
from assess_reports.html.around import around, movement
from assess_reports.html.data import WEIGHTS, Rows, SharedRows, block, reason_words
from assess_reports.html.estate_map import EstateMap
from assess_reports.html.lines import Lines
from assess_reports.html.sections import Sections, severity_badge
from assess_reports.html.tree import LONGEST, Tree, html, prose
from assess_reports.visible import shorten

_IN_PAGE = 350_000
"""Most bytes of workloads' sections that stand in the page; the rest is data that the script draws when asked for."""
_RULES = 350_000
"""Most bytes of rules' cards."""
_ROWS = 200
"""Workloads in the table that stands without JavaScript."""
_PART = 25
"""Sections in one block of data: what is unpacked at once."""
_ACTIONS = 5
_NAMED = 4


@dataclass(frozen=True, slots=True)
class HtmlReport:
    """One file that loads nothing: style, script and data stand in it, and its policy forbids anything else."""

    name: str = "html"
    endings: tuple[str, ...] = (".html",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The page, at most 1 MB and 3 KB for each workload."""
        style, script = _asset("report.css"), _asset("report.js")
        values = {
            "policy": f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'",
            "style": Markup(style),  # noqa: S704 (our own)
            "script": Markup(script),  # noqa: S704 (our own)
        }
        page = _environment().get_template("report.html.jinja").render(values | _values(assessment))
        return _compact(page)


html_report = HtmlReport()


def _asset(name: str) -> str:
    """An asset as it stands in the page, where its hash is taken."""
    return "\n" + _compact(files("assess_reports.html").joinpath("assets", name).read_text("utf-8"))


def _compact(text: str) -> str:
    return "".join(f"{line}\n" for line in text.split("\n") if line.strip())


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    """Templates in which every value is made visible and escaped unless it already is (markupsafe's ``Markup``)."""
    environment = Environment(
        loader=PackageLoader("assess_reports.html", "templates"),
        autoescape=True,
        finalize=lambda value: shorten(str(value), LONGEST) if not isinstance(value, Markup) else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plural"] = wording.plural
    environment.filters["percent"] = wording.percent
    environment.filters["gain"] = wording.gain
    environment.filters["prose"] = lambda words: _joined(prose(str(words)))
    environment.filters["tree"] = html
    environment.filters["rule_anchor"] = anchors.rule
    environment.filters["sentence"] = wording.sentence
    return environment


def _joined(trees: Iterable[Tree]) -> Markup:
    return Markup().join(html(each) for each in trees)


def _values(assessment: Assessment) -> dict[str, Any]:
    ordered = worst_first(assessment.workloads)
    places = Anchors(assessment)
    sections = Sections(assessment, places)
    reasons = main_reasons(assessment)
    map = EstateMap(assessment, places)
    drawn = map.values()
    return {
        "assessment": assessment,
        "summary": assessment.summary,
        "nav": list(_nav(assessment)),
        **_first_screen(assessment, sections),
        **_checklist(assessment),
        **_plan(assessment, sections),
        **_engineers(assessment, ordered, places, sections, reasons),
        "map": drawn,
        "map_block": block("map", map.data()) if drawn else None,
        "movement": movement(assessment),
        **around(assessment, places, sections),
        **_not_seen(assessment),
        **_accepted(assessment, places),
        "table": [_row(each, places, reasons) for each in ordered[:_ROWS]],
        "table_left": max(0, len(ordered) - _ROWS),
        "findings_count": len(assessment.findings),
    }


def _nav(assessment: Assessment) -> Iterator[tuple[str, str]]:
    yield "summary", "Summary"
    if assessment.movement is not None:
        yield "moved", "What moved"
    yield "checklist", "Checklist"
    yield "plan", "Action plan"
    if assessment.dependencies.edges:
        yield "map", "Map"
    if assessment.aws_services:
        yield "services", "AWS services"
    if any(each.id == Checklist.ROLLBACK.value for each in assessment.checklist):
        yield "risks", "Risks"
    if assessment.workloads:
        yield "ownership", "Ownership"
    yield "workloads", "Workloads"
    yield "findings", "Findings"
    yield "unseen", "Not seen"
    if any(each.waived for each in assessment.findings) or assessment.waiver_notes:
        yield "accepted", "Accepted"
    yield "arithmetic", "Arithmetic"


# --- first screen -----------------------------------------------------------------------------------------------


def _first_screen(assessment: Assessment, sections: Sections) -> dict[str, Any]:
    summary = assessment.summary
    rows = fixes(assessment)
    groups = [each for each in gap_groups(assessment.gaps) if not each.enumeration]
    return {
        "headline": wording.headline(assessment),
        "origin": wording.origin(assessment),
        "score_words": wording.score_line(assessment),
        "cap": wording.cap_words(assessment),
        "accepted_words": wording.accepted_line(assessment),
        "finding_counts": wording.finding_counts(summary.findings),
        "shares": charts.shares(summary.workloads),
        "range": charts.score_range(summary.score_low, summary.score, summary.score_high),
        "verdicts": [
            (verdict, words, getattr(summary.workloads, verdict))
            for verdict, words in reversed(wording.VERDICTS.items())
        ],
        "actions": [_action(assessment, each, rows, sections) for each in rows[:_ACTIONS]],
        "more_actions": max(0, len(rows) - _ACTIONS),
        "unseen": {
            "blind": Lines.of(assessment.scope.blind, _NAMED),
            "gaps": Lines.of([(each.action or each.api, gap_words(each)) for each in groups], _NAMED),
            "reasons": [
                (count, wording.REASONS[reason])
                for reason, count in rules_by_reason(assessment.unknowns).items()
                if reason is not Reason.UNANSWERED
            ],
            "questions": len(questions(assessment)),
            "skipped": len(assessment.scope.skipped),
        },
    }


def _action(assessment: Assessment, row: LedgerRow, rows: Sequence[LedgerRow], sections: Sections) -> dict[str, Any]:
    return {
        "title": fix_title(assessment, row, rows),
        "gain": wording.gain(row.gain_if_fixed),
        "effort": wording.EFFORTS[row.effort] if row.effort else "",
        "severity": row.severity.value if row.severity else "",
        "workloads": row.workloads,
        "rule": row.rule,
        "has_card": row.rule in sections.by_rule,
    }


# --- checklist, ledger and plan ---------------------------------------------------------------------------------


def _checklist(assessment: Assessment) -> dict[str, Any]:
    parts: dict[Section, list[dict[str, Any]]] = defaultdict(list)
    gains: dict[str, float] = defaultdict(float)
    for row in fixes(assessment):
        gains[row.checklist] += row.gain_if_fixed
    for item in assessment.checklist:
        parts[item.section].append(
            {
                "id": anchors.plain("c", item.id),
                "title": item.title,
                "verdict": item.verdict,
                "verdict_words": wording.VERDICTS[item.verdict] if item.verdict else "",
                "score": wording.item_score(item),
                "chart": Markup()
                if item.score is None
                else charts.bare_range(item.score_low, item.score, item.score_high),
                "coverage": "" if item.coverage is None else wording.percent(item.coverage),
                "note": item.note if item.note and item.score is not None else "",
                "gain": wording.gain(gains[item.id]) if item.id in gains else "",
            }
        )
    return {"checklist": [(wording.SECTIONS[section], members) for section, members in parts.items()]}


def _plan(assessment: Assessment, sections: Sections) -> dict[str, Any]:
    rows = fixes(assessment)
    ledger = assessment.ledger
    return {
        "plan": Lines.of([_action(assessment, each, rows, sections) for each in rows]),
        "ledger": Lines.of(
            [
                {
                    "rule": each.rule,
                    "title": title(assessment, each.rule),
                    "severity": each.severity.value if each.severity else "",
                    "unknown": each.unknown,
                    "floor": each.severity is None,
                    "penalty": each.penalty,
                    "workloads": each.workloads,
                    "lost": f"{each.points_lost:.3f}",
                    "gain": wording.gain(each.gain_if_fixed) if each.severity else "",
                    "has_card": each.rule in sections.by_rule,
                }
                for each in ledger
            ]
        ),
        "ledger_sum": f"{sum(each.points_lost for each in ledger):.3f}",
        "uncapped": assessment.summary.score_uncapped,
        "notes": wording.policy_notes(assessment),
    }


# --- workloads and findings -------------------------------------------------------------------------------------


def _row(workload: WorkloadView, places: Anchors, reasons: dict[str, MainReason]) -> dict[str, Any]:
    return {
        "anchor": places.workloads[workload.id],
        "name": workload.name,
        "where": workload.cluster or workload.source or "",
        "owner": workload.owner or "",
        "verdict": workload.verdict,
        "verdict_words": wording.VERDICTS[workload.verdict],
        "score": wording.interval(workload.score, workload.score_low, workload.score_high),
        "seen": "" if workload.coverage is None else wording.percent(workload.coverage),
        "reason": reason_words(workload, reasons),
    }


def _within(trees: Iterable[tuple[str, Tree]], limit: int) -> tuple[list[Markup], list[tuple[str, Tree]]]:
    """Trees as HTML up to so many bytes, and the rest as they are."""
    shown: list[Markup] = []
    rest: list[tuple[str, Tree]] = []
    for name, tree in trees:
        if limit > 0:
            written = html(tree)
            limit -= len(written.encode())
            if limit >= 0:
                shown.append(written)
                continue
        rest.append((name, tree))
    return shown, rest


def _engineers(
    assessment: Assessment,
    ordered: Sequence[WorkloadView],
    places: Anchors,
    sections: Sections,
    reasons: dict[str, MainReason],
) -> dict[str, Any]:
    shown, rest = _within(((places.workloads[each.id], sections.workload(each)) for each in ordered), _IN_PAGE)
    cards, more_cards = _within(((anchors.rule(each), sections.rule(each)) for each in sections.rules), _RULES)
    later = [*more_cards, *rest]
    rows = Rows(assessment, places, ordered)
    index = {
        "workloads": rows.workloads(reasons),
        "rules": rows.rules(),
        "weights": WEIGHTS,
        "verdicts": wording.VERDICTS,
        "parts": {name: place // _PART for place, (name, _) in enumerate(later)},
    }
    shared = SharedRows()
    drawn_later = [(name, shared.of(tree)) for name, tree in later]
    parts = [drawn_later[start : start + _PART] for start in range(0, len(later), _PART)]
    return {
        "sections": shown,
        "sections_left": len(rest),
        "cards": cards,
        "cards_left": len(more_cards),
        "blocks": [
            block("index", index),
            block("findings", rows.findings()),
            block("shared", shared.rows),
            *(block(f"part-{number}", part) for number, part in enumerate(parts)),
        ],
    }


# --- what was not seen, what is accepted ------------------------------------------------------------------------


def _not_seen(assessment: Assessment) -> dict[str, Any]:
    return {
        "blind": Lines.of(assessment.scope.blind),
        "unknowns": Lines.of(
            [
                {
                    "rule": each.rule,
                    "title": title(assessment, each.rule),
                    "has_card": each.rule in assessment.rules,
                    "worst": each.worst.value,
                    "reason": wording.REASONS[each.reason],
                    "needs": each.needs[:_NAMED],
                    "more_needs": max(0, len(each.needs) - _NAMED),
                    "workloads": each.workloads,
                }
                for each in unknown_groups(assessment.unknowns)
            ]
        ),
        "questions": Lines.of(questions(assessment)),
        "gaps": Lines.of(
            [
                {
                    "call": each.action or each.api,
                    "error": each.error,
                    "message": each.message,
                    "places": wording.some(each.places, 3),
                    "enumeration": each.enumeration,
                    "rules": len(each.rules),
                }
                for each in gap_groups(assessment.gaps)
            ]
        ),
        "recovered": sum(1 for each in assessment.gaps if each.recovered),
        "missing": missing_actions(assessment),
        "skipped": Lines.of(assessment.scope.skipped),
    }


def _accepted(assessment: Assessment, places: Anchors) -> dict[str, Any]:
    waived = sorted((each for each in assessment.findings if each.waived), key=weight_of)
    return {
        "waived": Lines.of(
            [
                {
                    "anchor": places.finding(each),
                    "badge": severity_badge(each),
                    "title": title(assessment, each.rule),
                    "subject": each.subject.name,
                    "message": each.message,
                    "waiver": each.waived,
                }
                for each in waived
            ]
        ),
        "waiver_notes": Lines.of([wording.waiver_note(each) for each in assessment.waiver_notes]),
    }
