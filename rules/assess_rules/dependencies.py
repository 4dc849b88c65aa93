"""Dependencies: what the workloads reach, and by which names."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from assess.estate.ecs import Container, ContainerText
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.network import is_private
from assess.rule import (
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Outcome,
    Severity,
    fail,
    not_applicable,
    rule,
)

_ADDRESS = re.compile(
    r"(?<![\w.-])"  # neither `v10.0.0.1`, nor `1.10.0.0.1`, nor `image-10.0.0.1`
    r"((?:[0-9]{1,3}\.){3}[0-9]{1,3})(/[0-9]{1,2}(?![0-9]))?"
    r"(?!\.?\w)(?!-[A-Za-z])"  # neither `10.0.0.1a`, nor `10.0.0.1.jar`, nor `10.0.0.1-alpine`
)

_BRIDGE = "172.17.0.1"
"""Docker's bridge: how a container reaches its instance."""

_VERSION = re.compile(r"version|release|(?:^|[_.-])(?:ver|tag|build|rev)(?:$|[_.-])", re.IGNORECASE)

_ALLOW_LIST = re.compile(
    r"no_?proxy|allow|white_?list|trusted|cidr|block_?list|deny|black_?list|internal_?proxies", re.IGNORECASE
)


class _Found(NamedTuple):
    """An address in a text of a container."""

    address: str
    is_range: bool
    what: str
    element: str
    evidence: Evidence


@rule(
    "DEP-IP-LITERAL",
    Checklist.DEPENDENCIES,
    severity=HIGH,
    softest=LOW,
    effort=HOURS,
    confidence=0.8,
    needs=("ecs.task_definitions",),
    also_uses=("cloudmap", "ecs.container_instances", "vpc.interfaces", "elb.load_balancers", "graph"),
    raised_by=("cloudmap", "ecs.container_instances"),
    looks_at=(
        "containerDefinitions[].environment",
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
        "containerDefinitions[].healthCheck",
        "containerDefinitions[].extraHosts",
    ),
    reference="https://kubernetes.io/docs/concepts/services-networking/service/",
)
def private_address(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A private IP address is written into a container's configuration.

    An address belongs to a machine or a task; when that moves, or the caller moves to another network, the address
    leads nowhere and nothing says so. 172.17.0.1 means the instance itself, which a Pod neither knows nor may reach.
    An address that is not seen to belong to a task or an instance may stay where it is and counts for less; a range
    in an allow-list only has to learn the addresses of the Pods. Link-local addresses of AWS are other findings.

    Fix: give the target a name (a Service, a private DNS record, the endpoint of the managed service) and write that
    name into the configuration while the workload still runs on ECS.
    """
    definition = container.definition
    texts = list(container.texts())
    if not texts and not definition.extra_hosts:
        yield not_applicable("the container has no variable, command or hosts entry")
        return
    addresses = list(_addresses(container, texts))
    moving = _moving_addresses(container, estate) if addresses else {}
    worst: dict[str, tuple[Severity, str, _Found]] = {}
    for found in addresses:
        severity, why = _judge(found, moving)
        known = worst.get(found.element)
        if known is None or severity.rank < known[0].rank:
            worst[found.element] = severity, why, found
    for severity, why, found in worst.values():
        yield fail(
            f"{found.what} of container {container.name} holds the private address {found.address}{why}",
            found.evidence,
            element=found.element,
            severity=severity,
            confidence=0.8,
            settled=severity is LOW,
        )


def _judge(found: _Found, moving: dict[str, str]) -> tuple[Severity, str]:
    if found.address == _BRIDGE:
        return HIGH, ", which is the instance itself"
    owner = moving.get(found.address)
    if owner is not None:
        return HIGH, f", which belongs to {owner}"
    if found.is_range or _ALLOW_LIST.search(found.element):
        return LOW, " in an allow-list"
    return MEDIUM, ""


def _addresses(container: Container, texts: list[ContainerText]) -> Iterator[_Found]:
    for text in texts:
        if "." not in text.value or _VERSION.search(text.element):
            continue
        for word in text.value.split():
            if _VERSION.search(word.partition("=")[0]):
                continue
            for match in _ADDRESS.finditer(word):
                address, mask = match[1], match[2] or ""
                if is_private(address + mask):
                    place = container.task.evidence(*text.at)
                    yield _Found(address + mask, bool(mask) and mask != "/32", text.what, text.element, place)
    for index, entry in enumerate(container.definition.extra_hosts):
        if is_private(entry.ip_address):
            place = container.task.evidence(*container.at("extraHosts", index, "ipAddress"))
            yield _Found(entry.ip_address, False, f"the hosts entry {entry.hostname}", entry.hostname, place)


def _moving_addresses(container: Container, estate: Estate) -> dict[str, str]:
    """Addresses of what goes away with ECS, as far as it was seen in the container's account: who holds each."""
    accounts = {each.origin.account for each in estate.users(container)}
    found = {
        each.attributes["AWS_INSTANCE_IPV4"]: "a task that Cloud Map knows"
        for each in estate.discovery_instances
        if each.origin.account in accounts and "AWS_INSTANCE_IPV4" in each.attributes
    }
    for instance in estate.instances:
        if instance.origin.account in accounts and instance.private_ip_address:
            found.setdefault(instance.private_ip_address, "an instance of an ECS cluster")
    for interface in estate.network_interfaces:
        if interface.origin.account in accounts and _OF_A_TASK.match(interface.description or ""):
            for each in interface.private_ip_addresses:
                found.setdefault(each.private_ip_address, "a running task")
    return found


_OF_A_TASK = re.compile(r"arn:[a-z-]+:ecs:[^:]*:[0-9]*:attachment/")
"""What ECS describes the network interface of a task with."""
