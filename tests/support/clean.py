"""A small estate on which no readiness rule finds anything: what "ready" looks like, and the base of denial tests."""

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
    secret,
    served,
)

CLUSTER = "bookshop"
OWNER = "bookshop-team"


def seed(aws: SimulatedAws) -> None:
    """Seeds the estate: a public catalogue, an internal price service and a worker, all on Fargate."""
    seeder = Seeder(aws)
    network = seeder.network("bookshop", "10.40", private=3, public=2)
    cluster = seeder.cluster(CLUSTER, capacityProviders=["FARGATE"])
    _catalogue(seeder, network, cluster)
    _prices(seeder, network, cluster)
    _postman(seeder, network, cluster)
    aws.forget_calls()


def _catalogue(seeder: Seeder, network: Network, cluster: str) -> None:
    edge = seeder.security_group(network, "edge", (443, "0.0.0.0/0"))
    tasks = seeder.security_group(network, "catalogue", (8080, edge))
    targets = seeder.target_group(network, "catalogue")
    listener = seeder.load_balancer("edge", network.public, edge, targets, internal=False)
    seeder.forward(listener, targets, host="books.example.com", priority=10)
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/books"
    revision = seeder.task_definition(
        "catalogue",
        container(
            "catalogue",
            portMappings=listens(8080),
            environment=environment(BOOKS_TABLE="books", LOG_LEVEL="info"),
        ),
        owner=OWNER,
        taskRoleArn=seeder.role("catalogue-task", allow("dynamodb:GetItem", "dynamodb:Query", resource=table)),
        executionRoleArn=seeder.execution_role("catalogue-execution"),
    )
    seeder.service(
        cluster,
        "catalogue",
        revision,
        owner=OWNER,
        networkConfiguration=awsvpc(network, tasks),
        loadBalancers=served(targets, "catalogue"),
    )
    seeder.scale(cluster, "catalogue", lowest=2, highest=6)


def _prices(seeder: Seeder, network: Network, cluster: str) -> None:
    inside = seeder.security_group(network, "inside", (443, "10.40.0.0/16"))
    tasks = seeder.security_group(network, "prices", (8080, inside))
    targets = seeder.target_group(network, "prices")
    seeder.load_balancer("inside", network.private, inside, targets, internal=True)
    revision = seeder.task_definition(
        "prices",
        container(
            "prices",
            portMappings=listens(8080),
            environment=environment(CURRENCY="EUR"),
            secrets=[{"name": "PRICE_LIST", "valueFrom": secret("bookshop/price-list")}],
        ),
        owner=OWNER,
        taskRoleArn=seeder.role("prices-task", allow("s3:GetObject", resource="arn:aws:s3:::bookshop-prices/*")),
        executionRoleArn=seeder.execution_role("prices-execution"),
    )
    seeder.service(
        cluster,
        "prices",
        revision,
        owner=OWNER,
        networkConfiguration=awsvpc(network, tasks),
        loadBalancers=served(targets, "prices"),
    )
    seeder.scale(cluster, "prices", lowest=2, highest=4)


def _postman(seeder: Seeder, network: Network, cluster: str) -> None:
    seeder.client("sqs").create_queue(QueueName="letters")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
    revision = seeder.task_definition(
        "postman",
        container(
            "postman",
            environment=environment(LETTERS_QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters"),
            healthCheck={"command": ["CMD", "/bin/postman", "check"], "interval": 30, "timeout": 5, "retries": 3},
        ),
        owner=OWNER,
        taskRoleArn=seeder.role("postman-task", allow("sqs:ReceiveMessage", "sqs:DeleteMessage", resource=arn)),
        executionRoleArn=seeder.execution_role("postman-execution"),
    )
    seeder.service(
        cluster,
        "postman",
        revision,
        owner=OWNER,
        networkConfiguration=awsvpc(network, seeder.security_group(network, "postman")),
    )
    seeder.scale(cluster, "postman", lowest=2, highest=4)
