"""What a run would cost."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentkit as ak
from tests.server import MessagesServer


def test_the_server_counts_and_the_store_is_free(tmp_path: Path, server: MessagesServer) -> None:
    backend = ak.Messages(base_url=server.url, api_key="k")
    arguments = {"model": "claude-sonnet-4-5", "max_tokens": 100, "backend": backend, "store": tmp_path / "s.db"}
    before = ak.quote("X", ["a", "b"], **arguments)
    assert (before.trials, before.stored, before.counted, before.output_tokens) == (2, 0, True, 200)
    assert before.likely_usd is None
    ak.run("X", ["a"], progress=False, **arguments)
    calls = len(server.calls)
    after = ak.quote("X", ["a", "b"], **arguments)
    assert (after.trials, after.stored, after.output_tokens) == (2, 1, 100)
    assert len(server.calls) == calls
    assert after.list_usd == pytest.approx((after.input_tokens * 3 + 100 * 15) / 1e6)
    assert after.batch_usd == pytest.approx((after.list_usd or 0) / 2)
    assert after.likely_output_tokens == 2
    assert "1 in the store and 1 to call" in str(after)
    nothing = ak.quote("X", ["a"], **arguments)
    assert [name for name, _ in nothing.rows] == ["trials", "price"], "there are no tokens to speak of"


def test_an_estimate_says_that_it_is_one(server: MessagesServer) -> None:
    server.count_tokens = False
    quoted = ak.quote("X", ["a"], model="no-such", backend=ak.Messages(base_url=server.url, api_key="k"), store=False)
    assert not quoted.counted
    assert quoted.list_usd is None
    assert "estimated" in str(quoted)
    assert "unknown" in quoted._repr_mimebundle_()["text/html"]


def test_a_long_shared_prompt_is_cheaper_with_caching(server: MessagesServer) -> None:
    backend = ak.Messages(base_url=server.url, api_key="k")
    quoted = ak.quote("word " * 5000, ["a", "b", "c"], model="claude-sonnet-4-5", backend=backend, store=False)
    assert quoted.cached_usd is not None
    assert quoted.list_usd is not None
    assert quoted.cached_usd < quoted.list_usd


def test_a_quote_leaves_no_store_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: MessagesServer
) -> None:
    monkeypatch.chdir(tmp_path)
    ak.quote("X", ["a"], model="m", backend=ak.Messages(base_url=server.url, api_key="k"))
    assert not list(tmp_path.iterdir())
