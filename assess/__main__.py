"""Starts the command line: ``assess`` and ``python -m assess``."""

import gc
import sys


def main() -> None:
    """Runs the command line with the process's arguments and ends with its exit code."""
    gc.set_threshold(50_000, 20, 20)  # an estate lives to the end: looking for cycles in it again and again takes time
    from assess.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
