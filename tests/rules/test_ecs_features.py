from typing import Any

import pytest

from assess.estate.gaps import Reason
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
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
    role,
    role_arn,
    service,
    task,
    task_arn,
    undescribed,
    unknown,
)

ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
WITH_ROLE = task(taskRoleArn=role_arn("orders"))
SCHEDULED = (
    task(),
    given(
        "schedules",
        Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly",
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        Target={"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}},
    ),
)


def allows(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def running(number: int = 1) -> Given:
    return given(
        "tasks",
        taskArn=f"{ECS}:task/shop/{number}",
        clusterArn=CLUSTER,
        taskDefinitionArn=task_arn("orders"),
        group="service:orders",
        lastStatus="RUNNING",
    )


def protected(number: int = 1) -> Given:
    return given("task_protections", taskArn=f"{ECS}:task/shop/{number}", protectionEnabled=True)


PROTECTION = (
    fails(
        "LIF-SCALE-IN-PROTECTION",
        "a protected task",
        task(),
        service(),
        running(),
        protected(),
        says="a task of service orders is protected from scale-in",
        element="protection",
        at="/protectionEnabled",
    ),
    fails(
        "LIF-SCALE-IN-PROTECTION",
        "several protected tasks, and a role that may do all of ECS",
        WITH_ROLE,
        role("orders", allows("ecs:*")),
        service(),
        running(1),
        running(2),
        protected(1),
        protected(2),
        says="2 tasks of service orders are protected from scale-in",
    ),
    fails(
        "LIF-SCALE-IN-PROTECTION",
        "the role names the call",
        WITH_ROLE,
        role("orders", allows("s3:GetObject", "ecs:UpdateTaskProtection")),
        says="role orders lets the tasks of service orders protect themselves from scale-in",
        element="permission",
        at="/Policies/0/Document/Statement/0/Action",
    ),
    passes("LIF-SCALE-IN-PROTECTION", "neither", WITH_ROLE, role("orders", allows("s3:GetObject"))),
    passes("LIF-SCALE-IN-PROTECTION", "tasks without a role, none of them protected", task(), service(), running()),
    passes(
        "LIF-SCALE-IN-PROTECTION",
        "the call is denied again",
        WITH_ROLE,
        role(
            "orders",
            allows("ecs:UpdateTaskProtection"),
            {"Effect": "Deny", "Action": "ecs:UpdateTaskProtection", "Resource": "*"},
        ),
    ),
    unknown(
        "LIF-SCALE-IN-PROTECTION",
        "a role that may do all of ECS",
        WITH_ROLE,
        role("orders", allows("ecs:*")),
        reason=Reason.UNANSWERED,
        needs="survey.A4",
    ),
    unknown(
        "LIF-SCALE-IN-PROTECTION",
        "protection was refused",
        WITH_ROLE,
        role("orders"),
        denied("ecs.protection", "ecs:GetTaskProtection", resource=CLUSTER),
        reason=Reason.DENIED,
        needs="ecs:GetTaskProtection",
    ),
    unknown(
        "LIF-SCALE-IN-PROTECTION",
        "the role was refused",
        WITH_ROLE,
        denied("iam.roles", "iam:GetRole", resource=role_arn("orders")),
        reason=Reason.DENIED,
    ),
    unknown("LIF-SCALE-IN-PROTECTION", "a file", file(container()), reason=Reason.NOT_IN_SOURCE),
    not_applicable("LIF-SCALE-IN-PROTECTION", "a daemon", task(), service(schedulingStrategy="DAEMON")),
    not_applicable("LIF-SCALE-IN-PROTECTION", "a task outside a service", *SCHEDULED),
    not_applicable("LIF-SCALE-IN-PROTECTION", "no running task and no role", task()),
)

GATEWAY = given("gateways", gatewayArn=f"{ECS}:gateway/front", name="front", status="ACTIVE")


def route(name: str = "orders", status: str = "ACTIVE") -> Given:
    return given(
        "gateway_routes",
        gatewayRouteArn=f"{ECS}:gateway-route/front/{name}",
        gatewayArn=f"{ECS}:gateway/front",
        clusterArn=CLUSTER,
        serviceArn=f"{ECS}:service/shop/{name}",
        status=status,
    )


GATEWAYS = (
    fails(
        "ECS-GATEWAY",
        "a route leads to the service",
        task(),
        GATEWAY,
        route(),
        says="gateway front of ECS leads to service orders",
        element="front",
        at="/serviceArn",
    ),
    passes("ECS-GATEWAY", "a route to another service", task(), GATEWAY, route("billing")),
    passes("ECS-GATEWAY", "the route is going", task(), GATEWAY, route(status="DELETE_IN_PROGRESS")),
    not_applicable("ECS-GATEWAY", "no gateway", task()),
    not_applicable("ECS-GATEWAY", "a task outside a service", *SCHEDULED, GATEWAY),
    unknown(
        "ECS-GATEWAY",
        "gateways were refused",
        task(),
        denied("ecs.gateways", "ecs:ListGateways"),
        reason=Reason.DENIED,
        needs="ecs:ListGateways",
    ),
    unknown("ECS-GATEWAY", "the service was refused", *undescribed(), reason=Reason.DENIED),
    unknown("ECS-GATEWAY", "a file", file(container()), reason=Reason.NOT_IN_SOURCE),
)

TRUNKING = given("account_settings", name="awsvpcTrunking", value="enabled")
SETTINGS = (
    fails(
        "VPC-ENI-TRUNKING",
        "enabled, and instances",
        task(),
        service(),
        TRUNKING,
        says=f"awsvpcTrunking is enabled in account {ACCOUNT}, region {REGION}",
        at="/value",
    ),
    not_applicable(
        "VPC-ENI-TRUNKING",
        "switched off",
        task(),
        service(),
        given("account_settings", name="awsvpcTrunking", value="disabled"),
    ),
    not_applicable(
        "VPC-ENI-TRUNKING",
        "Fargate",
        task(requiresCompatibilities=["FARGATE"]),
        service(launchType="FARGATE"),
        cluster(capacityProviders=["FARGATE"]),
        TRUNKING,
    ),
    unknown(
        "VPC-ENI-TRUNKING",
        "settings were refused",
        task(),
        service(),
        denied("ecs.account_settings", "ecs:ListAccountSettings"),
        reason=Reason.DENIED,
        needs="ecs:ListAccountSettings",
    ),
)

CASES = (*PROTECTION, *GATEWAYS, *SETTINGS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
