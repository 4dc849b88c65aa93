"""The edge of the network: CloudFront, Global Accelerator and API Gateway, where they lead to workloads."""

from assess.estate.edge import Accelerator, ApiIntegration, Distribution, VpcLink
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.graph.confidence import CONFIGURED
from assess.graph.evidence.balancing import entry_of
from assess.graph.inventory import Inventory, Lead
from assess.graph.model import EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Entries at the edge, and edges to the load balancers and workloads that they lead to."""
    for distribution in estate.distributions:
        for index, origin in enumerate(distribution.origins):
            entry = _entry(distribution, "cloudfront", next(iter(distribution.aliases), distribution.domain_name))
            found = inventory.balancer_at(origin.domain_name)
            evidence = distribution.evidence("Origins", index, "DomainName")
            way = f"distribution {distribution.domain_name} -> origin {origin.domain_name}"
            if found is not None:
                _to_balancer(entry, found[0].identity, evidence, way, inventory, graph)
            else:
                _to(entry, inventory.at_host(origin.domain_name), evidence, way, graph)
    for accelerator in estate.accelerators:
        entry = _entry(accelerator, "globalaccelerator", accelerator.dns_name or accelerator.name)
        for index, endpoint in enumerate(accelerator.endpoints):
            evidence = accelerator.evidence("Endpoints", index, "EndpointId")
            _to_balancer(entry, endpoint.endpoint_id, evidence, f"accelerator {accelerator.name}", inventory, graph)
    links = {each.id: each for each in estate.vpc_links}
    for api in estate.api_integrations:
        entry = _entry(api, "apigateway", api.api_name or api.api_id)
        way = f"API {api.api_name or api.api_id} -> VPC link {api.connection_id}"
        if api.target is not None:
            _to_target(entry, api.target, api.evidence("target"), way, inventory, graph)
        link = links.get(api.connection_id)
        for index, target in enumerate(link.target_arns if link is not None and api.target is None else ()):
            if link is not None:
                _to_target(entry, target, link.evidence("targetArns", index), way, inventory, graph)


def _entry(fact: Distribution | Accelerator | ApiIntegration | VpcLink, service: str, name: str) -> Node:
    id = fact.identity if fact.identity.startswith("arn:") else f"entry:{fact.origin.region}:{service} {name}:"
    return Node(
        id=id,
        kind=NodeKind.ENTRY,
        name=name,
        aws_service=service,
        account=fact.origin.account,
        region=fact.origin.region,
    )


def _to_target(
    entry: Node, target: str, evidence: Evidence, way: str, inventory: Inventory, graph: GraphBuilder
) -> None:
    """To what a VPC link names: a load balancer, one of its listeners, or a Cloud Map service."""
    listener = inventory.listener(target)
    if listener is not None:
        _to_balancer(entry, listener.load_balancer_arn, evidence, way, inventory, graph)
        return
    if target in inventory.registered_as:
        leads = tuple(Lead(each, f"Cloud Map service of {each.name}") for each in inventory.registered_as[target])
        _to(entry, leads, evidence, way, graph)
        return
    _to_balancer(entry, target, evidence, way, inventory, graph)


def _to_balancer(
    entry: Node, arn: str, evidence: Evidence, way: str, inventory: Inventory, graph: GraphBuilder
) -> None:
    """To a load balancer that faces the internet, which is an entry itself; of another, to whoever stands behind it."""
    balancer = inventory.estate.load_balancer_by_arn.get(arn)
    if balancer is None:
        return
    if balancer.is_internet_facing:
        node = entry_of(balancer)
        _to(entry, (Lead(node, f"load balancer {balancer.name}"),), evidence, way, graph)
    else:
        _to(entry, inventory.behind_balancer(balancer), evidence, way, graph)


def _to(entry: Node, leads: tuple[Lead, ...], evidence: Evidence, way: str, graph: GraphBuilder) -> None:
    for lead in leads:
        proof = Proof(Via.DNS, CONFIGURED, evidence, f"{way} -> {lead.how}")
        graph.edge(graph.node(entry), graph.node(lead.node), EdgeKind.SYNC, proof, port=lead.port)
