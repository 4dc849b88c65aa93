"""What roles may do, over the situations in which IAM's answer is not what one statement says."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.estate.actions import AccessLevel, actions_matching
from assess.estate.grants import ANY, Boundary, Condition, Exactness, Flow, Permissions, permissions_of, thing_of
from assess.estate.identity import Role

REGION = "eu-west-1"
ACCOUNT = "111122223333"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
OTHER_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:bills"
BUCKET = "arn:aws:s3:::orders"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def may(*statements: dict[str, Any], boundary: list[dict[str, Any]] | None = None) -> Permissions:
    document: dict[str, Any] = {
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/orders",
        "RoleName": "orders",
        "Policies": [{"PolicyName": "inline", "Document": {"Statement": list(statements)}}],
    }
    if boundary is not None:
        document["PermissionsBoundary"] = {
            "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/developers",
            "Document": {"Statement": boundary},
        }
    return permissions_of(Role.model_validate(document))


def told(permissions: Permissions) -> dict[tuple[str, str], list[str]]:
    """Actions by service and resource."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in permissions.grants:
        found.setdefault((each.service, each.resource), []).extend(each.actions)
    return found


TO_SHARE = {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d", "aws:PrincipalTag/word": "hunter2"}}


# --- what one statement says ------------------------------------------------------------------------------------


def test_one_action_on_one_thing() -> None:
    (grant,) = may(allow("sqs:SendMessage", QUEUE)).grants
    assert (grant.service, grant.resource, list(grant.actions)) == ("sqs", QUEUE, ["sqs:SendMessage"])
    assert grant.levels == {AccessLevel.WRITE}
    assert grant.flows == {Flow.PRODUCE}
    assert grant.exactness is Exactness.EXACT
    assert not grant.is_conditional
    assert grant.place == ("Policies", 0, "Document", "Statement", 0)
    assert (grant.field, grant.written("sqs:SendMessage")) == ("Action", "sqs:SendMessage")


def test_actions_go_with_the_resources_that_take_them() -> None:
    found = told(may(allow(["s3:GetObject", "s3:ListBucket", "sqs:SendMessage"], [BUCKET, f"{BUCKET}/*", QUEUE])))
    assert found == {
        ("s3", BUCKET): ["s3:ListBucket"],
        ("s3", f"{BUCKET}/*"): ["s3:GetObject"],
        ("sqs", QUEUE): ["sqs:SendMessage"],
    }


def test_an_action_whose_resources_do_not_take_it_goes_with_those_of_its_service() -> None:
    found = told(may(allow(["s3:GetObject", "sqs:ListQueues"], [BUCKET, QUEUE])))
    assert found == {("s3", BUCKET): ["s3:GetObject"], ("sqs", QUEUE): ["sqs:ListQueues"]}


def test_a_wildcard_does_not_reach_what_the_resource_does_not_take() -> None:
    (grant,) = may(allow("s3:*", f"{BUCKET}/*")).grants
    assert "s3:PutObject" in grant.actions
    assert "s3:DeleteBucket" not in grant.actions


def test_everything_is_one_grant() -> None:
    (grant,) = may(allow("*")).grants
    assert (grant.service, grant.resource, grant.exactness) == (ANY, ANY, Exactness.ALL)
    assert grant.levels == set(AccessLevel)


def test_everything_on_one_thing_is_what_the_thing_takes() -> None:
    assert {each.service for each in may(allow("*", QUEUE)).grants} == {"sqs"}


def test_not_action_is_everything_else() -> None:
    (grant,) = may({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}).grants
    assert (grant.service, grant.field, grant.written("sqs:SendMessage")) == (ANY, "NotAction", None)
    assert "sqs:SendMessage" in grant.actions
    assert "iam:CreateRole" not in grant.actions


def test_not_resource_is_every_resource_but() -> None:
    (grant,) = may({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/*"}).grants
    assert (grant.resource, grant.not_resources) == (ANY, (f"{BUCKET}/*",))


def test_actions_that_the_reference_does_not_know_are_kept() -> None:
    found = told(may(allow(["new:Do", "sqs:Newest"], ["arn:aws:new:::x", QUEUE])))
    assert found == {("new", "arn:aws:new:::x"): ["new:Do"], ("sqs", QUEUE): ["sqs:Newest"]}


def test_conditions_are_noted_with_harmless_values_only() -> None:
    (grant,) = may(allow("sqs:SendMessage", QUEUE, Condition=TO_SHARE)).grants
    assert grant.is_conditional
    assert grant.conditions == (
        Condition("StringEquals", "aws:SourceVpc", ("vpc-0a1b2c3d",)),
        Condition("StringEquals", "aws:PrincipalTag/word", ()),
    )


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Action": [], "Resource": []},
        {"Effect": "Allow", "Action": {"a": 1}, "Resource": 7},
    ],
)
def test_broken_statements_allow_nothing(statement: dict[str, Any]) -> None:
    assert may(statement).grants == ()


def test_a_policy_whose_text_was_not_read_is_named() -> None:
    role = Role.model_validate({"Arn": "arn:aws:iam::1:role/a", "Policies": [{"PolicyName": "shared"}]})
    assert permissions_of(role).unread == ("shared",)


# --- Deny -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["*", QUEUE, "arn:aws:sqs:*:*:*", f"arn:aws:sqs:{REGION}:{ACCOUNT}:o*"])
def test_a_deny_of_the_same_or_more_takes_the_action_off(resource: str) -> None:
    found = told(may(allow(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUE), deny("sqs:Send*", resource)))
    assert found == {("sqs", QUEUE): ["sqs:ReceiveMessage"]}


def test_a_deny_of_everything_leaves_no_grant() -> None:
    assert may(allow("sqs:*", QUEUE), deny("*")).grants == ()


@pytest.mark.parametrize("resource", [OTHER_QUEUE, f"{QUEUE}-dlq"])
def test_a_deny_of_something_else_takes_nothing_off(resource: str) -> None:
    (grant,) = may(allow("sqs:SendMessage", QUEUE), deny("sqs:*", resource)).grants
    assert (list(grant.actions), grant.denials) == (["sqs:SendMessage"], ())


def test_a_deny_under_a_condition_is_noted() -> None:
    statements = allow("sqs:*", QUEUE), deny("sqs:SendMessage", Condition=TO_SHARE)
    (grant,) = may(*statements).grants
    assert "sqs:SendMessage" in grant.actions
    (denial,) = grant.denials
    assert list(denial.actions) == ["sqs:SendMessage"]
    assert [each.key for each in denial.conditions] == ["aws:SourceVpc", "aws:PrincipalTag/word"]


def test_a_deny_on_some_of_the_resources_is_noted() -> None:
    (grant,) = may(allow("s3:GetObject", f"{BUCKET}/*"), deny("s3:*", f"{BUCKET}/private/*")).grants
    assert "s3:GetObject" in grant.actions
    assert [each.resources for each in grant.denials] == [(f"{BUCKET}/private/*",)]


def test_a_deny_of_all_other_actions() -> None:
    found = told(may(allow("sqs:*", QUEUE), {"Effect": "Deny", "NotAction": "sqs:SendMessage", "Resource": "*"}))
    assert found == {("sqs", QUEUE): ["sqs:SendMessage"]}


def test_a_deny_on_all_other_resources() -> None:
    statements = allow("sqs:SendMessage", [QUEUE, OTHER_QUEUE])
    found = told(may(statements, {"Effect": "Deny", "Action": "*", "NotResource": QUEUE}))
    assert found == {("sqs", QUEUE): ["sqs:SendMessage"]}


def test_a_deny_takes_off_actions_that_the_reference_does_not_know() -> None:
    assert may(allow(["new:Do"]), deny("new:*")).grants == ()
    assert may(allow(["new:Do"]), {"Effect": "Deny", "NotAction": "new:Do", "Resource": "*"}).grants != ()


@pytest.mark.parametrize(
    ("allowed", "denied", "left"),
    [
        ("arn:aws:s3:::home/x/*", "arn:aws:s3:::home/${aws:username}/*", True),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/${aws:username}/*", False),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/*", False),
        ("${Bucket.Arn}/*", "${Bucket.Arn}/*", False),
        ("${Bucket.Arn}/*", "${Other.Arn}/*", True),
        ("${Bucket.Arn}/*", "arn:aws:s3:::*", True),
    ],
)
def test_a_deny_with_variables_and_placeholders(allowed: str, denied: str, left: bool) -> None:
    assert bool(may(allow("s3:GetObject", allowed), deny("s3:*", denied)).grants) is left


# --- boundary ---------------------------------------------------------------------------------------------------


def test_a_boundary_limits_actions() -> None:
    found = may(allow("sqs:*", QUEUE), boundary=[allow("sqs:SendMessage")])
    assert told(found) == {("sqs", QUEUE): ["sqs:SendMessage"]}
    assert found.boundary is Boundary.APPLIED


def test_a_boundary_limits_resources() -> None:
    found = told(may(allow("sqs:SendMessage"), boundary=[allow("sqs:*", QUEUE), allow("s3:*")]))
    assert found == {("sqs", QUEUE): ["sqs:SendMessage"]}


def test_a_boundary_grants_nothing_itself() -> None:
    assert may(boundary=[allow("*")]).grants == ()
    assert may(allow("s3:GetObject", f"{BUCKET}/*"), boundary=[allow("sqs:*")]).grants == ()


def test_a_deny_of_a_boundary() -> None:
    found = told(may(allow("sqs:*", QUEUE), boundary=[allow("*"), deny("sqs:*", OTHER_QUEUE), deny("sqs:[!S]*")]))
    assert "sqs:SendMessage" in found["sqs", QUEUE]
    assert may(allow("sqs:*", QUEUE), boundary=[allow("*"), deny("sqs:*")]).grants == ()


def test_everything_within_a_boundary_of_some_services_is_told_by_service() -> None:
    found = told(may(allow("*"), boundary=[allow(["sqs:SendMessage", "s3:GetObject"])]))
    assert found == {("sqs", ANY): ["sqs:SendMessage"], ("s3", ANY): ["s3:GetObject"]}


def test_everything_within_a_wide_boundary_stays_one_grant() -> None:
    (grant,) = may(allow("*"), boundary=[{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]).grants
    assert (grant.service, "iam:CreateRole" in grant.actions) == (ANY, False)


def test_a_condition_of_the_boundary_is_one_of_the_grant() -> None:
    found = may(allow("sqs:*", QUEUE), boundary=[allow("sqs:SendMessage"), allow("sqs:*", Condition=TO_SHARE)])
    by_condition = {each.is_conditional: each.actions for each in found.grants}
    assert list(by_condition[False]) == ["sqs:SendMessage"]
    assert "sqs:ReceiveMessage" in by_condition[True]
    assert "sqs:SendMessage" not in by_condition[True]


def test_a_boundary_that_was_not_read_is_unknown() -> None:
    role = {
        "Arn": "arn:aws:iam::1:role/a",
        "Policies": [{"PolicyName": "inline", "Document": {"Statement": allow("sqs:SendMessage", QUEUE)}}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::1:policy/b"},
    }
    found = permissions_of(Role.model_validate(role))
    assert found.boundary is Boundary.UNKNOWN
    assert told(found) == {("sqs", QUEUE): ["sqs:SendMessage"]}


# --- access by thing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "resource", "thing", "exactness", "flows"),
    [
        ("sqs:SendMessage", QUEUE, QUEUE, Exactness.EXACT, {Flow.PRODUCE}),
        (["sqs:ReceiveMessage", "sqs:DeleteMessage"], QUEUE, QUEUE, Exactness.EXACT, {Flow.CONSUME}),
        ("sqs:*", QUEUE, QUEUE, Exactness.EXACT, set(Flow)),
        ("s3:GetObject", f"{BUCKET}/in/*", BUCKET, Exactness.EXACT, {Flow.READ}),
        ("s3:PutObject", f"{BUCKET}-*", f"{BUCKET}-*", Exactness.PATTERN, {Flow.WRITE}),
        ("s3:PutObject", "arn:aws:s3:::*/*", "arn:aws:s3:::*", Exactness.SERVICE, {Flow.WRITE}),
        ("s3:GetObject", "*", ANY, Exactness.SERVICE, {Flow.READ}),
        ("*", "*", ANY, Exactness.ALL, set(Flow)),
        ("s3:GetObject", "arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::${Bucket}", Exactness.EXACT, {Flow.READ}),
        ("s3:Get*", "${Bucket.Arn}/*", "${Bucket.Arn}", Exactness.EXACT, {Flow.READ}),
        ("sqs:Send*", "${Queue.Arn}", "${Queue.Arn}", Exactness.EXACT, {Flow.PRODUCE}),
        ("sqs:Send*", "${Queue.Arn}-*", "${Queue.Arn}-*", Exactness.PATTERN, {Flow.PRODUCE}),
        (
            "s3:GetObject",
            "arn:aws:s3:::${aws:PrincipalTag/team}-data/*",
            "arn:aws:s3:::${aws:PrincipalTag/team}-data",
            Exactness.PATTERN,
            {Flow.READ},
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:orders",
            "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:orders",
            Exactness.EXACT,
            {Flow.PRODUCE},
        ),
        (
            "dynamodb:Query",
            f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/index/*",
            f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders",
            Exactness.EXACT,
            {Flow.READ},
        ),
        (
            "dynamodb:PutItem",
            f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*",
            f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*",
            Exactness.SERVICE,
            {Flow.WRITE},
        ),
        (
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/db-??????",
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/db",
            Exactness.EXACT,
            {Flow.READ},
        ),
        (
            "ssm:GetParameter",
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/*",
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/*",
            Exactness.PATTERN,
            {Flow.READ},
        ),
        (
            "lambda:InvokeFunction",
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:resize:live",
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:resize",
            Exactness.EXACT,
            {Flow.WRITE},
        ),
        (
            "kinesis:PutRecord",
            f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks",
            f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks",
            Exactness.EXACT,
            {Flow.PRODUCE},
        ),
        ("s3:PutBucketTagging", BUCKET, BUCKET, Exactness.EXACT, set()),
    ],
)
def test_access_to_a_thing(action: Any, resource: str, thing: str, exactness: Exactness, flows: set[Flow]) -> None:
    (access,) = may(allow(action, resource)).access
    assert (access.thing, access.exactness, set(access.flows)) == (thing, exactness, flows)


def test_hostile_resources_are_things_all_the_same() -> None:
    aside = "\N{OBJECT REPLACEMENT CHARACTER}"
    assert thing_of(f"arn:aws:s3:::{aside}${{x}}{aside}/*") == f"arn:aws:s3:::${{x}}{aside}{aside}"
    assert thing_of("${" * 5000) == "${" * 5000
    assert thing_of(":" * 100_000 + "}") == ":" * 100_000 + "}"


def test_access_is_taken_together_over_statements() -> None:
    found = may(
        allow("s3:GetObject", f"{BUCKET}/*", Condition=TO_SHARE), allow("s3:PutObject", f"{BUCKET}/out/*"), allow("*")
    )
    everything, bucket = found.access
    assert (everything.service, bucket.service) == (ANY, "s3")
    assert bucket.flows == {Flow.READ, Flow.WRITE}
    assert not bucket.is_conditional
    assert len(bucket.grants) == 2


def test_access_is_conditional_where_each_grant_is() -> None:
    (access,) = may(allow("s3:GetObject", f"{BUCKET}/*", Condition=TO_SHARE)).access
    assert access.is_conditional


def test_actions_that_allow() -> None:
    found = may(allow("sqs:*", QUEUE), allow("s3:GetObject"))
    assert [each.resource for each in found.allowing("sqs:SendMessage")] == [QUEUE]
    assert list(found.allowing("sns:Publish")) == []


def test_every_action_of_the_lists_is_in_the_reference() -> None:
    from assess.estate.grants import _data

    listed = [*_data().produces, *_data().consumes]
    assert [each for each in listed if not actions_matching(each).bits] == []
    assert len(set(listed)) == len(listed)


# --- for all policies -------------------------------------------------------------------------------------------

_ACTIONS = st.sampled_from(["*", "sqs:*", "sqs:SendMessage", "s3:Get*", "s3:PutObject", "SQS:send*", "new:Do"])
_RESOURCES = st.sampled_from(["*", QUEUE, OTHER_QUEUE, f"{BUCKET}/*", "arn:aws:sqs:*:*:*", "arn:aws:s3:::${x}/*"])
_STATEMENTS = st.builds(
    lambda effect, field, action, where, resource: {"Effect": effect, field: action, where: resource},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["Action", "Action", "NotAction"]),
    st.lists(_ACTIONS, min_size=1, max_size=3),
    st.sampled_from(["Resource", "Resource", "NotResource"]),
    st.lists(_RESOURCES, min_size=1, max_size=3),
)


def _on(permissions: Permissions) -> set[tuple[str, str]]:
    return {(each.resource, action) for each in permissions.grants for action in _some(each.actions)}


def _some(actions: Any) -> list[str]:
    asked = ("sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject", "s3:PutObject", "iam:CreateRole", "new:Do")
    return [each for each in asked if each in actions]


@given(st.lists(_STATEMENTS, max_size=4), st.lists(_STATEMENTS, max_size=3))
@settings(max_examples=60, deadline=None)
def test_a_deny_or_a_boundary_never_allows_more(statements: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    before = _on(may(*statements))
    denials = [each | {"Effect": "Deny"} for each in more]
    assert _on(may(*statements, *denials)) <= before
    bounded = {action for _, action in _on(may(*statements, boundary=more))}
    assert bounded <= {action for _, action in before}
