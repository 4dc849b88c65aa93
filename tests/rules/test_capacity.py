from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import LOW, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    cluster,
    container,
    denied,
    fails,
    file,
    given,
    not_applicable,
    passes,
    primary,
    service,
    target,
    task,
    task_arn,
    unknown,
    unseen,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))


def provider(name: str = "nodes", status: str = "ENABLED") -> Given:
    return given(
        "capacity_providers",
        capacityProviderArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:capacity-provider/{name}",
        name=name,
        autoScalingGroupProvider={
            "autoScalingGroupArn": f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:{name}",
            "managedScaling": {"status": status},
        },
    )


def on_provider(name: str = "nodes", **fields: Any) -> Given:
    strategy = [{"capacityProvider": name, "weight": 1}]
    return service(launchType=None, capacityProviderStrategy=strategy, **fields)


def scaled(name: str = "orders") -> Given:
    return given("scalable_targets", ResourceId=f"service/shop/{name}", MinCapacity=1, MaxCapacity=9)


FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


def sized(cpu: str, memory: str) -> Given:
    return task(cpu=cpu, memory=memory, requiresCompatibilities=["FARGATE"], networkMode="awsvpc")


def node(number: int) -> Given:
    return given(
        "container_instances",
        containerInstanceArn=f"arn:aws:ecs:eu-west-1:111122223333:container-instance/shop/{number}",
        clusterArn="arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
        attributes=[{"name": "ecs.instance-type", "value": "m5.large"}],
    )


ON_FARGATE = target(compute="fargate")
SIZES = (
    fails(
        "CAP-CPU-LIMIT-INTRODUCED",
        "a share of CPU on an instance",
        task(container(cpu=256)),
        says="container app has a share of 256 CPU units",
        at="/containerDefinitions/0/cpu",
    ),
    not_applicable("CAP-CPU-LIMIT-INTRODUCED", "the task has a size", task(container(cpu=256), cpu="512")),
    not_applicable("CAP-CPU-LIMIT-INTRODUCED", "no share", task(container(cpu=0))),
    not_applicable("CAP-CPU-LIMIT-INTRODUCED", "Fargate", sized("256", "512")),
    unknown(
        "CAP-CPU-LIMIT-INTRODUCED",
        "the task definition could not be described",
        *UNREAD,
        reason=Reason.DENIED,
    ),
    fails(
        "CAP-FARGATE-ROUNDING",
        "the last size of a row",
        sized("1024", "8192"),
        ON_FARGATE,
        says="the task's 1 vCPU and 8 GB become 2 vCPU and 9 GB on EKS Fargate",
        at="/cpu",
    ),
    fails(
        "CAP-FARGATE-ROUNDING",
        "the largest size",
        sized("16 vCPU", "120 GB"),
        ON_FARGATE,
        says="the task's 16 vCPU and 120 GB become more than EKS Fargate offers",
    ),
    passes("CAP-FARGATE-ROUNDING", "room for the overhead", sized("1024", "7900"), ON_FARGATE),
    not_applicable("CAP-FARGATE-ROUNDING", "nodes", sized("1024", "8192"), target(compute="auto_mode")),
    not_applicable("CAP-FARGATE-ROUNDING", "nothing is chosen", sized("1024", "8192")),
    not_applicable("CAP-FARGATE-ROUNDING", "no size", task(), ON_FARGATE),
    unknown(
        "CAP-FARGATE-ROUNDING",
        "a placeholder for the size",
        file(unresolved={"/cpu": "${CPU}"}, memory="512"),
        ON_FARGATE,
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "CAP-NODE-SIZING",
        "instances",
        task(),
        node(1),
        node(2),
        says="cluster shop has 2 instances (m5.large)",
        element="instances",
        at="/registeredContainerInstancesCount",
    ),
    fails(
        "CAP-NODE-SIZING",
        "managed instances",
        task(),
        cluster(capacityProviders=["managed"]),
        given(
            "capacity_providers",
            capacityProviderArn="arn:aws:ecs:eu-west-1:111122223333:capacity-provider/managed",
            name="managed",
            managedInstancesProvider={"instanceLaunchTemplate": {}},
        ),
        says="cluster shop draws on managed instances of provider managed",
        element="managed",
    ),
    not_applicable("CAP-NODE-SIZING", "Fargate only", sized("256", "512"), cluster(capacityProviders=["FARGATE"])),
    unknown(
        "CAP-NODE-SIZING",
        "instances were not read",
        task(),
        unseen("ecs.container_instances"),
        reason=Reason.NOT_COLLECTED,
    ),
)

LISTED = target(compute="managed_nodes", instance_types=("m7g.xlarge", "c7i.2xlarge"))
"""Four vCPUs with 16 GiB, and eight with 16."""
BIG = (
    fails(
        "CAP-BIG-POD",
        "more memory than half of any of them",
        sized("1 vCPU", "9 GB"),
        LISTED,
        says="the task's 1 vCPU and 9 GB are more than half of every allowed node, of 8 vCPU and 16 GiB at most",
        at="/cpu",
    ),
    fails(
        "CAP-BIG-POD",
        "the containers together, and a list for Karpenter",
        task(container(cpu=1024, memory=4096), container("proxy", cpu=1536, memoryReservation=512)),
        target(compute="karpenter", instance_types=("m7i-flex.xlarge",)),
        says="the task's 2.5 vCPU and 4.5 GB are more than half of every allowed node, of 4 vCPU and 16 GiB at most",
    ),
    passes("CAP-BIG-POD", "half of the largest", sized("4 vCPU", "8 GB"), LISTED),
    passes("CAP-BIG-POD", "more memory", sized("4 vCPU", "30 GB"), target(instance_types=("r8g.2xlarge",))),
    not_applicable("CAP-BIG-POD", "Karpenter chooses freely", sized("16 vCPU", "64 GB"), target(compute="karpenter")),
    not_applicable("CAP-BIG-POD", "EKS Fargate has sizes of its own", sized("16 vCPU", "64 GB"), ON_FARGATE),
    unknown(
        "CAP-BIG-POD",
        "no type is chosen",
        sized("1 vCPU", "2 GB"),
        target(compute="managed_nodes"),
        reason=Reason.UNANSWERED,
        needs="policy.target",
    ),
    unknown("CAP-BIG-POD", "no target is chosen", sized("1 vCPU", "2 GB"), reason=Reason.UNANSWERED),
    *(
        unknown(
            "CAP-BIG-POD",
            f"nothing is known of {name}",
            sized("1 vCPU", "2 GB"),
            target(instance_types=("m7i.large", name)),
            reason=Reason.NO_DATA,
        )
        for name in ("c5n.9xlarge", "m4.xlarge", "x2idn.16xlarge", "m7i.metal-24xl", "t3.large")
    ),
    unknown("CAP-BIG-POD", "the task definition was refused", *UNREAD, LISTED, reason=Reason.DENIED),
    unknown(
        "CAP-BIG-POD",
        "a placeholder for the memory",
        file(unresolved={"/memory": "${MEMORY}"}, cpu="512"),
        LISTED,
        reason=Reason.UNRESOLVED,
    ),
)

CASES = (
    *SIZES,
    *BIG,
    fails(
        "CAP-NO-MEMORY-LIMIT",
        "neither the container nor its task has any memory value",
        task(container()),
        says="container app has neither a memory limit nor a reservation",
        at="/containerDefinitions/0/name",
    ),
    passes("CAP-NO-MEMORY-LIMIT", "the container has a limit", task(container(memory=512))),
    passes("CAP-NO-MEMORY-LIMIT", "the task has a limit", task(container(), memory="1024")),
    passes("CAP-NO-MEMORY-LIMIT", "a reservation alone is another rule's", task(container(memoryReservation=128))),
    not_applicable("CAP-NO-MEMORY-LIMIT", "Fargate bounds the task", task(container(), **FARGATE)),
    unknown("CAP-NO-MEMORY-LIMIT", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    unknown(
        "CAP-NO-MEMORY-LIMIT",
        "a placeholder stands where the limit belongs",
        file(unresolved={"/containerDefinitions/0/memory": "${MEMORY}"}),
        reason=Reason.UNRESOLVED,
    ),
    unknown(
        "CAP-NO-MEMORY-LIMIT",
        "a placeholder stands where the task's memory belongs",
        file(unresolved={"/memory": "${MEMORY}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "CAP-SOFT-LIMIT-ONLY",
        "a reservation without any limit",
        task(container(memoryReservation=128)),
        says="container app reserves 128 MiB of memory and has no limit",
        at="/containerDefinitions/0/memoryReservation",
    ),
    passes("CAP-SOFT-LIMIT-ONLY", "a limit stands beside it", task(container(memoryReservation=128, memory=256))),
    passes("CAP-SOFT-LIMIT-ONLY", "the task has a limit", task(container(memoryReservation=128), memory="512")),
    not_applicable("CAP-SOFT-LIMIT-ONLY", "no reservation", task(container(memory=256))),
    not_applicable(
        "CAP-SOFT-LIMIT-ONLY", "a reservation on Fargate", task(container(memoryReservation=128), **FARGATE)
    ),
    unknown("CAP-SOFT-LIMIT-ONLY", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "CAP-CPU-ZERO",
        "no cpu anywhere",
        task(container()),
        says="container app asks for no CPU, and neither does its task",
        at="/containerDefinitions/0/name",
    ),
    fails(
        "CAP-CPU-ZERO",
        "cpu is 0",
        task(container(cpu=0)),
        says="container app asks for no CPU, and neither does its task",
        at="/containerDefinitions/0/cpu",
    ),
    passes("CAP-CPU-ZERO", "the container asks for cpu", task(container(cpu=128))),
    passes("CAP-CPU-ZERO", "the task asks for cpu", task(container(cpu=0), cpu="512")),
    not_applicable("CAP-CPU-ZERO", "Fargate gives the task a size", task(container(cpu=0), **FARGATE)),
    unknown("CAP-CPU-ZERO", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    unknown(
        "CAP-CPU-ZERO",
        "a placeholder stands where the number belongs",
        file(unresolved={"/containerDefinitions/0/cpu": "{{ cpu }}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "CAP-NODE-AUTOSCALING",
        "managed scaling is disabled and a service scales",
        task(),
        on_provider(),
        cluster(capacityProviders=["nodes"]),
        provider(status="DISABLED"),
        scaled(),
        says="capacity provider nodes of cluster shop does not scale its instances",
        element="nodes",
        at="/autoScalingGroupProvider/managedScaling/status",
    ),
    fails(
        "CAP-NODE-AUTOSCALING",
        "managed scaling is disabled and no service scales",
        task(),
        on_provider(),
        cluster(capacityProviders=["nodes"]),
        provider(status="DISABLED"),
        says="capacity provider nodes of cluster shop does not scale its instances",
        severity=LOW,
    ),
    fails(
        "CAP-NODE-AUTOSCALING",
        "no capacity provider behind instances",
        task(),
        scaled(),
        says="cluster shop runs services on instances that no capacity provider scales",
        at="/launchType",
    ),
    fails(
        "CAP-NODE-AUTOSCALING",
        "whether services scale was not read",
        task(),
        denied("autoscaling", "application-autoscaling:DescribeScalableTargets"),
        says="cluster shop runs services on instances that no capacity provider scales",
        severity=MEDIUM,
        softest=LOW,
    ),
    passes(
        "CAP-NODE-AUTOSCALING",
        "managed scaling is enabled",
        task(),
        on_provider(),
        cluster(capacityProviders=["nodes"]),
        provider(),
    ),
    passes(
        "CAP-NODE-AUTOSCALING",
        "the cluster's default strategy has managed scaling",
        task(),
        service(launchType=None),
        cluster(
            capacityProviders=["nodes"], defaultCapacityProviderStrategy=[{"capacityProvider": "nodes", "weight": 1}]
        ),
        provider(),
    ),
    not_applicable("CAP-NODE-AUTOSCALING", "Fargate only", task(**FARGATE), service(launchType="FARGATE")),
    not_applicable(
        "CAP-NODE-AUTOSCALING",
        "Managed Instances only",
        task(),
        on_provider("managed"),
        cluster(capacityProviders=["managed"]),
        given(
            "capacity_providers",
            capacityProviderArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:capacity-provider/managed",
            name="managed",
            managedInstancesProvider={"infrastructureRoleArn": "arn:aws:iam::111122223333:role/ecs"},
        ),
    ),
    unknown(
        "CAP-NODE-AUTOSCALING",
        "the service was refused, so that its launch type is not known",
        given(
            "services",
            serviceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders",
            serviceName="orders",
            clusterArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop",
        ),
        denied("ecs.services", resource=f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"),
        reason=Reason.DENIED,
    ),
    unknown(
        "CAP-NODE-AUTOSCALING",
        "capacity providers were refused",
        task(),
        on_provider(),
        denied("ecs.capacity_providers", "ecs:DescribeCapacityProviders"),
        reason=Reason.DENIED,
        needs="ecs:DescribeCapacityProviders",
    ),
    fails(
        "CAP-TASK-LEVEL-SIZE",
        "two containers share the task's size",
        task(container(), container("helper"), container("sized", memory=64), cpu="512", memory="1024"),
        says="2 containers of task definition orders share its size and have none of their own",
        at="/containerDefinitions/0/name",
    ),
    not_applicable("CAP-TASK-LEVEL-SIZE", "a single container", task(container(), cpu="512", memory="1024")),
    not_applicable("CAP-TASK-LEVEL-SIZE", "no size of the task", task(container(), container("helper"))),
    not_applicable(
        "CAP-TASK-LEVEL-SIZE",
        "sizes of their own",
        task(container(cpu=128, memory=256), container("helper", memoryReservation=64), memory="1024"),
    ),
    unknown("CAP-TASK-LEVEL-SIZE", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()


def test_a_strategy_of_the_primary_deployment_counts() -> None:
    passes(
        "CAP-NODE-AUTOSCALING",
        "the strategy stands in the deployment",
        task(),
        service(launchType=None, deployments=primary(capacityProviderStrategy=[{"capacityProvider": "nodes"}])),
        cluster(capacityProviders=["nodes"]),
        provider(),
    ).check()
