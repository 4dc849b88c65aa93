"""Delivery: what builds and deploys the workloads today."""

from collections.abc import Iterator

from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    MEDIUM,
    Checklist,
    Outcome,
    fail,
    rule,
)

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
