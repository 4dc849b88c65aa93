"""Reads Amazon CloudWatch: the alarms that may be about workloads."""

from collections.abc import Iterator

from assess.collectors.interface import Collector, Document, Operation, Reader, members, pages

DESCRIBE_ALARMS = Operation(
    "cloudwatch",
    "DescribeAlarms",
    "cloudwatch:DescribeAlarms",
    answers=("MetricAlarms",),
    paging=pages(100, limit="MaxRecords", token="NextToken"),  # noqa: S106 - a parameter's name
)

_ABOUT = frozenset({"ClusterName", "ServiceName", "TargetGroup", "QueueName", "StreamName", "TableName"})
"""Dimensions of metrics that a workload can be watched by."""

_KEPT = (
    *("AlarmArn", "AlarmName", "Namespace", "MetricName", "Dimensions", "Metrics", "TreatMissingData"),
    *("Statistic", "ExtendedStatistic", "Period", "Threshold", "ComparisonOperator", "ActionsEnabled"),
)
"""Not what it last saw, and not whom it calls."""


def _read(reader: Reader) -> None:
    for alarm in reader.items(DESCRIBE_ALARMS, "MetricAlarms", lost=("cloudwatch.alarms",), AlarmTypes=["MetricAlarm"]):
        if _ABOUT.intersection(_dimensions(alarm)):
            reader.add("alarms", {key: alarm[key] for key in _KEPT if key in alarm})


def _dimensions(alarm: Document) -> Iterator[str]:
    yield from (str(each.get("Name")) for each in members(alarm, "Dimensions"))
    for query in members(alarm, "Metrics"):
        metric = (query.get("MetricStat") or {}).get("Metric") or {}
        yield from (str(each.get("Name")) for each in members(metric, "Dimensions"))


ALARMS = Collector(
    name="cloudwatch.alarms",
    title="alarms",
    facts=("cloudwatch.alarms",),
    operations=(DESCRIBE_ALARMS,),
    collect=_read,
)

COLLECTORS = (ALARMS,)
