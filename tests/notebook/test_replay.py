"""A recorded notebook passes `pytest --nbval` with nothing around it, and fails by name when something changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from agentkit.cli import main
from agentkit.errors import NotebookError, StaleCassette
from agentkit.notebook.execute import execute, read
from agentkit.notebook.record import check, environment, other_model, record
from tests.kernels import run
from tests.server import MessagesServer

AGENT = "---\nname: greeter\ndescription: Use this agent to greet people.\n---\n\nYou greet people.\n"
CELLS = (
    "import agentkit as ak\nagent = ak.load('agent.md')",
    "results = ak.run({'today': agent}, ['Hello there', 'Good evening'], max_tokens=50)\nresults",
    "results.frame",
)


def write_notebook(path: Path, *cells: str) -> Path:
    notebook = new_notebook(
        cells=[new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    )
    path.write_text(nbformat.writes(notebook))
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / "agent.md").write_text(AGENT)
    return write_notebook(tmp_path / "greetings.ipynb", *CELLS)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> MessagesServer:
    with MessagesServer(reply="A **warm** welcome.") as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-planted-for-tests")
        yield server


def nbval(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a stranger would: no key, no server, no settings."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "AGENTKIT_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *(arguments or ("--nbval",)), str(folder)]
    return run(command, folder, bare)


def test_recorded_notebook_replays_twice_with_nothing_around_it(
    notebook: Path, live: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(notebook)
    paid = len(live.paid)
    assert paid == 2
    outputs = [cell.outputs for cell in read(notebook).cells]
    assert "warm" in outputs[1][0].data["text/plain"]
    assert "<strong>warm</strong>" in outputs[1][0].data["text/html"]
    assert not any(output.output_type == "stream" for cell in outputs for output in cell), "replay prints nothing"
    for arguments in ((), (), ("--nbval-lax",)):
        done = nbval(notebook.parent, *arguments)
        assert done.returncode == 0, done.stdout
        assert "3 passed" in done.stdout
    assert len(live.paid) == paid
    text = (notebook.parent / "cassettes" / "greetings.jsonl").read_text()
    assert "planted" not in text
    assert str(notebook.parent) not in text


def test_changed_definition_fails_the_cell_and_names_what_changed(notebook: Path, live: MessagesServer) -> None:
    record(notebook)
    agent = notebook.parent / "agent.md"
    agent.write_text(AGENT.replace("You greet people.", "You greet people in verse."))
    done = nbval(notebook.parent)
    assert done.returncode == 1
    assert "StaleCassette" in done.stdout
    assert "today" in done.stdout
    assert "verse" in done.stdout
    assert "agentkit record" in done.stdout

    stale = check(notebook)
    assert isinstance(stale, StaleCassette)
    assert len(live.paid) == 2, "checking calls nothing"

    record(notebook)
    assert len(live.paid) == 4
    assert check(notebook) is None
    agent.write_text(AGENT)
    record(notebook)
    assert len(live.paid) == 4, "what was recorded before is still there"


def test_prune_removes_what_the_notebook_no_longer_asks_for(
    notebook: Path, live: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    record(notebook)
    cassette = notebook.parent / "cassettes" / "greetings.jsonl"
    everything = cassette.read_text().splitlines()
    notebook.write_text(notebook.read_text().replace("'Hello there', ", ""))
    assert main(["record", str(notebook)]) == 0
    assert cassette.read_text().splitlines() == everything, "only on request"

    sibling = write_notebook(
        notebook.parent / "also.ipynb", "import agentkit as ak\nak.use_cassette('greetings.jsonl')"
    )
    assert main(["record", "--prune", str(notebook)]) == 2
    assert "also.ipynb names the cassette" in capsys.readouterr().err
    assert cassette.read_text().splitlines() == everything
    sibling.unlink()

    assert main(["record", "--prune", str(notebook)]) == 0
    assert "greetings.jsonl: 1 unused call(s) removed" in capsys.readouterr().out
    assert cassette.read_text().splitlines() == [line for line in everything if "Hello there" not in line]
    assert len(live.paid) == 2
    assert nbval(notebook.parent).returncode == 0


def test_edited_output_fails(notebook: Path, live: MessagesServer) -> None:
    record(notebook)
    notebook.write_text(notebook.read_text().replace("welcome", "goodbye"))
    assert nbval(notebook.parent).returncode == 1


def test_edited_cassette_fails(notebook: Path, live: MessagesServer) -> None:
    record(notebook)
    cassette = notebook.parent / "cassettes" / "greetings.jsonl"
    cassette.write_text(cassette.read_text().replace("warm", "cold"))
    assert nbval(notebook.parent).returncode == 1


def test_failing_cell_is_named_and_the_file_stays(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "wrong.ipynb", "x = 1", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=r"wrong.ipynb, code cell 2 of 2 raised ZeroDivisionError"):
        record(path)
    assert path.read_bytes() == before


def test_a_cell_that_ends_its_kernel_is_named(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "wrong.ipynb", "1", "import os\nos._exit(1)")
    with pytest.raises(NotebookError, match=r"wrong.ipynb, code cell 2 of 2: its kernel ended"):
        record(path)


def test_an_interrupt_ends_the_kernel_and_leaves_the_file(tmp_path: Path) -> None:
    cell = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"
    path = write_notebook(tmp_path / "slow.ipynb", cell)
    before = path.read_bytes()
    command = [sys.executable, "-m", "agentkit", "record", path.name]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    marker = tmp_path / "pid"
    deadline = time.monotonic() + 60
    while not (marker.exists() and marker.read_text()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert path.read_bytes() == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


STUMBLE = """
import os, pathlib, sys
if any("ipykernel" in argument for argument in sys.orig_argv):
    starts = pathlib.Path(__file__).with_name("starts")
    starts.write_text(starts.read_text() + "x")
    if len(starts.read_text()) <= int(os.environ["STUMBLES"]):
        os._exit(1)
"""
"""A `sitecustomize` that ends the first kernels before they answer, as a port that is taken does."""


@pytest.mark.parametrize(("stumbles", "starts"), [(2, 3), (9, 3)])
def test_a_kernel_that_ends_before_it_answers_is_started_again(tmp_path: Path, stumbles: int, starts: int) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(STUMBLE)
    counted = tmp_path / "site" / "starts"
    counted.write_text("")
    path = write_notebook(tmp_path / "one.ipynb", "1 + 1")
    changes = {"PYTHONPATH": str(counted.parent), "STUMBLES": str(stumbles)}
    if stumbles < starts:
        assert execute(path, environment=changes).cells[0].outputs[0].data["text/plain"] == "2"
    else:
        with pytest.raises(NotebookError, match=r"one.ipynb: no kernel could be started: Kernel died"):
            execute(path, environment=changes)
    assert len(counted.read_text()) == starts


def test_what_is_no_notebook_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.ipynb").write_text("hello")
    with pytest.raises(NotebookError, match="is not a notebook"):
        read(tmp_path / "text.ipynb")
    with pytest.raises(NotebookError, match="cannot be read"):
        read(tmp_path / "absent.ipynb")


def test_progress_counts_code_cells(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "two.ipynb", "x = 1", "", "x + 1")
    told: list[tuple[int, int, str]] = []
    done = execute(path, environment=environment(path, "replay"), progress=lambda *event: told.append(event))
    assert told == [(1, 2, "x = 1"), (2, 2, "x + 1")]
    assert done.cells[2].outputs[0].data["text/plain"] == "2"


def test_recording_from_another_embedded_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_notebook(tmp_path / "a.ipynb", "1")
    assert other_model(path) is None
    call = {"call": "0" * 64, "sample": "s", "variant": "v", "epoch": 1, "backend": "embedded",
            "reply": {"output": "x"}, "request": {"model": "qwen2.5-coder-0.5b-instruct", "messages": []}}  # fmt: skip
    cassette = tmp_path / "cassettes" / "a.jsonl"
    cassette.parent.mkdir()
    lines = [json.dumps(line, separators=(",", ":")) for line in ({"agentkit-cassette": 1}, call)]
    cassette.write_text("\n".join(lines) + "\n")
    monkeypatch.delenv("AGENTKIT_MODEL", raising=False)
    said = other_model(path) or ""
    assert "will be asked of smollm2-135m-instruct anew" in said
    assert "AGENTKIT_MODEL=qwen2.5-coder-0.5b agentkit record" in said
    monkeypatch.setenv("AGENTKIT_MODEL", "qwen2.5-coder-0.5b")
    assert other_model(path) is None
