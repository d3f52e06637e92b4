"""Runs from end to end on scripted replies and on a real local server."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.errors import (
    BudgetExceeded,
    CallError,
    CredentialsMissing,
    DeadlineExceeded,
    ModelNotFound,
    PlanError,
    ServerUnreachable,
)
from tests.faulty import through_faults
from tests.server import OVERLOADED, SERVER_ERROR, Fault, MessagesServer

KEY = "sk-ant-planted-0123456789"
PROMPTS = {"kind": "Be kind.", "brief": "Be brief."}


def echo(request: Any) -> str:
    return f"{request['system']} {request['messages'][-1]['content']}"


def run(*arguments: Any, **named: Any) -> ak.Results:
    return ak.run(*arguments, **{"progress": False, "store": False, **named})


def at(server: MessagesServer) -> ak.Messages:
    return ak.Messages(base_url=server.url, api_key=KEY)


def test_every_place_of_the_plan_gets_its_own_reply() -> None:
    results = run(PROMPTS, ["a", "b"], epochs=2, backend=ak.Scripted(echo))
    assert [(one.trial.variant, one.trial.sample, one.trial.epoch, one.output) for one in results][:4] == [
        ("kind", "sample-1", 1, "Be kind. a"),
        ("kind", "sample-1", 2, "Be kind. a"),
        ("brief", "sample-1", 1, "Be brief. a"),
        ("brief", "sample-1", 2, "Be brief. a"),
    ]


def test_the_awaitable_gives_the_same_inside_a_running_loop() -> None:
    async def main() -> tuple[ak.Results, ak.Results]:
        awaited = await ak.arun(PROMPTS, ["a"], backend=ak.Scripted(echo), store=False, progress=False)
        return awaited, run(PROMPTS, ["a"], backend=ak.Scripted(echo))

    awaited, blocking = asyncio.run(main())
    assert awaited == blocking


def test_finished_trials_are_not_called_again(tmp_path: Path, server: MessagesServer) -> None:
    server.reply = lambda body: body["messages"][0]["content"].upper()
    store = tmp_path / "deep" / "store.db"
    first = run(PROMPTS, ["a", "b"], model="haiku", backend=at(server), store=store)
    assert len(server.calls) == 4
    again = run(PROMPTS, ["a", "b"], model="haiku", backend=at(server), store=store)
    more = run(PROMPTS, ["a", "c", "b"], model="haiku", backend=at(server), store=store)
    assert again == first
    assert again.reused == 4
    assert len(server.calls) == 6
    assert more.reused == 4
    assert list(more.frame["output"]) == ["A", "A", "C", "C", "B", "B"]


def test_an_alias_is_resolved_and_the_model_that_served_is_kept(server: MessagesServer) -> None:
    results = run("X", ["a"], model="opus", backend=at(server))
    assert results.frame["model"][0] == "claude-opus-6"
    assert server.calls[0]["model"] == "claude-opus-6"


def test_the_order_of_models() -> None:
    def served(variant: Any, **named: Any) -> Any:
        return run(variant, ["a"], backend=ak.Scripted("x"), **named)[0].trial.request["model"]

    agent = ak.loads("---\nname: one\ndescription: Use it\nmodel: opus\n---\nBe kind.\n")
    assert served(agent, model="run") == "run"
    assert served(ak.Variant(agent, model="variant")) == "variant"
    assert served(agent) == "opus"
    assert served("X") == "scripted"


def test_an_error_is_a_row_of_its_own_and_only_it_is_retried(tmp_path: Path, server: MessagesServer) -> None:
    bad = Fault("status", 400, "invalid_request_error", "that is too long")
    server.fault = lambda body: bad if body["messages"][0]["content"] == "b" else None
    server.reply = {"content": [{"type": "text", "text": ""}], "stop_reason": "refusal"}
    results = run("X", ["a", "b"], model="claude-haiku-6", backend=at(server), store=tmp_path / "s.db")
    assert list(results.frame["stop_reason"].fillna("none")) == ["refusal", "none"]
    assert "that is too long" in str(results.errors[0].error)
    assert results.frame["output_tokens"].isna().tolist() == [False, True]
    server.fault = lambda body: None
    calls = len(server.calls)
    mended = results.retry_errors()
    assert len(server.calls) == calls + 1
    assert not mended.errors
    assert [one.trial.sample for one in mended] == ["sample-1", "sample-2"]
    assert len(results.errors) == 1


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (Fault("status", 400, "invalid_request_error", "that is too long"), "invalid_request 400: that is too long"),
        (
            Fault("status", 400, "exceed_context_size_error", "4097 tokens"),
            "invalid_request 400: exceed_context_size_error: 4097 tokens",
        ),
        (Fault("status", 418, "teapot_error", "short and stout"), "other 418: teapot_error: short and stout"),
        (Fault("status", 400, body=b""), "invalid_request 400: the server said nothing more"),
        (Fault("status", 404, "not_found_error", "model: m"), "not_found: the server knows no model 'm': model: m"),
    ],
)
def test_the_table_says_an_error_once(server: MessagesServer, fault: Fault, shown: str) -> None:
    server.fault = lambda body: fault if body["model"] == "m" else None
    both = {"good": ak.Variant("X", model="claude-haiku-6"), "bad": ak.Variant("X", model="m")}
    assert run(both, ["a"], backend=at(server)).frame["error"][1] == shown


def test_what_can_succeed_later_is_tried_again(server: MessagesServer) -> None:
    server.faults = [SERVER_ERROR, Fault("drop"), OVERLOADED, Fault("cut")]
    results = run("X", ["a"], model="claude-haiku-6", backend=at(server))
    assert results[0].output == "A reply."
    assert len(server.calls) == 5


def test_a_wrong_key_is_said_once_and_not_hammered(server: MessagesServer) -> None:
    server.key = "another"
    with pytest.raises(CredentialsMissing) as caught:
        run("X", [f"p{n}" for n in range(200)], model="claude-haiku-6", backend=at(server))
    assert KEY not in str(caught.value)
    assert len(server.received) <= 40


def test_a_server_that_is_not_there_is_said_soon() -> None:
    with pytest.raises(ServerUnreachable):
        run("X", [f"p{n}" for n in range(50)], model="m", backend=ak.Messages("http://127.0.0.1:9", KEY))


def test_a_model_that_nobody_knows(server: MessagesServer) -> None:
    server.any_model = False
    with pytest.raises(ModelNotFound, match="claude-none"):
        run("X", ["a", "b"], model="claude-none", backend=at(server))
    both = {"good": ak.Variant("X", model="claude-haiku-6"), "bad": ak.Variant("X", model="claude-none")}
    results = run(both, ["a", "b"], backend=at(server))
    assert [one.failure is None for one in results] == [True, False, True, False]


def test_a_strange_exception_of_a_backend_is_an_error_row() -> None:
    def reply(request: Any) -> str:
        if request["messages"][0]["content"] == "b":
            raise ValueError(f"no {KEY}")
        return "fine"

    results = run("X", ["a", "b"], backend=ak.Scripted(reply))
    assert results[0].output == "fine"
    assert results[1].error == "other: ValueError: no [key removed]"


def test_mixed_faults_lose_double_and_mix_nothing(tmp_path: Path) -> None:
    account = through_faults(tmp_path / "s.db", 300, 0.2, seed=3)
    assert {"hang", "stall", "cut", "drop", "garbage", "429", "500", "529"} <= set(account.happened)
    assert account.differences == []


def test_a_call_that_keeps_failing_ends_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    overloaded = CallError("busy", kind="overloaded", status=529, retry_after_s=0.0, retryable=True)
    backend = ak.Scripted(lambda request: overloaded if request["messages"][0]["content"] == "b" else "fine")
    results = run("X", ["a", "b", "c"], backend=backend)
    assert [one.output for one in results] == ["fine", None, "fine"]
    assert results[1].error == "overloaded 529: busy (after 10 attempts)"


def test_a_deadline_keeps_what_finished(tmp_path: Path, server: MessagesServer) -> None:
    server.fault = lambda body: Fault("hang") if body["messages"][0]["content"] == "slow" else None
    with pytest.raises(DeadlineExceeded) as caught:
        run("X", ["a", "slow"], model="m", backend=at(server), store=tmp_path / "s.db", deadline_s=3.0)
    assert [one.trial.sample for one in caught.value.results] == ["sample-1"]
    server.fault = lambda body: None
    assert run("X", ["a", "slow"], model="m", backend=at(server), store=tmp_path / "s.db").reused == 1


def test_a_budget_is_never_passed(server: MessagesServer) -> None:
    price = 3.0 / 1e6 * 1100 + 15.0 / 1e6 * 100  # about what a call can cost
    server.reply = "word" * 100
    with pytest.raises(BudgetExceeded) as caught:
        run(
            "X", [f"p{n}" for n in range(50)], model="claude-sonnet-4-5", max_tokens=100, backend=at(server),
            budget_usd=price * 3,
        )  # fmt: skip
    spent = caught.value.results.usage.cost_usd
    assert 0 < spent <= price * 3
    assert len(server.calls) == len(caught.value.results)


def test_what_is_out_at_the_end_of_a_budget_is_kept(server: MessagesServer) -> None:
    server.latency_s = 0.1
    server.reply = "word" * 100
    budget = ak.Budget(0.02)
    with pytest.raises(BudgetExceeded) as caught:
        run(
            "X", [f"p{n}" for n in range(50)], model="claude-sonnet-4-5", max_tokens=100, backend=at(server),
            budget_usd=budget,
        )  # fmt: skip
    assert len(caught.value.results) == len(server.delivered) == len(server.calls)
    assert budget.spent_usd == pytest.approx(caught.value.results.usage.cost_usd)


def test_an_unknown_price_fails_closed_under_a_budget(server: MessagesServer) -> None:
    with pytest.raises(BudgetExceeded, match="price of no-such-model is unknown"):
        run("X", ["a"], model="no-such-model", backend=at(server), budget_usd=100.0)
    assert not server.calls


def test_one_budget_holds_several_runs(server: MessagesServer) -> None:
    budget = ak.Budget(1.0)
    first = run("X", ["a"], model="claude-sonnet-4-5", max_tokens=100, backend=at(server), budget_usd=budget)
    second = run("X", ["b"], model="claude-sonnet-4-5", max_tokens=100, backend=at(server), budget_usd=budget)
    assert budget.spent_usd == pytest.approx((first.usage.cost_usd or 0) + (second.usage.cost_usd or 0))
    assert budget.left_usd == pytest.approx(1.0 - budget.spent_usd)


def test_the_stream_yields_rows_as_they_end_and_stops_when_left() -> None:
    async def main() -> tuple[list[str | None], int]:
        backend = ak.Scripted(echo)
        outputs = [row.output async for row in ak.stream(PROMPTS, ["a"], backend=backend, store=False, progress=False)]
        slow = ak.Scripted(echo, latency_s=0.05)
        stream = ak.stream("X", [f"p{n}" for n in range(500)], backend=slow, store=False, progress=False, concurrency=2)
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        taken = len(slow.requests)
        await asyncio.sleep(0.3)
        return outputs, len(slow.requests) - taken

    outputs, later = asyncio.run(main())
    assert sorted(map(str, outputs)) == ["Be brief. a", "Be kind. a"]
    assert later == 0


def test_the_awaitable_can_be_cancelled_and_keeps_what_finished(tmp_path: Path) -> None:
    slow = ak.Scripted(echo, latency_s=0.05)

    async def main() -> None:
        arguments: dict[str, Any] = {"backend": slow, "store": tmp_path / "s.db", "progress": False, "concurrency": 2}
        task = asyncio.create_task(ak.arun("X", [f"p{n}" for n in range(200)], **arguments))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    made = len(slow.requests)
    assert made < 200
    again = run("X", [f"p{n}" for n in range(200)], backend=ak.Scripted(echo), store=tmp_path / "s.db")
    assert made - 2 <= again.reused <= made


def test_two_runs_on_one_store_do_each_trial_once(tmp_path: Path) -> None:
    backend = ak.Scripted(echo, latency_s=0.01)
    prompts = [f"p{n}" for n in range(150)]
    got: list[ak.Results] = []

    def go() -> None:
        got.append(run("X", prompts, backend=backend, store=tmp_path / "s.db", concurrency=8))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(backend.requests) == 150
    assert got[0] == got[1]


def test_progress_is_told_and_ends_with_everything_done() -> None:
    seen: list[ak.Progress] = []
    run("X", ["a", "b"], backend=ak.Scripted("x"), progress=seen.append)
    assert seen[-1].finished
    assert (seen[-1].done, seen[-1].total, seen[-1].left, seen[-1].failed) == (2, 2, 0, 0)


def test_a_progress_function_that_raises_loses_no_results(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(now: ak.Progress) -> None:
        raise ValueError("no such widget")

    assert run("X", ["a"], backend=ak.Scripted("fine"), progress=broken)[0].output == "fine"
    assert "no such widget" in capsys.readouterr().err


def test_progress_is_one_line_in_a_log(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for _ in range(2):
        run("X", ["a", "b"], backend=ak.Scripted("x"), store=tmp_path / "s.db", progress=None)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2/2 done, 2 reused" in shown.err.splitlines()[-1]


def test_a_wrong_argument_is_said() -> None:
    with pytest.raises(PlanError, match="epochs"):
        run("X", ["a"], epochs=0, backend=ak.Scripted("x"))
    with pytest.raises(PlanError, match="concurrency"):
        run("X", ["a"], concurrency=0, backend=ak.Scripted("x"))
    with pytest.raises(TypeError, match="epoch; run takes"):
        asyncio.run(ak.arun("X", ["a"], epoch=2))


def test_a_long_prompt_is_cached_and_one_call_warms_it(server: MessagesServer) -> None:
    server.latency_s = 0.02
    results = run("word " * 4000, ["a", "b", "c"], model="claude-sonnet-4-5", backend=at(server))
    assert server.most_in_flight == 2
    assert server.usage["cache_creation_input_tokens"] > 0
    assert (results.usage.cache_read_tokens, results.usage.cache_write_tokens) == (
        server.usage["cache_read_input_tokens"],
        server.usage["cache_creation_input_tokens"],
    )
    plain = run("word " * 4000, ["a"], model="claude-sonnet-4-5", backend=at(server))
    assert plain[0].trial.key == results[0].trial.key


def test_what_is_no_backend_is_refused() -> None:
    with pytest.raises(PlanError, match="no such backend") as caught:
        ak.run("Be kind.", ["Hello"], backend="nope", store=False)
    assert "ak.Messages()" in str(caught.value)
