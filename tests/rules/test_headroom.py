from typing import Any

import pytest

from assess.estate import quotas
from assess.estate.gaps import Reason
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    Piece,
    cluster,
    container,
    denied,
    fails,
    file,
    given,
    never,
    passes,
    service,
    target,
    task,
    undescribed,
    unknown,
)

NAMES = {
    quotas.EKS_CLUSTERS: "Clusters",
    quotas.ON_DEMAND_VCPUS: "On-Demand vCPUs",
    quotas.SPOT_VCPUS: "Spot vCPUs",
    quotas.FARGATE_VCPUS: "Fargate vCPUs",
    quotas.NETWORK_INTERFACES: "Interfaces",
    quotas.TARGET_GROUPS: "Target groups",
    quotas.RULES_OF_A_LOAD_BALANCER: "Rules",
}


def quota(code: str, value: float, used: float | None = None) -> Given:
    use = {} if used is None else {"Used": used}
    arn = f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:any/{code}"
    return given("quotas", QuotaArn=arn, QuotaCode=code, QuotaName=NAMES[code], Value=value, **use)


SIZE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": "1024", "memory": "2048"}
TEN = (task(**SIZE), service(launchType="FARGATE", desiredCount=10))
"""Ten tasks of one vCPU, so that 14 of nodes are needed."""
REFUSED = denied("quotas", "servicequotas:GetServiceQuota")
MIXED = [
    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    {"capacityProvider": "FARGATE", "weight": 1},
]
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/shop/1"
RULES: tuple[Piece, ...] = (
    given("load_balancers", LoadBalancerArn=BALANCER, LoadBalancerName="shop", Type="application"),
    given("listeners", ListenerArn=f"{BALANCER}/1", LoadBalancerArn=BALANCER),
    *(given("listener_rules", RuleArn=f"{BALANCER}/1/{n}", ListenerArn=f"{BALANCER}/1") for n in range(9)),
    given("listener_rules", RuleArn=f"{BALANCER}/1/d", ListenerArn=f"{BALANCER}/1", IsDefault=True),
)

ROOM = (
    fails(
        "RSK-QUOTA",
        "too few vCPUs are left for the nodes",
        *TEN,
        quota(quotas.ON_DEMAND_VCPUS, 32, 15),
        says="the move needs 14 of quota On-Demand vCPUs, which leaves 17 of 32",
        element=quotas.ON_DEMAND_VCPUS,
        at="/Value",
    ),
    fails(
        "RSK-QUOTA",
        "Spot and on demand",
        task(**SIZE),
        service(launchType=None, desiredCount=12, capacityProviderStrategy=MIXED),
        quota(quotas.ON_DEMAND_VCPUS, 10),
        quota(quotas.SPOT_VCPUS, 10),
        says="the move needs 12 of quota Spot vCPUs, which leaves 10 of 10",
    ),
    fails(
        "RSK-QUOTA",
        "EKS Fargate takes from the same quota",
        *TEN,
        quota(quotas.FARGATE_VCPUS, 20, 10),
        quota(quotas.ON_DEMAND_VCPUS, 1),
        quota(quotas.NETWORK_INTERFACES, 100),
        target(compute="fargate"),
        says="the move needs 10 of quota Fargate vCPUs, which leaves 10 of 20",
    ),
    fails(
        "RSK-QUOTA",
        "the target groups once more, and the rules of one load balancer",
        *TEN[:1],
        service(
            launchType="FARGATE",
            loadBalancers=[{"targetGroupArn": "arn:group", "containerName": "app", "containerPort": 80}],
        ),
        *RULES,
        quota(quotas.TARGET_GROUPS, 10, 9),
        quota(quotas.RULES_OF_A_LOAD_BALANCER, 10, 9),
        says=(
            "the move needs 9 of quota Rules, which leaves 10 of 10",
            "the move needs 1 of quota Target groups, which leaves 1 of 10",
        ),
    ),
    fails(
        "RSK-QUOTA",
        "as many clusters as there may be",
        *TEN,
        quota(quotas.EKS_CLUSTERS, 5, 5),
        says="the move needs 1 of quota Clusters, which leaves 0 of 5",
    ),
    passes(
        "RSK-QUOTA",
        "room for everything",
        *TEN,
        *RULES,
        *(quota(code, 1000, 100) for code in NAMES),
    ),
    passes("RSK-QUOTA", "a fifth to spare", *TEN, quota(quotas.ON_DEMAND_VCPUS, 18)),
    passes("RSK-QUOTA", "nodes of one's own", *TEN, quota(quotas.ON_DEMAND_VCPUS, 1), target(compute="hybrid_nodes")),
    passes(
        "RSK-QUOTA",
        "a daemon goes with the nodes",
        task(**SIZE),
        service(schedulingStrategy="DAEMON", desiredCount=50),
        quota(quotas.ON_DEMAND_VCPUS, 5),
    ),
    unknown(
        "RSK-QUOTA", "quotas were refused", *TEN, REFUSED, reason=Reason.DENIED, needs="servicequotas:GetServiceQuota"
    ),
    unknown(
        "RSK-QUOTA",
        "one of the services was refused",
        *TEN,
        *undescribed("billing"),
        quota(quotas.ON_DEMAND_VCPUS, 640),
        reason=Reason.DENIED,
    ),
    unknown("RSK-QUOTA", "the region says nothing", *TEN, reason=Reason.NO_DATA),
)

GROUP = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/nodes"
ON_NODES: tuple[Piece, ...] = (
    task(),
    service(launchType=None, capacityProviderStrategy=[{"capacityProvider": "nodes", "weight": 1}]),
    given(
        "capacity_providers",
        capacityProviderArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:capacity-provider/nodes",
        name="nodes",
        autoScalingGroupProvider={"autoScalingGroupArn": GROUP},
    ),
)


def group(desired: int) -> Given:
    return given(
        "auto_scaling_groups",
        AutoScalingGroupARN=GROUP,
        AutoScalingGroupName="nodes",
        MinSize=1,
        MaxSize=6,
        DesiredCapacity=desired,
    )


BACK = (
    fails(
        "RSK-REENABLE",
        "a group at its largest",
        *ON_NODES,
        group(6),
        says="group nodes behind workload orders has all of the 6 instances that it may have",
        element="nodes",
        at="/DesiredCapacity",
        confidence=0.8,
    ),
    fails(
        "RSK-REENABLE",
        "a group at its largest, by the cluster's default",
        task(),
        service(launchType=None),
        ON_NODES[2],
        cluster(capacityProviders=["nodes"], defaultCapacityProviderStrategy=[{"capacityProvider": "nodes"}]),
        group(6),
        says="group nodes behind workload orders has all of the 6 instances that it may have",
    ),
    fails(
        "RSK-REENABLE",
        "the Fargate quota is nearly used up",
        *TEN,
        quota(quotas.FARGATE_VCPUS, 100, 81),
        says="81 of 100 vCPUs of the Fargate quota are in use, which workload orders would have to share on its way "
        "back",
        element=quotas.FARGATE_VCPUS,
        at="/Used",
    ),
    unknown("RSK-REENABLE", "room in the group", *ON_NODES, group(5), reason=Reason.UNANSWERED, needs="survey.R2"),
    unknown(
        "RSK-REENABLE",
        "room in the quota",
        *TEN,
        quota(quotas.FARGATE_VCPUS, 100, 80),
        reason=Reason.UNANSWERED,
        needs="survey.R2",
    ),
    unknown(
        "RSK-REENABLE",
        "the quota is no matter of instances",
        *ON_NODES,
        quota(quotas.FARGATE_VCPUS, 100, 99),
        reason=Reason.UNANSWERED,
    ),
    unknown("RSK-REENABLE", "quotas were refused", *TEN, REFUSED, reason=Reason.DENIED),
    unknown("RSK-REENABLE", "a file", file(container()), reason=Reason.NOT_IN_SOURCE),
    unknown(
        "RSK-REENABLE",
        "capacity providers were refused",
        *ON_NODES[:2],
        denied("ecs.capacity_providers", "ecs:DescribeCapacityProviders"),
        reason=Reason.DENIED,
    ),
)

CASES = (*ROOM, *BACK)
NEVER = (
    never("RSK-QUOTA", "not_applicable", "every account has quotas"),
    never("RSK-REENABLE", "pass", "only people know what will be kept"),
    never("RSK-REENABLE", "not_applicable", "any workload may have to come back"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
