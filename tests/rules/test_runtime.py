"""Images and runtime: each rule in every situation that it tells apart."""

import dataclasses
from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, HOURS, INFO, LOW, WEEKS
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    Case,
    Given,
    cluster,
    container,
    denied,
    fails,
    file,
    given,
    never,
    not_applicable,
    passes,
    service,
    target,
    task,
    task_arn,
    undescribed,
    unknown,
)

UNDESCRIBED = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
ARM: dict[str, Any] = {"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}}
DIGEST = f"sha256:{'a' * 64}"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


def repository(name: str, **fields: Any) -> Given:
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"
    return given("repositories", repositoryArn=arn, repositoryName=name, **fields)


def sandbox(mode: str) -> dict[str, Any]:
    return {"trustedExecutionConfiguration": {"isolationMode": mode}}


def resources(type: str, value: str = "1") -> dict[str, Any]:
    return {"resourceRequirements": [{"type": type, "value": value}]}


def running(number: int = 1, digest: str | None = DIGEST, **fields: Any) -> Given:
    return given(
        "tasks",
        **{
            "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/{number}",
            "clusterArn": CLUSTER,
            "taskDefinitionArn": task_arn("orders"),
            "group": "service:orders",
            "lastStatus": "RUNNING",
            "containers": [{"name": "app", "imageDigest": digest}],
            **fields,
        },
    )


def lost(*rules: str) -> tuple[Case, ...]:
    return tuple(
        unknown(rule, "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED)
        for rule in rules
    )


PLATFORM = (
    fails(
        "RUN-WINDOWS",
        "the task definition says Windows",
        task(runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}),
        says="the containers run on WINDOWS_SERVER_2022_CORE",
        at="/runtimePlatform/operatingSystemFamily",
    ),
    fails(
        "RUN-WINDOWS",
        "the service says Windows",
        task(),
        service(platformFamily="Windows_Server_2022_Core"),
        says="the containers run on Windows_Server_2022_Core",
        at="/platformFamily",
    ),
    fails(
        "RUN-WINDOWS",
        "a placement constraint asks for Windows instances",
        task(placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.os-type == windows"}]),
        says="the containers are Windows containers",
        at="/placementConstraints/0/expression",
    ),
    *(
        fails(
            "RUN-WINDOWS",
            image,
            task(container(image=image)),
            says="the containers are Windows containers",
            at="/containerDefinitions/0/image",
        )
        for image in (
            "mcr.microsoft.com/windows/servercore:ltsc2022",
            "mcr.microsoft.com/dotnet/framework/aspnet:4.8",
            "registry.example/web:1.2-windowsservercore-ltsc2019",
        )
    ),
    passes(
        "RUN-WINDOWS", "an image of Microsoft's for Linux", task(container(image="mcr.microsoft.com/dotnet/aspnet:8.0"))
    ),
    passes(
        "RUN-WINDOWS",
        "the platform says Linux, whatever the image is called",
        task(container(image="acme/windowsservercore-docs:1"), runtimePlatform={"operatingSystemFamily": "LINUX"}),
    ),
    passes("RUN-WINDOWS", "absent, which means Linux", task()),
    passes(
        "RUN-WINDOWS",
        "a placement constraint asks for Linux instances",
        task(placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}]),
    ),
    passes("RUN-WINDOWS", "Linux", task(**ARM)),
    unknown(
        "RUN-WINDOWS",
        "a placeholder",
        file(unresolved={"/runtimePlatform/operatingSystemFamily": "${OS}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "RUN-ARM64",
        "Arm, and the target has Arm nodes",
        task(**ARM),
        target(compute="karpenter"),
        says="the containers need Arm processors",
        severity=INFO,
        effort=HOURS,
        at="/runtimePlatform/cpuArchitecture",
    ),
    fails(
        "RUN-ARM64",
        "Arm, and no target is chosen",
        task(**ARM),
        says="the containers need Arm processors",
        may_be_worse=Reason.UNANSWERED,
        needs="policy.target",
    ),
    fails(
        "RUN-ARM64",
        "Arm, and the target is EKS Fargate",
        task(**ARM),
        target(compute="fargate"),
        says="the containers need Arm processors, which EKS Fargate does not have",
        severity=HIGH,
        effort=WEEKS,
    ),
    passes("RUN-ARM64", "absent, which means x86", task()),
    passes("RUN-ARM64", "x86", task(runtimePlatform={"cpuArchitecture": "X86_64"})),
    fails(
        "RUN-TRUSTED-EXEC",
        "isolated",
        task(**sandbox("ISOLATED_SANDBOX")),
        says="the task runs in an isolated sandbox",
        at="/trustedExecutionConfiguration/isolationMode",
    ),
    fails(
        "RUN-TRUSTED-EXEC",
        "confidential",
        task(**sandbox("CONFIDENTIAL_SANDBOX")),
        says="the task runs in a confidential sandbox",
        severity=HIGH,
    ),
    passes("RUN-TRUSTED-EXEC", "shared", task(**sandbox("SHARED"))),
    not_applicable("RUN-TRUSTED-EXEC", "absent", task()),
    fails(
        "RUN-GMSA",
        "a credential spec",
        task(container(credentialSpecs=["credentialspec:arn:aws:s3:::acme/web.json"])),
        says="container app signs in to Active Directory by a credential spec",
        at="/containerDefinitions/0/credentialSpecs/0",
    ),
    fails(
        "RUN-GMSA",
        "a credential spec among the security options",
        task(container(dockerSecurityOptions=["no-new-privileges", "credentialspec:file://web.json"])),
        says="container app signs in to Active Directory by a credential spec",
        at="/containerDefinitions/0/dockerSecurityOptions/1",
    ),
    passes("RUN-GMSA", "another security option", task(container(dockerSecurityOptions=["no-new-privileges"]))),
    *lost("RUN-WINDOWS", "RUN-ARM64", "RUN-TRUSTED-EXEC", "RUN-GMSA"),
)

EXTERNAL = (
    fails(
        "RUN-EXTERNAL",
        "a service with launch type EXTERNAL",
        task(),
        service(launchType="EXTERNAL"),
        says="orders runs on machines outside of AWS (launch type EXTERNAL)",
        at="/launchType",
    ),
    fails(
        "RUN-EXTERNAL",
        "a schedule with launch type EXTERNAL",
        task(family="report"),
        given(
            "schedules",
            Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly",
            Name="nightly",
            ScheduleExpression="rate(1 day)",
            Target={
                "Arn": CLUSTER,
                "EcsParameters": {"TaskDefinitionArn": task_arn("report"), "LaunchType": "EXTERNAL"},
            },
        ),
        says="report runs on machines outside of AWS (launch type EXTERNAL)",
        at="/Target/EcsParameters/TaskDefinitionArn",
    ),
    fails(
        "RUN-EXTERNAL",
        "a standalone task with launch type EXTERNAL",
        task(),
        running(group="family:orders", launchType="EXTERNAL"),
        says="orders runs on machines outside of AWS (launch type EXTERNAL)",
        at="/launchType",
    ),
    fails(
        "RUN-EXTERNAL",
        "a file that lists EXTERNAL only",
        file(requiresCompatibilities=["EXTERNAL"]),
        says="orders runs on machines outside of AWS (launch type EXTERNAL)",
        at="/requiresCompatibilities/0",
    ),
    passes("RUN-EXTERNAL", "EC2", task()),
    passes("RUN-EXTERNAL", "EXTERNAL is listed but it runs on EC2", task(requiresCompatibilities=["EC2", "EXTERNAL"])),
    unknown(
        "RUN-EXTERNAL",
        "a file that lists EXTERNAL among others",
        file(requiresCompatibilities=["EC2", "EXTERNAL"]),
        reason=Reason.NOT_IN_SOURCE,
    ),
    unknown("RUN-EXTERNAL", "the service could not be described", *undescribed(), reason=Reason.DENIED),
)

ACCELERATORS = (
    fails(
        "RUN-GPU",
        "GPUs",
        task(container(**resources("GPU", "2"))),
        says="container app uses GPUs (2)",
        element="GPU",
        at="/containerDefinitions/0/resourceRequirements/0/type",
    ),
    fails(
        "RUN-GPU",
        "Neuron devices",
        task(container(**resources("NeuronDevice"))),
        says="container app uses Neuron devices (1)",
    ),
    passes("RUN-GPU", "none", task()),
    not_applicable("RUN-GPU", "Fargate", task(**FARGATE)),
    fails(
        "RUN-ELASTIC-INFERENCE",
        "an accelerator of the task",
        task(
            container(**resources("InferenceAccelerator", "eia")),
            inferenceAccelerators=[{"deviceName": "eia", "deviceType": "eia2.medium"}],
        ),
        says="the task names Elastic Inference accelerator eia",
        element="eia",
        at="/inferenceAccelerators/0",
    ),
    fails(
        "RUN-ELASTIC-INFERENCE",
        "a container asks for one that the task does not name",
        task(container(**resources("InferenceAccelerator", "eia"))),
        says="container app asks for Elastic Inference accelerator eia",
    ),
    fails(
        "RUN-ELASTIC-INFERENCE",
        "a service runs a revision that was deregistered",
        task(status="INACTIVE", inferenceAccelerators=[{"deviceName": "eia"}]),
        says="the task names Elastic Inference accelerator eia",
    ),
    passes("RUN-ELASTIC-INFERENCE", "none", task(container(**resources("GPU")))),
    passes(
        "RUN-ELASTIC-INFERENCE",
        "a recorded revision that is inactive",
        file(status="INACTIVE", inferenceAccelerators=[{"deviceName": "eia"}]),
    ),
    *lost("RUN-GPU", "RUN-ELASTIC-INFERENCE"),
)

IMAGES = (
    fails(
        "RUN-MUTABLE-TAG",
        "latest",
        task(container(image="acme/web:latest")),
        says="image acme/web of container app has tag latest",
        at="/containerDefinitions/0/image",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "latest is a part of the tag",
        task(container(image="acme/web:latest-alpine")),
        says="image acme/web of container app has tag latest-alpine",
    ),
    passes("RUN-MUTABLE-TAG", "latest is a part of a word only", task(container(image="acme/web:1.2-latestfix"))),
    fails(
        "RUN-MUTABLE-TAG",
        "no tag",
        task(container(image=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/web")),
        says="image team/web of container app has no tag",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "a port of the registry is no tag",
        task(container(image="registry.example:5000/web")),
        says="image web of container app has no tag",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "the digest that runs is known",
        task(container(image="acme/web:latest")),
        running(1),
        running(2),
        service(),
        says="image acme/web of container app has tag latest; what runs today has a known digest",
        severity=LOW,
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "the tasks run two digests",
        task(container(image="acme/web:latest")),
        running(1),
        running(2, f"sha256:{'b' * 64}"),
        service(),
        says="image acme/web of container app has tag latest",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "ECS does not keep the tasks of a deployment alike",
        task(container(image="acme/web:latest", versionConsistency="disabled")),
        running(1),
        service(),
        says="image acme/web of container app has tag latest",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "the running task is of another revision",
        task(container(image="acme/web:latest")),
        running(1, taskDefinitionArn=task_arn("orders", 7)),
        service(),
        says="image acme/web of container app has tag latest",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "a placeholder stands for the repository only",
        file(container(image="${REPOSITORY}:latest")),
        says="image app of container app has tag latest",
        softest=LOW,
    ),
    passes("RUN-MUTABLE-TAG", "a digest", task(container(image=f"acme/web@{DIGEST}"))),
    passes("RUN-MUTABLE-TAG", "latest and a digest", task(container(image=f"acme/web:latest@{DIGEST}"))),
    passes("RUN-MUTABLE-TAG", "a tag that says which build", task(container(image="acme/web:1.4.2"))),
    fails(
        "RUN-MUTABLE-TAG",
        "a tag that can be moved, and one that the repository keeps apart from the others",
        task(container(image=f"{REGISTRY}/web:1.4.2"), container("side", image=f"{REGISTRY}/side:next")),
        repository("web", imageTagMutability="MUTABLE"),
        repository(
            "side",
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "ne*"}],
        ),
        subject="orders/app",
        says="image web of container app has tag 1.4.2, which can be moved in its repository",
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "the repository keeps the tag latest from being moved",
        task(container(image=f"{REGISTRY}/web:latest")),
        repository("web", imageTagMutability="IMMUTABLE"),
        says="image web of container app has tag latest, which its repository keeps from being moved",
        severity=LOW,
    ),
    fails(
        "RUN-MUTABLE-TAG",
        "repositories were refused",
        task(container(image=f"{REGISTRY}/web:latest")),
        denied("ecr.repositories", "ecr:DescribeRepositories"),
        says="image web of container app has tag latest",
        softest=LOW,
    ),
    passes(
        "RUN-MUTABLE-TAG",
        "a tag that cannot be moved",
        task(container(image=f"{REGISTRY}/web:1.4.2")),
        repository("web", imageTagMutability="IMMUTABLE"),
    ),
    passes(
        "RUN-MUTABLE-TAG",
        "a tag that the repository excludes from being moved",
        task(container(image=f"{REGISTRY}/web:1.4.2")),
        repository(
            "web",
            imageTagMutability="MUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "1.*"}],
        ),
    ),
    unknown(
        "RUN-MUTABLE-TAG",
        "a placeholder stands for the tag",
        file(container(image="acme/web:${TAG}")),
        reason=Reason.UNRESOLVED,
        needs="/containerDefinitions/0/image",
    ),
    unknown(
        "RUN-MUTABLE-TAG",
        "a tag in capitals is there to be replaced",
        file(container(image="acme/web:IMAGE_TAG")),
        reason=Reason.UNRESOLVED,
    ),
    unknown("RUN-MUTABLE-TAG", "a placeholder is the image", file(container(image="$IMAGE")), reason=Reason.UNRESOLVED),
    *lost("RUN-MUTABLE-TAG"),
)

SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:registry-AbCdEf"
MPS = {"nvidiaMps": {"memoryMiB": 4096}}


def gpu(**fields: Any) -> dict[str, Any]:
    return container(resourceRequirements=[{"type": "GPU", "value": "1", **fields}])


def instance_of(architecture: str, number: int) -> Given:
    return given(
        "container_instances",
        containerInstanceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/shop/{number}",
        clusterArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop",
        attributes=[{"name": "ecs.cpu-architecture", "value": architecture}],
    )


def elsewhere(account: str = ACCOUNT, region: str = REGION, repository: str = "orders") -> dict[str, Any]:
    return container(image=f"{account}.dkr.ecr.{region}.amazonaws.com/{repository}:1.4.2")


ORIGINS = (
    fails(
        "RUN-GPU-SHARING",
        "a share of a GPU",
        task(gpu(sharingStrategy=MPS)),
        says="container app shares its GPU with other containers (MPS)",
        at="/containerDefinitions/0/resourceRequirements/0/sharingStrategy/nvidiaMps",
    ),
    passes("RUN-GPU-SHARING", "a whole GPU", task(gpu())),
    not_applicable("RUN-GPU-SHARING", "no GPU", task()),
    *(
        fails(
            "RUN-HUB-IMAGE",
            f"image {image}",
            task(container(image=image)),
            says="the image of container app comes from Docker Hub",
            at="/containerDefinitions/0/image",
        )
        for image in ("nginx:1.27", "docker.io/library/nginx:1.27", "bitnami/redis:7.4")
    ),
    passes(
        "RUN-HUB-IMAGE",
        "a pull-through cache",
        task(container(image=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/docker-hub/library/nginx:1.27")),
    ),
    passes("RUN-HUB-IMAGE", "another registry", task(container(image="quay.io/prometheus/prometheus:v3.0.0"))),
    unknown("RUN-HUB-IMAGE", "a placeholder", file(container(image="${IMAGE}")), reason=Reason.UNRESOLVED),
    fails(
        "RUN-CROSS-ACCOUNT-ECR",
        "another account",
        task(elsewhere("444455556666")),
        says="the image of container app lies in account 444455556666",
        at="/containerDefinitions/0/image",
        softest=LOW,
    ),
    fails(
        "RUN-CROSS-ACCOUNT-ECR",
        "another region",
        task(elsewhere(region="us-east-1")),
        says="the image of container app lies in region us-east-1",
        severity=LOW,
    ),
    fails(
        "RUN-CROSS-ACCOUNT-ECR",
        "another account and region",
        task(elsewhere("444455556666", "us-east-1")),
        says="the image of container app lies in account 444455556666 and region us-east-1",
        softest=LOW,
    ),
    passes("RUN-CROSS-ACCOUNT-ECR", "here", task()),
    passes("RUN-CROSS-ACCOUNT-ECR", "an agent of AWS", task(elsewhere("840364872350", repository="aws-appmesh-envoy"))),
    not_applicable("RUN-CROSS-ACCOUNT-ECR", "ECR Public", task(container(image="public.ecr.aws/nginx/nginx:1.27"))),
    unknown("RUN-CROSS-ACCOUNT-ECR", "a file has no account", file(), reason=Reason.NOT_IN_SOURCE),
    unknown("RUN-CROSS-ACCOUNT-ECR", "a placeholder", file(container(image="${IMAGE}")), reason=Reason.UNRESOLVED),
    fails(
        "RUN-PRIVATE-REGISTRY",
        "credentials of a registry",
        task(container(repositoryCredentials={"credentialsParameter": SECRET_ARN})),
        says="the image of container app is pulled with credentials of its own",
        at="/containerDefinitions/0/repositoryCredentials/credentialsParameter",
    ),
    not_applicable("RUN-PRIVATE-REGISTRY", "none", task()),
    fails(
        "RUN-FAULT-INJECTION",
        "faults may be injected",
        task(enableFaultInjection=True),
        says="the task takes injected faults of AWS FIS",
        at="/enableFaultInjection",
    ),
    not_applicable("RUN-FAULT-INJECTION", "false", task(enableFaultInjection=False)),
    not_applicable("RUN-FAULT-INJECTION", "absent", task()),
    fails(
        "RUN-FIPS",
        "a variable asks for FIPS endpoints",
        task(container(environment=[{"name": "AWS_USE_FIPS_ENDPOINT", "value": "true"}])),
        says="container app calls the FIPS endpoints of AWS",
        at="/containerDefinitions/0/environment/0/value",
    ),
    fails(
        "RUN-FIPS",
        "managed instances in FIPS mode",
        task(),
        service(capacityProviderStrategy=[{"capacityProvider": "managed", "weight": 1}], launchType=None),
        given(
            "capacity_providers",
            capacityProviderArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:capacity-provider/managed",
            name="managed",
            managedInstancesProvider={"instanceLaunchTemplate": {"fipsEnabled": True}},
        ),
        says="capacity provider managed gives instances in FIPS mode",
        element="managed",
    ),
    fails(
        "RUN-FIPS",
        "GovCloud",
        dataclasses.replace(task(), region="us-gov-west-1"),
        dataclasses.replace(service(), region="us-gov-west-1"),
        dataclasses.replace(cluster(), region="us-gov-west-1"),
        says="workload orders runs in GovCloud",
        element="GovCloud",
    ),
    passes(
        "RUN-FIPS",
        "the variable is false",
        task(container(environment=[{"name": "AWS_USE_FIPS_ENDPOINT", "value": "false"}])),
    ),
    fails(
        "RUN-ARCH-UNKNOWN",
        "instances of two architectures",
        task(),
        instance_of("x86_64", 1),
        instance_of("arm64", 2),
        says="task definition orders:1 names no architecture, and cluster shop has arm64 and x86_64",
        element="shop",
        at="/runtimePlatform/cpuArchitecture",
        confidence=0.8,
    ),
    passes("RUN-ARCH-UNKNOWN", "one architecture", task(), instance_of("x86_64", 1), instance_of("x86_64", 2)),
    not_applicable("RUN-ARCH-UNKNOWN", "it is named", task(runtimePlatform={"cpuArchitecture": "ARM64"})),
    not_applicable("RUN-ARCH-UNKNOWN", "Fargate", task(requiresCompatibilities=["FARGATE"], networkMode="awsvpc")),
    unknown("RUN-ARCH-UNKNOWN", "no instance at this time", task(), reason=Reason.NO_DATA),
    *(
        unknown(
            rule,
            "the task definition could not be described",
            service(),
            denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
            reason=Reason.DENIED,
        )
        for rule in ("RUN-GPU-SHARING", "RUN-PRIVATE-REGISTRY", "RUN-FAULT-INJECTION", "RUN-FIPS")
    ),
)

CASES: tuple[Case, ...] = (*ORIGINS, *PLATFORM, *EXTERNAL, *ACCELERATORS, *IMAGES)

NEVER = (
    never("RUN-HUB-IMAGE", "not_applicable", "every container has an image"),
    never("RUN-FIPS", "not_applicable", "capacity, partition or environment can ask for it"),
    never("RUN-WINDOWS", "not_applicable", "every task definition has an operating system"),
    never("RUN-ARM64", "not_applicable", "every task definition has an architecture"),
    never("RUN-GMSA", "not_applicable", "any container could name a credential spec"),
    never("RUN-EXTERNAL", "not_applicable", "every workload has a launch type"),
    never("RUN-ELASTIC-INFERENCE", "not_applicable", "any task definition could name an accelerator"),
    never("RUN-MUTABLE-TAG", "not_applicable", "every container has an image"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
