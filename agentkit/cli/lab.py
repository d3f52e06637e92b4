"""Open JupyterLab on a notebook, ready to run: on the API where a key is found, else on the embedded model.

With --replay cells answer from the notebook's cassette: no key, no model, and nothing is called.
"""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("notebook", nargs="?", help="the notebook to open (default: notebooks/01_quickstart.ipynb)")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening a window")
    parser.add_argument("--port", type=int, help="port to listen on (default: the first free one from 8888)")
    parser.add_argument("--replay", action="store_true", help="answer from the cassette alone; nothing is called")


def main(arguments: argparse.Namespace) -> int:
    """Fetch the embedded model if it will be needed, then become JupyterLab."""
    from agentkit.backends.detect import choose
    from agentkit.notebook.lab import chosen, open_lab

    notebook = chosen(arguments.notebook)
    prepare = None if arguments.replay else getattr(choose(None), "prepare", None)
    if prepare is not None:
        print("agentkit: no key found, so notebooks run on the embedded model", flush=True)
        prepare()
    print(f"agentkit: opening JupyterLab on {notebook} (Ctrl-C twice to stop)", flush=True)
    open_lab(notebook, browser=not arguments.no_browser, port=arguments.port, replay=arguments.replay)
    return 0
