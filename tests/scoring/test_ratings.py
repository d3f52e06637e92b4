from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentkit.errors import ScoreError
from agentkit.scoring.ratings import agreement, corrected_mean

NAN = float("nan")
# Krippendorff's own example (2011), section C: four observers, twelve units.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


def frame(values: list[list[float]]) -> pd.DataFrame:
    rows = [(f"r{r}", i, value) for r, one in enumerate(values) for i, value in enumerate(one)]
    return pd.DataFrame(rows, columns=["rater", "sample", "value"])


@pytest.mark.parametrize(("scale", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example(scale: str, expected: float) -> None:
    found = agreement(frame(OBSERVERS), scale=scale)  # type: ignore[arg-type]
    assert found.alpha == pytest.approx(expected, abs=0.001)
    assert found.alpha_interval[0] < expected < found.alpha_interval[1]
    assert found.kappa is None
    assert found.units == 11


def test_kappa_of_a_known_table() -> None:
    # 20 both yes, 5 and 10 apart, 15 both no: kappa 0.4.
    first = [1] * 25 + [0] * 25
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    found = agreement(frame([first, second]), scale="nominal")
    assert found.kappa == pytest.approx(0.4)
    assert found.kappa_interval is not None
    assert 0.1 < found.kappa_interval[0] < 0.4 < found.kappa_interval[1] < 0.7
    assert str(found) == str(agreement(frame([first, second]), scale="nominal"))


def test_agreement_without_variation_is_not_defined() -> None:
    found = agreement(frame([[1, 1, 1], [1, 1, 1]]))
    assert np.isnan(found.alpha)
    assert "not defined" in str(found)


def test_bad_ratings_are_named() -> None:
    good = frame([[1, 2], [1, 2]])
    with pytest.raises(ScoreError, match="no column rater"):
        agreement(good.drop(columns="rater"))
    with pytest.raises(ScoreError, match="twice"):
        agreement(pd.concat([good, good]))
    with pytest.raises(ScoreError, match="two raters"):
        agreement(good[good.rater == "r0"])
    with pytest.raises(ScoreError, match="no number"):
        agreement(good.assign(value="good"))
    with pytest.raises(ScoreError, match="no such scale"):
        agreement(good, scale="ratio")  # type: ignore[arg-type]


def drawn(seed: int, useful: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.5, 0.2, 200)
    grades = (truth if useful else rng.normal(0.5, 0.2, 200)) + 0.15 + rng.normal(0, 0.05, 200)
    labels = truth.copy()
    labels[25:] = np.nan
    return grades, labels


@pytest.mark.parametrize("useful", [True, False])
def test_corrected_means_hold_the_truth(useful: bool) -> None:
    held, width, alone = 0, 0.0, 0.0
    for seed in range(300):
        grades, labels = drawn(seed, useful)
        found = corrected_mean(grades, labels)
        held += found.interval[0] <= 0.5 <= found.interval[1]
        width += found.interval[1] - found.interval[0]
        known = labels[:25]
        alone += 2 * 2.064 * known.std(ddof=1) / 5
    assert 0.91 <= held / 300 <= 0.985
    assert width < (0.6 if useful else 1.03) * alone


def test_what_the_grader_alone_would_say_is_beside_it() -> None:
    found = corrected_mean(*drawn(1, True))
    assert found.grader_mean - found.mean == pytest.approx(0.15, abs=0.05)
    assert (found.labelled, found.unlabelled) == (25, 175)
    assert "25 of 200 samples" in str(found)


def test_too_few_labels() -> None:
    with pytest.raises(ScoreError, match="fewer than two"):
        corrected_mean([1.0, 2.0], [1.0, None])
    with pytest.raises(ScoreError, match="one length"):
        corrected_mean([1.0], [1.0, 2.0])
