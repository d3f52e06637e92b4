"""How many calls are out at once: one level for the whole run, which the server's answers move.

It starts moderate and grows with every success until the server first objects; from then on it grows by about one per
round and halves on each objection, once per round. A `retry-after`, or the last of a rate limit's allowance, holds back
every call of the run and not only the one that was told; afterwards the halved level keeps them from storming.
(Additive increase, multiplicative decrease: Chiu and Jain, 1989.)
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable

from agentkit.backends.limits import Limits
from agentkit.errors import CallError

START = 32
"""Calls out at once in the beginning."""
MOST = 128
"""Calls out at once at most, where neither the run nor the backend says otherwise."""
ATTEMPTS = 10
"""How often one call is tried."""
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
LONGEST_PAUSE_S = 600.0
"""A server that asks for a longer pause than this is given up on."""
PUSHBACK = ("rate_limit", "overloaded")
"""Kinds of errors that say: too much."""


class Limiter:
    """Decides when the next call may start.

    Args:
        most: Calls out at once at most; None for `MOST`.
        start: Calls out at once in the beginning.
        chance: Gives numbers from 0 to 1, for jitter.

    A limiter belongs to one loop.
    """

    def __init__(
        self, most: int | None = None, *, start: int = START, chance: Callable[[], float] = random.random
    ) -> None:
        self.most = max(1, MOST if most is None else most)
        self.level = float(min(start, self.most))
        self.running = 0
        self._chance = chance
        self._climbing = True
        self._backed_off_at = float("-inf")
        self._paused_until = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._limits: Limits | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def paused_until(self) -> float:
        """Loop time before which no call starts."""
        return self._paused_until

    async def acquire(self) -> None:
        """Wait until one more call may be out."""
        if not self._waiting and self._free():
            self.running += 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Say that a call is no longer out."""
        self.running -= 1
        self._wake()

    def succeeded(self) -> None:
        """Say that a call came back well."""
        if self.level < self.most:
            step = 2.0 if self._climbing else 1.0 / self.level
            self.level = min(float(self.most), self.level + step)

    def failed(self, error: CallError, started: float) -> None:
        """Say that a call failed: back off where the server asked for it.

        Args:
            error: What came back.
            started: Loop time at which that call started: of the calls that were out together, one counts.
        """
        now = asyncio.get_running_loop().time()
        if error.kind in PUSHBACK:
            self._climbing = False
            if started >= self._backed_off_at:
                self._backed_off_at = now
                self.level = max(1.0, self.level / 2)
            self.pause(error.retry_after_s if error.retry_after_s is not None else 0.0)

    def observe(self, limits: Limits | None) -> None:
        """Take in what the server says of its rate limits: where nothing is left, wait until there is again."""
        if limits is None or limits is self._limits:
            return
        self._limits = limits
        for one in (limits.requests, limits.input_tokens, limits.output_tokens, limits.tokens):
            if one is not None and one.remaining <= 0 and one.reset_s is not None:
                self.pause(max(0.0, one.reset_s - (time.monotonic() - limits.seen_at)))

    def pause(self, seconds: float) -> None:
        """Let no call start for so long."""
        until = asyncio.get_running_loop().time() + min(seconds, LONGEST_PAUSE_S)
        if until > self._paused_until:
            self._paused_until = until

    def delay(self, attempt: int, error: CallError) -> float:
        """Return the seconds before a call is tried again.

        Args:
            attempt: Which one failed, from 1.
            error: How it failed. What the server asked for is waited for in full, with some jitter on top.
        """
        backoff = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (attempt - 1))
        if error.retry_after_s is not None:
            return float(error.retry_after_s + self._chance() * min(backoff, 0.25 + error.retry_after_s / 4))
        return backoff * (0.1 + 0.9 * self._chance())

    def _free(self) -> bool:
        return self.running < int(self.level) and asyncio.get_running_loop().time() >= self._paused_until

    def _wake(self) -> None:
        while self._waiting and self._free():
            turn = self._waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)
        if self._waiting and self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._paused_until - loop.time()
            if wait > 0:
                self._timer = loop.call_later(wait, self._timed)

    def _timed(self) -> None:
        self._timer = None
        self._wake()
