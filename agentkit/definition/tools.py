"""Names in `tools`: which exist, which used to, what an odd spelling means."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from agentkit.definition.envelope import BLANK_CHARACTERS
from agentkit.definition.fields import REMOVED_TOOLS, TOOLS

_KNOWN = frozenset(TOOLS)
_FOLDED = {name.lower(): name for name in (*TOOLS, *REMOVED_TOOLS)}


def base(name: str) -> str:
    """Return a tool's name without its specifier: `Bash(git:*)` is Bash.

    >>> base("Bash(git:*)")
    'Bash'
    """
    return name.partition("(")[0]


def known_tool(name: str) -> bool:
    """Tell whether the program has such a tool; MCP tools are believed."""
    plain = base(name)
    return plain in _KNOWN or plain.startswith("mcp__")


def all_known(names: tuple[str, ...]) -> bool:
    """Tell whether all the names are plainly those of tools."""
    return _KNOWN.issuperset(names)


def taken_by(name: str, disallowed: Collection[str]) -> str | None:
    """Return the disallowed tool by which an allowed one is gone; None where it stays.

    A specifier allows the whole tool, so it is gone as well where the tool is disallowed.

    >>> taken_by("Agent(reviewer)", ["Write", "Agent"])
    'Agent'
    """
    return next((each for each in (name, base(name)) if each in disallowed), None)


def meant_tool(name: str) -> str | None:
    """Return the tool that a name in the wrong letter case means, or None."""
    plain = base(name)
    found = _FOLDED.get(plain.lower())
    return None if found is None or found == plain else found + name[len(plain) :]


def modern(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names with odd spellings mended, removed tools replaced, and repeats left out."""
    mended = (meant_tool(name) or name for name in names)
    return tuple(dict.fromkeys(REMOVED_TOOLS.get(name, name) for name in mended))


def spelt(disallowed: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of `disallowedTools` with odd spellings mended, where that takes no allowed tool away.

    Removed tools stay as they are: what does their work now was perhaps meant to be there.
    """
    kept = {*map(base, allowed), *REMOVED_TOOLS}
    meant = ((name, meant_tool(name)) for name in disallowed)
    return tuple(name if other is None or base(other) in kept else other for name, other in meant)


def tools_of(value: object) -> tuple[str, ...] | None:
    """Return the tool names of a `tools` value; None where that means all tools.

    Commas and spaces separate, except inside parentheses; a list's items are split the same way.

    >>> tools_of("Read, grep Grep,Bash(git log:*, x)"), tools_of(["*", "Read"]), tools_of([])
    (('Read', 'grep', 'Grep', 'Bash(git log:*, x)'), None, None)
    """
    if isinstance(value, str):
        names = _kept(value) if len(value) <= _SHORT else _names(value)
    elif isinstance(value, (list, tuple)):
        names = tuple(name for item in value if isinstance(item, str) for name in _names(item))
    else:
        return None
    return None if not names or "*" in names else names


def _names(text: str) -> tuple[str, ...]:
    if "(" not in text:
        pieces = text.replace(",", " ")
        if pieces.isascii() and pieces.isprintable():  # nothing to trim then but blanks
            return tuple(pieces.split())
        return tuple(name for piece in pieces.split(" ") if (name := piece.strip(BLANK_CHARACTERS)))
    names, inside, current = [], False, ""
    for char in text:
        if char in ", " and not inside:
            names.append(current)
            current = ""
            continue
        inside = char == "(" or (inside and char != ")")
        current += char
    names.append(current)
    return tuple(name for piece in names if (name := piece.strip(BLANK_CHARACTERS)))


_SHORT = 200
_kept = lru_cache(1024)(_names)
"""The definitions of a folder mostly ask for the same few sets of tools."""
