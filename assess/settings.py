"""Finds the team's policy (assess.toml, or [tool.assess] in pyproject.toml) and reads it, naming file, line and key."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from assess.config import Policy
from assess.errors import UserError

OWN_FILE = "assess.toml"
SHARED_FILE = "pyproject.toml"


class SettingsError(UserError):
    """A policy file that is wrong; its text is one line, ``FILE[:LINE]: [KEY:] what is wrong``."""

    def __init__(self, path: Path, message: str, *, line: int | None = None, key: str = "") -> None:
        self.path = path
        self.line = line
        self.key = key
        self.problem = message
        place = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(": ".join(each for each in (place, key, message) if each))


@dataclass(frozen=True, slots=True)
class Settings:
    """A policy and the file it stands in, so that whoever finds it at fault can name the place."""

    policy: Policy
    path: Path | None = None
    """None where no file was found: the policy holds its defaults."""
    under: tuple[str, ...] = ()
    """The table of the file that holds the policy."""

    @property
    def folder(self) -> Path:
        """What paths in the policy are relative to."""
        return self.path.parent if self.path is not None else Path()

    def error(self, steps: tuple[str | int, ...], message: str) -> SettingsError:
        """That the value to which the steps lead is wrong."""
        return _error(self.path or Path(OWN_FILE), self.under, steps, message)


def load_policy(named: str | None = None, start: Path | None = None) -> Policy:
    """The policy alone of :func:`load_settings`."""
    return load_settings(named, start).policy


def load_settings(named: str | None = None, start: Path | None = None) -> Settings:
    """The policy of the file ``named``, else of the nearest one from ``start`` (the current folder) upwards.

    In each folder assess.toml counts before pyproject.toml; a pyproject.toml without [tool.assess] is passed over.
    Without any file the policy holds its defaults. What it says of rules is held against the rules elsewhere.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or says something that a policy does not hold.
    """
    if named is not None:
        path = Path(named)
        document = _toml(path)
        if path.name != SHARED_FILE:
            return _settings(path, document, ())
        section = _section(document)
        if section is None:
            raise SettingsError(path, "there is no [tool.assess] in it")
        return _settings(path, section, ("tool", "assess"))
    for folder in _upwards((start or Path.cwd()).absolute()):
        own = folder / OWN_FILE
        if own.is_file():
            return _settings(own, _toml(own), ())
        shared_file = folder / SHARED_FILE
        if shared_file.is_file() and (section := _section(_toml(shared_file))) is not None:
            return _settings(shared_file, section, ("tool", "assess"))
    return Settings(Policy())


def _upwards(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(path, (error.strerror or "it cannot be read").lower()) from None
    except UnicodeDecodeError:
        raise SettingsError(path, "it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        message, line = _located(str(error), text)
        raise SettingsError(path, message, line=line) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, a thousand brackets
        raise SettingsError(path, "it is not a TOML document that can be read") from None


def _located(message: str, text: str) -> tuple[str, int]:
    """The parser's message without its place, and the line of the place."""
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if found is None:
        return message, 1
    line = int(found[1]) if found[1] else text.count("\n") + 1
    return f"it is not TOML: {message[: found.start()].lower()}", line


def _section(document: Mapping[str, Any]) -> dict[str, Any] | None:
    tools = document.get("tool")
    section = tools.get("assess") if isinstance(tools, dict) else None
    return section if isinstance(section, dict) else None


def _settings(path: Path, document: Mapping[str, Any], under: tuple[str, ...]) -> Settings:
    return Settings(_policy(path, document, under), path, under)


def _policy(path: Path, document: Mapping[str, Any], under: Sequence[str]) -> Policy:
    thresholds = document.get("thresholds")
    if isinstance(thresholds, dict):
        document = {**document, "thresholds": dict(_flat(thresholds))}
    try:
        policy = Policy.model_validate(document)
    except ValidationError as error:
        problem = min(error.errors(include_url=False, include_input=False), key=lambda each: _order(path, under, each))
        steps = tuple(problem["loc"])
        raise _error(path, under, steps, _words(problem["type"], str(problem["msg"]), steps)) from None
    for index, waiver in enumerate(policy.waivers):
        if (waiver.workload is None) == (waiver.subject is None):
            raise _error(path, under, ("waiver", index), "a waiver names either a workload or a subject")
        for name in ("rule", "reason", "owner"):
            if not getattr(waiver, name).strip():
                raise _error(path, under, ("waiver", index, name), "it is empty")
    return policy


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """``RULE-ID.name`` for both ways of writing it: one key in quotes, or a table of the rule's own."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _order(path: Path, under: Sequence[str], problem: Any) -> tuple[int, str]:
    return _line(path, under, tuple(problem["loc"])) or 0, str(problem["loc"])


def _error(path: Path, under: Sequence[str], steps: tuple[str | int, ...], message: str) -> SettingsError:
    return SettingsError(path, message, line=_line(path, under, steps), key=_written(steps))


def _written(steps: tuple[str | int, ...]) -> str:
    """``waiver[0].expires`` for the steps to a value; the index counts from 0, in the order of the file."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


_WORDS: Mapping[str, str] = {
    "missing": "it is missing",
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "string_type": "it must be a text",
    "date_from_datetime_inexact": "it must be a day without a time, such as 2027-03-31",
    "date_from_datetime_parsing": "it must be a day, such as 2027-03-31",
    "date_parsing": "it must be a day, such as 2027-03-31",
    "date_type": "it must be a day, such as 2027-03-31",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "int_type": "it must be a whole number",
    "model_type": "it must be a table",
    "dict_type": "it must be a table",
    "tuple_type": "it must be a list of texts",
}


def _words(kind: str, message: str, steps: tuple[str | int, ...]) -> str:
    if kind == "extra_forbidden":
        known = _known(steps[:-1])
        near = difflib.get_close_matches(str(steps[-1]), known, n=1)
        return "there is no such key" + (f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}")
    if kind == "tuple_type" and steps == ("waiver",):
        return "it must be written as [[waiver]]"
    if kind in _WORDS:
        return _WORDS[kind]
    return message.replace("Input should be", "it must be")


def _known(steps: tuple[str | int, ...]) -> list[str]:
    """The keys of the table that the steps lead to."""
    model: type[BaseModel] = Policy
    for step in steps:
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                inner = [field.annotation, *get_args(field.annotation)]
                model = next(each for each in inner if isinstance(each, type) and issubclass(each, BaseModel))
    return [field.alias or name for name, field in model.model_fields.items()]


# --- the line of a key --------------------------------------------------------------------------------------------

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def _line(path: Path, under: Sequence[str], steps: tuple[str | int, ...]) -> int | None:
    """The 1-based line of the key, or of the nearest table around it; none where the file does not show it.

    tomllib tells no lines, so the file's own layout is read: one table heading or one key a line.
    """
    wanted = (*under, *(part for step in steps for part in (step.split(".") if isinstance(step, str) else (step,))))
    lines: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, text in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if heading := _TABLE.match(text):
            table = _parts(heading[2])
            if heading[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                table = (*table, index)
            lines.setdefault(table, number)
        elif key := _KEY.match(text):
            lines.setdefault((*table, *_parts(key[1])), number)
    while wanted:
        if wanted in lines:
            return lines[wanted]
        wanted = wanted[:-1]
    return None


def _parts(written: str) -> tuple[str | int, ...]:
    """The steps of a key as it is written; one in quotes counts as many as it has dots, as the others do."""
    return tuple(part for each in _PART.findall(written) for part in each.strip("\"'").split("."))
