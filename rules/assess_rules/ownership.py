"""Ownership: who decides about a workload, and who will run the platform."""

from collections.abc import Iterator

from assess.estate.estate import Estate
from assess.estate.workloads import OWNER_TAGS, Workload
from assess.rule import (
    HIGH,
    HOURS,
    MEDIUM,
    WEEKS,
    Checklist,
    Outcome,
    Reason,
    Team,
    fail,
    rule,
    unknown,
)


@rule(
    "OWN-PLATFORM",
    Checklist.OWNERSHIP,
    severity=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=("survey.O1", "survey.O2"),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/cluster-upgrades.html",
)
def no_platform_owner(_team: Team) -> Iterator[Outcome]:
    """Nobody is named who owns the EKS clusters and their add-ons.

    On ECS the control plane is AWS's. On EKS somebody upgrades the clusters, the nodes and a dozen add-ons, and
    answers when one of them breaks all workloads at once. Where that is everybody's job, it is done by whoever moved
    first, until that person leaves. Only people can say who it is.

    Fix: name the team that owns clusters, shared add-ons and upgrades before the first cluster is made, with time in
    its plan for them.
    """
    yield unknown(Reason.UNANSWERED, "survey.O1", "survey.O2")


@rule(
    "OWN-NO-OWNER",
    Checklist.OWNERSHIP,
    severity=MEDIUM,
    worst=HIGH,
    effort=HOURS,
    needs=("tags", "ecs.services", "ecs.task_definitions"),
    also_uses=("survey.O3", "graph"),
    reference="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
)
def no_owner(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """No owner of the workload is recorded.

    A move asks the owner of every workload for decisions: may two copies run, which downtime is allowed, what is
    tested, who is called at night. A workload without an owner waits, and everything that depends on it waits with
    it. Any tag that names an owner, team, squad, contact or cost centre on the service, the task definition or the
    cluster counts.

    Fix: find out who is called when it fails, tag the service and the task definition with the team, and enter it in
    CODEOWNERS and the on-call plan.
    """
    if workload.owner is not None:
        return
    facts = ("tags", "ecs.services", "ecs.task_definitions", "ecs.clusters")
    unread = [each for fact in facts if (each := estate.missing(fact, workload.origin, workload.related)) is not None]
    if unread:  # the tag may stand there
        first = min(unread, key=lambda each: each.reason.rank)
        yield unknown(first.reason, *(first.actions or (first.fact,)))
        return
    holder = workload.service or workload.task_definition
    if holder is not None:
        yield fail(
            f"no tag of workload {workload.name} names an owner",
            holder.evidence("tags", value=f"none of {', '.join(OWNER_TAGS)}"),
        )
