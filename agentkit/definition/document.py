"""The lossless document: a file's exact text, and edits that touch only the lines of what is edited.

Bytes that are not UTF-8 live in the text as lone surrogates, and leave it as the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentkit.definition import writing, yamlcore
from agentkit.definition.envelope import BLANK_CHARACTERS, Envelope, split, trimmed
from agentkit.definition.fields import ORDER
from agentkit.definition.lazy import lazy
from agentkit.definition.reading import read, taken
from agentkit.definition.tools import tools_of
from agentkit.definition.yamlscalars import DOUBLE, SINGLE
from agentkit.errors import EditError

_KEY = re.compile(
    r"""(?:([^\s"'#\[\]{}&*!|>%@`,?:-][^\s:#]*(?:[ \t]+[^\s:#]+)*|-[^\s:#]+)|"([^"\n]*)"|'([^'\n]*)')[ \t]*:(?=\s|\Z)"""
)
_LEAD = re.compile(r"[ \t]*(?:[&!]\S*[ \t]+)*")
_BRACKETS = re.compile(
    r"""[\[\]{}]|(?<=[\[{,:\s])(?:"[^"\\]*+(?:\\[\s\S][^"\\]*+)*+"|'[^']*(?:''[^']*)*')|(?<=\s)#[^\n]*"""
)
"""A quote within a word is none; each of them, never closed, would be looked for to the end of the text."""
_COMMENTED = re.compile(
    r"""[ \t]*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#](?:[^#\s]|(?<=\S)#|[ \t]+(?=[^\s#]))*)([ \t]+\#.*)\Z"""
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One top-level field of the block: its key and the span of its lines in the text."""

    key: str
    start: int
    end: int
    value_start: int
    """Where the value begins: right after the colon."""


@dataclass(frozen=True)
class Document:
    """A file's text with the places of its parts."""

    text: str

    @lazy
    def envelope(self) -> Envelope:
        """Where the frontmatter and the body are."""
        return split(self.text)

    @lazy
    def newline(self) -> str:
        """The file's line end, as its first line shows it."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    @lazy
    def entries(self) -> tuple[Entry, ...]:
        """The top-level fields in file order, duplicates included."""
        if self.envelope.why is not None:
            return ()
        return tuple(_entries(self.text, self.envelope.block_start, self.envelope.block_end))

    def entry(self, key: str) -> Entry | None:
        """Return the entry that counts for a key: the last one."""
        return next((entry for entry in reversed(self.entries) if entry.key == key), None)

    @lazy
    def prompt_span(self) -> tuple[int, int]:
        """Where the system prompt is: the body without the white space around it."""
        return trimmed(self.text, self.envelope.body_start)

    def with_prompt(self, prompt: str, base: Document) -> Document:
        """Replace the system prompt, keeping the white space around it.

        Args:
            prompt: The new one. White space around it is none of it: left in the file, it would add up at each edit.
            base: What was loaded: where no prompt is left, a new one goes between the white space that was around it.
        """
        prompt = self._lines(prompt.strip(BLANK_CHARACTERS))
        start, end = self.prompt_span
        fence = self.envelope.block_end
        if not prompt and base._around is None:
            return Document(self.text[:fence] + base.text[base.envelope.block_end :])
        if start == end and base._around == self.text[fence:]:
            start = end = fence + base.prompt_span[0] - base.envelope.block_end
        elif start == end and prompt:
            start = end = self.envelope.body_start
            first = "" if self.text[fence:start].endswith("\n") or self.envelope.why else self.newline
            last = "" if self.text[end:].startswith(("\n", "\r")) else self.newline
            prompt = f"{first}{prompt}{last}"
        return Document(self.text[:start] + prompt + self.text[end:])

    @property
    def _around(self) -> str | None:
        """What is left after the frontmatter without the prompt; None where there is none."""
        start, end = self.prompt_span
        return self.text[self.envelope.block_end : start] + self.text[end:] if start < end else None

    def _lines(self, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\n", "\r\n") if self.newline == "\r\n" else text

    def without_field(self, key: str) -> Document:
        """Delete every entry of a key."""
        text = self.text
        for entry in reversed([entry for entry in self.entries if entry.key == key]):
            text = text[: entry.start] + text[entry.end :]
        return Document(text)

    def with_field(self, key: str, item: Any, base: Document | None = None) -> Document:
        """Set a field: rewrite its entry, or add one where people put it.

        Args:
            key: The field.
            item: Its value.
            base: The document as it was loaded; a field set back to its value there gets its old lines back.
        """
        if base is not None and (set_back := self._set_back(key, item, base)) is not None:
            return set_back
        return self._with_lines(key, self._raw(key, item, self.entry(key)), base)

    def _set_back(self, key: str, item: Any, base: Document) -> Document | None:
        """Give a field its old lines back if they say the value; None where they do not, or not here."""
        old = base.entry(key)
        if old is None:
            return None
        raw = base.text[old.start : old.end]
        alone = _read_alone(raw)
        if isinstance(alone, Mapping) and len(alone) == 1 and _says(alone, key, item):
            return self._with_lines(key, raw, base)
        if not _says(read(base.text, base.envelope).metadata, key, item):
            return None
        # Lines that only the loader's repair can read depend on what else it finds in the file.
        made = self._with_lines(key, raw, base)
        after, before = read(made.text, made.envelope), read(self.text, self.envelope)
        others = {**before.metadata, key: None} == {**after.metadata, key: None}
        return made if others and after.verdict != "dropped" and _says(after.metadata, key, item) else None

    def _with_lines(self, key: str, raw: str, base: Document | None) -> Document:
        entry = self.entry(key)
        if entry is not None:
            closes = entry.end == self.envelope.block_end  # a value may run right into the closing fence
            tail = "" if raw.endswith("\n") or closes else self.newline
            return Document(self.text[: entry.start] + raw + tail + self.text[entry.end :])
        place = self._place(key, base)
        return Document(self.text[:place] + raw + ("" if raw.endswith("\n") else self.newline) + self.text[place:])

    def _raw(self, key: str, item: Any, entry: Entry | None) -> str:
        style, spelled, comment = "plain", key if writing.scalar(key) == key else writing.scalar(key), ""
        if entry is not None:
            spelled = self.text[entry.start : entry.value_start].rstrip().removesuffix(":").rstrip()
            shown = self.text[entry.value_start : entry.end]
            comment = _comment(shown, {key: item})
            style = _style(shown, item)
        if key in ("tools", "disallowedTools") and isinstance(item, (list, tuple)) and style not in ("flow", "block"):
            # People write tool names in one line; a name that would fall apart there keeps the list.
            joined = ", ".join(map(str, item))
            item = joined if item and tools_of(joined) == tuple(item) else item
        lines = f"{spelled}:{writing.value(item, style=style)}{comment}\n"
        return lines.replace("\n", self.newline)

    def _place(self, key: str, base: Document | None) -> int:
        """Where a new field goes: after its neighbour of the file as loaded, or of the usual order."""
        envelope = self.envelope
        before = [entry.key for entry in base.entries] if base is not None else []
        present = {entry.key: entry for entry in self.entries}
        if key in before:
            earlier = [name for name in before[: before.index(key)] if name in present]
        else:
            rank = ORDER.get(key, len(ORDER))
            earlier = [name for name in present if ORDER.get(name, len(ORDER)) <= rank]
        if not earlier:
            return self.entries[0].start if self.entries and key in before else envelope.block_start
        entry = max((present[name] for name in earlier), key=lambda found: found.end)
        return entry.end if self.text[: entry.end].endswith("\n") else entry.start


def require_frontmatter(document: Document) -> None:
    """Refuse to edit the fields of a file that has no frontmatter.

    Raises:
        EditError: it has none.
    """
    if document.envelope.why is not None:
        raise EditError(
            f"no field can be set: {document.envelope.why}",
            hint="give the file a first line `---` and close its fields with another `---`",
        )


def _entries(text: str, start: int, end: int) -> list[Entry]:
    """Cut the block at the lines that begin a top-level key; everything up to the next belongs to the key before."""
    found: list[Entry] = []
    position = start
    skip_to, balanced = start, True
    while position < end:
        line_end = text.find("\n", position, end)
        line_end = end if line_end < 0 else line_end + 1
        match = _KEY.match(text, position, line_end) if position >= skip_to else None
        if match is not None:
            key = next(group for group in match.groups() if group is not None)
            if found:
                found[-1] = _closed(text, found[-1], position)
            found.append(Entry(key, position, end, match.end()))
            skip_to = _value_end(text, match.end(), end) if balanced else position
            # Brackets that never close are looked for once, or a hostile file would take the square of its length.
            balanced = balanced and skip_to >= 0
        position = line_end
    return found


def _closed(text: str, entry: Entry, limit: int) -> Entry:
    """End an entry before comments and blank lines that stand directly above the next key."""
    end = limit
    while True:
        line_start = text.rfind("\n", entry.start, end - 1) + 1
        if line_start <= entry.start:  # asked first: cutting from 0 for every field would take the square of the length
            return Entry(entry.key, entry.start, end, entry.value_start)
        line = text[line_start:end]
        if line.strip() and not line.startswith("#"):
            return Entry(entry.key, entry.start, end, entry.value_start)
        end = line_start


def _value_end(text: str, position: int, end: int) -> int:
    """Return where a quoted or bracketed value that runs over several lines ends; `position` for all others."""
    value = _LEAD.match(text, position, end)
    assert value is not None
    start = value.end()
    opener = text[start : start + 1]
    if opener in ('"', "'"):
        quoted = (DOUBLE if opener == '"' else SINGLE).match(text, start, end)
        return quoted.end() if quoted and "\n" in quoted[0] else position
    if opener in ("[", "{"):
        depth = 0
        for match in _BRACKETS.finditer(text, start, end):
            depth += (match[0] in "[{") - (match[0] in "]}")
            if depth == 0:
                return match.end()
        return -1
    return position


def _says(fields: Mapping[str, Any], key: str, item: Any) -> bool:
    """Tell whether fields as read from a file say a value."""
    return key in fields and bool(taken(key, fields[key]) == item)


def _read_alone(raw: str) -> Any:
    try:
        return yamlcore.read(raw)
    except yamlcore.YamlError:
        return None


def _comment(shown: str, wanted: Mapping[str, Any]) -> str:
    """Return the comment after a one-line value, blanks included."""
    line = shown.rstrip("\r\n")
    if "\n" in line or " #" not in line or any(isinstance(item, (list, tuple, dict)) for item in wanted.values()):
        return ""
    match = _COMMENTED.match(line)
    return match[1] if match else ""


def _style(shown: str, item: Any) -> str:
    value = shown.strip()
    if isinstance(item, (list, tuple)):
        return "flow" if value.startswith("[") else "block" if value.startswith("-") or not value else "text"
    return "double" if value.startswith('"') else "plain"
