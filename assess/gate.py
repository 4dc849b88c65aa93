"""Decides whether an assessment may pass: waivers, the gate's thresholds, and the exit code with its reasons.

A workload waiver takes a finding out only where every workload that it touches matches: accepting a shared role for one
service accepts it for no other. A waiver that runs longer than ``max_waiver_days`` does not count, as one that has
expired does not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import translate
from typing import Final

from assess.assessment import (
    RULE_PACK,
    AccountView,
    Assessment,
    Finding,
    UnknownView,
    WaiverNote,
    WaiverProblem,
    WaiverView,
)
from assess.config import FailOn, Policy, Waiver
from assess.rule import Severity

PASSED: Final = 0
FAILED: Final = 1
INCOMPLETE: Final = 3

SHOWN: Final = 10
"""Findings and rules that a line or a list names before it counts the rest."""


# --- waivers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaiverReview:
    """Which findings are waived on a day, and which waivers are not as they should be."""

    waived: Mapping[str, WaiverView]
    """By the finding's fingerprint; of several waivers the first of the policy."""
    notes: tuple[WaiverNote, ...]


def review(findings: Sequence[Finding], names: Mapping[str, str], policy: Policy, as_of: date) -> WaiverReview:
    """Matches a policy's waivers against findings; ``names`` are the workloads' names for waivers, by id."""
    rules = {each.rule for each in findings}
    waived: dict[str, WaiverView] = {}
    notes: list[WaiverNote] = []
    for waiver in policy.waivers:
        if waiver.expires < as_of:
            notes.append(_note(waiver, "expired"))
        elif waiver.expires > as_of + timedelta(days=policy.max_waiver_days):
            notes.append(_note(waiver, "too_long"))
        else:
            matched = list(_matched(waiver, findings, rules, names))
            if not matched:
                notes.append(_note(waiver, "unused"))
            view = WaiverView(reason=waiver.reason, owner=waiver.owner, expires=waiver.expires)
            for finding in matched:
                waived.setdefault(finding.fingerprint, view)
    return WaiverReview(waived, tuple(notes))


def waiver_name(cluster: str, name: str) -> str:
    """What a waiver's ``workload`` glob is matched with: ``cluster/name``, or the name alone in a file."""
    return f"{cluster}/{name}" if cluster else name


def _matched(
    waiver: Waiver, findings: Iterable[Finding], rules: Iterable[str], names: Mapping[str, str]
) -> Iterable[Finding]:
    wanted = set(filter(_glob(waiver.rule).match, rules))
    if waiver.workload is not None:
        glob = _glob(waiver.workload)
        covered = {id for id, name in names.items() if glob.match(name)}
        for finding in findings:
            if finding.rule in wanted and finding.subject.workloads and covered.issuperset(finding.subject.workloads):
                yield finding
    elif waiver.subject is not None:
        glob = _glob(waiver.subject)
        for finding in findings:
            if finding.rule in wanted and glob.match(f"{finding.subject.kind.value}:{finding.subject.id}"):
                yield finding


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _note(waiver: Waiver, problem: WaiverProblem) -> WaiverNote:
    return WaiverNote(
        rule=waiver.rule,
        target=waiver.workload or waiver.subject or "",
        owner=waiver.owner,
        expires=waiver.expires,
        problem=problem,
    )


# --- the gate ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GateResult:
    """The exit code, and its reasons as lines for standard error (safe to print)."""

    exit_code: int
    lines: tuple[str, ...]


def decide(
    assessment: Assessment,
    *,
    fail_on: FailOn | None,
    min_coverage: float | None = None,
    allow_incomplete: bool = False,
    policy: Policy | None = None,
    as_of: date | None = None,
) -> GateResult:
    """Whether the gate passes (0), fails (1) or cannot tell (3).

    Args:
        assessment: fresh or saved; waivers that it holds count as long as they have not expired.
        fail_on: the mildest severity that fails; none and ``never`` fail on nothing.
        min_coverage: percent of ``coverage_of_source``, also held where ``allow_incomplete`` is set.
        allow_incomplete: what could not be read does not change the code.
        policy: waivers to match anew, for a saved assessment.
        as_of: the day on which waivers must hold; default: the assessment's.
    """
    day = as_of or assessment.as_of
    reviewed = WaiverReview({}, assessment.waiver_notes)
    if policy is not None:
        names = {each.id: waiver_name(each.cluster, each.name) for each in assessment.workloads}
        reviewed = review(assessment.findings, names, policy, day)
    threshold = None if fail_on in (None, "never") else Severity(fail_on)
    lines = [_waiver_line(note, day) for note in reviewed.notes]

    counting = [
        finding
        for finding in assessment.findings
        if threshold is not None
        and finding.severity.rank <= threshold.rank
        and finding.fingerprint not in reviewed.waived
        and (finding.waived is None or finding.waived.expires < day)
    ]
    if threshold is not None and counting:
        lines += _finding_lines(counting, threshold)

    incomplete = [] if allow_incomplete else _incomplete(assessment, threshold)
    if min_coverage is not None:
        incomplete += _below(assessment, min_coverage)
    lines += [f"incomplete: {each}" for each in incomplete]
    code = FAILED if counting else INCOMPLETE if incomplete else PASSED
    return GateResult(code, tuple(lines))


def _incomplete(assessment: Assessment, threshold: Severity | None) -> list[str]:
    blind = [each for each in assessment.accounts if each.wholly_blind]
    lines = [_nothing_listed_line(assessment, each) for each in blind]
    # where nothing at all could be listed, that says it all
    if threshold is None or (blind and len(blind) == len(assessment.accounts)):
        return lines
    lines += [f"workloads may be hidden: {_safe(each)}" for each in assessment.scope.blind]
    lines += [
        f"rules may be missing: rule pack {_safe(each.resource or '')}: {_safe(each.message)}"
        for each in assessment.gaps
        if each.api == RULE_PACK
    ]
    hiding = [
        each for each in assessment.unknowns if each.reason.is_operators_move and each.worst.rank <= threshold.rank
    ]
    if hiding:
        lines.append(_hidden_line(hiding, threshold))
    return lines


def _nothing_listed_line(assessment: Assessment, place: AccountView) -> str:
    line = f"nothing could be listed in account {_safe(place.account)}, region {_safe(place.region)}"
    for gap in assessment.gaps:
        here = gap.account in ("", place.account) and gap.region in ("", place.region)
        if here and gap.enumeration and not gap.recovered:
            why = f"{_safe(gap.api)}: {_safe(gap.error)}"
            return f"{line} ({why}); assess permissions prints the policy that a scan needs"
    return line


def _hidden_line(hiding: list[UnknownView], threshold: Severity) -> str:
    rules = sorted({each.rule for each in hiding})
    needs = sorted({need for each in hiding for need in each.needs})
    what = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
    line = f"{what} that can be {_or_worse(threshold)} could not be decided: {_some(rules)}"
    return f"{line}; it takes {_some(needs)}" if needs else line


def _below(assessment: Assessment, min_coverage: float) -> list[str]:
    coverage = assessment.summary.coverage_of_source
    if coverage is None:
        why = "a scope could not be listed" if assessment.scope.blind else "there is nothing to assess"
        return [f"coverage is not known, since {why}; at least {min_coverage:g} % is asked for"]
    percent = round(coverage * 100, 2)  # a share of four digits: 0.57 is 57 %, not 56.99999999999999 %
    if percent < min_coverage:
        return [f"{percent:g} % of what the source could show was seen; at least {min_coverage:g} % is asked for"]
    return []


def _finding_lines(counting: list[Finding], threshold: Severity) -> list[str]:
    what = "1 finding is" if len(counting) == 1 else f"{len(counting)} findings are"
    lines = [f"gate failed: {what} {_or_worse(threshold)}"]
    lines += [
        f"  {each.severity.value}: {_safe(each.rule)} on {_safe(each.subject.name)} ({each.fingerprint})"
        for each in counting[:SHOWN]
    ]
    if counting[SHOWN:]:
        lines.append(f"  and {len(counting) - SHOWN} more")
    return lines


def _waiver_line(note: WaiverNote, day: date) -> str:
    who = f"waiver of {_safe(note.rule)} on {_safe(note.target)} ({_safe(note.owner)}, until {note.expires})"
    match note.problem:
        case "expired":
            return f"{who} has expired and does not count"
        case "too_long":
            return f"{who} runs longer than max_waiver_days from {day} and does not count"
        case "unused":
            return f"{who} matches nothing"


def _or_worse(severity: Severity) -> str:
    return severity.value if severity is Severity.CRITICAL else f"{severity.value} or worse"


def _some(names: list[str]) -> str:
    shown = ", ".join(_safe(each) for each in names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if names[SHOWN:] else shown


def _safe(text: str) -> str:
    """Text on one line of a terminal: what is not printable is shown as an escape."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
