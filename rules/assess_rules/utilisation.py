"""Utilisation: what services use of what they reserve, and which of them nobody uses."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from assess.estate.ecs import TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.metrics import LONG, SHORT, ServiceMetrics
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)

_SIZING = "https://docs.aws.amazon.com/eks/latest/best-practices/cost-opt-compute.html"
_NO_SERVICE = "no service runs the tasks, so they end with their work"
_RESERVE = re.compile(
    r"(?<![a-z0-9])(dr|standby|stand-by|disaster|failover|spiky|bursty|burst)(?![a-z0-9])", re.IGNORECASE
)


def _metrics(workload: Workload, estate: Estate) -> ServiceMetrics | None:
    return estate.metrics_by_service.get(workload.arn) if workload.service is not None else None


def _stands_by(workload: Workload) -> bool:
    """Whether a name or a tag says that the workload waits for a disaster or a burst, so that idling is its duty."""
    cluster = workload.cluster_facts.tag_map if workload.cluster_facts is not None else {}
    tags = (*workload.tags.items(), *cluster.items())
    texts = (workload.name, workload.cluster, *(text for tag in tags for text in tag))
    return any(_RESERVE.search(each.replace("_", "-")) for each in texts)


def _reserved(task: TaskDefinition) -> tuple[float, float]:
    """CPU units and MiB that a task reserves: its own size, else the sum of its containers'."""
    containers = [each.definition for each in task.containers()]
    cpu = task.cpu_units or sum(each.cpu or 0 for each in containers)
    memory = task.memory_mib or sum(each.memory_reservation or each.memory or 0 for each in containers)
    return cpu, memory


@rule(
    "CAP-OVERPROVISIONED",
    Checklist.CAPACITY,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("cloudwatch.metrics", "ecs.task_definitions", "ecs.services"),
    thresholds=(
        Threshold("cpu", 20, 1, 100, "percent of the reserved CPU that 95 of 100 hours stay below"),
        Threshold("memory", 40, 1, 100, "percent of the reserved memory that 95 of 100 hours stay below"),
    ),
    reference=_SIZING,
)
def reserved_above_use(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """A service reserves far more than it uses.

    Requests are copied from what the task reserves, and nodes are bought for requests. What is idle on ECS is then
    idle on EKS, and harder to see, since the nodes look full. A HorizontalPodAutoscaler counts in percent of the
    request too, so a request that is corrected later moves its target with it.

    Fires: in 95 of 100 hours of the last 14 days both CPU and memory stayed below the thresholds, and the service as a
    whole would give back more than half a vCPU or a GiB.

    Passes: services whose name or tags say that they stand by for a disaster or a burst, a single task that came near
    its memory, and services too small to give anything back.

    Fix: set the CPU request to the 95th percentile of the use and a sixth more, the memory to the highest use and a
    fifth more, try it on ECS first, and let the VerticalPodAutoscaler recommend from then on.

    Before:

        {"cpu": "2048", "memory": "8192"}

    After:

        spec:
          containers:
            - name: app
              resources:
                requests: {cpu: 300m, memory: 1536Mi}  # from two weeks of use
                limits: {memory: 1536Mi}
    """
    service, task = workload.service, workload.task_definition
    if workload.runs_to_completion:
        yield not_applicable(_NO_SERVICE, reads=("ecs.services",))
        return
    if workload.kind == "task_definition" or service is None or task is None:
        return
    if _stands_by(workload):
        yield not_applicable("its name or a tag says that it stands by", reads=("ecs.services", "ecs.task_definitions"))
        return
    found = _metrics(workload, estate)
    if found is None or found.cpu.p95 is None or found.memory.p95 is None:
        yield unknown(Reason.NO_DATA)
        return
    cpu, memory = found.cpu.p95, found.memory.p95
    if cpu >= thresholds["cpu"] or memory >= thresholds["memory"]:
        return
    if min(found.cpu.days, found.memory.days) < SHORT or found.cpu.hours <= SHORT:
        yield unknown(Reason.NO_DATA)
        return
    if (found.memory.maximum or 0) > _NEAR or not _is_worth_it(task, service.running_count or 0, cpu, memory):
        return
    yield fail(
        f"service {workload.name} used at most {cpu:g} percent of its CPU and {memory:g} percent of its memory "
        f"in 95 of 100 hours of {SHORT} days",
        found.evidence("cpu", "p95"),
        found.evidence("memory", "p95"),
    )


_NEAR = 85.0
"""Percent of its memory above which a task is close to being killed."""

_GOOD_USE_OF_CPU, _GOOD_USE_OF_MEMORY = 60.0, 80.0
"""Percent of a reservation that a service of the right size uses."""


def _is_worth_it(task: TaskDefinition, tasks: int, cpu: float, memory: float) -> bool:
    """Whether the right size would give back more than half a vCPU or a GiB over all tasks."""
    units, mib = _reserved(task)
    spare_units = tasks * units * max(0.0, 1 - cpu / _GOOD_USE_OF_CPU)
    spare_mib = tasks * mib * max(0.0, 1 - memory / _GOOD_USE_OF_MEMORY)
    return spare_units > 512 or spare_mib > 1024


@rule(
    "CAP-UNDERPROVISIONED",
    Checklist.CAPACITY,
    severity=HIGH,
    softest=MEDIUM,
    effort=HOURS,
    confidence=0.8,
    needs=("cloudwatch.metrics", "ecs.tasks", "ecs.task_definitions"),
    also_uses=("ecs.services",),
    softened_by=("ecs.task_definitions",),
    reference=_SIZING,
)
def near_saturation(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A service is close to the end of its memory, or was killed for it.

    The same container needs a little more in a Pod: other base processes in the node, sidecars of the mesh, caches
    that count as memory. What just fits on ECS is killed on Kubernetes, at night and under load, and the move is
    blamed for it.

    Fires: in more than 5 of 100 hours of the last 14 days the tasks used more than 85 percent of the memory that they
    reserve, or tasks that ended within the last hour, which is as long as ECS remembers them, were killed for want of
    memory.

    Passes: a short peak, such as at a deployment. Exit code 137 alone does not count, since a container that does
    not stop in time ends with it too.

    Fix: raise the memory on ECS before the move until the highest use leaves a fifth free, and take that as request
    and limit.
    """
    if workload.kind == "task_definition":
        return
    service = workload.service
    if service is not None and service.desired_count == 0:
        yield not_applicable("the service should run no task", reads=("ecs.services",))
        return
    key = (workload.cluster_arn, workload.name)
    tasks = estate.tasks_by_service.get(key, ()) if service is not None else workload.tasks
    killed = [
        each.evidence("containers", index, "reason")
        for each in tasks
        for index, one in enumerate(each.containers)
        if _is_out_of_memory(one.reason)
    ]
    if killed:
        times = "once" if len(killed) == 1 else f"{len(killed)} times"
        yield fail(
            f"a container of workload {workload.name} was killed for want of memory {times} within the last hour",
            *killed,
            element="killed",
            severity=HIGH if len(killed) > 1 else MEDIUM,
        )
    found = _metrics(workload, estate)
    p95 = found.memory.p95 if found is not None else None
    if found is not None and p95 is not None and p95 > _NEAR and found.memory.days >= SHORT:
        soft = workload.task_definition is not None and _is_soft(workload.task_definition)
        yield fail(
            f"service {workload.name} uses up to {p95:g} percent of the memory that it reserves",
            found.evidence("memory", "p95"),
            element="memory",
            # above a reservation that is no limit it takes from its neighbours, and is not killed
            severity=MEDIUM if soft else HIGH,
        )
    elif found is None or found.memory.days < SHORT:
        missing = estate.missing("cloudwatch.metrics", workload.origin, workload.related)
        if missing is not None:
            yield unknown(missing.reason, *missing.needs)
        else:
            yield unknown(Reason.NO_DATA)


def _is_out_of_memory(reason: str | None) -> bool:
    return (reason or "").startswith("OutOfMemory")


def _is_soft(task: TaskDefinition) -> bool:
    """Whether the percentage is of a reservation, which a container may exceed."""
    return not task.memory_mib and any(each.definition.memory_reservation for each in task.containers())


@rule(
    "CAP-NO-METRICS",
    Checklist.CAPACITY,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("cloudwatch.metrics",),
    also_uses=("ecs.clusters", "ecs.services", "ecs.task_definitions"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-container-insights.html",
)
def no_use_is_known(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """CloudWatch knows nothing of what the service used for two weeks.

    Requests, limits and node counts are then guesses. ECS sends CPU and memory of every service that runs tasks, so
    such a service ran none, or is new, or its agent has stopped sending.

    Passes: services that should run in a cluster without Container Insights; whether an agent measures their
    containers instead is what OBS-NO-METRICS looks at.

    Fix: find out whether the service is still needed; if so, let it run with Container Insights for two weeks,
    a month end included, before it is sized.
    """
    found = _metrics(workload, estate)
    if found is None or found.cpu.hours or found.memory.hours:
        return
    cluster = workload.cluster_facts
    runs = workload.service is not None and bool(workload.service.desired_count)
    if cluster is not None and runs and (cluster.setting("containerInsights") or "disabled") == "disabled":
        yield not_applicable("Container Insights is off in the cluster, which is a finding of its own")
        return
    yield fail(
        f"CloudWatch holds no CPU or memory use of service {workload.name} for the last {SHORT} days",
        found.evidence("cpu", "hours"),
    )


@rule(
    "OWN-IDLE",
    Checklist.OWNERSHIP,
    kind=Kind.INVENTORY,
    effort=HOURS,
    confidence=0.8,
    needs=("ecs.services", "cloudwatch.metrics"),
    also_uses=("autoscaling", "elb.target_groups"),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/application-portfolio-assessment-guide/introduction.html",
)
def nobody_uses_it(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Nobody seems to use the service.

    What nobody uses need not move. Each service that is retired instead saves its whole conversion, its tests and its
    place in a wave, and somebody usually knows at once whether it can go.

    Fires: for 30 days the service ran no task and should run none; or no request reached it through its load balancers
    and it used less than 1 percent of its CPU on each day.

    Passes: services that stand by by their name or tags, that a schedule scales, daemons, and services that are new.
    Where no load balancer counts requests, the CPU alone is weak evidence: a worker may wait for rare messages.

    Fix: ask its owner; stop it on ECS for a month, and take it out of the plan when nobody notices.
    """
    service, found = workload.service, _metrics(workload, estate)
    if service is None or found is None or workload.kind == "daemon" or _stands_by(workload):
        return
    resource = (workload.origin.account, workload.origin.region, f"service/{workload.cluster}/{workload.name}")
    if estate.scheduled_scalings_by_resource.get(resource):
        return
    if service.created_at is not None and estate.collected_at - service.created_at < timedelta(days=LONG):
        return
    busiest = found.cpu.busiest_day
    if service.desired_count == 0:
        if busiest is None and not service.running_count:
            yield fail(
                f"service {workload.name} ran no task for {LONG} days and should run none",
                service.evidence("desiredCount"),
            )
        return
    if busiest is None or busiest >= 1 or found.cpu.long_days < LONG:
        return
    if not service.all_load_balancers:
        yield fail(
            f"service {workload.name} used less than 1 percent of its CPU on each of {LONG} days",
            found.evidence("cpu", "busiestDay"),
            confidence=0.5,
        )
    elif found.requests is not None and not found.requests.busiest_day:
        yield fail(
            f"no request reached service {workload.name} for {LONG} days, and it used less than 1 percent of its CPU",
            found.evidence("cpu", "busiestDay"),
            Evidence(source=found.identity, pointer="/requests/busiestDay", value="0"),
        )


@rule(
    "SVC-NO-SCALING",
    Checklist.SERVICE_CONFIGURATION,
    severity=LOW,
    effort=HOURS,
    confidence=0.8,
    needs=("autoscaling", "ecs.services", "cloudwatch.metrics"),
    also_uses=("tags", "elb.target_groups"),
    thresholds=(
        Threshold("ratio", 3, 1, 100, "load of the busiest hour over that of the average hour"),
        Threshold("cpu", 20, 0, 100, "percent of its CPU that the service uses in the busiest hour at least"),
    ),
    reference="https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
)
def load_that_varies(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """The load varies, and the number of tasks does not.

    The service carries its busiest hour all day. On Kubernetes that is paid for in nodes, and the move is a good
    moment to change it, since replicas are about to be written down anyway.

    Fires: in production, where no scalable target exists and the busiest hour of 14 days has more than three times the
    CPU use or the requests of the average hour.

    Passes: a load that is small even in its busiest hour, for which one size does.

    Fix: add a HorizontalPodAutoscaler on CPU or on requests, with the present count as its minimum to begin with.
    """
    service = workload.service
    if workload.kind == "task_definition":
        return
    if workload.kind != "service" or service is None:
        yield not_applicable("no service keeps a number of tasks", reads=("ecs.services",))
        return
    if workload.environment != "production":
        yield not_applicable("it does not run in production", reads=("ecs.services",))
        return
    resource = (workload.origin.account, workload.origin.region, f"service/{workload.cluster}/{workload.name}")
    if resource in estate.scalable_target_by_resource:
        yield not_applicable("it is scaled", reads=("autoscaling",))
        return
    missing = estate.missing("autoscaling", workload.origin, workload.related)
    if missing is not None:  # the scalable target may be there
        yield unknown(missing.reason, *missing.needs)
        return
    found = _metrics(workload, estate)
    if found is None or found.cpu.peak is None or found.cpu.days < SHORT:
        yield unknown(Reason.NO_DATA)
        return
    if found.cpu.peak < thresholds["cpu"]:
        return
    loads = (("cpu", "CPU use", found.cpu), ("requests", "requests", found.requests))
    for field, words, load in loads:
        if load is not None and load.peak is not None and load.mean and load.peak > thresholds["ratio"] * load.mean:
            yield fail(
                f"the busiest hour of service {workload.name} has {load.peak / load.mean:.1f} times the {words} of "
                "the average hour, and nothing scales it",
                found.evidence(field, "peak"),
                found.evidence(field, "mean"),
            )
            return
    if found.requests is None and service.all_load_balancers:
        unread = estate.missing("elb.target_groups", workload.origin, workload.related)
        if unread is not None:  # the requests may vary where the CPU does not
            yield unknown(unread.reason, *unread.needs)
