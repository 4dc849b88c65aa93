from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import LOW
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    cluster,
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

APPLICATION, PIPELINE = "CIC-CODEDEPLOY", "CIC-PIPELINE-ECS"
UNUSED = "CodeDeploy application old deploys to ECS, though no service of this scan is in its hands"
BY_CODE_DEPLOY = service(deploymentController={"type": "CODE_DEPLOY"})
SCHEDULED = (
    task(),
    cluster(),
    given(
        "schedules",
        Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/orders",
        Name="orders",
        State="ENABLED",
        ScheduleExpression="rate(1 hour)",
        Target={
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop",
            "EcsParameters": {"TaskDefinitionArn": task_arn("orders")},
        },
    ),
)


def application(name: str = "old", *services: str, cluster: str = "shop", **fields: Any) -> Given:
    named = [{"serviceName": each, "clusterName": cluster} for each in services]
    group = {"deploymentGroupName": "live", "ecsServices": named}
    known = {"applicationName": name, "createTime": "2026-10-01T00:00:00Z", "deploymentGroups": [group]}
    return given("deployment_applications", **known | fields)


def last(time: str) -> dict[str, Any]:
    tried = {"deploymentGroupName": "live", "ecsServices": [], "lastAttemptedDeployment": {"endTime": time}}
    return {"createTime": "2024-01-01T00:00:00Z", "deploymentGroups": [tried]}


APPLICATIONS = (
    fails(APPLICATION, "no deployment group", task(), application(), says=UNUSED, element="old", at="/applicationName"),
    fails(APPLICATION, "its service is gone", task(), application("old", "bills"), says=UNUSED),
    fails(APPLICATION, "its service is deployed by ECS", task(), application("old", "orders"), says=UNUSED),
    fails(
        APPLICATION,
        "its service of the same name is in another cluster",
        task(),
        BY_CODE_DEPLOY,
        application("old", "orders", cluster="other"),
        says=UNUSED,
    ),
    fails(
        APPLICATION,
        "its last deployment was 181 days ago",
        task(),
        application(**last("2026-05-26T11:00:00Z")),
        says=f"{UNUSED}, and has deployed nothing since 2026-05-26",
        severity=LOW,
    ),
    fails(
        APPLICATION,
        "its last deployment was 180 days ago",
        task(),
        application(**last("2026-05-27T12:00:00Z")),
        says=UNUSED,
    ),
    passes(APPLICATION, "CodeDeploy controls its service", task(), BY_CODE_DEPLOY, application("old", "orders")),
    not_applicable(APPLICATION, "no application for ECS", task()),
    unknown(
        APPLICATION,
        "applications were refused",
        task(),
        denied("codedeploy", "codedeploy:ListApplications"),
        reason=Reason.DENIED,
        needs="codedeploy:ListApplications",
    ),
    unknown(
        APPLICATION,
        "the groups of one were refused",
        task(),
        BY_CODE_DEPLOY,
        application("old", "orders"),
        denied("codedeploy", "codedeploy:BatchGetDeploymentGroups", resource="new"),
        reason=Reason.DENIED,
    ),
)


def pipeline(**settings: Any) -> Given:
    kind = {"category": "Deploy", "provider": settings.pop("provider", "ECS")}
    deploy = {"name": "deploy", "actionTypeId": kind, **settings}
    source = {"name": "source", "actionTypeId": {"category": "Source", "provider": "S3"}}
    stages = [{"name": "Source", "actions": [source]}, {"name": "Deploy", "actions": [deploy]}]
    return given("pipelines", name="release", stages=stages)


RELEASED = "pipeline release deploys service orders by its action deploy"
PIPELINES = (
    fails(
        PIPELINE,
        "an action for ECS",
        task(),
        pipeline(clusterName="shop", serviceName="orders"),
        says=RELEASED,
        element="release deploy",
        at="/stages/1/actions/0/actionTypeId/provider",
    ),
    fails(
        PIPELINE,
        "an action of CodeDeploy",
        task(),
        BY_CODE_DEPLOY,
        application("shop", "orders"),
        pipeline(provider="CodeDeployToECS", applicationName="shop", deploymentGroupName="live"),
        says=RELEASED,
    ),
    passes(PIPELINE, "another service", task(), pipeline(clusterName="shop", serviceName="bills")),
    passes(PIPELINE, "another cluster", task(), pipeline(clusterName="other", serviceName="orders")),
    passes(PIPELINE, "another region", task(), pipeline(clusterName="shop", serviceName="orders", region="us-east-1")),
    passes(
        PIPELINE,
        "another group of the application",
        task(),
        BY_CODE_DEPLOY,
        application("shop", "orders"),
        pipeline(provider="CodeDeployToECS", applicationName="shop", deploymentGroupName="next"),
    ),
    passes(PIPELINE, "no pipeline", task()),
    not_applicable(
        PIPELINE, "a task that a schedule starts", *SCHEDULED, pipeline(clusterName="shop", serviceName="orders")
    ),
    unknown(
        PIPELINE,
        "a pipeline was refused",
        task(),
        denied("codepipeline", "codepipeline:GetPipeline", resource="release"),
        reason=Reason.DENIED,
        needs="codepipeline:GetPipeline",
    ),
    unknown(PIPELINE, "the service was refused", task(), *undescribed(), reason=Reason.DENIED),
    unknown(PIPELINE, "a file", file(), reason=Reason.NOT_IN_SOURCE),
)

CASES = (*APPLICATIONS, *PIPELINES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
