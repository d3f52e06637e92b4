from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

import agentkit as ak
from agentkit.backends.batches import Batches, Status, Submitted, custom_id
from agentkit.backends.prices import of_reply
from agentkit.errors import CallError
from tests.server import Fault, MessagesServer

T = TypeVar("T")


def requests(count: int) -> dict[str, dict[str, Any]]:
    return {
        f"key-{number}": {
            "model": "claude-sonnet-5-5",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": f"Grüße {number}"}],
        }
        for number in range(count)
    }


def use(server: MessagesServer, work: Callable[[Batches], Awaitable[T]], **options: Any) -> T:
    async def whole() -> T:
        backend = ak.Messages(server.url, "k")
        try:
            return await work(Batches(backend, **options))
        finally:
            await backend.aclose()

    return asyncio.run(whole())


def submit(server: MessagesServer, given: dict[str, Any], **options: Any) -> list[Submitted]:
    async def work(batches: Batches) -> list[Submitted]:
        return [sent async for sent in batches.submit(given)]

    return use(server, work, **options)


def results(server: MessagesServer, id: str, keys: tuple[str, ...] = ()) -> dict[str, ak.Reply | CallError]:
    async def work(batches: Batches) -> dict[str, ak.Reply | CallError]:
        return {key: outcome async for key, outcome in batches.results(id, keys)}

    return use(server, work)


def test_from_submission_to_results_in_any_order_and_another_process(server: MessagesServer) -> None:
    server.reply = lambda body: f"answer to {body['messages'][0]['content']}\u2028"
    [sent] = submit(server, requests(5))
    server.polls_until_ended = 3
    seen: list[Status] = []
    # Each step with a backend of its own: an id is all that is needed.
    ended = use(server, lambda batches: batches.wait(sent.id, every_s=0.01, on_status=seen.append))
    assert [status.ended for status in seen] == [False, False, True]
    assert (seen[0].processing, ended.succeeded) == (5, 5)
    found = results(server, sent.id)
    assert list(found) == ["key-4", "key-3", "key-2", "key-1", "key-0"]
    for number in range(5):
        reply = found[f"key-{number}"]
        assert isinstance(reply, ak.Reply)
        assert reply.output == f"answer to Grüße {number}\u2028"
        assert reply.extra["service_tier"] == "batch"


def test_a_batch_costs_half(server: MessagesServer) -> None:
    [sent] = submit(server, requests(1))
    [reply] = results(server, sent.id).values()
    assert isinstance(reply, ak.Reply)
    plain = ak.Reply(
        reply.output, None, reply.model, input_tokens=reply.input_tokens, output_tokens=reply.output_tokens
    )
    half, whole = of_reply(reply, backend="messages"), of_reply(plain, backend="messages")
    assert half is not None
    assert whole == pytest.approx(half * 2)


def test_every_outcome_is_told_apart(server: MessagesServer) -> None:
    kinds = ["succeeded", "errored", "expired", "canceled"]
    server.outcome = lambda name, params: kinds[int(name[-1])]
    [sent] = submit(server, requests(4))
    found = results(server, sent.id)
    assert isinstance(found["key-0"], ak.Reply)
    errors = [found[f"key-{number}"] for number in (1, 2, 3)]
    told = [(error.kind, error.retryable) for error in errors if isinstance(error, CallError)]
    assert told == [("invalid_request", False), ("expired", True), ("canceled", True)]
    assert isinstance(errors[0], CallError)
    assert errors[0].request_id is not None
    assert "max_tokens: too large" in errors[0].message
    status = use(server, lambda batches: batches.status(sent.id))
    assert (status.succeeded, status.errored, status.expired, status.canceled) == (1, 1, 1, 1)


@pytest.mark.parametrize(("options", "sizes"), [({"most_requests": 3}, [3, 3, 1]), ({"most_bytes": 330}, [2, 2, 2, 1])])
def test_it_is_split_by_number_and_by_size(server: MessagesServer, options: dict[str, int], sizes: list[int]) -> None:
    sent = submit(server, requests(7), **options)
    assert [len(one.keys) for one in sent] == sizes
    assert [key for one in sent for key in one.keys] == list(requests(7))
    for received in server.received:
        assert int(received.headers["content-length"]) <= options.get("most_bytes", 10_000)


def test_keys_that_the_protocol_does_not_allow_come_back(server: MessagesServer) -> None:
    given = {f"v1:{key}/epoch 1": request for key, request in requests(2).items()}
    [sent] = submit(server, given)
    assert {entry["custom_id"] for entry in server.received[0].body["requests"]} == {custom_id(key) for key in given}
    assert set(results(server, sent.id, sent.keys)) == set(given)


def test_the_list_has_all_pages_newest_first(server: MessagesServer) -> None:
    for _ in range(3):
        submit(server, requests(100), most_requests=1)

    async def listed(batches: Batches, most: int) -> list[Status]:
        return [one async for one in batches.recent(most)]

    ids = [one.id for one in use(server, lambda batches: listed(batches, 1000))]
    assert ids == sorted(server.batches, reverse=True)
    assert len(ids) == 300
    assert len(use(server, lambda batches: listed(batches, 150))) == 200  # whole pages
    assert {one.requests for one in use(server, lambda batches: listed(batches, 1))} == {1}


def test_cancel(server: MessagesServer) -> None:
    server.polls_until_ended = 99
    [sent] = submit(server, requests(2))
    use(server, lambda batches: batches.cancel(sent.id))
    assert use(server, lambda batches: batches.status(sent.id)).canceled == 2
    assert {outcome.kind for outcome in results(server, sent.id).values() if isinstance(outcome, CallError)} == {
        "canceled"
    }


def test_no_such_batch_and_results_that_were_cut(server: MessagesServer) -> None:
    with pytest.raises(CallError) as caught:
        use(server, lambda batches: batches.status("msgbatch_unknown"))
    assert caught.value.kind == "not_found"
    [sent] = submit(server, requests(50))
    server.faults = [Fault("cut")]
    with pytest.raises(CallError) as caught:
        results(server, sent.id)
    assert (caught.value.kind, caught.value.retryable) == ("cut", True)
    assert len(results(server, sent.id)) == 50
