"""A real local HTTP server that speaks the Messages protocol, with faults on demand and exact counts of its own.

    with MessagesServer(reply="Hello") as server:
        client = anthropic.Anthropic(base_url=server.url, api_key="k")

It runs on its own thread with its own loop, so tests may block. What it received, what it generated ("paid") and what
it handed over whole ("delivered") are three different counts: a body cut in the middle is paid and not delivered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, for one request."""

    kind: str
    """`status` (an error response), `drop` (closed before any response), `cut` (closed in the middle of the body or
    the stream), `hang` (no answer), `stall` (no more after half of it), `garbage` (200 and no JSON), `stranger` (200,
    JSON, no message), `stream_error` (an error event inside the stream), `clean_end` (the stream ends cleanly before
    `message_stop`). The last two make a plain request fail with status 500 and a cut, so that mixes may use them for
    both."""
    status: int = 500
    error_type: str = "api_error"
    message: str = "an error on request"
    retry_after: str | None = None
    """The `retry-after` header as it is sent: seconds, or an HTTP date."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """A body of its own in place of the protocol's error object."""
    seconds: float = 3600.0
    """How long a hang lasts before the connection closes."""

    @property
    def pays(self) -> bool:
        """Whether the model had generated its answer when this happened."""
        return self.kind in ("cut", "stall", "clean_end", "garbage", "stranger")


RATE_LIMIT = Fault("status", 429, "rate_limit_error", "too many requests", retry_after="0")
RATE_LIMIT_SILENT = Fault("status", 429, "rate_limit_error", "too many requests")
OVERLOADED = Fault("status", 529, "overloaded_error", "overloaded")
SERVER_ERROR = Fault("status", 500, "api_error", "internal server error")
MIX = (
    Fault("drop"),
    Fault("cut"),
    Fault("garbage"),
    Fault("stream_error"),
    Fault("clean_end"),
    RATE_LIMIT,
    RATE_LIMIT_SILENT,
    OVERLOADED,
    SERVER_ERROR,
)
"""Everything that can go wrong quickly."""
SLOW_MIX = (Fault("hang"), Fault("stall"))
"""What only a timeout ends."""


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Body


def model(
    id: str, line: str | None = None, created: str = "2026-01-01T00:00:00Z", lifecycle: str = "active", **fields: Any
) -> Body:
    """One entry of `GET /v1/models`, with every field the SDK's `ModelInfo` has."""
    yes, no = {"supported": True}, {"supported": False}
    context = {"clear_thinking_20251015": yes, "clear_tool_uses_20250919": yes, "compact_20260112": yes, **yes}
    levels = dict.fromkeys(("low", "medium", "high", "xhigh", "max"), yes)
    entry: Body = {
        "type": "model",
        "id": id,
        "display_name": id.title(),
        "created_at": created,
        "lifecycle": lifecycle,
        "deprecated_at": None if lifecycle == "active" else "2026-02-01T00:00:00Z",
        "retires_at": None,
        "line": line,
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "capabilities": {
            "batch": yes,
            "citations": yes,
            "code_execution": no,
            "context_management": context,
            "effort": {**yes, **levels},
            "image_input": yes,
            "pdf_input": yes,
            "server_tools": {**yes, "code_execution": yes, "web_search": yes},
            "structured_outputs": yes,
            "thinking": {**yes, "types": {"adaptive": yes, "enabled": yes}},
        },
    }
    return {**entry, **fields}


MODELS = (
    model("claude-fable-7", "fable", "2026-08-01T00:00:00Z"),
    model("claude-opus-6", "opus", "2026-06-01T00:00:00Z"),
    model("claude-opus-9-old", "opus", "2025-06-01T00:00:00Z"),
    model("claude-sonnet-6", "sonnet", "2026-05-01T00:00:00Z"),
    model("claude-sonnet-7-retiring", "sonnet", "2026-09-01T00:00:00Z", "deprecated"),
    model("claude-haiku-6", "haiku", "2026-04-01T00:00:00Z", max_tokens=8_192),
)
"""Ids that mislead whoever parses them: the highest number is neither the newest nor the active one."""


class MessagesServer:
    """The server. Set its fields before or between requests.

    Args:
        reply: Text, a mapping of message fields (`content`, `stop_reason`, `usage`, …), a list of these used up in
            order of arrival, or a function of the request's body that returns one.
        models: Entries of `GET /v1/models`; None makes that endpoint answer 404. A request for a model that is not
            among them is a 404, unless `any_model`.
        key: The only key it accepts; None accepts any.
        latency_s: Seconds between a request for a message, or for a batch, and its response.
    """

    def __init__(
        self,
        reply: Any = "A reply.",
        *,
        models: Sequence[Body] | None = MODELS,
        any_model: bool = True,
        key: str | None = None,
        latency_s: float = 0.0,
    ) -> None:
        self.reply = reply
        self.models = models
        self.any_model = any_model
        self.key = key
        self.latency_s = latency_s
        self.faults: list[Fault | None] = []
        """Used up in order of arrival, one for each POST /v1/messages; None lets that request pass."""
        self.fault: Callable[[Body], Fault | None] = lambda body: None
        """Asked when `faults` is used up."""
        self.get_faults: list[Fault] = []
        """Used up by GET requests, in order of arrival; of kind `status`."""
        self.capacity: int | None = None
        """More requests at once than this are answered with 429."""
        self.headers: dict[str, str] = {}
        """Further headers on every response, such as `anthropic-ratelimit-requests-remaining`."""
        self.count_tokens = True
        """Whether /v1/messages/count_tokens is there."""
        self.outcome: Callable[[str, Body], str] = lambda custom_id, params: "succeeded"
        """What becomes of one batch entry: succeeded, errored, expired or canceled."""
        self.batch_faults: list[Fault] = []
        """Used up by POST /v1/messages/batches, each when the batch is taken; `drop` or `hang`."""
        self.lists_batches = True
        """Whether GET /v1/messages/batches is there."""
        self.polls_until_ended = 1
        """How often a batch is asked for before it has ended."""
        self.received: list[Received] = []
        self.paid: list[Body] = []
        self.delivered: list[Body] = []
        self.happened: Counter[str] = Counter()
        """How often each kind of fault happened."""
        self.usage: Counter[str] = Counter()
        """Tokens of the delivered replies, by the usage field's name."""
        self.in_flight = 0
        self.most_in_flight = 0
        self.batches: dict[str, Body] = {}
        self.url = ""
        self._cached: set[str] = set()
        self._numbers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def mix(self, rate: float, seed: int = 0, faults: Sequence[Fault] = MIX) -> None:
        """Let a fault happen to about `rate` of the requests, the same ones for the same seed."""
        chance = random.Random(seed)
        self.fault = lambda body: chance.choice(faults) if chance.random() < rate else None

    @property
    def calls(self) -> list[Body]:
        """Bodies of every POST /v1/messages that arrived, answered or not."""
        return [request.body for request in self.received if request.path == "/v1/messages"]

    def __enter__(self) -> MessagesServer:
        self._thread.start()

        async def start() -> asyncio.Server:
            return await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1024)

        self._server = asyncio.run_coroutine_threadsafe(start(), self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *exception: object) -> None:
        async def stop() -> None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # One connection, one request after the other.

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                self.received.append(request)
                if not await self._respond(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server stops
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

    async def _respond(self, request: Received, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays."""
        given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.key is not None and given != self.key:
            return await self._error(writer, Fault("status", 401, "authentication_error", "invalid x-api-key"))
        path, _, query = request.path.partition("?")
        if request.method == "GET" and self.get_faults:
            return await self._error(writer, self.get_faults.pop(0))
        if request.method == "POST" and path == "/v1/messages":
            return await self._message(request.body, writer)
        if request.method == "POST" and path == "/v1/messages/count_tokens" and self.count_tokens:
            return await self._json(writer, {"input_tokens": _tokens(request.body)})
        if request.method == "GET" and path == "/v1/models" and self.models is not None:
            shown = [entry for entry in self.models if entry["lifecycle"] != "retired" or "retired" in query]
            page = {"data": shown, "has_more": False, "first_id": None, "last_id": None}
            return await self._json(writer, page)
        if request.method == "GET" and path.startswith("/v1/models/") and self.models is not None:
            for entry in self.models:
                if entry["id"] == path.removeprefix("/v1/models/"):
                    return await self._json(writer, entry)
        if path.startswith("/v1/messages/batches"):
            return await self._batch(request, path.split("/")[4:], query, writer)
        return await self._error(writer, Fault("status", 404, "not_found_error", f"no such path: {path}"))

    # POST /v1/messages

    async def _message(self, body: Body, writer: asyncio.StreamWriter) -> bool:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fault = self.faults.pop(0) if self.faults else self.fault(body)
            if self.capacity is not None and self.in_flight > self.capacity:
                fault = RATE_LIMIT_SILENT
            if not self.any_model and not any(entry["id"] == body.get("model") for entry in self.models or ()):
                fault = Fault("status", 404, "not_found_error", f"model: {body.get('model')}")
            if fault is not None and fault.kind in ("clean_end", "stream_error") and not body.get("stream"):
                fault = Fault("cut") if fault.kind == "clean_end" else SERVER_ERROR
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            if fault is not None:
                self.happened[str(fault.status) if fault.kind == "status" else fault.kind] += 1
                if not fault.pays and fault.kind != "stream_error":
                    return await self._fail(fault, writer)
            message = self._generate(body)
            if fault is None or fault.pays:
                self.paid.append(body)
            if body.get("stream"):
                kept = await self._stream(message, fault, writer)
            else:
                kept = await self._plain(message, fault, writer)
            if fault is None:
                self.delivered.append(body)
                self.usage.update(message["usage"])
            return kept
        finally:
            self.in_flight -= 1

    def _generate(self, body: Body) -> Body:
        reply = self.reply
        if isinstance(reply, list):
            reply = reply.pop(0)
        elif callable(reply):
            reply = reply(body)
        fields: Body = {"content": [{"type": "text", "text": reply}]} if isinstance(reply, str) else dict(reply)
        text = "".join(block.get("text", "") for block in fields["content"])
        tokens = _tokens(body)
        written = read = 0
        if prefix := _cached_prefix(body):
            size = len(prefix) // 4
            written, read = (0, size) if prefix in self._cached else (size, 0)
            self._cached.add(prefix)
        usage = {
            "input_tokens": max(tokens - written - read, 0),
            "output_tokens": -(-len(text) // 4),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
        }
        return {
            "id": self._number("msg"),
            "type": "message",
            "role": "assistant",
            "model": body.get("model", ""),
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage,
            **fields,
        }

    async def _plain(self, message: Body, fault: Fault | None, writer: asyncio.StreamWriter) -> bool:
        payload = json.dumps(message).encode()
        if fault is not None and fault.kind == "garbage":
            payload = b"<html>a proxy says hello</html>"
        if fault is not None and fault.kind == "stranger":
            payload = b'{"object": "chat.completion", "choices": []}'
        head = self._head(200, "application/json", len(payload))
        if fault is not None and fault.kind in ("cut", "stall"):
            writer.write(head + payload[: len(payload) // 2])
            return await self._break_off(fault, writer)
        writer.write(head + payload)
        await writer.drain()
        return True

    async def _stream(self, message: Body, fault: Fault | None, writer: asyncio.StreamWriter) -> bool:
        kind = fault.kind if fault is not None else None
        if kind in ("garbage", "stranger"):
            return await self._plain(message, fault, writer)
        events = _events(message)
        half = max(2, len(events) // 2)
        writer.write(self._head(200, "text/event-stream", None))
        for position, event in enumerate(events):
            if position == half and kind == "stream_error":
                error = {"type": "overloaded_error", "message": "overloaded"}
                writer.write(_chunk(_sse({"type": "error", "error": error})))
                break
            if position == half and kind in ("cut", "stall", "clean_end"):
                break
            writer.write(_chunk(_sse(event)))
            await writer.drain()
        if fault is not None and kind in ("cut", "stall"):
            return await self._break_off(fault, writer)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _break_off(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        await writer.drain()
        if fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
        return False

    async def _fail(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return False
        if fault.kind == "drop":
            return False
        return await self._error(writer, fault)

    async def _error(self, writer: asyncio.StreamWriter, fault: Fault) -> bool:
        error = {"type": fault.error_type, "message": fault.message}
        payload = fault.body if fault.body is not None else json.dumps({"type": "error", "error": error}).encode()
        headers = {**fault.headers, **({"retry-after": fault.retry_after} if fault.retry_after is not None else {})}
        writer.write(self._head(fault.status, "application/json", len(payload), headers) + payload)
        await writer.drain()
        return True

    async def _json(self, writer: asyncio.StreamWriter, value: object) -> bool:
        payload = json.dumps(value).encode()
        writer.write(self._head(200, "application/json", len(payload)) + payload)
        await writer.drain()
        return True

    def _head(self, status: int, kind: str, length: int | None, headers: Mapping[str, str] | None = None) -> bytes:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"request-id: {self._number('req')}"]
        lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
        lines += [f"{name}: {value}" for name, value in {**self.headers, **(headers or {})}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _number(self, kind: str) -> str:
        self._numbers[kind] += 1
        return f"{kind}_{self._numbers[kind]:06d}"

    # /v1/messages/batches

    async def _batch(self, request: Received, rest: list[str], query: str, writer: asyncio.StreamWriter) -> bool:
        if not rest and request.method == "POST":
            batch = {"id": self._number("msgbatch"), "entries": request.body["requests"], "polls": 0, "canceled": False}
            batch["created_at"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            self.batches[batch["id"]] = batch
            if self.batch_faults:
                return await self._fail(self.batch_faults.pop(0), writer)
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            return await self._json(writer, _batch_view(batch, self))
        if not rest and self.lists_batches:
            return await self._batch_list(parse_qs(query), writer)
        batch = self.batches.get(rest[0]) if rest else None
        if batch is None:
            return await self._error(writer, Fault("status", 404, "not_found_error", "no such batch"))
        if rest[1:] == ["results"]:
            return await self._batch_results(batch, writer)
        if rest[1:] == ["cancel"]:
            batch["canceled"] = True
        else:
            batch["polls"] += 1
        return await self._json(writer, _batch_view(batch, self))

    async def _batch_list(self, query: Mapping[str, list[str]], writer: asyncio.StreamWriter) -> bool:
        ids = list(reversed(self.batches))
        start = ids.index(query["after_id"][0]) + 1 if "after_id" in query else 0
        shown = ids[start : start + int(query.get("limit", ["20"])[0])]
        page: Body = {"data": [_batch_view(self.batches[id], self) for id in shown]}
        page |= {"has_more": start + len(shown) < len(ids), "first_id": shown[0] if shown else None}
        return await self._json(writer, {**page, "last_id": shown[-1] if shown else None})

    async def _batch_results(self, batch: Body, writer: asyncio.StreamWriter) -> bool:
        lines = batch.setdefault("lines", [])
        for entry in reversed(batch["entries"] if not lines else ()):  # never in the order they were sent
            outcome = self.outcome(entry["custom_id"], entry["params"])
            if batch["canceled"] and outcome == "succeeded":
                outcome = "canceled"
            result: Body = {"type": outcome}
            if outcome == "succeeded":
                result["message"] = self._generate(entry["params"])
                self.paid.append(entry["params"])
            elif outcome == "errored":
                error = {"type": "invalid_request_error", "message": "max_tokens: too large"}
                result["error"] = {"type": "error", "error": error, "request_id": self._number("req")}
            lines.append(json.dumps({"custom_id": entry["custom_id"], "result": result}, ensure_ascii=False))
        payload = ("\n".join(lines) + "\n").encode()
        fault = self.faults.pop(0) if self.faults else None
        cut = fault is not None and fault.kind == "cut"
        writer.write(
            self._head(200, "application/x-jsonl", len(payload)) + payload[: len(payload) // 2 if cut else None]
        )
        await writer.drain()
        return not cut


def _batch_view(batch: Body, server: MessagesServer) -> Body:
    ended = batch["polls"] >= server.polls_until_ended or batch["canceled"]
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    for entry in batch["entries"]:
        counts[server.outcome(entry["custom_id"], entry["params"]) if ended else "processing"] += 1
    if batch["canceled"]:
        counts["canceled"] += counts["succeeded"]
        counts["succeeded"] = 0
    return {
        "id": batch["id"],
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
        "created_at": batch["created_at"],
        "expires_at": "2026-11-02T00:00:00Z",
        "ended_at": "2026-11-01T01:00:00Z" if ended else None,
        "cancel_initiated_at": "2026-11-01T00:30:00Z" if batch["canceled"] else None,
        "archived_at": None,
        "results_url": f"{server.url}/v1/messages/batches/{batch['id']}/results" if ended else None,
    }


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    if path.startswith("http://"):  # asked as a proxy is
        path = "/" + path.split("/", 3)[3]
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    if headers.get("transfer-encoding") == "chunked":
        payload = b""
        while size := int(await reader.readline(), 16):
            payload += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        payload = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, path, headers, json.loads(payload) if payload else {})


def _tokens(body: Body) -> int:
    return len(json.dumps([body.get("system", ""), body.get("messages", []), body.get("tools", [])])) // 4


def _cached_prefix(body: Body) -> str | None:
    """Return the text up to the cache breakpoint; None where the request has none."""
    system = body.get("system")
    if isinstance(system, list) and any("cache_control" in block for block in system):
        return json.dumps([body.get("model"), system])
    if "cache_control" in body:
        return json.dumps([body.get("model"), system, body.get("messages")])
    return None


def _sse(event: Body) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _events(message: Body) -> list[Body]:
    started = {**message, "content": [], "stop_reason": None}
    started["usage"] = {**message["usage"], "output_tokens": 1}
    events: list[Body] = [{"type": "message_start", "message": started}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        empty, deltas = _deltas(block)
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]}
    usage = {"output_tokens": message["usage"]["output_tokens"]}
    events.append({"type": "message_delta", "delta": delta, "usage": usage})
    events.append({"type": "message_stop"})
    return events


def _deltas(block: Body) -> tuple[Body, list[Body]]:
    kind = block["type"]
    if kind == "text":
        text = block["text"]
        pieces = [text[start : start + 12] for start in range(0, len(text), 12)]
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}]
        deltas.append({"type": "signature_delta", "signature": block.get("signature", "")})
        return {**block, "thinking": "", "signature": ""}, deltas
    if kind == "tool_use":
        whole = json.dumps(block["input"])
        pieces = [whole[: len(whole) // 2], whole[len(whole) // 2 :]]
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return block, []
