"""Log groups of CloudWatch Logs and dashboards of CloudWatch: who reads what workloads write and measure."""

from typing import ClassVar

from assess.estate.facts import Fact, Identifier, Part, PascalFact, PascalPart


class MetricTransformation(Part):
    """A metric that is counted from lines of a log."""

    metric_name: Identifier = ""
    metric_namespace: Identifier = ""


class MetricFilter(Part):
    """A filter that makes metrics of lines; its pattern is left out."""

    filter_name: Identifier = ""
    metric_transformations: tuple[MetricTransformation, ...] = ()


class SubscriptionFilter(Part):
    """A filter that sends lines on as they come; its pattern is left out."""

    filter_name: Identifier = ""
    destination_arn: Identifier = ""


class LogGroup(Fact):
    """A log group that containers write to, where somebody reads along."""

    identity_field: ClassVar[str] = "log_group_name"

    log_group_name: Identifier = ""
    metric_filters: tuple[MetricFilter, ...] = ()
    subscription_filters: tuple[SubscriptionFilter, ...] = ()


class ShownMetric(PascalPart):
    """A metric of an ECS service that a dashboard shows."""

    region: Identifier = ""
    namespace: Identifier = ""
    cluster_name: Identifier = ""
    service_name: Identifier = ""


class Dashboard(PascalFact):
    """A dashboard that shows metrics of ECS services; whatever else is on it is left out."""

    identity_field: ClassVar[str] = "dashboard_arn"

    dashboard_arn: Identifier = ""
    dashboard_name: Identifier = ""
    shown: tuple[ShownMetric, ...] = ()
