"""What is recognised as a task definition, in which words it is handed on, and what its lines point at."""

import json
from typing import Any

import pytest

from assess.estate.ecs import TaskDefinition
from assess.readers.json_text import parse
from assess.readers.task_definition import Found, other_kind, task_definitions

_CONTAINER = {"name": "app", "image": "shop/app:1", "essential": True}
_TASK = {"family": "orders", "containerDefinitions": [_CONTAINER]}


def found(document: Any, stem: str = "orders-task") -> list[Found]:
    return task_definitions(parse(document if isinstance(document, str) else json.dumps(document)), stem)


def only(document: Any) -> Found:
    (one,) = found(document)
    return one


@pytest.mark.parametrize(
    "document",
    [
        _TASK,
        {"taskDefinition": _TASK},
        {"TaskDefinition": _TASK},
        {"taskDefinitions": [_TASK]},
        [_TASK],
        {"taskDefinition": _TASK, "ResponseMetadata": {"HTTPStatusCode": 200}},
        {"status_code": 200, "data": {"taskDefinition": _TASK}},
        {"version": 1, "response": {"body": {"taskDefinition": _TASK}}},
    ],
)
def test_a_task_definition_is_found_however_it_is_wrapped(document: Any) -> None:
    one = only(document)
    assert one.kind == "task_definition"
    assert one.document == _TASK
    assert one.facts == ("ecs.task_definitions",)


def test_several_in_one_file() -> None:
    other = {**_TASK, "family": "payments"}
    assert [each.document["family"] for each in found({"taskDefinitions": [_TASK, other]})] == ["orders", "payments"]


@pytest.mark.parametrize("document", [{"containerDefinitions": [_CONTAINER]}, {**_TASK, "family": ""}])
def test_without_a_family_the_file_names_it(document: Any) -> None:
    assert only(document).document["family"] == "orders-task"


@pytest.mark.parametrize("document", [[_CONTAINER], _CONTAINER])
def test_container_definitions_alone(document: Any) -> None:
    one = only(document)
    assert one.kind == "container_definitions"
    assert one.document == {"family": "orders-task", "containerDefinitions": [_CONTAINER]}


def test_what_an_array_of_containers_leaves_out_is_open() -> None:
    one = only([_CONTAINER])
    said = {"family", "containerDefinitions", "tags"}
    not_input = {"taskDefinitionArn", "revision", "status", "compatibilities", "registeredAt", "registeredBy"}
    fields = {field.alias or name for name, field in TaskDefinition.model_fields.items()}
    assert {at.removeprefix("/") for at in one.unresolved} == fields - said - not_input - {"@origin"} - {
        "trustedExecutionConfiguration"
    }


def test_an_array_of_placeholders_and_containers() -> None:
    one = only('[${sidecar}, {"name": "app", "image": "x", "essential": true}]')
    assert one.document["containerDefinitions"] == [_CONTAINER | {"image": "x"}, "${sidecar}"]
    assert one.unresolved["/containerDefinitions/1"] == "${sidecar}"


def test_tags_beside_a_described_task_definition_are_its_own() -> None:
    one = only({"taskDefinition": _TASK, "tags": [{"key": "owner", "value": "shop"}]})
    assert one.document["tags"] == [{"key": "owner", "value": "shop"}]
    assert one.facts == ("ecs.task_definitions", "tags")


def test_tags_within_a_task_definition() -> None:
    assert only({**_TASK, "tags": []}).facts == ("ecs.task_definitions", "tags")


def test_a_file_cannot_say_where_it_was_seen() -> None:
    assert only({**_TASK, "@origin": {"account": "123456789012", "source": "other.json"}}).document == _TASK


def test_a_placeholder_for_all_containers() -> None:
    one = only('{"family": "orders", "containerDefinitions": ${jsonencode(containers)}}')
    assert one.unresolved == {"/containerDefinitions": "${jsonencode(containers)}"}


def test_field_names_in_any_case_become_those_of_ecs() -> None:
    document = only(
        '[{"name": "a", "image": "b", "memoryreservation": 1, "portmappings": [{"ContainerPort": 2}]}]'
    ).document
    assert document["containerDefinitions"] == [
        {"name": "a", "image": "b", "memoryReservation": 1, "portMappings": [{"containerPort": 2}]}
    ]


def test_of_a_name_in_two_cases_the_one_of_ecs_counts() -> None:
    document = only({"Family": "other", "family": "orders", "containerDefinitions": []}).document
    assert document == {"Family": "other", "family": "orders", "containerDefinitions": []}


def test_pascal_case_becomes_the_field_names_of_ecs() -> None:
    document = {
        "Family": "orders",
        "Cpu": 256,
        "RequiresCompatibilities": ["FARGATE"],
        "ContainerDefinitions": [
            {
                "Name": "app",
                "Image": "shop/app:1",
                "ReadonlyRootFilesystem": True,
                "Environment": [{"Name": "PORT", "Value": 8080}],
                "DockerLabels": {"Team": "shop"},
                "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g", "Custom": "c"}},
                "SomethingNew": {"Inner": 1},
            }
        ],
        "Volumes": [{"Name": "data", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}],
        "Tags": [{"Key": "Owner", "Value": "shop"}],
    }
    assert only(document).document == {
        "family": "orders",
        "cpu": "256",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [
            {
                "name": "app",
                "image": "shop/app:1",
                "readonlyRootFilesystem": True,
                "environment": [{"name": "PORT", "value": "8080"}],
                "dockerLabels": {"Team": "shop"},
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g", "Custom": "c"}},
                "SomethingNew": {"Inner": 1},
            }
        ],
        "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
        "tags": [{"key": "Owner", "value": "shop"}],
    }


@pytest.mark.parametrize(
    ("written", "read"), [(8080, "8080"), (1.5, "1.5"), (True, "true"), (False, "false"), ("x", "x")]
)
def test_numbers_and_booleans_are_texts_where_ecs_has_texts(written: Any, read: str) -> None:
    container = {**_CONTAINER, "environment": [{"name": "A", "value": written}], "dockerLabels": {"b": written}}
    document = only({**_TASK, "cpu": written, "containerDefinitions": [container]}).document
    assert document["cpu"] == read
    assert document["containerDefinitions"][0]["environment"][0]["value"] == read
    assert document["containerDefinitions"][0]["dockerLabels"]["b"] == read
    assert document["containerDefinitions"][0]["essential"] is True


def test_lines_point_into_the_file_and_pointers_into_the_task_definition() -> None:
    one = only(
        '{\n"data": {\n"taskDefinition": {\n"family": "x",\n"containerDefinitions": ['
        '\n{\n"name": "a~/b",\n"image": "i"}]}}}'
    )
    assert one.lines == {
        "": 3,
        "/family": 4,
        "/containerDefinitions": 5,
        "/containerDefinitions/0": 6,
        "/containerDefinitions/0/name": 7,
        "/containerDefinitions/0/image": 8,
    }


def test_lines_of_pascal_case_and_of_containers_alone_use_the_names_of_ecs() -> None:
    assert only('{"ContainerDefinitions":\n[{"Image":\n"i"}]}').lines["/containerDefinitions/0/image"] == 2
    assert only('[\n{"name": "a",\n"image": "i",\n"cpu": 1}]').lines["/containerDefinitions/0/cpu"] == 4


def test_what_no_other_program_could_write_again_is_made_writable() -> None:
    document = only('{"containerDefinitions": [], "family": "a\\ud800b", "x\\udfff": 1e999}').document
    assert json.loads(json.dumps(document).encode("utf-8")) == document
    assert document["family"] == "a\ufffdb"


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        1,
        ["text"],
        {"family": "orders"},
        {"containerDefinitions": 1},
        {"taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/orders:1"},
        {"taskDefinitions": ["orders:1"]},
        [{"name": "app", "imageUri": "shop/app:1"}],
        [{"id": 1, "name": "Shoe", "image": "shoe.png", "price": 10}],
        [{"name": "Shoe", "image": "shoe.png"}],
        {"name": "Python", "image": "mcr.example/devcontainer", "customizations": {}, "forwardPorts": [80]},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "b", "ports": []}]}},
        {"a": {"b": {"c": {"d": _TASK}}}},
        {"Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [{}]}}}},
        {"terraform_version": "1.9", "values": {"containerDefinitions": []}},
    ],
)
def test_what_is_no_task_definition(document: Any) -> None:
    assert found(document) == []


def test_kinds_that_are_known_but_not_read_are_named() -> None:
    assert other_kind(parse('{"Resources": {"T": {"Type": "AWS::S3::Bucket"}}}')) == "a CloudFormation template"
    assert other_kind(parse('{"terraform_version": "1.9"}')) == "a Terraform plan or state"
    assert other_kind(parse('{"Resources": {"T": {"Kind": "x"}}}')) is None
