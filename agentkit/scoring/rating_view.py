"""What people's side-by-side ratings say in sum, as text and as static HTML."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from agentkit.scoring.compare_view import percent

if TYPE_CHECKING:
    from agentkit.scoring.rating import Rating


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """Who won how often, and whether the side had a part in it."""

    rows: tuple[tuple[str, str], ...]
    """Each figure by its name, in words."""

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows)
        return "\n".join(f"{name:<{width}}  {text}" for name, text in self.rows)

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from agentkit.views.safe import escape, inert

        cell = 'style="text-align:left;padding:2px 10px"'
        body = "".join(
            f"<tr><th scope='row' {cell}>{escape(name)}</th><td {cell}>{escape(text)}</td></tr>"
            for name, text in self.rows
        )
        return {"text/plain": str(self), "text/html": inert(f"<table><tbody>{body}</tbody></table>")}


def summary(rating: Rating) -> RatingSummary:
    """Return the sums over all raters."""
    frame = rating.frame
    rated = frame[frame["winner"].notna()]
    raters = list(dict.fromkeys(rated["rater"]))
    told = [("rated", f"{len(rated)} of {len(rating.items) * max(1, len(raters))} by {', '.join(raters) or 'nobody'}")]
    rows = list(zip(rated["left"], rated["right"], rated["winner"], strict=True))
    for a, b in combinations(rating.variants, 2):
        won = Counter(winner for left, right, winner in rows if {left, right} == {a, b})
        if won:
            told.append(
                (f"{b} against {a}", f"{won[b]} won, {won['tie']} tied, {won['both bad']} both bad, {won[a]} lost")
            )
    decided = [left == winner for left, right, winner in rows if winner in (left, right)]
    if decided:
        share = percent(sum(decided) / len(decided))
        told.append(("left side", f"the reply on the left won {share} of {len(decided)} decided ratings"))
    if rating.left_out:
        told.append(("left out", f"{rating.left_out} pairs without two replies"))
    return RatingSummary(tuple(told))
