"""Coupling to ECS: what a workload gets from ECS without asking, and what asks ECS in return."""

import re
from collections.abc import Iterator
from functools import cache

from pydantic import BaseModel, ConfigDict

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.ecs import (
    Container,
    PlacementConstraint,
    Service,
    ServiceConnectConfiguration,
    ServiceRegistry,
    TaskDefinition,
)
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.identity import Role
from assess.estate.workloads import Workload
from assess.rule import (
    CRITICAL,
    DAYS,
    HIGH,
    HOURS,
    INFO,
    LOW,
    MEDIUM,
    WEEKS,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.grant_words import listed, on
from assess_rules.known_images import agent_of, data, image_of, presumed_agent_of

_ECS = "https://docs.aws.amazon.com/AmazonECS/latest"
_OUTSIDE = "the tasks run outside of a service"


def _is_outside_of_a_service(workload: Workload) -> bool:
    """Whether it is known that no service owns the tasks (a file does not tell)."""
    return not workload.is_service and workload.kind != "task_definition"


# --- metadata and credentials -----------------------------------------------------------------------------------

_METADATA = re.compile(r"ECS_CONTAINER_METADATA_URI|169\.254\.170\.2/v\d")

_FARGATE_SWITCHES = ("ECS_FARGATE", "NRIA_OVERRIDE_HOST_ROOT")
"""Variables that tell a monitoring agent to read the task metadata endpoint in place of the host."""


@rule(
    "ECS-METADATA-ENDPOINT",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    confidence=0.8,
    effort=DAYS,
    needs=("ecs.task_definitions", "survey.A4"),
    reference=f"{_ECS}/developerguide/task-metadata-endpoint-v4.html",
)
def reads_task_metadata(workload: Workload) -> Iterator[Outcome]:
    """A container reads the metadata endpoint of its ECS task

    ECS tells a container about its task (cluster, address, limits, labels) over a link-local address. There is no such
    endpoint on EKS: code that reads it fails at start, or runs without the facts that it names itself by.

    Most use of it lives in code, so a task definition that does not mention it proves nothing. Agents that come with
    a Helm chart for Kubernetes are left out.

    Fix: Hand the application what it needs through the Downward API (Pod name, address, labels, limits); switch
    OpenTelemetry's resource detectors from ecs to eks.

    Before:

        {"containerDefinitions": [{"name": "app",
          "command": ["sh", "-c", "export TASK=$(curl -s $ECS_CONTAINER_METADATA_URI_V4/task); ./serve"]}]}

    After:

        spec:
          containers:
            - name: app
              command: [./serve]
              env:
                - name: POD_NAME
                  valueFrom:
                    fieldRef: {fieldPath: metadata.name}
                - name: POD_IP
                  valueFrom:
                    fieldRef: {fieldPath: status.podIP}
                - name: MEMORY_LIMIT
                  valueFrom:
                    resourceFieldRef: {containerName: app, resource: limits.memory}
    """
    task = workload.task_definition
    if task is None:
        return
    containers = [each for each in task.containers() if not _has_chart(each)]
    if not containers:
        yield not_applicable("only agents with a Helm chart of their own run in the task")
        return
    for container in containers:
        texts = list(container.texts())
        named = next((each for each in texts if _METADATA.search(f"{each.element}={each.value}")), None)
        switch = next((e for e in texts if e.element in _FARGATE_SWITCHES and e.value not in ("false", "0")), None)
        if named is not None:
            message = f"{named.what} of container {container.name} names the task metadata endpoint of ECS"
            yield fail(message, task.evidence(*named.at), element=f"{container.name}/{named.element}", confidence=0.8)
        elif switch is not None:
            message = f"{switch.what} makes container {container.name} read the task metadata endpoint of ECS"
            element = f"{container.name}/{switch.element}"
            yield fail(message, task.evidence(*switch.at), element=element, confidence=0.5)


def _has_chart(container: Container) -> bool:
    agent = presumed_agent_of(container)
    return agent is not None and agent.chart


# --- calls to ECS -----------------------------------------------------------------------------------------------

_DRIVES = ("RunTask", "StartTask", "UpdateService", "StopTask", "RegisterTaskDefinition", "ExecuteCommand")


class _Integration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    services: frozenset[str]
    providers: frozenset[str]
    images: frozenset[str]


@cache
def _integration() -> _Integration:
    return _Integration.model_validate(data("continuous_integration"))


def _is_of_a_pipeline(role: Role, users: tuple[Workload, ...]) -> bool:
    known = _integration()
    for statement in role.trust():
        principals = statement.principals
        if known.services & set(principals.get("Service", ())):
            return True
        if any(name.partition("oidc-provider/")[2] in known.providers for name in principals.get("Federated", ())):
            return True
    tasks = [each.task_definition for each in users if each.task_definition is not None]
    return any(known.images & set(image_of(each).tails()) for task in tasks for each in task.containers())


def _is_named(pattern: str | None) -> bool:
    """Whether an action of a policy names calls by their verb at least (``ecs:Run*``), and not all of ECS."""
    return pattern is not None and bool(pattern.partition(":")[2].rstrip("*?"))


@rule(
    "ECS-API-SELF-CALL",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    confidence=0.8,
    effort=WEEKS,
    needs=("iam.roles", "ecs.task_definitions"),
    also_uses=("survey.A4",),
    reference=f"{_ECS}/developerguide/security_iam_id-based-policy-examples.html",
)
def application_drives_ecs(role: Role, estate: Estate) -> Iterator[Outcome]:
    """An application may start, stop or change ECS tasks

    A task role that names ecs:RunTask or ecs:UpdateService belongs to code that starts work, scales or deploys through
    ECS. Nothing of this reaches a Kubernetes cluster: the calls have to be written anew against its API, with
    another notion of a task and of its end.

    Roles of CI/CD systems do not count, nor do calls that a Deny or the permissions boundary takes off again. A role
    that grants all of ECS says nothing about use and is asked about.

    Fix: Create Jobs through the Kubernetes API with a ServiceAccount and RBAC; hand work that arrives in a queue to a
    KEDA ScaledJob; move workflows to Argo Workflows or to Step Functions with eks:runJob.
    """
    users = estate.task_role_users.get(role.arn, ())
    if not users:
        yield not_applicable("no task runs with the role")
        return
    if _is_of_a_pipeline(role, users):
        yield not_applicable("the role belongs to a CI/CD system")
        return
    permissions = estate.permissions_of(role)
    granted = {call: tuple(permissions.allowing(f"ecs:{call}")) for call in _DRIVES}
    named = {
        call: [each for each in grants if _is_named(each.written(f"ecs:{call}"))] for call, grants in granted.items()
    }
    calls = [call for call in _DRIVES if named[call]]
    if calls:
        where = on(each.resource for call in calls for each in named[call])
        message = f"role {role.name} lets its tasks call {listed([f'ecs:{each}' for each in calls])} on {where}"
        evidence = [
            role.evidence(*each.place, each.field, value=each.written(f"ecs:{call}"))
            for call in calls
            for each in named[call][:1]
        ]
        yield fail(message, *dict.fromkeys(evidence), confidence=0.8)
    elif any(granted.values()):
        yield unknown(Reason.UNANSWERED, "survey.A4")
    elif permissions.unread:
        yield unknown(Reason.NOT_COLLECTED, "iam:GetPolicyVersion")


@rule(
    "ECS-EXEC",
    Checklist.ECS_COUPLING,
    severity=INFO,
    worst=MEDIUM,
    effort=HOURS,
    needs=("ecs.services", "ecs.clusters"),
    reference=f"{_ECS}/developerguide/ecs-exec.html",
)
def exec_into_tasks(workload: Workload) -> Iterator[Outcome]:
    """People may open a shell in the tasks of a service

    kubectl exec does the same for Pods, allowed by RBAC instead of IAM. What has no counterpart is the record: ECS Exec
    can write every session to CloudWatch Logs or S3 under a KMS key, while the audit log of Kubernetes tells who
    opened a shell and not what was typed.

    Fix: Grant pods/exec to a group through RBAC and switch audit logs on. Where sessions must be recorded, put a tool
    that records them between people and the API server.
    """
    service, cluster = workload.service, workload.cluster_facts
    if _is_outside_of_a_service(workload):
        yield not_applicable(_OUTSIDE)
        return
    if service is None or not service.enable_execute_command:
        return
    evidence = [service.evidence("enableExecuteCommand")]
    settings = (cluster.configuration.get("executeCommandConfiguration") if cluster is not None else None) or {}
    audited = next((f for f in ("kmsKeyId", "logging") if settings.get(f) not in (None, "", "DEFAULT", "NONE")), None)
    if cluster is not None and audited is not None:
        evidence.append(cluster.evidence("configuration", "executeCommandConfiguration", audited))
        how = "encrypted with a key of its own" if audited == "kmsKeyId" else "recorded"
        message = f"shell sessions in the tasks of service {workload.name} are {how}"
        yield fail(message, *evidence, severity=MEDIUM, effort=DAYS)
    else:
        yield fail(f"people may open a shell in the tasks of service {workload.name}", *evidence)


# --- service to service -----------------------------------------------------------------------------------------


@rule(
    "ECS-APPMESH",
    Checklist.ECS_COUPLING,
    severity=CRITICAL,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    looks_at=("proxyConfiguration", "containerDefinitions[].environment[].name"),
    reference="https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html",
)
def app_mesh_proxy(task: TaskDefinition) -> Iterator[Outcome]:
    """The task carries an App Mesh proxy, whose service has ended

    AWS ended App Mesh on 30 September 2026: its console and its resources can no longer be reached, so a proxy that
    starts anew gets no configuration, and calls through the mesh may be failing already. There is nothing to move:
    the routes, retries and certificates of the mesh have to be built on something else.

    Fix: Move to ECS Service Connect first, which takes the pressure off; or build the routes on the platform that the
    workloads move to (Istio, Linkerd, Cilium or VPC Lattice). Remove the proxy container and its variables.
    """
    if task.origin.source is not None and task.status == "INACTIVE":
        return  # a recorded revision that nothing runs
    evidence: list[Evidence] = []
    proxy = task.proxy_configuration
    if proxy is not None and (proxy.type or "APPMESH") == "APPMESH":
        evidence.append(task.evidence("proxyConfiguration", "type", value="APPMESH"))
    for container in task.containers():
        if _is_app_mesh_image(container):
            evidence.append(task.evidence(*container.at("image")))
        for index, variable in enumerate(container.definition.environment):
            if variable.name.startswith("APPMESH_"):
                evidence.append(task.evidence(*container.at("environment", index, "name")))
                break
    if evidence:
        yield fail("the task sends its traffic through an App Mesh proxy", *evidence)


def _is_app_mesh_image(container: Container) -> bool:
    image = image_of(container)
    agent = agent_of(container)
    return (image.is_public_ecr and "appmesh" in image.tail) or (
        agent is not None and agent.name.startswith("App Mesh")
    )


def _service_connect(workload: Workload) -> tuple[Service, ServiceConnectConfiguration, tuple[str | int, ...]] | None:
    """A service's enabled Service Connect, with the place of its configuration."""
    service = workload.service
    if service is None or service.primary is None or service.service_connect is None:
        return None
    return service, service.service_connect, service.at_primary("serviceConnectConfiguration")


@rule(
    "ECS-SERVICE-CONNECT",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    softest=MEDIUM,
    effort=WEEKS,
    needs=("ecs.services",),
    reference=f"{_ECS}/developerguide/service-connect.html",
)
def service_connect(workload: Workload) -> Iterator[Outcome]:
    """A service talks to others through Service Connect

    The Envoy that ECS puts into each task gives clients their names, balances between tasks, retries, sets timeouts,
    takes sick tasks out and measures all of it. None of this comes along: on the day of the move names stop
    resolving on either side of the border, and errors that were retried become visible.

    A service that only calls others (it offers no port) is a medium finding.

    Fix: Give every offered name a Kubernetes Service, and set retries and timeouts through the Gateway API or a mesh.
    While callers remain on ECS, let them reach what has moved through an internal load balancer, VPC Lattice or Cloud
    Map.
    """
    if _is_outside_of_a_service(workload):
        yield not_applicable(_OUTSIDE)
        return
    found = _service_connect(workload)
    if found is None:
        return
    service, configuration, at = found
    evidence = service.evidence(*at, "enabled")
    if configuration.services:
        names = ", ".join(each.discovery_name or each.port_name for each in configuration.services)
        yield fail(f"service {workload.name} offers {names} through Service Connect", evidence)
    else:
        message = f"service {workload.name} calls others through Service Connect"
        yield fail(message, evidence, severity=MEDIUM, effort=DAYS)


@rule(
    "ECS-SC-TLS",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.services",),
    reference=f"{_ECS}/developerguide/service-connect-tls.html",
)
def service_connect_tls(workload: Workload) -> Iterator[Outcome]:
    """Service Connect encrypts the traffic of a service

    ECS issues the certificates from AWS Private CA, hands them to the proxies and renews them; the application speaks
    plain HTTP. On Kubernetes the traffic is in clear text until a mesh, or certificates in the application, take this
    over.

    Fix: Use the mutual TLS of a mesh, or cert-manager with the issuer for AWS Private CA, and settle how callers on ECS
    and on EKS trust each other while both exist.
    """
    found = _service_connect(workload)
    if found is None:
        if workload.kind != "task_definition":
            yield not_applicable("Service Connect is not enabled")
        return
    service, configuration, at = found
    for index, offered in enumerate(configuration.services):
        if offered.tls:
            name = offered.discovery_name or offered.port_name
            message = f"Service Connect encrypts the traffic of {name} of service {workload.name}"
            yield fail(message, service.evidence(*at, "services", index, "tls"), element=name)


@rule(
    "ECS-SC-ALIAS",
    Checklist.ECS_COUPLING,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.services",),
    also_uses=("cloudmap",),
    reference=f"{_ECS}/developerguide/service-connect-concepts-deploy.html",
)
def service_connect_alias(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Clients know a service by an alias of Service Connect

    The alias stands in /etc/hosts of the client tasks and nowhere in DNS. A Pod resolves a name through its search
    path, so an alias works only if there is a Service of that very name and port in the client's own namespace.

    An alias that is the discovery name with the namespace behind it is a low finding.

    Fix: Name the Service as the alias and give it the same port; for clients in another namespace add a Service of
    type ExternalName. Search configuration for aliases with dots, which no Service can have as its name.

    Before:

        {"serviceName": "orders", "serviceConnectConfiguration": {
          "enabled": true, "namespace": "shop",
          "services": [{"portName": "http", "clientAliases": [{"dnsName": "api", "port": 80}]}]}}

    After:

        apiVersion: v1
        kind: Service
        metadata:
          name: api  # the alias, not the service's name
        spec:
          selector: {app: orders}
          ports:
            - {name: http, port: 80, targetPort: 8080}
    """
    found = _service_connect(workload)
    if found is None or not any(each.client_aliases for each in found[1].services):
        if workload.kind != "task_definition":
            yield not_applicable("there is no client alias")
        return
    service, configuration, at = found
    namespace = _namespace(configuration, estate)
    for index, offered in enumerate(configuration.services):
        discovery = offered.discovery_name or offered.port_name
        for number, alias in enumerate(offered.client_aliases):
            place = (*at, "services", index, "clientAliases", number)
            # without a name of its own the alias is the discovery name with the namespace behind it
            usual = alias.dns_name is None or (namespace is not None and alias.dns_name == f"{discovery}.{namespace}")
            name = alias.dns_name or f"{discovery}.{namespace or 'NAMESPACE'}"
            open_end = namespace is None and name.startswith(f"{discovery}.")
            message = f"clients reach service {workload.name} as {name}, port {alias.port}"
            yield fail(
                message,
                service.evidence(*place, "dnsName" if alias.dns_name else "port"),
                element=name,
                severity=LOW if usual else MEDIUM,
                effort=HOURS if usual else None,
                softest=LOW if open_end and not usual else None,
            )


def _namespace(configuration: ServiceConnectConfiguration, estate: Estate) -> str | None:
    """The name of the namespace, which the configuration names or points at by ARN."""
    written = configuration.namespace or ""
    if not written.startswith("arn:"):
        return written or None
    return next((each.name for each in estate.namespaces if each.arn == written), None)


def _uses_srv(registry: ServiceRegistry, estate: Estate) -> bool | None:
    """Whether Cloud Map publishes SRV records for a registry; none where it cannot be told."""
    known = estate.discovery_service_by_arn.get(registry.registry_arn)
    if known is None:
        # A records carry no port: ECS wants one here for SRV records only
        return True if registry.port is not None or registry.container_port is not None else None
    records = known.dns_config.dns_records if known.dns_config is not None else ()
    return any(each.type == "SRV" for each in records)


def _has_no_dns(registry: ServiceRegistry, estate: Estate) -> bool:
    """Whether instances are found through the API of Cloud Map only (an HTTP namespace)."""
    known = estate.discovery_service_by_arn.get(registry.registry_arn)
    return known is not None and (known.dns_config is None or not known.dns_config.dns_records)


def _registry_name(registry: ServiceRegistry, estate: Estate) -> str:
    known = estate.discovery_service_by_arn.get(registry.registry_arn)
    if known is None:
        return registry.registry_arn.rpartition("/")[2]
    namespace = next((each.name for each in estate.namespaces if each.id == known.namespace_id), None)
    return f"{known.name}.{namespace}" if namespace else known.name


@rule(
    "ECS-CLOUDMAP",
    Checklist.ECS_COUPLING,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.services",),
    also_uses=("cloudmap",),
    reference=f"{_ECS}/developerguide/service-discovery.html",
)
def cloud_map_discovery(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A service is found through DNS names of Cloud Map

    Every task is an A record of its own, and clients choose among them. A Kubernetes Service has another name and one
    address that balances by itself; a headless Service comes closer. Clients that stay on ECS cannot see either.

    Names with SRV records are reported by ECS-CLOUDMAP-SRV.

    Fix: Give the workload a Service (headless where clients choose for themselves). For the time of the move keep the
    old name alive with ExternalDNS (provider aws-sd) or a Route 53 record.

    Before:

        {"serviceName": "orders", "serviceRegistries": [
          {"registryArn": "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-orders"}]}

    After:

        apiVersion: v1
        kind: Service
        metadata:
          name: orders
          annotations:
            # ExternalDNS keeps the old name alive for callers that are still on ECS
            external-dns.alpha.kubernetes.io/hostname: orders.shop.local
        spec:
          clusterIP: None  # headless: clients see every Pod, as they see every task
          selector: {app: orders}
          ports:
            - {name: http, port: 8080}
    """
    if _is_outside_of_a_service(workload):
        yield not_applicable(_OUTSIDE)
        return
    service = workload.service
    for index, registry in enumerate(service.service_registries if service is not None else ()):
        if service is None or _uses_srv(registry, estate) or _has_no_dns(registry, estate):
            continue
        name = _registry_name(registry, estate)
        message = f"clients find service {workload.name} in Cloud Map as {name}"
        # unread, it could be one that is found through the API only, or another rule's
        softest = None if registry.registry_arn in estate.discovery_service_by_arn else INFO
        yield fail(message, service.evidence("serviceRegistries", index, "registryArn"), element=name, softest=softest)


@rule(
    "ECS-CLOUDMAP-SRV",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.services", "cloudmap"),
    reference="https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#srv-records",
)
def srv_discovery(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A service is found through SRV records of Cloud Map

    Clients read address and port from the record. Kubernetes publishes SRV records for named ports only, and under
    another name (_port._protocol.service.namespace.svc.cluster.local), so every client has to be told.

    Fix: Give the Service a fixed port and configure clients with host and port; where a client insists on SRV records,
    name the port and point it at the record that Kubernetes publishes.
    """
    service = workload.service
    if service is None or not service.service_registries:
        if workload.kind != "task_definition":
            yield not_applicable("the service is in no registry", reads=("ecs.services",))
        return
    for index, registry in enumerate(service.service_registries):
        uses_srv = _uses_srv(registry, estate)
        if uses_srv is None:
            # a namespace that another account shares is not among those that were read
            yield unknown(Reason.NOT_COLLECTED, "servicediscovery:GetService")
        elif uses_srv:
            name = _registry_name(registry, estate)
            known = registry.registry_arn in estate.discovery_service_by_arn
            message = f"clients find service {workload.name} by the SRV records of {name} in Cloud Map"
            evidence = service.evidence("serviceRegistries", index, "registryArn")
            yield fail(message, evidence, element=name, confidence=1.0 if known else 0.8)


# --- how ECS runs it --------------------------------------------------------------------------------------------


@rule(
    "ECS-EXPRESS",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.services",),
    reference=f"{_ECS}/APIReference/API_DeleteExpressGatewayService.html",
)
def express_service(workload: Workload) -> Iterator[Outcome]:
    """A service runs in Express Mode, which owns its load balancer

    The load balancer, target groups, security groups and scaling belong to the service. Deleting the service deletes
    them, for good: whoever cleans up after the move takes the way back away with it, and DNS names that still point
    at the load balancer.

    Fix: Build ingress and scaling for the Pods first, move DNS, and delete the Express service only when the time in
    which you might roll back is over.
    """
    if _is_outside_of_a_service(workload):
        yield not_applicable(_OUTSIDE)
        return
    service = workload.service
    if service is not None and service.resource_management_type == "ECS":
        message = f"the load balancer of service {workload.name} belongs to it (Express Mode) and is deleted with it"
        yield fail(message, service.evidence("resourceManagementType"))


@rule(
    "ECS-DAEMON",
    Checklist.ECS_COUPLING,
    severity=INFO,
    worst=HIGH,
    effort=HOURS,
    needs=("ecs.services",),
    also_uses=("ecs.daemons", "policy.target"),
    raised_by=("policy.target",),
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
)
def daemon_service(workload: Workload, policy: Policy) -> Iterator[Outcome]:
    """A service runs once on every instance

    A DaemonSet does the same on nodes, and many such agents are add-ons of EKS or come with a Helm chart. EKS Fargate
    runs no DaemonSets: every Pod would need the agent as a sidecar.

    Fix: Take the EKS add-on or the vendor's chart where there is one, else write a DaemonSet with the tolerations of
    the nodes that it has to reach.

    Before:

        {"serviceName": "log-agent", "schedulingStrategy": "DAEMON"}

    After:

        apiVersion: apps/v1
        kind: DaemonSet
        metadata:
          name: log-agent
        spec:
          selector:
            matchLabels: {app: log-agent}
          template:
            metadata:
              labels: {app: log-agent}
            spec:
              tolerations:
                - operator: Exists  # every node, also those with a taint
              containers:
                - name: agent
                  image: registry.example/log-agent:3.1
    """
    service = workload.service
    if _is_outside_of_a_service(workload):
        yield not_applicable(_OUTSIDE)
        return
    if (
        workload.launch_types
        and workload.launch_types <= {"EXTERNAL", "FARGATE"}
        and workload.kind != "task_definition"
    ):
        yield not_applicable("Fargate and external instances run no daemons")
        return
    if service is None or service.scheduling_strategy != "DAEMON":
        return
    evidence = service.evidence("schedulingStrategy")
    target = policy.target.compute
    if target == "fargate":
        message = f"service {workload.name} runs once on every instance, EKS Fargate runs no DaemonSets"
        yield fail(message, evidence, severity=HIGH, effort=DAYS)
    else:
        message = f"service {workload.name} runs once on every instance"
        yield fail(message, evidence, settled=target is not None)


@rule(
    "ECS-PLACEMENT",
    Checklist.ECS_COUPLING,
    severity=LOW,
    worst=HIGH,
    effort=HOURS,
    needs=("ecs.services", "ecs.task_definitions"),
    looks_at=("placementConstraints",),
    reference="https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
)
def placement_rules(workload: Workload) -> Iterator[Outcome]:
    """Tasks are placed by rules of their own

    Expressions, distinct instances and bin packing have counterparts in affinity and topology spread constraints, but
    none is translated word by word. Attributes that you gave to instances have to become labels of nodes first, and
    tasks that must share an instance with another group become a Pod affinity that can leave Pods unscheduled.

    The default spread over zones does not count.

    Fix: Write nodeAffinity for expressions, a topologySpreadConstraint or Pod anti-affinity for distinct instances, and
    ask first whether tasks that share an instance still need to. Bin packing is the job of Karpenter or Auto Mode.

    Before:

        {"placementConstraints": [
          {"type": "distinctInstance"},
          {"type": "memberOf", "expression": "attribute:stack == prod"}]}

    After:

        spec:
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms:
                  - matchExpressions:
                      - {key: example.com/stack, operator: In, values: [prod]}
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: kubernetes.io/hostname
              whenUnsatisfiable: DoNotSchedule
              labelSelector:
                matchLabels: {app: orders}
    """
    if workload.is_fargate:
        known_by = "ecs.task_definitions" if workload.kind == "task_definition" else "ecs.services"
        yield not_applicable("Fargate refuses placement rules", reads=(known_by,))
        return
    service, task = workload.service, workload.task_definition
    for holder in (service, task):
        for index, constraint in enumerate(holder.placement_constraints if holder is not None else ()):
            if holder is not None:
                yield from _constraint(
                    workload,
                    constraint,
                    holder.evidence("placementConstraints", index, "type"),
                    holder.evidence("placementConstraints", index, "expression"),
                )
    for index, strategy in enumerate(service.placement_strategy if service is not None else ()):
        if service is not None and strategy.type == "binpack":
            message = f"tasks of {workload.name} are packed by {strategy.field or 'memory'}"
            yield fail(message, service.evidence("placementStrategy", index, "type"), element="binpack")


def _constraint(
    workload: Workload, constraint: PlacementConstraint, of_type: Evidence, of_expression: Evidence
) -> Iterator[Outcome]:
    expression = constraint.expression or ""
    if constraint.type == "distinctInstance":
        message = f"no two tasks of {workload.name} may share an instance"
        yield fail(message, of_type, element="distinctInstance")
    elif constraint.type == "memberOf" and "task:group" in expression:
        message = f"tasks of {workload.name} are placed by the tasks that run on an instance: {expression}"
        yield fail(message, of_expression, element=expression, severity=HIGH, effort=DAYS)
    elif constraint.type == "memberOf":
        custom = [each for each in _ATTRIBUTE.findall(expression) if not each.startswith("ecs.")]
        message = f"tasks of {workload.name} run only where {expression}"
        yield fail(message, of_expression, element=expression, severity=MEDIUM if custom else LOW)


_ATTRIBUTE = re.compile(r"attribute:([\w.-]+)")


@rule(
    "ECS-DEPLOY-CONTROLLER",
    Checklist.ECS_COUPLING,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.services",),
    reference="https://argoproj.github.io/rollouts/",
)
def foreign_deployment_controller(workload: Workload) -> Iterator[Outcome]:
    """CodeDeploy or another program controls the deployments of a service

    CodeDeploy does not know Kubernetes. Its traffic shifting, its alarms and the hooks of the AppSpec have to be built
    anew in a progressive delivery tool, and whoever releases has to learn it. An external controller has to be
    rewritten altogether.

    Fix: Describe the rollout with Argo Rollouts or Flagger (steps, weights, analysis), and turn AppSpec hooks into Jobs
    or analysis steps. Rehearse a rollback before the first release.
    """
    if _is_outside_of_a_service(workload):
        yield not_applicable(_OUTSIDE)
        return
    service = workload.service
    controller = service.deployment_controller.type if service is not None and service.deployment_controller else None
    if service is not None and controller in _CONTROLLERS:
        message = f"{_CONTROLLERS[controller]} controls the deployments of service {workload.name}"
        yield fail(message, service.evidence("deploymentController", "type"))


_CONTROLLERS = {"CODE_DEPLOY": "CodeDeploy", "EXTERNAL": "an external program"}


# --- credentials and VPC Lattice --------------------------------------------------------------------------------

_CREDENTIALS = re.compile(r"(?<!unset )AWS_CONTAINER_CREDENTIALS_RELATIVE_URI|169\.254\.170\.2(?!/v\d)(?!\d)")


@rule(
    "ECS-CRED-ENDPOINT",
    Checklist.ECS_COUPLING,
    severity=MEDIUM,
    confidence=0.8,
    effort=DAYS,
    needs=("ecs.task_definitions", "survey.A5"),
    looks_at=(
        "containerDefinitions[].environment",
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
    ),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html",
)
def reads_credentials_endpoint(workload: Workload) -> Iterator[Outcome]:
    """A container fetches credentials from the ECS endpoint by hand

    Pods get credentials from another address, with a token in a file, and only recent SDKs know how to ask for them.
    A script that calls 169.254.170.2, or a variable that points there, gets no answer on EKS, and every call to AWS
    fails. The SDK's own chain of credentials needs no change, but a version that supports Pod Identity; which one is
    used only the owner knows. Use of the task metadata endpoint is ECS-METADATA-ENDPOINT's finding.

    Fix: Take the hand-written calls out, leave credentials to the SDK's default chain, and update the SDK to a version
    that supports EKS Pod Identity.
    """
    task = workload.task_definition
    if task is None:
        return
    if not task.task_role_arn and not task.is_unresolved("taskRoleArn"):
        yield not_applicable("the task has no role of its own", reads=("ecs.task_definitions",))
        return
    for container in task.containers():
        named = next((each for each in container.texts() if _CREDENTIALS.search(f"{each.element}={each.value}")), None)
        if named is not None:
            message = f"{named.what} of container {container.name} names the credentials endpoint of ECS"
            yield fail(message, task.evidence(*named.at), element=f"{container.name} {named.element}")


@rule(
    "ECS-VPC-LATTICE",
    Checklist.ECS_COUPLING,
    severity=LOW,
    effort=DAYS,
    needs=("ecs.services",),
    also_uses=("lattice",),
    reference="https://www.gateway-api-controller.eks.aws.dev/",
)
def vpc_lattice(workload: Workload) -> Iterator[Outcome]:
    """The service is reached through VPC Lattice

    VPC Lattice itself stays as it is and can split traffic between ECS and EKS by weight, which helps the move. But
    ECS no longer registers the targets: the AWS Gateway API Controller has to, from an HTTPRoute, in target groups of
    its own.

    Fix: Install the AWS Gateway API Controller, let it make a target group for the Kubernetes Service, and shift the
    weights of the Lattice listener step by step.
    """
    service = workload.service
    if service is None:
        yield not_applicable("a task outside a service has no target group")
        return
    primary = service.primary
    for index, each in enumerate(primary.vpc_lattice_configurations if primary is not None else ()):
        at = service.at_primary("vpcLatticeConfigurations", index, "targetGroupArn")
        evidence = service.evidence(*at, value=str(each.get("targetGroupArn") or "") or None)
        port = str(each.get("portName") or index)
        yield fail(f"service {workload.name} is reached through VPC Lattice at port {port}", evidence, element=port)
