"""Rules of lint: whether the loader takes the file, and whether it reads what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agentkit.brief import cut
from agentkit.definition import lost, mending
from agentkit.definition.findings import Hit, rule
from agentkit.definition.roster import remembers
from agentkit.definition.tools import known_tool, modern, taken_by

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition


@rule(
    "AK101",
    "does-not-load",
    "error",
    "The real program silently ignores a file whose frontmatter it cannot read, so the agent does not exist.",
    "description: first line\nsecond line without indentation",
    mend=mending.requoted,
    when="dropped",
)
def does_not_load(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a frontmatter that is missing, or does not parse even after the repair."""
    if agent.guessed:
        fix = "quote the values that break the YAML" if mending.requotes(agent) else None
        yield Hit(agent.error_offset, f"the loader drops this file: {agent.reason}", fix)


@rule(
    "AK102",
    "bad-name",
    "error",
    "The loader drops an agent without a name, or whose name is no text, begins with -, holds a colon or is too long.",
    "name: team:reviewer",
    when="dropped",
)
def bad_name(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a name that drops the agent."""
    if agent.refused and "name" in (agent.reason or "").split()[:4]:
        yield Hit(agent.offset_of("name"), f"the loader drops this agent: {agent.reason}")


@rule(
    "AK103",
    "no-description",
    "error",
    "The loader drops an agent whose description is missing, empty, a number or true/false.",
    "description: 2024",
    when="dropped",
)
def no_description(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a description that drops the agent."""
    if agent.refused and "description" in (agent.reason or "").split()[:4]:
        yield Hit(agent.offset_of("description"), f"the loader drops this agent: {agent.reason}")


@rule(
    "AK104",
    "malformed-hooks",
    "error",
    "One malformed hook makes the loader drop the whole agent.",
    "hooks: []",
    when="dropped",
)
def malformed_hooks(agent: AgentDefinition) -> Iterator[Hit]:
    """Report hooks that drop the agent."""
    if agent.refused and (agent.reason or "").startswith("hooks"):
        event = (agent.reason or "").partition(".")[2].partition(" ")[0].partition("[")[0]
        yield Hit(agent.offset_of("hooks", event), f"the loader drops this agent: {agent.reason}")


@rule(
    "AK105",
    "tools-resolve-to-nothing",
    "error",
    "When no name in `tools` is one the program has, or all are disallowed, the agent starts with no tools at all.",
    "tools: read, grep",
    mend=mending.tool_names,
    when=("+tools", "disallowedTools"),
)
def no_tool(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a tools field of which nothing is left."""
    names = agent.tools
    if not names:
        return
    if remembers(agent):  # a memory brings tools of its own
        return
    if not any(known_tool(name) for name in names):
        mends = modern(names) != names
        if agent.verdict == "dropped":  # whether its fields can be edited at all is only known when it is tried
            mends = mends and mending.changes(mending.tool_names, agent)
        fix = "write the names as the program spells them" if mends else None
        yield Hit(agent.offset_of("tools"), f"none of these tools exists: {', '.join(names)[:200]}", fix)
        return
    disallowed = set(agent.disallowed_tools)
    if not any(known_tool(name) and not taken_by(name, disallowed) for name in names):
        yield Hit(agent.offset_of("disallowedTools"), "disallowedTools takes away all that tools allows")


@rule(
    "AK110",
    "inner-fence",
    "error",
    "The frontmatter ends at the first --- anywhere; fields after it become part of the prompt and have no effect.",
    "description: fast --- and careful\ntools: Read",
    mend=mending.inner_fence,
    when="+inner",
)
def inner_fence(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a closing fence that stands inside a line."""
    envelope = agent.document.envelope
    fix = "write the --- so that it does not close the block" if mending.changes(mending.inner_fence, agent) else None
    return (Hit(envelope.block_end, "this --- ends the frontmatter; what follows it is read as the prompt", fix),)


@rule(
    "AK111",
    "cut-at-comment",
    "error",
    "In a plain value a blank and # begin a comment, so the rest of it is lost.",
    "description: Fixes issue #12 and its friends",
    mend=mending.quote_comments,
    when="+unsure",
)
def cut_at_comment(agent: AgentDefinition) -> Iterator[Hit]:
    """Report texts that a comment cuts, and values that are nothing but a comment."""
    if agent.fields_once or agent.verdict != "loads":
        return
    for each in lost.cuts(agent):
        rest = agent.text[each.place : each.end].split("\n")[0].rstrip()
        fix = "quote the whole value" if each.whole is not None else None
        yield Hit(each.place, f"everything from {rest[:40]!r} on is a comment", fix)


@rule(
    "AK112",
    "backslash-n",
    "error",
    "The loader turns each backslash followed by n into a line end, so a path such as C:\\new is corrupted.",
    "description: Reads C:\\new\\files",
    mend=mending.forward_slashes,
    when="+backslash",
)
def backslash_n(agent: AgentDefinition) -> Iterable[Hit]:
    r"""Report a backslash-n in the description that is part of a path."""
    raw = agent.metadata.get("description")
    broken = lost.broken_paths(raw) if isinstance(raw, str) and "\\n" in raw else []
    if not isinstance(raw, str) or not broken:
        return ()
    path = raw[slice(*broken[0])]
    place = agent.offset_of("description", path.partition("\\")[0] or "\\")
    return (Hit(place, f"the backslash-n in '{cut(path)}' becomes a line end", "write /"),)


@rule(
    "AK201",
    "loads-by-repair",
    "warning",
    "The YAML is wrong; only the loader's one repair pass saves the file, and every other reader of it fails.",
    "description: Use this agent: always",
    mend=mending.write_repair,
    when="repaired",
)
def loads_by_repair(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a file that loads only by the repair."""
    if agent.verdict == "repaired":
        yield Hit(agent.error_offset, f"{agent.reason}", "quote the values as the repair does")


@rule(
    "AK202",
    "crlf",
    "warning",
    "CRLF line ends switch the loader's repair off: one `: ` in a plain value and the file is dropped.",
    mend=mending.unix_lines,
    when="+return",
)
def crlf(agent: AgentDefinition) -> Iterator[Hit]:
    """Report CRLF line ends."""
    place = agent.source.find(b"\r\n")
    if place >= 0:
        fix = "write LF line ends" if mending.changes(mending.unix_lines, agent) else None
        yield Hit(len(agent.source[:place].decode("utf-8", "surrogateescape")), "the lines end in CRLF", fix)


@rule(
    "AK203",
    "not-utf8",
    "warning",
    "Bytes that are not UTF-8 reach the model as replacement characters.",
    when="+bytes",
)
def not_utf8(agent: AgentDefinition) -> Iterator[Hit]:
    """Report bytes that are not UTF-8."""
    if not agent.is_utf8:
        bad = re.search("[\udc80-\udcff]", agent.text)
        if bad:
            yield Hit(bad.start(), "these bytes are not UTF-8; the model sees a replacement character")
