"""The door: what passes it unchanged, what never does, and what is said about what did not."""

import base64
import json
import traceback
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assess.estate.door import Door, DoorError
from assess.estate.ecs import Service, Task, TaskDefinition
from assess.estate.estate import FACT_KINDS
from assess.estate.identity import Role
from assess.estate.redaction import MARKER, Redaction, redactions_in
from assess.estate.triggers import EventRule, StateMachine
from tests.estate import canaries
from tests.estate.canaries import (
    AWS_SECRET,
    GITHUB,
    JWT,
    KEY_ID,
    LITERAL,
    PEM,
    PEM_BODY,
    PHRASE,
    STRIPE,
    TOKENS,
    WORD,
    base64_of,
)

NOW = 1_790_000_000.0


def variable(name: str, value: str) -> str:
    """What becomes of a variable's value."""
    return variables({name: value})[name]


def variables(given: dict[str, str]) -> dict[str, str]:
    environment = [{"name": name, "value": value} for name, value in given.items()]
    admitted = Door(now=NOW).admit(TaskDefinition, {"containerDefinitions": [{"environment": environment}]})
    return {each["name"]: each["value"] for each in admitted["containerDefinitions"][0]["environment"]}


def command(*words: str) -> list[str]:
    """What becomes of a command."""
    admitted = Door(now=NOW).admit(TaskDefinition, {"containerDefinitions": [{"command": list(words)}]})
    return list(admitted["containerDefinitions"][0]["command"])


def classes(text: str) -> list[str]:
    return [each.of.value for each in redactions_in(text)]


# --- what stays readable ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "8080"),
        ("RATE", "0.25"),
        ("JAVA_OPTS", "-Xmx512m -XX:+UseG1GC -Dserver.port=8080"),
        ("DEBUG", "false"),
        ("NODE_ENV", "production"),
        ("LOG_LEVEL", "debug"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "us-gov-west-1"),
        ("DB_HOST", "orders.c9akciq32xyz.eu-west-1.rds.amazonaws.com"),
        ("DB_HOST", "orders-db"),
        ("UPSTREAM", "orders.shop.local:8080"),
        ("REDIS_URL", "redis://cache.internal:6379/0"),
        ("API_URL", "https://api.example.com/v1/orders?page=2&sort=name"),
        ("DATABASE_URL", "jdbc:postgresql://db.internal:5432/orders?sslmode=require"),
        ("MSSQL", "jdbc:sqlserver://db.internal:1433;databaseName=orders;encrypt=true"),
        ("QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-queue.fifo"),
        ("ORDERS_QUEUE", "orders-events-v2"),
        ("TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:order_events"),
        ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/orders-AbCdEf"),
        ("TABLE_NAME", "prod_order_lines"),
        ("BUCKET", "acme-invoices-eu"),
        ("MONGO_HOSTS", "m1.internal:27017,m2.internal:27017"),
        ("KAFKA_BROKERS", "b-1.shop.a1b2c3.c4.kafka.eu-west-1.amazonaws.com:9092,b-2.shop:9092"),
        ("CLUSTER", "shop-production"),
        ("SERVICE_NAMESPACE", "acme.internal"),
        ("CONFIG_PATH", "/etc/orders/config.yml"),
        ("DB_PASSWORD_FILE", "/run/secrets/db-password"),
        ("TOKEN_URL", "https://auth.example.com/oauth/token"),
        ("TOKEN_TTL", "3600"),
        ("AUTH_SERVICE_HOST", "auth-api"),
        ("ALLOWED_CIDRS", "10.0.0.0/8,192.168.0.0/16"),
        ("NO_PROXY", "169.254.170.2,localhost,.internal"),
        ("METADATA", "${ECS_CONTAINER_METADATA_URI_V4}/task"),
        ("APPMESH_RESOURCE_ARN", "arn:aws:appmesh:eu-west-1:123456789012:mesh/shop/virtualNode/orders"),
        ("APPMESH_VIRTUAL_NODE_NAME", "mesh/shop/virtualNode/orders"),
        ("IMAGE", "${IMAGE}"),
        ("IMAGE_TAG", "{{ image_tag }}"),
        ("HOST_NAME", "<HOST_NAME>"),
        ("STAGE", "%STAGE%"),
        ("URL", "https://${HOST}:${PORT}/health"),
        ("SCHEDULE", "0 3 * * *"),
        ("SCHEDULE_EXPRESSION", "rate(5 minutes)"),
        ("STARTED", "2026-01-31T12:00:00Z"),
        ("SUBNET", "subnet-0123456789abcdef0"),
        ("REQUIRE_AUTH", "true"),
        ("JAVA_OPTS", "-XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=/tmp -XX:-OmitStackTraceInFastThrow"),
        ("JAVA_TOOL_OPTIONS", "-javaagent:/opt/otel.jar -Xlog:gc*:stdout:time -XX:+UseContainerSupport"),
        ("JAVA_OPTS", "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005"),
        ("TITLE", "<%- title %>"),
        ("TITLE", "<%= title -%>"),
        ("LOGIN_URL", "https://id.shop.io/login?next=%2Forders%2Flist&lang=en"),
        ("CONFIG", base64_of('{"region": "eu-west-1", "retries": 3}')),
        ("EMPTY", ""),
    ],
)
def test_harmless_value_stays(name: str, value: str) -> None:
    assert variable(name, value) == value


@pytest.mark.parametrize(
    "words",
    [
        ("CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"),
        ("sh", "-c", "flyway migrate && exec java -jar /app/app.jar"),
        ("/bin/sh", "-c", "bundle exec rake db:migrate; exec puma -p 3000"),
        ("alembic", "upgrade", "head"),
        ("liquibase", "update"),
        ("npm", "run", "start:prod"),
        ("gunicorn", "-w", "4", "-b", "0.0.0.0:8000", "app.wsgi:application"),
        ("nginx", "-g", "daemon off;"),
        ("sh", "-c", "curl $ECS_CONTAINER_METADATA_URI_V4/task"),
        ("sh", "-c", "unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; exec node dist/main.js"),
        ("--password", "$DB_PASSWORD"),
        ("--password=${DB_PASSWORD}",),
        ("mysqladmin", "ping", "-h", "localhost", "-p$MYSQL_ROOT_PASSWORD"),
        ("echo", "$(HOSTNAME)"),
        ("psql", "postgres://app:$DB_PASSWORD@db.internal:5432/orders"),
        ("curl", "-s", "http://169.254.170.2/v2/metadata"),
        ("wget", "-q", "--spider", "http://localhost:5000/health"),
        ("php", "artisan", "queue:work", "--queue=high,blockchain", "--tries=3"),
        ("docker", "run", "-p", "8080:80"),
        ("mongod", "--auth", "--port", "27017"),
        ("app", "--enable-auth", "serve"),
        ("mysql", "--password", "-h", "db.internal"),
        ("sh", "-c", "app --password $(cat /run/secrets/db) --token `cat /run/secrets/token`"),
        ("java", "-XX:MaxRAMPercentage=75.0", "-jar", "app.jar"),
    ],
)
def test_command_stays_readable(words: tuple[str, ...]) -> None:
    assert command(*words) == list(words)


def test_names_and_choices_stay() -> None:
    document = {
        "family": "orders-api",
        "networkMode": "awsvpc",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "WINDOWS_SERVER_2099_CORE"},
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.19"}],
        "containerDefinitions": [
            {
                "name": "app",
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:" + "0a1b2c3d" * 8,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "acme-orders", "awslogs-region": "eu-west-1", "mode": "non-blocking"},
                },
                "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/x/y"}],
                "dockerLabels": {"traefik.http.routers.web.rule": "Host(`shop.example.com`) && PathPrefix(`/api`)"},
            }
        ],
    }
    assert Door().admit(TaskDefinition, document) == document


def test_policy_keeps_what_rules_read() -> None:
    document = {
        "Arn": "arn:aws:iam::123456789012:role/orders",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": ["ecs-tasks.amazonaws.com"], "AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"},
                    "StringEquals": {"aws:SourceAccount": ["123456789012"], "aws:SourceVpc": "vpc-0123456789abcdef0"},
                    "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                },
            },
        },
        "Policies": [
            {
                "PolicyName": "inline",
                "Document": {
                    "Statement": [
                        {"Effect": "Deny", "NotAction": ["s3:*", "weird-service:DoThing"], "NotResource": "*"}
                    ]
                },
            }
        ],
    }
    assert Door().admit(Role, document) == document


def test_statement_id_and_condition_values_are_texts() -> None:
    statement = {
        "Sid": LITERAL,
        "Effect": "Allow",
        "Action": "*",
        "Condition": {"StringEquals": {"sts:ExternalId": LITERAL}},
    }
    admitted = Door().admit(Role, {"AssumeRolePolicyDocument": {"Statement": [statement]}})
    (passed,) = admitted["AssumeRolePolicyDocument"]["Statement"]
    assert MARKER.fullmatch(passed["Sid"])
    assert MARKER.fullmatch(passed["Condition"]["StringEquals"]["sts:ExternalId"])


def test_state_machine_keeps_what_is_run() -> None:
    definition = {
        "StartAt": "Reprice catalogue",
        "States": {
            "Reprice catalogue": {
                "Type": "Task",
                "Resource": "arn:aws:states:::ecs:runTask.sync",
                "Parameters": {
                    "Cluster": "shop",
                    "TaskDefinition": "reprice:7",
                    "LaunchType": "FARGATE",
                    "Overrides": {
                        "ContainerOverrides": [
                            {"Name": "app", "Environment": [{"Name": "ORDER_ID", "Value.$": "$.order.id"}]}
                        ]
                    },
                },
                "ResultPath": "$.reprice",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Undo everything"}],
                "Next": "Choose",
            },
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.reprice.changed", "NumericGreaterThan": 0, "Next": "Undo everything"}],
                "Default": "Undo everything",
            },
            "Undo everything": {"Type": "Succeed"},
        },
    }
    assert Door().admit(StateMachine, {"definition": definition})["definition"] == definition


def test_event_pattern_stays_json() -> None:
    pattern = json.dumps(
        {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}
    )
    assert Door().admit(EventRule, {"EventPattern": pattern})["EventPattern"] == pattern


@pytest.mark.parametrize("key", ["owner", "Team", "environment", "app", "aws:cloudformation:stack-name", "Name"])
def test_tag_that_says_whose_stays(key: str) -> None:
    admitted = Door().admit(Service, {"tags": [{"key": key, "value": "Zanzibar crew 7"}]})
    assert admitted["tags"] == [{"key": key, "value": "Zanzibar crew 7"}]


@pytest.mark.parametrize(("key", "value"), [("owner", GITHUB), ("team-password", WORD), ("colour", "zanzibar")])
def test_tag_is_replaced(key: str, value: str) -> None:
    (tag,) = Door().admit(Service, {"tags": [{"key": key, "value": value}]})["tags"]
    assert MARKER.fullmatch(tag["value"])


# --- what is replaced, and what is said of it --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DB_PASSWORD", LITERAL, "named"),
        ("dbPassword", WORD, "named"),
        ("spring.datasource.password", PHRASE, "named"),
        ("SECRET_KEY_BASE", "0f" * 32, "named"),
        ("STRIPE_API_KEY", LITERAL, "named"),
        ("BASIC_AUTH", "orders:" + LITERAL, "named"),
        ("PGPASSWORD", PHRASE, "named"),
        ("DB_PASSWORD", "postgres", "weak"),
        ("DB_PASSWORD", "admin123", "weak"),
        ("DB_PASSWORD", "12345678", "weak"),
        ("DB_PASSWORD", "changeme", "placeholder"),
        ("DB_PASSWORD", "${DB_PASSWORD}", "placeholder"),
        ("DB_PASSWORD", "${DB_PASSWORD:-" + LITERAL + "}", "named"),
        ("DB_PASSWORD", "${DB_PASSWORD:-changeme}", "placeholder"),
        ("DB_PASSWORD", "${DB_PASSWORD-postgres}", "weak"),
        ("DB_PASSWORD", "${DB_PASSWORD:?is not set}", "placeholder"),
        ("DB_PASSWORD", "<your password>", "placeholder"),
        ("DB_PASSWORD", "xxxxxxxx", "placeholder"),
        ("API_TOKEN", "REPLACE_ME", "placeholder"),
        ("MAX_TOKENS", "4096", "harmless"),
        ("SESSION_AUTH", "true", "harmless"),
        ("JWT_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf", "harmless"),
        ("SIGNING_KEY", "/etc/keys/signing.pem", "harmless"),
        ("STRIPE_API_KEY", "pk_" + "live_" + "aB3dE5fG7hJ9kL1m", "harmless"),
        ("TOKEN", "HS256", "harmless"),
        ("GITHUB_TOKEN", GITHUB, "token"),
        ("ANYTHING", GITHUB, "token"),
        ("AUTH_MODULE", "corporate", "text"),
        ("COMMENT", "zanzibar", "text"),
        ("SESSION", canaries.jwt({"exp": 1_500_000_000}), "text"),
        ("SESSION", canaries.jwt({"sub": "no end"}), "token"),
        ("AWS_ACCESS_KEY_ID", KEY_ID, "text"),
        ("AWS_ACCESS_KEY_ID", "AKIA" + "IOSFODNN7EXAMPLE", "placeholder"),
        ("AWS_SECRET_ACCESS_KEY", AWS_SECRET, "token"),
    ],
)
def test_value_is_classified(name: str, value: str, expected: str) -> None:
    passed = variable(name, value)
    assert MARKER.fullmatch(passed)
    assert classes(passed) == [expected]


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("shape", ["plain", "base64", "json", "url", "pair", "sentence"])
def test_token_format_is_found_under_any_name(name: str, shape: str) -> None:
    token = TOKENS[name]
    text = {
        "plain": token,
        "base64": base64_of(token),
        "json": json.dumps({"inner": [{"x": token}]}),
        "url": "https://api.example.com/v1?x=" + token.replace("\n", ""),
        "pair": "x=" + token,
        "sentence": f"use {token} for now",
    }[shape]
    passed = variable("SETTING", text)
    assert "token" in classes(passed)
    assert token not in passed
    assert PEM_BODY not in passed
    assert base64_of(token) not in passed


@pytest.mark.parametrize("escape", ["\\n", "\n", " "])
def test_private_key_is_found_however_its_lines_are_joined(escape: str) -> None:
    passed = variable("SETTING", PEM.replace("\n", escape))
    assert classes(passed) == ["token"]
    assert PEM_BODY not in passed


def test_key_pair_is_found_beside_each_other() -> None:
    passed = variables({"FIRST": KEY_ID, "SECOND": AWS_SECRET, "THIRD": "8080"})
    assert classes(passed["FIRST"]) == classes(passed["SECOND"]) == ["token"]
    assert passed["THIRD"] == "8080"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://app:{}@db.internal:5432/orders", "postgres://app:()@db.internal:5432/orders"),
        ("postgres://app:a{}/b#c@db.internal/orders", "postgres://app:()@db.internal/orders"),
        ("redis://:{}@cache.internal:6379/0", "redis://:()@cache.internal:6379/0"),
        (
            "mongodb://u:{}@m1.internal:27017,m2.internal:27017/x",
            "mongodb://u:()@m1.internal:27017,m2.internal:27017/x",
        ),
        (
            "amqps://u:{}@q.internal:5671,amqps://v:w{}@r.internal",
            "amqps://u:()@q.internal:5671,amqps://v:()@r.internal",
        ),
        ("jdbc:mysql://db.internal/x?user=app&password={}", "jdbc:mysql://db.internal/x?user=app&password=()"),
        (
            "jdbc:sqlserver://db:1433;database=x;password={};encrypt=true",
            "jdbc:sqlserver://db:1433;database=x;password=();encrypt=true",
        ),
        (
            "Server=db.internal,1433;Database=orders;Password={};Encrypt=True",
            "Server=db.internal,1433;Database=orders;Password=();Encrypt=True",
        ),
        ("app:{}@tcp(db.internal:3306)/orders", "app:()@tcp(db.internal:3306)/orders"),
        ("host=db.internal password={} port=5432", "host=db.internal password=() port=5432"),
    ],
)
def test_only_the_password_of_an_address_goes(text: str, expected: str) -> None:
    passed = variable("CONNECTION", text.format(LITERAL, LITERAL).replace("w{}", "w" + LITERAL))
    assert MARKER.sub("()", passed) == expected
    assert set(classes(passed)) == {"userinfo"}


@pytest.mark.parametrize(("password", "expected"), [("postgres", "weak"), ("changeme", "placeholder")])
def test_default_password_of_an_address_is_no_credential(password: str, expected: str) -> None:
    assert classes(variable("DATABASE_URL", f"postgres://app:{password}@db.internal/x")) == [expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("app", "--password", WORD), ["app", "--password", "()"]),
        (("app", f"--password={WORD}"), ["app", "--password=()"]),
        (("app", f"--db.password={WORD}", "--port=80"), ["app", "--db.password=()", "--port=80"]),
        (("java", f"-Dspring.datasource.password={WORD}"), ["java", "-Dspring.datasource.password=()"]),
        (("mysql", "-u", "root", f"-p{WORD}"), ["mysql", "-u", "root", "-p()"]),
        (("CMD-SHELL", f"mysqladmin ping -uroot -p{WORD}"), None),
        (("sh", "-c", f"PGPASSWORD={WORD} psql -h db.internal"), ["sh", "-c", "PGPASSWORD=() psql -h db.internal"]),
        (("sh", "-c", f"PGPASSWORD='{PHRASE} {WORD}' psql"), ["sh", "-c", "PGPASSWORD='()' psql"]),
        (("curl", "-u", f"admin:{WORD}", "http://x.internal"), None),
        (("sh", "-c", f"curl -u admin:{WORD} http://x.internal/"), None),
        (("curl", "-H", f"Authorization: Bearer {WORD}", "http://x.internal"), None),
        (("sh", "-c", f'curl -H "Authorization: Bearer {LITERAL}" http://x.internal/'), None),
        (("sh", "-c", f"curl -H 'X-Api-Key: {WORD}' http://x.internal/"), None),
        (("redis-server", "--requirepass", WORD), ["redis-server", "--requirepass", "()"]),
        (("redis-cli", "-a", WORD, "ping"), ["redis-cli", "-a", "()", "ping"]),
        (("sh", "-c", f'echo \'{{"password": "{WORD}"}}\' > /tmp/x.json'), None),
        (("sh", "-c", f'echo "{{\\"password\\": \\"{WORD}\\"}}"'), None),
        (
            ("sh", "-c", f"export TOKEN={LITERAL}; exec node server.js"),
            ["sh", "-c", "export TOKEN=(); exec node server.js"],
        ),
        (("sh", "-c", f"echo ${{DB_PASSWORD:-{WORD}}}"), ["sh", "-c", "echo ${DB_PASSWORD:-()}"]),
        (("sh", "-c", f"psql -c \"ALTER USER app PASSWORD '{WORD}'\""), None),
    ],
)
def test_credential_on_a_command_line_goes(words: tuple[str, ...], expected: list[str] | None) -> None:
    passed = command(*words)
    assert not any(WORD in each or LITERAL in each or PHRASE in each for each in passed)
    assert any(MARKER.search(each) for each in passed)
    if expected is not None:
        assert [MARKER.sub("()", each) for each in passed] == expected


PLACES: dict[str, tuple[str, Any]] = {
    "variable": (
        "task_definitions",
        {"containerDefinitions": [{"environment": [{"name": "DB_PASSWORD", "value": "%"}]}]},
    ),
    "variable in Pascal case": (
        "task_definitions",
        {"containerDefinitions": [{"environment": [{"Name": "DB_PASSWORD", "Value": "%"}]}]},
    ),
    "command": ("task_definitions", {"containerDefinitions": [{"command": ["app", "--password", "%"]}]}),
    "entry point": ("task_definitions", {"containerDefinitions": [{"entryPoint": ["sh", "-c", "TOKEN='%' app"]}]}),
    "health check": (
        "task_definitions",
        {"containerDefinitions": [{"healthCheck": {"command": ["CMD", "x", "--token=%"]}}]},
    ),
    "label": ("task_definitions", {"containerDefinitions": [{"dockerLabels": {"com.example.api-key": "%"}}]}),
    "log option": (
        "task_definitions",
        {"containerDefinitions": [{"logConfiguration": {"options": {"splunk-token": "%"}}}]},
    ),
    "router option": (
        "task_definitions",
        {"containerDefinitions": [{"firelensConfiguration": {"options": {"apikey": "%"}}}]},
    ),
    "driver option": (
        "task_definitions",
        {"volumes": [{"dockerVolumeConfiguration": {"driverOpts": {"password": "%"}}}]},
    ),
    "mount option": (
        "task_definitions",
        {"volumes": [{"dockerVolumeConfiguration": {"driverOpts": {"o": "addr=x,password=%"}}}]},
    ),
    "proxy property": ("task_definitions", {"proxyConfiguration": {"properties": [{"name": "Secret", "value": "%"}]}}),
    "tag": ("services", {"tags": [{"key": "deploy-token", "value": "%"}]}),
    "override": (
        "tasks",
        {"overrides": {"containerOverrides": [{"environment": [{"name": "PASSWORD", "value": "%"}]}]}},
    ),
    "override command": ("tasks", {"overrides": {"containerOverrides": [{"command": ["--secret=%"]}]}}),
    "event input": (
        "event_rules",
        {"Targets": [{"Input": '{"containerOverrides": [{"environment": [{"name": "PASSWORD", "value": "%"}]}]}'}]},
    ),
    "schedule input": ("schedules", {"Target": {"Input": '{"password": "%"}'}}),
    "state machine": (
        "state_machines",
        {
            "definition": {
                "States": {
                    "A": {
                        "Parameters": {
                            "Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "PASSWORD", "Value": "%"}]}]}
                        }
                    }
                }
            }
        },
    ),
    "state machine result": (
        "state_machines",
        {"definition": {"States": {"A": {"Type": "Pass", "Result": {"token": "%"}}}}},
    ),
    "unknown field": ("services", {"brandNewFeature": {"clientSecret": "%"}}),
    "unknown list": ("services", {"brandNewFeature": {"passwords": ["%"]}}),
    "unknown nested": ("clusters", {"configuration": {"x": {"password": "%"}}}),
    "listener action": (
        "listeners",
        {"DefaultActions": [{"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientSecret": "%"}}]},
    ),
    "health check path": ("target_groups", {"HealthCheckPath": "/health?token=%"}),
    "scheduled description": ("schedules", {"Description": "password: %"}),
    "stop reason": ("tasks", {"stoppedReason": "exec --password=% failed"}),
    "service event": ("services", {"events": [{"message": "token=% was refused"}]}),
    "instance attribute": ("discovery_instances", {"Attributes": {"password": "%"}}),
}
"""Where a secret may stand, by name: a kind of fact, and a document with ``%`` in place of the secret."""


def planted(document: Any, secret: str) -> Any:
    if isinstance(document, str):
        inside = json.dumps(secret)[1:-1] if document.startswith("{") else secret
        return document.replace("%", inside)
    if isinstance(document, dict):
        return {key: planted(each, secret) for key, each in document.items()}
    return [planted(each, secret) for each in document] if isinstance(document, list) else document


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", [WORD, LITERAL, PHRASE, AWS_SECRET, GITHUB, JWT, PEM, STRIPE, "admin", "server"])
def test_canary_is_found_nowhere(place: str, secret: str) -> None:
    kind, document = PLACES[place]
    plain = json.dumps(planted(document, "%"))
    for text in (secret, base64_of(secret), json.dumps({"password": secret}), f"postgres://u:{secret}@db.internal/x"):
        admitted = Door(now=NOW).admit(FACT_KINDS[kind], planted(document, text))
        written = json.dumps(admitted)
        assert written.count(secret) <= plain.count(secret)
        assert secret.strip() not in json.loads(json.dumps(list(leaves(admitted))))
        assert base64_of(secret) not in written
        assert any(MARKER.search(leaf) for leaf in leaves(admitted))


def leaves(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [leaf for each in document.values() for leaf in leaves(each)]
    if isinstance(document, list):
        return [leaf for each in document for leaf in leaves(each)]
    return [document] if isinstance(document, str) else []


@pytest.mark.parametrize(
    "shape",
    [
        "db:\n  host: x\n  password: {}\n",
        "db:\n  password: '{}'\n",
        "spring.datasource.password={}\nserver.port=8080",
        "[db]\npassword = {}\n",
        "export DB_PASSWORD={}",
        "<password>{}</password>",
        '<add key="Password" value="{}"/>',
        "{{'password': '{}', 'x': 1}}",
        ":password => '{}'",
        "-Djavax.net.ssl.keyStorePassword={} -Xmx1g",
        "https://x.internal/a?access_token={}&b=1",
        "https://x.internal/a#token={}",
        "AccountName=x;AccountKey={};EndpointSuffix=core.windows.net",
        'PlainLoginModule required username="app" password="{}";',
        "//registry.npmjs.org/:_authToken={}",
        "Authorization: Basic {}",
        "x-api-key: {}",
        "curl -XPOST -d 'client_secret={}' https://auth.internal/token",
        'curl -d \'{{"client_secret":"{}"}}\' https://auth.internal/token',
        "helm upgrade shop --set db.password={}",
        "user=app,password={},db=x",
        "jdbc:oracle:thin:app/{}@//db.internal:1521/ORCL",
        'echo {{\\"password\\":\\"{}\\"}}',
        "requirepass {}",
        "Data Source=x;Initial Catalog=y;User ID=z;Pwd={}",
        'psql "host=x user=y password={}"',
        "sshpass -p {} ssh x",
        "openssl enc -pass pass:{}",
        '["--password", "{}"]',
    ],
)
@pytest.mark.parametrize(
    "secret", [WORD, PHRASE, LITERAL, "admin", "83726194", "6f1c2a9e-0b7d-4a53-9f21-7c3e5d8b1a46", "db.example.com"]
)
def test_credential_inside_a_text_goes_whatever_its_notation(shape: str, secret: str) -> None:
    text = shape.format(secret)
    for passed in (variable("SETTING", text), command("sh", "-c", text)[2]):
        assert secret not in passed
        assert MARKER.search(passed)


@pytest.mark.parametrize(
    "text",
    [
        "https://x.internal/a?password%3D{}",
        "https://x.internal/a?api_key%3D{}&b=1",
        "https://x.internal/login%3Ftoken%3D{}",
        "https://x.internal/?next=%2Flogin%3Fsecret%3D{}",
        "https://x.internal/?to=https%3A%2F%2Fu%3A{}%40db.internal%2Fx",
        "postgres%3A%2F%2Fu%3A{}%40db.internal%2Fx",
        "https://x.internal/?q=%257Bpassword%253D{}",
        "Server%3Dx%3BPassword%3D{}",
    ],
)
def test_percent_escapes_hide_nothing(text: str) -> None:
    passed = variable("SETTING", text.format(WORD + "77"))
    assert WORD not in passed
    assert set(classes(passed)) & {"named", "userinfo"}
    assert variable("SETTING", passed) == passed


def test_token_with_percent_escapes_goes() -> None:
    assert classes(variable("SETTING", "https://x.internal/?q=" + GITHUB.replace("_", "%5F"))) == ["token"]
    assert MARKER.fullmatch(variable("SETTING", "".join(f"%{ord(each):02x}" for each in WORD)))


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("attribute:ecs.instance-type =~ t3.*", "attribute:ecs.instance-type =~ t3.*"),
        ("attribute:stack == zanzibar-7", "attribute:stack == zanzibar-7"),
        ("not(task:group == service:api-token)", "not(task:group == service:api-token)"),
        (f"attribute:db_password == {WORD}", "attribute:db_password == ()"),
        (f"attribute:token in [{WORD}]", "attribute:token in [()]"),
        (f"attribute:x != {GITHUB}", "attribute:x != ()"),
    ],
)
def test_placement_expression_keeps_its_names(expression: str, passed: str) -> None:
    document = {"placementConstraints": [{"type": "memberOf", "expression": expression}]}
    (constraint,) = Door(now=NOW).admit(TaskDefinition, document)["placementConstraints"]
    assert MARKER.sub("()", constraint["expression"]) == passed


def test_host_of_a_template_is_no_password() -> None:
    url = "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/orders"
    assert variable("SETTING", url) == url


def test_token_inside_an_arn_goes() -> None:
    assert GITHUB not in variable("ROLE", f"arn:aws:iam::123456789012:role/{GITHUB}")


def test_key_that_stands_twice_hides_nothing() -> None:
    assert LITERAL not in variable("SETTING", f'{{"a": "{LITERAL}", "a": "8080"}}')


def test_secret_in_a_key_goes() -> None:
    admitted = Door().admit(TaskDefinition, {"containerDefinitions": [{"dockerLabels": {f"x-{GITHUB}": "true"}}]})
    assert GITHUB not in json.dumps(admitted)


def test_number_under_a_credential_name_goes() -> None:
    admitted = Door().admit(Service, {"brandNew": {"pinPassword": 4711, "port": 80}})
    assert MARKER.fullmatch(admitted["brandNew"]["pinPassword"])
    assert admitted["brandNew"]["port"] == 80


# --- groups -----------------------------------------------------------------------------------------------------


def test_equal_texts_share_a_group_and_others_do_not() -> None:
    door = Door()
    found: dict[str, set[Redaction]] = {LITERAL: set(), PHRASE: set()}
    for number in range(12):
        for secret, markers in found.items():
            environment = [{"name": f"PASSWORD_{number}_TOKEN", "value": secret}]
            admitted = door.admit(TaskDefinition, {"containerDefinitions": [{"environment": environment}]})
            markers.update(redactions_in(json.dumps(admitted)))
    groups = [{each.group for each in markers} for markers in found.values()]
    assert [len(each) for each in groups] == [1, 1]
    assert groups[0] != groups[1]


def test_door_holds_no_secret_text() -> None:
    door = Door()
    document = {
        "containerDefinitions": [{"environment": [{"name": "PASSWORD", "value": each} for each in canaries.SECRETS]}]
    }
    door.admit(TaskDefinition, document)
    for each in TOKENS.values():
        door.admit(TaskDefinition, {"containerDefinitions": [{"dockerLabels": {f"x {each}": each}}]})
        door.admit(TaskDefinition, {"containerDefinitions": [{"command": [f'"{each}": 5', f"{each}=1"]}]})
    held = repr(vars(door)) + repr(vars(door._tokens))
    assert not [each for each in canaries.SECRETS if each in held]


# --- robustness -------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=60),
    st.text("abcXYZ019:/@=;,&?#\"'`$(){}<>%|\\ \n.-_*!~", max_size=60),
    st.sampled_from(
        [
            LITERAL,
            GITHUB,
            KEY_ID,
            "a=b",
            "--password x",
            "postgres://u:p@h/d",
            "(redacted:text:unknown:1-8:g3)",
            "${X:-y}",
            "(redacted:userinfo:password:9-16:g7)",
            "password: x",
            '{"a": "b"}',
            "https://h/(redacted:text:x:1-8:g1)/x?a=b",
            "(redacted:text:",
            ":g999999999999999999)",
            "'it' \"is\"",
            "<a b>",
            "%A%",
            "{{ x }}",
            "$(X)",
            "a,b,http://c,d",
            "add_user a bc de",
            "htpasswd -bc a b cd",
            "-encrypt ",
            "set API_TOKEN ",
            "auth 0123456789abcdef0a1b",
            "u:$X",
            "%3A",
            "%2F%2F",
            "token%3Dx",
            "<%- x %>",
            "attribute:token == x",
            "-XX:+A1",
        ]
    ),
)
NAMES = st.sampled_from(["", "X", "DB_PASSWORD", "QUEUE_NAME", "DB_HOST", "AUTH_MODULE", "JAVA_OPTS", "owner"])


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=4).map("".join) | st.lists(TEXTS, max_size=4).map(" ".join), NAMES)
@example('A{%"%}', "")
@example('A{%"%}"', "")
@example("A://0::A", "")
@example("Pass)0000Text", "")
def test_what_passed_passes_again_unchanged(text: str, name: str) -> None:
    door = Door(now=NOW)
    document = {
        "containerDefinitions": [
            {
                "name": text,
                "image": text,
                "command": [text, name, text],
                "environment": [{"name": name, "value": text}],
                "dockerLabels": {text: text},
                "networkMode": text,
                "newField": {text: [text, {"name": name, "value": text}]},
            }
        ],
        "placementConstraints": [{"expression": text}],
        "tags": [{"key": name, "value": text}],
    }
    once = door.admit(TaskDefinition, document)
    assert door.admit(TaskDefinition, once) == once


@pytest.mark.parametrize(
    "text",
    [
        "(redacted:text:x:1-8:g" + "9" * 5000 + ")",
        "(redacted:nonsense:x:1-8:g1)",
        "(redacted:" * 2000,
        "(redacted:token:x:1-8:g5)",
    ],
)
def test_forged_marker_does_no_harm(text: str) -> None:
    passed = variable("SETTING", text)
    assert list(redactions_in(passed)) is not None
    assert variable("SETTING", passed) == passed


@pytest.mark.parametrize(
    "piece",
    [
        "a://",
        "a:",
        "@",
        "eyJ",
        "-----BEGIN ",
        "{" * 10,
        '"',
        "'",
        "\\",
        "((",
        "a=",
        "sk-",
        "0",
        "a.",
        "/a",
        "$",
        "${",
        "%A",
        "<a",
        "x,",
        "a://b@",
        "=",
        "--p ",
        "xox",
        "a1B2",
    ],
)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    import time

    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    for name in ("X", "PASSWORD", "DB_HOST"):
        variable(name, text)
    command(text[:60_000], text)
    Door().admit(TaskDefinition, {"family": text, "networkMode": text, text[:60_000]: text})
    assert time.process_time() - began < 6


def test_deep_nesting_is_cut() -> None:
    document: Any = LITERAL
    for _ in range(5000):
        document = {"x": [document]}
    admitted = Door().admit(Service, {"unknown": document, "tags": [{"key": "x", "value": "[" * 50_000}]})
    assert LITERAL not in json.dumps(admitted)


def test_texts_that_no_encoding_can_write_pass() -> None:
    admitted = Door().admit(Service, {"serviceName": "a\ud800b", "x": {"\udfff": "\ud800"}})
    assert json.dumps(admitted, ensure_ascii=False).encode()


def test_error_at_the_door_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door()

    def broken(*_: Any) -> str:
        raise ValueError(f"cannot read {LITERAL}")

    monkeypatch.setattr(door._tokens, "value", broken)
    with pytest.raises(DoorError) as caught:
        door.admit(Task, {"overrides": {"containerOverrides": [{"environment": [{"name": "X", "value": LITERAL}]}]}})
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value)
    assert LITERAL not in shown
    assert caught.value.__context__ is None
    assert "Task" in str(caught.value)


def test_base64_of_an_address_is_found() -> None:
    text = base64.b64encode(f"redis://:{LITERAL}@cache.internal".encode()).decode()
    assert classes(variable("SETTING", text)) == ["userinfo"]
