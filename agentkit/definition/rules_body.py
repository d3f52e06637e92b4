"""Rules of lint: the system prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from stringzilla import find

from agentkit.definition.findings import Hit, rule
from agentkit.definition.marks import LONG_PROMPT, OUTPUT
from agentkit.definition.words import WORDS, is_english

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_RESTATED = 60
_SENTENCE = re.compile(r"[A-Za-z][^|`=]*[a-z] [a-z]+ [a-z]")
_LONG_LINE = re.compile(rb"\n[-*+\d.) \t]*+(.{%d}.*)" % (_RESTATED + 1))
"""In bytes, as a line is at least as long there; without the bullet or number before it."""
_LONG_START = re.compile(rb"\n[-*+\d.) \t]*+(.{%d})" % (_RESTATED + 1))
"""Their beginnings, for the quick look: lines that are the same begin the same."""
_ALWAYS = {b"lways": (b"A", b"a"), b"LWAYS": (b"A",)}
_FORBIDS = {
    b"ever": (b"N", b"n"),
    b"EVER": (b"N",),
    b"on't": (b"D", b"d"),
    b"ON'T": (b"D",),
    b" not": (b"Do", b"do", b"Must", b"must", b"Should", b"should"),
    b" NOT": (b"DO", b"MUST", b"SHOULD"),
}
"""Orders as people spell them, small or large: what is looked for, and what stands before it."""
_ORDER = re.compile(
    r"(always|never|do not|don't|must not|should not)\s+"
    r"(\w+(?:[ \t]+[^\s.,;:!?()–—]+)+|\w+(?=[.,;:!?])|\w+\s+\w[^\n.,;:!?()–—]*)",
    re.IGNORECASE,
)
"""The words up to a comma or the like on the line, and where there is but one the next line's too: orders without full
stops are not run together."""
_ORDER_WORDS = bytes(46 if code in b".!;" else WORDS[code] for code in range(256))
"""To translate orders with: as `WORDS`, and a full stop for what ends one."""
_STRESSED = b"*`"
"""What sets words off in Markdown, in front of an order or within it."""
_ENOUGH = 1_000
"""Bytes of a body that show its language."""
_YOU = (b"you", b"You", b"YOU")
_REST = re.compile(rb"(?:r|rs|rself)?(?![A-Za-z0-9_])", re.IGNORECASE)
_FENCE = re.compile(rb"^[ \t>]*(?:```|~~~)", re.MULTILINE)
_TOLD = 20
"""Places that are worth telling: each costs a look through what stands before it."""
_ORDER_SIZE = 300
"""Bytes of an order that are looked at."""
_KEY_SIZE = 40
"""Bytes of an order that mostly hold its first two words and the start of the third."""


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
    when="+unaddressed",
)
def not_second_person(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a body that never says you."""
    source, start = agent.source, agent.body_start
    if not agent.raw_prompt or _says_you(source, start) or not is_english(source[start : start + _ENOUGH]):
        return ()  # other languages have other words for it
    return (Hit(agent.document.prompt_span[0], "the prompt never addresses the model as `you`"),)


def _says_you(source: bytes, start: int) -> bool:
    """Tell whether a body has a form of `you`, as a word of its own."""
    for word in _YOU:
        place = find(source, word, start)
        while place >= 0:
            end = place + len(word)
            if not source[place - 1 : place].isalnum() and _REST.match(source, end):
                return True
            place = find(source, word, end)
    return False


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
    when="+always",
)
def contradiction(agent: AgentDefinition) -> Iterable[Hit]:
    """Report `always X` beside `never X`."""
    forbidden = _places(agent, _FORBIDS)
    wanted = _places(agent, _ALWAYS) if forbidden else {}
    # Only what is always to be done and also forbidden, by its first two words, is looked at with care.
    places = [place for word in wanted.keys() & forbidden for place in wanted[word] + forbidden[word]]
    return islice(_contradictions(agent, sorted(places)), _TOLD) if places else ()


def _places(agent: AgentDefinition, orders: Mapping[bytes, tuple[bytes, ...]]) -> dict[bytes, list[int]]:
    """Return where in the bytes of the body orders stand, by the first two words after them."""
    source = agent.source
    found: dict[bytes, list[int]] = {}
    for order, starts in orders.items():
        place = find(source, order, agent.body_start)
        while place >= 0:
            end = place + len(order)
            if source.endswith(starts, 0, place):
                words = source[end : end + _KEY_SIZE].translate(_ORDER_WORDS).split(None, 2)
                if len(words) < 3:
                    words = source[end : end + _ORDER_SIZE].translate(_ORDER_WORDS).split(None, 2)
                start = next(each for each in starts if source.endswith(each, 0, place))
                # An order of one word ends at its full stop, and so does one of two.
                key = b" ".join(words[:2]).partition(b".")[0].rstrip()
                found.setdefault(key, []).append(place - len(start))
            place = find(source, order, end)
    return found


def _contradictions(agent: AgentDefinition, places: Iterable[int]) -> Iterator[Hit]:
    given: dict[str, tuple[bool, str]] = {}
    for place in places:
        before = agent.source[max(place - 4, 0) : place].decode("utf-8", "ignore")[-1:]
        shown = agent.source[place : place + _ORDER_SIZE].translate(None, _STRESSED).decode("utf-8", "replace")
        match = _ORDER.match(shown)
        if match is None or before.isalnum() or before == "_":
            continue
        always, what = match[1].lower() == "always", " ".join(match[2].lower().split())
        other = given.setdefault(what, (always, match[0]))
        if other[0] != always and not _in_code(agent, place) and not _is_conditional(agent, place):
            yield Hit(_offset(agent, place), f"{match[0][:80]!r} contradicts {other[1][:80]!r}")


def _is_conditional(agent: AgentDefinition, place: int) -> bool:
    """Tell whether an order holds only in the case before it: `In Python 3, never use print`."""
    before = agent.source[max(place - _ORDER_SIZE, agent.body_start) : place].rstrip()
    return before.endswith(b",")


def _offset(agent: AgentDefinition, place: int) -> int:
    """Return where in the text a place in the bytes is."""
    return len(agent.source[:place].decode("utf-8", "surrogateescape"))


def _in_code(agent: AgentDefinition, place: int) -> bool:
    """Tell whether a place in the bytes lies between code fences."""
    return sum(1 for _ in _FENCE.finditer(agent.source, agent.body_start, place)) % 2 == 1


@rule(
    "AK405",
    "restatement",
    "info",
    "A sentence that stands twice costs tokens twice and drifts apart when one is edited.",
)
def restatement(agent: AgentDefinition) -> Iterable[Hit]:
    """Report long lines that stand twice."""
    starts = _LONG_START.findall(agent.source, agent.body_start)
    return islice(_restatements(agent), _TOLD) if len({*starts}) < len(starts) else ()


def _restatements(agent: AgentDefinition) -> Iterator[Hit]:
    seen: set[bytes] = set()
    told: set[bytes] = set()
    for match in _LONG_LINE.finditer(agent.source, agent.body_start):
        line = match[1].rstrip()
        if line not in seen:
            seen.add(line)
        elif line not in told:
            told.add(line)
            shown = line.decode("utf-8", "surrogateescape")
            if len(shown) > _RESTATED and _SENTENCE.match(shown) and not _in_code(agent, match.start()):
                yield Hit(_offset(agent, match.start(1)), f"this stands above already: {shown[:60]!r}")


@rule(
    "AK406",
    "no-output-format",
    "info",
    "The agent's last message is all that comes back; a prompt that says how it should look gets usable answers.",
    when="+silent",
)
def no_output_format(agent: AgentDefinition) -> Iterable[Hit]:
    """Report a body that never speaks of what comes back."""
    body = agent.source[agent.body_start :].lower()
    if any(find(body, word) >= 0 for word in OUTPUT) or not agent.raw_prompt or not is_english(body):
        return ()
    start, _ = agent.document.prompt_span
    return (Hit(start, "the prompt does not say what the answer should look like"),)
