"""From a DataFrame of trials to one pair of numbers a sample.

What is left out is counted: errors, refusals and truncations apart, unscored trials, samples that only one side has.
Nothing of it ever becomes a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import ScoreError
from agentkit.scoring.statistics import to_floats

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.scoring.statistics import Floats

APART = ("error", "refusal", "truncation")
"""Kinds of trial that are counted beside the scores, not among them."""

STOPS = {"refusal": "refusal", "max_tokens": "truncation", "model_context_window_exceeded": "truncation"}
"""Stop reason → kind."""

TRIAL_COLUMNS = frozenset(
    {
        *("variant", "sample", "epoch", "model", "output", "stop_reason", "error", "key", "reused", "input", "target"),
        *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "latency_s"),
        *("backend", "fidelity", "turns", "tool_calls"),
    }
)
"""Columns that describe a trial; any other column of numbers may be a score."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one variant has that no mean contains."""

    errors: int = 0
    """Trials that failed."""
    refusals: int = 0
    """Trials that the model refused (stop reason `refusal`)."""
    truncations: int = 0
    """Trials cut at `max_tokens` or at the end of the context window."""
    unscored: int = 0
    """Trials that came back and have no score."""
    unpaired: int = 0
    """Samples scored here and not on the other side."""

    def __str__(self) -> str:
        parts = (
            (self.errors, "error", "errors"),
            (self.refusals, "refusal", "refusals"),
            (self.truncations, "truncated", "truncated"),
            (self.unscored, "unscored", "unscored"),
            (self.unpaired, "sample without a pair", "samples without a pair"),
        )
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts if count)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """One score: two variants, paired by sample, repeats averaged."""

    samples: tuple[str, ...]
    """Ids, in the order in which the frame first names them."""
    a: Floats
    """Mean over epochs for each sample, first variant."""
    b: Floats
    """The same for the second."""
    epochs: int
    """The most scored repeats that one sample has in one variant; 0 where nothing is scored."""
    binary: bool
    """Whether every score is 0 or 1."""
    trials_a: int
    """Scored trials of the paired samples."""
    trials_b: int
    span: float
    """How far apart scores can lie: 1 where all are within 0 … 1, else the range seen (at least the largest size)."""
    left_out_a: LeftOut
    left_out_b: LeftOut


def pair(frame: pd.DataFrame, a: str, b: str, score: str, apart: Sequence[str] = APART) -> Pairs:
    """Pair two variants by sample.

    Args:
        frame: Columns `variant`, `sample` and the score; `epoch`, `error` and `stop_reason` are used when present.
        a: Name of the first variant.
        b: Name of the second.
        score: Column of numbers or booleans; None and NaN are unscored.
        apart: Kinds of trial to count beside the scores: some of `error`, `refusal`, `truncation`.

    Raises:
        ScoreError: a column or variant is missing, a score is no number, a trial is there twice.
    """
    side_a, out_a = _side(frame, a, score, apart)
    side_b, out_b = _side(frame, b, score, apart)
    order = [sample for sample in dict.fromkeys(frame["sample"]) if sample in side_a and sample in side_b]
    means_a = to_floats([sum(side_a[sample]) / len(side_a[sample]) for sample in order])
    means_b = to_floats([sum(side_b[sample]) / len(side_b[sample]) for sample in order])
    for means in (means_a, means_b):
        means.flags.writeable = False
    values = [value for side in (side_a, side_b) for sample in order for value in side[sample]]
    return Pairs(
        samples=tuple(str(sample) for sample in order),
        a=means_a,
        b=means_b,
        epochs=max((len(side[sample]) for side in (side_a, side_b) for sample in order), default=0),
        binary=bool(values) and set(values) <= {0.0, 1.0},
        trials_a=sum(len(side_a[sample]) for sample in order),
        trials_b=sum(len(side_b[sample]) for sample in order),
        span=_span(values),
        left_out_a=_with_unpaired(out_a, len(side_a) - len(order)),
        left_out_b=_with_unpaired(out_b, len(side_b) - len(order)),
    )


def score_column(frame: pd.DataFrame, score: str | None) -> str:
    """Return the score's column: the one named, or the only one there is.

    Raises:
        ScoreError: no such column, none at all, or several to choose from.
    """
    for column in ("variant", "sample"):
        if column not in frame.columns:
            raise ScoreError(
                f"the frame has no column {column!r}",
                received=", ".join(map(str, frame.columns)),
                accepted="variant, sample, epoch and a score column",
            )
    names = [str(column) for column in frame.columns if column not in TRIAL_COLUMNS]
    candidates = [name for name in names if _may_score(frame[name])]
    if score is not None:
        if score not in frame.columns:
            raise ScoreError(
                f"the frame has no score {score!r}",
                accepted=", ".join(candidates) or None,
                hint="results.score(checks) adds scores; then name one: score=...",
            )
        return score
    if len(candidates) != 1:
        what = "several scores" if candidates else "no score"
        raise ScoreError(f"the frame has {what}", received=", ".join(candidates) or None, hint="name one: score=...")
    return candidates[0]


def _may_score(column: pd.Series) -> bool:
    kind = column.dtype.kind
    # Booleans beside None, as a check that could not be carried out leaves them, make a column of objects.
    return kind in "biuf" or (kind == "O" and all(isinstance(value, (bool, int, float)) for value in column.dropna()))


def _side(
    frame: pd.DataFrame, variant: str, score: str, apart: Sequence[str]
) -> tuple[dict[object, list[float]], LeftOut]:
    import pandas as pd

    if unknown := [kind for kind in apart if kind not in APART]:
        raise ScoreError("no such kind of trial", received=", ".join(unknown), accepted=", ".join(APART))
    rows = frame[frame["variant"] == variant]
    if rows.empty:
        names = ", ".join(map(str, dict.fromkeys(frame["variant"])))
        raise ScoreError(f"no variant {variant!r} in the frame", accepted=names or None)
    if "epoch" in rows.columns and rows.duplicated(["sample", "epoch"]).any():
        twice = rows[rows.duplicated(["sample", "epoch"])].iloc[0]
        raise ScoreError(
            f"sample {twice['sample']!r}, epoch {twice['epoch']} is there twice for {variant!r}",
            hint="frame.drop_duplicates(['variant', 'sample', 'epoch']), or number the repeats in `epoch`",
        )
    values = _numbers(rows[score], score)
    nothing = [None] * len(rows)
    errors = list(rows["error"]) if "error" in rows.columns else nothing
    stops = list(rows["stop_reason"]) if "stop_reason" in rows.columns else nothing
    counts = dict.fromkeys((*APART, "unscored"), 0)
    means: dict[object, list[float]] = {}
    for sample, value, error, stop in zip(rows["sample"], values, errors, stops, strict=True):
        failed = not (error is None or pd.isna(error) or error is False or error == "")
        kind = "error" if failed else STOPS.get(str(stop), "")
        if kind in apart:
            counts[kind] += 1
        elif value != value:
            counts["unscored"] += 1
        else:
            means.setdefault(sample, []).append(value)
    left = LeftOut(counts["error"], counts["refusal"], counts["truncation"], counts["unscored"])
    return means, left


def _numbers(column: pd.Series, score: str) -> list[float]:
    import pandas as pd

    try:
        values = [
            float(value) for value in pd.to_numeric(column).astype("Float64").to_numpy("float64", na_value=float("nan"))
        ]
    except (TypeError, ValueError) as error:
        raise ScoreError(
            f"the score {score!r} is not all numbers", received=str(error), accepted="numbers, True/False, None"
        ) from error
    if any(value in (float("inf"), float("-inf")) for value in values):
        raise ScoreError(f"the score {score!r} is infinite somewhere", accepted="finite numbers, None where unscored")
    return values


def _span(values: Sequence[float]) -> float:
    if not values:
        return 1.0
    low, high = min(values), max(values)
    return 1.0 if low >= 0 and high <= 1 else max(high - low, abs(high), abs(low))


def _with_unpaired(left: LeftOut, unpaired: int) -> LeftOut:
    return LeftOut(left.errors, left.refusals, left.truncations, left.unscored, unpaired)
