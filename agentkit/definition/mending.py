"""The safe fixes: each gives a definition in which one rule has nothing left to say, or the same one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentkit.definition import salvage, writing
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.reading import refusal
from agentkit.definition.tools import modern, spelt
from agentkit.definition.undecoded import restored, shown
from agentkit.errors import EditError

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_PROPER_FENCE = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_KEY_LINE = re.compile(r"[A-Za-z_-][\w.-]*[ \t]*:(?:\s|\Z)")


def changes(mend: Callable[[AgentDefinition], AgentDefinition], agent: AgentDefinition) -> bool:
    """Tell whether a fix has something to do, and can do it."""
    try:
        return mend(agent) != agent
    except EditError:
        return False


def _with_block(agent: AgentDefinition, block: str) -> AgentDefinition:
    envelope = agent.document.envelope
    old = agent.text[envelope.block_start : envelope.block_end]
    return agent.with_text(agent.text[: envelope.block_start] + restored(block, old) + agent.text[envelope.block_end :])


def _block(agent: AgentDefinition) -> str:
    """Return the lines between the fences, bytes that are not UTF-8 as the loader shows them."""
    envelope = agent.document.envelope
    return shown(agent.text[envelope.block_start : envelope.block_end])


def write_repair(agent: AgentDefinition) -> AgentDefinition:
    """Write into the file what the repair makes of it, where that changes no value; only lines that need it."""
    if agent.verdict != "repaired":
        return agent
    block = salvage.repair_written(_block(agent))
    mended = agent if block is None else _with_block(agent, block)
    return mended if mended.verdict == "loads" and mended.system_prompt == agent.system_prompt else agent


def requotes(agent: AgentDefinition) -> bool:
    """Tell whether `requoted` makes a file of it that loads."""
    if agent.reading.salvage is None or refusal(agent.metadata) is not None:
        return False
    # A value that a fence cuts would be mended without its second half.
    return not changes(inner_fence, agent)


def requoted(agent: AgentDefinition) -> AgentDefinition:
    """Double-quote the values that keep the YAML from parsing, lines that run on without indentation included."""
    block = agent.reading.salvage
    mended = agent if block is None or not requotes(agent) else _with_block(agent, block)
    return mended if mended.verdict == "loads" else agent


def inner_fence(agent: AgentDefinition) -> AgentDefinition:
    """Break the --- inside a value with an escape, where a proper fence follows."""
    envelope, text = agent.document.envelope, agent.text
    line_start = text.rfind("\n", 0, envelope.block_end) + 1
    if envelope.why is not None or line_start == envelope.block_end:
        return agent
    rest = _PROPER_FENCE.search(text, envelope.block_end + 3)
    if rest is None or not _are_fields(text[line_start : rest.start()].split("\n")):
        return agent
    old = text[envelope.block_start : rest.start()]
    block = salvage.unfenced(shown(old))
    if block is None:
        return agent
    mended = agent.with_text(text[: envelope.block_start] + restored(block, old) + text[rest.start() :])
    return mended if mended.verdict == "loads" else agent


def _are_fields(lines: list[str]) -> bool:
    """Tell whether lines are those of a frontmatter, and no prompt with a rule below it."""
    for line in lines:
        if not (line[:1] in ("", " ", "-", "#", "\t", "\r") or _KEY_LINE.match(line) or _known(line)):
            return False
    comment = max((place for place, line in enumerate(lines) if line.startswith("#")), default=None)
    return comment is None or any(_known(line) for line in lines[comment:])


def _known(line: str) -> bool:
    return line.partition(":")[0] in BY_NAME


def quote_comments(agent: AgentDefinition) -> AgentDefinition:
    """Quote the name and description that a comment cuts."""
    block = _block(agent).split("\n")
    for place, line in enumerate(block):
        match = re.match(r"(name|description):[ \t]+([^\s\"'\[{|>#&!][^\r]*?[ \t]#[^\r]*)(\r?)\Z", line)
        if match:
            block[place] = f"{match[1]}: {writing.scalar(match[2].rstrip(), quote=True)}{match[3]}"
    return _with_block(agent, "\n".join(block))


def forward_slashes(agent: AgentDefinition) -> AgentDefinition:
    """Write paths in the description with / where a backslash-n would be lost."""
    raw = agent.metadata.get("description")
    if not isinstance(raw, str):
        return agent
    words = [
        word.replace("\\", "/") if re.search(r"[A-Za-z]:\\|\\\w+\\", word) and "\\n" in word else word
        for word in raw.split(" ")
    ]
    mended = " ".join(words).replace("\\n", "\n")
    return agent.replace(description=mended) if " ".join(words) != raw else agent


def unix_lines(agent: AgentDefinition) -> AgentDefinition:
    """Write LF line ends, where the loader reads the same then."""
    mended = agent.with_text(agent.text.replace("\r\n", "\n"))
    same = agent.verdict == "dropped" or dict(mended.metadata) == dict(agent.metadata)
    return mended if same else agent


def tool_names(agent: AgentDefinition) -> AgentDefinition:
    """Spell tools as the program does, and replace those it no longer has where they are allowed."""
    wanted = {}
    allowed = modern(agent.tools or ())
    if allowed != (agent.tools or ()):
        wanted["tools"] = list(allowed)
    disallowed = spelt(agent.disallowed_tools, allowed)
    if disallowed != agent.disallowed_tools:
        wanted["disallowedTools"] = list(disallowed)
    return agent.replace(**wanted) if wanted else agent


def rename_fields(agent: AgentDefinition) -> AgentDefinition:
    """Rename misspelt keys whose right name is free."""
    text, taken = agent.text, set(agent.metadata)
    if len(taken) > 1_000:
        return agent
    for entry in reversed(agent.document.entries):
        field = meant(entry.key)
        if field and field not in taken and field in BY_NAME:
            taken.add(field)
            text = text[: entry.start] + re.sub(r"\A[^:]*", field, text[entry.start :], count=1)
    return agent.with_text(text)


def letter_case(agent: AgentDefinition) -> AgentDefinition:
    """Write enumerated values in the letter case the loader wants."""
    wanted = {}
    for key in ("color", "model", "permissionMode", "memory", "effort", "isolation"):
        value = agent.metadata.get(key)
        known = {known.lower(): known for known in BY_NAME[key].values}
        if isinstance(value, str) and value not in known.values() and value.lower() in known:
            wanted[key] = known[value.lower()]
    return agent.replace(**wanted) if wanted else agent
