"""Shapes of documents inside documents: IAM policies and Step Functions definitions.

A field that holds such a document stays a plain mapping; the shape beside it in the annotation tells the door which
of its leaves are names and which are anything.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from assess.estate.facts import Choice, Identifier, IdentifierTree, PascalPart, Text


class Shape:
    """In an annotation: the mapping is a document with the fields of this model."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model


class PolicyStatement(PascalPart):
    """A statement of an IAM policy; its fields hold one or a list."""

    sid: Text = ""
    effect: Choice = ""
    action: Identifier = ""
    not_action: Identifier = ""
    resource: Identifier = ""
    not_resource: Identifier = ""
    principal: IdentifierTree | None = None
    not_principal: IdentifierTree | None = None
    condition: Mapping[str, Mapping[str, Text]] | None = None


class PolicyShape(PascalPart):
    """An IAM policy."""

    version: Identifier = ""
    id: Text = ""
    statement: tuple[PolicyStatement, ...] = ()


class RunTaskArguments(PascalPart):
    """Arguments of a state, as far as ``ecs:runTask`` names resources by them."""

    task_definition: Identifier = ""
    cluster: Identifier = ""
    launch_type: Choice = ""
    platform_version: Identifier = ""
    group: Identifier = ""
    queue_url: Identifier = ""
    topic_arn: Identifier = ""
    function_name: Identifier = ""
    table_name: Identifier = ""
    state_machine_arn: Identifier = ""


class Catcher(PascalPart):
    """What a state does about errors."""

    error_equals: tuple[Identifier, ...] = ()
    next: Identifier = ""
    result_path: Identifier = ""


class ChoiceRule(PascalPart):
    """A branch of a Choice state."""

    variable: Identifier = ""
    next: Identifier = ""
    and_: tuple["ChoiceRule", ...] = Field(default=(), alias="And")
    or_: tuple["ChoiceRule", ...] = Field(default=(), alias="Or")
    not_: "ChoiceRule | None" = Field(default=None, alias="Not")


class State(PascalPart):
    """A state of a Step Functions definition."""

    type: Choice = ""
    resource: Identifier = ""
    next: Identifier = ""
    default: Identifier = ""
    input_path: Identifier = ""
    output_path: Identifier = ""
    result_path: Identifier = ""
    items_path: Identifier = ""
    seconds_path: Identifier = ""
    timestamp_path: Identifier = ""
    query_language: Choice = ""
    comment: Text = ""
    parameters: RunTaskArguments | None = None
    arguments: RunTaskArguments | None = None
    retry: tuple[Catcher, ...] = ()
    catch: tuple[Catcher, ...] = ()
    choices: tuple[ChoiceRule, ...] = ()
    branches: tuple["StatesShape", ...] = ()
    iterator: "StatesShape | None" = None
    item_processor: "StatesShape | None" = None


class StatesShape(PascalPart):
    """A Step Functions definition (Amazon States Language), whole or of a branch."""

    comment: Text = ""
    start_at: Identifier = ""
    version: Identifier = ""
    query_language: Choice = ""
    states: Mapping[str, State] | None = None


PolicyDocument = Annotated[Mapping[str, Any], Shape(PolicyShape)]
StatesDefinition = Annotated[Mapping[str, Any], Shape(StatesShape)]
