"""A real JupyterLab on loopback with nothing of the user's in it, and the steps a person takes in it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

REPO = Path(__file__).parent.parent.parent
SCREENSHOTS = REPO / "build" / "screenshots"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--force-color-profile=srgb"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
READY = """() => {
  const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
  const context = panel && panel.sessionContext;
  const kernel = context && context.isReady && context.session && context.session.kernel;
  return Boolean(kernel) && kernel.status === 'idle';
}"""

RUN_ALL = """() => Promise.race([
  window.jupyterapp.commands.execute('notebook:run-all-cells'),
  new Promise((_, fail) => setTimeout(() => fail(new Error('TimeoutError: the cells did not end')), 60000)),
])"""
"""With an end: a reply of the kernel that gets lost would be waited for for ever."""


def eventually(page: Any, probe: Callable[[], Any], wanted: Any, within_s: float = 15) -> None:
    """Wait until a probe gives what is wanted; a busy machine takes its time."""
    end = time.monotonic() + within_s
    while (found := probe()) != wanted and time.monotonic() < end:
        page.wait_for_timeout(100)
    assert found == wanted


def browser_path() -> str | None:
    """Return the browser to drive; None where none is installed."""
    named = os.environ.get("AGENTKIT_TEST_BROWSER")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Lab:
    """JupyterLab in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (folder / "lab.log").open("wb")
        places = {
            name: folder / name for name in ("config", "data", "runtime", "settings", "workspaces", "ipython", "home")
        }
        for place in places.values():
            place.mkdir()
        environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
            "PYTHONPATH": str(REPO),
            "HOME": str(places["home"]),
            "JUPYTER_CONFIG_DIR": str(places["config"]),
            "JUPYTER_DATA_DIR": str(places["data"]),
            "JUPYTER_RUNTIME_DIR": str(places["runtime"]),
            "JUPYTERLAB_SETTINGS_DIR": str(places["settings"]),
            "JUPYTERLAB_WORKSPACES_DIR": str(places["workspaces"]),
            "IPYTHONDIR": str(places["ipython"]),
        }
        notices = places["settings"] / "@jupyterlab" / "apputils-extension"
        notices.mkdir(parents=True)
        (notices / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
        self._notices = notices
        options = (
            *(f"--port={self.port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--expose-app-in-browser"),
            *(
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={self.root}",
                "--ServerApp.port_retries=0",
            ),
            "--JupyterNotebookApp.expose_app_in_browser=True",
            *("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        )
        self._server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self.root,
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                raise RuntimeError(f"JupyterLab ended early, see {self._log.name}")
            try:
                urllib.request.urlopen(f"{self.url}/api/status?token={self.token}", timeout=2).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
            else:
                return
        raise RuntimeError(f"JupyterLab did not answer, see {self._log.name}")

    def close(self) -> None:
        """Stop it, kernels and all."""
        self._server.terminate()
        try:
            self._server.wait(15)
        except subprocess.TimeoutExpired:
            self._server.kill()
        self._log.close()

    def theme(self, name: str) -> None:
        """Set the theme that pages opened from now on have."""
        (self._notices / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))

    def switch(self, page: Any, name: str) -> None:
        """Change the theme of a page that is open: `light` or `dark`."""
        theme = f"JupyterLab {name.title()}"
        page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{str(name == 'light').lower()}'")
        page.wait_for_timeout(300)

    def notebook(self, name: str, cells: Sequence[str]) -> Path:
        """Write a notebook into the root."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / name
        made: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{at}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for at, source in enumerate(cells)
        ]
        notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(notebook))
        return path

    def open(self, page: Any, name: str) -> None:
        """Open a notebook in the simple interface and wait until its kernel rests."""
        page.goto(f"{self.url}/doc/tree/{name}?token={self.token}&reset")
        page.wait_for_selector(".jp-Notebook", timeout=60_000)
        page.wait_for_function(READY, timeout=60_000)

    def show(self, page: Any, name: str, cells: Sequence[str]) -> None:
        """Run a notebook of these cells on a page: a new one, or the one that is open, from clean outputs."""
        if f"/doc/tree/{name}" not in page.url:
            self.notebook(name, cells)
            self.open(page, name)
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        page.wait_for_selector(".jp-OutputArea-output", state="detached")
        self.run_all(page)

    def run_all(self, page: Any) -> None:
        """Run every cell and wait until the kernel rests again."""
        page.evaluate(RUN_ALL)
        page.wait_for_function(READY, timeout=60_000)

    def start(self, page: Any, code: str) -> None:
        """Run code in the notebook's kernel, out of sight, without waiting; `window.ended` tells when it is over."""
        script = """(code) => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          window.ended = false;
          kernel.requestExecute({code, store_history: false}).done.then(() => { window.ended = true; });
        }"""
        page.evaluate(script, code)

    def evaluate(self, page: Any, code: str) -> str:
        """Run code in the notebook's kernel, out of sight, and return what it prints."""
        script = """async (code) => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const future = kernel.requestExecute({code, store_history: false});
          let text = '';
          future.onIOPub = (message) => {
            if (message.header.msg_type === 'stream') text += message.content.text;
            if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
          };
          // A reply that gets lost would be waited for without end.
          const late = new Promise((_, fail) => setTimeout(() => fail(new Error('TimeoutError: no reply')), 60000));
          await Promise.race([future.done, late]);
          return text;
        }"""
        return str(page.evaluate(script, code))


def shoot(page: Any, name: str, target: Any = None) -> Path:
    """Keep a screenshot for people to look at; of a whole element, however tall."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    size = page.viewport_size
    if target is not None and (box := target.bounding_box()):
        page.set_viewport_size({"width": size["width"], "height": int(box["height"]) + 260})
        target.scroll_into_view_if_needed()
        page.wait_for_timeout(150)
    (target or page).screenshot(path=str(path))
    page.set_viewport_size(size)
    return path
