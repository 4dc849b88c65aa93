"""Mistakes: one clear line on standard error, the right exit code, and nothing written by halves."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assess.estate.estate import Estate
from tests.cli.conftest import SECRET, Command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan", "--from", "lost.json"], "lost.json: there is no such file or folder"),
        (["scan", "--from", "orders.json", "--region", "us-east-1"], "--region asks AWS, and --from reads files"),
        (["scan", "--external-id", "x"], "--external-id goes with --role-arn"),
        (["scan", "--parameter", "A=b"], "--parameter is of a template, and goes with --from"),
        (["scan", "--from", "orders.json", "--parameter", "A"], "--parameter is written NAME=VALUE"),
        (["scan", "--from", "orders.json", "--parameter", "A=b"], "--parameter A: no template that was read has this"),
        (["scan", "--from", "orders.json", "-o", "x.docx"], "x.docx: no format has this ending; known are "),
        (["scan", "--from", "orders.json", "-o", "lost/x.json"], "lost/x.json: there is no folder lost"),
        (["scan", "--from", "orders.json", "-o", "folder.json"], "folder.json: this is a folder"),
        (["scan", "--from", "orders.json", "-o", "x.json", "-o", "x.json"], "x.json: it is named twice"),
        (["scan", "--from", "orders.json", "-o", "x.json", "--save", "x.json"], "x.json: it cannot hold both"),
        (["scan", "--from", "orders.json", "--save", "x.yaml"], "x.yaml: an estate is saved as .json or .json.gz"),
        (["scan", "--from", "orders.json", "--save", "lost/x.json"], "lost/x.json: there is no folder lost"),
        (["scan", "--from", "orders.json", "--format", "jsn"], "--format jsn: there is no such format; did you mean"),
        (["scan", "--from", "orders.json", "--config", "lost.toml"], "lost.toml: no such file or directory"),
        (["scan", "--from", "orders.json", "--fail-on", "bad"], "--fail-on"),
        (["scan", "--from", "orders.json", "--min-coverage", "101"], "--min-coverage"),
        (["scan", "--from", "orders.json", "--min-coverage", "much"], "--min-coverage"),
        (["scan", "--from", "orders.json", "--as-of", "soon"], "--as-of"),
        (["scan", "--frm", "orders.json"], "--frm"),
        (["scna"], "scna"),
        (["gate"], "FILE"),
        (["gate", "orders.json"], "orders.json: this is neither a saved estate nor a saved assessment"),
        (["gate", "empty.json"], "empty.json: the file is empty"),
        (["report", "lost.json"], "lost.json: there is no such file or folder"),
        (["report", "half.json"], "half.json:2: it is not JSON, or it is truncated"),
        (["report", "newer.json"], "newer.json: a newer version of assess saved it (schema 99; this one reads 1)"),
        (["report", "odd.json"], "odd.json: this is no assessment that can be read: detectors_version: "),
        (["permissions", "--for-gaps", "orders.json"], "orders.json: this is neither"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(command: Command, here: Path, arguments: list[str], said: str) -> None:
    (here / "folder.json").mkdir()
    (here / "empty.json").touch()
    (here / "half.json").write_text('{"scoring_model_version": 1,\n"summary": ')
    (here / "newer.json").write_text('{"scoring_model_version": 9, "schema_version": 99}')
    (here / "odd.json").write_text('{"scoring_model_version": 1, "schema_version": 1}')
    before = sorted(here.rglob("*"))
    ran = command(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert said in ran.err
    assert sorted(here.rglob("*")) == before


def test_a_wrong_policy_names_file_line_and_key(command: Command, here: Path) -> None:
    (here / "assess.toml").write_text('fail_on = "high"\nmax_waiver_days = 0\n')
    ran = command("scan", "--from", "orders.json")
    assert ran.code == 2
    assert ran.err == f"error: {here / 'assess.toml'}:2: max_waiver_days: it must be greater than 0\n"


def test_escapes_in_arguments_do_not_reach_the_terminal(command: Command) -> None:
    for arguments in (["scan", "--from", "a\x1b]0;x\x07.json"], ["\x1b[31m"], ["explain", "\u202eX"]):
        ran = command(*arguments)
        assert ran.code == 2
        assert not set(ran.err) & {"\x1b", "\x07", "\u202e"}


def test_an_output_that_fails_does_not_keep_back_the_others(
    command: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if Path(target).name == "first.json":
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    ran = command("scan", "--from", "payments.json", "-o", "first.json", "-o", "second.md", "--fail-on", "critical")
    assert ran.code == 2, "2 outranks 1"
    assert "error: first.json: no space left on device\n" in ran.err
    assert "gate failed: " in ran.err
    assert (here / "second.md").read_text().startswith("#")
    assert ran.out
    assert sorted(each.name for each in here.iterdir()) == [
        "orders.json",
        "payments.json",
        "second.md",
        "template.json",
    ]


def test_an_estate_that_cannot_be_saved_does_not_keep_back_the_report(
    command: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assess.outputs.save", full)
    ran = command("scan", "--from", "orders.json", "--save", "e.json")
    assert ran.code == 2
    assert ran.err == "error: e.json: no space left on device\n"
    assert ran.out


def test_an_output_replaces_what_stood_there_and_keeps_its_mode(command: Command, here: Path) -> None:
    (here / "a.md").write_text("old")
    (here / "a.md").chmod(0o640)
    assert command("scan", "--from", "orders.json", "-o", "a.md").code == 0
    assert (here / "a.md").read_text() != "old"
    assert (here / "a.md").stat().st_mode & 0o777 == 0o640


# --- faults of the program itself -------------------------------------------------------------------------------


def raising(error: BaseException) -> Callable[..., Estate]:
    def read(paths: Any, parameters: Any) -> Estate:
        held = SECRET + str(paths)
        if held:
            raise error
        raise AssertionError

    return read


@pytest.mark.parametrize("verbosity", [[], ["-v"], ["-vv"], ["-vvv"]])
def test_a_fault_of_the_program_shows_its_place_and_no_value(
    command: Command, monkeypatch: pytest.MonkeyPatch, verbosity: list[str]
) -> None:
    monkeypatch.setattr("assess.readers.read", raising(ValueError(SECRET)))
    ran = command("scan", "--from", "orders.json", *verbosity)
    assert ran.code == 70
    assert ran.out == ""
    assert ran.err.splitlines()[0].startswith("internal error: ValueError at tests.cli.test_mistakes:")
    assert SECRET not in ran.err
    assert ("in read" in ran.err) == (len("".join(verbosity)) > 2), "a traceback for those who ask for a log"


def test_an_interrupt_ends_with_130(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assess.readers.read", raising(KeyboardInterrupt()))
    assert command("scan", "--from", "orders.json") == (130, "", "interrupted\n")


def test_an_interrupted_scan_keeps_what_was_collected(
    command: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assess import collectors
    from assess.readers import read

    partial = read(["orders.json"])

    def scan(request: object, progress: object) -> Estate:
        raise collectors.ScanInterrupted(partial)

    monkeypatch.setattr(collectors, "scan", scan)
    assert command("scan", "--save", "e.json", "-o", "a.md") == (130, "", "interrupted\n")
    assert read(["e.json"]) == partial
    assert not (here / "a.md").exists()


def test_the_log_is_that_of_assess_alone(command: Command) -> None:
    command("scan", "--from", "orders.json", "-vvv")
    assert logging.getLogger("assess").level == logging.DEBUG
    assert not logging.getLogger("botocore").isEnabledFor(logging.DEBUG)
    assert logging.getLogger("assess").propagate is False
