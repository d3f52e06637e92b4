"""Rules of lint that compare the definitions of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from agentkit.brief import brief
from agentkit.definition import roster
from agentkit.definition.findings import Hit, folder_rule

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

    Hits = Iterator[tuple[AgentDefinition, Hit]]

OVERLAP = 0.6
"""Share of words that two descriptions may have in common (Jaccard)."""
_NEARLY_ALL = 0.9
"""Share of words from which two descriptions overlap even where each names what its agent is named after."""
_WORD = re.compile(r"[^\W_]+[+#]*")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of languages that set no blanks between words: there two letters make do for one."""
_COMMON = frozenset((
    "a", "agent", "an", "and", "are", "as", "at", "be", "by", "can", "code", "do", "expert", "for", "from", "if", "in",
    "into", "is", "it", "its", "need", "needs", "of", "on", "or", "s", "specialist", "that", "the", "their", "them",
    "they", "this", "to", "use", "used", "user", "using", "when", "who", "will", "with", "you", "your",
))  # fmt: skip
_FEW = 5
"""Words below which two descriptions have to be the same to overlap."""
_TREE = (".claude", "agents")


def _tree(agent: AgentDefinition) -> tuple[str, ...]:
    """Return the folders that lead to the tree a definition belongs to; empty for one that is in none."""
    if agent.path is None:
        return ()
    parts = agent.path.absolute().parts
    places = [place for place in range(len(parts) - 1) if parts[place : place + 2] == _TREE]
    return parts[: places[-1]] if places else _plugin(parts[:-1])


def _plugin(folder: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folder of the plugin whose agents lie in a folder; empty where it is none's."""
    for place in range(len(folder) - 1, 0, -1):
        if folder[place] == "agents" and os.path.isdir(os.path.join(*folder[:place], ".claude-plugin")):
            return folder[:place]
    return ()


def _used(agents: Sequence[AgentDefinition]) -> dict[tuple[tuple[str, ...], str], AgentDefinition]:
    """Return the definitions that their trees keep, by tree and name: of two with one name the last by path."""
    return {(_tree(agent), agent.name): agent for agent in agents if agent.name and agent.verdict != "dropped"}


@folder_rule(
    "AK501",
    "duplicate-name",
    "error",
    "Of two files with one name in one tree the loader keeps only one: the last by path.",
    "name: reviewer (in a.md and in b.md)",
)
def duplicate_name(agents: Sequence[AgentDefinition]) -> Hits:
    """Report files that another of the same name in their tree keeps from being used."""
    used = _used(agents)
    for agent in agents:
        if agent.name and agent.verdict != "dropped":
            kept = used[_tree(agent), agent.name]
            if kept is not agent:
                told = f"{brief(agent.name)} is also the name in {kept.path}, which is the one that the loader keeps"
                yield agent, Hit(agent.offset_of("name"), told)


@folder_rule(
    "AK505",
    "overridden",
    "info",
    "Where two trees have an agent of one name, the nearer one is used: nested folders before the project's top.",
    "name: reviewer (in .claude/agents and in web/.claude/agents)",
)
def overridden(agents: Sequence[AgentDefinition]) -> Hits:
    """Report agents that one of the same name further down overrides there."""
    used = _used(agents)
    trees: dict[str, list[tuple[str, ...]]] = {}
    for tree, name in used:
        trees.setdefault(name, []).append(tree)
    for (tree, name), agent in used.items():
        nearer = [below for below in trees[name] if tree and len(below) > len(tree) and below[: len(tree)] == tree]
        if nearer:
            other = used[min(nearer), name]
            told = f"{brief(name)} is overridden by {other.path} for work below {os.sep.join(min(nearer)[len(tree) :])}"
            yield agent, Hit(agent.offset_of("name"), told)


@folder_rule(
    "AK502",
    "overlapping-descriptions",
    "warning",
    "The main model cannot tell two agents apart whose descriptions say the same.",
)
def overlap(agents: Sequence[AgentDefinition]) -> Hits:
    """Report pairs of descriptions that share most of their words."""
    words = [(agent, _words(agent)) for agent in _used(agents).values()]
    yield from _same(words)
    by_size = sorted((pair for pair in words if len(pair[1]) >= _FEW), key=lambda pair: len(pair[1]))
    if len(by_size) > 400:
        yield from _crowded(by_size)
        return
    for (one, left), (two, right) in combinations(by_size, 2):
        if len(left) >= OVERLAP * len(right) and one.name != two.name:
            yield from _compared(one, left, two, right)


def _same(words: Sequence[tuple[AgentDefinition, frozenset[str]]]) -> Hits:
    """Report descriptions of few words that are the same."""
    first: dict[frozenset[str], AgentDefinition] = {}
    for agent, said in words:
        if 0 < len(said) < _FEW:
            other = first.setdefault(said, agent)
            if other.name != agent.name:
                yield agent, Hit(agent.offset_of("description"), f"says the same as {brief(other.name)}")


def _compared(one: AgentDefinition, left: frozenset[str], two: AgentDefinition, right: frozenset[str]) -> Hits:
    shared = len(left & right)
    share = shared / (len(left) + len(right) - shared)
    if share >= OVERLAP and not (share < _NEARLY_ALL and _told_apart(one, left - right, two, right - left)):
        message = f"says nearly the same as {brief(one.name)} ({share:.0%} of the words)"
        yield two, Hit(two.offset_of("description"), message)


def _told_apart(one: AgentDefinition, only_one: frozenset[str], two: AgentDefinition, only_two: frozenset[str]) -> bool:
    """Tell whether each description alone has a word of its agent's name: a reviewer of Go beside one of Python."""
    return not only_one.isdisjoint(_split(one.name or "")) and not only_two.isdisjoint(_split(two.name or ""))


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
    return _split(text) - _COMMON


def _split(text: str) -> frozenset[str]:
    words: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        pieces = map("".join, pairwise(word)) if len(word) > 1 and _UNSPACED.search(word) else (word,)
        words.update(pieces)
    return frozenset(words)


@folder_rule(
    "AK503",
    "large-roster",
    "warning",
    "The roster is part of every conversation; above about 15,000 tokens the real program warns.",
)
def large_roster(agents: Sequence[AgentDefinition]) -> Hits:
    """Report a roster that is too large, at the agent that takes most of it."""
    by_name: dict[str, AgentDefinition] = {}
    for (_, name), agent in sorted(_used(agents).items(), key=lambda item: len(item[0][0])):
        by_name[name] = agent
    lines = {agent: roster.tokens(roster.line(agent)) for agent in by_name.values()}
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
