"""What the forms need beyond ipywidgets: their style sheet, names and roles, and keys that stay in the form."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

STATIC = Path(__file__).parent / "static"


class Guard(anywidget.AnyWidget):
    """Marks the form it stands in for screen readers, and keeps its keys from the notebook's shortcuts."""

    _esm = STATIC / "guard.js"
    _css = STATIC / "form.css"
    label = traitlets.Unicode("").tag(sync=True)
