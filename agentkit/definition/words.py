"""Whether words stand in a text, quicker than Python looks.

StringZilla looks at 32 bytes at a time. It ends the process, though, on a string that holds half of a surrogate pair
(a byte that is not UTF-8 is one here), so it is given ASCII alone; bytes may hold anything.
"""

from __future__ import annotations

import re

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


_WORD = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(("the", "and", "of", "to", "with", "for", "that", "are", "you", "this", "when", "is"))
_FOREIGN = frozenset((
    "der", "die", "das", "und", "mit", "ein", "eine", "ist", "im", "zu", "le", "la", "les", "des", "et", "pour", "un",
    "une", "est", "dans", "el", "los", "las", "para", "con", "que", "en", "una", "il", "di", "che", "per", "het", "een",
    "voor", "van", "os", "em", "com",
))  # fmt: skip
_LOOKED = 4_000
_SHORT = 12
"""Words of a text that may be English even without one of the commonest."""


def is_english(text: str) -> bool:
    """Tell whether a text is plainly in English, whose words the rules know.

    >>> is_english("Reviews code"), is_english("Prüft den Code und die Tests"), is_english("审查代码")
    (True, False, False)
    """
    words = [word.lower() for word in _WORD.findall(text[:_LOOKED])]
    ours, theirs = sum(word in _COMMON for word in words), sum(word in _FOREIGN for word in words)
    if not ours and not theirs:
        return len(words) <= _SHORT and all(word.isascii() for word in words)
    return ours > theirs and sum(word.isascii() for word in words) * 2 > len(words)
