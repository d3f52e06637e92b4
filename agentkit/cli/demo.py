"""Execute a notebook from start to end on the embedded model (never a replay), and show what came back.

Prints the side-by-side table, and writes the executed notebook and a standalone HTML page.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("notebook", nargs="?", help="the notebook to execute (default: notebooks/01_quickstart.ipynb)")
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder to write to (default: build)")


def main(arguments: argparse.Namespace) -> int:
    """Fetch the model, execute, print the table, write both files."""
    from agentkit.notebook.demo import demo
    from agentkit.notebook.lab import chosen

    made = demo(chosen(arguments.notebook), arguments.out, say=lambda line: print(f"agentkit: {line}", flush=True))
    for table in made.tables:
        print(f"\n{table}\n")
    print(f"agentkit: executed notebook  {made.notebook}")
    print(f"agentkit: standalone page    {made.page}")
    return 0
