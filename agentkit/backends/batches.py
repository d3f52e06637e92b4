"""The Message Batches API: the same requests at half the price, answered within a day, for plans beyond one machine.

A batch outlives the process that sent it: whoever keeps its id can ask for it, read its results for 29 days, or cancel
it. https://platform.claude.com/docs/en/build-with-claude/batch-processing
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentkit.backends import failures, wire
from agentkit.backends.messages import Messages
from agentkit.backends.protocol import Reply, Request
from agentkit.errors import CallError

PATH = "/v1/messages/batches"
MOST_REQUESTS = 100_000
PAGE = 100
"""Batches asked for at once where they are listed."""
MOST_BYTES = 256_000_000
_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FRAME = len(b'{"requests":[]}')


@dataclass(frozen=True, slots=True)
class Submitted:
    """One batch, as it was sent."""

    id: str
    """The server's id: all that is needed to find it again."""
    keys: tuple[str, ...]
    """The keys of its requests."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a batch is. The counts other than `processing` stay 0 until it has ended."""

    id: str
    """The server's id."""
    state: str
    """`in_progress`, `canceling` or `ended`."""
    processing: int
    """Requests not answered yet."""
    succeeded: int
    """Requests with a reply."""
    errored: int
    """Requests that failed."""
    canceled: int
    """Requests that were canceled before their turn; they cost nothing."""
    expired: int
    """Requests whose turn did not come within a day; they cost nothing."""
    expires_at: str | None
    """When the rest expires, as an RFC 3339 date."""
    created_at: str | None
    """When the server took it, as an RFC 3339 date."""

    @property
    def ended(self) -> bool:
        """Whether its results can be read."""
        return self.state == "ended"

    @property
    def requests(self) -> int:
        """How many requests are in it."""
        return self.processing + self.succeeded + self.errored + self.canceled + self.expired


def custom_id(key: str) -> str:
    """Return the id a key goes by in a batch: itself where the protocol allows it, otherwise its hash.

    >>> custom_id("a-key"), custom_id("v1:a key")
    ('a-key', '20873a8c017c63205694f581800fa7e0')
    """
    return key if _CUSTOM_ID.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:32]


class Batches:
    """Batches on one server.

    Args:
        backend: What reaches the server.
        most_requests: Requests in one batch; the server takes 100,000.
        most_bytes: Bytes of one batch; the server takes 256 MB.
    """

    def __init__(self, backend: Messages, *, most_requests: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES) -> None:
        self._backend = backend
        self._most_requests = most_requests
        self._most_bytes = most_bytes

    async def submit(
        self, requests: Mapping[str, Request], before: Callable[[tuple[str, ...]], Awaitable[None]] | None = None
    ) -> AsyncIterator[Submitted]:
        """Send requests in as few batches as their number and size allow.

        Each batch is yielded as soon as the server has it, so that its id can be made durable before the next is sent.

        Args:
            requests: Requests by their keys; `max_tokens` at least 1.
            before: Awaited with the keys of each batch right before it is sent.

        Raises:
            CallError: the server did not take a batch; those yielded before stand.
        """
        for keys, body in self._parts(requests):
            if before is not None:
                await before(keys)
            answer = await self._backend.post(PATH, body)
            yield Submitted(_status(answer).id, keys)

    async def status(self, id: str) -> Status:
        """Return how far a batch is.

        Raises:
            CallError: of kind `not_found` where the server has no such batch; or the call failed.
        """
        return _status(await self._backend.get(f"{PATH}/{id}"))

    async def recent(self, most: int = 1000) -> AsyncIterator[Status]:
        """Yield the batches of the key's workspace, newest first.

        Raises:
            CallError: the server does not list batches, or the call failed.
        """
        query: dict[str, Any] = {"limit": PAGE}
        for _ in range(-(-most // PAGE)):
            page = await self._backend.get(PATH, query)
            try:
                entries, more, last = page["data"], page["has_more"], page["last_id"]
            except (KeyError, TypeError):
                raise failures.garbage("no list of batches came back", json.dumps(page).encode()) from None
            for entry in entries:
                yield _status(entry)
            if not more:
                return
            query["after_id"] = last

    async def wait(
        self, id: str, *, every_s: float = 30.0, on_status: Callable[[Status], None] | None = None
    ) -> Status:
        """Return a batch's status once it has ended, asking about it every so many seconds.

        Failures that can pass (a lost connection, an overloaded server) are waited out.

        Raises:
            CallError: the server will not say: no such batch, or no right to it.
        """
        while True:
            pause = every_s
            try:
                status = await self.status(id)
            except CallError as error:
                if not error.retryable:
                    raise
                pause = max(every_s, error.retry_after_s or 0.0)
            else:
                if on_status is not None:
                    on_status(status)
                if status.ended:
                    return status
            await asyncio.sleep(pause)

    async def results(self, id: str, keys: Iterable[str] = ()) -> AsyncGenerator[tuple[str, Reply | CallError], None]:
        """Yield the key and the outcome of each request of a batch that has ended, in any order.

        An outcome is a `Reply`, or a `CallError` whose kind says which: `expired` and `canceled` cost nothing and may
        be sent again; for the others `retryable` says so. `Reply.extra["service_tier"]` is `batch`.

        Args:
            id: The batch.
            keys: The keys it was sent with; needed only for keys that are not their own `custom_id`.

        Raises:
            CallError: the results cannot be read, or were cut; what was yielded before stands.
        """
        known = {custom_id(key): key for key in keys}
        async for line in self._backend.lines(f"{PATH}/{id}/results"):
            try:
                entry = json.loads(line)
                name, result = entry["custom_id"], entry["result"]
                outcome = _outcome(result)
            except (ValueError, KeyError, TypeError):
                raise failures.garbage("a line of the results is malformed", line) from None
            yield known.get(name, name), outcome

    async def cancel(self, id: str) -> Status:
        """Ask for a batch to stop; what is answered by then keeps its results, once the batch has ended.

        Raises:
            CallError: the call failed, or the batch has ended already.
        """
        return _status(await self._backend.post(f"{PATH}/{id}/cancel"))

    def _parts(self, requests: Mapping[str, Request]) -> Iterator[tuple[tuple[str, ...], bytes]]:
        keys: list[str] = []
        entries: list[bytes] = []
        size = _FRAME
        for key, request in requests.items():
            entry = json.dumps({"custom_id": custom_id(key), "params": request}, ensure_ascii=False).encode()
            if entries and (len(entries) == self._most_requests or size + len(entry) + 1 > self._most_bytes):
                yield tuple(keys), _body(entries)
                keys, entries, size = [], [], _FRAME
            keys.append(key)
            entries.append(entry)
            size += len(entry) + 1
        if entries:
            yield tuple(keys), _body(entries)


def _body(entries: list[bytes]) -> bytes:
    return b'{"requests":[' + b",".join(entries) + b"]}"


def _status(answer: Any) -> Status:
    try:
        counts = answer["request_counts"]
        names = ("processing", "succeeded", "errored", "canceled", "expired")
        return Status(
            id=answer["id"],
            state=answer["processing_status"],
            expires_at=answer.get("expires_at"),
            created_at=answer.get("created_at"),
            **{name: int(counts[name]) for name in names},
        )
    except (KeyError, TypeError, ValueError):
        raise failures.garbage("no batch came back", json.dumps(answer).encode()) from None


def _outcome(result: Mapping[str, Any]) -> Reply | CallError:
    kind = result["type"]
    if kind == "succeeded":
        message = result["message"]
        usage = {**(message.get("usage") or {}), "service_tier": "batch"}
        return wire.reply({**message, "usage": usage})
    if kind == "errored":
        error = result["error"]
        request_id = {"request-id": error["request_id"]} if error.get("request_id") else {}
        made = failures.from_response(200, request_id, error, place="in the batch")
        made.status = None
        return made
    if kind in ("expired", "canceled"):
        said = "was not answered within a day" if kind == "expired" else "was canceled before its turn"
        return CallError(f"the request {said}; it cost nothing", kind=kind, retryable=True)
    raise KeyError(kind)
