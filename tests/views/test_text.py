from __future__ import annotations

import pytest
from wcwidth import wcswidth

from agentkit.views._measure import clip, pad, width, wrap
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.text import table_text

MIXED = "日本語のテキスト and 👩‍🔬 emoji with averyveryverylongwordthatneverends/and/a/path 🇫🇷 e\u0301 " * 4


@pytest.mark.parametrize("variants", [1, 2, 3, 5])
@pytest.mark.parametrize("columns", [40, 80, 100])
def test_no_line_is_wider_than_asked(variants: int, columns: int) -> None:
    names = [f"variant-{'x' * n * 9}" for n in range(variants)]
    row = GridRow(
        "s" * 40, MIXED, MIXED, {name: [Cell(MIXED, error=None), Cell(None, 2, error=MIXED)] for name in names}
    )
    lines = table_text(Grid(names, [row], note=MIXED), columns).split("\n")
    assert max(wcswidth(line) for line in lines) <= columns


def test_columns_stand_straight_with_wide_characters() -> None:
    text = table_text(Grid(["a", "b"], [GridRow("s", "x", None, {"a": [Cell("日本語 👩‍🔬")], "b": [Cell("plain")]})]))
    body = [line for line in text.split("\n") if line.count("│") == 2]
    assert len({tuple(wcswidth(part) for part in line.split("│")[:2]) for line in body}) == 1


def test_wrapping_keeps_words_and_indentation() -> None:
    assert wrap("    indented words go on", 14) == ["    indented", "    words go", "    on"]
    assert wrap("a\n\nb", 10) == ["a", "", "b"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_measures() -> None:
    assert width("日本") == 4
    assert pad("日", 4) == "日  "
    assert clip("日本語", 5) == "日本…"
