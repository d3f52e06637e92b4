"""Results side by side as static HTML: samples down, variants across.

Made for places that run nothing: GitHub (which strips styles), an untrusted notebook, a printed page. So no script, no
ids, no classes, inline styles only, colours inherited, and every state said in words. A widget shows the same live; the
two never travel in one bundle.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentkit.views import _words, safe
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.safe import Html

LEAD = 900
"""Characters of a reply shown at once; the rest is one click away, where it is worth one."""

BYTES = 600_000
"""Most that the rows of a table take, beyond its first: a notebook that holds one is saved under 1 MB."""

_SLACK = 300
_LINE = "1px solid rgba(128,128,128,.35)"
_QUIET = "font-size:.85em;opacity:.75"
_TH = (
    "text-align:left;vertical-align:bottom;padding:6px 12px;"
    f"border-bottom:2px solid rgba(128,128,128,.6);border-right:{_LINE}"
)
_TD = (
    f"text-align:left;vertical-align:top;padding:8px 12px;border-bottom:{_LINE};border-right:{_LINE};"
    "overflow-wrap:anywhere;white-space:normal"
)
_FIRST = (
    "position:sticky;left:0;z-index:1;font-weight:normal;min-width:9em;max-width:16em;"
    "background:var(--jp-layout-color0,var(--vscode-editor-background,transparent))"
)
_MARK = "margin:.4em 0;padding:.1em .6em;border-left:3px solid currentColor"


def table_html(grid: Grid) -> Html:
    """Return a grid as one static HTML table.

    Up to 50 samples, fewer where they are very long; the rest are counted and their place is named. Replies are
    rendered from Markdown; long ones fold. Errors, refusals and replies that were cut off are each told in words in
    their own cell. Epochs of one place stand under each other, equal ones as one.

    Args:
        grid: Samples down, variants across; every string in it is untrusted.

    >>> from agentkit.views.grid import Cell, Grid, GridRow
    >>> row = GridRow("s1", "Say hi", None, {"a": [Cell("**hi**")]})
    >>> "<strong>hi</strong>" in table_html(Grid(["a"], [row]))
    True
    """
    return counted_table(grid)[0]


def counted_table(grid: Grid) -> tuple[Html, int]:
    """Return what `table_html` does, and how many of the grid's rows it shows.

    Args:
        grid: As `table_html` takes it.
    """
    if not grid.rows:
        return Html("<p><em>No samples, so no results.</em></p>"), 0
    served = len(_words.models(grid)) > 1
    share = f"{84 // max(len(grid.variants), 1)}%"
    head = "".join(
        f'<th scope="col" style="{_TH};min-width:14em;width:{share}"><strong>{safe.escape(name)}</strong></th>'
        for name in grid.variants
    )
    rows = _rows(grid, served)
    totals = "".join(
        f'<td style="{_TD};{_QUIET}">{safe.escape(_words.totals(grid, name))}</td>' for name in grid.variants
    )
    foot = "".join(f'<p style="{_QUIET};margin:.3em 0">{safe.lines(line)}</p>' for line in _words.foot(grid, len(rows)))
    table = Html(
        f'<div {safe.INERT}><div style="overflow-x:auto;max-width:100%">'
        '<table style="border-collapse:collapse;table-layout:auto;margin:0;font-size:inherit;width:100%">'
        f'<thead><tr><th scope="col" style="{_TH};{_FIRST}"><strong>sample</strong></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody>"
        f'<tfoot><tr><th scope="row" style="{_TD};{_FIRST};{_QUIET}">in all</th>{totals}</tr></tfoot>'
        f"</table></div>{foot}</div>"
    )
    return table, len(rows)


def _rows(grid: Grid, served: bool) -> list[str]:
    rows: list[str] = []
    left = BYTES
    for row in grid.rows[: _words.ROWS]:
        made = _row(grid.variants, row, served)
        left -= len(made.encode("utf-8", "replace"))
        if rows and left < 0:
            break
        rows.append(made)
    return rows


def _row(variants: Sequence[str], row: GridRow, served: bool) -> str:
    cells = "".join(f'<td style="{_TD}">{_place(row.cells.get(name, ()), served)}</td>' for name in variants)
    target = f'<div style="{_QUIET}">target: {_fold_plain(row.target, 120)}</div>' if row.target is not None else ""
    return (
        f'<tr><th scope="row" style="{_TD};{_FIRST}"><strong>{safe.escape(row.sample)}</strong>'
        f'<div style="{_QUIET}">{_fold_plain(row.input, 240)}</div>{target}</th>{cells}</tr>'
    )


def _place(cells: Sequence[Cell], served: bool) -> str:
    if not cells:
        return "<em>not run</em>"
    shown = []
    for repeat in _words.repeats(cells):
        label = repeat.label(len(cells))
        lead = f'<div style="{_QUIET}"><em>{label}</em></div>' if label else ""
        shown.append(f"<div>{lead}{cell_html(repeat.cell, served)}</div>")
    return f'<hr style="border:0;border-top:{_LINE};margin:.6em 0">'.join(shown)


def cell_html(cell: Cell, model: bool = False) -> Html:
    """Return one reply with what is out of the ordinary about it, its scores and its figures.

    Args:
        cell: The trial; its strings are untrusted.
        model: Whether to name the model that served it.
    """
    parts = []
    if cell.error is not None:
        parts.append(f'<div style="{_MARK}"><strong>Error:</strong> {_fold_plain(cell.error, 600)}</div>')
    if (told := _words.mark(cell)) and cell.stop_reason == "refusal":
        parts.append(_said(told))
    if cell.output is not None:
        parts.append(reply_html(cell.output) if cell.output.strip() else "<em>empty reply</em>")
    elif cell.error is None and not told:
        parts.append("<em>no reply</em>")
    if told and cell.stop_reason != "refusal":
        parts.append(_said(told))
    if cell.scores:
        parts.append(f'<div style="font-size:.9em;margin-top:.4em">scores: {safe.escape(_words.scores(cell))}</div>')
    if figures := _words.figures(cell, model):
        parts.append(f'<div style="opacity:.75;margin-top:.4em"><small>{safe.escape(figures)}</small></div>')
    return Html("".join(parts))


def reply_html(text: str, lead: int = LEAD) -> Html:
    """Return a reply rendered, with what goes beyond `lead` characters folded into `<details>`."""
    if len(text) <= lead + _SLACK:
        return safe.markdown(text)
    first, rest = safe.folded(text, lead)
    if not rest:
        return first
    shown = "the rest of the reply" if first else safe.escape(" ".join(text[:160].split())) + " …"
    return Html(f"{first}<details><summary>{shown} ({len(text):,} characters in all)</summary>{rest}</details>")


def _said(sentence: str) -> str:
    word, _, rest = sentence.partition(":")
    return f'<div style="{_MARK}"><strong>{safe.escape(word)}:</strong>{safe.escape(rest)}</div>'


def _fold_plain(text: str, lead: int) -> str:
    if len(text) <= lead + lead // 4:
        return safe.lines(text)
    start = text[:lead].rsplit(" ", 1)[0] or text[:lead]
    return f"<details><summary>{safe.escape(' '.join(start.split()))} …</summary>{safe.lines(text)}</details>"
