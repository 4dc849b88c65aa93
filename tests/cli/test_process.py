"""The command line as a process: streams, exit codes, start-up, signals."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from assess import __version__
from tests.cli.conftest import process

pytestmark = pytest.mark.usefixtures("here")


def test_results_and_messages_go_to_streams_of_their_own() -> None:
    ran = process(["scan", "--from", ".", "--format", "json", "--fail-on", "critical"])
    assert ran.code == 1
    assert json.loads(ran.out)["workloads"]
    assert "gate failed: " in ran.err


def test_version_and_help() -> None:
    assert process(["--version"]) == (0, f"assess {__version__}\n", "")
    help_text = process(["--help"])
    assert (help_text.code, help_text.err) == (0, "")
    assert process([]).out == help_text.out
    for command in ("scan", "demo", "report", "gate", "rules", "explain", "permissions", "schema"):
        assert f"\n  {command} " in help_text.out
        assert process([command, "--help"]).code == 0


def test_help_and_version_load_nothing_heavy() -> None:
    script = (
        "import sys; from assess.cli import run; run([sys.argv[1]]); "
        "heavy = {'boto3', 'botocore', 'networkx', 'pydantic', 'rich', 'jinja2', 'detect_secrets'} & set(sys.modules); "
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    for option in ("--help", "--version"):
        done = subprocess.run([sys.executable, "-c", script, option], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def on_a_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """What a person sees on an 80-column terminal: standard output and standard error together."""
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "assess", *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**{key: value for key, value in os.environ.items() if key != "NO_COLOR"}, "TERM": "xterm", **environment},
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(leader)
    assert child.wait(timeout=60) == 0
    return seen.decode()


def test_colour_is_for_terminals_only_and_no_color_is_obeyed() -> None:
    arguments = ["scan", "--from", "orders.json"]
    assert "\x1b[" in on_a_terminal(arguments, {})
    assert "\x1b[" not in on_a_terminal(arguments, {"NO_COLOR": "1"})
    assert "\x1b[" not in on_a_terminal(arguments, {"TERM": "dumb"})
    assert "\x1b[" not in process(arguments).out


def test_a_reader_that_goes_away_is_no_error() -> None:
    child = subprocess.Popen([sys.executable, "-m", "assess", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert child.wait(timeout=60) == 0
    assert child.stderr.read() == b""
    child.stderr.close()


def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "assess", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "error: standard output: no space left on device\n")


def test_an_encoding_without_the_characters_is_no_error() -> None:
    ran = process(["scan", "--from", "orders.json"], {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ran.code == 0
    assert ran.out.isascii()


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    for form in ("json", "markdown", "terminal"):
        first, second = (process(["scan", "--from", ".", "--format", form], {"PYTHONHASHSEED": seed}) for seed in "17")
        assert first == second


def test_an_interrupt_from_outside_ends_with_130() -> None:
    script = "import os, signal\ndef read(*_): os.kill(os.getpid(), signal.SIGINT); signal.pause()\n"
    script += "import sys, assess.readers\nassess.readers.read = read\n"
    script += "from assess.cli import run\nsys.exit(run(['scan', '--from', 'orders.json']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
