"""Updates to the page: at most ten a second, and always the last; a server that is flooded drops messages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

INTERVAL_S = 0.1


class Throttle:
    """Calls a function now where it has rested long enough, else once when it has.

    Calls may come from any thread; the function runs on one of them or on a timer's, never twice at once.

    Args:
        call: What to call.
        interval_s: Seconds between two calls.
    """

    def __init__(self, call: Callable[[], None], interval_s: float = INTERVAL_S) -> None:
        self._call = call
        self._interval_s = interval_s
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._last = float("-inf")

    def __call__(self) -> None:
        """Ask for a call."""
        with self._lock:
            if self._timer is not None:
                return
            wait = self._last + self._interval_s - time.monotonic()
            if wait <= 0:
                self.flush()
                return
            self._timer = threading.Timer(wait, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def later(self) -> None:
        """Ask for a call once the interval has passed without another request: for what only the last of is wanted."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._interval_s, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def settle(self) -> None:
        """Make the call that is waiting, if one is, now."""
        with self._lock:
            if self._timer is not None:
                self.flush()

    def flush(self) -> None:
        """Call now, and forget the call that was waiting."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._call()
            self._last = time.monotonic()
