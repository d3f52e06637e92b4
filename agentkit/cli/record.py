"""Run notebooks live, write the calls their cassettes lack, and save the outputs of the replay.

Only what changed is called. With --check nothing is called or written: stale notebooks are listed, and the exit code
is 1 where there is one.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", type=Path, help="notebook files")
    parser.add_argument("--check", action="store_true", help="list stale notebooks; call and write nothing")


def main(arguments: argparse.Namespace) -> int:
    """Record or check each notebook."""
    from agentkit.notebook.record import check, record

    stale = 0
    for path in arguments.notebooks:
        if arguments.check:
            missing = check(path)
            print(f"{path}: {f'stale: {missing}' if missing else 'replays'}")
            stale += missing is not None
        else:
            record(path, say=lambda line: print(f"agentkit: {line}", flush=True))
            print(f"{path}: recorded, replayed and saved")
    return 1 if stale else 0
