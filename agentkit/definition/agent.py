"""`AgentDefinition`: one definition file as a value."""

from __future__ import annotations

import os
from typing import Any

from agentkit.brief import brief, cut
from agentkit.definition import card, files, findings, roster, sections
from agentkit.definition import examples as example_blocks
from agentkit.definition.diff import Diff
from agentkit.definition.document import Document, require_frontmatter
from agentkit.definition.edits import changed_fields, description_and_examples, field_name, prompt_text, set_field
from agentkit.definition.examples import Example
from agentkit.definition.findings import Findings
from agentkit.definition.lazy import lazy
from agentkit.definition.loaded import Loaded
from agentkit.definition.reading import read
from agentkit.definition.sections import Section
from agentkit.errors import EditError


class AgentDefinition(Loaded):
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

    @lazy
    def findings(self) -> Findings:
        """What lint says about this file by itself, in file order."""
        return Findings(findings.check(self))

    @property
    def roster_line(self) -> str:
        """The line by which a delegating model knows this agent."""
        return roster.line(self)

    # Edits

    def with_text(self, text: str) -> AgentDefinition:
        """Return the definition that another text of the file would be."""
        return self._edited(Document(text)) if text != self.text else self

    def _edited(self, document: Document) -> AgentDefinition:
        try:
            source = document.text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            half = error.object[error.start]
            raise EditError("half of a character cannot be written to a file", received=f"U+{ord(half):04X}") from None
        return AgentDefinition(source, origin=self._origin, base=self._base or self.document)

    def _with_prompt(self, prompt: str) -> AgentDefinition:
        return self._edited(self.document.with_prompt(prompt, self._base or self.document))

    def replace(self, /, **fields: Any) -> AgentDefinition:
        """Return a definition with some fields set; None deletes one.

        Args:
            **fields: Frontmatter fields by name (`color="green"`, `maxTurns=5` or `max_turns=5`, unknown ones too),
                and `system_prompt` (text) and `examples` (a sequence of `Example`, written into the description).

        Raises:
            EditError: a value cannot be written, or a field's name is a likely slip.
        """
        document = self.document
        if "examples" in fields:
            loaded = (read(self._base.text).description if self._base else self.description) or ""
            description = fields.get("description", self.description)
            description, wanted = description_and_examples(description, fields.pop("examples"))
            blocks = example_blocks.as_before(wanted, example_blocks.parse(loaded))
            written = example_blocks.rewritten(description, blocks)
            as_loaded = "description" not in fields and example_blocks.alike(written, loaded)
            fields["description"] = loaded if as_loaded else written
        prompt = prompt_text(fields.pop("system_prompt")) if "system_prompt" in fields else self.raw_prompt
        if fields:
            require_frontmatter(document)
        before = dict(self.metadata)
        for given, value in fields.items():
            document = set_field(document, field_name(given, self.metadata), value, self._base or self.document)
        result = self._edited(document)
        changed_fields(before, result.metadata, {field_name(key, before): value for key, value in fields.items()})
        if prompt != self.raw_prompt:
            result = result._with_prompt(prompt)
        return result

    def section(self, title: str) -> Section:
        """Return the section of that title.

        Raises:
            EditError: there is none; the nearest titles are told.
        """
        return self.sections[sections.find(self.sections, title)]

    def without(self, section: str | Section) -> AgentDefinition:
        """Return a definition without a section and the deeper ones under it."""
        return self._with_prompt(sections.removed(self.raw_prompt, section))

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
        return self._with_prompt(prompt)

    def with_sections_in_order(self, *titles: str) -> AgentDefinition:
        """Return a definition with the named sections in this order, in the places they have now."""
        return self._with_prompt(sections.reordered(self.raw_prompt, titles))

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

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return card.mimebundle(self)

    def _repr_html_(self) -> str:
        return card.mimebundle(self)["text/html"]

    def __repr__(self) -> str:
        tools = "all tools" if self.tools is None else f"{len(self.tools)} tools"
        counts = f"{len(self.examples)} examples, {sum(bool(part.title) for part in self.sections)} sections"
        model = cut(self.model or "no model")
        return f"<AgentDefinition {brief(self.name)}: {self.verdict}, {model}, {tools}, {counts}>"


def _rebuild(source: bytes, origin: files.Origin | None, base: str | None) -> AgentDefinition:
    return AgentDefinition(source, origin=origin, base=Document(base) if base is not None else None)
