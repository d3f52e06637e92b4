"""Block scalars of YAML 1.2: `|` keeps lines, `>` folds them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.definition.yamlcore import Reader

_HEADER = re.compile(
    r"([|>])[ \t]*+(?:([1-9])[ \t]*+([-+]?)|([-+])[ \t]*+([1-9]?)|)[ \t]*+(?:(?<=[ \t])#[^\n]*)?(?:\n|\Z)"
)
_TAB_LINE = re.compile(r"\t[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
"""What the loader passes over right after a block, and nowhere else between fields."""


def block_scalar(reader: Reader, indent: int) -> str:
    """Read the block scalar at the reader's place and go to the next content.

    Args:
        reader: The place of its `|` or `>`.
        indent: Column of the collection it belongs to.
    """
    header = _HEADER.match(reader.text, reader.pos)
    if header is None:
        reader.fail(f"a value that begins with {reader.peek()} must be a block")
    digit = header[2] or header[5]
    keep = header[3] or header[4] or ""
    start = header.end()
    parent = max(indent, 0) if digit else indent
    width = parent + int(digit) if digit else _detected(reader, start, indent)
    lines, reader.pos = _lines(reader.text, start, width, indent)
    trailing = 0
    while lines and not lines[-1]:
        lines.pop()
        trailing += 1
    odd = _TAB_LINE.match(reader.text, reader.pos) if lines and not trailing else None
    reader.pos = reader.line_start = odd.end() if odd else reader.pos
    reader.content()
    if trailing and reader.tab_ends:
        reader.fail("a tab cannot indent")
    text = "\n".join(lines) if header[1] == "|" else _folded(lines)
    if keep == "-":
        return text
    return text + "\n" * ((trailing + bool(lines)) if keep == "+" else bool(lines))


def _detected(reader: Reader, start: int, indent: int) -> int:
    """Return the indentation of the first line that is not blank."""
    text, position, deepest = reader.text, start, 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        width = len(line) - len(line.lstrip(" "))
        if width < len(line):
            if width <= indent:
                return max(indent + 1, deepest)
            if deepest > width:
                reader.fail("a blank line is indented by more than the block's first line")
            return width
        deepest = max(deepest, width)
        position = end + 1
    return max(indent + 1, deepest)


def _lines(text: str, start: int, width: int, indent: int) -> tuple[list[str], int]:
    """Return the lines of the block without their indentation, and where it ends."""
    lines, position = [], start
    while position < len(text):
        end = text.find("\n", position)
        stop = len(text) if end < 0 else end
        line = text[position:stop]
        bare = line.lstrip(" ")
        if bare and len(line) - len(bare) < width:
            break
        if bare or end >= 0 or len(line) > width:  # blanks before a fence count where they are more than the margin
            lines.append(line[width:])
        position = stop + (end >= 0)
    return lines, position


def _folded(lines: list[str]) -> str:
    """Join lines by blanks; blank lines and lines indented by more keep their breaks."""
    pieces: list[str] = []
    empty, previous = 0, ""
    for line in lines:
        if not line:
            empty += 1
            continue
        if not previous:
            pieces.append("\n" * empty)
        elif line[0] in " \t" or previous[0] in " \t":
            pieces.append("\n" * (empty + 1))
        else:
            pieces.append("\n" * empty if empty else " ")
        pieces.append(line)
        empty, previous = 0, line
    return "".join(pieces)
