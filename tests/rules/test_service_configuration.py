from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import LOW, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    denied,
    fails,
    file,
    given,
    not_applicable,
    passes,
    service,
    task,
    task_arn,
    unknown,
)

SERVICE_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"
REFUSED = denied("ecs.services", "ecs:DescribeServices", resource=SERVICE_ARN)
SCALING_REFUSED = denied("autoscaling", "application-autoscaling:DescribeScalingPolicies")
JOB = given(
    "event_rules",
    Arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly",
    Name="nightly",
    ScheduleExpression="rate(1 day)",
    Targets=[
        {
            "Id": "1",
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop",
            "EcsParameters": {"TaskDefinitionArn": task_arn("orders")},
        }
    ],
)
BALANCED = [{"targetGroupArn": "arn:tg", "containerName": "app", "containerPort": 80}]
PRODUCTION = [{"key": "environment", "value": "production"}]


def deployed(**configuration: Any) -> Given:
    return service(deploymentConfiguration=configuration)


def web(**fields: Any) -> Given:
    return service(**{"loadBalancers": BALANCED, "tags": PRODUCTION, "desiredCount": 1, **fields})


def policy(name: str, **configuration: Any) -> Given:
    return given(
        "scaling_policies",
        PolicyARN=f"arn:{name}",
        PolicyName=name,
        ResourceId="service/shop/orders",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def predefined(metric: str) -> dict[str, Any]:
    return {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}}


def scalable(minimum: int = 2) -> Given:
    return given("scalable_targets", ResourceId="service/shop/orders", MinCapacity=minimum, MaxCapacity=9)


def scheduled(**action: int) -> Given:
    return given(
        "scheduled_scalings",
        ScheduledActionARN="arn:night",
        ScheduledActionName="night",
        ResourceId="service/shop/orders",
        Schedule="cron(0 20 * * ? *)",
        ScalableTargetAction=action,
    )


CPU = policy("cpu", **predefined("ECSServiceAverageCPUUtilization"), TargetValue=60.0)
QUEUE = policy(
    "queue",
    CustomizedMetricSpecification={"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"},
)

ZONES = {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"]}}


def in_zone(number: int, zone: str) -> Given:
    return given("subnets", SubnetId=f"subnet-{number}", VpcId="vpc-1", AvailabilityZone=zone)


PROTECTION = (
    fails(
        "SVC-AZ-SPREAD",
        "two zones, moved back",
        task(),
        service(networkConfiguration=ZONES, availabilityZoneRebalancing="ENABLED"),
        in_zone(1, "eu-west-1a"),
        in_zone(2, "eu-west-1b"),
        says="tasks of service orders are spread over 2 zones, and moved back",
        at="/availabilityZoneRebalancing",
    ),
    fails(
        "SVC-AZ-SPREAD",
        "two zones by the default spread",
        task(),
        service(networkConfiguration=ZONES),
        in_zone(1, "eu-west-1a"),
        in_zone(2, "eu-west-1b"),
        says="tasks of service orders are spread over 2 zones",
    ),
    not_applicable(
        "SVC-AZ-SPREAD",
        "one zone",
        task(),
        service(networkConfiguration=ZONES, availabilityZoneRebalancing="ENABLED"),
        in_zone(1, "eu-west-1a"),
        in_zone(2, "eu-west-1a"),
    ),
    fails(
        "SVC-MULTI-TG",
        "two target groups",
        task(),
        service(loadBalancers=[{"targetGroupArn": "arn:one"}, {"targetGroupArn": "arn:two"}]),
        says="service orders registers its tasks with 2 target groups",
        at="/loadBalancers",
    ),
    not_applicable(
        "SVC-MULTI-TG",
        "the second is the other one of a blue/green deployment",
        task(),
        service(
            loadBalancers=[
                {"targetGroupArn": "arn:one", "advancedConfiguration": {"alternateTargetGroupArn": "arn:two"}}
            ]
        ),
    ),
    not_applicable("SVC-MULTI-TG", "none", task()),
    fails(
        "SVC-NO-PDB-EQUIV",
        "a production service of two tasks",
        task(),
        service(tags=PRODUCTION),
        says="ECS keeps 100 percent of the tasks of production service orders running",
        at="/deploymentConfiguration/minimumHealthyPercent",
    ),
    not_applicable("SVC-NO-PDB-EQUIV", "one task", task(), service(tags=PRODUCTION, desiredCount=1)),
    not_applicable(
        "SVC-NO-PDB-EQUIV",
        "a low minimum",
        task(),
        service(tags=PRODUCTION, deploymentConfiguration={"minimumHealthyPercent": 25, "maximumPercent": 200}),
    ),
    not_applicable("SVC-NO-PDB-EQUIV", "no production service", task()),
    *(
        unknown(rule, "the service could not be described", task(), service(), REFUSED, reason=Reason.DENIED)
        for rule in ("SVC-AZ-SPREAD", "SVC-MULTI-TG", "SVC-NO-PDB-EQUIV")
    ),
)

CASES = (
    *PROTECTION,
    fails(
        "SVC-NATIVE-BLUEGREEN",
        "blue/green",
        task(),
        deployed(strategy="BLUE_GREEN"),
        says="service orders is deployed by the blue/green strategy of ECS",
        at="/deploymentConfiguration/strategy",
    ),
    fails(
        "SVC-NATIVE-BLUEGREEN",
        "canary",
        task(),
        deployed(strategy="CANARY"),
        says="service orders is deployed by the canary strategy of ECS",
    ),
    fails(
        "SVC-NATIVE-BLUEGREEN",
        "a strategy that is not known yet",
        task(),
        deployed(strategy="SHADOW"),
        says="service orders is deployed by the shadow strategy of ECS",
    ),
    passes("SVC-NATIVE-BLUEGREEN", "rolling", task(), deployed(strategy="ROLLING")),
    passes("SVC-NATIVE-BLUEGREEN", "no strategy is named", task(), service()),
    passes(
        "SVC-NATIVE-BLUEGREEN",
        "an Express service is another rule's",
        task(),
        service(deploymentConfiguration={"strategy": "CANARY"}, resourceManagementType="ECS"),
    ),
    not_applicable("SVC-NATIVE-BLUEGREEN", "a scheduled task", task(), JOB),
    unknown("SVC-NATIVE-BLUEGREEN", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    unknown("SVC-NATIVE-BLUEGREEN", "the service was refused", task(), service(), REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-STOP-BEFORE-START",
        "one task, minimum 0 and maximum 100",
        task(),
        service(deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100}, desiredCount=1),
        says="service orders stops its old tasks before it starts new ones (minimum 0 percent, maximum 100 percent)",
        at="/deploymentConfiguration/minimumHealthyPercent",
    ),
    fails(
        "SVC-STOP-BEFORE-START",
        "several tasks",
        task(),
        deployed(minimumHealthyPercent=0, maximumPercent=100),
        says="service orders stops its old tasks before it starts new ones (minimum 0 percent, maximum 100 percent)",
        severity=LOW,
    ),
    passes("SVC-STOP-BEFORE-START", "the defaults", task(), service()),
    passes("SVC-STOP-BEFORE-START", "a surge", task(), deployed(minimumHealthyPercent=0, maximumPercent=200)),
    passes("SVC-STOP-BEFORE-START", "a floor", task(), deployed(minimumHealthyPercent=50, maximumPercent=100)),
    not_applicable(
        "SVC-STOP-BEFORE-START",
        "a daemon",
        task(),
        service(
            schedulingStrategy="DAEMON", deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100}
        ),
    ),
    not_applicable("SVC-STOP-BEFORE-START", "a scheduled task", task(), JOB),
    unknown("SVC-STOP-BEFORE-START", "the service was refused", task(), service(), REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-SINGLE-REPLICA",
        "one task behind a load balancer in production",
        task(),
        web(),
        says="production service orders runs as one task",
        at="/desiredCount",
        confidence=0.8,
    ),
    fails(
        "SVC-SINGLE-REPLICA",
        "scaling may go down to one",
        task(),
        web(desiredCount=4),
        scalable(1),
        says="production service orders may be scaled in to one task",
        at="/MinCapacity",
    ),
    passes("SVC-SINGLE-REPLICA", "two tasks and a minimum of two", task(), web(desiredCount=2), scalable(2)),
    not_applicable("SVC-SINGLE-REPLICA", "a test service", task(), web(tags=[{"key": "env", "value": "staging"}])),
    not_applicable("SVC-SINGLE-REPLICA", "a daemon", task(), web(schedulingStrategy="DAEMON")),
    not_applicable(
        "SVC-SINGLE-REPLICA", "scaled to zero by schedule", task(), web(), scheduled(MinCapacity=0, MaxCapacity=0)
    ),
    not_applicable("SVC-SINGLE-REPLICA", "no traffic", task(), web(loadBalancers=[])),
    not_applicable("SVC-SINGLE-REPLICA", "no task is wanted", task(), web(desiredCount=0)),
    not_applicable(
        "SVC-SINGLE-REPLICA",
        "the rollout that stops first is another rule's",
        task(),
        web(deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100}),
    ),
    not_applicable("SVC-SINGLE-REPLICA", "a scheduled task", task(), JOB),
    unknown("SVC-SINGLE-REPLICA", "nothing shows the environment", task(), web(tags=[]), reason=Reason.UNANSWERED),
    unknown(
        "SVC-SINGLE-REPLICA", "scaling was refused", task(), web(desiredCount=2), SCALING_REFUSED, reason=Reason.DENIED
    ),
    fails(
        "SVC-AUTO-ROLLBACK",
        "the circuit breaker rolls back",
        task(),
        deployed(deploymentCircuitBreaker={"enable": True, "rollback": True}),
        says="ECS rolls failed deployments of service orders back by itself",
        at="/deploymentConfiguration/deploymentCircuitBreaker/rollback",
    ),
    passes(
        "SVC-AUTO-ROLLBACK",
        "the circuit breaker is disabled",
        task(),
        deployed(deploymentCircuitBreaker={"enable": False, "rollback": True}),
    ),
    passes(
        "SVC-AUTO-ROLLBACK",
        "the circuit breaker only stops",
        task(),
        deployed(deploymentCircuitBreaker={"enable": True, "rollback": False}),
    ),
    passes("SVC-AUTO-ROLLBACK", "no circuit breaker", task(), service()),
    not_applicable("SVC-AUTO-ROLLBACK", "a scheduled task", task(), JOB),
    not_applicable(
        "SVC-AUTO-ROLLBACK",
        "a blue/green deployment is another rule's",
        task(),
        deployed(strategy="BLUE_GREEN", deploymentCircuitBreaker={"enable": True, "rollback": True}),
    ),
    unknown("SVC-AUTO-ROLLBACK", "the service was refused", task(), service(), REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-ROLLOUT-PERCENT",
        "percentages of an odd count: the floor is rounded up, the ceiling down",
        task(),
        service(desiredCount=3, deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 150}),
        says="service orders keeps between 50 and 150 percent of 3 tasks in a rollout: maxUnavailable 1, maxSurge 1",
        at="/deploymentConfiguration",
    ),
    fails(
        "SVC-ROLLOUT-PERCENT",
        "the defaults",
        task(),
        service(),
        says="service orders keeps between 100 and 200 percent of 2 tasks, the defaults, in a rollout:"
        " maxUnavailable 0, maxSurge 2",
    ),
    not_applicable("SVC-ROLLOUT-PERCENT", "a daemon", task(), service(schedulingStrategy="DAEMON")),
    not_applicable(
        "SVC-ROLLOUT-PERCENT", "CodeDeploy rolls out", task(), service(deploymentController={"type": "CODE_DEPLOY"})
    ),
    unknown("SVC-ROLLOUT-PERCENT", "the service was refused", task(), service(), REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-SCALING-HPA",
        "CPU and memory",
        task(),
        scalable(),
        CPU,
        policy("memory", **predefined("ECSServiceAverageMemoryUtilizationHighResolution")),
        says=(
            "policy cpu scales service orders by CPU at 60 percent",
            "policy memory scales service orders by memory",
        ),
        element=("cpu", "memory"),
    ),
    not_applicable("SVC-SCALING-HPA", "nothing scales it", task()),
    not_applicable("SVC-SCALING-HPA", "another metric", task(), scalable(), QUEUE),
    unknown("SVC-SCALING-HPA", "scaling was refused", task(), SCALING_REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-SCALING-KEDA",
        "requests for each target",
        task(),
        scalable(),
        policy("requests", **predefined("ALBRequestCountPerTarget")),
        says="service orders is scaled by ALBRequestCountPerTarget (policy requests)",
        element="requests",
    ),
    fails(
        "SVC-SCALING-KEDA",
        "a queue and a schedule have scalers that fit",
        task(),
        scalable(),
        QUEUE,
        scheduled(MinCapacity=1, MaxCapacity=2),
        says=(
            "service orders is scaled by a queue's length (policy queue)",
            "service orders is scaled by scheduled action night",
        ),
        severity=LOW,
    ),
    fails(
        "SVC-SCALING-KEDA",
        "a queue beside a custom metric",
        task(),
        scalable(),
        QUEUE,
        policy("backlog", CustomizedMetricSpecification={"Namespace": "Orders", "MetricName": "Backlog"}),
        says=(
            "service orders is scaled by a custom metric (policy backlog)",
            "service orders is scaled by a queue's length (policy queue)",
        ),
        severity=MEDIUM,
    ),
    fails(
        "SVC-SCALING-KEDA",
        "steps",
        task(),
        scalable(),
        given(
            "scaling_policies",
            PolicyARN="arn:steps",
            PolicyName="steps",
            ResourceId="service/shop/orders",
            PolicyType="StepScaling",
        ),
        says="service orders is scaled by the steps of policy steps",
        at="/PolicyType",
    ),
    passes("SVC-SCALING-KEDA", "CPU only", task(), scalable(), CPU),
    not_applicable("SVC-SCALING-KEDA", "no scalable target", task()),
    unknown("SVC-SCALING-KEDA", "scaling was refused", task(), SCALING_REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-ALARM-ROLLBACK",
        "alarms roll back",
        task(),
        deployed(alarms={"alarmNames": ["errors", "latency"], "enable": True, "rollback": True}),
        says="alarms roll deployments of service orders back: errors, latency",
        at="/deploymentConfiguration/alarms/rollback",
    ),
    passes("SVC-ALARM-ROLLBACK", "alarms are off", task(), deployed(alarms={"enable": False, "rollback": True})),
    passes("SVC-ALARM-ROLLBACK", "alarms only stop", task(), deployed(alarms={"enable": True, "rollback": False})),
    passes("SVC-ALARM-ROLLBACK", "no alarms", task(), service()),
    not_applicable("SVC-ALARM-ROLLBACK", "a scheduled task", task(), JOB),
    unknown("SVC-ALARM-ROLLBACK", "the service was refused", task(), service(), REFUSED, reason=Reason.DENIED),
    fails(
        "SVC-DEPLOY-HOOKS",
        "a function and a pause",
        task(),
        deployed(lifecycleHooks=[{"hookTargetArn": "arn:aws:lambda:::function:smoke"}, {"targetType": "PAUSE"}]),
        says="deployments of service orders call hooks",
        at="/deploymentConfiguration/lifecycleHooks/0",
    ),
    fails(
        "SVC-DEPLOY-HOOKS",
        "pauses only",
        task(),
        deployed(lifecycleHooks=[{"targetType": "PAUSE"}]),
        says="deployments of service orders pause for somebody",
        severity=LOW,
    ),
    passes("SVC-DEPLOY-HOOKS", "no hooks", task(), service()),
    not_applicable("SVC-DEPLOY-HOOKS", "a scheduled task", task(), JOB),
    unknown("SVC-DEPLOY-HOOKS", "the service was refused", task(), service(), REFUSED, reason=Reason.DENIED),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
