"""Prompt caching where it pays: the same system prompt over many samples.

A write costs a quarter more than plain input and a read a tenth of it or less, so a prompt pays from its second use on;
one shorter than the model's minimum is not cached at all, whatever is asked
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentkit.backends import tokens
from agentkit.backends.protocol import Request

LARGEST_MINIMUM = 4_096
"""Tokens from which every model caches; taken for models that are not in `MINIMUM`."""

MINIMUM: Mapping[str, int] = {
    "claude-opus-4-6": 4_096,
    "claude-opus-4-5": 4_096,
    "claude-opus-4-5-20251101": 4_096,
    "claude-haiku-4-5": 4_096,
    "claude-haiku-4-5-20251001": 4_096,
    "claude-sonnet-4-6": 2_048,
    "claude-sonnet-4-5": 1_024,
    "claude-sonnet-4-5-20250929": 1_024,
}
"""Shortest prompt that a model caches, in tokens, by its id."""


def pays(request: Request, uses: int) -> bool:
    """Return whether to cache a request's tools and system prompt when that many requests share them.

    Args:
        request: One of the requests.
        uses: How many requests have the same model, tools and system prompt.

    >>> request = {"model": "claude-sonnet-4-5", "system": "word " * 2000, "messages": []}
    >>> pays(request, 1), pays(request, 2), pays({**request, "system": "short"}, 2)
    (False, True, False)
    """
    if uses < 2 or not request.get("system") or is_marked(request):
        return False
    shared = {name: request[name] for name in ("system", "tools") if name in request}
    return tokens.estimate(shared) >= MINIMUM.get(str(request.get("model")), LARGEST_MINIMUM)


def marked(request: Request) -> dict[str, Any]:
    """Return the request with its last system block marked for the cache (tools and system prompt are cached).

    The mark does not change the reply, so a trial's key is better taken from the request without it.

    >>> marked({"system": "You are terse.", "messages": []})["system"]
    [{'type': 'text', 'text': 'You are terse.', 'cache_control': {'type': 'ephemeral'}}]
    """
    system = request["system"]
    blocks: list[dict[str, Any]] = (
        [{"type": "text", "text": system}] if isinstance(system, str) else [dict(block) for block in system]
    )
    blocks[-1]["cache_control"] = {"type": "ephemeral"}
    return {**request, "system": blocks}


def is_marked(request: Request) -> bool:
    """Return whether a request says for itself what to cache."""
    if "cache_control" in request:
        return True
    system = request.get("system")
    return not isinstance(system, str) and any("cache_control" in block for block in system or ())
