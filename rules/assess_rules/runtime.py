"""Images and runtime: operating system, processor, accelerators and where the image comes from."""

from collections.abc import Iterator

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.ecs import Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence, pointer
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    INFO,
    LOW,
    MEDIUM,
    WEEKS,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import image_of

# --- platform ---------------------------------------------------------------------------------------------------


@rule(
    "RUN-WINDOWS",
    Checklist.RUNTIME,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    looks_at=("runtimePlatform.operatingSystemFamily",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/windows-support.html",
)
def windows_containers(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """The containers are Windows containers

    EKS runs Windows containers on Windows node groups only: not in Auto Mode, not on Fargate, and without EKS Pod
    Identity (IAM roles for service accounts work). The image's build has to match the node's Windows version.

    Fix: Plan a wave of its own with a managed Windows node group, keep the system Pods on Linux nodes, and check the
    images' builds against the node's version. Ask whether the application can run on Linux first.

    Before:

        {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}

    After:

        spec:
          os: {name: windows}
          nodeSelector:
            kubernetes.io/os: windows
            node.kubernetes.io/windows-build: 10.0.20348
    """
    if task.is_windows:
        family = task.runtime_platform.operating_system_family if task.runtime_platform is not None else ""
        evidence = task.evidence("runtimePlatform", "operatingSystemFamily")
        yield fail(f"the containers run on {family}", evidence)
        return
    for user in estate.users(task):
        family = user.service.platform_family if user.service is not None else None
        if user.service is not None and family is not None and family.upper().startswith("WINDOWS"):
            yield fail(f"the containers run on {family}", user.service.evidence("platformFamily"))
            return


@rule(
    "RUN-ARM64",
    Checklist.RUNTIME,
    severity=INFO,
    worst=HIGH,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    raised_by=("policy.target",),
    looks_at=("runtimePlatform.cpuArchitecture",),
    reference="https://github.com/aws/containers-roadmap/issues/1629",
)
def arm_containers(task: TaskDefinition, policy: Policy) -> Iterator[Outcome]:
    """The containers are built for Arm processors

    Arm nodes run them as they are, once the Pod asks for the architecture; without a node selector the scheduler may
    pick an x86 node and the container fails with "exec format error". EKS Fargate has no Arm processors.

    Fix: Provide an Arm node pool and set nodeSelector kubernetes.io/arch: arm64. Check that agents and sidecars have
    images for both architectures. For EKS Fargate build an x86 image.

    Before:

        {"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}}

    After:

        spec:
          nodeSelector:
            kubernetes.io/arch: arm64
            kubernetes.io/os: linux
    """
    architecture = task.runtime_platform.cpu_architecture if task.runtime_platform is not None else None
    if architecture != "ARM64":
        return
    evidence = task.evidence("runtimePlatform", "cpuArchitecture")
    if policy.target.compute == "fargate":
        message = "the containers need Arm processors, which EKS Fargate does not have"
        yield fail(message, evidence, severity=HIGH, effort=WEEKS)
    else:
        yield fail("the containers need Arm processors", evidence, settled=policy.target.compute is not None)


@rule(
    "RUN-EXTERNAL",
    Checklist.RUNTIME,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.services", "ecs.task_definitions"),
    looks_at=("requiresCompatibilities",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/hybrid-nodes-overview.html",
)
def runs_outside_of_aws(workload: Workload) -> Iterator[Outcome]:
    """Tasks run on ECS Anywhere, outside of AWS

    The machines stand somewhere else and keep running there. Moving their work to EKS is another product: EKS Hybrid
    Nodes attach them to a cluster in AWS, EKS Anywhere runs a cluster beside them, and both ask more of the network
    than ECS Anywhere does.

    A task definition that lists EXTERNAL among others but runs elsewhere does not count.

    Fix: Decide whether these workloads move at all. If so, compare EKS Hybrid Nodes and EKS Anywhere, and plan network
    and operations of the site first; if not, leave them on ECS Anywhere.
    """
    if "EXTERNAL" not in workload.launch_types:
        return
    if workload.kind == "task_definition" and workload.launch_types != frozenset({"EXTERNAL"}):
        return
    service, task = workload.service, workload.task_definition
    evidence: Evidence
    if service is not None:
        evidence = service.evidence("launchType")
    elif workload.triggers:
        evidence = workload.triggers[0].source.evidence(*workload.triggers[0].at)
    elif workload.tasks:
        evidence = workload.tasks[0].evidence("launchType")
    elif task is not None:
        evidence = task.evidence("requiresCompatibilities", 0)
    else:
        return
    yield fail(f"{workload.name} runs on machines outside of AWS (launch type EXTERNAL)", evidence)


@rule(
    "RUN-TRUSTED-EXEC",
    Checklist.RUNTIME,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    looks_at=("trustedExecutionConfiguration.isolationMode",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/sandboxing-isolated-setup.html",
)
def isolated_execution(task: TaskDefinition) -> Iterator[Outcome]:
    """The task runs in a sandbox of its own

    EKS offers such sandboxes as a runtime class, with limits: Kubernetes 1.36 or later, Auto Mode or an image of your
    own for the nodes, and fewer instance types. A confidential sandbox proves to other services what it runs, and
    everything that trusts this proof has to be issued anew.

    Fix: Set runtimeClassName to isolated-sandbox or confidential-sandbox, regenerate the Cedar policy and the
    conditions in KMS key policies, and test start-up and attestation first.
    """
    execution = task.trusted_execution_configuration
    if execution is None:
        yield not_applicable("the task asks for no isolation")
        return
    evidence = task.evidence("trustedExecutionConfiguration", "isolationMode")
    if execution.isolation_mode == "CONFIDENTIAL_SANDBOX":
        yield fail("the task runs in a confidential sandbox", evidence, severity=HIGH)
    elif execution.isolation_mode == "ISOLATED_SANDBOX":
        yield fail("the task runs in an isolated sandbox", evidence)


@rule(
    "RUN-GMSA",
    Checklist.RUNTIME,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].credentialSpecs", "containerDefinitions[].dockerSecurityOptions"),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/configure-gmsa/",
)
def group_managed_service_account(container: Container) -> Iterator[Outcome]:
    """A container signs in to Active Directory by a credential spec

    On Kubernetes a group Managed Service Account needs a custom resource and an admission webhook, on Windows nodes
    that belong to the domain. For Linux containers there is no packaged way.

    Fix: Install the gMSA webhook and write a GMSACredentialSpec for Windows. For Linux fetch a Kerberos ticket in a
    sidecar from a keytab, or move the application to another way to sign in.
    """
    definition = container.definition
    message = f"container {container.name} signs in to Active Directory by a credential spec"
    for index, _ in enumerate(definition.credential_specs):
        yield fail(message, container.task.evidence(*container.at("credentialSpecs", index)))
        return
    for index, option in enumerate(definition.docker_security_options):
        if option.lower().startswith("credentialspec:"):
            yield fail(message, container.task.evidence(*container.at("dockerSecurityOptions", index)))
            return


# --- accelerators -----------------------------------------------------------------------------------------------


@rule(
    "RUN-GPU",
    Checklist.RUNTIME,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    also_uses=("policy.target",),
    looks_at=("containerDefinitions[].resourceRequirements",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html",
)
def accelerator(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container uses a GPU or a Neuron device

    Kubernetes schedules accelerators as extended resources, which a device plugin (or dynamic resource allocation)
    offers on nodes with the right image and drivers. They cannot be shared or split by default, and EKS Fargate has
    none.

    Fix: Provide an accelerated node pool with a taint, install the device plugin (Auto Mode brings it along), and set
    nvidia.com/gpu or aws.amazon.com/neuron under limits.

    Before:

        {"containerDefinitions": [{"name": "infer",
          "resourceRequirements": [{"type": "GPU", "value": "1"}]}]}

    After:

        spec:
          tolerations:
            - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
          containers:
            - name: infer
              resources:
                limits: {nvidia.com/gpu: "1"}
    """
    if estate.runs_on_fargate(container):
        yield not_applicable("Fargate has no accelerators")
        return
    for index, requirement in enumerate(container.definition.resource_requirements):
        if requirement.type in _ACCELERATORS:
            message = f"container {container.name} uses {_ACCELERATORS[requirement.type]} ({requirement.value})"
            at = container.at("resourceRequirements", index, "type")
            yield fail(message, container.task.evidence(*at), element=requirement.type)


_ACCELERATORS = {"GPU": "GPUs", "NeuronDevice": "Neuron devices"}


@rule(
    "RUN-ELASTIC-INFERENCE",
    Checklist.RUNTIME,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    looks_at=("inferenceAccelerators", "containerDefinitions[].resourceRequirements"),
    reference="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ElasticInferenceAccelerator.html",
)
def elastic_inference(task: TaskDefinition) -> Iterator[Outcome]:
    """The task names an Elastic Inference accelerator

    Amazon Elastic Inference no longer exists. The task cannot start anywhere, on ECS as little as on EKS, and running
    copies will not come back after their next stop.

    Fix: Choose a GPU or Inferentia instance type, rebuild the model for it, and test on ECS before the move.
    """
    if task.origin.source is not None and task.status == "INACTIVE":
        return  # a recorded revision that nothing runs
    for index, accelerator in enumerate(task.inference_accelerators):
        message = f"the task names Elastic Inference accelerator {accelerator.device_name}"
        yield fail(message, task.evidence("inferenceAccelerators", index), element=accelerator.device_name)
    if task.inference_accelerators:
        return
    for container in task.containers():
        for index, requirement in enumerate(container.definition.resource_requirements):
            if requirement.type == "InferenceAccelerator":
                message = f"container {container.name} asks for Elastic Inference accelerator {requirement.value}"
                at = container.at("resourceRequirements", index, "type")
                yield fail(message, task.evidence(*at), element=requirement.value)


# --- images -----------------------------------------------------------------------------------------------------


@rule(
    "RUN-MUTABLE-TAG",
    Checklist.RUNTIME,
    severity=MEDIUM,
    softest=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    also_uses=("ecr.repositories", "ecr.images", "ecs.tasks"),
    softened_by=("ecr.repositories",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerImage.html",
)
def image_is_not_pinned(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A container's image is not pinned: its tag can come to mean another build

    ECS looks the tag up once for each deployment and starts every task from that digest. Kubernetes looks it up on
    every node and at every start, so the Pods of one Deployment can run different builds, and a rollback brings back
    the broken one. That is so for the tag latest and for no tag anywhere, and for any tag in a repository of ECR
    whose tags are mutable.

    Where the digest that runs today is known, it can be pinned at conversion and the finding is low.

    Fix: Write the digest that runs today (containerImages of DescribeServiceRevisions) into the manifest, let the
    pipeline write digests or unique tags from then on, and make the repository's tags immutable.

    Before:

        {"containerDefinitions": [{"name": "web", "image": "registry.example/web:latest"}]}

    After:

        spec:
          containers:
            - name: web
              image: registry.example/web@sha256:3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607182
    """
    image = image_of(container)
    at = container.at("image")
    if image.digest is not None:
        return
    if image.has_open_tag:
        yield unknown(Reason.UNRESOLVED, pointer(*at))
        return
    repository = estate.repository(image)
    movable = repository is not None and repository.can_move(image.tag or "latest")
    if image.tag not in (None, "latest") and not movable:
        return
    what = f"tag {image.tag}" if image.tag else "no tag"
    if repository is not None:
        what += ", which can be moved in its repository" if movable else ", which its repository keeps from being moved"
    name = "/".join(image.tail) or container.name
    evidence = [container.task.evidence(*at)]
    if repository is not None:
        evidence.append(repository.evidence("imageTagMutability"))
    digest = _running_digest(container, estate)
    said = f"image {name} of container {container.name} has {what}"
    if digest is not None:
        yield fail(f"{said}; what runs today has a known digest", *evidence, digest, severity=LOW, settled=True)
    elif repository is not None and not movable:
        yield fail(said, *evidence, severity=LOW)
    else:
        yield fail(said, *evidence)


def _running_digest(container: Container, estate: Estate) -> Evidence | None:
    """The digest that all running tasks of the container share, where ECS keeps the tasks of a deployment alike."""
    if container.definition.version_consistency == "disabled":
        return None
    revision = container.task.task_definition_arn
    found: dict[str, Evidence] = {}
    for user in estate.users(container):
        owned = estate.tasks_by_service.get((user.cluster_arn, user.name), ()) if user.is_service else user.tasks
        tasks = [each for each in owned if each.last_status == "RUNNING" and each.task_definition_arn == revision]
        digests = {
            each.image_digest: task.evidence("containers", index, "imageDigest")
            for task in tasks
            for index, each in enumerate(task.containers)
            if each.name == container.name and each.image_digest
        }
        if not digests:
            return None
        found |= digests
    return next(iter(found.values())) if len(found) == 1 else None
