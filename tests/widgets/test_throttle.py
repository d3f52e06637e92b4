from __future__ import annotations

import threading

from agentkit.widgets._throttle import Pace, Throttle


def test_a_flood_is_two_calls_the_first_and_the_last() -> None:
    seen: list[int] = []
    latest = [0]
    done = threading.Event()

    def call() -> None:
        seen.append(latest[0])
        if latest[0] == 99:
            done.set()

    throttle = Throttle(call, interval_s=0.5)
    for number in range(100):
        latest[0] = number
        throttle()
    assert done.wait(10)
    assert seen == [0, 99]


def test_flushing_calls_at_once_and_forgets_the_waiting_call() -> None:
    calls: list[None] = []
    throttle = Throttle(lambda: calls.append(None), interval_s=60)
    throttle()
    throttle()
    assert len(calls) == 1
    throttle.flush()
    assert len(calls) == 2


def test_calls_from_many_threads_never_overlap() -> None:
    inside, overlaps = [0], [0]

    def call() -> None:
        inside[0] += 1
        overlaps[0] += inside[0] > 1
        inside[0] -= 1

    throttle = Throttle(call, interval_s=0)
    threads = [threading.Thread(target=lambda: [throttle() for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [0]


def test_a_pace_lets_a_burst_through_and_then_waits() -> None:
    waits: list[float] = []
    pace = Pace(burst=100, per_s=10, sleep=waits.append)
    for _ in range(50):
        pace(2)
    assert waits == []
    pace(2)
    assert 0 < waits[0] <= 0.2
