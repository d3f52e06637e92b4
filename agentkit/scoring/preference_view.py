"""A pairwise result as text and as static HTML."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from agentkit.scoring.compare_view import interval_text, percent, signed

if TYPE_CHECKING:
    from agentkit.scoring.preference import Pairwise


def rows(found: Pairwise) -> list[tuple[str, str]]:
    """Return what a pairwise result says as (label, text)."""
    told = []
    for a, b in combinations(found.variants, 2):
        outcomes = [one.outcome for one in found.matches if (one.a, one.b) == (a, b) and one.outcome is not None]
        won, lost = sum(one > 0 for one in outcomes), sum(one < 0 for one in outcomes)
        told.append((f"{b} against {a}", f"{won} won, {len(outcomes) - won - lost} tied, {lost} lost"))
    for name, chance in found.strengths.chance.items():
        told.append((name, f"beats an average one in {percent(chance)} ({_interval(found, name)})"))
    told.append(("flips", f"{_share(found.flip_rate)} of matches change with the order; they count as ties"))
    told.append(("first place", f"the reply shown first won {_share(found.first_rate)} of the decided answers"))
    length = signed(found.length_correlation) if math.isfinite(found.length_correlation) else "unknown"
    told.append(("length", f"correlation of winning with being longer: {length}"))
    if found.unscored:
        told.append(("left out", f"{found.unscored} unscored"))
    return told


def pairwise_text(found: Pairwise) -> str:
    """Return the plain text, the same on every execution."""
    told = rows(found)
    width = max(len(label) for label, _ in told)
    return "\n".join(
        [f"pairwise, {len(found.matches)} matches", *(f"  {label:<{width}}  {text}" for label, text in told)]
    )


def pairwise_html(found: Pairwise) -> str:
    """Return a static table, every text escaped."""
    from agentkit.views.safe import escape, inert

    cell = 'style="text-align:left;padding:2px 10px"'
    body = "".join(
        f"<tr><th scope='row' {cell}>{escape(a)}</th><td {cell}>{escape(b)}</td></tr>" for a, b in rows(found)
    )
    return inert(f"<p><strong>pairwise</strong>, {len(found.matches)} matches</p><table><tbody>{body}</tbody></table>")


def _interval(found: Pairwise, name: str) -> str:
    return interval_text(found.strengths.interval[name], percent)


def _share(value: float) -> str:
    return percent(value) if math.isfinite(value) else "unknown"
