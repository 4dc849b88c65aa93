"""The report in a real browser: it stands alone, says what the other reports say, and nothing hostile acts in it."""

import re
from html.parser import HTMLParser

import pytest
from playwright.sync_api import expect

from assess.assessment import Assessment
from assess.reporting import RenderOptions
from assess_reports import wording
from assess_reports.html.report import html_report
from tests.reports import examples
from tests.reports.hostile import ATTACKS
from tests.reports.html import estates
from tests.reports.html.conftest import Opened
from tests.reports.test_movement import moved
from tests.support.generate import estate

pytestmark = pytest.mark.xdist_group("browser")


def written(assessment: Assessment) -> str:
    return html_report.render(assessment, RenderOptions())


def compared() -> Assessment:
    """All that a report can show: a map, a service, and what moved."""
    return moved(examples.clean(), estates.mapped())


class _Loads(HTMLParser):
    """Collects what could load something, and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.loads += [
            f"{tag} {name}" for name in values if name in ("src", "srcset", "style") or name.startswith("on")
        ]
        if tag in ("link", "img", "iframe", "object", "embed", "base", "form") and "filters" not in str(values):
            self.loads.append(tag)
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag == "a":
            href = values["href"] or ""
            self.targets += [href[1:]] if href.startswith("#") else []
            assert href.startswith(("#", "https://"))


@pytest.mark.parametrize("make", [examples.shop, examples.clean, examples.blind, compared])
def test_nothing_in_the_file_loads_anything_and_every_link_leads_somewhere(make: object) -> None:
    assert callable(make)
    parser = _Loads()
    parser.feed(written(make()))
    assert parser.loads == []
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.targets) <= set(parser.ids)


def test_the_same_assessment_gives_the_same_bytes() -> None:
    assert written(examples.shop()) == written(examples.shop())


def test_the_policy_forbids_what_is_not_in_the_file(opened: Opened) -> None:
    page = opened(examples.shop())
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content") or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_first_screen_says_what_every_report_says_first(opened: Opened) -> None:
    shop = examples.shop()
    page = opened(shop)
    assert page.locator("h1").inner_text() == wording.headline(shop)
    first = page.locator("#summary").inner_text()
    for words in (wording.score_line(shop), wording.origin(shop), "What matters most", "What we could not see"):
        assert words in first
    assert page.locator("#summary .panel").last.bounding_box() is not None
    box = page.locator("#summary").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 1000


def test_the_report_reads_without_javascript(opened: Opened) -> None:
    shop = examples.shop()
    page = opened(shop, script=False)
    assert page.locator("#workloads-table tbody tr").count() == len(shop.workloads)
    assert page.locator("#sections > details").count() == len(shop.workloads)
    assert page.locator(".finding").count() == len(shop.findings)
    assert page.locator(".only-js:visible").count() == 0
    page.locator("details.workload summary", has_text="orders").first.click()
    assert page.get_by_text("holds a literal").first.is_visible()


def test_waived_findings_are_seen_as_such(opened: Opened) -> None:
    page = opened(examples.shop())
    row = page.locator("#accepted tbody tr")
    assert "rotated weekly until the vault lands" in row.inner_text()
    row.locator("a").click()
    finding = page.locator(".finding.waived.here")
    assert "Accepted by payments team until 2027-03-31" in finding.inner_text()


def test_an_estate_that_was_not_seen_says_so(opened: Opened) -> None:
    page = opened(examples.blind())
    assert "workloads may be missing" in page.locator("#summary").inner_text()
    assert "No workloads were seen." in page.locator("#workloads").inner_text()


@pytest.mark.parametrize("start", range(0, len(ATTACKS), 8))
@pytest.mark.parametrize("script", [True, False])
def test_hostile_names_never_act_and_never_break_the_layout(opened: Opened, start: int, script: bool) -> None:
    attacks = ATTACKS[start : start + 8]
    order: dict[str, str] = {}

    def attacked(text: str) -> str:
        return order.setdefault(text, f"{attacks[len(order) % len(attacks)]}<img src=x onerror=alert({len(order)})>")

    page = opened(examples.rewritten(compared(), attacked), width=320, script=script)
    assert page.locator("img, main script, iframe").count() == 0
    for details in page.locator("details:not([open]) > summary").all()[:12]:
        if details.is_visible():
            details.click()
    if script:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= 320
    shown = page.locator("body").inner_text()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b\u202a-\u202e\u2066-\u2069\u200b]", shown)
    assert "onerror=alert" in shown


def test_hostile_names_that_the_script_draws_never_act_either(opened: Opened) -> None:
    known: dict[str, str] = {}

    def attacked(text: str) -> str:
        number = len(known)
        return known.setdefault(text, f"{number:05}</script><!--<img src=x onerror=alert({number})>")

    page = opened(examples.rewritten(estates.mapped(examples.large(420)), attacked))
    rows = page.locator("#workloads-table tbody tr")
    expect(rows).to_have_count(100)
    for _ in range(4):
        page.locator("#workloads-pages").get_by_role("button", name="Later").click()
    before = page.locator("#sections > details").count()
    rows.last.locator("a").click()
    expect(page.locator("#sections > details")).to_have_count(before + 1)
    page.locator("#map-clusters .node").first.click()
    page.locator("#map-panel li button").first.click()
    assert page.locator("img").count() == 0
    assert "onerror=alert" in page.locator("details.workload[open]").inner_text()
    assert "onerror=alert" in page.locator("#map-panel").inner_text()


def test_what_moved_is_shown_where_something_was_compared(opened: Opened) -> None:
    given = compared()
    assert given.movement is not None
    page = opened(given)
    assert f"{len(given.movement.new)} new" in page.locator("#moved").inner_text()
    assert page.locator("#moved details[open] li").count() > 0
    assert opened(examples.shop()).locator("#moved").count() == 0


@pytest.mark.parametrize("width", [320, 375, 768, 1440, 2560])
def test_the_page_is_as_wide_as_its_window(opened: Opened, width: int) -> None:
    page = opened(examples.shop(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dark_screen_gets_a_dark_page(opened: Opened) -> None:
    def luminance(page_colour: str) -> float:
        return sum(map(float, re.findall(r"[\d.]+", page_colour)[:3])) / 3

    colour = "getComputedStyle(document.body).backgroundColor"
    assert luminance(opened(examples.shop(), dark=True).evaluate(colour)) < 40
    assert luminance(opened(examples.shop()).evaluate(colour)) > 215


def test_paper_gets_the_leadership_pages_on_white(opened: Opened) -> None:
    page = opened(examples.shop(), dark=True)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for shown in ("#summary", "#checklist", "#plan", "#workloads-table"):
        assert page.locator(shown).is_visible()
    for hidden in ("nav", "form.filters", "#findings", "#arithmetic"):
        assert not page.locator(hidden).is_visible()
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert 1 <= pages <= 6


@pytest.mark.parametrize("count", [20, 100, 200])
def test_the_file_is_at_most_one_megabyte_and_three_kilobytes_for_each_workload(count: int) -> None:
    assert len(written(estates.assessed(estate(count))).encode()) <= 1_000_000 + 3_000 * count
