from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import HIGH, MEDIUM
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
    not_applicable,
    passes,
    role,
    role_arn,
    service,
    task,
    task_arn,
    unknown,
    unseen,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
REGION_VARIABLE = {"environment": [{"name": "AWS_REGION", "value": REGION}]}
METADATA = {"environment": [{"name": "ZONE_URL", "value": "http://169.254.169.254/latest/meta-data/placement"}]}
INSTANCE_PERMISSIONS = "workload orders uses AWS and has no task role, so it takes the instance's permissions"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/nodes"
BLOCKED = [{"name": "ecs.capability.task-eni-block-instance-metadata"}]


def secrets(*names: str) -> dict[str, Any]:
    return container(secrets=[{"name": name, "valueFrom": f"/orders/{index}"} for index, name in enumerate(names)])


def instance(*, attributes: list[dict[str, str]] | None = None) -> tuple[Given, Given]:
    return (
        given(
            "container_instances",
            containerInstanceArn=f"arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/shop/1",
            clusterArn=CLUSTER,
            ec2InstanceId="i-1",
            attributes=attributes or [],
        ),
        given(
            "instances",
            InstanceId="i-1",
            IamInstanceProfile={"Arn": PROFILE},
        ),
    )


def node_role(*statements: dict[str, Any]) -> Given:
    return role("nodes", *statements, InstanceProfiles=[PROFILE])


NIGHTLY = given(
    "event_rules",
    Arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly",
    Name="nightly",
    ScheduleExpression="rate(1 day)",
    Targets=[{"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}}],
)


def workflow(family: str) -> Given:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {"TaskDefinition": task_arn(family), "Cluster": CLUSTER},
    }
    return given(
        "state_machines",
        stateMachineArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:billing",
        name="billing",
        definition={"StartAt": "Bill", "States": {"Bill": state}},
    )


WORKFLOW = workflow("orders")

ROLE_OF_TASK: dict[str, Any] = {"taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/orders"}

PLATFORM = (
    fails(
        "AWS-REGION-ENV",
        "a task role, and no region",
        task(**ROLE_OF_TASK),
        says="container app has a task role and is not told its region",
        at="/containerDefinitions/0/environment",
        confidence=0.5,
    ),
    *(
        not_applicable(
            "AWS-REGION-ENV",
            f"{name} is set",
            task(container(environment=[{"name": name, "value": REGION}]), **ROLE_OF_TASK),
        )
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION")
    ),
    not_applicable("AWS-REGION-ENV", "no task role", task()),
    not_applicable("AWS-REGION-ENV", "an agent", task(container("xray-daemon"), **ROLE_OF_TASK)),
    unknown(
        "AWS-REGION-ENV",
        "the task definition could not be described",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
    ),
    fails(
        "AWS-BATCH-SHARED",
        "the cluster's name",
        task(),
        service(cluster="AWSBatch-nightly-1"),
        says="cluster AWSBatch-nightly-1 belongs to AWS Batch",
        at="/clusterName",
    ),
    fails(
        "AWS-BATCH-SHARED",
        "the cluster's tag",
        task(),
        cluster(tags=[{"key": "aws:batch:compute-environment", "value": "nightly"}]),
        says="cluster shop belongs to AWS Batch",
        at="/tags/0/key",
    ),
    not_applicable("AWS-BATCH-SHARED", "another cluster", task(), cluster()),
    unknown("AWS-BATCH-SHARED", "tags were not read", task(), unseen("tags"), reason=Reason.NOT_COLLECTED),
)

CASES = (
    *PLATFORM,
    fails(
        "AWS-STATIC-KEYS",
        "both halves of a key",
        task(secrets("LEVEL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        says="container app gets a long-lived AWS key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        element="AWS_ACCESS_KEY_ID",
        at="/containerDefinitions/0/secrets/1/name",
    ),
    fails(
        "AWS-STATIC-KEYS",
        "two keys, in other words",
        task(secrets("S3_ACCESS_KEY", "S3_SECRET_KEY", "cloud.aws.credentials.accessKey")),
        says=(
            "container app gets a long-lived AWS key in S3_ACCESS_KEY and S3_SECRET_KEY",
            "container app gets a long-lived AWS key in cloud.aws.credentials.accessKey",
        ),
    ),
    *(
        fails(
            "AWS-STATIC-KEYS",
            f"{first} and {second}",
            task(secrets(first, second)),
            says=f"container app gets a long-lived AWS key in {first} and {second}",
            confidence=1.0,
        )
        for first, second in (
            ("MYAPP_AWS_ACCESS_KEY_ID", "MYAPP_AWS_SECRET_ACCESS_KEY"),
            ("AWS_S3_ACCESS_KEY", "AWS_S3_SECRET_KEY"),
            ("S3_UPLOADS_ACCESS_KEY_ID", "S3_UPLOADS_SECRET_ACCESS_KEY"),
            ("AWS_KEY", "AWS_SECRET"),
            ("AMAZON_ACCESS_KEY", "AMAZON_SECRET_KEY"),
            ("BEDROCK_ACCESS_KEY_ID", "BEDROCK_SECRET_ACCESS_KEY"),
            ("awsAccessKeyId", "awsSecretAccessKey"),
            ("AWSACCESSKEYID", "AWSSECRETACCESSKEY"),
            ("SPRING_CLOUD_AWS_CREDENTIALS_ACCESS_KEY", "SPRING_CLOUD_AWS_CREDENTIALS_SECRET_KEY"),
        )
    ),
    fails(
        "AWS-STATIC-KEYS",
        "both halves by AWS's own names, and no service",
        task(secrets("BACKUP_ACCESS_KEY_ID", "BACKUP_SECRET_ACCESS_KEY")),
        says="container app gets a long-lived AWS key in BACKUP_ACCESS_KEY_ID and BACKUP_SECRET_ACCESS_KEY",
        confidence=0.7,
    ),
    passes("AWS-STATIC-KEYS", "other secrets", task(secrets("DB_PASSWORD", "UNSPLASH_ACCESS_KEY", "AZURE_ACCESS_KEY"))),
    passes("AWS-STATIC-KEYS", "another store's", task(secrets("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"))),
    passes("AWS-STATIC-KEYS", "one half of nobody knows what", task(secrets("BACKUP_ACCESS_KEY_ID"))),
    passes("AWS-STATIC-KEYS", "keys of KMS and of objects", task(secrets("AWS_KMS_KEY_ID", "S3_KEY", "KMS_KEY_ID"))),
    passes("AWS-STATIC-KEYS", "a session token", task(secrets("AWS_SESSION_TOKEN"))),
    passes(
        "AWS-STATIC-KEYS",
        "a key in a plain variable is another rule's",
        task(container(environment=[{"name": "AWS_ACCESS_KEY_ID", "value": "test"}])),
    ),
    not_applicable("AWS-STATIC-KEYS", "no variables", task()),
    unknown("AWS-STATIC-KEYS", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "AWS-IMDS-DEPENDENCY",
        "AWS is used without a task role on an instance",
        task(container(**REGION_VARIABLE)),
        says=INSTANCE_PERMISSIONS,
        at="/containerDefinitions/0/environment/0/name",
        confidence=0.8,
    ),
    fails(
        "AWS-IMDS-DEPENDENCY",
        "a queue's URL shows the use, on an external instance",
        task(container(command=["poll", f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders"])),
        service(launchType="EXTERNAL"),
        says=INSTANCE_PERMISSIONS,
        at="/containerDefinitions/0/command/1",
    ),
    fails(
        "AWS-IMDS-DEPENDENCY",
        "a text names the address, and there is no role",
        task(container(**METADATA)),
        says="workload orders names the address of the instance metadata service",
        severity=HIGH,
        at="/containerDefinitions/0/environment/0/value",
    ),
    fails(
        "AWS-IMDS-DEPENDENCY",
        "a text names the address, and there is a role",
        task(container(**METADATA), taskRoleArn=role_arn("orders")),
        says="workload orders names the address of the instance metadata service",
        severity=MEDIUM,
    ),
    fails(
        "AWS-IMDS-DEPENDENCY",
        "a file whose network mode Fargate does not take",
        file(container(**REGION_VARIABLE), networkMode="bridge"),
        says=INSTANCE_PERMISSIONS,
    ),
    passes("AWS-IMDS-DEPENDENCY", "a task role", task(container(**REGION_VARIABLE), taskRoleArn=role_arn("orders"))),
    passes(
        "AWS-IMDS-DEPENDENCY",
        "the instances keep tasks from the metadata",
        task(container(**REGION_VARIABLE), networkMode="awsvpc"),
        *instance(attributes=BLOCKED),
    ),
    not_applicable("AWS-IMDS-DEPENDENCY", "Fargate", task(container(**REGION_VARIABLE), **FARGATE)),
    not_applicable(
        "AWS-IMDS-DEPENDENCY",
        "the instance role's permissions are another rule's",
        task(container(**REGION_VARIABLE)),
        *instance(),
        node_role({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}),
    ),
    unknown(
        "AWS-IMDS-DEPENDENCY",
        "no role, and nothing shows whether the code uses AWS",
        task(),
        reason=Reason.UNANSWERED,
        needs="survey.A5",
    ),
    unknown(
        "AWS-IMDS-DEPENDENCY",
        "a database's host is no use of permissions, nor are keys of its own",
        task(
            container(
                environment=[
                    {"name": "AWS_REGION", "value": REGION},
                    {"name": "AWS_ACCESS_KEY_ID", "value": "test"},
                    {"name": "DB_HOST", "value": f"orders.abc.{REGION}.rds.amazonaws.com"},
                ]
            )
        ),
        reason=Reason.UNANSWERED,
    ),
    unknown(
        "AWS-IMDS-DEPENDENCY",
        "a file that does not say where it runs",
        file(container(**REGION_VARIABLE), networkMode="awsvpc"),
        reason=Reason.NOT_IN_SOURCE,
    ),
    unknown("AWS-IMDS-DEPENDENCY", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "AWS-EVENTBRIDGE-ECS-TARGET",
        "a clock",
        task(),
        NIGHTLY,
        says="nightly starts tasks of orders by rate(1 day)",
        element="nightly",
        at="/Targets/0/EcsParameters/TaskDefinitionArn",
    ),
    fails(
        "AWS-EVENTBRIDGE-ECS-TARGET",
        "a pipe",
        task(),
        given(
            "pipes",
            Arn=f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/files",
            Name="files",
            Target=CLUSTER,
            TaskDefinitionArn=task_arn("orders"),
        ),
        says="files starts tasks of orders by what it reads",
        element="files",
        at="/TaskDefinitionArn",
    ),
    not_applicable("AWS-EVENTBRIDGE-ECS-TARGET", "a service", task()),
    not_applicable("AWS-EVENTBRIDGE-ECS-TARGET", "a state machine", task(), WORKFLOW),
    unknown(
        "AWS-EVENTBRIDGE-ECS-TARGET",
        "schedules were refused",
        task(),
        denied("schedules", "events:ListTargetsByRule"),
        reason=Reason.DENIED,
    ),
    fails(
        "AWS-STEPFUNCTIONS-ECS",
        "a state runs the task",
        task(),
        WORKFLOW,
        says="state machine billing starts tasks of orders",
        element="billing",
        at="/definition/States/Bill",
    ),
    passes(
        "AWS-STEPFUNCTIONS-ECS",
        "a state runs another task",
        task(),
        service(),
        task(family="bills"),
        workflow("bills"),
        subject="orders",
    ),
    not_applicable("AWS-STEPFUNCTIONS-ECS", "no state machine runs tasks", task()),
    unknown(
        "AWS-STEPFUNCTIONS-ECS",
        "state machines were refused",
        task(),
        denied("workflows", "states:DescribeStateMachine"),
        reason=Reason.DENIED,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
