"""Auto scaling, in its own terms: of ECS services (Application Auto Scaling) and of the instances under them (EC2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from assess.estate.facts import Choice, Identifier, IdentifierTree, PascalFact


class ScalableTarget(PascalFact):
    """Lowest and highest task count of a service; ``resource_id`` is ``service/CLUSTER/NAME``."""

    identity_field: ClassVar[str] = "resource_id"

    resource_id: Identifier = ""
    scalable_dimension: Choice | None = None
    min_capacity: int | None = None
    max_capacity: int | None = None
    scalable_target_arn: Identifier | None = Field(default=None, alias="ScalableTargetARN")


class ScalingPolicy(PascalFact):
    """A scaling policy: ``policy_type`` is TargetTrackingScaling, StepScaling or PredictiveScaling."""

    identity_field: ClassVar[str] = "policy_arn"

    policy_arn: Identifier = Field(default="", alias="PolicyARN")
    policy_name: Identifier = ""
    resource_id: Identifier = ""
    policy_type: Choice | None = None
    target_tracking_scaling_policy_configuration: IdentifierTree | None = None
    step_scaling_policy_configuration: IdentifierTree | None = None


class ScheduledScaling(PascalFact):
    """A scheduled change of the lowest and highest task count."""

    identity_field: ClassVar[str] = "scheduled_action_arn"

    scheduled_action_arn: Identifier = Field(default="", alias="ScheduledActionARN")
    scheduled_action_name: Identifier = ""
    resource_id: Identifier = ""
    schedule: Identifier | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    scalable_target_action: Mapping[str, int] | None = None


class AutoScalingGroup(PascalFact):
    """An EC2 Auto Scaling group behind a capacity provider; sizes in instances."""

    identity_field: ClassVar[str] = "auto_scaling_group_arn"

    auto_scaling_group_arn: Identifier = Field(default="", alias="AutoScalingGroupARN")
    auto_scaling_group_name: Identifier = ""
    min_size: int | None = None
    max_size: int | None = None
    desired_capacity: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether it has as many instances as it may have."""
        return bool(self.max_size) and (self.desired_capacity or 0) >= (self.max_size or 0)
