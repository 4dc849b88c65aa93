"""Kubernetes skills: what only the team itself can say about what it can do."""

from collections.abc import Iterator

from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.rule import HIGH, MEDIUM, WEEKS, Checklist, Outcome, Reason, Team, not_applicable, rule, unknown

_MANIFESTS = ("T1", "T2", "T3", "T4", "T5", "T6")
_DEBUGGING = ("T7", "T8", "T9", "T10", "T11")
_PLATFORM = ("T17", "T18", "T19", "T20", "T21", "T22")


def _facts(questions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"survey.{each}" for each in questions)


def _unanswered(questions: tuple[str, ...]) -> Iterator[Outcome]:
    yield unknown(Reason.UNANSWERED, *_facts(questions))


@rule(
    "SKL-MANIFESTS",
    Checklist.SKILLS,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_MANIFESTS),
    reference="https://kubernetes.io/docs/concepts/workloads/management/",
)
def cannot_write_manifests(_team: Team) -> Iterator[Outcome]:
    """The team cannot yet write and own manifests.

    Every workload becomes a set of manifests that its team changes from then on: replicas, probes, resources,
    identities, rollouts. A team that copies them without understanding them learns each field in an incident. No scan
    shows that, so the team is asked, person by person.

    Fix: train two people of every team by moving one small service together, and give all teams a chart or a base
    with good defaults instead of empty files.
    """
    yield from _unanswered(_MANIFESTS)


@rule(
    "SKL-DEBUG",
    Checklist.SKILLS,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_DEBUGGING),
    reference="https://kubernetes.io/docs/tasks/debug/debug-application/",
)
def cannot_debug(_team: Team) -> Iterator[Outcome]:
    """The people on call cannot yet find faults on Kubernetes.

    A stopped ECS task gives one reason in one place; a Pod that does not start gives hints in events, conditions,
    previous logs and the node. Incidents last as long as it takes the person on call to find them, so at least two
    people must be able to, and to roll a release back, before production moves.

    Fix: write runbooks for the ten usual faults, hold game days in the test cluster, and put the first waves on call
    with somebody who has done it.
    """
    yield from _unanswered(_DEBUGGING)


@rule(
    "SKL-PLATFORM",
    Checklist.SKILLS,
    severity=HIGH,
    softest=MEDIUM,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_PLATFORM),
    also_uses=("survey.O1", "policy.target"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
)
def cannot_operate_the_platform(_team: Team) -> Iterator[Outcome]:
    """The team cannot yet operate an EKS platform.

    A Kubernetes version has 14 months of standard support on EKS, so clusters, nodes and add-ons are upgraded about
    three times a year, for ever. ECS has nothing of the kind. Where nobody can do it, upgrades are put off until
    they are forced, and networking or add-ons break with nobody to ask.

    Fix: choose EKS Auto Mode so that AWS runs most of it, hire or contract the skill, and rehearse an upgrade before
    the first production workload moves.
    """
    yield from _unanswered(_PLATFORM)


_SCHEDULING = ("T12", "T13", "T14", "T15", "T16")
_SECURITY = ("T23", "T24", "T25", "T26")


@rule(
    "SKL-SCHEDULING",
    Checklist.SKILLS,
    severity=MEDIUM,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_SCHEDULING),
    reference="https://kubernetes.io/docs/concepts/scheduling-eviction/",
)
def cannot_size_and_schedule(_team: Team) -> Iterator[Outcome]:
    """The team cannot yet size, scale and place Pods.

    Requests decide where a Pod fits, limits when it is killed or throttled, and affinity, taints and disruption
    budgets where it runs and when it goes. Wrong requests and limits are the usual first incident after a move, and
    they look like faults of the application.

    Fix: hold workshops on requests, limits and autoscaling with the team's own services, and start from
    recommendations of the Vertical Pod Autoscaler.
    """
    yield from _unanswered(_SCHEDULING)


@rule(
    "SKL-SECURITY",
    Checklist.SKILLS,
    severity=MEDIUM,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_SECURITY),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/security.html",
)
def cannot_secure_a_cluster(_team: Team) -> Iterator[Outcome]:
    """The team cannot yet close a cluster that is open by default.

    Without policies every Pod reaches every other, may run as root and may be read by whoever can read its namespace.
    On ECS roles and security groups did that; on Kubernetes RBAC, Pod Security Standards and NetworkPolicies do, and
    each of them allows everything until somebody writes it.

    Fix: write RBAC, Pod Security levels and default NetworkPolicies as code for a first namespace, review them with
    the security owner, and make every new namespace from them.
    """
    yield from _unanswered(_SECURITY)


@rule(
    "SKL-FEATURE-MATCH",
    Checklist.SKILLS,
    severity=MEDIUM,
    effort=WEEKS,
    confidence=0.8,
    needs=("survey.T27", "survey.T28", "survey.T29", "ecs.task_definitions", "ecs.services"),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/introduction.html",
)
def cannot_run_what_is_in_use(_team: Team, estate: Estate) -> Iterator[Outcome]:
    """The team may not know the counterpart of what its workloads use.

    Blue/green deployments become a rollout controller, Service Connect and App Mesh become a mesh, Windows and GPU
    tasks become nodes of another kind. Each of them is a system to operate. Where nobody has run it, the workload that
    needs it should not be in the first wave. The scan sees what is in use; what people know they have to be asked.

    Fix: train two people for each feature that is in use, or drop the feature before the move.
    """
    asked = sorted({question for workload in estate.workloads for question in _questions_of(workload)})
    if asked:
        yield unknown(Reason.UNANSWERED, *_facts(tuple(asked)))
    else:
        yield not_applicable("no workload uses progressive delivery, a mesh, Windows or accelerators")


def _questions_of(workload: Workload) -> Iterator[str]:
    """Questions about skills that what a workload uses raises."""
    service, task = workload.service, workload.task_definition
    if service is not None:
        controller, configuration = service.deployment_controller, service.deployment_configuration
        strategy = configuration.strategy if configuration is not None else None
        if (controller is not None and controller.type == "CODE_DEPLOY") or strategy not in (None, "", "ROLLING"):
            yield "T27"
        if service.service_connect is not None:
            yield "T28"
    if task is not None:
        if task.proxy_configuration is not None:
            yield "T28"
        if task.is_windows or any(each.resource_requirements for each in task.container_definitions):
            yield "T29"
