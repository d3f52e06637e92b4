from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.backends import llama
from agentkit.backends.protocol import Backend
from agentkit.errors import BackendError, CallError, MissingExtra

pytestmark = pytest.mark.embedded


def request(text: str = "Name a database.", **fields: Any) -> dict[str, Any]:
    return {
        "model": "smollm2-135m-instruct",
        "max_tokens": 24,
        "system": "You are a backend engineer.",
        "messages": [{"role": "user", "content": text}],
        **fields,
    }


@pytest.fixture
def backend(model_cache: Path) -> ak.Embedded:
    return ak.Embedded()


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    llama.stop_all()


def send(backend: ak.Embedded, *requests: dict[str, Any]) -> list[ak.Reply]:
    async def work() -> list[ak.Reply]:
        try:
            return await asyncio.gather(*(backend.send(one) for one in requests))
        finally:
            await backend.aclose()

    return asyncio.run(work())


def alive(pid: int) -> bool:
    if Path("/proc").is_dir():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
    else:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def gone(pid: int, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


def test_it_is_a_backend_and_says_what_it_is_good_for(backend: ak.Embedded) -> None:
    assert isinstance(backend, Backend)
    assert "does not judge prompts" in backend.notice
    assert "\n" not in backend.notice
    assert asyncio.run(backend.resolve_model("opus")) == "smollm2-135m-instruct"


def test_replies_repeat_exactly_whatever_came_before_and_whoever_else_asks(backend: ak.Embedded) -> None:
    [first] = send(backend, request())
    again = send(backend, request("Something else."), request(), request("And this?"), request())
    assert first.output
    assert first.output == again[1].output == again[3].output
    assert (first.model, first.output_tokens, first.stop_reason) == ("smollm2-135m-instruct", 24, "max_tokens")
    backend.stop()
    assert send(backend, request())[0].output == first.output


def test_without_a_seed_replies_differ_and_the_model_id_says_so(model_cache: Path) -> None:
    any_seed = ak.Embedded(seed=None, temperature=1.0)
    assert any_seed.model == "smollm2-135m-instruct+anyseed+t1"
    replies = send(any_seed, *[request(model=any_seed.model)] * 3)
    assert len({one.output for one in replies}) > 1


def test_a_model_known_by_name_is_served_beside_its_own(model_cache: Path) -> None:
    known = ak.Embedded()
    known.prepare()
    mine = ak.Embedded(next(model_cache.glob("smollm2*.gguf")))
    names = [asyncio.run(mine.resolve_model(name)) for name in ("smollm2-135m", "qwen2.5-coder-0.5b", "opus", None)]
    assert names == ["smollm2-135m-instruct", "qwen2.5-coder-0.5b-instruct", mine.model, mine.model]
    replies = send(mine, request(), request(model=mine.model))
    assert [one.model for one in replies] == ["smollm2-135m-instruct", mine.model]
    assert mine.pid is not None
    mine.stop()
    assert mine.pid is None


def test_a_stop_sequence_is_told(backend: ak.Embedded) -> None:
    [whole] = send(backend, request())
    word = whole.output.split()[3]
    [stopped] = send(backend, request(stop_sequences=[word]))
    assert stopped.stop_reason == "stop_sequence"
    assert word not in stopped.output


def test_a_prompt_that_is_too_long_says_so(backend: ak.Embedded) -> None:
    with pytest.raises(CallError, match="exceeds the available context size") as caught:
        send(backend, request("word " * 6000))
    assert (caught.value.kind, caught.value.status, caught.value.retryable) == ("invalid_request", 400, False)
    assert "shorten" in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"name": "look", "input_schema": {"type": "object"}}]},
        {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
    ],
)
def test_what_the_model_lacks_is_refused_not_ignored(backend: ak.Embedded, fields: dict[str, Any]) -> None:
    with pytest.raises(CallError, match="the embedded model has no"):
        send(backend, request(**fields))


def test_a_killed_server_is_started_again(backend: ak.Embedded) -> None:
    send(backend, request())
    pid = backend.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert send(backend, request())[0].output
    assert backend.pid not in (None, pid)


def test_its_key_is_in_no_list_of_processes(backend: ak.Embedded) -> None:
    send(backend, request())
    server = next(iter(llama._servers.values()))
    _, key = server.address()
    command = ["ps", "-ww", "-o", "args=", "-p", str(server.pid)]
    shown = subprocess.run(command, capture_output=True, text=True).stdout if shutil.which("ps") else ""
    for name in ("cmdline", "environ"):
        with contextlib.suppress(OSError):
            shown += Path(f"/proc/{server.pid}/{name}").read_text()
    assert "llama_child" in shown
    assert key not in shown


def test_a_stranger_is_turned_away(backend: ak.Embedded) -> None:
    send(backend, request())
    url, _ = next(iter(llama._servers.values())).address()

    async def work() -> ak.Reply:
        stranger = ak.Messages(url, "guess")
        try:
            return await stranger.send(request())
        finally:
            await stranger.aclose()

    with pytest.raises(CallError) as caught:
        asyncio.run(work())
    assert caught.value.kind == "authentication"


def test_two_backends_share_one_server(backend: ak.Embedded) -> None:
    other = ak.Embedded()
    send(backend, request())
    send(other, request())
    assert backend.pid == other.pid


def test_it_streams(backend: ak.Embedded) -> None:
    async def work() -> tuple[ak.Reply, str]:
        pieces: list[str] = []
        reply = await backend.send_stream(request(), pieces.append)
        await backend.aclose()
        return reply, "".join(pieces)

    reply, text = asyncio.run(work())
    assert reply.output == text == send(backend, request())[0].output


PARENT = """
import asyncio, sys, time
import agentkit as ak
backend = ak.Embedded()
async def work():
    reply = await backend.send({"model": "m", "max_tokens": 4, "messages": [{"role": "user", "content": "Hi"}]})
    await backend.aclose()
asyncio.run(work())
try:
    print(backend.pid, flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    asyncio.run(work())
    print(backend.pid, flush=True)
"""


@pytest.fixture
def parent(model_cache: Path, repo: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(repo)}
    child = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    yield child
    child.kill()
    child.communicate()


def test_it_dies_with_a_kill_of_its_parent(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    assert alive(server)
    parent.kill()
    assert gone(server)


def test_it_survives_an_interrupt_of_its_parents_group(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    os.killpg(parent.pid, signal.SIGINT)
    assert int(parent.stdout.readline()) == server
    parent.wait(10)
    assert gone(server)  # and ends with an ordinary end


def test_another_file_has_a_name_of_its_own(model_cache: Path, backend: ak.Embedded, tmp_path: Path) -> None:
    send(backend, request())
    [file] = model_cache.glob("smollm2*.gguf")
    copy = tmp_path / "Mine.gguf"
    copy.symlink_to(file)
    mine = ak.Embedded(copy, seed=3, temperature=0.5)
    assert asyncio.run(mine.resolve_model(None)).startswith("mine@")
    assert asyncio.run(mine.resolve_model(None)).endswith("+seed3+t0.5")
    assert send(mine, request())[0].model == asyncio.run(mine.resolve_model(None))
    mine.stop()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_text("hello")
    with pytest.raises(BackendError, match="no GGUF file"):
        ak.Embedded(wrong)
    monkeypatch.setenv("AGENTKIT_MODEL", str(tmp_path / "missing.gguf"))
    with pytest.raises(BackendError, match="cannot be read"):
        ak.Embedded()
    wrong.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(BackendError, match="did not start"):
        send(ak.Embedded(wrong), request())


def test_a_model_that_cannot_be_downloaded_fails_its_own_trials_alone(
    model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ak.Embedded().prepare()
    [file] = model_cache.glob("smollm2*.gguf")
    (tmp_path / file.name).symlink_to(file)
    monkeypatch.setenv("AGENTKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    arguments: dict[str, Any] = {"max_tokens": 4, "store": tmp_path / "s.db", "progress": False}
    missing, there = ak.Variant("Hi", model="qwen2.5-coder-0.5b"), ak.Variant("Hi", model="smollm2-135m")
    said: list[str] = []
    results = ak.run({"m": missing, "t": there}, ["a", "b"], backend=ak.Embedded(report=said.append), **arguments)
    assert [one.failure is None for one in results] == [False, True, False, True]
    assert str(results[0].error).startswith("other: the model could not be downloaded: ")
    assert len(said) == 1  # it was not tried again
    with pytest.raises(BackendError, match="could not be downloaded"):
        ak.run({"m": missing}, ["a", "b"], backend=ak.Embedded(report=said.append), **arguments)


def test_without_the_extra_the_error_names_it(tmp_path: Path, repo: Path) -> None:
    code = """
import sys
sys.modules["xllamacpp"] = None
import asyncio
import agentkit as ak
from agentkit.errors import MissingExtra
model = sys.argv[1]
try:
    asyncio.run(ak.Embedded(model).send({"messages": []}))
except MissingExtra as error:
    print(error)
"""
    model = tmp_path / "some.gguf"
    model.write_bytes(b"GGUF" + bytes(100))
    environment = {**os.environ, "PYTHONPATH": str(repo)}
    command = [sys.executable, "-c", code, str(model)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert str(MissingExtra("the embedded model", "embedded")) in done.stdout, done.stderr
