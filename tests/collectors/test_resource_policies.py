"""Policies of resources: which are read, and what of them is kept."""

import json
from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.seeding import Seeder, allow, awsvpc, container

FACTS = frozenset({"resource.policies"})
ORDERS, EXECUTION = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("orders", "orders-execution"))
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
ELSEWHERE = "arn:aws:sqs:eu-west-1:123456789012:letters", "arn:aws:sqs:us-east-1:999988887777:letters"


def running(aws: SimulatedAws, *statements: dict[str, Any], **fields: Any) -> Seeder:
    """A service whose task role may do what the statements say."""
    seeder = Seeder(aws)
    network = seeder.network("net", "10.9", private=2, public=2)
    revision = seeder.task_definition(
        "orders",
        container("orders", **fields),
        taskRoleArn=seeder.role("orders", *statements),
        executionRoleArn=seeder.execution_role("orders-execution"),
    )
    group = seeder.security_group(network, "orders")
    seeder.service(seeder.cluster("shop"), "orders", revision, networkConfiguration=awsvpc(network, group))
    return seeder


def to(role: str, action: str, **more: Any) -> dict[str, Any]:
    return allow(action) | {"Principal": {"AWS": role}, "Sid": "words", **more}


def scanned(aws: SimulatedAws) -> Estate:
    aws.forget_calls()
    return scan(ScanRequest(), facts=FACTS)


def asked(aws: SimulatedAws, *services: str) -> set[str]:
    return {api for api in aws.counts() if api.partition(":")[0] in services}


def kept(estate: Estate) -> dict[str, list[Any]]:
    return {each.arn: (each.policy or {})["Statement"] for each in estate.resource_policies}


def test_who_is_named_is_kept_of_a_bucket_and_nothing_else(aws: SimulatedAws, unpaced: None) -> None:
    seeder = running(aws, allow("s3:GetObject", resource="arn:aws:s3:::orders/*"))
    conditions = {"StringEquals": {"aws:Referer": "hush", "aws:PrincipalArn": [ORDERS, "hush"]}}
    seeder.bucket(
        "orders",
        to(ORDERS, "s3:GetObject", Condition=conditions),
        to(f"arn:aws:iam::{ACCOUNT}:root", "s3:PutObject"),
    )
    found = scanned(aws)
    assert found.gaps == ()
    assert kept(found) == {
        "arn:aws:s3:::orders": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ORDERS},
                "Action": ["s3:GetObject"],
                "Condition": {"StringEquals": {"aws:Referer": [], "aws:PrincipalArn": [ORDERS]}},
            }
        ]
    }
    assert found.resource_policies_naming[ORDERS][0][1] == ("Policy", "Statement", 0)
    assert aws.counts()["s3:ListBuckets"] == 1
    assert "hush" not in found.model_dump_json()
    assert not aws.calls_beyond_reading()


def test_bucket_without_a_policy_and_bucket_of_another_account(aws: SimulatedAws, unpaced: None) -> None:
    seeder = running(aws, allow("s3:GetObject", resource=["arn:aws:s3:::orders/*", "arn:aws:s3:::of-others/*"]))
    seeder.bucket("orders")
    found = scanned(aws)
    assert (found.resource_policies, found.gaps) == ((), ())
    assert aws.counts()["s3:GetBucketPolicy"] == 1
    assert aws.counts()["s3:ListBuckets"] == 2


def test_queue(aws: SimulatedAws, unpaced: None) -> None:
    seeder = running(aws, allow("sqs:SendMessage", resource=[QUEUE, *ELSEWHERE]))
    policy = json.dumps({"Statement": [to(ORDERS, "sqs:*")]})
    seeder.client("sqs").create_queue(QueueName="letters", Attributes={"Policy": policy})
    found = scanned(aws)
    assert found.gaps == ()
    assert list(kept(found)) == [QUEUE]
    assert found.resource_policies[0].origin.region == REGION
    assert aws.counts()["sqs:GetQueueAttributes"] == 1


def test_topic(aws: SimulatedAws, unpaced: None) -> None:
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
    seeder = running(aws, allow("sns:Publish", resource=topic))
    policy = json.dumps({"Statement": [to(ORDERS, "sns:Publish")]})
    seeder.client("sns").create_topic(Name="news", Attributes={"Policy": policy})
    found = scanned(aws)
    assert found.gaps == ()
    assert list(kept(found)) == [topic]


def test_key_by_its_arn_and_not_by_an_alias(aws: SimulatedAws, unpaced: None) -> None:
    seeder = Seeder(aws)
    key = seeder.key("alias/orders", to(ORDERS, "kms:Decrypt"))
    running(aws, allow("kms:Decrypt", resource=[key, f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/orders"]))
    found = scanned(aws)
    assert found.gaps == ()
    assert list(kept(found)) == [key]
    assert aws.counts()["kms:GetKeyPolicy"] == 1


def test_secret_that_a_container_is_given(aws: SimulatedAws, unpaced: None) -> None:
    seeder = Seeder(aws)
    secret = seeder.secret("orders/database")
    policy = json.dumps({"Statement": [to(EXECUTION, "*")]})
    seeder.client("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=policy)
    running(aws, secrets=[{"name": "DATABASE", "valueFrom": secret}])
    found = scanned(aws)
    assert found.gaps == ()
    assert list(kept(found)) == [secret]
    assert list(found.resource_policies_naming) == [EXECUTION]


def test_what_is_granted_by_a_pattern_is_not_asked_about(aws: SimulatedAws, unpaced: None) -> None:
    running(
        aws,
        allow("s3:*", "sqs:*", "sns:*", "kms:*"),
        allow("s3:GetObject", resource="arn:aws:s3:::orders-*/*"),
        allow("sqs:*", resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-*"),
    )
    assert scanned(aws).resource_policies == ()
    assert asked(aws, "s3", "sqs", "sns", "kms", "secretsmanager") == {"s3:ListBuckets"}


def test_policy_that_is_no_json_names_nobody(aws: SimulatedAws, unpaced: None) -> None:
    seeder = running(aws, allow("s3:GetObject", resource="arn:aws:s3:::orders/*"))
    seeder.bucket("orders", to(ORDERS, "s3:GetObject"))
    aws.override("s3", "GetBucketPolicy", lambda _answer: "no JSON")
    assert scanned(aws).resource_policies == ()


@pytest.mark.parametrize("api", ["ListBuckets", "GetBucketPolicy"])
def test_refusal_takes_the_fact_from_the_roles_that_are_granted_it(aws: SimulatedAws, unpaced: None, api: str) -> None:
    seeder = running(aws, allow("s3:GetObject", resource="arn:aws:s3:::orders/*"))
    seeder.bucket("orders")
    aws.deny("s3", api)
    found = scanned(aws)
    assert [(gap.resource, gap.reason) for gap in found.gaps if gap.facts == ("resource.policies",)] == [
        (ORDERS, Reason.DENIED)
    ]
    (role,) = (each for each in found.roles if each.arn == ORDERS)
    assert found.missing("resource.policies", role.origin, (ORDERS,)) is not None
    assert found.missing("resource.policies", role.origin, (EXECUTION,)) is None
