"""Network interfaces: those of the subnets in use, with what holds their addresses and nothing else."""

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from tests.support.aws import SimulatedAws
from tests.support.seeding import Network, Seeder, awsvpc, container


@pytest.fixture
def network(aws: SimulatedAws, unpaced: None) -> Network:
    """Two private subnets that a service runs in, and a public one that holds a NAT gateway."""
    seeder = Seeder(aws)
    made = seeder.network("shop", "10.70", private=2, public=1)
    group = seeder.security_group(made, "shop")
    revision = seeder.task_definition("shop", container("shop"))
    seeder.service(seeder.cluster("shop"), "shop", revision, networkConfiguration=awsvpc(made, group))
    for subnet in (*made.private, *made.public):
        seeder.ec2.create_network_interface(SubnetId=subnet, Description="a printer", Groups=[group])
    aws.forget_calls()
    return made


def _scanned() -> Estate:
    return scan(ScanRequest(), facts=frozenset({"vpc.interfaces"}))


def test_interfaces_of_subnets_in_use(aws: SimulatedAws, network: Network) -> None:
    estate = _scanned()
    assert set(estate.interfaces_by_subnet) == set(network.private)
    for subnet in network.private:
        (interface,) = estate.interfaces_by_subnet[subnet]
        assert [each.startswith("10.70.") for each in interface.held] == [True]
        assert interface.unknown_fields == {}
    assert aws.counts()["ec2:DescribeNetworkInterfaces"] == 1


def test_denial_takes_the_fact(aws: SimulatedAws, network: Network) -> None:
    aws.deny("ec2", "DescribeNetworkInterfaces")
    estate = _scanned()
    assert estate.network_interfaces == ()
    assert [(gap.facts, gap.reason) for gap in estate.gaps] == [(("vpc.interfaces",), Reason.DENIED)]


def test_account_without_subnets_in_use_is_not_asked(aws: SimulatedAws, unpaced: None) -> None:
    Seeder(aws).cluster("shop")
    assert _scanned().network_interfaces == ()
    assert aws.counts()["ec2:DescribeNetworkInterfaces"] == 0
