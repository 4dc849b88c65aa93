"""Quotas and groups of instances: those that a move meets, their use, and what is lost when part is lost."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate import quotas
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from tests.support import faults
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.seeding import Seeder

_FACTS = frozenset({"quotas", "autoscaling.groups"})


@pytest.fixture
def seeded(aws: SimulatedAws, unpaced: None) -> SimulatedAws:
    """A cluster without anything in it."""
    Seeder(aws).cluster("shop")
    aws.forget_calls()
    return aws


def _scanned() -> Estate:
    return scan(ScanRequest(), facts=_FACTS)


def _value(estate: Estate, code: str) -> tuple[float | None, float | None]:
    found = estate.quota_by_code[ACCOUNT, REGION, code]
    return found.value, found.used


def test_applied_values_and_their_use(seeded: SimulatedAws) -> None:
    seeded.quotas.put(REGION, quotas.ON_DEMAND_VCPUS, 96, used=40)
    estate = _scanned()
    assert estate.gaps == ()
    assert _value(estate, quotas.ON_DEMAND_VCPUS) == (96, 40)
    assert _value(estate, quotas.FARGATE_VCPUS) == (1000, None)
    assert estate.quota_by_code[ACCOUNT, REGION, quotas.ON_DEMAND_VCPUS].left == 56
    counts = seeded.counts()
    assert (counts["service-quotas:GetServiceQuota"], counts["cloudwatch:GetMetricData"]) == (len(estate.quotas), 1)


def test_default_stands_in_for_what_was_never_applied(seeded: SimulatedAws) -> None:
    seeded.quotas.never_apply(quotas.SPOT_VCPUS)
    estate = _scanned()
    assert estate.gaps == ()
    assert _value(estate, quotas.SPOT_VCPUS) == (640, None)


def test_region_without_the_service_has_no_such_quota(seeded: SimulatedAws) -> None:
    gone = faults.error("NoSuchResourceException", "There is no such quota.", 400)
    seeded.fault("service-quotas", "*", gone, when=lambda call: bool(call.parameters["ServiceCode"] == "eks"))
    estate = _scanned()
    assert estate.gaps == ()
    assert quotas.EKS_CLUSTERS not in {each.quota_code for each in estate.quotas}


def test_quota_without_a_value_is_a_gap(seeded: SimulatedAws) -> None:
    def without(answer: Any) -> None:
        del answer["Quota"]["Value"]
        answer["Quota"]["ErrorReason"] = {"ErrorCode": "DEPENDENCY_ACCESS_DENIED_ERROR"}

    eks = "eks"
    seeded.override(
        "service-quotas", "GetServiceQuota", without, when=lambda call: bool(call.parameters["ServiceCode"] == eks)
    )
    estate = _scanned()
    assert [(gap.facts, gap.error, gap.reason) for gap in estate.gaps] == [
        (("quotas",), "DEPENDENCY_ACCESS_DENIED_ERROR", Reason.ERROR)
    ]


def test_use_that_is_refused_takes_the_fact(seeded: SimulatedAws) -> None:
    seeded.deny("cloudwatch", "GetMetricData")
    estate = _scanned()
    assert [(gap.facts, gap.action) for gap in estate.gaps] == [(("quotas",), "cloudwatch:GetMetricData")]
    assert _value(estate, quotas.FARGATE_VCPUS) == (1000, None)


def test_region_without_clusters_is_not_asked(aws: SimulatedAws, unpaced: None) -> None:
    assert _scanned().quotas == ()
    assert aws.counts()["service-quotas:GetServiceQuota"] == 0


def test_group_behind_a_capacity_provider(shop_aws: SimulatedAws) -> None:
    estate = _scanned()
    group = estate.auto_scaling_groups[0]
    assert (group.auto_scaling_group_name, group.min_size, group.max_size, group.desired_capacity) == (
        "shop-platform",
        2,
        6,
        2,
    )
    assert not group.is_full
    assert estate.capacity_providers[0].auto_scaling_group_provider is not None
    assert estate.capacity_providers[0].auto_scaling_group_provider.auto_scaling_group_arn in (
        estate.auto_scaling_group_by_arn
    )
