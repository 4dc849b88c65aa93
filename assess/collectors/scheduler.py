"""Reads Amazon EventBridge Scheduler: the schedules that run ECS tasks."""

from assess.collectors.interface import Collector, Document, Operation, Reader, family_of, pages

LIST_SCHEDULES = Operation(
    "scheduler",
    "ListSchedules",
    "scheduler:ListSchedules",
    answers=("Schedules",),
    paging=pages(100, limit="MaxResults", token="NextToken"),
    enumerates=True,
)
GET_SCHEDULE = Operation("scheduler", "GetSchedule", "scheduler:GetSchedule", answers=("Target",), enumerates=True)

_FACTS = ("schedules",)


def _read(reader: Reader) -> None:
    listed = reader.items(LIST_SCHEDULES, "Schedules", lost=_FACTS)

    def read(summary: Document) -> None:
        found = reader.get(
            GET_SCHEDULE, lost=_FACTS, Name=summary["Name"], GroupName=summary.get("GroupName") or "default"
        )
        if found is not None and _is_asked_for(reader, found["Target"]):
            reader.add("schedules", found)

    reader.each(read, [each for each in listed if each.get("Name") and _may_run_a_task(each)])


def _may_run_a_task(summary: Document) -> bool:
    """Whether the target is an ECS cluster, or ECS's RunTask called by name; a summary that does not say may be."""
    arn = str((summary.get("Target") or {}).get("Arn") or "")
    return not arn or ":ecs:" in arn


def _is_asked_for(reader: Reader, target: Document) -> bool:
    family = family_of(str((target.get("EcsParameters") or {}).get("TaskDefinitionArn") or ""))
    arn = str(target.get("Arn") or "")
    if ":ecs:" not in arn:
        return False
    cluster = arn if ":cluster/" in arn else ""
    return reader.filters.takes_cluster(cluster) and reader.filters.takes_workload(family)


SCHEDULER = Collector(
    name="scheduler",
    title="schedules",
    facts=_FACTS,
    operations=(LIST_SCHEDULES, GET_SCHEDULE),
    collect=_read,
)

COLLECTORS = (SCHEDULER,)
