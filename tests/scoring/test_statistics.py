from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from agentkit.scoring import statistics


def constrained_score(fixed: int, broke: int, n: int, difference: float) -> float:
    """Tango's statistic with the restricted maximum likelihood found by search instead of the closed form."""

    def loss(rate: float) -> float:
        cells = (rate + difference, rate, 1 - 2 * rate - difference)
        counts = (fixed, broke, n - fixed - broke)
        if min(cells) < 0:
            return math.inf
        return -sum(count * math.log(max(cell, 1e-300)) for count, cell in zip(counts, cells, strict=True) if count)

    low, high = max(0.0, -difference), (1 - difference) / 2
    rate = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    variance = n * (2 * rate + difference - difference**2)
    return (fixed - broke - n * difference) / math.sqrt(variance)


@pytest.mark.parametrize(("fixed", "broke", "n"), [(6, 1, 12), (3, 2, 20), (9, 0, 30), (1, 14, 50)])
def test_score_interval_ends_where_the_score_test_rejects(fixed: int, broke: int, n: int) -> None:
    low, high = statistics.score_interval(fixed, broke, n)
    assert constrained_score(fixed, broke, n, low) == pytest.approx(1.959964, abs=1e-3)
    assert constrained_score(fixed, broke, n, high) == pytest.approx(-1.959964, abs=1e-3)


@pytest.mark.parametrize("n", [1, 8, 100])
def test_score_interval_with_no_change_or_only_change(n: int) -> None:
    low, high = statistics.score_interval(0, 0, n)
    assert low == -high
    assert 0 < high < 1
    assert statistics.score_interval(n, 0, n)[1] == 1.0
    assert statistics.score_interval(0, n, n)[0] == -1.0


def test_score_interval_turns_round_with_its_sides() -> None:
    low, high = statistics.score_interval(7, 2, 25)
    assert statistics.score_interval(2, 7, 25) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("passed", "n"), [(0, 5), (8, 8), (3, 7), (50, 90)])
def test_wilson_is_scipys(passed: int, n: int) -> None:
    found = stats.binomtest(passed, n).proportion_ci(method="wilson")
    assert statistics.wilson(passed, n) == pytest.approx((found.low, found.high), abs=1e-9)


def test_t_interval_is_scipys() -> None:
    differences = np.array([0.1, 0.4, -0.2, 0.3, 0.9])
    assert statistics.t_interval(differences) == pytest.approx(
        tuple(stats.ttest_1samp(differences, 0).confidence_interval(0.95))
    )
    assert statistics.t_interval(differences[:1]) == (-math.inf, math.inf)


@pytest.mark.parametrize("n", [3, 8, 12])
def test_sign_flip_is_scipys_permutation_test(n: int) -> None:
    differences = np.random.default_rng(n).normal(0.4, 1, n)
    expected = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=10_000, vectorized=True
    )
    assert statistics.sign_flip_p(differences) == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(("fixed", "broke"), [(0, 0), (1, 0), (6, 0), (3, 3), (2, 9), (40, 21)])
def test_mcnemar_is_the_exact_binomial_test(fixed: int, broke: int) -> None:
    expected = stats.binomtest(fixed, fixed + broke).pvalue if fixed + broke else 1.0
    assert statistics.mcnemar_exact(fixed, broke) == pytest.approx(expected)


def test_sign_flip_is_mcnemar_for_pass_and_fail() -> None:
    assert statistics.sign_flip_p(np.array([1.0] * 6 + [-1.0] + [0.0] * 9)) == statistics.mcnemar_exact(6, 1)


def test_drawn_sign_flips_agree_with_counted_ones() -> None:
    differences = np.random.default_rng(3).normal(0.3, 1, 40)
    drawn = statistics.sign_flip_p(differences)
    assert drawn == statistics.sign_flip_p(differences)
    assert drawn == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.02)


def test_bootstrap_repeats_exactly_and_is_near_t() -> None:
    differences = np.random.default_rng(5).normal(0.3, 1, 60)
    found = statistics.bootstrap_interval(differences)
    assert found == statistics.bootstrap_interval(differences)
    assert found == pytest.approx(statistics.t_interval(differences), abs=0.05)


def test_holm_on_a_known_case() -> None:
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_detectable_and_samples_for_are_inverse() -> None:
    effect = statistics.detectable(1.0, 60)
    assert statistics.samples_for(effect, 1.0) == pytest.approx(60, abs=2)
    assert statistics.samples_for(0.0, 1.0) is None


def test_power_at_the_detectable_effect_is_four_in_five() -> None:
    rng, n = np.random.default_rng(11), 40
    effect = statistics.detectable(1.0, n)
    hits = [statistics.sign_flip_p(rng.normal(effect, 1, n)) <= 1 / 32 for _ in range(400)]
    assert 0.72 < np.mean(hits) < 0.88


def test_many_samples_take_the_normal_limit() -> None:
    rng = np.random.default_rng(8)
    for n in (900, 1100):
        differences = rng.exponential(size=n) - 1 + 0.06
        assert statistics.sign_flip_p(differences) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.02)
        assert statistics.bootstrap_interval(differences) == pytest.approx(statistics.t_interval(differences), abs=0.01)
