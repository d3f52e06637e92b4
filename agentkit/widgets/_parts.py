"""The small pieces that every form is put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets as w

from agentkit.views import safe
from agentkit.views.safe import Html


def html(text: Html | str, *classes: str) -> w.HTML:
    """Return an HTML widget of text that `safe` made, or that is fixed."""
    shown = w.HTML(text)
    for name in classes:
        shown.add_class(name)
    return shown


def box(children: Iterable[w.Widget], *classes: str, row: bool = False) -> w.Box:
    """Return a row or column with CSS classes."""
    made = (w.HBox if row else w.VBox)(list(children))
    for name in classes:
        made.add_class(name)
    return made


def group(title: str, *children: w.Widget, hint: str = "") -> w.Box:
    """Return a titled group; the title also names it to a screen reader."""
    under = f'<div class="ak-hint">{safe.escape(hint)}</div>' if hint else ""
    return box([html(f'<div class="ak-group-title">{safe.escape(title)}</div>{under}'), *children], "ak-group")


def button(text: str, act: Callable[[], None], *classes: str, name: str = "") -> w.Button:
    """Return a button; `name` is what a screen reader says where the text alone does not tell."""
    made = w.Button(description=text, tooltip=name)
    for each in ("ak-small", *classes) if "ak-large" not in classes else classes:
        made.add_class(each)
    made.on_click(lambda _button: act())
    return made


def put(widget: w.HTML, text: Html) -> None:
    """Show HTML where it is not shown already, so that nothing is sent twice."""
    if widget.value != text:
        widget.value = text
