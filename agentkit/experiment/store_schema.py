"""The store's tables, their version, and how an older file becomes a current one.

docs/store-format.md tells the same in words.
"""

from __future__ import annotations

import sqlite3

from agentkit.errors import StoreError

APPLICATION_ID = 0x41474B54
"""`AGKT`: what tells a store from any other SQLite file."""
VERSION = 1

TABLES = """
CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    variant TEXT NOT NULL,
    sample TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    system INTEGER REFERENCES texts (id),
    messages INTEGER REFERENCES texts (id),
    parameters INTEGER REFERENCES texts (id),
    backend TEXT NOT NULL,
    model TEXT NOT NULL,
    output TEXT NOT NULL,
    blocks TEXT,
    stop_reason TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_usd REAL,
    latency_s REAL NOT NULL,
    finished_at REAL NOT NULL,
    extra TEXT
) STRICT;
CREATE TABLE tool_results (
    key BLOB PRIMARY KEY,
    result TEXT NOT NULL
) STRICT;
CREATE TABLE errors (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    variant TEXT NOT NULL,
    sample TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    status INTEGER,
    attempts INTEGER NOT NULL,
    failed_at REAL NOT NULL
) STRICT;
CREATE TABLE models (
    backend TEXT NOT NULL,
    alias TEXT NOT NULL,
    model TEXT NOT NULL,
    resolved_at REAL NOT NULL,
    PRIMARY KEY (backend, alias)
) STRICT;
CREATE TABLE owners (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    seen_at REAL NOT NULL
) STRICT;
CREATE TABLE claims (
    key BLOB PRIMARY KEY,
    owner INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    backend TEXT NOT NULL,
    status TEXT NOT NULL,
    keys TEXT NOT NULL,
    made_at REAL NOT NULL
) STRICT;
"""

MIGRATIONS: dict[int, str] = {}
"""From a version → the statements that lead to the next."""


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Make a fresh file a store, or bring an older store to this version.

    Raises:
        StoreError: the file is something else, or was written by a later version.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        _refuse_foreign(connection, path)
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise _foreign(path)
            statements = TABLES
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        else:
            _refuse_foreign(connection, path)
            if version > VERSION:
                raise StoreError(
                    f"{path} was written by a later agentkit (store version {version})",
                    accepted=f"up to {VERSION}",
                    hint="pip install -U agentkit-notebook, or store=ANOTHER_FILE",
                )
            statements = "".join(MIGRATIONS[step] for step in range(version, VERSION))
        for statement in statements.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _refuse_foreign(connection: sqlite3.Connection, path: str) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise _foreign(path)


def _foreign(path: str) -> StoreError:
    return StoreError(f"{path} is a database, but not a store of agentkit", hint="name another file: store=FILE")
