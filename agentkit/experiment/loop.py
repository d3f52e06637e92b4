"""One thread with one event loop, on which every run happens.

The blocking call waits for it and the awaitable watches it, so there is one asynchronous core and both work where a
loop is running already, as in a notebook. An interrupt cancels what runs there.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from concurrent.futures import wait as wait_done
from typing import Any, TypeVar

Value = TypeVar("Value")

POLL_S = 0.2
"""How often a caller that waits looks up, so that an interrupt reaches it."""
CLOSING_S = 0.3
"""How long a backend may take to close its connections."""
PATIENCE_S = 0.9
"""How long an interrupted caller waits for what is being put away."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_users: dict[int, int] = {}


def the_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of the runs' own thread, started on first use."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="agentkit-runs", daemon=True).start()
        return _loop


@contextlib.asynccontextmanager
async def using(backend: Any) -> AsyncIterator[None]:
    """Use a backend for one run; its connections are closed when no run uses it any more."""
    _users[id(backend)] = _users.get(id(backend), 0) + 1
    try:
        yield
    finally:
        _users[id(backend)] -= 1
        if not _users[id(backend)]:
            del _users[id(backend)]
            with contextlib.suppress(Exception):  # what came back matters more than a connection that will not close
                await asyncio.wait_for(asyncio.shield(backend.aclose()), CLOSING_S)


def submit(work: Coroutine[Any, Any, Value]) -> Future[Value]:
    """Start work on the runs' thread."""
    return asyncio.run_coroutine_threadsafe(work, the_loop())


def wait_for(work: Coroutine[Any, Any, Value]) -> Value:
    """Do the work and return its value; an interrupt cancels it, waits a moment for it to put things away, and goes on.

    Raises:
        KeyboardInterrupt: as it came.
    """
    future = None
    try:
        future = submit(work)
        # Python notices a signal when its main thread runs again. The system may hand the signal to another thread, so
        # a wait without end could sleep through it.
        while not future.done():
            wait_done((future,), timeout=POLL_S)
        return future.result()
    except BaseException:
        if future is None or not future.done():
            _cancel(work)
        raise


def wait_until(event: threading.Event, timeout_s: float | None = None) -> bool:
    """Wait for an event, so that an interrupt is noticed meanwhile; return whether it came in time."""
    end = None if timeout_s is None else time.monotonic() + timeout_s
    while not event.wait(POLL_S if end is None else max(0.0, min(POLL_S, end - time.monotonic()))):
        if end is not None and time.monotonic() >= end:
            return event.is_set()
    return True


async def watch(work: Coroutine[Any, Any, Value]) -> Value:
    """Await work that happens on the runs' thread, from any other loop."""
    future = None
    try:
        future = submit(work)
        wrapped = asyncio.wrap_future(future)
        while not wrapped.done():
            await asyncio.wait({wrapped}, timeout=POLL_S)
        return wrapped.result()
    except BaseException:
        if future is None or not future.done():
            _cancel(work)
        raise


def _cancel(work: Coroutine[Any, Any, Any]) -> None:
    # By the work itself and not by its future: an interrupt may come before there is anything to hold the future.
    finished = threading.Event()
    loop = the_loop()
    loop.call_soon_threadsafe(lambda: loop.create_task(_end(work, finished)))
    finished.wait(PATIENCE_S)


async def _end(work: Coroutine[Any, Any, Any], finished: threading.Event) -> None:
    tasks = [task for task in asyncio.all_tasks() if task.get_coro() is work]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE_S)
    finished.set()
