"""What the dependency map and the AWS services say in words; formats escape and lay out."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from assess.assessment import Assessment, AwsServiceView, DependenciesView, EdgeView, NodeView
from assess.graph import EdgeKind, NodeKind
from assess_reports import wording

_NAMED = 6
"""Names that a sentence lists."""


class MapWords:
    """Sentences about a map."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment = assessment
        self._map: DependenciesView = assessment.dependencies

    @cached_property
    def nodes(self) -> Mapping[str, NodeView]:
        """Nodes by id."""
        return {each.id: each for each in self._map.nodes}

    @property
    def is_there(self) -> bool:
        """Whether there is anything to say of a map."""
        return bool(self._map.edges)

    def name(self, id: str) -> str:
        """A node's name in a sentence; what is no workload says what it is."""
        node = self.nodes[id]
        if node.kind is NodeKind.WORKLOAD:
            return f"`{node.name}`"
        what = "log group" if node.aws_service == "logs" else node.kind.value.replace("_", " ")
        return f"{what} `{node.name}`"

    def names(self, ids: tuple[str, ...]) -> str:
        """Names as a list, the first few of many."""
        shown = [self.name(each) for each in ids[:_NAMED]]
        more = len(ids) - len(shown)
        return wording.listed([*shown, f"{more:,} more"] if more > 0 else shown)

    def sentences(self) -> Iterator[str]:
        """What the map as a whole tells, the most binding first."""
        count = len([each for each in self._map.edges if each.kind not in (EdgeKind.OBSERVE, EdgeKind.CONFIG)])
        yield f"{wording.plural(count, 'edge')} between workloads and what they call, read, write or are started by."
        for cycle in self._map.cycles:
            yield f"{self.names(cycle)} depend on each other in a circle: they move together, or over a bridge."
        for store in self._map.shared:
            if store.same_server:
                yield f"{self.names(store.users)} have databases of their own on {self.name(store.node)}: one server."
            else:
                writers = f", and {self.names(store.writers)} write" if len(store.writers) > 1 else ""
                yield f"{self.names(store.users)} share {self.name(store.node)}{writers}."
        for hub in self._map.hubs:
            yield f"{wording.plural(len(hub.callers), 'workload')} call {self.name(hub.node)}: it moves late."
        for reach in self._map.reach[:3]:
            if reach.callers:
                yield f"If {self.name(reach.node)} fails, {self.names(reach.callers)} feel it."
        if self._map.orphans:
            yield f"Nothing was seen that leads to or from {self.names(self._map.orphans)}."
        if self._map.blind:
            yield f"Edges may be missing: not seen everywhere were {wording.listed(list(self._map.blind))}."

    @cached_property
    def _of(self) -> Mapping[str, tuple[list[EdgeView], list[EdgeView]]]:
        found: dict[str, tuple[list[EdgeView], list[EdgeView]]] = {}
        for each in self._map.edges:
            found.setdefault(each.source, ([], []))[0].append(each)
            found.setdefault(each.target, ([], []))[1].append(each)
        return found

    def calls(self, workload: str) -> tuple[EdgeView, ...]:
        """What a workload depends on, the surest first."""
        return tuple(sorted(self._of.get(workload, ([], []))[0], key=_surest))

    def called_by(self, workload: str) -> tuple[EdgeView, ...]:
        """What depends on a workload or starts it, the surest first."""
        return tuple(sorted(self._of.get(workload, ([], []))[1], key=_surest))

    def edge(self, edge: EdgeView, *, to: bool) -> str:
        """An edge as a clause: the other end, what goes over it, how sure it is."""
        words = [edge.kind.value, *(each.value for each in edge.access)]
        port = f", port {edge.port}" if edge.port is not None else ""
        other = self.name(edge.target if to else edge.source)
        return f"{other} ({' '.join(words)}{port}, {edge.certainty.value}): {edge.evidence[0].how}"


def _surest(edge: EdgeView) -> tuple[bool, float, str, str, str]:
    return (edge.kind is EdgeKind.OBSERVE, -edge.confidence, edge.kind.value, edge.source, edge.target)


def service_fate(service: AwsServiceView) -> str:
    """What becomes of an AWS service, in a word."""
    if service.used == "grant":
        return "granted, no use seen"
    return "stays" if service.stays else "replaced"


def services_by_use(assessment: Assessment) -> list[AwsServiceView]:
    """The AWS services, those in use by most workloads first, those that are only granted last."""
    return sorted(assessment.aws_services, key=lambda each: (each.used != "evidence", -len(each.workloads), each.name))
