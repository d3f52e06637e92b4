"""Marks: cheap looks at a file that spare most rules of lint their work.

A rule names in `when=` the mark without which it has nothing to say; the rule itself then looks with care. All looks
stand here in one function, since asking each rule by itself would take longer than most of them do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentkit.definition.tools import all_known

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

LONG_DESCRIPTION = 1_000
"""Characters of a description, its examples left out, from which lint asks for less."""
LONG_PROMPT = 10_000
"""Characters of a system prompt from which lint asks for less."""
KEBAB = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")


def marks(agent: AgentDefinition) -> tuple[str, ...]:
    """Return the marks of a file."""
    found = []
    if not agent.is_utf8:
        found.append("+bytes")
    if b"\r" in agent.source:
        found.append("+return")
    reading = agent.reading
    if reading.places is None:
        found.append("+unsure")
    name, tools = reading.name, reading.tools
    if name and not (3 <= len(name) <= 50 and KEBAB.match(name)):
        found.append("+name")
    if tools and not all_known(tools):
        found.append("+tools")
    if description := reading.description:
        if "example>" in description:
            found.append("+example")
        if "<example" not in description and ("<" not in description or "<EXAMPLE" not in description.upper()):
            found.append("+bare")
        if not ("when " in description or "Use " in description or " for " in description):
            found.append("+cue")
        if len(description) > LONG_DESCRIPTION:
            found.append("+wordy")
    raw = reading.metadata.get("description")
    if isinstance(raw, str) and "\\" in raw:
        found.append("+backslash")
    envelope = agent.document.envelope
    if envelope.why is None and agent.text[envelope.block_end - 1] != "\n":
        found.append("+inner")
    start, end = agent.document.prompt_span
    if start == end:
        found.append("+empty")
    elif end - start > LONG_PROMPT:
        found.append("+long")
    return tuple(found)
