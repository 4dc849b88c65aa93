"""What scales and starts tasks: scaling policies, event rules, schedules, state machines, pipes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assess.readers.cloudformation.documents import written_as
from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.ecs import cluster_arn, cluster_name, task_definition_arn
from assess.readers.cloudformation.stack import Stack
from assess.readers.cloudformation.values import Value
from assess.readers.json_text import JsonError, parse

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_RUN_TASK = ":ecs:runTask"


def complete(drafts: Drafts) -> None:
    """Writes scaling and triggers as their services' APIs do, and leaves out what starts no ECS task."""
    for draft in list(drafts.of("scalable_targets", "scaling_policies")):
        _scaling(draft, drafts)
    for alarm in drafts.of("alarms"):
        _alarm(alarm, drafts.stack)
    for rule in list(drafts.of("event_rules")):
        targets = rule.members.get("Targets")
        items = targets.items if targets is not None else []
        if not any("EcsParameters" in each.members for each in items):
            drafts.drop(rule)
            if any(each.is_unknown for each in items) or (targets is not None and targets.is_unknown):
                drafts.open.add("schedules")
            continue
        rule.put("Targets", Value([_target(each, drafts) for each in items], rule.members["Targets"].line))
    for schedule in list(drafts.of("schedules")):
        target = schedule.members.get("Target")
        arn = target.members.get("Arn") if target is not None else None
        if target is None or not ("EcsParameters" in target.members or (arn and _RUN_TASK in (arn.literal or ""))):
            drafts.drop(schedule)
            continue
        schedule.put("Target", _target(target, drafts))
    for machine in list(drafts.of("state_machines")):
        _state_machine(machine, drafts)
    for pipe in drafts.of("pipes"):
        parameters = pipe.resource.properties.get("TargetParameters")
        task = parameters.members.get("EcsTaskParameters") if parameters is not None else None
        if task is not None:
            pipe.put("TaskDefinitionArn", task_definition_arn(task.members.get("TaskDefinitionArn"), drafts.stack))


def _scaling(draft: Draft, drafts: Drafts) -> None:
    properties = draft.resource.properties
    if "ResourceId" not in draft.members:
        target = drafts.meant(properties.get("ScalingTargetId"), _TARGET)
        if target is not None:
            draft.put("ResourceId", target.members.get("ResourceId"))
    space = properties.get("ServiceNamespace")
    dimension = properties.get("ScalableDimension")
    resource = _resource_id(draft.members.get("ResourceId"), drafts.stack)
    draft.put("ResourceId", resource)
    said = [each.literal for each in (space, dimension) if each is not None and each.literal]
    if any(not each.startswith("ecs") for each in said) or (resource is None and not said):
        drafts.drop(draft)
        return
    actions = properties.get("ScheduledActions")
    for each in actions.items if actions is not None and draft.kind == "scalable_targets" else ():
        name = each.members.get("ScheduledActionName")
        arn = f"{draft.resource.arn}/{(name.literal if name is not None else None) or each.line}"
        kept = ("ScheduledActionName", "Schedule", "StartTime", "EndTime", "ScalableTargetAction")
        members = {key: each.members[key] for key in kept if key in each.members}
        members["ScheduledActionARN"] = Value(arn, each.line)
        if resource is not None:
            members["ResourceId"] = resource
        drafts.add("scheduled_scalings", draft.resource, members)


def _resource_id(value: Value | None, stack: Stack) -> Value | None:
    """``service/CLUSTER/NAME`` with the cluster's name as it is in its ARN."""
    if value is None or value.pieces is None:
        return value
    written, _ = written_as(value.pieces, stack, names=True)
    service, _, rest = written.partition("/")
    cluster, _, name = rest.rpartition("/")
    return Value(f"{service}/{stack.qualified(cluster)}/{name}" if cluster else written, value.line)


def _alarm(draft: Draft, stack: Stack) -> None:
    for name in ("Dimensions", "Metrics"):
        if name in draft.members:
            draft.put(name, _dimensions(draft.members[name], stack))


def _dimensions(value: Value, stack: Stack) -> Value:
    """Metrics with the names of clusters as they are in their ARNs."""
    if value.members:
        named = value.members.get("Name")
        found = {name: _dimensions(each, stack) for name, each in value.members.items()}
        if named is not None and named.literal == "ClusterName" and "Value" in found:
            found["Value"] = cluster_name(found["Value"], stack)
        return Value(found, value.line)
    return Value([_dimensions(each, stack) for each in value.items], value.line) if value.items else value


def _target(target: Value, drafts: Drafts) -> Value:
    """A target of a rule or a schedule as EventBridge describes it."""
    members = dict(target.members)
    given = members.get("EcsParameters")
    if given is not None and "Arn" in members:
        members["Arn"] = cluster_arn(members["Arn"], drafts.stack, target.line)
    if given is not None and given.members:
        parameters = dict(given.members)
        definition = task_definition_arn(parameters.get("TaskDefinitionArn"), drafts.stack)
        if definition is not None:
            parameters["TaskDefinitionArn"] = definition
        network = parameters.get("NetworkConfiguration")
        if network is not None and network.members:
            (inner, *_) = network.members.values()
            parameters["NetworkConfiguration"] = Value({"awsvpcConfiguration": _listed(inner)}, network.line)
        strategy = parameters.get("CapacityProviderStrategy")
        if strategy is not None:
            items = [Value(_item(each.members), each.line) for each in strategy.items if each.members]
            parameters["CapacityProviderStrategy"] = Value(items, strategy.line)
        members["EcsParameters"] = Value(parameters, given.line)
    elif _RUN_TASK in ((members["Arn"].literal if "Arn" in members else None) or "") and "Input" in members:
        # the request of a task: what it names are resources
        written, _ = written_as(members["Input"].pieces or (), drafts.stack, names=True)
        members["Input"] = Value(written, members["Input"].line)
    return Value(members, target.line)


def _listed(network: Value) -> Value:
    """A network whose subnets and groups are lists, be it of one placeholder."""
    members = {
        name: value if name == "AssignPublicIp" or isinstance(value.value, list) else Value([value], value.line)
        for name, value in network.members.items()
    }
    return Value(members, network.line)


def _item(members: Mapping[str, Value]) -> dict[str, Value]:
    """An item of a strategy as the API writes it; numbers that are not known are left out."""
    return {
        f"{name[:1].lower()}{name[1:]}": value
        for name, value in members.items()
        if name == "CapacityProvider" or (value.literal or "").isdecimal()
    }


_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_.:-]{1,255})\}")


def _state_machine(draft: Draft, drafts: Drafts) -> None:
    properties = draft.resource.properties
    whole, text = properties.get("Definition"), properties.get("DefinitionString")
    substitutions = properties.get("DefinitionSubstitutions")
    known = {
        name: written_as(value.pieces, drafts.stack, names=True)[0]
        for name, value in (substitutions.members.items() if substitutions is not None else ())
        if value.pieces is not None
    }
    document: Any = None
    if whole is not None and whole.members:
        document, line = _plain(whole, drafts), whole.line
    elif text is not None and text.pieces is not None:
        written, _ = written_as(text.pieces, drafts.stack, names=True)
        line = text.line
        try:
            document = parse(written).plain()
        except JsonError:
            document = None
    if not isinstance(document, dict):
        drafts.open.add("workflows")  # what it starts stands elsewhere, or cannot be read
        drafts.drop(draft)
        return
    document = _substituted(document, known)
    if not any(_RUN_TASK in each for each in _texts(document)):
        drafts.drop(draft)
        return
    draft.put("definition", _value(document, line))


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict | list):
        for each in document.values() if isinstance(document, dict) else document:
            yield from _texts(each)


def _plain(value: Value, drafts: Drafts) -> Any:
    if isinstance(value.value, dict):
        return {name: _plain(each, drafts) for name, each in value.value.items()}
    if isinstance(value.value, list):
        return [_plain(each, drafts) for each in value.value]
    if value.is_absent:
        return None
    if value.pieces is not None and not isinstance(value.value, bool | int | float):
        return written_as(value.pieces, drafts.stack, names=True)[0]
    return value.value


def _substituted(document: Any, known: Mapping[str, str]) -> Any:
    if isinstance(document, dict):
        return {name: _substituted(each, known) for name, each in document.items()}
    if isinstance(document, list):
        return [_substituted(each, known) for each in document]
    if isinstance(document, str):
        return _SUBSTITUTION.sub(lambda match: known.get(match[1], match[0]), document)
    return document


def _value(document: Any, line: int) -> Value:
    if isinstance(document, dict):
        return Value({name: _value(each, line) for name, each in document.items()}, line)
    if isinstance(document, list):
        return Value([_value(each, line) for each in document], line)
    return Value(document, line)
