"""Which cassette a run uses: the one it was given, the notebook's, or none; to replay or to record."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from agentkit.errors import CassetteError
from agentkit.experiment.cassette import Cassette

MODES = ("once", "replay", "record", "live")
VARIABLE = "AGENTKIT_CASSETTE"
FILE_VARIABLE = "AGENTKIT_CASSETTE_FILE"
"""The cassette of a notebook that names none; `pytest --nbval` and `agentkit record` set it."""

_lock = threading.Lock()
_opened: dict[Path, Cassette] = {}
_current: Path | None = None


def use_cassette(path: str | os.PathLike[str] | None) -> None:
    """Let every further run of this notebook, or process, use one cassette.

    Args:
        path: The file: replayed where it exists, recorded where it does not (`AGENTKIT_CASSETTE` says otherwise:
            `replay`, `record`, `live`). None ends it.

    >>> use_cassette(None)
    """
    global _current
    _current = None if path is None else Path(path).absolute()


def cassette_for(
    path: str | os.PathLike[str] | None, variants: Iterable[str] = (), *, scripted: bool = False
) -> Cassette | None:
    """Return the cassette that a run has to use; None where it has none.

    Args:
        path: What the run was given. A file that is there replays. What this process began to record it goes on
            recording; but where the run was given the path, only for variants that the file does not hold yet, so that
            a changed variant is told and not recorded under the same name.
        variants: Names of the run's variants.
        scripted: Whether the replies are scripted: those need no cassette unless one is named.

    Raises:
        CassetteError: the mode is unknown, or the file cannot be read.
    """
    chosen = Path(path).absolute() if path is not None else _current
    if chosen is None and not scripted and os.environ.get(FILE_VARIABLE):
        chosen = Path(os.environ[FILE_VARIABLE])
    mode = os.environ.get(VARIABLE) or "once"
    if mode not in MODES:
        raise CassetteError(f"{VARIABLE} has an unknown value", received=mode, accepted=", ".join(MODES))
    if chosen is None or mode == "live":
        return None
    with _lock:
        known_one = _opened.get(chosen)
        fits = known_one is not None and (
            path is None or not known_one.holds(variants)
            if mode == "once"
            else known_one.recording == (mode == "record")
        )
        # What this process started to record it goes on recording, though the file is there by now.
        if known_one is not None and fits and (known_one.recording or chosen.exists()):
            known_one.read()
            return known_one
        recording = mode == "record" or (mode == "once" and not chosen.exists())
        made = _opened[chosen] = Cassette(chosen, recording=recording)
        return made
