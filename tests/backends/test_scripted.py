from __future__ import annotations

import asyncio
import threading

import pytest

import agentkit as ak
from agentkit.backends.protocol import Backend
from agentkit.errors import CallError


def request(text: str = "Hello", model: str = "scripted") -> dict[str, object]:
    return {"model": model, "max_tokens": 9, "system": "Be short.", "messages": [{"role": "user", "content": text}]}


def send(backend: ak.Scripted, text: str = "Hello") -> ak.Reply:
    return asyncio.run(backend.send(request(text)))


def test_it_is_a_backend() -> None:
    assert isinstance(ak.Scripted("x"), Backend)


def test_text_counts_tokens_and_names_its_model() -> None:
    reply = send(ak.Scripted("four by 4"))
    assert (reply.output, reply.stop_reason, reply.model, reply.output_tokens) == (
        "four by 4",
        "end_turn",
        "scripted",
        3,
    )
    assert reply.latency_s == 0.0


def test_list_is_used_up_in_order_whatever_the_entries_are() -> None:
    whole = ak.Reply(output="whole", stop_reason="refusal", model="m")
    backend = ak.Scripted(["text", whole, CallError("overloaded", kind="overloaded", status=529, retryable=True)])
    assert send(backend).output == "text"
    assert send(backend) is whole
    with pytest.raises(CallError) as caught:
        send(backend)
    assert (caught.value.kind, caught.value.status, caught.value.retryable) == ("overloaded", 529, True)
    with pytest.raises(CallError, match="3 replies and this is call 4"):
        send(backend)
    assert len(backend.requests) == 4


def test_mapping_takes_the_first_key_that_occurs_in_model_system_or_messages() -> None:
    backend = ak.Scripted({"refund": "money", "short": "system", "opus": "model"})
    assert send(backend, "a refund").output == "money"
    assert send(backend).output == "system"
    with pytest.raises(CallError, match="'refund'"):
        send(ak.Scripted({"refund": "money"}))


def test_function_may_be_async_and_may_raise() -> None:
    async def answer(given: object) -> str:
        await asyncio.sleep(0)
        return "later"

    def fail(given: object) -> str:
        raise CallError("no", kind="timeout")

    assert send(ak.Scripted(answer)).output == "later"
    with pytest.raises(CallError, match="no"):
        send(ak.Scripted(fail))


def test_calls_started_in_one_order_get_replies_in_that_order() -> None:
    async def all_at_once() -> list[str]:
        backend = ak.Scripted([str(number) for number in range(100)], latency_s=0.001)
        replies = await asyncio.gather(*(backend.send(request()) for _ in range(100)))
        return [reply.output for reply in replies]

    assert asyncio.run(all_at_once()) == [str(number) for number in range(100)]


def test_threads_never_share_an_entry() -> None:
    backend = ak.Scripted([str(number) for number in range(400)])
    outputs: list[str] = []
    threads = [
        threading.Thread(target=lambda: outputs.extend(send(backend).output for _ in range(50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outputs, key=int) == [str(number) for number in range(400)]


@pytest.mark.parametrize(("given", "resolved"), [(None, "mine"), ("inherit", "mine"), ("sonnet", "sonnet")])
def test_models_resolve_to_themselves(given: str | None, resolved: str) -> None:
    assert asyncio.run(ak.Scripted("x", model="mine").resolve_model(given)) == resolved
