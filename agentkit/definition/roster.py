"""The roster: what a delegating model sees of each agent, and how many tokens that takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

WARNING_TOKENS = 15_000
"""The roster's size, in tokens, from which the real program warns."""


def line(agent: AgentDefinition) -> str:
    """Return an agent's line of the roster: `- NAME: DESCRIPTION (Tools: …)`."""
    return f"- {agent.name}: {agent.description} (Tools: {tools_text(agent)})"


def tools_text(agent: AgentDefinition) -> str:
    """Return how the roster names an agent's tools."""
    taken = set(agent.disallowed_tools)
    remembering = remembers(agent)
    # A field that names no tool means all of them, unless memory puts its own into it.
    starred = "*" in str(agent.metadata.get("tools"))
    listed = agent.tools is not None or (remembering and "tools" in agent.metadata and not starred)
    if not listed:
        return f"All tools except {', '.join(agent.disallowed_tools)}" if taken - {"*"} else "All tools"
    names = [*(agent.tools or ())]
    if remembering:
        names += [name for name in ("Write", "Edit", "Read") if name not in names]
    return ", ".join(name for name in names if name not in taken) or "None"


def remembers(agent: AgentDefinition) -> bool:
    """Tell whether the agent has a memory, and with it the tools that keep one."""
    return agent.metadata.get("memory") in ("user", "project", "local")


def tokens(text: str) -> int:
    """Estimate the tokens of a text: about one for four characters of English."""
    return -(-len(text) // 4)


def roster(agents: Iterable[AgentDefinition]) -> str:
    """Return the whole roster, one line per agent that loads, by name."""
    return "\n".join(
        line(agent) for agent in sorted(agents, key=lambda one: one.name or "") if agent.verdict != "dropped"
    )
