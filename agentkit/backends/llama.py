"""llama.cpp's server as a child of this process: one for each model and its settings, shared by every run."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from agentkit.errors import BackendError, MissingExtra

START_S = 120.0
"""How long a model may take to load before that counts as failed."""


def require() -> None:
    """Say what to install where the engine is missing.

    Raises:
        MissingExtra: xllamacpp is not installed.
    """
    if find_spec("xllamacpp") is None:
        raise MissingExtra("the embedded model", "embedded")


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes one server different from another."""

    model: str
    """Path of the GGUF file."""
    alias: str
    """What replies call it."""
    context: int
    """Tokens that prompt and reply share."""
    seed: int | None
    """The seed of each reply; None for another one each time."""
    temperature: float
    """Sampling temperature of requests that name none."""
    repeat_penalty: float
    """How much repeated tokens are held back; 1 is not at all."""


class Server:
    """One child process and its address.

    Args:
        settings: What it serves.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._log: IO[bytes] | None = None
        self._key = ""
        self._url = ""

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def address(self) -> tuple[str, str]:
        """Return its URL and its key, after starting it where it does not run (any more). Blocks while it starts.

        Raises:
            MissingExtra: xllamacpp is not installed.
            BackendError: it ended, or did not load the model.
        """
        with self._lock:
            if self.pid is None:
                self._forget()
                self._start()
            return self._url, self._key

    def ended(self, seconds: float) -> bool:
        """Return whether the child has ended, or does within so many seconds."""
        child = self._child
        if child is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
        return child.poll() is not None

    def stop(self) -> None:
        """End the child."""
        with self._lock:
            if self._child is None:
                return
            with contextlib.suppress(OSError):
                if self._child.stdin is not None:
                    self._child.stdin.close()  # at whose end it ends
            if not self.ended(5):
                self._child.kill()
                self._child.wait()
            self._forget()

    def _forget(self) -> None:
        child, log, self._child, self._log = self._child, self._log, None, None
        for file in (child.stdin, child.stdout, log) if child is not None else (log,):
            if file is not None:
                with contextlib.suppress(OSError):  # a pipe whose reader is gone
                    file.close()

    def _start(self) -> None:
        require()
        self._key = secrets.token_urlsafe(24)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child writes to it
        # A session of its own: an interrupt of the kernel is for the run, not for the model.
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self._child = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("llama_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            **apart,
        )
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        late = threading.Timer(START_S, child.kill)
        late.start()
        try:
            given = {**asdict(self.settings), "key": self._key, "threads": min(os.cpu_count() or 1, 8)}
            child.stdin.write(json.dumps(given) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except OSError:
            answer = ""
        finally:
            late.cancel()
        if not answer:
            child.kill()
            child.wait()
            words = self._last_words()
            self._forget()
            raise BackendError(
                f"the embedded server did not start: {words}",
                received=self.settings.model,
                accepted="a GGUF file that llama.cpp can load",
                hint="check AGENTKIT_MODEL, or leave it out for the default model",
            )
        self._url = json.loads(answer)["url"]

    def _last_words(self) -> str:
        if self._log is None:
            return "no log"
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower() or "failed" in line.lower()]
        return (telling or lines or ["it said nothing"])[-1][:300]


_servers: dict[Settings, Server] = {}
_servers_lock = threading.Lock()


def server(settings: Settings) -> Server:
    """Return this process's server with these settings; it starts on first use and ends with the process."""
    with _servers_lock:
        if not _servers:
            atexit.register(stop_all)
        return _servers.setdefault(settings, Server(settings))


def stop_all() -> None:
    """End every server of this process."""
    with _servers_lock:
        running = list(_servers.values())
        _servers.clear()
    for one in running:
        one.stop()
