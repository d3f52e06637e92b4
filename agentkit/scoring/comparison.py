"""What a comparison holds; how it is come by is in verdict.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from agentkit.scoring import statistics
from agentkit.scoring.pairs import LeftOut, Pairs
from agentkit.scoring.statistics import Interval

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.scoring.plots import Figure

Verdict = Literal["better", "worse", "equivalent", "can't tell yet"]
BETTER: Verdict = "better"
WORSE: Verdict = "worse"
EQUIVALENT: Verdict = "equivalent"
CANNOT_TELL: Verdict = "can't tell yet"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the samples say about two variants. Differences are `b` minus `a`, in units of the score."""

    a: str
    """Name of the first variant, the one to beat."""
    b: str
    """Name of the second, the one the verdict is about."""
    score: str
    """Name of the score."""
    verdict: Verdict
    """`better` (b is better than a), `worse`, `equivalent` or `can't tell yet`."""
    difference: float
    """Mean over samples of b - a; NaN where no sample has both."""
    interval: Interval
    """The interval of the difference, at level 1 - alpha: Tango's score interval for pass/fail with one epoch,
    Student's t over the samples otherwise. Infinite where there are too few samples for one."""
    method: str
    """Which interval that is: `Tango score`, `Student t`, `no change seen` (a bound, where all differences are the
    same) or `none`."""
    p_value: float
    """Exact sign-flip test, two-sided (McNemar's for pass/fail with one epoch); adjusted by Holm in `compare_all`."""
    needed: int | None
    """About how many more samples a verdict would take, four times in five, if the difference is what it seems now;
    0 where there is a verdict, None where nothing points to a number."""
    detectable: float
    """The smallest true difference that this many samples would show four times in five; infinite where unknown."""
    wins: int
    """Samples where b is better."""
    ties: int
    losses: int
    fixed: tuple[str, ...]
    """Pass/fail: ids of samples that failed (at most half of the repeats passed) with a and pass with b."""
    broke: tuple[str, ...]
    """Pass/fail: ids of samples that passed with a and fail with b."""
    pairs: Pairs = field(repr=False, compare=False)
    """The samples' means behind all of it, and what was left out on each side."""
    margin: float | None = None
    """The difference declared as too small to matter, in units of the score."""
    alpha: float = 0.05
    """Upper bound of the chance of a false better or worse."""
    higher_is_better: bool = True
    changes: str = field(default="", repr=False)
    """Unified diff of the two definitions, shown beside the flips; empty where it is not known."""

    @property
    def n(self) -> int:
        """Paired samples."""
        return len(self.pairs.samples)

    @property
    def binary(self) -> bool:
        """Whether every score is pass or fail."""
        return self.pairs.binary

    @property
    def mean_a(self) -> float:
        """Mean over the paired samples of a; for pass/fail its pass rate."""
        return float(self.pairs.a.mean()) if self.n else float("nan")

    @property
    def mean_b(self) -> float:
        """The same for b."""
        return float(self.pairs.b.mean()) if self.n else float("nan")

    @property
    def interval_a(self) -> Interval:
        """Interval of `mean_a`: Wilson's for pass/fail, Student's otherwise."""
        return self._own_interval(self.pairs.a)

    @property
    def interval_b(self) -> Interval:
        """Interval of `mean_b`."""
        return self._own_interval(self.pairs.b)

    @property
    def t_interval(self) -> Interval:
        """Student's interval of the difference, whatever `method` says."""
        return statistics.t_interval(self.pairs.b - self.pairs.a, 1 - self.alpha)

    @property
    def bootstrap_interval(self) -> Interval:
        """Percentile bootstrap interval of the difference, over samples, from a fixed seed."""
        return statistics.bootstrap_interval(self.pairs.b - self.pairs.a, 1 - self.alpha)

    @property
    def mcnemar_p(self) -> float | None:
        """Exact McNemar over the samples that flipped, two-sided; None for graded scores."""
        return statistics.mcnemar_exact(len(self.fixed), len(self.broke)) if self.binary else None

    @property
    def left_out_a(self) -> LeftOut:
        """What a has that no mean contains."""
        return self.pairs.left_out_a

    @property
    def left_out_b(self) -> LeftOut:
        """What b has that no mean contains."""
        return self.pairs.left_out_b

    @property
    def frame(self) -> pd.DataFrame:
        """One row a sample: `sample` (str), `a`, `b`, `difference` (float64), `change` (str: fixed, broke or empty)."""
        import pandas as pd

        flips = dict.fromkeys(self.fixed, "fixed") | dict.fromkeys(self.broke, "broke")
        return pd.DataFrame(
            {
                "sample": list(self.pairs.samples),
                "a": self.pairs.a,
                "b": self.pairs.b,
                "difference": self.pairs.b - self.pairs.a,
                "change": [flips.get(sample, "") for sample in self.pairs.samples],
            }
        )

    def plot(self) -> Figure:
        """Return each sample's two means, joined by a line; `ak.plots` has the other plots."""
        from agentkit.scoring.plots import slopes

        return slopes(self)

    def _own_interval(self, means: statistics.Floats) -> Interval:
        if self.binary:
            return statistics.wilson(float(means.sum()), self.n, 1 - self.alpha)
        return statistics.t_interval(means, 1 - self.alpha)

    def __str__(self) -> str:
        from agentkit.scoring.compare_view import comparison_text

        return comparison_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from agentkit.scoring.compare_view import comparison_html

        return comparison_html(self)
