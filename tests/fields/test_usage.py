"""Which fields a workload uses, and what the map does not know of its documents."""

from collections.abc import Mapping
from typing import Any

import pytest

from assess.estate.estate import Estate
from assess.fields.field_map import field_map
from assess.fields.usage import FieldUse, Stranger, WorkloadFields, strangers
from tests.rules.harness import Piece, container, estate, file, primary, service, task
from tests.support import generate


def uses(*pieces: Piece) -> dict[str, FieldUse]:
    """Uses of the only workload, those of the service by ``service:PATH``."""
    made = estate(*pieces)
    assert len(made.workloads) == 1
    found = WorkloadFields().of(made.workloads[0])
    assert [(each.field.path, each.field.shape) for each in found] == sorted(
        {(each.field.path, each.field.shape) for each in found}
    )
    return {f"{'service:' if each.field.shape == 'Service' else ''}{each.field.path}": each for each in found}


@pytest.mark.parametrize(
    ("fields", "path", "is_idle"),
    [
        ({"stopTimeout": 60}, "stopTimeout", False),
        ({"privileged": True}, "privileged", False),
        ({"privileged": False}, "privileged", True),
        ({"cpu": 0}, "cpu", True),
        ({"command": ["run"]}, "command[]", False),
        ({"dockerLabels": {"a": "b"}}, "dockerLabels{}", False),
        ({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, "linuxParameters.capabilities.drop[]", False),
        (
            {"resourceRequirements": [{"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 512}}}]},
            "resourceRequirements[].sharingStrategy.nvidiaMps.memory",
            False,
        ),
        ({"secrets": [{"name": "A", "valueFrom": "/a"}]}, "secrets[].valueFrom", False),
    ],
)
def test_a_field_that_holds_something_is_used(fields: dict[str, Any], path: str, is_idle: bool) -> None:
    found = uses(task(container(**fields)))
    assert found[f"containerDefinitions[].{path}"].is_idle is is_idle


@pytest.mark.parametrize(
    "fields", [{"command": []}, {"command": None}, {"dockerLabels": {}}, {"user": ""}, {"linuxParameters": {}}, {}]
)
def test_a_field_that_holds_nothing_is_not_used(fields: dict[str, Any]) -> None:
    assert uses(task(container(**fields))).keys() == uses(task(container())).keys()


def test_a_field_is_idle_only_where_all_containers_leave_it_idle() -> None:
    one = uses(task(container("a", privileged=False), container("b", privileged=True)))
    none = uses(task(container("a", privileged=False), container("b", privileged=False)))
    assert not one["containerDefinitions[].privileged"].is_idle
    assert none["containerDefinitions[].privileged"].is_idle


def test_essential_matters_among_several_containers_only() -> None:
    assert uses(task(container("a")))["containerDefinitions[].essential"].is_idle
    assert not uses(task(container("a"), container("b")))["containerDefinitions[].essential"].is_idle


def test_the_service_and_its_primary_deployment_count() -> None:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}}
    old = {"status": "ACTIVE", "fargateEphemeralStorage": {"kmsKeyId": "k"}, "platformFamily": "Linux"}
    connect = {"enabled": True, "namespace": "shop"}
    found = uses(
        task(),
        service(
            networkConfiguration=network,
            deployments=[
                *primary(networkConfiguration=network, platformVersion="1.4.0", serviceConnectConfiguration=connect),
                old,
            ],
        ),
    )
    assert "service:networkConfiguration.awsvpcConfiguration.subnets[]" in found
    assert "service:deployments[].networkConfiguration.awsvpcConfiguration.subnets[]" not in found
    assert found["service:networkConfiguration.awsvpcConfiguration.assignPublicIp"].is_idle
    assert found["service:deploymentController.type"].is_idle
    assert "service:deployments[].platformVersion" in found
    assert "service:deployments[].serviceConnectConfiguration.namespace" in found
    assert "service:deployments[].platformFamily" not in found
    assert "service:deployments[].fargateEphemeralStorage.kmsKeyId" not in found


def test_the_primary_task_set_counts_where_another_controller_deploys() -> None:
    sets = [
        {
            "status": "PRIMARY",
            "loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:x"}],
            "scale": {"value": 100.0},
        },
        {"status": "ACTIVE", "launchType": "FARGATE"},
    ]
    found = uses(task(), service(deployments=[], taskSets=sets, deploymentController={"type": "CODE_DEPLOY"}))
    assert "service:taskSets[].loadBalancers[].targetGroupArn" in found
    assert "service:taskSets[].launchType" not in found
    assert found["service:taskSets[].scale.value"].is_idle
    assert not found["service:deploymentController.type"].is_idle


def test_what_aws_made_is_there_as_metadata() -> None:
    found = uses(task())
    assert found["taskDefinitionArn"].field.verdict == "metadata"
    assert found["service:serviceArn"].field.verdict == "metadata"


def test_a_placeholder_is_a_use_and_what_a_kind_of_file_leaves_out_is_none() -> None:
    unresolved = {"/containerDefinitions/0/memory": "${MEMORY}", "/cpu": "", "/containerDefinitions/0/x": "${X}"}
    found = uses(file(container(), unresolved=unresolved))
    assert not found["containerDefinitions[].memory"].is_idle
    assert "cpu" not in found


def test_a_task_definition_that_was_not_read_uses_nothing() -> None:
    found = uses(service())
    assert found and all(path.startswith("service:") for path in found)


def test_workloads_alike_share_one_list_and_others_do_not() -> None:
    made = estate(task(), task(family="web"), task(container(user="7"), family="odd"))
    fields = WorkloadFields()
    by_name = {each.name: fields.of(each) for each in made.workloads}
    assert by_name["orders"] is by_name["web"]
    assert by_name["odd"] is not by_name["web"]


def test_every_use_of_a_generated_estate_is_in_the_map() -> None:
    made = generate.estate(40, 5)
    fields = WorkloadFields()
    for each in made.workloads:
        used = fields.of(each)
        assert {(use.field.shape, use.field.path) for use in used} <= field_map().fields.keys()
        assert len(used) > 10
    assert strange(made) == []


# --- strangers --------------------------------------------------------------------------------------------------


def strange(made: Estate) -> list[tuple[str, tuple[str | int, ...], str | None]]:
    found = (
        *(each for fact in made.task_definitions for each in strangers(fact)),
        *(each for fact in made.services for each in strangers(fact)),
        *(each for fact in made.clusters for each in strangers(fact)),
        *(each for fact in made.capacity_providers for each in strangers(fact)),
    )
    return [(each.path, each.steps, each.value) for each in found]


C = ("containerDefinitions", 0)


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        (task(), []),
        (task(quantumMode="on"), [("quantumMode", ("quantumMode",), None)]),
        (
            task(container(quantumMode={"level": {"deep": 1}})),
            [("containerDefinitions[].quantumMode", (*C, "quantumMode"), None)],
        ),
        (
            task(container(linuxParameters={"tmpfs": [{"size": 1}, {"shape": 1}]})),
            [
                (
                    "containerDefinitions[].linuxParameters.tmpfs[].shape",
                    (*C, "linuxParameters", "tmpfs", 1, "shape"),
                    None,
                )
            ],
        ),
        (
            task(volumes=[{"name": "a", "fsxWindowsFileServerVolumeConfiguration": {"shareName": "s"}}]),
            [
                (
                    "volumes[].fsxWindowsFileServerVolumeConfiguration.shareName",
                    ("volumes", 0, "fsxWindowsFileServerVolumeConfiguration", "shareName"),
                    None,
                )
            ],
        ),
        (task(networkMode="overlay"), [("networkMode", ("networkMode",), "overlay")]),
        (
            task(requiresCompatibilities=["EC2", "MOON"]),
            [("requiresCompatibilities[]", ("requiresCompatibilities", 1), "MOON")],
        ),
        (task(networkMode="AWSVPC", TAGS=[]), []),
        (task(container(dockerLabels={"anything": "goes"}, environment=[{"name": "A", "value": "b"}])), []),
        (
            service(deployments=[{"status": "INACTIVE", "newThing": 1}]),
            [("deployments[].newThing", ("deployments", 0, "newThing"), None)],
        ),
    ],
)
def test_strangers(piece: Piece, expected: list[tuple[str, tuple[str | int, ...], str | None]]) -> None:
    assert strange(estate(piece)) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"_comment": "x"},
        {"//": "x"},
        {"$schema": "x"},
        {"#": "x"},
        {"comment": "x"},
        {"Comments": ["x"]},
        {"{{ if x }}": ""},
        {"networkMode": "${MODE}"},
        {"networkMode": "<mode>"},
        {"RequiresAttributes": []},
    ],
)
def test_comments_and_placeholders_of_a_file_are_none(fields: Mapping[str, Any]) -> None:
    assert strange(estate(file(**fields))) == []


@pytest.mark.parametrize("name", ["quantumMode", "port_mappings", "noted", "commentary"])
def test_other_keys_of_a_file_are(name: str) -> None:
    fields: dict[str, Any] = {name: "x"}
    assert [each[0] for each in strange(estate(file(**fields)))] == [name]


def test_what_stands_in_place_of_an_object_is_no_stranger() -> None:
    assert strange(estate(file(container(), volumes="none", unresolved={"/volumes": "none"}))) == []


def test_a_stranger_leads_to_its_place() -> None:
    made = estate(task(container(quantumMode="on")))
    found = strangers(made.task_definitions[0])
    assert found == [Stranger("containerDefinitions[].quantumMode", ("containerDefinitions", 0, "quantumMode"))]
    assert made.task_definitions[0].evidence(*found[0].steps).pointer == "/containerDefinitions/0/quantumMode"
