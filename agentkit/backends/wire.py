"""The Messages protocol's replies: one JSON message, or its events, read into a `Reply`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentkit.backends import failures
from agentkit.backends.protocol import Reply, Request


def encode(request: Request) -> bytes:
    """Return a request as it is sent.

    >>> encode({"model": "m", "messages": []})
    b'{"model":"m","messages":[]}'
    """
    return json.dumps(request, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def reply(message: Any, *, latency_s: float = 0.0, request_id: str | None = None) -> Reply:
    """Return the `Reply` that a message object holds.

    Args:
        message: The body of a response of `POST /v1/messages`, as JSON values.
        latency_s: Seconds it took.
        request_id: The server's id of the request; kept in `extra`.

    Raises:
        CallError: of kind `garbage`: it is JSON and no message.

    >>> reply({"content": [{"type": "text", "text": "Hi"}], "model": "m", "stop_reason": "end_turn"}).output
    'Hi'
    """
    try:
        blocks = message["content"]
        only_text = len(blocks) == 1 and blocks[0]["type"] == "text" and not blocks[0].get("citations")
        output = (
            blocks[0]["text"] if only_text else "".join(block["text"] for block in blocks if block["type"] == "text")
        )
        usage = message.get("usage") or {}
        extra: dict[str, Any] = {}
        if request_id is not None:
            extra["request_id"] = request_id
        for name in ("service_tier", "speed"):
            if usage.get(name) not in (None, "standard"):
                extra[name] = usage[name]
        if for_an_hour := (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens"):
            extra["cache_write_1h_tokens"] = for_an_hour
        if message.get("stop_sequence") is not None:
            extra["stop_sequence"] = message["stop_sequence"]
        for name in ("stop_details", "container"):
            if message.get(name) is not None:
                extra[name] = message[name]
        stop_reason = message.get("stop_reason")
        if stop_reason == "end_turn" and message.get("stop_sequence") is not None:
            stop_reason = "stop_sequence"  # llama.cpp names the sequence and not the reason
        return Reply(
            output,
            stop_reason,
            message["model"],
            usage.get("input_tokens") or 0,
            usage.get("output_tokens") or 0,
            usage.get("cache_read_input_tokens") or 0,
            usage.get("cache_creation_input_tokens") or 0,
            latency_s,
            () if only_text else tuple(blocks),
            extra,
        )
    except (KeyError, TypeError, AttributeError, IndexError):
        raise failures.garbage("no message came back", json.dumps(message).encode(), request_id) from None


def read(payload: bytes, *, latency_s: float = 0.0, request_id: str | None = None) -> Reply:
    """Return the `Reply` in the body of a response.

    Raises:
        CallError: of kind `garbage`: it is not JSON, or no message.
    """
    try:
        message = json.loads(payload)
    except ValueError:
        raise failures.garbage("the body is not JSON", payload, request_id) from None
    return reply(message, latency_s=latency_s, request_id=request_id)


class Collector:
    """Puts a message together from its stream's events.

    >>> collector = Collector()
    >>> collector.take({"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 3}}})
    ''
    >>> collector.take({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    ''
    >>> collector.take({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}})
    'Hi'
    >>> collector.finished
    False
    """

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        """The message so far; whole once `finished`."""
        self.finished = False
        """Whether `message_stop` has come: a stream that ends without it was cut, however cleanly it closed."""
        self._blocks: list[dict[str, Any]] = []
        self._pieces: dict[int, list[str]] = {}

    def take(self, event: Mapping[str, Any]) -> str:
        """Add one event; return the text it brought, empty for all but text."""
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._delta(event["index"], event["delta"])
        if kind == "message_start":
            self.message = dict(event["message"])
        elif kind == "content_block_start":
            self._blocks.append(dict(event["content_block"]))
        elif kind == "content_block_stop" and event["index"] in self._pieces:
            whole = "".join(self._pieces.pop(event["index"]))
            self._blocks[event["index"]]["input"] = json.loads(whole) if whole else {}
        elif kind == "message_delta":
            self.message |= event["delta"]
            given = {name: value for name, value in (event.get("usage") or {}).items() if value is not None}
            self.message["usage"] = {**(self.message.get("usage") or {}), **given}
        elif kind == "message_stop":
            self.message["content"] = self._blocks
            self.finished = True
        return ""

    def _delta(self, index: int, delta: Mapping[str, Any]) -> str:
        block = self._blocks[index]
        kind = delta["type"]
        if kind == "text_delta":
            block["text"] += delta["text"]
            return str(delta["text"])
        if kind == "input_json_delta":
            self._pieces.setdefault(index, []).append(delta["partial_json"])
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
        else:  # thinking_delta and signature_delta each carry the field they are named after
            field = kind.removesuffix("_delta")
            if field in delta:
                block[field] = (block.get(field) or "") + delta[field]
        return ""


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a request holds a {type(value).__name__}, which JSON has no word for")
