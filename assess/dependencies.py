"""The dependency map and the AWS services of an assessment, from the graph of its estate."""

from pydantic import BaseModel

from assess.assessment import (
    AwsServiceView,
    DependenciesView,
    EdgeView,
    HintView,
    HubView,
    NodeView,
    ProofView,
    ReachView,
    SharedStoreView,
)
from assess.estate.estate import Estate
from assess.graph.analysis import analyse
from assess.graph.model import Access, DependencyGraph, Edge, Hint, Node, Proof
from assess.graph.services import services_in_use
from assess.graph.sources import FACTS


def dependencies_of(estate: Estate, graph: DependencyGraph) -> DependenciesView:
    """The map as reports show it."""
    found = analyse(graph)
    return DependenciesView(
        nodes=tuple(_node(each) for each in graph.nodes.values()),
        edges=tuple(_edge(each) for each in graph.edges),
        hints=tuple(_hint(each) for each in graph.hints),
        cycles=found.cycles,
        shared=tuple(
            SharedStoreView(node=each.node, users=each.users, writers=each.writers, same_server=each.same_server)
            for each in found.shared
        ),
        hubs=tuple(HubView(node=each.node, callers=each.callers) for each in found.hubs),
        reach=tuple(
            ReachView(node=each.node, callers=each.callers, peers=each.peers, weight=each.weight)
            for each in found.reach
        ),
        orphans=found.orphans,
        blind=_blind(estate),
    )


def aws_services_of(estate: Estate, graph: DependencyGraph) -> tuple[AwsServiceView, ...]:
    """The AWS services in use, as reports show them."""
    return tuple(
        AwsServiceView(
            service=each.service.id,
            name=each.service.name,
            category=each.service.category,
            stays=each.service.stays,
            workloads=each.workloads,
            resources=each.resources,
            how=each.how,
            used=each.used,
            changes=each.changes,
        )
        for each in services_in_use(estate, graph)
    )


_FIELDS: dict[type[BaseModel], set[str]] = {
    each: set(each.model_fields) for each in (NodeView, EdgeView, ProofView, HintView)
}
"""All fields of each view: one set for all views of a kind, of which a large estate has hundreds of thousands."""


def _node(node: Node) -> NodeView:
    return NodeView.model_construct(
        _FIELDS[NodeView],
        id=node.id,
        kind=node.kind,
        name=node.name,
        aws_service=node.aws_service,
        arn=node.arn,
        workload=node.workload,
        moves=node.moves,
        account=node.account,
        region=node.region,
        group=node.group,
        part_of=node.part_of,
    )


def _edge(edge: Edge) -> EdgeView:
    return EdgeView.model_construct(
        _FIELDS[EdgeView],
        source=edge.source,
        target=edge.target,
        kind=edge.kind,
        via=edge.via,
        access=tuple(each for each in Access if each in edge.access),
        confidence=edge.confidence,
        certainty=edge.certainty,
        port=edge.port,
        evidence=tuple(_proof(each) for each in edge.proofs),
    )


def _proof(proof: Proof) -> ProofView:
    evidence = proof.evidence
    return ProofView.model_construct(
        _FIELDS[ProofView],
        via=proof.via,
        confidence=proof.confidence,
        how=proof.how,
        source=evidence.source,
        line=evidence.line,
        pointer=evidence.pointer,
        value=evidence.value,
        is_step=proof.is_step,
    )


def _hint(hint: Hint) -> HintView:
    return HintView.model_construct(
        _FIELDS[HintView], kind=hint.kind, node=hint.node, text=hint.text, evidence=hint.evidence
    )


def _blind(estate: Estate) -> tuple[str, ...]:
    origins = {(each.origin.account, each.origin.region, each.origin.source): each.origin for each in estate.workloads}
    return tuple(
        fact for fact in FACTS if any(estate.missing(fact, origin, None) is not None for origin in origins.values())
    )
