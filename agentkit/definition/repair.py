"""The loader's one repair pass: what it does to a block whose YAML does not parse."""

from __future__ import annotations

import re

from agentkit.definition import yamlcore
from agentkit.definition.words import holds

_LEAD = re.compile(r"([A-Za-z_-]+):[ \t\x0b\x0c\r\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]+")
_TABS = re.compile("(?:(?<=[\n\r\u2028\u2029])|\\A)\t+")
_TROUBLE = re.compile("[]{}[*&#!|>%@`]")


def repaired(block: str) -> str:
    r"""Return the block as the loader tries it the second time.

    Tabs that begin a line become two blanks each, and the value of every troublesome `key: value` line is
    double-quoted. Only lines that begin with a key of letters, `_` or `-` count, and only values that are neither
    wrapped in one pair of matching quotes already nor a list in brackets that parses by itself. A carriage return at
    the end of a line keeps it from matching, so nothing is quoted in files with CRLF line ends.

    >>> repaired("description: use it: always\ncolor: blue\n- a: b: c")
    'description: "use it: always"\ncolor: blue\n- a: b: c'
    >>> repaired("description: use it: always\r\n")
    'description: use it: always\r\n'
    """
    lines = untabbed(block).split("\n")
    return "\n".join(line if (new := repaired_line(line)) is None else new for line in lines)


def untabbed(block: str) -> str:
    """Return the block with two blanks for each tab that begins a line, as the repair first makes it."""
    return _TABS.sub(lambda match: "  " * len(match[0]), block) if "\t" in block else block


def repaired_line(line: str) -> str | None:
    """Return the line as the repair rewrites it; None where it leaves it alone."""
    if line.startswith("\t"):
        bare = line.lstrip("\t")
        return "  " * (len(line) - len(bare)) + bare
    quoted = quoted_value(line)
    if quoted is None:
        return None
    key, value = quoted
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key}: "{escaped}"'


def quoted_value(line: str) -> tuple[str, str] | None:
    """Return the key and the whole text after it where the repair quotes that text; None where it does not."""
    lead = _LEAD.match(line)
    value = line[lead.end() :] if lead else ""
    if lead is None or not value or "\r" in value or "\u2028" in value or "\u2029" in value:
        return None
    if (value[0] == value[-1] == '"') or (value[0] == value[-1] == "'"):
        return None
    if not (holds(value, ": ") or _TROUBLE.search(value)):
        return None
    return None if value[0] == "[" and value[-1] == "]" and _is_list(value) else (lead[1], value)


def _is_list(value: str) -> bool:
    try:
        return isinstance(yamlcore.read(value), list)
    except yamlcore.YamlError:
        return False
