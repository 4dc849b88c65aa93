"""The CSV reports: one row per finding and one per workload, for spreadsheets and for programs that read tables.

Made to be opened by a double click, which decides the rest:

- UTF-8 with a byte order mark, always: without one Excel reads every name that is not ASCII in the code page of the
  machine. Programs read it with ``utf-8-sig`` (Python's name), which takes files with and without the mark.
- Commas, every cell in quotes, lines that end in CR LF (RFC 4180). No cell holds a line break: a record is a line.
- What a spreadsheet would take for the beginning of a formula stands behind an apostrophe; so it does behind a
  semicolon within a cell, since spreadsheets of many countries part columns there.
- Characters that cannot be seen are written as escapes, as in every report; several values of one cell stand between
  `` | ``; a cell that would be longer than a spreadsheet takes is cut in its middle. The exact values are in the JSON.

The names and the order of columns stay; new ones are added at the end.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final

from assess.assessment import Assessment, Finding, WorkloadView
from assess.estate.facts import Evidence
from assess.reporting import RenderOptions
from assess.rule import Severity
from assess_reports.digest import main_reasons, title, weight_of, worst_first
from assess_reports.visible import shorten

BYTE_ORDER_MARK: Final = "\ufeff"

MOST: Final = 8000
"""Most characters of a cell; Excel takes 32,767 (its "total number of characters that a cell can contain")."""

_NAMED = 100
"""Workloads that a cell names; ``workload_count`` says how many there are."""

_PLACES = 20
"""Places of evidence that a cell names."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class FindingsTable:
    """One row per finding, the gravest first; waived ones too."""

    name: str = "findings-csv"
    endings: tuple[str, ...] = (".findings.csv",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The table with its header."""
        workloads = {each.id: each for each in assessment.workloads}
        rows = (
            [column(assessment, finding, _touched(finding, workloads)) for column in _FINDING_COLUMNS.values()]
            for finding in sorted(assessment.findings, key=weight_of)
        )
        return _table(_FINDING_COLUMNS, rows)


@dataclass(frozen=True, slots=True)
class WorkloadsTable:
    """One row per workload, blocked ones first."""

    name: str = "workloads-csv"
    endings: tuple[str, ...] = (".workloads.csv",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The table with its header."""
        facts = _Facts.of(assessment)
        rows = (
            [column(workload, facts) for column in _WORKLOAD_COLUMNS.values()]
            for workload in worst_first(assessment.workloads)
        )
        return _table(_WORKLOAD_COLUMNS, rows)


findings_csv = FindingsTable()
workloads_csv = WorkloadsTable()


# --- cells ------------------------------------------------------------------------------------------------------


_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212-"
"""What begins a formula: ``= + - @``, their full-width and small forms (some locales read them alike), the minus."""

_FORMULA = re.compile(rf"(^|;)([\s\"']*)(?=[{_SIGNS}])")


def cell(value: Cell) -> str:
    """A value as a cell holds it: text that no spreadsheet computes, and that can be seen."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)  # counts, scores and shares: never negative
    return _FORMULA.sub(r"\1\2'", shorten(value, MOST))


def _table(columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    written = StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(map(cell, row))
    return BYTE_ORDER_MARK + written.getvalue()


def _several(values: Iterable[str], most: int = _NAMED) -> str:
    found = list(values)
    shown = " | ".join(found[:most])
    return f"{shown} | and {len(found) - most} more" if len(found) > most else shown


def _distinct(values: Iterable[str | None]) -> str:
    return _several(sorted({each for each in values if each}))


# --- findings ---------------------------------------------------------------------------------------------------


def _touched(finding: Finding, workloads: Mapping[str, WorkloadView]) -> Sequence[WorkloadView]:
    return [workloads[id] for id in finding.subject.workloads if id in workloads]


def _name(workload: WorkloadView) -> str:
    return f"{workload.cluster}/{workload.name}" if workload.cluster else workload.name


def _place(evidence: Evidence) -> str:
    line = "" if evidence.line is None else f":{evidence.line}"
    value = "" if evidence.value is None else f" = {evidence.value}"
    return f"{evidence.source}{line} {evidence.pointer}".rstrip() + value


_FindingColumn = Callable[[Assessment, Finding, Sequence[WorkloadView]], Cell]

_FINDING_COLUMNS: Final[Mapping[str, _FindingColumn]] = {
    "fingerprint": lambda _, finding, __: finding.fingerprint,
    "rule": lambda _, finding, __: finding.rule,
    "title": lambda assessment, finding, _: title(assessment, finding.rule),
    "checklist": lambda _, finding, __: finding.checklist,
    "kind": lambda _, finding, __: finding.kind.value,
    "severity": lambda _, finding, __: finding.severity.value,
    "confidence": lambda _, finding, __: finding.confidence,
    "message": lambda _, finding, __: finding.message,
    "subject_kind": lambda _, finding, __: finding.subject.kind.value,
    "subject": lambda _, finding, __: finding.subject.name,
    "subject_id": lambda _, finding, __: finding.subject.id,
    "workload_count": lambda _, finding, __: len(finding.subject.workloads),
    "workloads": lambda _, __, touched: _several(map(_name, touched)),
    "clusters": lambda _, __, touched: _distinct(each.cluster for each in touched),
    "accounts": lambda _, __, touched: _distinct(each.account for each in touched),
    "regions": lambda _, __, touched: _distinct(each.region for each in touched),
    "owners": lambda _, __, touched: _distinct(each.owner for each in touched),
    "evidence": lambda _, finding, __: _several(map(_place, finding.evidence), _PLACES),
    "remediation": lambda _, finding, __: " ".join(finding.remediation.split()),
    "effort": lambda _, finding, __: finding.effort.value,
    "reference": lambda _, finding, __: finding.reference,
    "waived": lambda _, finding, __: "yes" if finding.waived else "no",
    "waived_by": lambda _, finding, __: finding.waived.owner if finding.waived else "",
    "waived_until": lambda _, finding, __: finding.waived.expires.isoformat() if finding.waived else "",
    "waiver_reason": lambda _, finding, __: finding.waived.reason if finding.waived else "",
}


# --- workloads --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the assessment says about workloads outside their own entries, by workload id."""

    reasons: Mapping[str, str]
    findings: Mapping[str, Counter[Severity]]
    waived: Counter[str]
    unknowns: Mapping[str, set[str]]

    @classmethod
    def of(cls, assessment: Assessment) -> "_Facts":
        findings: dict[str, Counter[Severity]] = {each.id: Counter() for each in assessment.workloads}
        unknowns: dict[str, set[str]] = {each.id: set() for each in assessment.workloads}
        waived: Counter[str] = Counter()
        for finding in assessment.findings:
            for id in finding.subject.workloads:
                findings.setdefault(id, Counter())[finding.severity] += 1
                waived[id] += finding.waived is not None
        for unknown in assessment.unknowns:
            for id in unknown.subject.workloads:
                unknowns.setdefault(id, set()).add(unknown.rule)
        reasons = {id: f"{each.label}: {each.text}" for id, each in main_reasons(assessment).items()}
        return cls(reasons, findings, waived, unknowns)


def _count(severity: Severity) -> "_WorkloadColumn":
    return lambda workload, facts: facts.findings[workload.id][severity]


def _fields(verdict: str) -> "_WorkloadColumn":
    return lambda workload, _: sum(1 for each in workload.fields if each.verdict == verdict and not each.idle)


_WorkloadColumn = Callable[[WorkloadView, _Facts], Cell]

_WORKLOAD_COLUMNS: Final[Mapping[str, _WorkloadColumn]] = {
    "id": lambda workload, _: workload.id,
    "name": lambda workload, _: workload.name,
    "kind": lambda workload, _: workload.kind,
    "cluster": lambda workload, _: workload.cluster,
    "account": lambda workload, _: workload.account,
    "region": lambda workload, _: workload.region,
    "arn": lambda workload, _: workload.arn,
    "source": lambda workload, _: workload.source,
    "task_definition": lambda workload, _: workload.task_definition,
    "launch_type": lambda workload, _: workload.launch_type,
    "owner": lambda workload, _: workload.owner,
    "verdict": lambda workload, _: workload.verdict,
    "accepted_verdict": lambda workload, _: workload.accepted_verdict,
    "score": lambda workload, _: workload.score,
    "score_low": lambda workload, _: workload.score_low,
    "score_high": lambda workload, _: workload.score_high,
    "accepted_score": lambda workload, _: workload.accepted_score,
    "accepted_low": lambda workload, _: workload.accepted_low,
    "accepted_high": lambda workload, _: workload.accepted_high,
    "coverage": lambda workload, _: workload.coverage,
    "coverage_of_source": lambda workload, _: workload.coverage_of_source,
    "main_reason": lambda workload, facts: facts.reasons.get(workload.id, ""),
    "critical": _count(Severity.CRITICAL),
    "high": _count(Severity.HIGH),
    "medium": _count(Severity.MEDIUM),
    "low": _count(Severity.LOW),
    "info": _count(Severity.INFO),
    "waived": lambda workload, facts: facts.waived[workload.id],
    "unknown_rules": lambda workload, facts: len(facts.unknowns[workload.id]),
    "fields_copied": _fields("direct"),
    "fields_translated": _fields("transform"),
    "fields_to_decide": _fields("redesign"),
    "fields_without_equivalent": _fields("no_equivalent"),
}
