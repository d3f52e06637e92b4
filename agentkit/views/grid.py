"""Results as plain data: what every view of them is drawn from.

Samples down, variants across, one `Cell` per epoch in each place. The views know nothing of plans, stores or backends;
whoever has outputs to compare can fill a `Grid`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """One trial as a view sees it."""

    output: str | None
    """The reply's text (Markdown, untrusted); None where the trial failed or has not run."""
    epoch: int = 1
    """Which repeat, from 1."""
    error: str | None = None
    """Why the trial failed, in one or a few lines; None where it did not."""
    stop_reason: str | None = None
    """As the protocol names it. `refusal` and `max_tokens` are shown as what they are, apart from errors."""
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cost_usd: float | None = None
    """Dollars at list price; None where the price is unknown, 0.0 where it is known to be free."""
    latency_s: float | None = None
    """Seconds of the recorded call, also where it was reused."""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """Scores by name; None is unscored, which is not zero."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One sample and its cells."""

    sample: str
    """The sample's id."""
    input: str
    """The input as text; several turns are joined, each led by its role."""
    target: str | None
    cells: Mapping[str, Sequence[Cell]]
    """By variant name, in epoch order; a missing variant is a trial that has not run."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Samples down, variants across."""

    variants: Sequence[str]
    rows: Sequence[GridRow]
    note: str | None = None
    """One line under the table that stays true on every execution: how it was run (backend, model, fidelity)."""
