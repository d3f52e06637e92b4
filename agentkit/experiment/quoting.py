"""What a run would cost, before it is started."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from agentkit.backends import caching, tokens
from agentkit.backends.prices import FREE, Rates, rates
from agentkit.backends.protocol import Backend
from agentkit.experiment import loop
from agentkit.experiment.execute import laid_out
from agentkit.experiment.order import Order, chosen
from agentkit.experiment.plan import Trial

COUNTED_AT_MOST = 24
"""Requests that the server is asked to count; the rest are scaled from these."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a run would cost. Every dollar figure is the most: each reply as long as `max_tokens` allows."""

    trials: int
    """Trials of the plan."""
    stored: int
    """Of these, already in the store: they cost nothing."""
    input_tokens: int
    """Input tokens of the calls to be made."""
    counted: bool
    """Whether the server counted input tokens; False where they are estimated from the number of characters."""
    output_tokens: int
    """Output tokens, if every reply were as long as it may be."""
    likely_output_tokens: int | None
    """Output tokens at the mean length of the replies in the store; None where there is none yet."""
    list_usd: float | None
    """Dollars at list price; None where the price of a model is unknown."""
    batch_usd: float | None
    """Dollars through the Message Batches API."""
    cached_usd: float | None
    """Dollars at list price with prompt caching, which runs use where it pays."""
    likely_usd: float | None
    """Dollars at list price with `likely_output_tokens`."""
    turns: bool = False
    """Whether trials may take several calls for their tools, which no quote can foresee: this is for one call each."""

    @property
    def line(self) -> str:
        """The most important of it in one line."""
        known = "a price that is not known" if self.list_usd is None else f"at most {_dollars(self.list_usd)}"
        price = "free" if self.free else known
        return f"{self.trials:,} trials, of these {self.stored:,} in the store; {price}"

    @property
    def free(self) -> bool:
        """Whether nothing is to be paid, at whatever price: no call is left, or none goes to a priced API."""
        return self.list_usd == self.cached_usd == self.batch_usd == 0

    def __str__(self) -> str:
        lines = [f"{name:<14}{value}" for name, value in self.rows]
        return "\n".join(lines)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Each figure by its name, in words."""
        how = "counted by the server" if self.counted else "estimated from the characters"
        to_call = self.trials - self.stored
        rows = [("trials", f"{self.trials:,}, of these {self.stored:,} in the store and {to_call:,} to call")]
        if to_call:
            rows.append(("input", f"{self.input_tokens:,} tokens, {how}"))
            rows.append(("output", f"{self.output_tokens:,} tokens at most{self._likely()}"))
        if self.free:
            rows.append(("price", "free"))
        else:
            prices = {"list price": self.list_usd, "with caching": self.cached_usd, "as a batch": self.batch_usd}
            rows += [(name, f"{_dollars(value)} at most") for name, value in prices.items()]
        if self.likely_usd is not None and not self.free:
            rows.append(("likely", f"{_dollars(self.likely_usd)} at list price"))
        if self.turns:
            rows.append(("note", "for one call a trial; tools add calls that no quote can foresee"))
        return rows

    def _likely(self) -> str:
        return "" if self.likely_output_tokens is None else f", likely {self.likely_output_tokens:,}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        from agentkit.views.safe import escape, inert

        rows = "".join(
            f'<tr><td style="text-align:left">{escape(name)}</td><td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in self.rows
        )
        return {"text/plain": str(self), "text/html": inert(f"<table>{rows}</table>")}


def quote(variants: Any, samples: Any, **arguments: Any) -> Quote:
    """Return what `run` with the same arguments would cost, without running it.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        **arguments: As `run` takes them.

    Returns:
        Trials, tokens and dollars.

    >>> from agentkit.backends.scripted import Scripted
    >>> quote("Be kind.", ["Hello"], backend=Scripted("Hi"), epochs=3).list_usd
    0.0
    """
    from agentkit.experiment.running import _filled, _order

    return loop.wait_for(_quote(_order(_filled(variants, samples, arguments))))


def begin_quote(variants: Any, samples: Any, **arguments: Any) -> Future[Quote]:
    """Begin a quote and return at once.

    Args:
        variants: As `run` takes them.
        samples: As `run` takes them.
        **arguments: As `run` takes them.
    """
    from agentkit.experiment.running import _filled, _order

    return loop.submit(_quote(_order(_filled(variants, samples, arguments))))


async def _quote(order: Order) -> Quote:
    backend = order.backend if order.backend is not None else chosen()
    async with loop.using(backend):
        plan, found = await laid_out(order, backend)
        missing = list({trial.key: trial for trial in plan.trials if trial.key not in found}.values())
        sizes, counted = await _sizes(backend, missing)
    most = [int(trial.request["max_tokens"]) for trial in missing]
    lengths = [call.reply.output_tokens for call in found.values()]
    likely = round(sum(lengths) / len(lengths)) if lengths else None
    uses: dict[str, int] = {}
    for trial in missing:
        uses[trial.variant] = uses.get(trial.variant, 0) + 1
    return Quote(
        len(plan.trials),
        sum(trial.key in found for trial in plan.trials),
        sum(sizes),
        counted,
        sum(most),
        None if likely is None else likely * len(missing),
        _dollars_of(backend, missing, sizes, most),
        _dollars_of(backend, missing, sizes, most, batch=True),
        _dollars_of(backend, missing, sizes, most, uses=uses),
        None if likely is None else _dollars_of(backend, missing, sizes, [likely] * len(missing)),
        bool(plan.tools),
    )


async def _sizes(backend: Backend, trials: Sequence[Trial]) -> tuple[list[int], bool]:
    """Return the input tokens of each trial, and whether the server counted them."""
    estimates: dict[int, int] = {}
    for trial in trials:
        if id(trial.request) not in estimates:
            estimates[id(trial.request)] = tokens.estimate(trial.request)
    if backend.name in FREE or not trials:
        return [estimates[id(trial.request)] for trial in trials], False
    distinct = list({id(trial.request): trial.request for trial in trials}.values())
    step = max(1, -(-len(distinct) // COUNTED_AT_MOST))
    asked = distinct[::step]
    counts = await asyncio.gather(*(tokens.count(backend, request) for request in asked))
    if not all(one.counted for one in counts):
        return [estimates[id(trial.request)] for trial in trials], False
    ratio = sum(one.tokens for one in counts) / max(1, sum(estimates[id(request)] for request in asked))
    known = {id(request): one.tokens for request, one in zip(asked, counts, strict=True)}
    return [known.get(id(trial.request), round(estimates[id(trial.request)] * ratio)) for trial in trials], True


def _dollars_of(
    backend: Backend,
    trials: Sequence[Trial],
    sizes: Sequence[int],
    outputs: Sequence[int],
    *,
    batch: bool = False,
    uses: Mapping[str, int] | None = None,
) -> float | None:
    if backend.name in FREE:
        return 0.0
    total = 0.0
    warmed: set[str] = set()
    for trial, size, output in zip(trials, sizes, outputs, strict=True):
        rate = rates(str(trial.request["model"]), batch=batch, prompt_tokens=size)
        if rate is None:
            return None
        total += output * rate.output + _input(trial, size, rate, uses, warmed)
    return total / 1e6


def _input(trial: Trial, size: int, rate: Rates, uses: Mapping[str, int] | None, warmed: set[str]) -> float:
    if uses is None or not caching.pays(trial.request, uses[trial.variant]):
        return size * rate.input
    shared = min(
        size, tokens.estimate({name: trial.request[name] for name in ("system", "tools") if name in trial.request})
    )
    first = trial.variant not in warmed
    warmed.add(trial.variant)
    return (size - shared) * rate.input + shared * (rate.cache_write if first else rate.cache_read)


def _dollars(value: float | None) -> str:
    if value is None:
        return "unknown: a model's price is not in the list"
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"
