"""AWS Cloud Map in its own terms: namespaces, services, instances."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from assess.estate.facts import Choice, Identifier, PascalFact, PascalPart, Text


class Namespace(PascalFact):
    """A namespace: ``type`` is HTTP, DNS_PRIVATE or DNS_PUBLIC."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    id: Identifier = ""
    name: Identifier = ""
    type: Choice | None = None
    description: Text | None = None


class DnsRecord(PascalPart):
    """A DNS record that Cloud Map makes; ``ttl`` in seconds."""

    type: Choice = ""
    ttl: int | None = Field(default=None, alias="TTL")


class DnsConfig(PascalPart):
    """DNS records of a Cloud Map service."""

    namespace_id: Identifier | None = None
    routing_policy: Choice | None = None
    dns_records: tuple[DnsRecord, ...] = ()


class DiscoveryService(PascalFact):
    """A Cloud Map service; ``namespace_id`` is the namespace whose services were listed."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = ""
    id: Identifier = ""
    name: Identifier = ""
    namespace_id: Identifier = ""
    type: Choice | None = None
    dns_config: DnsConfig | None = None
    instance_count: int | None = None


class DiscoveryInstance(PascalFact):
    """An instance that is registered with a Cloud Map service."""

    identity_field: ClassVar[str] = "id"

    id: Identifier = ""
    service_id: Identifier = ""
    """Not in AWS's answer: the service whose instances were listed."""
    attributes: Mapping[str, Identifier] = Field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The id within its service: a task that registers with two services has the same id in both."""
        return f"{self.service_id}/{self.id}" if self.service_id else self.id
