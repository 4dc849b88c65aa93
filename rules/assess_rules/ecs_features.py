"""Features of ECS that only calls of their own tell: protected tasks, gateways, and the density of interfaces."""

from collections.abc import Iterator

from assess.estate.estate import Estate
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    MEDIUM,
    Account,
    Checklist,
    Kind,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)

_ECS = "https://docs.aws.amazon.com/AmazonECS/latest"
_PROTECT = "ecs:UpdateTaskProtection"


@rule(
    "LIF-SCALE-IN-PROTECTION",
    Checklist.LIFECYCLE,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.services", "ecs.protection", "iam.roles"),
    also_uses=("ecs.task_definitions", "ecs.tasks", "survey.A4"),
    reference=f"{_ECS}/developerguide/task-scale-in-protection.html",
)
def protected_tasks(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Tasks protect themselves from being ended in the midst of their work.

    ECS leaves a protected task alone when a service scales in or deploys, up to two days. A Pod has no such switch:
    a rollout, a HorizontalPodAutoscaler, a node that is drained or consolidated ends it after its grace period,
    whatever it is doing.

    Fires: a running task is protected, or the task role names ecs:UpdateTaskProtection.

    Passes: a role that may do so only because it may do all of ECS; whether the code does is asked then.

    Fix: make each piece of long work a Job of its own (a KEDA ScaledJob for queues). Where it must stay a service, put
    the annotation karpenter.sh/do-not-disrupt on the Pod while it works, with a PodDisruptionBudget and a grace period
    that covers the work, and scale in only what is idle.

    Before:

        {"taskRoleArn": "arn:aws:iam::111122223333:role/encoder"}

    After:

        apiVersion: keda.sh/v1alpha1
        kind: ScaledJob
        metadata:
          name: encoder
        spec:
          jobTargetRef:
            template:
              metadata:
                annotations: {karpenter.sh/do-not-disrupt: "true"}
              spec:
                restartPolicy: Never
                containers:
                  - {name: encoder, image: registry.example/encoder:2.4}
          triggers:
            - type: aws-sqs-queue
              metadata:
                queueURL: https://sqs.eu-west-1.amazonaws.com/111122223333/films
                queueLength: "1"
                awsRegion: eu-west-1
    """
    if workload.kind == "task_definition":
        return
    if workload.kind != "service":
        yield not_applicable("only tasks of services that scale can be protected", reads=("ecs.services",))
        return
    tasks = estate.tasks_by_service.get((workload.cluster_arn, workload.name), ())
    held = [found for each in tasks if (found := estate.protection_by_task.get(each.task_arn)) is not None]
    if held:
        few = "a task" if len(held) == 1 else f"{len(held)} tasks"
        yield fail(
            f"{few} of service {workload.name} {'is' if len(held) == 1 else 'are'} protected from scale-in",
            *(each.evidence("protectionEnabled") for each in held[:3]),
            element="protection",
        )
        return
    definition = workload.task_definition
    arn = definition.task_role_arn if definition is not None else None
    if arn is None:
        if definition is not None and not any(each.last_status != "STOPPED" for each in tasks):
            yield not_applicable("no task runs, and the tasks have no role", reads=("ecs.services", "ecs.protection"))
        return
    role = estate.role_by_arn.get(arn)
    if role is None:
        return
    permissions = estate.permissions_of(role)
    grants = tuple(permissions.allowing(_PROTECT))
    for grant in grants:
        pattern = grant.written(_PROTECT)
        if pattern is not None and "TaskProtection".lower() in pattern.lower():
            yield fail(
                f"role {role.name} lets the tasks of service {workload.name} protect themselves from scale-in",
                role.evidence(*grant.place, grant.field, value=pattern),
                element="permission",
            )
            return
    if grants:
        yield unknown(Reason.UNANSWERED, "survey.A4")
    elif permissions.unread:
        yield unknown(Reason.NOT_COLLECTED, "iam:GetPolicyVersion")


@rule(
    "ECS-GATEWAY",
    Checklist.ECS_COUPLING,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.gateways", "ecs.services"),
    reference=f"{_ECS}/APIReference/Welcome.html",
)
def behind_a_gateway(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Requests reach the service through a gateway of ECS.

    ECS owns the load balancer, its rules, certificates and host names, and other services share it. None of these can
    be pointed at Pods: traffic moves by DNS, host by host, to an entry that must be made first.

    Fix: make a Gateway (Gateway API with the AWS Load Balancer Controller) with the same hosts and certificates, send
    part of the requests to it by weighted records, and remove the route when none arrive any more.
    """
    if workload.kind == "task_definition":
        return
    if not workload.is_service:
        yield not_applicable("no service runs the tasks", reads=("ecs.services",))
        return
    names = {each.gateway_arn: each.name for each in estate.gateways}
    for route in estate.gateway_routes_by_service.get(workload.arn, ()):
        if route.status in ("DELETE_IN_PROGRESS", "CREATE_FAILED"):
            continue
        gateway = names.get(route.gateway_arn) or route.gateway_arn.rpartition("/")[2]
        yield fail(
            f"gateway {gateway} of ECS leads to service {workload.name}",
            route.evidence("serviceArn"),
            element=gateway,
        )
    place = (workload.origin.account, workload.origin.region)
    if not any((each.origin.account, each.origin.region) == place for each in estate.gateways):
        yield not_applicable("the account has no gateway of ECS")


@rule(
    "VPC-ENI-TRUNKING",
    Checklist.NETWORKING,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("ecs.account_settings", "ecs.capacity_providers"),
    also_uses=("ecs.services",),
    reference=f"{_ECS}/developerguide/container-instance-eni.html",
)
def many_interfaces(account: Account, estate: Estate) -> Iterator[Outcome]:
    """Instances carry more tasks than they have network interfaces for.

    The account setting awsvpcTrunking gives an instance trunk interfaces, so that more tasks with an address of their
    own fit on it. It shows which density people are used to. Pods get theirs otherwise: without prefix delegation the
    interfaces of an instance limit them to fewer than ECS placed tasks.

    Fix: switch on prefix delegation in the VPC CNI (ENABLE_PREFIX_DELEGATION) and see that the subnets have free /28
    blocks, or use EKS Auto Mode, which does so by itself.
    """
    here = [
        each
        for each in estate.workloads
        if (each.origin.account, each.origin.region) == (account.account, account.region)
    ]
    if not any("EC2" in each.launch_types for each in here):
        yield not_applicable("nothing runs on EC2 instances that the team provides", reads=("ecs.capacity_providers",))
        return
    for setting in estate.account_settings:
        place = (setting.origin.account, setting.origin.region)
        is_enabled = setting.name == "awsvpcTrunking" and setting.value == "enabled"
        if is_enabled and place == (account.account, account.region):
            yield fail(
                f"awsvpcTrunking is enabled in account {account.account}, region {account.region}",
                setting.evidence("value"),
            )
