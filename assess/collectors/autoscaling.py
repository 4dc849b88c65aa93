"""Reads auto scaling: targets, policies and scheduled actions of ECS services, and the groups of their instances."""

from assess.collectors.interface import Collector, Operation, Reader, batches, name_of, pages
from assess.estate.ecs import CapacityProvider

_SERVICE, _GROUP = "application-autoscaling", "application auto scaling"

DESCRIBE_SCALABLE_TARGETS = Operation(
    _SERVICE,
    "DescribeScalableTargets",
    "application-autoscaling:DescribeScalableTargets",
    _GROUP,
    answers=("ScalableTargets",),
    paging=pages(50, limit="MaxResults", token="NextToken"),
)
DESCRIBE_SCALING_POLICIES = Operation(
    _SERVICE,
    "DescribeScalingPolicies",
    "application-autoscaling:DescribeScalingPolicies",
    _GROUP,
    answers=("ScalingPolicies",),
    paging=pages(10, limit="MaxResults", token="NextToken"),
)
DESCRIBE_SCHEDULED_ACTIONS = Operation(
    _SERVICE,
    "DescribeScheduledActions",
    "application-autoscaling:DescribeScheduledActions",
    _GROUP,
    answers=("ScheduledActions",),
    paging=pages(50, limit="MaxResults", token="NextToken"),
)
DESCRIBE_GROUPS = Operation(
    "autoscaling",
    "DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingGroups",
    answers=("AutoScalingGroups",),
    paging=pages(100, limit="MaxRecords", token="NextToken"),
    batch=50,
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


_KEPT = ("AutoScalingGroupARN", "AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity")


def _read_groups(reader: Reader) -> None:
    providers = [each.auto_scaling_group_provider for each in reader.facts(CapacityProvider)]
    names = {name_of(each.auto_scaling_group_arn) for each in providers if each is not None}

    def read(batch: list[str]) -> None:
        for group in reader.items(
            DESCRIBE_GROUPS, "AutoScalingGroups", lost=("autoscaling.groups",), AutoScalingGroupNames=batch
        ):
            reader.add("auto_scaling_groups", {key: group[key] for key in _KEPT if key in group})

    reader.each(read, batches(sorted(names - {""}), DESCRIBE_GROUPS.batch))


GROUPS = Collector(
    name="autoscaling.groups",
    title="groups of instances",
    facts=("autoscaling.groups",),
    operations=(DESCRIBE_GROUPS,),
    collect=_read_groups,
    after=("ecs.capacity_providers",),
)

COLLECTORS = (AUTOSCALING, GROUPS)
