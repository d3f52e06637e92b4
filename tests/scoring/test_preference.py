from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentkit.backends.scripted import Scripted
from agentkit.errors import CallError, ScoreError
from agentkit.experiment.results import Results
from agentkit.experiment.running import run
from agentkit.scoring.preference import pairwise, tally
from agentkit.scoring.strengths import bradley_terry


def results(samples: int = 8) -> Results:
    def reply(request: Any) -> str:
        return {"P": "ok", "Q": "good work", "R": "a much longer reply that is bad"}[request["system"][-1]]

    variants = {name: f"Be {name}" for name in "PQR"}
    questions = [{"id": f"s{i}", "input": f"q{i}"} for i in range(samples)]
    return run(variants, questions, backend=Scripted(reply), store=False, progress=False)


def shown(request: Any) -> dict[str, str]:
    lines = request["messages"][-1]["content"].split("\n\n")
    return {line.partition(":\n")[0]: json.loads(line.partition(":\n")[2]) for line in lines}


def said(winner: str) -> str:
    return json.dumps({"explanation": "because", "winner": winner})


def fair(request: Any) -> str:
    told = shown(request)
    worth = [2 * ("good" in told[f"Reply {side}"]) - ("bad" in told[f"Reply {side}"]) for side in "AB"]
    return said("tie" if worth[0] == worth[1] else "A" if worth[0] > worth[1] else "B")


def judge(function: Any) -> Scripted:
    return Scripted(function, model="judge")


def test_a_fair_judge_orders_the_variants() -> None:
    found = pairwise(results(), backend=judge(fair))
    assert found.variants == ("P", "Q", "R")
    assert list(found.strengths.chance) == ["Q", "P", "R"]
    assert found.flip_rate == 0
    assert found.first_rate == 0.5
    assert len(found.judgments) == 8 * 3 * 2
    better = found.compare("P", "Q")
    assert (better.verdict, better.wins, better.difference) == ("better", 8, 1.0)
    assert "Q against P" in str(found)
    assert str(found) == str(pairwise(results(), backend=judge(fair)))
    assert "<table>" in found._repr_html_()


def test_a_judge_that_takes_the_first_gives_only_ties() -> None:
    found = pairwise(results(), variants=["P", "Q"], backend=judge(lambda request: said("A")))
    assert (found.flip_rate, found.first_rate) == (1.0, 1.0)
    assert {match.outcome for match in found.matches} == {0.0}
    assert found.compare("P", "Q").verdict == "can't tell yet"
    assert found.strengths.chance["P"] == pytest.approx(0.5)


def test_a_judge_that_likes_length_is_shown_up() -> None:
    def longest(request: Any) -> str:
        told = shown(request)
        return said("A" if len(told["Reply A"]) > len(told["Reply B"]) else "B")

    found = pairwise(results(), backend=judge(longest))
    assert found.length_correlation == pytest.approx(1.0) or np.isnan(found.length_correlation)
    rows = []
    for i in range(10):
        ahead = (-1) ** i * (i + 1)
        winner = "b" if ahead > 0 else "a"
        rows += [(f"s{i}", 1, "a", "b", winner, 50, 50 + ahead), (f"s{i}", 1, "b", "a", winner, 50 + ahead, 50)]
    columns = ["sample", "epoch", "first", "second", "winner", "first_length", "second_length"]
    assert tally(pd.DataFrame(rows, columns=columns)).length_correlation > 0.8


def test_answers_that_fail_are_left_out() -> None:
    def sometimes(request: Any) -> str:
        if shown(request)["Request"] in ("q1", "q2"):
            raise CallError("no", kind="invalid_request")
        return fair(request)

    found = pairwise(results(), variants=["P", "Q"], backend=judge(sometimes))
    assert found.unscored == 2
    assert found.compare("P", "Q").n == 6
    assert "2 unscored" in str(found)


def test_bradley_terry_finds_the_strengths_it_was_drawn_from() -> None:
    rng, strength = np.random.default_rng(4), {"x": 1.2, "y": 0.0, "z": -1.2}
    rows = []
    for i in range(400):
        for a, b in (("x", "y"), ("x", "z"), ("y", "z")):
            chance = 1 / (1 + np.exp(strength[a] - strength[b]))
            rows.append((f"s{i}", a, b, 1.0 if rng.random() < chance else -1.0))
    found = bradley_terry(rows, ["x", "y", "z"])
    for name, true in strength.items():
        low, high = found.interval[name]
        assert found.chance[name] == pytest.approx(1 / (1 + np.exp(-true)), abs=0.05)
        assert low < found.chance[name] < high


def test_bad_judgments_are_named() -> None:
    frame = pd.DataFrame([("s", 1, "a", "b", "c")], columns=["sample", "epoch", "first", "second", "winner"])
    with pytest.raises(ScoreError, match="none of the two"):
        tally(frame)
    with pytest.raises(ScoreError, match="no column winner"):
        tally(frame.drop(columns="winner"))
    with pytest.raises(ScoreError, match="two variants"):
        pairwise(results(1), variants=["P"])
