from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    cluster,
    container,
    denied,
    fails,
    file,
    given,
    not_applicable,
    passes,
    service,
    task,
    task_arn,
    undescribed,
    unknown,
)

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"
IN_FILE = file(container())
SIZE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": "1024", "memory": "4096"}
LARGE = task(**SIZE)
PRODUCTION: dict[str, Any] = {"tags": [{"key": "environment", "value": "production"}]}
UNREAD = denied("cloudwatch.metrics", "cloudwatch:GetMetricData")
NO_TARGET = denied("autoscaling", "application-autoscaling:DescribeScalableTargets")
OLD: dict[str, Any] = {"createdAt": "2026-01-01T00:00:00Z"}


def use(p95: float, **more: Any) -> dict[str, Any]:
    """Two weeks of use, of which ``more`` says what differs."""
    usual = {"hours": 336, "days": 14, "mean": p95, "p95": p95, "peak": p95}
    return usual | {"longDays": 30, "busiestDay": p95, "maximum": p95} | more


def metrics(cpu: dict[str, Any], memory: dict[str, Any] | None = None, **more: Any) -> Given:
    return given("service_metrics", serviceArn=ARN, cpu=cpu, memory=memory if memory is not None else use(30), **more)


def tagged(key: str, value: str) -> Given:
    return service(tags=[{"key": key, "value": value}])


def ended(number: int, reason: str = "OutOfMemoryError: Container killed due to memory usage", **of: Any) -> Given:
    return given(
        "tasks",
        taskArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/{number}",
        clusterArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop",
        taskDefinitionArn=task_arn("orders"),
        lastStatus="STOPPED",
        containers=[{"name": "app", "exitCode": 137, "reason": reason}],
        **({"group": "service:orders"} | of),
    )


SCHEDULED = (
    task(),
    given(
        "event_rules",
        Arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly",
        Name="nightly",
        State="ENABLED",
        ScheduleExpression="rate(1 day)",
        targets=[
            {
                "Id": "1",
                "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop",
                "EcsParameters": {"TaskDefinitionArn": task_arn("orders")},
            }
        ],
    ),
)
UNDESCRIBED_TASK = (
    service(),
    denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
)

OVER = (
    fails(
        "CAP-OVERPROVISIONED",
        "little CPU and little memory for two weeks",
        LARGE,
        metrics(use(6)),
        says="service orders used at most 6 percent of its CPU and 30 percent of its memory in 95 of 100 hours of "
        "14 days",
        at="/cpu/p95",
        confidence=0.8,
    ),
    fails(
        "CAP-OVERPROVISIONED",
        "sizes of the containers alone",
        task(container(cpu=2048, memory=4096)),
        metrics(use(6.25)),
        says="service orders used at most 6.25 percent of its CPU and 30 percent of its memory in 95 of 100 hours of "
        "14 days",
    ),
    passes("CAP-OVERPROVISIONED", "the CPU is used", LARGE, metrics(use(20))),
    passes("CAP-OVERPROVISIONED", "the memory is used", LARGE, metrics(use(6), use(40))),
    passes("CAP-OVERPROVISIONED", "a single task came near its memory", LARGE, metrics(use(6), use(30, maximum=91))),
    passes(
        "CAP-OVERPROVISIONED",
        "too small to give anything back",
        task(requiresCompatibilities=["FARGATE"], cpu="256", memory="512"),
        metrics(use(6)),
    ),
    unknown(
        "CAP-OVERPROVISIONED",
        "fewer than 14 days of data",
        LARGE,
        metrics(use(6, hours=240, days=10)),
        reason=Reason.NO_DATA,
    ),
    unknown(
        "CAP-OVERPROVISIONED",
        "an hour a day at most",
        LARGE,
        metrics(use(6, hours=14)),
        reason=Reason.NO_DATA,
    ),
    unknown("CAP-OVERPROVISIONED", "no data", LARGE, metrics({}, {}), reason=Reason.NO_DATA),
    unknown(
        "CAP-OVERPROVISIONED",
        "metrics were refused",
        LARGE,
        UNREAD,
        reason=Reason.DENIED,
        needs="cloudwatch:GetMetricData",
    ),
    unknown("CAP-OVERPROVISIONED", "the task definition was refused", *UNDESCRIBED_TASK, reason=Reason.DENIED),
    unknown("CAP-OVERPROVISIONED", "a file", IN_FILE, reason=Reason.NOT_IN_SOURCE),
    not_applicable("CAP-OVERPROVISIONED", "batch", *SCHEDULED),
    not_applicable("CAP-OVERPROVISIONED", "a tag says standby", LARGE, tagged("environment", "dr"), metrics(use(6))),
    not_applicable("CAP-OVERPROVISIONED", "tagged as spiky", LARGE, tagged("spiky", "true"), metrics(use(6))),
)

UNDER = (
    fails(
        "CAP-UNDERPROVISIONED",
        "memory near its end",
        LARGE,
        metrics(use(50), use(92.5)),
        says="service orders uses up to 92.5 percent of the memory that it reserves",
        element="memory",
        at="/memory/p95",
        confidence=0.8,
    ),
    fails(
        "CAP-UNDERPROVISIONED",
        "above a reservation that is no limit",
        task(container(memoryReservation=256)),
        metrics(use(50), use(120)),
        says="service orders uses up to 120 percent of the memory that it reserves",
        severity=MEDIUM,
    ),
    fails(
        "CAP-UNDERPROVISIONED",
        "killed once for want of memory",
        LARGE,
        metrics(use(50), use(60)),
        service(),
        ended(1),
        says="a container of workload orders was killed for want of memory once within the last hour",
        severity=MEDIUM,
        element="killed",
        at="/containers/0/reason",
    ),
    fails(
        "CAP-UNDERPROVISIONED",
        "killed again and again",
        LARGE,
        metrics(use(50), use(60)),
        service(),
        ended(1),
        ended(2),
        says="a container of workload orders was killed for want of memory 2 times within the last hour",
        severity=HIGH,
    ),
    fails(
        "CAP-UNDERPROVISIONED",
        "killed once, and metrics were refused",
        LARGE,
        service(),
        ended(1),
        UNREAD,
        says="a container of workload orders was killed for want of memory once within the last hour",
        severity=MEDIUM,
        may_be_worse=Reason.DENIED,
        needs="cloudwatch:GetMetricData",
    ),
    fails(
        "CAP-UNDERPROVISIONED",
        "memory near its end, and the task definition was refused",
        *UNDESCRIBED_TASK,
        metrics(use(50), use(92)),
        says="service orders uses up to 92 percent of the memory that it reserves",
        softest=MEDIUM,
    ),
    passes("CAP-UNDERPROVISIONED", "room is left", LARGE, metrics(use(99), use(85))),
    passes("CAP-UNDERPROVISIONED", "a peak at a deployment", LARGE, metrics(use(50), use(60, peak=97, maximum=100))),
    passes(
        "CAP-UNDERPROVISIONED",
        "exit code 137 without its reason",
        LARGE,
        metrics(use(50), use(60)),
        service(),
        ended(1, reason=""),
    ),
    not_applicable("CAP-UNDERPROVISIONED", "it should run no task", LARGE, service(desiredCount=0)),
    unknown("CAP-UNDERPROVISIONED", "fewer days", LARGE, metrics(use(50), use(92, days=9)), reason=Reason.NO_DATA),
    unknown("CAP-UNDERPROVISIONED", "no metrics of tasks outside a service", *SCHEDULED, reason=Reason.NO_DATA),
    unknown("CAP-UNDERPROVISIONED", "metrics were refused", LARGE, UNREAD, reason=Reason.DENIED),
    unknown(
        "CAP-UNDERPROVISIONED",
        "tasks were refused",
        LARGE,
        metrics(use(50), use(60)),
        denied("ecs.tasks", "ecs:ListTasks"),
        reason=Reason.DENIED,
        needs="ecs:ListTasks",
        worst=HIGH,
    ),
    unknown("CAP-UNDERPROVISIONED", "a file", IN_FILE, reason=Reason.NOT_IN_SOURCE),
)

MEASURED = cluster(settings=[{"name": "containerInsights", "value": "enabled"}])
KNOWN = (
    fails(
        "CAP-NO-METRICS",
        "Container Insights, and no data",
        LARGE,
        MEASURED,
        metrics({}, {}),
        says="CloudWatch holds no CPU or memory use of service orders for the last 14 days",
        at="/cpu/hours",
    ),
    fails(
        "CAP-NO-METRICS",
        "no task is to run",
        LARGE,
        service(desiredCount=0),
        metrics({}, {}),
        says="CloudWatch holds no CPU or memory use of service orders for the last 14 days",
    ),
    not_applicable("CAP-NO-METRICS", "there is data", LARGE, MEASURED, metrics(use(1))),
    not_applicable("CAP-NO-METRICS", "Container Insights is off", LARGE, metrics({}, {})),
    unknown("CAP-NO-METRICS", "metrics were refused", LARGE, MEASURED, UNREAD, reason=Reason.DENIED),
    unknown("CAP-NO-METRICS", "a file", IN_FILE, reason=Reason.NOT_IN_SOURCE),
)

SERVED: dict[str, Any] = {
    "loadBalancers": [{"targetGroupArn": "arn:group", "containerName": "app", "containerPort": 8080}]
}
IDLE = use(0.2)
QUIET = {"longDays": 30}
USED = (
    fails(
        "OWN-IDLE",
        "stopped for a month",
        LARGE,
        service(desiredCount=0, runningCount=0, **OLD),
        metrics({}, {}),
        says="service orders ran no task for 30 days and should run none",
        at="/desiredCount",
        confidence=0.8,
    ),
    fails(
        "OWN-IDLE",
        "no request and hardly any CPU",
        LARGE,
        service(**SERVED, **OLD),
        metrics(IDLE, requests=QUIET),
        says="no request reached service orders for 30 days, and it used less than 1 percent of its CPU",
        at="/cpu/busiestDay",
        confidence=0.8,
    ),
    fails(
        "OWN-IDLE",
        "hardly any CPU, and nothing counts requests",
        LARGE,
        service(**OLD),
        metrics(IDLE),
        says="service orders used less than 1 percent of its CPU on each of 30 days",
        confidence=0.5,
    ),
    not_applicable("OWN-IDLE", "requests", LARGE, service(**SERVED), metrics(IDLE, requests={"busiestDay": 3})),
    not_applicable("OWN-IDLE", "requests were not counted", LARGE, service(**SERVED), metrics(IDLE)),
    not_applicable("OWN-IDLE", "CPU", LARGE, metrics(use(0.2, busiestDay=1))),
    not_applicable("OWN-IDLE", "stopped lately", LARGE, service(desiredCount=0), metrics(use(0.2, days=0))),
    not_applicable("OWN-IDLE", "seen for three weeks", LARGE, metrics(use(0.2, longDays=21))),
    not_applicable(
        "OWN-IDLE", "new", LARGE, service(desiredCount=0, createdAt="2026-11-20T00:00:00Z"), metrics({}, {})
    ),
    not_applicable("OWN-IDLE", "stands by", LARGE, tagged("environment", "standby"), metrics(IDLE)),
    not_applicable("OWN-IDLE", "a daemon", task(), service(schedulingStrategy="DAEMON"), metrics(IDLE)),
    not_applicable(
        "OWN-IDLE",
        "scaled by a schedule",
        LARGE,
        service(desiredCount=0),
        metrics({}, {}),
        given(
            "scheduled_scalings",
            ScheduledActionARN=f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scheduledAction:1",
            ResourceId="service/shop/orders",
            Schedule="cron(0 6 * * ? *)",
        ),
    ),
    unknown("OWN-IDLE", "metrics were refused", LARGE, UNREAD, reason=Reason.DENIED),
    unknown("OWN-IDLE", "the service was refused", *undescribed(), reason=Reason.DENIED),
    unknown("OWN-IDLE", "a file", IN_FILE, reason=Reason.NOT_IN_SOURCE),
)

VARIES = use(70, mean=20, peak=72)
SCALING = (
    fails(
        "SVC-NO-SCALING",
        "the CPU varies",
        LARGE,
        service(**PRODUCTION),
        metrics(VARIES),
        says="the busiest hour of service orders has 3.6 times the CPU use of the average hour, and nothing scales it",
        at="/cpu/peak",
        confidence=0.8,
    ),
    fails(
        "SVC-NO-SCALING",
        "the requests vary",
        LARGE,
        service(**PRODUCTION, **SERVED),
        metrics(use(40), requests=use(900, mean=200, peak=1000)),
        says="the busiest hour of service orders has 5.0 times the requests of the average hour, and nothing scales it",
        at="/requests/peak",
    ),
    passes("SVC-NO-SCALING", "a steady load", LARGE, service(**PRODUCTION), metrics(use(70, mean=40))),
    passes("SVC-NO-SCALING", "a small load", LARGE, service(**PRODUCTION), metrics(use(10, mean=1, peak=19))),
    not_applicable("SVC-NO-SCALING", "not production", LARGE, tagged("environment", "staging"), metrics(VARIES)),
    not_applicable("SVC-NO-SCALING", "nothing says where it runs", LARGE, metrics(VARIES)),
    not_applicable("SVC-NO-SCALING", "a daemon", task(), service(schedulingStrategy="DAEMON"), metrics(VARIES)),
    not_applicable("SVC-NO-SCALING", "a task that ends", *SCHEDULED),
    not_applicable(
        "SVC-NO-SCALING",
        "a scalable target",
        LARGE,
        service(**PRODUCTION),
        metrics(VARIES),
        given("scalable_targets", ResourceId="service/shop/orders", MinCapacity=2, MaxCapacity=6),
    ),
    unknown("SVC-NO-SCALING", "no metrics", LARGE, service(**PRODUCTION), metrics({}, {}), reason=Reason.NO_DATA),
    unknown(
        "SVC-NO-SCALING",
        "ten days",
        LARGE,
        service(**PRODUCTION),
        metrics(use(70, mean=20, days=10)),
        reason=Reason.NO_DATA,
    ),
    unknown("SVC-NO-SCALING", "metrics were refused", LARGE, service(**PRODUCTION), UNREAD, reason=Reason.DENIED),
    unknown(
        "SVC-NO-SCALING",
        "scalable targets were refused",
        LARGE,
        service(**PRODUCTION),
        metrics(VARIES),
        NO_TARGET,
        reason=Reason.DENIED,
        needs="application-autoscaling:DescribeScalableTargets",
    ),
    unknown(
        "SVC-NO-SCALING",
        "target groups were refused",
        LARGE,
        service(**PRODUCTION, **SERVED),
        metrics(use(40)),
        denied("elb.target_groups", "elasticloadbalancing:DescribeTargetGroups"),
        reason=Reason.DENIED,
        needs="elasticloadbalancing:DescribeTargetGroups",
    ),
    unknown("SVC-NO-SCALING", "a file", IN_FILE, reason=Reason.NOT_IN_SOURCE),
)

CASES = (*OVER, *UNDER, *KNOWN, *USED, *SCALING)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
