from typing import Any

import pytest

from assess.config import Policy
from assess.estate.gaps import Reason
from assess.rule import CRITICAL, HIGH, LOW, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    Case,
    Given,
    Piece,
    container,
    denied,
    fails,
    given,
    never,
    not_applicable,
    passes,
    primary,
    service,
    target,
    task,
    task_arn,
    unknown,
)

SERVICE_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"
TASK = task(networkMode="awsvpc")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders"
ALL_ENDPOINTS = ("ec2", "ecr.api", "ecr.dkr", "sts", "logs", "eks", "eks-auth", "elasticloadbalancing", "autoscaling")


def vpc(dns: bool | None = True, names: bool | None = True) -> Given:
    return given("vpcs", VpcId="vpc-1", CidrBlock="10.0.0.0/16", EnableDnsSupport=dns, EnableDnsHostnames=names)


def subnet(id: str, zone: str = "euw1-az1", free: int | None = 4000, cidr: str = "10.0.1.0/24", **more: Any) -> Given:
    return given(
        "subnets",
        SubnetId=id,
        VpcId="vpc-1",
        CidrBlock=cidr,
        AvailabilityZoneId=zone,
        AvailableIpAddressCount=free,
        **more,
    )


def table(id: str, *subnets: str, **target: str) -> Given:
    routes = [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}]
    if target:
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", **target})
    associations = [{"Main": False, "SubnetId": each} for each in subnets] or [{"Main": True}]
    return given("route_tables", RouteTableId=id, VpcId="vpc-1", Associations=associations, Routes=routes)


def nat(*subnets: str) -> Given:
    return table("rtb-nat", *subnets, NatGatewayId="nat-1")


def internet(*subnets: str) -> Given:
    return table("rtb-igw", *subnets, GatewayId="igw-1")


def isolated(*subnets: str) -> Given:
    return table("rtb-none", *subnets)


def network(*subnets: str, groups: tuple[str, ...] = ("sg-orders",), public: str = "DISABLED") -> dict[str, Any]:
    return {
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(subnets),
                "securityGroups": list(groups),
                "assignPublicIp": public,
            }
        }
    }


def endpoint(name: str, kind: str = "Interface", **more: Any) -> Given:
    return given(
        "vpc_endpoints",
        VpcEndpointId=f"vpce-{name}",
        VpcId="vpc-1",
        ServiceName=f"com.amazonaws.{REGION}.{name}",
        VpcEndpointType=kind,
        State="available",
        **more,
    )


def group(id: str, *permissions: dict[str, Any], **more: Any) -> Given:
    return given("security_groups", GroupId=id, GroupName=id, VpcId="vpc-1", IpPermissions=list(permissions), **more)


def admits(*sources: str, port: int = 5432, cidr: str = "") -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "UserIdGroupPairs": [{"GroupId": each} for each in sources],
        "IpRanges": [{"CidrIp": cidr}] if cidr else [],
    }


def scalable(highest: int) -> Given:
    return given("scalable_targets", ResourceId="service/shop/orders", MinCapacity=2, MaxCapacity=highest)


def two_zones(free: int, other: int | None = None) -> tuple[Given, ...]:
    second = free if other is None else other
    return (
        vpc(),
        subnet("subnet-1", "euw1-az1", free),
        subnet("subnet-2", "euw1-az2", second, "10.0.2.0/24"),
        nat("subnet-1", "subnet-2"),
    )


RUNNING = (TASK, service(**network("subnet-1", "subnet-2")))
# two tasks: ceil(2 / 2 x 1.25) = 2 Pods, 1 node with 2 daemons and 10 spare addresses, 5 of the system, 8 for balancers
NEED = 2 + 2 + 5 + 1 + 10 + 8
# forty tasks: 25 Pods, the rest as above
MANY = 25 + 2 + 5 + 1 + 10 + 8
REFUSED_ROUTES = denied("vpc.routes", "ec2:DescribeRouteTables")
NO_ROUTES: tuple[Piece, ...] = (*RUNNING, *two_zones(4000)[:3], REFUSED_ROUTES)
IN_ONE: tuple[Piece, ...] = (service(**network("subnet-1")), vpc(), subnet("subnet-1"))

SIX = [{"Ipv6CidrBlock": "2001:db8:1234::/56"}]
FAMILIES = (
    fails(
        "VPC-IPV6",
        "the VPC has an IPv6 block",
        *RUNNING,
        subnet("subnet-1"),
        subnet("subnet-2"),
        given("vpcs", VpcId="vpc-1", CidrBlock="10.0.0.0/16", Ipv6CidrBlockAssociationSet=SIX),
        says="VPC vpc-1 has IPv6 addresses",
        element="vpc",
        at="/Ipv6CidrBlockAssociationSet/0/Ipv6CidrBlock",
    ),
    fails(
        "VPC-IPV6",
        "a load balancer is dual-stack",
        *RUNNING,
        subnet("subnet-1"),
        subnet("subnet-2"),
        vpc(),
        given(
            "load_balancers",
            LoadBalancerArn=f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/edge/1",
            LoadBalancerName="edge",
            VpcId="vpc-1",
            IpAddressType="dualstack",
        ),
        says="load balancer edge in VPC vpc-1 is reached by IPv6",
        element="edge",
        at="/IpAddressType",
    ),
    not_applicable("VPC-IPV6", "IPv4 only", *RUNNING, subnet("subnet-1"), subnet("subnet-2"), vpc()),
    unknown(
        "VPC-IPV6",
        "VPCs could not be described",
        *RUNNING,
        subnet("subnet-1"),
        subnet("subnet-2"),
        denied("vpc.vpcs", "ec2:DescribeVpcs"),
        reason=Reason.DENIED,
    ),
)

CASES = (
    *FAMILIES,
    fails(
        "VPC-IP-CAPACITY",
        "every zone holds fewer addresses than the largest workload has Pods",
        *RUNNING,
        *two_zones(39, 30),
        scalable(40),
        says=f"VPC vpc-1 has 30 free addresses in zone euw1-az2, where the parallel run needs about {MANY} at its peak",
        severity=CRITICAL,
        at="/AvailableIpAddressCount",
    ),
    fails(
        "VPC-IP-CAPACITY",
        "one zone holds fewer than the parallel run needs",
        *RUNNING,
        *two_zones(4000, MANY - 1),
        scalable(40),
        says=f"VPC vpc-1 has {MANY - 1} free addresses in zone euw1-az2,"
        f" where the parallel run needs about {MANY} at its peak",
        severity=HIGH,
    ),
    fails(
        "VPC-IP-CAPACITY",
        "one zone holds fewer than twice what the parallel run needs",
        *RUNNING,
        *two_zones(4000, 2 * NEED - 1),
        says=f"VPC vpc-1 has {2 * NEED - 1} free addresses in zone euw1-az2,"
        f" where the parallel run needs about {NEED} at its peak",
        severity=MEDIUM,
    ),
    fails(
        "VPC-IP-CAPACITY",
        "scaling, which may raise the peak, was refused",
        *RUNNING,
        *two_zones(2 * NEED - 1),
        denied("autoscaling", "application-autoscaling:DescribeScalableTargets"),
        says=f"VPC vpc-1 has {2 * NEED - 1} free addresses in zone euw1-az1,"
        f" where the parallel run needs about {NEED} at its peak",
        severity=MEDIUM,
        may_be_worse=Reason.DENIED,
    ),
    fails(
        "VPC-IP-CAPACITY",
        "tasks that share their instance's address need one each",
        task(networkMode="bridge"),
        given(
            "container_instances",
            containerInstanceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/shop/1",
            clusterArn=CLUSTER,
            ec2InstanceId="i-1",
        ),
        given("instances", InstanceId="i-1", SubnetId="subnet-1", VpcId="vpc-1"),
        vpc(),
        subnet("subnet-1", free=1),
        nat("subnet-1"),
        says="VPC vpc-1 has 1 free address in zone euw1-az1, where the parallel run needs about 34 at its peak",
        severity=CRITICAL,
    ),
    passes("VPC-IP-CAPACITY", "twice what the parallel run needs", *RUNNING, *two_zones(2 * NEED)),
    passes(
        "VPC-IP-CAPACITY",
        "the addresses of a secondary range count",
        *RUNNING,
        *two_zones(10)[:3],
        subnet("subnet-3", "euw1-az1", 4000, "100.64.0.0/18"),
        subnet("subnet-4", "euw1-az2", 4000, "100.64.64.0/18"),
        nat("subnet-1", "subnet-2", "subnet-3", "subnet-4"),
    ),
    passes(
        "VPC-IP-CAPACITY",
        "the policy plans without spare addresses",
        *RUNNING,
        *two_zones(2 * (NEED - 10)),
        Policy(thresholds={"VPC-IP-CAPACITY.warm_addresses_per_node": 0}),
    ),
    not_applicable("VPC-IP-CAPACITY", "an IPv6 cluster is chosen", *RUNNING, *two_zones(3), target(ipv6=True)),
    unknown("VPC-IP-CAPACITY", "routes were refused", *NO_ROUTES, reason=Reason.DENIED),
    unknown(
        "VPC-IP-CAPACITY",
        "another service was refused, which may need addresses too",
        *RUNNING,
        *two_zones(4000),
        denied("ecs.services", "ecs:DescribeServices", resource=f"{SERVICE_ARN}-more"),
        reason=Reason.DENIED,
    ),
    unknown(
        "VPC-IP-CAPACITY",
        "AWS did not say how many addresses are free",
        *RUNNING,
        vpc(),
        subnet("subnet-1", free=None),
        subnet("subnet-2"),
        nat("subnet-1", "subnet-2"),
        reason=Reason.NO_DATA,
        subject="vpc-1",
    ),
    fails(
        "VPC-AZ-COUNT",
        "one zone",
        *RUNNING,
        vpc(),
        subnet("subnet-1"),
        subnet("subnet-2", cidr="10.0.2.0/24"),
        nat("subnet-1", "subnet-2"),
        says="VPC vpc-1 has private subnets in one zone, and EKS needs two",
        at="/AvailableIpAddressCount",
    ),
    fails(
        "VPC-AZ-COUNT",
        "public subnets only",
        *RUNNING,
        *two_zones(4000)[:3],
        internet("subnet-1", "subnet-2"),
        says="VPC vpc-1 has private subnets in no zone, and EKS needs two",
        at="/VpcId",
    ),
    fails(
        "VPC-AZ-COUNT",
        "no room in the second zone",
        *RUNNING,
        *two_zones(4000, 15),
        says="fewer than two zones of VPC vpc-1 have a private subnet with 16 free addresses for the EKS control plane",
    ),
    fails(
        "VPC-AZ-COUNT",
        "a zone without control planes, a Local Zone and an Outpost do not count",
        *RUNNING,
        vpc(),
        subnet("subnet-1", "use1-az1"),
        subnet("subnet-2", "use1-az3"),
        subnet("subnet-3", "use1-bos1-az1"),
        subnet("subnet-4", "use1-az2", OutpostArn="arn:aws:outposts:us-east-1:111122223333:outpost/op-1"),
        table("rtb-main", NatGatewayId="nat-1"),
        says="VPC vpc-1 has private subnets in one zone, and EKS needs two",
    ),
    passes("VPC-AZ-COUNT", "two zones with room", *RUNNING, *two_zones(16)),
    passes(
        "VPC-AZ-COUNT",
        "the policy asks for six addresses only",
        *RUNNING,
        *two_zones(6),
        Policy(thresholds={"VPC-AZ-COUNT.free_addresses": 6}),
    ),
    unknown("VPC-AZ-COUNT", "routes were refused", *NO_ROUTES, reason=Reason.DENIED),
    fails(
        "VPC-DNS-ATTR",
        "host names are off",
        *RUNNING,
        vpc(names=False),
        *two_zones(4000)[1:],
        says="VPC vpc-1 has DNS host names switched off",
        at="/EnableDnsHostnames",
    ),
    fails(
        "VPC-DNS-ATTR",
        "both are off",
        *RUNNING,
        vpc(dns=False, names=False),
        *two_zones(4000)[1:],
        says="VPC vpc-1 has DNS support and DNS host names switched off",
    ),
    passes("VPC-DNS-ATTR", "both are on", *RUNNING, *two_zones(4000)),
    unknown(
        "VPC-DNS-ATTR",
        "the attributes were refused",
        *RUNNING,
        vpc(None, None),
        *two_zones(4000)[1:],
        denied("vpc.vpcs", "ec2:DescribeVpcAttribute", resource="vpc-1"),
        reason=Reason.DENIED,
        needs="ec2:DescribeVpcAttribute",
        worst=CRITICAL,
    ),
    unknown(
        "VPC-DNS-ATTR",
        "one attribute was not read",
        *RUNNING,
        vpc(names=None),
        *two_zones(4000)[1:],
        reason=Reason.NOT_COLLECTED,
    ),
    fails(
        "VPC-EGRESS",
        "no default route and three endpoints",
        TASK,
        *IN_ONE,
        isolated("subnet-1"),
        *(endpoint(each) for each in ("ecr.api", "ecr.dkr", "logs")),
        says="subnet subnet-1 has no default route and no endpoint for ec2, s3, sts, eks, eks-auth,"
        " elasticloadbalancing, autoscaling",
        at="/Routes",
    ),
    fails(
        "VPC-EGRESS",
        "the NAT gateway is gone, and the endpoint for S3 belongs to another route table",
        TASK,
        *IN_ONE,
        table("rtb-nat", "subnet-1", NatGatewayId="nat-1", State="blackhole"),
        *(endpoint(each) for each in ALL_ENDPOINTS),
        endpoint("s3", "Gateway", RouteTableIds=["rtb-other"]),
        says="subnet subnet-1 has no default route and no endpoint for s3",
    ),
    passes(
        "VPC-EGRESS", "a NAT gateway", TASK, service(**network("subnet-1")), vpc(), subnet("subnet-1"), nat("subnet-1")
    ),
    passes(
        "VPC-EGRESS",
        "the transit gateway of the main route table",
        TASK,
        *IN_ONE,
        table("rtb-main", TransitGatewayId="tgw-1"),
    ),
    passes(
        "VPC-EGRESS",
        "every endpoint",
        TASK,
        *IN_ONE,
        isolated("subnet-1"),
        *(endpoint(each) for each in ALL_ENDPOINTS),
        endpoint("s3", "Gateway", RouteTableIds=["rtb-none"]),
    ),
    not_applicable(
        "VPC-EGRESS",
        "a public subnet",
        TASK,
        *IN_ONE,
        internet("subnet-1"),
    ),
    unknown(
        "VPC-EGRESS",
        "endpoints were refused",
        TASK,
        *IN_ONE,
        isolated("subnet-1"),
        denied("vpc.endpoints", "ec2:DescribeVpcEndpoints"),
        reason=Reason.DENIED,
    ),
    fails(
        "VPC-SUBNET-TAGS",
        "no tag",
        TASK,
        service(**network("subnet-1")),
        subnet("subnet-1", Tags=[{"Key": "Name", "Value": "private-a"}]),
        says="subnet private-a has no tag that tells Kubernetes which load balancers it takes",
        at="/Tags",
    ),
    not_applicable(
        "VPC-SUBNET-TAGS",
        "a tag",
        TASK,
        service(**network("subnet-1")),
        subnet("subnet-1", Tags=[{"Key": "kubernetes.io/role/internal-elb", "Value": "1"}]),
    ),
    unknown(
        "VPC-SUBNET-TAGS",
        "subnets were refused",
        TASK,
        service(**network("subnet-1")),
        denied("vpc.subnets", "ec2:DescribeSubnets"),
        reason=Reason.DENIED,
    ),
    fails(
        "VPC-SG-REFERENCE",
        "a database and a cache admit the tasks, and one rule leads to them",
        *RUNNING,
        *two_zones(4000),
        group("sg-orders", admits("sg-orders", port=9000)),
        group("sg-db", admits("sg-orders", "sg-batch")),
        group("sg-cache", {**admits("sg-orders"), "FromPort": 6379, "ToPort": 6380}),
        group("sg-lb", IpPermissionsEgress=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-orders"}]}]),
        says="rules of other security groups name sg-orders, the group of tasks: sg-cache (tcp 6379-6380),"
        " sg-db (tcp 5432), sg-lb (all traffic)",
        at="/IpPermissions/0/UserIdGroupPairs/0/GroupId",
    ),
    fails(
        "VPC-SG-REFERENCE",
        "the range covers one of two subnets, and another port",
        *RUNNING,
        *two_zones(4000),
        group("sg-orders"),
        group("sg-db", admits("sg-orders"), admits(cidr="10.0.1.0/24"), admits(port=80, cidr="10.0.0.0/8")),
        says="rules of other security groups name sg-orders, the group of tasks: sg-db (tcp 5432)",
    ),
    passes(
        "VPC-SG-REFERENCE", "no other group names it", *RUNNING, *two_zones(4000), group("sg-orders"), group("sg-db")
    ),
    passes(
        "VPC-SG-REFERENCE",
        "the same port is open to the subnets",
        *RUNNING,
        *two_zones(4000),
        group("sg-orders"),
        group("sg-db", admits("sg-orders"), admits(cidr="10.0.0.0/16")),
    ),
    not_applicable(
        "VPC-SG-REFERENCE",
        "the tasks share their instance's network",
        task(networkMode="bridge"),
        service(**network("subnet-1")),
        group("sg-orders"),
        group("sg-db", admits("sg-orders")),
    ),
    unknown(
        "VPC-SG-REFERENCE",
        "security groups were refused",
        *RUNNING,
        *two_zones(4000),
        denied("vpc.security_groups", "ec2:DescribeSecurityGroups"),
        reason=Reason.DENIED,
    ),
    fails(
        "VPC-PUBLIC-TASKS",
        "public subnets beside private ones with a NAT gateway",
        TASK,
        service(**network("subnet-1", public="ENABLED")),
        subnet("subnet-1"),
        subnet("subnet-2"),
        internet("subnet-1"),
        nat("subnet-2"),
        says="tasks of workload orders get public addresses",
        severity=MEDIUM,
        at="/networkConfiguration/awsvpcConfiguration/assignPublicIp",
    ),
    fails(
        "VPC-PUBLIC-TASKS",
        "no subnet has a NAT gateway",
        TASK,
        service(**network(), deployments=primary(**network("subnet-1", public="ENABLED"))),
        subnet("subnet-1"),
        internet("subnet-1"),
        says="tasks of workload orders get public addresses",
        severity=HIGH,
        at="/deployments/0/networkConfiguration/awsvpcConfiguration/assignPublicIp",
    ),
    fails(
        "VPC-PUBLIC-TASKS",
        "callers use the public addresses",
        task(container(portMappings=[{"containerPort": 8080}]), networkMode="awsvpc"),
        service(**network("subnet-1", public="ENABLED")),
        subnet("subnet-1"),
        subnet("subnet-2"),
        internet("subnet-1"),
        nat("subnet-2"),
        group("sg-orders", admits(port=8080, cidr="0.0.0.0/0")),
        says="tasks of workload orders get public addresses",
        severity=HIGH,
    ),
    fails(
        "VPC-PUBLIC-TASKS",
        "a private subnet",
        TASK,
        service(**network("subnet-1", public="ENABLED")),
        subnet("subnet-1"),
        nat("subnet-1"),
        says="tasks of workload orders get public addresses, in private subnets where that has no effect",
        severity=LOW,
    ),
    fails(
        "VPC-PUBLIC-TASKS",
        "routes were refused",
        TASK,
        service(**network("subnet-1", public="ENABLED")),
        subnet("subnet-1"),
        REFUSED_ROUTES,
        says="tasks of workload orders get public addresses",
        severity=MEDIUM,
        softest=LOW,
        may_be_worse=Reason.DENIED,
    ),
    fails(
        "VPC-PUBLIC-TASKS",
        "a scheduled task",
        TASK,
        given(
            "schedules",
            Arn="arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly",
            Name="nightly",
            ScheduleExpression="rate(1 day)",
            Target={
                "Arn": CLUSTER,
                "EcsParameters": {
                    "TaskDefinitionArn": task_arn("orders"),
                    "NetworkConfiguration": {
                        "awsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "ENABLED"}
                    },
                },
            },
        ),
        subnet("subnet-1"),
        internet("subnet-1"),
        says="tasks of workload orders get public addresses",
        severity=HIGH,
        at="/Target/EcsParameters/NetworkConfiguration",
    ),
    passes("VPC-PUBLIC-TASKS", "disabled", *RUNNING, *two_zones(4000)),
    not_applicable("VPC-PUBLIC-TASKS", "bridge mode", task(networkMode="bridge")),
    unknown(
        "VPC-PUBLIC-TASKS",
        "the service was refused",
        TASK,
        service(),
        denied("ecs.services", "ecs:DescribeServices", resource=SERVICE_ARN),
        reason=Reason.DENIED,
    ),
    fails(
        "VPC-ENDPOINT-POLICY",
        "a role is named, and another endpoint asks for the principal",
        *RUNNING,
        *two_zones(4000),
        endpoint("s3", PolicyDocument={"Statement": [{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "*"}]}),
        endpoint(
            "sqs",
            PolicyDocument={
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "*",
                    "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}},
                }
            },
        ),
        says=(
            f"the policy of endpoint vpce-s3 (com.amazonaws.{REGION}.s3) names roles",
            f"the policy of endpoint vpce-sqs (com.amazonaws.{REGION}.sqs) names roles",
        ),
        at=("/PolicyDocument", "/PolicyDocument"),
    ),
    passes(
        "VPC-ENDPOINT-POLICY",
        "everybody is admitted",
        *RUNNING,
        *two_zones(4000),
        endpoint("s3", PolicyDocument={"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}),
    ),
    not_applicable("VPC-ENDPOINT-POLICY", "no endpoint", *RUNNING, *two_zones(4000)),
    unknown(
        "VPC-ENDPOINT-POLICY",
        "endpoints were refused",
        *RUNNING,
        *two_zones(4000),
        denied("vpc.endpoints", "ec2:DescribeVpcEndpoints"),
        reason=Reason.DENIED,
    ),
)

NEVER = (
    never("VPC-AZ-COUNT", "not_applicable", "only VPCs with workloads are looked at"),
    never("VPC-DNS-ATTR", "not_applicable", "every VPC has the attributes"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
