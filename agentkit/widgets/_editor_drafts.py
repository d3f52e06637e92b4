"""The drafts of the form: what is typed is kept, and what was left behind is offered until somebody decides."""

from __future__ import annotations

from collections.abc import Callable

from agentkit.widgets import _editor_side as side
from agentkit.widgets._draft import Draft
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import box, button, html, reveal


class Drafts:
    """What was typed and never saved.

    Args:
        state: What is edited.
        act: Runs an edit and shows the whole form again.
    """

    def __init__(self, state: FormState, act: Callable[[Callable[[], object]], None]) -> None:
        self._state = state
        self._act = act
        self._baseline = state.baseline
        self._file = Draft(self._baseline)
        self._left = self._file.find()
        self.view = box([], "ak-ask", "ak-offer")
        self._offer()

    def refresh(self) -> None:
        """Keep what is typed, and take an offer away that the form holds already."""
        state = self._state
        if state.baseline is not self._baseline:
            self._follow()
        if state.value.text in self._left:
            self._left.remove(state.value.text)
            self._offer()
        self._file.keep([state.value.text, *self._left] if state.changed else self._left)

    def _follow(self) -> None:
        """Go with the form to what the file holds now, or to another file; what was left behind stays with its own."""
        self._baseline = self._state.baseline
        now = Draft(self._baseline)
        if now.file != self._file.file:
            self._file.keep(self._left)
            self._file, self._left = now, now.find()
        self._offer()

    def _offer(self) -> None:
        """Offer the newest one."""
        reveal(self.view, self._left)
        if not self._left:
            self.view.children = ()
            return
        text = self._left[0]

        def decide(change: Callable[[], object]) -> None:
            if text in self._left:
                self._left.remove(text)
            self._offer()
            self._act(change)

        buttons = [
            button("Bring it back", lambda: decide(lambda: self._state.take(text)), "ak-primary"),
            button("Drop it", lambda: decide(lambda: None)),
        ]
        shown = html(side.left_behind(self._state, text, len(self._left) - 1), "ak-well", "ak-live")
        self.view.children = (shown, box(buttons, "ak-buttons", row=True))
