"""The safe fixes: each gives a definition in which one rule has nothing left to say, or the same one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from agentkit.definition import lost, salvage, writing
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.reading import refusal
from agentkit.definition.tools import known_tool, modern, spelt, tools_of
from agentkit.definition.undecoded import restored, shown
from agentkit.errors import EditError

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_RANK = {"dropped": 0, "repaired": 1, "loads": 2}
_COMMENT = re.compile(r"(?:\A|[ \t])#")
_FEW = 50
_SPELT = ("color", "model", "permissionMode", "memory", "effort", "isolation")
"""Fields with a value out of a few."""


def made(mend: Callable[[AgentDefinition], AgentDefinition], agent: AgentDefinition) -> AgentDefinition:
    """Return what a fix makes of a definition; the same one where it cannot be made, or would harm.

    A fix harms when a file that loads would then load only by the repair, or not at all.
    """
    try:
        mended = mend(agent)
    except EditError:
        return agent
    return mended if _RANK[mended.verdict] >= _RANK[agent.verdict] else agent


def changes(mend: Callable[[AgentDefinition], AgentDefinition], agent: AgentDefinition) -> bool:
    """Tell whether a fix has something to do, and can do it."""
    return made(mend, agent) != agent


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
    return agent.text[agent.document.envelope.block_end - 1] == "\n"


def requoted(agent: AgentDefinition) -> AgentDefinition:
    """Double-quote the values that keep the YAML from parsing, lines that run on without indentation included."""
    block = agent.reading.salvage
    mended = agent if block is None or not requotes(agent) else _with_block(agent, block)
    return mended if mended.verdict == "loads" else agent


def inner_fence(agent: AgentDefinition) -> AgentDefinition:
    """Break the --- inside a value with an escape, where a proper fence follows."""
    envelope, text = agent.document.envelope, agent.text
    past = salvage.past_fence(text, envelope.block_start, envelope.block_end) if envelope.why is None else None
    if past is None:
        return agent
    block, end = past
    old = text[envelope.block_start : end]
    mended = agent.with_text(text[: envelope.block_start] + restored(block, old) + text[end:])
    return mended if mended.verdict == "loads" else agent


def quote_comments(agent: AgentDefinition) -> AgentDefinition:
    """Quote the values of which a comment takes a part."""
    text = agent.text
    for cut in sorted(lost.cuts(agent), reverse=True):
        if cut.whole is not None:
            value = writing.scalar(cut.whole, quote=True)
            text = f"{text[: cut.entry.value_start]} {value}{agent.document.newline}{text[cut.entry.end :]}"
    return agent.with_text(text)


def forward_slashes(agent: AgentDefinition) -> AgentDefinition:
    """Write paths in the description with / where a backslash-n would be lost."""
    raw = agent.metadata.get("description")
    spans = lost.broken_paths(raw) if isinstance(raw, str) else []
    if not isinstance(raw, str) or not spans:
        return agent
    for start, end in reversed(spans):
        server = "/" if raw.startswith("\\\\", start) else ""
        raw = raw[:start] + server + re.sub(r"\\+", "/", raw[start:end]) + raw[end:]
    return agent.replace(description=raw.replace("\\n", "\n"))


def unix_lines(agent: AgentDefinition) -> AgentDefinition:
    """Write LF line ends, where the loader reads the same then."""
    mended = agent.with_text(agent.text.replace("\r\n", "\n"))
    same = agent.verdict == "dropped" or dict(mended.metadata) == dict(agent.metadata)
    return mended if same else agent


def tool_names(agent: AgentDefinition) -> AgentDefinition:
    """Spell tools as the program does, and replace those it no longer has where they are allowed."""
    names, taken = agent.tools or (), agent.disallowed_tools
    allowed = modern(names)
    if allowed != names:
        agent = _with_tools(agent, "tools", {name: modern((name,))[0] for name in names}, allowed)
    disallowed = spelt(taken, allowed)
    if disallowed != taken:
        agent = _with_tools(agent, "disallowedTools", dict(zip(taken, disallowed, strict=True)), disallowed)
    return agent


def _with_tools(agent: AgentDefinition, key: str, new: Mapping[str, str], wanted: tuple[str, ...]) -> AgentDefinition:
    """Return the definition with other tools in a field, of which what stays keeps its comments and its layout."""
    entry = agent.document.entry(key)
    other = {old: name for old, name in new.items() if name != old}
    if entry is not None and len(other) <= _FEW:
        text = _renamed(agent.text[entry.value_start : entry.end], other)
        for name in set(other.values()):
            text = _said_once(text, name)
        mended = agent.with_text(agent.text[: entry.value_start] + text + agent.text[entry.end :])
        if tools_of(mended.metadata.get(key)) == wanted and not any(pair in text for pair in ('""', "''")):
            return mended
    return agent.replace(**{key: list(wanted)})


def _renamed(text: str, other: Mapping[str, str]) -> str:
    """Return the lines of a field with names replaced, but for its comments."""
    if not other:
        return text
    word = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, other))})(?![\w-])")
    lines = text.split("\n")
    for place, line in enumerate(lines):
        end = _code_end(line)
        lines[place] = word.sub(lambda match: other[match[0]], line[:end]) + line[end:]
    return "\n".join(lines)


def _said_once(text: str, name: str) -> str:
    """Return the lines of a field with a name only where it stands first, but for its comments."""
    word = re.compile(rf"(?:[ \t]*,[ \t]*|[ \t]+)?(?<![\w-]){re.escape(name)}(?![\w-])")
    item = re.compile(rf"[ \t]*-[ \t]+([\"']?){re.escape(name)}\1[ \t\r]*(?:[ \t]#.*)?")
    seen = False
    lines = []
    for line in text.split("\n"):
        if seen and item.fullmatch(line):
            continue
        end = _code_end(line)
        pieces, position = [], 0
        for match in word.finditer(line, 0, end):
            pieces.append(line[position : match.start() if seen else match.end()])
            position, seen = match.end(), True
        lines.append("".join(pieces) + line[position:])
    return "\n".join(lines)


def _code_end(line: str) -> int:
    comment = _COMMENT.search(line)
    return comment.start() if comment else len(line)


def rename_fields(agent: AgentDefinition) -> AgentDefinition:
    """Rename misspelt keys whose right name is free."""
    text, taken = agent.text, set(agent.metadata)
    if len(taken) > 1_000:
        return agent
    for entry in reversed(agent.document.entries):
        field = meant(entry.key)
        if field and field not in taken and field in BY_NAME and may_be(field, agent.metadata.get(entry.key)):
            taken.add(field)
            text = text[: entry.start] + re.sub(r"\A[^:]*", field, text[entry.start :], count=1)
    return agent.with_text(text)


def may_be(field: str, value: object) -> bool:
    """Tell whether a value that had no effect may have one: not to take all tools away, nor to ask for nothing."""
    if field == "tools":
        names = tools_of(value)
        return names is None or any(map(known_tool, modern(names)))
    return value != "bypassPermissions"


def letter_case(agent: AgentDefinition) -> AgentDefinition:
    """Write enumerated values in the letter case the loader wants."""
    wanted = {key: spelling for key in _SPELT if (spelling := respelt(key, agent.metadata.get(key)))}
    return agent.replace(**wanted) if wanted else agent


def respelt(key: str, value: object) -> str | None:
    """Return a field's value in the letter case the loader wants; None where that is no other, or unknown."""
    if key not in _SPELT or not isinstance(value, str) or value in BY_NAME[key].values:
        return None
    return next((known for known in BY_NAME[key].values if known.lower() == value.lower()), None)
