"""EventBridge Pipes: all of them are known, and of those that run ECS tasks which task."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.seeding import Network, Seeder, container, ecs_parameters

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:files"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/shop"


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """A cluster that nothing runs in."""
    found = Seeder(aws)
    found.cluster("shop")
    return found


def piped(seeder: Seeder, name: str, target: str, **given: Any) -> None:
    role = seeder.role(f"{name}-pipe", service="pipes.amazonaws.com")
    seeder.client("pipes").create_pipe(Name=name, Source=QUEUE, Target=target, RoleArn=role, **given)


def running(seeder: Seeder, name: str = "import", **given: Any) -> str:
    cluster = str(seeder.ecs.list_clusters()["clusterArns"][0])
    revision = seeder.task_definition(name, container(name), taskRoleArn=seeder.role(name))
    parameters = ecs_parameters(revision, Network("", ("subnet-1",), ()), "sg-1") | given
    words = {"InputTemplate": "hush", "EcsTaskParameters": parameters | {"Group": "hush"}}
    piped(seeder, name, cluster, TargetParameters=words, Description="hush")
    return revision


def scanned(aws: SimulatedAws, **request: Any) -> Estate:
    aws.forget_calls()
    return scan(ScanRequest(**request), facts=frozenset({"pipes", "iam.roles"}))


def test_pipe_to_something_else_is_known_without_being_described(aws: SimulatedAws, seeder: Seeder) -> None:
    piped(seeder, "carry", BUS)
    found = scanned(aws)
    (pipe,) = found.pipes
    assert (pipe.name, pipe.source, pipe.target, pipe.is_enabled) == ("carry", QUEUE, BUS, True)
    assert pipe.ecs_parameters is None
    assert (found.workloads, found.gaps) == ((), ())
    assert aws.counts()["pipes:DescribePipe"] == 0


def test_pipe_that_runs_tasks_makes_a_workload_with_its_revision(aws: SimulatedAws, seeder: Seeder) -> None:
    revision = running(seeder)
    found = scanned(aws)
    (workload,) = found.workloads
    assert (workload.kind, workload.task_definition_arn) == ("triggered_task", revision)
    assert workload.task_definition is not None
    assert workload.is_fargate
    assert workload.security_groups == {"sg-1"}
    assert {each.role_name for each in found.roles} == {"import", "import-pipe"}
    assert found.pipes[0].unknown_fields == {}
    assert "hush" not in found.model_dump_json()
    assert found.gaps == ()
    assert not aws.calls_beyond_reading()


def test_subnets_of_the_task_are_read(aws: SimulatedAws, seeder: Seeder) -> None:
    network = seeder.network("net", "10.9", private=2, public=1)
    inside = {"Subnets": list(network.private), "SecurityGroups": [seeder.security_group(network, "import")]}
    running(seeder, NetworkConfiguration={"awsvpcConfiguration": inside})
    found = scan(ScanRequest(), facts=frozenset({"vpc.subnets", "vpc.interfaces"}))
    assert {each.subnet_id for each in found.subnets} >= set(network.private)
    assert found.gaps == ()


def test_task_that_each_event_chooses_is_no_workload(aws: SimulatedAws, seeder: Seeder) -> None:
    running(seeder, TaskDefinitionArn="$.detail.task")
    found = scanned(aws)
    assert (len(found.pipes), found.workloads) == (1, ())


@pytest.mark.parametrize(("request_", "expected"), [({"services": ("im*",)}, 1), ({"clusters": ("other",)}, 0)])
def test_filters_choose_the_pipes_that_run_tasks(
    aws: SimulatedAws, seeder: Seeder, request_: dict[str, Any], expected: int
) -> None:
    running(seeder)
    running(seeder, "export")
    assert len(scanned(aws, **request_).workloads) == expected


def test_long_list_of_pipes_is_read_to_its_end(aws: SimulatedAws, seeder: Seeder) -> None:
    for number in range(101):
        piped(seeder, f"carry{number}", BUS)
    assert len(scanned(aws).pipes) == 101
    assert aws.counts()["pipes:ListPipes"] == 2


def test_pipe_that_may_not_be_described_is_a_gap_on_it(aws: SimulatedAws, seeder: Seeder) -> None:
    running(seeder)
    aws.deny("pipes", "DescribePipe")
    found = scanned(aws)
    (pipe,) = found.pipes
    assert [(gap.action, gap.resource, gap.enumeration) for gap in found.gaps] == [
        ("pipes:DescribePipe", pipe.arn, True)
    ]
    assert found.blind


def test_pipes_that_may_not_be_listed_leave_the_region_blind(aws: SimulatedAws, seeder: Seeder) -> None:
    aws.deny("pipes", "ListPipes")
    found = scanned(aws)
    assert [(gap.action, gap.facts) for gap in found.blind] == [("pipes:ListPipes", ("pipes",))]
