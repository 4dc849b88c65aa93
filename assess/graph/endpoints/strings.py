"""Reads connection strings of ``key=value`` pairs: ADO, ODBC, .NET, libpq, StackExchange.Redis, Go's MySQL."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from assess.graph.endpoints.masking import Masked
from assess.graph.endpoints.model import Endpoint, Form
from assess.graph.endpoints.tables import TABLES
from assess.graph.endpoints.urls import address, database_of, parted
from assess.graph.model import Access


def pairs_of(text: str) -> dict[str, str] | None:
    """The pairs of a connection string, keys in lower case without spaces; none where the text is none."""
    if "=" not in text:
        return None
    if ";" in text:
        return _pairs(text.split(";"))
    if _LIBPQ.search(text):
        return _pairs(text.split())
    return _pairs([text]) if _ONE.match(text) else None


def connection_string(masked: Masked, text: str, name: str = "") -> Iterator[Endpoint]:
    """The addresses of a connection string."""
    pairs = pairs_of(text)
    if pairs is None:
        return
    server = next((pairs[key] for key in _SERVER_KEYS if pairs.get(key)), "")
    if not server or "://" in server:
        return
    if "description" in server.lower() and "(" in server:
        return  # Oracle's own form, read as such
    prefix = text.partition("=")[0].rpartition(":")[0].strip().lower()
    engine = TABLES.engine_words.get(prefix) or _engine(pairs, server, name)
    path = next((pairs[key] for key in _DATABASE_KEYS if pairs.get(key)), "")
    reads = pairs.get("applicationintent", "").lower() == "readonly" or "read-only" in pairs.get(
        "targetsessionattributes", pairs.get("target_session_attrs", "")
    )
    access = Access.READ if reads else None
    for host, port in _hosts(server, pairs.get("port", "")):
        for found in address(masked, Form.CONNECTION_STRING, host, port, "", path, engine, access):
            yield found if engine else replace(found, database=database_of(masked, "postgres", path))


_SERVER_KEYS = (
    "server",
    "datasource",
    "host",
    "hostname",
    "address",
    "addr",
    "networkaddress",
    "servername",
    "endpoints",
)
_DATABASE_KEYS = ("database", "initialcatalog", "dbname", "databasename", "virtualhost")
_LIBPQ = re.compile(r"(?:^|\s)(?:host|hostaddr|dbname)=\S", re.IGNORECASE)
_ONE = re.compile(r"(?:server|data source|host)\s{0,5}=", re.IGNORECASE)
_KNOWN = frozenset(
    {*_SERVER_KEYS, *_DATABASE_KEYS, "port", "userid", "uid", "user", "username", "password", "pwd", "driver"}
)
_OF_MSSQL = frozenset(
    {"initialcatalog", "trustservercertificate", "multipleactiveresultsets", "integratedsecurity", "trusted_connection"}
    | {"applicationintent", "multisubnetfailover", "persistsecurityinfo", "encrypt", "columnencryptionsetting"}
)
_OF_POSTGRES = frozenset(
    {"searchpath", "sslmode", "includeerrordetail", "dbname", "target_session_attrs", "targetsessionattributes"}
)
_OF_MYSQL = frozenset({"allowpublickeyretrieval", "allowuservariables", "treattinyasboolean", "oldguids", "charset"})
_OF_AMQP = frozenset({"virtualhost", "requestedheartbeat", "prefetchcount", "publisherconfirms"})


def _pairs(parts: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if equals:
            name = key.rpartition(":")[2]  # of PHP: `pgsql:host=...`
            found.setdefault(name.strip().lower().replace(" ", ""), value.strip().strip("\"'"))
    return found if any(key in _KNOWN for key in found) else None


def _engine(pairs: Mapping[str, str], server: str, name: str) -> str:
    driver = pairs.get("driver", "").lower() + pairs.get("provider", "").lower()
    for word, engine in (
        ("sql server", "mssql"),
        ("msoledb", "mssql"),
        ("sqlncli", "mssql"),
        ("postgres", "postgres"),
        ("npgsql", "postgres"),
        ("mysql", "mysql"),
        ("mariadb", "mysql"),
        ("oracle", "oracle"),
    ):
        if word in driver:
            return engine
    known = TABLES.ports.get(int(pairs["port"]), "") if pairs.get("port", "").isdecimal() else ""
    if known:
        return known
    keys = pairs.keys()
    if server.lower().startswith(("tcp:", "np:", "lpc:")) or (
        "," in server and server.rpartition(",")[2].strip().isdigit()
    ):
        return "mssql"
    for marks, engine in ((_OF_AMQP, "amqp"), (_OF_MSSQL, "mssql"), (_OF_MYSQL, "mysql"), (_OF_POSTGRES, "postgres")):
        if keys & marks:
            return engine
    from_name = next(
        (TABLES.engine_words[word] for word in name.lower().split("_") if TABLES.engine_words.get(word)), ""
    )
    if from_name:
        return from_name
    if "server" in keys and "uid" in keys:
        return "mysql"
    if "host" in keys and "username" in keys and "database" in keys:
        return "postgres"
    return ""


def _hosts(server: str, port: str) -> Iterator[tuple[str, str]]:
    """Hosts and ports of a server's value: ``tcp:h,1433``, ``h\\instance``, ``h1:p1,h2``, ``//h:p/service``."""
    server = server.strip().removeprefix("//").partition("/")[0]
    lowered = server.lower()
    for prefix in ("tcp:", "np:", "lpc:"):
        if lowered.startswith(prefix):
            server = server[len(prefix) :]
    host, comma, last = server.rpartition(",")
    if comma and last.strip().isdigit() and "," not in host:
        yield host.partition("\\")[0].strip(), last.strip()
        return
    for item in server.split(","):
        if "=" in item:
            continue
        name, own = parted(item.strip())
        yield name.partition("\\")[0], own or port
