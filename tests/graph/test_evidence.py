"""Which edges each source of evidence draws, and which it must not."""

from dataclasses import dataclass
from typing import Any

import pytest

from assess.graph import DependencyGraph, Edge, HintKind
from assess.graph.building import graph_of
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    Piece,
    cluster,
    container,
    estate,
    given,
    primary,
    role,
    role_arn,
    service,
    task,
    task_arn,
)

EDGE = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/edge/1"
LISTENER = f"{EDGE.replace('loadbalancer', 'listener')}/2"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/db-AbCdEf"
DATABASE = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:billing"


def group(name: str) -> str:
    """ARN of a target group."""
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/3"


def balancer(*rules: dict[str, Any], scheme: str = "internet-facing", default: str = "") -> tuple[Piece, ...]:
    """A load balancer with one listener, its rules, and a target group for each group that they name."""
    action = {"Type": "forward", "TargetGroupArn": group(default)} if default else {"Type": "fixed-response"}
    names = {each["Actions"][0]["TargetGroupArn"].split("/")[1] for each in rules} | ({default} - {""})
    return (
        given(
            "load_balancers",
            LoadBalancerArn=EDGE,
            LoadBalancerName="edge",
            DNSName="edge-1.eu-west-1.elb.amazonaws.com",
            Scheme=scheme,
            Type="application",
        ),
        given("listeners", ListenerArn=LISTENER, LoadBalancerArn=EDGE, Port=443, DefaultActions=[action]),
        *(
            given("listener_rules", ListenerArn=LISTENER, RuleArn=f"{LISTENER}/{number}", **each)
            for number, each in enumerate(rules)
        ),
        *(given("target_groups", TargetGroupArn=group(each), TargetGroupName=each) for each in sorted(names)),
    )


def forward(name: str, *, priority: str = "10", path: str = "/*") -> dict[str, Any]:
    """A rule that leads requests for a path to a target group."""
    return {
        "Priority": priority,
        "Conditions": [{"Field": "path-pattern", "Values": [path]}],
        "Actions": [{"Type": "forward", "TargetGroupArn": group(name)}],
    }


def behind(name: str) -> dict[str, Any]:
    """Members of a service that a target group leads to."""
    return {"loadBalancers": [{"targetGroupArn": group(name), "containerName": "app", "containerPort": 8080}]}


def allow(*actions: str, resource: str = "*", effect: str = "Allow") -> dict[str, Any]:
    """A statement."""
    return {"Effect": effect, "Action": list(actions), "Resource": resource}


def ecs_target(family: str) -> dict[str, Any]:
    """A target that runs a task."""
    return {"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn(family)}}


def security_group(id: str, *admits: str, port: int = 8080) -> Piece:
    """A security group that admits others."""
    pairs = [{"GroupId": each} for each in admits]
    permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}
    return given(
        "security_groups", GroupId=id, GroupName=id, VpcId="vpc-1", IpPermissions=[permission] if admits else []
    )


def within(*groups: str) -> dict[str, Any]:
    """The network of a service."""
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": list(groups)}}}


DATABASE_FACTS = {
    "DBInstanceArn": DATABASE,
    "DBInstanceIdentifier": "orders",
    "Engine": "postgres",
    "Endpoint": {"Address": "orders.c1.eu-west-1.rds.amazonaws.com", "Port": 5432},
}
EFS = {"name": "media", "efsVolumeConfiguration": {"fileSystemId": "fs-0a1b2c3d"}}


@dataclass(frozen=True)
class Situation:
    """Facts, and the edges that they make: ``source -> target kind via confidence [access] [:port]``."""

    name: str
    pieces: tuple[Piece, ...]
    edges: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def drawn(*pieces: Piece) -> DependencyGraph:
    """The graph of an estate."""
    return graph_of(estate(*pieces))


def line(edge: Edge, graph: DependencyGraph) -> str:
    """An edge as the table writes it."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    words = [
        f"{source.name} -> {target.name}",
        edge.kind.value,
        "+".join(each.value for each in edge.via),
        f"{edge.confidence:.2f}",
        *sorted(each.value for each in edge.access),
        *([f":{edge.port}"] if edge.port is not None else []),
    ]
    return " ".join(words)


SITUATIONS = (
    Situation(
        "a rule of a public load balancer leads to a service",
        (task(), service(**behind("orders")), *balancer(forward("orders"))),
        ("edge -> orders sync target_group 0.95 :443",),
    ),
    Situation(
        "the default action of a public load balancer leads to a service",
        (task(), service(**behind("orders")), *balancer(default="orders")),
        ("edge -> orders sync target_group 0.95 :443",),
    ),
    Situation(
        "an internal load balancer is no entry",
        (task(), service(**behind("orders")), *balancer(forward("orders"), scheme="internal")),
        (),
    ),
    Situation(
        "a public name leads to the load balancer",
        (
            task(),
            service(**behind("orders")),
            *balancer(default="orders"),
            given(
                "dns_records",
                HostedZoneId="Z1",
                ZoneName="example.org.",
                IsPrivate=False,
                Name="shop.example.org.",
                Type="A",
                AliasTarget={"HostedZoneId": "Z2", "DNSName": "dualstack.edge-1.eu-west-1.elb.amazonaws.com."},
            ),
        ),
        ("edge -> orders sync target_group 0.95 :443", "shop.example.org -> edge sync dns 0.95"),
    ),
    Situation(
        "a distribution in front of a public load balancer",
        (
            task(),
            service(**behind("orders")),
            *balancer(default="orders"),
            given(
                "distributions",
                ARN="arn:aws:cloudfront::1:distribution/E1",
                DomainName="d1.cloudfront.net",
                Aliases=["www.example.org"],
                Origins=[{"Id": "1", "DomainName": "edge-1.eu-west-1.elb.amazonaws.com"}],
            ),
        ),
        ("edge -> orders sync target_group 0.95 :443", "www.example.org -> edge sync dns 0.95"),
    ),
    Situation(
        "an accelerator in front of an internal load balancer",
        (
            task(),
            service(**behind("orders")),
            *balancer(default="orders", scheme="internal"),
            given("accelerators", AcceleratorArn="arn:a", Name="fast", Endpoints=[{"EndpointId": EDGE}]),
        ),
        ("fast -> orders sync dns 0.95 :443",),
    ),
    Situation(
        "an API behind whose VPC link an internal load balancer stands",
        (
            task(),
            service(**behind("orders")),
            *balancer(default="orders", scheme="internal"),
            given("vpc_links", id="l1", name="link", targetArns=[EDGE]),
            given("api_integrations", apiId="a1", apiName="shop", protocol="REST", connectionId="l1"),
        ),
        ("shop -> orders sync dns 0.95 :443",),
    ),
    Situation(
        "an API that calls a Cloud Map service through a VPC link",
        (
            task(),
            service(serviceRegistries=[{"registryArn": "arn:map"}]),
            given("api_integrations", apiId="a1", apiName="shop", protocol="HTTP", connectionId="l1", target="arn:map"),
        ),
        ("shop -> orders sync dns 0.95",),
    ),
    Situation(
        "a secret of Secrets Manager",
        (task(container(secrets=[{"name": "DATABASE_PASSWORD", "valueFrom": SECRET}])),),
        ("orders -> shop/db config secret 0.95 read",),
    ),
    Situation(
        "the secret of a database that RDS manages leads to the database",
        (
            task(container(secrets=[{"name": "DATABASE_PASSWORD", "valueFrom": f"{SECRET}:password::"}])),
            given(
                "stored_secrets",
                ARN=SECRET,
                Name="shop/db",
                Tags=[{"Key": "aws:rds:primaryDBInstanceArn", "Value": DATABASE}],
            ),
            given("database_instances", **DATABASE_FACTS),
        ),
        ("orders -> orders data secret 0.85", "orders -> shop/db config secret 0.95 read"),
    ),
    Situation(
        "a parameter",
        (task(container(secrets=[{"name": "LANGUAGES", "valueFrom": "/shop/languages"}])),),
        ("orders -> /shop/languages config secret 0.95 read",),
    ),
    Situation(
        "a parameter that AWS publishes is no dependency",
        (task(container(secrets=[{"name": "AMI", "valueFrom": "/aws/service/ecs/optimized-ami"}])),),
        (),
    ),
    Situation(
        "a file system that is mounted for writing",
        (task(container(mountPoints=[{"sourceVolume": "media", "containerPath": "/m"}]), volumes=[EFS]),),
        ("orders -> fs-0a1b2c3d file volume 0.95 read write :2049",),
    ),
    Situation(
        "a file system that is mounted for reading",
        (
            task(
                container(mountPoints=[{"sourceVolume": "media", "containerPath": "/m", "readOnly": True}]),
                volumes=[EFS],
            ),
        ),
        ("orders -> fs-0a1b2c3d file volume 0.95 read :2049",),
    ),
    Situation("a file system that no container mounts", (task(volumes=[EFS]),), ()),
    Situation(
        "a log group",
        (task(container(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/orders"}})),),
        ("orders -> /ecs/orders observe log 0.95",),
    ),
    Situation(
        "logs that stay on the instance",
        (task(container(logConfiguration={"logDriver": "json-file", "options": {"max-size": "10m"}})),),
        (),
    ),
    Situation(
        "an event rule starts a task",
        (task(), cluster(), given("event_rules", Arn="arn:rule", Name="hourly", Targets=[ecs_target("orders")])),
        ("hourly -> orders control trigger 0.95",),
    ),
    Situation(
        "a topic delivers to a queue that a function reads",
        (
            given("topics", TopicArn=TOPIC),
            given("queues", QueueArn=QUEUE, QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders"),
            given("subscriptions", SubscriptionArn=f"{TOPIC}:1", TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE),
            given("functions", FunctionArn=FUNCTION, FunctionName="billing"),
            given("event_source_mappings", UUID="1", EventSourceArn=QUEUE, FunctionArn=FUNCTION),
        ),
        ("billing -> orders async trigger 0.95 consume", "events -> orders async trigger 0.95 produce"),
    ),
    Situation(
        "a role may send to one queue",
        (task(taskRoleArn=role_arn("orders")), role("orders", allow("sqs:SendMessage", resource=QUEUE))),
        ("orders -> orders async iam 0.60 produce",),
    ),
    Situation(
        "a role may take from queues of a name that one has",
        (
            task(taskRoleArn=role_arn("orders")),
            role("orders", allow("sqs:ReceiveMessage", resource=QUEUE.replace("orders", "ord*"))),
            given("queues", QueueArn=QUEUE, QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders"),
        ),
        ("orders -> orders async iam 0.40 consume",),
    ),
    Situation(
        "a role may do anything with any queue, which names none",
        (
            task(taskRoleArn=role_arn("orders")),
            role("orders", allow("sqs:*")),
            given("queues", QueueArn=QUEUE, QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders"),
        ),
        (),
    ),
    Situation(
        "a variable holds the URL of a queue that an emulator gives",
        (
            task(container(environment=[{"name": "WORK", "value": f"http://127.0.0.1:4566/{ACCOUNT}/orders"}])),
            given("queues", QueueArn=QUEUE, QueueUrl=f"http://127.0.0.1:4566/{ACCOUNT}/orders"),
        ),
        ("orders -> orders async env 0.85",),
    ),
    Situation(
        "what a role is denied is no use",
        (
            task(taskRoleArn=role_arn("orders")),
            role("orders", allow("sqs:SendMessage", resource=QUEUE), allow("sqs:*", resource=QUEUE, effect="Deny")),
        ),
        (),
    ),
    Situation(
        "a key that a role may decrypt with is no dependency",
        (
            task(taskRoleArn=role_arn("orders")),
            role("orders", allow("kms:Decrypt", resource=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1")),
        ),
        (),
    ),
    Situation(
        "a group admits the group of one other service",
        (
            task(),
            task(family="carts"),
            service(**within("sg-orders")),
            service("carts", **within("sg-carts")),
            security_group("sg-orders", "sg-carts"),
            security_group("sg-carts"),
        ),
        ("carts -> orders sync security_group 0.35 :8080",),
    ),
    Situation(
        "a group admits its own members",
        (
            task(),
            task(family="carts"),
            service(**within("sg-all")),
            service("carts", **within("sg-all")),
            security_group("sg-all", "sg-all"),
        ),
        (),
    ),
    Situation(
        "a database admits the group of a service",
        (
            task(),
            service(**within("sg-orders")),
            security_group("sg-orders"),
            security_group("sg-db", "sg-orders", port=5432),
            given("database_instances", **DATABASE_FACTS, VpcSecurityGroups=[{"VpcSecurityGroupId": "sg-db"}]),
        ),
        ("orders -> orders data security_group 0.35 :5432",),
    ),
)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_edges(situation: Situation) -> None:
    graph = drawn(*situation.pieces)
    assert tuple(sorted(line(each, graph) for each in graph.edges)) == situation.edges


def test_a_group_of_many_says_less() -> None:
    names = ("a", "b", "c")
    graph = drawn(
        task(),
        service(**within("sg-orders")),
        *(task(family=each) for each in names),
        *(service(each, **within("sg-shared")) for each in names),
        security_group("sg-orders", "sg-shared"),
        security_group("sg-shared"),
    )
    assert {each.confidence for each in graph.edges} == {0.12}


def test_every_proof_can_be_followed() -> None:
    for situation in SITUATIONS:
        for edge in drawn(*situation.pieces).edges:
            assert all(each.evidence.source and each.evidence.pointer and each.how for each in edge.proofs)


def test_a_client_of_service_connect_may_call_the_others() -> None:
    def connect(*services: dict[str, Any], family: str) -> dict[str, Any]:
        configuration = {"enabled": True, "namespace": "shop.internal", "services": list(services)}
        return {"deployments": primary(family, serviceConnectConfiguration=configuration)}

    offered = {"portName": "http", "discoveryName": "carts", "clientAliases": [{"port": 80, "dnsName": "carts"}]}
    graph = drawn(
        task(),
        task(family="carts"),
        service(**connect(family="orders")),
        service("carts", **connect(offered, family="carts")),
    )
    (hint,) = graph.hints
    assert (hint.kind, hint.text) == (HintKind.MAY_CALL, "1 name of shop.internal")
    assert graph.nodes[hint.node].name == "orders"
    assert graph.edges == ()


INTERNAL = (
    task(),
    service(**behind("orders")),
    *balancer(forward("orders", path="/orders*"), scheme="internal"),
    given(
        "dns_records",
        HostedZoneId="Z1",
        ZoneName="shop.internal.",
        IsPrivate=True,
        Name="api.shop.internal.",
        Type="CNAME",
        ResourceRecords=[{"Value": "edge-1.eu-west-1.elb.amazonaws.com"}],
    ),
)


def test_an_address_is_followed_to_whoever_answers_and_its_steps_make_it_no_surer() -> None:
    calls = container(environment=[{"name": "ORDERS_URL", "value": "https://api.shop.internal/orders/v1"}])
    graph = drawn(task(calls, family="carts"), *INTERNAL)
    (edge,) = graph.edges
    assert line(edge, graph) == "carts -> orders sync env+target_group+dns 0.85 :443"
    way = "DNS record api.shop.internal -> load balancer edge:443 -> rule 10 -> target group orders"
    assert edge.proofs[0].how == f"ORDERS_URL of app names {way}"


def test_an_address_that_no_rule_takes_leads_nowhere() -> None:
    calls = container(environment=[{"name": "PRICES_URL", "value": "https://api.shop.internal/prices"}])
    graph = drawn(task(calls, family="carts"), *INTERNAL)
    assert [each.target for each in graph.edges if graph.nodes[each.target].name == "orders"] == []


def test_a_client_that_names_an_alias_calls_its_server() -> None:
    configuration = {"enabled": True, "namespace": "shop.internal"}
    offered = {"portName": "http", "clientAliases": [{"port": 80, "dnsName": "carts"}]}
    server = {**configuration, "services": [offered]}
    graph = drawn(
        task(container(environment=[{"name": "CARTS_URL", "value": "http://carts"}])),
        task(family="carts"),
        service(deployments=primary("orders", serviceConnectConfiguration=configuration)),
        service("carts", deployments=primary("carts", serviceConnectConfiguration=server)),
    )
    assert [line(each, graph) for each in graph.edges] == ["orders -> carts sync env+service_connect 0.93 :80"]


def test_a_name_of_cloud_map_leads_to_who_registers_under_it() -> None:
    graph = drawn(
        task(container(environment=[{"name": "CARTS_URL", "value": "http://carts.shop.local:8080"}])),
        task(family="carts"),
        service(),
        service("carts", serviceRegistries=[{"registryArn": "arn:map"}]),
        given("namespaces", Id="ns-1", Arn="arn:ns", Name="shop.local", Type="DNS_PRIVATE"),
        given("discovery_services", Arn="arn:map", Id="srv-1", Name="carts", NamespaceId="ns-1"),
    )
    assert [line(each, graph) for each in graph.edges] == ["orders -> carts sync env+cloud_map 0.85 :8080"]


def test_the_order_of_facts_changes_nothing() -> None:
    pieces = [piece for situation in SITUATIONS[:3] for piece in situation.pieces]
    assert drawn(*pieces) == drawn(*reversed(pieces))
