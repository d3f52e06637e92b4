"""The pieces that an edit of sections puts together: the blanks between them, and the proof that they read back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from agentkit.definition.sections import FENCE, Section, open_fence, parse
from agentkit.errors import EditError


class Piece(NamedTuple):
    """A section without the blanks behind it, and those blanks."""

    title: str
    level: int
    core: str
    tail: str


def pieces_of(sections: Iterable[Section]) -> list[Piece]:
    r"""Return sections as pieces.

    >>> pieces_of(parse("## A\nx\n\n## B"))
    [Piece(title='A', level=2, core='## A\nx', tail='\n\n'), Piece(title='B', level=2, core='## B', tail='')]
    """
    cut = [(section, section.text.rstrip()) for section in sections]
    return [Piece(section.title, section.level, core, section.text[len(core) :]) for section, core in cut]


def joined(
    pieces: Iterable[Piece],
    seams: Iterable[int],
    *,
    now: str,
    loaded: str,
    newline: str,
    widely: bool = False,
    merging: bool = False,
) -> str:
    """Join the pieces of an edited prompt and prove that they read back.

    Args:
        pieces: The sections wanted, in order.
        seams: The places of those behind which the edit put another.
        now: The prompt before the edit.
        loaded: The prompt as it was in the file; what stands side by side as there gets the blanks it had there.
        newline: The line end for a blank line that is missing.
        widely: Whether a blank line belongs at each seam.
        merging: Whether text without a title may become part of the section before it.

    Raises:
        EditError: they do not read back; it says what is in the way.
    """
    pieces = list(pieces)
    before, first = _Seams(now), _Seams(loaded)
    for at in seams:
        if 0 <= at < len(pieces) - 1:
            left, right = pieces[at : at + 2]
            known = before.exact(left, right) or first.exact(left, right)
            if not known and not before.named(left, right):
                known = first.named(left, right)
            tail = known or left.tail
            if (widely and not known) or not is_apart(left.core + tail, right):
                tail += newline * (2 - tail.count("\n"))
            pieces[at] = left._replace(tail=tail)
    if pieces:
        pieces[-1] = pieces[-1]._replace(tail="")
    text = "".join(piece.core + piece.tail for piece in pieces)
    found = pieces_of(parse(text))
    if [piece[:3] for piece in found] == [piece[:3] for piece in pieces]:
        return text
    if merging and _merged(found) == _merged(pieces):
        return text
    raise _in_the_way(pieces, found, now)


def is_apart(before: str, piece: Piece) -> bool:
    """Tell whether a piece is read as one when it stands right behind a text."""
    last = parse(before + piece.core.partition("\n")[0])[-1]
    return last.span[0] == len(before) and last.level == piece.level


def called(piece: Piece) -> str:
    """Return how an error names a piece."""
    if piece.title:
        return f"section {piece.title!r}"
    words = " ".join(piece.core[:200].split())
    return f"the text {words if len(words) <= 40 else words[:39] + '…'!r}"


class _Seams:
    """The blanks between each two sections of a prompt that stand side by side."""

    def __init__(self, prompt: str) -> None:
        self._exact: dict[tuple[str, str], str] = {}
        self._named: dict[tuple[str, int, str, int], str] = {}
        for left, right in pairwise(pieces_of(parse(prompt))):
            self._exact.setdefault((left.core, right.core), left.tail)
            self._named.setdefault((*left[:2], *right[:2]), left.tail.lstrip(" \t"))

    def exact(self, left: Piece, right: Piece) -> str | None:
        """Return what stands between two sections with just these texts."""
        return self._exact.get((left.core, right.core))

    def named(self, left: Piece, right: Piece) -> str | None:
        """Return what stands between two sections with these titles."""
        return self._named.get((*left[:2], *right[:2]))


def _merged(pieces: Iterable[Piece]) -> list[tuple[str, int, list[str]]]:
    """Return titles, levels and lines, text without a title with the section before it."""
    merged: list[tuple[str, int, list[str]]] = []
    for piece in pieces:
        lines = [line.rstrip() for line in piece.core.split("\n") if line.strip()]
        if merged and not piece.level:
            merged[-1][2].extend(lines)
        else:
            merged.append((piece.title, piece.level, lines))
    return merged


def _in_the_way(wanted: Sequence[Piece], found: Sequence[Piece], now: str) -> EditError:
    """Return the error that says why pieces do not read back as they were joined."""
    for piece in wanted[:-1]:
        number = open_fence(piece.core)
        if number is not None:
            line = piece.core.split("\n")[number - 1].strip()
            fence = FENCE.match(line)
            close = fence[1] if fence else "```"
            hint = f"end the text with a line {close}"
            if piece.core in now:
                hint = f"close it with a line {close}: agent.replace(system_prompt=…)"
                if piece.title and [each.title for each in wanted].count(piece.title) == 1:
                    hint = f"agent.with_section({piece.title!r}, agent.section({piece.title!r}).text + '\\n{close}')"
            return EditError(
                f"the code fence in line {number} of {called(piece)} is never closed, and would take in what follows",
                received=line,
                hint=hint,
            )
    at = next((at for at, pair in enumerate(zip(wanted, found, strict=False)) if pair[0][:3] != pair[1][:3]), 0)
    swallowed = wanted[min(at + 1, len(wanted) - 1)]
    return EditError(
        f"{called(swallowed)} would become part of {called(wanted[at])}",
        hint=None if swallowed.level else "give that text a title of its own first",
    )
