"""The local server against the real SDK: what it says must be what the SDK reads."""

from __future__ import annotations

import anthropic
import pytest

from tests.server import Fault, MessagesServer


@pytest.fixture
def client(server: MessagesServer) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0)


def create(client: anthropic.Anthropic, **fields: object) -> anthropic.types.Message:
    return client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}], **fields)


def test_plain_reply_and_counts(server: MessagesServer, client: anthropic.Anthropic) -> None:
    message = create(client)
    assert message.content[0].text == "A reply."
    assert (len(server.received), len(server.paid), len(server.delivered)) == (1, 1, 1)
    assert server.usage["output_tokens"] == message.usage.output_tokens == 2


def test_streamed_reply_is_the_same(server: MessagesServer, client: anthropic.Anthropic) -> None:
    server.reply = {"content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "A longer reply, in pieces."},
        {"type": "tool_use", "id": "t", "name": "look", "input": {"at": "x"}},
    ]}  # fmt: skip
    with client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream:
        streamed = stream.get_final_message()
    assert [block.to_dict() for block in streamed.content] == [block.to_dict() for block in create(client).content]


def test_faults_are_paid_or_not(server: MessagesServer, client: anthropic.Anthropic) -> None:
    kinds = ["drop", "cut", "garbage", "status"]
    server.faults = [Fault(kind) for kind in kinds]
    for _ in kinds:
        with pytest.raises(Exception):  # noqa: B017, PT011 - which exception is the SDK's affair
            create(client).content[0].text  # noqa: B018
    assert create(client).content[0].text == "A reply."
    assert (len(server.calls), len(server.paid), len(server.delivered)) == (5, 3, 1)


def test_models_and_tokens(server: MessagesServer, client: anthropic.Anthropic) -> None:
    lines = {entry.id: entry.line for entry in client.models.list()}
    assert lines["claude-opus-6"] == "opus"
    assert client.models.retrieve("claude-haiku-6").max_tokens == 8_192
    assert client.models.retrieve("claude-haiku-6").capabilities.effort.low.supported
    assert client.messages.count_tokens(model="m", messages=[{"role": "user", "content": "Hi"}]).input_tokens > 0


def test_cache_is_written_once_then_read(server: MessagesServer, client: anthropic.Anthropic) -> None:
    system = [{"type": "text", "text": "long " * 1000, "cache_control": {"type": "ephemeral"}}]
    first, second = (create(client, system=system).usage for _ in range(2))
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens > 1000
    assert second.cache_creation_input_tokens == 0


def test_batches(server: MessagesServer, client: anthropic.Anthropic) -> None:
    outcomes = {"a": "succeeded", "b": "errored", "c": "expired"}
    server.outcome = lambda custom_id, params: outcomes[custom_id]
    params = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    batch = client.messages.batches.create(requests=[{"custom_id": key, "params": params} for key in outcomes])
    assert batch.processing_status == "in_progress"
    assert client.messages.batches.retrieve(batch.id).request_counts.expired == 1
    results = [(entry.custom_id, entry.result.type) for entry in client.messages.batches.results(batch.id)]
    assert results == [("c", "expired"), ("b", "errored"), ("a", "succeeded")]


def test_more_at_once_than_its_capacity_is_429(server: MessagesServer, client: anthropic.Anthropic) -> None:
    server.capacity = 0
    with pytest.raises(anthropic.RateLimitError):
        create(client)
