"""Saved estates: the same after reading, whole or not there, and never a way past the door."""

import gzip
import json
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.estate import snapshot
from assess.estate.builder import EstateBuilder
from assess.estate.estate import SCHEMA_VERSION, Estate, Scope
from assess.estate.facts import Origin
from assess.estate.gaps import Gap, Reason
from assess.estate.snapshot import SnapshotError, load, save
from tests.estate.canaries import GITHUB, LITERAL, PHRASE, WORD

COLLECTED = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HERE = Origin(account="123456789012", region="eu-west-1")


def task(number: int, variables: dict[str, str]) -> dict[str, Any]:
    return {
        "taskDefinitionArn": f"arn:aws:ecs:eu-west-1:123456789012:task-definition/orders-{number}:{number}",
        "family": f"orders-{number}",
        "revision": number,
        "registeredAt": COLLECTED,
        "containerDefinitions": [
            {
                "name": "app",
                "image": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:{number}",
                "environment": [{"name": name, "value": value} for name, value in variables.items()],
                "portMappings": [{"containerPort": 8080}],
                "brandNew": {"list": [1, 2.5, True, {"apiToken": LITERAL, "x": "8080"}]},
            }
        ],
    }


def example() -> Estate:
    builder = EstateBuilder()
    for number in range(3):
        builder.add("task_definitions", task(number, {"DB_PASSWORD": PHRASE, "NOTE": f"zanzibar {number}"}), HERE)
    builder.add(
        "task_definitions",
        {"family": "web-${STAGE}", "cpu": "<CPU>", "containerDefinitions": [{"cpu": "<CPU>"}]},
        Origin(source="tasks/web.json", lines={"/family": 2}),
    )
    builder.gap(
        Gap(
            api="ecs:ListTasks",
            action="ecs:ListTasks",
            account="123456789012",
            region="eu-west-1",
            reason=Reason.DENIED,
            facts=("ecs.tasks",),
            error="AccessDeniedException",
            message=f"not authorized to perform: ecs:ListTasks with {LITERAL}",
        )
    )
    builder.saw("ecs.services", "123456789012", "eu-west-1")
    return builder.build(collected_at=COLLECTED, scope=Scope(accounts=("123456789012",), regions=("eu-west-1",)))


@pytest.mark.parametrize("name", ["estate.json", "estate.json.gz"])
def test_estate_is_the_same_after_reading(tmp_path: Path, name: str) -> None:
    estate = example()
    save(estate, tmp_path / name)
    assert load(tmp_path / name) == estate
    save(load(tmp_path / name), tmp_path / f"again-{name}")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [LITERAL, GITHUB, "redis://:x9y8z7@cache:6379", "8080", "a b c", "${X}", "(redacted:text:x:1-8:g9)"]
    ),
)


@settings(max_examples=25, deadline=None)
@given(variables=st.dictionaries(TEXT, TEXT, max_size=4), text=TEXT, source=st.sampled_from([None, "tasks/a.json"]))
def test_any_estate_is_the_same_after_reading(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str], text: str, source: str | None
) -> None:
    builder = EstateBuilder()
    origin = Origin(account="1", region="r", source=source) if source else Origin(account="1", region="r")
    for number in range(2):
        document = task(number, variables) | {"family": text, "cpu": text, "newField": {text: [variables, text]}}
        builder.add("task_definitions", document, origin)
        builder.add("services", {"serviceName": text, "desiredCount": text, "events": [{"message": text}]}, origin)
    builder.gap(Gap(api="file", action=None, account="1", region="", reason=Reason.ERROR, error="Broken", message=text))
    estate = builder.build(collected_at=COLLECTED, scope=Scope(skipped=(text,)))
    path = tmp_path_factory.mktemp("estate") / "estate.json"
    save(estate, path)
    again = load(path)
    assert again == estate
    assert again.model_dump_json(by_alias=True) == estate.model_dump_json(by_alias=True)


def test_save_leaves_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "estate.json"
    path.write_text("old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save(example(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def changed(**members: Any) -> dict[str, Any]:
    document = json.loads(example().model_dump_json(by_alias=True, exclude_unset=True))
    return {**document, **members}


def written(tmp_path: Path, content: bytes | str | dict[str, Any]) -> Path:
    path = tmp_path / "estate.json"
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


WHOLE = json.dumps(changed()).encode()

BROKEN: dict[str, tuple[bytes | str | dict[str, Any], str]] = {
    "empty": (b" \n", "empty"),
    "not JSON": ("services:\n  - x", "not JSON: expected value"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "not JSON: EOF"),
    "not an object": (b"[]", "a JSON object belongs here"),
    "something else": (b'{"family": "orders"}', "not a saved estate"),
    "newer": (changed(schema_version=SCHEMA_VERSION + 1), "saved by a newer assess"),
    "version of a wrong type": (changed(schema_version=True), "not a saved estate"),
    "unknown member": (changed(spaceships=[]), "unknown member"),
    "list of a wrong type": (changed(services={}), "/services: Input should be a list"),
    "fact of a wrong type": (changed(services=["x"]), "/services/0: Input should be an object"),
    "field of a wrong type": (changed(services=[{"desiredCount": "many"}]), "/services/0/desiredCount: "),
    "origin of a wrong type": (changed(services=[{"@origin": 5}]), "/services/0/@origin"),
    "gap of a wrong type": (changed(gaps=[{"api": 1}]), "/gaps/0/"),
    "seen of a wrong type": (changed(seen=[4]), "/seen/0: "),
    "scope of a wrong type": (changed(scope=[]), "/scope: "),
    "moment of a wrong type": (changed(collected_at="yesterday"), "/collected_at: "),
    "deeply nested": (b"[" * 100_000, "not JSON: recursion limit exceeded"),
    "not UTF-8": (b'{"schema_version": 1, "collected_at": "\xff"}', "not JSON: "),
    "damaged gzip": (gzip.compress(WHOLE)[:40] + b"\0" * 40, "the compressed data"),
    "truncated gzip": (gzip.compress(WHOLE)[:-30], "truncated"),
}


@pytest.mark.parametrize("situation", BROKEN)
def test_broken_file_is_one_clear_line(tmp_path: Path, situation: str) -> None:
    content, message = BROKEN[situation]
    path = written(tmp_path, content)
    with pytest.raises(SnapshotError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_line_of_broken_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError) as caught:
        load(written(tmp_path, '{\n"schema_version": 1,\n"collected_at" 5}'))
    assert caught.value.line == 3


@pytest.mark.parametrize("compressed", [False, True])
def test_too_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compressed: bool) -> None:
    monkeypatch.setattr(snapshot, "LARGEST_ESTATE", 2**21)
    content = b'{"x": "' + b"0" * 2**23 + b'"}'
    with pytest.raises(SnapshotError, match="larger than 2 MiB"):
        load(written(tmp_path, gzip.compress(content) if compressed else content))


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.json")


def test_hand_made_file_cannot_smuggle_a_secret_in(tmp_path: Path) -> None:
    document = changed(
        services=[
            {
                "@origin": {
                    "account": GITHUB,
                    "source": f"postgres://u:{LITERAL}@h/x",
                    "lines": {f"/x/{GITHUB}": 1},
                    "unresolved": {f"/{GITHUB}": PHRASE},
                },
                "serviceName": GITHUB,
                "adminPassword": WORD,
                "events": [{"message": f"password={WORD}"}],
            }
        ],
        seen=[{"fact": GITHUB, "account": "1", "region": "r"}],
        scope={"accounts": [GITHUB], "skipped": [f"x {GITHUB}"], "filters": {GITHUB: [GITHUB]}},
    )
    document["gaps"][0] |= {"api": GITHUB, "error": GITHUB, "resource": GITHUB, "message": f"{LITERAL} {GITHUB}"}
    estate = load(written(tmp_path, document))
    for secret in (GITHUB, LITERAL, PHRASE, WORD):
        assert secret not in estate.model_dump_json()


def test_thousand_workloads_are_read_in_seconds(tmp_path: Path) -> None:
    builder = EstateBuilder()
    for number in range(1000):
        variables = {f"SETTING_{each}": f"https://s{number}.internal/{each}" for each in range(26)}
        variables |= {
            "DB_PASSWORD": f"{LITERAL}{number}",
            "REDIS": f"redis://:{LITERAL}{number}@c.internal",
            "A": "8080",
        }
        builder.add("task_definitions", task(number, variables | {"NOTE": f"zanzibar {number}"}), HERE)
    save(builder.build(collected_at=COLLECTED, scope=Scope()), tmp_path / "estate.json.gz")
    began = time.process_time()
    load(tmp_path / "estate.json.gz")
    assert time.process_time() - began < 6  # about 2 s on an idle machine; the bound only catches a slip
