"""`AgentDefinition`: one definition file as a value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from agentkit.brief import brief, cut
from agentkit.definition import card, example_edits, files, findings, roster, sections
from agentkit.definition.diff import Diff
from agentkit.definition.document import Document, require_end, require_frontmatter
from agentkit.definition.edits import field_name, with_fields
from agentkit.definition.examples import Example
from agentkit.definition.findings import Findings
from agentkit.definition.lazy import lazy
from agentkit.definition.loaded import Loaded
from agentkit.definition.sections import Section
from agentkit.definition.undecoded import encoded, kept
from agentkit.definition.values import description_and_examples, prompt_text
from agentkit.errors import EditError

if TYPE_CHECKING:
    from agentkit.definition.section_edits import Prompt


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
        """The line by which a delegating model knows this agent; of one that is dropped, the line it would have."""
        return roster.line(self)

    # Edits

    def with_text(self, text: str) -> AgentDefinition:
        """Return the definition that another text of the file would be."""
        if not isinstance(text, str):
            raise EditError(
                f"the text of a file cannot be a {type(text).__name__}",
                received=text,
                accepted="text",
                hint="agent.with_text(data.decode())",
            )
        return AgentDefinition(encoded(text), origin=self._origin) if text != self.text else self

    def _edited(self, document: Document) -> AgentDefinition:
        return AgentDefinition(encoded(document.text), origin=self._origin, base=self._loaded)

    @property
    def _loaded(self) -> Document:
        return self._base or self.document

    def _with_prompt(self, prompt: str) -> AgentDefinition:
        require_end(self.document)
        start, end = self._loaded.prompt_span
        for old in (self._loaded.text[start:end], self.raw_prompt):
            prompt = kept(prompt, old)
        return self._edited(self.document.with_prompt(prompt, self._loaded))

    def replace(self, /, **fields: Any) -> AgentDefinition:
        """Return a definition with some fields set; None deletes one.

        Args:
            **fields: Frontmatter fields by name (`color="green"`, `maxTurns=5` or `max_turns=5`, unknown ones too),
                and `system_prompt` (text) and `examples` (a sequence of `Example`, written into the description).

        Raises:
            EditError: a value cannot be written, or a field's name is a likely slip.
        """
        document = self.document
        blocks: list[Example] | None = None
        if "examples" in fields:
            alone = "description" not in fields
            given = self.description if alone else fields["description"]
            description, blocks = description_and_examples(given, fields.pop("examples"))
            loaded = (self._base.reading.description if self._base else self.description) or ""
            written = example_edits.set_examples(description, blocks, loaded, alone=alone)
            if not alone or written != description:
                # Where there is no description, and nothing to say in one, none is made.
                none = not written and (given is None or self._loaded.reading.description is None)
                fields["description"] = None if none else written
        prompt = prompt_text(fields.pop("system_prompt")) if "system_prompt" in fields else self.raw_prompt
        if fields:
            require_frontmatter(document)
            require_end(document)
            known = {*self.metadata, *self._loaded.reading.metadata}
            wanted = {field_name(given, known): value for given, value in fields.items()}
            document = with_fields(document, wanted, self._loaded)
        result = self._edited(document)
        if blocks is not None:
            example_edits.check(result.examples, blocks)
        if prompt != self.raw_prompt:
            result = result._with_prompt(document.prompt_lines(prompt, self._loaded))
        return result

    def section(self, title: str) -> Section:
        """Return the section of that title.

        Raises:
            EditError: there is none; the nearest titles are told.
        """
        return self.sections[sections.find(self.sections, title)]

    def without(self, section: str | Section) -> AgentDefinition:
        """Return a definition without a section and the deeper ones under it.

        Text without a title that stood behind it stays, behind the section before it.

        Raises:
            EditError: there is no such section, or another one would be lost with it.
        """
        return self._with_prompt(self._prompt.without(section))

    def with_section(
        self, title: str, text: str, *, after: str | None = None, level: int | None = None
    ) -> AgentDefinition:
        """Return a definition with that section's own text replaced, or with the section added.

        Args:
            title: The section's title.
            text: Its text, in the line ends of the prompt and without the blank lines around it. It may begin with a
                title line of its own, as `sections` reads one: with this title, or for a section that is there with
                another title of the same level, which retitles it. Anything else (bold words, a deeper heading) comes
                below the title.
            after: For a new section: the title of the section to stand behind; at the end when left out.
            level: For a new section: 1 to 6 for a heading, 7 for a bold lead-in. When left out: as the others are, or
                as the one it stands behind where what follows would come under it.

        Raises:
            EditError: it cannot be written so that it and all the others are read as sections: behind a code fence
                that is never closed, for one.
        """
        return self._with_prompt(self._prompt.with_section(title, text, after=after, level=level))

    def with_sections_in_order(self, *titles: str) -> AgentDefinition:
        """Return a definition with the named sections in this order, in the places they have now.

        Each takes along those under it that are not named.

        Raises:
            EditError: there is no such section, one is named twice, or one would be lost.
        """
        return self._with_prompt(self._prompt.in_order(titles))

    @property
    def _prompt(self) -> Prompt:
        from agentkit.definition.section_edits import Prompt

        base = self._base or self.document
        start, end = base.prompt_span
        return Prompt(self.raw_prompt, base.text[start:end], self.document.prompt_newline(base))

    def with_example(self, example: Example, *, at: int | None = None) -> AgentDefinition:
        """Return a definition with one more example, at the end or before the one at `at`."""
        blocks = list(self.examples)
        if at is not None and not isinstance(at, int):
            raise EditError("an example has a number", received=at, accepted="a whole number, from 0")
        blocks.insert(len(blocks) if at is None else at, example)
        return self.replace(examples=blocks)

    def without_example(self, at: int) -> AgentDefinition:
        """Return a definition without the example at that place, from 0."""
        blocks = list(self.examples)
        if not isinstance(at, int) or not -len(blocks) <= at < len(blocks):
            raise EditError(f"no example {at}: the description has {len(blocks)}")
        del blocks[at]
        return self.replace(examples=blocks)

    def fix(self, *codes: str) -> AgentDefinition:
        """Return a definition with the safe fixes of these rules made; of all rules when none is named.

        Raises:
            EditError: a code is unknown, or its rule has no safe fix.
        """
        from agentkit.definition.fixes import fixed

        mended = fixed(self, codes)
        # What is edited then goes back to the fixed lines, and not to those that had to be mended.
        return self if mended == self else AgentDefinition(mended.source, origin=self._origin)

    # Showing and keeping

    def diff(self, other: AgentDefinition) -> Diff:
        """Return what changes from this definition to another, line by line."""
        return Diff(self.text, other.text, self.name or "before", other.name or "after")

    def dumps(self) -> str:
        """Return the exact text of the file."""
        return self.text

    def save(self, path: str | os.PathLike[str] | None = None) -> AgentDefinition:
        """Write the file, whole or not at all, and return the definition as saved there.

        A new file takes the old one's place, with its mode, and with its owner and group where the user may set those.
        Symbolic links are followed; other hard links to the old file keep the old content.

        Args:
            path: Where to; the file it was loaded from when left out, also after a change of the working folder. A file
                that was deleted since is written again only where this names it.

        Raises:
            FileChanged: that file changed on disk since it was loaded, or is gone.
            DefinitionError: it cannot be written, is read-only, or is no regular file.
        """
        if path is None and self._origin is None:
            raise EditError("this definition was not loaded from a file", hint="agent.save('agents/NAME.md')")
        place = files.given(path) if path is not None else None
        return AgentDefinition(self.source, origin=files.write(place, self.source, self._origin))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return card.mimebundle(self)

    def _repr_html_(self) -> str:
        return card.mimebundle(self)["text/html"]

    def __repr__(self) -> str:
        tools = "all tools" if self.tools is None else f"{len(self.tools)} tools"
        counts = f"{len(self.examples)} examples, {sum(bool(part.title) for part in self.sections)} sections"
        model = cut(self.model or "no model")
        model = model if model.isprintable() else brief(model)  # a terminal obeys control characters
        return f"<AgentDefinition {brief(self.name)}: {self.verdict}, {model}, {tools}, {counts}>"


def _rebuild(source: bytes, origin: files.Origin | None, base: str | None) -> AgentDefinition:
    return AgentDefinition(source, origin=origin, base=Document(base) if base is not None else None)
