"""What the store notes of batches: that one is about to be sent, that the server has it, that it has ended.

The first note is what tells, after a kill in between, that the server may have a batch whose id nobody kept.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.experiment.store_rows import Rows


@dataclass(frozen=True, slots=True)
class Note:
    """A batch that was about to be sent."""

    id: str
    """Of the note: the server's id is not known."""
    keys: tuple[str, ...]
    made_at: float
    """Unix time."""


def intend(rows: Rows, address: str, keys: Collection[str]) -> str:
    """Note that a batch is about to be sent; return the note's id."""
    id = f"note-{uuid.uuid4().hex}"
    _insert(rows, id, address, "sending", keys)
    return id


def sent(rows: Rows, id: str, address: str, keys: Collection[str], note: str | None) -> None:
    """Note that the server has a batch, in place of the note that it was about to be sent."""
    _insert(rows, id, address, "open", keys)
    if note is not None:
        drop(rows, note)


def drop(rows: Rows, note: str) -> None:
    """Forget a note: the server has no such batch."""
    rows.connection.execute("DELETE FROM batches WHERE id = ? AND status = 'sending'", (note,))


def ended(rows: Rows, id: str) -> None:
    """Note that a batch's results are put away."""
    rows.connection.execute("UPDATE batches SET status = 'ended' WHERE id = ?", (id,))


def open_batches(rows: Rows, address: str) -> dict[str, list[str]]:
    """Return the keys of the batches whose results are not put away, by id."""
    return {id: json.loads(keys) for id, keys, _ in _select(rows, address, "open")}


def unsure(rows: Rows, address: str, keys: Collection[str]) -> list[Note]:
    """Return the notes on some of these keys of which nobody knows whether the server has the batch."""
    notes = [Note(id, tuple(json.loads(held)), at) for id, held, at in _select(rows, address, "sending")]
    wanted = set(keys)
    return [note for note in notes if not wanted.isdisjoint(note.keys)]


def known_ids(rows: Rows) -> set[str]:
    """Return the id of every batch in the store."""
    return {id for (id,) in rows.connection.execute("SELECT id FROM batches")}


def _insert(rows: Rows, id: str, address: str, status: str, keys: Collection[str]) -> None:
    row = (id, address, status, json.dumps(list(keys)), time.time())
    rows.connection.execute("INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?)", row)


def _select(rows: Rows, address: str, status: str) -> Iterator[tuple[str, str, float]]:
    query = "SELECT id, keys, made_at FROM batches WHERE backend = ? AND status = ? ORDER BY made_at"
    yield from rows.connection.execute(query, (address, status))
