"""Start-up and shutdown: in which order containers start, how they end, and who starts tasks."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.ecs import (
    CapacityProvider,
    Container,
    ContainerDefinition,
    Deployment,
    Service,
    ServiceLoadBalancer,
    Task,
    TaskDefinition,
)
from assess.estate.estate import Estate
from assess.estate.facts import Evidence, pointer
from assess.estate.triggers import EventRule, Pipe, Schedule, StateMachine
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    INFO,
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
from assess_rules.known_images import applications, image_of, is_mesh_proxy, is_sidecar

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

    Before:

        {"containerDefinitions": [{"name": "worker", "stopTimeout": 110}]}

    After:

        spec:
          terminationGracePeriodSeconds: 110  # of the whole Pod, a preStop hook included
          containers:
            - name: worker
    """
    timeout = container.definition.stop_timeout
    if container.definition.is_essential and timeout is not None and timeout > _KUBERNETES_GRACE_SECONDS:
        message = f"container {container.name} has {timeout} s to stop, Kubernetes gives {_KUBERNETES_GRACE_SECONDS} s"
        yield fail(message, container.task.evidence(*container.at("stopTimeout")))


_KUBERNETES_GRACE_SECONDS = 30
"""Default of terminationGracePeriodSeconds."""


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

    Known sidecars (proxies, log routers, tracing and monitoring agents) are left out of the count, and so are
    containers whose name or image says that they are one.

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

    A container that waits for an App Mesh proxy does not count, for the proxy goes away, nor does one that waits for a
    container that the task does not have.

    Fix: Make the container that is waited for an init container with restartPolicy Always, and give it a
    startupProbe in place of the HEALTHY condition.

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
    """
    companions = {each.name for each in task.containers() if not is_mesh_proxy(each)}
    for container in task.containers():
        for index, dependency in enumerate(container.definition.depends_on):
            if dependency.condition in _WAITS_UNTIL and dependency.container_name in companions:
                until = _WAITS_UNTIL[dependency.condition]
                message = f"container {container.name} waits until container {dependency.container_name} {until}"
                at = container.at("dependsOn", index, "condition")
                yield fail(message, task.evidence(*at), element=dependency.container_name)


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
    """
    if not any(each.depends_on for each in task.container_definitions):
        yield not_applicable("no container waits for another")
        return
    names = {each.name for each in task.container_definitions}
    for container in task.containers():
        for index, dependency in enumerate(container.definition.depends_on):
            if dependency.condition == "COMPLETE" and dependency.container_name in names:
                message = (
                    f"container {container.name} starts once container {dependency.container_name} has ended, "
                    "even if it failed"
                )
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
        yield fail(message, *(_start_of(each) for each in workload.tasks))


def _trigger_kind(source: EventRule | Schedule | StateMachine | Pipe) -> str:
    match source:
        case EventRule():
            return "EventBridge rule"
        case Schedule():
            return "schedule"
        case Pipe():
            return "pipe"
        case StateMachine():
            return "state machine"


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


# --- processes, restarts and interruptions ----------------------------------------------------------------------


@rule(
    "LIF-SPOT",
    Checklist.LIFECYCLE,
    severity=LOW,
    worst=MEDIUM,
    effort=DAYS,
    needs=("ecs.services", "ecs.clusters", "ecs.capacity_providers"),
    also_uses=("ecs.container_instances", "autoscaling.groups", "policy.target"),
    raised_by=("policy.target",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/fargate.html",
)
def spot_capacity(workload: Workload, estate: Estate, policy: Policy) -> Iterator[Outcome]:
    """Tasks run on Spot capacity

    ECS keeps a base of tasks on ordinary capacity and shares the rest out by weight. The scheduler of Kubernetes knows
    no such ratio: without rules of its own all replicas may end up on Spot nodes that are taken away together. EKS
    Fargate has no Spot at all, which makes it a medium finding there.

    Passes: a Spot provider with weight 0 and base 0.

    Fix: Make a Spot node pool and an ordinary one, keep the floor of replicas on ordinary nodes by a second Deployment
    or by affinity, spread the rest, and handle the two minutes of notice.
    """
    if workload.launch_types == frozenset({"EXTERNAL"}):
        yield not_applicable("the tasks run outside of AWS")
        return
    severity = MEDIUM if policy.target.compute == "fargate" else LOW
    settled = policy.target.compute is not None
    is_open = False
    for name, evidence in _capacity_in_use(workload):
        key = (workload.origin.account, workload.origin.region, name)
        provider = estate.capacity_provider_by_name.get(key)
        spot = _is_spot(name, provider, workload, estate)
        if spot:
            message = f"tasks of workload {workload.name} run on Spot capacity of provider {name}"
            yield fail(message, evidence, element=name, severity=severity, settled=settled)
        is_open = is_open or spot is None
    if is_open:
        yield unknown(Reason.NOT_COLLECTED, "autoscaling.groups")


def _capacity_in_use(workload: Workload) -> Iterator[tuple[str, Evidence]]:
    """Capacity providers that tasks are started on, each with the place that says so."""
    service, cluster = workload.service, workload.cluster_facts
    if service is not None and service.strategy:
        held = service.primary.capacity_provider_strategy if service.primary is not None else ()
        at = service.at_primary() if held else ()
        for index, item in enumerate(held or service.strategy):
            if item.weight or item.base:
                steps = (*at, "capacityProviderStrategy", index, "capacityProvider")
                yield item.capacity_provider, service.evidence(*steps, value=item.capacity_provider)
    elif cluster is not None and not (service is not None and service.launch_type):
        for index, item in enumerate(cluster.default_capacity_provider_strategy):
            if item.weight or item.base:
                at_default = ("defaultCapacityProviderStrategy", index, "capacityProvider")
                yield item.capacity_provider, cluster.evidence(*at_default)


def _is_spot(name: str, provider: CapacityProvider | None, workload: Workload, estate: Estate) -> bool | None:
    """Whether a provider gives Spot capacity; none where nothing that was seen tells."""
    if name.startswith("FARGATE"):
        return name == "FARGATE_SPOT"
    if provider is not None and provider.managed_instances_provider:
        template = provider.managed_instances_provider.get("instanceLaunchTemplate")
        return isinstance(template, Mapping) and template.get("capacityOptionType") == "SPOT"
    instances = estate.container_instances_by_cluster.get(workload.cluster_arn, ())
    found = [
        estate.instance_by_id.get(each.ec2_instance_id) for each in instances if each.capacity_provider_name == name
    ]
    if any(each is not None and each.instance_lifecycle == "spot" for each in found):
        return True
    return False if found and None not in found else None


@rule(
    "LIF-INIT-PROCESS",
    Checklist.LIFECYCLE,
    severity=LOW,
    softest=INFO,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    softened_by=("ecs.services",),
    looks_at=("containerDefinitions[].linuxParameters.initProcessEnabled",),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
)
def docker_init_process(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container relies on Docker's init process

    A Pod has no field for it. Without an init process the application is process 1: it gets SIGTERM only if it asks
    for it, and children that it leaves behind stay as zombies until the Pod has no process ids left.

    Where the service allows ECS Exec, the init process is there for its sessions, and the finding is informative.

    Fix: Start the application by tini or dumb-init in the image, or set shareProcessNamespace so that the pause
    container reaps what is left behind.
    """
    if container.task.is_windows:
        yield not_applicable("Windows has no init process")
        return
    linux = container.definition.linux_parameters
    if linux is not None and linux.init_process_enabled:
        users = estate.users(container)
        for_exec = bool(users) and all(
            each.service is not None and each.service.enable_execute_command for each in users
        )
        yield fail(
            f"container {container.name} is started by Docker's init process",
            container.task.evidence(*container.at("linuxParameters", "initProcessEnabled")),
            severity=INFO if for_exec else LOW,
        )


@rule(
    "LIF-RESTART-POLICY",
    Checklist.LIFECYCLE,
    severity=INFO,
    worst=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].restartPolicy",),
    reference=f"{_PODS}/pod-lifecycle/#container-restart-rules",
)
def restart_policy(container: Container) -> Iterator[Outcome]:
    """ECS restarts the container by itself

    The containers of a Deployment's Pod are always restarted, with a growing delay between attempts, so there is
    nothing to carry over. Only exit codes that ECS ignores, which makes it a low finding, need container restart rules
    (beta since Kubernetes 1.35) or a Job with a podFailurePolicy.

    Fix: Rely on restartPolicy Always; turn ignored exit codes into restartPolicyRules or a podFailurePolicy.
    """
    restarts = container.definition.restart_policy
    if restarts is None:
        yield not_applicable("ECS does not restart the container by itself")
    elif restarts.enabled:
        codes = restarts.ignored_exit_codes
        but = f", except after exit code {', '.join(map(str, codes))}" if codes else ""
        yield fail(
            f"ECS restarts container {container.name} by itself{but}",
            container.task.evidence(*container.at("restartPolicy", "ignoredExitCodes" if codes else "enabled")),
            severity=LOW if codes else INFO,
        )


@rule(
    "LIF-START-TIMEOUT",
    Checklist.LIFECYCLE,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].startTimeout",),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
)
def start_timeout(container: Container) -> Iterator[Outcome]:
    """A container has a time within which it must have started

    ECS gives up on a task when a container that others wait for has not reached its condition in time. A Pod waits for
    ever unless a startup probe of the container fails, after which the kubelet restarts it.

    Fix: Add a startup probe whose failureThreshold times periodSeconds is the same time.
    """
    timeout = container.definition.start_timeout
    if timeout is not None:
        message = f"container {container.name} must have started within {timeout} s"
        yield fail(message, container.task.evidence(*container.at("startTimeout")))


_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_SHELLS_THAT_GIVE_WAY = frozenset({"bash", "zsh"})
"""Shells that replace themselves by the only command of a script; Debian's dash, for one, stays in front of it."""

_START = r"(?:^|[;&|\n({]|\b(?:then|else|do)\b)\s*"
"""Where a command of a script begins."""

_EXEC = re.compile(_START + r"exec\s+[^\s<>0-9]")
_TRAP = re.compile(_START + r"trap\s")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_REDIRECTION = re.compile(r"&>>?|[0-9]*[<>]&[0-9-]")
_BETWEEN_COMMANDS = re.compile(r"&&|\|\||[;|&\n]")

_ONE_OFF_WORDS = frozenset({"init", "migrate", "migrator", "migration", "migrations", "setup", "seed", "bootstrap"})
"""Words in the name or the last command of a container that does its work and ends."""


def _is_waited_for(container: Container) -> bool:
    """Whether another container waits until this one has ended."""
    return any(
        each.container_name == container.name and each.condition in ("COMPLETE", "SUCCESS")
        for other in container.task.container_definitions
        for each in other.depends_on
    )


def _script(definition: ContainerDefinition) -> tuple[str, str] | None:
    """The shell, and the script that it is given with ``-c``, where a container starts so."""
    words = (*definition.entry_point, *definition.command)
    if not words or words[0].rpartition("/")[2] not in _SHELLS:
        return None
    flag = next((index for index, word in enumerate(words[:_MOST_FLAGS]) if _is_script_flag(word)), None)
    script = next((word for word in words[flag + 1 :] if word != "--"), None) if flag is not None else None
    return None if script is None else (words[0], script)


_MOST_FLAGS = 5


def _commands(script: str) -> list[str]:
    """The commands of a script, roughly: quoted texts are taken out, and redirections are not told apart."""
    plain = _REDIRECTION.sub(" ", _QUOTED.sub(" _ ", script))
    return [each.strip() for each in _BETWEEN_COMMANDS.split(plain) if each.strip()]


def _last_command(definition: ContainerDefinition) -> list[str]:
    """The words of the command that a container ends with."""
    found = _script(definition)
    if found is None:
        return [*definition.entry_point, *definition.command]
    commands = _commands(found[1])
    return commands[-1].split() if commands else []


def _why_it_ends(container: Container) -> str | None:
    """What says that a container does its work and ends, if anything does."""
    if _is_waited_for(container):
        return "another container waits for its end"
    if _ONE_OFF_WORDS & set(_WORDS.split(container.name.lower())):
        return "its name says so"
    words = _last_command(container.definition)[1:]
    # rake db:migrate, npm run migrate, ./setup.sh
    ends = {word.lower().rpartition("/")[2].rpartition(":")[2].removesuffix(".sh") for word in words}
    return "its command says so" if ends & _ONE_OFF_WORDS else None


_WORDS = re.compile(r"[^a-z]+")


def _is_one_off(container: Container) -> bool:
    alone = len(container.task.container_definitions) == 1
    return (alone or not container.definition.is_essential) and _why_it_ends(container) is not None


@rule(
    "LIF-SHELL-PID1",
    Checklist.LIFECYCLE,
    severity=LOW,
    confidence=0.5,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].entryPoint", "containerDefinitions[].command"),
    reference="https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/",
)
def shell_as_first_process(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A shell stands between SIGTERM and the application

    A shell that runs a script as process 1 does not pass SIGTERM on, so the application works on until SIGKILL cuts
    it off. ECS behaves alike; but Pods are moved far more often, with every node that is replaced. Where the script is
    a single command, it depends on the shell: bash gives way to it by itself, the sh of Debian does not.

    Passes: a script that ends in exec or traps signals, a single command in bash, a container with an init process, one
    that runs to completion.

    Fix: Let the script end with exec, name the program itself as the command, or start it by tini.
    """
    definition = container.definition
    words = (*definition.entry_point, *definition.command)
    if container.task.is_windows:
        yield not_applicable("Windows has no SIGTERM")
        return
    if not words:
        yield not_applicable("the image decides what runs")
        return
    linux = definition.linux_parameters
    users = estate.users(container)
    ends = _is_one_off(container) or (bool(users) and all(each.runs_to_completion for each in users))
    if ends or (linux is not None and linux.init_process_enabled):
        return
    found = _script(definition)
    if found is None or _EXEC.search(found[1]) or _TRAP.search(found[1]):
        return
    shell, is_single = found[0], len(_commands(found[1])) == 1
    if is_single and shell.rpartition("/")[2] in _SHELLS_THAT_GIVE_WAY:
        return
    field = "entryPoint" if definition.entry_point else "command"
    evidence = container.task.evidence(*container.at(field, 0))
    if is_single:
        message = f"container {container.name} runs its command in {shell} without exec, and it may stay in front of it"
        yield fail(message, evidence, element=field, confidence=0.3)
    else:
        message = f"container {container.name} runs its script in {shell} without exec"
        yield fail(message, evidence, element=field, confidence=0.5)


def _is_script_flag(word: str) -> bool:
    """Whether a word is ``-c``, alone or with other letters (``-ec``)."""
    return re.fullmatch(r"-[a-z]*c", word) is not None


@rule(
    "LIF-NONESSENTIAL-EXIT",
    Checklist.LIFECYCLE,
    severity=MEDIUM,
    confidence=0.5,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].essential", "containerDefinitions[].dependsOn"),
    reference=f"{_PODS}/init-containers/",
)
def companion_that_ends(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container beside the application does its work and ends

    ECS lets a container that is not essential end while the task goes on. In the Pod of a Deployment every container
    is started again when it ends, so a migration or a set-up script runs over and over in CrashLoopBackOff.

    Passes: agents and other containers that run as long as the application; where none of the workloads runs for long,
    the question does not arise.

    Fix: Make it an init container, or a Job that the release runs before the rollout (a Helm hook, an Argo CD
    PreSync hook).
    """
    if container.definition.is_essential:
        yield not_applicable("the task ends with the container")
        return
    users = estate.users(container)
    if users and all(each.runs_to_completion for each in users):
        yield not_applicable("the whole task runs to completion")
        return
    why = _why_it_ends(container)
    if why is not None and (_is_waited_for(container) or not is_sidecar(container)):
        message = f"container {container.name} seems to end while the task runs on: {why}"
        yield fail(message, container.task.evidence(*container.at("essential")), confidence=0.5)


_LONG_STOP_SECONDS = 120
"""The longest that ECS lets a task on Fargate stop; who sets it waits for work in flight
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html)."""

_DEFAULT_DEREGISTRATION_SECONDS = 300


@rule(
    "LIF-LONG-RUNNING-WORK",
    Checklist.LIFECYCLE,
    severity=MEDIUM,
    confidence=0.5,
    effort=DAYS,
    needs=("ecs.task_definitions", "survey.A9"),
    also_uses=("elb.attributes",),
    looks_at=("containerDefinitions[].stopTimeout",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/automode.html",
)
def long_work(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Work or connections seem to last longer than a Pod is given

    Nodes are replaced for upgrades, to save cost and, in Auto Mode, after 21 days at the latest. Each replacement ends
    the Pods on the node within their grace period. Work that takes longer starts again from the beginning, and open
    connections are cut. Long times to stop or to drain suggest such work; how long it takes only the owner knows.

    Fix: Save progress so that work can go on elsewhere, close connections in an orderly way, raise
    terminationGracePeriodSeconds, or keep the node with karpenter.sh/do-not-disrupt while the work lasts.
    """
    if workload.kind == "daemon":
        yield not_applicable("a daemon serves its node, whatever happens to it", reads=("ecs.services",))
        return
    task = workload.task_definition
    for container in task.containers() if task is not None else ():
        timeout = container.definition.stop_timeout
        if task is not None and timeout is not None and timeout >= _LONG_STOP_SECONDS:
            message = f"container {container.name} is given {timeout} s to end its work"
            yield fail(message, task.evidence(*container.at("stopTimeout")), element=container.name)
    for attached in workload.service.all_load_balancers if workload.service is not None else ():
        group = estate.target_group_by_arn.get(attached.target_group_arn or "")
        delay = (group.attributes or {}).get("deregistration_delay.timeout_seconds", "") if group is not None else ""
        if group is not None and delay.isdecimal() and int(delay) > _DEFAULT_DEREGISTRATION_SECONDS:
            message = f"target group {group.name} leaves open connections {delay} s to end"
            evidence = group.evidence("Attributes", "deregistration_delay.timeout_seconds", value=delay)
            yield fail(message, evidence, element=group.name)
