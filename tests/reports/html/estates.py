"""Assessments that have all that the HTML report shows: the demo's, a small one with a map, and large ones."""

from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise

from assess.assessment import Assessment, AwsServiceView, DependenciesView, EdgeView, NodeView, ProofView, ReachView
from assess.assessor import assessment_of
from assess.config import Policy
from assess.estate.estate import Estate
from assess.graph import Access, Certainty, EdgeKind, NodeKind, Via
from assess.judging import judge
from assess.packs import load_rules
from assess.readers.saved import read_estate
from tests.reports import examples


def assessed(estate: Estate) -> Assessment:
    """What all rules say about an estate."""
    rules, policy = load_rules(), Policy()
    return assessment_of(
        estate, judge(estate, rules, policy), policy=policy, rules=rules, as_of=estate.collected_at.date()
    )


@cache
def demo() -> Assessment:
    """What ``assess demo`` shows."""
    with as_file(files("assess") / "data" / "demo-estate.json.gz") as path:
        return assessed(read_estate(str(path)))


def mapped(assessment: Assessment | None = None) -> Assessment:
    """The shop, or another assessment, whose workloads call each other in a row; the last one stands alone."""
    given = assessment or examples.shop()
    workloads = given.workloads
    nodes = [
        NodeView(
            id=each.id,
            kind=NodeKind.WORKLOAD,
            name=each.name,
            workload=each.id,
            moves=True,
            # two clusters, so that there is something to collapse
            group=each.cluster if place % 2 else "shop-staging",
        )
        for place, each in enumerate(workloads)
    ]
    store = NodeView(id="database:orders", kind=NodeKind.DATABASE, name="orders-database", aws_service="rds")
    certainties = [(Certainty.DECLARED, 0.95), (Certainty.INFERRED, 0.6), (Certainty.POSSIBLE, 0.3)]
    edges = [
        _edge(source.id, target.id, *certainties[place % 3])
        for place, (source, target) in enumerate(pairwise(workloads[:-1]))
    ]
    edges.append(_edge(workloads[0].id, store.id, Certainty.DECLARED, 0.95))
    view = DependenciesView(
        nodes=(*nodes, store),
        edges=tuple(edges),
        orphans=(workloads[-1].id,),
        reach=(ReachView(node=workloads[1].id, callers=(workloads[0].id,), peers=(), weight=2),),
    )
    service = AwsServiceView(
        service="rds",
        name="Amazon RDS",
        category="database",
        stays=True,
        workloads=(workloads[0].id,),
        resources=("orders-database",),
        used="evidence",
        changes=("security groups let the nodes in",),
    )
    return given.model_copy(update={"dependencies": view, "aws_services": (service,)})


def _edge(source: str, target: str, certainty: Certainty, confidence: float) -> EdgeView:
    proof = ProofView(
        via=Via.ENV,
        confidence=confidence,
        how=f"`URL` of {source.rpartition('/')[2]} holds the address",
        source="arn:aws:ecs:eu-central-1:111122223333:task-definition/caller:7",
        pointer="/containerDefinitions/0/environment/0/value",
        value="http://called.internal:8080",
    )
    kind, access = (EdgeKind.DATA, (Access.READ,)) if target.startswith("database") else (EdgeKind.SYNC, ())
    return EdgeView(
        source=source,
        target=target,
        kind=kind,
        via=(Via.ENV,),
        access=access,
        confidence=confidence,
        certainty=certainty,
        port=8080,
        evidence=(proof,),
    )
