"""The form's inputs: each shows one part of the state and writes back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as w
import traitlets

from agentkit.definition.fields import BY_NAME, COLORS, MODELS, TOOLS, Field
from agentkit.definition.tools import tools_of
from agentkit.views import safe
from agentkit.widgets._form_description import described
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import box, html, make, reveal

COMMON_TOOLS = (
    *("Read", "Write", "Edit", "Bash", "Glob", "Grep", "WebFetch", "WebSearch"),
    *("NotebookEdit", "TodoWrite", "Agent", "Skill"),
)
"""Tools offered as boxes to tick; all others are typed."""

OWN_PLACE = ("name", "description", "tools", "model", "color")
"""Fields with an input of their own; the others are under More fields."""

Changed = Callable[[], None]


class LongText(w.Textarea):  # type: ignore[misc]
    """A text area whose text the kernel does not send back: a long prompt would travel twice at each key."""

    value = traitlets.Unicode("").tag(sync=True, echo_update=False)


class Inputs:
    """Every input of a form with the way from the state to it and back.

    Args:
        state: What they show and edit.
        changed: Called after each edit.
    """

    def __init__(self, state: FormState, changed: Changed) -> None:
        self._state = state
        self._changed = changed
        self._bound: list[tuple[w.Widget, Callable[[], Any], str]] = []
        self._filling = False

    def bind(
        self, widget: w.Widget, read: Callable[[], Any], write: Callable[[Any], object], name: str = ""
    ) -> w.Widget:
        """Tie an input to the state: `read` gives what it shows, `write` takes what was entered.

        Args:
            widget: The input.
            read: Gives what it shows.
            write: Takes what was entered.
            name: The field, where what is entered may not be readable.
        """
        with widget.hold_sync():
            widget.value = read()
            widget.add_class("ak-field")
        self._bound.append((widget, read, name))

        def entered(change: Mapping[str, Any]) -> None:
            if not self._filling:
                write(change["new"])
                self._changed()

        widget.observe(entered, "value")
        return widget

    def forget(self, widgets: Iterable[w.Widget]) -> None:
        """Stop filling inputs that left the form."""
        gone = set(map(id, widgets))
        self._bound = [entry for entry in self._bound if id(entry[0]) not in gone]

    def fill(self) -> None:
        """Show the state in every input."""
        self._filling = True
        try:
            for widget, read, name in self._bound:
                # What was typed and could not be read stays, to be mended.
                value = widget.value if name in self._state.unread else read()
                if widget.value != value:
                    widget.value = value
        finally:
            self._filling = False

    # One input each

    def field(self, name: str, label: str = "", placeholder: str = "", options: Sequence[str] = ()) -> w.Widget:
        """Return a line of text for a field that holds a string."""
        made = _line(options, at(name), description=label or name, placeholder=placeholder, continuous_update=True)

        def read() -> str:
            value = self._state.value.metadata.get(name)
            return value if isinstance(value, str) else shown(value)

        return self.bind(made, read, lambda text: self._state.set_field(name, text))

    def model(self) -> w.Widget:
        """Return the model's input: known names are offered, any other may be typed."""
        return self.field("model", "Model", "as the main conversation", MODELS)

    def lead(self) -> w.Widget:
        """Return the input of the description's words."""
        texts = {"description": "When to use this agent", "placeholder": "Use this agent when …"}
        made = make(w.Textarea, at("description"), **texts, rows=3)
        return self.bind(made, lambda: described(self._state.value)[0], self._state.set_lead)

    def prompt(self) -> w.Widget:
        """Return the system prompt's input."""
        made = make(LongText, "ak-prompt", description="System prompt, in Markdown", placeholder="You are …", rows=16)
        return self.bind(made, lambda: self._state.value.system_prompt.replace("\r\n", "\n"), self._state.set_prompt)

    def color(self) -> w.Widget:
        """Return the colours as named swatches, with one for none."""
        written = self._state.baseline.color
        odd = [(f"{safe.visible(written)} (as written)", written)] if written and written not in COLORS else []
        options = [("none", ""), *((name, name) for name in COLORS), *odd]
        made = make(w.RadioButtons, "ak-colors", at("color"), options=options, description="Colour")
        known = {"", *COLORS, *(value for _, value in odd)}

        def read() -> str:
            value = self._state.value.color or ""
            return value if value in known else ""

        return self.bind(made, read, lambda name: self._state.set_field("color", name))

    def tools(self) -> w.Widget:
        """Return the tools: all of them, or those that are ticked or typed."""
        state = self._state
        mode = make(
            w.RadioButtons,
            "ak-field",
            options=[("All tools", False), ("Only these", True)],
            value=state.value.tools is not None,
            description="It may use",
        )
        boxes = {name: make(w.Checkbox, description=name, indent=False) for name in COMMON_TOOLS}
        others = make(w.Text, description="Others, with commas between", placeholder="mcp__github, LSP")
        hint = html("", "ak-hint")
        picked = box([box(boxes.values(), "ak-checks"), others, hint], "ak-group")

        def none() -> str:
            return "" if state.value.tools else "None picked yet: to the loader that means all tools."

        def write(names: list[str]) -> None:
            before = state.value.metadata.get("tools")
            value = names if isinstance(before, (list, tuple)) else ", ".join(names)
            state.set_field("tools", value if names else None)
            hint.value = none()

        def tick(name: str, on: bool) -> None:
            names = [each for each in state.value.tools or () if each != name]
            write([*names, name] if on else names)

        def ticked(name: str) -> bool:
            return name in (state.value.tools or ())

        def type_others(text: str) -> None:
            typed = ("*",) if "*" in text.split() else tools_of(text) or ()
            write([*(name for name in state.value.tools or () if name in boxes), *typed])

        for name, tickbox in boxes.items():
            self.bind(tickbox, partial(ticked, name), partial(tick, name))
            tickbox.remove_class("ak-field")
        self.bind(others, lambda: ", ".join(n for n in state.value.tools or () if n not in boxes), type_others)

        def fold() -> None:
            reveal(picked, mode.value)

        def chosen(change: Mapping[str, Any]) -> None:
            if not self._filling and not change["new"]:
                write([])
                self._changed()
            fold()

        mode.observe(chosen, "value")
        only = (mode, lambda: state.value.tools is not None or (mode.value and not state.value.tools), "")
        self._bound += [only, (hint, none, "")]
        hint.value = none()
        fold()
        return box([mode, picked], "ak-group", at("tools"))

    def more(self, field: Field) -> w.Widget:
        """Return the input of a field of the field table."""
        label = f"{field.name}: {field.help.replace('`', '')}"
        if field.kind == "text":
            return self.field(field.name, label, "not set")
        if field.kind == "tools":
            return self.field(field.name, label, ", ".join(TOOLS[:3]))
        return self._yaml(field.name, label, field.values, long=field.kind in ("list", "mapping"))

    def unknown(self, name: str) -> w.Widget:
        """Return the input of a field that the loader does not know; it is kept all the same."""
        return self._yaml(name, f"{safe.visible(name)}: kept, not read by the loader", (), long=False)

    def _yaml(self, name: str, label: str, values: Sequence[str], long: bool) -> w.Widget:
        def read() -> str:
            return shown(self._state.value.metadata.get(name))

        texts = {"description": label, "placeholder": "not set"}
        long = long or "\n" in read()
        made = make(w.Textarea, at(name), **texts, rows=1) if long else _line(values, at(name), **texts)
        return self.bind(made, read, lambda text: self._state.set_yaml(name, text), name)


def _line(options: Sequence[str], *classes: str, **values: Any) -> w.Widget:
    """Return an input of one line, which offers the options where there are any."""
    return make(w.Combobox, *classes, options=tuple(options), **values) if options else make(w.Text, *classes, **values)


def at(name: str) -> str:
    """Return the class by which the page finds a field's input; a name from a file may hold anything."""
    return f"ak-at-{name if name in BY_NAME else 'x' + name.encode('utf-8', 'surrogatepass').hex()}"


def shown(value: Any) -> str:
    """Return a field's value as the YAML a person would type.

    >>> shown(None), shown(True), shown(["a", "b"]), shown(5)
    ('', 'true', '[a, b]', '5')
    """
    if value is None:
        return ""
    import yaml

    if isinstance(value, str) and "\n" not in value:
        return yaml.safe_dump(value, width=1_000_000, allow_unicode=True).strip().removesuffix("\n...")
    flat = not isinstance(value, Mapping) and not any(isinstance(item, (Mapping, list)) for item in _items(value))
    text = yaml.safe_dump(value, default_flow_style=flat, sort_keys=False, width=1_000_000, allow_unicode=True)
    return text.strip().removesuffix("\n...")


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else ()
