"""Databases, caches, tables, buckets and search domains, as their AWS services describe them."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from assess.estate.backing import Address, BackingService
from assess.estate.facts import Choice, Identifier, PascalPart, PascalTag


class Endpoint(PascalPart):
    """A host and the port it listens on."""

    address: Identifier = ""
    port: int | None = None


class VpcSecurityGroup(PascalPart):
    """A security group of a resource (RDS, Redshift)."""

    vpc_security_group_id: Identifier = ""


class AttachedSecurityGroup(PascalPart):
    """A security group of a resource (ElastiCache, MemoryDB)."""

    security_group_id: Identifier = ""


class SubnetGroup(PascalPart):
    """The subnets that an RDS instance may stand in."""

    vpc_id: Identifier | None = None


def _addresses(*found: tuple[str | None, int | None, tuple[str | int, ...], bool]) -> tuple[Address, ...]:
    return tuple(Address(host.lower(), port or 0, at, reads_only) for host, port, at, reads_only in found if host)


class DatabaseInstance(BackingService):
    """An instance of RDS, Aurora, DocumentDB or Neptune (``rds:DescribeDBInstances``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "rds"
    title_field: ClassVar[str] = "identifier"
    backup_field: ClassVar[str] = "backup_retention_period"

    arn: Identifier = Field(default="", alias="DBInstanceArn")
    identifier: Identifier = Field(default="", alias="DBInstanceIdentifier")
    cluster: Identifier | None = Field(default=None, alias="DBClusterIdentifier")
    """The cluster that it is a member of."""
    engine: Choice = ""
    engine_version: Identifier | None = None
    database_name: Identifier | None = Field(default=None, alias="DBName")
    endpoint: Endpoint | None = None
    replica_of: Identifier | None = Field(default=None, alias="ReadReplicaSourceDBInstanceIdentifier")
    backup_retention_period: int | None = None
    """Days; 0 where there are no automated backups, and so no restore to a point in time."""
    publicly_accessible: bool | None = None
    subnet_group: SubnetGroup | None = Field(default=None, alias="DBSubnetGroup")
    vpc_security_groups: tuple[VpcSecurityGroup, ...] = ()
    tag_list: tuple[PascalTag, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its endpoint."""
        if self.endpoint is None:
            return ()
        return _addresses(
            (self.endpoint.address, self.endpoint.port, ("Endpoint", "Address"), self.replica_of is not None)
        )

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(each.vpc_security_group_id for each in self.vpc_security_groups)

    @property
    def network(self) -> str | None:
        """Id of its VPC."""
        return self.subnet_group.vpc_id if self.subnet_group is not None else None


class DatabaseCluster(BackingService):
    """A cluster of Aurora, RDS Multi-AZ, DocumentDB or Neptune (``rds:DescribeDBClusters``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "rds"
    title_field: ClassVar[str] = "identifier"
    backup_field: ClassVar[str] = "backup_retention_period"

    arn: Identifier = Field(default="", alias="DBClusterArn")
    identifier: Identifier = Field(default="", alias="DBClusterIdentifier")
    resource_id: Identifier | None = Field(default=None, alias="DbClusterResourceId")
    engine: Choice = ""
    engine_version: Identifier | None = None
    database_name: Identifier | None = None
    endpoint: Identifier | None = None
    reader_endpoint: Identifier | None = None
    custom_endpoints: tuple[Identifier, ...] = ()
    port: int | None = None
    backup_retention_period: int | None = None
    """Days."""
    vpc_security_groups: tuple[VpcSecurityGroup, ...] = ()
    tag_list: tuple[PascalTag, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its writer, reader and custom endpoints."""
        return _addresses(
            (self.endpoint, self.port, ("Endpoint",), False),
            (self.reader_endpoint, self.port, ("ReaderEndpoint",), True),
            *((host, self.port, ("CustomEndpoints", at), False) for at, host in enumerate(self.custom_endpoints)),
        )

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(each.vpc_security_group_id for each in self.vpc_security_groups)


class ProxyTarget(PascalPart):
    """What an RDS Proxy leads to: an instance, or (``tracked_cluster_id``) a cluster."""

    rds_resource_id: Identifier | None = None
    tracked_cluster_id: Identifier | None = None
    type: Choice | None = None


class DatabaseProxy(BackingService):
    """An RDS Proxy; ``targets`` come from ``rds:DescribeDBProxyTargets``."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "rds"
    title_field: ClassVar[str] = "name"

    arn: Identifier = Field(default="", alias="DBProxyArn")
    name: Identifier = Field(default="", alias="DBProxyName")
    engine_family: Choice | None = None
    endpoint: Identifier | None = None
    vpc_id: Identifier | None = None
    vpc_security_group_ids: tuple[Identifier, ...] = ()
    targets: tuple[ProxyTarget, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its endpoint."""
        return _addresses((self.endpoint, None, ("Endpoint",), False))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(self.vpc_security_group_ids)

    @property
    def network(self) -> str | None:
        """Id of its VPC."""
        return self.vpc_id


class CacheMember(PascalPart):
    """A node of a replication group, by the endpoint that reads from it."""

    read_endpoint: Endpoint | None = None


class CacheShard(PascalPart):
    """A shard of a replication group."""

    primary_endpoint: Endpoint | None = None
    reader_endpoint: Endpoint | None = None
    node_group_members: tuple[CacheMember, ...] = ()


class CacheNode(PascalPart):
    """A node of a cache cluster."""

    endpoint: Endpoint | None = None


class ReplicationGroup(BackingService):
    """A Redis or Valkey replication group (``elasticache:DescribeReplicationGroups``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "elasticache"
    title_field: ClassVar[str] = "replication_group_id"
    backup_field: ClassVar[str] = "snapshot_retention_limit"

    arn: Identifier = Field(default="", alias="ARN")
    replication_group_id: Identifier = ""
    engine: Choice | None = None
    configuration_endpoint: Endpoint | None = None
    node_groups: tuple[CacheShard, ...] = ()
    member_clusters: tuple[Identifier, ...] = ()
    security_group_ids: tuple[Identifier, ...] = ()
    """Not in AWS's answer, where its members have them: what a template gives."""
    snapshot_retention_limit: int | None = None
    """Days; 0 where nothing is backed up."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its configuration, primary, reader and node endpoints."""
        found: list[tuple[Endpoint | None, tuple[str | int, ...], bool]] = [
            (self.configuration_endpoint, ("ConfigurationEndpoint", "Address"), False)
        ]
        for at, shard in enumerate(self.node_groups):
            found.append((shard.primary_endpoint, ("NodeGroups", at, "PrimaryEndpoint", "Address"), False))
            found.append((shard.reader_endpoint, ("NodeGroups", at, "ReaderEndpoint", "Address"), True))
            for place, member in enumerate(shard.node_group_members):
                steps = ("NodeGroups", at, "NodeGroupMembers", place, "ReadEndpoint", "Address")
                found.append((member.read_endpoint, steps, True))
        return _addresses(*((each.address, each.port, at, reads) for each, at, reads in found if each is not None))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups, where a template gives them."""
        return frozenset(self.security_group_ids)


class CacheCluster(BackingService):
    """A Memcached cluster, or a member of a replication group (``elasticache:DescribeCacheClusters``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "elasticache"
    title_field: ClassVar[str] = "cache_cluster_id"
    backup_field: ClassVar[str] = "snapshot_retention_limit"

    arn: Identifier = Field(default="", alias="ARN")
    cache_cluster_id: Identifier = ""
    engine: Choice | None = None
    replication_group_id: Identifier | None = None
    configuration_endpoint: Endpoint | None = None
    cache_nodes: tuple[CacheNode, ...] = ()
    security_groups: tuple[AttachedSecurityGroup, ...] = ()
    snapshot_retention_limit: int | None = None
    """Days."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its configuration and node endpoints."""
        found: list[tuple[Endpoint | None, tuple[str | int, ...]]] = [
            (self.configuration_endpoint, ("ConfigurationEndpoint", "Address"))
        ]
        found += [
            (node.endpoint, ("CacheNodes", at, "Endpoint", "Address")) for at, node in enumerate(self.cache_nodes)
        ]
        return _addresses(*((each.address, each.port, at, False) for each, at in found if each is not None))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(each.security_group_id for each in self.security_groups)


class ServerlessCache(BackingService):
    """A serverless cache (``elasticache:DescribeServerlessCaches``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "elasticache"
    title_field: ClassVar[str] = "serverless_cache_name"
    backup_field: ClassVar[str] = "snapshot_retention_limit"

    arn: Identifier = Field(default="", alias="ARN")
    serverless_cache_name: Identifier = ""
    engine: Choice | None = None
    endpoint: Endpoint | None = None
    reader_endpoint: Endpoint | None = None
    security_group_ids: tuple[Identifier, ...] = ()
    snapshot_retention_limit: int | None = None
    """Days."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its endpoints; both share a host, the reader has a port of its own."""
        if self.endpoint is None:
            return ()
        return _addresses((self.endpoint.address, self.endpoint.port, ("Endpoint", "Address"), False))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(self.security_group_ids)


class MemoryCluster(BackingService):
    """A MemoryDB cluster (``memorydb:DescribeClusters``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "memorydb"
    title_field: ClassVar[str] = "name"
    backup_field: ClassVar[str] = "snapshot_retention_limit"

    arn: Identifier = Field(default="", alias="ARN")
    name: Identifier = ""
    engine: Choice | None = None
    cluster_endpoint: Endpoint | None = None
    security_groups: tuple[AttachedSecurityGroup, ...] = ()
    snapshot_retention_limit: int | None = None
    """Days."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its cluster endpoint."""
        if self.cluster_endpoint is None:
            return ()
        at = ("ClusterEndpoint", "Address")
        return _addresses((self.cluster_endpoint.address, self.cluster_endpoint.port, at, False))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(each.security_group_id for each in self.security_groups)


class Table(BackingService):
    """A DynamoDB table: its name from ``dynamodb:ListTables``, its backups from ``DescribeContinuousBackups``."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "dynamodb"
    title_field: ClassVar[str] = "table_name"

    arn: Identifier = Field(default="", alias="TableArn")
    """Made of the account, the region and the name: the list gives names only."""
    table_name: Identifier = ""
    point_in_time_recovery_status: Choice | None = None
    """ENABLED or DISABLED; absent where it was not asked (no workload names the table) or not answered."""

    @property
    def is_restorable(self) -> bool | None:
        """Whether it can be restored to a point in time."""
        status = self.point_in_time_recovery_status
        return None if status is None else status == "ENABLED"


class Bucket(BackingService):
    """An S3 bucket: ``s3:ListBuckets``, its versioning from ``s3:GetBucketVersioning``."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "s3"
    title_field: ClassVar[str] = "name"

    arn: Identifier = Field(default="", alias="BucketArn")
    """Made of the partition and the name where the list does not give it."""
    name: Identifier = ""
    bucket_region: Identifier | None = None
    versioning: Choice | None = None
    """Enabled, Suspended or Off (never switched on); absent where it was not asked or not answered."""

    @property
    def is_restorable(self) -> bool | None:
        """Whether earlier versions of its objects are kept."""
        return None if self.versioning is None else self.versioning == "Enabled"


class DomainNetwork(PascalPart):
    """The VPC of a search domain."""

    vpc_id: Identifier | None = Field(default=None, alias="VPCId")
    security_group_ids: tuple[Identifier, ...] = ()


class SearchDomain(BackingService):
    """An OpenSearch domain (``es:DescribeDomains``); it snapshots itself, so that it can always be restored."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "es"
    title_field: ClassVar[str] = "domain_name"

    arn: Identifier = Field(default="", alias="ARN")
    domain_name: Identifier = ""
    engine_version: Identifier | None = None
    endpoint: Identifier | None = None
    endpoint_v2: Identifier | None = Field(default=None, alias="EndpointV2")
    endpoints: Mapping[str, Identifier] = Field(default_factory=dict)
    vpc_options: DomainNetwork | None = Field(default=None, alias="VPCOptions")

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its endpoints."""
        return _addresses(
            (self.endpoint, 443, ("Endpoint",), False),
            (self.endpoint_v2, 443, ("EndpointV2",), False),
            *((host, 443, ("Endpoints", key), False) for key, host in sorted(self.endpoints.items())),
        )

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(self.vpc_options.security_group_ids) if self.vpc_options is not None else frozenset()

    @property
    def network(self) -> str | None:
        """Id of its VPC."""
        return self.vpc_options.vpc_id if self.vpc_options is not None else None


class Warehouse(BackingService):
    """A Redshift cluster (``redshift:DescribeClusters``)."""

    identity_field: ClassVar[str] = "arn"
    aws_service: ClassVar[str] = "redshift"
    title_field: ClassVar[str] = "cluster_identifier"
    backup_field: ClassVar[str] = "automated_snapshot_retention_period"

    arn: Identifier = Field(default="", alias="ClusterNamespaceArn")
    cluster_identifier: Identifier = ""
    database_name: Identifier | None = Field(default=None, alias="DBName")
    endpoint: Endpoint | None = None
    vpc_id: Identifier | None = None
    vpc_security_groups: tuple[VpcSecurityGroup, ...] = ()
    automated_snapshot_retention_period: int | None = None
    """Days."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its endpoint."""
        if self.endpoint is None:
            return ()
        return _addresses((self.endpoint.address, self.endpoint.port, ("Endpoint", "Address"), False))

    @property
    def guards(self) -> frozenset[str]:
        """Ids of its security groups."""
        return frozenset(each.vpc_security_group_id for each in self.vpc_security_groups)

    @property
    def network(self) -> str | None:
        """Id of its VPC."""
        return self.vpc_id
