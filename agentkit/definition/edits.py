"""Setting fields: names, values, and the proof that nothing else changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from agentkit.brief import brief
from agentkit.definition.document import Document
from agentkit.definition.examples import Example
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.reading import taken
from agentkit.definition.tools import tools_of
from agentkit.definition.writing import scalar
from agentkit.definition.yamlcursor import DEPTH_LIMIT
from agentkit.errors import EditError

_ALIASES = {"".join(f"_{char.lower()}" if char.isupper() else char for char in name): name for name in BY_NAME}
"""Python spelling → field: max_turns → maxTurns."""

_DEEPEST = DEPTH_LIMIT - 2
"""Levels of a value that can be read back, below the block's own."""
_LARGEST = 200_000


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
    value = plain(value)
    if key == "description" and isinstance(value, str) and "\\n" in value:
        raise EditError(
            "a description cannot hold a backslash followed by n: the loader turns it into a line end",
            hint="write C:/new for C:\\new, or a real line end",
        )
    return document.with_field(key, value, base)


def plain(value: Any) -> Any:
    """Return a value as dicts, lists and scalars, sets in order.

    Raises:
        EditError: a file cannot hold it: it has a part of another type, holds itself, or is larger than any file.
    """
    left = _LARGEST

    def copied(item: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if depth > _DEEPEST or left < 0:
            raise EditError(
                "the value is nested too deep, or is too large",
                received=value,
                accepted=f"values nested at most {_DEEPEST} deep, of at most {_LARGEST:,} parts",
                hint="see whether it holds itself",
            )
        if isinstance(item, Mapping):
            return {key: copied(sub, depth + 1) for key, sub in item.items()}
        if isinstance(item, (list, tuple, set, frozenset)):
            items = _in_order(item) if isinstance(item, (set, frozenset)) else item
            return [copied(sub, depth + 1) for sub in items]
        if not isinstance(item, str):
            scalar(item)  # raises what is to be said of other types, before anything compares the value
        return item

    return copied(value, 0)


def _in_order(items: Set[Any]) -> list[Any]:
    try:
        return sorted(items)
    except TypeError:  # numbers and texts have no order between them
        return sorted(items, key=lambda item: (type(item).__name__, item if isinstance(item, str) else brief(item)))


def prompt_text(value: object) -> str:
    """Return the system prompt that `replace` was given; none is an empty one.

    Raises:
        EditError: it is no text.
    """
    return _text("system_prompt", value)


def description_and_examples(description: object, examples: object) -> tuple[str, list[Example]]:
    """Return the description and the examples that `replace` was given; None is an empty one.

    Raises:
        EditError: the one is no text, or the others are no examples.
    """
    given: list[Example] = []
    for each in examples if isinstance(examples, Iterable) else [examples] if examples else []:
        if not isinstance(each, Example):
            raise EditError(
                f"an example cannot be a {type(each).__name__}",
                received=each,
                accepted="a list of ak.Example",
                hint="agent.replace(examples=[*agent.examples, ak.Example(user='…', assistant='…')])",
            )
        given.append(each)
    return _text("description", description), given


def _text(field: str, value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise EditError(
            f"{field} cannot be a {type(value).__name__}",
            received=value,
            accepted="text, or None to delete it",
            hint=f"agent.replace({field}='…')",
        )
    return value or ""


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
    return _same(taken(key, got), plain(wanted))


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, where not-a-number is equal to itself."""
    if one == other:
        return True
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one != one and other != other)
