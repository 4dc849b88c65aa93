"""The one value that every report reads: what the rules found, scored, with all that is needed to show it.

Its JSON form is the contract with people and pipelines: members may be added, none changes meaning. So a reader of an
older version ignores what it does not know, and the schema allows it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from assess.checklist import Section
from assess.estate.facts import Evidence
from assess.estate.gaps import Reason
from assess.fields.field_map import FieldVerdict, Shape
from assess.fields.listener_map import RulePart
from assess.graph.model import Access, Certainty, EdgeKind, HintKind, NodeKind, Via
from assess.rule import Effort, Kind, Severity, SubjectKind

SCHEMA_VERSION = 1

Verdict = Literal["ready", "ready_with_work", "not_ready", "blocked", "undetermined"]
"""From best to worst but for ``undetermined``, which says that too little was seen to tell."""

Score = Annotated[int, Field(ge=0, le=100)] | None
"""0 to 100, or none where there is nothing to score."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Tool(_Value):
    """The program that made the assessment."""

    name: str = "assess"
    version: str


class ScopeView(_Value):
    """What was asked for, and what of it could not be enumerated."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    blind: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


class AccountView(_Value):
    """One account in one region.

    ``partial``: something could not be read; ``blind``: so that workloads may be hidden.
    """

    account: str
    region: str
    status: Literal["complete", "partial", "blind"]
    wholly_blind: bool = False
    """Whether not even its clusters could be listed."""
    workloads: int
    score: Score
    score_low: Score
    score_high: Score
    coverage: float | None


class Distribution(_Value):
    """Workloads by verdict."""

    ready: int = 0
    ready_with_work: int = 0
    not_ready: int = 0
    blocked: int = 0
    undetermined: int = 0


class FindingCounts(_Value):
    """Findings by severity, waived ones too."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    info: int = 0


class Summary(_Value):
    """The estate in numbers; raw values ignore waivers, accepted ones take waived findings out."""

    verdict: Verdict
    accepted_verdict: Verdict
    score: Score
    score_low: Score
    score_high: Score
    score_uncapped: float | None
    capped_by: tuple[str, ...] = ()
    accepted_score: Score
    accepted_low: Score
    accepted_high: Score
    coverage: float | None
    coverage_of_source: float | None
    workloads: Distribution
    accepted_workloads: Distribution
    findings: FindingCounts


class ItemView(_Value):
    """One line of the checklist."""

    id: str
    section: Section
    title: str
    verdict: Verdict | None
    score: Score
    score_low: Score
    score_high: Score
    coverage: float | None
    note: str | None
    rules: tuple[str, ...]


class FieldView(_Value):
    """A field of ECS that a workload uses, and what becomes of it."""

    path: str
    """``containerDefinitions[].stopTimeout``, from the root of the document."""
    shape: Shape
    """The document: the workload's task definition or its service."""
    verdict: FieldVerdict
    target: str
    """Its place on Kubernetes."""
    idle: bool
    """Whether its value asks for nothing (``privileged: false``): then there is nothing to carry over."""


class ListenerKindView(_Value):
    """A kind of condition, action or transform in listener rules that lead to a workload, and what becomes of it."""

    part: RulePart
    kind: str
    """As Elastic Load Balancing names it: ``path-pattern``."""
    setting: str
    """What the rules do with it beyond the plain kind (``regex``, ``weights``, ``stickiness``); empty for the kind."""
    verdict: FieldVerdict
    target: str
    """Its place in the Gateway API, or in the AWS Load Balancer Controller's own resources."""


class WorkloadView(_Value):
    """One workload."""

    id: str
    name: str
    kind: str
    cluster: str
    account: str
    region: str
    arn: str
    source: str | None
    task_definition: str
    launch_type: str
    verdict: Verdict
    accepted_verdict: Verdict
    score: Score
    score_low: Score
    score_high: Score
    accepted_score: Score
    accepted_low: Score
    accepted_high: Score
    coverage: float | None
    coverage_of_source: float | None
    owner: str | None
    fields: tuple[FieldView, ...] = ()
    """Sorted by path, each once; empty where neither task definition nor service could be read."""
    listener_rules: tuple[ListenerKindView, ...] = ()
    """Kinds in the listener rules that lead to it, and in those beside them that lead to nobody; each once."""


class SubjectView(_Value):
    """What a finding is about, and the workloads that it touches."""

    kind: SubjectKind
    id: str
    name: str
    workloads: tuple[str, ...]


class WaiverView(_Value):
    """Why a finding is accepted, by whom, until when."""

    reason: str
    owner: str
    expires: date


class Finding(_Value):
    """A rule that failed on a subject."""

    fingerprint: str
    rule: str
    checklist: str
    kind: Kind
    severity: Severity
    confidence: float
    message: str
    subject: SubjectView
    evidence: tuple[Evidence, ...]
    remediation: str
    effort: Effort
    reference: str
    waived: WaiverView | None = None


class UnknownView(_Value):
    """A rule that could not be decided on a subject."""

    rule: str
    checklist: str
    subject: SubjectView
    worst: Severity
    reason: Reason
    needs: tuple[str, ...] = ()
    """IAM actions that would answer it, or the facts that the source does not hold."""
    question: str | None = None


RULE: Final = "rule"
"""The ``api`` of a gap that a rule leaves which could not run; the ``resource`` is its id."""

RULE_PACK: Final = "rule pack"
"""The ``api`` of a gap that a broken rule pack leaves; the ``resource`` is the pack."""


class GapView(_Value):
    """Something that was asked for and could not be read."""

    api: str
    action: str | None
    account: str
    region: str
    resource: str | None
    enumeration: bool
    error: str
    message: str
    recovered: bool
    rules: tuple[str, ...] = ()
    """Rules that it left unknown."""


class LedgerRow(_Value):
    """One rule at one charged severity (``unknown`` rows apart, and a ``floor`` row that gives back).

    ``points_lost`` and ``gain_if_fixed`` are points of the unrounded estate score without its cap.
    """

    rule: str
    checklist: str
    severity: Severity | None
    unknown: bool = False
    penalty: int
    workloads: int
    points_lost: float
    gain_if_fixed: float
    effort: Effort | None


class RuleText(_Value):
    """What reports say about a rule, once."""

    title: str
    checklist: str
    kind: Kind
    severity: Severity
    why: str
    fix: str
    before: str = ""
    """What ECS has today, as lines of a definition; empty where the rule gives no sample."""
    after: str = ""
    """The manifest in its place."""
    reference: str
    origin: str = ""
    """The pack it comes from: ``built-in``, a distribution, or a folder that the policy names."""


class SeverityView(_Value):
    """A rule whose findings the policy calls something else than the rule itself does."""

    rule: str
    declared: Severity
    severity: Severity


class ThresholdView(_Value):
    """A number of a rule that the policy sets to something else than its default."""

    rule: str
    name: str
    meaning: str
    default: float
    value: float


class PolicyView(_Value):
    """What the policy changes about the rules; waivers stand beside the findings that they accept."""

    severities: tuple[SeverityView, ...] = ()
    disabled: tuple[str, ...] = ()
    """Ids of rules that did not run: they neither passed nor failed."""
    thresholds: tuple[ThresholdView, ...] = ()


WaiverProblem = Literal["expired", "unused", "too_long"]
"""``too_long``: it runs for more than the policy's ``max_waiver_days`` from the as-of day."""


class WaiverNote(_Value):
    """A waiver that does not count, or matches nothing."""

    rule: str
    target: str
    owner: str
    expires: date
    problem: WaiverProblem


class ProofView(_Value):
    """One reason to believe in an edge."""

    via: Via
    confidence: float
    how: str
    """The way from the evidence to the target, for a person to follow."""
    source: str
    line: int | None = None
    pointer: str = ""
    value: str | None = None
    is_step: bool = False
    """Whether it only says where another proof's address leads: it makes the edge no surer."""


class NodeView(_Value):
    """A workload, a resource or a host of the dependency map."""

    id: str
    kind: NodeKind
    name: str
    aws_service: str | None = None
    arn: str | None = None
    workload: str | None = None
    moves: bool = False
    account: str = ""
    region: str = ""
    group: str = ""
    """What it is drawn within: a workload's cluster."""
    part_of: str | None = None
    """Id of the server that holds this database."""


class EdgeView(_Value):
    """One end depends on the other; it starts at the side that opens the connection."""

    source: str
    target: str
    kind: EdgeKind
    via: tuple[Via, ...]
    access: tuple[Access, ...] = ()
    confidence: float
    certainty: Certainty
    port: int | None = None
    evidence: tuple[ProofView, ...]


class HintView(_Value):
    """Something seen at a node that is no edge: an inbound address, a name that nobody answers to."""

    kind: HintKind
    node: str
    text: str
    evidence: Evidence


class SharedStoreView(_Value):
    """A datastore that several workloads use."""

    node: str
    users: tuple[str, ...]
    writers: tuple[str, ...] = ()
    same_server: bool = False
    """Whether its users share only the server: each has a database of its own on it."""


class HubView(_Value):
    """A workload that many depend on."""

    node: str
    callers: tuple[str, ...]


class ReachView(_Value):
    """Who feels it when a workload fails."""

    node: str
    callers: tuple[str, ...]
    peers: tuple[str, ...]
    weight: float


class DependenciesView(_Value):
    """Who talks to whom, and what the map as a whole tells."""

    nodes: tuple[NodeView, ...] = ()
    edges: tuple[EdgeView, ...] = ()
    hints: tuple[HintView, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    """Groups of workloads that depend on each other in a circle."""
    shared: tuple[SharedStoreView, ...] = ()
    hubs: tuple[HubView, ...] = ()
    reach: tuple[ReachView, ...] = ()
    """Of the workloads that most others feel, the widest first."""
    orphans: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    """Facts that edges are drawn from and that were not seen everywhere: edges may be missing."""


class AwsServiceView(_Value):
    """An AWS service that workloads use, or (``used`` is ``grant``) are only allowed to use."""

    service: str
    name: str
    category: str
    stays: bool
    workloads: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    used: Literal["evidence", "grant"]
    changes: tuple[str, ...] = ()
    """What the move changes about it, a sentence each."""


Cause = Literal["estate", "permissions", "rules"]
"""Why something moved between two assessments: the estate itself, what the scan could see of it (access, and what it
was asked for), or the rules with their policy and arithmetic."""


class SideView(_Value):
    """One of two assessments that are compared, in numbers."""

    tool: Tool
    generated_at: datetime
    as_of: date
    scoring_model_version: int
    detectors_version: int
    verdict: Verdict
    accepted_verdict: Verdict
    score: Score
    score_low: Score
    score_high: Score
    score_uncapped: float | None
    accepted_score: Score
    coverage: float | None
    workloads: Distribution
    findings: FindingCounts


class PointsView(_Value):
    """Points by which the score moved, to thousandths: the four parts add up to ``score`` exactly.

    ``cap`` is what the cap and the rounding of the printed scores take away from, or add to, the other three.
    """

    score: int
    estate: float
    permissions: float
    rules: float
    cap: float


class FindingChange(_Value):
    """A finding that came, went, or is not what it was."""

    fingerprint: str
    rule: str
    title: str
    checklist: str
    kind: Kind
    severity: Severity
    message: str
    subject: SubjectView
    cause: Cause
    waived: WaiverView | None = None
    old_severity: Severity | None = None
    """Where the finding is in both: what it was."""
    old_waived: WaiverView | None = None


class WorkloadChange(_Value):
    """A workload that came, went, or has another verdict or score; ``old_...`` is none for one that came."""

    id: str
    name: str
    cluster: str
    old_verdict: Verdict | None
    verdict: Verdict | None
    old_score: Score
    score: Score


class RuleChange(_Value):
    """A rule that is not the same in both: its findings do not compare."""

    rule: str
    change: Literal["added", "removed", "severity", "threshold", "broken", "detectors"]


class GapChange(_Value):
    """A call that failed in one of the two only."""

    api: str
    action: str | None
    account: str
    region: str
    resource: str | None
    error: str
    change: Literal["appeared", "went"]


class MovementView(_Value):
    """What moved between an earlier assessment and this one; findings are matched by fingerprint alone."""

    schema_version: int = SCHEMA_VERSION
    before: SideView
    after: SideView
    points: PointsView | None
    no_points: str | None = None
    """Why the movement of the score cannot be told, where it cannot."""
    notes: tuple[str, ...] = ()
    """What limits the comparison, a sentence each."""
    new: tuple[FindingChange, ...] = ()
    fixed: tuple[FindingChange, ...] = ()
    dropped: tuple[FindingChange, ...] = ()
    """Findings that are gone without being fixed: no longer seen, or no longer looked for."""
    unchanged: tuple[str, ...] = ()
    """Fingerprints of findings that are in both, whatever their severity."""
    severities: tuple[FindingChange, ...] = ()
    waivers: tuple[FindingChange, ...] = ()
    workloads: tuple[WorkloadChange, ...] = ()
    rules: tuple[RuleChange, ...] = ()
    gaps: tuple[GapChange, ...] = ()


class Assessment(_Value):
    """The assessment of one estate."""

    schema_version: int = SCHEMA_VERSION
    scoring_model_version: int
    detectors_version: int
    tool: Tool
    generated_at: datetime
    as_of: date
    scope: ScopeView
    accounts: tuple[AccountView, ...]
    summary: Summary
    checklist: tuple[ItemView, ...]
    workloads: tuple[WorkloadView, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[UnknownView, ...]
    gaps: tuple[GapView, ...]
    ledger: tuple[LedgerRow, ...]
    dependencies: DependenciesView = Field(default_factory=DependenciesView)
    aws_services: tuple[AwsServiceView, ...] = ()
    rules: Mapping[str, RuleText]
    waiver_notes: tuple[WaiverNote, ...] = ()
    policy: PolicyView = Field(default_factory=PolicyView)
    movement: MovementView | None = None
    """Against an earlier assessment, where one was given to compare with."""
    pseudonyms: bool = False
    """Whether names, ids and addresses were replaced by aliases: then nothing in it matches another assessment."""


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an assessment's JSON form, the same on every call."""
    made = Assessment.model_json_schema(mode="serialization")
    _open(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:assess:assessment:{SCHEMA_VERSION}",
        **made,
        "title": "Assessment of an Amazon ECS estate",
    }


def _open(node: Any) -> None:
    """Lets every object have members that later versions add."""
    if isinstance(node, dict):
        if node.get("additionalProperties") is False:
            del node["additionalProperties"]
        for child in node.values():
            _open(child)
    elif isinstance(node, list):
        for child in node:
            _open(child)
