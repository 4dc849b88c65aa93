"""Three built estates that the penalties are calibrated on: one that is ready, one as teams have it, one that is not.

What stands in them was chosen from what each kind of estate looks like, before a score was computed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from assess.estate.builder import EstateBuilder
from assess.estate.ecs import Service
from assess.estate.estate import Estate, Scope
from assess.estate.facts import Fact, Origin
from assess.estate.gaps import Gap, Reason

ACCOUNT, REGION = "111122223333", "eu-west-1"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
HERE = Origin(account=ACCOUNT, region=REGION)
EVERYWHERE = Origin(account=ACCOUNT)
COLLECTED = datetime(2026, 11, 23, 8, tzinfo=UTC)
FACTS = (
    "acm",
    "autoscaling",
    "autoscaling.groups",
    "cloudmap",
    "codedeploy",
    "codepipeline",
    "cloudwatch.alarms",
    "cloudwatch.dashboards",
    "cloudwatch.metrics",
    "datastores",
    *(f"datastores.{part}" for part in ("dynamodb", "elasticache", "memorydb", "opensearch", "rds", "redshift", "s3")),
    "ecr.repositories",
    "ecs.account_settings",
    "ecs.capacity_providers",
    "ecs.clusters",
    "ecs.container_instances",
    "ecs.deployments",
    "ecs.gateways",
    "ecs.protection",
    "ecs.services",
    "ecs.task_definitions",
    "ecs.tasks",
    "edge",
    "efs",
    "elb.attributes",
    "elb.listeners",
    "elb.load_balancers",
    "elb.target_groups",
    "kms",
    "lambda",
    "lattice",
    "logs.groups",
    "messaging",
    *(f"messaging.{part}" for part in ("events", "firehose", "kafka", "kinesis", "mq", "sns", "sqs")),
    "parameters.metadata",
    "pipes",
    "quotas",
    "resource.policies",
    "route53",
    "schedules",
    "secrets.metadata",
    "tags",
    "vpc.endpoints",
    "vpc.interfaces",
    "vpc.nacls",
    "vpc.routes",
    "vpc.security_groups",
    "vpc.subnets",
    "vpc.vpcs",
    "waf",
    "workflows",
)
"""What a scan without denials sees; roles come beside."""

GLOBAL = frozenset({"cloudwatch.dashboards", "edge", "iam.roles", "route53"})
"""Facts that have no region."""

HOLDS = {
    "acm": ("served_certificates",),
    "autoscaling": ("scalable_targets", "scaling_policies"),
    "cloudmap": ("discovery_services",),
    "cloudwatch.alarms": ("alarms",),
    "cloudwatch.metrics": ("service_metrics",),
    "ecr.repositories": ("repositories",),
    "ecs.clusters": ("clusters",),
    "ecs.container_instances": ("container_instances", "instances"),
    "ecs.services": ("services",),
    "ecs.task_definitions": ("task_definitions",),
    "elb.listeners": ("listeners",),
    "elb.load_balancers": ("load_balancers",),
    "elb.target_groups": ("target_groups",),
    "iam.roles": ("roles",),
    "quotas": ("quotas",),
    "route53": ("dns_records",),
    "tags": ("clusters", "services", "task_definitions"),
    "vpc.routes": ("route_tables", "nat_gateways"),
    "vpc.security_groups": ("security_groups",),
    "vpc.subnets": ("subnets",),
    "vpc.vpcs": ("vpcs",),
}
"""The lists of an estate that hold a fact; of the others there is nothing in these estates."""

Document = dict[str, Any]


def clean() -> Estate:
    """Eight services on Fargate with a copy in staging, run with care: what is left to do is small."""
    site = _Site("shelf", tags={"owner": "shelf", "aws:cloudformation:stack-name": "shelf"})
    for environment in ("production", "staging"):
        suffix = "" if environment == "production" else "-staging"
        tags = {"environment": environment}
        for name in ("catalogue", "prices", "search", "reviews"):
            site.service(f"{name}{suffix}", served=True, tags=tags)
        for name in ("mailer", "indexer"):
            site.service(f"{name}{suffix}", container={"healthCheck": HEALTHY}, tags=tags)
        site.service(f"accounts{suffix}", served=True, tags=tags, deploymentConfiguration=ROLLING)
        site.service(f"thumbnails{suffix}", container={"healthCheck": HEALTHY}, tags=tags, desiredCount=1, scaled=False)
    return site.estate()


def typical() -> Estate:
    """Eight services on Fargate as they grew, and larger than they need to be.

    One holds a password in its environment; roles are shared and wide; the database's security group names the
    services' groups; internal services are found by name and have no health checks; production is all there is.
    """
    site = _Site("market", tags={"environment": "production"})
    wide = site.role("market-task", {"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*"})
    grown: Document = {"deploymentConfiguration": ROLLING, "scaled": False, "busy": (14, 48)}
    for name in ("web", "api"):
        site.service(name, served=True, role=wide, tags={"owner": "market"}, **grown)
    grown["watched"] = False
    password = [{"name": "DATABASE_PASSWORD", "value": "q8Rw!71zLpVx"}, {"name": "DATABASE_HOST", "value": "10.0.3.17"}]
    site.service("billing", served=True, role=wide, container={"environment": password}, **grown)
    for name in ("orders", "stock"):
        site.service(name, registered=BY_ADDRESS, role=wide, desiredCount=1, **grown)
    site.service("worker", role=wide, container={"image": "worker:latest"}, desiredCount=1, **grown)
    site.service("images", container={"healthCheck": HEALTHY}, tags={"owner": "market"}, **grown)
    site.service(
        "search",
        registered=BY_API,
        container={
            "image": "elasticsearch:7.17.9",
            "mountPoints": [{"sourceVolume": "data", "containerPath": "/usr/share/elasticsearch/data"}],
        },
        task={"volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-0a1b2c3d"}}]},
        desiredCount=1,
        **grown,
    )
    site.group("database", 5432, *(f"sg-{name}" for name in ("api", "billing", "orders", "stock")))
    return site.estate()


def bad() -> Estate:
    """Six services on instances that lean on them: sockets, host folders, passwords, no checks, no logs."""
    site = _Site("legacy", on_instances=True, zones="a")
    admin = site.role("legacy-admin", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    secrets = [
        {"name": "DB_PASSWORD", "value": "Tr0ub4dor&3xyz"},
        {"name": "DB_HOST", "value": "10.1.2.3"},
        {"name": "SMTP_PASSWORD", "value": "hG73k!pQz81m"},
    ]
    old: Document = {
        "desiredCount": 1,
        "scaled": False,
        "watched": False,
        "busy": (25, 110),
        "role": admin,
        "deploymentConfiguration": {"minimumHealthyPercent": 0},
    }
    bare: Document = {
        "logConfiguration": None,
        "memory": None,
        "memoryReservation": 256,
        "cpu": 0,
        "environment": secrets,
    }
    for name in ("front", "back"):
        site.service(name, container=bare, classic=True, **old)
    site.service("batch", container=bare, **old)
    site.service(
        "database",
        container=bare
        | {"image": "mysql:5.6", "mountPoints": [{"sourceVolume": "data", "containerPath": "/var/lib/mysql"}]},
        task={"volumes": [{"name": "data", "host": {"sourcePath": "/srv/mysql"}}]},
        **old,
    )
    site.service(
        "builder",
        container=bare
        | {"privileged": True, "mountPoints": [{"sourceVolume": "docker", "containerPath": "/var/run/docker.sock"}]},
        task={"volumes": [{"name": "docker", "host": {"sourcePath": "/var/run/docker.sock"}}]},
        **old,
    )
    site.service(
        "files",
        container=bare | {"mountPoints": [{"sourceVolume": "share", "containerPath": "/share"}]},
        task={"volumes": [{"name": "share", "host": {"sourcePath": "/srv/share"}}]},
        **old,
    )
    return site.estate()


ROLLING: Document = {"maximumPercent": 200, "minimumHealthyPercent": 100}
BY_ADDRESS: Document = {"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 15}], "RoutingPolicy": "MULTIVALUE"}}
BY_API: Document = {}
HEALTHY: Document = {"command": ["CMD", "/bin/check"], "interval": 30, "timeout": 5, "retries": 3}


def without(estate: Estate, fact: str, *, resource: str | None = None, reason: Reason = Reason.DENIED) -> Estate:
    """The estate as a scan brings it home that could not read a fact: of all, or of the one resource."""
    gap = Gap(
        api=f"read:{fact}",
        action=f"read:{fact}",
        account=ACCOUNT,
        region="" if fact in GLOBAL else REGION,
        resource=resource,
        reason=reason,
        facts=(fact,),
        error="AccessDenied",
        message="not allowed",
    )
    lists = {
        kind: tuple(
            left
            for each in getattr(estate, kind)
            for left in (_left(fact, each) if resource in (None, each.identity) else (each,))
        )
        for kind in HOLDS.get(fact, ())
    }
    seen = tuple(each for each in estate.seen if each.fact != fact or resource is not None)
    kept = {name: getattr(estate, name) for name in Estate.model_fields}
    return Estate.model_validate(kept | lists | {"seen": seen, "gaps": (*estate.gaps, gap)})


def _left(fact: str, of: Fact) -> tuple[Fact, ...]:
    """What is still known of a resource: a service by its name, and all but the tags where only they are lost."""
    if fact == "tags":
        return (of.model_copy(update={"tags": ()}),)
    if isinstance(of, Service):
        known = {"serviceArn": of.service_arn, "serviceName": of.service_name, "clusterArn": of.cluster_arn}
        return (Service.model_validate(known | {"@origin": of.origin}),)
    return ()


class _Site:
    """One cluster in one VPC, while it is being built."""

    def __init__(
        self,
        name: str,
        *,
        tags: Mapping[str, str] | None = None,
        on_instances: bool = False,
        zones: str = "abc",
    ) -> None:
        self.name = name
        self.tags = dict(tags or {})
        self.on_instances = on_instances
        self.deployer = "user/admin" if on_instances else "assumed-role/deployer/pipeline"
        self.builder = EstateBuilder()
        self.cluster = f"{ECS}:cluster/{name}"
        self.vpc = "vpc-0a1b2c3d4e5f60001"
        self.subnets = [f"subnet-0a1b2c3d4e5f6000{number}" for number in range(1, len(zones) + 1)]
        self._cluster()
        self._quotas()
        self._network(zones)
        for fact in FACTS:
            self.builder.saw(fact, ACCOUNT, "" if fact in GLOBAL else REGION)
        self.builder.saw("iam.roles", ACCOUNT, "")

    def estate(self) -> Estate:
        """What was built."""
        return self.builder.build(collected_at=COLLECTED, scope=Scope(accounts=(ACCOUNT,), regions=(REGION,)))

    # --- what all services share --------------------------------------------------------------------------------

    def _cluster(self) -> None:
        insights = "disabled" if self.on_instances else "enabled"
        self._add(
            "clusters",
            clusterArn=self.cluster,
            clusterName=self.name,
            status="ACTIVE",
            settings=[{"name": "containerInsights", "value": insights}],
            capacityProviders=[] if self.on_instances else ["FARGATE"],
            tags=_tags(self.tags),
        )
        if self.on_instances:
            instance = f"{ECS}:container-instance/{self.name}/0a1b2c3d4e5f60718293a4b5c6d7e8f9"
            self._add(
                "container_instances",
                containerInstanceArn=instance,
                ec2InstanceId="i-0a1b2c3d4e5f60001",
                clusterArn=self.cluster,
                status="ACTIVE",
                attributes=[{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            )
            self._add("instances", InstanceId="i-0a1b2c3d4e5f60001", SubnetId=self.subnets[0], VpcId=self.vpc)

    def _quotas(self) -> None:
        for code, value in (("L-1194D53C", 100), ("L-1216C47A", 256), ("L-3032A538", 256), ("L-B22855CB", 3000)):
            arn = f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:any/{code}"
            self._add("quotas", QuotaArn=arn, QuotaCode=code, QuotaName=code, Value=value, Used=value / 10)

    def _network(self, zones: str) -> None:
        self._add("vpcs", VpcId=self.vpc, CidrBlock="10.0.0.0/16", EnableDnsSupport=True, EnableDnsHostnames=True)
        for number, (id, zone) in enumerate(zip(self.subnets, zones, strict=True)):
            self._add(
                "subnets",
                SubnetId=id,
                VpcId=self.vpc,
                CidrBlock=f"10.0.{16 * number}.0/20",
                AvailabilityZone=f"{REGION}{zone}",
                AvailableIpAddressCount=4000,
                MapPublicIpOnLaunch=False,
            )
        self._add(
            "route_tables",
            RouteTableId="rtb-0a1b2c3d4e5f60001",
            VpcId=self.vpc,
            Associations=[{"Main": True}],
            Routes=[
                {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0a1b2c3d4e5f60001", "State": "active"},
            ],
        )
        self._add("nat_gateways", NatGatewayId="nat-0a1b2c3d4e5f60001", VpcId=self.vpc, State="available")
        self.group("edge", 443, "0.0.0.0/0")

    def group(self, name: str, port: int, *sources: str) -> str:
        """Id of a security group that admits TCP on a port from other groups' ids or from CIDRs."""
        id = f"sg-{name}"
        pairs = [{"GroupId": each, "UserId": ACCOUNT} for each in sources if each.startswith("sg-")]
        ranges = [{"CidrIp": each} for each in sources if not each.startswith("sg-")]
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        permissions = [permission | {"UserIdGroupPairs": pairs, "IpRanges": ranges}]
        self._add("security_groups", GroupId=id, GroupName=name, VpcId=self.vpc, IpPermissions=permissions)
        return id

    def role(self, name: str, *statements: Document) -> str:
        """ARN of a role that tasks take, with the statements as an inline policy."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        policy = {"name": "permissions", "document": {"Version": "2012-10-17", "Statement": list(statements)}}
        self.builder.add(
            "roles",
            {
                "Arn": arn,
                "RoleName": name,
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                "Policies": [policy] if statements else [],
            },
            EVERYWHERE,
        )
        return arn

    # --- services -----------------------------------------------------------------------------------------------

    def service(
        self,
        name: str,
        *,
        served: bool = False,
        classic: bool = False,
        registered: Document | None = None,
        scaled: bool = True,
        watched: bool = True,
        busy: tuple[float, float] = (45, 60),
        role: str | None = None,
        container: Mapping[str, Any] | None = None,
        task: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        **given: Any,
    ) -> None:
        """A service of two tasks; ``container``, ``task`` and ``given`` change what a careful team would write.

        Requests reach it through an Application Load Balancer (``served``) or a Classic one, or by its name in Cloud
        Map (``registered``: what Cloud Map says of its records). An alarm watches it (``watched``): its target group
        where it has one. It is ``busy`` to so many percent of the CPU and the memory that it reserves.
        """
        own = _tags(self.tags | dict(tags or {}))
        revision = f"{ECS}:task-definition/{name}:7"
        task_role = role or self.role(f"{name}-task", _read_only(f"arn:aws:s3:::{name}/*"))
        fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        instances = {"requiresCompatibilities": ["EC2"], "networkMode": "bridge"}
        self._add(
            "task_definitions",
            **{
                "taskDefinitionArn": revision,
                "family": name,
                "revision": 7,
                "registeredAt": "2026-10-01T08:00:00Z",
                "registeredBy": f"arn:aws:{'iam' if self.on_instances else 'sts'}::{ACCOUNT}:{self.deployer}",
                "status": "ACTIVE",
                "taskRoleArn": task_role,
                "executionRoleArn": role or self.role(f"{name}-execution"),
                "containerDefinitions": [
                    _container(name, listens=served or classic or registered is not None) | dict(container or {})
                ],
                "tags": own,
                **(instances if self.on_instances else fargate),
                **(task or {}),
            },
        )
        tasks = self.group(name, 8080, "sg-edge" if served else "10.0.0.0/16")
        network = {"subnets": self.subnets, "securityGroups": [tasks], "assignPublicIp": "DISABLED"}
        breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        self._add(
            "services",
            **{
                "serviceArn": f"{ECS}:service/{self.name}/{name}",
                "serviceName": name,
                "clusterArn": self.cluster,
                "status": "ACTIVE",
                "desiredCount": 2,
                "runningCount": 2,
                "launchType": "EC2" if self.on_instances else "FARGATE",
                "taskDefinition": revision,
                "schedulingStrategy": "REPLICA",
                "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100} | breaker,
                "deployments": [{"status": "PRIMARY", "taskDefinition": revision, "createdAt": "2026-10-01T08:00:00Z"}],
                "networkConfiguration": None if self.on_instances else {"awsvpcConfiguration": network},
                "loadBalancers": self._balanced(name, served, classic),
                "serviceRegistries": self._registered(name, registered) if registered is not None else [],
                "tags": own,
                **given,
            },
        )
        scanned = {} if self.on_instances else {"scanning": {"scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH"}}
        self._add(
            "repositories",
            repositoryArn=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}",
            repositoryName=name,
            repositoryUri=f"{REGISTRY}/{name}",
            registryId=ACCOUNT,
            imageTagMutability="MUTABLE" if self.on_instances else "IMMUTABLE",
            hasLifecyclePolicy=False,
            **(scanned or {"scanning": {"scanOnPush": False, "scanFrequency": "MANUAL"}}),
        )
        cpu, memory = (
            {"hours": 336, "days": 14, "mean": 0.7 * most, "p95": most, "peak": most}
            | {"longDays": 30, "busiestDay": 0.8 * most, "maximum": most}
            for most in busy
        )
        self._add("service_metrics", serviceArn=f"{ECS}:service/{self.name}/{name}", cpu=cpu, memory=memory)
        if watched:
            self._watch(name, by_group=served)
        if scaled:
            resource = f"service/{self.name}/{name}"
            self._add("scalable_targets", ResourceId=resource, MinCapacity=2, MaxCapacity=6)
            tracked = {
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            }
            self._add(
                "scaling_policies",
                PolicyARN=f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{name}",
                PolicyName=f"{name}-cpu",
                ResourceId=resource,
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration=tracked,
            )

    def _balanced(self, name: str, served: bool, classic: bool) -> list[Document]:
        if classic:
            self._add("load_balancers", LoadBalancerName=f"{name}-classic", Type="classic", VpcId=self.vpc)
            return [{"loadBalancerName": f"{name}-classic", "containerName": name, "containerPort": 8080}]
        if not served:
            return []
        balancer = f"{ELB}:loadbalancer/app/{name}/0a1b2c3d4e5f6071"
        group = f"{ELB}:targetgroup/{name}/0a1b2c3d4e5f6071"
        listener = f"{ELB}:listener/app/{name}/0a1b2c3d4e5f6071/1a2b3c4d5e6f7081"
        self._add(
            "load_balancers",
            LoadBalancerArn=balancer,
            LoadBalancerName=name,
            Type="application",
            Scheme="internet-facing",
            VpcId=self.vpc,
            SecurityGroups=["sg-edge"],
            DNSName=f"{name}-1234567890.{REGION}.elb.amazonaws.com",
        )
        alias = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": f"{name}-1234567890.{REGION}.elb.amazonaws.com."}
        record = {"HostedZoneId": "Z0123456789ABC", "Name": f"{name}.example.com.", "Type": "A", "AliasTarget": alias}
        self.builder.add("dns_records", record, EVERYWHERE)
        self._add(
            "listeners",
            ListenerArn=listener,
            LoadBalancerArn=balancer,
            Port=443,
            Protocol="HTTPS",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        self._add(
            "served_certificates",
            CertificateArn=f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{name}",
            DomainName=f"{name}.example.com",
            Type="AMAZON_ISSUED",
            ListenerArns=[listener],
        )
        self._add(
            "target_groups",
            TargetGroupArn=group,
            TargetGroupName=name,
            Protocol="HTTP",
            Port=8080,
            VpcId=self.vpc,
            TargetType="ip",
            LoadBalancerArns=[balancer],
            HealthCheckPath="/ready",
            Matcher={"HttpCode": "200"},
            attributes={},
        )
        return [{"targetGroupArn": group, "containerName": name, "containerPort": 8080}]

    def _watch(self, name: str, *, by_group: bool) -> None:
        of_group = {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": "UnHealthyHostCount",
            "Dimensions": [
                {"Name": "TargetGroup", "Value": f"targetgroup/{name}/0a1b2c3d4e5f6071"},
                {"Name": "LoadBalancer", "Value": f"app/{name}/0a1b2c3d4e5f6071"},
            ],
        }
        of_service = {
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "ClusterName", "Value": self.name}, {"Name": "ServiceName", "Value": name}],
        }
        arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
        self._add("alarms", AlarmArn=arn, AlarmName=name, **(of_group if by_group else of_service))

    def _registered(self, name: str, dns: Document) -> list[Document]:
        arn = f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-{name}"
        self._add(
            "discovery_services",
            Arn=arn,
            Id=f"srv-{name}",
            Name=name,
            NamespaceId="ns-0a1b2c3d4e5f6071",
            **dns,
        )
        return [{"registryArn": arn}]

    def _add(self, kind: str, **document: Any) -> None:
        self.builder.add(kind, document, HERE)


def _container(name: str, *, listens: bool) -> Document:
    return {
        "name": name,
        "image": f"{REGISTRY}/{name}@sha256:{name.encode().hex():0<64.64}",
        "essential": True,
        "cpu": 256,
        "memory": 512,
        "user": "1000:1000",
        "readonlyRootFilesystem": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}] if listens else [],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": f"/ecs/{name}",
                "awslogs-region": REGION,
                "awslogs-stream-prefix": "ecs",
            },
        },
    }


def _read_only(resource: str) -> Document:
    return {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": resource}


def _tags(tags: Mapping[str, str]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in tags.items()]
