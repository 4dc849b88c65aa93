"""Says whether a text can be a host, and what kind of host it is."""

import ipaddress
import re
from enum import StrEnum
from functools import lru_cache

from assess.graph.endpoints.tables import TABLES


class HostKind(StrEnum):
    """What a host's name or address says by itself."""

    OWN = "own"
    """The task's own: loopback, unspecified, link-local (the metadata services), the container's host."""
    RESERVED = "reserved"
    """Nobody's: reserved for documentation, a sample's placeholder, multicast."""
    DOCUMENT = "document"
    """A site of documents, schemas or sources that no workload calls as a service."""
    KUBERNETES = "kubernetes"
    """A name of a Kubernetes cluster's DNS."""
    SINGLE_LABEL = "single_label"
    """A name without a dot: a container, an alias, an entry in a hosts file."""
    PRIVATE_NAME = "private_name"
    """A name that public DNS does not know: ``.internal``, ``.local``, ``.corp``, ``.mesh``."""
    PRIVATE_ADDRESS = "private_address"
    """An address of a private network (RFC 1918, RFC 4193, RFC 6598)."""
    PUBLIC_ADDRESS = "public_address"
    PUBLIC_NAME = "public_name"


@lru_cache(maxsize=8192)
def host_in(text: str) -> str | None:
    """The host that a text is, in lower case without brackets and trailing dot; none where it can be no host."""
    if not text or len(text) > _LONGEST or not text.isascii():
        return None
    if text[0] == "[":
        return _ipv6(text[1:-1]) if text[-1] == "]" else None
    if _is_to_replace(text):
        return None
    host = text.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > _LONGEST_NAME:
        return None
    last = host.rpartition(".")[2]
    if last.isdigit():
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            return None
    return host if any(letter.isalpha() for letter in last) else None


@lru_cache(maxsize=8192)
def host_kind(host: str) -> HostKind:
    """What kind of host it is, by its text alone; ``host`` is in lower case."""
    if ":" in host or host.replace(".", "").isdigit():
        try:
            return _address_kind(ipaddress.ip_address(host.partition("%")[0]))
        except ValueError:
            return HostKind.RESERVED
    if host in _OWN_NAMES or host.endswith(_OWN_ENDS):
        return HostKind.OWN
    if host.endswith((".svc", ".cluster.local")) or ".svc." in host:
        return HostKind.KUBERNETES
    if _ends_in(host, _RESERVED) or any(is_sample(label) for label in host.split(".")):
        return HostKind.RESERVED
    if "." not in host:
        return HostKind.SINGLE_LABEL
    last = host.rpartition(".")[2]
    if last in _PRIVATE_ENDS or host.endswith(".home.arpa") or not (len(last) == 2 or last in _PUBLIC_ENDS):
        return HostKind.PRIVATE_NAME
    if not is_service(host) and (_ends_in(host, _DOCUMENTS) or host.partition(".")[0] in _DOCUMENT_LABELS):
        return HostKind.DOCUMENT
    return HostKind.PUBLIC_NAME


def is_service(host: str) -> bool:
    """Whether a host belongs to a service that is an address wherever it stands."""
    return _ends_in(host, _SERVICES)


def is_sample(name: str) -> bool:
    """Whether a name is there to be replaced: ``your-bucket``, ``REPLACE_ME``."""
    return _SAMPLE.search(name) is not None


def is_only_dotted(text: str) -> bool:
    """Whether a text with dots is rather a file, a package, a class, a property or a version than a host."""
    labels = text.split(".")
    first, last = labels[0].lower(), labels[-1].lower()
    if last in _FILES or last in _PROPERTIES or (first in _PACKAGES and len(labels) > 2):
        return True
    return any(_CAMEL.search(label) for label in labels) or not last.isalpha() or len(last) < 2


_LONGEST = 256
_LONGEST_NAME = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SHOUTED = re.compile(r"[A-Z0-9]+_[A-Z0-9_]*|_+[A-Z][A-Z0-9_]*")
_CAMEL = re.compile(r"[a-z][A-Z]|^[A-Z][a-z]")
_SAMPLE = re.compile(
    r"(?:^|[-_/:])(?:(?i:your[-_]|your(?:domain|company|site|org|app|host|server|project|name|bucket|account|region)"
    r"|(?:replace|change)[-_]?(?:me|this|with)(?:$|[-_]))|(?:TODO|REPLACE|CHANGE|INSERT|YOUR)_?)|x{8}|(?i:placeholder)"
)

_RESERVED = TABLES.words["not_hosts.reserved"]
_DOCUMENTS = TABLES.words["not_hosts.documents"]
_DOCUMENT_LABELS = TABLES.words["not_hosts.document_labels"]
_FILES = TABLES.words["not_hosts.files"]
_PACKAGES = TABLES.words["not_hosts.packages"]
_PROPERTIES = TABLES.words["not_hosts.properties"]
_PUBLIC_ENDS = TABLES.words["not_hosts.public_ends"]
_PRIVATE_ENDS = TABLES.words["not_hosts.private_ends"]
_SERVICES = TABLES.words["not_hosts.services"]

_OWN_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "instance-data"})
_OWN_ENDS = (".localhost", ".docker.internal", "docker.for.mac.localhost", "metadata.google.internal")
_DOCUMENTATION = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32")
)
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_METADATA_V6 = ipaddress.ip_network("fd00:ec2::/32")
"""Amazon's own services on an instance: metadata at fd00:ec2::254, DNS at fd00:ec2::253."""


def _is_to_replace(text: str) -> bool:
    """Whether capital letters stand for something: ``RDS_ENDPOINT``, ``ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com``."""
    if text.islower():
        return False
    labels = text.split(".")
    if any(_SHOUTED.fullmatch(label) for label in labels):
        return True
    return any(len(each) > 2 and each.isupper() for each in labels) and any(each.islower() for each in labels)


def _ends_in(host: str, names: frozenset[str]) -> bool:
    """Whether a host is one of the names or lies under one; a name of one label counts as the last label only."""
    while host:
        if host in names:
            return True
        host = host.partition(".")[2]
    return False


def _ipv6(text: str) -> str | None:
    try:
        return str(ipaddress.IPv6Address(text.partition("%")[0]))
    except ValueError:
        return None


def _address_kind(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> HostKind:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _address_kind(address.ipv4_mapped)
        if address in _METADATA_V6:
            return HostKind.OWN
    elif address in _SHARED:
        return HostKind.PRIVATE_ADDRESS
    elif int(address) >> 24 == 0:
        return HostKind.OWN
    if address.is_loopback or address.is_unspecified or address.is_link_local:
        return HostKind.OWN
    if address.is_multicast or any(
        address in network for network in _DOCUMENTATION if network.version == address.version
    ):
        return HostKind.RESERVED
    if address.is_private:
        return HostKind.PRIVATE_ADDRESS
    return HostKind.RESERVED if address.is_reserved else HostKind.PUBLIC_ADDRESS
