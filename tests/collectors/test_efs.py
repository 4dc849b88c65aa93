"""File systems of EFS that tasks mount."""

import json

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.support.aws import ACCOUNT, SimulatedAws
from tests.support.seeding import Seeder, container

FACTS = frozenset({"efs"})


def mounting(aws: SimulatedAws) -> tuple[Seeder, str]:
    """A service that mounts a file system; there is another one that nobody mounts."""
    seeder = Seeder(aws)
    network = seeder.network("net", "10.9", private=2, public=1)
    efs = seeder.client("efs")
    used = str(efs.create_file_system(CreationToken="used", Encrypted=True)["FileSystemId"])
    efs.create_file_system(CreationToken="unused")
    efs.create_mount_target(FileSystemId=used, SubnetId=network.private[0])
    efs.create_access_point(FileSystemId=used, ClientToken="a", RootDirectory={"Path": "/pictures"})
    volume = {"name": "data", "efsVolumeConfiguration": {"fileSystemId": used}}
    seeder.service(seeder.cluster("shop"), "web", seeder.task_definition("web", container("web"), volumes=[volume]))
    aws.forget_calls()
    return seeder, used


def scanned() -> Estate:
    found = scan(ScanRequest(), facts=FACTS)
    assert len(found.workloads) == 1
    return found


def test_file_system_in_use_is_kept_with_its_targets_and_points(aws: SimulatedAws, unpaced: None) -> None:
    _, used = mounting(aws)
    found = scanned()
    (kept,) = found.file_systems
    assert (kept.file_system_id, kept.encrypted, kept.zones) == (used, True, ("us-east-1a",))
    (point,) = kept.access_points
    assert kept.path_of(point.access_point_id) == "/pictures"
    assert (kept.has_policy, kept.admits_by_role) == (False, False)
    assert found.gaps == ()
    assert aws.counts()["efs:DescribeMountTargets"] == 1


@pytest.mark.parametrize(
    ("principal", "condition", "by_role"),
    [
        ({"AWS": "*"}, {}, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}, False),
        ({"AWS": "*"}, {"StringEquals": {"elasticfilesystem:AccessPointArn": "arn:aws:efs:point"}}, False),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:role/web-task"]}, {}, True),
        ({"AWS": "*"}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/web-*"}}, True),
    ],
)
def test_policy_says_whether_roles_are_admitted_by_name(
    aws: SimulatedAws, unpaced: None, principal: object, condition: object, by_role: bool
) -> None:
    seeder, used = mounting(aws)
    statement = {"Effect": "Allow", "Principal": principal, "Action": "elasticfilesystem:*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    seeder.client("efs").put_file_system_policy(FileSystemId=used, Policy=policy)
    (kept,) = scanned().file_systems
    assert (kept.has_policy, kept.admits_by_role) == (True, by_role)


def test_nothing_is_asked_where_nothing_is_mounted(aws: SimulatedAws, unpaced: None) -> None:
    scan(ScanRequest(), facts=FACTS)
    assert not any(api.startswith("efs:") for api in aws.counts())


@pytest.mark.parametrize(
    "operation",
    ["DescribeFileSystems", "DescribeAccessPoints", "DescribeMountTargets", "DescribeFileSystemPolicy"],
)
def test_what_is_refused_takes_only_its_fact(aws: SimulatedAws, unpaced: None, operation: str) -> None:
    mounting(aws)
    aws.deny("efs", operation)
    gaps = [(each.action, each.facts) for each in scanned().gaps]
    assert gaps == [(f"elasticfilesystem:{operation}", ("efs",))]
