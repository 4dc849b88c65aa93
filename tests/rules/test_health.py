"""Health checks: each rule in every situation that it tells apart."""

from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import LOW
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    Case,
    Given,
    container,
    denied,
    fails,
    file,
    given,
    never,
    not_applicable,
    passes,
    service,
    task,
    task_arn,
    undescribed,
    unknown,
)

GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/orders/0123456789abcdef"
BALANCED = service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}])
CHECK = {"command": ["CMD-SHELL", "curl -f http://localhost/health"]}
PORTS = [{"containerPort": 80}]
UNDESCRIBED = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))


def group(**fields: Any) -> Given:
    document = {
        "TargetGroupArn": GROUP,
        "TargetGroupName": "orders",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/health",
        "Matcher": {"HttpCode": "200"},
        **fields,
    }
    return given("target_groups", **document)


NONE = (
    fails(
        "HLT-NONE",
        "a service with ports and no check of any kind",
        task(container(portMappings=PORTS), container("side", essential=False, healthCheck=CHECK)),
        says="neither a container health check (app) nor a load balancer says that service orders is well",
        at="/containerDefinitions/0/healthCheck",
    ),
    fails(
        "HLT-NONE",
        "the check is switched off",
        task(container(portMappings=PORTS, healthCheck={"command": ["NONE"]})),
        says="neither a container health check (app) nor a load balancer says that service orders is well",
    ),
    fails(
        "HLT-NONE",
        "a worker without ports",
        task(),
        says="neither a container health check (app) nor a load balancer says that service orders is well",
        severity=LOW,
    ),
    fails(
        "HLT-NONE",
        "no port is written but Cloud Map leads callers to it",
        task(networkMode="host"),
        service(serviceRegistries=[{"registryArn": "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-1"}]),
        says="neither a container health check (app) nor a load balancer says that service orders is well",
    ),
    fails(
        "HLT-NONE",
        "a daemon's agent",
        task(container("agent", portMappings=PORTS)),
        service(schedulingStrategy="DAEMON"),
        says="neither a container health check (agent) nor a load balancer says that service orders is well",
        severity=LOW,
    ),
    passes("HLT-NONE", "a target group", task(container(portMappings=PORTS)), BALANCED),
    passes("HLT-NONE", "a container health check", task(container(portMappings=PORTS, healthCheck=CHECK))),
    not_applicable(
        "HLT-NONE",
        "the task runs to completion",
        task(family="report"),
        given(
            "schedules",
            Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly",
            Name="nightly",
            ScheduleExpression="rate(1 day)",
            Target={"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("report")}},
        ),
    ),
    passes("HLT-NONE", "a file whose container has a check", file(container(healthCheck=CHECK))),
    unknown(
        "HLT-NONE",
        "a placeholder stands where the check is",
        file(container(healthCheck=CHECK), unresolved={"/containerDefinitions/0/healthCheck/command/1": "${CHECK}"}),
        reason=Reason.UNRESOLVED,
    ),
    unknown(
        "HLT-NONE",
        "a file without a check: the service may have a target group",
        file(container(), container("side", essential=False, healthCheck=CHECK)),
        reason=Reason.NOT_IN_SOURCE,
        needs="ecs.services",
    ),
    unknown(
        "HLT-NONE",
        "the service could not be described",
        *undescribed(),
        reason=Reason.DENIED,
        needs="ecs:DescribeServices",
    ),
    unknown("HLT-NONE", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)

DEFAULTS = (
    fails(
        "HLT-PROBE-DEFAULTS",
        "a check that leaves all values to ECS",
        task(container(healthCheck=CHECK)),
        says="container app is checked every 30 s, has 5 s to answer and fails after 3 failures",
        at="/containerDefinitions/0/healthCheck",
    ),
    fails(
        "HLT-PROBE-DEFAULTS",
        "a check with values of its own",
        file(container(healthCheck={**CHECK, "interval": 10, "timeout": 2, "retries": 1})),
        says="container app is checked every 10 s, has 2 s to answer and fails after 1 failure",
    ),
    not_applicable("HLT-PROBE-DEFAULTS", "no check", task()),
    not_applicable("HLT-PROBE-DEFAULTS", "switched off", task(container(healthCheck={"command": ["NONE"]}))),
    unknown("HLT-PROBE-DEFAULTS", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)


def matcher(codes: str) -> tuple[Given, ...]:
    return (task(), BALANCED, group(Matcher={"HttpCode": codes}))


MATCHER = (
    *(
        fails(
            "HLT-TG-MATCHER",
            f"the matcher is {codes}",
            *matcher(codes),
            says=f"target group orders takes HTTP {codes} on /health for healthy, a kubelet 200-399 only",
            at="/Matcher/HttpCode",
        )
        for codes in ("200-499", "401", "200,404", "200-299,403")
    ),
    *(
        passes("HLT-TG-MATCHER", f"the matcher is {codes}", *matcher(codes))
        for codes in ("200", "200-399", "200,301,302")
    ),
    passes("HLT-TG-MATCHER", "no matcher is told", task(), BALANCED, group(Matcher=None)),
    not_applicable("HLT-TG-MATCHER", "a TCP check", task(), BALANCED, group(HealthCheckProtocol="TCP", Matcher=None)),
    not_applicable(
        "HLT-TG-MATCHER", "a gRPC check", task(), BALANCED, group(ProtocolVersion="GRPC", Matcher={"GrpcCode": "0-99"})
    ),
    unknown(
        "HLT-TG-MATCHER",
        "target groups could not be described",
        task(),
        BALANCED,
        denied("elb.target_groups", "elasticloadbalancing:DescribeTargetGroups"),
        reason=Reason.DENIED,
        needs="elasticloadbalancing:DescribeTargetGroups",
    ),
    unknown("HLT-TG-MATCHER", "a file holds no target group", file(), reason=Reason.NOT_IN_SOURCE),
)


def checked(*command: str, **fields: Any) -> dict[str, Any]:
    return container(healthCheck={"command": list(command), **fields})


DEEP_GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
DEEP_SERVICE = service(loadBalancers=[{"targetGroupArn": DEEP_GROUP, "containerName": "app", "containerPort": 8080}])


def deep_group(path: str, **fields: Any) -> Given:
    return given(
        "target_groups",
        **{
            "TargetGroupArn": DEEP_GROUP,
            "TargetGroupName": "orders",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": path,
            **fields,
        },
    )


FURTHER = (
    *(
        fails(
            "HLT-EXEC-TO-HTTP",
            f"{program} in {command[0]}",
            task(checked(*command)),
            says=f"the health check of container app runs {program}",
            at="/containerDefinitions/0/healthCheck/command",
        )
        for program, command in (
            ("curl", ("CMD-SHELL", "curl -f http://localhost:8080/ || exit 1")),
            ("wget", ("CMD", "/usr/bin/wget", "-q", "http://localhost/")),
        )
    ),
    not_applicable("HLT-EXEC-TO-HTTP", "NONE", task(checked("NONE", "curl"))),
    not_applicable("HLT-EXEC-TO-HTTP", "another program", task(checked("CMD", "/bin/check"))),
    not_applicable("HLT-EXEC-TO-HTTP", "a name that holds curl", task(checked("CMD", "/bin/check-curl-cache"))),
    not_applicable("HLT-EXEC-TO-HTTP", "no health check", task()),
    fails(
        "HLT-START-PERIOD",
        "the service and a container",
        task(checked("CMD", "/bin/check", startPeriod=90)),
        service(healthCheckGracePeriodSeconds=120),
        says=(
            "service orders waits 120 s before it heeds health checks",
            "container app has 90 s to start before its health counts",
        ),
        element=("healthCheckGracePeriodSeconds", "app"),
        at=("/healthCheckGracePeriodSeconds", "/containerDefinitions/0/healthCheck/startPeriod"),
    ),
    not_applicable(
        "HLT-START-PERIOD",
        "0 and absent",
        task(checked("CMD", "/bin/check", startPeriod=0)),
        service(healthCheckGracePeriodSeconds=0),
    ),
    *(
        fails(
            "HLT-LIVENESS-DEEP",
            f"the container's check asks for {path}",
            task(checked("CMD-SHELL", f"curl -f http://localhost:8080{path} || exit 1")),
            says=f"the health check of container app asks for {path}, which seems to test more than the process",
            at="/containerDefinitions/0/healthCheck/command/1",
            confidence=0.5,
        )
        for path in ("/health/deep", "/health/full", "/health/db", "/healthz-deps")
    ),
    fails(
        "HLT-LIVENESS-DEEP",
        "the target group's check is the only one",
        task(),
        DEEP_SERVICE,
        deep_group("/health/deep"),
        says="the health check of target group orders asks for /health/deep, which seems to test more than the process",
        at="/HealthCheckPath",
    ),
    unknown(
        "HLT-LIVENESS-DEEP",
        "separate paths: only the target group's check is deep",
        task(checked("CMD-SHELL", "curl -f http://localhost:8080/live")),
        DEEP_SERVICE,
        deep_group("/health/deep"),
        reason=Reason.UNANSWERED,
        needs="survey.A11",
    ),
    unknown(
        "HLT-LIVENESS-DEEP",
        "a plain path",
        task(checked("CMD-SHELL", "curl -f http://localhost:8080/database-orders")),
        reason=Reason.UNANSWERED,
    ),
    not_applicable("HLT-LIVENESS-DEEP", "a program that asks for no path", task(checked("CMD", "/bin/check"))),
    not_applicable("HLT-LIVENESS-DEEP", "a TCP check", task(), DEEP_SERVICE, deep_group("", HealthCheckProtocol="TCP")),
    *(
        unknown(
            rule,
            "the task definition could not be described",
            service(),
            denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
            reason=Reason.DENIED,
        )
        for rule in ("HLT-EXEC-TO-HTTP", "HLT-START-PERIOD")
    ),
)

IMAGES: tuple[Case, ...] = (
    unknown(
        "HLT-IMAGE-HEALTHCHECK",
        "no health check of its own, so that the image may bring one",
        task(),
        reason=Reason.NOT_COLLECTED,
        needs="ecr.images",
    ),
    unknown("HLT-IMAGE-HEALTHCHECK", "a file without one", file(), reason=Reason.NOT_IN_SOURCE),
    unknown(
        "HLT-IMAGE-HEALTHCHECK",
        "a placeholder",
        file(container(), unresolved={"/containerDefinitions/0/healthCheck": "${CHECK}"}),
        reason=Reason.UNRESOLVED,
    ),
    not_applicable("HLT-IMAGE-HEALTHCHECK", "a health check of its own", task(checked("CMD", "/bin/check"))),
    unknown(
        "HLT-IMAGE-HEALTHCHECK",
        "the task definition could not be described",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
    ),
)

CASES: tuple[Case, ...] = (*FURTHER, *NONE, *DEFAULTS, *MATCHER, *IMAGES)


NEVER = (
    never("HLT-LIVENESS-DEEP", "pass", "answers are not read yet"),
    never("HLT-IMAGE-HEALTHCHECK", "fail", "the configuration of images is not read"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
