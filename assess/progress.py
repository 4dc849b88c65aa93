"""Shows on a terminal what a scan is reading and how much of it is left."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

_LINES = 8
"""Things being read that are shown at once; the first line counts them all."""


@contextmanager
def shown() -> Iterator["_Shown"]:
    """Bars on standard error while the block runs; they are gone afterwards."""
    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with bars:
        yield _Shown(bars)


class _Shown:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._lock = threading.Lock()
        self._all = bars.add_task("reading", total=0)
        self._tasks: dict[str, TaskID] = {}
        self._left: dict[str, int] = {}

    def expect(self, what: str, count: int) -> None:
        with self._lock:
            self._grow(self._all, count)
            self._left[what] = self._left.get(what, 0) + count
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=0)
            self._grow(self._tasks[what], count)
            self._choose()

    def done(self, what: str, count: int = 1) -> None:
        with self._lock:
            self._left[what] = self._left.get(what, 0) - count
            self._bars.advance(self._all, count)
            if what in self._tasks:
                self._bars.advance(self._tasks[what], count)
            self._choose()

    def _grow(self, task: TaskID, count: int) -> None:
        total = self._bars.tasks[self._bars.task_ids.index(task)].total or 0
        self._bars.update(task, total=total + count)

    def _choose(self) -> None:
        """Shows what is unfinished, the oldest first, as far as there is room."""
        open_tasks = [what for what in self._tasks if self._left[what] > 0][:_LINES]
        for what, task in self._tasks.items():
            self._bars.update(task, visible=what in open_tasks)
