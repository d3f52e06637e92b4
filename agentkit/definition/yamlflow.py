"""Flow collections of YAML 1.2: `[a, b]` and `{a: b}`, over as many lines as they take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentkit.definition.yamlscalars import key_text

if TYPE_CHECKING:
    from agentkit.definition.yamlcore import Reader

_PLAIN_LINE = re.compile(
    r"(?:[^ \t\n:#,\[\]{}]|:(?![ \t\n,\[\]{}]|\Z)|(?<![ \t\n])#"
    r"|[ \t]+(?![ \t\n#:,\[\]{}])|[ \t]+:(?![ \t\n,\[\]{}]|\Z))+"
)
_PLAIN_START = re.compile(r"""[^ \t\n\-?:,\[\]{}#&*!|>'"%@`]|[-?:](?=[^ \t\n,\[\]{}])""")
_INDICATORS = frozenset(",[]{}")


def collection(reader: Reader, indent: int) -> Any:
    """Read the flow collection at the reader's place; lines after the first are indented by more than `indent`."""
    with reader.deeper():
        opener = reader.text[reader.pos]
        reader.pos += 1
        return _mapping(reader, indent) if opener == "{" else _sequence(reader, indent)


def _sequence(reader: Reader, indent: int) -> list[Any]:
    items: list[Any] = []
    while True:
        char = _gap(reader, indent, "]")
        if char == "]":
            reader.pos += 1
            return items
        if char == ",":
            reader.fail("a comma with nothing before it")
        items.append(_entry(reader, indent))
        _separator(reader, indent, "]")


def _entry(reader: Reader, indent: int) -> Any:
    """Read an item of a sequence; `key: value` there is a mapping of one."""
    explicit = reader.at_indicator("?", flow=True)
    if explicit:
        reader.pos += 1
        _gap(reader, indent, "]")
    line = reader.pos
    json_like = reader.peek() in ('"', "'", "[", "{")
    key = None if reader.peek() in ("]", ",") or reader.at_indicator(":", flow=True) else node(reader, indent)
    one_line = "\n" not in reader.text[line : reader.pos]
    if (one_line or explicit) and _colon(reader, indent, json_like, explicit):
        char = _gap(reader, indent, "]")
        return {key_text(key): None if char in (",", "]") else node(reader, indent)}
    return {key_text(key): None} if explicit else key


def _mapping(reader: Reader, indent: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    merges: list[Any] = []
    while True:
        char = _gap(reader, indent, "}")
        if char == "}":
            reader.pos += 1
            return reader.merged(values, merges)
        if char == ",":
            reader.fail("a comma with nothing before it")
        explicit = reader.at_indicator("?", flow=True)
        if explicit:
            reader.pos += 1
            char = _gap(reader, indent, "}")
        json_like = char in ('"', "'", "[", "{")
        bare = char in (",", "}") or reader.at_indicator(":", flow=True)
        key = None if bare else node(reader, indent)
        value = None
        if _colon(reader, indent, json_like, True):
            char = _gap(reader, indent, "}")
            value = None if char in (",", "}") else node(reader, indent)
        reader.store(values, merges, key, value)
        _separator(reader, indent, "}")


def _colon(reader: Reader, indent: int, json_like: bool, across: bool) -> bool:
    """Step over the `:` between key and value, where there is one."""
    before = reader.pos
    if across:
        _gap(reader, indent, "}", after=True)
    else:
        while reader.peek() in (" ", "\t"):
            reader.pos += 1
    if reader.peek() == ":" and (json_like or reader.at_indicator(":", flow=True)):
        reader.pos += 1
        return True
    reader.pos = before
    return False


def _separator(reader: Reader, indent: int, closer: str) -> None:
    char = _gap(reader, indent, closer, after=True)
    if char == ",":
        reader.pos += 1
    elif char != closer:
        reader.fail(f"a comma or {closer} is missing")


def _gap(reader: Reader, indent: int, closer: str, *, after: bool = False) -> str:
    """Skip blanks, line ends and comments; return the character there.

    Args:
        reader: The place to skip from.
        indent: Column of the collection that the brackets belong to.
        closer: The closing bracket, which may stand at the margin.
        after: Whether an item is done: the comma or colon behind a scalar may stand there as well.
    """
    text = reader.text
    after = after and text[reader.pos - 1] not in "]}"
    while True:
        char = reader.peek()
        if char in (" ", "\t"):
            reader.pos += 1
        elif char == "\n":
            reader.pos += 1
            start = reader.pos
            while reader.peek() == " ":
                reader.pos += 1
            reader.line_start = start
            column = reader.pos - start
            while reader.peek() == "\t":
                reader.pos += 1
            further = after and (reader.peek() == "," or reader.at_indicator(":", flow=True))
            if column <= indent and not further and reader.peek() not in ("\n", "#", "", *closer):
                reader.fail("the lines of a bracketed value must be indented")
        elif char == "#" and text[reader.pos - 1] in " \t\n":
            reader.pos = reader.line_end()
        elif char == "" and closer:
            reader.fail(f"a bracket is never closed by {closer}")
        else:
            return char


def node(reader: Reader, indent: int) -> Any:
    """Read one node inside brackets, its anchor and tag included."""
    anchor, tag = None, None
    while reader.peek() in ("&", "!"):
        if reader.peek() == "&":
            anchor = reader.anchor(flow=True)
        else:
            tag = reader.tag(flow=True)
        _gap(reader, indent, "")
    char = reader.peek()
    if char in _INDICATORS - {"[", "{"} or char == "" or reader.at_indicator(":", flow=True):
        return reader.named(anchor, reader.tagged(tag, ""))
    if char in ("[", "{"):
        value = collection(reader, indent)
    elif char in ('"', "'"):
        value = reader.quoted(indent)
    elif char == "*":
        return reader.alias()
    else:
        value = reader.tagged(tag, _plain(reader, indent))
    return reader.named(anchor, value)


def _plain(reader: Reader, indent: int) -> str:
    if not _PLAIN_START.match(reader.text, reader.pos):
        reader.fail(f"a value cannot begin with {reader.peek()!r} here")
    pieces: list[str] = []
    while match := _PLAIN_LINE.match(reader.text, reader.pos):
        pieces.append(match[0])
        reader.pos = match.end()
        back = reader.pos
        _blanks(reader)
        if reader.peek() != "\n":
            reader.pos = back
            break
        breaks = _breaks(reader, indent)
        nothing_more = not _PLAIN_LINE.match(reader.text, reader.pos) or reader.peek() == "#"
        if nothing_more:
            reader.pos = back
            break
        pieces.append(" " if breaks == 1 else "\n" * (breaks - 1))
    return "".join(pieces)


def _blanks(reader: Reader) -> None:
    while reader.peek() in (" ", "\t"):
        reader.pos += 1


def _breaks(reader: Reader, indent: int) -> int:
    count = 0
    while reader.peek() == "\n":
        count += 1
        reader.pos += 1
        start = reader.pos
        while reader.peek() == " ":
            reader.pos += 1
        column = reader.pos - start
        _blanks(reader)
        if reader.at_indicator(":", flow=True):
            continue
        if column <= indent and reader.peek() not in ("\n", "#", "", "]", "}", ","):
            reader.fail("the lines of a bracketed value must be indented")
    return count
