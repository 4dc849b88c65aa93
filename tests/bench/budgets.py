"""How a benchmark runs the program, tells its figures, and holds them against their bounds."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Figure(NamedTuple):
    """Something that was measured."""

    what: str
    value: float
    bound: float
    unit: str = "s"


def hold(*figures: Figure) -> None:
    """Prints the figures as a table, and fails where one is above its bound."""
    for each in figures:
        mark = "" if each.value <= each.bound else "  <- above"
        print(f"{each.what:<58} {each.value:>9.3f} {each.unit:<3} (bound {each.bound:g}){mark}")  # noqa: T201 - a benchmark tells its figures
    assert [each for each in figures if each.value > each.bound] == []


class Run(NamedTuple):
    """What a process took."""

    seconds: float
    processor: float
    """Seconds of processor time, of all its threads."""
    peak: float
    """MiB of memory at its largest."""


_MAIN = """
import sys
from assess.cli import run
code = run(sys.argv[2:])
with open("/proc/self/status") as status, open(sys.argv[1], "w") as told:
    told.write(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
sys.exit(code)
"""
"""Tells its own peak (KiB) as Linux keeps it: that of a waited-for child is at least its parent's."""


def measured(arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Runs the command line as a process of its own, all of its messages dropped."""
    told = folder / "peak"
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", _MAIN, str(told), *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return Run(seconds, usage.ru_utime + usage.ru_stime, int(told.read_text()) / 1024)
