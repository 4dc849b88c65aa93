"""The demo estate: a small shop on ECS in us-east-1 whose workloads together show every verdict.

Three clusters in one VPC: ``shop`` on Fargate, ``shop-platform`` on EC2 instances and a small ``shop-staging``. What
each workload is there to show stands at its function. All of it is made up, the credential of the payments service too.
"""

import json
from typing import Any, NamedTuple

from assess.estate.quotas import ON_DEMAND_VCPUS, SPOT_VCPUS
from tests.support.aws import ACCOUNT, SimulatedAws
from tests.support.cloudwatch import Load
from tests.support.seeding import (
    REGION,
    REGISTRY,
    Network,
    Seeder,
    allow,
    awsvpc,
    container,
    ecs_parameters,
    environment,
    listens,
    served,
)
from tests.support.wire import Call, Document

DENIED_ROLE = "shop-loyalty-task"
"""The role whose policies the scanner may not read, as in accounts where a team guards its own roles."""


class _Shop(NamedTuple):
    seeder: Seeder
    network: Network
    shop: str
    platform: str
    namespace: str
    """Id of the Cloud Map namespace."""
    edge: str
    """HTTPS listener of the public load balancer."""
    inside: str
    """HTTPS listener of the internal load balancer."""
    edge_group: str
    inside_group: str
    database_group: str
    database: str
    """Host of the database of orders."""
    cache: str
    """Host of the cache of sessions."""
    database_secret: str
    """ARN of the secret that holds the database's password."""
    shared_role: str
    zone: str
    """Id of the hosted zone shop.example.com."""


def seed(aws: SimulatedAws) -> None:
    """Seeds the shop, with the denials of a real account in place."""
    shop = _foundation(Seeder(aws))
    for workload in _WORKLOADS:
        workload(shop)
    _habits(aws)
    deny(aws)
    aws.forget_calls()


def _habits(aws: SimulatedAws) -> None:
    """What is seen beside resources: long work, a gateway, dense instances, a busy pipeline, quotas."""
    ecs = aws.ecs(REGION)
    client = aws.client("ecs", REGION)
    working = client.list_tasks(cluster="shop", serviceName="order-worker")["taskArns"][:1]
    client.update_task_protection(cluster="shop", tasks=working, protectionEnabled=True, expiresInMinutes=120)
    ecs.lead("shop-partners", "media", "http")
    ecs.trunking = "enabled"
    ecs.age("thumbnails", days=400)
    ecs.deploy_often("storefront", times=26, days=29)
    aws.quotas.put(REGION, ON_DEMAND_VCPUS, 64, used=4)
    aws.quotas.never_apply(SPOT_VCPUS)


def deny(aws: SimulatedAws) -> None:
    """Denies what the scanner may not read: IAM in one go, and the policies of one role."""
    aws.deny("iam", "GetAccountAuthorizationDetails")
    for operation in ("*RolePolicies", "GetRolePolicy"):
        aws.deny("iam", operation, when=_is_of_denied_role)


def _is_of_denied_role(call: Call) -> bool:
    return bool(call.parameters.get("RoleName") == DENIED_ROLE)


# --- what all workloads stand on ------------------------------------------------------------------------------------


def _foundation(seeder: Seeder) -> _Shop:
    _repositories(seeder)
    assets = seeder.versioned_bucket("shop-assets")
    news = _news(seeder)
    clicks = _clicks(seeder)
    shared_role = seeder.role(
        "shop-app",
        allow("s3:GetObject", resource=f"{assets}/*"),
        allow("sns:Publish", resource=news),
        allow("kinesis:PutRecord", "kinesis:PutRecords", resource=clicks),
        allow("secretsmanager:GetSecretValue", resource=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/*"),
    )
    seeder.bucket("shop-assets", allow("s3:GetObject", resource=f"{assets}/*") | {"Principal": {"AWS": shared_role}})
    network = seeder.network("shop", "10.20", private=3, public=2)
    namespace = _namespace(seeder, network)
    edge_group = seeder.security_group(network, "shop-edge", (443, "0.0.0.0/0"))
    inside_group = seeder.security_group(network, "shop-inside", (443, "10.20.0.0/16"))
    database_group = seeder.security_group(network, "shop-orders-database")
    cache_group = seeder.security_group(network, "shop-sessions", (6379, "10.20.0.0/16"))
    admin = seeder.target_group(network, "admin")
    storefront = seeder.target_group(network, "storefront", path="/ping")
    return _Shop(
        seeder=seeder,
        network=network,
        shop=seeder.cluster(
            "shop",
            capacityProviders=["FARGATE", "FARGATE_SPOT"],
            serviceConnectDefaults={"namespace": f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:namespace/{namespace}"},
        ),
        platform=_platform(seeder, network),
        namespace=namespace,
        edge=seeder.load_balancer("shop-edge", network.public, edge_group, storefront, internal=False),
        inside=seeder.load_balancer("shop-inside", network.private, inside_group, admin, internal=True),
        edge_group=edge_group,
        inside_group=inside_group,
        database_group=database_group,
        database=seeder.database("orders", network, database_group),
        cache=seeder.cache("sessions", cache_group),
        database_secret=_database_secret(seeder),
        shared_role=shared_role,
        zone=seeder.zone("shop.example.com"),
    )


def _news(seeder: Seeder) -> str:
    """ARN of the topic of news: a queue takes them, from which a function mails them; Jo reads them by e-mail."""
    topics = seeder.client("sns")
    news = str(topics.create_topic(Name="shop-news")["TopicArn"])
    letters = seeder.queue("shop-newsletter")
    topics.subscribe(TopicArn=news, Protocol="sqs", Endpoint=letters)
    topics.subscribe(TopicArn=news, Protocol="email", Endpoint="jo@shop.example.com")
    takes = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", resource=letters)
    seeder.function("shop-newsletter", letters, takes, SENDER_NAME="Shop")
    return news


def _clicks(seeder: Seeder) -> str:
    """ARN of the stream of clicks; a function counts them into a table that the loyalty service reads."""
    seeder.client("kinesis").create_stream(StreamName="shop-clicks", ShardCount=1)
    clicks = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/shop-clicks"
    seeder.table("shop-points", recoverable=False)
    points = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/shop-points"
    reads = allow("kinesis:GetRecords", "kinesis:GetShardIterator", resource=clicks)
    writes = allow("dynamodb:UpdateItem", resource=points)
    seeder.function("shop-click-counter", clicks, reads, writes, POINTS_TABLE="shop-points")
    return clicks


def _repositories(seeder: Seeder) -> None:
    """Repositories that are not as careful as the others: one with movable tags, one that keeps five images."""
    seeder.scan_images("*")
    seeder.repository("stock-sync", imageTagMutability="MUTABLE")
    seeder.repository("payments")
    five = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
    seeder.client("ecr").put_lifecycle_policy(
        repositoryName="payments",
        lifecyclePolicyText=json.dumps(
            {"rules": [{"rulePriority": 1, "selection": five, "action": {"type": "expire"}}]}
        ),
    )


def _namespace(seeder: Seeder, network: Network) -> str:
    """The Cloud Map namespace shop.internal."""
    discovery = seeder.client("servicediscovery")
    discovery.create_private_dns_namespace(Name="shop.internal", Vpc=network.vpc)
    return str(discovery.list_namespaces()["Namespaces"][0]["Id"])


def _database_secret(seeder: Seeder) -> str:
    """A secret that is rotated, under a key that admits the execution role of the API by its name."""
    role = allow("kms:Decrypt") | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/shop-api-execution"}}
    owner = allow("kms:*") | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    key = seeder.key("alias/shop-orders", owner, role)
    secret = seeder.secret("shop/orders-database", KmsKeyId=key)
    seeder.client("secretsmanager").rotate_secret(
        SecretId=secret, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False
    )
    return secret


def _platform(seeder: Seeder, network: Network) -> str:
    """The cluster on EC2: an Auto Scaling group of two instances behind a capacity provider."""
    seeder.role("shop-platform-instance", service="ec2.amazonaws.com")
    managed = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
    seeder.iam.attach_role_policy(RoleName="shop-platform-instance", PolicyArn=managed)
    profile = seeder.iam.create_instance_profile(InstanceProfileName="shop-platform-instance")["InstanceProfile"]
    seeder.iam.add_role_to_instance_profile(
        InstanceProfileName="shop-platform-instance", RoleName="shop-platform-instance"
    )
    group = seeder.security_group(network, "shop-platform-instances")
    seeder.ec2.create_launch_template(
        LaunchTemplateName="shop-platform",
        LaunchTemplateData={
            "ImageId": "ami-12c6146b",
            "InstanceType": "m5.large",
            "IamInstanceProfile": {"Arn": profile["Arn"]},
            "SecurityGroupIds": [group],
        },
    )
    scaling = seeder.client("autoscaling")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="shop-platform",
        LaunchTemplate={"LaunchTemplateName": "shop-platform", "Version": "$Latest"},
        MinSize=2,
        MaxSize=6,
        DesiredCapacity=2,
        VPCZoneIdentifier=",".join(network.private),
    )
    described = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["shop-platform"])["AutoScalingGroups"][0]
    seeder.ecs.create_capacity_provider(
        name="shop-platform",
        autoScalingGroupProvider={
            "autoScalingGroupArn": described["AutoScalingGroupARN"],
            "managedScaling": {"status": "ENABLED", "targetCapacity": 90},
            "managedTerminationProtection": "DISABLED",
        },
    )
    cluster = seeder.cluster(
        "shop-platform",
        capacityProviders=["shop-platform"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "shop-platform", "weight": 1}],
    )
    for instance in described["Instances"]:
        identity = json.dumps({"instanceId": instance["InstanceId"]})
        seeder.ecs.register_container_instance(cluster=cluster, instanceIdentityDocument=identity)
        # moto's Auto Scaling drops the profile that the launch template names
        seeder.ec2.associate_iam_instance_profile(
            InstanceId=instance["InstanceId"],
            IamInstanceProfile={"Arn": profile["Arn"], "Name": profile["InstanceProfileName"]},
        )
    return cluster


def _roles(shop: _Shop, name: str, *statements: Document) -> Document:
    """A task role with the statements and an execution role, as a task definition names them."""
    return {
        "taskRoleArn": shop.seeder.role(f"shop-{name}-task", *statements),
        "executionRoleArn": shop.seeder.execution_role(f"shop-{name}-execution"),
    }


def _rollback(**given: Any) -> Document:
    """A deployment configuration that rolls back by itself."""
    return {"deploymentCircuitBreaker": {"enable": True, "rollback": True}} | given


def _checked(*command: str) -> Document:
    return {"command": ["CMD", *command], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 10}


# --- the workloads ----------------------------------------------------------------------------------------------------


def _storefront(shop: _Shop) -> None:
    """Ready with work: the web front end, public behind a web ACL, scaled on CPU, rolled back by itself."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-storefront", (8080, shop.edge_group))
    targets = seeder.elbv2.describe_target_groups(Names=["storefront"])["TargetGroups"][0]["TargetGroupArn"]
    seeder.forward(shop.edge, targets, host="www.shop.example.com", priority=10)
    seeder.record(shop.zone, "www.shop.example.com", shop.edge)
    seeder.guard(shop.edge, "shop-front")
    seeder.distribution("shop.example.com", "www.shop.example.com")
    seeder.accelerator("shop", shop.edge)
    revision = seeder.task_definition(
        "storefront",
        container(
            "storefront",
            portMappings=listens(8080, name="http", appProtocol="http"),
            environment=environment(
                API_URL="http://api.shop.internal:8081",
                ASSETS_BUCKET="shop-assets",
                CLICKS_STREAM="shop-clicks",
                LOG_LEVEL="info",
            ),
        ),
        owner="web",
        cpu="512",
        memory="1024",
        taskRoleArn=shop.shared_role,
        executionRoleArn=seeder.execution_role("shop-storefront-execution"),
    )
    seeder.service(
        shop.shop,
        "storefront",
        revision,
        owner="web",
        desiredCount=3,
        networkConfiguration=awsvpc(shop.network, group),
        loadBalancers=served(targets, "storefront"),
        healthCheckGracePeriodSeconds=60,
        deploymentConfiguration=_rollback(),
    )
    seeder.alarm_on_errors("storefront-errors", targets)
    seeder.scale(shop.shop, "storefront", lowest=3, highest=12)


def _api(shop: _Shop) -> None:
    """Not ready: a Service Connect server whose security group the database's group admits."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-api", (8081, "10.20.0.0/16"))
    seeder.admit(shop.database_group, 5432, group)
    revision = seeder.task_definition(
        "api",
        container(
            "api",
            portMappings=listens(8081, name="api", appProtocol="http"),
            environment=environment(DATABASE_HOST=shop.database, DATABASE_PORT="5432", CACHE_HOST=shop.cache),
            secrets=[{"name": "DATABASE_PASSWORD", "valueFrom": shop.database_secret}],
            healthCheck=_checked("/bin/api", "ping"),
            stopTimeout=60,
        ),
        owner="orders",
        cpu="1024",
        memory="2048",
        **_roles(shop, "api", allow("sqs:SendMessage", resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders")),
    )
    seeder.service(
        shop.shop,
        "api",
        revision,
        owner="orders",
        desiredCount=3,
        networkConfiguration=awsvpc(shop.network, group),
        enableExecuteCommand=True,
        serviceConnectConfiguration={
            "enabled": True,
            "namespace": "shop.internal",
            "services": [
                {
                    "portName": "api",
                    "discoveryName": "api",
                    "clientAliases": [{"port": 8081, "dnsName": "api.shop.internal"}],
                }
            ],
        },
    )
    of_api = ("ClusterName", "shop", "ServiceName", "api")
    seeder.dashboard("shop", ("AWS/ECS", "CPUUtilization", *of_api), (".", "MemoryUtilization", ".", ".", ".", "."))
    seeder.count_lines("/ecs/api", "failures", "ApiFailures")
    seeder.alarm("api-cpu", "AWS/ECS", "CPUUtilization", 80, ClusterName="shop", ServiceName="api")
    seeder.scale(shop.shop, "api", lowest=3, highest=9)


def _checkout(shop: _Shop) -> None:
    """Ready with work: a client of Service Connect, whose public name is kept for an hour."""
    seeder = shop.seeder
    targets = seeder.target_group(shop.network, "checkout", path="/ping")
    seeder.forward(shop.edge, targets, host="checkout.shop.example.com", priority=20)
    seeder.record(shop.zone, "checkout.shop.example.com", shop.edge, ttl=3600)
    seeder.pipeline("checkout", provider="ECS", ClusterName="shop", ServiceName="checkout", FileName="images.json")
    group = seeder.security_group(shop.network, "shop-checkout", (8080, shop.edge_group))
    revision = seeder.task_definition(
        "checkout",
        container(
            "checkout",
            portMappings=listens(8080),
            environment=environment(
                API_URL="http://api.shop.internal:8081",
                PAYMENTS_URL="http://payments:8443",
                CART_URL="http://cart.shop.internal:8080",
            ),
        ),
        owner="orders",
        **_roles(shop, "checkout", allow("kms:Decrypt", resource=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/checkout")),
    )
    seeder.service(
        shop.shop,
        "checkout",
        revision,
        owner="orders",
        networkConfiguration=awsvpc(shop.network, group),
        loadBalancers=served(targets, "checkout"),
        serviceConnectConfiguration={"enabled": True, "namespace": "shop.internal", "services": []},
    )
    seeder.scale(shop.shop, "checkout", lowest=2, highest=6)


def _cart(shop: _Shop) -> None:
    """Blocked: Redis runs beside the application, and what it holds ends with the task; noon is five times night."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-cart", (8080, "10.20.0.0/16"))
    discovery = seeder.client("servicediscovery")
    registry = discovery.create_service(
        Name="cart",
        NamespaceId=shop.namespace,
        DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 15}], "RoutingPolicy": "MULTIVALUE"},
    )["Service"]
    seeder.api("shop-cart", shop.network, registry["Arn"])
    discovery.register_instance(
        ServiceId=registry["Id"], InstanceId="cart-1", Attributes={"AWS_INSTANCE_IPV4": "10.20.3.17"}
    )
    redis = container("redis", image="public.ecr.aws/docker/library/redis:7.2", portMappings=listens(6379))
    revision = seeder.task_definition(
        "cart",
        container(
            "cart",
            portMappings=listens(8080),
            environment=environment(REDIS_HOST="localhost", REDIS_PORT="6379"),
            dependsOn=[{"containerName": "redis", "condition": "START"}],
            healthCheck=_checked("/bin/cart", "ping"),
        ),
        redis | {"readonlyRootFilesystem": False},
        owner="orders",
        memory="1024",
        **_roles(shop, "cart"),
    )
    seeder.service(
        shop.shop,
        "cart",
        revision,
        owner="orders",
        desiredCount=1,
        cpu=Load(12, 64),
        networkConfiguration=awsvpc(shop.network, group),
        serviceRegistries=[{"registryArn": registry["Arn"]}],
    )


def _order_worker(shop: _Shop) -> None:
    """Not ready: works off a queue on Spot, scales on its length, and may change its own ECS service."""
    seeder = shop.seeder
    queue = seeder.queue("orders")
    service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/order-worker"
    group = seeder.security_group(shop.network, "shop-order-worker")
    seeder.admit(shop.database_group, 5432, group)
    revision = seeder.task_definition(
        "order-worker",
        container(
            "order-worker",
            environment=environment(
                ORDERS_QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders", DATABASE_HOST=shop.database
            ),
            secrets=[{"name": "DATABASE_PASSWORD", "valueFrom": shop.database_secret}],
            healthCheck=_checked("/bin/order-worker", "alive"),
            stopTimeout=120,
        ),
        owner="orders",
        **_roles(
            shop,
            "order-worker",
            allow("sqs:ReceiveMessage", "sqs:DeleteMessage", resource=queue),
            allow("ecs:UpdateService", "ecs:DescribeServices", resource=service),
        ),
    )
    seeder.service(
        shop.shop,
        "order-worker",
        revision,
        owner="orders",
        desiredCount=4,
        capacityProviderStrategy=[
            {"capacityProvider": "FARGATE_SPOT", "weight": 3},
            {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        ],
        networkConfiguration=awsvpc(shop.network, group),
    )
    steps = {
        "PolicyName": "order-worker-queue",
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
            "Cooldown": 60,
        },
    }
    seeder.scale(shop.shop, "order-worker", lowest=2, highest=20, policies=[steps])
    seeder.scaling.put_scheduled_action(
        ServiceNamespace="ecs",
        ResourceId="service/shop/order-worker",
        ScalableDimension="ecs:service:DesiredCount",
        ScheduledActionName="sale",
        Schedule="cron(0 6 ? * FRI *)",
        ScalableTargetAction={"MinCapacity": 8},
    )


def _payments(shop: _Shop) -> None:
    """Blocked twice: an App Mesh proxy, and a credential in plain text."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-payments", (8443, "10.20.0.0/16"))
    revision = seeder.task_definition(
        "payments",
        container(
            "payments",
            portMappings=listens(8443),
            environment=environment(PROVIDER_URL="https://api.provider.example", PROVIDER_PASSWORD=_MADE_UP),
            healthCheck=_checked("/bin/payments", "ping"),
            dependsOn=[{"containerName": "envoy", "condition": "HEALTHY"}],
        ),
        container(
            "envoy",
            image=f"840364872350.dkr.ecr.{REGION}.amazonaws.com/aws-appmesh-envoy:v1.29.9.0-prod",
            user="1337",
            environment=environment(APPMESH_RESOURCE_ARN=_MESH_NODE),
            healthCheck=_checked("curl", "-s", "http://localhost:9901/server_info"),
        ),
        owner="payments",
        cpu="512",
        memory="1024",
        proxyConfiguration={
            "type": "APPMESH",
            "containerName": "envoy",
            "properties": environment(
                IgnoredUID="1337", ProxyIngressPort="15000", ProxyEgressPort="15001", AppPorts="8443"
            ),
        },
        **_roles(shop, "payments", allow("appmesh:StreamAggregatedResources", resource=_MESH_NODE)),
    )
    seeder.service(shop.shop, "payments", revision, owner="payments", networkConfiguration=awsvpc(shop.network, group))
    seeder.scale(shop.shop, "payments", lowest=2, highest=4)


_MADE_UP = "gR4nite-0tter-8817"
"""Stands for a credential; nothing has ever taken it."""

_MESH_NODE = f"arn:aws:appmesh:{REGION}:{ACCOUNT}:mesh/shop/virtualNode/payments"


def _media(shop: _Shop) -> None:
    """Not ready: pictures on EFS, mounted with the task's IAM role; four times the size that it needs."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-media", (8080, "10.20.0.0/16"))
    efs = seeder.client("efs")
    files = efs.create_file_system(CreationToken="shop-media", Encrypted=True)["FileSystemId"]
    point = efs.create_access_point(FileSystemId=files, ClientToken="shop-media")["AccessPointId"]
    for subnet in shop.network.private:
        efs.create_mount_target(FileSystemId=files, SubnetId=subnet)
    admits = allow("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
    admits["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/shop-media-task"}
    efs.put_file_system_policy(FileSystemId=files, Policy=json.dumps({"Version": "2012-10-17", "Statement": [admits]}))
    revision = seeder.task_definition(
        "media",
        container(
            "media",
            portMappings=listens(8080),
            mountPoints=[{"sourceVolume": "pictures", "containerPath": "/srv/pictures"}],
            healthCheck=_checked("/bin/media", "ping"),
        ),
        owner="web",
        cpu="1024",
        memory="2048",
        volumes=[
            {
                "name": "pictures",
                "efsVolumeConfiguration": {
                    "fileSystemId": files,
                    "transitEncryption": "ENABLED",
                    "authorizationConfig": {"accessPointId": point, "iam": "ENABLED"},
                },
            }
        ],
        **_roles(shop, "media", allow("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")),
    )
    seeder.service(
        shop.shop,
        "media",
        revision,
        owner="web",
        cpu=Load(4, 9),
        memory=Load(21, 22, highest=25),
        networkConfiguration=awsvpc(shop.network, group),
    )
    seeder.scale(shop.shop, "media", lowest=2, highest=4)


def _search(shop: _Shop) -> None:
    """Not ready: CodeDeploy controls its deployments, a parameter is gone that it starts with, its memory is full."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-search", (8080, shop.inside_group))
    blue = seeder.target_group(shop.network, "search-blue", path="/ping")
    seeder.target_group(shop.network, "search-green", path="/ping")
    seeder.forward(shop.inside, blue, host="search.shop.internal", priority=10)
    seeder.versioned_bucket("shop-search-index")
    revision = seeder.task_definition(
        "search",
        container(
            "search",
            portMappings=listens(8080),
            environment=environment(INDEX_BUCKET="shop-search-index"),
            secrets=[
                {"name": "LANGUAGES", "valueFrom": seeder.parameter("/shop/search/languages")},
                {"name": "SYNONYMS", "valueFrom": "/shop/search/synonyms"},
            ],
        ),
        owner="discovery",
        cpu="1024",
        memory="4096",
        **_roles(shop, "search", allow("s3:GetObject", resource="arn:aws:s3:::shop-search-index/*")),
    )
    seeder.service(
        shop.shop,
        "search",
        revision,
        owner="discovery",
        memory=Load(88, 91, highest=97),
        networkConfiguration=awsvpc(shop.network, group),
        loadBalancers=served(blue, "search"),
        deploymentController={"type": "CODE_DEPLOY"},
    )
    seeder.deployments("search", "shop", "search")
    seeder.deployments("search-before", "shop-before", "search")
    seeder.alarm_on_errors("search-errors", blue)
    seeder.scale(shop.shop, "search", lowest=2, highest=4)


def _admin(shop: _Shop) -> None:
    """Ready: internal, stateless, careful, and with a copy in staging to rehearse on."""
    targets = shop.seeder.elbv2.describe_target_groups(Names=["admin"])["TargetGroups"][0]["TargetGroupArn"]
    _admin_of(shop, shop.shop, "production", targets, tasks=2)
    staging = shop.seeder.cluster("shop-staging", stage="staging")
    copy = shop.seeder.target_group(shop.network, "admin-staging")
    shop.seeder.forward(shop.inside, copy, host="admin.staging.shop.internal", priority=20)
    _admin_of(shop, staging, "staging", copy, tasks=1)


def _admin_of(shop: _Shop, cluster: str, stage: str, targets: str, *, tasks: int) -> None:
    seeder, suffix = shop.seeder, "" if stage == "production" else f"-{stage}"
    group = seeder.security_group(shop.network, f"shop-admin{suffix}", (8080, shop.inside_group))
    settings = f"shop-settings{suffix}"
    seeder.table(settings)
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{settings}"
    roles = _roles(shop, f"admin{suffix}", allow("dynamodb:GetItem", "dynamodb:PutItem", resource=table))
    seeder.limit_role(f"shop-admin{suffix}-task", allow("dynamodb:*", "s3:*", "sqs:*"))
    revision = seeder.task_definition(
        f"admin{suffix}",
        container("admin", portMappings=listens(8080), environment=environment(SETTINGS_TABLE=settings)),
        owner="back-office",
        stage=stage,
        **roles,
    )
    seeder.service(
        cluster,
        "admin",
        revision,
        owner="back-office",
        stage=stage,
        desiredCount=tasks,
        networkConfiguration=awsvpc(shop.network, group),
        loadBalancers=served(targets, "admin"),
    )
    seeder.alarm_on_errors(f"admin{suffix}-errors", targets)
    seeder.scale(cluster, "admin", lowest=tasks, highest=3)


def _loyalty(shop: _Shop) -> None:
    """Undetermined: nothing is wrong with it, but what its role may do was not to be seen."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-loyalty", (8080, "10.20.0.0/16"))
    revision = seeder.task_definition(
        "loyalty",
        container(
            "loyalty",
            portMappings=listens(8080),
            environment=environment(POINTS_TABLE="shop-points"),
            healthCheck=_checked("/bin/loyalty", "ping"),
        ),
        owner="marketing",
        taskRoleArn=seeder.role(
            DENIED_ROLE, allow("dynamodb:*", resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/shop-points")
        ),
        executionRoleArn=seeder.execution_role("shop-loyalty-execution"),
    )
    seeder.service(shop.shop, "loyalty", revision, owner="marketing", networkConfiguration=awsvpc(shop.network, group))
    seeder.alarm("loyalty-throttled", "AWS/DynamoDB", "ThrottledRequests", 0, TableName="shop-points")
    seeder.scale(shop.shop, "loyalty", lowest=2, highest=4)


def _nightly_report(shop: _Shop) -> None:
    """Ready with work: EventBridge Scheduler starts it; its role may do all things with S3."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-nightly-report")
    seeder.bucket("shop-reports")
    revision = seeder.task_definition(
        "nightly-report",
        container(
            "nightly-report",
            command=["report", "--day", "yesterday", "--to", "s3://shop-reports"],
            environment=environment(REPORTS_BUCKET="shop-reports"),
        ),
        owner="back-office",
        **_roles(shop, "nightly-report", allow("s3:*")),
    )
    start = allow("ecs:RunTask", "iam:PassRole")
    seeder.client("scheduler").create_schedule(
        Name="nightly-report",
        ScheduleExpression="cron(0 2 * * ? *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": shop.shop,
            "RoleArn": seeder.role("shop-scheduler", start, service="scheduler.amazonaws.com"),
            "EcsParameters": ecs_parameters(revision, shop.network, group),
        },
    )


def _stock_sync(shop: _Shop) -> None:
    """Ready with work: an EventBridge rule starts it; image by a movable tag, nobody's, with another's role."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-stock-sync")
    revision = seeder.task_definition(
        "stock-sync",
        container(
            "stock-sync",
            image=f"{REGISTRY}/stock-sync:latest",
            command=["sh", "-c", "stock fetch && stock publish"],
            environment=environment(WAREHOUSE_URL="https://warehouse.partner.example/v2"),
        ),
        taskRoleArn=shop.shared_role,
        executionRoleArn=seeder.execution_role("shop-stock-sync-execution"),
    )
    events = seeder.client("events")
    events.put_rule(Name="stock-sync", ScheduleExpression="rate(15 minutes)")
    events.put_targets(
        Rule="stock-sync",
        Targets=[
            {
                "Id": "stock-sync",
                "Arn": shop.shop,
                "RoleArn": seeder.role(
                    "shop-events", allow("ecs:RunTask", "iam:PassRole"), service="events.amazonaws.com"
                ),
                "EcsParameters": ecs_parameters(revision, shop.network, group),
            }
        ],
    )


def _catalog_import(shop: _Shop) -> None:
    """Ready with work: a Step Functions state machine starts it and waits for its end, a pipe does for each file."""
    seeder = shop.seeder
    seeder.bucket("shop-imports")
    revision = seeder.task_definition(
        "catalog-import",
        container("catalog-import", environment=environment(IMPORT_BUCKET="shop-imports")),
        owner="discovery",
        cpu="2048",
        memory="4096",
        **_roles(shop, "catalog-import", allow("s3:GetObject", resource="arn:aws:s3:::shop-imports/*")),
    )
    definition = {
        "StartAt": "Import",
        "States": {
            "Import": {
                "Type": "Task",
                "Resource": "arn:aws:states:::ecs:runTask.sync",
                "Parameters": {"Cluster": shop.shop, "TaskDefinition": revision, "LaunchType": "FARGATE"},
                "End": True,
            }
        },
    }
    seeder.client("stepfunctions").create_state_machine(
        name="catalog-import",
        definition=json.dumps(definition),
        roleArn=seeder.role(
            "shop-states", allow("ecs:RunTask", "ecs:StopTask", "iam:PassRole"), service="states.amazonaws.com"
        ),
    )
    files = seeder.queue("catalog-files")
    takes = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", resource=files)
    group = seeder.security_group(shop.network, "shop-catalog-import")
    seeder.client("pipes").create_pipe(
        Name="catalog-files",
        Source=files,
        Target=shop.shop,
        TargetParameters={"EcsTaskParameters": ecs_parameters(revision, shop.network, group)},
        RoleArn=seeder.role("shop-pipes", takes, allow("ecs:RunTask", "iam:PassRole"), service="pipes.amazonaws.com"),
    )


def _log_agent(shop: _Shop) -> None:
    """Not ready: an agent on every instance that writes to the host and shares its network."""
    seeder = shop.seeder
    revision = seeder.task_definition(
        "log-agent",
        container(
            "log-agent",
            memory=256,
            cpu=128,
            mountPoints=[
                {"sourceVolume": "containers", "containerPath": "/var/lib/docker/containers", "readOnly": True},
                {"sourceVolume": "positions", "containerPath": "/positions"},
            ],
            healthCheck=_checked("/bin/log-agent", "alive"),
        ),
        owner="shop-platform",
        requiresCompatibilities=["EC2"],
        networkMode="host",
        volumes=[
            {"name": "containers", "host": {"sourcePath": "/var/lib/docker/containers"}},
            {"name": "positions", "host": {"sourcePath": "/opt/log-agent/positions"}},
        ],
        **_roles(shop, "log-agent", allow("logs:PutLogEvents", "logs:CreateLogStream")),
    )
    seeder.service(
        shop.platform,
        "log-agent",
        revision,
        owner="shop-platform",
        schedulingStrategy="DAEMON",
        capacityProviderStrategy=[],
        launchType="EC2",
    )


def _thumbnails(shop: _Shop) -> None:
    """Not ready: on EC2 in bridge mode, with the instance's credentials and a fixed port; nobody seems to use it."""
    seeder = shop.seeder
    seeder.bucket("shop-pictures")
    revision = seeder.task_definition(
        "thumbnails",
        container(
            "thumbnails",
            cpu=256,
            memory=512,
            portMappings=listens(9000, hostPort=9000),
            environment=environment(PICTURES_BUCKET="shop-pictures", AWS_REGION=REGION),
            healthCheck=_checked("/bin/thumbnails", "ping"),
        ),
        owner="web",
        requiresCompatibilities=["EC2"],
        networkMode="bridge",
        executionRoleArn=seeder.execution_role("shop-thumbnails-execution"),
    )
    strategy = [{"capacityProvider": "shop-platform", "weight": 1}]
    seeder.service(
        shop.platform, "thumbnails", revision, owner="web", cpu=Load(0.2, 0.4), capacityProviderStrategy=strategy
    )


def _price_audit(shop: _Shop) -> None:
    """Ready with work: a task that somebody started by hand and that still runs."""
    seeder = shop.seeder
    group = seeder.security_group(shop.network, "shop-price-audit")
    revision = seeder.task_definition(
        "price-audit",
        container("price-audit"),
        owner="back-office",
        **_roles(shop, "price-audit", allow("dynamodb:Query")),
    )
    seeder.ecs.run_task(
        cluster=shop.shop,
        taskDefinition=revision,
        launchType="FARGATE",
        startedBy="jo",
        networkConfiguration=awsvpc(shop.network, group),
        overrides={"containerOverrides": [{"name": "price-audit", "command": ["audit", "--since", "2026-01-01"]}]},
    )


_WORKLOADS = (
    _storefront,
    _api,
    _checkout,
    _cart,
    _order_worker,
    _payments,
    _media,
    _search,
    _admin,
    _loyalty,
    _nightly_report,
    _stock_sync,
    _catalog_import,
    _log_agent,
    _thumbnails,
    _price_audit,
)
