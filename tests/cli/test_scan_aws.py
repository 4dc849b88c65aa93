"""``assess scan`` of a simulated account as a process: what a person and a pipeline see of it."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.support import clean
from tests.support.aws import SimulatedAws

_SCAN = ["scan", "--region", "us-east-1"]


@pytest.fixture
def account(aws: SimulatedAws, here: Path) -> SimulatedAws:
    """An account with a few workloads that nothing is wrong with."""
    clean.seed(aws)
    return aws


def ran(aws: SimulatedAws, *arguments: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "assess", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=aws.environment(),
    )
    return Ran((done.returncode, done.stdout, done.stderr))


def test_a_clean_account_passes_the_strictest_gate(account: SimulatedAws, here: Path) -> None:
    done = ran(account, *_SCAN, "--fail-on", "low", "--save", "estate.json.gz", "-o", "a.json")
    assert (done.code, done.err) == (0, "")
    assert done.out
    assert (here / "estate.json.gz").exists()
    assert json.loads((here / "a.json").read_text())["workloads"]
    assert not account.calls_beyond_reading()


def test_an_account_of_which_nothing_can_be_read_ends_with_3(aws: SimulatedAws, here: Path) -> None:
    aws.deny("*")
    done = ran(aws, *_SCAN, "--save", "estate.json")
    assert done.code == 3
    assert "Traceback" not in done.err


def test_what_was_denied_gets_a_policy_of_its_own(aws: SimulatedAws, here: Path) -> None:
    aws.deny("scheduler", "ListSchedules")
    assert ran(aws, *_SCAN, "--save", "estate.json", "-q").code == 0
    policy = json.loads(ran(aws, "permissions", "--for-gaps", "estate.json").out)
    (statement,) = policy["Statement"]
    assert statement["Action"] == ["scheduler:ListSchedules"]


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    leader, follower = pty.openpty()
    yield leader, follower
    os.close(leader)


def test_progress_shows_on_a_terminal_and_an_interrupt_keeps_what_was_read(
    aws: SimulatedAws, here: Path, terminal: tuple[int, int]
) -> None:
    aws.delay("scheduler", "ListSchedules", seconds=30)
    leader, follower = terminal
    child = subprocess.Popen(
        [sys.executable, "-m", "assess", *_SCAN, "--save", "estate.json"],
        stdout=subprocess.PIPE,
        stderr=follower,
        env=aws.environment() | {"TERM": "xterm"},
    )
    os.close(follower)
    seen = b""
    while b"us-east-1: schedules" not in seen:
        chunk = os.read(leader, 65536)
        assert chunk, "the scan ended before it read schedules"
        seen += chunk
    child.send_signal(signal.SIGINT)
    while chunk := _rest(leader):  # a terminal that nobody reads would stop the program that writes to it
        seen += chunk
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130, seen.decode()[-2500:]
    assert out == b""
    assert seen.decode().rstrip().endswith("interrupted")
    estate = json.loads((here / "estate.json").read_text())
    lost = {fact for gap in estate["gaps"] if gap["error"] == "Interrupted" for fact in gap["facts"]}
    assert "schedules" in lost


def _rest(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # the other end is closed
        return b""


def test_no_credentials_end_with_3_and_say_what_to_do(
    here: Path, monkeypatch: pytest.MonkeyPatch, aws: SimulatedAws
) -> None:
    without = {name: text for name, text in aws.environment().items() if "AWS_ACCESS" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "assess", *_SCAN], capture_output=True, text=True, check=False, env=without, timeout=60
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: no credentials: ")
    assert done.stderr.count("\n") == 1
