"""The fields without an input of their own: those of the field table, those the loader does not know, and new ones."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from agentkit.definition.fields import FIELDS
from agentkit.widgets._editor_fields import OWN_PLACE, Inputs
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import box, button, html, make


class More:
    """The fold with every other field.

    Args:
        state: What is shown and edited.
        inputs: The form's inputs, which these join.
        act: Runs an edit and shows the whole form again.
    """

    def __init__(self, state: FormState, inputs: Inputs, act: Callable[[Callable[[], object]], None]) -> None:
        self._state = state
        self._inputs = inputs
        self._act = act
        self._known = [inputs.more(field) for field in FIELDS if field.name not in OWN_PLACE]
        self._unknown: dict[str, w.Widget] = {}
        self._others = box([], "ak-fields")
        self._fields = box([box(self._known, "ak-fields"), self._others, self._new()], "ak-group")
        titles = ("More fields",)
        self.view = make(w.Accordion, "ak-more", children=[self._fields], selected_index=None, titles=titles)

    def open(self) -> None:
        """Open the fold."""
        self.view.selected_index = 0

    def refresh(self) -> None:
        """Give each unknown field that came up an input; it keeps it, so that what was emptied can be typed again."""
        known = {field.name for field in FIELDS}
        fresh = [name for name in self._state.value.metadata if name not in known and name not in self._unknown]
        if fresh:
            self._unknown |= {name: self._inputs.unknown(name) for name in fresh}
            self._others.children = tuple(self._unknown.values())

    def _new(self) -> w.Box:
        name, value = (make(w.Text, "ak-field", description=text) for text in ("New field", "Its value, as YAML"))

        def add() -> None:
            key = name.value.strip()
            if not key:
                self._state.problem = "a new field needs a name"
            elif not value.value.strip():
                self._state.problem = f"{key} needs a value: a field without one is not written"
            elif self._state.set_yaml(key, value.value):
                name.value = value.value = ""
            else:
                # It has no input yet that could go on showing what was typed.
                self._state.problem = self._state.unread.pop(key, self._state.problem)
            self._act(lambda: None)

        line = box([name, value, button("Add the field", add)], "ak-new", row=True)
        hint = html('<div class="ak-hint">Any other field: the file keeps it, the loader does not read it.</div>')
        return box([hint, line], "ak-group")
