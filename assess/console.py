"""The two streams of the command line: results on standard output, everything else on standard error."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from assess.errors import UserError


class Progress(Protocol):
    """Is told, from several threads, what is being read and how much is left."""

    def expect(self, what: str, count: int) -> None:
        """``count`` more pieces of ``what`` are to be read."""

    def done(self, what: str, count: int = 1) -> None:
        """``count`` pieces of ``what`` were read, or lost."""


class Console:
    """Writes results and messages; ``quiet`` leaves errors only, ``verbosity`` from 2 adds this program's log."""

    def __init__(self, *, quiet: bool = False, verbosity: int = 0) -> None:
        self.quiet = quiet
        self.verbosity = verbosity
        _log(_Log() if verbosity > 1 else logging.NullHandler(), logging.DEBUG if verbosity > 2 else logging.INFO)

    @property
    def width(self) -> int:
        """Columns of the terminal (or of COLUMNS); 80 where there is none."""
        return shutil.get_terminal_size((80, 24)).columns

    @property
    def color(self) -> bool:
        """Whether standard output takes terminal escapes: a terminal, and NO_COLOR is not set."""
        return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def result(self, text: str) -> None:
        """Writes to standard output. A reader that has gone away is no error.

        Raises:
            UserError: it cannot be written (a full disk).
        """
        try:
            _take_anything(sys.stdout)
            sys.stdout.write(text if text.endswith("\n") else text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            _discard(sys.stdout)
        except OSError as error:
            _discard(sys.stdout)
            raise UserError(f"standard output: {(error.strerror or 'it cannot be written').lower()}") from None

    def note(self, line: str) -> None:
        """A line that a person may want to know; not shown when quiet."""
        if not self.quiet:
            say(line)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Shows what is being read, on a terminal only and not when quiet."""
        if self.quiet or not _is_terminal(sys.stderr):
            yield _Silent()
            return
        from assess.progress import shown

        with shown() as progress:
            yield progress


class _Silent:
    def expect(self, what: str, count: int) -> None:
        """Shows nothing."""

    def done(self, what: str, count: int = 1) -> None:
        """Shows nothing."""


def say(line: str) -> None:
    """A line on standard error; what is not printable in it is written out."""
    try:
        _take_anything(sys.stderr)
        sys.stderr.write(plain(line) + "\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def plain(text: str) -> str:
    """Text on one line of a terminal: control characters, escapes and direction marks are written out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _is_terminal(stream: TextIO) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _take_anything(stream: TextIO) -> None:
    """Characters that the stream's encoding lacks are written out instead of refused."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and getattr(stream, "errors", None) == "strict":
        reconfigure(errors="backslashreplace")


def _discard(stream: TextIO) -> None:
    """Sends the rest of a stream nowhere, so that closing it at the end cannot fail once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # a stream without a file, in tests
        return


class _Log(logging.Handler):
    """The log on standard error; a record that cannot be shown is dropped, since a report of it would quote values."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            lines = record.getMessage().splitlines()
        except (TypeError, ValueError):
            return
        for line in lines:
            say(f"{record.levelname.lower()} {record.name}: {line}")


def _log(handler: logging.Handler, level: int) -> None:
    """Sends this program's own log to the handler; that of botocore, which holds requests and answers, goes nowhere."""
    logger = logging.getLogger("assess")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
