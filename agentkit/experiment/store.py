"""The store: every finished call on disk before the run goes on.

One thread owns the connection. What arrives while it commits is put away by its next commit, so that hundreds of calls
a second share a few syncs to disk, and a call counts as finished only when the commit that holds it has returned
(write-ahead log, `synchronous = FULL`: after that, neither kill -9 nor a power cut takes it away). Runs claim trials
before they call, so two kernels on one store do each trial once; a claim ends with its owner's process, or when the
owner has not been seen for `LEASE_S`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from agentkit.errors import StoreError
from agentkit.experiment.record import Call, Claimed, Failure
from agentkit.experiment.store_rows import Rows

DEFAULT_PATH = Path(".agentkit") / "store.db"
"""The store of runs that name none, beside the notebook; `AGENTKIT_STORE` names another."""
LEASE_S = 30.0
"""How long an owner that is not seen keeps its claims."""
BEAT_S = 5.0
BUSY_S = 20.0
"""How long a commit waits for another process's."""

Operation = Callable[[Rows], Any]


class Store:
    """A working record on disk.

    Args:
        path: The file; made with its directory where it does not exist.

    Raises:
        StoreError: the file cannot be opened, is something else, or comes from a later version.

    Close it when done; a `with` statement does.
    """

    def __init__(self, path: str | os.PathLike[str] = DEFAULT_PATH) -> None:
        self.path = Path(path)
        self._inbox: queue.SimpleQueue[tuple[Operation, Future[Any] | _Reply] | None] = queue.SimpleQueue()
        self.damage: tuple[str, ...] = ()
        """What could not be read of a damaged file, one line each; empty for a sound one."""
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, args=(opened,), name="agentkit-store", daemon=True)
        self._closed = False
        self._thread.start()
        opened.result()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Put away what is still on its way, give claims back and close the file."""
        if not self._closed:
            self._closed = True
            self._inbox.put(None)
        self._thread.join()

    async def load(self, keys: Iterable[str]) -> dict[str, Call]:
        """Return the finished calls among these keys."""
        wanted = list(keys)
        return await self._ask(lambda rows: rows.load(wanted))  # type: ignore[no-any-return]

    async def claim(self, keys: Iterable[str]) -> Claimed:
        """Claim these trials for this run: what it may call, what others finished, and what others are at."""
        wanted = list(keys)
        return await self._ask(lambda rows: rows.claim(wanted))  # type: ignore[no-any-return]

    async def put(self, call: Call) -> None:
        """Put a finished call away; returns when it is durable.

        Raises:
            StoreError: it could not be written; the store stays as it was.
        """
        await self._ask(lambda rows: rows.put(call))

    async def put_tool_result(self, key: str, result: str) -> None:
        """Put away what a tool answered."""
        await self._ask(lambda rows: rows.put_tool_result(key, result))

    async def tool_results(self, keys: Iterable[str]) -> dict[str, str]:
        """Return what tools answered before."""
        wanted = list(keys)
        return await self._ask(lambda rows: rows.tool_results(wanted))  # type: ignore[no-any-return]

    async def put_failure(self, failure: Failure) -> None:
        """Put an error beside the results; it is never an answer. The trial's claim is given back."""
        await self._ask(lambda rows: rows.put_failure(failure))

    async def give_back(self, keys: Iterable[str]) -> None:
        """Give back the claims on trials that were not carried out."""
        wanted = list(keys)
        await self._ask(lambda rows: rows.give_back(wanted))

    async def resolved(self, backend: str) -> dict[str, str]:
        """Return the model ids that aliases stood for when this backend last said so."""
        return await self._ask(lambda rows: rows.resolved(backend))  # type: ignore[no-any-return]

    async def put_resolved(self, backend: str, models: dict[str, str]) -> None:
        """Keep what aliases stand for."""
        await self._ask(lambda rows: rows.put_resolved(backend, models))

    def read(self, operation: Operation) -> Any:
        """Do something with the tables, from any thread, and return its value."""
        if self._closed:
            raise StoreError(f"the store {self.path} is closed")
        done: Future[Any] = Future()
        self._inbox.put((operation, done))
        return done.result()

    async def ask(self, operation: Operation) -> Any:
        """Do something with the tables and return its value when it is durable."""
        return await self._ask(operation)

    async def _ask(self, operation: Operation) -> Any:
        if self._closed:
            raise StoreError(f"the store {self.path} is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._inbox.put((operation, _Reply(loop, answer)))
        return await answer

    def _work(self, opened: Future[None]) -> None:
        try:
            rows = self._open()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
            opened.set_exception(_told(error, self.path))
            return
        opened.set_result(None)
        beat = time.monotonic() + BEAT_S
        going = True
        while going:
            with contextlib.suppress(queue.Empty):
                going = self._take(rows, self._inbox.get(timeout=max(0.05, beat - time.monotonic())))
            if time.monotonic() >= beat:
                beat = time.monotonic() + BEAT_S
                with contextlib.suppress(sqlite3.Error):  # a full disk stops no run before it has something to write
                    _commit(rows, [rows.beat])
        with contextlib.suppress(sqlite3.Error):
            _commit(rows, [rows.leave])
        with contextlib.suppress(sqlite3.Error):
            rows.connection.close()

    def _take(self, rows: Rows, first: tuple[Operation, Any] | None) -> bool:
        """Carry out everything that has arrived, in one commit; return whether more may come."""
        taken, going = ([first] if first is not None else []), first is not None
        with contextlib.suppress(queue.Empty):
            while going:
                item = self._inbox.get_nowait()
                if item is None:
                    going = False
                else:
                    taken.append(item)
        if taken:
            try:
                answers = _commit(rows, [operation for operation, _ in taken])
            except BaseException as error:  # noqa: BLE001 - handed to the runs that asked
                if len(taken) > 1:  # one of them is wrong, or the disk is full: each gets its own answer
                    for one in taken:
                        self._take_one(rows, one)
                else:
                    _answer([(taken[0][1], _told(error, self.path), False)])
            else:
                _answer([(reply, value, True) for (_, reply), value in zip(taken, answers, strict=True)])
        return going

    def _take_one(self, rows: Rows, one: tuple[Operation, Any]) -> None:
        try:
            value = _commit(rows, [one[0]])[0]
        except BaseException as error:  # noqa: BLE001 - handed to the run that asked
            _answer([(one[1], _told(error, self.path), False)])
        else:
            _answer([(one[1], value, True)])

    def _open(self) -> Rows:
        from agentkit.experiment.store_repair import open_sound

        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection, self.damage = open_sound(self.path, BUSY_S)
        return Rows(connection, LEASE_S)


class _Reply:
    """Where an answer goes on an event loop."""

    __slots__ = ("answer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any]) -> None:
        self.loop = loop
        self.answer = answer


def _commit(rows: Rows, operations: list[Operation]) -> list[Any]:
    connection = rows.connection
    connection.execute("BEGIN IMMEDIATE")
    try:
        answers = [operation(rows) for operation in operations]
        connection.execute("COMMIT")
    except BaseException:
        rows.forget()
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return answers


def _answer(answers: list[tuple[Any, Any, bool]]) -> None:
    by_loop: dict[Any, list[tuple[Any, Any, bool]]] = {}
    for reply, value, fine in answers:
        if isinstance(reply, Future):
            _settle(reply, value, fine)
        else:
            by_loop.setdefault(reply.loop, []).append((reply.answer, value, fine))
    for loop, ready in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle_all, ready)


def _settle_all(ready: list[tuple[Any, Any, bool]]) -> None:
    for answer, value, fine in ready:
        if not answer.done():
            _settle(answer, value, fine)


def _settle(answer: Any, value: Any, fine: bool) -> None:
    if fine:
        answer.set_result(value)
    else:
        answer.set_exception(value)


def _told(error: BaseException, path: Path) -> BaseException:
    """Return the error in the tree's words."""
    if isinstance(error, sqlite3.Error):
        text = str(error)
        hint = "name another file: store=FILE"
        if "full" in text or "disk I/O" in text:
            hint = "make room on the disk and run again: what had finished is kept"
        elif "locked" in text or "busy" in text:
            hint = "another process holds the store; run again when it has finished"
        told = StoreError(f"the store {path} cannot be used: {text}", hint=hint)
    elif isinstance(error, OSError):
        told = StoreError(f"the store {path} cannot be opened: {error.strerror or error}", hint="store=ANOTHER_FILE")
    else:
        return error
    told.__cause__ = error
    return told
