"""Differences between two texts, by line and by word, as text and as safe HTML.

Legible without colour: lines keep their `+` and `-`, words are underlined or struck through in HTML and wrapped in
`{+…+}` and `[-…-]` in text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from agentkit.views.safe import INERT, Html, escape, visible

Kind = Literal["same", "out", "in"]

WORD_LIMIT = 4_000
"""Words of one changed passage beyond which it is shown as replaced whole: comparing takes their product in time."""

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_STYLES = {
    "+": "background:rgba(46,160,67,.18)",
    "-": "background:rgba(248,81,73,.18)",
    "@": "opacity:.7",
}
_IN = "text-decoration:underline;background:rgba(46,160,67,.18)"
_OUT = "text-decoration:line-through;background:rgba(248,81,73,.18)"


class Piece(NamedTuple):
    """A passage of a word diff: in both texts ("same"), only before ("out") or only after ("in")."""

    kind: Kind
    text: str


def unified(before: str, after: str, old: str = "before", new: str = "after", context: int = 3) -> str:
    r"""Return a unified diff; empty where the texts are equal.

    A last line without its newline is told the way `diff` and `git` tell it, so no difference goes unseen.

    Args:
        before: The old text.
        after: The new text.
        old: What the old one is called, such as its file name.
        new: What the new one is called.
        context: Unchanged lines around each change.

    >>> print(unified("a\nb\n", "a\nc\n", "x.md", "x.md"))
    --- x.md
    +++ x.md
    @@ -1,2 +1,2 @@
     a
    -b
    +c
    """
    lines = []
    for line in difflib.unified_diff(_split(before), _split(after), old, new, n=context, lineterm="\n"):
        if line.endswith("\n"):
            lines.append(line[:-1])
        else:
            lines += [line, "\\ No newline at end of file"]
    return "\n".join(lines)


def unified_html(before: str, after: str, old: str = "before", new: str = "after", context: int = 3) -> Html:
    """Return a unified diff as a safe `<pre>`; a sentence where the texts are equal."""
    text = unified(before, after, old, new, context)
    if not text:
        return Html("<p><em>No differences.</em></p>")
    shown = []
    for index, line in enumerate(text.split("\n")):
        style = "font-weight:bold" if index < 2 else _STYLES.get(line[:1], "")
        inner = escape(line) or Html(" ")
        shown.append(f'<span style="{style}">{inner}</span>' if style else inner)
    return Html(
        f'<pre {INERT} style="white-space:pre-wrap;overflow-wrap:anywhere;text-align:left;line-height:1.4">'
        + "\n".join(shown)
        + "</pre>"
    )


def words(before: str, after: str) -> tuple[Piece, ...]:
    """Return the word diff of two texts, as pieces in reading order.

    Lines are matched first and words only inside changed passages, so two long texts with small differences are quick.

    >>> [tuple(piece) for piece in words("a red car", "a blue car")]
    [('same', 'a '), ('out', 'red'), ('in', 'blue'), ('same', ' car')]
    """
    return tuple(_joined(_pieces(before, after)))


def words_text(before: str, after: str) -> str:
    """Return a word diff as text, removed `[-words-]` and added `{+words+}`.

    >>> words_text("a red car", "a blue car")
    'a [-red-]{+blue+} car'
    """
    frames = {"same": ("", ""), "out": ("[-", "-]"), "in": ("{+", "+}")}
    return "".join(visible(text).join(frames[kind]) for kind, text in words(before, after))


def words_html(before: str, after: str) -> Html:
    """Return a word diff as safe HTML, `<del>` and `<ins>` in running text with its line breaks kept.

    >>> words_html("red", "blue").count("<ins")
    1
    """
    tags = {"same": "{}", "out": f'<del style="{_OUT}">{{}}</del>', "in": f'<ins style="{_IN}">{{}}</ins>'}
    inner = "".join(tags[kind].format(_breaks(text)) for kind, text in words(before, after))
    return Html(f'<div {INERT} style="white-space:pre-wrap;overflow-wrap:anywhere;text-align:left">{inner}</div>')


def _breaks(text: str) -> str:
    # Both a break and a style: where styles are stripped the break remains; pre-wrap alone would double it.
    return escape(text).replace("\n", "<br>")


def _split(text: str) -> list[str]:
    # Not splitlines: form feeds and U+2028 inside a line are no line ends to an editor. CR LF shows as a control.
    lines = re.split(r"(?<=\n)", text)
    return [line for line in lines if line]


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = _split(before), _split(after)
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        if tag == "equal":
            yield Piece("same", gone)
        elif tag == "replace":
            yield from _inside(gone, come)
        else:
            yield from (Piece("out", gone), Piece("in", come))


def _inside(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if max(len(old), len(new)) > WORD_LIMIT:
        yield from (Piece("out", before), Piece("in", after))
        return
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        if tag == "equal":
            # A lone blank between two changed words belongs to the change: one passage reads better than two words.
            yield from (Piece("same", gone),) if gone.strip() else (Piece("out", gone), Piece("in", gone))
        else:
            yield from (Piece("out", gone), Piece("in", come))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join neighbours: what went out before what came in, between two passages that stayed."""
    gone = come = kept = ""
    for kind, text in pieces:
        if not text:
            continue
        if kind == "same":
            yield from _change(gone, come)
            gone = come = ""
            kept += text
            continue
        if kept:
            yield Piece("same", kept)
            kept = ""
        gone, come = (gone + text, come) if kind == "out" else (gone, come + text)
    if kept:
        yield Piece("same", kept)
    yield from _change(gone, come)


def _change(gone: str, come: str) -> Iterator[Piece]:
    if gone == come:
        if gone:
            yield Piece("same", gone)
        return
    if gone:
        yield Piece("out", gone)
    if come:
        yield Piece("in", come)
