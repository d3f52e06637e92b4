"""From an order to its results: which models, which cassette, which store, which backend; then the runner."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentkit.backends.protocol import Backend
from agentkit.errors import AgentkitError, DeadlineExceeded, PlanError
from agentkit.experiment import loop
from agentkit.experiment.budget import Budget
from agentkit.experiment.calling import Caller, Keeper
from agentkit.experiment.cassette import Cassette, Served, cassette_for
from agentkit.experiment.limiter import Limiter
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import DEFAULT_MAX_TOKENS, Plan, Variant, make_plan
from agentkit.experiment.progress import Meter, Progress, shown_by
from agentkit.experiment.request import DEFAULT_MAX_TURNS, setting
from agentkit.experiment.results import Results
from agentkit.experiment.runner import Run, report
from agentkit.experiment.sampling import Samples
from agentkit.experiment.stale import HINT

if TYPE_CHECKING:
    from agentkit.experiment.store import Store


@dataclass(frozen=True, slots=True)
class Order:
    """What a run was asked for, checked."""

    variants: Mapping[str, Variant]
    samples: Samples
    epochs: int
    model: str | None
    settings: Mapping[str, Any]
    backend: Backend | None
    store: str | PathLike[str] | bool | None
    cassette: str | PathLike[str] | None
    concurrency: int | None
    budget: Budget | None
    deadline_s: float | None
    batch: bool
    progress: bool | Callable[[Progress], Any] | None
    only: frozenset[str] | None = None
    """Keys of the trials to carry out; None for all."""

    def alias(self, variant: Variant) -> str | None:
        """Return the name of the model that a variant gets, as it was given."""
        return self.model if self.model is not None else variant.own_model

    @property
    def max_turns(self) -> dict[str, int]:
        """How many calls a trial of each variant may make."""
        return {
            name: int(setting("max_turns", variant, self.settings) or DEFAULT_MAX_TURNS)
            for name, variant in self.variants.items()
        }


async def execute(order: Order, on_outcome: Callable[[Outcome], None] | None = None) -> Results:
    """Carry an order out and return its results.

    Args:
        order: What was asked for.
        on_outcome: Called with each trial as it ends, on the runs' thread.
    """
    task = asyncio.current_task()
    assert task is not None
    loop.active(task)
    cassette = cassette_for(order.cassette, scripted=getattr(order.backend, "name", "") == "scripted")
    if cassette is not None and not cassette.recording:
        results = await _replay(order, cassette)
        for outcome in results:
            if on_outcome is not None:
                on_outcome(outcome)
        return results
    backend = order.backend if order.backend is not None else chosen()
    store = await _open_store(order, backend)
    try:
        async with loop.using(backend):
            return await _with_store(order, backend, store, cassette, on_outcome)
    finally:
        if cassette is not None:
            cassette.save()
        if store is not None:
            await asyncio.to_thread(store.close)


async def _replay(order: Order, cassette: Cassette) -> Results:
    from agentkit.errors import StaleCassette
    from agentkit.experiment.replay import replay

    asked = order.backend.name if order.backend is not None else "auto"
    served: dict[str, Served] = {}
    for name, variant in order.variants.items():
        alias = order.alias(variant)
        one = cassette.served(asked, alias)
        if one is None:
            missing = f"model {alias!r}" if alias else "the default model"
            raise StaleCassette(
                f"variant {name!r} runs on {missing}, which is not in the cassette {cassette.path.name}"
                if cassette.path.exists()
                else f"there is no cassette at {cassette.path.name}",
                variant=name,
                sample=order.samples.ids[0],
                changed=("model",),
                hint=HINT,
            )
        served[name] = one
    first = next(iter(served.values()))
    plan = _plan(order, {name: one.model for name, one in served.items()}, first.max_tokens, _salt(first.fidelity))
    outcomes = await replay(plan, cassette, order.max_turns, _salt(first.fidelity))
    return Results(plan, outcomes, backend=first.backend, fidelity=first.fidelity, order=order)


async def laid_out(order: Order, backend: Backend) -> tuple[Plan, dict[str, Any]]:
    """Return the plan and the finished calls of an order, and carry nothing out."""
    store = await _open_store(order, backend, only_existing=True)
    try:
        return await _planned(order, backend, store)
    finally:
        if store is not None:
            await asyncio.to_thread(store.close)


async def _planned(order: Order, backend: Backend, store: Store | None) -> tuple[Plan, dict[str, Any]]:
    """Return the plan and the calls of it that are in the store."""
    plan, found = await _known_plan(order, backend, store)
    if plan is None:
        plan = _plan(order, await _resolve(order, backend, store), _limit(backend), _salt(backend.fidelity))
        found = await store.load([trial.key for trial in plan.trials]) if store is not None else {}
    return plan, found


def _limit(backend: Backend) -> int:
    return int(getattr(backend, "default_max_tokens", DEFAULT_MAX_TOKENS))


async def _with_store(
    order: Order,
    backend: Backend,
    store: Store | None,
    cassette: Cassette | None,
    on_outcome: Callable[[Outcome], None] | None,
) -> Results:
    salt = _salt(backend.fidelity)
    plan, found = await _planned(order, backend, store)
    if cassette is not None:
        asked = order.backend.name if order.backend is not None else "auto"
        for name, variant in order.variants.items():
            served = Served(plan.models[name], backend.name, backend.fidelity, _limit(backend))
            cassette.put_served(asked, order.alias(variant), served)
    meter = Meter(len(plan.trials))
    limiter = Limiter(_most(order, backend))
    keepers: list[Keeper] = [keeper for keeper in (store, cassette) if keeper is not None]
    caller = Caller(backend, limiter, keepers, meter, order.budget)
    run = Run(
        plan,
        caller,
        meter,
        store=store,
        cassette=cassette,
        max_turns=order.max_turns,
        salt=salt,
        found=found,
        on_outcome=on_outcome,
    )

    def results() -> Results:
        ended = [run.outcomes[place] for place in ((t.variant, t.sample, t.epoch) for t in plan.trials)
                 if place in run.outcomes]  # fmt: skip
        return Results(plan, ended, backend=backend.name, fidelity=backend.fidelity, order=order)

    # While a cassette is recorded nothing is shown: the outputs of the notebook are what replays later.
    shown = shown_by(False if cassette is not None and not callable(order.progress) else order.progress)
    reporter = asyncio.create_task(report(meter, caller, shown.show))
    try:
        await _within(order.deadline_s, run)
    except AgentkitError as error:
        if hasattr(error, "results"):
            error.results = results()
        raise
    finally:
        reporter.cancel()
        shown.show(meter.now(finished=True))
    return results()


async def _within(seconds: float | None, run: Run) -> None:
    if seconds is None:
        await run.carry_out()
        return
    try:
        await asyncio.wait_for(run.carry_out(), seconds)
    except TimeoutError:
        raise DeadlineExceeded(
            f"the deadline of {seconds:g} s came first",
            hint="run the cell again to go on from here; error.results has what finished",
        ) from None


def _most(order: Order, backend: Backend) -> int | None:
    given = [order.concurrency, getattr(backend, "max_concurrency", None)]
    if order.concurrency is not None and order.concurrency < 1:
        raise PlanError("concurrency must be a whole number from 1", received=order.concurrency)
    return min((number for number in given if number is not None), default=None)


async def _open_store(order: Order, backend: Backend, *, only_existing: bool = False) -> Store | None:
    """Open the store, off the loop; scripted replies are kept only where a file is named."""
    if order.store is False or (order.store in (None, True) and backend.name == "scripted"):
        return None
    from agentkit.experiment.store import DEFAULT_PATH, Store

    path = os.environ.get("AGENTKIT_STORE") or DEFAULT_PATH if order.store in (None, True) else order.store
    assert not isinstance(path, bool)
    assert path is not None
    if only_existing and not Path(path).exists():
        return None
    store = await asyncio.to_thread(Store, path)
    if store.damage:
        print("\n".join(store.damage), file=sys.stderr)  # noqa: T201 - the user has to know, whatever shows progress
    return store


async def _known_plan(order: Order, backend: Backend, store: Store | None) -> tuple[Plan | None, dict[str, Any]]:
    """Return the plan by what aliases stood for last time, if every trial of it is finished: no server is asked."""
    if store is None:
        return None, {}
    aliases = {name: order.alias(variant) or "" for name, variant in order.variants.items()}
    known = await store.resolved(_address(backend))
    if not all(alias in known for alias in aliases.values()):
        return None, {}
    plan = _plan(
        order, {name: known[alias] for name, alias in aliases.items()}, _limit(backend), _salt(backend.fidelity)
    )
    found = await store.load([trial.key for trial in plan.trials])
    return (plan, found) if all(trial.key in found for trial in plan.trials) else (None, {})


def _address(backend: Backend) -> str:
    """Return what an alias's meaning depends on, hashed: the server's address is nobody's business."""
    from hashlib import sha256

    settings = [name for name in sorted(os.environ) if name == "ANTHROPIC_BASE_URL" or name.endswith("_MODEL")]
    text = f"{backend!r}\n" if type(backend).__repr__ is not object.__repr__ else ""
    text += "\n".join(f"{name}={os.environ[name]}" for name in settings)
    return f"{backend.name}:{sha256(text.encode()).hexdigest()[:16]}"


async def _resolve(order: Order, backend: Backend, store: Store | None) -> dict[str, str]:
    aliases = {order.alias(variant) for variant in order.variants.values()}
    resolved = {alias: await backend.resolve_model(alias) for alias in aliases}
    if store is not None:
        await store.put_resolved(_address(backend), {alias or "": model for alias, model in resolved.items()})
    return {name: resolved[order.alias(variant)] for name, variant in order.variants.items()}


def _plan(order: Order, models: Mapping[str, str], limit: int, salt: str) -> Plan:
    plan = make_plan(
        order.variants,
        order.samples,
        order.epochs,
        models,
        order.settings,
        default_max_tokens=lambda _: limit,
        salt=salt,
    )
    if order.only is None:
        return plan
    return replace(plan, trials=tuple(trial for trial in plan.trials if trial.key in order.only))


def _salt(fidelity: str) -> str:
    return "" if fidelity == "bare" else fidelity


_chosen: Backend | None = None


def chosen() -> Backend:
    """Return the backend of a run that names none: chosen anew where the keys changed, else the one of the run before.

    So the embedded model is started once, and says once that it stands in.
    """
    global _chosen
    from agentkit.backends.detect import choose

    fresh = choose()
    if _chosen is None or _chosen.name != fresh.name or fresh.name == "messages":
        _chosen = fresh
    return _chosen
