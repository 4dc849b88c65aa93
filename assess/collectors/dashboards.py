"""Reads the dashboards of Amazon CloudWatch: which of them show metrics of ECS services."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from assess.collectors.interface import Collector, Document, Operation, Reader, unsized_pages
from assess.estate.ecs import Service

LIST_DASHBOARDS = Operation(
    "cloudwatch",
    "ListDashboards",
    "cloudwatch:ListDashboards",
    answers=("DashboardEntries",),
    paging=unsized_pages("NextToken"),
)
GET_DASHBOARD = Operation("cloudwatch", "GetDashboard", "cloudwatch:GetDashboard", answers=("DashboardBody",))

_FACTS = ("cloudwatch.dashboards",)
_OF_ECS = ("AWS/ECS", "ECS/ContainerInsights")


def _read(reader: Reader) -> None:
    if not reader.facts(Service):
        return
    listed = reader.items(LIST_DASHBOARDS, "DashboardEntries", lost=_FACTS)
    names = sorted({str(each["DashboardName"]) for each in listed if each.get("DashboardName")})

    def read(name: str) -> None:
        answer = reader.get(GET_DASHBOARD, lost=_FACTS, resource=name, DashboardName=name)
        if answer is None:
            return
        shown: list[Document] = []
        for metric in _shown(answer["DashboardBody"]):
            if metric not in shown:
                shown.append(metric)
        if shown:
            named = {"DashboardArn": answer.get("DashboardArn"), "DashboardName": name}
            reader.add("dashboards", named | {"Shown": shown})

    reader.each(read, names)


def _shown(body: str) -> Iterator[Document]:
    """The metrics of ECS services on a dashboard. Somebody wrote it: whatever is not as it should be is left out."""
    try:
        document = json.loads(body)
    except ValueError:
        return
    widgets = document.get("widgets") if isinstance(document, Mapping) else None
    for widget in widgets if isinstance(widgets, list) else ():
        properties = widget.get("properties") if isinstance(widget, Mapping) else None
        if isinstance(properties, Mapping) and isinstance(properties.get("metrics"), list):
            yield from _of_widget(properties["metrics"], str(properties.get("region") or ""))


def _of_widget(rows: list[Any], region: str) -> Iterator[Document]:
    before: list[str] = []
    for row in rows:
        if not isinstance(row, list):
            continue
        settings = row[-1] if row and isinstance(row[-1], Mapping) else {}
        written = [each for each in row if isinstance(each, str)]
        if not written:
            continue  # an expression
        whole = before = _written_out(written, before)
        if not whole:
            continue  # it takes all from a row that is not there
        dimensions = dict(zip(whole[2::2], whole[3::2], strict=False))
        of_service = "ClusterName" in dimensions and "ServiceName" in dimensions
        if whole[0] in _OF_ECS and of_service:
            yield {
                "Region": str(settings.get("region") or region),
                "Namespace": whole[0],
                "ClusterName": dimensions["ClusterName"],
                "ServiceName": dimensions["ServiceName"],
            }


def _written_out(row: list[str], before: list[str]) -> list[str]:
    """A row with what ``.`` (this part) and ``...`` (all parts up to here) take from the row before
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html)."""
    if row[0] == "...":
        row = [*before[: max(0, len(before) - len(row) + 1)], *row[1:]]
    return [before[at] if each == "." and at < len(before) else each for at, each in enumerate(row)]


DASHBOARDS = Collector(
    name="cloudwatch.dashboards",
    title="dashboards",
    facts=_FACTS,
    operations=(LIST_DASHBOARDS, GET_DASHBOARD),
    collect=_read,
    after=("ecs.services",),
    # a dashboard has no region: its metrics have
    regional=False,
)

COLLECTORS = (DASHBOARDS,)
