"""Alarms of Amazon CloudWatch, in its own terms."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from assess.estate.facts import Choice, Identifier, PascalFact, PascalPart


class Dimension(PascalPart):
    """What a metric is of: ``ServiceName`` and the service's name."""

    name: Identifier = ""
    value: Identifier = ""


class Metric(PascalPart):
    """A metric that a query of an alarm reads."""

    namespace: Identifier = ""
    metric_name: Identifier = ""
    dimensions: tuple[Dimension, ...] = ()


class MetricStat(PascalPart):
    """A statistic of a metric."""

    metric: Metric | None = None


class MetricQuery(PascalPart):
    """A query of an alarm that computes with several metrics."""

    id: Identifier = ""
    metric_stat: MetricStat | None = None


class Alarm(PascalFact):
    """An alarm on one metric, or on several by ``metrics``."""

    identity_field: ClassVar[str] = "alarm_arn"

    alarm_arn: Identifier = ""
    alarm_name: Identifier = ""
    namespace: Identifier = ""
    metric_name: Identifier = ""
    dimensions: tuple[Dimension, ...] = ()
    metrics: tuple[MetricQuery, ...] = ()
    treat_missing_data: Choice | None = None

    @property
    def is_of_auto_scaling(self) -> bool:
        """Whether a scaling policy that tracks a target made it: it calls nobody, and goes with the policy."""
        return self.alarm_name.startswith("TargetTracking-")

    def watched(self) -> Iterator[tuple[str, Mapping[str, str], tuple[str | int, ...]]]:
        """Each metric: its namespace, its dimensions by name, and the steps to them."""
        if self.dimensions:
            yield self.namespace, _by_name(self.dimensions), ("Dimensions",)
        for index, query in enumerate(self.metrics):
            metric = query.metric_stat.metric if query.metric_stat is not None else None
            if metric is not None:
                at = ("Metrics", index, "MetricStat", "Metric", "Dimensions")
                yield metric.namespace, _by_name(metric.dimensions), at


def _by_name(dimensions: tuple[Dimension, ...]) -> dict[str, str]:
    return {each.name: each.value for each in dimensions}
