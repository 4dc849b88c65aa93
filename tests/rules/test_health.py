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
    unknown(
        "HLT-NONE", "a file without a check: the service may have a target group", file(), reason=Reason.NOT_IN_SOURCE
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

CASES: tuple[Case, ...] = (*NONE, *DEFAULTS, *MATCHER)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
