"""Builds an estate: every document passes the door here, on its way in, and nowhere else."""

import json
import re
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_snake

from assess.estate.door import DETECTORS_VERSION, Door
from assess.estate.estate import FACT_KINDS, SCHEMA_VERSION, Estate, Scope
from assess.estate.facts import Fact, Origin, pointer
from assess.estate.gaps import Gap, Seen
from assess.estate.redaction import MARKER

_M = TypeVar("_M", bound=BaseModel)
_Steps = tuple[str | int, ...]

LONGEST_MESSAGE = 300
"""Characters that a gap's message keeps."""


class WrongShapeError(ValueError):
    """A document that a model cannot take, where nothing may be left out; says where (JSON pointer) and what."""

    def __init__(self, at: str, problem: str) -> None:
        super().__init__(f"{at or '/'}: {problem}")
        self.at = at
        self.problem = problem


class EstateBuilder:
    """Takes documents as AWS or a file gave them, from several threads, and makes the estate of them."""

    def __init__(self, door: Door | None = None) -> None:
        self._door = door or Door()
        self._lock = threading.Lock()
        self._facts: dict[str, dict[tuple[str, ...], Fact]] = {kind: {} for kind in FACT_KINDS}
        self._gaps: dict[Gap, None] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self._batches = 0

    def add(self, kind: str, document: Mapping[str, Any], origin: Origin) -> Fact:
        """Admits one document as a member of the estate's list ``kind`` and returns it as it is kept.

        Nulls are dropped. A leaf whose type the model cannot take (a placeholder for a number) is left out and kept
        in ``origin.unresolved``; of files, texts that hold a template's placeholder are listed there too. Of equal
        identities in an account and region, or in a file, the fuller document is kept. Raises DoorError.
        """
        return self._add(kind, document, origin.model_dump(exclude_unset=True), _LIVE, whole=False)

    def secret(self, text: str, *, is_known: bool = True) -> str:
        """What is to stand in a document for a text that its owner calls a secret: see :meth:`Door.secret`."""
        return self._door.secret(text, is_known=is_known)

    def restore(self, kind: str, document: Mapping[str, Any], batch: int) -> Fact:
        """Admits a fact of a saved estate, ``@origin`` within it. Raises DoorError and WrongShapeError."""
        rest = {key: value for key, value in document.items() if key != "@origin"}
        return self._add(kind, rest, document.get("@origin", {}), batch, whole=True)

    def new_batch(self) -> int:
        """A number for a saved estate that is about to be restored: its redaction groups stay its own."""
        with self._lock:
            self._batches += 1
            return _LIVE + self._batches

    def include(self, estate: Estate) -> None:
        """Takes over all of a finished estate; its scope is the caller's to join. Raises DoorError."""
        batch = self.new_batch()
        for kind in FACT_KINDS:
            for fact in getattr(estate, kind):
                self.restore(kind, fact.model_dump(by_alias=True, exclude_unset=True), batch)
        for gap in estate.gaps:
            self.gap(gap, batch=batch)
        for seen in estate.seen:
            self.saw(seen.fact, seen.account, seen.region)

    def gap(self, gap: Gap, *, batch: int | None = None) -> None:
        """Notes something that could not be read; its message passes the door too, as one line. Raises DoorError."""
        batch = _LIVE if batch is None else batch
        plain = gap.model_dump(exclude_unset=True, mode="json")
        plain["message"] = _NOT_PRINTED.sub(" ", gap.message[:_LONGEST_READ]).strip()
        admitted = self._door.admit(Gap, plain, batch=batch)
        admitted["message"] = _cut(admitted["message"])
        admitted["reason"] = gap.reason  # one of our own words, not somebody's text
        kept = Gap.model_validate(admitted)
        with self._lock:
            self._gaps[kept] = None

    def saw(self, fact: str, account: str, region: str) -> None:
        """Notes that a fact was read in an account and region (empty region: everywhere)."""
        with self._lock:
            self._seen.add((fact, account, region))

    def build(self, *, collected_at: datetime, scope: Scope, batch: int | None = None) -> Estate:
        """The estate: facts sorted, redaction groups numbered in order of first appearance."""
        numbers: dict[str, str] = {}
        safe = self._door.admit(Scope, scope, batch=_LIVE if batch is None else batch)
        with self._lock:
            facts = {kind: sorted(found.values(), key=_place) for kind, found in self._facts.items()}
            gaps = sorted(self._gaps, key=_gap_place)
            seen = sorted(self._seen)
        return Estate(
            schema_version=SCHEMA_VERSION,
            detectors_version=DETECTORS_VERSION,
            collected_at=collected_at,
            scope=_renumbered(Scope.model_validate(safe), numbers),
            seen=tuple(
                Seen.model_validate(self._door.admit(Seen, {"fact": fact, "account": account, "region": region}))
                for fact, account, region in seen
            ),
            gaps=tuple(_renumbered(gap, numbers) for gap in gaps),
            **{kind: tuple(_renumbered(fact, numbers) for fact in found) for kind, found in facts.items() if found},
        )

    def _add(self, kind: str, document: Mapping[str, Any], origin: Any, batch: int, *, whole: bool) -> Fact:
        model = FACT_KINDS[kind]
        admitted = self._door.admit(model, _without_nulls(document), batch=batch)
        admitted.pop("@origin", None)  # where it comes from is not the document's to say
        safe = self._door.admit(Origin, origin, batch=batch)
        if isinstance(safe, dict) and isinstance(safe.get("unresolved"), dict):
            safe["unresolved"] = {at: self._unresolved(admitted, at, text) for at, text in safe["unresolved"].items()}
        fact = _whole(model, {"@origin": safe, **admitted}) if whole else self._fact(model, admitted, safe)
        key = _identity(fact)
        with self._lock:
            known = self._facts[kind].get(key)
            self._facts[kind][key] = fact if known is None else max(known, fact, key=_fullness)
        return fact

    def _unresolved(self, document: Any, at: str, text: str) -> str:
        """What an origin says stands at ``at``: as it is where it does stand there, else a text like any other."""
        return text if _standing(document, at) == text else self._door.text(text)

    def _fact(self, model: type[Fact], document: dict[str, Any], origin: dict[str, Any]) -> Fact:
        """The fact of an admitted document; leaves that its model cannot take go to the origin's ``unresolved``."""
        pruned: dict[str, str] = {}
        lines = origin.get("lines", {})
        while True:
            given = dict(origin)
            if pruned or origin.get("source") is not None:
                unresolved = {**origin.get("unresolved", {}), **pruned, **dict(_placeholders(document, origin))}
                given |= {"lines": lines} if lines else {}
                given |= {"unresolved": unresolved} if unresolved else {}
            try:
                return model.model_validate({"@origin": given, **document})
            except ValidationError as error:
                places = {each["loc"] for each in _errors(error)}
            gone: dict[str, list[int]] = {}
            for place in sorted(places, key=_last_first, reverse=True):
                steps, value = _pruned(document, place)
                text = value if isinstance(value, str) else json.dumps(value, default=str)
                pruned.setdefault(pointer(*steps), self._door.text(text))
                if isinstance(steps[-1], int):
                    gone.setdefault(pointer(*steps[:-1]), []).append(steps[-1])
            lines = _shifted(lines, gone)


_LIVE = 0
"""The batch of what comes from AWS and from files that are no saved estates: markers in it are nobody's."""

_LONGEST_READ = 4096
_NOT_PRINTED = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNFINISHED = re.compile(r"\(redacted:[^)]*$")


def _cut(message: str) -> str:
    if len(message) <= LONGEST_MESSAGE:
        return message
    return _UNFINISHED.sub("", message[: LONGEST_MESSAGE - 4]).rstrip() + " ..."


def _without_nulls(value: Any) -> Any:
    if isinstance(value, str):  # most leaves by far
        return value
    if isinstance(value, dict | Mapping):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(each) for each in value]
    return value


# --- what a model cannot take ---------------------------------------------------------------------------------------


def _whole(model: type[_M], document: Mapping[str, Any]) -> _M:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = _errors(error)[0]
    raise WrongShapeError(pointer(*first["loc"]), first["msg"])


def _errors(error: ValidationError) -> list[Any]:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _standing(document: Any, at: str) -> Any:
    """What stands at a JSON pointer, or none."""
    for step in at.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


def _last_first(place: _Steps) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in place)


def _pruned(document: dict[str, Any], place: _Steps) -> tuple[_Steps, Any]:
    """Takes out what stands at ``place``, or the nearest thing around it that is there."""
    steps: list[str | int] = []
    at: Any = document
    holder: Any = document
    for step in place:
        found = _step(at, step)
        if found is None:
            break
        holder, at = at, at[found]
        steps.append(found)
    if not steps:
        raise WrongShapeError(pointer(*place), "has no place in the document")
    return tuple(steps), holder.pop(steps[-1])


def _step(at: Any, step: str | int) -> str | int | None:
    if isinstance(at, dict):
        named = [key for key in at if key == step or to_snake(key) == step or key == to_snake(str(step))]
        return str(named[0]) if named else None
    return step if isinstance(at, list) and isinstance(step, int) and step < len(at) else None


def _shifted(lines: Mapping[str, int], gone: Mapping[str, list[int]]) -> dict[str, int]:
    """Lines by pointer once list members are out: those behind them move up.

    ``gone`` holds the indexes that each list loses, by the list's pointer, as all of them were before.
    """
    if not gone:
        return dict(lines)
    lost = {at: sorted(indexes) for at, indexes in gone.items()}
    moved: dict[str, int] = {}
    for at, line in lines.items():
        before, after = "", ""
        for step in at.split("/")[1:]:
            indexes = lost.get(before, [])
            place = bisect_left(indexes, int(step)) if indexes and step.isdecimal() else 0
            if indexes and indexes[place : place + 1] == [int(step)]:
                break
            before += f"/{step}"
            after += f"/{int(step) - place}" if place else f"/{step}"
        else:
            moved[after] = line
    return moved


# --- placeholders of templates --------------------------------------------------------------------------------------

_TEMPLATE = re.compile(
    r"\$\{[^{}\n]{0,200}\}|\{\{[^{}\n]{0,200}\}\}|<%[^%\n]{0,200}%>|\{%[^%\n]{0,200}%\}|\#\{[^{}\n]{0,200}\}"
    r"|%[A-Z_][A-Z0-9_]{0,80}%|<[A-Za-z][\w .-]{0,80}>|\$[A-Z_][A-Z0-9_]{0,80}|__[A-Z][A-Z0-9_]{0,80}__"
)
_TEMPLATE_IN_COMMAND = re.compile(
    r"\{\{[^{}\n]{0,200}\}\}|<%[^%\n]{0,200}%>|\{%[^%\n]{0,200}%\}|\#\{[^{}\n]{0,200}\}|%[A-Z_][A-Z0-9_]{0,80}%"
    r"|<[A-Za-z][\w-]{0,80}>|\A\$\{[^{}\n]{0,200}\}\Z"
)
_COMMANDS = frozenset({"command", "entryPoint", "healthCheck"})
"""Where ``$NAME`` and ``${NAME}`` are the shell's, read when the container runs."""


def _placeholders(document: Any, origin: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if origin.get("source") is None:
        return
    pending: list[tuple[_Steps, Any, re.Pattern[str]]] = [((), document, _TEMPLATE)]
    while pending:
        steps, at, pattern = pending.pop()
        if isinstance(at, str):
            if pattern.search(at):
                yield pointer(*steps), at
        elif isinstance(at, Mapping):
            for key, each in reversed(list(at.items())):
                pending.append(((*steps, key), each, _TEMPLATE_IN_COMMAND if key in _COMMANDS else pattern))
        elif isinstance(at, Sequence):
            pending.extend(((*steps, index), at[index], pattern) for index in reversed(range(len(at))))


# --- order and numbers ----------------------------------------------------------------------------------------------


def _identity(fact: Fact) -> tuple[str, ...]:
    """What makes two documents the same thing."""
    origin = fact.origin
    identity = fact.identity
    if not identity or origin.source is not None:
        identity += "".join(f" {getattr(fact, name, '')}" for name in ("family", "revision", "name"))
    if not identity.strip(" None"):
        identity = _stable(fact.model_dump_json(by_alias=True, exclude_unset=True))
    return origin.account, origin.region, origin.source or "", identity


def _fullness(fact: Fact) -> tuple[int, str]:
    written = _stable(fact.model_dump_json(by_alias=True, exclude_unset=True))
    return len(written), written


def _place(fact: Fact) -> tuple[str, ...]:
    origin = fact.origin
    return (
        origin.account,
        origin.region,
        _stable(origin.source or ""),
        _stable(fact.identity),
        "" if fact.identity else _stable(fact.model_dump_json(by_alias=True, exclude_unset=True)),
    )


def _gap_place(gap: Gap) -> tuple[str, ...]:
    return gap.account, gap.region, gap.api, _stable(gap.resource or ""), gap.error, _stable(gap.message)


_NUMBER = re.compile(r"(?<=:g)[0-9]{1,9}(?=\))")


def _stable(text: str) -> str:
    """A text without the numbers of redaction groups, which depend on the order in which threads came."""
    return _NUMBER.sub("", text) if "(redacted:" in text else text


def _renumbered(model: _M, numbers: dict[str, str]) -> _M:
    """The model with its redaction groups numbered in order of first appearance; ``numbers`` knows those before."""
    written = model.model_dump_json(by_alias=True, exclude_unset=True)
    if "(redacted:" not in written:
        return model

    def number(match: re.Match[str]) -> str:
        of, detector, length, group = match.groups()
        return f"(redacted:{of}:{detector}:{length}:g{numbers.setdefault(group, str(len(numbers) + 1))})"

    return type(model).model_validate_json(MARKER.sub(number, written))
