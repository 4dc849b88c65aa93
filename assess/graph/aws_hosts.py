"""Tells whose a host of AWS is: the service, the kind of resource, its region, partition and name."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from assess.graph.aws_services import AwsService, aws_service, aws_services
from assess.graph.inventory import edge_kind
from assess.graph.model import Access, EdgeKind, NodeKind


@dataclass(frozen=True, slots=True)
class AwsHost:
    """What a host of AWS says by its shape; empty texts are what it does not say."""

    service: str
    """By its name in ``data/aws_services.toml``, or the endpoint's own prefix where that does not know it."""
    kind: NodeKind
    """AWS_SERVICE for an API, which has no resource of ours in its name."""
    edge: EdgeKind
    role: str
    """Which of the resource's addresses it is, as ``data/aws_hosts.toml`` says: ``reader``, ``proxy``, ``api``."""
    whole: str
    """The address that stands for the whole resource: a cluster's for its reader, all brokers' for one of them."""
    partition: str = ""
    region: str = ""
    name: str = ""
    """Name or id of the resource: of the database, the bucket, the queue."""
    account: str = ""
    access: Access | None = None
    engine: str = ""
    port: int | None = None
    """The usual port, where the service has one."""
    arn: str = ""
    """ARN of the resource, where its address says all of it: buckets and queues."""

    @property
    def is_supply(self) -> bool:
        """Whether only images and packages come from there."""
        return self.role == "registry"


def recognise(host: str, path: str = "") -> AwsHost | None:
    """What a host of AWS says by its shape; none for all other hosts.

    ``host`` may be in any case and end in a dot; ``path`` is that of the URL, which names buckets and queues.
    """
    found = _recognised(host.lower().removesuffix("."))
    return _with_path(found, path) if found is not None and path and found.role == "api" else found


class Partition(NamedTuple):
    """A partition of AWS as botocore knows it."""

    id: str
    suffixes: tuple[str, ...]
    region: re.Pattern[str]
    regions: tuple[str, ...]


@cache
def partitions() -> tuple[Partition, ...]:
    """AWS's partitions, from the file in the botocore that is installed; botocore itself is not imported."""
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        return ()
    path = Path(spec.submodule_search_locations[0]) / "data" / "partitions.json"
    written: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["partitions"]
    return tuple(
        Partition(
            str(each["id"]),
            tuple(
                dict.fromkeys(
                    str(each["outputs"][key]) for key in ("dnsSuffix", "dualStackDnsSuffix") if each["outputs"].get(key)
                )
            ),
            re.compile(str(each["regionRegex"])),
            tuple(sorted(region for region in each["regions"] if "global" not in region)),
        )
        for each in written
    )


def partition_of(region: str) -> str:
    """The partition that a region belongs to; empty for what is no region."""
    return next((each.id for each in partitions() if each.region.match(region)), "")


_DATA = files("assess.graph") / "data" / "aws_hosts.toml"

_FIELDS: Mapping[str, str] = {
    "name": r"[a-z0-9_-]+",
    "id": r"[a-z0-9_-]+",
    "node": r"[a-z0-9_-]+",
    "zone": r"[a-z0-9_-]+",
    "auth": r"[a-z0-9_-]+",
    "cell": r"[a-z0-9_-]+",
    "hash": r"[a-z0-9_-]+",
    "names": r"[a-z0-9_.-]+",
    "bucket": r"[a-z0-9][a-z0-9_.-]*",
    "account": r"[0-9]{12}",
    "region": r"[a-z0-9-]+",
    "code": r"[a-z]+[0-9]",
    "number": r"[0-9]+",
    "domain_hash": r"[a-z0-9]{20,30}",
    "broker": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "balancer": r"[a-z0-9_-]+-[0-9a-f]+",
    "lattice": r"[0-9a-f]{17}",
    "instance": r"(?:ec2|ip|i)-[0-9a-f-]+",
    "api": r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)?",
}
_FIELD = re.compile(r"\{([a-z_]+)\}")
_BOTH_ORDERS = re.compile(r"([a-z0-9-]+)\+\{region\}")
_NODE_NUMBER = re.compile(r"(?:-[0-9]{4})?-[0-9]{3}\Z")
"""What ElastiCache and MemoryDB put behind a group's name for a member: ``orders-001``, ``orders-0001-002``."""


class _Shape(NamedTuple):
    pattern: re.Pattern[str]
    marks: frozenset[str]
    """Labels that every host of the shape has: looked for first, for that is quick."""
    service: str
    role: str
    kind: str
    engine: str
    port: int | None
    whole: str


class _Hosts(NamedTuple):
    suffixes: tuple[str, ...]
    """Longest first."""
    shapes: tuple[_Shape, ...]
    domains: tuple[_Shape, ...]
    observes: frozenset[str]
    configures: frozenset[str]
    codes: Mapping[str, str]
    """Regions by ElastiCache's short names."""


@cache
def _hosts() -> _Hosts:
    data = tomllib.loads(_DATA.read_text("utf-8"))
    suffixes = {*data["suffixes"], *(suffix for each in partitions() for suffix in each.suffixes)}
    return _Hosts(
        tuple(sorted(suffixes, key=lambda suffix: (-len(suffix), suffix))),
        tuple(_shape(each) for each in data["shape"]),
        tuple(_shape(each) for each in data["domain"]),
        frozenset(data["observes"].split()),
        frozenset(data["configures"].split()),
        _codes(),
    )


def _shape(entry: Mapping[str, Any]) -> _Shape:
    written = str(entry["shape"])
    both = _BOTH_ORDERS.search(written)
    literal = _FIELD.sub("*", written.replace("+", "."))
    return _Shape(
        re.compile(_pattern(written)),
        frozenset(label for label in literal.split(".") if "*" not in label) | ({both[1]} if both else set()),
        str(entry["service"]),
        str(entry["role"]),
        str(entry.get("kind", "")),
        str(entry.get("engine", "")),
        entry.get("port"),
        str(entry.get("whole", "")),
    )


def _pattern(written: str) -> str:
    """The regular expression of a shape."""
    both = _BOTH_ORDERS.search(written)
    if both is not None:
        head = _pattern(written[: both.start()])
        word, region = re.escape(both[1]), _FIELDS["region"]
        return rf"{head}(?:(?P<region>{region})\.{word}|{word}\.(?P<region2>{region}))"
    parts: list[str] = []
    at = 0
    for field in _FIELD.finditer(written):
        parts.append(re.escape(written[at : field.start()]))
        parts.append(f"(?P<{field[1]}>{_FIELDS[field[1]]})")
        at = field.end()
    return "".join((*parts, re.escape(written[at:])))


def _codes() -> dict[str, str]:
    """Short names of regions: ``use1``; of north-eastern ones both ``apne2`` and ``apn2`` are seen."""
    exact: dict[str, str] = {}
    loose: dict[str, list[str]] = {}
    for partition in partitions():
        for region in partition.regions:
            *area, side, number = region.split("-")
            head = area[0] + "".join(each[0] for each in area[1:])
            match = _SIDES.fullmatch(side)
            initials = f"{match[1][0]}{match[2][0]}" if match is not None else side[0]
            exact[f"{head}{initials}{number}"] = region
            for initial in set(initials):
                loose.setdefault(f"{head}{initial}{number}", []).append(region)
    return {code: regions[0] for code, regions in loose.items() if len(regions) == 1} | exact


_SIDES = re.compile(r"(north|south)(east|west)")


@lru_cache(maxsize=8192)
def is_of_aws(host: str) -> bool:
    """Whether a host lies in a domain that AWS keeps for endpoints, whether or not its shape is known."""
    name = host.lower().removesuffix(".")
    return any(name.endswith(f".{suffix}") for suffix in _hosts().suffixes)


def _recognised(host: str) -> AwsHost | None:
    hosts = _hosts()
    suffix = next((each for each in hosts.suffixes if host.endswith(f".{each}")), None)
    if suffix is None:
        return _first(hosts, hosts.domains, host, host, "")
    return _first(hosts, hosts.shapes, host.removesuffix(f".{suffix}"), host, suffix)


def _first(hosts: _Hosts, shapes: tuple[_Shape, ...], text: str, host: str, suffix: str) -> AwsHost | None:
    endpoint = _vpc_endpoint(hosts, text, suffix)
    if endpoint is not None:
        return endpoint
    labels = frozenset(text.split("."))
    for shape in shapes:
        if shape.marks <= labels:
            match = shape.pattern.fullmatch(text)
            if match is not None:
                return _of(hosts, shape, match.groupdict(), host, suffix)
    return None


def _of(hosts: _Hosts, shape: _Shape, said: Mapping[str, str | None], host: str, suffix: str) -> AwsHost | None:
    region = said.get("region") or said.get("region2") or hosts.codes.get(said.get("code") or "", "")
    partition = partition_of(region)
    prefix = shape.service or said.get("api") or ""
    if not shape.service and said.get("region") and not partition:
        return None  # two labels before the suffix of which the second is no region: nothing we know
    if not partition:
        region = ""
        partition = next((each.id for each in partitions() if suffix in each.suffixes), "")
    service = _service(prefix)
    kind = NodeKind(shape.kind) if shape.kind else service.kind
    name = next((value for key in _NAMES if (value := said.get(key))), "")
    if shape.role in ("cluster", "node", "reader") and service.id in ("elasticache", "memorydb"):
        name = _NODE_NUMBER.sub("", name)
    if shape.role == "api":
        kind, name = NodeKind.AWS_SERVICE, ""
    found = AwsHost(
        service=service.id,
        kind=kind,
        edge=_edge(hosts, prefix, service.kind if shape.role == "api" else kind),
        role=shape.role,
        whole=_whole(shape, said, name, host, suffix),
        partition=partition,
        region=region,
        name=name,
        account=said.get("account") or "",
        access=Access.READ if shape.role == "reader" else None,
        engine=shape.engine,
        port=shape.port,
    )
    return replace(found, arn=f"arn:{partition or 'aws'}:s3:::{name}") if said.get("bucket") else found


def _service(prefix: str) -> AwsService:
    """The service of an endpoint's prefix: ``sqs``, ``api.ecr``, ``runtime.sagemaker``."""
    last = prefix.rpartition(".")[2]
    return aws_service(last if prefix not in aws_services() and last in aws_services() else prefix)


_NAMES = ("bucket", "name", "balancer", "id", "broker", "names", "instance")


def _whole(shape: _Shape, said: Mapping[str, str | None], name: str, host: str, suffix: str) -> str:
    template = shape.whole
    if not template:
        return host
    swapped = "region2" in said and said.get("region2") is not None
    template = _BOTH_ORDERS.sub(r"\1.{region}" if swapped else r"{region}.\1", template)
    values = {**said, "name": name or said.get("name"), "region": said.get("region") or said.get("region2")}
    return _FIELD.sub(lambda field: values.get(field[1]) or "", template) + f".{suffix}"


def _edge(hosts: _Hosts, prefix: str, kind: NodeKind) -> EdgeKind:
    if prefix in hosts.observes:
        return EdgeKind.OBSERVE
    if prefix in hosts.configures:
        return EdgeKind.CONFIG
    return edge_kind(kind)


def _vpc_endpoint(hosts: _Hosts, text: str, suffix: str) -> AwsHost | None:
    """The name of an interface endpoint: ``[bucket.]vpce-ID-HASH[-ZONE].SERVICE.REGION.vpce``."""
    match = _VPCE.fullmatch(text) if suffix else None
    if match is None:
        return None
    partition = partition_of(match["region"])
    prefix = match["service"].removesuffix("-fips")
    if prefix.startswith("vpce-svc-"):  # somebody's own service behind PrivateLink
        whole = f"{prefix}.{match['region']}.vpce.{suffix}"
        return AwsHost(
            "vpce", NodeKind.EXTERNAL, EdgeKind.SYNC, "endpoint_service", whole, partition, match["region"], prefix
        )
    service = _service(prefix)
    return AwsHost(
        service=service.id,
        kind=NodeKind.AWS_SERVICE,
        edge=_edge(hosts, prefix, service.kind),
        role="api",
        whole=f"{prefix}.{match['region']}.{suffix}",
        partition=partition,
        region=match["region"] if partition else "",
    )


_VPCE = re.compile(
    r"(?:[a-z0-9_.-]+\.)?vpce-[0-9a-f]+-[a-z0-9]+(?:-[a-z]+(?:-[a-z]+)*-[0-9][a-z])?\.(?P<service>[a-z0-9.-]+)\.(?P<region>[a-z0-9-]+)\.vpce"
)
_QUEUE = re.compile(r"/([0-9]{12})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)/?\Z")
_BUCKET = re.compile(r"/([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(?:/.*)?", re.DOTALL)
_WORKSPACE = re.compile(r"/workspaces/(ws-[a-z0-9-]+)(?:/.*)?", re.DOTALL)


def _with_path(found: AwsHost, path: str) -> AwsHost:
    """What the path of an API's URL adds: a queue, a bucket, a workspace."""
    if found.service == "sqs" and (match := _QUEUE.fullmatch(path)) is not None:
        account, name = match.groups()
        region = found.region or ("us-east-1" if found.partition == "aws" else "")
        return replace(
            found,
            kind=NodeKind.QUEUE,
            role="queue",
            name=name,
            account=account,
            region=region,
            arn=f"arn:{found.partition or 'aws'}:sqs:{region}:{account}:{name}",
        )
    if found.service == "s3" and (match := _BUCKET.fullmatch(path)) is not None:
        return replace(
            found,
            kind=NodeKind.BUCKET,
            role="bucket",
            name=match[1],
            whole=f"{match[1]}.{found.whole}",
            arn=f"arn:{found.partition or 'aws'}:s3:::{match[1]}",
        )
    if found.service == "aps" and (match := _WORKSPACE.fullmatch(path)) is not None:
        return replace(found, name=match[1])
    return found
