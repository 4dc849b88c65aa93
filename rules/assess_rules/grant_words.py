"""How messages speak of what a policy allows: reading or writing, and on which resources."""

from collections.abc import Iterable

from assess.estate.actions import AccessLevel, ActionSet, arn_parts, everything, opened
from assess.estate.grants import ANY, Flow, flows_of

_VERBS = {Flow.READ: "reading", Flow.WRITE: "writing", Flow.PRODUCE: "sending", Flow.CONSUME: "receiving"}
_SHOWN = 3


def doing(actions: ActionSet) -> str:
    """What actions do: ``reading``, ``reading and writing``, ``everything``."""
    if actions.bits == everything().bits:
        return "everything"
    flows = flows_of(actions)
    words = [word for flow, word in _VERBS.items() if flow in flows]
    if AccessLevel.PERMISSIONS_MANAGEMENT in actions.levels:
        words.append("changing permissions")
    return listed(words) if words else "actions"


def on(resources: Iterable[str]) -> str:
    """Resources by service and name (``s3 orders/*``), or ``every resource``."""
    found = list(dict.fromkeys(resources))
    if not found or ANY in found:
        return "every resource"
    return listed([_name(each) for each in found[:_SHOWN]], len(found) - _SHOWN)


def _name(resource: str) -> str:
    parts = arn_parts(resource)
    return f"{parts[2]} {parts[5]}" if parts[0] == "arn" and parts == arn_parts(opened(resource)) else resource


def listed(words: list[str], more: int = 0) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 4 more``."""
    last = [f"{more} more"] if more > 0 else words[-1:]
    first = words if more > 0 else words[:-1]
    return f"{', '.join(first)} and {last[0]}" if first else "".join(last)
