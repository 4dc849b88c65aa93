"""How long a person waits for an answer that needs no work."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.budgets import Figure, hold


def _seconds(option: str, folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "assess", option], cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - begun


@pytest.mark.parametrize(("option", "bound"), [("--version", 0.15), ("--help", 0.3)])
def test_start_up(tmp_path: Path, option: str, bound: float) -> None:
    fastest = min(_seconds(option, tmp_path) for _ in range(9))
    hold(Figure(f"assess {option}, the fastest of 9", fastest, bound))
