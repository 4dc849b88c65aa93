"""Identity and permissions: the roles of workloads, and what of them holds on EKS."""

import re
from collections.abc import Iterator

from assess.config import Policy
from assess.estate.actions import AccessLevel, actions_matching, arn_parts
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.grants import ANY, Boundary, Flow, Grant, selected
from assess.estate.identity import Role
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.grant_words import doing, on
from assess_rules.instance_roles import instance_roles, permission_of_tasks

_POD_IDENTITY = "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"
_NO_TASK_ROLE = "no workload uses it as its task role"


@rule(
    "IAM-INSTANCE-ROLE-DEPENDENCY",
    Checklist.IDENTITY,
    severity=HIGH,
    effort=DAYS,
    confidence=0.8,
    needs=("ecs.task_definitions", "ecs.container_instances", "ecs.capacity_providers", "iam.roles"),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
)
def uses_the_instance_role(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The workload takes its permissions from the instance's role.

    It has no task role, and the role of the instances allows more than an instance needs, so somebody put the
    application's permissions there. EKS nodes must not carry them: every Pod on the node would have them, and with a
    hop limit of 1 the Pod would not get them at all. Policies of AWS that instances need are not counted.

    Fix: make a role with just those permissions for the workload, set it as task role on ECS first, take the policy
    off the instance role, and bind the role by EKS Pod Identity.
    """
    task = workload.task_definition
    if task is None:
        return
    if task.task_role_arn:
        yield not_applicable("it has a task role", reads=("ecs.task_definitions",))
        return
    if workload.launch_types and "EC2" not in workload.launch_types:
        yield not_applicable("it does not run on EC2 instances of the team", reads=("ecs.task_definitions",))
        return
    roles = instance_roles(workload, estate)
    if not roles and workload.origin.source is None:
        yield unknown(Reason.NO_DATA, "ecs.container_instances")
    for role in roles:
        found = permission_of_tasks(role, estate)
        if found is not None:
            index, action = found
            yield fail(
                f"workload {workload.name} has no task role, and instance role {role.name} allows {action}",
                role.evidence("Policies", index, "PolicyName"),
                element=role.name,
                confidence=0.8,
            )


_BREAKING = re.compile(
    r"ecs:(?:cluster|container-name|task.*)|aws:principaltag/.*|aws:userid"
    r"|aws:(?:sourcevpc|sourcevpce|sourceip|vpcsourceip|ec2instancesourcevpc|ec2instancesourceprivateipv4)"
)
"""Condition keys, in lower case, whose value is another one on EKS, or none."""


@rule(
    "IAM-POLICY-CONDITIONS",
    Checklist.IDENTITY,
    severity=MEDIUM,
    worst=HIGH,
    effort=DAYS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
)
def conditions_that_change(role: Role, estate: Estate) -> Iterator[Outcome]:
    """A permission depends on the network path or on the ECS task that asks.

    Such a condition is evaluated against the ECS cluster, the network path or the name of the session, and all of
    these are others for a Pod: ECS keys are absent, addresses and endpoints follow the node's subnets, and session
    names follow the Pod. An Allow stops allowing; a Deny may start to deny everything.

    Fix: rewrite ECS conditions to the session tags of EKS Pod Identity (cluster, namespace, service account), route
    the Pods through the same VPC and endpoints, and test with the policy simulator before the move.
    """
    if not estate.task_role_users.get(role.identity):
        yield not_applicable(_NO_TASK_ROLE, reads=())
        return
    for place, statement in role.placed_statements():
        effect = "Allow" if statement.allows else "Deny"
        for operator, key, _ in statement.conditions():
            if _BREAKING.fullmatch(key.lower()):
                policy = statement.policy.policy_name if statement.policy else ""
                what = f"{doing(selected(statement))} {on(statement.resources)}"
                yield fail(
                    f"policy {policy} of task role {role.name} has a condition on {key} in its {effect} of {what}",
                    role.evidence(*place, "Condition", operator, key),
                    element=f"{policy} {key}",
                    severity=MEDIUM if statement.allows else HIGH,
                )


_EVERYTHING = ("*", "*:*")
_ADMINISTRATOR_POLICIES = (":aws:policy/AdministratorAccess", ":aws:policy/PowerUserAccess")
_WHOLE_SERVICE = re.compile(r"(?:\*|[a-z0-9-]+):\*|\*")


@rule(
    "IAM-WILDCARD",
    Checklist.IDENTITY,
    severity=MEDIUM,
    worst=HIGH,
    effort=DAYS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html",
)
def wildcard(role: Role, estate: Estate) -> Iterator[Outcome]:
    """A task role may do everything in a service, or in the account.

    On Kubernetes whoever may make a Pod with a service account has all permissions of its role, and that is often
    everybody who may deploy into the namespace. A role that allows a whole service on every resource turns one
    broken container, or one careless manifest, into a risk for the account. Reading alone is not counted, nor is what
    a Deny or the permissions boundary takes off again.

    Fix: take what the role really used from its last-accessed data, or let IAM Access Analyzer write the policy, and
    give each workload a role with just that.
    """
    if not estate.task_role_users.get(role.identity):
        yield not_applicable(_NO_TASK_ROLE, reads=())
        return
    permissions = estate.permissions_of(role)
    for index, policy in enumerate(role.policies):
        is_limited = permissions.boundary is Boundary.APPLIED
        if policy.policy_arn.endswith(_ADMINISTRATOR_POLICIES) and not is_limited:
            yield fail(
                f"task role {role.name} has the rights of an administrator by policy {policy.policy_name}",
                role.evidence("Policies", index, "PolicyArn"),
                element=policy.policy_name,
                severity=HIGH,
            )
            continue
        found = {
            action: (grant, worst)
            for grant in permissions.grants
            if grant.place[1] == index and _is_on_everything(grant)
            for action, worst in _wide_actions(grant)
        }
        if found:
            actions = sorted(found)
            shown = ", ".join(actions[:5]) + (f" and {len(actions) - 5} more" if len(actions) > 5 else "")
            so = " within its permissions boundary" if is_limited else ""
            yield fail(
                f"policy {policy.policy_name} of task role {role.name} allows {shown} on every resource{so}",
                *dict.fromkeys(role.evidence(*grant.place, grant.field) for grant, _ in found.values()),
                element=policy.policy_name,
                severity=HIGH if any(worst for _, worst in found.values()) else MEDIUM,
            )


def _is_on_everything(grant: Grant) -> bool:
    """Whether nothing but the service limits the resource."""
    parts = arn_parts(grant.resource)
    return grant.resource == ANY or (parts[0] == "arn" and not "".join(parts[3:]).strip("*"))


def _wide_actions(grant: Grant) -> Iterator[tuple[str, bool]]:
    """Whole services that a grant is of, and whether they make an administrator; not where only reading is left."""
    if not grant.levels & {AccessLevel.WRITE, AccessLevel.PERMISSIONS_MANAGEMENT}:
        return
    if grant.statement.not_actions:
        yield f"everything but {', '.join(grant.statement.not_actions[:3])}", grant.service == ANY
    for written in grant.statement.actions:
        action = written.lower()
        if not _WHOLE_SERVICE.fullmatch(action) or not actions_matching(written).meets(grant.actions):
            continue
        if action not in _EVERYTHING:
            yield action, action == "iam:*"
        elif grant.service == ANY:
            yield action, True
        else:  # what a boundary leaves of everything
            yield f"{grant.service}:*", grant.service == "iam"


@rule(
    "IAM-SHARED-ROLE",
    Checklist.IDENTITY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions", "ecs.services"),
    across=("ecs.task_definitions", "ecs.services"),
    reference=_POD_IDENTITY,
)
def shared_role(role: Role, estate: Estate) -> Iterator[Outcome]:
    """Several workloads use one task role.

    Each of them may do what all of them need, and nobody can say any more which permission belongs to whom. For the
    move it ties them together: a change to the role for the first workload on EKS reaches all others. Daemons that
    run on every instance are not counted.

    Fix: give each workload a role and a service account of its own when it moves, with the permissions it used, and
    keep the shared role for what still runs on ECS.
    """
    users = estate.task_role_users.get(role.identity, ())
    if not users:
        yield not_applicable(_NO_TASK_ROLE, reads=())
        return
    applications = [each for each in users if each.kind != "daemon"]
    if not applications:
        yield not_applicable("only daemons use it")
        return
    if len(applications) > 1:
        names = [each.name for each in applications]
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield fail(
            f"{len(names)} workloads use task role {role.name}: {shown}",
            *(_role_reference(each) for each in applications),
        )


def _role_reference(workload: Workload) -> Evidence:
    task = workload.task_definition
    return task.evidence("taskRoleArn") if task is not None else Evidence(source=workload.arn)


@rule(
    "IAM-TRUST-ECS",
    Checklist.IDENTITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
)
def trusts_ecs_only(role: Role, estate: Estate) -> Iterator[Outcome]:
    """A task role trusts ECS and not yet EKS.

    A role says itself who may take it, and Pods come as another principal than tasks. Every task role needs the
    change, so it is work to plan and no fault. Conditions of the present statement would not hold for Pods, so the
    new principal gets a statement of its own.

    Fix: add a second statement for pods.eks.amazonaws.com with sts:AssumeRole and sts:TagSession, limited to cluster,
    namespace and service account, and leave the first one for the way back.

    Before:

        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "sts:AssumeRole",
           "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}

    After:

        # the trust policy with a second statement, written as YAML
        Version: "2012-10-17"
        Statement:
          - Effect: Allow  # the way back
            Action: sts:AssumeRole
            Principal: {Service: ecs-tasks.amazonaws.com}
          - Effect: Allow
            Action: [sts:AssumeRole, sts:TagSession]
            Principal: {Service: pods.eks.amazonaws.com}
            Condition:
              StringEquals:
                aws:RequestTag/kubernetes-namespace: shop
                aws:RequestTag/kubernetes-service-account: orders
    """
    if not estate.task_role_users.get(role.identity):
        yield not_applicable(_NO_TASK_ROLE, reads=())
        return
    services = {name for each in role.trust() if each.allows for name in each.principals.get("Service", ())}
    federated = {name for each in role.trust() if each.allows for name in each.principals.get("Federated", ())}
    trusts_eks = "pods.eks.amazonaws.com" in services or any(":oidc-provider/oidc.eks." in each for each in federated)
    if "ecs-tasks.amazonaws.com" in services and not trusts_eks:
        yield fail(
            f"task role {role.name} trusts ECS tasks and no Pods",
            role.evidence("AssumeRolePolicyDocument", value="ecs-tasks.amazonaws.com"),
        )


@rule(
    "IAM-TRUST-CONDITIONS",
    Checklist.IDENTITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html",
)
def trust_tied_to_ecs(role: Role, estate: Estate) -> Iterator[Outcome]:
    """The trust policy of a task role admits tasks of certain ECS clusters only.

    The condition on aws:SourceArn names ECS, and Pods do not come from there, so it never holds for them. It has a
    purpose all the same (no other cluster may use the role), and the statement for Pods needs a condition to the
    same effect.

    Fix: give the statement for pods.eks.amazonaws.com conditions on the session tags eks-cluster-arn,
    kubernetes-namespace and kubernetes-service-account.
    """
    if not estate.task_role_users.get(role.identity):
        yield not_applicable(_NO_TASK_ROLE, reads=())
        return
    for statement in role.trust():
        for operator, key, values in statement.conditions():
            if key.lower() == "aws:sourcearn" and any(":ecs:" in each for each in values):
                yield fail(
                    f"the trust policy of task role {role.name} has a condition on an ECS {key}",
                    role.evidence("AssumeRolePolicyDocument", value=f"{operator} {key}"),
                    element=key,
                )


_EXECUTION_POLICY = ":aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
_DUTIES = {
    "secretsmanager": "reading secrets",
    "ssm": "reading parameters",
    "kms": "decrypting",
}
_OF_S3 = {Flow.READ: "reading from S3", Flow.WRITE: "writing to S3"}


@rule(
    "IAM-EXEC-ROLE-SPLIT",
    Checklist.IDENTITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
)
def execution_role_duties(role: Role, estate: Estate) -> Iterator[Outcome]:
    """An execution role has duties that several identities take over.

    The execution role pulls images, reads secrets and environment files, and makes log groups for a task. Kubernetes
    has no such role: the node's role pulls images, the secrets operator reads secrets, the log agent makes log
    groups, and nobody reads files from S3. Permissions beyond AWS's own policy therefore go to different places.

    Fix: give the secrets operator (per namespace) the secrets, parameters and keys, the log agent the log groups, the
    node role and the repository's policy images of other accounts, and let the pipeline read what lies in S3.
    """
    if not estate.execution_role_users.get(role.identity):
        yield not_applicable("no workload uses it as its execution role", reads=())
        return
    duties: dict[str, Evidence] = {}
    for grant in estate.permissions_of(role).grants:
        policy = grant.statement.policy
        if policy is None or not policy.policy_arn.endswith(_EXECUTION_POLICY):
            for duty in _duties(grant, role):
                duties.setdefault(duty, _of_actions(role, grant))
    if duties:
        yield fail(f"execution role {role.name} has further duties: {', '.join(sorted(duties))}", *duties.values())


def _duties(grant: Grant, role: Role) -> Iterator[str]:
    if grant.service == ANY:
        yield "everything"
    elif grant.service in _DUTIES:
        yield _DUTIES[grant.service]
    elif grant.service == "s3":
        yield from (words for flow, words in _OF_S3.items() if flow in grant.flows)
    elif "logs:CreateLogGroup" in grant.actions:
        yield "making log groups"
    elif grant.service == "ecr" and _is_foreign(grant.resource, role):
        yield "pulling images of other accounts"


def _of_actions(role: Role, grant: Grant) -> Evidence:
    """The actions of a grant's statement, and of them the first that is of the grant's service."""
    written = (each for each in grant.statement.actions if actions_matching(each).meets(grant.actions))
    return role.evidence(*grant.place, grant.field, value=next(written, None))


@rule(
    "IAM-CROSS-ACCOUNT",
    Checklist.IDENTITY,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html",
)
def assumes_foreign_role(role: Role, estate: Estate) -> Iterator[Outcome]:
    """A task role goes on to a role of another account.

    The other account's role names this one as trusted, by its ARN, often with an external id. A new role for the Pod
    is not trusted there until its owner, who may be a partner, changes it. EKS Pod Identity also tags its sessions,
    so the trust policy must allow sts:TagSession, or the tags must be switched off.

    Fix: keep the same role and its ARN and let the Pod take it; where a new one is needed, ask the other account for
    the change first, or use a Pod Identity association with a target role.
    """
    if not estate.task_role_users.get(role.identity):
        yield not_applicable(_NO_TASK_ROLE, reads=())
        return
    found: dict[str, Evidence] = {}
    for grant in estate.permissions_of(role).allowing("sts:AssumeRole"):
        if ":role/" in grant.resource and _is_foreign(grant.resource, role):
            found.setdefault(grant.resource, role.evidence(*grant.place, "Resource", value=grant.resource))
    for arn, evidence in found.items():
        foreign = estate.role_by_arn.get(arn)
        ready = foreign is not None and _admits_tags(foreign, role)
        so = ", which already admits its session tags" if ready else ""
        yield fail(
            f"task role {role.name} may take role {arn} of another account{so}",
            evidence,
            element=arn,
            severity=LOW if ready else MEDIUM,
        )


def _admits_tags(foreign: Role, role: Role) -> bool:
    account = _account(role.identity)
    ours = {role.identity, account, f"arn:aws:iam::{account}:root"}
    for statement in foreign.trust():
        trusts = statement.allows and ours & set(statement.principals.get("AWS", ()))
        if trusts and "sts:TagSession" in selected(statement):
            return True
    return False


@rule(
    "IAM-RESOURCE-POLICY",
    Checklist.IDENTITY,
    severity=MEDIUM,
    effort=HOURS,
    needs=("iam.roles", "resource.policies"),
    reference="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
)
def named_by_a_resource(role: Role, estate: Estate) -> Iterator[Outcome]:
    """The policy of a resource names a role that a Pod will not have.

    A bucket, queue, topic, key or secret that admits a role by its ARN admits nobody else. The execution
    role has no successor on Kubernetes: the node, the secrets operator and the log agent do its work under roles of
    their own. A task role that several workloads share is replaced by one for each. Either way the new role is refused
    although its own permissions are right, and a Deny with an exception for the old role hits the new one.

    Fires: a statement, an Allow or a Deny, has the role's ARN, its sessions, or a pattern that takes it in among its
    principals, or in a condition on aws:PrincipalArn.

    Passes: resources that were read and name the account, a service or everybody. A task role that one workload has
    moves with it, so what names it goes on working. Only resources that the role is granted by name are read.

    Fix: name the new role beside the old one in the resource's policy before the move and take the old one out when
    nothing runs on ECS any more, or let the resource admit the account and leave the rest to IAM policies.
    """
    applications = [each for each in estate.task_role_users.get(role.identity, ()) if each.kind != "daemon"]
    is_execution_role = bool(estate.execution_role_users.get(role.identity))
    if not is_execution_role and len(applications) < 2:
        yield not_applicable("its workload keeps the role, and with it what names the role", reads=())
        return
    shared = f"task role {role.name}, which {len(applications)} workloads share"
    who = f"execution role {role.name}" if is_execution_role else shared
    found: dict[str, list[Evidence]] = {}
    for policy, place in estate.resource_policies_naming.get(role.identity, ()):
        found.setdefault(policy.title, []).append(policy.evidence(*place, value=role.identity))
    for title, evidence in found.items():
        yield fail(f"the policy of {title} names {who}", *evidence, element=title)


@rule(
    "IAM-BOUNDARY",
    Checklist.IDENTITY,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("iam.roles",),
    reference="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
)
def permissions_boundary(role: Role, estate: Estate) -> Iterator[Outcome]:
    """A role has a permissions boundary.

    A boundary caps what a role may do whatever its policies say, and organisations often refuse new roles without it.
    Roles made for service accounts need the same one, or they cannot be made, or may do more than is allowed.

    Fix: attach the same boundary to every role that is made for the move, and check that it allows what Pod Identity
    needs.
    """
    boundary = role.permissions_boundary
    if boundary is not None and boundary.permissions_boundary_arn:
        name = boundary.permissions_boundary_arn.rpartition("/")[2]
        not_read = estate.permissions_of(role).boundary is Boundary.UNKNOWN
        so = ", whose text could not be read" if not_read else ""
        yield fail(
            f"role {role.name} has the permissions boundary {name}{so}",
            role.evidence("PermissionsBoundary", "PermissionsBoundaryArn"),
        )


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def _is_foreign(arn: str, role: Role) -> bool:
    """Whether a resource lies in another account than the role, or in any (``*``)."""
    return _account(arn) not in ("", _account(role.identity))


@rule(
    "IAM-FARGATE-IRSA",
    Checklist.IDENTITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    looks_at=("taskRoleArn", "runtimePlatform.operatingSystemFamily"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
)
def no_pod_identity(workload: Workload, policy: Policy) -> Iterator[Outcome]:
    """Pod Identity does not work where the workload is to run.

    EKS Pod Identity needs its agent on a Linux node. On EKS Fargate and on Windows nodes roles are given by IRSA:
    through the cluster's OpenID Connect provider, with the ServiceAccount named in the trust policy of each role.

    Fix: make an OIDC provider for the cluster, trust it in the role with conditions on sub and aud, and annotate the
    ServiceAccount with the role.
    """
    task = workload.task_definition
    if task is None or not task.task_role_arn:
        return
    on_fargate = policy.target.compute == "fargate"
    if on_fargate or task.is_windows:
        where = "EKS Fargate" if on_fargate else "Windows nodes"
        message = f"workload {workload.name} needs IRSA for its role: Pod Identity does not work on {where}"
        yield fail(message, task.evidence("taskRoleArn"))
