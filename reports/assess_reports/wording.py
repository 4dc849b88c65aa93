"""The sentences that every report says alike: verdicts, intervals, counts, and what a cap or a gap means."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import floor

from assess.assessment import (
    Assessment,
    Distribution,
    Finding,
    FindingCounts,
    ItemView,
    Score,
    Verdict,
    WaiverNote,
    WorkloadView,
)
from assess.checklist import Section
from assess.estate.gaps import Reason
from assess.rule import Effort, Kind

VERDICTS: dict[Verdict, str] = {
    "blocked": "blocked",
    "undetermined": "undetermined",
    "not_ready": "not ready yet",
    "ready_with_work": "ready with work",
    "ready": "ready",
}
"""Verdicts in the order in which they need attention."""

SHORT_VERDICTS: dict[Verdict, str] = {
    "blocked": "blocked",
    "undetermined": "unclear",
    "not_ready": "not yet",
    "ready_with_work": "with work",
    "ready": "ready",
}

SECTIONS: dict[Section, str] = {
    Section.APPLICATIONS: "Applications",
    Section.DEPENDENCIES: "What they depend on",
    Section.AWS_SERVICES: "AWS around them",
    Section.TEAM: "Team",
    Section.RISK: "Risk",
    Section.MOVE: "The move",
}

REASONS: dict[Reason, str] = {
    Reason.DENIED: "access was denied",
    Reason.ERROR: "a call failed",
    Reason.NOT_COLLECTED: "this scan did not collect it",
    Reason.NO_DATA: "nothing has been measured yet",
    Reason.UNRESOLVED: "a placeholder stands there, or the file holds containers only",
    Reason.WITHDRAWN: "the AWS service no longer answers",
    Reason.NOT_IN_SOURCE: "this kind of input does not hold it; a scan of the account would",
    Reason.UNANSWERED: "only people know",
}

EFFORTS: dict[Effort, str] = {
    Effort.HOURS: "hours of work",
    Effort.DAYS: "days of work",
    Effort.WEEKS: "weeks of work",
}


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: ``1 workload``, ``5,000 workloads``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def some(names: Iterable[str], most: int) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    if len(every) <= most:
        return listed(every)
    return listed([*every[:most], f"{len(every) - most:,} more"])


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    text = text.strip()
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def percent(share: float) -> str:
    """A share of 1 as whole percent, rounded down: 100 % is said of nothing that was not seen in full."""
    return f"{floor(share * 100 + 1e-9)} %"


def interval(score: Score, low: Score, high: Score) -> str:
    """A score with the range in which it lies: ``72 (61-84)``; where there is none, ``none (0-100)``."""
    if low is None or high is None:
        return "none" if score is None else str(score)
    return f"{'none' if score is None else score} ({low}-{high})"


def seen(coverage: float | None) -> str:
    """The share that was seen: ``83 % seen``; empty where nothing could apply."""
    return "" if coverage is None else f"{percent(coverage)} seen"


def with_coverage(score: Score, low: Score, high: Score, coverage: float | None) -> str:
    """Score, interval and coverage of an estate or a workload: ``72 (61-84), 83 % seen``."""
    return ", ".join(part for part in (interval(score, low, high), seen(coverage)) if part)


def distribution(counts: Distribution, can: str = "can") -> str:
    """Workloads by verdict as a sentence without its full stop; ``can`` is ``could`` where little was seen."""
    movable = counts.ready + counts.ready_with_work
    total = movable + counts.not_ready + counts.blocked + counts.undetermined
    if not total:
        return "no workloads were seen"
    how = "now" if not counts.ready_with_work else "with work" if not counts.ready else "now or with work"
    if total == 1:
        fate = "is blocked" if counts.blocked else "cannot move yet" if counts.not_ready else "cannot be told yet"
        return f"the only workload {f'{can} move {how}' if movable else fate}"
    if movable == total:
        return f"all {total:,} {can} move {how}"
    parts = [f"{movable:,} of {total:,} {can} move {how}" if movable else f"none of {total:,} can move yet"]
    if counts.not_ready:
        parts.append(f"{counts.not_ready:,} not yet")
    if counts.blocked:
        parts.append(f"{counts.blocked:,} {'is' if counts.blocked == 1 else 'are'} blocked")
    if counts.undetermined:
        parts.append(f"{counts.undetermined:,} cannot be told yet")
    return ", ".join(parts)


def headline(assessment: Assessment) -> str:
    """The verdict in words with the distribution behind it."""
    summary = assessment.summary
    words = verdict_words(summary.verdict, assessment.workloads)
    if summary.verdict == "undetermined" and assessment.workloads:
        words = "undetermined, for too little was seen"
    if not _as_far_as(assessment.workloads):
        return sentence(f"{words}: {distribution(summary.workloads)}")
    by = "" if summary.coverage is None else f", by the {percent(summary.coverage)} that was seen"
    return sentence(f"{words}: {distribution(summary.workloads, 'could')}{by}")


def verdict_words(verdict: Verdict, workloads: Sequence[WorkloadView]) -> str:
    """A verdict on these workloads, and how far they were seen where that limits what it says."""
    return VERDICTS[verdict] + (_as_far_as(workloads) if verdict in ("ready", "ready_with_work") else "")


def _as_far_as(workloads: Sequence[WorkloadView]) -> str:
    """That a task definition shows only part of a workload: said where every workload is one of a file."""
    of_files = workloads and all(each.kind == "task_definition" for each in workloads)
    if not of_files or all(each.coverage is None or each.coverage >= 1 for each in workloads):
        return ""
    return ", as far as a task definition shows" if len(workloads) == 1 else ", as far as task definitions show"


def score_line(assessment: Assessment) -> str:
    """The estate's score with interval, coverage and cap: ``72 (61-84), 83 % seen``."""
    summary = assessment.summary
    if summary.score is None:
        return f"none: {_why_no_score(assessment)}"
    words = with_coverage(summary.score, summary.score_low, summary.score_high, summary.coverage)
    cap = cap_words(assessment)
    return f"{words}; {cap}" if cap else words


def _why_no_score(assessment: Assessment) -> str:
    low, high = assessment.summary.score_low, assessment.summary.score_high
    between = "" if low is None or high is None else f", so it may be anything from {low} to {high}"
    if assessment.scope.blind:
        return f"workloads may be missing{between}"
    return "there is nothing to score" if not assessment.workloads else f"too little was seen{between}"


def cap_words(assessment: Assessment) -> str:
    """Why the score is lower than its mean, where it is: ``capped at 59 while 2 critical findings stand; ...``."""
    summary = assessment.summary
    if summary.score is None or summary.score_uncapped is None or floor(summary.score_uncapped) <= summary.score:
        return ""
    failed = {finding.fingerprint for finding in assessment.findings}
    charged = {each.rule for each in assessment.unknowns if each.reason.is_operators_move}
    findings = [each for each in summary.capped_by if each in failed]
    rules = [each for each in summary.capped_by if each in charged - failed]
    causes = []
    if findings:
        stands = "stands" if len(findings) == 1 else "stand"
        causes.append(f"{plural(len(findings), 'critical finding')} {stands}")
    if rules:
        causes.append(f"{some(rules, 2)}, which may be critical, cannot be seen")
    without = floor(summary.score_uncapped)
    return f"capped at {summary.score} while {' and '.join(causes)}; {without} without" if causes else ""


def accepted_line(assessment: Assessment) -> str:
    """The accepted values beside the raw ones, where findings are waived; else empty."""
    waived = sum(1 for finding in assessment.findings if finding.waived)
    if not waived:
        return ""
    summary = assessment.summary
    numbers = with_coverage(summary.accepted_score, summary.accepted_low, summary.accepted_high, summary.coverage)
    verdict, moved = VERDICTS[summary.accepted_verdict], distribution(summary.accepted_workloads)
    return f"leaving out {plural(waived, 'accepted finding')}: {verdict}, {numbers}; {moved}"


def accepted_words(workload: WorkloadView) -> str:
    """What a workload is with its accepted findings left out."""
    numbers = interval(workload.accepted_score, workload.accepted_low, workload.accepted_high)
    return f"{VERDICTS[workload.accepted_verdict]}, {numbers}, once accepted findings are left out"


def finding_counts(counts: FindingCounts) -> str:
    """Findings by severity, as far as there are any."""
    found = [(counts.critical, "critical"), (counts.high, "high"), (counts.medium, "medium"), (counts.low, "low")]
    parts = [f"{count:,} {severity}" for count, severity in found if count]
    ranked = sum(count for count, _ in found)
    words = f"{listed(parts)} {'finding' if ranked == 1 else 'findings'}" if parts else "no findings that cost points"
    return f"{words}; {counts.info:,} for information" if counts.info else words


def weight(finding: Finding) -> str:
    """What a finding weighs, as a heading says it: its severity, or that it only informs."""
    return {
        Kind.READINESS: finding.severity.value.capitalize(),
        Kind.CONVERSION: "To convert",
        Kind.INVENTORY: "To know",
    }[finding.kind]


def item_score(item: ItemView) -> str:
    """A checklist item's score with interval, or why it has none."""
    if item.score is not None:
        return interval(item.score, item.score_low, item.score_high)
    words = item.note or ("n/a" if item.score_low is None else "not seen")
    return (
        words if item.score_low is None or item.score_high is None else f"{words} ({item.score_low}-{item.score_high})"
    )


def gain(points: float) -> str:
    """What a fix adds to the estate's score: ``+4.2``."""
    return f"+{points:.1f}" if points >= 0.05 else "less than +0.1"


def waiver_note(note: WaiverNote) -> str:
    """What is the matter with a waiver."""
    problem = {
        "expired": f"expired on {note.expires}, so its findings count again",
        "unused": "matches no finding",
        "too_long": f"runs until {note.expires}, longer than the policy allows",
    }[note.problem]
    return f"the waiver of {note.rule} on {note.target} (owner: {note.owner}) {problem}"


def policy_notes(assessment: Assessment) -> list[str]:
    """What the team's policy changes about the rules."""
    policy = assessment.policy
    notes = []
    if policy.disabled:
        notes.append(f"{plural(len(policy.disabled), 'rule')} disabled: {some(policy.disabled, 6)}")
    notes += [
        f"{each.rule} is {each.severity.value} "
        + ("at most" if each.severity is each.declared else f"instead of {each.declared.value}")
        for each in policy.severities
    ]
    notes += [
        f"{each.rule}.{each.name} is {each.value:g} instead of {each.default:g} ({each.meaning})"
        for each in policy.thresholds
    ]
    return notes


def flowing(paragraphs: str) -> str:
    """Text of several lines as one paragraph; other control characters stay to be seen."""
    return re.sub(r"[ \n]+", " ", paragraphs).strip()


def origin(assessment: Assessment) -> str:
    """What was looked at, when, by which program."""
    scope = assessment.scope
    parts = [plural(len(assessment.workloads), "workload")]
    if scope.accounts:
        parts[0] += f" in {'account' if len(scope.accounts) == 1 else 'accounts'} {some(scope.accounts, 3)}"
    if scope.regions:
        parts[0] += f", {some(scope.regions, 3)}"
    if scope.sources:
        parts.append(f"read from {some(scope.sources, 2)}")
    if scope.filters:
        chosen = [f"{name} {some(values, 3)}" for name, values in sorted(scope.filters.items())]
        parts.append(f"only {listed(chosen)}")
    parts.append(f"facts of {moment(assessment.generated_at)}")
    parts.append(f"{assessment.tool.name} {assessment.tool.version}")
    return "; ".join(parts)


def moment(when: datetime) -> str:
    """A time to the minute with its offset from UTC."""
    offset = when.strftime("%z")
    zone = "" if not offset else " UTC" if offset == "+0000" else f" UTC{offset[:3]}:{offset[3:5]}"
    return f"{when:%Y-%m-%d %H:%M}{zone}"
