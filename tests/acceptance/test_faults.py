"""What goes wrong around a run of the command line: the right exit code, one clear line, nothing lost, no traceback."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from assess.packs import load_reports
from tests.support import clean
from tests.support.aws import REGION, SimulatedAws
from tests.support.wire import Document

pytestmark = pytest.mark.xdist_group("faults")

_SCAN = ("scan", "--region", REGION)


def run(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of a process that has no terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "assess", *arguments],
        cwd=folder,
        env=dict(environment or os.environ) | {"COLUMNS": "100"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def assert_one_line(ran: tuple[int, str, str], code: int, *said: str) -> None:
    ended, out, err = ran
    assert (ended, out) == (code, ""), err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for words in said:
        assert words in err


# --- AWS ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "said"),
    [
        (_SCAN, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 3, ["cannot reach", "127.0.0.1:9", "AWS_ENDPOINT_URL"]),
        (_SCAN, {"AWS_ENDPOINT_URL": "nonsense"}, 2, ["nonsense"]),
        (("scan", "--region", "us-esat-1"), {}, 2, ["unknown region us-esat-1", "did you mean", "us-east-1"]),
        (("scan",), {"AWS_REGION": "nowhere", "AWS_DEFAULT_REGION": "nowhere"}, 2, ["unknown region nowhere"]),
        ((*_SCAN, "--profile", "pord"), {}, 2, ["unknown AWS profile pord", "did you mean prod"]),
        (_SCAN, {"AWS_PROFILE": "pord"}, 2, ["unknown AWS profile pord"]),
        (_SCAN, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 3, ["no credentials", "aws sso login"]),
        ((*_SCAN, "--role-arn", "nonsense"), {}, 2, ["--role-arn nonsense"]),
        ((*_SCAN, "--save", "lost/e.json"), {}, 2, ["lost/e.json", "there is no folder lost"]),
    ],
)
def test_a_scan_that_cannot_begin_is_one_line(
    aws: SimulatedAws, tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], code: int, said: list[str]
) -> None:
    (tmp_path / "config").write_text("[profile prod]\nregion = us-east-1\n")
    environment = aws.environment() | {"AWS_CONFIG_FILE": str(tmp_path / "config")} | settings
    assert_one_line(run(tmp_path, *arguments, environment=environment), code, *said)


def test_a_token_that_has_expired_before_is_one_line(aws: SimulatedAws, tmp_path: Path) -> None:
    aws.expire_token()
    assert_one_line(run(tmp_path, *_SCAN, environment=aws.environment()), 3, "ExpiredToken", "get new ones")


def test_a_token_that_expires_in_mid_scan_leaves_gaps_and_keeps_what_was_read(
    aws: SimulatedAws, tmp_path: Path
) -> None:
    clean.seed(aws)
    aws.expire_token(after=20)
    code, out, err = run(
        tmp_path, *_SCAN, "--save", "e.json", "--fail-on", "critical", "-q", environment=aws.environment()
    )
    assert code == 3
    assert out
    assert "incomplete: " in err
    estate = json.loads((tmp_path / "e.json").read_text())
    assert estate["clusters"]
    gaps = [gap for gap in estate["gaps"] if "the credentials expired during the scan" in gap["message"]]
    assert gaps
    assert {gap["reason"] for gap in estate["gaps"]} == {"error"}
    again, _, why = run(tmp_path, "gate", "e.json")
    assert again == 3
    assert "incomplete: " in why


def test_an_account_of_which_nothing_may_be_read_is_one_line(aws: SimulatedAws, tmp_path: Path) -> None:
    aws.deny("*", when=lambda call: call.service != "sts")
    code, out, err = run(tmp_path, *_SCAN, "--save", "e.json", "-q", environment=aws.environment())
    assert code == 3
    assert out
    assert err.startswith("incomplete: nothing could be listed in account ")
    assert "assess permissions" in err
    assert err.count("\n") == 1
    code, policy, _ = run(tmp_path, "permissions", "--for-gaps", "e.json")
    assert code == 0
    assert "ecs:ListClusters" in policy


def test_a_reader_of_a_report_that_goes_away_is_no_error(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "assess", "demo", "--format", "markdown", "-o", "a.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert child.wait(timeout=60) == 0
    assert child.stderr.read() == b""
    child.stderr.close()
    assert (tmp_path / "a.json").stat().st_size > 10_000


# --- files ----------------------------------------------------------------------------------------------------------


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def _newer(path: Path) -> None:
    path.write_text('{"schema_version": 99, "detectors_version": 1, "collected_at": "2026-11-23T08:00:00Z"}')


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_large, "x.json: the file has 1 GiB"),
        (lambda path: path.write_text("[" * 200_000), "x.json:1: it is nested deeper"),
        (lambda path: path.write_text('{"family": "a",\n"containerDefinitions": [{"name"'), "x.json:2: "),
        (lambda path: path.write_bytes(os.urandom(4096)), "x.json"),
        (_newer, "x.json: saved by a newer assess"),
        (lambda path: path.write_text(""), "x.json: the file is empty"),
        (lambda path: path.mkdir(), "there is nothing usable in this folder: looked for "),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "x.json")
    assert_one_line(run(tmp_path, "scan", "--from", "x.json"), 2, said)


# --- hostile names ----------------------------------------------------------------------------------------------------

_HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m",
    "\u202egnirts\u2066 \u200b\u00ad",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "](javascript:alert(1)) `code` | pipe | **bold** # head",
    "[bold red]rich[/bold red] [link=http://x.example]y[/link]",
    "two\nlines\r\x85\u2028and\x00\x9b31m more",
)
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that steer a terminal or hide text; line feed and tab are the reports' own."""


def _with_hostile_names(aws: SimulatedAws) -> None:
    tags = [{"key": text, "value": text} for text in _HOSTILE] + [{"key": "owner", "value": _HOSTILE[0]}]

    def services(answer: Document) -> None:
        for each, text in zip(answer["services"], _HOSTILE, strict=False):
            each |= {"serviceName": text, "tags": tags, "events": [{"id": "1", "message": text}]}

    def definitions(answer: Document) -> None:
        container = answer["taskDefinition"]["containerDefinitions"][0]
        container |= {"image": _HOSTILE[2], "user": _HOSTILE[0], "links": list(_HOSTILE), "hostname": _HOSTILE[5]}
        container["environment"] = [{"name": text, "value": text} for text in _HOSTILE]
        container["dockerLabels"] = {text: text for text in _HOSTILE}
        answer["tags"] = tags

    def clusters(answer: Document) -> None:
        for each in answer["clusters"]:
            each |= {"clusterName": _HOSTILE[4], "tags": tags, "settings": []}

    aws.override("ecs", "DescribeServices", services)
    aws.override("ecs", "DescribeTaskDefinition", definitions)
    aws.override("ecs", "DescribeClusters", clusters)


def test_hostile_names_steer_no_terminal_and_no_page(aws: SimulatedAws, tmp_path: Path) -> None:
    clean.seed(aws)
    _with_hostile_names(aws)
    arguments = (*_SCAN, "--save", "e.json", "-o", "a.json", "-o", "a.md", "--fail-on", "low", "-vvv")
    code, out, err = run(tmp_path, *arguments, environment=aws.environment())
    assert code == 1
    texts = {"terminal": out, "messages": err, "a.md": (tmp_path / "a.md").read_text()}
    for report in load_reports():
        if report.name != "json":
            code, texts[report.name], _ = run(tmp_path, "report", "a.json", "--format", report.name, "-v")
            assert code == 0
            if report.name.endswith("-csv"):  # a byte order mark and line ends as spreadsheets ask for them
                plain = texts[report.name].removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
                texts[report.name] = plain.replace("\r\n", "\n")
    for name, text in texts.items():
        found = _STEERING.search(text)
        assert found is None, f"{name}: {text[max(0, found.start() - 60) : found.end() + 20]!r}"
    for name in ("a.md", "markdown", "markdown-summary"):
        outside_code = re.sub(r"(`+)[^`\n].*?\1", "", texts[name])
        assert len(outside_code) > 1_000
        for markup in ("<script", "<img", "](javascript:"):
            assert markup not in outside_code
    assessment: Any = json.loads((tmp_path / "a.json").read_text())
    assert len(assessment["workloads"]) == 6
