"""Files and folders to an estate: what is read, skipped, broken or refused, each with its reason."""

import gzip
import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from assess.estate.snapshot import save
from assess.readers import InputError, read
from assess.readers.files import MAX_BYTES

_CONTAINER = {"name": "app", "image": "shop/app:1", "essential": True}


def task(family: str) -> str:
    return json.dumps({"family": family, "containerDefinitions": [_CONTAINER]}, indent=2)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # 2026-01-01
    return tmp_path


def families(estate: Estate) -> list[str]:
    return [each.family for each in estate.task_definitions]


def test_a_file_becomes_a_task_definition_with_its_place(here: Path) -> None:
    (here / "orders.json").write_text(task("orders"))
    estate = read(["orders.json"])
    (definition,) = estate.task_definitions
    assert definition.origin.source == "orders.json"
    evidence = definition.evidence("containerDefinitions", 0, "image")
    assert (evidence.source, evidence.line, evidence.value) == ("orders.json", 6, "shop/app:1")
    assert [(each.path, each.kind, each.facts) for each in estate.scope.sources] == [
        ("orders.json", "task_definition", ("ecs.task_definitions",))
    ]
    assert estate.missing("ecs.task_definitions", definition.origin) is None
    missing = estate.missing("tags", definition.origin)
    assert missing is not None
    assert missing.reason is Reason.NOT_IN_SOURCE


def test_the_time_of_files_is_that_of_source_date_epoch() -> None:
    Path("orders.json").write_text(task("orders"))
    assert read(["orders.json"]).collected_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("epoch", [None, "", "yesterday", "-1"])
def test_without_a_usable_source_date_epoch_the_time_is_now(monkeypatch: pytest.MonkeyPatch, epoch: str | None) -> None:
    Path("orders.json").write_text(task("orders"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    if epoch is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= read(["orders.json"]).collected_at <= datetime.now(UTC)


def test_a_placeholder_for_a_number_is_unresolved(here: Path) -> None:
    (here / "orders.json").write_text(
        '{"family": "orders", "containerDefinitions": [\n{"name": "app", "image": "${image}",\n"memory": ${memory}}]}'
    )
    (definition,) = read(["orders.json"]).task_definitions
    assert definition.container_definitions[0].memory is None
    unresolved = definition.origin.unresolved
    assert unresolved["/containerDefinitions/0/memory"] == "${memory}"
    assert unresolved["/containerDefinitions/0/image"] == "${image}"
    assert definition.origin.line("/containerDefinitions/0/memory") == 3


def test_a_placeholder_among_containers_leaves_the_others_their_places(here: Path) -> None:
    (here / "orders.json").write_text(
        '{"family": "orders", "containerDefinitions": [\n${proxy},\n'
        '{"name": "app",\n"memory": ${memory},\n"environment": [${shared}, {"name": "A",\n"value": "1"}]},\n${agent}]}'
    )
    (definition,) = read(["orders.json"]).task_definitions
    (container,) = definition.container_definitions
    assert (container.name, container.environment[0].name) == ("app", "A")
    assert definition.origin.unresolved == {
        "/containerDefinitions/0/environment/1": "${shared}",
        "/containerDefinitions/0/memory": "${memory}",
        "/containerDefinitions/1": "${proxy}",
        "/containerDefinitions/2": "${agent}",
    }
    assert definition.origin.line("/containerDefinitions/0/environment/0/value") == 6


def test_the_same_family_in_two_files_is_kept_twice(here: Path) -> None:
    (here / "a.json").write_text(task("orders"))
    (here / "b.json").write_text(task("orders"))
    estate = read(["a.json", "b.json"])
    assert [each.origin.source for each in estate.task_definitions] == ["a.json", "b.json"]
    assert len(estate.workloads) == 2


def test_a_file_that_is_named_twice_is_read_once(here: Path) -> None:
    (here / "a.json").write_text(task("orders"))
    (here / "b.json").symlink_to("a.json")
    assert families(read(["a.json", "./a.json", "b.json", "."])) == ["orders"]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("api.json", "api"),
        ("api.json.tpl", "api"),
        ("api.JSON.j2", "api"),
        ("api.v2.json", "api.v2"),
        ("json.json", "json"),
    ],
)
def test_a_file_of_containers_names_the_family(here: Path, name: str, family: str) -> None:
    (here / name).write_text(json.dumps([_CONTAINER]))
    assert families(read([name])) == [family]
    assert families(read(["."])) == [family]


def test_a_byte_order_mark_is_no_part_of_the_text(here: Path) -> None:
    (here / "orders.json").write_bytes(b"\xef\xbb\xbf" + task("orders").encode())
    assert families(read(["orders.json"])) == ["orders"]


# --- folders ----------------------------------------------------------------------------------------------------


def test_a_folder_is_walked_and_what_is_not_ours_is_listed(here: Path) -> None:
    for path, text in {
        "a/orders.json": task("orders"),
        "a/deep/er/payments.json.tpl": task("payments"),
        "package.json": '{"name": "shop", "dependencies": {}}',
        "template.yaml": "Resources: {}",
        "main.tf": 'resource "aws_ecs_service" "x" {}',
        "stack.json": json.dumps(
            {"Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": []}}}}
        ),
        "broken-stack.json": '{"AWSTemplateFormatVersion": "2010-09-09", "ContainerDefinitions": [',
        "broken.jsonnet": '{"containerDefinitions": [std.extVar("x")',
        "empty.json": "",
        "catalogue.json": json.dumps([{"name": "shoe", "image": "shoe.png"}]),
        "broken-but-not-ours.json": '{"name": ',
        "README.md": task("documentation"),
        "node_modules/x/task.json": task("dependency"),
        ".git/task.json": task("hidden"),
        ".terraform/task.json": task("hidden"),
        "vendor/task.json": task("vendored"),
    }.items():
        target = here / "repository" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    estate = read(["repository"])
    assert sorted(families(estate)) == ["T", "orders", "payments"]
    assert estate.gaps == ()
    assert list(estate.scope.skipped) == [
        f"repository/{name}"
        for name in (
            "broken-but-not-ours.json",
            "broken-stack.json",
            "broken.jsonnet",
            "catalogue.json",
            "empty.json",
            "main.tf",
            "package.json",
            "template.yaml",
        )
    ]


def test_a_broken_task_definition_in_a_folder_may_hide_a_workload(here: Path) -> None:
    (here / "orders.json").write_text(task("orders"))
    (here / "payments.json").write_text(task("payments")[:-12])
    (here / "utf-16.json").write_text(task("search"), encoding="utf-16")
    estate = read(["."])
    assert families(estate) == ["orders"]
    assert [(gap.resource, gap.message, gap.enumeration, gap.reason) for gap in estate.gaps] == [
        ("./payments.json", "line 7: it ends within the object that starts on line 4", True, Reason.ERROR),
        ("./utf-16.json", "the file is UTF-16 text; save it as UTF-8", True, Reason.ERROR),
    ]
    assert estate.blind == estate.gaps


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_in_a_folder_may_hide_a_workload(here: Path) -> None:
    (here / "orders.json").write_text(task("orders"))
    (here / "payments.json").write_text(task("payments"))
    (here / "payments.json").chmod(0)
    assert [gap.message for gap in read(["."]).gaps] == ["permission denied"]


def test_a_folder_without_anything_usable_says_what_was_looked_for(here: Path) -> None:
    (here / "repository").mkdir()
    (here / "repository" / "package.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        read(["repository"])
    assert str(caught.value) == (
        "repository: there is nothing usable in this folder: looked for saved estates (.json, .json.gz), "
        "CloudFormation templates (.yaml, .json) and task definitions (.json, or a template of one), found 1 of other "
        "kinds"
    )


def test_a_folder_with_only_broken_files_names_the_first(here: Path) -> None:
    (here / "payments.json").write_text(task("payments")[:-12])
    with pytest.raises(InputError, match=r"; broken: \./payments\.json:7: it ends within the object"):
        read(["."])


def test_circles_of_links_and_links_to_nowhere_are_passed_over(here: Path) -> None:
    (here / "orders.json").write_text(task("orders"))
    (here / "self").symlink_to(".")
    (here / "lost.json").symlink_to("nowhere.json")
    (here / "round.json").symlink_to("round.json")
    estate = read(["."])
    assert families(estate) == ["orders"]
    assert estate.scope.skipped == ("./lost.json", "./round.json")


# --- saved estates ----------------------------------------------------------------------------------------------


def test_a_saved_estate_is_read_as_it_was_saved(here: Path) -> None:
    (here / "orders.json").write_text(task("orders"))
    estate = read(["orders.json"])
    save(estate, here / "estate.json.gz")
    save(estate, here / "estate.json")
    assert read(["estate.json.gz"]) == estate
    assert read(["estate.json"]) == estate


def test_saved_estates_and_files_become_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"name": "DB_PASSWORD", "value": "corr" + "ect-horse-9"}
    for name in ("orders", "payments", "search"):
        container = {**_CONTAINER, "environment": [secret]}
        (here / f"{name}.json").write_text(json.dumps({"family": name, "containerDefinitions": [container]}))
    save(read(["orders.json"]), here / "one.json.gz")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767312000")  # a day later
    save(read(["payments.json"]), here / "two.json.gz")
    estate = read(["one.json.gz", "two.json.gz", "search.json"])
    assert sorted(families(estate)) == ["orders", "payments", "search"]
    assert [each.path for each in estate.scope.sources] == ["orders.json", "payments.json", "search.json"]
    assert estate.collected_at == datetime(2026, 1, 2, tzinfo=UTC)
    values = [each.container_definitions[0].environment[0].value for each in estate.task_definitions]
    assert len(set(values)) == 3, "whether secrets of different scans are equal cannot be known"


def test_the_order_of_the_arguments_does_not_matter(here: Path) -> None:
    for name in ("orders", "payments"):
        (here / f"{name}.json").write_text(task(name))
    assert read(["orders.json", "payments.json"]) == read(["payments.json", "orders.json"])


# --- refused ----------------------------------------------------------------------------------------------------


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: None, "x.json: there is no such file or folder"),
        (lambda path: path.write_text(""), "x.json: the file is empty"),
        (lambda path: path.write_text(" \n"), "x.json:1: it is empty"),
        (lambda path: path.write_text("family: web"), "x.json:1: it is not JSON"),
        (lambda path: path.write_text(task("x")[:-12]), "x.json:7: it ends within the object that starts on line 4"),
        (lambda path: path.write_text("[" * 100_000), "x.json:1: it is nested deeper than 200 levels"),
        (large, "x.json: the file has 1 GiB; at most 8 MiB are read as task definitions"),
        (lambda path: path.write_bytes(b'{"a":\n "\xff"}'), "x.json:2: the file is not UTF-8 text"),
        (lambda path: path.write_text(task("x"), "utf-16"), "x.json: the file is UTF-16 text; save it as UTF-8"),
        (os.mkfifo, "x.json: this is neither a file nor a folder"),
        (a_socket, "x.json: this is neither a file nor a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "x.json: this is neither a file nor a folder"),
        (lambda path: path.symlink_to(path.name), "x.json: too many levels of symbolic links"),
        (
            lambda path: path.write_text('{"name": "shop"}'),
            "x.json: this is not a task definition; read are saved estates (.json, .json.gz), CloudFormation templates "
            "(.yaml, .json) and task definitions (.json, or a template of one)",
        ),
        (
            lambda path: path.write_text('{"schema_version": 1, "scoring_model_version": 1}'),
            "x.json: this is a saved assessment, not an estate; `assess report` and `assess gate` take it",
        ),
        (
            lambda path: path.write_text('{"schema_version": 99, "detectors_version": 1, "collected_at": "x"}'),
            "x.json: saved by a newer assess: schema_version 99, this one reads up to 1",
        ),
    ],
)
def test_a_named_file_that_cannot_be_used_is_one_line(
    here: Path, make: Callable[[Path], object], expected: str
) -> None:
    make(here / "x.json")
    with pytest.raises(InputError) as caught:
        read(["x.json"])
    assert str(caught.value) == expected
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b", b"\x1f\x8bgarbage", gzip.compress(b"{}", mtime=0)[:-9], gzip.compress(b"{}", mtime=0)]
)
def test_a_compressed_file_that_is_no_saved_estate_is_one_line(here: Path, content: bytes) -> None:
    (here / "x.json.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"\Ax\.json\.gz: [^\n]+\Z"):
        read(["x.json.gz"])


@pytest.mark.parametrize("path", ["nul\0.json", "x" * 5000, "file/in/file.json", ""])
def test_what_is_no_path_is_one_line(here: Path, path: str) -> None:
    (here / "file").write_text("x")
    with pytest.raises(InputError, match=r"\A[^\n\0]*: [^\n\0]+\Z"):
        read([path])


def test_terminal_escapes_in_names_do_not_reach_the_message(here: Path) -> None:
    (here / "a\x1b[31m\u202eb\n.json").write_text("no")
    with pytest.raises(InputError) as caught:
        read(["a\x1b[31m\u202eb\n.json"])
    assert str(caught.value) == "a\\x1b[31m\\u202eb\\n.json:1: it is not JSON"


def test_a_name_that_is_no_utf_8_can_be_read(here: Path) -> None:
    name = os.fsdecode(b"caf\xe9.json")
    (here / name).write_text(task("orders"))
    (definition,) = read([name]).task_definitions
    assert definition.origin.source == "caf\\xe9.json"


def test_no_more_than_the_limit_is_read_of_a_file_that_grows(here: Path) -> None:
    (here / "x.json").write_text(task("x") + " " * MAX_BYTES)
    with pytest.raises(InputError, match="at most 8 MiB"):
        read(["x.json"])
