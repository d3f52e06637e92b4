"""A place in a YAML text: moving over it, and the parts that block and flow nodes share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from agentkit.brief import cut
from agentkit.definition.yamlscalars import DOUBLE, SINGLE, YamlError, double, key_text, plain, single

DEPTH_LIMIT = 150
"""Deepest nesting that is read; the loader's own stack ends at a few thousand."""
ALIAS_LIMIT = 1_000_000
"""Nodes and characters that aliases may expand to; the loader, at some ten million nodes, refuses too.

Characters count, for what reads a value with aliases may copy a long text as often as it stands there.
"""

_LONGEST_TOLD = 40
"""Characters of a name that an error quotes."""

_LINE_REST = re.compile(r"[ \t]*(?:(?<=[ \t\n])#[^\n]*)?(?:\n|\Z)")
_EMPTY_LINES = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_EMPTY_LINES_NO_TAB = re.compile(r"(?:(?: [ \t]*)?(?:#[^\n]*)?\n)*")
_SPACES = re.compile(r" *")
_TAG_CHAR = r"(?:[\w;/?:@&=+$.~*'()#-]|%[0-9A-Fa-f]{2})"
_TAG = re.compile(
    rf"!<(?:tag:yaml\.org,2002:)?((?:{_TAG_CHAR}|[!,])(?:{_TAG_CHAR}|[!,\[\]])*)>|(!!{_TAG_CHAR}+)"
    rf"|!(?=[A-Za-z0-9-]){_TAG_CHAR}+|!(?=[ \t\n]|\Z)",
    re.ASCII,
)
_RETURN = re.compile(r"\r\n?")
_ANCHOR = re.compile(r"[&*][^ \t\n,\[\]{}]+")
_CORE_TAGS = frozenset(("!!int", "!!float", "!!bool", "!!null"))


class Cursor:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.returns: dict[int, str] = {}
        """Places of line ends that are not a plain newline in the file → what they are there."""
        if "\r" in text:
            text, self.returns = _unix(text)
        self.text = text
        self.pos = 1 if text.startswith("\ufeff") else 0
        self.line_start = self.pos
        self.column = 0
        """Column of the token at `pos` once a node has been read to its end; -1 at the end of the text."""
        self.tab_ends = False
        """Whether all that is left of the text is a line that begins with a tab."""
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.nodes = 0
        """Nodes read, and the characters in them."""
        self.expanded = 0
        """Those of them that aliases stood for."""
        self.depth = 0
        self.trying = False
        """Whether an error only means that something else is to be read here."""

    # Moving

    def peek(self) -> str:
        """Return the character here; empty at the end."""
        return self.text[self.pos : self.pos + 1]

    def blank_at(self, place: int) -> bool:
        """Tell whether a blank, a line end or the end of the text is at a place."""
        return place >= len(self.text) or self.text[place] in " \t\n"

    def at_indicator(self, char: str, *, flow: bool = False) -> bool:
        """Tell whether `char` stands here as an indicator: with a blank (or, in brackets, punctuation) after it."""
        if not self.text.startswith(char, self.pos):
            return False
        return self.blank_at(self.pos + 1) or (flow and self.text[self.pos + 1] in ",[]{}")

    def line_end(self) -> int:
        """Return where this line ends."""
        end = self.text.find("\n", self.pos)
        return len(self.text) if end < 0 else end

    def next_line(self, *, tabs: bool = False) -> None:
        """Step over what may follow a value on its line, and go to the next content."""
        rest = _LINE_REST.match(self.text, self.pos)
        if rest is None:
            self.fail("something follows the value on its line")
        self.pos = rest.end()
        self.content(tabs=tabs)

    def content(self, *, tabs: bool = False) -> None:
        """Go from the start of a line to the next content, setting its column.

        Args:
            tabs: Whether a tab may begin a line with nothing on it; between two fields it may not.
        """
        empty = (_EMPTY_LINES if tabs else _EMPTY_LINES_NO_TAB).match(self.text, self.pos)
        assert empty is not None
        start = empty.end()
        spaces = _SPACES.match(self.text, start)
        assert spaces is not None
        self.pos, self.line_start, self.column = spaces.end(), start, spaces.end() - start
        if self.peek() == "\t" and not self.column and not tabs:
            rest = _LINE_REST.match(self.text, self.pos)
            if rest is not None and rest[0].endswith("\n"):
                self.fail("a tab cannot indent")
            self.tab_ends = rest is not None and rest.end() == len(self.text)
        if self.peek() in ("\t", "#", ""):
            rest = _LINE_REST.match(self.text, self.pos if self.peek() != "#" else start)
            if (rest is not None and rest.end() == len(self.text)) or self.peek() == "" or self.peek() == "#":
                self.pos, self.column = len(self.text), -1

    def fail(self, why: str) -> NoReturn:
        """Raise an error for this place."""
        if self.trying:
            raise YamlError(why)
        line = self.text.count("\n", 0, self.pos) + 1
        raise YamlError(why, line, self.pos - self.text.rfind("\n", 0, self.pos))

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Go one level down, up to a limit."""
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            self.fail(f"values are nested more than {DEPTH_LIMIT} deep")
        yield
        self.depth -= 1  # not where an error passes: it ends the reading, or `attempt` sets all back

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Try to read something; after a YamlError the reader is where it was before.

        Errors have no place meanwhile: working it out takes the length of the text, for every line where one is tried.
        """
        before = self.pos, self.line_start, self.column, self.depth
        self.trying = True
        try:
            yield
        except YamlError:
            self.pos, self.line_start, self.column, self.depth = before
            raise
        finally:
            self.trying = False

    # Values

    def quoted(self, indent: int) -> str:
        """Read a quoted scalar, whose further lines are indented by more than `indent`."""
        kind = self.peek()
        match = (DOUBLE if kind == '"' else SINGLE).match(self.text, self.pos)
        if match is None:
            self.fail(f"a {kind} is never closed")
        inside = match[1]
        start = match.start(1)
        place = inside.find("\n")
        while place >= 0:
            line_end = inside.find("\n", place + 1)
            line = inside[place + 1 : line_end] if line_end >= 0 else inside[place + 1 :] + kind
            # After a carriage return alone, tabs count as indentation.
            blanks = " \t" if self.returns.get(start + place) == "\r" else " "
            if line.strip(" \t") and len(line) - len(line.lstrip(blanks)) <= indent:
                self.fail("the further lines of a quoted value must be indented")
            place = line_end

        def crlf(offset: int) -> bool:
            return self.returns.get(start + offset) == "\r\n"

        value = double(inside, crlf) if kind == '"' else single(inside, crlf)
        if value is None:
            self.fail("an escape that YAML does not know")
        self.pos = match.end()
        return value

    def tagged(self, tag: str | None, text: str) -> Any:
        """Return the value of a plain scalar under a tag."""
        if tag is None or tag in _CORE_TAGS or (not text and tag not in ("!", "!!str")):
            return plain(text)
        return text

    def word(self) -> str:
        """Read the name of an anchor or alias, with its indicator."""
        match = _ANCHOR.match(self.text, self.pos)
        if match is None:
            self.fail("an anchor without a name")
        self.pos = match.end()
        return match[0][1:]

    def anchor(self, *, flow: bool = False) -> tuple[str, int]:
        """Read an anchor, which outside of brackets a blank must follow; return its name and the nodes before it."""
        name = self.word()
        if not flow and self.peek() not in (" ", "\t", "\n", ""):
            self.fail("a blank must follow an anchor")
        return name, self.nodes

    def tag(self, *, flow: bool = False) -> str:
        """Read a tag, in its short form where it is YAML's own; outside of brackets a blank must follow some."""
        match = _TAG.match(self.text, self.pos)
        if match is None:
            self.fail("a tag that YAML does not know")
        self.pos = match.end()
        if self.peek() == "!" or (match[2] and not flow and not self.blank_at(self.pos)):
            self.fail("a blank must follow a tag")
        return f"!!{match[1]}" if match[1] else match[0]

    def alias(self) -> Any:
        """Read an alias and return what its anchor named."""
        name = self.word()
        if name not in self.anchors:
            short = cut(name, _LONGEST_TOLD)
            self.fail(f"no anchor &{short} stands before the alias *{short}")
        value, size = self.anchors[name]
        self.nodes += size
        self.expanded += size
        if self.expanded > ALIAS_LIMIT:
            self.fail("its aliases expand to too much")
        return value

    def named(self, anchor: tuple[str, int] | None, value: Any) -> Any:
        """Remember a value, and the nodes that it took, under its anchor."""
        self.nodes += 1 + (len(value) if isinstance(value, str) else 0)
        if anchor is not None:
            name, before = anchor
            self.anchors[name] = (value, self.nodes - before)
        return value

    def store(self, values: dict[str, Any], merges: list[Any], key: Any, value: Any) -> None:
        """Keep a pair; the last of duplicate keys wins, `<<` waits to be merged."""
        if key == "<<" and isinstance(value, (dict, list)):
            merges += [value] if isinstance(value, dict) else [item for item in value if isinstance(item, dict)]
        else:
            name = key_text(key)
            values[name] = value

    def merged(self, values: dict[str, Any], merges: list[Any]) -> dict[str, Any]:
        """Add what `<<` brings and the mapping does not say itself."""
        for other in merges:
            for key, value in other.items():
                values.setdefault(key, value)
        return values


def _unix(text: str) -> tuple[str, dict[int, str]]:
    """Return a text with newlines for all line ends, and what the others were by their new places."""
    found: dict[int, str] = {}
    gone = 0
    for match in _RETURN.finditer(text):
        found[match.start() - gone] = match[0]
        gone += len(match[0]) - 1
    return text.replace("\r\n", "\n").replace("\r", "\n"), found
