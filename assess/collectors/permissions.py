"""Writes the exact IAM policy that a scan needs, from the same declarations that the guard is made of."""

import json
from collections.abc import Callable, Iterable, Mapping

from assess.collectors.scanning import operations
from assess.estate.gaps import Gap, Reason

_NAME = "assess-read-only"
_DESCRIPTION = "What assess reads of an Amazon ECS estate"


def all_actions() -> tuple[str, ...]:
    """The IAM actions of every call that a scan may make, sorted."""
    return tuple(sorted({operation.action for operation in operations()}))


def lacked_actions(gaps: Iterable[Gap]) -> tuple[str, ...]:
    """The IAM actions that a scan was denied and found no way around, sorted."""
    return tuple(
        sorted({gap.action for gap in gaps if gap.action and gap.reason is Reason.DENIED and not gap.recovered})
    )


def render(actions: Iterable[str], form: str) -> str:
    """The policy that allows ``actions``, as text that ends with a line break.

    ``form`` is one of :data:`FORMS`.

    Raises:
        KeyError: there is no such form.
        ValueError: there are no actions, and IAM knows no policy without any.
    """
    by_service: dict[str, list[str]] = {}
    for action in sorted(set(actions)):
        by_service.setdefault(action.partition(":")[0], []).append(action)
    if not by_service:
        raise ValueError("a policy needs at least one action")
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
