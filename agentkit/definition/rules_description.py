"""Rules of lint: the description, by which the main model delegates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stringzilla import find

from agentkit.brief import brief
from agentkit.definition import examples
from agentkit.definition.findings import Hit, rule
from agentkit.definition.marks import LONG_DESCRIPTION
from agentkit.definition.words import WORDS, is_english

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_CUES = frozenset((
    b"use", b"used", b"call", b"invoke", b"delegate", b"choose", b"pick", b"when", b"whenever", b"if", b"proactively",
    b"trigger", b"triggers", b"handle", b"handles", b"after", b"before",
))  # fmt: skip
_PHRASES = (
    b"must be", b"should be", b"best for", b"ideal for", b"perfect for", b"intended for", b"meant for",
    b"responsible for",
)  # fmt: skip
_CUES_ELSEWHERE = tuple(map(str.encode, "時时用"))
_TOLD = 100
"""Examples that are looked at."""
_LOOKED = 2_000
"""Characters of a description that are looked through for a cue."""
_CALLED = re.compile(
    r"""(?<![\w-])@?(?P<before>[a-z0-9]+(?:-[a-z0-9]+)+)(?:["'`*]{1,3}|</?\w+>)?[ \t\n]+(?:sub-?)?agent\b"""
    r"""|\b(?:launch|invoke|call|run|use|start)(?:ing)?[ \t]+(?:the[ \t]+)?(?:sub-?)?agent[ \t]+["'`*]{0,3}"""
    r"""(?P<after>[a-z0-9]+(?:-[a-z0-9]+)+)(?![\w-])"""
    r"""|\bsubagent_type["']?[ \t]*[=:][ \t]*["']?(?P<typed>[a-z0-9]+(?:-[a-z0-9]+)*)"""
    r"""|(?<![\w.-])@(?:agent-)?(?P<at>[a-z0-9]+(?:-[a-z0-9]+)+)(?![\w-])""",
    re.IGNORECASE,
)
"""How an assistant says which agent it calls."""
_BEFORE_AGENT = re.compile(r"""-[A-Za-z0-9]+(?:["'`*]{1,3}|</?\w+>)?\s+(?:[Ss]ub-?)?[Aa]gent""")
_AFTER_AGENT = re.compile(r"""gent[ \t]+["'`*]{0,3}[A-Za-z0-9]+-""")
"""Quick looks for what `_CALLED` finds."""
_ARTICLE = re.compile(r"\b(?:an?|any|each|every|another|some|no)[ \t\n]+\Z", re.IGNORECASE)
_JOINS = ("-", "_")
_KIND = re.compile(
    r"-(?:aware|based|built|driven|focused|friendly|in|known|level|only|oriented|powered|related|running|specific|style|suited)\Z",
    re.IGNORECASE,
)
"""Ends of words that say what kind of agent, and not which one."""


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
    text = (agent.description or "")[:_LOOKED].encode("utf-8", "surrogateescape")
    if text and agent.verdict != "dropped" and not _has_cue(text) and is_english(text):
        yield Hit(agent.offset_of("description"), "the description does not say when to use the agent")


def _has_cue(text: bytes) -> bool:
    """Tell whether a description says when to use the agent."""
    said = text.translate(WORDS)
    if not _CUES.isdisjoint(said.split()):
        return True
    if any(find(said, phrase) >= 0 for phrase in _PHRASES):
        return True
    return not text.isascii() and any(find(text, cue) >= 0 for cue in _CUES_ELSEWHERE)


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
        tag = text[place : text.index(">", place) + 1]
        yield Hit(agent.offset_of("description", tag=_tags(text, place)), f"{tag} has no partner")


def _tags(text: str, place: int) -> int:
    """Return how many example tags stand before a place of a description."""
    return sum(1 for _ in examples.TAG.finditer(text, 0, place))


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
    blocks = text.split("<example>")[1:]
    if blocks and not any(_called(block) for block in blocks if not _calls(block, name)):
        return
    own = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)
    for example in agent.examples[:_TOLD]:
        if own.search(f"{example.assistant} {' '.join(example.rest)} {example.commentary}"):
            continue
        if (other := _called(example.assistant)) and other.removeprefix("agent-") != name:
            place = agent.offset_of("description", other, tag=_tags(text, (example.span or (0, 0))[0]))
            yield Hit(place, f"the example's assistant calls {brief(other)}, not {brief(name)}")


def _calls(block: str, name: str) -> bool:
    """Tell, by a quick look, whether the assistant of an example says a name."""
    place = block.find(name, max(block.find("ssistant"), 0))
    if place < 0:
        return False
    end = place + len(name)
    before, after = block[place - 1 : place], block[end : end + 1]
    return not (before.isalnum() or after.isalnum() or before in _JOINS or after in _JOINS)


def _called(said: str) -> str | None:
    """Return the agent that an assistant says it calls."""
    if not ("@" in said or "gent_type" in said or _BEFORE_AGENT.search(said) or _AFTER_AGENT.search(said)):
        return None
    for match in _CALLED.finditer(said):
        other = next(group for group in match.groups() if group)
        if not (
            match["before"]
            and (_ARTICLE.search(said[max(match.start() - 12, 0) : match.start()]) or _KIND.search(other))
        ):
            return other
    return None


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
    for place, example in enumerate(agent.examples[:_TOLD], 1):
        if not example.user or not example.assistant:
            missing = "user" if not example.user else "assistant"
            tag = _tags(agent.description or "", (example.span or (0, 0))[0])
            yield Hit(agent.offset_of("description", tag=tag), f"example {place} has no `{missing}:`")
