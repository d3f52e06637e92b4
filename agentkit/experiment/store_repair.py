"""Opening a store, and saving what is readable of a damaged one."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

from agentkit.errors import StoreError
from agentkit.experiment.store_schema import VERSION, prepare

KEPT = ("texts", "calls", "tool_results", "errors", "models", "batches")
"""Tables worth saving; owners and claims belong to processes."""
MOST_PAGES = 1 << 24
"""A header that tells of more is damaged itself."""
DAMAGED = ("malformed", "not a database", "corrupt")


def open_sound(path: Path, busy_s: float) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """Open a store; a damaged one is put aside and what is readable of it copied into a new file.

    Args:
        path: The file.
        busy_s: Seconds to wait for another process.

    Returns:
        The connection, and what could not be read, one line each.
    """
    try:
        connection = connect(path, busy_s)
    except sqlite3.DatabaseError as error:
        if not any(word in str(error) for word in DAMAGED):
            raise
    else:
        damage = _first_damage(connection)
        if damage is None:
            return connection, ()
        connection.close()
    return _salvage(path, busy_s)


def connect(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file as it is and bring it to the current version."""
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        prepare(connection, str(path))
        connection.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _first_damage(connection: sqlite3.Connection) -> str | None:
    """Return what a quick look finds wrong: the pages that the file says it has are there, and its indexes agree."""
    try:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        wal = Path(f"{path}-wal")
        # Pages that a checkpoint has not moved yet are in the log: with one, the file may rightly be shorter.
        if path and Path(path).stat().st_size < pages * size and not (wal.exists() and wal.stat().st_size):
            return "the file is cut short"
        for table in KEPT:
            connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None


def _salvage(path: Path, busy_s: float) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    connection = connect(path, busy_s)
    lines = [f"{path} was damaged; it is kept as {aside.name}"]
    work = aside.with_name(f"{aside.name}.reading")
    old = None
    try:
        _readable_copy(aside, work)
        old = sqlite3.connect(work, isolation_level=None)
        if old.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.DatabaseError("its header cannot be read")
        for table in KEPT:
            lines += _copy(old, connection, table)
    except (sqlite3.DatabaseError, OSError) as error:
        lines.append(f"nothing more of it can be read: {error}")
    finally:
        if old is not None:
            old.close()
        for ending in ("", "-wal", "-shm"):
            work.with_name(work.name + ending).unlink(missing_ok=True)
    return connection, tuple(lines)


def _readable_copy(damaged: Path, copy: Path) -> None:
    """Copy a damaged file and fill it up to the length its header tells: SQLite reads nothing of a shorter one."""
    shutil.copyfile(damaged, copy)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(damaged.with_name(f"{damaged.name}-wal"), copy.with_name(f"{copy.name}-wal"))
    with copy.open("r+b") as file:
        head = file.read(32)
        size = int.from_bytes(head[16:18], "big")
        pages = int.from_bytes(head[28:32], "big")
        length = (65536 if size == 1 else size) * pages
        if head.startswith(b"SQLite format 3") and length > copy.stat().st_size and pages < MOST_PAGES:
            file.truncate(length)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> list[str]:
    """Copy the readable rows of a table, one by one where the whole cannot be read."""
    saved = lost = 0
    ends = True
    new.execute("BEGIN")
    try:
        try:
            last = old.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0
        except sqlite3.DatabaseError:
            last, ends = _probe(old, table), False
        for number in range(1, last + 1):
            try:
                row = old.execute(f"SELECT * FROM {table} WHERE rowid = ?", (number,)).fetchone()
            except sqlite3.DatabaseError:
                lost += 1
                continue
            if row is not None:
                try:
                    new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(row))})", row)
                    saved += 1
                except sqlite3.Error:  # a value that the damage turned into another kind
                    lost += 1
        new.execute("COMMIT")
    except BaseException as error:
        new.execute("ROLLBACK")
        raise StoreError(f"the readable part of the store could not be copied: {error}") from error
    if not saved and not lost:
        return []
    missing = f", {lost} cannot be read" if ends else ", the rest cannot be read"
    return [f"{table}: {saved} rows kept{missing if lost else ''}"]


def _probe(old: sqlite3.Connection, table: str, limit: int = 1 << 24) -> int:
    """Return a row number at or above the last readable one, by doubling."""
    step = 1
    while step < limit:
        with contextlib.suppress(sqlite3.DatabaseError):
            if old.execute(f"SELECT 1 FROM {table} WHERE rowid >= ? LIMIT 1", (step,)).fetchone() is None:
                return step
        step *= 2
    return 1 << 16
