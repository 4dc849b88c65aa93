"""Starts the command line: ``assess`` and ``python -m assess``."""

import gc
import os
import sys


def main() -> None:
    """Runs the command line with the process's arguments and ends with its exit code."""
    gc.set_threshold(50_000, 20, 20)  # an estate lives to the end: looking for cycles in it again and again takes time
    from assess.cli import INTERRUPTED, run

    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # calls to AWS that are still under way would hold the process for up to their time limit
    sys.exit(code)


if __name__ == "__main__":
    main()
