"""Ownership: who decides about a workload, and who will run the platform."""

from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from assess.estate.ecs import Container
from assess.estate.estate import Estate
from assess.estate.images import ImageReference
from assess.estate.workloads import OWNER_TAGS, Workload
from assess.graph import DependencyGraph
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    WEEKS,
    Checklist,
    Outcome,
    Reason,
    Team,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.edges import callers_of
from assess_rules.known_images import data, datastore_of, image_of, is_sidecar, presumed_agent_of


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


_SHOW_CALLERS = ("cloudmap", "elb.load_balancers", "elb.listeners", "elb.target_groups", "route53")
"""Beside services and task definitions: what shows who calls whom."""


@rule(
    "OWN-NO-OWNER",
    Checklist.OWNERSHIP,
    severity=MEDIUM,
    worst=HIGH,
    effort=HOURS,
    needs=("tags", "ecs.services", "ecs.task_definitions"),
    also_uses=("survey.O3", "graph", *_SHOW_CALLERS),
    raised_by=_SHOW_CALLERS,
    thresholds=(Threshold("callers", 5, 1, 1000, "workloads that call it, from which on it is high", whole=True),),
    reference="https://docs.aws.amazon.com/wellarchitected/latest/framework/ops_ops_model_def_resource_owners.html",
)
def no_owner(
    workload: Workload, estate: Estate, graph: DependencyGraph, thresholds: Mapping[str, float]
) -> Iterator[Outcome]:
    """No owner of the workload is recorded.

    A move asks the owner of every workload for decisions: may two copies run, which downtime is allowed, what is
    tested, who is called at night. A workload without an owner waits, and everything that depends on it waits with
    it: five or more callers make it a high finding. Any tag that names an owner, team, squad, contact or cost centre on
    the service, the task definition or the cluster counts.

    Fix: find out who is called when it fails, tag the service and the task definition with the team, and enter it in
    CODEOWNERS and the on-call plan.
    """
    if workload.owner is not None:
        return
    facts = ("tags", "ecs.services", "ecs.task_definitions", "ecs.clusters")
    unread = [each for fact in facts if (each := estate.missing(fact, workload.origin, workload.related)) is not None]
    if unread:  # the tag may stand there
        first = min(unread, key=lambda each: each.reason.rank)
        yield unknown(first.reason, *first.needs)
        return
    holder = workload.service or workload.task_definition
    callers = callers_of(workload, graph)
    many = len(callers) >= thresholds["callers"]
    if holder is not None:
        called = f", which {len(callers)} others call" if many else ""
        yield fail(
            f"no tag of workload {workload.name} names an owner{called}",
            holder.evidence("tags", value=f"none of {', '.join(OWNER_TAGS)}"),
            severity=HIGH if many else MEDIUM,
        )


@rule(
    "OWN-STALE",
    Checklist.OWNERSHIP,
    severity=LOW,
    worst=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions", "ecs.deployments"),
    thresholds=(
        Threshold("days", 180, 1, 3650, "days since the last deployment that are a low finding", whole=True),
        Threshold("many_days", 365, 1, 3650, "days since the last deployment that are a medium finding", whole=True),
    ),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/application-portfolio-assessment-guide/introduction.html",
)
def not_deployed_for_long(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """The workload has not been deployed for a long time.

    A move needs a build that works: new probes, other shutdown, another SDK. After half a year base images have gone,
    credentials of the pipeline have run out and the people who knew it are elsewhere, and that is found out in the
    middle of the move.

    Passes: known agents and datastores of others, which stay at a version on purpose, are not judged.

    Fix: build the image anew from its source and deploy it on ECS before anything else is changed.
    """
    task, service = workload.task_definition, workload.service
    if task is None:
        return
    if all(presumed_agent_of(each) or datastore_of(each) for each in task.containers()):
        yield not_applicable("its images are others', kept at a version on purpose", reads=("ecs.task_definitions",))
        return
    deployed = service.primary.created_at if service is not None and service.primary is not None else None
    latest = max((each for each in (deployed, task.registered_at) if each is not None), default=None)
    if latest is None:
        in_file = workload.kind == "task_definition"
        yield unknown(Reason.NOT_IN_SOURCE, "ecs.deployments") if in_file else unknown(Reason.NO_DATA)
        return
    age = (estate.collected_at - latest).days
    if age > thresholds["days"]:
        if service is not None and service.primary is not None and latest == deployed:
            evidence = service.evidence(*service.at_primary("createdAt"), value=latest.date().isoformat())
        else:
            evidence = task.evidence("registeredAt", value=latest.date().isoformat())
        yield fail(
            f"workload {workload.name} was last deployed {age} days ago",
            evidence,
            severity=MEDIUM if age > thresholds["many_days"] else LOW,
        )


class _Publishers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    vendors: frozenset[str]
    open: frozenset[str]
    official: frozenset[str]
    namespaces: frozenset[str]


@cache
def _publishers() -> _Publishers:
    return _Publishers.model_validate(data("publishers"))


_SOURCE_LABELS = ("org.opencontainers.image.source", "org.label-schema.vcs-url")


@rule(
    "OWN-VENDOR",
    Checklist.OWNERSHIP,
    severity=LOW,
    effort=DAYS,
    confidence=0.5,
    needs=("ecs.task_definitions",),
    also_uses=("survey",),
    looks_at=("containerDefinitions[].image",),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/application-portfolio-assessment-guide/introduction.html",
)
def image_of_others(container: Container) -> Iterator[Outcome]:
    """A container runs an image that others build.

    Where shutdown, health endpoints or logs of the image do not fit a Pod, the team cannot change them. The vendor
    usually has a chart or an operator for Kubernetes, which differs from what runs on ECS today. Official images,
    known datastores and the images of known publishers count; whose image another one in a public registry is, only the
    team knows.

    Passes: images from a registry of one's own, or with credentials, or whose labels name their source; known sidecars
    and agents are not judged.

    Fix: look for the vendor's Helm chart or operator, compare its defaults with the task definition, and ask the
    vendor what is supported.
    """
    if is_sidecar(container):
        yield not_applicable("it is a sidecar or an agent")
        return
    image = image_of(container)
    if image.registry is None:
        yield unknown(Reason.UNRESOLVED)
        return
    definition = container.definition
    is_ours = definition.repository_credentials is not None or any(
        each in definition.docker_labels for each in _SOURCE_LABELS
    )
    is_public = image.registry in _publishers().open or image.is_docker_hub
    if is_ours:
        return
    if _is_of_a_publisher(image) or (is_public and datastore_of(container) is not None):
        named = "/".join((image.registry, *image.tail))
        message = f"container {container.name} runs an image that others build, {named}"
        yield fail(message, container.task.evidence(*container.at("image")))
    elif is_public:
        yield unknown(Reason.UNANSWERED, "survey")


def _is_of_a_publisher(image: ImageReference) -> bool:
    """Whether an image is published for others: an official image, or one of a known publisher."""
    known, namespace = _publishers(), "/".join(image.tail[:-1])
    if image.is_docker_hub and not namespace:
        return image.basename in known.official
    return image.registry in known.vendors or (image.registry in known.open and namespace in known.namespaces)
