"""Rules of lint: the system prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agentkit.definition.findings import Hit, rule
from agentkit.definition.marks import LONG_PROMPT

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_RESTATED = 60
_SENTENCE = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*\**[A-Za-z][^|`=]*[a-z] [a-z]+ [a-z]")
_LONG_LINE = re.compile(rb"\n.{%d}.*" % (_RESTATED + 1))
"""In bytes, as a line is at least as long there."""
_LONG_START = re.compile(rb"\n.{%d}" % (_RESTATED + 1))
"""Their beginnings, for the quick look: lines that are the same begin the same."""
_FORBIDS = (b"never", b"do not", b"don't")
_ORDER = re.compile(r"(always|never|do not|don't)\s+(\w+(?:\s+\w+){1,2})", re.IGNORECASE)
_ORDER_SIZE = 300
"""Bytes of an order that are looked at."""
_OUTPUT = (
    b"format", b"output", b"provide", b"response", b"report", b"deliver", b"return", b"summar", b"produce", b"respond",
    b"answer", b"reply",
)  # fmt: skip


@rule(
    "AK401",
    "no-system-prompt",
    "warning",
    "An agent without a body runs with no instructions of its own.",
    when="+empty",
)
def no_system_prompt(agent: AgentDefinition) -> Iterator[Hit]:
    """Report an empty body."""
    if agent.verdict != "dropped":
        yield Hit(len(agent.text), "the file has no system prompt after its frontmatter")


@rule(
    "AK402",
    "not-second-person",
    "info",
    "The body is what the model is told; prompts that address it as `you` are followed better.",
    "This agent reviews code.",
)
def not_second_person(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a body that never says you."""
    if agent.prompt_says(b"you"):
        return ()
    start, end = agent.document.prompt_span
    if start == end:
        return ()
    # Other languages have other words for it.
    return (Hit(start, "the prompt never addresses the model as `you`"),) if agent.raw_prompt.isascii() else ()


@rule(
    "AK403",
    "long-prompt",
    "info",
    "A long prompt costs tokens in each run, and its single rules weigh less.",
    when="+long",
)
def long_prompt(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a very long body."""
    start, end = agent.document.prompt_span
    return (Hit(start, f"the prompt has {end - start:,} characters; {LONG_PROMPT:,} is much already"),)


@rule(
    "AK404",
    "contradiction",
    "warning",
    "Of two orders that contradict each other the model follows one, and not always the same.",
    "Always ask first.\nNever ask first.",
)
def contradiction(agent: AgentDefinition) -> Iterable[Hit]:
    """Report `always X` beside `never X`."""
    if not agent.prompt_says(b"always"):
        return ()
    forbids = [order for order in _FORBIDS if agent.prompt_says(order)]
    if not forbids:
        return ()
    # Only what is always to be done and also forbidden, by its first word, is looked at with care.
    wanted, forbidden = _places(agent, [b"always"]), _places(agent, forbids)
    places = [place for word in wanted.keys() & forbidden for place in wanted[word] + forbidden[word]]
    return _contradictions(agent, sorted(places))


def _places(agent: AgentDefinition, orders: Iterable[bytes]) -> dict[bytes, list[int]]:
    """Return where orders stand, by the first word after them."""
    found: dict[bytes, list[int]] = {}
    for order in orders:
        for place in agent.prompt_places(order):
            end = place + len(order)
            for word in agent.source[end : end + _ORDER_SIZE].split(None, 1)[:1]:
                found.setdefault(word.lower(), []).append(place)
    return found


def _contradictions(agent: AgentDefinition, places: Iterable[int]) -> Iterator[Hit]:
    given: dict[str, tuple[bool, str]] = {}
    for place in places:
        before = agent.source[max(place - 4, 0) : place].decode("utf-8", "ignore")[-1:]
        match = _ORDER.match(agent.source[place : place + _ORDER_SIZE].decode("utf-8", "replace"))
        if match is None or before.isalnum() or before == "_":
            continue
        always, what = match[1].lower() == "always", " ".join(match[2].lower().split())
        other = given.setdefault(what, (always, match[0]))
        if other[0] != always:
            offset = len(agent.source[:place].decode("utf-8", "surrogateescape"))
            yield Hit(offset, f"{match[0]!r} contradicts {other[1]!r}")


@rule(
    "AK405",
    "restatement",
    "info",
    "A sentence that stands twice costs tokens twice and drifts apart when one is edited.",
)
def restatement(agent: AgentDefinition) -> Iterable[Hit]:
    """Report long lines that stand twice."""
    starts = _LONG_START.findall(agent.source, agent.body_start)
    if len({*starts}) == len(starts):
        return ()
    lines = _LONG_LINE.findall(agent.source, agent.body_start)
    text = agent.raw_prompt
    seen: set[bytes] = set()
    for line in lines:
        if line not in seen:
            seen.add(line)
        elif _SENTENCE.match(shown := line[1:].decode("utf-8", "surrogateescape")):
            place = text.find(shown, text.find(shown) + 1)
            if place >= 0 and len(shown) > _RESTATED:
                bare = shown.strip(" -*\t\r")
                return (Hit(agent.document.prompt_span[0] + place, f"this stands above already: {bare[:60]!r}"),)
    return ()


@rule(
    "AK406",
    "no-output-format",
    "info",
    "The agent's last message is all that comes back; a prompt that says how it should look gets usable answers.",
)
def no_output_format(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a body that never speaks of what comes back."""
    for word in _OUTPUT:
        if agent.prompt_says(word):
            return ()
    if not agent.raw_prompt or not agent.raw_prompt.isascii():
        return ()
    start, _ = agent.document.prompt_span
    return (Hit(start, "the prompt does not say what the answer should look like"),)
