"""Names in `tools`: which exist, which used to, what an odd spelling means."""

from __future__ import annotations

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


def meant_tool(name: str) -> str | None:
    """Return the tool that a name in the wrong letter case means, or None."""
    plain = base(name)
    found = _FOLDED.get(plain.lower())
    return None if found is None or found == plain else found + name[len(plain) :]


def modern(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names with odd spellings mended, removed tools replaced, and repeats left out."""
    mended = []
    for name in names:
        name = meant_tool(name) or name
        name = REMOVED_TOOLS.get(name, name)
        if name not in mended:
            mended.append(name)
    return tuple(mended)
