"""What starts tasks, and what carries messages on: rules, schedules, state machines, pipes, subscriptions."""

from assess.estate.estate import Estate
from assess.estate.facts import Evidence, Fact
from assess.estate.triggers import EventRule, Pipe, Schedule, StateMachine
from assess.graph.confidence import CONFIGURED
from assess.graph.inventory import Inventory, edge_kind
from assess.graph.model import Access, EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via

_WORDS = {EventRule: "event rule", Schedule: "schedule", StateMachine: "state machine", Pipe: "pipe"}
_SERVICES = {EventRule: "events", Schedule: "scheduler", StateMachine: "states", Pipe: "pipes"}


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """Triggers and the tasks that they start; what leads from queues, topics and streams on to others."""
    for workload in estate.workloads:
        for trigger in workload.triggers:
            source = trigger.source
            node = graph.node(_trigger(source))
            how = f"{_WORDS[type(source)]} {source.name} starts {workload.name}"
            evidence = source.evidence(*trigger.at, value=workload.name)
            graph.edge(
                node,
                graph.node(inventory.workload_nodes[workload.id]),
                EdgeKind.CONTROL,
                Proof(Via.TRIGGER, CONFIGURED, evidence, how),
            )
    _event_targets(estate, inventory, graph)
    _subscriptions(estate, inventory, graph)
    _functions(estate, inventory, graph)
    _pipes(estate, inventory, graph)


def _trigger(source: EventRule | Schedule | StateMachine | Pipe) -> Node:
    return Node(
        id=source.identity,
        kind=NodeKind.TRIGGER,
        name=source.name,
        aws_service=_SERVICES[type(source)],
        arn=source.identity,
        account=source.origin.account,
        region=source.origin.region,
    )


def _node(arn: str, inventory: Inventory) -> Node | None:
    found = inventory.at_arn(arn)
    return found[0] if found is not None else None


def _event_targets(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """What rules deliver to beside tasks, where that is a resource that was found."""
    for rule in estate.event_rules:
        for index, target in enumerate(rule.targets):
            found = inventory.at_arn(target.arn) if target.ecs_parameters is None else None
            if found is None or not found[1]:
                continue
            node = found[0]
            how = f"event rule {rule.name} delivers to {node.name}"
            proof = Proof(Via.TRIGGER, CONFIGURED, rule.evidence("Targets", index, "Arn"), how)
            kind = EdgeKind.CONTROL if node.kind is NodeKind.COMPUTE else edge_kind(node.kind)
            graph.edge(graph.node(_trigger(rule)), graph.node(node), kind, proof)


def _subscriptions(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    for each in estate.subscriptions:
        topic = _node(each.topic_arn, inventory)
        if topic is None or each.endpoint is None:
            continue
        evidence = each.evidence("Endpoint")
        if each.endpoint.startswith("arn:"):
            target = _node(each.endpoint, inventory)
            if target is not None:
                how = f"topic {topic.name} delivers to {target.name}"
                proof = Proof(Via.TRIGGER, CONFIGURED, evidence, how)
                graph.edge(graph.node(topic), graph.node(target), EdgeKind.ASYNC, proof, access=(Access.PRODUCE,))
        elif "://" in each.endpoint:
            host = each.endpoint.partition("://")[2].partition("/")[0].partition(":")[0]
            for lead in inventory.at_host(host, scheme=each.endpoint.partition(":")[0]):
                how = f"topic {topic.name} calls {host} -> {lead.how}"
                proof = Proof(Via.TRIGGER, CONFIGURED, evidence, how)
                graph.edge(graph.node(topic), graph.node(lead.node), EdgeKind.ASYNC, proof, access=(Access.PRODUCE,))


def _functions(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    for each in estate.event_source_mappings:
        function, source = _node(each.function_arn, inventory), _node(each.event_source_arn, inventory)
        if function is not None and source is not None:
            _consumes(function, source, each, "EventSourceArn", f"function {function.name} reads {source.name}", graph)


def _pipes(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    for each in estate.pipes:
        source = _node(each.source, inventory)
        if source is not None:
            _consumes(_trigger(each), source, each, "Source", f"pipe {each.name} reads {source.name}", graph)
        target = _node(each.target, inventory) if each.task_definition_arn is None else None
        if target is not None and ":ecs:" not in each.target:
            proof = Proof(Via.TRIGGER, CONFIGURED, each.evidence("Target"), f"pipe {each.name} feeds {target.name}")
            graph.edge(graph.node(_trigger(each)), graph.node(target), edge_kind(target.kind), proof)


def _consumes(reader: Node, source: Node, fact: Fact, field: str, how: str, graph: GraphBuilder) -> None:
    evidence: Evidence = fact.evidence(field)
    proof = Proof(Via.TRIGGER, CONFIGURED, evidence, how)
    graph.edge(graph.node(reader), graph.node(source), edge_kind(source.kind), proof, access=(Access.CONSUME,))
