"""Check agent definitions: what the real loader makes of them, and what it would read wrong.

Settings come from [tool.agentkit.lint] of the pyproject.toml nearest to each PATH. Exit code 1 means findings of
severity `warning` or worse (`--fail-on` changes that).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import AgentkitError

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition
    from agentkit.definition.findings import Finding
    from agentkit.definition.lintconfig import LintConfig


_ROUNDS = 5
"""One fix can make room for that of another rule."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from agentkit.definition.findings import SEVERITIES
    from agentkit.definition.reports import FORMATS

    parser.add_argument("paths", nargs="*", metavar="PATH", help="definition files, or folders of them")
    parser.add_argument("--explain", metavar="CODE", help="print what a rule is about (AK302), and look at no file")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how findings are written (default: text)")
    parser.add_argument("--fix", action="store_true", help="make the safe fixes in the files, then report the rest")
    parser.add_argument(
        "--select", action="append", default=[], metavar="CODES", help="run only these rules (AK1,AK302)"
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="CODES", help="do not run these rules")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="least severity that makes exit code 1 (default: warning)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the report there instead of printing it")


def main(arguments: argparse.Namespace) -> int:
    """Run the command; 0 clean, 1 findings, 2 not carried out."""
    from agentkit.definition import reports

    if arguments.explain is not None:
        return _explain(arguments.explain)
    if not arguments.paths:
        raise AgentkitError("no PATH was given", hint="agentkit lint agents/")
    agents, problems = _agents(arguments)
    if arguments.fix:
        agents = [(_fixed(agent, config, problems), config) for agent, config in agents]
    found, fails = _findings(agents)
    text = reports.report(found, arguments.format, files=len(agents))
    # The name of a file need not be text.
    text = text.encode("utf-8", "backslashreplace").decode()
    if arguments.out is not None:
        _write(arguments.out, text + "\n")
    elif text:
        print(text)
    for problem in problems:
        print(f"agentkit: {problem}", file=sys.stderr)
    return 2 if problems else int(fails)


def _explain(code: str) -> int:
    from agentkit.definition import ruledocs

    print(ruledocs.section(code))
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise AgentkitError(f"{path} cannot be written: {error.strerror or error}", hint="--out FILE") from error


def _findings(agents: Sequence[tuple[AgentDefinition, LintConfig]]) -> tuple[list[Finding], bool]:
    """Return what counts by each file's settings, and whether the command fails by it."""
    from agentkit.definition import findings

    settings = {str(agent.path): config for agent, config in agents}
    alone = [finding for agent, _ in agents for finding in agent.findings]
    found, fails = [], False
    for finding in (*alone, *findings.check_folder([agent for agent, _ in agents])):
        config = settings[finding.path or ""]
        kept = config.apply([finding])
        found += kept
        fails = fails or config.fails(kept)
    return sorted(found, key=lambda finding: (finding.path or "", finding.line, finding.column, finding.code)), fails


def _config(folder: Path, arguments: argparse.Namespace) -> LintConfig:
    from dataclasses import replace

    from agentkit.definition import lintconfig

    config = lintconfig.find(folder)
    select = tuple(code for listed in arguments.select for code in lintconfig.codes(listed.split(","), "--select"))
    ignore = tuple(code for listed in arguments.ignore for code in lintconfig.codes(listed.split(","), "--ignore"))
    return replace(
        config,
        select=select or config.select,
        ignore=(*config.ignore, *ignore),
        fail_on=arguments.fail_on or config.fail_on,
    )


def _agents(arguments: argparse.Namespace) -> tuple[list[tuple[AgentDefinition, LintConfig]], list[Exception]]:
    """Return each file once, however often it was named, with the settings that go for it; and what cannot be read."""
    from agentkit.definition.folder import load_folder
    from agentkit.definition.opening import load
    from agentkit.errors import DefinitionError

    agents: dict[str, tuple[AgentDefinition, LintConfig]] = {}
    problems: list[Exception] = []
    settings: dict[Path, LintConfig] = {}
    for path in map(Path, arguments.paths):
        place = path if path.is_dir() else path.parent
        if place not in settings:
            settings[place] = _config(place, arguments)
        try:
            folder = load_folder(path) if path.is_dir() else None
            found = [load(path)] if folder is None else [*folder]
        except DefinitionError as error:
            problems.append(error)
            continue
        problems += folder.unread if folder is not None else ()
        for agent in found:
            agents.setdefault(os.path.realpath(str(agent.path)), (agent, settings[place]))
    return list(agents.values()), problems


def _fixed(agent: AgentDefinition, config: LintConfig, problems: list[Exception]) -> AgentDefinition:
    from agentkit.errors import DefinitionError

    mended = agent
    for _ in range(_ROUNDS):
        codes = {finding.code for finding in config.apply(mended.findings) if finding.fix}
        before, mended = mended, mended.fix(*sorted(codes)) if codes else mended
        if mended == before:
            break
    try:
        return mended.save() if mended != agent else agent
    except DefinitionError as error:
        problems.append(error)
        return agent
