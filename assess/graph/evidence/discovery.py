"""Service Connect: clients whose own configuration names what they may call, and clients that may call anybody."""

from collections.abc import Iterable

from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.graph.inventory import Inventory
from assess.graph.model import GraphBuilder, Hint, HintKind


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """A hint for each client of a namespace: who it may call, none of which is drawn.

    Calls to names that a client's variables hold are edges; :mod:`assess.graph.evidence.text` draws them.
    """
    for workload in estate.workloads:
        namespace = inventory.namespace_of(workload)
        service = workload.service
        if namespace is None or service is None or service.primary is None:
            continue
        names = inventory.connect_names.get(namespace, {})
        others = {name for name, servers in names.items() if _others(servers, workload)}
        if others:
            at = service.at_primary("serviceConnectConfiguration", "namespace")
            graph.hint(
                Hint(
                    HintKind.MAY_CALL,
                    graph.node(inventory.workload_nodes[workload.id]),
                    f"{len(others)} name{'s' if len(others) > 1 else ''} of {namespace}",
                    service.evidence(*at, value=namespace),
                )
            )


def _others(servers: Iterable[tuple[Workload, int]], client: Workload) -> bool:
    return any(server.id != client.id for server, _ in servers)
