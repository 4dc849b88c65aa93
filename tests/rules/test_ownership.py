from typing import Any

import pytest

from assess.config import Policy
from assess.estate.gaps import Reason
from assess.rule import (
    HIGH,
    MEDIUM,
)
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    cluster,
    container,
    denied,
    fails,
    file,
    never,
    not_applicable,
    passes,
    primary,
    service,
    task,
    unknown,
    unseen,
)

SAYS = "no tag of workload orders names an owner"


def deployed(date: str) -> Given:
    return service(deployments=primary(createdAt=f"{date}T08:00:00Z"))


OLD: dict[str, Any] = {"registeredAt": "2024-01-10T08:00:00Z"}
AGE_AND_ORIGIN = (
    fails(
        "OWN-STALE",
        "deployed 200 days ago",
        task(**OLD),
        deployed("2026-05-07"),
        says="workload orders was last deployed 200 days ago",
        at="/deployments/0/createdAt",
    ),
    fails(
        "OWN-STALE",
        "deployed more than a year ago",
        task(**OLD),
        deployed("2025-11-22"),
        says="workload orders was last deployed 366 days ago",
        severity=MEDIUM,
    ),
    fails(
        "OWN-STALE",
        "registered 200 days ago, and no deployment says when",
        task(registeredAt="2026-05-07T08:00:00Z"),
        service(),
        says="workload orders was last deployed 200 days ago",
        at="/registeredAt",
    ),
    fails(
        "OWN-STALE",
        "older than the team allows",
        task(**OLD),
        deployed("2026-10-01"),
        Policy(thresholds={"OWN-STALE.days": 30}),
        says="workload orders was last deployed 53 days ago",
    ),
    passes("OWN-STALE", "180 days ago", task(**OLD), deployed("2026-05-27")),
    passes("OWN-STALE", "registered lately", task(registeredAt="2026-11-01T08:00:00Z"), deployed("2024-01-10")),
    not_applicable(
        "OWN-STALE",
        "an agent of others",
        task(container("agent", image="datadog/agent:7.50.0"), **OLD),
        deployed("2024-01-10"),
    ),
    unknown("OWN-STALE", "nothing says when", task(), reason=Reason.NO_DATA),
    unknown("OWN-STALE", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    *(
        fails(
            "OWN-VENDOR",
            image,
            task(container(image=f"{image}:1")),
            says=f"container app runs an image that others build, {named}",
            at="/containerDefinitions/0/image",
            confidence=0.5,
        )
        for image, named in (
            ("nginx", "docker.io/nginx"),
            ("metabase/metabase", "docker.io/metabase/metabase"),
            ("someone/kafka", "docker.io/someone/kafka"),
            ("quay.io/keycloak/keycloak", "quay.io/keycloak/keycloak"),
            ("public.ecr.aws/docker/library/httpd", "public.ecr.aws/docker/library/httpd"),
            ("mcr.microsoft.com/dotnet/samples", "mcr.microsoft.com/dotnet/samples"),
        )
    ),
    *(
        unknown(
            "OWN-VENDOR",
            f"{image} may be one's own",
            task(container(image=image)),
            reason=Reason.UNANSWERED,
            needs="survey",
        )
        for image in ("orders:1", "acme/orders:1", "ghcr.io/acme/orders:1", "index.docker.io/acme/orders:1")
    ),
    passes("OWN-VENDOR", "a datastore in a registry of our own", task(container("mysql"))),
    passes("OWN-VENDOR", "our own registry", task()),
    passes("OWN-VENDOR", "a registry of our own", task(container(image="registry.example.com/orders:1"))),
    passes(
        "OWN-VENDOR",
        "with credentials",
        task(container(image="example/orders:1", repositoryCredentials={"credentialsParameter": "arn:secret"})),
    ),
    passes(
        "OWN-VENDOR",
        "a label names the source",
        task(
            container(
                image="ghcr.io/example/orders:1",
                dockerLabels={"org.opencontainers.image.source": "https://git.example.com/orders"},
            )
        ),
    ),
    not_applicable("OWN-VENDOR", "an agent", task(container(image="datadog/agent:7.50.0"))),
    unknown("OWN-VENDOR", "a placeholder", file(container(image="${IMAGE}")), reason=Reason.UNRESOLVED),
)

CASES = (
    *AGE_AND_ORIGIN,
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
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
