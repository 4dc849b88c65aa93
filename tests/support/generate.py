"""Estates of any size, the same for the same arguments: for benchmarks and for property tests."""

import random
from datetime import UTC, datetime
from typing import Any

from assess.collectors.scanning import COLLECTORS
from assess.estate.builder import EstateBuilder
from assess.estate.estate import Estate, Scope
from assess.estate.facts import Origin

ACCOUNT, REGION = "210987654321", "us-east-1"
COLLECTED = datetime(2026, 11, 23, 8, tzinfo=UTC)

Document = dict[str, Any]

_ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
_IAM = f"arn:aws:iam::{ACCOUNT}"
_REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
_HERE = Origin(account=ACCOUNT, region=REGION)
_EVERYWHERE = Origin(account=ACCOUNT)
_SERVICES_A_CLUSTER = 100
_WORKLOADS_A_ROLE = 3


def estate(workloads: int, variables: int = 10, *, seed: int = 0) -> Estate:
    """An estate of so many services, each of one container with so many environment variables, all facts seen.

    One in three runs on EC2 instances; images, health checks, logs, tags, tokens in variables and wide roles vary
    with ``seed``, so that most rules find something and let something pass.
    """
    builder = EstateBuilder()
    chance = random.Random(seed)
    _foundation(builder, workloads)
    for number in range(workloads):
        _workload(builder, chance, number, variables)
    for collector in COLLECTORS:
        for fact in collector.facts:
            builder.saw(fact, ACCOUNT, REGION if collector.regional else "")
    return builder.build(collected_at=COLLECTED, scope=Scope(accounts=(ACCOUNT,), regions=(REGION,)))


def _foundation(builder: EstateBuilder, workloads: int) -> None:
    for number in range(-(-workloads // _SERVICES_A_CLUSTER)):
        name = _cluster(number * _SERVICES_A_CLUSTER)
        _add(
            builder,
            "clusters",
            clusterArn=f"{_ECS}:cluster/{name}",
            clusterName=name,
            status="ACTIVE",
            settings=[{"name": "containerInsights", "value": "enabled" if number % 2 else "disabled"}],
            tags=[{"key": "environment", "value": "production"}],
        )
    _add(builder, "vpcs", VpcId="vpc-1", CidrBlock="10.0.0.0/8", EnableDnsSupport=True, EnableDnsHostnames=True)
    for number, zone in enumerate("abc"):
        _add(
            builder,
            "subnets",
            SubnetId=f"subnet-{zone}",
            VpcId="vpc-1",
            CidrBlock=f"10.{64 * number}.0.0/12",
            AvailabilityZone=f"{REGION}{zone}",
            AvailableIpAddressCount=1_000_000,
            MapPublicIpOnLaunch=False,
        )
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}]
    _add(builder, "route_tables", RouteTableId="rtb-1", VpcId="vpc-1", Associations=[{"Main": True}], Routes=routes)
    _add(builder, "nat_gateways", NatGatewayId="nat-1", VpcId="vpc-1", SubnetId="subnet-a", State="available")


def _workload(builder: EstateBuilder, chance: random.Random, number: int, variables: int) -> None:
    name, cluster = f"service-{number:05}", f"{_ECS}:cluster/{_cluster(number)}"
    on_instances = number % 3 == 2
    revision = f"{_ECS}:task-definition/{name}:{1 + number % 9}"
    tags = [{"key": "owner", "value": f"team-{number % 7}"}] if chance.random() < 0.8 else []
    group = _group(builder, chance, number)
    _add(
        builder,
        "task_definitions",
        taskDefinitionArn=revision,
        family=name,
        revision=1 + number % 9,
        status="ACTIVE",
        networkMode="bridge" if on_instances else "awsvpc",
        requiresCompatibilities=["EC2" if on_instances else "FARGATE"],
        cpu=None if on_instances else "512",
        memory=None if on_instances else "1024",
        taskRoleArn=_role(builder, number),
        executionRoleArn=f"{_IAM}:role/execution",
        containerDefinitions=[_container(chance, name, variables)],
        tags=tags,
    )
    inside = {"subnets": ["subnet-a", "subnet-b", "subnet-c"], "securityGroups": [group]}
    targets = _target_group(builder, chance, number) if chance.random() < 0.5 else None
    _add(
        builder,
        "services",
        serviceArn=f"{cluster.replace(':cluster/', ':service/')}/{name}",
        serviceName=name,
        clusterArn=cluster,
        status="ACTIVE",
        desiredCount=1 + number % 4,
        runningCount=1 + number % 4,
        pendingCount=0,
        launchType="EC2" if on_instances else "FARGATE",
        taskDefinition=revision,
        schedulingStrategy="REPLICA",
        deploymentConfiguration={
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": chance.random() < 0.5},
        },
        networkConfiguration=None if on_instances else {"awsvpcConfiguration": inside},
        loadBalancers=[{"targetGroupArn": targets, "containerName": name, "containerPort": 8080}] if targets else [],
        enableExecuteCommand=chance.random() < 0.2,
        tags=tags,
    )


def _container(chance: random.Random, name: str, variables: int) -> Document:
    container: Document = {
        "name": name,
        "image": f"{_REGISTRY}/{name}:{chance.choice(['latest', '1.4.2', '2026-11-20'])}",
        "essential": True,
        "memory": 512,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": [_variable(chance, number) for number in range(variables)],
    }
    if chance.random() < 0.8:
        container["logConfiguration"] = {"logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{name}"}}
    if chance.random() < 0.5:
        container["healthCheck"] = {"command": ["CMD-SHELL", "curl -f http://localhost:8080/ready || exit 1"]}
    if chance.random() < 0.5:
        container["user"] = "1000"
    return container


def _variable(chance: random.Random, number: int) -> Document:
    name, value = chance.choice(
        (
            (f"SETTING_{number}", str(chance.randint(0, 9999))),
            (f"SERVICE_URL_{number}", f"http://service-{chance.randint(0, 99):05}.internal:8080/v1"),
            (f"BUCKET_{number}", f"arn:aws:s3:::bucket-{number}"),
            (f"FEATURE_{number}", chance.choice(("true", "false"))),
            (f"NOTE_{number}", f"made for number {chance.randint(0, 9999)} of many"),
        )
    )
    if chance.random() < 0.01:
        name, value = f"SERVICE_{number}_TOKEN", f"{chance.getrandbits(128):032x}"
    return {"name": name, "value": value}


def _role(builder: EstateBuilder, number: int) -> str:
    """ARN of a role that a few neighbours share; every tenth role is wide."""
    shared = number // _WORKLOADS_A_ROLE
    name = f"task-{shared:05}"
    wide = shared % 10 == 0
    statement = {"Effect": "Allow", "Action": "s3:*" if wide else "s3:GetObject", "Resource": "*"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    builder.add(
        "roles",
        {
            "Arn": f"{_IAM}:role/{name}",
            "RoleName": name,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "own", "Document": {"Version": "2012-10-17", "Statement": [statement]}}],
        },
        _EVERYWHERE,
    )
    return f"{_IAM}:role/{name}"


def _group(builder: EstateBuilder, chance: random.Random, number: int) -> str:
    """Id of the workload's security group; some admit the group of the workload before."""
    permission: Document = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    if number and chance.random() < 0.2:
        permission["UserIdGroupPairs"] = [{"GroupId": f"sg-{number - 1:05}", "UserId": ACCOUNT}]
    else:
        permission["IpRanges"] = [{"CidrIp": "10.0.0.0/8"}]
    id = f"sg-{number:05}"
    _add(builder, "security_groups", GroupId=id, GroupName=id, VpcId="vpc-1", IpPermissions=[permission])
    return id


def _target_group(builder: EstateBuilder, chance: random.Random, number: int) -> str:
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/service-{number:05}/{number:016x}"
    _add(
        builder,
        "target_groups",
        TargetGroupArn=arn,
        TargetGroupName=f"service-{number:05}",
        Protocol="HTTP",
        Port=8080,
        VpcId="vpc-1",
        TargetType="ip",
        HealthCheckProtocol="HTTP",
        HealthCheckPath="/ready",
        Matcher={"HttpCode": chance.choice(("200", "200-499"))},
        Attributes={"stickiness.enabled": chance.choice(("true", "false"))},
    )
    return arn


def _cluster(number: int) -> str:
    return f"cluster-{number // _SERVICES_A_CLUSTER:03}"


def _add(builder: EstateBuilder, kind: str, **document: Any) -> None:
    builder.add(kind, document, _HERE)
