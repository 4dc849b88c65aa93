"""What of a task fits in a Pod: privileges, namespaces of the host, ports, devices and kernel parameters."""

from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.ecs import Container, PortMapping, TaskDefinition, Ulimit
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    INFO,
    LOW,
    MEDIUM,
    Kind,
    Outcome,
    Reason,
    Severity,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import agent_of, data, image_of, is_mesh_proxy, is_sidecar

_SECURITY = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"


class _Kernel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    default_capabilities: frozenset[str]
    dangerous_capabilities: frozenset[str]
    safe_sysctls: frozenset[str]
    device_plugins: Mapping[str, str]


@cache
def _kernel() -> _Kernel:
    return _Kernel.model_validate(data("kernel"))


# --- privileges -------------------------------------------------------------------------------------------------


def _refuses_privileges(of: Container | TaskDefinition, estate: Estate) -> bool:
    """Whether it runs where nothing reaches into its host: on Fargate, or on Windows."""
    task = of.task if isinstance(of, Container) else of
    return task.is_windows or estate.runs_on_fargate(of)


@rule(
    "POD-PRIVILEGED",
    Checklist.POD_FIT,
    severity=HIGH,
    softest=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    softened_by=("ecs.services",),
    looks_at=("containerDefinitions[].privileged",),
    reference=_SECURITY,
)
def privileged_container(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container runs privileged

    A privileged container holds its node. The baseline and restricted Pod Security Standards refuse it, and so does EKS
    Fargate; ordinary nodes can run it in a namespace that is marked as privileged.

    An agent that is known to need it and runs as a daemon is a medium finding.

    Fix: Find out what the privilege is for and replace it by one capability, a device plugin or a CSI driver. What
    remains goes on nodes of its own, in a namespace whose Pod Security level is privileged.
    """
    if _refuses_privileges(container, estate):
        yield not_applicable("Fargate and Windows refuse privileged containers")
        return
    if container.definition.privileged:
        evidence = container.task.evidence(*container.at("privileged"))
        agent = agent_of(container)
        may_be_agent = image_of(container).is_open or (agent is not None and agent.privileged)
        if agent is not None and agent.privileged and estate.is_daemon(container):
            message = f"{agent.name} in container {container.name} runs privileged, as a daemon"
            yield fail(message, evidence, severity=MEDIUM, effort=HOURS)
        else:
            message = f"container {container.name} runs privileged"
            yield fail(message, evidence, settled=not may_be_agent)


@rule(
    "POD-CAPS-ADD",
    Checklist.POD_FIT,
    severity=MEDIUM,
    worst=HIGH,
    softest=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].linuxParameters.capabilities.add",),
    reference=_SECURITY,
)
def added_capabilities(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container is given more Linux capabilities than usual

    The baseline Pod Security Standard allows no capability beyond the usual set, the restricted one only
    NET_BIND_SERVICE. A namespace that enforces either refuses the Pod. SYS_ADMIN, NET_ADMIN, SYS_MODULE and ALL give a
    container as much as privileged mode does.

    Capabilities that every container has anyway do not count; a privileged container is reported by POD-PRIVILEGED.

    Fix: Remove the capability where the code can do without it, else name it under securityContext.capabilities in a
    namespace whose Pod Security level allows it.

    Before:

        {"containerDefinitions": [{"name": "app",
          "linuxParameters": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}]}

    After:

        spec:
          containers:
            - name: app
              securityContext:
                capabilities:
                  drop: [ALL]
                  add: [NET_BIND_SERVICE]
    """
    if container.task.is_windows:
        yield not_applicable("Windows has no Linux capabilities")
        return
    if container.definition.privileged and not _refuses_privileges(container, estate):
        yield not_applicable("a privileged container takes no notice of added capabilities")
        return
    linux = container.definition.linux_parameters
    added = linux.capabilities.add if linux is not None and linux.capabilities is not None else ()
    for index, written in enumerate(added):
        name = written.upper().removeprefix("CAP_")
        if name not in _kernel().default_capabilities:
            at = container.at("linuxParameters", "capabilities", "add", index)
            may_be_agent = name == "SYS_PTRACE" and image_of(container).is_open
            yield fail(
                f"container {container.name} is given the capability {name}",
                container.task.evidence(*at),
                element=name,
                severity=_severity_of_capability(name, container),
                effort=DAYS if name in _kernel().dangerous_capabilities else None,
                softest=LOW if may_be_agent else None,
            )


def _severity_of_capability(name: str, container: Container) -> Severity:
    if name in _kernel().dangerous_capabilities:
        return HIGH
    return LOW if name == "SYS_PTRACE" and is_sidecar(container) else MEDIUM


# --- namespaces of the host -------------------------------------------------------------------------------------


@rule(
    "POD-HOST-NETWORK",
    Checklist.POD_FIT,
    severity=HIGH,
    softest=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    softened_by=("ecs.services",),
    looks_at=("networkMode",),
    reference=_SECURITY,
)
def host_network(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """A task uses the network of its instance

    A Pod with hostNetwork has no address of its own: two of them cannot use one port on a node, NetworkPolicies and
    security groups for Pods do not reach it, the baseline Pod Security Standard refuses it and EKS Fargate cannot run
    it.

    A daemon's agent is a medium finding, for a DaemonSet may use the network of its node.

    Fix: Give the Pod a network of its own and reach it through a Service. Keep hostNetwork for node agents.
    """
    if _refuses_privileges(task, estate):
        yield not_applicable("Fargate and Windows have no host network mode")
        return
    if task.network_mode == "host":
        evidence = task.evidence("networkMode")
        if estate.is_daemon(task):
            yield fail("the daemon uses the network of its instance", evidence, severity=MEDIUM, effort=HOURS)
        else:
            yield fail("the task uses the network of its instance", evidence)


@rule(
    "POD-HOST-PID",
    Checklist.POD_FIT,
    severity=HIGH,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("pidMode",),
    reference=_SECURITY,
)
def shared_process_namespace(task: TaskDefinition) -> Iterator[Outcome]:
    """Containers see processes outside of themselves

    With pidMode host a container sees, and may signal, every process of the instance. hostPID is refused by the
    baseline Pod Security Standard and does not exist on EKS Fargate. pidMode task maps to shareProcessNamespace, with
    one difference: process 1 is then the pause container, not the application.

    Fix: Remove the mode where nothing depends on it. Set shareProcessNamespace for pidMode task, and check what relies
    on being process 1. Put agents that need hostPID on a DaemonSet in a privileged namespace.

    Before:

        {"pidMode": "task"}

    After:

        spec:
          shareProcessNamespace: true  # process 1 is the pause container
    """
    if task.is_windows:
        yield not_applicable("Windows has no process namespaces")
    elif task.pid_mode == "host":
        yield fail("containers see every process of the instance (pidMode host)", task.evidence("pidMode"))
    elif task.pid_mode == "task":
        message = "the containers of the task see each other's processes (pidMode task)"
        yield fail(message, task.evidence("pidMode"), severity=LOW, effort=HOURS)


@rule(
    "POD-HOST-IPC",
    Checklist.POD_FIT,
    severity=HIGH,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("ipcMode",),
    reference=_SECURITY,
)
def ipc_namespace(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """Containers share memory with the instance, or must not share it with each other

    With ipcMode host a container reaches shared memory of every process of the instance; hostIPC is refused by the
    baseline Pod Security Standard. The containers of a Pod always share one IPC namespace: the separation that ipcMode
    none promises cannot be had inside a Pod.

    Fix: Remove ipcMode host, or keep it for an agent in a privileged namespace. Where containers must not share
    memory, split them into Pods of their own.
    """
    if _refuses_privileges(task, estate):
        yield not_applicable("Fargate and Windows have no IPC mode")
    elif task.ipc_mode == "host":
        yield fail("containers reach the shared memory of the instance (ipcMode host)", task.evidence("ipcMode"))
    elif task.ipc_mode == "none" and len(task.container_definitions) > 1:
        message = "the containers of the task must not share memory (ipcMode none), in a Pod they do"
        yield fail(message, task.evidence("ipcMode"), severity=LOW, effort=HOURS)


# --- ports ------------------------------------------------------------------------------------------------------


def _network_mode(task: TaskDefinition, estate: Estate) -> str | None:
    """The network mode in force: what is written, or ECS's default; none where a file leaves it open."""
    if task.is_unresolved("networkMode"):
        return "bridge" if task.has_links else None
    if task.network_mode:
        return task.network_mode
    if estate.runs_on_fargate(task):
        return "awsvpc"
    return "nat" if task.is_windows else "bridge"


def _mappings(container: Container) -> Iterator[tuple[int, PortMapping]]:
    yield from enumerate(container.definition.port_mappings)


@rule(
    "POD-PORT-COLLISION",
    Checklist.POD_FIT,
    severity=HIGH,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("networkMode", "containerDefinitions[].portMappings"),
    reference="https://kubernetes.io/docs/concepts/workloads/pods/#pod-networking",
)
def port_used_by_two_containers(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """Two containers of a task listen on the same port

    In bridge mode every container has an address of its own, so two of them may listen on port 80. The containers of a
    Pod share one address: the second one fails to bind and restarts for ever.

    A container that goes away with the move (an App Mesh proxy) does not count.

    Fix: Change the port of one container by its configuration, or make them Pods of their own.
    """
    containers = list(task.containers())
    mode = _network_mode(task, estate)
    if mode is None:
        return
    if mode not in ("bridge", "nat", "default"):
        yield not_applicable("the containers share one address already")
        return
    if len(containers) < 2:
        yield not_applicable("there is a single container")
        return
    listeners: dict[tuple[int, str], dict[str, Evidence]] = {}
    for container in containers:
        if is_mesh_proxy(container):
            continue
        for index, mapping in _mappings(container):
            if mapping.container_port:
                protocol = (mapping.protocol or "tcp").lower()
                at = container.at("portMappings", index, "containerPort")
                listeners.setdefault((mapping.container_port, protocol), {})[container.name] = task.evidence(*at)
    for (port, protocol), users in sorted(listeners.items()):
        if len(users) > 1:
            message = f"containers {' and '.join(users)} listen on the same port {port}/{protocol}"
            yield fail(message, *users.values(), element=f"{port}/{protocol}")


@rule(
    "POD-STATIC-HOSTPORT",
    Checklist.POD_FIT,
    severity=MEDIUM,
    softest=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    softened_by=("ecs.services",),
    looks_at=("networkMode", "containerDefinitions[].portMappings"),
    reference="https://kubernetes.io/docs/concepts/services-networking/service/",
)
def fixed_port_of_the_instance(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """A container takes a fixed port of its instance

    Whoever calls the port by the instance's address has to learn another one. A hostPort on Kubernetes lets one Pod
    run per node, blocks rollouts that start the new Pod first, and does not exist on EKS Fargate.

    Where a load balancer is the only way in, the port is nobody's address and the finding is low. Daemons do not count.

    Fix: Drop the host port and reach the Pods through a Service, or through target groups that hold Pod addresses.
    Search callers for the instance's address and port before that.

    Before:

        {"networkMode": "bridge", "containerDefinitions": [{"name": "app",
          "portMappings": [{"containerPort": 8080, "hostPort": 8080}]}]}

    After:

        apiVersion: v1
        kind: Service
        metadata:
          name: app
        spec:
          selector: {app: app}
          ports:
            - {name: http, port: 8080, targetPort: 8080}
        ---
        spec:
          containers:
            - name: app
              ports:
                - {name: http, containerPort: 8080}  # no hostPort
    """
    mode = _network_mode(task, estate)
    if mode is None:
        return
    if mode != "bridge":
        yield not_applicable("the network mode is not bridge")
        return
    if estate.is_daemon(task):
        yield not_applicable("a daemon runs once on each instance")
        return
    for container in task.containers():
        for index, mapping in _mappings(container):
            if mapping.host_port:
                at = container.at("portMappings", index, "hostPort")
                port = mapping.container_port or mapping.host_port
                behind = _only_behind_load_balancer(container, port, estate)
                way = ", which a load balancer leads to" if behind else ""
                message = f"container {container.name} takes port {mapping.host_port} of its instance{way}"
                severity = LOW if behind else MEDIUM
                yield fail(message, task.evidence(*at), element=str(mapping.host_port), severity=severity)


def _only_behind_load_balancer(container: Container, port: int, estate: Estate) -> bool:
    """Whether callers reach a port through load balancers only, in every service that runs the task."""
    users = estate.users(container)
    return bool(users) and all(
        user.service is not None
        and not user.service.service_registries
        and any(
            each.container_name == container.name and each.container_port == port
            for each in user.service.all_load_balancers
        )
        for user in users
    )


@rule(
    "POD-PORT-RANGE",
    Checklist.POD_FIT,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].portMappings",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html",
)
def range_of_ports(container: Container) -> Iterator[Outcome]:
    """A container publishes a range of ports

    Neither a Service nor a load balancer's listener knows ranges: every port of the range needs an entry of its own.
    Media and game servers that hand out a port per session need another pattern.

    Fix: Write out the ports where they are few; use the hostNetwork pattern of game servers (Agones) where they are
    many; or change the protocol so that one port is enough.
    """
    if not container.definition.port_mappings:
        yield not_applicable("the container publishes no port")
        return
    for index, mapping in _mappings(container):
        if mapping.container_port_range:
            message = f"container {container.name} publishes the ports {mapping.container_port_range}"
            at = container.at("portMappings", index, "containerPortRange")
            yield fail(message, container.task.evidence(*at), element=mapping.container_port_range)


@rule(
    "POD-LINKS",
    Checklist.POD_FIT,
    severity=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("networkMode", "containerDefinitions[].links"),
    reference="https://kubernetes.io/docs/concepts/workloads/pods/#pod-networking",
)
def docker_links(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container reaches another one by a Docker link

    A link gives the other container a name in /etc/hosts and sets variables with its address and ports. Neither exists
    in a Pod, where containers reach each other on localhost.

    Fix: Point the configuration at localhost, or keep the name with hostAliases, and set the ALIAS_PORT variables that
    the application reads.

    Before:

        {"containerDefinitions": [
          {"name": "web", "links": ["db:database"]},
          {"name": "db"}]}

    After:

        spec:
          hostAliases:
            - ip: 127.0.0.1
              hostnames: [database]
          containers:
            - name: web
            - name: db
    """
    mode = _network_mode(container.task, estate)
    if mode is None:
        return
    if mode != "bridge":
        yield not_applicable("links exist in bridge mode only")
        return
    for index, link in enumerate(container.definition.links):
        name, _, alias = link.partition(":")
        known_as = f" as {alias}" if alias else ""
        message = f"container {container.name} reaches container {name}{known_as} by a Docker link"
        yield fail(message, container.task.evidence(*container.at("links", index)), element=name)


@rule(
    "POD-CUSTOM-DNS",
    Checklist.POD_FIT,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("networkMode", "containerDefinitions[].dnsServers", "containerDefinitions[].dnsSearchDomains"),
    reference="https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
)
def own_name_servers(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container has name servers or search domains of its own

    Copied into a Pod as they are, they take the place of the cluster's DNS, and no Service is found by its name any
    more. Kubernetes also searches its own domains first (ndots 5), so short names can resolve to something else.

    Fix: Let CoreDNS forward the domains in question to those servers, and add search domains through dnsConfig while
    dnsPolicy stays ClusterFirst.

    Before:

        {"containerDefinitions": [{"name": "app",
          "dnsServers": ["10.0.0.53"], "dnsSearchDomains": ["corp.example"]}]}

    After:

        # the server 10.0.0.53 becomes a forward of CoreDNS for corp.example
        spec:
          dnsPolicy: ClusterFirst
          dnsConfig:
            searches: [corp.example]
            options:
              - {name: ndots, value: "2"}
    """
    mode = _network_mode(container.task, estate)
    if mode is None:
        return
    if mode == "awsvpc":
        yield not_applicable("in awsvpc mode ECS refuses these fields")
        return
    for field, what, values in (
        ("dnsServers", "the name server", container.definition.dns_servers),
        ("dnsSearchDomains", "the search domain", container.definition.dns_search_domains),
    ):
        for index, value in enumerate(values):
            message = f"container {container.name} uses {what} {value}"
            yield fail(message, container.task.evidence(*container.at(field, index)), element=value)


@rule(
    "POD-NO-NETWORK",
    Checklist.POD_FIT,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("networkMode", "containerDefinitions[].disableNetworking"),
    reference="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
)
def no_network(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """A task or a container runs without a network

    Every Pod has an address and reaches everything that nothing forbids. What ran in isolation gains a way out, and
    the containers of one Pod cannot be told apart by the network.

    Fix: Deny all traffic of the Pod with a NetworkPolicy, and check that the network plugin of the cluster enforces
    policies. Give a container that alone must be isolated a Pod of its own.

    Before:

        {"networkMode": "none"}

    After:

        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: batch-without-network
        spec:
          podSelector:
            matchLabels: {app: batch}
          policyTypes: [Ingress, Egress]  # and no rule: nothing is allowed
    """
    if _refuses_privileges(task, estate):
        yield not_applicable("Fargate and Windows always have a network")
        return
    if task.network_mode == "none":
        yield fail("the task runs without a network", task.evidence("networkMode"))
        return
    for container in task.containers():
        if container.definition.disable_networking:
            evidence = task.evidence(*container.at("disableNetworking"))
            yield fail(f"container {container.name} runs without a network", evidence, element=container.name)


# --- devices and kernel -----------------------------------------------------------------------------------------


@rule(
    "POD-DEVICES",
    Checklist.POD_FIT,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].linuxParameters.devices",),
    reference="https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/",
)
def device_of_the_instance(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container uses a device of its instance

    A Pod cannot name a device of its node. A device plugin, or dynamic resource allocation, offers the device to the
    scheduler; without one the Pod needs to be privileged, which most namespaces refuse.

    Fix: Install the device plugin for the device on nodes that have it, and request it as a resource. For /dev/fuse and
    /dev/net/tun a generic plugin such as smarter-device-manager does.
    """
    if _refuses_privileges(container, estate):
        yield not_applicable("Fargate and Windows have no host devices")
        return
    linux = container.definition.linux_parameters
    for index, device in enumerate(linux.devices if linux is not None else ()):
        plugin = _kernel().device_plugins.get(device.host_path)
        hint = f"; {plugin} offers it to Pods" if plugin else ""
        message = f"container {container.name} uses device {device.host_path} of its instance{hint}"
        at = container.at("linuxParameters", "devices", index, "hostPath")
        yield fail(message, container.task.evidence(*at), element=device.host_path)


@rule(
    "POD-SYSCTL-UNSAFE",
    Checklist.POD_FIT,
    severity=MEDIUM,
    worst=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    raised_by=("policy.target",),
    looks_at=("containerDefinitions[].systemControls",),
    reference="https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
)
def unsafe_sysctl(container: Container, policy: Policy) -> Iterator[Outcome]:
    """A container sets a kernel parameter that a kubelet refuses

    A kubelet admits a short list of safe sysctls; any other one fails the Pod with SysctlForbidden unless the node's
    kubelet was started with an exception for it. net.core.somaxconn is the usual offender. On EKS Fargate and in Auto
    Mode the kubelet's flags are not yours to set.

    Fix: Ask whether the parameter still matters (many were copied from a guide). If it does, allow it with
    allowedUnsafeSysctls on a tainted node group of its own.

    Before:

        {"containerDefinitions": [{"name": "app",
          "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}]}]}

    After:

        # on nodes whose kubelet runs with --allowed-unsafe-sysctls=net.core.somaxconn
        spec:
          securityContext:
            sysctls:
              - {name: net.core.somaxconn, value: "1024"}
          nodeSelector: {example.com/sysctls: tuned}
          tolerations:
            - {key: example.com/sysctls, operator: Exists, effect: NoSchedule}
    """
    if container.task.is_windows or not container.definition.system_controls:
        yield not_applicable("the container sets no kernel parameter")
        return
    target = policy.target.compute
    closed = {"fargate": "EKS Fargate", "auto_mode": "EKS Auto Mode"}.get(target or "")
    for index, control in enumerate(container.definition.system_controls):
        name = control.namespace.replace("/", ".")
        if name not in _kernel().safe_sysctls:
            message = f"container {container.name} sets the unsafe sysctl {name}"
            evidence = container.task.evidence(*container.at("systemControls", index, "namespace"))
            if closed:
                message = f"{message}, which {closed} does not allow"
                yield fail(message, evidence, element=name, severity=HIGH)
            else:
                yield fail(message, evidence, element=name, settled=target is not None)


@rule(
    "POD-SWAP",
    Checklist.POD_FIT,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].linuxParameters.maxSwap",),
    reference="https://kubernetes.io/docs/concepts/cluster-administration/swap-memory-management/",
)
def uses_swap(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container may use swap space

    Nodes have no swap space by default. Where they do (NodeSwap), Kubernetes decides from the memory request how much
    a container may use; a size for one container cannot be set. Without swap the container is killed where it used to
    become slow.

    Fix: Raise the memory limit to what the container uses with swap today, or run it on a node group with NodeSwap.
    """
    if _refuses_privileges(container, estate):
        yield not_applicable("Fargate and Windows have no swap space for containers")
        return
    linux = container.definition.linux_parameters
    if linux is not None and linux.max_swap:
        message = f"container {container.name} may use {linux.max_swap} MiB of swap space"
        yield fail(message, container.task.evidence(*container.at("linuxParameters", "maxSwap")))


@rule(
    "POD-SECURITY-OPTS",
    Checklist.POD_FIT,
    severity=MEDIUM,
    softest=INFO,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].dockerSecurityOptions",),
    reference="https://kubernetes.io/docs/tutorials/security/apparmor/",
)
def docker_security_options(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container runs under Docker security options

    AppArmor profiles and SELinux labels have fields of their own in a Pod, but the profiles have to be on every node
    that the Pod may land on, or it does not start. no-new-privileges maps to allowPrivilegeEscalation: false as it is.

    Credential specs are reported by RUN-GMSA.

    Fix: Install the profiles on the nodes (Security Profiles Operator) and name them under securityContext:
    appArmorProfile, seLinuxOptions or seccompProfile.

    Before:

        {"containerDefinitions": [{"name": "app",
          "dockerSecurityOptions": ["apparmor:orders", "no-new-privileges"]}]}

    After:

        spec:
          containers:
            - name: app
              securityContext:
                allowPrivilegeEscalation: false
                appArmorProfile: {type: Localhost, localhostProfile: orders}
    """
    if estate.runs_on_fargate(container):
        yield not_applicable("Fargate refuses Docker security options")
        return
    for index, option in enumerate(container.definition.docker_security_options):
        name = option.replace("=", ":").partition(":")[0].lower()
        if name.startswith("credentialspec"):
            continue
        evidence = container.task.evidence(*container.at("dockerSecurityOptions", index))
        harmless = name == "no-new-privileges"
        message = f"container {container.name} runs under the Docker security option {option}"
        severity, effort = (INFO, HOURS) if harmless else (MEDIUM, DAYS)
        yield fail(message, evidence, element=name, severity=severity, effort=effort)


_FARGATE_OPEN_FILES = 65535
"""Soft and hard limit of open files that Fargate gives every container
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html)."""

_NODE_OPEN_FILES = (65536, 1048576)
"""Soft and hard limit of open files that AL2023 and Bottlerocket nodes of EKS give every container
(https://github.com/awslabs/amazon-eks-ami/pull/1794)."""


@rule(
    "POD-ULIMITS",
    Checklist.POD_FIT,
    severity=MEDIUM,
    softest=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    raised_by=("policy.target",),
    looks_at=("containerDefinitions[].ulimits",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/fargate.html",
)
def custom_ulimits(container: Container, estate: Estate, policy: Policy) -> Iterator[Outcome]:
    """A container has resource limits of its own

    A Pod has no field for ulimits: its containers get what the container runtime of the node gives, and on EKS Fargate
    a soft limit of 1024 open files. A server that needs more refuses connections under load, long after the first
    tests went well.

    Limits of open files within 65536 (soft) and 1048576 (hard), which ordinary nodes give every container, are a low
    finding unless the target is EKS Fargate.

    Passes: on Fargate, limits that Fargate sets anyway.

    Fix: Raise the soft limit up to the hard one in the entry point (ulimit -n), or set the runtime's limits in the
    node's configuration. Look at the limits of a running Pod before load is put on it.
    """
    if container.task.is_windows:
        yield not_applicable("Windows has no ulimits")
        return
    is_default = estate.runs_on_fargate(container)
    set_ones = [
        (index, each)
        for index, each in enumerate(container.definition.ulimits)
        if not (is_default and each.name == "nofile" and each.soft_limit == each.hard_limit == _FARGATE_OPEN_FILES)
    ]
    mild = policy.target.compute != "fargate" and all(
        each.name == "nofile" and _is_within_what_nodes_give(each) for _, each in set_ones
    )
    for index, each in set_ones:
        message = f"container {container.name} sets the limit {each.name} to {each.soft_limit} and {each.hard_limit}"
        yield fail(
            message,
            container.task.evidence(*container.at("ulimits", index)),
            element=each.name,
            severity=LOW if mild else MEDIUM,
            settled=policy.target.compute is not None or not mild,
        )


def _is_within_what_nodes_give(limit: Ulimit) -> bool:
    return all(
        0 <= (wanted or 0) <= given
        for wanted, given in zip((limit.soft_limit, limit.hard_limit), _NODE_OPEN_FILES, strict=True)
    )


@rule(
    "POD-RUN-AS-ROOT",
    Checklist.POD_FIT,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].user",),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)
def root_user(container: Container) -> Iterator[Outcome]:
    """A container is told to run as root

    The restricted Pod Security Standard refuses a container that runs as root, and many clusters enforce it. Root in a
    container is also one fault of the kernel or of a mount away from root on the node, which a Pod shares with others.

    A task definition that names no user leaves it to the image, whose configuration is not read: it lies among the
    image's layers, which only a download outside of AWS's API would give. So that stays open, and is never a finding.

    Fix: Build the image for a user with a number, set runAsUser, runAsGroup and runAsNonRoot, and give volumes to the
    group by fsGroup. Where files in the image belong to root, change their owner when it is built.
    """
    user, at = container.definition.user, container.at("user")
    if container.task.is_windows:
        yield not_applicable("Windows has no root")
    elif container.task.is_unresolved(*at):
        yield unknown(Reason.UNRESOLVED)
    elif not user:
        in_file = container.task.origin.source is not None
        yield unknown(Reason.NOT_IN_SOURCE if in_file else Reason.NOT_COLLECTED, "ecr.images")
    elif user.partition(":")[0] in ("0", "root"):
        yield fail(f"container {container.name} runs as {user}", container.task.evidence(*at))


@rule(
    "POD-USER-NAME",
    Checklist.POD_FIT,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].user",),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)
def user_by_name(container: Container) -> Iterator[Outcome]:
    """A container's user is given by name

    runAsUser takes a number. A name in the image still works without it, but then runAsNonRoot cannot be checked and
    the kubelet refuses to start the container where a policy asks for it.

    Fix: Look the number up in the image's /etc/passwd, and set runAsUser and runAsGroup to it.
    """
    user = container.definition.user or ""
    at = container.at("user")
    if container.task.is_windows or container.task.is_unresolved(*at):
        return
    names = [each for each in user.split(":") if each and not each.isdigit()]
    if names:
        yield fail(f"container {container.name} runs as {user}, not as a number", container.task.evidence(*at))


@rule(
    "POD-EXTRA-HOSTS",
    Checklist.POD_FIT,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].extraHosts",),
    reference="https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/",
)
def static_host_entries(container: Container) -> Iterator[Outcome]:
    """A container has host names of its own

    A Pod takes them as hostAliases, which apply to all its containers. Each is an address that somebody has to keep
    right by hand; whether the address stays right after the move is the question of DEP-IP-LITERAL.

    Fix: Put the name into DNS, or write it as a hostAliases entry of the Pod.
    """
    for index, each in enumerate(container.definition.extra_hosts):
        message = f"container {container.name} has the host name {each.hostname} for itself"
        yield fail(message, container.task.evidence(*container.at("extraHosts", index)), element=each.hostname)


@rule(
    "POD-HOSTNAME",
    Checklist.POD_FIT,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].hostname",),
    reference="https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
)
def own_host_name(container: Container) -> Iterator[Outcome]:
    """A container has a host name of its own

    The containers of a Pod share one host name, which is the Pod's name unless spec.hostname says otherwise. With
    several replicas all of them get the name that is written there, and what tells processes apart by host name
    (workers, metrics, leader locks) takes them for one.

    Fix: Set spec.hostname where something depends on the name, else leave it out.
    """
    if container.definition.hostname:
        message = f"container {container.name} has the host name {container.definition.hostname}"
        yield fail(message, container.task.evidence(*container.at("hostname")))
