"""Which model an alias means: asked of the Models API by line, lifecycle and date, never read out of an id."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from agentkit.backends import failures
from agentkit.errors import CallError, ModelNotFound

Get = Callable[[str, Mapping[str, Any]], Awaitable[Any]]

RETRY_DELAYS_S = (0.5, 1.0, 2.0)
"""Seconds between attempts at the list of models."""

LINES = ("sonnet", "opus", "haiku", "fable", "mythos")
"""The aliases: the model lines that the Models API names."""

DEFAULT = "sonnet"
"""What `inherit` and None mean where nothing else is set: there is no main conversation to inherit from."""

DEFAULT_MAX_TOKENS = 8_192
"""`max_tokens` of a request that names none. Every current model takes it, and it is a constant so that a trial's key
can be known without asking a server."""

FALLBACK: Mapping[str, str] = {
    "sonnet": "claude-sonnet-5-5",
    "opus": "claude-opus-5-5",
    "haiku": "claude-haiku-5-5",
    "fable": "claude-fable-5-2",
    "mythos": "claude-mythos-5-2",
}
"""The newest id of each line that SDK 2.12 lists: used where a gateway has no Models API, or one without lines."""


def settled(model: str | None) -> str:
    """Return the alias or id meant, before any server is asked.

    `inherit` and None become `ANTHROPIC_MODEL` where it is set, otherwise `sonnet`; an alias becomes
    `ANTHROPIC_DEFAULT_<ALIAS>_MODEL` where that is set. Both are the variables that the real program reads.

    >>> settled("claude-sonnet-5-5"), settled(" Opus ")
    ('claude-sonnet-5-5', 'opus')
    """
    name = (model or "inherit").strip()
    if name.lower() in ("inherit", "default"):
        name = os.environ.get("ANTHROPIC_MODEL") or DEFAULT
    if name.lower() in LINES:
        name = name.lower()
        return os.environ.get(f"ANTHROPIC_DEFAULT_{name.upper()}_MODEL") or name
    return name


def is_alias(name: str) -> bool:
    """Return whether a settled name still has to be resolved to an id."""
    return name in LINES


def choose(line: str, entries: Iterable[Mapping[str, Any]] | None) -> str:
    """Return the id of a line's newest active model, or its newest deprecated one where none is active.

    Args:
        line: One of `LINES`.
        entries: Entries of `GET /v1/models`; None or entries without lines make it the id in `FALLBACK`.

    Raises:
        ModelNotFound: the server names the lines of its models, and this one is not among them.

    >>> entries = [{"id": "b", "line": "opus", "lifecycle": "active", "created_at": "2026-01-01T00:00:00Z"},
    ...            {"id": "a", "line": "opus", "lifecycle": "active", "created_at": "2026-02-01T00:00:00Z"}]
    >>> choose("opus", entries), choose("opus", None)
    ('a', 'claude-opus-5-5')
    """
    known = [entry for entry in entries or () if entry.get("line") and entry.get("lifecycle") != "retired"]
    if not known:
        return FALLBACK[line]
    of_line = [entry for entry in known if entry["line"] == line]
    if not of_line:
        raise ModelNotFound(
            f"the server has no model of the line {line!r}",
            received=line,
            accepted=", ".join(sorted({str(entry["line"]) for entry in known})),
            hint="name a model id that it has: model=...",
        )
    best = max(of_line, key=lambda entry: (entry.get("lifecycle") == "active", _date(entry.get("created_at"))))
    return str(best["id"])


async def listed(get: Get) -> list[Mapping[str, Any]]:
    """Return every entry of `GET /v1/models`, page by page.

    Args:
        get: What gets the JSON of a path with a query.

    Raises:
        CallError: the server did not answer with a list.
    """
    entries: list[Mapping[str, Any]] = []
    query: dict[str, Any] = {"limit": 1000}
    while True:
        page = await get("/v1/models", query)
        if not isinstance(page, Mapping) or not isinstance(page.get("data"), list):
            raise failures.garbage("no list of models came back", json.dumps(page).encode())
        entries += page["data"]
        if not page.get("has_more") or not page.get("last_id"):
            return entries
        query["after_id"] = page["last_id"]


async def known(get: Get) -> list[Mapping[str, Any]] | None:
    """Return the server's models; None where it has no such list. What can pass is tried again a few times.

    Raises:
        CredentialsMissing: the key is missing or was refused.
        ServerUnreachable: nothing answers.
        CallError: the server keeps failing.
    """
    import asyncio

    for delay in (*RETRY_DELAYS_S, None):
        try:
            return await listed(get)
        except CallError as error:
            if error.kind in ("not_found", "invalid_request", "other", "garbage", "permission"):
                return None
            refused = error.kind == "connection" and delay != RETRY_DELAYS_S[0]  # once more, in case it just starts
            if not error.retryable or delay is None or refused:
                raise failures.for_the_run(error) from None
            await asyncio.sleep(min(error.retry_after_s or delay, 30.0))
    return None


def _date(text: object) -> datetime:
    try:
        date = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
