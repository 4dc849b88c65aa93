"""The JSON Schema of the assessment: valid itself, stable, and true of real assessments."""

import json
import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from assess.assessment import Assessment, schema
from assess.assessor import assessment_of
from assess.config import Policy
from assess.estate.gaps import Reason
from assess.rule import CRITICAL, HIGH
from tests.support.judgements import a_rule, judged
from tests.support.small import blind_gap, estate, id_of, policy, waiver


def document(**changes: Any) -> dict[str, Any]:
    """The JSON form of an assessment with everything in it."""
    rules = [a_rule("LIF-C", CRITICAL), a_rule("IAM-H", HIGH)]
    made = assessment_of(
        estate("orders", "web", gaps=[blind_gap(region="us-east-1")]),
        [
            judged(rules[0], id_of("orders"), CRITICAL),
            judged(rules[1], (id_of("orders"), id_of("web")), unknown=Reason.DENIED),
        ],
        policy=policy(waiver(workload="*"), waiver("X-*", workload="*")),
        rules=rules,
        as_of=date(2026, 11, 23),
    )
    loaded: dict[str, Any] = json.loads(made.model_dump_json())
    return loaded | changes


VALIDATOR = Draft202012Validator(schema())


def test_the_schema_is_a_draft_2020_12_schema_with_id_and_title() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema()["$id"] == "urn:assess:assessment:1"
    assert schema()["title"] == "Assessment of an Amazon ECS estate"


def test_an_assessment_is_valid() -> None:
    made = document()
    assert made["findings"] and made["unknowns"] and made["gaps"] and made["ledger"] and made["waiver_notes"]
    VALIDATOR.validate(made)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("summary", None),
        ("summary", {}),
        ("as_of", 5),
        ("findings", [{"fingerprint": "x"}]),
        ("scoring_model_version", "one"),
        ("accounts", [{"account": "1", "region": "r", "status": "fine", "workloads": 0, "score": 0, "coverage": 0}]),
    ],
)
def test_what_is_no_assessment_is_not_valid(member: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(document(**{member: value}))


def test_a_score_out_of_range_is_not_valid() -> None:
    made = document()
    made["summary"]["score_high"] = 101
    with pytest.raises(ValidationError):
        VALIDATOR.validate(made)


def test_members_of_later_versions_are_allowed_and_ignored() -> None:
    made = document(waves=[{"number": 1}])
    made["summary"]["strategy"] = "strangler_fig"
    made["findings"][0]["evidence"][0]["later"] = 1
    VALIDATOR.validate(made)
    del made["findings"][0]["evidence"][0]["later"]  # evidence is the estate's own model, which is strict
    assert Assessment.model_validate(made).summary == Assessment.model_validate(document()).summary


def test_every_member_of_the_contract_is_there() -> None:
    made = document()
    assert {
        "schema_version", "scoring_model_version", "detectors_version", "tool", "generated_at", "as_of", "scope",
        "accounts", "summary", "checklist", "workloads", "findings", "unknowns", "gaps", "ledger",
    } <= set(made)  # fmt: skip
    assert {
        "verdict", "accepted_verdict", "score", "score_low", "score_high", "score_uncapped", "capped_by",
        "accepted_score", "accepted_low", "accepted_high", "coverage", "coverage_of_source", "workloads", "findings",
    } <= set(made["summary"])  # fmt: skip
    assert {
        "id", "name", "kind", "cluster", "account", "region", "arn", "source", "task_definition", "launch_type",
        "verdict", "accepted_verdict", "score", "score_low", "score_high", "accepted_score", "coverage", "owner",
    } <= set(made["workloads"][0])  # fmt: skip
    assert {
        "fingerprint", "rule", "checklist", "kind", "severity", "confidence", "message", "subject", "evidence",
        "remediation", "effort", "reference", "waived",
    } <= set(made["findings"][0])  # fmt: skip
    assert {"rule", "subject", "worst", "reason", "needs", "question"} <= set(made["unknowns"][0])
    assert {"api", "action", "account", "region", "resource", "enumeration", "error", "message"} <= set(made["gaps"][0])
    assert {
        "rule", "checklist", "severity", "penalty", "workloads", "points_lost", "gain_if_fixed", "effort",
    } <= set(made["ledger"][0])  # fmt: skip


def test_the_schema_is_the_same_bytes_in_every_process() -> None:
    program = "import json; from assess.assessment import schema; print(json.dumps(schema()))"
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {json.dumps(schema()) + "\n"}


def test_an_empty_assessment_is_valid() -> None:
    made = assessment_of(estate(), [], policy=Policy(), rules=[], as_of=date(2026, 11, 23))
    VALIDATOR.validate(json.loads(made.model_dump_json()))
