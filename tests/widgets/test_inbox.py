from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.widgets._inbox import Inbox


def numbered(number: int, subject: str = "text", view: str = "v") -> dict[str, Any]:
    return {"view": view, "number": number, "subject": subject}


def opened(patience_s: float = 60) -> tuple[Inbox, list[int]]:
    taken: list[int] = []
    return Inbox(lambda one: taken.append(one["number"]), lambda one: one["subject"], patience_s), taken


@given(st.permutations(range(1, 9)))
def test_any_order_of_arrival_is_the_order_of_sending(arrival: list[int]) -> None:
    inbox, taken = opened()
    for number in arrival:
        inbox.put(numbered(number))
    assert taken == list(range(1, 9))
    assert inbox.heard == {"v": 8}


def test_views_do_not_wait_for_each_other() -> None:
    inbox, taken = opened()
    inbox.put(numbered(2, view="a"))
    inbox.put(numbered(1, view="b"))
    assert taken == [1]
    assert inbox.heard == {"a": 0, "b": 1}


def test_one_that_is_missing_is_gone_past_and_counts_when_it_comes_unless_it_is_stale() -> None:
    inbox, taken = opened(0.05)
    inbox.put(numbered(1))
    inbox.put(numbered(4, "text"))
    inbox.put(numbered(5, "text"))
    assert taken == [1]
    deadline = time.monotonic() + 10
    while inbox.heard["v"] < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert taken == [1, 4, 5]
    inbox.put(numbered(2, "text"))  # what was typed since says it all
    inbox.put(numbered(3, "answer"))
    inbox.put(numbered(6, "text"))
    assert taken == [1, 4, 5, 3, 6]


def test_messages_of_two_threads_are_handed_on_one_at_a_time() -> None:
    inside, taken = [0], []

    def act(message: Any) -> None:
        inside[0] += 1
        assert inside[0] == 1
        time.sleep(0.0005)
        inside[0] -= 1
        taken.append(message["number"])

    inbox = Inbox(act, lambda message: "text")
    threads = [
        threading.Thread(target=lambda start=start: [inbox.put(numbered(at)) for at in range(start, 101, 2)])  # type: ignore[misc]
        for start in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == list(range(1, 101))


@pytest.mark.parametrize("odd", [{}, {"view": "v"}, {"number": 1}, {"view": 1, "number": "x"}])
def test_what_has_no_number_is_handed_on_at_once(odd: dict[str, Any]) -> None:
    taken: list[Any] = []
    Inbox(taken.append, lambda message: None).put(odd)
    assert taken == [odd]
