"""The lossless document: a file's exact text, and edits that touch only the lines of what is edited.

Bytes that are not UTF-8 live in the text as lone surrogates, and leave it as the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentkit.definition import writing, yamlcore
from agentkit.definition.entries import Entry, cut_at_keys
from agentkit.definition.envelope import BLANK_CHARACTERS, Envelope, split, trimmed
from agentkit.definition.fields import ORDER
from agentkit.definition.lazy import lazy
from agentkit.definition.reading import Reading, read, taken
from agentkit.definition.salvage import repair_written
from agentkit.definition.tools import tools_of
from agentkit.definition.undecoded import kept, restored, shown
from agentkit.definition.values import same
from agentkit.errors import EditError

TOOL_FIELDS = ("tools", "disallowedTools")
"""Fields that may be a list or the same names in one text."""
_COMMENTED = re.compile(
    r"""[ \t]*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#](?:[^#\s]|(?<=\S)#|[ \t]+(?=[^\s#]))*)([ \t]+\#.*)\Z"""
)


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
        return tuple(cut_at_keys(self.text, self.envelope.block_start, self.envelope.block_end))

    def entry(self, key: str) -> Entry | None:
        """Return the entry that counts for a key: the last one."""
        return next((entry for entry in reversed(self.entries) if entry.key == key), None)

    @lazy
    def reading(self) -> Reading:
        """What the loader reads, bytes that are not UTF-8 as it shows them."""
        text = shown(self.text)
        return read(text, self.envelope) if text == self.text else read(text)

    @lazy
    def mended(self) -> Document | None:
        """The document with its frontmatter as YAML that says the same, where it is none and can be; else None."""
        start, end, *_ = self.envelope
        new = self.reading.salvage
        if self.reading.verdict == "repaired" or (self.reading.refused and self.reading.error is not None):
            new = repair_written(shown(self.text[start:end]))
        if new is None:
            return None
        return Document(self.text[:start] + restored(new, self.text[start:end]) + self.text[end:])

    @lazy
    def prompt_span(self) -> tuple[int, int]:
        """Where the system prompt is: the body without the white space around it."""
        return trimmed(self.text, self.envelope.body_start)

    def with_prompt(self, prompt: str, base: Document) -> Document:
        """Replace the system prompt, keeping the white space around it.

        Args:
            prompt: The new one, in the line ends it is to have. White space around it is none of it: left in the file,
                it would add up at each edit.
            base: What was loaded: where no prompt is left, a new one goes between the white space that was around it.
        """
        prompt = prompt.strip(BLANK_CHARACTERS)
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

    def prompt_newline(self, base: Document) -> str:
        """Return the line end of most lines of the body; of the one that was loaded, or the file's, where it has none.

        Args:
            base: What was loaded.
        """
        for text, start in ((self.text, self.envelope.body_start), (base.text, base.envelope.body_start)):
            if lines := text.count("\n", start):
                return "\r\n" if 2 * text.count("\r\n", start) > lines else "\n"
        return self.newline

    def prompt_lines(self, prompt: str, base: Document) -> str:
        """Return a prompt in the line ends of the body, or as it was loaded where it says the same.

        Args:
            prompt: The prompt, in any line ends.
            base: What was loaded.
        """
        plain = prompt.replace("\r\n", "\n").strip(BLANK_CHARACTERS)
        loaded = base.text[slice(*base.prompt_span)]
        if plain == loaded.replace("\r\n", "\n"):
            return loaded
        return plain.replace("\n", "\r\n") if self.prompt_newline(base) == "\r\n" else prompt

    def without_field(self, key: str) -> Document:
        """Delete every entry of a key."""
        text = self.text
        for entry in reversed([entry for entry in self.entries if entry.key == key]):
            text = text[: entry.start] + text[entry.end :]
        return Document(text)

    def with_field(self, key: str, item: Any, base: Document, *, comments: bool = True) -> Document:
        """Set a field: rewrite its entry, or add one where people put it.

        Args:
            key: The field.
            item: Its value.
            base: The document as it was loaded; a field set back to its value there gets its old lines back.
            comments: Whether a comment behind the old value stays.
        """
        set_back = self._set_back(key, item, base)
        return set_back or self._with_lines(key, self._raw(key, item, base, comments), base)

    def _set_back(self, key: str, item: Any, base: Document) -> Document | None:
        """Give a field its old lines back if they say the value; None where they do not, or not here."""
        old = base.entry(key)
        if old is None:
            return None
        raw = base.text[old.start : old.end]
        alone = _read_alone(shown(raw))
        if isinstance(alone, Mapping) and len(alone) == 1 and says(alone, key, item):
            made = self._with_lines(key, raw, base)
            # What can be read alone may still need the repair, or be what it spoils, in this file.
            if says(made.reading.metadata, key, item):
                return made
        if not says(base.reading.metadata, key, item):
            return None
        # Lines that only the loader's repair can read depend on what else it finds in the file.
        made = self._with_lines(key, raw, base)
        after, before = made.reading, self.reading
        others = {**before.metadata, key: None} == {**after.metadata, key: None}
        reads = after.verdict != "dropped" or before.verdict == "dropped"
        return made if others and reads and says(after.metadata, key, item) else None

    def _with_lines(self, key: str, raw: str, base: Document) -> Document:
        entry = self.entry(key)
        if entry is not None:
            start, end = entry.start, entry.end
        else:
            # Lines that a fence inside the last one cuts can only stand before that fence.
            cut = not raw.endswith("\n") and base.text[: base.envelope.block_end].endswith(raw)
            start = end = self.envelope.block_end if cut else self._place(key, base)
        closing = end == self.envelope.block_end  # a value may run right into the closing fence
        tail = "" if raw.endswith("\n") or closing else self.newline
        return Document(self.text[:start] + raw + tail + self.text[end:])

    def _raw(self, key: str, item: Any, base: Document, comments: bool) -> str:
        entry = self.entry(key)
        style, spelled, comment = "plain", key if writing.scalar(key) == key else writing.scalar(key), ""
        if entry is not None:
            spelled = self.text[entry.start : entry.value_start].rstrip().removesuffix(":").rstrip()
            value = self.text[entry.value_start : entry.end]
            comment = _comment(value, {key: item}) if comments else ""
            style = _style(value, item)
        if key in TOOL_FIELDS and isinstance(item, (list, tuple)) and style not in ("flow", "block"):
            # People write tool names in one line; a name that would fall apart there keeps the list.
            joined = ", ".join(map(str, item))
            item = joined if item and tools_of(joined) == tuple(item) else item
        written = self._with_bytes(key, item, base, writing.value(item, style=style))
        return f"{spelled}:{written}{comment}\n".replace("\n", self.newline)

    def _with_bytes(self, key: str, item: Any, base: Document, written: str) -> str:
        """Give YAML the bytes that are not UTF-8 where it says what the field said before."""
        text = "\n".join(_strings(item))
        if "\ufffd" not in text:
            return written
        for document in (base, self):
            document = document.mended or document
            if (entry := document.entry(key)) is not None:
                old = "\n".join(_strings(taken(key, document.reading.metadata.get(key))))
                text = kept(text, restored(old, document.text[entry.value_start : entry.end]))
        return restored(written, text)

    def _place(self, key: str, base: Document) -> int:
        """Where a new field goes: after its neighbour of the file as loaded, or of the usual order."""
        before = [entry.key for entry in base.entries]
        present = {entry.key: entry for entry in self.entries}
        if key in before:
            earlier = [name for name in before[: before.index(key)] if name in present]
        else:
            rank = ORDER.get(key, len(ORDER))
            earlier = [name for name in present if ORDER.get(name, len(ORDER)) <= rank]
        head = base.text[: base.envelope.block_start]  # blank lines above the first field are a part of the fence
        place = len(head) if self.text.startswith(head) else self.envelope.block_start
        if earlier:
            entry = max((present[name] for name in earlier), key=lambda found: found.end)
            place = entry.end if self.text[: entry.end].endswith("\n") else entry.start
        above = base._above(key, earlier)
        return place + len(above) if self.text.startswith(above, place) else place

    def _above(self, key: str, earlier: Sequence[str]) -> str:
        """Return the comments and blank lines above a field, down from the last of the earlier ones."""
        old = self.entry(key)
        if old is None:
            return ""
        edges = [entry for entry in self.entries if entry.end <= old.start]
        place, text = self.envelope.block_start, ""
        for entry in edges:
            text += self.text[place : entry.start]
            place = entry.end
            if entry.key in earlier:
                text = ""
        return text + self.text[place : old.start]


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


def require_end(document: Document) -> None:
    """Refuse to edit a file of which it is not plain where the frontmatter ends and the prompt begins.

    Raises:
        EditError: fields would be lost with the prompt, or a part of a value would become one of it.
    """
    envelope, reading = document.envelope, document.reading
    if envelope.why is not None and reading.metadata:
        raise EditError(
            f"it is not plain where the prompt begins: {envelope.why}",
            hint="give the file a first line `---` and close its fields with another `---`: agent.with_text(…)",
        )
    cut = envelope.why is None and document.text[envelope.block_end - 1] != "\n"
    if cut and reading.verdict == "dropped" and not reading.refused:
        raise EditError("a --- inside a value ends the frontmatter", hint="agent.fix('AK110'), or agent.with_text(…)")


def says(fields: Mapping[str, Any], key: str, item: Any) -> bool:
    """Tell whether fields as read from a file say a value."""
    if key not in fields:
        return False
    if key in TOOL_FIELDS and (names := tools_of(fields[key])) and names == tools_of(item):
        return True
    return same(taken(key, fields[key]), item)


def _strings(item: Any) -> list[str]:
    """Return the texts of a value in the order in which they are written."""
    if isinstance(item, Mapping):
        return [text for pair in item.items() for part in pair for text in _strings(part)]
    if isinstance(item, (list, tuple)):
        return [text for part in item for text in _strings(part)]
    return [item] if isinstance(item, str) else []


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
