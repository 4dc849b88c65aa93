"""The AWS services that this tool knows by name: what a resource of each is in the graph, and whether it stays."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assess.graph.model import Node, NodeKind

Category = Literal[
    "analytics",
    "application",
    "cache",
    "compute",
    "configuration",
    "container",
    "database",
    "delivery",
    "identity",
    "integration",
    "machine_learning",
    "media",
    "messaging",
    "network",
    "observability",
    "operations",
    "other",
    "search",
    "security",
    "storage",
]


class AwsService(BaseModel):
    """An AWS service as ``data/aws_services.toml`` describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Annotated[str, Field(min_length=3)]
    category: Category
    kind: NodeKind
    stays: bool
    change: str | None = None
    also: tuple[str, ...] = ()
    parts: Mapping[str, NodeKind] = Field(default_factory=dict)


@cache
def aws_services() -> Mapping[str, AwsService]:
    """The services by each name that ARNs, IAM actions and endpoints give them.

    Raises:
        pydantic.ValidationError: the data file is wrong.
        ValueError: two services claim one name.
    """
    found: dict[str, AwsService] = {}
    written = tomllib.loads(files("assess.graph").joinpath("data/aws_services.toml").read_text("utf-8"))
    for id, entry in written.items():
        service = AwsService(id=id, **entry)
        for name in (id, *service.also):
            if found.setdefault(name, service) is not service:
                raise ValueError(f"{name} is claimed by {found[name].id} and {id}")
    return found


def aws_service(prefix: str) -> AwsService:
    """The service of an ARN's, an action's or an endpoint's prefix; one that the data file does not know by itself."""
    known = aws_services().get(prefix)
    return known or AwsService(id=prefix, name=f"AWS {prefix}", category="other", kind=NodeKind.AWS_SERVICE, stays=True)


def node_of_arn(arn: str) -> Node | None:
    """What an ARN names, by its shape alone; none for a text that is no ARN of a single resource.

    An object of a bucket is its bucket, an index its table, a version or alias of a function the function, a stage's
    method its API.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[5]:
        return None
    _, partition, prefix, region, account, resource = parts
    service = aws_service(prefix)
    name, identity = _name(service.id, resource)
    if not name or "*" in name or "?" in name:
        return None
    kind = next((kind for start, kind in service.parts.items() if resource.startswith(start)), service.kind)
    return Node(
        id=f"arn:{partition}:{prefix}:{region}:{account}:{identity}",
        kind=kind,
        name=name,
        aws_service=service.id,
        arn=f"arn:{partition}:{prefix}:{region}:{account}:{identity}",
        account=account,
        region=region,
    )


def _name(service: str, resource: str) -> tuple[str, str]:
    """A resource's name, and its part of the ARN without what lies within it."""
    match service:
        case "s3":
            bucket = resource.partition("/")[0]
            return bucket, bucket
        case "dynamodb":
            steps = resource.split("/")
            return (steps[1], "/".join(steps[:2])) if steps[0] == "table" and len(steps) > 1 else ("", "")
        case "lambda":
            steps = resource.split(":")
            return (steps[1], ":".join(steps[:2])) if steps[0] == "function" and len(steps) > 1 else ("", "")
        case "secretsmanager":
            return resource.removeprefix("secret:"), resource
        case "ssm":
            return resource.removeprefix("parameter"), resource
        case "kafka":
            steps = resource.split("/")
            if steps[0] in ("topic", "group", "transactional-id") and len(steps) > 2:
                return steps[1], "/".join(("cluster", *steps[1:3]))
            return (steps[1], resource) if len(steps) > 1 else ("", "")
        case "rds":
            steps = resource.split(":")
            return (steps[-1], resource) if len(steps) > 1 else ("", "")
        case "logs":
            group = resource.removeprefix("log-group:").partition(":")[0]
            return group, f"log-group:{group}"
        case _:
            return resource.replace(":", "/").rstrip("/").rpartition("/")[2], resource
