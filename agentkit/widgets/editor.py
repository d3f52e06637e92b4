"""`ak.edit`: one form for a whole definition, in a notebook.

The form shows and asks; what is edited, undone and saved is `FormState`'s, which works without a browser.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as w

from agentkit.definition.agent import AgentDefinition
from agentkit.definition.opening import load
from agentkit.widgets import _editor_side as side
from agentkit.widgets._editor_drafts import Drafts
from agentkit.widgets._editor_fields import OWN_PLACE, Inputs, at
from agentkit.widgets._editor_findings import Findings
from agentkit.widgets._editor_lists import Examples, Sections
from agentkit.widgets._editor_more import More
from agentkit.widgets._editor_prompt import Prompt
from agentkit.widgets._editor_saving import Saving
from agentkit.widgets._form_code import code
from agentkit.widgets._form_places import Place
from agentkit.widgets._form_state import FormState
from agentkit.widgets._form_variant import free_name, save_variant
from agentkit.widgets._guard import Guard
from agentkit.widgets._parts import box, button, group, html, make, put, reveal, shared_one
from agentkit.widgets._throttle import Throttle
from agentkit.widgets._watch import Watch


def edit(agent: AgentDefinition | str | os.PathLike[str]) -> Editor:
    r"""Open a form over a definition.

    Args:
        agent: A definition, or the path of its file.

    Returns:
        The form. Shown as a cell's last value it can be filled in; `form.value` is the edited definition at any
        moment, `form.code` the Python that makes the same edit.

    Raises:
        DefinitionNotFound: no such file.

    >>> import agentkit as ak
    >>> form = ak.edit(ak.loads("---\nname: greeter\ndescription: Use to greet\n---\nYou greet.\n"))
    >>> form
    Editor of 'greeter'
    >>> form.value.name
    'greeter'
    """
    return Editor(agent if isinstance(agent, AgentDefinition) else load(agent))


class Editor(w.VBox):  # type: ignore[misc]
    """The form that `ak.edit` opens; make it with that.

    Args:
        agent: What to edit.
    """

    def __init__(self, agent: AgentDefinition) -> None:
        self.state = FormState(agent)
        self._lock = threading.RLock()
        self._inputs = Inputs(self.state, self._edited)
        self._examples = Examples(self.state, self._inputs, self._act)
        self._sections = Sections(self.state, self._act)
        self._more = More(self.state, self._inputs, self._act)
        self._prompt = Prompt(self.state, self._inputs, lambda: self._show())
        self._findings = Findings(self.state, self._act, self._go)
        self._reports = side.Reports(self.state)
        self._refresh = Throttle(self._show)
        self._saving = Saving(self.state, self._act, self._refresh.flush)
        self._drafts = Drafts(self.state, self._act)
        self._watch = Watch(self._look)
        self._views = 0
        self._title = html("", "ak-title")
        self._problem = html("", "ak-problem", "ak-live")
        self._guard = make(Guard, label="Agent definition")
        self._guard.on_msg(self._key)
        # What must not scroll away: the state, the buttons, what went wrong and what is asked.
        head = box([self._bar(), self._problem, self._saving.view], "ak-head")
        children = [self._guard, head, self._drafts.view, self._body()]
        super().__init__(children, layout=shared_one(w.Layout), _dom_classes=("ak-form", "ak-edit"))
        self._show()

    @property
    def value(self) -> AgentDefinition:
        """The definition as edited so far; setting it is one step that can be undone."""
        return self.state.value

    @value.setter
    def value(self, agent: AgentDefinition) -> None:
        self._act(lambda: self.state.edit(lambda _: agent))

    @property
    def code(self) -> str:
        """The Python that makes the same edit."""
        return code(self.state.baseline, self.state.value)

    def undo(self) -> None:
        """Take back the last step."""
        self._act(self.state.undo)

    def redo(self) -> None:
        """Make a step again that was taken back."""
        self._act(self.state.redo)

    def revert(self) -> None:
        """Go back to what the file holds; undo brings the edit back."""
        self._act(self.state.revert)

    def save(self, path: str | os.PathLike[str] | None = None) -> AgentDefinition:
        """Write the definition and return it as saved.

        Args:
            path: Where to; the file it came from when left out.

        Raises:
            FileChanged: the file changed on disk since it was loaded.
            DefinitionError: it cannot be written.
        """
        saved = self.state.save(Path(path) if path is not None else None)
        self._saving.saved()
        self._refresh.flush()
        return saved

    def save_variant(self, name: str | None = None) -> AgentDefinition:
        """Write the definition under another name, into a file of that name, and return it as saved there.

        The form stays on its own file, and its unsaved changes stay unsaved.

        Args:
            name: The variant's name; `NAME-variant`, or the first of its kind that is free, when left out.

        Raises:
            EditError: the name cannot be a file's.
            FileChanged: a file of that name is there already.
        """
        return save_variant(self.state, name or free_name(self.state))

    def settle(self) -> None:
        """Show at once what would be shown a moment later."""
        self._refresh.flush()

    def close(self) -> None:
        """Take the form away for good; it no longer looks at its file."""
        self._watch.stop()
        super().close()

    def __repr__(self) -> str:
        agent = self.state.baseline
        place = f" in {agent.path}" if agent.path else ""
        return f"Editor of {agent.name!r}{place}"

    # Layout

    def _bar(self) -> w.Box:
        self._undo = button("Undo", self.undo, "ak-large", "ak-undo", name="Undo (Ctrl+Z)")
        self._redo = button("Redo", self.redo, "ak-large", name="Redo (Ctrl+Shift+Z)")
        self._revert = button("Revert", self.revert, "ak-large", name="Revert to what the file holds")
        self._variant = button("Save as variant …", self._saving.ask_variant, "ak-large")
        self._save_as = button("Save as …", self._saving.ask_path, "ak-large", name="Save as … another file")
        self._save = button("Save", self._saving.save, "ak-large", "ak-main-button", name="Save to the file")
        # Where there is no room for them beside the form, what is always visible there is one click away.
        aside = button("Findings", lambda: self._guard.send({"aside": True}), "ak-large", "ak-jump")
        aside.tooltip = "Findings, roster line, changes and code, under the form"
        buttons = [aside, self._undo, self._redo, self._revert, self._variant, self._save_as, self._save]
        return box([self._title, *buttons], "ak-bar", row=True)

    def _body(self) -> w.Box:
        inputs = self._inputs
        main = [
            group("Agent", box([inputs.field("name", "Name"), inputs.model()], "ak-row"), inputs.color()),
            group("Description", inputs.lead(), hint="The main model reads this, and nothing else, to decide."),
            group("Examples", self._examples.view),
            group("Tools", inputs.tools()),
            self._prompt.view,
            group("Sections", self._sections.view, hint="Untick one to try the prompt without it."),
            self._more.view,
        ]
        aside = [*self._findings.groups(), *self._reports.groups()]
        return box([box(main, "ak-main"), box(aside, "ak-side")], "ak-body")

    # What happens

    def _edited(self) -> None:
        self._refresh()

    def _act(self, change: Callable[[], object]) -> None:
        with self._lock:
            change()
            self._examples.refresh()
            self._inputs.fill()
        self._refresh.flush()

    def _show(self) -> None:
        with self._lock:
            state = self.state
            self._undo.disabled, self._redo.disabled = not state.can_undo, not state.can_redo
            self._revert.disabled = not state.changed
            gone = self._saving.gone
            self._save.disabled = not (state.changed or gone) or state.baseline.path is None
            put(self._title, side.title(state, gone))
            put(self._problem, side.problem(state))
            reveal(self._problem, state.problem)
            self._prompt.refresh()
            self._examples.refresh()
            self._sections.refresh()
            self._more.refresh()
            self._findings.refresh()
            self._reports.refresh(self.code)
            self._saving.refresh()
            self._drafts.refresh()

    def _go(self, place: Place) -> None:
        if place.field is None:
            self._prompt.go(place.line)
            return
        if place.field not in OWN_PLACE:
            self._more.open()
        self._guard.send({"focus": at(place.field)})

    def _key(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        key = content.get("key")
        if key == "save" and not self._save.disabled:
            self._saving.save()
        elif key == "undo":
            self.undo()
        elif key == "redo":
            self.redo()
        elif key == "shown":
            self._views += 1
            self._watch.start()
        elif key == "gone":
            self._views -= 1
            if self._views <= 0:
                self._watch.stop()

    def _look(self) -> None:
        self._saving.look()
