"""Image repositories: what a workload's images in Amazon ECR stand on."""

from collections.abc import Iterator, Mapping

from assess.estate.ecs import Container
from assess.estate.estate import Estate
from assess.estate.images import ImageReference
from assess.estate.registry import LifecycleSelection, Repository
from assess.estate.workloads import Workload
from assess.rule import (
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Outcome,
    Reason,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import image_of

_SCANNED = ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")
_NOT_OURS = "no image comes from a repository of the account in Amazon ECR"


def _repositories(workload: Workload, estate: Estate) -> Iterator[tuple[Container, ImageReference, Repository | None]]:
    """Containers whose image lies in ECR of the workload's account, each repository once."""
    seen = set()
    for container in workload.task_definition.containers() if workload.task_definition is not None else ():
        image = image_of(container)
        # a file does not say which account is its own
        own = image.is_ecr and workload.origin.account in ("", image.ecr_account) and image.repository is not None
        if own and (image.ecr_region, image.repository) not in seen:
            seen.add((image.ecr_region, image.repository))
            yield container, image, estate.repository(image)


def _not_found(workload: Workload, image: ImageReference, estate: Estate) -> Outcome:
    """A repository that is not there, or that was not looked for: another region's, or none could be listed."""
    missing = estate.missing("ecr.repositories", workload.origin, ())
    if missing is not None:
        return unknown(missing.reason, *missing.needs)
    elsewhere = image.ecr_region != workload.origin.region
    return unknown(Reason.NOT_COLLECTED if elsewhere else Reason.NO_DATA, "ecr.repositories")


def _unread(repository: Repository, estate: Estate) -> Outcome:
    """A setting of the repository that could not be read."""
    missing = estate.missing("ecr.repositories", repository.origin, (repository.repository_arn,))
    if missing is not None:
        return unknown(missing.reason, *missing.needs)
    return unknown(Reason.NO_DATA, "ecr.repositories")


@rule(
    "CIC-MUTABLE-REPO",
    Checklist.DELIVERY,
    severity=LOW,
    effort=HOURS,
    needs=("ecr.repositories", "ecs.task_definitions"),
    looks_at=("containerDefinitions[].image",),
    reference="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html",
)
def unscanned_repository(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Nobody scans the images of a repository.

    The same images run on EKS, with everything that is known to be wrong in them. A cluster brings more that can be
    reached from a broken container than a task has, and admission policies that ask for a clean scan, which many
    teams set up with the new cluster, have nothing to look at.

    Fix: switch scanning on for the registry (``aws ecr put-registry-scanning-configuration``), basic scanning on push
    at least, look at what it finds before the move, and rebuild what is old.
    """
    used = list(_repositories(workload, estate))
    if not used:
        yield not_applicable(_NOT_OURS, reads=("ecs.task_definitions",))
    for container, image, repository in used:
        if repository is None:
            yield _not_found(workload, image, estate)
        elif repository.scanning is None:
            yield _unread(repository, estate)
        elif repository.scanning.scan_frequency not in _SCANNED and not repository.scanning.scan_on_push:
            yield fail(
                f"the images of repository {repository.repository_name}, which workload {workload.name} runs,"
                " are not scanned",
                repository.evidence("scanning", "scanFrequency"),
                element=container.name,
            )


_IMAGES = Threshold("images", 10, 1, 1000, "images that a lifecycle policy must at least keep", whole=True)
_DAYS = Threshold("days", 30, 1, 3650, "days for which a lifecycle policy must at least keep an image", whole=True)


@rule(
    "CIC-IMAGE-RETENTION",
    Checklist.DELIVERY,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecr.repositories", "ecs.task_definitions"),
    looks_at=("containerDefinitions[].image",),
    thresholds=(_IMAGES, _DAYS),
    reference="https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html",
)
def image_may_expire(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """A lifecycle policy may delete the image that a rollback needs.

    The way back to ECS starts the image that ran before the move. While both platforms are built for, more images are
    pushed than usual, so a policy that keeps a few or keeps them for some days deletes that image early; the old
    task definition still names it and its tasks do not start. On EKS a Pod that moves to another node pulls its
    image again and fails in the same way.

    Fix: keep images for as long as the way back is promised (30 days and 10 images at least), or give the image that
    runs before the move a tag that the policy's rules do not match.

    Passes: rules for images without a tag, and rules for other tags than the one that runs.
    """
    used = list(_repositories(workload, estate))
    if not used:
        yield not_applicable(_NOT_OURS, reads=("ecs.task_definitions",))
    for container, image, repository in used:
        if repository is None:
            yield _not_found(workload, image, estate)
            continue
        if repository.has_lifecycle_policy is None:
            yield _unread(repository, estate)
            continue
        for index, selection in repository.expiring(image.tag):
            kept = _kept(selection, thresholds)
            if kept is not None:
                yield fail(
                    f"the lifecycle policy of repository {repository.repository_name}, which workload {workload.name}"
                    f" runs, keeps {kept}",
                    repository.evidence("lifecyclePolicy", "rules", index, "selection", "countNumber"),
                    element=container.name,
                )
                break


def _kept(selection: LifecycleSelection, thresholds: Mapping[str, float]) -> str | None:
    """What a rule keeps, where that is less than it should be."""
    number = selection.count_number
    if number is None:
        return None
    if selection.count_type == "imageCountMoreThan" and number < thresholds["images"]:
        return "one image only" if number == 1 else f"{number} images only"
    if selection.count_type == "sinceImagePushed" and number < thresholds["days"]:
        return "images for one day only" if number == 1 else f"images for {number} days only"
    return None
