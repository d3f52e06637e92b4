"""A look at something every second, for as long as somebody wants it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

INTERVAL_S = 1.0


class Watch:
    """Calls a method again and again from a daemon thread, until it is stopped or the method's object is gone.

    Args:
        look: The method; its object is held weakly.
        interval_s: Seconds between two calls.
    """

    def __init__(self, look: Callable[[], None], interval_s: float = INTERVAL_S) -> None:
        self._look = weakref.WeakMethod(look)
        self._interval_s = interval_s
        self._stop: threading.Event | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._stop is not None

    def start(self) -> None:
        """Begin, where it has not begun."""
        if self._stop is None:
            self._stop = threading.Event()
            run = threading.Thread(
                target=_run, args=(self._look, self._stop, self._interval_s), name="agentkit-watch", daemon=True
            )
            run.start()

    def stop(self) -> None:
        """End; a call that has begun goes on to its end."""
        if self._stop is not None:
            self._stop.set()
            self._stop = None


# Not a method of `Watch`: the thread would hold what it must not keep alive.
def _run(look: weakref.WeakMethod[Callable[[], None]], stop: threading.Event, interval_s: float) -> None:
    while not stop.wait(interval_s):
        method = look()
        if method is None:
            return
        method()
        del method
