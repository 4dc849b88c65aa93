"""File systems with their mount targets and access points, as Amazon EFS describes them."""

from assess.readers.cloudformation.drafts import Drafts
from assess.readers.cloudformation.values import Value

_FILE_SYSTEM, _SUBNET = "AWS::EFS::FileSystem", "AWS::EC2::Subnet"


def complete(drafts: Drafts) -> None:
    """Puts mount targets and access points into their file systems."""
    for target in drafts.stack.of("AWS::EFS::MountTarget"):
        system = drafts.meant(target.properties.get("FileSystemId"), _FILE_SYSTEM)
        subnet = target.properties.get("SubnetId")
        if system is None or subnet is None:
            continue
        members = {"MountTargetId": Value(target.id, target.line), "SubnetId": subnet}
        declared = drafts.meant(subnet, _SUBNET)
        if declared is not None:
            for field, name in (("VpcId", "VpcId"), ("AvailabilityZoneName", "AvailabilityZone")):
                if name in declared.members:
                    members[field] = declared.members[name]
        system.put("MountTargets/-", Value(members, target.line))
    for point in drafts.stack.of("AWS::EFS::AccessPoint"):
        system = drafts.meant(point.properties.get("FileSystemId"), _FILE_SYSTEM)
        root = point.properties.get("RootDirectory")
        path = root.members.get("Path") if root is not None else None
        if system is not None:
            entry = {"AccessPointId": Value(point.id, point.line), "Path": path or Value("/", point.line)}
            system.put("AccessPoints/-", Value(entry, point.line))
    for system in drafts.of("file_systems"):
        system.put("HasPolicy", Value("Policy" in system.members, system.resource.line))
