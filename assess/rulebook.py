"""The rules that count for a team: those that were found, as its policy changes them."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from assess.config import Policy
from assess.packs import PackProblem, RuleFolder, find_rules
from assess.rule import Rule, Severity
from assess.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules by id, and what a person must know beside them."""

    rules: tuple[Rule, ...]
    """Those that run."""
    disabled: tuple[Rule, ...] = ()
    problems: tuple[PackProblem, ...] = ()

    @property
    def every(self) -> tuple[Rule, ...]:
        """Those that run and those that do not."""
        return tuple(sorted((*self.rules, *self.disabled), key=lambda each: each.id))


def load_rulebook(settings: Settings | None = None) -> Rulebook:
    """The rules of the installed packs and of the policy's folders, with its severities, without what it disables.

    A name that no rule has is a mistake in the policy - unless a pack is broken, which may be the one that has it.

    Raises:
        SettingsError: a folder is not there; a rule or threshold is not known; a severity or number is impossible.
    """
    settings = settings or Settings(Policy())
    found = find_rules(tuple(_folders(settings)))
    problems = list(found.problems)
    rules = {each.id: each for each in found.rules}
    for error in _unknown_names(settings, rules):
        if not found.problems:
            raise error
        said = f"{error.key}: {error.problem}"
        problems.append(PackProblem("policy", error.path.name, error.line, "UnknownRule", said))
    for id, name in settings.policy.severity.items():
        if id in rules:
            try:
                rules[id] = rules[id].with_severity(Severity(name))
            except ValueError as error:
                raise settings.error(("severity", id), str(error)) from None
    _check_numbers(settings, rules)
    off = {id for id in rules if any(fnmatchcase(id, each) for each in settings.policy.disabled)}
    return Rulebook(
        rules=tuple(each for id, each in rules.items() if id not in off),
        disabled=tuple(each for id, each in rules.items() if id in off),
        problems=tuple(problems),
    )


def _folders(settings: Settings) -> Iterator[RuleFolder]:
    for index, name in enumerate(settings.policy.rules):
        path = (settings.folder / name).resolve()
        if not path.is_dir():
            raise settings.error(("rules", index), "there is no such folder")
        yield RuleFolder(path, name.rstrip("/"))


def _unknown_names(settings: Settings, rules: Mapping[str, Rule]) -> Iterator[SettingsError]:
    policy = settings.policy
    for index, pattern in enumerate(policy.disabled):
        if not any(fnmatchcase(id, pattern) for id in rules):
            yield settings.error(("disabled", index), _unknown("no rule is called so", pattern, rules))
    for id in policy.severity:
        if id not in rules:
            yield settings.error(("severity", id), _unknown("there is no such rule", id, rules))
    known = [f"{rule.id}.{each.name}" for rule in rules.values() for each in rule.thresholds]
    for key in policy.thresholds:
        if key not in known:
            yield settings.error(("thresholds", key), _unknown("there is no such threshold", key, known))


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    written = {each.upper(): each for each in known}
    near = difflib.get_close_matches(name.upper(), written, n=2, cutoff=0.6)
    return f"{what}; did you mean {' or '.join(written[each] for each in near)}?" if near else what


def _check_numbers(settings: Settings, rules: Mapping[str, Rule]) -> None:
    for rule in rules.values():
        for each in rule.thresholds:
            key = f"{rule.id}.{each.name}"
            wrong = each.problem(settings.policy.thresholds.get(key, each.default))
            if wrong is not None:
                raise settings.error(("thresholds", key), wrong)
