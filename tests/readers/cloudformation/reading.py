"""Reads templates of the tests' own, and says what is in the estate that they make."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from assess.estate.ecs import TaskDefinition
from assess.estate.estate import Estate
from assess.readers import read
from assess.readers.cloudformation.documents import written_as
from assess.readers.cloudformation.evaluation import Evaluator
from assess.readers.cloudformation.stack import Stack
from assess.readers.cloudformation.template import parse_template
from assess.readers.cloudformation.values import Value

SHOP = Path(__file__).parent / "shop.yaml"
"""A template with a resource of most kinds."""


def read_text(folder: Path, text: str, name: str = "shop.yaml", **parameters: str) -> Estate:
    """The estate of one template."""
    path = folder / name
    path.write_text(text)
    return read([str(path)], parameters)


def task_template(value: str, sections: str = "") -> str:
    """A template with one task definition whose one variable ``VALUE`` is an expression."""
    return f"""{sections}
Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties: {{ Engine: postgres }}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {{ TableName: products }}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      ContainerDefinitions:
        - Name: app
          Image: shop/web:1
          Environment:
            - Name: VALUE
              Value: {value}
"""


def variables(task: TaskDefinition, container: int = 0) -> dict[str, str]:
    """The variables of a container."""
    return {each.name: each.value for each in task.container_definitions[container].environment}


def task_named(estate: Estate, family: str) -> TaskDefinition:
    """The task definition of a family."""
    return next(each for each in estate.task_definitions if each.family == family)


def written(value: Value, stack: Stack) -> Any:
    """An evaluated value as plain data, with placeholders for what is not known."""
    if isinstance(value.value, dict):
        return {name: written(each, stack) for name, each in value.value.items()}
    if isinstance(value.value, list):
        return [written(each, stack) for each in value.value]
    if value.pieces is None:
        return None
    return written_as(value.pieces, stack, names=False)[0]


def evaluated(expression: str, sections: str = "", given: Mapping[str, str] | None = None) -> Any:
    """What an expression (in YAML) comes to in a template that declares ``Database`` and ``Table``."""
    indented = "\n".join(f"          {line}" for line in expression.splitlines())
    text = f"""{sections}
Resources:
  Database: {{ Type: "AWS::RDS::DBInstance" }}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {{ TableName: products }}
  Probe:
    Type: Custom::Probe
    Properties:
      Value:
{indented}
"""
    template = parse_template("probe.yaml", text)
    assert template is not None
    evaluator = Evaluator(template, given or {})
    stack = Stack(template.resources, evaluator, "probe", lambda text, _: f"(hidden {text})")
    found = stack.resources["Probe"].properties.get("Value")
    return written(found, stack) if found is not None else None


def as_json(text: str) -> str:
    """A template in YAML with long-form intrinsics, as JSON."""
    return json.dumps(yaml.safe_load(text), indent=1)
