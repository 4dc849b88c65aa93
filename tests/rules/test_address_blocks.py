from typing import Any

import pytest

from assess.config import Policy, Target
from assess.estate.gaps import Reason
from tests.rules.harness import (
    Case,
    Given,
    Piece,
    denied,
    fails,
    given,
    not_applicable,
    passes,
    service,
    target,
    task,
    unknown,
)

RULE = "VPC-PREFIX-FRAGMENT"
NODES = target(compute="karpenter")


def subnet(cidr: str | None = "10.0.1.0/26") -> Given:
    return given("subnets", SubnetId="subnet-1", VpcId="vpc-1", CidrBlock=cidr, AvailableIpAddressCount=40)


def interface(number: int, *addresses: str, prefix: str | None = None) -> Given:
    blocks = {"Ipv4Prefixes": [{"Ipv4Prefix": prefix}]} if prefix else {}
    return given(
        "network_interfaces",
        NetworkInterfaceId=f"eni-{number}",
        SubnetId="subnet-1",
        PrivateIpAddresses=[{"PrivateIpAddress": each} for each in addresses],
        **blocks,
    )


def running(count: int) -> tuple[Piece, ...]:
    network: dict[str, Any] = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
    return (task(networkMode="awsvpc"), service(desiredCount=count, networkConfiguration=network))


# four blocks: the first and the last are AWS's own, 10.0.1.16/28 and 10.0.1.32/28 are left
SCATTERED = (subnet(), interface(1, "10.0.1.17"), interface(2, "10.0.1.40"))

CASES = (
    fails(
        RULE,
        "an address in every block",
        *running(2),
        *SCATTERED,
        NODES,
        says="subnet subnet-1 has 0 free blocks of 16 addresses, where nodes need about 2",
        at="/CidrBlock",
    ),
    fails(
        RULE,
        "blocks that are taken",
        *running(2),
        subnet(),
        interface(1, "10.0.1.4", prefix="10.0.1.16/28"),
        target(compute="managed_nodes"),
        says="subnet subnet-1 has 1 free block of 16 addresses, where nodes need about 2",
    ),
    fails(
        RULE,
        "more Pods than there are blocks for",
        *running(60),
        subnet("10.0.1.0/25"),
        NODES,
        says="subnet subnet-1 has 6 free blocks of 16 addresses, where nodes need about 9",
    ),
    passes(RULE, "enough blocks", *running(2), subnet(), interface(1, "10.0.1.5", "10.0.1.63"), NODES),
    passes(RULE, "enough blocks, whatever the target", *running(2), subnet()),
    passes(
        RULE,
        "no stock of blocks",
        *running(2),
        subnet(),
        interface(1, "10.0.1.17"),
        Policy(target=Target(compute="karpenter"), thresholds={f"{RULE}.warm_prefixes": 0}),
    ),
    not_applicable(RULE, "EKS Auto Mode falls back", *running(2), *SCATTERED, target(compute="auto_mode")),
    not_applicable(RULE, "EKS Fargate", *running(2), *SCATTERED, target(compute="fargate")),
    not_applicable(RULE, "an IPv6 cluster", *running(2), *SCATTERED, target(compute="karpenter", ipv6=True)),
    unknown(RULE, "no target is chosen", *running(2), *SCATTERED, reason=Reason.UNANSWERED, needs="policy.target"),
    unknown(
        RULE,
        "interfaces were refused",
        *running(2),
        subnet(),
        NODES,
        denied("vpc.interfaces", "ec2:DescribeNetworkInterfaces"),
        reason=Reason.DENIED,
        needs="ec2:DescribeNetworkInterfaces",
    ),
    unknown(RULE, "an address that is none", *running(2), subnet(), interface(1, "?"), NODES, reason=Reason.NO_DATA),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
