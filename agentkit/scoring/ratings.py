"""How far raters agree, and how far a grader agrees with people; a grader's mean corrected by a few human labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from agentkit.errors import MissingExtra, ScoreError
from agentkit.scoring.compare_view import interval_text, number
from agentkit.scoring.statistics import Interval, to_floats

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.scoring.statistics import Floats

Scale = Literal["nominal", "ordinal", "interval"]
SCALES = ("nominal", "ordinal", "interval")
DRAWS = 999
UNIT = ("variant", "sample", "epoch")
"""What one rating is about."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement beyond chance: 1 is perfect, 0 is chance, below 0 is worse than chance."""

    alpha: float
    """Krippendorff's alpha over all raters; NaN where it is not defined (one value only, or nothing rated twice)."""
    alpha_interval: Interval
    """95 % percentile bootstrap interval, over samples."""
    kappa: float | None
    """Cohen's kappa (weighted by the square of the distance unless nominal); None for more than two raters."""
    kappa_interval: Interval | None
    raters: tuple[str, ...]
    units: int
    """Trials that at least two raters rated."""
    scale: Scale

    def __str__(self) -> str:
        lines = [f"agreement of {', '.join(self.raters)} on {self.units} trials, {self.scale} scale"]
        lines.append(f"  Krippendorff's alpha  {_told(self.alpha, self.alpha_interval)}")
        if self.kappa is not None and self.kappa_interval is not None:
            lines.append(f"  Cohen's kappa         {_told(self.kappa, self.kappa_interval)}")
        return "\n".join(lines)

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Corrected:
    """A grader's mean corrected by people: prediction-powered inference."""

    mean: float
    """The corrected mean."""
    interval: Interval
    grader_mean: float
    """The grader's own mean, over all samples."""
    human_mean: float
    """The people's mean, over the samples they rated."""
    weight: float
    """How much the grader's scores were trusted, 0 (not at all) to 1."""
    labelled: int
    """Samples with a human label and a grade."""
    unlabelled: int
    """Samples with a grade alone."""

    def __str__(self) -> str:
        return (
            f"corrected mean {number(self.mean)} ({interval_text(self.interval, number)}); grader alone "
            f"{number(self.grader_mean)}, people alone {number(self.human_mean)} on {self.labelled} of "
            f"{self.labelled + self.unlabelled} samples"
        )

    __repr__ = __str__


def agreement(ratings: pd.DataFrame, *, scale: Scale = "ordinal") -> Agreement:
    """Say how far raters agree.

    Sources: Krippendorff (2011), "Computing Krippendorff's alpha-reliability", by the krippendorff package; Cohen
    (1960, 1968). Intervals: percentile bootstrap over samples, 999 draws of a fixed seed (Efron 1979).

    Args:
        ratings: One row a rating: `rater` (str), `sample`, `value` (number, bool, or None where not rated), and where
            there are several `variant` and `epoch`.
        scale: `nominal` (categories), `ordinal` (ranks) or `interval` (distances count).

    Raises:
        ScoreError: a column is missing, there is one rater only, or one rated a trial twice.
        MissingExtra: krippendorff is not installed.

    >>> import pandas as pd
    >>> rated = {"ann": [1, 2, 3, 3], "bob": [1, 2, 3, 2]}
    >>> rows = [(rater, i, value) for rater, values in rated.items() for i, value in enumerate(values)]
    >>> found = agreement(pd.DataFrame(rows, columns=["rater", "sample", "value"]))
    >>> round(found.alpha, 3), round(found.kappa, 3), found.units
    (0.79, 0.8, 4)
    """
    if scale not in SCALES:
        raise ScoreError("no such scale", received=scale, accepted=", ".join(SCALES))
    table, groups = _table(ratings)
    raters = tuple(map(str, table.columns))
    values = table.to_numpy("float64").T
    kappa = _kappa(values, scale) if len(raters) == 2 else None
    return Agreement(
        alpha=_alpha(values, scale),
        alpha_interval=_resampled(values, groups, lambda drawn: _alpha(drawn, scale)),
        kappa=kappa,
        kappa_interval=None if kappa is None else _resampled(values, groups, lambda drawn: _kappa(drawn, scale)),
        raters=raters,
        units=int((table.notna().sum(axis=1) >= 2).sum()),
        scale=scale,
    )


def corrected_mean(grades: Sequence[Any], labels: Sequence[Any], *, alpha: float = 0.05) -> Corrected:
    """Correct a grader's mean by the few samples that people rated too.

    The people's samples say how far the grader is off; the grader's many say the rest. The samples that people rated
    have to be a random part of all, else the correction is off itself. Where the grader is of no use its weight goes to
    0 and the people's mean is left.

    Source: prediction-powered inference, Angelopoulos et al. (2023), Science 382, 669-674, with the power-tuned weight
    of "PPI++" (Angelopoulos, Duchi & Zrnic 2023), section 6; t quantiles with labelled - 1 degrees of freedom.

    Args:
        grades: The grader's score of each sample (its repeats averaged); None or NaN where it failed.
        labels: The people's score of the same samples, in the same units; None or NaN where nobody rated.
        alpha: 1 - alpha is the interval's level.

    Raises:
        ScoreError: the lengths differ, or fewer than two samples have both.

    >>> grades = [0.9, 0.8, 0.7, 0.9, 0.6, 0.8, 0.9, 0.7]
    >>> labels = [0.7, 0.6, 0.6, None, None, None, None, None]
    >>> round(corrected_mean(grades, labels).mean, 2)
    0.63
    """
    import numpy as np

    graded, labelled = to_floats(list(grades)), to_floats([np.nan if one is None else one for one in labels])
    if len(graded) != len(labelled):
        raise ScoreError("grades and labels are not of one length", received=f"{len(graded)} and {len(labelled)}")
    both = ~np.isnan(graded) & ~np.isnan(labelled)
    alone = ~np.isnan(graded) & np.isnan(labelled)
    n, rest = int(both.sum()), int(alone.sum())
    if n < 2:
        raise ScoreError("fewer than two samples have a grade and a label", received=n, hint="rate a few at random")
    y, f, g = labelled[both], graded[both], graded[alone]
    weight = _weight(y, f, g)
    mean = float(y.mean() + (weight * (g.mean() - f.mean()) if rest else 0.0))
    spread = float(np.var(y - weight * f, ddof=1) / n)
    spread += float(weight**2 * np.var(g, ddof=1) / rest) if rest > 1 else 0.0
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 1 - alpha / 2)) * spread**0.5
    everything = np.concatenate([f, g])
    return Corrected(mean, (mean - half, mean + half), float(everything.mean()), float(y.mean()), weight, n, rest)


def _weight(y: Floats, f: Floats, g: Floats) -> float:
    import numpy as np

    variance = float(np.var(np.concatenate([f, g]), ddof=1))
    if len(g) < 2 or len(y) < 3 or variance <= 0:
        return 0.0
    share = len(y) / len(g)
    return float(np.clip(np.cov(y, f, ddof=1)[0, 1] / ((1 + share) * variance), 0.0, 1.0))


def _table(ratings: pd.DataFrame) -> tuple[pd.DataFrame, list[Any]]:
    """Return trials × raters, and the sample of each trial."""
    if missing := [name for name in ("rater", "sample", "value") if name not in ratings.columns]:
        raise ScoreError(f"the ratings have no column {', '.join(missing)}", accepted="rater, sample, value")
    unit = [name for name in UNIT if name in ratings.columns]
    if ratings.duplicated([*unit, "rater"]).any():
        raise ScoreError("a rater rated one trial twice", hint="keep the last: frame.drop_duplicates(…, keep='last')")
    try:
        numbers = ratings.assign(value=[float("nan") if one is None else float(one) for one in ratings["value"]])
    except (TypeError, ValueError) as error:
        raise ScoreError(
            f"a rating is no number: {error}", hint="map categories to numbers, scale='nominal'"
        ) from error
    table = numbers.pivot(index=unit, columns="rater", values="value")
    if len(table.columns) < 2:
        raise ScoreError("agreement takes two raters", received=", ".join(map(str, table.columns)) or None)
    return table, list(table.index.get_level_values("sample"))


def _alpha(values: Floats, scale: Scale) -> float:
    import numpy as np

    try:
        from krippendorff import alpha
    except ImportError:
        raise MissingExtra("Krippendorff's alpha", "stats") from None
    paired = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    if paired.shape[1] == 0 or len(np.unique(paired[~np.isnan(paired)])) < 2:
        return float("nan")
    return float(alpha(reliability_data=paired, level_of_measurement=scale))


def _kappa(values: Floats, scale: Scale) -> float:
    """Return Cohen's kappa as 1 - observed / expected disagreement."""
    import numpy as np

    first, second = values[:, ~np.isnan(values).any(axis=0)]
    if len(first) == 0:
        return float("nan")
    levels = np.unique(np.concatenate([first, second]))
    if scale == "nominal":
        distance = 1.0 - np.eye(len(levels))
    else:
        steps = np.arange(len(levels), dtype=float) if scale == "ordinal" else levels
        distance = (steps[:, None] - steps[None, :]) ** 2
    counts = np.zeros((len(levels), len(levels)))
    np.add.at(counts, (np.searchsorted(levels, first), np.searchsorted(levels, second)), 1.0)
    shares = counts / counts.sum()
    expected = float((np.outer(shares.sum(axis=1), shares.sum(axis=0)) * distance).sum())
    return 1 - float((shares * distance).sum()) / expected if expected > 0 else float("nan")


def _resampled(values: Floats, groups: Sequence[Any], statistic: Callable[[Floats], float]) -> Interval:
    """Return the percentile interval over samples; trials of one sample are drawn together."""
    import numpy as np

    names = list(dict.fromkeys(groups))
    columns = [[i for i, one in enumerate(groups) if one == name] for name in names]
    if len(names) < 2:
        return float("-inf"), float("inf")
    rng = np.random.default_rng(20_240_229)
    drawn = [
        statistic(values[:, [i for pick in rng.integers(len(names), size=len(names)) for i in columns[pick]]])
        for _ in range(DRAWS)
    ]
    known = [one for one in drawn if one == one]
    if len(known) < DRAWS / 2:
        return float("-inf"), float("inf")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _told(value: float, interval: Interval) -> str:
    if value != value:
        return "not defined: all ratings are one value, or nothing is rated twice"
    return f"{number(value)} (95 % interval {interval_text(interval, number)})"
