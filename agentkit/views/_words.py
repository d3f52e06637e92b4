"""What a cell says about itself, in words: the same in HTML and in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentkit.views.grid import Cell, Grid

ROWS = 50
"""Samples shown by a static table; a page of several thousand replies takes half a minute to paint."""

_MARKS = {
    "refusal": "Refused: the model declined to answer",
    "max_tokens": "Cut off: the reply reached max_tokens",
    "model_context_window_exceeded": "Cut off: the context window was full",
    "pause_turn": "Paused: the turn was not finished",
}


@dataclass(frozen=True, slots=True)
class Repeat:
    """One reply and the epochs that gave it, word for word."""

    cell: Cell
    epochs: tuple[int, ...]

    def label(self, of: int) -> str:
        """Return "epoch 2 of 3", or "epochs 1, 2 and 3: the same reply"; empty where there is only one epoch."""
        if of <= 1:
            return ""
        if len(self.epochs) == 1:
            return f"epoch {self.epochs[0]} of {of}"
        listed = ", ".join(map(str, self.epochs[:-1]))
        what = "reply" if self.cell.output is not None else "error"
        return f"epochs {listed} and {self.epochs[-1]}: the same {what}"


def repeats(cells: Sequence[Cell]) -> Iterator[Repeat]:
    """Yield the cells of one place, those that say and score the same folded into one (figures: the first one's)."""
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        key = (cell.output, cell.error, cell.stop_reason, tuple(cell.scores.items()))
        groups.setdefault(key, []).append(cell)
    for group in groups.values():
        yield Repeat(group[0], tuple(cell.epoch for cell in group))


def mark(cell: Cell) -> str | None:
    """Return what is out of the ordinary about a reply, as a sentence; None where nothing is. Errors are apart."""
    return mark_of(cell.stop_reason)


def mark_of(stop_reason: str | None) -> str | None:
    """Return what a stop reason has out of the ordinary, as a sentence; None where nothing."""
    return _MARKS.get(stop_reason or "")


def figures(cell: Cell, model: bool = False) -> str:
    """Return the quiet line under a reply: tokens, latency, cost, stop reason, and the model where asked.

    >>> figures(Cell("hi", input_tokens=1200, output_tokens=8, latency_s=0.42, cost_usd=0.00031))
    '1,200 in · 8 out · 0.42 s · $0.00031'
    """
    parts: list[str] = []
    if cell.input_tokens is not None:
        cached = f" + {cell.cache_read_tokens:,} cached" if cell.cache_read_tokens else ""
        parts.append(f"{cell.input_tokens:,}{cached} in")
    if cell.output_tokens is not None:
        parts.append(f"{cell.output_tokens:,} out")
    if cell.latency_s is not None:
        parts.append(seconds(cell.latency_s))
    if cell.output is not None:
        parts.append(dollars(cell.cost_usd))
    if cell.stop_reason:
        parts.append(cell.stop_reason)
    if model and cell.model:
        parts.append(cell.model)
    return " · ".join(parts)


def scores(cell: Cell) -> str:
    """Return the scores of a reply by name; unscored is said, not counted as zero.

    >>> scores(Cell("hi", scores={"exact": True, "words": 12.5, "tone": None}))
    'exact yes · words 12.5 · tone unscored'
    """
    return " · ".join(f"{name} {score(value)}" for name, value in cell.scores.items())


def score(value: float | None) -> str:
    """Return one score: yes or no, a number, or that there is none."""
    if value is None:
        return "unscored"
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:.4g}"


def seconds(value: float) -> str:
    """Return seconds with three significant digits below a minute, then minutes."""
    if value >= 60:
        return f"{int(value // 60)} min {value % 60:.0f} s"
    return f"{value:.3g} s" if value < 10 else f"{value:.1f} s"


def dollars(value: float | None) -> str:
    """Return an amount at list price, with at least two significant digits.

    >>> [dollars(value) for value in (None, 0.0, 0.0000042, 0.031, 12.5)]
    ['price unknown', 'free', '$0.0000042', '$0.031', '$12.50']
    """
    if value is None:
        return "price unknown"
    if value == 0:
        return "free"
    if value >= 1:
        return f"${value:,.2f}"
    places = 2
    while round(value, places) < 10 ** (1 - places) and places < 12:
        places += 1
    return f"${value:.{places}f}"


def models(grid: Grid) -> list[str]:
    """Return the models that served a grid's replies, in the order met."""
    return list(dict.fromkeys(cell.model for cell in _all(grid) if cell.model))


def totals(grid: Grid, variant: str) -> str:
    """Return one line that sums up a variant over ALL rows of a grid: replies, failures, tokens, cost."""
    cells = [cell for row in grid.rows for cell in row.cells.get(variant, ())]
    replies = [cell for cell in cells if cell.error is None and cell.output is not None]
    parts = [plural(len(replies), "reply", "replies")]
    for count, one, many in (
        (sum(cell.error is not None for cell in cells), "error", "errors"),
        (sum(cell.stop_reason == "refusal" for cell in replies), "refusal", "refusals"),
        (sum((mark(cell) or "").startswith("Cut off") for cell in replies), "cut off", "cut off"),
    ):
        if count:
            parts.append(plural(count, one, many))
    output = [cell.output_tokens for cell in replies if cell.output_tokens is not None]
    if output:
        parts.append(f"{sum(output):,} out")
    if replies:
        costs = [cell.cost_usd for cell in replies]
        known = [cost for cost in costs if cost is not None]
        parts.append(dollars(sum(known)) if len(known) == len(costs) else "price unknown")
    return " · ".join(parts)


def foot(grid: Grid, shown: int) -> list[str]:
    """Return the lines under a table of the first `shown` rows: what else there is and where, the model, how it ran."""
    hidden = len(grid.rows) - shown
    found = []
    if hidden > 0:
        found.append(f"{shown} of {len(grid.rows):,} samples shown; the other {hidden:,} are in results.frame.")
    served = models(grid)
    if len(served) == 1:
        found.append(f"Model: {served[0]}.")
    if grid.note:
        found.append(grid.note)
    return found


def plural(count: int, one: str, many: str) -> str:
    """Return a count with its noun.

    >>> plural(1, "reply", "replies"), plural(1200, "reply", "replies")
    ('1 reply', '1,200 replies')
    """
    return f"{count:,} {one if count == 1 else many}"


def _all(grid: Grid) -> Iterable[Cell]:
    return (cell for row in grid.rows for cells in row.cells.values() for cell in cells)
