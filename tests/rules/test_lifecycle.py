"""Start-up and shutdown: each rule in every situation that it tells apart."""

from typing import Any

import pytest

from assess.config import Policy
from assess.estate.gaps import Reason
from assess.rule import (
    DAYS,
    INFO,
    LOW,
    MEDIUM,
)
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
    never,
    not_applicable,
    passes,
    primary,
    service,
    target,
    task,
    task_arn,
    undescribed,
    unknown,
)

UNDESCRIBED = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/orders/0123456789abcdef"
ENVOY = "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.29.12.1-prod"


def waits(name: str, condition: str) -> dict[str, Any]:
    return {"dependsOn": [{"containerName": name, "condition": condition}]}


def stopped(number: int, code: str = "EssentialContainerExited", exit_code: int | None = 1) -> Given:
    return given(
        "tasks",
        taskArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/{number}",
        clusterArn=CLUSTER,
        taskDefinitionArn=task_arn("orders"),
        group="service:orders",
        lastStatus="STOPPED",
        stopCode=code,
        containers=[{"name": "app", "exitCode": exit_code}],
    )


def running(number: int) -> Given:
    return given(
        "tasks",
        taskArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/r{number}",
        clusterArn=CLUSTER,
        taskDefinitionArn=task_arn("orders"),
        group="service:orders",
        lastStatus="RUNNING",
    )


def standalone(**fields: Any) -> Given:
    return given(
        "tasks",
        taskArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/1",
        clusterArn=CLUSTER,
        taskDefinitionArn=task_arn("report"),
        lastStatus="RUNNING",
        **fields,
    )


SCHEDULE = given(
    "schedules",
    Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly",
    Name="nightly",
    State="ENABLED",
    ScheduleExpression="cron(0 2 * * ? *)",
    Target={"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("report")}},
)
RULE = given(
    "event_rules",
    Arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/on-upload",
    Name="on-upload",
    State="ENABLED",
    Targets=[{"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("report")}}],
)

SHUTDOWN = (
    fails(
        "LIF-STOP-TIMEOUT",
        "an essential container has two minutes",
        task(container(stopTimeout=120)),
        says="container app has 120 s to stop, Kubernetes gives 30 s",
        at="/containerDefinitions/0/stopTimeout",
    ),
    fails(
        "LIF-STOP-TIMEOUT",
        "essential is not written, which means yes",
        file({"name": "app", "image": "acme/app:1", "stopTimeout": 31}),
        says="container app has 31 s to stop, Kubernetes gives 30 s",
    ),
    not_applicable("LIF-STOP-TIMEOUT", "absent", task()),
    not_applicable("LIF-STOP-TIMEOUT", "as long as Kubernetes gives", task(container(stopTimeout=30))),
    not_applicable("LIF-STOP-TIMEOUT", "not essential", task(container(stopTimeout=60, essential=False))),
    unknown("LIF-STOP-TIMEOUT", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    unknown(
        "LIF-STOP-TIMEOUT",
        "a placeholder stands for the timeout",
        file(unresolved={"/containerDefinitions/0/stopTimeout": "${STOP}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "LIF-DRAIN-ORDER",
        "a target group whose attributes were read",
        task(),
        service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}]),
        given(
            "target_groups",
            TargetGroupArn=GROUP,
            TargetGroupName="orders",
            Attributes={"deregistration_delay.timeout_seconds": "60"},
        ),
        says="ECS stops a task of service orders 60 s after it is taken out of target group orders",
        at="/loadBalancers/0",
        element="target group orders",
    ),
    fails(
        "LIF-DRAIN-ORDER",
        "a target group that was not read",
        task(),
        service(loadBalancers=[{"targetGroupArn": GROUP}]),
        says="ECS stops a task of service orders after it is taken out of target group orders",
    ),
    fails(
        "LIF-DRAIN-ORDER",
        "a Classic Load Balancer",
        task(),
        service(loadBalancers=[{"loadBalancerName": "old"}]),
        says="ECS stops a task of service orders after it is taken out of load balancer old",
    ),
    fails(
        "LIF-DRAIN-ORDER",
        "the target group of a task set",
        task(),
        service(
            deployments=[],
            taskSets=[
                {"id": "1", "status": "ACTIVE", "taskDefinition": task_arn("orders")},
                {
                    "id": "2",
                    "status": "PRIMARY",
                    "taskDefinition": task_arn("orders"),
                    "loadBalancers": [{"targetGroupArn": GROUP}],
                },
            ],
        ),
        says="ECS stops a task of service orders after it is taken out of target group orders",
        at="/taskSets/1/loadBalancers/0",
    ),
    not_applicable("LIF-DRAIN-ORDER", "neither load balancer nor Service Connect", task()),
    not_applicable("LIF-DRAIN-ORDER", "a task outside a service", task(family="report"), SCHEDULE),
    unknown("LIF-DRAIN-ORDER", "the service could not be described", *undescribed(), reason=Reason.DENIED),
    unknown("LIF-DRAIN-ORDER", "a file holds no service", file(), reason=Reason.NOT_IN_SOURCE),
)

ORDER = (
    fails(
        "LIF-ESSENTIAL-SHARED-FATE",
        "two application containers",
        task(container("web"), {"name": "php", "image": "acme/php:8"}),
        says="2 application containers of one task are essential: web, php",
        at="/containerDefinitions/0/essential",
        confidence=0.8,
    ),
    fails(
        "LIF-ESSENTIAL-SHARED-FATE",
        "two application containers beside known sidecars",
        task(container("web"), container("php"), container("envoy", image=ENVOY)),
        says="2 application containers of one task are essential: web, php",
    ),
    passes(
        "LIF-ESSENTIAL-SHARED-FATE",
        "one application and a companion that may end",
        task(container("web"), container("metrics", essential=False)),
    ),
    not_applicable("LIF-ESSENTIAL-SHARED-FATE", "a single container", task()),
    not_applicable(
        "LIF-ESSENTIAL-SHARED-FATE",
        "known sidecars, by image",
        task(
            container("web"),
            container("a", image=ENVOY),
            container("b", image="amazon/aws-xray-daemon:3.x"),
            container("c", image="public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"),
            container("d", image="public.ecr.aws/cloudwatch-agent/cloudwatch-agent:latest"),
            container("e", image="public.ecr.aws/datadog/agent:7"),
            container("f", image="public.ecr.aws/aws-observability/aws-otel-collector:v0.40.0"),
            container("g", image="public.ecr.aws/aws-appconfig/aws-appconfig-agent:2.x"),
        ),
    ),
    not_applicable(
        "LIF-ESSENTIAL-SHARED-FATE",
        "known sidecars, by container name, by mode and by FireLens",
        task(
            container("web"),
            container("web-sidecar", image="acme/helper:1"),
            container("consul-agent", image="consul:1.7.3", command=["agent", "-retry-join=10.0.0.1"]),
            container("xray-daemon", image="acme/tracing:1"),
            container("router", image="acme/logs:1", firelensConfiguration={"type": "fluentbit"}),
        ),
    ),
    unknown(
        "LIF-ESSENTIAL-SHARED-FATE",
        "the second image is open and may be a sidecar's",
        file(container("web"), container("side", image="${SIDECAR}")),
        reason=Reason.UNRESOLVED,
        needs="/containerDefinitions/1/image",
    ),
    unknown(
        "LIF-ESSENTIAL-SHARED-FATE", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED
    ),
    fails(
        "LIF-DEPENDS-ON-SIDECAR",
        "a container waits for others to start and to be healthy",
        task(
            container(
                "web",
                dependsOn=[
                    {"containerName": "agent", "condition": "START"},
                    {"containerName": "cache", "condition": "HEALTHY"},
                ],
            ),
            container("agent"),
            container("cache"),
        ),
        says=(
            "container web waits until container agent has started",
            "container web waits until container cache is healthy",
        ),
        element=("agent", "cache"),
        at=("/containerDefinitions/0/dependsOn/0/condition", "/containerDefinitions/0/dependsOn/1/condition"),
    ),
    not_applicable("LIF-DEPENDS-ON-SIDECAR", "no dependency", task()),
    not_applicable(
        "LIF-DEPENDS-ON-SIDECAR",
        "it waits for a container to succeed",
        task(container("web", **waits("migrate", "SUCCESS")), container("migrate", essential=False)),
    ),
    not_applicable(
        "LIF-DEPENDS-ON-SIDECAR",
        "it waits for the App Mesh proxy, by image",
        task(container("web", **waits("envoy", "HEALTHY")), container("envoy", image=ENVOY)),
    ),
    not_applicable(
        "LIF-DEPENDS-ON-SIDECAR",
        "it waits for the App Mesh proxy, by proxy configuration",
        task(
            container("web", **waits("proxy", "HEALTHY")),
            container("proxy"),
            proxyConfiguration={"type": "APPMESH", "containerName": "proxy"},
        ),
    ),
    not_applicable(
        "LIF-DEPENDS-ON-SIDECAR", "the task has no such container", task(container("web", **waits("db", "START")))
    ),
    unknown("LIF-DEPENDS-ON-SIDECAR", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    fails(
        "LIF-DEPENDS-COMPLETE",
        "a container waits for another to end",
        task(container("web", **waits("migrate", "COMPLETE")), container("migrate", essential=False)),
        says="container web starts once container migrate has ended, even if it failed",
        element="migrate",
        at="/containerDefinitions/0/dependsOn/0/condition",
    ),
    passes(
        "LIF-DEPENDS-COMPLETE",
        "it has to succeed",
        task(container("web", **waits("migrate", "SUCCESS")), container("migrate", essential=False)),
    ),
    passes("LIF-DEPENDS-COMPLETE", "the task has no such container", task(container("web", **waits("db", "COMPLETE")))),
    not_applicable("LIF-DEPENDS-COMPLETE", "no dependency", task()),
    unknown("LIF-DEPENDS-COMPLETE", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    unknown(
        "LIF-DEPENDS-COMPLETE",
        "a placeholder stands for the dependencies",
        file(unresolved={"/containerDefinitions/0/dependsOn": "${DEPENDS}"}),
        reason=Reason.UNRESOLVED,
    ),
)

STANDALONE = (
    fails(
        "LIF-STANDALONE-TASKS",
        "a schedule starts it",
        task(family="report"),
        SCHEDULE,
        says="schedule nightly starts task report",
        element="nightly",
        at="/Target/EcsParameters/TaskDefinitionArn",
        effort=DAYS,
    ),
    fails(
        "LIF-STANDALONE-TASKS",
        "an EventBridge rule and a schedule start it",
        task(family="report"),
        RULE,
        SCHEDULE,
        says=("EventBridge rule on-upload starts task report", "schedule nightly starts task report"),
    ),
    fails(
        "LIF-STANDALONE-TASKS",
        "a state machine starts it",
        task(family="report"),
        given(
            "state_machines",
            stateMachineArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:close-of-day",
            name="close-of-day",
            definition={
                "StartAt": "Report",
                "States": {
                    "Report": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::ecs:runTask.sync",
                        "Parameters": {"Cluster": CLUSTER, "TaskDefinition": task_arn("report")},
                    }
                },
            },
        ),
        says="state machine close-of-day starts task report",
    ),
    fails(
        "LIF-STANDALONE-TASKS",
        "a pipe starts it",
        task(family="report"),
        given(
            "pipes",
            Arn=f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/files",
            Name="files",
            Source=f"arn:aws:sqs:{REGION}:{ACCOUNT}:files",
            Target=CLUSTER,
            TaskDefinitionArn=task_arn("report"),
        ),
        says="pipe files starts task report",
        element="files",
        at="/TaskDefinitionArn",
    ),
    fails(
        "LIF-STANDALONE-TASKS",
        "somebody started it",
        task(family="report"),
        standalone(group="family:report", startedBy="ops"),
        says="task report runs by itself, started by ops",
        at="/startedBy",
    ),
    fails(
        "LIF-STANDALONE-TASKS",
        "nothing says who started it",
        task(family="report"),
        standalone(group="family:report"),
        says="task report runs by itself",
        at="/group",
    ),
    not_applicable("LIF-STANDALONE-TASKS", "a service owns the task", task(), running(1), service()),
    not_applicable(
        "LIF-STANDALONE-TASKS",
        "a task of a task set",
        task(family="report"),
        service("report"),
        standalone(startedBy="ecs-svc/1234567890123456789"),
    ),
    not_applicable(
        "LIF-STANDALONE-TASKS",
        "a service owns the task and schedules could not be listed",
        task(),
        denied("schedules", "scheduler:ListSchedules"),
    ),
    unknown(
        "LIF-STANDALONE-TASKS",
        "a file holds no schedule",
        file(),
        reason=Reason.NOT_IN_SOURCE,
    ),
)

FAILED_ROLLOUT = service(deployments=primary(rolloutState="FAILED"))
DEPLOYING = primary(rolloutState="IN_PROGRESS", failedTasks=1, createdAt="2026-11-23T11:50:00Z")

UNSTABLE = (
    fails(
        "LIF-UNSTABLE",
        "the newest deployment failed",
        task(),
        FAILED_ROLLOUT,
        says="a deployment of service orders failed",
        at="/deployments/0/rolloutState",
    ),
    fails(
        "LIF-UNSTABLE",
        "a deployment failed and its rollback runs",
        task(),
        service(
            deployments=[
                *primary(rolloutState="IN_PROGRESS"),
                {"status": "ACTIVE", "taskDefinition": task_arn("orders"), "rolloutState": "FAILED"},
            ]
        ),
        says="a deployment of service orders failed",
        at="/deployments/1/rolloutState",
    ),
    fails(
        "LIF-UNSTABLE",
        "tasks failed in a row",
        task(),
        service(deployments=primary(failedTasks=3)),
        says="3 tasks of service orders failed in a row",
        at="/deployments/0/failedTasks",
    ),
    fails(
        "LIF-UNSTABLE",
        "fewer in a row than the default, but the team's own number",
        task(),
        service(deployments=primary(failedTasks=2)),
        Policy(thresholds={"LIF-UNSTABLE.failed_tasks": 2}),
        says="2 tasks of service orders failed in a row",
    ),
    fails(
        "LIF-UNSTABLE",
        "a deployment has been failing since yesterday",
        task(),
        service(deployments=primary(rolloutState="IN_PROGRESS", failedTasks=80, createdAt="2026-11-22T11:50:00Z")),
        says="80 tasks of service orders failed in a row",
    ),
    fails(
        "LIF-UNSTABLE",
        "tasks stopped with an error",
        task(),
        service(),
        stopped(1),
        stopped(2, exit_code=137),
        stopped(3, "TaskFailedToStart", None),
        says="3 tasks of service orders stopped with an error in the last hour",
        at="/stopCode",
    ),
    fails(
        "LIF-UNSTABLE",
        "fewer tasks run than are wanted, in both readings",
        task(),
        service(runningCount=1),
        running(1),
        says="1 of 2 tasks of service orders run, and no deployment is in progress",
        at="/runningCount",
    ),
    passes("LIF-UNSTABLE", "the deployment completed and all tasks run", task()),
    passes(
        "LIF-UNSTABLE", "the second reading finds all tasks", task(), service(runningCount=1), running(1), running(2)
    ),
    passes(
        "LIF-UNSTABLE",
        "tasks were stopped in good order",
        task(),
        service(),
        *(stopped(number, exit_code=143) for number in range(4)),
        *(stopped(number, "ServiceSchedulerInitiated", 137) for number in range(4, 8)),
    ),
    not_applicable("LIF-UNSTABLE", "scaled to nothing", task(), service(desiredCount=0, runningCount=0)),
    not_applicable("LIF-UNSTABLE", "no service", task(family="report"), SCHEDULE),
    unknown(
        "LIF-UNSTABLE", "a deployment is in progress", task(), service(deployments=DEPLOYING), reason=Reason.NO_DATA
    ),
    unknown(
        "LIF-UNSTABLE",
        "two deployments",
        task(),
        service(runningCount=1, deployments=[*primary(), {"status": "ACTIVE", "taskDefinition": task_arn("orders")}]),
        reason=Reason.NO_DATA,
    ),
    unknown(
        "LIF-UNSTABLE",
        "tasks fail in a deployment that has just begun",
        task(),
        service(deployments=primary(rolloutState="IN_PROGRESS", failedTasks=5, createdAt="2026-11-23T11:50:00Z")),
        reason=Reason.NO_DATA,
    ),
    unknown(
        "LIF-UNSTABLE",
        "CodeDeploy shifts traffic between two task sets",
        task(),
        service(
            deployments=[],
            taskSets=[
                {"id": "1", "status": "PRIMARY", "taskDefinition": task_arn("orders")},
                {"id": "2", "status": "ACTIVE", "taskDefinition": task_arn("orders", 2)},
            ],
        ),
        reason=Reason.NO_DATA,
    ),
    unknown(
        "LIF-UNSTABLE",
        "tasks could not be listed",
        task(),
        denied("ecs.tasks", "ecs:ListTasks"),
        reason=Reason.DENIED,
        needs="ecs:ListTasks",
    ),
    unknown("LIF-UNSTABLE", "a file holds no service", file(), reason=Reason.NOT_IN_SOURCE),
)


def spot_service(*items: dict[str, Any]) -> Given:
    return service(launchType=None, capacityProviderStrategy=list(items))


WINDOWS: dict[str, Any] = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}
SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0}
ON_DEMAND = {"capacityProvider": "FARGATE", "weight": 1, "base": 2}
GROUP_OF_INSTANCES = {"capacityProvider": "instances", "weight": 1, "base": 0}
PROVIDER = given(
    "capacity_providers",
    capacityProviderArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:capacity-provider/instances",
    name="instances",
    autoScalingGroupProvider={"autoScalingGroupArn": "group"},
)
MANAGED = given(
    "capacity_providers",
    capacityProviderArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:capacity-provider/instances",
    name="instances",
    managedInstancesProvider={"instanceLaunchTemplate": {"capacityOptionType": "SPOT"}},
)


def on_instance(lifecycle: str | None) -> tuple[Given, ...]:
    place = given(
        "container_instances",
        containerInstanceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/shop/1",
        clusterArn=CLUSTER,
        ec2InstanceId="i-0123456789abcdef0",
        capacityProviderName="instances",
    )
    machine = given("instances", InstanceId="i-0123456789abcdef0", InstanceLifecycle=lifecycle)
    return (place, machine)


def init(**fields: Any) -> dict[str, Any]:
    return container(linuxParameters={"initProcessEnabled": True}, **fields)


def shell(*command: str, **fields: Any) -> dict[str, Any]:
    return container(command=list(command), **fields)


SAYS_SPOT = "tasks of workload orders run on Spot capacity of provider {}"
LOOP = ("sh", "-c", "./prepare && node app.js")
JOB = given(
    "event_rules",
    Arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly",
    Name="nightly",
    State="ENABLED",
    ScheduleExpression="rate(1 day)",
    Targets=[{"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}}],
)
WORK_GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/orders/0123456789abcdef"

PROCESSES = (
    fails(
        "LIF-SPOT",
        "Fargate Spot, with a target",
        task(),
        spot_service(ON_DEMAND, SPOT),
        target(compute="karpenter"),
        says=SAYS_SPOT.format("FARGATE_SPOT"),
        element="FARGATE_SPOT",
        at="/capacityProviderStrategy/1/capacityProvider",
    ),
    fails(
        "LIF-SPOT",
        "Fargate Spot, for EKS Fargate",
        task(),
        spot_service(ON_DEMAND, SPOT),
        target(compute="fargate"),
        says=SAYS_SPOT.format("FARGATE_SPOT"),
        severity=MEDIUM,
    ),
    fails(
        "LIF-SPOT",
        "the cluster's default strategy, no target chosen",
        task(),
        service(launchType=None),
        cluster(defaultCapacityProviderStrategy=[SPOT]),
        says=SAYS_SPOT.format("FARGATE_SPOT"),
        may_be_worse=Reason.UNANSWERED,
    ),
    fails(
        "LIF-SPOT",
        "managed instances of Spot",
        task(),
        spot_service(GROUP_OF_INSTANCES),
        MANAGED,
        target(compute="auto_mode"),
        says=SAYS_SPOT.format("instances"),
    ),
    fails(
        "LIF-SPOT",
        "a Spot instance in the group",
        task(),
        spot_service(GROUP_OF_INSTANCES),
        PROVIDER,
        *on_instance("spot"),
        target(compute="auto_mode"),
        says=SAYS_SPOT.format("instances"),
    ),
    passes("LIF-SPOT", "ordinary instances", task(), spot_service(GROUP_OF_INSTANCES), PROVIDER, *on_instance(None)),
    passes("LIF-SPOT", "weight and base 0", task(), spot_service(ON_DEMAND, {**SPOT, "weight": 0})),
    passes("LIF-SPOT", "a launch type", task(), service(), cluster(defaultCapacityProviderStrategy=[SPOT])),
    not_applicable("LIF-SPOT", "outside of AWS", task(), service(launchType="EXTERNAL")),
    unknown(
        "LIF-SPOT",
        "a group without an instance at this time",
        task(),
        spot_service(GROUP_OF_INSTANCES),
        PROVIDER,
        reason=Reason.NOT_COLLECTED,
        needs="autoscaling.groups",
    ),
    fails(
        "LIF-INIT-PROCESS",
        "an init process",
        task(init()),
        service(),
        says="container app is started by Docker's init process",
        at="/containerDefinitions/0/linuxParameters/initProcessEnabled",
    ),
    fails(
        "LIF-INIT-PROCESS",
        "for ECS Exec",
        task(init()),
        service(enableExecuteCommand=True),
        says="container app is started by Docker's init process",
        severity=INFO,
    ),
    fails(
        "LIF-INIT-PROCESS",
        "a file: the service may allow ECS Exec",
        file(init()),
        says="container app is started by Docker's init process",
        softest=INFO,
    ),
    passes("LIF-INIT-PROCESS", "absent", task()),
    passes("LIF-INIT-PROCESS", "false", task(container(linuxParameters={"initProcessEnabled": False}))),
    not_applicable("LIF-INIT-PROCESS", "Windows", task(**WINDOWS)),
    fails(
        "LIF-RESTART-POLICY",
        "restarts",
        task(container(restartPolicy={"enabled": True})),
        says="ECS restarts container app by itself",
        at="/containerDefinitions/0/restartPolicy/enabled",
    ),
    fails(
        "LIF-RESTART-POLICY",
        "ignored exit codes",
        task(container(restartPolicy={"enabled": True, "ignoredExitCodes": [0, 2]})),
        says="ECS restarts container app by itself, except after exit code 0, 2",
        severity=LOW,
        at="/containerDefinitions/0/restartPolicy/ignoredExitCodes",
    ),
    passes("LIF-RESTART-POLICY", "disabled", task(container(restartPolicy={"enabled": False}))),
    not_applicable("LIF-RESTART-POLICY", "absent", task()),
    fails(
        "LIF-START-TIMEOUT",
        "a start timeout",
        task(container(startTimeout=120)),
        says="container app must have started within 120 s",
        at="/containerDefinitions/0/startTimeout",
    ),
    not_applicable("LIF-START-TIMEOUT", "absent", task()),
    *(
        fails(
            "LIF-SHELL-PID1",
            f"{' '.join(words)}",
            task(shell(*words)),
            says=f"container app runs its script in {words[0]} without exec",
            element="command",
            at="/containerDefinitions/0/command/0",
            confidence=0.5,
        )
        for words in (
            LOOP,
            ("/bin/bash", "-eo", "pipefail", "-c", "node app.js | tee /log"),
            ("sh", "-c", "bundle exec rake assets; bundle exec puma"),
        )
    ),
    fails(
        "LIF-SHELL-PID1",
        "a single command, which not every shell gives way to",
        task(shell("sh", "-c", "node app.js > /dev/null 2>&1")),
        says="container app runs its command in sh without exec, and it may stay in front of it",
        confidence=0.3,
    ),
    passes("LIF-SHELL-PID1", "bash gives way to a single command", task(shell("/bin/bash", "-ec", "node 'a;b'"))),
    passes(
        "LIF-SHELL-PID1", "the script traps signals", task(shell("sh", "-c", "trap 'kill $!' TERM; ./serve & wait"))
    ),
    passes("LIF-SHELL-PID1", "a migration by its name", task(container("migrate", command=list(LOOP)))),
    passes("LIF-SHELL-PID1", "a migration by its command", task(shell("sh", "-c", "cd /app && rake db:migrate"))),
    passes("LIF-SHELL-PID1", "the script comes with the image", task(container(entryPoint=["sh", "-c"]))),
    passes("LIF-SHELL-PID1", "the script ends in exec", task(shell("sh", "-c", "./prepare && exec node app.js"))),
    passes("LIF-SHELL-PID1", "an init process", task(init(command=list(LOOP)))),
    passes("LIF-SHELL-PID1", "no shell", task(shell("node", "app.js"))),
    passes("LIF-SHELL-PID1", "a script file", task(shell("sh", "start.sh"))),
    passes(
        "LIF-SHELL-PID1",
        "an init container",
        task(
            container(dependsOn=[{"containerName": "prepare", "condition": "SUCCESS"}], command=["node"]),
            {**shell(*LOOP), "name": "prepare", "essential": False},
        ),
        subject="orders/prepare",
    ),
    passes("LIF-SHELL-PID1", "a job", task(shell(*LOOP)), JOB),
    not_applicable("LIF-SHELL-PID1", "the image decides", task()),
    not_applicable("LIF-SHELL-PID1", "Windows", task(shell(*LOOP), **WINDOWS)),
    fails(
        "LIF-NONESSENTIAL-EXIT",
        "another container waits for its end",
        task(
            container(dependsOn=[{"containerName": "seed", "condition": "COMPLETE"}]),
            container("seed", essential=False),
        ),
        says="container seed seems to end while the task runs on: another container waits for its end",
        at="/containerDefinitions/1/essential",
        confidence=0.5,
        subject="orders/seed",
    ),
    fails(
        "LIF-NONESSENTIAL-EXIT",
        "its name says so",
        task(container(), container("db-migrate", essential=False)),
        says="container db-migrate seems to end while the task runs on: its name says so",
        subject="orders/db-migrate",
    ),
    fails(
        "LIF-NONESSENTIAL-EXIT",
        "its command says so",
        task(container(), container("schema", essential=False, command=["sh", "-c", "cd /app && rake db:migrate"])),
        says="container schema seems to end while the task runs on: its command says so",
        subject="orders/schema",
    ),
    passes(
        "LIF-NONESSENTIAL-EXIT",
        "an init process before a server",
        task(container(), container("proxy", essential=False, command=["dumb-init", "haproxy", "-f", "/setup.cfg"])),
        subject="orders/proxy",
    ),
    passes(
        "LIF-NONESSENTIAL-EXIT",
        "an agent that runs for long",
        task(container(), container("xray-daemon", essential=False)),
        subject="orders/xray-daemon",
    ),
    not_applicable("LIF-NONESSENTIAL-EXIT", "essential", task()),
    not_applicable(
        "LIF-NONESSENTIAL-EXIT",
        "a job",
        task(container(), container("migrate", essential=False)),
        JOB,
        subject="orders/migrate",
    ),
    fails(
        "LIF-LONG-RUNNING-WORK",
        "two minutes to stop",
        task(container(stopTimeout=120)),
        says="container app is given 120 s to end its work",
        element="app",
        at="/containerDefinitions/0/stopTimeout",
        confidence=0.5,
    ),
    fails(
        "LIF-LONG-RUNNING-WORK",
        "connections drain for long",
        task(),
        service(loadBalancers=[{"targetGroupArn": WORK_GROUP, "containerName": "app", "containerPort": 8080}]),
        given(
            "target_groups",
            TargetGroupArn=WORK_GROUP,
            TargetGroupName="orders",
            Attributes={"deregistration_delay.timeout_seconds": "900"},
        ),
        says="target group orders leaves open connections 900 s to end",
        element="orders",
        at="/Attributes/deregistration_delay.timeout_seconds",
    ),
    unknown(
        "LIF-LONG-RUNNING-WORK",
        "no field suggests it",
        task(container(stopTimeout=30)),
        reason=Reason.UNANSWERED,
        needs="survey.A9",
    ),
    not_applicable(
        "LIF-LONG-RUNNING-WORK", "a daemon", task(container(stopTimeout=120)), service(schedulingStrategy="DAEMON")
    ),
    *(
        unknown(
            rule,
            "the task definition could not be described",
            service(),
            denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
            reason=Reason.DENIED,
        )
        for rule in (
            "LIF-INIT-PROCESS",
            "LIF-RESTART-POLICY",
            "LIF-START-TIMEOUT",
            "LIF-SHELL-PID1",
            "LIF-NONESSENTIAL-EXIT",
        )
    ),
)

CASES: tuple[Case, ...] = (*PROCESSES, *SHUTDOWN, *ORDER, *STANDALONE, *UNSTABLE)


NEVER = (never("LIF-LONG-RUNNING-WORK", "pass", "answers are not read yet"),)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
