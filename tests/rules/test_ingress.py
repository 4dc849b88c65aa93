from typing import Any

import pytest

from assess.config import Policy
from assess.estate.gaps import Reason
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    denied,
    fails,
    given,
    never,
    not_applicable,
    passes,
    service,
    task,
    unknown,
)

_ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
BALANCER = f"{_ELB}:loadbalancer/app/shop/1"
LISTENER = f"{_ELB}:listener/app/shop/1/2"
GROUP = f"{_ELB}:targetgroup/orders/3"


def balancer(type: str = "application") -> Given:
    return given("load_balancers", LoadBalancerArn=BALANCER, LoadBalancerName="shop", Type=type)


def classic() -> tuple[Given, ...]:
    attached = [{"loadBalancerName": "old", "containerName": "app", "containerPort": 80}]
    return (
        task(),
        service(loadBalancers=attached),
        given("load_balancers", LoadBalancerName="old", Type="classic"),
    )


def group(target_type: str = "ip") -> Given:
    return given(
        "target_groups",
        TargetGroupArn=GROUP,
        TargetGroupName="orders",
        TargetType=target_type,
        LoadBalancerArns=[BALANCER],
    )


def listener(*actions: dict[str, Any]) -> Given:
    default = list(actions) or [{"Type": "forward", "TargetGroupArn": GROUP}]
    return given("listeners", ListenerArn=LISTENER, LoadBalancerArn=BALANCER, Port=80, DefaultActions=default)


def rule(number: int = 1, *conditions: dict[str, Any], action: dict[str, Any] | None = None, **fields: Any) -> Given:
    return given(
        "listener_rules",
        RuleArn=f"{_ELB}:listener-rule/app/shop/1/2/{number}",
        ListenerArn=LISTENER,
        Priority=str(number),
        IsDefault=False,
        Conditions=list(conditions),
        Actions=[action or {"Type": "forward", "TargetGroupArn": GROUP}],
        **fields,
    )


HOST = {"Field": "host-header", "Values": ["shop.example"], "HostHeaderConfig": {"Values": ["shop.example"]}}
PATH = {"Field": "path-pattern", "Values": ["/orders/*"]}
BALANCED = (
    task(),
    service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}]),
    balancer(),
    group(),
)
TO_HTTPS = {
    "Type": "redirect",
    "RedirectConfig": {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "StatusCode": "HTTP_301",
    },
}
REFUSED = denied("elb.listeners", "elasticloadbalancing:DescribeRules")

OTHER_GROUP = f"{_ELB}:targetgroup/other/4"


def leads_to(*arns: str) -> Given:
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn} for arn in arns]}}
    return given("listeners", ListenerArn=LISTENER, LoadBalancerArn=BALANCER, Port=443, DefaultActions=[forward])


def behind(**fields: Any) -> Given:
    return given(
        "target_groups",
        **{
            "TargetGroupArn": GROUP,
            "TargetGroupName": "orders",
            "TargetType": "ip",
            "LoadBalancerArns": [BALANCER],
            **fields,
        },
    )


def orders(**fields: Any) -> tuple[Given, ...]:
    attached = {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80, **fields.pop("attached", {})}
    return (task(), service(loadBalancers=[attached], **fields))


OTHER = behind(TargetGroupArn=OTHER_GROUP, TargetGroupName="other")
SHARED = (
    fails(
        "ING-SHARED-LB",
        "a group of somebody else",
        *orders(),
        balancer(),
        behind(),
        OTHER,
        leads_to(GROUP, OTHER_GROUP),
        says="load balancer shop also leads to targets that are no workloads of this scan, by target group other",
        element="other",
        at="/DefaultActions/0",
    ),
    fails(
        "ING-SHARED-LB",
        "a function",
        *orders(deploymentController={"type": "CODE_DEPLOY"}),
        balancer(),
        behind(),
        behind(TargetGroupArn=OTHER_GROUP, TargetGroupName="other", TargetType="lambda"),
        leads_to(GROUP, OTHER_GROUP),
        says="load balancer shop also leads to a function, by target group other",
    ),
    passes("ING-SHARED-LB", "dedicated", *orders(), balancer(), behind(), leads_to(GROUP)),
    passes(
        "ING-SHARED-LB",
        "the second group of a blue/green deployment",
        *orders(attached={"advancedConfiguration": {"alternateTargetGroupArn": OTHER_GROUP}}),
        balancer(),
        behind(),
        OTHER,
        leads_to(GROUP, OTHER_GROUP),
    ),
    passes(
        "ING-SHARED-LB",
        "the group of CodeDeploy's next deployment",
        *orders(deploymentController={"type": "CODE_DEPLOY"}),
        balancer(),
        behind(),
        OTHER,
        leads_to(GROUP, OTHER_GROUP),
    ),
    not_applicable("ING-SHARED-LB", "no rule leads to a workload", *orders(), balancer(), behind(), leads_to()),
    unknown(
        "ING-SHARED-LB", "rules could not be described", *orders(), balancer(), behind(), REFUSED, reason=Reason.DENIED
    ),
    fails(
        "ING-TIMEOUTS",
        "times of the load balancer and of a group",
        *orders(),
        given(
            "load_balancers",
            LoadBalancerArn=BALANCER,
            LoadBalancerName="shop",
            Type="application",
            Attributes={"idle_timeout.timeout_seconds": "180", "client_keep_alive.seconds": "3600"},
        ),
        behind(Attributes={"deregistration_delay.timeout_seconds": "30", "slow_start.duration_seconds": "0"}),
        says=(
            "idle_timeout.timeout_seconds of load balancer shop is 180, not 60",
            "deregistration_delay.timeout_seconds of target group orders is 30, not 300",
        ),
        element=("idle_timeout.timeout_seconds", "orders deregistration_delay.timeout_seconds"),
        at=("/Attributes/idle_timeout.timeout_seconds", "/Attributes/deregistration_delay.timeout_seconds"),
    ),
    not_applicable(
        "ING-TIMEOUTS",
        "defaults",
        *orders(),
        balancer(),
        behind(Attributes={"deregistration_delay.timeout_seconds": "300"}),
    ),
    *(
        fails(
            "ING-NLB-CLIENT-IP",
            key,
            *orders(),
            balancer("network"),
            behind(Attributes={key: "true"}),
            says=f"target group orders of load balancer shop {what}",
            element=f"orders {key}",
            at=f"/Attributes/{key}",
        )
        for key, what in (
            ("preserve_client_ip.enabled", "keeps the address of the client"),
            ("proxy_protocol_v2.enabled", "sends the PROXY protocol"),
        )
    ),
    passes(
        "ING-NLB-CLIENT-IP",
        "both are off",
        *orders(),
        balancer("network"),
        behind(Attributes={"preserve_client_ip.enabled": "false", "proxy_protocol_v2.enabled": "false"}),
    ),
    not_applicable("ING-NLB-CLIENT-IP", "an Application Load Balancer", *orders(), balancer(), behind()),
    *(
        unknown(
            rule,
            "attributes could not be described",
            *orders(),
            balancer("network"),
            behind(),
            denied("elb.attributes", "elasticloadbalancing:DescribeTargetGroupAttributes"),
            reason=Reason.DENIED,
        )
        for rule in ("ING-TIMEOUTS", "ING-NLB-CLIENT-IP")
    ),
)

CASES = (
    *SHARED,
    fails(
        "ING-CLB",
        "a service registers with a Classic Load Balancer",
        *classic(),
        says="requests come through the Classic Load Balancer old",
        at="/LoadBalancerName",
    ),
    passes("ING-CLB", "an Application Load Balancer", *BALANCED),
    unknown(
        "ING-CLB",
        "load balancers were refused",
        task(),
        service(loadBalancers=[{"loadBalancerName": "old", "containerName": "app", "containerPort": 80}]),
        denied("elb.load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        reason=Reason.DENIED,
    ),
    fails(
        "ING-ALB-RULES",
        "conditions and actions beyond hosts and paths, each named once",
        *BALANCED,
        listener(),
        rule(1, HOST, {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}}),
        rule(2, {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}}, action=TO_HTTPS),
        rule(3, {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X", "RegexValues": ["a.*"]}}),
        rule(4, {"Field": "http-header"}, action={"Type": "fixed-response"}),
        says="rules of load balancer shop use query strings, source addresses, redirects, headers, fixed answers",
        element="conditions",
        at="/Conditions/1/Field",
    ),
    fails(
        "ING-ALB-RULES",
        "a regular expression on a path",
        *BALANCED,
        listener(),
        rule(1, {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[0-9]+/"]}}),
        says="rules of load balancer shop use regular expressions",
    ),
    fails(
        "ING-ALB-RULES",
        "a rewrite",
        *BALANCED,
        listener(),
        rule(1, PATH, Transforms=[{"Type": "url-rewrite"}]),
        says="rules of load balancer shop use rewrites",
        at="/Transforms",
    ),
    fails(
        "ING-ALB-RULES",
        "the default action redirects elsewhere",
        *BALANCED,
        listener({"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Host": "www.shop.example"}}),
        says="rules of load balancer shop use redirects",
        at="/DefaultActions/0/Type",
    ),
    fails(
        "ING-ALB-RULES",
        "more rules than the policy allows",
        *BALANCED,
        listener(),
        rule(1, HOST),
        rule(2, PATH),
        Policy(thresholds={"ING-ALB-RULES.rules": 1}),
        says="load balancer shop has 2 rules, more than 1",
        element="rules",
    ),
    passes("ING-ALB-RULES", "host and path conditions only", *BALANCED, listener(), rule(1, HOST, PATH)),
    passes("ING-ALB-RULES", "plain HTTP is sent on to HTTPS", *BALANCED, listener(TO_HTTPS), rule(1, HOST)),
    passes(
        "ING-ALB-RULES",
        "the default answer is 404",
        *BALANCED,
        listener({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}),
    ),
    passes("ING-ALB-RULES", "fifty rules", *BALANCED, listener(), *(rule(number, HOST) for number in range(1, 51))),
    not_applicable("ING-ALB-RULES", "a Network Load Balancer", *BALANCED[:2], group(), balancer("network")),
    unknown("ING-ALB-RULES", "the rules were refused", *BALANCED, REFUSED, reason=Reason.DENIED),
    fails(
        "ING-ALB-AUTH",
        "a default action signs in, a rule checks tokens",
        *BALANCED,
        listener({"Type": "authenticate-oidc", "Order": 1}, {"Type": "forward", "TargetGroupArn": GROUP}),
        rule(1, PATH, action={"Type": "jwt-validation"}),
        says="load balancer shop checks who the user is by OpenID Connect and tokens (JWT)",
        at="/DefaultActions/0/Type",
    ),
    passes("ING-ALB-AUTH", "forwards only", *BALANCED, listener(), rule(1, HOST)),
    not_applicable("ING-ALB-AUTH", "a Network Load Balancer", *BALANCED[:2], group(), balancer("network")),
    unknown("ING-ALB-AUTH", "the rules were refused", *BALANCED, REFUSED, reason=Reason.DENIED),
    fails(
        "ING-TG-STRATEGY",
        "a service registers with a target group",
        *BALANCED,
        says="an ECS service registers with target group orders, so the Pods need one of their own",
        at="/TargetGroupName",
    ),
    unknown(
        "ING-TG-STRATEGY",
        "target groups were refused",
        *BALANCED[:2],
        denied("elb.target_groups", "elasticloadbalancing:DescribeTargetGroups"),
        reason=Reason.DENIED,
    ),
    fails(
        "ING-INSTANCE-TARGETS",
        "instances are targets",
        *BALANCED[:3],
        group("instance"),
        says="target group orders sends requests to instances",
        at="/TargetType",
    ),
    not_applicable("ING-INSTANCE-TARGETS", "addresses are targets", *BALANCED),
    unknown(
        "ING-INSTANCE-TARGETS",
        "target groups were refused",
        *BALANCED[:2],
        denied("elb.target_groups", "elasticloadbalancing:DescribeTargetGroups"),
        reason=Reason.DENIED,
    ),
    fails(
        "ING-NLB-UDP",
        "a UDP listener",
        *BALANCED[:2],
        group(),
        balancer("network"),
        given("listeners", ListenerArn=LISTENER, LoadBalancerArn=BALANCER, Port=53, Protocol="TCP_UDP"),
        says="listener 53 of load balancer shop takes TCP_UDP",
        element="TCP_UDP 53",
        at="/Protocol",
    ),
    passes(
        "ING-NLB-UDP",
        "a TCP listener",
        *BALANCED[:2],
        group(),
        balancer("network"),
        given("listeners", ListenerArn=LISTENER, LoadBalancerArn=BALANCER, Port=53, Protocol="TCP"),
    ),
    not_applicable("ING-NLB-UDP", "an Application Load Balancer", *BALANCED),
    unknown(
        "ING-NLB-UDP",
        "the listeners were refused",
        *BALANCED[:2],
        group(),
        balancer("network"),
        denied("elb.listeners", "elasticloadbalancing:DescribeListeners"),
        reason=Reason.DENIED,
    ),
)

NEVER = (
    never("ING-CLB", "not_applicable", "every load balancer has a type"),
    never("ING-TG-STRATEGY", "not_applicable", "only target groups that a service names are looked at"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
