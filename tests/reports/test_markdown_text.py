import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markupsafe import Markup

from assess_reports.markdown_text import bullet, code, link, row, text, within
from tests.reports.hostile import texts

RENDERER = MarkdownIt("commonmark").enable("table").enable("strikethrough")


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("app has no health check, in 72 (61-84), 83 % seen.", "app has no health check, in 72 (61-84), 83 % seen."),
        ("facts of 2026-11-23 18:00 UTC; +4.2 points", "facts of 2026-11-23 18:00 UTC; +4.2 points"),
        ("holds DB_PASSWORD, which (API_KEY) says", "holds `DB_PASSWORD`, which (`API_KEY`) says"),
        ("set `terminationGracePeriodSeconds: 30`, then", "set `terminationGracePeriodSeconds: 30`, then"),
        ("a ``secretKeyRef``.", "a `secretKeyRef`."),
        ("<b>bold</b> | pipe", "`<b>bold</b>` `|` pipe"),
        ("ask @someone in #12 or GH-12", "ask `@someone` in `#12` or `GH-12`"),
        ("see https://example.com/a or www.example.com", "see `https://example.com/a` or `www.example.com`"),
        ("commit 0123abc, account 111122223333", "commit `0123abc`, account `111122223333`"),
        ("1. first", "`1.` first"),
        ("- item", "`-` item"),
        ("--- ===", "`---` `===`"),
        ("a - b & c", "a - b & c"),
        ("größe → 日本語", "größe → 日本語"),
        ("a\nb\x1b", r"`a\nb\x1b`"),
        ("a`b", "``a`b``"),
        ("", ""),
    ],
)
def test_words_stay_words_and_the_rest_becomes_code(words: str, written: str) -> None:
    assert str(text(words)) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("orders", "`orders`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``a` ```", "```` ``a` ``` ````"),
        ("", "(empty)"),
        ("  ", "(empty)"),
        ("a\nb", r"`a\nb`"),
        ("x" * 20, "`xxxxx…xxxx`"),
    ],
)
def test_names_are_code(name: str, written: str) -> None:
    assert str(code(name, 10 if len(name) > 10 else 160)) == written


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://docs.aws.amazon.com/eks/a.html#b", "[docs.aws.amazon.com](https://docs.aws.amazon.com/eks/a.html#b)"),
        ("http://example.com", "`http://example.com`"),
        ("javascript:alert(1)", "`javascript:alert(1)`"),
        ("https://a.b/c)[x](https://evil.example", "`https://a.b/c)[x](https://evil.example`"),
        ("https://user@evil.example/", "`https://user@evil.example/`"),
    ],
)
def test_links_show_where_they_lead(address: str, written: str) -> None:
    assert str(link(address)) == written


@pytest.mark.parametrize("words", ["a|b", "a\\|b", "a\\\\|b", "|", "\\", "`|`", "a | b \\| c"])
def test_a_cell_holds_what_it_was_given(words: str) -> None:
    table = f"| a | b |\n|---|---|\n{row(code(words), 'next')}\n"
    cells = [token.children or [] for token in RENDERER.parse(table) if token.type == "inline"]
    assert [child.content for child in cells[2]] == [words.replace("\\|", "\\x5c|").replace("\\\\x5c", "\\x5c\\x5c")]
    assert [child.content for child in cells[3]] == ["next"]


@given(texts, texts, texts)
def test_a_row_has_as_many_cells_as_it_was_given(one: str, two: str, three: str) -> None:
    table = f"| a | b | c |\n|---|---|---|\n{row(text(one), code(two), three)}\n"
    tokens = RENDERER.parse(table)
    assert [token.type for token in tokens].count("td_open") == 3
    assert [token.type for token in tokens].count("tr_open") == 2
    allowed = {"text", "code_inline"}
    assert {child.type for token in tokens for child in token.children or ()} <= allowed


@given(texts, texts)
def test_a_bullet_stays_one_line_of_text_and_code(one: str, two: str) -> None:
    tokens = RENDERER.parse(f"{bullet(one, code(two))}\n{bullet('next')}\n")
    assert [token.type for token in tokens].count("list_item_open") == 2
    assert [token.type for token in tokens].count("inline") == 2
    assert {child.type for token in tokens for child in token.children or ()} <= {"text", "code_inline"}


@given(texts)
def test_a_code_span_shows_the_visible_text(name: str) -> None:
    tokens = RENDERER.parse(f"a {code(name)} b")
    assert [child.type for child in tokens[1].children or ()] in (["text", "code_inline", "text"], ["text"])


def test_rows_that_do_not_fit_are_counted_and_none_is_cut() -> None:
    rows = [Markup("é" * size) for size in (3, 5, 1, 1)]  # 7, 11, 3 and 3 bytes with their line breaks
    assert within(rows, text, 24) == (rows, 0)
    assert within(rows, text, 18) == (rows[:2], 2)
    assert within(rows, text, 17) == (rows[:1], 3)
    assert within(rows, text, 0) == ([], 4)
