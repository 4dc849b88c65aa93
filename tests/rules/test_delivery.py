import pytest

from assess.estate.gaps import Reason
from tests.rules.harness import (
    Case,
    fails,
    file,
    never,
    not_applicable,
    passes,
    service,
    task,
    unknown,
    unseen,
)

TAGS = [{"key": "team", "value": "orders"}, {"key": "copilot-application", "value": "shop"}]

STACK = [{"key": "aws:cloudformation:stack-name", "value": "shop"}]
MADE = "workload orders is made from code: {}"

CODE = (
    fails(
        "CIC-IAC-SOURCE",
        "a stack's name, before other tags",
        task(),
        service(tags=[{"key": "ManagedBy", "value": "terraform"}, *STACK]),
        says=MADE.format("aws:cloudformation:stack-name is shop"),
        at="/tags/1/value",
        confidence=0.8,
    ),
    fails(
        "CIC-IAC-SOURCE",
        "a tag of Terraform on the task definition",
        task(tags=[{"key": "ManagedBy", "value": "terraform"}]),
        says=MADE.format("ManagedBy is terraform"),
    ),
    fails(
        "CIC-IAC-SOURCE",
        "who registered the task definition",
        task(registeredBy="arn:aws:sts::111122223333:assumed-role/terraform_deploy/run"),
        says=MADE.format("registered by arn:aws:sts::111122223333:assumed-role/terraform_deploy/run"),
        at="/registeredBy",
    ),
    not_applicable("CIC-IAC-SOURCE", "no mark", task(), service(tags=TAGS[:1])),
    unknown("CIC-IAC-SOURCE", "tags were not read", task(), unseen("tags"), reason=Reason.NOT_COLLECTED),
    unknown("CIC-NO-GITOPS", "nobody was asked", task(), reason=Reason.UNANSWERED, needs="survey"),
)

CASES = (
    *CODE,
    fails(
        "CIC-COPILOT",
        "the service has Copilot's tag",
        task(),
        service(tags=TAGS),
        says="workload orders belongs to the Copilot application shop",
        at="/tags/1/value",
    ),
    fails(
        "CIC-COPILOT",
        "the task definition has Copilot's tag",
        task(tags=TAGS),
        says="workload orders belongs to the Copilot application shop",
    ),
    passes("CIC-COPILOT", "other tags", task(), service(tags=TAGS[:1])),
    unknown("CIC-COPILOT", "tags were not read", task(), unseen("tags"), reason=Reason.NOT_COLLECTED),
    unknown("CIC-COPILOT", "a file", file(), reason=Reason.NOT_IN_SOURCE),
)

NEVER = (
    never("CIC-NO-GITOPS", "pass", "answers are not read yet"),
    never("CIC-NO-GITOPS", "fail", "answers are not read yet"),
    never("CIC-NO-GITOPS", "not_applicable", "everything is delivered somehow"),
    never("CIC-COPILOT", "not_applicable", "every workload is deployed by something"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
