"""Load balancers that face the internet, and the names that lead to them: where traffic from outside comes in."""

from assess.estate.balancing import Listener, LoadBalancer
from assess.estate.dns import names_of
from assess.estate.estate import Estate
from assess.graph.confidence import CONFIGURED
from assess.graph.inventory import Inventory
from assess.graph.model import EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Entries for load balancers with public addresses, edges to the workloads that their rules lead to."""
    for balancer in estate.load_balancers:
        if balancer.is_internet_facing:
            _lead(balancer, estate, inventory, graph)


def entry_of(balancer: LoadBalancer) -> Node:
    """The entry that a load balancer is."""
    return Node(
        id=balancer.identity,
        kind=NodeKind.ENTRY,
        name=balancer.name,
        aws_service="elasticloadbalancing",
        arn=balancer.load_balancer_arn or None,
        account=balancer.origin.account,
        region=balancer.origin.region,
        network=balancer.vpc_id or "",
    )


def _lead(balancer: LoadBalancer, estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    entry = graph.node(entry_of(balancer))
    leads = False
    for workload in inventory.behind_group.get(balancer.load_balancer_name, ()):
        service = workload.service
        if service is not None:
            proof = Proof(
                Via.TARGET_GROUP,
                CONFIGURED,
                service.evidence("loadBalancers"),
                f"load balancer {balancer.name} -> service {workload.name}",
            )
            graph.edge(entry, graph.node(inventory.workload_nodes[workload.id]), EdgeKind.SYNC, proof)
            leads = True
    for listener in estate.listeners_by_load_balancer.get(balancer.load_balancer_arn, ()):
        for forward, source in inventory.forwards(listener):
            field = "DefaultActions" if isinstance(source, Listener) else "Actions"
            for group in forward.groups:
                target = estate.target_group_by_arn.get(group)
                name = target.name if target is not None else group
                for workload in inventory.behind_group.get(group, ()):
                    how = f"{balancer.name}:{listener.port} -> {forward.name} -> target group {name} -> {workload.name}"
                    proof = Proof(Via.TARGET_GROUP, CONFIGURED, source.evidence(field, value=name), how)
                    node = graph.node(inventory.workload_nodes[workload.id])
                    graph.edge(entry, node, EdgeKind.SYNC, proof, port=listener.port)
                    leads = True
    if leads and balancer.dns_name:
        _name(balancer, entry, estate, graph)


def _name(balancer: LoadBalancer, entry: str, estate: Estate, graph: GraphBuilder) -> None:
    for way in names_of(balancer.dns_name or "", estate.dns_records_to):
        record = way[0]
        if record.is_private:
            continue
        name = graph.node(
            Node(id=f"entry::{record.host}:", kind=NodeKind.ENTRY, name=record.host, aws_service="route53")
        )
        how = " -> ".join([*(f"DNS record {each.host}" for each in way), f"load balancer {balancer.name}"])
        field = ("AliasTarget", "DNSName") if record.alias_target is not None else ("ResourceRecords", 0, "Value")
        graph.edge(name, entry, EdgeKind.SYNC, Proof(Via.DNS, CONFIGURED, record.evidence(*field), how))
