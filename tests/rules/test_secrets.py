from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.estate.redaction import Redaction, RedactionClass
from assess.rule import CRITICAL, HIGH, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
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
    role_arn,
    service,
    target,
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


OTHER_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders/api-GhIjKl"


def stored(arn: str = SECRETS_MANAGER, **fields: Any) -> Given:
    return given("stored_secrets", ARN=arn, Name=arn.rpartition(":")[2][:-7], **fields)


def parameter(name: str = "/orders/level", **fields: Any) -> Given:
    return given("stored_parameters", Name=name, **({"Type": "String"} | fields))


def key(id: str, reference: str, *statements: dict[str, Any]) -> Given:
    document = {"Policy": {"Version": "2012-10-17", "Statement": list(statements)}} if statements else {}
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}"
    return given("encryption_keys", Arn=arn, KeyId=id, KeyManager="CUSTOMER", References=[reference], **document)


def statement(principal: str | dict[str, str], **fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*", **fields}


CHOICES = (
    fails(
        "SEC-FARGATE-CSI",
        "both are chosen",
        task(),
        target(compute="fargate", secrets="csi_driver"),
        says="the CSI driver for secrets is chosen together with EKS Fargate",
        at="/target/secrets",
    ),
    *(
        passes("SEC-FARGATE-CSI", f"{method} on EKS Fargate", task(), target(compute="fargate", secrets=method))
        for method in ("external_secrets", "native")
    ),
    not_applicable("SEC-FARGATE-CSI", "nodes", task(), target(compute="auto_mode", secrets="csi_driver")),
    unknown("SEC-FARGATE-CSI", "no target is chosen", task(), reason=Reason.UNANSWERED, needs="policy.target"),
    unknown("SEC-FARGATE-CSI", "no method is chosen", task(), target(compute="fargate"), reason=Reason.UNANSWERED),
    *(
        not_applicable("SEC-ETCD-ENCRYPTION", method, task(), target(secrets=method))
        for method in ("external_secrets", "csi_driver")
    ),
    unknown("SEC-ETCD-ENCRYPTION", "nothing is chosen", task(), reason=Reason.UNANSWERED, needs="policy.target"),
    unknown(
        "SEC-ETCD-ENCRYPTION", "native", task(), target(secrets="native"), reason=Reason.UNANSWERED, needs="survey"
    ),
)

CASES = (
    *CHOICES,
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
        says="the entry point of container app holds a weak or default credential (detector test, 17-32 characters)",
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
            "label traefik.password of container app holds a weak or default credential"
            " (detector default, 1-8 characters)",
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
    fails(
        "SEC-REF-BROKEN",
        "neither the secret nor the parameter is there",
        task(references(A=f"{SECRETS_MANAGER}:password::", B="/orders/level")),
        says=(
            "variable A of container app refers to secret orders/db-AbCdEf, which does not exist",
            "variable B of container app refers to parameter /orders/level, which does not exist",
        ),
        element=("A", "B"),
        at=("/containerDefinitions/0/secrets/0/valueFrom", "/containerDefinitions/0/secrets/1/valueFrom"),
    ),
    fails(
        "SEC-REF-BROKEN",
        "the secret is scheduled for deletion",
        task(references(A=SECRETS_MANAGER)),
        stored(DeletedDate="2026-11-20T09:00:00Z"),
        says="variable A of container app refers to secret orders/db-AbCdEf, which is scheduled for deletion",
    ),
    fails(
        "SEC-REF-BROKEN",
        "one is gone and another may not be described",
        task(references(A=SECRETS_MANAGER, B=OTHER_SECRET)),
        denied("secrets.metadata", "secretsmanager:DescribeSecret", resource=OTHER_SECRET),
        says="variable A of container app refers to secret orders/db-AbCdEf, which does not exist",
    ),
    passes(
        "SEC-REF-BROKEN",
        "by ARN with a key, by ARN without its suffix, by name, through Parameter Store, and AWS's own parameter",
        task(
            references(
                A=f"{SECRETS_MANAGER}:password::",
                B=SECRETS_MANAGER.removesuffix("-AbCdEf"),
                C=PARAMETER,
                D="/orders/level:3",
                E="/aws/reference/secretsmanager/orders/db",
                F="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended",
                G=f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/level",
            )
        ),
        stored(),
        parameter(),
        parameter("level"),
    ),
    not_applicable("SEC-REF-BROKEN", "no secrets", task()),
    unknown(
        "SEC-REF-BROKEN",
        "DescribeSecret was refused for the secret",
        task(references(A=SECRETS_MANAGER)),
        denied("secrets.metadata", "secretsmanager:DescribeSecret", resource=SECRETS_MANAGER),
        reason=Reason.DENIED,
        needs="secretsmanager:DescribeSecret",
    ),
    unknown(
        "SEC-REF-BROKEN",
        "parameters were refused",
        task(references(B="/orders/level")),
        denied("parameters.metadata", "ssm:DescribeParameters"),
        reason=Reason.DENIED,
        needs="ssm:DescribeParameters",
    ),
    unknown(
        "SEC-REF-BROKEN",
        "a secret of another account, which this scan cannot judge",
        task(references(A=f"arn:aws:secretsmanager:{REGION}:999988887777:secret:a")),
        reason=Reason.NOT_COLLECTED,
    ),
    unknown(
        "SEC-REF-BROKEN",
        "a reference that says nothing of what it names",
        task(references(A="${ARN}")),
        reason=Reason.UNRESOLVED,
    ),
    unknown("SEC-REF-BROKEN", "a file", file(references(A=SECRETS_MANAGER)), reason=Reason.NOT_IN_SOURCE),
    fails(
        "SEC-ROTATION",
        "the secret is rotated",
        task(references(A=f"{SECRETS_MANAGER}:password::", B=OTHER_SECRET)),
        stored(RotationEnabled=True),
        stored(OTHER_SECRET, RotationEnabled=False),
        says="variable A of container app holds secret orders/db-AbCdEf, which is rotated",
        element="A",
    ),
    passes("SEC-ROTATION", "a secret without rotation", task(references(A=SECRETS_MANAGER)), stored()),
    passes(
        "SEC-ROTATION",
        "the program fetches a rotated secret itself",
        task(references(A=OTHER_SECRET)),
        stored(RotationEnabled=True),
        stored(OTHER_SECRET),
    ),
    passes("SEC-ROTATION", "a secret that is gone is another finding", task(references(A=SECRETS_MANAGER))),
    not_applicable("SEC-ROTATION", "parameters only", task(references(A=PARAMETER))),
    unknown(
        "SEC-ROTATION",
        "secrets were refused",
        task(references(A=SECRETS_MANAGER)),
        denied("secrets.metadata", "secretsmanager:DescribeSecret"),
        reason=Reason.DENIED,
        needs="secretsmanager:DescribeSecret",
    ),
    unknown(
        "SEC-ROTATION",
        "a reference that says nothing of what it names",
        task(references(A="${ARN}")),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "SEC-KMS-CMK",
        "the key policy names the execution role, by its ARN and by a pattern of principals",
        task(references(A=SECRETS_MANAGER, B="/orders/level"), executionRoleArn=role_arn("orders-execution")),
        stored(KmsKeyId="alias/orders"),
        parameter(Type="SecureString", KeyId=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/two"),
        key("one", "alias/orders", statement({"AWS": role_arn("orders-execution")})),
        key(
            "two",
            f"arn:aws:kms:{REGION}:{ACCOUNT}:key/two",
            statement("*", Condition={"ArnLike": {"aws:PrincipalArn": role_arn("orders-*")}}),
        ),
        says=(
            "the key of orders/db-AbCdEf, which variable A of container app holds,"
            " admits execution role orders-execution by name",
            "the key of /orders/level, which variable B of container app holds,"
            " admits execution role orders-execution by name",
        ),
        element=("A", "B"),
        at=("/Policy", "/Policy"),
    ),
    passes(
        "SEC-KMS-CMK",
        "AWS's own keys",
        task(references(A=SECRETS_MANAGER, B="/orders/level"), executionRoleArn=role_arn("orders-execution")),
        stored(),
        parameter(Type="SecureString", KeyId="alias/aws/ssm"),
    ),
    passes(
        "SEC-KMS-CMK",
        "a key policy that admits the account, refuses the role, and names another role",
        task(references(A=SECRETS_MANAGER), executionRoleArn=role_arn("orders-execution")),
        stored(KmsKeyId="alias/orders"),
        key(
            "one",
            "alias/orders",
            statement({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
            statement({"AWS": role_arn("orders-execution")}, Effect="Deny"),
            statement({"AWS": role_arn("keepers")}),
        ),
    ),
    not_applicable("SEC-KMS-CMK", "no secrets", task()),
    unknown(
        "SEC-KMS-CMK",
        "the key may not be described",
        task(references(A=SECRETS_MANAGER)),
        stored(KmsKeyId="alias/orders"),
        denied("kms", "kms:DescribeKey", resource="alias/orders"),
        reason=Reason.DENIED,
        needs="kms:DescribeKey",
    ),
    unknown(
        "SEC-KMS-CMK",
        "the key's policy may not be read",
        task(references(A=SECRETS_MANAGER)),
        stored(KmsKeyId="alias/orders"),
        key("one", "alias/orders"),
        denied("kms", "kms:GetKeyPolicy", resource=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/one"),
        reason=Reason.DENIED,
        needs="kms:GetKeyPolicy",
    ),
    unknown(
        "SEC-KMS-CMK",
        "the secret may not be described",
        task(references(A=SECRETS_MANAGER)),
        denied("secrets.metadata", "secretsmanager:DescribeSecret", resource=SECRETS_MANAGER),
        reason=Reason.DENIED,
    ),
)


NEVER = (
    never("SEC-ETCD-ENCRYPTION", "pass", "answers are not read yet"),
    never("SEC-ETCD-ENCRYPTION", "fail", "answers are not read yet"),
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
