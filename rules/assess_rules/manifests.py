"""Manifests: what a task definition says that a manifest cannot say in the same words."""

import re
from collections.abc import Iterator

from assess.estate.ecs import Container
from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.rule import (
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
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
