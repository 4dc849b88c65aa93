"""axe-core finds nothing wrong, in light and dark, wide and narrow, with everything opened.

axe/axe.min.js is axe-core 4.14.1 (https://github.com/dequelabs/axe-core), under the Mozilla Public License 2.0.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from assess.assessment import Assessment
from tests.reports import examples
from tests.reports.html import estates
from tests.reports.html.conftest import Opened
from tests.reports.html.test_page import compared

pytestmark = pytest.mark.xdist_group("browser")

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)  # as the browser's own tools do: the page's policy forbids any script but its own
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], reporter: 'v2'})")
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"][:3]]


@pytest.mark.parametrize("width", [1440, 375])
@pytest.mark.parametrize("dark", [False, True])
def test_the_demo_has_no_violation(opened: Opened, dark: bool, width: int) -> None:
    assert violations(opened(estates.demo(), dark=dark, width=width)) == []


@pytest.mark.parametrize("make", [examples.shop, compared, examples.blind])
@pytest.mark.parametrize("dark", [False, True])
def test_what_is_folded_has_no_violation_either(opened: Opened, make: object, dark: bool) -> None:
    assert callable(make)
    assessment: Assessment = make()
    page = opened(assessment, dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert violations(page) == []


def test_the_keyboard_reaches_the_report_first(opened: Opened) -> None:
    page = opened(examples.shop())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
