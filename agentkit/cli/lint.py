"""Check agent definitions: what the real loader makes of them, and what it would read wrong.

Settings come from [tool.agentkit.lint] of the nearest pyproject.toml. Exit code 1 means findings of severity `warning`
or worse (`--fail-on` changes that).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition
    from agentkit.definition.lintconfig import LintConfig


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from agentkit.definition.findings import SEVERITIES
    from agentkit.definition.reports import FORMATS

    parser.add_argument("paths", nargs="+", metavar="PATH", help="definition files, or folders of them")
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
    from agentkit.definition import findings, reports

    config = _config(arguments)
    agents, problems = _agents(arguments.paths)
    if arguments.fix:
        agents = [_fixed(agent, config) for agent in agents]
    alone = [finding for agent in agents for finding in agent.findings]
    found = config.apply([*alone, *findings.check_folder(agents)])
    found.sort(key=lambda finding: (finding.path or "", finding.line, finding.column, finding.code))
    text = reports.report(found, arguments.format, files=len(agents))
    if arguments.out is not None:
        arguments.out.write_text(text + "\n", "utf-8")
    elif text:
        print(text)
    for problem in problems:
        print(f"agentkit: {problem}", file=sys.stderr)
    return 2 if problems else int(config.fails(found))


def _config(arguments: argparse.Namespace) -> LintConfig:
    from dataclasses import replace

    from agentkit.definition import lintconfig

    first = Path(arguments.paths[0])
    config = lintconfig.find(first if first.is_dir() else first.parent)
    select = tuple(code for listed in arguments.select for code in lintconfig.codes(listed.split(","), "--select"))
    ignore = tuple(code for listed in arguments.ignore for code in lintconfig.codes(listed.split(","), "--ignore"))
    return replace(
        config,
        select=select or config.select,
        ignore=(*config.ignore, *ignore),
        fail_on=arguments.fail_on or config.fail_on,
    )


def _agents(paths: list[str]) -> tuple[list[AgentDefinition], list[Exception]]:
    from agentkit.definition.folder import load_folder
    from agentkit.definition.opening import load
    from agentkit.errors import DefinitionError

    agents: list[AgentDefinition] = []
    problems: list[Exception] = []
    for path in dict.fromkeys(paths):
        if Path(path).is_dir():
            folder = load_folder(path)
            agents += folder
            problems += folder.unread
        else:
            try:
                agents.append(load(path))
            except DefinitionError as error:
                problems.append(error)
    return agents, problems


def _fixed(agent: AgentDefinition, config: LintConfig) -> AgentDefinition:
    codes = {finding.code for finding in config.apply(agent.findings) if finding.fix}
    if not codes:
        return agent
    mended = agent.fix(*sorted(codes))
    return mended.save() if mended != agent else agent
