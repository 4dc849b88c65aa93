import re

import pytest
from hypothesis import given, settings
from rich.cells import cell_len

from assess.assessment import Assessment
from assess.reporting import RenderOptions, Report
from assess_reports.page import fit, pad
from assess_reports.terminal import bar, terminal
from tests.reports import examples
from tests.reports.hostile import ATTACKS, texts

SGR = re.compile(r"\x1b\[[0-9;]*m")


def render(assessment: Assessment, width: int = 80, *, color: bool = False, verbosity: int = 0) -> str:
    return terminal.render(assessment, RenderOptions(width=width, color=color, verbosity=verbosity))


def words(text: str) -> str:
    """The text with its line breaks undone."""
    return " ".join(text.split())


def harmless(report: str, width: int) -> None:
    for line in report.split("\n"):
        assert line.isprintable(), ascii(line)
        assert cell_len(line) <= width, line
        assert line == line.rstrip()


def test_is_a_report() -> None:
    assert isinstance(terminal, Report)
    assert (terminal.name, terminal.endings) == ("terminal", ())


def test_the_verdict_comes_first() -> None:
    assert words(render(examples.shop())).startswith(
        "Not ready yet: 4 of 12 can move now or with work, 4 not yet, 3 are blocked, 1 cannot be told yet. "
        "Score 59 (51-59), 83 % seen; capped at 59 while 3 critical findings stand; 85 without. "
        "Leaving out 1 accepted finding: not ready yet, 59 (51-59), 83 % seen;"
    )


def test_the_demo_estate_takes_two_screens() -> None:
    assert len(render(examples.shop()).splitlines()) <= 100


def test_a_large_estate_takes_no_more() -> None:
    report = render(examples.large(300))
    assert len(report.splitlines()) <= 100
    assert "  and 69 more\n" in report  # of 75 blocked ones


@pytest.mark.parametrize(
    "sentence",
    [
        "Blocked (3) 60 (51-60) cart in shop-production, 83 % seen critical: app is proxied by the Envoy of mesh",
        "payments in shop-production, 83 % seen; ready, 100 (91-100), once accepted",
        "critical, accepted until 2027-03-31: `API_TOKEN` of app holds a token",
        "Ready (2): images in shop-production at 99 (90-99) and catalogue-import in shop-production at 100 (91-100)",
        "not seen, may be high: The task role may do anything; access was denied (iam:GetRolePolicy",
        "1. Fixing this adds +6.7: A credential stands in plain text in the environment in 2 workloads, days of work, "
        "critical SEC-ENV-PLAINTEXT",
        "- iam:GetRolePolicy: AccessDenied for 1 resource in 111122223333; leaves 1 rule undecided",
        "IAM actions that would show it: iam:GetRolePolicy and iam:ListRolePolicies.",
        "assess permissions --for-gaps report.json",
        "1 question that only people can answer, such as: T1: How many people can write a Deployment",
        "the waiver of HLT-* on shop/old* (owner: web team) expired on 2026-10-01, so its findings count again",
        "assess explain SEC-ENV-PLAINTEXT",
    ],
)
def test_a_shop(sentence: str) -> None:
    assert sentence in words(render(examples.shop()))


@pytest.mark.parametrize(
    "line",
    [
        "  State and storage           99 (79-99)      83 %  █████████████▒▒▒┃  not yet",
        "  Coupling to ECS             96 (76-96)      83 %  ████████████▒▒▒▒┃  blocked",
        "  Fits in a Pod               n/a",
        "  Kubernetes skills           not asked yet (0-100)",
        "  Manifests                   conversion work only: 7 changes",
    ],
)
def test_a_line_of_the_checklist(line: str) -> None:
    assert line in render(examples.shop()).splitlines()


def test_every_item_of_the_checklist_is_shown_at_every_width() -> None:
    shop = examples.shop()
    for width in (60, 80, 200):
        report = render(shop, width)
        assert all(item.title in report for item in shop.checklist)


def test_a_blind_scope_is_named_first() -> None:
    report = words(render(examples.blind()))
    assert report.startswith("Undetermined: no workloads were seen. Score none: workloads may be missing")
    assert "Blind: ecs:ListServices in 111122223333 eu-central-1: workloads may be missing from this report" in report
    assert "IAM actions that would show it: ecs:ListServices." in report


def test_a_clean_estate_says_that_nothing_is_hidden() -> None:
    report = words(render(examples.clean()))
    assert report.startswith(
        "Ready: all 3 can move now. Score 100 (100-100), 100 % seen. No findings that cost points."
    )
    assert "What could not be seen nothing: every fact that the rules need was read" in report
    assert "Top fixes" not in report
    assert "Next assess rules what was looked for" in report


def test_evidence_is_shown_on_request() -> None:
    shop = examples.shop()
    assert "deploy/orders.json:12" not in render(shop)
    report = words(render(shop, 200, verbosity=1))
    for finding in shop.findings:
        assert finding.message in report
        assert finding.remediation in report
        for evidence in finding.evidence:
            assert f"{evidence.source}:{evidence.line}" if evidence.line else evidence.source in report
    assert "(accepted by payments team until 2027-03-31: rotated weekly until the vault lands)" in report
    assert "(80 % sure)" in report


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("verbosity", [0, 1])
@pytest.mark.parametrize(
    "assessment", [examples.shop(), examples.blind(), examples.large(40)], ids=["shop", "blind", "large"]
)
def test_no_line_is_too_wide_and_colour_adds_only_colour(assessment: Assessment, width: int, verbosity: int) -> None:
    plain = render(assessment, width, verbosity=verbosity)
    harmless(plain, width)
    colored = render(assessment, width, color=True, verbosity=verbosity)
    assert colored != plain
    assert SGR.sub("", colored) == plain


def test_the_environment_does_not_change_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = examples.shop()
    plain, colored = render(shop), render(shop, color=True)
    for name, value in {"COLUMNS": "33", "NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
        assert (render(shop), render(shop, color=True)) == (plain, colored)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: ascii(text[:30]))
def test_known_attacks_in_every_field(attack: str) -> None:
    hostile = examples.rewritten(examples.shop(), lambda text: text + attack)
    plain = render(hostile, 80, verbosity=1)
    harmless(plain, 80)
    harmless(SGR.sub("", render(hostile, 60, color=True)), 60)


@settings(max_examples=20, deadline=None)
@given(texts, texts)
def test_hostile_text_in_every_field(before: str, after: str) -> None:
    hostile = examples.rewritten(examples.shop(), lambda text: before + text + after)
    harmless(render(hostile, 80, verbosity=1), 80)


def test_removed_characters_are_shown() -> None:
    hostile = examples.rewritten(examples.shop(), lambda text: f"\x1b[2J{text}\u202e")
    assert r"\x1b[2J" in render(hostile)
    assert r"\u202e" in render(hostile)


def test_the_longest_texts_are_cut_in_their_middle() -> None:
    report = render(examples.rewritten(examples.clean(), lambda text: text + "x" * 100_000), verbosity=1)
    assert len(report) < 50_000


def test_rich_markup_is_text() -> None:
    assert "[red]cart[/red]" in render(examples.rewritten(examples.shop(), lambda text: f"[red]{text}[/red]"))


@pytest.mark.parametrize(
    ("low", "score", "high", "drawn"),
    [
        (61, 72, 84, "██████▒┃▒·"),
        (0, None, 100, "▒▒▒▒▒▒▒▒▒▒"),
        (100, 100, 100, "█████████┃"),
        (0, 0, 0, "┃·········"),
        (None, None, None, "··········"),
    ],
)
def test_a_bar_draws_the_range(low: int | None, score: int | None, high: int | None, drawn: str) -> None:
    assert bar(low, score, high, 10) == drawn


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("orders", 6, "orders"),
        ("orders-production", 9, "orde…tion"),
        ("日本語のサービス", 9, "日本…ビス"),
        ("日本語のサービス", 8, "日本…ス"),
        ("ae\u0301e\u0301e\u0301e\u0301z", 4, "ae\u0301…z"),
    ],
)
def test_a_name_is_fitted_by_the_cells_it_takes(text: str, width: int, fitted: str) -> None:
    assert fit(text, width) == fitted
    assert cell_len(pad(text, width)) == width
    assert pad(text, width, right=True).strip() == fitted


@given(texts)
def test_padding_takes_exactly_its_width(text: str) -> None:
    assert cell_len(pad(text, 20)) == 20
