"""Manifests: what a task definition says that a manifest cannot say in the same words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from assess.estate.balancing import Listener, ListenerRule
from assess.estate.ecs import CapacityProvider, Cluster, Container, Service, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.redaction import MARKER
from assess.estate.workloads import Workload
from assess.fields.listener_usage import kinds_in
from assess.fields.usage import strangers
from assess.rule import (
    DAYS,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)

_REFERENCE = re.compile(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
"""What Kubernetes expands: ``$(NAME)``, unless the dollar sign is doubled."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label, which names of containers, volumes and Services have to be (RFC 1123)."""


@rule(
    "MAN-ENVFILE-S3",
    Checklist.MANIFESTS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].environmentFiles",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html",
)
def environment_file(container: Container) -> Iterator[Outcome]:
    """A container takes variables from a file in S3.

    A Pod cannot name an S3 object as a source of variables, so the file must be turned into a ConfigMap. Nobody has
    looked into it yet: it may hold secrets that belong elsewhere, and whoever writes the bucket changes the service.

    Fix: move the file into the repository, let the pipeline make a ConfigMap of it, and take what is secret out into
    an ExternalSecret.

    Before:

        {"containerDefinitions": [{"name": "app", "environmentFiles": [
          {"type": "s3", "value": "arn:aws:s3:::config-bucket/orders.env"}]}]}

    After:

        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: orders
        data:
          LOG_LEVEL: info
        ---
        spec:
          containers:
            - name: app
              envFrom:
                - configMapRef: {name: orders}
    """
    files = container.definition.environment_files
    if files:
        which = "a file" if len(files) == 1 else f"{len(files)} files"
        evidence = [
            container.task.evidence(*container.at("environmentFiles", index, "value")) for index in range(len(files))
        ]
        yield fail(f"container {container.name} takes variables from {which} in S3", *evidence)


@rule(
    "MAN-ENV-EXPANSION",
    Checklist.MANIFESTS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=(
        "containerDefinitions[].environment",
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
    ),
    reference="https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/",
)
def expanded_reference(container: Container) -> Iterator[Outcome]:
    """A text holds $(NAME), which Kubernetes replaces by a variable's value.

    ECS passes ``$(NAME)`` on as it stands; Kubernetes puts the variable's value there, in values and in commands,
    before the container starts. The text changes without any error. A shell's ``$NAME`` and ``${NAME}`` are left
    alone, and so is a command substitution such as ``$(hostname)`` that names no variable of the container.

    Fix: write ``$$(NAME)`` where the text is meant literally, and keep ``$(NAME)`` where the value is wanted.

    Before:

        {"containerDefinitions": [{"name": "app", "environment": [
          {"name": "HOST", "value": "db"},
          {"name": "PATTERN", "value": "$(HOST)/literally"}]}]}

    After:

        spec:
          containers:
            - name: app
              env:
                - {name: HOST, value: db}
                - {name: PATTERN, value: "$$(HOST)/literally"}
    """
    definition = container.definition
    texts = [each for each in container.texts() if each.element != "healthCheck"]  # a probe's command is left alone
    if not texts:
        yield not_applicable("the container has no variable, command or entry point")
        return
    declared = {each.name for each in definition.environment} | {each.name for each in definition.secrets}
    for text in texts:
        names = dict.fromkeys(_REFERENCE.findall(text.value))
        certain = [name for name in names if name in declared]
        possible = [name for name in names if _VARIABLE.fullmatch(name)]
        if certain or possible:
            name = (certain or possible)[0]
            yield fail(
                f"{text.what} of container {container.name} holds $({name}), which Kubernetes would expand",
                container.task.evidence(*text.at),
                element=text.element,
                confidence=1.0 if certain else 0.5,
            )


@rule(
    "MAN-NAME-INVALID",
    Checklist.MANIFESTS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services", "ecs.task_definitions"),
    looks_at=("family", "containerDefinitions[].name", "volumes[].name"),
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
)
def invalid_name(workload: Workload) -> Iterator[Outcome]:
    """A name is not one that Kubernetes takes.

    Services, containers and volumes of Kubernetes are named by DNS labels: lower case letters, digits and hyphens,
    63 characters at most. ECS also takes capitals and underscores, so such a name changes with the move, and so does
    whatever refers to it: dashboards, alarms, scripts, log queries.

    Fix: make the new names by one rule (lower case, hyphens for underscores, cut at 63 with a short hash), check
    that no two of them meet, and keep the list of old and new names.

    Before:

        {"family": "Orders_API", "containerDefinitions": [{"name": "Orders_API"}]}

    After:

        metadata:
          labels: {app.kubernetes.io/name: orders-api}
        spec:
          containers:
            - name: orders-api
    """
    for what, name, evidence in _names(workload):
        if name and not _LABEL.fullmatch(name):
            yield fail(f"{what} {name} needs another name on Kubernetes", evidence, element=f"{what} {name}")


def _names(workload: Workload) -> Iterator[tuple[str, str, Evidence]]:
    if workload.service is not None:
        yield "service", workload.service.service_name, workload.service.evidence("serviceName")
    task = workload.task_definition
    if task is None:
        return
    # an array of container definitions leaves the task's own fields open, and has no family but the file's name
    if not task.is_unresolved("volumes"):
        yield "family", task.family, task.evidence("family")
    for container in task.containers():
        at = container.at("name")
        if not task.is_unresolved(*at):
            yield "container", container.name, task.evidence(*at)
    for index, volume in enumerate(task.volumes):
        if not task.is_unresolved("volumes", index, "name"):
            yield "volume", volume.name, task.evidence("volumes", index, "name")


_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](-?[a-z0-9])*")
"""A service name of RFC 6335, which names of ports have to be, with 15 characters at most."""


@rule(
    "MAN-PORTNAME-INVALID",
    Checklist.MANIFESTS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].portMappings[].name",),
    reference="https://kubernetes.io/docs/concepts/services-networking/service/",
)
def invalid_port_name(container: Container) -> Iterator[Outcome]:
    """The name of a port is not one that Kubernetes takes.

    ECS names ports for Service Connect in up to 64 characters; Kubernetes takes 15, in lower case, without
    underscores. A name that is cut or changed must be changed in Services, probes and routes as well.

    Fix: give the port a short name by its protocol (http, grpc, metrics) and refer to it everywhere.

    Before:

        {"containerDefinitions": [{"name": "app", "portMappings": [
          {"name": "orders_http_external", "containerPort": 8080, "appProtocol": "http"}]}]}

    After:

        spec:
          containers:
            - name: app
              ports:
                - {name: http, containerPort: 8080}
    """
    for index, port in enumerate(container.definition.port_mappings):
        at = container.at("portMappings", index, "name")
        if not port.name or container.task.is_unresolved(*at):
            continue
        if len(port.name) > 15 or not _PORT_NAME.fullmatch(port.name):
            yield fail(
                f"port {port.name} of container {container.name} needs another name on Kubernetes",
                container.task.evidence(*at),
                element=port.name,
            )


_CONTRACTS = ("com.datadoghq.", "traefik.", "prometheus", "io.prometheus", "co.elastic.")
"""Beginnings of labels by which an agent or a proxy finds containers."""


@rule(
    "MAN-DOCKER-LABELS",
    Checklist.MANIFESTS,
    severity=LOW,
    effort=HOURS,
    confidence=0.8,
    needs=("ecs.task_definitions",),
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
)
def labels_as_contract(container: Container) -> Iterator[Outcome]:
    """Labels tell an agent or a proxy how to treat the container.

    Agents read Docker labels from the Docker daemon. Pods have labels and annotations instead, with other names, so
    after the move checks, log parsing, scraping or routes that were configured by label silently stop. Labels that
    only say who built the image are not counted.

    Fix: write the annotations that the agent's documentation names for Kubernetes onto the Pod, and look for the
    check, the target or the route after the first deployment.
    """
    labels = container.definition.docker_labels
    if container.task.is_unresolved(*container.at("dockerLabels")):
        yield unknown(Reason.UNRESOLVED, "ecs.task_definitions")
        return
    if not labels:
        yield not_applicable("the container has no labels")
        return
    found = [key for key in labels if key.lower().startswith(_CONTRACTS)]
    if found:
        shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        yield fail(
            f"labels of container {container.name} configure an agent or a proxy: {shown}",
            *(container.task.evidence(*container.at("dockerLabels", key)) for key in found),
        )


@rule(
    "MAN-UNSUPPORTED-FIELD",
    Checklist.MANIFESTS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services", "ecs.clusters", "ecs.capacity_providers", "elb.listeners"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html",
)
def unknown_field(estate: Estate) -> Iterator[Outcome]:
    """A document holds a field or a value that is not known here.

    Every field that ECS describes has a known place on Kubernetes, or none. For this one nobody has looked, so what
    it asks for may be lost in the move without a word. It may be newer than this program. In a file it may also be
    misspelt, or stand in the wrong place, and then ECS refuses it or never saw it. Kinds of conditions, actions and
    transforms of the listener rules before the workloads count as fields do.

    Fix: check its spelling and its place; if ECS knows it, read what it does and decide by hand what takes its place.
    A newer version of this program may know it.
    """
    found: dict[tuple[str, str, bool], _Unknown] = {}
    for document, users in _documents(estate):
        for each in strangers(document):
            shape = type(document).__name__
            gathered = found.setdefault((shape, each.path, each.value is None), _Unknown(shape, each.path))
            gathered.evidence.append(document.evidence(*each.steps))
            gathered.values[each.value or ""] = None
            gathered.workloads.update(user.id for user in users)
    for holder, users in _holders_of_rules(estate):
        for use in kinds_in(holder):
            if use.kind and use.known is None and not holder.is_unresolved(*use.steps):
                gathered = found.setdefault(("ListenerRule", use.part, False), _Unknown("ListenerRule", use.part))
                gathered.evidence.append(holder.evidence(*use.steps))
                gathered.values[use.kind] = None
                gathered.workloads.update(user.id for user in users)
    for _, gathered in sorted(found.items()):
        yield fail(
            gathered.message,
            *gathered.evidence,
            element=MARKER.sub("(redacted)", f"{gathered.shape}.{gathered.path}"),
            workloads=gathered.workloads,
        )
    yield from _unread(estate)


@dataclass(slots=True)
class _Unknown:
    """A field that is not known, or whose values are not, wherever it stands."""

    shape: str
    path: str
    evidence: list[Evidence] = field(default_factory=list)
    values: dict[str, None] = field(default_factory=dict)
    workloads: set[str] = field(default_factory=set)

    @property
    def message(self) -> str:
        values = [each for each in self.values if each]
        more = f" and {len(values) - 3} more" if len(values) > 3 else ""
        told = f"{', '.join(values[:3])}{more}, which is not known"
        if self.shape == "ListenerRule":
            return f"{_DOCUMENTS[self.shape]} has {self.path} {told}"
        of = f"field {self.path} of {_DOCUMENTS[self.shape]}"
        return f"{of} holds {told}" if values else f"{of} is not known"


_DOCUMENTS = {
    "TaskDefinition": "a task definition",
    "Service": "a service",
    "Cluster": "a cluster",
    "CapacityProvider": "a capacity provider",
    "ListenerRule": "a listener rule",
}

_Document = TaskDefinition | Service | Cluster | CapacityProvider


def _documents(estate: Estate) -> Iterator[tuple[_Document, Iterable[Workload]]]:
    """The documents that workloads are made of, each with its workloads."""
    clusters: dict[str, list[Workload]] = {}
    providers: dict[tuple[str, str, str], list[Workload]] = {}
    for workload in estate.workloads:
        if workload.service is not None:
            yield workload.service, (workload,)
        clusters.setdefault(workload.cluster_arn, []).append(workload)
        for name in {each.capacity_provider for each in workload.capacity_strategy}:
            providers.setdefault((workload.origin.account, workload.origin.region, name), []).append(workload)
    for task in estate.task_definitions:
        if users := estate.users(task):
            yield task, users
    for cluster in estate.clusters:
        if cluster.cluster_arn in clusters:
            yield cluster, clusters[cluster.cluster_arn]
    for key, provider in estate.capacity_provider_by_name.items():
        if key in providers:
            yield provider, providers[key]


def _holders_of_rules(estate: Estate) -> Iterator[tuple[Listener | ListenerRule, Iterable[Workload]]]:
    """Listeners and rules of load balancers that lead to workloads, each with those workloads."""
    users: dict[str, dict[str, Workload]] = {}
    for workload in estate.workloads:
        for attached in workload.service.all_load_balancers if workload.service is not None else ():
            group = estate.target_group_by_arn.get(attached.target_group_arn or "")
            for balancer in group.load_balancer_arns if group is not None else ():
                users.setdefault(balancer, {})[workload.id] = workload
    for listener in estate.listeners:
        behind = users.get(listener.load_balancer_arn)
        if behind:
            yield listener, behind.values()
            for each in estate.rules_by_listener.get(listener.listener_arn, ()):
                if not each.is_default:
                    yield each, behind.values()


def _unread(estate: Estate) -> Iterator[Outcome]:
    """What was not read of the documents that a file never holds: a file lacks nothing by lacking them."""
    places = {(each.origin.account, each.origin.region): each.origin for each in estate.workloads if each.cluster_arn}
    balanced = any(each.service is not None and each.service.all_load_balancers for each in estate.workloads)
    for fact in ("ecs.services", "ecs.clusters", "ecs.capacity_providers", *(("elb.listeners",) if balanced else ())):
        for _, origin in sorted(places.items()):
            missing = estate.missing(fact, origin, None)
            if missing is not None:
                yield unknown(missing.reason, *missing.needs)


_MANY_VARIABLES = 200


@rule(
    "MAN-CONFIG-SIZE",
    Checklist.MANIFESTS,
    severity=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].environment",),
    # a ConfigMap takes 1 MiB, and a whole task definition 64 KiB: only the number of variables can be too large
    thresholds=(Threshold("variables", _MANY_VARIABLES, 1, 10000, "variables of a container", whole=True),),
    reference="https://kubernetes.io/docs/concepts/configuration/configmap/",
)
def many_variables(container: Container, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """A container has a very large number of variables.

    Hundreds of variables are a configuration file in another form. As a ConfigMap nobody can review them, each change
    starts all Pods anew, and Kubernetes adds variables of its own for every Service unless enableServiceLinks is off.

    Fix: put them into a configuration file that a ConfigMap mounts, and keep variables for what differs between
    environments.
    """
    variables = container.definition.environment
    if not variables:
        yield not_applicable("the container has no environment variable")
    elif len(variables) > thresholds["variables"]:
        yield fail(
            f"container {container.name} has {len(variables)} environment variables",
            container.task.evidence(*container.at("environment"), value=f"{len(variables)} variables"),
        )


@rule(
    "MAN-NAME-COLLISION",
    Checklist.MANIFESTS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.services", "ecs.task_definitions"),
    also_uses=("policy.target",),
    across=("ecs.services",),
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
)
def names_that_meet(estate: Estate) -> Iterator[Outcome]:
    """Two workloads of a cluster would become one object.

    ECS tells names apart by capitals and underscores, Kubernetes takes neither. Names that differ only in them, or
    only after 63 characters, become one name; the second manifest that is applied overwrites the first, and one of
    the two services is gone.

    Passes: workloads of different clusters, which go to different namespaces, and of different kinds.

    Fix: give one of the two another name before manifests are made, or a namespace of its own.
    """
    placed = [each for each in estate.workloads if each.kind != "task_definition"]
    if len(placed) < 2:
        yield not_applicable("there is a single workload")
        return
    named: dict[tuple[str, str, str], list[Workload]] = {}
    for each in placed:
        named.setdefault((each.cluster_arn, each.kind, _object_name(each.name)), []).append(each)
    for (_, _, name), workloads in sorted(named.items()):
        if len(workloads) > 1:
            holders = [each.service or each.task_definition for each in workloads]
            evidence = [
                each.evidence("serviceName" if isinstance(each, Service) else "family")
                for each in holders
                if each is not None
            ]
            if evidence:
                yield fail(
                    f"{' and '.join(each.name for each in workloads)} of cluster {workloads[0].cluster}"
                    f" would both be named {name}",
                    *evidence,
                    element=f"{workloads[0].cluster}/{name}",
                    workloads=[each.id for each in workloads],
                )


def _object_name(name: str) -> str:
    """A name as a DNS label: lower case, hyphens for all else, at most 63 characters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].rstrip("-")


@rule(
    "MAN-NAMESPACE-LAYOUT",
    Checklist.MANIFESTS,
    kind=Kind.INVENTORY,
    effort=DAYS,
    needs=("ecs.clusters",),
    also_uses=("survey", "tags"),
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
)
def clusters_to_lay_out(estate: Estate) -> Iterator[Outcome]:
    """Several ECS clusters have to be laid out in namespaces or clusters.

    An ECS cluster may stand for a team, an environment or a kind of capacity. Namespaces separate names, quotas and
    permissions, but not nodes or upgrades; which cluster becomes a namespace and which a cluster of its own is a
    decision that is hard to change later.

    Fix: make a namespace for each team and environment, with quotas and limits, and keep production in a cluster of
    its own.
    """
    used = sorted({each.cluster_arn for each in estate.workloads if each.cluster_arn})
    clusters = [estate.cluster_by_arn[arn] for arn in used if arn in estate.cluster_by_arn]
    if len(clusters) > 1:
        shown = ", ".join(each.name for each in clusters[:5]) + (" and more" if len(clusters) > 5 else "")
        message = f"{len(clusters)} ECS clusters hold the workloads: {shown}"
        yield fail(message, *(each.evidence("clusterName") for each in clusters))
