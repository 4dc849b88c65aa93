from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, LOW, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    Case,
    Given,
    denied,
    fails,
    file,
    given,
    not_applicable,
    passes,
    role,
    role_arn,
    service,
    target,
    task,
    task_arn,
    unknown,
)

PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/nodes"
FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
REFUSED = denied("iam.roles", "iam:GetRole", resource=role_arn("orders"))
TASK = task(taskRoleArn=role_arn("orders"))
EXECUTION = task(executionRoleArn=role_arn("execution"))


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def attached(name: str, arn: str = "", *statements: dict[str, Any]) -> dict[str, Any]:
    return {"PolicyName": name, "PolicyArn": arn, "Document": {"Statement": list(statements)}}


def condition(key: str, effect: str = "Allow") -> dict[str, Any]:
    return {
        "Effect": effect,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::orders/*",
        "Condition": {"StringEquals": {key: "value"}},
    }


def on_instance(*policies: dict[str, Any]) -> tuple[Given, ...]:
    return (
        given(
            "container_instances",
            containerInstanceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/shop/1",
            clusterArn=CLUSTER,
            ec2InstanceId="i-1",
        ),
        given("instances", InstanceId="i-1", IamInstanceProfile={"Arn": PROFILE}),
        role("nodes", InstanceProfiles=[PROFILE], Policies=list(policies)),
    )


ECS_FOR_EC2 = attached(
    "AmazonEC2ContainerServiceforEC2Role",
    "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
    allow(["ec2:DescribeTags", "ecs:CreateCluster", "ecs:Poll"]),
)
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-??????"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
FOREIGN = "arn:aws:iam::999988887777:role/partner"

LISTS = allow(["s3:List*", "ec2:Describe*"])
ONE_QUEUE = allow("sqs:*", f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders")
OWN = allow("sts:AssumeRole", role_arn("other"))
THEIRS = allow("sts:AssumeRole", FOREIGN)


def bounded(*statements: dict[str, Any]) -> dict[str, Any]:
    """A permissions boundary; without statements its text was not read."""
    boundary: dict[str, Any] = {"PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/developers"}
    if statements:
        boundary["Document"] = {"Statement": list(statements)}
    return {"PermissionsBoundary": boundary}


def trust(key: str, value: str) -> dict[str, Any]:
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"ArnLike": {key: value}},
            }
        ]
    }


def partner(*actions: str) -> Given:
    statement = {"Effect": "Allow", "Principal": {"AWS": role_arn("orders")}, "Action": list(actions)}
    return Given(
        "roles",
        {"Arn": FOREIGN, "RoleName": "partner", "AssumeRolePolicyDocument": {"Statement": statement}},
        account="999988887777",
        region="",
    )


COMPUTE = (
    fails(
        "IAM-FARGATE-IRSA",
        "EKS Fargate",
        TASK,
        target(compute="fargate"),
        says="workload orders needs IRSA for its role: Pod Identity does not work on EKS Fargate",
        at="/taskRoleArn",
    ),
    fails(
        "IAM-FARGATE-IRSA",
        "Windows nodes",
        task(taskRoleArn=role_arn("orders"), runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}),
        target(compute="managed_nodes"),
        says="workload orders needs IRSA for its role: Pod Identity does not work on Windows nodes",
    ),
    not_applicable("IAM-FARGATE-IRSA", "Linux nodes", TASK, target(compute="managed_nodes")),
    not_applicable("IAM-FARGATE-IRSA", "no task role", task(), target(compute="fargate")),
    unknown(
        "IAM-FARGATE-IRSA",
        "the task definition could not be described",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
    ),
)

BUCKET = "arn:aws:s3:::orders"


def resource_policy(arn: str, *statements: dict[str, Any]) -> Given:
    return given("resource_policies", Arn=arn, Policy={"Statement": list(statements)})


def to(principal: Any, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def naming(arn: str, operator: str = "ArnLike") -> dict[str, Any]:
    return to("*", Condition={operator: {"aws:PrincipalArn": [arn]}})


SHARED = (TASK, task(family="bills", taskRoleArn=role_arn("orders")), role("orders"))

RESOURCE_POLICIES = (
    fails(
        "IAM-RESOURCE-POLICY",
        "a bucket admits the execution role",
        EXECUTION,
        role("execution"),
        resource_policy(BUCKET, to("*", "s3:ListBucket"), to({"AWS": [role_arn("other"), role_arn("execution")]})),
        says="the policy of s3 orders names execution role execution",
        element="s3 orders",
        at="/Policy/Statement/1",
    ),
    fails(
        "IAM-RESOURCE-POLICY",
        "a secret admits the execution role's sessions",
        EXECUTION,
        role("execution"),
        resource_policy(
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-AbCdEf",
            to({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/execution/1"}, "secretsmanager:GetSecretValue"),
        ),
        says="the policy of secretsmanager orders-AbCdEf names execution role execution",
    ),
    fails(
        "IAM-RESOURCE-POLICY",
        "a queue admits a role that two workloads share, by a condition with a pattern",
        *SHARED,
        resource_policy(f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders", naming(f"arn:aws:iam::{ACCOUNT}:role/ord*")),
        subject="orders",
        says="the policy of sqs orders names task role orders, which 2 workloads share",
    ),
    fails(
        "IAM-RESOURCE-POLICY",
        "a Deny excepts the role",
        EXECUTION,
        role("execution"),
        resource_policy(BUCKET, naming(role_arn("execution"), "ArnNotLike") | {"Effect": "Deny"}),
        says="the policy of s3 orders names execution role execution",
    ),
    fails(
        "IAM-RESOURCE-POLICY",
        "a Deny is for all principals but the role",
        EXECUTION,
        role("execution"),
        resource_policy(BUCKET, {"Effect": "Deny", "NotPrincipal": {"AWS": role_arn("execution")}, "Action": "s3:*"}),
        says="the policy of s3 orders names execution role execution",
    ),
    passes("IAM-RESOURCE-POLICY", "no policy names it", EXECUTION, role("execution")),
    passes(
        "IAM-RESOURCE-POLICY",
        "the account, a service, everybody and every role",
        EXECUTION,
        role("execution"),
        resource_policy(
            BUCKET,
            to({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
            to({"Service": "logs.amazonaws.com"}),
            to("*"),
            naming(f"arn:aws:iam::{ACCOUNT}:role/*"),
        ),
    ),
    passes(
        "IAM-RESOURCE-POLICY",
        "another role, whose name begins alike",
        EXECUTION,
        role("execution"),
        resource_policy(BUCKET, to({"AWS": role_arn("execution-2")})),
    ),
    not_applicable(
        "IAM-RESOURCE-POLICY",
        "the same role is kept by its only workload",
        TASK,
        role("orders"),
        resource_policy(BUCKET, to({"AWS": role_arn("orders")})),
    ),
    not_applicable(
        "IAM-RESOURCE-POLICY",
        "a daemon shares it with one workload",
        TASK,
        task(family="agent", taskRoleArn=role_arn("orders")),
        service("agent", schedulingStrategy="DAEMON"),
        role("orders"),
        resource_policy(BUCKET, to({"AWS": role_arn("orders")})),
    ),
    unknown(
        "IAM-RESOURCE-POLICY",
        "the policy of a bucket that it is granted was refused",
        EXECUTION,
        role("execution"),
        denied("resource.policies", "s3:GetBucketPolicy", resource=role_arn("execution")),
        reason=Reason.DENIED,
        needs="s3:GetBucketPolicy",
    ),
    unknown("IAM-RESOURCE-POLICY", "the role was refused", TASK, REFUSED, reason=Reason.DENIED),
)

CASES = (
    *COMPUTE,
    *RESOURCE_POLICIES,
    fails(
        "IAM-INSTANCE-ROLE-DEPENDENCY",
        "no task role, and the instance may read a bucket",
        task(),
        *on_instance(ECS_FOR_EC2, attached("orders", "", allow("s3:GetObject", "arn:aws:s3:::orders/*"))),
        says="workload orders has no task role, and instance role nodes allows s3:GetObject",
        element="nodes",
        at="/Policies/1/PolicyName",
        confidence=0.8,
    ),
    fails(
        "IAM-INSTANCE-ROLE-DEPENDENCY",
        "the instance may do everything but one thing",
        task(),
        *on_instance(attached("wide", "", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
        says="workload orders has no task role, and instance role nodes allows everything but iam:*",
    ),
    passes(
        "IAM-INSTANCE-ROLE-DEPENDENCY",
        "the instance may do what an instance must",
        task(),
        *on_instance(ECS_FOR_EC2, attached("logs", "", allow(["logs:PutLogEvents", "ec2:DescribeInstances"]))),
    ),
    passes(
        "IAM-INSTANCE-ROLE-DEPENDENCY",
        "a Deny allows nothing",
        task(),
        *on_instance(attached("deny", "", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})),
    ),
    passes(
        "IAM-INSTANCE-ROLE-DEPENDENCY",
        "what is allowed is denied again",
        task(),
        *on_instance(attached("data", "", allow("s3:*"), deny("s3:*"))),
    ),
    not_applicable("IAM-INSTANCE-ROLE-DEPENDENCY", "a task role", TASK, *on_instance(ECS_FOR_EC2)),
    not_applicable("IAM-INSTANCE-ROLE-DEPENDENCY", "Fargate", task(**FARGATE)),
    unknown("IAM-INSTANCE-ROLE-DEPENDENCY", "no instance runs at this time", task(), reason=Reason.NO_DATA),
    unknown(
        "IAM-INSTANCE-ROLE-DEPENDENCY",
        "roles were refused",
        task(),
        *on_instance(ECS_FOR_EC2)[:2],
        denied("iam.roles", "iam:GetAccountAuthorizationDetails"),
        reason=Reason.DENIED,
    ),
    unknown("IAM-INSTANCE-ROLE-DEPENDENCY", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    *(
        fails(
            "IAM-POLICY-CONDITIONS",
            f"an Allow depends on {key}",
            TASK,
            role("orders", condition(key)),
            says=f"policy inline of task role orders has a condition on {key} in its Allow of reading s3 orders/*",
            element=f"inline {key}",
        )
        for key in (
            "ecs:cluster",
            "ecs:task",
            "ecs:container-name",
            "aws:SourceVpc",
            "aws:SourceVpce",
            "aws:SourceIp",
            "aws:PrincipalTag/team",
            "aws:userid",
        )
    ),
    fails(
        "IAM-POLICY-CONDITIONS",
        "a Deny depends on the endpoint",
        TASK,
        role("orders", allow("s3:GetObject"), condition("aws:sourceVpce", "Deny")),
        says="policy inline of task role orders has a condition on aws:sourceVpce in its Deny of reading s3 orders/*",
        severity=HIGH,
        at="/Policies/0/Document/Statement/1/Condition/StringEquals/aws:sourceVpce",
    ),
    passes(
        "IAM-POLICY-CONDITIONS",
        "conditions that hold for Pods",
        TASK,
        role("orders", condition("aws:SecureTransport"), condition("aws:RequestedRegion")),
    ),
    not_applicable(
        "IAM-POLICY-CONDITIONS", "an execution role", EXECUTION, role("execution", condition("aws:SourceVpc"))
    ),
    unknown("IAM-POLICY-CONDITIONS", "the role was refused", TASK, REFUSED, reason=Reason.DENIED, needs="iam:GetRole"),
    fails(
        "IAM-WILDCARD",
        "whole services on every resource",
        TASK,
        role("orders", allow(["sqs:*", "s3:*"])),
        says="policy inline of task role orders allows s3:*, sqs:* on every resource",
        severity=MEDIUM,
        element="inline",
        at="/Policies/0/Document/Statement/0/Action",
    ),
    fails(
        "IAM-WILDCARD",
        "everything",
        TASK,
        role("orders", allow("*")),
        says="policy inline of task role orders allows * on every resource",
        severity=HIGH,
    ),
    fails(
        "IAM-WILDCARD",
        "all of IAM, in one statement that is no list",
        TASK,
        role("orders", Policies=[{"PolicyName": "iam", "Document": {"Statement": allow("iam:*")}}]),
        says="policy iam of task role orders allows iam:* on every resource",
        severity=HIGH,
        at="/Policies/0/Document/Statement/Action",
    ),
    fails(
        "IAM-WILDCARD",
        "administrator, whose text was not read",
        TASK,
        role(
            "orders",
            Policies=[
                {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
            ],
        ),
        says="task role orders has the rights of an administrator by policy AdministratorAccess",
        severity=HIGH,
        at="/Policies/0/PolicyArn",
    ),
    fails(
        "IAM-WILDCARD",
        "everything but something",
        TASK,
        role("orders", {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
        says="policy inline of task role orders allows everything but iam:* on every resource",
        severity=HIGH,
    ),
    fails(
        "IAM-WILDCARD",
        "a whole service on what every ARN of it matches",
        TASK,
        role("orders", allow("s3:*", "arn:aws:s3:::*")),
        says="policy inline of task role orders allows s3:* on every resource",
        severity=MEDIUM,
    ),
    fails(
        "IAM-WILDCARD",
        "a whole service of which a Deny takes a part",
        TASK,
        role("orders", allow("s3:*"), deny("s3:DeleteBucket")),
        says="policy inline of task role orders allows s3:* on every resource",
        severity=MEDIUM,
    ),
    fails(
        "IAM-WILDCARD",
        "everything, of which a boundary leaves one service",
        TASK,
        role("orders", allow("*"), **bounded(allow("s3:*"))),
        says="policy inline of task role orders allows s3:* on every resource within its permissions boundary",
        severity=MEDIUM,
    ),
    fails(
        "IAM-WILDCARD",
        "everything, and a boundary that was not read",
        TASK,
        role("orders", allow("*"), **bounded()),
        says="policy inline of task role orders allows * on every resource",
        severity=HIGH,
    ),
    passes("IAM-WILDCARD", "a whole service that a Deny takes off", TASK, role("orders", allow("s3:*"), deny("s3:*"))),
    passes(
        "IAM-WILDCARD",
        "a whole service of which only reading is left",
        TASK,
        role("orders", allow("s3:*"), {"Effect": "Deny", "NotAction": ["s3:Get*", "s3:List*"], "Resource": "*"}),
    ),
    passes(
        "IAM-WILDCARD",
        "a whole service that the boundary does not allow",
        TASK,
        role("orders", allow("s3:*"), **bounded(allow("sqs:*"))),
    ),
    passes("IAM-WILDCARD", "a service that can only be read", TASK, role("orders", allow("pricing:*"))),
    passes("IAM-WILDCARD", "a template's resource", TASK, role("orders", allow("sqs:*", "${Queue.Arn}"))),
    passes(
        "IAM-WILDCARD",
        "a whole service in one region",
        TASK,
        role("orders", allow("sqs:*", f"arn:aws:sqs:{REGION}:{ACCOUNT}:*")),
    ),
    passes("IAM-WILDCARD", "lists that need every resource", TASK, role("orders", LISTS)),
    passes("IAM-WILDCARD", "a whole service on one resource", TASK, role("orders", ONE_QUEUE)),
    passes("IAM-WILDCARD", "a Deny", TASK, role("orders", {"Effect": "Deny", "Action": "*", "Resource": "*"})),
    not_applicable(
        "IAM-WILDCARD",
        "an execution role whose policies were refused",
        EXECUTION,
        role("execution"),
        denied("iam.roles", "iam:ListRolePolicies", resource=role_arn("execution")),
    ),
    not_applicable("IAM-WILDCARD", "an execution role", EXECUTION, role("execution", allow("s3:*"))),
    unknown("IAM-WILDCARD", "the role was refused", TASK, REFUSED, reason=Reason.DENIED, worst=HIGH),
    fails(
        "IAM-SHARED-ROLE",
        "two services use it",
        TASK,
        task(family="bills", taskRoleArn=role_arn("orders")),
        role("orders"),
        says="2 workloads use task role orders: bills, orders",
        at="/taskRoleArn",
    ),
    passes("IAM-SHARED-ROLE", "one service uses it", TASK, role("orders")),
    passes(
        "IAM-SHARED-ROLE",
        "a daemon beside one service",
        TASK,
        task(family="agent", taskRoleArn=role_arn("orders")),
        service("agent", schedulingStrategy="DAEMON"),
        role("orders"),
    ),
    not_applicable("IAM-SHARED-ROLE", "daemons only", TASK, service(schedulingStrategy="DAEMON"), role("orders")),
    not_applicable("IAM-SHARED-ROLE", "an execution role", EXECUTION, role("execution")),
    unknown(
        "IAM-SHARED-ROLE",
        "another task definition was refused, which may use it",
        TASK,
        role("orders"),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("bills")),
        reason=Reason.DENIED,
    ),
    fails(
        "IAM-TRUST-ECS",
        "ECS only",
        TASK,
        role("orders"),
        says="task role orders trusts ECS tasks and no Pods",
        at="/AssumeRolePolicyDocument",
    ),
    not_applicable(
        "IAM-TRUST-ECS",
        "Pods too",
        TASK,
        role(
            "orders",
            AssumeRolePolicyDocument={
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": ["ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"]}}
                ]
            },
        ),
    ),
    not_applicable(
        "IAM-TRUST-ECS",
        "the identity provider of a cluster too",
        TASK,
        role(
            "orders",
            AssumeRolePolicyDocument={
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}},
                    {
                        "Effect": "Allow",
                        "Principal": {
                            "Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/A"
                        },
                    },
                ]
            },
        ),
    ),
    not_applicable("IAM-TRUST-ECS", "an execution role", EXECUTION, role("execution")),
    unknown("IAM-TRUST-ECS", "the role was refused", TASK, REFUSED, reason=Reason.DENIED),
    fails(
        "IAM-EXEC-ROLE-SPLIT",
        "several duties",
        EXECUTION,
        role(
            "execution",
            allow(["secretsmanager:GetSecretValue", "kms:Decrypt"], [SECRET, KEY]),
            allow("ssm:GetParameters"),
            allow(["s3:GetObject", "logs:CreateLogGroup"]),
            allow("ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:999988887777:repository/base"),
        ),
        says="execution role execution has further duties: decrypting, making log groups, pulling images of other"
        " accounts, reading from S3, reading parameters, reading secrets",
        at="/Policies/0/Document/Statement/0/Action",
    ),
    not_applicable(
        "IAM-EXEC-ROLE-SPLIT",
        "AWS's own policy only",
        EXECUTION,
        role(
            "execution",
            Policies=[
                attached(
                    "AmazonECSTaskExecutionRolePolicy",
                    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
                    allow(["ecr:GetAuthorizationToken", "logs:CreateLogStream", "logs:PutLogEvents"]),
                )
            ],
        ),
    ),
    fails(
        "IAM-EXEC-ROLE-SPLIT",
        "reading and writing by wildcards",
        EXECUTION,
        role("execution", allow(["s3:Get*", "s3:Put*"], "arn:aws:s3:::orders/*")),
        says="execution role execution has further duties: reading from S3, writing to S3",
    ),
    not_applicable(
        "IAM-EXEC-ROLE-SPLIT",
        "secrets that a Deny takes off",
        EXECUTION,
        role("execution", allow("secretsmanager:GetSecretValue"), deny("secretsmanager:*")),
    ),
    not_applicable("IAM-EXEC-ROLE-SPLIT", "a task role", TASK, role("orders", allow("s3:GetObject"))),
    unknown(
        "IAM-EXEC-ROLE-SPLIT",
        "the role was refused",
        EXECUTION,
        denied("iam.roles", resource=role_arn("execution")),
        reason=Reason.DENIED,
    ),
    fails(
        "IAM-CROSS-ACCOUNT",
        "a role of another account",
        TASK,
        role("orders", allow("sts:AssumeRole", [FOREIGN, role_arn("other")])),
        says=f"task role orders may take role {FOREIGN} of another account",
        element=FOREIGN,
        at="/Policies/0/Document/Statement/0/Resource",
    ),
    fails(
        "IAM-CROSS-ACCOUNT",
        "the other role was read and admits session tags",
        TASK,
        role("orders", allow("sts:AssumeRole", FOREIGN)),
        partner("sts:AssumeRole", "sts:TagSession"),
        says=f"task role orders may take role {FOREIGN} of another account, which already admits its session tags",
        severity=LOW,
    ),
    fails(
        "IAM-CROSS-ACCOUNT",
        "the other role was read and does not admit session tags",
        TASK,
        role("orders", allow("sts:AssumeRole", FOREIGN)),
        partner("sts:AssumeRole"),
        says=f"task role orders may take role {FOREIGN} of another account",
        severity=MEDIUM,
    ),
    fails(
        "IAM-CROSS-ACCOUNT",
        "everything that a role of another account takes",
        TASK,
        role("orders", allow("sts:*", [FOREIGN, role_arn("other")])),
        says=f"task role orders may take role {FOREIGN} of another account",
    ),
    passes("IAM-CROSS-ACCOUNT", "a role of another account, denied", TASK, role("orders", THEIRS, deny("sts:*"))),
    passes("IAM-CROSS-ACCOUNT", "another role is only named", TASK, role("orders", allow("iam:GetRole", FOREIGN))),
    passes("IAM-CROSS-ACCOUNT", "a role of its own account", TASK, role("orders", OWN)),
    not_applicable("IAM-CROSS-ACCOUNT", "an execution role", EXECUTION, role("execution", THEIRS)),
    unknown("IAM-CROSS-ACCOUNT", "the role was refused", TASK, REFUSED, reason=Reason.DENIED),
    fails(
        "IAM-BOUNDARY",
        "a boundary",
        TASK,
        role("orders", **bounded(allow("*"))),
        says="role orders has the permissions boundary developers",
        at="/PermissionsBoundary/PermissionsBoundaryArn",
    ),
    fails(
        "IAM-BOUNDARY",
        "a boundary whose text was not read",
        TASK,
        role("orders", **bounded()),
        says="role orders has the permissions boundary developers, whose text could not be read",
    ),
    not_applicable("IAM-BOUNDARY", "no boundary", TASK, role("orders")),
    unknown("IAM-BOUNDARY", "the role was refused", TASK, REFUSED, reason=Reason.DENIED),
    fails(
        "IAM-TRUST-CONDITIONS",
        "tasks of one region's clusters only",
        TASK,
        role("orders", AssumeRolePolicyDocument=trust("aws:SourceArn", f"arn:aws:ecs:{REGION}:{ACCOUNT}:*")),
        says="the trust policy of task role orders has a condition on an ECS aws:SourceArn",
        at="/AssumeRolePolicyDocument",
    ),
    not_applicable(
        "IAM-TRUST-CONDITIONS",
        "the account alone",
        TASK,
        role("orders", AssumeRolePolicyDocument=trust("aws:SourceAccount", ACCOUNT)),
    ),
    not_applicable("IAM-TRUST-CONDITIONS", "an execution role", EXECUTION, role("execution")),
    unknown("IAM-TRUST-CONDITIONS", "the role was refused", TASK, REFUSED, reason=Reason.DENIED),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
