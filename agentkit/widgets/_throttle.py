"""Messages to the page in moderation: what floods the kernel's queue or the server is dropped.

Updates go out at most ten times a second, and always the last. New widgets go out at once up to a number and then as
fast as a busy server takes them.
"""

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


class Pace:
    """Lets so many messages through at once, and more only as time passes.

    A kernel's queue to the server takes 1,000 messages, of which 500 of an earlier cell may be counted yet (ZeroMQ's
    high-water mark); a busy server takes them at about 1,300 a second.

    Args:
        burst: How many at once.
        per_s: How many a second after that.
        sleep: How to wait.
    """

    def __init__(self, burst: int = 400, per_s: float = 1000, sleep: Callable[[float], None] = time.sleep) -> None:
        self._burst = burst
        self._per_s = per_s
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sent = 0.0
        self._at = time.monotonic()

    def __call__(self, messages: int) -> None:
        """Wait until there is room for some messages that follow."""
        with self._lock:
            now = time.monotonic()
            self._sent = max(self._sent - (now - self._at) * self._per_s, 0.0) + messages
            self._at = now
            if self._sent > self._burst:
                self._sleep((self._sent - self._burst) / self._per_s)
