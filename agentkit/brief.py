"""Values as messages quote them: their beginning, never longer than a line, and never built whole first.

A file of a few lines can hold a value, by aliases of aliases, whose `repr` takes gigabytes; a value of a program may
hold itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LONGEST = 80
"""Characters of a value that a message quotes."""
_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), dict: ("{", "}")}
_BITS = 1024
"""Bits beyond which a number is not written out; Python refuses to from some 14,000 on."""


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text, cut with an ellipsis where it is longer.

    >>> cut("short"), cut("a long text", 7)
    ('short', 'a long…')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def brief(value: object, most: int = LONGEST) -> str:
    """Return what `repr` gives of a value, cut with an ellipsis where that is longer.

    >>> brief(["a", {"b": 1}]), brief("a long text", 7), brief([[[0] * 1_000_000] * 1_000_000], 7)
    ("['a', {'b': 1}]", "'a lon…", '[[[0, …')
    """
    shown = ""
    for piece in _pieces(value, most):
        shown += piece
        if len(shown) > most:
            break
    return cut(shown, most)


def _pieces(value: Any, most: int) -> Iterator[str]:
    kind: type = type(value)
    if kind in _BRACKETS and value:
        opener, closer = _BRACKETS[kind]
        yield opener
        for place, item in enumerate(value):
            yield ", " if place else ""
            yield from _pieces(item, most)
            if kind is dict:
                yield ": "
                yield from _pieces(value[item], most)
        yield f",{closer}" if kind is tuple and len(value) == 1 else closer
    elif kind in (str, bytes):
        yield repr(value[: most + 1])
    elif kind is int and value.bit_length() > _BITS:
        yield f"a number of {value.bit_length():,} bits"
    else:
        try:
            yield repr(value)
        except (RecursionError, ValueError):  # it holds, deep in a class of its own, one of the values above
            yield f"a {kind.__name__}"
