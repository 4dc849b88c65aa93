"""Deployments: how often a service is deployed, and whether a pipeline or a person does it."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache

from pydantic import BaseModel, ConfigDict

from assess.estate.ecs import Service
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
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
from assess_rules.known_images import data

_METHOD = "https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/strangler-fig.html"
_MONTH = 30


@rule(
    "RSK-CHANGE-RATE",
    Checklist.ROLLBACK,
    severity=LOW,
    effort=DAYS,
    needs=("ecs.deployments",),
    also_uses=("ecs.services", "survey.R10"),
    thresholds=(
        Threshold("deployments", 20, 1, 1000, "deployments in 30 days above which it changes often", whole=True),
    ),
    reference=_METHOD,
)
def deployed_often(workload: Workload, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """The service is deployed so often that it changes while it is moved.

    For some weeks it runs on both sides, and every change has to reach both, or the comparison between them says
    nothing and a way back leads to an older version. With a deployment each working day that needs a pipeline which
    deploys twice from the first day on.

    Fires: more than 20 deployments in the last 30 days.

    Fix: let one pipeline build once and deploy to both sides until the traffic has moved, or agree with the team on a
    week without changes for the switch.
    """
    service = workload.service
    if workload.kind == "task_definition":
        return
    if service is None:
        if not workload.is_service:
            yield not_applicable("no service runs the tasks", reads=())
        return
    most = thresholds["deployments"]
    since = estate.collected_at - timedelta(days=_MONTH)
    listed = estate.deployments_by_service.get(service.service_arn)
    if listed is not None:
        times = [each.created_at for each in listed if each.created_at is not None and each.created_at >= since]
        if len(times) > most:
            yield fail(
                f"service {workload.name} was deployed {len(times)} times in {_MONTH} days",
                service.evidence("deployments", value=f"{len(times)} since {since.date().isoformat()}"),
            )
        return
    started = _last_deployment(service)
    if started is not None and started < since:
        return
    controller = service.deployment_controller.type if service.deployment_controller is not None else None
    if controller not in (None, "ECS"):
        yield unknown(Reason.NO_DATA)  # CodeDeploy and others keep no events of ECS
        return
    if service.completed_deployments(estate.collected_at, _MONTH) > most:
        missing = estate.missing("ecs.deployments", workload.origin, workload.related)
        if missing is not None:
            yield unknown(missing.reason, *missing.needs)
        else:
            yield unknown(Reason.NO_DATA)


def _last_deployment(service: Service) -> datetime | None:
    for running in (service.primary, service.primary_task_set):
        if running is not None:
            return running.created_at
    return None


@rule(
    "CIC-MANUAL-DEPLOY",
    Checklist.DELIVERY,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("ecs.task_definitions", "ecs.deployments"),
    reference=_METHOD,
)
def deployed_by_people(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """People deploy the workload, not a pipeline.

    There is then no pipeline to carry over, what runs differs from what is in the repository, and nobody can rebuild
    it on another platform by pressing a button. On Kubernetes manifests applied by hand are overwritten by the next
    controller or forgotten.

    Fires: more than half of the revisions that run, or lately ran, were registered by an IAM user with a person's
    name, through IAM Identity Center, or by the root user.

    Passes: roles that pipelines take, and IAM users whose name says that a machine stands behind them.

    Fix: build a pipeline on ECS first, so that image and task definition come from the repository, then add the new
    target to it.
    """
    task = workload.task_definition
    if task is None:
        return
    if workload.kind == "task_definition":
        yield not_applicable("a file says not who registers it", reads=("ecs.task_definitions",))
        return
    key = (workload.origin.account, workload.origin.region, task.family)
    known = [each for each in estate.revisions_by_family.get(key, ()) if each.registered_by]
    if not known:
        yield unknown(Reason.NO_DATA)
        return
    people = [(each, who) for each in known if (who := _person(each.registered_by or "")) is not None]
    if 2 * len(people) > len(known):
        latest, who = max(people, key=lambda each: each[0].revision or 0)
        yield fail(
            f"{who} registered revision {latest.revision} of {task.family}, not a pipeline",
            *(each.evidence("registeredBy") for each, _ in people[-3:]),
        )


class _Deployers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    words: frozenset[str]


@cache
def _deployers() -> _Deployers:
    return _Deployers.model_validate(data("deployers"))


_NO_WORD = re.compile(r"[^a-z0-9]+")


def _person(arn: str) -> str | None:
    """The person that a principal stands for; none for a machine, or where nothing says which."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    if kind == "root":
        return "the root user"
    name = rest.rpartition("/")[2]
    if kind == "user":
        return None if _deployers().words & set(_NO_WORD.split(name.lower())) else f"IAM user {name}"
    if kind == "assumed-role" and (rest.startswith("AWSReservedSSO_") or "@" in name):
        return name
    return None
