"""What is said of a file or folder that cannot be read or written: what is there, what would do, what to type."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from agentkit.errors import DefinitionError, DefinitionNotFound

_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of the largest file that is read; real definitions are under 100 KB."""


def directory(place: Path) -> DefinitionNotFound:
    """Return the error of a path that leads to a folder."""
    hint = f"ak.load_folder({str(place)!r}) for all the definitions in it"
    return DefinitionNotFound(f"{place} is a directory", hint=hint)


def special(place: Path, mode: int, then: str = "") -> DefinitionError:
    """Return the error of a pipe, a socket or a device."""
    return DefinitionError(
        f"{place} is not a regular file{then}",
        received=_KINDS.get(stat.S_IFMT(mode), "something else"),
        accepted="a regular file, or a link to one",
        hint="agent.save('NAME.md') writes to a file" if then else "ak.loads(text) for text that comes from elsewhere",
    )


def too_large(place: Path, size: int) -> DefinitionError:
    """Return the error of a file over the limit."""
    return DefinitionError(
        f"{place} is too large to be a definition",
        received=f"{size:,} bytes",
        accepted=f"up to {SIZE_LIMIT:,} bytes",
        hint="name the agent's own file; data that its prompt speaks of belongs in a file that the agent reads",
    )


def unreadable(place: Path, error: OSError | ValueError) -> DefinitionError:
    """Return the error of a file or folder that is there and cannot be read."""
    code, why = _told(error)
    hint = f"chmod u+r{'x' if place.is_dir() else ''} {place}" if code == errno.EACCES and _owned(place) else None
    return DefinitionError(
        f"{place} cannot be read: {why}",
        received=None if code else str(place),
        accepted="a path that this user may read" if code in (errno.EACCES, errno.EPERM) else "the path of a file",
        hint=hint or f"ls -ld {place.parent if code else '.'} shows what is there",
    )


def unwritable(place: Path, error: OSError | ValueError) -> DefinitionError:
    """Return the error of a file that cannot be written."""
    code, why = _told(error)
    hint = f"mkdir -p {place.parent}" if code == errno.ENOENT else "agent.save('ELSEWHERE.md') writes another file"
    return DefinitionError(
        f"{place} cannot be written: {why}",
        received=None if code else str(place),
        accepted="a path in a folder that is there, that this user may write, and that has room",
        hint=hint,
    )


def _told(error: OSError | ValueError) -> tuple[int | None, str]:
    """Return the system's code of an error, if it has one, and its words."""
    return getattr(error, "errno", None), getattr(error, "strerror", None) or str(error)


def _owned(place: Path) -> bool:
    try:
        return os.stat(place).st_uid == os.geteuid()
    except (OSError, AttributeError):  # what is above it is closed too, or this is no such system
        return False


def nothing(place: Path) -> DefinitionNotFound:
    """Return the error of a path where nothing is."""
    try:
        target = os.readlink(place)
    except OSError:  # no link
        return DefinitionNotFound(f"no file {place}", hint=_nearby(place))
    return DefinitionNotFound(
        f"{place} is a link to a file that is not there",
        received=target,
        accepted="a link to a file that is there",
        hint=f"rm {place}   or   ln -sfn FILE {place}",
    )


def _nearby(place: Path) -> str | None:
    from difflib import get_close_matches

    try:
        names = [entry.name for entry in os.scandir(place.parent) if entry.name.endswith(".md")]
    except OSError:
        return None
    near = get_close_matches(place.name, names, n=1, cutoff=0.5)
    return f"ak.load({str(place.parent / near[0])!r})" if near else None
