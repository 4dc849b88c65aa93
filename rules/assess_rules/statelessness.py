"""State and storage: what a task keeps on the instance, in file systems and in its own containers."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.balancing import TargetGroup
from assess.estate.ecs import Cluster, Container, MountPoint, TaskDefinition, Volume
from assess.estate.estate import Estate
from assess.estate.facts import Evidence, pointer
from assess.estate.workloads import Workload
from assess.rule import (
    CRITICAL,
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    WEEKS,
    Kind,
    Outcome,
    Reason,
    Severity,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import (
    agent_of,
    datastore_of,
    datastore_of_folder,
    image_of,
    runs_client_of_datastore,
)

_STORAGE = "https://kubernetes.io/docs/concepts/storage"

# --- folders and sockets of the instance ------------------------------------------------------------------------

_SYSTEM_FOLDERS = (
    *("/proc", "/sys", "/cgroup", "/dev", "/etc/localtime", "/etc/timezone", "/var/run", "/run", "/var/log"),
)
"""Folders of the system that agents look into: no data of an application is kept there."""

_SOCKETS = frozenset({"docker.sock", "containerd.sock"})


class _Mount(NamedTuple):
    """A mount of a volume in a container."""

    container: Container
    position: int
    point: MountPoint

    @property
    def is_writable(self) -> bool:
        return self.point.read_only is not True


def _mounts(task: TaskDefinition, volume: Volume) -> tuple[_Mount, ...]:
    return tuple(
        _Mount(container, index, point)
        for container in task.containers()
        for index, point in enumerate(container.definition.mount_points)
        if point.source_volume == volume.name
    )


def _source_path(volume: Volume) -> str:
    """The folder or file of the instance that a volume is, by itself or by a bind of Docker's local driver."""
    written = volume.host.source_path if volume.host is not None else None
    return written or _bound_by_docker(volume)


def _bound_by_docker(volume: Volume) -> str:
    docker = volume.docker_volume_configuration
    if (
        docker is None
        or docker.driver not in (None, "local")
        or "bind" not in docker.driver_opts.get("o", "").split(",")
    ):
        return ""
    return docker.driver_opts.get("device", "")


def _at_source(index: int, volume: Volume) -> tuple[str | int, ...]:
    """Steps to where a volume names its folder of the instance."""
    if _bound_by_docker(volume):
        return ("volumes", index, "dockerVolumeConfiguration", "driverOpts", "device")
    return ("volumes", index, "host", "sourcePath")


def _is_socket(path: str) -> bool:
    return path.rstrip("/").rpartition("/")[2] in _SOCKETS


def _is_system_folder(path: str) -> bool:
    if path.startswith("\\\\.\\pipe\\"):  # a named pipe of Windows
        return True
    bare = path.rstrip("/")
    return any(bare == folder or bare.startswith(f"{folder}/") for folder in _SYSTEM_FOLDERS)


def _keeps_data_on_instance(volume: Volume) -> bool:
    """Whether a volume is a folder of the instance that STO-HOST-PATH judges."""
    path = _source_path(volume)
    return bool(path) and not _is_socket(path) and not _is_system_folder(path)


def _names(mounts: tuple[_Mount, ...]) -> str:
    names = list(dict.fromkeys(each.container.name for each in mounts))
    return f"container{'s' if len(names) > 1 else ''} {' and '.join(names)}"


@rule(
    "STO-HOST-PATH",
    Checklist.STATELESSNESS,
    severity=HIGH,
    worst=CRITICAL,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("volumes[].host.sourcePath", "containerDefinitions[].mountPoints[].sourceVolume"),
    reference=f"{_STORAGE}/volumes/#hostpath",
)
def writable_folder_of_the_instance(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """A container writes to a folder of the instance

    A Pod may start on another node at any time: after a node is replaced, drained or filled up. What it wrote to a
    folder of the old node stays behind there, and the new Pod starts with an empty folder or with stale data of an
    earlier one. hostPath volumes are also refused by the baseline Pod Security Standard and do not exist on Fargate.

    An empty `host` object is scratch space and does not count, nor do the system's own folders that agents read
    (/proc, /sys, /cgroup, /dev, /run, /var/run, /var/log). A folder that every container mounts read-only, or that only
    a known agent writes to, is a low finding; one that holds the files of a datastore a critical one.

    Fix: Decide whether the folder is a cache or data. A cache becomes an emptyDir; data becomes a
    PersistentVolumeClaim, on EBS for one writer or on EFS for several, and is copied there once. Keep hostPath for
    node agents that run as a DaemonSet.

    Before:

        {"volumes": [{"name": "data", "host": {"sourcePath": "/srv/data"}}],
         "containerDefinitions": [{"name": "app",
           "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}]}]}

    After:

        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: data
        spec:
          accessModes: [ReadWriteOnce]  # EBS: one node at a time; ReadWriteMany takes EFS
          storageClassName: gp3
          resources:
            requests: {storage: 20Gi}
        ---
        spec:
          volumes:
            - name: data
              persistentVolumeClaim: {claimName: data}
          containers:
            - name: app
              volumeMounts:
                - {name: data, mountPath: /data}
    """
    if estate.runs_on_fargate(task):
        yield not_applicable("Fargate refuses folders of an instance")
        return
    if not any(_source_path(each) for each in task.volumes):
        yield not_applicable("no volume is a folder of the instance")
        return
    for index, volume in enumerate(task.volumes):
        mounts = _mounts(task, volume)
        if not mounts or not _keeps_data_on_instance(volume):
            continue
        at = _at_source(index, volume)
        path = _source_path(volume)
        if task.is_unresolved(*at) and not path.startswith("/"):
            yield unknown(Reason.UNRESOLVED, pointer(*at))
            continue
        writers = tuple(each for each in mounts if each.is_writable)
        evidence = [task.evidence(*at), *(task.evidence(*_at(each)) for each in mounts)]
        if not writers:
            message = f"{path} of the instance is mounted read-only into {_names(mounts)}, as volume {volume.name}"
            yield fail(message, *evidence, element=volume.name, severity=LOW, effort=HOURS)
            continue
        agents = [agent_of(each.container) for each in writers]
        if all(each is not None and each.chart for each in agents):
            names = " and ".join(dict.fromkeys(each.name for each in agents if each is not None))
            message = f"{names} in {_names(writers)} keeps files of its own in {path} of the instance"
            yield fail(message, *evidence, element=volume.name, severity=LOW, effort=HOURS)
            continue
        store = _datastore_in(path, writers)
        if store is not None:
            message = f"{store} in {_names(writers)} keeps its data in {path} of the instance, as volume {volume.name}"
            yield fail(message, *evidence, element=volume.name, severity=CRITICAL, effort=WEEKS)
        else:
            message = f"{_names(writers)} may write to {path} of the instance, mounted as volume {volume.name}"
            yield fail(message, *evidence, element=volume.name)


def _at(mount: _Mount) -> tuple[str | int, ...]:
    return mount.container.at("mountPoints", mount.position)


def _datastore_in(path: str, writers: tuple[_Mount, ...]) -> str | None:
    """The datastore whose files a folder of the instance holds, by image, by folder or by where it is mounted."""
    for writer in writers:
        found = datastore_of(writer.container)
        if found is not None and not runs_client_of_datastore(writer.container):
            return found
    places = (path, *(writer.point.container_path for writer in writers))
    return next((found for found in map(datastore_of_folder, places) if found is not None), None)


@rule(
    "STO-DOCKER-SOCK",
    Checklist.STATELESSNESS,
    severity=CRITICAL,
    softest=MEDIUM,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    looks_at=("volumes[].host.sourcePath", "containerDefinitions[].mountPoints[].sourceVolume"),
    reference="https://kubernetes.io/docs/setup/production-environment/container-runtimes/",
)
def container_runtime_socket(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """A container talks to the Docker or containerd socket of the instance

    EKS nodes run containerd: there is no /var/run/docker.sock, so whatever builds images, starts sibling containers
    or lists them through it stops working. Mounting containerd's socket instead hands a Pod the whole node, and
    what it starts there is invisible to the scheduler.

    Agents that use the socket for container discovery only and have another way on Kubernetes are a medium finding.
    A mount of a folder that happens to hold a socket (/var/run) does not count.

    Fix: Replace builds by CodeBuild, or by rootless BuildKit in a Job. Replace sibling containers by Jobs that are
    created through the Kubernetes API with a ServiceAccount and RBAC. Install agents from their Helm chart, which
    reads the kubelet's API.
    """
    if estate.runs_on_fargate(task) or task.is_windows:
        yield not_applicable("there is no such socket on Fargate and on Windows")
        return
    for index, volume in enumerate(task.volumes):
        path = _source_path(volume)
        mounts = _mounts(task, volume)
        if not mounts or not _is_socket(path):
            continue
        evidence = [task.evidence(*_at_source(index, volume)), *(task.evidence(*_at(e)) for e in mounts)]
        agents = [agent_of(each.container) for each in mounts]
        if all(each is not None and each.socket_optional for each in agents):
            names = " and ".join(dict.fromkeys(each.name for each in agents if each is not None))
            message = f"{names} in {_names(mounts)} finds containers through {path} of the instance"
            yield fail(message, *evidence, element=volume.name, severity=MEDIUM, effort=HOURS)
            continue
        may_be_agents = all(
            image_of(each.container).is_open or (agent is not None and agent.socket_optional)
            for each, agent in zip(mounts, agents, strict=True)
        )
        message = f"runtime socket {path} of the instance is mounted into {_names(mounts)}"
        yield fail(message, *evidence, element=volume.name, softest=MEDIUM if may_be_agents else None)


# --- Docker volumes ---------------------------------------------------------------------------------------------


def _plugin(volume: Volume) -> str | None:
    """What a Docker volume needs from Docker that containerd lacks: a driver's name, or the kind of a mount."""
    docker = volume.docker_volume_configuration
    if docker is None:
        return None
    if docker.driver and docker.driver != "local":
        return f"driver {docker.driver}"
    kind = docker.driver_opts.get("type", "").lower()
    if kind.startswith(("nfs", "cifs", "smb")):
        return f"{kind.upper()} mount"
    return None


@rule(
    "STO-DOCKER-VOLUME",
    Checklist.STATELESSNESS,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("volumes[].dockerVolumeConfiguration.scope",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/docker-volumes.html",
)
def shared_docker_volume(task: TaskDefinition) -> Iterator[Outcome]:
    """A Docker volume outlives its task on the instance

    A Docker volume of scope `shared` stays on one instance and is found again by the next task there. Kubernetes has
    no such thing: a Pod that starts on another node finds nothing, and one that starts on the same node finds an
    empty emptyDir. Volumes of scope `task` live and die with their task, as an emptyDir does, and do not count.

    Fix: Ask whether the volume is a cache or data. Make a cache an emptyDir, or warm it up at start; give data a
    PersistentVolumeClaim (EBS for one writer, EFS for several) and copy it once.

    Before:

        {"volumes": [{"name": "cache", "dockerVolumeConfiguration": {
          "scope": "shared", "autoprovision": true, "driver": "local"}}]}

    After:

        # a cache: it is filled anew on every node
        spec:
          volumes:
            - name: cache
              emptyDir: {sizeLimit: 5Gi}
    """
    if not any(each.docker_volume_configuration for each in task.volumes):
        yield not_applicable("there is no Docker volume")
        return
    for index, volume in enumerate(task.volumes):
        docker = volume.docker_volume_configuration
        if docker is not None and docker.scope == "shared" and not _plugin(volume) and not _bound_by_docker(volume):
            mounts = _mounts(task, volume)
            users = _names(mounts) if mounts else "no container"
            message = f"Docker volume {volume.name} of {users} outlives its task on the instance (scope shared)"
            at = ("volumes", index, "dockerVolumeConfiguration", "scope")
            yield fail(message, task.evidence(*at), element=volume.name)


@rule(
    "STO-DOCKER-PLUGIN",
    Checklist.STATELESSNESS,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("volumes[].dockerVolumeConfiguration",),
    reference="https://kubernetes-csi.github.io/docs/drivers.html",
)
def docker_volume_plugin(task: TaskDefinition) -> Iterator[Outcome]:
    """A volume needs a Docker volume driver

    Docker volume plugins, and NFS or CIFS mounts through the options of Docker's local driver, are features of the
    Docker daemon. EKS nodes run containerd, where storage comes through CSI drivers instead, so the volume cannot be
    mounted as it is described.

    Fix: Install the CSI driver for the same storage (EBS, EFS, FSx, NFS, SMB), describe the volume as a
    PersistentVolume that points at it, and move the data where the format differs.
    """
    if not any(each.docker_volume_configuration for each in task.volumes):
        yield not_applicable("there is no Docker volume")
        return
    for index, volume in enumerate(task.volumes):
        plugin = _plugin(volume)
        if plugin is not None:
            message = f"volume {volume.name} needs a feature of the Docker daemon: {plugin}"
            field = "driver" if plugin.startswith("driver ") else "driverOpts"
            evidence = task.evidence("volumes", index, "dockerVolumeConfiguration", field)
            yield fail(message, evidence, element=volume.name)


# --- file systems -----------------------------------------------------------------------------------------------


@rule(
    "STO-EFS",
    Checklist.STATELESSNESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("efs",),
    looks_at=("volumes[].efsVolumeConfiguration",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/efs-csi.html",
)
def efs_volume(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """An EFS file system becomes a static persistent volume

    EFS moves well: the file system stays where it is and Pods mount it through the EFS CSI driver. The driver has to
    be installed, and every node needs a mount target in its Availability Zone and port 2049 open to it.

    Fix: Install the EFS CSI driver, write a static PersistentVolume whose volumeHandle is the file system id (with
    ::access-point-id where one is used), and check mount targets and security groups of the node subnets.

    Before:

        {"volumes": [{"name": "media", "efsVolumeConfiguration": {
          "fileSystemId": "fs-0123456789abcdef0", "transitEncryption": "ENABLED",
          "authorizationConfig": {"accessPointId": "fsap-0123456789abcdef0"}}}]}

    After:

        apiVersion: v1
        kind: PersistentVolume
        metadata:
          name: media
        spec:
          capacity: {storage: 1Gi}  # required, and without a meaning for EFS
          accessModes: [ReadWriteMany]
          persistentVolumeReclaimPolicy: Retain
          storageClassName: ""
          csi:
            driver: efs.csi.aws.com
            volumeHandle: fs-0123456789abcdef0::fsap-0123456789abcdef0
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: media
        spec:
          accessModes: [ReadWriteMany]
          storageClassName: ""
          volumeName: media
          resources:
            requests: {storage: 1Gi}
    """
    for index, volume in enumerate(task.volumes):
        efs = volume.efs_volume_configuration
        if efs is not None:
            system = estate.file_system(efs.file_system_id, task.origin)
            zones = system.zones if system is not None else ()
            reached = f", which can be reached in {_listed(list(zones))}" if zones else ""
            message = f"volume {volume.name} mounts EFS file system {efs.file_system_id}{reached}"
            at = ("volumes", index, "efsVolumeConfiguration", "fileSystemId")
            yield fail(message, task.evidence(*at), element=volume.name)


@rule(
    "STO-EFS-IAM",
    Checklist.STATELESSNESS,
    severity=HIGH,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("efs",),
    softened_by=("efs",),
    looks_at=("volumes[].efsVolumeConfiguration.authorizationConfig.iam",),
    reference="https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html",
)
def efs_authorised_by_task_role(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """An EFS mount is authorised by the task role

    On ECS the task role signs the mount. On EKS the CSI driver mounts for the Pod and signs with the role of its own
    node component, so a file system policy that names task roles denies every Pod, and one that admits the driver
    no longer tells workloads apart. A policy that names no role, or none at all, admits the driver as it admits the
    task: then there is little to do.

    Fix: Allow the role of the CSI driver's node component in the file system policy, and keep workloads apart by an
    access point for each (condition elasticfilesystem:AccessPointArn).
    """
    if not any(each.efs_volume_configuration for each in task.volumes):
        yield not_applicable("there is no EFS volume")
        return
    for index, volume in enumerate(task.volumes):
        efs = volume.efs_volume_configuration
        authorization = efs.authorization_config if efs is not None else None
        if efs is not None and authorization is not None and authorization.iam == "ENABLED":
            message = (
                f"the task role authorises the mount of EFS file system {efs.file_system_id} (volume {volume.name})"
            )
            system = estate.file_system(efs.file_system_id, task.origin)
            by_role = system.admits_by_role if system is not None else None
            if by_role is False:
                message += ", whose policy names no role"
            at = ("volumes", index, "efsVolumeConfiguration", "authorizationConfig", "iam")
            severity = LOW if by_role is False else HIGH
            yield fail(message, task.evidence(*at), element=volume.name, severity=severity)


class _Share(NamedTuple):
    """A workload's mount of a part of an EFS file system."""

    workload: Workload
    root: str
    """Access point, or folder in the file system."""
    is_access_point: bool
    is_writable: bool
    evidence: Evidence

    @property
    def user(self) -> str:
        # the same family in two files is one workload for two environments
        return self.workload.name if self.workload.kind == "task_definition" else self.workload.id

    def top(self, folders: frozenset[str]) -> str:
        """The access point, or the uppermost of the ``folders`` that the share lies in."""
        if self.is_access_point:
            return self.root
        parts = self.root.strip("/").split("/")
        above = ("/" + "/".join(parts[:depth]) for depth in range(len(parts)))
        return next((each for each in above if each in folders), self.root)


_FILE_SYSTEM_ID = re.compile(r"fs-(?:[0-9a-f]+|[\w-]+(?:\.[\w-]+)+)")
"""As AWS gives it, or as it stands for a file system of a template (``fs-shop.Uploads``)."""


def _shares(estate: Estate) -> dict[tuple[str, str, str], list[_Share]]:
    """The mounts of each file system, by account, region and id."""
    found: dict[tuple[str, str, str], list[_Share]] = {}
    for workload in estate.workloads:
        task = workload.task_definition
        for index, volume in enumerate(task.volumes if task is not None else ()):
            efs = volume.efs_volume_configuration
            at = ("volumes", index, "efsVolumeConfiguration", "fileSystemId")
            if task is None or efs is None or not _FILE_SYSTEM_ID.fullmatch(efs.file_system_id):
                continue  # what is not an id is there to be replaced
            mounts = _mounts(task, volume)
            if mounts:
                point = efs.authorization_config.access_point_id if efs.authorization_config else None
                root = f"/{(efs.root_directory or '').strip('/')}"
                if point is not None:
                    system = estate.file_system(efs.file_system_id, workload.origin)
                    path = system.path_of(point) if system is not None else None
                    # points with the same folder, or one within the other, lead to the same files
                    point, root = (point, root) if path is None else (None, f"/{path.strip('/')}")
                writable = any(each.is_writable for each in mounts)
                share = _Share(workload, point or root, bool(point), writable, task.evidence(*at))
                key = (workload.origin.account, workload.origin.region, efs.file_system_id)
                found.setdefault(key, []).append(share)
    return found


@rule(
    "STO-EFS-SHARED",
    Checklist.STATELESSNESS,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("efs",),
    looks_at=("volumes[].efsVolumeConfiguration",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/efs-csi.html",
)
def efs_written_by_several(estate: Estate) -> Iterator[Outcome]:
    """Several workloads write to the same part of an EFS file system

    Workloads that write the same files depend on each other without saying so. If one moves to Kubernetes and the
    other stays, both run against the same data, with other users, other file locks and another rollout behind them.
    Mounts through access points with different folders do not count, and neither do workloads that only read what one
    writes.

    Fix: Keep the file system where it is, check how the workloads lock what they share, and move them in one wave;
    or give each an access point of its own first.
    """
    shared = [shares for shares in _shares(estate).values() if len({each.user for each in shares}) > 1]
    if not shared:
        yield not_applicable("no file system is mounted by two workloads")
        return
    for shares in shared:
        yield from _groups_of_writers(shares)


def _groups_of_writers(shares: list[_Share]) -> Iterator[Outcome]:
    writers = [each for each in shares if each.is_writable]
    folders = frozenset(each.root for each in writers if not each.is_access_point)
    groups: dict[str, list[_Share]] = {}
    for each in writers:
        groups.setdefault(each.top(folders), []).append(each)
    for top, group in sorted(groups.items()):
        users = sorted({each.user: each.workload.name for each in group}.values())
        if len({each.user for each in group}) > 1:
            system = group[0].evidence.value or ""
            part = f"access point {top}" if group[0].is_access_point else f"folder {top}"
            message = f"{_listed(users)} write to {part} of EFS file system {system}"
            yield fail(
                message,
                *(each.evidence for each in group),
                element=f"{system}:{top}",
                workloads=(each.workload.id for each in group),
            )


def _listed(names: list[str]) -> str:
    shown = (
        names if len(names) <= _MOST_NAMES else [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} others"]
    )
    return names[0] if len(names) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


_MOST_NAMES = 5
"""Names that a sentence lists before it counts the rest."""


@rule(
    "STO-FSX-WINDOWS",
    Checklist.STATELESSNESS,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    looks_at=("volumes[].fsxWindowsFileServerVolumeConfiguration", "runtimePlatform"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/wfsx-volumes.html",
)
def fsx_for_windows_volume(task: TaskDefinition) -> Iterator[Outcome]:
    """A volume is an FSx for Windows file system

    ECS mounts the share with credentials from Secrets Manager and the instance's domain membership. On EKS the same
    share needs Windows nodes, the SMB CSI driver, a Secret with the credentials and Active Directory reachable from
    the nodes. None of this exists in EKS Auto Mode or on Fargate.

    Fix: Plan a Windows managed node group, install csi-driver-smb, keep the credentials in a Secret that an operator
    fills, and test the mount with the group Managed Service Account that the workload uses.
    """
    volumes = [
        (index, each) for index, each in enumerate(task.volumes) if each.fsx_windows_file_server_volume_configuration
    ]
    if not volumes and not task.is_windows:
        yield not_applicable("the containers are Linux containers")
    for index, volume in volumes:
        at = ("volumes", index, "fsxWindowsFileServerVolumeConfiguration")
        system = (volume.fsx_windows_file_server_volume_configuration or {}).get("fileSystemId", "")
        message = f"volume {volume.name} is FSx for Windows file system {system}"
        yield fail(message, task.evidence(*at, "fileSystemId"), element=volume.name)


@rule(
    "STO-S3FILES",
    Checklist.STATELESSNESS,
    severity=LOW,
    worst=HIGH,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    raised_by=("policy.target",),
    looks_at=("volumes[].s3filesVolumeConfiguration",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/s3files-csi.html",
)
def s3_files_volume(task: TaskDefinition, policy: Policy) -> Iterator[Outcome]:
    """A volume is an S3 Files file system

    Pods mount S3 Files through the EFS CSI driver from version 3.0.0 on. It is not supported on EKS Fargate, on
    Windows and on hybrid nodes, where the workload needs another kind of node.

    Fix: Install the EFS CSI driver 3.0.0 or later and write a PersistentVolume for the file system; put the workload
    on Linux nodes on EC2.
    """
    target = policy.target.compute
    unsupported = "Windows" if task.is_windows else _NO_S3_FILES.get(target or "")
    found = False
    for index, volume in enumerate(task.volumes):
        if volume.s3files_volume_configuration is None:
            continue
        found = True
        evidence = task.evidence("volumes", index, "s3filesVolumeConfiguration", "fileSystemArn")
        message = f"volume {volume.name} is an S3 Files file system"
        if unsupported is not None:
            message = f"{message}, which {unsupported} cannot mount"
            yield fail(message, evidence, element=volume.name, severity=HIGH, effort=DAYS)
        else:
            yield fail(message, evidence, element=volume.name, settled=target is not None)
    if not found:
        yield not_applicable("there is no S3 Files volume")


_NO_S3_FILES = {"fargate": "EKS Fargate", "hybrid_nodes": "a hybrid node"}


@rule(
    "STO-VOLUMES-FROM",
    Checklist.STATELESSNESS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].volumesFrom",),
    reference=f"{_STORAGE}/volumes/#image",
)
def volumes_of_another_container(container: Container) -> Iterator[Outcome]:
    """A container takes over the volumes of another one

    A Pod has no way to say "all mounts of that container", and what the other image brought along under those paths
    does not come with an emptyDir: it starts out empty, and the container finds no files.

    Fix: Mount each volume by name in both containers. Copy files that come from an image in an init container, or
    mount the image itself as a volume.

    Before:

        {"containerDefinitions": [
          {"name": "web", "volumesFrom": [{"sourceContainer": "assets", "readOnly": true}]},
          {"name": "assets", "image": "registry.example/assets:7", "essential": false}]}

    After:

        spec:
          volumes:
            - name: assets
              emptyDir: {}
          initContainers:
            - name: assets
              image: registry.example/assets:7
              command: [cp, -r, /assets/., /out]  # an emptyDir starts out empty
              volumeMounts:
                - {name: assets, mountPath: /out}
          containers:
            - name: web
              volumeMounts:
                - {name: assets, mountPath: /assets, readOnly: true}
    """
    if len(container.task.container_definitions) < 2 or container.task.is_windows:
        yield not_applicable("there is no other container to take volumes from")
        return
    for index, source in enumerate(container.definition.volumes_from):
        message = f"container {container.name} takes over the volumes of container {source.source_container}"
        at = container.at("volumesFrom", index, "sourceContainer")
        yield fail(message, container.task.evidence(*at), element=source.source_container)


# --- scratch space ----------------------------------------------------------------------------------------------


@rule(
    "STO-EPHEMERAL-LARGE",
    Checklist.STATELESSNESS,
    severity=LOW,
    worst=HIGH,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    raised_by=("policy.target",),
    looks_at=("ephemeralStorage", "requiresCompatibilities"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html",
)
def large_scratch_space(task: TaskDefinition, estate: Estate, policy: Policy) -> Iterator[Outcome]:
    """A Fargate task asks for more scratch space than a node gives by itself

    Scratch space of a Pod is a share of its node's root disk. Without a request for it the scheduler fills the node
    by CPU and memory alone, and the kubelet evicts Pods when the disk runs full. EKS Fargate gives 175 GiB at most;
    ECS gives 200.

    Fix: Set requests and limits for ephemeral-storage to what the task uses today, give the nodes a root volume to
    match, or mount a generic ephemeral volume where the scratch space is large.

    Before:

        {"ephemeralStorage": {"sizeInGiB": 100}}

    After:

        spec:
          containers:
            - name: app
              resources:
                requests: {ephemeral-storage: 100Gi}
                limits: {ephemeral-storage: 100Gi}
    """
    size = task.ephemeral_storage.size_in_gi_b if task.ephemeral_storage is not None else None
    launch_types = [each.launch_types for each in estate.users(task)]
    if not any("FARGATE" in each or (not each and size) for each in launch_types):
        yield not_applicable("the task does not run on Fargate")
        return
    if size is None or size <= _FARGATE_SCRATCH_GIB:
        return
    evidence = task.evidence("ephemeralStorage", "sizeInGiB")
    too_large = size > _EKS_FARGATE_SCRATCH_GIB
    if too_large and policy.target.compute == "fargate":
        message = f"the task asks for {size} GiB of scratch space; EKS Fargate gives {_EKS_FARGATE_SCRATCH_GIB}"
        yield fail(message, evidence, severity=HIGH, effort=DAYS)
    else:
        message = f"the task asks for {size} GiB of scratch space, Fargate's default is {_FARGATE_SCRATCH_GIB}"
        yield fail(message, evidence, settled=not too_large)


_FARGATE_SCRATCH_GIB = 20
_EKS_FARGATE_SCRATCH_GIB = 175


@rule(
    "STO-EPHEMERAL-KMS",
    Checklist.STATELESSNESS,
    severity=MEDIUM,
    worst=HIGH,
    effort=DAYS,
    needs=("ecs.clusters",),
    also_uses=("survey.A15", "policy.target"),
    raised_by=("survey.A15", "policy.target"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html",
)
def scratch_space_under_customer_key(cluster: Cluster, estate: Estate, policy: Policy) -> Iterator[Outcome]:
    """Scratch space of Fargate tasks is encrypted with a key of the customer

    EKS Fargate encrypts scratch space with a key that AWS manages; a key of your own cannot be named. Where
    regulation asks for one, Fargate is ruled out as a target. Nodes on EC2 take a customer key on their volumes.

    Fix: Ask whether the key is mandatory. If it is, run the workloads on Auto Mode or on node groups and name the key
    in the node class or launch template.
    """
    storage = cluster.configuration.get("managedStorageConfiguration") or {}
    key = storage.get("fargateEphemeralStorageKmsKeyId")
    here = [each for each in estate.workloads if each.cluster_arn == cluster.identity]
    if not any("FARGATE" in each.launch_types for each in here):
        undescribed = [estate.missing("ecs.services", each.origin, each.related) for each in here if each.is_service]
        missing = next((each for each in undescribed if each is not None), None)
        if key and missing is not None:
            yield unknown(missing.reason, *missing.needs)
        else:
            yield not_applicable("no workload of the cluster runs on Fargate")
    elif key:
        at = ("configuration", "managedStorageConfiguration", "fargateEphemeralStorageKmsKeyId")
        message = f"cluster {cluster.name} encrypts the scratch space of Fargate tasks with a key of its own"
        # any target but EKS Fargate takes a customer key on its nodes
        settled = policy.target.compute not in (None, "fargate")
        yield fail(message, cluster.evidence(*at), settled=settled)


# --- datastores -------------------------------------------------------------------------------------------------


def _keeps_data(volume: Volume) -> bool:
    """Whether a volume outlives the task (an EBS volume that ECS makes for a task is deleted with it)."""
    docker = volume.docker_volume_configuration
    return bool(
        volume.efs_volume_configuration is not None
        or volume.s3files_volume_configuration is not None
        or volume.fsx_windows_file_server_volume_configuration
        or (docker is not None and (docker.scope == "shared" or _plugin(volume) is not None))
        or _keeps_data_on_instance(volume)
    )


def kept_data(container: Container) -> tuple[Volume, ...]:
    """Volumes of the instance or of Docker that a container writes to and that keep what it writes."""
    return tuple(
        each
        for each in _written_volumes(container)
        if _keeps_data_on_instance(each) or (each.docker_volume_configuration is not None and _keeps_data(each))
    )


def _written_volumes(container: Container) -> Iterator[Volume]:
    volumes = {each.name: each for each in container.task.volumes}
    for point in container.definition.mount_points:
        if point.read_only is not True and point.source_volume in volumes:
            yield volumes[point.source_volume]


@rule(
    "STO-DATASTORE-IMAGE",
    Checklist.STATELESSNESS,
    severity=HIGH,
    worst=CRITICAL,
    softest=MEDIUM,
    confidence=0.8,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services", "tags"),
    raised_by=("ecs.services", "tags"),
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
)
def datastore_in_a_container(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container runs a datastore

    A datastore has state, an identity and an order in which its members start and stop; a Deployment knows none of
    them. Without a persistent volume its data dies with the Pod, and Pods move more often than ECS tasks do. With
    one, two copies can end up writing the same files during a rollout.

    An image of one's own counts where a volume is mounted for writing at a datastore's usual folder. Exporters, admin
    interfaces and containers that run a datastore's client only do not count. A datastore that keeps its files in a
    folder of the instance is reported by STO-HOST-PATH.

    Fix: Move the data to a managed service (RDS, ElastiCache, MSK, OpenSearch), or run it under its operator
    (StatefulSet, PodDisruptionBudget, backup). Either way plan it as a project of its own, before the application.
    """
    store, at, runs = datastore_of(container), container.at("image"), "runs"
    if store is None:
        (store, at), runs = _datastore_by_folder(container), "seems to run"
    if store is None or runs_client_of_datastore(container):
        image = image_of(container)
        if image.is_open:
            yield unknown(Reason.UNRESOLVED, pointer(*container.at("image")))
        return
    volumes = list(_written_volumes(container))
    if not estate.runs_on_fargate(container) and any(_keeps_data_on_instance(each) for each in volumes):
        return
    evidence = [container.task.evidence(*at)]
    kept = next((each for each in volumes if _keeps_data(each)), None)
    users = estate.users(container)
    severity = _severity_of_datastore(users, keeps_data=kept is not None)
    tags_unread = any(estate.missing("tags", each.origin, each.related) for each in users)
    softest = MEDIUM if tags_unread else None
    if kept is not None:
        message = f"container {container.name} {runs} {store} and keeps its data on volume {kept.name}"
        yield fail(message, *evidence, severity=severity, softest=softest, settled=True, confidence=0.8)
    else:
        message = f"container {container.name} {runs} {store} without a volume that outlives the task"
        yield fail(message, *evidence, severity=severity, softest=softest, confidence=0.8)


def _datastore_by_folder(container: Container) -> tuple[str | None, tuple[str | int, ...]]:
    """The datastore whose usual folder is a volume that a container writes to, if any, with the mount's place."""
    for index, point in enumerate(container.definition.mount_points):
        store = datastore_of_folder(point.container_path)
        if store is not None and point.read_only is not True:
            return store, container.at("mountPoints", index, "containerPath")
    return None, ()


def _severity_of_datastore(users: tuple[Workload, ...], *, keeps_data: bool) -> Severity:
    environments = {each.tagged_environment for each in users}
    running = [each for each in users if each.service is not None and (each.service.desired_count or 0) > 0]
    if not keeps_data and any(each.tagged_environment == "production" for each in running):
        return CRITICAL
    return MEDIUM if environments == {"other"} else HIGH


@rule(
    "STO-EBS-TASK",
    Checklist.STATELESSNESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services", "ecs.task_definitions"),
    looks_at=("volumes[].configuredAtLaunch",),
    reference=f"{_STORAGE}/ephemeral-volumes/#generic-ephemeral-volumes",
)
def ebs_volume_per_task(workload: Workload) -> Iterator[Outcome]:
    """Each task gets an EBS volume of its own

    ECS makes the volume when a task starts and deletes it with the task, so it is scratch space and not a database's
    disk. A generic ephemeral volume does the same for a Pod. A StatefulSet would keep the volume and tie the Pod to
    its Availability Zone, which nobody asked for.

    Fix: Install the EBS CSI driver and mount a generic ephemeral volume (volumeClaimTemplate) of the same size, type
    and file system. Use a StatefulSet only where the owner says that the data must outlive the Pod.

    Before:

        {"volumeConfigurations": [{"name": "scratch", "managedEBSVolume": {
          "sizeInGiB": 100, "volumeType": "gp3", "filesystemType": "xfs",
          "roleArn": "arn:aws:iam::123456789012:role/ecsInfrastructure"}}]}

    After:

        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata:
          name: gp3-xfs
        provisioner: ebs.csi.aws.com
        volumeBindingMode: WaitForFirstConsumer
        parameters:
          type: gp3
          csi.storage.k8s.io/fstype: xfs
        ---
        spec:
          volumes:
            - name: scratch
              ephemeral:  # made and deleted with the Pod
                volumeClaimTemplate:
                  spec:
                    accessModes: [ReadWriteOnce]
                    storageClassName: gp3-xfs
                    resources:
                      requests: {storage: 100Gi}
    """
    service, task = workload.service, workload.task_definition
    deployment = service.primary if service is not None else None
    if service is not None and deployment is not None:
        for index, volume in enumerate(deployment.volume_configurations):
            if volume.managed_ebs_volume is not None:
                at = service.at_primary("volumeConfigurations", index, "managedEBSVolume")
                yield fail(_EBS.format(volume.name), service.evidence(*at), element=volume.name)
    elif service is None and task is not None:
        # a volume that is configured at launch can only be a managed EBS volume
        for index, each in enumerate(task.volumes):
            if each.configured_at_launch:
                evidence = task.evidence("volumes", index, "configuredAtLaunch")
                yield fail(_EBS.format(each.name), evidence, element=each.name)


_EBS = "every task gets an EBS volume of its own as volume {}"


@rule(
    "STO-EBS-SNAPSHOT",
    Checklist.STATELESSNESS,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.services", "ecs.task_definitions"),
    looks_at=("volumes[].configuredAtLaunch",),
    reference=f"{_STORAGE}/volume-snapshots/",
)
def ebs_volume_from_a_snapshot(workload: Workload) -> Iterator[Outcome]:
    """Each task starts with an EBS volume that is filled from a snapshot

    Kubernetes knows a snapshot only as an object of its own: the EBS snapshot has to be imported as a
    VolumeSnapshotContent with a VolumeSnapshot bound to it, in the namespace of the Pod, before a volume can be made
    from it. A volume without it starts empty, and the application finds none of the data that it expects.

    Fix: Install the snapshot controller beside the EBS CSI driver, import the snapshot, and name it as the dataSource
    of the generic ephemeral volume, with the same file system type. Put whatever renews the snapshot on a schedule of
    its own.
    """
    service, task = workload.service, workload.task_definition
    if service is None and task is not None:
        if any(each.configured_at_launch for each in task.volumes):
            yield unknown(Reason.NOT_IN_SOURCE, "ecs.services")
        else:
            yield not_applicable("no volume is configured at launch", reads=("ecs.task_definitions",))
        return
    deployment = service.primary if service is not None else None
    volumes = deployment.volume_configurations if deployment is not None else ()
    managed = [(index, each) for index, each in enumerate(volumes) if each.managed_ebs_volume is not None]
    if service is None or not managed:
        yield not_applicable("the tasks have no managed EBS volume")
        return
    for index, each in managed:
        if each.managed_ebs_volume is not None and each.managed_ebs_volume.snapshot_id:
            at = service.at_primary("volumeConfigurations", index, "managedEBSVolume", "snapshotId")
            message = f"volume {each.name} of every task is filled from snapshot {each.managed_ebs_volume.snapshot_id}"
            yield fail(message, service.evidence(*at), element=each.name)


# --- memory, shared files and the container's own layer ---------------------------------------------------------


@rule(
    "STO-TMPFS",
    Checklist.STATELESSNESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].linuxParameters.tmpfs",),
    reference=f"{_STORAGE}/volumes/#emptydir",
)
def memory_file_system(container: Container) -> Iterator[Outcome]:
    """A container has a file system in memory

    In a Pod this is an emptyDir of medium Memory. What is written there counts against the memory limit of the
    container, and without a sizeLimit it may grow to all of that limit, so a full cache gets the container killed.

    Fix: Mount an emptyDir with medium Memory and a sizeLimit of the same size, and raise the memory limit by as much.
    Mount options such as noexec have no counterpart.
    """
    linux = container.definition.linux_parameters
    for index, each in enumerate(linux.tmpfs if linux is not None else ()):
        size = f"{each.size} MiB of memory" if each.size else "memory"
        message = f"container {container.name} keeps {each.container_path} in {size}"
        at = container.at("linuxParameters", "tmpfs", index)
        yield fail(message, container.task.evidence(*at), element=each.container_path)


_DEFAULT_SHARED_MEMORY_MIB = 64
"""Size of /dev/shm in Docker and in containerd alike."""


@rule(
    "STO-SHM",
    Checklist.STATELESSNESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].linuxParameters.sharedMemorySize",),
    reference=f"{_STORAGE}/volumes/#emptydir",
)
def large_shared_memory(container: Container) -> Iterator[Outcome]:
    """A container needs more shared memory than a Pod gets

    A Pod has no field for the size of /dev/shm, which is 64 MiB by default. Browsers, PyTorch's data loaders and
    PostgreSQL share larger pieces between their processes and crash with a bus error when they run out of it.

    Fix: Mount an emptyDir with medium Memory and a sizeLimit of the same size at /dev/shm, and count it in the memory
    limit.
    """
    linux = container.definition.linux_parameters
    size = linux.shared_memory_size if linux is not None else None
    if size is not None and size > _DEFAULT_SHARED_MEMORY_MIB:
        evidence = container.task.evidence(*container.at("linuxParameters", "sharedMemorySize"))
        yield fail(f"container {container.name} has {size} MiB of shared memory, a Pod 64 MiB", evidence)


@rule(
    "STO-STICKY-STATE",
    Checklist.STATELESSNESS,
    severity=MEDIUM,
    softest=LOW,
    confidence=0.8,
    effort=DAYS,
    needs=("elb.target_groups", "elb.attributes"),
    also_uses=("survey.A3", "elb.listeners"),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html",
)
def sticky_sessions(group: TargetGroup, estate: Estate) -> Iterator[Outcome]:
    """A load balancer keeps each client with one task

    Stickiness usually means that a process keeps sessions in its memory. Pods move more often than tasks do, with
    every node that is replaced, and each move ends the sessions of its clients; while traffic is shifted by weight,
    clients that stick to a target group do not move at all.

    Stickiness between the target groups of a weighted action, as blue/green deployments use it, is a low finding.

    Fix: Put sessions into a store outside of the process or into signed cookies, then switch stickiness off. Until
    then set the same attributes on the new target group and shift traffic outside of busy hours.
    """
    attributes = group.attributes or {}
    if attributes.get("stickiness.enabled") == "true":
        kind = attributes.get("stickiness.type", "")
        by = f" by {kind}" if kind else ""
        evidence = group.evidence("Attributes", "stickiness.enabled", value="true")
        yield fail(f"target group {group.name} keeps each client with one task{by}", evidence)
        return
    found = next(_sticky_actions(group, estate), None)
    if found is not None:
        message = f"a weighted action keeps each client with target group {group.name}"
        yield fail(message, found, element="forward", severity=LOW)


def _sticky_actions(group: TargetGroup, estate: Estate) -> Iterator[Evidence]:
    """Where a forward action that names the group keeps clients with the group that they met first."""
    for balancer in group.load_balancer_arns:
        for listener in estate.listeners_by_load_balancer.get(balancer, ()):
            rules = estate.rules_by_listener.get(listener.identity, ())
            held = [(listener, "DefaultActions", listener.default_actions)]
            for holder, name, actions in (*held, *((each, "Actions", each.actions) for each in rules)):
                for index, action in enumerate(actions):
                    forward = action.forward_config
                    config = forward.target_group_stickiness_config if forward is not None else None
                    if config and config.get("Enabled") is True and group.identity in action.target_groups:
                        at = (name, index, "ForwardConfig", "TargetGroupStickinessConfig", "Enabled")
                        yield holder.evidence(*at)


_IMAGE_FOLDERS = ("/var/www", "/srv/www", "/usr/share", "/usr/src/app", "/app/public", "/app/static", "/app/dist")
"""Folders whose files usually come with an image: what a web server serves beside the application."""


@rule(
    "STO-VOLUME-PREPOPULATED",
    Checklist.STATELESSNESS,
    severity=MEDIUM,
    confidence=0.5,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("volumes", "containerDefinitions[].mountPoints"),
    reference=f"{_STORAGE}/volumes/#emptydir",
)
def volume_over_files_of_the_image(task: TaskDefinition) -> Iterator[Outcome]:
    """Containers share a volume that Docker fills from an image

    Docker copies what the image holds at the mount path into a new volume; a web server beside the application then
    serves those files. An emptyDir starts empty and hides what the image has there, so the web server finds nothing.
    A volume that one container only reads, at a path where images keep their files, suggests it; nothing proves it.

    Passes: folders such as /tmp, /var/run and /var/log, which hold sockets, scratch files and logs.

    Fix: Copy the files in an init container that mounts the volume at another path, mount the image itself as a
    volume (Kubernetes 1.31 and later), or build the files into the web server's image.
    """
    mounted = [(each, _mounts(task, each)) for each in task.volumes if _starts_empty(each)]
    shared = [(each, mounts) for each, mounts in mounted if len({mount.container.name for mount in mounts}) > 1]
    if not shared:
        yield not_applicable("no two containers share a volume of the task")
        return
    for volume, mounts in shared:
        readers = [each for each in mounts if not each.is_writable]
        filled = next((each for each in mounts if _lies_in(each.point.container_path, _IMAGE_FOLDERS)), None)
        if readers and filled is not None:
            message = (
                f"volume {volume.name} may get its files from an image: it is mounted at"
                f" {filled.point.container_path} of container {filled.container.name} and read by container"
                f" {readers[0].container.name}"
            )
            yield fail(message, task.evidence(*_at(filled), "containerPath"), element=volume.name)


def _starts_empty(volume: Volume) -> bool:
    """Whether a volume is the task's own and lives as long as the task."""
    docker = volume.docker_volume_configuration
    elsewhere = (
        volume.efs_volume_configuration,
        volume.s3files_volume_configuration,
        volume.fsx_windows_file_server_volume_configuration,
    )
    if any(each is not None for each in elsewhere) or volume.configured_at_launch or _source_path(volume):
        return False
    return docker is None or docker.scope != "shared"


def _lies_in(path: str, folders: tuple[str, ...]) -> bool:
    return any(f"{path.rstrip('/')}/".startswith(f"{folder}/") for folder in folders)


@rule(
    "STO-ROOTFS-WRITABLE",
    Checklist.STATELESSNESS,
    kind=Kind.INVENTORY,
    confidence=0.3,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("survey.A2",),
    looks_at=("containerDefinitions[].readonlyRootFilesystem",),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)
def writable_root_file_system(container: Container) -> Iterator[Outcome]:
    """A container may write to its own layer

    Almost every container may, and few do. What is written there is lost when the container restarts, on ECS and in a
    Pod alike, and it counts against the ephemeral storage of the node, which evicts Pods that write too much. Whether
    anything is written, only the owner knows.

    Fix: Ask the owner, or look into a running container; mount an emptyDir for /tmp and caches, then set
    readOnlyRootFilesystem.
    """
    task = container.task
    if task.is_windows or container.definition.readonly_root_filesystem:
        return
    at = container.at("readonlyRootFilesystem")
    if not task.is_unresolved(*at):
        yield fail(f"container {container.name} may write to its own layer", task.evidence(*at, value="not true"))
