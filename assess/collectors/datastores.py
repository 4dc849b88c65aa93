"""Reads databases, caches, tables, buckets and search domains: names, endpoints, groups and what can be restored.

Of each answer no more is kept than the models of the estate name: no names of users, no parameters, no contents.
"""

from collections.abc import Callable
from typing import Any

from assess.collectors.interface import (
    Collector,
    Document,
    Operation,
    Paging,
    Reader,
    Unreadable,
    batches,
    members,
    pages,
)
from assess.collectors.mentions import Mentions
from assess.collectors.resource_policies import LIST_BUCKETS
from assess.collectors.trimming import trimmed
from assess.estate.datastores import (
    DatabaseProxy,
    ProxyTarget,
    SearchDomain,
    Warehouse,
)
from assess.estate.estate import FACT_KINDS

_BY_MARKER = pages(100, limit="MaxRecords", token="Marker")
_BY_TOKEN = pages(50, limit="MaxResults", token="NextToken")


def _of(service: str, name: str, key: str, paging: Paging) -> Operation:
    return Operation(service, name, f"{service}:{name}", answers=(key,), paging=paging)


# RDS describes the instances and clusters of DocumentDB and Neptune too
DESCRIBE_DB_INSTANCES = _of("rds", "DescribeDBInstances", "DBInstances", _BY_MARKER)
DESCRIBE_DB_CLUSTERS = _of("rds", "DescribeDBClusters", "DBClusters", _BY_MARKER)
DESCRIBE_DB_PROXIES = _of("rds", "DescribeDBProxies", "DBProxies", _BY_MARKER)
DESCRIBE_DB_PROXY_TARGETS = _of("rds", "DescribeDBProxyTargets", "Targets", _BY_MARKER)
DESCRIBE_REPLICATION_GROUPS = _of("elasticache", "DescribeReplicationGroups", "ReplicationGroups", _BY_MARKER)
DESCRIBE_CACHE_CLUSTERS = _of("elasticache", "DescribeCacheClusters", "CacheClusters", _BY_MARKER)
DESCRIBE_SERVERLESS_CACHES = _of("elasticache", "DescribeServerlessCaches", "ServerlessCaches", _BY_TOKEN)
DESCRIBE_MEMORY_CLUSTERS = _of("memorydb", "DescribeClusters", "Clusters", _BY_TOKEN)
DESCRIBE_WAREHOUSES = _of("redshift", "DescribeClusters", "Clusters", _BY_MARKER)
LIST_TABLES = _of(
    "dynamodb",
    "ListTables",
    "TableNames",
    pages(100, limit="Limit", token="ExclusiveStartTableName", next="LastEvaluatedTableName"),
)
DESCRIBE_CONTINUOUS_BACKUPS = Operation(
    "dynamodb",
    "DescribeContinuousBackups",
    "dynamodb:DescribeContinuousBackups",
    answers=("ContinuousBackupsDescription",),
)
# a bucket whose versioning was never switched on answers without any member
GET_BUCKET_VERSIONING = Operation("s3", "GetBucketVersioning", "s3:GetBucketVersioning")
LIST_DOMAIN_NAMES = Operation("opensearch", "ListDomainNames", "es:ListDomainNames", answers=("DomainNames",))
DESCRIBE_DOMAINS = Operation(
    "opensearch", "DescribeDomains", "es:DescribeDomains", answers=("DomainStatusList",), batch=5
)

_FACT = "datastores"


def _part(service: str) -> str:
    """What is known of a service's resources; how one of them is backed up belongs to it alone."""
    return f"{_FACT}.{service}"


def _lost(service: str) -> tuple[str, ...]:
    """What a call that finds a service's resources takes away: what is known of all datastores, and its own part."""
    return _FACT, _part(service)


def _add_all(reader: Reader, operation: Operation, kind: str, lost: tuple[str, ...], **parameters: Any) -> None:
    """Adds every member of a list, cut down to its model."""
    (key,) = operation.answers
    for each in reader.items(operation, key, lost=lost, **parameters):
        reader.add(kind, trimmed(FACT_KINDS[kind], each))


# --- databases --------------------------------------------------------------------------------------------------


def _read_databases(reader: Reader) -> None:
    lost = _lost("rds")
    _add_all(reader, DESCRIBE_DB_INSTANCES, "database_instances", lost)
    _add_all(reader, DESCRIBE_DB_CLUSTERS, "database_clusters", lost)

    def read(listed: Document) -> None:
        proxy = trimmed(DatabaseProxy, listed)
        name, arn = str(listed["DBProxyName"]), str(listed["DBProxyArn"])
        targets = reader.items(DESCRIBE_DB_PROXY_TARGETS, "Targets", lost=lost, resource=arn, DBProxyName=name)
        reader.add("database_proxies", proxy | {"Targets": [trimmed(ProxyTarget, each) for each in targets]})

    reader.each(read, reader.items(DESCRIBE_DB_PROXIES, "DBProxies", lost=lost))


def _read_caches(reader: Reader) -> None:
    lost = _lost("elasticache")
    _add_all(reader, DESCRIBE_REPLICATION_GROUPS, "replication_groups", lost)
    _add_all(reader, DESCRIBE_CACHE_CLUSTERS, "cache_clusters", lost, ShowCacheNodeInfo=True)
    _add_all(reader, DESCRIBE_SERVERLESS_CACHES, "serverless_caches", lost)


def _read_memory(reader: Reader) -> None:
    _add_all(reader, DESCRIBE_MEMORY_CLUSTERS, "memory_clusters", _lost("memorydb"))


def _read_warehouses(reader: Reader) -> None:
    for each in reader.items(DESCRIBE_WAREHOUSES, "Clusters", lost=_lost("redshift")):
        own = reader.arn("redshift", f"cluster:{each['ClusterIdentifier']}")  # where the cluster has no namespace
        reader.add("warehouses", {"ClusterNamespaceArn": own} | trimmed(Warehouse, each))


def _read_domains(reader: Reader) -> None:
    lost = _lost("opensearch")
    answer = reader.get(LIST_DOMAIN_NAMES, lost=lost) or {}
    names = sorted(str(each["DomainName"]) for each in members(answer, "DomainNames"))

    def read(batch: list[str]) -> None:
        found = reader.get(DESCRIBE_DOMAINS, lost=lost, DomainNames=batch) or {}
        for each in members(found, "DomainStatusList"):
            reader.add("search_domains", trimmed(SearchDomain, each))

    reader.each(read, batches(names, DESCRIBE_DOMAINS.batch))


# --- tables and buckets -----------------------------------------------------------------------------------------


def _read_tables(reader: Reader) -> None:
    mentions = Mentions(reader, "dynamodb")

    def read(name: str) -> None:
        arn = reader.arn("dynamodb", f"table/{name}")
        backups: Document = {}
        if mentions.hold(name, arn):
            try:
                found = reader.call(DESCRIBE_CONTINUOUS_BACKUPS, TableName=name)["ContinuousBackupsDescription"]
            except Unreadable as error:
                if error.code == "TableNotFoundException":  # it went away since it was listed
                    return
                reader.lose(error, (_part("dynamodb"),), resource=arn)
            else:
                status = (found.get("PointInTimeRecoveryDescription") or {}).get("PointInTimeRecoveryStatus")
                backups = {"PointInTimeRecoveryStatus": status}
        reader.add("tables", {"TableArn": arn, "TableName": name} | backups)

    reader.each(read, reader.items(LIST_TABLES, "TableNames", lost=_lost("dynamodb")))


def _read_buckets(reader: Reader) -> None:
    mentions = Mentions(reader, "s3")

    def read(listed: Document) -> None:
        name = str(listed["Name"])
        arn = str(listed.get("BucketArn") or reader.arn("s3", name, nowhere=True))
        bucket = {"BucketArn": arn, "Name": name, "BucketRegion": listed.get("BucketRegion")}
        if mentions.hold(name, arn):
            try:
                found = reader.call(GET_BUCKET_VERSIONING, Bucket=name, ExpectedBucketOwner=reader.account)
            except Unreadable as error:
                if error.code == "NoSuchBucket":
                    return
                reader.lose(error, (_part("s3"),), resource=arn)
            else:
                bucket["Versioning"] = found.get("Status") or "Off"
        reader.add("buckets", bucket)

    reader.each(read, reader.items(LIST_BUCKETS, "Buckets", lost=_lost("s3")))


# --- collectors -------------------------------------------------------------------------------------------------


def _collector(
    service: str, title: str, collect: Callable[[Reader], None], *operations: Operation, names: bool = False
) -> Collector:
    return Collector(
        name=service,
        title=title,
        facts=_lost(service),
        operations=operations,
        collect=collect,
        after=("ecs.task_definitions", "iam") if names else (),
        regional=service != "s3",
    )


COLLECTORS = (
    _collector(
        "rds",
        "databases",
        _read_databases,
        DESCRIBE_DB_INSTANCES,
        DESCRIBE_DB_CLUSTERS,
        DESCRIBE_DB_PROXIES,
        DESCRIBE_DB_PROXY_TARGETS,
    ),
    _collector(
        "elasticache",
        "caches",
        _read_caches,
        DESCRIBE_REPLICATION_GROUPS,
        DESCRIBE_CACHE_CLUSTERS,
        DESCRIBE_SERVERLESS_CACHES,
    ),
    _collector("memorydb", "MemoryDB clusters", _read_memory, DESCRIBE_MEMORY_CLUSTERS),
    _collector("redshift", "Redshift clusters", _read_warehouses, DESCRIBE_WAREHOUSES),
    _collector("opensearch", "search domains", _read_domains, LIST_DOMAIN_NAMES, DESCRIBE_DOMAINS),
    _collector("dynamodb", "tables", _read_tables, LIST_TABLES, DESCRIBE_CONTINUOUS_BACKUPS, names=True),
    _collector("s3", "buckets", _read_buckets, LIST_BUCKETS, GET_BUCKET_VERSIONING, names=True),
)
