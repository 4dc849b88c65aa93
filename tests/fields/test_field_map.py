"""The field map against the shapes of the installed botocore: nothing missing, nothing left over."""

import csv
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from typing import Any, get_args

import botocore.session
import pytest
from pydantic import ValidationError

from assess.checklist import Checklist
from assess.estate.ecs import CapacityProvider, Cluster, Service, TaskDefinition
from assess.estate.facts import Fact
from assess.fields.field_map import EcsField, FieldMap, FieldVerdict, Shape, field_map
from tests.rules.harness import every_rule

SHAPES: tuple[Shape, ...] = get_args(Shape)
FIELDS = field_map()
MODEL = botocore.session.get_session().get_service_model("ecs")


def leaves(shape: Any, path: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Path and listed values of every leaf of a botocore shape."""
    match shape.type_name:
        case "structure" if shape.members:
            for name, member in shape.members.items():
                yield from leaves(member, f"{path}.{name}" if path else name)
        case "list":
            yield from leaves(shape.member, f"{path}[]")
        case "map":
            yield f"{path}{{}}", ()
        case _:
            yield path, tuple(getattr(shape, "enum", None) or ())


def described(shape: Shape) -> dict[str, tuple[str, ...]]:
    """What AWS describes of a document; the tags of a task definition stand beside it in the response."""
    found = dict(leaves(MODEL.shape_for(shape)))
    if shape == "TaskDefinition":
        response = MODEL.operation_model("DescribeTaskDefinition").output_shape
        assert response is not None
        found |= dict(leaves(response.members["tags"], "tags"))
    return found


def of(shape: Shape) -> dict[str, EcsField]:
    return {path: field for (owner, path), field in FIELDS.fields.items() if owner == shape}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_leaf_of_botocores_shape_is_in_the_map(shape: Shape) -> None:
    assert sorted(described(shape).keys() - of(shape).keys()) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_of_the_map_is_a_leaf_of_botocores_shape(shape: Shape) -> None:
    assert sorted(of(shape).keys() - described(shape).keys()) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_the_values_are_those_that_botocore_lists(shape: Shape) -> None:
    listed = {path: frozenset(values) for path, values in described(shape).items()}
    assert {path: field.values for path, field in of(shape).items() if path in listed} == {
        path: values for path, values in listed.items() if path in of(shape)
    }


def test_the_walk_finds_a_leaf_of_each_kind() -> None:
    found = described("TaskDefinition")
    assert found["containerDefinitions[].stopTimeout"] == ()
    assert found["containerDefinitions[].command[]"] == ()
    assert found["containerDefinitions[].dockerLabels{}"] == ()
    assert found["networkMode"] == ("bridge", "host", "awsvpc", "none")
    assert {"tags[].key", "tags[].value"} <= found.keys()


@pytest.mark.parametrize("model", [TaskDefinition, Service, Cluster, CapacityProvider])
def test_the_estates_models_have_no_field_that_the_map_does_not_know(model: type[Fact]) -> None:
    root = FIELDS.root(next(each for each in SHAPES if each == model.__name__))
    names = {field.alias or name for name, field in model.model_fields.items() if name != "origin"}
    assert {name for name in names if root.child(name) is None} == set()


def wrong(field: EcsField) -> bool:
    """Whether a row says too little, too much, or contradicts itself."""
    moves = field.verdict not in (FieldVerdict.METADATA, FieldVerdict.DROP)
    texts = (field.target, field.difference, field.ecs_default)
    return (
        (moves and not (field.target and field.difference.endswith(".")))
        or len(field.difference) > 400
        or any(text != text.strip() for text in texts)
        or bool(field.values and not field.idle <= field.values)
    )


def test_every_row_says_what_becomes_of_its_field() -> None:
    assert [f"{each.shape}.{each.path}" for each in FIELDS.fields.values() if wrong(each)] == []


def test_the_rules_named_are_rules() -> None:
    named = {each.rule for each in FIELDS.fields.values() if each.rule}
    prefixes = {each.prefix for each in Checklist}
    assert {each for each in named if each.partition("-")[0] not in prefixes} == set()
    assert named & {each.id for each in every_rule()}


def test_a_deployment_repeats_its_service() -> None:
    copy = FIELDS.fields["Service", "deployments[].networkConfiguration.awsvpcConfiguration.subnets[]"]
    original = FIELDS.fields["Service", "networkConfiguration.awsvpcConfiguration.subnets[]"]
    assert copy.same_as == original.path
    assert (copy.target, copy.verdict, copy.rule) == (original.target, original.verdict, original.rule)
    assert FIELDS.fields["Service", "taskSets[].launchType"].values == {
        "EC2",
        "FARGATE",
        "EXTERNAL",
        "MANAGED_INSTANCES",
    }


def test_no_row_stands_twice() -> None:
    text = resources.files("assess.fields").joinpath("field_map.csv").read_text("utf-8")
    rows = [(row["shape"], row["path"]) for row in csv.DictReader(text.splitlines())]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"shape": "Task"}, "shape"),
        ({"path": "a b"}, "path"),
        ({"difference": ""}, "difference"),
        ({"target": "none", "verdict": "direct"}, "needs a target"),
        ({"rule": "no rule"}, "rule"),
        ({"more": "x"}, "more"),
    ],
)
def test_a_broken_row_is_refused(changes: dict[str, str], says: str) -> None:
    row = {"shape": "Cluster", "path": "a.b[]", "verdict": "direct", "target": "spec.a", "difference": "The same."}
    EcsField.model_validate(row)
    with pytest.raises(ValidationError, match=says):
        EcsField.model_validate(row | changes)


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("/containerDefinitions/0/stopTimeout", "containerDefinitions[].stopTimeout"),
        ("/containerDefinitions/12/command/3", "containerDefinitions[].command[]"),
        ("/containerDefinitions/0/dockerLabels/com.example~1a", "containerDefinitions[].dockerLabels{}"),
        ("/networkmode", "networkMode"),
        ("/containerDefinitions/0/logConfiguration", None),
        ("/containerDefinitions/0/nothing/of/the/kind", None),
        ("", None),
    ],
)
def test_a_leaf_is_found_by_a_json_pointer(pointer: str, path: str | None) -> None:
    found = FIELDS.root("TaskDefinition").leaf_at(pointer)
    assert (found.path if found is not None else None) == path


def test_a_map_of_ones_own() -> None:
    field = EcsField(shape="Cluster", path="a.b", verdict=FieldVerdict.DROP, target="none", difference="Gone.")
    small = FieldMap([field])
    assert small.root("Cluster").leaf_at("/a/b") is field
    assert small.root("Service").child("a") is None


def test_the_map_is_read_when_it_is_first_asked_for() -> None:
    program = "import sys, assess.assessment, assess.fields.field_map as m; print(m.field_map.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "0\n"


def test_help_does_not_load_it() -> None:
    program = "import sys; sys.argv = ['assess', '--help']\n" + (
        "from assess.__main__ import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([each for each in sys.modules if each.startswith('assess.fields')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
