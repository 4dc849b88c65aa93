"""How long a person waits for an answer that needs no work: budgets in seconds of wall time."""

import subprocess
import sys
import time

import pytest


def best_of(runs: int, arguments: list[str]) -> float:
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "assess", *arguments], capture_output=True, check=True)
        times.append(time.perf_counter() - begun)
    return min(times)


@pytest.mark.parametrize(("option", "budget"), [("--version", 0.15), ("--help", 0.3)])
def test_start_up(option: str, budget: float) -> None:
    seconds = best_of(7, [option])
    print(f"assess {option}: {seconds:.3f} s (budget {budget} s)")  # noqa: T201 - a benchmark tells its figure
    assert seconds < budget
