"""Readers of log groups that containers write to, and dashboards that show services."""

import pytest

from assess.collectors import ScanRequest, scan
from assess.collectors import logs as collector
from assess.estate.estate import Estate
from tests.support.aws import REGION, SimulatedAws
from tests.support.seeding import Seeder, container, logs

FACTS = frozenset({"logs.groups", "cloudwatch.dashboards"})


@pytest.fixture
def seeder(aws: SimulatedAws, unpaced: None) -> Seeder:
    """An account with one service of two containers, whose log groups are /ecs/web and /ecs/side."""
    seeder = Seeder(aws)
    elsewhere = logs("far")
    elsewhere["options"]["awslogs-region"] = "eu-west-1"
    containers = (container("web"), container("side"), container("far", logConfiguration=elsewhere))
    seeder.service(seeder.cluster("shop"), "web", seeder.task_definition("web", *containers))
    aws.forget_calls()
    return seeder


def scanned() -> Estate:
    found = scan(ScanRequest(), facts=FACTS)
    assert len(found.workloads) == 1
    return found


def test_groups_that_somebody_reads_are_kept_without_patterns(aws: SimulatedAws, seeder: Seeder) -> None:
    seeder.count_lines("/ecs/web", "failures", "Failures")
    seeder.count_lines("/ecs/other", "failures", "Failures")
    seeder.client("logs").create_log_group(logGroupName="/ecs/side")
    seeder.client("kinesis").create_stream(StreamName="lines", ShardCount=1)
    stream = seeder.client("kinesis").describe_stream(StreamName="lines")["StreamDescription"]["StreamARN"]
    seeder.client("logs").put_subscription_filter(
        logGroupName="/ecs/side", filterName="all", filterPattern="hush", destinationArn=stream
    )
    found = scanned()
    assert found.gaps == ()
    by_name = {each.log_group_name: each for each in found.log_groups}
    assert set(by_name) == {"/ecs/web", "/ecs/side"}
    (counted,) = by_name["/ecs/web"].metric_filters
    assert [each.metric_name for each in counted.metric_transformations] == ["Failures"]
    assert [each.destination_arn for each in by_name["/ecs/side"].subscription_filters] == [stream]
    assert "hush" not in found.model_dump_json()
    assert aws.counts()["logs:DescribeSubscriptionFilters"] == 2


def test_what_is_not_asked_of_very_many_groups_is_a_gap(seeder: Seeder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_MOST_GROUPS", 1)
    found = scanned()
    (gap,) = found.gaps
    assert (gap.reason, gap.facts) == ("not_collected", ("logs.groups",))
    assert gap.message == "subscription filters of 1 of 2 log groups were read"


def test_dashboards_are_kept_with_the_services_that_they_show(seeder: Seeder) -> None:
    of_web = ("ClusterName", "shop", "ServiceName", "web")
    seeder.dashboard(
        "shop",
        ("AWS/ECS", "CPUUtilization", *of_web),
        (".", "MemoryUtilization", ".", ".", ".", ".", {"stat": "p95"}),
        ("...", "side"),
        ("...", "far", {"region": "eu-west-1"}),
        ({"expression": "SEARCH('{AWS/ECS,ServiceName} web', 'Average')"},),
        ("AWS/ECS", "CPUUtilization", "ClusterName", "shop"),
    )
    seeder.dashboard("queues", ("AWS/SQS", "NumberOfMessagesSent", "QueueName", "orders"))
    found = scanned()
    assert found.gaps == ()
    (kept,) = found.dashboards
    assert kept.dashboard_name == "shop"
    assert [(each.region, each.cluster_name, each.service_name) for each in kept.shown] == [
        (REGION, "shop", "web"),
        (REGION, "shop", "side"),
        ("eu-west-1", "shop", "far"),
    ]
    assert "hush" not in found.model_dump_json()


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '{"widgets": 7}',
        '{"widgets": [7, {"properties": []}, {"properties": {"metrics": [7, [], [{}], ["..."], ["...", "."]]}}]}',
        '{"widgets": [{"properties": {"metrics": [["AWS/ECS", "CPU", "ClusterName"]], "region": []}}]}',
    ],
)
def test_dashboard_of_another_shape_shows_nothing(seeder: Seeder, body: str) -> None:
    seeder.client("cloudwatch").put_dashboard(DashboardName="odd", DashboardBody=body)
    found = scanned()
    assert (found.dashboards, found.gaps) == ((), ())


def test_nothing_is_asked_without_a_service(aws: SimulatedAws, unpaced: None) -> None:
    scan(ScanRequest(), facts=FACTS)
    assert not {api.partition(":")[0] for api in aws.counts()} & {"logs", "cloudwatch"}


@pytest.mark.parametrize(
    ("service", "operation", "fact"),
    [
        ("logs", "DescribeMetricFilters", "logs.groups"),
        ("logs", "DescribeSubscriptionFilters", "logs.groups"),
        ("cloudwatch", "ListDashboards", "cloudwatch.dashboards"),
        ("cloudwatch", "GetDashboard", "cloudwatch.dashboards"),
    ],
)
def test_what_is_refused_takes_only_its_fact(
    aws: SimulatedAws, seeder: Seeder, service: str, operation: str, fact: str
) -> None:
    for name in ("/ecs/web", "/ecs/side"):
        seeder.client("logs").create_log_group(logGroupName=name)
    seeder.dashboard("shop", ("AWS/ECS", "CPUUtilization", "ClusterName", "shop", "ServiceName", "web"))
    aws.deny(service, operation)
    assert [(each.action, each.facts) for each in scanned().gaps] == [(f"{service}:{operation}", (fact,))]
