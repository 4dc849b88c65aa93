"""Capacity: what a container may use, and whether nodes are added when they are full."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from assess.config import Policy
from assess.estate.ecs import CapacityProvider, Cluster, Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import data

_RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
_BOUNDED = "Fargate bounds every task by its size"


@rule(
    "CAP-NO-MEMORY-LIMIT",
    Checklist.CAPACITY,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("cloudwatch.metrics",),
    looks_at=(
        "containerDefinitions[].memory",
        "containerDefinitions[].memoryReservation",
        "memory",
        "requiresCompatibilities",
    ),
    reference=_RESOURCES,
)
def no_memory_limit(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container has no memory limit at all.

    Without a limit a Pod is of the lowest quality of service: it may take the memory of its neighbours, and it is the
    first to be killed when its node runs out. The scheduler knows nothing of its needs either, so it packs such Pods
    onto nodes that are already full.

    Fix: watch the container's memory for two weeks, then set the request and the limit to the 99th percentile and a
    fifth more; let a LimitRange give the namespace a default, so that no Pod starts without one.

    Before:

        {"requiresCompatibilities": ["EC2"], "containerDefinitions": [{"name": "app", "cpu": 256}]}

    After:

        apiVersion: v1
        kind: LimitRange
        metadata:
          name: defaults
        spec:
          limits:
            - type: Container
              defaultRequest: {memory: 256Mi}
              default: {memory: 512Mi}
        ---
        spec:
          containers:
            - name: app
              resources:
                requests: {cpu: 250m, memory: 320Mi}
                limits: {memory: 384Mi}
    """
    if estate.runs_on_fargate(container):
        yield not_applicable(_BOUNDED)
        return
    if _memory_is_open(container) or container.definition.memory_reservation:
        return
    if not container.definition.memory and not _task_has(container.task, "memory"):
        yield fail(f"container {container.name} has neither a memory limit nor a reservation", _place(container))


@rule(
    "CAP-SOFT-LIMIT-ONLY",
    Checklist.CAPACITY,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("cloudwatch.metrics",),
    looks_at=(
        "containerDefinitions[].memory",
        "containerDefinitions[].memoryReservation",
        "memory",
        "requiresCompatibilities",
    ),
    reference=_RESOURCES,
)
def soft_limit_only(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container reserves memory and has no limit.

    The reservation becomes the Pod's memory request, but there is no ceiling to copy. Without one a leak grows until
    the node is short of memory and the kubelet evicts Pods that did nothing wrong; with one that is guessed too low
    the container is killed at its first peak.

    Fix: take the reservation as the request, and set the limit from the highest use seen over two weeks.

    Before:

        {"containerDefinitions": [{"name": "app", "memoryReservation": 256}]}

    After:

        spec:
          containers:
            - name: app
              resources:
                requests: {memory: 256Mi}
                limits: {memory: 640Mi}  # from the highest use that was seen
    """
    if estate.runs_on_fargate(container):
        yield not_applicable(_BOUNDED)
        return
    definition = container.definition
    if not definition.memory_reservation:
        yield not_applicable("the container reserves no memory")
        return
    if _memory_is_open(container) or definition.memory or _task_has(container.task, "memory"):
        return
    yield fail(
        f"container {container.name} reserves {definition.memory_reservation} MiB of memory and has no limit",
        container.task.evidence(*container.at("memoryReservation")),
    )


@rule(
    "CAP-CPU-ZERO",
    Checklist.CAPACITY,
    severity=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("cloudwatch.metrics",),
    looks_at=("containerDefinitions[].cpu", "cpu", "requiresCompatibilities"),
    reference=_RESOURCES,
)
def cpu_zero(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container asks for no CPU.

    A Pod without a CPU request gets what others leave over, so it starves first on a busy node. A
    HorizontalPodAutoscaler that follows CPU cannot work either: its percentage is one of the request.

    Fix: set the CPU request to the 95th percentile of the container's use; leave the CPU limit out, as ECS had none.

    Before:

        {"containerDefinitions": [{"name": "app", "cpu": 0, "memory": 512}]}

    After:

        spec:
          containers:
            - name: app
              resources:
                requests: {cpu: 250m, memory: 512Mi}  # 250m: what it was seen to use
                limits: {memory: 512Mi}
    """
    if estate.runs_on_fargate(container):
        yield not_applicable("Fargate gives every task a size")
        return
    task = container.task
    if task.is_unresolved(*container.at("cpu")):
        return
    if not container.definition.cpu and not _task_has(task, "cpu"):
        at = container.at("cpu") if container.definition.cpu is not None else container.at("name")
        yield fail(f"container {container.name} asks for no CPU, and neither does its task", task.evidence(*at))


@rule(
    "CAP-NODE-AUTOSCALING",
    Checklist.CAPACITY,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.capacity_providers", "ecs.services"),
    also_uses=("autoscaling", "autoscaling.groups", "ecs.container_instances"),
    softened_by=("autoscaling",),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/karpenter.html",
)
def no_node_autoscaling(cluster: Cluster, estate: Estate) -> Iterator[Outcome]:
    """Instances are not added when the cluster is full.

    Pods for which no node has room stay Pending until somebody adds one. A team whose instances never scaled has
    neither the habit nor the limits (quotas, budgets, instance types) for it, and the rollout of a single service
    asks for room for its surge. Whether the Auto Scaling group scales by a policy of its own is not judged here.

    Fix: run Karpenter or EKS Auto Mode, with NodePools whose limits and instance types are decided beforehand.
    """
    workloads = [each for each in estate.workloads if each.cluster_arn == cluster.cluster_arn]
    found = list(_fixed_capacity(cluster, workloads, estate))
    if not found:
        if not _has_instances(cluster, workloads, estate):
            yield not_applicable("nothing in the cluster runs on EC2 instances that the team provides")
        return
    scales = estate.missing("autoscaling", cluster.origin, None) is not None or any(
        _is_scaled(each, estate) for each in workloads if "EC2" in each.launch_types
    )
    for message, evidence, element in found:
        yield fail(message, evidence, element=element, severity=MEDIUM if scales else LOW)


def _fixed_capacity(cluster: Cluster, workloads: list[Workload], estate: Estate) -> Iterator[tuple[str, Evidence, str]]:
    for provider in _group_providers(cluster, estate):
        group = provider.auto_scaling_group_provider
        scaling = group.managed_scaling if group is not None else None
        if scaling is None or scaling.status != "ENABLED":
            at = ("autoScalingGroupProvider", "managedScaling", "status")
            yield (
                f"capacity provider {provider.name} of cluster {cluster.name} does not scale its instances",
                provider.evidence(*at),
                provider.name,
            )
    for workload in workloads:
        service = workload.service
        if workload.kind == "daemon":
            continue  # it runs wherever instances are, and asks for none
        if service is not None and "EC2" in workload.launch_types and not service.strategy:
            if _default_strategy_applies(cluster, workload):
                continue
            if estate.missing("ecs.services", workload.origin, workload.related) is not None:
                continue  # what was not read is not the launch type EC2
            yield (
                f"cluster {cluster.name} runs services on instances that no capacity provider scales",
                service.evidence("launchType"),
                "",
            )
            return


def _default_strategy_applies(cluster: Cluster, workload: Workload) -> bool:
    """Whether a service without a launch type of its own uses the cluster's default capacity providers."""
    service = workload.service
    named = service is not None and (service.launch_type or (service.primary and service.primary.launch_type))
    return not named and bool(cluster.default_capacity_provider_strategy)


def _group_providers(cluster: Cluster, estate: Estate) -> Iterator[CapacityProvider]:
    for name in cluster.capacity_providers:
        key = (cluster.origin.account, cluster.origin.region, name)
        provider = estate.capacity_provider_by_name.get(key)
        if provider is not None and provider.auto_scaling_group_provider is not None:
            yield provider


def _has_instances(cluster: Cluster, workloads: list[Workload], estate: Estate) -> bool:
    return any("EC2" in each.launch_types for each in workloads) or any(_group_providers(cluster, estate))


def _is_scaled(workload: Workload, estate: Estate) -> bool:
    origin = workload.origin
    key = (origin.account, origin.region, f"service/{workload.cluster}/{workload.name}")
    return key in estate.scalable_target_by_resource


def _memory_is_open(container: Container) -> bool:
    task = container.task
    return task.is_unresolved(*container.at("memory")) or task.is_unresolved(*container.at("memoryReservation"))


def _task_has(task: TaskDefinition, field: str) -> bool:
    return bool(getattr(task, field)) or task.is_unresolved(field)


def _place(container: Container) -> Evidence:
    return container.task.evidence(*container.at("name"))


@rule(
    "CAP-TASK-LEVEL-SIZE",
    Checklist.CAPACITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("cpu", "memory", "containerDefinitions[].cpu", "containerDefinitions[].memory"),
    reference=f"{_RESOURCES}#pod-level-resource-specification",
)
def size_of_the_task_only(task: TaskDefinition) -> Iterator[Outcome]:
    """Several containers share the task's size and have none of their own.

    ECS lets them take what they need from the task as a whole. Kubernetes traditionally wants requests for each
    container, and nobody has ever said which of them needs how much. A guess that is too small starves one container
    beside another that has plenty.

    Fix: write the task's size as the Pod's own resources where the clusters have PodLevelResources (on by default
    since Kubernetes 1.34), else split it by what each container was seen to use.

    Before:

        {"cpu": "1024", "memory": "2048", "containerDefinitions": [{"name": "web"}, {"name": "php"}]}

    After:

        # where the clusters have PodLevelResources; else requests and limits for each container
        spec:
          resources:
            requests: {cpu: "1", memory: 2Gi}
            limits: {memory: 2Gi}
          containers:
            - name: web
            - name: php
    """
    if not (task.cpu or task.memory):
        return
    unsized = [
        each
        for each in task.containers()
        if not (each.definition.cpu or each.definition.memory or each.definition.memory_reservation)
        and not _memory_is_open(each)
        and not task.is_unresolved(*each.at("cpu"))
    ]
    if len(unsized) > 1:
        yield fail(
            f"{len(unsized)} containers of task definition {task.family} share its size and have none of their own",
            *(_place(each) for each in unsized),
        )


@rule(
    "CAP-CPU-LIMIT-INTRODUCED",
    Checklist.CAPACITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].cpu", "cpu", "requiresCompatibilities"),
    reference=_RESOURCES,
)
def cpu_share(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container has a share of CPU, and no limit.

    On an instance the CPU units of a container are a share in times of need; when its neighbours are idle it may use
    all processors. Copied into limits.cpu they become a ceiling, and the container is throttled where it never was.

    Fix: carry the units over as requests.cpu (1024 units are 1000m) and leave limits.cpu out.
    """
    task, units = container.task, container.definition.cpu
    if units and not estate.runs_on_fargate(container) and not _task_has(task, "cpu"):
        yield fail(f"container {container.name} has a share of {units} CPU units", task.evidence(*container.at("cpu")))


_FARGATE_MEMORY_GIB: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0.25, (0.5, 1, 2)),
    (0.5, (1, 2, 3, 4)),
    (1, tuple(range(2, 9))),
    (2, tuple(range(4, 17))),
    (4, tuple(range(8, 31))),
    (8, tuple(range(16, 61, 4))),
    (16, tuple(range(32, 121, 8))),
)
"""vCPU, and the memory in GB that EKS Fargate gives a Pod with it
(https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html)."""

_FARGATE_OVERHEAD_MIB = 256
"""What EKS Fargate adds to every Pod for the kubelet and its companions (the same page)."""


@rule(
    "CAP-FARGATE-ROUNDING",
    Checklist.CAPACITY,
    severity=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    looks_at=("cpu", "memory"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html",
)
def rounded_up_on_fargate(task: TaskDefinition, policy: Policy) -> Iterator[Outcome]:
    """EKS Fargate would give, and charge, a larger size than the task has.

    EKS Fargate adds 256 MiB to the memory of every Pod and then rounds up to the next size that it offers. A task that
    fills its size on ECS needs the next one, and at the end of a row the next number of processors: 1 vCPU with 8 GB
    becomes 2 vCPU with 9 GB.

    Fix: ask for 256 MiB less than the size where the container does not need them, or choose nodes.
    """
    if policy.target.compute != "fargate":
        yield not_applicable("EKS Fargate is not the chosen target")
        return
    cpu, memory = task.cpu_units, task.memory_mib
    if not cpu or not memory:
        yield (
            unknown(Reason.UNRESOLVED)
            if task.is_unresolved("cpu") or task.is_unresolved("memory")
            else not_applicable("the task has no size")
        )
        return
    before, after = _fargate_size(cpu, memory), _fargate_size(cpu, memory + _FARGATE_OVERHEAD_MIB)
    if before == after:
        return
    size = "more than EKS Fargate offers" if after is None else f"{after[0]:g} vCPU and {after[1]:g} GB on EKS Fargate"
    yield fail(
        f"the task's {cpu / 1024:g} vCPU and {memory / 1024:g} GB become {size}",
        task.evidence("cpu"),
        task.evidence("memory"),
    )


def _fargate_size(cpu: int, memory: int) -> tuple[float, float] | None:
    """The smallest size (vCPU, GB) that holds CPU units and MiB of memory."""
    for processors, sizes in _FARGATE_MEMORY_GIB:
        for size in sizes:
            if processors * 1024 >= cpu and size * 1024 >= memory:
                return processors, size
    return None


class _Sizes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    vcpus: Mapping[str, int]
    gib_per_vcpu: Mapping[str, int]
    generations: Mapping[str, int]
    exceptions: Mapping[str, frozenset[str]]


@cache
def _sizes() -> _Sizes:
    return _Sizes.model_validate(data("instance_sizes"))


_TYPE = re.compile(r"(([a-z]+)([0-9]+)[a-z0-9-]*)\.(?:([0-9]+)x)?([a-z]+)")


def _node(instance_type: str) -> tuple[int, int] | None:
    """vCPUs and GiB of an instance type, where its name tells them."""
    known, named = _sizes(), _TYPE.fullmatch(instance_type)
    if named is None:
        return None
    family, letters, generation, times, size = named.groups()
    ratio, vcpus = known.gib_per_vcpu.get(letters), known.vcpus.get("xlarge" if times else size)
    is_known = int(generation) >= known.generations["first"] and family not in known.exceptions["names"]
    if ratio is None or vcpus is None or not is_known or (times and size != "large"):
        return None
    vcpus *= int(times or 1)
    return vcpus, vcpus * ratio


@rule(
    "CAP-BIG-POD",
    Checklist.CAPACITY,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    looks_at=("cpu", "memory", "containerDefinitions[].cpu", "containerDefinitions[].memory"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html",
)
def larger_than_nodes(task: TaskDefinition, policy: Policy) -> Iterator[Outcome]:
    """A Pod takes more than half of the largest node that is allowed.

    Such a Pod leaves room on its node that nothing else fits into, and a second copy needs a node of its own. A node
    also keeps part of itself for the kubelet, the system and its daemons, so a Pod of nearly a node's size does not
    start at all.

    Fires: instance types are named under ``[target] instance_types`` in assess.toml, and the task reserves more than
    half of the CPU or the memory of the largest of them.

    Passes: Karpenter and EKS Auto Mode without such a list choose a size that fits. Of instance types other than those
    of the families c, m and r nothing is known here.

    Fix: allow larger instance types for this workload, in a NodePool or node group of its own, or make its tasks
    smaller and more.
    """
    target = policy.target
    if target.compute == "fargate" or (target.compute in ("karpenter", "auto_mode") and not target.instance_types):
        yield not_applicable("nodes of any size may be chosen", reads=())
        return
    if not target.instance_types:
        yield unknown(Reason.UNANSWERED, "policy.target")
        return
    nodes = [each for each in map(_node, target.instance_types) if each is not None]
    if len(nodes) < len(target.instance_types):  # the one that is not known may be the largest
        yield unknown(Reason.NO_DATA)
        return
    definitions = [each.definition for each in task.containers()]
    cpu = task.cpu_units or sum(each.cpu or 0 for each in definitions)
    memory = task.memory_mib or sum(each.memory or each.memory_reservation or 0 for each in definitions)
    vcpus, gib = max(nodes)[0], max(each[1] for each in nodes)
    # one type must hold both
    if not any(2 * cpu <= node[0] * 1024 and 2 * memory <= node[1] * 1024 for node in nodes):
        yield fail(
            f"the task's {cpu / 1024:g} vCPU and {memory / 1024:g} GB are more than half of every allowed node, of "
            f"{vcpus} vCPU and {gib} GiB at most",
            task.evidence("cpu"),
            task.evidence("memory"),
        )


@rule(
    "CAP-NODE-SIZING",
    Checklist.CAPACITY,
    kind=Kind.INVENTORY,
    effort=DAYS,
    needs=("ecs.clusters", "ecs.capacity_providers", "ecs.container_instances"),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/cas.html",
)
def instances_to_replace(cluster: Cluster, estate: Estate) -> Iterator[Outcome]:
    """The cluster has instances, which nodes have to take the place of.

    How many nodes of which size are needed follows from the requests of the Pods, what a node keeps for itself, the
    daemons on it and room for a rollout. The instances of today say what was enough until now. Fargate only clusters
    are sized by their tasks instead.

    Fix: choose instance types by the largest Pod and by the ratio of memory to CPU, let Karpenter or Auto Mode pick
    among many, and compare the result with the instances of today.
    """
    instances = estate.container_instances_by_cluster.get(cluster.identity, ())
    count = len(instances) or cluster.registered_container_instances_count or 0
    types = sorted({each.attribute("ecs.instance-type") or "" for each in instances} - {""})
    if count:
        kinds = f" ({', '.join(types)})" if types else ""
        noun = "instance" if count == 1 else "instances"
        at = cluster.evidence("registeredContainerInstancesCount", value=str(count))
        yield fail(f"cluster {cluster.name} has {count} {noun}{kinds}", at, element="instances")
    for index, name in enumerate(cluster.capacity_providers):
        provider = estate.capacity_provider_by_name.get((cluster.origin.account, cluster.origin.region, name))
        if provider is not None and provider.managed_instances_provider:
            message = f"cluster {cluster.name} draws on managed instances of provider {name}"
            yield fail(message, cluster.evidence("capacityProviders", index, value=name), element=name)
