"""The table of resource types: what each is in an estate, and how it is named."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Part = Literal["name", "arn", "id"]


class ResourceType(BaseModel):
    """A row of ``resource_types.toml``, which says what each field means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str | None = None
    name: str | None = None
    qualified: bool = False
    plain: bool = False
    behind: bool = False
    arn: str | None = Field(default=None, pattern=r"^[a-z0-9-]+:")
    id: str | None = None
    is_global: bool = Field(default=False, alias="global")
    ref: Part | None = None
    attributes: Mapping[str, Part] = Field(default_factory=dict)
    gives: Mapping[str, Part] = Field(default_factory=dict)
    keeps: tuple[str, ...] | None = None
    renames: Mapping[str, str] = Field(default_factory=dict)
    wraps: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    known: Mapping[str, str] = Field(default_factory=dict)
    fixed: Mapping[str, str | bool] = Field(default_factory=dict)
    defaults: Mapping[str, str | bool | int] = Field(default_factory=dict)


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type that is more than a name, by CloudFormation's name of it."""
    text = (files("assess.readers.cloudformation") / "resource_types.toml").read_text("utf-8")
    return TypeAdapter(dict[str, ResourceType]).validate_python(tomllib.loads(text))


UNTOLD = ResourceType()
"""A type that the table does not have: its resources are only known by their logical ids."""
