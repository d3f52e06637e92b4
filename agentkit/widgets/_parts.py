"""The small pieces that every form is put together from.

Each ipywidget, its layout and its style is a message to the page, and what floods the kernel's queue is dropped without
a word: then the page waits for the cell's end in vain. So all widgets share one layout and one style of a kind, have
their classes and values from the start, and many of them come in moderation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import ipywidgets as w
from comm import DummyComm

from agentkit.views import safe
from agentkit.views.safe import Html
from agentkit.widgets._route import as_sent
from agentkit.widgets._throttle import Pace

W = TypeVar("W", bound=w.Widget)
_kept: dict[type[w.Widget], w.Widget] = {}
_pace = Pace()


def make(kind: type[W], *classes: str, **values: Any) -> W:
    """Return a widget with CSS classes; it shares its layout and its style, so nothing of them can be set on it."""
    style = getattr(kind.class_traits().get("style"), "klass", None)
    shared = {"layout": shared_one(w.Layout)} | ({"style": shared_one(style)} if style else {})
    made: W = kind(_dom_classes=classes, **shared, **values)
    as_sent(made)
    if not isinstance(made.comm, DummyComm):
        _pace(2)  # the widget, and what is set on it afterwards
    return made


def shared_one(kind: type[w.Widget]) -> w.Widget:
    """Return the one layout or style of its kind; another where somebody closed it."""
    made = _kept.get(kind)
    if made is None or made.comm is None:
        made = _kept[kind] = kind()
    return made


def reveal(widget: w.Widget, when: object) -> None:
    """Show a widget where something holds, and hide it where it does not."""
    (widget.remove_class if when else widget.add_class)("ak-hidden")


def html(text: Html | str, *classes: str) -> w.HTML:
    """Return an HTML widget of text that `safe` made, or that is fixed."""
    return make(w.HTML, *classes, value=text)


def box(children: Iterable[w.Widget], *classes: str, row: bool = False) -> w.Box:
    """Return a row or column with CSS classes."""
    return make(w.HBox if row else w.VBox, *classes, children=list(children))


def group(title: str, *children: w.Widget, hint: str = "") -> w.Box:
    """Return a titled group; the title also names it to a screen reader."""
    under = f'<div class="ak-hint">{safe.escape(hint)}</div>' if hint else ""
    return box([html(f'<div class="ak-group-title">{safe.escape(title)}</div>{under}'), *children], "ak-group")


def button(text: str, act: Callable[[], None], *classes: str, name: str = "") -> w.Button:
    """Return a button; `name` is what a screen reader says where the text alone does not tell."""
    size = () if "ak-large" in classes else ("ak-small",)
    made = make(w.Button, *size, *classes, description=text, tooltip=name)
    made.on_click(lambda _button: act())
    return made


def put(widget: w.HTML, text: Html) -> None:
    """Show HTML where it is not shown already, so that nothing is sent twice."""
    if widget.value != text:
        widget.value = text
