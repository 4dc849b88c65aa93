"""``python -m tests.support.demo``: the real ``assess scan`` against the simulated AWS, seeded with the demo shop.

The report comes to the screen, report files into a folder; ``--save`` keeps the estate as ``assess demo`` ships it.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support import shop
from tests.support.aws import SimulatedAws
from tests.support.seeding import REGION

REPORTS = ("report.html", "report.md", "report.json")


def scan(aws: SimulatedAws, folder: Path, save: Path) -> int:
    """Seeds the shop and scans it, with what the scan prints on this process's own streams; the scan's exit code.

    Raises:
        RuntimeError: the scan did more than read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outputs = [word for name in REPORTS for word in ("-o", str(folder / name))]
    command = [sys.executable, "-m", "assess", "scan", "--region", REGION, "--save", str(save), *outputs]
    aws.reset()
    shop.seed(aws)
    code = subprocess.run(command, env=aws.environment(REGION), check=False).returncode
    beyond = aws.calls_beyond_reading()
    if beyond:
        raise RuntimeError(f"the scan did more than read: {beyond[0].service}:{beyond[0].operation}")
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo; the scan's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.demo", description="Scan a simulated AWS account.")
    parser.add_argument("--folder", type=Path, default=Path("demo-report"), help="where the report files go")
    parser.add_argument("--save", type=Path, metavar="FILE", help="where the estate goes; default: estate.json there")
    given = parser.parse_args(arguments)
    folder: Path = given.folder
    save: Path = given.save or folder / "estate.json"
    sys.stderr.write("Seeding a simulated AWS account with a small shop ...\n")
    with SimulatedAws() as aws:
        code = scan(aws, folder, save)
    if code == 0:
        files = ", ".join(REPORTS)
        sys.stdout.write(f"\nReports in {folder}/: {files}; what was scanned: {save}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
