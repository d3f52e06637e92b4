"""Results: the frame, the faces, and what they can be asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import agentkit as ak
from agentkit.backends.protocol import Reply
from agentkit.errors import CallError, PlanError
from agentkit.experiment.frame import COLUMNS


def answer(request: Any) -> Any:
    text = request["messages"][-1]["content"]
    if text == "bad":
        return CallError("it is broken", kind="invalid_request", status=400)
    if text == "long":
        return Reply("cut of", "max_tokens", "m-1", 1, 2, 3, 4, 0.5)
    return f"{request['system']} {text}"


def run(variants: Any = None, prompts: Any = ("a", "bad", "long"), **named: Any) -> ak.Results:
    variants = variants or {"x": "X", "y": "Y"}
    return ak.run(variants, list(prompts), backend=ak.Scripted(answer), store=False, progress=False, **named)


def test_the_columns_and_their_types() -> None:
    frame = run().frame
    assert tuple(frame.columns) == COLUMNS
    types = frame.dtypes.astype(str).to_dict()
    text = dict.fromkeys(("variant", "sample", "model", "output", "stop_reason", "error", "key"), "str")
    numbers = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), "Int64")
    rest = {"epoch": "int64", "turns": "int64", "tool_calls": "int64", "reused": "bool"}
    assert types == text | numbers | rest | dict.fromkeys(("cost_usd", "latency_s"), "float64")


def test_a_limit_and_an_error_are_different_things_in_the_frame() -> None:
    frame = run().frame.set_index(["variant", "sample"])
    assert frame.loc[("x", "sample-3"), "stop_reason"] == "max_tokens"
    assert pd.isna(frame.loc[("x", "sample-3"), "error"])
    assert frame.loc[("x", "sample-2"), "error"] == "invalid_request 400: it is broken"
    assert pd.isna(frame.loc[("x", "sample-2"), "output"])
    assert list(frame.loc[("x", "sample-3"), "input_tokens":"cache_write_tokens"]) == [1, 2, 3, 4]


def test_the_frame_is_a_copy() -> None:
    results = run()
    frame = results.frame
    frame.loc[0, "output"] = "changed"
    assert results.frame.loc[0, "output"] == "X a"


def test_every_face_is_the_same_each_time_and_has_no_widget() -> None:
    (one, marks), (two, _) = run()._repr_mimebundle_(), run()._repr_mimebundle_()
    assert one == two
    assert marks == {"agentkit": {"view": "results"}}
    assert set(one) == {"text/plain", "text/html"}
    assert "broken" in one["text/plain"]
    assert "it is broken" in one["text/html"]


def test_a_reply_cannot_leave_its_cell() -> None:
    results = ak.run("X", ["a"], backend=ak.Scripted("<script>alert(1)</script>"), store=False, progress=False)
    assert "<script" not in results._repr_mimebundle_()[0]["text/html"]


def test_one_trial_has_its_request_and_transcript() -> None:
    results = run()
    trial = results.trial("y", "sample-1")
    assert trial is results.trial("y", 0)
    assert trial.trial.request["system"] == "Y"
    assert trial.transcript == [{"role": "user", "content": "a"}, {"role": "assistant", "content": "Y a"}]
    assert results.trial("x", 1).transcript == [{"role": "user", "content": "bad"}]
    with pytest.raises(PlanError, match="no such trial"):
        results.trial("z", 0)


def test_filtering_and_slicing_give_results() -> None:
    results = run()
    assert [one.trial.variant for one in results.filter(variant="y")] == ["y"] * 3
    assert [one.output for one in results.filter(lambda one: one.failure is None, sample="sample-1")] == ["X a", "Y a"]
    assert len(results.errors) == 2
    assert isinstance(results[:2], ak.Results)
    assert repr(results) == "Results(6 trials of x, y; 2 failed)"


def test_adding_puts_variants_and_samples_together() -> None:
    both = run({"x": "X"}, ["a"]) + run({"y": "Y"}, ["a"])
    assert [one.output for one in both] == ["X a", "Y a"]
    assert both.variants == ("x", "y")
    assert len(both + both) == 2
    with pytest.raises(PlanError, match="one input in the first"):
        run({"x": "X"}, ["a"]) + run({"x": "X"}, ["b"])
    with pytest.raises(PlanError, match="one request in the first"):
        run({"x": "X"}, ["a"]) + run({"x": "Z"}, ["a"])


def test_a_mended_trial_takes_the_place_of_the_failed_one() -> None:
    failed = run({"x": "X"}, ["bad"])
    fine = ak.run({"x": "X"}, ["bad"], backend=ak.Scripted("mended"), store=False, progress=False)
    assert [one.output for one in failed + fine] == ["mended"]
    assert [one.output for one in fine + failed] == ["mended"]


def test_files(tmp_path: Path) -> None:
    results = run()
    results.to_csv(tmp_path / "r.csv")
    results.to_parquet(tmp_path / "r.parquet")
    results.to_jsonl(tmp_path / "r.jsonl")
    results.to_html(tmp_path / "r.html")
    assert pd.read_csv(tmp_path / "r.csv")["output"].dropna().tolist() == ["X a", "Y a", "cut of", "cut of"]
    assert pd.read_parquet(tmp_path / "r.parquet")["key"].tolist() == results.frame["key"].tolist()
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert lines[0]["transcript"][-1] == {"role": "assistant", "content": "X a"}
    page = (tmp_path / "r.html").read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "<script" not in page


def test_two_variants_word_by_word() -> None:
    results = run(prompts=["a", "bad"])
    compared = results.compare("x", "y")
    assert compared.same == 0
    assert compared.pairs[0] == ("sample-1", 1, "X a", "Y a")
    assert "sample-2, epoch 1:\n  x failed and y failed" in str(compared)
    assert set(compared._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert str(results.compare()) == str(compared)
    with pytest.raises(PlanError, match="no variant 'z'"):
        results.compare("x", "z")
    with pytest.raises(PlanError, match="two variants"):
        run({"x": "X"}).compare()


def test_the_sums() -> None:
    usage = run().usage
    assert (usage.trials, usage.failed, usage.reused, usage.calls, usage.cost_usd) == (6, 2, 0, 4, 0.0)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (6, 8)
    assert str(usage).startswith("6 trials (0 reused, 2 failed)")


def long_results(count: int) -> ak.Results:
    return ak.run({"a": "A", "b": "B"}, [f"q{n}" for n in range(count)], backend=ak.Scripted("Hi"), store=False)


def test_a_page_of_fifty_samples_stands_alone_and_a_longer_one_has_its_data_beside_it(tmp_path: Path) -> None:
    long_results(50).to_html(tmp_path / "short.html")
    assert [path.name for path in tmp_path.iterdir()] == ["short.html"]
    results = long_results(120)
    (tmp_path / "q <1>.csv").write_text("the samples")
    results.to_html(tmp_path / "q <1>.html")
    assert (tmp_path / "q <1>.csv").read_text() == "the samples"
    frame = pd.read_csv(tmp_path / "q <1>.data.csv")
    assert list(frame.columns) == list(results.frame.columns)
    assert list(frame["key"]) == list(results.frame["key"])
    page = (tmp_path / "q <1>.html").read_text()
    assert '<a href="q%20%3C1%3E.data.csv">q &lt;1&gt;.data.csv</a>' in page
    assert "50 of 120 samples shown" in page
    assert "sample-50<" in page
    assert "sample-51<" not in page
