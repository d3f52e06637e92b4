"""Whole processes: two at once on one store, and one that is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.killing import stored
from tests.server import Fault, MessagesServer

CHILD = """
import sys
import agentkit as ak

url, key, store, fast, slow = sys.argv[1:]
prompts = [f"fast {n}" for n in range(int(fast))] + [f"slow {n}" for n in range(int(slow))]
results = ak.run("X", prompts, model="claude-haiku-6", backend=ak.Messages(base_url=url, api_key=key), store=store,
                 concurrency=8, progress=False)
print(len(results), len(results.errors), len({row.output for row in results}))
"""


def start(server: MessagesServer, key: str, store: Path, fast: int, slow: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, server.url, key, str(store), str(fast), str(slow)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert true()


def callers(server: MessagesServer) -> set[str]:
    return {one.headers["authorization"].removeprefix("Bearer ") for one in list(server.received)}


def test_two_processes_on_one_store_call_each_trial_once(tmp_path: Path, server: MessagesServer) -> None:
    server.reply = lambda body: body["messages"][0]["content"].upper()
    server.latency_s = 0.5  # until both are at it
    children = [start(server, key, tmp_path / "s.db", 600) for key in ("one", "two")]
    wait_until(lambda: callers(server) == {"one", "two"})
    server.latency_s = 0.01
    said = [child.communicate(timeout=120) for child in children]
    assert [out for out, _ in said] == ["600 0 600\n"] * 2, said
    times = Counter(body["messages"][0]["content"] for body in server.calls)
    assert len(times) == 600
    assert set(times.values()) == {1}


def test_an_interrupt_ends_a_process_and_keeps_what_finished(tmp_path: Path, server: MessagesServer) -> None:
    server.fault = lambda body: Fault("hang") if body["messages"][0]["content"].startswith("slow") else None
    child = start(server, "k", tmp_path / "s.db", 40, 40)
    wait_until(lambda: server.in_flight == 8 and len(server.delivered) == 40)
    wait_until(lambda: len(stored(tmp_path / "s.db")) == 40)
    child.send_signal(signal.SIGINT)
    asked = time.monotonic()
    _, errors = child.communicate(timeout=60)
    took = time.monotonic() - asked
    assert child.returncode in (-signal.SIGINT, 1)  # Python forgets which where a thread of it is importing
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert took < 5  # about one second; more is allowed for a busy machine
    assert len(stored(tmp_path / "s.db")) == 40
    server.fault = lambda body: None
    calls = len(server.calls)
    again = start(server, "k", tmp_path / "s.db", 40, 40)
    assert again.communicate(timeout=60)[0] == "80 0 1\n"
    assert len(server.calls) - calls == 40
