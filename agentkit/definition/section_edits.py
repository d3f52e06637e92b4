"""Edits of a system prompt by section, each proven: the sections that it does not name are there as before.

What undoes an edit restores the bytes: a section that says what it said when it was loaded gets its lines back, and two
sections that stood side by side the blank lines between them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agentkit.definition.section_pieces import Piece, called, is_apart, joined, pieces_of
from agentkit.definition.sections import ATTACHED, BOLD, LEAD_IN, Section, family, find, parse
from agentkit.definition.undecoded import shown
from agentkit.errors import EditError

_LINE_END = re.compile(r"\r+\n")
_BLANK_LINES = re.compile(r"(?:[ \t\r]*\n)*")


@dataclass(frozen=True, slots=True)
class Prompt:
    r"""A system prompt to edit.

    >>> prompt = Prompt("## A\nx\n## B\ny", loaded="## A\nx\n## B\ny", newline="\n")
    >>> prompt.with_section("A", "**Never** shout.")
    '## A\n**Never** shout.\n## B\ny'
    >>> prompt.in_order(["B", "A"])
    '## B\ny\n## A\nx'
    """

    text: str
    loaded: str
    """The prompt as it was in the file."""
    newline: str
    """The line end for what is written."""

    def without(self, section: str | Section) -> str:
        """Return the prompt without a section and the deeper ones under it.

        A section that was added after loading does not take along what had been loaded. Text without a title that stood
        behind it comes behind the section before it, and may then be part of that.

        Raises:
            EditError: there is no such section, or another one would be lost with it.
        """
        sections = parse(self.text)
        place = find(sections, section)
        pieces = pieces_of(sections)
        end = family(sections, place)
        del pieces[place : place + self._own(pieces[place:end], pieces[:place])]
        return self._joined(pieces, [place - 1], merging=True)

    def with_section(self, title: str, text: str, *, after: str | None = None, level: int | None = None) -> str:
        """Return the prompt with that section's own text replaced, or with the section added.

        Raises:
            EditError: it cannot be written so that it and all the other sections are read as such.
        """
        for given, named in ((title, "title"), (text, "text")):
            if not isinstance(given, str):
                raise EditError(
                    f"the {named} of a section cannot be a {type(given).__name__}", received=given, accepted="text"
                )
        title = title.strip()
        text = _plain(text).replace("\n", self.newline)
        sections = parse(self.text)
        pieces = pieces_of(sections)
        if not any(
            section.title and shown(section.title).casefold() == shown(title).casefold() for section in sections
        ):
            return self._added(sections, title, text, after, level)
        place = find(sections, title)
        old = pieces[place]
        new = pieces_of(parse(self._core(sections[place], text)))
        new[-1] = new[-1]._replace(tail=old.tail if new[-1].core == old.core else old.tail.lstrip(" \t"))
        pieces[place : place + 1] = new
        return self._joined(pieces, [place - 1, place + len(new) - 1])

    def in_order(self, titles: Sequence[str]) -> str:
        """Return the prompt with the named sections in the given order, in the places they have.

        Each takes along those under it that are not named; everything else stays where it is.

        Raises:
            EditError: there is no such section, one is named twice, or another one would be lost or come under it.
        """
        sections = parse(self.text)
        places = [find(sections, title) for title in titles]
        if len(set(places)) < len(places):
            raise EditError("a section is named twice", received=list(titles))
        slots = sorted(places)
        following = dict(pairwise([*slots, len(sections)]))
        ends = {place: min(family(sections, place), following[place]) for place in slots}
        pieces = pieces_of(sections)
        ordered: list[Piece] = []
        starts: list[int] = []
        position = 0
        for slot, place in zip(slots, places, strict=True):
            ordered += pieces[position:slot]
            starts.append(len(ordered))
            ordered += pieces[place : ends[place]]
            position = ends[slot]
            ordered[-1] = ordered[-1]._replace(tail=pieces[position - 1].tail)
        ordered += pieces[position:]
        stops = [start + ends[place] - place for start, place in zip(starts, places, strict=True)]
        text = self._joined(ordered, [at - 1 for at in starts + stops])
        made = parse(text)
        for start, stop, limit in zip(starts, stops, [*starts, len(made)][1:], strict=True):
            if min(family(made, start), limit) != stop:
                raise EditError(
                    f"{called(ordered[stop])} would come under {called(ordered[start])}",
                    received=list(titles),
                    hint="name it too, or sections of one level alone",
                )
        return text

    def _own(self, under: Sequence[Piece], before: Sequence[Piece]) -> int:
        """Return how many pieces go with the first one when it is deleted: without what it only came to stand above."""
        loaded = pieces_of(parse(self.loaded))
        known = [_known_by(piece) for piece in loaded]
        if _known_by(under[0]) in known:
            return len(under)
        at = next((at for at, piece in enumerate(under) if _known_by(piece) in known), len(under))
        if at == len(under):
            return at
        here = {_known_by(piece) for piece in before}
        # Where what they stood under is gone, this is that section by a new title.
        same = next((was for was, piece in enumerate(loaded) if piece[:3] == under[at][:3]), None)
        was = known.index(_known_by(under[at])) if same is None else same
        adopted = all(_known_by(parent) in here for parent in _parents(loaded, was))
        return at if adopted else len(under)

    def _core(self, section: Section, text: str) -> str:
        """Return what a section is with another text."""
        before = (section, *parse(self.loaded))
        if unchanged := _as_before(before, text, section.title, section.level):
            return unchanged
        if _is_titled(text, section.title, section.level):
            return _as_before(before, text, None, None) or text
        first, end, rest = section.text.partition("\n")
        if section.level == LEAD_IN and (bold := BOLD.match(first.rstrip("\r"))) and bold[4]:
            return self._led(first[: bold.start(4)].rstrip(), text)
        gap = _BLANK_LINES.match(rest)
        return f"{first}{end or self.newline}{gap[0] if gap else ''}{text}".rstrip()

    def _added(self, sections: Sequence[Section], title: str, text: str, after: str | None, level: int | None) -> str:
        if level is not None and not 1 <= level <= LEAD_IN:
            raise EditError("no such level", received=level, accepted="1 to 6 for a heading, 7 for a bold lead-in")
        pieces = pieces_of(sections)
        behind = None if after is None else find(sections, after)
        place = len(pieces) if behind is None else family(sections, behind)
        titled = _is_titled(text, title, None)
        core = _as_before(parse(self.loaded), text, None if titled else title, level) or (titled and text)
        if not core:
            if level is None:
                level = _usual_level(sections)
                if behind is not None and place < len(pieces) and pieces[place].level > level:
                    level = sections[behind].level  # what follows would come under it otherwise
            heading = f"{'#' * level} {title}{self.newline * 2}{text}".rstrip()
            core = self._led(f"**{title}**:", text) if level == LEAD_IN else heading
        new = pieces_of(parse(core))
        if new[0].title.casefold() != title.casefold() or not new[0].level:
            raise EditError(
                "a section of that title would not read back",
                received=title,
                accepted="one line of text; for a bold lead-in at most 80 characters, none of them a *",
                hint=f"agent.with_section({title!r}, …, level=2)" if core.startswith("**") else None,
            )
        wide = self.newline * 2
        if place < len(pieces) and not pieces[place].level and not is_apart(new[-1].core + wide, pieces[place]):
            place += 1  # behind the text under no title, which would be the new section's otherwise
        new[-1] = new[-1]._replace(tail=wide)
        pieces[place:place] = new
        return self._joined(pieces, [place - 1, place + len(new) - 1], widely=True)

    def _led(self, lead: str, text: str) -> str:
        """Write a bold lead-in: its text on the same line, or on the next where it would not all belong to it."""
        if not text:
            return lead
        inline = f"{lead} {text}"
        titled = parse(text)[0].level
        if not titled and not ATTACHED.match(text) and all(part.level for part in parse(inline)):
            return inline
        return f"{lead}{self.newline * (2 if titled else 1)}{text}"

    def _joined(self, pieces: list[Piece], seams: Iterable[int], *, widely: bool = False, merging: bool = False) -> str:
        return joined(
            pieces,
            seams,
            now=self.text,
            loaded=self.loaded,
            newline=self.newline,
            widely=widely,
            merging=merging,
        )


def _parents(pieces: Sequence[Piece], at: int) -> Iterator[Piece]:
    level = pieces[at].level or LEAD_IN + 1
    for piece in reversed(pieces[:at]):
        if 0 < piece.level < min(level, LEAD_IN):
            level = piece.level
            yield piece


def _known_by(piece: Piece) -> tuple[str, int, str]:
    return piece.title, piece.level, "" if piece.level else piece.core


def _is_titled(text: str, title: str, level: int | None) -> bool:
    """Tell whether a text brings its own title line: one of that title, or another title of just that level."""
    first = parse(text)[0] if text else None
    return bool(first and first.level and (first.level == level or first.title.casefold() == title.casefold()))


def _as_before(sections: Iterable[Section], text: str, title: str | None, level: int | None) -> str | None:
    """Return the section that had this text, below its title or (title None) with it; None where none had."""
    for old in sections:
        if title in (None, old.title) and level in (None, old.level) and old.level:
            said = old.text if title is None else _body(old)
            if _plain(said) == _plain(text):
                return old.text.rstrip()
    return None


def _plain(text: str) -> str:
    """Return a text with plain line ends, without blank lines around it."""
    text = _LINE_END.sub("\n", text)
    blank = _BLANK_LINES.match(text)
    return text[blank.end() if blank else 0 :].rstrip()


def _body(section: Section) -> str:
    first, _, rest = section.text.partition("\n")
    bold = BOLD.match(first.rstrip("\r")) if section.level == LEAD_IN else None
    return f"{bold[4]}\n{rest}" if bold and bold[4] else rest


def _usual_level(sections: Iterable[Section]) -> int:
    counts = Counter(section.level for section in sections if section.level)
    headings = {depth: count for depth, count in counts.items() if 1 < depth < LEAD_IN}
    return max(headings, key=lambda depth: headings[depth]) if headings else LEAD_IN if counts[LEAD_IN] else 2
