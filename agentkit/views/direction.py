"""Scripts that are read from right to left: each block and each name reads the way of its own first letter.

Without it a page reads them all from left to right, and the full stop of a Hebrew sentence stands before it.
"""

from __future__ import annotations

import re

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_BLOCK = re.compile(r"<(p|ul|ol|li|table|blockquote|pre)(?=[ >])")


def blocks(html: str) -> str:
    """Return safe HTML with a direction for each of its blocks, where any of its text is read from right to left.

    >>> blocks("<p>Hello</p>"), blocks("<p>\u05e9\u05dc\u05d5\u05dd.</p>")
    ('<p>Hello</p>', '<p dir="auto">שלום.</p>')
    """
    return _BLOCK.sub(r'<\1 dir="auto"', html) if _RIGHT_TO_LEFT.search(html) else html


def apart(html: str) -> str:
    """Return safe HTML within a line, kept apart from the text around it where it is read from right to left.

    >>> apart("Hello"), apart("\u05e9\u05dc\u05d5\u05dd")
    ('Hello', '<bdi>שלום</bdi>')
    """
    return f"<bdi>{html}</bdi>" if _RIGHT_TO_LEFT.search(html) else html
