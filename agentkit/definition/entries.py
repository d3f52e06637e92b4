"""Where the top-level fields of a frontmatter stand: the lines of each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentkit.definition.yamlscalars import DOUBLE, SINGLE

_KEY = re.compile(
    r"""(?:([^\s"'#\[\]{}&*!|>%@`,?:-][^\s:#]*(?:[ \t]+[^\s:#]+)*|-[^\s:#]+)|"([^"\n]*)"|'([^'\n]*)')[ \t]*:(?=\s|\Z)"""
)
_LEAD = re.compile(r"[ \t]*(?:[&!]\S*[ \t]+)*")
_BRACKETS = re.compile(
    r"""[\[\]{}]|(?<=[\[{,:\s])(?:"[^"\\]*+(?:\\[\s\S][^"\\]*+)*+"|'[^']*(?:''[^']*)*')|(?<=\s)#[^\n]*"""
)
"""A quote within a word is none; each of them, never closed, would be looked for to the end of the text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One top-level field of the block: its key and the span of its lines in the text."""

    key: str
    start: int
    end: int
    value_start: int
    """Where the value begins: right after the colon."""


def cut_at_keys(text: str, start: int, end: int) -> list[Entry]:
    """Cut the block at the lines that begin a top-level key; everything up to the next belongs to the key before."""
    found: list[Entry] = []
    position = start
    skip_to, balanced = start, True
    while position < end:
        line_end = text.find("\n", position, end)
        line_end = end if line_end < 0 else line_end + 1
        match = _KEY.match(text, position, line_end) if position >= skip_to else None
        if match is not None:
            key = next(group for group in match.groups() if group is not None)
            if found:
                found[-1] = _closed(text, found[-1], position)
            found.append(Entry(key, position, end, match.end()))
            skip_to = _value_end(text, match.end(), end) if balanced else position
            # Brackets that never close are looked for once, or a hostile file would take the square of its length.
            balanced = balanced and skip_to >= 0
        position = line_end
    if found:
        found[-1] = _closed(text, found[-1], end)
    return found


def _closed(text: str, entry: Entry, limit: int) -> Entry:
    """End an entry before comments and blank lines that stand directly above the next key, or the closing fence."""
    end = limit
    while True:
        line_start = text.rfind("\n", entry.start, end - 1) + 1
        if line_start <= entry.start:  # asked first: cutting from 0 for every field would take the square of the length
            return Entry(entry.key, entry.start, end, entry.value_start)
        line = text[line_start:end]
        if line.strip() and not line.startswith("#"):
            return Entry(entry.key, entry.start, end, entry.value_start)
        end = line_start


def _value_end(text: str, position: int, end: int) -> int:
    """Return where a quoted or bracketed value that runs over several lines ends; `position` for all others."""
    value = _LEAD.match(text, position, end)
    assert value is not None
    start = value.end()
    opener = text[start : start + 1]
    if opener in ('"', "'"):
        quoted = (DOUBLE if opener == '"' else SINGLE).match(text, start, end)
        return quoted.end() if quoted and "\n" in quoted[0] else position
    if opener in ("[", "{"):
        depth = 0
        for match in _BRACKETS.finditer(text, start, end):
            depth += (match[0] in "[{") - (match[0] in "]}")
            if depth == 0:
                return match.end()
        return -1
    return position
