"""Writes what the README shows: real output of real commands, and the picture of the report.

``python -m tests.support.readme`` renews README.md and docs/demo.svg; a test fails when they are stale.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich import _export_format
from rich.console import Console
from rich.text import Text

from assess.assessment import Assessment
from assess.packs import load_reports
from assess.reporting import RenderOptions

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "demo.svg"
WIDTH = 80
"""Columns of the terminal that the README shows."""

_EXPLAINED = "LIF-DEPENDS-COMPLETE"


def readme(text: str) -> str:
    """The README's text with every block between ``<!-- begin NAME -->`` and its end renewed."""
    for name, block in _BLOCKS.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        content = block()
        before, *rest = pattern.split(text)
        if len(rest) != 3:
            raise ValueError(f"README.md needs one block {name}, and has {len(rest) // 3}")
        begin, end, after = rest
        text = f"{before}{begin}{content}{end}{after}"
    return text


def picture() -> str:
    """The demo's report as a terminal shows it, as SVG; it loads nothing from anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        _run(folder, "demo", "--quiet", "--format", "json", "-o", "report.json")
        assessment = Assessment.model_validate_json(Path(folder, "report.json").read_bytes())
    terminal = next(each for each in load_reports() if each.name == "terminal")
    shown = terminal.render(assessment, RenderOptions(width=WIDTH, color=True))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor", legacy_windows=False)
    console.print(Text.from_ansi(shown))
    template = re.sub(r"@font-face \{\{.*?\}\}\n", "", _export_format.CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="assess demo", unique_id="assess", code_format=template)


def _run(folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    command = [sys.executable, "-m", "assess", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _console(*commands: tuple[str, ...]) -> str:
    """A console block: each command with what it prints, and its exit code where that is not 0.

    The folder holds the demo's assessment as ``report.json``.
    """
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        _run(folder, "demo", "--quiet", "-o", "report.json")
        for command in commands:
            done = _run(folder, *command)
            lines.append(f"$ assess {' '.join(command)}\n{done.stdout}{done.stderr}")
            if done.returncode:
                lines.append(f"$ echo $?\n{done.returncode}\n")
    return f"```console\n{''.join(lines)}```\n"


_BLOCKS: dict[str, Callable[[], str]] = {
    "demo": lambda: _console(("demo",)),
    "help": lambda: _console(("scan", "--help")),
    "gate": lambda: _console(
        ("gate", "report.json"),
    ),
    "graph": lambda: _console(("graph", "report.json", "--why", "checkout", "api")),
    "permissions": lambda: _console(("permissions",)),
    "explain": lambda: _console(("explain", _EXPLAINED)),
}


if __name__ == "__main__":
    README.write_text(readme(README.read_text("utf-8")), "utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), "utf-8")
