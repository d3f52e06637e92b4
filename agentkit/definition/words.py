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


_COMMON = frozenset((
    b"the", b"and", b"of", b"to", b"with", b"for", b"that", b"are", b"you", b"this", b"when", b"is", b"or", b"by",
    b"from", b"using", b"on", b"at", b"as",
))  # fmt: skip
_FOREIGN = frozenset((
    b"der", b"die", b"das", b"und", b"mit", b"ein", b"eine", b"ist", b"im", b"zu", b"le", b"la", b"les", b"des", b"et",
    b"pour", b"un", b"une", b"est", b"dans", b"el", b"los", b"las", b"para", b"con", b"que", b"en", b"una", b"il",
    b"di", b"che", b"per", b"het", b"een", b"voor", b"van", b"os", b"em", b"com",
))  # fmt: skip
_ENOUGH = 500
"""Bytes of a text that show its language."""
_SHORT = 12
"""Words of a text that may be English even without one of the commonest."""


def is_english(text: bytes) -> bool:
    """Tell whether a text is plainly in English, whose words the rules know.

    >>> is_english(b"Reviews code"), is_english("Prüft den Code und die Tests".encode()), is_english("审查".encode())
    (True, False, False)
    """
    text = text[:_ENOUGH]
    words = text.translate(WORDS).split()
    ours, theirs = len(_COMMON.intersection(words)), len(_FOREIGN.intersection(words))
    if not ours and not theirs:
        return len(words) <= _SHORT and text.isascii()
    return ours > theirs
