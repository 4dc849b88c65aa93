"""Reads CloudWatch Logs: who reads along in the log groups that containers write to."""

import re
from collections.abc import Iterator

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, members, pages
from assess.estate.ecs import TaskDefinition
from assess.estate.gaps import Reason

DESCRIBE_METRIC_FILTERS = Operation(
    "logs",
    "DescribeMetricFilters",
    "logs:DescribeMetricFilters",
    answers=("metricFilters",),
    paging=pages(50, limit="limit"),
)
DESCRIBE_SUBSCRIPTION_FILTERS = Operation(
    "logs",
    "DescribeSubscriptionFilters",
    "logs:DescribeSubscriptionFilters",
    answers=("subscriptionFilters",),
    paging=pages(50, limit="limit"),
)

_FACTS = ("logs.groups",)

_MOST_GROUPS = 1000
"""The most groups that are asked for subscriptions, which takes a call each: beyond, a scan would wait for them."""

_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


def _read(reader: Reader) -> None:
    used = sorted(set(_groups(reader)))
    if not used:
        return
    by_group: dict[str, Document] = {}
    # all of the region: filters are few, groups may be many
    for each in reader.items(DESCRIBE_METRIC_FILTERS, "metricFilters", lost=_FACTS):
        name = each.get("logGroupName")
        if name in used:
            group = by_group.setdefault(name, {"metricFilters": [], "subscriptionFilters": []})
            group["metricFilters"].append(_metric_filter(each))
    asked = used[:_MOST_GROUPS]
    if len(asked) < len(used):
        message = f"subscription filters of {len(asked)} of {len(used)} log groups were read"
        reader.lose(Unreadable(DESCRIBE_SUBSCRIPTION_FILTERS, Reason.NOT_COLLECTED, "TooMany", message), _FACTS)
    for name, found in zip(asked, reader.each(lambda group: _subscriptions(reader, group), asked), strict=True):
        if found:
            by_group.setdefault(name, {"metricFilters": [], "subscriptionFilters": []})["subscriptionFilters"] = found
    for name, group in sorted(by_group.items()):
        reader.add("log_groups", {"logGroupName": name} | group)


def _groups(reader: Reader) -> Iterator[str]:
    """Names of the groups of this region that containers write to."""
    for task in reader.facts(TaskDefinition):
        for container in task.container_definitions:
            group = container.log_group(reader.region)
            if group is not None and _NAME.fullmatch(group):
                yield group


def _metric_filter(told: Document) -> Document:
    metrics = [
        {key: each[key] for key in ("metricName", "metricNamespace") if key in each}
        for each in members(told, "metricTransformations")
    ]
    return {"filterName": told.get("filterName"), "metricTransformations": metrics}


def _subscriptions(reader: Reader, group: str) -> list[Document]:
    found: list[Document] = []
    try:
        for page in reader.pages(DESCRIBE_SUBSCRIPTION_FILTERS, logGroupName=group):
            for each in members(page, "subscriptionFilters"):
                found.append({key: each[key] for key in ("filterName", "destinationArn") if key in each})
    except Unreadable as error:
        # nobody reads along in a group that is not there yet
        if error.code != "ResourceNotFoundException":
            reader.lose(error, _FACTS)
    return found


LOGS = Collector(
    name="logs",
    title="readers of log groups",
    facts=_FACTS,
    operations=(DESCRIBE_METRIC_FILTERS, DESCRIBE_SUBSCRIPTION_FILTERS),
    collect=_read,
    after=("ecs.task_definitions",),
)

COLLECTORS = (LOGS,)
