"""How busy services were: statistics of the right hours and days, in few calls, and what is lost when part is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from assess.estate.metrics import ServiceMetrics, Statistics
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.cloudwatch import Load
from tests.support.seeding import STEADY, Seeder, container, served

_DAY = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
_SEEDED = ("catalogue", "prices")


def _service(name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/{name}"


@pytest.fixture
def seeded(aws: SimulatedAws, unpaced: None) -> SimulatedAws:
    """Two services: ``catalogue`` behind a load balancer, ``prices`` for ten days."""
    seeder = Seeder(aws)
    network = seeder.network("shop", "10.60", private=2, public=2)
    cluster = seeder.cluster("shop")
    group = seeder.security_group(network, "edge", (443, "0.0.0.0/0"))
    targets = seeder.target_group(network, "catalogue")
    seeder.load_balancer("edge", network.public, group, targets, internal=False)
    revision = seeder.task_definition("catalogue", container("catalogue"))
    balanced: dict[str, Any] = {"loadBalancers": served(targets, "catalogue")}
    seeder.service(cluster, "catalogue", revision, cpu=Load(10, 40, highest=90), **balanced)
    seeder.service(cluster, "prices", revision, cpu=Load(30, 30, days=9.5))
    of = targets.rpartition(":")[2]
    aws.metrics.put(REGION, "AWS/ApplicationELB", "RequestCount", Load(100, 700, days=5), TargetGroup=of)
    aws.forget_calls()
    return aws


def _scanned() -> Estate:
    return scan(ScanRequest(), facts=frozenset({"cloudwatch.metrics"}), collected_at=_DAY)


def _of(estate: Estate, name: str) -> ServiceMetrics:
    return estate.metrics_by_service[_service(name)]


def test_hours_of_two_weeks_and_days_of_a_month_make_the_statistics(seeded: SimulatedAws) -> None:
    found = _of(_scanned(), "catalogue")
    # four of 24 hours are busy: one in six, which is more than five of 100
    assert found.cpu == Statistics(
        hours=336, days=14, mean=15, p95=40, peak=40, long_days=30, busiest_day=15, maximum=90
    )
    assert (found.memory.p95, found.memory.maximum) == (STEADY.noon, STEADY.noon)


def test_hours_without_requests_count_as_none_since_the_first(seeded: SimulatedAws) -> None:
    found = _of(_scanned(), "catalogue").requests
    assert found == Statistics(hours=120, days=5, mean=200, p95=700, peak=700, long_days=5, busiest_day=4800)


def test_service_that_is_new_says_since_when(seeded: SimulatedAws) -> None:
    found = _of(_scanned(), "prices")
    assert (found.cpu.hours, found.cpu.days, found.cpu.long_days) == (228, 10, 10)
    assert found.requests is None


def test_service_without_any_value_is_known_to_have_none(seeded: SimulatedAws) -> None:
    seeded.metrics.clear()
    estate = _scanned()
    assert {each.service_arn for each in estate.service_metrics} == {_service(name) for name in _SEEDED}
    assert all(each.cpu == each.memory == Statistics() for each in estate.service_metrics)
    assert estate.gaps == ()


def test_windows_end_with_the_last_whole_hour_before_the_scan(seeded: SimulatedAws) -> None:
    _scanned()
    calls = [each.parameters for each in seeded.calls if each.operation == "GetMetricData"]
    end = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert sorted((each["StartTime"], each["EndTime"]) for each in calls) == [
        ((end - timedelta(days=30)).timestamp(), end.timestamp()),
        ((end - timedelta(days=14)).timestamp(), end.timestamp()),
    ]


def test_values_that_come_in_pages_are_put_together(seeded: SimulatedAws) -> None:
    whole = _scanned()
    seeded.metrics.page = 250
    seeded.forget_calls()
    assert _scanned().service_metrics == whole.service_metrics
    assert seeded.counts()["cloudwatch:GetMetricData"] > 5


def test_many_services_share_calls(aws: SimulatedAws, unpaced: None) -> None:
    seeder = Seeder(aws)
    cluster = seeder.cluster("shop")
    revision = seeder.task_definition("one", container("one"))
    for number in range(160):
        seeder.service(cluster, f"s{number:03}", revision, desiredCount=0)
    aws.forget_calls()
    estate = _scanned()
    assert len(estate.service_metrics) == 160
    # 320 series of 336 hours, 300 a call; 640 series of 30 days, 500 a call
    assert aws.counts()["cloudwatch:GetMetricData"] == 4


def test_denial_takes_the_fact_from_all_services(seeded: SimulatedAws) -> None:
    seeded.deny("cloudwatch", "GetMetricData")
    estate = _scanned()
    assert estate.service_metrics == ()
    assert [(gap.action, gap.resource, gap.reason, gap.facts) for gap in estate.gaps] == [
        ("cloudwatch:GetMetricData", None, Reason.DENIED, ("cloudwatch.metrics",))
    ]


def _state(of: str, state: str) -> Callable[[Any], None]:
    def change(answer: Any) -> None:
        for result in answer["MetricDataResults"]:
            if result["Id"] == of:
                result["StatusCode"] = state

    return change


@pytest.mark.parametrize("state", ["InternalError", "Forbidden", "PartialData"])
def test_metric_that_is_not_told_whole_takes_the_fact_from_its_service(seeded: SimulatedAws, state: str) -> None:
    seeded.override("cloudwatch", "GetMetricData", _state("m0", state))
    estate = _scanned()
    assert [each.service_arn for each in estate.service_metrics] == [_service("prices")]
    assert {(gap.resource, gap.error, gap.reason) for gap in estate.gaps} == {
        (_service("catalogue"), state, Reason.ERROR)
    }
    for name in _SEEDED:
        service = estate.service_by_arn[_service(name)]
        missing = estate.missing("cloudwatch.metrics", service.origin, [service.service_arn])
        assert (missing is None) is (name == "prices")


def test_result_that_is_left_out_is_not_taken_for_an_empty_one(seeded: SimulatedAws) -> None:
    def without_the_last(answer: Any) -> None:
        del answer["MetricDataResults"][-1]

    seeded.override("cloudwatch", "GetMetricData", without_the_last)
    estate = _scanned()
    assert {gap.error for gap in estate.gaps} == {"Missing"}
    assert len(estate.service_metrics) < len(_SEEDED)


def test_target_groups_that_are_not_known_leave_requests_out(seeded: SimulatedAws) -> None:
    seeded.deny("elbv2", "DescribeTargetGroups")
    found = _of(_scanned(), "catalogue")
    assert found.requests is None
    assert found.cpu.hours == 336
