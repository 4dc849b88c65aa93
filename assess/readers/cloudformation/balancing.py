"""Load balancers, listeners and target groups as Elastic Load Balancing describes them."""

from collections.abc import Iterator

from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.network import vpc_of
from assess.readers.cloudformation.values import Value

_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_CLASSIC = "AWS::ElasticLoadBalancing::LoadBalancer"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"

_GROUP_DEFAULTS = {"deregistration_delay.timeout_seconds": "300", "stickiness.enabled": "false"}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html"""


def complete(drafts: Drafts) -> None:
    """Adds attributes, default rules, and the load balancers of each target group."""
    for balancer in drafts.of("load_balancers"):
        if balancer.resource.type == _BALANCER:
            _attributes(balancer, "LoadBalancerAttributes", {})
            balancer.put("VpcId", vpc_of(balancer.resource.properties.get("Subnets"), drafts))
    for group in drafts.of("target_groups"):
        _attributes(group, "TargetGroupAttributes", _GROUP_DEFAULTS)
    for listener in list(drafts.of("listeners")):
        _default_rule(listener, drafts)
        arn = listener.members.get("LoadBalancerArn")
        for group in _forwarded(listener.members.get("DefaultActions"), drafts):
            _reach(group, arn, drafts)
    for rule in drafts.of("listener_rules"):
        of = drafts.meant(rule.members.get("ListenerArn"), _LISTENER)
        if of is not None:
            for group in _forwarded(rule.members.get("Actions"), drafts):
                _reach(group, of.members.get("LoadBalancerArn"), drafts)


def balancers_of(group: Draft, drafts: Drafts) -> list[Draft]:
    """The load balancers of the template that send to a target group."""
    named = group.members.get("LoadBalancerArns")
    found = (drafts.meant(each, _BALANCER) for each in (named.items if named is not None else ()))
    return [each for each in found if each is not None]


def _attributes(draft: Draft, name: str, defaults: dict[str, str]) -> None:
    """Attributes by their key, as the collectors keep them; those that rules ask for never absent."""
    listed = draft.resource.properties.get(name)
    if listed is not None and listed.is_unknown:
        draft.put("Attributes", listed)
        return
    found = {key: Value(value, draft.resource.line) for key, value in defaults.items()}
    for each in listed.items if listed is not None else ():
        key, value = each.members.get("Key"), each.members.get("Value")
        if key is not None and value is not None and key.literal:
            found[key.literal] = Value(value.value, each.line)
    draft.put("Attributes", Value(found, listed.line if listed is not None else draft.resource.line))


def _default_rule(listener: Draft, drafts: Drafts) -> None:
    """The rule that AWS lists for a listener's default actions."""
    line = listener.resource.line
    drafts.add(
        "listener_rules",
        listener.resource,
        {
            "RuleArn": Value(f"{listener.resource.arn}/default", line),
            "ListenerArn": Value(listener.resource.arn, line),
            "Priority": Value("default", line),
            "IsDefault": Value(True, line),
            "Actions": listener.members.get("DefaultActions", Value([], line)),
        },
    )


def _forwarded(actions: Value | None, drafts: Drafts) -> Iterator[Draft]:
    for action in actions.items if actions is not None else ():
        named = [action.members.get("TargetGroupArn")]
        forward = action.members.get("ForwardConfig")
        groups = forward.members.get("TargetGroups") if forward is not None else None
        named += [each.members.get("TargetGroupArn") for each in (groups.items if groups is not None else ())]
        for each in named:
            group = drafts.meant(each, _TARGET_GROUP)
            if group is not None:
                yield group


def _reach(group: Draft, balancer: Value | None, drafts: Drafts) -> None:
    if balancer is None:
        return
    known = group.members.get("LoadBalancerArns")
    items = list(known.items) if known is not None else []
    meant = drafts.meant(balancer, _BALANCER)
    value = Value(meant.resource.arn, balancer.line) if meant is not None else balancer
    if all(each.pieces != value.pieces for each in items):
        group.put("LoadBalancerArns", Value([*items, value], value.line))
