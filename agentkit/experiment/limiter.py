"""How many calls are out at once: one level for the whole run, which the server's answers move.

It starts moderate and grows with every success until the server first objects; from then on it grows by about one per
round. An objection lowers it once per round trip: to what the server took of the calls that were out, where that can
be told, else by half; by a fifth where a whole round had gone well before, for then it was nearly right. A level at
which the server objects again is approached ten times as slowly from then on, and the less often the longer it makes
all wait; an objection below that level says that it is about something else. A `retry-after`, or the last of a rate
limit's allowance, holds back every call of the run and not only the one that was told; afterwards the lowered level
keeps them from storming.
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
LONGEST_ROUND_S = 1.0
"""How long further objections to the same calls are waited for, at most."""
CAREFUL = 10.0
"""How many times slower the level grows where the server last objected, and how many pauses' time lies between two."""


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
        self._objected = 0  # the number of calls to which the server last objected
        self._too_many: int | None = None  # the same, where that was no accident
        self._careful_until = float("-inf")
        self._fine = 0  # successes since the last objection
        self._out = 0  # calls that were out at the last objection
        self._refused = 0  # and those of them that were refused
        self._least = 0.0  # how low one objection may lead
        self._paused_until = float("-inf")
        self._waiting: deque[asyncio.Future[float]] = deque()
        self._limits: Limits | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def paused_until(self) -> float:
        """Loop time before which no call starts."""
        return self._paused_until

    async def acquire(self) -> float:
        """Wait until one more call may be out; return the loop time from which it counts as out."""
        if not self._waiting and self._free():
            self.running += 1
            return self._now()
        turn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._wake()
        try:
            return await turn
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
        self._fine += 1
        if self.level >= self.most:
            return
        step = 2.0 if self._climbing else 1.0 / self.level
        if int(self.level) + 1 == self._too_many:
            step = 0.0 if self._now() < self._careful_until else step / CAREFUL
        self.level = min(float(self.most), self.level + step)

    def failed(self, error: CallError, started: float) -> None:
        """Say that a call failed: back off where the server asked for it.

        Args:
            error: What came back.
            started: Loop time at which that call started: of the calls that were out together, one counts.
        """
        if error.kind not in PUSHBACK:
            return
        if started >= self._backed_off_at:
            self._back_off(started)
        self._refused += 1
        taken = self._out - self._refused
        if self._refused > 1 and self._least <= taken < self.level:
            self.level = float(taken)
            self._objected = self._too_many = taken + 1
        wait = error.retry_after_s or 0.0
        self._careful_until = max(self._careful_until, self._now() + CAREFUL * wait)
        self.pause(wait)

    def _back_off(self, started: float) -> None:
        nearly_right = not self._climbing and self._fine >= self.level
        before, self._objected = self._objected, int(self.level)
        self._too_many = self._objected if self._objected in (before, before + 1) else None
        self._least = self.level / 8
        self.level = max(1.0, self.level * (0.8 if nearly_right else 0.5))
        self._backed_off_at = self._now()
        # More objections may be on their way: start nothing before they are here.
        self.pause(min(LONGEST_ROUND_S, self._backed_off_at - started))
        self._climbing = False
        self._fine = 0
        self._out = self.running
        self._refused = 0

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
        until = self._now() + min(seconds, LONGEST_PAUSE_S)
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
        return self.running < int(self.level) and self._now() >= self._paused_until

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _wake(self) -> None:
        while self._waiting and self._free():
            turn = self._waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(self._now())
        if self._waiting and self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._paused_until - loop.time()
            if wait > 0:
                self._timer = loop.call_later(wait, self._timed)

    def _timed(self) -> None:
        self._timer = None
        self._wake()
