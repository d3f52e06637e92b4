"""The quick way through a frontmatter: one `key: value` per line, plain or double-quoted.

Nine files in ten hold nothing else. Whatever is not certain here is left to `yamllibrary`.
"""

from __future__ import annotations

import re
from typing import Any

from agentkit.definition import yamllibrary
from agentkit.definition.yamlscalars import YamlError, double, plain

_BARE = r"(?:[A-Za-z0-9.(/<$]|[^\x00-\x7f])[^\n]*"
_LINE = re.compile(
    r'([A-Za-z_][A-Za-z0-9_-]*):(?: +(?:"([^"\\\n]*(?:\\[nt"\\][^"\\\n]*)*)"'
    rf"|({_BARE})|'((?:[^'\n]|'')*)'|\[([A-Za-z][A-Za-z0-9_ ,-]*)\]))? *\n((?: *- +{_BARE}\n)*)(?: *\n)*"
)
_LONG = 'description: "'
"""The one long value of most files, for which a pattern takes several times as long as `find`."""


def read(block: str) -> Any:
    """Read a block, the quick way where that is sure.

    Raises:
        YamlError: it is not YAML.
    """
    plain_lines = block.replace("\r\n", "\n") if "\r" in block else block
    quick = fields(plain_lines, 0, len(plain_lines), {})
    return yamllibrary.read(block) if quick is None else quick


def fields(text: str, start: int, end: int, places: dict[str, int]) -> dict[str, Any] | None:
    r"""Return the fields of `text[start:end]`; None where the full reader has to look.

    Args:
        text: The file.
        start: Where the block begins.
        end: Where it ends.
        places: Filled with the offset of each field.

    Raises:
        YamlError: a plain value holds a second `: `, which no reader takes.

    >>> block = "name: x\ndescription: \"a\\tb\"\ntools:\n  - Read\n"
    >>> fields(block, 0, len(block), {})
    {'name': 'x', 'description': 'a\tb', 'tools': ['Read']}
    """
    if text.find("\r", start, end) >= 0 or text.find("\0", start, end) >= 0:
        return None
    values: dict[str, Any] = {}
    position = start
    while position < end:
        if text.startswith(_LONG, position) and "description" not in values:
            line_end = text.find("\n", position, end)
            value = _one_line(text, position + len(_LONG), line_end, end)
            if value is not None:
                values["description"], places["description"] = value, position
                position = line_end + 1
                continue
        match = _LINE.match(text, position, end)
        if match is None:
            return None
        key, quoted, bare, single, flow, items = match.groups()
        if key in values:
            return None
        places[key] = position
        position = match.end()
        if items:
            found = _items(items) if match.start(6) == match.end(1) + 1 + _blanks(text, match.end(1) + 1) else None
            if found is None:
                return None
            values[key] = found
        elif bare is not None:
            bare = bare.rstrip(" ")
            if "\t" in bare or " #" in bare or bare[-1] == ":":
                return None
            if ": " in bare:
                column = match.start(3) - match.start() + bare.index(": ") + 1
                raise YamlError("a second `: ` in a plain value", text.count("\n", start, match.start()) + 1, column)
            values[key] = plain(bare)
        elif quoted is not None:
            values[key] = _unescaped(quoted) if "\\" in quoted else quoted
        elif single is not None:
            values[key] = single.replace("''", "'")
        elif flow is not None:
            pieces = [piece.strip(" ") for piece in flow.split(",")]
            if "" in pieces:
                return None
            values[key] = [plain(piece) for piece in pieces]
        else:
            values[key] = None
    return values or None


def _one_line(text: str, start: int, line_end: int, end: int) -> str | None:
    r"""Return a quoted value that ends its line and holds no escape but \n; None where the pattern has to look."""
    if line_end <= start or text[line_end - 1] != '"' or (line_end + 1 < end and text[line_end + 1] in " -\n"):
        return None
    value = text[start : line_end - 1]
    if '"' in value:
        return None
    value = value.replace("\\n", "\n")
    return None if "\\" in value else value


def _unescaped(text: str) -> Any:
    lines = text.replace("\\n", "\n")
    if "\\" not in lines:  # an escaped backslash before n would have left one
        return lines
    if "\\\\" in text:
        return double(text, False)
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')


def _blanks(text: str, position: int) -> int:
    """Return the length of the blanks and the line end at a place."""
    end = text.find("\n", position)
    return end + 1 - position if not text[position:end].strip(" ") else -1


def _items(text: str) -> list[Any] | None:
    lines = text.split("\n")[:-1]
    margin = lines[0].index("-")
    values = []
    for line in lines:
        item = line[margin + 1 :].strip(" ")
        if line.index("-") != margin or "\t" in item or ": " in item or " #" in item or item[-1] == ":":
            return None
        values.append(plain(item))
    return values
