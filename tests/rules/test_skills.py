import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH
from tests.rules.harness import Case, Never, file, never, task, unknown

RULES = {
    "SKL-MANIFESTS": ("survey.T1", "survey.T6", HIGH),
    "SKL-DEBUG": ("survey.T7", "survey.T11", HIGH),
    "SKL-PLATFORM": ("survey.T17", "survey.T22", HIGH),
}

CASES = tuple(
    unknown(rule, situation, piece, reason=Reason.UNANSWERED, needs=(first, last), worst=worst)
    for rule, (first, last, worst) in RULES.items()
    for situation, piece in (("nobody was asked", task()), ("nobody was asked about a file", file()))
)

NEVER: tuple[Never, ...] = tuple(
    never(rule, outcome, "answers are not read yet") for rule in RULES for outcome in ("pass", "fail", "not_applicable")
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()


def test_the_worst_of_an_unanswered_skill_is_high() -> None:
    assert {each.worst for each in CASES} == {HIGH}
