"""One large file from an address, continued where an earlier attempt stopped."""

from __future__ import annotations

import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
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
