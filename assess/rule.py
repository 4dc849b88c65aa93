"""What a rule is: a pure function from one subject and the facts around it to outcomes, with its documentation.

::

    @rule("LIF-DEPENDS-COMPLETE", Checklist.LIFECYCLE, severity=LOW, effort=HOURS,
          looks_at=("containerDefinitions[].dependsOn",), needs=("ecs.task_definitions",), reference="https://...")
    def dependency_that_may_fail(task: TaskDefinition) -> Iterator[Outcome]:
        \"\"\"A container waits for another that may have failed.

        Why it matters on Kubernetes.

        Fix: what to do.

        Passes: what looks alike and does not count (optional; ``Fires:`` likewise).

        Before:

            {"dependsOn": [{"containerName": "migrate", "condition": "COMPLETE"}]}

        After:

            initContainers: [...]
        \"\"\"
        for container in task.containers():
            for index, dependency in enumerate(container.definition.depends_on):
                if dependency.condition == "COMPLETE":
                    yield fail(f"{container.name} waits ...", task.evidence(*container.at("dependsOn", index)),
                               element=dependency.container_name)

``Before:`` and ``After:`` (optional) each stand before an indented block: what ECS has today, and the manifest in its
place.

The type of the first parameter says what the rule looks at; further parameters (``estate``, ``graph``, ``policy``, and
``thresholds``: the rule's numbers by name) are handed over by name. A readiness rule that yields nothing has passed; a
conversion or inventory rule that yields nothing is not applicable.
"""

import inspect
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, get_type_hints

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.balancing import LoadBalancer, TargetGroup
from assess.estate.ecs import Cluster, Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.gaps import Reason
from assess.estate.identity import Role
from assess.estate.network import SecurityGroup, Subnet, Vpc
from assess.estate.workloads import Workload
from assess.graph.model import DependencyGraph

__all__ = [
    "CRITICAL",
    "DAYS",
    "HIGH",
    "HOURS",
    "INFO",
    "LOW",
    "MEDIUM",
    "WEEKS",
    "Account",
    "Checklist",
    "Effort",
    "Fail",
    "Kind",
    "NotApplicable",
    "Outcome",
    "Pass",
    "Policy",
    "Reason",
    "Rule",
    "Severity",
    "SubjectKind",
    "Team",
    "Threshold",
    "Unknown",
    "fail",
    "not_applicable",
    "passed",
    "rule",
    "unknown",
]


class Severity(StrEnum):
    """How bad a finding is; what each costs is the scoring's business."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for info."""
        return _RANKS[self]

    def at_most(self, other: "Severity") -> "Severity":
        """The milder of the two."""
        return max(self, other, key=lambda each: each.rank)

    def at_least(self, other: "Severity") -> "Severity":
        """The worse of the two."""
        return min(self, other, key=lambda each: each.rank)


CRITICAL, HIGH, MEDIUM, LOW, INFO = Severity

_RANKS = {each: rank for rank, each in enumerate(Severity)}


class Effort(StrEnum):
    """How long the fix takes somebody who knows the service."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


HOURS, DAYS, WEEKS = Effort


class Kind(StrEnum):
    """``readiness`` carries a penalty; ``conversion`` and ``inventory`` inform."""

    READINESS = "readiness"
    CONVERSION = "conversion"
    INVENTORY = "inventory"


class SubjectKind(StrEnum):
    """What a rule can look at."""

    CONTAINER = "container"
    TASK_DEFINITION = "task_definition"
    WORKLOAD = "workload"
    CLUSTER = "cluster"
    ROLE = "role"
    VPC = "vpc"
    SUBNET = "subnet"
    SECURITY_GROUP = "security_group"
    LOAD_BALANCER = "load_balancer"
    TARGET_GROUP = "target_group"
    ACCOUNT = "account"
    ESTATE = "estate"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Account:
    """An account in a region, as a subject of its own."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Team:
    """The people who are to run the workloads: what survey rules look at."""


_KINDS: dict[type, SubjectKind] = {
    Container: SubjectKind.CONTAINER,
    TaskDefinition: SubjectKind.TASK_DEFINITION,
    Workload: SubjectKind.WORKLOAD,
    Cluster: SubjectKind.CLUSTER,
    Role: SubjectKind.ROLE,
    Vpc: SubjectKind.VPC,
    Subnet: SubjectKind.SUBNET,
    SecurityGroup: SubjectKind.SECURITY_GROUP,
    LoadBalancer: SubjectKind.LOAD_BALANCER,
    TargetGroup: SubjectKind.TARGET_GROUP,
    Account: SubjectKind.ACCOUNT,
    Estate: SubjectKind.ESTATE,
    Team: SubjectKind.TEAM,
}


# --- outcomes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fail:
    """The condition is present: a finding (for conversion and inventory a change to make, a fact to list)."""

    message: str
    evidence: tuple[Evidence, ...]
    element: str = ""
    """Name of the variable, port, volume, ... that failed, for the fingerprint: never an index or a value."""
    severity: Severity | None = None
    """Where it is not the rule's own."""
    softest: Severity | None = None
    """The mildest it could turn out, where a missing fact may soften it; the engine fills it from the rule."""
    confidence: float = 1.0
    effort: Effort | None = None
    remediation: str | None = None
    """Where it is not the rule's own."""
    settled: bool = False
    """Whether no missing fact could change the severity any more."""
    workloads: tuple[str, ...] | None = None
    """Ids of the workloads that it touches, where those are not all that the subject touches."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The rule applies and its condition is absent."""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise; ``reads`` are the facts that prove it (none: all needs but answers)."""

    why: str
    reads: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be decided. ``needs`` are facts, IAM actions or question ids that would decide it."""

    reason: Reason
    needs: tuple[str, ...] = ()
    worst: Severity | None = None
    """The worst it could be, where that is not the rule's own worst."""


Outcome = Fail | Pass | NotApplicable | Unknown


def fail(
    message: str,
    *evidence: Evidence,
    element: str = "",
    severity: Severity | None = None,
    softest: Severity | None = None,
    confidence: float | None = None,
    effort: Effort | None = None,
    remediation: str | None = None,
    settled: bool = False,
    workloads: Iterable[str] | None = None,
) -> Fail:
    """A finding: one sentence (no full stop) and at least one piece of evidence.

    A rule that looks at the whole estate names the ``workloads`` (by id) that its finding is about: only they pay.

    Raises:
        ValueError: there is no evidence.
    """
    if not evidence:
        raise ValueError(f"a finding needs evidence: {message}")
    sure = 1.0 if confidence is None else confidence
    touched = None if workloads is None else tuple(sorted(set(workloads)))
    return Fail(message, evidence, element, severity, softest, sure, effort, remediation, settled, touched)


def passed() -> Pass:
    """The rule applies and its condition is absent."""
    return Pass()


def not_applicable(why: str, *, reads: tuple[str, ...] | None = None) -> NotApplicable:
    """The question does not arise, and why."""
    return NotApplicable(why, reads)


def unknown(reason: Reason, *needs: str, worst: Severity | None = None) -> Unknown:
    """It could not be decided, and what would decide it."""
    return Unknown(reason, needs, worst)


# --- rules ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a rule compares with and that a team may set: ``[thresholds] "RULE-ID.name" = 2``."""

    name: str
    default: float
    minimum: float
    maximum: float
    """Both bounds are allowed values."""
    meaning: str
    """What is counted or measured, with its unit, in a few words."""
    whole: bool = False
    """Whether only whole numbers make sense."""

    def problem(self, value: float) -> str | None:
        """Why a value cannot be taken, where it cannot."""
        if not self.minimum <= value <= self.maximum:
            return f"it must lie between {self.minimum:g} and {self.maximum:g}"
        if self.whole and not float(value).is_integer():
            return "it must be a whole number"
        return None


@dataclass(frozen=True)
class Rule:
    """A rule with everything that is said about it."""

    id: str
    checklist: Checklist
    kind: Kind
    subject: SubjectKind
    severity: Severity
    worst: Severity
    softest: Severity
    confidence: float
    """The highest confidence its evidence can have."""
    effort: Effort
    needs: tuple[str, ...]
    also_uses: tuple[str, ...]
    raised_by: tuple[str, ...]
    """Facts whose absence leaves open that a standing finding is worse."""
    softened_by: tuple[str, ...]
    """Facts whose absence leaves open that a standing finding is milder."""
    across: tuple[str, ...]
    """Those of ``needs`` that it compares over the whole account: a gap on any resource takes the fact away."""
    looks_at: tuple[str, ...]
    """Field patterns (``containerDefinitions[].memory``): a template's placeholder there makes a pass unknown."""
    reference: str
    title: str
    why: str
    fix: str
    check: Callable[..., Iterable[Outcome] | None]
    _parameters: tuple[str, ...] = ()
    fires: str = ""
    """When it fires, where the title does not say all of it."""
    passes: str = ""
    """What looks alike and does not count."""
    before: str = ""
    """What ECS has today: a part of a task definition or a service, as JSON."""
    after: str = ""
    """What takes its place: manifests as YAML."""
    thresholds: tuple[Threshold, ...] = ()
    declared: Severity | None = None
    """The severity that it declares, where the policy gives it another one."""
    origin: str = ""
    """The pack it comes from: a distribution, or a folder that the policy names."""
    source: str = ""
    """The file that declares it, beginning with its pack, such as ``assess_rules/secrets.py``."""

    def judge(self, subject: Any, estate: Estate, graph: DependencyGraph, policy: Policy) -> list[Outcome]:
        """What the rule itself says of a subject, before missing facts are weighed."""
        return self.answer(subject, self.arguments(estate, graph, policy))

    def arguments(self, estate: Estate, graph: DependencyGraph, policy: Policy) -> dict[str, Any]:
        """What the rule is handed beside each subject, by name: the same for all subjects of an estate."""
        around: dict[str, Any] = {"estate": estate, "graph": graph, "policy": policy}
        if "thresholds" in self._parameters:
            around["thresholds"] = self.numbers(policy)
        return {name: around[name] for name in self._parameters}

    def answer(self, subject: Any, arguments: Mapping[str, Any]) -> list[Outcome]:
        """What the rule itself says of a subject, given its :meth:`arguments`; one of :data:`SILENT` of silence."""
        outcomes = list(self.check(subject, **arguments) or ())
        if not outcomes:
            return [SILENT[self.kind is Kind.READINESS]]
        for each in outcomes:
            _verify_outcome(self.id, each)
        return outcomes if self.declared is None else [self._moved_outcome(each) for each in outcomes]

    def numbers(self, policy: Policy) -> dict[str, float]:
        """The rule's thresholds by name: the team's own value, else the default."""
        return {each.name: policy.thresholds.get(f"{self.id}.{each.name}", each.default) for each in self.thresholds}

    def with_severity(self, severity: Severity) -> "Rule":
        """The rule as a policy wants it: its own severity becomes ``severity``.

        Where that is no worse than what it declares, no finding of it is worse than that any more, and milder ones stay
        as they are. Made worse, findings between the old and the new severity get the new one; milder ones, which the
        rule calls so for a reason, stay. So the order of its findings never turns round.

        Raises:
            ValueError: a rule of this kind, or with such weak evidence, cannot have that severity.
        """
        if self.kind is not Kind.READINESS and severity is not Severity.INFO:
            raise ValueError(f"{self.id} is {self.kind.value} work, which is always info")
        if self.confidence < WEAK and severity.rank < Severity.MEDIUM.rank:
            raise ValueError(f"the evidence of {self.id} is weak, so it is medium at most")
        if severity is self.severity is self.worst:
            return self
        moved = replace(self, severity=severity, declared=self.severity)
        return replace(moved, worst=moved._moved(self.worst), softest=moved._moved(self.softest))

    def _moved(self, severity: Severity) -> Severity:
        """A severity that the rule's code speaks of, as the policy wants it."""
        if self.declared is None:
            return severity
        if self.severity.rank >= self.declared.rank:
            return severity.at_most(self.severity)
        return severity if severity.rank > self.declared.rank else severity.at_least(self.severity)

    def _moved_outcome(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Fail):
            severity = self.severity if outcome.severity is None else self._moved(outcome.severity)
            softest = None if outcome.softest is None else self._moved(outcome.softest)
            return replace(outcome, severity=severity, softest=softest)
        if isinstance(outcome, Unknown) and outcome.worst is not None:
            return replace(outcome, worst=self._moved(outcome.worst))
        return outcome


def rule(
    id: str,
    checklist: Checklist,
    *,
    effort: Effort,
    needs: tuple[str, ...],
    reference: str,
    severity: Severity = Severity.INFO,
    worst: Severity | None = None,
    softest: Severity | None = None,
    kind: Kind = Kind.READINESS,
    confidence: float = 1.0,
    also_uses: tuple[str, ...] = (),
    raised_by: tuple[str, ...] = (),
    softened_by: tuple[str, ...] = (),
    across: tuple[str, ...] = (),
    looks_at: tuple[str, ...] = (),
    thresholds: tuple[Threshold, ...] = (),
) -> Callable[[Callable[..., Iterable[Outcome] | None]], Rule]:
    """Makes a rule of a function; its docstring is the rule's page (summary, why, ``Fix:`` paragraph, and so on).

    ``worst`` and ``softest`` default to ``severity``. Raises ValueError for a declaration that cannot be right.
    """
    worst_of, softest_of = worst or severity, softest or severity

    def declare(check: Callable[..., Iterable[Outcome] | None]) -> Rule:
        page = _documentation(id, check)
        subject, parameters = _signature(id, check)
        _verify_thresholds(id, thresholds)
        _verify(id, checklist, kind, (worst_of, severity, softest_of), confidence)
        return Rule(
            id=id,
            checklist=checklist,
            kind=kind,
            subject=subject,
            severity=severity,
            worst=worst_of,
            softest=softest_of,
            confidence=confidence,
            effort=effort,
            needs=needs,
            also_uses=also_uses,
            raised_by=raised_by,
            softened_by=softened_by,
            across=across,
            looks_at=looks_at,
            reference=reference,
            title=page.title,
            why=page.why,
            fix=page.fix,
            check=check,
            _parameters=parameters,
            fires=page.fires,
            passes=page.passes,
            before=page.before,
            after=page.after,
            thresholds=thresholds,
        )

    return declare


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    why: str
    fix: str
    fires: str
    passes: str
    before: str
    after: str


_BLOCK = re.compile(r"^(Before|After):\n((?:[ \t]*\n|[ ]{2,}.*(?:\n|$))+)", re.MULTILINE)
_LABELS = ("Fix", "Fires", "Passes")


def _documentation(id: str, check: Callable[..., Any]) -> _Page:
    text = inspect.cleandoc(check.__doc__ or "")
    blocks = {found[1]: textwrap.dedent(found[2]).strip("\n").rstrip() for found in _BLOCK.finditer(text)}
    paragraphs = [" ".join(each.split()) for each in _BLOCK.sub("\n", text).split("\n\n") if each.strip()]
    labelled = {
        label: "\n\n".join(
            each.removeprefix(f"{label}:").strip() for each in paragraphs if each.startswith(f"{label}:")
        )
        for label in _LABELS
    }
    rest = [each for each in paragraphs if not each.startswith(tuple(f"{label}:" for label in _LABELS))]
    if not rest[1:] or not labelled["Fix"]:
        raise ValueError(f"rule {id}: its docstring needs a summary, a reason and a paragraph that starts with Fix:")
    if any(each.startswith(("Before:", "After:")) for each in rest) or ("Before" in blocks and "After" not in blocks):
        raise ValueError(f"rule {id}: Before: and After: each stand alone on a line, before an indented block")
    return _Page(
        title=rest[0].removesuffix("."),
        why="\n\n".join(rest[1:]),
        fix=labelled["Fix"],
        fires=labelled["Fires"],
        passes=labelled["Passes"],
        before=blocks.get("Before", ""),
        after=blocks.get("After", ""),
    )


def _signature(id: str, check: Callable[..., Any]) -> tuple[SubjectKind, tuple[str, ...]]:
    names = tuple(inspect.signature(check).parameters)
    hints = get_type_hints(check)
    kind = _KINDS.get(hints.get(names[0], object)) if names else None
    unknown_names = set(names[1:]) - {"estate", "graph", "policy", "thresholds"}
    if kind is None or unknown_names:
        raise ValueError(
            f"rule {id}: its first parameter needs the type of a subject, the others are estate, graph, policy,"
            " thresholds"
        )
    return kind, names[1:]


def _verify(
    id: str, checklist: Checklist, kind: Kind, severities: tuple[Severity, Severity, Severity], confidence: float
) -> None:
    worst, severity, softest = severities
    if not id.startswith(f"{checklist.prefix}-"):
        raise ValueError(f"rule {id}: the rules of {checklist.value} start with {checklist.prefix}-")
    if not worst.rank <= severity.rank <= softest.rank:
        raise ValueError(f"rule {id}: severity must lie between worst and softest")
    if kind is not Kind.READINESS and worst is not Severity.INFO:
        raise ValueError(f"rule {id}: a {kind.value} rule is info")
    if not 0 < confidence <= 1:
        raise ValueError(f"rule {id}: confidence lies above 0 and is at most 1")
    if confidence < WEAK and worst.rank < Severity.MEDIUM.rank:
        raise ValueError(f"rule {id}: with confidence below {WEAK} a finding is medium at most")


SILENT: Mapping[bool, Outcome] = {True: Pass(), False: NotApplicable("there is nothing of the kind")}
"""What a rule says that yields nothing: of a readiness rule (True), and of another."""


def _verify_outcome(id: str, outcome: Any) -> None:
    """Stops what a rule must not say here, where it is the rule's fault, before it breaks a report."""
    match outcome:
        case Pass() | NotApplicable(why=str()) | Unknown(reason=Reason(), worst=Severity() | None):
            return
        case Fail(message=str(), element=str(), severity=Severity() | None, effort=Effort() | None):
            right = all(isinstance(each, Evidence) for each in outcome.evidence) and 0 < outcome.confidence <= 1
            if right and isinstance(outcome.remediation, str | None):
                return
    raise TypeError(f"rule {id} yields what is no outcome: use fail, passed, not_applicable or unknown")


def _verify_thresholds(id: str, thresholds: tuple[Threshold, ...]) -> None:
    for each in thresholds:
        wrong = each.problem(each.default)
        if not each.name.isidentifier() or not math.isfinite(each.default) or wrong is not None:
            raise ValueError(f"rule {id}: threshold {each.name}: {wrong or 'it needs a name and a finite default'}")
    if len({each.name for each in thresholds}) < len(thresholds):
        raise ValueError(f"rule {id}: two thresholds have one name")


WEAK = 0.6
"""Below this confidence a finding is medium at most."""


def rules_in(namespace: Iterable[Any]) -> Iterator[Rule]:
    """The rules among the members of a module."""
    for member in namespace:
        if isinstance(member, Rule):
            yield member
