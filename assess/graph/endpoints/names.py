"""What a variable's name says of the address in it: whose it is, who answers there, which part of it stands here."""

import itertools
import re
from enum import StrEnum
from functools import lru_cache

from assess.estate.names import words_of
from assess.graph.endpoints.hosts import HostKind, host_kind
from assess.graph.endpoints.tables import TABLES
from assess.graph.model import Access, EdgeKind


class Role(StrEnum):
    """Whose address a variable holds."""

    OUTBOUND = "outbound"
    """One that the container may call."""
    INBOUND = "inbound"
    """One that others call it by, or come from: CORS, redirects, its public address."""
    PROXY = "proxy"
    """The proxy that calls to the outside go through."""
    IGNORED = "ignored"
    """None: an issuer, a namespace, a version, exceptions from a proxy."""


def role_of(name: str, host: str = "") -> Role:
    """Whose address a variable of this name holds.

    With ``host``, a name that mostly holds an address for visitors (``FRONTEND_URL``) is taken for one that is called
    where the host is one that no visitor could reach.
    """
    role, is_sure = _role(name)
    if not is_sure and host and host_kind(host) in _UNREACHABLE:
        return Role.OUTBOUND
    return role


@lru_cache(maxsize=8192)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case; those written in one are parted: ``PGHOST``, ``REDISPORT``."""
    found: list[str] = []
    for word in words_of(name):
        match = _SQUASHED.fullmatch(word)
        if found and f"{found[-1]}{word}" in _IN_TWO:
            found[-1] += word
        else:
            found.extend(match.groups() if match is not None else (word,))
    return tuple(found)


@lru_cache(maxsize=8192)
def ends_in_host(name: str) -> bool:
    """Whether a name says by its last word that its value is a host or an address: ``DB_HOST``, ``DB_HOST_RO_1``."""
    words = tuple(word for word in name_words(name) if not word.isdigit())
    while len(words) > 1 and words[-1] in _VARIANTS:
        words = words[:-1]
    return bool(words) and words[-1] in _HOST_WORDS


@lru_cache(maxsize=8192)
def names_host(name: str) -> bool:
    """Whether a name says that its value is a host or an address."""
    if ends_in_host(name):
        return True
    words = name_words(name)
    at = next((index for index, word in enumerate(words) if word in _HOST_ANYWHERE), len(words))
    return at < len(words) and not any(word in _DESCRIBING for word in words[at + 1 :])


@lru_cache(maxsize=8192)
def names_resource(name: str) -> frozenset[str]:
    """The words of a name that say what kind of resource its value names: ``queue``, ``table``; in the singular."""
    words = name_words(name)
    found = [at for at, word in enumerate(words) if word in _RESOURCE_WORDS]
    if not found or "log" in words or any(word in _DESCRIBING for word in words[found[0] + 1 :]):
        return frozenset()
    return frozenset(_SINGULAR.get(words[at], words[at]) for at in found)


@lru_cache(maxsize=8192)
def engine_of(name: str) -> str:
    """Who answers at the address in a variable of this name, by its words; empty where they do not say."""
    for word in reversed(name_words(name)):
        if TABLES.engine_words.get(word):
            return TABLES.engine_words[word]
    return ""


@lru_cache(maxsize=8192)
def access_of(name: str) -> Access | None:
    """READ where a name says that its address is a reader's."""
    return Access.READ if any(word in _READS for word in name_words(name)) else None


@lru_cache(maxsize=8192)
def observes(name: str, port: int | None = None) -> bool:
    """Whether a name, or the port of its address, says that logs, metrics or traces go there."""
    return str(port) in _OBSERVER_PORTS or any(word in _OBSERVERS for word in name_words(name))


def flow_of(engine: str) -> EdgeKind | None:
    """What flows to an engine; none for those that answer requests, and for an empty one."""
    return next((kind for kind, engines in _FLOWS.items() if engine in engines), None)


_OBSERVER_PORTS = TABLES.words["flows.observer_ports"]
_OBSERVERS = TABLES.words["flows.observers"]
_FLOWS = {EdgeKind(kind): TABLES.words[f"flows.{kind}"] for kind in ("data", "async", "file", "observe")}
_UNREACHABLE = frozenset({HostKind.SINGLE_LABEL, HostKind.PRIVATE_NAME, HostKind.PRIVATE_ADDRESS, HostKind.KUBERNETES})
_HOST_WORDS = TABLES.words["names.host"]
_HOST_ANYWHERE = TABLES.words["names.host_anywhere"]
_DESCRIBING = TABLES.words["names.describing"]
_VARIANTS = TABLES.words["names.variants"]
_READS = TABLES.words["names.reads"]
_RESOURCE_WORDS = TABLES.words["resources.words"]
_SINGULAR = {word: word.removesuffix("s") for word in _RESOURCE_WORDS if f"{word.removesuffix('s')}" in _RESOURCE_WORDS}
_INBOUND = TABLES.words["names.inbound"]
_INBOUND_PAIRS = TABLES.words["names.inbound_pairs"]
_INBOUND_EXACT = TABLES.words["names.inbound_exact"]
_IGNORED = TABLES.words["names.ignored"]
_IGNORED_PAIRS = TABLES.words["names.ignored_pairs"]
_PROXIED = TABLES.words["names.proxied"]

_SQUASHED = re.compile(
    r"(pg|db|sql|mysql|mariadb|postgres|postgresql|mongo|redis|rabbitmq|amqp|kafka|elasticsearch|es|smtp|ldap|mail|proxy"
    r"|http|https|no|all|table|queue|topic|bucket|stream|function)(hostname|hostaddr|hosts?|port|database|dbname|name|url|uri|arn|server|addr|endpoint|proxy)"
)
_IN_TWO = frozenset({"hostname", "endpoint", "datasource"})
"""Words that some write in two: ``HostName``, ``HOST_NAME``."""
_ADDRESS_LAST = frozenset(
    {"url", "urls", "uri", "uris", "endpoint", "endpoints", "host", "hosts", "hostname", "server"}
)
_PROXY_PARTS = frozenset({"host", "hostname", "port", "url", "uri", "server", "addr", "address", "endpoint"})
_BUILT_IN = (("next", "public"), ("nuxt", "public"), ("expo", "public"), ("react", "app"), ("vue", "app"), ("vite",))
"""What tools want at the beginning of variables that they build into pages; the rest of the name is what tells."""


@lru_cache(maxsize=8192)
def _role(name: str) -> tuple[Role, bool]:
    words = name_words(name)
    for prefix in _BUILT_IN:
        if words[: len(prefix)] == prefix:
            words = words[len(prefix) :]
    pairs = {f"{one}_{other}" for one, other in itertools.pairwise(words)}
    if pairs & _IGNORED_PAIRS:
        return Role.IGNORED, True
    if _is_proxy(words):
        return Role.PROXY, True
    if any(word in _INBOUND for word in words):
        return Role.INBOUND, True
    if pairs & _INBOUND_PAIRS or words[:1] == ("public",) or "_".join(words) in _INBOUND_EXACT:
        return Role.INBOUND, False
    if any(word in _IGNORED for word in words) and (not words or words[-1] not in _ADDRESS_LAST):
        return Role.IGNORED, True
    return Role.OUTBOUND, True


def _is_proxy(words: tuple[str, ...]) -> bool:
    if "proxy" not in words:
        return False
    at = words.index("proxy")
    before, after = words[:at], words[at + 1 :]
    return (not before or before[-1] in _PROXIED) and all(word in _PROXY_PARTS or word.isdigit() for word in after)
