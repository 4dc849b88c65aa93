"""Security groups that let members of another in: a call that is possible, and seldom more."""

from collections.abc import Iterator, Mapping
from itertools import chain

from assess.estate.estate import Estate
from assess.graph.confidence import ADMITTED
from assess.graph.inventory import Inventory, edge_kind
from assess.graph.model import GraphBuilder, Node, Proof, Via

FAINTEST = 0.1
"""What is less sure than this is not drawn: a group of many workloads that admits a group of many says nothing."""


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Edges from the workloads of a group to whoever admits the group, surer the fewer share it."""
    guarded = _guarded(estate, inventory)
    for group in estate.security_groups:
        behind = guarded.get(group.group_id, ())
        if not behind:
            continue
        for index, permission in enumerate(group.ip_permissions):
            for place, pair in enumerate(permission.user_id_group_pairs):
                callers = estate.security_group_users.get(pair.group_id, ())
                if not callers or pair.group_id == group.group_id:
                    continue
                sure = round(ADMITTED / max(len(callers), len(behind)), 3)
                if sure < FAINTEST:
                    continue
                evidence = group.evidence("IpPermissions", index, "UserIdGroupPairs", place, "GroupId")
                port = permission.from_port if permission.from_port == permission.to_port else None
                how = f"security group {group.group_name or group.group_id} admits {pair.group_id}"
                for caller in callers:
                    source = graph.node(inventory.workload_nodes[caller.id])
                    for node in behind:
                        proof = Proof(Via.SECURITY_GROUP, sure, evidence, how)
                        graph.edge(source, graph.node(node), edge_kind(node.kind), proof, port=port)


def _guarded(estate: Estate, inventory: Inventory) -> Mapping[str, tuple[Node, ...]]:
    """Who stands behind a security group."""
    found: dict[str, dict[str, Node]] = {}
    for id, node in chain(_workloads(estate, inventory), _backing(inventory), _balancers(estate, inventory)):
        found.setdefault(id, {})[node.id] = node
    return {id: tuple(nodes.values()) for id, nodes in found.items()}


def _workloads(estate: Estate, inventory: Inventory) -> Iterator[tuple[str, Node]]:
    for id, workloads in estate.security_group_users.items():
        yield from ((id, inventory.workload_nodes[each.id]) for each in workloads)


def _balancers(estate: Estate, inventory: Inventory) -> Iterator[tuple[str, Node]]:
    """Who is called through a load balancer that only members of the VPC reach."""
    for balancer in estate.load_balancers:
        if not balancer.is_internet_facing and balancer.security_groups:
            for lead in inventory.behind_balancer(balancer):
                yield from ((id, lead.node) for id in balancer.security_groups)


def _backing(inventory: Inventory) -> Iterator[tuple[str, Node]]:
    for fact in inventory.backing:
        node = inventory.node_of(fact)
        if node is not None and fact.aws_service != "lambda":  # whose groups guard calls that it makes
            yield from ((id, node) for id in fact.guards)
