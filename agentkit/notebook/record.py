"""Record a notebook's cassette, and check that it is still good.

Recording executes the notebook twice: once live, where only what the cassette lacks is called and written to it, and
once in replay, whose outputs are the ones saved. So what is committed is what every replay shows, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agentkit.errors import StaleCassette
from agentkit.notebook.execute import execute, write
from agentkit.notebook.plugin import FILE, MODE, cassette_of


def environment(path: Path, mode: str) -> dict[str, str | None]:
    """Return the variables under which a notebook's kernel records or replays."""
    return {MODE: mode, FILE: str(cassette_of(path.resolve()))}


def record(path: Path, *, say: Callable[[str], None] = lambda line: None) -> None:
    """Run a notebook live, write what was missing to its cassette, then save the outputs of its replay.

    Args:
        path: The notebook; it is written in place, as one step.
        say: Told each line of progress.

    Raises:
        NotebookError: a cell raised; the notebook file is as it was.
    """

    def progress(stage: str) -> Callable[[int, int, str], None]:
        return lambda number, total, line: say(f"{stage} {number}/{total}  {line}")

    execute(path, environment=environment(path, "record"), progress=progress("record"))
    write(execute(path, environment=environment(path, "replay"), progress=progress("replay")), path)


def check(path: Path) -> StaleCassette | None:
    """Replay a notebook without calling anything; return what its cassette lacks, or None where it lacks nothing.

    Raises:
        NotebookError: a cell raised something else.
    """
    try:
        execute(path, environment=environment(path, "replay"))
    except StaleCassette as stale:
        return stale
    return None
