"""The same facts make the same bytes: in another process, folder, language, time zone and hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import assess

_BUILT_IN = Path(assess.__file__).parent / "data" / "demo-estate.json.gz"

_HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
_ELSEWHERE = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}


def _made(folder: Path, settings: dict[str, str], form: str) -> dict[str, bytes]:
    folder.mkdir(parents=True)
    environment = {**os.environ, **settings, "COLUMNS": "100"}
    outputs = ["-o", "a.json", "-o", "a.md"]
    command = [sys.executable, "-m", "assess", "scan", "--from", str(_BUILT_IN), "--as-of", "2026-11-23"]
    done = subprocess.run(
        [*command, "--format", form, "-v", *outputs], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {form: done.stdout, "messages": done.stderr} | {
        path.name: path.read_bytes() for path in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("form", ["terminal", "markdown-summary"])
def test_the_same_estate_makes_the_same_bytes_everywhere(tmp_path: Path, form: str) -> None:
    first = _made(tmp_path / "here", _HERE, form)
    other = _made(tmp_path / "somewhere" / "else", _ELSEWHERE, form)
    assert set(first) == {form, "messages", "a.json", "a.md"}
    assert first == other
    assert len(first["a.json"]) > 10_000
    assert str(tmp_path).encode() not in b"".join(first.values())
