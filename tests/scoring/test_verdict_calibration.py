"""The promise of the verdicts, by simulation with fixed seeds: a smaller benchmarks/calibration.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentkit.scoring.verdict import compare

SEEDS = 200


def passes(rng: np.random.Generator, shape: tuple[int, int], shift: float) -> np.ndarray:
    level = rng.normal(0.2, 0.8, (shape[0], 1))
    return np.stack([rng.random(shape) < 1 / (1 + np.exp(-level - moved)) for moved in (0.0, 4 * shift)]).astype(float)


def graded(rng: np.random.Generator, shape: tuple[int, int], shift: float) -> np.ndarray:
    level, size = rng.normal(0.6, 0.3, (shape[0], 1)), np.exp(0.5 * rng.normal(size=(shape[0], 1)))
    return np.stack([level + moved + 0.2 * size * (rng.exponential(size=shape) - 1) for moved in (0.0, shift)])


def frame_of(sides: np.ndarray) -> pd.DataFrame:
    _, samples, epochs = sides.shape
    index = pd.MultiIndex.from_product(
        [["a", "b"], range(samples), range(epochs)], names=["variant", "sample", "epoch"]
    )
    return pd.DataFrame({"score": sides.ravel()}, index=index).reset_index()


@pytest.mark.parametrize("draw", [passes, graded])
@pytest.mark.parametrize(("samples", "epochs"), [(10, 1), (12, 5), (60, 3)])
def test_equal_variants_are_rarely_called_different_and_intervals_hold(
    draw: Callable[..., np.ndarray], samples: int, epochs: int
) -> None:
    called = held = held_shifted = 0
    truth = float(np.diff(draw(np.random.default_rng(1), (200_000, 1), 0.1).mean(axis=(1, 2)))[0])
    for seed in range(SEEDS):
        equal = compare(frame_of(draw(np.random.default_rng(seed), (samples, epochs), 0.0)), "a", "b")
        called += equal.verdict in ("better", "worse")
        held += equal.interval[0] <= 0 <= equal.interval[1]
        shifted = compare(frame_of(draw(np.random.default_rng(seed), (samples, epochs), 0.1)), "a", "b")
        held_shifted += shifted.interval[0] <= truth <= shifted.interval[1]
    assert called <= 0.05 * SEEDS
    # 200 seeds swing by 3 points around 95 %.
    assert 0.91 <= held / SEEDS <= 0.99
    assert 0.91 <= held_shifted / SEEDS <= 0.99


def test_a_real_difference_is_found() -> None:
    found = [compare(frame_of(graded(np.random.default_rng(s), (50, 3), 0.2)), "a", "b").verdict for s in range(50)]
    assert found.count("better") >= 45
    assert found.count("worse") == 0
