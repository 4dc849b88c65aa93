"""Lambda functions and what they read from, as Lambda describes them."""

from typing import ClassVar

from pydantic import Field

from assess.estate.backing import BackingService
from assess.estate.ecs import KeyValue
from assess.estate.facts import Choice, Identifier, PascalFact


class Function(BackingService):
    """A Lambda function (``lambda:ListFunctions``); its environment passes the door like a container's."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "lambda"
    title_field: ClassVar[str] = "function_name"

    arn: Identifier = Field(default="", alias="FunctionArn")
    function_name: Identifier = ""
    runtime: Choice | None = None
    role: Identifier | None = None
    subnet_ids: tuple[Identifier, ...] = ()
    security_group_ids: tuple[Identifier, ...] = ()
    vpc_id: Identifier | None = None
    environment: tuple[KeyValue, ...] = ()
    """In ECS's own form, a list of names and values, so that the door reads each value by its variable's name."""

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(self.security_group_ids)

    @property
    def network(self) -> str | None:
        """Id of its VPC."""
        return self.vpc_id


class EventSourceMapping(PascalFact):
    """What a Lambda function reads from (``lambda:ListEventSourceMappings``)."""

    identity_field: ClassVar[str] = "uuid"

    uuid: Identifier = Field(default="", alias="UUID")
    event_source_arn: Identifier = ""
    function_arn: Identifier = ""
    state: Choice | None = None
