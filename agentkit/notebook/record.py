"""Record a notebook's cassette, and check that it is still good.

Recording executes the notebook twice: once live, where only what the cassette lacks is called and written to it, and
once in replay, whose outputs are the ones saved. So what is committed is what every replay shows, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from agentkit.backends import weights
from agentkit.errors import NotebookError, StaleCassette
from agentkit.experiment.cassette import Cassette
from agentkit.experiment.cassette_prune import USED_VARIABLE, reported
from agentkit.notebook.execute import execute, read, write
from agentkit.notebook.plugin import FILE, MODE, cassette_of


def environment(path: Path, mode: str) -> dict[str, str | None]:
    """Return the variables under which a notebook's kernel records or replays."""
    return {MODE: mode, FILE: str(cassette_of(path.resolve()))}


def record(path: Path, *, say: Callable[[str], None] = lambda line: None, used: Path | None = None) -> None:
    """Run a notebook live, write what was missing to its cassette, then save the outputs of its replay.

    Args:
        path: The notebook; it is written in place, as one step.
        say: Told each line of progress, and first of all a warning where another embedded model would answer.
        used: A file to which the replay adds what it asks cassettes for, as `prune` takes it; None for none.

    Raises:
        NotebookError: a cell raised; the notebook file is as it was.
    """
    if warning := other_model(path):
        say(warning)

    def progress(stage: str) -> Callable[[int, int, str], None]:
        return lambda number, total, line: say(f"{stage} {number}/{total}  {line}")

    execute(path, environment=environment(path, "record"), progress=progress("record"))
    replaying = {**environment(path, "replay"), USED_VARIABLE: str(used.resolve()) if used is not None else None}
    write(execute(path, environment=replaying, progress=progress("replay")), path)


def other_model(path: Path) -> str | None:
    """Return a warning where all of a notebook's calls came from one embedded model and another would answer now."""
    file = cassette_of(path.resolve())
    if not file.exists():
        return None
    calls = Cassette(file, recording=False).entries()
    served = {call["request"].get("model") for call in calls if call.get("backend") == "embedded"}
    name = next((name for name, each in weights.NAMED.items() if {each.alias} == served), None)
    if name is None or (now := weights.find()) == weights.NAMED[name]:
        return None
    other = now.alias if isinstance(now, weights.Weights) else now.name
    return (
        f"{file.name} was recorded from {name}; what asks for no model by name will be asked of {other} anew. "
        f"To keep it: AGENTKIT_MODEL={name} agentkit record {path}"
    )


def prune(paths: Sequence[Path], used: Path) -> dict[Path, int]:
    """Take out of the cassettes of notebooks what their replays did not ask for; return how many calls went, by file.

    Args:
        paths: Every notebook that `used` tells of.
        used: The file that `record` was given.

    Raises:
        NotebookError: a notebook beside these names one of the cassettes; nothing was taken out.
    """
    found: dict[Path, set[str]] = {cassette_of(path.resolve()): set() for path in paths}
    for cassette, names in reported(used).items():
        found.setdefault(cassette.resolve(), set()).update(names)
    given = {path.resolve() for path in paths}
    others = {other.resolve() for path in given for other in path.parent.glob("*.ipynb")} - given
    for other in sorted(others):
        code = "\n".join(cell.source for cell in read(other).cells if cell.cell_type == "code")
        shared = [cassette.name for cassette in found if cassette.name in code]
        if shared:
            raise NotebookError(
                f"{other.name} names the cassette {shared[0]} too; nothing was removed",
                hint=f"agentkit record --prune {' '.join(path.name for path in (*paths, other))}",
            )
    return {
        cassette: Cassette(cassette, recording=False).prune(names)
        for cassette, names in found.items()
        if cassette.exists()
    }


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
