"""Reads AWS Step Functions: the state machines whose definition runs ECS tasks."""

import json

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, family_of, pages
from assess.estate.gaps import Reason
from assess.estate.triggers import StateMachine

LIST_STATE_MACHINES = Operation(
    "stepfunctions",
    "ListStateMachines",
    "states:ListStateMachines",
    answers=("stateMachines",),
    paging=pages(1000),
    enumerates=True,
)
DESCRIBE_STATE_MACHINE = Operation(
    "stepfunctions",
    "DescribeStateMachine",
    "states:DescribeStateMachine",
    answers=("definition",),
    enumerates=True,
)

_FACTS = ("workflows",)

_UNPARSABLE = Unreadable(DESCRIBE_STATE_MACHINE, Reason.ERROR, "BrokenAnswer", "the definition does not parse")


def _read(reader: Reader) -> None:
    listed = reader.items(LIST_STATE_MACHINES, "stateMachines", lost=_FACTS)

    def read(summary: Document) -> None:
        found = reader.get(DESCRIBE_STATE_MACHINE, lost=_FACTS, stateMachineArn=summary["stateMachineArn"])
        if found is None or ":ecs:runTask" not in found["definition"]:
            return
        try:
            definition = json.loads(found["definition"])
        except ValueError:
            reader.lose(_UNPARSABLE, _FACTS)
            return
        if _is_asked_for(reader, definition):
            reader.add("state_machines", found | {"definition": definition})

    reader.each(read, [each for each in listed if each.get("stateMachineArn")])


def _is_asked_for(reader: Reader, definition: Document) -> bool:
    """Whether the filters let any state through that runs a task; what is chosen at run time cannot be judged."""
    machine = StateMachine(definition=definition)
    return any(
        reader.filters.takes_cluster(each.cluster) and reader.filters.takes_workload(family_of(each.task_definition))
        for each in machine.ecs_tasks()
    )


STEP_FUNCTIONS = Collector(
    name="stepfunctions",
    title="state machines",
    facts=_FACTS,
    operations=(LIST_STATE_MACHINES, DESCRIBE_STATE_MACHINE),
    collect=_read,
)

COLLECTORS = (STEP_FUNCTIONS,)
