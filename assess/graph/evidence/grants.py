"""What task roles may do with resources that they name: use that is likely, since somebody wrote it down."""

from assess.estate.estate import Estate
from assess.estate.grants import Access as Granted
from assess.estate.grants import Exactness, Flow
from assess.graph.confidence import GRANTED, GRANTED_PART
from assess.graph.inventory import Inventory, edge_kind
from assess.graph.model import Access, GraphBuilder, Node, NodeKind, Proof, Via

_FLOWS = {
    Flow.READ: Access.READ,
    Flow.WRITE: Access.WRITE,
    Flow.PRODUCE: Access.PRODUCE,
    Flow.CONSUME: Access.CONSUME,
}

NOT_DRAWN = frozenset({"kms", "logs", "ecr", "sts", "iam", "ssmmessages", "cloudwatch", "xray", "ecs", "ec2"})
"""Services whose grants say how a task is run or watched, not on whom it depends."""

_WIDEST = 5
"""A pattern that more of our resources match than this names a kind of resource, not one."""


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Edges from each workload to the resources that its task role names; grants on everything draw none."""
    for arn, workloads in estate.task_role_users.items():
        role = estate.role_by_arn.get(arn)
        if role is None:
            continue
        for granted in estate.permissions_of(role).access:
            if granted.service in NOT_DRAWN or not granted.flows:
                continue
            for node, sure, how in _things(granted, inventory):
                grant = granted.grants[0]
                evidence = role.evidence(*grant.place, "Resource", value=grant.resource)
                proof = Proof(Via.IAM, sure, evidence, f"role {role.role_name} may {_verbs(granted)} {how}")
                for workload in workloads:
                    source = graph.node(inventory.workload_nodes[workload.id])
                    graph.edge(
                        source,
                        graph.node(node),
                        edge_kind(node.kind),
                        proof,
                        access=(_FLOWS[each] for each in granted.flows),
                    )


_VERBS = {Flow.READ: "read", Flow.WRITE: "write", Flow.PRODUCE: "send to", Flow.CONSUME: "take from"}


def _verbs(granted: Granted) -> str:
    return " and ".join(word for flow, word in _VERBS.items() if flow in granted.flows)


def _things(granted: Granted, inventory: Inventory) -> list[tuple[Node, float, str]]:
    """The resources that a grant names, how sure it is that they are used, and the words for it."""
    if granted.exactness is Exactness.EXACT:
        found = inventory.at_arn(granted.thing)
        return [(found[0], GRANTED, found[0].name)] if found is not None and _is_resource(found[0]) else []
    if granted.exactness is not Exactness.PATTERN:
        return []
    matching = inventory.matching(granted.thing)
    if len(matching) > _WIDEST:
        return []
    return [(node, GRANTED_PART, f"{node.name}, by {granted.thing}") for node in matching]


def _is_resource(node: Node) -> bool:
    return node.kind not in (NodeKind.AWS_SERVICE, NodeKind.ENTRY, NodeKind.SECRET)
