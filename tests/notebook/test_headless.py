"""A new experiment runs without a browser: other parameters, progress in the log, the frame as a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from agentkit.notebook.execute import read
from agentkit.notebook.new import new_experiment
from tests import kernels

AGENT = "---\nname: other\ndescription: Use this agent for the rest.\n---\n\nYou are the other one.\n"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = new_experiment("trial", folder=tmp_path)[0]
    (path.parent / "other.md").write_text(AGENT)
    return path


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # A kernel that pytest's variable reaches does not pass on what it writes.
    bare = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    environment = {**bare, "AGENTKIT_PROGRESS": "log"}
    return kernels.run(command, folder, environment)


def test_papermill_sets_parameters_logs_progress_and_leaves_the_frame(notebook: Path, tmp_path: Path) -> None:
    given = ["-p", "agent_path", "other.md", "-p", "model", "haiku", "-p", "epochs", "3"]
    command = [sys.executable, "-m", "papermill", str(notebook), "out.ipynb", "--cwd", str(notebook.parent)]
    done = run([*command, "--log-output", *given], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "agentkit: 12/12 done" in done.stderr
    frame = pd.read_csv(notebook.parent / "results.csv")
    assert len(frame) == 12
    assert set(frame["epoch"]) == {1, 2, 3}
    assert set(frame["variant"]) == {"today", "edited"}
    executed = read(tmp_path / "out.ipynb")
    assert "other" in executed.cells[3].outputs[0].text
    assert 'model = "haiku"' in executed.cells[2].source
    assert read(notebook).cells[2].outputs == [], "the notebook itself stays as it is"


def test_nbclient_runs_the_same_notebook(notebook: Path) -> None:
    code = (
        "import nbformat\nfrom nbclient import NotebookClient\n"
        f"notebook = nbformat.read({str(notebook)!r}, as_version=4)\n"
        f"resources = {{'metadata': {{'path': {str(notebook.parent)!r}}}}}\n"
        "NotebookClient(notebook, resources=resources, extra_arguments=['--IPKernelApp.quiet=False']).execute()\n"
    )
    done = run([sys.executable, "-c", code], notebook.parent)
    assert done.returncode == 0, done.stderr
    assert "agentkit: 4/4 done" in done.stderr
    assert len(pd.read_csv(notebook.parent / "results.csv")) == 4
