"""Reading and writing definition files: bounded reading, atomic saving."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import NamedTuple

from agentkit.definition import fileerrors
from agentkit.definition.fileerrors import SIZE_LIMIT as SIZE_LIMIT
from agentkit.errors import DefinitionError, DefinitionNotFound, FileChanged

# Not blocking: opening a pipe would wait for its writer.
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Origin(NamedTuple):
    """Where a definition came from, and what the file held then."""

    path: Path
    """As it was given, and as it is shown."""
    content: bytes
    start: str = ""
    """The working folder that a relative path counts from; it may be another one by the time of saving."""

    @property
    def place(self) -> Path:
        """Where the file is, from whatever folder that is asked."""
        return Path(self.start, self.path)


def given(path: str | os.PathLike[str]) -> Path:
    """Return a path that a caller names, with `~` for a home as in a shell.

    Only callers write `~`: what is found in a folder may be called `~$draft.md`, and never comes through here.

    Raises:
        DefinitionNotFound: there is no such home, nor a file that is called so.
        DefinitionError: it is no path.
    """
    try:
        place = path if isinstance(path, Path) else Path(path)
    except TypeError:
        fits = "ak.loads(data) reads bytes" if isinstance(path, bytes) else None
        raise DefinitionError(
            f"a path cannot be {type(path).__name__}",
            received=repr(path),
            accepted="a str, or a path object of one",
            hint=f"os.fsdecode(path) for a path in bytes; {fits}" if fits else "Path('agents') / 'NAME.md'",
        ) from None
    if not (path if isinstance(path, str) else str(place)).startswith("~"):
        return place
    try:
        return place.expanduser()
    except RuntimeError:
        if os.path.lexists(place):
            return place
        raise DefinitionNotFound(
            f"no home folder is known for {place.parts[0]}",
            received=str(path),
            accepted="~ for your own home, ~USER for that of a user of this machine",
            hint=f"write './{path}' for a file that is called so",
        ) from None


def read(place: Path) -> Origin:
    """Read a file's bytes.

    Raises:
        DefinitionNotFound: nothing is there, or a directory.
        DefinitionError: it cannot be read, or is larger than `SIZE_LIMIT`.
    """
    try:
        handle = os.open(place, _FLAGS)
        try:
            status = os.fstat(handle)
            if stat.S_ISDIR(status.st_mode):
                raise fileerrors.directory(place)
            if not stat.S_ISREG(status.st_mode):
                raise fileerrors.special(place, status.st_mode)
            if status.st_size > SIZE_LIMIT:
                raise fileerrors.too_large(place, status.st_size)
            content = _whole(handle, status.st_size)
        finally:
            os.close(handle)
    except IsADirectoryError as error:
        raise fileerrors.directory(place) from error
    except FileNotFoundError as error:
        raise fileerrors.nothing(place) from error
    except (OSError, ValueError) as error:
        raise fileerrors.unreadable(place, error) from error
    return Origin(place, content) if place.is_absolute() else Origin(place, content, _here())


def _whole(handle: int, size: int) -> bytes:
    content = os.read(handle, size + 1)
    if len(content) == size > 0:
        return content
    while len(content) <= SIZE_LIMIT and (more := os.read(handle, 1 << 20)):
        content += more
    return content


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:  # the folder is gone
        return ""


def write(path: Path | None, content: bytes, origin: Origin | None) -> Origin:
    """Write a file whole or not at all, and return what it is now; links are followed.

    A new file takes the place of the old one, with its mode, and with its owner and group as far as the user may give
    them away. What else hangs on the old file itself stays behind: other hard links to it keep the old content.

    Args:
        path: Where to; the file it was loaded from, wherever the program works now, when None.
        content: The bytes.
        origin: What the definition was loaded from; where that is the same file it must not have changed since.

    Raises:
        FileChanged: the file changed on disk since it was loaded; or it is gone, and `path` does not name it.
        DefinitionError: it cannot be written, is marked as read-only, or is no regular file.
    """
    if path is None:
        assert origin is not None
        shown, start = origin.path, origin.start
    else:
        shown, start = path, "" if path.is_absolute() else _here()
    try:
        target = Path(os.path.realpath(Path(start, shown)))
        status = _status(target)
        if status is not None:
            _refuse(shown, target, status)
        if origin is not None and os.path.realpath(origin.place) == str(target):
            _unchanged(target, origin, may_be_gone=path is not None)
        _replace(target, content, status)
    except (OSError, ValueError) as error:
        raise fileerrors.unwritable(shown, error) from error
    return Origin(shown, content, start)


def _status(target: Path) -> os.stat_result | None:
    try:
        return os.stat(target)
    except FileNotFoundError:
        return None


def _refuse(shown: Path, target: Path, status: os.stat_result) -> None:
    """Refuse to replace what is no ordinary file, or what its owner said is not to be written."""
    if stat.S_ISDIR(status.st_mode):
        raise DefinitionError(
            f"{shown} is a directory; nothing was written",
            received="a directory",
            accepted="the path of a file",
            hint=f"agent.save({str(shown / 'NAME.md')!r})",
        )
    if not stat.S_ISREG(status.st_mode):
        raise fileerrors.special(shown, status.st_mode, "; nothing was written")
    if not status.st_mode & _WRITABLE:
        raise DefinitionError(
            f"{shown} is read-only; nothing was written",
            received=stat.filemode(status.st_mode),
            accepted="a file that its owner lets somebody write",
            hint=f"chmod u+w {target}",
        )


def _replace(target: Path, content: bytes, old: os.stat_result | None) -> None:
    # The system applies the umask to a new file; one that takes another's place is nobody else's until it has its mode.
    temporary = target.with_name(f".agentkit-{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, _NEW, 0o666 if old is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            _hand_over(temporary, old)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _hand_over(temporary: Path, old: os.stat_result) -> None:
    """Give a file the group, the mode and the owner of the old one; once given away, it may be nobody's to change."""
    now = os.stat(temporary)
    if now.st_gid != old.st_gid:
        _give(temporary, -1, old.st_gid)
    os.chmod(temporary, stat.S_IMODE(old.st_mode))
    if now.st_uid != old.st_uid:
        _give(temporary, old.st_uid, -1)


def _give(temporary: Path, owner: int, group: int) -> None:
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # most users may not, and nobody shall be kept from saving
            os.chown(temporary, owner, group)


def _unchanged(target: Path, origin: Origin, *, may_be_gone: bool) -> None:
    aside = str(origin.path.with_suffix(".new.md"))
    try:
        now = read(target).content
    except DefinitionNotFound:
        if may_be_gone:
            return
        # It may have been moved; written again, it would be there twice.
        raise FileChanged(
            f"{origin.path} was deleted or moved since it was loaded; nothing was written",
            hint=f"agent.save({str(origin.path)!r}) writes it again",
        ) from None
    if now != origin.content:
        raise FileChanged(
            f"{origin.path} changed on disk since it was loaded; nothing was written",
            hint=f"load it again, or save elsewhere: agent.save({aside!r})",
        )
