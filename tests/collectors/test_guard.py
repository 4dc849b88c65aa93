"""The guard: what no collector declares is refused before anything is sent."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.credentials import Credentials

from assess.collectors import cloudmap, iam, operations
from assess.collectors.aws import NotReadOnly, Session
from assess.collectors.interface import Filters, Reader
from tests.support.aws import SimulatedAws

_REGION = "us-east-1"

_REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("secretsmanager", "get_secret_value", {"SecretId": "orders"}),
    ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["orders"]}),
    ("ssm", "get_parameter", {"Name": "/orders/password"}),
    ("ssm", "get_parameters", {"Names": ["/orders/password"]}),
    ("ssm", "get_parameters_by_path", {"Path": "/orders"}),
    ("ssm", "get_parameter_history", {"Name": "/orders/password"}),
    ("ecr", "get_authorization_token", {}),
    ("ec2", "get_password_data", {"InstanceId": "i-0123456789abcdef0"}),
    ("ecs", "run_task", {"taskDefinition": "orders"}),
    ("ecs", "update_service", {"service": "orders", "desiredCount": 0}),
    ("ecs", "delete_cluster", {"cluster": "orders"}),
    ("ecs", "execute_command", {"command": "sh", "interactive": True, "task": "orders"}),
    ("iam", "create_access_key", {}),
    ("iam", "generate_service_last_accessed_details", {"Arn": "arn:aws:iam::123456789012:role/orders"}),
    ("sts", "get_session_token", {}),
    ("sts", "get_federation_token", {"Name": "somebody"}),
    ("s3", "get_object", {"Bucket": "orders", "Key": "environment.env"}),
    ("lambda", "invoke", {"FunctionName": "orders"}),
]


def _client(service: str) -> Any:
    session = Session(None, operations())
    return session.client(service, _REGION, Credentials("testing", "testing", "testing"))


@pytest.mark.parametrize(("service", "method", "parameters"), _REFUSED, ids=str)
def test_call_that_is_not_declared_is_refused_before_it_is_sent(
    aws: SimulatedAws, service: str, method: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(NotReadOnly):
        getattr(_client(service), method)(**parameters)
    assert aws.calls == ()


def test_declared_call_passes(aws: SimulatedAws) -> None:
    assert _client("ecs").list_clusters()["clusterArns"] == []
    assert aws.counts() == {"ecs:ListClusters": 1}


def test_call_by_which_credentials_are_had_passes(aws: SimulatedAws) -> None:
    assert _client("sts").get_caller_identity()["Account"]
    assert aws.counts() == {"sts:GetCallerIdentity": 1}


def test_collector_cannot_call_what_it_does_not_declare() -> None:
    place: Any = SimpleNamespace(account="", region="", filters=Filters(), collected_at=None)
    reader = Reader(place, cloudmap.CLOUD_MAP)
    with pytest.raises(ValueError, match="cloudmap does not declare iam:GetRole"):
        reader.call(iam.GET_ROLE, RoleName="orders")
