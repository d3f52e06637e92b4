"""What the live comparison shows, without the live view: filters, order, and rows as safe HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from agentkit.views import _words, diff, safe
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.safe import Html
from agentkit.views.table import cell_html

Mode = Literal["rendered", "source", "diff"]
MODES: tuple[Mode, ...] = ("rendered", "source", "diff")
SHOWS = ("all", "failed", "cut or refused", "differing")
SORTS = ("sample order", "sample name", "longest reply", "most expensive", "slowest")
SCORE_SORTS = ("lowest", "highest", "furthest apart")
"""Further orders for each score, as `lowest NAME`."""
SCORE_TESTS = ("at least", "at most", "differing", "unscored")
VALUES = 200
"""Values of a metadata field that are offered; any other may be typed."""


class ExploreData:
    """Rows of a grid in a chosen order.

    Args:
        grid: Samples down, variants across; untrusted.
        metadata: Of each row's sample, in the order of the rows; none where left out.

    >>> rows = [GridRow(n, n, None, {"a": [Cell(n * 3)], "b": [Cell(n)]}) for n in ("x", "yy")]
    >>> data = ExploreData(Grid(["a", "b"], rows), [{"topic": "caching"}, {"topic": "paging"}])
    >>> data.order(text="yyyy"), data.order(sort="longest reply"), data.order(field=("topic", "cach"))
    ([1], [1, 0], [0])
    """

    def __init__(self, grid: Grid, metadata: Sequence[Mapping[str, Any]] = ()) -> None:
        self.grid = grid
        self._metadata = [{str(name): str(value) for name, value in one.items()} for one in metadata]
        cells = (cell for row in grid.rows for cell in _all(row))
        self.scores = list(dict.fromkeys(name for cell in cells for name in cell.scores))
        """Names of the scores there are."""
        self.sorts = [*SORTS, *(f"{word} {name}" for name in self.scores for word in SCORE_SORTS)]
        """Every order there is."""

    @property
    def fields(self) -> dict[str, list[str]]:
        """Values by the name of each metadata field, the first `VALUES` different ones."""
        found: dict[str, dict[str, None]] = {}
        for one in self._metadata:
            for name, value in one.items():
                values = found.setdefault(name, {})
                if len(values) < VALUES and len(value) < VALUES:
                    values.setdefault(value)
        return {name: list(values) for name, values in found.items()}

    def order(
        self,
        text: str = "",
        show: str = "all",
        sort: str = "sample order",
        score: tuple[str, str, float | None] | None = None,
        field: tuple[str, str] | None = None,
    ) -> list[int]:
        """Return the places of the rows to show, in order.

        Args:
            text: What a row must hold, letter case aside: in its id, its input, its target or a reply.
            show: One of `SHOWS`.
            sort: One of `sorts`.
            score: Name, one of `SCORE_TESTS`, and where it takes one a number: holds where it does for the mean over
                epochs of any variant.
            field: Name of a metadata field, and what its value must hold, letter case aside.
        """
        wanted = text.casefold()
        rows = self.grid.rows
        places = [at for at, row in enumerate(rows) if _shows(row, show) and (not wanted or wanted in _text(row))]
        if score is not None and score[0] in self.scores:
            places = [at for at in places if _scores(rows[at], *score)]
        if field is not None and field[1]:
            places = [at for at in places if self._field_holds(at, *field)]
        key = _SORT_KEYS.get(sort) or self._score_key(sort)
        return places if key is None else sorted(places, key=lambda at: key(rows[at]))

    def _field_holds(self, at: int, name: str, wanted: str) -> bool:
        return at < len(self._metadata) and wanted.casefold() in self._metadata[at].get(name, "").casefold()

    def _score_key(self, sort: str) -> Callable[[GridRow], Any] | None:
        word = next((word for word in SCORE_SORTS if sort.startswith(f"{word} ")), None)
        if word is None or sort.removeprefix(f"{word} ") not in self.scores:
            return None
        name = sort.removeprefix(f"{word} ")

        def key(row: GridRow) -> tuple[bool, float]:
            means = _means(row, name)
            if not means:
                return True, 0.0  # unscored rows come last
            value = {"lowest": min(means), "highest": -max(means)}.get(word, min(means) - max(means))
            return False, value

        return key

    def rows(self, places: Sequence[int], mode: Mode = "rendered", baseline: str | None = None) -> list[dict[str, Any]]:
        """Return rows for the page: `at`, `head` and one `cells` entry per variant, each safe HTML."""
        rows = self.grid.rows
        return [
            {
                "at": at,
                "head": _head(rows[at]),
                "cells": [self._cells(rows[at], name, mode, baseline) for name in self.grid.variants],
            }
            for at in places
            if 0 <= at < len(rows)
        ]

    def source(self, at: int, variant: str) -> str:
        """Return the replies of one place as they came, for copying."""
        cells = self.grid.rows[at].cells.get(variant, ())
        return "\n\n".join(cell.output if cell.output is not None else cell.error or "" for cell in cells)

    def _cells(self, row: GridRow, variant: str, mode: Mode, baseline: str | None) -> Html:
        cells = row.cells.get(variant, ())
        if not cells:
            return Html("<em>not run</em>")
        base = row.cells.get(baseline or "", ())
        shown = []
        for at, repeat in enumerate(_words.repeats(cells)):
            label = repeat.label(len(cells))
            lead = f'<div class="ak-quiet">{safe.escape(label)}</div>' if label else ""
            against = base[min(at, len(base) - 1)] if base and variant != baseline else None
            shown.append(lead + _cell(repeat.cell, mode, against))
        if len(shown) == 1:
            return Html(shown[0])
        # Repeats fold into one cell: how far apart they are, the first, and the others to open.
        more = "<hr>".join(shown[1:])
        count = _words.plural(len(shown) - 1, "other reply", "other replies")
        return Html(f"{spread_html(cells)}{shown[0]}<details><summary>{count}</summary>{more}</details>")


def spread_html(cells: Sequence[Cell]) -> Html:
    """Return in one line how far apart the repeats of one place are; empty where there is one."""
    if len(cells) < 2:
        return Html("")
    parts = [f"{len({cell.output for cell in cells if cell.output is not None})} different in {len(cells)} epochs"]
    for name in dict.fromkeys(name for cell in cells for name in cell.scores):
        values = [value for cell in cells if (value := cell.scores.get(name)) is not None]
        if values:
            parts.append(f"{name} {_span(values)}")
    tokens = [float(cell.output_tokens) for cell in cells if cell.output_tokens is not None]
    if tokens:
        parts.append(f"{_span(tokens)} tokens")
    return Html(f'<div class="ak-quiet">{safe.escape(" · ".join(parts))}</div>')


def _span(values: Sequence[float]) -> str:
    low, high, mean = min(values), max(values), sum(values) / len(values)
    return f"{low:g}" if low == high else f"{mean:.3g} ({low:g} to {high:g})"


def transcript_html(request: Mapping[str, Any], transcript: Sequence[Mapping[str, Any]], title: str) -> Html:
    """Return a trial's whole conversation and the request as sent.

    Args:
        request: As sent; untrusted.
        transcript: Messages with `role` and `content`, a string or blocks; untrusted.
        title: What the trial is called.
    """
    parts = [f"<p><strong>{safe.escape(title)}</strong></p>"]
    for message in transcript:
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())
        inner = "".join(_block(block) for block in blocks)
        parts.append(f'<div class="ak-quiet">{safe.escape(str(message.get("role", "")))}</div>{inner}')
    whole = safe.escape(json.dumps(request, indent=2, ensure_ascii=False, default=dict))
    return Html(f"{''.join(parts)}<details><summary>The request as sent</summary><pre>{whole}</pre></details>")


def _block(block: Mapping[str, Any]) -> str:
    if block.get("type") == "text":
        return safe.markdown(str(block.get("text", "")))
    return f"<pre>{safe.escape(json.dumps(block, indent=2, ensure_ascii=False, default=dict))}</pre>"


def _cell(cell: Cell, mode: Mode, against: Cell | None) -> str:
    if mode == "rendered" or cell.output is None:
        return cell_html(cell)
    under = (f"scores: {_words.scores(cell)}" if cell.scores else "", _words.figures(cell))
    quiet = "".join(f'<div class="ak-quiet">{safe.escape(line)}</div>' for line in under if line)
    told = _words.mark(cell)
    mark = f"<div><strong>{safe.escape(told)}</strong></div>" if told else ""
    if mode == "diff" and against is not None and against.output is not None:
        return f"{diff.words_html(against.output, cell.output)}{mark}{quiet}"
    return f'<pre tabindex="-1">{safe.escape(cell.output)}</pre>{mark}{quiet}'


def _head(row: GridRow) -> Html:
    target = f'<div class="ak-quiet">target: {safe.lines(row.target)}</div>' if row.target is not None else ""
    return Html(
        f'<strong>{safe.escape(row.sample)}</strong><div class="ak-quiet">{safe.lines(row.input)}</div>{target}'
    )


def _all(row: GridRow) -> list[Cell]:
    return [cell for cells in row.cells.values() for cell in cells]


def _text(row: GridRow) -> str:
    pieces = [row.sample, row.input, row.target or ""]
    pieces += [text for cell in _all(row) for text in (cell.output, cell.error) if text]
    return "\n".join(pieces).casefold()


def _shows(row: GridRow, show: str) -> bool:
    if show == "failed":
        return any(cell.error is not None for cell in _all(row))
    if show == "cut or refused":
        return any(_words.mark(cell) for cell in _all(row))
    if show == "differing":
        return len({tuple(cell.output for cell in cells) for cells in row.cells.values()}) > 1
    return True


def _means(row: GridRow, name: str) -> list[float]:
    """Return a score of each variant, its repeats averaged; variants without one left out."""
    means = []
    for cells in row.cells.values():
        values = [value for cell in cells if (value := cell.scores.get(name)) is not None]
        if values:
            means.append(round(sum(values) / len(values), 9))  # 0.2 and 0.4 have the mean 0.3
    return means


def _scores(row: GridRow, name: str, test: str, value: float | None) -> bool:
    means = _means(row, name)
    if test == "unscored":
        return any(all(cell.scores.get(name) is None for cell in cells) for cells in row.cells.values())
    if test == "differing":
        return len(set(means)) > 1
    if value is None:
        return True
    return any(mean >= value for mean in means) if test == "at least" else any(mean <= value for mean in means)


_SORT_KEYS: dict[str, Callable[[GridRow], Any]] = {
    "sample name": lambda row: row.sample.casefold(),
    "longest reply": lambda row: -max((len(cell.output or "") for cell in _all(row)), default=0),
    "most expensive": lambda row: -sum(cell.cost_usd or 0.0 for cell in _all(row)),
    "slowest": lambda row: -max((cell.latency_s or 0.0 for cell in _all(row)), default=0.0),
}
