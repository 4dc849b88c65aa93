"""Amazon ECS in its own terms: clusters, services, task definitions, tasks, capacity.

Field names and meanings are those of the ECS API reference
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field

from assess.estate.facts import (
    Choice,
    EnvironmentValue,
    Fact,
    Identifier,
    IdentifierTree,
    Part,
    Tag,
    Text,
    tags_of,
)

# --- task definitions -------------------------------------------------------------------------------------------


class KeyValue(Part):
    """A variable or a proxy property: a name and its value."""

    name: Identifier = ""
    value: EnvironmentValue = ""


class Secret(Part):
    """A variable or an option whose value ECS reads from Secrets Manager or Parameter Store."""

    name: Identifier = ""
    value_from: Identifier = ""


class EnvironmentFile(Part):
    """A file of variables in S3."""

    value: Identifier = ""
    type: Choice | None = None


class PortMapping(Part):
    """A port of a container and where it is published; ports are numbers 0-65535."""

    container_port: int | None = None
    container_port_range: Identifier | None = None
    host_port: int | None = None
    protocol: Choice | None = None
    name: Identifier | None = None
    app_protocol: Choice | None = None


class MountPoint(Part):
    """Where a volume of the task appears in a container."""

    source_volume: Identifier = ""
    container_path: Identifier = ""
    read_only: bool | None = None


class VolumeFrom(Part):
    """All mounts of another container of the task."""

    source_container: Identifier = ""
    read_only: bool | None = None


class Capabilities(Part):
    """Linux capabilities added to or dropped from Docker's default set."""

    add: tuple[Choice, ...] = ()
    drop: tuple[Choice, ...] = ()


class Device(Part):
    """A device of the host."""

    host_path: Identifier = ""
    container_path: Identifier | None = None
    permissions: tuple[Choice, ...] = ()


class Tmpfs(Part):
    """A memory file system; ``size`` in MiB."""

    container_path: Identifier = ""
    size: int | None = None
    mount_options: tuple[Choice, ...] = ()


class LinuxParameters(Part):
    """Linux settings of a container; ``shared_memory_size`` and ``max_swap`` in MiB."""

    capabilities: Capabilities | None = None
    devices: tuple[Device, ...] = ()
    init_process_enabled: bool | None = None
    shared_memory_size: int | None = None
    tmpfs: tuple[Tmpfs, ...] = ()
    max_swap: int | None = None
    swappiness: int | None = None


class ContainerDependency(Part):
    """A container that must reach a condition (START, COMPLETE, SUCCESS, HEALTHY) first."""

    container_name: Identifier = ""
    condition: Choice = ""


class RestartPolicy(Part):
    """ECS's own restart of a container; ``restart_attempt_period`` in seconds."""

    enabled: bool | None = None
    ignored_exit_codes: tuple[int, ...] = ()
    restart_attempt_period: int | None = None


class HostEntry(Part):
    """A line of the container's /etc/hosts."""

    hostname: Identifier = ""
    ip_address: Identifier = ""


class Ulimit(Part):
    """A resource limit of the container."""

    name: Choice = ""
    soft_limit: int | None = None
    hard_limit: int | None = None


class LogConfiguration(Part):
    """Where a container's output goes."""

    log_driver: Choice | None = None
    options: Mapping[str, EnvironmentValue] = Field(default_factory=dict)
    secret_options: tuple[Secret, ...] = ()


class HealthCheck(Part):
    """ECS's container health check; ``interval``, ``timeout`` and ``start_period`` in seconds."""

    command: tuple[Text, ...] = ()
    interval: int | None = None
    timeout: int | None = None
    retries: int | None = None
    start_period: int | None = None


class SystemControl(Part):
    """A kernel parameter."""

    namespace: Identifier = ""
    value: Text = ""


class ResourceRequirement(Part):
    """A GPU, a Neuron device or an inference accelerator."""

    type: Choice = ""
    value: Identifier = ""
    sharing_strategy: IdentifierTree | None = None


class FirelensConfiguration(Part):
    """Marks the container as the task's log router."""

    type: Choice | None = None
    options: Mapping[str, EnvironmentValue] = Field(default_factory=dict)


class RepositoryCredentials(Part):
    """The secret with which a private registry is read."""

    credentials_parameter: Identifier = ""


class ContainerDefinition(Part):
    """One container of a task; ``cpu`` in CPU units (1024 = one vCPU), memory in MiB, timeouts in seconds."""

    name: Identifier = ""
    image: Identifier = ""
    repository_credentials: RepositoryCredentials | None = None
    cpu: int | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    links: tuple[Identifier, ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()
    essential: bool | None = None
    restart_policy: RestartPolicy | None = None
    entry_point: tuple[Text, ...] = ()
    command: tuple[Text, ...] = ()
    environment: tuple[KeyValue, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    volumes_from: tuple[VolumeFrom, ...] = ()
    linux_parameters: LinuxParameters | None = None
    secrets: tuple[Secret, ...] = ()
    depends_on: tuple[ContainerDependency, ...] = ()
    start_timeout: int | None = None
    stop_timeout: int | None = None
    version_consistency: Choice | None = None
    hostname: Identifier | None = None
    user: Identifier | None = None
    working_directory: Identifier | None = None
    disable_networking: bool | None = None
    privileged: bool | None = None
    readonly_root_filesystem: bool | None = None
    dns_servers: tuple[Identifier, ...] = ()
    dns_search_domains: tuple[Identifier, ...] = ()
    extra_hosts: tuple[HostEntry, ...] = ()
    docker_security_options: tuple[Text, ...] = ()
    interactive: bool | None = None
    pseudo_terminal: bool | None = None
    docker_labels: Mapping[str, EnvironmentValue] = Field(default_factory=dict)
    ulimits: tuple[Ulimit, ...] = ()
    log_configuration: LogConfiguration | None = None
    health_check: HealthCheck | None = None
    system_controls: tuple[SystemControl, ...] = ()
    resource_requirements: tuple[ResourceRequirement, ...] = ()
    firelens_configuration: FirelensConfiguration | None = None
    credential_specs: tuple[Text, ...] = ()

    @property
    def is_essential(self) -> bool:
        """Whether the task ends with this container; ECS's default is yes."""
        return self.essential is not False

    def log_group(self, region: str) -> str | None:
        """The group of CloudWatch Logs in a region that the log driver awslogs writes to; the task is in that region
        unless the driver is told another."""
        configuration = self.log_configuration
        if configuration is None or configuration.log_driver != "awslogs":
            return None
        group = configuration.options.get("awslogs-group")
        return group if configuration.options.get("awslogs-region") in (None, "", region) else None

    @property
    def has_health_check(self) -> bool:
        """Whether a health check is defined (``NONE`` switches an image's check off)."""
        check = self.health_check
        return check is not None and bool(check.command) and check.command[0].upper() != "NONE"


class HostVolume(Part):
    """A bind mount; without ``source_path`` Docker makes an empty folder for the task."""

    source_path: Identifier | None = None


class DockerVolumeConfiguration(Part):
    """A volume of a Docker volume driver."""

    scope: Choice | None = None
    autoprovision: bool | None = None
    driver: Identifier | None = None
    driver_opts: Mapping[str, EnvironmentValue] = Field(default_factory=dict)
    labels: Mapping[str, EnvironmentValue] = Field(default_factory=dict)


class EfsAuthorization(Part):
    """How the mount of an EFS volume is authorised."""

    access_point_id: Identifier | None = None
    iam: Choice | None = None


class EfsVolumeConfiguration(Part):
    """An Amazon EFS file system, or a part of it."""

    file_system_id: Identifier = ""
    root_directory: Identifier | None = None
    transit_encryption: Choice | None = None
    transit_encryption_port: int | None = None
    authorization_config: EfsAuthorization | None = None


class S3FilesVolumeConfiguration(Part):
    """An S3 Files file system."""

    file_system_arn: Identifier = ""
    root_directory: Identifier | None = None
    access_point_arn: Identifier | None = None


class Volume(Part):
    """A volume of the task: exactly one of the configurations, or an empty one."""

    name: Identifier = ""
    host: HostVolume | None = None
    docker_volume_configuration: DockerVolumeConfiguration | None = None
    efs_volume_configuration: EfsVolumeConfiguration | None = None
    s3files_volume_configuration: S3FilesVolumeConfiguration | None = Field(
        default=None, alias="s3filesVolumeConfiguration"
    )
    fsx_windows_file_server_volume_configuration: IdentifierTree | None = None
    configured_at_launch: bool | None = None


class RuntimePlatform(Part):
    """Operating system and processor architecture; ECS's defaults are LINUX and X86_64."""

    cpu_architecture: Choice | None = None
    operating_system_family: Choice | None = None


class ProxyConfiguration(Part):
    """The App Mesh proxy of the task."""

    type: Choice | None = None
    container_name: Identifier | None = None
    properties: tuple[KeyValue, ...] = ()


class EphemeralStorage(Part):
    """Scratch space of a Fargate task."""

    size_in_gi_b: int | None = Field(default=None, alias="sizeInGiB")


class PlacementConstraint(Part):
    """Where tasks may run."""

    type: Choice | None = None
    expression: Identifier | None = None


class InferenceAccelerator(Part):
    """An Elastic Inference accelerator."""

    device_name: Identifier = ""
    device_type: Identifier = ""


class TrustedExecutionConfiguration(Part):
    """How a task is isolated from others on its host."""

    isolation_mode: Choice | None = None


_ON_WINDOWS = re.compile(r"attribute:ecs\.os-type\s*==\s*windows", re.IGNORECASE)
_OF_WINDOWS = re.compile(
    r"mcr\.microsoft\.com/(?:windows|dotnet/framework)/|windowsservercore|nanoserver|microsoft/iis\b"
)
"""Images that exist for Windows only."""


class TaskDefinition(Fact):
    """A revision of a task definition; task ``cpu`` and ``memory`` are texts such as ``256`` or ``1 vCPU``."""

    identity_field: ClassVar[str] = "task_definition_arn"

    task_definition_arn: Identifier = ""
    family: Identifier = ""
    revision: int | None = None
    status: Choice | None = None
    container_definitions: tuple[ContainerDefinition, ...] = ()
    task_role_arn: Identifier | None = None
    execution_role_arn: Identifier | None = None
    network_mode: Choice | None = None
    volumes: tuple[Volume, ...] = ()
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    compatibilities: tuple[Choice, ...] = ()
    requires_compatibilities: tuple[Choice, ...] = ()
    runtime_platform: RuntimePlatform | None = None
    cpu: Annotated[Identifier | None, "CPU units, or vCPU"] = None
    memory: Annotated[Identifier | None, "MiB, or GB"] = None
    inference_accelerators: tuple[InferenceAccelerator, ...] = ()
    pid_mode: Choice | None = None
    ipc_mode: Choice | None = None
    proxy_configuration: ProxyConfiguration | None = None
    registered_at: datetime | None = None
    registered_by: Identifier | None = None
    ephemeral_storage: EphemeralStorage | None = None
    enable_fault_injection: bool | None = None
    trusted_execution_configuration: TrustedExecutionConfiguration | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def name(self) -> str:
        """``family:revision``, or the family where no revision is known."""
        return f"{self.family}:{self.revision}" if self.revision is not None else self.family

    @property
    def is_windows(self) -> bool:
        """Whether the containers are Windows containers (ECS's default is Linux)."""
        return self.windows_mark is not None

    @property
    def windows_mark(self) -> tuple[str | int, ...] | None:
        """Steps to what says that the containers are Windows ones: the platform, else where they run, else an image."""
        family = self.runtime_platform.operating_system_family if self.runtime_platform else None
        if family:
            is_windows = family.upper().startswith("WINDOWS")
            return ("runtimePlatform", "operatingSystemFamily") if is_windows else None
        for index, constraint in enumerate(self.placement_constraints):
            if _ON_WINDOWS.search(constraint.expression or ""):
                return ("placementConstraints", index, "expression")
        for index, definition in enumerate(self.container_definitions):
            if _OF_WINDOWS.search(definition.image.lower()):
                return ("containerDefinitions", index, "image")
        return None

    @property
    def needs_instances(self) -> bool:
        """Whether its network mode keeps it from Fargate, which takes awsvpc only (ECS's default is bridge)."""
        if self.is_unresolved("networkMode"):
            return self.has_links
        return self.network_mode != "awsvpc"

    @property
    def has_links(self) -> bool:
        """Whether a container has Docker links, which ECS takes in bridge mode only."""
        return any(each.links for each in self.container_definitions)

    @property
    def cpu_units(self) -> int | None:
        """The task's size in CPU units (1024 = one vCPU); ``1 vCPU`` and ``.5 vcpu`` are read too."""
        return _size(self.cpu, ("vcpu", "vcpus"), 1024)

    @property
    def memory_mib(self) -> int | None:
        """The task's memory in MiB; ``2 GB`` and ``0.5GB`` are read too (ECS counts 1024 MiB a GB)."""
        return _size(self.memory, ("gb",), 1024)

    def containers(self) -> Iterator["Container"]:
        """Each container of the task with its place in the document."""
        for index, definition in enumerate(self.container_definitions):
            yield Container(task=self, index=index, definition=definition)

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags by key."""
        return tags_of(self.tags)


def _size(text: str | None, units: tuple[str, ...], factor: int) -> int | None:
    words = (text or "").strip().lower()
    for unit in units:
        if words.endswith(unit):
            words, scale = words.removesuffix(unit).strip(), factor
            break
    else:
        scale = 1
    try:
        return int(float(words) * scale)
    except ValueError:
        return None


class ContainerText(NamedTuple):
    """A text that a container runs with: the value of a variable, or a word of a command."""

    what: str
    """What it is, for a sentence: ``variable LEVEL``, ``the command``."""
    element: str
    """The variable's name, or the field: command, entryPoint, healthCheck."""
    value: str
    at: tuple[str | int, ...]
    """Steps to it from the task definition's root."""


class Container:
    """A container of a task definition, with its place in it: what container rules look at."""

    __slots__ = ("definition", "index", "task")

    def __init__(self, *, task: TaskDefinition, index: int, definition: ContainerDefinition) -> None:
        self.task = task
        self.index = index
        self.definition = definition

    @property
    def name(self) -> str:
        """The container's name in the task definition."""
        return self.definition.name

    def at(self, *steps: str | int) -> tuple[str | int, ...]:
        """Steps of a field of this container from the task definition's root."""
        return ("containerDefinitions", self.index, *steps)

    def texts(self) -> Iterator[ContainerText]:
        """Values of variables, then the words of command, entry point and health check."""
        definition = self.definition
        for index, variable in enumerate(definition.environment):
            at = self.at("environment", index, "value")
            yield ContainerText(f"variable {variable.name}", variable.name, variable.value, at)
        check = definition.health_check
        for what, steps, words in (
            ("the command", ("command",), definition.command),
            ("the entry point", ("entryPoint",), definition.entry_point),
            ("the health check", ("healthCheck", "command"), check.command if check is not None else ()),
        ):
            for index, word in enumerate(words):
                yield ContainerText(what, steps[0], word, self.at(*steps, index))


# --- services ---------------------------------------------------------------------------------------------------


class AwsvpcConfiguration(Part):
    """Network of tasks that have an address of their own."""

    subnets: tuple[Identifier, ...] = ()
    security_groups: tuple[Identifier, ...] = ()
    assign_public_ip: Choice | None = None


class NetworkConfiguration(Part):
    """Network of a service's tasks."""

    awsvpc_configuration: AwsvpcConfiguration | None = None


class ServiceLoadBalancer(Part):
    """A target group (or Classic Load Balancer) that a service registers its tasks with."""

    target_group_arn: Identifier | None = None
    load_balancer_name: Identifier | None = None
    container_name: Identifier | None = None
    container_port: int | None = None
    advanced_configuration: IdentifierTree | None = None


class ServiceRegistry(Part):
    """A Cloud Map service that a service registers its tasks with."""

    registry_arn: Identifier = ""
    port: int | None = None
    container_name: Identifier | None = None
    container_port: int | None = None


class CapacityProviderStrategyItem(Part):
    """A share of the tasks for one capacity provider."""

    capacity_provider: Identifier = ""
    weight: int | None = None
    base: int | None = None


class ClientAlias(Part):
    """A name under which Service Connect clients reach a service."""

    port: int | None = None
    dns_name: Identifier | None = None


class ServiceConnectService(Part):
    """A port that a service offers through Service Connect."""

    port_name: Identifier = ""
    discovery_name: Identifier | None = None
    client_aliases: tuple[ClientAlias, ...] = ()
    ingress_port_override: int | None = None
    timeout: IdentifierTree | None = None
    tls: IdentifierTree | None = None


class ServiceConnectConfiguration(Part):
    """Service Connect of a deployment."""

    enabled: bool | None = None
    namespace: Identifier | None = None
    services: tuple[ServiceConnectService, ...] = ()
    log_configuration: LogConfiguration | None = None


class ManagedEbsVolume(Part):
    """An EBS volume that ECS makes for each task."""

    size_in_gi_b: int | None = Field(default=None, alias="sizeInGiB")
    snapshot_id: Identifier | None = None
    volume_type: Choice | None = None
    encrypted: bool | None = None
    kms_key_id: Identifier | None = None
    filesystem_type: Choice | None = None
    role_arn: Identifier | None = None


class ServiceVolumeConfiguration(Part):
    """What a volume marked ``configuredAtLaunch`` becomes in this deployment."""

    name: Identifier = ""
    managed_ebs_volume: ManagedEbsVolume | None = Field(default=None, alias="managedEBSVolume")


class Deployment(Part):
    """One deployment of a service; the PRIMARY one is what runs or is about to."""

    id: Identifier = ""
    status: Choice | None = None
    task_definition: Identifier = ""
    desired_count: int | None = None
    pending_count: int | None = None
    running_count: int | None = None
    failed_tasks: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    launch_type: Choice | None = None
    platform_version: Identifier | None = None
    platform_family: Identifier | None = None
    network_configuration: NetworkConfiguration | None = None
    rollout_state: Choice | None = None
    rollout_state_reason: Text | None = None
    service_connect_configuration: ServiceConnectConfiguration | None = None
    volume_configurations: tuple[ServiceVolumeConfiguration, ...] = ()
    vpc_lattice_configurations: tuple[IdentifierTree, ...] = ()


class TaskSet(Part):
    """One task set of a service whose deployments CodeDeploy or somebody else controls."""

    id: Identifier = ""
    task_set_arn: Identifier = ""
    status: Choice | None = None
    task_definition: Identifier = ""
    created_at: datetime | None = None
    launch_type: Choice | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    network_configuration: NetworkConfiguration | None = None
    load_balancers: tuple[ServiceLoadBalancer, ...] = ()
    service_registries: tuple[ServiceRegistry, ...] = ()


class CircuitBreaker(Part):
    """Whether a failing deployment stops, and rolls back."""

    enable: bool | None = None
    rollback: bool | None = None


class DeploymentAlarms(Part):
    """Alarms that stop or roll back a deployment."""

    alarm_names: tuple[Identifier, ...] = ()
    enable: bool | None = None
    rollback: bool | None = None


class DeploymentConfiguration(Part):
    """How a service replaces its tasks; percentages of the desired count."""

    deployment_circuit_breaker: CircuitBreaker | None = None
    maximum_percent: int | None = None
    minimum_healthy_percent: int | None = None
    alarms: DeploymentAlarms | None = None
    strategy: Choice | None = None
    bake_time_in_minutes: int | None = None
    lifecycle_hooks: tuple[IdentifierTree, ...] = ()


class DeploymentController(Part):
    """Who controls deployments: ECS, CODE_DEPLOY or EXTERNAL."""

    type: Choice | None = None


class PlacementStrategy(Part):
    """How tasks are spread over instances."""

    type: Choice | None = None
    field: Identifier | None = None


class ServiceEvent(Part):
    """A line of a service's event list."""

    id: Identifier = ""
    created_at: datetime | None = None
    message: Text = ""


class Service(Fact):
    """An ECS service with what sits under its deployments."""

    identity_field: ClassVar[str] = "service_arn"

    service_arn: Identifier = ""
    service_name: Identifier = ""
    cluster_arn: Identifier = ""
    load_balancers: tuple[ServiceLoadBalancer, ...] = ()
    service_registries: tuple[ServiceRegistry, ...] = ()
    status: Choice | None = None
    desired_count: int | None = None
    running_count: int | None = None
    pending_count: int | None = None
    launch_type: Choice | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: Identifier | None = None
    platform_family: Identifier | None = None
    task_definition: Identifier = ""
    deployment_configuration: DeploymentConfiguration | None = None
    task_sets: tuple[TaskSet, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    role_arn: Identifier | None = None
    events: tuple[ServiceEvent, ...] = ()
    created_at: datetime | None = None
    created_by: Identifier | None = None
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    network_configuration: NetworkConfiguration | None = None
    health_check_grace_period_seconds: int | None = None
    scheduling_strategy: Choice | None = None
    deployment_controller: DeploymentController | None = None
    tags: tuple[Tag, ...] = ()
    enable_ecs_managed_tags: bool | None = Field(default=None, alias="enableECSManagedTags")
    propagate_tags: Choice | None = None
    enable_execute_command: bool | None = None
    availability_zone_rebalancing: Choice | None = None
    resource_management_type: Choice | None = None

    @property
    def primary(self) -> Deployment | None:
        """The PRIMARY deployment, where ECS controls deployments."""
        return next((each for each in self.deployments if each.status == "PRIMARY"), None)

    def at_primary(self, *steps: str | int) -> tuple[str | int, ...]:
        """Steps of a field of the PRIMARY deployment from the service's root; there must be one."""
        index = next(number for number, each in enumerate(self.deployments) if each.status == "PRIMARY")
        return ("deployments", index, *steps)

    @property
    def primary_task_set(self) -> TaskSet | None:
        """The PRIMARY task set, where CodeDeploy or somebody else controls deployments."""
        return next((each for each in self.task_sets if each.status == "PRIMARY"), None)

    @property
    def task_definition_in_use(self) -> str:
        """ARN of the revision that runs: PRIMARY deployment, else PRIMARY task set, else what the service names."""
        for running in (self.primary, self.primary_task_set):
            if running is not None and running.task_definition:
                return running.task_definition
        return self.task_definition

    @property
    def service_connect(self) -> ServiceConnectConfiguration | None:
        """Service Connect of the PRIMARY deployment, where it is enabled."""
        found = self.primary.service_connect_configuration if self.primary else None
        return found if found is not None and found.enabled else None

    @property
    def awsvpc(self) -> AwsvpcConfiguration | None:
        """Subnets and security groups of the running tasks."""
        for holder in (self.primary, self.primary_task_set, self):
            network = holder.network_configuration if holder is not None else None
            if network is not None and network.awsvpc_configuration is not None:
                return network.awsvpc_configuration
        return None

    @property
    def strategy(self) -> tuple[CapacityProviderStrategyItem, ...]:
        """The capacity provider strategy of the running tasks."""
        for holder in (self.primary, self.primary_task_set, self):
            if holder is not None and holder.capacity_provider_strategy:
                return holder.capacity_provider_strategy
        return ()

    @property
    def all_load_balancers(self) -> tuple[ServiceLoadBalancer, ...]:
        """Load balancers of the service, or of its PRIMARY task set where the service itself names none."""
        if self.load_balancers or self.primary_task_set is None:
            return self.load_balancers
        return self.primary_task_set.load_balancers

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags by key."""
        return tags_of(self.tags)

    def completed_deployments(self, until: datetime, days: int) -> float:
        """How many deployments ECS completed in the last ``days`` before ``until``, by the service's event list.

        The list holds the latest 100 events (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html).
        Where those reach back less far than asked, the number is what the rate since then makes of the whole time.
        """
        since = until - timedelta(days=days)
        times = [each.created_at for each in self.events if each.created_at is not None]
        completed = sum(
            each.created_at is not None and each.created_at >= since and "deployment completed" in each.message
            for each in self.events
        )
        if len(self.events) < _EVENTS_KEPT or not times or min(times) <= since:
            return completed
        return completed * timedelta(days=days) / max(until - min(times), timedelta(hours=1))


_EVENTS_KEPT = 100


class ServiceDeployment(Fact):
    """A rollout of a service, as ListServiceDeployments lists it."""

    identity_field: ClassVar[str] = "service_deployment_arn"

    service_deployment_arn: Identifier = ""
    service_arn: Identifier = ""
    cluster_arn: Identifier = ""
    status: Choice | None = None
    status_reason: Text | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


# --- clusters and capacity --------------------------------------------------------------------------------------


class ClusterSetting(Part):
    """A setting of a cluster, such as ``containerInsights``."""

    name: Identifier = ""
    value: Choice = ""


class Cluster(Fact):
    """An ECS cluster with its settings, configuration and capacity."""

    identity_field: ClassVar[str] = "cluster_arn"

    cluster_arn: Identifier = ""
    cluster_name: Identifier = ""
    configuration: IdentifierTree = Field(default_factory=dict)
    status: Choice | None = None
    registered_container_instances_count: int | None = None
    running_tasks_count: int | None = None
    pending_tasks_count: int | None = None
    active_services_count: int | None = None
    settings: tuple[ClusterSetting, ...] = ()
    capacity_providers: tuple[Identifier, ...] = ()
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    service_connect_defaults: Mapping[str, Identifier] = Field(default_factory=dict)
    tags: tuple[Tag, ...] = ()

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.cluster_name

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags by key."""
        return tags_of(self.tags)

    def setting(self, name: str) -> str | None:
        """The value of a setting, or none where the cluster does not say."""
        return next((each.value for each in self.settings if each.name == name), None)


class ManagedScaling(Part):
    """ECS's scaling of an Auto Scaling group; ``target_capacity`` in percent."""

    status: Choice | None = None
    target_capacity: int | None = None


class AutoScalingGroupProvider(Part):
    """A capacity provider on an EC2 Auto Scaling group."""

    auto_scaling_group_arn: Identifier = ""
    managed_scaling: ManagedScaling | None = None
    managed_termination_protection: Choice | None = None
    managed_draining: Choice | None = None


class CapacityProvider(Fact):
    """Where tasks get their compute from."""

    identity_field: ClassVar[str] = "capacity_provider_arn"

    capacity_provider_arn: Identifier = ""
    name: Identifier = ""
    cluster: Identifier | None = None
    status: Choice | None = None
    type: Choice | None = None
    auto_scaling_group_provider: AutoScalingGroupProvider | None = None
    managed_instances_provider: IdentifierTree | None = None
    tags: tuple[Tag, ...] = ()


class Attribute(Part):
    """An attribute of a container instance, such as ``ecs.cpu-architecture``."""

    name: Identifier = ""
    value: Identifier | None = None


class ContainerInstance(Fact):
    """An EC2 (or external) instance that runs tasks."""

    identity_field: ClassVar[str] = "container_instance_arn"

    container_instance_arn: Identifier = ""
    cluster_arn: Identifier = ""
    """Not in AWS's answer: the cluster that was asked."""
    ec2_instance_id: Identifier = Field(default="", alias="ec2InstanceId")
    capacity_provider_name: Identifier | None = None
    status: Choice | None = None
    agent_connected: bool | None = None
    running_tasks_count: int | None = None
    attributes: tuple[Attribute, ...] = ()
    tags: tuple[Tag, ...] = ()

    def attribute(self, name: str) -> str | None:
        """The value of an attribute; empty where it has a name only, none where it is absent."""
        return next((each.value or "" for each in self.attributes if each.name == name), None)


# --- tasks ------------------------------------------------------------------------------------------------------


class ContainerOverride(Part):
    """What RunTask changed in a container."""

    name: Identifier = ""
    command: tuple[Text, ...] = ()
    environment: tuple[KeyValue, ...] = ()


class TaskOverride(Part):
    """What RunTask changed in the task."""

    container_overrides: tuple[ContainerOverride, ...] = ()
    task_role_arn: Identifier | None = None
    execution_role_arn: Identifier | None = None
    cpu: Identifier | None = None
    memory: Identifier | None = None


class TaskContainer(Part):
    """A container of a running or stopped task."""

    name: Identifier = ""
    image: Identifier | None = None
    image_digest: Identifier | None = None
    last_status: Choice | None = None
    exit_code: int | None = None
    reason: Text | None = None
    health_status: Choice | None = None


class Task(Fact):
    """A running or lately stopped task."""

    identity_field: ClassVar[str] = "task_arn"

    task_arn: Identifier = ""
    cluster_arn: Identifier = ""
    task_definition_arn: Identifier = ""
    group: Identifier | None = None
    started_by: Identifier | None = None
    launch_type: Choice | None = None
    capacity_provider_name: Identifier | None = None
    container_instance_arn: Identifier | None = None
    last_status: Choice | None = None
    desired_status: Choice | None = None
    stop_code: Choice | None = None
    stopped_reason: Text | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    overrides: TaskOverride | None = None
    containers: tuple[TaskContainer, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def service_name(self) -> str | None:
        """The service that owns the task, from its group ``service:NAME``."""
        group = self.group or ""
        return group.removeprefix("service:") if group.startswith("service:") else None


class TaskProtection(Fact):
    """That a task is protected from being ended when its service scales in or deploys."""

    identity_field: ClassVar[str] = "task_arn"

    task_arn: Identifier = ""
    protection_enabled: bool | None = None
    expiration_date: datetime | None = None


# --- what belongs to the account --------------------------------------------------------------------------------


class AccountSetting(Fact):
    """A setting of ECS for the account and region, such as ``awsvpcTrunking``, as it holds for whoever scanned."""

    identity_field: ClassVar[str] = "name"

    name: Identifier = ""
    value: Choice = ""


class Gateway(Fact):
    """A gateway of ECS: a load balancer that several services share, run by ECS."""

    identity_field: ClassVar[str] = "gateway_arn"

    gateway_arn: Identifier = ""
    name: Identifier = ""
    status: Choice | None = None


class GatewayRoute(Fact):
    """What leads from a gateway to a service."""

    identity_field: ClassVar[str] = "gateway_route_arn"

    gateway_route_arn: Identifier = ""
    gateway_arn: Identifier = ""
    cluster_arn: Identifier = ""
    service_arn: Identifier = ""
    service_container_port_name: Identifier | None = None
    status: Choice | None = None
