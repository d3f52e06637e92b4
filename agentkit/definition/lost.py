r"""What is lost of a value on the way to the loader: text behind a comment sign, paths that hold a backslash and n."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from agentkit.definition.fields import BY_NAME
from agentkit.definition.marks import KEBAB
from agentkit.definition.words import holds

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition
    from agentkit.definition.entries import Entry

_TEXTS = ("name", "description", "initialPrompt")
"""Fields of prose. In others a comment behind the value is one: `model: opus # the best`."""
_COMMENT = re.compile(r"(?<=[ \t])#")
_REMARK = re.compile(r"#+[ \t]*(?:TODO|FIXME|XXX|NOTE)\b")
"""A comment that nobody takes for text."""

_HEAD = re.compile(r"(?:[\w.$%~-]|(?<=[A-Za-z]):)*\Z")
_PART = re.compile(r"\\+(?:Program Files(?: \(x86\))?|[\w.$~%-]*)")
_ALONE = re.compile(r"[A-Za-z]:|%\w+%|\$\w+|~|\.{1,2}")
"""What begins a path and no sentence: a drive, a variable, a home, here and above."""
_UNMEANT = re.compile(r"""\\[^nrt"']""")
"""A backslash with something behind it that only a path has there."""
_LEADS = ("%\\", "~\\", "..\\", " .\\", '".\\', "'.\\", "`.\\")
"""Of the paths that begin without a drive or a folder, what stands before their first backslash."""
_VARIABLE = re.compile(r"\$\w+\\")
_AROUND = "\"'`([=, \t\n"
"""What may stand before a path."""
_BEFORE = 60
"""Characters before a backslash that are looked through for the beginning of its path."""
_NAMES = frozenset((
    "name", "names", "native", "net", "network", "networks", "neo4j", "new", "news", "next", "nginx", "node",
    "node_modules", "nodejs", "note", "notebook", "notebooks", "notes", "npm", "nuget", "numpy", "nuxt", "nvm",
))  # fmt: skip
"""Folders and programs that begin with n. Behind a drive anything else may be a sentence: `Option A:\\nuse it`."""


class Cut(NamedTuple):
    """A value of which a comment takes a part."""

    place: int
    """Where in the file's text the comment begins."""
    end: int
    entry: Entry
    whole: str | None
    """The value with what the comment takes, on one line; None where its lines cannot simply be joined."""


def cuts(agent: AgentDefinition) -> Iterator[Cut]:
    """Yield the values of a file that loads of which a comment takes a part, in the order of the fields."""
    for key in BY_NAME:
        if key in agent.metadata and (entry := agent.document.entry(key)):
            place = _cut(agent, key, entry)
            if place is not None:
                lines = [line.strip() for line in agent.text[entry.value_start : entry.end].strip().split("\n")]
                yield Cut(place, entry.end, entry, None if "" in lines else " ".join(lines))


def _cut(agent: AgentDefinition, key: str, entry: Entry) -> int | None:
    text, value = agent.text, agent.metadata[key]
    start = entry.value_start
    while text[start] in " \t":
        start += 1
    if text[start] == "#":
        # `color: #fff`: a comment of which the writer did not know. What has a blank behind its sign is meant as one.
        return start if value is None and start > entry.value_start and not text[start + 1].isspace() else None
    if key not in _TEXTS or text[start] in "\"'|>[{&*!\n" or (key == "name" and KEBAB.match(str(value))):
        return None
    for match in _COMMENT.finditer(text, start, entry.end):
        line = text.rfind("\n", 0, match.start()) + 1
        alone = not text[line : match.start()].strip()
        if not _REMARK.match(text, match.start()) and not (alone and text[match.end()].isspace()):
            return match.start()
        if not alone:  # the rest of this line belongs to the comment, and YAML ends the value here
            return None
    return None


def broken_paths(raw: str) -> list[tuple[int, int]]:
    r"""Return the spans of paths in which the loader takes a backslash and n for a line end.

    >>> [r"See C:\new\log or Q:\nWhy?"[slice(*span)] for span in broken_paths(r"See C:\new\log or Q:\nWhy?")]
    ['C:\\new\\log']
    """
    found: list[tuple[int, int]] = []
    if not _may_hold_paths(raw):
        return found
    place = raw.find("\\")
    while place >= 0:
        head = _HEAD.search(raw[max(place - _BEFORE, 0) : place])
        start = place - (len(head[0]) if head else 0)
        end = place
        while part := _PART.match(raw, end):
            end = part.end()
        begins = raw[start - 1 : start] in _AROUND
        if begins and "\\n" in raw[place:end] and _is_path(raw[start:place], raw[place:end]):
            found.append((start, end))
        place = raw.find("\\", end)
    return found


def _may_hold_paths(raw: str) -> bool:
    """Tell, by a quick look, whether a text may hold a path."""
    if _UNMEANT.search(raw) or any(holds(raw, lead) for lead in _LEADS):
        return True
    if "$" in raw and _VARIABLE.search(raw):
        return True
    return holds(raw, ":\\") and any(map(_ends_in_drive, raw.split(":\\")[:-1]))


def _ends_in_drive(piece: str) -> bool:
    return piece[-1:].isalpha() and piece[-2:-1] in _AROUND


def _is_path(head: str, rest: str) -> bool:
    """Tell whether a text before a backslash, and what follows, is a path and no text with line ends."""
    parts = [part for part in rest.split("\\") if part]
    # A part that begins with n, r or t may be the end of a line, or a tab, and a word behind it.
    plain = any(part[0] not in "nrt" for part in parts)
    if _ALONE.fullmatch(head):
        return plain or len(head) != 2 or head[1] != ":" or any(part.lower() in _NAMES for part in parts)
    if not head:
        return rest.startswith("\\\\") and plain and len(parts) > 1
    return plain and len(parts) > 1 and head[-1] not in ".:"
