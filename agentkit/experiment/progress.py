"""How far a run is: counts that cost nothing to keep, shown at most ten times a second."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

VARIABLE = "AGENTKIT_PROGRESS"
"""`log` writes lines on standard error in notebooks too: for jobs, whose log is read and whose outputs are not."""
QUIET_S = 1.0
"""A run that is over sooner shows nothing of its way."""
TICK_S = 0.25
LOG_EVERY_S = 15.0
"""How often a log gets a line; a terminal's one line is redrawn at every tick."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is at one moment."""

    total: int
    """Trials of the plan."""
    done: int
    """Finished well, reused ones included."""
    reused: int
    """Of these, already in the store."""
    failed: int
    running: int
    """Calls that are out."""
    waiting_for_others: int
    """Trials that another run on the same store is at."""
    input_tokens: int
    """Tokens of this run's own calls, those read from the prompt cache included."""
    output_tokens: int
    cost_usd: float | None
    """Dollars of this run's own calls; None where a price is unknown."""
    elapsed_s: float
    left_s: float | None
    """Seconds that the rest will take at the rate so far; None before there is one."""
    paused_s: float
    """Seconds for which the server asked to be left alone."""
    finished: bool

    @property
    def left(self) -> int:
        """Trials that are neither done nor failed."""
        return self.total - self.done - self.failed

    @property
    def line(self) -> str:
        """The one line that terminals and logs get."""
        parts = [f"{self.done}/{self.total} done"]
        for number, word in ((self.reused, "reused"), (self.failed, "failed"), (self.running, "running")):
            if number:
                parts.append(f"{number} {word}")
        if self.waiting_for_others:
            parts.append(f"{self.waiting_for_others} in another run")
        if self.input_tokens or self.output_tokens:
            parts.append(f"{_short(self.input_tokens)} in, {_short(self.output_tokens)} out")
        if self.cost_usd:
            parts.append(f"${self.cost_usd:.4f}" if self.cost_usd < 1 else f"${self.cost_usd:.2f}")
        if self.finished:
            parts.append(f"in {_clock(self.elapsed_s)}")
        elif self.paused_s > 1:
            parts.append(f"paused {_clock(self.paused_s)} at the server's wish")
        elif self.left_s is not None:
            parts.append(f"about {_clock(self.left_s)} left")
        return ", ".join(parts)


class Meter:
    """The counts of a run while it goes on."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.reused = 0
        self.done = 0
        self.failed = 0
        self.others = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost: float | None = 0.0
        self.started = time.monotonic()
        self.first_call = self.started

    def spent(self, input_tokens: int, output_tokens: int, cost: float | None) -> None:
        """Count what one call used."""
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    def now(self, running: int = 0, paused_s: float = 0.0, *, finished: bool = False) -> Progress:
        """Return where the run is."""
        elapsed = time.monotonic() - self.started
        own = self.done - self.reused + self.failed
        left = self.total - self.done - self.failed
        working = time.monotonic() - self.first_call
        return Progress(
            self.total,
            self.done,
            self.reused,
            self.failed,
            running,
            self.others,
            self.input_tokens,
            self.output_tokens,
            self.cost,
            elapsed,
            working / own * left + paused_s if own >= 3 and working > 0.5 else None,
            paused_s,
            finished,
        )


class Silent:
    """Shows nothing."""

    def show(self, now: Progress) -> None:
        """Do nothing."""


class Called:
    """Tells a function."""

    def __init__(self, function: Callable[[Progress], Any]) -> None:
        self._function: Callable[[Progress], Any] | None = function

    def show(self, now: Progress) -> None:
        """Call the function; one that raises is said and not called again, for the run is worth more."""
        if self._function is None:
            return
        try:
            self._function(now)
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises
            self._function = None
            tell_once(f"the progress function raised {type(error).__name__}: {error}")


class Lines:
    """One line on a terminal, redrawn; a line now and then in a log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._width = 0
        self._next = LOG_EVERY_S

    def show(self, now: Progress) -> None:
        """Draw the line, where it is time."""
        if now.finished:
            self._last(now)
        elif self._terminal and now.elapsed_s >= QUIET_S:
            self._write(f"\r{now.line:<{self._width}}")
            self._width = len(now.line)
        elif not self._terminal and now.elapsed_s >= self._next:
            self._next = now.elapsed_s + LOG_EVERY_S
            self._write(f"agentkit: {now.line}\n")

    def _last(self, now: Progress) -> None:
        if self._width:
            self._write(f"\r{' ' * self._width}\r")
        self._width = 0
        self._write(f"agentkit: {now.line}\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a closed stream stops no run
            self.show = lambda now: None  # type: ignore[method-assign]


class Displayed:
    """One line below the cell while it runs. Only a count of failures stays: it is the same at each execution.

    nbval compares what an output was when it appeared. So the line appears empty and gets its text in updates, and
    what stays is an output of its own, without seconds, tokens and what happened to be in the store.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, now: Progress) -> None:
        """Draw the line; at the end take it away."""
        from IPython.display import display

        if now.finished:
            if self._handle is not None:
                self._handle.update({}, raw=True)
            if now.failed:
                display({"text/plain": f"{now.done}/{now.total} done, {now.failed} failed"}, raw=True)  # type: ignore[no-untyped-call]
        elif now.elapsed_s >= QUIET_S:
            if self._handle is None:
                self._handle = display({}, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython has none
            self._handle.update({"text/plain": now.line}, raw=True)


def shown_by(progress: bool | Callable[[Progress], Any] | None) -> Silent | Called | Lines | Displayed:
    """Return what shows the progress here.

    Args:
        progress: A function that takes each `Progress`; False for nothing; None or True for what fits the place: a
            line below the cell in a notebook, lines on standard error elsewhere and where `AGENTKIT_PROGRESS=log`.
    """
    if callable(progress):
        return Called(progress)
    if progress is False:
        return Silent()
    if _in_notebook() and os.environ.get(VARIABLE) != "log":
        return Displayed()
    return Lines(sys.stderr)


_told: set[str] = set()


def tell_once(text: str) -> None:
    """Say something, once in this process."""
    if text and text not in _told:
        _told.add(text)
        tell(text)


def tell(text: str) -> None:
    """Say something: below the cell in a notebook, on standard error elsewhere."""
    if _in_notebook():
        from IPython.display import display

        display({"text/plain": text}, raw=True)  # type: ignore[no-untyped-call]  # IPython has none
    else:
        print(f"agentkit: {text}", file=sys.stderr)  # noqa: T201 - the user has to know


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _short(number: int) -> str:
    if number < 10_000:
        return f"{number:,} tokens"
    return f"{number / 1000:,.0f}k tokens" if number < 10_000_000 else f"{number / 1e6:,.1f}M tokens"


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = int(seconds) // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
