"""A real browser without a network, and a page whose every complaint fails the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from assess.assessment import Assessment
from assess.reporting import RenderOptions
from assess_reports.html.report import html_report
from tests.support.browser import NoBrowserError, chromium

Opened = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    try:
        with chromium() as found:
            yield found
    except NoBrowserError as error:
        if os.environ.get("ASSESS_TESTS_NEED_BROWSER"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens an assessment's report from disk, the network off; at the end nothing was asked for, nothing said."""
    said: list[str] = []
    asked: list[str] = []
    contexts = []

    def open_(
        assessment: Assessment, place: str = "", *, width: int = 1440, dark: bool = False, script: bool = True
    ) -> Page:
        file = tmp_path / "readiness.html"
        file.write_text(html_report.render(assessment, RenderOptions()), "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri() + place)
        if script:
            page.wait_for_selector("html[data-ready=yes]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert said == []
    assert {url.partition("#")[0] for url in asked} == {(tmp_path / "readiness.html").as_uri()}
