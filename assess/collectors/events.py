"""Reads Amazon EventBridge: the rules on every event bus that run ECS tasks, or feed what may serve them."""

from assess.collectors.interface import Collector, Document, Operation, Reader, family_of, pages
from assess.collectors.trimming import trimmed
from assess.estate.messaging import EventBus

_PAGES = pages(100, limit="Limit", token="NextToken")

LIST_EVENT_BUSES = Operation(
    "events",
    "ListEventBuses",
    "events:ListEventBuses",
    answers=("EventBuses",),
    paging=_PAGES,
    enumerates=True,
)
LIST_RULES = Operation("events", "ListRules", "events:ListRules", answers=("Rules",), paging=_PAGES, enumerates=True)
LIST_TARGETS_BY_RULE = Operation(
    "events",
    "ListTargetsByRule",
    "events:ListTargetsByRule",
    answers=("Targets",),
    paging=_PAGES,
    enumerates=True,
)

_FACTS = ("schedules",)
_BUSES = "messaging.events"


def _read(reader: Reader) -> None:
    buses = set()
    for each in reader.items(LIST_EVENT_BUSES, "EventBuses", lost=(*_FACTS, "messaging", _BUSES)):
        buses.add(str(each.get("Name")))
        reader.add("event_buses", trimmed(EventBus, each))

    def rules(bus: str) -> list[Document]:
        listed = reader.items(LIST_RULES, "Rules", lost=_FACTS, EventBusName=bus)
        return [each | {"EventBusName": bus} for each in listed]

    def targets(rule: Document) -> None:
        found = reader.items(
            LIST_TARGETS_BY_RULE, "Targets", lost=_FACTS, Rule=rule["Name"], EventBusName=rule["EventBusName"]
        )
        taken = [each for each in found if not each.get("EcsParameters") or _is_asked_for(reader, each)]
        if any(each.get("EcsParameters") or _carries_on(each) for each in taken):
            reader.add("event_rules", rule | {"Targets": taken})

    # every account has the default bus, whether it can list its buses or not
    listed = reader.each(rules, sorted(buses | {"default"}))
    reader.each(targets, [rule for of_bus in listed for rule in of_bus if rule.get("Name")])


_CARRIERS = (":sqs:", ":sns:", ":lambda:", ":kinesis:", ":firehose:", ":events:")


def _carries_on(target: Document) -> bool:
    """Whether a workload may be at the end of what the target is given: it is a queue, a topic, a function, ..."""
    return any(each in str(target.get("Arn") or "") for each in _CARRIERS)


def _is_asked_for(reader: Reader, target: Document) -> bool:
    family = family_of(str(target["EcsParameters"].get("TaskDefinitionArn") or ""))
    return reader.filters.takes_cluster(str(target.get("Arn") or "")) and reader.filters.takes_workload(family)


EVENTS = Collector(
    name="events",
    title="event rules",
    facts=(*_FACTS, _BUSES),
    operations=(LIST_EVENT_BUSES, LIST_RULES, LIST_TARGETS_BY_RULE),
    collect=_read,
)

COLLECTORS = (EVENTS,)
