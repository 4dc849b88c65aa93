"""Queues, topics, streams, brokers and buses, as their AWS services describe them."""

import re
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from assess.estate.backing import Address, BackingService
from assess.estate.facts import Choice, Identifier, PascalFact


class Queue(BackingService):
    """An SQS queue: its URL from ``sqs:ListQueues``, where its messages go in the end from ``GetQueueAttributes``."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "sqs"

    arn: Identifier = Field(default="", alias="QueueArn")
    """Made of the URL's parts."""
    queue_url: Identifier = ""
    dead_letter_target_arn: Identifier | None = None

    @property
    def title(self) -> str:
        """Its name: the last part of its URL."""
        return (self.queue_url or self.arn.replace(":", "/")).rpartition("/")[2]


class Topic(BackingService):
    """An SNS topic (``sns:ListTopics``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "sns"

    arn: Identifier = Field(default="", alias="TopicArn")

    @property
    def title(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]


class Subscription(PascalFact):
    """A subscription of a topic (``sns:ListSubscriptions``); ``endpoint`` is kept where it is an ARN or a URL."""

    identity_field: ClassVar[str] = "arn"

    arn: Identifier = Field(default="", alias="SubscriptionArn")
    topic_arn: Identifier = ""
    protocol: Choice | None = None
    """sqs, lambda, https, http, firehose, email, sms, application."""
    endpoint: Identifier | None = None

    @property
    def identity(self) -> str:
        """Its ARN; of one that waits for confirmation (``PendingConfirmation``), what it joins."""
        return self.arn if self.arn.startswith("arn:") else f"{self.topic_arn} {self.protocol} {self.endpoint}"


class Stream(BackingService):
    """A Kinesis data stream (``kinesis:ListStreams``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "kinesis"
    title_field: ClassVar[str] = "stream_name"

    arn: Identifier = Field(default="", alias="StreamARN")
    stream_name: Identifier = ""


class DeliveryStream(BackingService):
    """A Firehose stream: its name from ``firehose:ListDeliveryStreams``, the ARN made of it."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "firehose"
    title_field: ClassVar[str] = "delivery_stream_name"

    arn: Identifier = Field(default="", alias="DeliveryStreamARN")
    delivery_stream_name: Identifier = ""


_HOST_AND_PORT = re.compile(r"\A(?:[a-z+]+://)?([^\s:/,]+)(?::([0-9]{1,5}))?")


def _hosts(text: str, at: tuple[str | int, ...]) -> tuple[Address, ...]:
    found = (_HOST_AND_PORT.match(each.strip()) for each in text.split(","))
    return tuple(Address(each[1].lower(), int(each[2] or 0), at) for each in found if each is not None)


class KafkaCluster(BackingService):
    """An MSK cluster (``kafka:ListClustersV2``); ``bootstrap_brokers`` from ``kafka:GetBootstrapBrokers``."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "kafka"
    title_field: ClassVar[str] = "cluster_name"

    arn: Identifier = Field(default="", alias="ClusterArn")
    cluster_name: Identifier = ""
    cluster_type: Choice | None = None
    bootstrap_brokers: Mapping[str, Identifier] = Field(default_factory=dict)
    """Lists of ``host:port`` by the name that the answer gives each (``BootstrapBrokerStringTls``)."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its brokers."""
        lists = sorted(self.bootstrap_brokers.items())
        return tuple(each for key, text in lists for each in _hosts(text, ("BootstrapBrokers", key)))


class Broker(BackingService):
    """An Amazon MQ broker (``mq:DescribeBroker``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "mq"
    title_field: ClassVar[str] = "broker_name"

    arn: Identifier = Field(default="", alias="BrokerArn")
    broker_id: Identifier = ""
    broker_name: Identifier = ""
    engine_type: Choice | None = None
    endpoints: tuple[Identifier, ...] = ()
    """Of all its instances: ``amqps://host:5671``."""
    security_groups: tuple[Identifier, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its endpoints."""
        return tuple(each for at, text in enumerate(self.endpoints) for each in _hosts(text, ("Endpoints", at)))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(self.security_groups)


class EventBus(BackingService):
    """An EventBridge bus (``events:ListEventBuses``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "events"
    title_field: ClassVar[str] = "name"

    arn: Identifier = ""
    name: Identifier = ""
