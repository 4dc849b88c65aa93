"""What starts ECS tasks from outside: EventBridge rules, Scheduler schedules, Step Functions state machines."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from assess.estate.documents import StatesDefinition
from assess.estate.facts import Choice, Fact, Identifier, IdentifierTree, PascalFact, PascalPart, Text


class EcsParameters(PascalPart):
    """How a rule or a schedule runs a task."""

    task_definition_arn: Identifier = ""
    task_count: int | None = None
    launch_type: Choice | None = None
    platform_version: Identifier | None = None
    group: Identifier | None = None
    network_configuration: IdentifierTree | None = None
    capacity_provider_strategy: tuple[IdentifierTree, ...] = ()


class EventTarget(PascalPart):
    """A target of an EventBridge rule; ``arn`` is the cluster where it runs a task."""

    id: Identifier = ""
    arn: Identifier = ""
    role_arn: Identifier | None = None
    input: Text | None = None
    ecs_parameters: EcsParameters | None = None


class EventRule(PascalFact):
    """An EventBridge rule that runs ECS tasks; ``targets`` are all its targets."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    name: Identifier = ""
    state: Choice | None = None
    schedule_expression: Identifier | None = None
    event_pattern: Text | None = None
    event_bus_name: Identifier | None = None
    description: Text | None = None
    targets: tuple[EventTarget, ...] = ()

    @property
    def is_enabled(self) -> bool:
        """Whether the rule starts anything (``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`` does too)."""
        return (self.state or "ENABLED").startswith("ENABLED")


class ScheduleTarget(PascalPart):
    """The target of a schedule; ``arn`` is the cluster where it runs a task."""

    arn: Identifier = ""
    role_arn: Identifier | None = None
    input: Text | None = None
    ecs_parameters: EcsParameters | None = None


class Schedule(PascalFact):
    """An EventBridge Scheduler schedule that runs ECS tasks."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    name: Identifier = ""
    group_name: Identifier | None = None
    state: Choice | None = None
    schedule_expression: Identifier | None = None
    schedule_expression_timezone: Identifier | None = None
    end_date: datetime | None = None
    description: Text | None = None
    target: ScheduleTarget | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether the schedule starts anything."""
        return (self.state or "ENABLED") == "ENABLED"

    @property
    def task(self) -> tuple[str, EcsParameters] | None:
        """The cluster and the task that the schedule runs, if it runs one.

        The target is a cluster with ``EcsParameters``, or ECS's own RunTask with the request as ``Input``
        (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html).
        """
        target = self.target
        if target is None:
            return None
        if target.ecs_parameters is not None:
            return target.arn, target.ecs_parameters
        return _run_task_request(target.input or "") if target.arn.endswith(":aws-sdk:ecs:runTask") else None


def _run_task_request(text: str) -> tuple[str, EcsParameters] | None:
    try:
        request = json.loads(text)
    except ValueError:
        return None
    if not isinstance(request, dict) or not isinstance(request.get("TaskDefinition"), str):
        return None
    cluster, launch_type = request.get("Cluster"), request.get("LaunchType")
    parameters = EcsParameters(
        task_definition_arn=request["TaskDefinition"],
        launch_type=launch_type if isinstance(launch_type, str) else None,
    )
    return cluster if isinstance(cluster, str) else "", parameters


class Pipe(PascalFact):
    """An EventBridge pipe (``pipes:ListPipes``); its target is an ARN, a cluster where it runs ECS tasks."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    name: Identifier = ""
    desired_state: Choice | None = None
    source: Identifier = ""
    enrichment: Identifier | None = None
    target: Identifier = ""
    task_definition_arn: Identifier | None = None
    """Of ``TargetParameters.EcsTaskParameters`` (``pipes:DescribePipe``), where the target is a cluster; so are the
    members that follow, written as EventBridge writes those of a rule's target."""
    launch_type: Choice | None = None
    network_configuration: IdentifierTree | None = None
    capacity_provider_strategy: tuple[IdentifierTree, ...] = ()
    role_arn: Identifier | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether the pipe is to run."""
        return (self.desired_state or "RUNNING") == "RUNNING"

    @property
    def ecs_parameters(self) -> EcsParameters | None:
        """The task that the pipe runs, if it runs one."""
        if not self.task_definition_arn:
            return None
        return EcsParameters(
            task_definition_arn=self.task_definition_arn,
            launch_type=self.launch_type,
            network_configuration=self.network_configuration,
            capacity_provider_strategy=self.capacity_provider_strategy,
        )


class StateMachine(Fact):
    """A Step Functions state machine whose definition runs ECS tasks; ``definition`` is the parsed definition."""

    identity_field: ClassVar[str] = "state_machine_arn"

    state_machine_arn: Identifier = ""
    name: Identifier = ""
    type: Choice | None = None
    status: Choice | None = None
    role_arn: Identifier | None = None
    definition: StatesDefinition = Field(default_factory=dict)

    def ecs_tasks(self) -> Iterator["RunTaskState"]:
        """Each state that runs a task, those inside ``Parallel`` branches and ``Map`` iterators too."""
        yield from _ecs_states(self.definition)


class RunTaskState(NamedTuple):
    """A state that runs an ECS task, as it is written.

    What is chosen at run time (``TaskDefinition.$``, or a JSONata expression) is empty.
    """

    name: str
    task_definition: str
    cluster: str
    launch_type: str
    capacity_providers: tuple[str, ...]


def _ecs_states(node: Any) -> Iterator[RunTaskState]:
    pending = [node]
    while pending:
        at = pending.pop()
        if isinstance(at, Mapping):
            states = at.get("States")
            for name, state in states.items() if isinstance(states, Mapping) else ():
                if isinstance(state, Mapping) and ":ecs:runTask" in str(state.get("Resource", "")):
                    yield _run_task(str(name), state.get("Parameters") or state.get("Arguments"))
            pending.extend(at.values())
        elif isinstance(at, list | tuple):
            pending.extend(at)


def _run_task(name: str, given: Any) -> RunTaskState:
    named = given if isinstance(given, Mapping) else {}
    strategy = named.get("CapacityProviderStrategy")
    items = strategy if isinstance(strategy, list | tuple) else ()
    return RunTaskState(
        name=name,
        task_definition=_literal(named.get("TaskDefinition")),
        cluster=_literal(named.get("Cluster")),
        launch_type=_literal(named.get("LaunchType")),
        capacity_providers=tuple(_literal(each.get("CapacityProvider")) for each in items if isinstance(each, Mapping)),
    )


def _literal(value: Any) -> str:
    return value if isinstance(value, str) and "{%" not in value else ""
