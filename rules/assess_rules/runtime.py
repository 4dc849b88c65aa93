"""Images and runtime: operating system, processor, accelerators and where the image comes from."""

import re
from collections.abc import Iterator, Mapping

from assess.checklist import Checklist
from assess.config import Policy
from assess.estate.ecs import CapacityProvider, Container, TaskDefinition
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
    Kind,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.known_images import agent_of, image_of, is_mesh_proxy

# --- platform ---------------------------------------------------------------------------------------------------


@rule(
    "RUN-WINDOWS",
    Checklist.RUNTIME,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.task_definitions",),
    also_uses=("ecs.services",),
    looks_at=("runtimePlatform.operatingSystemFamily", "placementConstraints"),
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
    mark = task.windows_mark
    if mark is not None:
        evidence = task.evidence(*mark)
        family = task.runtime_platform.operating_system_family if task.runtime_platform is not None else None
        yield fail(f"the containers run on {family}" if family else "the containers are Windows containers", evidence)
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
    the broken one. That is so for no tag and for the tag latest anywhere (init-latest and the like too), and for any
    tag in a repository of ECR whose tags are mutable.

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
    if image.tag is not None and not _LATEST.search(image.tag) and not movable:
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


_LATEST = re.compile(r"(?<![a-z0-9])latest(?![a-z0-9])", re.IGNORECASE)
"""The tag that stands for the newest build, alone or as a part (``latest-alpine``)."""


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


@rule(
    "RUN-GPU-SHARING",
    Checklist.RUNTIME,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].resourceRequirements",),
    reference="https://github.com/NVIDIA/k8s-device-plugin",
)
def shared_gpu(container: Container) -> Iterator[Outcome]:
    """A container shares a GPU with others

    ECS gives the container a share of a GPU's memory and threads by the Multi-Process Service of NVIDIA. The device
    plugin of Kubernetes shares a GPU in equal parts only, as many as are configured for the whole node, so an exact
    share cannot be asked for, and a neighbour may take what this container had.

    Fix: Configure MPS or time slicing in the device plugin on a node pool of its own, or claim a share by Dynamic
    Resource Allocation; measure with the neighbours that it will have.
    """
    requirements = container.definition.resource_requirements
    gpus = [(index, each) for index, each in enumerate(requirements) if each.type == "GPU"]
    if not gpus:
        yield not_applicable("the container asks for no GPU")
        return
    for index, each in gpus:
        if each.sharing_strategy and "nvidiaMps" in each.sharing_strategy:
            at = container.at("resourceRequirements", index, "sharingStrategy", "nvidiaMps")
            evidence = container.task.evidence(*at, value="set")
            yield fail(f"container {container.name} shares its GPU with other containers (MPS)", evidence)


# --- where images come from -------------------------------------------------------------------------------------


@rule(
    "RUN-HUB-IMAGE",
    Checklist.RUNTIME,
    severity=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].image",),
    reference="https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html",
)
def image_from_docker_hub(container: Container) -> Iterator[Outcome]:
    """A container's image comes from Docker Hub

    Docker Hub limits how often one address may pull. All nodes of a cluster leave through a few NAT gateways, and
    nodes come and go far more often than container instances did, so a busy hour of scaling ends in ImagePullBackOff.

    Passes: an image of a pull-through cache, whose name begins with a registry of ECR.

    Fix: Set up an ECR pull-through cache for Docker Hub and put its prefix before the image's name.
    """
    image = image_of(container)
    if image.registry is None:
        yield unknown(Reason.UNRESOLVED)
    elif image.is_docker_hub:
        message = f"the image of container {container.name} comes from Docker Hub"
        yield fail(message, container.task.evidence(*container.at("image")))


@rule(
    "RUN-CROSS-ACCOUNT-ECR",
    Checklist.RUNTIME,
    severity=MEDIUM,
    softest=LOW,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].image",),
    reference="https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
)
def image_of_another_account(container: Container) -> Iterator[Outcome]:
    """A container's image lies in another account or region

    A task pulls its image by its execution role, a Pod by the role of its node. A repository policy that names the
    execution role stops matching, and every Pod ends in ImagePullBackOff. Pulls from another region cost time and
    money at every new node. Where the policy admits the whole account or organisation, it is a low finding.

    Passes: Amazon ECR Public, and the images of agents that AWS publishes in accounts of its own.

    Fix: Let the repository policy admit the node role, the account or the organisation, and replicate images into the
    region of the cluster.
    """
    image, origin = image_of(container), container.task.origin
    if image.registry is None:
        yield unknown(Reason.UNRESOLVED)
        return
    if not image.is_ecr:
        yield not_applicable("the image is not in a private ECR registry")
        return
    if agent_of(container) is not None or is_mesh_proxy(container):
        return
    if not origin.account:
        yield unknown(Reason.NOT_IN_SOURCE, "ecs.services")
        return
    account = image.ecr_account if image.ecr_account not in (None, origin.account) else None
    region = image.ecr_region if image.ecr_region not in (None, origin.region) else None
    if account or region:
        where = " and ".join([*([f"account {account}"] if account else []), *([f"region {region}"] if region else [])])
        message = f"the image of container {container.name} lies in {where}"
        # whom the other account's repository policy admits is not read; pulls within an account need none
        yield fail(
            message,
            container.task.evidence(*container.at("image")),
            severity=MEDIUM if account else LOW,
            softest=LOW if account else None,
        )


@rule(
    "RUN-PRIVATE-REGISTRY",
    Checklist.RUNTIME,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].repositoryCredentials",),
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/",
)
def private_registry(container: Container) -> Iterator[Outcome]:
    """A container's image is pulled with credentials of its own

    ECS reads the credentials of the registry from Secrets Manager. A kubelet takes them from a Secret of type
    dockerconfigjson in the Pod's namespace, which has another form and must be kept up to date when the password
    changes.

    Fix: Let External Secrets make the Secret, name it under imagePullSecrets of the ServiceAccount, or copy the image
    into ECR.
    """
    credentials = container.definition.repository_credentials
    if credentials is not None:
        evidence = container.task.evidence(*container.at("repositoryCredentials", "credentialsParameter"))
        yield fail(f"the image of container {container.name} is pulled with credentials of its own", evidence)


@rule(
    "RUN-FAULT-INJECTION",
    Checklist.RUNTIME,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("enableFaultInjection",),
    reference="https://docs.aws.amazon.com/fis/latest/userguide/eks-pod-actions.html",
)
def fault_injection(task: TaskDefinition) -> Iterator[Outcome]:
    """Faults may be injected into the task

    AWS Fault Injection Service reaches tasks by the ECS agent and Pods by actions of their own, with a ServiceAccount
    and RBAC in the cluster. Experiments that name ECS tasks find nothing to act on after the move.

    Fix: Write the experiments anew with the aws:eks:pod actions, and give their ServiceAccount its permissions.
    """
    if task.enable_fault_injection:
        yield fail("the task takes injected faults of AWS FIS", task.evidence("enableFaultInjection"))


_TRUE = ("true", "1")


@rule(
    "RUN-FIPS",
    Checklist.RUNTIME,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions", "ecs.capacity_providers"),
    looks_at=("containerDefinitions[].environment",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html",
)
def validated_cryptography(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The workload relies on cryptography that FIPS 140 validates

    Whether cryptography is validated depends on the operating system of the node and on the endpoints that are called.
    Ordinary EKS nodes are not in FIPS mode. Nothing fails when that is forgotten, except the next audit.

    Fix: Choose nodes in FIPS mode (Bottlerocket's FIPS variants, or advancedSecurity.fips of an Auto Mode NodeClass),
    keep AWS_USE_FIPS_ENDPOINT in the Pods, and have the security owner confirm it.
    """
    task, arn = workload.task_definition, workload.arn or workload.task_definition_arn
    if workload.origin.region.startswith("us-gov-") or arn.startswith("arn:aws-us-gov:"):
        holder = workload.service or task
        if holder is not None:
            message = f"workload {workload.name} runs in GovCloud"
            yield fail(message, holder.evidence(value=workload.origin.region), element="GovCloud")
    for provider in _providers(workload, estate):
        template = (provider.managed_instances_provider or {}).get("instanceLaunchTemplate")
        if isinstance(template, Mapping) and template.get("fipsEnabled") is True:
            at = ("managedInstancesProvider", "instanceLaunchTemplate", "fipsEnabled")
            message = f"capacity provider {provider.name} gives instances in FIPS mode"
            yield fail(message, provider.evidence(*at, value="true"), element=provider.name)
    for container in task.containers() if task is not None else ():
        for index, variable in enumerate(container.definition.environment):
            if task is not None and variable.name == "AWS_USE_FIPS_ENDPOINT" and variable.value.lower() in _TRUE:
                message = f"container {container.name} calls the FIPS endpoints of AWS"
                evidence = task.evidence(*container.at("environment", index, "value"))
                yield fail(message, evidence, element=f"{container.name} {variable.name}")


def _providers(workload: Workload, estate: Estate) -> Iterator[CapacityProvider]:
    """The capacity providers that a service draws on, itself or by its cluster's default."""
    for each in workload.capacity_strategy:
        key = (workload.origin.account, workload.origin.region, each.capacity_provider)
        provider = estate.capacity_provider_by_name.get(key)
        if provider is not None:
            yield provider


@rule(
    "RUN-ARCH-UNKNOWN",
    Checklist.RUNTIME,
    severity=LOW,
    confidence=0.8,
    effort=HOURS,
    needs=("ecs.task_definitions", "ecs.container_instances"),
    looks_at=("runtimePlatform.cpuArchitecture",),
    reference="https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/",
)
def processor_not_declared(task: TaskDefinition, estate: Estate) -> Iterator[Outcome]:
    """A task may run on processors of two kinds, and does not say on which

    The cluster has x86 and Arm instances, and the task definition names neither. The scheduler of Kubernetes knows
    nothing of what is in an image either: on a pool with both kinds an image for one of them ends in "exec format
    error" on every second node.

    Passes: a cluster whose instances all have one architecture.

    Fix: Look into the image's manifest list, and set a nodeSelector on kubernetes.io/arch where it holds one
    architecture only.
    """
    platform = task.runtime_platform
    if platform is not None and platform.cpu_architecture:
        yield not_applicable("the task definition names the architecture", reads=("ecs.task_definitions",))
        return
    users = estate.users(task)
    if estate.runs_on_fargate(task):
        yield not_applicable("Fargate takes X86_64 where none is named", reads=("ecs.task_definitions",))
        return
    clusters = {each.cluster_arn: each.cluster for each in users if not each.is_fargate}
    known = False
    for arn in sorted(clusters):
        instances = estate.container_instances_by_cluster.get(arn, ())
        found = {each.attribute("ecs.cpu-architecture") or "" for each in instances} - {""}
        known = known or bool(found)
        if len(found) > 1:
            message = f"task definition {task.name} names no architecture, and cluster {clusters[arn]} has"
            evidence = task.evidence("runtimePlatform", "cpuArchitecture", value="absent")
            yield fail(f"{message} {' and '.join(sorted(found))}", evidence, element=clusters[arn])
    if clusters and not known and not estate.missing("ecs.container_instances", task.origin):
        yield unknown(Reason.NO_DATA, "ecs.container_instances")
