"""The two lists of the form that grow and move: example cards and sections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as w

from agentkit.views import _words, safe
from agentkit.widgets._editor_fields import Inputs
from agentkit.widgets._form_sections import Part, neighbour, under
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import box, button, html, make, reveal

PARTS = (
    ("context", "Context"),
    ("user", "User says"),
    ("assistant", "Assistant answers"),
    ("commentary", "Why this agent (commentary)"),
)

LONG = 12
"""Sections beyond which the list opens with those under others folded away."""


class Examples:
    """The examples as cards.

    Args:
        state: What they show and edit.
        inputs: The form's inputs, which the cards' inputs join.
        act: Runs an edit and shows the whole form again.
    """

    def __init__(self, state: FormState, inputs: Inputs, act: Callable[[Callable[[], object]], None]) -> None:
        self._state = state
        self._inputs = inputs
        self._act = act
        self._fields: list[w.Widget] = []
        self._count = -1
        self.view = box([], "ak-group")
        self.add = button("Add an example", lambda: act(state.add_example))

    def refresh(self) -> None:
        """Make as many cards as there are examples; their inputs fill themselves."""
        count = len(self._state.value.examples)
        if count == self._count:
            return
        self._count = count
        self._inputs.forget(self._fields)
        self._fields = []
        cards = [self._card(at, count) for at in range(count)]
        empty = html('<div class="ak-hint">No examples yet. Two or three make delegation far more certain.</div>')
        self.view.children = [*(cards or [empty]), box([self.add], row=True)]

    def _card(self, at: int, count: int) -> w.Widget:
        state, act, number = self._state, self._act, at + 1
        up = button("↑", lambda: act(lambda: state.move_example(at, -1)), name=f"Move example {number} up")
        down = button("↓", lambda: act(lambda: state.move_example(at, 1)), name=f"Move example {number} down")
        gone = button("Remove", lambda: act(lambda: state.remove_example(at)), name=f"Remove example {number}")
        up.disabled, down.disabled = at == 0, at == count - 1
        head = box([html(f"Example {number}"), up, down, gone], "ak-card-head", row=True)
        fields = [self._field(at, name, label) for name, label in PARTS]
        self._fields += fields
        return box([head, box(fields[:1], "ak-row"), box(fields[1:3], "ak-row"), box(fields[3:], "ak-row")], "ak-card")

    def _field(self, at: int, name: str, label: str) -> w.Widget:
        def read() -> str:
            blocks = self._state.value.examples
            return str(getattr(blocks[at], name)) if at < len(blocks) else ""

        made = make(w.Textarea, description=label, rows=1)
        return self._inputs.bind(made, read, lambda text: self._state.set_example(at, **{name: text}))


class Sections:
    """The sections of the system prompt: on, off, and in which order.

    Args:
        state: What they show and edit.
        act: Runs an edit and shows the whole form again.
    """

    def __init__(self, state: FormState, act: Callable[[Callable[[], object]], None]) -> None:
        self._state = state
        self._act = act
        self._parts: tuple[Part, ...] | None = None
        self._rows: list[w.Widget] = []
        self._ticks: list[w.Checkbox] = []
        self._folds: dict[int, w.Button] = {}
        self._folded: set[str] = set()
        self.view = box([], "ak-group")

    def refresh(self) -> None:
        """Make a row for each section, where they are not the ones shown already."""
        parts = self._state.parts
        if parts == self._parts:
            return
        # Typing changes sizes alone: new rows at each key would keep the page busy.
        if self._parts is not None and _built(parts) == _built(self._parts):
            self._parts = parts
            for tick, part in zip(self._ticks, parts, strict=True):
                tick.description = _label(part)
            return
        if self._parts is None and len(parts) > LONG:
            self._folded = {part.title for at, part in enumerate(parts) if under(parts, at)}
        self._parts = parts
        top = min((part.level for part in parts), default=0)
        self._folds = {at: self._fold(at) for at in range(len(parts)) if under(parts, at)}
        self._ticks = [self._tick(part, top) for part in parts]
        self._rows = [self._row(part, at) for at, part in enumerate(parts)]
        none = html('<div class="ak-hint">No headings or bold lead-ins, so no sections to switch.</div>')
        self._show_folds()
        self.view.children = self._rows or [none]

    def _fold(self, at: int) -> w.Button:
        def turn() -> None:
            self._folded ^= {(self._parts or ())[at].title}
            self._show_folds()

        return button("▾", turn, "ak-turn")

    def _show_folds(self) -> None:
        parts = self._parts or ()
        hidden = {each for at in self._folds if parts[at].title in self._folded for each in under(parts, at)}
        for at, row in enumerate(self._rows):
            reveal(row, at not in hidden)
        for at, turn in self._folds.items():
            folded, title = parts[at].title in self._folded, safe.visible(parts[at].title)
            many = _words.plural(len(under(parts, at)), "section", "sections")
            turn.description = f"▸ {many}" if folded else "▾"
            turn.tooltip = f"{'Show' if folded else 'Hide'} {many} under {title}"

    def _tick(self, part: Part, top: int) -> w.Checkbox:
        step = f"ak-step-{min(part.level - top, 3)}"
        tick = make(w.Checkbox, step, value=part.on, indent=False, description=_label(part))

        def switched(_change: Mapping[str, Any]) -> None:
            self._act(lambda: self._state.switch_off(part.index) if part.on else self._state.switch_on(part.index))

        tick.observe(switched, "value")
        return tick

    def _row(self, part: Part, at: int) -> w.Widget:
        state, act, title = self._state, self._act, safe.visible(part.title)
        up = button("↑", lambda: act(lambda: state.move_part(part.index, -1)), name=f"Move section {title} up")
        down = button("↓", lambda: act(lambda: state.move_part(part.index, 1)), name=f"Move section {title} down")
        sections = state.value.sections
        up.disabled = not part.on or neighbour(sections, part.index, -1) is None
        down.disabled = not part.on or neighbour(sections, part.index, 1) is None
        return box(filter(None, [self._ticks[at], self._folds.get(at), up, down]), "ak-part", row=True)


def _built(parts: Sequence[Part]) -> list[Part]:
    """Return what the rows are made of: all but the sizes."""
    return [replace(part, size=0) for part in parts]


def _label(part: Part) -> str:
    size = _words.plural(part.size, "character", "characters")
    return f"{safe.visible(part.title)} ({size}{'' if part.on else ', off'})"
