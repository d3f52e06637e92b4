"""The level of calls, on a loop of its own."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from typing import Any

import pytest

from agentkit.backends.limits import Limit, Limits
from agentkit.errors import CallError
from agentkit.experiment.limiter import Limiter

BUSY = CallError("too many", kind="rate_limit", retryable=True)


async def climb(limiter: Limiter, calls: int) -> None:
    for _ in range(calls):
        await limiter.acquire()
        limiter.succeeded()
        limiter.release()


def test_it_grows_fast_until_the_first_objection_and_slowly_after() -> None:
    async def main() -> None:
        limiter = Limiter(start=8)
        await climb(limiter, 8)
        assert limiter.level == 24
        limiter.failed(BUSY, asyncio.get_running_loop().time())
        assert limiter.level == 12
        await climb(limiter, 12)
        assert 12 < limiter.level < 13.1

    asyncio.run(main())


def test_calls_that_were_out_together_count_as_one_objection() -> None:
    async def main() -> None:
        limiter = Limiter(start=32)
        started = asyncio.get_running_loop().time()
        for _ in range(20):
            limiter.failed(BUSY, started - 1)
        assert limiter.level == 16

    asyncio.run(main())


def test_it_never_passes_what_it_was_given() -> None:
    async def main() -> None:
        limiter = Limiter(3)
        await climb(limiter, 50)
        assert limiter.level == 3
        for _ in range(3):
            await limiter.acquire()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(limiter.acquire(), 0.02)
        limiter.release()
        await asyncio.wait_for(limiter.acquire(), 1)
        assert limiter.running == 3

    asyncio.run(main())


def test_one_retry_after_holds_back_every_call_and_then_only_the_level_goes() -> None:
    async def main() -> None:
        limiter = Limiter(start=16)
        limiter.failed(CallError("wait", kind="rate_limit", retry_after_s=0.1, retryable=True), 1e9)
        waiting = [asyncio.create_task(limiter.acquire()) for _ in range(30)]
        await asyncio.sleep(0.03)
        assert limiter.running == 0
        await asyncio.wait(waiting, timeout=0.3)
        assert limiter.running == 8
        for task in waiting:
            task.cancel()

    asyncio.run(main())


def test_an_allowance_that_is_used_up_is_waited_for() -> None:
    async def main() -> None:
        import time

        limiter = Limiter()
        loop = asyncio.get_running_loop()
        limiter.observe(Limits(Limit(50, 3, 60.0), None, None, None, time.monotonic()))
        assert limiter.paused_until <= loop.time()
        limiter.observe(Limits(Limit(50, 0, 60.0), None, None, None, time.monotonic()))
        assert limiter.paused_until > loop.time() + 50

    asyncio.run(main())


def test_delays_honour_the_server_and_differ_by_chance() -> None:
    told = CallError("wait", kind="rate_limit", retry_after_s=4.0, retryable=True)
    silent = CallError("gone", kind="connection", retryable=True)
    low, high = Limiter(chance=lambda: 0.0), Limiter(chance=lambda: 1.0)
    assert low.delay(1, told) == 4.0
    assert 4.0 < high.delay(1, told) <= 5.25
    assert low.delay(1, silent) < high.delay(1, silent) == 0.5
    assert high.delay(30, silent) == 30.0


def test_a_cancelled_waiter_gives_its_turn_back() -> None:
    async def main() -> None:
        limiter = Limiter(1)
        await limiter.acquire()
        waiting = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0)
        limiter.release()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(limiter.acquire(), 1)
        assert limiter.running == 1

    asyncio.run(main())


class Leaping(selectors.SelectSelector):
    """Waits for nothing: what would have been waited for is added up."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += max(0.0, timeout or 0.0)
        return super().select(0)


def virtually(work: Coroutine[Any, Any, None]) -> float:
    """Do the work on a loop whose clock leaps from event to event; return the seconds it took there."""
    clock = Leaping()
    loop = asyncio.SelectorEventLoop(clock)
    loop.time = lambda: clock.now  # type: ignore[method-assign]
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()
    return clock.now


class Room:
    """A server that takes so many calls at once and refuses the others."""

    def __init__(self, capacity: int, reply_s: float, refusal_s: float, retry_after_s: float | None) -> None:
        self.limiter = Limiter(chance=random.Random(1).random)
        self.capacity = capacity
        self.reply_s = reply_s
        self.refusal_s = refusal_s
        self.refusal = CallError("too many", kind="rate_limit", retry_after_s=retry_after_s, retryable=True)
        self.moody = 0.0
        """The part of all calls that it refuses whatever room there is."""
        self.inside = 0
        self.refused = 0
        self._chance = random.Random(2)

    async def call(self) -> None:
        attempt = 0
        while True:
            attempt += 1
            started = await self.limiter.acquire()
            try:
                taken = self.inside < self.capacity and self._chance.random() >= self.moody
                self.inside += taken
                await asyncio.sleep(self.reply_s if taken else self.refusal_s)
                self.inside -= taken
                if taken:
                    return self.limiter.succeeded()
                self.refused += 1
                self.limiter.failed(self.refusal, started)
            finally:
                self.limiter.release()
            await asyncio.sleep(self.limiter.delay(attempt, self.refusal))

    async def carry_out(self, calls: int) -> None:
        await asyncio.gather(*(self.call() for _ in range(calls)))


@pytest.mark.parametrize("retry_after_s", [None, 0.0, 1.0])
@pytest.mark.parametrize("refusal_s", [0.005, 0.05])
@pytest.mark.parametrize("capacity", [1, 2, 10, 40])
def test_a_full_server_is_used_well_and_not_stormed(
    capacity: int, refusal_s: float, retry_after_s: float | None
) -> None:
    room = Room(capacity, 0.05, refusal_s, retry_after_s)
    calls = 100 * capacity
    took = virtually(room.carry_out(calls))
    assert took < 2 * 0.05 * calls / capacity
    assert room.refused < 50 + calls / 10


def test_room_that_grows_is_found() -> None:
    room = Room(5, 0.05, 0.05, None)

    async def main() -> None:
        await room.carry_out(200)
        assert room.limiter.level < 7
        room.capacity = 50
        await room.carry_out(2000)
        assert room.limiter.level > 30

    virtually(main())


def test_objections_that_are_not_about_room_do_not_hold_it_down() -> None:
    room = Room(1000, 0.05, 0.05, None)
    room.moody = 0.07
    assert virtually(room.carry_out(2000)) < 2000 * 0.05 / 5  # as if five were out all the time


def test_what_was_taken_of_a_round_is_the_next_level() -> None:
    async def main() -> None:
        limiter = Limiter(start=20)
        started = [await limiter.acquire() for _ in range(20)]
        for number in range(8):
            limiter.failed(BUSY, started[number])
            limiter.release()
        assert limiter.level == 10  # no more than half, whatever was taken
        for number in range(8, 14):
            limiter.failed(BUSY, started[number])
            limiter.release()
        assert limiter.level == 6
        await asyncio.sleep(0.01)
        for _ in range(30):
            limiter.succeeded()
        assert 6 < limiter.level < 7  # the seventh was refused a moment ago

    asyncio.run(main())


def test_a_round_in_which_all_was_refused_leaves_a_part_of_the_level() -> None:
    async def main() -> None:
        limiter = Limiter(start=32)
        started = [await limiter.acquire() for _ in range(32)]
        for one in started:
            limiter.failed(BUSY, one)
            limiter.release()
        assert limiter.level == 4

    asyncio.run(main())
