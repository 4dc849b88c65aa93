from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, INFO, LOW, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Never,
    Piece,
    container,
    denied,
    fails,
    file,
    given,
    never,
    not_applicable,
    passes,
    role,
    role_arn,
    service,
    task,
    task_arn,
    unknown,
    unseen,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))


def variable(name: str, value: str) -> dict[str, Any]:
    return container(environment=[{"name": name, "value": value}])


# --- workloads that call each other -----------------------------------------------------------------------------

NAMESPACE = given("namespaces", Id="ns-1", Name="shop.local", Type="DNS_PRIVATE")


def registry(name: str) -> str:
    """ARN of a service of Cloud Map."""
    return f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-{name}"


def environment(**variables: str) -> dict[str, Any]:
    """Members of a container: its variables."""
    return {"environment": [{"name": name, "value": value} for name, value in variables.items()]}


def workload(
    name: str, *calls: str, image: str | None = None, task_role: str | None = None, subnet: str = "", **variables: str
) -> tuple[Piece, ...]:
    """A service that Cloud Map knows as ``NAME.shop.local``, and that calls others by such names."""
    urls = {f"{each.upper()}_URL": f"http://{each}.shop.local:8080" for each in calls}
    fields: dict[str, Any] = {"image": image} if image is not None else {}
    roles: dict[str, Any] = {"taskRoleArn": role_arn(task_role)} if task_role is not None else {}
    network: dict[str, Any] = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet]}}} if subnet else {}
    return (
        task(container(**environment(**urls, **variables), **fields), family=name, **roles),
        service(name, serviceRegistries=[{"registryArn": registry(name)}], **network),
        given("discovery_services", Arn=registry(name), Id=f"srv-{name}", Name=name, NamespaceId="ns-1"),
    )


def alone(name: str = "orders", **variables: str) -> tuple[Piece, ...]:
    """A service that nothing leads to."""
    return (task(container(**environment(**variables)), family=name), service(name))


def named(*workloads: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Workloads in one namespace."""
    return (NAMESPACE, *(piece for each in workloads for piece in each))


# --- what AWS keeps ---------------------------------------------------------------------------------------------

HOST = "orders.c1.eu-west-1.rds.amazonaws.com"
CACHE_HOST = "stock.abc.0001.euw1.cache.amazonaws.com"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/stock"


def database(vpc: str = "vpc-1") -> Piece:
    """A PostgreSQL instance in a VPC."""
    return given(
        "database_instances",
        DBInstanceArn=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
        DBInstanceIdentifier="orders",
        Engine="postgres",
        Endpoint={"Address": HOST, "Port": 5432},
        DBSubnetGroup={"DBSubnetGroupName": "main", "VpcId": vpc},
    )


def cluster_of_databases() -> tuple[Piece, ...]:
    """An Aurora cluster with a writer's and a reader's endpoint."""
    stem = "c1.eu-west-1.rds.amazonaws.com"
    return (
        given(
            "database_clusters",
            DBClusterArn=f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:orders",
            DBClusterIdentifier="orders",
            Engine="aurora-postgresql",
            Endpoint=f"orders.cluster-{stem}",
            ReaderEndpoint=f"orders.cluster-ro-{stem}",
            Port=5432,
        ),
    )


def dsn(database_name: str = "orders", host: str = HOST) -> str:
    """The URL of a database."""
    return f"postgres://app@{host}:5432/{database_name}"


def allow(*actions: str, resource: str) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def vpc(id: str, block: str) -> tuple[Piece, ...]:
    """A VPC with one subnet."""
    return (
        given("vpcs", VpcId=id, CidrBlock=block),
        given("subnets", SubnetId=id.replace("vpc", "subnet"), VpcId=id, CidrBlock=block),
    )


def route_back(block: str, state: str = "active") -> Piece:
    """The route table of the other VPC."""
    route = {"DestinationCidrBlock": block, "VpcPeeringConnectionId": "pcx-1", "State": state}
    return given("route_tables", RouteTableId="rtb-2", VpcId="vpc-2", Routes=[route])


TWO_NETWORKS = (*vpc("vpc-1", "10.1.0.0/16"), *vpc("vpc-2", "10.2.0.0/16"))


def function(**variables: str) -> Piece:
    """A function of Lambda."""
    return given(
        "functions",
        FunctionArn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:billing",
        FunctionName="billing",
        **environment(**variables),
    )


GRAPH_UNREAD = (
    (fact, Reason.DENIED, denied(fact, action))
    for fact, action in (
        ("datastores", "rds:DescribeDBInstances"),
        ("lambda", "lambda:ListFunctions"),
        ("route53", "route53:ListHostedZones"),
        ("vpc.security_groups", "ec2:DescribeSecurityGroups"),
    )
)
IN_THE_GRAPH = tuple(
    unknown(rule, f"{fact} was refused, and the graph is drawn from it", *pieces, piece, reason=reason, subject=subject)
    for fact, reason, piece in GRAPH_UNREAD
    for rule, subject, pieces in (
        ("DEP-UNRESOLVED-HOST", "orders", named(workload("orders", "stock"), workload("stock"))),
        ("DEP-CYCLE", None, named(workload("orders", "stock"), workload("stock"))),
        ("DEP-SHARED-DATASTORE", None, (*alone(DATABASE_URL=dsn()), database())),
        ("DEP-HUB", "stock", named(workload("orders", "stock"), workload("stock"))),
        ("DEP-NO-EVIDENCE", None, alone()),
        ("DEP-EXTERNAL-API", None, alone()),
        ("DEP-QUEUE-CONSUMER", None, alone()),
        ("DEP-NONECS-CONSUMER", "orders", named(workload("orders"))),
        ("DEP-CROSS-VPC", None, alone()),
    )
)

CASES = (
    *IN_THE_GRAPH,
    # --- DEP-UNRESOLVED-HOST
    fails(
        "DEP-UNRESOLVED-HOST",
        "a private name that nobody answers to",
        *alone(LEDGER_URL="http://ledger.shop.internal:8080"),
        says="variable LEDGER_URL of container app names ledger.shop.internal, which is nobody that the scan knows",
        element="app LEDGER_URL",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.5,
    ),
    fails(
        "DEP-UNRESOLVED-HOST",
        "several hosts in one variable, and one in a command",
        task(
            container(
                command=["serve", "--db", "postgres://app@db.corp.lan:5432/x"],
                **environment(KAFKA_BROKERS="k1.corp.lan:9092,k2.corp.lan:9092,k3.corp.lan:9092,k4.corp.lan:9092"),
            )
        ),
        says=(
            "the command of container app names db.corp.lan, which is nobody that the scan knows",
            "variable KAFKA_BROKERS of container app names k1.corp.lan, k2.corp.lan, k3.corp.lan and 1 more,"
            " which is nobody that the scan knows",
        ),
        element=("app command", "app KAFKA_BROKERS"),
    ),
    fails(
        "DEP-UNRESOLVED-HOST",
        "only the first part of the name is like another workload's",
        *alone(STOCK_URL="http://stock.shop.internal:8080"),
        *alone("stock"),
        says="variable STOCK_URL of container app names stock.shop.internal, which is nobody that the scan knows",
        subject="orders",
    ),
    *(
        passes("DEP-UNRESOLVED-HOST", situation, *pieces, subject="orders")
        for situation, pieces in (
            ("a name of Cloud Map", named(workload("orders", "stock"), workload("stock"))),
            ("a database that was found", (*alone(DATABASE_URL=dsn()), database())),
            ("a host of AWS that was not found", alone(DATABASE_URL=dsn())),
            ("a public host", alone(PAYMENTS_URL="https://api.ourbank.io/v1")),
            ("a private address, which is another finding", alone(PEER_URL="http://10.1.2.3:8080")),
            ("whom others call it by", alone(CORS_ALLOWED_ORIGIN="https://shop.internal")),
        )
    ),
    *(
        unknown(
            "DEP-UNRESOLVED-HOST",
            f"a private name, and {fact} was refused, which may tell whose it is",
            *alone(LEDGER_URL="http://ledger.shop.internal:8080"),
            denied(fact),
            reason=Reason.DENIED,
        )
        for fact in ("cloudmap", "route53", "elb.load_balancers", "datastores")
    ),
    fails(
        "DEP-UNRESOLVED-HOST",
        "a file knows nobody",
        file(container(**environment(LEDGER_URL="http://ledger.shop.internal:8080"))),
        says="variable LEDGER_URL of container app names ledger.shop.internal, which is nobody that the scan knows",
    ),
    not_applicable("DEP-UNRESOLVED-HOST", "no host at all", *alone(LEVEL="debug")),
    not_applicable(
        "DEP-UNRESOLVED-HOST", "no host at all, and half of the graph unread", *alone(LEVEL="debug"), denied("lambda")
    ),
    unknown(
        "DEP-UNRESOLVED-HOST",
        "a template's placeholder",
        file(container(**environment(URL="${LEDGER_URL}")), unresolved={"/containerDefinitions/0/environment": "x"}),
        reason=Reason.UNRESOLVED,
    ),
    # --- DEP-NO-EVIDENCE
    fails(
        "DEP-NO-EVIDENCE",
        "nothing leads to it or from it",
        *alone(),
        says="nothing that was read ties workload orders to any other",
        at="/serviceName",
        confidence=0.3,
    ),
    fails(
        "DEP-NO-EVIDENCE",
        "a secret and a log group tie it to nobody",
        task(
            container(
                secrets=[{"name": "KEY", "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key-AbCdEf"}],
                logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/orders"}},
            )
        ),
        says="nothing that was read ties workload orders to any other",
    ),
    *(
        not_applicable("DEP-NO-EVIDENCE", situation, *pieces, subject="orders")
        for situation, pieces in (
            ("it calls another", named(workload("orders", "stock"), workload("stock"))),
            ("another calls it", named(workload("stock", "orders"), workload("orders"))),
            ("it is tied to another, and half of the graph is unread", (*alone(A=dsn()), denied("lambda"))),
            ("a daemon", (task(), service(schedulingStrategy="DAEMON"))),
            ("files of a web server", (task(container(image="nginx:1.29")), service())),
        )
    ),
    unknown("DEP-NO-EVIDENCE", "a file of a task definition shows little", file(), reason=Reason.NOT_IN_SOURCE),
    # --- DEP-CYCLE
    fails(
        "DEP-CYCLE",
        "two call each other",
        *named(workload("orders", "stock"), workload("stock", "orders"), workload("mail", "orders")),
        says="orders and stock call each other in a circle, which the call from stock to orders closes",
        element="orders",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.8,
    ),
    fails(
        "DEP-CYCLE",
        "a circle of five",
        *named(*(workload(f"s{number}", f"s{(number + 1) % 5}") for number in range(5))),
        says="s0, s1, s2, s3 and 1 more call each other in a circle, which the call from s4 to s0 closes",
    ),
    *(
        passes("DEP-CYCLE", situation, *pieces)
        for situation, pieces in (
            ("one calls the other", named(workload("orders", "stock"), workload("stock"))),
            (
                "two that send to each other's queue",
                (
                    *alone(QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters"),
                    *alone("mail", QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters"),
                ),
            ),
            (
                "two whose security groups admit each other",
                tuple(
                    piece
                    for name, other in (("orders", "stock"), ("stock", "orders"))
                    for piece in (
                        task(family=name),
                        service(
                            name,
                            networkConfiguration={
                                "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [f"sg-{name}"]}
                            },
                        ),
                        given(
                            "security_groups",
                            GroupId=f"sg-{name}",
                            GroupName=name,
                            VpcId="vpc-1",
                            IpPermissions=[
                                {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
                                | {"UserIdGroupPairs": [{"GroupId": f"sg-{other}"}]}
                            ],
                        ),
                    )
                ),
            ),
            (
                "two that know each other by the name alone",
                (*alone(STOCK_HOST="stock"), *alone("stock", ORDERS_HOST="orders")),
            ),
        )
    ),
    not_applicable("DEP-CYCLE", "one workload", *alone()),
    # --- DEP-SHARED-DATASTORE
    fails(
        "DEP-SHARED-DATASTORE",
        "two use one database",
        *alone(DATABASE_URL=dsn()),
        *alone("stock", DATABASE_URL=dsn()),
        database(),
        says="orders and stock may all write to database orders/orders",
        element="orders/orders",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.8,
    ),
    fails(
        "DEP-SHARED-DATASTORE",
        "two use one database, and whether they only read was not read",
        *alone(DATABASE_URL=dsn()),
        *alone("stock", DATABASE_URL=dsn()),
        database(),
        denied("iam.roles"),
        says="orders and stock may all write to database orders/orders",
        softest=INFO,
    ),
    fails(
        "DEP-SHARED-DATASTORE",
        "two may write to one table",
        task(family="orders", taskRoleArn=role_arn("writer")),
        service("orders"),
        task(family="stock", taskRoleArn=role_arn("writer")),
        service("stock"),
        role("writer", allow("dynamodb:PutItem", resource=TABLE)),
        given("tables", TableArn=TABLE, TableName="stock"),
        says="orders and stock may all write to table stock",
        confidence=0.6,
    ),
    fails(
        "DEP-SHARED-DATASTORE",
        "two are told one table and may write to it",
        *(
            piece
            for name in ("orders", "stock")
            for piece in (
                task(container(**environment(STOCK_TABLE="stock")), family=name, taskRoleArn=role_arn("writer")),
                service(name),
            )
        ),
        role("writer", allow("dynamodb:PutItem", resource=TABLE)),
        given("tables", TableArn=TABLE, TableName="stock"),
        says="orders and stock write to table stock",
        confidence=0.8,
    ),
    *(
        passes("DEP-SHARED-DATASTORE", situation, *pieces)
        for situation, pieces in (
            ("one uses it", (*alone(DATABASE_URL=dsn()), database())),
            ("databases of their own on one server", (*alone(A=dsn()), *alone("stock", A=dsn("stock")), database())),
            (
                "one writes and one reads by the reader endpoint",
                (
                    *alone(DATABASE_URL=dsn(host="orders.cluster-c1.eu-west-1.rds.amazonaws.com")),
                    *alone("stock", DATABASE_URL=dsn(host="orders.cluster-ro-c1.eu-west-1.rds.amazonaws.com")),
                    *cluster_of_databases(),
                ),
            ),
            (
                "two may read one table",
                (
                    task(family="orders", taskRoleArn=role_arn("reader")),
                    service("orders"),
                    task(family="stock", taskRoleArn=role_arn("reader")),
                    service("stock"),
                    role("reader", allow("dynamodb:GetItem", resource=TABLE)),
                    given("tables", TableArn=TABLE, TableName="stock"),
                ),
            ),
        )
    ),
    not_applicable(
        "DEP-SHARED-DATASTORE",
        "a file system is another finding",
        *(
            piece
            for name in ("orders", "stock")
            for piece in (
                task(
                    container(mountPoints=[{"sourceVolume": "media", "containerPath": "/media"}]),
                    family=name,
                    volumes=[{"name": "media", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
                ),
                service(name),
            )
        ),
    ),
    # --- DEP-HUB
    fails(
        "DEP-HUB",
        "five call it",
        *named(workload("stock"), *(workload(f"s{number}", "stock") for number in range(5))),
        says="5 workloads call stock: s0, s1, s2, s3 and 1 more",
        at="/containerDefinitions/0/environment/0/value",
        subject="stock",
        confidence=0.8,
    ),
    passes(
        "DEP-HUB",
        "four call it",
        *named(workload("stock"), *(workload(f"s{number}", "stock") for number in range(4))),
        subject="stock",
    ),
    *(
        passes("DEP-HUB", situation, *named(hub, *(workload(f"s{n}", name) for n in range(6))), subject=name)
        for situation, name, hub in (
            ("a proxy by its image", "front", workload("front", image="envoyproxy/envoy:v1.36")),
            ("a gateway by its name", "api-gateway", workload("api-gateway")),
            ("a web server before others", "front", workload("front", image="public.ecr.aws/nginx/nginx:1.29")),
        )
    ),
    not_applicable(
        "DEP-HUB", "nobody calls it", *named(workload("orders", "stock"), workload("stock")), subject="orders"
    ),
    # --- DEP-EXTERNAL-API
    fails(
        "DEP-EXTERNAL-API",
        "a public host",
        *alone(PAYMENTS_URL="https://api.ourbank.io/v1"),
        says="workload orders calls api.ourbank.io",
        element="api.ourbank.io",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.7,
    ),
    *(
        not_applicable("DEP-EXTERNAL-API", situation, *pieces)
        for situation, pieces in (
            ("nothing", alone()),
            ("a host of AWS", alone(QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters")),
            ("a host of AWS of no known shape", alone(KEYS_URL=f"https://public-keys.auth.elb.{REGION}.amazonaws.com")),
            ("a vendor that takes errors", alone(SENTRY_DSN="https://key@o1.ingest.sentry.io/2")),
            ("a vendor that takes metrics", alone(METRICS_URL="https://api.datadoghq.eu/api/v1/series")),
            ("a private name", alone(LEDGER_URL="http://ledger.shop.internal:8080")),
        )
    ),
    # --- DEP-EGRESS-IP-PINNED
    unknown(
        "DEP-EGRESS-IP-PINNED",
        "a public host, and nobody was asked",
        *alone(PAYMENTS_URL="https://api.ourbank.io/v1"),
        reason=Reason.UNANSWERED,
        needs="survey.A8",
        worst=HIGH,
    ),
    not_applicable("DEP-EGRESS-IP-PINNED", "no public host", *alone(DATABASE_URL=dsn())),
    not_applicable("DEP-EGRESS-IP-PINNED", "no public host, and functions unread", *alone(), denied("lambda")),
    unknown("DEP-EGRESS-IP-PINNED", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=HIGH),
    # --- DEP-CROSS-VPC
    fails(
        "DEP-CROSS-VPC",
        "a database in another VPC",
        *workload("orders", subnet="subnet-1", DATABASE_URL=dsn()),
        database("vpc-2"),
        *TWO_NETWORKS,
        says="workload orders in vpc-1 uses database orders/orders in vpc-2",
        element="orders/orders",
        at="/containerDefinitions/0/environment/0/value",
        confidence=1.0,
    ),
    fails(
        "DEP-CROSS-VPC",
        "from there a route leads back",
        *workload("orders", subnet="subnet-1", DATABASE_URL=dsn()),
        database("vpc-2"),
        *TWO_NETWORKS,
        route_back("10.0.0.0/8"),
        says="workload orders in vpc-1 uses database orders/orders in vpc-2, from where routes lead back",
        severity=LOW,
    ),
    *(
        fails(
            "DEP-CROSS-VPC",
            situation,
            *workload("orders", subnet="subnet-1", DATABASE_URL=dsn()),
            database("vpc-2"),
            *TWO_NETWORKS,
            piece,
            says="workload orders in vpc-1 uses database orders/orders in vpc-2",
            softest=softest,
        )
        for situation, piece, softest in (
            ("the route leads nowhere", route_back("10.0.0.0/8", "blackhole"), None),
            ("the route leads to a part only", route_back("10.1.0.0/17"), None),
            ("routes were not read", unseen("vpc.routes"), LOW),
            ("the blocks of VPCs were not read", unseen("vpc.vpcs"), LOW),
        )
    ),
    fails(
        "DEP-CROSS-VPC",
        "a workload in another VPC",
        *named(workload("orders", "stock", subnet="subnet-1"), workload("stock", subnet="subnet-2")),
        *TWO_NETWORKS,
        says="workload orders in vpc-1 uses workload stock in vpc-2",
        subject="orders",
    ),
    passes(
        "DEP-CROSS-VPC",
        "other subnets of one VPC",
        *workload("orders", subnet="subnet-1", DATABASE_URL=dsn()),
        database("vpc-1"),
        *TWO_NETWORKS,
    ),
    not_applicable("DEP-CROSS-VPC", "nothing of a VPC", *workload("orders", subnet="subnet-1"), *TWO_NETWORKS),
    unknown(
        "DEP-CROSS-VPC",
        "its own subnets were not read",
        *workload("orders", subnet="subnet-9", DATABASE_URL=dsn()),
        database("vpc-1"),
        denied("vpc.subnets", "ec2:DescribeSubnets"),
        reason=Reason.DENIED,
        needs="ec2:DescribeSubnets",
    ),
    unknown(
        "DEP-CROSS-VPC",
        "its own subnet has gone",
        *workload("orders", subnet="subnet-9", DATABASE_URL=dsn()),
        database("vpc-1"),
        reason=Reason.NO_DATA,
    ),
    # --- DEP-NONECS-CONSUMER
    fails(
        "DEP-NONECS-CONSUMER",
        "a function knows the name",
        *named(workload("orders")),
        function(ORDERS_URL="http://orders.shop.local:8080/v1"),
        says="function billing calls workload orders by its Cloud Map name orders.shop.local",
        element="billing",
        at="/Environment/0/value",
        confidence=0.8,
    ),
    passes(
        "DEP-NONECS-CONSUMER",
        "a function that calls another, and a workload that calls it",
        *named(workload("orders"), workload("stock", "orders")),
        function(STOCK_URL="http://stock.shop.local:8080/v1"),
        subject="orders",
    ),
    not_applicable("DEP-NONECS-CONSUMER", "no name of Cloud Map", *alone(), function(ORDERS_URL="http://orders:80")),
    # --- DEP-QUEUE-CONSUMER
    *(
        fails(
            "DEP-QUEUE-CONSUMER",
            f"it may take from a {kind}",
            task(taskRoleArn=role_arn("taker")),
            role("taker", allow(action, resource=arn)),
            says=f"workload orders may take messages from {kind} {name}",
            element=name,
            confidence=0.6,
        )
        for kind, action, arn, name in (
            ("queue", "sqs:ReceiveMessage", QUEUE, "letters"),
            ("stream", "kinesis:GetRecords", STREAM, "clicks"),
        )
    ),
    fails(
        "DEP-QUEUE-CONSUMER",
        "it is told the queue and may take from it",
        task(
            container(**environment(QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters")),
            taskRoleArn=role_arn("taker"),
        ),
        role("taker", allow("sqs:ReceiveMessage", resource=QUEUE)),
        says="workload orders takes messages from queue letters",
        confidence=0.8,
    ),
    not_applicable(
        "DEP-QUEUE-CONSUMER",
        "it only sends",
        task(taskRoleArn=role_arn("sender")),
        role("sender", allow("sqs:SendMessage", resource=QUEUE)),
    ),
    not_applicable("DEP-QUEUE-CONSUMER", "no queue", *alone()),
    # --- DEP-IP-LITERAL
    fails(
        "DEP-IP-LITERAL",
        "an address that nothing is known of",
        task(variable("DB_URL", "postgres://10.1.2.3:5432/orders")),
        says="variable DB_URL of container app holds the private address 10.1.2.3",
        severity=MEDIUM,
        element="DB_URL",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.8,
    ),
    fails(
        "DEP-IP-LITERAL",
        "the bridge of the instance",
        task(container(command=["agent", "--statsd=172.17.0.1:8125"])),
        says="the command of container app holds the private address 172.17.0.1, which is the instance itself",
        element="command",
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of a task",
        task(variable("PEER", "100.64.3.4")),
        given("discovery_instances", Id="i-1", ServiceId="srv-1", Attributes={"AWS_INSTANCE_IPV4": "100.64.3.4"}),
        says="variable PEER of container app holds the private address 100.64.3.4,"
        " which belongs to a task that Cloud Map knows",
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of a task by its network interface",
        task(variable("PEER", "10.0.3.4")),
        given(
            "network_interfaces",
            NetworkInterfaceId="eni-1",
            SubnetId="subnet-1",
            Description="arn:aws:ecs:eu-west-1:111122223333:attachment/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            PrivateIpAddresses=[{"PrivateIpAddress": "10.0.3.4"}],
        ),
        says="variable PEER of container app holds the private address 10.0.3.4, which belongs to a running task",
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of another network interface",
        task(variable("PEER", "10.0.3.4")),
        given(
            "network_interfaces",
            NetworkInterfaceId="eni-1",
            SubnetId="subnet-1",
            Description="RDSNetworkInterface",
            PrivateIpAddresses=[{"PrivateIpAddress": "10.0.3.4"}],
        ),
        says="variable PEER of container app holds the private address 10.0.3.4",
        severity=MEDIUM,
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of an instance, behind one that is not known",
        task(variable("PEERS", "192.168.1.1,192.168.1.2")),
        given("instances", InstanceId="i-1", PrivateIpAddress="192.168.1.2"),
        says="variable PEERS of container app holds the private address 192.168.1.2,"
        " which belongs to an instance of an ECS cluster",
    ),
    fails(
        "DEP-IP-LITERAL",
        "a range in an allow-list",
        task(variable("TRUSTED", "10.0.0.0/8")),
        says="variable TRUSTED of container app holds the private address 10.0.0.0/8 in an allow-list",
        severity=LOW,
    ),
    fails(
        "DEP-IP-LITERAL",
        "an address that no proxy is used for",
        task(variable("NO_PROXY", "localhost,10.1.2.3")),
        says="variable NO_PROXY of container app holds the private address 10.1.2.3 in an allow-list",
        severity=LOW,
    ),
    fails(
        "DEP-IP-LITERAL",
        "a hosts entry",
        task(container(extraHosts=[{"hostname": "mainframe", "ipAddress": "10.9.8.7"}])),
        says="the hosts entry mainframe of container app holds the private address 10.9.8.7",
        severity=MEDIUM,
        element="mainframe",
        at="/containerDefinitions/0/extraHosts/0/ipAddress",
    ),
    fails(
        "DEP-IP-LITERAL",
        "whose address it is was not read",
        task(variable("PEER", "10.1.2.3")),
        denied("cloudmap", "servicediscovery:ListInstances"),
        says="variable PEER of container app holds the private address 10.1.2.3",
        severity=MEDIUM,
        may_be_worse=Reason.DENIED,
    ),
    fails(
        "DEP-IP-LITERAL",
        "a file knows nobody's address",
        file(variable("PEER", "10.1.2.3")),
        says="variable PEER of container app holds the private address 10.1.2.3",
        severity=MEDIUM,
        may_be_worse=Reason.NOT_IN_SOURCE,
    ),
    *(
        passes("DEP-IP-LITERAL", f"{name}={value}", task(variable(name, value)))
        for name, value in (
            ("APP_VERSION", "10.1.2.3"),
            ("BUILD_TAG", "10.1.2.3"),
            ("CHART", "release=10.1.2.3"),
            ("PACKAGE", "orders-10.1.2.3.jar"),
            ("IMAGE", "v10.1.2.3"),
            ("BASE", "orders:10.1.2.3-alpine"),
            ("LISTEN", "0.0.0.0:8080"),
            ("LOCAL", "127.0.0.1"),
            ("METADATA", "http://169.254.169.254/latest"),
            ("TASK_METADATA", "http://169.254.170.2/v4"),
            ("PUBLIC", "93.184.216.34"),
            ("NONSENSE", "10.300.1.2"),
            ("OID", "1.10.0.0.1"),
        )
    ),
    not_applicable("DEP-IP-LITERAL", "no text", task()),
    unknown("DEP-IP-LITERAL", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=HIGH),
)


NEVER: tuple[Never, ...] = (
    never("DEP-SHARED-DATASTORE", INFO, "it is so mild only where what is missing shows that nobody writes"),
    never("DEP-EGRESS-IP-PINNED", "pass", "answers are not read yet"),
    never("DEP-EGRESS-IP-PINNED", "fail", "answers are not read yet"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
