"""File systems that tasks mount."""

from assess.estate.ecs import TaskDefinition
from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.graph.confidence import CONFIGURED
from assess.graph.inventory import Inventory
from assess.graph.model import Access, EdgeKind, GraphBuilder, Node, NodeKind, Proof, Via


def draw(estate: Estate, inventory: Inventory, graph: GraphBuilder) -> None:
    """An edge to each file system that a container of a workload mounts; it writes unless every mount is read-only."""
    for workload in estate.workloads:
        task = workload.task_definition
        if task is not None:
            _mounts(workload, task, inventory, graph)


def _mounts(workload: Workload, task: TaskDefinition, inventory: Inventory, graph: GraphBuilder) -> None:
    for index, volume in enumerate(task.volumes):
        mounts = [
            mount
            for container in task.containers()
            for mount in container.definition.mount_points
            if mount.source_volume == volume.name
        ]
        if volume.efs_volume_configuration is not None:
            field, id, service = (
                "efsVolumeConfiguration",
                volume.efs_volume_configuration.file_system_id,
                "elasticfilesystem",
            )
        elif volume.fsx_windows_file_server_volume_configuration is not None:
            given = volume.fsx_windows_file_server_volume_configuration
            field, id, service = "fsxWindowsFileServerVolumeConfiguration", str(given.get("fileSystemId") or ""), "fsx"
        else:
            continue
        if not id or not mounts:
            continue
        access = {Access.READ} if all(each.read_only for each in mounts) else {Access.READ, Access.WRITE}
        node = _file_system(id, service, workload)
        proof = Proof(
            Via.VOLUME,
            CONFIGURED,
            task.evidence("volumes", index, field, "fileSystemId"),
            f"volume {volume.name} of {task.name} is file system {id}",
        )
        source = graph.node(inventory.workload_nodes[workload.id])
        graph.edge(source, graph.node(node), EdgeKind.FILE, proof, access=access, port=2049 if "e" in service else 445)


def _file_system(id: str, service: str, workload: Workload) -> Node:
    origin = workload.origin
    return Node(
        id=f"file_system:{origin.region}:{id}:",
        kind=NodeKind.FILE_SYSTEM,
        name=id,
        aws_service=service,
        account=origin.account,
        region=origin.region,
    )
