"""Blocks that are no YAML: the same fields as YAML, with no word of them lost.

The best reading of a dropped file, the fix of it and an edit of it all come from here, so that they agree. A block is
cut into its fields, each with all the lines that carry it on; a field that can be read by itself keeps its lines, and
any other is written as the text that its author sees.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from agentkit.definition import writing, yamlcore, yamlfast
from agentkit.definition.envelope import proper_fence
from agentkit.definition.fields import BY_NAME
from agentkit.definition.repair import repaired, repaired_line, untabbed
from agentkit.definition.undecoded import shown
from agentkit.definition.yamlscalars import DOUBLE, SINGLE

_LARGEST = 100_000
"""Characters of a block beyond which nobody wrote it by hand, and nothing is mended."""
_FIELD = re.compile(rf"(?:({'|'.join(BY_NAME)})[ \t]*:|([A-Za-z_-][\w.-]*)[ \t]*:(?=[ \t]|\Z))")
"""The key of a field at the margin. Of those that the loader knows a blank after the colon may have been forgotten."""
_TURN = re.compile(r"(?:context|user|assistant|commentary)[ \t]*:", re.IGNORECASE)
_OWN_LINE = re.compile(rf"{_TURN.pattern}|</?\w|[-*] |\d+[.)] |#", re.IGNORECASE)
"""How a line begins that is one on purpose: those of an example, items, headings."""
_HEADER = re.compile(r"[ \t]*[|>][-+0-9]*[ \t]*\Z")
_TEXTS = ("name", "description", "initialPrompt")
"""Fields that are text even where nothing stands on the line of the key."""
_NAMES = ("tools", "disallowedTools", "skills")
"""Fields that list names."""
_QUOTED_NAMES = re.compile(r"""(?:"[\w.:*-]+"|'[\w.:*-]+')(?:[ ,]+(?:"[\w.:*-]+"|'[\w.:*-]+'|[\w.:*-]+))+\Z""")
_COMMENT = re.compile(r"(?<![ \t])[ \t]+#[^\n]*\Z")
_ESCAPE = re.compile(r'\\(["\\/nt])')
_FENCE = re.compile("-(?=--)")
_CLOSES = re.compile(r"(?<=\S)['\"](?=[\s,.;:!?)]|\Z)")


class Salvaged(NamedTuple):
    """What a block was meant to be."""

    block: str | None
    """The block as YAML; None where that cannot be made of it."""
    values: dict[str, Any]
    """Its fields, so far as they can be read."""


def salvaged(block: str) -> Salvaged | None:
    r"""Return what a block that the loader cannot read was meant to be; None for one of a size that nobody wrote.

    >>> salvaged("name: a\ndescription: 'Don't do it'\ntools:\n  - Read\n").block
    'name: a\ndescription: "Don\'t do it"\ntools:\n  - Read\n'
    >>> salvaged("description: Use it when\nasked to.\ntools:Read\n").values
    {'description': 'Use it when asked to.', 'tools': 'Read'}
    """
    if len(block) > _LARGEST:
        return None
    above, fields = _cut(block)
    new = [_mended(lines) for lines in fields]
    if None not in new:
        whole = "\n".join([*above, *[text for text in new if text is not None]])
        values = _values(whole)
        if values is not None:
            return Salvaged(whole, values)
    return Salvaged(None, _each(fields, new))


def salvaged_past(text: str, start: int, end: int) -> Salvaged | None:
    """Return what the block was meant to be whose fence stands inside a value; None where there is no such fence."""
    past = past_fence(text, start, end)
    values = _values(past[0]) if past else None
    return None if values is None else Salvaged(None, values)


def repair_written(block: str) -> str | None:
    """Return a block that says without the loader's repair what it says by it; None where there is none.

    Only the lines that need it are written anew, if that is enough.
    """
    wanted = _values(repaired(block))
    lines = block.split("\n")
    for place, line in enumerate(lines):
        new = repaired_line(line)
        if new is not None and (line.startswith("\t") or not _parses_alone(line)):
            lines[place] = new
    for candidate in ("\n".join(lines), repaired(block)):
        if wanted is not None and _values(candidate) == wanted:
            return candidate
    return None


def unfenced(block: str) -> str | None:
    r"""Return a block with each `---` inside a value escaped; None where one is left or the loader could not read it.

    >>> unfenced('description: "a --- \\"b\\""\nnote: x: y\n')
    'description: "a \\x2d-- \\"b\\""\nnote: "x: y"\n'
    """
    if len(block) > _LARGEST:
        return None
    above, fields = _cut(block)
    new = [_unfenced(lines) if any("---" in line for line in lines) else "\n".join(lines) for lines in fields]
    whole = "\n".join([*above, *[text for text in new if text is not None]])
    if None in new or "---" in whole:
        return None
    if _values(whole) is not None:
        return whole
    mended = salvaged(whole)
    return mended.block if mended else None


def past_fence(text: str, start: int, end: int) -> tuple[str, int] | None:
    """Return the block that goes on behind a fence inside a value, with that fence escaped; None where it is none.

    Args:
        text: The file's text.
        start: Where the block begins.
        end: Where the fence is.

    Returns:
        The block, and where in the text the fence is that closes it.
    """
    closes = proper_fence(text, end)
    block = unfenced(shown(text[start:closes])) if closes is not None else None
    return None if block is None or closes is None else (block, closes)


def _cut(block: str) -> tuple[list[str], list[list[str]]]:
    """Return the lines above the first field, and those of each field with all that carries it on."""
    lines = block.split("\n")
    closes = max(
        [place for place, line in enumerate(lines) if "</" in line and "</example" in line.lower()], default=-1
    )
    above: list[str] = []
    fields: list[list[str]] = []
    described, tagged, opened = False, False, 0
    for place, line in enumerate(lines):
        # Up to the closing tag of an example every line is one of it, whatever field it looks like.
        inside = opened > 0 and place <= closes
        match = None if inside or line[:1] in " \t#" else _FIELD.match(line.rstrip("\r"))
        if match and not (tagged and _TURN.match(line)):
            fields.append([line])
            described, tagged, opened = match[1] == "description", False, 0
        else:
            (fields[-1] if fields else above).append(line)
        if described and (tags := _opened(line)) is not None:
            tagged, opened = True, opened + tags
    return above, fields


def _opened(line: str) -> int | None:
    """Return how many more examples a line opens than it closes; None where it has no tag."""
    if "xample>" not in line and "AMPLE>" not in line:
        return None
    lower = line.lower()
    return lower.count("<example>") - lower.count("</example>")


def _parts(lines: list[str]) -> tuple[str, list[str]]:
    """Return the text of a field's own lines, with LF line ends, and the blank and comment lines below it."""
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return "\n".join(lines[:end]).replace("\r\n", "\n").removesuffix("\r"), lines[end:]


def _joined(lines: list[str], own: str, after: list[str]) -> str:
    """Return new lines of a field with the line ends of its old ones, and what stands below them."""
    if lines[0].endswith("\r"):
        own = own.replace("\n", "\r\n") + "\r"
    return "\n".join([own, *after])


def _mended(lines: list[str]) -> str | None:
    """Return a field's lines as YAML, the same ones if they are; None where it is no text and cannot be read."""
    own, after = _parts(lines)
    if _stands(own):
        return "\n".join(lines)
    tabbed, own = own, untabbed(own)
    match = _FIELD.match(own.partition("\n")[0])
    assert match is not None
    key, rest = own[: match.end()], own[match.end() :]
    spaced = rest if rest[:1] in "\n " else f" {rest}"
    if key + spaced != tabbed and _stands(key + spaced):
        return _joined(lines, key + spaced, after)
    first, *further = rest.split("\n")
    if further and _HEADER.match(first):
        margin = "" if all(line[:1] in ("", " ") for line in further) else "  "
        new = "\n".join([f"{key} {first.strip()}", *[line and margin + line for line in further]])
        return _joined(lines, new if _stands(new) else _as_text(key, "\n".join(further).strip()), after)
    if not first.strip() and key[:-1].rstrip() not in _TEXTS:
        level = "\n".join([key, *[_item(key, line.strip()) for line in further]])
        return _joined(lines, level, after) if level.count("\n  - ") == len(further) and _stands(level) else None
    text = _text(first, further)
    if key[:-1].rstrip() in _NAMES and _QUOTED_NAMES.match(text):
        text = text.replace('"', "").replace("'", "")
    quoted = (DOUBLE if text[:1] == '"' else SINGLE).match(text)
    comment = text[quoted.end() :] if quoted and _COMMENT.match(text, quoted.end()) else ""
    return _joined(lines, _as_text(key, _unquoted(text.removesuffix(comment))) + comment, after)


def _item(key: str, line: str) -> str:
    """Return an item of a list, at one margin with the others; a name is quoted where it cannot be read."""
    name = line[2:].strip()
    if key[:-1].rstrip() not in _NAMES or not line.startswith("- ") or _stands(f"a: {name}"):
        return f"  {line}"
    return f"  - {writing.scalar(_unquoted(name), quote=True)}"


def _stands(own: str) -> bool:
    values = _values(own + "\n")
    return values is not None and len(values) == 1


def _values(block: str) -> dict[str, Any] | None:
    try:
        values = yamlfast.read(block)
    except yamlcore.YamlError:
        return None
    return values if isinstance(values, dict) else None


def _parses_alone(line: str) -> bool:
    """Tell whether a line can stay as it is where the repair would quote its value."""
    values = _values(line)
    # A value that the repair would turn into another one has to be quoted to stay what it is now.
    return values is not None and values == _values(repaired_line(line) or line)


def _as_text(key: str, text: str) -> str:
    return f"{key} {writing.scalar(text, quote=True)}"


def _text(first: str, further: list[str]) -> str:
    """Return a value as its author sees it: lines run on by a blank, unless they are lines on purpose."""
    margin = min([_indent(line) for line in further if line[:1] == " " and line.strip()], default=0)
    pieces, blank, opened = [first.strip()], 0, _opened(first) or 0
    for line in further:
        bare = line.strip()
        if not bare:
            blank += 1
            continue
        if blank or opened > 0 or _OWN_LINE.match(bare):
            pieces += ["\n" * (blank + 1), line[min(_indent(line), margin) :].rstrip() if margin else bare]
        else:
            pieces += [" ", bare]
        blank, opened = 0, opened + (_opened(line) or 0)
    return "".join(pieces).strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _unquoted(text: str) -> str:
    """Return a text that quotes were meant to hold without them, or as it is where they belong to the text."""
    quote = text[:1]
    if quote not in ('"', "'"):
        return text
    pattern = r'(?<!\\)"' if quote == '"' else "(?<!')'(?!')"
    wrapped = len(text) > 1 and text[-1] == quote and text[-2] != "\\"
    inside = text[1:-1] if wrapped else text[1:]
    others = [match.start() + 1 for match in re.finditer(pattern, inside)]
    # In `"one" and "two"` the second quote closes the first; in `"a "b" c"` it opens.
    closed = bool(others) and _CLOSES.match(text, others[0]) is not None
    if closed and not (wrapped and len(others) % 2):
        return text
    if quote == "'":
        return inside.replace("''", "'")
    return _ESCAPE.sub(lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), inside)


def _each(fields: list[list[str]], new: list[str | None]) -> dict[str, Any]:
    """Return the values of the fields that can be read, the last of those that stand twice."""
    values: dict[str, Any] = {}
    for lines, text in zip(fields, new, strict=True):
        found = _values(f"{text}\n") if text is not None else None
        if found is not None:
            values |= found
        elif match := _FIELD.match(lines[0].rstrip("\r")):
            values.setdefault(match[1] or match[2], lines[0][match.end() :].strip() or None)
    return values


def _unfenced(lines: list[str]) -> str | None:
    """Return a field's lines without `---`; None where it cannot be escaped."""
    own, after = _parts(lines)
    if not _stands(own):
        return _mended(lines)
    match = _FIELD.match(own.partition("\n")[0])
    values = _values(own + "\n")
    assert match is not None
    assert values is not None
    key, rest = own[: match.end()], own[match.end() :].lstrip(" \t")
    (item,) = values.values()
    if quoted := DOUBLE.match(rest):
        # What is escaped already must not be escaped again.
        new = f"{key} " + r"\x2d".join(_FENCE.split(quoted[0])) + rest[quoted.end() :]
    elif isinstance(item, str):
        single = SINGLE.match(rest)
        comment = _COMMENT.search(rest, single.end() if single else 0) if "\n" not in rest else None
        new = _as_text(key, item) + (comment[0] if comment and rest[:1] not in "|>" else "")
    else:
        new = key + writing.value(item, style="flow" if rest.startswith("[") else "block")
    return _joined(lines, new, after)
