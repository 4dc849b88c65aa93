"""Databases, caches, tables, buckets and search domains: what is kept of them, and which are asked about twice."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.backing import BackingService
from assess.estate.estate import Estate
from assess.estate.facts import Origin
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.faults import error
from tests.support.seeding import Network, Seeder, allow, awsvpc, container, environment

PARTS = ("rds", "elasticache", "memorydb", "redshift", "opensearch", "dynamodb", "s3")
FACTS = frozenset({"datastores", *(f"datastores.{part}" for part in PARTS)})
OF_BACKUPS = frozenset({"dynamodb:DescribeContinuousBackups", "s3:GetBucketVersioning"})
"""What they tell of a resource is missing of it alone: it is known all the same."""
HERE = Origin(account=ACCOUNT, region=REGION)


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """An account without anything in it."""
    return Seeder(aws)


def scanned(aws: SimulatedAws) -> Estate:
    aws.forget_calls()
    found = scan(ScanRequest(), facts=FACTS)
    assert not aws.calls_beyond_reading()
    assert "hush" not in found.model_dump_json()
    return found


def hosts(of: BackingService) -> list[tuple[int, bool]]:
    assert all(each.host for each in of.addresses)
    return [(each.port, each.reads_only) for each in of.addresses]


def told(seeder: Seeder, *statements: dict[str, Any], **variables: str) -> None:
    """A service that is told these variables, its task role granted these statements."""
    revision = seeder.task_definition(
        "shop", container("shop", environment=environment(**variables)), taskRoleArn=seeder.role("shop", *statements)
    )
    network = Network("", ("subnet-1",), ())
    seeder.service(seeder.cluster("shop"), "shop", revision, networkConfiguration=awsvpc(network))


def table(seeder: Seeder, name: str, *, recovered: bool = False) -> None:
    tables = seeder.client("dynamodb")
    tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tables.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovered}
    )


# --- databases --------------------------------------------------------------------------------------------------


def database(seeder: Seeder, name: str, **given: Any) -> None:
    seeder.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=20,
        MasterUsername="hush",
        MasterUserPassword="hush-hush-hush",
        **given,
    )


def test_database_is_kept_with_its_endpoint_network_and_backups(aws: SimulatedAws, seeder: Seeder) -> None:
    network = seeder.network("net", "10.9", private=2, public=1)
    group = seeder.security_group(network, "database")
    seeder.client("rds").create_db_subnet_group(
        DBSubnetGroupName="inside", DBSubnetGroupDescription="hush", SubnetIds=list(network.private)
    )
    placed = {"DBSubnetGroupName": "inside", "VpcSecurityGroupIds": [group]}
    database(seeder, "orders", DBName="orders", BackupRetentionPeriod=7, **placed)
    found = scanned(aws)
    (kept,) = found.database_instances
    assert (kept.title, kept.engine, kept.database_name) == ("orders", "postgres", "orders")
    assert hosts(kept) == [(5432, False)]
    assert (kept.network, list(kept.guards), kept.is_restorable) == (network.vpc, [group], True)
    assert kept.unknown_fields == {}
    assert found.gaps == ()


def test_cluster_is_kept_with_its_writer_and_reader(aws: SimulatedAws, seeder: Seeder) -> None:
    seeder.client("rds").create_db_cluster(
        DBClusterIdentifier="books",
        Engine="aurora-postgresql",
        MasterUsername="hush",
        MasterUserPassword="hush-hush-hush",
        DatabaseName="books",
    )
    (kept,) = scanned(aws).database_clusters
    assert (kept.title, kept.database_name, kept.is_restorable) == ("books", "books", True)
    assert hosts(kept) == [(5432, False), (5432, True)]
    assert kept.unknown_fields == {}


def proxied(seeder: Seeder) -> None:
    network = seeder.network("net", "10.9", private=2, public=1)
    database(seeder, "orders")
    rds = seeder.client("rds")
    rds.create_db_proxy(
        DBProxyName="front",
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:hush"}],
        RoleArn=seeder.role("front", service="rds.amazonaws.com"),
        VpcSubnetIds=list(network.private),
    )
    rds.register_db_proxy_targets(DBProxyName="front", DBInstanceIdentifiers=["orders"])


def test_proxy_is_kept_with_what_it_leads_to(aws: SimulatedAws, seeder: Seeder) -> None:
    proxied(seeder)
    (kept,) = scanned(aws).database_proxies
    assert (kept.title, [each.rds_resource_id for each in kept.targets]) == ("front", ["orders"])
    assert len(hosts(kept)) == 1
    assert (kept.unknown_fields, kept.targets[0].unknown_fields) == ({}, {})


def test_targets_of_a_proxy_that_were_refused_are_a_gap_on_it(aws: SimulatedAws, seeder: Seeder) -> None:
    proxied(seeder)
    aws.deny("rds", "DescribeDBProxyTargets")
    found = scanned(aws)
    (kept,) = found.database_proxies
    assert kept.targets == ()
    assert [(gap.resource, gap.facts) for gap in found.gaps] == [(kept.arn, ("datastores", "datastores.rds"))]


# --- caches -----------------------------------------------------------------------------------------------------


def test_caches_of_each_kind(aws: SimulatedAws, seeder: Seeder) -> None:
    caches = seeder.client("elasticache")
    caches.create_replication_group(
        ReplicationGroupId="sessions", ReplicationGroupDescription="hush", Engine="redis", NumCacheClusters=2
    )
    caches.create_cache_cluster(
        CacheClusterId="pages", Engine="memcached", CacheNodeType="cache.t4g.small", NumCacheNodes=2
    )
    endpoint = {"Address": "burst-a1.serverless.use1.cache.amazonaws.com", "Port": 6379}
    aws.lacking.serverless_caches["burst"] = {"Engine": "valkey", "Endpoint": endpoint, "Description": "hush"}

    def with_nodes(answer: Any) -> None:
        nodes = [{"CacheNodeId": "1", "Endpoint": {"Address": "pages.0001.use1.cache.amazonaws.com", "Port": 11211}}]
        answer["CacheClusters"][0]["CacheNodes"] = nodes  # moto has none

    aws.override("elasticache", "DescribeCacheClusters", with_nodes)
    found = scanned(aws)
    assert found.gaps == ()
    (group,), (cluster,), (serverless,) = found.replication_groups, found.cache_clusters, found.serverless_caches
    assert (group.title, hosts(group)[0], group.is_restorable) == ("sessions", (6379, False), False)
    assert (cluster.title, hosts(cluster)) == ("pages", [(11211, False)])
    assert (serverless.title, hosts(serverless)) == ("burst", [(6379, False)])
    assert [each.unknown_fields for each in (group, cluster, serverless)] == [{}, {}, {}]
    asked = next(each for each in aws.calls if each.operation == "DescribeCacheClusters")
    assert asked.parameters["ShowCacheNodeInfo"] is True


def test_memorydb_and_redshift(aws: SimulatedAws, seeder: Seeder) -> None:
    seeder.client("memorydb").create_cluster(ClusterName="ranks", NodeType="db.t4g.small", ACLName="open-access")
    seeder.client("redshift").create_cluster(
        ClusterIdentifier="sales",
        NodeType="ra3.large",
        MasterUsername="hush",
        MasterUserPassword="Hush-hush-1",
        DBName="sales",
    )
    found = scanned(aws)
    (ranks,), (sales,) = found.memory_clusters, found.warehouses
    assert (ranks.title, hosts(ranks)) == ("ranks", [(6379, False)])
    assert (sales.title, hosts(sales), sales.database_name) == ("sales", [(5439, False)], "sales")
    assert sales.identity.endswith(":cluster:sales")
    assert (ranks.unknown_fields, sales.unknown_fields, found.gaps) == ({}, {}, ())


def test_search_domains_are_described_five_at_a_time(aws: SimulatedAws, seeder: Seeder) -> None:
    for number in range(6):
        seeder.client("opensearch").create_domain(DomainName=f"index-{number}")
    found = scanned(aws)
    assert [each.title for each in found.search_domains] == [f"index-{number}" for number in range(6)]
    assert {port for each in found.search_domains for port, _ in hosts(each)} == {443}
    assert all(each.unknown_fields == {} for each in found.search_domains)
    assert aws.counts()["opensearch:DescribeDomains"] == 2


# --- tables and buckets -----------------------------------------------------------------------------------------


def test_backups_are_asked_about_for_tables_that_a_workload_names(aws: SimulatedAws, seeder: Seeder) -> None:
    for name in ("books", "shop-orders", "shop-returns", "others"):
        table(seeder, name, recovered=name == "books")
    tables = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
    told(
        seeder,
        allow("dynamodb:Query", resource=f"{tables}/shop-orders/index/by-day"),
        allow("dynamodb:GetItem", resource=f"{tables}/shop-r*"),
        BOOKS_TABLE="books",
    )
    found = scanned(aws)
    assert {each.title: each.is_restorable for each in found.tables} == {
        "books": True,
        "shop-orders": False,
        "shop-returns": False,
        "others": None,
    }
    assert {each.identity for each in found.tables} >= {f"{tables}/books"}
    assert aws.counts()["dynamodb:DescribeContinuousBackups"] == 3


def test_grant_on_all_tables_names_none(aws: SimulatedAws, seeder: Seeder) -> None:
    table(seeder, "books")
    told(seeder, allow("dynamodb:*"), allow("dynamodb:*", resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*"))
    assert [each.is_restorable for each in scanned(aws).tables] == [None]


def test_arns_are_those_of_the_partition(aws: SimulatedAws, seeder: Seeder) -> None:
    aws.client("dynamodb", "cn-north-1").create_table(
        TableName="books",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.client("s3", "cn-north-1").create_bucket(
        Bucket="books", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"}
    )
    found = scan(ScanRequest(regions=("cn-north-1",)), facts=FACTS)
    assert [each.identity for each in found.tables] == [f"arn:aws-cn:dynamodb:cn-north-1:{ACCOUNT}:table/books"]
    assert [each.identity for each in found.buckets] == ["arn:aws-cn:s3:::books"]
    assert found.gaps == ()


def test_long_list_of_tables_is_read_to_its_end(aws: SimulatedAws, seeder: Seeder) -> None:
    for number in range(101):
        table(seeder, f"books-{number:03}")
    assert len(scanned(aws).tables) == 101
    assert aws.counts()["dynamodb:ListTables"] == 2


def test_versioning_is_asked_about_for_buckets_that_a_workload_names(aws: SimulatedAws, seeder: Seeder) -> None:
    for name in ("shop.large", "shop.hosted", "shop.granted", "shop.named", "shop.others"):
        seeder.bucket(name)
    told(
        seeder,
        PICTURES="s3://shop.large/pictures",
        PICTURES_URL="https://shop.hosted.s3.eu-west-1.amazonaws.com/pictures",
        PICTURES_ARN="arn:aws:s3:::shop.granted",
        PICTURES_BUCKET="shop.named",
        OTHERS_BUCKET="shop.other",
    )
    found = scanned(aws).buckets
    assert {each.identity for each in found if each.versioning == "Off"} == {
        f"arn:aws:s3:::shop.{name}" for name in ("large", "hosted", "granted", "named")
    }
    assert {each.title for each in found if each.versioning is None} == {"shop.others"}
    assert {each.origin.region for each in found} == {""}


def test_bucket_is_restorable_where_versions_are_kept(aws: SimulatedAws, seeder: Seeder) -> None:
    for name, status in (("pictures", "Enabled"), ("letters", "Suspended")):
        seeder.bucket(name)
        seeder.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    told(seeder, allow("s3:GetObject", resource=["arn:aws:s3:::pictures/*", "arn:aws:s3:::letters/*"]))
    kept = {each.title: (each.versioning, each.is_restorable) for each in scanned(aws).buckets}
    assert kept == {"pictures": ("Enabled", True), "letters": ("Suspended", False)}


def test_empty_answer_about_versioning_is_broken_and_not_off(aws: SimulatedAws, seeder: Seeder) -> None:
    seeder.bucket("pictures")
    told(seeder, PICTURES_BUCKET="pictures")
    aws.blank("s3", "GetBucketVersioning")
    found = scanned(aws)
    assert [(gap.resource, gap.error) for gap in found.gaps] == [("arn:aws:s3:::pictures", "BrokenAnswer")]
    assert [each.versioning for each in found.buckets] == [None]


def test_what_went_away_since_it_was_listed_is_no_gap(aws: SimulatedAws, seeder: Seeder) -> None:
    table(seeder, "pictures")
    seeder.bucket("pictures")
    told(seeder, PICTURES_TABLE="pictures")
    aws.fault("dynamodb", "DescribeContinuousBackups", error("TableNotFoundException", "It is gone.", 400))
    aws.fault("s3", "GetBucketVersioning", error("NoSuchBucket", "It is gone.", 404))
    found = scanned(aws)
    assert (found.gaps, found.tables, found.buckets) == ((), (), ())


# --- losses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "actions",
    [
        {
            "rds:DescribeDBInstances": "rds",
            "elasticache:DescribeReplicationGroups": "elasticache",
            "es:ListDomainNames": "opensearch",
            "dynamodb:ListTables": "dynamodb",
        },
        {
            "rds:DescribeDBClusters": "rds",
            "elasticache:DescribeCacheClusters": "elasticache",
            "es:DescribeDomains": "opensearch",
            "s3:GetBucketVersioning": "s3",
        },
        {
            "rds:DescribeDBProxies": "rds",
            "elasticache:DescribeServerlessCaches": "elasticache",
            "memorydb:DescribeClusters": "memorydb",
            "dynamodb:DescribeContinuousBackups": "dynamodb",
        },
        {"redshift:DescribeClusters": "redshift", "s3:ListAllMyBuckets": "s3"},
    ],
    ids=str,
)
def test_refusal_takes_the_service_away_and_no_other(
    aws: SimulatedAws, seeder: Seeder, actions: dict[str, str]
) -> None:
    seeder.client("opensearch").create_domain(DomainName="books")
    table(seeder, "books")
    seeder.bucket("books")
    told(seeder, BOOKS_TABLE="books")
    for action in actions:
        service, _, operation = action.partition(":")
        aws.deny({"es": "opensearch"}.get(service, service), operation.replace("AllMyBuckets", "Buckets"))
    found = scanned(aws)
    assert {gap.action: gap.facts for gap in found.gaps} == {
        action: ("datastores", f"datastores.{part}")[action in OF_BACKUPS :] for action, part in actions.items()
    }
    missing = {each for each in PARTS if found.missing(f"datastores.{each}", HERE, None) is not None}
    assert missing == set(actions.values())
    lacking = found.missing("datastores", HERE, None)
    assert lacking is not None and lacking.actions == tuple(sorted(actions.keys() - OF_BACKUPS))
