"""What containers are told of others: addresses in variables, commands, health checks, labels and hosts entries."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from assess.estate.balancing import LoadBalancer
from assess.estate.ecs import Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.graph.aws_hosts import AwsHost, recognise
from assess.graph.aws_services import aws_service
from assess.graph.confidence import ALIAS, NAMED_ALIKE, PATTERN, RESOLVED
from assess.graph.endpoints import (
    Endpoint,
    Form,
    HostKind,
    Role,
    endpoints_in,
    flow_of,
    host_kind,
    name_words,
    names_host,
    names_resource,
    observes,
)
from assess.graph.evidence.balancing import entry_of
from assess.graph.evidence.told import REFERENCE, Told, told_by
from assess.graph.inventory import KINDS_BY_WORD, Inventory, Lead, edge_kind, part
from assess.graph.model import Access, EdgeKind, GraphBuilder, Hint, HintKind, Node, NodeKind, Proof, Via

BY_PROXY = 0.1
"""How much less sure a call to the outside is where a proxy stands between."""

NOT_DRAWN = frozenset(
    {"kms", "logs", "ecr", "iam", "ecs", "ec2", "acm", "appmesh", "servicediscovery", "elasticloadbalancing"}
)
"""Services whose ARNs in a configuration say how a task is run, not on whom it depends."""


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Edges from each workload to whom its containers' configuration names; hints of what is no edge."""
    places = _Places(estate, inventory)
    read: dict[int, tuple[Told, ...]] = {}
    for workload in estate.workloads:
        task = workload.task_definition
        if task is None:
            continue
        told = read.get(id(task))
        if told is None:
            told = read[id(task)] = tuple(each for container in task.containers() for each in told_by(task, container))
        reader = _Reader(workload, task, told, places, graph)
        for each in told:
            reader.take(each)
        for container in task.containers():
            for index, variable in enumerate(container.definition.environment):
                queue = inventory.queue_at(variable.value)
                if queue is not None:
                    reader.queue(container, index, queue)


# --- whose address it is --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Places:
    """What the estate says of addresses, beside the inventory."""

    estate: Estate
    inventory: Inventory

    @cached_property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The blocks of the VPCs that were seen."""
        found: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for vpc in self.estate.vpcs:
            associations = (*vpc.cidr_block_association_set, *vpc.ipv6_cidr_block_association_set)
            blocks = {
                vpc.cidr_block,
                *(block for each in associations for block in (each.cidr_block, each.ipv6_cidr_block)),
            }
            for block in sorted(each for each in blocks if each):
                try:
                    found.append(ipaddress.ip_network(block, strict=False))
                except ValueError:
                    continue
        return tuple(found)

    def is_within(self, address: str) -> bool:
        """Whether an address is of a VPC that was seen; so it is taken where none was."""
        parsed = ipaddress.ip_address(address)
        return not self.networks or any(parsed in each for each in self.networks if each.version == parsed.version)

    def forwards(self, balancer: LoadBalancer, port: int | None) -> bool:
        """Whether a load balancer leads requests on a port to anybody; taken so where its listener is not known."""
        listeners = self.estate.listeners_by_load_balancer.get(balancer.load_balancer_arn, ())
        asked = [each for each in listeners if each.port == port]
        return not asked or any(forward.groups for each in asked for forward, _ in self.inventory.forwards(each))

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], tuple[Workload, ...]]:
        """Workloads by where they run, and by their own name and those of their containers, in small letters."""
        found: dict[tuple[str, str], dict[str, Workload]] = {}
        for workload in self.estate.workloads:
            task = workload.task_definition
            names = {workload.name, *(each.name for each in (task.container_definitions if task is not None else ()))}
            for name in names:
                found.setdefault((_group(workload), name.lower()), {})[workload.id] = workload
        return {key: tuple(workloads.values()) for key, workloads in found.items()}

    @cached_property
    def by_words(self) -> Mapping[tuple[str, tuple[str, ...]], tuple[Workload, ...]]:
        """Workloads by where they run (the cluster, or the file's source) and the words of their name."""
        found: dict[tuple[str, tuple[str, ...]], list[Workload]] = {}
        for workload in self.estate.workloads:
            for words in {_words(workload.name), _words(workload.base_name)}:
                if words:
                    found.setdefault((_group(workload), words), []).append(workload)
        return {key: tuple(workloads) for key, workloads in found.items()}

    def alike(self, workload: Workload, name: str) -> tuple[Workload, float] | None:
        """The only other workload beside this one that is called like this, and how sure that is."""
        group = _group(workload)
        for found, sure in (
            (self.by_name.get((group, name.lower()), ()), ALIAS),
            (self.by_words.get((group, _words(name)), ()), NAMED_ALIKE),
        ):
            others = [each for each in found if each.id != workload.id]
            if others:
                return (others[0], sure) if len(others) == 1 and len(found) == 1 else None
        return None


def _group(workload: Workload) -> str:
    """Where workloads know each other by name: a cluster; task definitions of files are one group."""
    return workload.cluster_arn if workload.origin.source is None else ""


def _words(name: str) -> tuple[str, ...]:
    words = tuple(word for word in name_words(name) if word not in _FILLERS)
    return words or name_words(name)


_FILLERS = frozenset({"service", "svc", "server", "api"})


@dataclass
class _Reader:
    """Takes what one workload's containers are told, and draws it."""

    workload: Workload
    task: TaskDefinition
    told: tuple[Told, ...]
    places: _Places
    graph: GraphBuilder
    source: str = field(init=False)

    def __post_init__(self) -> None:
        """Makes the workload's own node known."""
        self.source = self.graph.node(self.places.inventory.workload_nodes[self.workload.id])

    def take(self, told: Told) -> None:
        """Draws one address, or notes why it is no edge."""
        endpoint = told.endpoint
        role = told.role
        if role is Role.INBOUND or (told.is_label and not _is_known(endpoint) and "rule" in told.name.lower()):
            if endpoint.host:
                self._hint(HintKind.INBOUND, endpoint.host, told)
            return
        if role is Role.PROXY and endpoint.host:
            self._hint(HintKind.PROXY, endpoint.host, told)
        if endpoint.form is Form.ARN and endpoint.arn:
            self._arn(told, endpoint.arn, PATTERN)
        elif endpoint.form is Form.BUCKET_URL and endpoint.name:
            self._bucket(told)
        elif endpoint.form is Form.NAME and endpoint.name:
            self._named(told)
        elif endpoint.placeholder:
            self._declared(told)
        elif endpoint.host:
            self._host(told)
        else:
            words = [word for word in name_words(told.name) if not names_host(word)]
            self._alike(told, "-".join(words))

    def queue(self, container: Container, index: int, queue: Node) -> None:
        """Draws a variable that holds the URL of a queue as SQS gives it, be its host an emulator's."""
        name = container.definition.environment[index].name
        evidence = self.task.evidence(*container.at("environment", index, "value"))
        proof = Proof(Via.ENV, RESOLVED, evidence, f"{name} of {container.name} names {_called(queue)}")
        self.graph.edge(self.source, self.graph.node(queue), EdgeKind.ASYNC, proof)

    @cached_property
    def _inbound(self) -> frozenset[str]:
        """Hosts that the workload is called by, as its own variables say: what else they stand in is no call."""
        return frozenset(each.endpoint.host for each in self.told if each.role is Role.INBOUND)

    # --- each form ------------------------------------------------------------------------------------------------

    def _arn(self, told: Told, arn: str, unknown: float) -> bool:
        found = self.places.inventory.at_arn(arn) if "${" not in arn else None
        if found is None:
            return False
        node, is_found = found
        if not is_found and not node.account and self.workload.origin.source is not None:
            # of a template that does not say its account: resources of one template know each other by name
            named = self.places.inventory.named((node.kind,), node.name, self.workload.origin)
            node, is_found = (named, True) if named is not None else (node, False)
        if node.aws_service in NOT_DRAWN and node.kind is not NodeKind.WORKLOAD:
            return False
        kind = EdgeKind.CONTROL if node.kind is NodeKind.WORKLOAD else edge_kind(node.kind)
        self._edge(told, Lead(node, _called(node)), RESOLVED if is_found else unknown, kind)
        return True

    def _bucket(self, told: Told) -> None:
        partition = self._partition()
        self._arn(told, f"arn:{partition}:s3:::{told.endpoint.name}", PATTERN)

    def _partition(self) -> str:
        arn = self.workload.cluster_arn or self.workload.task_definition_arn
        return arn.split(":", 2)[1] if arn.startswith("arn:") else "aws"

    def _named(self, told: Told) -> None:
        kinds = [kind for word, kind in KINDS_BY_WORD.items() if word in names_resource(told.name)]
        node = self.places.inventory.named(kinds, told.endpoint.name, self.workload.origin)
        if node is not None:
            self._edge(told, Lead(node, _called(node)), RESOLVED, edge_kind(node.kind))

    def _declared(self, told: Told) -> None:
        """What a template left in place of an address: what it declares under the logical id."""
        endpoint, inventory = told.endpoint, self.places.inventory
        source = self.workload.origin.source
        if source is None:
            return
        if endpoint.form is Form.ARN:
            self._arn(told, self._filled(endpoint.placeholder), PATTERN)
        aws = self._pseudo(endpoint)
        if aws is not None:
            self._aws(replace(told, endpoint=replace(endpoint, host=aws.whole)), aws)
            return
        for match in REFERENCE.finditer(endpoint.placeholder):
            declared = inventory.declared(source, match[1])
            exact = inventory.at_host(
                match[0], port=endpoint.port, path=endpoint.path, scheme=endpoint.scheme, caller=self.workload
            )
            ids = {each.node.id for each in declared}
            self._leads(told, tuple(each for each in exact if each.node.id in ids) or declared)

    def _pseudo(self, endpoint: Endpoint) -> AwsHost | None:
        """The host of AWS in whose name only pseudo parameters of CloudFormation are open, with those filled in."""
        origin = self.workload.origin
        host, path = (self._filled(each, _ANY_REGION, _ANY_ACCOUNT) for each in (endpoint.placeholder, endpoint.path))
        found = recognise(host, path) if "${" not in host and endpoint.form is not Form.NAME else None
        if found is None or origin.region:
            return found
        arn = found.arn.replace(_ANY_REGION, "").replace(_ANY_ACCOUNT, "")
        whole = found.whole.replace(_ANY_REGION, "${AWS::Region}")
        return replace(found, region="", account=origin.account, arn=arn, whole=whole)

    def _filled(self, text: str, region: str = "", account: str = "") -> str:
        """A text with CloudFormation's pseudo parameters filled in, as far as the template's account is known."""
        origin = self.workload.origin
        for name, value in (
            ("Region", origin.region or region),
            ("AccountId", origin.account or account),
            ("URLSuffix", "amazonaws.com"),
            ("Partition", "aws"),
        ):
            text = text.replace(f"${{AWS::{name}}}", value)
        return text

    def _host(self, told: Told) -> None:
        endpoint, inventory = told.endpoint, self.places.inventory
        entry = self._entries(told.container).get(endpoint.host)
        if entry == "":
            return
        if entry is not None:
            endpoint = replace(endpoint, host=entry)
            told = replace(told, endpoint=endpoint)
        leads = inventory.at_host(
            endpoint.host,
            port=endpoint.port if endpoint.port_given or endpoint.scheme else None,
            path=endpoint.path,
            scheme=endpoint.scheme,
            caller=self.workload,
        )
        if leads:
            self._leads(told, leads)
            return
        balancer = inventory.balancer_at(endpoint.host)
        if balancer is not None:
            if not self.places.forwards(balancer[0], endpoint.port):
                return  # it redirects, or answers by itself
            node = entry_of(balancer[0])
            self._edge(told, Lead(node, f"load balancer {node.name}"), RESOLVED, EdgeKind.SYNC)
            return
        aws = recognise(endpoint.host, endpoint.path)
        if aws is not None:
            self._aws(told, aws)
        else:
            self._stranger(told)

    def _entries(self, container: Container) -> Mapping[str, str]:
        """Addresses of names in the container's hosts file; empty for those that lead back into the task."""
        found = {each.rpartition(":")[2].lower(): "" for each in container.definition.links}
        for entry in container.definition.extra_hosts:
            addresses = endpoints_in(entry.ip_address, "host")
            found[entry.hostname.lower()] = addresses[0].host if addresses else ""
        return found

    def _aws(self, told: Told, aws: AwsHost) -> None:
        if aws.is_supply or (told.is_label and not aws.arn):
            return
        if aws.arn and self._arn(told, aws.arn, PATTERN):
            return
        whole = self.places.inventory.at_host(aws.whole) if aws.whole != told.endpoint.host else ()
        if whole:
            self._leads(told, tuple(replace(each, access=each.access | _accesses(aws.access)) for each in whole))
            return
        node = Node(
            id=f"{aws.kind}:{aws.region}:{aws.whole}:",
            kind=aws.kind,
            name=aws.whole if aws.kind is NodeKind.EXTERNAL else aws.name or _title(aws),
            aws_service=aws.service,
            account=aws.account,
            region=aws.region,
        )
        how = f"{aws.whole}, an address of {aws_service(aws.service).name}"
        lead = Lead(node, how, _accesses(aws.access), port=aws.port)
        self._edge(told, lead, PATTERN, aws.edge)

    def _stranger(self, told: Told) -> None:
        """A host that neither the estate nor AWS's shapes tell."""
        endpoint = told.endpoint
        host, kind = endpoint.host, host_kind(endpoint.host)
        if kind is HostKind.KUBERNETES:
            self._hint(HintKind.KUBERNETES, host, told)
            return
        if kind is HostKind.SINGLE_LABEL and host in self._own_names:
            return
        is_address = endpoint.certain or names_host(endpoint.option or told.name)
        if told.is_label or not (is_address or (kind is HostKind.SINGLE_LABEL and endpoint.port_given)):
            return
        if host in self._inbound:
            self._hint(HintKind.INBOUND, host, told)
            return
        is_private = kind in (HostKind.SINGLE_LABEL, HostKind.PRIVATE_NAME)
        if is_private and host.count(".") <= _DEPTH_OF_ALIASES:
            # where Cloud Map and Route 53 could be asked, a name with dots that they do not know says little
            surest = NAMED_ALIKE if "." in host and self.workload.origin.source is None else ALIAS
            if self._alike(told, host.partition(".")[0], surest, exactly=not is_address):
                self._hint(HintKind.UNRESOLVED, host, told)
                return
        if kind is HostKind.SINGLE_LABEL:
            if is_address:
                self._hint(HintKind.UNRESOLVED, host, told)
            return
        node = self._stranger_node(endpoint, kind)
        if node.kind is not NodeKind.EXTERNAL:
            self._hint(HintKind.UNRESOLVED, host, told)
        is_outside = node.kind is NodeKind.EXTERNAL and told.role is not Role.PROXY
        sure = round(PATTERN - BY_PROXY, 2) if told.by_proxy and is_outside else PATTERN
        self._edge(told, Lead(node, f"{host}, {_WORDS[node.kind]}"), sure, EdgeKind.SYNC)

    @cached_property
    def _own_names(self) -> frozenset[str]:
        return frozenset(
            name.lower()
            for each in self.task.container_definitions
            for name in (each.name, each.hostname or "")
            if name
        )

    def _stranger_node(self, endpoint: Endpoint, kind: HostKind) -> Node:
        host = endpoint.host
        match kind:
            case HostKind.PRIVATE_ADDRESS:
                what = NodeKind.UNKNOWN_HOST if self.places.is_within(host) else NodeKind.ON_PREMISES
            case HostKind.PRIVATE_NAME:
                is_company = host.rpartition(".")[2] in _COMPANY_ENDS
                what = NodeKind.ON_PREMISES if is_company else NodeKind.UNKNOWN_HOST
            case _:
                what = NodeKind.EXTERNAL
        return Node(id=f"{what}::{host}:", kind=what, name=host)

    def _alike(self, told: Told, name: str, surest: float = NAMED_ALIKE, *, exactly: bool = False) -> bool:
        """Draws the faint edge to the only workload that is called like this; whether there is one."""
        found = self.places.alike(self.workload, name) if name else None
        if found is None or (exactly and found[1] < ALIAS):
            return False
        other, sure = found
        node = self.places.inventory.workload_nodes[other.id]
        self._edge(told, Lead(node, f"{other.name}, by the name alone"), min(sure, surest), EdgeKind.SYNC)
        return True

    # --- drawing --------------------------------------------------------------------------------------------------

    def _leads(self, told: Told, leads: tuple[Lead, ...]) -> None:
        others = [each for each in leads if each.node.id != self.source]
        if len(others) < len(leads):
            self._hint(HintKind.OWN_ADDRESS, told.endpoint.host or told.endpoint.placeholder, told)
        sure = RESOLVED if len(leads) == 1 else ALIAS if len(leads) <= _FEW else NAMED_ALIKE
        if len(leads) > 1 and all(each.connect or each.how == leads[0].how for each in leads):
            sure = RESOLVED  # all of them answer to the name
        if len(others) < len(leads):
            sure = NAMED_ALIKE  # an address of its own, which it shares with others
        for each in others:
            self._edge(told, each, sure, edge_kind(each.node.kind))

    def _edge(self, told: Told, lead: Lead, sure: float, kind: EdgeKind) -> None:
        endpoint, node = told.endpoint, lead.node
        target = self.graph.node(node)
        if node.kind is NodeKind.DATABASE and endpoint.database:
            target = self.graph.node(part(node, endpoint.database))
        if node.kind in _SAY_NOTHING and kind is EdgeKind.SYNC:
            kind = flow_of(endpoint.engine) or kind
        if kind is EdgeKind.SYNC and (observes(told.name, endpoint.port) or observes(endpoint.option)):
            kind = EdgeKind.OBSERVE
        access = lead.access | _accesses(endpoint.access)
        port = endpoint.port if endpoint.port_given or endpoint.scheme else lead.port or endpoint.port
        how = f"{told.what} of {told.container.name} names {lead.how}"
        proof = Proof(Via.ENV, sure, told.evidence, how)
        if target != self.source:
            self.graph.edge(self.source, target, kind, proof, steps=lead.steps, access=access, port=port)

    def _hint(self, kind: HintKind, text: str, told: Told) -> None:
        self.graph.hint(Hint(kind, self.source, text, told.evidence))


def _called(node: Node) -> str:
    return f"{node.kind.replace('_', ' ')} {node.name}"


def _title(aws: AwsHost) -> str:
    return aws_service(aws.service).name if aws.role == "api" else aws.whole


_SAY_NOTHING = frozenset({NodeKind.WORKLOAD, NodeKind.EXTERNAL, NodeKind.UNKNOWN_HOST, NodeKind.ON_PREMISES})
"""Kinds of nodes that do not say what flows to them."""
_WORDS = {
    NodeKind.EXTERNAL: "a public host",
    NodeKind.UNKNOWN_HOST: "a private host that is not among what was read",
    NodeKind.ON_PREMISES: "a private host outside of the VPCs that were read",
}
_COMPANY_ENDS = frozenset({"corp", "lan", "intranet", "home", "arpa"})
_DEPTH_OF_ALIASES = 3
"""Dots in a private name whose first label may be a workload's name: ``orders.prod.shop.local``."""
_ANY_REGION, _ANY_ACCOUNT = "us-east-1", "000000000000"
"""Stand for those of a template while its hosts are looked at."""
_FEW = 3


def _accesses(access: Access | None) -> frozenset[Access]:
    return frozenset({access}) if access is not None else frozenset()


def _is_known(endpoint: Endpoint) -> bool:
    return bool(endpoint.arn or endpoint.name)
