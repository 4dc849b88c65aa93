"""Cases of a rule as a table: a situation in AWS's terms, and what the engine must make of the rule's answer.

::

    CASES = (
        fails("STO-HOST-PATH", "a folder of the instance is mounted for writing",
              task(container(mountPoints=[...]), volumes=[...]),
              says="volume data of container app ...", severity=HIGH, at="/volumes/0/host/sourcePath"),
        passes("STO-HOST-PATH", "only system folders are mounted", task(...)),
        not_applicable("STO-HOST-PATH", "no volume has a source path", task()),
        unknown("STO-HOST-PATH", "the task definition could not be described",
                service(), denied("ecs.task_definitions"), reason=Reason.DENIED),
    )
    NEVER = (never("STO-EFS", "pass", "a conversion rule never passes"),)

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_rule(case: Case) -> None:
        case.check()

A task definition that nothing runs (live) gets a service of its own, and a service whose cluster is not given gets a
cluster, so that a case holds only what it is about. Everything that the collectors can read counts as read, unless
:func:`denied` or :func:`unseen` takes it away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from assess.config import Policy, Target
from assess.estate.builder import EstateBuilder
from assess.estate.estate import FACT_KINDS, Estate, Scope, Source
from assess.estate.facts import Origin
from assess.estate.gaps import Gap, Reason
from assess.judging import Judgement, judge
from assess.packs import load_rules
from assess.rule import Effort, Fail, Kind, Rule, Severity

ACCOUNT = "111122223333"
REGION = "eu-west-1"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop"
SOURCE = "deploy/task.json"
"""Path of the file that :func:`file` makes facts come from."""

READ: frozenset[str] = frozenset(
    {
        *("ecs.clusters", "ecs.services", "ecs.task_definitions", "ecs.tasks", "ecs.capacity_providers"),
        *("ecs.container_instances", "ecs.deployments", "cloudmap", "iam.roles", "tags"),
        *("vpc.vpcs", "vpc.subnets", "vpc.routes", "vpc.endpoints", "vpc.security_groups", "vpc.nacls"),
        *("elb.load_balancers", "elb.listeners", "elb.target_groups", "elb.attributes"),
        *("autoscaling", "schedules", "workflows", "secrets.metadata", "parameters.metadata", "kms"),
        *("ecr.repositories", "resource.policies", "cloudwatch.alarms", "cloudwatch.metrics"),
        *("ecs.protection", "ecs.account_settings", "ecs.gateways", "autoscaling.groups", "quotas", "vpc.interfaces"),
        *("route53", "acm", "waf", "edge", "pipes", "datastores", "messaging", "lambda", "lattice"),
        *("datastores.dynamodb", "datastores.elasticache", "datastores.memorydb", "datastores.opensearch"),
        *("datastores.rds", "datastores.redshift", "datastores.s3"),
        *(f"messaging.{each}" for each in ("events", "firehose", "kafka", "kinesis", "mq", "sns", "sqs")),
        *("codedeploy", "codepipeline", "logs.groups", "cloudwatch.dashboards", "efs"),
    }
)
"""Facts that a complete scan reads."""

OutcomeName = Literal["pass", "fail", "not_applicable", "unknown"]


# --- facts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A document of the estate's list ``kind``, in AWS's terms."""

    kind: str
    document: Mapping[str, Any]
    account: str = ACCOUNT
    region: str = REGION
    source: str | None = None
    unresolved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A fact that was not read; without ``reason`` nobody tried."""

    fact: str
    reason: Reason | None = None
    action: str = ""
    resource: str | None = None


Piece = Given | Unseen | Policy


def given(kind: str, /, **document: Any) -> Given:
    """Any document: the estate's list and the document's members."""
    if kind not in FACT_KINDS:
        raise ValueError(f"an estate has no list {kind}")
    return Given(kind, document)


def container(name: str = "app", /, **fields: Any) -> dict[str, Any]:
    """A container definition with an image of ours, essential like any other."""
    return {
        "name": name,
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:1.4.2",
        "essential": True,
        **fields,
    }


def task(*containers: Mapping[str, Any], family: str = "orders", revision: int = 1, **fields: Any) -> Given:
    """A task definition of an account."""
    document = {
        "taskDefinitionArn": task_arn(family, revision),
        "family": family,
        "revision": revision,
        "status": "ACTIVE",
        "containerDefinitions": list(containers) or [container()],
        **fields,
    }
    return Given("task_definitions", document)


def file(
    *containers: Mapping[str, Any],
    family: str = "orders",
    source: str = SOURCE,
    unresolved: Mapping[str, str] | None = None,
    **fields: Any,
) -> Given:
    """A task definition of a file; ``unresolved`` are its placeholders by JSON pointer."""
    document = {"family": family, "containerDefinitions": list(containers) or [container()], **fields}
    return Given("task_definitions", document, "", "", source, unresolved or {})


def service(name: str = "orders", /, *, family: str | None = None, cluster: str = "shop", **fields: Any) -> Given:
    """A service that runs the family of its name, with one completed deployment."""
    arn = task_arn(family or name)
    deployment = {"status": "PRIMARY", "taskDefinition": arn, "rolloutState": "COMPLETED"}
    document = {
        "serviceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{cluster}/{name}",
        "serviceName": name,
        "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}",
        "status": "ACTIVE",
        "schedulingStrategy": "REPLICA",
        "launchType": "EC2",
        "desiredCount": 2,
        "runningCount": 2,
        "taskDefinition": arn,
        "deploymentController": {"type": "ECS"},
        **fields,
    }
    if "deployments" not in fields:
        document["deployments"] = [deployment]
    return Given("services", document)


def undescribed(name: str = "orders", /, *, cluster: str = "shop") -> tuple[Piece, ...]:
    """A service that is known by its ARN only, since DescribeServices was denied."""
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{cluster}/{name}"
    known = {"serviceArn": arn, "serviceName": name, "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}"}
    gone = [denied(fact, "ecs:DescribeServices", resource=arn) for fact in ("ecs.services", "ecs.deployments", "tags")]
    return (Given("services", known), *gone)


def primary(family: str = "orders", /, **fields: Any) -> list[dict[str, Any]]:
    """``deployments`` of a service: one PRIMARY deployment with these members."""
    return [{"status": "PRIMARY", "taskDefinition": task_arn(family), "rolloutState": "COMPLETED", **fields}]


def cluster(name: str = "shop", /, **fields: Any) -> Given:
    """A cluster."""
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}"
    return Given("clusters", {"clusterArn": arn, "clusterName": name, "status": "ACTIVE", **fields})


def role(name: str = "orders", /, *statements: Mapping[str, Any], **fields: Any) -> Given:
    """A role with one inline policy of these statements, for ECS tasks."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "inline", "Document": {"Version": "2012-10-17", "Statement": list(statements)}}
    document = {
        "Arn": role_arn(name),
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [policy] if statements else [],
        **fields,
    }
    return Given("roles", document, region="")


def task_arn(family: str, revision: int = 1) -> str:
    """ARN of a revision."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:{revision}"


def role_arn(name: str) -> str:
    """ARN of a role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def target(**choices: Any) -> Policy:
    """The team's choice of a target platform."""
    return Policy(target=Target(**choices))


def denied(fact: str, action: str = "", *, resource: str | None = None) -> Unseen:
    """A fact that AWS refused to tell: of one resource, or of the whole account and region."""
    return Unseen(fact, Reason.DENIED, action or f"{fact.partition('.')[0]}:Describe", resource)


def unseen(fact: str) -> Unseen:
    """A fact that the scan did not read."""
    return Unseen(fact)


def estate(*pieces: Piece) -> Estate:
    """The estate of these facts, completed as the module says."""
    facts = [each for each in pieces if isinstance(each, Given)]
    absent = [each for each in pieces if isinstance(each, Unseen)]
    facts += _completed(facts)
    builder = EstateBuilder()
    for fact in facts:
        origin = Origin(account=fact.account, region=fact.region, source=fact.source)
        if fact.unresolved:
            origin = Origin(**origin.model_dump(exclude_unset=True), unresolved=dict(fact.unresolved))
        builder.add(fact.kind, fact.document, origin)
    gone = {each.fact for each in absent if each.reason is None}
    for account, region in {(each.account, each.region) for each in facts if each.source is None and each.region}:
        for name in READ - gone:
            builder.saw(name, account, region)
    for each in absent:
        if each.reason is not None:
            builder.gap(_gap(each))
    files = sorted({each.source for each in facts if each.source is not None})
    scope = Scope(sources=tuple(_source(path) for path in files))
    return builder.build(collected_at=datetime(2026, 11, 23, 12, tzinfo=UTC), scope=scope)


def _completed(facts: list[Given]) -> list[Given]:
    """The services and clusters that the facts leave unsaid."""
    used = {_family(each.document.get("taskDefinition", "")) for each in facts if each.kind == "services"}
    starting = ("event_rules", "schedules", "state_machines", "tasks")
    triggers = any(each.kind in starting or "TaskDefinitionArn" in each.document for each in facts)
    more = []
    for fact in facts:
        if fact.kind == "task_definitions" and fact.source is None and not triggers:
            family = str(fact.document.get("family", ""))
            if family not in used:
                used.add(family)
                fargate = list(fact.document.get("requiresCompatibilities", ())) == ["FARGATE"]
                more.append(service(family, launchType="FARGATE" if fargate else "EC2"))
    clusters = {each.document["clusterArn"] for each in facts if each.kind == "clusters"}
    for fact in (*facts, *more):
        if fact.kind == "services" and fact.document["clusterArn"] not in clusters:
            clusters.add(fact.document["clusterArn"])
            more.append(cluster(str(fact.document["clusterArn"]).rpartition("/")[2]))
    return more


def _family(arn: str) -> str:
    return arn.rpartition("/")[2].partition(":")[0]


def _source(path: str) -> Source:
    return Source(path=path, kind="task_definition", facts=("ecs.task_definitions",))


def _gap(absent: Unseen) -> Gap:
    return Gap(
        api=absent.action,
        action=absent.action,
        account=ACCOUNT,
        region="",
        resource=absent.resource,
        reason=absent.reason or Reason.DENIED,
        facts=(absent.fact,),
        error="AccessDeniedException",
        message="not authorised",
    )


# --- cases ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A situation and the outcome that a rule must have in it."""

    rule: str
    situation: str
    outcome: OutcomeName
    pieces: tuple[Piece, ...]
    subject: str | None = None
    """Name or id of the subject, where there are several of the rule's kind."""
    says: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    elements: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    confidence: float | None = None
    effort: Effort | None = None
    softest: Severity | None = None
    open_reason: Reason | None = None
    """Of an unknown, also of one that stands beside a failure."""
    needs: tuple[str, ...] = ()
    worst: Severity | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.outcome}: {self.situation}"

    @property
    def policy(self) -> Policy:
        """The policy among the pieces, or the default one."""
        return next((each for each in self.pieces if isinstance(each, Policy)), Policy())

    def judgement(self) -> Judgement:
        """What the engine says of the subject.

        Raises:
            AssertionError: there is no such subject, or there are several.
        """
        judged = judge(estate(*self.pieces), [rule_of(self.rule)], self.policy)
        found = [each for each in judged if self.subject in (None, each.subject.name, each.subject.id)]
        assert len(found) == 1, f"{len(found)} subjects: {[each.subject.id for each in judged]}"
        return found[0]

    def check(self) -> None:
        """Asserts that the rule says what the case says."""
        judgement = self.judgement()
        assert judgement.broken is None, judgement.broken
        assert _outcome(judgement) == self.outcome, (judgement.fails, judgement.unknown, judgement.missing)
        if self.outcome == "fail":
            self._check_failures(judgement)
        if self.open_reason is not None:
            assert judgement.unknown is not None, "nothing is open"
            assert judgement.unknown.reason is self.open_reason
            assert set(self.needs) <= set(judgement.unknown.needs), judgement.unknown.needs
            assert self.worst in (None, judgement.unknown.worst)
        elif self.outcome == "fail":
            assert judgement.unknown is None, f"something is open: {judgement.unknown}"

    def _check_failures(self, judgement: Judgement) -> None:
        rule = judgement.rule
        fails = judgement.fails
        assert tuple(each.message for each in fails) == self.says
        severities = self.severity or (rule.severity,)
        if len(severities) == 1:
            severities = severities * len(fails)
        assert tuple(each.severity for each in fails) == severities
        for each in fails:
            _check_wording(each)
            assert all(evidence.source for evidence in each.evidence)
        if self.elements:
            assert tuple(each.element for each in fails) == self.elements
        if self.at:
            assert tuple(each.evidence[0].pointer for each in fails) == self.at
        if self.confidence is not None:
            assert {each.confidence for each in fails} == {self.confidence}
        if self.effort is not None:
            assert {each.effort for each in fails} == {self.effort}
        assert {each.softest for each in fails} == {self.softest}


@dataclass(frozen=True, slots=True)
class Never:
    """A kind of case that a rule cannot have (an outcome, or a severity), and why."""

    rule: str
    what: str
    why: str


def never(rule: str, what: OutcomeName | Severity, why: str) -> Never:
    """Says that a rule never has an outcome, or never reaches a severity in a finding."""
    return Never(rule, str(what), why)


def passes(rule: str, situation: str, *pieces: Piece, subject: str | None = None) -> Case:
    """The rule applies and its condition is absent."""
    return Case(rule, situation, "pass", pieces, subject)


def not_applicable(rule: str, situation: str, *pieces: Piece, subject: str | None = None) -> Case:
    """The question does not arise."""
    return Case(rule, situation, "not_applicable", pieces, subject)


def unknown(
    rule: str,
    situation: str,
    *pieces: Piece,
    reason: Reason,
    needs: str | tuple[str, ...] = (),
    worst: Severity | None = None,
    subject: str | None = None,
) -> Case:
    """It cannot be decided; ``needs`` are among what would decide it (IAM actions, facts, questions)."""
    return Case(rule, situation, "unknown", pieces, subject, open_reason=reason, needs=_tuple(needs), worst=worst)


def fails(
    rule: str,
    situation: str,
    *pieces: Piece,
    says: str | tuple[str, ...],
    severity: Severity | tuple[Severity, ...] = (),
    element: str | tuple[str, ...] = (),
    at: str | tuple[str, ...] = (),
    confidence: float | None = None,
    effort: Effort | None = None,
    softest: Severity | None = None,
    may_be_worse: Reason | None = None,
    needs: str | tuple[str, ...] = (),
    subject: str | None = None,
) -> Case:
    """The condition is present: the exact sentence of every finding, in order.

    ``severity`` defaults to the rule's own; ``at`` is the JSON pointer of each finding's first evidence;
    ``softest`` is what a missing fact could soften it to; ``may_be_worse`` is the reason of the unknown that must
    stand beside the findings (without it there must be none).
    """
    return Case(
        rule,
        situation,
        "fail",
        pieces,
        subject,
        says=_tuple(says),
        severity=severity if isinstance(severity, tuple) else (severity,),
        elements=_tuple(element),
        at=_tuple(at),
        confidence=confidence,
        effort=effort,
        softest=softest,
        open_reason=may_be_worse,
        needs=_tuple(needs),
    )


@cache
def _rules() -> Mapping[str, Rule]:
    return {each.id: each for each in load_rules()}


def rule_of(id: str) -> Rule:
    """A registered rule by its id."""
    return _rules()[id]


def every_rule() -> tuple[Rule, ...]:
    """Every registered rule, sorted by id."""
    return tuple(_rules().values())


def _tuple(one_or_many: str | tuple[str, ...]) -> tuple[str, ...]:
    return one_or_many if isinstance(one_or_many, tuple) else (one_or_many,)


def _outcome(judgement: Judgement) -> OutcomeName:
    if judgement.fails:
        return "fail"
    if judgement.unknown is not None:
        return "unknown"
    if not judgement.applicable:
        return "not_applicable"
    assert judgement.rule.kind is Kind.READINESS, "only a readiness rule passes"
    return "pass"


_CONTROL = re.compile(r"[\x00-\x1f]")


def _check_wording(fail: Fail) -> None:
    assert not fail.message.endswith("."), f"a message has no full stop: {fail.message}"
    assert not _CONTROL.search(fail.message), "a message is one line"
