"""Applications of CodeDeploy and pipelines that deploy to ECS."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.support.aws import SimulatedAws
from tests.support.seeding import Seeder, container

FACTS = frozenset({"codedeploy", "codepipeline"})


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """An account with one service."""
    seeder = Seeder(aws)
    seeder.service(seeder.cluster("shop"), "web", seeder.task_definition("web", container("web")))
    aws.forget_calls()
    return seeder


def scanned() -> Estate:
    found = scan(ScanRequest(), facts=FACTS)
    assert len(found.workloads) == 1
    return found


def test_applications_for_ecs_are_kept_with_their_groups(seeder: Seeder) -> None:
    seeder.deployments("web", "shop", "web")
    seeder.client("codedeploy").create_application(applicationName="site", computePlatform="Server")
    seeder.client("codedeploy").create_application(applicationName="bare", computePlatform="ECS")
    found = scanned()
    assert found.gaps == ()
    by_name = {each.application_name: each for each in found.deployment_applications}
    assert set(by_name) == {"web", "bare"}
    (group,) = by_name["web"].deployment_groups
    assert [(each.cluster_name, each.service_name) for each in group.ecs_services] == [("shop", "web")]
    assert by_name["bare"].deployment_groups == ()


def test_many_applications_are_described_in_batches(aws: SimulatedAws, seeder: Seeder) -> None:
    for number in range(101):
        seeder.client("codedeploy").create_application(applicationName=f"a{number}", computePlatform="Lambda")
    assert scanned().deployment_applications == ()
    counts = aws.counts()
    assert (counts["codedeploy:BatchGetApplications"], counts["codedeploy:ListDeploymentGroups"]) == (2, 0)


def test_pipeline_is_kept_without_settings_that_may_be_tokens(seeder: Seeder) -> None:
    seeder.pipeline("release", provider="ECS", ClusterName="shop", ServiceName="web", FileName="images.json")
    seeder.pipeline("site", provider="S3", BucketName="site", Extract="true")

    found = scanned()
    assert found.gaps == ()
    (kept,) = found.pipelines
    assert [each.name for each in kept.stages] == ["Source", "Deploy"]
    action, _ = list(kept.actions())[-1]
    assert (action.provider, action.cluster_name, action.service_name, action.file_name) == (
        "ECS",
        "shop",
        "web",
        "images.json",
    )
    assert "hush" not in found.model_dump_json()


def test_nothing_is_asked_without_a_service(aws: SimulatedAws, unpaced: None) -> None:
    scan(ScanRequest(), facts=FACTS)
    assert not {api.partition(":")[0] for api in aws.counts()} & {"codedeploy", "codepipeline"}


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("codedeploy", "ListApplications"),
        ("codedeploy", "BatchGetApplications"),
        ("codedeploy", "ListDeploymentGroups"),
        ("codedeploy", "BatchGetDeploymentGroups"),
        ("codepipeline", "ListPipelines"),
        ("codepipeline", "GetPipeline"),
    ],
)
def test_what_is_refused_takes_only_its_fact(aws: SimulatedAws, seeder: Seeder, service: str, operation: str) -> None:
    seeder.deployments("web", "shop", "web")
    seeder.pipeline("release", provider="ECS", ClusterName="shop", ServiceName="web")
    aws.deny(service, operation)
    gaps: list[tuple[Any, ...]] = [(each.action, each.facts) for each in scanned().gaps]
    assert gaps == [(f"{service}:{operation}", (service,))]
