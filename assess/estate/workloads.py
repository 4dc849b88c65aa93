"""Workloads: what becomes one Kubernetes controller each, seen from the facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from assess.estate.ecs import (
    AwsvpcConfiguration,
    CapacityProvider,
    CapacityProviderStrategyItem,
    Cluster,
    Service,
    Task,
    TaskDefinition,
)
from assess.estate.facts import Origin
from assess.estate.triggers import EcsParameters, EventRule, Pipe, Schedule, StateMachine

Kind = Literal["service", "daemon", "scheduled_task", "triggered_task", "standalone_task", "task_definition"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that starts a workload's tasks."""

    source: EventRule | Schedule | StateMachine | Pipe
    at: tuple[str | int, ...]
    """Steps to the place in the source's document that names the task."""


@dataclass(frozen=True, eq=False)
class Workload:
    """A service, a scheduled or triggered task, a standalone task family, or a task definition of a file.

    ``task_definition`` is none where the revision could not be read, and ``service`` is none where the service is
    known by its ARN only (or the workload is no service).
    """

    id: str
    name: str
    kind: Kind
    cluster: str
    """Name of the cluster; empty for a task definition of a file."""
    cluster_arn: str
    origin: Origin
    arn: str
    """ARN of the service, the trigger or the task definition; empty where a file gives none."""
    task_definition_arn: str
    """The revision that runs, as it is named; empty for files."""
    task_definition: TaskDefinition | None = None
    service: Service | None = None
    cluster_facts: Cluster | None = None
    triggers: tuple[Trigger, ...] = ()
    tasks: tuple[Task, ...] = ()
    """Standalone tasks of the family that were running."""
    launch_types: frozenset[str] = field(default_factory=frozenset)
    """EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES: by capacity providers, launch type or compatibilities."""

    @property
    def is_fargate(self) -> bool:
        """Whether all tasks run on Fargate."""
        return self.launch_types == frozenset({"FARGATE"})

    @property
    def is_service(self) -> bool:
        """Whether an ECS service owns the tasks."""
        return self.kind in ("service", "daemon")

    @property
    def runs_to_completion(self) -> bool:
        """Whether the tasks are started for a piece of work and end with it."""
        return self.kind in ("scheduled_task", "triggered_task", "standalone_task")

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the task definition, overlaid by those of the service."""
        found = dict(self.task_definition.tag_map) if self.task_definition else {}
        if self.service is not None:
            found |= self.service.tag_map
        return found

    @property
    def owner(self) -> str | None:
        """Who owns the workload by its tags (then by its cluster's): the first tag of OWNER_TAGS that is set."""
        cluster = self.cluster_facts.tag_map if self.cluster_facts else {}
        for tags in (self.tags, cluster):
            lowered = {key.lower(): value for key, value in tags.items() if value}
            for key in OWNER_TAGS:
                if key in lowered:
                    return lowered[key]
        return None

    @property
    def environment(self) -> str | None:
        """``production`` or ``other`` by tags, cluster name or workload name; none where nothing says."""
        return _environment((*_environment_tags(self), self.cluster, self.name))

    @property
    def tagged_environment(self) -> str | None:
        """``production`` or ``other`` by tags alone; none where no tag says."""
        return _environment(_environment_tags(self))

    @property
    def takes_requests(self) -> bool:
        """Whether a load balancer, Cloud Map, Service Connect or VPC Lattice leads callers to the tasks."""
        service = self.service
        if service is None:
            return False
        connect, lattice = (
            service.service_connect,
            service.primary.vpc_lattice_configurations if service.primary else (),
        )
        offered = connect.services if connect is not None else ()
        return bool(service.all_load_balancers or service.service_registries or offered or lattice)

    @property
    def base_name(self) -> str:
        """Its name without the words that name an environment, to liken copies: ``orders`` for ``prod-orders``."""
        words = _WORDS.split(self.name.lower())
        return "-".join(word for word in words if word and word not in _PRODUCTION | _OTHER)

    @property
    def awsvpc(self) -> tuple[AwsvpcConfiguration, ...]:
        """Subnets and security groups of the tasks: the service's, or those that each trigger names."""
        if self.service is not None:
            return (self.service.awsvpc,) if self.service.awsvpc is not None else ()
        return tuple(found for each in self.triggers for found in _trigger_networks(each.source))

    @property
    def capacity_strategy(self) -> tuple[CapacityProviderStrategyItem, ...]:
        """Capacity providers of the tasks: the service's own, else (without a launch type) the cluster's default."""
        service, cluster = self.service, self.cluster_facts
        if service is not None and (service.strategy or service.launch_type):
            return service.strategy
        return cluster.default_capacity_provider_strategy if cluster is not None else ()

    @property
    def security_groups(self) -> frozenset[str]:
        """Ids of the security groups of the tasks."""
        return frozenset(id for each in self.awsvpc for id in each.security_groups)

    @cached_property
    def related(self) -> frozenset[str]:
        """ARNs and ids of every resource that the workload is made of or uses, as its own documents name them."""
        return _related(self)


OWNER_TAGS = ("owner", "team", "squad", "contact", "cost-center", "costcenter", "cost_center")
"""Tag keys (lower case) that name who owns a workload, in order of preference."""

ENVIRONMENT_TAGS = ("environment", "env", "stage", "tier")
"""Tag keys (lower case) that name the environment, in order of preference."""

_PRODUCTION = frozenset({"production", "prod", "prd", "live"})
_OTHER = frozenset(
    {"development", "dev", "test", "testing", "tst", "qa", "uat", "staging", "stage", "stg", "sandbox", "demo"}
    | {"preprod", "preproduction", "nonprod", "nonproduction", "integration", "ci"}
)


class Facts(Protocol):
    """The facts that workloads are seen from."""

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """The estate's clusters."""

    @property
    def services(self) -> tuple[Service, ...]:
        """The estate's services."""

    @property
    def task_definitions(self) -> tuple[TaskDefinition, ...]:
        """The estate's task definitions."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The estate's tasks."""

    @property
    def capacity_providers(self) -> tuple[CapacityProvider, ...]:
        """The estate's capacity providers."""

    @property
    def event_rules(self) -> tuple[EventRule, ...]:
        """The estate's event rules."""

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The estate's schedules."""

    @property
    def state_machines(self) -> tuple[StateMachine, ...]:
        """The estate's state machines."""

    @property
    def pipes(self) -> tuple[Pipe, ...]:
        """The estate's pipes."""


def workloads_of(facts: Facts) -> tuple[Workload, ...]:
    """The workloads of an estate, sorted by id.

    Services that are not INACTIVE; then each family that an enabled rule, schedule, state machine or pipe starts, or
    that ran by itself, once per cluster; then every task definition of a file that none of these runs.
    """
    found = _Gathering(facts)
    running = [found.service(each) for each in facts.services if each.status != "INACTIVE"]
    running += found.tasks()
    used = {id(each.task_definition) for each in running}
    files = [each for each in facts.task_definitions if each.origin.source is not None and id(each) not in used]
    return tuple(sorted((*running, *(found.file(each) for each in files)), key=lambda each: each.id))


class _Gathering:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.clusters = {each.cluster_arn: each for each in facts.clusters}
        self.definitions = {each.task_definition_arn: each for each in facts.task_definitions if each.identity}
        self.latest: dict[tuple[str, str, str], TaskDefinition] = {}
        for each in facts.task_definitions:
            key = (each.origin.account, each.origin.region, each.family)
            if each.origin.source is None and (each.revision or 0) >= (self._revision(key)):
                self.latest[key] = each
        self.providers = {
            (each.origin.account, each.origin.region, each.name): each for each in facts.capacity_providers
        }

    def _revision(self, key: tuple[str, str, str]) -> int:
        known = self.latest.get(key)
        return (known.revision or 0) if known else -1

    def definition(self, reference: str, origin: Origin) -> TaskDefinition | None:
        """The revision that an ARN, ``family:revision`` or a family (the latest revision) names."""
        if reference in self.definitions:
            return self.definitions[reference]
        name = reference.rpartition("task-definition/")[2]
        family, _, revision = name.partition(":")
        latest = self.latest.get((origin.account, origin.region, family))
        if latest is None or not revision or str(latest.revision) == revision:
            return latest
        suffix = f":task-definition/{name}"
        return next((each for arn, each in self.definitions.items() if arn.endswith(suffix)), None)

    def launch_types(
        self,
        strategy: Iterable[CapacityProviderStrategyItem],
        launch_type: str | None,
        cluster: Cluster | None,
        origin: Origin,
    ) -> frozenset[str]:
        items = tuple(strategy)
        if not items and not launch_type and cluster is not None:
            items = cluster.default_capacity_provider_strategy
        if items:
            used = [each for each in items if (each.weight or 0) > 0 or (each.base or 0) > 0] or list(items)
            return frozenset(self._provider_type(each.capacity_provider, origin) for each in used)
        return frozenset({launch_type or "EC2"})

    def _provider_type(self, name: str, origin: Origin) -> str:
        if name.startswith("FARGATE"):  # reserved names: FARGATE, FARGATE_SPOT
            return "FARGATE"
        provider = self.providers.get((origin.account, origin.region, name))
        return "MANAGED_INSTANCES" if provider is not None and provider.managed_instances_provider else "EC2"

    def service(self, service: Service) -> Workload:
        cluster = self.clusters.get(service.cluster_arn)
        cluster_name = _last(service.cluster_arn)
        origin = service.origin
        reference = service.task_definition_in_use
        launch_type = (service.primary.launch_type if service.primary else None) or service.launch_type
        name = service.service_name or _last(service.service_arn)
        definition = self.definition(reference, origin) if reference else None
        launch_types = self.launch_types(service.strategy, launch_type, cluster, origin)
        if origin.source is not None and not _tells_capacity(service, cluster):
            launch_types = frozenset(definition.requires_compatibilities) if definition is not None else frozenset()
        return Workload(
            id=_id(origin, name, f"{cluster_name}/{name}"),
            name=name,
            kind="daemon" if service.scheduling_strategy == "DAEMON" else "service",
            cluster=cluster_name,
            cluster_arn=service.cluster_arn,
            origin=origin,
            arn=service.service_arn,
            task_definition_arn=reference,
            task_definition=definition,
            service=service,
            cluster_facts=cluster,
            launch_types=launch_types,
        )

    def file(self, task: TaskDefinition) -> Workload:
        return Workload(
            id=_id(task.origin, task.family),
            name=task.family,
            kind="task_definition",
            cluster="",
            cluster_arn="",
            origin=task.origin,
            arn=task.task_definition_arn,
            task_definition_arn=task.task_definition_arn,
            task_definition=task,
            launch_types=frozenset(task.requires_compatibilities),
        )

    def tasks(self) -> Iterator[Workload]:
        """Families that something starts, or that ran by themselves, once per cluster."""
        started: dict[tuple[str, str, str], _Started] = {}

        def of(cluster_arn: str, reference: str, origin: Origin) -> _Started:
            family = reference.rpartition("task-definition/")[2].partition(":")[0]
            if origin.source is not None and reference in self.definitions:
                family = self.definitions[reference].family
            key = (cluster_arn, family, origin.source or "")
            return started.setdefault(key, _Started(cluster_arn, family, reference, origin))

        for trigger, cluster_arn, reference, launch_type, strategy in self._triggers():
            each = of(cluster_arn, reference, trigger.source.origin)
            each.triggers.append(trigger)
            each.launch_types |= self.launch_types(
                strategy, launch_type, self.clusters.get(cluster_arn), trigger.source.origin
            )
        for task in self.facts.tasks:
            if task.service_name is None and not (task.started_by or "").startswith("ecs-svc/"):
                each = of(task.cluster_arn, task.task_definition_arn, task.origin)
                each.tasks.append(task)
                each.launch_types |= {task.launch_type or "EC2"}
        for each in started.values():
            yield self._started(each)

    def _triggers(
        self,
    ) -> Iterator[tuple[Trigger, str, str, str | None, tuple[CapacityProviderStrategyItem, ...]]]:
        for rule in self.facts.event_rules:
            for index, target in enumerate(rule.targets):
                if rule.is_enabled and target.ecs_parameters is not None:
                    at = ("Targets", index, "EcsParameters", "TaskDefinitionArn")
                    yield (Trigger(rule, at), target.arn, *_parameters(target.ecs_parameters))
        for schedule in self.facts.schedules:
            if schedule.is_enabled and schedule.task is not None:
                cluster, parameters = schedule.task
                by_request = schedule.target is None or schedule.target.ecs_parameters is None
                place = ("Target", "Input") if by_request else ("Target", "EcsParameters", "TaskDefinitionArn")
                arn = self._cluster_arn(cluster, schedule.origin)
                yield (Trigger(schedule, place), arn, *_parameters(parameters))
        for pipe in self.facts.pipes:
            if pipe.is_enabled and pipe.ecs_parameters is not None:
                yield (Trigger(pipe, ("TaskDefinitionArn",)), pipe.target, *_parameters(pipe.ecs_parameters))
        for machine in self.facts.state_machines:
            for state in machine.ecs_tasks():
                if state.task_definition:
                    strategy = tuple(
                        CapacityProviderStrategyItem(capacity_provider=each, weight=1)
                        for each in state.capacity_providers
                    )
                    yield (
                        Trigger(machine, ("definition", "States", state.name)),
                        self._cluster_arn(state.cluster, machine.origin),
                        state.task_definition,
                        state.launch_type or None,
                        strategy,
                    )

    def _cluster_arn(self, written: str, origin: Origin) -> str:
        if written.startswith("arn:"):
            return written
        for arn, cluster in self.clusters.items():
            here = cluster.origin.account == origin.account and cluster.origin.region == origin.region
            if here and cluster.cluster_name == (written or "default"):
                return arn
        return written

    def _started(self, started: _Started) -> Workload:
        origin = started.origin
        cluster_name = _last(started.cluster_arn)
        kind: Kind = "standalone_task"
        if started.triggers:
            kind = "scheduled_task" if any(_is_clock(each.source) for each in started.triggers) else "triggered_task"
        definition = self.definition(started.reference, origin)
        return Workload(
            id=_id(origin, f"task/{started.family}", f"{cluster_name}/task/{started.family}"),
            name=started.family,
            kind=kind,
            cluster=cluster_name,
            cluster_arn=started.cluster_arn,
            origin=origin,
            arn=definition.identity if definition is not None else started.reference,
            task_definition_arn=started.reference,
            task_definition=definition,
            cluster_facts=self.clusters.get(started.cluster_arn),
            triggers=tuple(started.triggers),
            tasks=tuple(started.tasks),
            launch_types=frozenset(started.launch_types),
        )


@dataclass(slots=True)
class _Started:
    cluster_arn: str
    family: str
    reference: str
    origin: Origin
    triggers: list[Trigger] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    launch_types: set[str] = field(default_factory=set)


def _parameters(
    given: EcsParameters,
) -> tuple[str, str | None, tuple[CapacityProviderStrategyItem, ...]]:
    """Task definition, launch type and strategy of a target (written in camel case)."""
    strategy = tuple(CapacityProviderStrategyItem.model_validate(each) for each in given.capacity_provider_strategy)
    return given.task_definition_arn, given.launch_type, strategy


def _trigger_networks(source: EventRule | Schedule | StateMachine | Pipe) -> Iterator[AwsvpcConfiguration]:
    if isinstance(source, EventRule):
        parameters = [each.ecs_parameters for each in source.targets]
    elif isinstance(source, Schedule):
        parameters = [source.task[1]] if source.task is not None else []
    elif isinstance(source, Pipe):
        parameters = [source.ecs_parameters]
    else:
        return
    for each in parameters:
        network = each.network_configuration if each is not None else None
        # EventBridge writes `awsvpcConfiguration`, Scheduler too, both with `Subnets` inside.
        given = (network or {}).get("awsvpcConfiguration") or (network or {}).get("AwsvpcConfiguration")
        if isinstance(given, Mapping):
            camel = {f"{key[:1].lower()}{key[1:]}": value for key, value in given.items()}
            yield AwsvpcConfiguration.model_validate(camel)


def _is_clock(source: EventRule | Schedule | StateMachine | Pipe) -> bool:
    return isinstance(source, EventRule | Schedule) and bool(source.schedule_expression)


def _tells_capacity(service: Service, cluster: Cluster | None) -> bool:
    """Whether a file says where a service's tasks run; a cluster that stands elsewhere may say it too."""
    if service.strategy:
        return not any("${" in each.capacity_provider for each in service.strategy)
    if service.is_unresolved("launchType"):
        return False
    return service.launch_type is not None or cluster is not None


def _id(origin: Origin, in_file: str, in_region: str = "") -> str:
    """A workload's id: by its place in AWS, or by its file and what names it there."""
    if origin.source is None:
        return f"{origin.account}/{origin.region}/{in_region}"
    started = in_file.startswith("task/")  # by a resource that may start several
    return f"file:{origin.source}#{in_file if started else origin.logical_id or in_file}"


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _environment_tags(workload: Workload) -> tuple[str, ...]:
    cluster = workload.cluster_facts.tag_map if workload.cluster_facts else {}
    lowered = {key.lower(): value for key, value in (*cluster.items(), *workload.tags.items())}
    return tuple(lowered[key] for key in ENVIRONMENT_TAGS if key in lowered)


def _environment(texts: Iterable[str]) -> str | None:
    """The environment that the first text with a word for one names."""
    for text in texts:
        words = set(_WORDS.split(text.lower()))
        if words & _OTHER:  # first, for `non-prod` and `pre-prod` hold `prod`
            return "other"
        if words & _PRODUCTION:
            return "other" if words & {"non", "pre"} else "production"
    return None


_WORDS = re.compile(r"[^a-z0-9]+")


def _related(workload: Workload) -> frozenset[str]:
    found = {workload.arn, workload.cluster_arn, workload.task_definition_arn}
    task, service = workload.task_definition, workload.service
    if task is not None:
        found |= {task.task_definition_arn, task.task_role_arn or "", task.execution_role_arn or ""}
    if service is not None:
        found |= {each.target_group_arn or each.load_balancer_name or "" for each in service.all_load_balancers}
        found |= {each.registry_arn for each in service.service_registries}
    for network in workload.awsvpc:
        found |= {*network.subnets, *network.security_groups}
    found |= {each.source.identity for each in workload.triggers}
    return frozenset(found - {""})
