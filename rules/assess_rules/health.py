"""Health checks: what says that a task is ready and alive, and whether a kubelet reads it the same way."""

import re
from collections.abc import Iterator

from assess.checklist import Checklist
from assess.estate.balancing import TargetGroup
from assess.estate.ecs import Container
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Kind,
    Outcome,
    fail,
    not_applicable,
    rule,
)

_PROBES = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"


@rule(
    "HLT-NONE",
    Checklist.HEALTH,
    severity=HIGH,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.task_definitions", "ecs.services"),
    looks_at=("containerDefinitions[].healthCheck",),
    reference=_PROBES,
)
def no_health_signal(workload: Workload) -> Iterator[Outcome]:
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
    if service is None or task is None or service.all_load_balancers:
        return
    essential = [each for each in task.containers() if each.definition.is_essential]
    if any(each.definition.has_health_check for each in essential):
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
    """
    check = container.definition.health_check

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
