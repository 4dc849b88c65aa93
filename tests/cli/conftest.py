"""Files that commands are tried on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from assess.cli import run

CONTAINER = {
    "name": "app",
    "image": "shop/app:1",
    "essential": True,
    "memory": 512,
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "shop"}},
}
SECRET = "corr" + "ect-horse-battery-9"


def task(family: str, **fields: object) -> str:
    """The text of a task definition file."""
    return json.dumps({"family": family, "containerDefinitions": [CONTAINER | fields]}, indent=2)


class Ran(tuple[int, str, str]):
    """Exit code, standard output, standard error."""

    __slots__ = ()

    @property
    def code(self) -> int:
        return self[0]

    @property
    def out(self) -> str:
        return self[1]

    @property
    def err(self) -> str:
        return self[2]


Command = Callable[..., Ran]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: one task definition, one with a credential in plain text, one template."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # 2026-01-01
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "orders.json").write_text(task("orders"))
    secret = [{"name": "DB_PASSWORD", "value": SECRET}]
    (tmp_path / "payments.json").write_text(task("payments", environment=secret))
    (tmp_path / "template.json").write_text(task("search").replace("512", "${memory}"))
    return tmp_path


@pytest.fixture
def command(here: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line in this process."""

    def ran(*arguments: str) -> Ran:
        code = run(arguments)
        return Ran((code, *capsys.readouterr()))

    return ran


def process(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Ran:
    """Runs the command line as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "assess", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return Ran((done.returncode, done.stdout, done.stderr))
