"""Reads Elastic Load Balancing: the load balancers and target groups that ECS services use.

All calls of an account draw on one small bucket (10 a second), so nothing is asked about what no service uses.
"""

from collections.abc import Mapping
from typing import Any

from assess.collectors.interface import Collector, Document, Operation, Reader, members, pages
from assess.estate.ecs import Service, ServiceLoadBalancer

_PAGES = pages(400, limit="PageSize", token="Marker", next="NextMarker")


def _operation(name: str, key: str, *, service: str = "elbv2", paged: bool = True) -> Operation:
    action = f"elasticloadbalancing:{name}"
    return Operation(service, name, action, "elb", answers=(key,), paging=_PAGES if paged else None)


DESCRIBE_TARGET_GROUPS = _operation("DescribeTargetGroups", "TargetGroups")
DESCRIBE_LOAD_BALANCERS = _operation("DescribeLoadBalancers", "LoadBalancers")
DESCRIBE_LISTENERS = _operation("DescribeListeners", "Listeners")
DESCRIBE_RULES = _operation("DescribeRules", "Rules")
DESCRIBE_TARGET_GROUP_ATTRIBUTES = _operation("DescribeTargetGroupAttributes", "Attributes", paged=False)
DESCRIBE_LOAD_BALANCER_ATTRIBUTES = _operation("DescribeLoadBalancerAttributes", "Attributes", paged=False)
DESCRIBE_CLASSIC_LOAD_BALANCERS = _operation("DescribeLoadBalancers", "LoadBalancerDescriptions", service="elb")

_BALANCERS, _LISTENERS, _GROUPS = ("elb.load_balancers",), ("elb.listeners",), ("elb.target_groups",)
_ATTRIBUTES = "elb.attributes"


def _read(reader: Reader) -> None:
    used = [each for service in reader.facts(Service) for each in _load_balancers(service)]
    groups_used = {arn for each in used for arn in _target_groups(each)}
    classic_used = {each.load_balancer_name for each in used if each.load_balancer_name and not each.target_group_arn}
    if groups_used:
        _read_current(reader, groups_used)
    if classic_used:
        for each in reader.items(DESCRIBE_CLASSIC_LOAD_BALANCERS, "LoadBalancerDescriptions", lost=_BALANCERS):
            if each.get("LoadBalancerName") in classic_used:
                reader.add("load_balancers", _classic(each))


def _read_current(reader: Reader, groups_used: set[str]) -> None:
    # whole lists, 400 a page, cost fewer calls than asking for those in use by name
    groups = reader.items(
        DESCRIBE_TARGET_GROUPS, "TargetGroups", lost=(*_GROUPS, *_BALANCERS, *_LISTENERS, _ATTRIBUTES)
    )
    balancers_used = {
        arn
        for each in groups
        if each.get("TargetGroupArn") in groups_used
        for arn in each.get("LoadBalancerArns") or ()
    }
    balancers: list[Document] = []
    if balancers_used:
        listed = reader.items(DESCRIBE_LOAD_BALANCERS, "LoadBalancers", lost=(*_BALANCERS, *_LISTENERS, _ATTRIBUTES))
        balancers = [each for each in listed if each.get("LoadBalancerArn") in balancers_used]

    def group(document: Document) -> None:
        arn = str(document.get("TargetGroupArn"))
        attributes: Document = {}
        if arn in groups_used and reader.wants(_ATTRIBUTES):
            attributes = _attributes(reader, DESCRIBE_TARGET_GROUP_ATTRIBUTES, arn, TargetGroupArn=arn)
        reader.add("target_groups", document | attributes)

    def balancer(document: Document) -> list[Document]:
        arn = str(document.get("LoadBalancerArn"))
        attributes: Document = {}
        if reader.wants(_ATTRIBUTES):
            attributes = _attributes(reader, DESCRIBE_LOAD_BALANCER_ATTRIBUTES, arn, LoadBalancerArn=arn)
        reader.add("load_balancers", document | attributes)
        found = reader.items(DESCRIBE_LISTENERS, "Listeners", lost=_LISTENERS, LoadBalancerArn=arn)
        for listener in found:
            reader.add("listeners", listener)
        # other kinds of load balancer have no rules but the default
        return found if document.get("Type") == "application" else []

    def rules(listener: Document) -> None:
        arn = str(listener.get("ListenerArn"))
        for rule in reader.items(DESCRIBE_RULES, "Rules", lost=_LISTENERS, ListenerArn=arn):
            reader.add("listener_rules", rule | {"ListenerArn": arn})

    # a balancer in use may send to groups of others too: they come with the list, and show what is shared
    reader.each(group, [each for each in groups if _is_of(each, groups_used, balancers_used)])
    found = reader.each(balancer, balancers)
    reader.each(rules, [listener for of_balancer in found for listener in of_balancer])


def _attributes(reader: Reader, operation: Operation, resource: str, **parameters: Any) -> Document:
    answer = reader.get(operation, lost=(_ATTRIBUTES,), resource=resource, **parameters)
    if answer is None:
        return {}
    listed = members(answer, "Attributes")
    return {"Attributes": {str(each["Key"]): str(each.get("Value") or "") for each in listed if each.get("Key")}}


def _is_of(group: Document, groups_used: set[str], balancers_used: set[str]) -> bool:
    arns = group.get("LoadBalancerArns") or ()
    return group.get("TargetGroupArn") in groups_used or any(arn in balancers_used for arn in arns)


def _load_balancers(service: Service) -> list[ServiceLoadBalancer]:
    return [*service.load_balancers, *(each for task_set in service.task_sets for each in task_set.load_balancers)]


def _target_groups(load_balancer: ServiceLoadBalancer) -> list[str]:
    """The target group, and the one that a blue/green deployment sends its new tasks to."""
    advanced: Mapping[str, Any] = load_balancer.advanced_configuration or {}
    return [str(arn) for arn in (load_balancer.target_group_arn, advanced.get("alternateTargetGroupArn")) if arn]


def _classic(document: Document) -> Document:
    """A Classic Load Balancer in the words of the current API, what it does not know kept beside."""
    renamed = {"VPCId": "VpcId"}
    zones = [{"ZoneName": zone} for zone in document.get("AvailabilityZones") or ()]
    kept = {renamed.get(key, key): value for key, value in document.items()}
    return kept | {"Type": "classic", "AvailabilityZones": zones}


LOAD_BALANCING = Collector(
    name="elb",
    title="load balancers",
    facts=(*_BALANCERS, *_LISTENERS, *_GROUPS, _ATTRIBUTES),
    operations=(
        DESCRIBE_TARGET_GROUPS,
        DESCRIBE_LOAD_BALANCERS,
        DESCRIBE_LISTENERS,
        DESCRIBE_RULES,
        DESCRIBE_TARGET_GROUP_ATTRIBUTES,
        DESCRIBE_LOAD_BALANCER_ATTRIBUTES,
        DESCRIBE_CLASSIC_LOAD_BALANCERS,
    ),
    collect=_read,
    after=("ecs.services",),
)

COLLECTORS = (LOAD_BALANCING,)
