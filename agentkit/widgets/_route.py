"""Which of the kernel's threads a widget's messages arrive on: the one that the page sends them to.

JupyterLab sends what is typed and clicked to a thread of its own (a subshell), so that widgets stay alive while a cell
runs. ipykernel 7.4 overrules that (`_reply_subshell_for` in ipykernel/comm/comm.py): until a widget has answered once,
its messages join the queue of the cells. A cell that runs then holds them up; and during one that awaits, the page is
not told that its message was taken (`concurrent` in ipykernel/kernelbase.py), so that an input sends nothing more.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as w


def as_sent(widget: w.Widget) -> None:
    """Have the messages of a widget arrive on the thread that the page sends them to.

    Other kernels, and other releases of this one, do so of their own accord: there it changes nothing.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = _asked_for


def _asked_for(_data: Any, subshell_id: str | None) -> str | None:
    return subshell_id
