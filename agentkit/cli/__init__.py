"""The command line: `agentkit COMMAND …`, thin over the library.

Each command lives in a module of this package with `configure(parser)` and `main(arguments) -> int`, imported only when
that command is typed, so `agentkit lint` never pays for the notebook stack.

Exit codes: 0 done, 1 the command's own "no" (findings, failed trials, a verdict), 2 it could not be carried out,
3 neither yes nor no (a gate that can't tell yet), 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from agentkit.errors import AgentkitError

COMMANDS: dict[str, tuple[str, str]] = {
    "lint": ("agentkit.cli.lint", "check agent definitions as the real loader reads them"),
    "roster": ("agentkit.cli.roster", "print what a delegating model sees of a folder of agents"),
    "run": ("agentkit.cli.run", "try definitions on samples, side by side"),
    "gate": ("agentkit.cli.gate", "judge candidates against a baseline: exit code, JUnit XML, Markdown"),
    "new": ("agentkit.cli.new", "write a new experiment"),
    "lab": ("agentkit.cli.lab", "open JupyterLab on a notebook, ready to run"),
    "demo": ("agentkit.cli.demo", "execute a notebook on the embedded model and show what came back"),
    "record": ("agentkit.cli.record", "record the calls of notebooks, so that they replay without a key"),
    "share": ("agentkit.cli.share", "make a folder of a notebook that a colleague can open and replay"),
}
"""Command → (module, one line for `--help`), in the order of the help page."""

EXIT_CODES = (
    "exit codes: 0 done · 1 findings, failed trials or a negative verdict · 2 not carried out · 3 can't tell yet · "
    "130 interrupted"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = _parser()
    name = next((argument for argument in arguments if not argument.startswith("-")), None)
    if name in COMMANDS:
        module = importlib.import_module(COMMANDS[name][0])
        command = argparse.ArgumentParser(
            prog=f"agentkit {name}",
            description=module.__doc__,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.configure(command)
        rest = list(arguments)
        rest.remove(name)
        return _carry_out(module.main, command.parse_args(rest))
    parser.parse_args(arguments)
    parser.print_help()
    return 0


def _carry_out(command: object, arguments: argparse.Namespace) -> int:
    assert callable(command)
    try:
        return int(command(arguments))
    except AgentkitError as error:
        print(f"agentkit: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("agentkit: interrupted; what had finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    width = max((len(name) for name in COMMANDS), default=0)
    commands = "\n".join(f"  {name:<{width}}  {line}" for name, (_, line) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="agentkit",
        description="Edit agent definitions, run them on samples, compare what comes back.",
        epilog=f"commands:\n{commands}\n\n{EXIT_CODES}\n`agentkit COMMAND --help` tells the rest.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", metavar="COMMAND", choices=list(COMMANDS))
    parser.add_argument("--version", action="version", version=f"agentkit {_version()}")
    return parser


def _version() -> str:
    from importlib.metadata import version

    from agentkit.errors import DISTRIBUTION

    return version(DISTRIBUTION)
