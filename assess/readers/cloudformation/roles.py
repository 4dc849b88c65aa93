"""IAM roles with every policy of the template that is attached to them."""

from assess.readers.cloudformation.drafts import Draft, Drafts, Loss
from assess.readers.cloudformation.stack import Declared
from assess.readers.cloudformation.values import Value

_ROLE = "AWS::IAM::Role"
_MANAGED = "AWS::IAM::ManagedPolicy"


def complete(drafts: Drafts) -> None:
    """Gathers the policies and the instance profiles of each role."""
    for role in drafts.of("roles"):
        _own(role, drafts)
    for resource in drafts.stack.resources.values():
        match resource.type:
            case "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy":
                roles = resource.properties.get("Roles")
                for each in roles.items if roles is not None else ():
                    _attach(drafts.meant(each, _ROLE), resource)
            case "AWS::IAM::RolePolicy":
                _attach(drafts.meant(resource.properties.get("RoleName"), _ROLE), resource)
            case "AWS::IAM::InstanceProfile":
                roles = resource.properties.get("Roles")
                for each in roles.items if roles is not None else ():
                    holding = drafts.meant(each, _ROLE)
                    if holding is not None:
                        holding.put("InstanceProfiles/-", Value(resource.arn, resource.line))


def _own(role: Draft, drafts: Drafts) -> None:
    properties = role.resource.properties
    inline, managed = properties.get("Policies"), properties.get("ManagedPolicyArns")
    for listed in (inline, managed):
        if listed is not None and not isinstance(listed.value, list):
            drafts.losses.append(Loss(role.resource.arn, "iam.roles"))
    for each in inline.items if inline is not None else ():
        if each.members:
            _add(role, each.members.get("PolicyName"), None, each.members.get("PolicyDocument"), each.line)
    for each in managed.items if managed is not None else ():
        policy = drafts.stack.meant(each, _MANAGED)
        if policy is not None:
            _attach(role, policy)
        else:
            _add(role, None, each, None, each.line)
            drafts.losses.append(Loss(role.resource.arn, "iam.roles"))
    if "PermissionsBoundary" in properties:
        boundary = drafts.stack.meant(properties["PermissionsBoundary"], _MANAGED)
        if boundary is not None:
            role.put("PermissionsBoundary/Document", boundary.properties.get("PolicyDocument"))
        else:
            drafts.losses.append(Loss(role.resource.arn, "iam.roles"))


def _attach(role: Draft | None, policy: Declared) -> None:
    if role is None:
        return
    arn = Value(policy.arn, policy.line) if policy.type == _MANAGED else None
    name = policy.properties.get("PolicyName") or Value(policy.name or policy.logical_id, policy.line)
    known = role.members.get("Policies")
    if arn is not None and any(
        each.members.get("PolicyArn", arn).literal == policy.arn and "PolicyArn" in each.members
        for each in (known.items if known is not None else ())
    ):
        return  # it is named on both sides
    _add(role, name, arn, policy.properties.get("PolicyDocument"), policy.line)


def _add(role: Draft, name: Value | None, arn: Value | None, document: Value | None, line: int) -> None:
    if name is None and arn is not None:
        name = Value(str((arn.pieces or ("",))[-1]).rpartition("/")[2], arn.line)
    members = {"PolicyName": name, "PolicyArn": arn, "Document": document}
    role.put("Policies/-", Value({key: value for key, value in members.items() if value is not None}, line))
