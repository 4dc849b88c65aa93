"""What deploys to ECS: applications of CodeDeploy and pipelines of CodePipeline, in their own terms."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from assess.estate.facts import Choice, Fact, Identifier, Part

Steps = tuple[str | int, ...]
"""The way to a field: AWS's field names and list indexes."""


class DeployedService(Part):
    """A service that a deployment group deploys."""

    service_name: Identifier = ""
    cluster_name: Identifier = ""


class LastDeployment(Part):
    """The deployment that was tried last."""

    status: Choice | None = None
    end_time: datetime | None = None
    create_time: datetime | None = None


class DeploymentGroup(Part):
    """A deployment group of an application."""

    deployment_group_name: Identifier = ""
    deployment_config_name: Identifier | None = None
    ecs_services: tuple[DeployedService, ...] = ()
    last_attempted_deployment: LastDeployment | None = None


class DeploymentApplication(Fact):
    """An application of CodeDeploy whose compute platform is ECS, with its deployment groups (calls of their own)."""

    identity_field: ClassVar[str] = "application_name"

    application_name: Identifier = ""
    create_time: datetime | None = None
    deployment_groups: tuple[DeploymentGroup, ...] = ()

    @property
    def last_used(self) -> datetime | None:
        """When it last deployed, or was made if it never did."""
        tried = [each.last_attempted_deployment for each in self.deployment_groups]
        times = [each.end_time or each.create_time for each in tried if each is not None]
        return max((each for each in (*times, self.create_time) if each is not None), default=None)


class ActionType(Part):
    """What kind of work an action is, and who does it."""

    category: Choice = ""
    provider: Identifier = ""


class PipelineAction(Part):
    """An action of a stage, with those of its settings that name what it deploys."""

    name: Identifier = ""
    action_type_id: ActionType | None = None
    region: Identifier | None = None
    cluster_name: Identifier | None = None
    service_name: Identifier | None = None
    file_name: Identifier | None = None
    application_name: Identifier | None = None
    deployment_group_name: Identifier | None = None

    @property
    def provider(self) -> str:
        """Who does the work: ``ECS`` (CodePipeline itself), ``CodeDeployToECS``, ``CodeBuild``, ``S3``, ..."""
        return self.action_type_id.provider if self.action_type_id is not None else ""

    @property
    def deployed(self) -> tuple[str, str, str] | None:
        """What it deploys to ECS: the provider with cluster and service, or with application and deployment group."""
        if self.provider == "ECS":
            cluster, service = self.cluster_name or "", self.service_name or ""
            return self.provider, cluster.rpartition("/")[2], service.rpartition("/")[2]
        if self.provider == "CodeDeployToECS":
            return self.provider, self.application_name or "", self.deployment_group_name or ""
        return None


class PipelineStage(Part):
    """A stage of a pipeline."""

    name: Identifier = ""
    actions: tuple[PipelineAction, ...] = ()


class Pipeline(Fact):
    """A pipeline of CodePipeline that deploys to ECS."""

    identity_field: ClassVar[str] = "name"

    name: Identifier = ""
    pipeline_type: Choice | None = None
    stages: tuple[PipelineStage, ...] = ()

    def actions(self) -> Iterator[tuple[PipelineAction, Steps]]:
        """Each action, with the steps to it."""
        for number, stage in enumerate(self.stages):
            for index, action in enumerate(stage.actions):
                yield action, ("stages", number, "actions", index)
