"""Start-up and shutdown: in which order containers start, how they end, and who starts tasks."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from assess.checklist import Checklist
from assess.estate.ecs import Container, Deployment, Service, ServiceLoadBalancer, Task, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence, pointer
from assess.estate.triggers import EventRule, Schedule, StateMachine
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Kind,
    Outcome,
    Reason,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import applications, image_of, is_mesh_proxy

_PODS = "https://kubernetes.io/docs/concepts/workloads/pods"

# --- shutdown ---------------------------------------------------------------------------------------------------


@rule(
    "LIF-STOP-TIMEOUT",
    Checklist.LIFECYCLE,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].stopTimeout",),
    reference=f"{_PODS}/pod-lifecycle/#pod-termination",
)
def long_stop_timeout(container: Container) -> Iterator[Outcome]:
    """A container is given more than 30 seconds to stop

    Kubernetes gives a Pod 30 seconds between SIGTERM and SIGKILL, as ECS does by default. A longer stop timeout has to
    be carried over, or work in flight is cut off at every rollout and every drained node. Spot interruptions (two
    minutes) and the drain limits of managed nodes still set an upper bound.

    Fix: Set terminationGracePeriodSeconds to the longest stop timeout of the task plus the preStop delay, and check
    that node drains and Spot notices leave that much time.
    """
    timeout = container.definition.stop_timeout
    if container.definition.is_essential and timeout is not None and timeout > _KUBERNETES_GRACE_SECONDS:
        message = f"container {container.name} has {timeout} s to stop, Kubernetes gives {_KUBERNETES_GRACE_SECONDS} s"
        yield fail(message, container.task.evidence(*container.at("stopTimeout")))


_KUBERNETES_GRACE_SECONDS = 30
"""Default of terminationGracePeriodSeconds."""



    Before:

        {"containerDefinitions": [{"name": "worker", "stopTimeout": 110}]}

    After:

        spec:
          terminationGracePeriodSeconds: 110  # of the whole Pod, a preStop hook included
          containers:
            - name: worker
@rule(
    "LIF-DRAIN-ORDER",
    Checklist.LIFECYCLE,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services",),
    also_uses=("elb.attributes", "survey.A16"),
    reference=f"{_PODS}/pod-lifecycle/#pod-termination",
)
def shutdown_behind_a_load_balancer(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A service behind a load balancer shuts down in another order

    ECS takes a task out of the target group and waits for the deregistration delay before it sends SIGTERM. Kubernetes
    sends SIGTERM while the endpoint is still being removed everywhere, so a server that stops listening at once
    answers some requests with 502 or 503 at every rollout.

    Fix: Add a preStop sleep (native since Kubernetes 1.34) that outlasts the removal of the endpoint, the Pod
    readiness gate of the AWS Load Balancer Controller, and a deregistration delay below the grace period.
    """
    service = workload.service
    if service is None:
        return
    holder: tuple[str | int, ...] = ()
    if not service.load_balancers and service.primary_task_set is not None:
        holder = ("taskSets", service.task_sets.index(service.primary_task_set))
    for index, attached in enumerate(service.all_load_balancers):
        group = estate.target_group_by_arn.get(attached.target_group_arn or "")
        delay = (group.attributes or {}).get("deregistration_delay.timeout_seconds") if group is not None else None
        name = _name_of(attached)

    Before:

        {"loadBalancers": [
          {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1",
           "containerName": "web", "containerPort": 8080}]}

    After:

        spec:
          terminationGracePeriodSeconds: 60
          containers:
            - name: web
              lifecycle:
                preStop:
                  sleep: {seconds: 20}  # longer than it takes to remove the endpoint everywhere
        after = f"{delay} s after" if delay else "after"
        message = f"ECS stops a task of service {workload.name} {after} it is taken out of {name}"
        yield fail(message, service.evidence(*holder, "loadBalancers", index), element=name)


def _name_of(attached: ServiceLoadBalancer) -> str:
    if attached.target_group_arn:
        path = attached.target_group_arn.rpartition(":targetgroup/")[2]
        return f"target group {path.partition('/')[0]}"
    return f"load balancer {attached.load_balancer_name}"


# --- order and fate of containers -------------------------------------------------------------------------------


@rule(
    "LIF-ESSENTIAL-SHARED-FATE",
    Checklist.LIFECYCLE,
    severity=MEDIUM,
    confidence=0.8,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].essential",),
    reference=f"{_PODS}/sidecar-containers/",
)
def several_essential_containers(task: TaskDefinition) -> Iterator[Outcome]:
    """Several application containers end together

    When an essential container ends, ECS stops the whole task and starts all of it anew. A Pod restarts the one
    container that ended; the others run on with connections, caches and locks that belonged to its predecessor.

    Known sidecars (proxies, log routers, tracing and monitoring agents) are left out of the count.

    Fix: Decide for each pair: separate Deployments where they only talk over the network; a native sidecar where one
    serves the other; or a liveness probe that fails when the partner restarts, where they must share their fate.
    """
    containers = applications(task)
    if len(containers) < 2:
        yield not_applicable("there is one application container")
        return
    essential = [each for each in containers if each.definition.is_essential]
    hidden = [each for each in essential if image_of(each).is_open]
    if len(essential) - len(hidden) >= 2:
        names = ", ".join(each.name for each in essential)
        message = f"{len(essential)} application containers of one task are essential: {names}"
        evidence = [task.evidence(*each.at("essential"), value="true") for each in essential]
        yield fail(message, *evidence, confidence=0.8)
    elif len(essential) >= 2:
        # one of them may be a sidecar: its image is not known yet
        yield unknown(Reason.UNRESOLVED, *(pointer(*each.at("image")) for each in hidden))


@rule(
    "LIF-DEPENDS-ON-SIDECAR",
    Checklist.LIFECYCLE,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].dependsOn",),
    reference=f"{_PODS}/sidecar-containers/",
)
def starts_after_a_running_container(task: TaskDefinition) -> Iterator[Outcome]:
    """A container waits until another one runs or is healthy

    A Pod starts its containers together and keeps no order between them. Only native sidecars (init containers that
    keep running, stable since Kubernetes 1.33) start before the application and stop after it.

    A container that waits for an App Mesh proxy does not count, for the proxy goes away.

    Fix: Make the container that is waited for an init container with restartPolicy Always, and give it a
    startupProbe in place of the HEALTHY condition.
    """
    proxies = {each.name for each in task.containers() if is_mesh_proxy(each)}
    for container in task.containers():
        for index, dependency in enumerate(container.definition.depends_on):
            if dependency.condition in _WAITS_UNTIL and dependency.container_name not in proxies:
                until = _WAITS_UNTIL[dependency.condition]
                message = f"container {container.name} waits until container {dependency.container_name} {until}"
                at = container.at("dependsOn", index, "condition")
                yield fail(message, task.evidence(*at), element=dependency.container_name)



    Before:

        {"containerDefinitions": [
          {"name": "web", "dependsOn": [{"containerName": "proxy", "condition": "HEALTHY"}]},
          {"name": "proxy", "healthCheck": {"command": ["CMD", "/ready"]}}]}

    After:

        spec:
          initContainers:
            - name: proxy
              restartPolicy: Always  # a sidecar: it starts before the application and stops after it
              startupProbe:
                exec: {command: [/ready]}
                periodSeconds: 5
                failureThreshold: 30
          containers:
            - name: web
_WAITS_UNTIL = {"START": "has started", "HEALTHY": "is healthy"}


@rule(
    "LIF-DEPENDS-COMPLETE",
    Checklist.LIFECYCLE,
    severity=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].dependsOn",),
    reference=f"{_PODS}/init-containers/",
)
def waits_for_a_container_that_may_fail(task: TaskDefinition) -> Iterator[Outcome]:
    """A container waits for another one that may have failed

    The condition COMPLETE is met however the container ended. An init container has to succeed: if it fails, the
    kubelet repeats it (or the Pod fails), and the application never starts. SUCCESS maps to an init container as it is.

    Fix: Find out whether the failure is meant to be tolerated. If so, make the command of the init container end with
    success in any case (sh -c "command || true"); if not, treat it as SUCCESS.
    """
    if not any(each.depends_on for each in task.container_definitions):
        yield not_applicable("no container waits for another")
        return
    for container in task.containers():
        for index, dependency in enumerate(container.definition.depends_on):
            if dependency.condition == "COMPLETE":
                message = (
                    f"container {container.name} starts once container {dependency.container_name} has ended, "
                    "even if it failed"
                )

    Before:

        {"containerDefinitions": [
          {"name": "web", "dependsOn": [{"containerName": "migrate", "condition": "COMPLETE"}]},
          {"name": "migrate", "essential": false, "command": ["./migrate"]}]}

    After:

        spec:
          initContainers:
            - name: migrate
              # ends with success even if it failed, as COMPLETE allows
              command: [sh, -c, "./migrate || true"]
          containers:
            - name: web
                at = container.at("dependsOn", index, "condition")
                yield fail(message, task.evidence(*at), element=dependency.container_name)


# --- who starts tasks -------------------------------------------------------------------------------------------


@rule(
    "LIF-STANDALONE-TASKS",
    Checklist.LIFECYCLE,
    kind=Kind.CONVERSION,
    effort=DAYS,
    needs=("ecs.tasks", "schedules", "workflows"),
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
)
def task_without_a_service(workload: Workload) -> Iterator[Outcome]:
    """Tasks are started by a schedule, a workflow or a person, not by a service

    Such tasks become Jobs and CronJobs, and whatever starts them has to learn to start those. EventBridge and
    Scheduler cannot create a Job by themselves. Both sides must not run one schedule at the same time.

    Fix: Write a CronJob with timeZone and concurrencyPolicy for each schedule; start Jobs from Step Functions with
    eks:runJob, or run the workflow on Argo Workflows. Switch each schedule off on one side before it runs on the other.
    """
    if workload.is_service:
        yield not_applicable("a service owns the tasks", reads=())
        return
    for trigger in workload.triggers:
        source = trigger.source
        message = f"{_trigger_kind(source)} {source.name} starts task {workload.name}"
        yield fail(message, source.evidence(*trigger.at), element=source.name)
    if workload.tasks and not workload.triggers:
        by = sorted({each.started_by for each in workload.tasks if each.started_by})
        message = f"task {workload.name} runs by itself" + (f", started by {' and '.join(by)}" if by else "")

    Before:

        {"Name": "nightly-report", "ScheduleExpression": "cron(30 2 * * ? *)",
         "ScheduleExpressionTimezone": "Europe/Berlin",
         "Target": {"EcsParameters": {"TaskCount": 1}}}

    After:

        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: nightly-report
        spec:
          schedule: "30 2 * * *"
          timeZone: Europe/Berlin
          concurrencyPolicy: Forbid
          jobTemplate:
            spec:
              backoffLimit: 0  # ECS does not repeat a task that failed
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - name: report
                      image: registry.example/report:1.4.2
        yield fail(message, *(_start_of(each) for each in workload.tasks))


def _trigger_kind(source: EventRule | Schedule | StateMachine) -> str:
    if isinstance(source, EventRule):
        return "EventBridge rule"
    return "schedule" if isinstance(source, Schedule) else "state machine"


def _start_of(task: Task) -> Evidence:
    return task.evidence("startedBy" if task.started_by else "group")


# --- stability --------------------------------------------------------------------------------------------------


@rule(
    "LIF-UNSTABLE",
    Checklist.LIFECYCLE,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.services", "ecs.deployments", "ecs.tasks"),
    # 3 is the circuit breaker's lowest threshold, 200 its highest
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    thresholds=(Threshold("failed_tasks", 3, 1, 200, "tasks that fail one after another", whole=True),),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
)
def unstable_service(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """A service does not run as it should today

    Moving a service that fails hides why it fails: afterwards every error may be the platform's or the service's own.
    A baseline of its behaviour on ECS, which the move is measured by, does not exist either.

    A deployment that is in progress is no failure: scan again when it is done. Three failures in a row
    (LIF-UNSTABLE.failed_tasks) count as repeated.

    Fix: Read the stopped tasks and the service's events, repair the service on ECS, and record a baseline (error
    rate, latency, restarts) before it moves.
    """
    service = workload.service
    if service is None:
        if workload.kind != "task_definition":
            yield not_applicable("no service keeps the tasks running")
        return
    if service.desired_count == 0:
        yield not_applicable("the service is scaled to nothing")
        return
    repeated = int(thresholds["failed_tasks"])
    found = list(_signs_of_failure(workload, service, estate, repeated))
    if found:
        yield from found
    elif _is_deploying(service):
        yield unknown(Reason.NO_DATA)


_STUCK = timedelta(hours=3)
"""Age at which a deployment whose tasks keep failing is no longer taken for one in progress."""


def _signs_of_failure(workload: Workload, service: Service, estate: Estate, repeated: int) -> Iterator[Outcome]:
    for index, deployment in enumerate(service.deployments):
        if deployment.rollout_state == "FAILED":
            message = f"a deployment of service {workload.name} failed"
            yield fail(message, service.evidence("deployments", index, "rolloutState"), element="deployment")
            return
    deploying = _is_deploying(service)
    for index, deployment in enumerate(service.deployments):
        failed = deployment.failed_tasks or 0
        if failed >= repeated and (not deploying or _is_stuck(deployment, estate)):
            message = f"{failed} tasks of service {workload.name} failed in a row"
            yield fail(message, service.evidence("deployments", index, "failedTasks"), element="tasks")
            return
    tasks = estate.tasks_by_service.get((service.cluster_arn, workload.name), ())
    stopped = [each for each in tasks if _has_crashed(each)]
    if len(stopped) >= repeated and not deploying:
        message = f"{len(stopped)} tasks of service {workload.name} stopped with an error in the last hour"
        yield fail(message, *(each.evidence("stopCode") for each in stopped), element="tasks")
        return
    running, desired = service.running_count, service.desired_count
    if running is None or desired is None or running >= desired or deploying:
        return
    # the list of tasks was read later than the service: both say that some are missing
    if sum(each.last_status == "RUNNING" for each in tasks) < desired:
        message = f"{running} of {desired} tasks of service {workload.name} run, and no deployment is in progress"
        yield fail(message, service.evidence("runningCount"), service.evidence("desiredCount"), element="count")


def _is_deploying(service: Service) -> bool:
    live = [each for each in service.deployments if each.status in ("PRIMARY", "ACTIVE")]
    sets = [each for each in service.task_sets if each.status in ("PRIMARY", "ACTIVE")]
    return len(live) > 1 or len(sets) > 1 or any(each.rollout_state == "IN_PROGRESS" for each in live)


def _is_stuck(deployment: Deployment, estate: Estate) -> bool:
    return deployment.created_at is not None and estate.collected_at - deployment.created_at >= _STUCK


def _has_crashed(task: Task) -> bool:
    if task.last_status != "STOPPED":
        return False
    if task.stop_code == "TaskFailedToStart":
        return True
    codes = {each.exit_code for each in task.containers if each.exit_code is not None}
    return task.stop_code == "EssentialContainerExited" and bool(codes - _ORDERLY)


_ORDERLY = {0, 143}
"""Exit codes of a container that ended by itself or obeyed SIGTERM."""
