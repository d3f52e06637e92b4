"""Print the roster: the lines by which a delegating model knows the agents of a folder, and what they cost."""

from __future__ import annotations

import argparse
import sys


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "path", nargs="?", metavar="DIR", help="folder of definitions; what the real program finds here when left out"
    )


def main(arguments: argparse.Namespace) -> int:
    """Run the command; 1 where the roster is so large that the real program warns, 2 where something is unread."""
    from agentkit.definition import roster
    from agentkit.definition.folder import discover, load_folder
    from agentkit.unseen import visible

    folder = load_folder(arguments.path) if arguments.path else discover()
    text = folder.roster
    if text:
        print(visible(text))
    total = roster.tokens(text)
    print(f"{len(folder.used)} agents, about {total:,} tokens", file=sys.stderr)
    for agent in folder:
        if agent.verdict == "dropped":
            print(visible(f"left out: {agent.path}: {agent.reason}"), file=sys.stderr)
    for shadowed in folder.shadowed:
        print(visible(f"left out: {shadowed}"), file=sys.stderr)
    for problem in folder.unread:
        print(f"agentkit: {problem}", file=sys.stderr)
    if total > roster.WARNING_TOKENS:
        print(f"the real program warns above about {roster.WARNING_TOKENS:,} tokens", file=sys.stderr)
    return 2 if folder.unread else int(total > roster.WARNING_TOKENS)
