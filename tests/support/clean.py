"""A small estate on which no readiness rule finds anything: what "ready" looks like, and the base of denial tests."""

from typing import NamedTuple

from tests.support.aws import ACCOUNT, SimulatedAws
from tests.support.seeding import (
    REGION,
    Network,
    Seeder,
    allow,
    awsvpc,
    container,
    environment,
    listens,
    served,
)

OWNER = "bookshop-team"


class _Stage(NamedTuple):
    """An environment of the bookshop: everything in it is its own."""

    seeder: Seeder
    name: str
    prefix: str
    """First two numbers of its addresses."""
    network: Network
    cluster: str
    zone: str
    """Id of the hosted zone, which the environments share."""

    def own(self, name: str) -> str:
        """A name that the environments do not share."""
        return name if self.name == "production" else f"{name}-{self.name}"


def seed(aws: SimulatedAws) -> None:
    """Seeds the estate: a public catalogue, an internal price service and a worker, in production and in staging."""
    Seeder(aws).scan_images("*")
    Seeder(aws).web_acl("in-front-of-others")
    zone = Seeder(aws).zone("example.com")
    for name, prefix in (("production", "10.40"), ("staging", "10.41")):
        seeder = Seeder(aws)
        network = seeder.network(f"bookshop-{name}", prefix, private=3, public=2)
        cluster = seeder.cluster(f"bookshop-{name}", stage=name, capacityProviders=["FARGATE"])
        stage = _Stage(seeder, name, prefix, network, cluster, zone)
        _catalogue(stage)
        _prices(stage)
        _postman(stage)
    aws.forget_calls()


def _catalogue(stage: _Stage) -> None:
    seeder, network = stage.seeder, stage.network
    edge = seeder.security_group(network, "edge", (443, "0.0.0.0/0"))
    tasks = seeder.security_group(network, "catalogue", (8080, edge))
    targets = seeder.target_group(network, stage.own("catalogue"))
    listener = seeder.load_balancer(stage.own("edge"), network.public, edge, targets, internal=False)
    seeder.forward(listener, targets, host=f"{stage.own('books')}.example.com", priority=10)
    seeder.record(stage.zone, f"{stage.own('books')}.example.com", listener)
    table = stage.own("books")
    seeder.table(table)
    reads = allow("dynamodb:GetItem", "dynamodb:Query", resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
    revision = seeder.task_definition(
        stage.own("catalogue"),
        container("catalogue", portMappings=listens(8080), environment=environment(BOOKS_TABLE=table)),
        owner=OWNER,
        stage=stage.name,
        taskRoleArn=seeder.role(stage.own("catalogue-task"), reads),
        executionRoleArn=seeder.execution_role(stage.own("catalogue-execution")),
    )
    seeder.service(
        stage.cluster,
        "catalogue",
        revision,
        owner=OWNER,
        stage=stage.name,
        networkConfiguration=awsvpc(network, tasks),
        loadBalancers=served(targets, "catalogue"),
    )
    seeder.alarm_on_errors(stage.own("catalogue-errors"), targets)
    requests = ("AWS/ApplicationELB", "RequestCount", "TargetGroup", targets.rpartition(":")[2])
    seeder.dashboard(stage.own("catalogue"), requests)
    seeder.scale(stage.cluster, "catalogue", lowest=2, highest=6)


def _prices(stage: _Stage) -> None:
    seeder, network = stage.seeder, stage.network
    inside = seeder.security_group(network, "inside", (443, f"{stage.prefix}.0.0/16"))
    tasks = seeder.security_group(network, "prices", (8080, inside))
    targets = seeder.target_group(network, stage.own("prices"))
    seeder.load_balancer(stage.own("inside"), network.private, inside, targets, internal=True)
    to_account = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    bucket = f"arn:aws:s3:::{stage.own('bookshop-prices')}"
    seeder.versioned_bucket(stage.own("bookshop-prices"), allow("s3:GetObject", resource=f"{bucket}/*") | to_account)
    reads = allow("s3:GetObject", resource=f"{bucket}/*")
    revision = seeder.task_definition(
        stage.own("prices"),
        container(
            "prices",
            portMappings=listens(8080),
            environment=environment(CURRENCY="EUR"),
            secrets=[
                {"name": "PRICE_LIST", "valueFrom": seeder.secret(stage.own("bookshop/price-list"))},
                {"name": "PRICE_ROUNDING", "valueFrom": seeder.parameter(f"/{stage.own('bookshop')}/price-rounding")},
            ],
        ),
        owner=OWNER,
        stage=stage.name,
        taskRoleArn=seeder.role(stage.own("prices-task"), reads),
        executionRoleArn=seeder.execution_role(stage.own("prices-execution")),
    )
    seeder.service(
        stage.cluster,
        "prices",
        revision,
        owner=OWNER,
        stage=stage.name,
        networkConfiguration=awsvpc(network, tasks),
        loadBalancers=served(targets, "prices"),
    )
    seeder.alarm_on_errors(stage.own("prices-errors"), targets)
    seeder.scale(stage.cluster, "prices", lowest=2, highest=4)


def _postman(stage: _Stage) -> None:
    seeder, network = stage.seeder, stage.network
    queue = stage.own("letters")
    takes = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", resource=seeder.queue(queue))
    revision = seeder.task_definition(
        stage.own("postman"),
        container(
            "postman",
            environment=environment(LETTERS_QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"),
            healthCheck={"command": ["CMD", "/bin/postman", "check"], "interval": 30, "timeout": 5, "retries": 3},
        ),
        owner=OWNER,
        stage=stage.name,
        taskRoleArn=seeder.role(stage.own("postman-task"), takes),
        executionRoleArn=seeder.execution_role(stage.own("postman-execution")),
    )
    seeder.service(
        stage.cluster,
        "postman",
        revision,
        owner=OWNER,
        stage=stage.name,
        networkConfiguration=awsvpc(network, seeder.security_group(network, "postman")),
    )
    seeder.alarm(stage.own("letters-wait"), "AWS/SQS", "ApproximateAgeOfOldestMessage", 600, QueueName=queue)
    seeder.scale(stage.cluster, "postman", lowest=2, highest=4)
