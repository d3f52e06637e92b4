"""What a live run leaves below its cell is the same at each execution: slow, fast, resumed, with failures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from agentkit.notebook.execute import execute, read, write
from agentkit.notebook.plugin import MODE
from tests.kernels import run
from tests.notebook.test_replay import AGENT, write_notebook
from tests.server import Fault, MessagesServer

RUN = "results = ak.run(agent, ['Hello', 'Bad', 'Bye'], model='haiku', max_tokens=50)\nlen(results)"
SLOW_S = 1.6
"""Longer than a run may take before it shows its progress."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-for-tests")
        monkeypatch.setenv(MODE, "live")
        yield running


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / "agent.md").write_text(AGENT)
    return write_notebook(
        tmp_path / "live.ipynb", "import agentkit as ak\nagent = ak.load('agent.md')", RUN, "results.reused >= 0"
    )


def refuse_bad(server: MessagesServer) -> None:
    refused = Fault("status", 400, "invalid_request_error", "no")
    server.fault = lambda body: refused if "Bad" in str(body["messages"]) else None


def compare(notebook: Path) -> subprocess.CompletedProcess[str]:
    """Replay live: the settings of the test stay, as in the run that wrote the outputs."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s", "--nbval", str(notebook)]
    return run(command, notebook.parent)


@pytest.mark.parametrize("failing", [False, True])
def test_outputs_are_the_same_fast_resumed_and_slow(notebook: Path, server: MessagesServer, failing: bool) -> None:
    if failing:
        refuse_bad(server)
    write(execute(notebook), notebook)
    shown = [output.data["text/plain"] for output in read(notebook).cells[1].outputs]
    assert shown == (["2/3 done, 1 failed", "3"] if failing else ["3"])
    resumed = compare(notebook)
    assert resumed.returncode == 0, resumed.stdout
    for file in notebook.parent.glob(".agentkit/*"):
        file.unlink()
    server.latency_s = SLOW_S
    slow = compare(notebook)
    assert slow.returncode == 0, slow.stdout
    assert "unhandled iopub msg: update_display_data" in slow.stdout, "no line was shown"


def test_a_slow_cell_is_saved_with_nothing_left_over(notebook: Path, server: MessagesServer) -> None:
    server.latency_s = SLOW_S
    done = execute(notebook)
    assert [output.output_type for output in done.cells[1].outputs] == ["execute_result"]


def test_a_job_gets_progress_as_lines_in_its_log(
    notebook: Path, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTKIT_PROGRESS", "log")
    refuse_bad(server)
    done = nbformat.read(notebook, as_version=4)
    NotebookClient(done, resources={"metadata": {"path": str(notebook.parent)}}).execute()
    streams = [output for output in done.cells[1].outputs if output.output_type == "stream"]
    assert [output.name for output in streams] == ["stderr"]
    assert streams[0].text.startswith("agentkit: 2/3 done, 1 failed")
