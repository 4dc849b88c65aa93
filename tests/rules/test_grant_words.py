import pytest

from assess.estate.actions import ActionSet, actions_matching
from assess_rules.grant_words import doing, listed, on


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["*"], "everything"),
        (["s3:GetObject"], "reading"),
        (["s3:GetObject", "s3:PutObject"], "reading and writing"),
        (["sqs:SendMessage", "sqs:ReceiveMessage"], "sending and receiving"),
        (["s3:PutBucketPolicy"], "changing permissions"),
        (["s3:PutBucketTagging"], "actions"),
        (["unlisted:Do"], "actions"),
    ],
)
def test_what_actions_do(patterns: list[str], words: str) -> None:
    actions = ActionSet()
    for each in patterns:
        actions |= actions_matching(each)
    assert doing(actions) == words


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ([], "every resource"),
        (["*", "arn:aws:s3:::orders"], "every resource"),
        (["arn:aws:s3:::orders/*", "arn:aws:s3:::orders/*"], "s3 orders/*"),
        (["arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"], "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"),
        (["orders"], "orders"),
        ([f"arn:aws:s3:::{name}" for name in "abcde"], "s3 a, s3 b, s3 c and 2 more"),
    ],
)
def test_resources(resources: list[str], words: str) -> None:
    assert on(resources) == words


def test_lists() -> None:
    assert [listed(list(words)) for words in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
