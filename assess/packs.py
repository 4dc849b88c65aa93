"""Finds rule packs and report packs: the built-in ones and those a company installs beside them."""

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from assess.errors import UserError
from assess.reporting import Report
from assess.rule import Rule, rules_in


class PackError(UserError):
    """A pack that cannot be used: which, and why."""


def load_rules() -> tuple[Rule, ...]:
    """Every rule of every installed pack, sorted by id.

    Raises:
        PackError: a pack does not import, or two packs hold a rule of one id.
    """
    found: dict[str, Rule] = {}
    for point in _points("assess.rules"):
        for module in _modules(point):
            for rule in rules_in(vars(module).values()):
                known = found.setdefault(rule.id, rule)
                if known is not rule:
                    raise PackError(f"rule pack {point.name}: there is already a rule {rule.id}")
    return tuple(found[id] for id in sorted(found))


def load_reports() -> tuple[Report, ...]:
    """Every report of every installed pack, sorted by name.

    Raises:
        PackError: a pack does not import.
    """
    found: dict[str, Report] = {}
    for point in _points("assess.reports"):
        for module in _modules(point):
            for member in vars(module).values():
                if isinstance(member, Report) and not isinstance(member, type):
                    found.setdefault(member.name, member)
    return tuple(found[name] for name in sorted(found))


def _points(group: str) -> Iterator[EntryPoint]:
    yield from sorted(entry_points(group=group), key=lambda point: point.name)


def _modules(point: EntryPoint) -> Iterator[ModuleType]:
    try:
        root = point.load()
        yield root
        for info in pkgutil.walk_packages(getattr(root, "__path__", ()), f"{root.__name__}."):
            yield importlib.import_module(info.name)
    except (ImportError, ValueError, TypeError, AttributeError) as error:
        raise PackError(f"pack {point.name} ({point.value}) cannot be loaded: {error}") from error
