from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.errors import PlanError
from agentkit.studies.ablation import WHOLE, ablate, parts_of, quote_ablation

AGENT = """---
name: helper
description: Helps. <example>user: "a" assistant: "b"</example> <example>user: "c" assistant: "d"</example>
---
You help.

## Format
Answer in JSON.

## Tone
Be warm.

## Length
Be short, and say what you leave out, and why you leave it out, in a sentence.
"""

SAMPLES = [{"id": f"s{i}", "input": f"q{i}"} for i in range(10)]


def reply(request: Any) -> str:
    """A model that needs the section on the format, and now and then forgets it all the same."""
    question = request["messages"][-1]["content"]
    follows = "Answer in JSON." in request["system"]
    noise = (len(request["system"]) * 7 + int(question[1:]) * 13) % 10 == 0
    return '{"a": 1}' if follows != noise else "Well, a is 1."


def made(**more: Any) -> ak.Ablation:
    return ablate(
        ak.loads(AGENT), SAMPLES, score="is_json", backend=ak.Scripted(reply), store=False, progress=False, **more
    )


def test_the_section_that_the_model_depends_on_comes_first() -> None:
    found = made(epochs=2)
    first, *others = [effect for effect in found if effect.comparison is not None]
    assert (first.part, first.says) == ("Format", "helps")
    assert first.interval[0] > 0
    assert {other.part for other in others} == {"(You help.)", "Tone", "Length"}
    for other in others:
        assert other.interval[0] <= 0 <= other.interval[1]
        assert other.says == "can't tell yet"
    assert found["Length"].tokens > found["Tone"].tokens > 0
    assert found["Format"].usd_per_1000 == 0.0


def test_examples_are_not_sent_and_cost_no_call() -> None:
    found = made()
    assert [(one.part, one.says) for one in found if one.comparison is None] == [
        ("example 1", "not sent"),
        ("example 2", "not sent"),
    ]
    assert found.results.variants == (WHOLE, "(You help.)", "Format", "Tone", "Length")


def test_everything_else_stays_byte_for_byte() -> None:
    agent = ak.loads(AGENT)
    for name, without in parts_of(agent).items():
        removed = [section.text for section in agent.sections if section.title == name]
        if removed:
            # Behind the last section the blank line goes with it; all that is left stays as it is.
            assert without.text.rstrip("\n") == agent.text.replace(removed[0], "").rstrip("\n")


def test_displays() -> None:
    found = made()
    assert str(found) == str(made())
    assert "Format" in str(found).splitlines()[1]
    assert "not sent: examples" in str(found)
    assert "<td" in found._repr_html_()
    assert found.frame["part"].iloc[0] == "Format"


def test_it_resumes_where_it_was(tmp_path: Path) -> None:
    calls = []

    def counted(request: Any) -> str:
        calls.append(1)
        return reply(request)

    def once(samples: list[dict[str, str]]) -> ak.Ablation:
        backend = ak.Scripted(counted)
        return ablate(
            ak.loads(AGENT), samples, score="is_json", backend=backend, store=tmp_path / "s.db", progress=False
        )

    once(SAMPLES[:4])
    assert len(calls) == 5 * 4
    found = once(SAMPLES)
    assert len(calls) == 5 * 10
    assert found.results.reused == 5 * 4
    assert str(found) == str(made())


def test_quoted_first_without_a_call() -> None:
    def never(request: Any) -> str:
        raise AssertionError("a quote asks for no reply")

    agent = ak.loads(AGENT)
    found = quote_ablation(agent, SAMPLES, score="is_json", epochs=2, backend=ak.Scripted(never), store=False)
    assert found.trials == 5 * 10 * 2


def test_it_says_what_it_will_cost_before_the_first_call(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def listening(request: Any) -> str:
        said.append(capsys.readouterr().err)
        return reply(request)

    found = ablate(ak.loads(AGENT), SAMPLES, score="is_json", backend=ak.Scripted(listening), store=False)
    assert said[0] == "agentkit: leaving out 4 parts in turn: 50 trials, of these 0 in the store; free\n"
    assert found.quote is not None
    assert found.quote.trials == 50


def test_a_replay_is_not_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def once() -> ak.Ablation:
        cassette = tmp_path / "c.jsonl"
        backend = ak.Scripted(reply)
        return ablate(ak.loads(AGENT), SAMPLES, score="is_json", backend=backend, store=False, cassette=cassette)

    once()
    capsys.readouterr()
    found = once()
    assert found.quote is None
    assert capsys.readouterr().err == ""


def test_some_parts_and_wrong_ones() -> None:
    assert [one.part for one in made(parts=["Tone"])] == ["Tone"]
    with pytest.raises(PlanError, match="no such part"):
        made(parts=["Taste"])
    with pytest.raises(PlanError, match="no part to leave out"):
        made(parts=["example 1"])
