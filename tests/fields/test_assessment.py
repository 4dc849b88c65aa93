"""The fields of each workload in the assessment."""

import json
from datetime import date

from jsonschema import Draft202012Validator

from assess.assessment import Assessment, FieldView, schema
from assess.assessor import assessment_of
from assess.config import Policy
from tests.rules.harness import Piece, container, estate, service, task


def assessed(*pieces: Piece) -> Assessment:
    return assessment_of(estate(*pieces), [], policy=Policy(), rules=[], as_of=date(2026, 11, 23))


def views(assessment: Assessment) -> dict[tuple[str, str], FieldView]:
    (workload,) = assessment.workloads
    return {(each.shape, each.path): each for each in workload.fields}


def test_a_workload_lists_its_fields_with_verdict_and_target() -> None:
    found = views(assessed(task(container(stopTimeout=60, privileged=False)), service()))
    timeout = found["TaskDefinition", "containerDefinitions[].stopTimeout"]
    assert (timeout.verdict, timeout.target, timeout.idle) == ("transform", "terminationGracePeriodSeconds", False)
    assert found["TaskDefinition", "containerDefinitions[].privileged"].idle
    assert found["Service", "desiredCount"].verdict == "direct"
    assert found["Service", "serviceArn"].verdict == "metadata"


def test_they_are_sorted_and_each_is_there_once() -> None:
    (workload,) = assessed(task(container("a"), container("b")), service(status="ACTIVE")).workloads
    order = [(each.path, each.shape) for each in workload.fields]
    assert order == sorted(set(order))
    assert {("status", "Service"), ("status", "TaskDefinition")} <= set(order)


def test_the_json_form_is_valid_and_survives() -> None:
    made = assessed(task(), service())
    document = json.loads(made.model_dump_json())
    Draft202012Validator(schema()).validate(document)
    field = document["workloads"][0]["fields"][0]
    assert {"path", "verdict", "target"} <= field.keys()
    assert Assessment.model_validate(document) == made


def test_an_assessment_of_an_older_version_has_none() -> None:
    document = json.loads(assessed(task(), service()).model_dump_json())
    del document["workloads"][0]["fields"]
    Draft202012Validator(schema()).validate(document)
    assert Assessment.model_validate(document).workloads[0].fields == ()
