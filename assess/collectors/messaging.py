"""Reads queues, topics, streams, brokers and clusters of Kafka: names, endpoints, and who is given what they hold.

Event buses are read with the rules on them, pipes by themselves. Messages are never read, and of a subscription no
address of a person is kept.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from assess.collectors.interface import (
    Collector,
    Document,
    Operation,
    Paging,
    Reader,
    Unreadable,
    members,
    pages,
    unsized_pages,
)
from assess.collectors.mentions import Mentions
from assess.collectors.resource_policies import GET_QUEUE_ATTRIBUTES
from assess.collectors.trimming import trimmed
from assess.estate.messaging import Broker, KafkaCluster

_SIZED = pages(100, limit="MaxResults", token="NextToken")


def _listing(service: str, name: str, key: str, paging: Paging) -> Operation:
    return Operation(service, name, f"{service}:{name}", answers=(key,), paging=paging)


# an account without queues answers without any member
LIST_QUEUES = Operation(
    "sqs",
    "ListQueues",
    "sqs:ListQueues",
    paging=pages(1000, limit="MaxResults", token="NextToken"),
)
LIST_TOPICS = _listing("sns", "ListTopics", "Topics", unsized_pages("NextToken"))
LIST_SUBSCRIPTIONS = _listing("sns", "ListSubscriptions", "Subscriptions", unsized_pages("NextToken"))
LIST_STREAMS = _listing(
    "kinesis",
    "ListStreams",
    "StreamNames",
    pages(1000, limit="Limit", token="NextToken"),
)
LIST_DELIVERY_STREAMS = Operation(
    "firehose",
    "ListDeliveryStreams",
    "firehose:ListDeliveryStreams",
    answers=("DeliveryStreamNames", "HasMoreDeliveryStreams"),
)
LIST_CLUSTERS = _listing("kafka", "ListClustersV2", "ClusterInfoList", _SIZED)
# which lists of brokers there are hangs on how clients may sign in
GET_BOOTSTRAP_BROKERS = Operation("kafka", "GetBootstrapBrokers", "kafka:GetBootstrapBrokers")
LIST_BROKERS = _listing("mq", "ListBrokers", "BrokerSummaries", _SIZED)
DESCRIBE_BROKER = Operation("mq", "DescribeBroker", "mq:DescribeBroker", answers=("BrokerArn", "BrokerId"))

_FACT = "messaging"
_MOST_DELIVERY_STREAMS = 10_000
"""Names of one answer, the most that AWS gives
(https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html)."""


def _part(service: str) -> str:
    """What is known of a service's resources; where a queue's messages end belongs to it alone."""
    return f"{_FACT}.{service}"


def _lost(service: str) -> tuple[str, ...]:
    """What a call that finds a service's resources takes away: what is known of all messaging, and its own part."""
    return _FACT, _part(service)


# --- queues and topics ------------------------------------------------------------------------------------------


def _read_queues(reader: Reader) -> None:
    mentions = Mentions(reader, "sqs")

    def read(url: str) -> None:
        name = url.rpartition("/")[2]
        arn = reader.arn("sqs", name)
        queue = {"QueueArn": arn, "QueueUrl": url}
        if mentions.hold(name, arn):
            try:
                found = reader.call(GET_QUEUE_ATTRIBUTES, QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])
            except Unreadable as error:
                if error.code in ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
                    return
                reader.lose(error, (_part("sqs"),), resource=arn)
            else:
                queue |= _redriven(found["Attributes"].get("RedrivePolicy"))
        reader.add("queues", queue)

    reader.each(read, reader.items(LIST_QUEUES, "QueueUrls", lost=_lost("sqs")))


def _redriven(policy: Any) -> Document:
    """Where messages go in the end, of a policy that SQS writes as JSON in a string."""
    try:
        return {"DeadLetterTargetArn": json.loads(policy)["deadLetterTargetArn"]}
    except (KeyError, TypeError, ValueError):
        return {}


def _read_topics(reader: Reader) -> None:
    lost = _lost("sns")
    for topic in reader.items(LIST_TOPICS, "Topics", lost=lost):
        reader.add("topics", {"TopicArn": topic["TopicArn"]})
    for each in reader.items(LIST_SUBSCRIPTIONS, "Subscriptions", lost=lost):
        endpoint = _endpoint(str(each.get("Endpoint") or ""))
        if endpoint is not None:
            kept = {key: each[key] for key in ("SubscriptionArn", "TopicArn", "Protocol") if key in each}
            reader.add("subscriptions", kept | {"Endpoint": endpoint})


def _endpoint(written: str) -> str | None:
    """An ARN, or the scheme, host and port of a URL; none for what reaches a person or a device.

    Path and query of a URL often hold a token, and say nothing of who is called.
    """
    if written.startswith("arn:"):
        return None if ":sns:" in written else written  # of a device's application
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port is not None else "")


# --- streams ----------------------------------------------------------------------------------------------------


def _read_streams(reader: Reader) -> None:
    for name in reader.items(LIST_STREAMS, "StreamNames", lost=_lost("kinesis")):
        reader.add("streams", {"StreamARN": reader.arn("kinesis", f"stream/{name}"), "StreamName": name})


def _read_delivery_streams(reader: Reader) -> None:
    parameters: Document = {"Limit": _MOST_DELIVERY_STREAMS}
    while True:
        answer = reader.get(LIST_DELIVERY_STREAMS, lost=_lost("firehose"), **parameters) or {}
        names = members(answer, "DeliveryStreamNames")
        for name in names:
            arn = reader.arn("firehose", f"deliverystream/{name}")
            reader.add("delivery_streams", {"DeliveryStreamARN": arn, "DeliveryStreamName": name})
        if not names or not answer.get("HasMoreDeliveryStreams"):
            return
        parameters["ExclusiveStartDeliveryStreamName"] = names[-1]


# --- clusters and brokers ---------------------------------------------------------------------------------------


def _read_kafka(reader: Reader) -> None:
    lost = _lost("kafka")

    def read(listed: Document) -> None:
        arn = str(listed["ClusterArn"])
        found = reader.get(GET_BOOTSTRAP_BROKERS, lost=lost, resource=arn, ClusterArn=arn) or {}
        brokers = {key: text for key, text in found.items() if key.startswith("BootstrapBroker") and text}
        reader.add("kafka_clusters", trimmed(KafkaCluster, listed) | {"BootstrapBrokers": brokers})

    reader.each(read, reader.items(LIST_CLUSTERS, "ClusterInfoList", lost=lost))


def _read_brokers(reader: Reader) -> None:
    lost = _lost("mq")

    def read(listed: Document) -> None:
        arn, id = str(listed.get("BrokerArn")), str(listed["BrokerId"])
        found = reader.get(DESCRIBE_BROKER, lost=lost, resource=arn, BrokerId=id)
        known: Mapping[str, Any] = listed if found is None else found
        endpoints = [each for instance in members(known, "BrokerInstances") for each in members(instance, "Endpoints")]
        reader.add("brokers", trimmed(Broker, known) | {"Endpoints": endpoints})

    reader.each(read, reader.items(LIST_BROKERS, "BrokerSummaries", lost=lost))


# --- collectors -------------------------------------------------------------------------------------------------


def _collector(
    service: str, title: str, collect: Callable[[Reader], None], *operations: Operation, names: bool = False
) -> Collector:
    return Collector(
        name=service,
        title=title,
        facts=_lost(service),
        operations=operations,
        collect=collect,
        after=("ecs.task_definitions", "iam") if names else (),
    )


COLLECTORS = (
    _collector("sqs", "queues", _read_queues, LIST_QUEUES, GET_QUEUE_ATTRIBUTES, names=True),
    _collector("sns", "topics", _read_topics, LIST_TOPICS, LIST_SUBSCRIPTIONS),
    _collector("kinesis", "streams", _read_streams, LIST_STREAMS),
    _collector("firehose", "delivery streams", _read_delivery_streams, LIST_DELIVERY_STREAMS),
    _collector("kafka", "clusters of Kafka", _read_kafka, LIST_CLUSTERS, GET_BOOTSTRAP_BROKERS),
    _collector("mq", "brokers", _read_brokers, LIST_BROKERS, DESCRIBE_BROKER),
)
