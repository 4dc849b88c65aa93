import json
import re
from functools import cache

import pytest
from hypothesis import given, settings
from rich.cells import cell_len

from assess.assessment import Assessment, MovementView, SubjectView, UnknownView
from assess.comparison import compare
from assess.estate.gaps import Reason
from assess.reporting import RenderOptions, Report
from assess.rule import Severity, SubjectKind
from assess_reports.markdown import LIMIT, markdown, markdown_summary
from assess_reports.movement import diff_json, diff_markdown, diff_terminal
from assess_reports.terminal import terminal
from tests.reports import examples
from tests.reports.hostile import ATTACKS, texts
from tests.reports.test_markdown import well_formed

REPORTS: tuple[Report, ...] = (diff_terminal, diff_markdown, diff_json)


def moved(old: Assessment, new: Assessment) -> Assessment:
    return new.model_copy(update={"movement": compare(old, new)})


@cache
def shop() -> Assessment:
    """The shop after some time: orders is mended, the role of reports cannot be seen, mailer broke, web is gone."""
    before = examples.shop()
    names = [each.name for each in before.workloads if each.name != "web"]
    kept = [each for each in before.findings if "orders" not in each.subject.name and each.rule != "IAM-WILDCARD"]
    raised = [each.model_copy(update={"waived": None}) for each in kept]
    role = SubjectView(
        kind=SubjectKind.ROLE, id="shared-role", name="shared-role", workloads=(examples.workload_id("api"),)
    )
    unread = UnknownView(
        rule="IAM-WILDCARD", checklist="identity", subject=role, worst=Severity.HIGH, reason=Reason.DENIED
    )
    new = examples.finding("STO-EBS-VOLUME", ["mailer"], "volume mails is an EBS volume of the service")
    return moved(before, examples.assessment(names, [*raised, new], unknowns=[unread]))


def render(assessment: Assessment, report: Report, *, width: int = 80, verbosity: int = 0, color: bool = False) -> str:
    return report.render(assessment, RenderOptions(width=width, verbosity=verbosity, color=color))


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    "sentence",
    [
        "What moved from 2026-11-23 18:00 UTC to 2026-11-23 18:00 UTC",
        "Verdict: not ready yet before, ready now.",
        "Score: 59 (51-59), 83 % seen before, 59 (51-59), 83 % seen now: the same.",
        "Findings: 1 new, 2 fixed, 12 unchanged and 1 gone without being fixed.",
        "- high: mailer/app: volume mails is an EBS volume of the service STO-EBS-VOLUME",
        "- critical: orders/app: `DB_PASSWORD` of app holds a literal",
        "Accepted, or not any more (1)",
        "- gone: shop-production/web: was not ready yet",
        "- better: shop-production/orders: blocked, 60 before; ready, 100 now",
    ],
)
def test_a_shop_that_moved(sentence: str) -> None:
    assert sentence in words(render(shop(), diff_terminal))


def test_the_parts_are_printed_as_they_add_up() -> None:
    movement = shop().movement
    assert movement is not None
    assert movement.points is not None
    told = re.search(r"Of this, (.*?)\.\s+Findings", words(render(shop(), diff_terminal)))
    assert told is not None
    parts = [round(float(each) * 1000) for each in re.findall(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?= from)", told[1])]
    assert len(parts) == 4
    assert sum(parts) == movement.points.score * 1000


def test_the_document_holds_the_lists_under_headings() -> None:
    document = render(shop(), diff_markdown)
    assert document.startswith("# What moved\n\nFrom 2026-11-23 18:00 UTC")
    assert "## New findings\n\n- high: `mailer/app`: volume mails" in document
    well_formed(document, document)


def test_the_json_is_the_member_of_the_assessment() -> None:
    movement = shop().movement
    written = render(shop(), diff_json)
    assert MovementView.model_validate_json(written) == movement
    assert written.isascii()
    assert json.loads(written)["fixed"][0]["rule"] == "SEC-ENV-PLAINTEXT"


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_nothing_to_compare_with_is_said(report: Report) -> None:
    written = render(examples.shop(), report)
    assert written == "null\n" if report is diff_json else "nothing to compare with" in written


@pytest.mark.parametrize("report", [terminal, markdown], ids=lambda report: report.name)
def test_a_report_has_the_section_only_where_something_was_compared(report: Report) -> None:
    heading = "Since then" if report is terminal else "## What moved"
    assert heading not in render(examples.shop(), report)
    with_section = render(shop(), report)
    assert heading in with_section
    assert "volume mails" in with_section


def test_the_section_of_the_terminal_report_is_short() -> None:
    hundred = examples.large(100)
    for movement in (moved(examples.clean(), hundred), shop()):
        without = movement.model_copy(update={"movement": None})
        assert len(render(movement, terminal).splitlines()) - len(render(without, terminal).splitlines()) <= 16


def test_large_movements_stay_within_their_bounds() -> None:
    large = examples.large(5000)
    movement = moved(examples.assessment([each.name for each in large.workloads], ()), large)
    document = render(movement, diff_markdown)
    assert 0.5 * 1024 * 1024 < len(document.encode()) < 1024 * 1024
    assert "more, left out for length; the JSON has all of them" in document
    assert len(render(movement, markdown).encode()) <= LIMIT
    assert len(render(movement, markdown_summary)) < 65_000
    assert len(render(movement, diff_terminal).splitlines()) < 250
    assert "  and 4,981 more" in render(movement, diff_terminal)
    assert "  and 4,981 more" not in render(movement, diff_terminal, verbosity=1)


def harmless(report: str) -> None:
    for line in report.split("\n"):
        assert line.isprintable(), ascii(line)
        assert cell_len(line) <= 80, line


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: ascii(text[:30]))
def test_known_attacks_in_every_field(attack: str) -> None:
    hostile = examples.rewritten(shop(), lambda text: text + attack)
    harmless(render(hostile, diff_terminal))
    document = render(hostile, diff_markdown)
    well_formed(document, render(shop(), diff_markdown))
    assert json.loads(render(hostile, diff_json))


@settings(max_examples=15, deadline=None)
@given(texts, texts)
def test_hostile_text_in_every_field(before: str, after: str) -> None:
    hostile = examples.rewritten(shop(), lambda text: before + text + after)
    harmless(render(hostile, diff_terminal, verbosity=1))
    harmless(render(hostile, terminal))


def test_the_same_assessments_make_the_same_bytes() -> None:
    for report in REPORTS:
        assert render(shop(), report) == render(shop(), report)
