"""What goes wrong on the way: tried again, then a gap; never an empty answer, never a scan that fails."""

import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import botocore.session
import pytest

from assess.collectors import EXPIRED, ScanInterrupted, ScanRequest, scan
from assess.estate.estate import FACT_KINDS, Estate
from assess.estate.facts import Origin
from assess.estate.gaps import Reason
from tests.support.aws import ACCOUNT, SimulatedAws
from tests.support.faults import Proceed
from tests.support.wire import Answer, Call, decode, encode

# calls that do not hide each other: JSON, EC2's XML, the others' XML and REST, two of each
_CALLS = [
    ("ecs", "ListTasks"),
    ("ec2", "DescribeVpcs"),
    ("elbv2", "DescribeTargetGroupAttributes"),
    ("scheduler", "ListSchedules"),
    ("application-autoscaling", "DescribeScalingPolicies"),
    ("ec2", "DescribeSecurityGroups"),
    ("elbv2", "DescribeLoadBalancerAttributes"),
    ("stepfunctions", "ListStateMachines"),
]

_FAULTS: list[tuple[Callable[..., Any], set[str]]] = [
    (SimulatedAws.throttle, {"ThrottlingException", "Throttling", "RequestLimitExceeded"}),
    (SimulatedAws.fail, {"InternalFailure"}),
    (partial(SimulatedAws.fail, status=503), {"ServiceUnavailable"}),
    (SimulatedAws.disconnect, {"ConnectionClosedError"}),
    (SimulatedAws.truncate, {"BrokenAnswer", "ConnectionClosedError", "ResponseStreamingError"}),
    (partial(SimulatedAws.truncate, honest_length=True), {"BrokenAnswer"}),
    (SimulatedAws.garble, {"BrokenAnswer"}),
    (SimulatedAws.blank, {"BrokenAnswer"}),
]
"""What goes wrong, and the codes of the gap that it leaves where it lasts."""


def _turned(turn: int) -> list[tuple[str, str, Callable[..., Any], set[str]]]:
    """Each call with a fault of its own; other turns pair them otherwise."""
    return [
        (service, operation, *_FAULTS[(place + turn) % len(_FAULTS)])
        for place, (service, operation) in enumerate(_CALLS)
    ]


@pytest.fixture(scope="module")
def _known() -> dict[str, Estate]:
    return {}


@pytest.fixture
def whole(clean_aws: SimulatedAws, _known: dict[str, Estate]) -> Estate:
    """The small estate without faults."""
    if not _known:
        _known["whole"] = scan(ScanRequest())
    return _known["whole"]


@pytest.mark.parametrize("turn", range(0, 8, 2))
def test_fault_that_passes_is_not_seen(clean_aws: SimulatedAws, whole: Estate, unpaced: None, turn: int) -> None:
    for service, operation, fault, _ in _turned(turn):
        fault(clean_aws, service, operation, times=2)
    estate = scan(ScanRequest())
    assert estate.gaps == ()
    for kind in FACT_KINDS:
        assert len(getattr(estate, kind)) == len(getattr(whole, kind)), kind


@pytest.mark.parametrize("turn", range(0, 8, 2))
def test_fault_that_lasts_is_a_gap(clean_aws: SimulatedAws, whole: Estate, unpaced: None, turn: int) -> None:
    for service, operation, fault, _ in _turned(turn):
        fault(clean_aws, service, operation)
    estate = scan(ScanRequest())
    assert {gap.api for gap in estate.gaps} == {f"{service}:{operation}" for service, operation in _CALLS}
    codes = {f"{service}:{operation}": codes for service, operation, _, codes in _turned(turn)}
    for gap in estate.gaps:
        assert gap.reason is Reason.ERROR
        assert gap.error in codes[gap.api], gap.api
        for fact in gap.facts:
            assert estate.missing(fact, estate.services[0].origin, [gap.resource or ""]) is not None
    for kind in ("services", "roles", "task_definitions", "subnets", "target_groups", "scalable_targets"):
        assert len(getattr(estate, kind)) == len(getattr(whole, kind)), kind


def test_answer_without_its_list_is_a_gap(clean_aws: SimulatedAws, whole: Estate) -> None:
    clean_aws.override("ecs", "ListServices", lambda _answer: {"nextToken": None})
    estate = scan(ScanRequest(), facts=frozenset())
    assert {(gap.api, gap.error, gap.enumeration) for gap in estate.gaps} == {
        ("ecs:ListServices", "BrokenAnswer", True)
    }
    assert {gap.resource for gap in estate.gaps} == {each.cluster_arn for each in whole.clusters}
    assert "serviceArns" in estate.gaps[0].message


def test_list_that_does_not_end_is_a_gap(clean_aws: SimulatedAws) -> None:
    first: list[Any] = []

    def same_page(call: Call, proceed: Proceed) -> Answer:
        if not first:
            first.append(decode(call, proceed()))
        return encode(call, {**first[0], "nextToken": "again"})

    clean_aws.fault("ecs", "ListClusters", same_page)
    estate = scan(ScanRequest(), facts=frozenset())
    assert [(gap.api, gap.error) for gap in estate.gaps] == [("ecs:ListClusters", "RepeatedPage")]
    assert clean_aws.counts()["ecs:ListClusters"] == 2
    assert estate.services


def test_service_that_the_answer_leaves_out_is_known_by_its_arn(clean_aws: SimulatedAws, whole: Estate) -> None:
    def drop(answer: Any) -> None:
        del answer["services"][0]

    clean_aws.override("ecs", "DescribeServices", drop)
    estate = scan(ScanRequest(), facts=frozenset())
    assert [each.service_arn for each in estate.services] == [each.service_arn for each in whole.services]
    assert {gap.error for gap in estate.gaps} == {"Incomplete"}
    assert len(estate.gaps) == len(whole.clusters)
    assert {gap.resource for gap in estate.gaps} <= set(estate.service_by_arn)


def test_service_that_went_away_meanwhile_is_no_gap(clean_aws: SimulatedAws, whole: Estate) -> None:
    def gone(answer: Any) -> None:
        service = answer["services"].pop(0)
        answer["failures"] = [{"arn": service["serviceArn"], "reason": "MISSING"}]

    clean_aws.override("ecs", "DescribeServices", gone)
    estate = scan(ScanRequest(), facts=frozenset())
    assert len(estate.services) == len(whole.services) - len(whole.clusters)
    assert estate.gaps == ()


def test_answer_of_a_strange_shape_costs_its_own_collector_only(clean_aws: SimulatedAws, whole: Estate) -> None:
    clean_aws.override("elbv2", "DescribeTargetGroups", lambda answer: {"TargetGroups": [["?"]]})
    clean_aws.override("servicediscovery", "ListNamespaces", lambda answer: {"Namespaces": "none"})
    estate = scan(ScanRequest())
    assert {gap.api for gap in estate.gaps} <= {"elbv2:DescribeTargetGroups", "servicediscovery:ListNamespaces"}
    assert len(estate.roles) == len(whole.roles)


def test_token_that_expires_in_mid_scan_keeps_what_was_read(clean_aws: SimulatedAws, whole: Estate) -> None:
    clean_aws.expire_token(after=20)
    estate = scan(ScanRequest())
    assert {gap.error for gap in estate.gaps} <= EXPIRED
    assert all("expired during the scan" in gap.message for gap in estate.gaps)
    assert estate.clusters
    # calls that were in flight may still end that way; nothing more is sent after them
    assert len(clean_aws.calls) <= 20 + 16


def test_interrupt_keeps_what_was_read(clean_aws: SimulatedAws) -> None:
    main = threading.main_thread().ident
    assert main is not None

    def interrupt(_call: Call, proceed: Proceed) -> Answer:
        signal.pthread_kill(main, signal.SIGINT)
        return proceed()

    clean_aws.fault("ecs", "DescribeTaskDefinition", interrupt, times=1)
    with pytest.raises(ScanInterrupted) as interrupted:
        scan(ScanRequest())
    estate = interrupted.value.estate
    assert estate.services
    assert {gap.error for gap in estate.gaps} == {"Interrupted"}
    assert {gap.reason for gap in estate.gaps} == {Reason.NOT_COLLECTED}
    missing = estate.missing("iam.roles", estate.services[0].origin)
    assert missing is not None


@pytest.mark.parametrize("offered", [True, False])
def test_nobody_who_answers_is_a_gap_unless_aws_has_no_such_service_in_the_region(
    aws: SimulatedAws, unpaced: None, monkeypatch: pytest.MonkeyPatch, offered: bool
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_PIPES", "http://127.0.0.1:9")  # the port of `discard`: nobody listens
    known = botocore.session.get_session()
    piped, all_regions = known.get_available_regions("pipes"), known.get_available_regions("ecs")
    region = next(each for each in sorted(all_regions) if (each in piped) is offered)
    estate = scan(ScanRequest(regions=(region,)), facts=frozenset())
    assert [(gap.api, gap.error) for gap in estate.blind] == (
        [("pipes:ListPipes", "EndpointConnectionError")] if offered else []
    )
    assert (estate.missing("pipes", Origin(account=ACCOUNT, region=region)) is None) is not offered
