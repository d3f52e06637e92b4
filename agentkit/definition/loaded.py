"""What a definition file says: the reading half of `AgentDefinition`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from agentkit.definition import examples as example_blocks
from agentkit.definition import files, sections
from agentkit.definition.document import Document
from agentkit.definition.examples import Examples
from agentkit.definition.lazy import lazy
from agentkit.definition.reading import Reading, read
from agentkit.definition.sections import Section
from agentkit.definition.tools import tools_of

_TRIES = 1_000
"""Places at which a word is looked for by itself: a hostile field holds it within others without end."""


class Loaded:
    """A definition file's bytes and everything that is read from them, each on first use."""

    def __init__(self, source: bytes, *, origin: files.Origin | None = None, base: Document | None = None) -> None:
        self.__dict__["source"] = source
        self.__dict__["_origin"] = origin
        self.__dict__["_base"] = base

    source: bytes
    """The exact bytes of the file."""
    _origin: files.Origin | None
    _base: Document | None
    """Of an edited one, what the edits began with: what was loaded, given as a text, or made by a fix."""
    _valid: bool

    # What the loader reads

    @lazy
    def text(self) -> str:
        """The file as text; bytes that are not UTF-8 stand as lone surrogates."""
        text, self.__dict__["_valid"] = _decoded(self.source)
        return text

    @lazy
    def document(self) -> Document:
        """The text with the places of its parts."""
        return Document(self.text)

    @lazy
    def reading(self) -> Reading:
        """Everything that the loader reads from the frontmatter."""
        text = self.text
        return read(text, self.document.envelope) if self._valid else read(self._shown(text))

    def _shown(self, text: str) -> str:
        """Return a part of `text` as the loader decodes it: U+FFFD where the bytes are not UTF-8."""
        return text if self._valid else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    @property
    def path(self) -> Path | None:
        """The file it was loaded from or saved to; None for one made from text."""
        return self._origin.path if self._origin else None

    @property
    def verdict(self) -> str:
        """`loads`, `repaired` (only by the loader's repair pass) or `dropped`."""
        return self.reading.verdict

    @property
    def reason(self) -> str | None:
        """Why it is dropped or had to be repaired, in one sentence; None where it simply loads."""
        return self.reading.reason

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Every frontmatter field as YAML gives it, unknown ones included; read only."""
        return self.reading.metadata

    @property
    def name(self) -> str | None:
        """The agent's name; None where it has none that is a string."""
        return self.reading.name

    @property
    def description(self) -> str | None:
        """When to delegate to it, backslash-n turned into line ends as the loader does; None where missing."""
        return self.reading.description

    @property
    def model(self) -> str | None:
        """An alias, a model id, `inherit`, or None where the file names none."""
        return self.reading.model

    @property
    def tools(self) -> tuple[str, ...] | None:
        """The tool names as written; None for all tools."""
        return self.reading.tools

    @property
    def disallowed_tools(self) -> tuple[str, ...]:
        """The tool names of `disallowedTools`."""
        value = self.metadata.get("disallowedTools")
        return ("*",) if value == "*" else tools_of(value) or ()

    @property
    def color(self) -> str | None:
        """The colour as written; None where missing."""
        value = self.metadata.get("color")
        return value if isinstance(value, str) else None

    @lazy
    def system_prompt(self) -> str:
        """The body without the white space around it: what the model is told."""
        return self._shown(self.raw_prompt)

    @lazy
    def raw_prompt(self) -> str:
        """The system prompt as it is in `text`: bytes that are not UTF-8 stand as lone surrogates."""
        start, end = self.document.prompt_span
        return self.text[start:end]

    @lazy
    def examples(self) -> Examples:
        """The `<example>` blocks of the description."""
        return example_blocks.parse(self.description or "")

    @lazy
    def sections(self) -> tuple[Section, ...]:
        """The parts of the system prompt, in order; their texts join to it."""
        return sections.parse(self.system_prompt)

    # For the lint

    @property
    def refused(self) -> bool:
        """Whether the frontmatter can be read but the agent in it is refused."""
        return self.reading.refused

    @property
    def guessed(self) -> bool:
        """Whether the frontmatter cannot be read, so that its fields are each line's best guess."""
        return self.reading.verdict == "dropped" and not self.reading.refused

    @property
    def is_utf8(self) -> bool:
        """Whether all the bytes are UTF-8."""
        return bool(self.text is not None and self._valid)

    @property
    def fields_once(self) -> bool:
        """Whether it is already known that no field stands twice."""
        return self.reading.places is not None

    @property
    def in_plugin(self) -> bool:
        """Whether the file lies in a plugin's `agents` folder, or in a folder of it."""
        folders = self._origin.place.absolute().parents if self._origin is not None else ()
        return any(place.name == "agents" and (place.parent / ".claude-plugin").is_dir() for place in folders)

    @lazy
    def body_start(self) -> int:
        """Where in `source` the closing fence ends; 0 where there is no frontmatter."""
        envelope = self.document.envelope
        # The fence is the first --- after the opening one, and no byte stands before its character.
        return 0 if envelope.why is not None else self.source.find(b"---", envelope.block_end) + 3

    def offset_of(self, key: str, word: str = "", *, tag: int | None = None) -> int:
        """Return where in `text` a field begins, or a word or an example tag in it.

        Args:
            key: The field; the file's start where it is not there.
            word: A whole word of the field's lines; where the field begins if it is not there.
            tag: The number, from 0, of an `<example>` or `</example>` at which the word is looked for, or is meant.
        """
        places = self.reading.places
        if places is not None and not word and tag is None:
            return self.document.envelope.block_start + places[key] if key in places else 0
        span = self._span(key)
        if span is None:
            return 0
        start, value_start, end = span
        place = None
        if tag is not None:
            tags = islice(example_blocks.TAG.finditer(self.text, value_start, end), tag, None)
            place = next((match.start() for match in tags), None)
        if word:
            place = _whole_word(self.text, word, place or value_start, end)
        return start if place is None else place

    def _span(self, key: str) -> tuple[int, int, int] | None:
        """Return where in `text` a field begins, its value begins, and it ends; None where it is not there."""
        block_start, block_end, *_ = self.document.envelope
        places = self.reading.places
        if places is not None:
            if key not in places:
                return None
            start = block_start + places[key]
            later = [place for place in places.values() if place > places[key]]
            return start, start + len(key) + 1, block_start + min(later) if later else block_end
        if self.guessed and (before := self.text.rfind(f"\n{key}:", 0, block_end)) >= 0:
            end = self.text.find("\n", before + 1, block_end)
            return before + 1, before + len(key) + 2, end if end >= 0 else block_end
        entry = self.document.entry(key)
        return None if entry is None else (entry.start, entry.value_start, entry.end)

    @property
    def error_offset(self) -> int:
        """Where in `text` the first YAML error is; the file's start where there is none."""
        error = self.reading.error
        if error is None or error.line is None:
            return 0
        block_start, block_end, *_ = self.document.envelope
        position = block_start
        for _ in range(error.line - 1):
            position = self.text.find("\n", position) + 1
        if position >= block_end:  # what is never closed is missed at the closing fence: point to the last line
            written = len(self.text[block_start:block_end].rstrip())
            return max(self.text.rfind("\n", 0, block_start + written) + 1, block_start)
        return position + max((error.column or 1) - 1, 0)


def _whole_word(text: str, word: str, start: int, end: int) -> int | None:
    """Return where a word stands by itself, or failing that within another one; None where it does not stand."""
    first = place = text.find(word, start, end)
    for _ in range(_TRIES):
        if place < 0:
            break
        before, after = text[place - 1 : place], text[place + len(word) : place + len(word) + 1]
        if not (_in_word(word[0]) and _in_word(before)) and not (_in_word(word[-1]) and _in_word(after)):
            return place
        place = text.find(word, place + 1, end)
    return first if first >= 0 else None


def _in_word(char: str) -> bool:
    return char.isalnum() or char in ("_", "-")


def _decoded(source: bytes) -> tuple[str, bool]:
    try:
        return source.decode(), True
    except UnicodeDecodeError:
        return source.decode("utf-8", "surrogateescape"), False
