from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, MEDIUM
from tests.rules.harness import (
    CLUSTER,
    Case,
    Given,
    cluster,
    container,
    denied,
    fails,
    file,
    never,
    not_applicable,
    passes,
    role,
    role_arn,
    service,
    task,
    task_arn,
    unknown,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
AWSLOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/orders", "awslogs-region": "eu-west-1"}}
FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


def daemon(image: str, **fields: Any) -> tuple[Given, Given]:
    return (
        task({**container("agent"), "image": image, "logConfiguration": AWSLOGS}, family="agent", **fields),
        service("agent", schedulingStrategy="DAEMON"),
    )


def insights(value: str) -> Given:
    return cluster(settings=[{"name": "containerInsights", "value": value}])


FILES_AND_COSTS = (
    fails(
        "OBS-LOG-SECRET",
        "a secret option",
        task(
            container(
                logConfiguration={
                    "logDriver": "awsfirelens",
                    "secretOptions": [{"name": "apikey", "valueFrom": "/collector/key"}],
                }
            )
        ),
        says="the log driver of container app reads the secret option apikey",
        element="apikey",
        at="/containerDefinitions/0/logConfiguration/secretOptions/0/name",
    ),
    not_applicable("OBS-LOG-SECRET", "none", task(container(logConfiguration=AWSLOGS))),
    unknown("OBS-LOG-SECRET", "the task definition could not be described", *UNREAD, reason=Reason.DENIED),
    *(
        fails(
            "OBS-FILE-LOGS",
            f"a volume at {path}",
            task(container(mountPoints=[{"sourceVolume": "logs", "containerPath": path}]), volumes=[{"name": "logs"}]),
            says=f"container app seems to write logs to files in {path}",
            element=f"app {path}",
            at="/containerDefinitions/0/mountPoints/0/containerPath",
            confidence=0.5,
        )
        for path in ("/var/log/app", "/app/logs", "/opt/shop/log/")
    ),
    *(
        unknown(
            "OBS-FILE-LOGS",
            situation,
            task(container(name, mountPoints=mounts), volumes=[{"name": "logs"}]),
            reason=Reason.UNANSWERED,
            needs="survey.A2",
        )
        for situation, name, mounts in (
            ("standard output only", "app", []),
            ("a mount that is read", "app", [{"sourceVolume": "logs", "containerPath": "/logs", "readOnly": True}]),
            ("a log agent", "fluent-bit", [{"sourceVolume": "logs", "containerPath": "/var/log"}]),
            ("another folder", "app", [{"sourceVolume": "logs", "containerPath": "/data/catalogs"}]),
        )
    ),
    not_applicable("OBS-FILE-LOGS", "a daemon", *daemon("fluent/fluent-bit:3")),
    *(
        fails(
            "OBS-COST-ALLOCATION",
            situation,
            task(),
            service(**fields),
            says=f"costs of service orders can be told apart by {how}",
            at=f"/{next(iter(fields))}",
        )
        for situation, fields, how in (
            ("managed tags", {"enableECSManagedTags": True}, "tags that ECS manages"),
            ("tags that are passed on", {"propagateTags": "SERVICE"}, "tags that are passed on to tasks"),
        )
    ),
    not_applicable(
        "OBS-COST-ALLOCATION", "disabled", task(), service(enableECSManagedTags=False, propagateTags="NONE")
    ),
    unknown("OBS-COST-ALLOCATION", "a file", file(), reason=Reason.NOT_IN_SOURCE),
)

CASES = (
    *FILES_AND_COSTS,
    fails(
        "OBS-NO-LOGS",
        "Fargate",
        task(**FARGATE),
        says="container app has no log configuration, so its output is kept nowhere",
        at="/containerDefinitions/0/name",
    ),
    fails(
        "OBS-NO-LOGS",
        "instances without a log agent",
        task(),
        says="container app has no log configuration, so its output stays on its instance",
        severity=MEDIUM,
    ),
    fails(
        "OBS-NO-LOGS",
        "a daemon that is no log agent",
        task(),
        *daemon("gcr.io/cadvisor/cadvisor:v0.49.1"),
        subject="orders/app",
        says="container app has no log configuration, so its output stays on its instance",
        severity=MEDIUM,
    ),
    fails(
        "OBS-NO-LOGS",
        "a file that does not say where it runs",
        file(networkMode="awsvpc"),
        says="container app has no log configuration, so at best an instance keeps its output",
        severity=HIGH,
        softest=MEDIUM,
    ),
    fails(
        "OBS-NO-LOGS",
        "a file whose network mode Fargate does not take",
        file(networkMode="bridge"),
        says="container app has no log configuration, so its output stays on its instance",
        severity=MEDIUM,
        softest=MEDIUM,
    ),
    fails(
        "OBS-NO-LOGS",
        "a file with a link, which Fargate does not take either",
        file(container(links=["db"]), unresolved={"/networkMode": ""}),
        says="container app has no log configuration, so its output stays on its instance",
        severity=MEDIUM,
        softest=MEDIUM,
    ),
    passes(
        "OBS-NO-LOGS",
        "a placeholder for an option only",
        file(
            container(logConfiguration=AWSLOGS),
            unresolved={"/containerDefinitions/0/logConfiguration/options/awslogs-region": "${REGION}"},
        ),
    ),
    passes("OBS-NO-LOGS", "a log configuration", task(container(logConfiguration=AWSLOGS))),
    not_applicable("OBS-NO-LOGS", "a container that is not essential", task(container(essential=False))),
    not_applicable(
        "OBS-NO-LOGS",
        "a daemon collects the logs of the instances",
        task(),
        *daemon("public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.0"),
        subject="orders/app",
    ),
    not_applicable(
        "OBS-NO-LOGS",
        "a daemon reads the folder of the json-file driver",
        task(),
        *daemon(
            "example/collector:1", volumes=[{"name": "logs", "host": {"sourcePath": "/var/lib/docker/containers/"}}]
        ),
        subject="orders/app",
    ),
    unknown("OBS-NO-LOGS", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=HIGH),
    unknown(
        "OBS-NO-LOGS",
        "a placeholder for the configuration",
        file(unresolved={"/containerDefinitions/0/logConfiguration": "${LOGGING}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "OBS-LOG-DRIVER",
        "CloudWatch Logs",
        task(container(logConfiguration=AWSLOGS)),
        says="log driver awslogs sends the output of container app to log group /ecs/orders",
        at="/containerDefinitions/0/logConfiguration/logDriver",
    ),
    fails(
        "OBS-LOG-DRIVER",
        "another driver",
        task(container(logConfiguration={"logDriver": "gelf"})),
        says="log driver gelf sends the output of container app",
    ),
    not_applicable("OBS-LOG-DRIVER", "no driver", task()),
    not_applicable(
        "OBS-LOG-DRIVER", "FireLens is another rule's", task(container(logConfiguration={"logDriver": "awsfirelens"}))
    ),
    unknown("OBS-LOG-DRIVER", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "OBS-FIRELENS",
        "a router and a container that uses it",
        task(
            container(logConfiguration={"logDriver": "awsfirelens"}),
            container("router", firelensConfiguration={"type": "fluentbit"}),
        ),
        says="FireLens routes the logs of task definition orders",
        at="/containerDefinitions/0/logConfiguration/logDriver",
    ),
    fails(
        "OBS-FIRELENS",
        "a router that nobody uses",
        task(
            container(logConfiguration=AWSLOGS),
            container("router", firelensConfiguration={"type": "fluentbit"}),
        ),
        says="task definition orders runs a FireLens router that no container logs to",
        at="/containerDefinitions/1/firelensConfiguration/type",
    ),
    passes("OBS-FIRELENS", "another driver", task(container(logConfiguration=AWSLOGS))),
    not_applicable(
        "OBS-FIRELENS", "Windows", task(runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"})
    ),
    unknown("OBS-FIRELENS", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "OBS-NO-METRICS",
        "Container Insights is disabled and no agent runs",
        task(),
        insights("disabled"),
        says="cluster shop has neither Container Insights nor an agent that measures containers",
        at="/settings",
    ),
    fails(
        "OBS-NO-METRICS",
        "an X-Ray daemon measures nothing",
        task(container(), {**container("xray"), "image": "public.ecr.aws/xray/aws-xray-daemon:3.x"}),
        insights("disabled"),
        says="cluster shop has neither Container Insights nor an agent that measures containers",
    ),
    passes("OBS-NO-METRICS", "Container Insights is on", task(), insights("enabled")),
    passes("OBS-NO-METRICS", "Container Insights with enhanced observability", task(), insights("enhanced")),
    passes("OBS-NO-METRICS", "an agent runs as a daemon", task(), *daemon("datadog/agent:7"), insights("disabled")),
    passes(
        "OBS-NO-METRICS",
        "a collector runs beside the application",
        task(container(), {**container("otel"), "image": "amazon/aws-otel-collector:v0.40.0"}),
        insights("disabled"),
    ),
    not_applicable(
        "OBS-NO-METRICS", "no task runs", task(), service(desiredCount=0, runningCount=0), insights("disabled")
    ),
    unknown(
        "OBS-NO-METRICS",
        "a task definition that may hold the agent was refused",
        *UNREAD,
        insights("disabled"),
        reason=Reason.DENIED,
        needs="ecs:DescribeTaskDefinition",
    ),
    unknown(
        "OBS-NO-METRICS",
        "a cluster that could be listed and not described",
        task(),
        cluster(),
        denied("ecs.clusters", "ecs:DescribeClusters", resource=CLUSTER),
        reason=Reason.DENIED,
        needs="ecs:DescribeClusters",
    ),
    fails(
        "OBS-XRAY",
        "the daemon runs beside the application",
        task(container(), {**container("xray"), "image": "public.ecr.aws/xray/aws-xray-daemon:3.x"}),
        says="workload orders runs the X-Ray daemon",
        at="/containerDefinitions/1/image",
    ),
    fails(
        "OBS-XRAY",
        "a variable of the SDK",
        task(container(environment=[{"name": "AWS_XRAY_DAEMON_ADDRESS", "value": "xray:2000"}])),
        says="variable AWS_XRAY_DAEMON_ADDRESS of container app is the X-Ray SDK's",
        at="/containerDefinitions/0/environment/0/name",
    ),
    fails(
        "OBS-XRAY",
        "a permission alone",
        task(taskRoleArn=role_arn("orders")),
        role("orders", {"Effect": "Allow", "Action": ["xray:PutTraceSegments"], "Resource": "*"}),
        says="task role orders of workload orders may send traces to X-Ray",
        confidence=0.5,
    ),
    passes("OBS-XRAY", "nothing shows it", task()),
    passes(
        "OBS-XRAY",
        "a collector sends to X-Ray",
        task(
            container(environment=[{"name": "AWS_XRAY_CONTEXT_MISSING", "value": "LOG_ERROR"}]),
            {**container("otel"), "image": "amazon/aws-otel-collector:v0.40.0"},
            taskRoleArn=role_arn("orders"),
        ),
        role("orders", {"Effect": "Allow", "Action": "xray:*", "Resource": "*"}),
    ),
    unknown("OBS-XRAY", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "OBS-AGENT-SIDECAR",
        "an agent beside the application",
        task(container(), {**container("datadog"), "image": "public.ecr.aws/datadog/agent:7"}),
        subject="orders/datadog",
        says="container datadog is a monitoring agent beside the application (Datadog agent)",
        at="/containerDefinitions/1/image",
    ),
    not_applicable("OBS-AGENT-SIDECAR", "an application", task()),
    not_applicable("OBS-AGENT-SIDECAR", "an agent that runs as a daemon", *daemon("public.ecr.aws/datadog/agent:7")),
    not_applicable(
        "OBS-AGENT-SIDECAR",
        "the X-Ray daemon is another rule's",
        task(container(), {**container("xray"), "image": "public.ecr.aws/xray/aws-xray-daemon:3.x"}),
        subject="orders/xray",
    ),
    unknown("OBS-AGENT-SIDECAR", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
)

NEVER = (
    never("OBS-FILE-LOGS", "pass", "answers are not read yet"),
    never("OBS-XRAY", "not_applicable", "any workload could use it"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
