"""The turns of one example: who says what, and where that stands, so that an edit can leave the rest as it is."""

from __future__ import annotations

import re
from typing import NamedTuple

QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»"}
"""Opening quote → its closing one."""
KEYS = {"user_request": "user", "function call": "assistant"}
"""Tag → the field it fills, where that has another name."""

_MARK = re.compile(
    r"\b(?P<role>context|user|assistant)(?:\*\*)?[ \t]*:(?:\*\*)?"
    r"|<(?P<tag>commentary|user_request|function call|context|user|assistant)>",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\s*(?:\Z|<|\n|(?:\*\*)?(?:context|user|assistant|commentary)(?:\*\*)?\s*:)", re.IGNORECASE)
"""What may stand behind a closing quote; behind any other text the quote is one of the text's own."""
_CLOSES = re.compile(r"</(commentary|user_request|function|context|user|assistant)\b[^<>]*>", re.IGNORECASE)
_SPACE = re.compile(r"\s*")
_LEADS = frozenset('\n.!?">)…]”’»')


class Turn(NamedTuple):
    """One turn of an example, or other text between the turns."""

    key: str
    """The field it fills; empty for other text."""
    start: int
    """Where it begins in the text: with its label or tag, and the bullet or asterisks before them."""
    raw_start: int
    raw_end: int
    """Where what is said stands, in its quotes."""
    end: int
    quoted: bool
    said: str
    """What is said, without quotes."""


class _Mark(NamedTuple):
    key: str
    tag: str
    start: int
    at: int
    """Where its word or tag begins; `start` is before what adorns it."""
    value: int
    leads: bool
    """Whether it begins a turn also where it stands behind text without quotes."""
    strong: bool
    """Whether it does so even behind a quote that is open, if that may have been closed before."""


def cut(inner: str) -> list[Turn]:
    """Return the turns of the text between an example's tags, in order.

    >>> [(turn.key, turn.said) for turn in cut('Context: An API. user: "Add /users" (soon) assistant: On it')]
    [('context', 'An API.'), ('user', '"Add /users" (soon)'), ('assistant', 'On it')]
    """
    marks = _marks(inner)
    openers = {mark.value for mark in marks if not mark.tag}
    turns: list[Turn] = []
    position = place = 0
    while True:
        while place < len(marks) and marks[place].at < position:
            place += 1
        mark = marks[place] if place < len(marks) else None
        start, end = _stripped(inner, position, mark.start if mark else len(inner))
        if start < end:
            turns.append(Turn("", start, start, end, end, False, inner[start:end]))
        if mark is None:
            return turns
        turn = _tagged(inner, mark) if mark.tag else _spoken(inner, marks, place, openers)
        turns.append(turn)
        position = max(turn.end, mark.value)


def _marks(inner: str) -> list[_Mark]:
    found = []
    last: dict[str, int] | None = None
    for match in _MARK.finditer(inner):
        at, value = match.span()
        tag = (match["tag"] or "").lower()
        if not tag:
            start = _adorned(inner, at)
            value = _SPACE.match(inner, value).end()  # type: ignore[union-attr]
            line, leads = _before(inner, start)
            role = match["role"]
            leads = leads or start < at or role.islower() or role.isupper()
            found.append(_Mark(role.lower(), "", start, at, value, leads, line))
            continue
        if tag in ("user", "assistant", "context"):  # people write <user> for a placeholder too
            if last is None:
                last = {close[1].lower(): close.start() for close in _CLOSES.finditer(inner)}
            if last.get(tag, -1) < value:
                continue
        found.append(_Mark(KEYS.get(tag, tag), tag, at, at, value, True, True))
    return found


def _adorned(inner: str, at: int) -> int:
    """Return where a label begins with the asterisks and the bullet before it."""
    if inner.startswith("**", max(at - 2, 0)):
        at = max(at - 2, 0)
    place = _back(inner, at)
    if place < at and inner[place - 1 : place] in ("-", "*"):
        bullet = place - 1
        line = _back(inner, bullet)
        if line == 0 or inner[line - 1] == "\n":
            return bullet
    return at


def _back(inner: str, at: int) -> int:
    while at > 0 and inner[at - 1] in " \t":
        at -= 1
    return at


def _before(inner: str, start: int) -> tuple[bool, bool]:
    """Tell whether a label begins its line, and whether it can follow what stands before it."""
    at = _back(inner, start)
    return at == 0 or inner[at - 1] == "\n", at == 0 or inner[at - 1] in _LEADS


def _stripped(inner: str, start: int, end: int) -> tuple[int, int]:
    text = inner[start:end]
    start += len(text) - len(text.lstrip())
    return start, start + len(text.strip())


def _tagged(inner: str, mark: _Mark) -> Turn:
    word = mark.tag.split()[0]
    close = next((close for close in _CLOSES.finditer(inner, mark.value) if close[1].lower() == word), None)
    start, end = _stripped(inner, mark.value, close.start() if close else len(inner))
    return Turn(mark.key, mark.start, start, end, close.end() if close else len(inner), False, inner[start:end])


def _spoken(inner: str, marks: list[_Mark], place: int, openers: set[int]) -> Turn:
    mark = marks[place]
    start = mark.value
    if inner[start : start + 1] in QUOTES and (close := _closing(inner, marks, place, openers)) is not None:
        said, quote = inner[start + 1 : close], inner[start]
        said = said.replace(f"\\{quote}", quote) if quote in "\"'" else said
        return Turn(mark.key, mark.start, start, close + 1, close + 1, True, said)
    following = place + 1
    while following < len(marks) and not (marks[following].leads and marks[following].at >= start):
        following += 1
    limit = marks[following].start if following < len(marks) else len(inner)
    start, end = _stripped(inner, min(start, limit), limit)
    return Turn(mark.key, mark.start, start, end, end, False, inner[start:end])


def _closing(inner: str, marks: list[_Mark], place: int, openers: set[int]) -> int | None:
    """Return where the quote is that closes the turn; None where the quotes are only a part of what is said."""
    opening = inner[marks[place].value]
    closing = QUOTES[opening]
    single = closing in "'’"
    at, inside, ended, escaped = marks[place].value, 0, False, None
    following = place + 1
    while (at := inner.find(closing, at + 1)) >= 0:
        # An odd number of quotes before the next turn: the first of them was closed there, and text follows it.
        while following < len(marks) and marks[following].at < at:
            if marks[following].strong and marks[following].at > marks[place].value and (single or inside % 2):
                return escaped
            following += 1
        if inner[at - 1] == "\\":
            escaped = at if escaped is None and _ENDS.match(inner, at + 1) else escaped
            continue
        if _ENDS.match(inner, at + 1):
            return None if ended and not inside % 2 else at
        if at in openers:
            return escaped
        before, after = inner[at - 1], inner[at + 1]
        if single and before.isalnum() and after.isalnum():
            continue  # an apostrophe
        if not inside:
            ended = not before.isspace() and not after.isalnum()
        inside += 1
    return escaped
