"""Starts the command line: ``assess`` and ``python -m assess``."""

import sys


def main() -> None:
    """Runs the command line with the process's arguments and ends with its exit code."""
    from assess.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
