"""Write a new experiment: a notebook, samples and a cassette folder that pass `pytest --nbval` at once."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("kind", choices=["experiment"], help="what to write")
    parser.add_argument("name", metavar="NAME", help="lowercase, digits, hyphens; also the name of its folder")
    parser.add_argument("--agent", type=Path, metavar="FILE", help="the definition to work on (default: writes one)")
    parser.add_argument("--ci", choices=["github"], help="add a workflow that lints definitions and replays notebooks")


def main(arguments: argparse.Namespace) -> int:
    """Write the files and say what to type next."""
    from agentkit.notebook.new import new_experiment

    made = new_experiment(arguments.name, agent=arguments.agent, ci=arguments.ci)
    for path in made:
        print(path)
    print(f"next: agentkit lab {made[0]}   or: pytest --nbval {made[0].parent}")
    return 0
