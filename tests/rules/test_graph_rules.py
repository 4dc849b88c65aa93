"""Rules of several modules that stand on the dependency graph: its edges in AWS's terms, and what each rule says."""

from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import CRITICAL, HIGH, LOW
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    SOURCE,
    Case,
    Given,
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
    undescribed,
    unknown,
)

ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
EDGE = f"{ELB}:loadbalancer/app/edge/1"
LISTENER = f"{ELB}:listener/app/edge/1/2"
GROUP = f"{ELB}:targetgroup/orders/3"
EDGE_HOST = "edge-1.eu-west-1.elb.amazonaws.com"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/stock"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
DATABASE = "postgres://app@orders.c1.eu-west-1.rds.amazonaws.com:5432/orders"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters"
UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
SINGLETON: dict[str, Any] = {"minimumHealthyPercent": 0, "maximumPercent": 100}


def told(**variables: str) -> dict[str, Any]:
    """A container with variables."""
    return container(environment=[{"name": name, "value": value} for name, value in variables.items()])


def may(*actions: str, resource: str) -> tuple[Piece, ...]:
    """A workload whose task role allows actions on a resource."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return task(taskRoleArn=role_arn("orders")), role("orders", statement)


def behind(host: str = EDGE_HOST) -> tuple[Piece, ...]:
    """A workload behind a load balancer, and a record of Route 53 that leads to it."""
    attached = [{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}]
    forward = {"Type": "forward", "TargetGroupArn": GROUP}
    alias = {"HostedZoneId": "Z1", "DNSName": f"{EDGE_HOST}."}
    return (
        task(told(REPORTS_ENDPOINT=f"https://{host}/back")),
        service(loadBalancers=attached),
        given(
            "load_balancers",
            LoadBalancerArn=EDGE,
            LoadBalancerName="edge",
            DNSName=EDGE_HOST,
            Scheme="internal",
            Type="application",
        ),
        given("listeners", ListenerArn=LISTENER, LoadBalancerArn=EDGE, Port=443, DefaultActions=[forward]),
        given("target_groups", TargetGroupArn=GROUP, TargetGroupName="orders", LoadBalancerArns=[EDGE]),
        given("dns_records", Name="orders.shop.dev.", Type="A", AliasTarget=alias, HostedZoneId="Z2"),
    )


def clock(**fields: Any) -> Given:
    """A schedule that starts the task."""
    target = {"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}}
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly"
    return given("event_rules", Arn=arn, Name="nightly", State="ENABLED", Targets=[target], **fields)


def network(**variables: str) -> tuple[Piece, ...]:
    """A workload in a VPC."""
    awsvpc = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    return (
        task(told(**variables)),
        service(networkConfiguration=awsvpc),
        given("vpcs", VpcId="vpc-1", CidrBlock="10.1.0.0/16"),
        given("subnets", SubnetId="subnet-1", VpcId="vpc-1", CidrBlock="10.1.0.0/16"),
    )


def database(vpc: str) -> Given:
    """A database in a VPC."""
    return given(
        "database_instances",
        DBInstanceArn=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
        DBInstanceIdentifier="orders",
        Engine="postgres",
        Endpoint={"Address": "orders.c1.eu-west-1.rds.amazonaws.com", "Port": 5432},
        DBSubnetGroup={"DBSubnetGroupName": "main", "VpcId": vpc},
    )


def callers(count: int) -> tuple[Piece, ...]:
    """Workloads that call another by its name in Cloud Map, and that have an owner."""
    registry = f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-orders"
    owner = [{"key": "owner", "value": "shop"}]
    return (
        given("namespaces", Id="ns-1", Name="shop.local", Type="DNS_PRIVATE"),
        given("discovery_services", Arn=registry, Id="srv-orders", Name="orders", NamespaceId="ns-1"),
        task(),
        service(serviceRegistries=[{"registryArn": registry}]),
        *(
            piece
            for number in range(count)
            for piece in (
                task(told(ORDERS_URL="http://orders.shop.local:8080"), family=f"s{number}"),
                service(f"s{number}", tags=owner),
            )
        ),
    )


KEPT: dict[str, Any] = {"volumes": [{"name": "data", "host": {"sourcePath": "/srv/data"}}]}
MOUNTED: dict[str, Any] = {"mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}]}

CASES = (
    # --- AWS-SERVICE-STAYS
    fails(
        "AWS-SERVICE-STAYS",
        "a queue in a variable, and a database",
        task(told(QUEUE_URL=QUEUE_URL, DATABASE_URL=DATABASE)),
        says=(
            "workload orders uses Amazon RDS (orders/orders), which stays on AWS",
            "workload orders uses Amazon SQS (letters), which stays on AWS",
        ),
        element=("rds", "sqs"),
        at=("/containerDefinitions/0/environment/1/value", "/containerDefinitions/0/environment/0/value"),
        confidence=0.7,
    ),
    fails(
        "AWS-SERVICE-STAYS",
        "a permission on one table",
        *may("dynamodb:GetItem", resource=TABLE),
        says="workload orders may use Amazon DynamoDB (stock), which stays on AWS",
        confidence=0.6,
    ),
    not_applicable("AWS-SERVICE-STAYS", "a permission on everything", *may("s3:*", "sqs:*", resource="*")),
    not_applicable("AWS-SERVICE-STAYS", "nothing", task()),
    unknown("AWS-SERVICE-STAYS", "roles were refused", task(), denied("iam.roles"), reason=Reason.DENIED),
    # --- AWS-IMDS-DEPENDENCY
    fails(
        "AWS-IMDS-DEPENDENCY",
        "a table by its name shows the use",
        task(told(STOCK_TABLE="stock")),
        given("tables", TableArn=TABLE, TableName="stock"),
        says="workload orders uses AWS and has no task role, so it takes the instance's permissions",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.8,
    ),
    unknown(
        "AWS-IMDS-DEPENDENCY",
        "a database asks for a password and for no permission",
        task(told(DATABASE_URL=DATABASE)),
        reason=Reason.UNANSWERED,
        needs="survey.A5",
    ),
    # --- OWN-NO-OWNER
    fails(
        "OWN-NO-OWNER",
        "five call it",
        *callers(5),
        says="no tag of workload orders names an owner, which 5 others call",
        severity=HIGH,
        subject="orders",
    ),
    fails(
        "OWN-NO-OWNER",
        "four call it",
        *callers(4),
        says="no tag of workload orders names an owner",
        subject="orders",
    ),
    fails(
        "OWN-NO-OWNER",
        "who calls it was not read",
        *callers(1),
        denied("elb.listeners"),
        says="no tag of workload orders names an owner",
        may_be_worse=Reason.DENIED,
        subject="orders",
    ),
    # --- RSK-DUAL-RUN
    *(
        fails(
            "RSK-DUAL-RUN",
            situation,
            *pieces,
            says=says,
            element=element,
            may_be_worse=Reason.UNANSWERED,
            needs="survey.A7",
        )
        for situation, pieces, says, element in (
            (
                "a clock starts it",
                (task(), clock(ScheduleExpression="rate(1 day)")),
                "schedule nightly would start orders on both platforms",
                "nightly",
            ),
            (
                "it may take from a stream",
                may("kinesis:GetRecords", resource=STREAM),
                "workload orders may take the messages of stream clicks on both platforms",
                "clicks",
            ),
            (
                "it may take from an ordered queue",
                may("sqs:ReceiveMessage", resource=f"{QUEUE}.fifo"),
                "workload orders may take the messages of ordered queue letters.fifo on both platforms",
                "letters.fifo",
            ),
            (
                "it never has two tasks",
                (task(), service(desiredCount=1, deploymentConfiguration=SINGLETON)),
                "service orders never has two tasks, so its work may not be done twice",
                "deploymentConfiguration",
            ),
        )
    ),
    not_applicable("RSK-DUAL-RUN", "two tasks run already, and nothing feeds them", task(), service()),
    not_applicable("RSK-DUAL-RUN", "the same, and functions were refused", task(), service(), denied("lambda")),
    *(
        unknown("RSK-DUAL-RUN", situation, *pieces, reason=Reason.UNANSWERED, needs="survey.A6", worst=CRITICAL)
        for situation, pieces in (
            ("one task, whose scheduler nobody was asked about", (task(), service(desiredCount=1))),
            ("consumers of a standard queue compete", may("sqs:ReceiveMessage", resource=QUEUE)),
            ("an event starts it, and no clock", (task(), clock(EventPattern="{}"))),
        )
    ),
    unknown("RSK-DUAL-RUN", "schedules were refused", task(), service(), denied("schedules"), reason=Reason.DENIED),
    unknown("RSK-DUAL-RUN", "the service was refused", task(), *undescribed(), reason=Reason.DENIED),
    unknown("RSK-DUAL-RUN", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    # --- RSK-DATA-IRREVERSIBLE
    *(
        unknown(
            "RSK-DATA-IRREVERSIBLE",
            situation,
            piece,
            reason=Reason.UNANSWERED,
            needs=("survey.R3", "survey.R4"),
            worst=CRITICAL,
        )
        for situation, piece in (
            ("a datastore in a container", task(container(image="mysql:8.4"))),
            ("a folder of the instance that is written to", task(container(**MOUNTED), **KEPT)),
            (
                "a volume of Docker that stays",
                task(
                    container(**MOUNTED),
                    volumes=[{"name": "data", "dockerVolumeConfiguration": {"scope": "shared"}}],
                ),
            ),
        )
    ),
    *(
        not_applicable("RSK-DATA-IRREVERSIBLE", situation, *pieces)
        for situation, pieces in (
            ("a database of RDS", (task(told(DATABASE_URL=DATABASE)),)),
            ("nothing at all, and functions were refused", (task(), denied("lambda"))),
            ("a client of a datastore", (task(container(image="mysql:8.4", command=["mysqldump", "-h", "db"])),)),
            (
                "a file system of EFS",
                (
                    task(
                        container(**MOUNTED),
                        volumes=[{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
                    ),
                ),
            ),
            (
                "a folder that is only read",
                (task(container(mountPoints=[MOUNTED["mountPoints"][0] | {"readOnly": True}]), **KEPT),),
            ),
            ("the system's own folder", (task(container(**MOUNTED), volumes=[{"name": "data", "host": {}}]),)),
        )
    ),
    unknown("RSK-DATA-IRREVERSIBLE", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=CRITICAL),
    # --- VPC-CUSTOM-CIDR-ROUTING
    *(
        unknown("VPC-CUSTOM-CIDR-ROUTING", situation, *pieces, reason=Reason.UNANSWERED, needs="survey")
        for situation, pieces in (
            ("a database in another VPC", (*network(DATABASE_URL=DATABASE), database("vpc-2"))),
            ("a host of the company", network(LEDGER_URL="http://ledger.corp.lan:8080")),
        )
    ),
    not_applicable(
        "VPC-CUSTOM-CIDR-ROUTING", "a database in its own VPC", *network(DATABASE_URL=DATABASE), database("vpc-1")
    ),
    unknown("VPC-CUSTOM-CIDR-ROUTING", "routes were refused", *network(), denied("vpc.routes"), reason=Reason.DENIED),
    unknown(
        "VPC-CUSTOM-CIDR-ROUTING", "databases were refused", *network(), denied("datastores"), reason=Reason.DENIED
    ),
    # --- ING-INTERNAL-HAIRPIN
    *(
        fails(
            "ING-INTERNAL-HAIRPIN",
            situation,
            *behind(host),
            says=f"workload orders calls itself through its load balancer edge, by {host}",
            element=host,
            at="/containerDefinitions/0/environment/0/value",
            confidence=0.8,
        )
        for situation, host in (
            ("by the load balancer's name", EDGE_HOST),
            ("by a name of Route 53", "orders.shop.dev"),
        )
    ),
    passes("ING-INTERNAL-HAIRPIN", "it calls somebody else", *behind("api.ourbank.io")),
    not_applicable("ING-INTERNAL-HAIRPIN", "no load balancer", task(told(SELF_URL=f"https://{EDGE_HOST}"))),
    not_applicable("ING-INTERNAL-HAIRPIN", "no load balancer, and functions unread", task(), denied("lambda")),
    unknown(
        "ING-INTERNAL-HAIRPIN",
        "load balancers were refused",
        task(),
        service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}]),
        denied("elb.load_balancers"),
        reason=Reason.DENIED,
        worst=LOW,
    ),
    # --- ING-NGINX-RETIRED
    unknown("ING-NGINX-RETIRED", "an account", task(), reason=Reason.NOT_IN_SOURCE, needs="iac", worst=HIGH),
    unknown("ING-NGINX-RETIRED", "a file of ECS", file(source=SOURCE), reason=Reason.NOT_IN_SOURCE, needs="iac"),
    # --- OBS-NO-TRACING
    fails(
        "OBS-NO-TRACING",
        "three dependencies and no tracing",
        task(told(QUEUE_URL=QUEUE_URL, DATABASE_URL=DATABASE, PAYMENTS_URL="https://api.ourbank.io")),
        says="workload orders uses letters, orders/orders and api.ourbank.io, and nothing shows that it is traced",
        confidence=0.5,
    ),
    *(
        not_applicable(
            "OBS-NO-TRACING",
            f"three dependencies, and {situation}",
            task(
                told(QUEUE_URL=QUEUE_URL, DATABASE_URL=DATABASE, PAYMENTS_URL="https://api.ourbank.io", **variables),
                *beside,
            ),
        )
        for situation, variables, beside in (
            ("the SDK of OpenTelemetry", {"OTEL_SERVICE_NAME": "orders"}, ()),
            ("a vendor's library", {"DD_ENV": "production"}, ()),
            ("a collector beside", {}, (container("otel", image="otel/opentelemetry-collector:0.139.0"),)),
        )
    ),
    not_applicable(
        "OBS-NO-TRACING",
        "two dependencies, and a permission that nothing shows the use of",
        task(told(QUEUE_URL=QUEUE_URL, DATABASE_URL=DATABASE), taskRoleArn=role_arn("orders")),
        role("orders", {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}),
    ),
    not_applicable("OBS-NO-TRACING", "two dependencies", task(told(QUEUE_URL=QUEUE_URL, DATABASE_URL=DATABASE))),
    unknown("OBS-NO-TRACING", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
)

NEVER: tuple[Never, ...] = (
    never("RSK-DUAL-RUN", "pass", "answers are not read yet"),
    never("RSK-DUAL-RUN", CRITICAL, "only an answer makes it so, and answers are not read yet"),
    never("RSK-DATA-IRREVERSIBLE", "pass", "answers are not read yet"),
    never("RSK-DATA-IRREVERSIBLE", "fail", "answers are not read yet"),
    never("VPC-CUSTOM-CIDR-ROUTING", "pass", "answers are not read yet"),
    never("VPC-CUSTOM-CIDR-ROUTING", "fail", "answers are not read yet"),
    *(
        never("ING-NGINX-RETIRED", outcome, "neither manifests nor answers are read yet")
        for outcome in ("pass", "fail", "not_applicable")
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
