"""Definitions as the JSON of the real program's `--agents` and as the agent SDK's fields, and back.

Both hold the fields that have a meaning for a session, and nothing of the file: comments, the order of the keys, fields
the program does not know, values it does not take. What is lost on the way is told, in both directions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as brief
from typing import Any

from agentkit.definition import intake
from agentkit.definition.agent import AgentDefinition
from agentkit.definition.fields import BY_NAME
from agentkit.errors import DefinitionError

CARRIED = (
    "description", "tools", "disallowedTools", "model", "permissionMode", "mcpServers", "hooks", "maxTurns", "skills",
    "initialPrompt", "memory", "effort", "background", "isolation", "color",
)  # fmt: skip
"""Fields that the program's `--agents` takes, beside `prompt`."""
SDK_FIELDS = (
    "description", "tools", "disallowedTools", "model", "skills", "memory", "mcpServers", "initialPrompt", "maxTurns",
    "background", "effort", "permissionMode",
)  # fmt: skip
"""Fields of the agent SDK's `AgentDefinition`, beside `prompt`."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Agents in another form, and what that form could not hold."""

    agents: Mapping[str, Mapping[str, Any]]
    """Name → the fields, `prompt` among them, as JSON values."""
    lost: Mapping[str, tuple[str, ...]]
    """Name → fields of the file that are not in it, or not whole; agents that lose nothing are left out."""

    def __str__(self) -> str:
        return json.dumps(self.agents, ensure_ascii=False, indent=2, allow_nan=False)


def to_agents_json(agents: AgentDefinition | Sequence[AgentDefinition]) -> Exchanged:
    r"""Return what `--agents` of the real program's command line takes.

    Args:
        agents: One definition or several.

    Raises:
        DefinitionError: one of them is no definition or does not load, or two have one name.

    >>> import agentkit as ak
    >>> agent = ak.loads("---\nname: a\ndescription: Use for b\ntools: Read\nvibe: calm\n---\nYou c.\n")
    >>> done = to_agents_json(agent)
    >>> done.agents, done.lost
    ({'a': {'description': 'Use for b', 'tools': ['Read'], 'prompt': 'You c.'}}, {'a': ('vibe',)})
    """
    return _exchanged(agents, CARRIED)


def to_sdk(agents: AgentDefinition | Sequence[AgentDefinition]) -> Exchanged:
    """Return the fields of the agent SDK's `AgentDefinition`: `claude_agent_sdk.AgentDefinition(**fields)`.

    Args:
        agents: One definition or several.

    Raises:
        DefinitionError: one of them is no definition or does not load, or two have one name.
    """
    return _exchanged(agents, SDK_FIELDS)


def from_agents_json(text: str | bytes | Mapping[str, Any]) -> intake.Taken:
    r"""Return a definition for each agent of `--agents` JSON, or of SDK fields by name.

    Each reads back as it was given, which is tried; a field that is null is left out. A file holds no white space
    around a prompt, which is told in `.lost`.

    Args:
        text: JSON text, or the mapping it stands for.

    Returns:
        The definitions, in order: a tuple.

    Raises:
        DefinitionError: it is no mapping of agents, an agent has no description or prompt, or the loader would drop it.
        EditError: a file cannot hold a value as it is given.

    >>> agents = from_agents_json('{"a": {"description": "Use for b", "prompt": "You c.\\n"}}')
    >>> agents, agents.lost
    ((<AgentDefinition 'a': loads, no model, all tools, 0 examples, 0 sections>,), {'a': ('prompt',)})
    """
    return intake.taken(text)


def _exchanged(agents: AgentDefinition | Sequence[AgentDefinition], carried: Sequence[str]) -> Exchanged:
    result: dict[str, dict[str, Any]] = {}
    lost: dict[str, tuple[str, ...]] = {}
    from_where: dict[str, AgentDefinition] = {}
    for agent in _definitions(agents):
        if agent.verdict == "dropped" or agent.name is None:
            raise DefinitionError(
                f"{agent.path or 'a definition'} does not load",
                received=agent.reason,
                accepted="definitions whose verdict is loads or repaired",
                hint="give folder.used, which has only those, or mend it: agent.fix()",
            )
        if agent.name in result:
            raise DefinitionError(
                f"two definitions have the name {agent.name!r}",
                received=" and ".join(str(each.path or "a text") for each in (from_where[agent.name], agent)),
                accepted="one definition of each name",
                hint="give folder.used, which has the one that the program takes, or agent.replace(name=…)",
            )
        from_where[agent.name] = agent
        result[agent.name], gone = _fields(agent, carried)
        if gone:
            lost[agent.name] = gone
    return Exchanged(result, lost)


def _definitions(agents: object) -> list[AgentDefinition]:
    given = agents if isinstance(agents, Iterable) else (agents,)
    found = []
    for agent in given:
        if not isinstance(agent, AgentDefinition):
            raise DefinitionError(
                f"{type(agent).__name__} is no definition",
                received=brief(agents),
                accepted="a definition, or several in a list or a folder",
                hint="ak.to_agents_json(ak.load('agents/NAME.md'))",
            )
        found.append(agent)
    return found


def _fields(agent: AgentDefinition, carried: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return an agent's fields as JSON values of their own, and the names of what is lost, in whole or in part."""
    fields: dict[str, Any] = {}
    for key in carried:
        try:
            value = json.loads(json.dumps(_taken(agent, key), allow_nan=False))
        except ValueError:  # JSON has no word for infinity
            continue
        if value is not None:
            fields[key] = value
    servers = agent.metadata.get("mcpServers")
    cut = isinstance(servers, list) and len(servers) != len(fields.get("mcpServers", servers))
    gone = {key for key in agent.metadata if key not in fields} | ({"mcpServers"} if cut else set())
    # `tools: "*"` is what leaving them out says, too.
    gone -= {key for key in ("tools", "disallowedTools") if isinstance(agent.metadata.get(key), (str, list))}
    fields["prompt"] = agent.system_prompt
    return fields, tuple(key for key in agent.metadata if key in gone and key != "name")


def _taken(agent: AgentDefinition, key: str) -> Any:
    """Return the value of a field as the loader takes it; None where it does not."""
    if key in ("description", "model", "color"):
        return getattr(agent, key)
    if key == "tools":
        return agent.tools
    if key == "disallowedTools":
        return agent.disallowed_tools or None
    field, value = BY_NAME[key], agent.metadata.get(key)
    if key == "mcpServers":
        return [item for item in value if isinstance(item, (str, Mapping))] if isinstance(value, list) else None
    if field.kind == "boolean":
        flag = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
        return flag if isinstance(flag, bool) else None
    number = value if type(value) is int else None
    fits = {
        "choice": value in field.values or (field.open and number is not None),
        "integer": number is not None and number > 0,
        "mapping": isinstance(value, Mapping),
        "text": isinstance(value, str),
    }
    return value if fits.get(field.kind, True) else None
