"""Marks: cheap looks at a file that spare most rules of lint their work.

A rule names in `when=` the mark without which it has nothing to say; the rule itself then looks with care. All looks
stand here in one function, since asking each rule by itself would take longer than most of them do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stringzilla import find

from agentkit.definition import examples
from agentkit.definition.tools import all_known
from agentkit.definition.words import holds

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

LONG_DESCRIPTION = 1_000
"""Characters of a description, its examples left out, from which lint asks for less."""
LONG_PROMPT = 10_000
"""Characters of a system prompt from which lint asks for less."""
KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_YOU = b"You "
_YOURS = (b" you ", b" your ", b"Your ", b"YOU ")
"""How most prompts address the model; nearly all of them by the first."""
OUTPUT = (
    b"format", b"output", b"provide", b"response", b"report", b"deliver", b"return", b"summar", b"produce", b"respond",
    b"answer", b"reply", b"json", b"table", b"list each", b"list of", b"end with",
)  # fmt: skip
"""Words of which a prompt has one that says what its answer should look like."""


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
    if tools:
        if not all_known(tools):
            found.append("+tools")
    elif isinstance(reading.metadata.get("tools"), (dict, int, float)):
        found.append("+untooled")
    if description := reading.description:
        if "<" in description:
            beside = _mark_examples(description, found)
        else:
            beside = len(description)
            found.append("+bare")
        if beside > LONG_DESCRIPTION:
            found.append("+wordy")
        if not (holds(description, "when ") or holds(description, "Use ") or holds(description, " use ")):
            found.append("+cue")
    raw = reading.metadata.get("description")
    if isinstance(raw, str) and "\\" in raw:
        found.append("+backslash")
    envelope = agent.document.envelope
    if envelope.why is None:
        text, end = agent.text, envelope.block_end
        # The usual fence is a line of its own.
        if text[end - 1] != "\n" or (text[end + 3 : end + 4] not in ("", "\n", "\r") and _goes_on(text, end + 3)):
            found.append("+inner")
    start, end = agent.document.prompt_span
    if start == end:
        found.append("+empty")
    elif end - start > LONG_PROMPT:
        found.append("+long")
    _mark_body(agent.source, agent.body_start, found)
    return tuple(found)


def _goes_on(text: str, place: int) -> bool:
    """Tell whether more than blanks stands on the rest of a line."""
    end = text.find("\n", place)
    return bool(text[place : end if end >= 0 else len(text)].strip())


def _mark_examples(description: str, found: list[str]) -> int:
    """Add the marks of a description with tags, and return how many characters stand beside its examples."""
    count, beside, closed, whole = examples.outline(description)
    if not count and not holds(description, "<example") and "<EXAMPLE" not in description.upper():
        found.append("+bare")
    if count or not closed:
        found.append("+example")
    if not closed:
        found.append("+tags")
    if not whole:
        found.append("+half")
    return beside


def _mark_body(source: bytes, start: int, found: list[str]) -> None:
    """Add the marks of a body, from its words as people spell them: to lower the whole body takes longer."""
    if find(source, _YOU, start) < 0 and all(find(source, word, start) < 0 for word in _YOURS):
        found.append("+unaddressed")
    if find(source, b"lways", start) >= 0 or find(source, b"LWAYS", start) >= 0:
        found.append("+always")
    for word in OUTPUT:
        if find(source, word, start) >= 0:
            return
    found.append("+silent")
