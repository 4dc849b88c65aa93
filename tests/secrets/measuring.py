"""Runs tables of variables, command lines and options through the real door and rules, and counts what is found."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from assess.config import Policy
from assess.estate.redaction import RedactionClass, redactions_in
from assess.judging import judge
from tests.rules.harness import container, estate, file, rule_of
from tests.secrets.making import Line, Row

POSITIVE = frozenset({"token", "userinfo", "named"})
_SUSPECT = frozenset({"weak", "placeholder"})


class Score(NamedTuple):
    """How a rule did on a table: what it missed, what it found wrongly, and how many it found rightly."""

    right: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Share of the findings that are right."""
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """Share of the positives that were found."""
        return self.right / (self.right + len(self.missed))

    def __str__(self) -> str:
        head = f"precision {self.precision:.3f}, recall {self.recall:.3f}"
        return "\n".join((head, *(f"missed {each}" for each in self.missed), *(f"wrong {each}" for each in self.wrong)))


class Seen(NamedTuple):
    """What became of a variable: the class by which the rules judge it, and the rules that fired on it."""

    row: Row
    of: str
    rules: frozenset[str]


def variables(rows: Sequence[Row]) -> list[Seen]:
    """Each row in a container of its own, beside the variables that the row names."""
    containers = [_container(index, row) for index, row in enumerate(rows)]
    found = estate(file(*containers))
    fired = _fired(("SEC-ENV-PLAINTEXT", "SEC-ENV-SUSPECT"), found)
    seen = []
    for index, (row, passed) in enumerate(zip(rows, found.task_definitions[0].container_definitions, strict=True)):
        classes = {each.of.value for each in redactions_in(passed.environment[0].value)}
        gravest = next((each.value for each in RedactionClass if each.value in classes), "")
        rules = frozenset(rule for rule, name, element in fired if name == f"c{index}" and element == row.name)
        of = gravest if gravest in POSITIVE | _SUSPECT else "quiet"
        seen.append(Seen(row, of, rules))
    return seen


def environment_score(seen: Iterable[Seen]) -> Score:
    """Precision and recall of SEC-ENV-PLAINTEXT."""
    return _score(
        (f"{each.row.name}={each.row.value[:100]!r}", each.row.expected in POSITIVE, "SEC-ENV-PLAINTEXT" in each.rules)
        for each in seen
    )


def differences(seen: Iterable[Seen]) -> list[str]:
    """The rows whose class is not the expected one."""
    return [
        f"{each.row.name}={each.row.value[:100]!r} is {each.of}, not {each.row.expected}"
        for each in seen
        if each.of != each.row.expected
    ]


def command_score(lines: Sequence[Line]) -> Score:
    """Precision and recall of SEC-CMD-SECRET; a line that begins with ``CMD`` or ``CMD-SHELL`` is a health check."""
    containers = [
        container(f"c{index}", **({"healthCheck": {"command": words}} if _is_check(words) else {"command": words}))
        for index, words in enumerate(list(line.words) for line in lines)
    ]
    return _lines_score("SEC-CMD-SECRET", lines, containers)


def option_score(lines: Sequence[Line]) -> Score:
    """Precision and recall of SEC-OPTIONS-SECRET; a key with a dot after its first word is a label's."""
    containers = []
    for index, (key, value) in enumerate(line.words for line in lines):
        place = "dockerLabels" if "." in key else "logConfiguration"
        options = {key: value}
        given: Any = options if place == "dockerLabels" else {"logDriver": "awsfirelens", "options": options}
        containers.append(container(f"c{index}", **{place: given}))
    return _lines_score("SEC-OPTIONS-SECRET", lines, containers)


def _is_check(words: list[str]) -> bool:
    return words[0] in ("CMD", "CMD-SHELL")


def _lines_score(rule: str, lines: Sequence[Line], containers: Sequence[Any]) -> Score:
    names = {name for _, name, _ in _fired((rule,), estate(file(*containers)))}
    return _score(
        (" ".join(line.words), line.holds_credential, f"c{index}" in names) for index, line in enumerate(lines)
    )


def _container(index: int, row: Row) -> dict[str, Any]:
    pairs = ((row.name, row.value), *row.beside)
    return container(f"c{index}", environment=[{"name": name, "value": value} for name, value in pairs])


def _fired(rules: Collection[str], found: Any) -> set[tuple[str, str, str | None]]:
    """Rule, container and element of every finding."""
    judged = judge(found, [rule_of(each) for each in rules], Policy())
    broken = [each.broken for each in judged if each.broken is not None]
    assert not broken, broken
    return {
        (each.rule.id, each.subject.name.rpartition("/")[2], fail.element) for each in judged for fail in each.fails
    }


def _score(judged: Iterable[tuple[str, bool, bool]]) -> Score:
    """From what a row is, whether it should have been found, and whether it was."""
    listed = list(judged)
    return Score(
        right=sum(1 for _, expected, found in listed if expected and found),
        missed=tuple(what for what, expected, found in listed if expected and not found),
        wrong=tuple(what for what, expected, found in listed if found and not expected),
    )
