"""The table of resource types against CloudFormation's own schemas, and against the estate's models."""

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from assess.estate.estate import FACT_KINDS
from assess.readers.cloudformation.documents import fields_of
from assess.readers.cloudformation.resource_types import ResourceType, resource_types

_TYPES = sorted(resource_types().items())


@pytest.mark.parametrize(("name", "row"), _TYPES, ids=[name for name, _ in _TYPES])
def test_every_property_and_attribute_is_cloudformations_own(name: str, row: ResourceType) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name)
    named = {*(row.keeps or ()), *row.renames, *row.wraps, *((row.name,) if row.name else ())}
    assert named <= set(schema.schema["properties"])
    assert {*row.attributes, *row.known.values()} <= set(schema.get_atts)


@pytest.mark.parametrize(
    ("name", "row"),
    [(name, row) for name, row in _TYPES if row.kind is not None],
    ids=[name for name, row in _TYPES if row.kind is not None],
)
def test_every_field_is_one_of_the_model(name: str, row: ResourceType) -> None:
    fields = fields_of(FACT_KINDS[row.kind or ""])
    wrapped = [path for path, _ in row.wraps.values()]
    given = {path.split("/")[0] for path in (*row.gives, *row.renames.values(), *wrapped, *row.known, *row.fixed)}
    unknown = {path for path in (*given, *row.defaults) if path.lower() not in fields}
    assert unknown <= _KEPT_BESIDE.get(name, set())


_KEPT_BESIDE = {
    "AWS::ElasticLoadBalancingV2::ListenerRule": {"IsDefault"},
    "AWS::ElasticLoadBalancing::LoadBalancer": {"HealthCheck", "ListenerDescriptions"},
}
"""Fields that AWS sends and the model does not name."""


def test_an_identity_can_be_given_only_where_there_is_one() -> None:
    for name, row in _TYPES:
        parts = {*row.gives.values(), *row.attributes.values(), *([row.ref] if row.ref else [])}
        assert "arn" not in parts or row.arn is not None, name
        assert "id" not in parts or row.id is not None, name
