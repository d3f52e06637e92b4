from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from agentkit.backends.scripted import Scripted
from agentkit.errors import CallError, ScoreError
from agentkit.experiment.results import Results
from agentkit.experiment.running import run
from agentkit.scoring.grader import Grader


def made(samples: Any, replies: Any, **more: Any) -> Results:
    variants = {"today": "Be long.", "terse": "Be short."}
    return run(variants, samples, backend=Scripted(replies), store=False, progress=False, **more)


def answer(request: Any) -> str:
    question = request["messages"][-1]["content"]
    return f"{question} is 42" if "long" in request["system"] else "42"


SAMPLES = [{"id": f"s{i}", "input": f"question {i}", "target": "42"} for i in range(8)]


def test_scores_are_columns_and_nothing_runs_again() -> None:
    calls = []

    def counted(request: Any) -> str:
        calls.append(request)
        return answer(request)

    results = made(SAMPLES, counted)
    before = len(calls)
    scored = results.score("equals", "max_words: 3", brief="max_words: 1", length=lambda text: len(text))
    assert len(calls) == before == 16
    assert list(scored.frame["equals"]) == [False, True] * 8
    assert scored.frame["passed"].dtype == "boolean"
    assert list(scored.frame["brief"])[:2] == [False, True]
    assert scored.frame["length"].dtype == "float64"
    assert "equals" not in results.frame
    assert list(scored.score("is_json").frame["is_json"])[:2] == [False, True]
    assert "equals" in scored.score("is_json").frame


def test_the_verdict_on_a_run_with_the_diff_beside_the_flips() -> None:
    found = made(SAMPLES, answer).score("equals").compare("today", "terse", score="passed")
    assert found.verdict == "better"
    assert found.fixed == tuple(f"s{i}" for i in range(8))
    assert "-Be long." in str(found)
    assert "+Be short." in str(found)
    assert found.changes in found._repr_html_()
    reverse = made(SAMPLES, answer).score("equals").compare("terse", "today", score="passed", margin=0.1)
    assert reverse.verdict == "worse"


def test_checks_of_single_samples() -> None:
    samples = [
        {"id": "a", "input": "x", "checks": ["contains: 42", {"max_words": 1}]},
        {"id": "b", "input": "y"},
        {"id": "c", "input": "z", "checks": "not contains: 42"},
    ]
    frame = made(samples, answer).score().frame
    assert list(frame["passed"].astype(object).where(frame["passed"].notna(), None)) == [
        False,
        True,
        None,
        None,
        False,
        False,
    ]
    assert "contains: 42" not in frame


def test_passed_stays_when_ratings_or_a_grader_join() -> None:
    results = made([{**one, "checks": ["contains: 42"]} for one in SAMPLES], answer)
    strict = results.score("max_words: 1")
    assert list(strict.frame["passed"]) == [False, True] * 8
    ratings = pd.DataFrame({"variant": ["today"], "sample": ["s0"], "value": [3]})
    grader = Grader("Is right.", backend=Scripted('{"rubric": {"explanation": "It is.", "level": 3}}', model="judge"))
    joined = strict.score(grader, people=ratings, length=lambda text: len(text))
    assert list(joined.frame["passed"]) == [False, True] * 8
    assert joined.frame["grade"].min() == 1
    assert list(joined.score().frame["passed"]) == [True] * 16
    assert list(results.score(people=ratings).frame["passed"]) == [True] * 16


def test_failed_trials_stay_unscored() -> None:
    def sometimes(request: Any) -> str:
        if "question 3" in request["messages"][-1]["content"]:
            raise CallError("no", kind="invalid_request")
        return answer(request)

    scored = made(SAMPLES, sometimes).score("equals")
    assert scored.frame.loc[scored.frame["sample"] == "s3", "equals"].isna().all()
    found = scored.compare("today", "terse", score="equals")
    assert (found.n, found.left_out_a.errors, found.left_out_b.errors) == (7, 1, 1)


def test_scores_in_long_form_and_in_the_table() -> None:
    scored = made(SAMPLES[:2], answer).score("equals")
    table = scored.scores
    assert list(table.columns) == ["variant", "sample", "epoch", "score", "value", "answer", "explanation"]
    assert set(table["score"]) == {"equals", "passed"}
    assert "is not '42'" in table["explanation"].iloc[0]
    assert "equals no" in str(scored)
    assert str(scored) == str(made(SAMPLES[:2], answer).score("equals"))


def test_what_cannot_be_scored() -> None:
    results = made(SAMPLES[:1], answer)
    with pytest.raises(ScoreError, match="nothing to score by"):
        results.score()
    with pytest.raises(ScoreError, match="no check"):
        results.score("is_nice")
    with pytest.raises(ScoreError, match="name of a column"):
        results.score(output="is_json")
    with pytest.raises(ScoreError, match="unexpected keyword"):
        results.score("equals").compare("today", "terse", score="equals", level=3)


def test_added_and_filtered_results_keep_their_scores() -> None:
    first, second = made(SAMPLES[:2], answer).score("equals"), made(SAMPLES[2:4], answer).score("equals")
    assert list((first + second).frame["equals"]) == [False, True] * 4
    assert list(first.filter(variant="terse").frame["equals"]) == [True, True]


def test_ratings_by_people_join_the_same_frame() -> None:
    rows = [
        {"variant": variant, "sample": f"s{i}", "rater": rater, "value": 4 + (variant == "terse") + extra - (i % 2) / 2}
        for variant in ("today", "terse")
        for i in range(7)
        for rater, extra in (("ann", 0.0), ("bob", 0.5 if i != 3 else None))
        if extra is not None
    ]
    scored = made(SAMPLES, answer).score(people=pd.DataFrame(rows))
    assert scored.frame["people"].isna().sum() == 2
    found = scored.compare("today", "terse", score="people")
    assert (found.verdict, found.n, found.left_out_a.unscored) == ("better", 7, 1)
    with pytest.raises(ScoreError, match="no trial"):
        scored.score(people=pd.DataFrame(rows).assign(variant="nobody"))
    with pytest.raises(ScoreError, match="no column value"):
        scored.score(people=pd.DataFrame(rows).drop(columns="value"))


FILES = {
    "s.csv": 'id,input,checks\na,x,"contains: 42\nnot contains: dog"\nb,y,\nc,z,"[""is_json"", {""max_words"": 1}]"\n',
    "s.yaml": "- {id: a, input: x, checks: ['contains: 42', {not: {contains: dog}}]}\n- {id: b, input: y}\n"
    "- id: c\n  input: z\n  checks: {max_words: 1, is_json: true}\n",
    "s.jsonl": '{"id": "a", "input": "x", "checks": ["contains: 42", "not contains: dog"]}\n{"id": "b", "input": "y"}\n'
    '{"id": "c", "input": "z", "checks": ["is_json", {"max_words": 1}]}\n',
}


@pytest.mark.parametrize("name", FILES)
def test_checks_in_every_kind_of_samples_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name])
    scored = made(str(tmp_path / name), answer).score()
    passed = scored.frame.set_index(["variant", "sample"])["passed"]
    assert passed[["today", "terse"]].xs("a", level="sample").all()
    assert passed["terse", "c"]
    assert not passed["today", "c"]
    assert passed["today", "b"] is pd.NA
    (explained,) = scored.filter(variant="today", sample="c").scores["explanation"]
    assert "is_json: Expecting value" in explained
