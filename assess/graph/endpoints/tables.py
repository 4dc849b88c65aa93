"""The tables by which addresses are read, from ``data/endpoints.toml``: checked and read once."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

_FILE = files("assess.graph") / "data" / "endpoints.toml"


class Scheme(NamedTuple):
    """What a URL's scheme says: the engine (empty: nothing), and the port where none is written."""

    engine: str
    port: int | None


class Tables(NamedTuple):
    """The file's tables, words as sets."""

    schemes: Mapping[str, Scheme]
    ports: Mapping[int, str]
    engine_ports: Mapping[str, int]
    engine_words: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    """Word lists by table and name: ``names.host``, ``not_hosts.files``."""


def _read() -> Tables:
    data: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text("utf-8"))
    return Tables(
        schemes={
            name: Scheme(str(each.get("engine", "")), int(each["port"]) if "port" in each else None)
            for name, each in data["schemes"].items()
        },
        ports={int(port): str(engine) for port, engine in data["ports"].items()},
        engine_ports={name: int(port) for name, port in data["engine_ports"].items()},
        engine_words={name: str(engine) for name, engine in data["engine_words"].items()},
        words={
            f"{table}.{name}": frozenset(str(words).split())
            for table in ("names", "not_hosts", "resources", "flows")
            for name, words in data[table].items()
        },
    )


TABLES = _read()
