"""A description as the form shows it: its words, then its examples."""

from __future__ import annotations

from agentkit.definition.agent import AgentDefinition


def described(agent: AgentDefinition) -> tuple[str, str]:
    """Return a description as its words before the first example, and the rest from there."""
    text = agent.description or ""
    spans = [example.span for example in agent.examples if example.span]
    if not spans:
        return text, ""
    lead = text[: spans[0][0]]
    return lead.rstrip(), text[spans[0][0] :]


def gap(agent: AgentDefinition) -> str:
    """Return the white space between the words and the first example, as the file has it."""
    text = agent.description or ""
    lead, _ = described(agent)
    start = next(example.span[0] for example in agent.examples if example.span)
    return text[len(lead) : start] or ("\n\n" if "\n" in text else " ")


def in_description(text: str) -> str:
    """Return what was typed with the line ends that a field's value has."""
    return text.replace("\r\n", "\n")
