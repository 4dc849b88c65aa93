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
    file,
    given,
    not_applicable,
    passes,
    service,
    task,
    undescribed,
    unknown,
)

_ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
BALANCER = f"{_ELB}:loadbalancer/app/edge/1"
LISTENER = f"{_ELB}:listener/app/edge/1/2"
GROUP = f"{_ELB}:targetgroup/orders/3"
OTHER_GROUP = f"{_ELB}:targetgroup/bills/4"
EDGE = f"edge-1234567890.{REGION}.elb.amazonaws.com"


def balancer(type: str = "application", scheme: str = "internet-facing", **fields: Any) -> Given:
    known = {"LoadBalancerArn": BALANCER, "LoadBalancerName": "edge", "Type": type, "Scheme": scheme, "DNSName": EDGE}
    return given("load_balancers", **known | fields)


def group(arn: str = GROUP, name: str = "orders") -> Given:
    return given("target_groups", TargetGroupArn=arn, TargetGroupName=name, LoadBalancerArns=[BALANCER])


def listener(to: str = GROUP, **fields: Any) -> Given:
    default = [{"Type": "forward", "TargetGroupArn": to}]
    known = {"ListenerArn": LISTENER, "LoadBalancerArn": BALANCER, "Port": 443, "DefaultActions": default}
    return given("listeners", **known | fields)


def for_host(host: str, to: str = GROUP, number: int = 1) -> Given:
    return given(
        "listener_rules",
        RuleArn=f"{_ELB}:listener-rule/app/edge/1/2/{number}",
        ListenerArn=LISTENER,
        Priority=str(number),
        Conditions=[{"Field": "host-header", "Values": [host]}],
        Actions=[{"Type": "forward", "TargetGroupArn": to}],
    )


SERVED = (
    task(),
    service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}]),
    balancer(),
    group(),
)


# --- names ------------------------------------------------------------------------------------------------------

TTL = "RSK-DNS-TTL"
KEPT = "record {} is kept for 3600 s on the way to service orders, longer than 300 s"


def cname(name: str, to: str = EDGE, ttl: int = 3600, **fields: Any) -> Given:
    values = [{"Value": to}]
    return given(
        "dns_records", HostedZoneId="Z1", Name=f"{name}.", Type="CNAME", TTL=ttl, ResourceRecords=values, **fields
    )


def alias(name: str, to: str = f"dualstack.{EDGE}.") -> Given:
    target = {"HostedZoneId": "Z2", "DNSName": to, "EvaluateTargetHealth": False}
    return given("dns_records", HostedZoneId="Z1", Name=f"{name}.", Type="A", AliasTarget=target)


NAMES = (
    fails(
        TTL,
        "a CNAME that is kept for an hour",
        *SERVED,
        listener(),
        cname("www.example.com"),
        says=KEPT.format("www.example.com"),
        element="www.example.com CNAME",
        at="/TTL",
    ),
    fails(
        TTL,
        "a CNAME with a long time leads to an alias",
        *SERVED,
        listener(),
        cname("www.example.com", "Lb.Example.com"),
        alias("lb.example.com"),
        says=KEPT.format("www.example.com"),
    ),
    fails(
        TTL,
        "a CNAME with a short time leads to one with a long one",
        *SERVED,
        listener(),
        cname("www.example.com", "lb.example.com", 60),
        cname("lb.example.com"),
        says=KEPT.format("lb.example.com"),
    ),
    fails(
        TTL,
        "on a load balancer that others share, the name of the service",
        *SERVED,
        listener(OTHER_GROUP),
        for_host("orders.example.com"),
        cname("orders.example.com"),
        says=KEPT.format("orders.example.com"),
    ),
    fails(
        TTL,
        "a long time on a record that stands for all names of a domain",
        *SERVED,
        listener(OTHER_GROUP),
        for_host("orders.example.com"),
        cname("\\052.example.com"),
        says=KEPT.format("*.example.com"),
    ),
    fails(
        TTL,
        "the name of the service leads over another to the load balancer",
        *SERVED,
        listener(OTHER_GROUP),
        for_host("*.shop.example.com"),
        cname("orders.shop.example.com", "lb.example.com", 60),
        cname("lb.example.com"),
        says=KEPT.format("lb.example.com"),
    ),
    fails(
        TTL,
        "a limit of the team's own",
        *SERVED,
        listener(),
        cname("www.example.com", ttl=120),
        Policy(thresholds={"RSK-DNS-TTL.seconds": 60}),
        says="record www.example.com is kept for 120 s on the way to service orders, longer than 60 s",
    ),
    passes(TTL, "an alias", *SERVED, listener(), alias("www.example.com")),
    passes(TTL, "a CNAME that is kept for five minutes", *SERVED, listener(), cname("www.example.com", ttl=300)),
    passes(
        TTL,
        "on a load balancer that others share, the name of another service",
        *SERVED,
        listener(OTHER_GROUP),
        for_host("orders.example.com"),
        alias("orders.example.com"),
        cname("bills.example.com"),
    ),
    not_applicable(TTL, "no record leads to it", *SERVED, listener(), cname("www.example.com", "other.example.com")),
    not_applicable(
        TTL,
        "records that lead to each other",
        *SERVED,
        listener(),
        cname("a.example.com", "b.example.com"),
        cname("b.example.com", "a.example.com"),
    ),
    not_applicable(TTL, "a worker without a load balancer", task()),
    unknown(
        TTL,
        "a zone was refused",
        *SERVED,
        listener(),
        alias("www.example.com"),
        denied("route53", "route53:ListResourceRecordSets", resource="Z9"),
        reason=Reason.DENIED,
        needs="route53:ListResourceRecordSets",
    ),
    unknown(
        TTL,
        "load balancers were refused",
        *SERVED[:2],
        denied("elb.load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        reason=Reason.DENIED,
    ),
    unknown(TTL, "the service was refused", task(), *undescribed(), reason=Reason.DENIED),
    unknown(TTL, "a file", file(), reason=Reason.NOT_IN_SOURCE),
)

CASES = (*NAMES,)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
