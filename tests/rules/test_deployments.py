from typing import Any

import pytest

from assess.estate.gaps import Reason
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
    primary,
    service,
    task,
    task_arn,
    undescribed,
    unknown,
)

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"
LATELY: dict[str, Any] = {"deployments": primary(createdAt="2026-11-20T08:00:00Z")}
REFUSED = denied("ecs.deployments", "ecs:ListServiceDeployments", resource=ARN)
SCHEDULED = (
    task(registeredBy=f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/pipeline"),
    given(
        "schedules",
        Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly",
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        Target={"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}},
    ),
)


def rollouts(count: int, day: str = "2026-11-10") -> tuple[Given, ...]:
    return tuple(
        given(
            "service_deployments",
            serviceDeploymentArn=f"{ARN.replace(':service/', ':service-deployment/')}/{number}",
            serviceArn=ARN,
            createdAt=f"{day}T0{number % 10}:00:00Z",
        )
        for number in range(count)
    )


def events(completed: int, others: int, first: str) -> list[dict[str, Any]]:
    done = {"message": "(service orders) (deployment ecs-svc/1234567890123456789) deployment completed."}
    steady = {"message": "(service orders) has reached a steady state."}
    listed = [done | {"id": f"d{number}", "createdAt": "2026-11-22T08:00:00Z"} for number in range(completed)]
    return [*listed, *(steady | {"id": f"s{number}", "createdAt": first} for number in range(others))]


RATE = (
    fails(
        "RSK-CHANGE-RATE",
        "21 deployments",
        task(),
        service(**LATELY),
        *rollouts(21),
        says="service orders was deployed 21 times in 30 days",
        at="/deployments",
    ),
    passes("RSK-CHANGE-RATE", "20 deployments", task(), service(**LATELY), *rollouts(20)),
    passes("RSK-CHANGE-RATE", "many, long ago", task(), service(**LATELY), *rollouts(25, "2026-09-10"), *rollouts(1)),
    passes(
        "RSK-CHANGE-RATE",
        "the running deployment is older than 30 days",
        task(),
        service(deployments=primary(createdAt="2026-10-01T08:00:00Z"), deploymentController={"type": "CODE_DEPLOY"}),
    ),
    passes(
        "RSK-CHANGE-RATE",
        "few deployments among the events, which reach back long enough",
        task(),
        service(**LATELY, events=events(12, 88, "2026-10-01T08:00:00Z")),
    ),
    passes(
        "RSK-CHANGE-RATE",
        "events that are all there",
        task(),
        service(**LATELY, events=events(20, 2, "2026-11-20T08:00:00Z")),
    ),
    not_applicable("RSK-CHANGE-RATE", "a task outside a service", *SCHEDULED),
    unknown(
        "RSK-CHANGE-RATE",
        "many deployments by the events, and the list of them was refused",
        task(),
        service(**LATELY, events=events(12, 88, "2026-11-18T12:00:00Z")),
        REFUSED,
        reason=Reason.DENIED,
        needs="ecs:ListServiceDeployments",
    ),
    unknown(
        "RSK-CHANGE-RATE",
        "many deployments by the events, and the list of them is empty",
        task(),
        service(**LATELY, events=events(12, 88, "2026-11-18T12:00:00Z")),
        reason=Reason.NO_DATA,
    ),
    unknown(
        "RSK-CHANGE-RATE",
        "CodeDeploy deployed it lately",
        task(),
        service(**LATELY, deploymentController={"type": "CODE_DEPLOY"}),
        reason=Reason.NO_DATA,
    ),
    unknown("RSK-CHANGE-RATE", "the service was refused", *undescribed(), reason=Reason.DENIED),
    unknown("RSK-CHANGE-RATE", "a file", file(container()), reason=Reason.NOT_IN_SOURCE),
)


def registered(by: str, revision: int = 1) -> Given:
    return task(revision=revision, registeredBy=by)


USER = f"arn:aws:iam::{ACCOUNT}:user"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role"
SSO = f"{ROLE}/AWSReservedSSO_Admin_0a1b2c3d4e5f6071"

PEOPLE = (
    fails(
        "CIC-MANUAL-DEPLOY",
        "an IAM user",
        registered(f"{USER}/staff/jo"),
        says="IAM user jo registered revision 1 of orders, not a pipeline",
        at="/registeredBy",
        confidence=0.8,
    ),
    fails(
        "CIC-MANUAL-DEPLOY",
        "IAM Identity Center",
        registered(f"{SSO}/jo@example.com"),
        says="jo@example.com registered revision 1 of orders, not a pipeline",
    ),
    fails(
        "CIC-MANUAL-DEPLOY",
        "a person in a role",
        registered(f"{ROLE}/admin/jo@example.com"),
        says="jo@example.com registered revision 1 of orders, not a pipeline",
    ),
    fails(
        "CIC-MANUAL-DEPLOY",
        "the root user",
        registered(f"arn:aws:iam::{ACCOUNT}:root"),
        says="the root user registered revision 1 of orders, not a pipeline",
    ),
    fails(
        "CIC-MANUAL-DEPLOY",
        "two of three revisions",
        registered(f"{USER}/jo", 3),
        registered(f"{ROLE}/deployer/pipeline", 2),
        registered(f"{SSO}/sam@example.com", 1),
        service(taskDefinition=task_arn("orders", 3), deployments=[]),
        says="IAM user jo registered revision 3 of orders, not a pipeline",
    ),
    passes(
        "CIC-MANUAL-DEPLOY",
        "one of two revisions",
        registered(f"{USER}/jo", 2),
        registered(f"{ROLE}/deployer/pipeline", 1),
        service(taskDefinition=task_arn("orders", 2), deployments=[]),
    ),
    passes("CIC-MANUAL-DEPLOY", "a role of CI", registered(f"{ROLE}/deployer/GitHubActions")),
    passes("CIC-MANUAL-DEPLOY", "an IAM user of a machine", registered(f"{USER}/orders-ci")),
    not_applicable("CIC-MANUAL-DEPLOY", "a file", file(container())),
    unknown("CIC-MANUAL-DEPLOY", "nothing says who", task(), reason=Reason.NO_DATA),
    unknown(
        "CIC-MANUAL-DEPLOY",
        "the task definition was refused",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
    ),
    unknown(
        "CIC-MANUAL-DEPLOY",
        "deployments were refused",
        registered(f"{ROLE}/deployer/ci"),
        REFUSED,
        reason=Reason.DENIED,
    ),
)

CASES = (*RATE, *PEOPLE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
