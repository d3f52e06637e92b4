"""Finding a batch again whose id was lost: the process died between the server's yes and the note of it.

The server's list of batches does not say what is in them. So one of the right size and time is waited for, and the
ids in its results tell whose it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from datetime import datetime

from agentkit.backends.batches import Batches, Status, custom_id
from agentkit.errors import CallError
from agentkit.experiment.batch_notes import Note

FIRST_LOOK_S = 0.5
LONGEST_WAIT_S = 60.0
"""Between two looks at a batch; the time grows from the first to the last."""
CLOCKS_S = 600.0
"""How far this machine's clock and the server's may be apart."""


async def wait(batches: Batches, id: str) -> None:
    """Return when a batch has ended.

    Raises:
        CallError: the server will not say.
    """
    pause = FIRST_LOOK_S
    while True:
        try:
            status = await batches.status(id)
            if status.ended:
                return
        except CallError as error:
            if not error.retryable:
                raise
            pause = max(pause, error.retry_after_s or 0.0)
        await asyncio.sleep(pause)
        pause = min(LONGEST_WAIT_S, pause * 1.5)


async def find(batches: Batches, note: Note, known: Collection[str]) -> str | None:
    """Return the server's id of the batch that a note is about; None where the server has none.

    Args:
        batches: The server.
        note: What was about to be sent.
        known: Ids of batches that are noted already.

    Raises:
        CallError: the server cannot be asked now.
    """
    likely = []
    try:
        async for status in batches.recent():
            if _too_old(status, note):
                break
            if status.id not in known and status.requests == len(note.keys):
                likely.append(status)
    except CallError as error:
        if error.kind not in ("not_found", "invalid_request", "garbage"):
            raise
        return None  # a gateway that takes batches and lists none
    for status in sorted(likely, key=lambda status: not status.ended):
        if await _is(batches, status.id, note):
            return status.id
    return None


def _too_old(status: Status, note: Note) -> bool:
    if status.created_at is None:
        return False
    return datetime.fromisoformat(status.created_at).timestamp() < note.made_at - CLOCKS_S


async def _is(batches: Batches, id: str, note: Note) -> bool:
    """Wait for a batch and return whether its first result is one of the note's."""
    names = {custom_id(key) for key in note.keys} | set(note.keys)
    try:
        await wait(batches, id)
        async with contextlib.aclosing(batches.results(id)) as results:
            async for name, _ in results:
                return name in names
    except CallError as error:
        if error.retryable:
            raise
    return False
