"""State and storage: each rule in every situation that it tells apart."""

from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import CRITICAL, DAYS, HIGH, HOURS, LOW, MEDIUM, WEEKS
from tests.rules.harness import (
    Case,
    Given,
    Piece,
    cluster,
    container,
    denied,
    fails,
    file,
    given,
    never,
    not_applicable,
    passes,
    primary,
    service,
    target,
    task,
    task_arn,
    undescribed,
    unknown,
)

UNDESCRIBED = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))


def mounted(volume: str, path: str = "/data", **fields: Any) -> dict[str, Any]:
    return {"mountPoints": [{"sourceVolume": volume, "containerPath": path, **fields}]}


def folder(path: str, name: str = "data") -> dict[str, Any]:
    return {"name": name, "host": {"sourcePath": path}}


def docker(name: str = "data", **fields: Any) -> dict[str, Any]:
    return {"name": name, "dockerVolumeConfiguration": fields}


def efs(name: str = "data", system: str = "fs-1", **fields: Any) -> dict[str, Any]:
    return {"name": name, "efsVolumeConfiguration": {"fileSystemId": system, **fields}}


def access_point(id: str) -> dict[str, Any]:
    return {"transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": id}}


def shares(family: str, *volumes: dict[str, Any], **fields: Any) -> Given:
    return task(container(**mounted("data", **fields)), family=family, volumes=list(volumes))


FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
WINDOWS: dict[str, Any] = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
ENCRYPTED = {"managedStorageConfiguration": {"fargateEphemeralStorageKmsKeyId": KEY}}
PRODUCTION = [{"key": "Environment", "value": "production"}]
STAGING = [{"key": "Environment", "value": "staging"}]

HOST_PATH = (
    fails(
        "STO-HOST-PATH",
        "a folder of the instance is mounted for writing",
        task(container(**mounted("data")), volumes=[folder("/srv/data")]),
        says="container app may write to /srv/data of the instance, mounted as volume data",
        at="/volumes/0/host/sourcePath",
        element="data",
        effort=DAYS,
    ),
    fails(
        "STO-HOST-PATH",
        "two containers write to one folder",
        task(
            container(**mounted("data")),
            container("worker", **mounted("data", "/in", readOnly=False)),
            volumes=[folder("/srv/data")],
        ),
        says="containers app and worker may write to /srv/data of the instance, mounted as volume data",
    ),
    fails(
        "STO-HOST-PATH",
        "every mount of the folder is read-only",
        task(container(**mounted("data", readOnly=True)), volumes=[folder("/etc/ssl/certs")]),
        says="/etc/ssl/certs of the instance is mounted read-only into container app, as volume data",
        severity=LOW,
        effort=HOURS,
    ),
    fails(
        "STO-HOST-PATH",
        "a datastore's image writes to the folder",
        task(container("db", image="postgres:16", **mounted("data", "/pg")), volumes=[folder("/srv/pg")]),
        says="PostgreSQL in container db keeps its data in /srv/pg of the instance, as volume data",
        severity=CRITICAL,
        effort=WEEKS,
    ),
    fails(
        "STO-HOST-PATH",
        "the folder is where a datastore keeps its files",
        task(container("db", **mounted("data", "/pg")), volumes=[folder("/var/lib/mysql/orders")]),
        says="MySQL in container db keeps its data in /var/lib/mysql/orders of the instance, as volume data",
        severity=CRITICAL,
    ),
    fails(
        "STO-HOST-PATH",
        "the folder is mounted where a datastore keeps its files",
        task(container("db", **mounted("data", "/var/lib/postgresql/data")), volumes=[folder("/mnt/x")]),
        says="PostgreSQL in container db keeps its data in /mnt/x of the instance, as volume data",
        severity=CRITICAL,
    ),
    fails(
        "STO-HOST-PATH",
        "a datastore's image runs its client only",
        task(container("dump", image="postgres:16", command=["pg_dump"], **mounted("data")), volumes=[folder("/b")]),
        says="container dump may write to /b of the instance, mounted as volume data",
    ),
    fails(
        "STO-HOST-PATH",
        "a placeholder ends a path whose beginning is known",
        file(
            container(**mounted("data")), volumes=[folder("/srv/${ENV}")], unresolved={"/volumes/0/host/sourcePath": ""}
        ),
        says="container app may write to /srv/${ENV} of the instance, mounted as volume data",
    ),
    fails(
        "STO-HOST-PATH",
        "a folder whose name starts like a system folder's",
        task(container(**mounted("data")), volumes=[folder("/running/data")]),
        says="container app may write to /running/data of the instance, mounted as volume data",
    ),
    passes(
        "STO-HOST-PATH",
        "only system folders are mounted",
        task(container(**mounted("proc")), volumes=[folder("/proc/", "proc"), folder("/var/log/app", "log")]),
    ),
    *(
        passes("STO-HOST-PATH", path, task(container(**mounted("data")), volumes=[folder(path)]))
        for path in ("/cgroup", "/sys/fs/cgroup/", "/dev/shm", "/etc/timezone")
    ),
    fails(
        "STO-HOST-PATH",
        "an agent keeps files of its own",
        task(
            container("dd", image="datadog/agent:7.55.1", **mounted("data")), volumes=[folder("/opt/datadog-agent/run")]
        ),
        says="Datadog agent in container dd keeps files of its own in /opt/datadog-agent/run of the instance",
        severity=LOW,
    ),
    passes("STO-HOST-PATH", "the folder is not mounted", task(volumes=[folder("/srv/data")])),
    passes(
        "STO-HOST-PATH",
        "the volume is the Docker socket, which is another rule's",
        task(container(**mounted("sock")), volumes=[folder("/var/run/docker.sock", "sock")]),
    ),
    passes(
        "STO-HOST-PATH",
        "a named pipe of Windows",
        task(container(**mounted("pipe")), volumes=[folder("\\\\.\\pipe\\docker_engine", "pipe")], **WINDOWS),
    ),
    not_applicable("STO-HOST-PATH", "no volume at all", task()),
    not_applicable(
        "STO-HOST-PATH",
        "an empty host object is scratch space",
        task(container(**mounted("scratch")), volumes=[{"name": "scratch", "host": {}}]),
    ),
    not_applicable(
        "STO-HOST-PATH", "Fargate", task(container(**mounted("data")), volumes=[folder("/srv/data")], **FARGATE)
    ),
    unknown(
        "STO-HOST-PATH",
        "the task definition could not be described",
        *UNDESCRIBED,
        reason=Reason.DENIED,
        needs="ecs:DescribeTaskDefinition",
        worst=CRITICAL,
    ),
    unknown(
        "STO-HOST-PATH",
        "a placeholder stands for the path",
        file(
            container(**mounted("data")),
            volumes=[folder("${PATH}")],
            unresolved={"/volumes/0/host/sourcePath": "${PATH}"},
        ),
        reason=Reason.UNRESOLVED,
    ),
    unknown(
        "STO-HOST-PATH",
        "a placeholder stands for the mounts",
        file(container(), volumes=[folder("/srv")], unresolved={"/containerDefinitions/0/mountPoints": "${MOUNTS}"}),
        reason=Reason.UNRESOLVED,
    ),
)

SOCKET = folder("/var/run/docker.sock", "sock")

DOCKER_SOCK = (
    fails(
        "STO-DOCKER-SOCK",
        "a container mounts docker.sock",
        task(container("ci", **mounted("sock")), volumes=[SOCKET]),
        says="runtime socket /var/run/docker.sock of the instance is mounted into container ci",
        at="/volumes/0/host/sourcePath",
        element="sock",
        effort=WEEKS,
    ),
    fails(
        "STO-DOCKER-SOCK",
        "a container mounts containerd.sock, read-only",
        task(
            container("ci", **mounted("sock", readOnly=True)),
            volumes=[folder("/run/containerd/containerd.sock", "sock")],
        ),
        says="runtime socket /run/containerd/containerd.sock of the instance is mounted into container ci",
    ),
    fails(
        "STO-DOCKER-SOCK",
        "only an agent to which the socket is optional mounts it",
        task(container("dd", image="public.ecr.aws/datadog/agent:7", **mounted("sock")), volumes=[SOCKET]),
        says="Datadog agent in container dd finds containers through /var/run/docker.sock of the instance",
        severity=MEDIUM,
        effort=HOURS,
    ),
    fails(
        "STO-DOCKER-SOCK",
        "an agent and another container mount it",
        task(
            container("dd", image="datadog/agent:7", **mounted("sock")),
            container("ci", **mounted("sock")),
            volumes=[SOCKET],
        ),
        says="runtime socket /var/run/docker.sock of the instance is mounted into containers dd and ci",
    ),
    fails(
        "STO-DOCKER-SOCK",
        "a placeholder stands for the image, which may be an agent's",
        file(container("x", image="${IMAGE}", **mounted("sock")), volumes=[SOCKET]),
        says="runtime socket /var/run/docker.sock of the instance is mounted into container x",
        softest=MEDIUM,
    ),
    passes("STO-DOCKER-SOCK", "no volume", task()),
    passes("STO-DOCKER-SOCK", "the socket is not mounted", task(volumes=[SOCKET])),
    passes(
        "STO-DOCKER-SOCK",
        "a folder is mounted that holds the socket among others",
        task(container(**mounted("run")), volumes=[folder("/var/run", "run")]),
    ),
    not_applicable("STO-DOCKER-SOCK", "Fargate", task(container(**mounted("sock")), volumes=[SOCKET], **FARGATE)),
    not_applicable("STO-DOCKER-SOCK", "Windows", task(container(**mounted("sock")), volumes=[SOCKET], **WINDOWS)),
    unknown("STO-DOCKER-SOCK", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    unknown(
        "STO-DOCKER-SOCK",
        "a placeholder stands for the volumes' host",
        file(container(**mounted("a")), volumes=[{"name": "a"}], unresolved={"/volumes/0/host": "${HOST}"}),
        reason=Reason.UNRESOLVED,
    ),
)

DOCKER_VOLUME = (
    fails(
        "STO-DOCKER-VOLUME",
        "a shared volume of the local driver",
        task(container(**mounted("data")), volumes=[docker(scope="shared", driver="local")]),
        says="Docker volume data of container app outlives its task on the instance (scope shared)",
        at="/volumes/0/dockerVolumeConfiguration/scope",
        element="data",
    ),
    fails(
        "STO-DOCKER-VOLUME",
        "no driver is named and nothing mounts the volume",
        task(volumes=[docker(scope="shared", autoprovision=True)]),
        says="Docker volume data of no container outlives its task on the instance (scope shared)",
    ),
    passes("STO-DOCKER-VOLUME", "scope task", task(volumes=[docker(scope="task")])),
    passes(
        "STO-DOCKER-VOLUME",
        "a driver of its own, another rule's",
        task(volumes=[docker(scope="shared", driver="rexray/ebs")]),
    ),
    not_applicable("STO-DOCKER-VOLUME", "no Docker volume", task(volumes=[folder("/srv")])),
    unknown("STO-DOCKER-VOLUME", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)

DOCKER_PLUGIN = (
    fails(
        "STO-DOCKER-PLUGIN",
        "a driver of its own",
        task(volumes=[docker(scope="shared", driver="rexray/ebs")]),
        says="volume data needs a feature of the Docker daemon: driver rexray/ebs",
        at="/volumes/0/dockerVolumeConfiguration/driver",
        element="data",
    ),
    fails(
        "STO-DOCKER-PLUGIN",
        "the local driver mounts NFS",
        task(volumes=[docker(scope="task", driver="local", driverOpts={"type": "nfs4", "device": ":/exports"})]),
        says="volume data needs a feature of the Docker daemon: NFS4 mount",
    ),
    fails(
        "STO-DOCKER-PLUGIN",
        "no driver is named and the options mount CIFS",
        task(volumes=[docker(driverOpts={"type": "cifs"})]),
        says="volume data needs a feature of the Docker daemon: CIFS mount",
    ),
    passes("STO-DOCKER-PLUGIN", "the local driver without options", task(volumes=[docker(driver="local")])),
    passes("STO-DOCKER-PLUGIN", "no driver is named", task(volumes=[docker(scope="task")])),
    not_applicable("STO-DOCKER-PLUGIN", "no Docker volume", task()),
    unknown("STO-DOCKER-PLUGIN", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)


def file_system(**fields: Any) -> Given:
    return given("file_systems", FileSystemId="fs-1", **fields)


FILE_SYSTEMS = (
    fails(
        "STO-EFS",
        "an EFS volume",
        task(volumes=[efs()]),
        says="volume data mounts EFS file system fs-1",
        at="/volumes/0/efsVolumeConfiguration/fileSystemId",
        element="data",
    ),
    fails(
        "STO-EFS",
        "an EFS volume whose mount targets are known",
        task(volumes=[efs()]),
        file_system(
            MountTargets=[
                {"MountTargetId": f"fsmt-{zone}", "AvailabilityZoneName": f"eu-west-1{zone}"} for zone in "ba"
            ]
        ),
        says="volume data mounts EFS file system fs-1, which can be reached in eu-west-1a and eu-west-1b",
    ),
    not_applicable("STO-EFS", "no EFS volume", task(volumes=[folder("/srv")])),
    unknown("STO-EFS", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    fails(
        "STO-EFS-IAM",
        "IAM authorisation is on; the file system's policy was refused",
        task(volumes=[efs(authorizationConfig={"iam": "ENABLED", "accessPointId": "fsap-1"})]),
        denied("efs", "elasticfilesystem:DescribeFileSystemPolicy"),
        says="the task role authorises the mount of EFS file system fs-1 (volume data)",
        at="/volumes/0/efsVolumeConfiguration/authorizationConfig/iam",
        element="data",
        softest=LOW,
    ),
    fails(
        "STO-EFS-IAM",
        "the file system's policy names a role",
        task(volumes=[efs(authorizationConfig={"iam": "ENABLED"})]),
        file_system(
            HasPolicy=True,
            Policy={"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"}}},
        ),
        says="the task role authorises the mount of EFS file system fs-1 (volume data)",
    ),
    fails(
        "STO-EFS-IAM",
        "the file system is not there: it may be another account's",
        task(volumes=[efs(authorizationConfig={"iam": "ENABLED"})]),
        says="the task role authorises the mount of EFS file system fs-1 (volume data)",
    ),
    fails(
        "STO-EFS-IAM",
        "the file system's policy admits by access point",
        task(volumes=[efs(authorizationConfig={"iam": "ENABLED"})]),
        file_system(
            HasPolicy=True,
            Policy={
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": "arn:aws:efs:point"}},
                }
            },
        ),
        says="the task role authorises the mount of EFS file system fs-1 (volume data), whose policy names no role",
        severity=LOW,
    ),
    fails(
        "STO-EFS-IAM",
        "the file system has no policy",
        task(volumes=[efs(authorizationConfig={"iam": "ENABLED"})]),
        file_system(HasPolicy=False),
        says="the task role authorises the mount of EFS file system fs-1 (volume data), whose policy names no role",
        severity=LOW,
    ),
    passes("STO-EFS-IAM", "no authorisation", task(volumes=[efs()])),
    passes("STO-EFS-IAM", "IAM is off", task(volumes=[efs(authorizationConfig={"iam": "DISABLED"})])),
    not_applicable("STO-EFS-IAM", "no EFS volume", task()),
    unknown("STO-EFS-IAM", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    unknown(
        "STO-EFS-IAM",
        "a placeholder stands for the authorisation",
        file(volumes=[efs()], unresolved={"/volumes/0/efsVolumeConfiguration/authorizationConfig/iam": "${IAM}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "STO-FSX-WINDOWS",
        "an FSx volume",
        task(
            volumes=[{"name": "share", "fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-2"}}], **WINDOWS
        ),
        says="volume share is FSx for Windows file system fs-2",
        at="/volumes/0/fsxWindowsFileServerVolumeConfiguration/fileSystemId",
        element="share",
    ),
    fails(
        "STO-FSX-WINDOWS",
        "the operating system is not declared",
        task(volumes=[{"name": "share", "fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-2"}}]),
        says="volume share is FSx for Windows file system fs-2",
    ),
    passes("STO-FSX-WINDOWS", "Windows without FSx", task(**WINDOWS)),
    not_applicable("STO-FSX-WINDOWS", "Linux", task()),
    unknown("STO-FSX-WINDOWS", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)

S3FILES = {
    "name": "files",
    "s3filesVolumeConfiguration": {"fileSystemArn": "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-3"},
}

S3_FILES = (
    fails(
        "STO-S3FILES",
        "the target can mount it",
        task(volumes=[S3FILES]),
        target(compute="auto_mode"),
        says="volume files is an S3 Files file system",
        element="files",
        effort=HOURS,
    ),
    fails(
        "STO-S3FILES",
        "no target is chosen",
        task(volumes=[S3FILES]),
        says="volume files is an S3 Files file system",
        may_be_worse=Reason.UNANSWERED,
    ),
    fails(
        "STO-S3FILES",
        "the target is EKS Fargate",
        task(volumes=[S3FILES]),
        target(compute="fargate"),
        says="volume files is an S3 Files file system, which EKS Fargate cannot mount",
        severity=HIGH,
        effort=DAYS,
    ),
    fails(
        "STO-S3FILES",
        "the target is hybrid nodes",
        task(volumes=[S3FILES]),
        target(compute="hybrid_nodes"),
        says="volume files is an S3 Files file system, which a hybrid node cannot mount",
        severity=HIGH,
    ),
    fails(
        "STO-S3FILES",
        "Windows",
        task(volumes=[S3FILES], **WINDOWS),
        says="volume files is an S3 Files file system, which Windows cannot mount",
        severity=HIGH,
    ),
    not_applicable("STO-S3FILES", "no such volume", task(volumes=[efs()])),
    unknown("STO-S3FILES", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)

POINTS = file_system(
    AccessPoints=[
        {"AccessPointId": "fsap-1", "Path": "/shop"},
        {"AccessPointId": "fsap-2", "Path": "/shop/pictures"},
        {"AccessPointId": "fsap-3", "Path": "/other"},
    ]
)


def by_point(point: str) -> dict[str, Any]:
    return efs(authorizationConfig={"accessPointId": point})


EFS_SHARED = (
    fails(
        "STO-EFS-SHARED",
        "two access points, the folder of one within that of the other",
        shares("orders", by_point("fsap-1")),
        shares("billing", by_point("fsap-2")),
        POINTS,
        says="billing and orders write to folder /shop of EFS file system fs-1",
    ),
    fails(
        "STO-EFS-SHARED",
        "an access point and the folder that it leads to",
        shares("orders", by_point("fsap-3")),
        shares("billing", efs(rootDirectory="/other")),
        POINTS,
        says="billing and orders write to folder /other of EFS file system fs-1",
    ),
    passes(
        "STO-EFS-SHARED",
        "two access points with folders apart",
        shares("orders", by_point("fsap-1")),
        shares("billing", by_point("fsap-3")),
        POINTS,
    ),
    fails(
        "STO-EFS-SHARED",
        "two services write to the root of one file system",
        shares("orders", efs()),
        shares("billing", efs(rootDirectory="/")),
        says="billing and orders write to folder / of EFS file system fs-1",
        element="fs-1:/",
    ),
    fails(
        "STO-EFS-SHARED",
        "one writes to a folder, the other to a folder in it",
        shares("orders", efs(rootDirectory="/shop")),
        shares("billing", efs(rootDirectory="/shop/bills/")),
        says="billing and orders write to folder /shop of EFS file system fs-1",
        element="fs-1:/shop",
    ),
    fails(
        "STO-EFS-SHARED",
        "two services write through one access point",
        shares("orders", efs(**access_point("fsap-1"))),
        shares("billing", efs(**access_point("fsap-1"))),
        says="billing and orders write to access point fsap-1 of EFS file system fs-1",
        element="fs-1:fsap-1",
    ),
    fails(
        "STO-EFS-SHARED",
        "more write to it than a sentence can list",
        *(shares(f"w{number}", efs()) for number in range(7)),
        says="w0, w1, w2, w3 and 3 others write to folder / of EFS file system fs-1",
    ),
    passes(
        "STO-EFS-SHARED",
        "different access points",
        shares("orders", efs(**access_point("fsap-1"))),
        shares("billing", efs(**access_point("fsap-2"))),
    ),
    passes(
        "STO-EFS-SHARED",
        "folders of similar names side by side",
        shares("orders", efs(rootDirectory="/shop")),
        shares("billing", efs(rootDirectory="/shop-bills")),
    ),
    passes(
        "STO-EFS-SHARED",
        "one writes, the others read",
        shares("orders", efs()),
        shares("billing", efs(), readOnly=True),
    ),
    not_applicable(
        "STO-EFS-SHARED", "two file systems", shares("orders", efs()), shares("billing", efs(system="fs-2"))
    ),
    not_applicable(
        "STO-EFS-SHARED",
        "the second one declares it and mounts it nowhere",
        shares("orders", efs()),
        task(family="billing", volumes=[efs()]),
    ),
    not_applicable(
        "STO-EFS-SHARED",
        "two files hold an id that is there to be replaced",
        file(container(**mounted("data")), volumes=[efs(system="fs-XXXXXXXX")], source="a.json"),
        file(container(**mounted("data")), volumes=[efs(system="fs-XXXXXXXX")], source="b.json", family="billing"),
    ),
    not_applicable(
        "STO-EFS-SHARED",
        "one family in two files, for two environments",
        file(container(**mounted("data")), volumes=[efs()], source="a.json"),
        file(container(**mounted("data")), volumes=[efs()], source="b.json"),
    ),
    unknown(
        "STO-EFS-SHARED",
        "a placeholder stands for the file system",
        file(
            container(**mounted("data")),
            volumes=[efs(system="${FS}")],
            unresolved={"/volumes/0/efsVolumeConfiguration/fileSystemId": "${FS}"},
        ),
        reason=Reason.UNRESOLVED,
    ),
    unknown(
        "STO-EFS-SHARED",
        "a task definition could not be described",
        shares("billing", efs()),
        *UNDESCRIBED,
        reason=Reason.DENIED,
    ),
)

SCRATCH = (
    fails(
        "STO-EPHEMERAL-LARGE",
        "more than the default",
        task(ephemeralStorage={"sizeInGiB": 100}, **FARGATE),
        says="the task asks for 100 GiB of scratch space, Fargate's default is 20",
        at="/ephemeralStorage/sizeInGiB",
    ),
    fails(
        "STO-EPHEMERAL-LARGE",
        "more than EKS Fargate gives and no target is chosen",
        task(ephemeralStorage={"sizeInGiB": 176}, **FARGATE),
        says="the task asks for 176 GiB of scratch space, Fargate's default is 20",
        may_be_worse=Reason.UNANSWERED,
    ),
    fails(
        "STO-EPHEMERAL-LARGE",
        "more than EKS Fargate gives, which is the target",
        task(ephemeralStorage={"sizeInGiB": 176}, **FARGATE),
        target(compute="fargate"),
        says="the task asks for 176 GiB of scratch space; EKS Fargate gives 175",
        severity=HIGH,
    ),
    fails(
        "STO-EPHEMERAL-LARGE",
        "as much as EKS Fargate gives, which is the target",
        task(ephemeralStorage={"sizeInGiB": 175}, **FARGATE),
        target(compute="fargate"),
        says="the task asks for 175 GiB of scratch space, Fargate's default is 20",
    ),
    fails(
        "STO-EPHEMERAL-LARGE",
        "a file that names no compatibility",
        file(ephemeralStorage={"sizeInGiB": 50}),
        says="the task asks for 50 GiB of scratch space, Fargate's default is 20",
    ),
    passes("STO-EPHEMERAL-LARGE", "absent", task(**FARGATE)),
    passes("STO-EPHEMERAL-LARGE", "the default", task(ephemeralStorage={"sizeInGiB": 20}, **FARGATE)),
    not_applicable("STO-EPHEMERAL-LARGE", "EC2", task()),
    unknown("STO-EPHEMERAL-LARGE", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    unknown(
        "STO-EPHEMERAL-LARGE",
        "a placeholder stands for the size",
        file(unresolved={"/ephemeralStorage/sizeInGiB": "${DISK}"}, **FARGATE),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "STO-EPHEMERAL-KMS",
        "a customer key, and the target takes one on its nodes",
        task(**FARGATE),
        cluster(configuration=ENCRYPTED),
        target(compute="auto_mode"),
        says="cluster shop encrypts the scratch space of Fargate tasks with a key of its own",
        at="/configuration/managedStorageConfiguration/fargateEphemeralStorageKmsKeyId",
    ),
    fails(
        "STO-EPHEMERAL-KMS",
        "a customer key and no target",
        task(**FARGATE),
        cluster(configuration=ENCRYPTED),
        says="cluster shop encrypts the scratch space of Fargate tasks with a key of its own",
        may_be_worse=Reason.UNANSWERED,
        needs="survey.A15",
    ),
    passes("STO-EPHEMERAL-KMS", "the key that AWS manages", task(**FARGATE), cluster()),
    passes(
        "STO-EPHEMERAL-KMS",
        "a key on managed EBS volumes only",
        task(**FARGATE),
        cluster(configuration={"managedStorageConfiguration": {"kmsKeyId": KEY}}),
    ),
    not_applicable("STO-EPHEMERAL-KMS", "no Fargate workload", task(), cluster(configuration=ENCRYPTED)),
    unknown(
        "STO-EPHEMERAL-KMS",
        "the cluster could not be described",
        task(**FARGATE),
        denied("ecs.clusters", "ecs:DescribeClusters"),
        reason=Reason.DENIED,
        needs="ecs:DescribeClusters",
        worst=HIGH,
    ),
    unknown(
        "STO-EPHEMERAL-KMS",
        "the services that might run on Fargate could not be described",
        task(),
        cluster(configuration=ENCRYPTED),
        denied("ecs.services", "ecs:DescribeServices"),
        reason=Reason.DENIED,
        needs="ecs:DescribeServices",
    ),
)

DATASTORES = (
    fails(
        "STO-DATASTORE-IMAGE",
        "a datastore without a volume, nothing says production",
        task(container("cache", image="redis:7")),
        says="container cache runs Redis without a volume that outlives the task",
        at="/containerDefinitions/0/image",
        confidence=0.8,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "without a volume, running, tagged production",
        task(container("cache", image="bitnami/redis"), tags=PRODUCTION),
        says="container cache runs Redis without a volume that outlives the task",
        severity=CRITICAL,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "tagged production but scaled to nothing",
        task(container("cache", image="redis"), tags=PRODUCTION),
        service(desiredCount=0),
        says="container cache runs Redis without a volume that outlives the task",
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "named production, not tagged so",
        task(container("cache", image="redis"), family="prod-cache"),
        says="container cache runs Redis without a volume that outlives the task",
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "tagged production, on a file system",
        task(container("db", image="mysql:8", **mounted("data")), volumes=[efs()], tags=PRODUCTION),
        says="container db runs MySQL and keeps its data on volume data",
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "an image of one's own writes to a datastore's usual folder",
        task(container("db", **mounted("data", "/var/lib/mysql/data")), volumes=[efs()]),
        says="container db seems to run MySQL and keeps its data on volume data",
        at="/containerDefinitions/0/mountPoints/0/containerPath",
    ),
    passes(
        "STO-DATASTORE-IMAGE",
        "an image of one's own reads a datastore's usual folder",
        task(container("db", **mounted("data", "/var/lib/mysql", readOnly=True)), volumes=[efs()]),
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "the EBS volume of a task goes with the task",
        task(
            container("db", image="mysql:8", **mounted("data")),
            volumes=[{"name": "data", "configuredAtLaunch": True}],
            tags=PRODUCTION,
        ),
        says="container db runs MySQL without a volume that outlives the task",
        severity=CRITICAL,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "tagged non-production",
        task(container("cache", image="valkey/valkey:8"), tags=STAGING),
        says="container cache runs Valkey without a volume that outlives the task",
        severity=MEDIUM,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "one service of two is tagged production",
        task(container("cache", image="redis")),
        service(tags=STAGING),
        service("billing", family="orders", tags=PRODUCTION),
        says="container cache runs Redis without a volume that outlives the task",
        severity=CRITICAL,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "a file, which tells no environment",
        file(container("mq", image="${REGISTRY}/rabbitmq:${TAG}"), unresolved={"/containerDefinitions/0/image": ""}),
        says="container mq runs RabbitMQ without a volume that outlives the task",
        softest=MEDIUM,
        may_be_worse=Reason.NOT_IN_SOURCE,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "tags could not be read, data on a file system",
        task(container("db", image="mongo", **mounted("data")), volumes=[efs()]),
        denied("tags", "tag:GetResources"),
        says="container db runs MongoDB and keeps its data on volume data",
        softest=MEDIUM,
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "a namespace names the datastore",
        task(container("db", image="mcr.microsoft.com/mssql/server:2022")),
        says="container db runs SQL Server without a volume that outlives the task",
    ),
    passes("STO-DATASTORE-IMAGE", "an image of ours", task()),
    passes("STO-DATASTORE-IMAGE", "an exporter", task(container(image="prom/mysqld-exporter"))),
    passes("STO-DATASTORE-IMAGE", "an admin interface", task(container(image="provectuslabs/kafka-ui"))),
    passes("STO-DATASTORE-IMAGE", "a proxy", task(container(image="acme/redis-proxy"))),
    passes("STO-DATASTORE-IMAGE", "a migration", task(container(image="acme/postgres-migrate"))),
    passes("STO-DATASTORE-IMAGE", "a client", task(container(image="postgres:16", command=["psql", "-c", "select 1"]))),
    passes(
        "STO-DATASTORE-IMAGE",
        "a client in a shell",
        task(container(image="redis", entryPoint=["/bin/sh", "-c"], command=["exec redis-cli ping"])),
    ),
    passes(
        "STO-DATASTORE-IMAGE",
        "an agent of a Consul server elsewhere",
        task(container(image="consul:1.7.3", command=["agent", "-retry-join=10.0.0.1"])),
    ),
    fails(
        "STO-DATASTORE-IMAGE",
        "a Consul server",
        task(container(image="hashicorp/consul:1.20", command=["consul", "agent", "-server", "-bootstrap-expect=1"])),
        says="container app runs Consul without a volume that outlives the task",
    ),
    passes(
        "STO-DATASTORE-IMAGE",
        "an agent of a Vault elsewhere",
        task(container(image="hashicorp/vault:1.18", command=["vault", "agent", "-config=/etc/vault.hcl"])),
    ),
    passes(
        "STO-DATASTORE-IMAGE",
        "a folder of the instance holds the data, another rule's",
        task(container("db", image="mysql", **mounted("data")), volumes=[folder("/srv/mysql")]),
    ),
    passes(
        "STO-DATASTORE-IMAGE",
        "a placeholder stands for the tag only",
        file(container(image="acme/app:${TAG}"), unresolved={"/containerDefinitions/0/image": ""}),
    ),
    unknown(
        "STO-DATASTORE-IMAGE",
        "the task definition could not be described",
        *UNDESCRIBED,
        reason=Reason.DENIED,
        worst=CRITICAL,
    ),
    unknown(
        "STO-DATASTORE-IMAGE",
        "a placeholder stands for the image",
        file(container(image="<IMAGE1_NAME>"), unresolved={"/containerDefinitions/0/image": ""}),
        reason=Reason.UNRESOLVED,
    ),
)

LAUNCHED = {"name": "scratch", "managedEBSVolume": {"sizeInGiB": 50, "volumeType": "gp3"}}

EBS = (
    fails(
        "STO-EBS-TASK",
        "the PRIMARY deployment attaches one",
        task(volumes=[{"name": "scratch", "configuredAtLaunch": True}]),
        service(deployments=primary(volumeConfigurations=[LAUNCHED])),
        says="every task gets an EBS volume of its own as volume scratch",
        at="/deployments/0/volumeConfigurations/0/managedEBSVolume",
        element="scratch",
    ),
    fails(
        "STO-EBS-TASK",
        "a file marks a volume as configured at launch",
        file(volumes=[{"name": "scratch", "configuredAtLaunch": True}]),
        says="every task gets an EBS volume of its own as volume scratch",
        at="/volumes/0/configuredAtLaunch",
    ),
    not_applicable(
        "STO-EBS-TASK",
        "an older deployment attaches one",
        task(),
        service(deployments=[*primary(), {"status": "ACTIVE", "volumeConfigurations": [LAUNCHED]}]),
    ),
    unknown(
        "STO-EBS-TASK",
        "the service could not be described",
        *undescribed(),
        reason=Reason.DENIED,
        needs="ecs:DescribeServices",
    ),
    unknown("STO-EBS-TASK", "a file does not hold the service", file(), reason=Reason.NOT_IN_SOURCE),
)

VOLUMES_FROM = (
    fails(
        "STO-VOLUMES-FROM",
        "a container takes over another's volumes",
        task(container("web", volumesFrom=[{"sourceContainer": "assets", "readOnly": True}]), container("assets")),
        says="container web takes over the volumes of container assets",
        element="assets",
        at="/containerDefinitions/0/volumesFrom/0/sourceContainer",
        subject="orders/web",
    ),
    passes("STO-VOLUMES-FROM", "it takes none", task(container("web"), container("assets")), subject="orders/web"),
    not_applicable("STO-VOLUMES-FROM", "a single container", task()),
    not_applicable("STO-VOLUMES-FROM", "Windows", task(container(), container("b"), **WINDOWS), subject="orders/app"),
    unknown("STO-VOLUMES-FROM", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)


def ebs(**volume: Any) -> Given:
    return service(deployments=primary(volumeConfigurations=[{"name": "cache", "managedEBSVolume": volume}]))


def web(*mounts: dict[str, Any], **fields: Any) -> Given:
    app, front = mounts
    volumes = [{"name": "site", **fields}]
    return task(container(mountPoints=[app]), container("nginx", mountPoints=[front]), volumes=volumes)


def mounted_at(path: str, *, read_only: bool = False) -> dict[str, Any]:
    return {"sourceVolume": "site", "containerPath": path, "readOnly": read_only}


STICKY_GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
STICKY_BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/edge/0123456789abcdef"
STICKY_SERVICE = service(
    loadBalancers=[{"targetGroupArn": STICKY_GROUP, "containerName": "app", "containerPort": 8080}]
)


def sticky(**attributes: str) -> tuple[Piece, ...]:
    return (
        task(),
        STICKY_SERVICE,
        given(
            "target_groups",
            TargetGroupArn=STICKY_GROUP,
            TargetGroupName="orders",
            TargetType="ip",
            LoadBalancerArns=[STICKY_BALANCER],
            Attributes={key.replace("_", "."): value for key, value in attributes.items()},
        ),
    )


def weighted(enabled: bool) -> Given:
    groups = [{"TargetGroupArn": STICKY_GROUP, "Weight": 50}, {"TargetGroupArn": f"{STICKY_GROUP}-green", "Weight": 50}]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": enabled, "DurationSeconds": 60}}
    return given(
        "listeners",
        ListenerArn=f"{STICKY_BALANCER}/listener",
        LoadBalancerArn=STICKY_BALANCER,
        Port=443,
        DefaultActions=[{"Type": "forward", "ForwardConfig": config}],
    )


MEMORY_AND_LAYERS = (
    fails(
        "STO-EBS-SNAPSHOT",
        "the volume is filled from a snapshot",
        task(),
        ebs(sizeInGiB=50, snapshotId="snap-0123456789abcdef0"),
        says="volume cache of every task is filled from snapshot snap-0123456789abcdef0",
        element="cache",
        at="/deployments/0/volumeConfigurations/0/managedEBSVolume/snapshotId",
    ),
    passes("STO-EBS-SNAPSHOT", "the volume starts empty", task(), ebs(sizeInGiB=50)),
    not_applicable("STO-EBS-SNAPSHOT", "no managed EBS volume", task()),
    not_applicable("STO-EBS-SNAPSHOT", "a file without a volume configured at launch", file()),
    unknown(
        "STO-EBS-SNAPSHOT",
        "a file with a volume that is configured at launch",
        file(volumes=[{"name": "cache", "configuredAtLaunch": True}]),
        reason=Reason.NOT_IN_SOURCE,
        needs="ecs.services",
    ),
    fails(
        "STO-TMPFS",
        "two file systems in memory",
        task(
            container(
                linuxParameters={"tmpfs": [{"containerPath": "/cache", "size": 64}, {"containerPath": "/scratch"}]}
            ),
        ),
        says=("container app keeps /cache in 64 MiB of memory", "container app keeps /scratch in memory"),
        element=("/cache", "/scratch"),
        at=("/containerDefinitions/0/linuxParameters/tmpfs/0", "/containerDefinitions/0/linuxParameters/tmpfs/1"),
    ),
    not_applicable("STO-TMPFS", "none", task()),
    fails(
        "STO-SHM",
        "more than a Pod has",
        task(container(linuxParameters={"sharedMemorySize": 256})),
        says="container app has 256 MiB of shared memory, a Pod 64 MiB",
        at="/containerDefinitions/0/linuxParameters/sharedMemorySize",
    ),
    not_applicable("STO-SHM", "as much as a Pod has", task(container(linuxParameters={"sharedMemorySize": 64}))),
    not_applicable("STO-SHM", "absent", task()),
    fails(
        "STO-STICKY-STATE",
        "stickiness by cookie",
        *sticky(stickiness_enabled="true", stickiness_type="lb_cookie"),
        says="target group orders keeps each client with one task by lb_cookie",
        at="/Attributes/stickiness.enabled",
        confidence=0.8,
    ),
    fails(
        "STO-STICKY-STATE",
        "a weighted action alone is sticky",
        *sticky(stickiness_enabled="false"),
        weighted(enabled=True),
        says="a weighted action keeps each client with target group orders",
        severity=LOW,
        element="forward",
    ),
    passes("STO-STICKY-STATE", "off in both", *sticky(stickiness_enabled="false"), weighted(enabled=False)),
    unknown("STO-STICKY-STATE", "no group is attached in a file", file(), reason=Reason.NOT_IN_SOURCE),
    unknown(
        "STO-STICKY-STATE",
        "attributes could not be read",
        *sticky(),
        denied("elb.attributes", "elasticloadbalancing:DescribeTargetGroupAttributes"),
        reason=Reason.DENIED,
    ),
    fails(
        "STO-VOLUME-PREPOPULATED",
        "a web server reads what the application's image holds",
        web(mounted_at("/var/www/html"), mounted_at("/var/www/html", read_only=True)),
        says="volume site may get its files from an image: it is mounted at /var/www/html of container app and read by"
        " container nginx",
        element="site",
        at="/containerDefinitions/0/mountPoints/0/containerPath",
        confidence=0.5,
    ),
    *(
        passes("STO-VOLUME-PREPOPULATED", f"{path} holds no files of an image", web(mounted_at(path), reader))
        for path in ("/tmp", "/var/run", "/var/log", "/data")
        for reader in (mounted_at(path, read_only=True),)
    ),
    passes(
        "STO-VOLUME-PREPOPULATED",
        "both containers write",
        web(mounted_at("/var/www/html"), mounted_at("/var/www/html")),
    ),
    not_applicable("STO-VOLUME-PREPOPULATED", "no volume", task()),
    not_applicable(
        "STO-VOLUME-PREPOPULATED",
        "a folder of the instance",
        web(mounted_at("/var/www"), mounted_at("/var/www", read_only=True), host={"sourcePath": "/srv/site"}),
    ),
    not_applicable(
        "STO-VOLUME-PREPOPULATED",
        "an EFS file system",
        web(
            mounted_at("/var/www"),
            mounted_at("/var/www", read_only=True),
            efsVolumeConfiguration={"fileSystemId": "fs-0123456789abcdef0"},
        ),
    ),
    fails(
        "STO-ROOTFS-WRITABLE",
        "absent",
        task(),
        says="container app may write to its own layer",
        at="/containerDefinitions/0/readonlyRootFilesystem",
        confidence=0.3,
    ),
    not_applicable("STO-ROOTFS-WRITABLE", "read-only", task(container(readonlyRootFilesystem=True))),
    not_applicable("STO-ROOTFS-WRITABLE", "Windows", task(**WINDOWS)),
    *(
        unknown(rule, "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED)
        for rule in ("STO-EBS-SNAPSHOT", "STO-TMPFS", "STO-SHM", "STO-VOLUME-PREPOPULATED", "STO-ROOTFS-WRITABLE")
    ),
)

CASES: tuple[Case, ...] = (
    *MEMORY_AND_LAYERS,
    *HOST_PATH,
    *DOCKER_SOCK,
    *DOCKER_VOLUME,
    *DOCKER_PLUGIN,
    *FILE_SYSTEMS,
    *S3_FILES,
    *EFS_SHARED,
    *SCRATCH,
    *DATASTORES,
    *EBS,
    *VOLUMES_FROM,
)

NEVER = (
    never("STO-STICKY-STATE", "not_applicable", "a target group is a subject only where a workload uses it"),
    never("STO-S3FILES", "pass", "a volume fires, none is not applicable"),
    never("STO-EPHEMERAL-KMS", HIGH, "whether the key is mandatory is not asked yet"),
    never("STO-DATASTORE-IMAGE", "not_applicable", "every image has a name"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
