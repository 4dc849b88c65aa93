"""Reads Amazon EventBridge Pipes: what each carries from where to where, and the ECS tasks that some of them run."""

from collections.abc import Mapping
from typing import Any

from assess.collectors.interface import Collector, Document, Operation, Reader, family_of, pages

LIST_PIPES = Operation(
    "pipes",
    "ListPipes",
    "pipes:ListPipes",
    answers=("Pipes",),
    paging=pages(100, limit="Limit", token="NextToken"),
    enumerates=True,
)
DESCRIBE_PIPE = Operation("pipes", "DescribePipe", "pipes:DescribePipe", answers=("Arn", "Name"), enumerates=True)

_FACTS = ("pipes",)
_OF_PIPE = ("Arn", "Name", "DesiredState", "Source", "Enrichment", "Target")
_OF_TASK = ("TaskDefinitionArn", "LaunchType", "NetworkConfiguration", "CapacityProviderStrategy")


def _read(reader: Reader) -> None:
    listed = reader.items(LIST_PIPES, "Pipes", lost=_FACTS)

    def read(summary: Document) -> None:
        pipe = {key: summary[key] for key in _OF_PIPE if key in summary}
        cluster = str(pipe.get("Target") or "")
        if ":ecs:" in cluster:
            found = reader.get(DESCRIBE_PIPE, lost=_FACTS, resource=str(pipe["Arn"]), Name=pipe["Name"])
            task = _task(found or {})
            family = family_of(str(task.get("TaskDefinitionArn") or ""))
            if not (reader.filters.takes_cluster(cluster) and reader.filters.takes_workload(family)):
                return
            pipe |= task
            role = (found or {}).get("RoleArn")
            pipe |= {"RoleArn": role} if role else {}
        reader.add("pipes", pipe)

    reader.each(read, [each for each in listed if each.get("Name") and each.get("Arn")])


def _task(pipe: Mapping[str, Any]) -> Document:
    """How a pipe runs a task, where it names one: a JSON path chooses one for each event."""
    given = (pipe.get("TargetParameters") or {}).get("EcsTaskParameters") or {}
    if not str(given.get("TaskDefinitionArn") or "").startswith("arn:"):
        return {}
    return {key: given[key] for key in _OF_TASK if given.get(key)}


PIPES = Collector(
    name="pipes",
    title="pipes",
    facts=_FACTS,
    operations=(LIST_PIPES, DESCRIBE_PIPE),
    collect=_read,
)

COLLECTORS = (PIPES,)
