"""Setting the examples of a description: which is which, and where each belongs among the words around them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentkit.definition.example_writing import FIELDS, as_read, render, spliced
from agentkit.definition.examples import Example, parse, said
from agentkit.errors import EditError

_BULLET = re.compile(r"\n?[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\Z")
_OPENED = re.compile("<example>", re.IGNORECASE)
_APART = "\n\n"
_COMPARED = 250_000
"""Pairs of an old and a new example that are compared; where there are more, the examples pair up by their places."""


def set_examples(description: str, wanted: Sequence[Example], loaded: str, *, alone: bool = True) -> str:
    """Return the description with these examples, and with the words around them.

    Args:
        description: As it is now.
        wanted: The examples it shall have.
        loaded: The description of the file as it was loaded. Examples that say what they said there get the text that
            they had.
        alone: Whether nothing else of the description is being set; then all goes back to where it was in `loaded`,
            if what differs from there are the examples.

    Raises:
        EditError: one of the examples cannot be written.
    """
    before = parse(loaded)
    wanted = _as_before(wanted, before)
    if not alone:
        return rewritten(description, wanted)
    same = [*map(said, wanted)] == [*map(said, before)]
    if same and _words(description) == _words(loaded):
        return loaded
    return rewritten(_with_words_of(description, loaded), wanted)


def check(got: Sequence[Example], wanted: Sequence[Example]) -> None:
    """Prove an edit: the examples read back as given.

    Raises:
        EditError: the description is such that they do not.
    """
    if [*map(said, got)] != [*map(said, wanted)]:
        raise EditError(
            "the examples would not read back as given",
            received=[{name: text for name in FIELDS if (text := getattr(each, name))} for each in wanted],
            accepted=[{name: text for name in FIELDS if (text := getattr(each, name))} for each in got],
            hint="give each <example> of the description its </example> first: agent.replace(description=…)",
        )


def _as_before(wanted: Sequence[Example], before: Sequence[Example]) -> list[Example]:
    """Return examples with the text that they had before where they say the same again."""
    twins = {said(example): example for example in before}
    return [each if _is_as_read(each) else twins.get(said(each), each) for each in wanted]


def _is_as_read(example: Example) -> bool:
    read = as_read(example)
    return read is not None and said(read) == said(example)


def _words(description: str) -> list[str]:
    return " ".join(description[start:end] for start, end in _around(description)).split()


def _around(description: str) -> list[tuple[int, int]]:
    """Return where the words around the examples stand; bullets come and go with their examples and are none."""
    spans = [example.span or (0, 0) for example in parse(description)]
    starts = [0, *(end for _, end in spans)]
    ends = [*(_outer(description, start) for start, _ in spans), len(description)]
    return [(start, max(start, end)) for start, end in zip(starts, ends, strict=True)]


def _with_words_of(description: str, loaded: str) -> str:
    """Return the loaded description, its examples too, with the one edit of its words that makes it this description.

    It tells where an example that comes back belongs. The description itself where it is no such edit.
    """
    places = _around(loaded)
    old = "".join(loaded[start:end] for start, end in places)
    new = "".join(description[start:end] for start, end in _around(description))
    lead = len(old) - len(old.lstrip()) if new == new.lstrip() else 0  # it goes with an example that begins the text
    first = _shared(old[lead:], new)
    last = min(_shared(old[::-1], new[::-1]), len(old) - lead - first, len(new) - first)
    have = parse(description)
    from_, to = _places(places, lead + first), _places(places, len(old) - last)
    for start, end in dict.fromkeys([(from_[-1], to[0]), (from_[0], to[0]), (from_[-1], to[-1])]):
        if start <= end and any(left <= start and end <= right for left, right in places):
            edited = loaded[:start] + new[first : len(new) - last] + loaded[end:]
            if rewritten(edited, have) == description:
                return edited
    return description


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    unlike = (at for at, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its)
    return next(unlike, min(len(one), len(other)))


def _places(around: Sequence[tuple[int, int]], at: int) -> list[int]:
    """Return where in a description a place among its words is: more than one where an example stands there."""
    found = []
    for start, end in around:
        if 0 <= at <= end - start:
            found.append(start + at)
        at -= end - start
    return found


def rewritten(description: str, wanted: Sequence[Example]) -> str:
    """Return a description with these examples: those that stay keep their text, and all words around them stay.

    Raises:
        EditError: one of the examples cannot be written.

    >>> rewritten("Use it. <example>user: a</example> Or so.", [Example(user="b"), Example(user="c")])
    'Use it. <example>user: "b"</example> <example>user: "c"</example> Or so.'
    """
    have = parse(description)
    one_line = "\n" not in description and bool(have)
    texts = [render(each, one_line=one_line) for each in wanted]
    if not have:
        return _added(description, texts)
    spans = [example.span or (0, 0) for example in have]
    before = [_outer(description, start) for start, _ in spans]
    pairs = _paired(have, wanted)
    kept = set(pairs)
    changes = [
        (start, end, " " if description[start - 1 : start].isalnum() and description[end : end + 1].isalnum() else "")
        for at, (start, (_, end)) in enumerate(zip(before, spans, strict=True))
        if at not in kept
    ]
    for place, (text, at) in enumerate(zip(texts, pairs, strict=True)):
        if at is not None:
            changes.append((*spans[at], text))
            continue
        following = next((later for later in pairs[place:] if later is not None), None)
        if following is None:
            changes.append((spans[-1][1], spans[-1][1], _gap(description, before, spans) + text))
        elif lead := description[before[following] : spans[following][0]]:
            changes.append((before[following], before[following], lead + text))
        else:
            gap = _gap(description, before, spans)
            changes.append((before[following], before[following], text + gap if not before[following] else gap + text))
    result = spliced(description, changes)
    return result if before[0] or spans[0][0] else result.lstrip()


def _added(description: str, texts: Sequence[str]) -> str:
    """Add the first examples: at the end, but before a tag left open, which would take them in."""
    if not texts:
        return description
    opened = _OPENED.search(description)
    before = description[: opened.start()] if opened else description
    start = len(before.rstrip())
    # The white space that stood there stays behind the new ones: when they go, they take the one before them along.
    after = description[start:] if start or not opened else _APART + description.lstrip()
    return description[:start] + (_APART if start else "") + _APART.join(texts) + after


def _outer(description: str, start: int) -> int:
    """Return where a block begins with its bullet and the white space before it."""
    line = max(description.rfind("\n", 0, start), 0)
    at = line if _BULLET.fullmatch(description, line, start) else start
    while at > 0 and description[at - 1].isspace():
        at -= 1
    return at


def _gap(description: str, before: Sequence[int], spans: Sequence[tuple[int, int]]) -> str:
    """Return what stands before one more example after the last: what stands before the last one."""
    lead = description[before[-1] : spans[-1][0]]
    if len(spans) > 1 and lead:
        return lead
    bullet = _BULLET.search(lead)
    return "\n" + bullet[0].lstrip("\n") if bullet else _APART if "\n" in description else " "


def _paired(have: Sequence[Example], wanted: Sequence[Example]) -> list[int | None]:
    """Return for each wanted example the place of the one that it is, or takes the place of; None for a new one."""
    old, new = [*map(said, have)], [*map(said, wanted)]
    if len(old) == len(new) and (sorted(map(repr, old)) == sorted(map(repr, new)) or len(old) ** 2 > _COMPARED):
        return [*range(len(old))]  # in another order they change places, and the words between stay
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    middle = _aligned(have[first : len(old) - last], wanted[first : len(new) - last])
    return [
        *range(first),
        *(None if at is None else at + first for at in middle),
        *range(len(old) - last, len(old)),
    ]


def _aligned(have: Sequence[Example], wanted: Sequence[Example]) -> list[int | None]:
    """Pair up examples in order so that as much as possible stays the same."""
    rows, columns = len(have), len(wanted)
    if rows * columns > _COMPARED:
        return [at if at < rows else None for at in range(columns)]
    best = [[0] * (columns + 1) for _ in range(rows + 1)]  # of the examples from a place on
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            both = best[row + 1][column + 1] + _likeness(have[row], wanted[column])
            best[row][column] = max(both, best[row + 1][column], best[row][column + 1])
    pairs: list[int | None] = []
    row = 0
    for column in range(columns):
        while row < rows and best[row][column] == best[row + 1][column]:
            row += 1
        paired = row < rows and best[row][column] > best[row][column + 1]
        pairs.append(row if paired else None)
        row += paired
    return pairs


def _likeness(old: Example, new: Example) -> int:
    """Return how likely one example is the other, changed; never 0, as a new one takes the place of one that goes."""
    if said(old) == said(new):
        return 100
    shared = sum(4 for name in FIELDS if getattr(old, name) and getattr(old, name) == getattr(new, name))
    return 1 + shared + (50 if new.text is not None and new.text == old.text else 0)
