from __future__ import annotations

import pytest

from agentkit.views import diff

PAIRS = [
    ("", "a"),
    ("a\nb\n", "a\nb"),
    ("The cat sat.\nOn a mat.\n", "The dog sat.\nOn the mat.\n"),
    ("x " * 50, "y " * 50),
    ("same", "same"),
    ("a\r\nb\r\n", "a\nb\n"),
]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = diff.words(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "in") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "out") == after


def test_neighbouring_words_are_one_passage() -> None:
    assert diff.words_text("see the red car", "see a blue car") == "see [-the red-]{+a blue+} car"


def test_a_missing_last_newline_is_told() -> None:
    assert "\\ No newline at end of file" in diff.unified("a\n", "a")


def test_equal_texts_have_no_diff() -> None:
    assert diff.unified("a", "a") == ""
    assert "No differences" in diff.unified_html("a", "a")


def test_html_is_legible_without_colour() -> None:
    html = diff.words_html("red", "blue")
    assert "line-through" in html
    assert "underline" in html


def test_a_whole_passage_too_long_to_compare_is_replaced() -> None:
    before, after = "a " * diff.WORD_LIMIT, "b " * diff.WORD_LIMIT
    assert [piece.kind for piece in diff.words(before, after)] == ["out", "in"]
