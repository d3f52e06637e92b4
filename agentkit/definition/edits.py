"""Setting fields: names, values, and the proof that nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentkit.definition.document import Document
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.reading import taken
from agentkit.definition.tools import tools_of
from agentkit.errors import EditError

_ALIASES = {"".join(f"_{char.lower()}" if char.isupper() else char for char in name): name for name in BY_NAME}
"""Python spelling → field: max_turns → maxTurns."""


def field_name(given: str, metadata: Mapping[str, Any]) -> str:
    """Return the frontmatter key that a keyword names.

    Raises:
        EditError: it is a likely slip for a known field.
    """
    if given in metadata or given in BY_NAME:
        return given
    if given in _ALIASES:
        return _ALIASES[given]
    near = meant(given)
    if near is not None:
        raise EditError(
            f"no field {given!r} is known to the loader", accepted=", ".join(BY_NAME), hint=f"agent.replace({near}=…)"
        )
    return given


def set_field(document: Document, key: str, value: Any, base: Document) -> Document:
    """Set or (with None) delete one field."""
    if value is None:
        return document.without_field(key)
    value = _plain(value)
    if key == "description" and isinstance(value, str) and "\\n" in value:
        raise EditError(
            "a description cannot hold a backslash followed by n: the loader turns it into a line end",
            hint="write C:/new for C:\\new, or a real line end",
        )
    return document.with_field(key, value, base)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return value


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Prove an edit: the wanted fields read back as given, and no other field changed.

    Raises:
        EditError: the file is such that the edit would do more, or less, than asked.
    """
    for key, value in wanted.items():
        got = after.get(key)
        if value is None:
            if key in after:
                raise EditError(f"{key} cannot be deleted from this file: its lines are not where they seem")
        elif not _reads_back(key, got, value):
            raise EditError(f"{key} would not read back as given", received=value, accepted=got)
    for key, value in before.items():
        if key not in wanted and not _same(value, after.get(key)):
            raise EditError(
                f"setting {', '.join(wanted)} would also change {key}", hint="mend the file first: agent.fix()"
            )


def _reads_back(key: str, got: Any, wanted: Any) -> bool:
    if key in ("tools", "disallowedTools") and tools_of(got) == tools_of(wanted):
        return True
    return _same(taken(key, got), _plain(wanted))


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or (one != one and other != other)
