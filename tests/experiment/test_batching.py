"""Plans through the Message Batches API of the local server."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.errors import BudgetExceeded, CallError, PlanError, ServerUnreachable
from tests.server import Fault, MessagesServer


def at(server: MessagesServer) -> ak.Messages:
    return ak.Messages(base_url=server.url, api_key="k")


def run(server: MessagesServer, prompts: list[str], store: Any, **named: Any) -> ak.Results:
    arguments = {"model": "claude-sonnet-4-5", "max_tokens": 50, "backend": at(server), "progress": False}
    return ak.run({"a": "A", "b": "B"}, prompts, store=store, batch=True, **{**arguments, **named})


def posts(server: MessagesServer) -> int:
    return sum(one.method == "POST" and one.path == "/v1/messages/batches" for one in server.received)


def test_results_find_their_places_at_half_the_price(tmp_path: Path, server: MessagesServer) -> None:
    server.reply = lambda body: f"{body['system']} {body['messages'][0]['content']}"
    results = run(server, ["x", "y"], tmp_path / "s.db")
    assert [one.output for one in results] == ["A x", "B x", "A y", "B y"]
    assert not server.calls
    plain = ak.run("A", ["x"], model="claude-sonnet-4-5", max_tokens=50, backend=at(server), store=False)
    assert results[0].cost_usd == pytest.approx((plain[0].cost_usd or 0) / 2)
    again = run(server, ["x", "y"], tmp_path / "s.db")
    assert again.reused == 4
    assert posts(server) == 1
    assert ak.run({"a": "A"}, ["x"], model="claude-sonnet-4-5", max_tokens=50, backend=at(server),
                  store=tmp_path / "s.db").reused == 1  # fmt: skip


def test_another_process_goes_on_waiting_for_what_was_sent(tmp_path: Path, server: MessagesServer) -> None:
    server.polls_until_ended = 10_000
    with pytest.raises(ak.errors.DeadlineExceeded):
        run(server, ["x", "y"], tmp_path / "s.db", deadline_s=1.5)
    assert posts(server) == 1
    server.polls_until_ended = 0
    results = run(server, ["x", "y", "z"], tmp_path / "s.db")
    assert [one.output for one in results] == ["A reply."] * 6
    assert posts(server) == 2


KILLED = """
import sys
import agentkit as ak

ak.run({"a": "A", "b": "B"}, ["x", "y"], model="claude-sonnet-4-5", max_tokens=50, batch=True, progress=False,
       backend=ak.Messages(base_url=sys.argv[1], api_key="k"), store=sys.argv[2])
"""


def wait_until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("polls", [0, 3])
def test_a_batch_whose_id_died_with_its_process_is_found_again(
    tmp_path: Path, server: MessagesServer, polls: int
) -> None:
    server.batch_faults = [Fault("hang")]
    server.polls_until_ended = polls
    child = subprocess.Popen([sys.executable, "-c", KILLED, server.url, str(tmp_path / "s.db")])
    wait_until(lambda: server.batches)
    child.kill()
    child.wait()
    results = run(server, ["x", "y"], tmp_path / "s.db")
    assert [one.output for one in results] == ["A reply."] * 4
    assert posts(server) == 1
    assert run(server, ["x", "y"], tmp_path / "s.db").reused == 4
    assert posts(server) == 1


def orphan(server: MessagesServer, store: Path, prompts: list[str]) -> None:
    """Leave a batch whose id the answer should have told, and did not."""
    server.batch_faults = [Fault("drop")]
    with pytest.raises(ServerUnreachable):
        run(server, prompts, store)
    assert not server.batch_faults


def test_a_batch_of_others_is_not_taken_for_the_lost_one(tmp_path: Path, server: MessagesServer) -> None:
    orphan(server, tmp_path / "others.db", ["p", "q"])
    orphan(server, tmp_path / "mine.db", ["x", "y"])
    orphan(server, tmp_path / "others.db", ["r", "s"])
    server.reply = lambda body: body["messages"][0]["content"]
    results = run(server, ["x", "y", "z"], tmp_path / "mine.db")
    assert [one.output for one in results] == ["x", "x", "y", "y", "z", "z"]
    sizes = [len(one["entries"]) for one in server.batches.values()]
    assert sizes == [4, 4, 4, 2]


def test_a_batch_that_never_arrived_is_sent_again(tmp_path: Path, server: MessagesServer) -> None:
    old = {"entries": [], "polls": 9, "canceled": False, "created_at": "2020-01-01T00:00:00Z"}
    server.batches = {f"old-{n}": {**old, "id": f"old-{n}"} for n in range(250)}
    orphan(server, tmp_path / "s.db", ["x", "y"])
    server.batches.popitem()
    assert len(run(server, ["x", "y"], tmp_path / "s.db")) == 4
    assert posts(server) == 2


def test_a_server_that_lists_no_batches_gets_the_lost_one_again(tmp_path: Path, server: MessagesServer) -> None:
    server.lists_batches = False
    orphan(server, tmp_path / "s.db", ["x", "y"])
    assert not run(server, ["x", "y"], tmp_path / "s.db").errors
    assert posts(server) == 2


def test_a_batch_that_was_refused_is_not_looked_for(tmp_path: Path, server: MessagesServer) -> None:
    server.batch_faults = [Fault("status", 400, "invalid_request_error", "no batches today")]
    with pytest.raises(CallError, match="no batches today"):
        run(server, ["x"], tmp_path / "s.db")
    server.batches.clear()
    assert not run(server, ["x"], tmp_path / "s.db").errors
    assert not [one for one in server.received if one.method == "GET" and "?" in one.path]


def test_what_expired_or_failed_is_told_apart_and_sent_again_on_request(tmp_path: Path, server: MessagesServer) -> None:
    fates = {"x": "succeeded", "y": "expired", "z": "errored"}
    server.outcome = lambda custom_id, params: fates[params["messages"][0]["content"]]
    results = run(server, ["x", "y", "z"], tmp_path / "s.db")
    assert [str(one.error).split(":")[0].split(" ")[0] for one in results if one.trial.variant == "a"][:2] == [
        "None",
        "expired",
    ]
    assert len(results.errors) == 4
    server.outcome = lambda custom_id, params: "succeeded"
    assert not results.retry_errors().errors
    assert posts(server) == 2


def test_a_batch_can_be_stopped(tmp_path: Path, server: MessagesServer) -> None:
    server.polls_until_ended = 10_000
    ended: list[ak.Results] = []
    thread = threading.Thread(target=lambda: ended.append(run(server, ["x"], tmp_path / "s.db")), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.batches and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    assert len(ak.cancel_batches(at(server), tmp_path / "s.db")) == 1
    server.polls_until_ended = 0
    thread.join(30)
    assert len(ended[0]) == 2


def test_a_budget_and_tools_are_looked_at_before_anything_is_sent(tmp_path: Path, server: MessagesServer) -> None:
    with pytest.raises(BudgetExceeded):
        run(server, ["x"], tmp_path / "s.db", budget_usd=0.0001)
    with pytest.raises(PlanError, match="cannot answer tools"):
        run(server, ["x"], tmp_path / "s.db", tools={"weather": "mild"})
    with pytest.raises(PlanError, match="Messages API alone"):
        run(server, ["x"], tmp_path / "s.db", backend=ak.Scripted("x"))
    assert posts(server) == 0


def test_a_batch_that_is_out_holds_its_part_of_a_shared_budget(tmp_path: Path, server: MessagesServer) -> None:
    server.polls_until_ended = 10_000
    budget = ak.Budget(0.1)
    with pytest.raises(ak.errors.DeadlineExceeded):
        run(server, ["x", "y"], tmp_path / "s.db", deadline_s=1.0, budget_usd=budget)
    held = 0.1 - budget.left_usd
    assert 4 * 50 * 7.5e-6 < held < 0.02  # four replies of 50 tokens at half the list price, and their input
    with pytest.raises(BudgetExceeded, match="batches that are out"):
        run(server, [f"z {n}" for n in range(13)], tmp_path / "s.db", budget_usd=budget)
    server.polls_until_ended = 0
    results = run(server, ["x", "y"], tmp_path / "s.db", budget_usd=budget)
    assert budget.spent_usd == pytest.approx(sum(one.cost_usd or 0 for one in results))
    assert budget.left_usd == pytest.approx(0.1 - budget.spent_usd)


def test_entries_that_cost_nothing_give_their_part_back(tmp_path: Path, server: MessagesServer) -> None:
    server.outcome = lambda id, params: "expired" if params["system"] == "A" else "succeeded"
    budget = ak.Budget(0.01)
    results = run(server, ["x"], tmp_path / "s.db", budget_usd=budget)
    assert len(results.errors) == 1
    assert budget.spent_usd == pytest.approx(results[1].cost_usd)
    assert budget.left_usd == pytest.approx(0.01 - budget.spent_usd)
