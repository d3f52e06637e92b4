"""Reading and writing definition files: bounded reading, atomic saving."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

from agentkit.errors import DefinitionError, DefinitionNotFound, FileChanged

# Not blocking: opening a pipe would wait for its writer.
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of the largest file that is read; real definitions are under 100 KB."""


class Origin(NamedTuple):
    """Where a definition came from, and what the file held then."""

    path: Path
    content: bytes


def read(path: str | os.PathLike[str]) -> Origin:
    """Read a file's bytes.

    Raises:
        DefinitionNotFound: nothing is there, or a directory.
        DefinitionError: it cannot be read, or is larger than `SIZE_LIMIT`.
    """
    place = path if isinstance(path, Path) else Path(path)
    try:
        if str(path).startswith("~"):
            place = place.expanduser()
        handle = os.open(place, _FLAGS)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                is_folder = stat.S_ISDIR(status.st_mode)
                raise _directory(place) if is_folder else DefinitionError(f"{place} is not a regular file")
            if status.st_size > SIZE_LIMIT:
                raise _too_large(place, status.st_size)
            return Origin(place, _whole(handle, status.st_size))
        finally:
            os.close(handle)
    except IsADirectoryError as error:
        raise _directory(place) from error
    except FileNotFoundError as error:
        raise DefinitionNotFound(f"no file {place}", hint=_nearby(place)) from error
    except (OSError, ValueError) as error:
        raise DefinitionError(f"{place} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _whole(handle: int, size: int) -> bytes:
    content = os.read(handle, size + 1)
    if len(content) == size > 0:
        return content
    while len(content) <= SIZE_LIMIT and (more := os.read(handle, 1 << 20)):
        content += more
    return content


def _directory(place: Path) -> DefinitionNotFound:
    hint = f"ak.load_folder({str(place)!r}) for all the definitions in it"
    return DefinitionNotFound(f"{place} is a directory", hint=hint)


def _too_large(place: Path, size: int) -> DefinitionError:
    return DefinitionError(
        f"{place} is too large to be a definition",
        received=f"{size:,} bytes",
        accepted=f"up to {SIZE_LIMIT:,} bytes",
    )


def write(path: str | os.PathLike[str], content: bytes, origin: Origin | None) -> Path:
    """Write a file whole or not at all, keeping its mode; links are followed.

    Args:
        path: Where to.
        content: The bytes.
        origin: What the definition was loaded from; where that is the same file it must not have changed since.

    Raises:
        FileChanged: the file changed on disk since it was loaded.
        DefinitionError: it cannot be written, or is marked as read-only.
    """
    place = Path(path).expanduser()
    try:
        target = place.resolve()
        if origin is not None and origin.path.resolve() == target:
            _unchanged(target, origin)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
        if not mode & _WRITABLE and target.exists():
            # Replacing it would succeed, and go against what its owner said.
            raise DefinitionError(f"{place} is read-only; nothing was written", hint=f"chmod u+w {target}")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise DefinitionError(f"{place} cannot be written: {getattr(error, 'strerror', None) or error}") from error
    return place


def _unchanged(target: Path, origin: Origin) -> None:
    try:
        now = target.read_bytes()
    except FileNotFoundError:
        return
    if now != origin.content:
        raise FileChanged(
            f"{origin.path} changed on disk since it was loaded; nothing was written",
            hint=f"load it again, or save elsewhere: agent.save({str(origin.path.with_suffix('.new.md'))!r})",
        )


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _nearby(place: Path) -> str | None:
    from difflib import get_close_matches

    try:
        names = [entry.name for entry in os.scandir(place.parent) if entry.name.endswith(".md")]
    except OSError:
        return None
    near = get_close_matches(place.name, names, n=1, cutoff=0.5)
    return f"ak.load({str(place.parent / near[0])!r})" if near else None
