import unicodedata

import pytest
from hypothesis import given

from assess_reports.visible import shorten, visible
from tests.reports.hostile import texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders-api", "orders-api"),
        ("größe 日本 שלום", "größe 日本 שלום"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("a\x9bb\x7f", r"a\x9bb\x7f"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u00a0b", r"a\xa0b"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\u3164", r"\u3164"),
        ("\u0301a", r"\u0301a"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_marks_that_pile_up_are_written_out_after_the_fourth() -> None:
    assert visible("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + r"\u0301\u0301"


@given(texts)
def test_nothing_hidden_is_left_and_nothing_joined(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown
    assert not any(unicodedata.category(each) == "Cf" or unicodedata.bidirectional(each) == "RLO" for each in shown)
    assert len(shown) >= len(text)


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("orders", 6, "orders"),
        ("orders-api-production", 11, "order…ction"),
        ("a\nb", 3, "a…b"),
        ("ab", 1, "…"),
        ("a" * 10**7 + "b", 5, "aa…ab"),
    ],
)
def test_a_long_name_is_cut_in_its_middle(text: str, most: int, cut: str) -> None:
    assert shorten(text, most) == cut
