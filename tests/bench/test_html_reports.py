"""The HTML report of a large estate: its size, how long it takes to write, and to read in a browser."""

import time
from collections.abc import Callable
from pathlib import Path

from assess.assessor import assessment_of
from assess.config import Policy
from assess.judging import judge
from assess.packs import load_rules
from assess.reporting import RenderOptions
from assess_reports.html.report import html_report
from tests.bench.budgets import Figure, hold
from tests.support.browser import chromium
from tests.support.generate import estate

_MB = 1_000_000


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def test_html_report_of_five_thousand_workloads(tmp_path: Path) -> None:
    count = 5_000
    given, rules, policy = estate(count), load_rules(), Policy()
    assessment = assessment_of(
        given, judge(given, rules, policy), policy=policy, rules=rules, as_of=given.collected_at.date()
    )
    file = tmp_path / "readiness.html"
    begun = time.process_time()
    file.write_text(html_report.render(assessment, RenderOptions()), "utf-8")
    written = time.process_time() - begun
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, offline=True)
        begun = time.perf_counter()
        page.goto(file.as_uri(), wait_until="commit")
        page.wait_for_selector("#summary h1")
        first = time.perf_counter() - begun
        page.wait_for_selector("html[data-ready=yes]")
        page.wait_for_selector(f"html[data-findings='{len(assessment.findings)}']")
        drawn = time.perf_counter() - begun
        status = page.locator("#workloads form.filters output")

        def turn() -> None:
            page.locator("#workloads-pages").get_by_role("button", name="Later").click()
            page.get_by_text("101 to 200 of 5,000 workloads").wait_for()

        def choose() -> None:
            page.locator("#workloads select[name=weight]").select_option("Critical")
            page.locator("#workloads input[name=text]").fill("service-004")
            assert " of 5,000 workloads" in status.inner_text()
            assert "5,000 of 5,000" not in status.inner_text()

        def unfold() -> None:
            page.locator("#workloads-table tbody th a").last.click()
            page.locator("details.workload[open]").wait_for()

        turned, chosen, unfolded = map(_seconds, (turn, choose, unfold))
    hold(
        Figure("HTML report of 5,000 workloads", file.stat().st_size / _MB, 1 + 0.003 * count, "MB"),
        Figure("written, one core", written, 40),
        Figure("first screen drawn", first, 3),
        Figure("tables ready, all findings in them", drawn, 3),
        Figure("a page turned", turned, 3),
        Figure("filtered and searched", chosen, 3),
        Figure("a workload's section opened", unfolded, 3),
    )
