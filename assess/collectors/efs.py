"""Reads Amazon EFS: the file systems that tasks mount."""

import json
import re
from collections.abc import Iterator

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, pages
from assess.estate.ecs import TaskDefinition

_PAGES = pages(100, limit="MaxItems", token="Marker", next="NextMarker")

DESCRIBE_FILE_SYSTEMS = Operation(
    "efs",
    "DescribeFileSystems",
    "elasticfilesystem:DescribeFileSystems",
    answers=("FileSystems",),
    paging=_PAGES,
)
DESCRIBE_ACCESS_POINTS = Operation(
    "efs",
    "DescribeAccessPoints",
    "elasticfilesystem:DescribeAccessPoints",
    answers=("AccessPoints",),
    paging=pages(100, limit="MaxResults", token="NextToken"),
)
DESCRIBE_MOUNT_TARGETS = Operation(
    "efs",
    "DescribeMountTargets",
    "elasticfilesystem:DescribeMountTargets",
    answers=("MountTargets",),
    paging=_PAGES,
)
DESCRIBE_FILE_SYSTEM_POLICY = Operation(
    "efs", "DescribeFileSystemPolicy", "elasticfilesystem:DescribeFileSystemPolicy", answers=("Policy",)
)

_FACTS = ("efs",)

_ID = re.compile(r"(?:.*/)?(fs-[0-9a-f]{8,40})")
_OF_SYSTEM = ("FileSystemId", "FileSystemArn", "Name", "Encrypted", "LifeCycleState")
_OF_TARGET = ("MountTargetId", "SubnetId", "VpcId", "AvailabilityZoneName", "LifeCycleState")


def _read(reader: Reader) -> None:
    used = set(_used(reader))
    if not used:
        return
    # whole lists, 100 a page: one id of a list that is gone makes a call that names it fail
    systems = [
        each
        for each in reader.items(DESCRIBE_FILE_SYSTEMS, "FileSystems", lost=_FACTS)
        if each.get("FileSystemId") in used
    ]
    points: dict[str, list[Document]] = {}
    for point in reader.items(DESCRIBE_ACCESS_POINTS, "AccessPoints", lost=_FACTS) if systems else ():
        root = (point.get("RootDirectory") or {}).get("Path") or "/"
        named = {"AccessPointId": point.get("AccessPointId"), "Path": root}
        points.setdefault(str(point.get("FileSystemId")), []).append(named)

    def read(system: Document) -> None:
        id = str(system["FileSystemId"])
        targets = [
            {key: each[key] for key in _OF_TARGET if key in each}
            for each in reader.items(DESCRIBE_MOUNT_TARGETS, "MountTargets", lost=_FACTS, FileSystemId=id)
        ]
        known = {key: system[key] for key in _OF_SYSTEM if key in system}
        reached = {"MountTargets": targets, "AccessPoints": points.get(id, [])}
        reader.add("file_systems", known | reached | _policy(reader, id))

    reader.each(read, systems)


def _used(reader: Reader) -> Iterator[str]:
    for task in reader.facts(TaskDefinition):
        for volume in task.volumes:
            mounted = volume.efs_volume_configuration
            found = _ID.fullmatch(mounted.file_system_id) if mounted is not None else None
            if found is not None:
                yield found[1]


def _policy(reader: Reader, id: str) -> Document:
    try:
        answer = reader.call(DESCRIBE_FILE_SYSTEM_POLICY, FileSystemId=id)
        return {"HasPolicy": True, "Policy": json.loads(answer["Policy"])}
    except Unreadable as error:
        if error.code == "PolicyNotFound":
            return {"HasPolicy": False}
        reader.lose(error, _FACTS)
    except ValueError:
        pass
    return {}


EFS = Collector(
    name="efs",
    title="file systems",
    facts=_FACTS,
    operations=(
        DESCRIBE_FILE_SYSTEMS,
        DESCRIBE_ACCESS_POINTS,
        DESCRIBE_MOUNT_TARGETS,
        DESCRIBE_FILE_SYSTEM_POLICY,
    ),
    collect=_read,
    after=("ecs.task_definitions",),
)

COLLECTORS = (EFS,)
