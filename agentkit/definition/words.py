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
    "the", "and", "of", "to", "with", "for", "that", "are", "you", "this", "when", "is", "or", "by", "from", "using",
    "on", "at", "as",
))  # fmt: skip
_FOREIGN = frozenset((
    "der", "die", "das", "und", "mit", "ein", "eine", "ist", "im", "zu", "le", "la", "les", "des", "et", "pour", "un",
    "une", "est", "dans", "el", "los", "las", "para", "con", "que", "en", "una", "il", "di", "che", "per", "het", "een",
    "voor", "van", "os", "em", "com",
))  # fmt: skip
_LOOKED = 500
_SHORT = 12
"""Words of a text that may be English even without one of the commonest."""


def is_english(text: str) -> bool:
    """Tell whether a text is plainly in English, whose words the rules know.

    >>> is_english("Reviews code"), is_english("Prüft den Code und die Tests"), is_english("审查代码")
    (True, False, False)
    """
    words = text[:_LOOKED].lower().split()
    told = set(words)
    ours, theirs = len(told & _COMMON), len(told & _FOREIGN)
    if not ours and not theirs:
        return len(words) <= _SHORT and text.isascii()
    return ours > theirs
