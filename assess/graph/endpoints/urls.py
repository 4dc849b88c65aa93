"""Reads URLs, DSNs and JDBC addresses: one text, one or several hosts."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from assess.graph.endpoints.hosts import HostKind, host_in, host_kind
from assess.graph.endpoints.masking import Masked
from assess.graph.endpoints.model import Endpoint, Form
from assess.graph.endpoints.tables import TABLES, Scheme
from assess.graph.model import Access


def urls_in(masked: Masked, text: str) -> Iterator[Endpoint]:
    """The addresses with a scheme in a piece of a masked text, in order."""
    for start, end, scheme in _spans(text):
        url = text[start + len(scheme) + 3 : end].rstrip(".,;:!?)]}*")
        yield from _of_url(masked, scheme.lower(), url)


def jdbc_in(masked: Masked, text: str) -> Iterator[Endpoint]:
    """The addresses of a JDBC URL: ``text`` begins with ``jdbc:``."""
    oracle = _DESCRIPTION.search(text)
    if oracle is not None:
        service = _SERVICE.search(text)
        database = service[1] if service is not None else ""
        for part in _ADDRESS.split(text)[1:]:
            host, port = _HOST_PART.search(part), _PORT_PART.search(part)
            if host is not None:
                yield from address(
                    masked, Form.JDBC, host[1], port[1] if port is not None else "", "oracle", database, "oracle"
                )
        return
    head, slashes, rest = text.partition("//")
    engine, scheme = _jdbc_engine(head)
    if engine == "oracle":
        yield from _oracle(masked, text.partition("@")[2])
    elif slashes and engine:
        yield from _of_jdbc(masked, engine, scheme, rest)


def address(
    masked: Masked,
    form: Form,
    host: str,
    port: str,
    scheme: str = "",
    path: str = "",
    engine: str = "",
    access: Access | None = None,
    *,
    certain: bool = True,
) -> Iterator[Endpoint]:
    """The address of a host and a port as written; none where the host is no host, or nobody's but the task's own."""
    number = int(port) if port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535 else None
    if port and number is None and not masked.has_hole(port):
        return
    usual = TABLES.schemes[scheme] if scheme in TABLES.schemes else Scheme("", None)
    engine = engine or usual.engine or TABLES.ports.get(number or 0, "")
    default = usual.port if usual.port is not None else TABLES.engine_ports.get(engine)
    placeholder = ""
    known = host_in(host)
    if known is None:
        if not masked.is_reference(host) or not _WITH_HOLES.fullmatch(host):
            return
        placeholder = masked.written(host)
    elif host_kind(known) in (HostKind.OWN, HostKind.RESERVED, HostKind.DOCUMENT):
        return
    yield Endpoint(
        form=form,
        scheme=scheme,
        host=known or "",
        port=number if number is not None or port else default,
        port_given=number is not None,
        path=masked.written(path),
        database=database_of(masked, engine, path),
        access=access or (Access.READ if known is not None and reads_only(known) else None),
        engine=engine,
        placeholder=placeholder,
        certain=certain,
    )


def database_of(masked: Masked, engine: str, path: str) -> str:
    """The database that a path names, where the engine has databases with names."""
    if engine not in TABLES.words["names.database_engines"]:
        return ""
    name = unquote(path.strip("/").partition("/")[0].partition("?")[0])
    return name if not masked.has_hole(name) and _DATABASE.fullmatch(name) else ""


def reads_only(host: str) -> bool:
    """Whether a host's name is that of a reader: ``cluster-ro-``, ``replica.`` and the like."""
    return _READER.search(host) is not None


_TERMINATORS = re.compile(r"""[\s"'<>`|\\^]""")
_DESCRIPTION = re.compile(r"\(\s{0,20}DESCRIPTION", re.IGNORECASE)
_ADDRESS = re.compile(r"\(\s{0,20}ADDRESS\s{0,20}=", re.IGNORECASE)
_HOST_PART = re.compile(r"\(\s{0,20}HOST\s{0,20}=\s{0,20}([^)\s]{1,255})\s{0,20}\)", re.IGNORECASE)
_PORT_PART = re.compile(r"\(\s{0,20}PORT\s{0,20}=\s{0,20}([^)\s]{1,255})\s{0,20}\)", re.IGNORECASE)
_SERVICE = re.compile(r"\(\s{0,20}(?:SERVICE_NAME|SID)\s{0,20}=\s{0,20}([^)\s]{1,128})\s{0,20}\)", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]{0,30}\Z")
_MYSQL_PAIR = re.compile(r"\b(host|port)\s{0,5}=\s{0,5}([^(),\s]{1,255})", re.IGNORECASE)
_WITH_HOLES = re.compile("[A-Za-z0-9._\ue100-\uf8ff-]{1,256}")
_DATABASE = re.compile(r"[A-Za-z0-9_$.-]{1,128}")
_READER = re.compile(
    r"(?:^|\.)(?:cluster-ro-|replica\.|reader[.-]|read-replica|readonly[.-]|ro\.)"
    r"|[-.](?:ro|readonly|read-replica|replica|reader)(?:[.-]|$)"
)
_READS_BY_OPTION = re.compile(
    r"(?:readpreference=(?:secondary|secondarypreferred|nearest)"
    r"|targetservertype=(?:secondary|prefersecondary|slave|preferslave)|applicationintent=readonly|target_session_attrs=(?:read-only|standby|prefer-standby))(?![a-z])"
)
_DRIVERS_ONLY = frozenset({"tc", "h2", "hsqldb", "sqlite", "derby", "duckdb"})
_ACCOUNT_QUEUE = re.compile(r"/([0-9]{12})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)/?\Z")
_LONGEST_URL = 8192


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where URLs begin and end, with their schemes. What stands in a query or a path of another is part of it."""
    end = at = 0
    while (at := text.find("://", at)) >= 0:
        found = _SCHEME.search(text, max(end, at - 31), at)
        begin = found.start() if found is not None else at
        at += 3
        if found is None:
            continue
        terminator = _TERMINATORS.search(text, at, at + _LONGEST_URL)
        end = terminator.start() if terminator is not None else min(len(text), at + _LONGEST_URL)
        following = _NEXT.search(text, at, end)
        if following is not None:
            end = following.start()
        yield begin, end, found[0]
        at = end


_NEXT = re.compile(r"[,;](?=[A-Za-z][A-Za-z0-9_.+-]{0,30}://)")
"""A list of URLs goes on after a comma or a semicolon with another scheme."""


def _of_url(masked: Masked, scheme: str, rest: str) -> Iterator[Endpoint]:
    base = scheme if scheme in TABLES.schemes else scheme.partition("+")[0]
    known = base in TABLES.schemes
    base = base if known else ""
    authority, path, query = _parted(rest)
    hosts = authority.rpartition("@")[2].removesuffix(")")  # of ActiveMQ: failover:(ssl://a,ssl://b)?...
    if base in ("s3", "s3a", "s3n"):
        yield from _bucket(masked, hosts, path)
        return
    engine = TABLES.schemes[base].engine if known else ""
    access = Access.READ if _READS_BY_OPTION.search(query.lower()) else None
    form = Form.URL if engine in ("http", "grpc", "") else Form.DSN
    if not hosts and engine == "grpc":  # dns:///host:port
        hosts, path = path.strip("/"), ""
    items = hosts.split(",")
    if not hosts and query:
        items = [each for pair in query.split("&") if pair.startswith("host=") for each in pair[5:].split(",")]
    for item in items:
        host, port = parted(item)
        if not known and not port:
            continue  # a scheme that nobody knows may be anything: `classpath://`, `app://`
        for each in address(masked, form, host, port, base, path, engine, access):
            yield _queue(each) or each


def _queue(found: Endpoint) -> Endpoint | None:
    """The URL of an SQS queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-queue-message-identifiers.html; hosts of Amazon's are told apart elsewhere.
    """
    host = found.host or found.placeholder
    labels = host.split(".")
    if not (labels[0].startswith(("sqs", "vpce-")) or "queue" in labels[:2] or "sqs" in labels[:3]):
        return None
    match = _ACCOUNT_QUEUE.search(found.path) or _OPEN_QUEUE.fullmatch(found.path)
    if match is None:
        return None
    return Endpoint(
        form=Form.QUEUE_URL,
        scheme=found.scheme,
        host=found.host,
        port=found.port,
        port_given=found.port_given,
        path=found.path,
        engine="sqs",
        placeholder=found.placeholder,
        name=match[2],
    )


_OPEN_QUEUE = re.compile(r"/(\$\{AWS::AccountId\})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)/?")


def _bucket(masked: Masked, bucket: str, path: str) -> Iterator[Endpoint]:
    if bucket.startswith("arn:") or not bucket:
        return  # the ARN of an access point is read as an ARN
    hole = masked.has_hole(bucket)
    if hole or _BUCKET.fullmatch(bucket):
        yield Endpoint(
            form=Form.BUCKET_URL,
            scheme="s3",
            path=masked.written(path),
            engine="s3",
            placeholder=masked.written(bucket) if hole else "",
            name="" if hole else bucket,
        )


_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")


def parted(item: str) -> tuple[str, str]:
    """Host and port of ``host:port``, as written; an IPv6 address stays in its brackets."""
    if item.startswith("["):
        host, bracket, port = item.partition("]")
        return host + bracket, port.removeprefix(":")
    host, _, port = item.partition(":")
    return host, port


def _parted(rest: str) -> tuple[str, str, str]:
    """Authority, path and query of what follows ``://``."""
    end = min((at for at in (rest.find(each) for each in "/?#") if at >= 0), default=len(rest))
    host, port = parted(rest[:end].rpartition("@")[2].partition(",")[0])
    if "@" in rest[end:] and (host_in(host) is None or not (port.isdigit() or not port)):
        at = rest.find("@", end)  # a password with a slash in it
        end = min((found for found in (rest.find(each, at) for each in "/?#") if found >= 0), default=len(rest))
    path, _, query = rest[end:].partition("?")
    return rest[:end], path.partition("#")[0], query


def _jdbc_engine(head: str) -> tuple[str, str]:
    """Engine and scheme that the words between the colons of a JDBC URL name: ``jdbc:aws-wrapper:postgresql:``."""
    words = head.lower().split(":")[1:]
    if not words or words[0] in _DRIVERS_ONLY:
        return ("h2", "tcp") if words[:2] == ["h2", "tcp"] or words[:2] == ["h2", "ssl"] else ("", "")
    for word in words:
        if word in TABLES.schemes and word not in ("tcp", "ssl"):
            return TABLES.schemes[word].engine, word
        if word == "athena":
            return "", ""
    return "other" if words[0].isalnum() else "", ""


def _of_jdbc(masked: Masked, engine: str, scheme: str, rest: str) -> Iterator[Endpoint]:
    authority, _, options = rest.partition(";")
    lowered = _options(options)
    hosts, path, query = _parted(authority)
    hosts = hosts.rpartition("@")[2]
    if engine == "mssql":
        path = path or lowered.get("databasename", "") or lowered.get("database", "")
        hosts = hosts or lowered.get("servername", "") or lowered.get("server", "")
        if hosts and ":" not in hosts and lowered.get("portnumber", lowered.get("port", "")).isdigit():
            hosts = f"{hosts}:{lowered.get('portnumber', lowered.get('port', ''))}"
    access = Access.READ if _READS_BY_OPTION.search(f"{query}&{options}".lower().replace(" ", "")) else None
    given = engine if engine != "other" else ""
    groups = _IN_BRACKETS.findall(hosts) if "=" in hosts else []
    if groups:  # MySQL: (host=h1,port=p1),(host=h2) or address=(host=h1)(port=p1)
        pairs = [(key.lower(), value) for key, value in _MYSQL_PAIR.findall(hosts)]
        named: list[list[str]] = []
        for key, value in pairs:
            if key == "host":
                named.append([value, ""])
            elif named:
                named[-1][1] = value
        items = [(host, port) for host, port in named]
    else:
        items = [parted(each) for each in hosts.split(",")]
    for host, port in items:
        name = host.partition("\\")[0]  # SQL Server: host\instance
        yield from address(masked, Form.JDBC, name, port, scheme, path, given, access)


_IN_BRACKETS = re.compile(r"\([^()]*\)")


def _options(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in text.split(";"):
        key, _, value = pair.partition("=")
        found.setdefault(key.strip().lower().replace(" ", ""), value.strip())
    return found


def _oracle(masked: Masked, text: str) -> Iterator[Endpoint]:
    """What follows the ``@`` of Oracle's thin driver: ``//h:p/service``, ``tcps://h:p/service``, ``h:p:sid``."""
    rest = text.partition("//")[2] if "//" in text[:8] else text
    hosts, path, _ = _parted(rest)
    for item in hosts.split(","):
        host, port = parted(item)
        port, _, sid = port.partition(":")
        if port or "/" in rest:
            yield from address(masked, Form.JDBC, host, port, "oracle", path or sid, "oracle")
