"""What the report's script adds: filters, search, links to places, copying, and the map."""

import pytest
from playwright.sync_api import Page, expect

from tests.reports import examples
from tests.reports.html import estates
from tests.reports.html.conftest import Opened

pytestmark = pytest.mark.xdist_group("browser")


def names(page: Page) -> list[str]:
    return page.locator("#workloads-table tbody th a").all_inner_texts()


def counted(page: Page) -> str:
    return page.locator("#workloads form.filters output").inner_text()


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("verdict", "blocked", ["cart", "orders", "payments"]),
        ("rule", "HLT-NONE", ["mailer", "reports"]),
        ("weight", "Low", ["images"]),
        ("owner", "shop team", 12),
        ("cluster", "shop-production", 12),
    ],
)
def test_filters_leave_the_workloads_that_fit(opened: Opened, field: str, value: str, found: list[str] | int) -> None:
    page = opened(examples.shop())
    page.locator(f"#workloads select[name={field}]").select_option(value)
    shown = names(page)
    assert (shown if isinstance(found, list) else len(shown)) == found
    assert f"{len(shown)} of 12 workloads" in counted(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#workloads-table tbody tr")).to_have_count(12)


def test_filters_hold_for_findings_too(opened: Opened) -> None:
    shop = examples.shop()
    page = opened(shop)
    rows = page.locator("#findings-table tbody tr")
    expect(rows).to_have_count(len(shop.findings))
    page.locator("#workloads select[name=weight]").select_option("Critical")
    expect(rows).to_have_count(3)
    page.locator("#workloads input[name=text]").fill("mesh")
    expect(rows).to_have_count(1)
    assert "app is proxied by the Envoy of mesh shop-mesh" in rows.inner_text()


def test_filters_stand_in_the_address_and_come_back_from_it(opened: Opened) -> None:
    page = opened(examples.shop())
    page.locator("#workloads select[name=verdict]").select_option("not_ready")
    assert page.url.endswith("#workloads?verdict=not_ready")
    shown = names(page)
    again = opened(examples.shop(), "#workloads?verdict=not_ready")
    assert names(again) == shown == ["api", "search", "session-store", "web"]


def test_numbers_of_the_first_screen_lead_to_their_rows(opened: Opened) -> None:
    page = opened(examples.shop())
    page.locator(".legend a", has_text="blocked").click()
    expect(page.locator("#workloads-table tbody tr")).to_have_count(3)


def test_columns_sort(opened: Opened) -> None:
    page = opened(examples.shop())
    head = page.locator("#workloads-table thead th").first
    head.get_by_role("button").click()
    assert names(page) == sorted(names(page))
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").press("Enter")
    assert names(page) == sorted(names(page), reverse=True)


def test_a_link_to_a_finding_opens_its_workload(opened: Opened) -> None:
    shop = examples.shop()
    finding = next(each for each in shop.findings if each.rule == "STO-EBS-VOLUME")
    page = opened(shop, f"#f-{finding.fingerprint}")
    expect(page.locator(f"#f-{finding.fingerprint}")).to_be_in_viewport()
    assert page.locator(f"#f-{finding.fingerprint}.here").is_visible()


def test_a_link_to_where_one_already_is_opens_it_again(opened: Opened) -> None:
    page = opened(examples.shop())
    link = page.locator("#workloads-table tbody th a").first
    link.click()
    section = page.locator("details.workload[open]")
    expect(section).to_have_count(1)
    section.locator("> summary").click()
    expect(section).to_have_count(0)
    link.click()
    expect(section).to_have_count(1)
    expect(section.locator("> summary")).to_be_focused()


def test_what_is_only_data_in_a_large_estate_opens_all_the_same(opened: Opened) -> None:
    large = examples.large(420)
    page = opened(large)
    last = sorted(each.name for each in large.workloads)[-1]
    page.locator("#workloads input[name=text]").fill(last)
    expect(page.locator("#workloads-table tbody tr")).to_have_count(1)
    before = page.locator("#sections > details").count()
    page.locator("#workloads-table tbody th a").click()
    section = page.locator("details.workload[open]")
    expect(section).to_contain_text(last)
    assert page.locator("#sections > details").count() == before + 1
    finding = next(each for each in large.findings if last in each.subject.name)
    again = opened(large, f"#f-{finding.fingerprint}")
    expect(again.locator(f"#f-{finding.fingerprint}")).to_contain_text("holds a literal")


def test_tables_turn_their_pages(opened: Opened) -> None:
    page = opened(examples.large(230))
    rows, pages = page.locator("#workloads-table tbody tr"), page.locator("#workloads-pages")
    expect(rows).to_have_count(100)
    pages.get_by_role("button", name="Later").click()
    pages.get_by_role("button", name="Later").click()
    expect(rows).to_have_count(30)
    expect(pages).to_contain_text("201 to 230 of 230 workloads")
    assert pages.get_by_role("button", name="Later").is_disabled()


def test_names_can_be_copied(opened: Opened) -> None:
    page = opened(examples.shop())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("details.workload > summary").first.click()
    button = page.locator("details.workload .copy-it:visible").first
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "cart:7"


# --- the map ----------------------------------------------------------------------------------------------------


def test_the_map_is_drawn_without_javascript_and_leads_to_workloads(opened: Opened) -> None:
    shop = estates.mapped()
    page = opened(shop, script=False)
    picture = page.locator("#map-whole")
    assert picture.locator(".node").count() == len(shop.dependencies.nodes)
    assert picture.locator(".line").count() == len(shop.dependencies.edges)
    href = picture.locator(".node a").first.get_attribute("href") or ""
    assert page.locator(href).count() == 1


def test_a_node_shows_its_neighbours_and_why(opened: Opened) -> None:
    page = opened(estates.mapped())
    page.locator("#map input[name=find]").fill("orders-data")
    panel = page.locator("#map-panel")
    expect(panel.locator("h3")).to_have_text("orders-database")
    expect(page.locator("#map-whole .node.near")).to_have_count(2)
    expect(panel).to_contain_text("web data read, port 8080, declared")
    panel.get_by_text("Why is this line here?").click()
    expect(panel).to_contain_text("URL of web holds the address")
    expect(panel).to_contain_text("http://called.internal:8080")
    panel.get_by_role("button", name="web").click()
    expect(panel.locator("h3")).to_have_text("web")
    panel.get_by_role("button", name="Show the whole map").click()
    expect(page.locator("#map-whole.chosen-one")).to_have_count(0)


def test_a_node_can_be_chosen_by_keyboard(opened: Opened) -> None:
    page = opened(estates.mapped())
    node = page.locator("#map-whole .node.resource")
    node.focus()
    node.press("Enter")
    expect(page.locator("#map-panel h3")).to_have_text("orders-database")


def test_lines_are_filtered_by_how_sure_they_are(opened: Opened) -> None:
    shop = estates.mapped()
    page = opened(shop)
    page.get_by_label("possible").uncheck()
    page.get_by_label("inferred").uncheck()
    declared = [each for each in shop.dependencies.edges if each.certainty.value == "declared"]
    expect(page.locator("#map-whole .line:not(.off)")).to_have_count(len(declared))
    page.locator("#map input[name=find]").fill("cart")
    expect(page.locator("#map-panel")).to_contain_text("No line of the chosen certainty")


def test_a_line_says_why_it_is_there(opened: Opened) -> None:
    page = opened(estates.mapped())
    page.locator("#map-whole .line").first.dispatch_event("click")
    expect(page.locator("#map-panel h3")).to_contain_text(" to ")
    expect(page.locator("#map-panel details[open]")).to_contain_text("holds the address")


def test_clusters_stand_for_their_workloads(opened: Opened) -> None:
    page = opened(estates.mapped())
    page.locator("#map select[name=view]").select_option("clusters")
    clusters = page.locator("#map-clusters .node.cluster:visible")
    expect(clusters).to_have_count(2)
    assert not page.locator("#map-whole").is_visible()
    clusters.first.click()
    expect(page.locator("#map-panel h3")).to_have_text("6 nodes")


def test_a_large_map_is_drawn_by_cluster_and_searched_by_name(opened: Opened) -> None:
    large = estates.mapped(examples.large(260))
    page = opened(large)
    assert page.locator("#map-whole").count() == 0
    expect(page.locator("#map-clusters .node.cluster")).to_have_count(2)
    page.locator("#map input[name=find]").fill("00017")
    expect(page.locator("#map-panel h3")).to_contain_text("00017")
    expect(page.locator("#map-panel")).to_contain_text("Depends on (1)")
