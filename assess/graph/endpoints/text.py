"""Reads every address out of one text: the value of a variable, a word of a command, a label, an option."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from assess.graph.endpoints.hosts import HostKind, host_in, host_kind, is_only_dotted, is_sample, is_service
from assess.graph.endpoints.masking import REDACTED, Masked
from assess.graph.endpoints.model import Endpoint, Form
from assess.graph.endpoints.names import Role, access_of, ends_in_host, engine_of, names_host, names_resource, role_of
from assess.graph.endpoints.strings import connection_string, pairs_of
from assess.graph.endpoints.tables import TABLES
from assess.graph.endpoints.urls import address, jdbc_in, parted, urls_in

LONGEST_TEXT = 65_536
"""Longer texts are read up to here; ECS takes no task definition above 64 KiB."""


def endpoints_in(value: str, name: str = "") -> tuple[Endpoint, ...]:
    """The addresses in a text, each once, in the order in which they stand there.

    ``name`` is the variable, option, label or key that holds it (empty: none). Names that hold no address of
    anybody's (``JWT_ISSUER``, ``NO_PROXY``) have none. The task's own addresses (loopback, metadata), reserved names
    and sites of documents are no addresses. Never fails.
    """
    if not value or role_of(name) is Role.IGNORED:
        return ()
    if (
        _MARKS.search(value) is None
        and len(value) < _SHORTEST_BASE64
        and not (names_host(name) or names_resource(name))
    ):
        return ()
    return _short(value, name) if len(value) <= _LONGEST_KEPT else _read(value[:LONGEST_TEXT], name)


def _read(value: str, name: str) -> tuple[Endpoint, ...]:
    return _unique(_told_by_name(each, name) for each in _in_value(value, name, encoded=False))


_short = lru_cache(maxsize=16_384)(_read)
"""Many containers are told the same."""
_LONGEST_KEPT = 512


def document_in(value: str) -> Mapping[str, str] | None:
    """The leaves of a JSON document by their keys joined with dots; none where the text is no such document."""
    text = value.strip()
    if not text or text[0] not in "{[" or len(text) > LONGEST_TEXT:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found: dict[str, str] = {}
    _leaves(document, (), found)
    return found


def _in_value(value: str, name: str, *, encoded: bool) -> Iterator[Endpoint]:
    document = document_in(value)
    if document is not None:
        for key, leaf in document.items():
            yield from endpoints_in(leaf, f"{name}.{key}".strip(".") if not _INDEX.fullmatch(key) else name)
        return
    masked = Masked(value.strip())
    found = list(_in_text(masked, masked.text, name))
    if not found and not encoded:
        decoded = _decoded(value)
        if decoded:
            yield from (each for each in _in_value(decoded, name, encoded=True) if each.certain)
            return
    yield from found


def _in_text(masked: Masked, text: str, name: str) -> Iterator[Endpoint]:
    text = text.strip(" \t\r\n\"'`")
    jdbc = _JDBC.search(text) if "jdbc" in text.lower() else None
    if jdbc is not None:
        end = len(text) if _ORACLE.search(text, jdbc.start()) else _end(text, jdbc.start())
        start = jdbc.start() + (len("jdbc-secretsmanager") - len("jdbc") if text[jdbc.start() + 4] == "-" else 0)
        yield from jdbc_in(masked, "jdbc" + text[start + 4 : end])
        text = f"{text[: jdbc.start()]} {text[end:]}"
        if not text.strip():
            return
    pairs = pairs_of(text) if "://" not in text.partition("=")[2].partition(";")[0] else None
    if pairs is not None and not text.startswith("-"):
        strings = list(connection_string(masked, text, name))
        if strings or (";" in text and "://" not in text):
            yield from strings
            return
    go = _GO_MYSQL.search(text) if "@tcp" in text else None
    if go is not None:
        host, port = parted(go[1])
        yield from address(masked, Form.DSN, host, port, "mysql", go[2] or "")
        return
    if text.startswith("[") and text.endswith("]") and not _IPV6.fullmatch(text):
        text = text[1:-1].replace("'", "").replace('"', "")
    text = text.replace(", ", ",").replace('="', "=").replace("='", "=")
    tokens = [each for each in _BETWEEN.split(text) if each]
    alone = len(tokens) == 1
    key = ""
    for token in tokens:
        if key and role_of(key) is not Role.IGNORED:
            yield from _assigned(masked, key, token)
        elif not key:
            yield from _in_token(masked, token, name, alone=alone)
        key = token[:-1] if _KEY.fullmatch(token) else ""


def _in_token(masked: Masked, token: str, name: str, *, alone: bool, within: bool = False) -> Iterator[Endpoint]:
    arns = list(_arns(masked, token)) if "arn:" in token else []
    yield from arns
    if arns and token.startswith("arn:"):
        return
    assigned = _ASSIGNED.fullmatch(token) if not within else None
    if assigned is not None:
        yield from _assigned(masked, assigned[1], assigned[2])
        return
    if "://" in token:
        yield from urls_in(masked, token)
        return
    items = [_unwrapped(each) for each in _SEPARATORS.split(token) if "=" not in each]
    several = sum(1 for each in items if each) > 1
    for item in items:
        if item:
            yield from _bare(masked, item, name, alone=alone, several=several)


def _unwrapped(item: str) -> str:
    """An item without the brackets of its list; an IPv6 address keeps its own."""
    item = item.strip("()\"'")
    return item if "[" in item and "]" in item else item.strip("[]")


def _assigned(masked: Masked, key: str, value: str) -> Iterator[Endpoint]:
    """A word ``--key=value`` or ``KEY=value``, or the two words ``key: value``."""
    key = key.removeprefix("-D") if key.startswith("-D") else key.lstrip("-")
    if role_of(key) is Role.IGNORED:
        return
    for each in _in_token(masked, value, key, alone=True, within=True):
        if each.form is not Form.NAME:
            yield replace(_told_by_name(each, key), option=key)


def _bare(masked: Masked, item: str, name: str, *, alone: bool, several: bool) -> Iterator[Endpoint]:
    """An address without a scheme: a host, perhaps with a port, perhaps with a path; or the name of a resource."""
    is_host = names_host(name)
    resources = names_resource(name)
    if alone and resources and not is_host and (":" not in item or masked.has_hole(item)):
        yield from _name(masked, item)
        return
    match = _BARE.fullmatch(item)
    if match is None:
        return
    user, written, port, path = match["user"], match["host"], match["port"] or "", match["path"] or ""
    if user is not None and ":" not in user and not port:
        return  # an e-mail address
    if path and not port and (not is_host or _PREFIX.fullmatch(path)):
        return  # a path, an image, a range of addresses
    form = Form.HOST_LIST if several else Form.HOST_PORT if port else Form.HOST
    if not port and not alone and not several and "amazonaws" not in written and not is_service(written.lower()):
        return
    host = host_in(written)
    if host is None:
        if masked.is_reference(written):
            yield from address(masked, form, written, port, "", path, certain=is_host)
        elif alone and masked.has_hole(written) and resources:
            yield from _name(masked, item)
        return
    if port and int(port) < _LOWEST_PORT:
        return  # `nginx:1`, `level:2`
    kind = host_kind(host)
    dotted = kind not in (HostKind.SINGLE_LABEL, HostKind.PRIVATE_ADDRESS, HostKind.PUBLIC_ADDRESS)
    if dotted and is_only_dotted(written) and not is_service(host) and (not is_host or _looks_like_file(written)):
        return
    certain = bool(port) or is_host or is_service(host)
    if kind is HostKind.SINGLE_LABEL:
        certain = False
    if kind is HostKind.SINGLE_LABEL and not port and (not ends_in_host(name) or host in _NO_NAMES - _SERVERS):
        return
    yield from address(masked, form, written, port, "", path, certain=certain)
    if alone and resources and not several and not port and kind is HostKind.SINGLE_LABEL:
        yield from _name(masked, item)


def _name(masked: Masked, item: str) -> Iterator[Endpoint]:
    if REDACTED in item:
        return
    if masked.has_hole(item):
        yield Endpoint(form=Form.NAME, placeholder=masked.written(item), certain=False)
    elif _RESOURCE.fullmatch(item) and not item.isdigit() and item.lower() not in _NO_NAMES and not is_sample(item):
        yield Endpoint(form=Form.NAME, name=item, certain=False)


def _arns(masked: Masked, token: str) -> Iterator[Endpoint]:
    for match in _ARN.finditer(token):
        arn = match[0].rstrip(".,;:)]}")
        if arn.rpartition(":")[2] in ("", "*") or is_sample(arn):
            continue  # all of a service, or nothing
        if masked.has_hole(arn):
            yield Endpoint(form=Form.ARN, placeholder=masked.written(arn))
        else:
            yield Endpoint(form=Form.ARN, arn=arn)


def _told_by_name(found: Endpoint, name: str) -> Endpoint:
    """The address with what its variable's name adds: the engine and its port, that it is a reader's."""
    if not name or found.form in (Form.ARN, Form.NAME, Form.QUEUE_URL, Form.BUCKET_URL):
        return found
    access = found.access or access_of(name)
    if found.engine or found.scheme:
        return replace(found, access=access) if access is not found.access else found
    engine = engine_of(name)
    port = found.port if found.port is not None else TABLES.engine_ports.get(engine)
    if (access, engine, port) == (found.access, "", found.port):
        return found
    return replace(found, access=access, engine=engine, port=port)


def _decoded(value: str) -> str | None:
    """What a URL-encoded or base64 value says, where that holds an address; once only."""
    text = value.strip()
    if _ENCODED.search(text):
        decoded = unquote(text)
        return decoded if decoded != text else None
    if len(text) >= _SHORTEST_BASE64 and _BASE64.fullmatch(text):
        padded = text.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            decoded = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return None
        printable = all(each.isprintable() or each in "\r\n\t" for each in decoded)
        return decoded if printable and _ADDRESS_LIKE.search(decoded) else None
    return None


def _leaves(document: Any, path: tuple[str, ...], found: dict[str, str]) -> None:
    """Texts and numbers of a JSON document by their place in it; numbers count for ports."""
    if len(path) > _DEEPEST or len(found) > _MOST_LEAVES:
        return
    if isinstance(document, dict):
        for key, each in document.items():
            _leaves(each, (*path, str(key)[:128]), found)
    elif isinstance(document, list):
        for index, each in enumerate(document):
            _leaves(each, (*path, str(index)), found)
    elif isinstance(document, str):
        found[".".join(path)] = document
    elif isinstance(document, int) and not isinstance(document, bool) and 0 < document < 65536:
        found[".".join(path)] = str(document)


def _looks_like_file(written: str) -> bool:
    return written.rpartition(".")[2].lower() in TABLES.words["not_hosts.files"] and written.count(".") == 1


def _end(text: str, start: int) -> int:
    found = _SPACE.search(text, start)
    return found.start() if found is not None else len(text)


def _unique(found: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    return tuple(dict.fromkeys(found))


_MARKS = re.compile(r"[.:/@=%{\[$]")
"""One of these is in every address but a name alone."""
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}:")
_JDBC = re.compile(r"\bjdbc(?:-secretsmanager)?:", re.IGNORECASE)
_ORACLE = re.compile(r"@\s{0,20}\(")
_SPACE = re.compile(r"""[\s"'`<>|]""")
_BETWEEN = re.compile(r"""[\s"'`<>|]+""")
_SEPARATORS = re.compile("[,;]")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]")
_INDEX = re.compile(r"[0-9.]*")
_GO_MYSQL = re.compile(r"@(?:tcp|tcp4|tcp6)\(([^()\s]{1,255})\)(/[A-Za-z0-9_$-]{0,64})?")
_ASSIGNED = re.compile(r"(-{0,2}[A-Za-z_][A-Za-z0-9_.:-]{0,127})=(.+)", re.DOTALL)
_BARE = re.compile(
    "(?:(?P<user>[^@/\\s]{0,255})@)?(?P<host>\\[[0-9A-Fa-f:.%a-z]{2,64}\\]|[A-Za-z0-9._\ue000-\uf8ff-]{1,256})"
    "(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^\\s:]*)?"
)
_PREFIX = re.compile(r"/[0-9]{1,3}")
_RESOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{1,254}")
_NO_NAMES = frozenset(
    {"true", "false", "default", "none", "null", "on", "off", "yes", "no", "sync", "memory", "array", "log", "file"}
    | {"local", "redis", "sqs", "database", "kafka", "rabbitmq"}
)
_SERVERS = frozenset({"redis", "database", "kafka", "rabbitmq"})
"""Values that choose a kind of queue or cache; as hosts they are common names of containers."""
_LOWEST_PORT = 20
_ARN = re.compile(
    "arn:aws[a-z-]{0,20}:[a-z0-9-]{1,40}:[a-z0-9\ue100-\uf8ff-]{0,30}:(?:[0-9]{12}|aws|[\ue100-\uf8ff])?:[^\\s\"',;<>|`\ue000]{1,1024}"
    "|arn:[\ue100-\uf8ff]:[a-z0-9-]{1,40}:[a-z0-9\ue100-\uf8ff-]{0,30}:(?:[0-9]{12}|aws|[\ue100-\uf8ff])?:[^\\s\"',;<>|`\ue000]{1,1024}"
)
_ENCODED = re.compile(r"%(?:3A|2F|40)", re.IGNORECASE)
_SHORTEST_BASE64 = 16
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,65536}={0,2}")
_ADDRESS_LIKE = re.compile(r"://|arn:aws|[a-z0-9-]\.[a-z0-9.-]{2,}:[0-9]{2,5}|amazonaws\.com|[hH][oO][sS][tT]")
_DEEPEST = 32
_MOST_LEAVES = 5_000
