"""What stands in front of load balancers: CloudFront, Global Accelerator and API Gateway, as far as they lead there."""

from typing import ClassVar

from pydantic import Field

from assess.estate.facts import Choice, Fact, Identifier, PascalFact, PascalPart


class DistributionOrigin(PascalPart):
    """Where a distribution fetches what it has not."""

    id: Identifier = ""
    domain_name: Identifier = ""
    origin_path: Identifier | None = None


class Distribution(PascalFact):
    """A distribution of CloudFront with the origins that are, or by their name may be, load balancers in use.

    Headers that it sends along are left out: they often hold a secret that the origin checks.
    """

    arn: Identifier = Field(default="", alias="ARN")
    id: Identifier = ""
    domain_name: Identifier = ""
    aliases: tuple[Identifier, ...] = ()
    """Names of its own."""
    enabled: bool | None = None
    origins: tuple[DistributionOrigin, ...] = ()


class AcceleratorEndpoint(PascalPart):
    """A load balancer in use that an accelerator sends traffic to; ``weight`` is 0 to 255."""

    endpoint_id: Identifier = ""
    """Its ARN."""
    weight: int | None = None
    endpoint_group_region: Identifier | None = None
    traffic_dial_percentage: float | None = None


class Accelerator(PascalFact):
    """An accelerator of Global Accelerator that leads to load balancers in use."""

    identity_field: ClassVar[str] = "accelerator_arn"

    accelerator_arn: Identifier = ""
    name: Identifier = ""
    dns_name: Identifier | None = None
    enabled: bool | None = None
    endpoints: tuple[AcceleratorEndpoint, ...] = ()


class VpcLink(Fact):
    """A VPC link of API Gateway's first kind: it leads to load balancers itself, whichever API uses it."""

    identity_field: ClassVar[str] = "id"

    id: Identifier = ""
    name: Identifier = ""
    target_arns: tuple[Identifier, ...] = ()
    status: Choice | None = None


class ApiIntegration(Fact):
    """What an API of API Gateway calls through a VPC link.

    ``target`` is the ARN of a listener, a load balancer or a Cloud Map service; absent where the link alone says it.
    ``host`` is the name that the API calls it by.
    """

    api_id: Identifier = ""
    api_name: Identifier = ""
    protocol: Choice = ""
    """HTTP or REST."""
    connection_id: Identifier = ""
    """Id of the VPC link."""
    target: Identifier | None = None
    host: Identifier | None = None

    @property
    def identity(self) -> str:
        """API, link and target: what tells integrations apart."""
        return "/".join(each for each in (self.api_id, self.connection_id, self.target or self.host) if each)
