"""`<example>` blocks of a description, as structures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from agentkit.definition.turns import cut
from agentkit.definition.words import holds, times

_BLOCK = re.compile(r"<example>(.*?)</example>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<(/?)example>", re.IGNORECASE)

_USUAL = re.compile(
    r'<[^>]*>\s*(?:[Cc]ontext:\s+([^\s:<"\'“‘«][^:<]*)\s)?user: "([^"\\]*)"\s+assistant: "([^"\\]*)"'
    r"\s*(?:<commentary>([^<]*)</commentary>\s*)?</[^>]*>"
)
"""An example as most are, which needs no careful reading: in no part of it could another begin."""


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
    text = match[0]
    if usual := _USUAL.fullmatch(text):
        context, user, assistant, commentary = usual.groups("")
        return Example(user, assistant, context.rstrip(), commentary.strip(), text, match.span())
    return _careful(match)


def _careful(match: re.Match[str]) -> Example:
    fields: dict[str, str] = {}
    rest: list[str] = []
    for turn in cut(match[1]):
        if not turn.key or turn.key in fields:
            rest.append(turn.said)
        else:
            fields[turn.key] = turn.said
    return Example(**fields, text=match[0], span=match.span(), rest=tuple(rest))


def said(example: Example) -> tuple[object, ...]:
    """Return what an example says, wherever and however it is written."""
    return example.user, example.assistant, example.context, example.commentary, tuple(example.rest)
