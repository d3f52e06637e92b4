"""The system prompt in the form: written with line numbers and find, or shown rendered."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
import ipywidgets as w
import traitlets

from agentkit.widgets import _editor_side as side
from agentkit.widgets._editor_fields import Inputs
from agentkit.widgets._form_places import first_line, marks
from agentkit.widgets._form_state import FormState
from agentkit.widgets._guard import STATIC
from agentkit.widgets._jupyter import opening, root
from agentkit.widgets._parts import box, group, html, make, put, reveal


class PromptBar(anywidget.AnyWidget):
    """What stands over and beside the prompt's input: find, and line numbers with the findings' marks."""

    _esm = STATIC / "prompt.js"
    _css = STATIC / "prompt.css"
    area = traitlets.Instance(w.Textarea).tag(sync=True, **w.widget_serialization)
    """The input that it belongs to."""
    first = traitlets.Int(1).tag(sync=True)
    """The file's line on which the prompt begins."""
    marks = traitlets.List(traitlets.Dict()).tag(sync=True)
    file = traitlets.Dict().tag(sync=True)
    """How JupyterLab opens the definition's file: `path` and `note`."""


class Prompt:
    """The system prompt's part of the form.

    Args:
        state: What it shows and edits.
        inputs: The form's inputs, which the prompt's joins.
        show: Shows the whole form again.
    """

    def __init__(self, state: FormState, inputs: Inputs, show: Callable[[], None]) -> None:
        self._state = state
        area = inputs.prompt()
        self.bar = make(PromptBar, area=area)
        self.mode = make(
            w.ToggleButtons,
            options=["Write", "Preview"],
            tooltips=["Write: edit the Markdown", "Preview: see it rendered"],
        )
        self.mode.observe(lambda _change: show(), "value")
        self._write = box([self.bar, area], "ak-write")
        self._preview = html("<em>One moment …</em>", "ak-preview")
        self.view = group("System prompt", self.mode, self._write, self._preview)

    def refresh(self) -> None:
        """Show it as the state is now."""
        writing = self.mode.value == "Write"
        reveal(self._write, writing)
        reveal(self._preview, not writing)
        if not writing:
            put(self._preview, side.preview(self._state))
        agent = self._state.value
        self.bar.first, self.bar.marks = first_line(agent), marks(agent)
        self.bar.file = opening(self._state.baseline.path, root())

    def go(self, line: int) -> None:
        """Bring a line of the file into view, with the cursor on it."""
        self.mode.value = "Write"
        self.bar.send({"line": line})
