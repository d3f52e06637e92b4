"""A trial from its first call to its last: one call for plain prompts, a bounded loop where the reply calls tools."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Protocol

from agentkit.experiment.keys import canonical, trial_key
from agentkit.experiment.outcome import assistant_turn
from agentkit.experiment.plan import Trial
from agentkit.experiment.record import Call

Fetch = Callable[[str, Mapping[str, Any], int], Awaitable[Call]]
"""Gets the call of a key, request and turn: from a cassette, the store, or the server."""


class ToolMemory(Protocol):
    """Where the answers of functions are kept, so that a replay does not call them again."""

    async def recall(self, key: str) -> str | None:
        """Return what was kept."""

    async def keep(self, key: str, result: str) -> None:
        """Keep an answer."""


async def converse(
    trial: Trial,
    fetch: Fetch,
    tools: Mapping[str, Any],
    max_turns: int,
    salt: str = "",
    memory: ToolMemory | None = None,
) -> tuple[Call, ...]:
    """Carry a trial out.

    Args:
        trial: What to carry out.
        fetch: Gets one call.
        tools: What answers on this side, by name: functions, or canned answers.
        max_turns: How many calls at most.
        salt: As `trial_key` takes it.
        memory: Where answers of functions are kept.

    Returns:
        Its calls in order. Where the turns run out the last one's stop reason is still `tool_use`.
    """
    request, key = trial.request, trial.key
    calls: list[Call] = []
    while True:
        call = await fetch(key, request, len(calls) + 1)
        calls.append(call)
        reason = call.reply.stop_reason
        wanted = [block for block in call.reply.blocks if block.get("type") == "tool_use"]
        goes_on = (reason == "tool_use" and wanted and tools) or reason == "pause_turn"
        if not goes_on or len(calls) >= max_turns:
            return tuple(calls)
        messages = [*request["messages"], assistant_turn(call.reply)]
        if reason == "tool_use":
            answers = [await _answer(block, tools, key, memory) for block in wanted]
            messages.append({"role": "user", "content": answers})
        request = {**request, "messages": messages}
        key = trial_key(canonical(request), trial.epoch, salt)


async def _answer(
    block: Mapping[str, Any], tools: Mapping[str, Any], key: str, memory: ToolMemory | None
) -> dict[str, Any]:
    """Return the block that answers one use of a tool."""
    name = str(block.get("name"))
    answer: dict[str, Any] = {"type": "tool_result", "tool_use_id": block.get("id")}
    if name not in tools:
        return {**answer, "content": f"there is no tool {name!r}", "is_error": True}
    tool = tools[name]
    if isinstance(tool, Mapping) and "answer" in tool:
        tool = tool["answer"]
    if not callable(tool):
        return {**answer, "content": _text(tool)}
    kept_as = sha256(f"agentkit-tool-1\n{key}\n{canonical(dict(block))}\n{_fingerprint(tool)}".encode()).hexdigest()
    kept = await memory.recall(kept_as) if memory is not None else None
    if kept is None:
        kept = json.dumps(await _called(tool, block.get("input") or {}), ensure_ascii=False)
        if memory is not None:
            await memory.keep(kept_as, kept)
    text, failed = json.loads(kept)
    return {**answer, "content": text, "is_error": True} if failed else {**answer, "content": text}


async def _called(tool: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[str, bool]:
    """Return what a function answered, and whether it raised; off the loop, because it may block."""
    try:
        if inspect.iscoroutinefunction(tool):
            return _text(await tool(**arguments)), False
        return _text(await asyncio.to_thread(tool, **arguments)), False
    except Exception as error:  # noqa: BLE001 - the model is told what a tool raised, as the protocol wants it
        return f"{type(error).__name__}: {error}", True


def _fingerprint(tool: Callable[..., Any]) -> str:
    """Return what changes when a function's source does."""
    try:
        return inspect.getsource(tool)
    except (OSError, TypeError):
        code = getattr(tool, "__code__", None)
        return code.co_code.hex() if code is not None else type(tool).__qualname__


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
