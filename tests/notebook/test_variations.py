"""Recorded notebooks pass under nbval however pytest is run: lax, on several cores, with coverage."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentkit.notebook.record import record
from tests import kernels
from tests.notebook.test_replay import AGENT, CELLS, write_notebook
from tests.server import MessagesServer

COVERAGE = ("--cov=helpers", "--cov-report=term")
VARIATIONS = {
    "plain": ("--nbval",),
    "lax": ("--nbval-lax",),
    "two cores": ("--nbval", "-n", "2", "--dist", "loadfile"),
    "lax on two cores": ("--nbval-lax", "-n", "2", "--dist", "loadfile"),
    "coverage": ("--nbval", *COVERAGE),
    "coverage on two cores": ("--nbval", "-n", "2", "--dist", "loadfile", *COVERAGE),
}
PLUGINS = {"-n": "xdist", "--cov=helpers": "pytest_cov"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two notebooks, each with a cassette of its own and a module beside them."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "agent.md").write_text(AGENT)
    (folder / "helpers.py").write_text("def shout(text):\n    return text.upper()\n\n\ndef unused():\n    return 1\n")
    with MessagesServer(reply="A **warm** welcome.") as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANTHROPIC_BASE_URL", server.url)
        environment.setenv("ANTHROPIC_API_KEY", "a-key-for-tests")
        for name in ("first", "second"):
            cells = [cell.replace("Hello there", f"Hello {name}") for cell in CELLS]
            notebook = write_notebook(
                folder / f"{name}.ipynb", *cells, "import helpers\nhelpers.shout(results[0].output)"
            )
            record(notebook)
    return folder


def run(folder: Path, arguments: tuple[str, ...], rootdir: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest as a stranger would: no key, no server, no settings of this run."""
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "AGENTKIT_", "COV"))
    }
    bare["COVERAGE_FILE"] = str(rootdir / "coverage")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, str(folder)]
    return kernels.run(command, folder, bare)


@pytest.mark.parametrize("arguments", VARIATIONS.values(), ids=VARIATIONS.keys())
def test_notebooks_replay(recorded: Path, arguments: tuple[str, ...], tmp_path: Path) -> None:
    missing = [name for option, name in PLUGINS.items() if option in arguments and not importlib.util.find_spec(name)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    done = run(recorded, arguments, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout
    if COVERAGE[0] in arguments and "-n" not in arguments:  # on several cores nbval loses what its kernels measured
        # The module runs in the kernels alone: without them nothing would be measured.
        [line] = [line.split() for line in done.stdout.splitlines() if line.startswith("helpers.py")]
        assert line[1:4] == ["4", "1", "75%"]


@pytest.mark.parametrize("arguments", [VARIATIONS["plain"], VARIATIONS["two cores"]], ids=["plain", "two cores"])
def test_a_changed_output_is_seen_in_one_notebook_and_not_in_the_other(
    recorded: Path, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    second = recorded / "second.ipynb"
    before = second.read_text()
    second.write_text(before.replace("A **WARM** WELCOME.", "A **COLD** WELCOME."))
    try:
        done = run(recorded, arguments, tmp_path)
    finally:
        second.write_text(before)
    assert done.returncode == 1
    assert "1 failed, 7 passed" in done.stdout
    assert "second.ipynb" in done.stdout
