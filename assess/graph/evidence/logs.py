"""Where containers send their logs."""

from collections.abc import Mapping

from assess.estate.ecs import Container
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.graph.confidence import CONFIGURED
from assess.graph.inventory import Inventory
from assess.graph.model import EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """An edge to the log group, the stream or the collector that a container's log driver names."""
    for workload in estate.workloads:
        task = workload.task_definition
        for container in task.containers() if task is not None else ():
            found = _destination(container, workload, inventory)
            if found is not None and task is not None:
                node, option = found
                evidence = task.evidence(*container.at("logConfiguration", "options", option))
                proof = Proof(Via.LOG, CONFIGURED, evidence, f"logs of {container.name} go to {node.name}")
                source = graph.node(inventory.workload_nodes[workload.id])
                graph.edge(source, graph.node(node), EdgeKind.OBSERVE, proof)


def _destination(container: Container, workload: Workload, inventory: Inventory) -> tuple[Node, str] | None:
    logs = container.definition.log_configuration
    if logs is None:
        return None
    options = logs.options
    match logs.log_driver:
        case "awslogs":
            return _log_group(options, "awslogs-group", "awslogs-region", workload)
        case "awsfirelens":
            match options.get("Name", ""):
                case "cloudwatch" | "cloudwatch_logs":
                    return _log_group(options, "log_group_name", "region", workload)
                case "kinesis_firehose" | "firehose":
                    return _stream(options, "delivery_stream", "firehose", workload, inventory)
                case "kinesis" | "kinesis_streams":
                    return _stream(options, "stream", "kinesis", workload, inventory)
                case _:
                    return _host(options, "Host") or _host(options, "host")
        case "splunk":
            return _host(options, "splunk-url")
        case "gelf":
            return _host(options, "gelf-address")
        case "syslog":
            return _host(options, "syslog-address")
        case "fluentd":
            return _host(options, "fluentd-address")
    return None


def _log_group(options: Mapping[str, str], key: str, region_key: str, workload: Workload) -> tuple[Node, str] | None:
    name = options.get(key)
    if not name:
        return None
    region = options.get(region_key) or workload.origin.region
    node = Node(
        id=f"aws_service:{region}:logs {name}:",
        kind=NodeKind.AWS_SERVICE,
        name=name,
        aws_service="logs",
        account=workload.origin.account,
        region=region,
    )
    return node, key


def _stream(
    options: Mapping[str, str], key: str, service: str, workload: Workload, inventory: Inventory
) -> tuple[Node, str] | None:
    name = options.get(key)
    if not name:
        return None
    region = options.get("region") or workload.origin.region
    found = inventory.named((NodeKind.STREAM,), name, workload.origin.model_copy(update={"region": region}))
    return found or Node(f"stream:{region}:{service} {name}:", NodeKind.STREAM, name, service, region=region), key


def _host(options: Mapping[str, str], key: str) -> tuple[Node, str] | None:
    given = options.get(key, "")
    host = given.rpartition("://")[2].partition("/")[0].partition(":")[0].lower()
    if "." not in host or host.startswith(("127.", "0.0.0.0")) or "${" in host or "(" in host:  # noqa: S104
        return None
    return Node(id=f"external::{host}:", kind=NodeKind.EXTERNAL, name=host), key
