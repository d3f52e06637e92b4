"""`ak.launch`: pick, see what it costs, run, stop, resume.

The form shows and asks; what is picked, quoted and run is `LaunchState`'s, which works without a browser. The run
happens beside the kernel's main thread, so the page and the notebook stay usable meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from agentkit.errors import AgentkitError
from agentkit.experiment.background import Running
from agentkit.experiment.results import Results
from agentkit.views import safe
from agentkit.views.safe import Html
from agentkit.widgets import _launch_side as side
from agentkit.widgets._guard import Guard
from agentkit.widgets._launch_choices import Choices
from agentkit.widgets._launch_state import LaunchState
from agentkit.widgets._parts import box, button, group, html, make, put, reveal, shared_one
from agentkit.widgets._throttle import Throttle

QUOTE_AFTER_S = 0.4
"""Seconds without a change after which a new quote is asked for."""


def launch(variants: Any, samples: Any, **arguments: Any) -> Launcher:
    """Open a form that starts runs.

    Args:
        variants: As `run` takes them; all of them start out picked.
        samples: As `run` takes them.
        **arguments: As `run` takes them; what the form asks for (`model`, `epochs`, `max_tokens`, `budget_usd`,
            `batch`) is how it starts out.

    Returns:
        The form. `launcher.results` is what came back so far, `launcher.code` the Python that makes the same run.

    Raises:
        PlanError: variants or samples make no plan.

    >>> from agentkit.backends.scripted import Scripted
    >>> launcher = launch({"today": "Be kind.", "terse": "Be brief."}, ["Hello"], backend=Scripted("Hi"))
    >>> launcher
    Launcher of 2 variants × 1 sample × 1 epoch: ready
    >>> launcher.run().wait().frame["output"].tolist()
    ['Hi', 'Hi']
    """
    return Launcher(LaunchState(variants, samples, arguments))


class Launcher(w.VBox):  # type: ignore[misc]
    """The form that `ak.launch` opens; make it with that.

    Args:
        state: What it shows.
    """

    def __init__(self, state: LaunchState) -> None:
        self.state = state
        self._lock = threading.RLock()
        self._choices = Choices(state, self._picked)
        self._refresh = Throttle(self._show)
        self._quote = Throttle(self._ask_quote, QUOTE_AFTER_S)
        self._title = html("", "ak-title", "ak-live")
        self._problem = html("", "ak-problem", "ak-live")
        self._said = ""
        self._notice = html("", "ak-hint", "ak-notice")
        self._apart = False
        guard = make(Guard, label="Launcher")
        guard.on_msg(self._heard)
        head = box([self._bar(), self._problem], "ak-head")
        children = [guard, head, self._notice, self._body()]
        super().__init__(children, layout=shared_one(w.Layout), _dom_classes=("ak-form", "ak-launch"))
        self._ask_quote()
        self._show()

    @property
    def results(self) -> Results | None:
        """What the last run has brought back so far; None before the first."""
        return self.state.results

    @property
    def value(self) -> Results | None:
        """The same as `results`: every form has a `value`."""
        return self.state.results

    @property
    def running(self) -> Running | None:
        """The last run; None before the first."""
        return self.state.running

    @property
    def code(self) -> str:
        """The Python that makes the same run."""
        return self.state.code

    def run(self) -> Running:
        """Start what is picked, as the Run button does.

        Raises:
            PlanError: nothing is picked, or a run is going on.
        """
        return self._watched(self.state.run())

    def stop(self) -> None:
        """Stop the run, as the Stop button does; what finished is kept."""
        self.state.stop()
        self._refresh.flush()

    def resume(self) -> Running:
        """Run what is missing or failed, as the Resume button does.

        Raises:
            PlanError: nothing was run yet.
        """
        return self._watched(self.state.resume())

    def settle(self) -> None:
        """Show at once what would be shown a moment later."""
        self._quote.settle()
        self._refresh.flush()

    def __repr__(self) -> str:
        return f"Launcher of {side.sizes(self.state.choice)}: {self.state.phase}"

    # Layout

    def _bar(self) -> w.Box:
        self._run = button("Run", lambda: self._try(self.run), "ak-large", "ak-main-button", name="Run what is picked")
        self._stop = button("Stop", self.stop, "ak-large", name="Stop; what finished is kept")
        self._resume = button("Resume", lambda: self._try(self.resume), "ak-large", name="Resume: run what is missing")
        return box([self._title, self._run, self._stop, self._resume], "ak-bar", row=True)

    def _body(self) -> w.Box:
        self._cost, self._progress = html(""), html("")
        self._failures, self._code = html(""), html("", "ak-well")
        self._retry = button("Retry these", lambda: self._try(self.resume), name="Retry the trials that failed")
        aside = [
            group("What it costs", self._cost),
            group("Progress", self._progress),
            group("Failures", self._failures, box([self._retry], row=True)),
            group("The same in Python", self._code),
        ]
        return box([box(self._choices.groups(), "ak-main"), box(aside, "ak-side")], "ak-body")

    # What happens

    def _heard(self, *_message: object) -> None:
        # The page is there, and its messages arrive on this thread.
        self._apart = threading.current_thread() is not threading.main_thread()
        self._refresh()

    def _picked(self) -> None:
        self.state.quote = None
        self._quote.later()
        self._refresh()

    def _ask_quote(self) -> None:
        if not self._choices.problem:
            self.state.ask_quote(self._refresh)

    def _try(self, act: Callable[[], object]) -> None:
        self._said = ""
        try:
            act()
        except AgentkitError as error:
            self._said = str(error)
        self._refresh.flush()

    def _watched(self, running: Running) -> Running:
        """Show a run as it goes on, and once more when it is over."""

        def look() -> None:
            self._refresh()
            if running.state == "running":
                timer = threading.Timer(0.2, look)
                timer.daemon = True
                timer.start()

        def over(_running: Running) -> None:
            self._refresh()
            self._ask_quote()  # what is in the store now is free

        running.add_done_callback(over)
        look()
        return running

    def _show(self) -> None:
        with self._lock:
            state = self.state
            problem = self._choices.problem or state.problem
            going = state.phase == "running"
            put(self._title, side.title(state, problem))
            said = f"<strong>Not started:</strong> {safe.lines(self._said)}" if self._said else ""
            put(self._problem, Html(said))
            reveal(self._problem, self._said)
            put(self._notice, side.notice(state))
            put(self._cost, side.quoted(state, problem))
            put(self._progress, side.progress(state, self._apart))
            put(self._failures, side.failures(state))
            code = "" if problem else state.code
            put(self._code, Html(f'<pre tabindex="0">{safe.escape(code)}</pre>') if code else Html(""))
            failed = len(state.results.errors) if state.results is not None else 0
            _set(self._retry, description=f"Retry these {failed}" if failed > 1 else "Retry this")
            reveal(self._retry, failed and state.can_resume)
            _set(self._run, disabled=going or bool(problem))
            _set(self._stop, disabled=not going)
            _set(self._resume, disabled=not state.can_resume)
            for each in self._choices.inputs:
                _set(each, disabled=going)


def _set(widget: w.Widget, **values: Any) -> None:
    for name, value in values.items():
        if getattr(widget, name) != value:
            setattr(widget, name, value)
