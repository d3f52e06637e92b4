"""Stop in a notebook: a real kernel is interrupted in the middle of a run."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.killing import stored
from tests.server import Fault, MessagesServer

SETUP = """
import agentkit as ak
arguments = {{"model": "claude-haiku-6", "backend": ak.Messages(base_url={url!r}, api_key="k"), "store": {store!r},
             "concurrency": 8, "progress": False}}
prompts = [f"fast {{n}}" for n in range(40)] + [f"slow {{n}}" for n in range(40)]
"""
CELLS = ['results = ak.run("X", prompts, **arguments)', 'results = await ak.arun("X", prompts, **arguments)']


class Notebook:
    """A kernel and its front end."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def send(self, code: str) -> str:
        return self.client.execute(code)

    def answer(self, id: str) -> dict[str, Any]:
        """Return how a cell ended."""
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == id:
                return dict(reply["content"])

    def value(self, expression: str) -> str:
        id = self.client.execute("", user_expressions={"value": expression})
        answered = self.answer(id)
        assert answered["status"] == "ok", answered
        return str(answered["user_expressions"]["value"]["data"]["text/plain"])


@pytest.fixture
def notebook(repo: Path, tmp_path: Path) -> Iterator[Notebook]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ, "PYTHONPATH": str(repo)}, cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert true()


@pytest.mark.parametrize("cell", CELLS)
def test_interrupts_end_the_cell_and_the_next_goes_on(
    notebook: Notebook, server: MessagesServer, tmp_path: Path, cell: str
) -> None:
    store = tmp_path / "s.db"
    server.fault = lambda body: Fault("hang") if body["messages"][0]["content"].startswith("slow") else None
    assert notebook.answer(notebook.send(SETUP.format(url=server.url, store=str(store))))["status"] == "ok"

    running = notebook.send(cell)
    wait_until(lambda: server.in_flight == 8 and len(stored(store)) == 40)
    notebook.manager.interrupt_kernel()
    assert notebook.answer(running)["ename"] in ("KeyboardInterrupt", "CancelledError")
    assert notebook.value("1 + 1") == "2"
    assert len(stored(store)) == 40

    running = notebook.send(cell)
    calls = len(server.calls)
    wait_until(lambda: len(server.calls) == calls + 8)
    notebook.manager.interrupt_kernel()
    time.sleep(0.1)  # the first is being dealt with
    notebook.manager.interrupt_kernel()
    assert notebook.answer(running)["status"] == "error"
    notebook.answer(notebook.send("pass"))  # on a busy machine the second comes when the first has ended the cell
    assert notebook.value("1 + 1") == "2"

    server.fault = lambda body: None
    calls = len(server.calls)
    assert notebook.answer(notebook.send(cell))["status"] == "ok"
    assert notebook.value("(len(results), results.reused, len(results.errors))") == "(80, 40, 0)"
    assert len(server.calls) - calls == 40
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(stored(store)) == 80
