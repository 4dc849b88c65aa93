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
    task,
    task_arn,
    unknown,
    unseen,
)

SERVICE_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"
REGISTRY = [{"registryArn": f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-orders"}]
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-orders"]}}
UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
CLOUD_MAP = "service orders is found by Cloud Map names only, which cannot split traffic by weight"
NO_CODE = "no tag of workload orders shows the code that it was made from"


def registered(**fields: Any) -> Given:
    return service(**{"serviceRegistries": REGISTRY, "networkConfiguration": NETWORK, **fields})


def group(id: str, *sources: str, cidr: str | None = None) -> Given:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "UserIdGroupPairs": [{"GroupId": each} for each in sources],
        "IpRanges": [{"CidrIp": cidr}] if cidr else [],
    }
    return given("security_groups", GroupId=id, GroupName=id, IpPermissions=[permission])


def tagged(**tags: str) -> Given:
    return service(tags=[{"key": key.replace("__", ":"), "value": value} for key, value in tags.items()])


def named(name: str, cluster: str) -> tuple[Given, Given]:
    return task(family=name), service(name, cluster=cluster)


SCHEMA_JOB = given(
    "event_rules",
    Arn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly",
    Name="nightly",
    State="ENABLED",
    ScheduleExpression="rate(1 day)",
    Targets=[{"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("orders")}}],
)


def starts(script: str) -> dict[str, Any]:
    return container(command=["sh", "-c", script])


SCHEMA = (
    *(
        fails(
            "RSK-SCHEMA-COUPLED",
            script,
            task(starts(script)),
            says="container app changes the database's schema when it starts",
            at="/containerDefinitions/0/command",
            confidence=0.5,
        )
        for script in (
            "bundle exec rails db:migrate && bundle exec puma",
            "python manage.py migrate; gunicorn shop",
            "alembic upgrade head && uvicorn shop",
            "php artisan migrate --force && php-fpm",
            "npx prisma migrate deploy && node server.js",
            "flyway -url=x migrate",
        )
    ),
    fails(
        "RSK-SCHEMA-COUPLED",
        "a file whose command goes on",
        file(starts("rails db:migrate && puma")),
        says="container app changes the database's schema when it starts",
    ),
    unknown(
        "RSK-SCHEMA-COUPLED",
        "a file that may be a job",
        file(container(command=["rails", "db:migrate"])),
        reason=Reason.NOT_IN_SOURCE,
        needs="ecs.services",
    ),
    passes("RSK-SCHEMA-COUPLED", "another command", task(starts("node server.js --migrate-legacy-cookies"))),
    passes("RSK-SCHEMA-COUPLED", "the image decides", task()),
    not_applicable("RSK-SCHEMA-COUPLED", "a job", task(starts("rails db:migrate")), SCHEMA_JOB),
    unknown(
        "RSK-SCHEMA-COUPLED",
        "the task definition could not be described",
        service(),
        denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")),
        reason=Reason.DENIED,
    ),
)

CASES = (
    *SCHEMA,
    fails(
        "RSK-NO-SHIFT",
        "Cloud Map only, open to the network",
        task(),
        registered(),
        group("sg-orders", cidr="10.0.0.0/8"),
        says=CLOUD_MAP,
        at="/serviceRegistries/0/registryArn",
        confidence=0.8,
    ),
    fails(
        "RSK-NO-SHIFT",
        "Cloud Map only, open to tasks of the cluster",
        task(),
        registered(),
        service("web", networkConfiguration={"awsvpcConfiguration": {"securityGroups": ["sg-web"]}}),
        group("sg-orders", "sg-web"),
        subject="orders",
        says=CLOUD_MAP,
        severity=MEDIUM,
    ),
    fails(
        "RSK-NO-SHIFT",
        "who may call was not read",
        task(),
        registered(),
        denied("vpc.security_groups", "ec2:DescribeSecurityGroups"),
        says=CLOUD_MAP,
        severity=HIGH,
        softest=MEDIUM,
    ),
    passes(
        "RSK-NO-SHIFT",
        "a target group of an Application or Network Load Balancer beside it",
        task(),
        registered(loadBalancers=[{"targetGroupArn": "arn:tg", "containerName": "app", "containerPort": 80}]),
    ),
    passes(
        "RSK-NO-SHIFT",
        "VPC Lattice",
        task(),
        registered(deployments=primary(vpcLatticeConfigurations=[{"targetGroupArn": "arn:tg"}])),
    ),
    not_applicable("RSK-NO-SHIFT", "a worker", task(), service()),
    not_applicable(
        "RSK-NO-SHIFT",
        "a Classic Load Balancer is another rule's",
        task(),
        service(loadBalancers=[{"loadBalancerName": "old"}]),
    ),
    not_applicable(
        "RSK-NO-SHIFT",
        "Service Connect only is another rule's",
        task(),
        service(deployments=primary(serviceConnectConfiguration={"enabled": True, "services": [{"portName": "http"}]})),
    ),
    unknown("RSK-NO-SHIFT", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    unknown(
        "RSK-NO-SHIFT",
        "the service was refused",
        task(),
        service(),
        denied("ecs.services", resource=SERVICE_ARN),
        reason=Reason.DENIED,
    ),
    fails(
        "RSK-TASKDEF-INACTIVE",
        "an inactive revision runs",
        task(status="INACTIVE"),
        says="workload orders runs revision orders:1, which is INACTIVE",
        at="/status",
    ),
    fails(
        "RSK-TASKDEF-INACTIVE",
        "the revision is being deleted",
        task(status="DELETE_IN_PROGRESS"),
        says="workload orders runs revision orders:1, which is DELETE_IN_PROGRESS",
    ),
    passes("RSK-TASKDEF-INACTIVE", "an active revision runs", task()),
    passes(
        "RSK-TASKDEF-INACTIVE",
        "an old revision that nothing runs is inactive",
        task(revision=1),
        task(revision=0, status="INACTIVE"),
    ),
    unknown(
        "RSK-TASKDEF-INACTIVE",
        "the answer to a deregistration in a file, which does not say what runs",
        file(status="INACTIVE"),
        unseen("ecs.services"),
        reason=Reason.NOT_IN_SOURCE,
    ),
    unknown("RSK-TASKDEF-INACTIVE", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "RSK-NO-IAC",
        "no mark, and nobody was asked",
        task(),
        tagged(team="orders"),
        says=NO_CODE,
        confidence=0.5,
        may_be_worse=Reason.UNANSWERED,
    ),
    passes("RSK-NO-IAC", "a stack", task(), tagged(**{"aws__cloudformation__stack-name": "orders"})),
    passes("RSK-NO-IAC", "Copilot", task(), tagged(**{"copilot-application": "shop"})),
    passes("RSK-NO-IAC", "managed by Terraform", task(), tagged(ManagedBy="Terraform")),
    passes("RSK-NO-IAC", "a Terraform tag on the task definition", task(tags=[{"key": "terraform", "value": "true"}])),
    passes(
        "RSK-NO-IAC",
        "a role for Terraform registered the task definition",
        task(registeredBy=f"arn:aws:sts::{ACCOUNT}:assumed-role/terraform-ci/run"),
    ),
    unknown("RSK-NO-IAC", "tags were not read", task(), unseen("tags"), reason=Reason.NOT_COLLECTED),
    unknown("RSK-NO-IAC", "the task definition, which may be marked, was refused", *UNREAD, reason=Reason.DENIED),
    unknown("RSK-NO-IAC", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    fails(
        "RSK-SINGLE-ENV",
        "production only",
        *named("orders", "prod"),
        says="no copy of production workload orders was seen in another environment",
        at="/serviceName",
        confidence=0.5,
        may_be_worse=Reason.UNANSWERED,
    ),
    fails(
        "RSK-SINGLE-ENV",
        "a copy of another workload",
        *named("orders", "prod"),
        *named("bills", "staging"),
        subject="orders",
        says="no copy of production workload orders was seen in another environment",
        may_be_worse=Reason.UNANSWERED,
    ),
    passes(
        "RSK-SINGLE-ENV",
        "a copy in another cluster, by names",
        *named("prod-orders", "main"),
        *named("staging-orders", "main"),
        subject="prod-orders",
    ),
    not_applicable("RSK-SINGLE-ENV", "a test workload", *named("orders", "staging")),
    unknown("RSK-SINGLE-ENV", "names that show no environment", task(), reason=Reason.UNANSWERED, needs="survey"),
    unknown(
        "RSK-SINGLE-ENV",
        "another service was refused, which may be the copy",
        *named("orders", "prod"),
        denied("ecs.services", "ecs:DescribeServices", resource=f"{SERVICE_ARN}-staging"),
        reason=Reason.DENIED,
    ),
)

NEVER = (
    never("RSK-TASKDEF-INACTIVE", "not_applicable", "every workload runs a revision"),
    never("RSK-NO-IAC", "not_applicable", "every workload was made by something"),
    never("RSK-NO-IAC", HIGH, "only an answer makes it so, and answers are not read yet"),
    never("RSK-SINGLE-ENV", HIGH, "only an answer makes it so, and answers are not read yet"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
