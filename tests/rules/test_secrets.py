from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.estate.redaction import Redaction, RedactionClass
from assess.rule import CRITICAL, HIGH, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    container,
    denied,
    fails,
    file,
    not_applicable,
    passes,
    service,
    task,
    task_arn,
    unknown,
)

UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
SECRETS_MANAGER = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders/db-AbCdEf"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/orders/level"


def marker(of: str, detector: str = "test", length: str = "17-32", group: int = 1) -> str:
    return str(Redaction(RedactionClass(of), detector, length, group))


def variables(**values: str) -> dict[str, Any]:
    return container(environment=[{"name": name, "value": value} for name, value in values.items()])


def references(**sources: str) -> dict[str, Any]:
    return container(secrets=[{"name": name, "valueFrom": source} for name, source in sources.items()])


CASES = (
    fails(
        "SEC-ENV-PLAINTEXT",
        "a token under a name that says nothing",
        task(variables(SETTING=marker("token", "github"))),
        says="variable SETTING of container app holds a credential in plain text (detector github, 17-32 characters)",
        element="SETTING",
        at="/containerDefinitions/0/environment/0/value",
        confidence=1.0,
    ),
    fails(
        "SEC-ENV-PLAINTEXT",
        "a password within a URL",
        task(variables(LEVEL="info", DATABASE_URL=f"postgres://orders:{marker('userinfo', 'url')}@db:5432/orders")),
        says="variable DATABASE_URL of container app holds a credential in plain text (detector url, 17-32 characters)",
        at="/containerDefinitions/0/environment/1/value",
    ),
    fails(
        "SEC-ENV-PLAINTEXT",
        "a literal under a name that says credential",
        task(variables(DB_PASSWORD=marker("named", "name", "9-16"))),
        says="variable DB_PASSWORD of container app holds what its name calls a credential in plain text"
        " (detector name, 9-16 characters)",
        confidence=0.8,
    ),
    passes("SEC-ENV-PLAINTEXT", "harmless values", task(variables(LEVEL="info", TOKEN_TTL=marker("harmless")))),
    passes("SEC-ENV-PLAINTEXT", "a text that is not known", task(variables(MOTTO=marker("text")))),
    passes("SEC-ENV-PLAINTEXT", "a placeholder is another rule's", task(variables(PASSWORD=marker("placeholder")))),
    passes("SEC-ENV-PLAINTEXT", "a default is another rule's", task(variables(PASSWORD=marker("weak")))),
    not_applicable("SEC-ENV-PLAINTEXT", "no variables", task()),
    unknown("SEC-ENV-PLAINTEXT", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=CRITICAL),
    passes(
        "SEC-ENV-PLAINTEXT",
        "a template's placeholder for a value",
        file(variables(A="${A}"), unresolved={"/containerDefinitions/0/environment/0/value": "${A}"}),
    ),
    unknown(
        "SEC-ENV-PLAINTEXT",
        "a placeholder for the whole list",
        file(unresolved={"/containerDefinitions/0/environment": "${ENVIRONMENT}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "SEC-ENV-SUSPECT",
        "a default password",
        task(variables(DB_PASSWORD=marker("weak", "default", "1-8"))),
        says="variable DB_PASSWORD of container app holds a weak or default credential"
        " (detector default, 1-8 characters)",
        element="DB_PASSWORD",
        confidence=0.5,
    ),
    fails(
        "SEC-ENV-SUSPECT",
        "a placeholder",
        task(variables(API_KEY=marker("placeholder"))),
        says="variable API_KEY of container app holds a placeholder where a credential belongs",
    ),
    passes("SEC-ENV-SUSPECT", "harmless values", task(variables(PASSWORD_TTL=marker("harmless")))),
    passes("SEC-ENV-SUSPECT", "a text that is not known", task(variables(MOTTO=marker("text")))),
    passes(
        "SEC-ENV-SUSPECT",
        "what is certain is another rule's",
        task(variables(URL=f"amqp://a:{marker('userinfo')}@mq/?password={marker('weak')}")),
    ),
    not_applicable("SEC-ENV-SUSPECT", "no variables", task()),
    unknown("SEC-ENV-SUSPECT", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "SEC-CMD-SECRET",
        "an option with a literal value",
        task(container(command=["serve", f"--password={marker('named', 'option')}"])),
        says="the command of container app holds a credential (detector option, 17-32 characters)",
        severity=HIGH,
        element="command",
        at="/containerDefinitions/0/command/1",
        confidence=0.8,
    ),
    fails(
        "SEC-CMD-SECRET",
        "an option with a default as its value",
        task(container(entryPoint=["serve", f"--password={marker('weak')}"])),
        says="the entry point of container app holds a credential (detector test, 17-32 characters)",
    ),
    fails(
        "SEC-CMD-SECRET",
        "a password within a URL of a health check",
        task(container(healthCheck={"command": ["CMD", "curl", f"http://u:{marker('userinfo', 'url')}@localhost/"]})),
        says="the health check of container app holds a credential (detector url, 17-32 characters)",
        severity=CRITICAL,
        at="/containerDefinitions/0/healthCheck/command/2",
        confidence=1.0,
    ),
    fails(
        "SEC-CMD-SECRET",
        "the worst of one field is reported",
        task(container(command=[f"--password={marker('named')}", marker("token", "stripe", "33-64", 2)])),
        says="the command of container app holds a credential (detector stripe, 33-64 characters)",
        severity=CRITICAL,
    ),
    passes(
        "SEC-CMD-SECRET",
        "a reference to a variable",
        task(container(command=["serve", "--password=$PASSWORD", marker("placeholder")])),
    ),
    not_applicable("SEC-CMD-SECRET", "no command, entry point or health check", task()),
    unknown("SEC-CMD-SECRET", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=CRITICAL),
    fails(
        "SEC-OPTIONS-SECRET",
        "a token in a log option",
        task(
            container(
                logConfiguration={
                    "logDriver": "splunk",
                    "options": {"splunk-url": "https://splunk", "splunk-token": marker("token", "splunk", "33-64")},
                }
            )
        ),
        says="log option splunk-token of container app holds a credential (detector splunk, 33-64 characters)",
        severity=CRITICAL,
        element="splunk-token",
        at="/containerDefinitions/0/logConfiguration/options/splunk-token",
    ),
    fails(
        "SEC-OPTIONS-SECRET",
        "by name in a FireLens option and a label",
        task(
            container(
                firelensConfiguration={"type": "fluentbit", "options": {"apikey": marker("named", "name")}},
                dockerLabels={"traefik.password": marker("weak", "default", "1-8", 2)},
            )
        ),
        says=(
            "FireLens option apikey of container app holds a credential (detector name, 17-32 characters)",
            "label traefik.password of container app holds a credential (detector default, 1-8 characters)",
        ),
        severity=MEDIUM,
    ),
    fails(
        "SEC-OPTIONS-SECRET",
        "a volume's options count with the container that mounts it",
        task(
            container("first"),
            container("second", mountPoints=[{"sourceVolume": "share", "containerPath": "/share"}]),
            volumes=[
                {"name": "share", "dockerVolumeConfiguration": {"driverOpts": {"o": f"password={marker('named')}"}}}
            ],
        ),
        subject="orders/second",
        says="option of volume share o of container second holds a credential (detector test, 17-32 characters)",
        severity=MEDIUM,
        at="/volumes/0/dockerVolumeConfiguration/driverOpts/o",
    ),
    passes(
        "SEC-OPTIONS-SECRET",
        "secret options are used",
        task(
            container(
                logConfiguration={
                    "logDriver": "splunk",
                    "options": {"splunk-url": "https://splunk"},
                    "secretOptions": [{"name": "splunk-token", "valueFrom": SECRETS_MANAGER}],
                }
            )
        ),
    ),
    passes(
        "SEC-OPTIONS-SECRET",
        "a template's placeholder for a value",
        file(
            container(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-region": "${REGION}"}}),
            unresolved={"/containerDefinitions/0/logConfiguration/options/awslogs-region": "${REGION}"},
        ),
    ),
    not_applicable("SEC-OPTIONS-SECRET", "no options or labels", task()),
    unknown(
        "SEC-OPTIONS-SECRET",
        "a placeholder for all options",
        file(
            container(logConfiguration={"logDriver": "awslogs"}),
            unresolved={"/containerDefinitions/0/logConfiguration/options": "${OPTIONS}"},
        ),
        reason=Reason.UNRESOLVED,
    ),
    unknown("SEC-OPTIONS-SECRET", "the task definition was refused", *UNREAD, reason=Reason.DENIED, worst=CRITICAL),
    fails(
        "SEC-SM-REF",
        "two references, one through a template",
        task(
            references(A=SECRETS_MANAGER, B="arn:aws:secretsmanager:${Region}:${AWS::AccountId}:secret:b", C=PARAMETER)
        ),
        says="container app takes 2 variables from Secrets Manager: A, B",
        at="/containerDefinitions/0/secrets/0/valueFrom",
    ),
    not_applicable("SEC-SM-REF", "parameters only", task(references(C=PARAMETER))),
    unknown(
        "SEC-SM-REF",
        "a placeholder for the reference",
        file(references(A="${ARN}"), unresolved={"/containerDefinitions/0/secrets/0/valueFrom": "${ARN}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "SEC-SSM-REF",
        "an ARN and a bare name",
        task(references(A=PARAMETER, B="/orders/level", C=SECRETS_MANAGER)),
        says="container app takes 2 variables from Parameter Store: A, B",
    ),
    fails(
        "SEC-SSM-REF",
        "many references are counted, not all listed",
        task(references(**{f"V{number}": f"/orders/{number}" for number in range(8)})),
        says="container app takes 8 variables from Parameter Store: V0, V1, V2, V3, V4 and 3 more",
    ),
    not_applicable("SEC-SSM-REF", "a secret of Secrets Manager", task(references(A=SECRETS_MANAGER))),
    unknown(
        "SEC-SSM-REF",
        "a placeholder is no bare name",
        task(references(A="${ARN}", B="<ARN>")),
        reason=Reason.UNRESOLVED,
    ),
    unknown("SEC-SSM-REF", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "SEC-SM-JSON-KEY",
        "a key, and a stage",
        task(references(A=f"{SECRETS_MANAGER}:password::", B=f"{SECRETS_MANAGER}::AWSPREVIOUS:")),
        says="container app takes 2 variables from a key, stage or version of a secret: A, B",
    ),
    not_applicable("SEC-SM-JSON-KEY", "a bare ARN", task(references(A=SECRETS_MANAGER, B=f"{SECRETS_MANAGER}:::"))),
    not_applicable(
        "SEC-SM-JSON-KEY",
        "a template's placeholder for region and account",
        file(
            references(A="arn:aws:secretsmanager:${Region}:${Account}:secret:a"),
            unresolved={"/containerDefinitions/0/secrets/0/valueFrom": "arn:..."},
        ),
    ),
    unknown("SEC-SM-JSON-KEY", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "SEC-CROSS-ACCOUNT",
        "another account, and another region",
        task(
            references(
                A=f"arn:aws:secretsmanager:{REGION}:999988887777:secret:a",
                B=f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/b",
                C=SECRETS_MANAGER,
            )
        ),
        says=(
            "variable A of container app comes from a secret in account 999988887777",
            "variable B of container app comes from a secret in region us-east-1",
        ),
        element=("A", "B"),
    ),
    fails(
        "SEC-CROSS-ACCOUNT",
        "a file whose role tells its account",
        file(
            references(A=f"arn:aws:secretsmanager:{REGION}:999988887777:secret:a"),
            executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/execution",
        ),
        says="variable A of container app comes from a secret in account 999988887777",
    ),
    passes("SEC-CROSS-ACCOUNT", "the same account and region", task(references(A=SECRETS_MANAGER, B=PARAMETER))),
    passes("SEC-CROSS-ACCOUNT", "bare names are always the task's own", file(references(A="/orders/level"))),
    not_applicable("SEC-CROSS-ACCOUNT", "no secrets", task()),
    unknown(
        "SEC-CROSS-ACCOUNT",
        "a file that does not say where it runs",
        file(references(A=SECRETS_MANAGER)),
        reason=Reason.NOT_IN_SOURCE,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()


def test_the_same_credential_in_several_workloads_is_told() -> None:
    fails(
        "SEC-ENV-PLAINTEXT",
        "two workloads share it",
        task(variables(DB_PASSWORD=marker("named")), family="orders"),
        task(variables(DATABASE_PASS=marker("named")), family="bills"),
        subject="orders/app",
        says="variable DB_PASSWORD of container app holds what its name calls a credential in plain text"
        " (detector test, 17-32 characters, the same in 2 workloads)",
    ).check()
