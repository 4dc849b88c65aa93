from typing import Any

import pytest

from assess.config import Policy
from assess.estate.gaps import Reason
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    container,
    denied,
    fails,
    file,
    given,
    not_applicable,
    passes,
    task,
    unknown,
)

ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
SCANNED = {"scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH"}
ELSEWHERE = f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/app:1.4.2"
FOREIGN = f"999988887777.dkr.ecr.{REGION}.amazonaws.com/app:1.4.2"


def repository(**fields: Any) -> Given:
    return given("repositories", repositoryArn=ARN, repositoryName="app", **fields)


def policy(*selections: dict[str, Any], action: str = "expire") -> Given:
    rules = [
        {"rulePriority": number, "selection": each, "action": {"type": action}}
        for number, each in enumerate(selections, 1)
    ]
    return repository(hasLifecyclePolicy=True, lifecyclePolicy={"rules": rules})


def count(number: int, status: str = "any", **fields: Any) -> dict[str, Any]:
    return {"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": number, **fields}


def pushed(days: int, status: str = "any", **fields: Any) -> dict[str, Any]:
    since = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return {"tagStatus": status, **since, **fields}


RETENTION, SCANNING = "CIC-IMAGE-RETENTION", "CIC-MUTABLE-REPO"

CASES = (
    fails(
        SCANNING,
        "images are scanned by hand only",
        task(container(), container("copy", image=container()["image"])),
        repository(scanning={"scanOnPush": False, "scanFrequency": "MANUAL"}),
        says="the images of repository app, which workload orders runs, are not scanned",
        at="/scanning/scanFrequency",
    ),
    passes(SCANNING, "images are scanned on push", task(), repository(scanning=SCANNED)),
    passes(
        SCANNING,
        "the registry scans all the time, whatever the repository itself says",
        task(),
        repository(scanning={"scanFrequency": "CONTINUOUS_SCAN"}, imageScanningConfiguration={"scanOnPush": False}),
    ),
    not_applicable(SCANNING, "an image of Docker Hub", task(container(image="acme/web:1"))),
    not_applicable(SCANNING, "a repository of another account", task(container(image=FOREIGN))),
    unknown(
        SCANNING,
        "repositories were refused",
        task(),
        denied("ecr.repositories", "ecr:DescribeRepositories"),
        reason=Reason.DENIED,
        needs="ecr:DescribeRepositories",
    ),
    unknown(
        SCANNING,
        "the scanning configuration was refused",
        task(),
        repository(),
        denied("ecr.repositories", "ecr:BatchGetRepositoryScanningConfiguration", resource=ARN),
        reason=Reason.DENIED,
        needs="ecr:BatchGetRepositoryScanningConfiguration",
    ),
    unknown(SCANNING, "the answer leaves the repository out", task(), repository(), reason=Reason.NO_DATA),
    unknown(SCANNING, "the repository is gone", task(), reason=Reason.NO_DATA),
    unknown(SCANNING, "another region", task(container(image=ELSEWHERE)), reason=Reason.NOT_COLLECTED),
    unknown(SCANNING, "a file", file(), reason=Reason.NOT_IN_SOURCE),
    fails(
        RETENTION,
        "five images are kept",
        task(),
        policy(pushed(90, "untagged"), count(5)),
        says="the lifecycle policy of repository app, which workload orders runs, keeps 5 images only",
        at="/lifecyclePolicy/rules/1/selection/countNumber",
        element="app",
    ),
    fails(
        RETENTION,
        "one image of the tag that runs is kept",
        task(),
        policy(count(1, "tagged", tagPatternList=["1.*"])),
        says="the lifecycle policy of repository app, which workload orders runs, keeps one image only",
    ),
    fails(
        RETENTION,
        "images are kept for two weeks, and the tag of the digest is not known",
        task(container(image=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app@sha256:{'a' * 64}")),
        policy(pushed(14, "tagged", tagPrefixList=["release"])),
        says="the lifecycle policy of repository app, which workload orders runs, keeps images for 14 days only",
    ),
    fails(
        RETENTION,
        "the team wants 60 days",
        task(),
        policy(pushed(45)),
        Policy(thresholds={"CIC-IMAGE-RETENTION.days": 60}),
        says="the lifecycle policy of repository app, which workload orders runs, keeps images for 45 days only",
    ),
    passes(RETENTION, "no policy", task(), repository(hasLifecyclePolicy=False)),
    passes(RETENTION, "ten images, and thirty days", task(), policy(count(10), pushed(30))),
    passes(RETENTION, "only images without a tag go", task(), policy(pushed(1, "untagged"))),
    passes(RETENTION, "only other tags go", task(), policy(count(2, "tagged", tagPrefixList=["pull-request"]))),
    passes(RETENTION, "images move to the archive, not away", task(), policy(pushed(7), action="transition")),
    not_applicable(RETENTION, "an image of Docker Hub", task(container(image="acme/web:1"))),
    unknown(
        RETENTION,
        "the lifecycle policy was refused",
        task(),
        repository(scanning=SCANNED),
        denied("ecr.repositories", "ecr:GetLifecyclePolicy", resource=ARN),
        reason=Reason.DENIED,
        needs="ecr:GetLifecyclePolicy",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
