"""The file that people's ratings are kept in: SQLite, every keystroke a row of its own, nothing ever changed.

A row says who said what of which two replies. The last row of a rater, an item and a field counts; the rows before it
say how the rater came to it. Two notebooks may write at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from agentkit.errors import StoreError

DEFAULT_PATH = Path(".agentkit") / "ratings.db"
VERSION = 1
FIELDS = ("answer", "note")
_SCHEMA = """
CREATE TABLE ratings (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  rater TEXT NOT NULL,
  item TEXT NOT NULL,
  "left" TEXT NOT NULL,
  field TEXT NOT NULL CHECK (field IN ('answer', 'note')),
  value TEXT NOT NULL
);
CREATE INDEX by_item ON ratings (item, rater);
CREATE TRIGGER kept_as_written BEFORE UPDATE ON ratings BEGIN SELECT RAISE(ABORT, 'ratings are only added'); END;
CREATE TRIGGER kept_for_good BEFORE DELETE ON ratings BEGIN SELECT RAISE(ABORT, 'ratings are only added'); END;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What counts of one rater's answer to one item, or of the note on it."""

    rater: str
    item: str
    left: str
    """Digest of the reply that stood on the left."""
    field: str
    value: str
    """Empty where it was taken back."""
    at: str
    """When, in UTC, to the second."""


class RatingFile:
    """The ratings in one file.

    Args:
        path: The file; made with its folder when the first rating is written.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.path = Path(path if path is not None else DEFAULT_PATH).absolute()

    def add(self, rater: str, item: str, left: str, field: str, value: str) -> None:
        """Append one entry; it is on disk when this returns.

        Raises:
            StoreError: the file cannot be written, or is something else.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._open(create=True) as database, database:
            database.execute(
                'INSERT INTO ratings (at, rater, item, "left", field, value) VALUES (?, ?, ?, ?, ?, ?)',
                (now, rater, item, left, field, value),
            )

    def read(self) -> list[Entry]:
        """Return what counts: the last entry of each rater, item and field, in the order of their first.

        Raises:
            StoreError: the file cannot be read, or is something else.
        """
        if not self.path.exists():
            return []
        last: dict[tuple[str, str, str], Entry] = {}
        with self._open(create=False) as database:
            for at, rater, item, left, field, value in database.execute(
                'SELECT at, rater, item, "left", field, value FROM ratings ORDER BY id'
            ):
                last[rater, item, field] = Entry(rater, item, left, field, value, at)
        return list(last.values())

    @contextmanager
    def _open(self, *, create: bool) -> Iterator[sqlite3.Connection]:
        try:
            if create:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30)) as database:
                self._check(database)
                yield database
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the ratings in {self.path.name} cannot be used: {error}",
                hint="name another file: results.rate(file='ratings.db')",
            ) from error

    def _check(self, database: sqlite3.Connection) -> None:
        database.execute("PRAGMA synchronous = FULL")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version or database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StoreError(
                f"{self.path.name} holds no ratings that this version reads",
                received=f"version {version}",
                accepted=f"version {VERSION}",
                hint="update agentkit, or name another file: results.rate(file='ratings.db')",
            )
        with database:
            database.execute("BEGIN IMMEDIATE")
            if database.execute("PRAGMA user_version").fetchone()[0] == 0:  # another notebook may have been first
                for statement in _SCHEMA.strip().split(";\n"):
                    if statement.strip():
                        database.execute(statement)
                database.execute(f"PRAGMA user_version = {VERSION}")
