"""Which facts a template holds: those of which it declares whatever its own workloads refer to.

A template says what one stack makes, and nothing of what lies outside. So a fact is held where every reference of the
template's services and tasks ends at a resource of the template, and never because something is absent: a service
without a scalable target here may have one elsewhere. What only the running system knows (tasks, instances, rotation,
what other stacks add to a VPC) is never held, and neither are tags, since a stack has some of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from assess.estate.balancing import Listener, TargetGroup
from assess.estate.ecs import CapacityProvider, Cluster, Service, TaskDefinition
from assess.estate.facts import Fact
from assess.estate.network import Subnet
from assess.estate.scaling import ScalableTarget
from assess.estate.triggers import EventRule, Pipe, Schedule, StateMachine

FACT_OF: Mapping[str, str] = {
    "capacity_providers": "ecs.capacity_providers",
    "clusters": "ecs.clusters",
    "discovery_services": "cloudmap",
    "event_rules": "schedules",
    "listener_rules": "elb.listeners",
    "listeners": "elb.listeners",
    "load_balancers": "elb.load_balancers",
    "namespaces": "cloudmap",
    "nat_gateways": "vpc.routes",
    "network_acls": "vpc.nacls",
    "roles": "iam.roles",
    "route_tables": "vpc.routes",
    "scalable_targets": "autoscaling",
    "scaling_policies": "autoscaling",
    "scheduled_scalings": "autoscaling",
    "schedules": "schedules",
    "security_groups": "vpc.security_groups",
    "services": "ecs.services",
    "state_machines": "workflows",
    "subnets": "vpc.subnets",
    "target_groups": "elb.target_groups",
    "task_definitions": "ecs.task_definitions",
    "vpcs": "vpc.vpcs",
}
"""The fact that each list of the estate is."""

Found = Mapping[str, Sequence[Fact]]


def held(found: Found, opened: set[str]) -> tuple[str, ...]:
    """The facts that a template holds, sorted; ``opened`` are those that it leaves open for a reason of its own."""
    return tuple(sorted(set(_held(found)) - opened))


def _held(found: Found) -> Iterator[str]:
    services = [cast(Service, each) for each in found.get("services", ())]
    tasks = [cast(TaskDefinition, each) for each in found.get("task_definitions", ())]
    started = list(_started(found))
    if tasks:
        yield "ecs.task_definitions"
    if not services and not started:
        if tasks and _roles_known(tasks, found):
            yield "iam.roles"
        return
    used = {each.task_definition for each in services} | {task for _, task in started}
    if all(each.task_definition_arn in used for each in tasks):  # else a service elsewhere may run them
        yield "ecs.services"
        if started:
            yield "schedules"
            yield "workflows"
    yield from _capacity(services, started, found)
    yield from _balancing(services, found)
    yield from _network(services, found)
    if tasks and _roles_known(tasks, found):
        yield "iam.roles"
    targets = {cast(ScalableTarget, each).resource_id for each in found.get("scalable_targets", ())}
    if services and all(_resource_id(each) in targets for each in services):
        yield "autoscaling"
    registries = {each.registry_arn for service in services for each in service.service_registries}
    if registries and registries <= _identities(found, "discovery_services") and found.get("namespaces"):
        yield "cloudmap"


def _started(found: Found) -> Iterator[tuple[str, str]]:
    """Cluster and task definition of each task that something of the template starts."""
    for rule in found.get("event_rules", ()):
        for target in cast(EventRule, rule).targets:
            if target.ecs_parameters is not None:
                yield target.arn, target.ecs_parameters.task_definition_arn
    for schedule in found.get("schedules", ()):
        task = cast(Schedule, schedule).task
        if task is not None:
            yield task[0], task[1].task_definition_arn
    for machine in found.get("state_machines", ()):
        for state in cast(StateMachine, machine).ecs_tasks():
            yield state.cluster, state.task_definition
    for each in found.get("pipes", ()):
        pipe = cast(Pipe, each)
        if pipe.task_definition_arn:
            yield pipe.target, pipe.task_definition_arn


def _roles_known(tasks: Sequence[TaskDefinition], found: Found) -> bool:
    known = _identities(found, "roles")
    named = {arn for each in tasks for arn in (each.task_role_arn, each.execution_role_arn) if arn}
    unresolved = any({"/taskRoleArn", "/executionRoleArn"} & each.origin.unresolved.keys() for each in tasks)
    return named <= known and not unresolved


def _capacity(services: Sequence[Service], started: Sequence[tuple[str, str]], found: Found) -> Iterator[str]:
    clusters = [cast(Cluster, each) for each in found.get("clusters", ())]
    named = {each.cluster_arn for each in services} | {cluster for cluster, _ in started}
    if not named <= {each.cluster_arn for each in clusters}:
        return
    yield "ecs.clusters"
    providers = {cast(CapacityProvider, each).name for each in found.get("capacity_providers", ())}
    wanted = {name for each in clusters for name in each.capacity_providers}
    wanted |= {item.capacity_provider for each in services for item in each.strategy}
    unresolved = any("apacityProvider" in at for at in _unresolved([*clusters, *services]))
    if not unresolved and all(name in providers or name.startswith("FARGATE") for name in wanted):
        yield "ecs.capacity_providers"


def _balancing(services: Sequence[Service], found: Found) -> Iterator[str]:
    groups = {each.identity: cast(TargetGroup, each) for each in found.get("target_groups", ())}
    named = {each.target_group_arn or "" for service in services for each in service.load_balancers}
    if not named or not named <= groups.keys() or any("/loadBalancers" in at for at in _unresolved(services)):
        return
    yield "elb.target_groups"
    balancers, listeners = _identities(found, "load_balancers"), found.get("listeners", ())
    reached = {arn for name in named for arn in groups[name].load_balancer_arns}
    if reached and reached <= balancers and all(groups[name].load_balancer_arns for name in named):
        yield "elb.load_balancers"
        yield "elb.attributes"
        if reached <= {cast(Listener, each).load_balancer_arn for each in listeners}:
            yield "elb.listeners"


def _network(services: Sequence[Service], found: Found) -> Iterator[str]:
    networks = [each.awsvpc for each in services]
    if not networks or any("/networkConfiguration" in at for at in _unresolved(services)):
        return
    groups = {id for each in networks for id in (each.security_groups if each is not None else ())}
    if groups and groups <= _identities(found, "security_groups") and all(networks):
        yield "vpc.security_groups"
    subnets = {each.identity: cast(Subnet, each) for each in found.get("subnets", ())}
    used = {id for each in networks for id in (each.subnets if each is not None else ())}
    if used and used <= subnets.keys() and {subnets[id].vpc_id for id in used} <= _identities(found, "vpcs"):
        yield from ("vpc.vpcs", "vpc.subnets", "vpc.routes", "vpc.nacls")


def _resource_id(service: Service) -> str:
    return f"service/{service.cluster_arn.rpartition('/')[2]}/{service.service_name}"


def _identities(found: Found, kind: str) -> set[str]:
    return {each.identity for each in found.get(kind, ())}


def _unresolved(facts: Sequence[Fact]) -> set[str]:
    return {at for each in facts for at in each.origin.unresolved}
