"""The builder: one estate from many documents, whatever the order in which they came."""

import json
import random
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from assess.estate.builder import EstateBuilder
from assess.estate.door import DETECTORS_VERSION, Door
from assess.estate.ecs import TaskDefinition
from assess.estate.estate import SCHEMA_VERSION, Estate, Scope, Source
from assess.estate.facts import Origin
from assess.estate.gaps import Gap, Reason
from assess.estate.redaction import MARKER, redactions_in
from tests.estate.canaries import GITHUB, LITERAL, PHRASE

HERE = Origin(account="123456789012", region="eu-west-1")
FILE = Origin(source="tasks/orders.json", lines={"/family": 2, "/containerDefinitions/0/portMappings/1/hostPort": 9})
COLLECTED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def built(builder: EstateBuilder) -> Estate:
    return builder.build(collected_at=COLLECTED, scope=Scope(accounts=("123456789012",), regions=("eu-west-1",)))


def written(estate: Estate) -> str:
    return estate.model_dump_json(by_alias=True, exclude_unset=True)


def service(name: str, **more: Any) -> dict[str, Any]:
    return {"serviceArn": f"arn:aws:ecs:eu-west-1:123456789012:service/shop/{name}", "serviceName": name, **more}


def gap(message: str, **more: Any) -> Gap:
    given = {"api": "ecs:ListServices", "action": "ecs:ListServices", "account": "1", "region": "r", "reason": "denied"}
    return Gap.model_validate({**given, "error": "AccessDeniedException", "message": message, **more})


def of_file(document: dict[str, Any], origin: Origin = FILE) -> TaskDefinition:
    fact = EstateBuilder().add("task_definitions", document, origin)
    assert isinstance(fact, TaskDefinition)
    return fact


def test_estate_says_by_which_versions_it_was_made() -> None:
    estate = built(EstateBuilder())
    assert (estate.schema_version, estate.detectors_version) == (SCHEMA_VERSION, DETECTORS_VERSION)


def test_nulls_are_dropped_and_unknown_fields_and_values_stay() -> None:
    given = service("orders", desiredCount=None, launchType="MOON", brandNew={"enabled": True, "level": None})
    fact = EstateBuilder().add("services", given, HERE)
    assert fact.model_dump(by_alias=True, exclude_unset=True, exclude={"origin"}) == service(
        "orders", launchType="MOON", brandNew={"enabled": True}
    )
    assert fact.origin == HERE


def test_numbers_and_booleans_are_read_from_texts_and_texts_from_numbers() -> None:
    task = of_file(
        {
            "family": "orders",
            "cpu": 256,
            "memory": 0.5,
            "revision": "7",
            "containerDefinitions": [
                {"cpu": "128", "essential": "true", "environment": [{"name": "PORT", "value": 8080}], "user": 1000}
            ],
        }
    )
    (container,) = task.container_definitions
    assert (task.cpu, task.memory, task.revision) == ("256", "0.5", 7)
    assert (container.cpu, container.essential, container.user) == (128, True, "1000")
    assert container.environment[0].value == "8080"
    assert task.origin.unresolved == {}


def test_placeholders_stay_and_are_listed() -> None:
    task = of_file(
        {
            "family": "orders-${STAGE}",
            "containerDefinitions": [
                {
                    "image": "<IMAGE>",
                    "command": ["sh", "-c", "exec app --port ${PORT} $HOME", "{{ mode }}", "${COMMAND}"],
                    "environment": [{"name": "STAGE", "value": "%STAGE%"}, {"name": "DB_PASSWORD", "value": "${X}"}],
                    "logConfiguration": {"options": {"awslogs-region": "{{region}}"}},
                }
            ],
        }
    )
    assert task.family == "orders-${STAGE}"
    assert task.container_definitions[0].image == "<IMAGE>"
    assert task.origin.unresolved == {
        "/family": "orders-${STAGE}",
        "/containerDefinitions/0/image": "<IMAGE>",
        "/containerDefinitions/0/command/3": "{{ mode }}",
        "/containerDefinitions/0/command/4": "${COMMAND}",
        "/containerDefinitions/0/environment/0/value": "%STAGE%",
        "/containerDefinitions/0/logConfiguration/options/awslogs-region": "{{region}}",
    }


def test_placeholder_for_something_that_is_no_text_is_left_out_and_kept() -> None:
    task = of_file(
        {
            "family": "orders",
            "revision": "${REVISION}",
            "containerDefinitions": [
                {
                    "cpu": "<CPU>",
                    "environment": "${jsonencode(env)}",
                    "portMappings": [
                        "${ports}",
                        {"containerPort": 80, "hostPort": "{{ port }}"},
                        {"containerPort": 81},
                    ],
                    "logConfiguration": "%LOG%",
                }
            ],
        }
    )
    (container,) = task.container_definitions
    assert task.revision is None
    assert (container.cpu, container.environment, container.log_configuration) == (None, (), None)
    assert [each.container_port for each in container.port_mappings] == [80, 81]
    at = "/containerDefinitions/0"
    assert task.origin.unresolved["/revision"] == "${REVISION}"
    assert task.origin.unresolved[f"{at}/cpu"] == "<CPU>"
    assert task.origin.unresolved[f"{at}/portMappings/0"] == "${ports}"
    assert task.origin.unresolved[f"{at}/portMappings/1/hostPort"] == "{{ port }}"
    assert f"{at}/environment" in task.origin.unresolved
    assert task.origin.lines == {"/family": 2, f"{at}/portMappings/0/hostPort": 9}


def test_secret_where_a_number_belongs_is_kept_by_its_marker_only() -> None:
    fact = EstateBuilder().add("services", service("orders", desiredCount=LITERAL), HERE)
    assert LITERAL not in fact.model_dump_json()
    (value,) = fact.origin.unresolved.values()
    assert MARKER.fullmatch(value)


def test_secret_in_the_origin_does_not_pass() -> None:
    key = f"/containerDefinitions/0/dockerLabels/{GITHUB}"
    document = {"containerDefinitions": [{"dockerLabels": {GITHUB: "true"}}]}
    task = of_file(document, Origin(source=f"/x/{GITHUB}.json", lines={key: 3}))
    assert GITHUB not in task.model_dump_json()
    (label,) = task.container_definitions[0].docker_labels
    assert task.origin.line(f"/containerDefinitions/0/dockerLabels/{label}") == 3


def test_equal_identities_are_one_and_the_fuller_is_kept() -> None:
    full = service("orders", desiredCount=3, runningCount=3)
    for documents in ([service("orders"), full], [full, service("orders")]):
        builder = EstateBuilder()
        for each in documents:
            builder.add("services", each, HERE)
        (kept,) = built(builder).services
        assert kept.desired_count == 3


def test_same_identity_elsewhere_is_another() -> None:
    builder = EstateBuilder()
    for origin in (
        HERE,
        Origin(account="210987654321", region="eu-west-1"),
        Origin(account="123456789012", region="x"),
    ):
        builder.add("vpcs", {"VpcId": "vpc-1"}, origin)
    for source in ("a.json", "b.json"):
        builder.add("task_definitions", {"family": "orders"}, Origin(source=source))
    builder.add("task_definitions", {"family": "payments"}, Origin(source="a.json"))
    estate = built(builder)
    assert len(estate.vpcs) == 3
    assert [(each.origin.source, each.family) for each in estate.task_definitions] == [
        ("a.json", "orders"),
        ("a.json", "payments"),
        ("b.json", "orders"),
    ]


def documents() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for number in range(20):
        environment = [
            {"name": "DB_PASSWORD", "value": PHRASE},
            {"name": "OWN_PASSWORD", "value": f"{LITERAL}{number}"},
            {"name": "NOTE", "value": f"zanzibar {number} unknown"},
        ]
        arn = f"arn:aws:ecs:eu-west-1:123456789012:task-definition/t{number}:1"
        found.append(
            ("task_definitions", {"taskDefinitionArn": arn, "containerDefinitions": [{"environment": environment}]})
        )
        found.append(("services", service(f"s{number}", roleArn=GITHUB)))
    return found


def test_threads_and_order_do_not_change_the_bytes() -> None:
    outcomes = set()
    for seed in range(4):
        given = documents()
        random.Random(seed).shuffle(given)
        builder = EstateBuilder(Door(now=1e9))

        def work(part: list[tuple[str, dict[str, Any]]], builder: EstateBuilder = builder) -> None:
            for kind, document in part:
                builder.add(kind, document, HERE)

        threads = [threading.Thread(target=work, args=(given[index::4],)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        builder.gap(gap(f"the value {PHRASE} is wrong"))
        builder.saw("ecs.services", "123456789012", "eu-west-1")
        outcomes.add(written(built(builder)))
    assert len(outcomes) == 1
    text = outcomes.pop()
    groups = [each.group for each in redactions_in(text)]
    first = list(dict.fromkeys(groups))
    assert first == sorted(first)
    assert first[0] == 1


def test_groups_count_from_one_over_the_finished_estate() -> None:
    builder = EstateBuilder()
    for kind, document in documents():
        builder.add(kind, document, HERE)
    estate = built(builder)
    shared = [
        next(redactions_in(each.container_definitions[0].environment[0].value)).group
        for each in estate.task_definitions
    ]
    own = [
        next(redactions_in(each.container_definitions[0].environment[1].value)).group
        for each in estate.task_definitions
    ]
    assert len(set(shared)) == 1
    assert len(set(own)) == 20
    numbers = sorted({each.group for each in redactions_in(written(estate))})
    assert numbers == list(range(1, len(numbers) + 1))


def test_building_twice_gives_the_same() -> None:
    builder = EstateBuilder()
    for kind, document in documents():
        builder.add(kind, document, HERE)
    assert written(built(builder)) == written(built(builder))


def test_forged_markers_do_not_join_groups() -> None:
    builder = EstateBuilder()
    forged = "(redacted:named:name:9-16:g1)"
    for name, value in (("A_PASSWORD", LITERAL), ("B_PASSWORD", forged)):
        environment = [{"name": name, "value": value}]
        builder.add("task_definitions", {"family": name, "containerDefinitions": [{"environment": environment}]}, HERE)
    numbers = [each.group for each in redactions_in(written(built(builder)))]
    assert len(numbers) == len(set(numbers)) == 2


def test_estates_are_joined_with_their_groups_apart() -> None:
    parts = []
    for account, secret in (("111111111111", LITERAL), ("222222222222", PHRASE)):
        builder = EstateBuilder()
        environment = [{"name": "PASSWORD", "value": secret}]
        document = {"family": "orders", "containerDefinitions": [{"environment": environment}]}
        builder.add("task_definitions", document, Origin(account=account, region="r"))
        builder.gap(gap("denied", account=account))
        builder.saw("ecs.tasks", account, "r")
        parts.append(built(builder))
    whole = EstateBuilder()
    for part in parts:
        whole.include(part)
    estate = built(whole)
    assert [each.group for each in redactions_in(written(estate))] == [1, 2]
    assert len(estate.gaps) == len(estate.seen) == len(estate.task_definitions) == 2


# --- gaps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        "User: arn:aws:sts::123456789012:assumed-role/auditor/session is not authorized to perform: ecs:ListServices on"
        " resource: arn:aws:ecs:eu-west-1:123456789012:cluster/shop because no identity-based policy allows the"
        " ecs:ListServices action",
        "Rate exceeded",
        'Could not connect to the endpoint URL: "https://ecs.eu-west-1.amazonaws.com/"',
        "The security token included in the request is expired",
    ],
)
def test_message_of_aws_stays_readable(message: str) -> None:
    builder = EstateBuilder()
    builder.gap(gap(message))
    assert built(builder).gaps[0].message == message


def test_message_is_one_short_line_without_secrets() -> None:
    builder = EstateBuilder()
    builder.gap(gap(f"Encoded authorization failure message:\n{LITERAL * 9}\x1b[2J\r\n" + "denied " * 900 + GITHUB))
    (kept,) = built(builder).gaps
    assert "\n" not in kept.message
    assert "\x1b" not in kept.message
    assert len(kept.message) <= 300
    assert LITERAL not in kept.message
    assert kept.message.startswith("Encoded authorization failure message:")


def test_message_is_not_cut_within_a_marker() -> None:
    for length in range(250, 330):
        builder = EstateBuilder()
        builder.gap(gap("x" * 3 + " denied" * (length // 7) + "." * (length % 7) + " " + LITERAL * 2))
        (kept,) = built(builder).gaps
        assert len(kept.message) <= 300
        assert "(redacted" not in MARKER.sub("", kept.message)


def test_equal_gaps_are_one_and_sorted() -> None:
    builder = EstateBuilder()
    for region in ("b", "a", "b"):
        builder.gap(gap("denied", region=region))
    assert [each.region for each in built(builder).gaps] == ["a", "b"]
    assert built(builder).gaps[0].reason is Reason.DENIED


def test_scope_passes_too() -> None:
    scope = Scope(
        filters={"cluster": (GITHUB,)}, sources=(Source(path="my tasks/a b.json", kind="task_definition", facts=()),)
    )
    estate = EstateBuilder().build(collected_at=COLLECTED, scope=scope)
    assert GITHUB not in estate.model_dump_json()
    assert estate.scope.sources[0].path == "my tasks/a b.json"


def test_fact_with_nothing_in_it_is_kept() -> None:
    builder = EstateBuilder()
    builder.add("services", {}, HERE)
    assert len(built(builder).services) == 1
    assert json.loads(written(built(builder)))["services"][0]["@origin"]["region"] == "eu-west-1"


def test_a_document_cannot_say_where_it_comes_from() -> None:
    builder = EstateBuilder()
    forged = {"family": "web", "@origin": {"account": "999988887777", "source": "elsewhere"}}
    task = builder.add("task_definitions", forged, Origin(account="111122223333", region="us-east-1"))
    assert (task.origin.account, task.origin.source) == ("111122223333", None)


def test_lines_follow_their_members_when_others_are_left_out() -> None:
    document = {"family": "web", "containerDefinitions": ["${first}", {"name": "a"}, "${second}", {"name": "b"}]}
    lines = {"": 1, "/containerDefinitions": 2} | {f"/containerDefinitions/{at}": 3 + at for at in range(4)}
    lines |= {"/containerDefinitions/1/name": 4, "/containerDefinitions/3/name": 6}
    task = EstateBuilder().add("task_definitions", document, Origin(source="web.json", lines=lines))
    assert [task.origin.line(f"/containerDefinitions/{at}/name") for at in range(2)] == [4, 6]
    assert sorted(task.origin.lines) == [
        "",
        "/containerDefinitions",
        "/containerDefinitions/0",
        "/containerDefinitions/0/name",
        "/containerDefinitions/1",
        "/containerDefinitions/1/name",
    ]
