"""The parts of a system prompt: `#` headings, bold lead-ins, or both; code fences are never cut.

A heading's section runs to the next heading or lead-in. A lead-in with text on its own line (`**Title**: text`) takes
that paragraph and the lists, tables and code right after it; plain paragraphs that follow are a part without a title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agentkit.definition.undecoded import shown
from agentkit.errors import EditError

LEAD_IN = 7
"""The level of a bold lead-in: below every heading."""

_HEADING = re.compile(r"(#{1,6})[ \t]+([^ \t].*)\Z")
BOLD = re.compile(r"\*\*([^*\n]{1,80}?)(:?)\*\*(:?)[ \t]*(.*)\Z")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)\Z")
_ITEM = re.compile(r"( {0,3}(?:[-*+]|([0-9]{1,9})[.)]))(?:([ \t]+)(\S.*)?)?\Z")
_INDENTED_FENCE = re.compile(r"\n {1,3}(?:`{3}|~{3})")
_RULE = re.compile(r"[ \t]*([-*])[ \t]*(?:\1[ \t]*){2,}\Z")
ATTACHED = re.compile(r"[ \t]|[-*+][ \t]|\d+[.)][ \t]|\||>|`{3}|~{3}")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a system prompt."""

    title: str
    """The heading or lead-in without its markup; empty for text under none."""
    level: int
    """1 to 6 for headings, 7 for a bold lead-in, 0 for text under none."""
    text: str
    """The exact text, title line included, up to the next section."""
    span: tuple[int, int]
    """Where it is in the system prompt, in characters."""


def parse(prompt: str) -> tuple[Section, ...]:
    r"""Cut a prompt into its sections; their texts join to the prompt again.

    >>> parts = parse("You help.\n\n## Rules\nBe kind.\n\n**Tone**: warm.\n\nEnd.")
    >>> [(part.title, part.level) for part in parts]
    [('', 0), ('Rules', 2), ('Tone', 7), ('', 0)]
    """
    marks, _ = _marks(prompt)
    if not marks or marks[0][0] > 0:
        marks.insert(0, (0, 0, ""))
    ends = [start for start, _, _ in marks[1:]] + [len(prompt)]
    return tuple(
        Section(title, level, prompt[start:end], (start, end))
        for (start, level, title), end in zip(marks, ends, strict=True)
        if end > start
    )


def open_fence(text: str) -> int | None:
    r"""Return the line, from 1, at which a code fence opens that is never closed; None where there is none.

    >>> open_fence("Run:\n```\ncode\n"), open_fence("- ```\n  code\n\nText")
    (2, None)
    """
    opened = _marks(text)[1]
    return None if opened is None else text.count("\n", 0, opened) + 1


def _marks(prompt: str) -> tuple[list[tuple[int, int, str]], int | None]:
    """Return where each section starts, its level and title; and where a fence opens that is never closed.

    A line that belongs to a list item is no start of anything. Nor can a fence in an item hide one: titles are not
    indented, and a line that is not indented ends the item, and its fence with it.
    """
    marks: list[tuple[int, int, str]] = []
    fence, opened, position, item = "", 0, 0, 0
    after_blank, in_lead, in_text = True, False, False
    in_items = _INDENTED_FENCE.search(prompt) is not None  # only for such a fence does it matter what a list item holds
    for line in prompt.split("\n"):
        start, position = position, position + len(line) + 1
        bare = line.rstrip("\r")
        if fence:
            fenced = FENCE.match(bare)
            if fenced and fenced[1].startswith(fence) and not fenced[2].strip():
                fence = ""
            after_blank = False
            continue
        if not bare or bare.isspace():
            after_blank, in_text = True, False
            continue
        first = bare[0]
        if item and first in " \t" and _column(bare) >= item:
            after_blank = False
            continue
        heading = _HEADING.match(bare) if first == "#" else None
        bold = BOLD.match(bare) if first == "*" and (after_blank or in_lead) else None
        if heading:
            marks.append((start, len(heading[1]), _unclosed(heading[2])))
            in_lead = False
        elif bold and (bold[2] or bold[3] or not bold[4]):
            marks.append((start, LEAD_IN, bold[1].strip()))
            in_lead = bool(bold[4])
        elif in_lead and after_blank and not ATTACHED.match(bare):
            marks.append((start, 0, ""))
            in_lead = False
        if first == "`" or first == "~" or first == " ":
            fenced = FENCE.match(bare)
            if fenced and not (fenced[1][0] == "`" and "`" in fenced[2]):
                fence, opened = fenced[1], start
        if in_items:
            item = _item(bare, in_list=item > 0, in_text=in_text)
            in_text = not (heading or fence or item)
        after_blank = heading is not None
    return marks, opened if fence else None


def _column(line: str) -> int:
    """Return the column at which the text of an indented line starts, tabs reckoned to every fourth."""
    return len(line[: len(line) - len(line.lstrip(" \t"))].expandtabs(4))


def _item(line: str, *, in_list: bool, in_text: bool) -> int:
    """Return the column that lines need to belong to the list item which begins here; 0 where none does."""
    found = _ITEM.match(line)
    # A number other than 1 in the middle of a paragraph is a number.
    if not found or _RULE.match(line) or (in_text and not in_list and found[2] and int(found[2]) != 1):
        return 0
    marker = len(found[1])
    column = len(f"{found[1]}{found[3] or ''}".expandtabs(4))
    # Text five columns behind the marker is code within the item, which then begins one column behind the marker.
    return column if found[4] and column - marker <= 4 else marker + 1


def _unclosed(title: str) -> str:
    """Return a heading's title without the `#` that close it: those which a blank stands before."""
    title = title.rstrip()
    bare = title.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] in " \t" else title


def find(sections: Sequence[Section], title: str | Section) -> int:
    """Return the place of the section with that title, letter case aside where no exact one is there.

    Bytes that are not UTF-8 are in titles as they are, or as the loader shows them.

    Raises:
        EditError: there is none; the nearest titles are told.
    """
    if not isinstance(title, (str, Section)):
        raise EditError(
            f"a section cannot be named by a {type(title).__name__}",
            received=title,
            accepted="a title, or a Section of agent.sections",
            hint="agent.with_sections_in_order('First', 'Second') takes titles one by one",
        )
    wanted = title.title if isinstance(title, Section) else title
    if isinstance(title, Section) and title in sections:
        return list(sections).index(title)
    for same in (str, str.casefold):
        for place, section in enumerate(sections):
            if section.title and same(shown(section.title)) == same(shown(wanted)):
                return place
    from difflib import get_close_matches

    titles = [shown(section.title) for section in sections if section.title]
    near = get_close_matches(wanted, titles, n=3, cutoff=0.5)
    raise EditError(
        f"no section {wanted!r} in the system prompt",
        accepted=", ".join(map(repr, near or titles)) or "nothing: the system prompt has no sections",
        hint=f"agent.without({near[0]!r})" if near else None,
    )


def family(sections: Sequence[Section], place: int) -> int:
    """Return the end (exclusive) of a section together with the deeper ones under it."""
    level = sections[place].level
    end = place + 1
    if level in (0, LEAD_IN):
        return end
    while end < len(sections) and (sections[end].level > level or sections[end].level == 0):
        end += 1
    return end
