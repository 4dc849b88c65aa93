"""In which VPC a node stands."""

from typing import Any

import pytest

from assess.graph.building import graph_of
from tests.rules.harness import ACCOUNT, REGION, Piece, container, estate, given, service, task

HOST = "orders.c1.eu-west-1.rds.amazonaws.com"
CACHE = "stock.abc.0001.euw1.cache.amazonaws.com"


def subnet(id: str, vpc: str) -> Piece:
    return given("subnets", SubnetId=id, VpcId=vpc)


def user(url: str, *subnets: str) -> tuple[Piece, ...]:
    """A workload that names something, in these subnets."""
    network = {"awsvpcConfiguration": {"subnets": list(subnets)}}
    return (
        task(container(environment=[{"name": "STORE_URL", "value": url}])),
        service(networkConfiguration=network),
    )


def instance(**fields: Any) -> Piece:
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
    known = {"DBInstanceArn": arn, "DBInstanceIdentifier": "orders", "Endpoint": {"Address": HOST, "Port": 5432}}
    return given("database_instances", **known | fields)


def cluster(**fields: Any) -> Piece:
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:shop"
    return given("database_clusters", DBClusterArn=arn, DBClusterIdentifier="shop", Endpoint=HOST, Port=5432, **fields)


def cache(group: str) -> Piece:
    return given(
        "cache_clusters",
        ARN=f"arn:aws:elasticache:{REGION}:{ACCOUNT}:cluster:stock",
        CacheClusterId="stock",
        Engine="memcached",
        ConfigurationEndpoint={"Address": CACHE, "Port": 11211},
        SecurityGroups=[{"SecurityGroupId": group, "Status": "active"}],
    )


IN_ONE = {"DBSubnetGroup": {"DBSubnetGroupName": "main", "VpcId": "vpc-1"}}
MEMBER = {"DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-1", "DBInstanceIdentifier": "shop-1"}
SQL, MEMCACHED = f"postgres://{HOST}:5432", f"memcached://{CACHE}:11211"


@pytest.mark.parametrize(
    ("url", "pieces", "expected"),
    [
        (SQL, (instance(**IN_ONE),), "vpc-1"),
        (SQL, (instance(),), ""),
        (SQL, (cluster(), instance(**IN_ONE | MEMBER | {"Endpoint": None, "DBClusterIdentifier": "shop"})), "vpc-1"),
        (SQL, (cluster(),), ""),
        (MEMCACHED, (cache("sg-1"), given("security_groups", GroupId="sg-1", VpcId="vpc-3")), "vpc-3"),
        (MEMCACHED, (cache("sg-1"),), ""),
    ],
    ids=["instance", "unsaid", "by its instances", "cluster alone", "by its groups", "groups unread"],
)
def test_network_of_a_resource(url: str, pieces: tuple[Piece, ...], expected: str) -> None:
    graph = graph_of(estate(*user(url), *pieces))
    (edge,) = graph.edges
    assert graph.nodes[edge.target].network == expected


@pytest.mark.parametrize(
    ("subnets", "expected"),
    [(("subnet-1", "subnet-2"), "vpc-1"), (("subnet-1", "subnet-3"), ""), (("subnet-1", "subnet-9"), ""), ((), "")],
    ids=["one VPC", "two VPCs", "one subnet unread", "no subnet"],
)
def test_network_of_a_workload(subnets: tuple[str, ...], expected: str) -> None:
    places = (subnet("subnet-1", "vpc-1"), subnet("subnet-2", "vpc-1"), subnet("subnet-3", "vpc-2"))
    made = estate(*user("", *subnets), *places)
    (node,) = graph_of(made).nodes.values()
    assert node.network == expected
