"""Reads ACM, AWS WAF and AWS Shield: what guards the load balancers that services use."""

from assess.collectors.interface import Collector, Operation, Reader, Unreadable, members, pages
from assess.estate.balancing import Listener, LoadBalancer

DESCRIBE_LISTENER_CERTIFICATES = Operation(
    "elbv2",
    "DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elb",
    answers=("Certificates",),
    paging=pages(400, limit="PageSize", token="Marker", next="NextMarker"),
)
DESCRIBE_CERTIFICATE = Operation("acm", "DescribeCertificate", "acm:DescribeCertificate", answers=("Certificate",))
LIST_WEB_ACLS = Operation(
    "wafv2",
    "ListWebACLs",
    "wafv2:ListWebACLs",
    answers=("WebACLs",),
    paging=pages(100, limit="Limit", token="NextMarker"),
)
LIST_RESOURCES_FOR_WEB_ACL = Operation(
    "wafv2", "ListResourcesForWebACL", "wafv2:ListResourcesForWebACL", answers=("ResourceArns",)
)
LIST_PROTECTIONS = Operation(
    "shield",
    "ListProtections",
    "shield:ListProtections",
    answers=("Protections",),
    paging=pages(1000, limit="MaxResults", token="NextToken"),
)

_CERTIFICATES, _WAF = ("acm",), ("waf",)

_OF_CERTIFICATE = (
    *("CertificateArn", "DomainName", "SubjectAlternativeNames", "Type", "Status", "NotAfter", "RenewalEligibility"),
)


def _read_certificates(reader: Reader) -> None:
    listeners = [each for each in reader.facts(Listener) if each.certificates]
    served: dict[str, list[Listener]] = {}

    def certificates(listener: Listener) -> None:
        # the listener itself names its default certificate only
        for each in reader.items(
            DESCRIBE_LISTENER_CERTIFICATES,
            "Certificates",
            lost=_CERTIFICATES,
            resource=listener.load_balancer_arn,
            ListenerArn=listener.listener_arn,
        ):
            users = served.setdefault(str(each.get("CertificateArn")), [])
            if listener not in users:
                users.append(listener)

    def describe(arn: str) -> None:
        users = sorted(served[arn], key=lambda each: each.identity)
        try:
            answer = reader.call(DESCRIBE_CERTIFICATE, CertificateArn=arn)
        except Unreadable as error:
            if error.code != "ResourceNotFoundException":
                for balancer in sorted({each.load_balancer_arn for each in users}):
                    reader.lose(error, _CERTIFICATES, resource=balancer)
            return
        known = {key: value for key, value in answer["Certificate"].items() if key in _OF_CERTIFICATE}
        reader.add("served_certificates", known | {"ListenerArns": [each.identity for each in users]})

    reader.each(certificates, listeners)
    # those that were uploaded to IAM are none of ACM's
    reader.each(describe, sorted(arn for arn in served if arn.split(":")[2:3] == ["acm"]))


def _read_web_acls(reader: Reader) -> None:
    used = {each.identity for each in reader.facts(LoadBalancer) if each.type == "application"}
    if not used:
        return

    def guarded(arn: str, name: str) -> None:
        answer = reader.get(
            LIST_RESOURCES_FOR_WEB_ACL, lost=_WAF, WebACLArn=arn, ResourceType="APPLICATION_LOAD_BALANCER"
        )
        found = sorted(used.intersection(members(answer or {}, "ResourceArns")))
        if found:
            reader.add("web_acls", {"ARN": arn, "Name": name, "ResourceArns": found})

    listed = reader.items(LIST_WEB_ACLS, "WebACLs", lost=_WAF, Scope="REGIONAL")
    reader.each(lambda each: guarded(str(each["ARN"]), str(each.get("Name") or "")), listed)


def _read_protections(reader: Reader) -> None:
    # other partitions have no Shield Advanced
    used = {each.identity for each in reader.facts(LoadBalancer) if each.identity.startswith("arn:aws:")}
    if not used:
        return
    try:
        found = [each for page in reader.pages(LIST_PROTECTIONS) for each in members(page, "Protections")]
    except Unreadable as error:
        # an account without a subscription has no protections
        if error.code != "ResourceNotFoundException":
            reader.lose(error, _WAF)
        return
    for each in found:
        if each.get("ResourceArn") in used:
            kept = ("ProtectionArn", "Name", "ResourceArn")
            reader.add("shield_protections", {key: each[key] for key in kept if key in each})


CERTIFICATES = Collector(
    name="acm",
    title="certificates",
    facts=_CERTIFICATES,
    operations=(DESCRIBE_LISTENER_CERTIFICATES, DESCRIBE_CERTIFICATE),
    collect=_read_certificates,
    after=("elb",),
)
WEB_ACLS = Collector(
    name="waf",
    title="web ACLs",
    facts=_WAF,
    operations=(LIST_WEB_ACLS, LIST_RESOURCES_FOR_WEB_ACL),
    collect=_read_web_acls,
    after=("elb",),
)
PROTECTIONS = Collector(
    name="shield",
    title="Shield protections",
    facts=_WAF,
    operations=(LIST_PROTECTIONS,),
    collect=_read_protections,
    after=("elb",),
    regional=False,
)

COLLECTORS = (CERTIFICATES, WEB_ACLS, PROTECTIONS)
