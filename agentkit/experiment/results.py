"""Results: every trial with what came of it, as a sequence, as a table and as a frame."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

from agentkit.errors import PlanError
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.experiment.order import Order
    from agentkit.experiment.usage import Usage
    from agentkit.views.grid import Grid


Place = tuple[str, str, int]
"""Variant, sample, epoch."""


class Results(Sequence[Outcome]):
    """What a run brought back; a sequence of `Outcome` in the order of its plan. It never changes.

    Shown in a notebook it is a table, samples down and variants across. `frame` has the numbers.

    >>> from agentkit.experiment.running import run
    >>> from agentkit.backends.scripted import Scripted
    >>> results = run("Be kind.", ["Hello"], backend=Scripted("Hi"), store=False, progress=False)
    >>> results.trial("prompt", "sample-1").output
    'Hi'
    """

    __slots__ = ("_frame", "_order", "_outcomes", "_places", "_scores", "backend", "fidelity", "plan")

    def __init__(
        self,
        plan: Plan,
        outcomes: Iterable[Outcome],
        *,
        backend: str = "",
        fidelity: str = "bare",
        order: Order | None = None,
        scores: Mapping[str, Mapping[Place, Any]] | None = None,
    ) -> None:
        self.plan = plan
        """What was to be done."""
        self.backend = backend
        """Name of the backend."""
        self.fidelity = fidelity
        """How it was carried out: `bare`, or the program's own envelope."""
        self._outcomes = tuple(outcomes)
        self._order = order
        self._scores = dict(scores or {})
        self._places: dict[tuple[str, str, int], Outcome] | None = None
        self._frame: pd.DataFrame | None = None

    def __len__(self) -> int:
        return len(self._outcomes)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._outcomes)

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Outcome | Results:
        return self._of(self._outcomes[index]) if isinstance(index, slice) else self._outcomes[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Results) and self._told() == other._told()

    __hash__ = None  # type: ignore[assignment]  # equal results may come from different runs

    def __add__(self, other: Results) -> Results:
        """Return both together; a trial that both have is taken from the one where it did not fail, else the later."""
        if not isinstance(other, Results):
            return NotImplemented
        from agentkit.experiment.merging import merged

        return merged(self, other)

    def __repr__(self) -> str:
        failed = len(self.errors)
        names = ", ".join(self.variants)
        return f"Results({len(self)} trials of {names}{f'; {failed} failed' if failed else ''})"

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the variants, in order."""
        return tuple(self.plan.variants)

    @property
    def samples(self) -> tuple[str, ...]:
        """Ids of the samples, in order."""
        return self.plan.samples.ids

    @property
    def errors(self) -> Results:
        """The trials that failed."""
        return self._of(outcome for outcome in self._outcomes if outcome.failure is not None)

    @property
    def reused(self) -> int:
        """How many trials were in the store already."""
        return sum(outcome.reused for outcome in self._outcomes)

    @property
    def usage(self) -> Usage:
        """Tokens, dollars and trials in sum, and what prompt caching and the store saved."""
        from agentkit.experiment.usage import usage_of

        return usage_of(self)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a trial, in the order of the plan; docs/results.md describes every column.

        `variant`, `sample` (str), `epoch` (int64), `model`, `output`, `stop_reason`, `error` (str, missing where there
        is none), `input_tokens`, `output_tokens`, `cache_read_tokens`, `cache_write_tokens` (Int64, missing where the
        trial failed), `cost_usd` (float64, NaN where unknown), `latency_s` (float64), `reused` (bool), `key` (str),
        `turns`, `tool_calls` (int64), then one column for each score (boolean or float64, missing where unscored). A
        copy: changing it changes no results.
        """
        if self._frame is None:
            from agentkit.experiment.frame import frame_of

            self._frame = frame_of(self._outcomes, self._scores)
        return self._frame.copy()

    def trial(self, variant: str, sample: str | int, epoch: int = 1) -> Outcome:
        """Return one trial, with its request, its calls and its whole transcript.

        Args:
            variant: Name of the variant.
            sample: Id of the sample, or its place from 0.
            epoch: Which repeat, from 1.

        Raises:
            PlanError: there is no such trial.
        """
        if self._places is None:
            self._places = {(one.trial.variant, one.trial.sample, one.trial.epoch): one for one in self._outcomes}
        wanted = self.plan.samples[sample].id if isinstance(sample, int) else sample
        found = self._places.get((variant, wanted, epoch))
        if found is None:
            raise PlanError(
                "there is no such trial",
                received=f"variant {variant!r}, sample {wanted!r}, epoch {epoch}",
                accepted=f"variants {', '.join(self.variants)}; samples {', '.join(self.samples[:20])}",
            )
        return found

    def filter(
        self,
        condition: Callable[[Outcome], bool] | None = None,
        *,
        variant: str | Sequence[str] | None = None,
        sample: str | Sequence[str] | None = None,
    ) -> Results:
        """Return the results for which everything given holds.

        Args:
            condition: A function of an outcome.
            variant: A name, or several.
            sample: An id, or several.
        """
        variants = (variant,) if isinstance(variant, str) else variant
        ids = (sample,) if isinstance(sample, str) else sample
        return self._of(
            one
            for one in self._outcomes
            if (condition is None or condition(one))
            and (variants is None or one.trial.variant in variants)
            and (ids is None or one.trial.sample in ids)
        )

    def retry_errors(self) -> Results:
        """Run the trials that failed again, and only those; return everything with what came of it.

        Raises:
            PlanError: these results do not know how they were run.
        """
        if not self.errors:
            return self
        from agentkit.experiment.merging import retried

        return retried(self, self._order)

    def score(self, *scorers: Any, **named: Any) -> Results:
        """Return the results with scores; nothing is run again, apart from what graders have to ask.

        Args:
            *scorers: Checks in any form that `ak.checks.parse` takes, and `ak.Grader`s; without any, the checks that
                the samples bring. Each check gives a column by its name, and together with the samples' own they give
                `passed`: whether all of a trial's checks hold. Scoring again with checks makes `passed` anew; with
                graders and named scorers alone it stays.
            **named: Scorers whose column gets the name; also people's ratings, as a frame with `variant`, `sample`,
                `value`, and where there are several `epoch` and `rater`.

        Raises:
            ScoreError: there is no such check, or nothing to score by.

        >>> from agentkit.experiment.running import run
        >>> from agentkit.backends.scripted import Scripted
        >>> results = run("Be kind.", ["Hello"], backend=Scripted("Hi you"), store=False, progress=False)
        >>> results.score("contains: you", short="max_words: 1").frame[["contains: you", "passed", "short"]]
           contains: you  passed  short
        0           True    True  False
        """
        from agentkit.scoring.apply import scored

        return scored(self, scorers, named)

    @property
    def scores(self) -> pd.DataFrame:
        """One row a score: `variant`, `sample`, `epoch`, `score`, `value`, `answer`, `explanation`."""
        from agentkit.scoring.apply import scores_frame

        return scores_frame(self)

    def compare(self, a: str | None = None, b: str | None = None, *, score: str | None = None, **options: Any) -> Any:
        """Return two variants side by side, word by word; with a score named, the verdict on them.

        Args:
            a: Name of the first, the one to beat; the first variant where None.
            b: Name of the second; the second variant where None.
            score: A column of the frame to decide by.
            **options: `margin`, `alpha`, `higher_is_better`, `apart`, as `ak.compare` takes them.

        Returns:
            A `Difference`: what changed in each reply. With a score, a `Comparison`.
        """
        names = self.variants
        if len(names) < 2 and (a is None or b is None):
            raise PlanError("comparing takes two variants", received=", ".join(names))
        first, second = a if a is not None else names[0], b if b is not None else names[1]
        if score is not None or options:
            from agentkit.scoring.apply import compared

            return compared(self, first, second, score, options)
        from agentkit.experiment.difference import difference

        return difference(self, first, second)

    def grid(self) -> Grid:
        """Return the results as the plain data that every view is drawn from."""
        from agentkit.experiment.frame import grid_of

        return grid_of(self)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the frame as CSV."""
        self.frame.to_csv(path, index=False)

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write the frame as Parquet.

        Raises:
            MissingExtra: pyarrow is not installed.
        """
        from agentkit.experiment.exports import to_parquet

        to_parquet(self, path)

    def to_jsonl(self, path: str | PathLike[str]) -> None:
        """Write one JSON object a trial: the frame's columns, the request and the whole transcript."""
        from agentkit.experiment.exports import to_jsonl

        to_jsonl(self, path)

    def to_html(self, path: str | PathLike[str], title: str = "Results") -> None:
        """Write a page: no script, no network. Beyond 50 samples the whole frame lies beside it as `NAME.data.csv`."""
        from agentkit.experiment.exports import to_html

        to_html(self, path, title)

    def explore(self) -> Any:
        """Return a live view of the results, for running notebooks."""
        return importlib.import_module("agentkit.widgets.explore").explore(self)

    def rate(self, **options: Any) -> Any:
        """Return a form for blind rating; options as `agentkit.widgets.rater.rate` takes them."""
        return importlib.import_module("agentkit.widgets.rater").rate(self, **options)

    def _of(self, outcomes: Iterable[Outcome]) -> Results:
        kept = tuple(outcomes)
        return Results(
            self.plan, kept, backend=self.backend, fidelity=self.fidelity, order=self._order, scores=self._scores
        )

    def _told(self) -> list[Any]:
        # A request id and its kind are no part of what came back; a cassette does not keep them.
        return [
            (one.trial, [(call.cost_usd, replace(call.reply, extra={})) for call in one.calls], one.failure)
            for one in self._outcomes
        ]

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        from agentkit.experiment.exports import mime_bundle

        return mime_bundle(self)

    def __str__(self) -> str:
        from agentkit.views.text import table_text

        return table_text(self.grid())
