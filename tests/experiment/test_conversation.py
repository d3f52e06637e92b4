"""Trials of several turns: tools that answer here, images, and their replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import agentkit as ak
from agentkit.backends.protocol import Reply
from agentkit.experiment import cassettes
from tests.server import MessagesServer


def uses(name: str, number: int = 1, **arguments: Any) -> Reply:
    block = {"type": "tool_use", "id": f"use-{number}", "name": name, "input": arguments}
    return Reply("", "tool_use", "m", 10, 5, blocks=({"type": "text", "text": "Let me see."}, block))


def model(request: Any) -> Any:
    """Ask for the weather until it is told, then tell it."""
    last = request["messages"][-1]["content"]
    return uses("weather", city="Oslo") if isinstance(last, str) else f"It is {last[0]['content']}."


def run(tools: Any, reply: Any = model, **named: Any) -> ak.Results:
    backend = named.pop("backend", None) or ak.Scripted(reply)
    return ak.run(
        "X", ["How is Oslo?"], **{"tools": tools, "backend": backend, "store": False, "progress": False, **named}
    )


def test_a_function_answers_and_the_transcript_is_whole() -> None:
    def weather(city: str) -> str:
        return f"cold in {city}"

    outcome = run([weather])[0]
    assert outcome.output == "It is cold in Oslo."
    assert [message["role"] for message in outcome.transcript] == ["user", "assistant", "user", "assistant"]
    assert outcome.transcript[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "use-1", "content": "cold in Oslo"}
    ]
    row = run([weather]).frame.iloc[0]
    assert (row["turns"], row["tool_calls"], row["input_tokens"]) == (2, 1, 10 + outcome.calls[1].reply.input_tokens)


def test_canned_answers_async_functions_and_functions_that_raise() -> None:
    async def later(city: str) -> dict[str, int]:
        return {"degrees": 3}

    def broken(city: str) -> str:
        raise RuntimeError("no station")

    assert run({"weather": "mild"})[0].output == "It is mild."
    assert run({"weather": later})[0].output == 'It is {"degrees": 3}.'
    outcome = run({"weather": broken})[0]
    assert outcome.output == "It is RuntimeError: no station."
    assert outcome.transcript[2]["content"][0]["is_error"] is True
    assert run({"other": "x"})[0].output == "It is there is no tool 'weather'."


def test_the_turns_are_bounded() -> None:
    outcome = run({"weather": "x"}, lambda request: uses("weather", len(request["messages"])), max_turns=3)[0]
    assert len(outcome.calls) == 3
    assert outcome.reply is not None
    assert outcome.reply.stop_reason == "tool_use"


def test_without_tools_a_trial_is_one_call() -> None:
    assert len(run(None)[0].calls) == 1


def test_a_second_run_calls_neither_the_server_nor_the_function(tmp_path: Path) -> None:
    called: list[str] = []

    def weather(city: str) -> str:
        called.append(city)
        return f"cold {len(called)}"

    backend = ak.Scripted(model)
    first = run([weather], backend=backend, store=tmp_path / "s.db", cassette=tmp_path / "c.jsonl")
    again = run([weather], backend=backend, store=tmp_path / "s.db")
    cassettes._opened.clear()
    replayed = run([weather], backend=ak.Scripted([]), cassette=tmp_path / "c.jsonl")
    assert [one[0].output for one in (first, again, replayed)] == ["It is cold 1."] * 3
    assert again[0].transcript == first[0].transcript == replayed[0].transcript
    assert called == ["Oslo"]
    assert len(backend.requests) == 2
    assert again.reused == 1


def test_another_function_is_asked_anew(tmp_path: Path) -> None:
    def make(text: str) -> Any:
        source: dict[str, Any] = {}
        exec(f"def weather(city: str) -> str:\n    return {text!r} + city[:0]", source)
        return source["weather"]

    def other(city: str) -> str:
        return "warm"

    other.__name__ = "weather"
    run([make("cold")], store=tmp_path / "s.db")
    assert run([other], store=tmp_path / "s.db")[0].output == "It is warm."


def test_everything_of_the_protocol_reaches_the_server(server: MessagesServer) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]},
    ]
    server.reply = {
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": '{"a": 1}'}]
    }
    results = ak.run(
        "X",
        [{"input": turns}],
        model="claude-sonnet-6",
        backend=ak.Messages(base_url=server.url, api_key="k"),
        store=False,
        progress=False,
        thinking="adaptive",
        effort="high",
        stop_sequences=["END"],
        schema={"type": "object"},
        extra={"metadata": {"user_id": "u"}},
    )
    body = server.calls[0]
    assert body["messages"] == turns
    assert body["thinking"] == {"type": "adaptive"}
    assert body["output_config"] == {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert body["stop_sequences"] == ["END"]
    assert body["metadata"] == {"user_id": "u"}
    assert results[0].output == '{"a": 1}'
    assert [block["type"] for block in results[0].transcript[-1]["content"]] == ["thinking", "text"]
