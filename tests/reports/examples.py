"""Assessments made by hand: a small shop, a large estate, an estate that was hardly seen, and hostile ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from math import ceil, floor
from typing import Any, Literal

from pydantic import BaseModel

from assess.assessment import (
    Assessment,
    Distribution,
    FieldView,
    Finding,
    FindingCounts,
    GapView,
    ItemView,
    LedgerRow,
    RuleText,
    ScopeView,
    SubjectView,
    Summary,
    Tool,
    UnknownView,
    Verdict,
    WaiverNote,
    WaiverView,
    WorkloadView,
)
from assess.checklist import Checklist
from assess.estate.facts import Evidence
from assess.estate.gaps import Reason
from assess.rule import Effort, Kind, Severity, SubjectKind

PENALTIES = {"critical": 40, "high": 12, "medium": 4, "low": 1, "info": 0}
ACCOUNT, REGION = "111122223333", "eu-central-1"

RULES: dict[str, RuleText] = {
    id: RuleText(
        title=title,
        checklist=checklist,
        kind=Kind(kind),
        severity=Severity(severity),
        why=f"Kubernetes differs here.\n\nWhat `{id}` finds does not carry over as it is.",
        fix=fix,
        reference=f"https://docs.example.com/{id.lower()}",
    )
    for id, title, checklist, kind, severity, fix in (
        (
            "SEC-ENV-PLAINTEXT",
            "A credential stands in plain text in the environment",
            "secrets",
            "readiness",
            "critical",
            "Rotate it, keep it in Secrets Manager and hand it over with the External Secrets Operator.",
        ),
        (
            "ECS-APP-MESH",
            "The service is part of an App Mesh mesh",
            "ecs_coupling",
            "readiness",
            "critical",
            "Choose a mesh that lives on, or none, and move the retries and timeouts there.",
        ),
        (
            "STO-EBS-VOLUME",
            "Data lives on a volume that one task holds",
            "statelessness",
            "readiness",
            "high",
            "Use a StatefulSet with a claim on the EBS CSI driver; copy the data once.",
        ),
        (
            "HLT-NONE",
            "Nothing checks whether the container works",
            "health",
            "readiness",
            "medium",
            "Give the container an HTTP endpoint and a readiness probe on it.",
        ),
        (
            "LIF-STOP-TIMEOUT",
            "The container has no time to finish",
            "lifecycle",
            "readiness",
            "low",
            "Set terminationGracePeriodSeconds.",
        ),
        (
            "MAN-RESTART",
            "Restart policy to translate",
            "manifests",
            "conversion",
            "info",
            "Leave restartPolicy at Always for a Deployment.",
        ),
        (
            "SKL-MANIFESTS",
            "Nobody has written Kubernetes manifests yet",
            "skills",
            "readiness",
            "medium",
            "Train two people.",
        ),
        (
            "IAM-WILDCARD",
            "The task role may do anything",
            "identity",
            "readiness",
            "high",
            "List the actions that the workload uses.",
        ),
    )
}


FIELDS = tuple(
    FieldView.model_validate(
        {"path": path, "shape": shape, "verdict": verdict, "target": "spec.template", "idle": idle}
    )
    for path, shape, verdict, idle in (
        ("containerDefinitions[].image", "TaskDefinition", "transform", False),
        ("containerDefinitions[].privileged", "TaskDefinition", "direct", True),
        ("containerDefinitions[].ulimits[].name", "TaskDefinition", "no_equivalent", False),
        ("desiredCount", "Service", "direct", False),
        ("executionRoleArn", "TaskDefinition", "redesign", False),
        ("serviceArn", "Service", "metadata", False),
    )
)


def workload_id(name: str, cluster: str = "shop-production") -> str:
    return f"{ACCOUNT}/{REGION}/{cluster}/{name}"


def finding(
    rule: str,
    names: Sequence[str],
    message: str,
    *,
    severity: str | None = None,
    confidence: float = 1.0,
    waived: WaiverView | None = None,
    value: str | None = "COMPLETE",
    effort: Effort = Effort.DAYS,
) -> Finding:
    text = RULES[rule]
    subject = names[0] if len(names) == 1 else "shared-role"
    return Finding(
        fingerprint=hashlib.sha256(f"{rule}{names}{message}".encode()).hexdigest()[:16],
        rule=rule,
        checklist=text.checklist,
        kind=text.kind,
        severity=Severity(severity) if severity else text.severity,
        confidence=confidence,
        message=message,
        subject=SubjectView(
            kind=SubjectKind.CONTAINER if len(names) == 1 else SubjectKind.ROLE,
            id=f"{subject}/app",
            name=f"{subject}/app",
            workloads=tuple(sorted(workload_id(name) for name in names)),
        ),
        evidence=(
            Evidence(
                source=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{subject}:7",
                pointer="/containerDefinitions/0/environment/3",
                value=value,
            ),
            Evidence(source=f"deploy/{subject}.json", line=12, pointer="/containerDefinitions/0"),
        ),
        remediation=text.fix,
        effort=effort,
        reference=text.reference,
        waived=waived,
    )


def assessment(
    names: Sequence[str],
    findings: Iterable[Finding],
    *,
    unknowns: Iterable[UnknownView] = (),
    gaps: Iterable[GapView] = (),
    notes: Iterable[WaiverNote] = (),
    scope: ScopeView | None = None,
    kind: Literal["service", "task_definition"] = "service",
    coverage: float = 0.83,
) -> Assessment:
    """An assessment whose ledger, verdicts and scores follow from its findings as the scoring says, unknowns aside."""
    found = tuple(findings)
    loss, verdicts = _losses(names, found)
    accepted_loss, accepted = _losses(names, [each for each in found if not each.waived])
    workloads = tuple(
        _workload(name, 100 - loss[name], 100 - accepted_loss[name], verdicts[name], accepted[name], kind, coverage)
        for name in names
    )
    uncapped = sum(100 - loss[name] for name in names) / len(names) if names else None
    cap = 59 if any(each.severity is Severity.CRITICAL for each in found) else 100
    return Assessment(
        scoring_model_version=1,
        detectors_version=1,
        tool=Tool(version="0.1.0"),
        generated_at=datetime(2026, 11, 23, 18, 0, tzinfo=UTC),
        as_of=date(2026, 11, 23),
        scope=scope or ScopeView(accounts=(ACCOUNT,), regions=(REGION,)),
        accounts=(),
        summary=_summary(uncapped, cap, found, workloads, coverage),
        checklist=_checklist(names, found, coverage),
        workloads=workloads,
        findings=found,
        unknowns=tuple(unknowns),
        gaps=tuple(gaps),
        ledger=_ledger(names, found),
        rules=RULES,
        waiver_notes=tuple(notes),
    )


def shop() -> Assessment:
    """A shop of twelve services that shows every verdict, a waiver, a denial and open questions."""
    names = [
        "web",
        "api",
        "cart",
        "orders",
        "payments",
        "search",
        "mailer",
        "reports",
        "exporter",
        "catalogue-import",
        "images",
        "session-store",
    ]
    waiver = WaiverView(reason="rotated weekly until the vault lands", owner="payments team", expires=date(2027, 3, 31))
    findings = [
        finding("SEC-ENV-PLAINTEXT", ["orders"], "`DB_PASSWORD` of app holds a literal (named, 9-16 characters)"),
        finding("SEC-ENV-PLAINTEXT", ["payments"], "`API_TOKEN` of app holds a token", waived=waiver),
        finding("ECS-APP-MESH", ["cart"], "app is proxied by the Envoy of mesh shop-mesh", effort=Effort.WEEKS),
        finding("STO-EBS-VOLUME", ["session-store"], "volume data is an EBS volume of the service"),
        finding(
            "IAM-WILDCARD", ["api", "search", "web"], "role shared-role allows * on every resource", confidence=0.8
        ),
        *(
            finding("HLT-NONE", [name], "app has no health check", effort=Effort.HOURS)
            for name in ("mailer", "reports")
        ),
        finding("LIF-STOP-TIMEOUT", ["images"], "app is given 2 seconds to stop", value="2"),
        *(finding("MAN-RESTART", [name], "restart policy of app becomes restartPolicy") for name in names[:7]),
    ]
    every = tuple(workload_id(name) for name in names)
    unknowns = [
        UnknownView(
            rule="IAM-WILDCARD",
            checklist="identity",
            subject=SubjectView(
                kind=SubjectKind.ROLE, id="exporter-role", name="exporter-role", workloads=(workload_id("exporter"),)
            ),
            worst=Severity.HIGH,
            reason=Reason.DENIED,
            needs=("iam:GetRolePolicy", "iam:ListRolePolicies"),
        ),
        UnknownView(
            rule="SKL-MANIFESTS",
            checklist="skills",
            subject=SubjectView(kind=SubjectKind.TEAM, id="team", name="team", workloads=every),
            worst=Severity.MEDIUM,
            reason=Reason.UNANSWERED,
            needs=("T1",),
            question="T1: How many people can write a Deployment, Service and ConfigMap from scratch?",
        ),
    ]
    gaps = [
        GapView(
            api="iam:GetRolePolicy",
            action="iam:GetRolePolicy",
            account=ACCOUNT,
            region="",
            resource=f"arn:aws:iam::{ACCOUNT}:role/exporter-role",
            enumeration=False,
            error="AccessDenied",
            message="not authorized to perform iam:GetRolePolicy",
            recovered=False,
            rules=("IAM-WILDCARD",),
        ),
        GapView(
            api="iam:GetAccountAuthorizationDetails",
            action="iam:GetAccountAuthorizationDetails",
            account=ACCOUNT,
            region="",
            resource=None,
            enumeration=False,
            error="AccessDenied",
            message="not authorized to perform iam:GetAccountAuthorizationDetails",
            recovered=True,
        ),
    ]
    notes = [
        WaiverNote(rule="HLT-*", target="shop/old*", owner="web team", expires=date(2026, 10, 1), problem="expired")
    ]
    result = assessment(names, findings, unknowns=unknowns, gaps=gaps, notes=notes)
    workloads = tuple(
        each.model_copy(update={"verdict": "undetermined", "accepted_verdict": "undetermined", "score_low": 88})
        if each.name == "exporter"
        else each
        for each in result.workloads
    )
    counts = result.summary.workloads
    moved = counts.model_copy(update={"ready": counts.ready - 1, "undetermined": 1})
    accepted = result.summary.accepted_workloads
    accepted_moved = accepted.model_copy(update={"ready": accepted.ready - 1, "undetermined": 1})
    summary = result.summary.model_copy(update={"workloads": moved, "accepted_workloads": accepted_moved})
    return result.model_copy(update={"workloads": workloads, "summary": summary})


def clean(count: int = 3) -> Assessment:
    """Services that nothing was found on, all of it seen."""
    return assessment([f"service-{number}" for number in range(count)], (), coverage=1.0)


def large(count: int = 5000) -> Assessment:
    """Many services with long texts, one finding each and one shared by all."""
    names = [f"{'team-service-' * 4}{number:05}" for number in range(count)]
    severities = ("critical", "high", "medium", "low")
    findings = [
        finding(
            "SEC-ENV-PLAINTEXT",
            [name],
            f"`PASSWORD_{number}` of app holds a literal " + "that is told of at length " * 8,
            severity=severities[number % 4],
            value="x" * 200,
        )
        for number, name in enumerate(names)
    ]
    return assessment(names, [*findings, finding("IAM-WILDCARD", names, "role shared-role allows * on every resource")])


def blind() -> Assessment:
    """An estate of which the services could not be listed."""
    scope = ScopeView(accounts=(ACCOUNT,), regions=(REGION,), blind=(f"ecs:ListServices in {ACCOUNT} {REGION}",))
    gap = GapView(
        api="ecs:ListServices",
        action="ecs:ListServices",
        account=ACCOUNT,
        region=REGION,
        resource=None,
        enumeration=True,
        error="AccessDeniedException",
        message="not authorized to perform ecs:ListServices",
        recovered=False,
    )
    result = assessment((), (), gaps=[gap], scope=scope)
    none = {"verdict": "undetermined", "accepted_verdict": "undetermined", "score": None, "accepted_score": None}
    range_ = {"score_low": 0, "score_high": 100, "accepted_low": 0, "accepted_high": 100, "coverage": None}
    return result.model_copy(update={"summary": result.summary.model_copy(update=none | range_)})


def rewritten(value: Any, rewrite: Callable[[str], str]) -> Any:
    """The value with every free string in it rewritten: equal strings become equal ones, choices stay."""
    if isinstance(value, BaseModel):
        members = {name: getattr(value, name) for name in type(value).model_fields}
        choices = {name for name, field in type(value).model_fields.items() if "Literal[" in str(field.annotation)}
        return value.model_copy(
            update={name: rewritten(each, rewrite) for name, each in members.items() if name not in choices}
        )
    if type(value) is str:  # not an enumeration's member
        return rewrite(value)
    if isinstance(value, Mapping):
        return {rewrite(key): rewritten(member, rewrite) for key, member in value.items()}
    if isinstance(value, tuple):
        return tuple(rewritten(member, rewrite) for member in value)
    return value


def _losses(names: Sequence[str], findings: Iterable[Finding]) -> tuple[dict[str, int], dict[str, Verdict]]:
    worst: dict[tuple[str, str], Severity] = {}
    for each in findings:
        if each.kind is Kind.READINESS:
            for id in each.subject.workloads:
                key = (id, each.rule)
                worst[key] = each.severity.at_least(worst.get(key, Severity.INFO))
    by_workload: dict[str, list[Severity]] = {}
    for (id, _), severity in worst.items():
        by_workload.setdefault(id, []).append(severity)
    loss: dict[str, int] = {}
    verdicts: dict[str, Verdict] = {}
    for name in names:
        severities = by_workload.get(workload_id(name), [])
        loss[name] = min(100, sum(PENALTIES[each.value] for each in severities))
        verdicts[name] = _verdict(severities)
    return loss, verdicts


def _verdict(severities: Sequence[Severity]) -> Verdict:
    if Severity.CRITICAL in severities:
        return "blocked"
    if Severity.HIGH in severities:
        return "not_ready"
    return "ready_with_work" if Severity.MEDIUM in severities else "ready"


def _workload(
    name: str,
    score: int,
    accepted: int,
    verdict: Verdict,
    accepted_verdict: Verdict,
    kind: Literal["service", "task_definition"],
    coverage: float,
) -> WorkloadView:
    source = f"deploy/{name}.json" if kind == "task_definition" else None
    return WorkloadView(
        id=workload_id(name),
        name=name,
        kind=kind,
        cluster="" if source else "shop-production",
        account=ACCOUNT,
        region=REGION,
        arn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop-production/{name}",
        source=source,
        task_definition=f"{name}:7",
        launch_type="FARGATE",
        verdict=verdict,
        accepted_verdict=accepted_verdict,
        score=score,
        score_low=max(0, score - 9) if coverage < 1 else score,
        score_high=score,
        accepted_score=accepted,
        accepted_low=max(0, accepted - 9) if coverage < 1 else accepted,
        accepted_high=accepted,
        coverage=coverage,
        coverage_of_source=1.0,
        owner="shop team",
        fields=FIELDS,
    )


def _summary(
    uncapped: float | None,
    cap: int,
    findings: Sequence[Finding],
    workloads: Sequence[WorkloadView],
    coverage: float,
) -> Summary:
    counts = Distribution(**_count([each.verdict for each in workloads]))
    accepted = Distribution(**_count([each.accepted_verdict for each in workloads]))
    score = None if uncapped is None else min(cap, floor(uncapped))
    mean = sum(each.accepted_score or 0 for each in workloads) / max(1, len(workloads))
    critical = [each for each in findings if each.severity is Severity.CRITICAL]
    accepted_cap = 59 if any(not each.waived for each in critical) else 100
    low = None if score is None else max(0, score - 8) if coverage < 1 else score
    return Summary(
        verdict=_commonest(counts),
        accepted_verdict=_commonest(accepted),
        score=score,
        score_low=low,
        score_high=None if uncapped is None else min(cap, ceil(uncapped)),
        score_uncapped=uncapped,
        capped_by=tuple(sorted(each.fingerprint for each in critical)),
        accepted_score=None if uncapped is None else min(accepted_cap, floor(mean)),
        accepted_low=low,
        accepted_high=None if uncapped is None else min(accepted_cap, ceil(mean)),
        coverage=coverage,
        coverage_of_source=0.97,
        workloads=counts,
        accepted_workloads=accepted,
        findings=FindingCounts(**_count([each.severity.value for each in findings])),
    )


def _count(words: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def _commonest(counts: Distribution) -> Verdict:
    order: tuple[Verdict, ...] = ("undetermined", "not_ready", "ready_with_work", "ready")
    return max(order, key=lambda verdict: getattr(counts, verdict))


def _checklist(names: Sequence[str], findings: Sequence[Finding], coverage: float) -> tuple[ItemView, ...]:
    items = []
    for item in Checklist:
        own = [each for each in findings if each.checklist == item.value]
        rules = tuple(sorted(id for id, text in RULES.items() if text.checklist == item.value))
        readiness = [id for id in rules if RULES[id].kind is Kind.READINESS]
        note = None if readiness else "n/a"
        if own and not readiness:
            note = f"conversion work only: {len(own)} changes"
        if item is Checklist.SKILLS:
            readiness, note = [], "not asked yet"
        loss, verdicts = _losses(names, own)
        score = floor(100 - sum(loss.values()) / len(names)) if names and readiness else None
        items.append(
            ItemView(
                id=item.value,
                section=item.section,
                title=item.label,
                verdict=min(
                    verdicts.values(), key=["blocked", "not_ready", "ready_with_work", "ready"].index, default=None
                )
                if readiness
                else None,
                score=score,
                score_low=0 if item is Checklist.SKILLS else None if score is None else max(0, score - 20),
                score_high=100 if item is Checklist.SKILLS else score,
                coverage=coverage if readiness else None,
                note=note,
                rules=rules,
            )
        )
    return tuple(items)


def _ledger(names: Sequence[str], findings: Sequence[Finding]) -> tuple[LedgerRow, ...]:
    worst: dict[tuple[str, str], Finding] = {}
    for each in findings:
        if each.kind is Kind.READINESS:
            for id in each.subject.workloads:
                known = worst.get((id, each.rule))
                if known is None or each.severity.rank < known.severity.rank:
                    worst[id, each.rule] = each
    rows: dict[tuple[str, Severity], list[Finding]] = {}
    for (_, rule), each in worst.items():
        rows.setdefault((rule, each.severity), []).append(each)
    ledger = [
        LedgerRow(
            rule=rule,
            checklist=RULES[rule].checklist,
            severity=severity,
            penalty=PENALTIES[severity.value],
            workloads=len(members),
            points_lost=PENALTIES[severity.value] * len(members) / len(names),
            gain_if_fixed=PENALTIES[severity.value] * len(members) / len(names),
            effort=members[0].effort,
        )
        for (rule, severity), members in rows.items()
    ]
    return tuple(sorted(ledger, key=lambda row: (-row.gain_if_fixed, row.rule)))
