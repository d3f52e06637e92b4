"""Where the frontmatter ends and the system prompt begins, as the real loader sees it.

One byte-order mark is skipped. The file must then begin with `---`, blanks and a newline. The block ends at the first
`---` after that, wherever it stands, even inside a value; blanks and the newline after it belong to the fence.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agentkit.definition.fields import BY_NAME

BLANKS = "\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What the loader's language counts as white space; Python's own set differs (it has U+0085, and not U+FEFF)."""

_OPEN = re.compile(f"\ufeff?---[{BLANKS}]*\n")
_PROPER = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_KEY_LINE = re.compile(r"[A-Za-z_-][\w.-]*[ \t]*:(?:\s|\Z)")
_CLOSE = re.compile(f"---[{BLANKS}]*\n?")
BLANK_CHARACTERS = BLANKS.replace("\u2000-\u200a", "".join(chr(code) for code in range(0x2000, 0x200B)))
"""The same as a text to strip with."""


class Envelope(NamedTuple):
    """The parts of a file's text, as offsets into it.

    `text[:block_start]` is the opening fence, `text[block_start:block_end]` the YAML, `text[block_end:body_start]` the
    closing fence, the rest the raw body. A file that is no definition has `why` set and is all body.
    """

    block_start: int
    block_end: int
    body_start: int
    why: str | None = None
    """Why there is no frontmatter; None where there is."""


def split(text: str) -> Envelope:
    r"""Find the frontmatter of a file's text.

    >>> text = "---\ndescription: foo --- bar\n---\nbody"
    >>> found = split(text)
    >>> text[found.block_start:found.block_end], text[found.body_start:]
    ('description: foo ', 'bar\n---\nbody')
    """
    opening = _OPEN.match(text)
    if opening is None:
        return Envelope(0, 0, 0, _missing(text))
    end = text.find("---", opening.end())
    if end < 0:
        return Envelope(0, 0, 0, "the frontmatter is never closed by a second ---")
    closing = _CLOSE.match(text, end)
    assert closing is not None
    return Envelope(opening.end(), end, closing.end())


def proper_fence(text: str, end: int) -> int | None:
    """Return where the fence is that was meant to close a block which one inside a value closes; None for no such.

    Args:
        text: The file's text.
        end: Where the block ends.
    """
    line_start = text.rfind("\n", 0, end) + 1
    fence = _PROPER.search(text, end + 3) if line_start < end else None
    return fence.start() if fence and _are_fields(text[line_start : fence.start()].split("\n")) else None


def _are_fields(lines: list[str]) -> bool:
    """Tell whether lines are those of a frontmatter, and no prompt with a rule below it."""
    for line in lines:
        if not (line[:1] in ("", " ", "-", "#", "\t", "\r") or _KEY_LINE.match(line) or _known(line)):
            return False
    comment = max((place for place, line in enumerate(lines) if line.startswith("#")), default=None)
    return comment is None or any(_known(line) for line in lines[comment:])


def _known(line: str) -> bool:
    return line.partition(":")[0] in BY_NAME


def trimmed(text: str, start: int = 0) -> tuple[int, int]:
    """Return the span of what is left of the text from `start` on when white space is trimmed as the loader does it."""
    end = len(text)
    while start < end and text[start] in BLANK_CHARACTERS:
        start += 1
    while end > start and text[end - 1] in BLANK_CHARACTERS:
        end -= 1
    return start, end


def _missing(text: str) -> str:
    if not text.strip():
        return "the file is empty"
    if text.lstrip("\ufeff \t\r\n").startswith("---"):
        return "something stands before the opening ---, or after it on its line"
    return "there is no frontmatter: the file does not begin with ---"
