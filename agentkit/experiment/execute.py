"""From an order to its results: which models, which cassette, which store, which backend; then the runner."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentkit.backends.protocol import Backend
from agentkit.errors import AgentkitError, DeadlineExceeded, PlanError
from agentkit.experiment import loop
from agentkit.experiment.calling import Caller, Keeper
from agentkit.experiment.cassette import Cassette, Served
from agentkit.experiment.cassettes import cassette_for
from agentkit.experiment.limiter import Limiter
from agentkit.experiment.order import Order, address_of, chosen, lay_out, limit_of, salt_of
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import Plan
from agentkit.experiment.progress import Meter, shown_by, tell_once
from agentkit.experiment.reporting import report
from agentkit.experiment.results import Results
from agentkit.experiment.runner import Run
from agentkit.experiment.stale import HINT

if TYPE_CHECKING:
    from agentkit.experiment.batching import BatchRun
    from agentkit.experiment.store import Store


async def execute(
    order: Order,
    on_outcome: Callable[[Outcome], None] | None = None,
    on_start: Callable[[Results], None] | None = None,
) -> Results:
    """Carry an order out and return its results.

    Args:
        order: What was asked for.
        on_outcome: Called with each trial as it ends, on the runs' thread.
        on_start: Called once the plan is made, with results that are still empty.
    """
    cassette = _cassette(order)
    if cassette is not None and not cassette.recording:
        results = await _replay(order, cassette)
        if on_start is not None:
            on_start(results[:0])
        for outcome in results:
            if on_outcome is not None:
                on_outcome(outcome)
        return results
    backend = order.backend if order.backend is not None else chosen()
    if order.backend is None and cassette is None and order.progress is not False:
        tell_once(getattr(backend, "notice", ""))
    store = await _open_store(order, backend)
    try:
        async with loop.using(backend):
            return await _with_store(order, backend, store, cassette, on_outcome, on_start)
    finally:
        if cassette is not None:
            cassette.save()
        if store is not None:
            await asyncio.to_thread(store.close)


def replayed(order: Order) -> Cassette | None:
    """Return the cassette that answers an order by itself; None where calls would be made."""
    cassette = _cassette(order)
    return None if cassette is None or cassette.recording else cassette


def _cassette(order: Order) -> Cassette | None:
    return cassette_for(order.cassette, order.variants, scripted=getattr(order.backend, "name", "") == "scripted")


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
    plan = lay_out(order, {name: one.model for name, one in served.items()}, first.max_tokens, salt_of(first.fidelity))
    outcomes = await replay(plan, cassette, order.max_turns, salt_of(first.fidelity))
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
        plan = lay_out(order, await _resolve(order, backend, store), limit_of(backend), salt_of(backend.fidelity))
        found = await store.load([trial.key for trial in plan.trials]) if store is not None else {}
    return plan, found


async def _with_store(
    order: Order,
    backend: Backend,
    store: Store | None,
    cassette: Cassette | None,
    on_outcome: Callable[[Outcome], None] | None,
    on_start: Callable[[Results], None] | None,
) -> Results:
    salt = salt_of(backend.fidelity)
    plan, found = await _planned(order, backend, store)
    if cassette is not None:
        asked = order.backend.name if order.backend is not None else "auto"
        for name, variant in order.variants.items():
            served = Served(plan.models[name], backend.name, backend.fidelity, limit_of(backend))
            cassette.put_served(asked, order.alias(variant), served)
    if on_start is not None:
        on_start(Results(plan, (), backend=backend.name, fidelity=backend.fidelity, order=order))
    meter = Meter(len(plan.trials))
    limiter = Limiter(_most(order, backend))
    keepers: list[Keeper] = [keeper for keeper in (cassette, store) if keeper is not None]
    caller = Caller(backend, limiter, keepers, meter, order.budget)
    run: Run | BatchRun
    if order.batch:
        run = _batch_run(order, plan, backend, meter, store, keepers, found, on_outcome)
    else:
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


def _batch_run(
    order: Order,
    plan: Plan,
    backend: Backend,
    meter: Meter,
    store: Store | None,
    keepers: list[Keeper],
    found: Mapping[str, Any],
    on_outcome: Callable[[Outcome], None] | None,
) -> BatchRun:
    from agentkit.experiment.batching import BatchRun

    return BatchRun(
        plan,
        backend,
        meter,
        store=store,
        keepers=keepers,
        budget=order.budget,
        found=found,
        address=address_of(backend),
        on_outcome=on_outcome,
    )


async def _within(seconds: float | None, run: Run | BatchRun) -> None:
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
    known = await store.resolved(address_of(backend))
    if not all(alias in known for alias in aliases.values()):
        return None, {}
    plan = lay_out(
        order, {name: known[alias] for name, alias in aliases.items()}, limit_of(backend), salt_of(backend.fidelity)
    )
    found = await store.load([trial.key for trial in plan.trials])
    return (plan, found) if all(trial.key in found for trial in plan.trials) else (None, {})


async def _resolve(order: Order, backend: Backend, store: Store | None) -> dict[str, str]:
    aliases = {order.alias(variant) for variant in order.variants.values()}
    resolved = {alias: await backend.resolve_model(alias) for alias in aliases}
    if store is not None:
        await store.put_resolved(address_of(backend), {alias or "": model for alias, model in resolved.items()})
    return {name: resolved[order.alias(variant)] for name, variant in order.variants.items()}
