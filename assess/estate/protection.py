"""What guards load balancers: certificates of ACM, web ACLs of WAF and protections of Shield, in their own terms."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from assess.estate.facts import Choice, Identifier, PascalFact


class ServedCertificate(PascalFact):
    """A certificate of ACM that listeners serve, by default or for some of their names.

    ``listener_arns`` are not in ACM's answer: the listeners that were asked.
    """

    identity_field: ClassVar[str] = "certificate_arn"

    certificate_arn: Identifier = ""
    domain_name: Identifier | None = None
    subject_alternative_names: tuple[Identifier, ...] = ()
    type: Choice | None = None
    """AMAZON_ISSUED, IMPORTED or PRIVATE."""
    status: Choice | None = None
    not_after: datetime | None = None
    renewal_eligibility: Choice | None = None
    listener_arns: tuple[Identifier, ...] = ()


class WebAcl(PascalFact):
    """A web ACL of AWS WAF, with the load balancers in use that it guards (``resource_arns``, a call of its own)."""

    arn: Identifier = Field(default="", alias="ARN")
    name: Identifier = ""
    resource_arns: tuple[Identifier, ...] = ()


class ShieldProtection(PascalFact):
    """A protection of Shield Advanced on a load balancer in use."""

    identity_field: ClassVar[str] = "protection_arn"

    protection_arn: Identifier = ""
    name: Identifier = ""
    resource_arn: Identifier = ""
