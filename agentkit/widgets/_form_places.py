"""Where in the form a line of the file is: in the system prompt, or in the input of a field."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from agentkit.definition.agent import AgentDefinition
from agentkit.definition.findings import SEVERITIES, position
from agentkit.views import safe


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the form."""

    line: int
    """Line in the file, from 1."""
    field: str | None
    """The field whose input holds the line; None where it is in the system prompt."""


def first_line(agent: AgentDefinition) -> int:
    r"""Return the line of the file on which the system prompt begins, from 1.

    >>> import agentkit as ak
    >>> first_line(ak.loads("---\nname: a\ndescription: b\n---\n\nYou help.\n"))
    6
    """
    return position(agent.text, agent.document.prompt_span[0])[0]


def place(agent: AgentDefinition, line: int) -> Place | None:
    r"""Return where a line of the file is in the form; None where no input holds it.

    >>> import agentkit as ak
    >>> agent = ak.loads("---\nname: a\ndescription: b\nodd: 1\n---\n\nYou help.\n")
    >>> [(found.line, found.field) for found in [place(agent, 3), place(agent, 4), place(agent, 7)] if found]
    [(3, 'description'), (4, 'odd'), (7, None)]
    >>> place(agent, 1) is None
    True
    """
    start, end = agent.document.prompt_span
    if first_line(agent) <= line <= position(agent.text, end)[0] and start < end:
        return Place(line, None)
    for entry in agent.document.entries:
        last = position(agent.text, max(entry.start, entry.end - 1))[0]
        if entry.key in agent.metadata and position(agent.text, entry.start)[0] <= line <= last:
            return Place(line, entry.key)
    return None


def marks(agent: AgentDefinition) -> list[dict[str, Any]]:
    """Return the findings in the system prompt by line: `line` in the file, `severity` (the worst) and `message`."""
    found = [each for each in agent.findings if (here := place(agent, each.line)) and here.field is None]
    lines = [(line, list(group)) for line, group in groupby(found, key=lambda each: each.line)]
    return [
        {
            "line": line,
            "severity": min((each.severity for each in group), key=SEVERITIES.index),
            "message": "\n".join(f"{each.severity} {each.code}: {safe.visible(each.message)}" for each in group),
        }
        for line, group in lines
    ]
