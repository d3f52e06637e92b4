"""Processes that are killed in the middle of a run; `benchmarks/kills.py` is the long form."""

from __future__ import annotations

from pathlib import Path

from tests.killing import AT_ONCE, kill_often


def test_kills_lose_nothing_and_repeat_at_most_what_was_out(tmp_path: Path) -> None:
    tally = kill_often(tmp_path, 3, 200, seed=1)
    assert tally.kills == 3
    assert (tally.lost, tally.wrong) == (0, 0)
    assert tally.twice <= tally.out <= tally.kills * AT_ONCE


def test_kills_of_batch_runs_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    tally = kill_often(tmp_path, 2, 60, batch=True, seed=2)
    assert tally.kills == 2
    assert (tally.lost, tally.wrong, tally.twice) == (0, 0, 0)
