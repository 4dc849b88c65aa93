"""Hosts of AWS in every partition: service, kind, region, name, and which address of the resource it is."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.graph.aws_hosts import is_of_aws, partition_of, partitions, recognise
from assess.graph.model import Access, EdgeKind, NodeKind

PARTITIONS = (
    ("aws", "eu-west-1", "euw1", "amazonaws.com", "api.aws"),
    ("aws-us-gov", "us-gov-west-1", "usgw1", "amazonaws.com", "api.aws"),
    ("aws-cn", "cn-northwest-1", "cnw1", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("aws-eusc", "eusc-de-east-1", "", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("aws-iso", "us-iso-east-1", "", "c2s.ic.gov", "api.aws.ic.gov"),
    ("aws-iso-b", "us-isob-east-1", "", "sc2s.sgov.gov", "api.aws.scloud"),
    ("aws-iso-e", "eu-isoe-west-1", "", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("aws-iso-f", "us-isof-south-1", "", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
)

RESOURCES = (
    ("shop.c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "instance", "shop"),
    ("shop.c1abcdefghij.rds.{region}", "rds", NodeKind.DATABASE, "instance", "shop"),
    ("shop.cluster-c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "cluster", "shop"),
    ("shop.cluster-ro-c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "reader", "shop"),
    ("reports.cluster-custom-c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "custom", "reports"),
    ("pool.proxy-c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "proxy", "pool"),
    ("reads.endpoint.proxy-c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "proxy", "reads"),
    ("shop.shardgrp-c1abcdefghij.{region}.rds", "rds", NodeKind.DATABASE, "cluster", "shop"),
    ("shop.cluster-c1abcdefghij.{region}.docdb", "docdb", NodeKind.DATABASE, "cluster", "shop"),
    ("shop.cluster-ro-c1abcdefghij.docdb.{region}", "docdb", NodeKind.DATABASE, "reader", "shop"),
    ("shop-1.c1abcdefghij.{region}.docdb", "docdb", NodeKind.DATABASE, "instance", "shop-1"),
    ("shop-111122223333.{region}.docdb-elastic", "docdb-elastic", NodeKind.DATABASE, "cluster", "shop-111122223333"),
    ("graph.cluster-c1abcdefghij.{region}.neptune", "neptune-db", NodeKind.DATABASE, "cluster", "graph"),
    ("graph.c1abcdefghij.neptune.{region}", "neptune-db", NodeKind.DATABASE, "instance", "graph"),
    ("wh.c1abcdefghij.{region}.redshift", "redshift", NodeKind.DATABASE, "cluster", "wh"),
    ("wg.111122223333.{region}.redshift-serverless", "redshift", NodeKind.DATABASE, "cluster", "wg"),
    ("clustercfg.shop.ab12cd.memorydb.{region}", "memorydb", NodeKind.CACHE, "cluster", "shop"),
    ("shop-0001-001.shop.ab12cd.memorydb.{region}", "memorydb", NodeKind.CACHE, "node", "shop"),
    ("shop.ab12cd.dax-clusters.{region}", "dax", NodeKind.CACHE, "cluster", "shop"),
    ("search-shop-abcdefghijklmnopqrstuvwxyz.{region}.es", "es", NodeKind.SEARCH, "domain", "shop"),
    ("vpc-shop-eu-abcdefghijklmnopqrstuvwxyz.{region}.es", "es", NodeKind.SEARCH, "domain", "shop-eu"),
    ("abc123.{region}.aoss", "aoss", NodeKind.SEARCH, "domain", "abc123"),
    ("b-1.shop.ab12cd.c2.kafka.{region}", "kafka", NodeKind.STREAM, "node", "shop"),
    ("b-2-public.shop.ab12cd.c2.kafka.{region}", "kafka", NodeKind.STREAM, "node", "shop"),
    ("boot-abc123.c1.kafka-serverless.{region}", "kafka", NodeKind.STREAM, "cluster", "boot-abc123"),
    (
        "b-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f.mq.{region}",
        "mq",
        NodeKind.QUEUE,
        "cluster",
        "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
    ),
    ("shop-assets.s3.{region}", "s3", NodeKind.BUCKET, "bucket", "shop-assets"),
    ("shop-assets.s3-{region}", "s3", NodeKind.BUCKET, "bucket", "shop-assets"),
    ("shop.assets.s3.{region}", "s3", NodeKind.BUCKET, "bucket", "shop.assets"),
    ("shop-assets.s3.dualstack.{region}", "s3", NodeKind.BUCKET, "bucket", "shop-assets"),
    ("shop-assets.s3-website-{region}", "s3", NodeKind.BUCKET, "website", "shop-assets"),
    ("shop-assets.s3-website.{region}", "s3", NodeKind.BUCKET, "website", "shop-assets"),
    ("reports-111122223333.s3-accesspoint.{region}", "s3", NodeKind.BUCKET, "access_point", "reports"),
    ("fs-0a1b2c3d.efs.{region}", "elasticfilesystem", NodeKind.FILE_SYSTEM, "file_system", "fs-0a1b2c3d"),
    ("svm-0a1b.fs-0a1b2c3d.fsx.{region}", "fsx", NodeKind.FILE_SYSTEM, "file_system", "fs-0a1b2c3d"),
    ("a1b2c3.execute-api.{region}", "apigateway", NodeKind.EXTERNAL, "api_of_ours", "a1b2c3"),
    ("a1b2c3-vpce-0a1b2c.execute-api.{region}", "apigateway", NodeKind.EXTERNAL, "api_of_ours", "a1b2c3"),
    ("shop-1234567890.{region}.elb", "elasticloadbalancing", NodeKind.ENTRY, "balancer", "shop-1234567890"),
    ("internal-shop-1234567890.{region}.elb", "elasticloadbalancing", NodeKind.ENTRY, "balancer", "shop-1234567890"),
    ("shop-0a1b2c3d4e5f6071.elb.{region}", "elasticloadbalancing", NodeKind.ENTRY, "balancer", "shop-0a1b2c3d4e5f6071"),
    ("111122223333.dkr.ecr.{region}", "ecr", NodeKind.AWS_SERVICE, "registry", ""),
    ("sqs.{region}", "sqs", NodeKind.AWS_SERVICE, "api", ""),
    ("sqs-fips.{region}", "sqs", NodeKind.AWS_SERVICE, "api", ""),
    ("{region}.queue", "sqs", NodeKind.AWS_SERVICE, "api", ""),
    ("dynamodb.{region}", "dynamodb", NodeKind.AWS_SERVICE, "api", ""),
    ("111122223333.ddb.{region}", "dynamodb", NodeKind.AWS_SERVICE, "api", ""),
    ("cassandra.{region}", "cassandra", NodeKind.AWS_SERVICE, "api", ""),
    ("s3.{region}", "s3", NodeKind.AWS_SERVICE, "api", ""),
    ("email-smtp.{region}", "ses", NodeKind.AWS_SERVICE, "api", ""),
    ("api.ecr.{region}", "ecr", NodeKind.AWS_SERVICE, "api", ""),
    ("runtime.sagemaker.{region}", "sagemaker", NodeKind.AWS_SERVICE, "api", ""),
    ("vpce-0a1b2c3d-4e5f6a7b.sqs.{region}.vpce", "sqs", NodeKind.AWS_SERVICE, "api", ""),
    ("vpce-0a1b2c3d-4e5f6a7b-eu-west-1a.kms.{region}.vpce", "kms", NodeKind.AWS_SERVICE, "api", ""),
    (
        "vpce-0a1b2c3d-4e5f6a7b.vpce-svc-0a1b.{region}.vpce",
        "vpce",
        NodeKind.EXTERNAL,
        "endpoint_service",
        "vpce-svc-0a1b",
    ),
)


@pytest.mark.parametrize(("shape", "service", "kind", "role", "name"), RESOURCES)
@pytest.mark.parametrize(("partition", "region", "code", "suffix", "dual"), PARTITIONS)
def test_resource_in_every_partition(
    partition: str,
    region: str,
    code: str,
    suffix: str,
    dual: str,
    shape: str,
    service: str,
    kind: NodeKind,
    role: str,
    name: str,
) -> None:
    found = recognise(f"{shape.format(region=region)}.{suffix}".upper() + ".")
    assert found is not None
    assert (found.service, found.kind, found.role, found.name) == (service, kind, role, name)
    assert (found.partition, found.region) == (partition, region)


@pytest.mark.parametrize(("partition", "region", "code", "suffix", "dual"), PARTITIONS)
def test_api_with_both_stacks(partition: str, region: str, code: str, suffix: str, dual: str) -> None:
    found = recognise(f"lambda.{region}.{dual}")
    assert found is not None
    assert (found.service, found.kind, found.partition, found.region) == (
        "lambda",
        NodeKind.AWS_SERVICE,
        partition,
        region,
    )


@pytest.mark.parametrize(
    ("host", "name", "region", "role"),
    [
        ("shop.ab12cd.0001.use1.cache.amazonaws.com", "shop", "us-east-1", "cluster"),
        ("shop.ab12cd.ng.0001.use1.cache.amazonaws.com", "shop", "us-east-1", "cluster"),
        ("shop-ro.ab12cd.ng.0001.use1.cache.amazonaws.com", "shop", "us-east-1", "reader"),
        ("master.shop.ab12cd.euw1.cache.amazonaws.com", "shop", "eu-west-1", "cluster"),
        ("replica.shop.ab12cd.euw1.cache.amazonaws.com", "shop", "eu-west-1", "reader"),
        ("clustercfg.shop.ab12cd.euc1.cache.amazonaws.com", "shop", "eu-central-1", "cluster"),
        ("shop.ab12cd.clustercfg.cnn1.cache.amazonaws.com.cn", "shop", "cn-north-1", "cluster"),
        ("shop.ab12cd.cfg.cnw1.cache.amazonaws.com.cn", "shop", "cn-northwest-1", "cluster"),
        ("shop-001.shop.ab12cd.apne2.cache.amazonaws.com", "shop", "ap-northeast-2", "node"),
        ("shop.ab12cd.0001.apn2.cache.amazonaws.com", "shop", "ap-northeast-2", "cluster"),
        ("shop.ab12cd.0001.apse1.cache.amazonaws.com", "shop", "ap-southeast-1", "cluster"),
        ("shop.ab12cd.0001.aps1.cache.amazonaws.com", "shop", "ap-south-1", "cluster"),
        ("shop-ab12cd.serverless.eun1.cache.amazonaws.com", "shop-ab12cd", "eu-north-1", "cluster"),
        ("shop.cache.amazonaws.com", "shop", "", "cluster"),
    ],
)
def test_cache(host: str, name: str, region: str, role: str) -> None:
    found = recognise(host)
    assert found is not None
    assert (found.kind, found.name, found.region, found.role) == (NodeKind.CACHE, name, region, role)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("shop.cluster-ro-abc.eu-west-1.rds.amazonaws.com", "shop.cluster-abc.eu-west-1.rds.amazonaws.com"),
        ("shop.cluster-ro-abc.rds.cn-north-1.amazonaws.com.cn", "shop.cluster-abc.rds.cn-north-1.amazonaws.com.cn"),
        ("replica.shop.ab12cd.euw1.cache.amazonaws.com", "master.shop.ab12cd.euw1.cache.amazonaws.com"),
        ("shop-ro.ab12cd.ng.0001.use1.cache.amazonaws.com", "shop.ab12cd.ng.0001.use1.cache.amazonaws.com"),
        ("shop-001.shop.ab12cd.euw1.cache.amazonaws.com", "clustercfg.shop.ab12cd.euw1.cache.amazonaws.com"),
        ("b-1.shop.ab12cd.c2.kafka.eu-west-1.amazonaws.com", "b-2.shop.ab12cd.c2.kafka.eu-west-1.amazonaws.com"),
        ("eu-west-1a.fs-0a1b.efs.eu-west-1.amazonaws.com", "fs-0a1b.efs.eu-west-1.amazonaws.com"),
        ("a1b2-vpce-0a1b.execute-api.eu-west-1.amazonaws.com", "a1b2.execute-api.eu-west-1.amazonaws.com"),
        ("dualstack.shop-123456789.eu-west-1.elb.amazonaws.com", "shop-123456789.eu-west-1.elb.amazonaws.com"),
    ],
)
def test_addresses_of_one_resource(one: str, other: str) -> None:
    first, second = recognise(one), recognise(other)
    assert first is not None
    assert second is not None
    assert first.whole == second.whole


@pytest.mark.parametrize(
    ("host", "service", "kind"),
    [
        ("abc123def.dsql.us-east-1.on.aws", "dsql", NodeKind.DATABASE),
        ("search-shop-abcdefghijklmnopqrstuvwxyz.aos.us-east-1.on.aws", "es", NodeKind.SEARCH),
        ("b-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f.mq.us-east-1.on.aws", "mq", NodeKind.QUEUE),
        ("abc123.lambda-url.eu-west-1.on.aws", "lambda", NodeKind.COMPUTE),
        ("shop-0a1b2c3d4e5f60718.7d67968.vpc-lattice-svcs.eu-west-1.on.aws", "vpc-lattice", NodeKind.ENTRY),
        ("111122223333.dkr-ecr.eu-west-1.on.aws", "ecr", NodeKind.AWS_SERVICE),
        ("login.auth.eu-west-1.amazoncognito.com", "cognito-idp", NodeKind.AWS_SERVICE),
        ("d111111abcdef8.cloudfront.net", "cloudfront", NodeKind.ENTRY),
        ("a1b2.awsglobalaccelerator.com", "globalaccelerator", NodeKind.ENTRY),
        ("shop.eu-west-1.elasticbeanstalk.com", "elasticbeanstalk", NodeKind.COMPUTE),
        ("abc.eu-west-1.awsapprunner.com", "apprunner", NodeKind.COMPUTE),
        ("public.ecr.aws", "ecr", NodeKind.AWS_SERVICE),
        ("ip-10-0-1-17.eu-west-1.compute.internal", "ec2", NodeKind.COMPUTE),
        ("ip-10-0-1-17.ec2.internal", "ec2", NodeKind.COMPUTE),
        ("ec2-54-1-2-3.compute-1.amazonaws.com", "ec2", NodeKind.COMPUTE),
        ("ec2-54-1-2-3.eu-west-1.compute.amazonaws.com", "ec2", NodeKind.COMPUTE),
        ("shop-assets.s3.amazonaws.com", "s3", NodeKind.BUCKET),
        ("shop-assets.s3-accelerate.amazonaws.com", "s3", NodeKind.BUCKET),
        ("shop--euw1-az1--x-s3.s3express-euw1-az1.eu-west-1.amazonaws.com", "s3", NodeKind.BUCKET),
        ("sts.amazonaws.com", "sts", NodeKind.AWS_SERVICE),
        ("shop.cluster-xxxx.region.rds.amazonaws.com", "rds", NodeKind.DATABASE),
    ],
)
def test_host_under_another_suffix(host: str, service: str, kind: NodeKind) -> None:
    found = recognise(host)
    assert found is not None
    assert (found.service, found.kind) == (service, kind)


@pytest.mark.parametrize(
    ("host", "path", "arn"),
    [
        ("sqs.eu-west-1.amazonaws.com", "/111122223333/orders.fifo", "arn:aws:sqs:eu-west-1:111122223333:orders.fifo"),
        ("eu-west-1.queue.amazonaws.com", "/111122223333/orders", "arn:aws:sqs:eu-west-1:111122223333:orders"),
        ("queue.amazonaws.com", "/111122223333/orders", "arn:aws:sqs:us-east-1:111122223333:orders"),
        ("sqs.cn-north-1.amazonaws.com.cn", "/111122223333/orders", "arn:aws-cn:sqs:cn-north-1:111122223333:orders"),
        ("vpce-0a-1b.sqs.eu-west-1.vpce.amazonaws.com", "/111122223333/o", "arn:aws:sqs:eu-west-1:111122223333:o"),
        ("s3.eu-west-1.amazonaws.com", "/shop-assets/x/y", "arn:aws:s3:::shop-assets"),
        ("s3.amazonaws.com", "/shop-assets", "arn:aws:s3:::shop-assets"),
        ("shop-assets.s3.us-gov-west-1.amazonaws.com", "/x", "arn:aws-us-gov:s3:::shop-assets"),
        ("sqs.eu-west-1.amazonaws.com", "/", ""),
        ("sqs.eu-west-1.amazonaws.com", "", ""),
    ],
)
def test_resource_in_a_path(host: str, path: str, arn: str) -> None:
    found = recognise(host, path)
    assert found is not None
    assert found.arn == arn


@pytest.mark.parametrize(
    ("host", "edge", "access"),
    [
        ("logs.eu-west-1.amazonaws.com", EdgeKind.OBSERVE, None),
        ("xray.eu-west-1.amazonaws.com", EdgeKind.OBSERVE, None),
        ("secretsmanager.eu-west-1.amazonaws.com", EdgeKind.CONFIG, None),
        ("sqs.eu-west-1.amazonaws.com", EdgeKind.ASYNC, None),
        ("dynamodb.eu-west-1.amazonaws.com", EdgeKind.DATA, None),
        ("bedrock-runtime.eu-west-1.amazonaws.com", EdgeKind.SYNC, None),
        ("fs-0a1b.efs.eu-west-1.amazonaws.com", EdgeKind.FILE, None),
        ("shop.cluster-ro-abc.eu-west-1.rds.amazonaws.com", EdgeKind.DATA, Access.READ),
        ("b-1.shop.ab12cd.c2.kafka.eu-west-1.amazonaws.com", EdgeKind.ASYNC, None),
        ("shop-123456789.eu-west-1.elb.amazonaws.com", EdgeKind.SYNC, None),
    ],
)
def test_what_flows_there(host: str, edge: EdgeKind, access: Access | None) -> None:
    found = recognise(host)
    assert found is not None
    assert (found.edge, found.access) == (edge, access)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "amazonaws.com",
        "aws.amazon.com",
        "api.acme-pay.io",
        "amazonaws.com.acme-pay.io",
        "notamazonaws.com",
        "one.two.three.amazonaws.com",
        "orders.internal",
        "10.0.0.1",
        "localhost",
        "rds",
        ".rds.amazonaws.com",
        "..amazonaws.com",
    ],
)
def test_host_of_somebody_else(host: str) -> None:
    assert recognise(host) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("one.two.three.amazonaws.com", True),
        ("Public-Keys.auth.elb.eu-west-1.amazonaws.com.", True),
        ("keys.auth.elb.cn-north-1.amazonaws.com.cn", True),
        ("amazonaws.com.example", False),
        ("notamazonaws.com", False),
        ("", False),
    ],
)
def test_domain_of_aws(host: str, expected: bool) -> None:
    assert is_of_aws(host) is expected


def test_registry_is_supply() -> None:
    found = recognise("111122223333.dkr.ecr.eu-west-1.amazonaws.com")
    assert found is not None
    assert found.is_supply


def test_partitions_are_those_of_botocore() -> None:
    assert {each.id for each in partitions()} >= {each[0] for each in PARTITIONS}
    assert partition_of("eu-west-1") == "aws"
    assert partition_of("mars-north-1") == ""


def test_boto3_is_not_imported() -> None:
    code = (
        "import sys; from assess.graph.aws_hosts import recognise; recognise('sqs.eu-west-1.amazonaws.com');"
        "sys.exit(sum(name in sys.modules for name in ('boto3', 'botocore')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(
    st.text(max_size=80), st.sampled_from([".amazonaws.com", ".on.aws", ".rds.amazonaws.com", ""]), st.text(max_size=30)
)
@settings(max_examples=200, deadline=None)
def test_any_host_is_looked_at(host: str, suffix: str, path: str) -> None:
    found = recognise(host + suffix, path)
    assert found is None or found.service
