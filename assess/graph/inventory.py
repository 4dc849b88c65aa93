"""The resources of an estate as nodes, and every way that a name, a host or an ARN leads to one of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property

from assess.estate.backing import BackingService
from assess.estate.balancing import Action, Condition, Listener, ListenerRule, LoadBalancer
from assess.estate.datastores import CacheCluster, DatabaseCluster, DatabaseInstance, DatabaseProxy, ReplicationGroup
from assess.estate.dns import CHAIN, DnsRecord, host_name
from assess.estate.estate import Estate
from assess.estate.facts import Evidence, Fact, Origin
from assess.estate.secret_stores import StoredParameter, StoredSecret, StoreReference
from assess.estate.triggers import StateMachine
from assess.estate.workloads import Workload
from assess.graph.aws_services import aws_service, node_of_arn
from assess.graph.confidence import ALIAS, CONFIGURED
from assess.graph.model import Access, EdgeKind, Node, NodeKind, Proof, Via

BACKING: tuple[str, ...] = (
    *("database_instances", "database_clusters", "database_proxies", "replication_groups", "cache_clusters"),
    *("serverless_caches", "memory_clusters", "tables", "buckets", "search_domains", "warehouses"),
    *("queues", "topics", "streams", "delivery_streams", "kafka_clusters", "brokers", "event_buses", "functions"),
)
"""The estate's lists of backing services."""

_EDGES: Mapping[NodeKind, EdgeKind] = {
    NodeKind.DATABASE: EdgeKind.DATA,
    NodeKind.CACHE: EdgeKind.DATA,
    NodeKind.TABLE: EdgeKind.DATA,
    NodeKind.BUCKET: EdgeKind.DATA,
    NodeKind.SEARCH: EdgeKind.DATA,
    NodeKind.QUEUE: EdgeKind.ASYNC,
    NodeKind.TOPIC: EdgeKind.ASYNC,
    NodeKind.STREAM: EdgeKind.ASYNC,
    NodeKind.BUS: EdgeKind.ASYNC,
    NodeKind.FILE_SYSTEM: EdgeKind.FILE,
    NodeKind.SECRET: EdgeKind.CONFIG,
    NodeKind.TRIGGER: EdgeKind.CONTROL,
}


KINDS_BY_WORD: Mapping[str, NodeKind] = {
    "queue": NodeKind.QUEUE,
    "topic": NodeKind.TOPIC,
    "table": NodeKind.TABLE,
    "bucket": NodeKind.BUCKET,
    "stream": NodeKind.STREAM,
    "bus": NodeKind.BUS,
    "function": NodeKind.COMPUTE,
    "lambda": NodeKind.COMPUTE,
}
"""What a variable's value can name, by the words of the variable's own name."""


_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")
"""What Secrets Manager adds to a secret's name in its ARN."""


def edge_kind(kind: NodeKind) -> EdgeKind:
    """What flows over an edge to a node of this kind, where nothing says more."""
    return _EDGES.get(kind, EdgeKind.SYNC)


def workload_node(workload: Workload) -> Node:
    """The node of a workload."""
    return Node(
        id=workload.id,
        kind=NodeKind.WORKLOAD,
        name=workload.name,
        arn=workload.arn or None,
        workload=workload.id,
        moves=True,
        account=workload.origin.account,
        region=workload.origin.region,
        group=workload.cluster,
    )


def secret_node(stored: StoredSecret | StoredParameter) -> Node:
    """The node of a secret or a parameter whose store described it."""
    service = "secretsmanager" if isinstance(stored, StoredSecret) else "ssm"
    return Node(
        id=stored.arn or f"secret:{stored.origin.region}:{stored.name}:",
        kind=NodeKind.SECRET,
        name=stored.name,
        aws_service=service,
        arn=stored.arn or None,
        account=stored.origin.account,
        region=stored.origin.region,
    )


def part(server: Node, name: str) -> Node:
    """A database of a server, by its name."""
    return replace(server, id=f"{server.id}/{name}", name=f"{server.name}/{name}", part_of=server.id)


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a name leads."""

    node: Node
    how: str
    """The way there: ``DNS name orders.example.com -> load balancer edge -> rule 10 -> target group orders``."""
    access: frozenset[Access] = frozenset()
    connect: bool = False
    """Whether the name is one of Service Connect's, which only its clients can call."""
    port: int | None = None
    steps: tuple[Proof, ...] = ()
    """Evidence of the way: DNS records, rules of load balancers, registrations."""


@dataclass(frozen=True, slots=True)
class _Forward:
    """A rule of a listener that leads to workloads, or to none (a redirect, a fixed answer)."""

    name: str
    conditions: tuple[Condition, ...]
    groups: tuple[str, ...]


class Inventory:
    """Everything that a workload can be led to, by the names that lead there."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate

    # --- nodes --------------------------------------------------------------------------------------------------

    @cached_property
    def workload_nodes(self) -> Mapping[str, Node]:
        """Nodes of the workloads by id."""
        return {
            each.id: replace(workload_node(each), network=self._network_of_subnets(self.estate.subnet_ids(each)))
            for each in self.estate.workloads
        }

    def _network_of_subnets(self, ids: Iterable[str]) -> str:
        found = (self.estate.subnet_by_id.get(id) for id in ids)
        return _only({each.vpc_id if each is not None else "" for each in found})

    def _network_of(self, fact: BackingService) -> str:
        """The VPC of a resource: as AWS says it, else that of its instances or of the groups that guard it."""
        if fact.network is not None:
            return fact.network
        if isinstance(fact, DatabaseCluster):
            members = {each.network or "" for each in self._members.get(fact.identity, ())}
            if members:
                return _only(members)
        groups = (self.estate.security_group_by_id.get(id) for id in fact.guards)
        return _only({each.vpc_id or "" if each is not None else "" for each in groups})

    @cached_property
    def _members(self) -> Mapping[str, tuple[DatabaseInstance, ...]]:
        """Instances of database clusters, by the cluster's ARN."""
        found: dict[str, list[DatabaseInstance]] = {}
        for each in self.estate.database_instances:
            owner = self._clusters.get((each.origin.account, each.origin.region, each.cluster or ""))
            if owner is not None:
                found.setdefault(owner.identity, []).append(each)
        return {arn: tuple(members) for arn, members in found.items()}

    def node_of(self, fact: Fact) -> Node | None:
        """The node that a fact is: of a database's instance or a cache's member, what it belongs to."""
        match fact:
            case DatabaseInstance(cluster=str(cluster)):
                owner = self._clusters.get((fact.origin.account, fact.origin.region, cluster))
                return self._backing(owner or fact)
            case CacheCluster(replication_group_id=str(group)):
                return self._backing(self._groups.get((fact.origin.account, fact.origin.region, group)) or fact)
            case DatabaseProxy():
                return self._backing(self._behind(fact) or fact)
            case BackingService():
                return self._backing(fact)
            case StateMachine():
                return Node(
                    id=fact.identity,
                    kind=NodeKind.TRIGGER,
                    name=fact.name,
                    aws_service="states",
                    arn=fact.identity,
                    account=fact.origin.account,
                    region=fact.origin.region,
                )
        return None

    def _backing(self, fact: BackingService) -> Node:
        service = aws_service(_engine_service(fact))
        return Node(
            id=fact.identity,
            kind=service.kind,
            name=fact.title,
            aws_service=service.id,
            arn=fact.identity,
            account=fact.origin.account,
            region=fact.origin.region,
            network=self._network_of(fact),
        )

    @cached_property
    def _clusters(self) -> Mapping[tuple[str, str, str], DatabaseCluster]:
        return {
            (each.origin.account, each.origin.region, key): each
            for each in self.estate.database_clusters
            for key in (each.identifier, each.resource_id)
            if key
        }

    @cached_property
    def _groups(self) -> Mapping[tuple[str, str, str], ReplicationGroup]:
        return {
            (each.origin.account, each.origin.region, each.replication_group_id): each
            for each in self.estate.replication_groups
        }

    @cached_property
    def _instances(self) -> Mapping[tuple[str, str, str], DatabaseInstance]:
        return {
            (each.origin.account, each.origin.region, each.identifier): each for each in self.estate.database_instances
        }

    def _behind(self, proxy: DatabaseProxy) -> BackingService | None:
        place = (proxy.origin.account, proxy.origin.region)
        for target in proxy.targets:
            for key in (target.tracked_cluster_id, target.rds_resource_id):
                if key:
                    found = self._clusters.get((*place, key)) or self._instances.get((*place, key))
                    if found is not None:
                        return found
        return None

    @cached_property
    def backing(self) -> tuple[BackingService, ...]:
        """Every backing service, in the order of the estate."""
        return tuple(each for kind in BACKING for each in getattr(self.estate, kind))

    # --- by ARN and by name ---------------------------------------------------------------------------------------

    @cached_property
    def _by_arn(self) -> Mapping[str, Node]:
        found = {each.id: each for each in self.workload_nodes.values()}
        found |= {each.arn: each for each in self.workload_nodes.values() if each.arn is not None}
        for fact in (*self.backing, *self.estate.state_machines):
            node = self.node_of(fact)
            if fact.identity and node is not None:
                found[fact.identity] = node
        stored: tuple[StoredSecret | StoredParameter, ...] = (
            *self.estate.stored_secrets,
            *self.estate.stored_parameters,
        )
        return found | {each.arn: secret_node(each) for each in stored if each.arn}

    def at_arn(self, arn: str) -> tuple[Node, bool] | None:
        """What an ARN names, and whether it was found in the estate; none where that cannot be told."""
        node = self._by_arn.get(arn)
        if node is not None:
            return node, True
        shaped = node_of_arn(arn)
        if shaped is None:
            return None
        known = self._by_arn.get(shaped.id)
        return (known, True) if known is not None else (shaped, False)

    def secret(self, reference: StoreReference) -> Node:
        """The secret or parameter that a reference names, as its store describes it, else by the reference alone."""
        stored = self.estate.stored(reference)
        if stored is not None and stored.arn:
            return secret_node(stored)
        arn = reference.id if reference.id.startswith("arn:") else None
        return Node(
            id=arn or f"secret:{reference.region}:{reference.name}:",
            kind=NodeKind.SECRET,
            name=_SUFFIX.sub("", reference.name) if reference.service == "secretsmanager" else reference.name,
            aws_service=reference.service,
            arn=arn,
            account=reference.account,
            region=reference.region,
        )

    @cached_property
    def _arns_of_service(self) -> Mapping[str, tuple[tuple[str, Node], ...]]:
        found: dict[str, list[tuple[str, Node]]] = {}
        for arn, node in self._by_arn.items():
            if node.kind is not NodeKind.WORKLOAD:
                found.setdefault(arn.split(":")[2] if arn.startswith("arn:") else "", []).append((arn, node))
        return {service: tuple(members) for service, members in found.items()}

    def matching(self, pattern: str) -> tuple[Node, ...]:
        """The resources that an ARN with wildcards names."""
        parts = pattern.split(":", 5)
        if len(parts) < 6 or "*" in parts[2]:
            return ()
        found = {node.id: node for arn, node in self._arns_of_service.get(parts[2], ()) if fnmatchcase(arn, pattern)}
        return tuple(found.values())

    @cached_property
    def _queues(self) -> Mapping[str, Node]:
        return {each.queue_url: self._backing(each) for each in self.estate.queues if each.queue_url}

    def queue_at(self, url: str) -> Node | None:
        """The queue of exactly this URL, on whatever host: an emulator of SQS gives its own."""
        return self._queues.get(url)

    @cached_property
    def _by_name(self) -> Mapping[tuple[NodeKind, str], tuple[Node, ...]]:
        found: dict[tuple[NodeKind, str], dict[str, Node]] = {}
        for fact in self.backing:
            node = self.node_of(fact)
            if node is not None and fact.title:
                found.setdefault((node.kind, fact.title), {})[node.id] = node
        return {key: tuple(nodes.values()) for key, nodes in found.items()}

    def named(self, kinds: Iterable[NodeKind], name: str, origin: Origin) -> Node | None:
        """The resource of one of these kinds with exactly this name, in the account and region of ``origin``.

        Buckets are looked for everywhere: their names are the world's.
        """
        for kind in kinds:
            for node in self._by_name.get((kind, name), ()):
                if kind is NodeKind.BUCKET or (node.account, node.region) == (origin.account, origin.region):
                    return node
        return None

    def declared(self, source: str, logical_id: str) -> tuple[Lead, ...]:
        """What a template's logical id leads to."""
        fact = self.estate.declared(source, logical_id)
        if fact is None:
            return ()
        if isinstance(fact, LoadBalancer):
            return self.behind_balancer(fact)
        node = self._by_arn.get(fact.identity) or self.node_of(fact)
        return (Lead(node, f"{logical_id} in {source}"),) if node is not None else ()

    # --- by host ------------------------------------------------------------------------------------------------

    @cached_property
    def _records(self) -> Mapping[str, tuple[DnsRecord, ...]]:
        found: dict[str, list[DnsRecord]] = {}
        for each in self.estate.dns_records:
            found.setdefault(each.host, []).append(each)
        return {host: tuple(records) for host, records in found.items()}

    @cached_property
    def _backing_hosts(self) -> Mapping[str, tuple[BackingService, bool, int]]:
        found: dict[str, tuple[BackingService, bool, int]] = {}
        for fact in self.backing:
            for address in fact.addresses:
                # a cluster and its instances, a group and its members: the first, which is the whole, keeps the name
                found.setdefault(host_name(address.host), (fact, address.reads_only, address.port))
        return found

    @cached_property
    def _balancer_hosts(self) -> Mapping[str, LoadBalancer]:
        return {host_name(each.dns_name): each for each in self.estate.load_balancers if each.dns_name}

    def balancer_at(self, host: str) -> tuple[LoadBalancer, tuple[DnsRecord, ...]] | None:
        """The load balancer that a name leads to, and the DNS records on the way."""
        way: tuple[DnsRecord, ...] = ()
        at = host_name(host)
        while len(way) < CHAIN:
            balancer = self._balancer_hosts.get(at)
            if balancer is not None:
                return balancer, way
            record = next((each for each in self._records_of(at) if each.leads_to), None)
            if record is None or record in way:
                return None
            way, at = (*way, record), record.leads_to[0]
        return None

    def _records_of(self, host: str) -> tuple[DnsRecord, ...]:
        exact = self._records.get(host)
        if exact is not None:
            return exact
        return self._records.get(f"*.{host.partition('.')[2]}", ())

    def at_host(
        self,
        host: str,
        *,
        port: int | None = None,
        path: str = "",
        scheme: str = "",
        caller: Workload | None = None,
    ) -> tuple[Lead, ...]:
        """What a host name leads to: DNS records are followed, a load balancer's rules read, names of ECS resolved.

        ``caller`` is who says it: names of Service Connect lead somewhere for clients of the namespace only.
        """
        at = host_name(host)
        steps: list[Proof] = []
        for _ in range(CHAIN):
            found = self._here(at, asked=host_name(host), port=port, path=path, scheme=scheme, caller=caller)
            if found:
                way = "".join(f"{each.how} -> " for each in steps)
                return tuple(replace(each, how=way + each.how, steps=(*steps, *each.steps)) for each in found)
            record = next((each for each in self._records_of(at) if each.leads_to), None)
            if record is None:
                return ()
            field = ("AliasTarget", "DNSName") if record.alias_target is not None else ("ResourceRecords", 0, "Value")
            steps.append(_step(Via.DNS, record.evidence(*field), f"DNS record {record.host}"))
            at = record.leads_to[0]
        return ()

    def _here(
        self, at: str, *, asked: str, port: int | None, path: str, scheme: str, caller: Workload | None
    ) -> tuple[Lead, ...]:
        connected = self._connected(at, port, caller)
        if connected:
            return connected
        backing = self._backing_hosts.get(at)
        if backing is not None:
            fact, reads_only, its_port = backing
            node = self.node_of(fact)
            access = frozenset({Access.READ}) if reads_only else frozenset()
            how = f"endpoint of {aws_service(_engine_service(fact)).name} {fact.title}"
            return (Lead(node, how, access, port=its_port or None),) if node is not None else ()
        balancer = self._balancer_hosts.get(at)
        if balancer is not None:
            return self.behind_balancer(balancer, asked=asked, port=port, path=path, scheme=scheme)
        lattice = self._behind_lattice.get(at)
        if lattice is not None:
            return lattice
        return tuple(self._registration(each, at) for each in self._registered.get(at, ()))

    @cached_property
    def _behind_lattice(self) -> Mapping[str, tuple[Lead, ...]]:
        """Workloads by the host names of the services of VPC Lattice that lead to them."""
        services = {each.identity: each for each in self.estate.lattice_services}
        groups = {each.identity: each for each in self.estate.lattice_target_groups}
        found: dict[str, list[Lead]] = {}
        for workload in self.estate.workloads:
            service = workload.service
            if service is None or service.primary is None:
                continue
            for index, each in enumerate(service.primary.vpc_lattice_configurations):
                group = groups.get(str(each.get("targetGroupArn")))
                if group is None:
                    continue
                at = service.at_primary("vpcLatticeConfigurations", index, "targetGroupArn")
                for front in (services[arn] for arn in group.service_arns if arn in services):
                    how = f"VPC Lattice service {front.name} -> target group {group.name}"
                    steps = (_step(Via.LATTICE, service.evidence(*at), how),)
                    for host in front.hosts:
                        found.setdefault(host, []).append(Lead(self.workload_nodes[workload.id], how, steps=steps))
        return {host: tuple(leads) for host, leads in found.items()}

    def _registration(self, workload: Workload, name: str) -> Lead:
        how = f"Cloud Map name {name}"
        service = workload.service
        steps = (_step(Via.CLOUD_MAP, service.evidence("serviceRegistries", 0, "registryArn"), how),) if service else ()
        return Lead(self.workload_nodes[workload.id], how, steps=steps)

    # --- names that ECS keeps -------------------------------------------------------------------------------------

    @cached_property
    def _namespaces(self) -> Mapping[str, str]:
        """Names of namespaces by id, ARN and name."""
        found: dict[str, str] = {}
        for each in self.estate.namespaces:
            found |= {key: each.name for key in (each.id, each.arn, each.name) if key}
        return found

    def namespace_name(self, reference: str | None) -> str:
        """The name of a namespace that a service names by name, id or ARN."""
        given = reference or ""
        return self._namespaces.get(given) or given.rpartition("/")[2]

    @cached_property
    def _registered(self) -> Mapping[str, tuple[Workload, ...]]:
        """Workloads by the DNS name that Cloud Map gives them."""
        names = {
            each.identity: f"{each.name}.{self._namespaces[each.namespace_id]}".lower()
            for each in self.estate.discovery_services
            if each.namespace_id in self._namespaces
        }
        found: dict[str, list[Workload]] = {}
        for workload in self.estate.workloads:
            for registry in workload.service.service_registries if workload.service is not None else ():
                name = names.get(registry.registry_arn)
                if name is not None:
                    found.setdefault(name, []).append(workload)
        return {name: tuple(workloads) for name, workloads in found.items()}

    @cached_property
    def registered_as(self) -> Mapping[str, tuple[Node, ...]]:
        """Workloads by the ARN of the Cloud Map service that they register with."""
        found: dict[str, dict[str, Node]] = {}
        for workload in self.estate.workloads:
            for registry in workload.service.service_registries if workload.service is not None else ():
                found.setdefault(registry.registry_arn, {})[workload.id] = self.workload_nodes[workload.id]
        return {arn: tuple(nodes.values()) for arn, nodes in found.items()}

    @cached_property
    def _listeners(self) -> Mapping[str, Listener]:
        return {each.listener_arn: each for each in self.estate.listeners}

    def listener(self, arn: str) -> Listener | None:
        """The listener of an ARN."""
        return self._listeners.get(arn)

    def namespace_of(self, workload: Workload) -> str | None:
        """The Service Connect namespace that a workload is a client of; none where it is none."""
        connect = workload.service.service_connect if workload.service is not None else None
        if connect is None or not connect.enabled:
            return None
        defaults = workload.cluster_facts.service_connect_defaults if workload.cluster_facts is not None else {}
        return self.namespace_name(connect.namespace or defaults.get("namespace"))

    @cached_property
    def connect_names(self) -> Mapping[str, Mapping[str, tuple[tuple[Workload, int], ...]]]:
        """Who answers to a Service Connect name, and on which port: by namespace, then name (small letters)."""
        found: dict[str, dict[str, list[tuple[Workload, int]]]] = {}
        for workload in self.estate.workloads:
            namespace = self.namespace_of(workload)
            if namespace is None or workload.service is None or workload.service.service_connect is None:
                continue
            for offered in workload.service.service_connect.services:
                discovery = offered.discovery_name or offered.port_name
                names = [(alias.dns_name or f"{discovery}.{namespace}", alias.port) for alias in offered.client_aliases]
                for name, port in names or [(f"{discovery}.{namespace}", 0)]:
                    found.setdefault(namespace, {}).setdefault(name.lower(), []).append((workload, port or 0))
        return {
            namespace: {name: tuple(servers) for name, servers in names.items()} for namespace, names in found.items()
        }

    def _connected(self, host: str, port: int | None, caller: Workload | None) -> tuple[Lead, ...]:
        namespace = self.namespace_of(caller) if caller is not None else None
        if namespace is None or caller is None or caller.service is None:
            return ()
        servers = self.connect_names.get(namespace, {}).get(host, ())
        exact = [each for each in servers if port is None or each[1] in (0, port)]
        at = caller.service.at_primary("serviceConnectConfiguration", "namespace")
        client = Proof(
            Via.SERVICE_CONNECT,
            ALIAS,
            caller.service.evidence(*at, value=namespace),
            f"{caller.name} is a client of {namespace}, where {host} is a name",
        )
        how = f"Service Connect name {host} in {namespace}"
        return tuple(
            Lead(self.workload_nodes[each.id], how, connect=True, port=its or None, steps=(client,))
            for each, its in exact or servers
        )

    # --- load balancers -----------------------------------------------------------------------------------------

    @cached_property
    def behind_group(self) -> Mapping[str, tuple[Workload, ...]]:
        """Workloads by the ARN of a target group (or the name of a Classic Load Balancer) that leads to them."""
        found: dict[str, dict[str, Workload]] = {}
        for workload in self.estate.workloads:
            for each in workload.service.all_load_balancers if workload.service is not None else ():
                key = each.target_group_arn or each.load_balancer_name
                if key:
                    found.setdefault(key, {})[workload.id] = workload
        return {key: tuple(workloads.values()) for key, workloads in found.items()}

    def forwards(self, listener: Listener) -> tuple[tuple[_Forward, ListenerRule | Listener], ...]:
        """What a listener does with requests, in the order in which it asks: rules by priority, the default last."""
        rules = [each for each in self.estate.rules_by_listener.get(listener.listener_arn, ()) if not _is_last(each)]
        found: list[tuple[_Forward, ListenerRule | Listener]] = [
            (_Forward(f"rule {each.priority}", each.conditions, _groups(each.actions)), each)
            for each in sorted(rules, key=lambda rule: (_priority(rule), rule.rule_arn))
        ]
        found.append((_Forward("default rule", (), _groups(listener.default_actions)), listener))
        return tuple(found)

    def behind_balancer(
        self, balancer: LoadBalancer, *, asked: str = "", port: int | None = None, path: str = "", scheme: str = ""
    ) -> tuple[Lead, ...]:
        """The workloads that a load balancer leads to, for a request where one is described, else all of them."""
        name = f"load balancer {balancer.name}"
        found: dict[str, Lead] = {}
        for workload in self.behind_group.get(balancer.load_balancer_name, ()):
            found[workload.id] = Lead(self.workload_nodes[workload.id], name, steps=_classic(workload, balancer, name))
        listeners = self.estate.listeners_by_load_balancer.get(balancer.load_balancer_arn, ())
        wanted = port or {"http": 80, "ws": 80, "https": 443, "wss": 443}.get(scheme)
        for listener in [each for each in listeners if each.port == wanted] or listeners:
            for forward, source in self.forwards(listener):
                answer = _matches(forward.conditions, asked, path)
                if answer is False:
                    continue
                for group in forward.groups:
                    target = self.estate.target_group_by_arn.get(group)
                    called = target.name if target is not None else group
                    way = f"{name}:{listener.port} -> {forward.name} -> target group {called}"
                    field = "DefaultActions" if isinstance(source, Listener) else "Actions"
                    step = _step(Via.TARGET_GROUP, source.evidence(field, value=called), way)
                    for workload in self.behind_group.get(group, ()):
                        lead = Lead(self.workload_nodes[workload.id], way, port=listener.port, steps=(step,))
                        found.setdefault(workload.id, lead)
                if answer is True:
                    break
        return tuple(found.values())


def _classic(workload: Workload, balancer: LoadBalancer, way: str) -> tuple[Proof, ...]:
    if workload.service is None:
        return ()
    return (_step(Via.TARGET_GROUP, workload.service.evidence("loadBalancers", value=balancer.name), way),)


def _step(via: Via, evidence: Evidence, how: str) -> Proof:
    return Proof(via, CONFIGURED, evidence, how, is_step=True)


def _engine_service(fact: BackingService) -> str:
    """The service whose engine it is: DocumentDB and Neptune share the API of RDS."""
    engine = getattr(fact, "engine", None) or ""
    if fact.aws_service == "rds":
        return {"docdb": "docdb", "neptune": "neptune-db"}.get(engine, "rds")
    return fact.aws_service


def _only(ids: set[str]) -> str:
    return next(iter(ids)) if len(ids) == 1 else ""


def _is_last(rule: ListenerRule) -> bool:
    return bool(rule.is_default) or rule.priority == "default"


def _priority(rule: ListenerRule) -> int:
    return int(rule.priority) if rule.priority.isdecimal() else 0


def _groups(actions: Iterable[Action]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group for each in actions for group in each.target_groups))


def _matches(conditions: tuple[Condition, ...], host: str, path: str) -> bool | None:
    """Whether a request meets a rule's conditions: none where they ask for what is not known of it."""
    answers = [_meets(each, host, path) for each in conditions]
    if False in answers:
        return False
    return None if None in answers else True


def _meets(condition: Condition, host: str, path: str) -> bool | None:
    values = tuple(_values(condition))
    match condition.field:
        case "host-header":
            return any(fnmatchcase(host, each.lower()) for each in values) if host else None
        case "path-pattern":
            return any(fnmatchcase(path, each) for each in values) if path else None
        case _:
            return None


def _values(condition: Condition) -> Iterator[str]:
    yield from condition.values
    for settings in condition.unknown_fields.values():
        if isinstance(settings, Mapping):
            yield from (str(each) for each in settings.get("Values") or ())
