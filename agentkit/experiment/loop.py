"""One thread with one event loop, on which every run happens.

The blocking call waits for it and the awaitable watches it, so there is one asynchronous core and both work where a
loop is running already, as in a notebook. An interrupt cancels what runs there.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Value = TypeVar("Value")

POLL_S = 0.2
"""How often an awaiting caller's own loop turns, so that an interrupt reaches it."""
PATIENCE_S = 0.9
"""How long an interrupted caller waits for what is being put away."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_used: weakref.WeakSet[Any] = weakref.WeakSet()


def the_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of the runs' own thread, started on first use."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="agentkit-runs", daemon=True).start()
        return _loop


def used(backend: Any) -> None:
    """Note a backend whose connections have to be closed when the process ends."""
    with contextlib.suppress(TypeError):  # a backend with slots takes no weak reference, and closes itself
        _used.add(backend)


def submit(work: Coroutine[Any, Any, Value]) -> Future[Value]:
    """Start work on the runs' thread."""
    return asyncio.run_coroutine_threadsafe(work, the_loop())


def wait_for(work: Coroutine[Any, Any, Value]) -> Value:
    """Do the work and return its value; an interrupt cancels it, waits a moment for it to put things away, and goes on.

    Raises:
        KeyboardInterrupt: as it came.
    """
    future = submit(work)
    try:
        return future.result()
    except BaseException:
        if not future.done():
            _cancel(future)
        raise


async def watch(work: Coroutine[Any, Any, Value]) -> Value:
    """Await work that happens on the runs' thread, from any other loop."""
    future = submit(work)
    try:
        wrapped = asyncio.wrap_future(future)
        while not wrapped.done():
            await asyncio.wait({wrapped}, timeout=POLL_S)
        return wrapped.result()
    except BaseException:
        if not future.done():
            _cancel(future)
        raise


def _cancel(future: Future[Any]) -> None:
    # The future is the caller's handle: cancelling it reaches the task, which then has to be given time to end.
    finished = threading.Event()
    future.cancel()
    loop = the_loop()
    loop.call_soon_threadsafe(lambda: loop.create_task(_signal_idle(finished)))
    finished.wait(PATIENCE_S)


_active: set[asyncio.Task[Any]] = set()


def active(task: asyncio.Task[Any]) -> None:
    """Note a run's own task, whose end an interrupted caller waits for."""
    _active.add(task)
    task.add_done_callback(_active.discard)


async def _signal_idle(finished: threading.Event) -> None:
    cancelled = [task for task in _active if task.cancelling()]
    if cancelled:
        await asyncio.wait(cancelled, timeout=PATIENCE_S)
    finished.set()


@atexit.register
def _close_used() -> None:
    backends = list(_used)
    if not backends or _loop is None or not _loop.is_running():
        return

    async def close() -> None:
        await asyncio.gather(*(backend.aclose() for backend in backends), return_exceptions=True)

    with contextlib.suppress(Exception):  # the process is ending; what does not close now dies with it
        submit(close()).result(timeout=1.0)
