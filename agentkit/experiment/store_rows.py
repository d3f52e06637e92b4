"""Reading and writing the store's tables, on the one thread that owns the connection."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from agentkit.backends.imports import collector_paused
from agentkit.backends.protocol import Reply
from agentkit.experiment.keys import canonical
from agentkit.experiment.record import Call, Claimed, Failure

CHUNK = 500
"""Keys in one SELECT: below SQLite's oldest limit of parameters."""

_COLUMNS = (
    "key, variant, sample, epoch, backend, model, output, blocks, stop_reason, input_tokens, output_tokens, "
    "cache_read_tokens, cache_write_tokens, cost_usd, latency_s, extra"
)


class Rows:
    """The tables of one open store, and this process's place among their owners."""

    def __init__(self, connection: sqlite3.Connection, lease_s: float) -> None:
        self.connection = connection
        self._lease_s = lease_s
        self._texts: dict[str, int] = {}
        self._shared: dict[int, tuple[Any, int]] = {}
        self._owner: int | None = None

    def forget(self) -> None:
        """Forget what a rolled-back commit had written."""
        self._texts.clear()
        self._shared.clear()
        self._owner = None

    def load(self, keys: Sequence[str]) -> dict[str, Call]:
        """Return the finished calls among these keys."""
        found = {}
        with collector_paused():
            for marks, chunk in _chunks(keys):
                query = f"SELECT {_COLUMNS} FROM calls WHERE key IN ({marks})"
                for row in self.connection.execute(query, chunk):
                    call = _call(row)
                    found[call.key] = call
        return found

    def put(self, call: Call) -> None:
        """Write a finished call and give its claim back."""
        key, reply, request = bytes.fromhex(call.key), call.reply, call.request or {}
        rest = {name: value for name, value in request.items() if name not in ("system", "messages")}
        self.connection.execute(
            "INSERT OR IGNORE INTO calls VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                call.variant,
                call.sample,
                call.epoch,
                self._text(request.get("system")),
                self._text(request.get("messages")),
                self._text(rest),
                call.backend,
                reply.model,
                reply.output,
                canonical(list(reply.blocks)) if reply.blocks else None,
                reply.stop_reason,
                reply.input_tokens,
                reply.output_tokens,
                reply.cache_read_tokens,
                reply.cache_write_tokens,
                call.cost_usd,
                reply.latency_s,
                time.time(),
                canonical(dict(reply.extra)) if reply.extra else None,
            ),
        )
        self.connection.execute("DELETE FROM claims WHERE key = ?", (key,))

    def put_tool_result(self, key: str, result: str) -> None:
        """Write what a tool answered."""
        self.connection.execute("INSERT OR REPLACE INTO tool_results VALUES (?, ?)", (bytes.fromhex(key), result))

    def tool_results(self, keys: Sequence[str]) -> dict[str, str]:
        """Return what tools answered before."""
        found = {}
        for marks, chunk in _chunks(keys):
            for key, result in self.connection.execute(f"SELECT * FROM tool_results WHERE key IN ({marks})", chunk):
                found[key.hex()] = result
        return found

    def put_failure(self, failure: Failure) -> None:
        """Write an error and give the claim back."""
        key = bytes.fromhex(failure.key)
        self.connection.execute(
            "INSERT INTO errors VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                failure.variant,
                failure.sample,
                failure.epoch,
                failure.kind,
                failure.message,
                failure.status,
                failure.attempts,
                time.time(),
            ),
        )
        self.connection.execute("DELETE FROM claims WHERE key = ?", (key,))

    def claim(self, keys: Sequence[str]) -> Claimed:
        """Claim trials; claims of owners that are gone are taken over."""
        done = self.load(keys)
        gone = self._gone()
        granted, busy = [], []
        mine = self._own_id()
        for key in keys:
            if key in done:
                continue
            raw = bytes.fromhex(key)
            row = self.connection.execute("SELECT owner FROM claims WHERE key = ?", (raw,)).fetchone()
            if row is not None and row[0] != mine and row[0] not in gone:
                busy.append(key)
                continue
            if row is None or row[0] != mine:
                self.connection.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (raw, mine))
            granted.append(key)
        return Claimed(tuple(granted), done, tuple(busy))

    def give_back(self, keys: Sequence[str]) -> None:
        """Give claims back."""
        if self._owner is not None:
            rows = [(bytes.fromhex(key), self._owner) for key in keys]
            self.connection.executemany("DELETE FROM claims WHERE key = ? AND owner = ?", rows)

    def resolved(self, backend: str) -> dict[str, str]:
        """Return model ids by alias."""
        return dict(self.connection.execute("SELECT alias, model FROM models WHERE backend = ?", (backend,)))

    def put_resolved(self, backend: str, models: dict[str, str]) -> None:
        """Write model ids by alias."""
        rows = [(backend, alias, model, time.time()) for alias, model in models.items()]
        self.connection.executemany("INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?)", rows)

    def beat(self, _: Rows | None = None) -> None:
        """Say that this process is still there."""
        if self._owner is not None:
            self.connection.execute("UPDATE owners SET seen_at = ? WHERE id = ?", (time.time(), self._owner))

    def leave(self, _: Rows | None = None) -> None:
        """Give every claim back and leave the owners."""
        if self._owner is not None:
            self.connection.execute("DELETE FROM claims WHERE owner = ?", (self._owner,))
            self.connection.execute("DELETE FROM owners WHERE id = ?", (self._owner,))
            self._owner = None

    def _own_id(self) -> int:
        if self._owner is None:
            cursor = self.connection.execute(
                "INSERT INTO owners VALUES (NULL, ?, ?, ?, ?)",
                (socket.gethostname(), os.getpid(), _started(os.getpid()), time.time()),
            )
            self._owner = cursor.lastrowid
        assert self._owner is not None
        return self._owner

    def _gone(self) -> set[int]:
        """Return owners whose process has ended or has not been seen for a lease; unknown owners are gone too."""
        host, now = socket.gethostname(), time.time()
        gone: set[int] = set()
        present: set[int] = set()
        for owner, where, pid, started, seen in self.connection.execute("SELECT * FROM owners"):
            dead = where == host and started and _started(pid) != started
            (gone if dead or now - seen > self._lease_s else present).add(owner)
        present.discard(self._owner or -1)
        gone.discard(self._owner or -1)
        if gone:
            marks = ",".join("?" * len(gone))
            self.connection.execute(f"DELETE FROM claims WHERE owner IN ({marks})", tuple(gone))
            self.connection.execute(f"DELETE FROM owners WHERE id IN ({marks})", tuple(gone))
        return gone

    def _text(self, value: Any) -> int | None:
        """Return the id of a text, written once however many calls share it."""
        if value is None:
            return None
        if not isinstance(value, str):
            shared = self._shared.get(id(value))
            if shared is not None and shared[0] is value:
                return shared[1]
        text = value if isinstance(value, str) else canonical(value)
        number = self._texts.get(text)
        if number is None:
            digest = sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
            row = self.connection.execute("SELECT id FROM texts WHERE hash = ?", (digest,)).fetchone()
            number = row[0] if row else self._insert_text(digest, text)
            self._texts[text] = number
        if isinstance(value, list):
            self._shared[id(value)] = (value, number)
        return number

    def _insert_text(self, digest: bytes, text: str) -> int:
        number = self.connection.execute("INSERT INTO texts VALUES (NULL, ?, ?)", (digest, text)).lastrowid
        assert number is not None
        return number


def _chunks(keys: Sequence[str]) -> Iterator[tuple[str, list[bytes]]]:
    for start in range(0, len(keys), CHUNK):
        chunk = [bytes.fromhex(key) for key in keys[start : start + CHUNK]]
        yield ",".join("?" * len(chunk)), chunk


def _call(row: tuple[Any, ...]) -> Call:
    (
        key,
        variant,
        sample,
        epoch,
        backend,
        model,
        output,
        blocks,
        stop,
        sent,
        got,
        read,
        written,
        cost,
        latency,
        extra,
    ) = row
    reply = Reply(
        output,
        stop,
        model,
        sent,
        got,
        read,
        written,
        latency,
        tuple(json.loads(blocks)) if blocks else (),
        json.loads(extra) if extra else {},
    )
    return Call(key.hex(), variant, sample, epoch, None, reply, cost, backend)


def _started(pid: int) -> str:
    """Return when a process started, as the system tells it: a reused pid has another time. Empty where unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    if Path("/proc/self/stat").exists():
        return "gone"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except OSError:
        pass
    return "alive"
