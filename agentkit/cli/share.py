"""Make one folder (or zip file) of a notebook that a colleague can open in a browser and replay without a key.

It holds the executed notebook, its cassette, what its code names (definitions, samples; in its own folder also modules
and other notebooks), a standalone HTML page and a requirements file, and is refused where a secret or a machine path
is found in any of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="the notebook file")
    parser.add_argument("--out", type=Path, help="what to make (default: build/share/NAME, or NAME.zip with --zip)")
    parser.add_argument("--zip", action="store_true", help="make one zip file instead of a folder")
    parser.add_argument("--allow-leaks", action="store_true", help="share although the scanner found something")


def main(arguments: argparse.Namespace) -> int:
    """Share, and say where it is."""
    from agentkit.notebook.share import share

    name = arguments.notebook.stem + (".zip" if arguments.zip else "")
    out = arguments.out or Path("build") / "share" / name
    made = share(arguments.notebook, out, archive=arguments.zip, allow_leaks=arguments.allow_leaks)
    for file in made.files:
        print(f"  {file}")
    print(f"agentkit: {made.path} ({len(made.files)} files; open {made.page} in a browser)")
    return 0
