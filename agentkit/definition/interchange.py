"""Definitions as the JSON of the real program's `--agents` and as the agent SDK's fields, and back.

Both hold the fields that have a meaning for a session, and nothing of the file: comments, the order of the keys, fields
the program does not know. What is lost on the way is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentkit.definition import writing
from agentkit.definition.agent import AgentDefinition
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
    """Name → fields of the file that are not in it; agents that lose nothing are left out."""

    def __str__(self) -> str:
        return json.dumps(self.agents, ensure_ascii=False, indent=2)


def to_agents_json(agents: AgentDefinition | Sequence[AgentDefinition]) -> Exchanged:
    r"""Return what `--agents` of the real program's command line takes.

    Args:
        agents: One definition or several.

    Raises:
        DefinitionError: one of them does not load, or two have one name.

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
        DefinitionError: one of them does not load, or two have one name.
    """
    return _exchanged(agents, SDK_FIELDS)


def from_agents_json(text: str | Mapping[str, Any]) -> tuple[AgentDefinition, ...]:
    """Return a definition for each agent of `--agents` JSON, or of SDK fields by name.

    Args:
        text: JSON text, or the mapping it stands for.

    Raises:
        DefinitionError: it is no mapping of agents, or an agent has no description or prompt.
    """
    try:
        agents = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise DefinitionError(f"this is not JSON: {error}", received=text) from error
    if not isinstance(agents, Mapping):
        raise DefinitionError("this is no mapping of agent names to their fields", received=agents)
    return tuple(_definition(str(name), fields) for name, fields in agents.items())


def _exchanged(agents: AgentDefinition | Sequence[AgentDefinition], carried: Sequence[str]) -> Exchanged:
    result: dict[str, dict[str, Any]] = {}
    lost: dict[str, tuple[str, ...]] = {}
    for agent in [agents] if isinstance(agents, AgentDefinition) else agents:
        if agent.verdict == "dropped" or agent.name is None:
            raise DefinitionError(f"{agent.path or 'a definition'} does not load: {agent.reason}")
        if agent.name in result:
            raise DefinitionError(f"two definitions have the name {agent.name!r}")
        result[agent.name] = _fields(agent, carried)
        gone = tuple(key for key in agent.metadata if key != "name" and key not in result[agent.name])
        if gone:
            lost[agent.name] = gone
    return Exchanged(result, lost)


def _fields(agent: AgentDefinition, carried: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key in carried:
        value = agent.metadata.get(key)
        if key == "description":
            value = agent.description
        elif key == "model":
            value = agent.model
        elif key == "tools":
            value = list(agent.tools) if agent.tools is not None else None
        elif key == "disallowedTools":
            value = list(agent.disallowed_tools) or None
        if value is not None:
            fields[key] = value
    fields["prompt"] = agent.system_prompt
    return fields


def _definition(name: str, fields: object) -> AgentDefinition:
    if not isinstance(fields, Mapping):
        raise DefinitionError(f"agent {name!r} has no fields", received=fields)
    for key in ("description", "prompt"):
        if not isinstance(fields.get(key), str):
            raise DefinitionError(f"agent {name!r} has no {key}", accepted="text")
    head = f"name:{writing.value(name)}\n"
    for key, value in fields.items():
        if key == "prompt" or value is None:
            continue
        if key == "description":
            value = value.replace("\\n", "\n")
        if key in ("tools", "disallowedTools") and isinstance(value, list):
            head += f"{key}:{writing.value(', '.join(map(str, value)))}\n"
            continue
        head += f"{key}:{writing.value(value)}\n"
    return AgentDefinition(f"---\n{head}---\n\n{fields['prompt']}\n".encode())
