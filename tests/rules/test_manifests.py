import pytest

from assess.estate.gaps import Reason
from tests.rules.harness import (
    Case,
    container,
    denied,
    fails,
    file,
    never,
    not_applicable,
    passes,
    service,
    task,
    task_arn,
    unknown,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))

CASES = (
    fails(
        "MAN-ENVFILE-S3",
        "one file",
        task(container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/orders.env"}])),
        says="container app takes variables from a file in S3",
        at="/containerDefinitions/0/environmentFiles/0/value",
    ),
    fails(
        "MAN-ENVFILE-S3",
        "two files, in another partition",
        task(
            container(
                environmentFiles=[
                    {"type": "s3", "value": "arn:aws-cn:s3:::config/a.env"},
                    {"type": "s3", "value": "arn:aws-cn:s3:::config/b.env"},
                ]
            )
        ),
        says="container app takes variables from 2 files in S3",
    ),
    passes("MAN-ENVFILE-S3", "no file", task()),
    unknown("MAN-ENVFILE-S3", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-ENV-EXPANSION",
        "a value names another variable of the container",
        task(
            container(environment=[{"name": "HOST", "value": "db"}, {"name": "URL", "value": "http://$(HOST)/orders"}])
        ),
        says="variable URL of container app holds $(HOST), which Kubernetes would expand",
        element="URL",
        at="/containerDefinitions/0/environment/1/value",
        confidence=1.0,
    ),
    fails(
        "MAN-ENV-EXPANSION",
        "a command names a secret variable",
        task(container(command=["run", "--level=$(LEVEL)"], secrets=[{"name": "LEVEL", "valueFrom": "/orders/level"}])),
        says="the command of container app holds $(LEVEL), which Kubernetes would expand",
        element="command",
        at="/containerDefinitions/0/command/1",
    ),
    fails(
        "MAN-ENV-EXPANSION",
        "an entry point names a variable that may come from elsewhere",
        task(container(entryPoint=["run", "$(MODE)"])),
        says="the entry point of container app holds $(MODE), which Kubernetes would expand",
        confidence=0.5,
    ),
    passes("MAN-ENV-EXPANSION", "shell references only", task(container(command=["sh", "-c", "echo $HOME ${PATH}"]))),
    passes("MAN-ENV-EXPANSION", "a doubled dollar sign", task(container(command=["echo", "$$(HOME) $${HOME}"]))),
    passes(
        "MAN-ENV-EXPANSION",
        "a command substitution names no variable",
        task(container(command=["sh", "-c", "serve --host $(hostname) --at $(date +%s)"])),
    ),
    not_applicable("MAN-ENV-EXPANSION", "no text", task()),
    unknown("MAN-ENV-EXPANSION", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-NAME-INVALID",
        "capitals and underscores",
        task(container("Web_App"), volumes=[{"name": "my_data"}]),
        service("Orders", family="orders"),
        says=(
            "service Orders needs another name on Kubernetes",
            "container Web_App needs another name on Kubernetes",
            "volume my_data needs another name on Kubernetes",
        ),
        element=("service Orders", "container Web_App", "volume my_data"),
        at=("/serviceName", "/containerDefinitions/0/name", "/volumes/0/name"),
    ),
    fails(
        "MAN-NAME-INVALID",
        "a family of 64 characters",
        task(family="a" * 64),
        service("orders", family="a" * 64),
        says=f"family {'a' * 64} needs another name on Kubernetes",
        at="/family",
    ),
    not_applicable("MAN-NAME-INVALID", "valid names", task(volumes=[{"name": "data"}])),
    unknown(
        "MAN-NAME-INVALID",
        "a placeholder for a name",
        file(container("${NAME}"), unresolved={"/containerDefinitions/0/name": "${NAME}"}),
        reason=Reason.NOT_IN_SOURCE,
    ),
    unknown("MAN-NAME-INVALID", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    *(
        fails(
            "MAN-PORTNAME-INVALID",
            f"{name}",
            task(container(portMappings=[{"containerPort": 80, "name": name}])),
            says=f"port {name} of container app needs another name on Kubernetes",
            element=name,
            at="/containerDefinitions/0/portMappings/0/name",
        )
        for name in ("orders-http-port", "orders_http", "HTTP", "8080", "a--b")
    ),
    not_applicable(
        "MAN-PORTNAME-INVALID",
        "15 characters",
        task(container(portMappings=[{"containerPort": 80, "name": "orders-http-abc"}])),
    ),
    not_applicable("MAN-PORTNAME-INVALID", "no name", task(container(portMappings=[{"containerPort": 80}]))),
    unknown("MAN-PORTNAME-INVALID", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-DOCKER-LABELS",
        "an agent and a proxy are configured",
        task(container(dockerLabels={"com.datadoghq.ad.logs": "[]", "traefik.enable": "true", "commit": "abc"})),
        says="labels of container app configure an agent or a proxy: com.datadoghq.ad.logs, traefik.enable",
        at="/containerDefinitions/0/dockerLabels/com.datadoghq.ad.logs",
        confidence=0.8,
    ),
    passes("MAN-DOCKER-LABELS", "build metadata", task(container(dockerLabels={"commit": "abc", "maintainer": "us"}))),
    not_applicable("MAN-DOCKER-LABELS", "no labels", task()),
    unknown(
        "MAN-DOCKER-LABELS",
        "a placeholder for all labels",
        file(unresolved={"/containerDefinitions/0/dockerLabels": "${LABELS}"}),
        reason=Reason.UNRESOLVED,
    ),
)

NEVER = (never("MAN-ENVFILE-S3", "not_applicable", "any container could name a file"),)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
