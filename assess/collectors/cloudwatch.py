"""Reads Amazon CloudWatch: the alarms that may be about workloads, and how busy services were.

AWS charges for GetMetricData by the metric asked for (https://aws.amazon.com/cloudwatch/pricing/): a scan asks for six
of each service, and two of each target group that serves it.
"""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from assess.collectors.interface import (
    Collector,
    Document,
    Operation,
    Reader,
    Unreadable,
    batches,
    members,
    name_of,
    pages,
)
from assess.estate.balancing import TargetGroup
from assess.estate.ecs import Service
from assess.estate.gaps import Reason
from assess.estate.metrics import LONG, SHORT

DESCRIBE_ALARMS = Operation(
    "cloudwatch",
    "DescribeAlarms",
    "cloudwatch:DescribeAlarms",
    answers=("MetricAlarms",),
    paging=pages(100, limit="MaxRecords", token="NextToken"),
)
GET_METRIC_DATA = Operation(
    "cloudwatch",
    "GetMetricData",
    "cloudwatch:GetMetricData",
    "cloudwatch metric data",
    answers=("MetricDataResults",),
    paging=pages(100_800, limit="MaxDatapoints", token="NextToken"),
    batch=500,
)

# --- alarms -----------------------------------------------------------------------------------------------------

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


# --- metrics ----------------------------------------------------------------------------------------------------

_METRICS = ("cloudwatch.metrics",)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class _Series(NamedTuple):
    """One statistic of one metric of a service over a window."""

    service: str
    """Its ARN."""
    of: str
    """Member of :class:`assess.estate.metrics.ServiceMetrics`."""
    statistic: str
    period: timedelta
    metric: Document


@dataclass(frozen=True, slots=True)
class _Window:
    start: datetime
    days: int
    period: timedelta

    @property
    def end(self) -> datetime:
        return self.start + self.days * _DAY

    @property
    def length(self) -> int:
        """Values that a series has where none is missing."""
        return math.ceil(self.days * _DAY / self.period)

    @property
    def series_a_call(self) -> int:
        """How many whole series fit into one answer."""
        paging, most = GET_METRIC_DATA.paging, GET_METRIC_DATA.batch
        return min(most or 1, paging.size // self.length if paging is not None else 1)

    def place(self, at: datetime) -> int:
        """Which value of a series a datapoint is."""
        return max(0, min(self.length - 1, (at - self.start) // self.period))


_Values: TypeAlias = "array[float]"
"""A series: a value for each period of its window, not a number where there is none. Thousands are held at a time."""


def _read_metrics(reader: Reader) -> None:
    services = [each for each in reader.facts(Service) if each.cluster_arn and each.status != "INACTIVE"]
    groups = {each.target_group_arn: each for each in reader.facts(TargetGroup)}
    # whole hours, which CloudWatch answers fastest; the hour that is not over has no value yet
    end = reader.collected_at.replace(minute=0, second=0, microsecond=0)
    hourly, daily = _Window(end - SHORT * _DAY, SHORT, _HOUR), _Window(end - LONG * _DAY, LONG, _DAY)
    asked: list[tuple[_Window, list[_Series]]] = []
    for window in (hourly, daily):
        series = [found for each in services for found in _series(each, groups, window.period)]
        asked += [(window, batch) for batch in batches(series, window.series_a_call)]
    lost: set[str] = set()
    found: dict[tuple[str, str, str, timedelta], _Values] = {}
    for (_, batch), values in zip(asked, reader.each(lambda each: _values(reader, *each), asked), strict=True):
        for one, told in zip(batch, values, strict=True):
            key = (one.service, one.of, one.statistic, one.period)
            if told is None:
                lost.add(one.service)
            else:  # a service may have several target groups
                found[key] = _sum(found[key], told) if key in found else told
    for service in services:
        arn = service.service_arn
        if arn in lost:
            continue
        document: Document = {"serviceArn": arn}
        for of, statistic in _ASKED:
            hours, days = found.get((arn, of, statistic, _HOUR)), found.get((arn, of, statistic, _DAY))
            if hours is not None and days is not None:
                highest = found.get((arn, of, "Maximum", _DAY))
                document[of] = _statistics(hours, days, highest, fill=statistic == "Sum")
        reader.add("service_metrics", document)


_ASKED = (("cpu", "Average"), ("memory", "Average"), ("requests", "Sum"))
_NAMES = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}


def _series(service: Service, groups: dict[str, TargetGroup], period: timedelta) -> Iterator[_Series]:
    """What is asked about a service: averages and sums of both windows, the highest value of the long one."""
    arn = service.service_arn
    place = {"ClusterName": name_of(service.cluster_arn), "ServiceName": service.service_name or name_of(arn)}
    for of, name in _NAMES.items():
        for statistic in ("Average",) if period == _HOUR else ("Average", "Maximum"):
            yield _Series(arn, of, statistic, period, _metric("AWS/ECS", name, place))
    for entry in service.all_load_balancers:
        group = groups.get(entry.target_group_arn or "")
        for balancer in dict.fromkeys(group.load_balancer_arns if group is not None else ()):
            path = balancer.partition(":loadbalancer/")[2]
            if group is not None and path.startswith("app/"):
                of_group = {"LoadBalancer": path, "TargetGroup": group.target_group_arn.rpartition(":")[2]}
                metric = _metric("AWS/ApplicationELB", "RequestCount", of_group)
                yield _Series(arn, "requests", "Sum", period, metric)


def _metric(namespace: str, name: str, dimensions: dict[str, str]) -> Document:
    named = [{"Name": each, "Value": value} for each, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": named}


def _values(reader: Reader, window: _Window, batch: Sequence[_Series]) -> list["_Values | None"]:
    """The values of each series of a batch, in its order; none for one that was lost, which is noted."""
    period = int(window.period.total_seconds())
    queries = [
        {"Id": f"m{at}", "MetricStat": {"Metric": each.metric, "Period": period, "Stat": each.statistic}}
        for at, each in enumerate(batch)
    ]
    values = [array("d", [math.nan]) * window.length for _ in batch]
    states = ["Missing"] * len(batch)
    try:
        for page in reader.pages(
            GET_METRIC_DATA,
            MetricDataQueries=queries,
            StartTime=window.start,
            EndTime=window.end,
            ScanBy="TimestampAscending",
        ):
            for result in members(page, "MetricDataResults"):
                at = int(str(result["Id"])[1:])
                states[at] = str(result.get("StatusCode"))
                for when, value in zip(members(result, "Timestamps"), members(result, "Values"), strict=True):
                    values[at][window.place(when)] = value
    except Unreadable as error:
        if error.reason is Reason.DENIED:  # nobody may be allowed some metrics and not others
            reader.lose(error, _METRICS)
        else:
            _lose(reader, error, batch)
        return [None] * len(batch)
    for state in sorted({each for each in states if each != "Complete"}):
        partial = Unreadable(GET_METRIC_DATA, Reason.ERROR, state, "CloudWatch did not tell all values of a metric")
        _lose(reader, partial, [each for each, told in zip(batch, states, strict=True) if told == state])
    return [each if state == "Complete" else None for each, state in zip(values, states, strict=True)]


def _lose(reader: Reader, error: Unreadable, batch: Sequence[_Series]) -> None:
    for service in sorted({each.service for each in batch}):
        reader.lose(error, _METRICS, resource=service)


def _sum(one: _Values, other: _Values) -> _Values:
    """Two series added; where one has no value, the other's."""
    pairs = zip(one, other, strict=True)
    return array("d", [b if math.isnan(a) else a if math.isnan(b) else a + b for a, b in pairs])


def _statistics(hours: _Values, days: _Values, highest: "_Values | None", *, fill: bool) -> dict[str, Any]:
    """A document of :class:`assess.estate.metrics.Statistics`; with ``fill`` an hour without a value counts as 0."""
    found: dict[str, Any] = {"longDays": len(_since_first(days))}
    of_days, of_tasks = _told(days), _told(highest or ())
    if of_days:
        found["busiestDay"] = round(max(of_days), 2)
    if of_tasks:
        found["maximum"] = round(max(of_tasks), 2)
    since = _since_first(hours)
    if not since:
        return found
    values = sorted(0.0 if math.isnan(each) else each for each in since) if fill else sorted(_told(since))
    return found | {
        "hours": len(values),
        "days": math.ceil(len(since) * _HOUR / _DAY),
        "mean": round(math.fsum(values) / len(values), 2),
        "p95": round(values[math.ceil(0.95 * len(values)) - 1], 2),
        "peak": round(values[-1], 2),
    }


def _told(values: Sequence[float]) -> list[float]:
    return [each for each in values if not math.isnan(each)]


def _since_first(values: _Values) -> Sequence[float]:
    """The values from the first that there is."""
    first = next((at for at, each in enumerate(values) if not math.isnan(each)), len(values))
    return values[first:]


METRICS = Collector(
    name="cloudwatch.metrics",
    title="metrics",
    facts=_METRICS,
    operations=(GET_METRIC_DATA,),
    collect=_read_metrics,
    after=("ecs.services", "elb"),
)

COLLECTORS = (ALARMS, METRICS)
