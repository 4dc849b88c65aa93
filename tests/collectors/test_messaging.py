"""Queues, topics, streams, brokers, clusters of Kafka and buses: what is kept of them, and of whom nothing is."""

import json
from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.estate.facts import Origin
from tests.collectors.test_datastores import told
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.faults import error
from tests.support.seeding import Seeder, allow
from tests.support.wire import encode

PARTS = ("sqs", "sns", "kinesis", "firehose", "kafka", "mq", "events")
FACTS = frozenset({"messaging", *(f"messaging.{part}" for part in PARTS)})
OF_A_QUEUE = "sqs:GetQueueAttributes"
"""What it tells of a queue is missing of it alone: the queue is known all the same."""
HERE = Origin(account=ACCOUNT, region=REGION)
QUEUES = f"arn:aws:sqs:{REGION}:{ACCOUNT}"


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """An account without anything in it but the default bus."""
    return Seeder(aws)


def scanned(aws: SimulatedAws) -> Estate:
    aws.forget_calls()
    found = scan(ScanRequest(), facts=FACTS)
    assert not aws.calls_beyond_reading()
    assert "hush" not in found.model_dump_json()
    return found


def queue(seeder: Seeder, name: str, dead: str | None = None) -> None:
    policy = json.dumps({"deadLetterTargetArn": f"{QUEUES}:{dead}", "maxReceiveCount": 5})
    seeder.client("sqs").create_queue(QueueName=name, Attributes={"RedrivePolicy": policy} if dead else {})


def broker(seeder: Seeder, name: str) -> None:
    seeder.client("mq").create_broker(
        BrokerName=name,
        EngineType="RABBITMQ",
        EngineVersion="3.13",
        HostInstanceType="mq.m7g.medium",
        DeploymentMode="SINGLE_INSTANCE",
        PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True,
        Users=[{"Username": "hush", "Password": "hush-hush-hush"}],
    )


def kafka(seeder: Seeder, name: str) -> None:
    nodes = {"InstanceType": "kafka.m7g.large", "ClientSubnets": ["subnet-1"]}
    seeder.client("kafka").create_cluster(
        ClusterName=name, KafkaVersion="3.6.0", NumberOfBrokerNodes=2, BrokerNodeGroupInfo=nodes
    )


def test_end_of_messages_is_asked_about_for_queues_that_a_workload_names(aws: SimulatedAws, seeder: Seeder) -> None:
    for name in ("letters", "parcels"):
        queue(seeder, f"{name}-dead")
        queue(seeder, name, f"{name}-dead")
    told(seeder, LETTERS_QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters")
    found = scanned(aws)
    assert {each.identity: each.dead_letter_target_arn for each in found.queues} == {
        f"{QUEUES}:letters": f"{QUEUES}:letters-dead",
        f"{QUEUES}:letters-dead": None,
        f"{QUEUES}:parcels": None,
        f"{QUEUES}:parcels-dead": None,
    }
    assert {each.title for each in found.queues} == {"letters", "letters-dead", "parcels", "parcels-dead"}
    assert aws.counts()["sqs:GetQueueAttributes"] == 1
    assert found.gaps == ()


def test_queue_that_went_away_since_it_was_listed_is_no_gap(aws: SimulatedAws, seeder: Seeder) -> None:
    queue(seeder, "letters")
    told(seeder, allow("sqs:SendMessage", resource=f"{QUEUES}:letters"))
    aws.fault("sqs", "GetQueueAttributes", error("QueueDoesNotExist", "It is gone.", 400))
    found = scanned(aws)
    assert (found.queues, found.gaps) == ((), ())


def test_subscriptions_are_kept_without_people_devices_and_tokens(aws: SimulatedAws, seeder: Seeder) -> None:
    topics = seeder.client("sns")
    topic = topics.create_topic(Name="news")["TopicArn"]
    endpoints = {
        "sqs": f"{QUEUES}:letters",
        "https": "https://hush:hush@Hooks.example.com:8443/hush?token=hush",
        "email": "hush@example.com",
        "sms": "+491701234567",
    }
    for protocol, endpoint in endpoints.items():
        topics.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    found = scanned(aws)
    assert [each.identity for each in found.topics] == [topic]
    kept = {each.protocol: each.endpoint for each in found.subscriptions}
    assert kept == {"sqs": f"{QUEUES}:letters", "https": "https://hooks.example.com:8443"}
    assert "491701234567" not in found.model_dump_json()
    assert {each.topic_arn for each in found.subscriptions} == {topic}
    assert all(each.unknown_fields == {} for each in found.subscriptions)


@pytest.mark.parametrize("endpoint", ["https://[broken", "https://host:port/", "ftp://files.example.com", "http:///"])
def test_endpoint_that_is_no_url_is_not_kept(aws: SimulatedAws, seeder: Seeder, endpoint: str) -> None:
    def other(_answer: Any) -> Any:
        listed = {"SubscriptionArn": "PendingConfirmation", "TopicArn": "arn:aws:sns:r:1:t", "Protocol": "https"}
        return {"Subscriptions": [listed | {"Endpoint": endpoint}]}

    aws.override("sns", "ListSubscriptions", other)
    found = scanned(aws)
    assert (found.subscriptions, found.gaps) == ((), ())


def test_streams_are_named_by_their_arns(aws: SimulatedAws, seeder: Seeder) -> None:
    seeder.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    lake = {"RoleARN": f"arn:aws:iam::{ACCOUNT}:role/lake", "BucketARN": "arn:aws:s3:::hush"}
    for name in ("lake", "pond"):
        seeder.client("firehose").create_delivery_stream(DeliveryStreamName=name, S3DestinationConfiguration=lake)
    found = scanned(aws)
    assert [(each.identity, each.title) for each in found.streams] == [
        (f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks", "clicks")
    ]
    assert [(each.identity, each.title) for each in found.delivery_streams] == [
        (f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{name}", name) for name in ("lake", "pond")
    ]


def test_delivery_streams_are_read_to_their_end(aws: SimulatedAws, seeder: Seeder) -> None:
    answers = {None: ("lake", True), "lake": ("pond", False)}

    def page(call: Any, _proceed: Any) -> Any:

        name, more = answers[call.parameters.get("ExclusiveStartDeliveryStreamName")]
        return encode(call, {"DeliveryStreamNames": [name], "HasMoreDeliveryStreams": more})

    aws.fault("firehose", "ListDeliveryStreams", page)
    assert [each.title for each in scanned(aws).delivery_streams] == ["lake", "pond"]


def test_kafka_and_brokers_are_kept_with_their_endpoints(aws: SimulatedAws, seeder: Seeder) -> None:
    kafka(seeder, "events")
    broker(seeder, "rabbit")
    found = scanned(aws)
    (cluster,), (rabbit,) = found.kafka_clusters, found.brokers
    assert (cluster.title, cluster.cluster_type) == ("events", "PROVISIONED")
    assert {each.port for each in cluster.addresses} == {9094, 9098}
    assert (rabbit.title, rabbit.engine_type, [each.port for each in rabbit.addresses]) == (
        "rabbit",
        "RABBITMQ",
        [5671],
    )
    assert (cluster.unknown_fields, rabbit.unknown_fields, found.gaps) == ({}, {}, ())


def test_buses_are_read_with_the_rules_on_them(aws: SimulatedAws, seeder: Seeder) -> None:
    seeder.client("events").create_event_bus(Name="shop")
    found = scanned(aws)
    assert [each.title for each in found.event_buses] == ["default", "shop"]
    assert aws.counts()["events:ListEventBuses"] == 1
    assert all(each.unknown_fields == {} for each in found.event_buses)


@pytest.mark.parametrize(
    "actions",
    [
        {
            "sqs:ListQueues": "sqs",
            "sns:ListTopics": "sns",
            "kafka:ListClustersV2": "kafka",
            "mq:ListBrokers": "mq",
        },
        {
            "sns:ListSubscriptions": "sns",
            "kinesis:ListStreams": "kinesis",
            "firehose:ListDeliveryStreams": "firehose",
            "kafka:GetBootstrapBrokers": "kafka",
            "mq:DescribeBroker": "mq",
        },
        {"sqs:GetQueueAttributes": "sqs", "events:ListEventBuses": "events"},
    ],
    ids=str,
)
def test_refusal_takes_the_service_away_and_no_other(
    aws: SimulatedAws, seeder: Seeder, actions: dict[str, str]
) -> None:
    queue(seeder, "letters")
    kafka(seeder, "letters")
    broker(seeder, "letters")
    told(seeder, LETTERS_QUEUE="letters")
    for action in actions:
        aws.deny(*action.split(":"))
    found = scanned(aws)
    assert {gap.action: gap.facts[-2:] for gap in found.gaps} == {
        action: ("messaging", f"messaging.{part}")[action == OF_A_QUEUE :] for action, part in actions.items()
    }
    missing = {each for each in PARTS if found.missing(f"messaging.{each}", HERE, None) is not None}
    assert missing == set(actions.values())
    lacking = found.missing("messaging", HERE, None)
    assert lacking is not None and lacking.actions == tuple(sorted(actions.keys() - {OF_A_QUEUE}))
    # what was listed is known by its name, though it could not be described
    assert len(found.kafka_clusters) == ("kafka:ListClustersV2" not in actions)
    assert [each.title for each in found.brokers] == ["letters"] * ("mq:ListBrokers" not in actions)
