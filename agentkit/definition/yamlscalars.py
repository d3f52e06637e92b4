"""Scalars of YAML 1.2: plain ones by the core schema, quoted ones with their escapes and folding."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agentkit.errors import AgentkitError


class YamlError(AgentkitError):
    """A block is not YAML. `line` and `column` count from 1 within the block; None where unknown."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


_NUMBER = re.compile(
    r"(?P<hex>[-+]?0x[0-9a-fA-F]+)\Z|(?P<oct>[-+]?0o[0-7]+)\Z|(?P<int>[-+]?[0-9]+)\Z"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"
)
_LONGEST_NUMBER = 400
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_LONGEST_WORD = max(map(len, _WORDS))
_START = frozenset("+-.0123456789")


def plain(text: str) -> Any:
    """Return the value of a plain scalar: null, bool, int, float or the text itself.

    >>> [plain(text) for text in ("no", "0x1F", "2001-01-01", "~", "True", "1e3", "1_000")]
    ['no', 31, '2001-01-01', None, True, 1000.0, '1_000']
    """
    if len(text) <= _LONGEST_WORD and text in _WORDS:  # a description is not worth hashing
        return _WORDS[text]
    if text[0] not in _START:
        return text
    match = _NUMBER.match(text)
    if match is None:
        return text
    kind = match.lastgroup
    if kind is None or len(text) > _LONGEST_NUMBER:
        return float(text)
    number = int(text, {"hex": 16, "oct": 8, "int": 10}[kind])
    return number if kind == "int" or abs(number) < 1 << 64 else text  # the loader has no more bits for these


def key_text(key: object) -> str:
    """Return a mapping key as the text the loader keeps it under.

    >>> [key_text(key) for key in (5, True, None, 1.5, "x")]
    ['5', 'true', 'null', '1.5', 'x']
    """
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if key in (float("inf"), float("-inf")) or key != key:
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(key)]
    if isinstance(key, float):
        return str(int(key)) if key.is_integer() and abs(key) < 1e21 else repr(key)
    if isinstance(key, list):
        return ",".join("" if item is None else key_text(item) for item in key)
    return "[object Object]" if isinstance(key, dict) else str(key)


DOUBLE = re.compile(r'"([^"\\]*(?:\\[\s\S][^"\\]*)*)"')
SINGLE = re.compile(r"'([^']*(?:''[^']*)*)'")
_BREAK = re.compile(r"(?<![ \t])[ \t]*\n[ \t\n]*")
_ESCAPE = r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(\n[ \t]*(?:\n[ \t]*)*)|([\s\S]?))"
_ESCAPED = re.compile(_ESCAPE)
_ESCAPED_OR_BROKEN = re.compile(rf"{_ESCAPE}|([ \t]+(?![ \t\n])|[ \t]*\n[ \t\n]*)")
"""Blanks that end no line are matched as well: passed over one by one they would be looked at again and again."""
_SIMPLE = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


CrLf = Callable[[int], bool]
"""Tells whether the line end at an offset is CRLF in the file."""


def single(text: str, crlf: CrLf) -> str:
    """Return the value of a single-quoted scalar's inside."""
    if "\n" in text:
        text = _BREAK.sub(lambda match: folded(match[0], match.start(), crlf), text)
    return text.replace("''", "'")


def double(text: str, crlf: CrLf) -> str | None:
    r"""Return the value of a double-quoted scalar's inside; None where an escape is wrong.

    >>> double(r"a\tb\x41", lambda offset: False)
    'a\tbA'
    """
    if "\\" not in text and "\n" not in text:
        return text
    wrong = False

    def piece(match: re.Match[str]) -> str:
        nonlocal wrong
        two, four, eight, joined, simple, *broken = match.groups()
        if broken and broken[0] is not None:
            return folded(broken[0], match.start(), crlf) if "\n" in broken[0] else str(broken[0])
        if joined is not None:
            return "\n" * (joined.count("\n") - 1 + crlf(match.start(4)))
        if simple is not None:
            wrong = wrong or simple not in _SIMPLE
            return _SIMPLE.get(simple, "")
        code = int(two or four or eight, 16)
        wrong = wrong or code > 0x10FFFF
        return chr(code) if code <= 0x10FFFF else ""

    value = (_ESCAPED_OR_BROKEN if "\n" in text else _ESCAPED).sub(piece, text)
    if any("\ud800" <= char <= "\udfff" for char in value) if not value.isascii() else False:
        try:
            value = value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            return None
    return None if wrong else value


def folded(run: str, start: int, crlf: CrLf) -> str:
    """Return what line breaks within a quoted scalar, and the blanks around them, become.

    One becomes a blank, more become one fewer. The loader counts the first one twice where it is CRLF.

    Args:
        run: The blanks and newlines.
        start: Where they stand in the scalar.
        crlf: Tells of the line end at a place in the scalar.
    """
    breaks = run.count("\n") + crlf(start + run.index("\n"))
    return " " if breaks == 1 else "\n" * (breaks - 1)
