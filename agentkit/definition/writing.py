r"""Values as YAML that reads back equal: by the loader's rules and by strict YAML, 1.1 and 1.2.

A text is written plain only where no reader can see anything else in it; otherwise on one double-quoted line, with
`---` broken by an escape (the loader ends the block at the first one, wherever it stands).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentkit.errors import EditError

_PLAIN = re.compile(r"[A-Za-z/](?:[\w./()+=;~$^'\"-]|,(?= )| (?=[\w./()+=;~$^'\"-]))*\Z", re.ASCII)
_WORD = re.compile(r"(?:null|true|false|yes|no|on|off|y|n|inf|nan)\Z", re.IGNORECASE)
_ESCAPED = re.compile(
    r'["\\]|[^ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|-(?=--)|\x85'
)
_HALF = re.compile("[\ud800-\udfff]")
_NAMED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "-": "\\x2d", "\0": "\\0"}
_LONGEST_KEY = 128
_MOST_BITS = 1_320
"""Larger numbers have more digits than the reader takes as they are."""


def value(item: Any, *, style: str = "plain", indent: int = 0) -> str:
    """Return the YAML of a value, to stand after `key:` (with its leading space or newline).

    Args:
        item: None, bool, int, float, str, or lists and mappings of them.
        style: `plain` (quote only where needed), `double`, `flow` or `block` (for lists).
        indent: Blanks the parent key is indented by.

    >>> value("use it: now"), value(["Read", "Grep"], style="flow"), value(True)
    (' "use it: now"', ' [Read, Grep]', ' true')
    """
    if isinstance(item, Mapping):
        if not item:
            return " {}"
        pad = " " * (indent + 2)
        return "".join(f"\n{pad}{_key(key)}:{value(sub, indent=indent + 2)}" for key, sub in item.items())
    if isinstance(item, Sequence) and not isinstance(item, str):
        if not item:
            return " []"
        if style == "flow" and all(not isinstance(sub, (Mapping, list, tuple)) for sub in item):
            return f" [{', '.join(_flow(sub) for sub in item)}]"
        pad = " " * (indent + 2)
        return "".join(f"\n{pad}-{_item(sub, indent + 2)}" for sub in item)
    return f" {scalar(item, quote=style == 'double')}"


def scalar(item: Any, *, quote: bool = False) -> str:
    r"""Return one scalar's YAML.

    >>> print(scalar("a --- b\nc"), scalar("no"), scalar("plain words"))
    "a \x2d-- b\nc" "no" plain words
    """
    if item is None:
        return "null"
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (int, float)):
        return _number(item)
    if not isinstance(item, str):
        raise EditError(
            f"a field cannot hold a {type(item).__name__}",
            received=item,
            accepted="text, numbers, true/false, None, and lists and mappings of them",
            hint="write it as a text: str(value)",
        )
    if not item.isascii() and _HALF.search(item):
        raise EditError("the text holds half a surrogate pair, which no UTF-8 file can hold", received=ascii(item))
    if not quote and _PLAIN.match(item) and not _WORD.match(item) and "---" not in item:
        return item
    if item.isascii() and "---" not in item:  # as below, and quicker
        text = item.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        if text.isprintable():
            return f'"{text}"'
    return '"' + _ESCAPED.sub(_escape, item) + '"'


def _number(item: float) -> str:
    if item != item or item in (float("inf"), float("-inf")):
        return ".nan" if item != item else ".inf" if item > 0 else "-.inf"
    if isinstance(item, int) and item.bit_length() > _MOST_BITS:
        raise EditError(
            "a number of that many digits reads back as another one",
            received=item,
            accepted=f"numbers of at most {_MOST_BITS:,} bits",
            hint="write it as a text",
        )
    text = repr(int(item) if isinstance(item, int) else float(item))  # those of other libraries show their own names
    if "e" in text and "." not in text:
        # YAML 1.1 reads 1e+20 as text: it wants the point.
        text = text.replace("e", ".0e")
    return text


def _flow(item: Any) -> str:
    return scalar(item, quote=isinstance(item, str) and "," in item)


def _item(item: Any, indent: int) -> str:
    if isinstance(item, Mapping) and item:
        lines = value(item, indent=indent)
        return " " + lines.removeprefix("\n" + " " * (indent + 2))
    return value(item, style="flow", indent=indent)


def _key(key: Any) -> str:
    text = scalar(key)
    if len(text) > _LONGEST_KEY:
        raise EditError(f"a key may have {_LONGEST_KEY} characters at most", received=text)
    return text


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    named = _NAMED.get(char)
    if named is not None:
        return named
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
