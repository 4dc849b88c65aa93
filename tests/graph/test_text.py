"""What the configuration of containers says of others: edges, hints, and what makes neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as suppose
from hypothesis import settings
from hypothesis import strategies as st

from assess.estate.estate import Estate
from assess.graph.evidence import text
from assess.graph.inventory import Inventory
from assess.graph.model import DependencyGraph, GraphBuilder, NodeKind
from assess.readers import read
from tests.graph.test_evidence import DATABASE_FACTS, balancer, behind, forward, line
from tests.rules.harness import ACCOUNT, REGION, Piece, container, estate, file, given, primary, service, task

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders"
DATABASE = "orders.c1.eu-west-1.rds.amazonaws.com"
EDGE = "edge-1.eu-west-1.elb.amazonaws.com"
CACHE_HOST = "master.sessions.ab12cd.euw1.cache.amazonaws.com"


def graph_from_text(facts: Estate) -> DependencyGraph:
    """The graph that texts alone make."""
    inventory, graph = Inventory(facts), GraphBuilder()
    for node in inventory.workload_nodes.values():
        graph.node(node)
    text.draw(facts, inventory, graph)
    return graph.build()


def told(name: str = "app", /, *, fields: dict[str, Any] | None = None, **environment: str) -> dict[str, Any]:
    """A container with variables."""
    return container(name, environment=pairs(environment), **(fields or {}))


def pairs(environment: Mapping[str, str]) -> list[dict[str, str]]:
    """Variables as a container definition lists them."""
    return [{"name": name, "value": value} for name, value in environment.items()]


def others() -> tuple[Piece, ...]:
    """A second service, which Cloud Map knows as ``carts.shop.local``."""
    registry = f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-1"
    return (
        task(container("web"), family="carts"),
        service("carts", serviceRegistries=[{"registryArn": registry}]),
        given("namespaces", Id="ns-1", Name="shop.local", Type="DNS_PRIVATE"),
        given("discovery_services", Id="srv-1", Arn=registry, Name="carts", NamespaceId="ns-1"),
    )


def client(family: str, **offered: str) -> dict[str, Any]:
    """Members of a service that is a client of a namespace, and offers aliases."""
    services = [
        {"portName": port, "discoveryName": alias, "clientAliases": [{"port": 8080, "dnsName": alias}]}
        for port, alias in offered.items()
    ]
    configuration = {"enabled": True, "namespace": "mesh", "services": services}
    return {"deployments": primary(family, serviceConnectConfiguration=configuration)}


@dataclass(frozen=True)
class Situation:
    """Facts, the edges that they make, and the hints (``kind text``)."""

    name: str
    pieces: tuple[Piece, ...]
    edges: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


SITUATIONS = (
    Situation(
        "the endpoint of a database that was found",
        (task(told(DB_HOST=DATABASE)), given("database_instances", **DATABASE_FACTS)),
        ("orders -> orders data env 0.85 :5432",),
    ),
    Situation(
        "a database of a server",
        (
            task(told(DB_HOST=DATABASE, DB_PORT="5432", DB_NAME="shop")),
            given("database_instances", **DATABASE_FACTS),
        ),
        ("orders -> orders/shop data env 0.85 :5432",),
    ),
    Situation(
        "a database that was not found",
        (task(told(DATABASE_URL=f"postgres://app@{DATABASE}/shop")),),
        (f"orders -> {'orders'}/shop data env 0.70 :5432",),
    ),
    Situation(
        "the reader of a cluster that was not found",
        (task(told(DB_READ_HOST="shop.cluster-ro-c1.eu-west-1.rds.amazonaws.com", DB_PORT="3306")),),
        ("orders -> shop data env 0.70 read :3306",),
    ),
    Situation(
        "a writer and a reader are one database",
        (
            task(
                told(
                    A_HOST="shop.cluster-ro-c1.eu-west-1.rds.amazonaws.com",
                    B_HOST="shop.cluster-c1.eu-west-1.rds.amazonaws.com",
                )
            ),
        ),
        ("orders -> shop data env 0.70 read",),
    ),
    Situation(
        "brokers of one cluster",
        (
            task(
                told(KAFKA_BROKERS=",".join(f"b-{n}.log.ab12cd.c2.kafka.eu-west-1.amazonaws.com:9098" for n in (1, 2)))
            ),
        ),
        ("orders -> log async env 0.70 :9098",),
    ),
    Situation(
        "a cache that was not found",
        (task(told(REDIS_URL=f"rediss://:x@{CACHE_HOST}:6379/0")),),
        ("orders -> sessions data env 0.70 :6379",),
    ),
    Situation(
        "the URL of a queue that was found",
        (task(told(QUEUE=QUEUE_URL)), given("queues", QueueArn=QUEUE, QueueUrl=QUEUE_URL)),
        ("orders -> orders async env 0.85 :443",),
    ),
    Situation(
        "the URL of another account's queue",
        (task(told(QUEUE="https://sqs.eu-west-1.amazonaws.com/999900001111/audit")),),
        ("orders -> audit async env 0.70 :443",),
    ),
    Situation(
        "an ARN of a topic",
        (task(told(EVENTS=f"arn:aws:sns:{REGION}:{ACCOUNT}:events")),),
        ("orders -> events async env 0.70",),
    ),
    Situation(
        "a bucket by URL",
        (task(told(TARGET="s3://shop-assets/images")),),
        ("orders -> shop-assets data env 0.70",),
    ),
    Situation(
        "a queue by name that was found",
        (task(told(ORDERS_QUEUE="orders")), given("queues", QueueArn=QUEUE, QueueUrl=QUEUE_URL)),
        ("orders -> orders async env 0.85",),
    ),
    Situation("a table by name that was not found", (task(told(ORDERS_TABLE="orders")),)),
    Situation(
        "a name under a variable that says nothing of a resource",
        (task(told(ORDERS="orders")), given("queues", QueueArn=QUEUE, QueueUrl=QUEUE_URL)),
    ),
    Situation(
        "an API of AWS",
        (task(told(ENDPOINT="https://dynamodb.eu-west-1.amazonaws.com")),),
        ("orders -> Amazon DynamoDB data env 0.70 :443",),
    ),
    Situation("a registry of images", (task(told(REGISTRY_URL=f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com")),)),
    Situation("a role's ARN", (task(told(ROLE=f"arn:aws:iam::{ACCOUNT}:role/x")),)),
    Situation(
        "a public host",
        (task(told(PAY_URL="https://api.acme-pay.io/v1")),),
        ("orders -> api.acme-pay.io sync env 0.70 :443",),
    ),
    Situation(
        "a public host behind a proxy",
        (task(told(PAY_URL="https://api.acme-pay.io/v1", HTTPS_PROXY="http://proxy.corp:3128")),),
        ("orders -> api.acme-pay.io sync env 0.60 :443", "orders -> proxy.corp sync env 0.70 :3128"),
        ("proxy proxy.corp", "unresolved proxy.corp"),
    ),
    Situation(
        "a proxy among the options of a Java program",
        (task(told(JAVA_OPTS="-Xmx1g -Dhttps.proxyHost=proxy.corp", PAY_URL="https://api.acme-pay.io")),),
        ("orders -> api.acme-pay.io sync env 0.60 :443", "orders -> proxy.corp sync env 0.70"),
        ("proxy proxy.corp", "unresolved proxy.corp"),
    ),
    Situation(
        "a private name that nobody knows",
        (task(told(LEDGER_URL="http://ledger.bank.internal:8080")),),
        ("orders -> ledger.bank.internal sync env 0.70 :8080",),
        ("unresolved ledger.bank.internal",),
    ),
    Situation(
        "a name of the company's network",
        (task(told(LDAP_URL="ldaps://dir.bank.corp")),),
        ("orders -> dir.bank.corp sync env 0.70 :636",),
        ("unresolved dir.bank.corp",),
    ),
    Situation(
        "an address outside of the VPC",
        (
            task(told(LEDGER_HOST="172.16.0.9", LEDGER_PORT="1521")),
            given("vpcs", VpcId="vpc-1", CidrBlock="10.0.0.0/16"),
        ),
        ("orders -> 172.16.0.9 data env 0.70 :1521",),
        ("unresolved 172.16.0.9",),
    ),
    Situation(
        "a Cloud Map name",
        (task(told(CARTS_URL="http://carts.shop.local:8080")), *others()),
        ("orders -> carts sync env+cloud_map 0.85 :8080",),
    ),
    Situation(
        "a Service Connect alias",
        (
            task(told(CARTS_URL="http://carts:8080")),
            service(**client("orders")),
            task(family="carts"),
            service("carts", **client("carts", http="carts")),
        ),
        ("orders -> carts sync env+service_connect 0.93 :8080",),
    ),
    Situation(
        "an alias of Service Connect under a name without a client",
        (
            task(told(CARTS_URL="http://basket:8080")),
            task(family="carts"),
            service("carts", **client("carts", http="basket")),
        ),
        (),
        ("unresolved basket",),
    ),
    Situation(
        "a load balancer and a path",
        (
            task(told(CARTS_URL=f"http://{EDGE}/carts/1")),
            task(family="carts"),
            service(),
            service("carts", **behind("carts")),
            *balancer(forward("carts", path="/carts/*")),
        ),
        ("orders -> carts sync env+target_group 0.85 :80",),
    ),
    Situation(
        "its own load balancer",
        (task(told(X_URL=f"http://{EDGE}/")), service(**behind("orders")), *balancer(default="orders")),
        (),
        (f"own_address {EDGE}",),
    ),
    Situation(
        "a load balancer that leads to nobody we know",
        (task(told(X_URL=f"http://{EDGE}/")), *balancer()),
        ("orders -> edge sync env 0.85 :80",),
    ),
    Situation(
        "a load balancer that answers by itself",
        (task(told(X_URL=f"https://{EDGE}/")), *balancer()),
    ),
    Situation(
        "the name of another workload's container",
        (
            task(told(TRACER="http://tracer:9411/spans")),
            task(container("tracer"), family="tracing"),
            service("tracing"),
        ),
        ("orders -> tracing observe env 0.50 :9411",),
        ("unresolved tracer",),
    ),
    Situation(
        "a container's name and a port under a name that says nothing",
        (
            task(told(TRACER="tracer:9000", LEVEL="debug:9000")),
            task(container("tracer"), family="tracing"),
            service("tracing"),
        ),
        ("orders -> tracing sync env 0.50 :9000",),
        ("unresolved tracer",),
    ),
    Situation(
        "an option of a command",
        (task(container(command=["serve", "--redis-host", "sessions"])), task(family="sessions"), service("sessions")),
        ("orders -> sessions data env 0.50 :6379",),
        ("unresolved sessions",),
    ),
    Situation(
        "a name alike, where Cloud Map does not know it",
        (task(told(CARTS_URL="http://carts.other.local")), *others()),
        ("orders -> carts sync env 0.30 :80",),
        ("unresolved carts.other.local",),
    ),
    Situation(
        "a value that is hidden, under another's name",
        (task(told(CARTS_URL="zX9-aV7_qP2mL8kR5tY1")), *others()),
        ("orders -> carts sync env 0.30",),
    ),
    Situation(
        "a container of its own",
        (
            task(
                told(AGENT_HOST="agent", fields={"links": ["redis:cache"]}, CACHE="redis://cache:6379"),
                container("agent"),
            ),
        ),
    ),
    Situation(
        "loopback and metadata",
        (task(told(A_URL="http://localhost:2000", B="127.0.0.1:8125", C="http://169.254.170.2/x")),),
    ),
    Situation(
        "addresses for visitors",
        (task(told(CORS_ORIGIN="https://shop.acme-pay.io", API_BASE="https://shop.acme-pay.io/api")),),
        (),
        ("inbound shop.acme-pay.io", "inbound shop.acme-pay.io"),
    ),
    Situation(
        "a name of Kubernetes",
        (task(told(X_URL="http://orders.shop.svc.cluster.local")),),
        (),
        ("kubernetes orders.shop.svc.cluster.local",),
    ),
    Situation(
        "where traces go",
        (task(told(OTEL_EXPORTER_OTLP_ENDPOINT="https://otlp.acme-traces.io:4317")),),
        ("orders -> otlp.acme-traces.io observe env 0.70 :4317",),
    ),
    Situation(
        "a word of a command",
        (task(container(command=["./wait-for-it.sh", f"{DATABASE}:5432", "--", "serve"])),),
        ("orders -> orders data env 0.70 :5432",),
    ),
    Situation(
        "a health check at home",
        (task(container(healthCheck={"command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]})),),
    ),
    Situation(
        "labels that say who answers, and where the sources are",
        (
            task(
                container(
                    dockerLabels={
                        "traefik.http.routers.shop.rule": "Host(`shop.acme-pay.io`)",
                        "org.opencontainers.image.source": "https://git.acme-pay.io/shop",
                    }
                )
            ),
        ),
    ),
    Situation(
        "an entry of the hosts file",
        (task(container(extraHosts=[{"hostname": "ledger", "ipAddress": "10.9.8.7"}])),),
        ("orders -> 10.9.8.7 sync env 0.70",),
        ("unresolved 10.9.8.7",),
    ),
    Situation(
        "a name from the hosts file",
        (
            task(
                told(
                    LEDGER="http://ledger:8080",
                    fields={"extraHosts": [{"hostname": "ledger", "ipAddress": "10.9.8.7"}]},
                )
            ),
        ),
        ("orders -> 10.9.8.7 sync env 0.70 :8080",),
        ("unresolved 10.9.8.7", "unresolved 10.9.8.7"),
    ),
    Situation(
        "an engine of one's own",
        (
            task(told(DATABASE_URL="mysql://app@shopdb/shop")),
            task(container("shopdb"), family="storage"),
            service("storage"),
        ),
        ("orders -> storage data env 0.50 :3306",),
        ("unresolved shopdb",),
    ),
    Situation(
        "a file says the names of others",
        (
            file(container(environment=pairs({"CARTS_URL": "http://carts.shop.local"})), family="a", source="a.json"),
            file(container("web"), family="carts", source="b.json"),
        ),
        ("a -> carts sync env 0.50 :80",),
        ("unresolved carts.shop.local",),
    ),
)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_configuration(situation: Situation) -> None:
    graph = graph_from_text(estate(*situation.pieces))
    assert tuple(sorted(line(each, graph) for each in graph.edges)) == situation.edges
    assert tuple(sorted(f"{each.kind} {each.text}" for each in graph.hints)) == situation.hints


def test_proof_says_the_way() -> None:
    pieces = (task(told(DB_HOST=DATABASE, DB_PORT="5432")), given("database_instances", **DATABASE_FACTS))
    (edge,) = graph_from_text(estate(*pieces)).edges
    (proof,) = edge.proofs
    assert proof.how == "DB_HOST (with DB_PORT) of app names endpoint of Amazon RDS orders"
    assert proof.evidence.pointer == "/containerDefinitions/0/environment/0/value"
    assert proof.evidence.value == DATABASE


def test_kinds_of_strangers() -> None:
    variables = {
        "A_URL": "https://api.acme-pay.io",
        "B_URL": "http://ledger.bank.internal",
        "C_URL": "http://ledger.bank.corp",
        "D_HOST": "10.1.2.3",
    }
    graph = graph_from_text(estate(task(container(environment=pairs(variables)))))
    assert [node.kind for node in graph.nodes.values() if node.kind is not NodeKind.WORKLOAD] == [
        NodeKind.EXTERNAL,
        NodeKind.ON_PREMISES,
        NodeKind.UNKNOWN_HOST,
        NodeKind.UNKNOWN_HOST,
    ]


TEMPLATE = """
Resources:
  Queue:
    Type: AWS::SQS::Queue
  Named:
    Type: AWS::SQS::Queue
    Properties: {QueueName: audit}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
  Database:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, DBInstanceClass: db.t4g.micro, AllocatedStorage: "20"}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: orders
      ContainerDefinitions:
        - Name: app
          Image: orders:1
          Command: ["serve", "--table", !Ref Table]
          Environment:
            - {Name: JOBS, Value: !Ref Queue}
            - {Name: DATABASE_URL, Value: !Sub "postgres://app@${Database.Endpoint.Address}:5432/shop"}
            - {Name: AUDIT_URL, Value: !Sub "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/audit"}
            - {Name: OTHER_ARN, Value: !Sub "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:events"}
            - {Name: METRICS, Value: !Sub "https://monitoring.${AWS::Region}.amazonaws.com"}
"""


def test_references_of_a_template(tmp_path: Path) -> None:
    template = tmp_path / "shop.yaml"
    template.write_text(TEMPLATE, encoding="utf-8")
    graph = graph_from_text(read([str(template)]))
    assert sorted(line(each, graph) for each in graph.edges) == [
        "orders -> Amazon CloudWatch observe env 0.70 :443",
        "orders -> Database/shop data env 0.85 :5432",
        "orders -> audit async env 0.85 :443",
        "orders -> events async env 0.70",
        "orders -> shop.Queue async env 0.85",
        "orders -> shop.Table data env 0.85",
    ]


VALUES = st.sampled_from(
    [
        DATABASE,
        QUEUE_URL,
        "http://carts.shop.local",
        "http://orders",
        "https://api.acme-pay.io",
        "localhost:1",
        "${A.B}",
        "x",
    ]
)


@suppose(
    st.dictionaries(st.sampled_from(["A_URL", "B_HOST", "C", "D_QUEUE", "HTTP_PROXY", "NO_PROXY"]), VALUES),
    st.randoms(),
)
@settings(max_examples=25, deadline=None)
def test_no_edge_to_itself_and_order_of_no_account(variables: dict[str, str], random: Any) -> None:
    shuffled = list(variables.items())
    random.shuffle(shuffled)
    graph = graph_from_text(estate(task(container(environment=pairs(variables))), *others()))
    again = graph_from_text(estate(task(container(environment=pairs(dict(shuffled)))), *others()))
    assert all(each.source != each.target for each in graph.edges)
    assert {(each.source, each.target, each.kind, each.confidence) for each in graph.edges} == {
        (each.source, each.target, each.kind, each.confidence) for each in again.edges
    }
