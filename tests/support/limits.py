"""Pages and batch limits as AWS has them, for the operations where moto has none.

moto pages elbv2:DescribeLoadBalancers and DescribeRules (50 a page), elb:DescribeLoadBalancers, ec2:DescribeInstances
and most lists of iam, events, scheduler, stepfunctions and servicediscovery itself.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.support.wire import AwsError, Call, Document


class Page(NamedTuple):
    """How an operation pages: the lists it returns, its page size by default, and the sizes it accepts."""

    results: tuple[str, ...]
    default: int | None
    maximum: int
    minimum: int = 1


class _Keys(NamedTuple):
    limit: str
    token: str
    next_token: str
    refusal: str
    """Code of the error for a wrong size or token."""


_KEYS = {
    "ecs": _Keys("maxResults", "nextToken", "nextToken", "InvalidParameterException"),
    "ec2": _Keys("MaxResults", "NextToken", "NextToken", "InvalidParameterValue"),
    "elbv2": _Keys("PageSize", "Marker", "NextMarker", "ValidationError"),
    "iam": _Keys("MaxItems", "Marker", "Marker", "ValidationError"),
    "application-autoscaling": _Keys("MaxResults", "NextToken", "NextToken", "ValidationException"),
}

# Sizes: the reference page of each operation; those of EC2 stand in botocore's model too.
PAGES: Mapping[tuple[str, str], Page] = {
    ("ecs", "ListClusters"): Page(("clusterArns",), 100, 100),
    ("ecs", "ListServices"): Page(("serviceArns",), 10, 100),
    ("ecs", "ListServicesByNamespace"): Page(("serviceArns",), 10, 100),
    ("ecs", "ListTasks"): Page(("taskArns",), 100, 100),
    ("ecs", "ListContainerInstances"): Page(("containerInstanceArns",), 100, 100),
    ("ecs", "ListTaskDefinitions"): Page(("taskDefinitionArns",), 100, 100),
    ("ecs", "ListTaskDefinitionFamilies"): Page(("families",), 100, 100),
    ("ecs", "ListServiceDeployments"): Page(("serviceDeployments",), 20, 100),
    ("ecs", "ListGateways"): Page(("gateways",), 100, 100),
    ("ecs", "ListGatewayRoutes"): Page(("gatewayRoutes",), 100, 100),
    ("ecs", "ListAccountSettings"): Page(("settings",), 10, 10),
    ("ecs", "DescribeCapacityProviders"): Page(("capacityProviders",), 10, 10),
    ("ec2", "DescribeVpcs"): Page(("Vpcs",), None, 1000, 5),
    ("ec2", "DescribeSubnets"): Page(("Subnets",), None, 1000, 5),
    ("ec2", "DescribeRouteTables"): Page(("RouteTables",), None, 100, 5),
    ("ec2", "DescribeNatGateways"): Page(("NatGateways",), None, 1000, 5),
    ("ec2", "DescribeVpcEndpoints"): Page(("VpcEndpoints",), None, 1000),
    ("ec2", "DescribeSecurityGroups"): Page(("SecurityGroups",), None, 1000, 5),
    ("ec2", "DescribeNetworkAcls"): Page(("NetworkAcls",), None, 1000, 5),
    ("ec2", "DescribeNetworkInterfaces"): Page(("NetworkInterfaces",), None, 1000, 5),
    ("elbv2", "DescribeTargetGroups"): Page(("TargetGroups",), 400, 400),
    ("elbv2", "DescribeListeners"): Page(("Listeners",), 400, 400),
    ("iam", "GetAccountAuthorizationDetails"): Page(
        ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"), 100, 1000
    ),
    ("application-autoscaling", "DescribeScalableTargets"): Page(("ScalableTargets",), 50, 50),
    ("application-autoscaling", "DescribeScalingPolicies"): Page(("ScalingPolicies",), 10, 10),
    ("application-autoscaling", "DescribeScheduledActions"): Page(("ScheduledActions",), 50, 50),
}

BATCHES: Mapping[tuple[str, str], tuple[str, int]] = {
    ("ecs", "DescribeServices"): ("services", 10),
    ("ecs", "DescribeClusters"): ("clusters", 100),
    ("ecs", "DescribeTasks"): ("tasks", 100),
    ("ecs", "GetTaskProtection"): ("tasks", 100),
    ("ecs", "DescribeContainerInstances"): ("containerInstances", 100),
    ("ecs", "DescribeServiceDeployments"): ("serviceDeploymentArns", 20),
    ("ecs", "DescribeServiceRevisions"): ("serviceRevisionArns", 20),
    ("elbv2", "DescribeTags"): ("ResourceArns", 20),
}


def check_batch(call: Call) -> None:
    """Refuses a call that names more resources than AWS takes.

    Raises:
        AwsError: it does.
    """
    parameter, maximum = BATCHES.get((call.service, call.operation), ("", 0))
    if parameter and len(call.parameters.get(parameter) or ()) > maximum:
        raise AwsError(_KEYS[call.service].refusal, f"{parameter} cannot have more than {maximum} elements")


def without_page(call: Call) -> Document:
    """The call's parameters without page size and token."""
    keys = _KEYS[call.service]
    return {name: value for name, value in call.parameters.items() if name not in (keys.limit, keys.token)}


def everything(call: Call, ask: Callable[[Document], Document]) -> Document:
    """All results of a call, over the pages that moto itself makes; ``ask`` puts parameters to moto."""
    page, keys = PAGES[call.service, call.operation], _KEYS[call.service]
    whole = ask(without_page(call))
    token = whole.pop(keys.next_token, None)
    while token:
        more = ask(without_page(call) | {keys.token: token})
        token = more.pop(keys.next_token, None)
        for name in page.results:
            whole[name] = [*whole.get(name, ()), *more.get(name, ())]
    return whole


def cut(call: Call, whole: Document) -> Document:
    """The page of a complete answer that the call asks for.

    Raises:
        AwsError: page size or token are wrong.
    """
    page, keys = PAGES[call.service, call.operation], _KEYS[call.service]
    asked = call.parameters.get(keys.limit)
    if asked is not None and not page.minimum <= int(asked) <= page.maximum:
        raise AwsError(
            keys.refusal,
            f"Value ( {asked} ) for parameter {keys.limit} is invalid. "
            f"Expecting a value between {page.minimum} and {page.maximum}.",
        )
    size = int(asked) if asked is not None else page.default
    items = [(name, item) for name in page.results for item in whole.get(name) or ()]
    start = _offset(call, call.parameters.get(keys.token))
    end = len(items) if size is None else start + size
    shown: Document = dict(whole)
    for name in page.results:
        shown[name] = [item for of, item in items[start:end] if of == name]
    more = end < len(items)
    if call.service == "iam":
        shown["IsTruncated"] = more
    shown.pop(keys.next_token, None)
    if more:
        shown[keys.next_token] = base64.urlsafe_b64encode(f"{call.operation}:{end}".encode()).decode()
    return shown


def _offset(call: Call, token: Any) -> int:
    if not token:
        return 0
    try:
        operation, _, offset = base64.urlsafe_b64decode(str(token).encode()).decode().partition(":")
        if operation == call.operation:
            return int(offset)
    except ValueError:
        pass
    raise AwsError(_KEYS[call.service].refusal, "Invalid token.")
