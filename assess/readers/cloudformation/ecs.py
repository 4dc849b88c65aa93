"""Clusters, services and task definitions as ECS describes them."""

from assess.readers.cloudformation.documents import written_as
from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.stack import Stack
from assess.readers.cloudformation.values import Value

_CLUSTER, _TASK_DEFINITION = "AWS::ECS::Cluster", "AWS::ECS::TaskDefinition"
_ASSOCIATIONS = "AWS::ECS::ClusterCapacityProviderAssociations"

_OF_A_DEPLOYMENT = (
    *("CapacityProviderStrategy", "LaunchType", "PlatformVersion", "NetworkConfiguration"),
    *("ServiceConnectConfiguration", "VolumeConfigurations", "VpcLatticeConfigurations", "TaskDefinition"),
)


def complete(drafts: Drafts) -> None:
    """Adds what ECS says in a place of its own: capacity of clusters, the deployment that runs."""
    for cluster in drafts.of("clusters"):
        _cluster(cluster)
    for associations in drafts.stack.of(_ASSOCIATIONS):
        meant = drafts.meant(associations.properties.get("Cluster"), _CLUSTER)
        if meant is not None:
            for name in ("CapacityProviders", "DefaultCapacityProviderStrategy"):
                meant.put(name, associations.properties.get(name))
    for provider in drafts.of("capacity_providers"):
        given = provider.members.get("AutoScalingGroupProvider")
        named = given.members.get("AutoScalingGroupArn") if given is not None else None
        group = drafts.stack.meant(named, "AWS::AutoScaling::AutoScalingGroup", anywhere=True)
        if group is not None:  # which may be named as well
            provider.put("AutoScalingGroupProvider/AutoScalingGroupArn", Value(group.arn, group.line))
    for service in drafts.of("services"):
        _service(service, drafts)
    for task in drafts.of("task_definitions"):
        for name in ("TaskRoleArn", "ExecutionRoleArn"):
            role = drafts.stack.meant(task.members.get(name), "AWS::IAM::Role", anywhere=True)
            if role is not None:  # which may be named as well
                task.put(name, Value(role.arn, task.members[name].line))


def cluster_arn(value: Value | None, stack: Stack, line: int) -> Value:
    """The ARN of a cluster that is named by its ARN, its name or not at all (then it is ``default``)."""
    meant = stack.meant(value, _CLUSTER, anywhere=True)
    if meant is not None:
        return Value(meant.arn, value.line if value is not None else line)
    if value is None or value.is_absent:
        return Value(stack.arn("ecs", "cluster/default"), line)
    name, is_open = written_as(value.pieces or (), stack, names=True)
    if is_open:
        name = name.rpartition(":cluster/")[2]
        return Value(stack.arn("ecs", f"cluster/{stack.qualifier}/{stack.qualified(name)}"), value.line)
    return value if name.startswith("arn:") else Value(stack.arn("ecs", f"cluster/{name}"), value.line)


def task_definition_arn(value: Value | None, stack: Stack) -> Value | None:
    """The ARN of a task definition that a family may name."""
    meant = stack.meant(value, _TASK_DEFINITION, anywhere=True)
    return Value(meant.arn, value.line) if meant is not None and value is not None else value


def cluster_name(value: Value, stack: Stack) -> Value:
    """The name of a cluster as it is in the cluster's ARN."""
    name, _ = written_as(value.pieces or (), stack, names=True)
    return Value(stack.qualified(name), value.line)


def _cluster(draft: Draft) -> None:
    defaults = draft.members.pop("ServiceConnectDefaults", None)
    if defaults is not None:
        draft.put("serviceConnectDefaults/namespace", defaults.members.get("Namespace"))


def _service(draft: Draft, drafts: Drafts) -> None:
    stack, line = drafts.stack, draft.resource.line
    draft.put("clusterArn", cluster_arn(draft.resource.properties.get("Cluster"), stack, line))
    draft.put("TaskDefinition", task_definition_arn(draft.members.get("TaskDefinition"), stack))
    scheduling = draft.resource.properties.get("SchedulingStrategy")
    if "DesiredCount" not in draft.members and (scheduling is None or scheduling.literal == "REPLICA"):
        # "if a desired count isn't specified, a default value of 1 is used"
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html
        draft.put("DesiredCount", Value(1, line))
    controller = draft.members.get("DeploymentController")
    kind = controller.members.get("Type") if controller is not None else None
    if kind is None or kind.literal == "ECS":
        running = {name: draft.members[name] for name in _OF_A_DEPLOYMENT if name in draft.members}
        draft.put("deployments/0", Value({"status": Value("PRIMARY", line), **running}, line))
    for name in ("ServiceConnectConfiguration", "VolumeConfigurations", "VpcLatticeConfigurations"):
        draft.members.pop(name, None)
