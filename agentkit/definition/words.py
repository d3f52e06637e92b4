"""Whether words stand in a text, quicker than Python looks.

StringZilla looks at 32 bytes at a time. It ends the process, though, on a string that holds half of a surrogate pair
(a byte that is not UTF-8 is one here), so it is given ASCII alone; bytes may hold anything.
"""

from __future__ import annotations

from stringzilla import count, find

WORDS = bytes(
    ord(chr(code).lower()) if code < 128 and (chr(code).isalnum() or code == 95) else 32 for code in range(256)
)
"""To translate bytes with: lower case, and a blank for all that is no part of a word."""


def holds(text: str, words: str) -> bool:
    r"""Tell whether words stand in a text.

    >>> holds("Use when asked", "when "), holds("\udcff when ", "when ")
    (True, True)
    """
    return find(text, words) >= 0 if text.isascii() else words in text


def times(text: str, words: str) -> int:
    """Return how often words stand in a text.

    >>> times("to be or not to be", "be")
    2
    """
    found: int = count(text, words) if text.isascii() else text.count(words)
    return found
