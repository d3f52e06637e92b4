"""Writing one example: its own text where it was read, with the changed parts alone written anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product, zip_longest

from agentkit.definition.examples import Example, parse, said
from agentkit.definition.turns import QUOTES, Turn, cut
from agentkit.errors import EditError

FIELDS = ("context", "user", "assistant", "commentary")
"""In the order in which people write them."""
_TAG = re.compile(r"</?example>", re.IGNORECASE)
_OPENING = len("<example>")
_TRIED = 500
"""Ways to write one example that are tried before it counts as one that cannot be written."""

_Change = tuple[int, int, str]
"""Characters from, to, and what stands there instead."""


def render(example: Example, *, one_line: bool = False) -> str:
    """Return the text of an example, which reads back as the example.

    Where it was read from a description its own text is kept but for the parts that changed.

    Args:
        example: What it shall say.
        one_line: Whether a new one is written with blanks between its parts instead of line ends.

    Raises:
        EditError: no way of writing it reads back.

    >>> print(render(Example(user="Add an endpoint", assistant="On it"), one_line=True))
    <example>user: "Add an endpoint" assistant: "On it"</example>
    """
    before = as_read(example)
    if before is not None and said(before) == said(example):
        return before.text or ""
    _refuse_tags(example, before)
    ways = [_with_gap(example, gap) for gap in (" \n" if one_line else "\n ")]
    if before is not None:
        ways.insert(0, _changed(before, example))
    for way in ways:
        for written in islice(way, _TRIED):
            again = as_read(Example(text=written))
            if again is not None and said(again) == said(example):
                return written
    raise _unwritable(example)


def as_read(example: Example) -> Example | None:
    """Return what an example's text says by itself; None where it has none, or none that is one example."""
    found = parse(example.text or "")
    return found[0] if len(found) == 1 and found[0].text == example.text else None


def spliced(text: str, changes: Sequence[_Change]) -> str:
    """Return a text with all changes made, those at one place in the order given."""
    pieces, position = [], 0
    for start, end, new in sorted(changes, key=lambda change: change[0]):
        pieces += [text[position:start], new]
        position = max(position, end)
    return "".join(pieces) + text[position:]


def _refuse_tags(example: Example, before: Example | None) -> None:
    known = {getattr(before, name) for name in FIELDS} | set(before.rest) if before else set()
    for value in (*(getattr(example, name) for name in FIELDS), *example.rest):
        if value not in known and (tag := _TAG.search(value)):
            raise EditError(
                f"an example cannot hold the tag {tag[0]}: the example would begin or end there",
                received=value,
                accepted="text without <example> and </example>",
                hint=f"leave the tag out, or name it without its brackets: {tag[0].strip('</>')}",
            )


def _unwritable(example: Example) -> EditError:
    given = {name: value for name in FIELDS if (value := getattr(example, name))}
    wrong = next((name for name, value in given.items() if not any(_turns(name, value))), "rest")
    wrong = next(iter(given)) if wrong == "rest" and not example.rest else wrong
    value = example.rest if wrong == "rest" else getattr(example, wrong)
    return EditError(
        f"the example's {wrong} would not read back as given",
        received=value,
        accepted="text that closes none of its own tags, has no white space at its ends and no labels such as user:",
        hint=f"Example({wrong}=…) with less markup, or agent.replace(description=…) with the block as you want it",
    )


# A new example


def _with_gap(example: Example, gap: str) -> Iterator[str]:
    """Give the ways to write an example anew, the usual one first."""
    parts = [list(_turns(name, value)) for name in FIELDS if (value := getattr(example, name))]
    parts += [_others(text) for text in example.rest]
    edge = gap if gap == "\n" else ""
    for some in product(*parts):
        yield f"<example>{edge}{gap.join(some)}{edge}</example>"


def _others(text: str) -> list[str]:
    """Return the ways to write what is no part of its own: as it is, or as one more answer."""
    return [*([text] if _reads(text, "", text) else ()), *_turns("assistant", text)]


def _turns(name: str, value: str) -> Iterator[str]:
    """Give the ways to write one turn that read back where it stands alone."""
    if name != "commentary":
        label = "Context" if name == "context" else name
        yield from (f"{label}: {raw}" for raw in _raws(name, value, "" if name == "context" else '"'))
    tagged = f"<{name}>{value}</{name}>"
    if _reads(tagged, name, value):
        yield tagged


def _raws(name: str, value: str, quote: str) -> Iterator[str]:
    """Give the ways to write what is said after a label, in these quotes first; without any where there are none."""
    for opening in dict.fromkeys((quote, '"', "", "'")):
        closing = QUOTES.get(opening, "")
        ways = [f"{opening}{value}{closing}"]
        if opening in ('"', "'") and opening in value:
            ways.append(opening + value.replace(opening, f"\\{opening}") + opening)
        yield from (raw for raw in ways if _reads(f"{name}: {raw}", name, value))


def _reads(text: str, key: str, value: str) -> bool:
    turns = cut(text)
    return len(turns) == 1 and (turns[0].key, turns[0].said) == (key, value)


# An example that was read


def _changed(before: Example, wanted: Example) -> Iterator[str]:
    """Give the ways to write the parts of an example that changed, all else as it is."""
    text = before.text or ""
    turns = [_moved(turn) for turn in cut(text[_OPENING : -_OPENING - 1])]
    first: dict[str, Turn] = {}
    others = [turn for turn in turns if not turn.key or first.setdefault(turn.key, turn) is not turn]
    gap = "\n" if "\n" in text else " "
    options: list[list[_Change]] = []
    for rank, name in enumerate(FIELDS):
        value = getattr(wanted, name)
        if value == getattr(before, name):
            continue
        if name in first:
            options.append(list(_rewritten(text, first[name], value)))
            continue
        earlier = [first[each].end for each in FIELDS[:rank] if each in first]
        if earlier or not turns:
            place = max(earlier, default=_OPENING)
            options.append([(place, place, gap + turn) for turn in _turns(name, value)])
        else:
            place = turns[0].start
            options.append([(place, place, turn + gap) for turn in _turns(name, value)])
    end = turns[-1].end if turns else _OPENING
    for turn, now in zip_longest(others, wanted.rest):
        if turn is None:
            options.append([(end, end, gap + each) for each in _others(now)])
        elif now != turn.said:
            options.append(list(_rewritten(text, turn, now)))
    for changes in product(*options):
        yield spliced(text, changes)


def _moved(turn: Turn) -> Turn:
    places = {name: getattr(turn, name) + _OPENING for name in ("start", "raw_start", "raw_end", "end")}
    return turn._replace(**places)


def _rewritten(text: str, turn: Turn, value: str | None) -> Iterator[_Change]:
    """Give the ways to change what a turn says, or (without a value) to delete it."""
    if not value:
        yield len(text[: turn.start].rstrip()), turn.end, ""
        return
    if turn.key and turn.raw_end == turn.end:
        for raw in _raws(turn.key, value, text[turn.raw_start] if turn.quoted else ""):
            yield turn.raw_start, turn.raw_end, raw
    else:
        yield turn.raw_start, turn.raw_end, value
    for whole in _turns(turn.key or "assistant", value):
        yield turn.start, turn.end, whole
