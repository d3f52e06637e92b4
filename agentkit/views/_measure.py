"""Text in a terminal's columns: width, wrapping, padding. Wide characters and emoji count as what they take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from agentkit.views.safe import visible

_KEPT = 200
"""Characters of a text of which the width is kept; longer ones would fill the memory."""


def width(text: str) -> int:
    """Return how many columns one line of text takes.

    >>> width("abc"), width("日本"), width("👩‍🔬")
    (3, 4, 2)
    """
    if text.isascii():
        return len(text)
    return _kept(text) if len(text) <= _KEPT else _wide(text)


def _wide(text: str) -> int:
    from wcwidth import wcswidth

    return max(int(wcswidth(text)), 0)


_kept = lru_cache(maxsize=8192)(_wide)


def pad(text: str, columns: int) -> str:
    """Return one line filled with blanks to a number of columns."""
    return text + " " * (columns - width(text))


def clip(text: str, columns: int) -> str:
    """Return one line cut to a number of columns, with an ellipsis where something was cut.

    >>> clip("a long name", 6)
    'a lon…'
    """
    if width(text) <= columns:
        return text
    taken = ""
    for piece in _graphemes(text):
        if width(taken + piece) > columns - 1:
            break
        taken += piece
    return f"{taken}…"


def wrap(text: str, columns: int) -> list[str]:
    """Return text as lines of at most `columns` columns.

    Line breaks and indentation stay; words longer than a line are broken; unseen controls are written out.

    Args:
        text: Any text.
        columns: At least 4.
    """
    lines: list[str] = []
    for line in visible(text).expandtabs(4).split("\n"):
        lines += _wrap_line(line.rstrip(), columns)
    return lines


def _wrap_line(line: str, columns: int) -> list[str]:
    if width(line) <= columns:
        return [line]
    indent = line[: len(line) - len(line.lstrip())][: columns // 2]
    while width(indent) > columns // 2:  # blanks can be wide, too
        indent = indent[:-1]
    lines: list[str] = []
    current = indent
    empty = True
    for word in line.split():
        candidate = current + word if empty else f"{current} {word}"
        if width(candidate) <= columns:
            current, empty = candidate, False
            continue
        if not empty:
            lines.append(current)
        *whole, rest = _broken(word, columns - width(indent))
        lines += [indent + piece for piece in whole]
        current, empty = indent + rest, False
    if not empty:
        lines.append(current)
    return lines


def _broken(word: str, columns: int) -> list[str]:
    """Return a word in pieces of at most `columns` columns; a wider grapheme is a piece by itself."""
    if width(word) <= columns:
        return [word]
    if word.isascii():
        return [word[start : start + columns] for start in range(0, len(word), columns)]
    pieces, taken = [], ""
    for grapheme in _graphemes(word):
        if taken and width(taken + grapheme) > columns:
            pieces.append(taken)
            taken = ""
        taken += grapheme
    return [*pieces, taken]


def _graphemes(text: str) -> Iterator[str]:
    if text.isascii():
        return iter(text)
    from wcwidth import iter_graphemes

    return iter(iter_graphemes(text))
