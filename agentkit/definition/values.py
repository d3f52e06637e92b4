"""Values that an edit is given: as plain data that a file can hold, and when two of them are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from agentkit.brief import brief
from agentkit.definition.examples import Example
from agentkit.definition.writing import scalar
from agentkit.definition.yamlcursor import DEPTH_LIMIT
from agentkit.errors import EditError

_DEEPEST = DEPTH_LIMIT - 2
"""Levels of a value that can be read back, below the block's own."""
_LARGEST = 200_000


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


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same to a reader of the file: 1, 1.0 and true are not; not-a-number is itself.

    >>> same([1, {"a": 2.0}], (1, {"a": 2.0})), same(True, 1), same(3, 3.0)
    (True, False, False)
    """
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, bool) != isinstance(other, bool) or isinstance(one, float) != isinstance(other, float):
        return False
    return bool(one == other) or (one != one and other != other)
