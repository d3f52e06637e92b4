"""What the editor form does, without the form: edits, undo, sections switched off, saving.

Every step is a definition; undo walks back over them. A section that is switched off leaves the definition and waits
here, with its place, until it is switched on again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentkit.definition import files, yamlcore
from agentkit.definition.agent import AgentDefinition
from agentkit.definition.examples import Example
from agentkit.definition.fields import BY_NAME
from agentkit.errors import AgentkitError, EditError, FileChanged
from agentkit.views import diff
from agentkit.widgets._form_description import described, gap, in_description
from agentkit.widgets._form_sections import Off, Part, Step, neighbour, parts, switched_off, switched_on

BURST_S = 1.0
"""Seconds between two keystrokes of one field beyond which undo takes them apart."""

STEPS = 500
"""Steps that undo remembers."""

NOT_FIELDS = ("examples", "system_prompt")
"""Names that `agent.replace` takes for parts of the definition that are no frontmatter fields."""


class FormState:
    r"""The state of one editor form.

    Args:
        agent: What to edit.
        now: A clock in seconds, for telling one burst of typing from the next.

    >>> import agentkit as ak
    >>> state = FormState(ak.loads("---\nname: a\ndescription: Use for b\n---\nYou help.\n"))
    >>> state.set_field("color", "green")
    True
    >>> state.value.color, state.undo(), state.value.color
    ('green', True, None)
    """

    def __init__(self, agent: AgentDefinition, now: Callable[[], float] = time.monotonic) -> None:
        origin = agent._origin
        self.baseline = agent if origin is None else AgentDefinition(origin.content, origin=origin)
        # A definition that was edited in code before the form opened is an unsaved change of its file.
        self._steps = [Step(self.baseline)] if agent == self.baseline else [Step(self.baseline), Step(agent)]
        self._at = len(self._steps) - 1
        self._now = now
        self._burst: tuple[str, float] | None = None
        self._problem: str | None = None
        self.unread: dict[str, str] = {}
        """Fields into which something was typed that is not YAML, with the reason; it is not in `value`."""

    @property
    def value(self) -> AgentDefinition:
        """The definition as edited so far."""
        return self._steps[self._at].agent

    @property
    def off(self) -> tuple[Off, ...]:
        """The sections that are switched off."""
        return self._steps[self._at].off

    @property
    def problem(self) -> str | None:
        """Why the last edit could not be made, and what else that was typed is not taken over; None where all is."""
        said = [self._problem, *self.unread.values()]
        return "\n".join(each for each in dict.fromkeys(said) if each) or None

    @problem.setter
    def problem(self, reason: str | None) -> None:
        self._problem = reason

    @property
    def changed(self) -> bool:
        """Whether the definition differs from the file."""
        return self.value.source != self.baseline.source

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self._at + 1 < len(self._steps)

    def undo(self) -> bool:
        """Take back one step; False where there is none."""
        return self._go(-1) if self.can_undo else False

    def redo(self) -> bool:
        """Make a step again that was taken back; False where there is none."""
        return self._go(1) if self.can_redo else False

    def _go(self, by: int) -> bool:
        self._at += by
        self._burst = None
        self.problem = None
        self.unread.clear()
        return True

    # Edits. Each returns whether it was made; `problem` says why not.

    def edit(self, change: Callable[[AgentDefinition], AgentDefinition], key: str = "") -> bool:
        """Make one edit; edits with the same key that follow each other quickly are one step."""
        return self._try(lambda step: replace(step, agent=change(step.agent)), key)

    def set_field(self, name: str, value: Any) -> bool:
        """Set a field; None, or nothing typed into a field that is not required, takes it out."""
        if name in NOT_FIELDS:
            self.problem = f"{name} has inputs of its own; a frontmatter field of that name is changed in the file"
            return False
        field = BY_NAME.get(name)
        if value == "" and not (field and field.required):
            value = None
        if value is None and name not in self.value.metadata:
            return True
        return self.edit(lambda agent: agent.replace(**{name: value}), f"field {name}")

    def set_yaml(self, name: str, text: str) -> bool:
        """Set a field to what a text means as YAML: `5` a number, `[a, b]` a list."""
        self.unread.pop(name, None)
        if not text.strip():
            return self.set_field(name, None)
        try:
            value = yamlcore.read(f"value: {text}" if "\n" not in text.strip() else f"value:\n{_indented(text)}")[
                "value"
            ]
        except (AgentkitError, KeyError, TypeError) as error:
            self.unread[name] = f"{name} is not YAML: {getattr(error, 'message', error)}"
            return False
        return self.set_field(name, value)

    def set_lead(self, text: str) -> bool:
        """Set the description's words before its first example, or all of it where there is none."""
        _, rest = described(self.value)
        # White space that was typed here a moment ago is none of the file's own.
        spaced = self.baseline if described(self.baseline)[1] else self.value
        between = "" if not rest or not text or text[-1:].isspace() else gap(spaced)
        return self.set_field("description", in_description(text) + between + rest)

    def set_examples(self, examples: Sequence[Example]) -> bool:
        """Set the examples of the description."""
        return self.edit(lambda agent: agent.replace(examples=tuple(examples)), "examples")

    def set_example(self, at: int, **parts: str) -> bool:
        """Change one example's context, user, assistant or commentary."""
        blocks = list(self.value.examples)
        given = {name: in_description(text) for name, text in parts.items()}
        for name in {"context", "commentary"} & given.keys():
            # They stand without quotes: a blank at the end, as while typing, would ask for some, or be refused.
            given[name] = given[name].strip()
        blocks[at] = replace(blocks[at], **given)  # type: ignore[arg-type]
        return self.edit(lambda agent: agent.replace(examples=blocks), f"example {at} {sorted(parts)}")

    def add_example(self) -> bool:
        """Add an example to fill in."""
        blank = Example(user="…", assistant=f"I'll use the {self.value.name or 'new'} agent.")
        return self.edit(lambda agent: agent.with_example(blank))

    def remove_example(self, at: int) -> bool:
        """Remove the example at a place, from 0."""
        return self.edit(lambda agent: agent.without_example(at))

    def move_example(self, at: int, by: int) -> bool:
        """Move an example up (-1) or down (1)."""
        blocks = list(self.value.examples)
        if not (0 <= at < len(blocks) and 0 <= at + by < len(blocks)):
            return False
        blocks.insert(at + by, blocks.pop(at))
        return self.edit(lambda agent: agent.replace(examples=blocks))

    def set_prompt(self, text: str) -> bool:
        """Set the system prompt, in which sections that are off do not stand."""
        text = text.replace("\r\n", "\n").replace("\n", self.value.document.newline)
        return self.edit(lambda agent: agent.replace(system_prompt=text), "system prompt")

    @property
    def parts(self) -> tuple[Part, ...]:
        """The sections with a title, on and off, in the order of the prompt."""
        return parts(self._steps[self._at])

    def switch_off(self, index: int) -> bool:
        """Take a section, with the deeper ones under it, out of the prompt and keep it at hand."""
        return self._try(lambda step: switched_off(step, index))

    def switch_on(self, index: int) -> bool:
        """Put a section that is off back in its place."""
        return self._try(lambda step: switched_on(step, index))

    def move_part(self, index: int, by: int) -> bool:
        """Move a section that is on past its neighbour of the same level, up (-1) or down (1)."""
        sections = self.value.sections
        here = sections[index]
        other = neighbour(sections, index, by)
        if other is None:
            return False
        order = (sections[other], here) if by < 0 else (here, sections[other])
        titles = (order[1].title, order[0].title)
        return self.edit(lambda agent: agent.with_sections_in_order(*titles))

    def fix(self, code: str) -> bool:
        """Make the safe fix of a finding."""
        return self.edit(lambda agent: agent.fix(code))

    def revert(self) -> bool:
        """Go back to what the file holds, as a step that can be undone."""
        self.unread.clear()
        return self._try(lambda _step: Step(self.baseline))

    # The file

    def take(self, text: str) -> bool:
        """Take over the whole text of a definition, as a step that can be undone."""
        origin = self.baseline._origin
        self.unread.clear()
        return self._try(lambda _step: Step(AgentDefinition(text.encode("utf-8", "surrogateescape"), origin=origin)))

    def save(self, path: str | Path | None = None, *, force: bool = False) -> AgentDefinition:
        """Write the definition, whole or not at all; what was typed stays as it is where that fails.

        Args:
            path: Where to; the file it came from when left out.
            force: Write also where the file changed on disk.

        Raises:
            FileChanged: the file changed on disk since it was loaded, and `force` is off.
            EditError: there is no file to write to.
        """
        known = self.baseline._origin
        origin = known.place if known else None
        target = files.given(path) if path is not None else origin
        if target is None:
            raise EditError("this definition was not loaded from a file", hint="give a path: agents/NAME.md")
        same = origin is not None and origin.resolve() == target.resolve()
        held = files.Origin(target, self.baseline.source) if same and not force else None
        if not same and not force and target.exists():
            raise FileChanged(f"{target} is there already; nothing was written")
        written = files.write(target, self.value.source, held)
        if known is not None and path is None:
            written = known._replace(content=written.content)
        self.baseline = AgentDefinition(self.value.source, origin=written)
        self._steps[self._at] = replace(self._steps[self._at], agent=self.baseline)
        self._burst = None
        return self.baseline

    def on_disk(self) -> AgentDefinition | None:
        """Return what the file holds now where that is not what was loaded; None where it is, or is gone."""
        known = self.baseline._origin
        if known is None:
            return None
        try:
            origin = known._replace(content=files.read(known.place).content)
        except AgentkitError:
            return None
        return None if origin.content == self.baseline.source else AgentDefinition(origin.content, origin=origin)

    def take_disk(self) -> bool:
        """Take over what the file holds now, as a step that can be undone."""
        now = self.on_disk()
        if now is None:
            return False
        self.baseline = now
        self.unread.clear()
        return self._try(lambda _step: Step(now))

    def diff(self) -> str:
        """Return what saving would change, as a unified diff; empty where nothing."""
        name = self.baseline.path.name if self.baseline.path else self.baseline.name or "definition"
        return diff.unified(self.baseline.text, self.value.text, name, "edited")

    def _try(self, change: Callable[[Step], Step], key: str = "") -> bool:
        try:
            step = change(self._steps[self._at])
        except AgentkitError as error:
            self.problem = error.message
            return False
        self.problem = None
        if step == self._steps[self._at]:
            return True
        now = self._now()
        burst = bool(key) and self._burst is not None and self._burst[0] == key and now - self._burst[1] < BURST_S
        del self._steps[self._at + 1 :]
        if burst and self._at > 0:
            self._steps[self._at] = step
        else:
            self._steps = [*self._steps[-STEPS:], step]
            self._at = len(self._steps) - 1
        self._burst = (key, now) if key else None
        return True


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip("\n").split("\n"))
