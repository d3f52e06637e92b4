"""What the launcher does, without the launcher: what is picked, what it would cost, the run and its results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from agentkit.backends.protocol import Backend
from agentkit.errors import AgentkitError, PlanError
from agentkit.experiment.background import Running
from agentkit.experiment.background import start as start_run
from agentkit.experiment.order import chosen
from agentkit.experiment.plan import Variant, name_variants
from agentkit.experiment.progress import Progress
from agentkit.experiment.quoting import Quote, begin_quote
from agentkit.experiment.results import Results
from agentkit.experiment.running import replays
from agentkit.experiment.sampling import Samples
from agentkit.experiment.sampling import samples as make_samples
from agentkit.widgets._launch_code import launch_code


@dataclass(frozen=True, slots=True)
class Choice:
    """What is picked."""

    variants: tuple[str, ...]
    samples: tuple[str, ...]
    """Ids."""
    model: str | None = None
    epochs: int = 1
    max_tokens: int | None = None
    budget_usd: float | None = None
    batch: bool = False

    @property
    def trials(self) -> int:
        """Variants × samples × epochs."""
        return len(self.variants) * len(self.samples) * self.epochs


PICKED = ("model", "epochs", "max_tokens", "budget_usd", "batch")
"""The arguments of `run` that the launcher asks for; all others go through as they were given."""


class LaunchState:
    """The state of one launcher.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        arguments: What else `run` takes; what the launcher asks for is how it starts out.

    Raises:
        PlanError: variants or samples make no plan.

    >>> from agentkit.backends.scripted import Scripted
    >>> state = LaunchState({"a": "Be kind.", "b": "Be brief."}, ["Hello"], {"backend": Scripted("Hi")})
    >>> state.choose(variants=("a",), epochs=3)
    >>> state.choice.trials, state.run().wait().frame["output"].tolist()
    (3, ['Hi', 'Hi', 'Hi'])
    """

    def __init__(self, variants: Any, samples: Any, arguments: Mapping[str, Any]) -> None:
        self.variants: dict[str, Variant] = name_variants(variants)
        self.samples: Samples = make_samples(samples)
        self._source = samples
        self._given = {name: value for name, value in arguments.items() if name not in PICKED}
        asked = {name: arguments[name] for name in PICKED if arguments.get(name) is not None}
        self.choice = Choice(tuple(self.variants), self.samples.ids, **asked)
        self.running: Running | None = None
        self.quote: Quote | None = None
        self.quote_problem: str | None = None
        """Why there is no quote; None where there is one, or it is on its way."""
        self.replays = False
        """Whether the run would be answered from its cassette."""
        self._ran: Choice | None = None
        self._asked: object = None

    @property
    def backend(self) -> Backend:
        """What carries the trials out."""
        given = self._given.get("backend")
        backend: Backend = given if given is not None else chosen()
        return backend

    def choose(self, **changes: Any) -> None:
        """Change what is picked."""
        self.choice = replace(self.choice, **changes)

    @property
    def problem(self) -> str | None:
        """Why what is picked cannot be run; None where it can."""
        choice = self.choice
        if not choice.variants:
            return "Pick at least one variant."
        if not choice.samples:
            return "Pick at least one sample."
        return None

    def arguments(self) -> tuple[dict[str, Variant], Samples, dict[str, Any]]:
        """Return variants, samples and the other arguments of `run` for what is picked."""
        choice = self.choice
        picked = {name: self.variants[name] for name in self.variants if name in choice.variants}
        ids = set(choice.samples)
        samples = Samples(sample for sample in self.samples if sample.id in ids)
        return picked, samples, {**self._given, **self._settings()}

    def _settings(self) -> dict[str, Any]:
        usual = Choice((), ())
        return {
            name: getattr(self.choice, name)
            for name in PICKED
            if getattr(self.choice, name) != getattr(usual, name)
        }  # fmt: skip

    @property
    def code(self) -> str:
        """The Python that makes the same run."""
        picked, samples, arguments = self.arguments()
        given = {name: value for name, value in arguments.items() if value is not None and name != "progress"}
        return launch_code(picked, self.samples, self._source, samples.ids, given)

    # The quote

    def ask_quote(self, done: Callable[[], None]) -> None:
        """Ask what the run would cost; an answer that comes after the choice has changed is dropped.

        Args:
            done: Called when the answer is there, on any thread.
        """
        self.quote = self.quote_problem = None
        ticket = self._asked = object()
        if self.problem:
            return

        def take(future: Future[Quote]) -> None:
            if self._asked is ticket and not future.cancelled():
                error = future.exception()
                if error is None:
                    self.quote = future.result()
                else:
                    self.quote_problem = error.message if isinstance(error, AgentkitError) else str(error)
                done()

        try:
            picked, samples, arguments = self.arguments()
            self.replays = replays(picked, samples, **arguments)
            if self.replays:
                done()
                return
            begin_quote(picked, samples, **arguments).add_done_callback(take)
        except AgentkitError as error:
            self.quote_problem = error.message
            done()

    # The run

    @property
    def phase(self) -> str:
        """`ready`, or the state of the run."""
        return self.running.state if self.running is not None else "ready"

    @property
    def progress(self) -> Progress | None:
        """Where the run is."""
        return self.running.progress if self.running is not None else None

    @property
    def results(self) -> Results | None:
        """What the last run has brought back so far."""
        return self.running.results if self.running is not None else None

    @property
    def can_resume(self) -> bool:
        """Whether the last run left something to do, and the same is still picked."""
        if self.running is None or self.choice != self._ran or self.running.state == "running":
            return False
        results = self.running.results
        return self.running.state != "done" or bool(results is not None and results.errors)

    def run(self) -> Running:
        """Start what is picked.

        Raises:
            PlanError: nothing is picked, or a run is going on.
        """
        if self.phase == "running":
            raise PlanError("a run is going on", hint="stop it first")
        if self.problem:
            raise PlanError(self.problem)
        picked, samples, arguments = self.arguments()
        self.running, self._ran = start_run(picked, samples, **arguments), self.choice
        return self.running

    def stop(self) -> None:
        """Stop the run; what finished is kept."""
        if self.running is not None:
            self.running.stop()

    def resume(self) -> Running:
        """Run what is missing or failed.

        Raises:
            PlanError: there is nothing to go on with.
        """
        if self.running is None:
            raise PlanError("nothing was run yet")
        self.running = self.running.resume()
        return self.running
