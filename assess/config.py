"""Policy: what a team decided (assess.toml), as one validated value."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Compute = Literal["auto_mode", "managed_nodes", "karpenter", "fargate", "hybrid_nodes"]
SecretMethod = Literal["external_secrets", "csi_driver", "native"]
IngressMethod = Literal["alb_ingress", "gateway_api", "nginx", "other"]
FailOn = Literal["critical", "high", "medium", "low", "never"]
SeverityName = Literal["critical", "high", "medium", "low", "info"]


def _instance_type(name: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", name) is None:
        raise PydanticCustomError("instance_type", "it must be an instance type, such as m7g.2xlarge")
    return name


InstanceType = Annotated[str, AfterValidator(_instance_type)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(_Section):
    """Where the workloads are to run; what is not chosen stays none, and rules that need it are unanswered."""

    compute: Compute | None = None
    secrets: SecretMethod | None = None
    ingress: IngressMethod | None = None
    ipv6: bool | None = None
    instance_types: tuple[InstanceType, ...] = ()
    """EC2 instance types that nodes may have; none where any may be chosen, or nothing is decided."""


class Waiver(_Section):
    """A finding that a team accepts until a day; exactly one of ``workload`` and ``subject`` is set."""

    rule: str
    """Rule id or glob."""
    workload: str | None = None
    """Glob over ``cluster/name``."""
    subject: str | None = None
    """Glob over ``kind:id``, for what is not one workload's."""
    reason: str
    owner: str
    expires: date


class Policy(_Section):
    """The whole of assess.toml; every value has a default."""

    fail_on: FailOn | None = None
    min_coverage: float | None = Field(default=None, ge=0, le=100)
    max_waiver_days: int = Field(default=180, gt=0)
    waivers: tuple[Waiver, ...] = Field(default=(), alias="waiver")
    target: Target = Field(default_factory=Target)
    rules: tuple[str, ...] = ()
    """Folders of the team's own rules, relative to the file."""
    disabled: tuple[str, ...] = ()
    """Rule ids or globs: these rules do not run."""
    severity: Mapping[str, SeverityName] = Field(default_factory=dict)
    """What the team calls the findings of a rule, by its id."""
    thresholds: Mapping[str, float] = Field(default_factory=dict)
    """Numbers that rules compare with, by ``RULE-ID.name``; a rule's own default holds where none is given."""
