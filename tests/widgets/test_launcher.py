"""The launcher without a browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import ipywidgets as w
import pytest

import agentkit as ak
from agentkit.widgets._launch_choices import LISTED
from agentkit.widgets.launcher import Launcher
from tests.payloads import ALL
from tests.server import Fault, MessagesServer

ROOT = Path(__file__).parent.parent.parent
AGENT = ROOT / "agents" / "backend-engineer.md"
PROMPTS = {"kind": "Be kind.", "brief": "Be brief."}
INPUTS = ["one", "two", "three"]
BAD_REQUEST = Fault("status", 400, "invalid_request_error", "no such thing")


def echo(request: Any) -> str:
    return f"{request['system']} {request['messages'][-1]['content']}"


def at(server: MessagesServer) -> ak.Messages:
    return ak.Messages(base_url=server.url, api_key="k")


def until(condition: Any) -> None:
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def every(widget: w.Widget) -> list[w.Widget]:
    return [widget, *(each for child in getattr(widget, "children", ()) for each in every(child))]


def find(launcher: Launcher, text: str) -> Any:
    """The one input or button whose label begins with a text."""
    found = [
        each for each in every(launcher)
        if str(getattr(each, "description", "")).startswith(text) and not isinstance(each, w.HTML)
    ]  # fmt: skip
    assert len(found) == 1, f"{len(found)} widgets are called {text!r}"
    return found[0]


def shown(launcher: Launcher) -> str:
    launcher.settle()
    return "\n".join(each.value for each in every(launcher) if isinstance(each, w.HTML))


def test_pick_run_and_read() -> None:
    launcher = ak.launch(PROMPTS, INPUTS, backend=ak.Scripted(echo))
    assert "2 variants × 3 samples × 1 epoch" in shown(launcher)
    find(launcher, "brief").value = False
    find(launcher, "sample-2").value = False
    find(launcher, "Epochs").value = 2
    assert "= 4 trials" in shown(launcher)
    find(launcher, "Run").click()
    assert launcher.running is not None
    launcher.running.wait()
    assert launcher.results is not None
    assert launcher.value == launcher.results
    assert launcher.results.frame["output"].tolist() == ["Be kind. one"] * 2 + ["Be kind. three"] * 2
    text = shown(launcher)
    assert ">Done</b>" in text
    assert 'aria-valuenow="4"' in text


def test_nothing_picked_is_said_and_cannot_be_run() -> None:
    launcher = ak.launch(PROMPTS, INPUTS, backend=ak.Scripted(echo))
    find(launcher, "None").click()
    assert "Pick at least one sample." in shown(launcher)
    assert find(launcher, "Run").disabled
    with pytest.raises(ak.AgentkitError, match="Pick at least one sample"):
        launcher.run()
    find(launcher, "All").click()
    shown(launcher)
    assert not find(launcher, "Run").disabled


@pytest.mark.parametrize(
    ("label", "text", "field", "value"),
    [
        ("Output tokens", "200", "max_tokens", 200),
        ("Output tokens", "many", "max_tokens", None),
        ("Output tokens", "1.5", "max_tokens", None),
        ("Output tokens", "-1", "max_tokens", None),
        ("Budget", "$2.50", "budget_usd", 2.5),
        ("Budget", "nan", "budget_usd", None),
        ("Budget", "inf", "budget_usd", None),
        ("Model", " haiku ", "model", "haiku"),
    ],
)
def test_what_is_typed_is_taken_or_refused_in_words(label: str, text: str, field: str, value: Any) -> None:
    launcher = ak.launch(PROMPTS, INPUTS, backend=ak.Scripted(echo))
    find(launcher, label).value = text
    assert getattr(launcher.state.choice, field) == value
    refused = value is None
    assert (f"{text!r} is not".replace("'", "&#x27;") in shown(launcher).replace("&#39;", "&#x27;")) is refused
    assert find(launcher, "Run").disabled is refused
    find(launcher, label).value = ""
    shown(launcher)
    assert not find(launcher, "Run").disabled


def test_the_quote_follows_what_is_picked(server: MessagesServer, tmp_path: Path) -> None:
    launcher = ak.launch(PROMPTS, INPUTS, backend=at(server), store=tmp_path / "s.db", model="claude-haiku-4-5")
    until(lambda: launcher.state.quote is not None)
    assert "counted by the server" in shown(launcher)
    assert launcher.state.quote is not None
    find(launcher, "Epochs").value = 4
    launcher.settle()
    until(lambda: launcher.state.quote is not None and launcher.state.quote.trials == 24)
    launcher.run().wait()
    until(lambda: launcher.state.quote is not None and launcher.state.quote.stored == 24)
    assert "24 in the store and 0 to call" in shown(launcher)


def test_a_server_that_cannot_be_reached_is_said_and_not_raised() -> None:
    launcher = ak.launch(PROMPTS, INPUTS, backend=ak.Messages(base_url="http://127.0.0.1:9", api_key="k"), model="opus")
    until(lambda: launcher.state.quote_problem or launcher.state.quote)
    launcher.run()
    assert launcher.running is not None
    with pytest.raises(ak.AgentkitError):
        launcher.running.wait()
    until(lambda: "Could not go on" in shown(launcher))


def test_stop_and_resume(server: MessagesServer) -> None:
    hang = True
    server.fault = lambda body: Fault("hang") if hang and "three" in str(body["messages"]) else None
    launcher = ak.launch(PROMPTS, INPUTS, backend=at(server), store=False)
    find(launcher, "Run").click()
    until(lambda: launcher.results is not None and len(launcher.results) == 4)
    assert "<b>Running</b>" in shown(launcher)
    assert find(launcher, "Run").disabled
    assert find(launcher, "kind").disabled
    with pytest.raises(ak.AgentkitError, match="going on"):
        launcher.run()
    find(launcher, "Stop").click()
    assert "<b>Stopped</b>" in shown(launcher)
    assert not find(launcher, "kind").disabled
    hang, before = False, len(server.calls)
    find(launcher, "Resume").click()
    assert launcher.running is not None
    assert len(launcher.running.wait()) == 6
    assert len(server.calls) == before + 2
    shown(launcher)
    assert find(launcher, "Resume").disabled


def test_failures_have_their_cause_and_can_be_retried(server: MessagesServer) -> None:
    broken = True
    server.fault = lambda body: BAD_REQUEST if broken and "two" in str(body["messages"]) else None
    launcher = ak.launch(PROMPTS, INPUTS, backend=at(server), store=False)
    launcher.run().wait()
    text = shown(launcher)
    assert "kind · sample-2 · epoch 1" in text
    assert "no such thing" in text
    assert "2 trials failed" in text
    broken, before = False, len(server.calls)
    find(launcher, "Retry these 2").click()
    assert launcher.running is not None
    launcher.running.wait()
    assert len(server.calls) == before + 2
    assert launcher.results is not None
    assert not launcher.results.errors
    assert "None." in shown(launcher)


def test_what_was_picked_anew_is_not_resumed(server: MessagesServer) -> None:
    server.fault = lambda body: Fault("hang")
    launcher = ak.launch(PROMPTS, INPUTS, backend=at(server), store=False)
    launcher.run()
    launcher.stop()
    find(launcher, "Epochs").value = 2
    shown(launcher)
    assert find(launcher, "Resume").disabled
    assert not find(launcher, "Run").disabled


def test_why_failures_cannot_be_retried_is_said(server: MessagesServer) -> None:
    server.fault = lambda body: BAD_REQUEST if "two" in str(body["messages"]) else None
    launcher = ak.launch(PROMPTS, INPUTS, backend=at(server), store=False)
    launcher.run().wait()
    assert "Something else is picked now" not in shown(launcher)
    find(launcher, "Epochs").value = 2
    assert "Something else is picked now" in shown(launcher)


def test_many_samples_are_picked_by_number() -> None:
    launcher = ak.launch(PROMPTS, [f"prompt {n}" for n in range(LISTED + 1)], backend=ak.Scripted(echo))
    find(launcher, "The first so many").value = 2
    assert launcher.state.choice.samples == ("sample-1", "sample-2")


def test_a_replay_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTKIT_CASSETTE", raising=False)
    cassette = tmp_path / "c.jsonl"
    ak.run(PROMPTS, INPUTS, backend=ak.Scripted(echo), cassette=cassette, progress=False)
    monkeypatch.setenv("AGENTKIT_CASSETTE", "replay")
    launcher = ak.launch(PROMPTS, INPUTS, backend=ak.Scripted(echo), cassette=cassette)
    assert "nothing is called, nothing is paid" in shown(launcher)
    assert len(launcher.run().wait()) == 6


def lookup(name: str) -> str:
    """Look a name up."""
    return name


def definitions() -> dict[str, Any]:
    agent = ak.load(AGENT)
    return {
        "prompts": (PROMPTS, INPUTS, {}),
        "one": ("Be kind.", INPUTS, {"epochs": 3}),
        "a path": (str(AGENT), INPUTS, {"model": "haiku"}),
        "edited": ({"today": agent, "terse": agent.without("Security")}, agent, {"max_tokens": 20}),
        "coloured": ({"to-day": agent.replace(color="pink", description="Use: it\nnow")}, INPUTS, {"max_turns": 3}),
        "loaded from text": ({"x": ak.loads(agent.text)}, ["a"], {}),
        "odd names": ({"class": "a", "1": "b", "ak": "c", "ä ö": "d", "A": "e", "a": "f"}, INPUTS, {}),
        "same variable": ({"a b": "x", "a-b": "y", "results": "z"}, INPUTS, {}),
        "variants": ({"v": ak.Variant("Be kind.", model="opus", max_tokens=7, stop_sequences=["END"])}, INPUTS, {}),
        "models": (ak.across({"today": agent}, ["haiku", "opus"]), INPUTS, {}),
        "tools": (PROMPTS, INPUTS, {"tools": [lookup], "max_turns": 2}),
        "canned": (PROMPTS, INPUTS, {"tools": {"weather": "sunny"}}),
        "quotes": ({"q": 'a """ b \\n\n"c"'}, ['x"y', "it's\nlines", "\\"], {}),
        "rows": (PROMPTS, [{"input": "a", "id": "x", "target": "t", "n": 1.5, "checks": ["is_json"]}], {}),
        "turns": (PROMPTS, [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                             {"role": "user", "content": [{"type": "text", "text": "c"}]}]], {}),
        "settings": (PROMPTS, INPUTS, {"thinking": "disabled", "effort": "low", "schema": {"type": "object"}}),
        "many": (PROMPTS, [f"p {n}" for n in range(60)], {}),
        "all payloads": ({f"v{n}": f"{text} ." for n, text in enumerate(ALL)}, ALL[:40], {}),
    }  # fmt: skip


@pytest.mark.parametrize("name", definitions())
@pytest.mark.parametrize("picked", ["all", "some"])
def test_the_code_makes_the_same_run(name: str, picked: str) -> None:
    variants, samples, arguments = definitions()[name]
    backend = ak.Scripted("Hi")
    launcher = ak.launch(variants, samples, backend=backend, store=False, progress=False, **arguments)
    if picked == "some":
        choice = launcher.state.choice
        launcher.state.choose(variants=choice.variants[-1:], samples=choice.samples[-1:], epochs=2)
    # Names that Python has no words for are the user's own.
    known = {"ak": ak, "backend": backend, "lookup": lookup, "samples": ak.samples(samples)}
    exec(launcher.code.replace("ak.run(", "ak.quote("), dict(known))
    namespace = dict(known)
    exec(launcher.code.replace("store=False", "store=False, progress=False"), namespace)
    results = launcher.run().wait()
    assert [one.trial for one in namespace["results"]] == [one.trial for one in results]  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_the_code_reads_the_samples_file_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"s{suffix}"
    path.write_text("input\na\nb\nc\n" if suffix == ".csv" else '{"input": "a"}\n{"input": "b"}\n{"input": "c"}\n')
    launcher = ak.launch("Be kind.", path, backend=ak.Scripted("x"), store=False)
    assert f"ak.samples({str(path)!r})" in launcher.code
    launcher.state.choose(samples=("sample-1", "sample-2"))
    assert "samples = samples[:2]" in launcher.code
    launcher.state.choose(samples=("sample-3",))
    namespace = {"ak": ak, "backend": ak.Scripted("x")}
    exec(launcher.code, namespace)
    assert namespace["results"].samples == ("sample-3",)  # type: ignore[attr-defined]


def test_backends_are_spelled_where_they_can_be() -> None:
    code = ak.launch("Be kind.", ["a"], backend=ak.Messages(base_url="http://127.0.0.1:9", api_key="sk-secret")).code
    assert "backend=ak.Messages(base_url='http://127.0.0.1:9')" in code
    assert "secret" not in code


@pytest.mark.parametrize("text", ALL)
def test_foreign_text_is_shown_and_never_markup(text: str) -> None:
    launcher = ak.launch({f"v {text}": f"{text} ."}, [f"{text} ?"], backend=ak.Scripted(ValueError(text)), store=False)
    try:
        launcher.run().wait()
    except ak.AgentkitError:
        assert launcher.running is not None
    page = shown(launcher)
    for sign in ("<script", "<img", "<svg", "<iframe", "javascript:alert", "<style", "<math"):
        assert sign not in page.lower()
