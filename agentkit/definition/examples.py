"""`<example>` blocks of a description, as structures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from agentkit.definition.words import holds, times

_BLOCK = re.compile(r"<example>(.*?)</example>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<(/?)example>", re.IGNORECASE)
_MARK = re.compile(
    r"(?P<role>\b(?:context|user|assistant)\b)[ \t]*:|<(?P<tag>commentary|user_request|function call)>", re.IGNORECASE
)
_QUOTED = re.compile(r'"(.*?)"(?=\s*(?:\Z|<|\n|(?:context|user|assistant|commentary)\s*:))', re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a description.

    >>> Example(user="Add an endpoint", assistant="I'll use the backend-engineer agent").user
    'Add an endpoint'
    """

    user: str = ""
    """What the user says, without quotes."""
    assistant: str = ""
    """What the assistant answers, without quotes; the first answer where there are several."""
    context: str = ""
    commentary: str = ""
    """Why the agent is chosen; empty where the example does not say."""
    text: str | None = None
    """The exact text with its tags; None for an example that was not read from a description."""
    span: tuple[int, int] | None = None
    """Where it is in the description, in characters."""
    rest: tuple[str, ...] = ()
    """What fits none of the four: further turns, unknown markup."""


_SHOWN = ("context", "user", "assistant", "commentary")


class Examples(tuple[Example, ...]):
    """Examples as a tuple that shows itself as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        blocks = [
            "\n".join(f"  {name:<10}  {text}" for name in _SHOWN if (text := getattr(each, name))) for each in self
        ]
        return "\n".join(f"example {number}\n{block}" for number, block in enumerate(blocks, 1)) or "no examples"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # IPython would print them as it does every tuple
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from agentkit.views.rows import rows_html

        return rows_html(_SHOWN, [[getattr(each, name) for name in _SHOWN] for each in self]) if self else str(self)


def parse(description: str) -> Examples:
    """Read the balanced `<example>` blocks of a description.

    >>> parse('<example>Context: An API. user: "Add /users" assistant: "On it"</example>')[0].context
    'An API.'
    """
    if "<example>" not in description and "<EXAMPLE>" not in description.upper():
        return Examples()
    # Nothing is looked for behind the last closing tag: each tag left open there would be searched to the end.
    last = description.lower().rfind("</example>")
    found = _BLOCK.finditer(description, 0, last + 10) if last >= 0 else ()
    return Examples(_example(match) for match in found)


class Outline(NamedTuple):
    """What a quick look tells of a description's examples."""

    blocks: int
    beside: int
    """Characters that stand beside them."""
    closed: bool
    """Whether each tag plainly has its partner; where it says no, `unbalanced` knows."""
    whole: bool
    """Whether each example plainly holds a user's and an assistant's words; where it says no, `parse` knows."""


def outline(description: str) -> Outline:
    """Look at the examples of a description without reading them.

    >>> outline("Use it. <example>user: a assistant: b</example> Or not. <example>b")
    Outline(blocks=2, beside=17, closed=False, whole=False)
    """
    first, *blocks = description.split("<example>")
    beside, closed, whole = len(first), True, True
    for block in blocks:
        end = block.rfind("</example>")
        closed = closed and end >= 0
        whole = whole and block.find("ser: ", 0, end) >= 0 and block.find("ssistant: ", 0, end) >= 0
        beside += len(block) - end - 10 if end >= 0 else 0
    # Where no other tag is left each block has one of the closing ones. Capitals are left to the careful look.
    closed = closed and times(description, "xample>") == 2 * len(blocks) and not holds(description, "AMPLE>")
    return Outline(len(blocks), beside, closed, closed and whole)


def unbalanced(description: str) -> int | None:
    """Return where the first `<example>` tag without its partner is; None where all have one."""
    slashes = TAG.findall(description)
    if slashes == ["", "/"] * (len(slashes) // 2):
        return None
    opened: int | None = None
    for tag in TAG.finditer(description):
        if tag[1]:
            if opened is None:
                return tag.start()
            opened = None
        else:
            if opened is not None:
                return opened
            opened = tag.start()
    return opened


def _example(match: re.Match[str]) -> Example:
    fields: dict[str, str] = {}
    rest: list[str] = []
    inner = match[1]
    position = 0
    while position < len(inner):
        mark = _next_mark(inner, position)
        lead = inner[position : mark.start() if mark else len(inner)].strip()
        if lead:
            rest.append(lead)
        if mark is None:
            break
        key, content, position = _content(inner, mark)
        if key in fields:
            rest.append(content)
        else:
            fields[key] = content
    return Example(**fields, text=match[0], span=match.span(), rest=tuple(rest))


def _next_mark(inner: str, position: int) -> re.Match[str] | None:
    return _MARK.search(inner, position)


def _content(inner: str, mark: re.Match[str]) -> tuple[str, str, int]:
    if mark["tag"]:
        tag = mark["tag"].lower()
        close = re.compile(f"</{re.escape(tag.split()[0])}[^>]*>", re.IGNORECASE).search(inner, mark.end())
        content = inner[mark.end() : close.start() if close else len(inner)].strip()
        key = {"commentary": "commentary", "user_request": "user", "function call": "assistant"}[tag]
        return key, content, close.end() if close else len(inner)
    key = mark["role"].lower()
    start = mark.end() + len(inner[mark.end() :]) - len(inner[mark.end() :].lstrip())
    quoted = _QUOTED.match(inner, start)
    if quoted:
        return key, quoted[1].replace('\\"', '"'), quoted.end()
    following = _MARK.search(inner, start)
    while following and following["role"] and not _leads(inner, following):
        following = _MARK.search(inner, following.end())
    end = following.start() if following else len(inner)
    return key, inner[start:end].strip(), end


def _leads(inner: str, mark: re.Match[str]) -> bool:
    before = inner[: mark.start()].rstrip(" \t")
    return not before or before[-1] in '\n.!?">)…]' or mark["role"].islower()


def render(example: Example, *, one_line: bool = False) -> str:
    """Return the text of an example: its own where it was read, the usual form where it is new.

    >>> print(render(Example(user="Add an endpoint", assistant="On it"), one_line=True))
    <example>user: "Add an endpoint" assistant: "On it"</example>
    """
    if _is_as_read(example):
        return example.text or ""
    parts = [f"Context: {example.context}"] if example.context else []
    parts += [f'user: "{example.user}"'] if example.user else []
    parts += [f'assistant: "{example.assistant}"'] if example.assistant else []
    parts += [f"<commentary>{example.commentary}</commentary>"] if example.commentary else []
    parts += example.rest
    gap = " " if one_line else "\n"
    return f"<example>{'' if one_line else gap}{gap.join(parts)}{'' if one_line else gap}</example>"


def _is_as_read(example: Example) -> bool:
    at_start = replace(example, span=(0, len(example.text or "")))
    return example.text is not None and parse(example.text)[:1] == (at_start,)


def as_before(wanted: Sequence[Example], before: Sequence[Example]) -> tuple[Example, ...]:
    """Return examples with the text that they had before where they say the same again."""
    twins = {_said(example): example for example in before}
    return tuple(each if _is_as_read(each) else twins.get(_said(each), each) for each in wanted)


def alike(one: str, other: str) -> bool:
    """Tell whether two descriptions differ in nothing but the white space around and inside their examples."""
    first, second = parse(one), parse(other)
    return [*map(_said, first)] == [*map(_said, second)] and _between(one, first) == _between(other, second)


def _between(description: str, blocks: Sequence[Example]) -> list[str]:
    edges = [0, *(edge for example in blocks for edge in example.span or ()), len(description)]
    return [description[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _said(example: Example) -> tuple[object, ...]:
    return example.user, example.assistant, example.context, example.commentary, tuple(example.rest)


def rewritten(description: str, wanted: Sequence[Example]) -> str:
    """Return the description with these examples: those that stay keep their text, the words around them stay too."""
    have = parse(description)
    one_line = "\n" not in description and bool(have)
    texts = [render(example, one_line=one_line) for example in wanted]
    old = [example.text or "" for example in have]
    spans = [example.span for example in have if example.span]
    if len(texts) == len(old):
        return _spliced(description, list(zip(spans, texts, strict=True)))
    if len(texts) < len(old) and (kept := _subsequence(texts, old)) is not None:
        gone = [span for place, span in enumerate(spans) if place not in kept]
        return _spliced(description, [(_with_gap(description, span), "") for span in gone])
    if not spans:
        gap = "" if not description else " " if one_line else "\n\n"
        return description.rstrip() + gap + "\n\n".join(texts)
    gap = description[spans[0][1] : spans[1][0]] if len(spans) > 1 else " " if one_line else "\n\n"
    gap = gap if not gap.strip() else " " if one_line else "\n\n"
    if texts[: len(old)] == old:
        end = spans[-1][1]
        return description[:end] + "".join(gap + text for text in texts[len(old) :]) + description[end:]
    return description[: spans[0][0]] + gap.join(texts) + description[spans[-1][1] :]


def _subsequence(texts: Sequence[str], old: Sequence[str]) -> set[int] | None:
    kept, place = set(), 0
    for text in texts:
        while place < len(old) and old[place] != text:
            place += 1
        if place == len(old):
            return None
        kept.add(place)
        place += 1
    return kept


def _with_gap(description: str, span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    while start > 0 and description[start - 1].isspace():
        start -= 1
    return start, end


def _spliced(description: str, changes: Sequence[tuple[tuple[int, int], str]]) -> str:
    for (start, end), text in sorted(changes, reverse=True):
        description = description[:start] + text + description[end:]
    return description
