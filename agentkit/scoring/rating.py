"""Blind side-by-side rating: which two replies are shown, in which order, and what a person said of them.

Order and sides follow from a seed and the rater's name alone, so stopping and going on needs no memory. What is said is
tied to the two replies themselves, not to the variants' names: renaming a variant keeps its ratings, and a reply that
has changed has to be rated again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from os import PathLike
from typing import TYPE_CHECKING, Any

from agentkit.errors import ScoreError
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.results import Results
from agentkit.scoring.rating_file import Entry, RatingFile

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.scoring.rating_view import RatingSummary

ANSWERS = ("left", "right", "tie", "both bad")
"""What can be said of two replies."""
COLUMNS = ("rater", "sample", "epoch", "left", "right", "winner", "note", "at")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two replies of an item."""

    variant: str
    output: str
    digest: str
    """What the rating is tied to: a hash of the request and the reply."""
    stop_reason: str | None = None
    """As the protocol names it: that a reply was cut off says nothing of its variant, and a rater should know."""


@dataclass(frozen=True, slots=True)
class Item:
    """Two replies to one sample, side by side."""

    key: str
    sample: str
    epoch: int
    left: Side
    right: Side
    question: str
    """The sample's input as text."""
    target: str | None


class Rating:
    """One person's way through the pairs of replies in some results.

    Args:
        results: The replies.
        rater: Whose ratings these are; raters are kept apart.
        variants: Some of the variants; all when left out. Of several, every two are compared.
        seed: Of the order, and of which reply stands on the left.
        file: Where ratings are kept; `.agentkit/ratings.db` when left out.

    Raises:
        ScoreError: there are no two replies to compare, or no name.

    >>> import tempfile, pathlib
    >>> from agentkit.backends.scripted import Scripted
    >>> from agentkit.experiment.running import run
    >>> results = run({"today": "Be kind.", "terse": "Be brief."}, ["Hello"], progress=False,
    ...               backend=Scripted(lambda request: request["system"]))
    >>> rating = Rating(results, rater="ann", file=pathlib.Path(tempfile.mkdtemp()) / "ratings.db")
    >>> rating.rate(0, "left")
    >>> bool(rating.answer(0) == "left"), rating.frame["winner"].tolist() == [rating.items[0].left.variant]
    (True, True)
    """

    def __init__(
        self,
        results: Results,
        *,
        rater: str = "me",
        variants: Sequence[str] | None = None,
        seed: int = 0,
        file: str | PathLike[str] | None = None,
    ) -> None:
        names = list(results.variants) if variants is None else list(variants)
        if len(names) < 2 or (unknown := [name for name in names if name not in results.variants]):
            wrong = ", ".join(names if len(names) < 2 else unknown)
            raise ScoreError("rating takes two variants", received=wrong, accepted=", ".join(results.variants))
        self._results = results
        self.variants = tuple(names)
        """Those that are compared."""
        self._seed = seed
        self._file = RatingFile(file)
        pairs, self.left_out = _pairs(results, names)
        if not pairs:
            raise ScoreError("no sample has a reply from two variants", hint="run them first: ak.run(…)")
        self._pairs = pairs
        self.rater = ""
        self.items: tuple[Item, ...] = ()
        """What is to be rated, in this rater's order."""
        self.become(rater)

    def become(self, rater: str) -> None:
        """Go on as another rater, with that rater's order and answers.

        Raises:
            ScoreError: the name is empty.
        """
        name = rater.strip()
        if not name:
            raise ScoreError("a rater needs a name", hint="results.rate(rater='ann')")
        self.rater = name
        placed = sorted(self._pairs, key=lambda pair: _draw(self._seed, name, "order", _key(*pair[2])))
        self.items = tuple(self._item(*pair) for pair in placed)
        self._given: list[tuple[str, str]] = []  # items answered in this sitting, each with what was said before
        self._entries = {(one.item, one.field): one.value for one in self._file.read() if one.rater == name}

    def answer(self, at: int) -> str | None:
        """Return what this rater said of an item: one of `ANSWERS`, or None."""
        return self._entries.get((self.items[at].key, "answer")) or None

    def note(self, at: int) -> str:
        """Return this rater's note on an item."""
        return self._entries.get((self.items[at].key, "note"), "")

    def rate(self, at: int, answer: str | None) -> None:
        """Say which reply of an item is better; it is on disk when this returns.

        Args:
            at: Place of the item, from 0.
            answer: `left`, `right`, `tie` or `both bad`; None takes it back.

        Raises:
            ScoreError: there is no such answer.
            StoreError: it could not be written.
        """
        if answer is not None and answer not in ANSWERS:
            raise ScoreError("there is no such answer", received=answer, accepted=", ".join(ANSWERS))
        before = self._entries.get((self.items[at].key, "answer"), "")
        self._add(at, "answer", answer or "")
        self._given.append((self.items[at].key, before))

    def write_note(self, at: int, text: str) -> None:
        """Keep a note on an item; it is on disk when this returns.

        Raises:
            StoreError: it could not be written.
        """
        self._add(at, "note", text)

    @property
    def done(self) -> int:
        """How many items this rater has rated."""
        return sum(self.answer(at) is not None for at in range(len(self.items)))

    @property
    def next(self) -> int | None:
        """Place of the first item that this rater has not rated; None where all are."""
        return next((at for at in range(len(self.items)) if self.answer(at) is None), None)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a rating, of all raters, those taken back left out.

        `rater`, `sample` (str), `epoch` (int64), `left`, `right` (str: the variants as they stood), `winner` (str: a
        variant, `tie` or `both bad`; missing where only a note was written), `note` (str), `at` (str: UTC, ISO 8601).
        """
        import pandas as pd

        rows = [
            (rater, item.sample, item.epoch, left, right, winner, note, at)
            for rater, item, left, right, winner, note, at in self._told()
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @property
    def scores(self) -> pd.DataFrame:
        """Ratings as scores, for `results.score(people=…)` and `ak.agreement`: one row a trial and rater.

        `variant`, `sample` (str), `epoch` (int64), `rater` (str), `value` (float64): 1 for the better reply, 0 for the
        other, a half each for a tie, 0 for both where both are bad. Of several variants a trial's value is the mean
        over the others it was compared with.
        """
        import pandas as pd

        values: dict[tuple[str, str, int, str], list[float]] = {}
        for rater, item, left, right, winner, _, _ in self._told():
            if winner is None:
                continue
            for variant in sorted((left, right), key=self.variants.index):
                value = 0.5 if winner == "tie" else float(winner == variant)
                values.setdefault((variant, item.sample, item.epoch, rater), []).append(value)
        rows = [(*place, sum(found) / len(found)) for place, found in values.items()]
        return pd.DataFrame(rows, columns=["variant", "sample", "epoch", "rater", "value"])

    @property
    def summary(self) -> RatingSummary:
        """Who won how often, of all raters, and whether side or length had a part in it. It names the variants."""
        from agentkit.scoring.rating_view import summary

        return summary(self)

    @property
    def can_undo(self) -> bool:
        """Whether an answer was given in this sitting that is not taken back yet."""
        return bool(self._given)

    def undo(self) -> int | None:
        """Take back the last answer of this sitting, to what was said before it; return its item's place, or None.

        Raises:
            StoreError: it could not be written.
        """
        if not self._given:
            return None
        key, before = self._given[-1]
        at = next(at for at, item in enumerate(self.items) if item.key == key)
        self._add(at, "answer", before)
        self._given.pop()
        return at

    def _add(self, at: int, field: str, value: str) -> None:
        item = self.items[at]
        self._file.add(self.rater, item.key, item.left.digest, field, value)
        self._entries[item.key, field] = value

    def _item(self, sample: str, epoch: int, sides: tuple[Side, Side]) -> Item:
        key = _key(*sides)
        swap = _draw(self._seed, self.rater, "sides", key)[0] % 2
        one, other = (sides[1], sides[0]) if swap else sides
        row = self._results.plan.samples[sample]
        return Item(key, sample, epoch, one, other, row.text, row.target)

    def _told(self) -> list[tuple[str, Item, str, str, str | None, str, str]]:
        """Return what every rater said of these items, in the order of the results."""
        said: dict[str, dict[str, dict[str, Entry]]] = {}
        for entry in self._file.read():
            said.setdefault(entry.item, {}).setdefault(entry.rater, {})[entry.field] = entry
        # Equal replies of two variants, or to two samples, have one key: what is said of them holds for each.
        items = {(one.key, one.sample, one.epoch, _names(one.left, one.right)): one for one in self.items}
        told = []
        for sample, epoch, sides in self._pairs:
            item = items[_key(*sides), sample, epoch, _names(*sides)]
            for rater, entries in said.get(item.key, {}).items():
                latest = max(entries.values(), key=lambda entry: entry.at)
                answer = entries["answer"].value if "answer" in entries else ""
                note = entries["note"].value if "note" in entries else ""
                if answer or note:
                    left, right = _stood(item, (entries.get("answer") or latest).left)
                    winner = {"left": left, "right": right}.get(answer, answer) or None
                    told.append((rater, item, left, right, winner, note, latest.at))
        return told


def _pairs(results: Results, names: Sequence[str]) -> tuple[list[tuple[str, int, tuple[Side, Side]]], int]:
    """Return every two replies to compare, and how many pairs are left out because a reply is missing."""
    replies = {(one.trial.variant, one.trial.sample, one.trial.epoch): one for one in results}
    pairs, left_out = [], 0
    for sample in results.samples:
        for epoch in range(1, results.plan.epochs + 1):
            for names_of_two in combinations(names, 2):
                two = [replies.get((name, sample, epoch)) for name in names_of_two]
                sides = [_side(one) for one in two if one is not None and one.output is not None]
                if len(sides) == 2:
                    pairs.append((sample, epoch, (sides[0], sides[1])))
                else:
                    left_out += any(two)
    return pairs, left_out


def _side(outcome: Outcome) -> Side:
    text = outcome.output or ""
    digest = hashlib.sha256(f"{outcome.trial.key}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return Side(outcome.trial.variant, text, digest[:32], outcome.reply.stop_reason if outcome.reply else None)


def _key(one: Side, other: Side) -> str:
    return hashlib.sha256("\n".join(sorted((one.digest, other.digest))).encode()).hexdigest()[:32]


def _names(one: Side, other: Side) -> frozenset[str]:
    return frozenset((one.variant, other.variant))


def _stood(item: Item, left: str) -> tuple[str, str]:
    """Return the variants as they stood when the item was rated: another rater may have seen them the other way."""
    names = (item.left.variant, item.right.variant)
    return names if item.left.digest == left else (names[1], names[0])


def _draw(seed: Any, *parts: str) -> bytes:
    return hashlib.sha256("\n".join([str(seed), *parts]).encode("utf-8", "surrogatepass")).digest()
