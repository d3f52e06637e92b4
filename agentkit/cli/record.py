"""Run notebooks live, write the calls their cassettes lack, and save the outputs of the replay.

Only what changed is called. With --prune what the notebooks no longer ask for is then taken out of their cassettes;
name all notebooks that share one. With --check nothing is called or written: stale notebooks are listed, and the exit
code is 1 where there is one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", type=Path, help="notebook files")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="list stale notebooks; call and write nothing")
    instead.add_argument("--prune", action="store_true", help="also remove recorded calls that are no longer used")


def main(arguments: argparse.Namespace) -> int:
    """Record or check each notebook."""
    return _check(arguments.notebooks) if arguments.check else _record(arguments.notebooks, arguments.prune)


def _check(notebooks: list[Path]) -> int:
    from agentkit.notebook.record import check

    stale = 0
    for path in notebooks:
        missing = check(path)
        print(f"{path}: {f'stale: {missing}' if missing else 'replays'}")
        stale += missing is not None
    return 1 if stale else 0


def _record(notebooks: list[Path], pruned: bool) -> int:
    from agentkit.notebook.record import prune, record

    with tempfile.TemporaryDirectory(prefix="agentkit-") as scratch:
        used = Path(scratch) / "used" if pruned else None
        for path in notebooks:
            record(path, say=lambda line: print(f"agentkit: {line}", flush=True), used=used)
            print(f"{path}: recorded, replayed and saved")
        if used is not None:
            for cassette, gone in prune(notebooks, used).items():
                print(f"{cassette.name}: {gone} unused call(s) removed")
    return 0
