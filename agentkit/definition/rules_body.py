"""Rules of lint: the system prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from agentkit.definition.findings import Hit, rule

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

LONG = 10_000
"""Characters of a system prompt from which lint asks for less."""
_RESTATED = 60
_SENTENCE = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*\**[A-Za-z][^|`=]*[a-z] [a-z]+ [a-z]")
_ORDER = re.compile(r"\b(always|never|do not|don't)\s+(\w+(?:\s+\w+){1,2})", re.IGNORECASE)
_OUTPUT = (
    "output", "format", "respond", "response", "report", "deliver", "return", "answer", "summar", "produce", "reply",
    "provide",
)  # fmt: skip


@rule(
    "AK401",
    "no-system-prompt",
    "warning",
    "An agent without a body runs with no instructions of its own.",
)
def no_system_prompt(agent: AgentDefinition) -> Iterator[Hit]:
    """Report an empty body."""
    if agent.verdict != "dropped" and not agent.raw_prompt:
        yield Hit(len(agent.text), "the file has no system prompt after its frontmatter")


@rule(
    "AK402",
    "not-second-person",
    "info",
    "The body is what the model is told; prompts that address it as `you` are followed better.",
    "This agent reviews code.",
)
def not_second_person(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a body that never says you."""
    text = agent.raw_prompt
    if text and "you" not in text and "You" not in text and "YOU" not in text and text.isascii():
        yield Hit(agent.document.prompt_span[0], "the prompt never addresses the model as `you`")


@rule(
    "AK403",
    "long-prompt",
    "info",
    "A long prompt costs tokens in each run, and its single rules weigh less.",
)
def long_prompt(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a very long body."""
    size = len(agent.raw_prompt)
    if size > LONG:
        yield Hit(agent.document.prompt_span[0], f"the prompt has {size:,} characters; {LONG:,} is much already")


@rule(
    "AK404",
    "contradiction",
    "warning",
    "Of two orders that contradict each other the model follows one, and not always the same.",
    "Always ask first.\nNever ask first.",
)
def contradiction(agent: AgentDefinition) -> Iterator[Hit]:
    """Report `always X` beside `never X`."""
    text = agent.raw_prompt
    if "lways " not in text or not ("ever " in text or "o not " in text or "on't " in text):
        return
    # `server ` opens the look above in most prompts; few hold an order that forbids.
    lowered = text.lower() if text.isascii() else agent.source.lower().decode("utf-8", "replace")
    if "never" not in lowered and not ("'" in text and "don't" in lowered) and "do not" not in lowered:
        return
    asked = _after(text, ("lways ",))
    if asked.isdisjoint(_after(text, ("ever ", "o not ", "on't "))):
        return
    orders: dict[str, tuple[bool, str]] = {}
    for match in _ORDER.finditer(text):
        wanted = match[1].lower() == "always"
        what = " ".join(match[2].lower().split())
        other = orders.setdefault(what, (wanted, match[0]))
        if other[0] != wanted:
            place = agent.document.prompt_span[0] + match.start()
            yield Hit(place, f"{match[0]!r} contradicts {other[1]!r}")


def _after(text: str, orders: tuple[str, ...]) -> set[str]:
    """Return the two words that stand after each of the orders: a quick look before the careful one."""
    return {
        " ".join(piece[:60].lower().split(None, 2)[:2])
        for order in orders
        if order in text
        for piece in text.split(order)[1:]
    }


@rule(
    "AK405",
    "restatement",
    "info",
    "A sentence that stands twice costs tokens twice and drifts apart when one is edited.",
)
def restatement(agent: AgentDefinition) -> Iterator[Hit]:
    """Report long lines that stand twice."""
    text = agent.raw_prompt
    if _repeated(text) <= _RESTATED:
        return
    lines = [line for line in text.split("\n") if len(line) > _RESTATED]
    if len({*lines}) == len(lines):
        return
    seen: set[str] = set()
    for line in lines:
        if line in seen and _SENTENCE.match(line):
            place = text.find(line, text.find(line) + 1)
            bare = line.strip(" -*\t\r")
            yield Hit(agent.document.prompt_span[0] + place, f"this stands above already: {bare[:60]!r}")
            return
        seen.add(line)


def _repeated(text: str) -> int:
    """Return how many bytes the lines that stand twice hold together: a quick look before the careful one."""
    content = text.encode("utf-8", "surrogatepass") + b"\n"
    # Much faster than splitting.
    lines = BytesIO(content).readlines()
    once = set(lines)
    return len(content) - sum(map(len, once)) - (len(lines) - len(once))


@rule(
    "AK406",
    "no-output-format",
    "info",
    "The agent's last message is all that comes back; a prompt that says how it should look gets usable answers.",
)
def no_output_format(agent: AgentDefinition) -> Iterator[Hit]:
    """Report a body that never speaks of what comes back."""
    text = agent.raw_prompt
    if text and text.isascii() and not any(word in text for word in _OUTPUT):
        lowered = text.lower()
        if not any(word in lowered for word in _OUTPUT):
            yield Hit(agent.document.prompt_span[0], "the prompt does not say what the answer should look like")
