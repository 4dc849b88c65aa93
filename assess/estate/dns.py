"""Host names: records of Amazon Route 53 in its own terms, and what a name leads to."""

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar

from pydantic import Field

from assess.estate.facts import Choice, Identifier, PascalFact, PascalPart

_ESCAPE = re.compile(r"\\([0-7]{3})")


def host_name(text: str) -> str:
    """A host name as it is compared: small letters, no dot at its end, Route 53's escapes (``\\052``) resolved.

    ``dualstack.`` before the name of a load balancer leads to the same load balancer.
    """
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text.strip().lower())
    return plain.rstrip(".").removeprefix("dualstack.")


def matches_host(name: str, pattern: str) -> bool:
    """Whether a host name is one of those that a pattern with ``*`` and ``?`` stands for, or the other way round.

    Load balancers match hosts so; a record ``*.example.com`` answers for names that a pattern may name one by one.
    """
    return bool(_glob(pattern).fullmatch(name) or _glob(name).fullmatch(pattern))


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))


class AliasTarget(PascalPart):
    """What an alias record stands for."""

    hosted_zone_id: Identifier = ""
    dns_name: Identifier = Field(default="", alias="DNSName")


class ResourceRecord(PascalPart):
    """One value of a record: an address, or the name that a CNAME leads to."""

    value: Identifier = ""


class DnsRecord(PascalFact):
    """A record set of type A, AAAA or CNAME of a hosted zone; ``ttl`` in seconds, absent for an alias.

    ``hosted_zone_id``, ``zone_name`` and ``is_private`` are not in AWS's answer: the zone that was asked.
    """

    hosted_zone_id: Identifier = ""
    zone_name: Identifier = ""
    is_private: bool | None = None
    name: Identifier = ""
    type: Choice = ""
    set_identifier: Identifier | None = None
    weight: int | None = None
    region: Identifier | None = None
    failover: Choice | None = None
    ttl: int | None = Field(default=None, alias="TTL")
    alias_target: AliasTarget | None = None
    resource_records: tuple[ResourceRecord, ...] = ()

    identity_field: ClassVar[str] = "name"

    @property
    def identity(self) -> str:
        """The zone's id, the record's name and type, and which of a set it is: what tells records apart."""
        parts = (self.hosted_zone_id, self.name, self.type, self.set_identifier or "")
        return "/".join(parts).rstrip("/")

    @property
    def host(self) -> str:
        """The name as it is compared."""
        return host_name(self.name)

    @property
    def leads_to(self) -> tuple[str, ...]:
        """Names and addresses that the record answers with, as they are compared."""
        if self.alias_target is not None:
            return (host_name(self.alias_target.dns_name),)
        return tuple(host_name(each.value) for each in self.resource_records)


CHAIN = 8
"""The most records that are followed from a name to where it leads."""


def names_of(host: str, records_to: Mapping[str, Iterable[DnsRecord]]) -> tuple[tuple[DnsRecord, ...], ...]:
    """Every name that leads to a host: the records on the way, the name's own first.

    ``records_to`` are records by what they lead to. Longer ways than :data:`CHAIN` are not followed.
    """
    found: list[tuple[DnsRecord, ...]] = []
    ways: list[tuple[DnsRecord, ...]] = [(each,) for each in records_to.get(host_name(host), ())]
    while ways:
        found += ways
        ways = [
            (each, *way)
            for way in ways
            if len(way) < CHAIN
            for each in records_to.get(way[0].host, ())
            if each not in way
        ]
    return tuple(found)
