"""Joins variables that belong together, and the words of a command, before addresses are read out of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from assess.graph.endpoints.masking import Masked
from assess.graph.endpoints.model import Endpoint, Form
from assess.graph.endpoints.names import Role, engine_of, name_words, role_of
from assess.graph.endpoints.tables import TABLES
from assess.graph.endpoints.text import LONGEST_TEXT, document_in, endpoints_in
from assess.graph.endpoints.urls import database_of


class Joined(NamedTuple):
    """An address, and the names of the variables it was read from: the one with the host first."""

    endpoint: Endpoint
    variables: tuple[str, ...]


def joined(environment: Mapping[str, str]) -> tuple[Joined, ...]:
    """The addresses in all variables of a container, sorted by the variable.

    A host takes its port and its database from the variables that belong to it (``DB_HOST``, ``DB_PORT``,
    ``DB_NAME``), and its engine where one says it (``DB_CONNECTION``). Never fails; the order of the variables does
    not matter.
    """
    parts = _Parts(environment)
    found: dict[Joined, None] = {}
    for name in sorted(environment):
        for each in _of_variable(parts, name, environment[name]):
            found[each] = None
    return tuple(found)


def in_words(words: Sequence[str]) -> tuple[tuple[int, Endpoint], ...]:
    """The addresses in the words of a command line, with the index of the word: an option may say what the next is.

    A word that holds a whole script (the third of ``sh -c ...``) is read word by word.
    """
    found: dict[tuple[int, Endpoint], None] = {}
    option = ""
    for index, word in enumerate(words):
        is_whole = len(word) > LONGEST_TEXT or document_in(word) is not None
        pieces = [word] if is_whole else word.split()
        for place, piece in enumerate(pieces):
            following = pieces[place + 1] if place + 1 < len(pieces) else _first(words, index + 1)
            for each in _of_word(piece, option, following):
                if not _defines(word, each.host):
                    found[index, each] = None
            option = _option(piece, option)
    return tuple(found)


_UPSTREAM = re.compile(r"\bupstream\s{1,20}([A-Za-z0-9._-]{1,255})")
_SHORT_OPTIONS = {"-h": "host"}
"""Options of one letter that hold a host in the clients of databases: psql, mysql, redis-cli, pg_isready."""
_CLIENTS = frozenset({"nc", "ncat", "telnet", "netcat"})
_HOST_LAST = TABLES.words["names.host_last"]
_PORT_LAST = TABLES.words["names.port_last"]
_DATABASE_LAST = TABLES.words["names.database_last"]
_ENGINE_LAST = TABLES.words["names.engine_last"]
_VARIANTS = TABLES.words["names.variants"]
_DATABASE_NAMES = frozenset({"db", "database", "sql", "rds", "aurora", "datasource", "jdbc"})


def _defines(script: str, host: str) -> bool:
    """Whether a script writes an nginx configuration in which this is a name of its own: ``upstream orders {``."""
    return "upstream" in script and any(found == host for found in _UPSTREAM.findall(script))


def _first(words: Sequence[str], index: int) -> str:
    return words[index].partition(" ")[0] if index < len(words) else ""


def _of_word(piece: str, option: str, following: str) -> Iterator[Endpoint]:
    piece = piece.strip("\"'`();")
    name = option if option in _CLIENTS else option.lstrip("-")
    if option in _CLIENTS:
        if piece.startswith("-") or piece.isdigit():
            return
        port = following.strip("\"'`();")
        if port.isdigit() and ":" not in piece:
            yield from endpoints_in(f"{piece}:{port}", "host")
        return
    for each in endpoints_in(piece, name):
        if each.form is not Form.NAME:
            yield replace(each, option=name) if name and not each.option else each


def _option(piece: str, before: str) -> str:
    """What a word says of the next one: the name of an option without a value, or a client that takes host and port."""
    if piece in _SHORT_OPTIONS:
        return _SHORT_OPTIONS[piece]
    if piece in _CLIENTS or (before in _CLIENTS and (piece.startswith("-") or piece.isdigit())):
        return piece if piece in _CLIENTS else before
    return piece if piece.startswith("--") and "=" not in piece else ""


@dataclass(frozen=True, slots=True)
class _Part:
    variable: str
    value: str


class _Parts:
    """Ports, databases and engines that variables of their own hold, by what they belong to."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.ports: dict[tuple[str, ...], _Part] = {}
        self.databases: dict[tuple[str, ...], _Part] = {}
        self.engines: dict[tuple[str, ...], _Part] = {}
        for name in sorted(environment):
            self._take(name, environment[name].strip())

    def _take(self, name: str, value: str) -> None:
        words = name_words(name)
        if not words or not value:
            return
        owner, last = _owner(words)
        part = _Part(name, value)
        if last in _PORT_LAST and value.isdigit() and len(value) <= 5 and 0 < int(value) <= 65535:
            self.ports.setdefault(owner, part)
            return
        if last in _ENGINE_LAST:
            self.engines.setdefault(owner, part)
        if last in _DATABASE_LAST and owner:
            if len(owner) > 1 and last == "name" and owner[-1] in ("db", "database"):
                self.databases.setdefault(owner[:-1], part)
            self.databases.setdefault(owner, part)


def _owner(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What a variable belongs to, and which part of it it is: ``DB_HOST_1`` is the host of ``db 1``."""
    if words[-1].isdigit() and len(words) > 1:
        return (*words[:-2], words[-1]), words[-2]
    while len(words) > 2 and words[-1] in _VARIANTS and words[-2] in _HOST_LAST | _PORT_LAST:
        words = (*words[:-2], words[-1], words[-2])  # DB_HOST_RO is the host of `db ro`
    return words[:-1], words[-1]


def _owners(name: str) -> Iterator[tuple[str, ...]]:
    """What a host's variable may belong to, the nearest first: ``db read``, then ``db``."""
    words = name_words(name)
    if not words:
        return
    owner, last = _owner(words)
    if last not in _HOST_LAST:
        owner = words
    while True:
        yield owner
        if not owner or not (owner[-1] in _VARIANTS or owner[-1].isdigit()) or len(owner) == 1:
            return
        owner = owner[:-1]


def _of_variable(parts: _Parts, name: str, value: str) -> Iterator[Joined]:
    document = document_in(value)
    if document is not None and role_of(name) is not Role.IGNORED:
        inner = {f"{name}.{key}": each for key, each in document.items()}
        own = _Parts(inner)
        for key, each in inner.items():
            last = key.rpartition(".")[2]
            for found in endpoints_in(each, name if last.isdigit() else key):
                yield Joined(replace(_joined_with(own, key, found).endpoint, option=last), (name,))
        return
    for found in endpoints_in(value, name):
        yield _joined_with(parts, name, found)


def _joined_with(parts: _Parts, name: str, found: Endpoint) -> Joined:
    if found.form in _WHOLE or (found.form not in _JOINED and found.port is not None):
        return Joined(found, (name,))
    variables = [name]
    owners = list(_owners(name))
    engine = found.engine
    if not engine:
        said = _nearest(parts.engines, owners, name)
        engine = _engine_by(said.value) if said is not None else ""
    port = found.port
    is_given = found.port_given
    if not is_given and found.form is not Form.HOST_PORT:
        given = _nearest(parts.ports, owners, name)
        if given is not None:
            port = int(given.value)
            variables.append(given.variable)
            engine = engine or TABLES.ports.get(port, "")
            is_given = True
    if port is None:
        port = TABLES.engine_ports.get(engine)
    database = found.database
    if not database and (_is_database(engine) or any(set(each) & _DATABASE_NAMES for each in owners)):
        named = _nearest(parts.databases, owners, name)
        if named is not None and found.form in _JOINED:
            database = database_of(Masked(""), "postgres", named.value)
            if database and database != found.host:
                variables.append(named.variable)
            else:
                database = ""
    if (engine, port, is_given, database) != (found.engine, found.port, found.port_given, found.database):
        found = replace(found, engine=engine, port=port, port_given=is_given, database=database)
    return Joined(found, tuple(dict.fromkeys(variables)))


_WHOLE = frozenset({Form.ARN, Form.NAME, Form.QUEUE_URL, Form.BUCKET_URL})
_JOINED = frozenset({Form.HOST, Form.HOST_PORT, Form.HOST_LIST, Form.CONNECTION_STRING})
"""Forms that may leave port and database to other variables; a URL leaves a port only that its scheme does not say."""


def _nearest(parts: Mapping[tuple[str, ...], _Part], owners: Sequence[tuple[str, ...]], name: str) -> _Part | None:
    for owner in owners:
        if owner in parts and parts[owner].variable != name:
            return parts[owner]
    return None


def _engine_by(value: str) -> str:
    """The engine that a variable's value names: ``pgsql``, ``django.db.backends.mysql``, ``org.postgresql.Driver``."""
    scheme = TABLES.schemes.get(value.lower())
    return scheme.engine if scheme is not None else engine_of(value)


def _is_database(engine: str) -> bool:
    return engine in TABLES.words["names.database_engines"]
