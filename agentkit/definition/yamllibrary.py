"""Blocks that python-frontmatter reads: those of which PyYAML and the loader are known to make the same.

PyYAML keeps to YAML 1.1 and differs from the loader in places: tabs, tags, merges, keys that are no texts, line ends
within quotes. A block is given to it only where each line has a form in which the two agree; its plain scalars are
then resolved by YAML 1.2's rules. Any other block, and any that PyYAML refuses, is read by `yamlcore`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from agentkit.definition import yamlcore
from agentkit.definition.yamlscalars import plain

_ODD = re.compile("[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 40
"""Column from which lines are left to the other reader."""

_KEY = r"[A-Za-z_][A-Za-z0-9_.-]*"
# What has matched is not given back (`*+`): a line that fits nowhere is looked at once, not once for each blank.
_PLAIN = r"(?:[A-Za-z0-9(/$]|\.(?!\.)|[^\x00-\x7f])[^:#]*+(?:(?::(?! |\Z)|(?<! )#)[^:#]*+)*+"
_QUOTED = r"""(?:"[^"\\]*+(?:\\[nt"\\][^"\\]*+)*+"|'[^']*+(?:''[^']*+)*+')"""
_WORD = r"""(?:[A-Za-z0-9][A-Za-z0-9_./@-]*(?: [A-Za-z0-9_./@-]+)*|"[^"\\]*"|'[^']*')"""
_PAIR = rf"[A-Za-z_][A-Za-z0-9_-]*: +{_WORD}"
_FLOW = rf"(?:\[(?: *{_WORD}(?: *, *{_WORD})*)? *\]|\{{(?: *{_PAIR}(?: *, *{_PAIR})*)? *\}})"
_VALUE = rf"(?:{_QUOTED}|{_FLOW}|{_PLAIN})"
_ENTRY = re.compile(
    rf"( *+)(- ++)?(?:{_KEY}:(?: ++(?:{_VALUE}|([|>]-?)))?|(?(2){_VALUE}|(?!))) *+(?:(?(3)(?!))(?<= )#.*)?\Z"
)
_TEXT = re.compile(rf" ++(?:{_PLAIN})\Z")


def read(block: str) -> Any:
    r"""Read a block by python-frontmatter where that is right, else as the loader does.

    Raises:
        YamlError: it is not YAML.

    >>> read("hooks:\n  Stop:\n    - hooks: []\nwhen: no\n")
    {'hooks': {'Stop': [{'hooks': []}]}, 'when': 'no'}
    """
    found = load(block) if agreed(block) else None
    return yamlcore.read(block) if found is None else found


def load(block: str) -> Any:
    """Return what python-frontmatter's YAML handler makes of a block; None where it refuses it."""
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    try:
        return YAMLHandler().load(block, Loader=_loader())
    except yaml.YAMLError:
        return None


@cache
def _loader() -> Any:
    """Return the C loader with YAML 1.2's core scalars; it refuses keys that stand twice or are no texts."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the base is chosen at run time
        # Without these every plain scalar is a text, and `scalar` below decides.
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the name and shape are PyYAML's

    def scalar(loader: Any, node: Any) -> Any:
        return node.value if node.style else plain(node.value)

    def mapping(loader: Any, node: Any) -> dict[str, Any]:
        values = {loader.construct_object(key, True): loader.construct_object(value, True) for key, value in node.value}
        if len(values) < len(node.value) or not all(isinstance(key, str) for key in values):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice, or is no text", node.start_mark)
        return values

    Loader.add_constructor("tag:yaml.org,2002:str", scalar)
    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    return Loader


def agreed(block: str) -> bool:
    r"""Tell whether every line of a block has a form of which PyYAML and the loader make the same.

    >>> agreed("description: >\n  Use it\n  often\n"), agreed("a: &b c\n"), agreed("a: 1 # one\n")
    (True, False, True)
    """
    if not block.endswith("\n") or _ODD.search(block):
        return False
    lines = block.split("\n")[:-1]
    place, first = 0, True
    while place < len(lines):
        line = lines[place]
        place += 1
        if not line or line.startswith("#"):
            continue
        entry = _ENTRY.match(line)
        if entry is None:
            if first or not _TEXT.match(line):
                return False
            continue
        column = len(entry[1]) + len(entry[2] or "")
        if column > _DEEPEST or (first and column):
            return False
        first = False
        if entry[3]:
            end = _after_block(lines, place, column, entry[3][0] == ">")
            if end == place:
                return False
            place = end
    return not first


def _after_block(lines: list[str], start: int, column: int, folds: bool) -> int:
    """Return where the lines of a block scalar end; `start` where the two readers may differ."""
    width = 0
    for place in range(start, len(lines)):
        line = lines[place]
        indent = len(line) - len(line.lstrip(" "))
        if indent == len(line):
            if indent or not width:
                return start
            continue
        if indent <= column:
            return place if width else start
        width = width or indent
        if indent < width or (folds and indent > width):
            return start
    return len(lines) if width else start
