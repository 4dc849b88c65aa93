"""``assess diff`` and ``--compare``."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def saved(command: Command, here: Path) -> Path:
    """An assessment with a credential in plain text, one of the same file without it, and their estates."""
    assert command("scan", "--from", "payments.json", "-o", "old.json", "--save", "old-estate.json.gz", "-q").code == 0
    task = json.loads((here / "payments.json").read_text())
    del task["containerDefinitions"][0]["environment"]
    (here / "payments.json").write_text(json.dumps(task, indent=2))
    assert command("scan", "--from", "payments.json", "-o", "new.json", "--save", "new-estate.json.gz", "-q").code == 0
    return here


def test_diff_tells_what_was_fixed(command: Command, saved: Path) -> None:
    ran = command("diff", "old.json", "new.json")
    assert (ran.code, ran.err) == (0, "")
    assert "0 new, 1 fixed" in " ".join(ran.out.split())
    assert "SEC-ENV-PLAINTEXT" in ran.out


def test_diff_of_estates_says_that_they_are_scored_anew(command: Command, saved: Path) -> None:
    ran = command("diff", "old-estate.json.gz", "new-estate.json.gz", "--format", "json")
    assert ran.code == 0
    assert ran.err.count("scored anew") == 2
    told = json.loads(ran.out)
    assert (len(told["new"]), len(told["fixed"])) == (0, 1)
    points = told["points"]
    parts = [round(points[each] * 1000) for each in ("estate", "permissions", "rules", "cap")]
    assert sum(parts) == points["score"] * 1000
    assert points["score"] > 0


@pytest.mark.parametrize("ending", [".md", ".diff.md", ".json", ".diff.json"])
def test_diff_writes_what_moved_and_nothing_else(command: Command, saved: Path, ending: str) -> None:
    assert command("diff", "old.json", "new.json", "-o", f"moved{ending}", "-q").code == 0
    written = (saved / f"moved{ending}").read_text()
    assert written.startswith("# What moved" if ending.endswith(".md") else '{\n  "schema_version"')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.json", "new.json"], "nothing.json"),
        (["old.json", "orders.json"], "orders.json: this is neither a saved estate nor a saved assessment"),
        (["old.json", "new.json", "-o", "x.mmd"], "no format has this ending; known are .json, .md"),
        (["old.json", "new.json", "--format", "mermaid"], "mermaid"),
        (["old.json"], "NEW"),
    ],
)
def test_mistakes_of_diff_are_one_line(command: Command, saved: Path, arguments: list[str], said: str) -> None:
    ran = command("diff", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("start", [["scan", "--from", "payments.json"], ["report", "new.json"]])
def test_compare_adds_what_moved(command: Command, saved: Path, start: list[str]) -> None:
    ran = command(*start, "--compare", "old.json", "-o", "with.json", "-o", "with.md")
    assert ran.code == 0
    assert "Since then" in ran.out
    assert "## What moved" in (saved / "with.md").read_text()
    assert len(json.loads((saved / "with.json").read_text())["movement"]["fixed"]) == 1
    again = command("report", "with.json", "--format", "json")
    assert again.out == (saved / "with.json").read_text()


def test_compare_is_read_before_the_work_starts(command: Command, saved: Path) -> None:
    ran = command("scan", "--from", "payments.json", "--compare", "nothing.json", "--save", "late.json")
    assert (ran.code, ran.out) == (2, "")
    assert not (saved / "late.json").exists()


def test_without_compare_there_is_no_movement(command: Command, saved: Path) -> None:
    assert json.loads((saved / "new.json").read_text())["movement"] is None
