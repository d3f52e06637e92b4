from __future__ import annotations

import asyncio
from typing import Any

import pytest

import agentkit as ak
from agentkit.backends import caching, tokens
from agentkit.errors import CallError
from tests.server import MessagesServer

REQUEST: dict[str, Any] = {
    "model": "m",
    "max_tokens": 9,
    "system": "s" * 700,
    "messages": [{"role": "user", "content": "x" * 70}],
    "stop_sequences": ["END"],
}


def count(backend: Any) -> tokens.Count:
    async def work() -> tokens.Count:
        try:
            return await tokens.count(backend, REQUEST)
        finally:
            await backend.aclose()

    return asyncio.run(work())


def test_the_server_counts_where_it_can(server: MessagesServer) -> None:
    counted = count(ak.Messages(server.url, "k"))
    assert counted.counted
    assert "max_tokens" not in server.received[0].body
    assert "stop_sequences" not in server.received[0].body


def test_otherwise_it_is_estimated_and_says_so(server: MessagesServer) -> None:
    server.count_tokens = False
    assert count(ak.Messages(server.url, "k")) == count(ak.Scripted("x")) == tokens.Count(228, counted=False)


def test_a_refused_key_is_no_reason_to_estimate(server: MessagesServer) -> None:
    server.key = "another"
    with pytest.raises(CallError):
        count(ak.Messages(server.url, "k"))


def test_images_and_tools_count() -> None:
    image = {"role": "user", "content": [{"type": "image", "source": {"data": "A" * 100_000}}]}
    assert tokens.estimate({"messages": [image]}) == tokens.IMAGE_TOKENS + tokens.MESSAGE_TOKENS
    assert tokens.estimate({**REQUEST, "tools": [{"name": "t" * 350}]}) > tokens.estimate(REQUEST) + 100


def test_a_marked_prompt_is_written_once_and_read_after(server: MessagesServer) -> None:
    given = {**REQUEST, "system": "word " * 4_000}
    assert caching.pays(given, 2)
    request = caching.marked(given)
    assert not caching.pays(request, 2)

    async def work() -> list[ak.Reply]:
        backend = ak.Messages(server.url, "k")
        try:
            return [await backend.send(request) for _ in range(2)]
        finally:
            await backend.aclose()

    first, second = asyncio.run(work())
    assert first.cache_write_tokens == second.cache_read_tokens > 4_000
    assert first.cache_read_tokens == second.cache_write_tokens == 0
    assert given["system"] == "word " * 4_000  # edits make new values


def test_only_the_last_system_block_is_marked() -> None:
    blocks = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    made = caching.marked({"system": blocks})["system"]
    assert [sorted(block) for block in made] == [["text", "type"], ["cache_control", "text", "type"]]
    assert caching.is_marked({"system": made})
    assert caching.is_marked({"cache_control": {"type": "ephemeral"}})
    assert not caching.is_marked({"system": blocks})
