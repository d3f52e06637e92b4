"""How many tokens a request's input has: counted by the server where it can, otherwise estimated and said so."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentkit.backends.protocol import Request
from agentkit.errors import CallError

CHARACTERS_PER_TOKEN = 3.5
"""Of English prose and code, on the low side, so that an estimate is rather too high."""

IMAGE_TOKENS = 1_600
"""What one full-size image takes: https://platform.claude.com/docs/en/build-with-claude/vision."""

MESSAGE_TOKENS = 8
"""What the frame of one message takes."""

_COUNTED = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config")
"""What `POST /v1/messages/count_tokens` takes of a request."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many input tokens, and how that is known."""

    tokens: int
    """Input tokens."""
    counted: bool
    """Whether the server counted them; False where they are estimated."""


async def count(backend: Any, request: Request) -> Count:
    """Return the input tokens of a request, by `POST /v1/messages/count_tokens` where the backend has it.

    Args:
        backend: A backend; one without a `post` method gets an estimate.
        request: The request.

    Raises:
        CallError: the server refused the request for a reason other than having no such path.
    """
    if getattr(backend, "post", None) is None:
        return Count(estimate(request), counted=False)
    try:
        body = {name: request[name] for name in _COUNTED if name in request}
        answer = await backend.post("/v1/messages/count_tokens", body)
        return Count(int(answer["input_tokens"]), counted=True)
    except CallError as error:
        if error.kind not in ("not_found", "invalid_request", "other", "garbage"):
            raise
    except (KeyError, TypeError, ValueError):
        pass  # it answered with something else: a gateway's own idea of the path
    return Count(estimate(request), counted=False)


def estimate(request: Request) -> int:
    """Return about how many input tokens a request has: its characters over 3.5, and a little for each message.

    >>> estimate({"system": "x" * 350, "messages": [{"role": "user", "content": "y" * 35}]})
    118
    """
    characters, images = _size(request.get("system", ""))
    for message in request.get("messages", ()):
        more, pictures = _size(message.get("content", ""))
        characters, images = characters + more, images + pictures
    if request.get("tools"):
        characters += len(json.dumps(request["tools"], default=str))
    messages = len(request.get("messages", ()))
    return math.ceil(characters / CHARACTERS_PER_TOKEN) + messages * MESSAGE_TOKENS + images * IMAGE_TOKENS


def _size(content: Any) -> tuple[int, int]:
    if isinstance(content, str):
        return len(content), 0
    characters = images = 0
    for block in content or ():
        if isinstance(block, Mapping) and block.get("type") == "image":
            images += 1
        elif isinstance(block, Mapping) and block.get("type") == "text":
            characters += len(block.get("text", ""))
        else:
            characters += len(json.dumps(block, default=str))
    return characters, images
