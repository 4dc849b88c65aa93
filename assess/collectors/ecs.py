"""Reads Amazon ECS: clusters, services with their deployments, tasks, capacity, and the task definitions in use."""

from collections.abc import Iterator

from assess.collectors.interface import (
    Collector,
    Document,
    Operation,
    Reader,
    Unreadable,
    batches,
    describe,
    family_of,
    members,
    name_of,
    pages,
)
from assess.estate.ecs import Cluster, Service, Task
from assess.estate.triggers import EventRule, Pipe, Schedule, StateMachine

LIST_CLUSTERS = Operation(
    "ecs",
    "ListClusters",
    "ecs:ListClusters",
    "ecs cluster read",
    answers=("clusterArns",),
    paging=pages(100),
    enumerates=True,
)
DESCRIBE_CLUSTERS = Operation(
    "ecs", "DescribeClusters", "ecs:DescribeClusters", "ecs cluster read", answers=("clusters",), batch=100
)
LIST_SERVICES = Operation(
    "ecs",
    "ListServices",
    "ecs:ListServices",
    "ecs service read",
    answers=("serviceArns",),
    paging=pages(100),
    enumerates=True,
)
DESCRIBE_SERVICES = Operation(
    "ecs", "DescribeServices", "ecs:DescribeServices", "ecs service read", answers=("services",), batch=10
)
LIST_SERVICE_DEPLOYMENTS = Operation(
    "ecs",
    "ListServiceDeployments",
    "ecs:ListServiceDeployments",
    "ecs service deployment read",
    answers=("serviceDeployments",),
    paging=pages(100),
)
GET_TASK_PROTECTION = Operation(
    "ecs",
    "GetTaskProtection",
    "ecs:GetTaskProtection",
    "ecs cluster resource read",
    answers=("protectedTasks",),
    batch=100,
)
LIST_ACCOUNT_SETTINGS = Operation(
    "ecs",
    "ListAccountSettings",
    "ecs:ListAccountSettings",
    answers=("settings",),
    paging=pages(10),
)
LIST_GATEWAYS = Operation("ecs", "ListGateways", "ecs:ListGateways", answers=("gateways",), paging=pages(100))
LIST_GATEWAY_ROUTES = Operation(
    "ecs", "ListGatewayRoutes", "ecs:ListGatewayRoutes", answers=("gatewayRoutes",), paging=pages(100)
)
LIST_TASKS = Operation(
    "ecs",
    "ListTasks",
    "ecs:ListTasks",
    "ecs cluster resource read",
    answers=("taskArns",),
    paging=pages(100),
    enumerates=True,
)
DESCRIBE_TASKS = Operation(
    "ecs",
    "DescribeTasks",
    "ecs:DescribeTasks",
    "ecs cluster resource read",
    answers=("tasks",),
    batch=100,
    enumerates=True,
)
DESCRIBE_TASK_DEFINITION = Operation(
    "ecs",
    "DescribeTaskDefinition",
    "ecs:DescribeTaskDefinition",
    "ecs task definition read",
    answers=("taskDefinition",),
)
DESCRIBE_CAPACITY_PROVIDERS = Operation(
    "ecs",
    "DescribeCapacityProviders",
    "ecs:DescribeCapacityProviders",
    "ecs capacity provider read",
    answers=("capacityProviders",),
    paging=pages(10),
    batch=100,
)
LIST_CONTAINER_INSTANCES = Operation(
    "ecs",
    "ListContainerInstances",
    "ecs:ListContainerInstances",
    "ecs cluster resource read",
    answers=("containerInstanceArns",),
    paging=pages(100),
)
DESCRIBE_CONTAINER_INSTANCES = Operation(
    "ecs",
    "DescribeContainerInstances",
    "ecs:DescribeContainerInstances",
    "ecs cluster resource read",
    answers=("containerInstances",),
    batch=100,
)

_WITH_TAGS = ["TAGS"]


# --- clusters ---------------------------------------------------------------------------------------------------


def _read_clusters(reader: Reader) -> None:
    everything = (
        "ecs.clusters",
        "ecs.services",
        "ecs.deployments",
        "ecs.tasks",
        "ecs.capacity_providers",
        "ecs.container_instances",
        "tags",
    )
    listed = reader.items(LIST_CLUSTERS, "clusterArns", lost=everything)
    arns = sorted(arn for arn in set(listed) if reader.filters.takes_cluster(arn))

    def read(batch: list[str]) -> None:
        found, lost = describe(
            reader,
            DESCRIBE_CLUSTERS,
            "clusters",
            "clusterArn",
            batch,
            lost=("ecs.clusters", "ecs.capacity_providers", "tags"),
            clusters=batch,
            include=["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"],
        )
        for document in found:
            reader.add("clusters", document)
        for arn in lost:
            reader.add("clusters", {"clusterArn": arn, "clusterName": name_of(arn)})

    reader.each(read, batches(arns, DESCRIBE_CLUSTERS.batch))


CLUSTERS = Collector(
    name="ecs.clusters",
    title="clusters",
    facts=("ecs.clusters", "tags"),
    operations=(LIST_CLUSTERS, DESCRIBE_CLUSTERS),
    collect=_read_clusters,
)


# --- services ---------------------------------------------------------------------------------------------------


def _read_services(reader: Reader) -> None:
    facts = ("ecs.services", "ecs.deployments", "tags")

    def names(cluster: Cluster) -> list[tuple[str, list[str]]]:
        arn = cluster.cluster_arn
        listed = reader.items(LIST_SERVICES, "serviceArns", lost=facts, resource=arn, cluster=arn)
        chosen = sorted(each for each in set(listed) if reader.filters.takes_workload(name_of(each)))
        return [(arn, batch) for batch in batches(chosen, DESCRIBE_SERVICES.batch)]

    def read(asked: tuple[str, list[str]]) -> None:
        cluster, batch = asked
        found, lost = describe(
            reader,
            DESCRIBE_SERVICES,
            "services",
            "serviceArn",
            batch,
            lost=facts,
            cluster=cluster,
            services=batch,
            include=_WITH_TAGS,
        )
        for document in found:
            reader.add("services", document)
        for arn in lost:
            reader.add("services", {"serviceArn": arn, "serviceName": name_of(arn), "clusterArn": cluster})

    def rollouts(service: Service) -> None:
        for each in reader.items(
            LIST_SERVICE_DEPLOYMENTS,
            "serviceDeployments",
            lost=("ecs.deployments",),
            resource=service.service_arn,
            cluster=service.cluster_arn,
            service=service.service_arn,
        ):
            reader.add("service_deployments", each)

    listed = reader.each(names, reader.facts(Cluster))
    reader.each(read, [batch for of_cluster in listed for batch in of_cluster])
    if reader.wants("ecs.deployments"):
        asked = [each for each in reader.facts(Service) if _is_unsettled(each) or _deploys_often(each, reader)]
        reader.each(rollouts, asked)


def _is_unsettled(service: Service) -> bool:
    """Whether ECS's own rollout of the service is not complete: then its earlier rollouts say more."""
    state = service.primary.rollout_state if service.primary else None
    controller = service.deployment_controller.type if service.deployment_controller else None
    return state is not None and state != "COMPLETED" and controller in (None, "ECS")


_OFTEN = 10
"""Deployments in 30 days by the event list, from which the list of deployments is asked for: fewer are never many."""


def _deploys_often(service: Service, reader: Reader) -> bool:
    return service.completed_deployments(reader.collected_at, 30) > _OFTEN


SERVICES = Collector(
    name="ecs.services",
    title="services",
    facts=("ecs.services", "ecs.deployments", "tags"),
    operations=(LIST_SERVICES, DESCRIBE_SERVICES, LIST_SERVICE_DEPLOYMENTS),
    collect=_read_services,
    after=("ecs.clusters",),
)


# --- tasks ------------------------------------------------------------------------------------------------------


def _read_tasks(reader: Reader) -> None:
    facts = ("ecs.tasks",)

    def names(cluster: Cluster) -> list[tuple[str, list[str]]]:
        arn, listed = cluster.cluster_arn, set[str]()
        for status in ("RUNNING", "STOPPED"):
            listed |= set(
                reader.items(LIST_TASKS, "taskArns", lost=facts, resource=arn, cluster=arn, desiredStatus=status)
            )
        return [(arn, batch) for batch in batches(sorted(listed), DESCRIBE_TASKS.batch)]

    def read(asked: tuple[str, list[str]]) -> None:
        cluster, batch = asked
        found, _ = describe(
            reader,
            DESCRIBE_TASKS,
            "tasks",
            "taskArn",
            batch,
            lost=facts,
            resource=cluster,
            cluster=cluster,
            tasks=batch,
            include=_WITH_TAGS,
        )
        for document in found:
            if reader.filters.takes_workload(_workload_of(document)):
                reader.add("tasks", document)

    listed = reader.each(names, reader.facts(Cluster))
    reader.each(read, [batch for of_cluster in listed for batch in of_cluster])


def _workload_of(task: Document) -> str:
    group = str(task.get("group") or "")
    if group.startswith("service:"):
        return group.removeprefix("service:")
    return family_of(str(task.get("taskDefinitionArn") or ""))


TASKS = Collector(
    name="ecs.tasks",
    title="tasks",
    facts=("ecs.tasks",),
    operations=(LIST_TASKS, DESCRIBE_TASKS),
    collect=_read_tasks,
    after=("ecs.clusters",),
)


def _read_protection(reader: Reader) -> None:
    scaled = {
        (each.cluster_arn, each.service_name)
        for each in reader.facts(Service)
        if each.service_name and each.scheduling_strategy != "DAEMON"
    }
    by_cluster: dict[str, list[str]] = {}
    for task in reader.facts(Task):
        # only tasks of services that scale can be protected
        if (task.cluster_arn, task.service_name or "") in scaled and task.last_status != "STOPPED":
            by_cluster.setdefault(task.cluster_arn, []).append(task.task_arn)

    def read(asked: tuple[str, list[str]]) -> None:
        cluster, batch = asked
        found, _ = describe(
            reader,
            GET_TASK_PROTECTION,
            "protectedTasks",
            "taskArn",
            batch,
            lost=("ecs.protection",),
            resource=cluster,
            cluster=cluster,
            tasks=batch,
        )
        for document in found:
            if document.get("protectionEnabled"):
                reader.add("task_protections", document)

    most = GET_TASK_PROTECTION.batch
    asked = [(cluster, batch) for cluster, arns in by_cluster.items() for batch in batches(arns, most)]
    reader.each(read, asked)


PROTECTION = Collector(
    name="ecs.protection",
    title="protected tasks",
    facts=("ecs.protection",),
    operations=(GET_TASK_PROTECTION,),
    collect=_read_protection,
    after=("ecs.services", "ecs.tasks"),
)


# --- the account ------------------------------------------------------------------------------------------------


def _read_account_settings(reader: Reader) -> None:
    # the effective ones: what somebody set for the whole account, else AWS's default
    for setting in reader.items(
        LIST_ACCOUNT_SETTINGS, "settings", lost=("ecs.account_settings",), name="awsvpcTrunking", effectiveSettings=True
    ):
        reader.add("account_settings", {key: setting[key] for key in ("name", "value") if key in setting})


ACCOUNT_SETTINGS = Collector(
    name="ecs.account_settings",
    title="account settings",
    facts=("ecs.account_settings",),
    operations=(LIST_ACCOUNT_SETTINGS,),
    collect=_read_account_settings,
)


def _read_gateways(reader: Reader) -> None:
    facts = ("ecs.gateways",)
    services = {each.service_arn for each in reader.facts(Service)}

    def read(gateway: Document) -> None:
        arn = str(gateway.get("gatewayArn"))
        routes = reader.items(LIST_GATEWAY_ROUTES, "gatewayRoutes", lost=facts, gateway=arn)
        reader.add("gateways", gateway)
        for route in routes:
            if route.get("serviceArn") in services:
                reader.add("gateway_routes", route)

    try:
        listed = [each for page in reader.pages(LIST_GATEWAYS) for each in members(page, "gateways")]
    except Unreadable as error:
        if error.code in _NO_SUCH_CALL:
            return
        reader.lose(error, facts)
        return
    reader.each(read, [each for each in listed if each.get("status") != "DELETED"])


_NO_SUCH_CALL = frozenset({"UnknownOperationException", "UnsupportedFeatureException"})
"""What a region answers that has no gateways: then no gateway is there."""

GATEWAYS = Collector(
    name="ecs.gateways",
    title="gateways",
    facts=("ecs.gateways",),
    operations=(LIST_GATEWAYS, LIST_GATEWAY_ROUTES),
    collect=_read_gateways,
    after=("ecs.services",),
)


# --- capacity ---------------------------------------------------------------------------------------------------


def _read_capacity_providers(reader: Reader) -> None:
    def read(cluster: Cluster) -> None:
        # reserved names: Fargate's own providers are the same everywhere, and there is nothing to describe
        names = [name for name in cluster.capacity_providers if not name.startswith("FARGATE")]
        for batch in batches(names, DESCRIBE_CAPACITY_PROVIDERS.batch):
            for document in reader.items(
                DESCRIBE_CAPACITY_PROVIDERS,
                "capacityProviders",
                lost=("ecs.capacity_providers",),
                resource=cluster.cluster_arn,
                # providers of ECS Managed Instances belong to one cluster, and are not found without it
                cluster=cluster.cluster_arn,
                capacityProviders=batch,
                include=_WITH_TAGS,
            ):
                reader.add("capacity_providers", document)

    reader.each(read, reader.facts(Cluster))


CAPACITY_PROVIDERS = Collector(
    name="ecs.capacity_providers",
    title="capacity providers",
    facts=("ecs.capacity_providers",),
    operations=(DESCRIBE_CAPACITY_PROVIDERS,),
    collect=_read_capacity_providers,
    after=("ecs.clusters",),
)


def _read_container_instances(reader: Reader) -> None:
    facts = ("ecs.container_instances",)

    def read(cluster: Cluster) -> None:
        arn = cluster.cluster_arn
        listed = reader.items(LIST_CONTAINER_INSTANCES, "containerInstanceArns", lost=facts, resource=arn, cluster=arn)
        for batch in batches(sorted(set(listed)), DESCRIBE_CONTAINER_INSTANCES.batch):
            found, _ = describe(
                reader,
                DESCRIBE_CONTAINER_INSTANCES,
                "containerInstances",
                "containerInstanceArn",
                batch,
                lost=facts,
                resource=arn,
                cluster=arn,
                containerInstances=batch,
                include=_WITH_TAGS,
            )
            for document in found:
                reader.add("container_instances", document | {"clusterArn": arn})

    reader.each(read, [each for each in reader.facts(Cluster) if each.registered_container_instances_count != 0])


CONTAINER_INSTANCES = Collector(
    name="ecs.container_instances",
    title="container instances",
    facts=("ecs.container_instances",),
    operations=(LIST_CONTAINER_INSTANCES, DESCRIBE_CONTAINER_INSTANCES),
    collect=_read_container_instances,
    after=("ecs.clusters",),
)


# --- task definitions -------------------------------------------------------------------------------------------


def _read_task_definitions(reader: Reader) -> None:
    written: dict[str, set[str]] = {}
    here = f":{reader.region}:{reader.account}:task-definition/"
    for reference in _task_definitions_in_use(reader):
        # `orders:7` and the ARN of it are one revision: one call
        key = reference.partition(here)[2] or reference
        written.setdefault(key, set()).add(reference)

    def read(key: str) -> None:
        asked = min(written[key], key=len)
        try:
            answer = reader.call(DESCRIBE_TASK_DEFINITION, taskDefinition=asked, include=_WITH_TAGS)
        except Unreadable as error:
            for reference in sorted(written[key]):
                reader.lose(error, ("ecs.task_definitions", "tags"), resource=reference)
        else:
            reader.add("task_definitions", answer["taskDefinition"] | {"tags": members(answer, "tags")})

    reader.each(read, sorted(written))


def _task_definitions_in_use(reader: Reader) -> Iterator[str]:
    """Every reference to a revision (or to a family: its latest) that something runs or starts."""
    for service in reader.facts(Service):
        named = [service.task_definition]
        named += [each.task_definition for each in service.deployments]
        named += [each.task_definition for each in service.task_sets]
        yield from filter(None, named)
    for task in reader.facts(Task):
        # stopped tasks of a service may be of any older revision
        if task.task_definition_arn and (task.service_name is None or task.last_status != "STOPPED"):
            yield task.task_definition_arn
    for rule in reader.facts(EventRule):
        for target in rule.targets:
            if target.ecs_parameters is not None and target.ecs_parameters.task_definition_arn:
                yield target.ecs_parameters.task_definition_arn
    for schedule in reader.facts(Schedule):
        if schedule.task is not None and schedule.task[1].task_definition_arn:
            yield schedule.task[1].task_definition_arn
    for machine in reader.facts(StateMachine):
        for state in machine.ecs_tasks():
            if state.task_definition:
                yield state.task_definition
    for pipe in reader.facts(Pipe):
        if pipe.task_definition_arn:
            yield pipe.task_definition_arn


TASK_DEFINITIONS = Collector(
    name="ecs.task_definitions",
    title="task definitions",
    facts=("ecs.task_definitions", "tags"),
    operations=(DESCRIBE_TASK_DEFINITION,),
    collect=_read_task_definitions,
    after=("ecs.services", "ecs.tasks", "events", "scheduler", "stepfunctions", "pipes"),
)

COLLECTORS = (
    CLUSTERS,
    SERVICES,
    TASKS,
    PROTECTION,
    ACCOUNT_SETTINGS,
    GATEWAYS,
    CAPACITY_PROVIDERS,
    CONTAINER_INSTANCES,
    TASK_DEFINITIONS,
)
