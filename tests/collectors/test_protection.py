"""Certificates, web ACLs and Shield protections of the load balancers in use."""

from datetime import UTC, datetime

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.collectors.test_route53 import balanced
from tests.support import faults
from tests.support.aws import SimulatedAws

FACTS = frozenset({"acm", "waf"})


def scanned() -> Estate:
    return scan(ScanRequest(), facts=FACTS)


def test_every_certificate_of_a_listener_is_described_once(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    other = seeder.client("acm").request_certificate(DomainName="two.example.com")["CertificateArn"]
    seeder.client("acm").request_certificate(DomainName="unused.example.com")
    seeder.elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    ends = datetime(2026, 12, 24, tzinfo=UTC)
    aws.lacking.certificates[other] = {"Type": "IMPORTED", "NotAfter": ends.timestamp()}
    found = scanned()
    by_name = {each.domain_name: each for each in found.served_certificates}
    assert set(by_name) == {"web.example.com", "two.example.com"}
    assert (by_name["two.example.com"].type, by_name["two.example.com"].not_after) == ("IMPORTED", ends)
    assert {each.listener_arns for each in found.served_certificates} == {(listener,)}
    assert aws.counts()["acm:DescribeCertificate"] == 2
    assert found.certificates_by_listener[listener] == found.served_certificates
    assert found.gaps == ()


def test_certificate_that_went_away_is_no_gap(aws: SimulatedAws, unpaced: None) -> None:
    balanced(aws)
    aws.fault("acm", "DescribeCertificate", faults.error("ResourceNotFoundException", "no such certificate", 400))
    found = scanned()
    assert (found.served_certificates, found.gaps) == ((), ())


def test_guards_of_load_balancers_in_use_are_kept(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    seeder.guard(listener, "front")
    seeder.web_acl("unused")
    found = scanned()
    assert [(each.name, each.resource_arns) for each in found.web_acls] == [
        ("front", (found.load_balancers[0].load_balancer_arn,))
    ]
    assert [each.resource_arn for each in found.shield_protections] == [found.load_balancers[0].load_balancer_arn]
    assert found.gaps == ()


def test_account_without_a_subscription_to_shield_has_no_gap(aws: SimulatedAws, unpaced: None) -> None:
    balanced(aws)
    none = faults.error("ResourceNotFoundException", "The subscription does not exist.", 400)
    aws.fault("shield", "ListProtections", none)
    assert scanned().gaps == ()


def test_nothing_is_asked_without_a_load_balancer(aws: SimulatedAws, unpaced: None) -> None:
    scanned()
    assert not {api.partition(":")[0] for api in aws.counts()} & {"acm", "wafv2", "shield"}


@pytest.mark.parametrize(
    ("service", "operation", "action", "fact"),
    [
        ("elbv2", "DescribeListenerCertificates", "elasticloadbalancing:DescribeListenerCertificates", "acm"),
        ("acm", "DescribeCertificate", "acm:DescribeCertificate", "acm"),
        ("wafv2", "ListWebACLs", "wafv2:ListWebACLs", "waf"),
        ("wafv2", "ListResourcesForWebACL", "wafv2:ListResourcesForWebACL", "waf"),
        ("shield", "ListProtections", "shield:ListProtections", "waf"),
    ],
)
def test_what_is_refused_takes_only_its_fact(
    aws: SimulatedAws, unpaced: None, service: str, operation: str, action: str, fact: str
) -> None:
    seeder, listener = balanced(aws)
    seeder.guard(listener, "front")
    aws.deny(service, operation)
    found = scanned()
    assert [(each.action, each.facts) for each in found.gaps] == [(action, (fact,))]
    balancer = found.load_balancers[0]
    assert {each.resource for each in found.gaps} <= {None, balancer.identity}
    missing = found.missing(fact, balancer.origin, (balancer.identity,))
    assert missing is not None and missing.actions == (action,)
