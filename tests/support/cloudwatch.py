"""Metrics of Amazon CloudWatch: how busy seeded services are, answered as GetMetricData does."""

import math
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.support.wire import AwsError, Call, Document

_HOUR = 3600
_MOST_QUERIES, _MOST_POINTS = 500, 100_800


class Load(NamedTuple):
    """How busy something is in each hour of each day: more at noon, and nothing before it was there."""

    usual: float
    noon: float
    """From 10 to 14 hours before the end of what is asked for, each day."""
    highest: float | None = None
    """The highest single value, at noon; none where it is no more than the average."""
    days: float = 400
    """How long it has been there."""

    def hour(self, ago: int) -> tuple[float, float] | None:
        """Average and highest value of an hour so many hours ago, if there was anything."""
        if ago >= self.days * 24:
            return None
        value = self.noon if 10 <= ago % 24 < 14 else self.usual
        return value, max(value, self.highest or 0) if value == self.noon else value


class SimulatedMetrics:
    """The metrics of all regions, by their dimensions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.page = _MOST_POINTS
        """Datapoints that an answer holds at most, however many the call allows."""
        self._loads: dict[tuple[str, str, str, frozenset[tuple[str, str]]], Load] = {}

    def clear(self) -> None:
        """Forgets all, and answers with full pages."""
        with self._lock:
            self._loads.clear()
            self.page = _MOST_POINTS

    def put(self, region: str, namespace: str, metric: str, load: Load, **dimensions: str) -> None:
        """Has a metric hold a load."""
        with self._lock:
            self._loads[region, namespace, metric, frozenset(dimensions.items())] = load

    def get_metric_data(self, call: Call) -> Document:
        """The page of the values that a call asks for.

        Raises:
            AwsError: it asks for more than AWS gives in one answer.
        """
        given = call.parameters
        queries = given["MetricDataQueries"]
        most = int(given.get("MaxDatapoints") or _MOST_POINTS)
        if len(queries) > _MOST_QUERIES or most > _MOST_POINTS:
            raise AwsError("ValidationError", "The call asks for more than 500 queries or 100,800 datapoints.")
        points = [
            (query["Id"], at, value)
            for query in queries
            for at, value in self._values(call.region, query["MetricStat"], given["StartTime"], given["EndTime"])
        ]
        most = min(most, self.page)
        start = int(given.get("NextToken") or 0)
        shown, later = points[start : start + most], {id for id, _, _ in points[start + most :]}
        held = {id for id, _, _ in points}
        ids = dict.fromkeys([id for id, _, _ in shown])
        if not start:
            ids |= dict.fromkeys(query["Id"] for query in queries if query["Id"] not in held)
        results = [
            {
                "Id": id,
                "Label": id,
                "Timestamps": [at for of, at, _ in shown if of == id],
                "Values": [value for of, _, value in shown if of == id],
                "StatusCode": "PartialData" if id in later else "Complete",
            }
            for id in ids
        ]
        return {"MetricDataResults": results, "Messages": []} | ({"NextToken": str(start + most)} if later else {})

    def _values(self, region: str, asked: Mapping[str, Any], start: float, end: float) -> Iterator[tuple[float, float]]:
        metric, period = asked["Metric"], int(asked["Period"])
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        # what is seeded of a target group holds behind every load balancer
        dimensions.pop("LoadBalancer", None)
        key = (region, metric["Namespace"], metric["MetricName"], frozenset(dimensions.items()))
        with self._lock:
            load = self._loads.get(key)
        for step in range(math.ceil((end - start) / period) if load is not None else 0):
            at = start + step * period
            hours = range(int((end - at - period) // _HOUR), int((end - at) // _HOUR))
            told = [each for ago in hours if load is not None and (each := load.hour(ago)) is not None]
            if told:
                average, highest = [value for value, _ in told], max(value for _, value in told)
                total = math.fsum(average)
                yield at, {"Average": total / len(told), "Maximum": highest, "Sum": total}[asked["Stat"]]
