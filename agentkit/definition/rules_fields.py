"""Rules of lint: the fields and their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from agentkit.brief import brief, cut
from agentkit.definition import mending
from agentkit.definition.fields import BY_NAME, FIELDS, REMOVED_TOOLS, meant
from agentkit.definition.findings import Hit, rule
from agentkit.definition.hooks import EVENTS, event_trouble
from agentkit.definition.roster import remembers
from agentkit.definition.tools import base, known_tool, modern, spelt, taken_by

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_MODEL_ID = re.compile(r"[a-z0-9@.:/_-]*\d[\w@.:/\[\]-]*\Z|[\w.-]+/[\w./:-]+\Z")
_TOLD = 100
_HARMLESS = frozenset(BY_NAME) - {"name", "description", "hooks"}
_NOT_IN_PLUGINS = tuple(field.name for field in FIELDS if field.ignored_in_plugins)
_CHOICES = {field.name: field for field in FIELDS if field.values and field.kind in ("choice", "boolean")}


def _unknown(agent: AgentDefinition) -> list[str]:
    """Return the keys the loader does not know, as many as are worth telling."""
    keys = agent.metadata.keys() - BY_NAME.keys()
    return sorted(keys)[:_TOLD] if keys else []


@rule(
    "AK210",
    "misspelt-field",
    "warning",
    "The loader ignores a key it does not know, and this one looks like a slip for one it knows.",
    "allowed-tools: Read",
    mend=mending.rename_fields,
    when="+unknown",
)
def misspelt_field(agent: AgentDefinition) -> Iterator[Hit]:
    """Report keys that are likely slips."""
    slips = {key: field for key in _unknown(agent) if (field := meant(key))}
    # A lone slip for a field that can drop nothing is mended for sure; for others it is tried.
    sure = len(slips) == 1 and agent.fields_once and _HARMLESS.issuperset(slips.values()) and not agent.guessed
    left = {} if sure or not slips else mending.made(mending.rename_fields, agent).metadata
    for key, field in slips.items():
        fits = key not in left and field not in agent.metadata and mending.may_be(field, agent.metadata.get(key))
        fix = f"rename it to {field}" if fits else None
        yield Hit(agent.offset_of(key), f"{brief(key)} has no effect; {field!r} is meant?", fix)


@rule(
    "AK211",
    "unknown-field",
    "info",
    "The loader ignores keys it does not know; people keep notes in them, which is harmless.",
    "vibe: calm",
    when="+unknown",
)
def unknown_field(agent: AgentDefinition) -> Iterator[Hit]:
    """Report keys the loader does not know; what only looks like one, in a block that cannot be read, is none."""
    if agent.guessed:
        return
    for key in _unknown(agent):
        if not meant(key):
            yield Hit(agent.offset_of(key), f"{brief(key)} is no field of the loader and has no effect")


@rule(
    "AK212",
    "bad-value",
    "warning",
    "A value the field cannot have makes the loader drop that field alone, without a word.",
    "permissionMode: ask",
    mend=mending.letter_case,
    when=(*_CHOICES, "maxTurns", "mcpServers", "disallowedTools", "+untooled"),
)
def bad_value(agent: AgentDefinition) -> Iterator[Hit]:
    """Report values that a field cannot have."""
    metadata = agent.metadata
    for field in filter(None, map(_CHOICES.get, metadata)):
        value = metadata[field.name]
        if value is None or (type(value) is str and value in field.values):
            continue
        if field.name == "model" and _model_fits(value):
            continue
        shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        if shown in field.values or (field.name == "effort" and isinstance(value, int)):
            continue
        spelling = mending.respelt(field.name, value)
        fix = f"write {spelling}" if spelling else None
        accepted = ", ".join(field.values)
        yield Hit(agent.offset_of(field.name), f"{field.name} cannot be {brief(value)}; it can be {accepted}", fix)
    if "disallowedTools" in metadata or not isinstance(metadata.get("tools", ""), (str, list)):
        yield from _odd_tools(agent)
    turns = metadata.get("maxTurns")
    if turns is not None and not (type(turns) is int and turns > 0):
        yield Hit(agent.offset_of("maxTurns"), f"maxTurns must be a positive whole number, not {brief(turns)}")
    servers = metadata.get("mcpServers")
    if servers is not None and not (isinstance(servers, list) and all(isinstance(one, (str, dict)) for one in servers)):
        yield Hit(agent.offset_of("mcpServers"), "mcpServers must be a list of names or {name: configuration}")


def _odd_tools(agent: AgentDefinition) -> Iterator[Hit]:
    for key, effect in (("tools", "the agent has all tools"), ("disallowedTools", "nothing is disallowed")):
        value = agent.metadata.get(key)
        if value is not None and not isinstance(value, (str, list)):
            yield Hit(agent.offset_of(key), f"{key} is neither a text nor a list of names, so {effect}")


def _model_fits(value: object) -> bool:
    if not isinstance(value, str):
        return False
    bare = value.strip().removesuffix("[1m]")
    if bare.lower() == "inherit":
        return True
    return bare in BY_NAME["model"].values or bare == "default" or bool(_MODEL_ID.match(bare))


@rule(
    "AK213",
    "removed-tool",
    "warning",
    "The program no longer has this tool, so its name grants nothing, and takes nothing away.",
    "tools: Read, MultiEdit",
    mend=mending.tool_names,
    when=("+tools", "disallowedTools"),
)
def removed_tool(agent: AgentDefinition) -> Iterator[Hit]:
    """Report tools of older releases."""
    for name in _told(agent.tools, REMOVED_TOOLS.__contains__):
        instead = REMOVED_TOOLS[name]
        yield Hit(agent.offset_of("tools", name), f"{name} no longer exists; {instead} does its work", f"{instead}")
    for name in _told(agent.disallowed_tools, REMOVED_TOOLS.__contains__):
        told = f"{name} no longer exists, so nothing is disallowed by it; {REMOVED_TOOLS[name]} does its work"
        yield Hit(agent.offset_of("disallowedTools", name), told)


def _told(names: Iterable[str] | None, holds: Callable[[str], bool]) -> list[str]:
    """Return the names of which something holds, each once, as many as are worth telling."""
    return list(islice(dict.fromkeys(filter(holds, names or ())), _TOLD))


@rule(
    "AK214",
    "unknown-tool",
    "warning",
    "Tool names count letter case; a name the program does not have grants nothing, and takes nothing away.",
    "tools: read, Grep",
    mend=mending.tool_names,
    when=("+tools", "disallowedTools"),
)
def unknown_tool(agent: AgentDefinition) -> Iterator[Hit]:
    """Report tools that resolve to nothing beside some that do, and disallowed ones that were never there."""
    allowed = agent.tools or ()
    some = remembers(agent) or any(known_tool(name) for name in allowed)
    for name in _told(allowed if some else (), _unknown_tool):
        (instead,) = modern((name,))
        fix = f"write {cut(instead)}" if instead != name else None
        yield Hit(agent.offset_of("tools", name), f"there is no tool {brief(name)}", fix)
    for name in _told(agent.disallowed_tools, _unknown_tool):
        (instead,) = spelt((name,), modern(allowed))
        fix = f"write {cut(instead)}" if instead != name else None
        told = f"there is no tool {brief(name)}, so nothing is disallowed by it"
        yield Hit(agent.offset_of("disallowedTools", name), told, fix)


def _unknown_tool(name: str) -> bool:
    return not known_tool(name) and name not in REMOVED_TOOLS and name != "*"


@rule(
    "AK215",
    "bash-specifier",
    "warning",
    "A specifier such as Bash(git:*) does not narrow anything here: it grants all of Bash.",
    "tools: Bash(git:*)",
    when="+tools",
)
def bash_specifier(agent: AgentDefinition) -> Iterator[Hit]:
    """Report specifiers that grant the whole tool."""
    for name in _told(agent.tools, lambda name: "(" in name and base(name) not in ("Agent", "Task")):
        yield Hit(agent.offset_of("tools", name), f"{cut(name)} grants all of {cut(base(name))}")


@rule(
    "AK216",
    "allowed-and-disallowed",
    "warning",
    "disallowedTools is applied first, so a tool in both lists is not there.",
    "tools: Read, Write\ndisallowedTools: Write",
    when="disallowedTools",
)
def both_lists(agent: AgentDefinition) -> Iterator[Hit]:
    """Report tools that are both allowed and disallowed."""
    disallowed = set(agent.disallowed_tools)
    for name in _told(agent.tools, lambda name: taken_by(name, disallowed) is not None):
        gone = taken_by(name, disallowed) or ""
        yield Hit(agent.offset_of("disallowedTools", gone), f"{cut(name)} is both allowed and disallowed")


@rule(
    "AK217",
    "bypass-permissions",
    "warning",
    "bypassPermissions lets the agent do anything without asking, whatever text it has just read.",
    "permissionMode: bypassPermissions",
    when="permissionMode",
)
def bypass(agent: AgentDefinition) -> Iterator[Hit]:
    """Report bypassPermissions."""
    if agent.metadata.get("permissionMode") == "bypassPermissions":
        yield Hit(agent.offset_of("permissionMode"), "the agent never asks before it acts")


@rule(
    "AK218",
    "ignored-in-plugins",
    "warning",
    "Agents that come with a plugin cannot set this field; the loader ignores it there.",
    "permissionMode: plan",
    when=_NOT_IN_PLUGINS,
)
def ignored_in_plugins(agent: AgentDefinition) -> Iterable[Hit]:
    """Report fields that plugins cannot set, in a file of a plugin."""
    given = [name for name in _NOT_IN_PLUGINS if agent.metadata.get(name) is not None]
    if not given or not agent.in_plugin:
        return ()
    return [Hit(agent.offset_of(name), f"{name} is ignored in a plugin's agent") for name in given]


@rule(
    "AK219",
    "duplicate-field",
    "warning",
    "Of a key that stands twice only the last counts.",
    "model: opus\nmodel: haiku",
    when="+unsure",
)
def duplicate_field(agent: AgentDefinition) -> Iterator[Hit]:
    """Report keys that stand twice; the lines of examples that a broken block holds only look like keys."""
    if agent.fields_once or agent.guessed:
        return
    entries = agent.document.entries
    if len(entries) == len(agent.metadata):
        return
    last = {entry.key: entry.start for entry in entries}
    repeated = ((key, count) for key, count in Counter(entry.key for entry in entries).items() if count > 1)
    for key, count in islice(repeated, _TOLD):
        yield Hit(last[key], f"{brief(key)} stands {count} times; this last one counts")


@rule(
    "AK220",
    "name-style",
    "info",
    "Names are lowercase words joined by hyphens, 3 to 50 characters; others are harder to call.",
    "name: Backend_Engineer",
    when="+name",
)
def name_style(agent: AgentDefinition) -> Iterator[Hit]:
    """Report names that are not kebab-case."""
    if agent.name and agent.verdict != "dropped":
        told = f"{brief(agent.name)} is not lowercase words joined by hyphens (3 to 50)"
        yield Hit(agent.offset_of("name"), told)


@rule(
    "AK221",
    "hook-ignored",
    "warning",
    "The loader ignores malformed hooks, and events that it does not know, without a word.",
    "hooks:\n  Stop: echo done",
    when="hooks",
)
def hook_ignored(agent: AgentDefinition) -> Iterator[Hit]:
    """Report malformed hooks that do not drop the agent."""
    hooks = agent.metadata.get("hooks")
    if isinstance(hooks, dict) and agent.verdict != "dropped":
        for event, matchers in islice(hooks.items(), _TOLD):
            unknown = None if event in EVENTS else f"the loader knows no event {brief(event)}"
            if found := unknown or event_trouble(event, matchers):
                yield Hit(agent.offset_of("hooks", event), f"this hook has no effect: {found}")
