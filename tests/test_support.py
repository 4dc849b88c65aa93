"""The simulated AWS answers, pages, refuses and fails as AWS does."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from tests.support import clean, demo, generate
from tests.support.aws import ACCOUNT, SimulatedAws
from tests.support.limits import BATCHES, PAGES

FARGATE: dict[str, Any] = {
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "web", "image": "example/web:1"}],
}

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}}


def web(aws: SimulatedAws, **given: Any) -> dict[str, Any]:
    """A service of one task definition, as DescribeServices shows it."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", **FARGATE)
    launch = {} if "capacityProviderStrategy" in given else {"launchType": "FARGATE"}
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        networkConfiguration=NETWORK,
        **({"desiredCount": 2} | launch | given),
    )
    return describe(aws, "web")


def describe(aws: SimulatedAws, name: str) -> dict[str, Any]:
    described = aws.client("ecs").describe_services(cluster="shop", services=[name], include=["TAGS"])["services"]
    return dict(described[0])


# --- services -------------------------------------------------------------------------------------------------------

KEPT: list[tuple[str, Any]] = [
    ("healthCheckGracePeriodSeconds", 90),
    ("enableExecuteCommand", True),
    ("enableECSManagedTags", True),
    ("propagateTags", "SERVICE"),
    ("availabilityZoneRebalancing", "DISABLED"),
    ("placementConstraints", [{"type": "memberOf", "expression": "attribute:zone == a"}]),
    ("placementStrategy", [{"type": "spread", "field": "attribute:ecs.availability-zone"}]),
    ("loadBalancers", [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 80}]),
    ("serviceRegistries", [{"registryArn": "arn:registry"}]),
    ("tags", [{"key": "owner", "value": "web"}]),
    ("capacityProviderStrategy", [{"capacityProvider": "FARGATE_SPOT", "weight": 2, "base": 1}]),
]


@pytest.mark.parametrize(("member", "value"), KEPT, ids=[member for member, _ in KEPT])
def test_a_service_keeps_what_was_sent(aws: SimulatedAws, member: str, value: Any) -> None:
    assert web(aws, **{member: value})[member] == value


def test_a_deployment_configuration_is_filled_with_the_defaults_of_aws(aws: SimulatedAws) -> None:
    breaker = {"enable": True, "rollback": True}
    found = web(aws, deploymentConfiguration={"deploymentCircuitBreaker": breaker})["deploymentConfiguration"]
    assert found["deploymentCircuitBreaker"] == breaker
    assert (found["minimumHealthyPercent"], found["maximumPercent"], found["strategy"]) == (100, 200, "ROLLING")


UNDER_THE_DEPLOYMENT: list[tuple[str, Any]] = [
    ("serviceConnectConfiguration", {"enabled": True, "namespace": "shop", "services": [{"portName": "http"}]}),
    ("volumeConfigurations", [{"name": "data", "managedEBSVolume": {"roleArn": "arn:role", "sizeInGiB": 10}}]),
    ("vpcLatticeConfigurations", [{"roleArn": "arn:role", "targetGroupArn": "arn:tg", "portName": "http"}]),
]


@pytest.mark.parametrize(("member", "value"), UNDER_THE_DEPLOYMENT, ids=[each for each, _ in UNDER_THE_DEPLOYMENT])
def test_what_belongs_to_a_deployment_stands_under_it_only(aws: SimulatedAws, member: str, value: Any) -> None:
    found = web(aws, **{member: value})
    assert found["deployments"][0][member] == value
    assert member not in found


def test_a_strategy_takes_the_place_of_the_launch_type(aws: SimulatedAws) -> None:
    assert "launchType" not in web(aws, capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}])


def test_a_service_without_capacity_takes_the_strategy_of_its_cluster(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    ecs.create_cluster(clusterName="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy)
    ecs.register_task_definition(family="web", **FARGATE)
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web", networkConfiguration=NETWORK)
    assert describe(aws, "web")["capacityProviderStrategy"] == strategy


def test_a_service_runs_as_many_tasks_as_it_should(aws: SimulatedAws) -> None:
    found = web(aws)
    ecs = aws.client("ecs")
    arns = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    tasks = ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    assert found["runningCount"] == found["desiredCount"] == len(arns) == 2
    assert {task["group"] for task in tasks} == {"service:web"}
    assert {task["startedBy"] for task in tasks} == {found["deployments"][0]["id"]}
    assert {task["lastStatus"] for task in tasks} == {"RUNNING"}


def test_a_service_can_run_fewer_tasks_than_it_should(aws: SimulatedAws) -> None:
    web(aws)
    aws.ecs().set_running("web", 1)
    found = describe(aws, "web")
    assert (found["desiredCount"], found["runningCount"], found["pendingCount"]) == (2, 1, 1)
    assert len(aws.client("ecs").list_tasks(cluster="shop", serviceName="web")["taskArns"]) == 1


def test_an_update_makes_a_new_deployment_and_keeps_the_rest(aws: SimulatedAws) -> None:
    before = web(aws, enableExecuteCommand=True)
    ecs = aws.client("ecs")
    ecs.register_task_definition(family="web", **FARGATE)
    ecs.update_service(cluster="shop", service="web", taskDefinition="web:2", desiredCount=3)
    after = describe(aws, "web")
    assert after["taskDefinition"].endswith("web:2")
    assert after["deployments"][0]["id"] != before["deployments"][0]["id"]
    assert (after["runningCount"], after["enableExecuteCommand"], after["launchType"]) == (3, True, "FARGATE")


def test_service_deployments_and_revisions_are_described(aws: SimulatedAws) -> None:
    found = web(aws)
    ecs = aws.client("ecs")
    listed = ecs.list_service_deployments(cluster="shop", service="web")["serviceDeployments"]
    assert [each["serviceDeploymentArn"] for each in listed] == [found["currentServiceDeployment"]]
    assert listed[0]["status"] == "SUCCESSFUL"
    revision = found["currentServiceRevisions"][0]["arn"]
    answer = ecs.describe_service_revisions(serviceRevisionArns=[revision])
    assert answer["serviceRevisions"][0]["taskDefinition"] == found["taskDefinition"]
    deployments = ecs.describe_service_deployments(serviceDeploymentArns=[found["currentServiceDeployment"], "arn:x"])
    assert deployments["serviceDeployments"][0]["targetServiceRevision"]["arn"] == revision
    assert deployments["failures"] == [{"arn": "arn:x", "reason": "MISSING"}]


def test_codedeploy_controls_a_task_set(aws: SimulatedAws) -> None:
    found = web(aws, deploymentController={"type": "CODE_DEPLOY"})
    assert found["deployments"] == []
    assert [each["status"] for each in found["taskSets"]] == ["PRIMARY"]
    assert found["taskSets"][0]["taskDefinition"] == found["taskDefinition"]
    assert found["taskSets"][0]["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["subnet-1", "subnet-2"]


def test_an_external_controller_makes_its_own_task_sets(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", **FARGATE)
    controller = {"type": "EXTERNAL"}
    ecs.create_service(cluster="shop", serviceName="web", desiredCount=1, deploymentController=controller)
    assert describe(aws, "web")["taskSets"] == []
    made = ecs.create_task_set(cluster="shop", service="web", taskDefinition="web", launchType="FARGATE")["taskSet"]
    ecs.update_service_primary_task_set(cluster="shop", service="web", primaryTaskSet=made["id"])
    listed = ecs.describe_task_sets(cluster="shop", service="web")["taskSets"]
    assert [(each["status"], each["launchType"]) for each in listed] == [("PRIMARY", "FARGATE")]


def test_a_second_service_of_the_name_is_refused(aws: SimulatedAws) -> None:
    web(aws)
    with pytest.raises(ClientError, match="not idempotent"):
        aws.client("ecs").create_service(cluster="shop", serviceName="web", taskDefinition="web")


def test_a_deleted_service_is_described_but_no_longer_listed(aws: SimulatedAws) -> None:
    web(aws)
    ecs = aws.client("ecs")
    with pytest.raises(ClientError, match="scaled above 0"):
        ecs.delete_service(cluster="shop", service="web")
    ecs.delete_service(cluster="shop", service="web", force=True)
    assert ecs.list_services(cluster="shop")["serviceArns"] == []
    assert describe(aws, "web")["status"] == "INACTIVE"


def test_services_are_listed_by_launch_type_and_namespace(aws: SimulatedAws) -> None:
    arn = web(aws, serviceConnectConfiguration={"enabled": True, "namespace": "shop"})["serviceArn"]
    ecs = aws.client("ecs")
    assert ecs.list_services(cluster="shop", launchType="FARGATE")["serviceArns"] == [arn]
    assert ecs.list_services(cluster="shop", launchType="EC2")["serviceArns"] == []
    assert ecs.list_services_by_namespace(namespace="shop")["serviceArns"] == [arn]


def test_unknown_names_are_told_as_aws_tells_them(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.list_services(cluster="nowhere")
    web(aws)
    assert ecs.describe_services(cluster="shop", services=["x"])["failures"][0]["reason"] == "MISSING"
    with pytest.raises(ecs.exceptions.ServiceNotFoundException):
        ecs.update_service(cluster="shop", service="x")
    with pytest.raises(ClientError, match="Unable to describe task definition"):
        ecs.create_service(cluster="shop", serviceName="y", taskDefinition="nothing")


# --- tasks, capacity, task definitions, clusters ---------------------------------------------------------------------


def test_a_fargate_task_runs_without_instances(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", **FARGATE)
    overrides = {"containerOverrides": [{"name": "web", "command": ["migrate"]}]}
    ran = ecs.run_task(
        cluster="shop",
        taskDefinition="web",
        count=2,
        launchType="FARGATE",
        startedBy="jo",
        networkConfiguration=NETWORK,
        overrides=overrides,
    )["tasks"]
    listed = ecs.list_tasks(cluster="shop", startedBy="jo", family="web")["taskArns"]
    assert sorted(listed) == sorted(task["taskArn"] for task in ran)
    task = ecs.describe_tasks(cluster="shop", tasks=listed[:1])["tasks"][0]
    assert (task["group"], task["launchType"], task["platformVersion"]) == ("family:web", "FARGATE", "1.4.0")
    assert task["overrides"]["containerOverrides"][0]["command"] == ["migrate"]
    assert task["containers"][0]["imageDigest"].startswith("sha256:")


def test_an_ended_task_says_why(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", **FARGATE)
    arn = ecs.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE")["tasks"][0]["taskArn"]
    aws.ecs().end_task(arn, reason="OutOfMemoryError: container killed", exit_code=137)
    assert ecs.list_tasks(cluster="shop")["taskArns"] == []
    assert ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"] == [arn]
    task = ecs.describe_tasks(cluster="shop", tasks=[arn])["tasks"][0]
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)
    assert task["stoppedReason"] == "OutOfMemoryError: container killed"


def test_a_daemon_runs_on_every_instance(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    ecs.create_capacity_provider(name="own", autoScalingGroupProvider={"autoScalingGroupArn": "arn:asg"})
    ecs.create_cluster(clusterName="shop", capacityProviders=["own"])
    launched = aws.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=2, MaxCount=2, InstanceType="m7g.large")
    for instance in launched["Instances"]:
        identity = json.dumps({"instanceId": instance["InstanceId"]})
        ecs.register_container_instance(cluster="shop", instanceIdentityDocument=identity)
    bridged = [{"name": "agent", "image": "example/agent:1", "memory": 64}]
    ecs.register_task_definition(family="agent", containerDefinitions=bridged)
    ecs.create_service(cluster="shop", serviceName="agent", taskDefinition="agent", schedulingStrategy="DAEMON")

    instances = ecs.list_container_instances(cluster="shop")["containerInstanceArns"]
    arns = ecs.list_tasks(cluster="shop", serviceName="agent")["taskArns"]
    tasks = ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    assert sorted(task["containerInstanceArn"] for task in tasks) == sorted(instances)
    for each in ecs.describe_container_instances(cluster="shop", containerInstances=instances)["containerInstances"]:
        assert (each["capacityProviderName"], each["runningTasksCount"]) == ("own", 1)
        assert {"name": "ecs.cpu-architecture", "value": "arm64"} in each["attributes"]


def test_capacity_providers_are_described_without_names(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    group = {"autoScalingGroupArn": "arn:asg", "managedScaling": {"status": "ENABLED"}}
    ecs.create_capacity_provider(name="own", autoScalingGroupProvider=group)
    found = ecs.describe_capacity_providers()["capacityProviders"]
    assert [each["name"] for each in found] == ["FARGATE", "FARGATE_SPOT", "own"]
    assert found[2]["autoScalingGroupProvider"] == group


def test_a_task_definition_says_when_and_by_whom_it_was_registered(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    ecs.register_task_definition(
        family="web", tags=[{"key": "owner", "value": "web"}], enableFaultInjection=True, **FARGATE
    )
    answer = ecs.describe_task_definition(taskDefinition="web")
    assert answer["taskDefinition"]["registeredBy"].startswith("arn:aws:sts::")
    assert answer["taskDefinition"]["enableFaultInjection"] is True
    assert answer["taskDefinition"]["registeredAt"].tzinfo is not None
    assert "tags" not in answer
    assert ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])["tags"][0]["value"] == "web"


def test_a_cluster_tells_only_what_was_asked_for(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(
        clusterName="shop",
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": "owner", "value": "web"}],
    )
    bare = ecs.describe_clusters(clusters=["shop"])["clusters"][0]
    assert (bare["settings"], bare["tags"]) == ([], [])
    full = ecs.describe_clusters(clusters=["shop"], include=["SETTINGS", "TAGS"])["clusters"][0]
    assert full["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    assert full["tags"] == [{"key": "owner", "value": "web"}]


def test_a_cluster_counts_its_services_and_tasks(aws: SimulatedAws) -> None:
    web(aws, desiredCount=3)
    found = aws.client("ecs").describe_clusters(clusters=["shop"])["clusters"][0]
    assert (found["activeServicesCount"], found["runningTasksCount"], found["pendingTasksCount"]) == (1, 3, 0)


def test_regions_are_apart(aws: SimulatedAws) -> None:
    aws.client("ecs", "eu-central-1").create_cluster(clusterName="elsewhere")
    assert aws.client("ecs").list_clusters()["clusterArns"] == []
    arns = aws.client("ecs", "eu-central-1").list_clusters()["clusterArns"]
    assert arns == [f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/elsewhere"]


def test_arns_name_the_partition_of_their_region(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs", "us-gov-west-1")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", **FARGATE)
    made = ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web")["service"]
    assert made["serviceArn"] == f"arn:aws-us-gov:ecs:us-gov-west-1:{ACCOUNT}:service/shop/web"


def test_a_role_of_another_account_sees_that_account(aws: SimulatedAws) -> None:
    taken = aws.client("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/reader", RoleSessionName="test")
    keys = taken["Credentials"]
    there: Any = boto3.client(
        "ecs",
        region_name="us-east-1",
        endpoint_url=aws.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    there.create_cluster(clusterName="theirs")
    there.register_task_definition(family="web", **FARGATE)
    arn = there.create_service(cluster="theirs", serviceName="web", taskDefinition="web")["service"]["serviceArn"]
    assert arn == "arn:aws:ecs:us-east-1:222222222222:service/theirs/web"
    assert aws.client("ecs").list_clusters()["clusterArns"] == []


def test_listener_rules_have_ids_that_stay(aws: SimulatedAws) -> None:
    shown = []
    for _ in range(2):
        aws.reset()
        elbv2(aws)
        listener = aws.client("elbv2").describe_listeners(LoadBalancerArn=_edge(aws))["Listeners"][0]
        group = listener["DefaultActions"][0]["TargetGroupArn"]
        aws.client("elbv2").create_rule(
            ListenerArn=listener["ListenerArn"],
            Priority=1,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        shown.append(aws.client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])["Rules"])
    assert shown[0] == shown[1]
    assert shown[0][0]["Conditions"][0]["Values"] == ["a.example.com"]


def _edge(aws: SimulatedAws) -> str:
    return str(aws.client("elbv2").describe_load_balancers(Names=["edge"])["LoadBalancers"][0]["LoadBalancerArn"])


# --- pages and limits -------------------------------------------------------------------------------------------------


def test_services_are_listed_ten_a_page_unless_asked(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    web(aws, desiredCount=0)
    for number in range(11):
        ecs.create_service(cluster="shop", serviceName=f"web-{number}", taskDefinition="web")
    first = ecs.list_services(cluster="shop")
    assert len(first["serviceArns"]) == 10
    second = ecs.list_services(cluster="shop", nextToken=first["nextToken"])
    assert len(second["serviceArns"]) == 2
    assert "nextToken" not in second
    assert len(set(first["serviceArns"] + second["serviceArns"])) == 12
    assert len(ecs.list_services(cluster="shop", maxResults=100)["serviceArns"]) == 12


Paged = list[tuple[str, dict[str, Any], int]]
"""Operations with what to ask and how many results there are."""


def ec2(aws: SimulatedAws) -> Paged:
    ec2 = aws.client("ec2")
    for number in range(7):
        vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.0.0/24")["Subnet"]["SubnetId"]
        ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway")
    # the default VPC is there too, with its six subnets
    counts = {"vpcs": 8, "subnets": 13, "route_tables": 8, "nat_gateways": 7, "vpc_endpoints": 7}
    counts |= {"security_groups": 8, "network_acls": 8, "network_interfaces": 7}
    return [(f"describe_{name}", {"MaxResults": 5}, count) for name, count in counts.items()]


def elbv2(aws: SimulatedAws) -> Paged:
    elbv2 = aws.client("elbv2")
    subnets = [each["SubnetId"] for each in aws.client("ec2").describe_subnets()["Subnets"][:2]]
    vpc = aws.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elbv2.create_load_balancer(Name="edge", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    for number in range(7):
        made = elbv2.create_target_group(Name=f"g{number}", Protocol="HTTP", Port=80, TargetType="ip", VpcId=vpc)
        forward = [{"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}]
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80 + number, DefaultActions=forward)
    of_balancer = {"LoadBalancerArn": balancer, "PageSize": 3}
    return [("describe_listeners", of_balancer, 7), ("describe_target_groups", {"PageSize": 3}, 7)]


def iam(aws: SimulatedAws) -> Paged:
    for number in range(7):
        aws.client("iam").create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument="{}")
        aws.client("iam").create_user(UserName=f"user-{number}")
    return [("get_account_authorization_details", {"MaxItems": 4}, 14)]


def application_autoscaling(aws: SimulatedAws) -> Paged:
    web(aws)
    scaling = aws.client("application-autoscaling")
    of = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**of, MinCapacity=1, MaxCapacity=2)
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    for number in range(11):
        scaling.put_scaling_policy(
            **of, PolicyName=f"{number}", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
        )
    return [("describe_scaling_policies", {"ServiceNamespace": "ecs"}, 11)]


@pytest.mark.parametrize("seed", [ec2, elbv2, iam, application_autoscaling])
def test_pages_hold_everything_once(aws: SimulatedAws, seed: Callable[[SimulatedAws], Paged]) -> None:
    service = seed.__name__.replace("_", "-")
    client = aws.client(service)
    token_name = "NextToken" if service in ("ec2", "application-autoscaling") else "Marker"
    for operation, given, count in seed(aws):
        results = PAGES[service, client.meta.method_to_api_mapping[operation]].results
        limit = next((value for value in given.values() if isinstance(value, int)), 10)
        pages: list[list[Any]] = []
        token: dict[str, str] = {}
        while not pages or token:
            page = getattr(client, operation)(**given, **token)
            pages.append(_items(page, results))
            marker = page.get("NextMarker") or page.get(token_name)
            token = {token_name: marker} if marker else {}
        assert len(pages) > 1, operation
        assert all(len(page) <= limit for page in pages), operation
        assert sum(len(page) for page in pages) == count, operation
        assert len({repr(item) for page in pages for item in page}) == count, operation


def _items(page: dict[str, Any], results: tuple[str, ...]) -> list[Any]:
    return [item for name in results for item in page.get(name, [])]


def test_task_definitions_beyond_a_hundred_come_on_a_second_page(aws: SimulatedAws) -> None:
    ecs = aws.client("ecs")
    for number in range(101):
        ecs.register_task_definition(family=f"web-{number}", **FARGATE)
    assert len(ecs.list_task_definitions()["taskDefinitionArns"]) == 100
    pages = list(ecs.get_paginator("list_task_definition_families").paginate())
    assert [len(page["families"]) for page in pages] == [100, 1]


TOO_MANY: list[tuple[str, str, dict[str, Any]]] = [
    ("ecs", "describe_services", {"cluster": "shop", "services": ["x"] * 11}),
    ("ecs", "describe_clusters", {"clusters": ["x"] * 101}),
    ("ecs", "describe_tasks", {"cluster": "shop", "tasks": ["x"] * 101}),
    ("ecs", "get_task_protection", {"cluster": "shop", "tasks": ["x"] * 101}),
    ("ecs", "describe_container_instances", {"cluster": "shop", "containerInstances": ["x"] * 101}),
    ("ecs", "describe_service_deployments", {"serviceDeploymentArns": ["x"] * 21}),
    ("ecs", "describe_service_revisions", {"serviceRevisionArns": ["x"] * 21}),
    ("ecs", "list_clusters", {"maxResults": 101}),
    ("ecs", "list_clusters", {"nextToken": "made up"}),
    ("elbv2", "describe_tags", {"ResourceArns": ["x"] * 21}),
    ("elbv2", "describe_target_groups", {"PageSize": 401}),
    ("ec2", "describe_vpcs", {"MaxResults": 1001}),
    ("ec2", "describe_route_tables", {"MaxResults": 101}),
    ("application-autoscaling", "describe_scaling_policies", {"ServiceNamespace": "ecs", "MaxResults": 11}),
]


@pytest.mark.parametrize(("service", "operation", "given"), TOO_MANY, ids=[f"{each[1]}" for each in TOO_MANY])
def test_what_aws_refuses_is_refused(aws: SimulatedAws, service: str, operation: str, given: dict[str, Any]) -> None:
    codes = {"InvalidParameterException", "InvalidParameterValue", "ValidationError", "ValidationException"}
    with pytest.raises(ClientError) as refusal:
        getattr(aws.client(service), operation)(**given)
    assert refusal.value.response["Error"]["Code"] in codes


def test_every_batch_limit_is_tried() -> None:
    tried = {(service, "".join(word.title() for word in operation.split("_"))) for service, operation, _ in TOO_MANY}
    assert set(BATCHES) <= tried


# --- faults -----------------------------------------------------------------------------------------------------------

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("ecs", "list_clusters", {}),
    ("iam", "list_roles", {}),
    ("ec2", "describe_vpcs", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("scheduler", "list_schedules", {}),
    ("route53", "list_hosted_zones", {}),
    ("s3", "list_buckets", {}),
]


def call(aws: SimulatedAws, service: str, operation: str, given: dict[str, Any]) -> Any:
    return getattr(aws.client(service), operation)(**given)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


DENIALS = [
    ("AccessDeniedException", 400, "ecs:ListClusters"),
    ("AccessDenied", 403, "iam:ListRoles"),
    ("UnauthorizedOperation", 403, "ec2:DescribeVpcs"),
    ("AccessDenied", 403, "elasticloadbalancing:DescribeLoadBalancers"),
    ("AccessDeniedException", 403, "scheduler:ListSchedules"),
    ("AccessDenied", 403, "route53:ListHostedZones"),
    ("AccessDenied", 403, "s3:ListAllMyBuckets"),
]


@pytest.mark.parametrize(("asked", "denial"), list(zip(CALLS, DENIALS, strict=True)), ids=[each[2] for each in DENIALS])
def test_a_denial_speaks_the_protocol_of_its_service(
    aws: SimulatedAws, asked: tuple[str, str, dict[str, Any]], denial: tuple[str, int, str]
) -> None:
    aws.deny(asked[0])
    with pytest.raises(ClientError, match=f"is not authorized to perform: {denial[2]}") as error:
        call(aws, *asked)
    assert code_of(error) == denial[:2]


@pytest.mark.parametrize("asked", CALLS, ids=[each[1] for each in CALLS])
def test_a_service_without_faults_answers(aws: SimulatedAws, asked: tuple[str, str, dict[str, Any]]) -> None:
    assert call(aws, *asked)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_denial_can_be_of_one_resource(aws: SimulatedAws) -> None:
    iam = aws.client("iam")
    for name in ("open", "closed"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    aws.deny("iam", "ListRolePolicies", when=lambda call: call.parameters["RoleName"] == "closed")
    assert iam.list_role_policies(RoleName="open")["PolicyNames"] == []
    with pytest.raises(ClientError, match="ListRolePolicies"):
        iam.list_role_policies(RoleName="closed")


def test_throttling_ends_after_so_many_times(aws: SimulatedAws) -> None:
    aws.throttle("ecs", "ListClusters", times=2)
    ecs = aws.client("ecs")
    for _ in range(2):
        with pytest.raises(ClientError, match="Rate exceeded") as error:
            ecs.list_clusters()
        assert code_of(error) == ("ThrottlingException", 400)
    assert ecs.list_clusters()["clusterArns"] == []


def test_throttling_codes_differ_by_protocol(aws: SimulatedAws) -> None:
    aws.throttle("*")
    codes = []
    for asked in CALLS[:5]:
        with pytest.raises(ClientError) as error:
            call(aws, *asked)
        codes.append(code_of(error))
    assert codes == [
        ("ThrottlingException", 400),
        ("Throttling", 400),
        ("RequestLimitExceeded", 503),
        ("Throttling", 400),
        ("ThrottlingException", 429),
    ]


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_service_answers_5xx(aws: SimulatedAws, status: int) -> None:
    aws.fail("ec2", status=status)
    with pytest.raises(ClientError) as error:
        aws.client("ec2").describe_vpcs()
    assert code_of(error)[1] == status


def test_a_token_expires_after_so_many_calls(aws: SimulatedAws) -> None:
    aws.expire_token(after=2)
    aws.client("ecs").list_clusters()
    aws.client("iam").list_roles()
    codes = []
    for asked in CALLS[:3]:
        with pytest.raises(ClientError) as error:
            call(aws, *asked)
        codes.append(code_of(error)[0])
    assert codes == ["ExpiredTokenException", "ExpiredToken", "RequestExpired"]


@pytest.mark.parametrize("put_up", [SimulatedAws.disconnect, SimulatedAws.withdraw])
def test_a_connection_closes_without_an_answer(aws: SimulatedAws, put_up: Callable[..., Any]) -> None:
    put_up(aws, "ecs")
    with pytest.raises(ConnectionClosedError):
        aws.client("ecs").list_clusters()


def test_a_json_answer_cut_by_a_proxy_looks_empty_to_boto3(aws: SimulatedAws) -> None:
    aws.client("ecs").create_cluster(clusterName="shop")
    aws.truncate("ecs", honest_length=True)
    assert "clusterArns" not in aws.client("ecs").list_clusters()


def test_an_xml_answer_cut_by_a_proxy_does_not_parse(aws: SimulatedAws) -> None:
    aws.truncate("ec2", honest_length=True)
    with pytest.raises(ResponseParserError):
        aws.client("ec2").describe_vpcs()


def test_a_body_shorter_than_its_length_is_not_noticed_by_boto3_either(aws: SimulatedAws) -> None:
    aws.client("ecs").create_cluster(clusterName="shop")
    whole = len(json.dumps(aws.client("ecs").list_clusters()["clusterArns"]))
    aws.truncate("ecs")
    answer = aws.client("ecs").list_clusters()
    assert "clusterArns" not in answer
    assert int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"]) > whole


@pytest.mark.parametrize("put_up", [SimulatedAws.garble, SimulatedAws.blank])
def test_a_broken_body_has_status_200(aws: SimulatedAws, put_up: Callable[..., Any]) -> None:
    put_up(aws, "ecs", times=1)
    ecs = aws.client("ecs")
    broken = ecs.list_clusters()
    assert broken["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "clusterArns" not in broken
    assert ecs.list_clusters()["clusterArns"] == []


def test_latency_does_not_change_the_answer(aws: SimulatedAws) -> None:
    fault = aws.delay("ecs", seconds=0.01)
    assert aws.client("ecs").list_clusters()["clusterArns"] == []
    assert fault.hits == 1


def test_faults_add_up(aws: SimulatedAws) -> None:
    aws.delay("ecs", seconds=0.001)
    aws.deny("ecs", "ListClusters")
    with pytest.raises(ClientError, match="ecs:ListClusters"):
        aws.client("ecs").list_clusters()


@pytest.mark.parametrize("service", ["ecs", "ec2"])
def test_an_answer_can_be_overridden(aws: SimulatedAws, service: str) -> None:
    if service == "ecs":
        web(aws)
        aws.override("ecs", "DescribeServices", lambda answer: answer["services"][0].update(runningCount=7))
        assert describe(aws, "web")["runningCount"] == 7
    else:
        aws.override("ec2", "DescribeVpcs", lambda answer: {"Vpcs": [answer["Vpcs"][0] | {"VpcId": "vpc-42"}]})
        assert [each["VpcId"] for each in aws.client("ec2").describe_vpcs()["Vpcs"]] == ["vpc-42"]


def test_faults_go_and_resources_stay(aws: SimulatedAws) -> None:
    aws.client("ecs").create_cluster(clusterName="shop")
    aws.deny("ecs")
    aws.clear_faults()
    assert len(aws.client("ecs").list_clusters()["clusterArns"]) == 1


# --- the log and the environment --------------------------------------------------------------------------------------


def test_calls_are_logged_with_service_operation_and_region(aws: SimulatedAws) -> None:
    aws.client("elbv2", "eu-west-1").describe_load_balancers(PageSize=5)
    aws.client("elb").describe_load_balancers()
    aws.client("scheduler").list_schedules(MaxResults=3)
    aws.client("stepfunctions").list_state_machines()
    logged = [(each.service, each.operation, each.region) for each in aws.calls]
    assert logged == [
        ("elbv2", "DescribeLoadBalancers", "eu-west-1"),
        ("elb", "DescribeLoadBalancers", "us-east-1"),
        ("scheduler", "ListSchedules", "us-east-1"),
        ("stepfunctions", "ListStateMachines", "us-east-1"),
    ]
    assert aws.calls[0].parameters["PageSize"] == 5
    assert aws.calls[2].parameters["MaxResults"] == 3


def test_a_denied_call_is_logged_too(aws: SimulatedAws) -> None:
    aws.deny("ecs")
    with pytest.raises(ClientError):
        aws.client("ecs").list_clusters()
    assert aws.counts() == {"ecs:ListClusters": 1}


BEYOND: list[tuple[str, str, dict[str, Any]]] = [
    ("ecs", "create_cluster", {}),
    ("secretsmanager", "get_secret_value", {"SecretId": "x"}),
    ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["x"]}),
    ("ssm", "get_parameter", {"Name": "x"}),
    ("ssm", "get_parameters_by_path", {"Path": "/"}),
    ("ecr", "get_authorization_token", {}),
    ("ec2", "get_password_data", {"InstanceId": "i-1"}),
    ("sts", "get_session_token", {}),
]


@pytest.mark.parametrize("asked", BEYOND, ids=[each[1] for each in BEYOND])
def test_writes_and_secret_reads_stand_out(aws: SimulatedAws, asked: tuple[str, str, dict[str, Any]]) -> None:
    with contextlib.suppress(ClientError):
        call(aws, *asked)
    assert len(aws.calls_beyond_reading()) == 1


def test_reads_do_not_stand_out(aws: SimulatedAws) -> None:
    aws.client("ecs").list_clusters()
    aws.client("sts").get_caller_identity()
    aws.client("ecr").describe_repositories()
    assert aws.calls_beyond_reading() == ()


def test_another_process_is_pointed_at_the_simulation_alone(aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    aws.client("ecs").create_cluster(clusterName="shop")
    script = "import boto3; print(boto3.client('ecs').list_clusters()['clusterArns'][0])"
    ran = subprocess.run(
        [sys.executable, "-c", script], env=aws.environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip().endswith(":cluster/shop")
    assert os.environ["AWS_PROFILE"] == "nowhere"


# --- the estates ------------------------------------------------------------------------------------------------------


def _resources(aws: SimulatedAws) -> list[str]:
    """Every service, with what would differ if ids were random."""
    ecs = aws.client("ecs")
    shown = []
    for cluster in ecs.list_clusters()["clusterArns"]:
        for arn in ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]:
            found = ecs.describe_services(cluster=cluster, services=[arn])["services"][0]
            shown.append(
                f"{arn} {found.get('networkConfiguration')} {found['currentServiceDeployment']}"
                if found["deployments"]
                else arn
            )
    return shown


def test_equal_seeds_make_equal_ids(aws: SimulatedAws) -> None:
    clean.seed(aws)  # what moto loads when it is first asked draws ids too
    aws.reset()
    clean.seed(aws)
    first = _resources(aws)
    aws.reset()
    clean.seed(aws)
    assert first == _resources(aws)
    assert len(first) == 6


def test_a_generated_estate_has_the_size_asked_for_and_is_the_same_each_time() -> None:
    made = generate.estate(7, 5, seed=3)
    assert len(made.workloads) == 7
    assert {len(each.container_definitions[0].environment) for each in made.task_definitions} == {5}
    assert made == generate.estate(7, 5, seed=3)
    assert made != generate.estate(7, 5, seed=4)


def test_the_clean_estate_passes_the_strictest_gate(aws: SimulatedAws, tmp_path: Path) -> None:
    clean.seed(aws)
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "assess", "scan", "-q", "--fail-on", "low", "-o", str(report)]
    ran = subprocess.run(command, env=aws.environment(), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {each["verdict"] for each in json.loads(report.read_bytes())["workloads"]} == {"ready"}
    assert aws.calls_beyond_reading() == ()


def test_the_demo_shows_every_verdict(aws_server: SimulatedAws, tmp_path: Path) -> None:
    assert demo.scan(aws_server, tmp_path, tmp_path / "estate.json") == 0
    report = json.loads((tmp_path / "report.json").read_bytes())
    verdicts = {each["name"]: each["verdict"] for each in report["workloads"]}
    assert set(verdicts.values()) == {"ready", "ready_with_work", "not_ready", "blocked", "undetermined"}
    assert (verdicts["admin"], verdicts["loyalty"], verdicts["cart"]) == ("ready", "undetermined", "blocked")
    assert {each["kind"] for each in report["workloads"]} == {
        "service",
        "daemon",
        "scheduled_task",
        "triggered_task",
        "standalone_task",
    }
    assert report["scope"]["blind"] == []
    assert (tmp_path / "report.md").read_text().strip()
