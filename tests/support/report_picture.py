"""``python -m tests.support.report_picture``: writes docs/report.png, the demo's HTML report as a browser shows it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.browser import chromium

PICTURE = Path(__file__).parents[2] / "docs" / "report.png"
WIDTH = 1200


def picture() -> bytes:
    """The first screen as PNG."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        command = [sys.executable, "-m", "assess", "demo", "--quiet", "-o", "report.html"]
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light", offline=True)
        page.goto(Path(folder, "report.html").as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        summary = page.locator("#summary").bounding_box()
        height = 900 if summary is None else int(summary["y"] + summary["height"]) + 24
        return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture())
