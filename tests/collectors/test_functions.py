"""Lambda functions: what they are told passes the door as what containers are told does."""

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.seeding import Seeder

FACTS = frozenset({"lambda"})
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """An account with a function that reads a queue."""
    found = Seeder(aws)
    found.client("sqs").create_queue(QueueName="letters")
    network = found.network("net", "10.9", private=1, public=1)
    group = found.security_group(network, "mailer")
    functions = found.client("lambda")
    functions.create_function(
        FunctionName="mailer",
        Runtime="python3.12",
        Role=found.role("mailer", service="lambda.amazonaws.com"),
        Handler="mailer.send",
        Description="hush",
        Code={"ZipFile": b"nothing of value"},
        VpcConfig={"SubnetIds": list(network.private), "SecurityGroupIds": [group]},
        Environment={"Variables": {"LETTERS_TABLE": "letters", "MAIL_PASSWORD": "q8Rw!71zLpVx"}},
    )
    functions.create_event_source_mapping(FunctionName="mailer", EventSourceArn=QUEUE)
    return found


def scanned(aws: SimulatedAws) -> Estate:
    aws.forget_calls()
    found = scan(ScanRequest(), facts=FACTS)
    assert not aws.calls_beyond_reading()
    return found


def test_function_is_kept_with_its_network_role_and_variables(aws: SimulatedAws, seeder: Seeder) -> None:
    found = scanned(aws)
    (kept,) = found.functions
    assert (kept.title, kept.runtime) == ("mailer", "python3.12")
    assert kept.role == f"arn:aws:iam::{ACCOUNT}:role/mailer"
    assert (len(kept.subnet_ids), len(kept.guards), kept.network is not None) == (1, 1, True)
    variables = {each.name: each.value for each in kept.environment}
    assert variables["LETTERS_TABLE"] == "letters"
    assert variables["MAIL_PASSWORD"].startswith("(redacted:")
    assert kept.unknown_fields == {}
    assert "hush" not in found.model_dump_json()
    assert found.gaps == ()


def test_mapping_is_kept_with_what_is_read_by_whom(aws: SimulatedAws, seeder: Seeder) -> None:
    found = scanned(aws)
    (kept,) = found.event_source_mappings
    assert (kept.event_source_arn, kept.function_arn) == (QUEUE, found.functions[0].arn)
    assert kept.unknown_fields == {}


def test_mapping_that_names_no_resource_is_left_out(aws: SimulatedAws, seeder: Seeder) -> None:
    aws.override("lambda", "ListEventSourceMappings", lambda answer: answer["EventSourceMappings"][0].clear())
    assert scanned(aws).event_source_mappings == ()


@pytest.mark.parametrize("operation", ["ListFunctions", "ListEventSourceMappings"])
def test_refusal_takes_only_its_fact(aws: SimulatedAws, seeder: Seeder, operation: str) -> None:
    aws.deny("lambda", operation)
    found = scanned(aws)
    assert [(gap.action, gap.facts) for gap in found.gaps] == [(f"lambda:{operation}", ("lambda",))]
    assert len(found.functions) + len(found.event_source_mappings) == 1
