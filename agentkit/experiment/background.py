"""`start`: a run that goes on while the notebook does other things, and can be watched, stopped and resumed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from agentkit.errors import DeadlineExceeded
from agentkit.experiment import loop
from agentkit.experiment.cassettes import cassette_for
from agentkit.experiment.execute import execute
from agentkit.experiment.order import Order, chosen
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.progress import Called, Progress, tell_once
from agentkit.experiment.results import Place, Results
from agentkit.experiment.running import _filled, _order

State = Literal["running", "done", "stopped", "failed"]


def start(variants: Any, samples: Any, **arguments: Any) -> Running:
    """Start what `run` does and return at once.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        **arguments: As `run` takes them. `progress` is a function or nothing: a run in the background draws no line.

    Returns:
        The run, to watch, to stop and to resume.

    Raises:
        PlanError: variants, samples or parameters do not make a plan.

    >>> from agentkit.backends.scripted import Scripted
    >>> running = start("Be kind.", ["Hello"], backend=Scripted("Hi"))
    >>> running.wait().frame["output"].tolist(), running.state
    (['Hi'], 'done')
    """
    order = _order(_filled(variants, samples, arguments))
    if order.backend is None and cassette_for(order.cassette, order.variants, scripted=False) is None:
        tell_once(getattr(chosen(), "notice", ""))  # here, where there is a cell to say it in
    return Running(order)


class Running:
    """A run that was started; make it with `start`.

    Args:
        order: What is to be run.
        before: The same run as far as it came, where this one resumes it.
    """

    def __init__(self, order: Order, before: Running | None = None) -> None:
        self._order = order
        self._show = Called(order.progress) if callable(order.progress) else None
        self._whole: Results | None = before._whole if before is not None else None
        self._kept = before._fine() if before is not None else {}
        self._ended_trials: list[Outcome] = []
        self._progress: Progress | None = None
        self._state: State = "running"
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[Running], Any]] = []
        self._task: asyncio.Task[Results] | None = None
        loop.the_loop().call_soon_threadsafe(self._begin)

    def __repr__(self) -> str:
        told = f": {self._progress.line}" if self._progress is not None else ""
        return f"Running({self.state}{told})"

    @property
    def state(self) -> State:
        """`running`, `done`, `stopped` (by `stop`) or `failed` (`error` says why)."""
        return self._state

    @property
    def error(self) -> BaseException | None:
        """Why the whole run failed; None where it did not. A trial that failed is in the results instead."""
        return self._error

    @property
    def progress(self) -> Progress | None:
        """Where the run is; None before its plan is made, and for a replay, which takes no time."""
        return self._progress

    @property
    def results(self) -> Results | None:
        """What has ended so far, in the order of the plan; None before the plan is made."""
        if self._whole is None:
            return None
        places = {**self._kept, **{_place(one): one for one in tuple(self._ended_trials)}}
        order = (places.get((trial.variant, trial.sample, trial.epoch)) for trial in self._whole.plan.trials)
        return self._whole._of(one for one in order if one is not None)

    def wait(self, timeout_s: float | None = None) -> Results:
        """Wait for the end. An interrupt ends the waiting, not the run.

        Args:
            timeout_s: Seconds to wait at most.

        Returns:
            The results; of a run that was stopped, what it had.

        Raises:
            AgentkitError: as `run` raises it.
            DeadlineExceeded: the time was over first; the run goes on.
        """
        if not loop.wait_until(self._over, timeout_s):
            raise DeadlineExceeded(
                f"the run was not over after {timeout_s:g} s, and goes on",
                hint="wait again, or stop it: running.stop()",
            )
        if self._error is not None:
            raise self._error
        results = self.results
        if results is None:
            raise DeadlineExceeded("the run was stopped before it had a plan", hint="running.resume()")
        return results

    def stop(self) -> None:
        """Stop: calls that are out are closed, what finished is kept. Ends within a second."""
        if not self._over.is_set():
            loop.the_loop().call_soon_threadsafe(self._cancel)
            self._over.wait(loop.PATIENCE_S)

    def resume(self) -> Running:
        """Go on from here: run what is missing and what failed; the new run has everything in its results."""
        if not self._over.is_set():
            return self
        order = self._order
        if self._whole is not None:
            fine = self._fine()
            missing = (one for one in self._whole.plan.trials if (one.variant, one.sample, one.epoch) not in fine)
            order = replace(order, only=frozenset(trial.key for trial in missing))
        return self if self._state == "done" and not order.only else Running(order, self)

    def add_done_callback(self, function: Callable[[Running], Any]) -> None:
        """Have a function called with this run when it is over, on the runs' thread; at once where it is already."""
        with self._lock:
            if not self._over.is_set():
                self._callbacks.append(function)
                return
        function(self)

    # On the runs' thread

    def _begin(self) -> None:
        order = replace(self._order, progress=self._told)
        work = execute(order, on_outcome=self._ended_trials.append, on_start=self._planned)
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _planned(self, empty: Results) -> None:
        if self._whole is None:
            self._whole = empty

    def _told(self, now: Progress) -> None:
        kept = len(self._kept)
        self._progress = replace(now, total=now.total + kept, done=now.done + kept, reused=now.reused + kept)
        if self._show is not None:
            self._show.show(self._progress)

    def _finish(self, task: asyncio.Task[Results]) -> None:
        if task.cancelled():
            self._state = "stopped"
        elif (error := task.exception()) is not None:
            self._state, self._error = "failed", error
        else:
            self._state = "done"
        with self._lock:
            self._over.set()
            callbacks = tuple(self._callbacks)
        for function in callbacks:
            function(self)

    def _fine(self) -> dict[Place, Outcome]:
        return {_place(one): one for one in self.results or _nothing() if one.failure is None}


def _nothing() -> Iterable[Outcome]:
    return ()


def _place(outcome: Outcome) -> Place:
    return (outcome.trial.variant, outcome.trial.sample, outcome.trial.epoch)
