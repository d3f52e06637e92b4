"""`AgentDefinition`: one definition file as a value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from agentkit.definition import examples as example_blocks
from agentkit.definition import files, findings, reading, roster, sections
from agentkit.definition.diff import Diff
from agentkit.definition.document import Document, require_frontmatter
from agentkit.definition.edits import changed_fields, field_name, set_field
from agentkit.definition.examples import Example
from agentkit.definition.findings import Finding
from agentkit.definition.sections import Section
from agentkit.errors import EditError


class AgentDefinition:
    r"""One agent definition: immutable; every edit gives a new one that differs only in the lines of the edit.

    Made by `ak.load(path)` and `ak.loads(text)`. What it says is what the real loader reads; `verdict` says whether
    that loader takes the file at all.

    >>> import agentkit as ak
    >>> agent = ak.loads("---\nname: greeter\ndescription: Use when someone says: hello\n---\nYou greet.\n")
    >>> agent.verdict, agent.description
    ('repaired', 'Use when someone says: hello')
    >>> print(agent.replace(color="green").dumps())
    ---
    name: greeter
    description: Use when someone says: hello
    color: green
    ---
    You greet.
    """

    def __init__(self, source: bytes, *, origin: files.Origin | None = None, base: Document | None = None) -> None:
        self.__dict__["source"] = source
        self.__dict__["_origin"] = origin
        self.__dict__["_base"] = base

    source: bytes
    """The exact bytes of the file."""
    _origin: files.Origin | None
    _base: Document | None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"definitions do not change; agent.replace({name}=…) makes a new one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("definitions do not change; agent.replace(field=None) makes a new one without a field")

    def __eq__(self, other: object) -> bool:
        return self.source == other.source if isinstance(other, AgentDefinition) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.source)

    def __bytes__(self) -> bytes:
        return self.source

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.source, self._origin, self._base.text if self._base else None))

    # What the loader reads

    @cached_property
    def text(self) -> str:
        """The file as text; bytes that are not UTF-8 stand as lone surrogates."""
        try:
            return self.source.decode()
        except UnicodeDecodeError:
            return self.source.decode("utf-8", "surrogateescape")

    @cached_property
    def document(self) -> Document:
        """The text with the places of its parts."""
        return Document(self.text)

    @cached_property
    def _reading(self) -> reading.Reading:
        return reading.read(_shown(self.text))

    @property
    def path(self) -> Path | None:
        """The file it was loaded from or saved to; None for one made from text."""
        return self._origin.path if self._origin else None

    @property
    def verdict(self) -> str:
        """`loads`, `repaired` (only by the loader's repair pass) or `dropped`."""
        return self._reading.verdict

    @property
    def reason(self) -> str | None:
        """Why it is dropped or had to be repaired, in one sentence; None where it simply loads."""
        return self._reading.reason

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Every frontmatter field as YAML gives it, unknown ones included; read only."""
        return self._reading.metadata

    @property
    def name(self) -> str | None:
        """The agent's name; None where it has none that is a string."""
        return self._reading.name

    @property
    def description(self) -> str | None:
        """When to delegate to it, backslash-n turned into line ends as the loader does; None where missing."""
        return self._reading.description

    @property
    def model(self) -> str | None:
        """An alias, a model id, `inherit`, or None where the file names none."""
        return self._reading.model

    @property
    def tools(self) -> tuple[str, ...] | None:
        """The tool names as written; None for all tools."""
        return self._reading.tools

    @property
    def disallowed_tools(self) -> tuple[str, ...]:
        """The tool names of `disallowedTools`."""
        value = self.metadata.get("disallowedTools")
        return ("*",) if value == "*" else reading.tools_of(value) or ()

    @property
    def color(self) -> str | None:
        """The colour as written; None where missing."""
        value = self.metadata.get("color")
        return value if isinstance(value, str) else None

    @cached_property
    def system_prompt(self) -> str:
        """The body without the white space around it: what the model is told."""
        start, end = self.document.prompt_span
        return _shown(self.text[start:end])

    @cached_property
    def raw_prompt(self) -> str:
        """The system prompt as it is in `text`: bytes that are not UTF-8 stand as lone surrogates."""
        start, end = self.document.prompt_span
        return self.text[start:end]

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The `<example>` blocks of the description."""
        return example_blocks.parse(self.description or "")

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The parts of the system prompt, in order; their texts join to it."""
        return sections.parse(self.system_prompt)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What lint says about this file by itself, in file order."""
        return tuple(findings.check(self))

    @property
    def roster_line(self) -> str:
        """The line by which a delegating model knows this agent."""
        return roster.line(self)

    # For the lint

    @property
    def refused(self) -> bool:
        """Whether the frontmatter can be read but the agent in it is refused."""
        return self._reading.refused

    @property
    def in_plugin(self) -> bool:
        """Whether the file lies in a plugin's `agents` folder."""
        return self.path is not None and (self.path.absolute().parent.parent / ".claude-plugin").is_dir()

    def offset_of(self, key: str, word: str = "") -> int:
        """Return where a field begins in `text`, or a word of its lines; the file's start where it is not there."""
        entry = self.document.entry(key)
        if entry is None:
            return 0
        place = self.text.find(word, entry.value_start, entry.end) if word else -1
        return place if place >= 0 else entry.start

    @property
    def error_offset(self) -> int:
        """Where in `text` the first YAML error is; the file's start where there is none."""
        error = self._reading.error
        if error is None or error.line is None:
            return 0
        position = self.document.envelope.block_start
        for _ in range(error.line - 1):
            position = self.text.find("\n", position) + 1
        return position + max((error.column or 1) - 1, 0)

    # Edits

    def with_text(self, text: str) -> AgentDefinition:
        """Return the definition that another text of the file would be."""
        return self._edited(Document(text)) if text != self.text else self

    def _edited(self, document: Document) -> AgentDefinition:
        source = document.text.encode("utf-8", "surrogateescape")
        return AgentDefinition(source, origin=self._origin, base=self._base or self.document)

    def replace(self, **fields: Any) -> AgentDefinition:
        """Return a definition with some fields set; None deletes one.

        Args:
            **fields: Frontmatter fields by name (`color="green"`, `maxTurns=5` or `max_turns=5`, unknown ones too),
                and `system_prompt` (text) and `examples` (a sequence of `Example`, written into the description).

        Raises:
            EditError: a value cannot be written, or a field's name is a likely slip.
        """
        document = self.document
        if "examples" in fields:
            blocks = fields.pop("examples")
            description = fields.get("description", self.description) or ""
            fields["description"] = example_blocks.rewritten(description, tuple(blocks or ()))
        prompt = fields.pop("system_prompt", None) if "system_prompt" in fields else self.raw_prompt
        if fields:
            require_frontmatter(document)
        before = dict(self.metadata)
        for given, value in fields.items():
            document = set_field(document, field_name(given, self.metadata), value, self._base or self.document)
        result = self._edited(document)
        changed_fields(before, result.metadata, {field_name(key, before): value for key, value in fields.items()})
        if prompt != self.raw_prompt:
            result = self._edited(result.document.with_prompt(prompt or ""))
        return result

    def section(self, title: str) -> Section:
        """Return the section of that title.

        Raises:
            EditError: there is none; the nearest titles are told.
        """
        return self.sections[sections.find(self.sections, title)]

    def without(self, section: str | Section) -> AgentDefinition:
        """Return a definition without a section and the deeper ones under it."""
        return self._edited(self.document.with_prompt(sections.removed(self.raw_prompt, section)))

    def with_section(
        self, title: str, text: str, *, after: str | None = None, level: int | None = None
    ) -> AgentDefinition:
        """Return a definition with that section's own text replaced, or with the section added.

        Args:
            title: The section's title.
            text: Its text, with or without a title line of its own.
            after: For a new section: the title of the section to stand behind; at the end when left out.
            level: For a new section: 1 to 6 for a heading, 7 for a bold lead-in; as the others are when left out.
        """
        prompt = sections.replaced(self.raw_prompt, title, text, after=after, level=level)
        return self._edited(self.document.with_prompt(prompt))

    def with_sections_in_order(self, *titles: str) -> AgentDefinition:
        """Return a definition with the named sections in this order, in the places they have now."""
        return self._edited(self.document.with_prompt(sections.reordered(self.raw_prompt, titles)))

    def with_example(self, example: Example, *, at: int | None = None) -> AgentDefinition:
        """Return a definition with one more example, at the end or before the one at `at`."""
        blocks = list(self.examples)
        blocks.insert(len(blocks) if at is None else at, example)
        return self.replace(examples=blocks)

    def without_example(self, at: int) -> AgentDefinition:
        """Return a definition without the example at that place, from 0."""
        blocks = list(self.examples)
        if not -len(blocks) <= at < len(blocks):
            raise EditError(f"no example {at}: the description has {len(blocks)}")
        del blocks[at]
        return self.replace(examples=blocks)

    def fix(self, *codes: str) -> AgentDefinition:
        """Return a definition with the safe fixes of these rules made; of all rules when none is named.

        Raises:
            EditError: a code is unknown, or its rule has no safe fix.
        """
        from agentkit.definition.fixes import fixed

        return fixed(self, codes)

    # Showing and keeping

    def diff(self, other: AgentDefinition) -> Diff:
        """Return what changes from this definition to another, line by line."""
        return Diff(self.text, other.text, self.name or "before", other.name or "after")

    def dumps(self) -> str:
        """Return the exact text of the file."""
        return self.text

    def save(self, path: str | os.PathLike[str] | None = None) -> AgentDefinition:
        """Write the file, whole or not at all, and return the definition as saved there.

        Args:
            path: Where to; the file it was loaded from when left out.

        Raises:
            FileChanged: that file changed on disk since it was loaded.
            DefinitionError: it cannot be written.
        """
        if path is None and self._origin is None:
            raise EditError("this definition was not loaded from a file", hint="agent.save('agents/NAME.md')")
        target = files.write(path if path is not None else self._origin.path, self.source, self._origin)  # type: ignore[union-attr]
        return AgentDefinition(self.source, origin=files.Origin(target, self.source))

    def __repr__(self) -> str:
        tools = "all tools" if self.tools is None else f"{len(self.tools)} tools"
        counts = f"{len(self.examples)} examples, {sum(bool(part.title) for part in self.sections)} sections"
        return f"<AgentDefinition {self.name!r}: {self.verdict}, {self.model or 'no model'}, {tools}, {counts}>"


def _shown(text: str) -> str:
    """Return the text as the loader decodes it: U+FFFD where the bytes are not UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def _rebuild(source: bytes, origin: files.Origin | None, base: str | None) -> AgentDefinition:
    return AgentDefinition(source, origin=origin, base=Document(base) if base is not None else None)
