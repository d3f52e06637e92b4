"""Rules of lint: the system prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agentkit.definition.findings import Hit, rule

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

LONG = 10_000
"""Characters of a system prompt from which lint asks for less."""
_RESTATED = 60
_SENTENCE = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*\**[A-Za-z][^|`=]*[a-z] [a-z]+ [a-z]")
_LONG_LINE = re.compile(rb"\n.{%d}.*" % (_RESTATED + 1))
"""In bytes, as a line is at least as long there."""
_LONG_START = re.compile(rb"\n.{%d}" % (_RESTATED + 1))
"""Their beginnings, for the quick look: lines that are the same begin the same."""
_ORDER = re.compile(r"\b(always|never|do not|don't)\s+(\w+(?:\s+\w+){1,2})", re.IGNORECASE)
_NEAR = 60
_MARKS = b".,;:!?()[]*_`\"'"
"""What may stand at a word's end; the careful look does not count it either."""
# `re` looks for the letters that stand first, so the rarest ones do: half the time that `in` takes for the whole word.
_NEVER = re.compile(rb"ver(?<=never)")
_DO_NOT = re.compile(rb"do not")
_OUTPUT = (
    "format", "provide", "output", "report", "response", "deliver", "return", "summar", "produce", "respond", "answer",
    "reply",
)  # fmt: skip


@rule(
    "AK401",
    "no-system-prompt",
    "warning",
    "An agent without a body runs with no instructions of its own.",
)
def no_system_prompt(agent: AgentDefinition) -> Iterable[Hit]:
    """Report an empty body."""
    start, end = agent.document.prompt_span
    if start < end or agent.verdict == "dropped":
        return ()
    return (Hit(len(agent.text), "the file has no system prompt after its frontmatter"),)


@rule(
    "AK402",
    "not-second-person",
    "info",
    "The body is what the model is told; prompts that address it as `you` are followed better.",
    "This agent reviews code.",
)
def not_second_person(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a body that never says you."""
    text, (start, end) = agent.text, agent.document.prompt_span
    # Looked for in place: most prompts say it in their first lines, and a copy of each would take longer.
    if start == end or text.find("you", start, end) >= 0 or text.find("You", start, end) >= 0:
        return ()
    if text.find("YOU", start, end) >= 0:
        return ()
    # Other languages have other words for it.
    return (Hit(start, "the prompt never addresses the model as `you`"),) if agent.raw_prompt.isascii() else ()


@rule(
    "AK403",
    "long-prompt",
    "info",
    "A long prompt costs tokens in each run, and its single rules weigh less.",
)
def long_prompt(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a very long body."""
    start, end = agent.document.prompt_span
    size = end - start
    if size <= LONG:
        return ()
    return (Hit(start, f"the prompt has {size:,} characters; {LONG:,} is much already"),)


@rule(
    "AK404",
    "contradiction",
    "warning",
    "Of two orders that contradict each other the model follows one, and not always the same.",
    "Always ask first.\nNever ask first.",
)
def contradiction(agent: AgentDefinition) -> Iterable[Hit]:
    """Report `always X` beside `never X`."""
    # Quick looks first: few prompts forbid the two words that stand after an `always`.
    lowered = agent.source.lower()
    if b"always" not in lowered:
        return ()
    forbids = [order for order, given in ((b"never", _NEVER), (b"do not", _DO_NOT)) if given.search(lowered)]
    if b"'" in lowered and b"don't" in lowered:
        forbids.append(b"don't")
    if not forbids or _after(lowered, [b"always"]).isdisjoint(_after(lowered, forbids)):
        return ()
    return list(_contradictions(agent))


def _after(text: bytes, orders: Iterable[bytes]) -> set[bytes]:
    """Return the two words that stand after each of the orders."""
    near = (rest[:_NEAR].split(None, 2)[:2] for order in orders for rest in text.split(order)[1:])
    return {b" ".join(word.strip(_MARKS) for word in words) for words in near}


def _contradictions(agent: AgentDefinition) -> Iterator[Hit]:
    orders: dict[str, tuple[bool, str]] = {}
    for match in _ORDER.finditer(agent.raw_prompt):
        wanted = match[1].lower() == "always"
        what = " ".join(match[2].lower().split())
        other = orders.setdefault(what, (wanted, match[0]))
        if other[0] != wanted:
            place = agent.document.prompt_span[0] + match.start()
            yield Hit(place, f"{match[0]!r} contradicts {other[1]!r}")


@rule(
    "AK405",
    "restatement",
    "info",
    "A sentence that stands twice costs tokens twice and drifts apart when one is edited.",
)
def restatement(agent: AgentDefinition) -> Iterable[Hit]:
    """Report long lines that stand twice."""
    starts = _LONG_START.findall(agent.source)
    if len({*starts}) == len(starts):
        return ()
    lines = _LONG_LINE.findall(agent.source)
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
    text, (start, end) = agent.text, agent.document.prompt_span
    for word in _OUTPUT:
        if text.find(word, start, end) >= 0:
            return ()
    prompt = agent.raw_prompt
    if not prompt or not prompt.isascii():
        return ()
    lowered = prompt.lower()
    if any(word in lowered for word in _OUTPUT):
        return ()
    return (Hit(start, "the prompt does not say what the answer should look like"),)
