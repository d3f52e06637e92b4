"""The quick way through a frontmatter: one `key: value` per line, plain or quoted, and lists of plain items.

Nine files in ten hold nothing else. Whatever is not certain here is left to `yamllibrary`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from agentkit.definition import yamllibrary
from agentkit.definition.fields import BY_NAME
from agentkit.definition.repair import quoted_value
from agentkit.definition.words import holds
from agentkit.definition.yamlscalars import DOUBLE, YamlError, plain

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_ITEM = r"""(?:[A-Za-z](?:[A-Za-z0-9_ ./-]|:(?=[A-Za-z0-9/]))*|"[A-Za-z0-9_ .:/-]*" *|'[A-Za-z0-9_ .:/-]*' *)"""
_FLOW = re.compile(rf"\[ *({_ITEM}(?:, *{_ITEM})*)\]\Z")
_TEXT_LINE = re.compile(r"[A-Za-z<][^#]*\Z")
"""A line at the margin that, behind a value that ended on its own line, no reader takes."""
_STARTS = frozenset(".(/<$0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""ASCII characters that can begin a plain value and nothing else."""
_ESCAPES = {"n": "\n", "t": "\t", '"': '"'}
_SHORT = 120
"""Characters of a line of which is kept what it says."""

_NOTHING = object()
"""What a line says that has a key alone."""
UNSURE = object()
"""What is left to the full reader."""


class _Wrong(NamedTuple):
    why: str
    place: int
    """Characters from the start of the value."""


def read(block: str) -> Any:
    """Read a block, the quick way where that is sure.

    Raises:
        YamlError: it is not YAML.
    """
    quick = fields(block.replace("\r\n", "\n") if "\r" in block else block)
    return yamllibrary.read(block) if quick is None else quick[0]


def fields(block: str, *, mended: bool = False) -> tuple[dict[str, Any], dict[str, int] | None] | None:
    r"""Return the fields of a block, and the offset of each in it; None where the full reader has to look.

    Args:
        block: The lines between the fences.
        mended: Read the block as it is after the loader's repair. A value that the repair quotes is then the text as
            it stands: escaping it and reading the escapes would give the same. A field may stand twice then, of which
            the last counts; there are no offsets where one does.

    Raises:
        YamlError: a line is one that no reader takes: a second `: ` in a plain value, text after a closing quote.

    >>> fields("name: x\ndescription: \"a\\tb\"\ntools:\n  - Read\n")
    ({'name': 'x', 'description': 'a\tb', 'tools': ['Read']}, {'name': 0, 'description': 8, 'tools': 28})
    """
    if not block.endswith("\n") or "\r" in block or "\0" in block:
        return None
    values: dict[str, Any] = {}
    places: dict[str, int] = {}
    twice = carried = False
    lines = block[:-1].split("\n")
    at = position = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        pair = (_kept if len(line) <= _SHORT else _pair)(line, mended)
        if pair is not None:
            key, value = pair
            if (key in values and not mended) or value is UNSURE or key[0] == "-":
                return None
            twice = twice or key in values
            places[key] = position
            if type(value) is _Wrong:
                rest = line[len(key) + 1 :]
                raise YamlError(value.why, at, len(line) - len(rest.lstrip(" ")) + value.place + 1)
            carried = value is not _NOTHING
            if value is _NOTHING:
                first = at
                while at < len(lines) and lines[at].lstrip(" ").startswith("- "):
                    position += len(lines[at]) + 1
                    at += 1
                value = _items(lines[first:at]) if at > first else None
                if value is UNSURE:
                    return None
            values[key] = value.copy() if type(value) is list else value
        elif line.strip(" "):
            if carried and ":" not in line and _TEXT_LINE.match(line):
                raise YamlError("a line is no `key: value`", at, 1)
            return None
        position += len(line) + 1
    return (values, None if twice else places) if values else None


def scalar(text: str) -> Any:
    """Return what a value on a line of its own is; `UNSURE` where the full reader has to look.

    Raises:
        YamlError: no reader takes it.
    """
    text = text.strip(" ")
    value = None if not text else UNSURE if "\r" in text or "\0" in text else _value(text)
    if type(value) is _Wrong:
        raise YamlError(value.why)
    return value


def _pair(line: str, mended: bool) -> tuple[str, Any] | None:
    """Return the key and the value of a line; None where it does not begin with a key."""
    if mended and (quoted := quoted_value(line)):
        return quoted
    key, colon, rest = line.partition(":")
    if not colon or not (key in BY_NAME or _KEY.match(key)):
        return None
    text = rest.strip(" ")
    if not text:
        return key, _NOTHING
    return key, _value(text) if rest[0] == " " else UNSURE


_kept = lru_cache(4096)(_pair)
"""Most files share their short lines, such as those of the model and the colour."""


def _value(text: str) -> Any:
    first = text[0]
    if first in _STARTS or first > "\x7f":
        if holds(text, " #") or "\t" in text or text[-1] == ":":
            return UNSURE
        if holds(text, ": "):
            return _Wrong("a second `: ` in a plain value", text.index(": "))
        return plain(text)
    if first == '"':
        return _double(text)
    if first == "'":
        inside = text[1:-1].replace("''", "")
        return text[1:-1].replace("''", "'") if text[1:].endswith("'") and "'" not in inside else UNSURE
    flow = _FLOW.match(text)
    if flow is None:
        return UNSURE
    items = [piece.strip(" ") for piece in flow[1].split(",")]
    return [item[1:-1] if item[0] in "\"'" else plain(item) for item in items]


def _double(text: str) -> Any:
    r"""Return the value of a double-quoted text with no escapes but \n, \t, \" and \\."""
    inside = text[1:-1]
    if text[-1] != '"' or len(text) == 1:
        return _after_quote(text)
    if "\\" not in inside:
        return _after_quote(text) if '"' in inside else inside
    # By the pieces between backslashes: Python is quick at looking for one character and slow at two.
    first, *pieces = inside.split("\\")
    parts, quotes, escaped, sure = [first], 0, False, True
    for piece in pieces:
        if escaped:
            parts.append(piece)
            escaped = False
        elif not piece:
            parts.append("\\")
            escaped = True
        else:
            meant = _ESCAPES.get(piece[0], "")
            parts.append(meant + piece[1:])
            quotes += meant == '"'
            sure = sure and meant != ""
    if quotes != inside.count('"'):
        return _after_quote(text)
    return "".join(parts) if sure and not escaped else UNSURE


def _after_quote(text: str) -> Any:
    """Return what is wrong where more text follows a closing quote on its line; `UNSURE` for all else."""
    quoted = DOUBLE.match(text)
    rest = text[quoted.end() :].lstrip(" \t") if quoted else ""
    if quoted is None or rest[:1] in ("", "#", ":"):
        return UNSURE
    return _Wrong("something follows the value on its line", quoted.end())


def _items(lines: list[str]) -> Any:
    """Return the plain items of a list, which all stand at one margin."""
    margin = lines[0].index("-")
    values = []
    for line in lines:
        item = line[margin + 1 :].strip(" ")
        plain_start = item[:1] in _STARTS or item[:1] > "\x7f"
        value = _value(item) if plain_start and line.index("-") == margin else UNSURE
        if value is UNSURE or type(value) is _Wrong:
            return UNSURE
        values.append(value)
    return values
