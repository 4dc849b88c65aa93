"""Pipelines: what in CodeDeploy and CodePipeline deploys the services, and has no counterpart for Kubernetes."""

from collections.abc import Iterator, Mapping

from assess.estate.delivery import DeploymentApplication
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.rule import DAYS, LOW, MEDIUM, Account, Checklist, Outcome, Threshold, fail, not_applicable, rule


@rule(
    "CIC-CODEDEPLOY",
    Checklist.DELIVERY,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("codedeploy", "ecs.services"),
    across=("codedeploy", "ecs.services"),
    thresholds=(Threshold("days", 180, 1, 3650, "days without a deployment after which nobody uses it", whole=True),),
    reference="https://docs.aws.amazon.com/codedeploy/latest/userguide/primary-components.html",
)
def application_without_service(account: Account, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """A CodeDeploy application for ECS deploys none of the services of the scan.

    CodeDeploy has no platform for Kubernetes. What still starts such a deployment (a pipeline, a script, somebody with
    a console) goes on to believe in ECS after the move, and a deployment group that nobody remembers can turn traffic
    back to tasks that are gone.

    Passes: applications whose deployment groups name a service that CodeDeploy controls; those are findings of
    ECS-DEPLOY-CONTROLLER. Where the scan was limited to some clusters or services, applications of others do not count.

    Fix: find out who starts its deployments; delete the application where nobody does, else replace it with Argo
    Rollouts or Flagger like the others.
    """
    applications = [
        each
        for each in estate.deployment_applications
        if (each.origin.account, each.origin.region) == (account.account, account.region)
        and (not estate.scope.filters or _is_asked_for(each, estate))
    ]
    if not applications:
        yield not_applicable("CodeDeploy has no application for ECS", reads=("codedeploy",))
        return
    controlled, known = _services(account, estate)
    for application in applications:
        named = {
            (service.cluster_name.rpartition("/")[2], service.service_name)
            for group in application.deployment_groups
            for service in group.ecs_services
        }
        if named & controlled:
            continue
        used = application.last_used
        idle = used is not None and (estate.collected_at - used).days > int(thresholds["days"])
        name = application.application_name
        since = f", and has deployed nothing since {used:%Y-%m-%d}" if idle and used is not None else ""
        yield fail(
            f"CodeDeploy application {name} deploys to ECS, though no service of this scan is in its hands{since}",
            application.evidence("applicationName"),
            element=name,
            severity=LOW if idle else MEDIUM,
            workloads=[id for service, id in known.items() if service in named],
        )


def _is_asked_for(application: DeploymentApplication, estate: Estate) -> bool:
    clusters = {each.cluster_name for each in estate.clusters}
    services = {each.service_name for each in estate.services}
    return any(
        service.cluster_name.rpartition("/")[2] in clusters and service.service_name in services
        for group in application.deployment_groups
        for service in group.ecs_services
    )


def _services(account: Account, estate: Estate) -> tuple[set[tuple[str, str]], dict[tuple[str, str], str]]:
    """Cluster and name of the services that CodeDeploy controls, and of all with their workloads' ids."""
    controlled: set[tuple[str, str]] = set()
    known: dict[tuple[str, str], str] = {}
    for workload in estate.workloads:
        service = workload.service
        if service is None or (workload.origin.account, workload.origin.region) != (account.account, account.region):
            continue
        known[workload.cluster, workload.name] = workload.id
        if service.deployment_controller is not None and service.deployment_controller.type == "CODE_DEPLOY":
            controlled.add((workload.cluster, workload.name))
    return controlled, known


@rule(
    "CIC-PIPELINE-ECS",
    Checklist.DELIVERY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("codepipeline", "codedeploy", "ecs.services"),
    across=("codepipeline", "codedeploy"),
    reference="https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html",
)
def pipeline_deploys_to_ecs(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A pipeline deploys the service by an action that knows ECS only.

    The action registers a revision of the task definition and updates the service. For Pods there is nothing of that:
    somebody has to write the new image into a manifest and have it applied. Until then the pipeline goes on releasing
    to ECS alone, and the two platforms run different versions while traffic moves between them.

    Fires: an action of CodePipeline for ECS that names the cluster and the service, or one for CodeDeploy whose
    deployment group does. Names that a pipeline computes while it runs are not known.

    Fix: let the build write the image's digest into the repository of the manifests, and Argo CD or Flux apply it (or
    the pipeline's own action for EKS with a Helm chart); keep the old action until the last traffic has moved.
    """
    if workload.service is None:
        yield not_applicable("no service runs it", reads=("ecs.services",))
        return
    account, region = workload.origin.account, workload.origin.region
    groups = estate.deployment_groups_of.get((account, region, workload.cluster, workload.name), ())
    deployed = [("ECS", workload.cluster, workload.name)]
    deployed += [("CodeDeployToECS", application, group) for application, group in groups]
    for what in deployed:
        for pipeline, action, at in estate.deploying_actions.get((account, region, what), ()):
            yield fail(
                f"pipeline {pipeline.name} deploys service {workload.name} by its action {action.name}",
                pipeline.evidence(*at, "actionTypeId", "provider"),
                element=f"{pipeline.name} {action.name}",
            )
