"""The listener map: for every kind of condition, action and transform of a listener's rules, its place on Kubernetes.

``listener_map.csv`` has a row for each kind that Elastic Load Balancing lists, and one for each setting of a kind that
is carried over in another way (regular expressions, weights, stickiness). Targets are fields of the Gateway API and of
the AWS Load Balancer Controller.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assess.fields.field_map import FieldVerdict

__all__ = ["ListenerKind", "RulePart", "listener_map"]

RulePart = Literal["condition", "action", "transform"]
"""What a rule consists of; default actions of a listener are actions."""

_Words = Annotated[str, Field(min_length=4)]


class ListenerKind(BaseModel):
    """A kind of condition, action or transform, and what becomes of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: RulePart
    kind: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    """As Elastic Load Balancing names it: ``path-pattern``, ``fixed-response``, ``url-rewrite``."""
    setting: Literal["", "regex", "weights", "stickiness"] = ""
    """What the rule does with it beyond the plain kind; empty for the kind itself."""
    verdict: FieldVerdict
    target: _Words
    """The field or object of Kubernetes that takes its place."""
    difference: _Words
    """How the behaviour differs, for a person to read."""
    rule: Annotated[str, Field(pattern=r"^([A-Z]{3}(-[A-Z0-9]+)+)?$")] = ""
    """Id of the rule that judges it, if any."""

    # the map holds each kind once: it is itself and nothing else, which makes it a fast member of a set
    __eq__ = object.__eq__
    __hash__ = object.__hash__


_Key = tuple[str, str, str]


@cache
def listener_map() -> Mapping[_Key, ListenerKind]:
    """The kinds by part, kind and setting, read and checked once, when they are first asked for.

    Raises:
        ValueError: the data file is broken (pydantic.ValidationError is one).
    """
    text = resources.files(__name__.rpartition(".")[0]).joinpath("listener_map.csv").read_text("utf-8")
    found: dict[_Key, ListenerKind] = {}
    for row in csv.DictReader(text.splitlines()):
        each = ListenerKind.model_validate(row)
        key = (each.part, each.kind, each.setting)
        if key in found:
            raise ValueError(f"{' '.join(key)} stands twice in the listener map")
        found[key] = each
    return found
