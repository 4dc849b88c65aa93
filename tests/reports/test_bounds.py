"""How long reports of the demo estate may be."""

from functools import cache
from importlib.resources import as_file, files

from assess.assessment import Assessment
from assess.assessor import assess
from assess.config import Policy
from assess.packs import load_rules
from assess.readers.saved import read_estate
from assess.reporting import RenderOptions, Report
from assess_reports.markdown import markdown, markdown_summary
from assess_reports.terminal import terminal

SCREEN = 50
"""Lines of a terminal's window on a common screen."""


@cache
def demo() -> Assessment:
    with as_file(files("assess") / "data" / "demo-estate.json.gz") as path:
        estate = read_estate(str(path))
    return assess(estate, policy=Policy(), rules=load_rules(), as_of=estate.collected_at.date())


def render(report: Report) -> str:
    return report.render(demo(), RenderOptions(width=80))


def test_the_terminal_report_takes_two_screens_of_80_columns() -> None:
    assert len(render(terminal).splitlines()) <= 2 * SCREEN


def test_the_summary_fits_into_the_comment_of_a_pull_request() -> None:
    assert len(render(markdown_summary)) < 65_000


def test_the_document_stays_below_one_mebibyte() -> None:
    assert len(render(markdown).encode()) < 1024 * 1024
