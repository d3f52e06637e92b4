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

    def __init__(self, notebook: str, folder: Path, *options: str) -> None:
        self.runtime = folder / "runtime"
        self.log = folder / "lab.log"
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(self.runtime)}
        command = [sys.executable, "-m", "agentkit", "lab", notebook, "--no-browser", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()

    def server(self) -> Any:
        """What the server says of itself."""
        return wait_for(self._server)

    def _server(self) -> Any:
        assert self.process.poll() is None, "JupyterLab ended"
        return next(
            (json.loads(text) for path in self.runtime.glob("jpserver-*.json") if (text := path.read_text())), None
        )

    def kernel(self) -> BlockingKernelClient:
        server = self.server()
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
    lab = Lab(notebook.name, notebook.parent, "--replay")
    try:
        client = lab.kernel()
        printed: list[str] = []
        code = "\n".join([*CELLS[:2], "print([row.output for row in results])"])
        reply = client.execute_interactive(
            code, output_hook=lambda message: printed.append(message["content"].get("text", "")), timeout=60
        )
        client.stop_channels()
    finally:
        lab.close()
    assert reply["content"]["status"] == "ok", reply["content"]
    assert "".join(printed) == "['A **warm** welcome.', 'A **warm** welcome.']\n"


@pytest.mark.parametrize("place", ["notebooks/two words.ipynb", "../elsewhere/greetings.ipynb"])
def test_what_lies_beside_the_notebooks_is_shown_too(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "project"
    path = folder / place
    folder.mkdir()
    path.parent.mkdir()
    write_notebook(path, "1")
    lab = Lab(place, folder, "--replay")
    try:
        server = lab.server()
        shown = wait_for(lambda: text if "?token=" in (text := lab.log.read_text()) else None)
    finally:
        lab.close()
    inside = ".." not in place
    assert Path(server["root_dir"]) == (folder if inside else path.resolve().parent)
    assert f"/lab/tree/{'notebooks/two%20words' if inside else 'greetings'}.ipynb?token=" in shown
