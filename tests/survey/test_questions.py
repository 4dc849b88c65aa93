import pytest

from assess.survey import question, questions


def test_every_question_of_the_survey_has_a_text() -> None:
    expected = [
        f"{area}{number}" for area, last in (("A", 16), ("R", 12), ("T", 30), ("O", 4)) for number in range(1, last + 1)
    ]
    assert list(questions()) == expected


@pytest.mark.parametrize(("id", "starts"), [("T1", "Write a Deployment"), ("survey.O1", "Who owns the EKS clusters")])
def test_a_question_is_found_by_its_id_or_its_fact(id: str, starts: str) -> None:
    assert (question(id) or "").startswith(starts)


@pytest.mark.parametrize("id", ["T31", "survey", "", "ecs.services"])
def test_what_is_no_question_has_no_text(id: str) -> None:
    assert question(id) is None


def test_questions_are_told_apart() -> None:
    assert len(set(questions().values())) == len(questions())
