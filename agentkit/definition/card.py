"""A definition as it is displayed: a short card, in text and in static HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentkit.brief import brief, cut

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_FACTS = ("permissionMode", "maxTurns", "effort", "memory", "background", "isolation")
_LONGEST_FACT = 300
_LONGEST_NOTE = 500
_LONGEST_LIST = 5_000
"""Characters of the names of tools; people who use many servers list a hundred."""


def mimebundle(agent: AgentDefinition) -> dict[str, str]:
    """Return the card by MIME type; the same bytes each time."""
    from agentkit.views.card import Card, Note, card_html, card_text

    tools = "all tools" if agent.tools is None else cut(", ".join(agent.tools), _LONGEST_LIST)
    facts = [("model", _fact(agent.model or "the main conversation's")), ("tools", tools)]
    facts += [("color", _fact(agent.color))] if agent.color else []
    facts += [(key, _fact(agent.metadata[key])) for key in _FACTS if key in agent.metadata]
    shown = Card(
        name=_fact(agent.name or "(no name)"),
        description=agent.description or "",
        verdict=agent.verdict,
        reason=agent.reason,
        facts=facts,
        sections=[(section.title, len(section.text)) for section in agent.sections if section.title],
        examples=len(agent.examples),
        notes=[
            Note(
                finding.severity, finding.code, _note(finding.message), finding.line, finding.fix and _note(finding.fix)
            )
            for finding in agent.findings
        ],
    )
    return {"text/plain": card_text(shown), "text/html": str(card_html(shown))}


def _note(text: str) -> str:
    return cut(text, _LONGEST_NOTE)


def _fact(value: object) -> str:
    return cut(value, _LONGEST_FACT) if isinstance(value, str) else brief(value, _LONGEST_FACT)
