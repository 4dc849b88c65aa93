import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    cluster,
    denied,
    fails,
    file,
    never,
    passes,
    service,
    task,
    unknown,
    unseen,
)

SAYS = "no tag of workload orders names an owner"

CASES = (
    unknown(
        "OWN-PLATFORM",
        "nobody was asked",
        task(),
        reason=Reason.UNANSWERED,
        needs=("survey.O1", "survey.O2"),
        worst=HIGH,
    ),
    fails("OWN-NO-OWNER", "no tag at all", task(), says=SAYS, at="/tags"),
    fails(
        "OWN-NO-OWNER",
        "other tags, and an empty owner",
        task(),
        service(tags=[{"key": "environment", "value": "test"}, {"key": "Owner", "value": ""}]),
        says=SAYS,
    ),
    passes("OWN-NO-OWNER", "a team on the service", task(), service(tags=[{"key": "Team", "value": "orders"}])),
    passes("OWN-NO-OWNER", "a cost centre on the task definition", task(tags=[{"key": "cost-center", "value": "17"}])),
    passes("OWN-NO-OWNER", "a squad on the cluster", task(), cluster(tags=[{"key": "squad", "value": "shop"}])),
    unknown("OWN-NO-OWNER", "tags were not read", task(), unseen("tags"), reason=Reason.NOT_COLLECTED),
    unknown("OWN-NO-OWNER", "a file that holds no tags", file(), reason=Reason.NOT_IN_SOURCE),
    unknown(
        "OWN-NO-OWNER",
        "the service was refused",
        task(),
        service(),
        denied("ecs.services", resource=f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"),
        reason=Reason.DENIED,
    ),
)

NEVER = (
    never("OWN-PLATFORM", "pass", "answers are not read yet"),
    never("OWN-PLATFORM", "fail", "answers are not read yet"),
    never("OWN-PLATFORM", "not_applicable", "every platform needs an owner"),
    never("OWN-NO-OWNER", "not_applicable", "every workload needs an owner"),
    never("OWN-NO-OWNER", HIGH, "how many workloads call it is not known yet"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
