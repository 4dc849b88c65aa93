"""All facts of one scan, over accounts and regions, and the look-ups that rules and the graph share."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field

from assess.estate.alarms import Alarm
from assess.estate.balancing import Listener, ListenerRule, LoadBalancer, TargetGroup
from assess.estate.datastores import (
    Bucket,
    CacheCluster,
    DatabaseCluster,
    DatabaseInstance,
    DatabaseProxy,
    MemoryCluster,
    ReplicationGroup,
    SearchDomain,
    ServerlessCache,
    Table,
    Warehouse,
)
from assess.estate.delivery import DeploymentApplication, Pipeline, PipelineAction, Steps
from assess.estate.discovery import DiscoveryInstance, DiscoveryService, Namespace
from assess.estate.dns import DnsRecord
from assess.estate.ecs import (
    AccountSetting,
    CapacityProvider,
    Cluster,
    Container,
    ContainerInstance,
    Gateway,
    GatewayRoute,
    Service,
    ServiceDeployment,
    Task,
    TaskDefinition,
    TaskProtection,
)
from assess.estate.edge import Accelerator, ApiIntegration, Distribution, VpcLink
from assess.estate.facts import Fact, Identifier, Leaf, Origin
from assess.estate.functions import EventSourceMapping, Function
from assess.estate.gaps import Gap, Missing, Reason, Seen
from assess.estate.grants import Permissions, permissions_of
from assess.estate.identity import Role
from assess.estate.images import ImageReference
from assess.estate.lattice import LatticeService, LatticeTargetGroup
from assess.estate.logs import Dashboard, LogGroup, ShownMetric
from assess.estate.messaging import (
    Broker,
    DeliveryStream,
    EventBus,
    KafkaCluster,
    Queue,
    Stream,
    Subscription,
    Topic,
)
from assess.estate.metrics import ServiceMetrics
from assess.estate.network import (
    Instance,
    NatGateway,
    NetworkAcl,
    NetworkInterface,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from assess.estate.protection import ServedCertificate, ShieldProtection, WebAcl
from assess.estate.quotas import ServiceQuota
from assess.estate.redaction import redactions_in
from assess.estate.registry import Repository
from assess.estate.resource_policies import ResourcePolicy
from assess.estate.scaling import AutoScalingGroup, ScalableTarget, ScalingPolicy, ScheduledScaling
from assess.estate.secret_stores import EncryptionKey, StoredParameter, StoredSecret, StoreReference
from assess.estate.storage import FileSystem
from assess.estate.triggers import EventRule, Pipe, Schedule, StateMachine
from assess.estate.workloads import Workload, workloads_of

_F = TypeVar("_F", bound=Fact)

_MANIFESTS = "iac"
"""What manifests, charts and pipelines of the target show: no account and no file of ECS holds it."""

SCHEMA_VERSION = 1
"""Version of the saved form; raised when an older program could misread a newer file."""


class OpenFact(BaseModel):
    """A fact that an input file holds, though not of this one resource."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: Identifier
    resource: Identifier
    """Its identity."""
    reason: Annotated[Reason, Leaf.CHOICE]


class Source(BaseModel):
    """An input file: what kind it was taken for, and which facts that kind can hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Identifier
    kind: Literal["task_definition", "container_definitions", "template"]
    facts: tuple[Identifier, ...]
    open: tuple[OpenFact, ...] = ()
    aliases: Mapping[str, Identifier] = Field(default_factory=dict)
    """Of a template: resources of others, ``PATH#LOGICAL-ID``, by the parameter that each is passed by."""


class Scope(BaseModel):
    """What was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: tuple[Identifier, ...] = ()
    regions: tuple[Identifier, ...] = ()
    sources: tuple[Source, ...] = ()
    filters: Mapping[str, tuple[Identifier, ...]] = Field(default_factory=dict)
    skipped: tuple[Identifier, ...] = ()
    """Files of a folder that hold nothing this tool reads, by path."""


class Estate(BaseModel):
    """All facts of one scan. Every string in it has passed the door.

    Facts are sorted (by identity within their kind), so that the same facts make the same bytes. Look-ups return
    none for what is not there; whether that means absent or not seen is what :meth:`missing` answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    detectors_version: int
    collected_at: datetime
    scope: Scope = Field(default_factory=Scope)
    seen: tuple[Seen, ...] = ()
    gaps: tuple[Gap, ...] = ()

    clusters: tuple[Cluster, ...] = ()
    services: tuple[Service, ...] = ()
    service_deployments: tuple[ServiceDeployment, ...] = ()
    task_definitions: tuple[TaskDefinition, ...] = ()
    tasks: tuple[Task, ...] = ()
    capacity_providers: tuple[CapacityProvider, ...] = ()
    container_instances: tuple[ContainerInstance, ...] = ()
    instances: tuple[Instance, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    discovery_services: tuple[DiscoveryService, ...] = ()
    discovery_instances: tuple[DiscoveryInstance, ...] = ()
    roles: tuple[Role, ...] = ()
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    vpc_endpoints: tuple[VpcEndpoint, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    listeners: tuple[Listener, ...] = ()
    listener_rules: tuple[ListenerRule, ...] = ()
    target_groups: tuple[TargetGroup, ...] = ()
    scalable_targets: tuple[ScalableTarget, ...] = ()
    scaling_policies: tuple[ScalingPolicy, ...] = ()
    scheduled_scalings: tuple[ScheduledScaling, ...] = ()
    event_rules: tuple[EventRule, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    state_machines: tuple[StateMachine, ...] = ()
    stored_secrets: tuple[StoredSecret, ...] = ()
    stored_parameters: tuple[StoredParameter, ...] = ()
    encryption_keys: tuple[EncryptionKey, ...] = ()
    repositories: tuple[Repository, ...] = ()
    resource_policies: tuple[ResourcePolicy, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    dns_records: tuple[DnsRecord, ...] = ()
    served_certificates: tuple[ServedCertificate, ...] = ()
    web_acls: tuple[WebAcl, ...] = ()
    shield_protections: tuple[ShieldProtection, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    accelerators: tuple[Accelerator, ...] = ()
    vpc_links: tuple[VpcLink, ...] = ()
    api_integrations: tuple[ApiIntegration, ...] = ()
    deployment_applications: tuple[DeploymentApplication, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    log_groups: tuple[LogGroup, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    file_systems: tuple[FileSystem, ...] = ()
    service_metrics: tuple[ServiceMetrics, ...] = ()
    task_protections: tuple[TaskProtection, ...] = ()
    account_settings: tuple[AccountSetting, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    gateway_routes: tuple[GatewayRoute, ...] = ()
    auto_scaling_groups: tuple[AutoScalingGroup, ...] = ()
    quotas: tuple[ServiceQuota, ...] = ()
    network_interfaces: tuple[NetworkInterface, ...] = ()

    database_instances: tuple[DatabaseInstance, ...] = ()
    database_clusters: tuple[DatabaseCluster, ...] = ()
    database_proxies: tuple[DatabaseProxy, ...] = ()
    replication_groups: tuple[ReplicationGroup, ...] = ()
    cache_clusters: tuple[CacheCluster, ...] = ()
    serverless_caches: tuple[ServerlessCache, ...] = ()
    memory_clusters: tuple[MemoryCluster, ...] = ()
    tables: tuple[Table, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    search_domains: tuple[SearchDomain, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    queues: tuple[Queue, ...] = ()
    topics: tuple[Topic, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    streams: tuple[Stream, ...] = ()
    delivery_streams: tuple[DeliveryStream, ...] = ()
    kafka_clusters: tuple[KafkaCluster, ...] = ()
    brokers: tuple[Broker, ...] = ()
    event_buses: tuple[EventBus, ...] = ()
    pipes: tuple[Pipe, ...] = ()
    functions: tuple[Function, ...] = ()
    event_source_mappings: tuple[EventSourceMapping, ...] = ()
    lattice_services: tuple[LatticeService, ...] = ()
    lattice_target_groups: tuple[LatticeTargetGroup, ...] = ()

    # --- workloads ----------------------------------------------------------------------------------------------

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """What becomes one Kubernetes controller each, sorted by id."""
        return workloads_of(self)

    @cached_property
    def workload_by_id(self) -> Mapping[str, Workload]:
        """Workloads by their id."""
        return {each.id: each for each in self.workloads}

    @cached_property
    def _users(self) -> Mapping[int, tuple[Workload, ...]]:
        users: dict[int, list[Workload]] = {}
        for workload in self.workloads:
            if workload.task_definition is not None:
                users.setdefault(id(workload.task_definition), []).append(workload)
        return {key: tuple(found) for key, found in users.items()}

    def users(self, of: TaskDefinition | Container) -> tuple[Workload, ...]:
        """The workloads that run a task definition (or the one that a container belongs to)."""
        task = of.task if isinstance(of, Container) else of
        return self._users.get(id(task), ())

    def runs_on_fargate(self, of: TaskDefinition | Container | Workload) -> bool:
        """Whether it runs on Fargate only: by its workloads' capacity, else by ``requiresCompatibilities``."""
        if isinstance(of, Workload):
            return of.is_fargate
        task = of.task if isinstance(of, Container) else of
        users = self.users(task)
        if users:
            return all(each.is_fargate for each in users)
        return tuple(task.requires_compatibilities) == ("FARGATE",)

    def is_daemon(self, of: TaskDefinition | Container) -> bool:
        """Whether every workload that runs it is a daemon service."""
        users = self.users(of)
        return bool(users) and all(each.kind == "daemon" for each in users)

    def subnet_ids(self, workload: Workload) -> frozenset[str]:
        """Ids of the subnets of a workload's tasks, else of the instances of its cluster (whose network they share)."""
        named = frozenset(id for each in workload.awsvpc for id in each.subnets)
        if named or workload.is_fargate:
            return named
        instances = self.container_instances_by_cluster.get(workload.cluster_arn, ())
        found = (self.instance_by_id.get(each.ec2_instance_id) for each in instances)
        return frozenset(each.subnet_id for each in found if each is not None and each.subnet_id)

    @cached_property
    def subnet_users(self) -> Mapping[str, tuple[tuple[Workload, int], ...]]:
        """Workloads by the id of a subnet of their tasks, each with the number of its subnets."""
        found: dict[str, list[tuple[Workload, int]]] = {}
        for workload in self.workloads:
            ids = self.subnet_ids(workload)
            for id in ids:
                found.setdefault(id, []).append((workload, len(ids)))
        return {id: tuple(users) for id, users in found.items()}

    @cached_property
    def security_group_users(self) -> Mapping[str, tuple[Workload, ...]]:
        """Workloads by the id of a security group of their tasks."""
        found: dict[str, list[Workload]] = {}
        for workload in self.workloads:
            for id in workload.security_groups:
                found.setdefault(id, []).append(workload)
        return {id: tuple(users) for id, users in found.items()}

    @cached_property
    def security_group_references(self) -> Mapping[str, tuple[tuple[SecurityGroup, str, int, int], ...]]:
        """Where a security group is named in the rules of another: group, field, index of the rule and of the pair."""
        found: dict[str, list[tuple[SecurityGroup, str, int, int]]] = {}
        for group in self.security_groups:
            fields = (("IpPermissions", group.ip_permissions), ("IpPermissionsEgress", group.ip_permissions_egress))
            for field, permissions in fields:
                for index, permission in enumerate(permissions):
                    for place, pair in enumerate(permission.user_id_group_pairs):
                        if pair.group_id != group.group_id:
                            found.setdefault(pair.group_id, []).append((group, field, index, place))
        return {id: tuple(places) for id, places in found.items()}

    @cached_property
    def subnets_by_vpc(self) -> Mapping[str, tuple[Subnet, ...]]:
        """Subnets by the id of their VPC."""
        return _group(self.subnets, "vpc_id")

    @cached_property
    def _route_table_of(self) -> Mapping[str, RouteTable]:
        """Route tables by subnet id, the main ones by VPC id."""
        found: dict[str, RouteTable] = {}
        for table in self.route_tables:
            for association in table.associations:
                if association.subnet_id:
                    found[association.subnet_id] = table
                elif association.main:
                    found[table.vpc_id] = table
        return found

    def route_table(self, subnet: Subnet) -> RouteTable | None:
        """The route table that a subnet uses: its own, else the main one of its VPC."""
        return self._route_table_of.get(subnet.subnet_id) or self._route_table_of.get(subnet.vpc_id)

    @cached_property
    def environments_of(self) -> Mapping[str, frozenset[str | None]]:
        """Environments in which workloads of a base name run (none: nothing says which)."""
        found: dict[str, set[str | None]] = {}
        for workload in self.workloads:
            found.setdefault(workload.base_name, set()).add(workload.environment)
        return {name: frozenset(environments) for name, environments in found.items()}

    @cached_property
    def redaction_users(self) -> Mapping[int, frozenset[str]]:
        """Ids of the workloads whose task definition holds a text that the door replaced, by the marker's group."""
        found: dict[int, set[str]] = {}
        for task in self.task_definitions:
            groups = {each.group for each in redactions_in(task.model_dump_json())}
            for group in groups:
                found.setdefault(group, set()).update(each.id for each in self.users(task))
        return {group: frozenset(ids) for group, ids in found.items()}

    @cached_property
    def task_role_users(self) -> Mapping[str, tuple[Workload, ...]]:
        """Workloads by the ARN of their task role."""
        return _by_role(self.workloads, "task_role_arn")

    @cached_property
    def execution_role_users(self) -> Mapping[str, tuple[Workload, ...]]:
        """Workloads by the ARN of their execution role."""
        return _by_role(self.workloads, "execution_role_arn")

    # --- look-ups -----------------------------------------------------------------------------------------------

    @cached_property
    def cluster_by_arn(self) -> Mapping[str, Cluster]:
        """Clusters by ARN."""
        return _index(self.clusters)

    @cached_property
    def service_by_arn(self) -> Mapping[str, Service]:
        """Services by ARN."""
        return _index(self.services)

    @cached_property
    def task_definition_by_arn(self) -> Mapping[str, TaskDefinition]:
        """Task definitions by ARN; those of files have none and are not in here."""
        return _index(self.task_definitions)

    @cached_property
    def role_by_arn(self) -> Mapping[str, Role]:
        """Roles by ARN."""
        return _index(self.roles)

    @cached_property
    def _permissions(self) -> Mapping[str, Permissions]:
        return {each.identity: permissions_of(each) for each in self.roles}

    def permissions_of(self, role: Role) -> Permissions:
        """What the policies of a role let it do."""
        return self._permissions[role.identity]

    @cached_property
    def vpc_by_id(self) -> Mapping[str, Vpc]:
        """VPCs by id."""
        return _index(self.vpcs)

    @cached_property
    def subnet_by_id(self) -> Mapping[str, Subnet]:
        """Subnets by id."""
        return _index(self.subnets)

    @cached_property
    def security_group_by_id(self) -> Mapping[str, SecurityGroup]:
        """Security groups by id."""
        return _index(self.security_groups)

    @cached_property
    def target_group_by_arn(self) -> Mapping[str, TargetGroup]:
        """Target groups by ARN."""
        return _index(self.target_groups)

    @cached_property
    def load_balancer_by_arn(self) -> Mapping[str, LoadBalancer]:
        """Load balancers by ARN, Classic ones by name."""
        return _index(self.load_balancers)

    @cached_property
    def capacity_provider_by_name(self) -> Mapping[tuple[str, str, str], CapacityProvider]:
        """Capacity providers by account, region and name."""
        return {(each.origin.account, each.origin.region, each.name): each for each in self.capacity_providers}

    @cached_property
    def discovery_service_by_arn(self) -> Mapping[str, DiscoveryService]:
        """Cloud Map services by ARN."""
        return _index(self.discovery_services)

    @cached_property
    def container_instances_by_cluster(self) -> Mapping[str, tuple[ContainerInstance, ...]]:
        """Container instances by their cluster's ARN."""
        return _group(self.container_instances, "cluster_arn")

    @cached_property
    def instance_by_id(self) -> Mapping[str, Instance]:
        """EC2 instances by id."""
        return _index(self.instances)

    @cached_property
    def listeners_by_load_balancer(self) -> Mapping[str, tuple[Listener, ...]]:
        """Listeners by load balancer ARN."""
        return _group(self.listeners, "load_balancer_arn")

    @cached_property
    def rules_by_listener(self) -> Mapping[str, tuple[ListenerRule, ...]]:
        """Listener rules by listener ARN."""
        return _group(self.listener_rules, "listener_arn")

    @cached_property
    def tasks_by_service(self) -> Mapping[tuple[str, str], tuple[Task, ...]]:
        """Running and lately stopped tasks by cluster ARN and service name."""
        found: dict[tuple[str, str], list[Task]] = {}
        for task in self.tasks:
            if task.service_name is not None:
                found.setdefault((task.cluster_arn, task.service_name), []).append(task)
        return {key: tuple(tasks) for key, tasks in found.items()}

    @cached_property
    def scalable_target_by_resource(self) -> Mapping[tuple[str, str, str], ScalableTarget]:
        """Scalable targets by account, region and resource id (``service/CLUSTER/NAME``)."""
        return {(each.origin.account, each.origin.region, each.resource_id): each for each in self.scalable_targets}

    @cached_property
    def scaling_policies_by_resource(self) -> Mapping[tuple[str, str, str], tuple[ScalingPolicy, ...]]:
        """Scaling policies by account, region and resource id."""
        found: dict[tuple[str, str, str], list[ScalingPolicy]] = {}
        for each in self.scaling_policies:
            found.setdefault((each.origin.account, each.origin.region, each.resource_id), []).append(each)
        return {key: tuple(policies) for key, policies in found.items()}

    @cached_property
    def scheduled_scalings_by_resource(self) -> Mapping[tuple[str, str, str], tuple[ScheduledScaling, ...]]:
        """Scheduled scaling actions by account, region and resource id."""
        found: dict[tuple[str, str, str], list[ScheduledScaling]] = {}
        for each in self.scheduled_scalings:
            found.setdefault((each.origin.account, each.origin.region, each.resource_id), []).append(each)
        return {key: tuple(actions) for key, actions in found.items()}

    @cached_property
    def _stored(self) -> Mapping[tuple[str, str, str, str], StoredSecret | StoredParameter]:
        """Secrets and parameters by service, account, region and each of their names, secrets by ARN too."""
        found: dict[tuple[str, str, str, str], StoredSecret | StoredParameter] = {}
        for parameter in self.stored_parameters:
            found["ssm", parameter.origin.account, parameter.origin.region, parameter.name] = parameter
        for secret in self.stored_secrets:
            for name in (secret.name, secret.arn):
                found["secretsmanager", secret.origin.account, secret.origin.region, name] = secret
        return found

    def stored(self, reference: StoreReference) -> StoredSecret | StoredParameter | None:
        """The secret or parameter that a reference names, where it was found."""
        for name in (reference.id, *reference.names):
            found = self._stored.get((reference.service, reference.account, reference.region, name))
            if found is not None:
                return found
        return None

    @cached_property
    def encryption_key_by_reference(self) -> Mapping[tuple[str, str, str], EncryptionKey]:
        """Keys of secrets by account, region and each id, ARN and alias that a secret names them by."""
        return {
            (each.origin.account, each.origin.region, reference): each
            for each in self.encryption_keys
            for reference in each.references
        }

    @cached_property
    def resource_policies_naming(self) -> Mapping[str, tuple[tuple[ResourcePolicy, tuple[str | int, ...]], ...]]:
        """Policies of resources by the ARN of a role that they name, each with the steps to the statement."""
        roles = frozenset(self.role_by_arn)
        found: dict[str, list[tuple[ResourcePolicy, tuple[str | int, ...]]]] = {}
        for policy in self.resource_policies:
            for role, place in policy.naming(roles):
                found.setdefault(role, []).append((policy, place))
        return {role: tuple(places) for role, places in found.items()}

    @cached_property
    def _repositories(self) -> Mapping[tuple[str, str, str], Repository]:
        """Repositories by account, region and name."""
        return {(each.origin.account, each.origin.region, each.repository_name): each for each in self.repositories}

    def repository(self, image: ImageReference) -> Repository | None:
        """The repository in ECR that an image comes from, where it was found."""
        if not image.is_ecr:
            return None
        return self._repositories.get((image.ecr_account or "", image.ecr_region or "", image.repository or ""))

    @cached_property
    def alarms_on(self) -> Mapping[tuple[str, str, str, str], tuple[Alarm, ...]]:
        """Alarms by account, region, and the name and value of each dimension of a metric that they watch.

        The two dimensions of a service are one: ``ServiceName`` with ``CLUSTER/SERVICE``.
        """
        found: dict[tuple[str, str, str, str], dict[str, Alarm]] = {}
        for alarm in self.alarms:
            place = (alarm.origin.account, alarm.origin.region)
            for _, dimensions, _ in alarm.watched():
                for name, value in dimensions.items():
                    of = f"{dimensions.get('ClusterName', '')}/{value}" if name == "ServiceName" else value
                    found.setdefault((*place, name, of), {})[alarm.identity] = alarm
        return {key: tuple(alarms.values()) for key, alarms in found.items()}

    @cached_property
    def interfaces_by_subnet(self) -> Mapping[str, tuple[NetworkInterface, ...]]:
        """Network interfaces by the id of their subnet."""
        return _group(self.network_interfaces, "subnet_id")

    @cached_property
    def auto_scaling_group_by_arn(self) -> Mapping[str, AutoScalingGroup]:
        """Auto Scaling groups behind capacity providers, by ARN."""
        return _index(self.auto_scaling_groups)

    @cached_property
    def quota_by_code(self) -> Mapping[tuple[str, str, str], ServiceQuota]:
        """Quotas by account, region and code."""
        return {(each.origin.account, each.origin.region, each.quota_code): each for each in self.quotas}

    @cached_property
    def protection_by_task(self) -> Mapping[str, TaskProtection]:
        """Protections of tasks by the task's ARN."""
        return _index(self.task_protections)

    @cached_property
    def gateway_routes_by_service(self) -> Mapping[str, tuple[GatewayRoute, ...]]:
        """Routes of ECS gateways by the ARN of the service that they lead to."""
        return _group(self.gateway_routes, "service_arn")

    @cached_property
    def deployments_by_service(self) -> Mapping[str, tuple[ServiceDeployment, ...]]:
        """Rollouts by the ARN of their service, for services whose rollouts were listed."""
        return _group(self.service_deployments, "service_arn")

    @cached_property
    def revisions_by_family(self) -> Mapping[tuple[str, str, str], tuple[TaskDefinition, ...]]:
        """The revisions of task definitions that were read, by account, region and family."""
        found: dict[tuple[str, str, str], list[TaskDefinition]] = {}
        for each in self.task_definitions:
            found.setdefault((each.origin.account, each.origin.region, each.family), []).append(each)
        return {key: tuple(revisions) for key, revisions in found.items()}

    @cached_property
    def metrics_by_service(self) -> Mapping[str, ServiceMetrics]:
        """How busy services were, by their ARN."""
        return _index(self.service_metrics)

    @cached_property
    def dns_records_to(self) -> Mapping[str, tuple[DnsRecord, ...]]:
        """Records by each name or address that they lead to, as host names are compared."""
        found: dict[str, list[DnsRecord]] = {}
        for record in self.dns_records:
            for host in record.leads_to:
                found.setdefault(host, []).append(record)
        return {host: tuple(records) for host, records in found.items()}

    @cached_property
    def _declared(self) -> Mapping[tuple[str, str], Fact]:
        """The first fact of each resource of a template, by the template's path and the resource's logical id."""
        found: dict[tuple[str, str], Fact] = {}
        for kind in FACT_KINDS:
            for fact in getattr(self, kind):
                if fact.origin.logical_id is not None:
                    found.setdefault((fact.origin.source or "", fact.origin.logical_id), fact)
        return found

    def declared(self, source: str, logical_id: str) -> Fact | None:
        """The resource that a template declares under a logical id, where it is of a kind that an estate holds.

        The name of a parameter stands for the resource of another template that a parent passes by it.
        """
        found = self._declared.get((source, logical_id))
        if found is not None:
            return found
        path, _, elsewhere = self._aliases.get((source, logical_id), "").rpartition("#")
        return self._declared.get((path, elsewhere))

    @cached_property
    def _aliases(self) -> Mapping[tuple[str, str], str]:
        return {(each.path, name): to for each in self.scope.sources for name, to in each.aliases.items()}

    @cached_property
    def log_group_by_name(self) -> Mapping[tuple[str, str, str], LogGroup]:
        """Log groups that somebody reads along in, by account, region and name."""
        return {(each.origin.account, each.origin.region, each.log_group_name): each for each in self.log_groups}

    @cached_property
    def dashboards_of(self) -> Mapping[tuple[str, str, str, str], tuple[tuple[Dashboard, int, ShownMetric], ...]]:
        """Dashboards by account, region, cluster and service that they show, each with the metric and its index."""
        found: dict[tuple[str, str, str, str], list[tuple[Dashboard, int, ShownMetric]]] = {}
        for dashboard in self.dashboards:
            for index, metric in enumerate(dashboard.shown):
                key = (dashboard.origin.account, metric.region, metric.cluster_name, metric.service_name)
                found.setdefault(key, []).append((dashboard, index, metric))
        return {key: tuple(shown) for key, shown in found.items()}

    @cached_property
    def file_system_by_id(self) -> Mapping[tuple[str, str, str], FileSystem]:
        """File systems by account, region and id."""
        return {(each.origin.account, each.origin.region, each.file_system_id): each for each in self.file_systems}

    def file_system(self, id: str, origin: Origin) -> FileSystem | None:
        """The file system that a task of this origin mounts by an id (or ARN), where it was read."""
        return self.file_system_by_id.get((origin.account, origin.region, id.rpartition("/")[2]))

    @cached_property
    def deployment_groups_of(self) -> Mapping[tuple[str, str, str, str], tuple[tuple[str, str], ...]]:
        """Application and deployment group of CodeDeploy, by account, region, cluster and service that they deploy."""
        found: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
        for application in self.deployment_applications:
            place = (application.origin.account, application.origin.region)
            for group in application.deployment_groups:
                for each in group.ecs_services:
                    key = (*place, each.cluster_name.rpartition("/")[2], each.service_name)
                    found.setdefault(key, []).append((application.application_name, group.deployment_group_name))
        return {key: tuple(groups) for key, groups in found.items()}

    @cached_property
    def deploying_actions(
        self,
    ) -> Mapping[tuple[str, str, tuple[str, str, str]], tuple[tuple[Pipeline, PipelineAction, Steps], ...]]:
        """Actions of pipelines by account, region and what they deploy, each with the steps to it."""
        found: dict[tuple[str, str, tuple[str, str, str]], list[tuple[Pipeline, PipelineAction, Steps]]] = {}
        for pipeline in self.pipelines:
            for action, at in pipeline.actions():
                deployed = action.deployed
                if deployed is not None:
                    key = (pipeline.origin.account, action.region or pipeline.origin.region, deployed)
                    found.setdefault(key, []).append((pipeline, action, at))
        return {key: tuple(actions) for key, actions in found.items()}

    @cached_property
    def certificates_by_listener(self) -> Mapping[str, tuple[ServedCertificate, ...]]:
        """Certificates of ACM by the ARN of a listener that serves them."""
        found: dict[str, list[ServedCertificate]] = {}
        for certificate in self.served_certificates:
            for arn in certificate.listener_arns:
                found.setdefault(arn, []).append(certificate)
        return {arn: tuple(certificates) for arn, certificates in found.items()}

    # --- what is missing ----------------------------------------------------------------------------------------

    @cached_property
    def _seen(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((each.fact, each.account, each.region) for each in self.seen)

    @cached_property
    def _source_facts(self) -> Mapping[str, frozenset[str]]:
        return {each.path: frozenset(each.facts) for each in self.scope.sources}

    @cached_property
    def _open_facts(self) -> Mapping[tuple[str, str], Mapping[str, Reason]]:
        """Why a file that holds a fact does not hold it of single resources, by the file's path and the fact."""
        found: dict[tuple[str, str], dict[str, Reason]] = {}
        for source in self.scope.sources:
            for each in source.open:
                found.setdefault((source.path, each.fact), {})[each.resource] = each.reason
        return found

    @cached_property
    def _gaps_by_fact(self) -> Mapping[str, tuple[Gap, ...]]:
        found: dict[str, list[Gap]] = {}
        for gap in self.gaps:
            if not gap.recovered:
                for fact in gap.facts:
                    found.setdefault(fact, []).append(gap)
        return {fact: tuple(gaps) for fact, gaps in found.items()}

    def missing(self, fact: str, origin: Origin, related: Iterable[str] | None = ()) -> Missing | None:
        """Why ``fact`` is not known for something seen at ``origin``, or none where it was read completely.

        ``related`` are the ARNs and ids of the resources that the question is about: a gap on one resource takes
        the fact away from those that are related to it only. None asks about every resource of the place.
        """
        if fact.startswith("survey"):
            return Missing(fact=fact, reason=Reason.UNANSWERED)
        if fact == _MANIFESTS:
            return Missing(fact=fact, reason=Reason.NOT_IN_SOURCE)
        if origin.source is not None:
            held = self._source_facts.get(origin.source, frozenset())
            if fact not in held:
                return Missing(fact=fact, reason=Reason.NOT_IN_SOURCE)
            opened = self._open_facts.get((origin.source, fact), {})
            reasons = [reason for id, reason in opened.items() if related is None or id in frozenset(related)]
            return Missing(fact=fact, reason=min(reasons, key=lambda each: each.rank)) if reasons else None
        about = frozenset(related) if related is not None else None
        gaps = [
            gap
            for gap in self._gaps_by_fact.get(fact, ())
            if gap.account in ("", origin.account)
            and gap.region in ("", origin.region)
            and (gap.resource is None or about is None or gap.resource in about)
        ]
        if gaps:
            reason = min((gap.reason for gap in gaps), key=lambda each: each.rank)
            return Missing(
                fact=fact, reason=reason, actions=tuple(sorted({gap.action for gap in gaps if gap.action is not None}))
            )
        for region in (origin.region, ""):
            if (fact, origin.account, region) in self._seen:
                return None
        return Missing(fact=fact, reason=Reason.NOT_COLLECTED)

    @property
    def blind(self) -> tuple[Gap, ...]:
        """Gaps that may hide workloads."""
        return tuple(gap for gap in self.gaps if gap.enumeration and not gap.recovered)


FACT_KINDS: Mapping[str, type[Fact]] = {
    name: kind
    for name, field in Estate.model_fields.items()
    for kind in get_args(field.annotation)[:1]
    if isinstance(kind, type) and issubclass(kind, Fact)
}
"""The estate's lists of facts: field name to the model of its members."""


def _index(facts: tuple[_F, ...]) -> Mapping[str, _F]:
    return {each.identity: each for each in facts if each.identity}


def _by_role(workloads: tuple[Workload, ...], field: str) -> Mapping[str, tuple[Workload, ...]]:
    found: dict[str, list[Workload]] = {}
    for workload in workloads:
        arn = getattr(workload.task_definition, field, None)
        if arn:
            found.setdefault(arn, []).append(workload)
    return {arn: tuple(users) for arn, users in found.items()}


def _group(facts: tuple[Any, ...], field: str) -> Mapping[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for each in facts:
        found.setdefault(getattr(each, field), []).append(each)
    return {key: tuple(members) for key, members in found.items()}
