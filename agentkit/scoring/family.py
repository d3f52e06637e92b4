"""Several variants against one baseline, with Holm's correction for looking more than once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import ScoreError
from agentkit.scoring import statistics
from agentkit.scoring.compare_view import MARKS, interval_text, signed
from agentkit.scoring.comparison import Comparison
from agentkit.scoring.pairs import APART
from agentkit.scoring.verdict import compare, judge

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.scoring.plots import Figure

COLUMNS = ("variant", "verdict", "difference", "95 % interval", "p (Holm)", "samples", "better/alike/worse", "needed")


@dataclass(frozen=True, slots=True)
class Comparisons:
    """One verdict for each variant against the same baseline; iterates over the `Comparison` of each."""

    baseline: str
    score: str
    found: tuple[Comparison, ...]
    """In the order of the frame. Each `p_value` is Holm's; intervals are each at level 1 - alpha by itself."""

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, variant: str) -> Comparison:
        for comparison in self.found:
            if comparison.b == variant:
                return comparison
        raise ScoreError(f"no comparison with {variant!r}", accepted=", ".join(found.b for found in self.found))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a variant.

        Columns `variant`, `verdict` (str), `difference`, `low`, `high`, `p_value`, `detectable` (float64), `samples`,
        `wins`, `ties`, `losses` (int64), `needed` (Int64, missing where unknown).
        """
        import pandas as pd

        rows = [
            {
                "variant": found.b,
                "verdict": found.verdict,
                "difference": found.difference,
                "low": found.interval[0],
                "high": found.interval[1],
                "p_value": found.p_value,
                "detectable": found.detectable,
                "samples": found.n,
                "wins": found.wins,
                "ties": found.ties,
                "losses": found.losses,
                "needed": found.needed,
            }
            for found in self.found
        ]
        return pd.DataFrame(rows).astype({"needed": "Int64"})

    def plot(self) -> Figure:
        """Return each variant's difference with its interval."""
        from agentkit.scoring.plots import differences

        return differences(self)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the display's cells, one tuple a variant, under COLUMNS."""
        return [
            (
                found.b,
                f"{MARKS[found.verdict]} {found.verdict}",
                signed(found.difference),
                interval_text(found.interval),
                f"{found.p_value:.3f}",
                str(found.n),
                f"{found.wins}/{found.ties}/{found.losses}",
                "unknown" if found.needed is None else str(found.needed),
            )
            for found in self.found
        ]

    def __str__(self) -> str:
        rows = [self._columns(), *self.rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
        body = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([f"against {self.baseline} · {self.score}", *body])

    __repr__ = __str__

    def _columns(self) -> tuple[str, ...]:
        level = f"{100 * (1 - self.found[0].alpha):g} % interval" if self.found else COLUMNS[3]
        return (*COLUMNS[:3], level, *COLUMNS[4:])

    def _repr_html_(self) -> str:
        from agentkit.views.safe import escape, inert

        cell = 'style="text-align:left;padding:2px 10px"'
        head = "".join(f"<th {cell}>{escape(name)}</th>" for name in self._columns())
        body = "".join(
            "<tr>" + "".join(f"<td {cell}>{escape(text)}</td>" for text in row) + "</tr>" for row in self.rows()
        )
        title = f"<p>against <strong>{escape(self.baseline)}</strong> · {escape(self.score)}</p>"
        return inert(f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def compare_all(
    frame: pd.DataFrame,
    baseline: str,
    variants: Sequence[str] | None = None,
    *,
    score: str | None = None,
    margin: float | None = None,
    alpha: float = 0.05,
    higher_is_better: bool = True,
    apart: Sequence[str] = APART,
) -> Comparisons:
    """Compare every variant with a baseline; the chance that any equal one is called better or worse keeps its bound.

    The p-values are adjusted by Holm (1979), the intervals behind `equivalent` by Bonferroni.

    Args:
        frame: As in `compare`.
        baseline: The variant to beat.
        variants: The others; all of the frame when left out.
        score: As in `compare`.
        margin: As in `compare`.
        alpha: Upper bound of the chance that any of the verdicts is a false better or worse.
        higher_is_better: As in `compare`.
        apart: As in `compare`.

    Raises:
        ScoreError: as in `compare`, or there is no other variant.

    >>> import pandas as pd
    >>> rows = [(v, i, i < k) for v, k in (("today", 2), ("terse", 9), ("long", 3)) for i in range(10)]
    >>> found = compare_all(pd.DataFrame(rows, columns=["variant", "sample", "passed"]), "today", score="passed")
    >>> [(one.b, one.verdict, round(one.p_value, 3)) for one in found]
    [('terse', 'better', 0.031), ('long', "can't tell yet", 1.0)]
    """
    if "variant" not in frame.columns:
        raise ScoreError("the frame has no column 'variant'", received=", ".join(map(str, frame.columns)))
    others = list(dict.fromkeys(frame["variant"])) if variants is None else list(variants)
    others = [name for name in others if name != baseline]
    if not others:
        raise ScoreError(f"there is nothing to compare with {baseline!r}", received=", ".join(set(frame["variant"])))
    single = [
        compare(
            frame,
            baseline,
            other,
            score=score,
            margin=margin,
            alpha=alpha,
            higher_is_better=higher_is_better,
            apart=apart,
        )
        for other in others
    ]
    adjusted = statistics.holm([found.p_value for found in single])
    found = tuple(
        judge(
            one.pairs,
            baseline,
            one.b,
            one.score,
            margin=margin,
            alpha=alpha,
            higher_is_better=higher_is_better,
            adjusted_p=p_value,
            family=len(single),
        )
        for one, p_value in zip(single, adjusted, strict=True)
    )
    return Comparisons(baseline, found[0].score, found)
