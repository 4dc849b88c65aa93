"""Writes the exact IAM policy that a scan needs, from the same declarations that the guard is made of."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from assess.collectors.aws import DENIED
from assess.collectors.scanning import operations
from assess.errors import UserError

_NAME = "assess-read-only"
_DESCRIPTION = "What assess reads of an Amazon ECS estate"


def all_actions() -> tuple[str, ...]:
    """The IAM actions of every call that a scan may make, sorted."""
    return tuple(sorted({operation.action for operation in operations()}))


class Lack(Protocol):
    """A gap of an estate, or of an assessment of one."""

    @property
    def action(self) -> str | None:
        """The IAM action of the call."""

    @property
    def error(self) -> str:
        """AWS's error code."""

    @property
    def recovered(self) -> bool:
        """Whether there was a way around."""


def lacked_actions(gaps: Iterable[Lack]) -> tuple[str, ...]:
    """The IAM actions that a scan was denied and found no way around, sorted."""
    return tuple(sorted({gap.action for gap in gaps if gap.action and gap.error in DENIED and not gap.recovered}))


def policy(form: str, gaps: Iterable[Lack] | None = None) -> str:
    """The policy that a scan needs, or that part of it which ``gaps`` show to be lacking; ``form``: one of FORMS.

    Raises:
        UserError: nothing is lacking, and IAM knows no policy that allows nothing.
    """
    actions = all_actions() if gaps is None else lacked_actions(gaps)
    if not actions:
        raise UserError("no permission was lacking: there is nothing to allow", exit_code=0)
    by_service: dict[str, list[str]] = {}
    for action in actions:
        by_service.setdefault(action.partition(":")[0], []).append(action)
    return FORMS[form](by_service)


def _sid(service: str) -> str:
    return "Read" + "".join(word.capitalize() for word in service.split("-"))


def _json(by_service: Mapping[str, list[str]]) -> str:
    statements = [
        {"Sid": _sid(service), "Effect": "Allow", "Action": actions, "Resource": "*"}
        for service, actions in by_service.items()
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def _terraform(by_service: Mapping[str, list[str]]) -> str:
    lines = ['data "aws_iam_policy_document" "assess" {']
    for service, actions in by_service.items():
        lines += ["  statement {", f'    sid       = "{_sid(service)}"', '    effect    = "Allow"']
        lines += ['    resources = ["*"]', "    actions = ["]
        lines += [f'      "{action}",' for action in actions]
        lines += ["    ]", "  }"]
    lines += ["}", "", 'resource "aws_iam_policy" "assess" {']
    lines += [f'  name        = "{_NAME}"', f'  description = "{_DESCRIPTION}"']
    lines += ["  policy      = data.aws_iam_policy_document.assess.json", "}"]
    return "\n".join(lines) + "\n"


def _cloudformation(by_service: Mapping[str, list[str]]) -> str:
    lines = ['AWSTemplateFormatVersion: "2010-09-09"', f"Description: {_DESCRIPTION}", "Resources:"]
    lines += ["  AssessReadOnly:", "    Type: AWS::IAM::ManagedPolicy", "    Properties:"]
    lines += [f"      Description: {_DESCRIPTION}", "      PolicyDocument:", '        Version: "2012-10-17"']
    lines += ["        Statement:"]
    for service, actions in by_service.items():
        lines += [f"          - Sid: {_sid(service)}", "            Effect: Allow", "            Action:"]
        lines += [f"              - {action}" for action in actions]
        lines += ['            Resource: "*"']
    lines += ["Outputs:", "  PolicyArn:", "    Value: !Ref AssessReadOnly"]
    return "\n".join(lines) + "\n"


FORMS: Mapping[str, Callable[[Mapping[str, list[str]]], str]] = {
    "json": _json,
    "terraform": _terraform,
    "cloudformation": _cloudformation,
}
"""How the policy can be written."""
