from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any, TypeVar

import pytest

from agentkit.backends.messages import Messages
from agentkit.backends.protocol import Backend, Reply
from agentkit.errors import CallError, CredentialsMissing, ModelNotFound, ServerUnreachable
from tests.server import OVERLOADED, RATE_LIMIT, SERVER_ERROR, Fault, MessagesServer

T = TypeVar("T")

KEY = "sk-planted-0451"


def request(text: str = "Hi", **fields: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": text}], **fields}


def use(backend: Messages, work: Callable[[Messages], Awaitable[T]]) -> T:
    async def whole() -> T:
        try:
            return await work(backend)
        finally:
            await backend.aclose()

    return asyncio.run(whole())


def send(server: MessagesServer, *requests: dict[str, Any], **options: Any) -> list[Reply]:
    async def work(backend: Messages) -> list[Reply]:
        return [await backend.send(one) for one in requests or [request()]]

    return use(Messages(server.url, KEY, **options), work)


def stream(server: MessagesServer, given: dict[str, Any] | None = None) -> tuple[Reply, str]:
    pieces: list[str] = []
    reply = use(Messages(server.url, KEY), lambda backend: backend.send_stream(given or request(), pieces.append))
    return reply, "".join(pieces)


def fails(
    server: MessagesServer, fault: Fault, *, warm: bool = False, streamed: bool = False, **options: Any
) -> CallError:
    async def work(backend: Messages) -> CallError:
        if warm:
            await backend.send(request())
        server.faults = [fault]
        with pytest.raises(CallError) as caught:
            await (backend.send_stream if streamed else backend.send)(request())
        return caught.value

    return use(Messages(server.url, KEY, **options), work)


def test_it_is_a_backend() -> None:
    assert isinstance(Messages(), Backend)


def test_a_reply_is_whole(server: MessagesServer) -> None:
    [reply] = send(server)
    assert (reply.output, reply.stop_reason, reply.model) == ("A reply.", "end_turn", "m")
    assert (reply.input_tokens, reply.output_tokens) == (server.usage["input_tokens"], 2)
    assert reply.latency_s > 0
    assert reply.extra["request_id"].startswith("req_")
    assert reply.blocks == ()


def test_whatever_a_request_holds_arrives_untouched_and_blocks_come_back_whole(server: MessagesServer) -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Look: "},
        {"type": "tool_use", "id": "t", "name": "look", "input": {"at": "é"}},
    ]
    server.reply = {"content": blocks, "stop_reason": "tool_use"}
    given = request(
        system=[{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
        thinking={"type": "adaptive"},
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        tools=[{"name": "look", "input_schema": {"type": "object"}}],
        stop_sequences=["END"],
        temperature=0.5,
        some_new_field={"of": ["a", "server"]},
    )
    given["messages"].append({"role": "assistant", "content": "Hm"})
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    given["messages"].append({"role": "user", "content": [image, {"type": "text", "text": "Grüße 你好 \u2028"}]})
    for reply in send(server, given, given):
        assert (list(reply.blocks), reply.output, reply.stop_reason) == (blocks, "Look: ", "tool_use")
    streamed, text = stream(server, given)
    assert (list(streamed.blocks), streamed.output, text, streamed.stop_reason) == (
        blocks,
        "Look: ",
        "Look: ",
        "tool_use",
    )
    assert server.calls == [given, given, {**given, "stream": True}]


def test_the_repeated_head_is_the_head_the_sdk_sends(server: MessagesServer) -> None:
    send(server, request(), request(), request(), default_headers={"anthropic-beta": "a-beta"})
    first, *rest = [dict(one.headers) for one in server.received]
    for headers in rest:
        for name in ("accept-encoding", "content-length", "connection"):
            first.pop(name, None)
            headers.pop(name, None)
        assert headers == first
    assert first["anthropic-beta"] == "a-beta"
    assert first["authorization"] == f"Bearer {KEY}"


def test_middleware_sees_every_call(server: MessagesServer) -> None:
    seen = []

    async def middleware(given: Any, call_next: Any) -> Any:
        seen.append(given.url)
        return await call_next(given)

    send(server, request(), request(), middleware=[middleware])
    assert seen == ["/v1/messages"] * 2


def test_credentials_are_renewed_when_one_is_refused(server: MessagesServer) -> None:
    from anthropic.lib.credentials import AccessToken

    tokens = iter(["stale-token-1", "fresh-token-2", "fresh-token-3"])
    server.key = "fresh-token-2"

    def provider(*, force_refresh: bool = False) -> AccessToken:
        return AccessToken(next(tokens))

    async def work(backend: Messages) -> tuple[CallError, Reply, Reply, CallError]:
        with pytest.raises(CallError) as stale:
            await backend.send(request())
        good = await backend.send(request()), await backend.send(request())
        server.key = "another"
        with pytest.raises(CallError) as refused:
            await backend.send(request())
        return stale.value, *good, refused.value

    stale, *replies, refused = use(Messages(server.url, credentials=provider), work)
    assert (stale.kind, stale.retryable) == ("authentication", True)
    assert [reply.output for reply in replies] == ["A reply."] * 2
    assert (refused.kind, refused.retryable) == ("authentication", False)  # a new token did not help


def test_without_aiohttp_the_sdk_does_it_alone(server: MessagesServer, repo: Path) -> None:
    code = """
import asyncio, sys
sys.modules["aiohttp"] = None
import agentkit as ak
async def work():
    backend = ak.Messages(sys.argv[1], "k")
    for _ in range(2):
        reply = await backend.send({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]})
    await backend.aclose()
    print(reply.output)
asyncio.run(work())
"""
    environment = {**os.environ, "PYTHONPATH": str(repo)}
    command = [sys.executable, "-c", code, server.url]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("A reply.\n", "")


def test_a_proxy_is_the_sdks_affair(server: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)  # the local server, asked as a proxy would be
    monkeypatch.setenv("NO_PROXY", "")
    reply = use(Messages("http://api.example", KEY), lambda backend: backend.send(request()))
    assert reply.output == "A reply."
    assert server.received[0].headers["host"] == "api.example"


def test_tracing_goes_through_the_sdk(server: MessagesServer) -> None:
    [reply] = send(server, request(temperature=0.3), open_telemetry=True)
    assert (reply.output, server.calls) == ("A reply.", [request(temperature=0.3)])
    assert fails(server, OVERLOADED, open_telemetry=True).kind == "overloaded"


def name(value: object) -> str:
    return str(getattr(value, "kind", value))


CASES = [
    (RATE_LIMIT, "rate_limit", 429, True),
    (OVERLOADED, "overloaded", 529, True),
    (SERVER_ERROR, "server", 500, True),
    (Fault("status", 503, headers={"x-should-retry": "false"}), "server", 503, False),
    (Fault("status", 400, "invalid_request_error", "max_tokens: too large"), "invalid_request", 400, False),
    (Fault("status", 401, "authentication_error", "invalid x-api-key"), "authentication", 401, False),
    (Fault("status", 403, "permission_error", "not yours"), "permission", 403, False),
    (Fault("status", 404, "not_found_error", "model: m"), "not_found", 404, False),
    (Fault("status", 413, "request_too_large", "too large"), "invalid_request", 413, False),
    (Fault("status", 504, "timeout_error", "slow"), "timeout", 504, True),
    (Fault("status", 502, body=b"<html>Bad gateway</html>"), "server", 502, True),
    (Fault("drop"), "connection", None, True),
    (Fault("cut"), "cut", None, True),
    (Fault("garbage"), "garbage", 200, True),
    (Fault("stranger"), "garbage", 200, True),
]


@pytest.mark.parametrize("warm", [False, True], ids=["first", "later"])
@pytest.mark.parametrize(("fault", "kind", "status", "retryable"), CASES, ids=name)
def test_each_fault_has_its_kind(
    server: MessagesServer, fault: Fault, kind: str, status: int | None, retryable: bool, warm: bool
) -> None:
    error = fails(server, fault, warm=warm)
    assert (error.kind, error.status, error.retryable) == (kind, status, retryable)
    assert (error.request_id is not None) == (status is not None)
    assert error.__cause__ is None  # a notebook shows our line, not forty of a library's


STREAM_CASES = [*CASES, (Fault("stream_error"), "overloaded", 200, True), (Fault("clean_end"), "cut", None, True)]


@pytest.mark.parametrize(("fault", "kind", "status", "retryable"), STREAM_CASES, ids=name)
def test_each_fault_of_a_stream_has_its_kind(
    server: MessagesServer, fault: Fault, kind: str, status: int | None, retryable: bool
) -> None:
    error = fails(server, fault, streamed=True)
    if fault.kind in ("garbage", "stranger"):
        assert error.kind in ("garbage", "cut")  # no event came: which of the two it was cannot be told
    else:
        assert (error.kind, error.status, error.retryable) == (kind, status, retryable)


@pytest.mark.parametrize("warm", [False, True], ids=["first", "later"])
def test_a_hang_is_a_timeout(server: MessagesServer, warm: bool) -> None:
    error = fails(server, Fault("hang"), warm=warm, timeout_s=0.3)
    assert (error.kind, error.retryable) == ("timeout", True)


def test_retry_after_in_seconds_and_as_a_date(server: MessagesServer) -> None:
    assert fails(server, Fault("status", 429, retry_after="7")).retry_after_s == 7
    date = formatdate(time() + 60, usegmt=True)
    assert 50 < (fails(server, Fault("status", 529, retry_after=date), warm=True).retry_after_s or 0) <= 60
    assert fails(server, Fault("status", 429)).retry_after_s is None


def test_rate_limit_headers_are_read(server: MessagesServer) -> None:
    server.headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2099-01-01T00:00:00Z",
    }
    backend = Messages(server.url, KEY)
    use(backend, lambda backend: backend.send(request()))
    assert backend.limits is not None
    assert backend.limits.requests is not None
    assert (backend.limits.requests.remaining, backend.limits.tokens) == (49, None)


def test_long_replies_are_streamed_unasked(server: MessagesServer) -> None:
    [reply] = send(server, request(max_tokens=64_000))
    assert reply.output == "A reply."
    assert server.calls[0]["stream"] is True


def test_nothing_answers() -> None:
    with pytest.raises(CallError) as caught:
        use(Messages("http://127.0.0.1:9", KEY), lambda backend: backend.send(request()))
    assert (caught.value.kind, caught.value.retryable) == ("connection", True)
    assert "http://127.0.0.1:9" in str(caught.value)
    with pytest.raises(ServerUnreachable):
        use(Messages("http://127.0.0.1:9", KEY), lambda backend: backend.resolve_model("sonnet"))


def test_no_key_for_the_api_is_said_without_a_call() -> None:
    with pytest.raises(CredentialsMissing, match=r"no credentials were found[\s\S]*ak\.Embedded"):
        use(Messages(), lambda backend: backend.send(request()))
    with pytest.raises(CredentialsMissing):
        use(Messages(), lambda backend: backend.resolve_model("opus"))


def test_a_profile_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_PROFILE", "no-such-profile")
    with pytest.raises(CredentialsMissing, match="credentials cannot be used"):
        use(Messages(), lambda backend: backend.send(request()))


def test_another_server_needs_no_key(server: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    assert use(Messages(), lambda backend: backend.send(request())).output == "A reply."


def test_environment_variables_are_the_sdks(server: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.key = "from-the-environment"
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", server.key)
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-team: blue")
    assert use(Messages(), lambda backend: backend.send(request())).output == "A reply."
    assert server.received[0].headers["x-team"] == "blue"


@pytest.mark.parametrize(
    ("alias", "model"),
    [("opus", "claude-opus-6"), ("sonnet", "claude-sonnet-6"), ("haiku", "claude-haiku-6"), ("fable", "claude-fable-7"),
     (None, "claude-sonnet-6"), ("inherit", "claude-sonnet-6"), ("claude-opus-9-old", "claude-opus-9-old")],
)  # fmt: skip
def test_aliases_resolve_by_line(server: MessagesServer, alias: str | None, model: str) -> None:
    assert use(Messages(server.url, KEY), lambda backend: backend.resolve_model(alias)) == model


def test_aliases_are_asked_for_once_and_ids_never(server: MessagesServer) -> None:
    async def work(backend: Messages) -> None:
        for model in ("opus", "opus", "sonnet", "an-id"):
            await backend.resolve_model(model)

    use(Messages(server.url, KEY), work)
    assert len(server.received) == 2


def test_no_models_api_and_no_such_line(server: MessagesServer) -> None:
    server.models = [entry for entry in server.models or () if entry["line"] != "haiku"]
    with pytest.raises(ModelNotFound, match="fable, opus, sonnet"):
        use(Messages(server.url, KEY), lambda backend: backend.resolve_model("haiku"))
    server.models = None
    assert use(Messages(server.url, KEY), lambda backend: backend.resolve_model("haiku")) == "claude-haiku-5-5"


def test_an_overloaded_models_api_is_asked_again(server: MessagesServer) -> None:
    server.get_faults = [OVERLOADED, RATE_LIMIT]
    assert use(Messages(server.url, KEY), lambda backend: backend.resolve_model("opus")) == "claude-opus-6"
    assert len(server.received) == 3


def test_a_refused_key_is_said_before_the_run(server: MessagesServer) -> None:
    server.key = "another"
    with pytest.raises(CredentialsMissing, match="ANTHROPIC_API_KEY"):
        use(Messages(server.url, KEY), lambda backend: backend.resolve_model("haiku"))


def test_mixed_faults_end_with_every_answer_in_its_place(server: MessagesServer) -> None:
    server.reply = lambda body: f"answer to {body['messages'][0]['content']}"
    server.mix(0.2, seed=4)

    async def insist(backend: Messages, number: int, streamed: bool) -> str:
        while True:
            with contextlib.suppress(CallError):
                given = request(f"question {number}")
                return (await (backend.send_stream if streamed else backend.send)(given)).output

    async def work(backend: Messages) -> list[str]:
        gate = asyncio.Semaphore(32)

        async def one(number: int) -> str:
            async with gate:
                return await insist(backend, number, number % 4 == 0)

        return await asyncio.gather(*(one(number) for number in range(400)))

    outputs = use(Messages(server.url, KEY), work)
    assert outputs == [f"answer to question {number}" for number in range(400)]
    assert len(server.delivered) == 400
    assert sum(server.happened.values()) == len(server.calls) - 400 > 40


def test_it_may_be_used_again_after_closing_and_in_another_loop(server: MessagesServer) -> None:
    backend = Messages(server.url, KEY)
    for _ in range(3):
        assert use(backend, lambda backend: backend.send(request())).output == "A reply."


def test_closing_leaves_nothing_open(server: MessagesServer, caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        send(server, request(), request())
    assert "nclosed" not in caplog.text


def test_dropping_it_closes_what_it_holds(server: MessagesServer, caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        backend = Messages(server.url, KEY)
        await backend.send(request())
        await backend.send(request())
        del backend
        gc.collect()
        await asyncio.sleep(0.05)

    asyncio.run(work())
    gc.collect()
    assert "nclosed" not in caplog.text


@pytest.mark.parametrize("warm", [False, True], ids=["first", "later"])
def test_a_cancelled_call_closes_its_connection(server: MessagesServer, warm: bool) -> None:
    async def work(backend: Messages) -> None:
        if warm:
            await backend.send(request())
        server.faults = [Fault("hang")]
        task = asyncio.create_task(backend.send(request()))
        while not server.happened["hang"]:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await backend.send(request())).output == "A reply."

    use(Messages(server.url, KEY), work)


def test_the_key_appears_nowhere(server: MessagesServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = [repr(Messages(server.url, KEY))]
    quoting = Fault("status", 401, "authentication_error", f"no such key: {KEY}")
    others = [Fault(kind) for kind in ("drop", "cut", "garbage", "stream_error", "clean_end")]
    for fault in (quoting, Fault("status", 500, body=KEY.encode()), *others):
        for streamed in (False, True):
            error = fails(server, fault, streamed=streamed, warm=True)
            said += [str(error), repr(error.__dict__), "".join(traceback.format_exception(error))]
    replies = send(server)
    said += [repr(replies), json.dumps([dict(reply.extra) for reply in replies]), caplog.text]
    assert "[key]" in said[1]
    assert not [text for text in said if KEY in text]
