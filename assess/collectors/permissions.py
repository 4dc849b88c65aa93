"""Writes the exact IAM policy that a scan needs, from the same declarations that the guard is made of."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from assess.collectors.aws import DENIED
from assess.collectors.scanning import operations
from assess.errors import UserError

_NAME = "assess-read-only"
_SID = "AssessReadOnly"
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
    return FORMS[form](actions)


# one statement: with one for each service, the policy would not fit into the 6,144 characters that IAM allows


def _json(actions: Sequence[str]) -> str:
    statement = {"Sid": _SID, "Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2) + "\n"


def _terraform(actions: Sequence[str]) -> str:
    lines = ['data "aws_iam_policy_document" "assess" {', "  statement {"]
    lines += [f'    sid       = "{_SID}"', '    effect    = "Allow"', '    resources = ["*"]', "    actions = ["]
    lines += [f'      "{action}",' for action in actions]
    lines += ["    ]", "  }", "}", "", 'resource "aws_iam_policy" "assess" {']
    lines += [f'  name        = "{_NAME}"', f'  description = "{_DESCRIPTION}"']
    lines += ["  policy      = data.aws_iam_policy_document.assess.json", "}"]
    return "\n".join(lines) + "\n"


def _cloudformation(actions: Sequence[str]) -> str:
    lines = ['AWSTemplateFormatVersion: "2010-09-09"', f"Description: {_DESCRIPTION}", "Resources:"]
    lines += ["  AssessReadOnly:", "    Type: AWS::IAM::ManagedPolicy", "    Properties:"]
    lines += [f"      Description: {_DESCRIPTION}", "      PolicyDocument:", '        Version: "2012-10-17"']
    lines += ["        Statement:", f"          - Sid: {_SID}", "            Effect: Allow", "            Action:"]
    lines += [f"              - {action}" for action in actions]
    lines += ['            Resource: "*"', "Outputs:", "  PolicyArn:", "    Value: !Ref AssessReadOnly"]
    return "\n".join(lines) + "\n"


FORMS: Mapping[str, Callable[[Sequence[str]], str]] = {
    "json": _json,
    "terraform": _terraform,
    "cloudformation": _cloudformation,
}
"""How the policy can be written."""
