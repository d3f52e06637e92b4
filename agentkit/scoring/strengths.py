"""Bradley-Terry strengths of several variants, ties included, with intervals by bootstrap over samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentkit.errors import MissingExtra
from agentkit.scoring.statistics import Interval

DRAWS = 499
SHRINKAGE = 0.1
"""A tenth of a win each way for every pair: without it who never lost would be infinitely strong."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """How strong each variant is: the chance that it beats an average one of these."""

    chance: Mapping[str, float]
    """Chance of beating a variant of average strength, 0 to 1, by variant, the strongest first."""
    interval: Mapping[str, Interval]
    """95 % percentile interval of the chance, over samples."""


def bradley_terry(
    matches: Sequence[tuple[str, str, str, float]], variants: Sequence[str], *, seed: int = 0
) -> Strengths:
    """Fit strengths to matches.

    Source: Bradley & Terry (1952), fitted by choix (Maystre & Grossglauser 2015, I-LSR); a tie counts as half a win for
    each side (Davidson 1970 gives the same order of strengths). Intervals: bootstrap over samples, Efron (1979).

    Args:
        matches: (sample, a, b, outcome), outcome 1 where b won, -1 where a did, 0 for a tie.
        variants: Names.
        seed: Of the bootstrap.

    Raises:
        MissingExtra: choix is not installed.

    >>> rows = [(f"s{i}", "a", "b", 1.0) for i in range(9)] + [("s9", "a", "b", 0.0)]
    >>> list(bradley_terry(rows, ["a", "b"]).chance)
    ['b', 'a']
    """
    import numpy as np

    try:
        from choix import ilsr_pairwise_dense
    except ImportError:
        raise MissingExtra("Bradley-Terry strengths", "stats") from None
    place = {name: i for i, name in enumerate(variants)}
    samples = list(dict.fromkeys(match[0] for match in matches))
    wins = np.zeros((len(samples), len(variants), len(variants)))
    for sample, a, b, outcome in matches:
        share, at = (1 + outcome) / 2, samples.index(sample)
        wins[at, place[b], place[a]] += share
        wins[at, place[a], place[b]] += 1 - share

    def chances(total: Any) -> Any:
        strengths = ilsr_pairwise_dense(total + SHRINKAGE * (1 - np.eye(len(variants))))
        return 1 / (1 + np.exp(-(strengths - strengths.mean())))

    best = chances(wins.sum(axis=0))
    order = sorted(variants, key=lambda name: (-best[place[name]], place[name]))
    if len(samples) < 2:
        return Strengths({name: float(best[place[name]]) for name in order}, dict.fromkeys(order, (0.0, 1.0)))
    weights = np.random.default_rng(seed).multinomial(len(samples), np.full(len(samples), 1 / len(samples)), DRAWS)
    drawn = np.array([chances(np.tensordot(one, wins, axes=1)) for one in weights])
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    return Strengths(
        {name: float(best[place[name]]) for name in order},
        {name: (float(ends[0, place[name]]), float(ends[1, place[name]])) for name in order},
    )
