"""Verdicts: is one variant better than another, and could so few samples tell?

`compare` works on any DataFrame of trials; `results.compare` is the same. The rule, in one place:

- repeats are averaged within a sample, samples are paired, everything is computed over the samples' differences;
- *better* or *worse*: the interval leaves out 0, and the exact sign-flip test has p ≤ 0.625·alpha;
- *equivalent*: a margin was declared and the whole interval lies inside it;
- *can't tell yet*: anything else.

Both conditions of the first kind must hold, so the chance of a false verdict is at most that of the exact test alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agentkit.errors import ScoreError
from agentkit.scoring import statistics
from agentkit.scoring.comparison import BETTER, CANNOT_TELL, EQUIVALENT, WORSE, Comparison, Verdict
from agentkit.scoring.pairs import APART, Pairs, pair, score_column
from agentkit.scoring.statistics import Interval

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 6
"""Fewer samples cannot reach the exact test's level at alpha 0.05, however they fall: 2/2⁶ = 1/32."""


def compare(
    frame: pd.DataFrame,
    a: str,
    b: str,
    *,
    score: str | None = None,
    margin: float | None = None,
    alpha: float = 0.05,
    higher_is_better: bool = True,
    apart: Sequence[str] = APART,
) -> Comparison:
    """Say whether variant `b` is better than variant `a`, worse, equivalent, or whether one can't tell yet.

    Args:
        frame: One row a trial: `variant` (str), `sample` (any), `epoch` (int, optional), the score (bool or number,
            None or NaN where unscored); `error` and `stop_reason` are used when present.
        a: The variant to beat.
        b: The variant the verdict is about.
        score: Name of the score's column; may be left out where there is only one.
        margin: The difference, in units of the score, that is too small to matter. Without one the verdict is never
            `equivalent`.
        alpha: Upper bound of the chance of calling equal variants better or worse; 1 - alpha is the interval's level.
        higher_is_better: False for scores such as latency or cost.
        apart: Kinds of trial that are counted beside the scores, not among them: `error`, `refusal`, `truncation`.

    Returns:
        The verdict with its numbers; it displays as a short table.

    Raises:
        ScoreError: a column or a variant is missing, a score is no number, a trial is there twice, a bad argument.

    >>> import pandas as pd
    >>> rows = [(v, f"s{i}", i < k) for v, k in (("today", 2), ("terse", 9)) for i in range(10)]
    >>> found = compare(pd.DataFrame(rows, columns=["variant", "sample", "passed"]), "today", "terse", score="passed")
    >>> found.verdict, round(found.difference, 2), [round(end, 2) for end in found.interval]
    ('better', 0.7, [0.23, 0.89])
    """
    if a == b:
        raise ScoreError("comparing takes two variants", received=a)
    if not 0 < alpha < 1:
        raise ScoreError("alpha is a chance", received=alpha, accepted="between 0 and 1, usually 0.05")
    if margin is not None and not 0 < margin < float("inf"):
        raise ScoreError("a margin is a positive difference", received=margin, hint="margin=0.05, or leave it out")
    column = score_column(frame, score)
    pairs = pair(frame, a, b, column, apart)
    return judge(pairs, a, b, column, margin=margin, alpha=alpha, higher_is_better=higher_is_better)


def judge(
    pairs: Pairs,
    a: str,
    b: str,
    score: str,
    *,
    margin: float | None = None,
    alpha: float = 0.05,
    higher_is_better: bool = True,
    adjusted_p: float | None = None,
    family: int = 1,
    changes: str = "",
) -> Comparison:
    """Give the verdict over pairs; `adjusted_p` and `family` come from `compare_all` (Holm; Bonferroni for margins)."""
    import numpy as np

    differences = pairs.b - pairs.a
    gains = differences if higher_is_better else -differences
    n = len(gains)
    difference = float(differences.mean()) if n else float("nan")
    interval, method = _interval(pairs, differences, 1 - alpha)
    p_value = (statistics.sign_flip_p(differences) if n else 1.0) if adjusted_p is None else adjusted_p
    wide = interval if family == 1 else _interval(pairs, differences, 1 - alpha / family)[0]
    verdict = _verdict(interval, wide, p_value, margin, alpha, higher_is_better)
    spread = float(differences.std(ddof=1)) if n > 1 else 0.0
    flipped = [
        (p > 0.5) - (q > 0.5) if pairs.binary else 0 for p, q in zip(pairs.b.tolist(), pairs.a.tolist(), strict=True)
    ]
    tiny = 1e-12 * pairs.span
    return Comparison(
        a=a,
        b=b,
        score=score,
        verdict=verdict,
        difference=difference,
        interval=interval,
        method=method,
        p_value=p_value,
        needed=0 if verdict != CANNOT_TELL else _needed(differences, margin, alpha, pairs.span) or None,
        detectable=statistics.detectable(spread, n, alpha) if spread > 0 else (interval[1] - interval[0]) / 2,
        wins=int(np.sum(gains > tiny)),
        ties=int(np.sum(np.abs(gains) <= tiny)),
        losses=int(np.sum(gains < -tiny)),
        fixed=tuple(s for s, change in zip(pairs.samples, flipped, strict=True) if change > 0),
        broke=tuple(s for s, change in zip(pairs.samples, flipped, strict=True) if change < 0),
        pairs=pairs,
        margin=margin,
        alpha=alpha,
        higher_is_better=higher_is_better,
        changes=changes,
    )


def _interval(pairs: Pairs, differences: Any, level: float) -> tuple[Interval, str]:
    n = len(differences)
    if n and pairs.binary and pairs.epochs == 1:
        fixed, broke = int((differences > 0).sum()), int((differences < 0).sum())
        return statistics.score_interval(fixed, broke, n, level), "Tango score"
    if n < 2:
        return (-float("inf"), float("inf")), "none"
    if float(differences.max() - differences.min()) <= 1e-12 * pairs.span:
        # Without spread a t interval has width nought, as if ten samples had settled it.
        middle, half = float(differences.mean()), _reach(differences, pairs.span) * statistics.unmoved(n, level)
        return (middle - half, middle + half), "no change seen"
    return statistics.t_interval(differences, level), "Student t"


def _verdict(
    interval: Interval, wide: Interval, p_value: float, margin: float | None, alpha: float, higher_is_better: bool
) -> Verdict:
    if margin is not None and -margin < wide[0] and wide[1] < margin:
        return EQUIVALENT
    shown = p_value <= statistics.VERDICT_SHARE * alpha * (1 + 1e-9)
    if shown and interval[0] > 0:
        return BETTER if higher_is_better else WORSE
    if shown and interval[1] < 0:
        return WORSE if higher_is_better else BETTER
    return CANNOT_TELL


def _reach(differences: Any, span: float) -> float:
    """Return how far one unseen sample could lie from samples that all moved alike: turned round, or the whole span."""
    moved = abs(float(differences[0]))
    return 2 * moved if moved > 0 else span


def _needed(differences: Any, margin: float | None, alpha: float, span: float) -> int:
    """Return about how many more samples a verdict would take; 0 where nothing points to a number."""
    import math

    n = len(differences)
    difference = abs(float(differences.mean())) if n else 0.0
    totals: list[float] = []
    if n < 2:
        totals.append(FEWEST)
    elif (spread := float(differences.std(ddof=1))) <= 1e-12 * span:
        # Where all differences are the same, samples shrink the bound reach·z²/(n + z²) until it leaves out 0, or fits
        # the margin.
        one = statistics.unmoved(1, 1 - alpha)
        targets = [difference] if difference else [margin] if margin else []
        totals += [one / (1 - one) * max(_reach(differences, span) / target - 1, 0) + 1e-6 for target in targets]
    else:
        targets = [difference] + ([margin - difference] if margin is not None else [])
        found = [statistics.samples_for(target, spread, alpha) for target in targets]
        totals += [total for total in found if total is not None]
    return max(1, math.ceil(max(min(totals), FEWEST)) - n) if totals else 0
