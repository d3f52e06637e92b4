"""The safe fixes: each gives a definition in which one rule has nothing left to say, or the same one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentkit.definition import lost, writing, yamlcore, yamlfast
from agentkit.definition.envelope import split
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.repair import repaired, repaired_line
from agentkit.definition.tools import modern, spelt
from agentkit.definition.yamlscalars import DOUBLE, SINGLE
from agentkit.errors import EditError

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_RANK = {"dropped": 0, "repaired": 1, "loads": 2}
_LARGEST_BLOCK = 100_000
"""Characters of a block beyond which nobody wrote it by hand, and nothing is mended."""
_KEY_LINE = re.compile(r"[A-Za-z_-][\w-]*[ \t]*:(?:[ \t]|\Z)")
_SPELT = ("color", "model", "permissionMode", "memory", "effort", "isolation")
"""Fields with a value out of a few."""
_TURN = re.compile(r"(?:context|user|assistant|commentary) ?:|</?\w", re.IGNORECASE)
"""How the lines of an example begin."""
_SPOILT = re.compile(r"([A-Za-z_-][\w-]*)[ \t]*:[ \t]+(.*)\Z", re.DOTALL)


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
    return agent.with_text(agent.text[: envelope.block_start] + block + agent.text[envelope.block_end :])


def _block(agent: AgentDefinition) -> str:
    envelope = agent.document.envelope
    return agent.text[envelope.block_start : envelope.block_end]


def write_repair(agent: AgentDefinition) -> AgentDefinition:
    """Write into the file what the repair makes of it, where that changes no value; only lines that need it."""
    if agent.verdict != "repaired":
        return agent
    block = _block(agent)
    lines = block.split("\n")
    for place, line in enumerate(lines):
        new = repaired_line(line)
        if new is not None and (line.startswith("\t") or not _parses_alone(line)):
            lines[place] = new
    for candidate in ("\n".join(lines), repaired(block)):
        mended = _with_block(agent, candidate)
        if mended.verdict == "loads" and _equal(mended, agent):
            return mended
    return agent


def _parses_alone(line: str) -> bool:
    try:
        value = yamlcore.read(line)
        quoted = yamlcore.read(repaired_line(line) or line)
    except yamlcore.YamlError:
        return False
    # A value that the repair would turn into another one has to be quoted to stay what it is now.
    return bool(value == quoted)


def _equal(one: AgentDefinition, other: AgentDefinition) -> bool:
    return dict(one.metadata) == dict(other.metadata) and one.system_prompt == other.system_prompt


def requoted(agent: AgentDefinition) -> AgentDefinition:
    """Double-quote the values that keep the YAML from parsing, lines that run on without indentation included."""
    envelope = agent.document.envelope
    if envelope.why is not None or not agent.guessed:
        return agent
    if envelope.block_end > _LARGEST_BLOCK:
        return agent
    entries: list[str] = []
    for line in _block(agent).replace("\r\n", "\n").split("\n"):
        if entries and (joint := _joint(entries[-1], line)):
            entries[-1] = f"{entries[-1].rstrip()}{joint}{line}"
        else:
            entries.append(line)
    lines = [line if _stands(line) else _quoted(line) for line in entries]
    mended = _with_block(agent, agent.document.newline.join(lines))
    return mended if mended.verdict == "loads" else agent


def _joint(entry: str, line: str) -> str | None:
    """Return what joins a line to the entry that it carries on; None where it begins one of its own."""
    if not line or line[0].isspace() or not _SPOILT.match(entry):
        return None
    if entry.startswith("description:") and _TURN.match(line):
        return "\n"
    return None if line[0] in "-#" or _KEY_LINE.match(line) else " "


def _stands(entry: str) -> bool:
    match = _SPOILT.match(entry)
    if match is None:
        return True
    if "\n" in entry:  # the lines of an example, of which each by itself would be a field
        return False
    if match[2][:1] in ('"', "'"):  # the usual trouble needs no reader: more text behind the closing quote
        quoted = (DOUBLE if match[2][0] == '"' else SINGLE).match(match[2])
        if quoted is None or match[2][quoted.end() :].lstrip(" \t")[:1] not in ("", "#"):
            return False
    try:
        yamlfast.read(entry + "\n")
    except yamlcore.YamlError:
        return False
    return True


def _quoted(line: str) -> str:
    match = _SPOILT.match(line)
    if match is None or re.match(r"[|>][-+0-9]*\Z", match[2].strip()):
        return line
    value = match[2].strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return f"{match[1]}: {writing.scalar(value, quote=True)}"


def inner_fence(agent: AgentDefinition) -> AgentDefinition:
    """Break the --- inside a value with an escape, where a proper fence follows."""
    envelope = agent.document.envelope
    text = agent.text
    rest = re.compile(r"^---[ \t]*\r?$", re.MULTILINE).search(text, envelope.block_end + 3)
    line_start = text.rfind("\n", 0, envelope.block_end) + 1
    if envelope.why is not None or rest is None or line_start == envelope.block_end:
        return agent
    fields = text[line_start : rest.start()].split("\n")
    for place, line in enumerate(fields):
        match = _SPOILT.match(line.rstrip("\r"))
        if match and "---" in line:
            fields[place] = _quoted(line.rstrip("\r")) + ("\r" if line.endswith("\r") else "")
        elif line.strip() and not (_KEY_LINE.match(line) or line[0] in " -#\t"):
            return agent
    mended = agent.with_text(text[:line_start] + "\n".join(fields) + text[rest.start() :])
    found = split(mended.text)
    return mended if mended.verdict != "dropped" and mended.text.startswith("---", found.block_end) else agent


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
        raw = raw[:start] + re.sub(r"\\+", "/", raw[start:end]) + raw[end:]
    return agent.replace(description=raw.replace("\\n", "\n"))


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
    wanted = {key: spelling for key in _SPELT if (spelling := respelt(key, agent.metadata.get(key)))}
    return agent.replace(**wanted) if wanted else agent


def respelt(key: str, value: object) -> str | None:
    """Return a field's value in the letter case the loader wants; None where that is no other, or unknown."""
    if key not in _SPELT or not isinstance(value, str) or value in BY_NAME[key].values:
        return None
    return next((known for known in BY_NAME[key].values if known.lower() == value.lower()), None)
