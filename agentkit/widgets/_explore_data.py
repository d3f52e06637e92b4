"""What the live comparison shows, without the live view: filters, order, and rows as safe HTML."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from agentkit.views import _words, safe
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.safe import Html
from agentkit.widgets._explore_cells import Mode, head_html, place_html

SHOWS = ("all", "failed", "cut or refused", "empty", "differing", "differing by epoch", "ticked")
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
        # As the page shows them: what a person picks or types there is compared with this.
        self._metadata = [
            {safe.visible(str(name)): safe.visible(str(value)) for name, value in one.items()} for one in metadata
        ]
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
        variants: Collection[str] | None = None,
        picked: Collection[int] = (),
    ) -> list[int]:
        """Return the places of the rows to show, in order.

        Args:
            text: What a row must hold, letter case aside: in its id, its input, its target or a reply.
            show: One of `SHOWS`.
            sort: One of `sorts`.
            score: Name, one of `SCORE_TESTS`, and where it takes one a number: holds where it does for the mean over
                epochs of any variant.
            field: Name of a metadata field, and what its value must hold, letter case aside.
            variants: Those that all of this looks at; all when left out.
            picked: Places of the rows that are ticked.
        """
        wanted = text.casefold()
        rows = self.grid.rows if variants is None else [_only(row, variants) for row in self.grid.rows]
        asked = set(picked) if show == "ticked" else range(len(rows))
        places = [at for at in range(len(rows)) if at in asked]
        places = [at for at in places if _shows(rows[at], show) and (not wanted or wanted in _text(rows[at]))]
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
                "head": head_html(rows[at]),
                "cells": [_place(rows[at], name, mode, baseline) for name in self.grid.variants],
            }
            for at in places
            if 0 <= at < len(rows)
        ]

    def source(self, at: int, variant: str) -> str:
        """Return the replies of one place as they came, for copying."""
        cells = self.grid.rows[at].cells.get(variant, ())
        return "\n\n".join(cell.output if cell.output is not None else cell.error or "" for cell in cells)


def _place(row: GridRow, variant: str, mode: Mode, baseline: str | None) -> Html:
    base = row.cells.get(baseline or "", ()) if variant != baseline else ()
    return place_html(row.cells.get(variant, ()), base, mode)


def _only(row: GridRow, variants: Collection[str]) -> GridRow:
    kept = {name: cells for name, cells in row.cells.items() if name in variants}
    return GridRow(row.sample, row.input, row.target, kept)


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
    if show == "empty":
        return any(cell.output is not None and not cell.output.strip() for cell in _all(row))
    if show == "differing by epoch":
        return any(len({cell.output for cell in cells}) > 1 for cells in row.cells.values())
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
