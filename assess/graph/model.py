"""Nodes, edges and the proof that every edge stands on; how proofs of one edge make its confidence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from assess.estate.facts import Evidence

MOST_CONFIDENT = 0.99
"""Nothing but traffic itself would prove a call, and we do not see traffic."""

DECLARED = 0.85
"""From here an edge is declared: configured by AWS itself, or an exact endpoint of a known resource."""

INFERRED = 0.5
"""From here an edge is inferred; below it is possible. Analysis takes edges from here on."""


class NodeKind(StrEnum):
    """What stands at the end of an edge; the values are the contract's."""

    WORKLOAD = "workload"
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    TOPIC = "topic"
    STREAM = "stream"
    BUS = "bus"
    TABLE = "table"
    BUCKET = "bucket"
    SEARCH = "search"
    FILE_SYSTEM = "file_system"
    SECRET = "secret"  # noqa: S105 - a kind of node
    ENTRY = "entry"
    EXTERNAL = "external"
    ON_PREMISES = "on_premises"
    TRIGGER = "trigger"
    COMPUTE = "compute"
    AWS_SERVICE = "aws_service"
    UNKNOWN_HOST = "unknown_host"

    @property
    def is_datastore(self) -> bool:
        """Whether it holds data that its users share."""
        return self in _DATASTORES


_DATASTORES = frozenset({NodeKind.DATABASE, NodeKind.CACHE, NodeKind.TABLE, NodeKind.SEARCH, NodeKind.FILE_SYSTEM})


class EdgeKind(StrEnum):
    """What flows over an edge; the values are the contract's."""

    SYNC = "sync"
    """A request that waits for its response."""
    ASYNC = "async"
    """A message through a queue, topic, stream or bus."""
    DATA = "data"
    """A database, cache, table, bucket or search index."""
    FILE = "file"
    """A shared file system."""
    CONFIG = "config"
    """A secret or parameter."""
    CONTROL = "control"
    """One starts, deploys or scales the other."""
    OBSERVE = "observe"
    """Logs, metrics, traces."""

    @property
    def orders(self) -> bool:
        """Whether it counts for cycles and the order of the move."""
        return self in (EdgeKind.SYNC, EdgeKind.DATA, EdgeKind.FILE)

    @property
    def ties(self) -> bool:
        """Whether it says that one needs the other for its work: logs, metrics and configuration do not."""
        return self not in (EdgeKind.OBSERVE, EdgeKind.CONFIG)


class Via(StrEnum):
    """Where an edge was read from; the values are the contract's."""

    ENV = "env"
    SECRET = "secret"  # noqa: S105 - the name of a source of evidence
    SERVICE_CONNECT = "service_connect"
    CLOUD_MAP = "cloud_map"
    APP_MESH = "app_mesh"
    LATTICE = "lattice"
    TARGET_GROUP = "target_group"
    DNS = "dns"
    SECURITY_GROUP = "security_group"
    IAM = "iam"
    TRIGGER = "trigger"
    VOLUME = "volume"
    LOG = "log"

    @property
    def family(self) -> str:
        """Sources of one family say the same thing twice: together they are no surer than the surest of them."""
        return _FAMILIES[self]


_FAMILIES: Mapping[Via, str] = {
    Via.ENV: "env",
    Via.SECRET: "env",
    Via.SERVICE_CONNECT: "discovery",
    Via.CLOUD_MAP: "discovery",
    Via.APP_MESH: "discovery",
    Via.LATTICE: "lb",
    Via.TARGET_GROUP: "lb",
    Via.DNS: "lb",
    Via.SECURITY_GROUP: "sg",
    Via.IAM: "iam",
    Via.TRIGGER: "trigger",
    Via.VOLUME: "volume",
    Via.LOG: "log",
}


class Access(StrEnum):
    """What the edge's source does at its target; the values are the contract's."""

    READ = "read"
    WRITE = "write"
    PRODUCE = "produce"
    CONSUME = "consume"


class Certainty(StrEnum):
    """How sure an edge is, in words; the values are the contract's."""

    DECLARED = "declared"
    INFERRED = "inferred"
    POSSIBLE = "possible"

    @classmethod
    def of(cls, confidence: float) -> "Certainty":
        """The word for a confidence."""
        if confidence >= DECLARED:
            return cls.DECLARED
        return cls.INFERRED if confidence >= INFERRED else cls.POSSIBLE


@dataclass(frozen=True, slots=True)
class Node:
    """A workload, a resource or a host.

    ``id`` is the workload's id, the resource's ARN, or ``kind:region:host:port`` (empty parts stay, between colons).
    """

    id: str
    kind: NodeKind
    name: str
    aws_service: str | None = None
    """The AWS service whose resource it is, by its name in ``data/aws_services.toml``; none for what is not AWS's."""
    arn: str | None = None
    workload: str | None = None
    moves: bool = False
    """Whether it moves to Kubernetes: workloads do; what AWS runs, or is not ours, stays where it is."""
    account: str = ""
    region: str = ""
    group: str = ""
    """What it is drawn within: a workload's cluster."""
    network: str = ""
    """Id of the VPC that it stands in; empty where it stands in none, in several, or that was not read."""
    part_of: str | None = None
    """Id of the node whose server holds it: a database of an instance, by name; none where it is the server itself."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One reason to believe in an edge."""

    via: Via
    confidence: float
    """0 to 1, by itself: the table of confidences in :mod:`assess.graph.confidence`."""
    evidence: Evidence
    how: str
    """The way from the evidence to the target, as a person can follow it: ``DNS alias -> load balancer -> ...``."""
    is_step: bool = False
    """Whether it only says where another proof's address leads: it makes the edge no surer."""


@dataclass(frozen=True)
class Edge:
    """One end depends on the other, for at least one reason.

    It starts at the side that opens the connection; an entry points at its workload, a trigger at what it starts.
    """

    source: str
    target: str
    kind: EdgeKind
    proofs: tuple[Proof, ...]
    access: frozenset[Access] = frozenset()
    port: int | None = None

    def __post_init__(self) -> None:
        """An edge without a proof, or to itself, is a fault of whoever made it."""
        if all(each.is_step for each in self.proofs):
            raise ValueError(f"an edge needs a proof: {self.source} -> {self.target}")
        if self.source == self.target:
            raise ValueError(f"an edge leads elsewhere: {self.source}")

    @cached_property
    def confidence(self) -> float:
        """How sure it is, of all its proofs: 0 to 0.99."""
        return combined(self.proofs)

    @property
    def certainty(self) -> Certainty:
        """How sure it is, in a word."""
        return Certainty.of(self.confidence)

    @property
    def via(self) -> tuple[Via, ...]:
        """Where it was read from, each once, in the order of :class:`Via`."""
        found = {each.via for each in self.proofs}
        return tuple(each for each in Via if each in found)


def combined(proofs: Iterable[Proof]) -> float:
    """1 - product(1 - c) over the surest proof of each family, at most 0.99; steps count for nothing."""
    surest: dict[str, float] = {}
    for proof in proofs:
        if proof.is_step:
            continue
        family = proof.via.family
        surest[family] = max(surest.get(family, 0.0), proof.confidence)
    doubt = 1.0
    for family in sorted(surest):
        doubt *= 1.0 - surest[family]
    return min(MOST_CONFIDENT, round(1.0 - doubt, 2))


class HintKind(StrEnum):
    """What was seen and is no edge."""

    INBOUND = "inbound"
    """A host that others call it by, or come from: CORS, allowed hosts, redirect and public addresses."""
    UNRESOLVED = "unresolved"
    """A host-like name that is nobody we know: its edge, if it has one, ends at an unknown host."""
    OWN_ADDRESS = "own_address"
    """It names an address that leads back to itself."""
    MAY_CALL = "may_call"
    """A Service Connect client of a namespace whose names it does not mention: it may call any of them."""
    KUBERNETES = "kubernetes"
    """A ``*.svc.cluster.local`` name: it knows Kubernetes already."""
    PROXY = "proxy"
    """Calls to the outside go through a proxy."""
    NOT_READ = "not_read"
    """A place that may hold endpoints and is not read: an environment file, a parameter's value."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something seen at a node that is no edge."""

    kind: HintKind
    node: str
    text: str
    """The host or name it is about, or how many of what."""
    evidence: Evidence


@dataclass(frozen=True)
class DependencyGraph:
    """Nodes by id and edges, both in a fixed order whatever order the facts came in."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    hints: tuple[Hint, ...] = ()

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of the node that they start at."""
        return _grouped((each.source, each) for each in self.edges)

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of the node that they end at."""
        return _grouped((each.target, each) for each in self.edges)

    @cached_property
    def hints_of(self) -> Mapping[str, tuple[Hint, ...]]:
        """Hints by the id of their node."""
        found: dict[str, list[Hint]] = {}
        for each in self.hints:
            found.setdefault(each.node, []).append(each)
        return {id: tuple(hints) for id, hints in found.items()}

    def of_kind(self, *kinds: NodeKind) -> tuple[Node, ...]:
        """Nodes of these kinds."""
        return tuple(each for each in self.nodes.values() if each.kind in kinds)

    def between(self, source: str, target: str) -> tuple[Edge, ...]:
        """Edges from one node to another: one of each kind at most."""
        return tuple(each for each in self.outgoing.get(source, ()) if each.target == target)


def _grouped(edges: Iterable[tuple[str, Edge]]) -> Mapping[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = {}
    for id, edge in edges:
        found.setdefault(id, []).append(edge)
    return {id: tuple(members) for id, members in found.items()}


class GraphBuilder:
    """Takes nodes and proofs in any order and makes one graph of them."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._proofs: dict[tuple[str, str, EdgeKind], dict[Proof, None]] = {}
        self._access: dict[tuple[str, str, EdgeKind], set[Access]] = {}
        self._ports: dict[tuple[str, str, EdgeKind], set[int]] = {}
        self._hints: dict[Hint, None] = {}

    def node(self, node: Node) -> str:
        """Makes a node known; returns its id. Of two with one id, the one that says more stands."""
        known = self._nodes.get(node.id)
        if known is None:
            self._nodes[node.id] = node
        elif known != node:
            self._nodes[node.id] = max(known, node, key=_says_more)
        return node.id

    def edge(
        self,
        source: str,
        target: str,
        kind: EdgeKind,
        proof: Proof,
        *,
        steps: Iterable[Proof] = (),
        access: Iterable[Access] = (),
        port: int | None = None,
    ) -> None:
        """Adds a proof of an edge between two known nodes. What leads from a node to itself is no edge.

        ``steps`` are what the proof's own address was followed by, where there is evidence of that too.

        Raises:
            KeyError: a node is not known.
        """
        for id in (source, target):
            if id not in self._nodes:
                raise KeyError(id)
        if source == target:
            return
        key = (source, target, kind)
        self._proofs.setdefault(key, {}).update(dict.fromkeys((proof, *steps)))
        self._access.setdefault(key, set()).update(access)
        if port is not None:
            self._ports.setdefault(key, set()).add(port)

    def knows(self, id: str) -> bool:
        """Whether a node was made known."""
        return id in self._nodes

    def hint(self, hint: Hint) -> None:
        """Notes something that is no edge."""
        self._hints[hint] = None

    def build(self) -> DependencyGraph:
        """The graph, sorted; of nodes without edges, workloads stay, and servers whose databases are used."""
        found = self._by_database()
        edges = tuple(
            Edge(
                *key,
                tuple(sorted(proofs, key=_proof_order)),
                frozenset(self._access.get(key, ())),
                min(self._ports.get(key, ()), default=None),
            )
            for key, proofs in sorted(found.items())
        )
        used = {id for each in edges for id in (each.source, each.target)}
        used |= {id for id, node in self._nodes.items() if node.kind is NodeKind.WORKLOAD}
        servers = {self._nodes[id].part_of for id in used}
        nodes = {id: self._whole(node) for id, node in sorted(self._nodes.items()) if id in used or id in servers}
        return DependencyGraph(nodes, edges, tuple(sorted(self._hints, key=_hint_order)))

    def _by_database(self) -> dict[tuple[str, str, EdgeKind], dict[Proof, None]]:
        """Proofs by edge; what leads to a server goes to the databases of it that the same source is known to use."""
        databases: dict[tuple[str, str, EdgeKind], list[tuple[str, str, EdgeKind]]] = {}
        for source, target, kind in self._proofs:
            server = self._nodes[target].part_of
            if server is not None:
                databases.setdefault((source, server, kind), []).append((source, target, kind))
        found = {key: dict(proofs) for key, proofs in self._proofs.items() if key not in databases}
        for key, parts in databases.items():
            for part in parts:
                found[part].update(self._proofs.get(key, {}))
        return found

    def _whole(self, node: Node) -> Node:
        return node if node.part_of is None or node.part_of in self._nodes else replace(node, part_of=None)


def _says_more(node: Node) -> tuple[int, str]:
    told = (
        *(node.arn, node.aws_service, node.workload, node.part_of),
        *(node.account, node.region, node.group, node.network),
    )
    return sum(bool(each) for each in told), repr(node)


def _proof_order(proof: Proof) -> tuple[bool, float, str, str, str, str]:
    return (proof.is_step, -proof.confidence, proof.via, proof.evidence.source, proof.evidence.pointer, proof.how)


def _hint_order(hint: Hint) -> tuple[str, str, str, str, str]:
    return (hint.node, hint.kind, hint.text, hint.evidence.source, hint.evidence.pointer)
