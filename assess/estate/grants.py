"""What the policies of a role let it do: which actions, on which resources, under which conditions.

Evaluated as IAM does it (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html),
as far as the role's own policies and its permissions boundary tell. Policies of resources, of the organisation and of
the session are not part of it: where this says that a role may do something, they can still forbid it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from assess.estate.actions import (
    PLACEHOLDER,
    AccessLevel,
    ActionSet,
    actions_matching,
    actions_of_arn_service,
    actions_of_level,
    actions_on,
    arn_parts,
    covers,
    everything,
    may_overlap,
    opened,
)
from assess.estate.identity import Role, Statement, statements_of

ANY = "*"
"""Stands for every service, and for every resource."""


class Exactness(StrEnum):
    """How exactly a grant names its resource."""

    EXACT = "exact"
    """One thing: a bucket (whichever of its objects), a table, a queue."""
    PATTERN = "pattern"
    """Things whose name has a certain shape (``orders-*``), or holds a variable."""
    SERVICE = "service"
    """Everything in a service."""
    ALL = "all"
    """Everything in every service."""


class Flow(StrEnum):
    """What of a resource's content goes where."""

    READ = "read"
    WRITE = "write"
    PRODUCE = "produce"
    """Messages or records go into a queue, topic, stream or bus."""
    CONSUME = "consume"
    """They are taken out of it."""


class Boundary(StrEnum):
    """What a role's permissions boundary did to its grants."""

    NONE = "none"
    APPLIED = "applied"
    UNKNOWN = "unknown"
    """There is one, and its text was not read: the role may be allowed less than its grants say."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a statement; of its values only ARNs, accounts and ids of AWS."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Denial:
    """What a Deny takes off a grant under its conditions, or on some of the grant's resources."""

    actions: ActionSet
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """What one statement allows on one of its resources in one service; denied actions are taken off."""

    service: str
    """Prefix of the actions; :data:`ANY` where they are of every service."""
    resource: str
    """As the policy writes it, or as the boundary does where that names less."""
    not_resources: tuple[str, ...]
    """Where the statement says ``NotResource`` (``resource`` is :data:`ANY` then): all but these."""
    actions: ActionSet
    conditions: tuple[Condition, ...]
    """Of the statement, and of the boundary's where only that allows it."""
    denials: tuple[Denial, ...]
    statement: Statement
    place: tuple[str | int, ...]
    """Steps to the statement from the role's root, for evidence."""

    @property
    def is_conditional(self) -> bool:
        """Whether it holds under conditions only."""
        return bool(self.conditions)

    @property
    def levels(self) -> frozenset[AccessLevel]:
        """What kinds of access it gives."""
        return self.actions.levels

    @property
    def flows(self) -> frozenset[Flow]:
        """What it lets go where."""
        return flows_of(self.actions)

    @property
    def exactness(self) -> Exactness:
        """How exactly it names its resource."""
        return exactness_of(self.service, self.resource)

    @property
    def thing(self) -> str:
        """The ARN (with wildcards) of the thing that the resource is, or lies in; :data:`ANY` for every resource."""
        return thing_of(self.resource)

    @property
    def field(self) -> str:
        """The field of the statement that names its actions."""
        return "NotAction" if self.statement.not_actions else "Action"

    def written(self, action: str) -> str | None:
        """The pattern among the statement's actions that takes in ``action``, the most exact first."""
        found = [each for each in self.statement.actions if action in actions_matching(each)]
        return min(found, key=lambda each: len(actions_matching(each)), default=None)


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that a role may do in one service with one thing, over all of its grants."""

    service: str
    thing: str
    """ARN of the thing, with wildcards where the policy has them; :data:`ANY` for every resource."""
    exactness: Exactness
    flows: frozenset[Flow]
    levels: frozenset[AccessLevel]
    is_conditional: bool
    """Whether every grant of it holds under conditions only."""
    grants: tuple[Grant, ...]


@dataclass(frozen=True)
class Permissions:
    """What a role may do."""

    grants: tuple[Grant, ...]
    boundary: Boundary
    unread: tuple[str, ...]
    """Names of policies whose text was not read: they may allow more, and deny some."""

    def allowing(self, action: str) -> Iterator[Grant]:
        """The grants of an action (``service:Name``)."""
        return (each for each in self.grants if action in each.actions)

    @cached_property
    def access(self) -> tuple[Access, ...]:
        """What the role may do by service and thing, sorted."""
        found: dict[tuple[str, str], list[Grant]] = {}
        for each in self.grants:
            found.setdefault((each.service, each.thing), []).append(each)
        return tuple(_access(service, thing, found[service, thing]) for service, thing in sorted(found))


def _access(service: str, thing: str, grants: list[Grant]) -> Access:
    actions = ActionSet()
    for each in grants:
        actions |= each.actions
    return Access(
        service=service,
        thing=thing,
        exactness=exactness_of(service, thing),
        flows=flows_of(actions),
        levels=actions.levels,
        is_conditional=all(each.is_conditional for each in grants),
        grants=tuple(grants),
    )


def permissions_of(role: Role) -> Permissions:
    """What the policies of a role let it do, as far as they were read."""
    placed = list(role.placed_statements())
    denials = [_Rule(each) for _, each in placed if each.denies]
    boundary, limits = Boundary.NONE, None
    if role.permissions_boundary is not None and role.permissions_boundary.permissions_boundary_arn:
        boundary, limits = Boundary.UNKNOWN, None
        if role.permissions_boundary.document is not None:
            boundary = Boundary.APPLIED
            of_boundary = list(statements_of(role.permissions_boundary.document))
            limits = [_Rule(each) for each in of_boundary if each.allows]
            denials += [_Rule(each) for each in of_boundary if each.denies]
    grants: list[Grant] = []
    for place, statement in placed:
        for grant in _grants(place, statement) if statement.allows else ():
            for limited in [grant] if limits is None else _within(grant, limits):
                left = _denied(limited, denials)
                if left.actions:
                    grants.append(left)
    unread = tuple(each.policy_name for each in role.policies if each.document is None)
    return Permissions(tuple(grants), boundary, unread)


def selected(statement: Statement) -> ActionSet:
    """The actions that a statement names, or that it names all others of."""
    return _selected(statement.actions, statement.not_actions)


@lru_cache(maxsize=4096)
def _selected(actions: tuple[str, ...], not_actions: tuple[str, ...]) -> ActionSet:
    if not_actions:
        return ActionSet(everything().bits & ~_selected(not_actions, ()).bits)
    found = ActionSet()
    for each in actions:
        found |= actions_matching(each)
    return found


_NOTHING = ActionSet()


_VARIABLE = re.compile(r"\$\{[A-Za-z][\w-]*:(?!:)[^{}]*\}")
"""A policy variable (``${aws:username}``), which differs from request to request; ``${AWS::Region}`` does not."""


class _Rule:
    """A statement that limits others: a Deny, or an Allow of a boundary."""

    __slots__ = ("actions", "conditions", "opened", "statement", "whole")

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.actions = selected(statement)
        named = statement.not_resources or statement.resources
        # what holds a variable is about one thing a request, never about all that its wildcards stand for
        self.whole = tuple(each for each in named if not _VARIABLE.search(each))
        self.opened = tuple(opened(each) for each in named)
        self.conditions = _conditions(statement)

    def of(self, actions: ActionSet) -> ActionSet:
        """Those of the actions that it is about."""
        bits = actions.bits & self.actions.bits
        if not bits and not actions.unlisted:
            return _NOTHING
        return ActionSet(bits, frozenset(each for each in actions.unlisted if self._names(each.lower())))

    def _names(self, action: str) -> bool:
        if self.statement.not_actions:
            return not any(covers(each.lower(), action) for each in self.statement.not_actions)
        return any(covers(each.lower(), action) for each in self.statement.actions)

    def covers(self, resource: str) -> bool:
        """Whether it is about everything that the resource's pattern stands for."""
        if self.statement.not_resources:
            return not any(may_overlap(each, opened(resource)) for each in self.opened)
        return resource in self.statement.resources or any(covers(each, resource) for each in self.whole)

    def touches(self, resource: str) -> bool:
        """Whether it may be about some of it."""
        if self.statement.not_resources:
            return not any(covers(each, resource) for each in self.whole)
        return any(may_overlap(each, opened(resource)) for each in self.opened)


def _grants(place: tuple[str | int, ...], statement: Statement) -> Iterator[Grant]:
    chosen = selected(statement)
    conditions = _conditions(statement)
    not_resources = statement.not_resources
    for resource, actions in _by_resource(statement, chosen, (ANY,) if not_resources else statement.resources):
        for service in _services(statement, resource, actions):
            yield Grant(
                service=service,
                resource=resource,
                not_resources=not_resources,
                actions=actions if service == ANY else actions.of_service(service),
                conditions=conditions,
                denials=(),
                statement=statement,
                place=place,
            )


def _by_resource(
    statement: Statement, chosen: ActionSet, resources: tuple[str, ...]
) -> Iterator[tuple[str, ActionSet]]:
    """For each resource the actions that take it.

    An action that is named in full, and takes none of the resources by its type, is taken with all of its service's:
    whoever wrote both meant something by it, and the reference may be older than the policy.
    """
    reach = {each: actions_on(opened(each)) for each in resources}
    taken = 0
    for each in reach.values():
        taken |= each.bits
    exact = 0
    for pattern in statement.actions:
        found = actions_matching(pattern)
        exact |= found.bits if len(found) == 1 else 0
    astray = exact & ~taken
    for resource, reached in reach.items():
        bits = chosen.bits & reached.bits
        name = arn_parts(opened(resource))[2] if resource != ANY else ANY
        if astray and resource != ANY:
            bits |= astray & actions_of_arn_service(name).bits
        unlisted = frozenset(
            each for each in chosen.unlisted if resource == ANY or covers(name, each.partition(":")[0].lower())
        )
        if bits or unlisted:
            yield resource, ActionSet(bits, unlisted)


def _services(statement: Statement, resource: str, actions: ActionSet) -> tuple[str, ...]:
    if resource == ANY and (statement.not_actions or any(each in (ANY, "*:*") for each in statement.actions)):
        return (ANY,)
    return actions.services


def _within(grant: Grant, limits: list[_Rule]) -> Iterator[Grant]:
    """What a boundary leaves of a grant: on its own resource, and on narrower ones that the boundary names."""
    resource = grant.resource
    found: dict[tuple[str, tuple[Condition, ...]], ActionSet] = {}

    def add(where: str, conditions: tuple[Condition, ...], actions: ActionSet) -> None:
        if actions:
            key = (where, conditions)
            found[key] = found.get(key, ActionSet()) | actions

    for limit in limits:
        common = limit.of(grant.actions)
        if not common:
            continue
        if limit.covers(resource):
            add(resource, limit.conditions, common)
            continue
        for each in limit.statement.resources:
            if covers(resource, each):
                add(each, limit.conditions, ActionSet(common.bits & actions_on(opened(each)).bits, common.unlisted))
            elif may_overlap(opened(resource), opened(each)):
                add(resource, limit.conditions, common)
        if limit.statement.not_resources and limit.touches(resource):
            add(resource, limit.conditions, common)
    whole = found.get((resource, ()), ActionSet())
    for (where, conditions), actions in found.items():
        extra = actions
        if (where, conditions) != (resource, ()):
            extra = ActionSet(actions.bits & ~whole.bits, actions.unlisted - whole.unlisted)
        if extra:
            yield from _split(replace(grant, resource=where, conditions=grant.conditions + conditions, actions=extra))


def _split(grant: Grant) -> Iterator[Grant]:
    """A grant of every service that a boundary left a part of, by service, unless much is left."""
    services = grant.actions.services if grant.service == ANY else ()
    if not services or len(services) > _MANY_SERVICES:
        yield grant
    for each in services[: 0 if len(services) > _MANY_SERVICES else None]:
        yield replace(grant, service=each, actions=grant.actions.of_service(each))


_MANY_SERVICES = 50
"""A grant of every service that a boundary limits to no more than these stands for them, one by one."""


def _denied(grant: Grant, denials: Iterable[_Rule]) -> Grant:
    resource = grant.resource
    left, partial = grant.actions, []
    for each in denials:
        taken = each.of(left)
        if not taken:
            continue
        if not each.conditions and each.covers(resource):
            left = ActionSet(left.bits & ~taken.bits, left.unlisted - taken.unlisted)
        elif each.touches(resource):
            statement = each.statement
            partial.append(Denial(taken, statement.resources, statement.not_resources, each.conditions))
    if left is grant.actions and not partial:
        return grant
    return replace(grant, actions=left, denials=tuple(partial))


_HARMLESS = re.compile(r"arn:[^\s()<>]+|\d{12}|(?:[a-z]+-)+[0-9a-f]{8,17}|[or]-[a-z0-9]{4,32}|ou-[a-z0-9-]{8,68}|[*]")
"""ARNs, accounts, ids of things (``vpc-0a1b2c3d``) and of organisations and their units."""


def _conditions(statement: Statement) -> tuple[Condition, ...]:
    return tuple(
        Condition(operator, key, tuple(each for each in values if _HARMLESS.fullmatch(each)))
        for operator, key, values in statement.conditions()
    )


# --- flows and things -------------------------------------------------------------------------------------------


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    produces: tuple[str, ...]
    consumes: tuple[str, ...]
    things: Mapping[str, re.Pattern[str]]


@cache
def _data() -> _Data:
    return _Data.model_validate(tomllib.loads((files("assess.estate") / "data" / "iam.toml").read_text("utf-8")))


@cache
def _flow_bits() -> dict[Flow, int]:
    """Bits of the actions of each flow; configuring, tagging and permissions are none."""
    bits = {
        Flow.PRODUCE: _selected(_data().produces, ()).bits,
        Flow.CONSUME: _selected(_data().consumes, ()).bits,
        Flow.READ: 0,
        Flow.WRITE: 0,
    }
    special = bits[Flow.PRODUCE] | bits[Flow.CONSUME]
    levels = {each: actions_of_level(each).bits & ~special for each in AccessLevel}
    bits[Flow.READ] = levels[AccessLevel.READ] | levels[AccessLevel.LIST]
    about = levels[AccessLevel.TAGGING] | levels[AccessLevel.PERMISSIONS_MANAGEMENT]
    bits[Flow.WRITE] = levels[AccessLevel.WRITE] & ~about
    return bits


def flows_of(actions: ActionSet) -> frozenset[Flow]:
    """What actions let go where: by the reference's levels, and for messages and records by a list of ours."""
    return frozenset(flow for flow, bits in _flow_bits().items() if bits & actions.bits)


def thing_of(resource: str) -> str:
    """The ARN of the thing that a resource is or lies in (of an object: its bucket); else the resource.

    Placeholders stay as they are: of ``${Bucket.Arn}/*`` the thing is ``${Bucket.Arn}``.
    """
    leading = PLACEHOLDER.match(resource)
    if leading is not None:
        return leading[0] if resource[leading.end() :][:1] in ("", "/", ":") else resource
    parts = arn_parts(resource)
    pattern = _data().things.get(parts[2])
    if pattern is None:
        return resource
    # a placeholder may hold the characters that part names: it is put aside while they are looked for
    held = [each[0] for each in PLACEHOLDER.finditer(parts[5])]
    found = pattern.match(PLACEHOLDER.sub(_ASIDE, parts[5]))
    if found is None:
        return resource
    name = re.sub(_ASIDE, lambda aside: held.pop(0) if held else aside[0], found[0]) if held else found[0]
    return ":".join((*parts[:5], name))


_ASIDE = "\N{OBJECT REPLACEMENT CHARACTER}"


def exactness_of(service: str, resource: str) -> Exactness:
    """How exactly a policy names the thing that a resource is or lies in, for actions of a service."""
    if resource == ANY:
        return Exactness.ALL if service == ANY else Exactness.SERVICE
    # a template's placeholder stands for one text, though nobody knows it yet
    thing = PLACEHOLDER.sub("x", _VARIABLE.sub(ANY, thing_of(resource)))
    parts = arn_parts(thing)
    name = re.split("[/:]", parts[5], maxsplit=1)[-1] if thing.startswith("arn:") else thing
    if not name.strip("*?/:"):
        return Exactness.ALL if not parts[2].strip("*?") else Exactness.SERVICE
    return Exactness.PATTERN if re.search("[*?]", name) else Exactness.EXACT
