"""Characters that act without being seen, written out.

Terminal escapes, bidirectional controls, zero-width and tag characters, fillers, and variation selectors beyond those
that emoji need: they turn lines around, hide a text inside another, or move a terminal's cursor.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0d\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
    # Emoji and some scripts need joiners and these two selectors, once and after a character of their own.
    "|(?<![\u0300-\U0010ffff])[\u200c\u200d]|(?<=[\u200c\u200d])[\u200c\u200d]|(?<=[\ufe00-\ufe0f])[\ufe0e\ufe0f]"
)


def visible(text: str) -> str:
    r"""Return the text with every unseen control character written out.

    Line feeds and tabs stay, CR LF becomes a line feed. C0 controls become their pictures (U+2400…), the others
    `⟨U+XXXX⟩`. Joiners and variation selectors stay where emoji and some scripts need them; elsewhere, and in a row,
    they can carry a text that nobody sees.

    >>> visible("a\x1b[31mred\u202etxt.exe")
    'a␛[31mred⟨U+202E⟩txt.exe'
    """
    return _UNSEEN.sub(_picture, text.replace("\r\n", "\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
