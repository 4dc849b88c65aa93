"""AWS services in use: which of them stay, and how the workloads get their permissions for them."""

import re
from collections.abc import Iterator

from assess.estate.ecs import Cluster, Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.triggers import Pipe, StateMachine
from assess.estate.workloads import Workload
from assess.graph import DependencyGraph, Edge, NodeKind, Via
from assess.graph.aws_services import aws_service
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.edges import evidence_of, is_grant, names_of, used_by
from assess_rules.instance_roles import owned_by_instance_role
from assess_rules.known_images import is_sidecar

_SERVICE = (
    r"(?:AWS|AMAZON|S3|SES|SQS|SNS|DYNAMO(?:DB)?|KINESIS|FIREHOSE|CLOUDWATCH|BEDROCK|COGNITO|LAMBDA|ECR|ROUTE53|ATHENA"
    r"|TEXTRACT|REKOGNITION|POLLY|TRANSCRIBE|EVENTBRIDGE|STS|IAM)"
)
_KEY = re.compile(
    rf"((?:.*_)?{_SERVICE}_(?:.*?_)??)(?:ACCESS_KEY(?:_ID|_SECRET)?|ACCESS_ID|SECRET_(?:ACCESS_)?KEY)"
    r"|((?:.*_)?AWS_)(?:KEY(?:_ID)?|SECRET)|((?:.*_)?AWS)(?:ACCESSKEY(?:ID)?|SECRET(?:ACCESS)?KEY)"
)
"""Names of the two halves of a long-lived key; what stands before them is equal for both."""

_HALF = re.compile(r"((?:.*_)?)(ACCESS_KEY_ID|SECRET_ACCESS_KEY)")
"""AWS's own names of the halves, which others took over for stores that speak S3."""

_OTHERS = frozenset(
    {"R2", "CLOUDFLARE", "MINIO", "SPACES", "WASABI", "B2", "BACKBLAZE", "SCW", "SCALEWAY", "OSS", "ALIYUN", "ALIBABA"}
    | {"OVH", "HETZNER", "LINODE", "VULTR", "GCS", "TIGRIS", "STORJ", "IBM", "COS", "ALICLOUD", "CEPH"}
)

BY_BOTH_HALVES = 0.7
"""Confidence that a pair named as AWS names its keys, with no service in it, is a key of AWS: a judgement."""

_METADATA = "169.254.169.254"

_BLOCKS_METADATA = "ecs.capability.task-eni-block-instance-metadata"
"""What the ECS agent registers where ECS_AWSVPC_BLOCK_IMDS is set (capabilities of amazon-ecs-agent)."""

_API_HOST = re.compile(
    r"\b(?:s3|sqs|sns|dynamodb|kinesis|firehose|secretsmanager|ssm|kms|sts|lambda|states|events|email|bedrock-runtime)"
    r"[.-](?:[a-z0-9-]+\.)*amazonaws\.com"
)


@rule(
    "AWS-STATIC-KEYS",
    Checklist.AWS_SERVICES,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].secrets[].name",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
)
def static_keys(container: Container) -> Iterator[Outcome]:
    """A container gets a long-lived AWS access key.

    The key comes from a secret, so nobody reads it in the task definition, and it would work on EKS as well. But it
    never expires, it is the same wherever it is copied to, and it takes precedence over the role that the Pod is
    given, so the new identity would silently not be used. A key in a plain variable is a finding among the secrets.

    Fix: give the workload a role by EKS Pod Identity with the permissions of the key's user, remove the variables,
    watch the key's last use, and delete it.
    """
    definition = container.definition
    if not (definition.environment or definition.secrets or definition.environment_files):
        yield not_applicable("the container has no variables")
        return
    keys: dict[str, list[int]] = {}
    halves: dict[str, dict[str, int]] = {}
    for index, secret in enumerate(definition.secrets):
        name = _snake(secret.name)
        if (found := _KEY.fullmatch(name)) is not None:
            keys.setdefault(next(each for each in found.groups() if each is not None), []).append(index)
        elif (half := _HALF.fullmatch(name)) is not None and not _OTHERS.intersection(name.split("_")):
            halves.setdefault(half[1], {})[half[2]] = index
    pairs = [sorted(each.values()) for each in halves.values() if len(each) == 2]
    for indexes, confidence in (*((each, 1.0) for each in keys.values()), *((each, BY_BOTH_HALVES) for each in pairs)):
        names = [definition.secrets[index].name for index in indexes]
        yield fail(
            f"container {container.name} gets a long-lived AWS key in {' and '.join(names)}",
            *(container.task.evidence(*container.at("secrets", index, "name")) for index in indexes),
            element=names[0],
            confidence=confidence,
        )


def _snake(name: str) -> str:
    """A variable's name in capitals and underscores: ``aws.accessKeyId`` becomes ``AWS_ACCESS_KEY_ID``."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", words).upper()


@rule(
    "AWS-IMDS-DEPENDENCY",
    Checklist.AWS_SERVICES,
    severity=HIGH,
    softest=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.container_instances", "ecs.capacity_providers", "graph", "survey.A5"),
    looks_at=(
        "taskRoleArn",
        "requiresCompatibilities",
        "containerDefinitions[].environment",
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
    ),
    reference="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
)
def relies_on_instance_metadata(workload: Workload, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """The workload relies on the instance's metadata or on its role.

    A task without a role of its own on an instance gets the instance's permissions from the metadata service. On EKS
    the hop limit of 1 keeps Pods away from it, and Auto Mode nodes always do, so the first AWS call fails. Where it
    does work, every Pod on the node has the permissions of all. Reading zone, instance id or address from it breaks
    in the same way. Where the instance role is seen to hold permissions for the task, that is a finding of its own.

    Fix: give the workload a role by EKS Pod Identity (first a task role on ECS, to prove that it is complete), and
    take zone and node name from the Downward API.
    """
    task = workload.task_definition
    if task is None:
        return
    if estate.runs_on_fargate(workload):
        yield not_applicable("Fargate has no instance role")
        return
    named = _naming_metadata(task)
    has_role = bool(task.task_role_arn) or task.is_unresolved("taskRoleArn")
    if named is not None:
        yield fail(
            f"workload {workload.name} names the address of the instance metadata service",
            named,
            severity=MEDIUM if has_role else HIGH,
            confidence=0.8,
        )
        return
    if has_role or _is_kept_from_metadata(workload, estate):
        return
    if not workload.launch_types and not task.needs_instances:
        yield unknown(Reason.NOT_IN_SOURCE, "ecs.services")
        return
    if workload.launch_types and workload.launch_types.isdisjoint(_INSTANCES):
        return
    use = _use_of_aws(task) or _called_with_permissions(workload, graph)
    if use is None:
        yield unknown(Reason.UNANSWERED, "survey.A5")
    elif owned_by_instance_role(workload, estate):
        yield not_applicable("the permissions of its instances' role are a finding of their own", reads=())
    else:
        yield fail(
            f"workload {workload.name} uses AWS and has no task role, so it takes the instance's permissions",
            use,
            confidence=0.8,
        )


_INSTANCES = ("EC2", "EXTERNAL")


def _naming_metadata(task: TaskDefinition) -> Evidence | None:
    found = (text for container in task.containers() for text in container.texts())
    return next((task.evidence(*text.at) for text in found if _METADATA in text.value), None)


def _use_of_aws(task: TaskDefinition) -> Evidence | None:
    """Where the task shows that its code calls AWS with permissions it is not given keys for."""
    if any(_KEY.fullmatch(_snake(name)) for each in task.containers() for name in _variables(each)):
        return None
    for container in task.containers():
        for index, variable in enumerate(container.definition.environment):
            if variable.name in ("AWS_REGION", "AWS_DEFAULT_REGION") or variable.name.startswith("AWS_SDK_"):
                return task.evidence(*container.at("environment", index, "name"))
    texts = (text for container in task.containers() for text in container.texts())
    shows = (text for text in texts if text.value.startswith("arn:aws") or _API_HOST.search(text.value))
    return next((task.evidence(*text.at) for text in shows), None)


_ASKED_BY_ROLE = frozenset(
    {NodeKind.QUEUE, NodeKind.TOPIC, NodeKind.STREAM, NodeKind.BUS, NodeKind.TABLE, NodeKind.BUCKET}
)
_OWN_PASSWORDS = frozenset({"mq", "kafka"})
"""Services whose clients may be known by a password, without any permission of AWS."""


def _called_with_permissions(workload: Workload, graph: DependencyGraph) -> Evidence | None:
    """Where the configuration names a resource that only answers to permissions: a queue, a table, a bucket."""
    task = workload.task_definition
    if task is None or any(_KEY.fullmatch(_snake(name)) for each in task.containers() for name in _variables(each)):
        return None
    for edge in used_by(workload, graph):
        end = graph.nodes[edge.target]
        if end.kind in _ASKED_BY_ROLE and end.aws_service not in _OWN_PASSWORDS:
            told = next((each.evidence for each in edge.proofs if each.via is Via.ENV), None)
            if told is not None:
                return told
    return None


def _variables(container: Container) -> Iterator[str]:
    yield from (each.name for each in container.definition.environment)
    yield from (each.name for each in container.definition.secrets)


def _is_kept_from_metadata(workload: Workload, estate: Estate) -> bool:
    """Whether every instance of the cluster keeps tasks with an address of their own from the metadata service."""
    task = workload.task_definition
    instances = estate.container_instances_by_cluster.get(workload.cluster_arn, ())
    if task is None or task.network_mode != "awsvpc" or not instances:
        return False
    return all(each.attribute(_BLOCKS_METADATA) is not None for each in instances)


@rule(
    "AWS-EVENTBRIDGE-ECS-TARGET",
    Checklist.AWS_SERVICES,
    kind=Kind.INVENTORY,
    effort=DAYS,
    needs=("schedules",),
    also_uses=("pipes",),
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
)
def started_by_events(workload: Workload) -> Iterator[Outcome]:
    """An EventBridge rule, schedule or pipe starts the workload's tasks.

    EventBridge has no target that starts a Pod. A clock becomes a CronJob; an event has to be carried into the
    cluster by a queue or a function. As long as the rule is enabled it goes on starting tasks on ECS beside the Jobs.

    Fix: make a CronJob of a clock, send events to a queue that KEDA scales Jobs by, and disable the rule in the same
    step in which the Kubernetes side is switched on.
    """
    for trigger in workload.triggers:
        source = trigger.source
        if not isinstance(source, StateMachine):
            when = "what it reads" if isinstance(source, Pipe) else source.schedule_expression or "an event"
            yield fail(
                f"{source.name} starts tasks of {workload.name} by {when}",
                source.evidence(*trigger.at),
                element=source.name,
            )


@rule(
    "AWS-STEPFUNCTIONS-ECS",
    Checklist.AWS_SERVICES,
    severity=MEDIUM,
    effort=DAYS,
    needs=("workflows",),
    reference="https://docs.aws.amazon.com/step-functions/latest/dg/connect-eks.html",
)
def started_by_a_workflow(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A Step Functions state machine starts the workload's tasks.

    The state runs an ECS task and often waits for its end and its exit code. Step Functions can run Kubernetes Jobs
    instead, but it has to reach the cluster's API endpoint and be let in by an access entry, the manifest stands in
    the state machine, and results come back differently.

    Fix: replace the state by eks:runJob.sync with a Job manifest, give the state machine's role an access entry with
    just the rights for Jobs in that namespace, and handle failures by the Job's status.
    """
    found = [each for each in workload.triggers if isinstance(each.source, StateMachine)]
    origin = workload.origin
    if not found and not any(
        (each.origin.account, each.origin.region) == (origin.account, origin.region) for each in estate.state_machines
    ):
        yield not_applicable("no state machine runs ECS tasks")
        return
    for trigger in found:
        yield fail(
            f"state machine {trigger.source.name} starts tasks of {workload.name}",
            trigger.source.evidence(*trigger.at),
            element=trigger.source.name,
        )


_REGION_NAMES = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})


@rule(
    "AWS-REGION-ENV",
    Checklist.AWS_SERVICES,
    kind=Kind.CONVERSION,
    effort=HOURS,
    confidence=0.5,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].environment", "taskRoleArn"),
    reference="https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html",
)
def region_from_the_platform(container: Container) -> Iterator[Outcome]:
    """A container that uses AWS may take its region from the platform.

    Fargate tells a task its region; in a Pod only the webhooks of Pod Identity and IRSA do, for Pods that have an
    identity. Where neither does, an SDK without a region fails at its first call. Known agents and sidecars are left
    out, as they find the region themselves.

    Fix: set AWS_REGION in the manifest of every workload that calls AWS.
    """
    task = container.task
    if not task.task_role_arn or is_sidecar(container) or task.is_unresolved(*container.at("environment")):
        return
    definition = container.definition
    named = {*(each.name for each in definition.environment), *(each.name for each in definition.secrets)}
    if not named & _REGION_NAMES:
        yield fail(
            f"container {container.name} has a task role and is not told its region",
            task.evidence(*container.at("environment"), value="no AWS_REGION"),
        )


@rule(
    "AWS-BATCH-SHARED",
    Checklist.AWS_SERVICES,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("ecs.clusters", "tags"),
    reference="https://docs.aws.amazon.com/batch/latest/userguide/eks.html",
)
def cluster_of_batch(cluster: Cluster) -> Iterator[Outcome]:
    """The cluster belongs to AWS Batch.

    AWS Batch makes this cluster for a compute environment and starts the tasks in it. They do not move like services:
    AWS Batch can run jobs on EKS, which is a project of its own with job definitions of its own.

    Fix: leave the cluster out of this assessment, and decide about AWS Batch on EKS by itself.
    """
    tag = next((index for index, each in enumerate(cluster.tags) if each.key.lower().startswith("aws:batch")), None)
    if cluster.name.startswith("AWSBatch-"):
        yield fail(f"cluster {cluster.name} belongs to AWS Batch", cluster.evidence("clusterName"))
    elif tag is not None:
        yield fail(f"cluster {cluster.name} belongs to AWS Batch", cluster.evidence("tags", tag, "key"))


@rule(
    "AWS-SERVICE-STAYS",
    Checklist.AWS_SERVICES,
    kind=Kind.INVENTORY,
    effort=HOURS,
    confidence=0.8,
    needs=("graph",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
)
def managed_service(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    """The workload uses a service that AWS runs, and which stays where it is.

    Nothing of it moves; what changes is the way there. The Pods come from other addresses and security groups, and
    they get their permissions from EKS Pod Identity or IRSA in place of the task role. A permission on everything of
    a service is not taken for a use.

    Fix: let the Pods' security groups and subnets in, check the policies of VPC endpoints and of the resources
    themselves, and give the workload's ServiceAccount the role that the task has today.
    """
    found: dict[str, list[Edge]] = {}
    for edge in used_by(workload, graph):
        name = graph.nodes[edge.target].aws_service
        if name is not None and aws_service(name).stays:
            found.setdefault(aws_service(name).id, []).append(edge)
    for id, edges in sorted(found.items()):
        service = aws_service(id)
        is_granted = all(is_grant(each) for each in edges)
        names = names_of((each.target for each in edges), graph)
        named = "" if names == service.name else f" ({names})"
        yield fail(
            f"workload {workload.name} {'may use' if is_granted else 'uses'} {service.name}{named}, which stays on AWS",
            *evidence_of(*edges),
            element=id,
            confidence=min(0.8, max(each.confidence for each in edges)),
        )
