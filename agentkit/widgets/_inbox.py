"""What a page sends, in the order in which it was sent.

A kernel may take two messages of one widget on two threads: ipykernel 7.4 moves a widget to a thread of its own (a
subshell) once it has answered from there, while the messages before that still wait in the first. The last keystrokes
then arrive ahead of those before them, and what came last would not be what was typed last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 2.0
"""How long messages wait for one before them: a cell that runs may hold that up for minutes."""


class Inbox:
    """Takes numbered messages from any thread and hands each on once, in order, one at a time.

    A message that has not come when the patience is over is gone past. When it comes after all it is handed on, unless
    a later one of the same subject was.

    Args:
        act: What to do with a message. It must not raise.
        subject: What a message sets: of one subject the one sent last counts.
        patience_s: Seconds to wait for a message that is missing.

    >>> taken = []
    >>> inbox = Inbox(lambda message: taken.append(message["text"]), lambda message: "text")
    >>> for number, text in [(1, "h"), (3, "hal"), (2, "ha")]:
    ...     inbox.put({"view": "a", "number": number, "text": text})
    >>> taken, inbox.heard
    (['h', 'ha', 'hal'], {'a': 3})
    """

    def __init__(
        self,
        act: Callable[[Mapping[str, Any]], None],
        subject: Callable[[Mapping[str, Any]], Hashable],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._act = act
        self._subject = subject
        self._patience_s = patience_s
        self._lock = threading.RLock()
        self._views: dict[str, _View] = {}

    @property
    def heard(self) -> dict[str, int]:
        """The number of the last message handed on, for each view of the widget."""
        return {name: view.heard for name, view in self._views.copy().items()}

    def put(self, message: Mapping[str, Any]) -> None:
        """Take a message: `view` says which view of the widget sent it, `number` counts that view's from 1."""
        name, number = message.get("view"), message.get("number")
        if not isinstance(name, str) or not isinstance(number, int):
            self._act(message)
            return
        with self._lock:
            view = self._views.setdefault(name, _View())
            if number > view.heard:
                view.held[number] = message
                self._go_on(view)
            elif view.sent.get(self._subject(message), 0) < number:
                self._hand_on(view, number, message)

    def _go_on(self, view: _View) -> None:
        while (message := view.held.pop(view.heard + 1, None)) is not None:
            view.heard += 1
            self._hand_on(view, view.heard, message)
        if view.timer is not None:
            view.timer.cancel()
            view.timer = None
        if view.held:
            view.timer = threading.Timer(self._patience_s, self._go_past, [view])
            view.timer.daemon = True
            view.timer.start()

    def _go_past(self, view: _View) -> None:
        with self._lock:
            # A timer that was cancelled while it waited for the lock has nothing to say any more.
            if view.timer is threading.current_thread():
                view.heard = min(view.held) - 1
                self._go_on(view)

    def _hand_on(self, view: _View, number: int, message: Mapping[str, Any]) -> None:
        view.sent[self._subject(message)] = number
        self._act(message)


@dataclass(slots=True)
class _View:
    heard: int = 0
    held: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Those that came before one ahead of them did."""
    sent: dict[Hashable, int] = field(default_factory=dict)
    """The number of the last of each subject that was handed on."""
    timer: threading.Timer | None = None
