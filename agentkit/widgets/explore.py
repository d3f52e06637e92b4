"""`results.explore()`: a live view of all trials that stays smooth at ten thousand samples.

The page holds what can be seen and little more; rows are asked for as they scroll into view. Filters, order and every
piece of HTML come from `ExploreData`, which works without a browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from agentkit.widgets._explore_data import MODES, SCORE_TESTS, SHOWS, ExploreData, transcript_html
from agentkit.widgets._guard import STATIC

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.experiment.results import Results

CHUNK = 100
"""Rows sent in one message at most."""


def explore(results: Results) -> Explorer:
    """Return a live view of results; `results.explore()` does the same.

    Args:
        results: What a run brought back.
    """
    return Explorer(results)


class Explorer(anywidget.AnyWidget):
    """A live table: samples down, variants across, with filters, order, a word diff and a selection.

    Args:
        results: What to show.
    """

    _esm = STATIC / "explore.js"
    _css = STATIC / "explore.css"

    variants = traitlets.List(traitlets.Unicode()).tag(sync=True)
    count = traitlets.Int(0).tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)
    picked = traitlets.List(traitlets.Int()).tag(sync=True)
    """Places of the samples that are ticked, from 0."""

    def __init__(self, results: Results) -> None:
        self._results = results
        metadata = {sample.id: sample.metadata for sample in results.plan.samples}
        grid = results.grid()
        self._data = ExploreData(grid, [metadata.get(row.sample, {}) for row in grid.rows])
        super().__init__(
            variants=list(results.variants),
            count=len(self._data.grid.rows),
            choices={
                "modes": list(MODES),
                "shows": list(SHOWS),
                "sorts": self._data.sorts,
                "scores": self._data.scores,
                "tests": list(SCORE_TESTS),
                "fields": self._data.fields,
            },
        )
        self.on_msg(self._asked)

    @property
    def selection(self) -> pd.DataFrame:
        """The rows of `results.frame` whose samples are ticked."""
        rows = self._data.grid.rows
        ids = {rows[at].sample for at in self.picked if 0 <= at < len(rows)}
        frame = self._results.frame
        return frame[frame["sample"].isin(ids)].reset_index(drop=True)

    def __repr__(self) -> str:
        return f"Explorer of {self.count:,} samples × {len(self.variants)} variants"

    def _asked(self, _widget: object, asked: Mapping[str, Any], _buffers: object) -> None:
        if answer := self.answer(asked):
            self.send(answer)

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what the page asked for: an `order`, `rows`, a `copy`, a trial to `open`; None for anything else."""
        kind, ticket = asked.get("kind"), asked.get("ticket")
        if kind == "order":
            text, show, sort = (str(asked.get(name, "")) for name in ("text", "show", "sort"))
            order = self._data.order(text, show, sort, _score(asked.get("score")), _field(asked.get("field")))
            return {"kind": "order", "ticket": ticket, "order": order}
        if kind == "rows":
            places = [int(at) for at in asked.get("places", [])][:CHUNK]
            mode = asked.get("mode") if asked.get("mode") in MODES else "rendered"
            rows = self._data.rows(places, mode, asked.get("baseline"))  # type: ignore[arg-type]
            return {"kind": "rows", "ticket": ticket, "rows": rows}
        if kind == "copy" and asked.get("variant") in self.variants and 0 <= int(asked.get("at", -1)) < self.count:
            return {"kind": "copy", "text": self._data.source(int(asked["at"]), str(asked["variant"]))}
        if kind == "open" and asked.get("variant") in self.variants and 0 <= int(asked.get("at", -1)) < self.count:
            return {"kind": "open", "html": self._transcripts(int(asked["at"]), str(asked["variant"]))}
        return None

    def _transcripts(self, at: int, variant: str) -> str:
        row = self._data.grid.rows[at]
        shown = []
        for cell in row.cells.get(variant, ()):
            outcome = self._results.trial(variant, row.sample, cell.epoch)
            title = f"{variant} · {row.sample} · epoch {cell.epoch}"
            shown.append(transcript_html(outcome.trial.request, outcome.transcript, title))
        return "<hr>".join(shown) or "<em>not run</em>"


def _score(asked: Any) -> tuple[str, str, float | None] | None:
    """Return the page's condition on a score; None where it is none."""
    if not isinstance(asked, list) or len(asked) != 3 or asked[1] not in SCORE_TESTS:
        return None
    value = asked[2]
    number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return str(asked[0]), str(asked[1]), number


def _field(asked: Any) -> tuple[str, str] | None:
    """Return the page's condition on the samples' metadata; None where it is none."""
    return (str(asked[0]), str(asked[1])) if isinstance(asked, list) and len(asked) == 2 else None
