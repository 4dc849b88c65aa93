"""Saved estates: written whole or not at all, and read through the door again."""

import gzip
import re
import tempfile
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from assess.estate.builder import EstateBuilder, WrongShapeError
from assess.estate.door import DoorError
from assess.estate.estate import FACT_KINDS, SCHEMA_VERSION, Estate, Scope
from assess.estate.gaps import Gap, Seen

_T = TypeVar("_T")

LARGEST_ESTATE = 512 * 2**20
"""Bytes of JSON that are read at most."""


class SnapshotError(Exception):
    """A file that is no saved estate this program can read: ``path``, ``line`` (1-based, where known), ``message``."""

    def __init__(self, path: str, line: int | None, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line is not None else f"{path}: {message}")
        self.path = path
        self.line = line
        self.message = message


def save(estate: Estate, path: str | Path) -> None:
    """Writes an estate as JSON, compressed when the name ends in ``.gz``; readable by its owner only (mode 0600).

    The bytes depend on the estate only. The file appears whole or not at all. Raises OSError.
    """
    target = Path(path)
    content = (estate.model_dump_json(by_alias=True, exclude_unset=True) + "\n").encode()
    if target.suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as temporary:
        draft = Path(temporary.name)
        try:
            temporary.write(content)
            temporary.flush()
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def load(path: str | Path) -> Estate:
    """Reads a saved estate; every text in it passes the door again. Raises SnapshotError and OSError."""
    name = str(path)
    document = _document(name, _content(name))
    version = document.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or "collected_at" not in document:
        raise SnapshotError(name, None, "not a saved estate: schema_version or collected_at is missing")
    if version > SCHEMA_VERSION:
        raise SnapshotError(
            name, None, f"saved by a newer assess: schema_version {version}, this one reads up to {SCHEMA_VERSION}"
        )
    unknown = sorted(set(document) - set(Estate.model_fields))
    if unknown:
        raise SnapshotError(name, None, f"not a saved estate: {len(unknown)} unknown member(s) at the top level")
    try:
        return _built(document)
    except (WrongShapeError, DoorError) as error:
        raise SnapshotError(name, None, str(error)) from None


def _built(document: Mapping[str, Any]) -> Estate:
    builder = EstateBuilder()
    batch = builder.new_batch()
    for kind in FACT_KINDS:
        for index, fact in enumerate(_list(document, kind)):
            if not isinstance(fact, Mapping):
                raise WrongShapeError(f"/{kind}/{index}", "Input should be an object")
            try:
                builder.restore(kind, fact, batch)
            except WrongShapeError as error:
                raise WrongShapeError(f"/{kind}/{index}{error.at}", error.problem) from None
    for index, gap in enumerate(_list(document, "gaps")):
        builder.gap(_valid(Gap, gap, f"/gaps/{index}"), batch=batch)
    for index, each in enumerate(_list(document, "seen")):
        seen = _valid(Seen, each, f"/seen/{index}")
        builder.saw(seen.fact, seen.account, seen.region)
    collected_at = _valid(datetime, document["collected_at"], "/collected_at")
    return builder.build(
        collected_at=collected_at, scope=_valid(Scope, document.get("scope", {}), "/scope"), batch=batch
    )


def _content(path: str) -> bytes:
    """What a file holds, decompressed; never more than LARGEST_ESTATE is held."""
    with Path(path).open("rb") as file:
        compressed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if not compressed:
            return _bounded(file.read, path)
        try:
            with gzip.GzipFile(fileobj=file) as inside:
                return _bounded(inside.read, path)
        except EOFError:
            problem = "truncated: the compressed data ends too early"
        except (gzip.BadGzipFile, zlib.error):
            problem = "the compressed data is damaged"
    raise SnapshotError(path, None, problem)


def _bounded(read: Callable[[int], bytes], path: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := read(_CHUNK):
        size += len(chunk)
        if size > LARGEST_ESTATE:
            raise SnapshotError(path, None, f"larger than {LARGEST_ESTATE // 2**20} MiB, the most that is read")
        chunks.append(chunk)
    return b"".join(chunks)


def _document(path: str, content: bytes) -> Mapping[str, Any]:
    if not content.strip():
        raise SnapshotError(path, None, "empty")
    try:
        document = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        problem = str(error)
    else:
        if isinstance(document, Mapping):
            return document
        raise SnapshotError(path, None, "not a saved estate: a JSON object belongs here")
    place = _PLACE.search(problem)
    line = int(place.group(1)) if place else None
    raise SnapshotError(path, line, "not JSON: " + (problem[: place.start()] if place else problem).strip())


_GZIP = b"\x1f\x8b"
_CHUNK = 2**20
_PLACE = re.compile(r" at line ([0-9]+) column [0-9]+$")


def _list(document: Mapping[str, Any], member: str) -> list[Any]:
    found = document.get(member, [])
    if not isinstance(found, list):
        raise WrongShapeError(f"/{member}", "Input should be a list")
    return found


def _valid(kind: type[_T], value: Any, at: str) -> _T:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    raise WrongShapeError(at + "".join(f"/{step}" for step in first["loc"]), first["msg"])
