"""Workloads as they are seen from services, schedules, state machines, tasks and files."""

import json
from typing import Any

import pytest

from assess.estate.estate import Estate
from assess.estate.workloads import Workload

ACCOUNT, REGION = "111122223333", "us-east-1"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/shop"
HERE = {"account": ACCOUNT, "region": REGION}


def estate(**kinds: Any) -> Estate:
    """An estate of documents in AWS's terms; each is given an origin in the account."""
    facts = {kind: [{"@origin": HERE} | each for each in documents] for kind, documents in kinds.items()}
    return Estate.model_validate({"detectors_version": 1, "collected_at": "2026-11-23T00:00:00Z"} | facts)


def definition(family: str, revision: int = 1, **changes: Any) -> dict[str, Any]:
    arn = f"{ECS}:task-definition/{family}:{revision}"
    return {"taskDefinitionArn": arn, "family": family, "revision": revision} | changes


def service(name: str = "web", **changes: Any) -> dict[str, Any]:
    told = {"serviceArn": f"{ECS}:service/shop/{name}", "serviceName": name, "clusterArn": CLUSTER, "status": "ACTIVE"}
    return told | {"taskDefinition": f"{ECS}:task-definition/{name}:1"} | changes


def only(found: Estate) -> Workload:
    assert len(found.workloads) == 1, found.workloads
    return found.workloads[0]


def schedule(reference: str, **changes: Any) -> dict[str, Any]:
    target = {"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": reference, "LaunchType": "FARGATE"}}
    arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly"
    told = {"Arn": arn, "Name": "nightly", "State": "ENABLED", "ScheduleExpression": "rate(1 day)", "Target": target}
    return told | changes


def test_a_service_runs_the_revision_of_its_primary_deployment() -> None:
    rolling = service(
        deployments=[
            {"status": "ACTIVE", "taskDefinition": f"{ECS}:task-definition/web:1"},
            {"status": "PRIMARY", "taskDefinition": f"{ECS}:task-definition/web:2", "launchType": "FARGATE"},
        ]
    )
    workload = only(estate(services=[rolling], task_definitions=[definition("web", 1), definition("web", 2)]))
    assert workload.task_definition is not None and workload.task_definition.revision == 2
    assert (workload.id, workload.kind) == (f"{ACCOUNT}/{REGION}/shop/web", "service")
    assert workload.is_fargate


def test_a_service_under_code_deploy_runs_the_revision_of_its_primary_task_set() -> None:
    blue = {"status": "PRIMARY", "taskDefinition": f"{ECS}:task-definition/web:7"}
    green = {"status": "ACTIVE", "taskDefinition": f"{ECS}:task-definition/web:8"}
    workload = only(estate(services=[service(taskDefinition="", taskSets=[green, blue])]))
    assert workload.task_definition_arn.endswith("web:7")


def test_an_inactive_service_is_no_workload_and_a_draining_one_is() -> None:
    found = estate(services=[service("gone", status="INACTIVE"), service("going", status="DRAINING")])
    assert [each.name for each in found.workloads] == ["going"]


def test_a_daemon_service_is_a_daemon() -> None:
    assert only(estate(services=[service(schedulingStrategy="DAEMON")])).kind == "daemon"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"launchType": "FARGATE"}, {"FARGATE"}),
        ({"launchType": "EXTERNAL"}, {"EXTERNAL"}),
        ({}, {"EC2"}),
        ({"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}, {"FARGATE"}),
        (
            {
                "capacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "weight": 1},
                    {"capacityProvider": "nodes", "weight": 0, "base": 2},
                ]
            },
            {"FARGATE", "EC2"},
        ),
        (
            {
                "capacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "weight": 1},
                    {"capacityProvider": "nodes", "weight": 0, "base": 0},
                ]
            },
            {"FARGATE"},
        ),
        ({"capacityProviderStrategy": [{"capacityProvider": "managed", "weight": 1}]}, {"MANAGED_INSTANCES"}),
    ],
)
def test_capacity_says_where_the_tasks_run(settings: dict[str, Any], expected: set[str]) -> None:
    providers = [{"name": "managed", "managedInstancesProvider": {"infrastructureRoleArn": "x"}}, {"name": "nodes"}]
    assert only(estate(services=[service(**settings)], capacity_providers=providers)).launch_types == expected


def test_without_its_own_capacity_a_service_has_the_clusters() -> None:
    default = [{"capacityProvider": "FARGATE", "weight": 1}]
    cluster = {"clusterArn": CLUSTER, "clusterName": "shop", "defaultCapacityProviderStrategy": default}
    assert only(estate(services=[service()], clusters=[cluster])).is_fargate


@pytest.mark.parametrize(
    "reference", ["report", "report:2", f"{ECS}:task-definition/report", f"{ECS}:task-definition/report:2"]
)
def test_a_schedule_makes_a_scheduled_task_of_the_revision_it_names(reference: str) -> None:
    found = estate(schedules=[schedule(reference)], task_definitions=[definition("report", 1), definition("report", 2)])
    workload = only(found)
    assert (workload.kind, workload.name, workload.cluster) == ("scheduled_task", "report", "shop")
    assert workload.task_definition is not None and workload.task_definition.revision == 2
    assert workload.runs_to_completion and workload.is_fargate


def test_a_schedule_that_calls_run_task_itself_makes_a_scheduled_task() -> None:
    request = {"Cluster": "shop", "TaskDefinition": f"{ECS}:task-definition/report:2", "LaunchType": "FARGATE"}
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": json.dumps(request)}
    found = estate(
        schedules=[schedule("report", Target=target)],
        task_definitions=[definition("report", 2)],
        clusters=[{"clusterArn": CLUSTER, "clusterName": "shop"}],
    )
    workload = only(found)
    assert (workload.kind, workload.cluster_arn, workload.is_fargate) == ("scheduled_task", CLUSTER, True)
    assert workload.task_definition is not None


@pytest.mark.parametrize("request_text", ["", "[]", "{", '{"Cluster": "shop"}', '{"TaskDefinition": 7}'])
def test_a_call_of_run_task_that_names_no_task_makes_nothing(request_text: str) -> None:
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": request_text}
    assert estate(schedules=[schedule("report", Target=target)]).workloads == ()


def test_a_disabled_schedule_makes_nothing() -> None:
    assert estate(schedules=[schedule("report", State="DISABLED")]).workloads == ()


def test_a_rule_without_a_clock_makes_a_triggered_task() -> None:
    target = {"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": f"{ECS}:task-definition/import:1"}}
    rule = {
        "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/on-upload",
        "Name": "on-upload",
        "State": "ENABLED",
        "Targets": [target],
    }
    assert only(estate(event_rules=[rule])).kind == "triggered_task"


def test_a_state_machine_makes_a_triggered_task_also_from_within_a_map() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {
            "TaskDefinition": f"{ECS}:task-definition/batch:4",
            "Cluster": "shop",
            "LaunchType": "FARGATE",
        },
    }
    inner = {"StartAt": "Run", "States": {"Run": task}}
    machine = {
        "stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batch",
        "name": "batch",
        "definition": {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": inner}}},
    }
    found = estate(
        state_machines=[machine],
        clusters=[{"clusterArn": CLUSTER, "clusterName": "shop"}],
        task_definitions=[definition("batch", 4)],
    )
    workload = only(found)
    assert (workload.kind, workload.cluster_arn) == ("triggered_task", CLUSTER)
    assert workload.task_definition is not None and workload.is_fargate


def test_one_family_that_two_things_start_is_one_workload_with_two_triggers() -> None:
    other = schedule("report", Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/weekly", Name="weekly")
    workload = only(estate(schedules=[schedule("report"), other], task_definitions=[definition("report")]))
    assert len(workload.triggers) == 2


def task(started_by: str | None, group: str, family: str = "import") -> dict[str, Any]:
    told = {"taskArn": f"{ECS}:task/shop/1", "clusterArn": CLUSTER, "group": group, "lastStatus": "RUNNING"}
    return told | {"taskDefinitionArn": f"{ECS}:task-definition/{family}:1", "startedBy": started_by}


def test_a_task_that_nothing_owns_is_a_standalone_task() -> None:
    workload = only(estate(tasks=[task("jane", "family:import")]))
    assert (workload.kind, workload.id) == ("standalone_task", f"{ACCOUNT}/{REGION}/shop/task/import")


def test_tasks_of_a_service_are_no_workload_of_their_own() -> None:
    owned = [task("ecs-svc/123", "service:web"), task("ecs-svc/456", "family:web")]
    assert estate(tasks=owned).workloads == ()


def test_a_task_that_a_schedule_started_belongs_to_the_scheduled_task() -> None:
    found = estate(schedules=[schedule("report")], tasks=[task("chronos-schedule/nightly", "family:report", "report")])
    workload = only(found)
    assert workload.kind == "scheduled_task"
    assert len(workload.tasks) == 1


def test_a_task_definition_of_a_file_is_a_workload() -> None:
    document = {"@origin": {"source": "web.json"}, "family": "web", "requiresCompatibilities": ["FARGATE"]}
    workload = only(estate(task_definitions=[document]))
    assert (workload.kind, workload.id, workload.is_fargate) == ("task_definition", "file:web.json#web", True)


def test_a_task_definition_that_nothing_uses_is_no_workload() -> None:
    assert estate(task_definitions=[definition("old")]).workloads == ()


@pytest.mark.parametrize(
    ("tags", "cluster", "expected"),
    [
        ({"Environment": "production"}, "x", "production"),
        ({"env": "PROD"}, "x", "production"),
        ({"env": "non-prod"}, "x", "other"),
        ({"stage": "pre-production"}, "x", "other"),
        ({"env": "staging"}, "prod", "other"),
        ({}, "shop-prod", "production"),
        ({}, "shop-preprod", "other"),
        ({}, "products", None),
        ({"env": "blue"}, "shop", None),
    ],
)
def test_the_environment_is_told_by_tags_before_names(tags: dict[str, str], cluster: str, expected: str | None) -> None:
    arn = f"{ECS}:cluster/{cluster}"
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    assert only(estate(services=[service(clusterArn=arn, tags=listed)])).environment == expected


def test_the_owner_is_told_by_the_service_before_the_cluster() -> None:
    cluster = {"clusterArn": CLUSTER, "clusterName": "shop", "tags": [{"key": "Team", "value": "platform"}]}
    tagged = service(tags=[{"key": "Owner", "value": "payments"}])
    assert only(estate(services=[tagged], clusters=[cluster])).owner == "payments"
    assert only(estate(services=[service()], clusters=[cluster])).owner == "platform"
    assert only(estate(services=[service()])).owner is None


def test_the_network_of_a_scheduled_task_is_what_its_trigger_names() -> None:
    network = {"awsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}}
    parameters = {"TaskDefinitionArn": "report", "LaunchType": "FARGATE", "NetworkConfiguration": network}
    found = estate(schedules=[schedule("report", Target={"Arn": CLUSTER, "EcsParameters": parameters})])
    workload = only(found)
    assert (set(found.subnet_ids(workload)), set(workload.security_groups)) == ({"subnet-1"}, {"sg-1"})


def test_tasks_that_share_the_instances_network_are_in_the_instances_subnets() -> None:
    found = estate(
        services=[service(launchType="EC2")],
        container_instances=[{"containerInstanceArn": "ci", "clusterArn": CLUSTER, "ec2InstanceId": "i-1"}],
        instances=[{"InstanceId": "i-1", "SubnetId": "subnet-9"}],
    )
    assert found.subnet_ids(only(found)) == {"subnet-9"}


def pipe(**changes: Any) -> dict[str, Any]:
    told = {"Arn": f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/files", "Name": "files", "Target": CLUSTER}
    network = {"awsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}}
    task = {"TaskDefinitionArn": f"{ECS}:task-definition/import:3", "NetworkConfiguration": network}
    return told | task | {"LaunchType": "FARGATE", "DesiredState": "RUNNING"} | changes


def test_a_pipe_that_runs_tasks_makes_a_triggered_task() -> None:
    workload = only(estate(pipes=[pipe()], task_definitions=[definition("import", 3)]))
    assert (workload.id, workload.kind) == (f"{ACCOUNT}/{REGION}/shop/task/import", "triggered_task")
    assert workload.task_definition is not None
    assert [each.source.evidence(*each.at).pointer for each in workload.triggers] == ["/TaskDefinitionArn"]
    assert workload.is_fargate
    assert workload.security_groups == {"sg-1"}
    assert f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/files" in workload.related


@pytest.mark.parametrize("given", [{"DesiredState": "STOPPED"}, {"TaskDefinitionArn": None}])
def test_a_pipe_that_starts_nothing_makes_no_workload(given: dict[str, Any]) -> None:
    assert estate(pipes=[pipe(**given)]).workloads == ()
