from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentkit.errors import ScoreError
from agentkit.scoring.family import compare_all


def frame_of(**variants: list[float]) -> pd.DataFrame:
    rows = [(name, i, value) for name, values in variants.items() for i, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["variant", "sample", "score"])


def test_holm_takes_back_what_looking_often_would_give() -> None:
    frame = frame_of(base=[0] * 8, six=[1] * 6 + [0] * 2, none=[0] * 8, one=[1] + [0] * 7)
    alone = compare_all(frame, "base", ["six"], score="score")
    together = compare_all(frame, "base", score="score")
    assert alone["six"].verdict == "better"
    assert together["six"].verdict == "can't tell yet"
    assert together["six"].p_value == pytest.approx(3 / 32)
    assert [found.b for found in together] == ["six", "none", "one"]


def test_false_alarms_over_a_whole_family_keep_the_bound() -> None:
    alarms = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        level = rng.normal(size=20)
        names = {name: list(level + rng.normal(size=20)) for name in "abcde"}
        found = compare_all(frame_of(**names), "a", score="score")
        alarms += any(one.verdict in ("better", "worse") for one in found)
    assert alarms <= 15


def test_display_and_frame_say_the_same() -> None:
    found = compare_all(frame_of(base=[0.0] * 7, up=[0.5, 0.6, 0.7, 0.5, 0.4, 0.6, 0.5]), "base")
    assert list(found.frame["verdict"]) == ["better"]
    assert "up       ▲ better" in str(found)
    assert found.frame["needed"].dtype == "Int64"


def test_nothing_to_compare() -> None:
    with pytest.raises(ScoreError, match="nothing to compare"):
        compare_all(frame_of(base=[1.0]), "base", score="score")
    with pytest.raises(ScoreError, match="no comparison with"):
        compare_all(frame_of(base=[1.0], up=[2.0]), "base", score="score")["down"]
