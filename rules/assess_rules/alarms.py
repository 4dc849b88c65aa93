"""Alarms, dashboards and logs: who watches a workload, and what of it ends with ECS."""

from collections.abc import Iterator

from assess.estate.alarms import Alarm
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.rule import DAYS, HIGH, MEDIUM, Checklist, Outcome, fail, not_applicable, rule, unknown

_OF_ECS = ("AWS/ECS", "ECS/ContainerInsights")
_NO_SERVICE = "no service runs it"
_NAMED_IN_VARIABLES = ("QueueName", "StreamName", "TableName")
"""Dimensions whose resource a task names in its variables, as a worker names the queue that it works off."""


def _alarms(workload: Workload, estate: Estate) -> Iterator[tuple[Alarm, str, Evidence]]:
    """Alarms on a metric of the workload's, with the metric's namespace and where it stands in the alarm."""
    service = workload.service
    groups = {each.target_group_arn for each in service.all_load_balancers} if service is not None else set()
    targets = {arn.rpartition(":")[2] for arn in groups if arn}
    named = set(_named(workload))
    keys = [("ServiceName", f"{workload.cluster}/{workload.name}")]
    keys += [("TargetGroup", each) for each in targets]
    keys += [(dimension, each) for dimension in _NAMED_IN_VARIABLES for each in named]
    place = (workload.origin.account, workload.origin.region)
    found = {alarm.identity: alarm for key in keys for alarm in estate.alarms_on.get((*place, *key), ())}
    for alarm in sorted(found.values(), key=lambda each: each.identity):
        if alarm.is_of_auto_scaling:
            continue
        for namespace, dimensions, at in alarm.watched():
            own = (dimensions.get("ClusterName"), dimensions.get("ServiceName")) == (workload.cluster, workload.name)
            by_name = any(dimensions.get(each) in named for each in _NAMED_IN_VARIABLES)
            if own or dimensions.get("TargetGroup") in targets or by_name:
                yield alarm, namespace, alarm.evidence(*at, value=alarm.alarm_name)
                break


def _named(workload: Workload) -> Iterator[str]:
    """The last part of every variable: the queue's name of its URL, the table's of its ARN."""
    task = workload.task_definition
    for container in task.container_definitions if task is not None else ():
        for variable in container.environment:
            yield variable.value.rpartition("/")[2].rpartition(":")[2]


@rule(
    "OBS-NO-ALARMS",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    worst=HIGH,
    effort=DAYS,
    confidence=0.8,
    needs=("cloudwatch.alarms", "ecs.services", "elb.target_groups"),
    across=("cloudwatch.alarms",),
    also_uses=("elb.load_balancers", "ecs.task_definitions"),
    raised_by=("elb.load_balancers", "elb.target_groups"),
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
)
def nothing_calls_anybody(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """No alarm in CloudWatch would call somebody when the service goes wrong.

    A move is judged by whether errors and latency stay as they were. Without an alarm the first to notice are the
    customers, and nobody can say afterwards whether it was worse on EKS or has always been so. Behind a public load
    balancer that is a risk to the move itself.

    Fix: before the move, put alarms on errors and latency of the target group, or on the age of the queue's oldest
    message for a worker, and keep the same limits when the Pods take the traffic.

    Passes: an alarm on the service, on its target group, or on a queue, stream or table that its variables name.
    Alarms that a scaling policy makes for itself call nobody and do not count.
    """
    service = workload.service
    if service is None:
        yield not_applicable(_NO_SERVICE, reads=("ecs.services",))
        return
    if any(_alarms(workload, estate)):
        return
    # what was not read may be the alarm, the target group that it is on, or the queue
    for fact in ("cloudwatch.alarms", "ecs.services", "ecs.task_definitions"):
        # any alarm could be on the service: one that was not read is enough
        related = None if fact == "cloudwatch.alarms" else workload.related
        missing = estate.missing(fact, workload.origin, related)
        if missing is not None:
            yield unknown(missing.reason, *missing.needs)
            return
    public = _public_entry(workload, estate)
    where = f", which {public} serves to the internet" if public is not None else ""
    yield fail(
        f"no alarm watches service {workload.name}{where}",
        service.evidence("serviceName"),
        severity=HIGH if public is not None else MEDIUM,
        confidence=0.8,
    )


def _public_entry(workload: Workload, estate: Estate) -> str | None:
    """The load balancer on the internet that leads to the service."""
    for entry in workload.service.all_load_balancers if workload.service is not None else ():
        group = estate.target_group_by_arn.get(entry.target_group_arn or "")
        names = group.load_balancer_arns if group is not None else (entry.load_balancer_name or "",)
        for name in names:
            balancer = estate.load_balancer_by_arn.get(name)
            if balancer is not None and balancer.scheme == "internet-facing":
                return balancer.load_balancer_name
    return None


@rule(
    "OBS-ALARMS-ECS",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("cloudwatch.alarms", "cloudwatch.dashboards", "ecs.services"),
    across=("cloudwatch.alarms", "cloudwatch.dashboards"),
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-EKS.html",
)
def alarm_on_ecs_metrics(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """An alarm or a dashboard watches metrics of the ECS service, which end with it.

    When the last task stops, its metrics stop, and an alarm without data usually keeps its last state or turns to
    insufficient data: it looks healthy while it watches nothing. A dashboard draws an empty chart. The metrics of Pods
    have other names, other dimensions and other meanings, so limits cannot just be copied.

    Fix: make the alarm anew on the metrics of Container Insights for EKS or of Prometheus before the traffic moves,
    compare both for some days, and let the old one treat missing data as breaching during the cut-over. Put the new
    metrics beside the old ones on the dashboard while both run.

    Passes: alarms on the target group, or on a queue or a database, stay as they are. Charts that search for metrics
    by an expression are not looked at.
    """
    if workload.service is None:
        yield not_applicable(_NO_SERVICE, reads=("ecs.services",))
        return
    found = list(_alarms(workload, estate))
    place = (workload.origin.account, workload.origin.region, workload.cluster, workload.name)
    shown = {dashboard.identity: (dashboard, at, of) for dashboard, at, of in estate.dashboards_of.get(place, ())}
    if not found and not shown:
        yield not_applicable("no alarm or dashboard watches the service")
        return
    for alarm, namespace, evidence in found:
        if namespace in _OF_ECS:
            yield fail(
                f"alarm {alarm.alarm_name} watches service {workload.name} by metrics of {namespace}",
                evidence,
                element=alarm.alarm_name,
            )
    for _, (dashboard, index, metric) in sorted(shown.items()):
        yield fail(
            f"dashboard {dashboard.dashboard_name} shows service {workload.name} by metrics of {metric.namespace}",
            dashboard.evidence("Shown", index, "ServiceName"),
            element=f"dashboard {dashboard.dashboard_name}",
        )


@rule(
    "OBS-LOG-DEPENDENTS",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions", "logs.groups"),
    looks_at=("containerDefinitions[].logConfiguration",),
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html",
)
def log_that_others_read(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Metric filters or subscriptions read the log group of a container.

    The agent on a Kubernetes node wraps each line in a record of its own, with the names of Pod and namespace around
    it, and often writes to another group. A filter whose pattern no longer fits finds nothing, without an error: the
    alarm behind it stays quiet, and what a subscription feeds dries up.

    Passes: groups of CloudWatch Logs that the driver awslogs writes to, which nobody reads along in. Subscriptions of
    the whole account, and what FireLens writes, are not looked at.

    Fix: have the agent write the line as it is (Fluent Bit's output with log_key) to the same group, or write each
    pattern anew for the new records, and test with one line that must be counted before the traffic moves.
    """
    task = workload.task_definition
    region = workload.origin.region
    groups: dict[str, Evidence] = {}
    if task is not None:
        for index, each in enumerate(task.container_definitions):
            group = each.log_group(region)
            if group is not None:
                at = ("containerDefinitions", index, "logConfiguration", "options", "awslogs-group")
                groups.setdefault(group, task.evidence(*at))
    if not groups:
        yield not_applicable("no container writes to CloudWatch Logs", reads=("ecs.task_definitions",))
        return
    for name, written in sorted(groups.items()):
        found = estate.log_group_by_name.get((workload.origin.account, region, name))
        if found is None:
            continue
        for index, counted in enumerate(found.metric_filters):
            metrics = ", ".join(
                f"{each.metric_namespace}/{each.metric_name}" for each in counted.metric_transformations
            )
            yield fail(
                f"metric filter {counted.filter_name} counts {metrics or 'a metric'} in log group {name}",
                found.evidence("metricFilters", index, "filterName"),
                written,
                element=f"{name} {counted.filter_name}",
            )
        for index, sent in enumerate(found.subscription_filters):
            yield fail(
                f"subscription {sent.filter_name} sends log group {name} on to {sent.destination_arn}",
                found.evidence("subscriptionFilters", index, "filterName"),
                written,
                element=f"{name} {sent.filter_name}",
            )
