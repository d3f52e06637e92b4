"""The loader's one repair pass: what it does to a block whose YAML does not parse."""

from __future__ import annotations

import re

_LINE = re.compile(
    r"([A-Za-z_-]+):[ \t\x0b\x0c\r\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]+([^\n\r\u2028\u2029]+)\Z"
)
_TROUBLE = re.compile(r"[{}\[\]*&#!|>%@`]|: ")


def quoted(block: str) -> str:
    r"""Return the block with the value of every troublesome `key: value` line double-quoted.

    Only lines that begin with a key of letters, `_` or `-` count, and only values that are not wrapped in one pair of
    matching quotes already. A carriage return at the end of a line keeps it from matching, so the pass does nothing
    for files with CRLF line ends.

    >>> quoted("description: use it: always\ncolor: blue\n- a: b: c")
    'description: "use it: always"\ncolor: blue\n- a: b: c'
    >>> quoted("description: use it: always\r\n")
    'description: use it: always\r\n'
    """
    return "\n".join(quoted_line(line) or line for line in block.split("\n"))


def quoted_line(line: str) -> str | None:
    """Return the line as the repair rewrites it; None where it leaves it alone."""
    match = _LINE.match(line)
    if match is None:
        return None
    key, value = match.groups()
    if (value[0] == value[-1] == '"') or (value[0] == value[-1] == "'"):
        return None
    if _TROUBLE.search(value) is None:
        return None
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key}: "{escaped}"'
