from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH
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
    service,
    task,
    task_arn,
    undescribed,
    unknown,
)

GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/orders/0123456789abcdef"
EDGE = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/edge/0123456789abcdef"
OWN = {"ClusterName": "shop", "ServiceName": "orders"}
SERVED = service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}])
TARGETS = given("target_groups", TargetGroupArn=GROUP, TargetGroupName="orders", LoadBalancerArns=[EDGE])
WATCHED_TARGETS = {"TargetGroup": "targetgroup/orders/0123456789abcdef", "LoadBalancer": "app/edge/0123456789abcdef"}


def dimensions(by_name: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in by_name.items()]


def alarm(namespace: str, by_name: dict[str, str], name: str = "orders-cpu") -> Given:
    return given(
        "alarms",
        AlarmArn=f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        AlarmName=name,
        Namespace=namespace,
        Dimensions=dimensions(by_name),
    )


def computed(namespace: str, by_name: dict[str, str]) -> Given:
    metric = {"Namespace": namespace, "MetricName": "CpuUtilized", "Dimensions": dimensions(by_name)}
    queries = [{"Id": "rate", "Expression": "used / 2"}, {"Id": "used", "MetricStat": {"Metric": metric}}]
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:orders-rate"
    return given("alarms", AlarmArn=arn, AlarmName="orders-rate", Metrics=queries)


def balancer(scheme: str) -> Given:
    return given("load_balancers", LoadBalancerArn=EDGE, LoadBalancerName="edge", Scheme=scheme, Type="application")


def variables(**values: str) -> dict[str, Any]:
    return container(environment=[{"name": name, "value": value} for name, value in values.items()])


def dashboard(namespace: str, *, name: str = "all", service: str = "orders", region: str = REGION) -> Given:
    shown = {"Region": region, "Namespace": namespace, "ClusterName": "shop", "ServiceName": service}
    arn = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"
    return given("dashboards", DashboardArn=arn, DashboardName=name, Shown=[shown])


ABSENT, ON_ECS = "OBS-NO-ALARMS", "OBS-ALARMS-ECS"
SCHEDULED = (
    cluster(),
    given(
        "schedules",
        Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/orders",
        Name="orders",
        State="ENABLED",
        ScheduleExpression="rate(1 hour)",
        Target={"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}},
    ),
)

CASES: tuple[Case, ...] = (
    fails(
        ABSENT,
        "alarms on other services, and the one that a scaling policy makes",
        task(),
        alarm("AWS/ECS", OWN | {"ServiceName": "bills"}),
        alarm("AWS/ECS", OWN | {"ClusterName": "other"}, "elsewhere"),
        alarm("AWS/ECS", OWN, "TargetTracking-service/shop/orders-AlarmHigh-1"),
        says="no alarm watches service orders",
        confidence=0.8,
    ),
    fails(
        ABSENT,
        "behind a public load balancer",
        task(),
        SERVED,
        TARGETS,
        balancer("internet-facing"),
        says="no alarm watches service orders, which edge serves to the internet",
        severity=HIGH,
    ),
    fails(
        ABSENT,
        "behind an internal load balancer",
        task(),
        SERVED,
        TARGETS,
        balancer("internal"),
        says="no alarm watches service orders",
    ),
    fails(
        ABSENT,
        "load balancers were refused",
        task(),
        SERVED,
        TARGETS,
        denied("elb.load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        says="no alarm watches service orders",
        may_be_worse=Reason.DENIED,
        needs="elasticloadbalancing:DescribeLoadBalancers",
    ),
    passes(ABSENT, "an alarm on the service", task(), alarm("AWS/ECS", OWN)),
    passes(ABSENT, "an alarm that computes with a metric of the service", task(), computed("AWS/ECS", OWN)),
    passes(
        ABSENT, "an alarm on the target group", task(), SERVED, TARGETS, alarm("AWS/ApplicationELB", WATCHED_TARGETS)
    ),
    passes(
        ABSENT,
        "a worker whose queue is watched",
        task(variables(ORDERS_QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders")),
        alarm("AWS/SQS", {"QueueName": "orders"}),
    ),
    not_applicable(ABSENT, "a task that a schedule starts", task(), *SCHEDULED),
    unknown(ABSENT, "a file", file(), reason=Reason.NOT_IN_SOURCE),
    unknown(
        ABSENT,
        "alarms were refused",
        task(),
        denied("cloudwatch.alarms", "cloudwatch:DescribeAlarms"),
        reason=Reason.DENIED,
        needs="cloudwatch:DescribeAlarms",
        worst=HIGH,
    ),
    unknown(
        ABSENT,
        "the service was refused, and with it its target groups",
        task(),
        *undescribed(),
        reason=Reason.DENIED,
        needs="ecs:DescribeServices",
    ),
    unknown(
        ABSENT,
        "the task definition was refused, and with it the queue that may be watched",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
        needs="ecs:DescribeTaskDefinition",
    ),
    fails(
        ON_ECS,
        "an alarm on the service, and one that computes with its metrics",
        task(),
        alarm("AWS/ECS", OWN),
        computed("ECS/ContainerInsights", OWN),
        says=(
            "alarm orders-cpu watches service orders by metrics of AWS/ECS",
            "alarm orders-rate watches service orders by metrics of ECS/ContainerInsights",
        ),
        element=("orders-cpu", "orders-rate"),
        at=("/Dimensions", "/Metrics/1/MetricStat/Metric/Dimensions"),
    ),
    passes(ON_ECS, "an alarm on the load balancer stays", task(), SERVED, alarm("AWS/ApplicationELB", WATCHED_TARGETS)),
    passes(
        ON_ECS,
        "an alarm on a table stays",
        task(variables(ORDERS_TABLE="orders")),
        alarm("AWS/DynamoDB", {"TableName": "orders"}),
    ),
    fails(
        ON_ECS,
        "a dashboard shows the service",
        task(),
        dashboard("AWS/ECS"),
        says="dashboard all shows service orders by metrics of AWS/ECS",
        element="dashboard all",
        at="/Shown/0/ServiceName",
    ),
    not_applicable(
        ON_ECS,
        "neither alarm nor dashboard covers the service",
        task(),
        alarm("AWS/ECS", OWN | {"ServiceName": "bills"}),
        dashboard("AWS/ECS", region="us-east-1"),
        dashboard("AWS/ECS", name="other", service="bills"),
    ),
    unknown(
        ON_ECS,
        "a dashboard was refused",
        task(),
        denied("cloudwatch.dashboards", "cloudwatch:GetDashboard", resource="all"),
        reason=Reason.DENIED,
        needs="cloudwatch:GetDashboard",
    ),
    unknown(
        ON_ECS,
        "alarms were refused",
        task(),
        denied("cloudwatch.alarms", "cloudwatch:DescribeAlarms"),
        reason=Reason.DENIED,
        needs="cloudwatch:DescribeAlarms",
    ),
)

READ = "OBS-LOG-DEPENDENTS"


def logged(driver: str = "awslogs", **options: str) -> Given:
    named = {key.replace("_", "-"): value for key, value in options.items()}
    return task(container(logConfiguration={"logDriver": driver, "options": named}))


def log_group(name: str = "/ecs/orders", **fields: Any) -> Given:
    return given("log_groups", logGroupName=name, **fields)


COUNTED: dict[str, Any] = {
    "metricFilters": [
        {"filterName": "errors", "metricTransformations": [{"metricName": "Errors", "metricNamespace": "Shop"}]}
    ]
}
SENT: dict[str, Any] = {
    "subscriptionFilters": [{"filterName": "all", "destinationArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/l"}]
}

CASES += (
    fails(
        READ,
        "a metric filter and a subscription",
        logged(awslogs_group="/ecs/orders", awslogs_region=REGION),
        log_group(**COUNTED, **SENT),
        says=(
            "metric filter errors counts Shop/Errors in log group /ecs/orders",
            f"subscription all sends log group /ecs/orders on to arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/l",
        ),
        element=("/ecs/orders errors", "/ecs/orders all"),
        at=("/metricFilters/0/filterName", "/subscriptionFilters/0/filterName"),
    ),
    passes(READ, "nobody reads along", logged(awslogs_group="/ecs/orders"), log_group("/ecs/bills", **COUNTED)),
    not_applicable(
        READ,
        "the group is in another region",
        logged(awslogs_group="/ecs/orders", awslogs_region="us-east-1"),
        log_group(**COUNTED),
    ),
    not_applicable(READ, "another driver", logged("json-file"), log_group(**COUNTED)),
    not_applicable(READ, "no log driver", task(), log_group(**COUNTED)),
    unknown(
        READ,
        "filters were refused",
        logged(awslogs_group="/ecs/orders"),
        denied("logs.groups", "logs:DescribeMetricFilters"),
        reason=Reason.DENIED,
        needs="logs:DescribeMetricFilters",
    ),
    unknown(
        READ,
        "the task definition was refused",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
    ),
    unknown(
        READ,
        "a file",
        file(container(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/orders"}})),
        reason=Reason.NOT_IN_SOURCE,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
