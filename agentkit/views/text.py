"""Results side by side as plain text: what a terminal prints and what a notebook's tests compare.

At most 100 columns. Up to three variants stand side by side; more are stacked under each sample. The same grid gives
the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentkit.views import _words
from agentkit.views._measure import clip, pad, width, wrap
from agentkit.views.grid import Cell, Grid, GridRow

WIDTH = 100
"""Columns of a table."""

REPLY_LINES = 12
"""Lines of one reply shown; the rest is counted."""

_GAP = " │ "
_NARROWEST = 24


def table_text(grid: Grid, width: int = WIDTH) -> str:
    """Return a grid as plain text, lines at most `width` columns wide.

    Args:
        grid: Samples down, variants across; every string in it is untrusted.
        width: Columns, at least 40.

    >>> from agentkit.views.grid import Cell, Grid, GridRow
    >>> row = GridRow("s1", "Say hi", None, {"a": [Cell("hi", output_tokens=1, cost_usd=0.0)]})
    >>> print(table_text(Grid(["a"], [row]), width=40))
    sample      │ a
    ────────────┼───────────────────────────
    s1          │ hi
    Say hi      │
                │ 1 out · free
    ────────────┼───────────────────────────
    in all      │ 1 reply · 1 out · free
    """
    if not grid.rows:
        return "No samples, so no results."
    first = min(24, max(11, width // 5))
    column = (width - first - len(_GAP) * len(grid.variants)) // max(len(grid.variants), 1)
    lines = _across(grid, first, column) if column >= _NARROWEST else _stacked(grid, width)
    for line in _words.foot(grid, min(_words.ROWS, len(grid.rows))):
        lines += wrap(line, width)
    return "\n".join(line.rstrip() for line in lines)


def _across(grid: Grid, first: int, column: int) -> list[str]:
    widths = [first] + [column] * len(grid.variants)
    rule = "─┼─".join("─" * each for each in widths)
    served = len(_words.models(grid)) > 1
    lines = _beside([["sample"], *([clip(name, column)] for name in map(_flat, grid.variants))], widths)
    for row in grid.rows[: _words.ROWS]:
        lines.append(rule)
        places = [_place(row.cells.get(name, ()), column, served) for name in grid.variants]
        lines += _level([_sample(row, first), *places], widths)
    lines.append(rule)
    totals = [wrap(_words.totals(grid, name), column) for name in grid.variants]
    return lines + _beside([["in all"], *totals], widths)


def _stacked(grid: Grid, columns: int) -> list[str]:
    served = len(_words.models(grid)) > 1
    lines: list[str] = []
    for row in grid.rows[: _words.ROWS]:
        lines += ["═" * columns, *_sample(row, columns)]
        for name in grid.variants:
            head = f"── {clip(_flat(name), columns - 8)} "
            lines.append(head + "─" * (columns - width(head)))
            replies, figures = _place(row.cells.get(name, ()), columns - 2, served)
            lines += [f"  {line}" for line in [*replies, *figures]]
    lines.append("═" * columns)
    for name in grid.variants:
        lines += wrap(f"{_flat(name)}: {_words.totals(grid, name)}", columns)
    return lines


def _sample(row: GridRow, columns: int) -> list[str]:
    lines = [clip(_flat(row.sample), columns), *_cut(wrap(row.input, columns), 6)]
    if row.target is not None:
        lines += _cut(wrap(f"target: {row.target}", columns), 3)
    return lines


def _place(cells: Sequence[Cell], columns: int, served: bool) -> tuple[list[str], list[str]]:
    """Return the lines of one place and, where it holds one reply, its figures apart, to stand on one level."""
    if not cells:
        return ["not run"], []
    lines: list[str] = []
    figures: list[str] = []
    for repeat in _words.repeats(cells):
        if lines or figures:
            lines += [*figures, ""]
        if label := repeat.label(len(cells)):
            lines += wrap(f"[{label}]", columns)
        lines += _reply(repeat.cell, columns)
        figures = wrap(_words.figures(repeat.cell, served), columns)
    return lines, figures


def _reply(cell: Cell, columns: int) -> list[str]:
    lines: list[str] = []
    told = _words.mark(cell)
    if cell.error is not None:
        lines += _cut(wrap(f"Error: {cell.error}", columns), REPLY_LINES)
    if told and cell.stop_reason == "refusal":
        lines += wrap(told, columns)
    if cell.output is not None:
        lines += _cut(wrap(cell.output.strip() or "(empty reply)", columns), REPLY_LINES)
    elif cell.error is None and not told:
        lines.append("(no reply)")
    if told and cell.stop_reason != "refusal":
        lines += wrap(told, columns)
    if cell.scores:
        lines += wrap(f"scores: {_words.scores(cell)}", columns)
    return lines


def _cut(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most + 1:
        return lines
    return [*lines[:most], f"… +{len(lines) - most} lines"]


def _level(blocks: Sequence[list[str] | tuple[list[str], list[str]]], widths: Sequence[int]) -> list[str]:
    """Stand the blocks of a row side by side, their figures on one level below the longest reply."""
    tops = [block[0] if isinstance(block, tuple) else block for block in blocks]
    bottoms = [block[1] if isinstance(block, tuple) else [] for block in blocks]
    lines = _beside(tops, widths)
    return lines + _beside(bottoms, widths) if any(bottoms) else lines


def _beside(blocks: Sequence[list[str]], widths: Sequence[int]) -> list[str]:
    height = max(map(len, blocks))
    return [
        _GAP.join(
            pad(clip(block[line], each) if line < len(block) else "", each)
            for block, each in zip(blocks, widths, strict=True)
        )
        for line in range(height)
    ]


def _flat(text: str) -> str:
    return " ".join(wrap(" ".join(text.split()), 10_000))
