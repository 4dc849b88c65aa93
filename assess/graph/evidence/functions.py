"""Lambda functions that share something with workloads: what they are told of others, and what they may do."""

from assess.estate.estate import Estate
from assess.estate.functions import Function
from assess.graph.confidence import RESOLVED
from assess.graph.endpoints import Form, joined, names_resource, role_of
from assess.graph.endpoints.names import Role
from assess.graph.evidence.grants import granted_to
from assess.graph.inventory import KINDS_BY_WORD, Inventory, edge_kind
from assess.graph.model import GraphBuilder, Node, Proof, Via


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Edges of functions to what is in the graph already; the rest of an account's functions is none of ours."""
    for function in estate.functions:
        node = inventory.node_of(function)
        if node is None:
            continue
        is_known = graph.knows(node.id)
        _told(function, node, inventory, graph, is_known)
        for each in granted_to(function.role or "", estate, inventory):
            if is_known or graph.knows(each.node.id):
                graph.edge(graph.node(node), graph.node(each.node), each.kind, each.proof, access=each.access)


def _told(function: Function, node: Node, inventory: Inventory, graph: GraphBuilder, is_known: bool) -> None:
    at = {each.name: index for index, each in enumerate(function.environment)}
    for found in joined({each.name: each.value for each in function.environment}):
        name, endpoint = found.variables[0], found.endpoint
        if role_of(name, endpoint.host) is not Role.OUTBOUND:
            continue
        targets: list[tuple[Node, str]] = []
        if endpoint.form is Form.ARN:
            known = inventory.at_arn(endpoint.arn)
            targets += [(known[0], "its ARN")] if known is not None and known[1] else []
        elif endpoint.form is Form.NAME:
            kinds = [kind for word, kind in KINDS_BY_WORD.items() if word in names_resource(name)]
            resource = inventory.named(kinds, endpoint.name, function.origin)
            targets += [(resource, f"the {resource.kind} of that name")] if resource is not None else []
        elif endpoint.host:
            leads = inventory.at_host(endpoint.host, port=endpoint.port, path=endpoint.path, scheme=endpoint.scheme)
            targets += [(each.node, each.how) for each in leads]
        for target, way in targets:
            if target.id != node.id and (is_known or graph.knows(target.id)):
                evidence = function.evidence("Environment", at[name], "value")
                proof = Proof(Via.ENV, RESOLVED, evidence, f"{name} of {function.function_name} names {way}")
                access = [endpoint.access] if endpoint.access is not None else []
                kind = edge_kind(target.kind)
                graph.edge(graph.node(node), graph.node(target), kind, proof, access=access, port=endpoint.port)
