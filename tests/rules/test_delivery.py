import pytest

from assess.estate.gaps import Reason
from tests.rules.harness import Case, fails, file, never, passes, service, task, unknown, unseen

TAGS = [{"key": "team", "value": "orders"}, {"key": "copilot-application", "value": "shop"}]

CASES = (
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

NEVER = (never("CIC-COPILOT", "not_applicable", "every workload is deployed by something"),)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
