"""Secrets and parameters that tasks are given, and databases whose own secrets those are."""

from collections.abc import Iterator

from assess.estate.ecs import TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.secret_stores import StoredSecret, StoreReference, store_reference
from assess.graph.confidence import CONFIGURED, RESOLVED
from assess.graph.inventory import Inventory, edge_kind
from assess.graph.model import Access, EdgeKind, GraphBuilder, Hint, HintKind, NodeKind, Proof, Via

_DATABASE_TAGS = ("aws:rds:primaryDBInstanceArn", "aws:rds:primaryDBClusterArn")
"""Tags that RDS gives the secrets it manages
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html)."""


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """An edge to each secret and parameter that a task refers to; environment files are named as not read."""
    for workload in estate.workloads:
        task = workload.task_definition
        if task is None:
            continue
        source = graph.node(inventory.workload_nodes[workload.id])
        for reference, evidence, how in _references(task):
            stored = estate.stored(reference)
            node = graph.node(inventory.secret(reference))
            proof = Proof(Via.SECRET, CONFIGURED, evidence, how)
            graph.edge(source, node, EdgeKind.CONFIG, proof, access=(Access.READ,))
            if isinstance(stored, StoredSecret):
                for arn in _databases(stored):
                    found = inventory.at_arn(arn)
                    if found is not None:
                        held = f"{how} -> the secret of {found[0].name}"
                        proof = Proof(Via.SECRET, RESOLVED, evidence, held)
                        graph.edge(source, graph.node(found[0]), edge_kind(found[0].kind), proof)
        for container in task.containers():
            for index, file in enumerate(container.definition.environment_files):
                evidence = task.evidence(*container.at("environmentFiles", index, "value"))
                graph.hint(Hint(HintKind.NOT_READ, source, "environment file", evidence))
                found = inventory.at_arn(file.value)
                if found is not None and found[0].kind is NodeKind.BUCKET:
                    how = f"{container.name} takes its environment from {found[0].name}"
                    proof = Proof(Via.SECRET, CONFIGURED, evidence, how)
                    graph.edge(source, graph.node(found[0]), EdgeKind.CONFIG, proof, access=(Access.READ,))


def _references(task: TaskDefinition) -> Iterator[tuple[StoreReference, Evidence, str]]:
    for container in task.containers():
        definition = container.definition
        options = definition.log_configuration.secret_options if definition.log_configuration is not None else ()
        given = [
            *(
                (("secrets", index, "valueFrom"), each.value_from, each.name)
                for index, each in enumerate(definition.secrets)
            ),
            *(
                (("logConfiguration", "secretOptions", index, "valueFrom"), each.value_from, each.name)
                for index, each in enumerate(options)
            ),
        ]
        if definition.repository_credentials is not None:
            parameter = definition.repository_credentials.credentials_parameter
            given.append((("repositoryCredentials", "credentialsParameter"), parameter, "registry credentials"))
        for steps, value, name in given:
            reference = store_reference(value, task.origin)
            if reference is not None and not reference.is_public:
                evidence = task.evidence(*container.at(*steps))
                yield reference, evidence, f"{name} of {container.name} is read from {reference.name}"


def _databases(stored: StoredSecret) -> Iterator[str]:
    tags = {each.key: each.value for each in stored.tags}
    yield from (tags[key] for key in _DATABASE_TAGS if tags.get(key, "").startswith("arn:"))
