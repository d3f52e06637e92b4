"""Replies written beforehand, for tests, demos and the first look at a report: no key, no server, no waiting.

It stands where a real backend stands, so everything behind it (store, cassette, results, retries) is the real thing.
"""

from __future__ import annotations

import copy
import inspect
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from agentkit.backends.protocol import Reply, Request
from agentkit.errors import CallError

Entry = str | Reply | Exception
"""One scripted reply: its text, the whole `Reply`, or the exception that the call raises."""


class Scripted:
    """A backend that gives the replies it was given.

    Args:
        replies: What to answer with. A string (or `Reply`, or exception): always that. A list: its entries in the
            order the calls arrive, each once. A mapping: the entry of the first key that occurs in the model id, the
            system prompt or a message. A function of the request, plain or async, that returns an entry or raises.
        latency_s: Seconds each call takes; also what `Reply.latency_s` says of a reply given as text, so that two runs
            give the same bytes.
        model: The model id that stands for `None` and `inherit`, and that serves replies given as text when the
            request names none.

    Tokens of a reply given as text are counted as a quarter of the characters, rounded up. An entry of a list is
    taken before the call waits for anything, so calls started in one order get the entries in that order, from any
    number of threads; a request beyond the end of the list, or one that no key of the mapping fits, is a `CallError`
    of kind `not_found`.

    >>> import asyncio
    >>> backend = Scripted(["first", "second"])
    >>> request = {"model": "scripted", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    >>> [asyncio.run(backend.send(request)).output for _ in range(2)]
    ['first', 'second']
    >>> asyncio.run(Scripted(lambda request: request["messages"][-1]["content"].upper()).send(request)).output
    'HELLO'
    >>> asyncio.run(Scripted({"Hello": "a greeting", "": "anything else"}).send(request)).output
    'a greeting'
    """

    name = "scripted"
    fidelity = "bare"

    def __init__(
        self,
        replies: Entry | Sequence[Entry] | Mapping[str, Entry] | Callable[[Request], Entry | Awaitable[Entry]],
        *,
        latency_s: float = 0.0,
        model: str = "scripted",
    ) -> None:
        self._replies = replies
        self._latency_s = latency_s
        self._model = model
        self._lock = threading.Lock()
        self._taken = 0
        self._requests: list[Request] = []

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, in the order of arrival."""
        with self._lock:
            return tuple(self._requests)

    async def resolve_model(self, model: str | None) -> str:
        """Return the model id itself; the backend's own for None and `inherit`."""
        return self._model if model in (None, "inherit") else model

    async def send(self, request: Request) -> Reply:
        """Return the reply that was written for this request.

        Raises:
            CallError: the list is at its end, or nothing fits; or whatever exception was scripted.
        """
        entry = self._take(request)
        if self._latency_s:
            # Here, because importing asyncio is a good part of what `import agentkit` costs.
            import asyncio

            await asyncio.sleep(self._latency_s)
        if inspect.isawaitable(entry):
            entry = await entry
        if isinstance(entry, Exception):
            raise copy.copy(entry)  # a scripted exception may serve many calls; each gets its own traceback
        return entry if isinstance(entry, Reply) else self._reply(entry, request)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to release."""

    def _take(self, request: Request) -> Any:
        replies = self._replies
        with self._lock:
            self._requests.append(request)
            position = self._taken
            self._taken += 1
        if isinstance(replies, (str, Reply, Exception)):
            return replies
        if isinstance(replies, Mapping):
            text = _searchable(request)
            for part, entry in replies.items():
                if part in text:
                    return entry
            raise _unscripted(f"no scripted reply fits this request; its keys are {', '.join(map(repr, replies))}")
        if callable(replies):
            return replies(request)
        if position < len(replies):
            return replies[position]
        raise _unscripted(f"the script has {len(replies)} replies and this is call {position + 1}")

    def _reply(self, text: str, request: Request) -> Reply:
        return Reply(
            output=text,
            stop_reason="end_turn",
            model=str(request.get("model") or self._model),
            input_tokens=_quarter(_searchable(request)),
            output_tokens=_quarter(text),
            latency_s=self._latency_s,
        )


def _unscripted(message: str) -> CallError:
    return CallError(message, kind="not_found", hint="give Scripted a function of the request, or more replies")


def _searchable(request: Request) -> str:
    parts = [str(request.get("model", "")), _plain(request.get("system", ""))]
    parts += [_plain(message.get("content", "")) for message in request.get("messages", ())]
    return "\n".join(parts)


def _plain(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, (list, tuple)):
        return "\n".join(
            str(block["text"]) if isinstance(block, Mapping) and "text" in block else json.dumps(block, default=str)
            for block in content
        )
    return json.dumps(content, default=str)


def _quarter(text: str) -> int:
    return -(-len(text) // 4)
