"""What task roles may do with resources that they name: use that is likely, since somebody wrote it down."""

from collections.abc import Iterator
from dataclasses import dataclass

from assess.estate.estate import Estate
from assess.estate.grants import Access as May
from assess.estate.grants import Exactness, Flow
from assess.estate.identity import Role
from assess.estate.secret_stores import store_reference
from assess.graph.confidence import GRANTED, GRANTED_PART
from assess.graph.inventory import Inventory, edge_kind
from assess.graph.model import Access, EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via

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
        nodes = [inventory.workload_nodes[each.id] for each in workloads]
        for each in granted_to(arn, estate, inventory):
            for node in nodes:
                graph.edge(graph.node(node), graph.node(each.node), each.kind, each.proof, access=each.access)


@dataclass(frozen=True, slots=True)
class Granted:
    """A resource that a role names, and what it may do with it."""

    node: Node
    kind: EdgeKind
    access: frozenset[Access]
    proof: Proof


def granted_to(arn: str, estate: Estate, inventory: Inventory) -> Iterator[Granted]:
    """The resources that a role names; none for a role that was not read."""
    role = estate.role_by_arn.get(arn)
    for may in estate.permissions_of(role).access if role is not None else ():
        if role is None or may.service in NOT_DRAWN or not may.flows:
            continue
        grant = may.grants[0]
        evidence = role.evidence(*grant.place, "Resource", value=grant.resource)
        for node, sure, what in _things(may, role, inventory):
            proof = Proof(Via.IAM, sure, evidence, f"role {role.role_name} may {_verbs(may)} {what}")
            yield Granted(node, edge_kind(node.kind), frozenset(_FLOWS[each] for each in may.flows), proof)


_VERBS = {Flow.READ: "read", Flow.WRITE: "write", Flow.PRODUCE: "send to", Flow.CONSUME: "take from"}


def _verbs(may: May) -> str:
    return " and ".join(word for flow, word in _VERBS.items() if flow in may.flows)


def _things(may: May, role: Role, inventory: Inventory) -> list[tuple[Node, float, str]]:
    """The resources that a grant names, how sure it is that they are used, and the words for it."""
    if may.exactness is Exactness.EXACT:
        node = _named(may, role, inventory)
        return [(node, GRANTED, node.name)] if node is not None else []
    if may.exactness is not Exactness.PATTERN:
        return []
    matching = inventory.matching(may.thing)
    if len(matching) > _WIDEST:
        return []
    return [(node, GRANTED_PART, f"{node.name}, by {may.thing}") for node in matching]


def _named(may: May, role: Role, inventory: Inventory) -> Node | None:
    if may.service in ("secretsmanager", "ssm"):
        reference = store_reference(may.thing, role.origin)
        return inventory.secret(reference) if reference is not None and not reference.is_public else None
    found = inventory.at_arn(may.thing)
    return found[0] if found is not None and found[0].kind not in (NodeKind.AWS_SERVICE, NodeKind.ENTRY) else None
