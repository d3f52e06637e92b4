"""Rules of lint that compare the definitions of a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from agentkit.definition import roster
from agentkit.definition.findings import Hit, folder_rule

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

    Hits = Iterator[tuple[AgentDefinition, Hit]]

OVERLAP = 0.6
"""Share of words that two descriptions may have in common (Jaccard)."""
_WORD = re.compile(r"[a-z]{4,}")
_COMMON = frozenset(
    [
        "agent",
        "this",
        "when",
        "user",
        "need",
        "needs",
        "with",
        "that",
        "code",
        "your",
        "using",
        "expert",
        "specialist",
        "from",
        "into",
        "they",
    ]
)


@folder_rule(
    "AK501",
    "duplicate-name",
    "error",
    "Of two files with one name in one tree the loader keeps only one: the last by path.",
    "name: reviewer (in a.md and in b.md)",
)
def duplicate_name(agents: Sequence[AgentDefinition]) -> Hits:
    """Report names that more than one file has."""
    first: dict[str, AgentDefinition] = {}
    for agent in agents:
        if agent.name and agent.verdict != "dropped":
            other = first.setdefault(agent.name, agent)
            if other is not agent:
                yield agent, Hit(agent.offset_of("name"), f"{agent.name!r} is also the name in {other.path}")


@folder_rule(
    "AK502",
    "overlapping-descriptions",
    "warning",
    "The main model cannot tell two agents apart whose descriptions say the same.",
)
def overlap(agents: Sequence[AgentDefinition]) -> Hits:
    """Report pairs of descriptions that share most of their words."""
    words = [(agent, _words(agent)) for agent in agents if agent.verdict != "dropped"]
    by_size = sorted((pair for pair in words if len(pair[1]) >= 5), key=lambda pair: len(pair[1]))
    if len(by_size) > 400:
        yield from _crowded(by_size)
        return
    for (one, left), (two, right) in combinations(by_size, 2):
        if len(left) >= OVERLAP * len(right) and one.name != two.name:
            yield from _compared(one, left, two, right)


def _compared(one: AgentDefinition, left: frozenset[str], two: AgentDefinition, right: frozenset[str]) -> Hits:
    shared = len(left & right)
    share = shared / (len(left) + len(right) - shared)
    if share >= OVERLAP:
        message = f"says nearly the same as {one.name!r} ({share:.0%} of the words)"
        yield two, Hit(two.offset_of("description"), message)


def _crowded(pairs: list[tuple[AgentDefinition, frozenset[str]]]) -> Hits:
    """Compare, in a large folder, only descriptions that share one of their rarest words."""
    counts: dict[str, int] = {}
    for _, words in pairs:
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    buckets: dict[str, list[int]] = {}
    for place, (_, words) in enumerate(pairs):
        for word in sorted(words, key=lambda word: (counts[word], word))[: len(words) // 2 + 1]:
            if counts[word] <= 30:
                buckets.setdefault(word, []).append(place)
    close = {pair for places in buckets.values() for pair in combinations(places, 2)}
    for left, right in sorted(close):
        if pairs[left][0].name != pairs[right][0].name:
            yield from _compared(*pairs[left], *pairs[right])


def _words(agent: AgentDefinition) -> frozenset[str]:
    text = agent.description or ""
    for example in agent.examples:
        text = text.replace(example.text or "", "")
    return frozenset(_WORD.findall(text.lower())) - _COMMON


@folder_rule(
    "AK503",
    "large-roster",
    "warning",
    "The roster is part of every conversation; above about 15,000 tokens the real program warns.",
)
def large_roster(agents: Sequence[AgentDefinition]) -> Hits:
    """Report a roster that is too large, at the agent that takes most of it."""
    lines = {agent: roster.tokens(roster.line(agent)) for agent in agents if agent.verdict != "dropped"}
    total = sum(lines.values())
    if total > roster.WARNING_TOKENS:
        largest = max(lines, key=lambda agent: lines[agent])
        message = f"the roster takes about {total:,} tokens; this agent's line alone takes {lines[largest]:,}"
        yield largest, Hit(largest.offset_of("description"), message)


@folder_rule(
    "AK504",
    "file-name",
    "info",
    "The loader goes by the name inside; people look for the file by it.",
    "name: api-designer (in designer.md)",
)
def file_name(agents: Sequence[AgentDefinition]) -> Hits:
    """Report files that are not named after their agent."""
    for agent in agents:
        if agent.path is not None and agent.name and agent.verdict != "dropped" and agent.path.stem != agent.name:
            yield agent, Hit(agent.offset_of("name"), f"the file is called {agent.path.name!r}")
