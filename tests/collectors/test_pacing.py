"""Token buckets: a burst, then a steady pace, slower after AWS says that it was too much."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.collectors import operations
from assess.collectors.interface import Stopped
from assess.collectors.pacing import Bucket, Pacer, Rate, rate_of


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    bucket = Bucket(Rate(burst=10, per_second=4), share=0.5, clock=_Clock())
    waits = [bucket.reserve() for _ in range(8)]
    assert waits[:5] == [0, 0, 0, 0, 0]
    assert waits[5:] == [0.5, 1.0, 1.5]


def test_bucket_fills_up_again_to_its_burst() -> None:
    clock = _Clock()
    bucket = Bucket(Rate(burst=4, per_second=2), share=0.5, clock=clock)
    assert [bucket.reserve() for _ in range(2)] == [0, 0]
    clock.now = 100
    assert [bucket.reserve() for _ in range(3)] == [0, 0, 1.0]


def test_refusals_halve_the_pace_to_a_quarter_until_none_came_for_a_while() -> None:
    clock = _Clock()
    bucket = Bucket(Rate(burst=2, per_second=16), share=0.5, clock=clock)

    def pace() -> float:
        clock.now += 2
        return [bucket.reserve() for _ in range(2)][1]

    assert pace() == 1 / 8
    for _ in range(16):
        bucket.slow_down()
    assert pace() == 1 / 4
    for _ in range(3):
        clock.now += 1
        bucket.slow_down()
    assert pace() == 1 / 2
    clock.now += 10
    assert pace() == 1 / 8


def test_interrupt_ends_the_wait() -> None:
    stop = threading.Event()
    bucket = Bucket(Rate(burst=2, per_second=0.001), share=0.5, clock=_Clock())
    bucket.take(stop)
    stop.set()
    with pytest.raises(Stopped):
        bucket.take(stop)


@given(st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=60))
def test_calls_never_outrun_the_rate(pauses: list[float]) -> None:
    clock, rate = _Clock(), Rate(burst=6, per_second=3)
    bucket = Bucket(rate, share=1, clock=clock)
    starts = []
    for pause in pauses:
        clock.now += pause
        starts.append(clock.now + bucket.reserve())
    for first, begin in enumerate(starts):
        for last in range(first, len(starts)):
            assert last - first + 1 <= rate.burst + (starts[last] - begin) * rate.per_second + 1e-6


def test_operations_of_one_group_share_a_bucket_and_regions_do_not() -> None:
    pacer = Pacer()
    by_api = {each.api: each for each in operations()}
    listing, describing = by_api["ecs:ListServices"], by_api["ecs:DescribeServices"]
    assert pacer.bucket("eu-west-1", listing) is pacer.bucket("eu-west-1", describing)
    assert pacer.bucket("eu-west-1", listing) is not pacer.bucket("us-east-1", listing)
    assert pacer.bucket("eu-west-1", by_api["ec2:DescribeVpcs"]) is not pacer.bucket(
        "eu-west-1", by_api["ec2:DescribeSubnets"]
    )
    assert rate_of(by_api["elbv2:DescribeRules"]) == Rate(40, 10)
