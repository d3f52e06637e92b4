"""Recording, replaying, and what a stale cassette says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.errors import CassetteError, StaleCassette
from agentkit.experiment import cassettes as module
from agentkit.experiment.cassette import Cassette
from tests.server import MessagesServer

KEY = "sk-ant-planted-0123456789"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Each test is a process of its own, as far as cassettes are concerned."""
    module._opened.clear()
    yield
    ak.use_cassette(None)
    module._opened.clear()


def echo(request: Any) -> str:
    return f"{request['system']} {request['messages'][-1]['content']}"


def run(variants: Any, prompts: list[Any], path: Path | None, backend: Any = None, **named: Any) -> ak.Results:
    backend = backend or ak.Scripted(echo)
    return ak.run(variants, prompts, **{"cassette": path, "backend": backend, "store": False, **named})


def anew() -> None:
    module._opened.clear()


def test_a_missing_cassette_is_recorded_and_then_answers_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "c.jsonl"
    recorded = run({"a": "A", "b": "B"}, ["x"], path, epochs=2)
    run({"c": "C"}, ["y"], path)  # what this process began to record it goes on recording, for further variants
    with pytest.raises(StaleCassette):
        run({"a": "another"}, ["x"], path)  # but a changed variant is told
    anew()
    silent = ak.Scripted([])
    replayed = run({"a": "A", "b": "B"}, ["x"], path, silent, epochs=2)
    assert replayed == recorded
    assert replayed.frame.equals(recorded.frame)
    assert not silent.requests
    assert run({"c": "C"}, ["y"], path, silent)[0].output == "C y"


def test_the_file_is_sorted_lines_and_an_addition_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.jsonl"
    run("A long prompt", ["x", "y"], path)
    before = path.read_text().split("\n")
    assert before[0] == '{"agentkit-cassette":1}'
    assert before[:-1] == sorted(before[:-1])
    assert sum("A long prompt" in line and '"text"' in line[:9] for line in before) == 1
    monkeypatch.setenv("AGENTKIT_CASSETTE", "record")
    run("A long prompt", ["z"], path)
    after = path.read_text().split("\n")
    assert len(after) == len(before) + 1
    assert set(before) <= set(after)


def test_cassettes_merge_as_plain_text(tmp_path: Path) -> None:
    one, two, both = (tmp_path / name for name in ("1.jsonl", "2.jsonl", "3.jsonl"))
    run("A", ["x", "y"], one)
    run("A", ["y", "z"], two)
    both.write_text("".join(sorted(one.open().readlines() + two.open().readlines())))
    anew()
    assert [row.output for row in run("A", ["x", "y", "z"], both, ak.Scripted([]))] == ["A x", "A y", "A z"]


def test_a_stale_cassette_says_what_changed_and_how_to_record(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    run({"today": "One.\nTwo.\nThree.", "other": "Else."}, ["x", "y"], path)
    anew()
    with pytest.raises(StaleCassette) as caught:
        run({"today": "One.\nTwo!\nThree."}, ["x", "y"], path)
    error = caught.value
    assert (error.variant, error.sample, error.changed) == ("today", "sample-1", ("system",))
    assert "-  Two.\n+  Two!" in error.diff
    assert "agentkit record" in str(error)
    assert str(tmp_path) not in str(error)
    with pytest.raises(StaleCassette) as caught:
        run({"today": "One.\nTwo.\nThree."}, ["x"], path, max_tokens=7)
    assert caught.value.changed == ("max_tokens",)
    with pytest.raises(StaleCassette) as caught:
        run({"today": "One.\nTwo.\nThree."}, ["x"], path, epochs=2)
    assert caught.value.changed == ("epoch",)
    with pytest.raises(StaleCassette) as caught:
        run({"today": "One.\nTwo.\nThree."}, ["new"], path)
    assert caught.value.changed == ("messages",)
    with pytest.raises(StaleCassette, match="model 'unheard'"):
        run({"today": "One.\nTwo.\nThree."}, ["x"], path, model="unheard")


def test_the_modes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.jsonl"
    monkeypatch.setenv("AGENTKIT_CASSETTE", "replay")
    with pytest.raises(StaleCassette, match="there is no cassette"):
        run("A", ["x"], path)
    monkeypatch.setenv("AGENTKIT_CASSETTE", "record")
    run("A", ["x"], path)
    anew()
    backend = ak.Scripted(echo)
    run("A", ["x", "y"], path, backend)
    assert len(backend.requests) == 1
    monkeypatch.setenv("AGENTKIT_CASSETTE", "live")
    before = path.read_bytes()
    run("A", ["x", "w"], path, backend)
    assert len(backend.requests) == 3
    assert path.read_bytes() == before
    monkeypatch.setenv("AGENTKIT_CASSETTE", "replay")
    with pytest.raises(StaleCassette):
        run("A", ["w"], path, backend)
    monkeypatch.setenv("AGENTKIT_CASSETTE", "sometimes")
    with pytest.raises(CassetteError, match="unknown value"):
        run("A", ["x"], path)


def test_one_cassette_for_the_whole_notebook(tmp_path: Path) -> None:
    ak.use_cassette(tmp_path / "c.jsonl")
    recorded = [run("A", [text], None)[0].output for text in ("x", "y")]
    anew()
    assert [run("A", [text], None, ak.Scripted([]))[0].output for text in ("x", "y")] == recorded


def test_pruning_keeps_what_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.jsonl"
    run({"a": "A"}, ["x", "y"], path)
    run({"b": "B"}, ["x"], path)
    anew()
    run({"a": "A"}, ["y"], path)
    cassette = module.cassette_for(path)
    assert cassette is not None
    assert cassette.prune() == 2
    anew()
    assert run({"a": "A"}, ["y"], path, ak.Scripted([]))[0].output == "A y"
    assert '"B"' not in path.read_text()


def test_pruning_keeps_order_and_bytes_of_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    run({"a": "A", "b": "B"}, ["x", "y\u2028z"], path)
    head, *lines = path.read_text().split("\n")[:-1]
    # As a merge may leave it: in another order, a line twice, a space that agentkit does not write.
    merged = [line.replace('"sample":', '"sample": ') if '"call"' in line else line for line in reversed(lines)]
    path.write_text("\n".join([head, *merged, merged[0], ""]))
    anew()
    run({"a": "A"}, ["x", "y\u2028z"], path)
    before = path.read_text().split("\n")
    cassette = module.cassette_for(path)
    assert cassette is not None
    assert cassette.prune() == 2
    dropped = [line for line in before if '"variant":"b"' in line or '"value":"B"' in line]
    assert path.read_text().split("\n") == [line for line in before if line not in dropped]
    assert cassette.prune() == 0
    assert len(cassette) == 2


def test_what_is_in_the_store_reaches_the_cassette_without_a_call(tmp_path: Path) -> None:
    run("A", ["x"], None, store=tmp_path / "s.db")
    backend = ak.Scripted([])
    run("A", ["x"], tmp_path / "c.jsonl", backend, store=tmp_path / "s.db")
    anew()
    assert run("A", ["x"], tmp_path / "c.jsonl", backend)[0].output == "A x"
    assert not backend.requests


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not a cassette\n", "is no cassette"),
        ('{"agentkit-cassette":9}\n', "later agentkit"),
        ('{"agentkit-cassette":1}\n<<<<<<< ours\n', ":2: this line is no part"),
        ('{"agentkit-cassette":1}\n{"text":1}\n', ":2: this line is no part"),
    ],
)
def test_a_damaged_cassette_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(text)
    with pytest.raises(CassetteError, match=said):
        run("A", ["x"], path)


def test_a_damaged_call_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    run("A", ["x"], path)
    path.write_text(path.read_text().replace('"reply":{', '"reply":['))
    anew()
    with pytest.raises(CassetteError, match="line of a call is damaged"):
        run("A", ["x"], path)


def test_no_key_and_no_address_reaches_what_is_written(
    tmp_path: Path, server: MessagesServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    server.reply = lambda body: f"you sent {KEY}"
    results = run({"a": "A"}, ["x"], tmp_path / "c.jsonl", ak.Messages(), model="haiku", store=tmp_path / "s.db")
    results.to_jsonl(tmp_path / "r.jsonl")
    results.to_html(tmp_path / "r.html")
    results.to_csv(tmp_path / "r.csv")
    results.to_parquet(tmp_path / "r.parquet")
    server.faults = []
    from tests.server import Fault

    server.fault = lambda body: Fault("status", 400, "invalid_request_error", f"bad key {KEY}")
    failed = ak.run("B", ["x"], model="haiku", store=tmp_path / "s.db")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    shown = f"{results} {failed} {failed.frame.to_string()} {capfd.readouterr()} {failed[0]!r}"
    assert KEY.encode() not in written
    assert KEY not in shown
    cassette = (tmp_path / "c.jsonl").read_text()
    assert server.url not in cassette
    assert str(tmp_path) not in cassette


def test_a_replay_needs_no_backend_no_server_and_prints_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    run({"a": "A"}, ["x"], path)
    path.write_text(path.read_text().replace('"asked":"scripted"', '"asked":"auto"'))
    code = (
        "import sys, agentkit as ak\n"
        f"results = ak.run({{'a': 'A'}}, ['x'], cassette={str(path)!r})\n"
        "assert results[0].output == 'A x'\n"
        "heavy = ['anthropic', 'sqlite3', 'pandas', 'agentkit.backends.messages', 'genai_prices']\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert not (tmp_path / ".agentkit").exists()


def test_calls_are_read_only_when_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    run("A", [f"p{n}" for n in range(300)], path)
    assert len(Cassette(path, recording=False)) == 300
