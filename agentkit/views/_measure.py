"""Text in a terminal's columns: width, wrapping, padding. Wide characters and emoji count as what they take."""

from __future__ import annotations

from functools import lru_cache

from agentkit.views.safe import visible


@lru_cache(maxsize=8192)
def width(text: str) -> int:
    """Return how many columns one line of text takes.

    >>> width("abc"), width("日本"), width("👩‍🔬")
    (3, 4, 2)
    """
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(int(wcswidth(text)), 0)


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
        current, empty = indent + word, False
        while width(current) > columns:
            head, current = _break(current, columns)
            lines.append(head)
            current = indent + current
    if not empty:
        lines.append(current)
    return lines


def _break(text: str, columns: int) -> tuple[str, str]:
    taken = ""
    for piece in _graphemes(text):
        if taken and width(taken + piece) > columns:
            break
        taken += piece
    return taken, text[len(taken) :]


def _graphemes(text: str) -> list[str]:
    if text.isascii():
        return list(text)
    from wcwidth import iter_graphemes

    return list(iter_graphemes(text))
