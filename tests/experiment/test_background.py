"""Runs in the background: watched, stopped, resumed."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.errors import BudgetExceeded, DeadlineExceeded, PlanError
from agentkit.experiment.quoting import begin_quote
from tests.server import Fault, MessagesServer

PROMPTS = {"kind": "Be kind.", "brief": "Be brief."}
BAD_REQUEST = Fault("status", 400, "invalid_request_error", "no such thing")
INPUTS = [f"question {number}" for number in range(6)]


def at(server: MessagesServer) -> ak.Messages:
    return ak.Messages(base_url=server.url, api_key="k")


def echo(request: Any) -> str:
    return f"{request['system']} {request['messages'][-1]['content']}"


def until(condition: Any) -> None:
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_it_returns_at_once_and_ends_with_what_run_returns(server: MessagesServer) -> None:
    server.latency_s = 0.3
    running = ak.start(PROMPTS, INPUTS, backend=at(server), store=False)
    assert running.state == "running"
    results = running.wait()
    assert running.state == "done"
    again = ak.run(PROMPTS, INPUTS, backend=at(server), store=False, progress=False)
    assert [(one.trial, one.output) for one in results] == [(one.trial, one.output) for one in again]
    assert running.results == results
    assert running.error is None
    assert running.progress is not None
    assert (running.progress.done, running.progress.finished) == (12, True)


def test_what_ended_can_be_read_while_it_runs(server: MessagesServer) -> None:
    server.latency_s = 0.05
    server.fault = lambda body: Fault("hang") if "question 3" in str(body["messages"]) else None
    running = ak.start(PROMPTS, INPUTS, backend=at(server), store=False)
    until(lambda: running.results is not None and len(running.results) == 10)
    partial = running.results
    assert partial is not None
    assert "question 3" not in str([one.trial.request for one in partial])
    assert partial.frame["output"].notna().all()
    running.stop()
    assert running.state == "stopped"
    assert len(running.wait()) == 10


def test_stopping_keeps_what_finished_and_resuming_calls_only_the_rest(tmp_path: Path, server: MessagesServer) -> None:
    hang = True
    server.fault = lambda body: Fault("hang") if hang and "question 5" in str(body["messages"]) else None
    for store in (tmp_path / "s.db", False):
        hang = True
        running = ak.start(PROMPTS, INPUTS, backend=at(server), store=store)
        until(lambda: running.results is not None and len(running.results) == 10)  # noqa: B023
        running.stop()
        hang = False
        before = len(server.calls)
        resumed = running.resume()
        results = resumed.wait()
        assert resumed.state == "done"
        assert len(server.calls) - before == 2
        assert [(one.trial.variant, one.trial.sample) for one in results] == [
            (variant, f"sample-{number}") for number in range(1, 7) for variant in PROMPTS
        ]
        assert resumed.resume() is resumed


def test_resuming_runs_what_failed_again(server: MessagesServer) -> None:
    broken = True
    server.fault = lambda body: BAD_REQUEST if broken and "question 2" in str(body["messages"]) else None
    running = ak.start(PROMPTS, INPUTS, backend=at(server), store=False)
    assert len(running.wait().errors) == 2
    broken = False
    resumed = running.resume()
    assert len(resumed.wait().errors) == 0
    assert len(resumed.wait()) == 12
    assert resumed.progress is not None
    assert (resumed.progress.total, resumed.progress.done) == (12, 12)


def test_a_run_that_fails_as_a_whole_says_why_and_keeps_what_it_had() -> None:
    class Priced(ak.Scripted):
        name = "messages"

    with pytest.raises(PlanError):
        ak.start({}, INPUTS)
    running = ak.start("Be kind.", INPUTS, backend=Priced(echo), store=False, budget_usd=1.0)
    with pytest.raises(BudgetExceeded, match="unknown"):
        running.wait()
    assert running.state == "failed"
    assert running.results is not None
    assert len(running.results) == 0


def test_waiting_has_an_end(server: MessagesServer) -> None:
    server.fault = lambda body: Fault("hang")
    running = ak.start("Be kind.", ["a"], backend=at(server), store=False)
    with pytest.raises(DeadlineExceeded, match="goes on"):
        running.wait(0.05)
    assert running.state == "running"
    running.stop()
    assert running.state == "stopped"
    running.stop()


def test_stopping_at_once_is_no_error() -> None:
    running = ak.start("Be kind.", ["a"], backend=ak.Scripted("x", latency_s=5), store=False)
    running.stop()
    assert running.state == "stopped"
    assert running.resume().state == "running"


def test_the_end_and_the_progress_are_told() -> None:
    told: list[Any] = []
    ended = threading.Event()
    running = ak.start(PROMPTS, INPUTS, backend=ak.Scripted(echo), progress=told.append)
    running.add_done_callback(lambda one: ended.set())
    assert ended.wait(10)
    after: list[Any] = []
    running.add_done_callback(after.append)
    assert after == [running]
    assert told[-1].finished
    assert repr(running).startswith("Running(done: 12/12 done")


def test_a_quote_in_the_background() -> None:
    assert begin_quote(PROMPTS, INPUTS, backend=ak.Scripted("x")).result(10).trials == 12
