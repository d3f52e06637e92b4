"""The formulas behind every verdict, over plain arrays.

Each function names its source. What they are for, and why these and not others, is told in docs/statistics.md. All are
deterministic: what draws at random does so from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Interval = tuple[float, float]
"""Lower and upper end."""

VERDICT_SHARE = 0.625
"""A verdict asks for p ≤ 0.625·alpha (1/32 at the usual 0.05: six tosses of a coin all alike). A test that is wrong in
exactly 5 % of all cases shows more than 5 % in half of all checks; this one stays below."""

EXACT_UP_TO = 14
"""Samples up to which every pattern of signs is counted (2¹⁴); beyond, FLIPS patterns are drawn."""

DRAWN_UP_TO = 1_000
"""Samples up to which patterns and bootstrap samples are drawn; beyond, the normal limit is as good."""
FLIPS = 9_999
BOOTSTRAPS = 4_999
POWER = 0.8
_SEED = 20_240_229


def wilson(passed: float, n: int, level: float = 0.95) -> Interval:
    """Return the Wilson score interval of a pass rate.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Args:
        passed: Samples that passed; a fraction where a sample's repeats were averaged, so the sample stays the unit.
        n: Samples.
        level: Share of intervals that hold the true rate.

    >>> low, high = wilson(8, 8)
    >>> f"{low:.3f} to {high:.3f}"
    '0.676 to 1.000'
    """
    if n == 0:
        return 0.0, 1.0
    z2, rate = _z(0.5 + level / 2) ** 2, passed / n
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = (z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) ** 0.5 / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def mcnemar_exact(fixed: int, broke: int) -> float:
    """Return the two-sided exact McNemar p-value of the samples that changed.

    Source: McNemar (1947), exact form: `fixed` is Binomial(fixed + broke, 1/2) where nothing differs.

    >>> mcnemar_exact(6, 0)
    0.03125
    """
    from scipy.special import bdtr

    # Twice the smaller tail: the distribution is symmetric, so that is the exact two-sided test.
    return min(1.0, 2 * float(bdtr(min(fixed, broke), fixed + broke, 0.5)))


def sign_flip_p(differences: Floats) -> float:
    """Return the two-sided p-value of "each difference could as well have had the other sign".

    It needs no more than that: where two variants are equal, a sample's difference is as likely d as -d, whatever the
    samples share, however skewed, coarse or unequal in spread the scores are. For pass/fail it is exact McNemar.

    Source: Fisher (1935), Pitman (1937), the paired permutation test on the mean; all 2ⁿ patterns for up to 14
    samples that differ, else 9,999 drawn ones with (1 + hits) / (1 + drawn), Phipson & Smyth (2010); above 1,000 the
    normal distribution of the same variance, Σd².

    Args:
        differences: One mean difference a sample.
    """
    import numpy as np

    moved = np.abs(differences[differences != 0.0])
    if len(moved) == 0:
        return 1.0
    observed = abs(float(differences.sum()))
    if np.ptp(moved) <= 1e-12 * moved[0]:
        # All of one size: the count of positive signs says everything, at any n, without enumerating.
        positive = int((differences > 0).sum())
        return mcnemar_exact(positive, len(moved) - positive)
    if len(moved) > DRAWN_UP_TO:
        from scipy.special import erfc

        return float(erfc(observed / np.sqrt(2 * float((moved**2).sum()))))
    signs = _signs(len(moved))
    hits = int((np.abs(signs @ moved) >= observed * (1 - 1e-9) - 1e-12).sum())
    share = hits / len(signs)
    return float(share if len(moved) <= EXACT_UP_TO else (1 + hits) / (1 + len(signs)))


@lru_cache(maxsize=4)
def _signs(n: int) -> Floats:
    import numpy as np

    if n <= EXACT_UP_TO:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return (2.0 * bits - 1.0).astype(float)
    return np.random.default_rng(_SEED).choice(np.array([-1.0, 1.0]), size=(FLIPS, n))


def t_interval(differences: Floats, level: float = 0.95) -> Interval:
    """Return Student's interval of the mean of the samples' differences.

    Source: Student (1908); the sample as the cluster, Miller (2024), "Adding error bars to evals", section 2.2.
    """
    import numpy as np

    n = len(differences)
    if n < 2:
        return -np.inf, np.inf
    mean = float(differences.mean())
    half = _t(0.5 + level / 2, n - 1) * float(differences.std(ddof=1)) / n**0.5
    return mean - half, mean + half


def score_interval(fixed: int, broke: int, n: int, level: float = 0.95) -> Interval:
    """Return Tango's score interval of the difference of two paired pass rates.

    The interval holds every difference that the score test does not reject; it stays inside -1 … 1, and it is not
    of width nought when no sample changed.

    Source: Tango (1998), Statistics in Medicine 17, 891-908, equations 8 and 9.

    Args:
        fixed: Samples that only the second variant passed.
        broke: Samples that only the first passed.
        n: Samples in all.
        level: Share of intervals that hold the true difference.

    >>> low, high = score_interval(0, 0, 10)
    >>> f"{low:+.3f} to {high:+.3f}"
    '-0.278 to +0.278'
    """
    from scipy.optimize import brentq

    if fixed + broke == 0:
        half = unmoved(n, level)
        return -half, half
    critical = _z(0.5 + level / 2) ** 2

    def excess(difference: float) -> float:
        linear = (2 * n - fixed + broke) * difference - fixed - broke
        constant = -broke * difference * (1 - difference)
        rate = ((max(linear**2 - 8 * n * constant, 0.0)) ** 0.5 - linear) / (4 * n)
        variance = n * (2 * rate + difference * (1 - difference))
        return float((fixed - broke - n * difference) ** 2 - critical * max(variance, 0.0))

    mean, edge = (fixed - broke) / n, 1 - 1e-12
    low = -1.0 if excess(-edge) <= 0 else brentq(excess, -edge, min(max(mean, -edge), edge))
    high = 1.0 if excess(edge) <= 0 else brentq(excess, min(max(mean, -edge), edge), edge)
    return float(low), float(high)


def unmoved(n: int, level: float = 0.95) -> float:
    """Return how large a share of all samples could still differ though none of n did: z² / (n + z²).

    Source: the score interval at nought changes, Wilson (1927) and Tango (1998) alike.

    >>> f"{unmoved(10):.3f}"
    '0.278'
    """
    z2 = _z(0.5 + level / 2) ** 2
    return z2 / (n + z2)


def bootstrap_interval(values: Floats, level: float = 0.95) -> Interval:
    """Return the percentile bootstrap interval of the mean over samples, 4,999 draws of a fixed seed.

    Source: Efron (1979). Beside the verdict, never behind it: it is too narrow below about 20 samples. Above 1,000
    samples it is Student's, which it then equals.
    """
    import numpy as np

    if len(values) < 2 or len(values) > DRAWN_UP_TO:
        return t_interval(values, level)
    low, high = np.quantile(_draws(len(values)) @ values, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _draws(n: int) -> Floats:
    import numpy as np

    return np.random.default_rng(_SEED).multinomial(n, np.full(n, 1 / n), size=BOOTSTRAPS) / n


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted so that the chance of any false alarm among them keeps its bound.

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    count, highest = len(p_values), 0.0
    adjusted = [0.0] * count
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def detectable(spread: float, n: int, alpha: float = 0.05) -> float:
    """Return the smallest true difference that n samples would show as a verdict four times in five.

    Source: Bloom (1995), minimum detectable effect, (t(1 - a/2) + t(power)) · sd / √n, with a = 0.625·alpha.

    Args:
        spread: Standard deviation of the samples' differences, in units of the score.
        n: Samples.
        alpha: Bound of the chance of a false verdict.
    """
    import math

    if n < 2:
        return math.inf
    return (_t(1 - VERDICT_SHARE * alpha / 2, n - 1) + _t(POWER, n - 1)) * spread / math.sqrt(n)


def samples_for(effect: float, spread: float, alpha: float = 0.05) -> int | None:
    """Return about how many samples would show an effect four times in five; None where none is to be shown.

    Source: the same formula solved for n with normal quantiles, plus z²/2 for the t (Guenther 1981).
    """
    import math

    if effect <= 0 or spread <= 0:
        return None
    z = _z(1 - VERDICT_SHARE * alpha / 2)
    n = ((z + _z(POWER)) * spread / effect) ** 2 + z**2 / 2
    return math.ceil(n) if n < 1e7 else None


def _t(quantile: float, degrees: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, quantile))


def _z(quantile: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(quantile))


def to_floats(values: Any) -> Floats:
    """Return a one-dimensional float array of any sequence of numbers."""
    import numpy as np

    return np.asarray(values, dtype=float).ravel()
