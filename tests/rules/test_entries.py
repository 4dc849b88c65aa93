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

# --- certificates -----------------------------------------------------------------------------------------------

CERTIFICATE = "ING-CERT-IMPORTED"
TLS = listener(Protocol="HTTPS")


def certificate(type: str, ends: str = "2027-11-23T12:00:00Z") -> Given:
    return given(
        "served_certificates",
        CertificateArn=f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{type}",
        DomainName="www.example.com",
        Type=type,
        NotAfter=ends,
        ListenerArns=[LISTENER],
    )


CERTIFICATES = (
    fails(
        CERTIFICATE,
        "an imported certificate with 59 days left",
        *SERVED,
        TLS,
        certificate("IMPORTED", "2027-01-22T11:59:00Z"),
        says="imported certificate www.example.com of load balancer edge ends on 2027-01-22",
        element="www.example.com",
        at="/NotAfter",
    ),
    fails(
        CERTIFICATE,
        "a certificate of a private authority",
        *SERVED,
        TLS,
        certificate("PRIVATE"),
        says="certificate www.example.com of load balancer edge comes from a private authority",
        at="/Type",
    ),
    passes(
        CERTIFICATE,
        "issued by Amazon, though it ends soon",
        *SERVED,
        TLS,
        certificate("AMAZON_ISSUED", "2026-12-01T00:00:00Z"),
    ),
    passes(
        CERTIFICATE,
        "an imported certificate with 60 days left",
        *SERVED,
        TLS,
        certificate("IMPORTED", "2027-01-22T12:00:00Z"),
    ),
    passes(
        CERTIFICATE,
        "days of the team's own",
        *SERVED,
        TLS,
        certificate("IMPORTED", "2026-12-24T00:00:00Z"),
        Policy(thresholds={"ING-CERT-IMPORTED.days": 30}),
    ),
    not_applicable(CERTIFICATE, "no TLS listener", *SERVED, listener(Protocol="HTTP"), certificate("IMPORTED")),
    unknown(
        CERTIFICATE,
        "the certificate was refused",
        *SERVED,
        TLS,
        denied("acm", "acm:DescribeCertificate", resource=BALANCER),
        reason=Reason.DENIED,
        needs="acm:DescribeCertificate",
    ),
    unknown(
        CERTIFICATE,
        "a certificate of IAM",
        *SERVED,
        listener(
            Protocol="HTTPS", Certificates=[{"CertificateArn": f"arn:aws:iam::{ACCOUNT}:server-certificate/edge"}]
        ),
        reason=Reason.NOT_COLLECTED,
        needs="iam:ListServerCertificates",
    ),
    unknown(CERTIFICATE, "a file", file(), reason=Reason.NOT_IN_SOURCE),
)


# --- guards -----------------------------------------------------------------------------------------------------

GUARD = "ING-WAF-SHIELD"


def acl(*balancers: str) -> Given:
    arn = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/front/1"
    return given("web_acls", ARN=arn, Name="front", ResourceArns=list(balancers))


GUARDS = (
    fails(
        GUARD,
        "a web ACL",
        *SERVED,
        listener(),
        acl(BALANCER),
        says="load balancer edge has web ACL front, which a new one lacks",
        at="/ResourceArns",
    ),
    fails(
        GUARD,
        "Shield, an access log and mutual TLS",
        *SERVED[:2],
        group(),
        balancer(attributes={"access_logs.s3.enabled": "true"}),
        listener(MutualAuthentication={"Mode": "verify"}),
        given("shield_protections", ProtectionArn="arn:aws:shield::1:protection/1", Name="e", ResourceArn=BALANCER),
        says="load balancer edge has a protection of Shield, an access log and mutual TLS on port 443, "
        "which a new one lacks",
    ),
    passes(
        GUARD,
        "a web ACL of another load balancer, no log and no mutual TLS",
        *SERVED[:2],
        group(),
        balancer(attributes={"access_logs.s3.enabled": "false"}),
        listener(MutualAuthentication={"Mode": "off"}),
        acl(f"{BALANCER}0"),
    ),
    not_applicable(
        GUARD,
        "a Classic Load Balancer",
        task(),
        service(loadBalancers=[{"loadBalancerName": "old", "containerName": "app", "containerPort": 80}]),
        given("load_balancers", LoadBalancerName="old", Type="classic"),
    ),
    unknown(
        GUARD,
        "web ACLs were refused",
        *SERVED,
        listener(),
        denied("waf", "wafv2:ListWebACLs"),
        reason=Reason.DENIED,
        needs="wafv2:ListWebACLs",
    ),
    unknown(GUARD, "a file", file(), reason=Reason.NOT_IN_SOURCE),
)

# --- the edge ---------------------------------------------------------------------------------------------------

FRONT = "ING-FRONTED"
INTERNAL = (*SERVED[:2], balancer(scheme="internal"), group())


def distribution(origin: str) -> Given:
    return given(
        "distributions",
        ARN=f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
        DomainName="d1.cloudfront.net",
        Origins=[{"Id": "s3", "DomainName": "s3.example.com"}, {"Id": "web", "DomainName": origin}],
    )


def api(target: str) -> Given:
    return given("api_integrations", apiId="a1b2c3", apiName="shop", protocol="HTTP", connectionId="l1", target=target)


FRONTS = (
    fails(
        FRONT,
        "the origin of a distribution",
        *SERVED,
        distribution(EDGE),
        says="CloudFront distribution d1.cloudfront.net has load balancer edge as an origin",
        element="d1.cloudfront.net",
        at="/Origins/1/DomainName",
    ),
    fails(
        FRONT,
        "the origin of a distribution by a name of its own",
        *SERVED,
        distribution("Origin.example.com"),
        cname("origin.example.com", "lb.example.com", 60),
        alias("lb.example.com"),
        says="CloudFront distribution d1.cloudfront.net has load balancer edge as an origin",
    ),
    fails(
        FRONT,
        "the endpoint of an accelerator",
        *INTERNAL,
        given(
            "accelerators",
            AcceleratorArn=f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/1",
            Name="world",
            Endpoints=[{"EndpointId": BALANCER}],
        ),
        says="accelerator world has load balancer edge as an endpoint",
        element="world",
        at="/Endpoints/0/EndpointId",
    ),
    fails(
        FRONT,
        "an API with a VPC link to a listener",
        *INTERNAL,
        listener(),
        api(LISTENER),
        says="API shop reaches load balancer edge by a VPC link",
        element="shop",
        at="/target",
    ),
    fails(
        FRONT,
        "a VPC link to the load balancer itself",
        *INTERNAL,
        given("vpc_links", id="l1", name="orders", targetArns=[BALANCER]),
        says="VPC link orders of API Gateway leads to load balancer edge",
        at="/targetArns",
    ),
    passes(FRONT, "a distribution in front of something else", *SERVED, distribution("other.example.com")),
    not_applicable(FRONT, "internal, and an API leads elsewhere", *INTERNAL, api(f"{LISTENER}0")),
    unknown(
        FRONT,
        "distributions were refused",
        *SERVED,
        denied("edge", "cloudfront:ListDistributions"),
        reason=Reason.DENIED,
        needs="cloudfront:ListDistributions",
    ),
    unknown(
        FRONT,
        "an API was refused, and the load balancer is internal",
        *INTERNAL,
        denied("edge", "apigateway:GET", resource="a9"),
        reason=Reason.DENIED,
        needs="apigateway:GET",
    ),
    unknown(FRONT, "a file", file(), reason=Reason.NOT_IN_SOURCE),
)

CASES = (*NAMES, *CERTIFICATES, *GUARDS, *FRONTS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
