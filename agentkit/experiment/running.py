"""`run`, `arun` and `stream`: one asynchronous core, and the ways to call it.

The model of a variant is, in this order: the run's `model=`, the variant's own, its definition's, the backend's
default.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from os import PathLike
from typing import Any

from agentkit.backends.detect import choose
from agentkit.backends.protocol import Backend
from agentkit.experiment import loop
from agentkit.experiment.budget import Budget
from agentkit.experiment.execute import execute, replayed
from agentkit.experiment.order import Order
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import check_epochs, name_variants
from agentkit.experiment.progress import Progress
from agentkit.experiment.results import Results
from agentkit.experiment.sampling import samples as make_samples


def run(
    variants: Any,
    samples: Any,
    *,
    model: str | None = None,
    epochs: int = 1,
    max_tokens: int | None = None,
    backend: Backend | None = None,
    store: str | PathLike[str] | bool | None = None,
    cassette: str | PathLike[str] | None = None,
    concurrency: int | None = None,
    budget_usd: float | Budget | None = None,
    deadline_s: float | None = None,
    batch: bool = False,
    tools: Sequence[Any] | Mapping[str, Any] | None = None,
    max_turns: int | None = None,
    thinking: Mapping[str, Any] | str | None = None,
    effort: str | None = None,
    stop_sequences: Sequence[str] | None = None,
    schema: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    progress: bool | Callable[[Progress], Any] | None = None,
) -> Results:
    """Try variants on samples and return what came back, side by side.

    Args:
        variants: One definition, a list, or a dict by name; each an `AgentDefinition`, a `Variant`, the path of a
            definition, or the text of a system prompt.
        samples: As `ak.samples` takes them.
        model: The model of every variant: an alias (`sonnet`, `opus`, `haiku`, `inherit`) or a full id.
        epochs: Repeats of each sample.
        max_tokens: Output tokens a reply may have at most; the backend's default where None.
        backend: `ak.Messages()`, `ak.Embedded()`, `ak.Scripted(…)`, or any other; chosen where None: the API where
            there are credentials, else the embedded model.
        store: File of the working record; `.agentkit/store.db` where None, only in memory where False.
        cassette: File of a recording to replay, or to record where it does not exist; `ak.use_cassette` sets one for
            all runs.
        concurrency: Calls out at once at most. The run finds its own level below that.
        budget_usd: Dollars that the run may spend, or a `Budget` shared with others; it stops before it is passed.
        deadline_s: Seconds after which the run stops.
        batch: Whether to send everything through the Message Batches API, at half the price and at its pace.
        tools: Tools the replies may call: Python functions, or canned answers by name.
        max_turns: How many replies one trial may have while it calls tools; 8 where None.
        thinking: The protocol's `thinking` object, or its `type` alone.
        effort: `low`, `medium`, `high`, `xhigh` or `max`.
        stop_sequences: Texts at which a reply ends.
        schema: A JSON schema that replies have to follow.
        extra: Further fields of the request, as the server knows them.
        progress: A function that takes each `Progress`; False for nothing; None for what fits the place.

    Returns:
        Results, trial by trial. Trials that failed are in it with their error.

    Raises:
        PlanError: variants, samples or parameters do not make a plan.
        BackendError: nothing could succeed: no key, no such model, no server.
        StaleCassette: a replay asks for what is not recorded.
        StoreError: the store cannot be used, or the disk is full.
        BudgetExceeded: the next call could pass the budget; its `results` has what finished.
        DeadlineExceeded: the deadline came first; its `results` has what finished.
        KeyboardInterrupt: as it came; what finished is in the store.

    >>> from agentkit.backends.scripted import Scripted
    >>> results = run({"today": "Be kind.", "terse": "Be brief."}, ["Hello"], backend=Scripted("Hi"), store=False,
    ...               progress=False)
    >>> [row.output for row in results]
    ['Hi', 'Hi']
    """
    return loop.wait_for(execute(_order(locals())))


def replays(variants: Any, samples: Any, **arguments: Any) -> bool:
    """Return whether `run` with the same arguments would answer from a cassette alone.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        **arguments: As `run` takes them.

    >>> replays("Be kind.", ["Hello"])
    False
    """
    order = _order(_filled(variants, samples, arguments))
    return replayed(order) is not None


async def arun(variants: Any, samples: Any, **arguments: Any) -> Results:
    """Do what `run` does, awaited: the notebook's or the program's own loop goes on meanwhile.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        **arguments: As `run` takes them.

    Returns:
        Results, equal to those of `run`.
    """
    return await loop.watch(execute(_order(_filled(variants, samples, arguments))))


async def stream(variants: Any, samples: Any, **arguments: Any) -> AsyncIterator[Outcome]:
    """Yield each trial as it ends, in the order they end; leaving the loop early stops the run.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        **arguments: As `run` takes them.

    Yields:
        Trials with what came of them.

    >>> from agentkit.backends.scripted import Scripted
    >>> async def first():
    ...     async for row in stream("Be kind.", ["Hello"], backend=Scripted("Hi"), store=False, progress=False):
    ...         return row.output
    >>> asyncio.run(first())
    'Hi'
    """
    here = asyncio.get_running_loop()
    ended: asyncio.Queue[Outcome | None] = asyncio.Queue()

    def pass_on(outcome: Outcome | None) -> None:
        with contextlib.suppress(RuntimeError):  # the reader's loop is closed
            here.call_soon_threadsafe(ended.put_nowait, outcome)

    order = _order(_filled(variants, samples, arguments))
    work = asyncio.ensure_future(loop.watch(execute(order, on_outcome=pass_on)))
    work.add_done_callback(lambda _: ended.put_nowait(None))
    try:
        while (outcome := await ended.get()) is not None:
            yield outcome
        await work
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await work


def _filled(variants: Any, samples: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(arguments) - set(_DEFAULTS)
    if unknown:
        raise TypeError(f"unexpected arguments: {', '.join(sorted(unknown))}; run takes {', '.join(_DEFAULTS)}")
    return {**_DEFAULTS, **arguments, "variants": variants, "samples": samples}


_DEFAULTS: dict[str, Any] = dict(run.__kwdefaults__ or {})


def _order(given: Mapping[str, Any]) -> Order:
    """Return the order that a call's arguments make; every name in it is one of `run`'s."""
    names = ("max_tokens", "tools", "max_turns", "thinking", "effort", "stop_sequences", "schema", "extra")
    budget = given["budget_usd"]
    return Order(
        variants=name_variants(given["variants"]),
        samples=make_samples(given["samples"]),
        epochs=check_epochs(given["epochs"]),
        model=given["model"],
        settings={name: given[name] for name in names if given[name] is not None},
        backend=None if given["backend"] is None else choose(given["backend"]),
        store=given["store"],
        cassette=given["cassette"],
        concurrency=given["concurrency"],
        budget=budget if isinstance(budget, Budget) or budget is None else Budget(budget),
        deadline_s=given["deadline_s"],
        batch=given["batch"],
        progress=given["progress"],
    )
