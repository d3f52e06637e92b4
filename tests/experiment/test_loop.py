"""Interrupts, as a terminal and a notebook send them, and the loop that every run shares."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agentkit.experiment import loop
from tests.server import MessagesServer

CODE = """
import sys, asyncio, agentkit as ak
arguments = dict(model="m", backend=ak.Messages(base_url=sys.argv[1], api_key="k"), store=sys.argv[2], concurrency=8)
try:
    if sys.argv[3] == "run":
        ak.run("X", [f"p{n}" for n in range(400)], **arguments)
    else:
        asyncio.run(ak.arun("X", [f"p{n}" for n in range(400)], **arguments))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize(("way", "twice"), [("run", False), ("run", True), ("arun", False)])
def test_an_interrupt_ends_the_run_and_keeps_what_finished(
    tmp_path: Path, server: MessagesServer, way: str, twice: bool
) -> None:
    server.latency_s = 0.2
    store = tmp_path / "s.db"
    command = [sys.executable, "-c", CODE, server.url, str(store), way]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(server.delivered) < 16 and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    if twice:
        time.sleep(0.05)
        child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert out == "interrupted\n" or twice
    assert "Unclosed" not in err
    connection = sqlite3.connect(store)
    kept = connection.execute("SELECT count(*) FROM calls").fetchone()[0]
    assert len(server.delivered) - 8 <= kept <= len(server.delivered) < 400
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_an_interrupt_that_another_thread_receives_ends_the_run_too() -> None:
    """The system may hand a signal to any thread; a main thread that only waits would not notice."""
    begun, ended_early = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ended_early.set()
            raise

    def interrupt() -> None:
        begun.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        loop.wait_for(work())
    assert ended_early.wait(1)


def test_a_blocking_call_works_inside_a_running_loop() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return "done"

    async def main() -> tuple[str, str]:
        return loop.wait_for(work()), await loop.watch(work())

    assert asyncio.run(main()) == ("done", "done")


def test_an_error_comes_out_as_it_was() -> None:
    async def work() -> None:
        raise LookupError("as it was")

    with pytest.raises(LookupError, match="as it was"):
        loop.wait_for(work())
    with pytest.raises(LookupError, match="as it was"):
        asyncio.run(loop.watch(work()))


NOTEBOOK = """
import agentkit as ak
results = await ak.arun("X", ["a"], backend=ak.Scripted("fine"), store=False)
assert ak.run("X", ["a"], backend=ak.Scripted("fine"), store=False) == results
print(results[0].output)
"""


def test_both_work_in_a_real_kernel_and_leave_nothing_but_what_was_printed(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK)])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = json.loads(json.dumps(notebook.cells[0].outputs))
    assert [(one["output_type"], one.get("text")) for one in outputs] == [("stream", "fine\n")]
