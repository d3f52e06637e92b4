"""Dollars at list price, from the kept library's own snapshot; the network is never asked.

An unknown price is None and never a guess; what runs on this machine is 0.0 and known to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agentkit.backends.protocol import Reply

FREE = ("scripted", "embedded")
"""Backends whose calls cost nothing."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per million tokens."""

    input: float
    """Input neither read from nor written to the prompt cache."""
    output: float
    """Output, thinking included."""
    cache_read: float
    """Input read from the cache."""
    cache_write: float
    """Input written to the cache for five minutes."""
    cache_write_1h: float
    """Input written to the cache for an hour."""


def cost_usd(
    model: str,
    *,
    input_tokens: int = 0,
    output_tokens: int = 0,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
    cache_write_1h_tokens: int = 0,
    batch: bool = False,
    speed: str | None = None,
    backend: str = "messages",
) -> float | None:
    """Return the list price of some tokens in US dollars; None where the price is unknown.

    Args:
        model: The model id.
        input_tokens: Input tokens that were neither read from nor written to the cache.
        output_tokens: Output tokens.
        cache_read_tokens: Input tokens read from the cache.
        cache_write_tokens: Input tokens written to the cache, those for an hour included.
        cache_write_1h_tokens: How many of those were written for an hour.
        batch: Whether through the Message Batches API, at half the price.
        speed: The request's `speed`, where that has a price of its own (`fast`).
        backend: The backend's name; those in `FREE` cost 0.0.

    Source: genai-prices' snapshot of https://platform.claude.com/docs/en/about-claude/pricing.

    >>> cost_usd("claude-sonnet-4-5", input_tokens=1000, output_tokens=1000)
    0.018
    >>> cost_usd("claude-sonnet-4-5", input_tokens=1000, output_tokens=1000, batch=True)
    0.009
    >>> cost_usd("no-such-model", input_tokens=1) is None, cost_usd("any", output_tokens=9, backend="embedded")
    (True, 0.0)
    """
    if backend in FREE:
        return 0.0
    prompt = input_tokens + cache_read_tokens + cache_write_tokens
    found = rates(model, batch=batch, speed=speed, prompt_tokens=prompt)
    if found is None:
        return None
    total = (
        input_tokens * found.input
        + output_tokens * found.output
        + cache_read_tokens * found.cache_read
        + (cache_write_tokens - cache_write_1h_tokens) * found.cache_write
        + cache_write_1h_tokens * found.cache_write_1h
    )
    return round(total / 1e6, 12)


def of_reply(reply: Reply, *, backend: str, batch: bool = False) -> float | None:
    """Return what a reply cost in US dollars; None where the price of its model is unknown."""
    return cost_usd(
        reply.model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cache_read_tokens=reply.cache_read_tokens,
        cache_write_tokens=reply.cache_write_tokens,
        cache_write_1h_tokens=int(reply.extra.get("cache_write_1h_tokens", 0)),
        batch=batch or reply.extra.get("service_tier") == "batch",
        speed=reply.extra.get("speed"),
        backend=backend,
    )


def rates(model: str, *, batch: bool = False, speed: str | None = None, prompt_tokens: int = 0) -> Rates | None:
    """Return a model's rates for a prompt of that length; None where they are unknown.

    Some models cost more per token once a prompt passes a threshold, so the length matters.
    """
    found = _table(model, batch, speed)
    if found is None:
        return None
    thresholds, choices = found
    return choices[sum(prompt_tokens > threshold for threshold in thresholds)]


@lru_cache(maxsize=256)
def _table(model: str, batch: bool, speed: str | None) -> tuple[tuple[int, ...], tuple[Rates, ...]] | None:
    """Return the lengths at which a model's rates change, and its rates up to and after each of them."""
    from genai_prices import Usage, calc_price

    context = {**({"processing": "batch"} if batch else {}), **({"speed": speed} if speed else {})}

    def price(tokens: int) -> Any:
        for provider in ("anthropic", None):
            try:
                return calc_price(
                    Usage(input_tokens=tokens, output_tokens=0),
                    model_ref=model,
                    provider_id=provider,
                    price_context=context or None,
                ).model_price
            except (LookupError, ValueError):
                continue
        return None

    found = price(1)
    if found is None:
        return None
    names = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
    values = [getattr(found, name, None) for name in names]
    if values[0] is None or values[1] is None:
        return None
    thresholds = tuple(sorted({tier.start for value in values for tier in getattr(value, "tiers", ())}))
    return thresholds, tuple(_rates(values, above) for above in (0, *(start + 1 for start in thresholds)))


def _rates(values: list[Any], tokens: int) -> Rates:
    numbers: list[float] = []
    for value in values:
        rate = getattr(value, "base", value)
        for tier in getattr(value, "tiers", ()):
            if tokens > tier.start:
                rate = tier.price
        # A rate that is not named is that of input: caching is then no discount and no surcharge.
        numbers.append(numbers[0] if rate is None else float(rate))
    return Rates(*numbers)
