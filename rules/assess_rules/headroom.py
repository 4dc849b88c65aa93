"""Headroom: whether quotas and groups of instances leave room for both platforms, and for the way back."""

import math
from collections.abc import Iterator, Mapping

from assess.config import Policy
from assess.estate import quotas
from assess.estate.ecs import CapacityProvider, Service, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.quotas import ServiceQuota
from assess.estate.workloads import Workload
from assess.rule import (
    HIGH,
    HOURS,
    MEDIUM,
    Account,
    Checklist,
    Outcome,
    Reason,
    Threshold,
    fail,
    rule,
    unknown,
)

_ALMOST_ALL = 80
"""Percent."""


@rule(
    "RSK-QUOTA",
    Checklist.ROLLBACK,
    severity=MEDIUM,
    effort=HOURS,
    needs=("quotas", "ecs.services", "ecs.task_definitions"),
    across=("ecs.services", "ecs.task_definitions"),
    also_uses=("elb.listeners", "policy.target"),
    thresholds=(Threshold("share", _ALMOST_ALL, 1, 100, "percent of what a quota leaves that the move may take"),),
    reference="https://docs.aws.amazon.com/general/latest/gr/eks.html",
)
def quota_too_small(
    account: Account, estate: Estate, policy: Policy, thresholds: Mapping[str, float]
) -> Iterator[Outcome]:
    """A quota of the account leaves too little room for the move.

    While both platforms run, the account holds everything twice: the tasks on ECS and nodes for as many Pods, two sets
    of target groups, interfaces and rules. Where a quota is reached in the midst of it, nodes do not start, and
    raising a quota can take days.

    Fires: a quota leaves less than what all services of the account and region would need beside what runs, with a
    fifth to spare: vCPUs of nodes that are three quarters full (or of EKS Fargate, where that is the target), an
    interface for each of those vCPUs, the target groups once more, the rules of the fullest load balancer, one more
    EKS cluster.

    Passes: the move needs less. Where CloudWatch keeps no use of a quota, the need is held against the whole of it.

    Fix: ask for higher quotas in Service Quotas now, for every region and account of the move; plan waves so that each
    frees on ECS what the next one needs.
    """
    place = (account.account, account.region)
    known = [each for each in estate.quotas if (each.origin.account, each.origin.region) == place]
    if not known:
        yield unknown(Reason.NO_DATA)
        return
    needs = _needs(account, estate, policy)
    for quota in known:
        need = needs.get(quota.quota_code, 0)
        # a quota of each load balancer: the new one begins with all of it
        left = (quota.value or 0) if quota.quota_code == quotas.RULES_OF_A_LOAD_BALANCER else quota.left
        if need > left * thresholds["share"] / 100:
            yield fail(
                f"the move needs {need:,.0f} of quota {quota.quota_name}, which leaves {left:,.0f} of "
                f"{quota.value or 0:,.0f}",
                quota.evidence("Value"),
                element=quota.quota_code,
            )


_FULL = 0.75
"""The part of a node that Pods fill, with room for rollouts."""


def _needs(account: Account, estate: Estate, policy: Policy) -> dict[str, int]:
    """What all services of a place would need at once, by the quota's code."""
    on_demand = spot = 0.0
    tasks = 0
    groups = set[str]()
    for workload in estate.workloads:
        service, task = workload.service, workload.task_definition
        here = (workload.origin.account, workload.origin.region) == (account.account, account.region)
        if not here or service is None or task is None or workload.kind == "daemon":
            continue
        count = service.desired_count or 0
        vcpus, on_spot = count * _vcpus(task), _share_on_spot(service)
        on_demand, spot, tasks = on_demand + vcpus * (1 - on_spot), spot + vcpus * on_spot, tasks + count
        groups |= {each.target_group_arn for each in service.all_load_balancers if each.target_group_arn}
    found = {
        quotas.EKS_CLUSTERS: 1,
        quotas.TARGET_GROUPS: len(groups),
        quotas.RULES_OF_A_LOAD_BALANCER: _most_rules(account, estate),
    }
    if policy.target.compute == "fargate":  # which has no Spot
        return found | {quotas.FARGATE_VCPUS: math.ceil(on_demand + spot), quotas.NETWORK_INTERFACES: tasks}
    if policy.target.compute == "hybrid_nodes":
        return found
    nodes = {quotas.ON_DEMAND_VCPUS: math.ceil(on_demand / _FULL), quotas.SPOT_VCPUS: math.ceil(spot / _FULL)}
    return found | nodes | {quotas.NETWORK_INTERFACES: sum(nodes.values())}


def _vcpus(task: TaskDefinition) -> float:
    return (task.cpu_units or sum(each.definition.cpu or 0 for each in task.containers())) / 1024


def _share_on_spot(service: Service) -> float:
    weights = [(each.capacity_provider == "FARGATE_SPOT", each.weight or 0) for each in service.strategy]
    total = sum(weight for _, weight in weights)
    return sum(weight for on_spot, weight in weights if on_spot) / total if total else 0.0


def _most_rules(account: Account, estate: Estate) -> int:
    """Rules (defaults aside) of the load balancer that has most."""
    found = [0]
    for balancer in estate.load_balancers:
        if (balancer.origin.account, balancer.origin.region) == (account.account, account.region):
            listeners = estate.listeners_by_load_balancer.get(balancer.identity, ())
            rules = (rule for each in listeners for rule in estate.rules_by_listener.get(each.listener_arn, ()))
            found.append(sum(not each.is_default for each in rules))
    return max(found)


@rule(
    "RSK-REENABLE",
    Checklist.ROLLBACK,
    severity=HIGH,
    effort=HOURS,
    confidence=0.8,
    needs=("survey.R2", "ecs.capacity_providers", "quotas"),
    also_uses=("autoscaling.groups", "ecs.services"),
    thresholds=(Threshold("share", _ALMOST_ALL, 1, 100, "percent of the Fargate quota that may be in use"),),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/strangler-fig.html",
)
def no_room_for_the_way_back(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """ECS may have no room for the service when it has to come back.

    The way back is quick only where ECS can start the tasks at once, beside the Pods that still run. A group of
    instances at its largest size, or a Fargate quota that others use up, turns minutes into a request for more
    capacity in the middle of an incident.

    Fires: the Auto Scaling group of the service's capacity provider has as many instances as it may have, or more than
    80 percent of the account's Fargate vCPUs are in use.

    Passes: never by what is seen alone, since only people know whether image, roles and secrets will be kept for as
    long as the way back is promised.

    Fix: keep the ECS service at one task, with its image, target group and roles, for as long as the way back is
    promised; raise the group's largest size or the quota before the traffic moves.
    """
    place = (workload.origin.account, workload.origin.region)
    for provider in _providers(workload, estate):
        arn = (
            provider.auto_scaling_group_provider.auto_scaling_group_arn if provider.auto_scaling_group_provider else ""
        )
        group = estate.auto_scaling_group_by_arn.get(arn)
        if group is not None and group.is_full:
            yield fail(
                f"group {group.auto_scaling_group_name} behind workload {workload.name} has all of the "
                f"{group.max_size} instances that it may have",
                group.evidence("DesiredCapacity"),
                element=group.auto_scaling_group_name,
            )
    quota = estate.quota_by_code.get((*place, quotas.FARGATE_VCPUS))
    if "FARGATE" in workload.launch_types and quota is not None and _is_used_up(quota, thresholds["share"]):
        yield fail(
            f"{quota.used:,.0f} of {quota.value:,.0f} vCPUs of the Fargate quota are in use, which workload "
            f"{workload.name} would have to share on its way back",
            quota.evidence("Used"),
            element=quota.quota_code,
        )


def _is_used_up(quota: ServiceQuota, share: float) -> bool:
    return bool(quota.value) and (quota.used or 0) > (quota.value or 0) * share / 100


def _providers(workload: Workload, estate: Estate) -> Iterator[CapacityProvider]:
    service, cluster = workload.service, workload.cluster_facts
    strategy = service.strategy if service is not None else ()
    named = service.launch_type if service is not None else None
    if not strategy and not named and cluster is not None:
        strategy = cluster.default_capacity_provider_strategy
    for item in strategy:
        key = (workload.origin.account, workload.origin.region, item.capacity_provider)
        provider = estate.capacity_provider_by_name.get(key)
        if provider is not None:
            yield provider
