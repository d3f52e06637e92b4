"""The most that a call can cost, before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentkit.backends.prices import FREE, rates
from agentkit.backends.protocol import Backend

IMAGE_TOKENS = 5_000
"""More than any image takes."""
FRAME_TOKENS = 1_000
"""More than the frame around messages takes, and the words the server adds where there are tools."""


def worst_cost(backend: Backend, request: Mapping[str, Any], *, batch: bool = False) -> float | None:
    """Return the most US dollars that a request can cost; None where the price is unknown.

    Every byte of text counts as a token of the dearest kind (a token stands for a byte at least), and the reply has
    all of `max_tokens`.

    >>> from agentkit.backends.scripted import Scripted
    >>> worst_cost(Scripted("Hi"), {"model": "scripted", "max_tokens": 9, "messages": []})
    0.0
    """
    if backend.name in FREE:
        return 0.0
    read = most_input_tokens(request)
    found = rates(str(request["model"]), batch=batch, speed=request.get("speed"), prompt_tokens=read)
    if found is None:
        return None
    dearest = max(found.input, found.cache_write, found.cache_write_1h)
    return (read * dearest + int(request["max_tokens"]) * found.output) / 1e6


def most_input_tokens(request: Mapping[str, Any]) -> int:
    """Return a number that the input tokens of a request cannot pass."""
    parts = [request.get("system", ""), [message.get("content") for message in request.get("messages", ())]]
    return FRAME_TOKENS + sum(_size(part) for part in (*parts, request.get("tools") or []))


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, Mapping):
        if value.get("type") == "image":
            return IMAGE_TOKENS
        return sum(len(str(name)) + 4 + _size(one) for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return sum(_size(one) for one in value)
    return 8
