"""`agentkit lab` opens a real JupyterLab whose kernels run live, or replay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import BlockingKernelClient

from agentkit.notebook.record import record
from tests.notebook.test_replay import AGENT, CELLS, write_notebook
from tests.server import MessagesServer


def wait_for(found: Any, seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (one := found()) is not None:
            return one
        time.sleep(0.1)
    raise AssertionError("it did not come")


class Lab:
    """`agentkit lab` as a process, and a kernel of it."""

    def __init__(self, notebook: Path, *options: str) -> None:
        self.runtime = notebook.parent / "runtime"
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(self.runtime)}
        command = [sys.executable, "-m", "agentkit", "lab", notebook.name, "--no-browser", *options]
        self.process = subprocess.Popen(
            command, cwd=notebook.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _server(self) -> Any:
        assert self.process.poll() is None, "JupyterLab ended"
        return next(
            (json.loads(text) for path in self.runtime.glob("jpserver-*.json") if (text := path.read_text())), None
        )

    def kernel(self) -> BlockingKernelClient:
        server = wait_for(self._server)
        request = urllib.request.Request(
            f"{server['url']}api/kernels", data=b"{}", headers={"Authorization": f"token {server['token']}"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            kernel = json.load(response)["id"]
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{kernel}.json"))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        return client


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / "agent.md").write_text(AGENT)
    path = write_notebook(tmp_path / "greetings.ipynb", *CELLS)
    with MessagesServer(reply="A **warm** welcome.") as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANTHROPIC_BASE_URL", server.url)
        environment.setenv("ANTHROPIC_API_KEY", "a-key-for-tests")
        record(path)
    return path


def test_replay_answers_from_the_cassette_without_a_key(notebook: Path) -> None:
    lab = Lab(notebook, "--replay")
    try:
        client = lab.kernel()
        printed: list[str] = []
        code = "\n".join([*CELLS[:2], "print([row.output for row in results])"])
        reply = client.execute_interactive(
            code, output_hook=lambda message: printed.append(message["content"].get("text", "")), timeout=60
        )
        client.stop_channels()
    finally:
        lab.process.terminate()
        lab.process.wait()
    assert reply["content"]["status"] == "ok", reply["content"]
    assert "".join(printed) == "['A **warm** welcome.', 'A **warm** welcome.']\n"
