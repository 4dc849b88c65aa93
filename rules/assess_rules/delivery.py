"""Delivery: what builds and deploys the workloads today."""

from collections.abc import Iterator

from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HOURS,
    MEDIUM,
    WEEKS,
    Checklist,
    Kind,
    Outcome,
    Reason,
    Team,
    fail,
    rule,
    unknown,
)
from assess_rules.code_marks import mark_of_code

_TAG = "copilot-application"


@rule(
    "CIC-COPILOT",
    Checklist.DELIVERY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("tags", "ecs.services"),
    reference="https://aws.amazon.com/blogs/containers/announcing-the-end-of-support-for-the-aws-copilot-cli/",
)
def copilot(workload: Workload) -> Iterator[Outcome]:
    """AWS Copilot deploys the workload, and its support has ended.

    AWS ended the support of the Copilot CLI on 12 June 2026. Its pipelines and the Lambda functions it leaves behind
    get no fixes any more, and it cannot deploy to EKS, so the delivery of this workload must be built anew in any
    case. Until then every rollback to ECS depends on a tool without an owner.

    Fix: take the CloudFormation that Copilot made over as templates of your own for the time of the move, and
    deliver to EKS with Helm or Kustomize and a GitOps controller.
    """
    if _TAG in workload.tags:
        yield fail(
            f"workload {workload.name} belongs to the Copilot application {workload.tags[_TAG]}",
            _place(workload),
        )


def _place(workload: Workload) -> Evidence:
    """Where the tag stands: at the service, which wins, or at the task definition."""
    for holder in (workload.service, workload.task_definition):
        if holder is not None:
            for index, tag in enumerate(holder.tags):
                if tag.key == _TAG:
                    return holder.evidence("tags", index, "value")
    raise LookupError(_TAG)


@rule(
    "CIC-IAC-SOURCE",
    Checklist.DELIVERY,
    kind=Kind.INVENTORY,
    effort=HOURS,
    confidence=0.8,
    needs=("tags", "ecs.services"),
    also_uses=("ecs.task_definitions", "iac"),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/application-portfolio-assessment-guide/introduction.html",
)
def made_from_code(workload: Workload) -> Iterator[Outcome]:
    """A mark shows which tool makes the workload from code.

    What is there today comes out of a template or a module, and whatever is changed beside it is undone by the next
    run. The move changes that code first: target groups, roles and scaling are shared by both platforms for a while.
    Where no mark is found, that is RSK-NO-IAC's finding.

    Fix: find the repository of the stack or module, decide which resources stay in it and which go to the manifests,
    and keep the tool from removing what the Pods use.
    """
    found = mark_of_code(workload)
    if found is not None:
        yield fail(f"workload {workload.name} is made from code: {found.text}", found.evidence)


@rule(
    "CIC-NO-GITOPS",
    Checklist.DELIVERY,
    severity=MEDIUM,
    effort=WEEKS,
    confidence=0.8,
    needs=("survey",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/capabilities.html",
)
def no_delivery_method(_team: Team) -> Iterator[Outcome]:
    """No method is chosen by which manifests reach the cluster.

    On ECS a pipeline registers a revision and updates a service. Kubernetes leaves that open: charts or overlays, a
    pipeline that pushes or a controller that pulls, one repository or many. Until it is decided, no pipeline can be
    planned, and each team invents its own. Only people can say what is decided.

    Fix: choose one method for all teams (such as Helm charts that Argo CD pulls from Git) and prove it with the first
    small service.
    """
    yield unknown(Reason.UNANSWERED, "survey")
