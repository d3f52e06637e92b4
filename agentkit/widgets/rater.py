"""`results.rate()`: blind side-by-side rating with the keyboard alone.

What is shown, kept and counted is `Rating`'s, which works without a browser; this shows it. The page learns which
variant is which only when it asks.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from agentkit.errors import AgentkitError
from agentkit.scoring.rating import ANSWERS, Rating, Side
from agentkit.views import _words, safe, table
from agentkit.widgets._guard import STATIC
from agentkit.widgets._inbox import Inbox
from agentkit.widgets._route import as_sent
from agentkit.widgets._throttle import Throttle

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.experiment.results import Results
    from agentkit.scoring.rating_view import RatingSummary


def rate(
    results: Results,
    *,
    rater: str = "me",
    variants: Sequence[str] | None = None,
    seed: int = 0,
    file: str | PathLike[str] | None = None,
) -> Rater:
    """Return a form for rating replies side by side; `results.rate()` does the same.

    Args:
        results: The replies.
        rater: Whose ratings these are.
        variants: Some of the variants; all when left out.
        seed: Of the order, and of which reply stands on the left.
        file: Where ratings are kept; `.agentkit/ratings.db` when left out.

    Raises:
        ScoreError: there are no two replies to compare.
        StoreError: the file cannot be read.
    """
    return Rater(Rating(results, rater=rater, variants=variants, seed=seed, file=file))


class Rater(anywidget.AnyWidget):
    """The form that `results.rate()` opens; make it with that.

    Args:
        rating: What it shows.
    """

    _esm = STATIC / "rate.js"
    _css = STATIC / "rate.css"

    item = traitlets.Dict().tag(sync=True)
    """What is on the page: replies as safe HTML, the answer, how far the rater is."""

    def __init__(self, rating: Rating) -> None:
        self.rating = rating
        self._lock = threading.RLock()
        self._at = rating.next or 0
        self._finished = rating.next is None
        self._names = False
        self._problem = ""
        super().__init__(item=self._shown())
        # Of two notes on one item the one typed last counts, whichever thread brings it.
        self._inbox = Inbox(self.act, lambda told: (told.get("do"), told.get("key")))
        self._tell = Throttle(lambda: self.send({"heard": self._inbox.heard}))
        self.on_msg(self._told)
        as_sent(self)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a rating: `rater, sample, epoch, left, right, winner, note, at`."""
        return self.rating.frame

    @property
    def value(self) -> pd.DataFrame:
        """The same as `frame`: every form has a `value`."""
        return self.rating.frame

    @property
    def scores(self) -> pd.DataFrame:
        """Ratings as scores: `variant, sample, epoch, rater, value`, for `results.score(people=rater.scores)`."""
        return self.rating.scores

    @property
    def summary(self) -> RatingSummary:
        """Who won how often; it names the variants."""
        return self.rating.summary

    def __repr__(self) -> str:
        return f"Rater of {_words.plural(len(self.rating.items), 'pair', 'pairs')} of replies"

    def act(self, told: Mapping[str, Any]) -> None:
        """Do what the page asks for.

        Args:
            told: `do` is one of `rate` (`key` of the item, `answer`), `note` (`key`, `text`), `go` (`by`), `next`,
                `undo`, `names`, `rater` (`name`). A rating of an item that is on the page no more is kept all the same.
        """
        with self._lock:
            self._problem = ""
            try:
                self._act(told)
            except AgentkitError as error:
                self._problem = str(error)
            if told.get("do") != "note" or self._problem:
                self.item = self._shown()

    def _told(self, _widget: object, told: Mapping[str, Any], _buffers: object) -> None:
        self._inbox.put(told)
        # What was asked is on disk, or the page says why not: it need not warn that nothing answers.
        self._tell()

    def _act(self, told: Mapping[str, Any]) -> None:
        rating, what = self.rating, told.get("do")
        if what == "rate" and (at := self._place(told.get("key"))) is not None:
            answer = told.get("answer")
            rating.rate(at, str(answer) if answer else None)
            if answer:
                self._onward(at)
            else:
                self._finished = False
        elif what == "note" and (at := self._place(told.get("key"))) is not None:
            # Half a character cannot be kept.
            rating.write_note(at, str(told.get("text", "")).encode("utf-8", "replace").decode())
        elif what == "undo" and (at := rating.undo()) is not None:
            self._at, self._finished = at, False
        elif what == "go":
            self._finished = False
            self._at = min(max(self._at + int(told.get("by", 0)), 0), len(rating.items) - 1)
        elif what == "next":
            self._onward(self._at)
        elif what == "names":
            self._names = not self._names
        elif what == "rater":
            rating.become(str(told.get("name", "")).encode("utf-8", "replace").decode())
            self._at, self._finished, self._names = rating.next or 0, rating.next is None, False

    def _place(self, key: object) -> int | None:
        return next((at for at, item in enumerate(self.rating.items) if item.key == key), None)

    def _onward(self, at: int) -> None:
        """Go to the next item that is not rated, from here on and then from the start."""
        places = [*range(at + 1, len(self.rating.items)), *range(at + 1)]
        place = next((each for each in places if self.rating.answer(each) is None), None)
        self._finished = place is None
        self._at = at if place is None else place

    def _shown(self) -> dict[str, Any]:
        rating = self.rating
        item = rating.items[self._at]
        shown: dict[str, Any] = {
            "key": item.key,
            "at": self._at + 1,
            "total": len(rating.items),
            "done": rating.done,
            "finished": self._finished,
            "rater": rating.rater,
            "answers": list(ANSWERS),
            "answer": rating.answer(self._at),
            "note": rating.note(self._at),
            "question": str(table.reply_html(item.question)),
            "target": str(table.reply_html(item.target)) if item.target else "",
            "left": _reply(item.left),
            "right": _reply(item.right),
            "same": item.left.output == item.right.output,
            "problem": self._problem,
            "undo": rating.can_undo,
        }
        if self._names:  # before that nothing in the page can give them away
            names = {"left": item.left.variant, "right": item.right.variant, "sample": item.sample}
            shown["names"] = {name: safe.visible(text) for name, text in names.items()}
        return shown


def _reply(side: Side) -> str:
    """Return a reply as safe HTML, led by what is out of the ordinary about it."""
    told = _words.mark_of(side.stop_reason)
    lead = f'<p class="ak-mark">{safe.escape(told)}</p>' if told else ""
    return lead + (safe.markdown(side.output) if side.output.strip() else "<em>empty reply</em>")
