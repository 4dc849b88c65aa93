"""Makes one estate of several: saved ones, and the one that was read from files."""

from collections.abc import Mapping, Sequence
from typing import Any

from assess.estate.estate import FACT_KINDS, Estate, Scope
from assess.estate.facts import Fact
from assess.estate.redaction import MARKER


def merge(estates: Sequence[Estate]) -> Estate:
    """All facts of ``estates`` (at least one); of a resource that several hold, the one collected last counts.

    The time is that of the latest. Whether texts that were replaced in different scans are equal cannot be known, so
    redaction groups of different estates stay different.
    """
    if len(estates) == 1:
        return estates[0]
    apart = _with_groups_apart(sorted(estates, key=lambda each: each.collected_at))
    lists = {name: _merged(tuple(getattr(each, name) for each in apart)) for name in FACT_KINDS}
    return Estate(
        detectors_version=min(each.detectors_version for each in apart),
        collected_at=apart[-1].collected_at,
        scope=_scope([each.scope for each in apart]),
        seen=tuple(sorted({each for estate in apart for each in estate.seen}, key=lambda each: each.model_dump_json())),
        gaps=tuple(dict.fromkeys(each for estate in apart for each in estate.gaps)),
        **lists,
    )


def _merged(lists: tuple[tuple[Fact, ...], ...]) -> Any:
    found: dict[tuple[str, ...], Fact] = {}
    for estate, facts in enumerate(lists):
        for index, fact in enumerate(facts):
            place = (fact.origin.account, fact.origin.region, fact.origin.source or "")
            name = fact.identity or getattr(fact, "family", "") or f"{estate}/{index}"
            found[(*place, name)] = fact
    return tuple(found[key] for key in sorted(found))


def _scope(scopes: Sequence[Scope]) -> Scope:
    filters: dict[str, set[str]] = {}
    for scope in scopes:
        for name, values in scope.filters.items():
            filters.setdefault(name, set()).update(values)
    sources = {source.path: source for scope in scopes for source in scope.sources}
    return Scope(
        accounts=tuple(sorted({each for scope in scopes for each in scope.accounts})),
        regions=tuple(sorted({each for scope in scopes for each in scope.regions})),
        sources=tuple(sources[path] for path in sorted(sources)),
        filters={name: tuple(sorted(values)) for name, values in sorted(filters.items())},
        skipped=tuple(sorted({each for scope in scopes for each in scope.skipped})),
    )


def _with_groups_apart(estates: Sequence[Estate]) -> list[Estate]:
    """The estates with their redaction groups renumbered, so that no two of them share one."""
    numbers: dict[tuple[int, str], int] = {}
    found = []
    for index, estate in enumerate(estates):
        document = _renumbered(estate.model_dump(mode="json", by_alias=True, exclude_unset=True), index, numbers)
        found.append(Estate.model_validate(document))
    return found


def _renumbered(value: Any, estate: int, numbers: dict[tuple[int, str], int]) -> Any:
    if isinstance(value, str):
        return MARKER.sub(
            lambda match: (
                f"{match[0][: match.start(4) - match.start()]}"
                f"{numbers.setdefault((estate, match[4]), len(numbers) + 1)})"
            ),
            value,
        )
    if isinstance(value, Mapping):
        return {_renumbered(name, estate, numbers): _renumbered(each, estate, numbers) for name, each in value.items()}
    if isinstance(value, list):
        return [_renumbered(each, estate, numbers) for each in value]
    return value
