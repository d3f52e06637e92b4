"""`results.explore()`: a live view of all trials that stays smooth at ten thousand samples.

The page holds what can be seen and little more; rows are asked for as they scroll into view. Filters, order and every
piece of HTML come from `ExploreData`, which works without a browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from agentkit.views import safe
from agentkit.widgets._explore_cells import MODES, transcript_html
from agentkit.widgets._explore_data import SCORE_TESTS, SHOWS, ExploreData
from agentkit.widgets._guard import STATIC
from agentkit.widgets._route import as_sent

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.experiment.results import Results

SCRIPTS = ("explore_tools.js", "explore_parts.js", "explore.js")
"""One module to the page, which loads no second file."""

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

    _esm = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = STATIC / "explore.css"

    variants = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Their names as the page may show them. The page calls everything by its place in such a list."""
    count = traitlets.Int(0).tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)
    picked = traitlets.List(traitlets.Int()).tag(sync=True)
    """Places of the samples that are ticked, from 0."""

    def __init__(self, results: Results) -> None:
        self._results = results
        metadata = {sample.id: sample.metadata for sample in results.plan.samples}
        grid = results.grid()
        self._names = list(grid.variants)
        self._data = ExploreData(grid, [metadata.get(row.sample, {}) for row in grid.rows])
        self._fields = self._data.fields
        super().__init__(
            variants=[safe.visible(name) for name in self._names],
            count=len(grid.rows),
            choices={
                "modes": list(MODES),
                "shows": list(SHOWS),
                "sorts": [safe.visible(name) for name in self._data.sorts],
                "scores": [safe.visible(name) for name in self._data.scores],
                "tests": list(SCORE_TESTS),
                # Pairs: as a mapping, a field called __proto__ would get lost in JavaScript.
                "fields": [[name, values] for name, values in self._fields.items()],
            },
        )
        self.on_msg(self._asked)
        as_sent(self)

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
        """Return what the page asked for: an `order`, `rows`, a `copy`, a trial to `open`; None for anything else.

        Args:
            asked: `kind`; `view` and `ticket`, which come back with the answer; the rest by kind, as places in the
                lists that the page was given.
        """
        found = self._found(asked)
        return None if found is None else {name: asked.get(name) for name in ("kind", "view", "ticket")} | found

    def _found(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        kind, at = asked.get("kind"), asked.get("at")
        if kind == "order":
            return {"order": self._order(asked)}
        if kind == "rows":
            places = [at for at in asked.get("places", []) if isinstance(at, int)][:CHUNK]
            mode = next((each for each in MODES if each == asked.get("mode")), MODES[0])
            return {"rows": self._data.rows(places, mode, _item(self._names, asked.get("baseline")))}
        variant = _item(self._names, asked.get("variant"))
        if variant is None or not isinstance(at, int) or not 0 <= at < self.count:
            return None
        if kind == "copy":
            # Half a character cannot be sent.
            return {"text": self._data.source(at, variant).encode("utf-8", "replace").decode()}
        return {"html": self._transcripts(at, variant)} if kind == "open" else None

    def _order(self, asked: Mapping[str, Any]) -> list[int]:
        score, field, shown = asked.get("score"), asked.get("field"), asked.get("variants")
        names = [_item(self._names, at) for at in shown] if isinstance(shown, list) else self._names
        return self._data.order(
            str(asked.get("text") or ""),
            _item(SHOWS, asked.get("show")) or SHOWS[0],
            _item(self._data.sorts, asked.get("sort")) or self._data.sorts[0],
            self._score(*score) if isinstance(score, list) and len(score) == 3 else None,
            self._field(*field) if isinstance(field, list) and len(field) == 2 else None,
            None if len(names) == len(self._names) else [name for name in names if name is not None],
            self.picked,
        )

    def _score(self, at: Any, test: Any, value: Any) -> tuple[str, str, float | None] | None:
        """Return the page's condition on a score; None where it is none."""
        name, test = _item(self._data.scores, at), _item(SCORE_TESTS, test)
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        return None if name is None or test is None else (name, test, number)

    def _field(self, at: Any, wanted: Any) -> tuple[str, str] | None:
        """Return the page's condition on the samples' metadata; None where it is none."""
        name = _item(list(self._fields), at)
        return None if name is None else (name, str(wanted))

    def _transcripts(self, at: int, variant: str) -> str:
        row = self._data.grid.rows[at]
        shown = []
        for cell in row.cells.get(variant, ()):
            outcome = self._results.trial(variant, row.sample, cell.epoch)
            place = (variant, row.sample, cell.epoch)
            scores = {name: found[place] for name, found in self._results._scores.items() if place in found}
            title = f"{variant} · {row.sample} · epoch {cell.epoch}"
            request, said = outcome.trial.request, outcome.transcript
            shown.append(transcript_html(request, said, title, error=outcome.error, scores=scores))
        return "<hr>".join(shown) or "<em>not run</em>"


def _item(listed: Sequence[str], at: Any) -> str | None:
    """Return what stands at a place in a list; None where nothing does."""
    return listed[at] if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(listed) else None
