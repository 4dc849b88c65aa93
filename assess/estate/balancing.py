"""Elastic Load Balancing (v2 and Classic) in its own terms."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from assess.estate.facts import Choice, Identifier, IdentifierTree, PascalFact, PascalPart, PascalTag, Text, tags_of


class LoadBalancer(PascalFact):
    """An Application, Network or Gateway Load Balancer, or a Classic one (``type`` is ``classic`` then).

    ``attributes`` (DescribeLoadBalancerAttributes, by key) is absent where it was not read.
    """

    identity_field: ClassVar[str] = "load_balancer_arn"

    load_balancer_arn: Identifier = ""
    load_balancer_name: Identifier = ""
    dns_name: Identifier | None = Field(default=None, alias="DNSName")
    type: Choice | None = None
    scheme: Choice | None = None
    vpc_id: Identifier | None = None
    ip_address_type: Choice | None = None
    security_groups: tuple[Identifier, ...] = ()
    availability_zones: tuple[IdentifierTree, ...] = ()
    attributes: Mapping[str, Identifier] | None = None
    tags: tuple[PascalTag, ...] = ()

    @property
    def identity(self) -> str:
        """The ARN, or the name of a Classic Load Balancer (which has no ARN in its API)."""
        return self.load_balancer_arn or self.load_balancer_name

    @property
    def name(self) -> str:
        """The load balancer's name."""
        return self.load_balancer_name

    @property
    def is_internet_facing(self) -> bool:
        """Whether the load balancer has public addresses."""
        return self.scheme == "internet-facing"

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags by key."""
        return tags_of(self.tags)


class WeightedTargetGroup(PascalPart):
    """A share of a forward action."""

    target_group_arn: Identifier = ""
    weight: int | None = None


class ForwardConfiguration(PascalPart):
    """Where a forward action sends requests."""

    target_groups: tuple[WeightedTargetGroup, ...] = ()
    target_group_stickiness_config: IdentifierTree | None = None


class Action(PascalPart):
    """An action of a listener or of a rule; settings of kinds that need no reading here stay as they came."""

    type: Choice = ""
    order: int | None = None
    target_group_arn: Identifier | None = None
    forward_config: ForwardConfiguration | None = None

    @property
    def target_groups(self) -> tuple[str, ...]:
        """ARNs of the target groups that the action forwards to."""
        named = [each.target_group_arn for each in self.forward_config.target_groups] if self.forward_config else []
        if self.target_group_arn and self.target_group_arn not in named:
            named.append(self.target_group_arn)
        return tuple(named)


class Certificate(PascalPart):
    """A certificate of a listener."""

    certificate_arn: Identifier = ""


class Condition(PascalPart):
    """A condition of a listener rule; settings per kind (``HostHeaderConfig``, ...) stay as they came."""

    field: Choice = ""
    values: tuple[Text, ...] = ()


class ListenerRule(PascalFact):
    """A rule of a listener (DescribeRules); ``priority`` is a number or ``default``."""

    identity_field: ClassVar[str] = "rule_arn"

    rule_arn: Identifier = ""
    listener_arn: Identifier = ""
    """Not in AWS's answer: the listener that was asked."""
    priority: Identifier = ""
    conditions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()
    is_default: bool | None = None


class Listener(PascalFact):
    """A listener with its default actions."""

    identity_field: ClassVar[str] = "listener_arn"

    listener_arn: Identifier = ""
    load_balancer_arn: Identifier = ""
    port: int | None = None
    protocol: Choice | None = None
    certificates: tuple[Certificate, ...] = ()
    ssl_policy: Identifier | None = None
    default_actions: tuple[Action, ...] = ()
    mutual_authentication: IdentifierTree | None = None


class Matcher(PascalPart):
    """Codes that a health check takes for healthy, such as ``200`` or ``200-299``."""

    http_code: Identifier | None = None
    grpc_code: Identifier | None = None


class TargetGroup(PascalFact):
    """A target group; health check times in seconds.

    ``attributes`` (DescribeTargetGroupAttributes, by key) is absent where it was not read: it is read only for
    groups that a workload uses.
    """

    identity_field: ClassVar[str] = "target_group_arn"

    target_group_arn: Identifier = ""
    target_group_name: Identifier = ""
    protocol: Choice | None = None
    port: int | None = None
    vpc_id: Identifier | None = None
    target_type: Choice | None = None
    protocol_version: Choice | None = None
    load_balancer_arns: tuple[Identifier, ...] = ()
    health_check_enabled: bool | None = None
    health_check_protocol: Choice | None = None
    health_check_path: Identifier | None = None
    health_check_port: Identifier | None = None
    health_check_interval_seconds: int | None = None
    health_check_timeout_seconds: int | None = None
    healthy_threshold_count: int | None = None
    unhealthy_threshold_count: int | None = None
    matcher: Matcher | None = None
    attributes: Mapping[str, Identifier] | None = None

    @property
    def name(self) -> str:
        """The target group's name."""
        return self.target_group_name
