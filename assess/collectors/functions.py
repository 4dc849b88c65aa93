"""Reads AWS Lambda: functions, what they are told, and what they read from.

They use what workloads use, from outside ECS. Code and versions are not read.
"""

from collections.abc import Mapping
from typing import Any

from assess.collectors.interface import Collector, Operation, Reader, pages
from assess.collectors.trimming import trimmed
from assess.estate.functions import EventSourceMapping, Function

# AWS gives 50 functions, and 100 mappings, at most
LIST_FUNCTIONS = Operation(
    "lambda",
    "ListFunctions",
    "lambda:ListFunctions",
    answers=("Functions",),
    paging=pages(50, limit="MaxItems", token="Marker", next="NextMarker"),
)
LIST_EVENT_SOURCE_MAPPINGS = Operation(
    "lambda",
    "ListEventSourceMappings",
    "lambda:ListEventSourceMappings",
    answers=("EventSourceMappings",),
    paging=pages(100, limit="MaxItems", token="Marker", next="NextMarker"),
)

_FACTS = ("lambda",)


def _read(reader: Reader) -> None:
    for listed in reader.items(LIST_FUNCTIONS, "Functions", lost=_FACTS):
        network = listed.get("VpcConfig") or {}
        reader.add(
            "functions",
            trimmed(Function, listed)
            | {key: network[key] for key in ("SubnetIds", "SecurityGroupIds", "VpcId") if network.get(key)}
            | {"Environment": _variables(listed)},
        )
    for listed in reader.items(LIST_EVENT_SOURCE_MAPPINGS, "EventSourceMappings", lost=_FACTS):
        if listed.get("EventSourceArn"):  # one that polls brokers outside of AWS names none
            reader.add("event_source_mappings", trimmed(EventSourceMapping, listed))


def _variables(function: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Variables as ECS lists them, so that the door reads each value by its variable's name."""
    variables = (function.get("Environment") or {}).get("Variables") or {}
    return [{"name": name, "value": value} for name, value in sorted(variables.items())]


FUNCTIONS = Collector(
    name="lambda",
    title="functions",
    facts=_FACTS,
    operations=(LIST_FUNCTIONS, LIST_EVENT_SOURCE_MAPPINGS),
    collect=_read,
)

COLLECTORS = (FUNCTIONS,)
