"""Reads what an earlier run saved: an estate (``--save``) or an assessment (``-o FILE.json``)."""

import json
import zlib
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from assess.assessment import SCHEMA_VERSION, Assessment
from assess.estate.estate import Estate
from assess.estate.snapshot import SnapshotError, load
from assess.readers import files
from assess.readers.errors import InputError

Saved = Literal["estate", "assessment"]

_HEAD = 64 * 1024
_GZIP = b"\x1f\x8b"
_MAX_ASSESSMENT = 512 * 1024 * 1024


def kind_of(path: str) -> Saved | None:
    """What a file says it is, by its beginning; none for anything else.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - a path as it was given, not normalised
            head = stream.read(_HEAD)
    except (OSError, ValueError) as error:
        raise InputError(path, files.reason(error)) from None
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        except zlib.error:
            return None
    if b'"scoring_model_version"' in head:
        return "assessment"
    return "estate" if b'"detectors_version"' in head and b'"schema_version"' in head else None


def read_estate(path: str) -> Estate:
    """A saved estate.

    Raises:
        InputError: it is none, is broken, or was saved by a newer version.
    """
    try:
        return load(Path(path))
    except SnapshotError as error:
        raise InputError(path, error.message, error.line) from None
    except OSError as error:
        raise InputError(path, files.reason(error)) from None


def read_saved(path: str) -> Estate | Assessment:
    """A saved estate or a saved assessment.

    Raises:
        InputError: it is neither, is broken, or was saved by a newer version.
    """
    found = files.status(path)
    if found.st_size == 0:
        raise InputError(path, "the file is empty")
    kind = kind_of(path)
    if kind == "estate" or path.endswith(".gz"):
        return read_estate(path)
    if kind == "assessment":
        return _assessment(path, found.st_size)
    raise InputError(path, "this is neither a saved estate nor a saved assessment")


def _assessment(path: str, size: int) -> Assessment:
    if size > _MAX_ASSESSMENT:
        raise InputError(path, "the file is too large for a saved assessment")
    try:
        document = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(path, files.reason(error)) from None
    except json.JSONDecodeError as error:
        raise InputError(path, "it is not JSON, or it is truncated", error.lineno) from None
    except (ValueError, RecursionError):
        raise InputError(path, "it is not JSON that can be read") from None
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise InputError(
            path, f"a newer version of assess saved it (schema {version}; this one reads {SCHEMA_VERSION})"
        )
    try:
        return Assessment.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise InputError(path, f"this is no assessment that can be read: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {str(first['msg']).lower()} (a newer version may have saved it)"
