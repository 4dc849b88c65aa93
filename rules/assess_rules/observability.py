"""Observability: where logs and metrics go today."""

import re
from collections.abc import Iterator

from assess.estate.ecs import Cluster, Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.graph import DependencyGraph
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.edges import evidence_of, is_grant, names_of, used_by
from assess_rules.known_images import agent_of, is_sidecar

_ROUTER = "awsfirelens"
_INSTANCE_LOGS = ("/var/lib/docker", "/var/lib/docker/containers")
"""Where Docker keeps the files of the json-file driver."""


@rule(
    "OBS-NO-LOGS",
    Checklist.OBSERVABILITY,
    severity=HIGH,
    softest=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    softened_by=("ecs.services",),
    looks_at=("containerDefinitions[].logConfiguration.logDriver", "containerDefinitions[].essential"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html",
)
def no_logs(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container's output is kept nowhere.

    When the same service behaves differently on EKS, its logs on ECS are what the difference is measured against;
    without them nobody can say whether an error is new. On Fargate the output is lost at once. On an instance the
    json-file driver still writes it to the disk, where it goes when the instance goes, unless a log agent reads it.

    Fix: send the output to CloudWatch Logs now (the driver awslogs), so that a few weeks of it exist before the move;
    on EKS a Fluent Bit DaemonSet collects standard output.
    """
    definition, task = container.definition, container.task
    if not definition.is_essential:
        yield not_applicable("the container is not essential")
        return
    if definition.log_configuration is not None or task.is_unresolved(*container.at("logConfiguration")):
        return
    on_instances = _runs_on_instances(task, estate)
    users = estate.users(task)
    if on_instances and users and all(_log_agent(each, estate) is not None for each in users):
        yield not_applicable("a log agent on every instance reads what the container writes", reads=())
        return
    if on_instances:
        where = "its output stays on its instance"
    elif estate.runs_on_fargate(container):
        where = "its output is kept nowhere"
    else:
        where = "at best an instance keeps its output"
    yield fail(
        f"container {container.name} has no log configuration, so {where}",
        task.evidence(*container.at("name")),
        severity=MEDIUM if on_instances else HIGH,
    )


def _runs_on_instances(task: TaskDefinition, estate: Estate) -> bool:
    types: frozenset[str] = frozenset().union(*(each.launch_types for each in estate.users(task)))
    return types <= {"EC2", "EXTERNAL"} if types else task.needs_instances


def _log_agent(workload: Workload, estate: Estate) -> str | None:
    """The daemon of the workload's cluster that reads the logs of its instances."""
    for other in estate.workloads:
        task = other.task_definition
        beside = other.kind == "daemon" and other.cluster_arn == workload.cluster_arn
        if beside and task is not None and _reads_instance_logs(task):
            return other.name
    return None


def _reads_instance_logs(task: TaskDefinition) -> bool:
    folders = {each.host.source_path.rstrip("/") for each in task.volumes if each.host and each.host.source_path}
    if not folders.isdisjoint(_INSTANCE_LOGS):
        return True
    agents = (agent_of(each) for each in task.containers())
    return any(agent is not None and agent.kind == "logs" for agent in agents)


@rule(
    "OBS-LOG-DRIVER",
    Checklist.OBSERVABILITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].logConfiguration.logDriver",),
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html",
)
def log_driver(container: Container) -> Iterator[Outcome]:
    """A log driver sends the container's output away.

    Pods have no log drivers: everything goes to standard output, and an agent on each node sends it on. The names of
    log groups and streams change with that, and whatever names them must change too: queries, metric filters,
    subscriptions, dashboards. Options such as multi-line patterns move into the agent's configuration.

    Fix: let Fluent Bit write to the same log group names by a template, port the driver's options, and look for
    metric filters and subscriptions on the group before the move.
    """
    configuration = container.definition.log_configuration
    if configuration is None or configuration.log_driver in (None, _ROUTER):
        return
    group = configuration.options.get("awslogs-group")
    named = f" to log group {group}" if group else ""
    yield fail(
        f"log driver {configuration.log_driver} sends the output of container {container.name}{named}",
        container.task.evidence(*container.at("logConfiguration", "logDriver")),
    )


@rule(
    "OBS-FIRELENS",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=(
        "containerDefinitions[].firelensConfiguration.type",
        "containerDefinitions[].logConfiguration.logDriver",
        "runtimePlatform.operatingSystemFamily",
    ),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html",
)
def firelens(task: TaskDefinition) -> Iterator[Outcome]:
    """FireLens routes the task's logs.

    FireLens writes the router's configuration from each container's options and adds the ECS metadata. Kubernetes has
    no such thing: one Fluent Bit on each node reads the files of all containers, so filters, parsers and outputs move
    from the task into a configuration that all teams share, and the metadata fields get other names.

    Fix: turn the options into inputs and outputs of the node's Fluent Bit, replace the ECS fields by those of its
    Kubernetes filter in queries and alarms, and drop the sidecar.
    """
    if task.is_windows:
        yield not_applicable("FireLens does not run on Windows")
        return
    places: list[Evidence] = []
    is_used = False
    for container in task.containers():
        definition = container.definition
        if definition.firelens_configuration is not None:
            places.append(task.evidence(*container.at("firelensConfiguration", "type")))
        if definition.log_configuration is not None and definition.log_configuration.log_driver == _ROUTER:
            places.append(task.evidence(*container.at("logConfiguration", "logDriver")))
            is_used = True
    if is_used:
        yield fail(f"FireLens routes the logs of task definition {task.family}", *places)
    elif places:
        yield fail(f"task definition {task.family} runs a FireLens router that no container logs to", *places)


@rule(
    "OBS-NO-METRICS",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.clusters", "ecs.task_definitions", "ecs.services"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-container-insights.html",
)
def no_metrics(cluster: Cluster, estate: Estate) -> Iterator[Outcome]:
    """Nothing measures the containers of the cluster.

    Requests, limits and replica counts on Kubernetes are set from what containers use today. Without Container
    Insights or an agent there are only averages over whole services: too coarse to size Pods, and no base line to
    show that the move made nothing worse.

    Fix: switch Container Insights on for the cluster now and wait two weeks, a month end included, before sizing.
    """
    workloads = [each for each in estate.workloads if each.cluster_arn == cluster.cluster_arn]
    if not cluster.running_tasks_count and not any(_runs(each) for each in workloads):
        yield not_applicable("no task runs in the cluster")
        return
    setting = cluster.setting("containerInsights") or "disabled"
    if setting != "disabled":
        return
    if any(_measures(each.task_definition) for each in workloads if each.task_definition is not None):
        return
    # what was not read may be the setting, or the agent
    for fact, related in (
        ("ecs.clusters", (cluster.cluster_arn,)),
        ("ecs.services", None),
        ("ecs.task_definitions", None),
    ):
        missing = estate.missing(fact, cluster.origin, related)
        if missing is not None:
            yield unknown(missing.reason, *missing.needs)
            return
    yield fail(
        f"cluster {cluster.name} has neither Container Insights nor an agent that measures containers",
        cluster.evidence("settings", value=f"containerInsights {setting}"),
    )


def _runs(workload: Workload) -> bool:
    service = workload.service
    return bool(workload.tasks) or (service is not None and bool(service.running_count or service.desired_count))


def _measures(task: TaskDefinition) -> bool:
    agents = (agent_of(each) for each in task.containers())
    # of the agents for traces only the collectors of OpenTelemetry measure containers too
    return any(agent is not None and (agent.kind == "metrics" or "OpenTelemetry" in agent.name) for agent in agents)


_XRAY_DAEMON = "AWS X-Ray daemon"
_XRAY_ACTIONS = ("xray:puttracesegments", "xray:put*", "xray:*")


@rule(
    "OBS-XRAY",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("iam.roles",),
    looks_at=("containerDefinitions[].image", "containerDefinitions[].environment[].name"),
    reference="https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-daemon-timeline.html",
)
def traces_by_xray(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The workload sends traces by the X-Ray daemon or its SDK.

    The daemon and the SDKs of X-Ray are in maintenance mode since 25 February 2026: they get security fixes and nothing
    else, and know nothing of Kubernetes. Carrying them over means work on something that has to be replaced anyway. A
    collector of OpenTelemetry that sends to X-Ray is fine and is not reported; a permission alone is weak evidence.

    Fix: replace the SDK by OpenTelemetry while the service still runs on ECS, and send to a collector, which runs as
    a DaemonSet or a Deployment on EKS.
    """
    task = workload.task_definition
    if task is None:
        return
    for container in task.containers():
        agent = agent_of(container)
        if agent is not None and agent.name == _XRAY_DAEMON:
            yield fail(
                f"workload {workload.name} runs the X-Ray daemon",
                task.evidence(*container.at("image")),
                element=agent.name,
            )
            return
    if any(agent is not None and "OpenTelemetry" in agent.name for agent in map(agent_of, task.containers())):
        return
    for container in task.containers():
        for index, variable in enumerate(container.definition.environment):
            if variable.name.startswith("AWS_XRAY_"):
                place = task.evidence(*container.at("environment", index, "name"))
                yield fail(f"variable {variable.name} of container {container.name} is the X-Ray SDK's", place)
                return
    role = estate.role_by_arn.get(task.task_role_arn or "")
    for statement in role.statements() if role is not None else ():
        if role is not None and statement.allows and any(each.lower() in _XRAY_ACTIONS for each in statement.actions):
            place = role.evidence("Policies", value="xray:PutTraceSegments")
            yield fail(
                f"task role {role.name} of workload {workload.name} may send traces to X-Ray", place, confidence=0.5
            )
            return


@rule(
    "OBS-AGENT-SIDECAR",
    Checklist.OBSERVABILITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].image",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/eks-observe.html",
)
def agent_beside_the_application(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A monitoring agent runs beside the application in every task.

    On Kubernetes such an agent usually runs once on each node and serves all Pods there. The application then no
    longer finds it at localhost, and the agent's own settings move from the task into its chart. The X-Ray daemon is
    a finding of its own.

    Fix: install the vendor's Helm chart, drop the sidecar, and give the application the node's address
    (``status.hostIP``) or the Service of the agent instead of localhost.
    """
    agent = agent_of(container)
    if agent is None or agent.kind not in ("metrics", "traces") or agent.name == _XRAY_DAEMON:
        return
    if len(container.task.container_definitions) > 1 and not estate.is_daemon(container):
        yield fail(
            f"container {container.name} is a monitoring agent beside the application ({agent.name})",
            container.task.evidence(*container.at("image")),
        )


@rule(
    "OBS-LOG-SECRET",
    Checklist.OBSERVABILITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].logConfiguration.secretOptions",),
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html",
)
def secret_of_the_log_driver(container: Container) -> Iterator[Outcome]:
    """The log driver of a container reads a secret.

    ECS hands the secret to the log driver of this one container. On EKS one collector on each node ships the logs of
    all Pods: it needs the secret, and the container does not.

    Fix: give the secret to the collector by an ExternalSecret in its namespace, and take it out of the workload.
    """
    configuration = container.definition.log_configuration
    for index, each in enumerate(configuration.secret_options if configuration is not None else ()):
        at = container.at("logConfiguration", "secretOptions", index, "name")
        message = f"the log driver of container {container.name} reads the secret option {each.name}"
        yield fail(message, container.task.evidence(*at), element=each.name)


_LOG_FOLDER = re.compile(r"/var/log(?:/|$)|/logs?/?$")


@rule(
    "OBS-FILE-LOGS",
    Checklist.OBSERVABILITY,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.5,
    needs=("ecs.task_definitions", "survey.A2"),
    looks_at=("containerDefinitions[].mountPoints",),
    reference="https://kubernetes.io/docs/concepts/cluster-administration/logging/",
)
def logs_in_files(workload: Workload) -> Iterator[Outcome]:
    """An application seems to write its logs to files.

    The agents that collect logs on a node read what containers write to standard output, and nothing else. Logs in
    files of a volume are collected by nobody after the move unless something reads them. A volume that is mounted for
    writing at a folder for logs suggests it; whether other files are written only the owner knows.

    Fix: let the application log to standard output, or read the files in a native sidecar that shares the volume.
    """
    if workload.kind == "daemon":
        yield not_applicable("an agent of the node keeps its own logs", reads=("ecs.services",))
        return
    task = workload.task_definition
    for container in task.containers() if task is not None else ():
        if task is None or is_sidecar(container):
            continue
        for index, mount in enumerate(container.definition.mount_points):
            if _LOG_FOLDER.search(mount.container_path) and mount.read_only is not True:
                yield fail(
                    f"container {container.name} seems to write logs to files in {mount.container_path}",
                    task.evidence(*container.at("mountPoints", index, "containerPath")),
                    element=f"{container.name} {mount.container_path}",
                )


@rule(
    "OBS-COST-ALLOCATION",
    Checklist.OBSERVABILITY,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services",),
    reference="https://docs.aws.amazon.com/cur/latest/userguide/split-cost-allocation-data.html",
)
def costs_by_tags_of_ecs(workload: Workload) -> Iterator[Outcome]:
    """Costs of the service are told apart by tags that ECS sets.

    ECS tags each task, so Fargate's costs are seen by service and cluster. Pods have no tags and share nodes: the bill
    shows nodes, and reports by service show nothing after the move.

    Fix: switch on split cost allocation data for EKS (or run a tool such as OpenCost), label Pods with what the tags
    say today, and compare both reports while the platforms run side by side.
    """
    service = workload.service
    if service is None:
        return
    propagated = service.propagate_tags not in (None, "", "NONE")
    if service.enable_ecs_managed_tags or propagated:
        how = "tags that ECS manages" if service.enable_ecs_managed_tags else "tags that are passed on to tasks"
        field = "enableECSManagedTags" if service.enable_ecs_managed_tags else "propagateTags"
        yield fail(f"costs of service {workload.name} can be told apart by {how}", service.evidence(field))


_TRACING = re.compile(
    r"OTEL_|AWS_XRAY_|XRAY_|DD_(?!LOGS_ENABLED$)|DATADOG_|JAEGER_|ZIPKIN_|SPRING_ZIPKIN_|SPRING_SLEUTH_|ELASTIC_APM_"
    r"|NEW_RELIC_|NEWRELIC_|SIGNALFX_|SPLUNK_(?:TRACE|PROFILER|METRICS)|DT_|INSTANA_|APPDYNAMICS_|SENTRY_TRACES_|HONEYCOMB_"
    r"|LIGHTSTEP_|OPENTRACING_|TRACING_|TRACE_(?:ENABLED|AGENT)|MANAGEMENT_(?:TRACING|ZIPKIN|OTLP)_",
    re.IGNORECASE,
)
"""Variables that configure tracing, by how they begin."""

_FEW = 3


@rule(
    "OBS-NO-TRACING",
    Checklist.OBSERVABILITY,
    kind=Kind.INVENTORY,
    effort=DAYS,
    confidence=0.5,
    needs=("ecs.task_definitions", "graph"),
    reference="https://opentelemetry.io/docs/platforms/kubernetes/operator/",
)
def no_tracing(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    """Nothing shows that a workload with several dependencies is traced.

    When a request takes longer on EKS, somebody asks which of the calls behind it became slower. Without traces from
    before there is nothing to compare with. Tracing inside the code, without any variable or agent, is not seen.
    Workloads that use fewer than three others are left out.

    Fix: switch tracing on while the workload still runs on ECS (the OpenTelemetry SDK or its auto-instrumentation),
    keep a week of traces, and let the OpenTelemetry Operator inject the same on EKS.
    """
    task = workload.task_definition
    if task is None or _is_traced(task):
        return
    edges = [each for each in used_by(workload, graph) if each.kind.ties and not is_grant(each)]
    ends = list(dict.fromkeys(each.target for each in edges))
    if len(ends) >= _FEW:
        yield fail(
            f"workload {workload.name} uses {names_of(ends, graph)}, and nothing shows that it is traced",
            *evidence_of(*edges),
            confidence=0.5,
        )


def _is_traced(task: TaskDefinition) -> bool:
    for container in task.containers():
        agent = agent_of(container)
        if agent is not None and agent.kind == "traces":
            return True
        definition = container.definition
        names = (*(each.name for each in definition.environment), *(each.name for each in definition.secrets))
        if any(_TRACING.match(name) for name in names):
            return True
    return False
