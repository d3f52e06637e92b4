"""Open JupyterLab on a notebook, ready to run live."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from urllib.parse import quote

from agentkit.errors import MissingExtra, NotebookError
from agentkit.notebook.plugin import FILE, MODE, cassette_of

FIRST = Path("notebooks/01_quickstart.ipynb")
"""What `agentkit lab` and `agentkit demo` open in a checkout when no notebook is named."""


def chosen(notebook: str | None) -> Path:
    """Return the notebook that was named, or the first one of the checkout.

    Raises:
        NotebookError: there is no such file.
    """
    path = Path(notebook) if notebook else FIRST
    if not path.is_file():
        hint = None if notebook else "agentkit lab NOTEBOOK, or start from the top of the project's checkout"
        raise NotebookError(f"there is no notebook at {path}", accepted="the path of an .ipynb file", hint=hint)
    return path


def lab_command(notebook: Path, *, browser: bool = True, port: int | None = None) -> list[str]:
    """Return the command that opens JupyterLab on a notebook.

    Args:
        notebook: The notebook to open. The server shows the current folder, so that the definitions beside the
            notebooks can be opened too; the notebook's own where it lies elsewhere.
        browser: Open a browser window; otherwise only print the address.
        port: Port to listen on; None takes the first free one from 8888.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtra("agentkit lab", "lab")
    file, here = Path(os.path.abspath(notebook)), Path.cwd()
    root = here if file.is_relative_to(here) else file.parent
    # A notebook that is handed over as a file would make its own folder all there is to see.
    page = f"/lab/tree/{quote(file.relative_to(root).as_posix())}"
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", f"--LabApp.default_url={page}"]
    if not browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Jupyter refuses the superuser unless told; in a container there is often no other user.
        command.append("--allow-root")
    return command


def lab_environment(notebook: Path, *, replay: bool = False) -> dict[str, str]:
    """Return the variables JupyterLab and its kernels get.

    Args:
        notebook: The notebook to open.
        replay: Let cells answer from the notebook's cassette alone; otherwise they run live, unless the environment
            says something else already.
    """
    if replay:
        # The file stands in where a notebook names no cassette, so that none of them calls anything.
        return {**os.environ, MODE: "replay", FILE: str(cassette_of(notebook.resolve()))}
    return {MODE: "live", **os.environ}


def open_lab(notebook: Path, *, browser: bool = True, port: int | None = None, replay: bool = False) -> None:
    """Become JupyterLab: this process is replaced, so Ctrl-C and exit codes are JupyterLab's own.

    Cells run live: an edited prompt is called, not looked up in the notebook's cassette. What was called once is still
    in the store. With `replay` they answer from the cassette and nothing is called.
    """
    command = lab_command(notebook, browser=browser, port=port)
    environment = lab_environment(notebook, replay=replay)
    sys.stdout.flush()
    if os.name == "nt":
        import subprocess

        raise SystemExit(subprocess.call(command, env=environment))
    os.execvpe(command[0], command, environment)
