"""Which AWS services are in use, by whom and through which evidence; a grant alone is no use."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from assess.estate.estate import Estate
from assess.estate.grants import ANY
from assess.estate.images import image_reference
from assess.estate.workloads import Workload
from assess.graph.aws_services import AwsService, aws_service, aws_services
from assess.graph.model import DependencyGraph, NodeKind, Via

Used = Literal["evidence", "grant"]

_EVERYWHERE = frozenset({"elasticloadbalancing", "ecr", "logs", "servicediscovery", "appmesh", "ssmmessages"})
"""What ECS itself uses for a workload: no credentials of the workload change with it."""

_REPOSITORY_WORDS = {
    "xray": ("aws-xray-daemon", "xray-daemon"),
    "cloudwatch": ("cloudwatch-agent", "amazon-cloudwatch-agent"),
    "appmesh": ("aws-appmesh-envoy",),
}
"""Names of sidecar images that speak to a service for the application."""


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """An AWS service that workloads use, or may use."""

    service: AwsService
    workloads: tuple[str, ...]
    """Ids, sorted."""
    resources: tuple[str, ...]
    """Names, sorted; none where only the service as a whole is known."""
    how: tuple[str, ...]
    """Sources of evidence, sorted: words of :class:`assess.graph.model.Via`, and ``image``, ``sidecar``, ``exec``."""
    used: Used
    changes: tuple[str, ...]
    """What the move changes about it, a sentence each."""


@dataclass(slots=True)
class _Found:
    workloads: set[str] = field(default_factory=set)
    resources: set[str] = field(default_factory=set)
    how: set[str] = field(default_factory=set)


def services_in_use(estate: Estate, graph: DependencyGraph) -> tuple[ServiceUse, ...]:
    """The services that workloads use or are granted, in order of id."""
    found: dict[str, _Found] = {}
    for service, workload, resource, how in (*_drawn(estate, graph), *_of_tasks(estate), *_granted(estate)):
        entry = found.setdefault(service, _Found())
        entry.workloads.add(workload)
        entry.how.add(how)
        if resource:
            entry.resources.add(resource)
    return tuple(
        ServiceUse(
            service=aws_service(id),
            workloads=tuple(sorted(entry.workloads)),
            resources=tuple(sorted(entry.resources)),
            how=tuple(sorted(entry.how)),
            used="grant" if entry.how == {"iam"} else "evidence",
            changes=tuple(_changes(aws_service(id), entry, estate)),
        )
        for id, entry in sorted(found.items())
    )


_Seen = tuple[str, str, str, str]
"""Service id, workload id, the resource's name or nothing, source of evidence."""


def _drawn(estate: Estate, graph: DependencyGraph) -> Iterator[_Seen]:
    workloads = {each.id for each in estate.workloads}
    for edge in graph.edges:
        source, target = graph.nodes[edge.source], graph.nodes[edge.target]
        for node, other in ((target, source), (source, target)):
            if node.aws_service is None or other.id not in workloads:
                continue
            for via in edge.via:
                if via is not Via.SECURITY_GROUP:  # a call that is possible is no use
                    named = "" if node.kind is NodeKind.AWS_SERVICE and node.aws_service != "logs" else node.name
                    yield node.aws_service, other.id, named, via.value


def _of_tasks(estate: Estate) -> Iterator[_Seen]:
    for workload in estate.workloads:
        task, service = workload.task_definition, workload.service
        for container in task.containers() if task is not None else ():
            image = image_reference(container.definition.image or "")
            if image.is_ecr or image.is_public_ecr:
                yield "ecr", workload.id, "/".join(image.tail) if image.is_ecr else "", "image"
            for id, names in _REPOSITORY_WORDS.items():
                if image.basename in names:
                    yield id, workload.id, "", "sidecar"
        if service is None:
            continue
        if service.all_load_balancers:
            yield "elasticloadbalancing", workload.id, "", Via.TARGET_GROUP.value
        if service.service_registries:
            yield "servicediscovery", workload.id, "", Via.CLOUD_MAP.value
        if service.service_connect is not None and service.service_connect.enabled:
            yield "servicediscovery", workload.id, "", Via.SERVICE_CONNECT.value
        if service.enable_execute_command:
            yield "ssmmessages", workload.id, "", "exec"


def _granted(estate: Estate) -> Iterator[_Seen]:
    for arn, workloads in estate.task_role_users.items():
        role = estate.role_by_arn.get(arn)
        for granted in estate.permissions_of(role).access if role is not None else ():
            if granted.service == ANY or granted.service not in aws_services():
                continue
            for workload in workloads:
                yield aws_service(granted.service).id, workload.id, "", Via.IAM.value


def _changes(service: AwsService, entry: _Found, estate: Estate) -> Iterator[str]:
    if service.change is not None:
        yield service.change
    users = [each for each in estate.workloads if each.id in entry.workloads]
    by_role = [each for each in users if each.task_definition is not None and each.task_definition.task_role_arn]
    asks = Via.IAM.value in entry.how and service.id not in _EVERYWHERE
    if asks and by_role:
        yield "credentials come from EKS Pod Identity (IRSA on Fargate) in place of the task role"
    if service.id in ("secretsmanager", "ssm") and Via.SECRET.value in entry.how:
        yield "an operator or a CSI driver fetches them in place of the ECS agent, under a role of its own"
    if service.id == "logs" and Via.LOG.value in entry.how:
        yield "a log agent on the nodes (Fargate: the built-in router) writes them in place of the log driver"
    if service.id in ("elasticfilesystem", "fsx") and Via.VOLUME.value in entry.how:
        yield "a CSI driver mounts it; mount targets and security groups must admit the nodes"
    if service.id == "ecr":
        yield "nodes (Fargate: the Pod execution role) pull the images in place of the task execution role"
    endpoints = sorted(_endpoints(service, users, estate))
    if endpoints:
        yield f"reached through VPC endpoint {', '.join(endpoints)}: its policy and groups must let the Pods in"


def _endpoints(service: AwsService, users: list[Workload], estate: Estate) -> set[str]:
    subnets = {id for each in users for network in each.awsvpc for id in network.subnets}
    vpcs = {estate.subnet_by_id[id].vpc_id for id in subnets if id in estate.subnet_by_id}
    names = {service.id, *service.also}
    return {
        each.vpc_endpoint_id
        for each in estate.vpc_endpoints
        if each.vpc_id in vpcs
        and not names.isdisjoint({each.service_name.rpartition(".")[2], _tail(each.service_name)})
    }


def _tail(service_name: str) -> str:
    """``ecr.dkr`` of ``com.amazonaws.eu-west-1.ecr.dkr`` as ``ecr``."""
    parts = service_name.split(".")
    return parts[3] if len(parts) > 3 else ""
