"""Reads AWS IAM: every role that a workload, an instance or a trigger uses, with all that its policies say.

One paged call tells everything of every role. Where it is not allowed, each role in use is read by itself.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, members, name_of, pages
from assess.estate.ecs import CapacityProvider, Task, TaskDefinition
from assess.estate.gaps import Reason
from assess.estate.network import Instance
from assess.estate.triggers import EventRule, Pipe, Schedule, StateMachine

_PAGES = pages(1000, limit="MaxItems", token="Marker")


def _operation(name: str, *answers: str, paged: bool = False) -> Operation:
    return Operation("iam", name, f"iam:{name}", answers=answers, paging=_PAGES if paged else None)


GET_ACCOUNT_AUTHORIZATION_DETAILS = _operation(
    "GetAccountAuthorizationDetails", "RoleDetailList", "Policies", paged=True
)
GET_ROLE = _operation("GetRole", "Role")
LIST_ROLE_POLICIES = _operation("ListRolePolicies", "PolicyNames", paged=True)
GET_ROLE_POLICY = _operation("GetRolePolicy", "PolicyDocument")
LIST_ATTACHED_ROLE_POLICIES = _operation("ListAttachedRolePolicies", "AttachedPolicies", paged=True)
GET_POLICY = _operation("GetPolicy", "Policy")
GET_POLICY_VERSION = _operation("GetPolicyVersion", "PolicyVersion")
GET_INSTANCE_PROFILE = _operation("GetInstanceProfile", "InstanceProfile")

_FACTS = ("iam.roles",)
_GONE = "NoSuchEntity"


def _read(reader: Reader) -> None:
    roles, profiles = set(_roles_in_use(reader)), set(_profiles_in_use(reader))
    if not roles and not profiles:
        return
    try:
        _read_at_once(reader, roles, profiles)
    except Unreadable as error:
        found = _read_one_by_one(reader, roles, profiles)
        reader.lose(error, _FACTS, recovered=found)


# --- at once ----------------------------------------------------------------------------------------------------


def _read_at_once(reader: Reader, roles: set[str], profiles: set[str]) -> None:
    listed: list[Document] = []
    policies: dict[str, Any] = {}
    for page in reader.pages(
        GET_ACCOUNT_AUTHORIZATION_DETAILS, Filter=["Role", "LocalManagedPolicy", "AWSManagedPolicy"]
    ):
        listed += [each for each in members(page, "RoleDetailList") if _is_used(each, roles, profiles)]
        for policy in members(page, "Policies"):
            for version in members(policy, "PolicyVersionList"):
                if version.get("IsDefaultVersion"):
                    policies[str(policy.get("Arn"))] = _parsed(version.get("Document"))
    for each in listed:
        role = _Role(str(each.get("Arn")), dict(each))
        for inline in members(role.document, "RolePolicyList"):
            role.policies.append({**inline, "Document": _parsed(inline.get("PolicyDocument"))})
        role.attached = members(role.document, "AttachedManagedPolicies")
        role.profiles = {str(profile.get("Arn")) for profile in members(role.document, "InstanceProfileList")}
        # rarely, a policy was attached after the list of policies was read
        unknown = [arn for arn in _managed(role) if arn not in policies]
        policies |= {arn: _managed_policy(reader, arn) for arn in unknown}
        _add(reader, role, policies)


def _is_used(role: Document, roles: set[str], profiles: set[str]) -> bool:
    if role.get("Arn") in roles or role.get("RoleName") in roles:
        return True
    return any(each.get("Arn") in profiles for each in members(role, "InstanceProfileList"))


# --- one by one -------------------------------------------------------------------------------------------------


@dataclass
class _Role:
    arn: str
    document: Document
    policies: list[Document] = field(default_factory=list)
    attached: list[Document] = field(default_factory=list)
    profiles: set[str] = field(default_factory=set)
    losses: list[Unreadable] = field(default_factory=list)
    exists: bool = True


def _read_one_by_one(reader: Reader, roles: set[str], profiles: set[str]) -> bool:
    """Whether anything was read."""
    holders: dict[str, set[str]] = {}
    losses: list[Unreadable] = []
    for profile, held in zip(
        sorted(profiles), reader.each(lambda arn: _roles_of_profile(reader, arn), sorted(profiles)), strict=True
    ):
        if isinstance(held, Unreadable):
            losses.append(held)
        else:
            for arn in held:
                holders.setdefault(arn, set()).add(profile)

    found = reader.each(lambda arn: _role(reader, arn), sorted(roles | holders.keys()))
    found = [role for role in found if role.exists]
    arns = sorted({arn for role in found for arn in _managed(role)})
    policies = dict(zip(arns, reader.each(lambda arn: _managed_policy(reader, arn), arns), strict=True))

    if found and all(_nothing_known(role) for role in found):
        losses += [loss for role in found for loss in role.losses]
        found = []
    for loss in losses:
        reader.lose(loss, _FACTS)
    for role in found:
        role.profiles = holders.get(role.arn, set())
        _add(reader, role, policies)
    return bool(found) or not losses


def _roles_of_profile(reader: Reader, arn: str) -> list[str] | Unreadable:
    try:
        answer = reader.call(GET_INSTANCE_PROFILE, InstanceProfileName=name_of(arn))
    except Unreadable as error:
        return [] if error.code == _GONE else error
    return [str(role.get("Arn")) for role in members(answer["InstanceProfile"], "Roles")]


def _nothing_known(role: _Role) -> bool:
    return not role.document.keys() - {"Arn", "RoleName"} and not role.policies and not role.attached


def _role(reader: Reader, reference: str) -> _Role:
    name = name_of(reference)
    role = _Role(reference, {"Arn": reference, "RoleName": name})

    def trust() -> None:
        role.document = reader.call(GET_ROLE, RoleName=name)["Role"]
        role.arn = str(role.document.get("Arn") or reference)

    def inline() -> None:
        for page in reader.pages(LIST_ROLE_POLICIES, RoleName=name):
            for policy in members(page, "PolicyNames"):
                answer = reader.call(GET_ROLE_POLICY, RoleName=name, PolicyName=policy)
                role.policies.append({"PolicyName": policy, "Document": _parsed(answer["PolicyDocument"])})

    def attached() -> None:
        for page in reader.pages(LIST_ATTACHED_ROLE_POLICIES, RoleName=name):
            role.attached += members(page, "AttachedPolicies")

    steps: tuple[Callable[[], None], ...] = (trust, inline, attached)
    for step in steps:
        try:
            step()
        except Unreadable as error:
            if error.code == _GONE:
                role.exists = False
                return role
            role.losses.append(error)
    return role


def _managed(role: _Role) -> list[str]:
    """ARNs of the managed policies that say what a role may do, its permissions boundary among them."""
    arns = [str(policy.get("PolicyArn")) for policy in role.attached]
    return arns + ([boundary] if (boundary := _boundary(role)) else [])


def _boundary(role: _Role) -> str | None:
    arn = (role.document.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return str(arn) if arn else None


def _managed_policy(reader: Reader, arn: str) -> Any:
    """The text of a managed policy; what stood in the way; or none where the text does not parse."""
    try:
        version = reader.call(GET_POLICY, PolicyArn=arn)["Policy"].get("DefaultVersionId")
        answer = reader.call(GET_POLICY_VERSION, PolicyArn=arn, VersionId=str(version))
    except Unreadable as error:
        return error
    return _parsed(answer["PolicyVersion"].get("Document"))


# --- roles ------------------------------------------------------------------------------------------------------


def _add(reader: Reader, role: _Role, managed: Mapping[str, Any]) -> None:
    """Adds a role with its policies; what of it could not be read is a gap on it."""
    policies = [
        {"PolicyName": each.get("PolicyName"), "Document": _readable(role, each.get("Document"))}
        for each in role.policies
    ]
    for each in role.attached:
        document = _readable(role, managed.get(str(each.get("PolicyArn"))))
        policies.append({**each, "Document": document})
    told_otherwise = ("RolePolicyList", "AttachedManagedPolicies", "InstanceProfileList")
    reader.add(
        "roles",
        {
            **{key: value for key, value in role.document.items() if key not in told_otherwise},
            **_with_boundary(reader, role, managed),
            "AssumeRolePolicyDocument": _parsed(role.document.get("AssumeRolePolicyDocument")),
            "Policies": [{key: value for key, value in each.items() if value is not None} for each in policies],
            "InstanceProfiles": sorted(role.profiles),
        },
    )
    for loss in role.losses:
        reader.lose(loss, _FACTS, resource=role.arn)


def _with_boundary(reader: Reader, role: _Role, managed: Mapping[str, Any]) -> Document:
    """The role's boundary with its text. Without it the role is taken to be allowed more: no fact is lost with it."""
    arn = _boundary(role)
    document = managed.get(arn) if arn else None
    if isinstance(document, Unreadable):
        reader.lose(document, (), resource=role.arn)
    if not isinstance(document, Mapping):
        return {}
    return {"PermissionsBoundary": {**role.document["PermissionsBoundary"], "Document": document}}


def _readable(role: _Role, document: Any) -> Any:
    if isinstance(document, Unreadable):
        role.losses.append(document)
        return None
    if document is None:
        role.losses.append(_NO_DOCUMENT)
    return document


_NO_DOCUMENT = Unreadable(
    GET_POLICY_VERSION, Reason.ERROR, "BrokenAnswer", "the text of a policy of the role does not parse"
)


def _parsed(document: Any) -> Any:
    """A policy document as an object: botocore decodes it, unless it does not parse."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return None
    return document if isinstance(document, Mapping) else None


# --- in use -----------------------------------------------------------------------------------------------------


def _roles_in_use(reader: Reader) -> Iterator[str]:
    """ARNs (or names, where a task definition gives no more) of roles of tasks, and of what starts them."""
    for task in reader.facts(TaskDefinition):
        yield from filter(None, (task.task_role_arn, task.execution_role_arn))
    for run in reader.facts(Task):
        if run.overrides is not None:
            yield from filter(None, (run.overrides.task_role_arn, run.overrides.execution_role_arn))
    for rule in reader.facts(EventRule):
        yield from (each.role_arn for each in rule.targets if each.ecs_parameters is not None and each.role_arn)
    for schedule in reader.facts(Schedule):
        if schedule.target is not None and schedule.target.role_arn:
            yield schedule.target.role_arn
    for machine in reader.facts(StateMachine):
        if machine.role_arn:
            yield machine.role_arn
    for pipe in reader.facts(Pipe):
        if pipe.task_definition_arn and pipe.role_arn:
            yield pipe.role_arn


def _profiles_in_use(reader: Reader) -> Iterator[str]:
    """ARNs of the instance profiles of the instances that run tasks, or are to."""
    for instance in reader.facts(Instance):
        if instance.iam_instance_profile is not None and instance.iam_instance_profile.arn:
            yield instance.iam_instance_profile.arn
    for provider in reader.facts(CapacityProvider):
        managed: Any = provider.managed_instances_provider or {}
        arn = (managed.get("instanceLaunchTemplate") or {}).get("ec2InstanceProfileArn")
        if arn:
            yield str(arn)


IAM = Collector(
    name="iam",
    title="roles",
    facts=_FACTS,
    operations=(
        GET_ACCOUNT_AUTHORIZATION_DETAILS,
        GET_ROLE,
        LIST_ROLE_POLICIES,
        GET_ROLE_POLICY,
        LIST_ATTACHED_ROLE_POLICIES,
        GET_POLICY,
        GET_POLICY_VERSION,
        GET_INSTANCE_PROFILE,
    ),
    collect=_read,
    after=(
        "ecs.task_definitions",
        "ecs.tasks",
        "ecs.capacity_providers",
        "ec2.instances",
        "events",
        "scheduler",
        "stepfunctions",
    ),
    regional=False,
)

COLLECTORS = (IAM,)
