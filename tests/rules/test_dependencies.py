from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, LOW, MEDIUM
from tests.rules.harness import (
    Case,
    container,
    denied,
    fails,
    file,
    given,
    not_applicable,
    passes,
    service,
    task,
    task_arn,
    unknown,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))


def variable(name: str, value: str) -> dict[str, Any]:
    return container(environment=[{"name": name, "value": value}])


CASES = (
    fails(
        "DEP-IP-LITERAL",
        "an address that nothing is known of",
        task(variable("DB_URL", "postgres://10.1.2.3:5432/orders")),
        says="variable DB_URL of container app holds the private address 10.1.2.3",
        severity=MEDIUM,
        element="DB_URL",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.8,
    ),
    fails(
        "DEP-IP-LITERAL",
        "the bridge of the instance",
        task(container(command=["agent", "--statsd=172.17.0.1:8125"])),
        says="the command of container app holds the private address 172.17.0.1, which is the instance itself",
        element="command",
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of a task",
        task(variable("PEER", "100.64.3.4")),
        given("discovery_instances", Id="i-1", ServiceId="srv-1", Attributes={"AWS_INSTANCE_IPV4": "100.64.3.4"}),
        says="variable PEER of container app holds the private address 100.64.3.4,"
        " which belongs to a task that Cloud Map knows",
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of a task by its network interface",
        task(variable("PEER", "10.0.3.4")),
        given(
            "network_interfaces",
            NetworkInterfaceId="eni-1",
            SubnetId="subnet-1",
            Description="arn:aws:ecs:eu-west-1:111122223333:attachment/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            PrivateIpAddresses=[{"PrivateIpAddress": "10.0.3.4"}],
        ),
        says="variable PEER of container app holds the private address 10.0.3.4, which belongs to a running task",
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of another network interface",
        task(variable("PEER", "10.0.3.4")),
        given(
            "network_interfaces",
            NetworkInterfaceId="eni-1",
            SubnetId="subnet-1",
            Description="RDSNetworkInterface",
            PrivateIpAddresses=[{"PrivateIpAddress": "10.0.3.4"}],
        ),
        says="variable PEER of container app holds the private address 10.0.3.4",
        severity=MEDIUM,
    ),
    fails(
        "DEP-IP-LITERAL",
        "the address of an instance, behind one that is not known",
        task(variable("PEERS", "192.168.1.1,192.168.1.2")),
        given("instances", InstanceId="i-1", PrivateIpAddress="192.168.1.2"),
        says="variable PEERS of container app holds the private address 192.168.1.2,"
        " which belongs to an instance of an ECS cluster",
    ),
    fails(
        "DEP-IP-LITERAL",
        "a range in an allow-list",
        task(variable("TRUSTED", "10.0.0.0/8")),
        says="variable TRUSTED of container app holds the private address 10.0.0.0/8 in an allow-list",
        severity=LOW,
    ),
    fails(
        "DEP-IP-LITERAL",
        "an address that no proxy is used for",
        task(variable("NO_PROXY", "localhost,10.1.2.3")),
        says="variable NO_PROXY of container app holds the private address 10.1.2.3 in an allow-list",
        severity=LOW,
    ),
    fails(
        "DEP-IP-LITERAL",
        "a hosts entry",
        task(container(extraHosts=[{"hostname": "mainframe", "ipAddress": "10.9.8.7"}])),
        says="the hosts entry mainframe of container app holds the private address 10.9.8.7",
        severity=MEDIUM,
        element="mainframe",
        at="/containerDefinitions/0/extraHosts/0/ipAddress",
    ),
    fails(
        "DEP-IP-LITERAL",
        "whose address it is was not read",
        task(variable("PEER", "10.1.2.3")),
        denied("cloudmap", "servicediscovery:ListInstances"),
        says="variable PEER of container app holds the private address 10.1.2.3",
        severity=MEDIUM,
        may_be_worse=Reason.DENIED,
    ),
    fails(
        "DEP-IP-LITERAL",
        "a file knows nobody's address",
        file(variable("PEER", "10.1.2.3")),
        says="variable PEER of container app holds the private address 10.1.2.3",
        severity=MEDIUM,
        may_be_worse=Reason.NOT_IN_SOURCE,
    ),
    *(
        passes("DEP-IP-LITERAL", f"{name}={value}", task(variable(name, value)))
        for name, value in (
            ("APP_VERSION", "10.1.2.3"),
            ("BUILD_TAG", "10.1.2.3"),
            ("CHART", "release=10.1.2.3"),
            ("PACKAGE", "orders-10.1.2.3.jar"),
            ("IMAGE", "v10.1.2.3"),
            ("BASE", "orders:10.1.2.3-alpine"),
            ("LISTEN", "0.0.0.0:8080"),
            ("LOCAL", "127.0.0.1"),
            ("METADATA", "http://169.254.169.254/latest"),
            ("TASK_METADATA", "http://169.254.170.2/v4"),
            ("PUBLIC", "93.184.216.34"),
            ("NONSENSE", "10.300.1.2"),
            ("OID", "1.10.0.0.1"),
        )
    ),
    not_applicable("DEP-IP-LITERAL", "no text", task()),
    unknown("DEP-IP-LITERAL", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=HIGH),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
