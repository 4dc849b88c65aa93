"""``--pseudonyms``: no name of the estate on any stream and in any file but the saved estate."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, task

NAMES = ("ledgerd", "paymentz", "acme-internal")


@pytest.fixture
def named(here: Path) -> Path:
    """A file whose names nobody would write by chance."""
    (here / "ledgerd.json").write_text(
        task(
            "ledgerd",
            name="paymentz",
            environment=[
                {"name": "DB_PASSWORD", "value": "corr" + "ect-horse-battery-9"},
                {"name": "UPSTREAM", "value": "https://db.acme-internal.example:5432"},
            ],
        )
    )
    return here


FORMATS = (
    "terminal",
    "json",
    "markdown",
    "markdown-summary",
    "findings-csv",
    "workloads-csv",
    "mermaid",
    "dot",
    "edges",
)


@pytest.mark.parametrize("format", FORMATS)
def test_scan_shows_no_name_in_any_format(command: Command, named: Path, format: str) -> None:
    arguments = ["scan", "--from", "ledgerd.json", "--format", format, "--fail-on", "low"]
    plain = command(*arguments)
    assert "ledgerd" in plain.out + plain.err
    ran = command(*arguments, "--pseudonyms", "-o", "x.json", "-o", "x.md", "-o", "x.findings.csv")
    assert ran.code == plain.code == 1
    written = [ran.out, ran.err, *((named / name).read_text() for name in ("x.json", "x.md", "x.findings.csv"))]
    assert not [(name, text) for name in NAMES for text in written if name in text]


def test_a_saved_estate_keeps_its_names(command: Command, named: Path) -> None:
    ran = command("scan", "--from", "ledgerd.json", "--pseudonyms", "--save", "e.json", "-o", "x.json")
    assert ran.code == 0
    assert "ledgerd" in (named / "e.json").read_text()
    again = command("report", "e.json", "--pseudonyms", "--format", "json", "--as-of", "2026-01-01", "-q")
    assert again.out == (named / "x.json").read_text()
    assert json.loads(again.out)["pseudonyms"] is True


def test_graph_is_asked_by_names_and_answers_with_aliases(command: Command, named: Path) -> None:
    command("scan", "--from", "ledgerd.json", "-o", "x.json", "-q")
    plain = command("graph", "x.json", "--around", "ledgerd")
    assert "ledgerd" in plain.out
    ran = command("graph", "x.json", "--around", "ledgerd", "--pseudonyms", "-v")
    assert ran.code == 0
    assert "workload-1" in ran.out
    assert not [name for name in NAMES if name in ran.out]


def test_diff_compares_by_names_and_shows_aliases(command: Command, named: Path) -> None:
    command("scan", "--from", "ledgerd.json", "-o", "old.json", "-q")
    (named / "ledgerd.json").write_text(task("ledgerd", name="paymentz"))
    command("scan", "--from", "ledgerd.json", "-o", "new.json", "-q")
    ran = command("diff", "old.json", "new.json", "--pseudonyms", "--format", "json")
    told = json.loads(ran.out)
    assert told["fixed"]
    assert told["unchanged"]
    assert not [name for name in NAMES if name in ran.out]


def test_demo_under_aliases(command: Command, here: Path) -> None:
    ran = command("demo", "--pseudonyms")
    assert (ran.code, ran.err) == (0, "")
    assert "123456789012" not in ran.out
    assert "storefront" not in ran.out
