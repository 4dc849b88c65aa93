"""Health checks: what says that a task is ready and alive, and whether a kubelet reads it the same way."""

import re
from collections.abc import Iterator

from assess.checklist import Checklist
from assess.estate.balancing import TargetGroup
from assess.estate.ecs import Container
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
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
    fail,
    not_applicable,
    rule,
    unknown,
)

_PROBES = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"


@rule(
    "HLT-NONE",
    Checklist.HEALTH,
    severity=HIGH,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    looks_at=("containerDefinitions[].healthCheck",),
    reference=_PROBES,
)
def no_health_signal(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Nothing says whether a task is healthy

    Kubernetes sends traffic to a Pod as soon as its containers run, unless a readiness probe says otherwise, and takes
    a rollout for done by the same measure. Without a health check on ECS there is nothing to make the probe from: a
    rollout would route requests to Pods that cannot answer yet, and a hung one would stay.

    A worker without ports and a daemon's agent are a low finding: nobody routes to them.

    Fix: Give the application an endpoint that says that it is up and one that says that it can serve, and probe them.
    Never copy a path that was guessed.
    """
    service, task = workload.service, workload.task_definition
    if workload.runs_to_completion:
        yield not_applicable("the tasks run to completion")
        return
    essential = [each for each in task.containers() if each.definition.is_essential] if task is not None else []
    if any(each.definition.has_health_check for each in essential):
        return
    if service is None:  # it may have a load balancer, which checks the tasks
        missing = estate.missing("ecs.services", workload.origin, workload.related)
        if missing is not None:
            yield unknown(missing.reason, *missing.needs)
        return
    if task is None or service.all_load_balancers:
        return
    is_worker = not any(each.port_mappings for each in task.container_definitions) and not workload.takes_requests
    quiet = is_worker or workload.kind == "daemon"
    names = ", ".join(each.name for each in essential)
    message = (
        f"neither a container health check ({names}) nor a load balancer says that service {workload.name} is well"
    )
    evidence = [task.evidence(*each.at("healthCheck"), value="absent") for each in essential]
    yield fail(message, *(evidence or [task.evidence("containerDefinitions")]), severity=LOW if quiet else HIGH)


@rule(
    "HLT-PROBE-DEFAULTS",
    Checklist.HEALTH,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].healthCheck",),
    reference=_PROBES,
)
def probe_defaults_differ(container: Container) -> Iterator[Outcome]:
    """A container health check becomes a probe, whose defaults differ

    ECS checks every 30 seconds, waits 5 seconds for an answer and gives up after 3 failures. Kubernetes checks every 10
    seconds, waits 1 second and gives up after 3. A probe that leaves a value out is three times as frequent and five
    times as impatient as the check it came from.

    Fix: Write periodSeconds, timeoutSeconds and failureThreshold into every probe, with the values in force today.

    Before:

        {"containerDefinitions": [{"name": "web", "healthCheck": {
          "command": ["CMD-SHELL", "curl -f http://localhost:8080/health"],
          "startPeriod": 60}}]}

    After:

        spec:
          containers:
            - name: web
              startupProbe:  # in place of startPeriod
                httpGet: {path: /health, port: 8080}
                periodSeconds: 5
                timeoutSeconds: 5
                failureThreshold: 12
              livenessProbe:  # the values that ECS uses where none are written
                httpGet: {path: /health, port: 8080}
                periodSeconds: 30
                timeoutSeconds: 5
                failureThreshold: 3
    """
    check = container.definition.health_check
    if check is None or not container.definition.has_health_check:
        return
    every, within, times = check.interval or 30, check.timeout or 5, check.retries or 3
    message = (
        f"container {container.name} is checked every {every} s, has {within} s to answer "
        f"and fails after {_times(times)}"
    )
    yield fail(message, container.task.evidence(*container.at("healthCheck")))


def _times(count: int) -> str:
    return "1 failure" if count == 1 else f"{count} failures"


@rule(
    "HLT-TG-MATCHER",
    Checklist.HEALTH,
    severity=MEDIUM,
    effort=HOURS,
    needs=("elb.target_groups",),
    reference=_PROBES,
)
def matcher_outside_of_success(group: TargetGroup) -> Iterator[Outcome]:
    """A target group takes answers for healthy that a kubelet does not

    A target group can take any code from 200 to 499 for healthy, such as the 401 of an application that wants a login.
    A kubelet takes 200 to 399 only. A readiness probe on the same path would fail for ever and the Pod would never get
    traffic.

    Fix: Give the application a path that answers 200 without a login when it can serve, use it for the probe and for
    the target group's health check.
    """
    if (group.health_check_protocol or "").upper() not in ("HTTP", "HTTPS"):
        yield not_applicable("the health check is no HTTP request")
        return
    if group.matcher is not None and group.matcher.grpc_code:
        yield not_applicable("the health check is a gRPC call")
        return
    codes = (group.matcher.http_code if group.matcher is not None else None) or ""
    numbers = [int(each) for each in re.findall(r"[0-9]+", codes)]
    if any(not 200 <= each <= 399 for each in numbers):
        path = group.health_check_path or "/"
        message = f"target group {group.name} takes HTTP {codes} on {path} for healthy, a kubelet 200-399 only"
        yield fail(message, group.evidence("Matcher", "HttpCode"), group.evidence("HealthCheckPath"))


_FETCHERS = re.compile(r"(?<![\w.-])(curl|wget)(?![\w.-])")


@rule(
    "HLT-EXEC-TO-HTTP",
    Checklist.HEALTH,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].healthCheck",),
    reference=_PROBES,
)
def command_that_fetches_a_page(container: Container) -> Iterator[Outcome]:
    """A health check starts a program to fetch a page

    The command works as an exec probe, but each probe forks a process in the container, and curl or wget must be in
    the image. The kubelet can send the request itself, from outside the container.

    Fix: Write an httpGet probe (or a grpc probe) with the path and the port of the command; curl is then no longer
    needed in the image.
    """
    if not container.definition.has_health_check or container.definition.health_check is None:
        return
    found = _FETCHERS.search(" ".join(container.definition.health_check.command))
    if found is not None:
        evidence = container.task.evidence(*container.at("healthCheck", "command"), value=found[1])
        yield fail(f"the health check of container {container.name} runs {found[1]}", evidence)


@rule(
    "HLT-START-PERIOD",
    Checklist.HEALTH,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions", "ecs.services"),
    looks_at=("containerDefinitions[].healthCheck.startPeriod",),
    reference=_PROBES,
)
def slow_start(workload: Workload) -> Iterator[Outcome]:
    """Tasks are given time to start before their health counts

    A liveness probe counts from the first second. A Pod that needs longer to start than the probe allows is killed and
    started again for ever, unless a startup probe holds the liveness probe back for that time.

    Fix: Add a startup probe whose failureThreshold times periodSeconds is at least the longer of the two times in
    force today.
    """
    service, task = workload.service, workload.task_definition
    grace = service.health_check_grace_period_seconds if service is not None else None
    if service is not None and grace:
        message = f"service {workload.name} waits {grace} s before it heeds health checks"
        yield fail(message, service.evidence("healthCheckGracePeriodSeconds"), element="healthCheckGracePeriodSeconds")
    for container in task.containers() if task is not None else ():
        check = container.definition.health_check
        if task is not None and check is not None and container.definition.has_health_check and check.start_period:
            message = f"container {container.name} has {check.start_period} s to start before its health counts"
            evidence = task.evidence(*container.at("healthCheck", "startPeriod"))
            yield fail(message, evidence, element=container.name)


_DEEP = re.compile(r"(?:^|[/_-])(deep|full|db|database|deps|dependencies)(?:$|[/.?])", re.IGNORECASE)
"""Words in the path of a check that looks at more than the process."""

_URL_PATH = re.compile(r"https?://[^\s/'\"]+(/[^\s'\"|;&)]*)?")


@rule(
    "HLT-LIVENESS-DEEP",
    Checklist.HEALTH,
    severity=MEDIUM,
    confidence=0.5,
    effort=HOURS,
    needs=("ecs.task_definitions", "elb.target_groups", "survey.A11"),
    looks_at=("containerDefinitions[].healthCheck",),
    reference=_PROBES,
)
def health_check_of_dependencies(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The check that restarts tasks seems to test their dependencies

    A liveness probe that asks the database restarts every Pod when the database is slow, and the restarts load it
    further. ECS replaces tasks for the same reason, but slowly; a kubelet does it on all nodes at once within a
    minute. The path of the check suggests what it tests; only the owner knows.

    Passes: a container health check with a plain path beside a target group whose check looks deeper, which already
    are the two probes that a Pod wants.

    Fix: Give the application one endpoint that says that the process runs, for the liveness probe, and another that
    says that it can serve, for the readiness probe and the target group.
    """
    paths = list(_liveness_paths(workload, estate))
    if not paths:
        yield not_applicable(
            "no check asks for a path", reads=("ecs.task_definitions", "ecs.services", "elb.target_groups")
        )
        return
    for what, path, evidence in paths:
        if _DEEP.search(path):
            yield fail(f"{what} asks for {path}, which seems to test more than the process", evidence, element=what)


def _liveness_paths(workload: Workload, estate: Estate) -> Iterator[tuple[str, str, Evidence]]:
    """What becomes the liveness probe: the containers' own checks, else those of the target groups."""
    task, found = workload.task_definition, False
    for container in task.containers() if task is not None else ():
        check = container.definition.health_check
        if task is None or check is None or not container.definition.has_health_check:
            continue
        for index, word in enumerate(check.command):
            url = _URL_PATH.search(word)
            if url is not None:
                found = True
                evidence = task.evidence(*container.at("healthCheck", "command", index))
                yield f"the health check of container {container.name}", url[1] or "/", evidence
    for attached in workload.service.all_load_balancers if workload.service is not None and not found else ():
        group = estate.target_group_by_arn.get(attached.target_group_arn or "")
        if group is not None and (group.health_check_protocol or "").upper() in ("HTTP", "HTTPS"):
            path = group.health_check_path or "/"
            yield f"the health check of target group {group.name}", path, group.evidence("HealthCheckPath")


@rule(
    "HLT-IMAGE-HEALTHCHECK",
    Checklist.HEALTH,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].healthCheck",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html",
)
def health_check_of_the_image(container: Container) -> Iterator[Outcome]:
    """The image brings a health check that nobody runs

    Neither ECS nor a kubelet runs the HEALTHCHECK of an image: ECS takes the one of the task definition only, a kubelet
    only probes. Whoever wrote it may believe that it guards the service.

    The configuration of images is not read: it lies among the image's layers, which only a download outside of AWS's
    API would give. So this stays open for a container without a health check of its own, and is never a finding.

    Fix: Look into the Dockerfile, and write what its HEALTHCHECK asks for as a readiness or liveness probe.
    """
    task = container.task
    if task.is_unresolved(*container.at("healthCheck")):
        yield unknown(Reason.UNRESOLVED)
    elif container.definition.health_check is not None:
        yield not_applicable("the task definition has a health check of its own")
    else:
        in_file = task.origin.source is not None
        yield unknown(Reason.NOT_IN_SOURCE if in_file else Reason.NOT_COLLECTED, "ecr.images")
