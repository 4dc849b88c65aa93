"""What seeding an estate through boto3 takes: short ways to make the resources that a workload stands on."""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from tests.support.aws import ACCOUNT, SimulatedAws
from tests.support.cloudwatch import Load
from tests.support.wire import Document

REGION = "us-east-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

STEADY = Load(40, 60)
"""Percent of its reservation that a service of the right size uses."""

Statement = Mapping[str, Any]


class Network(NamedTuple):
    """A VPC and the ids of its subnets."""

    vpc: str
    private: tuple[str, ...]
    public: tuple[str, ...]


class Seeder:
    """Makes resources in the simulated AWS, in one region."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self._aws.client(service, REGION)

    @cached_property
    def ecs(self) -> Any:
        """The client of Amazon ECS."""
        return self.client("ecs")

    @cached_property
    def ec2(self) -> Any:
        """The client of Amazon EC2."""
        return self.client("ec2")

    @cached_property
    def elbv2(self) -> Any:
        """The client of Elastic Load Balancing."""
        return self.client("elbv2")

    @cached_property
    def iam(self) -> Any:
        """The client of IAM."""
        return self.client("iam")

    @cached_property
    def scaling(self) -> Any:
        """The client of Application Auto Scaling."""
        return self.client("application-autoscaling")

    # --- network ------------------------------------------------------------------------------------------------

    def network(self, name: str, prefix: str, *, private: int, public: int) -> Network:
        """A VPC ``prefix.0.0/16``: private subnets (/20) behind a NAT gateway, public ones (/24), DNS switched on."""
        vpc = self.ec2.create_vpc(CidrBlock=f"{prefix}.0.0/16", TagSpecifications=_named("vpc", name))["Vpc"]["VpcId"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            self.ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
        inside = [
            self._subnet(vpc, f"{name}-private-{zone}", f"{prefix}.{16 * number}.0/20", zone)
            for number, zone in enumerate("abc"[:private])
        ]
        outside = [
            self._subnet(vpc, f"{name}-public-{zone}", f"{prefix}.{200 + number}.0/24", zone)
            for number, zone in enumerate("abc"[:public])
        ]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self._route_table(vpc, f"{name}-public", outside, GatewayId=gateway)
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=outside[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
        table = self._route_table(vpc, f"{name}-private", inside, NatGatewayId=nat)
        self.ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway", RouteTableIds=[table]
        )
        return Network(vpc, tuple(inside), tuple(outside))

    def _subnet(self, vpc: str, name: str, cidr: str, zone: str) -> str:
        made = self.ec2.create_subnet(
            VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}", TagSpecifications=_named("subnet", name)
        )
        return str(made["Subnet"]["SubnetId"])

    def _route_table(self, vpc: str, name: str, subnets: Iterable[str], **target: str) -> str:
        made = self.ec2.create_route_table(VpcId=vpc, TagSpecifications=_named("route-table", name))
        table = str(made["RouteTable"]["RouteTableId"])
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table

    def security_group(self, network: Network, name: str, *admits: tuple[int, str]) -> str:
        """A security group that admits TCP on a port from another group's id or from a CIDR."""
        made = self.ec2.create_security_group(GroupName=name, Description=f"Traffic of {name}", VpcId=network.vpc)
        for port, source in admits:
            self.admit(made["GroupId"], port, source)
        return str(made["GroupId"])

    def admit(self, group: str, port: int, source: str) -> None:
        """Lets TCP on a port in, from another group's id or from a CIDR."""
        permission: Document = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        if source.startswith("sg-"):
            permission["UserIdGroupPairs"] = [{"GroupId": source, "UserId": ACCOUNT}]
        else:
            permission["IpRanges"] = [{"CidrIp": source}]
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    # --- load balancing -----------------------------------------------------------------------------------------

    def load_balancer(self, name: str, subnets: Iterable[str], group: str, target_group: str, *, internal: bool) -> str:
        """ARN of the HTTPS listener of a new Application Load Balancer that sends all requests to a target group."""
        balancer = self.elbv2.create_load_balancer(
            Name=name,
            Type="application",
            Scheme="internal" if internal else "internet-facing",
            Subnets=list(subnets),
            SecurityGroups=[group],
        )["LoadBalancers"][0]["LoadBalancerArn"]
        certificate = self.client("acm").request_certificate(DomainName=f"{name}.example.com")["CertificateArn"]
        listener = self.elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTPS",
            Port=443,
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )
        return str(listener["Listeners"][0]["ListenerArn"])

    def target_group(self, network: Network, name: str, *, port: int = 8080, path: str = "/ready") -> str:
        """ARN of a new target group of IP addresses, its health check an HTTP 200."""
        made = self.elbv2.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=port,
            VpcId=network.vpc,
            TargetType="ip",
            HealthCheckPath=path,
            Matcher={"HttpCode": "200"},
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        of = arn.rpartition(":")[2]
        self._aws.metrics.put(REGION, "AWS/ApplicationELB", "RequestCount", Load(9000, 15000), TargetGroup=of)
        return arn

    def forward(self, listener: str, target_group: str, *, host: str, priority: int) -> None:
        """A listener rule that sends a host's requests to a target group."""
        self.elbv2.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}],
            Actions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )

    def web_acl(self, name: str) -> str:
        """ARN of a new web ACL that guards nothing yet."""
        quiet = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name}
        made = self.client("wafv2").create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=quiet
        )
        return str(made["Summary"]["ARN"])

    def guard(self, listener: str, name: str) -> None:
        """A web ACL on a listener's load balancer, and a protection of Shield."""
        of = self.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"][0]["LoadBalancerArn"]
        self.client("wafv2").associate_web_acl(WebACLArn=self.web_acl(name), ResourceArn=of)
        self.client("shield").create_protection(Name=name, ResourceArn=of)

    # --- the edge -----------------------------------------------------------------------------------------------

    def distribution(self, alias: str, origin: str) -> str:
        """Id of a new distribution of CloudFront with a name of its own, in front of one origin."""
        sent = {"HeaderName": "X-Origin-Check", "HeaderValue": "nothing of value"}
        custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
        listed = {"Id": "origin", "DomainName": origin, "CustomOriginConfig": custom}
        listed["CustomHeaders"] = {"Quantity": 1, "Items": [sent]}
        made = self.client("cloudfront").create_distribution(
            DistributionConfig={
                "CallerReference": alias,
                "Aliases": {"Quantity": 1, "Items": [alias]},
                "Origins": {"Quantity": 1, "Items": [listed]},
                "DefaultCacheBehavior": {"TargetOriginId": "origin", "ViewerProtocolPolicy": "https-only"},
                "Comment": "",
                "Enabled": True,
            }
        )
        return str(made["Distribution"]["Id"])

    def accelerator(self, name: str, *listeners: str) -> None:
        """An accelerator in front of the load balancers of listeners."""
        of = self.elbv2.describe_listeners(ListenerArns=list(listeners))["Listeners"]
        self._aws.lacking.accelerators[name] = tuple(str(each["LoadBalancerArn"]) for each in of)

    def api(self, name: str, network: Network, target: str) -> str:
        """Id of a new HTTP API that calls a listener, or a service of Cloud Map, through a VPC link."""
        apis = self.client("apigatewayv2")
        link = apis.create_vpc_link(Name=name, SubnetIds=list(network.private))["VpcLinkId"]
        api = str(apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"])
        apis.create_integration(
            ApiId=api,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="ANY",
            ConnectionType="VPC_LINK",
            ConnectionId=link,
            IntegrationUri=target,
            PayloadFormatVersion="1.0",
        )
        return api

    # --- who reads along ----------------------------------------------------------------------------------------

    def count_lines(self, group: str, name: str, metric: str) -> None:
        """A metric filter on a new log group."""
        logs = self.client("logs")
        logs.create_log_group(logGroupName=group)
        counted = {"metricName": metric, "metricNamespace": "Shop", "metricValue": "1"}
        logs.put_metric_filter(
            logGroupName=group, filterName=name, filterPattern="hush", metricTransformations=[counted]
        )

    def dashboard(self, name: str, *rows: Iterable[Any]) -> None:
        """A dashboard with one chart of these metrics."""
        chart = {"metrics": [list(each) for each in rows], "region": REGION, "title": "hush"}
        body = {
            "widgets": [{"type": "text", "properties": {"markdown": "hush"}}, {"type": "metric", "properties": chart}]
        }
        self.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))

    # --- delivery -----------------------------------------------------------------------------------------------

    def deployments(self, application: str, cluster: str, service: str) -> None:
        """An application of CodeDeploy for ECS with a deployment group for a service."""
        deploys = self.client("codedeploy")
        deploys.create_application(applicationName=application, computePlatform="ECS")
        deploys.create_deployment_group(
            applicationName=application,
            deploymentGroupName="live",
            deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
            serviceRoleArn=f"arn:aws:iam::{ACCOUNT}:role/deploy",
            ecsServices=[{"clusterName": cluster, "serviceName": service}],
        )

    def pipeline(self, name: str, *, provider: str, **settings: str) -> None:
        """A pipeline from a bucket whose last action deploys, with these settings."""
        role = self.role(f"{name}-pipeline", service="codepipeline.amazonaws.com")

        def action(of: str, category: str, by: str, owner: str, given: Mapping[str, str]) -> Document:
            kind = {"category": category, "owner": owner, "provider": by, "version": "1"}
            return {"name": of, "actionTypeId": kind, "configuration": dict(given)}

        fetched = {"Owner": "shop", "Repo": name, "Branch": "main", "OAuthToken": "hush"}
        source = action("source", "Source", "GitHub", "ThirdParty", fetched)
        deploy = action("deploy", "Deploy", provider, "AWS", settings)
        self.client("codepipeline").create_pipeline(
            pipeline={
                "name": name,
                "roleArn": role,
                "artifactStore": {"type": "S3", "location": f"{name}-artifacts"},
                "stages": [{"name": "Source", "actions": [source]}, {"name": "Deploy", "actions": [deploy]}],
                "version": 1,
            }
        )

    # --- names --------------------------------------------------------------------------------------------------

    def zone(self, name: str) -> str:
        """Id of a new public hosted zone."""
        made = self.client("route53").create_hosted_zone(Name=name, CallerReference=name)
        return str(made["HostedZone"]["Id"])

    def record(self, zone: str, name: str, listener: str, *, ttl: int | None = None) -> None:
        """A record that leads to a listener's load balancer: an alias, or a CNAME with a time to live."""
        of = self.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"][0]["LoadBalancerArn"]
        balancer = self.elbv2.describe_load_balancers(LoadBalancerArns=[of])["LoadBalancers"][0]
        alias = {
            "HostedZoneId": balancer["CanonicalHostedZoneId"],
            "DNSName": f"dualstack.{balancer['DNSName']}.",
            "EvaluateTargetHealth": True,
        }
        leads: Document = {"Type": "A", "AliasTarget": alias}
        if ttl is not None:
            leads = {"Type": "CNAME", "TTL": ttl, "ResourceRecords": [{"Value": balancer["DNSName"]}]}
        change = {"Action": "CREATE", "ResourceRecordSet": {"Name": name} | leads}
        self.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})

    # --- alarms -------------------------------------------------------------------------------------------------

    def alarm(self, name: str, namespace: str, metric: str, limit: float, **dimensions: str) -> None:
        """An alarm on a metric that stays above a limit for five minutes."""
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": each, "Value": value} for each, value in dimensions.items()],
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=limit,
            ComparisonOperator="GreaterThanThreshold",
        )

    def alarm_on_errors(self, name: str, target_group: str) -> None:
        """An alarm on the errors that a target group's targets answer with."""
        of = target_group.rpartition(":")[2]
        self.alarm(name, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 10, TargetGroup=of)

    # --- identity -----------------------------------------------------------------------------------------------

    def role(self, name: str, *statements: Statement, service: str = "ecs-tasks.amazonaws.com") -> str:
        """ARN of a new role that a service may take, with the statements as an inline policy."""
        trust = allow("sts:AssumeRole") | {"Principal": {"Service": service}}
        trust.pop("Resource")
        made = self.iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=_policy([trust]), Tags=[{"Key": "owner", "Value": "platform"}]
        )
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=_policy(statements))
        return str(made["Role"]["Arn"])

    def limit_role(self, name: str, *statements: Statement) -> None:
        """Gives a role a permissions boundary of these statements."""
        made = self.iam.create_policy(PolicyName=f"{name}-boundary", PolicyDocument=_policy(statements))
        self.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=made["Policy"]["Arn"])

    def execution_role(self, name: str) -> str:
        """ARN of a new role with which ECS pulls images and writes logs."""
        arn = self.role(name)
        managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
        self.iam.attach_role_policy(RoleName=name, PolicyArn=managed)
        return arn

    # --- secrets ------------------------------------------------------------------------------------------------

    def secret(self, name: str, **given: Any) -> str:
        """ARN of a new secret; its value is empty words, for nobody reads it."""
        made = self.client("secretsmanager").create_secret(Name=name, SecretString="nothing of value", **given)
        return str(made["ARN"])

    def parameter(self, name: str) -> str:
        """ARN of a new parameter of plain text."""
        self.client("ssm").put_parameter(Name=name, Value="nothing of value", Type="String")
        return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name.removeprefix('/')}"

    def bucket(self, name: str, *statements: Statement) -> str:
        """ARN of a bucket with nothing in it, its policy of these statements."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name)
        if statements:
            s3.put_bucket_policy(Bucket=name, Policy=_policy(statements))
        return f"arn:aws:s3:::{name}"

    def key(self, alias: str, *statements: Statement) -> str:
        """ARN of a new key of KMS with an alias, its policy of these statements."""
        kms = self.client("kms")
        made = kms.create_key(Policy=_policy(statements))["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
        return str(made["Arn"])

    # --- what workloads use -------------------------------------------------------------------------------------

    def versioned_bucket(self, name: str, *statements: Statement) -> str:
        """ARN of a bucket that keeps earlier versions."""
        arn = self.bucket(name, *statements)
        self.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return arn

    def table(self, name: str, *, recoverable: bool = True) -> None:
        """A table with nothing in it, and whether it can be restored to a point in time."""
        tables = self.client("dynamodb")
        tables.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        recovery = {"PointInTimeRecoveryEnabled": recoverable}
        tables.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)

    def queue(self, name: str) -> str:
        """ARN of a queue whose messages end in another, ``NAME-dead``."""
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        queues = self.client("sqs")
        queues.create_queue(QueueName=f"{name}-dead")
        redrive = json.dumps({"deadLetterTargetArn": f"{arn}-dead", "maxReceiveCount": 5})
        queues.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})
        return arn

    def database(self, name: str, network: Network, *groups: str) -> str:
        """Host of the writer of a new Aurora PostgreSQL cluster of one instance, backed up for a week."""
        rds = self.client("rds")
        rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription=f"Subnets of {name}", SubnetIds=list(network.private)
        )
        placed = {"DBSubnetGroupName": name, "VpcSecurityGroupIds": list(groups)}
        made = rds.create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            MasterUsername="owner",
            MasterUserPassword="nothing of value",
            DatabaseName=name,
            BackupRetentionPeriod=7,
            **placed,
        )
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-1",
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            DBInstanceClass="db.r7g.large",
            DBSubnetGroupName=name,
        )
        return str(made["DBCluster"]["Endpoint"])

    def cache(self, name: str, *groups: str) -> str:
        """Host of the primary of a new replication group of Redis that is not backed up."""
        made = self.client("elasticache").create_replication_group(
            ReplicationGroupId=name,
            ReplicationGroupDescription=f"Cache {name}",
            Engine="redis",
            NumCacheClusters=2,
            AutomaticFailoverEnabled=True,
            SecurityGroupIds=list(groups),
        )
        return str(made["ReplicationGroup"]["NodeGroups"][0]["PrimaryEndpoint"]["Address"])

    def function(self, name: str, source: str, *statements: Statement, **variables: str) -> str:
        """ARN of a new Lambda function that reads a queue or a stream, and what it is told."""
        functions = self.client("lambda")
        made = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role(f"{name}-function", *statements, service="lambda.amazonaws.com"),
            Handler="function.handle",
            Code={"ZipFile": b"nothing of value"},
            Environment={"Variables": variables},
        )
        functions.create_event_source_mapping(FunctionName=name, EventSourceArn=source, StartingPosition="LATEST")
        return str(made["FunctionArn"])

    # --- ECS ----------------------------------------------------------------------------------------------------

    def cluster(self, name: str, *, stage: str = "production", **given: Any) -> str:
        """ARN of a new cluster with Container Insights, tagged with its environment."""
        made = self.ecs.create_cluster(
            clusterName=name,
            settings=[{"name": "containerInsights", "value": "enabled"}],
            tags=_tags({"owner": "platform", "environment": stage}),
            **given,
        )
        return str(made["cluster"]["clusterArn"])

    def repository(self, name: str, **given: Any) -> None:
        """A repository, if there is none of the name: tags that cannot be moved, which ``given`` may change."""
        ecr = self.client("ecr")
        if name not in {each["repositoryName"] for each in ecr.describe_repositories()["repositories"]}:
            ecr.create_repository(repositoryName=name, **{"imageTagMutability": "IMMUTABLE"} | given)

    def scan_images(self, pattern: str) -> None:
        """Lets the registry scan the images of repositories of these names, those to come, on push."""
        self.client("ecr").put_registry_scanning_configuration(
            scanType="BASIC",
            rules=[
                {
                    "scanFrequency": "SCAN_ON_PUSH",
                    "repositoryFilters": [{"filter": pattern, "filterType": "WILDCARD"}],
                }
            ],
        )

    def task_definition(
        self, family: str, *containers: Document, owner: str | None = None, stage: str = "production", **given: Any
    ) -> str:
        """ARN of a new revision for Fargate (a quarter vCPU, 512 MiB), which ``given`` may change.

        What has an owner also says that Terraform made it.
        """
        fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        if "FARGATE" in given.get("requiresCompatibilities", ["FARGATE"]):
            platform = {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
            given = {"runtimePlatform": platform} | fargate | given
        for each in containers:
            if each["image"].startswith(f"{REGISTRY}/"):
                self.repository(each["image"].removeprefix(f"{REGISTRY}/").partition("@")[0].partition(":")[0])
        made = self.ecs.register_task_definition(
            family=family, containerDefinitions=list(containers), tags=_marks(owner, stage), **given
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def service(
        self,
        cluster: str,
        name: str,
        revision: str,
        *,
        owner: str | None = None,
        stage: str = "production",
        cpu: Load = STEADY,
        memory: Load = STEADY,
        **given: Any,
    ) -> str:
        """ARN of a new service of two tasks on Fargate, which ``given`` may change, and how busy it is."""
        if "capacityProviderStrategy" not in given:
            given = {"launchType": "FARGATE"} | given
        if given.get("schedulingStrategy") != "DAEMON":
            given = {"desiredCount": 2} | given
        made = self.ecs.create_service(
            cluster=cluster, serviceName=name, taskDefinition=revision, tags=_marks(owner, stage), **given
        )
        place = {"ClusterName": cluster.rpartition("/")[2], "ServiceName": name}
        self._aws.metrics.put(REGION, "AWS/ECS", "CPUUtilization", cpu, **place)
        self._aws.metrics.put(REGION, "AWS/ECS", "MemoryUtilization", memory, **place)
        return str(made["service"]["serviceArn"])

    def scale(
        self, cluster: str, service: str, *, lowest: int, highest: int, policies: Iterable[Document] = ()
    ) -> None:
        """Application Auto Scaling of a service; without policies it tracks 60 % CPU."""
        of = {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/{cluster.rpartition('/')[2]}/{service}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        self.scaling.register_scalable_target(**of, MinCapacity=lowest, MaxCapacity=highest)
        cpu = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
        tracking = {
            "PolicyName": f"{service}-cpu",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60.0} | cpu,
        }
        for policy in list(policies) or [tracking]:
            self.scaling.put_scaling_policy(**of, **policy)


def allow(*actions: str, resource: str | list[str] = "*") -> Document:
    """A statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def awsvpc(network: Network, *groups: str) -> Document:
    """The network configuration of tasks in the private subnets."""
    inside = {"subnets": list(network.private), "securityGroups": list(groups), "assignPublicIp": "DISABLED"}
    return {"awsvpcConfiguration": inside}


def ecs_parameters(revision: str, network: Network, *groups: str) -> Document:
    """What a schedule's or an event rule's target says of the Fargate task that it starts."""
    inside = {"Subnets": list(network.private), "SecurityGroups": list(groups), "AssignPublicIp": "DISABLED"}
    return {
        "TaskDefinitionArn": revision,
        "TaskCount": 1,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"awsvpcConfiguration": inside},
    }


def container(name: str, *, image: str | None = None, **given: Any) -> Document:
    """A container as a careful team writes it: pinned image, no root, logs, a read-only root file system."""
    digest = f"sha256:{name.encode().hex():0<64.64}"
    return {
        "name": name,
        "image": image or f"{REGISTRY}/{name}@{digest}",
        "essential": True,
        "user": "1000:1000",
        "readonlyRootFilesystem": True,
        "logConfiguration": logs(name),
    } | given


def logs(group: str) -> Document:
    """A log configuration that sends lines to CloudWatch Logs."""
    options = {"awslogs-group": f"/ecs/{group}", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}
    return {"logDriver": "awslogs", "options": options}


def listens(port: int, **given: Any) -> list[Document]:
    """The port mapping of a container."""
    return [{"containerPort": port, "protocol": "tcp"} | given]


def environment(**variables: str) -> list[Document]:
    """Environment variables as a container definition lists them."""
    return [{"name": name, "value": value} for name, value in variables.items()]


def served(target_group: str, container_name: str, port: int = 8080) -> list[Document]:
    """The load balancer entry of a service."""
    return [{"targetGroupArn": target_group, "containerName": container_name, "containerPort": port}]


def _marks(owner: str | None, stage: str) -> list[Document]:
    return _tags({"environment": stage} | ({"owner": owner, "managed-by": "terraform"} if owner else {}))


def _tags(tags: Mapping[str, str]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _named(kind: str, name: str) -> list[Document]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def _policy(statements: Iterable[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
