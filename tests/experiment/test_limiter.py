"""The level of calls, on a loop of its own."""

from __future__ import annotations

import asyncio

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
