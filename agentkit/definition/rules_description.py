"""Rules of lint: the description, by which the main model delegates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agentkit.definition import examples
from agentkit.definition.findings import Hit, rule
from agentkit.definition.marks import LONG_DESCRIPTION
from agentkit.definition.words import WORDS

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_CUE = re.compile(
    r"\b(?:use|used|call|invoke|delegate|when|whenever|for|must be|should be|handles?|after|before)\b|使用|時|时|用",
    re.IGNORECASE,
)
_CUES = frozenset(b"use used call invoke delegate when whenever for handle handles after before".split())
_LOOKED = 2_000
"""Characters of a description that are looked through for a cue."""
_NAME_END = re.compile(r"-([a-z0-9]+)(?:[\"'`]|</?\w+>)?\s+(?:sub)?agent\b")
_NAMED = re.compile(r"\b([a-z0-9]+(?:-[a-z0-9]+)+)(?:[\"'`]|</?\w+>)?\s+(?:sub)?agent\b")


@rule(
    "AK301",
    "no-cue",
    "warning",
    "The main model chooses an agent by its description alone; one that does not say when is seldom chosen.",
    "description: Backend expert",
    when="+cue",
)
def no_cue(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a description that does not say when to use the agent."""
    if agent.description and agent.verdict != "dropped" and not _has_cue(agent.description):
        yield Hit(agent.offset_of("description"), "the description does not say when to use the agent")


def _has_cue(text: str) -> bool:
    """Tell whether a description says when to use the agent; by single words where that is sure, as it is quicker."""
    if text.isascii():
        words = text[:_LOOKED].encode().translate(WORDS).split()
        if not _CUES.isdisjoint(words):
            return True
        if b"be" not in words:
            return False
    return _CUE.search(text, 0, _LOOKED) is not None


@rule(
    "AK302",
    "no-examples",
    "info",
    "Examples of a request and of the hand-over make delegation more reliable.",
    "description: Use this agent for APIs",
    when="+bare",
)
def no_examples(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a description without examples."""
    if agent.verdict == "dropped":
        return ()
    return (Hit(agent.offset_of("description"), "the description has no <example>"),)


@rule(
    "AK303",
    "unbalanced-example",
    "warning",
    "An example tag without its partner makes the text around it part of the example, or none of it.",
    "description: Use it. <example>user: hi",
    when="+tags",
)
def unbalanced_example(agent: AgentDefinition) -> Iterator[Hit]:
    """Report example tags without a partner."""
    text = agent.description
    if text and not agent.guessed and (place := examples.unbalanced(text)) is not None:
        tag = text[place : place + 10].rstrip()
        yield Hit(agent.offset_of("description", tag), f"{tag} has no partner")


@rule(
    "AK304",
    "stale-example",
    "warning",
    "An example that hands over to another name teaches the main model to call an agent that is not this one.",
    'name: api-designer\ndescription: "<example>assistant: I\'ll use the api-architect agent</example>"',
    when="+example",
)
def stale_example(agent: AgentDefinition) -> Iterator[Hit]:
    """Report examples whose assistant names another agent and never this one."""
    name, text = agent.name, agent.description
    if not name or not text or agent.guessed:
        return
    # Quick look first, at the last parts of names: in most files it is this one's name that stands before `agent`.
    stem, _, last = name.rpartition("-")
    ends = _NAME_END.finditer(text, max(text.find("<example>"), 0))
    if all(match[1] == last and text.endswith(stem, 0, match.start()) for match in ends):
        return
    for example in agent.examples:
        said = f"{example.assistant} {' '.join(example.rest)} {example.commentary}"
        if name in said:
            continue
        others = [match[1] for match in _NAMED.finditer(example.assistant)]
        if others:
            place = agent.offset_of("description", others[0])
            yield Hit(place, f"the example's assistant calls {others[0]!r}, not {name!r}")


@rule(
    "AK305",
    "long-description",
    "warning",
    "Every agent's whole description is in every conversation; the main model pays for it each time.",
    when="+wordy",
)
def long_description(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a description that is long even without its examples."""
    beside = examples.outline(agent.description or "").beside
    yield Hit(
        agent.offset_of("description"),
        f"{beside:,} characters beside the examples; {LONG_DESCRIPTION:,} should do",
    )


@rule(
    "AK306",
    "odd-example",
    "info",
    "An example without a user's or an assistant's words shows the main model only half of the hand-over.",
    "description: <example>A user asks for help</example>",
    when="+half",
)
def odd_example(agent: AgentDefinition) -> Iterator[Hit]:
    """Report examples that miss a half."""
    if agent.guessed:
        return
    for place, example in enumerate(agent.examples, 1):
        if not example.user or not example.assistant:
            missing = "user" if not example.user else "assistant"
            yield Hit(agent.offset_of("description", "<example>"), f"example {place} has no `{missing}:`")
