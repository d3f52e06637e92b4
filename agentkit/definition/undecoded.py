"""Bytes that are not UTF-8: how the loader shows them, and how they outlive an edit.

In a file's text each is a lone surrogate; what the loader makes of the file has U+FFFD in their place.
"""

from __future__ import annotations

import re

from agentkit.errors import EditError

_MARKED = re.compile("[^\\s\ufffd]*\ufffd\\S*")
_RUN = re.compile("[\udc80-\udcff]+")


def encoded(text: str) -> bytes:
    """Return the bytes of a file's text.

    Raises:
        EditError: it holds half a surrogate pair that stands for no byte.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        half = f"U+{ord(error.object[error.start]):04X}"
        raise EditError("half of a character cannot be written to a file", received=half) from None


def shown(text: str) -> str:
    r"""Return a text as the loader decodes it.

    >>> shown("caf\udce9 \udcf0\udc9f") == "caf\ufffd \ufffd"
    True
    """
    return text if text.isascii() else _RUN.sub(lambda run: _decoded(run[0]), text)


def kept(new: str, old: str) -> str:
    r"""Return `new` with the bytes of `old` wherever it says the same.

    Whole lines are compared first, then words, then what begins and ends the two texts alike.

    >>> kept("A caf\ufffd.\nNew", "A caf\udce9.\nOld") == "A caf\udce9.\nNew"
    True
    """
    if "\ufffd" not in new or _RUN.search(old) is None:
        return new
    if new == shown(old):
        return old
    lines = {shown(line): line for line in reversed(old.split("\n")) if not line.isascii()}
    new = "\n".join([lines.get(line, line) for line in new.split("\n")])
    words = {shown(word): word for word in reversed(old.split()) if not word.isascii()}
    new = _MARKED.sub(lambda word: words.get(word[0], word[0]), new)
    head = _alike(new, old)
    tail = _alike(new[head[0] :][::-1], old[head[1] :][::-1], turned=True)
    middle = new[head[0] : len(new) - tail[0]]
    return old[: head[1]] + middle + old[len(old) - tail[1] :]


def restored(written: str, text: str) -> str:
    r"""Return YAML that was written of `shown(text)` with the bytes of `text`, which no escape moved.

    >>> restored('x: "caf\ufffd\\n"', "caf\udce9\n") == 'x: "caf\udce9\\n"'
    True
    """
    if "\ufffd" not in written or _RUN.search(text) is None:
        return written
    marks = iter(_marks(text))
    return re.sub("\ufffd", lambda match: next(marks, match[0]), written)


def _marks(text: str) -> list[str]:
    """Return what stands for each U+FFFD of a text as shown."""
    found: list[str] = []
    for match in re.finditer("\ufffd|[\udc80-\udcff]+", text):
        # A run may show as several; all its bytes go with the first.
        found += [match[0], *[""] * (len(shown(match[0])) - 1)]
    return found


def _alike(new: str, old: str, *, turned: bool = False) -> tuple[int, int]:
    """Return how many characters of each text begin them alike, those of `old` as they show."""
    at, place = 0, 0
    while at < len(new) and place < len(old):
        run = _RUN.match(old, place)
        if run is None or new[at] == old[place]:
            if new[at] != old[place]:
                break
            at, place = at + 1, place + 1
            continue
        mark = _decoded(run[0][::-1] if turned else run[0])
        if not new.startswith(mark, at):
            break
        at, place = at + len(mark), run.end()
    return at, place


def _decoded(run: str) -> str:
    return run.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
