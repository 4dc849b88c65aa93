"""Roles of the instances that workloads run on, and whether they hold permissions that only the tasks can need."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from pydantic import BaseModel, ConfigDict

from assess.estate.actions import actions_matching
from assess.estate.estate import Estate
from assess.estate.identity import Role
from assess.estate.workloads import Workload
from assess_rules.known_images import data


class _Duties(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    policies: tuple[str, ...]
    actions: tuple[str, ...]


@cache
def _duties() -> _Duties:
    return _Duties.model_validate(data("node_duties"))


def instance_roles(workload: Workload, estate: Estate) -> tuple[Role, ...]:
    """Roles of the instances of the workload's cluster, as far as instances and roles were read."""
    profiles = {profile for profile in _profiles(workload, estate) if profile}
    return tuple(role for role in estate.roles if not profiles.isdisjoint(role.instance_profiles))


def _profiles(workload: Workload, estate: Estate) -> Iterator[str]:
    for registered in estate.container_instances_by_cluster.get(workload.cluster_arn, ()):
        instance = estate.instance_by_id.get(registered.ec2_instance_id)
        if instance is not None and instance.iam_instance_profile is not None:
            yield instance.iam_instance_profile.arn


def permission_of_tasks(role: Role, estate: Estate) -> tuple[int, str] | None:
    """The first policy of an instance role that allows more than an instance needs: its index, and what it allows."""
    for grant in estate.permissions_of(role).grants:
        index = grant.place[1]
        policy = grant.statement.policy
        if not isinstance(index, int) or policy is None:
            continue
        if any(policy.policy_arn.endswith(f":aws:policy/{each}") for each in _duties().policies):
            continue
        if grant.statement.not_actions:
            return index, f"everything but {grant.statement.not_actions[0]}"
        for action in grant.statement.actions:
            if not _is_duty(action) and actions_matching(action).meets(grant.actions):
                return index, action
    return None


def _is_duty(action: str) -> bool:
    lowered = action.lower()
    return any(fnmatchcase(lowered, each.lower()) for each in _duties().actions)


def owned_by_instance_role(workload: Workload, estate: Estate) -> bool:
    """Whether the workload has no task role and its instances' role holds permissions for it."""
    task = workload.task_definition
    if task is None or task.task_role_arn or task.is_unresolved("taskRoleArn"):
        return False
    return any(permission_of_tasks(role, estate) is not None for role in instance_roles(workload, estate))
