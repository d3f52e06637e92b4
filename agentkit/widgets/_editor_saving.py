"""Saving from the form, with its questions, and the file that changes behind the form's back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ipywidgets as w

from agentkit.definition.agent import AgentDefinition
from agentkit.errors import AgentkitError, FileChanged
from agentkit.views import safe
from agentkit.views.safe import Html
from agentkit.widgets import _editor_side as side
from agentkit.widgets._form_state import FormState
from agentkit.widgets._form_variant import free_name, save_variant
from agentkit.widgets._parts import box, button, html, make, put, reveal


class Saving:
    """What the form does with files: save, save elsewhere, save as a variant, follow the disk.

    Args:
        state: What is saved.
        act: Runs an edit and shows the whole form again.
        show: Shows the whole form again.
    """

    def __init__(self, state: FormState, act: Callable[[Callable[[], object]], None], show: Callable[[], None]) -> None:
        self._state = state
        self._act = act
        self._show = show
        self._stamp: object = None
        self._looked: object = None
        self._asking = ""
        self._noted: AgentDefinition | None = None
        self.gone = False
        """Whether the file was there and is there no more."""
        self._note = html("", "ak-note", "ak-live")
        self._ask = box([], "ak-ask")
        self.view = box([self._note, self._ask], "ak-questions")
        self.close()

    def refresh(self) -> None:
        """Take away a note that is over."""
        if self._noted is not self._state.value and not self.gone:
            self._say("")

    def save(self, path: str | None = None, force: bool = False) -> None:
        """Save as the buttons do: a refusal becomes a question, any other error the form's problem."""
        try:
            self._state.save(path, force=force)
        except FileChanged as error:
            self._ask_changed(error.message, path)
            return
        except AgentkitError as error:
            self._state.problem = str(error)
        else:
            self.saved()
        self._show()

    def saved(self) -> None:
        """Forget the questions after a save."""
        self.close()
        self.gone = False

    def variant(self, name: str) -> None:
        """Save as a variant as the button does; the form stays on its own file."""
        try:
            made = save_variant(self._state, name)
        except AgentkitError as error:
            self._state.problem = str(error)
        else:
            self.close()
            self._state.problem = None
            here = self._state.baseline.path
            stays = f" This form is still on {here.name}." if here else ""
            self._say(f"Saved as {made.path}.{stays}")
        self._show()

    def look(self) -> None:
        """See whether the file changed on disk: take it over where nothing is unsaved, else ask."""
        origin = self._state.baseline._origin
        path = origin.path if origin else None
        stamp = _stamp(origin.place) if origin else None
        # A file that was just written may not be whole yet: it counts once it has rested from one look to the next.
        settled, self._stamp = stamp == self._stamp, stamp
        if not settled or stamp == self._looked:
            return
        self._looked = stamp
        if (stamp is None) != self.gone:
            self.gone = stamp is None
            self._say(f"{path} is no longer there. Save writes it anew." if self.gone else "")
            self._show()
        if self._state.on_disk() is None:
            return
        if not self._state.changed:
            self._take_over()
        elif self._asking in ("", "changed"):
            self._ask_changed(f"{path} changed on disk, and this form has unsaved changes", None)

    def _take_over(self) -> None:
        def take() -> None:
            # What was typed since the look must not be lost.
            if not self._state.changed and self._state.take_disk():
                self._say("The file changed on disk; the form shows it as it is now. Undo brings back what it was.")

        if self._asking == "changed":
            self.close()
        self._act(take)

    # Questions

    def _ask_changed(self, message: str, path: str | None) -> None:
        def take() -> None:
            self.close()
            self._act(self._state.take_disk)

        buttons = [button("Overwrite it with this form", lambda: self.save(path, force=True))]
        if self._state.on_disk() is not None and path is None:
            buttons.append(button("Take what is on disk", take, name="Take what is on disk; undo brings the form back"))
        buttons.append(button("Not now", self.close))
        self._question("changed", html(side.changed(self._state, message), "ak-well", "ak-live"), buttons)

    def ask_path(self) -> None:
        """Ask for the file to save to."""
        here = self._state.baseline.path
        value = str(here.with_suffix(".new.md") if here else "agent.md")
        self._ask_line("path", "Save under the name", value, "Save there", self.save)

    def ask_variant(self) -> None:
        """Ask for the name of a variant."""
        self._ask_line("variant", "Name of the variant", free_name(self._state), "Save the variant", self.variant)

    def _ask_line(self, asking: str, label: str, value: str, text: str, act: Callable[[str], None]) -> None:
        line = make(w.Text, "ak-field", description=label, value=value)
        buttons = [
            button(text, lambda: act(line.value), "ak-main-button"),
            button("Not now", self.close),
        ]
        self._question(asking, line, buttons)

    def _question(self, asking: str, asked: w.Widget, buttons: list[w.Button]) -> None:
        self._asking = asking
        self._ask.children = (asked, box(buttons, "ak-buttons", row=True))
        reveal(self._ask, True)

    def close(self) -> None:
        """Take the question away."""
        self._asking = ""
        self._ask.children = ()
        reveal(self._ask, False)

    def _say(self, text: str) -> None:
        self._noted = self._state.value
        put(self._note, Html(safe.escape(text)))
        reveal(self._note, text)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written; None where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
