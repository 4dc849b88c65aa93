"""Blocks of a subnet that nothing holds, counted against a plain walk over its addresses."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.estate.network import free_blocks


@pytest.mark.parametrize(
    ("cidr", "held", "free"),
    [
        ("10.0.0.0/24", (), 14),
        ("10.0.0.0/24", ("10.0.0.16", "10.0.0.31"), 13),
        ("10.0.0.0/24", ("10.0.0.31", "10.0.0.32"), 12),
        ("10.0.0.0/24", ("10.0.0.32/28",), 13),
        ("10.0.0.0/24", ("10.0.0.4", "10.0.0.254"), 14),
        ("10.0.0.0/24", ("10.0.1.17", "10.0.255.1"), 14),
        ("10.0.0.0/28", (), 0),
        ("10.0.0.0/29", (), 0),
    ],
)
def test_free_blocks(cidr: str, held: tuple[str, ...], free: int) -> None:
    assert free_blocks(cidr, held) == free


@settings(max_examples=60, deadline=None)
@given(length=st.integers(20, 27), data=st.data())
def test_a_block_is_free_where_nobody_holds_any_of_its_addresses(length: int, data: st.DataObject) -> None:
    network = ipaddress.IPv4Network(f"10.20.0.0/{length}")
    places = data.draw(st.sets(st.integers(0, network.num_addresses - 1), max_size=30))
    held = {network[place] for place in places}
    taken = held | {network[place] for place in (0, 1, 2, 3, -1)}
    expected = sum(taken.isdisjoint(block) for block in network.subnets(new_prefix=28))
    assert free_blocks(str(network), [str(each) for each in held]) == expected
