"""What every report tells first: the picks, orders and groups of an assessment that all formats share."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assess.assessment import (
    RULE,
    RULE_PACK,
    Assessment,
    Finding,
    GapView,
    LedgerRow,
    UnknownView,
    Verdict,
    WorkloadView,
)
from assess.estate.gaps import Reason
from assess.rule import Kind, Severity
from assess_reports.wording import REASONS, VERDICTS, plural, some


@dataclass(frozen=True, slots=True)
class MainReason:
    """The one thing that most explains a workload's verdict."""

    text: str
    severity: Severity
    label: str
    """The severity in words, and whether it is accepted or not even seen."""


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Refused or failed calls of one API with one error."""

    api: str
    action: str | None
    error: str
    enumeration: bool
    places: tuple[str, ...]
    """``account region`` of each, sorted."""
    resources: tuple[str, ...]
    message: str
    """What the first of them said."""
    rules: tuple[str, ...]
    """Rules left unknown, sorted."""


@dataclass(frozen=True, slots=True)
class UnknownGroup:
    """Everything that one rule could not decide for one reason."""

    rule: str
    reason: Reason
    worst: Severity
    needs: tuple[str, ...]
    workloads: int


def worst_first(workloads: Iterable[WorkloadView]) -> list[WorkloadView]:
    """Workloads by verdict from blocked to ready, then by score from low to high, then by name."""
    order = {verdict: place for place, verdict in enumerate(VERDICTS)}

    def key(each: WorkloadView) -> tuple[int, int, str, str, str]:
        return order[each.verdict], -1 if each.score is None else each.score, each.cluster, each.name, each.id

    return sorted(workloads, key=key)


def by_verdict(workloads: Iterable[WorkloadView]) -> dict[Verdict, list[WorkloadView]]:
    """Workloads of each verdict that occurs, worst first."""
    groups: dict[Verdict, list[WorkloadView]] = {}
    for each in worst_first(workloads):
        groups.setdefault(each.verdict, []).append(each)
    return groups


def weight_of(finding: Finding) -> tuple[int, bool, float, str, str]:
    """Sorts findings: readiness before what only informs, worse before milder, surer before vaguer."""
    place = finding.severity.rank + (0 if finding.kind is Kind.READINESS else len(Severity))
    return place, finding.waived is not None, -finding.confidence, finding.rule, finding.fingerprint


def by_rule(findings: Iterable[Finding]) -> list[Finding]:
    """Findings with those of one rule together, rules by their worst finding."""
    ordered = sorted(findings, key=weight_of)
    place: dict[str, int] = {}
    for finding in ordered:
        place.setdefault(finding.rule, len(place))
    return sorted(ordered, key=lambda finding: place[finding.rule])


def main_reasons(assessment: Assessment) -> dict[str, MainReason]:
    """The main reason of each workload that has one, by workload id."""
    found: dict[str, MainReason] = {}
    for finding in sorted(assessment.findings, key=weight_of):
        if finding.kind is Kind.READINESS and finding.severity is not Severity.INFO:
            accepted = f", accepted until {finding.waived.expires}" if finding.waived else ""
            reason = MainReason(finding.message, finding.severity, f"{finding.severity.value}{accepted}")
            for id in finding.subject.workloads:
                found.setdefault(id, reason)
    hidden = {each.id: _TOO_LITTLE for each in assessment.workloads if each.verdict == "undetermined"}
    for unknown in sorted(assessment.unknowns, key=_unknown_key, reverse=True):  # the gravest comes last, and stays
        if hidden and unknown.reason.is_operators_move:
            label = f"not seen, may be {unknown.worst.value}"
            reason = MainReason(_cannot_tell(assessment, unknown), unknown.worst, label)
            hidden |= {id: reason for id in unknown.subject.workloads if id in hidden}
    return found | hidden


_TOO_LITTLE = MainReason("no rule that carries points could be decided", Severity.INFO, "not seen")


def _unknown_key(unknown: UnknownView) -> tuple[int, int, str, str, str]:
    return unknown.worst.rank, unknown.reason.rank, unknown.rule, unknown.subject.kind.value, unknown.subject.id


def _cannot_tell(assessment: Assessment, unknown: UnknownView) -> str:
    needs = f" ({', '.join(unknown.needs)})" if unknown.needs else ""
    return f"{title(assessment, unknown.rule)}; {REASONS[unknown.reason]}{needs}"


def title(assessment: Assessment, rule: str) -> str:
    """A rule's title; its id where the assessment holds no text for it."""
    text = assessment.rules.get(rule)
    return text.title if text else rule


def fixes(assessment: Assessment) -> list[LedgerRow]:
    """The action plan: rows of the ledger that a fix gives points back for, most gain for the effort first."""
    return [row for row in assessment.ledger if not row.unknown and row.severity is not None and row.gain_if_fixed > 0]


def fix_title(assessment: Assessment, row: LedgerRow, rows: Iterable[LedgerRow]) -> str:
    """What is to be fixed; with its severity where the same rule stands in the plan more than once."""
    words = title(assessment, row.rule)
    if row.severity is None or sum(1 for each in rows if each.rule == row.rule) < 2:
        return words
    return f"{words} (where it is {row.severity.value})"


def gap_groups(gaps: Iterable[GapView]) -> list[GapGroup]:
    """Gaps that no fallback filled, by API and error: those that may hide workloads first, then by rules lost."""
    groups: dict[tuple[bool, str, str, str], list[GapView]] = defaultdict(list)
    for gap in gaps:
        if not gap.recovered:
            groups[not gap.enumeration, gap.api, gap.action or "", gap.error].append(gap)
    return sorted(map(_gap_group, groups.values()), key=lambda each: (not each.enumeration, -len(each.rules), each.api))


def _gap_group(gaps: list[GapView]) -> GapGroup:
    first = min(gaps, key=lambda gap: (gap.account, gap.region, gap.resource or "", gap.message))
    return GapGroup(
        api=first.api,
        action=first.action,
        error=first.error,
        enumeration=first.enumeration,
        places=tuple(sorted({f"{gap.account} {gap.region}".strip() for gap in gaps} - {""})),
        resources=tuple(sorted({gap.resource for gap in gaps if gap.resource})),
        message=first.message,
        rules=tuple(sorted({rule for gap in gaps for rule in gap.rules})),
    )


def gap_words(group: GapGroup) -> str:
    """How a call failed, where, and what that leaves open; of rules and rule packs, what is wrong with the first."""
    if group.api in (RULE, RULE_PACK):
        return f"{some(group.resources, 2)}: {group.message}"
    what = f" for {plural(len(group.resources), 'resource')}" if group.resources else ""
    where = f" in {some(group.places, 2)}" if group.places else ""
    cost = f"; leaves {plural(len(group.rules), 'rule')} undecided" if group.rules else ""
    return f"{group.error}{what}{where}{cost}"


_REFUSED = re.compile(r"denied|authoriz|forbidden", re.IGNORECASE)
"""Error codes by which AWS services refuse a caller: AccessDenied, UnauthorizedOperation, AuthorizationError."""


def missing_actions(assessment: Assessment) -> list[str]:
    """IAM actions that would show what was denied: what rules lacked, and what lists the workloads."""
    denied = (unknown for unknown in assessment.unknowns if unknown.reason is Reason.DENIED)
    needed = {need for unknown in denied for need in unknown.needs if ":" in need}
    blind = (gap for gap in assessment.gaps if gap.enumeration and not gap.recovered and _REFUSED.search(gap.error))
    return sorted(needed | {gap.action for gap in blind if gap.action})


def unknown_groups(unknowns: Iterable[UnknownView]) -> list[UnknownGroup]:
    """Undecided outcomes by rule and reason: what somebody can change first, worse before milder."""
    groups: dict[tuple[str, Reason], list[UnknownView]] = defaultdict(list)
    for unknown in unknowns:
        groups[unknown.rule, unknown.reason].append(unknown)
    found = [
        UnknownGroup(
            rule=rule,
            reason=reason,
            worst=min((each.worst for each in members), key=lambda severity: severity.rank),
            needs=tuple(sorted({need for each in members for need in each.needs}, key=_natural)),
            workloads=len({id for each in members for id in each.subject.workloads}),
        )
        for (rule, reason), members in groups.items()
    ]
    return sorted(found, key=lambda each: (each.reason.rank, each.worst.rank, each.rule))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts T7 before T10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"([0-9]+)", name)]


def rules_by_reason(unknowns: Iterable[UnknownView]) -> dict[Reason, int]:
    """How many rules could not be decided somewhere, by reason, in the order of the reasons."""
    rules: Mapping[Reason, set[str]] = defaultdict(set)
    for unknown in unknowns:
        rules[unknown.reason].add(unknown.rule)
    return {reason: len(rules[reason]) for reason in Reason if rules.get(reason)}


def questions(assessment: Assessment) -> list[str]:
    """The questions only people can answer that stand open, those of the gravest rules first, each once."""
    asked = (each for each in sorted(assessment.unknowns, key=_unknown_key) if each.reason is Reason.UNANSWERED)
    return list(dict.fromkeys(_question(assessment, each) for each in asked))


def _question(assessment: Assessment, unknown: UnknownView) -> str:
    if "policy.target" in unknown.needs:
        return "Where are the workloads to run? It is chosen under [target] in assess.toml"
    return unknown.question or f"Is this so? {title(assessment, unknown.rule)}"
