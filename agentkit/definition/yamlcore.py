"""YAML as the loader reads it: version 1.2, core scalars, with the habits of its parser.

Block structure is read here, in one pass over the text; flow collections and scalars have modules of their own. Where
readers of YAML differ, the loader's own reading was measured and is followed: any tag is taken, and only decides
whether a plain scalar is resolved; `<<` merges; a closing bracket may stand at the margin; a NUL is refused; keys
become texts.
"""

from __future__ import annotations

import re
from typing import Any

from agentkit.definition import yamlflow
from agentkit.definition.yamlblock import block_scalar
from agentkit.definition.yamlcursor import Cursor
from agentkit.definition.yamlscalars import DOUBLE, SINGLE, YamlError, key_text

__all__ = ["YamlError", "key_text", "read"]


def read(block: str) -> Any:
    r"""Read a frontmatter block.

    Returns:
        None, bool, int, float, str, and lists and dicts of them; the keys of dicts are strings.

    Raises:
        YamlError: it is not YAML.

    >>> read("a: no\nb: [1, two]\nc: |\n  x\n")
    {'a': 'no', 'b': [1, 'two'], 'c': 'x\n'}
    """
    if "\0" in block:
        raise YamlError("it holds a NUL character", block.count("\n", 0, block.index("\0")) + 1)
    return Reader(block).document()


_SPACES = re.compile(r" *")
_COLON = re.compile(r":(?=[ \t\n]|\Z)|(?<=[ \t\n])#")
_PLAIN_START = re.compile(r"""[^ \t\n\-?:\[\]{}#&*!|>'"%@`]|[-?:](?=[^ \t\n])""")
_PART = (
    r"""(?:[&!][^ \t\n]*[ \t]+)*(?:"[^"\\\n]*"|'[^'\n]*'|\[[^\[\]\n]*\]|\{[^{}\n]*\}"""
    r"""|[^\s:#"'\[\]{}&*!|>%@`?-][^:#\n]*|)"""
)
_ITEM_KEY = re.compile(rf"(?:- +)+(?:{_PART}:[ \t]+)+{_PART}:(?=[ \t\n]|\Z)")
_PROPERTY = re.compile(r"[&!][^ \t\n]*[ \t]+")


class Reader(Cursor):
    """The block structure of a text, read from the cursor on."""

    def document(self) -> Any:
        """Read the whole text; two documents or more make a list."""
        documents = []
        self.content(tabs=True)
        while self.column >= 0:
            if self.text.startswith("%", self.pos) and self.column == 0:
                self._directive()
                continue
            documents.append(self.node(-1, fresh=True))
            if self.column >= 0:
                if not self._ends_document():
                    self.fail("something follows that does not belong to the fields")
                while self.column >= 0 and self._ends_document():
                    self.pos += 3
                    self.next_line()
        return documents if len(documents) > 1 else documents[0] if documents else None

    def _directive(self) -> None:
        self.fail("a line cannot begin with %")

    def _ends_document(self) -> bool:
        return self.column == 0 and self.text.startswith("...", self.pos) and self.blank_at(self.pos + 3)

    def node(self, indent: int, *, fresh: bool, same: bool = False) -> Any:
        """Read a block node and go to the next content.

        Args:
            indent: Column of the collection it belongs to; its own lines are indented by more.
            fresh: Whether a collection may begin on this line (not after `key:`).
            same: Whether a sequence at `indent` itself may be the node.
        """
        anchor, tag = None, None
        while True:
            while self.peek() in (" ", "\t"):
                self.pos += 1
            if self.peek() in ("\n", "#", ""):
                self.next_line()
                deep = self.column > indent or (same and self.column == indent and self.at_indicator("-"))
                if not deep or self._ends_document():
                    return self.named(anchor, self.tagged(tag, ""))
                fresh = True
                continue
            if fresh and self._tab_before():
                if self._collection_here():
                    self.fail("a tab cannot indent")
                fresh = False
            if fresh and (self.at_indicator("-") or self.at_indicator("?") or self.at_indicator(":")):
                return self.named(anchor, self._collection(self.pos - self.line_start, None))
            column = self.pos - self.line_start
            if fresh and (key := self._key(indent)) is not None:
                return self.named(anchor, self._collection(column, key))
            if self.peek() == "&" and anchor is None:
                anchor = self.anchor()
            elif self.peek() == "!" and tag is None:
                tag = self.tag()
            else:
                return self.named(anchor, self._scalar(indent, tag))
            fresh = False

    def _tab_before(self) -> bool:
        return "\t" in self.text[self.line_start : self.pos]

    def _collection_here(self) -> bool:
        return any(self.at_indicator(char) for char in "-?:") or bool(
            _COLON.search(self.text, self.pos, self.line_end())
        )

    def _scalar(self, indent: int, tag: str | None) -> Any:
        char = self.peek()
        if char in ("|", ">"):
            return block_scalar(self, indent)
        if char in ("[", "{"):
            value = yamlflow.collection(self, indent)
        elif char in ('"', "'"):
            value = self.quoted(indent)
        elif char == "*":
            value = self.alias()
        else:
            return self.tagged(tag, self._plain(indent))
        self.next_line()
        return value

    def _plain(self, indent: int) -> str:
        if not _PLAIN_START.match(self.text, self.pos):
            self.fail(f"a plain value cannot begin with {self.peek()!r}")
        pieces = []
        while True:
            end = self.line_end()
            stop = _COLON.search(self.text, self.pos, end)
            if stop and stop[0] == ":":
                self.pos = stop.start()
                self.fail("a second `: ` in a plain value")
            pieces.append(self.text[self.pos : stop.start() if stop else end].rstrip(" \t"))
            self.pos = end
            if stop:
                self.next_line()
                break
            breaks = self._continuation(indent)
            if not breaks:
                break
            pieces.append(" " if breaks == 1 else "\n" * (breaks - 1))
        return "".join(pieces)

    def _continuation(self, indent: int) -> int:
        """Go to the next line of a plain scalar and return the line breaks up to it; 0 where it ends here."""
        before = self.pos
        while self.peek() == "\n":
            start = self.pos + 1
            spaces = _SPACES.match(self.text, start)
            assert spaces is not None
            self.pos = spaces.end()
            while self.peek() == "\t":
                self.pos += 1
            while self.peek() in (" ", "\t"):
                self.pos += 1
            if self.peek() == "\n":
                continue
            column = spaces.end() - start
            self.line_start, self.column = start, column
            ends = column <= indent or self.peek() in ("#", "") or self._ends_document()
            if ends:
                break
            return self.text.count("\n", before, self.pos)
        self.pos = before
        self.next_line(tabs=True)  # the plain value went on up to here
        return 0

    # Collections

    def _collection(self, column: int, key: tuple[Any] | None) -> Any:
        with self.deeper():
            if key is None and self.at_indicator("-"):
                return self._sequence(column)
            return self._mapping(column, key)

    def _sequence(self, column: int) -> list[Any]:
        items = []
        while True:
            self.pos += 1
            items.append(self.node(column, fresh=True))
            if self.column != column or not self.at_indicator("-"):
                if self.column > column:
                    self.fail("a line is indented by more than the list")
                return items

    def _mapping(self, column: int, key: tuple[Any] | None) -> dict[str, Any]:
        values: dict[str, Any] = {}
        merges: list[Any] = []
        while True:
            if key is not None:
                name, value = key[0], self.node(column, fresh=False, same=True)
            elif self.at_indicator("?"):
                self.pos += 1
                name, value = self.node(column, fresh=True, same=True), None
                if self.column == column and self.at_indicator(":"):
                    self.pos += 1
                    value = self.node(column, fresh=True, same=True)
            elif self.at_indicator(":"):
                self.pos += 1
                name, value = None, self.node(column, fresh=False, same=True)
            elif item := _ITEM_KEY.match(self.text, self.pos):
                # A list item with two colons: the loader takes the list for the key.
                self.pos = item.end()
                name, value = [{}], self.node(column, fresh=False, same=True)
            else:
                self.fail("a line is no `key: value`")
            more = bool(values)
            self.store(values, merges, name, value)
            if more and self.tab_ends and self.column < 0:
                self.fail("a tab cannot indent")  # after the first field the loader lets it pass
            if self.column != column or self._ends_document():
                if self.column > column:
                    self.fail("a line is indented by more than the fields above it")
                return self.merged(values, merges)
            if self._tab_before():
                self.fail("a tab cannot indent")
            key = self._key(column)

    def _key(self, indent: int) -> tuple[Any] | None:
        """Read an implicit key with its colon; go back and return None where there is none on this line."""
        start, end = self.pos, self.line_end()
        colon = self.text.find(":", start, end)
        if colon < 0:
            return None
        anchor = tag = None
        while match := _PROPERTY.match(self.text, self.pos, end):
            if (anchor if match[0][0] == "&" else tag) is not None:
                self.fail("a key has one anchor and one tag at most")
            if match[0][0] == "&":
                anchor = self.anchor()
            else:
                tag = self.tag()
            while self.peek() in (" ", "\t"):
                self.pos += 1
        char = self.peek()
        name: Any = None
        if char in ('"', "'"):
            quoted = (DOUBLE if char == '"' else SINGLE).match(self.text, self.pos, end)
            name = self.quoted(indent) if quoted else None
            found = quoted is not None
        elif char in ("[", "{"):
            found, name = self._flow_key(end)
        elif char == "*":
            name, found = self.alias(), True
        else:
            match = _COLON.search(self.text, self.pos, end)
            found = bool(match and match[0] == ":" and _PLAIN_START.match(self.text, self.pos))
            if match and found:
                name = self.tagged(tag, self.text[self.pos : match.start()].rstrip(" \t"))
                self.pos = match.start()
        while found and self.peek() in (" ", "\t"):
            self.pos += 1
        if not found or not self.at_indicator(":"):
            self.pos = start
            return None
        self.pos += 1
        return (self.named(anchor, name),)

    def _flow_key(self, end: int) -> tuple[bool, Any]:
        if not re.search(r"[\]}][ \t]*:(?:[ \t]|\Z)", self.text[self.pos : end]):
            return False, None
        try:
            with self.attempt():
                return True, yamlflow.collection(self, 1 << 30)
        except YamlError:
            return False, None
