"""What the rules about credentials in plain text find of the tables of this folder, and what they find wrongly."""

from collections.abc import Callable, Sequence
from types import ModuleType

import pytest

from tests.secrets import auditor, blind, environment, everyday, lines, newcomer, outsider, passerby, stranger
from tests.secrets.making import Line
from tests.secrets.measuring import (
    POSITIVE,
    Score,
    command_score,
    differences,
    environment_score,
    option_score,
    variables,
)

AIM = 0.98


def test_the_table_is_large_enough() -> None:
    assert len(environment.POSITIVES) >= 150
    assert len(environment.NEGATIVES) >= 150
    assert all(each.expected in POSITIVE for each in environment.POSITIVES)
    assert not any(each.expected in POSITIVE for each in environment.NEGATIVES)


_TABLES = (environment, blind, everyday, stranger, newcomer, passerby, auditor, outsider)


@pytest.mark.parametrize("table", _TABLES, ids=[each.__name__.rpartition(".")[2] for each in _TABLES])
def test_variables_are_found_and_left_alone(table: ModuleType) -> None:
    seen = variables((*table.POSITIVES, *table.NEGATIVES))
    score = environment_score(seen)
    other = differences(seen)
    report = "\n".join((str(score), *other))
    assert score.precision >= AIM, report
    assert score.recall >= AIM, report
    assert len(other) <= (1 - AIM) * len(seen), report


@pytest.mark.parametrize(
    ("score_of", "table"),
    [
        (command_score, (*lines.COMMANDS, *lines.MORE_COMMANDS)),
        (option_score, (*lines.OPTIONS, *lines.MORE_OPTIONS)),
    ],
)
def test_lines_are_found_and_left_alone(score_of: Callable[[Sequence[Line]], Score], table: Sequence[Line]) -> None:
    score = score_of(table)
    assert score.precision >= AIM, str(score)
    assert score.recall >= AIM, str(score)
