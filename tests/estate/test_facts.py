"""Facts keep what they were given, and evidence points at it."""

import pytest

from assess.estate.ecs import TaskDefinition
from assess.estate.facts import Origin, pointer


def test_fields_and_enum_values_that_no_model_knows_are_kept() -> None:
    given = {
        "family": "web",
        "networkMode": "quantum",
        "gravity": {"level": 9},
        "containerDefinitions": [{"name": "app", "teleport": True}],
    }
    task = TaskDefinition.model_validate(given)
    assert task.model_dump(by_alias=True, exclude_unset=True, mode="json") == given
    assert task.unknown_fields == {"gravity": {"level": 9}}
    assert task.container_definitions[0].unknown_fields == {"teleport": True}


def test_a_pointer_escapes_as_rfc_6901_says() -> None:
    assert pointer("dockerLabels", "a/b~c", 0) == "/dockerLabels/a~1b~0c/0"


@pytest.mark.parametrize(
    ("at", "line"),
    [("/containerDefinitions/0/image", 4), ("/containerDefinitions/0/cpu", 3), ("/volumes", 1), ("", 1)],
)
def test_evidence_of_a_file_is_at_the_line_of_the_field_or_of_what_is_around_it(at: str, line: int) -> None:
    lines = {"": 1, "/containerDefinitions": 2, "/containerDefinitions/0": 3, "/containerDefinitions/0/image": 4}
    assert Origin(source="web.json", lines=lines).line(at) == line


def test_evidence_of_an_api_fact_names_the_arn_the_field_and_the_value() -> None:
    task = TaskDefinition.model_validate(
        {"taskDefinitionArn": "arn:td", "containerDefinitions": [{"name": "a", "privileged": True}]}
    )
    evidence = task.evidence("containerDefinitions", 0, "privileged")
    assert (evidence.source, evidence.line) == ("arn:td", None)
    assert (evidence.pointer, evidence.value) == ("/containerDefinitions/0/privileged", "true")


def test_evidence_of_an_unknown_field_shows_its_value() -> None:
    task = TaskDefinition.model_validate({"containerDefinitions": [{"name": "a", "warp": "9"}]})
    assert task.evidence("containerDefinitions", 0, "warp").value == "9"
    assert task.evidence("containerDefinitions", 5, "warp").value is None


@pytest.mark.parametrize(
    ("text", "units"),
    [("256", 256), ("1 vCPU", 1024), (".5 vcpu", 512), ("4 VCPUs", 4096), ("${CPU}", None), ("", None), (None, None)],
)
def test_the_size_of_a_task_is_read_in_cpu_units(text: str | None, units: int | None) -> None:
    assert TaskDefinition.model_validate({"cpu": text}).cpu_units == units


@pytest.mark.parametrize(("text", "mib"), [("512", 512), ("1 GB", 1024), ("0.5GB", 512), ("lots", None)])
def test_the_memory_of_a_task_is_read_in_mib(text: str, mib: int | None) -> None:
    assert TaskDefinition.model_validate({"memory": text}).memory_mib == mib
