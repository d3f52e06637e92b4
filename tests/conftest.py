"""What holds for every test: no key, no home, no network beyond this machine."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels import DIED
from tests.server import MessagesServer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Whatever starts the tests in the background may have them ignore interrupts, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

KEPT_PREFIXES = ("AGENTKIT_TEST_",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("flaky") is None:
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=[DIED]))


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Take away keys and settings, move the home, and refuse to leave the machine."""
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "AGENTKIT_", "CLAUDE_")) and not name.startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0] if isinstance(address, tuple) else None
            if host not in ("127.0.0.1", "::1", "localhost"):
                raise AssertionError(f"a test tried to leave the machine: {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def model_cache(monkeypatch: pytest.MonkeyPatch, repo: Path) -> Path:
    """Where the embedded model is downloaded to, once for all test runs: `AGENTKIT_TEST_CACHE`, or build/cache."""
    folder = Path(os.environ.get("AGENTKIT_TEST_CACHE") or repo / "build" / "cache")
    monkeypatch.setenv("AGENTKIT_CACHE", str(folder))
    return folder


@pytest.fixture
def repo() -> Path:
    """The top of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    """A running local server that speaks the Messages protocol; see tests/server.py."""
    with MessagesServer() as running:
        yield running
