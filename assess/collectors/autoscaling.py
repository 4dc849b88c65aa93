"""Reads Application Auto Scaling of ECS services: targets, policies, scheduled actions."""

from assess.collectors.interface import Collector, Operation, Reader, pages

_SERVICE, _GROUP = "application-autoscaling", "application auto scaling"

DESCRIBE_SCALABLE_TARGETS = Operation(
    _SERVICE,
    "DescribeScalableTargets",
    "application-autoscaling:DescribeScalableTargets",
    _GROUP,
    answers=("ScalableTargets",),
    paging=pages(50, limit="MaxResults", token="NextToken"),  # noqa: S106 - a parameter's name
)
DESCRIBE_SCALING_POLICIES = Operation(
    _SERVICE,
    "DescribeScalingPolicies",
    "application-autoscaling:DescribeScalingPolicies",
    _GROUP,
    answers=("ScalingPolicies",),
    paging=pages(10, limit="MaxResults", token="NextToken"),  # noqa: S106 - a parameter's name
)
DESCRIBE_SCHEDULED_ACTIONS = Operation(
    _SERVICE,
    "DescribeScheduledActions",
    "application-autoscaling:DescribeScheduledActions",
    _GROUP,
    answers=("ScheduledActions",),
    paging=pages(50, limit="MaxResults", token="NextToken"),  # noqa: S106 - a parameter's name
)

_LISTS = (
    ("scalable_targets", DESCRIBE_SCALABLE_TARGETS, "ScalableTargets"),
    ("scaling_policies", DESCRIBE_SCALING_POLICIES, "ScalingPolicies"),
    ("scheduled_scalings", DESCRIBE_SCHEDULED_ACTIONS, "ScheduledActions"),
)


def _read(reader: Reader) -> None:
    def read(of: tuple[str, Operation, str]) -> None:
        kind, operation, key = of
        for document in reader.items(operation, key, lost=("autoscaling",), ServiceNamespace="ecs"):
            if _is_asked_for(reader, str(document.get("ResourceId") or "")):
                reader.add(kind, document)

    reader.each(read, _LISTS)


def _is_asked_for(reader: Reader, resource: str) -> bool:
    """Whether the filters let ``service/CLUSTER/NAME`` through."""
    _, _, rest = resource.partition("/")
    cluster, _, service = rest.partition("/")
    return reader.filters.takes_cluster(cluster) and reader.filters.takes_workload(service)


AUTOSCALING = Collector(
    name="autoscaling",
    title="auto scaling",
    facts=("autoscaling",),
    operations=(DESCRIBE_SCALABLE_TARGETS, DESCRIBE_SCALING_POLICIES, DESCRIBE_SCHEDULED_ACTIONS),
    collect=_read,
)

COLLECTORS = (AUTOSCALING,)
