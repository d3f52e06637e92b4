from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from agentkit.errors import ScoreError
from agentkit.scoring.verdict import compare


def trials(a: list[object], b: list[object], epochs: int = 1, **more: object) -> pd.DataFrame:
    """A frame with variants a and b; values are listed sample by sample, epoch by epoch."""
    rows = [
        {"variant": variant, "sample": f"s{i // epochs + 1}", "epoch": i % epochs + 1, "score": value}
        for variant, values in (("a", a), ("b", b))
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(**more)


def test_better_worse_and_their_direction() -> None:
    frame = trials([0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.2], [0.8, 0.7, 0.9, 0.9, 0.8, 0.8, 0.7])
    found = compare(frame, "a", "b", score="score")
    assert found.verdict == "better"
    assert found.difference == pytest.approx(0.6)
    assert (found.wins, found.ties, found.losses) == (7, 0, 0)
    assert found.needed == 0
    assert compare(frame, "b", "a", score="score").verdict == "worse"
    lower = compare(frame, "a", "b", score="score", higher_is_better=False)
    assert (lower.verdict, lower.losses) == ("worse", 7)
    assert lower.difference == found.difference


def test_repeats_are_averaged_first() -> None:
    # One sample with a thousand repeats stays one sample.
    found = compare(trials([0.0] * 1000, [1.0] * 1000, epochs=1000), "a", "b")
    assert found.n == 1
    assert found.verdict == "can't tell yet"
    assert found.needed == 5


def test_equivalent_needs_a_margin() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=40)
    frame = trials(list(base), list(base + rng.normal(0, 0.05, 40)))
    assert compare(frame, "a", "b").verdict == "can't tell yet"
    found = compare(frame, "a", "b", margin=0.1)
    assert found.verdict == "equivalent"
    assert -0.1 < found.interval[0] < found.interval[1] < 0.1
    assert compare(frame, "a", "b", margin=0.001).verdict == "can't tell yet"


def test_a_difference_inside_the_margin_is_equivalent_even_where_it_is_certain() -> None:
    base = np.linspace(0, 1, 30)
    frame = trials(list(base), list(base - 0.01 - 0.001 * np.sin(np.arange(30))))
    assert compare(frame, "a", "b").verdict == "worse"
    assert compare(frame, "a", "b", margin=0.05).verdict == "equivalent"


def test_all_passed_is_no_certainty() -> None:
    found = compare(trials([True] * 8, [True] * 8), "a", "b", margin=0.1)
    assert found.verdict == "can't tell yet"
    assert found.interval_a == pytest.approx((0.676, 1.0), abs=0.001)
    assert "8 of 8 passed (Wilson 68 % to 100 %)" in str(found)
    assert found.needed == 27
    settled = compare(trials([True] * 35, [True] * 35), "a", "b", margin=0.1)
    assert settled.verdict == "equivalent"
    assert compare(trials([True] * 34, [True] * 34), "a", "b", margin=0.1).verdict == "can't tell yet"


def test_flips_are_listed_and_tested_exactly() -> None:
    found = compare(trials([0, 0, 1, 1, 0, 1], [1, 1, 0, 1, 0, 1]), "a", "b")
    assert found.fixed == ("s1", "s2")
    assert found.broke == ("s3",)
    assert found.mcnemar_p == found.p_value == 1.0
    assert found.method == "Tango score"
    assert list(found.frame.columns) == ["sample", "a", "b", "difference", "change"]
    assert list(found.frame["change"]) == ["fixed", "fixed", "broke", "", "", ""]


def test_six_fixed_and_none_broken_is_the_least_that_is_better() -> None:
    assert compare(trials([0] * 6, [1] * 6), "a", "b").verdict == "better"
    assert compare(trials([0] * 5, [1] * 5), "a", "b").verdict == "can't tell yet"


def test_errors_refusals_and_truncations_are_counted_apart() -> None:
    frame = trials([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0])
    frame["error"] = None
    frame["stop_reason"] = "end_turn"
    frame.loc[(frame.variant == "b") & (frame["sample"] == "s4"), "error"] = "overloaded"
    frame.loc[(frame.variant == "b") & (frame["sample"] == "s5"), "stop_reason"] = "refusal"
    frame.loc[(frame.variant == "b") & (frame["sample"] == "s6"), "stop_reason"] = "max_tokens"
    found = compare(frame, "a", "b")
    assert (found.n, found.mean_a, found.mean_b) == (3, 1.0, 1.0)
    assert (found.left_out_b.errors, found.left_out_b.refusals, found.left_out_b.truncations) == (1, 1, 1)
    assert found.left_out_a.unpaired == 3
    assert "1 error, 1 refusal, 1 truncated" in str(found)
    assert compare(frame, "a", "b", apart=("error",)).n == 5


def test_unscored_is_not_zero() -> None:
    frame = trials([True, True, None, True], [True, None, True, True])
    found = compare(frame, "a", "b", score="score")
    assert (found.n, found.mean_a, found.mean_b) == (2, 1.0, 1.0)
    assert (found.left_out_a.unscored, found.left_out_a.unpaired) == (1, 1)


def test_a_sample_of_one_side_is_left_out_and_counted() -> None:
    frame = trials([1.0, 2.0, 3.0], [1.5, 2.5, 3.0])
    found = compare(frame[~((frame.variant == "b") & (frame["sample"] == "s3"))], "a", "b")
    assert found.n == 2
    assert found.left_out_a.unpaired == 1
    assert "1 sample without a pair" in str(found)


def test_nothing_scored_at_all() -> None:
    found = compare(trials([None, None], [None, None]).astype({"score": float}), "a", "b", score="score")
    assert found.verdict == "can't tell yet"
    assert found.n == 0
    assert math.isnan(found.difference)
    assert found.interval == (-math.inf, math.inf)
    assert "none has a score on both sides" in str(found)


def test_graded_without_spread_does_not_pretend() -> None:
    found = compare(trials([3.0] * 10, [3.0] * 10), "a", "b")
    assert found.method == "no change seen"
    assert found.interval[0] < 0 < found.interval[1]
    assert found.verdict == "can't tell yet"
    moved = compare(trials([3.0] * 10, [4.0] * 10), "a", "b")
    assert moved.verdict == "better"
    assert moved.interval[0] == pytest.approx(1 - 2 * 0.2775, abs=0.001)
    few = compare(trials([3.0] * 3, [4.0] * 3), "a", "b")
    assert (few.verdict, few.needed) == ("can't tell yet", 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": "nobody"}, "no variant 'nobody'"),
        ({"score": "taste"}, "no score 'taste'"),
        ({"margin": 0.0}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"alpha": 1.5}, "alpha"),
        ({"apart": ("noise",)}, "no such kind"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"a": "a", "b": "b", "score": "score", **change}
    with pytest.raises(ScoreError, match=message):
        compare(trials([1.0], [2.0]), **arguments)  # type: ignore[arg-type]


def test_bad_frames_are_named() -> None:
    frame = trials([1.0, 2.0], [2.0, 3.0])
    with pytest.raises(ScoreError, match="no column 'sample'"):
        compare(frame.drop(columns="sample"), "a", "b")
    with pytest.raises(ScoreError, match="there twice"):
        compare(pd.concat([frame, frame]), "a", "b")
    with pytest.raises(ScoreError, match="not all numbers"):
        compare(frame.assign(score="good"), "a", "b", score="score")
    with pytest.raises(ScoreError, match="infinite"):
        compare(frame.assign(score=math.inf), "a", "b", score="score")
    with pytest.raises(ScoreError, match="several scores"):
        compare(frame.assign(other=1.0), "a", "b")


def test_text_is_the_same_twice_and_html_is_escaped() -> None:
    frame = trials([0, 1] * 6, [1, 1] * 6).replace({"variant": {"b": "<b>"}})
    found = compare(frame, "a", "<b>")
    assert str(found) == str(compare(frame, "a", "<b>"))
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()
    assert found.bootstrap_interval == compare(frame, "a", "<b>").bootstrap_interval


def test_comparisons_are_values() -> None:
    frame = trials([0, 1] * 6, [1, 1] * 6)
    assert compare(frame, "a", "b") == compare(frame, "a", "b")
    assert compare(frame, "a", "b") != compare(frame, "b", "a")
    assert len({compare(frame, "a", "b"), compare(frame, "a", "b")}) == 1
    with pytest.raises(ValueError, match="read-only"):
        compare(frame, "a", "b").pairs.a[0] = 5


def test_about_so_many_more_samples_is_about_right() -> None:
    rng = np.random.default_rng(2)
    few = rng.normal(0.4, 1.0, 15)
    found = compare(trials([0.0] * 15, list(few)), "a", "b")
    assert found.verdict == "can't tell yet"
    assert found.needed is not None
    expected = ((2.154 + 0.842) * few.std(ddof=1) / few.mean()) ** 2 + 2.154**2 / 2 - 15
    assert found.needed == pytest.approx(expected, abs=2)
