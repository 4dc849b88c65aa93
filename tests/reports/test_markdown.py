import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assess.assessment import Assessment
from assess.reporting import RenderOptions, Report
from assess_reports.markdown import markdown, markdown_summary
from tests.reports import examples
from tests.reports.hostile import ATTACKS, texts

RENDERER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
REPORTS = (markdown, markdown_summary)
MIB = 1024 * 1024


def render(assessment: Assessment, report: Report = markdown) -> str:
    return report.render(assessment, RenderOptions())


@cache
def harmless(report: Report) -> str:
    return render(examples.shop(), report)


def inlines(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def headings(tokens: list[Token], level: int) -> list[str]:
    return [
        after.content for token, after in pairwise(tokens) if token.type == "heading_open" and token.tag == f"h{level}"
    ]


def tables(tokens: list[Token]) -> list[list[int]]:
    """For each table the number of cells of each of its rows."""
    found: list[list[int]] = []
    for token in tokens:
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append(0)
        elif token.type in ("th_open", "td_open"):
            found[-1][-1] += 1
    return found


def well_formed(report: str, like: str) -> None:
    """What a renderer makes of the report has the structure of the harmless one, and nothing live in it."""
    tokens, model = RENDERER.parse(report), RENDERER.parse(like)
    blocks = {token.type for token in tokens}
    assert not blocks & {"html_block", "fence", "code_block", "blockquote_open", "hr"}
    assert {child.type for child in inlines(tokens)} <= {
        *("text", "code_inline", "strong_open", "strong_close", "link_open", "link_close"),
        "softbreak",
    }
    for level in (1, 2):
        assert headings(tokens, level) == headings(model, level)
    assert len(headings(tokens, 3)) == len(headings(model, 3))
    assert tables(tokens) == tables(model)
    assert [token.type for token in tokens] == [token.type for token in model]
    for child in inlines(tokens):
        if child.type == "link_open":
            assert re.match(r"#[a-z-]+$|https://docs\.example\.com/", str(child.attrs["href"]))
        if child.type == "text":
            assert not re.search(r"@\w|#\d|://|www\.|\bGH-\d|<|\b[0-9a-f]{40}\b", child.content), child.content
    for line in report.split("\n"):
        assert line.isprintable(), ascii(line)
        assert line == line.rstrip()


@pytest.mark.parametrize(
    ("report", "name", "endings"), [(markdown, "markdown", (".md",)), (markdown_summary, "markdown-summary", ())]
)
def test_are_reports(report: Report, name: str, endings: tuple[str, ...]) -> None:
    assert isinstance(report, Report)
    assert (report.name, report.endings) == (name, endings)


def test_the_first_section_stands_alone() -> None:
    summary = render(examples.shop()).split("\n## ")[1]
    for words in (
        "**Not ready yet: 4 of 12 can move now or with work, 4 not yet, 3 are blocked, 1 cannot be told yet.**",
        "- Score: 59 (51-59), 83 % seen; capped at 59 while 3 critical findings stand; 85 without.",
        "- Leaving out 1 accepted finding: not ready yet, 59 (51-59), 83 % seen;",
        "- Blocked: `cart`, `orders` and `payments`.",
        "1. Fixing this adds +6.7: A credential stands in plain text in the environment (2 workloads, days of work, "
        "critical, `SEC-ENV-PLAINTEXT`)",
        "- `iam:GetRolePolicy`: AccessDenied for 1 resource in `111122223333`; leaves 1 rule undecided",
        "- IAM actions that would show it: `iam:GetRolePolicy` and `iam:ListRolePolicies`",
        "- 1 question that only people can answer",
    ):
        assert words in summary


@pytest.mark.parametrize(
    "words",
    [
        "| Applications | State and storage | 99 (79-99) | 83 % | not ready yet |  |",
        "| The move | Manifests | conversion work only: 7 changes |  |  |  |",
        "| Team | Kubernetes skills | not asked yet (0-100) |  |  |  |",
        "| 3 | +3.0 | The task role may do anything | 3 | days of work | high | `IAM-WILDCARD` |",
        "| blocked | `orders` | `shop-production` | 60 (51-60) | 83 % | critical: `DB_PASSWORD` of app holds a literal",
        "### orders in `shop-production`",
        "- Verdict: blocked; score 60 (51-60), 83 % seen",
        "- Accepted: ready, 100 (91-100), once accepted findings are left out",
        "**Critical: The service is part of an App Mesh mesh** (`ECS-APP-MESH`)",
        "- `cart/app`: app is proxied by the Envoy of mesh shop-mesh\n  - seen at `arn:aws:ecs:eu-central-1:"
        "111122223333:task-definition/cart:7` `/containerDefinitions/0/environment/3`: `COMPLETE`\n  - seen at "
        "`deploy/cart.json:12` `/containerDefinitions/0`\n- Fix, weeks of work: Choose a mesh that lives on, or none",
        "**To convert: Restart policy to translate** (`MAN-RESTART`)",
        "- `shared-role/app`: role shared-role allows `*` on every resource (80 % sure)\n  - touches 3 workloads",
        "- High: The task role may do anything, on role `shared-role/app` (`IAM-WILDCARD`)",
        "| `IAM-WILDCARD` | The task role may do anything | high | access was denied | `iam:GetRolePolicy`, "
        "`iam:ListRolePolicies` | 1 |",
        "- T1: How many people can write a Deployment, Service and ConfigMap from scratch?",
        "1 further call failed, and other calls gave the same facts.",
        "| critical | `SEC-ENV-PLAINTEXT` | `payments/app` | `API_TOKEN` of app holds a token | rotated weekly until "
        "the vault lands | payments team | 2027-03-31 |",
        "expired on 2026-10-01, so its findings count again",
        "More: [docs.example.com](https://docs.example.com/ecs-app-mesh)",
        "- Fields: 1 copied; 1 translated; 1 to be decided on (`executionRoleArn`); 1 without an equivalent "
        "(`containerDefinitions[].ulimits[].name`)",
    ],
)
def test_a_shop(words: str) -> None:
    assert words in render(examples.shop())


def test_a_reader_can_redo_the_sum_by_hand() -> None:
    shop = examples.shop()
    section = render(shop).split("\n## How the score is made\n")[1].split("\n## ")[0]
    count = int(re.findall(r"÷ (\d+) workloads", section)[0])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == len(shop.ledger)
    for _, _, penalty, workloads, lost, _, _ in rows:
        assert float(lost) == pytest.approx(int(penalty) * int(workloads) / count, abs=0.0005)
    total, uncapped = re.findall(r"100 - ([0-9.]+) = ([0-9.]+)", section)[0]
    assert sum(float(each[4]) for each in rows) == pytest.approx(float(total), abs=0.0005 * len(rows))
    assert 100 - float(total) == pytest.approx(float(uncapped), abs=0.001)
    assert float(uncapped) == pytest.approx(shop.summary.score_uncapped, abs=0.0005)


def test_a_row_that_gives_back_is_part_of_the_sum() -> None:
    shop = examples.shop()
    floor = shop.ledger[0].model_copy(
        update={
            "rule": "floor",
            "severity": None,
            "penalty": 0,
            "workloads": 1,
            "points_lost": -2.5,
            "gain_if_fixed": 0.0,
        }
    )
    report = render(shop.model_copy(update={"ledger": (*shop.ledger, floor)}))
    assert "| given back: no workload falls below 0 |  |  | 1 | -2.500 |  |  |" in report
    assert "100 - 12.250 = " in report


def test_links_within_the_document_lead_to_its_headings() -> None:
    tokens = RENDERER.parse(render(examples.shop()))
    wanted = {
        str(child.attrs["href"]) for child in inlines(tokens) if child.type == "link_open" and "#" in str(child.attrs)
    }
    anchors = {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings(tokens, 2)}
    assert len(wanted) >= 9
    assert wanted <= anchors


def test_a_blind_estate_names_its_scope() -> None:
    report = render(examples.blind())
    assert "**Undetermined: no workloads were seen.**" in report
    assert "- Blind, so that workloads may be missing: `ecs:ListServices in 111122223333 eu-central-1`" in report
    assert "Score: none: workloads may be missing, so it may be anything from 0 to 100." in report


def test_a_clean_estate() -> None:
    report = render(examples.clean())
    for words in (
        "Nothing that was found costs points.",
        "Every fact that the rules need was read.",
        "Nothing was found.",
    ):
        assert words in report


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
@pytest.mark.parametrize("name", ["shop", "blind", "clean"])
def test_well_formed(report: Report, name: str) -> None:
    written = render(getattr(examples, name)(), report)
    well_formed(written, written)
    assert written.endswith("\n")
    assert "\n\n\n" not in written


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_the_same_assessment_makes_the_same_bytes(report: Report) -> None:
    shop = examples.shop()
    turned = shop.model_copy(
        update={
            "rules": dict(reversed(list(shop.rules.items()))),
            "findings": shop.findings[::-1],
            "unknowns": shop.unknowns[::-1],
            "gaps": shop.gaps[::-1],
            "workloads": shop.workloads[::-1],
        }
    )
    assert render(turned, report) == render(shop, report)


def test_a_large_estate_keeps_the_worst_and_says_what_was_cut() -> None:
    large = examples.large(5000)
    report = render(large)
    assert 0.9 * MIB < len(report.encode()) < MIB
    sections = report.split("\n## Each workload\n")[1].split("\n## ")[0]
    shown = re.findall(r"^### (\S+) in", sections, re.MULTILINE)
    assert shown == [each.name for each in large.workloads if each.verdict == "blocked"][: len(shown)]
    assert f"the details of {5000 - len(shown):,} more workloads, better ones than those above" in sections
    overview = report.split("\n## Workloads\n")[1].split("\n## ")[0]
    rows = overview.count("\n| ") - 1
    assert f"{5000 - rows:,} more workloads. All of it is in the JSON report." in overview


def test_the_summary_of_a_large_estate_fits_into_a_comment() -> None:
    summary = render(examples.large(300), markdown_summary)
    assert len(summary) < 65_000
    assert "Left out here for length: 280 more workloads that are not ready." in summary


def test_the_summary_of_the_most_hostile_estate_fits_into_a_comment() -> None:
    wide = examples.rewritten(examples.large(60), lambda text: text + "\U000e0041" * 2000 + "語`|" * 2000)
    assert len(render(wide, markdown_summary)) < 65_000
    assert len(render(wide).encode()) < MIB


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: ascii(text[:30]))
def test_known_attacks_in_every_field(attack: str) -> None:
    shop = examples.shop()
    hostile = examples.rewritten(shop, lambda text: text if text.startswith("https://") else f"{text}{attack}")
    for report in REPORTS:
        well_formed(render(hostile, report), harmless(report))


@settings(max_examples=20, deadline=None)
@given(texts, texts)
def test_hostile_text_in_every_field(before: str, after: str) -> None:
    shop = examples.shop()
    hostile = examples.rewritten(shop, lambda text: text if text.startswith("https://") else before + text + after)
    for report in REPORTS:
        well_formed(render(hostile, report), harmless(report))


def test_a_hostile_reference_is_no_link() -> None:
    hostile = examples.rewritten(
        examples.shop(), lambda text: "javascript:alert(1)" if text.startswith("https://") else text
    )
    assert "More: `javascript:alert(1)`" in render(hostile)
