"""One file from a package index without pip: the simple API (PEP 503), as environments made by uv need it."""

from __future__ import annotations

import configparser
import html.parser
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from agentkit.errors import BackendError

PYPI = "https://pypi.org/simple"


def address() -> str:
    """Return the index to ask: `PIP_INDEX_URL`, `UV_DEFAULT_INDEX`, `UV_INDEX_URL`, pip's settings, or PyPI."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if given := os.environ.get(name):
            return given
    return _setting("index-url") or PYPI


def download(package: str, filename: str, folder: Path, report: Callable[[str], None]) -> Path:
    """Return the path of a downloaded file; what an earlier attempt left is continued.

    Raises:
        BackendError: the index does not answer, or has no such file.
    """
    page = f"{address().rstrip('/')}/{package}/"
    part = folder / f"{filename}.part"
    try:
        with _open(page) as response:
            links = _Links(response.read().decode("utf-8", "replace")).found
        link = next((link for link in links if urllib.parse.urlsplit(link).path.rpartition("/")[2] == filename), None)
        if link is None:
            raise BackendError(f"the index has no {filename}", received=_shown(page))
        for line in _stream(urllib.parse.urljoin(page, link), part):
            report(line)
    except (OSError, urllib.error.URLError) as error:
        raise BackendError(
            f"the embedded model could not be downloaded: {error}",
            received=_shown(page),
            hint="check the network and PIP_INDEX_URL, or set AGENTKIT_MODEL to a GGUF file",
        ) from None
    done = folder / filename
    part.replace(done)
    return done


def _stream(link: str, part: Path) -> Iterator[str]:
    """Download to `part`, from where it ends, saying every tenth."""
    have = part.stat().st_size if part.exists() else 0
    try:
        response = _open(link, {"Range": f"bytes={have}-"} if have else {})
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


def _open(url: str, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]  # urllib names no type for it
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(url, headers=dict(headers or {}))
    if parts.username:
        import base64

        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.full_url = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    certificates = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or _setting("cert") or None
    return urllib.request.urlopen(request, timeout=60, context=ssl.create_default_context(cafile=certificates))


def _setting(name: str) -> str | None:
    home = Path.home()
    places = [Path(sys.prefix) / "pip.conf", home / ".config" / "pip" / "pip.conf", home / ".pip" / "pip.conf"]
    places.append(Path("/etc/pip.conf"))
    if given := os.environ.get("PIP_CONFIG_FILE"):
        places.insert(0, Path(given))
    for place in places:
        settings = configparser.RawConfigParser()
        try:
            settings.read(place)
        except (OSError, configparser.Error):
            continue
        if value := settings.get("global", name, fallback=None):
            return value.strip().strip("'\"")
    return None


def _shown(url: str) -> str:
    parts = urllib.parse.urlsplit(url)  # an index's address may carry a password
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class _Links(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
