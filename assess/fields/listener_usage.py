"""Which kinds of conditions, actions and transforms listener rules use, and which of those the map does not know."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assess.estate.balancing import Action, Condition, Listener, ListenerRule
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.fields.listener_map import ListenerKind, RulePart, listener_map

__all__ = ["KindUse", "WorkloadListeners", "kinds_in"]


@dataclass(frozen=True, slots=True)
class KindUse:
    """A kind that a rule or a listener's default actions use, and where."""

    part: RulePart
    kind: str
    setting: str
    steps: tuple[str | int, ...]
    """To its name in the document of the rule or the listener."""

    @property
    def known(self) -> ListenerKind | None:
        """Its row of the map; none for a kind that nobody has looked at."""
        return listener_map().get((self.part, self.kind, self.setting))


def kinds_in(holder: Listener | ListenerRule) -> Iterator[KindUse]:
    """The kinds that a listener's default actions or a rule use, in the order of the document."""
    if isinstance(holder, Listener):
        yield from _actions(holder.default_actions, "DefaultActions")
        return
    for index, condition in enumerate(holder.conditions):
        steps = ("Conditions", index, "Field")
        yield KindUse("condition", condition.field, "", steps)
        if _is_by_expression(condition):
            yield KindUse("condition", condition.field, "regex", steps)
    yield from _actions(holder.actions, "Actions")
    transforms = holder.unknown_fields.get("Transforms")
    for index, transform in enumerate(transforms if isinstance(transforms, list | tuple) else ()):
        kind = transform.get("Type") if isinstance(transform, Mapping) else None
        yield KindUse("transform", str(kind or ""), "", ("Transforms", index, "Type"))


def _actions(actions: Iterable[Action], field: str) -> Iterator[KindUse]:
    for index, action in enumerate(actions):
        steps = (field, index, "Type")
        yield KindUse("action", action.type, "", steps)
        forward = action.forward_config
        if action.type == "forward" and forward is not None:
            if len(forward.target_groups) > 1:
                yield KindUse("action", action.type, "weights", steps)
            if (forward.target_group_stickiness_config or {}).get("Enabled") in (True, "true"):
                yield KindUse("action", action.type, "stickiness", steps)


def _is_by_expression(condition: Condition) -> bool:
    given: tuple[Any, ...] = (condition.unknown_fields, *condition.unknown_fields.values())
    return any(isinstance(each, Mapping) and bool(each.get("RegexValues")) for each in given)


class WorkloadListeners:
    """What listeners do with the requests for an estate's workloads; each rule is walked once."""

    def __init__(self, estate: Estate) -> None:
        self._balancers = {each.target_group_arn: each.load_balancer_arns for each in estate.target_groups}
        self._of_group: dict[str, set[ListenerKind]] = {}
        self._of_balancer: dict[str, set[ListenerKind]] = {}
        """What is done with requests that are led to nobody: redirects and fixed answers."""
        balancer_of = {each.listener_arn: each.load_balancer_arn for each in estate.listeners}
        holders: list[Listener | ListenerRule] = [*estate.listeners]
        holders += [each for each in estate.listener_rules if not each.is_default]
        for holder in holders:
            actions = holder.default_actions if isinstance(holder, Listener) else holder.actions
            kinds = {known for each in kinds_in(holder) if (known := each.known) is not None}
            groups = {group for each in actions for group in each.target_groups}
            for group in groups:
                self._of_group.setdefault(group, set()).update(kinds)
            if not groups:
                balancer = balancer_of.get(holder.listener_arn, "")
                self._of_balancer.setdefault(balancer, set()).update(kinds)

    def of(self, workload: Workload) -> tuple[ListenerKind, ...]:
        """The kinds of the rules that lead to a workload, and of those of its listeners that lead to nobody.

        Each once, in the order of the map; kinds that the map does not know are left out.
        """
        attached = workload.service.all_load_balancers if workload.service is not None else ()
        groups = {each.target_group_arn for each in attached if each.target_group_arn}
        found: set[ListenerKind] = set().union(*(self._of_group.get(each, ()) for each in groups))
        for balancer in {arn for group in groups for arn in self._balancers.get(group, ())}:
            found |= self._of_balancer.get(balancer, set())
        return tuple(each for each in listener_map().values() if each in found)
