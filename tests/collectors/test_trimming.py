"""What is left of an answer that is cut down to a model."""

from assess.collectors.trimming import trimmed
from assess.estate.datastores import ReplicationGroup, SearchDomain


def test_members_without_a_field_are_cut_at_every_depth() -> None:
    endpoint = {"Address": "host", "Port": 6379}
    shard = {"NodeGroupId": "1", "PrimaryEndpoint": endpoint | {"Zone": "a"}, "NodeGroupMembers": [{"Role": "x"}]}
    given: dict[str, object] = {
        "ARN": "arn",
        "Description": "words",
        "NodeGroups": [shard, None],
        "Engine": None,
        "@origin": {},
    }
    assert trimmed(ReplicationGroup, given) == {
        "ARN": "arn",
        "NodeGroups": [{"PrimaryEndpoint": endpoint, "NodeGroupMembers": [{}]}],
    }


def test_mapping_of_names_is_kept_whole_and_an_odd_value_for_the_model_to_judge() -> None:
    given = {"Endpoints": {"vpc": "host"}, "VPCOptions": "odd", "DomainName": "books"}
    assert trimmed(SearchDomain, given) == given
