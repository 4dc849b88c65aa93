"""Reads Amazon ECR: the repositories of this account and region whose images run."""

import json

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, batches, members, pages
from assess.estate.ecs import TaskDefinition
from assess.estate.images import image_reference

DESCRIBE_REPOSITORIES = Operation(
    "ecr",
    "DescribeRepositories",
    "ecr:DescribeRepositories",
    answers=("repositories",),
    paging=pages(1000),
)
SCANNING_CONFIGURATION = Operation(
    "ecr",
    "BatchGetRepositoryScanningConfiguration",
    "ecr:BatchGetRepositoryScanningConfiguration",
    answers=("scanningConfigurations",),
    batch=25,
)
GET_LIFECYCLE_POLICY = Operation(
    "ecr", "GetLifecyclePolicy", "ecr:GetLifecyclePolicy", answers=("lifecyclePolicyText",)
)

_FACTS = ("ecr.repositories",)


def _read(reader: Reader) -> None:
    used = set()
    for task in reader.facts(TaskDefinition):
        for container in task.container_definitions:
            image = image_reference(container.image)
            if image.is_ecr and (image.ecr_account, image.ecr_region) == (reader.account, reader.region):
                used.add(image.repository)
    if not used:
        return
    # the whole list, 1,000 a page: one name of a list that is gone makes a call that names them fail
    listed = reader.items(DESCRIBE_REPOSITORIES, "repositories", lost=_FACTS)
    chosen = {str(each["repositoryName"]): each for each in listed if each.get("repositoryName") in used}
    scanning: dict[str, Document] = {}
    asked = batches([chosen[name] for name in sorted(chosen)], SCANNING_CONFIGURATION.batch)
    for found in reader.each(lambda batch: _scanning(reader, batch), asked):
        scanning |= found

    def read(name: str) -> None:
        repository = chosen[name]
        of_scanning = {"scanning": scanning[name]} if name in scanning else {}
        policy = _lifecycle(reader, name, str(repository.get("repositoryArn")))
        reader.add("repositories", repository | of_scanning | policy)

    reader.each(read, sorted(chosen))


def _scanning(reader: Reader, repositories: list[Document]) -> dict[str, Document]:
    """How the images of up to a batch of repositories are scanned, by the repository's name; what is lost is a gap."""
    try:
        answer = reader.call(SCANNING_CONFIGURATION, repositoryNames=[each["repositoryName"] for each in repositories])
    except Unreadable as error:
        for each in repositories:
            reader.lose(error, _FACTS, resource=str(each.get("repositoryArn")))
        return {}
    return {str(each.get("repositoryName")): each for each in members(answer, "scanningConfigurations")}


def _lifecycle(reader: Reader, name: str, arn: str) -> Document:
    try:
        answer = reader.call(GET_LIFECYCLE_POLICY, repositoryName=name)
        return {"hasLifecyclePolicy": True, "lifecyclePolicy": json.loads(answer["lifecyclePolicyText"])}
    except Unreadable as error:
        if error.code == "LifecyclePolicyNotFoundException":
            return {"hasLifecyclePolicy": False}
        reader.lose(error, _FACTS, resource=arn)
    except ValueError:
        pass
    return {}


ECR = Collector(
    name="ecr",
    title="image repositories",
    facts=_FACTS,
    operations=(DESCRIBE_REPOSITORIES, SCANNING_CONFIGURATION, GET_LIFECYCLE_POLICY),
    collect=_read,
    after=("ecs.task_definitions",),
)

COLLECTORS = (ECR,)
