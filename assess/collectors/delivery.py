"""Reads CodeDeploy and CodePipeline: what deploys to ECS."""

from assess.collectors.interface import (
    Collector,
    Document,
    Operation,
    Reader,
    Unreadable,
    batches,
    members,
    pages,
    unsized_pages,
)
from assess.estate.ecs import Service

LIST_APPLICATIONS = Operation(
    "codedeploy",
    "ListApplications",
    "codedeploy:ListApplications",
    answers=("applications",),
    paging=unsized_pages(),
)
BATCH_GET_APPLICATIONS = Operation(
    "codedeploy",
    "BatchGetApplications",
    "codedeploy:BatchGetApplications",
    answers=("applicationsInfo",),
    batch=100,
)
LIST_DEPLOYMENT_GROUPS = Operation(
    "codedeploy",
    "ListDeploymentGroups",
    "codedeploy:ListDeploymentGroups",
    answers=("deploymentGroups",),
    paging=unsized_pages(),
)
BATCH_GET_DEPLOYMENT_GROUPS = Operation(
    "codedeploy",
    "BatchGetDeploymentGroups",
    "codedeploy:BatchGetDeploymentGroups",
    answers=("deploymentGroupsInfo",),
    batch=100,
)
LIST_PIPELINES = Operation(
    "codepipeline",
    "ListPipelines",
    "codepipeline:ListPipelines",
    answers=("pipelines",),
    paging=pages(1000),
)
GET_PIPELINE = Operation("codepipeline", "GetPipeline", "codepipeline:GetPipeline", answers=("pipeline",))

_DEPLOY, _PIPELINES = ("codedeploy",), ("codepipeline",)

_SETTINGS = {
    "ClusterName": "clusterName",
    "ServiceName": "serviceName",
    "FileName": "fileName",
    "ApplicationName": "applicationName",
    "DeploymentGroupName": "deploymentGroupName",
}
"""Settings of an action that are kept; others may be tokens."""

_TO_ECS = ("ECS", "CodeDeployToECS")


# --- CodeDeploy -------------------------------------------------------------------------------------------------


def _read_applications(reader: Reader) -> None:
    if not reader.facts(Service):
        return
    names = sorted(str(each) for each in reader.items(LIST_APPLICATIONS, "applications", lost=_DEPLOY))

    def described(batch: list[str]) -> list[Document]:
        answer = reader.get(BATCH_GET_APPLICATIONS, lost=_DEPLOY, applicationNames=batch)
        return members(answer or {}, "applicationsInfo")

    found = [each for told in reader.each(described, batches(names, BATCH_GET_APPLICATIONS.batch)) for each in told]
    reader.each(
        lambda application: _read_application(reader, application),
        [each for each in found if each.get("computePlatform") == "ECS"],
    )


def _read_application(reader: Reader, application: Document) -> None:
    name = str(application["applicationName"])
    listed = reader.items(LIST_DEPLOYMENT_GROUPS, "deploymentGroups", lost=_DEPLOY, resource=name, applicationName=name)
    groups: list[Document] = []
    for batch in batches(sorted(str(each) for each in listed), BATCH_GET_DEPLOYMENT_GROUPS.batch):
        try:
            answer = reader.call(BATCH_GET_DEPLOYMENT_GROUPS, applicationName=name, deploymentGroupNames=batch)
        except Unreadable as error:
            reader.lose(error, _DEPLOY, resource=name)
            continue
        groups += [_group(each) for each in members(answer, "deploymentGroupsInfo")]
    known = {key: application[key] for key in ("applicationName", "createTime") if key in application}
    reader.add("deployment_applications", known | {"deploymentGroups": groups})


def _group(told: Document) -> Document:
    kept = {key: told[key] for key in ("deploymentGroupName", "deploymentConfigName", "ecsServices") if key in told}
    last = told.get("lastAttemptedDeployment") or {}
    times = {key: last[key] for key in ("status", "endTime", "createTime") if key in last}
    return kept | ({"lastAttemptedDeployment": times} if times else {})


# --- CodePipeline -----------------------------------------------------------------------------------------------


def _read_pipelines(reader: Reader) -> None:
    if not reader.facts(Service):
        return
    names = sorted(str(each["name"]) for each in reader.items(LIST_PIPELINES, "pipelines", lost=_PIPELINES))

    def read(name: str) -> None:
        answer = reader.get(GET_PIPELINE, lost=_PIPELINES, resource=name, name=name)
        told: Document = answer["pipeline"] if answer is not None else {}
        stages = [_stage(each) for each in members(told, "stages")]
        if any(action["actionTypeId"]["provider"] in _TO_ECS for stage in stages for action in stage["actions"]):
            kept = {key: told[key] for key in ("name", "pipelineType") if key in told}
            reader.add("pipelines", kept | {"stages": stages})

    reader.each(read, names)


def _stage(told: Document) -> Document:
    return {"name": told.get("name"), "actions": [_action(each) for each in members(told, "actions")]}


def _action(told: Document) -> Document:
    kind = told.get("actionTypeId") or {}
    settings = told.get("configuration") or {}
    kept: Document = {key: told[key] for key in ("name", "region") if key in told}
    kept["actionTypeId"] = {"category": kind.get("category"), "provider": str(kind.get("provider") or "")}
    return kept | {name: settings[key] for key, name in _SETTINGS.items() if settings.get(key)}


CODE_DEPLOY = Collector(
    name="codedeploy",
    title="CodeDeploy applications",
    facts=_DEPLOY,
    operations=(LIST_APPLICATIONS, BATCH_GET_APPLICATIONS, LIST_DEPLOYMENT_GROUPS, BATCH_GET_DEPLOYMENT_GROUPS),
    collect=_read_applications,
    after=("ecs.services",),
)
CODE_PIPELINE = Collector(
    name="codepipeline",
    title="pipelines",
    facts=_PIPELINES,
    operations=(LIST_PIPELINES, GET_PIPELINE),
    collect=_read_pipelines,
    after=("ecs.services",),
)

COLLECTORS = (CODE_DEPLOY, CODE_PIPELINE)
